//! How items look in JSON: names as in `domain.md`; people, teams, projects and items as objects that can be given back.

use crate::domain::ids::{ItemId, PersonId, ProjectId};
use crate::domain::item::Item;
use crate::domain::kind::{Kind, Reference};
use crate::store::item::{Row, Stored};
use crate::store::lookup::Names;
use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};
use uuid::Uuid;

/// A person as every answer has them: their id, and the name beside it. None for nobody.
#[must_use]
pub fn person(id: Option<PersonId>, name: Option<&str>) -> Value {
    json!(id.map(|id| json!({"id": id, "name": name})))
}

/// What stands in an item's JSON before what its kind has of its own.
struct Head<'a> {
    key: &'a str,
    id: ItemId,
    kind: Kind,
    number: i32,
    owner: Option<(PersonId, Option<&'a str>)>,
    project: Option<(ProjectId, Option<&'a str>, Option<&'a str>)>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

/// An item as stored.
#[must_use]
pub fn stored(key: &str, stored: &Stored, names: &Names) -> Value {
    let item = &stored.item;
    let head = Head {
        key,
        id: item.id,
        kind: item.kind,
        number: item.number,
        owner: item.owner.map(|id| (id, stored.owner_name.as_deref())),
        project: item.project.map(|id| (id, stored.project_key.as_deref(), stored.project_name.as_deref())),
        created_at: stored.created_at,
        updated_at: stored.updated_at,
    };
    let common = json!({
        "title": item.title, "description": item.description, "state": item.state, "open": item.is_open(), "tags": item.tags,
        "raised_on": item.raised_on, "next_on": item.next_on, "closed_on": item.closed_on, "score": item.score,
        "archived_at": item.archived_at, "version": item.version, "effective_on": item.effective_on,
    });
    shape(&head, common, item.detail.values(), names)
}

/// A line of a log, with what its kind has of its own.
#[must_use]
pub fn row(key: &str, row: &Row, names: &Names) -> Value {
    let head = Head {
        key,
        id: row.id,
        kind: row.kind,
        number: row.number,
        owner: row.owner.map(|id| (id, row.owner_name.as_deref())),
        project: row.project.map(|id| (id, row.project_key.as_deref(), row.project_name.as_deref())),
        created_at: row.created_at,
        updated_at: row.updated_at,
    };
    let common = json!({
        "title": row.title, "description": row.description, "state": row.state, "open": row.open, "tags": row.tags,
        "raised_on": row.raised_on, "next_on": row.next_on, "closed_on": row.closed_on, "score": row.score,
        "archived_at": row.archived_at, "version": row.version, "effective_on": row.effective_on,
    });
    let own = match &row.detail {
        Some(Value::Object(values)) => values.clone(),
        _ => Map::new(),
    };
    shape(&head, common, own, names)
}

fn shape(head: &Head<'_>, common: Value, mut own: Map<String, Value>, names: &Names) -> Value {
    let reference = Reference { program: head.key.to_owned(), kind: head.kind, number: head.number };
    let mut body = Map::new();
    body.insert("id".into(), json!(head.id));
    body.insert("ref".into(), json!(reference.to_string()));
    body.insert("reference".into(), json!(reference.to_string()));
    body.insert("type".into(), json!(head.kind));
    body.insert("kind".into(), json!(head.kind));
    body.insert("program".into(), json!(head.key));
    body.insert("number".into(), json!(head.number));
    body.insert("owner".into(), head.owner.map_or(Value::Null, |(id, name)| person(Some(id), name)));
    let project = head.project.map(|(id, key, name)| json!({"id": id, "key": key, "name": name}));
    body.insert("project".into(), json!(project));
    if let Value::Object(common) = common {
        body.extend(common);
    }
    for side in ["provider", "consumer"] {
        if own.contains_key(&format!("{side}_team")) {
            let mut party = Map::new();
            for what in ["project", "team", "external"] {
                if let Some(value) = own.remove(&format!("{side}_{what}")).filter(|value| !value.is_null()) {
                    party.insert(what.to_owned(), value);
                }
            }
            own.insert(side.to_owned(), Value::Object(party));
        }
    }
    if let Some(from) = own.remove("from_item") {
        own.insert("from".into(), from);
    }
    for (name, value) in own {
        let value = if name == "rebaseline" { commitments(value, names) } else { named(value, names) };
        body.insert(name, value);
    }
    body.insert("created_at".into(), json!(head.created_at));
    body.insert("updated_at".into(), json!(head.updated_at));
    Value::Object(body)
}

/// Dates to commit as they are given: `[{ref, committed_on}]`, with the title beside.
fn commitments(value: Value, names: &Names) -> Value {
    let Value::Array(list) = value else { return value };
    let dates = list.into_iter().map(|mut date| {
        let on = date["committed_on"].take();
        match named(date["item"].take(), names) {
            Value::Object(item) => {
                json!({"ref": item.get("ref"), "title": item.get("title"), "committed_on": on})
            }
            other => json!({"ref": other, "committed_on": on}),
        }
    });
    Value::Array(dates.collect())
}

/// Puts the name beside an id that stands for a person, team, project or item.
pub(in crate::web) fn named(value: Value, names: &Names) -> Value {
    match value {
        Value::String(text) => {
            let Some(id) =
                Some(&text).filter(|text| text.len() == 36).and_then(|text| text.parse::<Uuid>().ok())
            else {
                return Value::String(text);
            };
            if let Some(name) = names.people.get(&id).or_else(|| names.teams.get(&id)) {
                json!({"id": id, "name": name})
            } else if let Some(name) = names.calendars.get(&id) {
                json!({"id": id, "name": name})
            } else if let Some((key, name)) = names.projects.get(&id) {
                json!({"id": id, "key": key, "name": name})
            } else if let Some((reference, title)) = names.items.get(&id) {
                json!({"id": id, "ref": reference.to_string(), "title": title})
            } else {
                Value::String(text)
            }
        }
        Value::Array(list) => Value::Array(list.into_iter().map(|value| named(value, names)).collect()),
        Value::Object(map) => {
            Value::Object(map.into_iter().map(|(name, value)| (name, named(value, names))).collect())
        }
        other => other,
    }
}

/// What an item has of its own, as a map in which ids can be looked for.
#[must_use]
pub fn own(item: &Item) -> Map<String, Value> {
    item.detail.values()
}
