//! Forecasts: the plan of a program simulated towards its milestones, and how its past forecasts fared. Computed once for each beat of
//! the pulse, each day and what is asked, on threads of their own, a few at once. What takes long is [running] while its reader
//! watches, and stopped when nobody waits for it.

mod running;

pub(super) use running::Running;
pub use running::{Stage, Watching};

use super::access::Entered;
use super::cache::{Stamp, What};
use super::plan::{self, Sight, unschedulable};
use super::{App, Ctx, Error, Result, TURNS, measure};
use crate::domain::draft::{FieldError, Refused};
use crate::domain::forecast::past::{Past, past};
use crate::domain::forecast::{Forecast, Parameters, Threat, forecast, last_milestone, named};
use crate::domain::kind::Reference;
use crate::domain::plan::Plan;
use crate::domain::schedule::simulate::Watch;
use crate::store;
use chrono::NaiveDate;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::OwnedSemaphorePermit;

/// Items of the network times iterations at most: some ten seconds of two cores.
const MOST_WORK: u64 = 2_000_000_000;

/// A forecast with what it is told by.
#[derive(Clone, Debug)]
pub struct Told {
    pub plan: Arc<Plan>,
    pub run: Arc<Run>,
    pub past: Arc<Past>,
    /// What of it the reader may see.
    pub sight: Sight,
}

/// A forecast and the risks that it asked.
#[derive(Clone, Debug)]
pub struct Run {
    pub forecast: Forecast,
    /// As many as [`Forecast::parts`], in their order.
    pub threats: Vec<Threat>,
}

/// What is asked of a forecast, read against the plan.
#[derive(Clone, Debug)]
pub struct Ask {
    pub plan: Arc<Plan>,
    /// What of the plan the reader may see.
    pub sight: Sight,
    /// With what it is towards; what can't be taken is as usual.
    pub asked: Parameters,
    /// What can't be taken, by field.
    pub errors: Vec<FieldError>,
    /// Items of the network times iterations.
    work: u64,
}

/// A forecast as a page shows it.
#[derive(Clone, Debug)]
pub enum Shown {
    Told(Box<Told>),
    /// It is being made: the share that is done.
    Running(f64),
    /// It isn't made, and isn't to be started.
    Stopped,
}

/// Reads what is asked; `said` gives what the query says of a name.
///
/// # Errors
/// When the database is away; refused where what is kept can't be scheduled.
pub async fn ask(
    app: &App,
    ctx: &Ctx,
    entered: &Entered,
    said: impl Fn(&str) -> Option<String>,
) -> Result<Ask> {
    let mut errors = Vec::new();
    let mut asked = match Parameters::read(&said) {
        Ok(asked) => asked,
        Err(wrong) => {
            errors = wrong;
            Parameters::default()
        }
    };
    let plan = plan::plan(app, entered).await?;
    let program = entered.program().id;
    let to = said("to").map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    let last = || last_milestone(&plan, program);
    let target = match to {
        None => last(),
        Some(text) => {
            let found = Reference::parse(&text).and_then(|reference| named(&plan, program, &reference));
            if found.is_none() {
                let why = format!(
                    "to: give the reference of something open in the schedule of {}, such as a milestone.",
                    entered.key()
                );
                errors.push(FieldError::new("to", why));
            }
            found.or_else(last)
        }
    };
    let items = u64::try_from(plan.items().count()).unwrap_or(u64::MAX).max(1);
    let work = u64::from(asked.iterations).saturating_mul(items);
    if work > MOST_WORK {
        let why = format!("iterations: at most {} for a schedule of {items} items.", MOST_WORK / items);
        errors.push(FieldError::new("iterations", why));
    }
    asked.to = target.map(|target| plan.node(target).item);
    let sight = plan::sight(app, ctx, &plan).await?;
    Ok(Ask { plan, sight, asked, errors, work })
}

/// The forecast of the day that is shown; `said` gives what the query says of a name. Who stops waiting stops the simulation.
///
/// # Errors
/// Refused, by field, for what is out of range; [`Error::Busy`] when too many are simulated.
pub async fn told(
    app: &App,
    ctx: &Ctx,
    entered: &Entered,
    said: impl Fn(&str) -> Option<String>,
) -> Result<Told> {
    let ask = ask(app, ctx, entered, said).await?;
    if !ask.errors.is_empty() {
        return Err(Refused { errors: ask.errors, ..Refused::default() }.into());
    }
    let wait = Some(Duration::from_secs(10));
    let run = run(app.clone(), Job::new(entered, &ask), Arc::default(), wait).await?;
    with_past(app, entered, &ask, run).await
}

/// The forecast for a page: at once if it is quickly made, else how far it is. With `start` it is started if it isn't running.
///
/// # Errors
/// As for [`told`], and what a simulation ended with.
pub async fn shown(app: &App, ctx: &Ctx, entered: &Entered, ask: &Ask, start: bool) -> Result<Shown> {
    let of = Job::new(entered, ask);
    let told = async |run| Ok(Shown::Told(Box::new(with_past(app, entered, ask, run).await?)));
    let key = (ctx.viewer.account, of.stamp, ask.asked);
    if let Some(run) = app.cache.get(of.stamp, What::Forecast(ask.asked)) {
        if let Some(simulation) = app.running.find(&key) {
            app.running.remove(&key, &simulation);
        }
        return told(run).await;
    }
    if let Some(simulation) = app.running.find(&key) {
        if let Some(ended) = simulation.take() {
            app.running.remove(&key, &simulation);
            return told(ended?).await;
        }
        app.running.look(&key, &simulation);
        return Ok(Shown::Running(simulation.watch.share()));
    }
    if !start {
        return Ok(Shown::Stopped);
    }
    if !app.running.is_long(ask.work) {
        let run = run(app.clone(), of, Arc::default(), Some(Duration::from_secs(10))).await?;
        return told(run).await;
    }
    let work = app.clone();
    app.running.start(key, move |watch| run(work, of, watch, None))?;
    Ok(Shown::Running(0.0))
}

/// Watches the reader's own simulation of what is asked, if it runs.
#[must_use]
pub fn watch(app: &App, ctx: &Ctx, entered: &Entered, ask: &Ask) -> Option<Watching> {
    app.running.watch(&(ctx.viewer.account, entered.stamp(), ask.asked))
}

/// Stops the reader's own simulation of what is asked, if it runs.
pub fn cancel(app: &App, ctx: &Ctx, entered: &Entered, ask: &Ask) {
    let key = (ctx.viewer.account, entered.stamp(), ask.asked);
    if let Some(simulation) = app.running.find(&key) {
        app.running.remove(&key, &simulation);
    }
}

/// How many simulations are watched, and how many turns at the cores are taken.
#[must_use]
pub fn at_work(app: &App) -> (usize, usize) {
    (app.running.count(), TURNS.saturating_sub(app.simulating.available_permits()))
}

/// Keeps all turns at the cores: nothing is simulated until they are given back.
pub async fn hold(app: &App) -> Option<OwnedSemaphorePermit> {
    let turns = u32::try_from(TURNS).ok()?;
    app.simulating.clone().acquire_many_owned(turns).await.ok()
}

/// From how much work on, items of the network times iterations, a page shows progress and doesn't wait.
pub fn long_from(app: &App, work: u64) {
    app.running.long_from(work);
}

async fn with_past(app: &App, entered: &Entered, ask: &Ask, run: Arc<Run>) -> Result<Told> {
    let past = past_forecasts(app, entered).await?;
    Ok(Told { plan: Arc::clone(&ask.plan), run, past, sight: ask.sight.clone() })
}

/// What is to be run.
struct Job {
    stamp: Stamp,
    as_of: Option<NaiveDate>,
    plan: Arc<Plan>,
    asked: Parameters,
}

impl Job {
    fn new(entered: &Entered, ask: &Ask) -> Self {
        Self { stamp: entered.stamp(), as_of: entered.as_of(), plan: Arc::clone(&ask.plan), asked: ask.asked }
    }
}

/// Stops a simulation when nobody waits for it any more.
struct Stop(Arc<Watch>);

impl Drop for Stop {
    fn drop(&mut self) {
        self.0.stop();
    }
}

/// Runs a plan through, unless that is done; waits so long for its turn, or as long as it takes.
async fn run(app: App, of: Job, watch: Arc<Watch>, wait: Option<Duration>) -> Result<Arc<Run>> {
    let Job { stamp, as_of, plan, asked } = of;
    let _stop = Stop(Arc::clone(&watch));
    if let Some(run) = app.cache.get(stamp, What::Forecast(asked)) {
        return Ok(run);
    }
    let programs: Vec<_> = plan.programs().iter().map(|program| program.id).collect();
    let threats = store::forecast::threats(&app.db, &programs, as_of).await?;
    let turn = app.simulating.clone().acquire_owned();
    let turn = match wait {
        Some(wait) => tokio::time::timeout(wait, turn).await.ok(),
        None => Some(turn.await),
    };
    let Some(Ok(turn)) = turn else { return Err(Error::Busy) };
    // Somebody who asked the same may have had the turn before.
    if let Some(run) = app.cache.get(stamp, What::Forecast(asked)) {
        return Ok(run);
    }
    let done = tokio::task::spawn_blocking(move || {
        // Who goes away doesn't give the turn to another while the cores are still at it.
        let _turn = turn;
        let forecast = forecast(&plan, stamp.program, &threats, &asked, &watch)?;
        Ok(Run { forecast, threats })
    });
    let run = done.await.map_err(|error| Error::Internal(Box::new(error)))?;
    let run = Arc::new(run.map_err(unschedulable)?);
    let forecast = &run.forecast;
    let bytes = 1_000
        + forecast.items.len() * 200
        + forecast.curve.len() * 16
        + forecast.drivers.len() * 120
        + run
            .threats
            .iter()
            .map(|threat| 300 + threat.title.len() + 40 * threat.threatens.len())
            .sum::<usize>();
    app.cache.put(stamp, What::Forecast(asked), &run, bytes);
    Ok(run)
}

/// How the forecasts of the program's milestones fared, as known on the day that is shown.
///
/// # Errors
/// When the database is away.
pub async fn past_forecasts(app: &App, entered: &Entered) -> Result<Arc<Past>> {
    let stamp = entered.stamp();
    if let Some(past) = app.cache.get(stamp, What::PastForecasts) {
        return Ok(past);
    }
    let facts = measure::facts(app, entered).await?;
    let milestones = facts.milestones.clone();
    let done = tokio::task::spawn_blocking(move || past(&milestones, stamp.day));
    let found = Arc::new(done.await.map_err(|error| Error::Internal(Box::new(error)))?);
    app.cache.put(stamp, What::PastForecasts, &found, 2_000 + found.all.slip.samples * 8);
    Ok(found)
}
