//! Change requests: what is to change, why, and what it does to scope, schedule and cost. Approval of a schedule change makes
//! the next baseline.

use super::draft::{Choices, Control, Field};
use super::ids::ItemId;
use super::kind::State;
use super::transition::Move;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

const KINDS: Choices =
    &[("scope", "Scope"), ("schedule", "Schedule"), ("cost", "Cost"), ("quality", "Quality")];

/// What a change request has of its own.
pub const FIELDS: &[Field] = &[
    Field::new("kinds", "What it changes", Control::Choices(KINDS)).required(),
    Field::new("reason", "Reason", Control::Text(10_000)).required(),
    Field::new("adds", "Items added", Control::Count),
    Field::new("removes", "Items removed", Control::Count),
    Field::new("redefines", "Items redefined", Control::Count),
    Field::new("schedule_days", "Effect on the schedule, working days", Control::Int(-10_000, 10_000)),
    Field::new("cost", "Effect on cost", Control::Amount),
    Field::new("rebaseline", "Dates to commit", Control::Commitments)
        .hint("One a line: ATLAS-M3 2027-03-12. Approval makes them the next baseline."),
];

/// A date that approval commits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Commitment {
    pub item: ItemId,
    pub committed_on: NaiveDate,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Change {
    pub kinds: Vec<String>,
    pub reason: String,
    /// Milestones and activities added, removed, redefined.
    pub adds: i32,
    pub removes: i32,
    pub redefines: i32,
    /// Working days; positive is later.
    pub schedule_days: Option<i32>,
    pub cost: Option<f64>,
    pub rebaseline: Vec<Commitment>,
    pub submitted_on: Option<NaiveDate>,
    /// Approved or rejected.
    pub decided_on: Option<NaiveDate>,
    pub decided_by: Option<Uuid>,
    pub decision_reason: String,
    pub implemented_on: Option<NaiveDate>,
}

impl Change {
    pub(super) fn moved(&mut self, step: &Move) {
        match step.to {
            State::Submitted => self.submitted_on = Some(step.on),
            State::Approved | State::Rejected => {
                self.decided_on = Some(step.on);
                self.decided_by = step.by;
                self.decision_reason.clone_from(&step.reason);
            }
            State::Implemented => self.implemented_on = Some(step.on),
            State::Draft => self.submitted_on = None,
            _ => {}
        }
    }
}
