//! Metric 5: dependency aging.

use super::standing::{days_between, is_open};
use super::{Amount, Contribution, Shown, Tally, each, row, stats};
use crate::domain::facts::Facts;
use crate::domain::kind::Kind;
use chrono::NaiveDate;
use serde::Serialize;

/// What is shown beside dependency aging.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct DependencyAging {
    /// Open dependencies aged 0–7, 8–14, 15–21, 22–30 and more than 30 days.
    pub buckets: [u32; 5],
    pub open: u32,
    /// Of these, those whose needed-by day lies before the as-of day.
    pub past_needed_by: u32,
    /// The age of the oldest, in days.
    pub oldest_days: Option<i64>,
}

pub(super) fn amounts(facts: &Facts, days: &[NaiveDate]) -> Vec<Amount> {
    // Here `hits` sums up ages.
    let mut ages = vec![Tally::default(); days.len()];
    each(&facts.dependencies, days, |index, day, _, fact| {
        if is_open(&fact.common, Kind::Dependency, day) {
            ages[index].hits += days_between(fact.common.raised_on, day);
            ages[index].all += 1;
        }
    });
    ages.into_iter().map(Tally::amount).collect()
}

pub(super) fn rows(facts: &Facts, day: NaiveDate) -> Vec<Contribution> {
    let mut rows = Vec::new();
    each(&facts.dependencies, &[day], |_, _, track, fact| {
        if !is_open(&fact.common, Kind::Dependency, day) {
            return;
        }
        let late = fact.needed_by.is_some_and(|needed| needed < day);
        let age = days_between(fact.common.raised_on, day);
        rows.push(
            row(
                track,
                true,
                if late { "past needed-by" } else { fact.common.state.label() },
                late.then_some(false),
                [
                    ("Raised", fact.common.raised_on.into()),
                    ("Age", Shown::Days(age)),
                    ("Needed by", fact.needed_by.into()),
                    ("Promised by", fact.promised_by.into()),
                ],
            )
            .giving_parts(stats::float(age), 1.0),
        );
    });
    rows
}

pub(super) fn detail(facts: &Facts, day: NaiveDate) -> DependencyAging {
    let mut detail = DependencyAging::default();
    each(&facts.dependencies, &[day], |_, _, _, fact| {
        if is_open(&fact.common, Kind::Dependency, day) {
            let age = days_between(fact.common.raised_on, day);
            detail.buckets[stats::age_bucket(age)] += 1;
            detail.open += 1;
            detail.past_needed_by += u32::from(fact.needed_by.is_some_and(|needed| needed < day));
            detail.oldest_days = detail.oldest_days.max(Some(age));
        }
    });
    detail
}
