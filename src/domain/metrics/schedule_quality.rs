//! Metric 22: schedule quality.

use super::{Amount, Contribution, Figure, Shown, Verdict};
use crate::domain::agenda::Name;
use crate::domain::facts::Facts;
use crate::domain::ids::ItemId;
use crate::domain::plan::{Check, Quality};
use crate::domain::words;
use chrono::NaiveDate;
use serde::Serialize;
use std::collections::BTreeMap;

/// What is shown beside schedule quality.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ScheduleQuality {
    pub met: usize,
    pub judged: usize,
    /// All fourteen, where there is a network.
    pub points: Vec<QualityPoint>,
}

/// A point of the assessment.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct QualityPoint {
    pub check: Check,
    pub name: &'static str,
    pub number: Option<f64>,
    pub denominator: Option<f64>,
    pub value: Option<f64>,
    /// In words.
    pub threshold: &'static str,
    pub verdict: Option<Verdict>,
    /// Why there is no verdict.
    pub reason: Option<&'static str>,
    /// The items that speak against it.
    pub offenders: Vec<String>,
}

pub(super) fn amounts(facts: &Facts, days: &[NaiveDate]) -> Vec<Amount> {
    let amount = |day: &NaiveDate| {
        let counts = facts.network.as_ref().and_then(|network| network.week(*day)?.quality);
        counts.map_or_else(Amount::default, |(met, judged)| {
            let count = |number| i64::try_from(number).unwrap_or(i64::MAX);
            Amount::ratio(count(met), count(judged))
        })
    };
    days.iter().map(amount).collect()
}

/// The assessment of the day, where it is known whole.
fn whole(facts: &Facts, day: NaiveDate) -> Option<&Quality> {
    facts.network.as_ref().filter(|network| network.day == day)?.quality.as_deref()
}

pub(super) fn rows(facts: &Facts, day: NaiveDate) -> Vec<Contribution> {
    let Some(quality) = whole(facts, day) else { return Vec::new() };
    let mut found: BTreeMap<ItemId, (&Name, Vec<Check>)> = BTreeMap::new();
    for point in quality.points.iter().filter(|point| point.met == Some(false)) {
        for name in &point.offenders {
            found.entry(name.item).or_insert_with(|| (name, Vec::new())).1.push(point.check);
        }
    }
    let row = |(item, (name, checks)): (ItemId, (&Name, Vec<Check>))| Contribution {
        item: Some(item),
        kind: name.kind,
        number: name.number,
        title: name.title.clone(),
        outcome: checks.first().map_or("", |check| check.label()),
        good: Some(false),
        figures: vec![Figure {
            label: "Points missed by it",
            value: Shown::Count(i64::try_from(checks.len()).unwrap_or(i64::MAX)),
        }],
        counts: true,
        // The value is of points, not of the items that speak against them.
        gives: None,
    };
    found.into_iter().map(row).collect()
}

pub(super) fn detail(facts: &Facts, day: NaiveDate) -> ScheduleQuality {
    let Some(quality) = whole(facts, day) else { return ScheduleQuality::default() };
    let (met, judged) = quality.counts();
    let points = quality.points.iter().map(|point| QualityPoint {
        check: point.check,
        name: point.check.label(),
        number: point.number,
        denominator: point.denominator,
        value: point.value,
        threshold: point.check.threshold_text(),
        verdict: point.met.map(|met| if met { Verdict::Met } else { Verdict::Missed }),
        reason: point.reason,
        offenders: point.offenders.iter().map(|name| name.reference(&facts.key).to_string()).collect(),
    });
    ScheduleQuality { met, judged, points: points.collect() }
}

pub(super) fn absence(day: NaiveDate) -> String {
    let day = words::day(day);
    format!("No activity was planned and nothing was linked on {day}, so there was no schedule to assess.")
}
