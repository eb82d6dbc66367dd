//! Milestones: a date that was committed, what is forecast now, and when it was reached.

use super::draft::{Choices, Control, Field};
use super::kind::State;
use super::transition::Move;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

const KINDS: Choices = &[
    ("delivery", "Delivery"),
    ("gate", "Gate"),
    ("release", "Release"),
    ("external", "External commitment"),
];

const SOURCES: Choices = &[("stated", "A person states it"), ("computed", "The network says it")];

/// What a milestone has of its own.
pub const FIELDS: &[Field] = &[
    Field::new("kind", "Kind", Control::Choice(KINDS)),
    Field::new("committed_on", "Committed date", Control::Date)
        .hint("Enters the original baseline. Afterwards it changes only through a baseline."),
    Field::new("forecast_on", "Forecast date", Control::Date)
        .hint("When it will be reached, as known today."),
    Field::new("forecast_reason", "Why the forecast is what it is", Control::Line(500)),
    Field::new("forecast_from", "Where the forecast comes from", Control::Choice(SOURCES)),
    Field::new("acceptance_criteria", "Acceptance criteria", Control::Text(10_000)),
    Field::new("confidence", "Confidence, percent", Control::Int(0, 100)),
];

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MilestoneKind {
    #[default]
    Delivery,
    Gate,
    Release,
    External,
}

/// Where a forecast comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ForecastSource {
    /// A person states it.
    #[default]
    Stated,
    /// The network says it.
    Computed,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Milestone {
    pub kind: MilestoneKind,
    /// The first date that was ever committed; never changes.
    pub original_on: Option<NaiveDate>,
    /// The date of the baseline in force.
    pub committed_on: Option<NaiveDate>,
    pub forecast_on: Option<NaiveDate>,
    /// When the forecast was last stated or confirmed.
    pub forecast_stated_on: Option<NaiveDate>,
    pub forecast_reason: String,
    #[serde(default)]
    pub forecast_from: ForecastSource,
    pub achieved_on: Option<NaiveDate>,
    pub acceptance_criteria: String,
    /// Percent.
    pub confidence: Option<i16>,
}

impl Milestone {
    /// The date by which it is due: the forecast, else the committed date.
    #[must_use]
    pub fn next_on(&self) -> Option<NaiveDate> {
        self.forecast_on.or(self.committed_on)
    }

    pub(super) fn moved(&mut self, step: &Move) {
        match step.to {
            State::Achieved => self.achieved_on = Some(step.on),
            State::Planned => self.achieved_on = None,
            _ => {}
        }
    }
}
