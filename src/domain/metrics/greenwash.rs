//! Metric 21: the greenwash gap.

use super::standing::{before, days_between};
use super::{Amount, Contribution, Shown, each, reference, row, stats};
use crate::domain::facts::{Facts, ReportFact, Track};
use crate::domain::health::{Dimension, Health, Rag};
use crate::domain::kind::State;
use crate::domain::words;
use chrono::NaiveDate;
use serde::Serialize;

/// The weeks that are looked at.
pub const GREENWASH_WEEKS: usize = 13;

/// What is shown beside the greenwash gap.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Greenwash {
    /// Published in the last 13 weeks.
    pub reports: u32,
    /// The weeks in which one was published, oldest first.
    pub weeks: Vec<GreenwashWeek>,
    /// What the last report that was published declares better than what is computed on the day; see [`Greenwash::question`].
    pub now: Vec<&'static str>,
    /// What that report declares, in the order of the dimensions.
    #[serde(skip)]
    pub declared: [Option<Rag>; 7],
}

impl Greenwash {
    /// Holds what is declared against the evidence of the day.
    pub fn question(&mut self, health: &Health) {
        let declared = Dimension::ALL.into_iter().zip(self.declared);
        let better = declared.filter(|(dimension, declared)| {
            let computed = health.of(*dimension).map_or(Rag::Grey, |judged| judged.rag);
            declared.is_some_and(|declared| is_better(declared, computed))
        });
        self.now = better.map(|(dimension, _)| dimension.name()).collect();
    }
}

/// Whether what is declared is better than what is computed. Where nothing is, nothing is better than it.
#[must_use]
pub fn is_better(declared: Rag, computed: Rag) -> bool {
    declared != Rag::Grey && computed != Rag::Grey && declared < computed
}

/// A week in which reports were published.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct GreenwashWeek {
    /// Its last day.
    pub date: NaiveDate,
    pub reports: Vec<String>,
    /// What one of them declared better than the evidence.
    pub dimensions: Vec<&'static str>,
}

/// The day on which the report was published, if that was on or before `day`.
pub(super) fn published(fact: &ReportFact, day: NaiveDate) -> Option<NaiveDate> {
    (!fact.common.archived && fact.common.state == State::Published)
        .then_some(fact.published_on)
        .flatten()
        .filter(|published| *published <= day)
}

/// The dimensions that were declared better than the evidence computed. Where there was none, nothing is better than it.
fn gaps(fact: &ReportFact) -> impl Iterator<Item = Dimension> {
    let colours = fact.declared.iter().zip(&fact.computed);
    Dimension::ALL.into_iter().zip(colours).filter_map(|(dimension, (declared, computed))| {
        let (declared, computed) = ((*declared)?, (*computed)?);
        is_better(declared, computed).then_some(dimension)
    })
}

/// How many weeks before the one that ends with `day` the date lies, within those that are looked at.
fn week(date: NaiveDate, day: NaiveDate) -> Option<usize> {
    let ago = usize::try_from(days_between(date, day)).ok()? / 7;
    (ago < GREENWASH_WEEKS).then_some(ago)
}

pub(super) fn amounts(facts: &Facts, days: &[NaiveDate]) -> Vec<Amount> {
    // By week: whether a report was published, and whether one was better than the evidence.
    let mut weeks = vec![[(false, false); GREENWASH_WEEKS]; days.len()];
    each(&facts.governance.reports, days, |index, day, _, fact| {
        if let Some(ago) = published(fact, day).and_then(|on| week(on, day)) {
            let (any, gap) = &mut weeks[index][ago];
            *any = true;
            *gap |= gaps(fact).next().is_some();
        }
    });
    let amount = |weeks: [(bool, bool); GREENWASH_WEEKS]| {
        let gaps = weeks.iter().filter(|(_, gap)| *gap).count();
        Amount::plain(weeks.iter().any(|(any, _)| *any).then(|| stats::float_len(gaps)))
    };
    weeks.into_iter().map(amount).collect()
}

pub(super) fn rows(facts: &Facts, day: NaiveDate) -> Vec<Contribution> {
    let mut found = Vec::new();
    each(&facts.governance.reports, &[day], |_, _, track, fact| {
        if let Some((on, ago)) = published(fact, day).and_then(|on| Some((on, week(on, day)?))) {
            found.push((on, ago, track, fact));
        }
    });
    found.sort_by_key(|(on, _, track, _)| (*on, track.number));
    let mut told = [false; GREENWASH_WEEKS];
    let row = |(on, ago, track, fact): (NaiveDate, usize, &Track<ReportFact>, &ReportFact)| {
        let named: Vec<_> = gaps(fact).map(Dimension::label).collect();
        // A week counts once, by the first of its reports that is better than computed.
        let again = !named.is_empty() && std::mem::replace(&mut told[ago], true);
        row(
            track,
            !named.is_empty(),
            if named.is_empty() { "as computed, or worse" } else { "better than computed" },
            Some(named.is_empty()),
            [
                ("Published", on.into()),
                ("In the week to", end(day, ago).into()),
                ("Better than computed", Shown::Words(named.join(", "))),
            ],
        )
        .giving_value(if again { 0.0 } else { 1.0 })
    };
    found.into_iter().map(row).collect()
}

fn end(day: NaiveDate, ago: usize) -> NaiveDate {
    before(day, i64::try_from(7 * ago).unwrap_or_default())
}

pub(super) fn detail(facts: &Facts, day: NaiveDate) -> Greenwash {
    let mut found = Vec::new();
    each(&facts.governance.reports, &[day], |_, _, track, fact| {
        if let Some(on) = published(fact, day) {
            found.push((on, track.number, track, fact));
        }
    });
    found.sort_by_key(|(on, number, ..)| (*on, *number));
    let declared = found.last().map_or([None; 7], |(.., fact)| fact.declared);
    let mut detail = Greenwash { declared, ..Greenwash::default() };
    for (on, _, track, fact) in found {
        let Some(ago) = week(on, day) else { continue };
        detail.reports += 1;
        let date = end(day, ago);
        if detail.weeks.last().is_none_or(|last| last.date != date) {
            detail.weeks.push(GreenwashWeek { date, reports: Vec::new(), dimensions: Vec::new() });
        }
        if let Some(week) = detail.weeks.last_mut() {
            week.reports.push(reference(facts, track));
            for dimension in gaps(fact).map(Dimension::name) {
                if !week.dimensions.contains(&dimension) {
                    week.dimensions.push(dimension);
                }
            }
        }
    }
    detail
}

pub(super) fn absence(day: NaiveDate) -> String {
    let day = words::day(day);
    format!("No report was published in the 13 weeks to {day}, so nothing was declared.")
}
