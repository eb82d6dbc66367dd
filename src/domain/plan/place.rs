//! What the network says of one program, for metrics and health: where each of its items stands on the day, what is too late for
//! a deadline or a constraint, and what was critical at the ends of the weeks before.
//!
//! It is attached to [`Facts`]: by [`networked`] with its past, by [`attach`] for the day alone, of a plan that a scenario has
//! changed as well.

use super::quality::{self, Quality};
use super::stability::{self, WeekEnd};
use super::{NodeFact, Of, Plan, PlanFacts};
use crate::domain::agenda::Name;
use crate::domain::facts::Facts;
use crate::domain::ids::{ItemId, ProgramId, ProjectId};
use crate::domain::kind::State;
use crate::domain::metrics::standing::before;
use crate::domain::metrics::{STABILITY_WEEKS, WEEKS};
use crate::domain::schedule::{Cause, Constraint, ItemIx, Moment, Why};
use chrono::NaiveDate;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

/// Ends of weeks that a series of the critical path's stability looks at: each point at the weeks before it.
pub const WEEK_ENDS: usize = WEEKS + STABILITY_WEEKS;

/// What the network says of a program at the end of a day. Parts are shared, so that what didn't change is seen to be the same.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Networked {
    pub day: NaiveDate,
    /// The program's items that are in the network.
    pub items: Arc<HashMap<ItemId, Place>>,
    /// What is too late, the latest first.
    pub too_late: Arc<Vec<TooLate>>,
    /// `None` where nothing is planned or linked.
    pub quality: Option<Arc<Quality>>,
    /// The ends of weeks, ascending; the last is the day.
    pub weeks: Arc<Vec<Arc<WeekEnd>>>,
    /// The names of what was critical at one of them.
    pub names: Arc<HashMap<ItemId, Name>>,
}

/// Where an item of the network stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    pub critical: bool,
    /// Total float in whole working days, rounded down.
    pub float_days: i64,
    /// When it finishes by the network.
    pub on: NaiveDate,
    /// It follows something, so that its date is computed; else it is where it is stated.
    pub computed: bool,
    /// Something leads to it or from it.
    pub linked: bool,
    /// Its forecast is what the network says, not what is stated.
    pub by_network: bool,
}

/// Open work whose total float is below 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TooLate {
    pub name: Name,
    pub project: Option<ProjectId>,
    /// Working days, below 0.
    pub float_days: i64,
    /// The deadline or constraint that it is too late for.
    pub cause: String,
    /// The project of what has that deadline or constraint.
    pub cause_project: Option<ProjectId>,
}

impl TooLate {
    /// What it is too late for, in the words for a project if one is given: what belongs to another isn't named there.
    #[must_use]
    pub fn cause_for(&self, project: Option<ProjectId>) -> &str {
        if project.is_none() || project == self.cause_project {
            &self.cause
        } else {
            "a deadline or constraint outside of the project"
        }
    }
}

impl Networked {
    /// The end of a week.
    #[must_use]
    pub fn week(&self, day: NaiveDate) -> Option<&WeekEnd> {
        let at = self.weeks.binary_search_by_key(&day, |week| week.day).ok()?;
        self.weeks.get(at).map(Arc::as_ref)
    }
}

/// The ends of the weeks that are looked at on a day, ascending.
#[must_use]
pub fn week_ends(day: NaiveDate) -> Vec<NaiveDate> {
    let mut ends: Vec<NaiveDate> = (0..).map(|week: i64| before(day, 7 * week)).take(WEEK_ENDS).collect();
    ends.reverse();
    ends.dedup();
    ends
}

/// Whether the quality of the schedule is judged at an end of a week, by its place among [`week_ends`].
#[must_use]
pub const fn is_judged(at: usize) -> bool {
    at >= WEEK_ENDS - WEEKS
}

/// Ends of weeks that are known already.
pub type Known = HashMap<NaiveDate, Arc<WeekEnd>>;

/// The facts with what a plan says of the program on its day, as health needs it. What they know of past weeks stays.
#[must_use]
pub fn attach(facts: Facts, plan: &Plan, program: ProgramId) -> Facts {
    let known = facts.network.as_deref().cloned().unwrap_or_default();
    let network =
        Networked { day: plan.day(), quality: assessed(plan, program), ..placed(plan, program, known) };
    Facts { network: Some(Arc::new(network)), ..facts }
}

fn placed(plan: &Plan, program: ProgramId, known: Networked) -> Networked {
    let mut linked = vec![false; plan.engine().network().items.len()];
    for ix in plan.links().iter().flat_map(|link| [link.from, link.to]) {
        if let Some(slot) = linked.get_mut(ix.0 as usize) {
            *slot = true;
        }
    }
    let items = plan.items_of(program).map(|(ix, node)| {
        let dates = plan.dates(ix);
        let place = Place {
            critical: dates.critical,
            float_days: whole_days(dates.total_float),
            on: plan.finishes_on(ix),
            computed: plan.is_computed(ix),
            linked: linked.get(ix.0 as usize).copied().unwrap_or_default(),
            by_network: matches!(node.of, Of::Milestone { computed: true, .. }),
        };
        (node.item, place)
    });
    Networked { items: Arc::new(items.collect()), too_late: Arc::new(too_late(plan, program)), ..known }
}

fn whole_days(minutes: i32) -> i64 {
    i64::from(minutes).div_euclid(480)
}

fn too_late(plan: &Plan, program: ProgramId) -> Vec<TooLate> {
    let late = plan.work_of(program).filter(|ix| plan.is_open(*ix) && plan.dates(*ix).total_float < 0);
    let told = |ix: ItemIx| {
        let cause = plan.engine().cause_of_negative_float(ix);
        TooLate {
            name: plan.name(ix),
            project: plan.node(ix).project,
            float_days: whole_days(plan.dates(ix).total_float),
            cause_project: plan.node(cause.map_or(ix, |cause| cause.item)).project,
            cause: cause.map_or_else(|| "a constraint".to_owned(), |cause| said(plan, program, ix, cause)),
        }
    };
    let mut late: Vec<TooLate> = late.map(told).collect();
    late.sort_by(|a, b| {
        (a.float_days, a.name.kind, a.name.number).cmp(&(b.float_days, b.name.kind, b.name.number))
    });
    late
}

/// What takes float, in words. Another program's item is not named: who reads of this program may not see that one.
fn said(plan: &Plan, program: ProgramId, of: ItemIx, cause: Cause) -> String {
    let what = match cause.why {
        Why::Deadline(by) => format!("deadline {}", by.finish_day()),
        Why::Constraint(bound) => {
            let on = |words: &str, day: NaiveDate| format!("constraint “{words} {day}”");
            let (start, finish) = (Moment::start_day, Moment::finish_day);
            match bound {
                Constraint::StartNoLaterThan(by) => on("start no later than", start(by)),
                Constraint::FinishNoLaterThan(by) => on("finish no later than", finish(by)),
                Constraint::MustStartOn(by) => on("must start on", start(by)),
                Constraint::MustFinishOn(by) => on("must finish on", finish(by)),
                _ => "constraint".to_owned(),
            }
        }
    };
    if cause.item == of {
        format!("its {what}")
    } else if plan.node(cause.item).program == program {
        format!("the {what} of {}", plan.reference(cause.item))
    } else {
        "a deadline or constraint of another program".to_owned()
    }
}

/// The assessment, where there is a network to assess: an activity, or a link.
fn assessed(plan: &Plan, program: ProgramId) -> Option<Arc<Quality>> {
    let ours = |ix| plan.node(ix).program == program;
    let planned = plan.work_of(program).any(|ix| !plan.is_event(ix));
    let linked = plan.links().iter().any(|link| ours(link.from) || ours(link.to));
    (planned || linked).then(|| Arc::new(quality::assess(plan, program)))
}

/// What the network says of a program at the end of `day` and of the weeks before, of facts that reach back so far; and the plan
/// of the day. Ends of weeks that `known` has are taken over: they were made of the same facts.
///
/// # Errors
/// When what is kept can't be scheduled.
pub fn networked(
    facts: &PlanFacts,
    program: ProgramId,
    day: NaiveDate,
    known: &Known,
) -> Result<(Plan, Networked), super::Error> {
    let plan = Plan::make(facts, day)?;
    let quality = assessed(&plan, program);
    let ends = week_ends(day);
    let mut weeks: Vec<Arc<WeekEnd>> = Vec::with_capacity(ends.len());
    for (at, end) in ends.iter().copied().enumerate() {
        let mut week = match known.get(&end) {
            Some(week) => WeekEnd::clone(week),
            None if end == day => WeekEnd {
                day,
                critical: stability::critical(&plan, program),
                quality: quality.as_ref().map(|quality| quality.counts()),
                completed: BTreeSet::new(),
            },
            // What couldn't be scheduled then has no value then.
            None => Plan::make(facts, end).map_or_else(
                |_| WeekEnd { day: end, ..WeekEnd::default() },
                |plan| WeekEnd {
                    day: end,
                    critical: stability::critical(&plan, program),
                    quality: is_judged(at)
                        .then(|| assessed(&plan, program))
                        .flatten()
                        .map(|quality| quality.counts()),
                    completed: BTreeSet::new(),
                },
            ),
        };
        let was = weeks.last().and_then(|week: &Arc<WeekEnd>| week.critical.clone()).unwrap_or_default();
        week.completed = was;
        weeks.push(Arc::new(week));
    }
    complete(facts, &mut weeks);
    let known: HashSet<ItemId> =
        weeks.iter().filter_map(|week| week.critical.as_ref()).flatten().copied().collect();
    let named = facts.nodes.iter().filter(|node| node.from <= day && known.contains(&node.fact.item));
    let names = named.map(|node| {
        let NodeFact { item, kind, number, ref title, .. } = node.fact;
        (item, Name { item, kind, number, title: title.clone() })
    });
    let past = Networked {
        day,
        quality,
        names: Arc::new(names.collect()),
        weeks: Arc::new(weeks),
        ..Networked::default()
    };
    let network = placed(&plan, program, past);
    Ok((plan, network))
}

/// Leaves of what was critical a week before what was finished by the end of the week.
fn complete(facts: &PlanFacts, weeks: &mut [Arc<WeekEnd>]) {
    let asked: HashSet<ItemId> = weeks.iter().flat_map(|week| &week.completed).copied().collect();
    let mut held: HashMap<ItemId, Vec<&super::Held<NodeFact>>> = HashMap::new();
    for node in facts.nodes.iter().filter(|node| asked.contains(&node.fact.item)) {
        held.entry(node.fact.item).or_default().push(node);
    }
    for week in weeks {
        let week = Arc::make_mut(week);
        let day = week.day;
        week.completed.retain(|item| {
            let now = held.get(item).and_then(|held| held.iter().find(|node| node.on(day)));
            now.is_some_and(|node| node.fact.state != State::Cancelled && !node.fact.is_open())
        });
    }
}
