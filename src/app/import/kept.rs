//! Tables of what was said and done: baselines, sign-offs, steps that were taken of releases and what was counted of them, agendas and
//! outcomes of meetings, answers to surveys, comments, ratings of reports, questions about change requests. What is there already says
//! nothing; into a program that has none of it yet they are taken as they stand; nothing of them is changed.

use super::Import;
use super::sides::{Said, print, sheets};
use crate::app::{App, Result};
use crate::domain::ids::{BaselineId, ItemId, ProgramId};
use crate::domain::kind::{Kind, Reference};
use crate::domain::side_table::SideTable;
use crate::exchange::intake::Intake;
use crate::store::baseline::{NewBaseline, Restored};
use crate::store::{self, Tx, new_id};
use chrono::{DateTime, NaiveDate};
use serde_json::{Map, Value, json};
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// The tables, each after those that it may hang on.
const TABLES: [SideTable; 10] = [
    SideTable::BaselineDate,
    SideTable::SignOff,
    SideTable::ReleaseEvent,
    SideTable::ReleaseStep,
    SideTable::AgendaPoint,
    SideTable::MeetingOutcome,
    SideTable::SurveyAnswer,
    SideTable::Comment,
    SideTable::ReportRating,
    SideTable::ChangeQuestion,
];

/// By which columns two rows of a table would be the same thing; none where the same may be said twice.
const fn once_by(table: SideTable) -> &'static [&'static str] {
    match table {
        SideTable::BaselineDate => &["number", "ref"],
        SideTable::SignOff => &["gate", "role"],
        SideTable::ReleaseEvent | SideTable::Comment => &["id"],
        SideTable::AgendaPoint | SideTable::MeetingOutcome => &["meeting", "ref"],
        SideTable::ReportRating => &["report", "person"],
        SideTable::ReleaseStep => &["release", "rollback", "step"],
        SideTable::ChangeQuestion => &["change", "dependency"],
        SideTable::Project
        | SideTable::Program
        | SideTable::Link
        | SideTable::ScheduleLink
        | SideTable::SurveyAnswer
        | SideTable::FrozenReport
        | SideTable::Checklist => &[],
    }
}

/// Of which kind an item has to be that a column names; none for any.
fn kind_in(table: SideTable, column: &str) -> Option<Kind> {
    match (table, column) {
        (SideTable::SignOff, "gate") => Some(Kind::Gate),
        (SideTable::ReleaseEvent | SideTable::ReleaseStep, "release") => Some(Kind::Release),
        (SideTable::MeetingOutcome | SideTable::AgendaPoint, "meeting")
        | (SideTable::AgendaPoint, "carried_from") => Some(Kind::Meeting),
        (SideTable::ReportRating, "report") => Some(Kind::Report),
        (SideTable::BaselineDate | SideTable::ChangeQuestion, "change") => Some(Kind::Change),
        (SideTable::ChangeQuestion, "dependency") => Some(Kind::Dependency),
        _ => None,
    }
}

impl Import<'_> {
    /// Takes over what was said and done.
    pub(super) async fn kept(&mut self, app: &App, tx: &mut Tx, intake: &Intake) -> Result<()> {
        for table in TABLES {
            let Some(why) = table.is_kept_as_it_was() else { continue };
            let sheets = sheets(intake, table);
            if sheets.is_empty() {
                continue;
            }
            let standing = self.standing(tx, table).await?;
            let said = self.said(app, tx, table, &sheets, &|_| standing.is_empty()).await?;
            let new = self.new_of(table, &standing, said);
            // The original baseline comes with the items themselves.
            let comes_along = |row: &Map<String, Value>| {
                table == SideTable::BaselineDate && row.get("number") == Some(&json!(0))
            };
            if standing.iter().any(|row| !comes_along(row)) {
                for one in &new {
                    self.refuse_said(one, "", why);
                }
                continue;
            }
            self.of_this_program(tx, table, &new).await?;
            if new.is_empty() || !self.errors.is_empty() {
                continue;
            }
            match table {
                SideTable::BaselineDate => self.baselines(tx, &standing, &new).await?,
                SideTable::SurveyAnswer => self.answers(tx, &new).await?,
                _ => {
                    let rows =
                        new.iter().enumerate().map(|(place, one)| self.row(table, place, one)).collect();
                    self.put_kept(tx, table, rows).await?;
                }
            }
        }
        Ok(())
    }

    /// The rows that say what isn't there yet; each that stands is found once.
    fn new_of(&mut self, table: SideTable, standing: &[Map<String, Value>], said: Vec<Said>) -> Vec<Said> {
        let mut prints: HashMap<(Vec<String>, String), usize> = HashMap::new();
        let mut known: HashSet<Vec<String>> = HashSet::new();
        let mut seen: HashSet<Vec<String>> = HashSet::new();
        let mut new = Vec::new();
        for one in said {
            let columns: Vec<String> = one.values.keys().cloned().collect();
            let of = |row: &Map<String, Value>| {
                columns.iter().map(|name| print(row.get(name))).collect::<Vec<_>>().join("\u{1f}")
            };
            if known.insert(columns.clone()) {
                for row in standing {
                    *prints.entry((columns.clone(), of(row))).or_default() += 1;
                }
            }
            let by = once_by(table).iter().map(|name| print(one.values.get(*name))).collect::<Vec<_>>();
            if by.iter().any(|part| !part.is_empty()) && !seen.insert(by) {
                self.refuse_said(&one, "", "It stands here twice.");
                continue;
            }
            let print = of(&one.values);
            match prints.get_mut(&(columns, print)) {
                Some(count) if *count > 0 => {
                    *count -= 1;
                    self.outcome.skipped += 1;
                }
                _ => new.push(one),
            }
        }
        new
    }

    /// Refuses what hangs on items of another program, or of another kind than it can, and what lies ahead.
    async fn of_this_program(&mut self, tx: &mut Tx, table: SideTable, new: &[Said]) -> Result<()> {
        let named = ["gate", "release", "meeting", "carried_from", "report", "change", "dependency", "ref"];
        let columns: Vec<&str> =
            named.into_iter().filter(|name| table.fields().iter().any(|field| field.name == *name)).collect();
        let ids: Vec<Uuid> =
            new.iter().flat_map(|one| columns.iter().filter_map(|name| one.id(name))).collect();
        let found: HashMap<Uuid, (ProgramId, Reference)> = store::schedule_link::ends(tx, &ids)
            .await?
            .into_iter()
            .map(|(id, program, named)| (id.0, (program, named)))
            .collect();
        for one in new {
            for name in &columns {
                let Some((program, named)) = one.id(name).and_then(|id| found.get(&id)) else { continue };
                let kind = kind_in(table, name);
                // A change request may break what another program depends on.
                if *program != self.program && *name != "dependency" {
                    self.refuse_said(one, name, format!("{named} is of another program."));
                } else if let Some(kind) = kind.filter(|kind| *kind != named.kind) {
                    let message = format!("{named} is no {}.", kind.label().to_lowercase());
                    self.refuse_said(one, name, message);
                }
            }
            if !one.text("id").is_empty() && one.id("id").is_none() {
                self.refuse_said(one, "id", "An id is a UUID; leave it empty for something new.");
            }
            for name in ["on", "made_on", "asked_on", "answered_on", "effective_on"] {
                if one.text(name).parse::<NaiveDate>().is_ok_and(|day| day > self.today) {
                    self.refuse_said(one, name, "It lies ahead.");
                }
            }
            if table == SideTable::ReleaseStep {
                match DateTime::parse_from_rfc3339(one.text("done_at")) {
                    Err(_) => self.refuse_said(one, "done_at", "Give a time such as 2026-06-30T12:00:00Z."),
                    Ok(at) if at > self.stamp.now => self.refuse_said(one, "done_at", "It lies ahead."),
                    Ok(_) => {}
                }
            }
            if table == SideTable::ChangeQuestion
                && one.text("agrees").is_empty() != one.text("answered_on").is_empty()
            {
                self.refuse_said(one, "answered_on", "An answer has its day, and a day its answer.");
            }
        }
        Ok(())
    }

    /// A row as it is stored, with all its columns.
    fn row(&self, table: SideTable, place: usize, one: &Said) -> Value {
        let mut row = one.values.clone();
        row.insert("program".into(), json!(self.program));
        let on = ["effective_on", "on", "answered_on", "asked_on"]
            .into_iter()
            .find_map(|name| one.text(name).parse::<NaiveDate>().ok());
        row.insert("effective_on".into(), json!(on.unwrap_or(self.today)));
        if once_by(table) == ["id"] && one.id("id").is_none() {
            row.insert("id".into(), json!(new_id(self.stamp.now)));
        }
        let mut or = |name: &str, value: Value| {
            if row.get(name).is_none_or(Value::is_null) {
                row.insert(name.to_owned(), value);
            }
        };
        match table {
            SideTable::SignOff => {
                or("comment", json!(""));
                or("on_behalf_reason", json!(""));
            }
            SideTable::ReleaseEvent => {
                or("title", json!(""));
                or("source", json!(""));
                if one.text("external_id").is_empty() {
                    row.insert("external_id".into(), Value::Null);
                }
            }
            SideTable::ReportRating | SideTable::ChangeQuestion => or("comment", json!("")),
            SideTable::ReleaseStep => {}
            SideTable::Comment => {
                row.insert("created_at".into(), json!(self.stamp.now));
            }
            SideTable::AgendaPoint => {
                or("note", json!(""));
                row.insert("part".into(), json!("agenda"));
            }
            _ => {
                or("note", json!(""));
                row.insert("part".into(), json!("outcome"));
                row.insert("position".into(), json!((place + 1).min(32_767)));
            }
        }
        if let Some(item) = row.shift_remove("ref") {
            row.insert("item".into(), item);
        }
        Value::Object(row)
    }

    async fn put_kept(&mut self, tx: &mut Tx, table: SideTable, rows: Vec<Value>) -> Result<()> {
        let count = rows.len();
        if store::side_table::put(tx, table, rows).await? != count {
            let message = "Two of the rows are the same thing, or another program has one of them.";
            self.errors.push(crate::domain::draft::FieldError::new("", message));
        }
        self.count(table, count, 0);
        Ok(())
    }

    /// Answers to surveys that are there, by their numbers.
    async fn answers(&mut self, tx: &mut Tx, new: &[Said]) -> Result<()> {
        let surveys: HashMap<i64, (Uuid, String)> = store::survey::numbered(tx, self.program)
            .await?
            .into_iter()
            .map(|(id, number, title)| (i64::from(number), (id, title)))
            .collect();
        let mut rows = Vec::new();
        for one in new {
            let number = one.values.get("number").and_then(Value::as_i64).unwrap_or_default();
            match surveys.get(&number) {
                None => self.refuse_said(one, "number", format!("There is no survey {number}.")),
                Some((_, title)) if !one.text("survey").is_empty() && one.text("survey") != title => {
                    self.refuse_said(one, "survey", format!("Survey {number} is called “{title}”."));
                }
                Some((survey, _)) => rows.push(json!({
                    "id": new_id(self.stamp.now), "program": self.program, "survey": survey,
                    "value": one.values.get("value"), "comment": one.text("comment"), "name": one.text("name"),
                    "on": one.text("on"), "effective_on": one.text("on"),
                })),
            }
        }
        if self.errors.is_empty() { self.put_kept(tx, SideTable::SurveyAnswer, rows).await } else { Ok(()) }
    }

    /// Baselines as they were made. They say what has been committed; the items have it already.
    async fn baselines(&mut self, tx: &mut Tx, standing: &[Map<String, Value>], new: &[Said]) -> Result<()> {
        let mut baselines: Vec<Restored> = Vec::new();
        let mut dates = Vec::new();
        let original: HashMap<String, String> =
            standing.iter().map(|row| (print(row.get("ref")), print(row.get("committed_on")))).collect();
        for one in new {
            let number = one.values.get("number").and_then(Value::as_i64).unwrap_or_default();
            let number = i32::try_from(number).unwrap_or_default();
            let day = |name: &str| one.text(name).parse::<NaiveDate>().ok();
            let (Some(item), Some(made_on), Some(committed_on)) =
                (one.id("ref"), day("made_on"), day("committed_on"))
            else {
                continue;
            };
            let baseline = NewBaseline {
                id: BaselineId(new_id(self.stamp.now)),
                program: self.program,
                name: one.text("name").to_owned(),
                reason: one.text("reason").to_owned(),
                made_on,
                change: one.id("change").map(ItemId),
            };
            let budget = one.values.get("budget").and_then(Value::as_f64);
            let of = |b: &NewBaseline, budget: Option<f64>| {
                (b.name.clone(), b.reason.clone(), b.made_on, b.change, budget.map(f64::to_bits))
            };
            match baselines.iter().find(|(known, ..)| *known == number) {
                Some((_, known, spend)) if of(known, *spend) != of(&baseline, budget) => {
                    let message =
                        "All rows of a baseline have its name, reason, day, change request and budget.";
                    self.refuse_said(one, "number", message);
                }
                Some(_) => {}
                None => baselines.push((number, baseline, budget)),
            }
            let first = original.get(&item.to_string()).filter(|_| number == 0);
            if first.is_some_and(|first| *first != committed_on.to_string()) {
                let message = "The item’s original date is another.";
                self.refuse_said(one, "committed_on", message);
            }
            dates.push((number, ItemId(item), committed_on));
        }
        if !self.errors.is_empty() {
            return Ok(());
        }
        store::baseline::restore(tx, &baselines, &dates).await?;
        let otherwise = store::baseline::committed_otherwise(tx, self.program).await?;
        for one in new {
            if one.id("ref").is_some_and(|item| otherwise.contains(&ItemId(item))) {
                let message = "The last baseline says another date than the item is committed to: a baseline that moves dates is \
                    made on the page Baselines, or by approving a change request.";
                self.refuse_said(one, "committed_on", message);
            }
        }
        self.count(SideTable::BaselineDate, new.len(), 0);
        Ok(())
    }
}
