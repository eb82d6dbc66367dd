//! Metric 8: issue resolution time.

use super::standing::{before, days_between, resolved};
use super::{Amount, Contribution, Shown, Tally, Window, each, row, stats};
use crate::domain::facts::{Facts, IssueFact};
use chrono::NaiveDate;
use serde::Serialize;

/// Within how many days of being raised an issue should be resolved.
const WITHIN_DAYS: i64 = 14;

/// What is shown beside issue resolution time, in days.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct IssueResolution {
    /// The mean days from raised to resolved.
    pub mean_days: Option<f64>,
    pub median_days: Option<f64>,
    pub resolved: usize,
    pub resolved_within: u32,
    /// Raised in the window shifted back by 14 days and open beyond 14 days.
    pub still_open: u32,
}

enum Outcome {
    Resolved(i64),
    OpenBeyond(i64),
}

impl Outcome {
    /// How the issue counts; `None` if it doesn't.
    fn of(fact: &IssueFact, window: Window) -> Option<Self> {
        let raised = fact.common.raised_on;
        if let Some(resolved) = resolved(fact, window.to) {
            return window.contains(resolved).then(|| Self::Resolved(days_between(raised, resolved).max(0)));
        }
        let age = days_between(raised, window.to);
        let raised_in = Window { from: before(window.from, WITHIN_DAYS), to: before(window.to, WITHIN_DAYS) };
        let open = super::standing::is_open(&fact.common, crate::domain::kind::Kind::Issue, window.to);
        (open && raised_in.contains(raised) && age > WITHIN_DAYS).then_some(Self::OpenBeyond(age))
    }

    const fn within(&self) -> bool {
        matches!(self, Self::Resolved(..=WITHIN_DAYS))
    }
}

pub(super) fn amounts(facts: &Facts, days: &[NaiveDate], window_days: i64) -> Vec<Amount> {
    let mut tallies = vec![Tally::default(); days.len()];
    each(&facts.issues, days, |index, day, _, fact| {
        if let Some(outcome) = Outcome::of(fact, Window::ending(day, window_days)) {
            tallies[index].count(outcome.within());
        }
    });
    tallies.into_iter().map(Tally::amount).collect()
}

pub(super) fn rows(facts: &Facts, window: Window) -> Vec<Contribution> {
    let mut rows = Vec::new();
    each(&facts.issues, &[window.to], |_, _, track, fact| {
        let Some(outcome) = Outcome::of(fact, window) else { return };
        let (text, days) = match outcome {
            Outcome::Resolved(days) if outcome.within() => ("within 14 days", days),
            Outcome::Resolved(days) => ("after 14 days", days),
            Outcome::OpenBeyond(days) => ("still open", days),
        };
        rows.push(
            row(
                track,
                true,
                text,
                Some(outcome.within()),
                [
                    ("Raised", fact.common.raised_on.into()),
                    ("Resolved", resolved(fact, window.to).into()),
                    ("Days", Shown::Days(days)),
                ],
            )
            .giving_hit(),
        );
    });
    rows
}

pub(super) fn detail(facts: &Facts, window: Window) -> IssueResolution {
    let (mut lengths, mut resolved_within, mut still_open) = (Vec::new(), 0, 0);
    each(&facts.issues, &[window.to], |_, _, _, fact| match Outcome::of(fact, window) {
        Some(outcome @ Outcome::Resolved(days)) => {
            lengths.push(days);
            resolved_within += u32::from(outcome.within());
        }
        Some(Outcome::OpenBeyond(_)) => still_open += 1,
        None => {}
    });
    lengths.sort_unstable();
    IssueResolution {
        mean_days: stats::mean(&lengths),
        median_days: stats::percentile(&lengths, 50),
        resolved: lengths.len(),
        resolved_within,
        still_open,
    }
}
