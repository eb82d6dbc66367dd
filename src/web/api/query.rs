//! The query of a collection of items: order, filters by field name.

use super::page::Asked;
use crate::app::Error;
use crate::app::item::Collection;
use crate::domain::draft::{self, FieldError, Refused};
use crate::domain::filter::{self, Demand, Filter, Shape};
use crate::domain::kind::Kind;
use crate::store::collection;
use serde_json::{Value, json};

/// Reads the query of a collection of items of these kinds.
///
/// # Errors
/// Every parameter that is unknown or has a value that can't be; a cursor that isn't of this collection and order.
pub fn read(kinds: &'static [Kind], query: &Asked) -> Result<Collection, Error> {
    let mut errors = Vec::new();
    let mut demands: Vec<Demand> = Vec::new();
    let mut asked = collection::Asked {
        kinds: kinds.to_vec(),
        descending: query.descending(),
        limit: query.one_more(),
        ..collection::Asked::default()
    };
    if !query.field().is_empty() {
        asked.sort = sort(kinds, query.field());
        if asked.sort.is_none() {
            let message =
                format!("Sort by one of {}, or the same after “-”.", filter::sorts(kinds).join(", "));
            errors.push(FieldError::new("sort", message));
        }
    }
    let fields = filter::fields(kinds);
    let mut states = Vec::new();
    for (name, value) in &query.pairs {
        // A tag is one of the tags.
        let field = if name == "tag" { "tags" } else { name };
        let field = fields.iter().find(|known| known.name == field);
        let done = match name.as_str() {
            "type" | "kind" if kinds.len() > 1 => some_kinds(kinds, value).map(|some| asked.kinds = some),
            "state" => {
                states.push(value.clone());
                Ok(())
            }
            _ => match (field, beside(name, value)) {
                (Some(field), _) => {
                    match demands.iter_mut().find(|demand| demand.field.name == field.name) {
                        Some(demand) => demand.values.push(value.clone()),
                        None => demands.push(Demand { field, values: vec![value.clone()] }),
                    }
                    Ok(())
                }
                (None, Some(filter)) => filter.map(|filter| asked.filters.push(filter)),
                _ if ["q", "archived"].contains(&name.as_str()) => Ok(()),
                _ => Err("There is no such parameter here.".to_owned()),
            },
        };
        if let Err(message) = done {
            errors.push(FieldError::new(name, message));
        }
    }
    if !states.is_empty() {
        match filter::states(kinds, &states) {
            Ok(filter) => asked.filters.push(filter),
            Err(message) => errors.push(FieldError::new("state", message)),
        }
    }
    if !errors.is_empty() {
        return Err(Refused { errors, ..Refused::default() }.into());
    }
    asked.q = Some(query.words()?).filter(|words| !words.is_empty()).map(str::to_owned);
    asked.archived = query.flag("archived")?;
    asked.after = query.after()?;
    Ok(Collection { asked, demands })
}

/// What these kinds are sorted by under this name. The name comes from the kinds' own fields, never from the query.
fn sort(kinds: &[Kind], name: &str) -> Option<(&'static str, Shape)> {
    let known = filter::sorts(kinds).into_iter().find(|known| *known == name)?;
    Some((filter::stored(known), filter::order(kinds, known)?))
}

fn some_kinds(kinds: &[Kind], value: &str) -> Result<Vec<Kind>, String> {
    let names = || kinds.iter().map(|kind| kind.name()).collect::<Vec<_>>().join(", ");
    let one = |part: &str| kinds.iter().copied().find(|kind| kind.name() == part);
    value.split(',').map(one).collect::<Option<_>>().ok_or_else(|| format!("Give some of {}.", names()))
}

/// A filter that is no field of its own: a least score, a day before which something is due.
fn beside(name: &str, value: &str) -> Option<Result<Filter, String>> {
    let filter = |name: &str, shape, wanted: Value| Filter { name: name.into(), shape, wanted: vec![wanted] };
    Some(match name {
        "score_from" => {
            let score = value.parse::<i16>().map_err(|_| "Give a whole number.".to_owned());
            score.map(|score| filter("score", Shape::From, json!(score)))
        }
        "due_before" => {
            let day = draft::date(&value.into()).and_then(|day| day.ok_or_else(|| "Give a date.".to_owned()));
            day.map(|day| filter("next_on", Shape::Before, json!(day)))
        }
        _ => return None,
    })
}
