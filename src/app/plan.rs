//! The plan of a program: its network with all that it hangs together with, scheduled once for each beat of the pulse and each day
//! (a write to one of these programs moves the pulse of all), and what of it a reader may see.

mod restate;

pub use restate::{Days, after, due, restate};

use super::access::Entered;
use super::cache::{Stamp, What};
use super::{App, Ctx, Error, Result};
use crate::domain::ids::ProgramId;
use crate::domain::plan::{NodeFact, Plan, PlanFacts};
use crate::domain::schedule;
use crate::store;
use std::collections::HashSet;
use std::sync::Arc;

/// About how much memory an item of a plan takes, with its links and dates.
const ITEM_BYTES: usize = 1_200;
/// Networks of more items are scheduled on a thread of their own: it takes more than a few milliseconds.
pub(super) const INLINE_ITEMS: usize = 4_000;

/// The programs that a reader may see, of those that hang together.
#[derive(Clone, Debug)]
pub struct Sight(HashSet<ProgramId>);

impl Sight {
    /// Whether the reader may see what an item is. What they may not see takes part in the network, counted and not named.
    #[must_use]
    pub fn sees(&self, node: &NodeFact) -> bool {
        self.0.contains(&node.program)
    }

    #[must_use]
    pub fn sees_program(&self, program: ProgramId) -> bool {
        self.0.contains(&program)
    }
}

/// What the plan of the day that is shown is made of.
///
/// # Errors
/// When the database is away.
pub async fn facts(app: &App, entered: &Entered) -> Result<Arc<PlanFacts>> {
    let stamp = entered.stamp();
    if let Some(facts) = app.cache.get(stamp, What::PlanFacts) {
        return Ok(facts);
    }
    let facts = Arc::new(store::plan::load(&app.db, &[stamp.program], stamp.day, stamp.day).await?);
    app.cache.put(stamp, What::PlanFacts, &facts, 1_000 + facts.nodes.len() * ITEM_BYTES / 2);
    Ok(facts)
}

/// The plan of the day that is shown.
///
/// # Errors
/// When the database is away; refused where what is kept can't be scheduled.
pub async fn plan(app: &App, entered: &Entered) -> Result<Arc<Plan>> {
    let stamp = entered.stamp();
    if let Some(plan) = app.cache.get(stamp, What::Plan) {
        return Ok(plan);
    }
    let facts = facts(app, entered).await?;
    let items = facts.nodes.len();
    let make = move || Plan::make(&facts, stamp.day);
    let plan = if items <= INLINE_ITEMS {
        make()
    } else {
        tokio::task::spawn_blocking(make).await.map_err(|error| Error::Internal(Box::new(error)))?
    };
    let plan = Arc::new(plan.map_err(unschedulable)?);
    keep(app, stamp, &plan);
    Ok(plan)
}

/// Keeps the plan of a day.
pub(super) fn keep(app: &App, stamp: Stamp, plan: &Arc<Plan>) {
    app.cache.put(stamp, What::Plan, plan, 1_000 + plan.engine().network().items.len() * ITEM_BYTES);
}

/// The plan of the day that is shown, for what shows more than the schedule: none where what is kept can't be scheduled.
///
/// # Errors
/// When the database is away.
pub async fn if_any(app: &App, entered: &Entered) -> Result<Option<Arc<Plan>>> {
    match plan(app, entered).await {
        Ok(plan) => Ok(Some(plan)),
        Err(Error::Refused(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// A network that can't be scheduled, for the reader: what is written is checked, so this says what is to be mended.
pub(super) fn unschedulable(error: schedule::Error) -> Error {
    Error::refused("", format!("The network can't be scheduled: {error}."))
}

/// What of a plan the reader may see.
///
/// # Errors
/// When the database is away.
pub async fn sight(app: &App, ctx: &Ctx, plan: &Plan) -> Result<Sight> {
    let mut seen: HashSet<ProgramId> = plan.programs().iter().take(1).map(|program| program.id).collect();
    if plan.programs().len() > 1 {
        let others: Vec<_> = plan.programs().iter().skip(1).map(|program| program.id).collect();
        seen.extend(store::access::visible_of(&app.db, ctx.reader(), &others).await?);
    }
    Ok(Sight(seen))
}
