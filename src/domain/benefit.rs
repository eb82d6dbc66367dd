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

    /// The next point of the plan after a day.
    #[must_use]
    pub fn next_on(&self, after: Option<NaiveDate>) -> Option<NaiveDate> {
        self.plan.iter().map(|point| point.on).find(|on| after.is_none_or(|after| *on > after))
    }

    pub(super) fn moved(&mut self, step: &Move) {
        self.settled_on = matches!(step.to, State::Realised | State::Missed).then_some(step.on);
    }
}
