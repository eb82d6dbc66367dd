//! Values from schemas: such as fit, and such as break things.

use super::described::Described;
use super::there::There;
use chrono::{Days, NaiveDate};
use rand::RngExt;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use serde_json::{Map, Value, json};
use std::collections::HashMap;

/// The day of the story.
pub const TODAY: &str = "2026-06-30";

/// JSON that no value of ours can hold: it stands in a body by its place here, between two marks.
const RAW: &[&str] = &[
    "1e400",
    "-1e400",
    "9223372036854775808",
    "-9223372036854775809",
    "18446744073709551616",
    "340282366920938463463374607431768211457",
    "1e-400",
    "-0",
    "0.1e1",
    "NaN",
    "Infinity",
    "\"\\ud800\"",
    "\"\\udfff\\ud800\"",
    "\"\\u0000\"",
    "\"a\\u0000b\"",
    "\"\\ud83d\\udca9\"",
    "{\"a\":1,\"a\":2}",
    "{\"id\":1,\"id\":\"x\"}",
    "[1,]",
];
const MARK: char = '\u{e000}';

/// Texts that have broken programs.
pub const TEXTS: &[&str] = &[
    "",
    " ",
    "\t\r\n",
    "\0",
    "a\0b",
    "\u{1b}[2J",
    "\u{7f}\u{80}\u{9f}",
    "\u{feff}begun",
    "\u{202e}backwards\u{202c}",
    "👩‍👩‍👧‍👦",
    "e\u{301}\u{301}\u{301}",
    "\u{200b}",
    "\u{fffe}\u{ffff}",
    "ß İ ı ﬃ ÆØÅ",
    "NaN",
    "Infinity",
    "-1",
    "0",
    "1e309",
    "99999999999999999999999",
    "2147483648",
    "-9223372036854775809",
    "1,5",
    "0001-01-01",
    "9999-12-31",
    "1969-12-31",
    "2199-12-31",
    "2200-01-01",
    "2026-02-30",
    "2026-13-01",
    "+262142-12-31",
    "-262143-01-01",
    "2026-06-30T00:00:00Z",
    "31.12.9999",
    "24:00",
    "23:59:60",
    "00000000-0000-0000-0000-000000000000",
    "ATLAS-R0",
    "ATLAS-R-1",
    "ATLAS-R99999999999",
    "BEACON-R1",
    "NOSUCH-R1",
    "#ATLAS-R1 @mira @nobody-like-that",
    "'; drop table item; --",
    "\\' or 1=1",
    "%s%n%x",
    "../../../etc/passwd",
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "{{7*7}}${7*7}",
    "=cmd|' /C calc'!A0",
    "a|b|c|d|e|f",
    "|||",
    "true",
    "null",
    "none",
    "undefined",
    "*",
    "%",
    "_",
    "a & b | ! ( c <-> d",
    "[x](javascript:alert(1))",
    "https://example.com/ü?q=1#x",
    "file:///etc/passwd",
    "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
    "> > > > > > > > > > > > > > > > > > > >",
];

pub fn today() -> NaiveDate {
    TODAY.parse().expect("a day")
}

/// A text of so many characters.
pub fn long(length: usize) -> String {
    "long ".chars().cycle().take(length).collect()
}

/// A body as text, with what only text can hold.
pub fn written(body: &Value) -> String {
    RAW.iter()
        .enumerate()
        .fold(body.to_string(), |text, (at, raw)| text.replace(&format!("\"{MARK}{at}{MARK}\""), raw))
}

/// Whether a body can be written as JSON that keeps its meaning.
pub fn is_raw(body: &Value) -> bool {
    body.to_string().contains(MARK)
}

pub struct Maker<'m> {
    pub rng: &'m mut StdRng,
    pub described: &'m Described,
    pub there: &'m There,
    /// The program that is written in.
    pub key: Option<String>,
    /// Values that the description says are found elsewhere, by where that is.
    pub found: HashMap<String, Vec<Value>>,
    /// The state of what is written to.
    pub state: Option<String>,
}

impl Maker<'_> {
    pub fn chance(&mut self, of_hundred: u32) -> bool {
        self.rng.random_range(0..100) < of_hundred
    }

    pub fn pick<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        list.choose(self.rng).expect("there is something to choose")
    }

    /// A value that fits a schema; `name` is that of its field.
    pub fn valid(&mut self, name: &str, schema: &Value) -> Value {
        let found = schema["x-values"].as_str().and_then(|at| self.found.get(at));
        if let Some(value) = found.and_then(|found| found.choose(self.rng)).cloned()
            && self.chance(90)
        {
            return value;
        }
        let (called, schema) = self.described.resolved(schema);
        if called.ends_with("Named") {
            let found = self.there.named(self.rng, called, name, self.key.as_deref());
            if let Some(found) = found {
                return self.as_named(&found);
            }
        }
        if let Some(examples) = schema["examples"].as_array()
            && self.chance(50)
        {
            return self.pick(examples).clone();
        }
        if self.chance(65)
            && let Some(value) = self.there.value(self.rng, name, self.key.as_deref())
            && self.described.misfit(schema, &value, "").is_none()
        {
            return value;
        }
        if let Some(only) = schema.get("const") {
            return only.clone();
        }
        if let Some(known) = schema["enum"].as_array() {
            return self.pick(known).clone();
        }
        if let Some(ways) = schema["anyOf"].as_array().or_else(|| schema["oneOf"].as_array()) {
            let ways: Vec<&Value> = ways.iter().filter(|way| way["type"] != "null").collect();
            if self.chance(10) && schema["anyOf"].as_array().is_some_and(|all| all.len() > ways.len()) {
                return Value::Null;
            }
            let way = *self.pick(&ways);
            return self.valid(name, way);
        }
        let kind = match &schema["type"] {
            Value::String(one) => one.as_str(),
            Value::Array(_) if self.chance(10) => "null",
            Value::Array(several) => {
                several.iter().filter_map(Value::as_str).find(|kind| *kind != "null").unwrap_or("null")
            }
            _ => "string",
        };
        match kind {
            "null" => Value::Null,
            "boolean" => json!(self.rng.random_bool(0.5)),
            "integer" => self.whole(schema),
            "number" => {
                let least = schema["minimum"].as_f64().unwrap_or(0.0);
                let most = schema["maximum"].as_f64().unwrap_or(1000.0).min(least + 1000.0);
                json!((self.rng.random_range(least..=most) * 100.0).round() / 100.0)
            }
            "array" => self.list(name, schema),
            "object" => Value::Object(self.fields(schema)),
            _ => json!(self.text(schema)),
        }
    }

    /// A row by one of the ways to name it.
    fn as_named(&mut self, row: &Value) -> Value {
        let names: Vec<&str> = ["id", "ref", "email", "key", "name"]
            .into_iter()
            .filter(|name| row[*name].is_string() && !(*name == "name" && row["ref"].is_string()))
            .collect();
        let Some(name) = names.choose(self.rng) else { return Value::Null };
        let value = row[*name].clone();
        if self.chance(50) { value } else { Value::Object(Map::from_iter([((*name).to_owned(), value)])) }
    }

    fn whole(&mut self, schema: &Value) -> Value {
        let least = schema["minimum"].as_i64().unwrap_or(0);
        let most = schema["maximum"].as_i64().unwrap_or(i64::MAX);
        // Small ones: no simulation of a hundred thousand rounds is waited for.
        json!(self.rng.random_range(least..=most.min(least.saturating_add(60))))
    }

    fn list(&mut self, name: &str, schema: &Value) -> Value {
        let least = schema["minItems"].as_u64().unwrap_or(0);
        let most = schema["maxItems"].as_u64().unwrap_or(3).min(least + 3);
        let length = self.rng.random_range(least..=most);
        let mut list: Vec<Value> = Vec::new();
        for _ in 0..length {
            let one = self.valid(name, &schema["items"]);
            if least > 0 || !list.contains(&one) {
                list.push(one);
            }
        }
        if list.iter().all(Value::is_i64) {
            list.sort_by_key(Value::as_i64);
        }
        Value::Array(list)
    }

    /// An object: what it needs, and some of what it may have. Of several ways to make it one that can be in the state.
    pub fn fields(&mut self, schema: &Value) -> Map<String, Value> {
        if let Some(ways) = schema["oneOf"].as_array() {
            let can_be = |way: &&Value| match (way["x-from"].as_array(), &self.state) {
                (Some(from), Some(state)) => from.contains(&json!(state)),
                _ => true,
            };
            let fitting: Vec<&Value> = ways.iter().filter(can_be).collect();
            let way = *fitting.choose(self.rng).unwrap_or(&&ways[0]);
            let (_, way) = self.described.resolved(way);
            return self.fields(way);
        }
        let mut fields = Map::new();
        let least = usize::try_from(schema["minProperties"].as_u64().unwrap_or(0)).unwrap_or(0);
        let most = schema["maxProperties"].as_u64().unwrap_or(u64::MAX);
        let all: Vec<(String, Value)> = schema["properties"]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(name, of)| (name.clone(), of.clone()))
            .collect();
        let share = *self.pick(&[0, 10, 10, 50]);
        for (name, of) in all.clone() {
            let needed = schema["required"].as_array().is_some_and(|list| list.contains(&json!(name)));
            // A day before the latest version is refused, so it would spoil most of what is made.
            let share = if ["effective_on", "on"].contains(&name.as_str()) { share.min(4) } else { share };
            if needed || ((fields.len() as u64) < most && self.chance(share)) {
                fields.insert(name.clone(), self.valid(&name, &of));
            }
        }
        // Whichever it has, it has so many.
        while fields.len() < least.min(all.len()) {
            let (name, of) = self.pick(&all).clone();
            let value = self.valid(&name, &of);
            if !value.is_null() {
                fields.insert(name, value);
            }
        }
        fields
    }

    fn text(&mut self, schema: &Value) -> String {
        let day = |off: u64| (today() - Days::new(60) + Days::new(off)).to_string();
        let text = match schema["format"].as_str() {
            Some("date") => {
                let off = if self.chance(40) { 60 } else { self.rng.random_range(0..90) };
                return day(off);
            }
            Some("time") => {
                return format!("{:02}:{:02}", self.rng.random_range(0..24), self.rng.random_range(0..60));
            }
            Some("date-time") => return format!("{TODAY}T09:00:00Z"),
            Some("uuid") => return uuid::Uuid::from_u128(self.rng.random()).to_string(),
            _ => self.words(),
        };
        let most = schema["maxLength"]
            .as_u64()
            .map_or(usize::MAX, |most| usize::try_from(most).unwrap_or(usize::MAX));
        text.chars().take(most).collect()
    }

    fn words(&mut self) -> String {
        let n = self.rng.random_range(0..100_000);
        match self.rng.random_range(0..8) {
            0 => format!("K{n}"),
            1 => format!("somebody{n}@example.org"),
            2 => "Ein Wort, 日本語 and `code` – see ATLAS-M1.".to_owned(),
            3 => format!("A *longer* text {n} for @Admin.\n\n- one\n- two"),
            4 => "09:00-12:00".to_owned(),
            _ => format!("Something {n}"),
        }
    }

    /// A value that fits hardly anything.
    pub fn hostile(&mut self) -> Value {
        match self.rng.random_range(0..15) {
            0..=5 => json!(self.pick(TEXTS)),
            6 | 7 => {
                let at = self.rng.random_range(0..RAW.len());
                json!(format!("{MARK}{at}{MARK}"))
            }
            8 => self.pick(&[Value::Null, json!(true), json!({}), json!([])]).clone(),
            9 => self
                .pick(&[
                    json!(0),
                    json!(-1),
                    json!(2_147_483_648_i64),
                    json!(i64::MAX),
                    json!(i64::MIN),
                    json!(1e308),
                    json!(-0.5),
                ])
                .clone(),
            10 => json!(long(*self.pick(&[41, 301, 2_001, 50_001]))),
            11 => (0..60).fold(
                json!("deep"),
                |inner, n| if n % 2 == 0 { json!([inner]) } else { json!({"a": inner}) },
            ),
            12 => json!([null, 5, "x", {}, [[]]]),
            13 => json!({"id": 5, "ref": null, "": "", "name": {"name": []}, "team": "x", "project": []}),
            _ => Value::Array(vec![json!(self.pick(TEXTS)); 1_000]),
        }
    }

    /// The body with something in it that doesn't belong there: somewhere in it, or a field that it hadn't.
    pub fn spoiled(&mut self, schema: &Value, body: &mut Value) {
        let schema = self.described.way(schema, body);
        let names: Vec<String> =
            schema["properties"].as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect();
        if names.is_empty() {
            return;
        }
        let name = self.pick(&names).clone();
        let hostile = self.hostile();
        let inner = body.get_mut(&name).filter(|value| value.is_array() || value.is_object());
        match inner {
            Some(Value::Array(list)) if self.chance(60) => match list.first_mut() {
                Some(Value::Object(fields)) if !fields.is_empty() => {
                    let at = self.rng.random_range(0..fields.len());
                    if let Some(value) = fields.values_mut().nth(at) {
                        *value = hostile;
                    }
                }
                Some(first) => *first = hostile,
                None => list.push(hostile),
            },
            Some(Value::Object(fields)) if self.chance(60) && !fields.is_empty() => {
                let at = self.rng.random_range(0..fields.len());
                if let Some(value) = fields.values_mut().nth(at) {
                    *value = hostile;
                }
            }
            _ => body[name.as_str()] = hostile,
        }
    }
}
