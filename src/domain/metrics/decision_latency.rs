//! Metric 4: decision latency.

use super::standing::{decided, is_waiting, waits_since};
use super::{Amount, Contribution, Shown, Window, each, medians, reference, row, stats};
use crate::domain::facts::{DecisionFact, Facts};
use chrono::NaiveDate;
use serde::Serialize;

/// What is shown beside decision latency, in working days.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DecisionLatency {
    pub median: Option<f64>,
    pub percentile_85: Option<f64>,
    /// Decisions decided in the window whose request is known.
    pub decided: usize,
    /// Decided in the window, with no request known before: they can't be measured.
    pub without_request: usize,
    /// Those that still wait, longest first.
    pub waiting: Vec<Wait>,
}

/// A decision that still waits.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Wait {
    /// The decision's reference.
    pub decision: String,
    pub since: Option<NaiveDate>,
    /// It has waited at least this many working days; `None` where no request is known.
    pub at_least_working_days: Option<i64>,
}

/// The start and the end of the wait of a decision taken in `window`; the outer `None` if it wasn't.
fn wait(fact: &DecisionFact, window: Window) -> Option<(Option<NaiveDate>, NaiveDate)> {
    let end = decided(fact, window.to).filter(|end| window.contains(*end))?;
    Some((waits_since(fact, end), end))
}

pub(super) fn amounts(facts: &Facts, days: &[NaiveDate], window_days: i64) -> Vec<Amount> {
    let mut gathered = Vec::with_capacity(facts.decisions.len());
    each(&facts.decisions, days, |index, day, _, fact| {
        if let Some((Some(since), end)) = wait(fact, Window::ending(day, window_days)) {
            gathered.push((index, facts.calendar.working_days(since, end)));
        }
    });
    medians(gathered, days.len())
}

pub(super) fn rows(facts: &Facts, window: Window) -> Vec<Contribution> {
    let mut rows = Vec::new();
    let target = super::targets_at(facts, window.to).decision_latency;
    each(&facts.decisions, &[window.to], |_, day, track, fact| {
        let (outcome, counts, since, end) = match wait(fact, window) {
            Some((Some(since), end)) => ("decided", true, Some(since), end),
            Some((None, end)) => ("left out: no request known", false, None, end),
            None if is_waiting(fact, day) => ("waiting, at least", false, waits_since(fact, day), day),
            None => return,
        };
        let length = since.map(|since| facts.calendar.working_days(since, end));
        let row = row(
            track,
            counts,
            outcome,
            length.filter(|_| counts).map(|length| stats::float(length) < target),
            [
                ("Requested", fact.requested_on.into()),
                ("Escalated", fact.escalated_on.filter(|escalated| *escalated <= end).into()),
                ("Decided", decided(fact, day).into()),
                ("Working days", length.map_or(Shown::Nothing, Shown::WorkingDays)),
            ],
        );
        rows.push(row.giving_value(stats::float(length.unwrap_or_default())));
    });
    rows
}

pub(super) fn detail(facts: &Facts, window: Window) -> DecisionLatency {
    let (mut lengths, mut waiting, mut without_request) = (Vec::new(), Vec::new(), 0);
    each(&facts.decisions, &[window.to], |_, day, track, fact| match wait(fact, window) {
        Some((Some(since), end)) => lengths.push(facts.calendar.working_days(since, end)),
        Some((None, _)) => without_request += 1,
        None if is_waiting(fact, day) => {
            let since = waits_since(fact, day);
            let length = since.map(|since| facts.calendar.working_days(since, day));
            let wait = Wait { decision: reference(facts, track), since, at_least_working_days: length };
            waiting.push((std::cmp::Reverse(length), track.number, wait));
        }
        None => {}
    });
    lengths.sort_unstable();
    waiting.sort_by_key(|(length, number, _)| (*length, *number));
    DecisionLatency {
        median: stats::percentile(&lengths, 50),
        percentile_85: stats::percentile(&lengths, 85),
        decided: lengths.len(),
        without_request,
        waiting: waiting.into_iter().map(|(_, _, wait)| wait).collect(),
    }
}
