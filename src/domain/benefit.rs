//! Benefits: a measure that is to change, the plan by which it does, and how much it counts.

use super::draft::{Control, Field, FieldError, Holds, Part, Rows};
use super::kind::State;
use super::transition::Move;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// Points of a plan: on a day the measure has a value.
pub const POINTS: Rows = Rows {
    one: "point",
    many: "points",
    most: 200,
    parts: &[Part { name: "on", holds: Holds::Date }, Part { name: "value", holds: Holds::Number }],
};

/// What a benefit has of its own.
pub const FIELDS: &[Field] = &[
    Field::new("measure", "Measure", Control::Line(300)).hint("What is measured, and how."),
    Field::new("unit", "Unit", Control::Line(40)).required(),
    Field::new("baseline", "Baseline", Control::Decimal(-1_000_000_000, 1_000_000_000))
        .required()
        .hint("What it was before."),
    Field::new("plan", "Plan", Control::Rows(&POINTS))
        .required()
        .hint("One point a line: 2026-12-31 | 200. Between the points the plan runs straight."),
    Field::new("weight", "Weight", Control::Decimal(0, 10_000))
        .hint("How much it counts beside the others; 1 if left out."),
];

/// What is more than planned counts up to this.
pub const MOST: f64 = 1.5;

/// A value on a day.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Point {
    pub on: NaiveDate,
    pub value: f64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Benefit {
    pub measure: String,
    pub unit: String,
    pub baseline: f64,
    /// In the order of days.
    pub plan: Vec<Point>,
    pub weight: f64,
    /// The day of its last measurement.
    pub measured_on: Option<NaiveDate>,
    pub settled_on: Option<NaiveDate>,
}

impl Default for Benefit {
    fn default() -> Self {
        Self {
            measure: String::new(),
            unit: String::new(),
            baseline: 0.0,
            plan: Vec::new(),
            weight: 1.0,
            measured_on: None,
            settled_on: None,
        }
    }
}

impl Benefit {
    pub(super) fn check(&mut self, errors: &mut Vec<FieldError>) {
        self.plan.sort_by_key(|point| point.on);
        if self.weight <= 0.0 {
            errors.push(FieldError::new("weight", "Give a number above 0."));
        }
    }

    /// The next point of the plan that is not measured yet: the first after the last measurement.
    #[must_use]
    pub fn next_on(&self) -> Option<NaiveDate> {
        self.plan.iter().map(|point| point.on).find(|on| self.measured_on.is_none_or(|last| *on > last))
    }

    /// What was planned for a day: on a straight line between the points, the last value after the last, and nothing before the
    /// first.
    #[must_use]
    pub fn planned(&self, day: NaiveDate) -> Option<f64> {
        let next = self.plan.partition_point(|point| point.on <= day);
        let before = self.plan.get(next.checked_sub(1)?)?;
        let Some(after) = self.plan.get(next) else { return Some(before.value) };
        let days = |from: NaiveDate, to: NaiveDate| {
            f64::from(i32::try_from((to - from).num_days()).unwrap_or(i32::MAX))
        };
        let gone = days(before.on, day) / days(before.on, after.on);
        Some(before.value + (after.value - before.value) * gone)
    }

    /// What has come by a day of what was planned for it, as a share of at most [`MOST`] (metric 13). None where nothing was planned
    /// by then.
    #[must_use]
    pub fn realised(&self, actual: f64, day: NaiveDate) -> Option<f64> {
        let planned = self.planned(day).filter(|planned| (planned - self.baseline).abs() > f64::EPSILON)?;
        Some(((actual - self.baseline) / (planned - self.baseline)).min(MOST))
    }

    pub(super) fn moved(&mut self, step: &Move) {
        self.settled_on = matches!(step.to, State::Realised | State::Missed).then_some(step.on);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn benefit(plan: &[(&str, f64)]) -> Benefit {
        let plan = plan.iter().map(|(on, value)| Point { on: day(on), value: *value }).collect();
        Benefit { baseline: 100.0, plan, ..Benefit::default() }
    }

    #[test]
    fn half_of_what_was_planned_for_midyear_is_realised() {
        // The worked example of the metric's definition.
        let benefit = benefit(&[("2026-01-01", 100.0), ("2026-12-31", 200.0)]);
        assert_eq!(benefit.planned(day("2026-07-02")), Some(150.0));
        assert_eq!(benefit.realised(125.0, day("2026-07-02")), Some(0.5));
    }

    #[test]
    fn a_plan_says_nothing_before_its_first_point_and_stays_after_its_last() {
        let benefit = benefit(&[("2026-02-01", 110.0), ("2026-03-01", 120.0)]);
        assert_eq!(benefit.planned(day("2026-01-31")), None);
        assert_eq!(benefit.realised(500.0, day("2026-01-31")), None);
        assert_eq!(benefit.planned(day("2026-02-01")), Some(110.0));
        assert_eq!(benefit.planned(day("2027-01-01")), Some(120.0));
        assert_eq!(
            benefit.realised(180.0, day("2027-01-01")),
            Some(MOST),
            "more counts up to one and a half"
        );
        assert_eq!(benefit.realised(90.0, day("2027-01-01")), Some(-0.5), "it may get worse than it was");
    }

    #[test]
    fn what_is_to_fall_is_realised_by_falling_and_a_plan_that_is_still_at_the_baseline_asks_for_nothing() {
        let falling = benefit(&[("2026-01-01", 100.0), ("2026-01-11", 50.0)]);
        assert_eq!(falling.realised(75.0, day("2026-01-06")), Some(1.0));
        assert_eq!(falling.realised(100.0, day("2026-01-01")), None);
        assert_eq!(benefit(&[]).realised(1.0, day("2026-01-01")), None);
    }

    #[test]
    fn the_next_point_is_the_first_after_the_last_measurement() {
        let mut benefit = benefit(&[("2026-02-01", 110.0), ("2026-03-01", 120.0)]);
        assert_eq!(benefit.next_on(), Some(day("2026-02-01")));
        benefit.measured_on = Some(day("2026-02-01"));
        assert_eq!(benefit.next_on(), Some(day("2026-03-01")));
        benefit.measured_on = Some(day("2026-03-02"));
        assert_eq!(benefit.next_on(), None);
    }
}
