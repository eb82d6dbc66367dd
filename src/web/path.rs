//! The critical path of a program on its overview: from today to its last milestone, in a few steps.

use super::chart::{PathStep, PathStrip};
use super::shell::Shell;
use crate::app::access::Entered;
use crate::app::plan::{self, Sight};
use crate::app::{App, Ctx, Error};
use crate::domain::ids::ProgramId;
use crate::domain::kind::Kind;
use crate::domain::plan::{Of, Plan};
use crate::domain::schedule::ItemIx;
use chrono::NaiveDate;

/// Steps that are shown; the schedule has them all.
const STEPS: usize = 8;

/// The path, as far as it is shown.
#[derive(Debug, Clone)]
pub struct CriticalPath {
    pub strip: PathStrip,
    /// The milestone that it leads to.
    pub to: String,
    pub finish: NaiveDate,
    /// Steps that are not shown.
    pub more: usize,
}

/// The critical path; `None` where nothing leads to the last milestone.
pub async fn critical(
    app: &App,
    ctx: &Ctx,
    entered: &Entered,
    shell: &Shell,
) -> Result<Option<CriticalPath>, Error> {
    let plan = match plan::plan(app, entered).await {
        Ok(plan) => plan,
        // The page of the schedule says what is to be mended.
        Err(Error::Refused(_)) => return Ok(None),
        Err(other) => return Err(other),
    };
    let Some(path) = steps(&plan, entered.program().id) else { return Ok(None) };
    let sight = plan::sight(app, ctx, &plan).await?;
    Ok(drawn(&plan, &sight, shell, entered, &path))
}

/// What is open on the way to the last open milestone of the program, in order.
fn steps(plan: &Plan, program: ProgramId) -> Option<Vec<ItemIx>> {
    let open = plan.work_of(program).filter(|ix| plan.is_open(*ix) && plan.node(*ix).kind == Kind::Milestone);
    let last = open.max_by_key(|ix| (plan.dates(*ix).early_finish, std::cmp::Reverse(*ix)))?;
    let mut path = plan.engine().path_to(last);
    path.retain(|ix| plan.is_open(*ix));
    (path.len() > 1).then_some(path)
}

fn drawn(
    plan: &Plan,
    sight: &Sight,
    shell: &Shell,
    entered: &Entered,
    path: &[ItemIx],
) -> Option<CriticalPath> {
    let last = *path.last()?;
    // What the reader may not see is counted: items that follow each other are one step.
    let seen = |ix: ItemIx| sight.sees(plan.node(ix));
    let groups: Vec<&[ItemIx]> = path.chunk_by(|a, b| !seen(*a) && !seen(*b)).collect();
    let mut before: Option<ItemIx> = None;
    let mut shown = Vec::new();
    for group in groups.iter().take(STEPS) {
        let (Some(first), Some(end)) = (group.first().copied(), group.last().copied()) else { continue };
        let tie =
            before.and_then(|from| plan.links().iter().find(|link| (link.from, link.to) == (from, first)));
        let link = tie.map_or_else(String::new, crate::domain::plan::PlanLink::terms);
        shown.push(if seen(first) {
            step(plan, shell, entered, first, link)
        } else {
            hidden(plan, group, end, link)
        });
        before = Some(end);
    }
    let to = plan.node(last).title.clone();
    Some(CriticalPath {
        strip: PathStrip::new(format!("Critical path to {to}"), shown),
        finish: plan.finishes_on(last),
        to,
        more: groups.len().saturating_sub(STEPS),
    })
}

fn step(plan: &Plan, shell: &Shell, entered: &Entered, ix: ItemIx, link: String) -> PathStep {
    let (reference, finish) = (plan.reference(ix), plan.finishes_on(ix));
    let committed = plan.committed_on(ix);
    PathStep {
        title: plan.node(ix).title.clone(),
        reference: reference.to_string(),
        href: shell.href(&reference.path()),
        start: matches!(plan.node(ix).of, Of::Activity { .. }).then(|| plan.starts_on(ix)),
        finish,
        float: Some(i64::from(plan.dates(ix).total_float).div_euclid(480)),
        slip: committed.map(|committed| entered.program().calendar().working_days(committed, finish)),
        done: false,
        link,
    }
}

fn hidden(plan: &Plan, group: &[ItemIx], end: ItemIx, link: String) -> PathStep {
    let title = match group.len() {
        1 => "An item of another program".to_owned(),
        many => format!("{many} items of other programs"),
    };
    PathStep {
        title,
        reference: String::new(),
        href: String::new(),
        start: None,
        finish: plan.finishes_on(end),
        float: None,
        slip: None,
        done: false,
        link,
    }
}
