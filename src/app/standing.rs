//! What the network says of a program, with its last weeks: computed once for each beat of the pulse and each day. What it is made
//! of is read for many days at once. After a write that didn't touch it all is what it was; after another, and on another day, the
//! ends of weeks that are as they were, by their [`fingerprints`], are taken over.

use super::cache::{Stamp, What};
use super::{App, Error, Result, plan};
use crate::clock::Stopwatch;
use crate::domain::ids::ProgramId;
use crate::domain::plan::{
    Known, Networked, Plan, PlanFacts, WeekEnd, fingerprints, is_judged, networked, week_ends,
};
use crate::store;
use crate::store::facts::Mark;
use chrono::NaiveDate;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// About how much memory an item of the network takes in what is kept of it, and a version of one in what it is made of.
const ITEM_BYTES: usize = 300;
const NODE_BYTES: usize = 450;
/// Of so many ends of weeks what was scheduled is kept, and then begun anew.
const MANY_WEEKS: usize = 400;

/// An end of a week as it was scheduled.
struct Scheduled {
    /// The fingerprint of what it was made of.
    print: u64,
    /// Its quality was judged.
    judged: bool,
    week: Arc<WeekEnd>,
}

/// Ends of weeks that were scheduled, whichever day asked for them.
#[derive(Default)]
struct Weeks(Mutex<BTreeMap<NaiveDate, Scheduled>>);

impl Weeks {
    /// Those of these ends of weeks that are as they were.
    fn known(&self, ends: &[NaiveDate], prints: &[u64]) -> Known {
        let weeks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let asked = ends.iter().zip(prints).enumerate();
        let same = asked.filter_map(|(at, (end, print))| {
            let was = weeks.get(end)?;
            let serves = was.print == *print && (was.judged || !is_judged(at));
            serves.then(|| (*end, Arc::clone(&was.week)))
        });
        same.collect()
    }

    /// Takes down what was scheduled, in the place of what there was.
    fn keep(&self, scheduled: &[Arc<WeekEnd>], prints: &[u64]) {
        let mut weeks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if weeks.len() > MANY_WEEKS {
            weeks.clear();
        }
        for (at, (week, print)) in scheduled.iter().zip(prints).enumerate() {
            let before = weeks.get(&week.day).is_some_and(|was| was.print == *print && was.judged);
            let judged = before || is_judged(at);
            weeks.insert(week.day, Scheduled { print: *print, judged, week: Arc::clone(week) });
        }
    }
}

/// What plans of the program are made of, on whatever day from one on.
struct Written {
    /// None where the program has no network.
    facts: Option<Arc<PlanFacts>>,
    since: NaiveDate,
    /// Taken before they were read.
    mark: Option<Mark>,
    weeks: Arc<Weeks>,
}

impl Written {
    /// Reads them; `mark`, taken before, of a program that is known to have a network.
    async fn load(
        app: &App,
        program: ProgramId,
        since: NaiveDate,
        weeks: Arc<Weeks>,
        mark: Option<Mark>,
    ) -> Result<Self> {
        let mark = match mark {
            Some(mark) => mark,
            None if store::plan::networked(&app.db, &[program]).await?.is_empty() => {
                return Ok(Self { facts: None, since, mark: None, weeks });
            }
            None => store::facts::mark(&app.db).await?,
        };
        let facts = store::plan::load(&app.db, &[program], since, NaiveDate::MAX).await?;
        Ok(Self { facts: Some(Arc::new(facts)), since, mark: Some(mark), weeks })
    }

    /// The same at a later beat, if nothing of it was written meanwhile; else the mark for what is read anew.
    async fn still(&self, app: &App) -> Result<std::result::Result<Self, Option<Mark>>> {
        // Where there was no network, there may be one now.
        let Some((facts, mark)) = self.facts.as_ref().zip(self.mark) else { return Ok(Err(None)) };
        let programs: Vec<ProgramId> = facts.programs.iter().map(|program| program.id).collect();
        let (written, mark) = store::plan::written_since(&app.db, &programs, mark).await?;
        if written {
            return Ok(Err(Some(mark)));
        }
        let (facts, mark) = (Some(Arc::clone(facts)), Some(mark));
        Ok(Ok(Self { facts, since: self.since, mark, weeks: Arc::clone(&self.weeks) }))
    }
}

/// What plans of the program are made of on the day of the stamp, and long before.
async fn written(app: &App, stamp: Stamp) -> Result<Arc<Written>> {
    let needed = week_ends(stamp.day).first().copied().unwrap_or(stamp.day);
    let ever = stamp.of_no_day();
    let reaches = |written: &Arc<Written>| written.since <= needed;
    if let Some(written) = app.cache.get(ever, What::Written).filter(reaches) {
        return Ok(written);
    }
    let last = app.cache.last::<Written>(ever, What::Written);
    let since = if last.is_some() { super::measure::further(needed) } else { needed };
    let weeks = last.as_ref().map(|earlier| Arc::clone(&earlier.weeks)).unwrap_or_default();
    let still = match last.filter(reaches) {
        Some(earlier) => earlier.still(app).await?,
        None => Err(None),
    };
    let written = match still {
        Ok(written) => written,
        Err(mark) => Written::load(app, stamp.program, since, weeks, mark).await?,
    };
    let written = Arc::new(written);
    let versions = written.facts.as_ref().map_or(0, |facts| facts.nodes.len() + facts.links.len() / 4);
    app.cache.put(ever, What::Written, &written, 1_000 + versions * NODE_BYTES);
    Ok(written)
}

/// What is kept of a day: nothing but this for a program without a network.
#[derive(Default)]
struct Kept {
    network: Option<Arc<Networked>>,
    plan: Option<Arc<Plan>>,
    /// What it was made of.
    of: Option<Arc<PlanFacts>>,
}

impl Kept {
    /// Whether it was made of just these facts.
    fn is_of(&self, facts: &Arc<PlanFacts>) -> bool {
        self.of.as_ref().is_some_and(|of| Arc::ptr_eq(of, facts))
    }
}

/// What the network says of the program on the day of the stamp; `None` where there is none, or where what is kept can't be
/// scheduled.
pub(super) async fn of(app: &App, stamp: Stamp) -> Result<Option<Arc<Networked>>> {
    if let Some(kept) = app.cache.get::<Kept>(stamp, What::Network) {
        return Ok(kept.network.clone());
    }
    let written = written(app, stamp).await?;
    let earlier = app.cache.last::<Kept>(stamp, What::Network);
    let kept = match (&written.facts, earlier) {
        (None, _) => Arc::default(),
        (Some(facts), Some(earlier)) if earlier.is_of(facts) => earlier,
        (Some(facts), _) => Arc::new(made(Arc::clone(facts), stamp, Arc::clone(&written.weeks)).await?),
    };
    if let Some(plan) = &kept.plan {
        plan::keep(app, stamp, plan);
    }
    let bytes = kept.network.as_ref().map_or(0, |network| {
        let critical = network.weeks.iter().filter_map(|week| Some(week.critical.as_ref()?.len()));
        (network.items.len() + critical.sum::<usize>() / 8) * ITEM_BYTES
    });
    app.cache.put(stamp, What::Network, &kept, 2_000 + bytes);
    Ok(kept.network.clone())
}

async fn made(facts: Arc<PlanFacts>, stamp: Stamp, weeks: Arc<Weeks>) -> Result<Kept> {
    let watch = Stopwatch::start();
    let versions = facts.nodes.len();
    let work = move || {
        let (network, plan, taken) = computed(&facts, stamp, &weeks)?;
        Some((Kept { network: Some(Arc::new(network)), plan: Some(Arc::new(plan)), of: Some(facts) }, taken))
    };
    let done = tokio::task::spawn_blocking(work).await;
    let (kept, taken) = done.map_err(|error| Error::Internal(Box::new(error)))?.unwrap_or_default();
    tracing::debug!(versions, taken, computed = ?watch.elapsed(), "network made anew");
    Ok(kept)
}

/// What the network says, the plan, and how many ends of weeks were taken over.
fn computed(facts: &PlanFacts, stamp: Stamp, weeks: &Weeks) -> Option<(Networked, Plan, usize)> {
    let ends = week_ends(stamp.day);
    let prints = fingerprints(facts, &ends);
    let known = weeks.known(&ends, &prints);
    match networked(facts, stamp.program, stamp.day, &known) {
        Ok((plan, network)) => {
            weeks.keep(&network.weeks, &prints);
            Some((network, plan, known.len()))
        }
        Err(error) => {
            tracing::warn!(program = ?stamp.program, %error, "the network can't be scheduled");
            None
        }
    }
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
