//! Rework: work that was done again because people had not meant the same.

use super::draft::{Control, Field};
use super::ids::ItemId;
use super::record::{Head, Record, RecordKind};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// The fields of a rework event.
pub const FIELDS: &[Field] = &[
    Field::new("what", "What was done again", Control::Line(500)).required(),
    Field::new("on", "On", Control::Date).hint("Today if left out."),
    Field::new("item", "Of", Control::Item).hint("The item it belongs to, by reference."),
    Field::new("days", "Working days", Control::Decimal(0, 10_000)),
];

/// Work that was done again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rework {
    #[serde(flatten)]
    pub head: Head,
    pub item: Option<ItemId>,
    pub on: Option<NaiveDate>,
    pub what: String,
    pub days: Option<f64>,
}

impl Record for Rework {
    const KIND: RecordKind = RecordKind::Rework;
    const FIELDS: &'static [Field] = FIELDS;

    fn blank(head: Head) -> Self {
        Self { head, item: None, on: None, what: String::new(), days: None }
    }

    fn head(&self) -> &Head {
        &self.head
    }

    fn head_mut(&mut self) -> &mut Head {
        &mut self.head
    }

    fn told(&self) -> String {
        self.what.clone()
    }

    fn happened_on(&self) -> Option<NaiveDate> {
        self.on
    }

    fn about(&self) -> Option<(&'static str, ItemId)> {
        Some(("item", self.item?))
    }

    fn place(&self) -> (NaiveDate, String) {
        (self.on.unwrap_or(self.head.effective_on), self.head.id.to_string())
    }

    fn check(&mut self, _: &mut Vec<super::draft::FieldError>) {
        self.on.get_or_insert(self.head.effective_on);
    }
}
