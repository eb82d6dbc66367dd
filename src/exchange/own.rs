//! Plumbline's own tables: what a program keeps, a row each, under the names that the API has. Export writes them and import
//! reads them; a cell that comes back as it went says nothing.

use super::table::Cell;
use crate::domain::draft::{Control, Field};
use crate::domain::ids::ProgramId;
use crate::domain::item::{self, Detail, Item};
use crate::domain::kind::{Kind, Reference};
use crate::domain::record::{Head, Record};
use chrono::NaiveDate;
use serde_json::{Map, Value};
use std::collections::HashMap;
use uuid::Uuid;

pub use super::known::{Own, OwnRow, OwnSheet, recognised};

/// By what something stored is named: a person by e-mail, a project by key, an item by reference.
pub type Naming<'n> = &'n dyn Fn(Uuid) -> Option<String>;

/// The column that a table of archived items has beside those of all items: the day on which each was.
pub const ARCHIVED_ON: &str = "archived_on";

/// A row by the names of its columns.
pub type Cells = HashMap<String, Cell>;

/// What stands before the fields of an item, and behind what its state left.
const HEAD: [&str; 3] = ["ref", "type", "state"];
const TAIL: [&str; 5] = ["next_on", "closed_on", "score", "effective_on", "version"];
/// What stands before the fields of a record, and behind them.
const RECORD_HEAD: &str = "id";
const RECORD_TAIL: [&str; 2] = ["effective_on", "version"];

/// The fields of a kind that stand in its table. What a risk threatens is a link, not a value.
pub fn fields(kind: Kind) -> impl Iterator<Item = &'static Field> {
    item::fields(kind).filter(|field| field.name != "threatens")
}

/// Whether a stored name is a part of what a field of the kind shows. What a report froze is a document, not a cell.
fn is_part(kind: Kind, name: &str) -> bool {
    let party = ["_project", "_team", "_external"].iter().any(|end| {
        name.strip_suffix(end)
            .is_some_and(|side| kind == Kind::Dependency && ["provider", "consumer"].contains(&side))
    });
    let list = kind == Kind::Change && ["added", "removed", "redefined"].contains(&name);
    party || list || name == "from_item" || (kind == Kind::Report && ["frozen", "written"].contains(&name))
}

/// What changes of state left behind in an item of the kind, and what is computed of it: shown, and not edited.
fn kept_names(kind: Kind) -> Vec<String> {
    let names = Detail::blank(kind).values().into_iter().map(|(name, _)| name);
    names.filter(|name| !is_part(kind, name) && !fields(kind).any(|field| field.name == name)).collect()
}

/// The names of the columns of a table of items of these kinds: each once.
#[must_use]
pub fn item_header(kinds: &[Kind]) -> Vec<String> {
    let mut names: Vec<String> = HEAD.map(str::to_owned).into();
    let mut add = |name: String| {
        if !names.contains(&name) {
            names.push(name);
        }
    };
    kinds.iter().flat_map(|kind| fields(*kind)).for_each(|field| add(field.name.to_owned()));
    kinds.iter().flat_map(|kind| kept_names(*kind)).for_each(&mut add);
    for name in TAIL {
        add(name.to_owned());
    }
    names
}

/// The names of the columns of the table of archived items.
#[must_use]
pub fn archived_header() -> Vec<String> {
    let mut names = item_header(&Kind::ALL);
    names.push(ARCHIVED_ON.to_owned());
    names
}

/// An item as a row; `key` is its program's.
#[must_use]
pub fn item(item: &Item, key: &str, name: Naming<'_>) -> Cells {
    let reference = Reference { program: key.to_owned(), kind: item.kind, number: item.number };
    let mut cells = Cells::new();
    let mut own = item.detail.values();
    let mut draft = item.draft().0;
    // A date that waits for the other side has a column of its own.
    for waiting in ["needed_by", "promised_by"] {
        if let (Kind::Dependency, Some(date)) = (item.kind, own.get(waiting)) {
            draft.insert(waiting.to_owned(), date.clone());
        }
    }
    for field in fields(item.kind) {
        let value = draft.get(field.name).unwrap_or(&Value::Null);
        cells.insert(field.name.to_owned(), cell(field.control, value, name));
    }
    for column in kept_names(item.kind) {
        let value = own.remove(&column).unwrap_or_default();
        cells.insert(column, plain(&value, name));
    }
    let score = item.score.map(i64::from);
    cells.extend([
        ("ref".to_owned(), Cell::text(reference.to_string())),
        ("type".to_owned(), Cell::text(item.kind.name())),
        ("state".to_owned(), Cell::text(item.state.name())),
        ("next_on".to_owned(), Cell::from(item.next_on)),
        ("closed_on".to_owned(), Cell::from(item.closed_on)),
        ("score".to_owned(), Cell::from(score)),
        ("effective_on".to_owned(), Cell::Date(item.effective_on)),
        ("version".to_owned(), Cell::Count(item.version.into())),
        (ARCHIVED_ON.to_owned(), Cell::from(item.archived_at.map(|at| at.date_naive()))),
    ]);
    cells
}

/// A row of a table beside items and records, in the order of its fields.
#[must_use]
pub fn side(fields: &[Field], row: &[Value], name: Naming<'_>) -> Vec<Cell> {
    fields.iter().zip(row).map(|(field, value)| cell(field.control, value, name)).collect()
}

/// What a record of the kind has beside its fields: what it hangs on.
fn record_rest<R: Record>() -> Vec<String> {
    let head = Head {
        id: Uuid::nil(),
        program: ProgramId(Uuid::nil()),
        version: 1,
        archived_at: None,
        effective_on: NaiveDate::MIN,
    };
    let of_all = ["id", "program", "version", "archived_at", "effective_on"];
    let Ok(Value::Object(all)) = serde_json::to_value(R::blank(head)) else { return Vec::new() };
    let rest = all.into_iter().map(|(name, _)| name).filter(|name| !of_all.contains(&name.as_str()));
    rest.filter(|name| !R::FIELDS.iter().any(|field| field.name == name)).collect()
}

/// The names of the columns of a table of records.
#[must_use]
pub fn record_header<R: Record>() -> Vec<String> {
    let mut names = vec![RECORD_HEAD.to_owned()];
    names.extend(record_rest::<R>());
    names.extend(R::FIELDS.iter().map(|field| field.name.to_owned()));
    names.extend(RECORD_TAIL.map(str::to_owned));
    names
}

/// A record as a row.
#[must_use]
pub fn record<R: Record>(record: &R, name: Naming<'_>) -> Cells {
    let draft = record.draft().0;
    let mut cells = Cells::new();
    for field in R::FIELDS {
        let value = draft.get(field.name).unwrap_or(&Value::Null);
        cells.insert(field.name.to_owned(), cell(field.control, value, name));
    }
    let all = serde_json::to_value(record).unwrap_or_default();
    for rest in record_rest::<R>() {
        let value = plain(&all[rest.as_str()], name);
        cells.insert(rest, value);
    }
    let head = record.head();
    cells.extend([
        (RECORD_HEAD.to_owned(), Cell::text(head.id.to_string())),
        ("effective_on".to_owned(), Cell::Date(head.effective_on)),
        ("version".to_owned(), Cell::Count(head.version.into())),
    ]);
    cells
}

/// The cells of a row in the order of a header.
#[must_use]
pub fn fit(header: &[String], mut cells: Cells) -> Vec<Cell> {
    header.iter().map(|name| cells.remove(name).unwrap_or(Cell::Empty)).collect()
}

/// The ids that stand anywhere in values.
pub fn ids_in(value: &Value, ids: &mut Vec<Uuid>) {
    match value {
        Value::String(text) => ids.extend(id(text)),
        Value::Array(list) => list.iter().for_each(|value| ids_in(value, ids)),
        Value::Object(map) => map.values().for_each(|value| ids_in(value, ids)),
        _ => {}
    }
}

fn id(text: &str) -> Option<Uuid> {
    (text.len() == 36).then(|| text.parse().ok()).flatten()
}

/// A text, or the name of what its id stands for.
fn named(text: &str, name: Naming<'_>) -> String {
    id(text).and_then(name).unwrap_or_else(|| text.to_owned())
}

/// A value with names for ids, wherever they stand in it.
fn deep(value: &Value, name: Naming<'_>) -> Value {
    match value {
        Value::String(text) => Value::String(named(text, name)),
        Value::Array(list) => Value::Array(list.iter().map(|value| deep(value, name)).collect()),
        Value::Object(map) => {
            Value::Object(map.iter().map(|(part, value)| (part.clone(), deep(value, name))).collect())
        }
        other => other.clone(),
    }
}

fn json(value: &Value, name: Naming<'_>) -> Cell {
    match value {
        Value::Null => Cell::Empty,
        Value::Array(list) if list.is_empty() => Cell::Empty,
        Value::Object(map) if map.is_empty() => Cell::Empty,
        value => Cell::text(deep(value, name).to_string()),
    }
}

/// A value whose form shows in what it is: a name for an id, JSON for what is no single value.
#[must_use]
pub fn plain(value: &Value, name: Naming<'_>) -> Cell {
    match value {
        Value::Bool(flag) => Cell::Flag(*flag),
        Value::Number(number) => number.as_i64().map_or_else(|| Cell::from(number.as_f64()), Cell::Count),
        Value::String(text) => match text.parse::<NaiveDate>() {
            Ok(day) if text.len() == 10 => Cell::Date(day),
            _ => Cell::text(named(text, name)),
        },
        other => json(other, name),
    }
}

/// What stands in a field, so that the field reads the same again.
fn cell(control: Control, value: &Value, name: Naming<'_>) -> Cell {
    match (control, value) {
        (Control::Line(_) | Control::Link(_) | Control::Text(_), Value::String(text)) => {
            Cell::text(text.as_str())
        }
        (_, Value::Array(list)) if list.is_empty() => Cell::Empty,
        (
            Control::Tags
            | Control::Choices(_)
            | Control::People
            | Control::Items
            | Control::Dates
            | Control::ThreePoints,
            Value::Array(list),
        ) => listed(list, value, name),
        (Control::Scope(scope), Value::Array(list)) if scope.parts() == ["ref"] => listed(list, value, name),
        (Control::Party, Value::Object(party)) => {
            let mut sides = party.iter().filter_map(|(what, one)| Some((what, one.as_str()?)));
            sides.next().map_or(Cell::Empty, |(what, one)| {
                let shown = if what == "external" { one.to_owned() } else { named(one, name) };
                Cell::text(format!("{what}: {shown}"))
            })
        }
        (Control::Commitments, Value::Array(list)) => {
            let line = |one: &Value| {
                let text = |part: &str| one.get(part).and_then(Value::as_str).unwrap_or_default().to_owned();
                format!("{} {}", named(&text("item"), name), text("committed_on"))
            };
            Cell::text(list.iter().map(line).collect::<Vec<_>>().join("\n"))
        }
        (Control::Rows(rows), Value::Array(list)) => {
            let whole = |part: &Value| part.as_str().is_none_or(|text| !text.contains(['|', '\n', '\r']));
            let all = list.iter().all(|row| row.as_object().is_some_and(|row| row.values().all(whole)));
            let lines = || list.iter().map(|row| rows.line(row)).collect::<Vec<_>>().join("\n");
            if all { Cell::text(lines()) } else { json(value, name) }
        }
        (Control::Resources, Value::Array(list)) => resources(list, value, name),
        (_, value) => plain(value, name),
    }
}

/// A list with commas between, or as JSON where one of them has a mark in it that would part it.
fn listed(list: &[Value], whole: &Value, name: Naming<'_>) -> Cell {
    let each: Vec<String> = list
        .iter()
        .map(|one| one.as_str().map_or_else(|| one.to_string(), |text| named(text, name)))
        .collect();
    let odd = |text: &String| text.contains([',', ';', '\n', '\r']) || text.trim() != text || text.is_empty();
    if each.iter().any(odd) || each[0].starts_with(['[', '{']) {
        return json(whole, name);
    }
    Cell::text(each.join(", "))
}

fn resources(list: &[Value], whole: &Value, name: Naming<'_>) -> Cell {
    let one = |one: &Value| {
        let (what, id) =
            ["team", "person"].iter().find_map(|what| Some((*what, one.get(*what)?.as_str()?)))?;
        let shown = named(id, name);
        let odd = shown.contains([',', ';', '\n', '\r', ':', '%']);
        (!odd).then(|| {
            format!("{what}: {shown} {} %", one.get("units").and_then(Value::as_f64).unwrap_or(100.0))
        })
    };
    let lines: Option<Vec<String>> = list.iter().map(one).collect();
    lines.map_or_else(|| json(whole, name), |lines| Cell::text(lines.join(", ")))
}

impl Cell {
    /// What stands in the cell, as the file says it once its guard is taken away.
    #[must_use]
    pub fn plain(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            other => other.shown(),
        }
    }
}

/// A text of a cell as a field reads it: what is no single value may stand in it as JSON.
#[must_use]
pub fn typed(control: Control, text: &str) -> Value {
    let compound = !matches!(control, Control::Line(_) | Control::Link(_) | Control::Text(_));
    if compound
        && text.starts_with(['[', '{'])
        && let Ok(value) = serde_json::from_str(text)
    {
        return value;
    }
    Value::from(text)
}

/// What a kept value is by the text of its cell. `blank` is the value of a new item, which tells its form where there is one; what
/// is named is looked up by `find`.
#[must_use]
pub fn kept_value(blank: &Value, text: &str, find: &dyn Fn(&str) -> Option<Uuid>) -> Value {
    if text.is_empty() {
        return blank.clone();
    }
    match blank {
        Value::String(_) => return Value::from(text),
        Value::Bool(_) => return Value::Bool(text.eq_ignore_ascii_case("true")),
        _ => {}
    }
    if text.starts_with(['[', '{'])
        && let Ok(value) = serde_json::from_str(text)
    {
        return value;
    }
    if let Ok(number) = text.parse::<serde_json::Number>() {
        return Value::Number(number);
    }
    find(text).map_or_else(|| Value::from(text), |id| Value::from(id.to_string()))
}

/// Whether two texts of a cell say the same, whatever a spreadsheet did to them on the way: the ends of lines, the case of true
/// and false, how a number is written.
#[must_use]
pub fn same(file: &str, stored: &str) -> bool {
    let tidy = |text: &str| text.replace("\r\n", "\n").replace('\r', "\n").trim().to_owned();
    let (file, stored) = (tidy(file), tidy(stored));
    let number = |text: &str| text.parse::<f64>().ok().filter(|number| number.is_finite());
    let flag = |text: &str| ["true", "false"].iter().any(|word| text.eq_ignore_ascii_case(word));
    file == stored
        || number(&file).zip(number(&stored)).is_some_and(|(a, b)| (a - b).abs() <= a.abs() * 1e-12)
        || (flag(&file) && flag(&stored) && file.eq_ignore_ascii_case(&stored))
}

/// The values of a new item that its state left behind, by the names under which they are stored.
#[must_use]
pub fn kept_of(kind: Kind, row: &OwnRow, find: &dyn Fn(&str) -> Option<Uuid>) -> Map<String, Value> {
    let blank = Detail::blank(kind).values();
    let of = |name: String| {
        let text = row.cells.get(&name)?.trim();
        let value = kept_value(blank.get(&name)?, text, find);
        Some((name, value))
    };
    kept_names(kind).into_iter().filter_map(of).collect()
}

/// The texts of a row that name people or items where a state left them behind.
#[must_use]
pub fn kept_names_in(kind: Kind, row: &OwnRow) -> Vec<String> {
    let blank = Detail::blank(kind).values();
    let of = |name: String| {
        let text = row.cells.get(&name)?.trim();
        let open = blank.get(&name).is_some_and(Value::is_null);
        let plain = text.parse::<NaiveDate>().is_err() && text.parse::<f64>().is_err();
        (open && plain && !text.is_empty()).then(|| text.to_owned())
    };
    kept_names(kind).into_iter().filter_map(of).collect()
}
