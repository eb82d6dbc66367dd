//! What a program records beside its items: lines of its budget, capacity, measurements, surveys, rework, who is responsible.
//! Each is a row with an id and a history, read from a draft by its fields as items are.

use super::draft::{Draft, Field, FieldError, Refused};
use super::ids::{ItemId, ProgramId};
use chrono::{DateTime, NaiveDate, Utc};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

/// Which table a record stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "record_kind", rename_all = "snake_case")]
pub enum RecordKind {
    BudgetLine,
    Allocation,
    AdoptionTarget,
    Measurement,
    Survey,
    Rework,
    Raci,
}

impl RecordKind {
    /// What one is called.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::BudgetLine => "Budget line",
            Self::Allocation => "Allocation",
            Self::AdoptionTarget => "Adoption target",
            Self::Measurement => "Measurement",
            Self::Survey => "Survey",
            Self::Rework => "Rework",
            Self::Raci => "RACI",
        }
    }

    /// Whether whoever contributes may write it; else managers alone.
    #[must_use]
    pub const fn is_contributed(self) -> bool {
        matches!(self, Self::Rework)
    }

    /// Whether it is archived when it is taken away; else its row goes, and its history stays.
    #[must_use]
    pub const fn is_archived(self) -> bool {
        matches!(self, Self::BudgetLine | Self::Allocation | Self::Survey)
    }
}

/// What all records have.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Head {
    pub id: Uuid,
    pub program: ProgramId,
    #[serde(default = "first")]
    pub version: i32,
    #[serde(default)]
    pub archived_at: Option<DateTime<Utc>>,
    pub effective_on: NaiveDate,
}

const fn first() -> i32 {
    1
}

/// A record that is read from a draft by its fields.
pub trait Record: Clone + PartialEq + Serialize + DeserializeOwned + Send + Sync + 'static {
    const KIND: RecordKind;
    const FIELDS: &'static [Field];

    /// A new one, before a draft is laid on it.
    fn blank(head: Head) -> Self;

    fn head(&self) -> &Head;

    fn head_mut(&mut self) -> &mut Head;

    /// What the history calls it.
    fn told(&self) -> String;

    /// The day of what is recorded, where it is something that happened.
    fn happened_on(&self) -> Option<NaiveDate> {
        None
    }

    /// The item of the program that it is about: the field, and what stands in it.
    fn about(&self) -> Option<(&'static str, ItemId)> {
        None
    }

    /// Where it stands in a list.
    fn place(&self) -> (NaiveDate, String) {
        (self.head().effective_on, self.told())
    }

    /// What its own rules refuse.
    fn check(&mut self, _errors: &mut Vec<FieldError>) {}

    /// It as a draft: what a form shows and what an API body is laid over.
    #[must_use]
    fn draft(&self) -> Draft {
        let Ok(Value::Object(mut values)) = serde_json::to_value(self) else { return Draft::default() };
        values.retain(|name, _| Self::FIELDS.iter().any(|field| field.name == name));
        Draft(values)
    }

    /// Fills it from clean values of its fields.
    ///
    /// # Errors
    /// What its own rules refuse.
    fn fill(&mut self, values: Map<String, Value>) -> Result<(), Refused> {
        let Ok(Value::Object(mut all)) = serde_json::to_value(&*self) else { return Ok(()) };
        all.extend(values);
        match serde_json::from_value(Value::Object(all)) {
            Ok(filled) => *self = filled,
            Err(wrong) => return Err(Refused::because("", wrong.to_string())),
        }
        let mut errors = Vec::new();
        self.check(&mut errors);
        if errors.is_empty() { Ok(()) } else { Err(Refused { errors, ..Refused::default() }) }
    }
}

/// The first day of the month in which a day lies.
#[must_use]
pub fn month_of(day: NaiveDate) -> NaiveDate {
    use chrono::Datelike;
    day.with_day(1).unwrap_or(day)
}
