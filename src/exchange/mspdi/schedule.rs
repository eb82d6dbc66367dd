//! A plan scheduled: the engine's dates, told as Microsoft Project tells them.

use super::Plan;
use super::network::{Converted, network};
use crate::domain::schedule::time::Clock;
use crate::domain::schedule::{Dates, Engine, Error, ItemIx, Lag, LinkKind, Moment, Span};

/// A plan's schedule. Items are those of [`Converted`].
pub struct Scheduled {
    /// Without its network, which the engine holds.
    pub converted: Converted,
    pub engine: Engine,
    pub finish: Moment,
    /// In the order of the items.
    pub dates: Vec<Dates>,
    /// The items that determine when each starts.
    pub driving: Vec<Vec<ItemIx>>,
    /// The longest path to the finish, in its order.
    pub critical_path: Vec<ItemIx>,
}

/// Schedules a plan.
///
/// # Errors
/// What keeps it from being scheduled; tasks are named by their reference and name.
pub fn schedule(plan: &Plan) -> Result<Scheduled, Error> {
    let mut converted = network(plan);
    let engine = Engine::new(std::mem::take(&mut converted.network))?;
    let network = engine.network();
    let items = || (0..).map(ItemIx).take(network.items.len());
    let mut dates = engine.all_dates();
    let driving = items()
        .map(|item| {
            let links = engine.driving(item).into_iter();
            let mut by: Vec<_> = links
                .filter_map(|link| network.links.get(link.0 as usize))
                .map(|link| link.predecessor)
                .collect();
            by.sort_unstable();
            by.dedup();
            by
        })
        .collect();
    let mut leaf = vec![true; network.items.len()];
    for parent in network.items.iter().filter_map(|item| item.parent) {
        if let Some(leaf) = leaf.get_mut(parent.0 as usize) {
            *leaf = false;
        }
    }
    let last = items()
        .zip(&dates)
        .zip(&leaf)
        .filter(|(_, leaf)| **leaf)
        .map(|((item, dates), _)| (item, dates.early_finish))
        .reduce(|last, next| if next.1 >= last.1 { next } else { last });
    let critical_path = last.map(|(item, _)| engine.path_to(item)).unwrap_or_default();
    started_by(&engine, &mut dates);
    let finish = engine.finish();
    Ok(Scheduled { converted, engine, finish, dates, driving, critical_path })
}

/// What finishes when another starts (a link from start to finish, without lag) finishes at that start: on Monday at 8:00, where
/// the engine, for which the two are the same, says Friday at 17:00.
fn started_by(engine: &Engine, dates: &mut [Dates]) {
    let network = engine.network();
    for link in &network.links {
        if link.kind != LinkKind::StartFinish || !matches!(link.lag, Lag::Working(0) | Lag::Elapsed(0)) {
            continue;
        }
        let (Some(from), Some(item)) =
            (dates.get(link.predecessor.0 as usize), network.items.get(link.successor.0 as usize))
        else {
            continue;
        };
        let start = from.early_start;
        let Some(to) = dates.get_mut(link.successor.0 as usize) else { continue };
        let begun = item.progress.actual_start.is_some() || item.progress.actual_finish.is_some();
        if begun
            || to.early_finish >= start
            || !matches!(item.duration, Span::Working(minutes) if minutes > 0)
        {
            continue;
        }
        let Some(calendar) = network.calendars.get(item.calendar.0 as usize) else { continue };
        let clock = Clock::compile(calendar);
        if clock.work_at(to.early_finish) == clock.work_at(start) {
            to.early_finish = start;
        }
    }
}
