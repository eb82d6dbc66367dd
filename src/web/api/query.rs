//! The query of a collection: paging, order, filters by field name.

use crate::app::Error;
use crate::domain::draft::{Control, Field, FieldError, Refused};
use crate::domain::item;
use crate::domain::kind::{Kind, State};
use crate::store::item::{Selection, Sort};
use crate::web::extract::Paging;
use serde_json::{Map, Value, json};

/// The parameters that every collection has and that are read with the request.
const EVERYWHERE: [&str; 3] = ["limit", "cursor", "as_of"];

/// The query of a collection that has no filters: anything but paging and the day is refused by name.
///
/// # Errors
/// Names the parameter.
pub fn no_filters(pairs: &[(String, String)]) -> Result<(), Error> {
    match pairs.iter().find(|(name, _)| !EVERYWHERE.contains(&name.as_str())) {
        Some((name, _)) => Err(Error::refused(name, "There is no such filter.")),
        None => Ok(()),
    }
}

/// What a query asks of a collection of items.
///
/// `owner` and `project` come back as they were written: the caller looks them up.
pub struct Asked {
    pub selection: Selection,
    pub owner: Option<String>,
    pub project: Option<String>,
}

/// Reads the query of a collection of items of these kinds.
///
/// # Errors
/// Every parameter that is unknown or has a value that can't be.
pub fn read(kinds: &[Kind], paging: &Paging, pairs: Vec<(String, String)>) -> Result<Asked, Error> {
    let mut asked = Asked { selection: Selection::default(), owner: None, project: None };
    let mut errors = Vec::new();
    let mut own = Map::new();
    let selection = &mut asked.selection;
    for (name, value) in pairs.into_iter().filter(|(name, _)| !EVERYWHERE.contains(&name.as_str())) {
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
        Control::Decimal(..) => value.parse::<f64>().ok().map(Value::from),
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

    fn paging() -> Paging {
        Paging { limit: 50, offset: 0, q: String::new(), sort: String::new() }
    }

    fn pairs(query: &[(&str, &str)]) -> Vec<(String, String)> {
        query.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn filters_are_read_by_field_name() {
        let query =
            pairs(&[("state", "open,closed"), ("severity", "1"), ("blocking", "true"), ("sort", "-next_on")]);
        let asked = read(&[Kind::Issue], &paging(), query).ok().unwrap();
        assert_eq!(asked.selection.states, [State::Open, State::Closed]);
        assert_eq!(asked.selection.own, Some(json!({"severity": 1, "blocking": true})));
        assert!(asked.selection.descending && asked.selection.sort == Sort::Next);
    }

    #[test]
    fn a_parameter_that_is_unknown_or_wrong_is_refused_by_name() {
        for (name, value) in [("colour", "red"), ("open", "maybe"), ("severity", "a")] {
            let Err(Error::Refused(refused)) =
                read(&[Kind::Issue], &paging(), pairs(&[(name, value)])).map(drop)
            else {
                panic!("{name}={value} was taken");
            };
            assert_eq!(refused.errors[0].field, name);
        }
    }
}
