//! A draft is what somebody typed, kept as typed: the fields of a form, a body of the API laid over what is stored, a row
//! of a sheet. Checking a draft against the fields of a resource gives either clean values or [`Refused`]: the draft back,
//! with an error for each field that is wrong.

mod count;
mod read;
mod rows;
mod scope;
#[cfg(test)]
mod tests;

pub use read::date;
use read::{commitments_of, holders_of, listed, name_of, party_of, read, resources_of};
pub use scope::Scope;
use serde::Serialize;
use serde_json::{Map, Value};
use std::collections::HashMap;
use uuid::Uuid;

/// A field of a resource: what a form shows, what a check demands, what the API describes.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// The name in the API, in tables and in CSV headers.
    pub name: &'static str,
    /// What the form calls it.
    pub label: &'static str,
    pub control: Control,
    pub required: bool,
    /// One line of help under the field; empty for none.
    pub hint: &'static str,
}

/// A closed set of words, as (name in the API, label for the reader).
pub type Choices = &'static [(&'static str, &'static str)];

/// What a field holds.
#[derive(Clone, Copy, Debug)]
pub enum Control {
    /// One line of at most so many characters.
    Line(usize),
    /// The address of a page, `https://…` or `http://…`, of at most so many characters.
    Link(usize),
    /// Text of several lines, Markdown, of at most so many characters.
    Text(usize),
    Date,
    /// A whole number from … to ….
    Int(i64, i64),
    /// An amount with at most two decimals.
    Amount,
    /// A number from … to …, with at most four decimals.
    Decimal(i32, i32),
    Flag,
    Choice(Choices),
    /// Several of a closed set.
    Choices(Choices),
    Tags,
    Person,
    Team,
    Project,
    /// An item of the program (or, by reference, of another).
    Item,
    /// Several items, by reference.
    Items,
    /// A provider or consumer: `{project | team | external}`; stored as three columns that begin with the field's name.
    Party,
    /// A calendar of the program, by its name.
    Calendar,
    /// Teams and people with their units in percent: `[{team | person, units}]`.
    Resources,
    /// Optimistic, likely and pessimistic working days.
    ThreePoints,
    /// A count, or a list of the items that a change request adds, removes or redefines.
    Scope(Scope),
    /// Several people: `[id]`.
    People,
    /// Who holds which role: `[{role, person}]`; as text one a line, `Security | Ada Lovelace`.
    Holders,
    /// A time of day, `14:30`.
    Time,
    /// A list of things with named parts; as text one a line, its parts between bars.
    Rows(&'static Rows),
    /// Values by name, each optional: `{name: value}`.
    Named(Choices, Holds),
    /// Dates that an approval commits: `[{ref, committed_on}]`.
    Commitments,
    /// Dates that are days off, or worked against the week.
    Dates,
    /// The shifts of seven days, from Monday.
    Week,
    /// Days that differ from the week, one a line.
    Exceptions,
    /// Named numbers, each optional: `{name: number}`.
    Numbers(Choices),
}

/// A list of things with named parts: options of a decision, points of a plan.
#[derive(Debug)]
pub struct Rows {
    /// What one and several of them are called.
    pub one: &'static str,
    pub many: &'static str,
    pub most: usize,
    pub parts: &'static [Part],
}

/// A part of each row. The first is what tells rows apart: it is needed, and no two rows have the same.
#[derive(Clone, Copy, Debug)]
pub struct Part {
    pub name: &'static str,
    pub holds: Holds,
}

/// What a part or a named value holds.
#[derive(Clone, Copy, Debug)]
pub enum Holds {
    /// One line of at most so many characters.
    Line(usize),
    /// Text of several lines, of at most so many characters.
    Text(usize),
    Date,
    Number,
    Choice(Choices),
}

impl Field {
    #[must_use]
    pub const fn new(name: &'static str, label: &'static str, control: Control) -> Self {
        Self { name, label, control, required: false, hint: "" }
    }

    #[must_use]
    pub const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    #[must_use]
    pub const fn hint(mut self, hint: &'static str) -> Self {
        self.hint = hint;
        self
    }
}

/// One thing that is wrong, beside the field it is wrong in. `field` is empty for what concerns the whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FieldError {
    pub field: String,
    pub message: String,
}

impl FieldError {
    #[must_use]
    pub fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { field: field.into(), message: message.into() }
    }
}

/// A draft that can't be taken: as it was typed, and why not.
#[derive(Clone, Debug, Default)]
pub struct Refused {
    pub draft: Draft,
    pub errors: Vec<FieldError>,
}

impl Refused {
    /// A refusal for one reason.
    #[must_use]
    pub fn because(field: &str, message: impl Into<String>) -> Self {
        Self { draft: Draft::default(), errors: vec![FieldError::new(field, message)] }
    }

    #[must_use]
    pub fn with_draft(mut self, draft: &Draft) -> Self {
        self.draft = draft.clone();
        self
    }
}

/// What was typed, by field name.
#[derive(Clone, Debug, Default)]
pub struct Draft(pub Map<String, Value>);

/// Names that stand in a draft for something stored: found by the application before the draft is checked.
#[derive(Clone, Debug, Default)]
pub struct Directory {
    pub persons: HashMap<String, Uuid>,
    pub teams: HashMap<String, Uuid>,
    pub projects: HashMap<String, Uuid>,
    pub items: HashMap<String, Uuid>,
    pub calendars: HashMap<String, Uuid>,
}

/// A name that a draft uses for something stored.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Named {
    Person(String),
    Team(String),
    Project(String),
    Item(String),
    Calendar(String),
}

impl Draft {
    /// What stands in a field, as text for a form.
    #[must_use]
    pub fn text(&self, name: &str) -> String {
        match self.0.get(name) {
            None | Some(Value::Null) => String::new(),
            Some(Value::String(text)) => text.clone(),
            Some(Value::Array(list)) => list
                .iter()
                .map(|v| v.as_str().map_or_else(|| v.to_string(), str::to_owned))
                .collect::<Vec<_>>()
                .join(", "),
            Some(Value::Object(named)) => ["name", "ref", "handle", "email", "id"]
                .iter()
                .find_map(|key| named.get(*key).and_then(Value::as_str))
                .unwrap_or_default()
                .to_owned(),
            Some(other) => other.to_string(),
        }
    }

    /// Whether a flag is set, or a choice among several is taken.
    #[must_use]
    pub fn has(&self, name: &str, choice: &str) -> bool {
        match self.0.get(name) {
            Some(Value::Array(list)) => list.iter().any(|v| v.as_str() == Some(choice)),
            Some(Value::String(text)) => text.split(',').any(|part| part.trim() == choice),
            Some(Value::Bool(flag)) => *flag && choice == "true",
            _ => false,
        }
    }

    /// Lays `over` on this draft: its fields replace the ones here.
    #[must_use]
    pub fn overlaid(mut self, over: &Self) -> Self {
        for (name, value) in &over.0 {
            self.0.insert(name.clone(), value.clone());
        }
        self
    }

    /// The names that the draft uses for people, teams, projects and items, so that they can be looked up together.
    #[must_use]
    pub fn names<'f>(&self, fields: impl IntoIterator<Item = &'f Field>) -> Vec<Named> {
        let mut names = Vec::new();
        for field in fields {
            // A list that holds too much is refused as it is: nothing in it is looked up.
            let value =
                self.0.get(field.name).filter(|value| count::too_many(field.control, value).is_none());
            let Some(value) = value else { continue };
            match field.control {
                Control::Person => names.extend(name_of(value).map(Named::Person)),
                Control::People => names.extend(listed(value).iter().filter_map(name_of).map(Named::Person)),
                Control::Team => names.extend(name_of(value).map(Named::Team)),
                Control::Project => names.extend(name_of(value).map(Named::Project)),
                Control::Item => names.extend(name_of(value).map(Named::Item)),
                Control::Calendar => names.extend(name_of(value).map(Named::Calendar)),
                Control::Resources => {
                    for one in resources_of(value) {
                        names.extend(one.get("team").and_then(name_of).map(Named::Team));
                        names.extend(one.get("person").and_then(name_of).map(Named::Person));
                    }
                }
                Control::Items => names.extend(listed(value).iter().filter_map(name_of).map(Named::Item)),
                Control::Party => {
                    let party = party_of(value);
                    names.extend(party.get("project").and_then(name_of).map(Named::Project));
                    names.extend(party.get("team").and_then(name_of).map(Named::Team));
                }
                Control::Scope(scope) => names.extend(scope::names(scope, value)),
                Control::Holders => {
                    let held = holders_of(value);
                    names.extend(held.iter().filter_map(|(_, who)| name_of(who)).map(Named::Person));
                }
                Control::Commitments => {
                    let refs = commitments_of(value);
                    names.extend(refs.iter().filter_map(|(item, _)| name_of(item)).map(Named::Item));
                }
                _ => {}
            }
        }
        names.sort();
        names.dedup();
        names
    }

    /// Checks the draft against its fields. The values that come back are clean: trimmed, typed, references as UUIDs;
    /// a field that was left out or emptied is null (a text is empty).
    ///
    /// # Errors
    /// The draft with every error: unknown fields, wrong types, texts too long, unknown references, control characters.
    pub fn check<'f>(
        &self,
        fields: impl IntoIterator<Item = &'f Field>,
        directory: &Directory,
    ) -> Result<Map<String, Value>, Refused> {
        let mut clean = Map::new();
        let mut errors = Vec::new();
        let mut known = Vec::new();
        for field in fields {
            known.push(field.name);
            let raw = self.0.get(field.name).unwrap_or(&Value::Null);
            match read(field, raw, directory) {
                Ok(values) => {
                    let empty = values.iter().all(|(_, v)| {
                        v.is_null() || v.as_str() == Some("") || v == &Value::Array(Vec::new())
                    });
                    if field.required && empty {
                        errors.push(FieldError::new(field.name, format!("“{}” is needed.", field.label)));
                    }
                    clean.extend(values);
                }
                Err(message) => errors.push(FieldError::new(field.name, message)),
            }
        }
        for name in self.0.keys().filter(|name| !known.contains(&name.as_str())) {
            errors.push(FieldError::new(name, format!("There is no field “{name}” here.")));
        }
        if errors.is_empty() { Ok(clean) } else { Err(Refused { draft: self.clone(), errors }) }
    }
}
