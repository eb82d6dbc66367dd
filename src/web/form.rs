//! A form made from the fields of a resource: what it shows comes from the draft, so that nothing typed is lost when the
//! form is refused.

use super::shell::Shell;
use crate::domain::draft::{Control, Draft, Field, FieldError};
use crate::domain::program;
use crate::domain::work_calendar::DAYS;
use askama::Template;
use serde_json::Value;
use uuid::Uuid;

/// The fields of a form, drawn: `{{ fields|safe }}`. The summary of what is wrong stands above them.
#[derive(Clone, Debug, Template)]
#[template(path = "parts/fields.html", escape = "html")]
pub struct Fields {
    fields: Vec<Shown>,
    /// What is wrong, as (id of the field, message): the summary above the form.
    errors: Vec<(String, String)>,
}

/// A page with a form of one thing, to make it or to edit it.
#[derive(Template)]
#[template(path = "parts/form_page.html")]
pub(super) struct FormPage {
    pub(super) shell: Shell,
    pub(super) heading: String,
    /// Where the form is sent, and where cancelling leads.
    pub(super) action: String,
    pub(super) back: String,
    /// The version that is edited; none for what is new.
    pub(super) version: Option<i32>,
    pub(super) verb: &'static str,
    pub(super) fields: Fields,
    /// Where it is archived, if that is done here.
    pub(super) archive: Option<String>,
}

/// A field as a control.
#[derive(Clone, Debug)]
pub struct Shown {
    /// Unique on its page.
    pub id: String,
    pub name: &'static str,
    pub label: &'static str,
    pub hint: String,
    pub error: Option<String>,
    pub required: bool,
    pub input: Input,
}

/// What a field is typed into.
#[derive(Clone, Debug)]
pub enum Input {
    /// One line: the type of the input, its value, the list that it offers (or none: empty), and the class of its width.
    Line {
        kind: &'static str,
        value: String,
        list: &'static str,
        size: &'static str,
        fixed: bool,
    },
    Text {
        value: String,
        rows: usize,
    },
    Flag(bool),
    /// Parts with a line each: (name, label, value).
    Parts(Vec<(String, &'static str, String)>),
    /// One of several: (value, label, chosen).
    Choice(Vec<(String, String, bool)>),
    Choices(Vec<(String, String, bool)>),
    /// Named numbers: (name, label, value, what holds where it is empty).
    Numbers(Vec<(String, &'static str, String, String)>),
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
        let shown = |field: &Field| {
            let mut typed = draft.clone();
            if !matches!(
                field.control,
                Control::Choices(_) | Control::Numbers(_) | Control::Named(..) | Control::Week
            ) {
                let between = if matches!(
                    field.control,
                    Control::Rows(_) | Control::Commitments | Control::Scope(_) | Control::Holders
                ) {
                    "\n"
                } else {
                    ", "
                };
                let value = said(draft.0.get(field.name).unwrap_or(&Value::Null), between, &named);
                typed.0.insert(field.name.to_owned(), Value::String(value));
            }
            let mut shown = control(field, "f-", &typed, errors);
            // These pages know no names to offer.
            if let Input::Line { list, .. } = &mut shown.input {
                *list = "";
            }
            shown
        };
        let fields: Vec<_> = fields.into_iter().map(shown).collect();
        let errors = summary(&fields, errors);
        Self { fields, errors }
    }
}

impl Fields {
    /// The same with other ids, for a page with several forms.
    #[must_use]
    pub fn prefixed(mut self, prefix: &str) -> Self {
        let renamed = |id: &str| format!("{prefix}{}", id.strip_prefix("f-").unwrap_or(id));
        for field in &mut self.fields {
            field.id = renamed(&field.id);
        }
        for (id, _) in &mut self.errors {
            *id = renamed(id);
        }
        self
    }

    /// The same without its summary of what is wrong, for a page that has it stand elsewhere.
    #[must_use]
    pub fn apart(mut self) -> (Self, Vec<(String, String)>) {
        let errors = std::mem::take(&mut self.errors);
        (self, errors)
    }

    /// The same with a list of the page offered to a field.
    #[must_use]
    pub fn offering(mut self, name: &str, offered: &'static str) -> Self {
        for field in &mut self.fields {
            if let (true, Input::Line { list, .. }) = (field.name == name, &mut field.input) {
                *list = offered;
            }
        }
        self
    }
}

/// The summary above a form: (id of the field, message). What belongs to no field leads to the first one.
#[must_use]
pub fn summary<'s>(
    fields: impl IntoIterator<Item = &'s Shown> + Clone,
    errors: &[FieldError],
) -> Vec<(String, String)> {
    let line = |error: &FieldError| {
        let known = fields.clone().into_iter().find(|field| field.name == error.field);
        let field = known.or_else(|| fields.clone().into_iter().next());
        let label = known
            .filter(|field| !error.message.starts_with(field.label))
            .map(|field| format!("{}: ", field.label))
            .unwrap_or_default();
        (field.map(|field| field.id.clone()).unwrap_or_default(), format!("{label}{}", error.message))
    };
    errors.iter().map(line).collect()
}

/// One field as a control. `prefix` makes its id unique on the page.
#[must_use]
pub fn control(field: &Field, prefix: &str, typed: &Draft, errors: &[FieldError]) -> Shown {
    let value = typed.text(field.name);
    let line = |kind, list, size| Input::Line { kind, value: value.clone(), list, size, fixed: false };
    let owned = |list: &[(&str, &str)]| -> Vec<(String, String, bool)> {
        list.iter()
            .map(|(name, label)| ((*name).to_owned(), (*label).to_owned(), typed.has(field.name, name)))
            .collect()
    };
    let input = match field.control {
        Control::Line(_) if field.name == "email" => line("email", "", ""),
        Control::Line(most) => line("text", "", if most > 120 { "wide" } else { "" }),
        Control::Link(_) => line("url", "", "wide"),
        Control::Text(_) => {
            Input::Text { value: value.clone(), rows: if field.name == "description" { 6 } else { 3 } }
        }
        Control::Scope(_) => Input::Text { value: value.clone(), rows: 3 },
        Control::Rows(_) | Control::Commitments | Control::Holders => {
            Input::Text { value: value.clone(), rows: 4 }
        }
        Control::People => line("text", "people", "wide"),
        Control::Time => line("time", "", "short"),
        Control::Named(choices, _) => {
            let values = typed.0.get(field.name);
            let value = |name: &str| values.and_then(|values| values.get(name)).unwrap_or(&Value::Null);
            let parts = choices.iter().map(|(name, label)| {
                (format!("{}[{name}]", field.name), *label, said(value(name), ", ", &|_| None))
            });
            Input::Parts(parts.collect())
        }
        Control::Date => {
            // A date that can't be read comes back as it was typed, which a date field would not show.
            let plain = value.is_empty() || value.parse::<chrono::NaiveDate>().is_ok();
            line(if plain { "date" } else { "text" }, "", "short")
        }
        Control::Int(least, most)
            if most - least <= 10 && (value.is_empty() || scale(&value, least, most)) =>
        {
            let mut options = vec![(String::new(), "Not assessed".to_owned(), value.is_empty())];
            if field.required {
                "Choose".clone_into(&mut options[0].1);
            }
            options.extend((least..=most).map(|n| {
                let n = n.to_string();
                (n.clone(), step(field.name, &n), value.trim() == n)
            }));
            Input::Choice(options)
        }
        Control::Int(..) | Control::Amount | Control::Decimal(..) | Control::ThreePoints => {
            line("text", "", "short")
        }
        Control::Flag => Input::Flag(matches!(value.as_str(), "true" | "on" | "yes" | "1")),
        Control::Choice(choices) => {
            let mut options = owned(choices);
            let none = !options.iter().any(|(_, _, taken)| *taken);
            if none || !field.required {
                let empty = if field.required { "Choose" } else { "—" };
                options.insert(0, (String::new(), empty.to_owned(), none));
            }
            Input::Choice(options)
        }
        Control::Choices(choices) => Input::Choices(owned(choices)),
        Control::Person => line("text", "people", ""),
        Control::Team => line("text", "teams", ""),
        Control::Project => line("text", "projects", ""),
        Control::Party => line("text", "parties", ""),
        Control::Calendar => line("text", "calendars", ""),
        Control::Dates | Control::Resources => line("text", "", "wide"),
        Control::Exceptions => Input::Text { value: value.clone(), rows: 4 },
        Control::Week => {
            let days = typed.0.get(field.name);
            let day = |name: &str| days.and_then(|days| days.get(name)).unwrap_or(&Value::Null);
            let parts = DAYS.iter().map(|(name, label)| {
                (format!("{}[{name}]", field.name), *label, said(day(name), ", ", &|_| None))
            });
            Input::Parts(parts.collect())
        }
        Control::Item if field.name.ends_with("_milestone") => line("text", "milestones", ""),
        Control::Item | Control::Tags | Control::Items => line("text", "", ""),
        Control::Numbers(choices) => {
            let numbers = typed.0.get(field.name);
            let number = |name: &str| numbers.and_then(|numbers| numbers.get(name)).unwrap_or(&Value::Null);
            let defaults = program::defaults(field.name);
            let named = choices.iter().map(|(name, label)| {
                let said = |value: &Value| said(value, ", ", &|_| None);
                let default = said(&defaults[*name]);
                (format!("{}[{name}]", field.name), *label, said(number(name)), default)
            });
            Input::Numbers(named.collect())
        }
    };
    Shown {
        id: format!("{prefix}{}", field.name),
        name: field.name,
        label: field.label,
        hint: field.hint.to_owned(),
        error: errors.iter().find(|error| error.field == field.name).map(|error| error.message.clone()),
        required: field.required,
        input,
    }
}

fn scale(value: &str, least: i64, most: i64) -> bool {
    value.trim().parse().is_ok_and(|n: i64| (least..=most).contains(&n))
}

/// A step of a scale with its word.
fn step(name: &str, n: &str) -> String {
    let word = match (name.rsplit('_').next().unwrap_or(name), n) {
        ("probability", "1") => "rare",
        ("probability", "2") => "unlikely",
        ("probability", "3") => "possible",
        ("probability", "4") => "likely",
        ("probability", "5") => "almost certain",
        ("impact", "1") | ("severity", "4") => "minor",
        ("impact", "2") => "limited",
        ("impact", "3") => "serious",
        ("impact", "4") | ("severity", "2") => "major",
        ("impact", "5") => "severe",
        ("severity", "1") => "critical",
        ("severity", "3") => "moderate",
        _ => return n.to_owned(),
    };
    format!("{n} {word}")
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
        Value::Number(number) => {
            let said = number.to_string();
            said.strip_suffix(".0").map_or(said.clone(), str::to_owned)
        }
        other @ Value::Bool(_) => other.to_string(),
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
            errors.push(says_now(field, &current));
        }
    }
    errors
}

/// What a field says now that somebody else wrote, beside what was typed.
pub fn says_now(field: &Field, current: &str) -> FieldError {
    let says = if current.is_empty() {
        "It is empty now.".to_owned()
    } else {
        format!("It says “{current}” now.")
    };
    FieldError::new(field.name, says)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::item;
    use crate::domain::kind::Kind;
    use serde_json::json;

    fn draft(value: Value) -> Draft {
        let Value::Object(map) = value else { panic!("an object") };
        Draft(map)
    }

    #[test]
    fn an_impossible_value_comes_back_as_it_was_typed() {
        let fields: Vec<_> = item::fields(Kind::Risk).collect();
        let field = |name: &str| *fields.iter().find(|field| field.name == name).unwrap();
        let typed = draft(json!({"probability": "nine", "review_on": "next week"}));
        let errors = [FieldError::new("probability", "Give a whole number from 1 to 5.")];
        let probability = control(field("probability"), "f-", &typed, &errors);
        assert!(matches!(&probability.input, Input::Line { value, .. } if value == "nine"));
        assert!(probability.error.is_some());
        let review = control(field("review_on"), "f-", &typed, &errors);
        assert!(matches!(&review.input, Input::Line { kind: "text", value, .. } if value == "next week"));
    }
}
