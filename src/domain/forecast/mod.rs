//! When the milestones of a program are reached, with what probability: a [`Plan`] run through thousands of times with other
//! durations and with what may happen; and how [past](past) forecasts fared.
//!
//! Pure: the same plan, risks and parameters give the same forecast, so a scenario's is had by giving its plan.

mod asked;
mod odds;
pub mod past;
#[cfg(test)]
mod tests;

pub use asked::{CORRELATION, DISTRIBUTIONS, MOST_ITERATIONS, Parameters, SEED, Spread, distribution_name};

pub use odds::{Odds, iterations, odds};

use super::ids::{ItemId, ProgramId};
use super::kind::{Kind, Reference};
use super::metrics::stats::median;
use super::plan::{DAY_MINUTES, Of, Plan};
use super::risk::PROBABILITIES;
use super::schedule::simulate::{self, Asked, Driver, DriversOf, Finish, RiskEvent, Target, Watch};
use super::schedule::{DAY, Error, Estimate, Item, ItemIx, Moment, Network, Span};
use chrono::NaiveDate;
use std::collections::HashMap;
use std::num::NonZero;

/// Drivers that are told.
const DRIVERS: usize = 12;
/// Drivers of which the way they move the target is found: among them are some that only go along with others of their project.
const BARS: usize = 40;
/// What is seldom on the way to the target doesn't drive it, however well it goes along with what does.
const LEAST_CRITICALITY: f64 = 0.01;
/// With fewer activities of three points nothing is usual.
pub const LEAST_ESTIMATES: usize = 3;

/// A risk of the register, as far as it matters to dates.
#[derive(Clone, Debug, PartialEq)]
pub struct Threat {
    pub item: ItemId,
    pub program: ProgramId,
    pub number: i32,
    pub title: String,
    /// 1 to 5; `None` until assessed.
    pub probability: Option<i16>,
    pub opportunity: bool,
    /// Optimistic, likely and pessimistic working days.
    pub effect_days: Option<[i32; 3]>,
    pub threatens: Vec<ItemId>,
}

/// Whether a risk took part, and if not, why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// It did: what it threatens of what is open.
    Took(Vec<ItemIx>),
    /// Its probability isn't assessed.
    Unscored,
    /// It has no effect on the schedule.
    NoEffect,
    /// It threatens nothing that is in the schedule.
    NothingThreatened,
    /// What it threatens is done, or a summary, whose dates are its parts'.
    NothingOpen,
    /// It would be for the good.
    Opportunity,
}

/// How an item of the program may finish.
#[derive(Clone, Debug, PartialEq)]
pub struct Standing {
    pub item: ItemIx,
    pub p10: NaiveDate,
    pub p50: NaiveDate,
    pub p80: NaiveDate,
    pub p90: NaiveDate,
    pub mean: NaiveDate,
    /// The date of the schedule without uncertainty.
    pub deterministic: NaiveDate,
    /// The committed date and the chance of meeting it.
    pub committed: Option<(NaiveDate, f64)>,
    /// Who needs it by when, the earliest first.
    pub needs: Vec<Need>,
}

/// A date by which something is needed.
#[derive(Clone, Debug, PartialEq)]
pub struct Need {
    /// The dependency that says so.
    pub dependency: ItemIx,
    pub by: NaiveDate,
    pub chance: f64,
}

/// How many activities had a spread.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Activities {
    /// Open ones of the program, summaries apart.
    pub open: usize,
    /// Of these, those with nothing but a likely duration.
    pub without_spread: usize,
    /// Of the ones without a spread, those that were given the usual one.
    pub given_usual: usize,
    /// Those without a spread in the programs that it hangs together with.
    pub elsewhere: usize,
}

/// A forecast.
#[derive(Clone, Debug, PartialEq)]
pub struct Forecast {
    pub asked: Parameters,
    /// The open milestones and dependencies of the program, and the target, by date.
    pub items: Vec<Standing>,
    /// The item whose curve and drivers are told, by its place among the items.
    pub target: Option<usize>,
    /// The share of the runs that had reached the target by the end of a day; both rise.
    pub curve: Vec<(NaiveDate, f64)>,
    /// The strongest first.
    pub drivers: Vec<Driver>,
    /// As many as the threats that were given, in their order.
    pub parts: Vec<Part>,
    pub activities: Activities,
    /// Whether anything varied: an open activity with a spread, or a risk that took part. Where nothing did, every run gave the same.
    pub varied: bool,
    /// Open milestones and dependencies of the program that have no date and that nothing leads to: of these nothing can be said.
    pub undated: usize,
}

impl Forecast {
    /// How the target may finish.
    #[must_use]
    pub fn towards(&self) -> Option<&Standing> {
        self.items.get(self.target?)
    }
}

/// The open milestone of a program that is reached last; of several on one day the one with the lower number.
#[must_use]
pub fn last_milestone(plan: &Plan, program: ProgramId) -> Option<ItemIx> {
    let open = plan
        .items_of(program)
        .filter(|(ix, node)| node.kind == Kind::Milestone && plan.is_open(*ix) && is_dated(plan, *ix));
    open.max_by_key(|(ix, node)| (plan.finishes_on(*ix), std::cmp::Reverse(node.number))).map(|(ix, _)| ix)
}

/// The open item of a program that a reference names.
#[must_use]
pub fn named(plan: &Plan, program: ProgramId, reference: &Reference) -> Option<ItemIx> {
    let mut items = plan.items_of(program);
    items.find(|(ix, _)| plan.is_open(*ix) && plan.reference(*ix) == *reference).map(|(ix, _)| ix)
}

/// Runs a plan through, towards the items of one program; `watch` tells how far it is.
///
/// # Errors
/// When the plan can't be simulated: durations that reach beyond the year 4000; or when it is stopped.
pub fn forecast(
    plan: &Plan,
    program: ProgramId,
    threats: &[Threat],
    asked: &Parameters,
    watch: &Watch,
) -> Result<Forecast, Error> {
    let mut network = plan.engine().network().clone();
    let activities = spread(plan, program, &mut network, asked.spread);
    let parts: Vec<Part> = threats.iter().map(|threat| part(plan, threat)).collect();
    let risks: Vec<RiskEvent> =
        threats.iter().zip(&parts).filter_map(|(threat, part)| event(threat, part)).collect();
    let open = |ix: ItemIx, item: &Item| plan.is_open(ix) && !plan.is_summary(ix) && varies(item);
    let varied = !risks.is_empty() || (0..).map(ItemIx).zip(&network.items).any(|(ix, item)| open(ix, item));
    let to = asked.to.and_then(|item| plan.find(item)).or_else(|| last_milestone(plan, program));
    let (targets, undated) = targets(plan, program, to);
    let iterations = if varied { NonZero::new(asked.iterations) } else { None };
    let simulated = simulate::simulate_watched(
        &network,
        &Asked {
            seed: asked.seed,
            iterations: iterations.unwrap_or(NonZero::<u32>::MIN),
            distribution: asked.distribution,
            correlation: asked.correlation(),
            risks,
            targets: targets.iter().map(|(target, _)| target.clone()).collect(),
            // Told against its median: of a committed date that is out of reach every driver would say the same.
            drivers_of: to.filter(|_| varied).map(|item| DriversOf { item, by: None, bars: BARS }),
            ..Asked::default()
        },
        watch,
    )?;
    let mut items: Vec<Standing> = simulated
        .finishes
        .iter()
        .zip(&targets)
        .map(|(finish, (_, dependencies))| standing(plan, finish, dependencies))
        .collect();
    items.sort_by_key(|standing| (standing.p80, standing.deterministic, standing.item));
    let towards = items.iter().find(|standing| Some(standing.item) == to);
    let finish = simulated.finishes.iter().find(|finish| Some(finish.item) == to);
    let curve = finish.zip(towards).map(|(finish, standing)| curve(finish, standing)).unwrap_or_default();
    // The risks that took part stand in the engine's list without the others: their place is told among all.
    let places: Vec<u32> =
        (0..).zip(&parts).filter(|(_, part)| matches!(part, Part::Took(_))).map(|(place, _)| place).collect();
    let mut drivers = simulated.drivers;
    for driver in &mut drivers {
        if let simulate::Source::Risk(place) = &mut driver.source {
            *place = places.get(*place as usize).copied().unwrap_or(*place);
        }
    }
    drivers.retain(|driver| {
        let moves =
            driver.bar.as_ref().is_some_and(|bar| bar.low.p50.finish_day() < bar.high.p50.finish_day());
        moves && driver.share > 0.0 && driver.criticality >= LEAST_CRITICALITY
    });
    drivers.truncate(DRIVERS);
    Ok(Forecast {
        asked: *asked,
        target: to.and_then(|to| items.iter().position(|standing| standing.item == to)),
        items,
        curve,
        drivers,
        parts,
        activities,
        varied,
        undated,
    })
}

/// The end of a day, as the moment at which the next begins.
fn end_of(day: NaiveDate) -> Moment {
    Moment(Moment::start_of(day).0.saturating_add(DAY))
}

fn varies(item: &Item) -> bool {
    item.estimate.is_some_and(|points| points.optimistic < points.pessimistic)
}

/// Counts the activities without a spread, and gives them the usual one if that is asked for.
fn spread(plan: &Plan, program: ProgramId, network: &mut Network, asked: Spread) -> Activities {
    let usual = if asked == Spread::Usual { usual(plan, network) } else { HashMap::new() };
    let mut counted = Activities::default();
    for ((ix, node), item) in plan.items().zip(&mut network.items) {
        let is_activity = matches!(node.of, Of::Activity { .. });
        if !is_activity || !plan.is_open(ix) || plan.is_summary(ix) {
            continue;
        }
        let own = node.program == program;
        counted.open += usize::from(own);
        let Span::Working(likely) = item.duration else { continue };
        if varies(item) || likely == 0 {
            continue;
        }
        counted.without_spread += usize::from(own);
        counted.elsewhere += usize::from(!own);
        if let Some((low, high)) = usual.get(&node.program) {
            let share = |part: f64| {
                #[expect(clippy::cast_possible_truncation, reason = "a share of what fits, clamped")]
                let minutes = (f64::from(likely) * part / 1000.0).round().clamp(0.0, 1e9) as i32;
                minutes
            };
            item.estimate = Some(Estimate {
                optimistic: share(*low).min(likely),
                likely,
                pessimistic: share(*high).max(likely),
            });
            counted.given_usual += usize::from(own);
        }
    }
    counted
}

/// For each program the medians of optimistic and of pessimistic durations, in thousandths of the likely ones, of its activities
/// with three points, done ones among them.
fn usual(plan: &Plan, network: &Network) -> HashMap<ProgramId, (f64, f64)> {
    let mut shares: HashMap<ProgramId, (Vec<i64>, Vec<i64>)> = HashMap::new();
    for ((_, node), item) in plan.items().zip(&network.items) {
        let Some(points) = item.estimate.filter(|points| points.likely > 0 && varies(item)) else { continue };
        let share = |minutes: i32| i64::from(minutes) * 1000 / i64::from(points.likely);
        let (low, high) = shares.entry(node.program).or_default();
        low.push(share(points.optimistic));
        high.push(share(points.pessimistic));
    }
    let medians = shares.into_iter().filter_map(|(program, (mut low, mut high))| {
        low.sort_unstable();
        high.sort_unstable();
        let enough = low.len() >= LEAST_ESTIMATES;
        Some((program, (median(&low)?, median(&high)?))).filter(|_| enough)
    });
    medians.collect()
}

/// Whether a risk takes part.
fn part(plan: &Plan, threat: &Threat) -> Part {
    if threat.opportunity {
        return Part::Opportunity;
    }
    if threat.probability.is_none() {
        return Part::Unscored;
    }
    if threat.effect_days.is_none_or(|[.., worst]| worst <= 0) {
        return Part::NoEffect;
    }
    let there: Vec<ItemIx> = threat.threatens.iter().filter_map(|item| plan.find(*item)).collect();
    if there.is_empty() {
        return Part::NothingThreatened;
    }
    let open: Vec<ItemIx> =
        there.into_iter().filter(|ix| plan.is_open(*ix) && !plan.is_summary(*ix)).collect();
    if open.is_empty() { Part::NothingOpen } else { Part::Took(open) }
}

/// A risk as the simulation takes it.
fn event(threat: &Threat, part: &Part) -> Option<RiskEvent> {
    let Part::Took(threatens) = part else { return None };
    let [optimistic, likely, pessimistic] = threat.effect_days?.map(|days| {
        #[expect(clippy::cast_possible_truncation, reason = "clamped to what fits")]
        let minutes = (f64::from(days.max(0)) * DAY_MINUTES).clamp(0.0, 1e9) as i32;
        minutes
    });
    let level = usize::try_from(threat.probability?).ok()?.checked_sub(1)?;
    Some(RiskEvent {
        probability: *PROBABILITIES.get(level)?,
        effect: Estimate { optimistic, likely, pessimistic },
        threatens: threatens.clone(),
    })
}

/// What is asked about: each target, with the dates whose chances are asked (its committed date first, if it has one), and the
/// dependencies that the others are of. And how many can't be asked about, for they have no date.
fn targets(plan: &Plan, program: ProgramId, to: Option<ItemIx>) -> (Vec<(Target, Vec<ItemIx>)>, usize) {
    let mut needs: HashMap<ItemId, Vec<(NaiveDate, ItemIx)>> = HashMap::new();
    for (ix, node) in plan.items().filter(|(ix, _)| plan.is_open(*ix)) {
        if let Of::Dependency { needed_by: Some(by), provider_milestone, .. } = &node.of {
            needs.entry(node.item).or_default().push((*by, ix));
            if let Some(provider) = provider_milestone {
                needs.entry(*provider).or_default().push((*by, ix));
            }
        }
    }
    let listed = |ix: ItemIx| {
        let node = plan.node(ix);
        node.program == program && node.kind != Kind::Activity && plan.is_open(ix)
    };
    let undated = plan.items().filter(|(ix, _)| listed(*ix) && !is_dated(plan, *ix)).count();
    let wanted = plan.items().filter(|(ix, _)| listed(*ix) && is_dated(plan, *ix) || Some(*ix) == to);
    let targets = wanted
        .map(|(ix, node)| {
            let mut needs = needs.remove(&node.item).unwrap_or_default();
            needs.sort_unstable();
            let by = committed(plan, ix).into_iter().chain(needs.iter().map(|(by, _)| *by)).map(end_of);
            (Target { item: ix, by: by.collect() }, needs.into_iter().map(|(_, ix)| ix).collect())
        })
        .collect();
    (targets, undated)
}

/// Whether anything says when it is: the network, or somebody.
fn is_dated(plan: &Plan, ix: ItemIx) -> bool {
    plan.is_computed(ix) || plan.stated_on(ix).or(plan.committed_on(ix)).is_some()
}

/// The committed date; what a dependency is needed by is a need.
fn committed(plan: &Plan, ix: ItemIx) -> Option<NaiveDate> {
    plan.committed_on(ix).filter(|_| plan.node(ix).kind != Kind::Dependency)
}

fn standing(plan: &Plan, finish: &Finish, dependencies: &[ItemIx]) -> Standing {
    let mut chances = finish.chances.iter().copied();
    let committed = committed(plan, finish.item).and_then(|on| Some((on, chances.next()?)));
    let needs = dependencies.iter().zip(chances).filter_map(|(dependency, chance)| {
        Some(Need { dependency: *dependency, by: plan.committed_on(*dependency)?, chance })
    });
    Standing {
        item: finish.item,
        p10: finish.p10.finish_day(),
        p50: finish.p50.finish_day(),
        p80: finish.p80.finish_day(),
        p90: finish.p90.finish_day(),
        mean: finish.mean.finish_day(),
        deterministic: plan.finishes_on(finish.item),
        committed,
        needs: needs.collect(),
    }
}

/// The curve by days. The days of the percentiles and of the dates whose chances were asked are exact.
fn curve(finish: &Finish, standing: &Standing) -> Vec<(NaiveDate, f64)> {
    let by_day: Vec<_> = finish.curve.iter().map(|(moment, share)| (moment.finish_day(), *share)).collect();
    let marks =
        [(standing.p10, 0.1), (standing.p50, 0.5), (standing.p80, 0.8), (standing.p90, 0.9)].into_iter();
    let needs = standing.needs.iter().map(|need| (need.by, need.chance));
    let (Some(first), Some(last)) = (by_day.first(), by_day.last()) else { return Vec::new() };
    // A date on which it is certain or out of the question is no point of the curve.
    let asked =
        standing.committed.into_iter().chain(needs).filter(|(day, _)| (first.0..=last.0).contains(day));
    let mut points: Vec<(NaiveDate, f64)> = by_day.iter().copied().chain(marks).chain(asked).collect();
    points.sort_by(|(day, share), (other, than)| day.cmp(other).then(share.total_cmp(than)));
    let mut curve: Vec<(NaiveDate, f64)> = Vec::with_capacity(points.len());
    for (day, share) in points {
        match curve.last_mut() {
            Some(point) if point.0 == day => point.1 = share,
            _ => curve.push((day, share)),
        }
    }
    curve
}
