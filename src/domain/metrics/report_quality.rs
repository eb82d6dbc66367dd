//! Metric 15: report quality.

use super::greenwash::published;
use super::{Amount, Contribution, Shown, Window, each, row, stats, targets_at};
use crate::domain::facts::{Facts, Rating, Record, ReportFact, Track};
use crate::domain::ids::ItemId;
use chrono::NaiveDate;
use serde::Serialize;
use std::collections::HashMap;

/// What is shown beside report quality.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ReportQuality {
    /// Published in the window.
    pub reports: u32,
    /// Of these, those that somebody rated.
    pub rated: u32,
    pub ratings: u32,
}

/// Shows `visit` the ratings of each report that was published in the window of each of the days, as known on it.
fn each_report(
    facts: &Facts,
    days: &[NaiveDate],
    window_days: i64,
    mut visit: impl FnMut(usize, &Track<ReportFact>, NaiveDate, Vec<&Rating>),
) {
    let mut ratings: HashMap<ItemId, Vec<&Record<Rating>>> = HashMap::new();
    for record in &facts.governance.ratings {
        ratings.entry(record.fact.report).or_default().push(record);
    }
    each(&facts.governance.reports, days, |index, day, track, fact| {
        let window = Window::ending(day, window_days);
        if let Some(on) = published(fact, day).filter(|on| window.contains(*on)) {
            let of = ratings.get(&track.item).map(Vec::as_slice).unwrap_or_default();
            let known = of.iter().filter_map(|record| record.at(day)).filter(|rating| rating.on <= day);
            visit(index, track, on, known.collect());
        }
    });
}

pub(super) fn amounts(facts: &Facts, days: &[NaiveDate], window_days: i64) -> Vec<Amount> {
    let mut sums = vec![(0, 0); days.len()];
    each_report(facts, days, window_days, |index, _, _, ratings| {
        for rating in ratings {
            sums[index].0 += rating.value;
            sums[index].1 += 1;
        }
    });
    sums.into_iter().map(|(sum, count)| Amount::ratio(sum, count)).collect()
}

pub(super) fn rows(facts: &Facts, window: Window) -> Vec<Contribution> {
    let target = targets_at(facts, window.to).report_quality;
    let mut rows = Vec::new();
    each_report(
        facts,
        &[window.to],
        super::standing::days_between(window.from, window.to),
        |_, track, on, mut ratings| {
            ratings.sort_by_key(|rating| (rating.on, rating.value));
            let mut push = |rating: Option<&Rating>| {
                rows.push(
                    row(
                        track,
                        rating.is_some(),
                        if rating.is_some() { "rated" } else { "left out: not rated" },
                        rating.map(|rating| stats::float(rating.value) >= target),
                        [
                            ("Published", on.into()),
                            ("Rated", rating.map(|rating| rating.on).into()),
                            ("Rating", rating.map_or(Shown::Nothing, |rating| Shown::Count(rating.value))),
                        ],
                    )
                    .giving_parts(rating.map_or(0.0, |rating| stats::float(rating.value)), 1.0),
                );
            };
            if ratings.is_empty() {
                push(None);
            }
            for rating in ratings {
                push(Some(rating));
            }
        },
    );
    rows
}

pub(super) fn detail(facts: &Facts, window: Window) -> ReportQuality {
    let mut detail = ReportQuality::default();
    each_report(
        facts,
        &[window.to],
        super::standing::days_between(window.from, window.to),
        |_, _, _, ratings| {
            detail.reports += 1;
            detail.rated += u32::from(!ratings.is_empty());
            detail.ratings += u32::try_from(ratings.len()).unwrap_or(u32::MAX);
        },
    );
    detail
}
