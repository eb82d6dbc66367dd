//! Status reports: what was so in a period, what was declared beside what was computed, frozen when it is published.

use super::draft::{Choices, Control, Field, FieldError, Holds};
use super::kind::State;
use super::transition::Move;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use uuid::Uuid;

/// The dimensions of health, as a report speaks of them.
pub const DIMENSIONS: Choices = &[
    ("schedule", "Schedule"),
    ("scope", "Scope"),
    ("cost", "Cost"),
    ("risk", "Risk"),
    ("dependencies", "Dependencies"),
    ("decisions", "Decisions"),
    ("readiness", "Readiness"),
];

/// The colours that can be declared.
pub const COLOURS: Choices = &[("green", "● green"), ("amber", "▲ amber"), ("red", "■ red")];

/// What a report has of its own.
pub const FIELDS: &[Field] = &[
    Field::new("period_from", "From", Control::Date).required(),
    Field::new("period_to", "To", Control::Date).required(),
    Field::new("headline", "Headline", Control::Text(2_000)),
    Field::new("narrative", "In words", Control::Named(DIMENSIONS, Holds::Text(5_000))),
    Field::new("declared", "Declared", Control::Named(DIMENSIONS, Holds::Choice(COLOURS))),
    Field::new("reasons", "Why it is better than computed", Control::Named(DIMENSIONS, Holds::Text(2_000))),
    Field::new("decisions_needed", "What we need from you", Control::Text(10_000)),
    Field::new("next_steps", "Next steps", Control::Text(10_000)),
];

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Report {
    pub period_from: NaiveDate,
    pub period_to: NaiveDate,
    pub headline: String,
    pub narrative: BTreeMap<String, String>,
    pub declared: BTreeMap<String, String>,
    pub reasons: BTreeMap<String, String>,
    pub decisions_needed: String,
    pub next_steps: String,
    /// By dimension: the colour that the evidence gave when it was published.
    pub computed: BTreeMap<String, String>,
    /// Every number and sentence as published.
    pub frozen: Option<Map<String, Value>>,
    pub rules_version: Option<i32>,
    pub published_on: Option<NaiveDate>,
    pub published_by: Option<Uuid>,
    /// The report that this one corrects.
    pub revises: Option<Uuid>,
}

impl Report {
    pub(super) fn check(&self, errors: &mut Vec<FieldError>) {
        if self.period_to < self.period_from {
            errors.push(FieldError::new("period_to", "The period ends before it begins."));
        }
    }

    pub(super) fn moved(&mut self, step: &Move) {
        if step.to == State::Published {
            self.published_on = Some(step.on);
            self.published_by = step.by;
            self.frozen.get_or_insert_default();
        }
    }
}
