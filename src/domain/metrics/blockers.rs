//! Metric 19: cross-team blockers.

use super::standing::{is_open, resolved};
use super::{Amount, Contribution, Shown, Window, each, row, stats};
use crate::domain::facts::{Facts, IssueFact};
use crate::domain::kind::Kind;
use chrono::NaiveDate;
use serde::Serialize;

/// What is shown beside cross-team blockers.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Blockers {
    /// Raised in the window.
    pub raised_in_window: u32,
    /// Open, whenever they were raised.
    pub open: u32,
}

/// The week that ends with `day`.
fn week(day: NaiveDate) -> Window {
    Window::ending(day, 7)
}

/// Whether one team waits for another.
fn crosses(fact: &IssueFact) -> bool {
    let teams = fact.owing_team.zip(fact.blocked_team);
    fact.blocking && !fact.common.archived && teams.is_some_and(|(owing, blocked)| owing != blocked)
}

pub(super) fn amounts(facts: &Facts, days: &[NaiveDate]) -> Vec<Amount> {
    // Whether there is any issue at all, and the blockers of the week.
    let mut counts = vec![(false, 0); days.len()];
    each(&facts.issues, days, |index, day, _, fact| {
        counts[index].0 |= !fact.common.archived && fact.common.raised_on <= day;
        counts[index].1 += i64::from(crosses(fact) && week(day).contains(fact.common.raised_on));
    });
    let amount = |(any, count): (bool, i64)| Amount::plain(any.then(|| stats::float(count)));
    counts.into_iter().map(amount).collect()
}

pub(super) fn rows(facts: &Facts, day: NaiveDate) -> Vec<Contribution> {
    let mut rows = Vec::new();
    each(&facts.issues, &[day], |_, _, track, fact| {
        if !crosses(fact) || fact.common.raised_on > day {
            return;
        }
        let open = is_open(&fact.common, Kind::Issue, day);
        let counts = week(day).contains(fact.common.raised_on);
        if !counts && !open {
            return;
        }
        rows.push(
            row(
                track,
                counts,
                if counts { "raised this week" } else { "raised before, still open" },
                Some(!open),
                [("Raised", fact.common.raised_on.into()), ("Resolved", Shown::from(resolved(fact, day)))],
            )
            .giving_value(1.0),
        );
    });
    rows
}

pub(super) fn detail(facts: &Facts, window: Window) -> Blockers {
    let mut detail = Blockers::default();
    each(&facts.issues, &[window.to], |_, day, _, fact| {
        if crosses(fact) {
            detail.raised_in_window += u32::from(window.contains(fact.common.raised_on));
            detail.open += u32::from(is_open(&fact.common, Kind::Issue, day));
        }
    });
    detail
}
