//! Imports: what an intake read from foreign files becomes people, teams, projects and items, each with its own past. All of it
//! is written, or nothing; what an earlier import brought is known by its key, so that the same files a second time change
//! nothing.

use super::item::{blank, write_new};
use super::{App, Error, Result};
use crate::domain::draft::{Control, Directory, Draft, Field, Refused};
use crate::domain::event::{self, Event};
use crate::domain::ids::{ItemId, PersonId, ProgramId, ProjectId, TeamId};
use crate::domain::item::{self, Detail, Item};
use crate::domain::kind::{Kind, State};
use crate::domain::program::{self, Program, Project};
use crate::domain::transition::{self, Move};
use crate::exchange::intake::{Intake, Record, What};
use crate::store::import::Known;
use crate::store::lookup::{NewPerson, NewTeam, Reader};
use crate::store::{self, Stamp, Tx, new_id};
use chrono::NaiveDate;
use serde::Serialize;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashMap};
use uuid::Uuid;

/// What an import did, by kind of thing.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Outcome {
    /// The program's key.
    pub program: String,
    pub made: BTreeMap<&'static str, u32>,
    pub changed: BTreeMap<&'static str, u32>,
    /// Known from an earlier import, and the same as then.
    pub skipped: u32,
    /// Nothing was written: it was only tried.
    pub dry_run: bool,
}

/// Why an import was refused as a whole, by row. Nothing was written.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{} of the rows can't be taken; nothing was imported", .0.len())]
pub struct Rejected(pub Vec<String>);

/// Imports an intake into the program of this key (or, for none, the one that the intake names), making the program if it isn't
/// there.
///
/// # Errors
/// [`Error::Refused`] with an error a row, its field being `FILE:LINE`; then nothing was written.
pub async fn import(
    app: &App,
    stamp: &Stamp,
    intake: &Intake,
    key: Option<&str>,
    dry_run: bool,
) -> Result<Outcome> {
    let today = program::today_in("UTC", stamp.now);
    let mut tx = app.db.begin(stamp).await?;
    let program = the_program(&mut tx, stamp, intake, key, today).await?;
    let known = store::import::known(&mut tx, program.id).await?;
    let mut import = Import {
        program: program.id,
        today: program.today(stamp.now),
        stamp,
        known,
        directory: Directory::default(),
        outcome: Outcome { program: program.key.clone(), dry_run, ..Outcome::default() },
        brought: Vec::new(),
        errors: Vec::new(),
    };
    import.people(&mut tx, &intake.records).await?;
    import.teams(&mut tx, &intake.records).await?;
    import.projects(&mut tx, &intake.records).await?;
    let histories = import.histories(&mut tx, &intake.records).await?;
    if !import.errors.is_empty() {
        return Err(Refused { errors: import.errors, ..Refused::default() }.into());
    }
    import.write(&mut tx, histories).await?;
    import.links(&mut tx, &intake.records).await?;
    if !import.errors.is_empty() {
        return Err(Refused { errors: import.errors, ..Refused::default() }.into());
    }
    store::import::keep(&mut tx, program.id, &import.brought).await?;
    let outcome = import.outcome;
    let (made, changed) = (outcome.made.values().sum(), outcome.changed.values().sum());
    if dry_run || (made == 0 && changed == 0) {
        return Ok(outcome);
    }
    tx.record(Some(program.id), None, today, &Event::Imported { made, changed, skipped: outcome.skipped });
    tx.commit().await?;
    Ok(outcome)
}

/// Finds the program, or makes it from what the source says of it.
async fn the_program(
    tx: &mut Tx,
    stamp: &Stamp,
    intake: &Intake,
    key: Option<&str>,
    today: NaiveDate,
) -> Result<Program> {
    let fields = intake.program.clone().unwrap_or_default();
    let named = key.or_else(|| fields.get("key").and_then(Value::as_str)).map(str::to_ascii_uppercase);
    let Some(key) = named else {
        return Err(Error::refused(
            "program",
            "Say into which program with --program KEY: the files don't name one.",
        ));
    };
    if let Some(found) = store::program::by_key(tx, &key).await? {
        return Ok(found);
    }
    if intake.program.is_none() {
        return Err(Error::refused("program", format!("There is no program {key}.")));
    }
    let mut fields = fields;
    fields.insert("key".into(), Value::from(key));
    let draft = Draft(fields);
    let reader = Reader { person: stamp.actor.unwrap_or(PersonId(Uuid::nil())), admin: true };
    let directory = store::lookup::directory_in(tx, None, reader, &draft.names(program::FIELDS)).await?;
    let values = draft.check(program::FIELDS, &directory)?;
    let on = intake.starts_on.map_or(today, |day| day.min(today));
    let mut made = Program::new(ProgramId(new_id(stamp.now)), stamp.now, on);
    made.fill(values)?;
    store::program::insert(tx, &made).await?;
    if let Some(actor) = stamp.actor {
        store::program::set_member(tx, made.id, actor, Some(program::Role::Manager), on).await?;
    }
    tx.record(Some(made.id), None, on, &Event::ProgramMade {});
    Ok(made)
}

/// An import under way.
struct Import<'s> {
    program: ProgramId,
    today: NaiveDate,
    stamp: &'s Stamp,
    known: HashMap<String, Known>,
    directory: Directory,
    outcome: Outcome,
    brought: Vec<Known>,
    errors: Vec<crate::domain::draft::FieldError>,
}

/// The versions that an import gives to an item: the first is new or stands already, each is followed by the next.
struct History {
    /// The item as it is stored; none for a new one.
    stored: Option<Item>,
    versions: Vec<(Item, Vec<Told>)>,
}

/// An event with the reason that its record gives.
type Told = (Event, Option<String>);

impl History {
    fn last(&self) -> Option<&Item> {
        self.versions.last().map(|(item, _)| item).or(self.stored.as_ref())
    }
}

/// What a record is known by from one import to the next. A change of an item is known by all that it says.
fn key_of(record: &Record, print: &[u8]) -> String {
    use std::fmt::Write as _;
    let mut key = match record.what {
        What::Person => "person:".to_owned(),
        What::Team => "team:".to_owned(),
        What::Project => "project:".to_owned(),
        What::Item(_) => "item:".to_owned(),
        What::Forecast => "forecast:".to_owned(),
        What::Transition => "transition:".to_owned(),
        What::Link => "link:".to_owned(),
    };
    key.push_str(&record.key);
    if matches!(record.what, What::Forecast | What::Transition | What::Link) {
        key.push(':');
        for byte in print.iter().take(12) {
            let _ = write!(key, "{byte:02x}");
        }
    }
    key
}

fn fingerprint(record: &Record) -> Vec<u8> {
    let said =
        serde_json::json!([record.what, record.key, record.effective_on, record.fields, record.reason]);
    Sha256::digest(said.to_string().as_bytes()).to_vec()
}

const fn name_of(what: What) -> &'static str {
    match what {
        What::Person => "people",
        What::Team => "teams",
        What::Project => "projects",
        What::Item(kind) => kind.plural(),
        What::Forecast => "forecast changes",
        What::Transition => "state changes",
        What::Link => "links",
    }
}

impl Import<'_> {
    fn text<'r>(record: &'r Record, name: &str) -> Option<&'r str> {
        record.fields.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
    }

    fn refuse(&mut self, record: &Record, refused: &Refused) {
        let place = format!("{}:{}", record.origin.file, record.origin.line);
        for error in &refused.errors {
            let message = if error.field.is_empty() {
                error.message.clone()
            } else {
                format!("{}: {}", error.field, error.message)
            };
            self.errors.push(crate::domain::draft::FieldError::new(place.clone(), message));
        }
    }

    fn effective(&self, record: &Record) -> NaiveDate {
        record.effective_on.unwrap_or(self.today).min(self.today)
    }

    /// Notes that a record was brought as this entity, and counts it.
    fn bring(&mut self, record: &Record, entity: Option<Uuid>, changed: bool) {
        let print = fingerprint(record);
        let key = key_of(record, &print);
        self.brought.push(Known { key, entity, fingerprint: print });
        let counts = if changed { &mut self.outcome.changed } else { &mut self.outcome.made };
        *counts.entry(name_of(record.what)).or_default() += 1;
    }

    /// What an earlier import made of this record, and whether the record says the same as then.
    fn known(&self, record: &Record) -> Option<(Option<Uuid>, bool)> {
        let print = fingerprint(record);
        self.known.get(&key_of(record, &print)).map(|known| (known.entity, known.fingerprint == print))
    }

    async fn people(&mut self, tx: &mut Tx, records: &[Record]) -> Result<()> {
        let mut new = Vec::new();
        let of_kind: Vec<_> = records.iter().filter(|record| record.what == What::Person).collect();
        let asked: Vec<_> = of_kind
            .iter()
            .flat_map(|record| ["handle", "email", "name"].map(|name| Self::text(record, name)))
            .flatten()
            .map(|name| crate::domain::draft::Named::Person(name.to_owned()))
            .collect();
        let there = self.look_up(tx, &asked).await?;
        for record in of_kind {
            let names =
                ["handle", "email", "name"].map(|name| Self::text(record, name).map(str::to_lowercase));
            let stored = names.iter().flatten().find_map(|name| there.persons.get(name).copied());
            let id = match (self.known(record).and_then(|(entity, _)| entity), stored) {
                (Some(id), _) => {
                    self.outcome.skipped += 1;
                    id
                }
                (None, Some(id)) => {
                    self.outcome.skipped += 1;
                    id
                }
                (None, None) => {
                    let id = PersonId(new_id(self.stamp.now));
                    let text = |name| Self::text(record, name).map(str::to_owned);
                    new.push(NewPerson {
                        id,
                        name: text("name").unwrap_or_else(|| record.key.clone()),
                        email: text("email").map(|email| email.to_lowercase()),
                        handle: text("handle"),
                        version: 1,
                        effective_on: self.effective(record),
                    });
                    self.bring(record, Some(id.0), false);
                    id.0
                }
            };
            for name in names.into_iter().flatten().chain([record.key.to_lowercase()]) {
                self.directory.persons.entry(name).or_insert(id);
            }
        }
        if !new.is_empty() {
            store::lookup::insert_people(tx, &new).await?;
        }
        Ok(())
    }

    async fn look_up(&self, tx: &mut Tx, names: &[crate::domain::draft::Named]) -> Result<Directory> {
        let reader = Reader { person: self.stamp.actor.unwrap_or(PersonId(Uuid::nil())), admin: true };
        Ok(store::lookup::directory_in(tx, Some(self.program), reader, names).await?)
    }

    async fn teams(&mut self, tx: &mut Tx, records: &[Record]) -> Result<()> {
        let mut new: Vec<NewTeam> = Vec::new();
        let of_kind: Vec<_> = records.iter().filter(|record| record.what == What::Team).collect();
        let name = |record: &Record| Self::text(record, "name").unwrap_or(&record.key).to_owned();
        let asked: Vec<_> =
            of_kind.iter().map(|record| crate::domain::draft::Named::Team(name(record))).collect();
        let there = self.look_up(tx, &asked).await?;
        for record in of_kind {
            let called = name(record);
            let id = if let Some(id) = there.teams.get(&called.to_lowercase()) {
                self.outcome.skipped += 1;
                *id
            } else {
                let id = TeamId(new_id(self.stamp.now));
                let description = Self::text(record, "description").unwrap_or_default().to_owned();
                let effective_on = self.effective(record);
                new.push(NewTeam { id, name: called.clone(), description, effective_on });
                self.bring(record, Some(id.0), false);
                id.0
            };
            self.directory.teams.insert(called.to_lowercase(), id);
            self.directory.teams.insert(record.key.to_lowercase(), id);
        }
        if !new.is_empty() {
            store::lookup::insert_teams(tx, &new).await?;
        }
        Ok(())
    }

    async fn projects(&mut self, tx: &mut Tx, records: &[Record]) -> Result<()> {
        let mut new = Vec::new();
        let of_kind: Vec<_> = records.iter().filter(|record| record.what == What::Project).collect();
        let key = |record: &Record| Self::text(record, "key").unwrap_or(&record.key).to_owned();
        let asked: Vec<_> =
            of_kind.iter().map(|record| crate::domain::draft::Named::Project(key(record))).collect();
        let there = self.look_up(tx, &asked).await?;
        for record in of_kind {
            let called = key(record);
            let id = if let Some(id) = there.projects.get(&called.to_lowercase()) {
                self.outcome.skipped += 1;
                *id
            } else {
                let mut project =
                    Project::new(ProjectId(new_id(self.stamp.now)), self.program, self.effective(record));
                let draft = Draft(record.fields.clone());
                let filled = draft
                    .check(program::PROJECT_FIELDS, &self.directory)
                    .and_then(|values| project.fill(values));
                if let Err(refused) = filled {
                    self.refuse(record, &refused);
                    continue;
                }
                let id = project.id.0;
                tx.record(
                    Some(self.program),
                    None,
                    project.effective_on,
                    &Event::ProjectMade { project: called.clone() },
                );
                new.push(project);
                self.bring(record, Some(id), false);
                id
            };
            self.directory.projects.insert(called.to_lowercase(), id);
            self.directory.projects.insert(record.key.to_lowercase(), id);
        }
        if !new.is_empty() {
            store::program::insert_projects(tx, &new).await?;
        }
        Ok(())
    }

    /// Works out, without writing, what becomes of each item.
    async fn histories(&mut self, tx: &mut Tx, records: &[Record]) -> Result<Vec<History>> {
        let mut stored = self.stored_items(tx, records).await?;
        // Items may name each other, so all have their ids before any draft is read.
        for record in records.iter().filter(|record| matches!(record.what, What::Item(_))) {
            let id =
                self.known(record).and_then(|(entity, _)| entity).unwrap_or_else(|| new_id(self.stamp.now));
            self.directory.items.insert(record.key.to_lowercase(), id);
        }
        self.names_of_the_database(tx, records).await?;
        let mut order: Vec<ItemId> = Vec::new();
        let mut histories: HashMap<ItemId, History> = HashMap::new();
        for record in records {
            let Some(id) = self.directory.items.get(&record.key.to_lowercase()).copied().map(ItemId) else {
                continue;
            };
            match record.what {
                What::Item(kind) => {
                    let seen = self.known(record);
                    if seen.is_some_and(|(_, same)| same) {
                        self.outcome.skipped += 1;
                        continue;
                    }
                    let before = stored.remove(&id);
                    match self.item(record, kind, id, before.as_ref()) {
                        Ok(version) => {
                            let told = before.as_ref().map_or_else(
                                || vec![(Event::Raised {}, record.reason.clone())],
                                |before| told(&event::between(before, &version), record),
                            );
                            let changed = before.as_ref().is_none_or(|before| *before != version);
                            let versions = if changed { vec![(version, told)] } else { Vec::new() };
                            order.push(id);
                            self.bring(record, Some(id.0), before.is_some());
                            histories.insert(id, History { stored: before, versions });
                        }
                        Err(refused) => self.refuse(record, &refused),
                    }
                }
                What::Forecast | What::Transition => {
                    if self.known(record).is_some() {
                        self.outcome.skipped += 1;
                        continue;
                    }
                    if let std::collections::hash_map::Entry::Vacant(e) = histories.entry(id) {
                        let Some(before) = stored.remove(&id) else { continue };
                        order.push(id);
                        e.insert(History { stored: Some(before), versions: Vec::new() });
                    }
                    let Some(history) = histories.get_mut(&id) else { continue };
                    let Some(last) = history.last().cloned() else { continue };
                    match self.step(record, &last) {
                        Ok(next) => {
                            let events = told(&event::between(&last, &next), record);
                            self.bring(record, Some(id.0), false);
                            if next
                                != (Item { version: next.version, effective_on: next.effective_on, ..last })
                            {
                                history.versions.push((next, events));
                            }
                        }
                        Err(refused) => self.refuse(record, &refused),
                    }
                }
                _ => {}
            }
        }
        Ok(order.iter().filter_map(|id| histories.remove(id)).collect())
    }

    /// The items that earlier imports made and that these records name.
    async fn stored_items(&self, tx: &mut Tx, records: &[Record]) -> Result<HashMap<ItemId, Item>> {
        let ids: Vec<_> = records
            .iter()
            .filter(|record| matches!(record.what, What::Item(_)))
            .filter_map(|record| self.known(record).and_then(|(entity, _)| entity))
            .map(ItemId)
            .collect();
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        Ok(store::item::by_ids(tx, &ids).await?.into_iter().map(|item| (item.id, item)).collect())
    }

    /// Looks up whatever records name that isn't among the records themselves.
    async fn names_of_the_database(&mut self, tx: &mut Tx, records: &[Record]) -> Result<()> {
        let mut names: Vec<_> = records
            .iter()
            .filter_map(|record| match record.what {
                What::Item(kind) => Some(Draft(record.fields.clone()).names(item::fields(kind))),
                _ => None,
            })
            .flatten()
            .collect();
        names.sort();
        names.dedup();
        let found = self.look_up(tx, &names).await?;
        for (name, id) in found.persons {
            self.directory.persons.entry(name).or_insert(id);
        }
        for (name, id) in found.teams {
            self.directory.teams.entry(name).or_insert(id);
        }
        for (name, id) in found.projects {
            self.directory.projects.entry(name).or_insert(id);
        }
        for (name, id) in found.items {
            self.directory.items.entry(name).or_insert(id);
        }
        // People that only a row names are made: a sheet names owners who never log in.
        let missing: Vec<_> = names
            .iter()
            .filter_map(|name| match name {
                crate::domain::draft::Named::Person(name)
                    if !self.directory.persons.contains_key(&name.to_lowercase()) =>
                {
                    Some(name.clone())
                }
                _ => None,
            })
            .collect();
        let mut new: Vec<NewPerson> = Vec::new();
        for name in missing {
            let lower = name.to_lowercase();
            if self.directory.persons.contains_key(&lower) {
                continue;
            }
            let id = PersonId(new_id(self.stamp.now));
            let handle = name.starts_with('@').then(|| name.clone());
            let email = (handle.is_none() && name.contains('@')).then(|| lower.clone());
            let shown = name.trim_start_matches('@').chars().take(120).collect();
            new.push(NewPerson { id, name: shown, email, handle, version: 1, effective_on: self.today });
            self.directory.persons.insert(lower, id.0);
            *self.outcome.made.entry("people").or_default() += 1;
        }
        if !new.is_empty() {
            store::lookup::insert_people(tx, &new).await?;
        }
        Ok(())
    }

    /// An item as a record gives it: new, or the stored one with the record laid over it.
    fn item(
        &self,
        record: &Record,
        kind: Kind,
        id: ItemId,
        before: Option<&Item>,
    ) -> std::result::Result<Item, Refused> {
        let on = self.effective(record);
        let mut made =
            before.cloned().unwrap_or_else(|| Item { id, ..blank(self.program, kind, self.stamp.now, on) });
        let draft = match before {
            Some(before) => before.draft().overlaid(&Draft(record.fields.clone())),
            None => Draft(record.fields.clone()),
        };
        let mut directory = self.directory.clone_for(before);
        directory.items.extend(self.directory.items.iter().map(|(name, id)| (name.clone(), *id)));
        let values =
            draft.check(item::fields(kind), if before.is_some() { &directory } else { &self.directory })?;
        made.fill(values, on)?;
        if let Some(before) = before {
            made.effective_on = self.today.max(before.effective_on);
            made.version = before.version + 1;
        }
        Ok(made)
    }

    /// An item after a forecast or a change of state that a record tells of.
    fn step(&self, record: &Record, last: &Item) -> std::result::Result<Item, Refused> {
        let on = self.effective(record);
        transition::not_before_latest(last, on)?;
        let mut next = last.clone();
        next.version += 1;
        next.effective_on = on;
        let day = |name: &str| record.fields.get(name).map_or(Ok(None), crate::domain::draft::date);
        let refused = |field: &str, why: String| Refused::because(field, why);
        if record.what == What::Forecast {
            let forecast = day("forecast_on").map_err(|why| refused("forecast_on", why))?;
            let Detail::Milestone(own) = &mut next.detail else {
                return Err(Refused::because("", "Only a milestone has a forecast."));
            };
            own.forecast_on = forecast;
            own.forecast_stated_on = Some(on);
            own.forecast_reason = record.reason.clone().unwrap_or_default().chars().take(500).collect();
            next.settle();
            return Ok(next);
        }
        let to = Self::text(record, "to").and_then(State::from_name);
        let to = to.ok_or_else(|| Refused::because("to", "There is no such state."))?;
        let mut asked = Draft(record.fields.clone());
        asked.0.shift_remove("to");
        let tags = asked.0.shift_remove("tags");
        let values = asked.check(asked_of(last.kind, to), &self.directory)?;
        let stated = |name: &str| {
            values.get(name).and_then(Value::as_str).and_then(|day| day.parse::<NaiveDate>().ok())
        };
        let text = |name: &str| values.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let id = |name: &str| values.get(name).and_then(Value::as_str).and_then(|id| id.parse::<Uuid>().ok());
        let step = Move {
            by: id("by"),
            reason: record
                .reason
                .clone()
                .filter(|reason| !reason.is_empty())
                .unwrap_or_else(|| text("reason")),
            side: match values.get("as").and_then(Value::as_str) {
                Some("provider") => Some(transition::Side::Provider),
                Some("consumer") => Some(transition::Side::Consumer),
                _ => None,
            },
            until: stated("until"),
            escalated_to: id("escalated_to"),
            escalated_on: stated("escalated_on"),
            option: text("option"),
            rationale: text("rationale"),
            superseded_by: id("superseded_by"),
            ..Move::new(to, stated("on").unwrap_or(on))
        };
        let mut step = step;
        if to == State::Decided && step.option.is_empty() && step.rationale.is_empty() {
            step.rationale = "The source doesn’t say what was decided.".into();
        }
        if record.passing {
            // Nobody did this that day: the state is passed through, and nothing else is said.
            transition::pass(&mut next, to)?;
        } else {
            transition::apply(&mut next, &step)?;
        }
        if let Some(Value::Array(tags)) = tags {
            let tags = tags.iter().filter_map(Value::as_str).map(str::to_lowercase);
            next.tags.extend(tags);
            next.tags.sort();
            next.tags.dedup();
        }
        Ok(next)
    }

    /// Writes all versions of all items: the first of each, then the second of each, and so on, a statement a kind.
    async fn write(&mut self, tx: &mut Tx, mut histories: Vec<History>) -> Result<()> {
        for kind in Kind::ALL {
            let mut new: Vec<&mut History> = histories
                .iter_mut()
                .filter(|history| {
                    history.stored.is_none()
                        && history.versions.first().is_some_and(|(item, _)| item.kind == kind)
                })
                .collect();
            let Ok(count) = i32::try_from(new.len()) else { continue };
            if count == 0 {
                continue;
            }
            let first = store::item::take_numbers(tx, self.program, kind, count).await?;
            for (history, number) in new.iter_mut().zip(first..) {
                for (item, _) in &mut history.versions {
                    item.number = number;
                }
            }
            let items: Vec<Item> = new
                .iter()
                .filter_map(|history| history.versions.first())
                .map(|(item, _)| item.clone())
                .collect();
            write_new(tx, kind, &items).await?;
        }
        for history in &histories {
            for (item, events) in &history.versions {
                for (event, reason) in events {
                    tx.record_because(
                        Some(self.program),
                        Some(item.id),
                        item.effective_on,
                        event,
                        Some(reason.as_deref().unwrap_or_default()),
                    );
                }
            }
        }
        // Only changes are left; those of one item follow each other.
        let mut wave = 0;
        loop {
            let mut left = false;
            for kind in Kind::ALL {
                let mut changes = Vec::new();
                for history in &histories {
                    let at = wave + usize::from(history.stored.is_none());
                    let Some((item, _)) = history.versions.get(at).filter(|(item, _)| item.kind == kind)
                    else {
                        continue;
                    };
                    let before = if at == 0 {
                        history.stored.as_ref()
                    } else {
                        history.versions.get(at - 1).map(|(item, _)| item)
                    };
                    changes.push((item, before.is_none_or(|before| before.detail != item.detail)));
                }
                if changes.is_empty() {
                    continue;
                }
                left = true;
                let written = store::item::update(tx, kind, &changes).await?;
                if written != changes.len() as u64 {
                    return Err(Error::Stale { current: 0 });
                }
            }
            if !left {
                return Ok(());
            }
            wave += 1;
        }
    }

    async fn links(&mut self, tx: &mut Tx, records: &[Record]) -> Result<()> {
        let mut new = Vec::new();
        for record in records.iter().filter(|record| record.what == What::Link) {
            if self.known(record).is_some() {
                self.outcome.skipped += 1;
                continue;
            }
            let end = |name: &str| {
                let named = record.fields.get(name)?;
                let key = named.get("key").unwrap_or(named).as_str()?;
                self.directory.items.get(&key.to_lowercase()).copied().map(ItemId)
            };
            let relation = Self::text(record, "relation").filter(|r| super::link::RELATIONS.contains(r));
            match (end("from"), relation, end("to")) {
                (Some(from), Some(relation), Some(to)) if from != to => {
                    new.push((from, relation.to_owned(), to, self.effective(record)));
                    self.bring(record, None, false);
                }
                _ => self.refuse(record, &Refused::because("link", "It leads nowhere.")),
            }
        }
        if !new.is_empty() {
            store::link::insert(tx, &new).await?;
        }
        Ok(())
    }
}

/// Who did it: a record may say so, where on a page it is whoever is signed in.
const BY: Field = Field::new("by", "By", Control::Person);

/// What a record of a change of state may say.
fn asked_of(kind: Kind, to: State) -> impl Iterator<Item = &'static Field> + Clone {
    transition::fields(kind, to).iter().chain(std::iter::once(&BY))
}

/// Events with the reason that the record gives.
fn told(events: &[Event], record: &Record) -> Vec<(Event, Option<String>)> {
    events.iter().map(|event| (event.clone(), record.reason.clone())).collect()
}

impl Directory {
    /// A directory in which what a stored item points at stands under its ids, as its own draft names it.
    fn clone_for(&self, before: Option<&Item>) -> Self {
        let mut directory = self.clone();
        let Some(before) = before else { return directory };
        let mut add = |value: &Value| {
            if let Some(id) = value.as_str().and_then(|text| text.parse::<Uuid>().ok()) {
                for map in [
                    &mut directory.persons,
                    &mut directory.teams,
                    &mut directory.projects,
                    &mut directory.items,
                ] {
                    map.insert(id.to_string(), id);
                }
            }
        };
        let all: Map<String, Value> = before.draft().0;
        for value in all.values() {
            match value {
                Value::Object(map) => map.values().for_each(&mut add),
                other => add(other),
            }
        }
        directory
    }
}
