//! The story of an item: its versions in the order in which they took effect, with the names of whatever they point at.

use super::access::Entered;
use super::item::names_in;
use super::{App, Ctx, Result};
use crate::domain::item::Item;
use crate::store::comment::Comment;
use crate::store::event::VersionRow;
use crate::store::link::Linked;
use crate::store::lookup::Names;
use crate::store::{self};
use chrono::{DateTime, NaiveDate, Utc};
use serde_json::{Map, Value};
use uuid::Uuid;

/// Everything that an item's page tells: what hangs on it, all its versions, and the names of whatever any of them points at.
#[derive(Clone, Debug)]
pub struct Story {
    pub links: Vec<Linked>,
    pub comments: Vec<Comment>,
    pub versions: Vec<VersionRow>,
    pub names: Names,
}

/// Reads what an item's page tells.
///
/// # Errors
/// When the database is away.
pub async fn of(app: &App, ctx: &Ctx, entered: &Entered, item: &Item) -> Result<Story> {
    let links = store::link::of(&app.db, item.id, ctx.reader(), entered.as_of()).await?;
    let comments = store::comment::of(&app.db, item.id, entered.as_of()).await?;
    let versions = store::event::versions(&app.db, item.id, item.kind, entered.as_of()).await?;
    let writers: Map<String, Value> = versions
        .iter()
        .enumerate()
        .filter_map(|(at, row)| Some((at.to_string(), Value::from(row.recorded_by?.to_string()))))
        .collect();
    let own = item.detail.values();
    let values = versions.iter().map(|row| &row.values).chain([&writers, &own]);
    let names = names_in(app, ctx, values).await?;
    Ok(Story { links, comments, versions, names })
}

/// One write of an item: when, by whom, why, and what it changed.
#[derive(Clone, Debug)]
pub struct Version {
    /// From when it holds.
    pub effective_on: NaiveDate,
    pub recorded_at: DateTime<Utc>,
    pub recorded_by: Option<Uuid>,
    pub reason: Option<String>,
    /// By field: what it was (null at first) and what it became.
    pub changes: Map<String, Value>,
}

/// The versions of an item up to the day that is shown, in the order in which they took effect. What was written together
/// counts as one.
///
/// # Errors
/// When the database is away.
pub async fn versions(app: &App, entered: &Entered, item: &Item) -> Result<Vec<Version>> {
    let rows = store::event::versions(&app.db, item.id, item.kind, entered.as_of()).await?;
    let mut before: Map<String, Value> = Map::new();
    let mut versions: Vec<Version> = Vec::new();
    for row in rows {
        let mut changes = Map::new();
        for (name, value) in row.values {
            let derived = ["version", "effective_on", "open", "next_on", "number"].contains(&name.as_str());
            // The item's own kind never changes; a milestone's kind is a field of its own.
            if row.part == "item" && name == "kind" {
                continue;
            }
            let blank = value.is_null()
                || value == ""
                || value == Value::Array(Vec::new())
                || value == Value::Bool(false);
            let was = before.get(&name).cloned().unwrap_or_default();
            if !derived && was != value && !(was.is_null() && blank) {
                changes.insert(name.clone(), serde_json::json!({"from": was, "to": value}));
            }
            before.insert(name, value);
        }
        let together = versions
            .last_mut()
            .filter(|last| last.recorded_at == row.recorded_at && last.effective_on == row.effective_on);
        match together {
            Some(last) => last.changes.extend(changes),
            None => versions.push(Version {
                effective_on: row.effective_on,
                recorded_at: row.recorded_at,
                recorded_by: row.recorded_by,
                reason: row.reason,
                changes,
            }),
        }
    }
    Ok(versions)
}
