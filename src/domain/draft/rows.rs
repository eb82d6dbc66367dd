//! Lists of things with named parts, and values by name.

use super::read::{blank, choice, clip, date, line, text};
use super::{Choices, Holds, Rows};
use serde_json::{Map, Value};

/// Reads a list of rows: objects, or lines with their parts between bars.
pub(super) fn read(rows: &Rows, raw: &Value) -> Result<Value, String> {
    let Rows { one, many, most, parts } = rows;
    let list = match raw {
        Value::Null => Vec::new(),
        Value::Array(list) => list.clone(),
        Value::String(text) => {
            let lines = text.lines().filter(|line| !line.trim().is_empty());
            lines.map(|line| from_line(rows, line)).collect()
        }
        _ => return Err(format!("Give a list of {many}.")),
    };
    if list.len() > *most {
        return Err(format!("At most {most} {many}."));
    }
    let has = || {
        let names: Vec<_> = parts.iter().map(|part| part.name).collect();
        match names.split_last() {
            Some((last, first)) if !first.is_empty() => format!("{} and {last}", first.join(", ")),
            _ => names.join(""),
        }
    };
    let mut clean: Vec<Map<String, Value>> = Vec::new();
    for row in &list {
        let Value::Object(given) = row else {
            return Err(format!("Each {one} has {}.", has()));
        };
        if let Some(odd) = given.keys().find(|name| !parts.iter().any(|part| part.name == *name)) {
            return Err(format!("Each {one} has {}, not “{}”.", has(), clip(odd)));
        }
        let mut values = Map::new();
        for (place, part) in parts.iter().enumerate() {
            let value = hold(part.holds, given.get(part.name).unwrap_or(&Value::Null))
                .map_err(|why| format!("{}: {why}", part.name))?;
            if place == 0 && blank(&value) {
                return Err(format!("Each {one} needs its {}.", part.name));
            }
            if place == 0 && clean.iter().any(|other| other.get(part.name) == Some(&value)) {
                return Err(format!("Two {many} have the same {}: “{}”.", part.name, clip(&plain(&value))));
            }
            values.insert(part.name.to_owned(), value);
        }
        clean.push(values);
    }
    Ok(Value::Array(clean.into_iter().map(Value::Object).collect()))
}

fn from_line(rows: &Rows, line: &str) -> Value {
    let given = line.splitn(rows.parts.len(), '|').map(|part| Value::String(part.trim().to_owned()));
    Value::Object(rows.parts.iter().map(|part| part.name.to_owned()).zip(given).collect())
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

impl Rows {
    /// A row as a line that can be read back.
    #[must_use]
    pub fn line(&self, row: &Value) -> String {
        let part = |name: &str| match &row[name] {
            Value::Null => String::new(),
            value => plain(value),
        };
        let parts: Vec<_> = self.parts.iter().map(|one| part(one.name)).collect();
        parts.join(" | ").trim_end_matches([' ', '|']).to_owned()
    }
}

/// Reads values by name.
pub(super) fn named(names: Choices, holds: Holds, raw: &Value) -> Result<Value, String> {
    let given = match raw {
        Value::Object(given) => given,
        _ if blank(raw) => return Ok(Value::Object(Map::new())),
        _ => return Err("Give an object of values by name.".into()),
    };
    let mut clean = Map::new();
    for (name, value) in given.iter().filter(|(_, value)| !blank(value)) {
        let Some((_, label)) = names.iter().find(|(known, _)| known == name) else {
            let known: Vec<_> = names.iter().map(|(name, _)| *name).collect();
            return Err(format!("There is no “{}” here: there is {}.", clip(name), known.join(", ")));
        };
        clean.insert(name.clone(), hold(holds, value).map_err(|why| format!("{label}: {why}"))?);
    }
    Ok(Value::Object(clean))
}

fn hold(holds: Holds, raw: &Value) -> Result<Value, String> {
    match holds {
        Holds::Line(most) => line(raw, most).map(Value::String),
        Holds::Text(most) => text(raw, most).map(Value::String),
        Holds::Date => Ok(date(raw)?.map_or(Value::Null, |day| Value::String(day.to_string()))),
        Holds::Choice(choices) => choice(raw, choices),
        Holds::Number => {
            if blank(raw) {
                return Ok(Value::Null);
            }
            let number = match raw {
                Value::Number(number) => number.as_f64(),
                Value::String(text) => text.trim().replace(',', ".").parse().ok(),
                _ => None,
            };
            number
                .filter(|number| number.is_finite() && number.abs() < 1e13)
                .and_then(serde_json::Number::from_f64)
                .map(Value::Number)
                .ok_or_else(|| "Give a number.".to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Part;
    use super::*;
    use serde_json::json;

    const POINTS: Rows = Rows {
        one: "point",
        many: "points",
        most: 3,
        parts: &[Part { name: "on", holds: Holds::Date }, Part { name: "value", holds: Holds::Number }],
    };

    #[test]
    fn rows_are_read_from_lines_and_from_objects_and_written_as_lines() {
        let points = read(&POINTS, &json!("2026-01-01 | 100\n\n31.12.2026 | 200,5")).unwrap();
        assert_eq!(
            points,
            json!([{"on": "2026-01-01", "value": 100.0}, {"on": "2026-12-31", "value": 200.5}])
        );
        assert_eq!(read(&POINTS, &points).unwrap(), points);
        assert_eq!(POINTS.line(&points[1]), "2026-12-31 | 200.5");
        for (wrong, why) in [
            (json!(7), "Give a list of points."),
            (json!(["x"]), "Each point has on and value."),
            (json!([{"on": "2026-01-01", "x": 1}]), "Each point has on and value, not “x”."),
            (json!([{"value": 1}]), "Each point needs its on."),
            (json!("2026-01-01 | 1\n2026-01-01 | 2"), "Two points have the same on: “2026-01-01”."),
            (json!("2026-01-01 | many"), "value: Give a number."),
            (json!([{}, {}, {}, {}]), "At most 3 points."),
        ] {
            assert_eq!(read(&POINTS, &wrong), Err(why.to_owned()), "{wrong}");
        }
    }

    #[test]
    fn values_by_name_are_those_that_have_a_name_here() {
        let names: Choices = &[("cost", "Cost"), ("risk", "Risk")];
        let read = |raw| named(names, Holds::Line(5), &raw);
        assert_eq!(read(json!({"cost": " dear ", "risk": ""})).unwrap(), json!({"cost": "dear"}));
        assert_eq!(read(json!(null)).unwrap(), json!({}));
        assert_eq!(read(json!({"fun": "x"})), Err("There is no “fun” here: there is cost, risk.".to_owned()));
        assert_eq!(
            read(json!({"cost": "too long"})),
            Err("Cost: At most 5 characters; this has 8.".to_owned())
        );
    }
}
