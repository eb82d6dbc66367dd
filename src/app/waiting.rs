//! The queue of decisions that wait for somebody, each with what waiting costs.

use super::access::{Entered, enter_all};
use super::{App, Ctx, Result, plan};
use crate::domain::ids::{ItemId, PersonId, ProgramId};
use crate::domain::kind::Kind;
use crate::domain::plan::{Plan, days};
use crate::domain::subject::{Asked, waits};
use crate::store;
use crate::store::waiting::{Held, Question, Row, Scope};
use chrono::NaiveDate;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

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
    /// What is committed for it (of a dependency: needed by), what is stated, and when the network has it done.
    pub committed_on: Option<NaiveDate>,
    pub forecast_on: Option<NaiveDate>,
    pub computed_on: Option<NaiveDate>,
}

impl Cost {
    /// Its dates, each with what it is; one that another says already is left out.
    #[must_use]
    pub fn dates(&self) -> Vec<(&'static str, NaiveDate)> {
        let (committed, stated) = match self.held.reference.kind {
            Kind::Dependency => ("needed by", "promised by"),
            _ => ("committed", "forecast"),
        };
        let computed = self.computed_on.filter(|on| self.forecast_on != Some(*on));
        let dates: Vec<_> =
            [(committed, self.committed_on), (stated, self.forecast_on), ("by the network", computed)]
                .into_iter()
                .filter_map(|(what, on)| Some((what, on?)))
                .collect();
        if dates.is_empty() { self.on.map(|on| ("due", on)).into_iter().collect() } else { dates }
    }
}

/// What waits for the reader, over all programs: the most urgent first.
///
/// # Errors
/// When the database is away.
pub async fn mine(app: &App, ctx: &Ctx) -> Result<Vec<Waiting>> {
    let as_of = ctx.as_of.filter(|day| *day < ctx.today());
    let scope = Scope::Person(ctx.viewer.person);
    let rows = store::waiting::decisions(&app.db, scope, ctx.reader(), as_of).await?;
    let mut programs: Vec<ProgramId> = rows.iter().map(|row| row.program).collect();
    programs.sort_unstable();
    programs.dedup();
    let entered = enter_all(app, ctx, &programs).await?;
    Ok(sorted(weighed(app, ctx, &entered, rows, as_of).await?))
}

/// How many decisions wait for others in programs of which the reader is a manager: key, name, how many.
///
/// # Errors
/// When the database is away.
pub async fn with_others(app: &App, ctx: &Ctx) -> Result<Vec<(String, String, i64)>> {
    let as_of = ctx.as_of.filter(|day| *day < ctx.today());
    let day = as_of.unwrap_or_else(|| ctx.today());
    Ok(store::waiting::with_others(&app.db, ctx.viewer.person, day, as_of).await?)
}

/// What waits in a program for anybody: the most urgent first.
///
/// # Errors
/// When the database is away.
pub async fn of_program(app: &App, ctx: &Ctx, entered: &Entered) -> Result<Vec<Waiting>> {
    let scope = Scope::Program(entered.program().id);
    let rows = store::waiting::decisions(&app.db, scope, ctx.reader(), entered.as_of()).await?;
    let here = std::slice::from_ref(entered);
    Ok(sorted(weighed(app, ctx, here, rows, entered.as_of()).await?))
}

fn sorted(mut all: Vec<Waiting>) -> Vec<Waiting> {
    all.sort_by_key(|one| {
        (one.row.needed_by.is_none(), one.row.needed_by, std::cmp::Reverse(one.age), one.row.number)
    });
    all
}

/// The decisions that wait on the day of their program, with what they cost: each program has its own day, calendar and plan. The
/// plans are kept for as long as nothing is written; all else is read at once.
async fn weighed(
    app: &App,
    ctx: &Ctx,
    entered: &[Entered],
    rows: Vec<Row>,
    as_of: Option<NaiveDate>,
) -> Result<Vec<Waiting>> {
    let by_program: HashMap<ProgramId, &Entered> =
        entered.iter().map(|one| (one.program().id, one)).collect();
    let asked = |row: &Row| Asked {
        requested_on: row.requested_on,
        escalated_on: row.escalated_on,
        deferred_until: row.deferred_until,
        ..Asked::default()
    };
    let here = |row: Row| by_program.get(&row.program).map(|entered| (*entered, row));
    let rows: Vec<(&Entered, Row)> = rows
        .into_iter()
        .filter_map(here)
        .filter(|(entered, row)| waits(row.state, &asked(row), entered.day()))
        .collect();
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<ItemId> = rows.iter().map(|(_, row)| row.item).collect();
    let held = store::waiting::held_up(&app.db, &ids, ctx.reader(), as_of).await?;
    let questions =
        if as_of.is_some() { Vec::new() } else { store::waiting::questions(&app.db, None, &ids).await? };
    let mut costs = weigh(app, &rows, held).await?;
    let person = ctx.viewer.person;
    Ok(rows
        .into_iter()
        .map(|(entered, row)| {
            let day = entered.day();
            let since = asked(&row).since();
            let is_asked = row.escalated_to == Some(person) && entered.may_answer();
            Waiting {
                age: since.map(|since| entered.program().calendar().working_days(since, day)),
                since,
                day,
                target: entered.program().targets().decision_latency,
                costs: costs.remove(&row.item).unwrap_or_default(),
                questions: questions.iter().filter(|question| question.item == row.item).cloned().collect(),
                may_decide: is_asked
                    || entered.may_manage()
                    || (entered.may_raise() && owns(&row, person) && row.escalated_to.is_none()),
                may_ask: is_asked || entered.may_raise(),
                row,
            }
        })
        .collect())
}

/// How long what decisions hold up can wait, by the plan of each decision's program.
async fn weigh(app: &App, rows: &[(&Entered, Row)], held: Vec<Held>) -> Result<HashMap<ItemId, Vec<Cost>>> {
    let of: HashMap<ItemId, &Entered> = rows.iter().map(|(entered, row)| (row.item, *entered)).collect();
    let mut plans: HashMap<ProgramId, Option<Arc<Plan>>> = HashMap::new();
    let mut costs: HashMap<ItemId, Vec<Cost>> = HashMap::new();
    for held in held {
        let Some(entered) = of.get(&held.decision) else { continue };
        let program = entered.program().id;
        if let Entry::Vacant(place) = plans.entry(program) {
            place.insert(plan::if_any(app, entered).await?);
        }
        let plan = plans.get(&program).and_then(Option::as_ref);
        let ix = plan.and_then(|plan| Some((plan, plan.find(held.item)?)));
        let dates = ix.map(|(plan, ix)| plan.dates(ix));
        costs.entry(held.decision).or_default().push(Cost {
            float_days: dates.map(|dates| days(dates.total_float)),
            critical: dates.is_some_and(|dates| dates.critical),
            on: ix.and_then(|(plan, ix)| plan.stands_on(ix)).or(held.next_on),
            committed_on: ix.and_then(|(plan, ix)| plan.committed_on(ix)),
            forecast_on: ix.and_then(|(plan, ix)| plan.stated_on(ix)),
            computed_on: ix.filter(|(plan, ix)| plan.is_computed(*ix)).map(|(plan, ix)| plan.finishes_on(ix)),
            held,
        });
    }
    Ok(costs)
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
