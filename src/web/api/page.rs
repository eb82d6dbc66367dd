//! The pages of a collection: how much of it is asked for, from where on and in which order, and the answer with the cursor of
//! the page after.

use crate::app::Error;
use crate::domain::draft::{FieldError, Refused};
use crate::web::extract::query_pairs;
use crate::web::present::ApiError;
use axum::Json;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::cmp::Ordering;

/// Rows on a page that doesn't say how many.
pub const LIMIT: usize = 50;
/// Rows on a page at most.
pub const MOST: usize = 500;

/// What a request asks of a collection.
#[derive(Clone, Debug)]
pub struct Asked {
    /// 1 to 500.
    pub limit: usize,
    /// A field's name, after `-` downwards; empty for the collection's own order.
    pub sort: String,
    /// What else stands in the query, but for the day: filters, and what no collection knows.
    pub pairs: Vec<(String, String)>,
    cursor: Option<String>,
    /// The collection's path.
    of: String,
}

/// Where a page ended: what its last row is found by, in the collection and the order that it was read in.
#[derive(Serialize, Deserialize)]
struct Cursor {
    of: String,
    sort: String,
    after: Value,
}

/// Where a page of a collection that is read whole ended: its last row, and how many rows were before the next.
#[derive(Serialize, Deserialize)]
struct Spot {
    row: Value,
    rows: usize,
}

impl<S: Sync> FromRequestParts<S> for Asked {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Response> {
        let mut asked = Self {
            limit: LIMIT,
            sort: String::new(),
            pairs: Vec::new(),
            cursor: None,
            of: parts.uri.path().to_ascii_lowercase(),
        };
        for (name, value) in query_pairs(parts.uri.query()) {
            match name.as_str() {
                "limit" => {
                    let limit = value.parse().ok().filter(|limit| (1..=MOST).contains(limit));
                    let refused = || ApiError(Error::refused("limit", "Give a whole number from 1 to 500."));
                    asked.limit = limit.ok_or_else(|| refused().into_response())?;
                }
                "cursor" => asked.cursor = Some(value).filter(|cursor| !cursor.is_empty()),
                "sort" => asked.sort = value,
                "as_of" => {}
                _ => asked.pairs.push((name, value)),
            }
        }
        Ok(asked)
    }
}

impl Asked {
    /// What the query says last of a name.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&str> {
        self.pairs.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Whether a flag is set; not, if it is left out.
    ///
    /// # Errors
    /// Refused for anything but `true` and `false`.
    pub fn flag(&self, name: &str) -> Result<bool, Error> {
        match self.value(name) {
            None | Some("false") => Ok(false),
            Some("true" | "1") => Ok(true),
            Some(_) => Err(Error::refused(name, "Give true or false.")),
        }
    }

    /// The words to look for; empty for all.
    ///
    /// # Errors
    /// Refused for more words than can be looked for.
    pub fn words(&self) -> Result<&str, Error> {
        let words = self.value("q").unwrap_or_default().trim();
        if words.chars().any(char::is_control) || words.chars().count() > 200 {
            return Err(Error::refused("q", "Give at most 200 characters, without control characters."));
        }
        Ok(words)
    }

    /// Refuses, by name, whatever stands in the query and isn't one of these, and an order where there is but one.
    ///
    /// # Errors
    /// Each unknown parameter.
    pub fn only(&self, known: &[&str], sorts: &[&str]) -> Result<(), Error> {
        let odd = self.pairs.iter().filter(|(name, _)| !known.contains(&name.as_str()));
        let mut errors: Vec<_> =
            odd.map(|(name, _)| FieldError::new(name, "There is no such parameter here.")).collect();
        if !self.sort.is_empty() && !sorts.contains(&self.field()) {
            let message = if sorts.is_empty() {
                "This collection has one order.".to_owned()
            } else {
                format!("Sort by one of {}, or the same after “-”.", sorts.join(", "))
            };
            errors.push(FieldError::new("sort", message));
        }
        if errors.is_empty() { Ok(()) } else { Err(Refused { errors, ..Refused::default() }.into()) }
    }

    /// The field to sort by; empty for the collection's own order.
    #[must_use]
    pub fn field(&self) -> &str {
        self.sort.strip_prefix('-').unwrap_or(&self.sort)
    }

    #[must_use]
    pub fn descending(&self) -> bool {
        self.sort.starts_with('-')
    }

    /// The limit and one row more, which tells whether there is a next page.
    #[must_use]
    pub fn one_more(&self) -> i64 {
        i64::try_from(self.limit).unwrap_or(i64::MAX).saturating_add(1)
    }

    /// Where the page before ended; none for the first.
    ///
    /// # Errors
    /// Refused for what is no cursor, or one of another collection or order.
    pub fn after<T: DeserializeOwned>(&self) -> Result<Option<T>, Error> {
        let Some(text) = &self.cursor else { return Ok(None) };
        let unknown = || Error::refused("cursor", "This is no “next_cursor” of this collection.");
        let cursor: Cursor =
            unhex(text).and_then(|bytes| serde_json::from_slice(&bytes).ok()).ok_or_else(unknown)?;
        if cursor.of != self.of {
            return Err(unknown());
        }
        if cursor.sort != self.sort {
            return Err(Error::refused(
                "cursor",
                "This cursor is of another order: sort as on the page that gave it, or begin anew without a cursor.",
            ));
        }
        serde_json::from_value(cursor.after).map(Some).map_err(|_| unknown())
    }

    /// The answer: these rows, and the cursor of what comes after the last of them (none if nothing does).
    #[must_use]
    pub fn answer(&self, items: Vec<Value>, total: i64, last: Option<impl Serialize>) -> Value {
        let next = last.map(|last| {
            hex(&json!(Cursor { of: self.of.clone(), sort: self.sort.clone(), after: json!(last) })
                .to_string())
        });
        json!({"items": items, "next_cursor": next, "total": total})
    }

    /// The answer of a page that was read with one row more than it has.
    #[must_use]
    pub fn page<T, K: Serialize>(
        &self,
        mut rows: Vec<T>,
        total: i64,
        place: impl Fn(&T) -> K,
        shape: impl Fn(&T) -> Value,
    ) -> Value {
        let more = rows.len() > self.limit;
        rows.truncate(self.limit);
        let last = rows.last().filter(|_| more).map(place);
        self.answer(rows.iter().map(shape).collect(), total, last)
    }

    /// The answer of a collection that is read whole: filtered and sorted by these fields of its rows, which are told apart by
    /// the first of them.
    ///
    /// # Errors
    /// Refused for a parameter that is unknown, or a cursor that isn't of this collection.
    pub fn whole(&self, rows: Vec<Value>, fields: &[&str]) -> Result<Json<Value>, Error> {
        self.whole_by(rows, fields, fields.get(..1).unwrap_or_default())
    }

    /// The same, its rows told apart by several fields together.
    ///
    /// # Errors
    /// Refused for a parameter that is unknown, or a cursor that isn't of this collection.
    pub fn whole_by(
        &self,
        mut rows: Vec<Value>,
        fields: &[&str],
        ids: &[&str],
    ) -> Result<Json<Value>, Error> {
        self.only(fields, fields)?;
        for (name, wanted) in &self.pairs {
            rows.retain(|row| is(&row[name.as_str()], wanted));
        }
        let field = self.field();
        if !field.is_empty() {
            rows.sort_by(|a, b| in_order(&a[field], &b[field], self.descending()));
        }
        let id = |row: &Value| Value::Array(ids.iter().map(|id| row[*id].clone()).collect());
        let start = self.after::<Spot>()?.map_or(0, |spot| {
            let there = rows.iter().position(|row| id(row) == spot.row);
            there.map_or(spot.rows.min(rows.len()), |place| place + 1)
        });
        let total = i64::try_from(rows.len()).unwrap_or(i64::MAX);
        let end = start.saturating_add(self.limit).min(rows.len());
        let more = end < rows.len();
        let items: Vec<Value> = rows.drain(start..end).collect();
        let last = items.last().filter(|_| more).map(|row| Spot { row: id(row), rows: end });
        Ok(Json(self.answer(items, total, last)))
    }
}

/// What a value is compared by: a person or a project by its name.
fn plain(value: &Value) -> &Value {
    match value {
        Value::Object(named) => named.get("name").unwrap_or(value),
        other => other,
    }
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_lowercase)
}

/// Whether a value is the one that is wanted, in any case: of a person their name, id or e-mail address.
fn is(value: &Value, wanted: &str) -> bool {
    let wanted = wanted.to_lowercase();
    match value {
        Value::Null => wanted == "none" || wanted == "null",
        Value::Object(named) => named.values().any(|part| text(part) == wanted),
        other => text(other) == wanted,
    }
}

/// The order of two values; what has none comes last in either direction.
fn in_order(a: &Value, b: &Value, descending: bool) -> Ordering {
    let (a, b) = (plain(a), plain(b));
    let order = match (a.is_null(), b.is_null()) {
        (true, true) => return Ordering::Equal,
        (true, false) => return Ordering::Greater,
        (false, true) => return Ordering::Less,
        _ => match (a.as_f64(), b.as_f64()) {
            (Some(a), Some(b)) => a.total_cmp(&b),
            _ => text(a).cmp(&text(b)),
        },
    };
    if descending { order.reverse() } else { order }
}

fn hex(text: &str) -> String {
    use std::fmt::Write as _;
    text.bytes().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> = text
        .chars()
        .map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
        .collect::<Option<_>>()?;
    let (pairs, rest) = digits.as_chunks::<2>();
    rest.is_empty().then(|| pairs.iter().map(|[high, low]| high << 4 | low).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(sort: &str, limit: usize, cursor: Option<String>) -> Asked {
        Asked { limit, sort: sort.into(), pairs: Vec::new(), cursor, of: "/teams".into() }
    }

    fn names(page: &Value) -> Vec<&str> {
        page["items"].as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap()).collect()
    }

    #[test]
    fn a_row_that_is_added_or_taken_away_before_the_page_moves_nothing() {
        let rows = |names: &[&str]| names.iter().map(|name| json!({"name": name})).collect::<Vec<_>>();
        let first = asked("", 2, None).whole(rows(&["b", "c", "d", "e"]), &["name"]).ok().unwrap().0;
        assert_eq!((names(&first), &first["total"]), (vec!["b", "c"], &json!(4)));
        let cursor = first["next_cursor"].as_str().map(str::to_owned);
        let next = asked("", 2, cursor.clone());
        let second = next.whole(rows(&["a", "b", "c", "d", "e"]), &["name"]).ok().unwrap().0;
        assert_eq!((names(&second), &second["next_cursor"]), (vec!["d", "e"], &Value::Null));
        let shorter = next.whole(rows(&["a", "b", "d", "e"]), &["name"]).ok().unwrap().0;
        assert_eq!(names(&shorter), ["d", "e"], "the last row itself was taken away");
        for odd in ["o50", "zz", "6", &hex("{}")] {
            assert!(asked("", 2, Some(odd.to_owned())).whole(rows(&["b"]), &["name"]).is_err(), "{odd}");
        }
        assert!(asked("-name", 2, cursor).whole(rows(&["b"]), &["name"]).is_err(), "another order");
    }

    #[test]
    fn what_has_no_value_comes_last_in_both_directions() {
        let rows = || {
            vec![json!({"name": "a", "n": null}), json!({"name": "b", "n": 2}), json!({"name": "c", "n": 10})]
        };
        for (sort, order) in [("n", ["b", "c", "a"]), ("-n", ["c", "b", "a"])] {
            let page = asked(sort, 9, None).whole(rows(), &["name", "n"]).ok().unwrap().0;
            assert_eq!(names(&page), order, "{sort}");
        }
    }
}
