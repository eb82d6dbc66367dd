//! A form made from the fields of a resource: what it shows comes from the draft, so that nothing typed is lost when the
//! form is refused.

use crate::domain::draft::{Choices, Control, Draft, Field, FieldError};
use crate::domain::work_calendar::DAYS;
use askama::Template;
use serde_json::Value;
use uuid::Uuid;

/// The fields of a form, drawn: `{{ fields|safe }}`. The summary of what is wrong stands above them.
#[derive(Clone, Debug, Template)]
#[template(path = "parts/fields.html", escape = "html")]
pub struct Fields {
    shown: Vec<Shown>,
    /// What is wrong, as (id of the field, message): the summary above the form.
    errors: Vec<(String, String)>,
}

#[derive(Clone, Debug)]
struct Shown {
    id: String,
    name: String,
    label: &'static str,
    hint: &'static str,
    error: Option<String>,
    required: bool,
    input: Input,
}

#[derive(Clone, Debug)]
enum Input {
    /// One line: the type of the input, its value, and the class of its width.
    Line {
        kind: &'static str,
        value: String,
        size: &'static str,
    },
    Text(String),
    /// One of several: (value, label, chosen).
    Choice(Vec<(&'static str, &'static str, bool)>),
    Choices(Vec<(&'static str, &'static str, bool)>),
    /// Parts with a line each: (name, label, value).
    Parts(Vec<(String, &'static str, String)>),
    /// Named numbers: (name, label, value).
    Numbers(Vec<(String, &'static str, String)>),
}

impl Fields {
    /// Shows a draft in fields. `named` gives what an id in a stored draft stands for: the name of a person or team, the key
    /// of a project, the reference of an item.
    #[must_use]
    pub fn new<'f>(
        fields: impl IntoIterator<Item = &'f Field>,
        draft: &Draft,
        errors: &[FieldError],
        named: impl Fn(Uuid) -> Option<String>,
    ) -> Self {
        let shown: Vec<_> = fields
            .into_iter()
            .map(|field| Shown {
                id: format!("f-{}", field.name),
                name: field.name.to_owned(),
                label: field.label,
                hint: field.hint,
                error: errors.iter().find(|error| error.field == field.name).map(|e| e.message.clone()),
                required: field.required,
                input: input(field, draft, &named),
            })
            .collect();
        let errors = errors
            .iter()
            .map(|error| {
                let known = shown.iter().find(|field| field.name == error.field);
                // What belongs to no field leads to the first one.
                let field = known.or(shown.first());
                let label = known.map(|field| format!("{}: ", field.label)).unwrap_or_default();
                (field.map(|field| field.id.clone()).unwrap_or_default(), format!("{label}{}", error.message))
            })
            .collect();
        Self { shown, errors }
    }
}

fn chosen(choices: Choices, draft: &Draft, name: &str) -> Vec<(&'static str, &'static str, bool)> {
    choices.iter().map(|(value, label)| (*value, *label, draft.has(name, value))).collect()
}

fn input(field: &Field, draft: &Draft, named: &impl Fn(Uuid) -> Option<String>) -> Input {
    let text = || said(draft.0.get(field.name).unwrap_or(&Value::Null), ", ", named);
    let one = |kind, size| Input::Line { kind, value: text(), size };
    match field.control {
        Control::Line(most) => one(
            if field.name == "email" { "email" } else { "text" },
            if most > 120 && field.name != "email" { "wide" } else { "" },
        ),
        Control::Text(_) => Input::Text(text()),
        Control::Date => one("date", "short"),
        Control::Int(..) | Control::Amount | Control::Decimal(..) | Control::Count | Control::ThreePoints => {
            one("text", "short")
        }
        Control::Flag => {
            let on = matches!(text().as_str(), "true" | "on" | "yes" | "1");
            Input::Choice(vec![("false", "No", !on), ("true", "Yes", on)])
        }
        Control::Choice(choices) => {
            let mut options = chosen(choices, draft, field.name);
            if !field.required {
                let none = !options.iter().any(|(_, _, taken)| *taken);
                options.insert(0, ("", "", none));
            }
            Input::Choice(options)
        }
        Control::Choices(choices) => Input::Choices(chosen(choices, draft, field.name)),
        Control::Tags | Control::Items | Control::Dates | Control::Resources | Control::Calendar => {
            one("text", "wide")
        }
        Control::Person | Control::Team | Control::Project | Control::Item | Control::Party => {
            one("text", "")
        }
        Control::Options | Control::Commitments => {
            Input::Text(said(draft.0.get(field.name).unwrap_or(&Value::Null), "\n", named))
        }
        Control::Exceptions => Input::Text(text()),
        Control::Week => {
            let days = draft.0.get(field.name);
            let day = |name: &str| days.and_then(|days| days.get(name)).map(|v| said(v, ", ", named));
            let part = |(name, label): &(&str, &'static str)| {
                (format!("{}[{name}]", field.name), *label, day(name).unwrap_or_default())
            };
            Input::Parts(DAYS.iter().map(part).collect())
        }
        Control::Numbers(choices) => {
            let numbers = draft.0.get(field.name);
            let number = |name: &str| {
                numbers
                    .and_then(|numbers| numbers.get(name))
                    .map(|v| said(v, ", ", named))
                    .unwrap_or_default()
            };
            Input::Numbers(
                choices
                    .iter()
                    .map(|(name, label)| (format!("{}[{name}]", field.name), *label, number(name)))
                    .collect(),
            )
        }
    }
}

/// A value as a person would type it.
fn said(value: &Value, between: &str, named: &impl Fn(Uuid) -> Option<String>) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => {
            text.parse().ok().filter(|_| text.len() == 36).and_then(named).unwrap_or_else(|| text.clone())
        }
        Value::Array(list) => {
            list.iter().map(|value| said(value, between, named)).collect::<Vec<_>>().join(between)
        }
        Value::Object(parts) => object(parts, named),
        other => other.to_string(),
    }
}

fn object(parts: &serde_json::Map<String, Value>, named: &impl Fn(Uuid) -> Option<String>) -> String {
    let part = |name: &str| parts.get(name).map(|value| said(value, ", ", named)).unwrap_or_default();
    for side in ["team", "project", "external"] {
        if parts.get(side).is_some_and(|value| !value.is_null()) {
            return format!("{side}: {}", part(side));
        }
    }
    if parts.contains_key("committed_on") {
        let item = if parts.contains_key("ref") { part("ref") } else { part("item") };
        return format!("{item} {}", part("committed_on"));
    }
    if parts.contains_key("title") {
        let line = ["title", "benefits", "costs", "risks"].map(part).join(" | ");
        return line.trim_end_matches([' ', '|']).to_owned();
    }
    ["name", "ref", "handle", "email", "key", "id"]
        .iter()
        .find(|name| parts.contains_key(**name))
        .map(|name| part(name))
        .unwrap_or_default()
}

/// Where somebody else wrote in between: what each field that was typed otherwise says now, as errors beside the fields.
#[must_use]
pub fn both<'f>(
    fields: impl IntoIterator<Item = &'f Field>,
    typed: &Draft,
    now: &Draft,
    named: impl Fn(Uuid) -> Option<String>,
) -> Vec<FieldError> {
    let mut errors = vec![FieldError::new(
        "",
        "Somebody else changed this in the meantime, and nothing was overwritten. What you typed stands in the form; \
         save it again to have it so.",
    )];
    for field in fields {
        let Some(value) = typed.0.get(field.name) else { continue };
        let current = said(now.0.get(field.name).unwrap_or(&Value::Null), ", ", &named);
        if said(value, ", ", &named).trim() != current {
            let says = if current.is_empty() {
                "It is empty now.".to_owned()
            } else {
                format!("It says “{current}” now.")
            };
            errors.push(FieldError::new(field.name, says));
        }
    }
    errors
}
