//! Records of tables of our own that come back: found by their id, or else by what tells them apart, and changed where a cell was
//! edited. A row that is not there yet is made.

use super::Import;
use crate::app::{App, Result, export};
use crate::domain::allocation::Allocation;
use crate::domain::budget::BudgetLine;
use crate::domain::draft::{Draft, FieldError, Named, Refused};
use crate::domain::event::Event;
use crate::domain::ids::{ItemId, PersonId};
use crate::domain::item::Detail;
use crate::domain::kind::{Kind, Reference, State};
use crate::domain::measurement::{AdoptionTarget, Measurement};
use crate::domain::raci::Raci;
use crate::domain::record::{Head, Record, RecordKind};
use crate::domain::rework::Rework;
use crate::domain::survey::Survey;
use crate::exchange::intake::Intake;
use crate::exchange::own::{self, OwnRow, OwnSheet};
use crate::store::lookup::Reader;
use crate::store::{self, Tx, new_id};
use chrono::NaiveDate;
use serde_json::{Map, Value, json};
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// Columns that say which row it is, not what it holds.
const NAMING: [&str; 2] = ["id", "version"];

/// The kinds, each after those that it may hang on.
const IN_ORDER: [RecordKind; 7] = [
    RecordKind::BudgetLine,
    RecordKind::Allocation,
    RecordKind::AdoptionTarget,
    RecordKind::Measurement,
    RecordKind::Survey,
    RecordKind::Rework,
    RecordKind::Raci,
];

/// By which columns a row without an id is known.
const fn known_by(kind: RecordKind) -> &'static [&'static str] {
    match kind {
        RecordKind::BudgetLine => &["category", "period_on", "project"],
        RecordKind::Allocation => &["team", "period_on", "project"],
        RecordKind::AdoptionTarget => &["benefit", "title"],
        RecordKind::Measurement => &["benefit", "adoption_target", "on"],
        RecordKind::Survey => &["title", "opened_on"],
        RecordKind::Rework => &["on", "what", "item"],
        RecordKind::Raci => &["project", "item"],
    }
}

/// A record as it stands, by its cells.
struct Standing<R> {
    record: R,
    cells: own::Cells,
}

impl<R: Record> Standing<R> {
    /// Whether a row is of this record.
    fn is(&self, row: &OwnRow) -> bool {
        let id = row.text("id");
        if !id.is_empty() {
            return id.parse() == Ok(self.record.head().id);
        }
        known_by(R::KIND)
            .iter()
            .all(|name| self.cells.get(*name).is_none_or(|cell| own::same(row.text(name), &cell.plain())))
    }

    /// The cells of a row that say something else, by the names of their columns; refused for those that can't.
    fn edited(&self, sheet: &OwnSheet, row: &OwnRow) -> std::result::Result<Map<String, Value>, Refused> {
        let (mut draft, mut errors) = (Map::new(), Vec::new());
        for name in sheet.header.iter().filter(|name| !NAMING.contains(&name.as_str())) {
            let text = row.text(name);
            if self.cells.get(name).is_none_or(|cell| own::same(text, &cell.plain())) {
                continue;
            }
            match R::FIELDS.iter().find(|field| field.name == name) {
                Some(field) => drop(draft.insert(name.clone(), own::typed(field.control, text))),
                None => errors.push(FieldError::new(name, "It is not changed by an import.")),
            }
        }
        let (version, now) = (row.text("version"), self.record.head().version);
        if !(version.is_empty() || version.parse() == Ok(now) || draft.is_empty()) {
            let message =
                format!("Somebody changed it since this table was made: it is at version {now} now.");
            errors.push(FieldError::new("version", message));
        }
        if errors.is_empty() { Ok(draft) } else { Err(Refused { errors, ..Refused::default() }) }
    }
}

impl Import<'_> {
    /// Writes the records of tables of our own.
    pub(super) async fn own_records(
        &mut self,
        app: &App,
        tx: &mut Tx,
        key: &str,
        intake: &Intake,
    ) -> Result<()> {
        let of = |kind: RecordKind| intake.own_records.iter().filter(move |(known, _)| *known == kind);
        // What others hang on comes first.
        for (kind, sheet) in IN_ORDER.into_iter().flat_map(of) {
            match kind {
                RecordKind::BudgetLine => self.records::<BudgetLine>(app, tx, key, sheet).await?,
                RecordKind::Allocation => self.records::<Allocation>(app, tx, key, sheet).await?,
                RecordKind::AdoptionTarget => self.records::<AdoptionTarget>(app, tx, key, sheet).await?,
                RecordKind::Measurement => self.records::<Measurement>(app, tx, key, sheet).await?,
                RecordKind::Survey => self.records::<Survey>(app, tx, key, sheet).await?,
                RecordKind::Rework => self.records::<Rework>(app, tx, key, sheet).await?,
                RecordKind::Raci => self.records::<Raci>(app, tx, key, sheet).await?,
            }
        }
        Ok(())
    }

    async fn records<R: Record>(
        &mut self,
        app: &App,
        tx: &mut Tx,
        key: &str,
        sheet: &OwnSheet,
    ) -> Result<()> {
        let all = store::record::all::<R>(&app.db, self.program, None).await?;
        let reader = Reader { person: self.stamp.actor.unwrap_or(PersonId(Uuid::nil())), admin: true };
        let names = export::names_of(&app.db, reader, &all).await?;
        let standing: Vec<Standing<R>> = all
            .into_iter()
            .filter(|record| record.head().archived_at.is_none())
            .map(|record| Standing { cells: own::record(&record, &|id| names.found_by(id)), record })
            .collect();
        let by_id: HashMap<Uuid, &Standing<R>> =
            standing.iter().map(|one| (one.record.head().id, one)).collect();
        self.record_names::<R>(tx, sheet).await?;
        let (mut write, mut seen) = (Vec::new(), HashSet::new());
        for row in &sheet.rows {
            let found = match row.text("id").parse::<Uuid>() {
                Ok(id) => by_id.get(&id).copied(),
                Err(_) => standing.iter().find(|one| one.is(row)),
            };
            let written = match found {
                Some(one) if !seen.insert(one.record.head().id) => {
                    Err(Refused::because("id", "This record stands here twice."))
                }
                Some(one) => self.edited_record(sheet, row, one),
                None => self.new_record::<R>(row, key).map(Some),
            };
            match written {
                Ok(None) => self.outcome.skipped += 1,
                Ok(Some(record)) => {
                    let counts =
                        if found.is_some() { &mut self.outcome.changed } else { &mut self.outcome.made };
                    *counts.entry(named(R::KIND)).or_default() += 1;
                    write.push((record, found.is_some(), row.line));
                }
                Err(refused) => self.refuse_row(&sheet.file, row.line, refused.errors),
            }
        }
        self.of_here(tx, &sheet.file, &write).await?;
        if write.is_empty() || !self.errors.is_empty() {
            return Ok(());
        }
        let rows: Vec<R> = write.iter().map(|(record, ..)| record.clone()).collect();
        if store::record::put(tx, &rows).await? != rows.len() {
            let message = "Another program has a record of this id, or somebody else changed one just now.";
            self.errors.push(FieldError::new(format!("{}:0", sheet.file), message));
            return Ok(());
        }
        if R::KIND == RecordKind::Measurement {
            let rows: Vec<Value> = rows.iter().map(|record| json!(record)).collect();
            self.measured(tx, &rows).await?;
        }
        for (record, was, _) in &write {
            let (what, name) = (R::KIND.label().to_owned(), record.told());
            let event =
                if *was { Event::RecordEdited { what, name } } else { Event::RecordMade { what, name } };
            tx.record(Some(self.program), None, record.head().effective_on, &event);
        }
        Ok(())
    }

    /// Refuses rows that are about items of another program: they would be counted and shown here.
    async fn of_here<R: Record>(&mut self, tx: &mut Tx, file: &str, write: &[(R, bool, u64)]) -> Result<()> {
        let ids: Vec<Uuid> = write.iter().filter_map(|(record, ..)| Some(record.about()?.1.0)).collect();
        if ids.is_empty() {
            return Ok(());
        }
        let ends = store::schedule_link::ends(tx, &ids).await?;
        let strange: HashMap<ItemId, Reference> = ends
            .into_iter()
            .filter(|(_, program, _)| *program != self.program)
            .map(|(id, _, reference)| (id, reference))
            .collect();
        for (record, _, line) in write {
            let about = record.about().and_then(|(field, item)| Some((field, strange.get(&item)?)));
            if let Some((field, reference)) = about {
                let message = format!("{reference} is of another program.");
                self.refuse_row(file, *line, vec![FieldError::new(field, message)]);
            }
        }
        Ok(())
    }

    /// Tells benefits of what was measured of them: the day of the last measurement, and that they are tracked.
    async fn measured(&self, tx: &mut Tx, rows: &[Value]) -> Result<()> {
        let mut days: HashMap<ItemId, NaiveDate> = HashMap::new();
        for row in rows.iter().filter(|row| row["adoption_target"].is_null()) {
            let text = |name: &str| row[name].as_str().unwrap_or_default();
            if let (Ok(benefit), Ok(on)) = (text("benefit").parse(), text("on").parse::<NaiveDate>()) {
                let last = days.entry(ItemId(benefit)).or_insert(on);
                *last = on.max(*last);
            }
        }
        let ids: Vec<ItemId> = days.keys().copied().collect();
        let mut next = Vec::new();
        for mut item in store::item::by_ids(tx, &ids).await? {
            let last = days.get(&item.id).copied();
            let Detail::Benefit(own) = &mut item.detail else { continue };
            if own.measured_on >= last {
                continue;
            }
            own.measured_on = last;
            if item.state == State::Planned {
                item.state = State::Tracking;
                let moved = Event::Moved { from: State::Planned, to: State::Tracking };
                tx.record(Some(self.program), Some(item.id), self.today, &moved);
            }
            (item.version, item.effective_on) = (item.version + 1, self.today.max(item.effective_on));
            item.settle();
            next.push(item);
        }
        if !next.is_empty() {
            let changes: Vec<_> = next.iter().map(|item| (item, true)).collect();
            store::item::update(tx, Kind::Benefit, &changes).await?;
        }
        Ok(())
    }

    /// Finds what the rows name.
    async fn record_names<R: Record>(&mut self, tx: &mut Tx, sheet: &OwnSheet) -> Result<()> {
        let mut names = Vec::new();
        for row in &sheet.rows {
            names.extend(draft_of::<R>(row).names(R::FIELDS));
            let rest = row.cells.values().map(|text| text.trim());
            names.extend(
                rest.filter(|text| Reference::parse(text).is_some()).map(|text| Named::Item(text.to_owned())),
            );
        }
        names.sort();
        names.dedup();
        let found = self.look_up(tx, &names).await?;
        self.directory.persons.extend(found.persons);
        self.directory.teams.extend(found.teams);
        self.directory.projects.extend(found.projects);
        for (name, id) in found.items {
            self.directory.items.entry(name).or_insert(id);
        }
        Ok(())
    }

    fn edited_record<R: Record>(
        &self,
        sheet: &OwnSheet,
        row: &OwnRow,
        one: &Standing<R>,
    ) -> std::result::Result<Option<R>, Refused> {
        let edited = one.edited(sheet, row)?;
        if edited.is_empty() {
            return Ok(None);
        }
        let names: HashSet<String> = edited.keys().cloned().collect();
        let fields = R::FIELDS.iter().filter(|field| names.contains(field.name));
        let values = Draft(edited).check(fields, &self.directory)?;
        let mut next = one.record.clone();
        next.fill(values)?;
        let on = self.today.max(next.head().effective_on);
        let head = next.head_mut();
        (head.version, head.effective_on) = (head.version + 1, on);
        Ok(Some(next))
    }

    fn new_record<R: Record>(&self, row: &OwnRow, key: &str) -> std::result::Result<R, Refused> {
        let on = row.text("effective_on").parse::<NaiveDate>().unwrap_or(self.today).min(self.today);
        let id = match row.text("id") {
            "" => new_id(self.stamp.now),
            text => text.parse().map_err(|_| Refused::because("id", format!("“{text}” is no id.")))?,
        };
        let head = Head { id, program: self.program, version: 1, archived_at: None, effective_on: on };
        let mut made = R::blank(head);
        let mut values = draft_of::<R>(row).check(R::FIELDS, &self.directory)?;
        let blank = json!(made);
        let find = |name: &str| self.directory.items.get(&name.to_lowercase()).copied();
        for (name, text) in &row.cells {
            let beside = !R::FIELDS.iter().any(|field| field.name == name)
                && !NAMING.contains(&name.as_str())
                && name != "effective_on";
            let text = text.trim();
            if !beside || text.is_empty() {
                continue;
            }
            match Reference::parse(text) {
                Some(reference) if reference.program != key => {
                    return Err(Refused::because(name, format!("{reference} is of another program.")));
                }
                Some(reference) if find(text).is_none() => {
                    return Err(Refused::because(name, format!("There is no {reference}.")));
                }
                _ => {}
            }
            // What it hangs on is an id where a new one has none yet.
            let blank = if find(text).is_some() { &Value::Null } else { &blank[name.as_str()] };
            values.insert(name.clone(), own::kept_value(blank, text, &find));
        }
        if matches!(R::KIND, RecordKind::Measurement | RecordKind::AdoptionTarget)
            && !values.contains_key("benefit")
        {
            return Err(Refused::because("benefit", "Say of which benefit, by its reference."));
        }
        made.fill(values)?;
        Ok(made)
    }
}

/// The fields of a row, as typed.
fn draft_of<R: Record>(row: &OwnRow) -> Draft {
    let given = R::FIELDS.iter().filter(|field| !row.text(field.name).is_empty());
    Draft(
        given.map(|field| (field.name.to_owned(), own::typed(field.control, row.text(field.name)))).collect(),
    )
}

/// What several are called.
const fn named(kind: RecordKind) -> &'static str {
    match kind {
        RecordKind::BudgetLine => "budget lines",
        RecordKind::Allocation => "allocations",
        RecordKind::AdoptionTarget => "adoption targets",
        RecordKind::Measurement => "measurements",
        RecordKind::Survey => "surveys",
        RecordKind::Rework => "rework",
        RecordKind::Raci => "roles",
    }
}
