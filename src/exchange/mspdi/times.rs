//! Times of the day that a program can't hold, for it counts in days: all that doesn't begin or end the work of its day.

use super::{Plan, Task, TaskConstraint};
use crate::domain::work_calendar::WorkCalendar;
use chrono::{Datelike, NaiveDateTime, Timelike};

/// How many are named.
const EXAMPLES: usize = 3;

/// Times of the day that are dropped: how many, and the first of them by task and element.
#[derive(Debug, Default)]
pub(super) struct Dropped {
    pub(super) count: usize,
    pub(super) examples: Vec<String>,
}

/// Finds the times of the day that a program doesn't take over.
pub(super) fn dropped(plan: &Plan, usual: &WorkCalendar) -> Dropped {
    let mut dropped = Dropped::default();
    if let Some(start) = plan.start {
        dropped.look(usual, start, || format!("StartDate {}", told(start)));
    }
    for task in plan.tasks.iter().filter(|task| task.uid != 0 && !task.inactive) {
        for (element, at) in dates(task) {
            dropped.look(usual, at, || format!("task {} “{}” {element} {}", task.uid, task.name, told(at)));
        }
    }
    dropped
}

impl Dropped {
    fn look(&mut self, usual: &WorkCalendar, at: NaiveDateTime, say: impl FnOnce() -> String) {
        if !is_of_the_day(usual, at) {
            self.count += 1;
            if self.examples.len() < EXAMPLES {
                self.examples.push(say());
            }
        }
    }
}

fn told(at: NaiveDateTime) -> String {
    at.format("%Y-%m-%d %H:%M").to_string()
}

/// The dates of a task that a program takes over.
fn dates(task: &Task) -> impl Iterator<Item = (&'static str, NaiveDateTime)> {
    let constraint = match task.constraint {
        TaskConstraint::AsSoonAsPossible | TaskConstraint::AsLateAsPossible => None,
        TaskConstraint::MustStartOn(at)
        | TaskConstraint::MustFinishOn(at)
        | TaskConstraint::StartNoEarlierThan(at)
        | TaskConstraint::StartNoLaterThan(at)
        | TaskConstraint::FinishNoEarlierThan(at)
        | TaskConstraint::FinishNoLaterThan(at) => Some(at),
    };
    let milestone = task.milestone && !task.summary;
    let committed = task.baselines.iter().find(|one| one.number == 0).and_then(|one| one.finish);
    [
        ("ConstraintDate", constraint.filter(|_| !milestone)),
        ("Deadline", task.deadline.filter(|_| !milestone)),
        ("ActualStart", task.actual_start.filter(|_| !milestone && !task.summary)),
        ("ActualFinish", task.actual_finish.filter(|_| !task.summary)),
        ("Finish", task.finish.filter(|_| milestone && task.actual_finish.is_none())),
        ("Baseline/Finish", committed),
    ]
    .into_iter()
    .filter_map(|(element, at)| Some((element, at?)))
}

/// Whether a time is the beginning or the end of its day, or of the work that is done on it.
fn is_of_the_day(usual: &WorkCalendar, at: NaiveDateTime) -> bool {
    let minute = at.hour() * 60 + at.minute();
    if minute == 0 || minute == 23 * 60 + 59 {
        return true;
    }
    let day = at.date();
    let differs = usual.exceptions.iter().rev().find(|one| one.from <= day && day <= one.to);
    let of_week = usual.week.get(day.weekday().num_days_from_monday() as usize);
    let shifts = differs.map(|one| &one.shifts).or(of_week).filter(|shifts| !shifts.is_empty());
    // On a day off, as on the first day of the week that isn't.
    let Some(shifts) = shifts.or_else(|| usual.week.iter().find(|day| !day.is_empty())) else { return true };
    let first = shifts.iter().map(|shift| shift.0).min();
    let last = shifts.iter().map(|shift| shift.1).max();
    [first, last].into_iter().flatten().any(|edge| u32::from(edge) == minute)
}
