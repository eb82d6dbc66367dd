//! When things finish, with what probability: the network scheduled thousands of times, each time with other durations.
//!
//! An iteration draws each duration between its three points, each risk's occurrence and effect, and makes the forward pass with
//! the calendars, lags, constraints and progress of the [schedule](super). The same seed gives the same results, to the minute, on
//! any number of threads and with any vector instructions; an item keeps its numbers when others are added after it, so that two
//! variants of a plan differ by what was changed and not by chance.
//!
//! What isn't drawn: lags, also those that are a share of a duration, and what is done already. What is to be as late as possible
//! is scheduled as soon as possible, which moves nothing that follows it.

mod common;
mod compile;
mod draw;
mod drivers;
mod lanes;
mod program;
mod random;
mod rank;
mod run;
#[cfg(test)]
mod tests;
mod watch;
mod words;

pub use draw::Distribution;
pub use drivers::{Bar, Driver, Over, Source, Swing};
pub use watch::Watch;
pub use words::{Words, in_words};

use super::network::{Absent, at};
use super::pass::{moment, position_by};
use super::time::Clock;
use super::{Error, Estimate, ItemIx, Moment, Network};
use compile::{Compiled, compile};
use std::num::NonZero;

/// What is asked of a simulation.
#[derive(Clone, Debug)]
pub struct Asked {
    pub seed: u64,
    pub iterations: NonZero<u32>,
    pub distribution: Distribution,
    /// The rank correlation, from 0 to 1, of the durations of two items of one [`super::Item::group`].
    pub correlation: f64,
    pub risks: Vec<RiskEvent>,
    /// The items whose finish is asked.
    pub targets: Vec<Target>,
    /// What drives the finish of this item is asked too.
    pub drivers_of: Option<DriversOf>,
    /// As many threads as the machine has cores, unless told.
    pub threads: Option<NonZero<usize>>,
    /// Under which number each item draws; what isn't told draws under its place. By them an item that stands elsewhere in a
    /// variant of the plan draws the same.
    pub numbers: Vec<u32>,
}

impl Default for Asked {
    fn default() -> Self {
        Self {
            seed: 0,
            iterations: ITERATIONS,
            distribution: Distribution::default(),
            correlation: 0.0,
            risks: Vec::new(),
            targets: Vec::new(),
            drivers_of: None,
            threads: None,
            numbers: Vec::new(),
        }
    }
}

/// With as many, a P80 is within a hundredth of where more would have it.
pub const ITERATIONS: NonZero<u32> = NonZero::new(10_000).unwrap();

/// Something that may happen, and delays if it does.
#[derive(Clone, Debug, PartialEq)]
pub struct RiskEvent {
    /// From 0 to 1.
    pub probability: f64,
    /// By how much it delays, in minutes of the durations of what it threatens.
    pub effect: Estimate,
    /// Each of these takes longer by the effect; a milestone is later by it.
    pub threatens: Vec<ItemIx>,
}

/// An item whose finish is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    pub item: ItemIx,
    /// Moments for which the probability of finishing by then is asked: the committed one, the needed-by one.
    pub by: Vec<Moment>,
}

/// What drives a finish.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DriversOf {
    pub item: ItemIx,
    /// How often a driver makes it later than this is told; none: than its median.
    pub by: Option<Moment>,
    /// How many drivers get a bar of the tornado, the strongest first.
    pub bars: usize,
}

/// What the iterations come to.
#[derive(Clone, Debug, PartialEq)]
pub struct Simulated {
    /// As many as [`Asked::targets`], in their order.
    pub finishes: Vec<Finish>,
    /// The strongest first: by sensitivity, then by criticality.
    pub drivers: Vec<Driver>,
}

/// How the finish of an item spreads.
#[derive(Clone, Debug, PartialEq)]
pub struct Finish {
    pub item: ItemIx,
    /// Moments by which a tenth, half, 80 % and 90 % of the runs finished.
    pub p10: Moment,
    pub p50: Moment,
    pub p80: Moment,
    pub p90: Moment,
    /// The mean in working time of the item's calendar.
    pub mean: Moment,
    /// Shares of the runs that finished by moments spaced evenly in working time, from the first finish to the last.
    pub curve: Vec<(Moment, f64)>,
    /// The share of the runs that finished by each of [`Target::by`].
    pub chances: Vec<f64>,
}

/// Points of a curve.
const POINTS: i64 = 60;
/// Samples that are kept at a time, unless one item has more: 64 MB.
const SAMPLES: usize = 16 << 20;

/// Runs a simulation.
///
/// # Errors
/// What keeps the network from being scheduled, as for [`super::Engine::new`]; items of targets, risks and drivers that don't exist; and
/// durations that could reach beyond the year 4000.
pub fn simulate(network: &Network, asked: &Asked) -> Result<Simulated, Error> {
    simulate_watched(network, asked, &Watch::default())
}

/// The same, watched from outside.
///
/// # Errors
/// As for [`simulate`], and [`Error::Stopped`].
pub fn simulate_watched(network: &Network, asked: &Asked, watch: &Watch) -> Result<Simulated, Error> {
    let going = || if watch.is_stopped() { Err(Error::Stopped) } else { Ok(()) };
    going()?;
    let Compiled { program, step_of } = compile(network, &Absent::default(), asked)?;
    let step = |item: ItemIx| step_of.get(at(item.0)).copied().flatten().ok_or(Error::NoItem(item.0));
    let threads = run::threads(asked.threads);
    let iterations = asked.iterations.get();
    let steps: Vec<u32> = asked.targets.iter().map(|target| step(target.item)).collect::<Result<_, _>>()?;
    let mut driven = asked.drivers_of.map(|of| Ok((of, step(of.item)?))).transpose()?;
    let mut simulated = Simulated { finishes: Vec::with_capacity(steps.len()), drivers: Vec::new() };
    let mut left = (asked.targets.as_slice(), steps.as_slice());
    let at_once = (SAMPLES / iterations as usize).max(1);
    let rounds = left.0.len().div_ceil(at_once).max(1);
    watch.begin(u64::try_from(rounds).unwrap_or(u64::MAX).saturating_mul(u64::from(iterations)));
    while !left.0.is_empty() || driven.is_some() {
        let now = left.0.len().min(at_once);
        let (targets, steps) = (&left.0[..now], &left.1[..now]);
        left = (&left.0[now..], &left.1[now..]);
        let driven = driven.take();
        let kept: Vec<u32> = steps.iter().copied().chain(driven.map(|(_, step)| step)).collect();
        let (program, places) = program.reaching(&kept);
        let target = driven.and_then(|_| places.last().copied());
        let ran = run::run(&program, &places, target, iterations, threads, watch);
        going()?;
        let mut found: Vec<Option<Finish>> = vec![None; now];
        run::in_parallel(
            threads,
            found.iter_mut().zip(targets).zip(&places).enumerate(),
            || (),
            |(), (nth, ((found, target), place))| {
                let axis = program.clock(program.steps[*place].axis);
                *found = Some(finish(axis, target, &rank::sorted(&ran.samples.of(nth))));
            },
            |()| (),
        );
        simulated.finishes.extend(found.into_iter().flatten());
        if let Some((of, _)) = driven {
            simulated.drivers = drivers::drivers(&program, &ran, (places[now], now), of, threads, watch);
            going()?;
        }
    }
    Ok(simulated)
}

/// The finish of an item, from positions on its axis in ascending order.
fn finish(axis: &Clock, target: &Target, sorted: &[i32]) -> Finish {
    let at = |position: i32| moment(axis, i64::from(position));
    let quantile = |percent| at(rank::quantile(sorted, percent));
    let sum: i64 = sorted.iter().map(|position| i64::from(*position)).sum();
    let count = i64::try_from(sorted.len()).unwrap_or(i64::MAX).max(1);
    let (first, last) = (sorted.first().copied().unwrap_or(0), sorted.last().copied().unwrap_or(0));
    let (from, width) = (i64::from(first), i64::from(last) - i64::from(first));
    let curve = (0..POINTS).map(|point| {
        let position =
            if point == POINTS - 1 { from + width } else { from + (width * point / (POINTS - 1) / 2) * 2 };
        (moment(axis, position), rank::share(sorted, program::near(position)))
    });
    let chance = |by: &Moment| rank::share(sorted, program::near(position_by(axis, *by)));
    Finish {
        item: target.item,
        p10: quantile(10),
        p50: quantile(50),
        p80: quantile(80),
        p90: quantile(90),
        // The nearest position at which work ends; what is certain is where it is.
        mean: moment(axis, if width == 0 { from } else { (sum + count).div_euclid(2 * count) * 2 }),
        curve: curve.collect(),
        chances: target.by.iter().map(chance).collect(),
    }
}
