//! The odds of milestones in short: their P80 and the chance of keeping what is committed, of a plan and of a variant of it.
//!
//! Both draw the same numbers: an item takes as long in every run of the one as in the same run of the other, wherever it stands,
//! and a risk strikes both or neither. So the odds differ by what was changed, and what is untouched has the very same.

use super::{Parameters, Threat, committed, end_of, event, is_dated, part, spread, varies};
use crate::domain::ids::ItemId;
use crate::domain::kind::Kind;
use crate::domain::plan::Plan;
use crate::domain::schedule::simulate::{self, Asked, RiskEvent, Target};
use crate::domain::schedule::{Error, Estimate, ItemIx};
use chrono::NaiveDate;
use std::collections::HashMap;
use std::num::NonZero;

/// Items of the network times runs that keep a what-if at once.
const WORK: u32 = 2_000_000;
/// Runs at least and at most: with 2,000 a chance is within two hundredths of what more runs would say, with 500 within four
/// (two standard errors of a half).
const RUNS: (u32, u32) = (500, 2_000);

/// How a milestone may finish.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Odds {
    pub p80: NaiveDate,
    /// The committed date and the chance of meeting it.
    pub committed: Option<(NaiveDate, f64)>,
}

/// How many runs a plan of so many items gets.
#[must_use]
pub fn iterations(items: usize) -> u32 {
    let items = u32::try_from(items).unwrap_or(u32::MAX).max(1);
    (WORK / items).clamp(RUNS.0, RUNS.1)
}

/// The odds of the open milestones of all programs of a plan; `None` where nothing varies, so that every run would say the same.
/// `like` is the plan that it is a variant of.
///
/// # Errors
/// When the plan can't be simulated: durations that reach beyond the year 4000.
pub fn odds(
    plan: &Plan,
    like: &Plan,
    threats: &[Threat],
    asked: &Parameters,
) -> Result<Option<HashMap<ItemId, Odds>>, Error> {
    let mut network = plan.engine().network().clone();
    if let Some(program) = plan.programs().first() {
        spread(plan, program.id, &mut network, asked.spread);
    }
    let parts = threats.iter().map(|threat| part(plan, threat));
    // What takes no part keeps its place, so that the others keep their numbers.
    let idle = || RiskEvent {
        probability: 0.0,
        effect: Estimate { optimistic: 0, likely: 0, pessimistic: 0 },
        threatens: Vec::new(),
    };
    let events: Vec<Option<RiskEvent>> =
        threats.iter().zip(parts).map(|(threat, part)| event(threat, &part)).collect();
    let is_open = |ix: ItemIx| plan.is_open(ix) && !plan.is_summary(ix);
    let varied = events.iter().any(Option::is_some)
        || (0..).map(ItemIx).zip(&network.items).any(|(ix, item)| is_open(ix) && varies(item));
    if !varied {
        return Ok(None);
    }
    let milestones = plan
        .items()
        .filter(|(ix, node)| node.kind == Kind::Milestone && plan.is_open(*ix) && is_dated(plan, *ix));
    let targets = milestones
        .map(|(item, _)| Target { item, by: committed(plan, item).map(end_of).into_iter().collect() })
        .collect();
    let known = u32::try_from(like.items().count()).unwrap_or(u32::MAX);
    let number = |ix: ItemIx, item| like.find(item).map_or(known.saturating_add(ix.0), |ix| ix.0);
    let simulated = simulate::simulate(
        &network,
        &Asked {
            seed: asked.seed,
            iterations: NonZero::new(asked.iterations).unwrap_or(NonZero::<u32>::MIN),
            distribution: asked.distribution,
            correlation: asked.correlation(),
            risks: events.into_iter().map(|event| event.unwrap_or_else(idle)).collect(),
            targets,
            numbers: plan.items().map(|(ix, node)| number(ix, node.item)).collect(),
            ..Asked::default()
        },
    )?;
    let told = simulated.finishes.into_iter().map(|finish| {
        let chance = finish.chances.first().copied();
        let odds = Odds { p80: finish.p80.finish_day(), committed: committed(plan, finish.item).zip(chance) };
        (plan.node(finish.item).item, odds)
    });
    Ok(Some(told.collect()))
}
