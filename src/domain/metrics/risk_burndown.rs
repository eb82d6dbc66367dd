//! Metric 7: risk burndown. It counts threats: an opportunity is neither high nor part of the exposure.

use super::standing::{HIGH_SCORE, days_between, is_mitigated, is_open_threat};
use super::{Amount, Contribution, Shown, each, row, stats, weekly};
use crate::domain::facts::{Facts, RiskFact};
use crate::domain::words;
use chrono::NaiveDate;
use serde::Serialize;

/// How many days a high risk may be open before it must be mitigated.
const PATIENCE_DAYS: i64 = 30;

/// What is shown beside risk burndown.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RiskBurndown {
    /// The end of each of the last 26 weeks, oldest first; the last is the as-of day.
    pub weeks: Vec<RiskWeek>,
    /// Open high risks aged 0–7, 8–14, 15–21, 22–30 and more than 30 days, at the as-of day.
    pub ages: [u32; 5],
}

/// The open risks at the end of a week.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct RiskWeek {
    pub date: NaiveDate,
    pub open: u32,
    /// Of these, with a score of 15 or more.
    pub high: u32,
    /// Of the high ones, open for more than 30 days with nothing done or under way with a date.
    pub stale: u32,
    /// Not scored yet: not part of the exposure, and not low either.
    pub unscored: u32,
    /// The sum of probability × impact of all open risks that are scored.
    pub exposure: i64,
}

fn is_high(fact: &RiskFact) -> bool {
    fact.score.is_some_and(|score| score >= HIGH_SCORE)
}

/// Whether an open high risk is older than it may be with nothing done about it.
fn is_stale(fact: &RiskFact, day: NaiveDate) -> bool {
    is_high(fact)
        && days_between(fact.common.raised_on, day) > PATIENCE_DAYS
        && !fact.mitigation.completed
        && !is_mitigated(fact, day)
}

/// The open risks at the end of each day, and whether any risk was there at all.
fn weeks(facts: &Facts, days: &[NaiveDate]) -> Vec<(RiskWeek, bool)> {
    let mut weeks: Vec<(RiskWeek, bool)> =
        days.iter().map(|date| (RiskWeek { date: *date, ..RiskWeek::default() }, false)).collect();
    each(&facts.risks, days, |index, day, _, fact| {
        let (week, any) = &mut weeks[index];
        *any |= !fact.opportunity && !fact.common.archived && fact.common.raised_on <= day;
        if is_open_threat(fact, day) {
            week.open += 1;
            week.high += u32::from(is_high(fact));
            week.stale += u32::from(is_stale(fact, day));
            week.unscored += u32::from(fact.score.is_none());
            week.exposure += i64::from(fact.score.unwrap_or(0));
        }
    });
    weeks
}

pub(super) fn amounts(facts: &Facts, days: &[NaiveDate]) -> Vec<Amount> {
    weeks(facts, days)
        .into_iter()
        .map(|(week, any)| {
            // Risks of which none is scored say nothing about how many are high.
            let known = any && (week.open == 0 || week.unscored < week.open);
            Amount::plain(known.then(|| f64::from(week.stale)))
        })
        .collect()
}

pub(super) fn absence(facts: &Facts, day: NaiveDate) -> String {
    let on = words::day(day);
    match weeks(facts, &[day]).first() {
        Some((week, true)) => format!("None of the {} risks open on {on} is scored.", week.open),
        _ => format!("No risk was raised by {on}."),
    }
}

pub(super) fn rows(facts: &Facts, day: NaiveDate) -> Vec<Contribution> {
    let mut rows = Vec::new();
    each(&facts.risks, &[day], |_, _, track, fact| {
        if !is_open_threat(fact, day) || !(is_high(fact) || fact.score.is_none()) {
            return;
        }
        let stale = is_stale(fact, day);
        let (outcome, good) = match (is_high(fact), stale) {
            (false, _) => ("not scored yet", None),
            (true, true) => ("high, nothing under way", Some(false)),
            (true, false) if fact.mitigation.completed || is_mitigated(fact, day) => {
                ("high, mitigated", Some(true))
            }
            (true, false) => ("high, 30 days or younger", None),
        };
        rows.push(
            row(
                track,
                stale,
                outcome,
                good,
                [
                    ("Score", fact.score.map_or(Shown::Nothing, |score| Shown::Count(score.into()))),
                    ("Raised", fact.common.raised_on.into()),
                    ("Age", Shown::Days(days_between(fact.common.raised_on, day))),
                    ("Mitigation due", fact.mitigation.open_until.into()),
                    (
                        "Mitigation completed",
                        Shown::Text(if fact.mitigation.completed { "yes" } else { "no" }),
                    ),
                ],
            )
            .giving_value(1.0),
        );
    });
    rows
}

pub(super) fn detail(facts: &Facts, day: NaiveDate) -> RiskBurndown {
    let mut ages = [0; 5];
    each(&facts.risks, &[day], |_, _, _, fact| {
        if is_open_threat(fact, day) && is_high(fact) {
            ages[stats::age_bucket(days_between(fact.common.raised_on, day))] += 1;
        }
    });
    RiskBurndown { weeks: weeks(facts, &weekly(day)).into_iter().map(|(week, _)| week).collect(), ages }
}
