//! People, with an account or without, and the teams that they are in.

use super::draft::{Draft, Field, FieldError, Refused};
use super::ids::{PersonId, TeamId};
use super::program::{PERSON_FIELDS, TEAM_FIELDS};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    pub id: PersonId,
    pub name: String,
    /// In lower case.
    pub email: Option<String>,
    /// How mentions name them, with its `@`.
    pub handle: Option<String>,
    pub archived_at: Option<DateTime<Utc>>,
    pub version: i32,
    pub effective_on: NaiveDate,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Team {
    pub id: TeamId,
    pub name: String,
    pub description: String,
    pub lead: Option<PersonId>,
    /// Working days a month.
    pub capacity_days: Option<f64>,
    pub archived_at: Option<DateTime<Utc>>,
    pub version: i32,
    pub effective_on: NaiveDate,
}

/// Whether a text has the form of an e-mail address.
#[must_use]
pub fn is_email(text: &str) -> bool {
    let mut parts = text.split('@');
    let (Some(local), Some(host), None) = (parts.next(), parts.next(), parts.next()) else { return false };
    let plain =
        |part: &str| !part.is_empty() && !part.chars().any(|c| c.is_whitespace() || "<>,;".contains(c));
    plain(local) && plain(host) && !host.starts_with('.') && !host.ends_with('.')
}

fn draft_of(row: &impl Serialize, fields: &[Field]) -> Draft {
    let Ok(Value::Object(mut values)) = serde_json::to_value(row) else { return Draft::default() };
    values.retain(|name, _| fields.iter().any(|field| field.name == name));
    Draft(values)
}

fn filled<T: Serialize + for<'t> Deserialize<'t>>(row: &T, values: Map<String, Value>) -> Result<T, Refused> {
    let Ok(Value::Object(mut all)) = serde_json::to_value(row) else { return Err(Refused::default()) };
    all.extend(values);
    serde_json::from_value(Value::Object(all)).map_err(|wrong| Refused::because("", wrong.to_string()))
}

impl Person {
    /// A new person, before a draft is laid on it.
    #[must_use]
    pub const fn new(id: PersonId, effective_on: NaiveDate) -> Self {
        Self {
            id,
            name: String::new(),
            email: None,
            handle: None,
            archived_at: None,
            version: 1,
            effective_on,
        }
    }

    /// The person as a draft: what a form shows and what an API body is laid over.
    #[must_use]
    pub fn draft(&self) -> Draft {
        draft_of(self, PERSON_FIELDS)
    }

    /// Fills the person from clean values.
    ///
    /// # Errors
    /// An address or a handle that can't be one.
    pub fn fill(&mut self, mut values: Map<String, Value>) -> Result<(), Refused> {
        let mut errors = Vec::new();
        let mut optional = |name: &str, adapt: &dyn Fn(&str) -> String| {
            let text = values.get(name).and_then(Value::as_str).unwrap_or_default();
            let value = if text.is_empty() { Value::Null } else { Value::String(adapt(text)) };
            values.insert(name.to_owned(), value);
        };
        optional("email", &str::to_lowercase);
        optional("handle", &|handle| format!("@{}", handle.trim_start_matches('@')));
        *self = filled(self, values)?;
        if self.email.as_deref().is_some_and(|email| !is_email(email)) {
            errors.push(FieldError::new("email", "This is not an e-mail address."));
        }
        let fits = |handle: &str| {
            let name = handle.trim_start_matches('@');
            (1..=64).contains(&name.len())
                && name.starts_with(|c: char| c.is_ascii_alphanumeric())
                && name.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
        };
        if !self.handle.as_deref().is_none_or(fits) {
            errors.push(FieldError::new(
                "handle",
                "A handle is @ and letters, digits, dots, hyphens or underscores.",
            ));
        }
        if errors.is_empty() { Ok(()) } else { Err(Refused { errors, ..Refused::default() }) }
    }
}

impl Team {
    /// A new team, before a draft is laid on it.
    #[must_use]
    pub const fn new(id: TeamId, effective_on: NaiveDate) -> Self {
        Self {
            id,
            name: String::new(),
            description: String::new(),
            lead: None,
            capacity_days: None,
            archived_at: None,
            version: 1,
            effective_on,
        }
    }

    /// The team as a draft.
    #[must_use]
    pub fn draft(&self) -> Draft {
        draft_of(self, TEAM_FIELDS)
    }

    /// Fills the team from clean values.
    ///
    /// # Errors
    /// A capacity that can't be.
    pub fn fill(&mut self, values: Map<String, Value>) -> Result<(), Refused> {
        *self = filled(self, values)?;
        if self.capacity_days.is_some_and(|days| !(0.0..100_000.0).contains(&days)) {
            return Err(Refused::because("capacity_days", "A capacity is from 0 to 99,999 working days."));
        }
        Ok(())
    }
}

/// The names of the fields in which two drafts differ.
#[must_use]
pub fn changed(before: &Draft, after: &Draft) -> Vec<String> {
    after
        .0
        .iter()
        .filter(|(name, value)| before.0.get(*name) != Some(*value))
        .map(|(name, _)| name.clone())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_two_sides() {
        for right in ["ada@example.org", "a.b+c@sub.example.org", "root@localhost"] {
            assert!(is_email(right), "{right}");
        }
        for wrong in
            ["", "ada", "@example.org", "ada@", "a@b@c", "a b@c.d", "ada@.org", "Ada <ada@example.org>"]
        {
            assert!(!is_email(wrong), "{wrong}");
        }
    }

    #[test]
    fn a_person_is_kept_in_one_spelling() {
        let day = NaiveDate::from_ymd_opt(2026, 6, 30).unwrap();
        let mut ada = Person::new(PersonId(uuid::Uuid::nil()), day);
        let Value::Object(values) =
            serde_json::json!({"name": "Ada", "email": "Ada@Example.org", "handle": "ada"})
        else {
            unreachable!()
        };
        ada.fill(values).unwrap();
        assert_eq!(ada.email.as_deref(), Some("ada@example.org"));
        assert_eq!(ada.handle.as_deref(), Some("@ada"));
        let wrong = ada.fill(Map::from_iter([("handle".to_owned(), "@a b".into())])).unwrap_err();
        assert_eq!(wrong.errors[0].field, "handle");
    }
}
