//! Where a file's own network would have work earlier than the program has it, for a project begins later, or what it waits for is
//! in another program or no part of a plan: a constraint of the file holds it there, and an import leaves it out.

use super::own::{self, HELD_CONSTRAINT};
use super::schedule::{Scheduled, schedule};
use super::{Plan, Task, TaskConstraint};
use crate::domain::schedule::{Dates, Moment};
use std::collections::{HashMap, HashSet};

/// What is held moves what follows it, so it is looked at again: at most so often.
const ROUNDS: usize = 40;

/// When the program has an item: from its start to its finish.
pub type When = (Moment, Moment);

/// Holds tasks where the program has them, by UID; the names of those that the file still has elsewhere.
pub(super) fn hold(plan: &mut Plan, wanted: &HashMap<i64, When>) -> Vec<String> {
    for _ in 0..ROUNDS {
        let Ok(scheduled) = schedule(plan) else { return Vec::new() };
        let early = early(plan, &scheduled, wanted);
        // What follows something that is too early itself may come right with it.
        let first: Vec<usize> = plan
            .tasks
            .iter()
            .enumerate()
            .filter(|(_, task)| early.contains(&task.uid))
            .filter(|(_, task)| !task.links.iter().any(|link| early.contains(&link.predecessor)))
            .map(|(place, _)| place)
            .collect();
        let mut held = false;
        for place in first {
            let Some(task) = plan.tasks.get_mut(place) else { continue };
            let Some((start, _)) = wanted.get(&task.uid) else { continue };
            if !own::is_held(task, HELD_CONSTRAINT) {
                own::hold(task, HELD_CONSTRAINT);
                task.constraint = TaskConstraint::StartNoEarlierThan(start.date_time());
                held = true;
            }
        }
        if !held {
            break;
        }
    }
    let Ok(scheduled) = schedule(plan) else { return Vec::new() };
    let others = of(plan, &scheduled).filter(|(task, dates)| {
        wanted.get(&task.uid).is_some_and(|(start, finish)| {
            (!task.milestone && start.start_day() != dates.early_start.start_day())
                || finish.finish_day() != dates.early_finish.finish_day()
        })
    });
    others.map(|(task, _)| task.name.clone()).collect()
}

/// Tasks with their dates as the engine has them, and the program.
fn of<'a>(plan: &'a Plan, scheduled: &'a Scheduled) -> impl Iterator<Item = (&'a Task, Dates)> {
    let places = scheduled.converted.tasks.iter().zip(scheduled.engine.all_dates());
    places.filter_map(|(place, dates)| Some((plan.tasks.get(*place)?, dates)))
}

/// The UIDs of what has not begun and the file has earlier than the program.
fn early(plan: &Plan, scheduled: &Scheduled, wanted: &HashMap<i64, When>) -> HashSet<i64> {
    let early = of(plan, scheduled).filter(|(task, dates)| {
        let free = task.constraint == TaskConstraint::AsSoonAsPossible;
        let ahead = !task.summary && task.actual_start.is_none() && task.percent_complete == 0;
        free && ahead && wanted.get(&task.uid).is_some_and(|(start, _)| *start > dates.early_start)
    });
    early.map(|(task, _)| task.uid).collect()
}
