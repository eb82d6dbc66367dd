//! The schemas of the description: bodies as they are taken, from the same tables of fields that drafts are checked against.

use crate::domain::draft::{Control, Field, Holds};
use crate::domain::kind::{Kind, State};
use crate::domain::scenario;
use crate::domain::transition;
use serde_json::{Map, Value, json};

/// The schema of a change: nothing is needed, for it is laid over what is stored.
pub(super) fn partial(mut schema: Value) -> Value {
    if let Some(schema) = schema.as_object_mut() {
        schema.shift_remove("required");
    }
    schema
}

pub(super) fn account_change() -> Value {
    json!({"type": "object", "additionalProperties": false, "properties": {
        "admin": {"type": "boolean"}, "disabled": {"type": "boolean"},
    }})
}

pub(super) fn membership() -> Value {
    json!({"type": "object", "required": ["role"], "additionalProperties": false, "properties": {
        "role": {"enum": ["viewer", "contributor", "manager"]},
    }})
}

pub(super) fn comment() -> Value {
    json!({"type": "object", "required": ["body"], "additionalProperties": false, "properties": {
        "body": {"type": "string", "minLength": 1, "maxLength": 20_000,
            "description": "Markdown. A person is mentioned as @handle or @Full Name, an item as ATLAS-R12."},
    }})
}

pub(super) fn link() -> Value {
    json!({"type": "object", "required": ["relation", "to"], "additionalProperties": false, "properties": {
        "relation": {"enum": crate::app::link::RELATIONS}, "to": {"type": "string", "description": "A reference: ATLAS-R12"},
    }})
}

pub(super) fn problem() -> Value {
    json!({
        "type": "object", "required": ["type", "title", "status", "detail"],
        "properties": {
            "type": {"type": "string"}, "title": {"type": "string"}, "status": {"type": "integer"}, "detail": {"type": "string"},
            "errors": {"type": "array", "items": {
                "type": "object", "required": ["field", "message"], "properties": {
                    "field": {"type": "string", "description": "Of the body, the query or the header; empty for the whole."},
                    "message": {"type": "string"},
                },
            }, "description": "With 400 and 422."},
        },
    })
}

pub(super) fn page() -> Value {
    json!({
        "type": "object", "required": ["items", "next_cursor", "total"],
        "properties": {
            "items": {"type": "array", "items": {"type": "object"}},
            "next_cursor": {"type": ["string", "null"], "description": "Null on the last page."},
            "total": {"type": "integer", "description": "Rows of all pages together."},
        },
    })
}

/// What can be named, by the name of its schema: as a text, or as an object with one of these.
const NAMED: [(&str, &str, &[&str]); 5] = [
    ("PersonNamed", "A person", &["id", "email", "handle", "name"]),
    ("TeamNamed", "A team", &["id", "name"]),
    ("ProjectNamed", "A project of the program", &["id", "key", "name"]),
    ("ItemNamed", "An item", &["id", "ref"]),
    ("CalendarNamed", "A calendar of the program", &["id", "name"]),
];

pub(super) fn named() -> impl Iterator<Item = (String, Value)> {
    NAMED.into_iter().map(|(schema, what, by)| {
        let parts: Map<String, Value> = by
            .iter()
            .map(|name| match *name {
                "id" => ("id".to_owned(), json!({"type": "string", "format": "uuid"})),
                name => (name.to_owned(), json!({"type": "string"})),
            })
            .collect();
        let schema_of = json!({
            "description": format!("{what}: by {}, as a text or as an object with one of them.", by.join(", ")),
            "anyOf": [{"type": "string"}, {"type": "object", "properties": parts}],
        });
        (schema.to_owned(), schema_of)
    })
}

fn by_name(schema: &str) -> Value {
    json!({"anyOf": [{"$ref": format!("#/components/schemas/{schema}")}, {"type": "null"}]})
}

/// The schema of a body, from its fields, with what every write says beside them.
pub(super) fn body<'f>(fields: impl Iterator<Item = &'f Field>) -> Value {
    let mut whole = own(fields);
    if let Some(properties) = whole["properties"].as_object_mut() {
        properties.insert(
            "effective_on".into(),
            json!({"type": ["string", "null"], "format": "date",
            "description": "From when it holds in the world; today if left out, earlier is a manager's right."}),
        );
        properties
            .entry("reason")
            .or_insert_with(|| json!({"type": "string", "description": "Why it is written."}));
    }
    whole
}

/// The schema of a body of its fields alone, for what has no history of its own.
pub(super) fn own<'f>(fields: impl Iterator<Item = &'f Field>) -> Value {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for field in fields {
        let mut schema = schema(field);
        if !field.hint.is_empty() {
            schema["description"] = json!(field.hint);
        }
        properties.insert(field.name.to_owned(), schema);
        if field.required {
            required.push(field.name);
        }
    }
    json!({"type": "object", "additionalProperties": false, "properties": properties, "required": required})
}

pub(super) fn schema(field: &Field) -> Value {
    match field.control {
        Control::Line(most) | Control::Link(most) | Control::Text(most) => {
            json!({"type": ["string", "null"], "maxLength": most})
        }
        Control::Date => json!({"type": ["string", "null"], "format": "date"}),
        Control::Int(least, most) => json!({"type": ["integer", "null"], "minimum": least, "maximum": most}),
        Control::Amount => json!({"type": ["number", "null"]}),
        Control::Decimal(least, most) => {
            json!({"type": ["number", "null"], "minimum": least, "maximum": most})
        }
        Control::Resources => json!({"type": "array", "maxItems": 50, "items": {
            "type": "object", "additionalProperties": false,
            "properties": {"team": by_name("TeamNamed"), "person": by_name("PersonNamed"), "units": {"type": "number", "default": 100,
                "description": "Percent of the time of one."}},
        }}),
        Control::Flag => json!({"type": ["boolean", "null"]}),
        Control::Choice(choices) => {
            let mut names: Vec<Value> = choices.iter().map(|(name, _)| json!(name)).collect();
            names.extend((!field.required).then_some(Value::Null));
            json!({"enum": names})
        }
        Control::Choices(choices) => {
            let names: Vec<_> = choices.iter().map(|(name, _)| *name).collect();
            json!({"type": "array", "items": {"enum": names}})
        }
        Control::Tags => {
            json!({"type": "array", "items": {"type": "string", "maxLength": 40}, "maxItems": 30})
        }
        Control::Person => by_name("PersonNamed"),
        Control::Team => by_name("TeamNamed"),
        Control::Project => by_name("ProjectNamed"),
        Control::Item => by_name("ItemNamed"),
        Control::Calendar => by_name("CalendarNamed"),
        Control::Items => json!({"type": "array", "items": {"$ref": "#/components/schemas/ItemNamed"}}),
        Control::Party => json!({
            "type": "object", "minProperties": u8::from(field.required), "maxProperties": 1, "additionalProperties": false,
            "properties": {"project": by_name("ProjectNamed"), "team": by_name("TeamNamed"), "external": {"type": "string", "maxLength": 120}},
        }),
        Control::ThreePoints => json!({
            "type": ["array", "null"], "items": {"type": "integer", "minimum": 0}, "minItems": 3, "maxItems": 3,
        }),
        Control::Scope(scope) => {
            let parts: Map<String, Value> =
                scope.parts().into_iter().map(|part| (part.to_owned(), json!({}))).collect();
            let one = json!({"anyOf": [
                {"type": "string", "description": "A reference; of what is added also a title."},
                {"type": "object", "properties": parts},
            ]});
            json!({"anyOf": [
                {"type": "integer", "minimum": 0, "maximum": 100_000}, {"type": "array", "items": one, "maxItems": 200},
                {"type": "null"},
            ]})
        }
        Control::People => json!({"type": "array", "items": {"$ref": "#/components/schemas/PersonNamed"}}),
        Control::Time => json!({"type": ["string", "null"], "format": "time"}),
        Control::Rows(rows) => {
            let parts: Map<String, Value> =
                rows.parts.iter().map(|part| (part.name.to_owned(), held(part.holds))).collect();
            let first: Vec<_> = rows.parts.iter().take(1).map(|part| part.name).collect();
            json!({"type": "array", "maxItems": rows.most, "items": {
                "type": "object", "required": first, "additionalProperties": false, "properties": parts,
            }})
        }
        Control::Named(names, holds) => {
            let values: Map<String, Value> =
                names.iter().map(|(name, _)| ((*name).to_owned(), held(holds))).collect();
            json!({"type": "object", "additionalProperties": false, "properties": values})
        }
        Control::Commitments => json!({"type": "array", "items": {
            "type": "object", "required": ["ref", "committed_on"],
            "properties": {"ref": {"type": "string"}, "committed_on": {"type": "string", "format": "date"}},
        }}),
        Control::Holders => json!({"type": "array", "maxItems": 100, "items": {
            "type": "object", "required": ["role", "person"],
            "properties": {"role": {"type": "string", "maxLength": 120}, "person": by_name("PersonNamed")},
        }}),
        Control::Dates => json!({"type": "array", "items": {"type": "string", "format": "date"}}),
        Control::Week => json!({
            "description": "The shifts of seven days from Monday, in minutes of the day; of a shift as text: 09:00-12:00.",
            "type": "array", "minItems": 7, "maxItems": 7, "items": shifts(),
            "examples": [
                [["09:00-12:00", "13:00-17:00"], ["09:00-12:00", "13:00-17:00"], ["09:00-12:00"], ["09:00-17:00"], [[480, 840]], [], []],
                [["08:00-16:00"], ["08:00-16:00"], ["08:00-16:00"], ["08:00-16:00"], [], [], []],
            ],
        }),
        Control::Exceptions => json!({"type": "array", "items": {
            "type": "object", "required": ["from"], "additionalProperties": false, "properties": {
                "from": {"type": "string", "format": "date"}, "to": {"type": "string", "format": "date"},
                "name": {"type": "string", "maxLength": 120}, "shifts": shifts(),
            },
        }, "examples": [[
            {"from": "2026-12-24", "to": "2027-01-01", "name": "Turn of the year"},
            {"from": "2026-11-28", "name": "Saturday work", "shifts": ["09:00-13:00"]},
        ]]}),
        Control::Numbers(names) => {
            let numbers: Map<String, Value> = names
                .iter()
                .map(|(name, label)| ((*name).to_owned(), json!({"type": "number", "description": label})))
                .collect();
            json!({"type": "object", "additionalProperties": false, "properties": numbers})
        }
    }
}

/// The schema of a scenario: its fields, and its changes.
pub(super) fn scenario(mut whole: Value) -> Value {
    let kinds: Vec<Value> = scenario::STEPS
        .iter()
        .map(|kind| {
            let mut properties = Map::from_iter([("change".to_owned(), json!({"const": kind.name}))]);
            properties.extend(kind.fields.iter().map(|field| (field.name.to_owned(), schema(field))));
            let needed = kind.fields.iter().filter(|field| field.required).map(|field| field.name);
            let required: Vec<&str> = std::iter::once("change").chain(needed).collect();
            json!({"type": "object", "title": kind.label, "additionalProperties": false, "properties": properties,
                "required": required})
        })
        .collect();
    whole["properties"]["changes"] =
        json!({"type": "array", "maxItems": scenario::MOST_STEPS, "items": {"oneOf": kinds}});
    whole
}

pub(super) fn scenario_transition() -> Value {
    json!({"type": "object", "required": ["to"], "additionalProperties": false, "properties": {
        "to": {"enum": ["applied", "discarded"]}, "reason": {"type": "string"},
    }, "x-from": ["draft"]})
}

/// The body of a change of state: for each state to go to, what that asks for, and under `x-from` the states that it is gone to
/// from.
pub(super) fn transitions(kind: Kind) -> Value {
    let way = |to: &str, title: &str, of: State, from: &[State], needed: Option<&str>| {
        let mut properties = Map::from_iter([("to".to_owned(), json!({"const": to}))]);
        let fields = transition::fields(kind, of);
        properties.extend(fields.iter().map(|field| (field.name.to_owned(), schema(field))));
        let needs = |field: &&Field| field.required || Some(field.name) == needed;
        let required: Vec<&str> =
            std::iter::once("to").chain(fields.iter().filter(needs).map(|field| field.name)).collect();
        let from: Vec<&str> = from.iter().map(|state| state.name()).collect();
        json!({"type": "object", "title": title, "additionalProperties": false, "properties": properties, "required": required,
            "x-from": from})
    };
    let mut ways: Vec<Value> = Vec::new();
    for to in kind.states().iter().copied() {
        let leads = |from: &State| kind.next_states(*from).contains(&to);
        let mut from: Vec<State> = kind.states().iter().copied().filter(leads).collect();
        if (kind, to) == (Kind::Dependency, State::Agreed) {
            // What was delivered and isn't accepted is said to be so; a changed date is agreed to anew.
            from.retain(|state| *state != State::Delivered);
            from.push(State::Agreed);
            let why = Some("reason");
            ways.push(way("not_accepted", "Don't accept the delivery", to, &[State::Delivered], why));
        }
        if !from.is_empty() {
            ways.push(way(to.name(), to.verb(kind), to, &from, None));
        }
    }
    json!({"type": "object", "required": ["to"], "oneOf": ways})
}

/// Says of fields of a body, or of the items of a list, where their values are found: a path of the API, and after `#` a pointer
/// into its answer, in which `*` stands for each item of a list.
pub(super) fn found_at(schema: &mut Value, names: &[&str], at: &str) {
    for name in names {
        let field = &mut schema["properties"][*name];
        let field = if field["type"] == "array" { &mut field["items"] } else { field };
        field["x-values"] = json!(at);
    }
}

fn held(holds: Holds) -> Value {
    match holds {
        Holds::Line(most) | Holds::Text(most) => json!({"type": "string", "maxLength": most}),
        Holds::Date => json!({"type": ["string", "null"], "format": "date"}),
        Holds::Number => json!({"type": ["number", "null"]}),
        Holds::Choice(choices) => json!({"enum": choices.iter().map(|(name, _)| *name).collect::<Vec<_>>()}),
    }
}

fn shifts() -> Value {
    let minutes = json!({"type": "array", "items": {"type": "integer", "minimum": 0, "maximum": 1440},
        "minItems": 2, "maxItems": 2});
    json!({"type": "array", "items": {"anyOf": [minutes, {"type": "string"}]}})
}
