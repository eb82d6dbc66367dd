//! Steps as they are typed: each is a small draft, checked against the fields of its kind; and back again, for forms and JSON.

use super::{Addition, MOST_STEPS, Step, added, adds};
use crate::domain::draft::{Choices, Control, Directory, Draft, Field, FieldError, Named};
use crate::domain::ids::{ItemId, ProjectId};
use crate::domain::kind::{Kind, Reference};
use crate::domain::schedule_link::{self, LagUnit, LinkType};
use chrono::NaiveDate;
use serde_json::{Map, Value, json};
use uuid::Uuid;

/// A kind of step: its name in the API, what a form calls it, and its fields.
#[derive(Clone, Copy, Debug)]
pub struct StepKind {
    pub name: &'static str,
    pub label: &'static str,
    pub fields: &'static [Field],
}

const MOST_DAYS: i32 = 30_000;
const ITEM: Field = Field::new("item", "Item", Control::Item).required().hint("A reference: ATLAS-T4");
const KINDS: Choices = &[("activity", "Activity"), ("milestone", "Milestone")];

const SLIP: &[Field] = &[
    ITEM,
    Field::new("days", "Working days", Control::Int(-10_000, 10_000)).required().hint("Negative is earlier."),
];
const DATE: &[Field] = &[
    ITEM,
    Field::new("on", "Date", Control::Date)
        .required()
        .hint("A milestone's forecast, a dependency's promise, an activity's earliest start."),
];
const ESTIMATE: &[Field] = &[
    Field::new("item", "Activity", Control::Item).required().hint("A reference: ATLAS-T4"),
    Field::new("likely_days", "Likely, working days", Control::Decimal(0, MOST_DAYS)).required(),
    Field::new("optimistic_days", "Optimistic", Control::Decimal(0, MOST_DAYS)),
    Field::new("pessimistic_days", "Pessimistic", Control::Decimal(0, MOST_DAYS)),
];
const UNLINK: &[Field] = &[
    Field::new("predecessor", "Predecessor", Control::Item).required().hint("A reference: ATLAS-T4"),
    Field::new("successor", "Successor", Control::Item).required().hint("A reference: ATLAS-M2"),
    Field::new("type", "Type", Control::Choice(schedule_link::TYPES))
        .hint("All links between them if left out."),
];
const DROP: &[Field] = &[ITEM];
const ADD: &[Field] = &[
    Field::new("name", "Name in this scenario", Control::Line(40))
        .required()
        .hint("By which later changes link it: pilot"),
    Field::new("title", "Title", Control::Line(300)).required(),
    Field::new("kind", "What it is", Control::Choice(KINDS)).hint("An activity, if nothing is said."),
    Field::new("likely_days", "Likely, working days", Control::Decimal(0, MOST_DAYS)).hint("Of an activity."),
    Field::new("optimistic_days", "Optimistic", Control::Decimal(0, MOST_DAYS)),
    Field::new("pessimistic_days", "Pessimistic", Control::Decimal(0, MOST_DAYS)),
    Field::new("on", "Date", Control::Date).hint("A milestone's date, an activity's earliest start."),
    Field::new("project", "Project", Control::Project),
];

/// Every kind of step, the usual first.
pub const STEPS: [StepKind; 7] = [
    StepKind { name: "slip", label: "Slip or pull in", fields: SLIP },
    StepKind { name: "date", label: "Set a date", fields: DATE },
    StepKind { name: "estimate", label: "Estimate anew", fields: ESTIMATE },
    StepKind { name: "link", label: "Link", fields: schedule_link::FIELDS },
    StepKind { name: "unlink", label: "Take a link away", fields: UNLINK },
    StepKind { name: "drop", label: "Drop", fields: DROP },
    StepKind { name: "add", label: "Add", fields: ADD },
];

/// The field of a step in a list: `changes[2].item`; of none the step itself.
#[must_use]
pub fn step_field(step: usize, field: &str) -> String {
    if field.is_empty() { format!("changes[{step}]") } else { format!("changes[{step}].{field}") }
}

/// The place of a step and its field, of what [`step_field`] made.
#[must_use]
pub fn field_of(field: &str) -> Option<(usize, &str)> {
    let (step, rest) = field.strip_prefix("changes[")?.split_once(']')?;
    Some((step.parse().ok()?, rest.strip_prefix('.').unwrap_or(rest)))
}

/// Reads a list of steps. `find` gives the item of a reference or an id, `project` the project of a key or a name.
///
/// # Errors
/// What is wrong, by step and field: `changes[2].item`.
pub fn read(
    raw: &Value,
    find: impl Fn(&str) -> Option<ItemId>,
    project: impl Fn(&str) -> Option<ProjectId>,
) -> Result<Vec<Step>, Vec<FieldError>> {
    let list = match raw {
        Value::Null => return Ok(Vec::new()),
        Value::Array(list) if list.len() <= MOST_STEPS => list,
        Value::Array(_) => {
            let message = format!("A scenario has at most {MOST_STEPS} changes.");
            return Err(vec![FieldError::new("changes", message)]);
        }
        _ => return Err(vec![FieldError::new("changes", "Give a list of changes.")]),
    };
    let mut reader = Reader { find, project, names: Vec::new() };
    let (mut steps, mut errors) = (Vec::new(), Vec::new());
    for (at, one) in list.iter().enumerate() {
        match reader.step(at, one) {
            Ok(step) => steps.push(step),
            Err(wrong) => errors.extend(
                wrong.into_iter().map(|error| FieldError::new(step_field(at, &error.field), error.message)),
            ),
        }
    }
    if errors.is_empty() { Ok(steps) } else { Err(errors) }
}

struct Reader<F, P> {
    find: F,
    project: P,
    /// The names of what was added so far, in small letters.
    names: Vec<(String, ItemId)>,
}

impl<F: Fn(&str) -> Option<ItemId>, P: Fn(&str) -> Option<ProjectId>> Reader<F, P> {
    fn item(&self, name: &str) -> Option<ItemId> {
        let small = name.trim().to_lowercase();
        let added = self.names.iter().find(|(known, _)| *known == small).map(|(_, item)| *item);
        added.or_else(|| (self.find)(name.trim()))
    }

    fn step(&mut self, at: usize, raw: &Value) -> Result<Step, Vec<FieldError>> {
        let one = |field: &str, message: String| vec![FieldError::new(field, message)];
        let Value::Object(fields) = raw else {
            return Err(one("", "A change is an object: {\"change\": \"slip\", …}.".into()));
        };
        let mut draft = Draft(fields.clone());
        let name = draft.0.shift_remove("change").unwrap_or_default();
        let kind = STEPS.iter().find(|kind| name.as_str() == Some(kind.name));
        let Some(kind) = kind else {
            let names: Vec<_> = STEPS.iter().map(|kind| kind.name).collect();
            return Err(one("change", format!("Give one of: {}.", names.join(", "))));
        };
        let mut directory = Directory::default();
        for name in draft.names(kind.fields) {
            match name {
                Named::Item(name) => {
                    let found = self.item(&name);
                    directory.items.extend(found.map(|item| (name.to_lowercase(), item.0)));
                }
                Named::Project(name) => {
                    let found = (self.project)(&name);
                    directory.projects.extend(found.map(|project| (name.to_lowercase(), project.0)));
                }
                _ => {}
            }
        }
        let values = draft.check(kind.fields, &directory).map_err(|refused| refused.errors)?;
        let step = made(kind.name, &values).map_err(|wrong| vec![wrong])?;
        if let Step::Add(new) = &step {
            let small = new.name.to_lowercase();
            let fits = small.chars().all(|c| c.is_alphanumeric() || "-_ ".contains(c))
                && Reference::parse(&small).is_none()
                && small.parse::<Uuid>().is_err();
            if !fits {
                let why = "A name has letters, digits, spaces and hyphens, and is no reference.";
                return Err(one("name", why.into()));
            }
            if self.names.iter().any(|(known, _)| *known == small) {
                return Err(one("name", format!("Another change adds “{}” already.", new.name)));
            }
            self.names.push((small, added(at)));
        }
        Ok(step)
    }
}

/// A step of clean values.
fn made(name: &str, values: &Map<String, Value>) -> Result<Step, FieldError> {
    let text = |name: &str| values.get(name).and_then(Value::as_str).unwrap_or_default();
    let item = |name: &str| ItemId(text(name).parse().unwrap_or_default());
    let days = |name: &str| values.get(name).and_then(Value::as_f64);
    let on = || text("on").parse::<NaiveDate>().ok();
    let link_type = LinkType::from_name(text("type"));
    let both = |step: Step| {
        if item("predecessor") == item("successor") {
            return Err(FieldError::new("successor", "An item doesn't wait for itself."));
        }
        Ok(step)
    };
    let ordered = |likely: f64| {
        if days("optimistic_days").is_some_and(|least| least > likely) {
            return Err(FieldError::new(
                "optimistic_days",
                "The optimistic duration is at most the likely one.",
            ));
        }
        if days("pessimistic_days").is_some_and(|most| most < likely) {
            let why = "The pessimistic duration is at least the likely one.";
            return Err(FieldError::new("pessimistic_days", why));
        }
        Ok(())
    };
    match name {
        "slip" => match values.get("days").and_then(Value::as_i64) {
            Some(0) | None => Err(FieldError::new("days", "Say by how many working days: not 0.")),
            Some(days) => Ok(Step::Slip { item: item("item"), days }),
        },
        "date" => Ok(Step::Date { item: item("item"), on: on().unwrap_or_default() }),
        "estimate" => {
            let likely_days = days("likely_days").unwrap_or_default();
            ordered(likely_days)?;
            Ok(Step::Estimate {
                item: item("item"),
                optimistic_days: days("optimistic_days"),
                likely_days,
                pessimistic_days: days("pessimistic_days"),
            })
        }
        "link" => both(Step::Link {
            predecessor: item("predecessor"),
            successor: item("successor"),
            link_type: link_type.unwrap_or_default(),
            lag_days: days("lag_days").unwrap_or_default(),
            lag_unit: match text("lag_unit") {
                "elapsed" => LagUnit::Elapsed,
                "percent" => LagUnit::Percent,
                _ => LagUnit::Working,
            },
        }),
        "unlink" => {
            both(Step::Unlink { predecessor: item("predecessor"), successor: item("successor"), link_type })
        }
        "drop" => Ok(Step::Drop { item: item("item") }),
        _ => {
            let kind = if text("kind") == "milestone" { Kind::Milestone } else { Kind::Activity };
            let likely = days("likely_days");
            if kind == Kind::Activity && likely.is_none() {
                return Err(FieldError::new(
                    "likely_days",
                    "An activity takes time: say how many working days.",
                ));
            }
            ordered(likely.unwrap_or_default())?;
            Ok(Step::Add(Box::new(Addition {
                name: text("name").to_owned(),
                kind,
                title: text("title").to_owned(),
                project: text("project").parse().ok().map(ProjectId),
                likely_days: likely.unwrap_or_default(),
                optimistic_days: days("optimistic_days"),
                pessimistic_days: days("pessimistic_days"),
                on: on(),
            })))
        }
    }
}

/// A step as it is typed, for JSON and forms: items by what `name` says (a reference), additions by their name.
#[must_use]
pub fn step_draft(
    steps: &[Step],
    step: &Step,
    name: impl Fn(ItemId) -> String,
    project: impl Fn(ProjectId) -> String,
) -> Map<String, Value> {
    let Ok(Value::Object(mut fields)) = serde_json::to_value(step) else { return Map::new() };
    let named = |item: ItemId| match adds(item).and_then(|at| steps.get(at)) {
        Some(Step::Add(new)) => new.name.clone(),
        _ => name(item),
    };
    for field in ["item", "predecessor", "successor"] {
        if let Some(id) = fields.get(field).and_then(Value::as_str).and_then(|id| id.parse().ok()) {
            fields.insert(field.to_owned(), json!(named(ItemId(id))));
        }
    }
    if let Step::Add(new) = step {
        fields.insert("project".to_owned(), json!(new.project.map(project)));
        if new.kind == Kind::Milestone {
            fields.shift_remove("likely_days");
        }
    }
    fields.retain(|_, value| !value.is_null());
    fields
}
