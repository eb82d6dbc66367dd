//! The schedule of a program: the critical path to a milestone, the paths next to it, what is too late already, and what waits
//! longest.

use super::chart::{PathStep, PathStrip};
use super::extract::{Place, Web};
use super::listing::{Choice, slip_class, wd};
use super::present::{PageResult, page};
use super::routes::Routes;
use super::shell::Shell;
use crate::app::access;
use crate::app::schedule::{self, Schedule};
use crate::app::{App, Error};
use crate::domain::kind::Kind;
use crate::domain::plan::{Of, Plan, PlanLink};
use crate::domain::schedule::ItemIx;
use crate::store::lookup::Names;
use askama::Template;
use axum::extract::{Path, State};
use chrono::NaiveDate;
use std::collections::HashSet;

pub fn routes() -> Routes {
    Routes::new().get("/programs/{key}/schedule", show)
}

/// How many paths stand beside the critical one.
const PATHS: usize = 5;
/// How many items that are too late, and that wait longest, are listed.
const LISTED: usize = 50;
const WAITING: usize = 15;

#[derive(Template)]
#[template(path = "schedule/page.html")]
struct SchedulePage {
    shell: Shell,
    key: String,
    may_raise: bool,
    /// What was asked for and isn't there.
    note: Option<String>,
    /// Why nothing can be shown.
    broken: Option<String>,
    /// There is nothing in the network yet; or what there is isn't linked.
    empty: Option<Lack>,
    target: Option<Target>,
    choices: Vec<Choice>,
    figures: Figures,
    strip: Option<PathStrip>,
    path: Vec<Step>,
    near: Vec<NearPath>,
    late: Vec<Late>,
    late_hidden: usize,
    waiting: Vec<Waiting>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Lack {
    Items,
    Open,
}

/// What the paths lead to.
struct Target {
    item: Named,
    finish: NaiveDate,
    committed: Option<NaiveDate>,
    missed_by: Option<i64>,
    stated: Option<NaiveDate>,
    gap: Option<i64>,
    linked: bool,
}

/// The program in figures.
#[derive(Default)]
struct Figures {
    finish: Option<NaiveDate>,
    items: usize,
    critical: usize,
    late: usize,
    hidden: usize,
}

/// An item by its name.
#[derive(Clone)]
struct Named {
    href: String,
    reference: String,
    title: String,
}

/// A step of the critical path; items that the reader may not see stand together as one without a name.
struct Step {
    item: Option<Named>,
    hidden: usize,
    kind: &'static str,
    owner: Option<String>,
    start: Option<NaiveDate>,
    finish: NaiveDate,
    duration: String,
    float: String,
    float_class: &'static str,
    /// The step before that drives it, by reference, and the link's type and lag.
    after: Option<(String, String)>,
    committed: Option<NaiveDate>,
    slip: Option<i64>,
    done: bool,
}

/// A path beside the critical one.
struct NearPath {
    float: String,
    /// Its own items, up to where it joins the critical path.
    items: Vec<Option<Named>>,
    joins: Option<String>,
}

/// An item that is too late for a constraint or deadline.
struct Late {
    item: Named,
    finish: NaiveDate,
    float: String,
    /// The item that is constrained, where it is another and can be named; and how.
    by: Option<Named>,
    elsewhere: bool,
    words: &'static str,
    on: Option<NaiveDate>,
}

struct Waiting {
    item: Named,
    finish: NaiveDate,
    latest: NaiveDate,
    float: String,
}

/// Working days for a reader: whole where they are, else to a tenth.
#[must_use]
pub fn float_words(minutes: i64) -> String {
    let tenths = (minutes as f64 / crate::domain::plan::DAY_MINUTES * 10.0).round();
    let number = tenths.abs() / 10.0;
    let sign = if tenths < 0.0 { "−" } else { "" };
    format!("{sign}{number}\u{a0}wd")
}

struct View<'a> {
    schedule: &'a Schedule,
    shell: &'a Shell,
    owners: &'a Names,
}

impl View<'_> {
    fn plan(&self) -> &Plan {
        &self.schedule.plan
    }

    fn named(&self, ix: ItemIx) -> Named {
        named(self.schedule, self.shell, ix)
    }

    fn float(&self, ix: ItemIx) -> i32 {
        self.plan().dates(ix).total_float
    }

    /// The steps of a path, with what ties each to the one before.
    fn steps(&self, path: &[ItemIx]) -> Vec<Step> {
        let mut steps: Vec<Step> = Vec::new();
        for (at, &ix) in path.iter().enumerate() {
            let seen = self.schedule.sees(ix);
            if let Some(before) = steps.last_mut().filter(|before| !seen && before.hidden > 0) {
                before.hidden += 1;
                before.finish = self.plan().finishes_on(ix);
                continue;
            }
            let before = at.checked_sub(1).and_then(|at| path.get(at)).copied();
            steps.push(self.step(ix, before, seen));
        }
        steps
    }

    fn step(&self, ix: ItemIx, before: Option<ItemIx>, seen: bool) -> Step {
        let plan = self.plan();
        let node = plan.node(ix);
        let float = self.float(ix);
        let terms = |before: ItemIx| plan.link(before, ix).map(PlanLink::terms);
        let after = before.map(|before| {
            let name =
                if self.schedule.sees(before) { plan.reference(before).to_string() } else { String::new() };
            (name, terms(before).unwrap_or_default())
        });
        let duration = match &node.of {
            Of::Activity { own, .. } => format!("{}\u{a0}wd", own.likely_days),
            _ => String::new(),
        };
        Step {
            item: seen.then(|| self.named(ix)),
            hidden: usize::from(!seen),
            kind: node.kind.label(),
            owner: self.owners.person(node.owner).map(str::to_owned),
            start: (!plan.is_event(ix)).then(|| plan.starts_on(ix)),
            finish: plan.finishes_on(ix),
            duration: if seen { duration } else { String::new() },
            float: float_words(float.into()),
            float_class: if float < 0 { "bad" } else { "" },
            after,
            committed: plan.committed_on(ix).filter(|_| seen),
            slip: plan.missed_by(ix).filter(|_| seen),
            done: !plan.is_open(ix),
        }
    }

    /// The paths next to the critical one, each told by what it has of its own up to where it joins: of several that differ only
    /// in how they go on along the critical path, the one of least float.
    fn near(&self, to: ItemIx, critical: &[ItemIx]) -> Vec<NearPath> {
        let mut told: HashSet<(Vec<ItemIx>, Option<ItemIx>)> = HashSet::new();
        let found = self.schedule.beside(to, critical, 4 * PATHS).into_iter().filter_map(|near| {
            let own: Vec<ItemIx> = near.items.iter().copied().filter(|ix| !critical.contains(ix)).collect();
            let last = own.last().and_then(|last| near.items.iter().position(|ix| ix == last));
            let joins = last.and_then(|last| near.items.get(last + 1)).copied();
            // A path that only leaves out some of the critical one adds nothing.
            if own.is_empty() || !told.insert((own.clone(), joins)) {
                return None;
            }
            Some(NearPath {
                float: float_words(near.float),
                items: own.iter().map(|ix| self.schedule.sees(*ix).then(|| self.named(*ix))).collect(),
                joins: joins
                    .filter(|ix| self.schedule.sees(*ix))
                    .map(|ix| self.plan().reference(ix).to_string()),
            })
        });
        found.take(PATHS).collect()
    }

    fn late(&self, items: &[ItemIx]) -> Vec<Late> {
        let mut late: Vec<ItemIx> = items.to_vec();
        late.sort_by_key(|ix| (self.float(*ix), *ix));
        late.truncate(LISTED);
        let line = |ix: ItemIx| {
            let cause = self.schedule.cause(ix);
            let by = cause.as_ref().and_then(|cause| cause.item).filter(|by| *by != ix);
            Late {
                item: self.named(ix),
                finish: self.plan().finishes_on(ix),
                float: float_words(self.float(ix).into()),
                by: by.map(|by| self.named(by)),
                elsewhere: cause.as_ref().is_some_and(|cause| cause.item.is_none()),
                words: cause.as_ref().map_or("", |cause| cause.words),
                on: cause.map(|cause| cause.on),
            }
        };
        late.into_iter().map(line).collect()
    }

    fn waiting(&self, items: &[ItemIx]) -> Vec<Waiting> {
        let plan = self.plan();
        let waits = |ix: &ItemIx| plan.is_open(*ix) && !plan.is_summary(*ix) && self.float(*ix) > 0;
        let mut waiting: Vec<ItemIx> = items.iter().copied().filter(waits).collect();
        waiting.sort_by_key(|ix| (std::cmp::Reverse(self.float(*ix)), *ix));
        waiting.truncate(WAITING);
        let line = |ix: ItemIx| Waiting {
            item: self.named(ix),
            finish: plan.finishes_on(ix),
            latest: plan.latest_on(ix),
            float: float_words(self.float(ix).into()),
        };
        waiting.into_iter().map(line).collect()
    }
}

fn named(schedule: &Schedule, shell: &Shell, ix: ItemIx) -> Named {
    let reference = schedule.plan.reference(ix);
    Named {
        href: shell.href(&reference.path()),
        reference: reference.to_string(),
        title: schedule.plan.node(ix).title.clone(),
    }
}

/// The strip over the table.
fn strip(name: String, steps: &[Step]) -> PathStrip {
    let step = |step: &Step| {
        let (title, reference, href) = match &step.item {
            Some(item) => (item.title.clone(), item.reference.clone(), item.href.clone()),
            None => (hidden_words(step.hidden), String::new(), String::new()),
        };
        PathStep {
            title,
            reference,
            href,
            start: step.start,
            finish: step.finish,
            float: None,
            slip: step.slip,
            done: step.done,
            link: step.after.as_ref().map(|(_, terms)| terms.clone()).unwrap_or_default(),
        }
    };
    PathStrip::new(name, steps.iter().map(step).collect())
}

fn hidden_words(count: usize) -> String {
    if count == 1 { "An item of another program".into() } else { format!("{count} items of other programs") }
}

async fn show(State(app): State<App>, Web(ctx): Web, place: Place, Path(key): Path<String>) -> PageResult {
    let entered = access::enter(&app, &ctx, &key).await?;
    let shell = place.program_shell(&ctx, &entered, "schedule");
    let mut shown = SchedulePage {
        key: entered.key().to_owned(),
        may_raise: entered.may_raise(),
        note: None,
        broken: None,
        empty: None,
        target: None,
        choices: Vec::new(),
        figures: Figures::default(),
        strip: None,
        path: Vec::new(),
        near: Vec::new(),
        late: Vec::new(),
        late_hidden: 0,
        waiting: Vec::new(),
        shell,
    };
    let schedule = match schedule::of(&app, &ctx, &entered).await {
        Ok(schedule) => schedule,
        Err(Error::Refused(refused)) => {
            shown.broken = refused.errors.first().map(|error| error.message.clone());
            return page(&shown);
        }
        Err(error) => return Err(error.into()),
    };
    let plan = &*schedule.plan;
    let asked = place.said("to");
    let found = schedule.find(&asked);
    if !asked.is_empty() && found.is_none() {
        shown.note = Some(format!(
            "“{asked}” is nothing of this network that you may see; this is the last milestone."
        ));
    }
    let (items, hidden) = schedule.items();
    let own: Vec<ItemIx> = plan.items_of(schedule.program).map(|(ix, _)| ix).collect();
    let Some(to) = found.or_else(|| schedule.last()) else {
        shown.empty = Some(if own.is_empty() { Lack::Items } else { Lack::Open });
        return page(&shown);
    };
    let critical = plan.engine().path_to(to);
    let owners = schedule::owners(&app, &ctx, plan, &critical).await?;
    let view = View { schedule: &schedule, shell: &shown.shell, owners: &owners };
    let late: Vec<ItemIx> =
        own.iter().copied().filter(|ix| plan.is_open(*ix) && plan.dates(*ix).total_float < 0).collect();
    shown.figures = Figures {
        finish: plan.finish_of(schedule.program).map(crate::domain::schedule::Moment::finish_day),
        items: own.len(),
        critical: own.iter().filter(|ix| plan.dates(**ix).critical).count(),
        late: late.len(),
        hidden,
    };
    shown.choices = choices(&schedule, to);
    shown.path = view.steps(&critical);
    shown.strip = Some(strip(format!("Critical path to {}", plan.node(to).title), &shown.path));
    shown.near = view.near(to, &critical);
    shown.late = view.late(&late);
    shown.late_hidden = late.len() - shown.late.len();
    shown.waiting = view.waiting(&items);
    shown.target = Some(Target {
        item: view.named(to),
        finish: plan.finishes_on(to),
        committed: plan.committed_on(to),
        missed_by: plan.missed_by(to),
        stated: plan.stated_on(to).filter(|_| plan.is_computed(to)),
        gap: plan.gap(to),
        linked: critical.len() > 1 || plan.is_computed(to),
    });
    page(&shown)
}

/// The milestones to choose from, those to come first; and what was asked for, where it is no milestone.
fn choices(schedule: &Schedule, to: ItemIx) -> Vec<Choice> {
    let plan = &*schedule.plan;
    let milestones = plan.items_of(schedule.program).filter(|(_, node)| node.kind == Kind::Milestone);
    let mut all: Vec<ItemIx> = milestones.map(|(ix, _)| ix).collect();
    all.sort_by_key(|ix| (!plan.is_open(*ix), plan.finishes_on(*ix), *ix));
    if !all.contains(&to) {
        all.insert(0, to);
    }
    let choice = |ix: ItemIx| {
        let reference = plan.reference(ix).to_string();
        Choice {
            label: format!(
                "{reference} {} ({})",
                plan.node(ix).title,
                plan.finishes_on(ix).format("%-d %b %Y")
            ),
            value: reference,
            chosen: ix == to,
        }
    };
    all.into_iter().map(choice).collect()
}

impl Step {
    fn hidden_words(&self) -> String {
        hidden_words(self.hidden)
    }
}

impl SchedulePage {
    fn first_step(&self) -> String {
        if self.may_raise { format!("/programs/{}/activities/new", self.key) } else { String::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_are_told_in_days_to_a_tenth() {
        for (minutes, words) in [
            (0, "0\u{a0}wd"),
            (480, "1\u{a0}wd"),
            (-1440, "−3\u{a0}wd"),
            (250, "0.5\u{a0}wd"),
            (-10, "0\u{a0}wd"),
        ] {
            assert_eq!(float_words(minutes), words, "{minutes}");
        }
    }
}
