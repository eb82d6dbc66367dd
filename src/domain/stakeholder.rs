//! Stakeholders: who has influence on the program or interest in it, where they stand, and how they are kept informed.

use super::draft::{Choices, Control, Field};
use chrono::{Days, Months, NaiveDate};
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

impl Stakeholder {
    /// When they are to be spoken to again after a day on which they were; none where that is as needed, or not said.
    #[must_use]
    pub fn next_contact(&self, after: NaiveDate) -> Option<NaiveDate> {
        let days = |days| after.checked_add_days(Days::new(days));
        let months = |months| after.checked_add_months(Months::new(months));
        match self.cadence.as_deref()? {
            "daily" => days(1),
            "weekly" => days(7),
            "fortnightly" => days(14),
            "monthly" => months(1),
            "quarterly" => months(3),
            _ => None,
        }
    }

    /// What their influence and interest ask for.
    #[must_use]
    pub fn handling(&self) -> Option<&'static str> {
        Some(match (self.influence? >= 4, self.interest? >= 4) {
            (true, true) => "manage closely",
            (true, false) => "keep satisfied",
            (false, true) => "keep informed",
            (false, false) => "watch",
        })
    }
}

/// The label of a choice; empty for none.
#[must_use]
pub fn label(choices: Choices, name: Option<&str>) -> &'static str {
    choices.iter().find(|(known, _)| Some(*known) == name).map(|(_, label)| *label).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_contact_follows_the_cadence() {
        let after: NaiveDate = "2026-01-31".parse().unwrap();
        let next = |cadence: Option<&str>| {
            let stakeholder = Stakeholder { cadence: cadence.map(str::to_owned), ..Stakeholder::default() };
            stakeholder.next_contact(after).map(|day| day.to_string())
        };
        for (cadence, day) in [
            ("daily", "2026-02-01"),
            ("weekly", "2026-02-07"),
            ("fortnightly", "2026-02-14"),
            ("monthly", "2026-02-28"),
            ("quarterly", "2026-04-30"),
        ] {
            assert_eq!(next(Some(cadence)).as_deref(), Some(day));
        }
        assert_eq!((next(Some("as_needed")), next(None)), (None, None));
    }
}
