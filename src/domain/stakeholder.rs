//! Stakeholders: who has influence on the program or interest in it, where they stand, and how they are kept informed.

use super::draft::{Choices, Control, Field};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// How somebody stands to the program.
pub const ATTITUDES: Choices = &[
    ("resistant", "Resistant"),
    ("sceptical", "Sceptical"),
    ("neutral", "Neutral"),
    ("supportive", "Supportive"),
    ("champion", "Champion"),
];

/// How often somebody is spoken to.
pub const CADENCES: Choices = &[
    ("daily", "Daily"),
    ("weekly", "Weekly"),
    ("fortnightly", "Every two weeks"),
    ("monthly", "Monthly"),
    ("quarterly", "Quarterly"),
    ("as_needed", "As needed"),
];

/// What a stakeholder has of their own.
pub const FIELDS: &[Field] = &[
    Field::new("person", "Person", Control::Person).hint("Left out for a group."),
    Field::new("organisation", "Organisation or role", Control::Line(200)),
    Field::new("influence", "Influence", Control::Int(1, 5)),
    Field::new("interest", "Interest", Control::Int(1, 5)),
    Field::new("attitude_now", "Attitude now", Control::Choice(ATTITUDES)),
    Field::new("attitude_wanted", "Attitude wanted", Control::Choice(ATTITUDES)),
    Field::new("channel", "Channel", Control::Line(200)).hint("Steering committee, mail, a call."),
    Field::new("cadence", "How often", Control::Choice(CADENCES)),
    Field::new("next_contact_on", "Next contact", Control::Date),
    Field::new("needs", "What they need from the program", Control::Text(5_000)),
];

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Stakeholder {
    pub person: Option<Uuid>,
    pub organisation: String,
    pub influence: Option<i16>,
    pub interest: Option<i16>,
    pub attitude_now: Option<String>,
    pub attitude_wanted: Option<String>,
    pub channel: String,
    pub cadence: Option<String>,
    pub next_contact_on: Option<NaiveDate>,
    pub needs: String,
}
