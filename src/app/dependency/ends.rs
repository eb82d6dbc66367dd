//! A dependency in the schedule: the milestones of both its sides, when it is computed to be there, and whether that breaks
//! what waits for it.

use crate::app::plan::Sight;
use crate::domain::ids::ItemId;
use crate::domain::kind::Reference;
use crate::domain::plan::{Of, Plan};
use crate::domain::schedule::ItemIx;
use crate::store::dependency::Row;
use chrono::NaiveDate;

/// The milestone (or activity) of a side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Milestone {
    /// Its reference and title; `None` where the reader may not see it.
    pub named: Option<(Reference, String)>,
    /// Of the provider's: when it is reached, by the plan. Of the consumer's: its own date, stated or committed.
    pub on: Option<NaiveDate>,
}

/// What the schedule says of a dependency.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ends {
    pub provider: Option<Milestone>,
    pub consumer: Option<Milestone>,
    /// When it will be there, as computed from what it comes after; only while it isn't.
    pub computed: Option<NaiveDate>,
    /// Calendar days by which that is after it is needed.
    pub computed_late: Option<i64>,
    /// Calendar days by which it comes after the consumer's own date.
    pub breaks: Option<i64>,
}

impl Ends {
    pub(super) fn new(row: &Row, plan: &Plan, sight: &Sight) -> Self {
        let find = |item: Option<ItemId>| item.and_then(|item| plan.find(item));
        let (provider, consumer) = (find(row.provider_milestone), find(row.consumer_milestone));
        let own = plan.find(row.id).filter(|_| row.open && row.delivered_on.is_none());
        let computed = own.filter(|ix| plan.is_computed(*ix)).and_then(|ix| {
            // What follows one point in time alone is there on its day.
            match provider.filter(|provider| plan.finishes_on(*provider) == plan.finishes_on(ix)) {
                Some(provider) => plan.stands_on(provider).map(|on| on.max(plan.day())),
                None => Some(plan.finishes_on(ix)),
            }
        });
        let after = |due: Option<NaiveDate>, day: Option<NaiveDate>| {
            due.zip(day).map(|(due, day)| (day - due).num_days()).filter(|days| *days > 0)
        };
        // What is hidden is neither named nor dated.
        let seen = |ix: &ItemIx| sight.sees(plan.node(*ix));
        let waits = consumer.filter(seen).filter(|ix| plan.is_open(*ix)).and_then(|ix| due(plan, ix));
        Self {
            provider: provider.map(|ix| end(plan, sight, ix, plan.stands_on(ix))),
            consumer: consumer.map(|ix| end(plan, sight, ix, due(plan, ix).or(plan.happened_on(ix)))),
            computed,
            computed_late: after(row.needed_by, computed),
            breaks: after(waits, computed.or(row.promised_by).filter(|_| own.is_some())),
        }
    }
}

fn end(plan: &Plan, sight: &Sight, ix: ItemIx, on: Option<NaiveDate>) -> Milestone {
    let seen = sight.sees(plan.node(ix));
    Milestone {
        named: seen.then(|| (plan.reference(ix), plan.node(ix).title.clone())),
        on: on.filter(|_| seen),
    }
}

/// The date that is an item's own, whatever leads to it: what is stated, unless that is computed, else what is committed.
fn due(plan: &Plan, ix: ItemIx) -> Option<NaiveDate> {
    match &plan.node(ix).of {
        Of::Milestone { computed: true, .. } => plan.committed_on(ix),
        _ => plan.stated_on(ix).or_else(|| plan.committed_on(ix)),
    }
}
