//! Gates: a go / no-go on a day, for a milestone or a release, on checks that show that it may be said.

use super::draft::{Control, Field};
use super::kind::State;
use super::transition::Move;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What a gate has of its own.
pub const FIELDS: &[Field] = &[
    Field::new("on", "Go / no-go on", Control::Date).required(),
    Field::new("milestone", "For the milestone", Control::Item),
    Field::new("release", "For the release", Control::Item),
    Field::new("forum", "Forum", Control::Line(200)),
    Field::new("sign_off_roles", "Signed off by", Control::Tags)
        .hint("The roles that sign off, separated by commas: engineering, security, support."),
    Field::new("quorum", "Quorum", Control::Int(0, 50))
        .hint("How many of these roles have to say go. All of them if left out."),
];

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Gate {
    pub on: NaiveDate,
    pub milestone: Option<Uuid>,
    pub release: Option<Uuid>,
    pub forum: String,
    pub sign_off_roles: Vec<String>,
    pub quorum: Option<i16>,
    pub decided_on: Option<NaiveDate>,
    pub decided_by: Option<Uuid>,
    pub decision_reason: String,
    pub conditions: String,
    /// What was said by who let it go although roles had not signed.
    pub override_reason: String,
}

impl Gate {
    pub(super) fn moved(&mut self, step: &Move) {
        let decided = matches!(step.to, State::Go | State::ConditionalGo | State::NoGo);
        self.decided_on = decided.then_some(step.on);
        self.decided_by = step.by.filter(|_| decided);
        self.decision_reason = if decided { step.reason.clone() } else { String::new() };
        self.conditions =
            if step.to == State::ConditionalGo { step.conditions.clone() } else { String::new() };
        self.override_reason =
            if decided && step.to != State::NoGo { step.override_reason.clone() } else { String::new() };
    }
}
