//! What a scenario does to probabilities: the odds of the milestones without it and with it.

use super::{Base, Outcome};
use crate::app::access::Entered;
use crate::app::cache::What;
use crate::app::plan::{INLINE_ITEMS, unschedulable};
use crate::app::{App, Error, Result};
use crate::domain::forecast::{self, Parameters, Threat};
use crate::domain::ids::ItemId;
use crate::domain::kind::Kind;
use crate::domain::plan::Plan;
use crate::domain::scenario::Placed;
use crate::store;
use std::collections::HashMap;
use std::sync::Arc;

/// The odds of the plan as it stands, by item; none where nothing varies.
type Known = Option<HashMap<ItemId, forecast::Odds>>;

/// The odds without the scenario, and what they are made of: the same for every scenario of the day.
#[derive(Debug)]
pub(in crate::app) struct Stands {
    asked: Parameters,
    threats: Vec<Threat>,
    odds: Known,
}

/// The odds of a milestone without a scenario and with it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Both {
    /// None for what the scenario adds.
    pub before: Option<forecast::Odds>,
    pub after: forecast::Odds,
}

impl Both {
    /// Whether the scenario changes them.
    #[must_use]
    pub fn differ(&self) -> bool {
        self.before != Some(self.after)
    }
}

/// What becomes of the probabilities.
#[derive(Clone, Debug)]
pub struct Odds {
    pub iterations: u32,
    pub seed: u64,
    /// Of all open milestones of the plan with the scenario.
    of: HashMap<ItemId, Both>,
    /// The milestones that the reader may see whose date holds while their odds don't, by date.
    pub shaken: Vec<Placed>,
}

impl Odds {
    /// Of one milestone.
    #[must_use]
    pub fn of(&self, item: ItemId) -> Option<Both> {
        self.of.get(&item).copied()
    }
}

/// What a scenario does to the probabilities; `None` where nothing varies, with it or without.
///
/// # Errors
/// When the database is away.
pub async fn odds(app: &App, entered: &Entered, outcome: &Outcome) -> Result<Option<Odds>> {
    let stands = stands(app, entered, &outcome.base).await?;
    let (before, after) = (Arc::clone(&outcome.base.plan), Arc::clone(&outcome.after));
    let with = Arc::clone(&stands);
    let made = run(&after, move |after| forecast::odds(after, &before, &with.threats, &with.asked)).await?;
    let (before, after) = match (&stands.odds, made) {
        (None, None) => return Ok(None),
        // Where nothing varies the schedule says all.
        (before, after) => (
            before.clone().unwrap_or_else(|| certain(&outcome.base.plan)),
            after.unwrap_or_else(|| certain(&outcome.after)),
        ),
    };
    let of: HashMap<ItemId, Both> = after
        .into_iter()
        .map(|(item, after)| (item, Both { before: before.get(&item).copied(), after }))
        .collect();
    let moved = |item| outcome.difference.moved.iter().any(|moved| moved.of.item == item);
    let plan = &outcome.after;
    let mut shaken: Vec<_> = plan
        .items()
        .filter(|(_, node)| node.kind == Kind::Milestone && outcome.base.sight.sees(node) && node.number > 0)
        .filter(|(_, node)| of.get(&node.item).is_some_and(Both::differ) && !moved(node.item))
        .map(|(ix, node)| {
            let placed = Placed {
                item: node.item,
                program: node.program,
                kind: node.kind,
                reference: plan.reference(ix).to_string(),
                title: node.title.clone(),
            };
            (plan.finishes_on(ix), placed)
        })
        .collect();
    shaken.sort_by(|(on, of), (other, than)| on.cmp(other).then_with(|| of.reference.cmp(&than.reference)));
    Ok(Some(Odds {
        iterations: stands.asked.iterations,
        seed: stands.asked.seed,
        of,
        shaken: shaken.into_iter().map(|(_, placed)| placed).collect(),
    }))
}

/// The odds of the plan as it stands, computed once for each beat of the pulse and each day.
async fn stands(app: &App, entered: &Entered, base: &Base) -> Result<Arc<Stands>> {
    let stamp = entered.stamp();
    if let Some(stands) = app.cache.get(stamp, What::Odds) {
        return Ok(stands);
    }
    let programs: Vec<_> = base.plan.programs().iter().map(|program| program.id).collect();
    let threats = store::forecast::threats(&app.db, &programs, entered.as_of()).await?;
    let iterations = forecast::iterations(base.plan.items().count());
    let asked = Parameters { iterations, ..Parameters::default() };
    let made = run(&base.plan, move |plan| {
        forecast::odds(plan, plan, &threats, &asked).map(|odds| Stands { asked, threats, odds })
    });
    let stands = Arc::new(made.await?);
    let bytes = 1_000 + stands.odds.as_ref().map_or(0, HashMap::len) * 80 + stands.threats.len() * 500;
    app.cache.put(stamp, What::Odds, &stands, bytes);
    Ok(stands)
}

/// The odds of what doesn't vary.
fn certain(plan: &Plan) -> HashMap<ItemId, forecast::Odds> {
    let open = plan.items().filter(|(ix, node)| node.kind == Kind::Milestone && plan.is_open(*ix));
    open.map(|(ix, node)| {
        let on = plan.finishes_on(ix);
        let committed = plan.committed_on(ix).map(|by| (by, if on <= by { 1.0 } else { 0.0 }));
        (node.item, forecast::Odds { p80: on, committed })
    })
    .collect()
}

/// Runs a plan through: of a small network at once, of a larger one on a thread of its own.
async fn run<T: Send + 'static>(
    plan: &Arc<Plan>,
    job: impl FnOnce(&Plan) -> std::result::Result<T, crate::domain::schedule::Error> + Send + 'static,
) -> Result<T> {
    let plan = Arc::clone(plan);
    let done = if plan.items().count() <= INLINE_ITEMS / 20 {
        job(&plan)
    } else {
        let done = tokio::task::spawn_blocking(move || job(&plan));
        done.await.map_err(|error| Error::Internal(Box::new(error)))?
    };
    done.map_err(unschedulable)
}
