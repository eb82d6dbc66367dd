//! Decisions: a question with options, a recommendation and a clock. A decided one never changes; another may supersede it.

use super::draft::{Control, Field, Holds, Part, Rows};
use super::kind::State;
use super::transition::Move;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The options of a decision, or of a change request.
pub const OPTIONS: Rows = Rows {
    one: "option",
    many: "options",
    most: 20,
    parts: &[
        Part { name: "title", holds: Holds::Line(200) },
        Part { name: "benefits", holds: Holds::Line(2000) },
        Part { name: "costs", holds: Holds::Line(2000) },
        Part { name: "risks", holds: Holds::Line(2000) },
    ],
};

/// What a decision has of its own.
pub const FIELDS: &[Field] = &[
    Field::new("context", "Context", Control::Text(20_000)),
    Field::new("options", "Options", Control::Rows(&OPTIONS))
        .hint("One a line: title | benefits | costs | risks"),
    Field::new("recommendation", "Recommendation", Control::Text(5_000)),
    Field::new("needed_by", "Needed by", Control::Date),
    Field::new("if_undecided", "Consequence if undecided", Control::Text(5_000)),
    Field::new("requested_on", "Requested", Control::Date)
        .hint("The clock starts here; set when the decision is asked for."),
    Field::new("forum", "Forum", Control::Line(200)),
];

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Choice {
    pub title: String,
    pub benefits: String,
    pub costs: String,
    pub risks: String,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    pub context: String,
    pub options: Vec<Choice>,
    pub recommendation: String,
    pub needed_by: Option<NaiveDate>,
    pub if_undecided: String,
    pub forum: String,
    pub requested_on: Option<NaiveDate>,
    pub escalated_on: Option<NaiveDate>,
    pub escalated_to: Option<Uuid>,
    /// The level to which it climbed by itself, from 1; none where somebody sent it where it is.
    #[serde(default)]
    pub escalation_level: Option<i16>,
    /// Since when it stands where it is.
    #[serde(default)]
    pub level_on: Option<NaiveDate>,
    pub decided_on: Option<NaiveDate>,
    pub decided_by: Option<Uuid>,
    pub decided_option: String,
    pub rationale: String,
    /// Until when it was put off last; it stays when that day has come, for the clock of its level runs from it.
    pub deferred_until: Option<NaiveDate>,
    pub superseded_by: Option<Uuid>,
}

impl Decision {
    /// The day from which the clock runs: the escalation, else the request (`metrics.md`, 4).
    #[must_use]
    pub fn clock_from(&self) -> Option<NaiveDate> {
        self.escalated_on.or(self.requested_on)
    }

    /// It climbs by itself to a level, and waits for somebody else. The day of its escalation stays what people said: its latency
    /// doesn't begin anew.
    pub fn climb(&mut self, level: i16, to: Uuid, on: NaiveDate) {
        self.escalation_level = Some(level);
        self.escalated_to = Some(to);
        self.level_on = Some(on);
    }

    pub(super) fn moved(&mut self, step: &Move) {
        match step.to {
            State::Waiting => {
                self.requested_on = self.requested_on.or(Some(step.on));
                // Its clock runs from the first escalation; the next level has its own.
                self.escalated_on = self.escalated_on.into_iter().chain(step.escalated_on).min();
                if step.escalated_to.is_some() {
                    self.escalated_to = step.escalated_to;
                    self.escalated_on = self.escalated_on.or(Some(step.on));
                    self.escalation_level = None;
                    self.level_on = Some(step.on);
                }
                self.deferred_until = None;
            }
            State::Decided => {
                self.decided_on = Some(step.on);
                self.decided_by = step.by;
                self.decided_option.clone_from(&step.option);
                self.rationale.clone_from(&step.rationale);
            }
            State::Deferred => self.deferred_until = step.until,
            State::Superseded => self.superseded_by = step.superseded_by,
            _ => {}
        }
    }
}
