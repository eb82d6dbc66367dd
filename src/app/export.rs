//! What leaves as tables: items of any kind and the records beside them, as they stand or stood. A table is written piece by
//! piece, so that a large program takes no more memory than a small one.

use super::access::Entered;
use super::{App, Ctx, Error, Result};
use crate::domain::allocation::Allocation;
use crate::domain::budget::BudgetLine;
use crate::domain::ids::{ItemId, PersonId, ProgramId};
use crate::domain::item::Item;
use crate::domain::kind::Kind;
use crate::domain::measurement::{AdoptionTarget, Measurement};
use crate::domain::raci::Raci;
use crate::domain::record::{Record, RecordKind};
use crate::domain::rework::Rework;
use crate::domain::side_table::SideTable;
use crate::domain::survey::{LEAST_ANSWERS, Survey};
use crate::exchange::{own, table};
use crate::store::lookup::{Names, Reader};
use crate::store::{self, Db};
use chrono::NaiveDate;
use serde_json::{Value, json};
use std::collections::{HashMap, VecDeque};
use uuid::Uuid;

/// Items that are read at once.
const AT_ONCE: usize = 1_000;

/// What a table is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// Items of these kinds.
    Items(&'static [Kind]),
    /// The archived items of all kinds.
    Archived,
    Records(RecordKind),
    /// What stands beside items and records.
    Side(SideTable),
}

/// The kinds of records, each with the name of its table.
const RECORDS: [(RecordKind, &str); 7] = [
    (RecordKind::BudgetLine, "budget"),
    (RecordKind::Allocation, "allocations"),
    (RecordKind::AdoptionTarget, "adoption_targets"),
    (RecordKind::Measurement, "measurements"),
    (RecordKind::Survey, "surveys"),
    (RecordKind::Rework, "rework"),
    (RecordKind::Raci, "raci"),
];

impl What {
    /// Items of all kinds in one table.
    pub const ALL: Self = Self::Items(&Kind::ALL);

    /// What a name stands for: that of a kind in one or many (`risk`, `risks`), `raid`, `items` for all kinds, `archived` for those
    /// that are, or that of records.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let kind = Kind::ALL.into_iter().find(|kind| [kind.name(), kind.plural()].contains(&name));
        let records = RECORDS.iter().find(|(_, known)| *known == name);
        let side = SideTable::ALL.into_iter().find(|table| table.name() == name);
        match (name, kind, records) {
            ("items", ..) => Some(Self::ALL),
            ("archived", ..) => Some(Self::Archived),
            ("raid", ..) => Some(Self::Items(&Kind::RAID)),
            (_, Some(kind), _) => Some(Self::Items(kind.alone())),
            (_, _, Some((records, _))) => Some(Self::Records(*records)),
            _ => side.map(Self::Side),
        }
    }

    /// The tables that together hold all that a program exports, each once.
    #[must_use]
    pub fn whole() -> Vec<(&'static str, Self)> {
        let records = RECORDS.iter().map(|(kind, name)| (*name, Self::Records(*kind)));
        let side = SideTable::ALL.into_iter().map(|table| (table.name(), Self::Side(table)));
        let items = [("items", Self::ALL), ("archived", Self::Archived)];
        items.into_iter().chain(records).chain(side).collect()
    }

    /// Every name that it may have in the plural.
    #[must_use]
    pub fn names() -> Vec<&'static str> {
        let kinds = Kind::ALL.iter().map(|kind| kind.plural());
        let side = SideTable::ALL.into_iter().map(SideTable::name);
        kinds
            .chain(["raid", "items", "archived"])
            .chain(RECORDS.iter().map(|(_, name)| *name))
            .chain(side)
            .collect()
    }
}

/// A table on its way out.
#[derive(Clone, Debug)]
pub struct Leaving {
    key: String,
    reader: Reader,
    as_of: Option<NaiveDate>,
    header: Vec<String>,
    /// The items whose rows are still to come.
    ids: VecDeque<ItemId>,
    /// What is written next, before them.
    ready: Option<String>,
}

impl Leaving {
    fn items(whose: &Whose<'_>, header: Vec<String>, ids: Vec<ItemId>) -> Self {
        Self {
            key: whose.key.to_owned(),
            reader: whose.reader,
            as_of: whose.as_of,
            ready: Some(table::head(&header)),
            header,
            ids: ids.into(),
        }
    }

    /// A file that is whole already.
    fn ready(whose: &Whose<'_>, header: Vec<String>, text: String) -> Self {
        let (key, reader, as_of) = (whose.key.to_owned(), whose.reader, whose.as_of);
        Self { key, reader, as_of, header, ids: VecDeque::new(), ready: Some(text) }
    }

    /// The next piece of the file; none when it is whole.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn next(&mut self, db: &Db) -> Result<Option<String>> {
        if let Some(ready) = self.ready.take() {
            return Ok(Some(ready));
        }
        let ids: Vec<ItemId> = self.ids.drain(..AT_ONCE.min(self.ids.len())).collect();
        if ids.is_empty() {
            return Ok(None);
        }
        let items = store::item::in_order(db, &ids, self.as_of).await?;
        let names = names(db, self.reader, &items).await?;
        let mut text = String::new();
        for item in &items {
            let cells = own::item(item, &self.key, &|id| names.found_by(id));
            table::row(&mut text, &own::fit(&self.header, cells));
        }
        Ok(Some(text))
    }

    /// The whole file.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn whole(mut self, db: &Db) -> Result<String> {
        let mut whole = String::new();
        while let Some(piece) = self.next(db).await? {
            whole.push_str(&piece);
        }
        Ok(whole)
    }
}

/// The names of whatever items point at.
pub(super) async fn names(db: &Db, reader: Reader, items: &[Item]) -> Result<Names> {
    let mut ids: Vec<Uuid> = Vec::new();
    for item in items {
        ids.extend(item.owner.map(|id| id.0));
        ids.extend(item.project.map(|id| id.0));
        own::ids_in(&Value::Object(item.detail.values()), &mut ids);
    }
    ids.sort_unstable();
    ids.dedup();
    Ok(store::lookup::names(db, reader, &ids).await?)
}

/// Of which program a table is, as of which day, and who reads it.
struct Whose<'w> {
    program: ProgramId,
    key: &'w str,
    reader: Reader,
    as_of: Option<NaiveDate>,
}

/// A table of these items, in their order.
#[must_use]
pub fn of_items(ctx: &Ctx, entered: &Entered, kinds: &[Kind], ids: Vec<ItemId>) -> Leaving {
    let whose = Whose {
        program: entered.program().id,
        key: entered.key(),
        reader: ctx.reader(),
        as_of: entered.as_of(),
    };
    Leaving::items(&whose, own::item_header(kinds), ids)
}

/// A table of all that there is of it.
///
/// # Errors
/// When the database is away.
pub async fn of(app: &App, ctx: &Ctx, entered: &Entered, what: What) -> Result<Leaving> {
    let whose = Whose {
        program: entered.program().id,
        key: entered.key(),
        reader: ctx.reader(),
        as_of: entered.as_of(),
    };
    match what {
        What::Side(SideTable::SurveyAnswer) => answers(&app.db, &whose, entered.may_manage()).await,
        what => leaving(&app.db, &whose, what).await,
    }
}

/// The answers to surveys as people may read them: none of a survey with few, and when they were given only for whoever manages.
async fn answers(db: &Db, whose: &Whose<'_>, with_days: bool) -> Result<Leaving> {
    let mut rows = store::side_table::rows(db, SideTable::SurveyAnswer, whose.program, whose.as_of).await?;
    let survey = |row: &[Value]| row.first().and_then(Value::as_i64);
    let mut count: HashMap<Option<i64>, u32> = HashMap::new();
    for row in &rows {
        *count.entry(survey(row)).or_default() += 1;
    }
    rows.retain(|row| count.get(&survey(row)).is_some_and(|count| *count >= LEAST_ANSWERS));
    let day = SideTable::SurveyAnswer.header().iter().position(|name| *name == "on");
    if let (Some(day), false) = (day, with_days) {
        rows.iter_mut().filter_map(|row| row.get_mut(day)).for_each(|day| *day = Value::Null);
        rows.sort_by_cached_key(|row| json!(row).to_string());
    }
    side(db, whose, SideTable::SurveyAnswer, rows).await
}

/// A table of the program of this key, as it stood on a day, for whoever has the machine.
///
/// # Errors
/// There is no such program.
pub async fn of_program(
    app: &App,
    stamp: &store::Stamp,
    key: &str,
    what: What,
    as_of: Option<NaiveDate>,
) -> Result<Leaving> {
    let found = store::program::keyed(&app.db, &key.to_ascii_uppercase()).await?;
    let program = found.ok_or_else(|| Error::refused("program", format!("There is no program {key}.")))?;
    let reader = Reader { person: stamp.actor.unwrap_or(PersonId(Uuid::nil())), admin: true };
    let whose = Whose { program: program.id, key: &program.key, reader, as_of };
    leaving(&app.db, &whose, what).await
}

async fn leaving(db: &Db, whose: &Whose<'_>, what: What) -> Result<Leaving> {
    match what {
        What::Items(kinds) => {
            let ids = store::item::all_ids(db, whose.program, (kinds, false), whose.as_of).await?;
            Ok(Leaving::items(whose, own::item_header(kinds), ids))
        }
        What::Archived => {
            let ids = store::item::all_ids(db, whose.program, (&Kind::ALL, true), whose.as_of).await?;
            Ok(Leaving::items(whose, own::archived_header(), ids))
        }
        What::Records(RecordKind::BudgetLine) => records::<BudgetLine>(db, whose).await,
        What::Records(RecordKind::Allocation) => records::<Allocation>(db, whose).await,
        What::Records(RecordKind::AdoptionTarget) => records::<AdoptionTarget>(db, whose).await,
        What::Records(RecordKind::Measurement) => records::<Measurement>(db, whose).await,
        What::Records(RecordKind::Survey) => records::<Survey>(db, whose).await,
        What::Records(RecordKind::Rework) => records::<Rework>(db, whose).await,
        What::Records(RecordKind::Raci) => records::<Raci>(db, whose).await,
        What::Side(table) => {
            let rows = store::side_table::rows(db, table, whose.program, whose.as_of).await?;
            side(db, whose, table, rows).await
        }
    }
}

async fn side(db: &Db, whose: &Whose<'_>, of: SideTable, rows: Vec<Vec<Value>>) -> Result<Leaving> {
    let mut ids = Vec::new();
    rows.iter().flatten().for_each(|value| own::ids_in(value, &mut ids));
    ids.sort_unstable();
    ids.dedup();
    let names = store::lookup::names(db, whose.reader, &ids).await?;
    let header: Vec<String> = of.header().iter().map(|name| (*name).to_owned()).collect();
    let mut text = table::head(&header);
    for row in &rows {
        table::row(&mut text, &own::side(of.fields(), row, &|id| names.found_by(id)));
    }
    Ok(Leaving::ready(whose, header, text))
}

async fn records<R: Record>(db: &Db, whose: &Whose<'_>) -> Result<Leaving> {
    let mut all = store::record::all::<R>(db, whose.program, whose.as_of).await?;
    all.retain(|record| record.head().archived_at.is_none());
    let names = names_of(db, whose.reader, &all).await?;
    let header = own::record_header::<R>();
    let mut text = table::head(&header);
    for record in &all {
        table::row(&mut text, &own::fit(&header, own::record(record, &|id| names.found_by(id))));
    }
    Ok(Leaving::ready(whose, header, text))
}

/// The names of whatever records point at.
pub(super) async fn names_of<R: Record>(db: &Db, reader: Reader, records: &[R]) -> Result<Names> {
    let mut ids = Vec::new();
    for record in records {
        own::ids_in(&json!(record), &mut ids);
    }
    ids.sort_unstable();
    ids.dedup();
    Ok(store::lookup::names(db, reader, &ids).await?)
}
