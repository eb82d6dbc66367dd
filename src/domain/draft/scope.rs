//! What a change request adds, removes and redefines: a count, or a list of the items themselves.

use super::read::{blank, name_of, named};
use super::{Directory, Holds, Named, Part, Rows, rows};
use crate::domain::kind::{Kind, Reference};
use serde_json::{Map, Value, json};
use uuid::Uuid;

/// Which part of a change request's effect a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    Adds,
    Removes,
    Redefines,
}

/// Items in one list at most.
const MOST: usize = 200;

const ADDED: Rows = Rows {
    one: "added item",
    many: "added items",
    most: MOST,
    parts: &[
        Part { name: "title", holds: Holds::Line(300) },
        Part { name: "kind", holds: Holds::Choice(&[("milestone", "Milestone"), ("activity", "Activity")]) },
        Part { name: "project", holds: Holds::Line(200) },
        Part { name: "on", holds: Holds::Date },
        Part { name: "days", holds: Holds::Number },
    ],
};

const REDEFINED: Rows = Rows {
    one: "redefined item",
    many: "redefined items",
    most: MOST,
    parts: &[
        Part { name: "ref", holds: Holds::Line(60) },
        Part { name: "title", holds: Holds::Line(300) },
        Part { name: "acceptance_criteria", holds: Holds::Text(10_000) },
    ],
};

impl Scope {
    /// The parts of a line of the list, in their order.
    #[must_use]
    pub fn parts(self) -> Vec<&'static str> {
        match self {
            Self::Adds => ADDED.parts.iter().map(|part| part.name).collect(),
            Self::Removes => vec!["ref"],
            Self::Redefines => REDEFINED.parts.iter().map(|part| part.name).collect(),
        }
    }

    /// The name under which the list is stored.
    #[must_use]
    pub const fn list(self) -> &'static str {
        match self {
            Self::Adds => "added",
            Self::Removes => "removed",
            Self::Redefines => "redefined",
        }
    }
}

/// The entries of a list; none where it is a count.
fn entries(scope: Scope, raw: &Value) -> Option<Vec<Value>> {
    match raw {
        Value::Array(list) => Some(list.clone()),
        Value::String(text) if text.trim().parse::<f64>().is_err() && !text.trim().is_empty() => {
            let between: &[char] = if scope == Scope::Removes { &['\n', ',', ';'] } else { &['\n'] };
            let lines = text.split(between).map(str::trim).filter(|line| !line.is_empty());
            let parts = scope.parts();
            let one = |line: &str| match scope {
                Scope::Removes => Value::from(line),
                _ if !line.contains('|') => Value::from(line),
                _ => {
                    let given = line.splitn(parts.len(), '|').map(|part| Value::from(part.trim()));
                    Value::Object(parts.iter().map(|part| (*part).to_owned()).zip(given).collect())
                }
            };
            Some(lines.map(one).collect())
        }
        _ => None,
    }
}

/// The item that an entry names by its reference or id; what is added may be a new one instead.
fn item_of(scope: Scope, entry: &Value) -> Option<Value> {
    match entry {
        Value::String(text) if scope != Scope::Adds || is_name(text) => Some(entry.clone()),
        Value::Object(named) => {
            ["item", "ref", "id"].iter().find_map(|name| named.get(*name)).filter(|v| !blank(v)).cloned()
        }
        _ => None,
    }
}

fn is_name(text: &str) -> bool {
    Reference::parse(text.trim()).is_some() || text.trim().parse::<Uuid>().is_ok()
}

pub(super) fn names(scope: Scope, raw: &Value) -> Vec<Named> {
    let mut names = Vec::new();
    // More than a list holds are refused; none of them is looked up.
    for entry in entries(scope, raw).filter(|entries| entries.len() <= MOST).unwrap_or_default() {
        match item_of(scope, &entry) {
            Some(item) => names.extend(name_of(&item).map(Named::Item)),
            None => names.extend(entry.get("project").and_then(name_of).map(Named::Project)),
        }
    }
    names
}

/// Reads the count, and the list, which is empty where only a count is given.
pub(super) fn read(
    field: &str,
    scope: Scope,
    raw: &Value,
    directory: &Directory,
    count: impl Fn(&Value) -> Result<i64, String>,
) -> Result<Vec<(String, Value)>, String> {
    let said = |count: Value, list: Vec<Value>| {
        vec![(field.to_owned(), count), (scope.list().to_owned(), Value::from(list))]
    };
    let Some(entries) = entries(scope, raw) else { return Ok(said(Value::from(count(raw)?), Vec::new())) };
    if entries.len() > MOST {
        return Err(format!("At most {MOST} items; beyond that, say how many."));
    }
    let list = match scope {
        Scope::Adds => entries.iter().map(|entry| added(entry, directory)).collect::<Result<Vec<_>, _>>()?,
        Scope::Removes => {
            entries.iter().map(|entry| item(scope, entry, directory)).collect::<Result<Vec<_>, _>>()?
        }
        Scope::Redefines => {
            entries.iter().map(|entry| redefined(entry, directory)).collect::<Result<Vec<_>, _>>()?
        }
    };
    let ids: Vec<&Value> = match scope {
        Scope::Removes => list.iter().collect(),
        _ => list.iter().map(|one| &one["item"]).filter(|id| !id.is_null()).collect(),
    };
    if ids.iter().enumerate().any(|(at, id)| ids[..at].contains(id)) {
        return Err("An item stands here twice.".into());
    }
    Ok(said(Value::from(list.len()), list))
}

fn item(scope: Scope, entry: &Value, directory: &Directory) -> Result<Value, String> {
    let found = item_of(scope, entry).ok_or("Name each item by its reference.")?;
    let found = named(&found, &directory.items, "item")?;
    if found.is_null() { Err("Name each item by its reference.".into()) } else { Ok(found) }
}

fn added(entry: &Value, directory: &Directory) -> Result<Value, String> {
    if item_of(Scope::Adds, entry).is_some() {
        return Ok(json!({"item": item(Scope::Adds, entry, directory)?}));
    }
    let mut entry = match entry {
        Value::String(title) => Map::from_iter([("title".to_owned(), Value::from(title.clone()))]),
        Value::Object(given) => given.clone(),
        _ => return Err("Each added item has a title, or is named by its reference.".into()),
    };
    entry.retain(|name, value| name != "item" || !value.is_null());
    let project =
        named(entry.get("project").unwrap_or(&Value::Null), &directory.projects, "project of this program")?;
    entry.insert("project".into(), Value::Null);
    let clean = rows::read(&ADDED, &json!([entry]))?;
    let mut new = clean[0].clone();
    new["project"] = project;
    if new["kind"].is_null() {
        new["kind"] =
            Value::from(if new["days"].is_null() { Kind::Milestone } else { Kind::Activity }.name());
    }
    match (new["kind"].as_str(), new["days"].as_f64()) {
        (Some("milestone"), Some(_)) => Err("A milestone has a date, not working days.".into()),
        (Some("activity"), Some(days)) if !(0.0..=10_000.0).contains(&days) => {
            Err("Working days lie between 0 and 10000.".into())
        }
        (Some("activity"), None) => Err("An added activity needs its working days (days).".into()),
        _ => Ok(new),
    }
}

fn redefined(entry: &Value, directory: &Directory) -> Result<Value, String> {
    let found = item(Scope::Redefines, entry, directory)?;
    let mut given = entry.as_object().cloned().unwrap_or_default();
    given.retain(|name, _| !["item", "id"].contains(&name.as_str()));
    given.insert("ref".into(), Value::from("item"));
    let clean = rows::read(&REDEFINED, &json!([given]))?;
    Ok(json!({
        "item": found, "title": clean[0]["title"], "acceptance_criteria": clean[0]["acceptance_criteria"],
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn directory() -> Directory {
        let mut directory = Directory::default();
        directory.items.insert("atlas-m3".into(), Uuid::from_u128(3));
        directory.items.insert(Uuid::from_u128(3).to_string(), Uuid::from_u128(3));
        directory.projects.insert("sec".into(), Uuid::from_u128(9));
        directory
    }

    fn reads(scope: Scope, raw: &Value) -> Result<(Value, Value), String> {
        let count =
            |raw: &Value| raw.as_i64().or(raw.as_str().and_then(|t| t.parse().ok())).ok_or("no".into());
        let values = read("f", scope, raw, &directory(), count)?;
        Ok((values[0].1.clone(), values[1].1.clone()))
    }

    #[test]
    fn a_count_stays_a_count_and_a_list_is_counted_and_kept() {
        for scope in [Scope::Adds, Scope::Removes, Scope::Redefines] {
            assert_eq!(reads(scope, &json!(3)), Ok((json!(3), json!([]))));
            assert_eq!(reads(scope, &json!("3")), Ok((json!(3), json!([]))));
            assert_eq!(reads(scope, &json!([])), Ok((json!(0), json!([]))));
        }
        let m3 = Uuid::from_u128(3).to_string();
        assert_eq!(reads(Scope::Removes, &json!(["ATLAS-M3"])), Ok((json!(1), json!([m3]))));
        assert_eq!(reads(Scope::Removes, &json!([{"ref": "ATLAS-M3"}])), Ok((json!(1), json!([m3]))));
        assert_eq!(reads(Scope::Adds, &json!(["ATLAS-M3"])), Ok((json!(1), json!([{"item": m3}]))));
        let new = json!([{"title": "Pen test", "kind": "activity", "project": Uuid::from_u128(9), "on": null, "days": 4.5}]);
        assert_eq!(reads(Scope::Adds, &json!("Pen test | | SEC | | 4,5")), Ok((json!(1), new)));
        let audit = json!([{"title": "Audit", "kind": "milestone", "project": null, "on": "2027-03-01", "days": null}]);
        assert_eq!(
            reads(Scope::Adds, &json!([{"title": "Audit", "on": "2027-03-01"}])),
            Ok((json!(1), audit.clone()))
        );
        assert_eq!(reads(Scope::Adds, &audit), Ok((json!(1), audit)), "what is stored is read again");
        let again = json!([{"item": m3, "title": "Beta", "acceptance_criteria": "It runs"}]);
        assert_eq!(
            reads(Scope::Redefines, &json!("ATLAS-M3 | Beta | It runs")),
            Ok((json!(1), again.clone()))
        );
        assert_eq!(reads(Scope::Redefines, &again), Ok((json!(1), again)));
    }

    #[test]
    fn what_can_t_be_is_refused_with_why() {
        for (scope, raw, why) in [
            (Scope::Removes, json!(["ATLAS-M9"]), "There is no item “ATLAS-M9”."),
            (Scope::Removes, json!(["ATLAS-M3", "ATLAS-M3"]), "An item stands here twice."),
            (Scope::Removes, json!([7]), "Name each item by its reference."),
            (
                Scope::Adds,
                json!([{"title": "X", "kind": "activity"}]),
                "An added activity needs its working days (days).",
            ),
            (
                Scope::Adds,
                json!([{"title": "X", "kind": "milestone", "days": 3}]),
                "A milestone has a date, not working days.",
            ),
            (Scope::Adds, json!([{"kind": "milestone"}]), "Each added item needs its title."),
            (
                Scope::Adds,
                json!([{"title": "X", "project": "NO"}]),
                "There is no project of this program “NO”.",
            ),
        ] {
            assert_eq!(reads(scope, &raw), Err(why.to_owned()), "{raw}");
        }
    }
}
