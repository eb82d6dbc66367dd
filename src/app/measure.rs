//! Where a program stands: its metrics, its health, its overview and the portfolio, computed from the facts once for each
//! beat of its pulse and each day, and kept in the [`Cache`](super::cache::Cache). Who asks for them has entered the
//! program before, so what is kept holds nothing that a reader of the program may not see.
//!
//! The facts of a day are cut out of the [`History`] of the program, which after a write is brought up to date with what was
//! written; and a metric is computed anew if what it is computed from ([`metrics::ground`]) is no longer the same.

use super::access::Entered;
use super::cache::{Stamp, What};
use super::changes::{self, Changes};
use super::report::{self, Declared};
use super::{App, Ctx, Result, standing};
use crate::clock::Stopwatch;
use crate::domain::agenda::{self, Agenda, Ahead, Counts};
use crate::domain::facts::Facts;
use crate::domain::health::{self, Health, OfProjects, Rag};
use crate::domain::ids::{ItemId, ProgramId};
use crate::domain::metrics::{self, Measure, Metric, WINDOW_DAYS};
use crate::domain::plan::attach;
use crate::domain::program::ProgramState;
use crate::store;
use crate::store::event::{Happened, Span};
use crate::store::facts::{Card, History, Reach};
use crate::store::program::Visible;
use chrono::{Days, NaiveDate};
use std::cmp::Reverse;
use std::collections::HashMap;
use std::mem::size_of;
use std::sync::Arc;

/// How far back "what changed" looks if nobody says, in days.
pub const CHANGED_DAYS: u64 = 14;
/// Events that are read to tell what changed: a program that writes more than this in the span is told its newest.
const EVENTS: i64 = 2_000;
/// Milestones, dependencies and decisions that an overview lists.
const MILESTONES: usize = 6;
const DEPENDENCIES: usize = 5;
const DECISIONS: usize = 4;
/// Changes that an overview lists.
const CHANGES: usize = 9;
/// How much further back is read, in days, when a day is asked for that lies further back than what is known.
const FURTHER_DAYS: u64 = 26 * 7;
/// About how much memory a version takes.
const VERSION_BYTES: usize = 160;
/// Facts of more than so many versions are computed on a thread of their own, beside what is read meanwhile.
const INLINE_VERSIONS: usize = 500;

/// One page on where a program stands.
#[derive(Clone, Debug)]
pub struct Overview {
    pub day: NaiveDate,
    pub health: Arc<Health>,
    /// Every metric over the default window.
    pub measures: Vec<Arc<Measure>>,
    /// How much there is; the lists hold as many as the page shows.
    pub agenda: Agenda,
    /// What the lists show beside the titles.
    pub cards: HashMap<ItemId, Card>,
    /// The list holds as many as the page shows, of `changes_told` in all.
    pub changes: Changes,
    pub changes_told: usize,
    /// The program has a network, so that there may be a critical path to show.
    pub networked: bool,
    /// What the last published report declares.
    pub declared: Option<Declared>,
}

/// A program in the portfolio.
#[derive(Clone, Debug)]
pub struct Standing {
    pub program: Visible,
    pub day: NaiveDate,
    pub summary: Arc<Summary>,
}

/// What the portfolio shows of a program.
#[derive(Clone, Debug)]
pub struct Summary {
    pub overall: Rag,
    /// Why it is better than the worst dimension, where recovery is under way.
    pub softened: Option<String>,
    /// The colour of each dimension, and its worst reason, in the order of the dimensions.
    pub dimensions: Vec<(health::Dimension, Rag, String)>,
    pub next: Option<Ahead>,
    pub counts: Counts,
    /// What the last published report declares.
    pub declared: Option<Declared>,
}

impl Summary {
    /// How bad it is, the worst the greatest: overall, then by how many dimensions are red, and how many are amber.
    #[must_use]
    pub fn gravity(&self) -> (Rag, usize, usize) {
        let many = |rag| self.dimensions.iter().filter(|(_, colour, _)| *colour == rag).count();
        (self.overall, many(Rag::Red), many(Rag::Amber))
    }
}

/// Runs a computation where it holds up nobody else.
async fn compute<T: Send + 'static>(
    facts: Facts,
    run: impl FnOnce(Facts) -> T + Send + 'static,
) -> Result<T> {
    if facts.versions() <= INLINE_VERSIONS {
        return Ok(run(facts));
    }
    let done = tokio::task::spawn_blocking(move || run(facts)).await;
    done.map_err(|error| super::Error::Internal(Box::new(error)))
}

/// From when on to read where what is known doesn't reach back to a day: whoever goes back once is likely to go on doing so.
pub(super) fn further(needed: NaiveDate) -> NaiveDate {
    needed.checked_sub_days(Days::new(FURTHER_DAYS)).unwrap_or(NaiveDate::MIN)
}

/// What is known of the program from a day on, whatever day is shown.
async fn history(app: &App, stamp: Stamp) -> Result<Arc<History>> {
    let needed = Reach::measures(stamp.day).since;
    let ever = stamp.of_no_day();
    let reaches = |history: &Arc<History>| history.since() <= needed;
    if let Some(history) = app.cache.get(ever, What::History).filter(reaches) {
        return Ok(history);
    }
    let last = app.cache.last::<History>(ever, What::History);
    let since = if last.is_some() { further(needed) } else { needed };
    let history = match last.filter(reaches) {
        Some(earlier) => earlier.renewed(&app.db).await?,
        None => History::load(&app.db, stamp.program, since).await?,
    };
    let history = Arc::new(history);
    app.cache.put(ever, What::History, &history, 1_000 + history.versions() * VERSION_BYTES);
    Ok(history)
}

/// The facts of the program on the day that is shown.
pub(super) async fn facts(app: &App, entered: &Entered) -> Result<Arc<Facts>> {
    let stamp = entered.stamp();
    if let Some(facts) = app.cache.get(stamp, What::Facts) {
        return Ok(facts);
    }
    let set_up = async { Ok(store::facts::set_up(&app.db, stamp.program, stamp.day).await?) };
    let (history, set_up) = tokio::try_join!(history(app, stamp), set_up)?;
    let facts = history.on(stamp.day, set_up);
    let facts = match app.cache.last::<Facts>(stamp, What::Facts) {
        Some(earlier) => facts.sharing(&earlier),
        None => facts,
    };
    let facts = Arc::new(facts);
    app.cache.put(stamp, What::Facts, &facts, 1_000 + facts.versions() * VERSION_BYTES);
    Ok(facts)
}

/// The facts with what the network says, for what is computed from it.
pub(super) async fn networked(app: &App, entered: &Entered) -> Result<Facts> {
    let (facts, network) = tokio::try_join!(facts(app, entered), standing::of(app, entered.stamp()))?;
    Ok(Facts { network, ..Facts::clone(&facts) })
}

/// A measure, and what it was computed from: kept for the default window alone, for others are asked for seldom, and what
/// they hold on to would only lie there.
struct Measured {
    measure: Arc<Measure>,
    ground: Option<Facts>,
}

/// Every metric on the day that is shown, over the default window.
///
/// # Errors
/// When the database is away.
pub async fn all(app: &App, entered: &Entered) -> Result<Vec<Arc<Measure>>> {
    // Side by side, on as many cores as there are.
    let each = Metric::ALL.into_iter().map(|metric| one(app, entered, metric, WINDOW_DAYS));
    futures_util::future::try_join_all(each).await
}

/// One metric on the day that is shown, over a window of so many days.
///
/// # Errors
/// When the database is away.
pub async fn one(app: &App, entered: &Entered, metric: Metric, window_days: i64) -> Result<Arc<Measure>> {
    let (stamp, what) = (entered.stamp(), What::Measure(metric, window_days));
    if let Some(measured) = app.cache.get::<Measured>(stamp, what) {
        return Ok(Arc::clone(&measured.measure));
    }
    let ground = if metric.needs_network() {
        metrics::ground(metric, &networked(app, entered).await?)
    } else {
        metrics::ground(metric, &*facts(app, entered).await?)
    };
    let earlier = app.cache.last::<Measured>(stamp, what);
    let same = earlier.filter(|earlier| earlier.ground.as_ref() == Some(&ground));
    let measured = if let Some(same) = same {
        same
    } else {
        let measured = compute(ground, move |ground| {
            let measure = Arc::new(metrics::measure(metric, &ground, stamp.day, window_days));
            Measured { measure, ground: Some(ground).filter(|_| window_days == WINDOW_DAYS) }
        });
        Arc::new(measured.await?)
    };
    let measured = questioned(app, entered, measured).await?;
    app.cache.put(stamp, what, &measured, size(&measured.measure));
    Ok(Arc::clone(&measured.measure))
}

/// What was declared is held against the evidence of the day, which is no part of what the metric is computed from.
async fn questioned(app: &App, entered: &Entered, measured: Arc<Measured>) -> Result<Arc<Measured>> {
    let Some(metrics::Detail::Greenwash(detail)) = &measured.measure.detail else { return Ok(measured) };
    if detail.declared.iter().all(Option::is_none) {
        return Ok(measured);
    }
    let mut detail = detail.clone();
    detail.question(&*health(app, entered).await?);
    let detail = Some(metrics::Detail::Greenwash(detail));
    let measure = Arc::new(Measure { detail, ..Measure::clone(&measured.measure) });
    Ok(Arc::new(Measured { measure, ground: measured.ground.clone() }))
}

fn size(measure: &Measure) -> usize {
    size_of::<Measure>()
        + 2_000
        + measure.items.len() * (size_of::<metrics::Contribution>() + 5 * size_of::<metrics::Figure>() + 40)
}

/// The health of the program on the day that is shown.
///
/// # Errors
/// When the database is away.
pub async fn health(app: &App, entered: &Entered) -> Result<Arc<Health>> {
    let stamp = entered.stamp();
    if let Some(health) = app.cache.get(stamp, What::Health) {
        return Ok(health);
    }
    let facts = networked(app, entered).await?;
    let health = compute(facts, move |facts| health::assess(&facts, stamp.day, None));
    let health = Arc::new(health.await?);
    app.cache.put(stamp, What::Health, &health, bytes(&health));
    Ok(health)
}

/// About how much memory health takes.
fn bytes(health: &Health) -> usize {
    let causes: usize = health.dimensions.iter().flat_map(|d| &d.reasons).map(|r| r.items.len()).sum();
    4_000 + causes * 240
}

/// The health of every project of the program on the day that is shown.
///
/// # Errors
/// When the database is away.
pub async fn projects(app: &App, entered: &Entered) -> Result<Arc<OfProjects>> {
    let stamp = entered.stamp();
    if let Some(projects) = app.cache.get(stamp, What::ProjectHealth) {
        return Ok(projects);
    }
    let facts = networked(app, entered).await?;
    let projects = compute(facts, move |facts| health::assess_projects(&facts, stamp.day));
    let projects = Arc::new(projects.await?);
    app.cache.put(stamp, What::ProjectHealth, &projects, projects.all().map(bytes).sum());
    Ok(projects)
}

/// What changed after `from`, by the day that is shown or by `to` if that is earlier.
///
/// # Errors
/// When the database is away.
pub async fn changed(
    app: &App,
    entered: &Entered,
    from: NaiveDate,
    to: Option<NaiveDate>,
) -> Result<Arc<Changes>> {
    let to = to.unwrap_or(NaiveDate::MAX).min(entered.day());
    let stamp = Stamp { day: to, ..entered.stamp() };
    if let Some(changes) = app.cache.get(stamp, What::Changes(from)) {
        return Ok(changes);
    }
    let (facts, happened) = tokio::try_join!(facts(app, entered), happened(app, entered, from, to, None))?;
    Ok(told(app, stamp, from, &facts, &happened))
}

/// What became of one item after `from`, by `to`.
///
/// # Errors
/// When the database is away.
pub async fn changed_of(
    app: &App,
    entered: &Entered,
    (from, to): (NaiveDate, NaiveDate),
    item: ItemId,
) -> Result<Changes> {
    let (facts, (events, total)) =
        tokio::try_join!(facts(app, entered), happened(app, entered, from, to, Some(item)))?;
    Ok(changes::tell(&facts, &events, total, from, to))
}

/// Tells what happened after `from`, by the day of the stamp.
fn told(
    app: &App,
    stamp: Stamp,
    from: NaiveDate,
    facts: &Facts,
    (events, total): &(Vec<Happened>, i64),
) -> Arc<Changes> {
    let changes = Arc::new(changes::tell(facts, events, *total, from, stamp.day));
    app.cache.put(stamp, What::Changes(from), &changes, 500 + changes.list.len() * 400);
    changes
}

async fn happened(
    app: &App,
    entered: &Entered,
    from: NaiveDate,
    to: NaiveDate,
    item: Option<ItemId>,
) -> Result<(Vec<Happened>, i64)> {
    let span = Span { after: Some(from), until: Some(to), item, limit: EVENTS, ..Span::default() };
    Ok(store::event::list(&app.db, entered.program().id, entered.key(), &span).await?)
}

/// What a report is written from, read at once: facts of the day that is shown, and what changed after another. What the network
/// says of the day is kept for whatever asks next.
pub(super) struct Grounds {
    pub facts: Arc<Facts>,
    pub changes: Arc<Changes>,
    pub networked: bool,
}

/// Reads all that the day that is shown is told from, with what changed after `from`.
pub(super) async fn grounds(app: &App, entered: &Entered, from: NaiveDate) -> Result<Grounds> {
    let stamp = entered.stamp();
    let changes = app.cache.get::<Changes>(stamp, What::Changes(from));
    let happened = async {
        if changes.is_some() {
            Ok(None)
        } else {
            happened(app, entered, from, stamp.day, None).await.map(Some)
        }
    };
    let (facts, happened, network) =
        tokio::try_join!(facts(app, entered), happened, standing::of(app, stamp))?;
    let changes = match (changes, happened) {
        (Some(changes), _) => changes,
        (None, happened) => told(app, stamp, from, &facts, &happened.unwrap_or_default()),
    };
    Ok(Grounds { facts, changes, networked: network.is_some() })
}

/// The day after which changes are told: the one asked for, as far as it lies before the day that is shown, else
/// [`CHANGED_DAYS`] before it.
#[must_use]
pub fn since(entered: &Entered, asked: Option<NaiveDate>) -> NaiveDate {
    let day = entered.day();
    asked
        .filter(|asked| *asked < day)
        .or_else(|| day.checked_sub_days(Days::new(CHANGED_DAYS)))
        .unwrap_or(NaiveDate::MIN)
}

/// The overview of the day that is shown, with what changed after `since`.
///
/// # Errors
/// When the database is away.
pub async fn overview(app: &App, entered: &Entered, since: NaiveDate) -> Result<Arc<Overview>> {
    let stamp = entered.stamp();
    if let Some(overview) = app.cache.get(stamp, What::Overview(since)) {
        return Ok(overview);
    }
    let watch = Stopwatch::start();
    let Grounds { facts, changes, networked } = grounds(app, entered, since).await?;
    let loaded = watch.elapsed();
    let mut agenda = agenda::agenda(&facts, stamp.day);
    agenda.milestones.truncate(MILESTONES);
    agenda.dependencies.truncate(DEPENDENCIES);
    agenda.decisions.truncate(DECISIONS);
    let listed: Vec<ItemId> = agenda
        .milestones
        .iter()
        .map(|line| line.name.item)
        .chain(agenda.dependencies.iter().map(|line| line.name.item))
        .chain(agenda.decisions.iter().map(|line| line.name.item))
        .collect();
    let cards = async { Ok(store::facts::cards(&app.db, &listed, stamp.day).await?) };
    let programs = [stamp.program];
    let declared = report::declared(app, &programs, entered.as_of());
    let (cards, health, measures, mut declared) =
        tokio::try_join!(cards, health(app, entered), all(app, entered), declared)?;
    let declared = declared.remove(&stamp.program);
    let mut changes = Changes::clone(&changes);
    let changes_told = changes.list.len();
    changes.list.truncate(CHANGES);
    let day = stamp.day;
    let overview =
        Overview { day, health, measures, agenda, cards, changes, changes_told, networked, declared };
    let overview = Arc::new(overview);
    app.cache.put(stamp, What::Overview(since), &overview, 16_000);
    tracing::debug!(versions = facts.versions(), ?loaded, computed = ?watch.elapsed(), "overview made anew");
    Ok(overview)
}

/// The programs that the viewer may see, with where each stands: those that go on before the closed ones, the worst first.
///
/// # Errors
/// When the database is away.
pub async fn portfolio(app: &App, ctx: &Ctx) -> Result<Vec<Standing>> {
    let programs = super::program::visible(app, ctx).await?;
    let stamps: Vec<Stamp> = programs
        .iter()
        .map(|visible| {
            let today = visible.program.today(ctx.now);
            let day = ctx.as_of.filter(|day| *day < today).unwrap_or(today);
            Stamp { program: visible.program.id, beat: (visible.beat, 0), day }
        })
        .collect();
    let mut summaries: HashMap<ProgramId, Arc<Summary>> = stamps
        .iter()
        .filter_map(|stamp| Some((stamp.program, app.cache.get(*stamp, What::Summary)?)))
        .collect();
    // Programs in time zones far apart may be a day apart.
    let mut missing: HashMap<NaiveDate, Vec<Stamp>> = HashMap::new();
    for stamp in stamps.iter().filter(|stamp| !summaries.contains_key(&stamp.program)) {
        missing.entry(stamp.day).or_default().push(*stamp);
    }
    for (day, stamps) in missing {
        let ids: Vec<ProgramId> = stamps.iter().map(|stamp| stamp.program).collect();
        let loaded = async { Ok(store::facts::load(&app.db, &ids, Reach::health(day)).await?) };
        let declared = report::declared(app, &ids, ctx.as_of);
        let (loaded, plan, mut declared) =
            tokio::try_join!(loaded, standing::together(app, &ids, day), declared)?;
        let computed = tokio::task::spawn_blocking(move || {
            let with_plan = |(program, facts)| match &plan {
                Some(plan) if plan.items_of(program).next().is_some() => attach(facts, plan, program),
                _ => facts,
            };
            let facts = ids.into_iter().zip(loaded).map(with_plan);
            facts.map(|facts| summarise(&facts, day)).collect::<Vec<_>>()
        });
        let computed = computed.await.map_err(|error| super::Error::Internal(Box::new(error)))?;
        for (stamp, summary) in stamps.into_iter().zip(computed) {
            let declared = declared.remove(&stamp.program);
            let summary = Arc::new(Summary { declared, ..summary });
            app.cache.put(stamp, What::Summary, &summary, 2_500);
            summaries.insert(stamp.program, summary);
        }
    }
    let mut standings: Vec<Standing> = programs
        .into_iter()
        .zip(stamps)
        .filter_map(|(program, stamp)| {
            let summary = Arc::clone(summaries.get(&stamp.program)?);
            Some(Standing { program, day: stamp.day, summary })
        })
        .collect();
    standings.sort_by_cached_key(|Standing { program, summary, .. }| {
        (program.program.state == ProgramState::Closed, Reverse(summary.gravity()))
    });
    Ok(standings)
}

fn summarise(facts: &Facts, day: NaiveDate) -> Summary {
    let health = health::assess(facts, day, None);
    let agenda = agenda::agenda(facts, day);
    let dimensions = health.dimensions.into_iter().map(|dimension| {
        let reason = dimension.reasons.into_iter().next().map(|reason| reason.text).unwrap_or_default();
        (dimension.dimension, dimension.rag, reason)
    });
    // The next one is the first that is still ahead; where none is, the one that is overdue longest.
    let next = agenda.milestones.iter().find(|ahead| ahead.in_days.is_some_and(|days| days >= 0));
    let next = next.or(agenda.milestones.first()).cloned();
    Summary {
        overall: health.overall,
        softened: health.softened,
        dimensions: dimensions.collect(),
        next,
        counts: agenda.counts,
        declared: None,
    }
}
