//! What stands in an item, in words: names instead of ids, labels instead of codes.

use crate::domain::draft::{Control, Field, Holds, Rows};
use crate::domain::gate::Checked;
use crate::domain::item;
use crate::domain::kind::{Kind, State};
use crate::domain::readiness::role_label;
use crate::domain::report::{COLOURS, DIMENSIONS};
use crate::store::lookup::Names;
use crate::web::log::cells;
use chrono::NaiveDate;
use serde::Deserialize;
use serde_json::{Map, Value};
use uuid::Uuid;

/// What an item has beside the fields of its form: what changes of state leave behind.
pub const LEFT_BEHIND: &[Field] = &[
    Field::new("state", "State", Control::Line(20)),
    Field::new("archived_at", "Archived", Control::Line(40)),
    Field::new("original_on", "First committed", Control::Date),
    Field::new("forecast_stated_on", "Forecast stated", Control::Date),
    Field::new("achieved_on", "Achieved", Control::Date),
    Field::new("accepted_by", "Accepted by", Control::Person),
    Field::new("accepted_until", "Accepted until", Control::Date),
    Field::new("acceptance_reason", "Why it is accepted", Control::Text(5_000)),
    Field::new("resolved_on", "Resolved", Control::Date),
    Field::new("proposed_needed_by", "Needed-by asked for", Control::Date),
    Field::new("proposed_promised_by", "Promised-by offered", Control::Date),
    Field::new("provider_agreed_by", "Agreed for the provider by", Control::Person),
    Field::new("provider_agreed_on", "Provider agreed", Control::Date),
    Field::new("consumer_agreed_by", "Agreed for the consumer by", Control::Person),
    Field::new("consumer_agreed_on", "Consumer agreed", Control::Date),
    Field::new("delivered_on", "Delivered", Control::Date),
    Field::new("accepted_on", "Accepted", Control::Date),
    Field::new("outcome", "Outcome", Control::Text(5_000)),
    Field::new("escalated_to", "Escalated to", Control::Person),
    Field::new("escalated_on", "Escalated", Control::Date),
    Field::new("escalation_level", "Level of escalation", Control::Int(0, 20)),
    Field::new("level_on", "Level reached on", Control::Date),
    Field::new("measured_on", "Last measured", Control::Date),
    Field::new("added", "Added", Control::Line(0)),
    Field::new("removed", "Removed", Control::Line(0)),
    Field::new("redefined", "Redefined", Control::Line(0)),
    Field::new("submitted_on", "Submitted", Control::Date),
    Field::new("decided_option", "Decided option", Control::Line(200)),
    Field::new("rationale", "Rationale", Control::Text(10_000)),
    Field::new("decided_by", "Decided by", Control::Person),
    Field::new("decided_on", "Decided", Control::Date),
    Field::new("decision_reason", "Reason of the decision", Control::Text(5_000)),
    Field::new("deferred_until", "Deferred until", Control::Date),
    Field::new("superseded_by", "Superseded by", Control::Item),
    Field::new("implemented_on", "Implemented", Control::Date),
    Field::new("done_on", "Done", Control::Date),
    Field::new("conditions", "Conditions", Control::Text(10_000)),
    Field::new("evidence_source", "Evidence from", Control::Line(200)),
    Field::new("evidence_on", "Evidence given", Control::Date),
    Field::new("settled_on", "Settled", Control::Date),
    Field::new("settled_by", "Settled by", Control::Person),
    Field::new("checked", "Checks at the go / no-go", Control::Line(0)),
    Field::new("override_reason", "Why without the quorum", Control::Text(2_000)),
    Field::new("rollback_reason", "Why it was rolled back", Control::Text(5_000)),
    Field::new("waiver_reason", "Why it is waived or doesn’t apply", Control::Text(5_000)),
    Field::new("waived_until", "Waived until", Control::Date),
    Field::new("launched_on", "Launched", Control::Date),
    Field::new("reviewed_on", "Reviewed", Control::Date),
    Field::new("rolled_back_on", "Rolled back", Control::Date),
    Field::new("published_on", "Published", Control::Date),
    Field::new("published_by", "Published by", Control::Person),
    Field::new("revises", "Corrects", Control::Item),
    Field::new("held_on", "Held", Control::Date),
    Field::new("computed", "Computed", Control::Named(DIMENSIONS, Holds::Choice(COLOURS))),
    Field::new("frozen", "As published", Control::Line(0)),
    Field::new("written", "Written from the facts", Control::Line(0)),
    Field::new("rules_version", "Version of the rules", Control::Int(1, 10_000)),
    Field::new("closed_on", "Closed", Control::Date),
];

/// The field under which a stored value stands.
#[must_use]
pub fn field(kind: Kind, name: &str) -> Option<&'static Field> {
    let name = if name == "from_item" { "from" } else { name };
    item::fields(kind)
        .find(|field| field.name == name)
        .or_else(|| LEFT_BEHIND.iter().find(|field| field.name == name))
}

/// Options by their titles; other rows whole.
fn listed_rows(rows: &Rows, value: &Value) -> String {
    let titled = rows.parts.first().is_some_and(|part| part.name == "title");
    let line = |row: &Value| {
        if titled {
            row["title"].as_str().unwrap_or_default().to_owned()
        } else {
            rows.line(row).replace(" | ", " · ")
        }
    };
    value.as_array().map(|list| list.iter().map(line).collect::<Vec<_>>().join("; ")).unwrap_or_default()
}

/// A day as a reader sees it.
#[must_use]
pub fn day(day: NaiveDate) -> String {
    day.format("%-d %b %Y").to_string()
}

/// A stored value in words; empty where there is none. `values` is what it stands in, for what is kept in several columns.
#[must_use]
pub fn words(field: &Field, values: &Map<String, Value>, names: &Names, currency: &str) -> String {
    let name = if field.name == "from" { "from_item" } else { field.name };
    let value = values.get(name).unwrap_or(&Value::Null);
    if field.name == "frozen" {
        return if value.is_null() { String::new() } else { "every number and sentence".to_owned() };
    }
    if field.name == "checked" {
        return Checked::deserialize(value).map(Checked::words).unwrap_or_default();
    }
    let text = value.as_str().unwrap_or_default();
    let id = || text.parse::<Uuid>().ok();
    let unknown = || if text.is_empty() { String::new() } else { "somebody unknown".into() };
    match field.control {
        Control::Person => id().and_then(|id| names.people.get(&id).cloned()).unwrap_or_else(unknown),
        Control::Team => id().and_then(|id| names.teams.get(&id).cloned()).unwrap_or_default(),
        Control::Project => {
            id().and_then(|id| names.projects.get(&id)).map(|(_, name)| name.clone()).unwrap_or_default()
        }
        Control::Item => {
            id().and_then(|id| names.items.get(&id)).map(|(r, _)| r.to_string()).unwrap_or_default()
        }
        Control::Calendar => id().and_then(|id| names.calendars.get(&id).cloned()).unwrap_or_default(),
        Control::Resources => value
            .as_array()
            .map(|list| list.iter().map(|one| resource(one, names)).collect::<Vec<_>>().join(", "))
            .unwrap_or_default(),
        Control::Decimal(..) => value.as_f64().map(|number| number.to_string()).unwrap_or_default(),
        Control::Party => match cells::party(values, field.name, names) {
            nobody if nobody == "nobody yet" => String::new(),
            party => party,
        },
        Control::Date => text.parse().map(day).unwrap_or_default(),
        Control::Flag => {
            if value.as_bool() == Some(true) {
                "yes".into()
            } else {
                String::new()
            }
        }
        Control::Choice(choices) => {
            choices.iter().find(|(name, _)| *name == text).map_or(text, |(_, label)| label).to_owned()
        }
        Control::Choices(choices) => listed(value, |name| {
            choices.iter().find(|(known, _)| *known == name).map_or(name, |(_, label)| label).to_owned()
        }),
        Control::Amount => value.as_f64().map(|n| cells::amount(n, currency, false)).unwrap_or_default(),
        Control::Scope(_) => value.as_i64().filter(|n| *n != 0).map(|n| n.to_string()).unwrap_or_default(),
        Control::ThreePoints => value
            .as_array()
            .map(|days| {
                days.iter().map(ToString::to_string).collect::<Vec<_>>().join(" / ") + " working days"
            })
            .unwrap_or_default(),
        Control::Rows(rows) => listed_rows(rows, value),
        Control::Named(choices, _) => choices
            .iter()
            .filter_map(|(name, label)| Some(format!("{label}: {}", value.get(*name)?.as_str()?)))
            .collect::<Vec<_>>()
            .join("; "),
        Control::People => listed(value, |id| {
            id.parse().ok().and_then(|id: Uuid| names.people.get(&id).cloned()).unwrap_or_default()
        }),
        Control::Holders => value
            .as_array()
            .map(|list| list.iter().map(|one| holder(one, names)).collect::<Vec<_>>().join("; "))
            .unwrap_or_default(),
        Control::Time => text.get(..5).unwrap_or_default().to_owned(),
        Control::Commitments => value
            .as_array()
            .map(|list| list.iter().map(|one| commitment(one, names)).collect::<Vec<_>>().join("; "))
            .unwrap_or_default(),
        Control::Int(..) if field.name == "severity" => cells::severity(value.as_i64()),
        Control::Int(..) if ["confidence", "percent_complete"].contains(&field.name) => {
            value.as_i64().map(|n| format!("{n} %")).unwrap_or_default()
        }
        Control::Line(_) if field.name == "state" => {
            State::from_name(text).map_or_else(|| text.to_owned(), |state| state.label().to_owned())
        }
        Control::Line(_) if field.name == "archived_at" => text.get(..10).unwrap_or(text).to_owned(),
        _ => match value {
            Value::Null => String::new(),
            Value::String(text) => text.clone(),
            Value::Array(_) => listed(value, str::to_owned),
            other => other.to_string(),
        },
    }
}

fn listed(value: &Value, word: impl Fn(&str) -> String) -> String {
    let list = value.as_array().map(Vec::as_slice).unwrap_or_default();
    list.iter().filter_map(Value::as_str).map(word).collect::<Vec<_>>().join(", ")
}

/// A role with who holds it.
fn holder(one: &Value, names: &Names) -> String {
    let who = one["person"].as_str().and_then(|id| id.parse::<Uuid>().ok());
    let who = who.and_then(|id| names.people.get(&id).cloned()).unwrap_or_else(|| "somebody unknown".into());
    format!("{}: {who}", role_label(one["role"].as_str().unwrap_or_default()))
}

/// Who works on something, with their share where it isn't the whole.
fn resource(one: &Value, names: &Names) -> String {
    let id = |what: &str| one[what].as_str().and_then(|id| id.parse::<Uuid>().ok());
    let name = match (id("team"), id("person")) {
        (Some(team), _) => names.teams.get(&team),
        (_, Some(person)) => names.people.get(&person),
        _ => None,
    };
    let name = name.cloned().unwrap_or_else(|| "somebody unknown".into());
    match one["units"].as_f64() {
        Some(units) if (units - 100.0).abs() > f64::EPSILON => format!("{name} {units} %"),
        _ => name,
    }
}

fn commitment(one: &Value, names: &Names) -> String {
    let item =
        one["item"].as_str().and_then(|id| id.parse::<Uuid>().ok()).and_then(|id| names.items.get(&id));
    let on = one["committed_on"].as_str().and_then(|on| on.parse().ok()).map(day).unwrap_or_default();
    match item {
        Some((reference, _)) => format!("{reference} {on}"),
        None => on,
    }
}

/// How a link is told from one of its ends.
#[must_use]
pub fn relation(name: &str, outward: bool) -> &'static str {
    match (name, outward) {
        ("mitigates", true) => "Mitigates",
        ("mitigates", false) => "Mitigated by",
        ("causes", true) => "Causes",
        ("causes", false) => "Caused by",
        ("materialised_as", true) => "Materialised as",
        ("materialised_as", false) => "Materialised from",
        ("threatens", true) => "Threatens",
        ("threatens", false) => "Threatened by",
        ("blocks", true) => "Blocks",
        ("blocks", false) => "Blocked by",
        ("resolves", true) => "Resolves",
        ("resolves", false) => "Resolved by",
        ("decides", true) => "Decides",
        ("decides", false) => "Decided by",
        ("implements", true) => "Implements",
        ("implements", false) => "Implemented by",
        ("supersedes", true) => "Supersedes",
        ("supersedes", false) => "Superseded by",
        ("mentions", _) => "Mentioned in",
        _ => "Relates to",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::link::RELATIONS;

    #[test]
    fn every_relation_is_told_from_both_ends() {
        for name in RELATIONS.iter().filter(|name| **name != "relates") {
            assert_ne!(relation(name, true), "Relates to", "{name}");
            assert_ne!(relation(name, true), relation(name, false), "{name}");
        }
    }

    #[test]
    fn everything_that_a_kind_stores_has_a_label() {
        let columns = ["provider", "consumer"]
            .map(|side| ["project", "team", "external"].map(|what| format!("{side}_{what}")));
        for kind in Kind::ALL {
            for name in crate::domain::item::Detail::blank(kind).values().keys() {
                let of_party = columns.iter().flatten().any(|column| column == name);
                assert!(of_party || field(kind, name).is_some(), "{kind:?}: {name}");
            }
        }
    }
}
