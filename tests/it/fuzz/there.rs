//! What is there: the rows of every collection of the description, by whose values paths are filled and fields take what
//! exists.

use super::described::{Described, Operation};
use crate::support::app::TestUser;
use plumbline::domain::kind::Kind;
use rand::RngExt;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet};

/// What stands in the places of a path.
pub type Bound = Vec<(String, String)>;

/// A row of a collection, and what stood in the collection's path.
struct Row {
    at: Bound,
    value: Value,
}

#[derive(Default)]
pub struct There {
    rows: HashMap<String, Vec<Row>>,
    /// Values that were seen, by the name of their field, each with the program that it was seen in.
    seen: HashMap<String, Vec<(String, Value)>>,
    /// Ids that the fuzzer itself lives by.
    ours: HashSet<String>,
    /// Programs that are worked in, and so not archived or renamed.
    kept: Vec<String>,
}

/// Rows that are read of a collection, and rows of each collection whose own collections are read.
const ROWS: usize = 25;
const INTO: usize = 2;
/// Values that are remembered of a field.
const SEEN: usize = 40;

impl There {
    pub fn keeping(programs: &[&str]) -> Self {
        Self { kept: programs.iter().map(|key| (*key).to_owned()).collect(), ..Self::default() }
    }

    /// Reads every collection; or all the better those on the way to some operations.
    pub async fn look(&mut self, described: &Described, user: &TestUser, to: Option<&[&Operation]>) {
        let into = if to.is_some() { ROWS } else { INTO };
        let leads =
            |path: &str| to.is_none_or(|to| to.iter().any(|of| of.path.starts_with(&format!("{path}/{{"))));
        let mut collections: Vec<&Operation> = described
            .operations
            .iter()
            .filter(|operation| {
                operation.is_collection()
                    && !operation.parameters("query").any(|of| of.required)
                    && leads(&operation.path)
            })
            .collect();
        collections.sort_by_key(|operation| (operation.path.matches('/').count(), operation.path.clone()));
        for operation in collections {
            let ways = self.ways(&operation.path, into).into_iter();
            // What is asked for again is asked for where work is done.
            let near =
                |at: &Bound| at.first().is_none_or(|(name, key)| name != "key" || self.keeps(&json!(key)));
            let ways: Vec<Bound> = ways.filter(|at| to.is_none() || near(at)).collect();
            for at in ways {
                let path = format!("{}?limit={ROWS}", filled(&operation.path, &at));
                let answer = user.get(&path).await.is(200).json();
                for value in answer["items"].as_array().cloned().unwrap_or_default() {
                    self.add(&operation.path, &at, value);
                }
            }
        }
    }

    pub fn protect(&mut self, ids: impl IntoIterator<Item = String>) {
        self.ours.extend(ids);
    }

    /// Adds a row of a collection.
    pub fn add(&mut self, collection: &str, at: &Bound, value: Value) {
        let own = |id: &Value| id.as_str().is_some_and(|id| self.ours.contains(id));
        if own(&value["id"]) || own(&value["person"]["id"]) || own(&value["person"]) {
            return;
        }
        let key = at.first().map(|(_, key)| key.clone()).unwrap_or_default();
        for (name, field) in value.as_object().into_iter().flatten() {
            let seen = self.seen.entry(name.clone()).or_default();
            let new = (key.clone(), field.clone());
            if !field.is_null() && seen.len() < SEEN && !seen.contains(&new) {
                seen.push(new);
            }
        }
        self.rows.entry(collection.to_owned()).or_default().push(Row { at: at.clone(), value });
    }

    /// The first ways to fill a path, of so many rows of each collection on it.
    pub fn ways(&self, path: &str, rows_of_each: usize) -> Vec<Bound> {
        let mut ways = vec![Bound::new()];
        let mut before = String::new();
        for part in path.split('/').skip(1) {
            if let Some(name) = placeholder(part) {
                let rows = self.rows.get(&before).map(Vec::as_slice).unwrap_or_default();
                let mut longer = Vec::new();
                for at in &ways {
                    let below = rows.iter().filter(|row| &row.at == at).take(rows_of_each);
                    longer.extend(below.filter_map(|row| {
                        let mut at = at.clone();
                        at.push((name.to_owned(), named_by(name, &row.value)?));
                        Some(at)
                    }));
                }
                ways = longer;
            }
            before = format!("{before}/{part}");
        }
        ways
    }

    /// Fills a path with what is there, as far as anything is: a row of the deepest collection on it that has any.
    pub fn fill(&self, rng: &mut StdRng, operation: &Operation) -> Bound {
        let parts: Vec<&str> = operation.path.split('/').collect();
        let places: Vec<usize> = (0..parts.len()).filter(|n| placeholder(parts[*n]).is_some()).collect();
        // What is worked in stays as it is; and most is done there.
        let spared = operation.path == "/api/v1/programs/{key}" && operation.method != reqwest::Method::GET;
        let kept = !spared && rng.random_range(0..100) < 90;
        let found = places.iter().rev().find_map(|place| {
            let rows = self.rows.get(&parts[..*place].join("/"))?;
            let of = |row: &&Row| match row.at.first() {
                Some((_, key)) => self.keeps(&json!(key)) || !kept,
                None if row.value["key"].is_string() => self.keeps(&row.value["key"]) == kept,
                None => true,
            };
            let fitting: Vec<&Row> = rows.iter().filter(of).collect();
            Some((*place, *fitting.choose(rng)?))
        });
        let (mut at, last, from) = found.map_or((Bound::new(), Value::Null, 0), |(place, row)| {
            let name = placeholder(parts[place]).unwrap_or_default();
            let mut at = row.at.clone();
            at.push((name.to_owned(), named_by(name, &row.value).unwrap_or_else(|| "1".to_owned())));
            (at, row.value.clone(), place + 1)
        });
        for name in parts[from..].iter().filter_map(|part| placeholder(part)) {
            let of = operation.parameters("path").find(|parameter| parameter.name == name);
            let closed = of.and_then(|of| of.schema["enum"].as_array());
            let value = match closed {
                Some(closed) => closed.choose(rng).and_then(Value::as_str).map(str::to_owned),
                // The other end of a link is told by the row of the link.
                None if name == "to" => named_by(name, &last),
                None => self.fallback(rng, name),
            };
            at.push((name.to_owned(), value.unwrap_or_else(|| "1".to_owned())));
        }
        at
    }

    fn keeps(&self, key: &Value) -> bool {
        key.as_str().is_some_and(|key| self.kept.iter().any(|kept| kept == key))
    }

    fn fallback(&self, rng: &mut StdRng, name: &str) -> Option<String> {
        let collection = match name {
            "person" => "/api/v1/people",
            "other" => "/api/v1/programs/{key}/scenarios",
            "endpoint" => "/api/v1/programs/{key}/inbound",
            _ => return None,
        };
        let row = self.rows.get(collection)?.choose(rng)?;
        named_by(if name == "other" { "number" } else { "id" }, &row.value)
    }

    /// A value that a field of this name has somewhere, in this program if in any.
    pub fn value(&self, rng: &mut StdRng, name: &str, key: Option<&str>) -> Option<Value> {
        let last = name.rsplit('_').next().unwrap_or(name);
        let seen = if last == "to" { None } else { self.seen.get(name) };
        let seen = seen.or_else(|| self.seen.get(if last == "to" { "ref" } else { last }))?;
        let near: Vec<_> = seen.iter().filter(|(of, _)| Some(of.as_str()) == key).collect();
        let (_, value) = near.choose(rng).copied().or_else(|| seen.choose(rng))?;
        Some(value.clone())
    }

    /// A row of what the description calls so, as it may be named.
    pub fn named(&self, rng: &mut StdRng, what: &str, field: &str, key: Option<&str>) -> Option<Value> {
        let collection = match what {
            "PersonNamed" => "/api/v1/people",
            "TeamNamed" => "/api/v1/teams",
            "ProjectNamed" => "/api/v1/programs/{key}/projects",
            "CalendarNamed" => "/api/v1/programs/{key}/calendars",
            "ItemNamed" => {
                let kinds: Vec<_> = Kind::ALL
                    .iter()
                    .filter(|kind| {
                        !Kind::ALL.iter().any(|of| field.ends_with(of.name())) || field.ends_with(kind.name())
                    })
                    .map(|kind| format!("/api/v1/programs/{{key}}/{}", kind.plural()))
                    .filter(|path| self.rows.contains_key(path))
                    .collect();
                let kind = kinds.choose(rng)?;
                return self.row(rng, kind, key);
            }
            other => panic!("the description names “{other}”: say where they are"),
        };
        self.row(rng, collection, key)
    }

    fn row(&self, rng: &mut StdRng, collection: &str, key: Option<&str>) -> Option<Value> {
        let rows = self.rows.get(collection)?;
        let near: Vec<&Row> =
            rows.iter().filter(|row| row.at.first().is_none_or(|(_, at)| Some(at.as_str()) == key)).collect();
        Some(near.choose(rng).copied().or_else(|| rows.choose(rng))?.value.clone())
    }
}

/// The name in `{name}`.
pub fn placeholder(part: &str) -> Option<&str> {
    part.strip_prefix('{')?.strip_suffix('}')
}

/// Whether a path is one of a route.
pub fn fits(route: &str, path: &str) -> bool {
    let (of, parts): (Vec<_>, Vec<_>) = (route.split('/').collect(), path.split('/').collect());
    of.len() == parts.len() && of.iter().zip(&parts).all(|(a, b)| placeholder(a).is_some() || a == b)
}

/// A path with something in each place.
pub fn filled(path: &str, at: &Bound) -> String {
    at.iter().fold(path.to_owned(), |path, (name, value)| path.replacen(&format!("{{{name}}}"), value, 1))
}

/// What a row is called by in a path.
fn named_by(name: &str, row: &Value) -> Option<String> {
    let other = match name {
        "to" | "dependency" | "reference" => "ref",
        "project" => "key",
        _ => name,
    };
    [other, name, "id", "key", "number", "ref", "person"].iter().find_map(|part| match &row[*part] {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Object(named) => named.get("ref").or_else(|| named.get("id"))?.as_str().map(str::to_owned),
        _ => None,
    })
}
