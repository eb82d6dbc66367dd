//! Fingerprints of days: whether the plan of a past day would still come out as it did. After a write most past days are as they
//! were, and need not be scheduled anew.

use super::{Held, LinkFact, NodeFact, Of, PlanCalendar, PlanFacts, PlanProgram, PlanProject};
use crate::domain::activity::Activity;
use crate::domain::schedule::Lag;
use chrono::NaiveDate;
use std::hash::{DefaultHasher, Hash, Hasher};

/// A fingerprint of what the plan of each of `days` is made of, names of items left out. It is good in one process.
#[must_use]
pub fn fingerprints(facts: &PlanFacts, days: &[NaiveDate]) -> Vec<u64> {
    let mut common = DefaultHasher::new();
    facts.programs.iter().for_each(|program| program_of(program, &mut common));
    facts.projects.iter().for_each(|project| project_of(project, &mut common));
    let mut prints = vec![common.finish(); days.len()];
    mix(&facts.calendars, days, &mut prints, calendar_of);
    mix(&facts.nodes, days, &mut prints, node_of);
    mix(&facts.links, days, &mut prints, link_of);
    prints
}

/// Mixes what held on each day into its fingerprint, in order.
fn mix<T>(held: &[Held<T>], days: &[NaiveDate], prints: &mut [u64], feed: impl Fn(&T, &mut DefaultHasher)) {
    for one in held {
        let mut hasher = DefaultHasher::new();
        feed(&one.fact, &mut hasher);
        let print = hasher.finish();
        for (slot, day) in prints.iter_mut().zip(days) {
            if one.on(*day) {
                *slot = slot.rotate_left(5).wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ print;
            }
        }
    }
}

fn program_of(program: &PlanProgram, hasher: &mut DefaultHasher) {
    let PlanProgram { id, key: _, name: _, calendar, starts_on } = program;
    (id, starts_on, calendar.week, &calendar.holidays, &calendar.extra_days).hash(hasher);
}

fn project_of(project: &PlanProject, hasher: &mut DefaultHasher) {
    let PlanProject { id, program, key: _, name: _, starts_on } = project;
    (id, program, starts_on).hash(hasher);
}

fn calendar_of(calendar: &PlanCalendar, hasher: &mut DefaultHasher) {
    let PlanCalendar { id, program, name: _, of, calendar } = calendar;
    (id, program, of, &calendar.week).hash(hasher);
    for exception in &calendar.exceptions {
        (exception.from, exception.to, &exception.shifts).hash(hasher);
    }
}

fn node_of(node: &NodeFact, hasher: &mut DefaultHasher) {
    let NodeFact { item, program, kind, number, title: _, state, project, owner: _, of } = node;
    (item, program, kind, number, state, project).hash(hasher);
    match of {
        Of::Activity { own, committed_on } => {
            activity_of(own, hasher);
            committed_on.hash(hasher);
        }
        Of::Milestone { committed_on, forecast_on, achieved_on, computed } => {
            (committed_on, forecast_on, achieved_on, computed).hash(hasher);
        }
        Of::Dependency {
            needed_by,
            promised_by,
            provided_on,
            provider_milestone,
            consumer_milestone,
            raised_on: _,
        } => (needed_by, promised_by, provided_on, provider_milestone, consumer_milestone).hash(hasher),
    }
}

fn activity_of(own: &Activity, hasher: &mut DefaultHasher) {
    let Activity {
        optimistic_days,
        likely_days,
        pessimistic_days,
        remaining_days,
        percent_complete,
        actual_start_on,
        actual_finish_on,
        constraint,
        constraint_on,
        deadline_on,
        calendar,
        parent,
        resources,
    } = own;
    let days = [*optimistic_days, Some(*likely_days), *pessimistic_days, *remaining_days];
    days.map(|days| days.map(f64::to_bits)).hash(hasher);
    (percent_complete, actual_start_on, actual_finish_on, constraint, constraint_on).hash(hasher);
    (deadline_on, calendar, parent).hash(hasher);
    for assigned in resources {
        (assigned.team, assigned.person, assigned.units.to_bits()).hash(hasher);
    }
}

fn link_of(link: &LinkFact, hasher: &mut DefaultHasher) {
    let LinkFact { id, predecessor, successor, kind, lag } = link;
    (id, predecessor, successor, kind).hash(hasher);
    match lag {
        Lag::Working(amount) => (0, amount),
        Lag::Elapsed(amount) => (1, amount),
        Lag::Percent(amount) => (2, amount),
        Lag::ElapsedPercent(amount) => (3, amount),
    }
    .hash(hasher);
}
