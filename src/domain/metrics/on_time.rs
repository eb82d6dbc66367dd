//! Metric 1: the milestone on-time rate.

use super::standing::{achieved, after, is_out};
use super::{Amount, Contribution, Shown, Tally, Window, each, row, targets_at};
use crate::domain::facts::{Facts, MilestoneFact};
use chrono::NaiveDate;
use serde::Serialize;

/// What is shown beside the milestone on-time rate.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OnTime {
    /// Days after the committed date within which a milestone is still on time.
    pub tolerance_days: i64,
    /// The share against the original baseline: the metric's value.
    pub against_original: Option<f64>,
    pub original_on_time: u32,
    pub original_counted: u32,
    /// The share against the baseline in force.
    pub against_current: Option<f64>,
    pub current_on_time: u32,
    pub current_counted: u32,
    /// How much better the current baseline looks, in percentage points.
    pub gap_points: Option<f64>,
    /// Open and within the tolerance: left out until known.
    pub left_out: u32,
}

/// How a milestone counts against a date.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Uncommitted,
    OutsideWindow,
    Cancelled,
    NotYetKnown,
    OnTime,
    Late,
    Overdue,
}

impl Outcome {
    fn of(fact: &MilestoneFact, committed: Option<NaiveDate>, window: Window, tolerance: i64) -> Self {
        let Some(committed) = committed else { return Self::Uncommitted };
        if !window.contains(committed) {
            return Self::OutsideWindow;
        }
        if is_out(fact, window.to) {
            return Self::Cancelled;
        }
        let last = after(committed, tolerance);
        match achieved(fact, window.to) {
            Some(achieved) if achieved <= last => Self::OnTime,
            Some(_) => Self::Late,
            None if last < window.to => Self::Overdue,
            None => Self::NotYetKnown,
        }
    }

    /// Whether it was on time; `None` where it isn't counted.
    const fn on_time(self) -> Option<bool> {
        match self {
            Self::OnTime => Some(true),
            Self::Late | Self::Overdue => Some(false),
            _ => None,
        }
    }

    const fn text(self) -> &'static str {
        match self {
            Self::Uncommitted => "not committed",
            Self::OutsideWindow => "outside the window",
            Self::Cancelled => "left out: cancelled",
            Self::NotYetKnown => "left out: not yet known",
            Self::OnTime => "on time",
            Self::Late => "missed",
            Self::Overdue => "missed: still open",
        }
    }
}

pub(super) fn amounts(facts: &Facts, days: &[NaiveDate], window_days: i64) -> Vec<Amount> {
    let tolerances: Vec<i64> =
        days.iter().map(|day| targets_at(facts, *day).on_time_tolerance_days).collect();
    let mut tallies = vec![Tally::default(); days.len()];
    each(&facts.milestones, days, |index, day, _, fact| {
        let window = Window::ending(day, window_days);
        if let Some(hit) = Outcome::of(fact, fact.original_on, window, tolerances[index]).on_time() {
            tallies[index].count(hit);
        }
    });
    tallies.into_iter().map(Tally::amount).collect()
}

pub(super) fn rows(facts: &Facts, window: Window) -> Vec<Contribution> {
    let tolerance = targets_at(facts, window.to).on_time_tolerance_days;
    let mut rows = Vec::new();
    each(&facts.milestones, &[window.to], |_, _, track, fact| {
        let in_window = |date: Option<NaiveDate>| date.is_some_and(|date| window.contains(date));
        if fact.common.archived || !(in_window(fact.original_on) || in_window(fact.committed_on)) {
            return;
        }
        let original = Outcome::of(fact, fact.original_on, window, tolerance);
        let current = Outcome::of(fact, fact.committed_on, window, tolerance);
        rows.push(
            row(
                track,
                original.on_time().is_some(),
                original.text(),
                original.on_time(),
                [
                    ("Original date", fact.original_on.into()),
                    ("On time until", fact.original_on.map(|on| after(on, tolerance)).into()),
                    ("Current date", fact.committed_on.into()),
                    ("Achieved", achieved(fact, window.to).into()),
                    ("Against current", Shown::Text(current.text())),
                ],
            )
            .giving_hit(),
        );
    });
    rows
}

pub(super) fn detail(facts: &Facts, window: Window) -> OnTime {
    let tolerance = targets_at(facts, window.to).on_time_tolerance_days;
    let mut detail = OnTime {
        tolerance_days: tolerance,
        against_original: None,
        original_on_time: 0,
        original_counted: 0,
        against_current: None,
        current_on_time: 0,
        current_counted: 0,
        gap_points: None,
        left_out: 0,
    };
    each(&facts.milestones, &[window.to], |_, _, _, fact| {
        let original = Outcome::of(fact, fact.original_on, window, tolerance);
        if let Some(hit) = original.on_time() {
            detail.original_counted += 1;
            detail.original_on_time += u32::from(hit);
        }
        detail.left_out += u32::from(original == Outcome::NotYetKnown);
        if let Some(hit) = Outcome::of(fact, fact.committed_on, window, tolerance).on_time() {
            detail.current_counted += 1;
            detail.current_on_time += u32::from(hit);
        }
    });
    let share = |hits: u32, all: u32| Amount::ratio(hits.into(), all.into()).value;
    detail.against_original = share(detail.original_on_time, detail.original_counted);
    detail.against_current = share(detail.current_on_time, detail.current_counted);
    detail.gap_points = detail
        .against_current
        .zip(detail.against_original)
        .map(|(current, original)| (current - original) * 100.0);
    detail
}
