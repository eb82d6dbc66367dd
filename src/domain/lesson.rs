//! Lessons: what happened, why, and what is done otherwise from now on.

use super::draft::{Control, Field};
use super::kind::State;
use super::transition::Move;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What a lesson has of its own.
pub const FIELDS: &[Field] = &[
    Field::new("what_happened", "What happened", Control::Text(10_000)),
    Field::new("cause", "Why", Control::Text(10_000)),
    Field::new("change_to_make", "What to change", Control::Text(10_000)),
    Field::new("from", "Comes from", Control::Item).hint("The item it was learned from, by reference."),
];

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Lesson {
    pub what_happened: String,
    pub cause: String,
    pub change_to_make: String,
    #[serde(alias = "from")]
    pub from_item: Option<Uuid>,
    pub settled_on: Option<NaiveDate>,
}

impl Lesson {
    pub(super) fn moved(&mut self, step: &Move) {
        self.settled_on = matches!(step.to, State::Done | State::Dropped).then_some(step.on);
    }
}
