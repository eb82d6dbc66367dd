//! Forecasts that are what the network says: after a write to the network, and once a day, they are written anew where the
//! network says something else, so that they have a history like those that people state.

use super::super::{App, Error, Result};
use super::{INLINE_ITEMS, unschedulable};
use crate::domain::event;
use crate::domain::ids::{ItemId, PersonId, ProgramId};
use crate::domain::item::{Detail, Item};
use crate::domain::kind::Kind;
use crate::domain::milestone::ForecastSource;
use crate::domain::plan::{Restated, restated};
use crate::domain::program::today_in;
use crate::store::{self, Stamp, Tx};
use chrono::{DateTime, NaiveDate, Utc};
use std::collections::{BTreeMap, HashMap};

/// Programs, each with its own day.
pub type Days = BTreeMap<ProgramId, NaiveDate>;

/// Each pass that wrote is followed by one that finds nothing left to write: so whoever wrote to the network in between is
/// heard. Each writer passes for themselves, so a few are enough.
const PASSES: usize = 4;

/// The reason that is kept with the versions that are written.
const REASON: &str = "The network says another date";

/// The programs that have a milestone to come whose forecast is what the network says, each with the day that it is there.
///
/// # Errors
/// When the database is away.
pub async fn due(app: &App, now: DateTime<Utc>) -> Result<Days> {
    days(app, now, None).await
}

async fn days(app: &App, now: DateTime<Utc>, programs: Option<&[ProgramId]>) -> Result<Days> {
    let computing = store::plan::computing(&app.db, programs).await?;
    Ok(computing.into_iter().map(|(program, zone)| (program, today_in(&zone, now))).collect())
}

/// Restates after a write to the network of these programs has been committed. The write stands, whatever comes of this:
/// what goes wrong is logged, and the day's restatement makes it good.
pub async fn after(app: &App, now: DateTime<Utc>, actor: Option<PersonId>, programs: &[ProgramId]) {
    if let Err(error) = restate(app, now, actor, programs).await {
        tracing::warn!(error = &error as &dyn std::error::Error, "computed forecasts could not be restated");
    }
}

/// Writes the forecasts that are what the network says, of these programs and all that hang together with them, where they
/// are no longer what it says. Answers with the programs that have such forecasts, and how many were written. One query, where
/// there are none.
///
/// # Errors
/// When the database is away, or the network can't be scheduled.
pub async fn restate(
    app: &App,
    now: DateTime<Utc>,
    actor: Option<PersonId>,
    programs: &[ProgramId],
) -> Result<(Days, usize)> {
    let mut written = 0;
    let mut days = days(app, now, Some(programs)).await?;
    for pass in 0..PASSES {
        if pass > 0 {
            days = self::days(app, now, Some(programs)).await?;
        }
        let (Some(first), Some(last)) = (days.values().min().copied(), days.values().max().copied()) else {
            break;
        };
        let facts = store::plan::load(&app.db, programs, first, last).await?;
        let items = facts.nodes.len();
        let asked = days.clone();
        let find = move || restated(&facts, &asked);
        let found = if items <= INLINE_ITEMS {
            find()
        } else {
            tokio::task::spawn_blocking(find).await.map_err(|error| Error::Internal(Box::new(error)))?
        };
        let found = found.map_err(unschedulable)?;
        if found.is_empty() {
            break;
        }
        let mut tx = app.db.begin(&Stamp { now, actor, reason: REASON.to_owned() }).await?;
        if let Some(count) = write(&mut tx, &found, &days).await? {
            tx.commit().await?;
            written += count;
        }
    }
    Ok((days, written))
}

/// Writes the next versions. None: somebody else wrote one of them in between, and nothing is kept.
async fn write(tx: &mut Tx, found: &HashMap<ItemId, Restated>, days: &Days) -> Result<Option<usize>> {
    let ids: Vec<ItemId> = found.keys().copied().collect();
    let stored = store::item::by_ids(tx, &ids).await?;
    let steps: Vec<(&Item, Item, &Restated)> = stored
        .iter()
        .filter_map(|item| {
            let said = found.get(&item.id)?;
            Some((item, next(item, said, *days.get(&item.program)?)?, said))
        })
        .collect();
    let changes: Vec<_> = steps.iter().map(|(_, next, _)| (next, true)).collect();
    if store::item::update(tx, Kind::Milestone, &changes).await? != changes.len() as u64 {
        return Ok(None);
    }
    for (stored, next, said) in &steps {
        for event in event::between(stored, next) {
            tx.record_because(
                Some(next.program),
                Some(next.id),
                next.effective_on,
                &event,
                Some(said.reason.as_str()),
            );
        }
    }
    Ok(Some(steps.len()))
}

/// A milestone with the forecast that the network says; none where it isn't any more what it was when the network was read.
fn next(stored: &Item, said: &Restated, today: NaiveDate) -> Option<Item> {
    let mut next = stored.clone();
    let Detail::Milestone(own) = &mut next.detail else { return None };
    if own.forecast_from != ForecastSource::Computed || own.next_on() != said.before {
        return None;
    }
    own.forecast_on = Some(said.on);
    own.forecast_reason.clone_from(&said.reason);
    next.effective_on = today.max(stored.effective_on);
    own.forecast_stated_on = Some(next.effective_on);
    next.version += 1;
    next.settle();
    Some(next).filter(|next| next.is_open() && next.archived_at.is_none())
}
