//! Metric 2: schedule variance.
//!
//! The baseline is the original one, so that agreeing on later dates neither lowers the median nor bends its trend; the
//! same figures against the baseline in force are shown beside it.

use super::standing::{achieved, forecast, is_out};
use super::{Amount, Contribution, Shown, each, medians, reference, row, stats};
use crate::domain::facts::{Facts, MilestoneFact};
use chrono::NaiveDate;
use serde::Serialize;

/// What is shown beside schedule variance. Days are working days; positive is late.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ScheduleVariance {
    pub median: Option<f64>,
    pub percentile_80: Option<f64>,
    pub worst: Option<i64>,
    /// The reference of the worst milestone.
    pub worst_item: Option<String>,
    /// The slope of the weekly median over the last 8 weeks, in days a week.
    pub slope: Option<f64>,
    /// Milestones with a baseline date that aren't cancelled.
    pub milestones: usize,
    /// Of these, those that lie later than their baseline.
    pub late: usize,
    /// The median against the baseline in force.
    pub median_against_current: Option<f64>,
    /// The 80th percentile against the baseline in force.
    pub percentile_80_against_current: Option<f64>,
}

/// The milestone's baseline date and where it ended or is forecast to end; `None` where it has no variance.
fn span(fact: &MilestoneFact, baseline: Option<NaiveDate>, day: NaiveDate) -> Option<(NaiveDate, NaiveDate)> {
    if is_out(fact, day) {
        return None;
    }
    let baseline = baseline?;
    Some((baseline, achieved(fact, day).or_else(|| forecast(fact))?))
}

pub(super) fn amounts(facts: &Facts, days: &[NaiveDate]) -> Vec<Amount> {
    let mut gathered = Vec::with_capacity(facts.milestones.len() * days.len());
    // From one week to the next most milestones stay where they are.
    let mut last = None;
    each(&facts.milestones, days, |index, day, _, fact| {
        let Some(span) = span(fact, fact.original_on, day) else { return };
        let variance = match last {
            Some((known, variance)) if known == span => variance,
            _ => facts.calendar.working_days(span.0, span.1),
        };
        last = Some((span, variance));
        gathered.push((index, variance));
    });
    medians(gathered, days.len())
}

pub(super) fn rows(facts: &Facts, day: NaiveDate) -> Vec<Contribution> {
    let mut rows = Vec::new();
    each(&facts.milestones, &[day], |_, _, track, fact| {
        let Some((baseline, end)) = span(fact, fact.original_on, day) else { return };
        let variance = facts.calendar.working_days(baseline, end);
        let outcome = match variance {
            1.. => "late",
            0 => "on the day",
            _ => "early",
        };
        let current = fact
            .committed_on
            .map_or(Shown::Nothing, |current| Shown::WorkingDays(facts.calendar.working_days(current, end)));
        rows.push(
            row(
                track,
                true,
                outcome,
                Some(variance <= 0),
                [
                    ("Original date", baseline.into()),
                    ("Forecast", forecast(fact).into()),
                    ("Achieved", achieved(fact, day).into()),
                    ("Variance", Shown::WorkingDays(variance)),
                    ("Against current baseline", current),
                ],
            )
            .giving_value(stats::float(variance)),
        );
    });
    rows
}

pub(super) fn detail(facts: &Facts, day: NaiveDate, slope: Option<f64>) -> ScheduleVariance {
    let (mut original, mut current) = (Vec::new(), Vec::new());
    let mut worst: Option<(i64, i32, String)> = None;
    each(&facts.milestones, &[day], |_, _, track, fact| {
        if let Some((baseline, end)) = span(fact, fact.original_on, day) {
            let variance = facts.calendar.working_days(baseline, end);
            original.push(variance);
            // Of equals, the one with the lowest number.
            if worst.as_ref().is_none_or(|(most, number, _)| (*most, -*number) < (variance, -track.number)) {
                worst = Some((variance, track.number, reference(facts, track)));
            }
        }
        if let Some((baseline, end)) = span(fact, fact.committed_on, day) {
            current.push(facts.calendar.working_days(baseline, end));
        }
    });
    original.sort_unstable();
    current.sort_unstable();
    ScheduleVariance {
        median: stats::percentile(&original, 50),
        percentile_80: stats::percentile(&original, 80),
        worst: original.last().copied(),
        worst_item: worst.map(|(_, _, reference)| reference),
        slope,
        milestones: original.len(),
        late: original.len() - original.partition_point(|variance| *variance <= 0),
        median_against_current: stats::percentile(&current, 50),
        percentile_80_against_current: stats::percentile(&current, 80),
    }
}
