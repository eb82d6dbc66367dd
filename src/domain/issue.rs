//! Issues: what has gone wrong, whom it blocks, who owes the way out, and by when.

use super::draft::{Control, Field};
use super::kind::State;
use super::transition::Move;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The severity of a critical issue.
pub const CRITICAL: i16 = 1;

/// What an issue has of its own.
pub const FIELDS: &[Field] = &[
    Field::new("severity", "Severity", Control::Int(1, 4)).required().hint("1 critical to 4 minor"),
    Field::new("due_on", "Target date", Control::Date),
    Field::new("blocking", "It blocks a team", Control::Flag),
    Field::new("blocked_team", "Blocked team", Control::Team),
    Field::new("owing_team", "Team that owes the way out", Control::Team),
    Field::new("resolution", "Resolution", Control::Text(10_000)),
    Field::new("root_cause", "Root cause", Control::Text(10_000)),
];

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Issue {
    /// 1 critical to 4 minor.
    pub severity: i16,
    pub due_on: Option<NaiveDate>,
    pub blocking: bool,
    pub blocked_team: Option<Uuid>,
    pub owing_team: Option<Uuid>,
    pub resolved_on: Option<NaiveDate>,
    pub resolution: String,
    pub root_cause: String,
}

impl Issue {
    pub(super) fn moved(&mut self, step: &Move) {
        match step.to {
            State::Resolved | State::Closed => {
                self.resolved_on = self.resolved_on.or(Some(step.on));
                if !step.reason.is_empty() {
                    self.resolution.clone_from(&step.reason);
                }
            }
            _ => self.resolved_on = None,
        }
    }
}
