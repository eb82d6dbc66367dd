//! Metric 3: the scope change rate.

use super::{Amount, Contribution, Shown, Window, each, hung, row, stats};
use crate::domain::facts::{ChangeFact, Facts, FirstBaseline};
use crate::domain::kind::State;
use crate::domain::words;
use chrono::NaiveDate;
use serde::Serialize;

/// What is shown beside the scope change rate: how many milestones and activities the approved changes concern.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ScopeChange {
    pub added: i64,
    pub removed: i64,
    pub redefined: i64,
    /// Milestones and activities in the first baseline, once it is made.
    pub in_first_baseline: Option<u32>,
    /// Approved changes of scope that count.
    pub approved: u32,
    /// Rejected in the window.
    pub rejected: u32,
    /// Submitted and not decided at the end of the window.
    pub waiting: u32,
}

/// The first baseline, if it was made by the end of `day`.
pub(in crate::domain) fn baseline(facts: &Facts, day: NaiveDate) -> Option<&FirstBaseline> {
    facts.first_baseline.as_ref().filter(|baseline| baseline.on <= day)
}

/// Whether the change is an approved change of scope that was decided in `window` and after the first baseline.
pub(in crate::domain) fn counts(fact: &ChangeFact, baseline: NaiveDate, window: Window) -> bool {
    !fact.common.archived
        && fact.scope
        && fact.approved
        && fact.decided_on.is_some_and(|decided| window.contains(decided) && decided > baseline)
}

/// Milestones and activities that the change adds, removes or redefines.
pub(in crate::domain) fn extent(fact: &ChangeFact) -> i64 {
    i64::from(fact.adds) + i64::from(fact.removes) + i64::from(fact.redefines)
}

/// Whether the change of scope is submitted and not decided at the end of `day`.
pub(in crate::domain) fn is_waiting(fact: &ChangeFact, day: NaiveDate) -> bool {
    !fact.common.archived
        && fact.scope
        && fact.common.raised_on <= day
        && fact.common.state == State::Submitted
}

pub(super) fn amounts(facts: &Facts, days: &[NaiveDate], window_days: i64) -> Vec<Amount> {
    let mut sums = vec![0; days.len()];
    if let Some(first) = &facts.first_baseline {
        each(&facts.changes, days, |index, day, _, fact| {
            if counts(fact, first.on, Window::ending(day, window_days)) {
                sums[index] += extent(fact);
            }
        });
    }
    days.iter()
        .zip(sums)
        .map(|(day, sum)| {
            baseline(facts, *day)
                .map_or_else(Amount::default, |first| Amount::ratio(sum, first.items(*day).into()))
        })
        .collect()
}

/// The row of the first baseline: it is what the share is of.
fn first_row(first: &FirstBaseline, day: NaiveDate) -> Contribution {
    let items = i64::from(first.items(day));
    let figures = [
        ("Submitted", Shown::Nothing),
        ("Decided", Shown::Nothing),
        ("Adds", Shown::Nothing),
        ("Removes", Shown::Nothing),
        ("Redefines", Shown::Nothing),
        ("In the first baseline", Shown::Count(items)),
    ];
    let title = format!("The first baseline, of {}", words::day(first.on));
    hung(None, &title, true, ("what it is a share of", None), figures).giving_parts(0.0, stats::float(items))
}

pub(super) fn rows(facts: &Facts, window: Window) -> Vec<Contribution> {
    let first = baseline(facts, window.to);
    let mut rows: Vec<Contribution> = first.map(|first| first_row(first, window.to)).into_iter().collect();
    each(&facts.changes, &[window.to], |_, day, track, fact| {
        let decided_in_window = fact.decided_on.is_some_and(|decided| window.contains(decided));
        if fact.common.archived || !fact.scope || !(decided_in_window || is_waiting(fact, day)) {
            return;
        }
        let counted = first.is_some_and(|first| counts(fact, first.on, window));
        let outcome = match (is_waiting(fact, day), fact.approved) {
            (true, _) => "left out: waiting",
            (_, true) if counted => "approved",
            (_, true) => "left out: before the baseline",
            (_, false) => "left out: rejected",
        };
        rows.push(
            row(
                track,
                counted,
                outcome,
                None,
                [
                    ("Submitted", fact.submitted_on.into()),
                    ("Decided", fact.decided_on.filter(|decided| *decided <= day).into()),
                    ("Adds", Shown::Count(fact.adds.into())),
                    ("Removes", Shown::Count(fact.removes.into())),
                    ("Redefines", Shown::Count(fact.redefines.into())),
                    ("In the first baseline", Shown::Nothing),
                ],
            )
            .giving_parts(stats::float(extent(fact)), 0.0),
        );
    });
    rows
}

pub(super) fn detail(facts: &Facts, window: Window) -> ScopeChange {
    let first = baseline(facts, window.to);
    let mut detail = ScopeChange {
        added: 0,
        removed: 0,
        redefined: 0,
        in_first_baseline: first.map(|first| first.items(window.to)),
        approved: 0,
        rejected: 0,
        waiting: 0,
    };
    each(&facts.changes, &[window.to], |_, day, _, fact| {
        if first.is_some_and(|first| counts(fact, first.on, window)) {
            detail.added += i64::from(fact.adds);
            detail.removed += i64::from(fact.removes);
            detail.redefined += i64::from(fact.redefines);
            detail.approved += 1;
        }
        let rejected = !fact.common.archived
            && fact.scope
            && fact.common.state == State::Rejected
            && fact.decided_on.is_some_and(|decided| window.contains(decided));
        detail.rejected += u32::from(rejected);
        detail.waiting += u32::from(is_waiting(fact, day));
    });
    detail
}

pub(super) fn absence(facts: &Facts, as_of: NaiveDate) -> String {
    match baseline(facts, as_of) {
        None => format!(
            "No baseline was made by {}, so there is nothing to compare changes with.",
            words::day(as_of)
        ),
        Some(first) => {
            format!("The first baseline, of {}, holds no milestone or activity.", words::day(first.on))
        }
    }
}
