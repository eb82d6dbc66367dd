//! The query of a collection: paging, order, filters by field name.

use crate::app::Error;
use crate::domain::draft::{Control, Field, FieldError, Refused};
use crate::domain::item;
use crate::domain::kind::{Kind, State};
use crate::store::item::{Selection, Sort};
use serde_json::{Map, Value, json};

/// A page has this many items unless `limit` says otherwise …
pub const LIMIT: i64 = 50;
/// … and at most this many.
pub const MOST: i64 = 500;

/// Where a page begins and how long it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paging {
    pub limit: i64,
    pub offset: i64,
}

impl Paging {
    /// Reads `limit` and `cursor` out of a query, and leaves the rest.
    ///
    /// # Errors
    /// A limit that isn't a number from 1 to 500; a cursor that no answer gave.
    pub fn take(pairs: &mut Vec<(String, String)>) -> Result<Self, Error> {
        let mut paging = Self { limit: LIMIT, offset: 0 };
        let mut errors = Vec::new();
        pairs.retain(|(name, value)| match name.as_str() {
            "limit" => {
                match value.parse() {
                    Ok(limit) if (1..=MOST).contains(&limit) => paging.limit = limit,
                    _ => errors
                        .push(FieldError::new("limit", format!("Give a whole number from 1 to {MOST}."))),
                }
                false
            }
            "cursor" => {
                match value.strip_prefix("after-").and_then(|offset| offset.parse().ok()) {
                    Some(offset) if (0..=10_000_000).contains(&offset) => paging.offset = offset,
                    _ => errors.push(FieldError::new(
                        "cursor",
                        "Give the next_cursor of the page before, as it was.",
                    )),
                }
                false
            }
            // The day is read with the request.
            "as_of" => false,
            _ => true,
        });
        if errors.is_empty() { Ok(paging) } else { Err(Refused { errors, ..Refused::default() }.into()) }
    }

    /// A page of a collection, as the contract has it.
    #[must_use]
    pub fn answer(self, items: Vec<Value>, total: i64) -> Value {
        let next = self.offset + i64::try_from(items.len()).unwrap_or(MOST);
        let next_cursor = (next < total && !items.is_empty()).then(|| format!("after-{next}"));
        json!({"items": items, "next_cursor": next_cursor, "total": total})
    }
}

/// What a query asks of a collection of items.
///
/// `owner` and `project` come back as they were written: the caller looks them up.
pub struct Asked {
    pub selection: Selection,
    pub paging: Paging,
    pub owner: Option<String>,
    pub project: Option<String>,
}

/// Reads the query of a collection of items of these kinds.
///
/// # Errors
/// Every parameter that is unknown or has a value that can't be.
pub fn read(kinds: &[Kind], mut pairs: Vec<(String, String)>) -> Result<Asked, Error> {
    let paging = Paging::take(&mut pairs)?;
    let mut asked = Asked { selection: Selection::default(), paging, owner: None, project: None };
    let mut errors = Vec::new();
    let mut own = Map::new();
    let selection = &mut asked.selection;
    for (name, value) in pairs {
        if let Err(message) =
            take(selection, &mut asked.owner, &mut asked.project, &mut own, kinds, &name, &value)
        {
            errors.push(FieldError::new(name, message));
        }
    }
    if selection.kinds.is_empty() {
        selection.kinds = kinds.to_vec();
    }
    selection.own = (!own.is_empty()).then_some(Value::Object(own));
    selection.limit = paging.limit;
    selection.offset = paging.offset;
    selection.with_detail = true;
    if errors.is_empty() { Ok(asked) } else { Err(Refused { errors, ..Refused::default() }.into()) }
}

fn take(
    selection: &mut Selection,
    owner: &mut Option<String>,
    project: &mut Option<String>,
    own: &mut Map<String, Value>,
    kinds: &[Kind],
    name: &str,
    value: &str,
) -> Result<(), String> {
    let flag = || value.parse::<bool>().map_err(|_| "Give true or false.".to_owned());
    let number = || value.parse::<i16>().map_err(|_| "Give a whole number.".to_owned());
    match name {
        "q" => selection.q = Some(value.to_owned()).filter(|q| !q.trim().is_empty()),
        "sort" => {
            selection.descending = value.starts_with('-');
            let sort = value.trim_start_matches('-');
            selection.sort = Sort::from_name(sort)
                .ok_or_else(|| format!("Sort by one of {}.", Sort::ALL.map(Sort::name).join(", ")))?;
        }
        "type" | "kind" if kinds.len() > 1 => {
            for part in value.split(',') {
                let kind = kinds
                    .iter()
                    .find(|kind| kind.name() == part)
                    .ok_or("Give risk, assumption, issue or dependency.")?;
                selection.kinds.push(*kind);
            }
        }
        "state" => {
            for part in value.split(',') {
                selection
                    .states
                    .push(State::from_name(part).ok_or_else(|| format!("There is no state “{part}”."))?);
            }
        }
        "open" => selection.open = Some(flag()?),
        "archived" => selection.archived = flag()?,
        "owner" if value == "none" => selection.unowned = true,
        "owner" => *owner = Some(value.to_owned()),
        "project" => *project = Some(value.to_owned()),
        "tag" | "tags" => selection.tag = Some(value.to_lowercase()),
        "score" => selection.score = Some(number()?),
        "score_from" => selection.score_from = Some(number()?),
        "due_before" => {
            selection.due_before = Some(value.parse().map_err(|_| "Give a date as YYYY-MM-DD.".to_owned())?);
        }
        _ => {
            let field = kinds.iter().flat_map(|kind| item::fields(*kind)).find(|field| field.name == name);
            let value = field
                .and_then(|field| filter(field, value))
                .ok_or("There is no such filter, or not such a value of it.")?;
            own.insert(name.to_owned(), value);
        }
    }
    Ok(())
}

/// The stored value that a filter on a kind's own field asks for.
fn filter(field: &Field, value: &str) -> Option<Value> {
    match field.control {
        Control::Int(..) | Control::Count => value.parse::<i64>().ok().map(Value::from),
        Control::Flag => value.parse::<bool>().ok().map(Value::from),
        Control::Date => value.parse::<chrono::NaiveDate>().ok().map(|day| Value::from(day.to_string())),
        Control::Choice(choices) => {
            choices.iter().any(|(name, _)| *name == value).then(|| Value::from(value))
        }
        Control::Choices(choices) => choices.iter().any(|(name, _)| *name == value).then(|| json!([value])),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(query: &[(&str, &str)]) -> Vec<(String, String)> {
        query.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn filters_are_read_by_field_name() {
        let query = pairs(&[
            ("state", "open,closed"),
            ("severity", "1"),
            ("blocking", "true"),
            ("sort", "-next_on"),
            ("limit", "7"),
        ]);
        let asked = read(&[Kind::Issue], query).ok().unwrap();
        assert_eq!(asked.selection.states, [State::Open, State::Closed]);
        assert_eq!(asked.selection.own, Some(json!({"severity": 1, "blocking": true})));
        assert!(asked.selection.descending && asked.selection.sort == Sort::Next);
        assert_eq!(asked.paging, Paging { limit: 7, offset: 0 });
    }

    #[test]
    fn a_parameter_that_is_unknown_or_wrong_is_refused_by_name() {
        for (name, value) in [
            ("colour", "red"),
            ("limit", "0"),
            ("limit", "501"),
            ("cursor", "x"),
            ("open", "maybe"),
            ("severity", "a"),
        ] {
            let Err(Error::Refused(refused)) = read(&[Kind::Issue], pairs(&[(name, value)])).map(drop) else {
                panic!("{name}={value} was taken");
            };
            assert_eq!(refused.errors[0].field, name);
        }
    }
}
