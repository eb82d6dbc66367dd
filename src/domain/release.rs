//! Releases: what is launched on a day, how it is rolled out, and how it is taken back.

use super::draft::{Control, Field, Holds, Part, Rows};
use super::kind::State;
use super::transition::Move;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Steps of a rollout, or of taking it back, in their order.
pub const STEPS: Rows = Rows {
    one: "step",
    many: "steps",
    most: 100,
    parts: &[
        Part { name: "step", holds: Holds::Line(300) },
        Part { name: "owner", holds: Holds::Line(120) },
        Part { name: "minutes", holds: Holds::Number },
    ],
};

/// What a release has of its own.
pub const FIELDS: &[Field] = &[
    Field::new("milestone", "Milestone", Control::Item),
    Field::new("launch_on", "Launch", Control::Date),
    Field::new("rollout_steps", "Rollout", Control::Rows(&STEPS)).hint("One a line: step | owner | minutes"),
    Field::new("rollback_steps", "Rollback", Control::Rows(&STEPS))
        .hint("One a line: step | owner | minutes"),
    Field::new("communications", "Communications", Control::Text(10_000)),
    Field::new("review", "What the review found", Control::Text(20_000)),
];

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Step {
    pub step: String,
    pub owner: String,
    pub minutes: Option<f64>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Release {
    pub milestone: Option<Uuid>,
    pub launch_on: Option<NaiveDate>,
    pub rollout_steps: Vec<Step>,
    pub rollback_steps: Vec<Step>,
    pub communications: String,
    pub launched_on: Option<NaiveDate>,
    pub reviewed_on: Option<NaiveDate>,
    pub rolled_back_on: Option<NaiveDate>,
    pub review: String,
}

impl Release {
    pub(super) fn moved(&mut self, step: &Move) {
        match step.to {
            State::Launched => (self.launched_on, self.rolled_back_on) = (Some(step.on), None),
            State::Reviewed => self.reviewed_on = Some(step.on),
            State::RolledBack => self.rolled_back_on = Some(step.on),
            State::Planned => self.launched_on = None,
            _ => {}
        }
    }
}
