//! What the network says of a program, with its last weeks: computed once for each beat of the pulse and each day. After a write
//! that didn't touch what plans are made of it is what it was; after another, the ends of weeks that are as they were, by their
//! [`fingerprints`], are taken over.

use super::cache::{Stamp, What};
use super::{App, Error, Result, plan};
use crate::clock::Stopwatch;
use crate::domain::ids::ProgramId;
use crate::domain::plan::{Known, Networked, Plan, PlanFacts, fingerprints, networked, week_ends};
use crate::store;
use crate::store::facts::Mark;
use chrono::NaiveDate;
use std::sync::Arc;

/// About how much memory an item of the network takes in what is kept of it.
const ITEM_BYTES: usize = 300;

/// What is kept: nothing but this for a program without a network.
#[derive(Default)]
struct Kept {
    network: Option<Arc<Networked>>,
    plan: Option<Arc<Plan>>,
    /// Of the ends of weeks, ascending.
    prints: Vec<u64>,
    /// Taken before the network was read, and the programs that it was read of.
    since: Option<(Mark, Vec<ProgramId>)>,
}

impl Kept {
    /// The same at a later beat, if nothing that it is made of was written meanwhile; else the mark for what is made anew.
    async fn still(&self, app: &App) -> Result<std::result::Result<Self, Option<Mark>>> {
        let Some((mark, programs)) = &self.since else { return Ok(Err(None)) };
        let (written, mark) = store::plan::written_since(&app.db, programs, *mark).await?;
        if written {
            return Ok(Err(Some(mark)));
        }
        Ok(Ok(Self {
            network: self.network.clone(),
            plan: self.plan.clone(),
            prints: self.prints.clone(),
            since: Some((mark, programs.clone())),
        }))
    }
}

/// What the network says of the program on the day of the stamp; `None` where there is none, or where what is kept can't be
/// scheduled.
pub(super) async fn of(app: &App, stamp: Stamp) -> Result<Option<Arc<Networked>>> {
    if let Some(kept) = app.cache.get::<Kept>(stamp, What::Network) {
        return Ok(kept.network.clone());
    }
    let earlier = app.cache.last::<Kept>(stamp, What::Network);
    let still = match &earlier {
        Some(earlier) => earlier.still(app).await?,
        None => Err(None),
    };
    let kept = match still {
        Ok(kept) => kept,
        Err(_) if store::plan::networked(&app.db, &[stamp.program]).await?.is_empty() => Kept::default(),
        Err(mark) => made(app, stamp, earlier, mark).await?,
    };
    if let Some(plan) = &kept.plan {
        plan::keep(app, stamp, plan);
    }
    let bytes = kept.network.as_ref().map_or(0, |network| {
        let critical = network.weeks.iter().filter_map(|week| Some(week.critical.as_ref()?.len()));
        (network.items.len() + critical.sum::<usize>() / 8) * ITEM_BYTES
    });
    let network = kept.network.clone();
    app.cache.put(stamp, What::Network, &Arc::new(kept), 2_000 + bytes);
    Ok(network)
}

async fn made(app: &App, stamp: Stamp, earlier: Option<Arc<Kept>>, mark: Option<Mark>) -> Result<Kept> {
    let watch = Stopwatch::start();
    let ends = week_ends(stamp.day);
    let since = ends.first().copied().unwrap_or(stamp.day);
    let mark = match mark {
        Some(mark) => mark,
        None => store::facts::mark(&app.db).await?,
    };
    let facts = store::plan::load(&app.db, &[stamp.program], since, stamp.day).await?;
    let loaded = watch.elapsed();
    let versions = facts.nodes.len();
    let programs = facts.programs.iter().map(|program| program.id).collect();
    let work = move || computed(&facts, stamp, &ends, earlier.as_deref());
    let done = tokio::task::spawn_blocking(work).await;
    let (kept, taken) = done.map_err(|error| Error::Internal(Box::new(error)))?;
    tracing::debug!(versions, taken, ?loaded, computed = ?watch.elapsed(), "network made anew");
    Ok(Kept { since: Some((mark, programs)), ..kept })
}

/// What is kept, and how many ends of weeks were taken over.
fn computed(facts: &PlanFacts, stamp: Stamp, ends: &[NaiveDate], earlier: Option<&Kept>) -> (Kept, usize) {
    let prints = fingerprints(facts, ends);
    let known = earlier.map_or_else(Known::new, |earlier| same(earlier, ends, &prints));
    let taken = known.len();
    match networked(facts, stamp.program, stamp.day, &known) {
        Ok((plan, network)) => {
            let (network, plan) = (Some(Arc::new(network)), Some(Arc::new(plan)));
            (Kept { network, plan, prints, since: None }, taken)
        }
        Err(error) => {
            tracing::warn!(program = ?stamp.program, %error, "the network can't be scheduled");
            (Kept::default(), taken)
        }
    }
}

/// The ends of weeks before the day that are as they were.
fn same(earlier: &Kept, ends: &[NaiveDate], prints: &[u64]) -> Known {
    let Some(network) = &earlier.network else { return Known::new() };
    let past = ends.len().saturating_sub(1);
    let weeks = network.weeks.iter().zip(&earlier.prints).zip(prints).take(past);
    weeks.filter(|((_, was), is)| was == is).map(|((week, _), _)| (week.day, Arc::clone(week))).collect()
}

/// The plan of all of these programs that have a network, scheduled together; for the portfolio. `None` where none has, or where
/// what is kept can't be scheduled.
pub(super) async fn together(app: &App, programs: &[ProgramId], day: NaiveDate) -> Result<Option<Plan>> {
    let programs = store::plan::networked(&app.db, programs).await?;
    if programs.is_empty() {
        return Ok(None);
    }
    let facts = store::plan::load(&app.db, &programs, day, day).await?;
    let made = tokio::task::spawn_blocking(move || Plan::make(&facts, day)).await;
    match made.map_err(|error| Error::Internal(Box::new(error)))? {
        Ok(plan) => Ok(Some(plan)),
        Err(error) => {
            tracing::warn!(%error, "the network can't be scheduled");
            Ok(None)
        }
    }
}
