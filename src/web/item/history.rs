//! The history of an item: each version, with what changed from the one before, in words.

use super::words;
use crate::domain::draft::{Control, Field};
use crate::domain::item;
use crate::domain::kind::Kind;
use crate::store::event::VersionRow;
use crate::store::lookup::Names;
use chrono::{DateTime, NaiveDate, Utc};
use serde_json::{Map, Value};

/// A version of an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    pub effective_on: NaiveDate,
    pub recorded_at: DateTime<Utc>,
    /// It was written down on another day than that from which it holds.
    pub told_later: bool,
    pub who: Option<String>,
    pub reason: Option<String>,
    /// The first one.
    pub raised: bool,
    pub changes: Vec<Change>,
}

/// A field that changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub label: &'static str,
    pub from: Option<String>,
    pub to: Option<String>,
    /// A long text: what it said is folded away.
    pub long: bool,
}

/// Texts of more bytes than this are folded away.
const LONG: usize = 240;
/// What changes because something else did.
const FOLLOWS: [&str; 2] = ["forecast_stated_on", "closed_on"];

/// The versions of an item, newest first.
#[must_use]
pub fn timeline(kind: Kind, rows: &[VersionRow], names: &Names, currency: &str) -> Vec<Version> {
    let mut versions: Vec<Version> = Vec::new();
    let mut before = Map::new();
    let mut at = 0;
    while let Some(first) = rows.get(at) {
        // The item and what its kind has of its own are written together.
        let group = rows[at..]
            .iter()
            .take_while(|row| row.recorded_at == first.recorded_at && row.effective_on == first.effective_on)
            .count();
        let rows_of = &rows[at..at + group];
        at += group;
        let mut after = before.clone();
        for row in rows_of {
            for (name, value) in &row.values {
                // The item's own kind and number never change; a milestone's kind is a field of its own.
                if row.part == "item" && ["kind", "number"].contains(&name.as_str()) {
                    continue;
                }
                after.insert(name.clone(), value.clone());
            }
        }
        let raised = versions.is_empty();
        let changes = if raised { Vec::new() } else { changes(kind, &before, &after, names, currency) };
        before = after;
        let reason = rows_of.iter().find_map(|row| row.reason.clone()).filter(|reason| !reason.is_empty());
        // One in which nothing changed says why it is there, or nothing.
        if changes.is_empty() && !raised && reason.is_none() {
            continue;
        }
        versions.push(Version {
            effective_on: first.effective_on,
            recorded_at: first.recorded_at,
            told_later: first.recorded_at.date_naive() > first.effective_on,
            who: first.recorded_by.and_then(|id| names.people.get(&id).cloned()),
            reason,
            raised,
            changes,
        });
    }
    versions.reverse();
    versions
}

fn changes(
    kind: Kind,
    before: &Map<String, Value>,
    after: &Map<String, Value>,
    names: &Names,
    currency: &str,
) -> Vec<Change> {
    let fields = words::LEFT_BEHIND.iter().take(2).chain(item::fields(kind)).chain(&words::LEFT_BEHIND[2..]);
    let mut changes: Vec<_> = fields
        .filter_map(|field| Some((field.name, change(field, before, after, names, currency)?)))
        .collect();
    // What follows from another change is told only where it stands alone: a forecast that was confirmed as it was.
    if changes.iter().any(|(name, _)| !FOLLOWS.contains(name)) {
        changes.retain(|(name, _)| !FOLLOWS.contains(name));
    }
    changes.into_iter().map(|(_, change)| change).collect()
}

fn change(
    field: &'static Field,
    before: &Map<String, Value>,
    after: &Map<String, Value>,
    names: &Names,
    currency: &str,
) -> Option<Change> {
    let was = words::words(field, before, names, currency);
    let is = words::words(field, after, names, currency);
    if was == is {
        return None;
    }
    let long = matches!(field.control, Control::Text(_) | Control::Rows(_)) && was.len().max(is.len()) > LONG;
    let some = |text: String| Some(text).filter(|text| !text.is_empty());
    Some(Change { label: field.label, from: some(was), to: some(is), long })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use uuid::Uuid;

    fn row(part: &str, on: &str, at: &str, values: Value) -> VersionRow {
        let Value::Object(values) = values else { panic!("an object") };
        VersionRow {
            part: part.into(),
            values,
            effective_on: on.parse().unwrap(),
            recorded_at: at.parse().unwrap(),
            recorded_by: Some(Uuid::nil()),
            reason: Some("because".into()),
        }
    }

    #[test]
    fn each_version_says_what_changed_with_names_for_ids() {
        let ann = Uuid::from_u128(7);
        let mut names = Names::default();
        names.people.insert(ann, "Ann Lee".into());
        names.people.insert(Uuid::nil(), "Bo".into());
        let first = "2026-03-01T08:00:00Z";
        let later = "2026-03-09T08:00:00Z";
        let rows = [
            row(
                "item",
                "2026-03-01",
                first,
                json!({"title": "T", "state": "open", "owner": null, "kind": "risk"}),
            ),
            row("detail", "2026-03-01", first, json!({"probability": 2, "impact": 3})),
            row("item", "2026-03-05", later, json!({"title": "T", "state": "in_progress", "owner": ann})),
            row("detail", "2026-03-05", later, json!({"probability": 4, "impact": null})),
        ];
        let versions = timeline(Kind::Risk, &rows, &names, "EUR");
        assert_eq!(versions.len(), 2);
        assert!(versions[1].raised && versions[1].changes.is_empty());
        assert!(versions[0].told_later);
        assert_eq!(versions[0].who.as_deref(), Some("Bo"));
        let told: Vec<_> = versions[0]
            .changes
            .iter()
            .map(|c| {
                format!(
                    "{}: {} → {}",
                    c.label,
                    c.from.as_deref().unwrap_or("-"),
                    c.to.as_deref().unwrap_or("-")
                )
            })
            .collect();
        assert_eq!(
            told,
            ["State: open → in progress", "Probability: 2 → 4", "Impact: 3 → -", "Owner: - → Ann Lee",]
        );
    }
}
