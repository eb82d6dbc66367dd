//! What items can be filtered and sorted by: the fields of their forms and what changes of state leave behind, each with the
//! form in which it is stored.

use super::draft::{Control, Directory, Draft, Field, Named};
use super::item;
use super::kind::Kind;
use serde::Serialize;
use serde_json::{Map, Value};

/// What every item has beside the fields of its form. States are read by [`states`].
const COMMON: &[Field] = &[
    Field::new("number", "Number", Control::Int(1, 999_999_999)),
    Field::new("open", "Open", Control::Flag),
    Field::new("next_on", "Next date", Control::Date),
    Field::new("closed_on", "Closed", Control::Date),
    Field::new("score", "Score", Control::Int(1, 25)),
];

/// What every item can be sorted by and not filtered: its state, in the order of its life, and two instants.
pub const SORTED_ONLY: [&str; 3] = ["state", "created_at", "updated_at"];

/// What changes of state leave behind in a kind.
const fn left_behind(kind: Kind) -> &'static [Field] {
    const MILESTONE: &[Field] = &[
        Field::new("original_on", "Original date", Control::Date),
        Field::new("forecast_stated_on", "Forecast stated", Control::Date),
        Field::new("achieved_on", "Achieved", Control::Date),
    ];
    const RISK: &[Field] = &[
        Field::new("accepted_by", "Accepted by", Control::Person),
        Field::new("accepted_until", "Accepted until", Control::Date),
    ];
    const ISSUE: &[Field] = &[Field::new("resolved_on", "Resolved", Control::Date)];
    const DEPENDENCY: &[Field] = &[
        Field::new("proposed_needed_by", "Needed by, proposed", Control::Date),
        Field::new("proposed_promised_by", "Promised by, proposed", Control::Date),
        Field::new("provider_agreed_on", "Agreed by the provider", Control::Date),
        Field::new("consumer_agreed_on", "Agreed by the consumer", Control::Date),
        Field::new("delivered_on", "Delivered", Control::Date),
        Field::new("accepted_on", "Accepted", Control::Date),
    ];
    const DECISION: &[Field] = &[
        Field::new("escalated_on", "Escalated", Control::Date),
        Field::new("escalated_to", "Escalated to", Control::Person),
        Field::new("decided_on", "Decided", Control::Date),
        Field::new("decided_by", "Decided by", Control::Person),
        Field::new("decided_option", "Decided option", Control::Line(200)),
        Field::new("deferred_until", "Deferred until", Control::Date),
    ];
    const CHANGE: &[Field] = &[
        Field::new("submitted_on", "Submitted", Control::Date),
        Field::new("decided_on", "Decided", Control::Date),
        Field::new("decided_by", "Decided by", Control::Person),
        Field::new("implemented_on", "Implemented", Control::Date),
    ];
    const ACTION: &[Field] = &[Field::new("done_on", "Done", Control::Date)];
    const GATE: &[Field] = &[
        Field::new("decided_on", "Decided", Control::Date),
        Field::new("decided_by", "Decided by", Control::Person),
    ];
    const CHECK: &[Field] = &[
        Field::new("evidence_on", "Evidence given", Control::Date),
        Field::new("settled_on", "Settled", Control::Date),
        Field::new("settled_by", "Settled by", Control::Person),
        Field::new("waived_until", "Waived until", Control::Date),
    ];
    const RELEASE: &[Field] = &[
        Field::new("launched_on", "Launched", Control::Date),
        Field::new("reviewed_on", "Reviewed", Control::Date),
        Field::new("rolled_back_on", "Rolled back", Control::Date),
    ];
    const REPORT: &[Field] = &[
        Field::new("published_on", "Published", Control::Date),
        Field::new("published_by", "Published by", Control::Person),
        Field::new("revises", "Corrects", Control::Item),
    ];
    const SETTLED: &[Field] = &[Field::new("settled_on", "Settled", Control::Date)];
    const MEETING: &[Field] = &[Field::new("held_on", "Held", Control::Date)];
    match kind {
        Kind::Milestone => MILESTONE,
        Kind::Activity | Kind::Assumption | Kind::Stakeholder => &[],
        Kind::Gate => GATE,
        Kind::Check => CHECK,
        Kind::Release => RELEASE,
        Kind::Report => REPORT,
        Kind::Benefit | Kind::Lesson => SETTLED,
        Kind::Meeting => MEETING,
        Kind::Risk => RISK,
        Kind::Issue => ISSUE,
        Kind::Dependency => DEPENDENCY,
        Kind::Decision => DECISION,
        Kind::Change => CHANGE,
        Kind::Action => ACTION,
    }
}

/// The fields by which items of these kinds are filtered, each once.
#[must_use]
pub fn fields(kinds: &[Kind]) -> Vec<&'static Field> {
    let mut fields: Vec<&'static Field> = Vec::new();
    let of_kinds = kinds.iter().flat_map(|kind| item::fields(*kind).chain(left_behind(*kind)));
    for field in of_kinds.chain(COMMON) {
        if shape(field.control).is_some() && !fields.iter().any(|known| known.name == field.name) {
            fields.push(field);
        }
    }
    fields
}

/// The names by which items of these kinds are sorted.
#[must_use]
pub fn sorts(kinds: &[Kind]) -> Vec<&'static str> {
    let scalar = |field: &&Field| !matches!(shape(field.control), Some(Shape::List) | None);
    fields(kinds).into_iter().filter(scalar).map(|field| field.name).chain(SORTED_ONLY).collect()
}

/// How a value is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// A number, a date, a word of a closed set, true or false: it is the same, and in its own order.
    Value,
    /// The same in any case; in the order of a dictionary.
    Text,
    /// One of them is the same. A list has no order.
    List,
    /// Stored by their id, and in the order of their names.
    Person,
    Team,
    Project,
    /// In the order of numbers.
    Item,
    /// A project, a team or a name: three columns.
    Party,
    State,
    Instant,
    /// A filter alone: this or more.
    From,
    /// A filter alone: an earlier day.
    Before,
}

impl Shape {
    /// The name by which statements tell them apart.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Value => "value",
            Self::Text => "text",
            Self::List => "list",
            Self::Person => "person",
            Self::Team => "team",
            Self::Project => "project",
            Self::Item => "item",
            Self::Party => "party",
            Self::State => "state",
            Self::Instant => "instant",
            Self::From => "from",
            Self::Before => "before",
        }
    }
}

/// The form of what a control holds; none for what is no single value.
#[must_use]
pub const fn shape(control: Control) -> Option<Shape> {
    Some(match control {
        Control::Line(_) | Control::Link(_) | Control::Text(_) => Shape::Text,
        Control::Date
        | Control::Int(..)
        | Control::Amount
        | Control::Decimal(..)
        | Control::Flag
        | Control::Time
        | Control::Choice(_)
        | Control::Scope(_) => Shape::Value,
        Control::Choices(_) | Control::Tags | Control::People => Shape::List,
        Control::Person => Shape::Person,
        Control::Team => Shape::Team,
        Control::Project => Shape::Project,
        Control::Item => Shape::Item,
        Control::Party => Shape::Party,
        Control::Calendar
        | Control::Resources
        | Control::Week
        | Control::Exceptions
        | Control::Items
        | Control::ThreePoints
        | Control::Rows(_)
        | Control::Named(..)
        | Control::Commitments
        | Control::Holders
        | Control::Dates
        | Control::Numbers(_) => return None,
    })
}

/// The form by which items of these kinds are sorted by a name of [`sorts`].
#[must_use]
pub fn order(kinds: &[Kind], name: &str) -> Option<Shape> {
    match name {
        "state" => Some(Shape::State),
        "created_at" | "updated_at" => Some(Shape::Instant),
        name => {
            let field = fields(kinds).into_iter().find(|field| field.name == name)?;
            shape(field.control).filter(|shape| *shape != Shape::List)
        }
    }
}

/// The name under which a field is stored.
#[must_use]
pub fn stored(name: &'static str) -> &'static str {
    if name == "from" { "from_item" } else { name }
}

/// A demand on a stored value, by the name under which it is stored.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Filter {
    pub name: String,
    pub shape: Shape,
    /// Any of these; null for what has no value.
    pub wanted: Vec<Value>,
}

/// What a reader demands of a field, as written; see [`Demand::read`].
#[derive(Clone, Debug)]
pub struct Demand {
    pub field: &'static Field,
    pub values: Vec<String>,
}

/// What stands for *no value*.
pub const NONE: &str = "none";

impl Demand {
    /// The values one by one: where none can have a comma in it, commas part them.
    fn each(&self) -> Vec<&str> {
        let whole = matches!(
            shape(self.field.control),
            Some(Shape::Text | Shape::Person | Shape::Team | Shape::Project | Shape::Party) | None
        );
        let values = self.values.iter().map(String::as_str);
        if whole { values.collect() } else { values.flat_map(|value| value.split(',')).collect() }
    }

    fn draft(&self, value: &str) -> Draft {
        Draft(Map::from_iter([(self.field.name.to_owned(), Value::from(value))]))
    }

    /// The names that are to be looked up before it is read.
    #[must_use]
    pub fn names(&self) -> Vec<Named> {
        let each = self.each();
        each.into_iter()
            .filter(|value| *value != NONE)
            .flat_map(|value| self.draft(value).names([self.field]))
            .collect()
    }

    /// The demand on what is stored.
    ///
    /// # Errors
    /// What is wrong with a value, as on a form.
    pub fn read(&self, directory: &Directory) -> Result<Filter, String> {
        let field = Field { required: false, ..*self.field };
        let shape = shape(field.control).ok_or("It can't be filtered by this.")?;
        let mut filter = Filter { name: stored(field.name).to_owned(), shape, wanted: Vec::new() };
        for value in self.each() {
            if value.trim().is_empty() && shape != Shape::Text {
                return Err("Give a value.".into());
            }
            if value == NONE && !matches!(shape, Shape::Text | Shape::List | Shape::Party) {
                filter.wanted.push(Value::Null);
                continue;
            }
            let clean = self.draft(value).check([&field], directory).map_err(|refused| {
                refused.errors.into_iter().next().map_or_else(String::new, |error| error.message)
            })?;
            for (name, value) in clean {
                match value {
                    Value::Array(values) => filter.wanted.extend(values),
                    Value::Null => {}
                    value => {
                        if shape == Shape::Party {
                            if filter.name != field.name && filter.name != name {
                                return Err("Give one of project, team or external.".into());
                            }
                            let external = name.ends_with("_external");
                            filter.shape = if external { Shape::Text } else { Shape::Value };
                            filter.name = name;
                        }
                        filter.wanted.push(value);
                    }
                }
            }
        }
        Ok(filter)
    }
}

/// The names of the states of these kinds, as the filter by state takes them.
///
/// # Errors
/// Names the first that is none of theirs.
pub fn states(kinds: &[Kind], values: &[String]) -> Result<Filter, String> {
    let mut known: Vec<&str> = Vec::new();
    for name in kinds.iter().flat_map(|kind| kind.states()).map(|state| state.name()) {
        if !known.contains(&name) {
            known.push(name);
        }
    }
    let mut wanted = Vec::new();
    for name in values.iter().flat_map(|value| value.split(',')) {
        if !known.contains(&name) {
            return Err(format!("There is no state “{name}” here: give {}.", known.join(", ")));
        }
        wanted.push(Value::from(name));
    }
    Ok(Filter { name: "state".into(), shape: Shape::Value, wanted })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn demand(kind: Kind, name: &str, values: &[&str]) -> Demand {
        let field = fields(&[kind]).into_iter().find(|field| field.name == name).expect("a field");
        Demand { field, values: values.iter().map(|value| (*value).to_owned()).collect() }
    }

    fn wanted(kind: Kind, name: &str, values: &[&str]) -> Result<(String, Shape, Value), String> {
        let filter = demand(kind, name, values).read(&Directory::default())?;
        Ok((filter.name, filter.shape, Value::Array(filter.wanted)))
    }

    #[test]
    fn values_are_read_as_the_forms_read_them() {
        let read = |kind, name, values: &[&str]| wanted(kind, name, values).expect(name).2;
        assert_eq!(read(Kind::Issue, "severity", &["1,2", "4"]), json!([1, 2, 4]));
        assert_eq!(read(Kind::Issue, "blocking", &["true"]), json!([true]));
        assert_eq!(read(Kind::Dependency, "needed_by", &["2026-09-01,none"]), json!(["2026-09-01", null]));
        assert_eq!(read(Kind::Risk, "cost_effect", &["12500.5"]), json!([12500.5]));
        assert_eq!(read(Kind::Change, "kinds", &["scope,cost"]), json!(["scope", "cost"]));
        assert_eq!(read(Kind::Action, "title", &["One, two"]), json!(["One, two"]));
        assert_eq!(
            wanted(Kind::Dependency, "provider", &["external: Tax, Inc"]),
            Ok(("provider_external".into(), Shape::Text, json!(["Tax, Inc"])))
        );
        for (kind, name, value) in [
            (Kind::Issue, "severity", "5"),
            (Kind::Issue, "severity", ""),
            (Kind::Issue, "blocking", "maybe"),
            (Kind::Risk, "review_on", "soon"),
            (Kind::Risk, "category", "weather"),
            (Kind::Risk, "owner", "nobody@example.org"),
        ] {
            assert!(wanted(kind, name, &[value]).is_err(), "{name}={value} was taken");
        }
    }

    #[test]
    fn every_scalar_field_of_a_form_is_a_filter_and_an_order() {
        for kind in Kind::ALL {
            let (fields, sorts) = (fields(&[kind]), sorts(&[kind]));
            for field in item::fields(kind) {
                let several =
                    ["tags", "threatens", "kinds", "sign_off_roles", "attendees"].contains(&field.name);
                let many = [
                    "schedule_effect_days",
                    "options",
                    "rebaseline",
                    "threatens",
                    "resources",
                    "calendar",
                    "rollout_steps",
                    "rollback_steps",
                    "narrative",
                    "declared",
                    "reasons",
                    "plan",
                    "sign_off_holders",
                ]
                .contains(&field.name);
                assert_eq!(sorts.contains(&field.name), !several && !many, "{kind:?} {}", field.name);
                assert_eq!(
                    fields.iter().any(|known| known.name == field.name),
                    !many,
                    "{kind:?} {}",
                    field.name
                );
            }
            assert!(sorts.iter().all(|name| order(&[kind], name).is_some()), "{kind:?}");
        }
    }
}
