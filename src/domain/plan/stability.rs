//! Whether the critical path stays where it is: the critical work at the ends of weeks, and what came and went between two of
//! them. Metric 6 counts the weeks.

use super::Plan;
use crate::domain::ids::{ItemId, ProgramId};
use crate::domain::metrics::stats::float_len;
use chrono::NaiveDate;
use std::collections::BTreeSet;

/// What the network said of a program at the end of a week.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WeekEnd {
    pub day: NaiveDate,
    /// Its open milestones and activities that were critical; `None` where nothing of it was linked.
    pub critical: Option<BTreeSet<ItemId>>,
    /// Of those that were critical a week before, those that were finished by then.
    pub completed: BTreeSet<ItemId>,
    /// How many points of the schedule's quality were met, and how many could be judged; `None` where there was no network.
    pub quality: Option<(usize, usize)>,
}

/// A week against the one before.
#[derive(Clone, Debug, PartialEq)]
pub struct Compared {
    /// The end of the week.
    pub day: NaiveDate,
    /// What is critical now and was not.
    pub came: BTreeSet<ItemId>,
    /// What was critical, is not any more, and was not finished either.
    pub went: BTreeSet<ItemId>,
    /// Jaccard similarity of the two sets without what was finished: what is in both ÷ what is in either; 1 for two empty ones.
    pub similarity: f64,
}

impl Compared {
    /// Whether the set differs by anything other than completions.
    #[must_use]
    pub fn changed(&self) -> bool {
        !self.came.is_empty() || !self.went.is_empty()
    }
}

/// The open milestones and activities of a program that are critical; `None` where nothing of it is linked.
pub(super) fn critical(plan: &Plan, program: ProgramId) -> Option<BTreeSet<ItemId>> {
    let ours = |ix| plan.node(ix).program == program;
    if !plan.links().iter().any(|link| ours(link.from) || ours(link.to)) {
        return None;
    }
    let critical = plan.work_of(program).filter(|ix| plan.is_open(*ix) && plan.dates(*ix).critical);
    Some(critical.map(|ix| plan.node(ix).item).collect())
}

/// Compares a week with the one before; `None` where one of them had no network.
#[must_use]
pub fn compare(before: &WeekEnd, now: &WeekEnd) -> Option<Compared> {
    let (was, is) = (before.critical.as_ref()?, now.critical.as_ref()?);
    let left: BTreeSet<ItemId> = was.difference(&now.completed).copied().collect();
    let either = left.union(is).count();
    Some(Compared {
        day: now.day,
        came: is.difference(&left).copied().collect(),
        went: left.difference(is).copied().collect(),
        similarity: if either == 0 {
            1.0
        } else {
            float_len(left.intersection(is).count()) / float_len(either)
        },
    })
}
