//! Reads one value of a draft, by the control of its field: trims, types, and says in the reader's words what is wrong.

use super::super::work_calendar;
use super::{Choices, Control, Directory, Field, count, rows, scope};
use chrono::NaiveDate;
use serde_json::{Map, Value};
use std::collections::HashMap;
use uuid::Uuid;

pub(super) fn blank(value: &Value) -> bool {
    value.is_null() || value.as_str().is_some_and(|text| text.trim().is_empty())
}

/// By what something stored can be named, the surest first.
const NAMES: [&str; 6] = ["id", "ref", "email", "handle", "key", "name"];

/// A part of a name that says nothing. The title of an item is let be: answers have it beside its reference.
fn odd_name(value: &Value) -> Option<&String> {
    let known = |part: &&String| NAMES.contains(&part.as_str()) || *part == "title";
    value.as_object()?.keys().find(|part| !known(part))
}

/// How a person, team, project or item is named: a text, or an object with one of [`NAMES`].
pub(super) fn name_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.trim().is_empty() => Some(text.trim().to_owned()),
        Value::Object(named) => NAMES
            .iter()
            .find_map(|key| named.get(*key).and_then(Value::as_str))
            .filter(|text| !text.trim().is_empty())
            .map(|text| text.trim().to_owned()),
        _ => None,
    }
}

pub(super) fn listed(value: &Value) -> Vec<Value> {
    match value {
        Value::Array(list) => list.clone(),
        Value::String(text) => text
            .split([',', ';'])
            .map(str::trim)
            .filter(|t| !t.is_empty())
            .map(|t| Value::String(t.to_owned()))
            .collect(),
        _ => Vec::new(),
    }
}

/// A party as an object; a text is `team: Ledger`, `project: INV`, `external: Taxwise`, or the name of a team.
pub(super) fn party_of(value: &Value) -> Map<String, Value> {
    match value {
        Value::Object(party) => party.clone(),
        Value::String(text) => {
            let (what, name) = match text.split_once(':') {
                Some((what, name))
                    if ["team", "project", "external"].contains(&what.trim().to_lowercase().as_str()) =>
                {
                    (what.trim().to_lowercase(), name.trim())
                }
                _ => ("team".to_owned(), text.trim()),
            };
            Map::from_iter([(what, Value::String(name.to_owned()))])
        }
        _ => Map::new(),
    }
}

/// Committed dates as pairs of an item's name and a date; a text has one `REF DATE` a line.
pub(super) fn commitments_of(value: &Value) -> Vec<(Value, Value)> {
    match value {
        Value::Array(list) => list
            .iter()
            .map(|entry| {
                let item = entry.get("ref").or_else(|| entry.get("item")).cloned().unwrap_or_default();
                (item, entry.get("committed_on").cloned().unwrap_or_default())
            })
            .collect(),
        Value::String(text) => text
            .lines()
            .filter(|line| !line.trim().is_empty())
            .map(|line| {
                let (item, on) = line.trim().split_once(char::is_whitespace).unwrap_or((line.trim(), ""));
                (Value::String(item.to_owned()), Value::String(on.trim().to_owned()))
            })
            .collect(),
        _ => Vec::new(),
    }
}

/// Who holds which role, as pairs of a role and a person's name; a text has one `role | person` a line.
pub(super) fn holders_of(value: &Value) -> Vec<(Value, Value)> {
    match value {
        Value::Array(list) => list
            .iter()
            .map(|one| {
                let part = |name: &str| one.get(name).cloned().unwrap_or_default();
                (part("role"), part("person"))
            })
            .collect(),
        Value::String(text) => text
            .lines()
            .filter(|line| !line.trim().is_empty())
            .map(|line| {
                let (role, person) = line.split_once('|').unwrap_or((line, ""));
                (Value::from(role.trim()), Value::from(person.trim()))
            })
            .collect(),
        _ => Vec::new(),
    }
}

/// Who works on something, as objects; in a text they are parted by commas or lines: `team: Payments 50 %`, `Ann Lee`.
pub(super) fn resources_of(value: &Value) -> Vec<Map<String, Value>> {
    match value {
        Value::Array(list) => list.iter().map(|one| one.as_object().cloned().unwrap_or_default()).collect(),
        Value::String(text) => text
            .split([',', ';', '\n'])
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .map(|part| {
                let mut one = Map::new();
                let mut named = part;
                if let Some(share) = part.strip_suffix('%')
                    && let Some((name, units)) = share.trim_end().rsplit_once(char::is_whitespace)
                {
                    one.insert("units".into(), Value::from(units));
                    named = name.trim();
                }
                let (what, name) = match named.split_once(':') {
                    Some((what, name))
                        if ["team", "person"].contains(&what.trim().to_lowercase().as_str()) =>
                    {
                        (what.trim().to_lowercase(), name.trim())
                    }
                    _ => ("person".to_owned(), named),
                };
                one.insert(what, Value::from(name));
                one
            })
            .collect(),
        _ => Vec::new(),
    }
}

type Values = Vec<(String, Value)>;

pub(super) fn read(field: &Field, raw: &Value, directory: &Directory) -> Result<Values, String> {
    let one = |value: Value| Ok(vec![(field.name.to_owned(), value)]);
    if let Some(why) = count::too_many(field.control, raw) {
        return Err(why);
    }
    match field.control {
        Control::Line(most) => one(Value::String(line(raw, most)?)),
        Control::Link(most) => one(Value::String(link(raw, most)?)),
        Control::Text(most) => one(Value::String(text(raw, most)?)),
        Control::Date => one(date(raw)?.map_or(Value::Null, |d| Value::String(d.to_string()))),
        Control::Int(least, most) => one(int(raw, least, most)?.map_or(Value::Null, Value::from)),
        Control::Amount => one(amount(raw)?),
        Control::Decimal(least, most) => one(decimal(raw, least, most)?),
        Control::Calendar => one(named(raw, &directory.calendars, "calendar")?),
        Control::Resources => one(resources(raw, directory)?),
        Control::Flag => one(Value::Bool(flag(raw)?)),
        Control::Choice(choices) => one(choice(raw, choices)?),
        Control::Choices(choices) => {
            let taken = several(raw)?.iter().map(|v| choice(v, choices)).collect::<Result<Vec<_>, _>>()?;
            one(Value::Array(taken))
        }
        Control::Tags => {
            one(Value::Array(tags(raw, if field.name == "tags" { "A tag" } else { "One of them" })?))
        }
        Control::Person => one(named(raw, &directory.persons, "person")?),
        Control::Team => one(named(raw, &directory.teams, "team")?),
        Control::Project => one(named(raw, &directory.projects, "project of this program")?),
        Control::Item => one(named(raw, &directory.items, "item")?),
        Control::Items => {
            let items = several(raw)?
                .iter()
                .map(|v| named(v, &directory.items, "item"))
                .collect::<Result<Vec<_>, _>>()?;
            one(Value::Array(items))
        }
        Control::Party => party(field.name, raw, directory),
        Control::ThreePoints => one(three_points(raw)?),
        Control::Scope(scope) => scope::read(field.name, scope, raw, directory, |raw| {
            int(raw, 0, 100_000).map(Option::unwrap_or_default)
        }),
        Control::People => {
            let people = several(raw)?
                .iter()
                .map(|v| named(v, &directory.persons, "person"))
                .collect::<Result<Vec<_>, _>>()?;
            one(Value::Array(people))
        }
        Control::Holders => one(holders(raw, directory)?),
        Control::Time => one(time(raw)?),
        Control::Rows(rows) => one(rows::read(rows, raw)?),
        Control::Named(names, holds) => one(rows::named(names, holds, raw)?),
        Control::Commitments => {
            let mut dates = Vec::new();
            if !blank(raw) && !matches!(raw, Value::Array(_) | Value::String(_)) {
                return Err("Give a list of {ref, committed_on}.".into());
            }
            for (item, on) in commitments_of(raw) {
                let item = named(&item, &directory.items, "item")?;
                let Some(on) = date(&on)? else {
                    return Err("Each line needs a reference and a date.".into());
                };
                if item.is_null() {
                    return Err("Each line needs a reference and a date.".into());
                }
                if dates.iter().any(|known: &Value| known["item"] == item) {
                    return Err("An item stands here twice.".into());
                }
                dates.push(serde_json::json!({"item": item, "committed_on": on}));
            }
            one(Value::Array(dates))
        }
        Control::Week => one(work_calendar::week_of(raw)?),
        Control::Exceptions => one(work_calendar::exceptions_of(raw)?),
        Control::Numbers(names) => one(numbers(raw, names)?),
        Control::Dates => {
            let mut dates =
                several(raw)?.iter().filter_map(|v| date(v).transpose()).collect::<Result<Vec<_>, _>>()?;
            dates.sort();
            dates.dedup();
            one(Value::Array(dates.into_iter().map(|d| Value::String(d.to_string())).collect()))
        }
    }
}

fn numbers(raw: &Value, names: Choices) -> Result<Value, String> {
    let Value::Object(given) = raw else {
        return if blank(raw) {
            Ok(Value::Object(Map::new()))
        } else {
            Err("Give an object of numbers.".into())
        };
    };
    let mut clean = Map::new();
    for (name, value) in given.iter().filter(|(_, value)| !blank(value)) {
        let Some((_, label)) = names.iter().find(|(known, _)| known == name) else {
            return Err(format!("There is no “{}” here.", clip(name)));
        };
        let number = match value {
            Value::Number(number) => number.as_f64(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        };
        let number = number.filter(|n| n.is_finite() && (-1000.0..=10_000.0).contains(n));
        let number = number.ok_or_else(|| format!("{label}: give a number."))?;
        // A whole number is kept as one, for fields that count.
        let whole =
            Some(number).filter(|n| n.fract() == 0.0).and_then(|n| format!("{n:.0}").parse::<i64>().ok());
        clean.insert(name.clone(), whole.map_or_else(|| Value::from(number), Value::from));
    }
    Ok(Value::Object(clean))
}

fn holders(raw: &Value, directory: &Directory) -> Result<Value, String> {
    if !blank(raw) && !matches!(raw, Value::Array(_) | Value::String(_)) {
        return Err("Give a list of {role, person}.".into());
    }
    let given = holders_of(raw);
    let mut held = Vec::new();
    for (role, who) in &given {
        let role = line(role, 120)?;
        let person = named(who, &directory.persons, "person")?;
        if role.is_empty() || person.is_null() {
            return Err("Each line needs a role and who holds it: Security | Ada Lovelace.".into());
        }
        let one = serde_json::json!({"role": role, "person": person});
        if !held.contains(&one) {
            held.push(one);
        }
    }
    Ok(Value::Array(held))
}

/// A time of day, to the minute.
fn time(raw: &Value) -> Result<Value, String> {
    if blank(raw) {
        return Ok(Value::Null);
    }
    let text = raw.as_str().unwrap_or_default().trim();
    ["%H:%M", "%H:%M:%S"]
        .iter()
        .find_map(|form| chrono::NaiveTime::parse_from_str(text, form).ok())
        .map(|time| Value::from(time.format("%H:%M:%S").to_string()))
        .ok_or_else(|| "Give a time of day, such as 14:30.".to_owned())
}

fn several(raw: &Value) -> Result<Vec<Value>, String> {
    match raw {
        Value::Null | Value::Array(_) | Value::String(_) => Ok(listed(raw)),
        _ => Err("Give a list.".into()),
    }
}

fn no_controls(text: &str, lines: bool) -> Result<(), String> {
    let bad = text.chars().find(|c| c.is_control() && !(lines && matches!(c, '\n' | '\t')));
    match bad {
        Some(c) => Err(format!("The control character U+{:04X} can't be kept; take it out.", c as u32)),
        None => Ok(()),
    }
}

fn plain(raw: &Value) -> Result<String, String> {
    match raw {
        Value::Null => Ok(String::new()),
        Value::String(text) => Ok(text.clone()),
        _ => Err("Give a text.".into()),
    }
}

fn within(text: String, most: usize) -> Result<String, String> {
    let length = text.chars().count();
    if length > most {
        return Err(format!("At most {most} characters; this has {length}."));
    }
    Ok(text)
}

pub(super) fn line(raw: &Value, most: usize) -> Result<String, String> {
    let text = plain(raw)?.trim().to_owned();
    no_controls(&text, false)?;
    within(text, most)
}

/// The address of a page: what a browser would run, or read from its own machine, is none.
fn link(raw: &Value, most: usize) -> Result<String, String> {
    let text = line(raw, most)?;
    let scheme = text.split_once("://").map(|(scheme, rest)| (scheme.to_ascii_lowercase(), rest));
    let is_page = scheme.is_some_and(|(scheme, rest)| {
        ["http", "https"].contains(&scheme.as_str())
            && rest.starts_with(|c: char| c.is_alphanumeric() || c == '[')
            && !rest.contains(char::is_whitespace)
    });
    if text.is_empty() || is_page {
        Ok(text)
    } else {
        Err("Give the address of a page: https://… or http://….".into())
    }
}

pub(super) fn text(raw: &Value, most: usize) -> Result<String, String> {
    let text = plain(raw)?.replace("\r\n", "\n").replace('\r', "\n").trim().to_owned();
    no_controls(&text, true)?;
    within(text, most)
}

/// Reads a date: `2026-09-30`, or as people type it, `30.9.2026` and `30 Sep 2026`.
///
/// # Errors
/// What is wrong with it, for the reader.
pub fn date(raw: &Value) -> Result<Option<NaiveDate>, String> {
    let text = match raw {
        Value::Null => return Ok(None),
        Value::String(text) => text.trim(),
        _ => return Err("Give a date as YYYY-MM-DD.".into()),
    };
    if text.is_empty() {
        return Ok(None);
    }
    let day = ["%Y-%m-%d", "%d.%m.%Y", "%d %b %Y", "%d %B %Y"]
        .iter()
        .find_map(|form| NaiveDate::parse_from_str(text, form).ok())
        .ok_or_else(|| format!("“{}” is not a date; give one as YYYY-MM-DD.", clip(text)))?;
    let years = NaiveDate::from_ymd_opt(1970, 1, 1)..=NaiveDate::from_ymd_opt(2199, 12, 31);
    if years.contains(&Some(day)) { Ok(Some(day)) } else { Err("A date lies between 1970 and 2199.".into()) }
}

pub(super) fn clip(text: &str) -> String {
    let short: String = text.chars().filter(|c| !c.is_control()).take(40).collect();
    if short.len() < text.len() { format!("{short}…") } else { short }
}

fn int(raw: &Value, least: i64, most: i64) -> Result<Option<i64>, String> {
    if blank(raw) {
        return Ok(None);
    }
    let number = match raw {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    number
        .filter(|n| (least..=most).contains(n))
        .map(Some)
        .ok_or_else(|| format!("Give a whole number from {least} to {most}."))
}

fn amount(raw: &Value) -> Result<Value, String> {
    if blank(raw) {
        return Ok(Value::Null);
    }
    let number = match raw {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().replace([' ', '\u{a0}'], "").parse::<f64>().ok(),
        _ => None,
    };
    let number = number
        .filter(|n| n.is_finite() && n.abs() < 1e13)
        .ok_or("Give an amount as a number, such as 12500.50.")?;
    let cents = (number * 100.0).round() / 100.0;
    Ok(serde_json::Number::from_f64(cents).map_or(Value::Null, Value::Number))
}

/// A number with a decimal point or, as many write it, a comma.
fn decimal(raw: &Value, least: i32, most: i32) -> Result<Value, String> {
    if blank(raw) {
        return Ok(Value::Null);
    }
    let number = match raw {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().replace(',', ".").parse::<f64>().ok(),
        _ => None,
    };
    number
        .filter(|n| (f64::from(least)..=f64::from(most)).contains(n))
        .map(|n| Value::from((n * 10_000.0).round() / 10_000.0))
        .ok_or_else(|| format!("Give a number from {least} to {most}, such as 2.5."))
}

fn resources(raw: &Value, directory: &Directory) -> Result<Value, String> {
    if !blank(raw) && !matches!(raw, Value::Array(_) | Value::String(_)) {
        return Err("Give a list of {team or person, units}.".into());
    }
    let list = resources_of(raw);
    let mut clean: Vec<Value> = Vec::new();
    for given in list {
        if let Some(odd) = given.keys().find(|name| !["team", "person", "units"].contains(&name.as_str())) {
            return Err(format!("Each has a team or a person, and units; not “{}”.", clip(odd)));
        }
        let of = |name: &str| given.get(name).unwrap_or(&Value::Null);
        let team = named(of("team"), &directory.teams, "team")?;
        let person = named(of("person"), &directory.persons, "person")?;
        let (what, id) = match (team, person) {
            (Value::Null, Value::Null) => return Err("Each names a team or a person.".into()),
            (team, Value::Null) => ("team", team),
            (Value::Null, person) => ("person", person),
            _ => return Err("Each names a team or a person, not both.".into()),
        };
        if clean.iter().any(|other| other.get(what) == Some(&id)) {
            return Err("A team or a person stands here twice.".into());
        }
        let units = decimal(of("units"), 1, 10_000).map_err(|why| format!("Units: {why}"))?;
        let units = if units.is_null() { Value::from(100.0) } else { units };
        clean.push(Value::Object(Map::from_iter([(what.to_owned(), id), ("units".to_owned(), units)])));
    }
    Ok(Value::Array(clean))
}

fn flag(raw: &Value) -> Result<bool, String> {
    match raw {
        Value::Null => Ok(false),
        Value::Bool(flag) => Ok(*flag),
        Value::String(text) => match text.trim().to_lowercase().as_str() {
            "" | "false" | "no" | "off" | "0" => Ok(false),
            "true" | "yes" | "on" | "1" | "x" => Ok(true),
            _ => Err("Give true or false.".into()),
        },
        _ => Err("Give true or false.".into()),
    }
}

pub(super) fn choice(raw: &Value, choices: Choices) -> Result<Value, String> {
    if blank(raw) {
        return Ok(Value::Null);
    }
    let taken = raw.as_str().map(|text| text.trim().to_lowercase());
    choices
        .iter()
        .find(|(name, label)| [name, label].iter().any(|word| taken == Some(word.to_lowercase())))
        .map(|(name, _)| Value::String((*name).to_owned()))
        .ok_or_else(|| {
            format!("Give one of: {}.", choices.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", "))
        })
}

/// Short words, each once: tags, or what else is named so; `one` is what a reader calls one of them.
fn tags(raw: &Value, one: &str) -> Result<Vec<Value>, String> {
    let mut tags: Vec<String> = Vec::new();
    for tag in several(raw)? {
        let tag = line(&tag, 40).map_err(|why| format!("{one}: {why}"))?.to_lowercase();
        if !tag.is_empty() && !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    tags.sort();
    Ok(tags.into_iter().map(Value::String).collect())
}

pub(super) fn named(raw: &Value, found: &HashMap<String, Uuid>, what: &str) -> Result<Value, String> {
    if blank(raw) {
        return Ok(Value::Null);
    }
    if let Some(odd) = odd_name(raw) {
        return Err(format!("Name a {what} by {}, not “{}”.", NAMES.join(", "), clip(odd)));
    }
    let name = name_of(raw).ok_or_else(|| format!("Name a {what}."))?;
    found
        .get(&name.to_lowercase())
        .map(|id| Value::String(id.to_string()))
        .ok_or_else(|| format!("There is no {what} “{}”.", clip(&name)))
}

fn party(name: &str, raw: &Value, directory: &Directory) -> Result<Values, String> {
    if !blank(raw) && !matches!(raw, Value::Object(_) | Value::String(_)) {
        return Err("Give one of project, team or external.".into());
    }
    let party = if blank(raw) { Map::new() } else { party_of(raw) };
    if let Some(odd) = party.keys().find(|k| !["project", "team", "external"].contains(&k.as_str())) {
        return Err(format!("Give one of project, team or external, not “{}”.", clip(odd)));
    }
    let project =
        named(party.get("project").unwrap_or(&Value::Null), &directory.projects, "project of this program")?;
    let team = named(party.get("team").unwrap_or(&Value::Null), &directory.teams, "team")?;
    let external = line(party.get("external").unwrap_or(&Value::Null), 120)?;
    let external = if external.is_empty() { Value::Null } else { Value::String(external) };
    let given = [&project, &team, &external].iter().filter(|v| !v.is_null()).count();
    if given > 1 {
        return Err("Give one of project, team or external, not several.".into());
    }
    Ok(vec![
        (format!("{name}_project"), project),
        (format!("{name}_team"), team),
        (format!("{name}_external"), external),
    ])
}

fn three_points(raw: &Value) -> Result<Value, String> {
    if blank(raw) {
        return Ok(Value::Null);
    }
    let wrong = "Give three whole numbers of working days: optimistic, likely, pessimistic.";
    let days = several(raw)
        .map_err(|_| wrong)?
        .iter()
        .map(|v| int(v, 0, 10_000))
        .collect::<Result<Option<Vec<_>>, _>>()?;
    match days {
        Some(days) if days.is_empty() => Ok(Value::Null),
        Some(days) if days.len() == 3 && days.is_sorted() => Ok(Value::from(days)),
        _ => Err(wrong.into()),
    }
}
