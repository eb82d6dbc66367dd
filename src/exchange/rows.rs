//! Fills the slots of a map from the rows of sheets.

use super::csv::{Sheet, SheetRow};
use super::dates::{self, Form};
use super::map::{Condition, FileMap, ImportMap, Pick, Spec};
use super::template::{Filter, Part, Source, Template, Term};
use super::text;
use super::{Finding, Severity, Unreadable};
use serde_json::{Map, Value};
use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};

/// Values by key: the tables of the map, and the indexes made from files.
pub(crate) type Tables = HashMap<String, BTreeMap<String, String>>;

/// How deep a `let` may build on others.
const DEPTH: u8 = 12;
/// Between the parts of a list while it travels as text.
const PART: char = '\u{1f}';

/// A sheet with the part of the map that is for it.
pub(crate) struct Ready<'a> {
    pub map: &'a ImportMap,
    pub file: &'a FileMap,
    pub sheet: &'a Sheet,
    columns: HashMap<&'a str, usize>,
    forms: HashMap<&'a str, Form>,
}

/// A value that can't be read.
pub(crate) struct Bad {
    pub column: Option<String>,
    pub message: String,
}

/// A row in the light of its map.
pub(crate) struct Row<'a> {
    pub ready: &'a Ready<'a>,
    pub cells: &'a SheetRow,
    /// The variable of `for_each` and its value.
    pub each: Option<(&'a str, &'a str)>,
    pub tables: &'a Tables,
    /// Values that were read as others.
    pub read_as: RefCell<Vec<Finding>>,
}

impl<'a> Ready<'a> {
    /// Pairs a sheet with its map, and checks that every name in the map means something.
    pub(crate) fn new(map: &'a ImportMap, file: &'a FileMap, sheet: &'a Sheet) -> Result<Self, Unreadable> {
        let mut columns = HashMap::new();
        for (at, heading) in sheet.header.iter().enumerate() {
            columns.entry(heading.as_str()).or_insert(at);
        }
        for (name, shape) in &file.columns {
            let at = sheet.header.iter().position(|heading| text::is_like(heading, shape));
            let Some(at) = at else {
                return Err(Unreadable::new(format!(
                    "{}: the map asks for a column like “{shape}”, which the file doesn't have.",
                    sheet.name
                )));
            };
            columns.insert(name.as_str(), at);
        }
        let ready = Self { map, file, sheet, columns, forms: HashMap::new() };
        let templates = file.templates();
        let conditions = file.conditions();
        let used =
            templates.iter().flat_map(|t| t.names()).chain(conditions.iter().map(|(name, _)| name.as_str()));
        let variables: Vec<&str> =
            file.make.iter().filter_map(|make| Some(make.for_each.as_ref()?.name.as_str())).collect();
        for name in used {
            let known = ready.columns.contains_key(name)
                || file.lets.contains_key(name)
                || map.constants.contains_key(name)
                || variables.contains(&name)
                || ["file", "line"].contains(&name);
            if !known {
                return Err(Unreadable::new(format!(
                    "{}: the map uses the column “{name}”, which the file doesn't have.",
                    sheet.name
                )));
            }
        }
        let mut forms = HashMap::new();
        for term in templates.iter().flat_map(|template| &template.parts).filter_map(|part| match part {
            Part::Slot(terms) => Some(terms),
            Part::Text(_) => None,
        }) {
            for Term { source, filters } in term {
                if let (Source::Name(name), Some(Filter::Date)) = (source, filters.first())
                    && let Some((name, at)) = ready.columns.get_key_value(name.as_str())
                {
                    let at = *at;
                    forms.entry(*name).or_insert_with(|| {
                        dates::form_of(sheet.rows.iter().map(|row| row.cells[at].as_str()))
                    });
                }
            }
        }
        Ok(Self { forms, ..ready })
    }

    /// Findings about whole columns.
    pub(crate) fn findings(&self) -> Vec<Finding> {
        let assumed = self.forms.iter().filter(|(_, form)| form.assumed);
        let mut assumed: Vec<&str> = assumed.map(|(name, _)| self.heading(name)).collect();
        assumed.sort_unstable();
        assumed.iter().map(|column| super::guess::assumed_order(&self.sheet.name, column)).collect()
    }

    /// The heading, or its first line, of the column that the map calls so.
    pub(crate) fn heading<'n>(&'n self, name: &'n str) -> &'n str {
        let short = self.file.columns.contains_key(name).then(|| self.columns.get(name)).flatten();
        short
            .and_then(|at| self.sheet.header.get(*at))
            .map_or(name, |heading| heading.lines().next().unwrap_or(name).trim())
    }

    /// Adds this file's indexes to the tables.
    pub(crate) fn index(&self, tables: &mut Tables) -> Result<(), Unreadable> {
        for index in &self.file.index {
            let mut made: BTreeMap<String, String> = BTreeMap::new();
            for row in &self.sheet.rows {
                let row = Row { ready: self, cells: row, each: None, tables, read_as: RefCell::default() };
                let fill = |template| row.fill(template).map_err(|bad| row.unreadable(&bad));
                if !row.all(&index.when).map_err(|bad| row.unreadable(&bad))? {
                    continue;
                }
                let (key, value) = (fill(&index.key)?, fill(&index.value)?);
                if key.is_empty() || (value.is_empty() && index.pick != Pick::Only) {
                    continue;
                }
                match (made.get_mut(&key), index.pick) {
                    (None, _) => drop(made.insert(key, value)),
                    (Some(old), Pick::Last) => *old = value,
                    (Some(old), Pick::Only) if *old != value => old.clear(),
                    _ => {}
                }
            }
            made.retain(|_, value| !value.is_empty());
            // Several indexes may fill one table: what an earlier one says stands.
            let table = tables.entry(index.name.clone()).or_default();
            for (key, value) in made {
                table.entry(key).or_insert(value);
            }
        }
        Ok(())
    }
}

impl Row<'_> {
    fn unreadable(&self, bad: &Bad) -> Unreadable {
        let mut finding =
            Finding::new(Severity::Refused, &self.ready.sheet.name, self.cells.line, &*bad.message);
        finding.column.clone_from(&bad.column);
        Unreadable::new(finding.to_string())
    }

    /// Whether all conditions hold.
    pub(crate) fn all(&self, when: &BTreeMap<String, Condition>) -> Result<bool, Bad> {
        for (name, condition) in when {
            let value = self.value(name, DEPTH)?;
            let any = |texts: &[Template]| -> Result<bool, Bad> {
                for text in texts {
                    if self.fill(text)? == value {
                        return Ok(true);
                    }
                }
                Ok(false)
            };
            let known = |table: &str| self.tables.get(table).is_some_and(|table| table.contains_key(&value));
            let holds = match condition {
                Condition::OneOf(texts) => any(texts)?,
                Condition::Not(texts) => !any(texts)?,
                Condition::Empty(empty) => value.is_empty() == *empty,
                Condition::Like(pattern) => text::is_like(&value, pattern),
                Condition::In(table) => known(table),
                Condition::NotIn(table) => !known(table),
            };
            if !holds {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The text with its slots filled; empty where every slot is.
    pub(crate) fn fill(&self, template: &Template) -> Result<String, Bad> {
        self.filled(template, DEPTH).map(|text| text.replace(PART, ", "))
    }

    fn filled(&self, template: &Template, depth: u8) -> Result<String, Bad> {
        let mut out = String::new();
        let (mut slots, mut full) = (false, false);
        for part in &template.parts {
            match part {
                Part::Text(text) => out.push_str(text),
                Part::Slot(terms) => {
                    slots = true;
                    for term in terms {
                        let value = self.term(term, depth)?;
                        if !value.is_empty() {
                            full = true;
                            out.push_str(&value);
                            break;
                        }
                    }
                }
            }
        }
        if slots && !full {
            return Ok(String::new());
        }
        // Paragraphs whose slots are empty leave no hole.
        while out.contains("\n\n\n") {
            out = out.replace("\n\n\n", "\n\n");
        }
        Ok(out.trim().to_owned())
    }

    fn value(&self, name: &str, depth: u8) -> Result<String, Bad> {
        if let Some((variable, value)) = self.each
            && variable == name
        {
            return Ok(value.to_owned());
        }
        if let Some(template) = self.ready.file.lets.get(name) {
            let Some(depth) = depth.checked_sub(1) else {
                return Err(Bad { column: None, message: format!("“{name}” is defined by itself.") });
            };
            return self.filled(template, depth);
        }
        if let Some(at) = self.ready.columns.get(name) {
            return Ok(self.cells.cells[*at].trim().to_owned());
        }
        Ok(match name {
            "file" => self.ready.sheet.name.clone(),
            "line" => self.cells.line.to_string(),
            _ => self.ready.map.constants.get(name).cloned().unwrap_or_default(),
        })
    }

    fn term(&self, term: &Term, depth: u8) -> Result<String, Bad> {
        let (mut value, column) = match &term.source {
            Source::Literal(text) => (text.clone(), None),
            Source::Name(name) => (self.value(name, depth)?, Some(name.as_str())),
            Source::Under(name) => {
                let heading = self.value(name, depth)?;
                let at = self.ready.columns.get(heading.as_str());
                (at.map_or_else(String::new, |at| self.cells.cells[*at].trim().to_owned()), None)
            }
        };
        for filter in &term.filters {
            if value.is_empty() {
                break;
            }
            value = self.filter(filter, value, column, depth)?;
        }
        Ok(value)
    }

    fn filter(&self, filter: &Filter, value: String, column: Option<&str>, depth: u8) -> Result<String, Bad> {
        let looked_up = |table: &str| self.tables.get(table).and_then(|table| table.get(&value)).cloned();
        Ok(match filter {
            Filter::Lower => value.to_lowercase(),
            Filter::Upper => value.to_uppercase(),
            Filter::Plain => text::plain(&value),
            Filter::Sentence(most) => text::first_sentence(&value, *most),
            Filter::Cut(most) => text::cut(&value, *most),
            Filter::First(mark) => value.split(mark.as_str()).next().unwrap_or_default().trim().to_owned(),
            Filter::Last(mark) => value.rsplit(mark.as_str()).next().unwrap_or_default().trim().to_owned(),
            Filter::Between(from, to) => value
                .split_once(from.as_str())
                .and_then(|(_, rest)| rest.split_once(to.as_str()))
                .map_or_else(String::new, |(inner, _)| inner.trim().to_owned()),
            Filter::Split(mark) => {
                let parts: Vec<&str> =
                    value.split(mark.as_str()).map(str::trim).filter(|p| !p.is_empty()).collect();
                parts.join(&PART.to_string())
            }
            Filter::Like(pattern) if text::is_like(&value, pattern) => value,
            Filter::Like(_) => String::new(),
            Filter::Handle => format!("@{}", value.trim_start_matches('@')),
            Filter::In(table) => looked_up(table).unwrap_or_default(),
            Filter::Alias(table) => match looked_up(table) {
                Some(other) if other != value => {
                    let message =
                        format!("“{}” is read as “{}”.", text::cut(&value, 80), text::cut(&other, 80));
                    let finding =
                        Finding::new(Severity::Kept, &self.ready.sheet.name, self.cells.line, message)
                            .at(column.map(|name| self.ready.heading(name)).unwrap_or_default());
                    let mut read_as = self.read_as.borrow_mut();
                    if !read_as.contains(&finding) {
                        read_as.push(finding);
                    }
                    other
                }
                _ => value,
            },
            Filter::Contains(table) => {
                let table = self.tables.get(table);
                let found =
                    table.and_then(|table| table.iter().find(|(key, _)| value.contains(key.as_str())));
                found.map(|(_, value)| value.clone()).unwrap_or_default()
            }
            Filter::Amount(times) => {
                let number = text::amount(&value).ok_or_else(|| Bad {
                    column: column.map(str::to_owned),
                    message: format!("“{}” is no amount.", text::cut(&value, 60)),
                })?;
                #[expect(clippy::cast_precision_loss, reason = "a power of ten")]
                let whole = number * *times as f64;
                format!("{whole:.2}")
            }
            Filter::Later(name) => {
                let other = self.value(name, depth.saturating_sub(1))?;
                // Days as YYYY-MM-DD sort as text.
                if other > value { other } else { value }
            }
            Filter::Date => {
                let form = column.and_then(|name| self.ready.forms.get(name)).copied().unwrap_or_default();
                let day = dates::parse(&value, form).map_err(|why| Bad {
                    column: column.map(str::to_owned),
                    message: format!("“{}” {why}.", text::cut(&value, 60)),
                })?;
                day.to_string()
            }
        })
    }

    /// The parts of a list.
    pub(crate) fn list(&self, spec: &Spec) -> Result<Vec<String>, Bad> {
        match spec {
            Spec::Text(template) => {
                let text = self.filled(template, DEPTH)?;
                Ok(text.split(PART).filter(|part| !part.is_empty()).map(str::to_owned).collect())
            }
            Spec::List(specs) => {
                let lists = specs.iter().map(|spec| self.list(spec)).collect::<Result<Vec<_>, _>>()?;
                Ok(lists.into_iter().flatten().collect())
            }
            Spec::Constant(value) => Ok(vec![value.to_string()]),
            Spec::Group(_) => Ok(Vec::new()),
        }
    }

    /// The value of a field; `None` where it is empty.
    pub(crate) fn field(&self, spec: &Spec) -> Result<Option<Value>, Bad> {
        Ok(match spec {
            Spec::Constant(value) => Some(value.clone()),
            Spec::Text(template) => {
                let text = self.filled(template, DEPTH)?;
                // Only a slot that stands alone makes a list; within a text the parts are enumerated.
                if text.contains(PART) && template.parts.len() == 1 {
                    Some(text.split(PART).map(Value::from).collect())
                } else {
                    Some(text.replace(PART, ", ")).filter(|text| !text.is_empty()).map(Value::from)
                }
            }
            Spec::List(specs) => {
                let mut list = Vec::new();
                for spec in specs {
                    match self.field(spec)? {
                        Some(Value::Array(more)) => list.extend(more),
                        Some(value) if !list.contains(&value) => list.push(value),
                        _ => {}
                    }
                }
                Some(Value::Array(list)).filter(|list| list.as_array().is_some_and(|list| !list.is_empty()))
            }
            Spec::Group(group) => {
                let mut object = Map::new();
                for (name, spec) in group {
                    if let Some(value) = self.field(spec)? {
                        object.insert(name.clone(), value);
                    }
                }
                Some(Value::Object(object)).filter(|object| object.as_object().is_some_and(|o| !o.is_empty()))
            }
        })
    }
}
