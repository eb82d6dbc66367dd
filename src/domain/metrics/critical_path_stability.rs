//! Metric 6: critical path stability.

use super::standing::before;
use super::{Amount, Contribution, Figure, Shown, Tally};
use crate::domain::facts::Facts;
use crate::domain::ids::ItemId;
use crate::domain::plan::{Compared, Networked, compare};
use crate::domain::words;
use chrono::NaiveDate;
use serde::Serialize;
use std::collections::BTreeMap;

/// The number of last weeks of which the share is taken.
pub const STABILITY_WEEKS: usize = 13;

/// What is shown beside critical path stability.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct CriticalPathStability {
    /// Open milestones and activities that are critical on the as-of day.
    pub critical: Option<usize>,
    /// The last weeks that can be compared with the one before, oldest first.
    pub weeks: Vec<StabilityWeek>,
}

/// A week against the one before.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StabilityWeek {
    /// Its last day.
    pub date: NaiveDate,
    pub changed: bool,
    /// Jaccard similarity of the critical items of both ends, without what was finished.
    pub similarity: f64,
    /// What became critical, and what is no longer without having been finished.
    pub came: Vec<String>,
    pub went: Vec<String>,
}

/// The last weeks to `day` that can be compared, oldest first.
fn compared(network: &Networked, day: NaiveDate) -> Vec<Compared> {
    let ends: Vec<_> =
        (0..).take(STABILITY_WEEKS + 1).map(|week: i64| network.week(before(day, 7 * week))).collect();
    let pairs = ends.windows(2).rev().filter_map(|pair| {
        let [now, was] = pair else { return None };
        compare((*was)?, (*now)?)
    });
    pairs.collect()
}

pub(super) fn amounts(facts: &Facts, days: &[NaiveDate]) -> Vec<Amount> {
    let Some(network) = &facts.network else { return vec![Amount::default(); days.len()] };
    let amount = |day: &NaiveDate| {
        let mut unchanged = Tally::default();
        for week in compared(network, *day) {
            unchanged.count(!week.changed());
        }
        unchanged.amount()
    };
    days.iter().map(amount).collect()
}

/// How often an item came and went.
#[derive(Clone, Copy, Default)]
struct Moved {
    came: i64,
    went: i64,
    last: Option<NaiveDate>,
}

pub(super) fn rows(facts: &Facts, day: NaiveDate) -> Vec<Contribution> {
    let Some(network) = &facts.network else { return Vec::new() };
    let mut moved: BTreeMap<ItemId, Moved> = BTreeMap::new();
    for week in compared(network, day) {
        for item in &week.came {
            let moved = moved.entry(*item).or_default();
            (moved.came, moved.last) = (moved.came + 1, Some(week.day));
        }
        for item in &week.went {
            let moved = moved.entry(*item).or_default();
            (moved.went, moved.last) = (moved.went + 1, Some(week.day));
        }
    }
    let critical = network.week(day).and_then(|week| week.critical.as_ref());
    let row = |(item, moved): (ItemId, Moved)| {
        let name = network.names.get(&item)?;
        let now = if critical.is_some_and(|critical| critical.contains(&item)) { "yes" } else { "no" };
        let figures = [
            ("Became critical", Shown::Count(moved.came)),
            ("No longer critical", Shown::Count(moved.went)),
            ("Last in the week to", moved.last.into()),
            ("Critical now", Shown::Text(now)),
        ];
        Some(Contribution {
            item: Some(item),
            kind: name.kind,
            number: name.number,
            title: name.title.clone(),
            outcome: match (moved.came, moved.went) {
                (_, 0) => "came",
                (0, _) => "went",
                _ => "came and went",
            },
            good: None,
            figures: figures.into_iter().map(|(label, value)| Figure { label, value }).collect(),
            counts: true,
            // The value is of weeks, not of the items that moved in them.
            gives: None,
        })
    };
    moved.into_iter().filter_map(row).collect()
}

pub(super) fn detail(facts: &Facts, day: NaiveDate) -> CriticalPathStability {
    let Some(network) = &facts.network else { return CriticalPathStability::default() };
    let named = |items: &std::collections::BTreeSet<ItemId>| {
        let mut names: Vec<_> = items.iter().filter_map(|item| network.names.get(item)).collect();
        names.sort_by_key(|name| (name.kind, name.number));
        names.into_iter().map(|name| name.reference(&facts.key).to_string()).collect()
    };
    CriticalPathStability {
        critical: network.week(day).and_then(|week| Some(week.critical.as_ref()?.len())),
        weeks: compared(network, day)
            .iter()
            .map(|week| StabilityWeek {
                date: week.day,
                changed: week.changed(),
                similarity: week.similarity,
                came: named(&week.came),
                went: named(&week.went),
            })
            .collect(),
    }
}

pub(super) fn absence(facts: &Facts, day: NaiveDate) -> String {
    let linked = facts.network.as_ref().and_then(|network| network.week(day)?.critical.as_ref());
    let day = words::day(day);
    if linked.is_none() {
        format!("Nothing of the program was linked on {day}, so there was no critical path.")
    } else {
        format!(
            "The network that stood on {day} is less than a week old, so there is nothing to compare it with."
        )
    }
}
