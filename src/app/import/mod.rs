//! Imports: what an intake read from foreign files becomes people, teams, projects and items, each with its own past. All of it
//! is written, or nothing; what an earlier import brought is known by its key, so that the same files a second time change
//! nothing.

use crate::app::item::{link_to_origin, write_alone};
use crate::app::{App, Error, Result, acceptance, network as network_of_all, plan as schedules};
use crate::domain::draft::{Directory, Refused};
use crate::domain::event::Event;
use crate::domain::ids::{ItemId, ProgramId};
use crate::domain::item::Item;
use crate::domain::kind::{Kind, State};
use crate::domain::program::{self, Program};
use crate::domain::side_table::SideTable;
use crate::exchange::intake::{Intake, Origin, Record, What};
use crate::store::import::Known;
use crate::store::{self, Stamp, Tx};
use chrono::NaiveDate;
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashMap, HashSet};
use uuid::Uuid;

mod calendars;
mod items;
mod kept;
mod money;
mod names;
mod network;
mod own;
mod own_checklists;
mod own_links;
mod own_program;
mod own_projects;
mod own_records;
mod own_reports;
mod plan;
mod sides;
mod target;

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
    /// What earlier versions of the plan brought and this one no longer has; it is left as it is.
    pub left: Vec<String>,
    /// What a reader has to know of rows that made nothing, a line each.
    pub notes: Vec<String>,
}

impl Outcome {
    /// Whether anything is other than before.
    #[must_use]
    pub fn wrote(&self) -> bool {
        !self.made.is_empty() || !self.changed.is_empty()
    }
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
    let mut outcomes = import_all(app, stamp, std::slice::from_ref(intake), key, dry_run).await?;
    Ok(outcomes.pop().unwrap_or_default())
}

/// Imports intakes, each into its program: all of all, or nothing. With a key there is but one.
///
/// # Errors
/// [`Error::Refused`] with an error a row, its field being `FILE:LINE`; then nothing was written.
pub async fn import_all(
    app: &App,
    stamp: &Stamp,
    intakes: &[Intake],
    key: Option<&str>,
    dry_run: bool,
) -> Result<Vec<Outcome>> {
    if key.is_some() && intakes.len() > 1 {
        return Err(Error::refused("program", "The files are of several programs: leave out --program."));
    }
    let mut tx = app.db.begin(stamp).await?;
    let (mut outcomes, mut touched, mut errors) = (Vec::new(), Vec::new(), Vec::new());
    for intake in intakes {
        match into_one(app, &mut tx, stamp, intake, key, dry_run).await {
            Ok((program, outcome)) => {
                if outcome.wrote() {
                    touched.push(program);
                }
                outcomes.push(outcome);
            }
            // What is wrong in the other programs is told too.
            Err(Error::Refused(refused)) if intakes.len() > 1 => errors.extend(refused.errors),
            Err(error) => return Err(error),
        }
    }
    if !errors.is_empty() {
        return Err(Refused { errors, ..Refused::default() }.into());
    }
    if dry_run || touched.is_empty() {
        return Ok(outcomes);
    }
    tx.commit().await?;
    schedules::after(app, stamp.now, stamp.actor, &touched).await;
    Ok(outcomes)
}

/// Writes an intake into its program, in the transaction of all.
async fn into_one(
    app: &App,
    tx: &mut Tx,
    stamp: &Stamp,
    intake: &Intake,
    key: Option<&str>,
    dry_run: bool,
) -> Result<(ProgramId, Outcome)> {
    let today = program::today_in("UTC", stamp.now);
    let found = target::find(tx, stamp, intake, key, today).await?;
    let program = found.program();
    let known = store::import::known(tx, program.id).await?;
    let mut import = Import {
        program: program.id,
        today: program.today(stamp.now),
        stamp,
        known,
        directory: Directory::default(),
        outcome: Outcome { program: program.key.clone(), dry_run, ..Outcome::default() },
        brought: Vec::new(),
        errors: Vec::new(),
        of_plan: false,
        forgotten: Vec::new(),
        left_out: HashSet::new(),
        documents: HashMap::new(),
        closing: None,
    };
    let earlier = match &intake.plan {
        Some(source) => Some((source, import.plan(tx, intake, source).await?)),
        None => None,
    };
    import.documents(&program.key, intake);
    let program = import.own_program(app, tx, intake, found).await?;
    import.people(tx, &intake.records).await?;
    import.teams(tx, &intake.records).await?;
    import.projects(tx, &intake.records).await?;
    import.calendars(app, tx, &intake.records).await?;
    import.own_projects(app, tx, intake).await?;
    let mut histories = import.histories(tx, &intake.records).await?;
    histories.extend(import.own_items(app, tx, &program.key, intake).await?);
    if !import.errors.is_empty() {
        return Err(Refused { errors: import.errors, ..Refused::default() }.into());
    }
    outgrown(tx, &program, &mut histories).await?;
    if intake.own_sides.iter().any(|(table, _)| *table == SideTable::ScheduleLink) {
        network_of_all::lock(tx).await?;
    }
    let network = import.network(tx, &intake.records, &histories).await?;
    let actions = import.write(tx, histories).await?;
    import.links(tx, &intake.records).await?;
    // A table of links says from when each holds: what follows by itself comes behind it.
    import.own_links(app, tx, intake).await?;
    link_to_origin(tx, &actions).await?;
    import.declared(tx, &intake.records).await?;
    import.budget(tx, &intake.records).await?;
    import.own_records(app, tx, &program.key, intake).await?;
    import.own_schedule_links(app, tx, intake).await?;
    import.kept(app, tx, intake).await?;
    import.own_documents(tx).await?;
    import.own_checklists(app, tx, intake).await?;
    import.closed(tx).await?;
    if let Some(network) = network {
        import.schedule(tx, &intake.records, network).await?;
    }
    if !import.errors.is_empty() {
        return Err(Refused { errors: import.errors, ..Refused::default() }.into());
    }
    import.commit(tx, &intake.records).await?;
    if let Some((source, earlier)) = &earlier {
        import.remember(source, earlier);
        import.left(tx, intake, source, earlier).await?;
        store::import::forget(tx, program.id, &import.forgotten).await?;
    }
    store::import::keep(tx, program.id, &import.brought).await?;
    let outcome = import.outcome;
    if !outcome.wrote() {
        return Ok((program.id, outcome));
    }
    let (made, changed) = (outcome.made.values().sum(), outcome.changed.values().sum());
    let files = intake.counts.iter().map(|count| count.file.clone()).collect();
    let event = Event::Imported { made, changed, skipped: outcome.skipped, files };
    tx.record(Some(program.id), None, today, &event);
    Ok((program.id, outcome))
}

/// The kinds in an order in which new items are written: each after those that it may name.
const NAMED_FIRST: [Kind; Kind::ALL.len()] = [
    Kind::Milestone,
    Kind::Activity,
    Kind::Risk,
    Kind::Assumption,
    Kind::Issue,
    Kind::Dependency,
    Kind::Decision,
    Kind::Change,
    Kind::Release,
    Kind::Gate,
    Kind::Check,
    Kind::Report,
    Kind::Benefit,
    Kind::Stakeholder,
    Kind::Meeting,
    Kind::Lesson,
    Kind::Action,
];

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
    /// It is a plan, whose links and states may stand already.
    of_plan: bool,
    /// Keys of what said something else before.
    forgotten: Vec<String>,
    /// References, in lower case, of rows of tables of our own that can't be made: what names them is left out too.
    left_out: HashSet<String>,
    /// What published reports froze, by their references in lower case.
    documents: HashMap<String, own_reports::Filed>,
    /// The program's table closes it: where it says so, and the program as it then is.
    closing: Option<(Origin, Program)>,
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

/// Takes acceptances of risks back whose scores an import raises beyond what they cover.
async fn outgrown(tx: &mut Tx, program: &Program, histories: &mut [History]) -> Result<()> {
    let accepted = |item: &Item| item.kind == Kind::Risk && item.state == State::Accepted;
    let stored = histories.iter().filter_map(|history| history.stored.as_ref());
    let ids: Vec<_> = stored.filter(|item| accepted(item)).map(|item| item.id).collect();
    if ids.is_empty() {
        return Ok(());
    }
    let covered: HashMap<_, _> =
        store::risk::covered(tx, &ids).await?.into_iter().map(|one| (one.risk, one)).collect();
    for History { stored, versions } in histories {
        let (Some(stored), Some((next, told))) = (stored, versions.last_mut()) else { continue };
        let covered = covered.get(&stored.id).filter(|_| accepted(stored));
        if let Some((event, why)) = covered.and_then(|covered| acceptance::take_back(program, covered, next))
        {
            let moved = Event::Moved { from: State::Accepted, to: next.state };
            told.extend([moved, event].map(|event| (event, Some(why.clone()))));
        }
    }
    Ok(())
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
        What::Calendar => "calendar:".to_owned(),
        What::ScheduleLink => "schedule link:".to_owned(),
        What::Committed => "committed:".to_owned(),
        What::Declared => "declared:".to_owned(),
        What::BudgetLine => "budget line:".to_owned(),
    };
    key.push_str(&record.key);
    if matches!(
        record.what,
        What::Forecast | What::Transition | What::Link | What::ScheduleLink | What::Declared
    ) {
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
        What::Calendar => "calendars",
        What::ScheduleLink => "schedule links",
        What::Committed => "committed finishes",
        What::Declared => "declared confidences",
        What::BudgetLine => "budget lines",
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

    /// Writes all versions of all items: the first of each, then the second of each, and so on, a statement a kind. The actions
    /// that are new.
    async fn write(&mut self, tx: &mut Tx, mut histories: Vec<History>) -> Result<Vec<Item>> {
        let mut made = Vec::new();
        for kind in NAMED_FIRST {
            let mut new: Vec<&mut History> = histories
                .iter_mut()
                .filter(|history| {
                    history.stored.is_none()
                        && history.versions.first().is_some_and(|(item, _)| item.kind == kind)
                })
                .collect();
            if new.is_empty() {
                continue;
            }
            self.number(tx, kind, &mut new).await?;
            let items: Vec<Item> = new
                .iter()
                .filter_map(|history| history.versions.first())
                .map(|(item, _)| item.clone())
                .collect();
            write_alone(tx, kind, &items).await?;
            made.extend(items.into_iter().filter(|item| item.kind == Kind::Action));
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
                let given: Vec<_> = histories.iter().flat_map(|history| &history.versions).collect();
                let given = given.iter().filter_map(|(item, told)| {
                    let reason = told.iter().find_map(|(_, reason)| reason.as_deref())?;
                    Some((item.id, item.version, reason)).filter(|_| !reason.is_empty())
                });
                store::event::give_reasons(tx, &given.collect::<Vec<_>>()).await?;
                return Ok(made);
            }
            wave += 1;
        }
    }

    /// Gives new items of a kind their numbers; some may have one already.
    async fn number(&self, tx: &mut Tx, kind: Kind, new: &mut [&mut History]) -> Result<()> {
        let number = |history: &History| history.versions.first().map_or(0, |(item, _)| item.number);
        let highest = new.iter().map(|history| number(history)).max().unwrap_or_default();
        if highest > 0 {
            store::item::number_beyond(tx, self.program, kind, highest).await?;
        }
        let without: Vec<_> = new.iter_mut().filter(|history| number(history) == 0).collect();
        let count = i32::try_from(without.len()).unwrap_or(i32::MAX);
        if count == 0 {
            return Ok(());
        }
        let first = store::item::take_numbers(tx, self.program, kind, count).await?;
        for (history, number) in without.into_iter().zip(first..) {
            for (item, _) in &mut history.versions {
                item.number = number;
            }
        }
        Ok(())
    }

    /// Commits the finishes of activities in the original baseline, where none is committed yet.
    async fn commit(&mut self, tx: &mut Tx, records: &[Record]) -> Result<()> {
        let mut dates: Vec<(ItemId, NaiveDate)> = Vec::new();
        for record in records.iter().filter(|record| record.what == What::Committed) {
            let item = self.directory.items.get(&record.key.to_lowercase()).copied();
            let on = record.fields.get("committed_on").and_then(|day| day.as_str()?.parse().ok());
            let (Some(item), Some(on)) = (item, on) else { continue };
            match self.known(record) {
                Some((_, true)) => self.outcome.skipped += 1,
                Some((_, false)) => {}
                None => dates.push((ItemId(item), on)),
            }
        }
        let there = store::baseline::committed(tx, self.program, &dates).await?;
        for record in records.iter().filter(|record| record.what == What::Committed) {
            let Some(item) = self.directory.items.get(&record.key.to_lowercase()).copied() else { continue };
            if self.known(record).is_some() {
                continue;
            }
            if there.contains(&ItemId(item)) {
                self.note(record, item);
            } else {
                self.bring(record, Some(item), false);
            }
        }
        dates.retain(|(item, _)| !there.contains(item));
        crate::app::baseline::commit_finishes(tx, self.program, self.today, &dates).await
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
