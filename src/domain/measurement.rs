//! What is measured of a benefit, and how far its adoption is to come by a day.

use super::draft::{Control, Field};
use super::ids::ItemId;
use super::record::{Head, Record, RecordKind};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The fields of a measurement.
pub const FIELDS: &[Field] = &[
    Field::new("on", "Measured on", Control::Date).hint("Today if left out."),
    Field::new("value", "Value", Control::Decimal(-1_000_000_000, 1_000_000_000)).required(),
    Field::new("note", "Note", Control::Line(500)),
];

/// Which adoption target a measurement is of, where it isn't of the benefit's own measure.
pub const OF: Field =
    Field::new("adoption_target", "Of", Control::Line(200)).hint("An adoption target, by its title or id.");

/// A value of a benefit, or of one of its adoption targets, on a day.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measurement {
    #[serde(flatten)]
    pub head: Head,
    pub benefit: ItemId,
    /// The target whose adoption this is; none for the benefit's own measure.
    pub adoption_target: Option<Uuid>,
    pub on: Option<NaiveDate>,
    pub value: f64,
    pub note: String,
}

impl Record for Measurement {
    const KIND: RecordKind = RecordKind::Measurement;
    const FIELDS: &'static [Field] = FIELDS;

    fn blank(head: Head) -> Self {
        Self {
            head,
            benefit: ItemId(Uuid::nil()),
            adoption_target: None,
            on: None,
            value: 0.0,
            note: String::new(),
        }
    }

    fn head(&self) -> &Head {
        &self.head
    }

    fn head_mut(&mut self) -> &mut Head {
        &mut self.head
    }

    fn told(&self) -> String {
        self.value.to_string()
    }

    fn happened_on(&self) -> Option<NaiveDate> {
        self.on
    }

    fn place(&self) -> (NaiveDate, String) {
        (self.day(), self.head.id.to_string())
    }

    fn check(&mut self, _: &mut Vec<super::draft::FieldError>) {
        self.on.get_or_insert(self.head.effective_on);
    }
}

impl Measurement {
    /// The day on which it was measured.
    #[must_use]
    pub fn day(&self) -> NaiveDate {
        self.on.unwrap_or(self.head.effective_on)
    }
}

/// The fields of an adoption target.
pub const TARGET_FIELDS: &[Field] = &[
    Field::new("title", "Who is to use it", Control::Line(200)).required(),
    Field::new("target", "Target", Control::Decimal(-1_000_000_000, 1_000_000_000)).required(),
    Field::new("unit", "Unit", Control::Line(40)),
    Field::new("due_on", "By", Control::Date).required(),
];

/// So much of a benefit's adoption is to be reached by a day.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AdoptionTarget {
    #[serde(flatten)]
    pub head: Head,
    pub benefit: ItemId,
    pub title: String,
    pub unit: String,
    pub target: f64,
    pub due_on: Option<NaiveDate>,
}

impl Record for AdoptionTarget {
    const KIND: RecordKind = RecordKind::AdoptionTarget;
    const FIELDS: &'static [Field] = TARGET_FIELDS;

    fn blank(head: Head) -> Self {
        Self {
            head,
            benefit: ItemId(Uuid::nil()),
            title: String::new(),
            unit: String::new(),
            target: 0.0,
            due_on: None,
        }
    }

    fn head(&self) -> &Head {
        &self.head
    }

    fn head_mut(&mut self) -> &mut Head {
        &mut self.head
    }

    fn told(&self) -> String {
        self.title.clone()
    }

    fn place(&self) -> (NaiveDate, String) {
        (self.due_on.unwrap_or(self.head.effective_on), self.title.clone())
    }
}

impl AdoptionTarget {
    /// How it stands: the last value measured by a day, and whether the target was reached on or before its due date.
    #[must_use]
    pub fn standing(&self, measured: &[Measurement], day: NaiveDate) -> (Option<f64>, bool) {
        let own = measured.iter().filter(|one| one.adoption_target == Some(self.head.id) && one.day() <= day);
        let last = own.clone().max_by_key(|one| (one.day(), one.head.id)).map(|one| one.value);
        let met = own.into_iter().any(|one| Some(one.day()) <= self.due_on && one.value >= self.target);
        (last, met)
    }
}
