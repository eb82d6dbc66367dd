//! The forms of items: each field of a kind as a control, filled with what a person would type, and what was typed read back.

use super::words::LEFT_BEHIND;
use crate::domain::draft::{Control, Draft, Field, FieldError};
use crate::domain::item::{self, Detail, Item};
use crate::domain::kind::Kind;
use crate::store::item::Stored;
use crate::store::link::Linked;
use crate::store::lookup::{Names, Offered};
use crate::web::form::{self, Input, Shown};
use serde_json::{Map, Value};
use uuid::Uuid;

/// Fields that belong together.
#[derive(Clone, Debug)]
pub struct Group {
    pub legend: &'static str,
    pub fields: Vec<Shown>,
}

/// What is needed to write ids as names.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    pub names: &'a Names,
    pub offered: &'a Offered,
}

impl Known<'_> {
    /// A person as they are found again: by name where only one bears it, else by e-mail or handle.
    fn person(&self, id: Uuid) -> String {
        let offered = self.offered.people.iter().find(|(known, ..)| known.0 == id);
        match offered {
            Some((_, name, extra)) => {
                let alone = self
                    .offered
                    .people
                    .iter()
                    .filter(|(_, other, _)| other.eq_ignore_ascii_case(name))
                    .count()
                    == 1;
                if alone { name.clone() } else { extra.clone().unwrap_or_else(|| id.to_string()) }
            }
            None => self.names.people.get(&id).cloned().unwrap_or_else(|| id.to_string()),
        }
    }

    fn project(&self, id: Uuid) -> String {
        let offered = self.offered.projects.iter().find(|(known, ..)| known.0 == id).map(|(_, key, _)| key);
        let named = offered.or_else(|| self.names.projects.get(&id).map(|(key, _)| key));
        named.cloned().unwrap_or_else(|| id.to_string())
    }

    fn team(&self, id: Uuid) -> String {
        let offered = self.offered.teams.iter().find(|(known, _)| known.0 == id).map(|(_, name)| name);
        offered.or_else(|| self.names.teams.get(&id)).cloned().unwrap_or_else(|| id.to_string())
    }

    fn calendar(&self, id: Uuid) -> String {
        self.names.calendars.get(&id).cloned().unwrap_or_else(|| id.to_string())
    }

    fn item(&self, id: Uuid) -> String {
        self.names.items.get(&id).map_or_else(|| id.to_string(), |(reference, _)| reference.to_string())
    }
}

/// A draft as a person would type it: names for people, teams and projects, references for items, one option or date a line.
#[must_use]
pub fn shown<'f>(fields: impl IntoIterator<Item = &'f Field>, draft: &Draft, known: Known<'_>) -> Draft {
    let mut typed = Map::new();
    for field in fields {
        let value = draft.0.get(field.name).unwrap_or(&Value::Null);
        typed.insert(field.name.to_owned(), Value::String(typed_as(field, value, known)));
    }
    Draft(typed)
}

fn typed_as(field: &Field, value: &Value, known: Known<'_>) -> String {
    let id = |value: &Value| {
        value.as_str().filter(|text| text.len() == 36).and_then(|text| text.parse::<Uuid>().ok())
    };
    let text = |value: &Value| match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let named = |name: &dyn Fn(Uuid) -> String| id(value).map_or_else(|| text(value), name);
    let list = |word: &dyn Fn(&Value) -> String, between: &str| match value {
        Value::Array(list) => list.iter().map(word).collect::<Vec<_>>().join(between),
        other => text(other),
    };
    match field.control {
        Control::Person => named(&|id| known.person(id)),
        Control::Team => named(&|id| known.team(id)),
        Control::Project => named(&|id| known.project(id)),
        Control::Item => named(&|id| known.item(id)),
        Control::Items => list(&|one| id(one).map_or_else(|| text(one), |id| known.item(id)), ", "),
        Control::Party => match value {
            Value::Object(party) => {
                let side = |what: &str| party.get(what).filter(|value| !value.is_null());
                if let Some(project) = side("project") {
                    format!("project: {}", id(project).map_or_else(|| text(project), |id| known.project(id)))
                } else if let Some(team) = side("team") {
                    format!("team: {}", id(team).map_or_else(|| text(team), |id| known.team(id)))
                } else {
                    side("external").map(|name| format!("external: {}", text(name))).unwrap_or_default()
                }
            }
            other => text(other),
        },
        Control::Rows(rows) => list(&|row| if row.is_object() { rows.line(row) } else { text(row) }, "\n"),
        Control::People => list(&|one| id(one).map_or_else(|| text(one), |id| known.person(id)), ", "),
        Control::Commitments => list(
            &|one| {
                let item = if one["item"].is_null() { &one["ref"] } else { &one["item"] };
                format!(
                    "{} {}",
                    id(item).map_or_else(|| text(item), |id| known.item(id)),
                    text(&one["committed_on"])
                )
            },
            "\n",
        ),
        Control::Holders => list(
            &|one| {
                let who = &one["person"];
                format!(
                    "{} | {}",
                    text(&one["role"]),
                    id(who).map_or_else(|| text(who), |id| known.person(id))
                )
            },
            "\n",
        ),
        Control::Calendar => named(&|id| known.calendar(id)),
        Control::Resources => list(
            &|one| {
                let of = |what: &str| one.get(what).filter(|value| !value.is_null());
                let name = match (of("team"), of("person")) {
                    (Some(team), _) => {
                        format!("team: {}", id(team).map_or_else(|| text(team), |id| known.team(id)))
                    }
                    (_, Some(person)) => id(person).map_or_else(|| text(person), |id| known.person(id)),
                    _ => String::new(),
                };
                match one["units"].as_f64() {
                    Some(units) if (units - 100.0).abs() > f64::EPSILON => format!("{name} {units} %"),
                    _ => name,
                }
            },
            ", ",
        ),
        Control::Decimal(..) => value.as_f64().map_or_else(|| text(value), |number| number.to_string()),
        Control::Flag if value.as_bool() == Some(false) => String::new(),
        Control::Scope(_) if value.as_i64() == Some(0) => String::new(),
        Control::Scope(scope) => list(
            &|one| {
                let part = |name: &str| {
                    let value = match (name, &one["item"]) {
                        ("ref", item) if !item.is_null() => item,
                        _ => &one[name],
                    };
                    match (id(value), name) {
                        (Some(id), "project") => known.project(id),
                        (Some(id), _) => known.item(id),
                        (None, _) => text(value),
                    }
                };
                if let Some(item) = id(one).or_else(|| id(&one["item"]).filter(|_| one["title"].is_null())) {
                    return known.item(item);
                }
                if !one.is_object() {
                    return text(one);
                }
                let parts: Vec<_> = scope.parts().into_iter().map(part).collect();
                parts.join(" | ").trim_end_matches([' ', '|']).to_owned()
            },
            "\n",
        ),
        Control::Amount if value.is_f64() => {
            let amount = value.as_f64().unwrap_or_default();
            if amount.fract() == 0.0 { format!("{amount:.0}") } else { format!("{amount:.2}") }
        }
        _ => list(&text, ", "),
    }
}

/// An item's draft as its form shows it. What it threatens is kept as links; a date that waits for the other side's consent
/// stands in the form as it was typed.
#[must_use]
pub fn of_item(stored: &Stored, links: &[Linked], known: Known<'_>) -> Draft {
    let mut draft = stored.item.draft();
    if stored.item.kind == Kind::Risk {
        let threatened = links.iter().filter(|link| link.relation == "threatens" && link.outward);
        let references: Vec<_> = threatened.map(|link| Value::from(link.reference.to_string())).collect();
        draft.0.insert("threatens".into(), Value::Array(references));
    }
    shown(item::fields(stored.item.kind), &draft, known)
}

/// The same groups, with another hint beside a field.
#[must_use]
pub fn hinted(mut groups: Vec<Group>, name: &str, hint: Option<&str>) -> Vec<Group> {
    let fields = groups.iter_mut().flat_map(|group| &mut group.fields);
    if let (Some(hint), Some(field)) = (hint, fields.into_iter().find(|field| field.name == name)) {
        hint.clone_into(&mut field.hint);
    }
    groups
}

/// What was typed into an item's form: a flag that was left out is not set, a choice among several that was left out is empty.
#[must_use]
pub fn posted(kind: Kind, mut draft: Draft) -> Draft {
    for field in item::fields(kind) {
        if draft.0.contains_key(field.name) {
            continue;
        }
        match field.control {
            Control::Flag => drop(draft.0.insert(field.name.into(), Value::Bool(false))),
            Control::Choices(_) => drop(draft.0.insert(field.name.into(), Value::Array(Vec::new()))),
            _ => {}
        }
    }
    draft
}

/// What of the typed differs from what the form would show of the stored item: only that is written, so that what the form
/// can't say as well as it is stored stays as it is.
#[must_use]
pub fn changed(typed: &Draft, stored: &Draft) -> Draft {
    let plain = |draft: &Draft, name: &str| match draft.text(name).replace("\r\n", "\n").trim() {
        "false" => String::new(),
        text => text.to_owned(),
    };
    let differs = |name: &str| !stored.0.contains_key(name) || plain(typed, name) != plain(stored, name);
    Draft(
        typed
            .0
            .iter()
            .filter(|(name, _)| differs(name))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect(),
    )
}

/// A form of an item: its fields in groups, filled from a draft as typed, with the errors beside them.
#[must_use]
pub fn groups(kind: Kind, typed: &Draft, errors: &[FieldError], stored: Option<&Item>) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for field in item::fields(kind) {
        let legend = legend(kind, field.name);
        let mut control = form::control(field, "f-", typed, errors);
        if let Some(item) = stored {
            mind(&mut control, item);
        }
        match groups.iter_mut().find(|group| group.legend == legend) {
            Some(group) => group.fields.push(control),
            None => groups.push(Group { legend, fields: vec![control] }),
        }
    }
    groups
}

/// What of a stored item its form has to say: a committed date is fixed, a date may wait for consent.
fn mind(control: &mut Shown, item: &Item) {
    match (&item.detail, control.name) {
        (Detail::Milestone(own), "committed_on") if own.committed_on.is_some() => {
            "Changes only through a baseline: approve a change request.".clone_into(&mut control.hint);
            if let Input::Line { fixed, .. } = &mut control.input {
                *fixed = true;
            }
        }
        (Detail::Dependency(own), "needed_by" | "promised_by") if own.is_agreed() => {
            let (agreed, waits) = if control.name == "needed_by" {
                (own.needed_by, own.proposed_needed_by.is_some())
            } else {
                (own.promised_by, own.proposed_promised_by.is_some())
            };
            let agreed = agreed.map_or_else(|| "no date".to_owned(), super::words::day);
            control.hint = if waits {
                format!("Agreed: {agreed}. This date waits for the other side's consent.")
            } else {
                format!("Agreed: {agreed}. Another date waits for the other side's consent.")
            };
        }
        _ => {}
    }
}

const fn of_kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Milestone => "The milestone",
        Kind::Activity => "The activity",
        Kind::Risk => "The risk",
        Kind::Assumption => "The assumption",
        Kind::Issue => "The issue",
        Kind::Dependency => "The contract",
        Kind::Decision => "The decision",
        Kind::Change => "The change",
        Kind::Action => "The action",
        Kind::Gate => "The gate",
        Kind::Check => "The check",
        Kind::Release => "The release",
        Kind::Report => "The report",
        Kind::Benefit => "The benefit",
        Kind::Stakeholder => "The stakeholder",
        Kind::Meeting => "The meeting",
        Kind::Lesson => "The lesson",
    }
}

fn legend(kind: Kind, name: &str) -> &'static str {
    match (kind, name) {
        (_, "owner" | "project" | "raised_on" | "tags" | "threatens") => "Who, where and when",
        (
            Kind::Risk,
            "probability"
            | "impact"
            | "inherent_probability"
            | "inherent_impact"
            | "target_probability"
            | "target_impact"
            | "schedule_effect_days"
            | "cost_effect",
        ) => "Assessment",
        (Kind::Activity, "percent_complete" | "remaining_days" | "actual_start_on" | "actual_finish_on") => {
            "Progress"
        }
        (Kind::Activity, "constraint" | "constraint_on" | "deadline_on" | "calendar") => {
            "What binds its dates"
        }
        (Kind::Risk, "response" | "response_plan" | "trigger" | "review_on") => "Response",
        (
            Kind::Change,
            "adds" | "removes" | "redefines" | "schedule_days" | "cost" | "rebaseline" | "options",
        ) => "Effect",
        _ => of_kind(kind),
    }
}

/// The label of the day from which a write holds.
pub const HOLDS_FROM: &str = "Holds from";

/// The summary above a form, which also has the fields of the write itself.
#[must_use]
pub fn summary(groups: &[Group], errors: &[FieldError]) -> Vec<(String, String)> {
    let mut lines = form::summary(groups.iter().flat_map(|group| &group.fields), errors);
    for (line, error) in lines.iter_mut().zip(errors) {
        if ["effective_on", "reason", "write_reason"].contains(&error.field.as_str())
            && !groups.iter().any(|group| group.fields.iter().any(|field| field.name == error.field))
        {
            line.0 = format!("f-{}", error.field);
            if error.field == "effective_on" {
                line.1 = format!("{HOLDS_FROM}: {}", error.message);
            }
        }
    }
    lines
}

/// The fields of a new item that the address fills in already: `?title=…&from=ATLAS-A3`.
#[must_use]
pub fn prefilled(kind: Kind, pairs: Vec<(String, String)>) -> Draft {
    let mut draft = Map::new();
    for (name, value) in pairs {
        let Some(field) = item::fields(kind).find(|field| field.name == name) else { continue };
        let value = match draft.remove(&name) {
            Some(Value::String(first)) if matches!(field.control, Control::Choices(_)) => {
                format!("{first},{value}")
            }
            _ => value,
        };
        draft.insert(name, Value::String(value));
    }
    Draft(draft)
}

/// Where both what is stored now and what was typed differ: what each field says now, beside it.
#[must_use]
pub fn both(kind: Kind, typed: &Draft, now: &Draft) -> Vec<FieldError> {
    let differing = changed(typed, now);
    item::fields(kind)
        .filter(|field| differing.0.contains_key(field.name))
        .map(|field| form::says_now(field, &now.text(field.name)))
        .collect()
}

/// Whether a field is one that only changes of state fill.
#[must_use]
pub fn is_left_behind(name: &str) -> bool {
    LEFT_BEHIND.iter().any(|field| field.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::{PersonId, ProjectId, TeamId};
    use crate::domain::kind::Reference;
    use serde_json::json;

    fn draft(value: Value) -> Draft {
        let Value::Object(map) = value else { panic!("an object") };
        Draft(map)
    }

    fn offered() -> Offered {
        let person = |n: u128, name: &str, extra: Option<&str>| {
            (PersonId(Uuid::from_u128(n)), name.to_owned(), extra.map(str::to_owned))
        };
        Offered {
            people: vec![
                person(1, "Ann Lee", None),
                person(2, "Sam", Some("sam@a.example")),
                person(3, "Sam", None),
            ],
            projects: vec![(ProjectId(Uuid::from_u128(4)), "INV".into(), "Invoicing".into())],
            teams: vec![(TeamId(Uuid::from_u128(5)), "Ledger".into())],
            calendars: Vec::new(),
            milestones: Vec::new(),
        }
    }

    #[test]
    fn a_stored_draft_is_shown_as_a_person_would_type_it() {
        let (offered, mut names) = (offered(), Names::default());
        let item = Uuid::from_u128(6);
        names.items.insert(item, (Reference::parse("ATLAS-M3").unwrap(), None));
        let known = Known { names: &names, offered: &offered };
        let id = |n: u128| Uuid::from_u128(n).to_string();
        let stored = draft(json!({
            "owner": id(1), "project": id(4), "provider": {"team": id(5)}, "consumer": {"external": "Auditor"},
            "provider_milestone": item, "tags": ["a", "b"],
        }));
        let typed = shown(item::fields(Kind::Dependency), &stored, known);
        for (name, text) in [
            ("owner", "Ann Lee"),
            ("project", "INV"),
            ("provider", "team: Ledger"),
            ("consumer", "external: Auditor"),
            ("provider_milestone", "ATLAS-M3"),
            ("tags", "a, b"),
            ("title", ""),
        ] {
            assert_eq!(typed.text(name), text, "{name}");
        }
        let two = draft(json!({"owner": id(2)}));
        assert_eq!(shown(item::fields(Kind::Risk), &two, known).text("owner"), "sam@a.example");
        let options =
            draft(json!({"options": [{"title": "Buy", "benefits": "fast", "costs": "", "risks": ""}]}));
        assert_eq!(shown(item::fields(Kind::Decision), &options, known).text("options"), "Buy | fast");
        let dates = draft(json!({"rebaseline": [{"item": item, "committed_on": "2027-03-12"}], "adds": 0}));
        let typed = shown(item::fields(Kind::Change), &dates, known);
        assert_eq!(typed.text("rebaseline"), "ATLAS-M3 2027-03-12");
        assert_eq!(typed.text("adds"), "");
    }

    #[test]
    fn a_box_left_out_is_not_ticked_and_only_what_differs_is_written() {
        let stored = draft(json!({"title": "T", "blocking": "true", "description": "a\nb"}));
        let typed =
            posted(Kind::Issue, draft(json!({"title": "T", "description": "a\r\nb", "severity": "2"})));
        let written = changed(&typed, &stored);
        assert_eq!(written.0.get("blocking"), Some(&Value::Bool(false)));
        assert_eq!(written.0.get("severity"), Some(&json!("2")));
        assert!(!written.0.contains_key("title") && !written.0.contains_key("description"));
        let typed = posted(Kind::Change, draft(json!({"title": "T"})));
        assert_eq!(typed.0.get("kinds"), Some(&json!([])));
    }
}
