//! Meetings: an agenda of what waits, and what came of it.

use super::draft::{Control, Field, Refused};
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
    /// Refuses to call it held before its day: it would count as one from which something came, or didn't. What another tool says of a
    /// meeting is taken as it says it.
    ///
    /// # Errors
    /// Names its day.
    pub fn held(&self, on: NaiveDate) -> Result<(), Refused> {
        if on >= self.on {
            return Ok(());
        }
        let day = self.on.format("%-d %b %Y");
        let why = format!("Its day is {day}, which has not come: give it the day on which it was held.");
        Err(Refused::because("on", why))
    }

    pub(super) fn moved(&mut self, step: &Move) {
        self.held_on = (step.to == State::Held).then_some(step.on);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_meeting_is_not_held_before_its_day() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let meeting = Meeting { on: day("2026-06-10"), ..Meeting::default() };
        let told = meeting.held(day("2026-06-09")).expect_err("was taken").errors;
        assert_eq!(told[0].field, "on");
        assert_eq!(
            told[0].message,
            "Its day is 10 Jun 2026, which has not come: give it the day on which it was held."
        );
        meeting.held(day("2026-06-10")).unwrap();
        meeting.held(day("2026-06-11")).unwrap();
    }
}
