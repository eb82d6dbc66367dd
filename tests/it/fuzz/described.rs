//! The description of the API as the fuzzer reads it: operations, and whether a value fits a schema. It knows as much of JSON
//! Schema as the description uses.

use chrono::NaiveDate;
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use uuid::Uuid;

/// A method of a path.
pub struct Operation {
    pub method: reqwest::Method,
    pub path: String,
    pub parameters: Vec<Parameter>,
    pub body: Option<Value>,
    pub responses: Map<String, Value>,
}

pub struct Parameter {
    pub name: String,
    /// `path`, `query` or `header`.
    pub place: String,
    pub required: bool,
    pub schema: Value,
}

impl Operation {
    /// `PATCH /api/v1/programs/{key}`.
    pub fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    pub fn parameters<'o>(&'o self, place: &'static str) -> impl Iterator<Item = &'o Parameter> {
        self.parameters.iter().filter(move |parameter| parameter.place == place)
    }

    /// Whether its path goes on from another.
    pub fn is_below(&self, path: &str) -> bool {
        self.path.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// Whether it answers with a page of a collection.
    pub fn is_collection(&self) -> bool {
        self.responses.get("200").is_some_and(|answer| {
            answer["content"]["application/json"]["schema"]["$ref"] == "#/components/schemas/Page"
        })
    }
}

pub struct Described {
    document: Value,
    pub operations: Vec<Operation>,
}

impl Described {
    pub fn of(document: Value) -> Self {
        let mut operations = Vec::new();
        for (path, methods) in document["paths"].as_object().expect("it has paths") {
            for (method, operation) in methods.as_object().expect("a path has methods") {
                let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
                let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
                let parameter = |of: &Value| Parameter {
                    name: text(&of["name"]),
                    place: text(&of["in"]),
                    required: of["required"] == true,
                    schema: of["schema"].clone(),
                };
                let body = &operation["requestBody"]["content"]["application/json"]["schema"];
                operations.push(Operation {
                    method: method.to_uppercase().parse().expect("a method"),
                    path: path.clone(),
                    parameters: parameters.iter().map(parameter).collect(),
                    body: Some(body.clone()).filter(|body| !body.is_null()),
                    responses: operation["responses"].as_object().expect("it has answers").clone(),
                });
            }
        }
        Self { document, operations }
    }

    /// The schema that a `$ref` leads to, with its name; else the schema itself.
    pub fn resolved<'a>(&'a self, schema: &'a Value) -> (&'a str, &'a Value) {
        let Some(pointer) = schema["$ref"].as_str().and_then(|to| to.strip_prefix('#')) else {
            return ("", schema);
        };
        let name = pointer.rsplit('/').next().unwrap_or_default();
        (name, self.document.pointer(pointer).expect("a reference leads somewhere"))
    }

    /// The bodies that a schema is one of; itself, where it is but one.
    pub fn ways<'a>(&'a self, schema: &'a Value) -> Vec<&'a Value> {
        let (_, schema) = self.resolved(schema);
        match schema["oneOf"].as_array() {
            Some(ways) => ways.iter().map(|way| self.resolved(way).1).collect(),
            None => vec![schema],
        }
    }

    /// That of them that a body fits, else the first.
    pub fn way<'a>(&'a self, schema: &'a Value, body: &Value) -> &'a Value {
        let ways = self.ways(schema);
        let fitting = ways.iter().find(|way| self.misfit(way, body, "").is_none());
        fitting.copied().unwrap_or(ways[0])
    }

    /// The states in which something must be for one of the bodies of a schema to be taken; none where any will do.
    pub fn states(&self, schema: &Value) -> BTreeSet<String> {
        let (_, whole) = self.resolved(schema);
        let all = self.ways(schema).into_iter().chain([whole]);
        let names = all.flat_map(|way| way["x-from"].as_array().into_iter().flatten());
        names.filter_map(Value::as_str).map(str::to_owned).collect()
    }

    /// Where the description says that values for the fields of a body are found.
    pub fn sources(&self, schema: &Value) -> BTreeSet<String> {
        let mut sources = BTreeSet::new();
        let mut open = vec![schema];
        let mut seen = BTreeSet::new();
        while let Some(one) = open.pop() {
            sources.extend(one["x-values"].as_str().map(str::to_owned));
            let (name, one) = self.resolved(one);
            if !name.is_empty() && !seen.insert(name) {
                continue;
            }
            open.extend(one["properties"].as_object().into_iter().flatten().map(|(_, of)| of));
            open.extend(
                ["oneOf", "anyOf"].iter().flat_map(|word| one[*word].as_array().into_iter().flatten()),
            );
            open.extend(one.get("items"));
        }
        sources
    }

    /// The first place where a value doesn't fit a schema.
    pub fn misfit(&self, schema: &Value, value: &Value, at: &str) -> Option<String> {
        let (_, schema) = self.resolved(schema);
        for (word, alone) in [("anyOf", false), ("oneOf", true)] {
            let Some(ways) = schema[word].as_array() else { continue };
            let fitting = ways.iter().filter(|way| self.misfit(way, value, at).is_none()).count();
            if fitting == 0 || (alone && fitting > 1) {
                return Some(format!("{at} fits {fitting} of {word}: {value}"));
            }
        }
        let types: Vec<&str> = match &schema["type"] {
            Value::String(one) => vec![one],
            Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        if !types.is_empty() && !types.iter().any(|name| is(value, name)) {
            return Some(format!("{at} is no {}: {value}", types.join(" or ")));
        }
        if schema.get("const").is_some_and(|only| only != value) {
            return Some(format!("{at} is not {}: {value}", schema["const"]));
        }
        if schema["enum"].as_array().is_some_and(|known| !known.contains(value)) {
            return Some(format!("{at} is none of {}: {value}", schema["enum"]));
        }
        match value {
            Value::String(text) => misfit_of_text(schema, text, at),
            Value::Number(number) => {
                let number = number.as_f64().unwrap_or(f64::NAN);
                let below = schema["minimum"].as_f64().is_some_and(|least| number < least);
                let above = schema["maximum"].as_f64().is_some_and(|most| number > most);
                (below || above).then(|| format!("{at} is out of bounds: {value}"))
            }
            Value::Array(list) => {
                let length = list.len() as u64;
                let few = schema["minItems"].as_u64().is_some_and(|least| length < least);
                let many = schema["maxItems"].as_u64().is_some_and(|most| length > most);
                if few || many {
                    return Some(format!("{at} has {length} items"));
                }
                let item = schema.get("items")?;
                let mut each = list.iter().enumerate();
                each.find_map(|(n, one)| self.misfit(item, one, &format!("{at}[{n}]")))
            }
            Value::Object(fields) => self.misfit_of_fields(schema, fields, at),
            _ => None,
        }
    }

    fn misfit_of_fields(&self, schema: &Value, fields: &Map<String, Value>, at: &str) -> Option<String> {
        let needed = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
        if let Some(missing) = needed.into_iter().find(|name| !fields.contains_key(*name)) {
            return Some(format!("{at} lacks {missing}"));
        }
        let few = schema["minProperties"].as_u64().is_some_and(|least| (fields.len() as u64) < least);
        if few {
            return Some(format!("{at} has {} fields", fields.len()));
        }
        let most = schema["maxProperties"].as_u64();
        if most.is_some_and(|most| fields.len() as u64 > most) {
            return Some(format!("{at} has {} fields", fields.len()));
        }
        fields.iter().find_map(|(name, value)| match schema["properties"].get(name) {
            Some(of) => self.misfit(of, value, &format!("{at}.{name}")),
            None if schema["additionalProperties"] == false => Some(format!("{at} has a field {name}")),
            None => None,
        })
    }
}

/// The names of the fields that a schema knows.
pub fn names(schema: &Value) -> impl Iterator<Item = String> + '_ {
    schema["properties"].as_object().into_iter().flatten().map(|(name, _)| name.clone())
}

/// What a pointer leads to, in which `*` stands for each item of a list.
pub fn pointed(value: &Value, pointer: &str) -> Vec<Value> {
    let mut found = vec![value];
    for part in pointer.split('/').skip(1) {
        found = found
            .into_iter()
            .flat_map(|value| match part {
                "*" => value.as_array().into_iter().flatten().collect(),
                name => value.get(name).into_iter().collect::<Vec<_>>(),
            })
            .collect();
    }
    found.into_iter().filter(|value| !value.is_null()).cloned().collect()
}

fn is(value: &Value, name: &str) -> bool {
    match name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "string" => value.is_string(),
        "number" => value.is_number(),
        "integer" => value.as_f64().is_some_and(|number| number.fract() == 0.0),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("the description uses a type “{other}”"),
    }
}

fn misfit_of_text(schema: &Value, text: &str, at: &str) -> Option<String> {
    let length = text.chars().count() as u64;
    let short = schema["minLength"].as_u64().is_some_and(|least| length < least);
    let long = schema["maxLength"].as_u64().is_some_and(|most| length > most);
    let fits = match schema["format"].as_str() {
        Some("date") => text.parse::<NaiveDate>().is_ok(),
        Some("uuid") => text.parse::<Uuid>().is_ok(),
        Some("date-time") => chrono::DateTime::parse_from_rfc3339(text).is_ok(),
        Some("time") => text.parse::<chrono::NaiveTime>().is_ok(),
        Some(other) => panic!("the description uses a format “{other}”"),
        None => true,
    };
    (short || long || !fits).then(|| format!("{at} doesn't fit: {text:?}"))
}
