//! Action items: what somebody does by a day, and what it came from.

use super::draft::{Control, Field};
use super::kind::State;
use super::transition::Move;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What an action item has of its own.
pub const FIELDS: &[Field] = &[
    Field::new("due_on", "Due", Control::Date),
    Field::new("from", "Comes from", Control::Item).hint("The item it follows from, by reference."),
];

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Action {
    pub due_on: Option<NaiveDate>,
    #[serde(alias = "from")]
    pub from_item: Option<Uuid>,
    pub done_on: Option<NaiveDate>,
}

impl Action {
    pub(super) fn moved(&mut self, step: &Move) {
        self.done_on = (step.to == State::Done).then_some(step.on);
    }
}
