//! Assumptions: what is taken for granted, what it costs if it is wrong, and by when it must be tested.

use super::draft::{Control, Field};
use super::transition::Move;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// What an assumption has of its own.
pub const FIELDS: &[Field] = &[
    Field::new("impact_if_false", "Impact if false", Control::Text(5_000)),
    Field::new("validate_by", "Validate by", Control::Date),
    Field::new("method", "How it will be tested", Control::Text(5_000)),
];

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Assumption {
    pub impact_if_false: String,
    pub validate_by: Option<NaiveDate>,
    pub method: String,
    /// What the test showed.
    pub outcome: String,
}

impl Assumption {
    pub(super) fn moved(&mut self, step: &Move) {
        self.outcome.clone_from(&step.reason);
    }
}
