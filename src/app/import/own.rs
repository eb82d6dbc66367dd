//! Tables of our own that come back: each row is held against what stands under its reference, and what is the same says nothing.
//! What was edited in between is changed, and nothing else; a row that is not there yet is made as it stands: under a new number, or in
//! a program that has none of its kind under its own.

use super::items::told;
use super::{History, Import};
use crate::app::item::blank;
use crate::app::{App, Result, export};
use crate::domain::draft::{Control, Draft, Field, FieldError, Named, Refused};
use crate::domain::event::{self, Event};
use crate::domain::ids::{ItemId, PersonId};
use crate::domain::item::{self, Detail, Item};
use crate::domain::kind::{Kind, Reference, State};
use crate::exchange::intake::{Intake, Origin, Record, What};
use crate::exchange::own::{self, OwnRow, OwnSheet};
use crate::store::lookup::Reader;
use crate::store::{self, Tx, new_id};
use chrono::{DateTime, NaiveDate, Utc};
use serde_json::{Map, Value, json};
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// Columns that say which row it is, not what it holds.
const NAMING: [&str; 3] = ["ref", "type", "version"];

/// A row that says something new.
struct Pending<'r> {
    origin: Origin,
    row: &'r OwnRow,
    kind: Kind,
    /// The number that it has or is to have; 0 for the next one.
    number: i32,
    id: ItemId,
    stored: Option<Item>,
    /// The fields that it changes; of a new one all that it fills.
    draft: Draft,
    to: Option<State>,
}

/// What is wrong with a row.
type Wrong = Vec<FieldError>;

fn wrong(field: &str, message: impl Into<String>) -> Wrong {
    vec![FieldError::new(field, message)]
}

/// What leads on to other things, which only the item's own page does.
const fn leads_on(kind: Kind, to: State) -> bool {
    matches!(
        (kind, to),
        (Kind::Risk, State::Materialised)
            | (Kind::Change, State::Submitted | State::Approved | State::Implemented)
            | (Kind::Dependency, State::Agreed)
            | (Kind::Gate | Kind::Report, _)
            | (Kind::Meeting, State::Held)
            | (Kind::Decision, State::Superseded)
    )
}

/// Which item a row is of: its kind, and its number if it has a reference.
fn which(row: &OwnRow, key: &str) -> std::result::Result<(Kind, Option<i32>), Wrong> {
    let (named, typed) = (row.text("ref"), row.text("type"));
    let kind = Kind::ALL.into_iter().find(|kind| kind.name() == typed);
    if named.is_empty() {
        return kind.map(|kind| (kind, None)).ok_or_else(|| wrong("type", "A new row says what it is."));
    }
    let Some(reference) = Reference::parse(named) else {
        return Err(wrong("ref", format!("“{named}” is no reference.")));
    };
    if reference.program != key {
        return Err(wrong("ref", format!("{reference} is of another program than {key}.")));
    }
    if !typed.is_empty() && kind != Some(reference.kind) {
        return Err(wrong("type", format!("{reference} is a {}, not “{typed}”.", reference.kind.name())));
    }
    Ok((reference.kind, Some(reference.number)))
}

/// What a row changes in an item, by its cells now: the fields, and the state if it is another.
fn changes(
    sheet: &OwnSheet,
    row: &OwnRow,
    item: &Item,
    now: &own::Cells,
) -> std::result::Result<(Draft, Option<State>), Wrong> {
    let mut errors = Vec::new();
    let (mut draft, mut to) = (Map::new(), None);
    for name in sheet.header.iter().filter(|name| !NAMING.contains(&name.as_str())) {
        let text = row.text(name);
        let Some(cell) = now.get(name) else {
            if !text.is_empty() {
                let message = format!("A {} has no such field.", item.kind.label().to_lowercase());
                errors.push(FieldError::new(name, message));
            }
            continue;
        };
        if own::same(text, &cell.plain()) {
            continue;
        }
        let field = own::fields(item.kind).find(|field| field.name == name);
        match (name.as_str(), field) {
            ("state", _) => match State::from_name(text).filter(|to| item.kind.states().contains(to)) {
                Some(state) => to = Some(state),
                None => errors.push(FieldError::new(name, format!("There is no state “{text}”."))),
            },
            (_, Some(field)) => drop(draft.insert(field.name.to_owned(), own::typed(field.control, text))),
            _ => {
                let message = "It follows from what happens to the item, and is not changed by an import.";
                errors.push(FieldError::new(name, message));
            }
        }
    }
    if errors.is_empty() && draft.is_empty() && to.is_none() {
        return Ok((Draft::default(), None));
    }
    let version = row.text("version");
    if !version.is_empty() && version.parse() != Ok(item.version) {
        let message = format!(
            "Somebody changed it since this table was made: it is at version {} now, and was at {version}. Export it again.",
            item.version
        );
        return Err(wrong("version", message));
    }
    if let Some(to) = to.filter(|to| leads_on(item.kind, *to)) {
        let message = format!("More comes of {} than a table says: do it on the item’s page.", to.label());
        errors.push(FieldError::new("state", message));
    }
    if item.kind == Kind::Report && item.state == State::Published {
        let message = "It is published, and stands as it was published: an import doesn’t change it. Correct it by a new report that names it.";
        errors.push(FieldError::new("", message));
    } else if item.kind == Kind::Report {
        errors.push(FieldError::new("", "A status report is written on its page."));
    }
    if item.archived_at.is_some() {
        errors.push(FieldError::new("", "It is archived: restore it first."));
    }
    if errors.is_empty() { Ok((Draft(draft), to)) } else { Err(errors) }
}

/// Whether a row is of a published report.
fn is_published(row: &OwnRow, kind: Kind) -> bool {
    kind == Kind::Report && row.text("state") == State::Published.name()
}

/// All that a new row fills.
fn filled(sheet: &OwnSheet, row: &OwnRow, kind: Kind) -> std::result::Result<(Draft, Option<State>), Wrong> {
    let state = row.text("state");
    let to = State::from_name(state).filter(|to| kind.states().contains(to));
    if !state.is_empty() && to.is_none() {
        return Err(wrong("state", format!("There is no state “{state}”.")));
    }
    let columns: HashSet<&str> = sheet.header.iter().map(String::as_str).collect();
    let fields = own::fields(kind).filter(|field| columns.contains(field.name));
    let given = fields.filter(|field| !row.text(field.name).is_empty());
    let values = given.map(|field| (field.name.to_owned(), own::typed(field.control, row.text(field.name))));
    Ok((Draft(values.collect()), to))
}

impl Import<'_> {
    pub(super) fn refuse_row(&mut self, file: &str, line: u64, errors: Wrong) {
        for error in errors {
            let message = if error.field.is_empty() {
                error.message
            } else {
                format!("{}: {}", error.field, error.message)
            };
            self.errors.push(FieldError::new(format!("{file}:{line}"), message));
        }
    }

    /// Works out what becomes of the items of tables of our own.
    pub(super) async fn own_items(
        &mut self,
        app: &App,
        tx: &mut Tx,
        key: &str,
        intake: &Intake,
    ) -> Result<Vec<History>> {
        let mut rows = Vec::new();
        let mut seen = HashSet::new();
        for sheet in &intake.own_items {
            for row in &sheet.rows {
                match which(row, key) {
                    Ok((kind, Some(number))) if !seen.insert((kind, number)) => {
                        let errors = wrong("ref", format!("{} stands here twice.", row.text("ref")));
                        self.refuse_row(&sheet.file, row.line, errors);
                    }
                    Ok((kind, number)) => rows.push((sheet, row, kind, number)),
                    Err(errors) => self.refuse_row(&sheet.file, row.line, errors),
                }
            }
        }
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let pending = self.pending(app, tx, key, rows).await?;
        self.own_names(tx, &pending).await?;
        let mut histories = Vec::new();
        for one in pending {
            let made = if one.stored.is_some() { self.changed(&one) } else { self.made(&one, key) };
            match made {
                Ok(history) => {
                    let counts =
                        if one.stored.is_some() { &mut self.outcome.changed } else { &mut self.outcome.made };
                    *counts.entry(one.kind.plural()).or_default() += 1;
                    histories.push(history);
                }
                Err(refused) => self.refuse_row(&one.origin.file, one.origin.line, refused.errors),
            }
        }
        Ok(histories)
    }

    /// The rows that say something new, held against what stands.
    async fn pending<'r>(
        &mut self,
        app: &App,
        tx: &mut Tx,
        key: &str,
        rows: Vec<(&'r OwnSheet, &'r OwnRow, Kind, Option<i32>)>,
    ) -> Result<Vec<Pending<'r>>> {
        let reference = |kind: Kind, number: i32| {
            Reference { program: key.to_owned(), kind, number }.to_string().to_lowercase()
        };
        let named = rows.iter().filter_map(|(_, _, kind, number)| Some(reference(*kind, (*number)?)));
        let named: Vec<Named> = named.map(Named::Item).collect();
        let found = self.look_up(tx, &named).await?.items;
        let ids: Vec<ItemId> =
            found.values().copied().map(ItemId).collect::<HashSet<_>>().into_iter().collect();
        let stored = store::item::by_ids(tx, &ids).await?;
        let reader = Reader { person: self.stamp.actor.unwrap_or(PersonId(Uuid::nil())), admin: true };
        let names = export::names(&app.db, reader, &stored).await?;
        let mut stored: HashMap<ItemId, Item> = stored.into_iter().map(|item| (item.id, item)).collect();
        let there = store::import::kinds_there(tx, self.program).await?;
        let (mut pending, mut frozen, mut last_report) = (Vec::new(), HashMap::<String, u32>::new(), 0);
        for (sheet, row, kind, number) in rows {
            let origin = Origin { file: sheet.file.clone(), line: row.line };
            let known = number.and_then(|number| found.get(&reference(kind, number)));
            let item = known.and_then(|id| stored.remove(&ItemId(*id)));
            if let (None, Some(number)) = (&item, number) {
                // A number is kept only where it can't be a slip: in a program that has none of the kind yet.
                if there.contains(&kind) {
                    let (named, kind) = (row.text("ref"), kind.label().to_lowercase());
                    let message = format!("{named} isn’t in this program; leave ref empty for a new {kind}.");
                    self.refuse_row(&origin.file, origin.line, wrong("ref", message));
                    continue;
                }
                if is_published(row, kind) && !self.has_document(&reference(kind, number)) {
                    self.leave_out(&origin, row.text("ref"));
                    last_report = last_report.max(number);
                    continue;
                }
            }
            if item.as_ref().is_some_and(|item| item.state == State::Published) {
                *frozen.entry(sheet.file.clone()).or_default() += 1;
            }
            let said = match &item {
                Some(item) => changes(sheet, row, item, &own::item(item, key, &|id| names.found_by(id))),
                None => filled(sheet, row, kind),
            };
            match said {
                Ok((draft, None)) if item.is_some() && draft.0.is_empty() => self.outcome.skipped += 1,
                Ok((draft, to)) => {
                    let id = item.as_ref().map_or_else(|| ItemId(new_id(self.stamp.now)), |item| item.id);
                    let number = number.unwrap_or_default();
                    if number > 0 {
                        self.directory.items.insert(reference(kind, number), id.0);
                    }
                    pending.push(Pending { origin, row, kind, number, id, stored: item, draft, to });
                }
                Err(errors) => self.refuse_row(&origin.file, origin.line, errors),
            }
        }
        if last_report > 0 {
            // The number of a report that was published is never given to another.
            store::item::number_beyond(tx, self.program, Kind::Report, last_report).await?;
        }
        for one in &mut pending {
            self.without_left_out(one);
        }
        let mut frozen: Vec<_> = frozen.into_iter().collect();
        frozen.sort();
        self.outcome.notes.extend(frozen.into_iter().map(|(file, count)| {
            format!("{file}: {count} of the reports are published: they are there already, and stand as they were published.")
        }));
        Ok(pending)
    }

    /// Leaves a published report out of which the files don't have what it froze: without its numbers it would be another.
    fn leave_out(&mut self, origin: &Origin, named: &str) {
        self.left_out.insert(named.to_lowercase());
        self.outcome.notes.push(format!(
            "{}:{}: {named} is a published report, and what it froze (the table frozen_reports) is not among the files: it is left out, and its number stays free.",
            origin.file, origin.line
        ));
    }

    /// Takes from a new row what names a report that is left out.
    fn without_left_out(&mut self, one: &mut Pending<'_>) {
        let left_out = &self.left_out;
        let names = |field: &&Field| matches!(field.control, Control::Item);
        for field in own::fields(one.kind).filter(names) {
            let named = one.draft.text(field.name).trim().to_lowercase();
            if left_out.contains(&named) {
                one.draft.0.shift_remove(field.name);
                self.outcome.notes.push(format!(
                    "{}:{}: {} is left empty, as {} is left out.",
                    one.origin.file,
                    one.origin.line,
                    field.name,
                    named.to_uppercase()
                ));
            }
        }
    }

    /// Finds whom and what the rows name. People, teams and projects that only new rows name are made; what an edited cell
    /// names has to be there.
    async fn own_names(&mut self, tx: &mut Tx, pending: &[Pending<'_>]) -> Result<()> {
        let of = |one: &Pending<'_>| {
            let mut names = one.draft.names(item::fields(one.kind));
            if one.stored.is_none() {
                for name in own::kept_names_in(one.kind, one.row) {
                    let item = Reference::parse(&name).is_some();
                    names.push(if item { Named::Item(name) } else { Named::Person(name) });
                }
            }
            names
        };
        let mut asked: Vec<Named> = pending.iter().flat_map(of).collect();
        asked.sort();
        asked.dedup();
        let found = self.look_up(tx, &asked).await?;
        let mut new: Vec<(Origin, Named)> = Vec::new();
        for one in pending.iter().filter(|one| one.stored.is_none()) {
            new.extend(of(one).into_iter().map(|name| (one.origin.clone(), name)));
        }
        let mut seen = HashSet::new();
        let missing = new.into_iter().filter(|(_, name)| match name {
            Named::Person(name) => !found.persons.contains_key(&name.to_lowercase()),
            Named::Team(name) => !found.teams.contains_key(&name.to_lowercase()),
            Named::Project(name) => !found.projects.contains_key(&name.to_lowercase()),
            Named::Item(_) | Named::Calendar(_) => false,
        });
        let missing: Vec<_> = missing.filter(|(_, name)| seen.insert(name.clone())).collect();
        let records: Vec<Record> =
            missing.into_iter().filter_map(|(origin, name)| told_of(origin, name)).collect();
        let directory = &mut self.directory;
        directory.persons.extend(found.persons);
        directory.teams.extend(found.teams);
        directory.projects.extend(found.projects);
        directory.calendars.extend(found.calendars);
        for (name, id) in found.items {
            directory.items.entry(name).or_insert(id);
        }
        self.people(tx, &records).await?;
        self.teams(tx, &records).await?;
        self.projects(tx, &records).await
    }

    /// An item with the cells that were edited laid over it.
    fn changed(&self, one: &Pending<'_>) -> std::result::Result<History, Refused> {
        let Some(stored) = &one.stored else { return Err(Refused::default()) };
        let on = self.today.max(stored.effective_on);
        let mut versions = Vec::new();
        let mut last = stored.clone();
        if !one.draft.0.is_empty() {
            let mut directory = self.directory.clone_for(Some(stored));
            directory.items.extend(self.directory.items.iter().map(|(name, id)| (name.clone(), *id)));
            let whole = stored.draft().overlaid(&one.draft);
            let values = whole.check(item::fields(one.kind), &directory)?;
            let mut next = stored.clone();
            next.fill(values, on)?;
            next.not_ahead(self.today)?;
            next.forecast_is_its_own(Some(stored))?;
            (next.version, next.effective_on) = (stored.version + 1, on);
            let events = event::between(stored, &next).into_iter().map(|event| (event, None)).collect();
            last = next.clone();
            versions.push((next, events));
        }
        if let Some(to) = one.to {
            let mut record = self.record(one, What::Transition);
            record.fields.insert("to".into(), to.name().into());
            record.effective_on = Some(on);
            let next = self.step(&record, &last)?;
            let events = told(&event::between(&last, &next), &record);
            versions.push((next, events));
        }
        Ok(History { stored: Some(stored.clone()), versions })
    }

    /// A new item as its row has it: with the state that it is in, and what that left behind.
    fn made(&mut self, one: &Pending<'_>, key: &str) -> std::result::Result<History, Refused> {
        let day = |name: &str| one.row.text(name).parse::<NaiveDate>().ok();
        let archived_at = self.archived_at(one)?;
        let on = day("effective_on").or_else(|| day("raised_on")).unwrap_or(self.today).min(self.today);
        let mut made =
            Item { id: one.id, number: one.number, ..blank(self.program, one.kind, self.stamp.now, on) };
        let values = one.draft.check(item::fields(one.kind), &self.directory)?;
        made.fill(values, on)?;
        made.not_ahead(self.today)?;
        let find = |name: &str| {
            let name = name.to_lowercase();
            self.directory.items.get(&name).or_else(|| self.directory.persons.get(&name)).copied()
        };
        let mut own = made.detail.values();
        own.extend(own::kept_of(one.kind, one.row, &find));
        made.detail = Detail::read(one.kind, own).map_err(|odd| Refused::because("", odd.to_string()))?;
        if let Some(state) = one.to {
            made.state = state;
            made.closed_on = if state.is_open(one.kind) { None } else { day("closed_on").or(Some(on)) };
        }
        made.archived_at = archived_at;
        made.settle();
        let named = Reference { program: key.to_owned(), kind: one.kind, number: one.number };
        self.froze(&mut made, &named.to_string().to_lowercase(), key)?;
        let archived = archived_at.map(|_| (Event::Archived {}, None));
        let events = std::iter::once((Event::Raised {}, None)).chain(archived).collect();
        Ok(History { stored: None, versions: vec![(made, events)] })
    }

    /// When an item was archived, by a row of the table of those that are: at the beginning of that day.
    fn archived_at(&self, one: &Pending<'_>) -> std::result::Result<Option<DateTime<Utc>>, Refused> {
        let refused = |message: String| Err(Refused::because(own::ARCHIVED_ON, message));
        match one.row.text(own::ARCHIVED_ON) {
            "" => Ok(None),
            _ if one.number == 0 => refused("A new item is not archived: leave it empty.".into()),
            text => match text.parse::<NaiveDate>() {
                Ok(on) if on > self.today => refused("That day has not come yet.".into()),
                Ok(on) => Ok(on.and_hms_opt(0, 0, 0).map(|at| at.and_utc())),
                Err(_) => refused(format!("“{text}” is not a date; give one as YYYY-MM-DD.")),
            },
        }
    }

    fn record(&self, one: &Pending<'_>, what: What) -> Record {
        Record {
            origin: one.origin.clone(),
            what,
            key: one.id.to_string(),
            effective_on: Some(self.today),
            fields: Map::new(),
            reason: None,
            passing: false,
        }
    }
}

/// Somebody or something that only a row names, as a record that makes it.
pub(super) fn told_of(origin: Origin, name: Named) -> Option<Record> {
    let (what, key, fields) = match name {
        Named::Person(name) if name.parse::<Uuid>().is_ok() => return None,
        Named::Person(name) if name.starts_with('@') => {
            (What::Person, name.clone(), json!({"handle": name, "name": name.trim_start_matches('@')}))
        }
        Named::Person(name) if name.contains('@') => {
            let shown = name.split('@').next().unwrap_or(&name).to_owned();
            (What::Person, name.clone(), json!({"email": name, "name": shown}))
        }
        Named::Person(name) => (What::Person, name.clone(), json!({ "name": name })),
        Named::Team(name) => (What::Team, name.clone(), json!({ "name": name })),
        Named::Project(key) => (What::Project, key.clone(), json!({"key": key, "name": key})),
        Named::Item(_) | Named::Calendar(_) => return None,
    };
    let Value::Object(fields) = fields else { return None };
    Some(Record { origin, what, key, effective_on: None, fields, reason: None, passing: false })
}
