//! Meetings: an agenda of what waits, and what came of it.

use super::draft::{Control, Field};
use super::kind::State;
use super::transition::Move;
use chrono::{NaiveDate, NaiveTime};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What a meeting has of its own.
pub const FIELDS: &[Field] = &[
    Field::new("on", "On", Control::Date).required(),
    Field::new("starts_at", "At", Control::Time),
    Field::new("minutes", "Minutes", Control::Int(1, 1_440)),
    Field::new("forum", "Forum", Control::Line(200)).hint("Steering committee, weekly, design review."),
    Field::new("key", "Key meeting", Control::Flag).hint("One from which decisions or actions are expected."),
    Field::new("attendees", "Attendees", Control::People).hint("Names, separated by commas"),
    Field::new("agenda", "Agenda", Control::Text(20_000)),
    Field::new("notes", "Notes", Control::Text(50_000)),
];

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Meeting {
    pub on: NaiveDate,
    pub starts_at: Option<NaiveTime>,
    pub minutes: Option<i16>,
    pub forum: String,
    pub key: bool,
    pub attendees: Vec<Uuid>,
    pub agenda: String,
    pub notes: String,
    pub held_on: Option<NaiveDate>,
}

impl Meeting {
    pub(super) fn moved(&mut self, step: &Move) {
        self.held_on = (step.to == State::Held).then_some(step.on);
    }
}
