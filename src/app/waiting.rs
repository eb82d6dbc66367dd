//! The queue of decisions that wait for somebody, each with what waiting costs.

use super::access::{Entered, enter};
use super::{App, Ctx, Result, plan};
use crate::domain::ids::{ItemId, PersonId};
use crate::domain::plan::days;
use crate::domain::subject::{Asked, waits};
use crate::store;
use crate::store::waiting::{Held, Question, Row, Scope};
use chrono::NaiveDate;
use std::collections::HashMap;

/// A decision that waits.
#[derive(Clone, Debug)]
pub struct Waiting {
    pub row: Row,
    /// The day that it is in its program.
    pub day: NaiveDate,
    /// Since when it waits, and for how many working days.
    pub since: Option<NaiveDate>,
    pub age: Option<i64>,
    /// The program's target for decisions, in working days.
    pub target: f64,
    pub costs: Vec<Cost>,
    /// What was asked about it and isn't answered.
    pub questions: Vec<Question>,
    /// Whether the reader decides it or puts it off, and whether they may ask.
    pub may_decide: bool,
    pub may_ask: bool,
}

impl Waiting {
    #[must_use]
    pub fn is_late(&self) -> bool {
        self.row.needed_by.is_some_and(|by| by < self.day)
    }

    #[must_use]
    pub fn is_old(&self) -> bool {
        self.age.is_some_and(|age| age as f64 > self.target)
    }
}

/// What a decision holds up: an item, and how long it can wait by the plan.
#[derive(Clone, Debug)]
pub struct Cost {
    pub held: Held,
    /// Working days by which it can slip before its program ends later; none for what is not in the plan.
    pub float_days: Option<f64>,
    pub critical: bool,
    /// The day on which it stands.
    pub on: Option<NaiveDate>,
}

/// What waits for the reader, over all programs: the most urgent first.
///
/// # Errors
/// When the database is away.
pub async fn mine(app: &App, ctx: &Ctx) -> Result<Vec<Waiting>> {
    let as_of = ctx.as_of.filter(|day| *day < ctx.today());
    let scope = Scope::Person(ctx.viewer.person);
    let rows = store::waiting::decisions(&app.db, scope, ctx.reader(), as_of).await?;
    let mut by_program: Vec<(String, Vec<Row>)> = Vec::new();
    for row in rows {
        match by_program.iter_mut().find(|(key, _)| *key == row.key) {
            Some((_, rows)) => rows.push(row),
            None => by_program.push((row.key.clone(), vec![row])),
        }
    }
    let mut all = Vec::new();
    // Each program has its own day, calendar and plan; the plans are kept.
    for (key, rows) in by_program {
        let entered = enter(app, ctx, &key).await?;
        all.extend(weighed(app, ctx, &entered, rows).await?);
    }
    Ok(sorted(all))
}

/// What waits in a program for anybody: the most urgent first.
///
/// # Errors
/// When the database is away.
pub async fn of_program(app: &App, ctx: &Ctx, entered: &Entered) -> Result<Vec<Waiting>> {
    let scope = Scope::Program(entered.program().id);
    let rows = store::waiting::decisions(&app.db, scope, ctx.reader(), entered.as_of()).await?;
    Ok(sorted(weighed(app, ctx, entered, rows).await?))
}

fn sorted(mut all: Vec<Waiting>) -> Vec<Waiting> {
    all.sort_by_key(|one| {
        (one.row.needed_by.is_none(), one.row.needed_by, std::cmp::Reverse(one.age), one.row.number)
    });
    all
}

/// The decisions of one program that wait on its day, with what they cost.
async fn weighed(app: &App, ctx: &Ctx, entered: &Entered, rows: Vec<Row>) -> Result<Vec<Waiting>> {
    let day = entered.day();
    let asked = |row: &Row| Asked {
        requested_on: row.requested_on,
        escalated_on: row.escalated_on,
        deferred_until: row.deferred_until,
        ..Asked::default()
    };
    let rows: Vec<Row> = rows.into_iter().filter(|row| waits(row.state, &asked(row), day)).collect();
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<ItemId> = rows.iter().map(|row| row.item).collect();
    let held = store::waiting::held_up(&app.db, &ids, ctx.reader(), entered.as_of()).await?;
    let plan = if held.is_empty() { None } else { plan::if_any(app, entered).await? };
    let mut costs: HashMap<ItemId, Vec<Cost>> = HashMap::new();
    for held in held {
        let ix = plan.as_ref().and_then(|plan| Some((plan, plan.find(held.item)?)));
        let dates = ix.map(|(plan, ix)| plan.dates(ix));
        costs.entry(held.decision).or_default().push(Cost {
            float_days: dates.map(|dates| days(dates.total_float)),
            critical: dates.is_some_and(|dates| dates.critical),
            on: ix.and_then(|(plan, ix)| plan.stands_on(ix)).or(held.next_on),
            held,
        });
    }
    let questions = if entered.as_of().is_some() {
        Vec::new()
    } else {
        store::waiting::questions(&app.db, None, &ids).await?
    };
    let calendar = entered.program().calendar();
    let target = entered.program().targets().decision_latency;
    let person = ctx.viewer.person;
    Ok(rows
        .into_iter()
        .map(|row| {
            let since = asked(&row).since();
            let is_asked = row.escalated_to == Some(person) && entered.may_answer();
            Waiting {
                age: since.map(|since| calendar.working_days(since, day)),
                since,
                day,
                target,
                costs: costs.remove(&row.item).unwrap_or_default(),
                questions: questions.iter().filter(|question| question.item == row.item).cloned().collect(),
                may_decide: is_asked || entered.may_manage() || (entered.may_raise() && owns(&row, person)),
                may_ask: is_asked || entered.may_raise(),
                row,
            }
        })
        .collect())
}

fn owns(row: &Row, person: PersonId) -> bool {
    row.owner == Some(person)
}

/// What others asked the reader and they haven't answered.
///
/// # Errors
/// When the database is away.
pub async fn questions(app: &App, ctx: &Ctx) -> Result<Vec<Question>> {
    if ctx.as_of.is_some_and(|day| day < ctx.today()) {
        return Ok(Vec::new());
    }
    Ok(store::waiting::questions(&app.db, Some(ctx.reader()), &[]).await?)
}
