//! Import without a map: the headings of an ordinary RAID log say what its columns are.

mod plan;

use super::csv::{Sheet, SheetRow};
use super::dates::{self, Form};
use super::intake::{Intake, Origin, Record, What};
use super::settle::{Made, settle};
use super::words::{self, Meaning};
use super::{Finding, Severity, Unreadable, text};
use crate::domain::kind::Kind;
use chrono::NaiveDate;
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::collections::HashMap;

/// What the columns of a sheet were taken for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guess {
    /// One for each column of the sheet.
    pub columns: Vec<GuessedColumn>,
    /// The kind of rows whose Type column says nothing, or that have none.
    pub kind: Option<Kind>,
    meanings: Vec<Option<Meaning>>,
    forms: Vec<Form>,
}

/// What a column was taken for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GuessedColumn {
    pub heading: String,
    /// The field, for a reader; `None` if the column isn't carried.
    pub field: Option<String>,
}

/// What is said of a column whose dates don't tell whether the day or the month comes first.
pub(crate) fn assumed_order(file: &str, column: &str) -> Finding {
    let message =
        "no date of this column tells whether the day or the month comes first; read as day/month/year.";
    Finding::new(Severity::Kept, file, 0, message).at(column)
}

/// Guesses what the columns of a sheet are. `kind` is the kind of its rows, where the caller knows it.
///
/// # Errors
/// One line: no column looks like a title, or nothing tells what kind the rows are of.
pub fn guess(sheet: &Sheet, kind: Option<Kind>) -> Result<Guess, Unreadable> {
    let mut meanings: Vec<Option<Meaning>> =
        sheet.header.iter().map(|heading| words::meaning(heading)).collect();
    // “Title, Risk, Description”: the first stands; a column named after a kind is the title only where there is no other.
    let exact = sheet
        .header
        .iter()
        .position(|h| ["title", "summary", "name", "subject"].contains(&words::bare(h).as_str()));
    for at in 0..meanings.len() {
        let title = meanings[at] == Some(Meaning::Field("title")) && exact.is_some_and(|exact| exact != at);
        let again = meanings[..at].contains(&meanings[at]) && meanings[at] != Some(Meaning::Field("tags"));
        if title || again {
            meanings[at] = None;
        }
    }
    // A Category of risks is not a Type column.
    if let Some(at) = meanings.iter().position(|meaning| *meaning == Some(Meaning::Kind)) {
        let filled: Vec<&str> =
            sheet.rows.iter().map(|row| row.cells[at].trim()).filter(|c| !c.is_empty()).collect();
        let known = filled.iter().filter(|cell| words::kind_of(cell).is_some()).count();
        if known * 2 < filled.len() {
            meanings[at] = None;
        }
    }
    if !meanings.contains(&Some(Meaning::Field("title"))) {
        let described = meanings.iter().position(|meaning| *meaning == Some(Meaning::Field("description")));
        let Some(at) = described else {
            let seen = text::cut(&sheet.header.join(", "), 200);
            return Err(Unreadable::new(format!(
                "{}: no column looks like a title (the headings are {seen}); give a map file.",
                sheet.name
            )));
        };
        meanings[at] = Some(Meaning::Field("title"));
    }
    let planned = [Meaning::Predecessors, Meaning::Field("likely_days")];
    let kind = kind.or_else(|| {
        planned.iter().any(|meaning| meanings.contains(&Some(*meaning))).then_some(Kind::Activity)
    });
    let typed = meanings.contains(&Some(Meaning::Kind));
    let kind = kind.or_else(|| kind_by_name(&sheet.name));
    let kind = if typed { kind } else { kind.or_else(|| kind_by_headings(sheet, &meanings)) };
    if kind.is_none() && !typed {
        return Err(Unreadable::new(format!(
            "{}: nothing tells what kind its rows are: add a Type column, name the file after the kind, or give a map file.",
            sheet.name
        )));
    }
    let columns = sheet.header.iter().zip(&meanings).map(|(heading, meaning)| GuessedColumn {
        heading: heading.clone(),
        field: meaning.map(|meaning| described(meaning, kind)),
    });
    let forms =
        (0..sheet.header.len()).map(|at| dates::form_of(sheet.rows.iter().map(|row| row.cells[at].as_str())));
    Ok(Guess { columns: columns.collect(), kind, forms: forms.collect(), meanings })
}

fn kind_by_name(name: &str) -> Option<Kind> {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let bare = words::bare(stem);
    bare.split(' ').filter(|word| word.len() > 2).find_map(words::kind_of)
}

fn kind_by_headings(sheet: &Sheet, meanings: &[Option<Meaning>]) -> Option<Kind> {
    let title = sheet.header.iter().map(|heading| words::bare(heading)).collect::<Vec<_>>();
    if let Some(kind) = title.iter().find_map(|word| Some(words::kind_of(word)?).filter(|_| word.len() > 3)) {
        return Some(kind);
    }
    let has = |name| meanings.contains(&Some(Meaning::Field(name)));
    if has("probability") {
        Some(Kind::Risk)
    } else if has("provider") || has("consumer") {
        Some(Kind::Dependency)
    } else if has("committed_on") || has("forecast_on") {
        Some(Kind::Milestone)
    } else if has("validate_by") || has("impact_if_false") {
        Some(Kind::Assumption)
    } else {
        None
    }
}

fn described(meaning: Meaning, kind: Option<Kind>) -> String {
    let field = kind.and_then(|kind| words::field_of(meaning, kind));
    match meaning {
        Meaning::Field(name) => field.unwrap_or(name).to_owned(),
        Meaning::Key => "key by which rows are found again".into(),
        Meaning::Kind => "kind".into(),
        Meaning::State => "state".into(),
        Meaning::Closed => "day of the last change of state".into(),
        Meaning::Due => field.unwrap_or("due date of the kind").into(),
        Meaning::Start => "actual start of what has begun, else the earliest start".into(),
        Meaning::Finish => field.unwrap_or("actual finish of what is done").into(),
        Meaning::Predecessors => "predecessors".into(),
        Meaning::Impact | Meaning::Level => field.unwrap_or("impact or severity").into(),
        Meaning::Plan => field.unwrap_or("response").into(),
        Meaning::Resolution => field.unwrap_or("resolution").into(),
    }
}

/// Reads a sheet as guessed.
#[must_use]
pub fn read(sheet: &Sheet, guess: &Guess) -> Intake {
    let mut reading = Reading {
        sheet,
        guess,
        made: Vec::new(),
        findings: sheet.notes.clone(),
        row: 0,
        keys: HashMap::new(),
        waits: Vec::new(),
    };
    for (at, column) in guess.columns.iter().enumerate() {
        let filled = sheet.rows.iter().any(|row| !row.cells[at].trim().is_empty());
        if column.field.is_none() && filled {
            let message = "this column is not recognised; it is not carried.";
            reading
                .findings
                .push(Finding::new(Severity::Note, &sheet.name, 0, message).at(column.heading.as_str()));
        }
        let is_date = |meaning| match meaning {
            Meaning::Field(name) => is_day(name),
            Meaning::Due | Meaning::Closed | Meaning::Start | Meaning::Finish => true,
            _ => false,
        };
        if guess.forms[at].assumed && guess.meanings[at].is_some_and(is_date) {
            reading.findings.push(assumed_order(&sheet.name, &column.heading));
        }
    }
    let origins: Vec<Origin> =
        sheet.rows.iter().map(|row| Origin { file: sheet.name.clone(), line: row.line }).collect();
    for (at, row) in sheet.rows.iter().enumerate() {
        reading.row = at;
        reading.item(row, &origins[at]);
    }
    reading.links(&origins);
    settle(None, reading.made, reading.findings, &origins, &[])
}

/// Whether a field holds a day.
fn is_day(field: &str) -> bool {
    field.ends_with("_on") || field.ends_with("_by")
}

struct Reading<'a> {
    sheet: &'a Sheet,
    guess: &'a Guess,
    made: Vec<Made>,
    findings: Vec<Finding>,
    row: usize,
    /// The keys of what can be linked, by the rows' own ids.
    keys: HashMap<String, String>,
    /// What waits for what: row, key, and the cell that says so.
    waits: Vec<(usize, String, usize)>,
}

impl Reading<'_> {
    fn report(&mut self, severity: Severity, line: u64, at: usize, message: String) {
        let column = self.sheet.header[at].clone();
        self.findings.push(Finding::new(severity, &self.sheet.name, line, message).at(column));
    }

    fn push(
        &mut self,
        origin: &Origin,
        what: What,
        key: String,
        day: Option<NaiveDate>,
        fields: Map<String, Value>,
    ) {
        let record = Record {
            origin: origin.clone(),
            what,
            key,
            effective_on: day,
            fields,
            reason: None,
            passing: false,
        };
        self.made.push(Made { row: self.row, record });
    }

    fn item(&mut self, row: &SheetRow, origin: &Origin) {
        let cell = |meaning: Meaning| {
            let at = self.guess.meanings.iter().position(|known| *known == Some(meaning))?;
            let text = row.cells[at].trim();
            (!text.is_empty()).then_some((at, text))
        };
        let typed = cell(Meaning::Kind);
        let Some(kind) = typed.map_or(self.guess.kind, |(_, word)| words::kind_of(word)) else {
            let at = self.guess.meanings.iter().position(|meaning| *meaning == Some(Meaning::Kind));
            let message = typed.map_or_else(
                || "the row doesn't say what kind it is.".to_owned(),
                |(_, word)| format!("“{}” is no kind of item.", text::cut(word, 60)),
            );
            return self.report(Severity::Refused, row.line, at.unwrap_or(0), message);
        };
        let (id, state, closed) = (cell(Meaning::Key), cell(Meaning::State), cell(Meaning::Closed));
        let mut fields = Map::new();
        for at in 0..row.cells.len() {
            let (value, meaning) = (row.cells[at].trim(), self.guess.meanings[at]);
            if value.is_empty() {
                continue;
            }
            let Some(meaning) = meaning else { continue };
            if matches!(
                meaning,
                Meaning::Key | Meaning::Kind | Meaning::State | Meaning::Closed | Meaning::Predecessors
            ) || (kind == Kind::Activity && matches!(meaning, Meaning::Start | Meaning::Finish))
            {
                continue;
            }
            let Some(field) = words::field_of(meaning, kind) else {
                let message =
                    format!("a {} has no such field; the value is left out.", kind.label().to_lowercase());
                self.report(Severity::Kept, row.line, at, message);
                continue;
            };
            match self.value(field, kind, value, at, origin) {
                Ok(Value::Null) => {}
                Ok(Value::Array(more)) if matches!(fields.get(field), Some(Value::Array(_))) => {
                    if let Some(Value::Array(list)) = fields.get_mut(field) {
                        list.extend(more);
                    }
                }
                Ok(value) => drop(fields.entry(field).or_insert(value)),
                Err(why) => {
                    let message = format!("“{}” {why}; the value is left out.", text::cut(value, 60));
                    self.report(Severity::Kept, row.line, at, message);
                }
            }
        }
        if kind == Kind::Issue && !fields.contains_key("severity") {
            fields.insert("severity".into(), 3.into());
            let message = "the issue has no severity; taken as 3 of 4.";
            self.findings.push(Finding::new(Severity::Kept, &self.sheet.name, row.line, message));
        }
        if kind == Kind::Change && !fields.contains_key("kinds") {
            fields.insert("kinds".into(), json!(["scope"]));
            let message = "the change doesn't say what it changes; taken as scope.";
            self.findings.push(Finding::new(Severity::Kept, &self.sheet.name, row.line, message));
        }
        if kind == Kind::Change && !fields.contains_key("reason") {
            let reason = fields.get("description").or_else(|| fields.get("title")).cloned();
            fields.extend(reason.map(|reason| ("reason".to_owned(), reason)));
        }
        let told = kind == Kind::Activity && self.progress(row, state, &mut fields);
        if let Some(missing) = What::Item(kind).required().iter().find(|name| !fields.contains_key(**name)) {
            let message = format!("the {} has no {missing}.", kind.label().to_lowercase());
            self.findings.push(Finding::new(Severity::Refused, &self.sheet.name, row.line, message));
            return;
        }
        let title = fields.get("title").and_then(Value::as_str).unwrap_or_default();
        let key = format!("{}/{}", kind.name(), id.map_or(title, |(_, id)| id));
        let raised: Option<NaiveDate> =
            fields.get("raised_on").and_then(Value::as_str).and_then(|day| day.parse().ok());
        let own = id.map_or_else(|| (self.row + 1).to_string(), |(_, id)| id.to_owned());
        self.keys.insert(own, key.clone());
        if let Some((at, _)) = cell(Meaning::Predecessors) {
            self.waits.push((self.row, key.clone(), at));
        }
        self.push(origin, What::Item(kind), key.clone(), raised, fields);
        if let Some((at, word)) = state.filter(|_| !told) {
            self.state(kind, word, at, closed, &key, origin);
        }
    }

    fn state(
        &mut self,
        kind: Kind,
        word: &str,
        at: usize,
        closed: Option<(usize, &str)>,
        key: &str,
        origin: &Origin,
    ) {
        use crate::domain::kind::State;
        let shown = text::cut(word, 60);
        let Some(state) = words::state_of(word, kind) else {
            let message = format!("“{shown}” is no state of a {}; left as new.", kind.label().to_lowercase());
            return self.report(Severity::Kept, origin.line, at, message);
        };
        if state == kind.first_state() {
            return;
        }
        if matches!(
            (kind, state),
            (Kind::Risk, State::Accepted) | (Kind::Decision, State::Deferred | State::Superseded)
        ) {
            let message =
                format!("“{shown}” needs more than the sheet tells (until when, or by what); left as new.");
            return self.report(Severity::Kept, origin.line, at, message);
        }
        let day = closed.and_then(|(at, day)| match dates::parse(day, self.guess.forms[at]) {
            Ok(day) => Some(day),
            Err(why) => {
                let message = format!("“{}” {why}; the value is left out.", text::cut(day, 60));
                self.report(Severity::Kept, origin.line, at, message);
                None
            }
        });
        let mut fields = Map::new();
        fields.insert("to".into(), state.name().into());
        fields.extend(day.map(|day| ("on".to_owned(), day.to_string().into())));
        self.push(origin, What::Transition, key.to_owned(), day, fields);
    }

    /// The value of a field, or why it can't be.
    fn value(
        &mut self,
        field: &str,
        kind: Kind,
        value: &str,
        at: usize,
        origin: &Origin,
    ) -> Result<Value, String> {
        if is_day(field) {
            let day = dates::parse(value, self.guess.forms[at]).map_err(str::to_owned)?;
            return Ok(day.to_string().into());
        }
        match field {
            "title" => Ok(text::cut(&value.split_whitespace().collect::<Vec<_>>().join(" "), 300).into()),
            "probability"
            | "inherent_probability"
            | "target_probability"
            | "impact"
            | "inherent_impact"
            | "target_impact" => {
                let score =
                    words::score(value).ok_or("is no score (1 to 5, Low to Very high, or a percentage)")?;
                Ok(score.into())
            }
            "severity" => {
                Ok(words::severity(value).ok_or("is no severity (1 critical to 4 minor, or a word)")?.into())
            }
            "confidence" | "adds" | "removes" | "redefines" | "schedule_days" => {
                let number = value.trim_end_matches('%').trim();
                number.parse::<i64>().map(Value::from).map_err(|_| "is no whole number".into())
            }
            "blocking" | "opportunity" => match words::bare(value).as_str() {
                "yes" | "y" | "true" | "x" | "1" => Ok(true.into()),
                "no" | "n" | "false" | "0" => Ok(false.into()),
                _ => Err("is neither yes nor no".into()),
            },
            "likely_days" | "optimistic_days" | "pessimistic_days" | "remaining_days" => {
                plan::days(value).map(Value::from).ok_or("is no duration in days".into())
            }
            "percent_complete" => plan::percent(value).map(Value::from).ok_or("is no percentage".into()),
            "constraint" => Ok(words::bare(value).replace(' ', "_").into()),
            "resources" => Ok(value.replace('[', " ").replace(']', "").into()),
            "tags" => Ok(value.split([',', ';']).map(str::trim).filter(|tag| !tag.is_empty()).collect()),
            "kinds" => Ok(value.split([',', ';', '/']).map(words::bare).filter(|k| !k.is_empty()).collect()),
            "response" | "category" => Ok(words::bare(value).into()),
            "owner" => Ok(self.person(value, at, origin)),
            "project" => {
                let key: String = value
                    .chars()
                    .map(|c| if c.is_ascii_alphanumeric() || matches!(c, '.' | '-') { c } else { '-' })
                    .take(40)
                    .collect();
                let key = key.trim_matches('-').to_owned();
                if key.is_empty() {
                    return Err("makes no key of letters and digits".into());
                }
                let fields = [("key", Value::from(key.as_str())), ("name", value.into())];
                let fields = fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
                self.push(origin, What::Project, key.clone(), None, fields);
                Ok(json!({ "key": key }))
            }
            "owing_team" | "blocked_team" => Ok(self.team(value, origin)),
            "provider" | "consumer" if kind == Kind::Dependency => {
                let (what, name) =
                    value.split_once(':').map_or(("team", value), |(what, name)| (what.trim(), name.trim()));
                match what.to_lowercase().as_str() {
                    "project" => Ok(json!({ "project": self.value("project", kind, name, at, origin)? })),
                    "external" => Ok(json!({ "external": name })),
                    "team" => Ok(json!({ "team": self.team(name, origin) })),
                    _ => Ok(json!({ "team": self.team(value, origin) })),
                }
            }
            _ => Ok(value.into()),
        }
    }

    fn team(&mut self, name: &str, origin: &Origin) -> Value {
        let name = text::cut(name, 120);
        let fields = Map::from_iter([("name".to_owned(), Value::from(name.as_str()))]);
        self.push(origin, What::Team, name.clone(), None, fields);
        json!({ "name": name })
    }

    /// A person as `Ada Lovelace`, `@ada`, `ada@example.org` or `Ada Lovelace <ada@example.org>`; of several, the first.
    fn person(&mut self, value: &str, at: usize, origin: &Origin) -> Value {
        let mut parts: Vec<&str> =
            value.split([';', '\n']).map(str::trim).filter(|part| !part.is_empty()).collect();
        if parts.len() == 1 {
            let names: Vec<&str> = value.split(',').map(str::trim).filter(|part| !part.is_empty()).collect();
            // “Lovelace, Ada” is one person.
            let turned = names.len() == 2 && names.iter().all(|name| name.starts_with(char::is_uppercase));
            if !turned && names.len() > 1 {
                parts = names;
            }
        }
        let Some(first) = parts.first().copied() else { return Value::Null };
        if parts.len() > 1 {
            let message = format!("of {} people only the first is taken as owner.", parts.len());
            self.report(Severity::Kept, origin.line, at, message);
        }
        let (name, email) =
            match first.split_once('<').and_then(|(name, rest)| Some((name, rest.split_once('>')?.0))) {
                Some((name, email)) => (name.trim().trim_matches('"'), Some(email.trim())),
                None if first.contains('@') && !first.starts_with('@') => {
                    (first.split('@').next().unwrap_or(first), Some(first))
                }
                None => (first, None),
            };
        let name = text::cut(if name.is_empty() { email.unwrap_or(first) } else { name }, 120);
        let mut fields = Map::new();
        let reference = if let Some(email) = email {
            fields.insert("email".into(), email.into());
            json!({ "email": email, "name": name })
        } else if first.starts_with('@') {
            fields.insert("handle".into(), first.into());
            json!({ "handle": first })
        } else {
            json!({ "name": name })
        };
        fields.insert("name".into(), name.trim_start_matches('@').into());
        self.push(origin, What::Person, email.map_or(name, str::to_owned), None, fields);
        reference
    }
}
