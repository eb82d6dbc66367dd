//! Forecasts: the plan of a program simulated towards its milestones, and how its past forecasts fared. Computed once for each beat of
//! the pulse, each day and what is asked, on threads of their own, a few at once.

use super::access::Entered;
use super::cache::What;
use super::plan::{self, Sight, stamp, unschedulable};
use super::{App, Ctx, Error, Result, measure};
use crate::domain::draft::Refused;
use crate::domain::forecast::past::{Past, past};
use crate::domain::forecast::{Forecast, Parameters, Threat, forecast, last_milestone, named};
use crate::domain::kind::Reference;
use crate::domain::plan::Plan;
use crate::store;
use std::sync::Arc;
use std::time::Duration;

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

/// The forecast of the day that is shown; `said` gives what the query says of a name.
///
/// # Errors
/// Refused, by field, for what is out of range; [`Error::Busy`] when too many are simulated.
pub async fn told(
    app: &App,
    ctx: &Ctx,
    entered: &Entered,
    said: impl Fn(&str) -> Option<String>,
) -> Result<Told> {
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
    let target = match to {
        None => last_milestone(&plan, program),
        Some(text) => {
            let found = Reference::parse(&text).and_then(|reference| named(&plan, program, &reference));
            if found.is_none() {
                let why = format!(
                    "to: give the reference of something open in the schedule of {}, such as a milestone.",
                    entered.key()
                );
                errors.push(crate::domain::draft::FieldError::new("to", why));
            }
            found
        }
    };
    let items = u64::try_from(plan.items().count()).unwrap_or(u64::MAX).max(1);
    if u64::from(asked.iterations).saturating_mul(items) > MOST_WORK {
        let why = format!("iterations: at most {} for a schedule of {items} items.", MOST_WORK / items);
        errors.push(crate::domain::draft::FieldError::new("iterations", why));
    }
    if !errors.is_empty() {
        return Err(Refused { errors, ..Refused::default() }.into());
    }
    asked.to = target.map(|target| plan.node(target).item);
    let (run, past, sight) = tokio::try_join!(
        run(app, entered, &plan, asked),
        past_forecasts(app, entered),
        plan::sight(app, ctx, &plan)
    )?;
    Ok(Told { plan, run, past, sight })
}

async fn run(app: &App, entered: &Entered, plan: &Arc<Plan>, asked: Parameters) -> Result<Arc<Run>> {
    let stamp = stamp(entered);
    if let Some(run) = app.cache.get(stamp, What::Forecast(asked)) {
        return Ok(run);
    }
    let programs: Vec<_> = plan.programs().iter().map(|program| program.id).collect();
    let threats = store::forecast::threats(&app.db, &programs, entered.as_of()).await?;
    let wait = tokio::time::timeout(Duration::from_secs(10), app.simulating.clone().acquire_owned());
    let Ok(Ok(turn)) = wait.await else { return Err(Error::Busy) };
    // Somebody who asked the same may have had the turn before.
    if let Some(run) = app.cache.get(stamp, What::Forecast(asked)) {
        return Ok(run);
    }
    let plan = Arc::clone(plan);
    let done = tokio::task::spawn_blocking(move || {
        // Who goes away doesn't give the turn to another while the cores are still at it.
        let _turn = turn;
        let forecast = forecast(&plan, stamp.program, &threats, &asked)?;
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
    let stamp = stamp(entered);
    if let Some(past) = app.cache.get(stamp, What::PastForecasts) {
        return Ok(past);
    }
    let facts = measure::facts(app, entered).await?;
    let milestones = facts.facts.milestones.clone();
    let done = tokio::task::spawn_blocking(move || past(&milestones, stamp.day));
    let found = Arc::new(done.await.map_err(|error| Error::Internal(Box::new(error)))?);
    app.cache.put(stamp, What::PastForecasts, &found, 2_000 + found.all.slip.samples * 8);
    Ok(found)
}
