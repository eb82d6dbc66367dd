//! The metrics of a program: pure functions of [`Facts`] and an as-of day, with the exact definitions of the
//! specification.
//!
//! Each metric has a file with four functions: `amounts`, its value on each of several days (ascending), which is all
//! that a tile with a sparkline needs and costs one walk over the items' versions however many days are asked for;
//! `rows`, the items behind the number on one day; `detail`, what is shown beside it; and `absence`, why there is no
//! value. [`brief`] and [`measure`] put them together.
//!
//! A value on a day depends only on versions effective on or before that day, so a point of a series never changes by
//! what happens later.

mod adoption;
mod benefits;
mod blockers;
mod critical_path_stability;
mod decision_latency;
mod dependency_aging;
mod forecast_accuracy;
mod freshness;
mod greenwash;
mod issue_resolution;
mod launches;
mod meeting_outcomes;
mod on_time;
pub(in crate::domain) mod readiness;
mod registry;
mod report_quality;
mod rework;
mod risk_burndown;
mod satisfaction;
mod schedule_quality;
mod schedule_variance;
pub(in crate::domain) mod scope_change;
pub(in crate::domain) mod standing;
pub(in crate::domain) mod stats;
mod table;
#[cfg(test)]
pub(in crate::domain) mod tests;
mod words;

pub use adoption::Adoption;
pub use benefits::Benefits;
pub use blockers::Blockers;
pub use critical_path_stability::{CriticalPathStability, STABILITY_WEEKS, StabilityWeek};
pub use decision_latency::{DecisionLatency, Wait};
pub use dependency_aging::DependencyAging;
pub use forecast_accuracy::{ForecastAccuracy, Horizon};
pub use freshness::Freshness;
pub use greenwash::{GREENWASH_WEEKS, Greenwash, GreenwashWeek, is_better};
pub use issue_resolution::IssueResolution;
pub use launches::{DefectEscape, Incidents};
pub use meeting_outcomes::MeetingOutcomes;
pub use on_time::OnTime;
pub use readiness::{GateRate, Readiness};
pub use registry::{Goal, Metric, NEAR, Recomputed, Unit, Verdict};
pub use report_quality::ReportQuality;
pub use rework::ReworkDetail;
pub use risk_burndown::{RiskBurndown, RiskWeek};
pub use satisfaction::Satisfaction;
pub use schedule_quality::{QualityPoint, ScheduleQuality};
pub use schedule_variance::ScheduleVariance;
pub use scope_change::ScopeChange;
pub use standing::HIGH_SCORE;
pub use stats::{AGE_BUCKETS, median};
pub use table::ground;
use table::{absence, amounts};

use super::agenda::Name;
use super::facts::{Facts, Track, in_force};
use super::ids::ItemId;
use super::kind::{Kind, Reference};
use super::settings::{Targets, Thresholds};
use chrono::NaiveDate;
use serde::{Serialize, Serializer};
use std::collections::HashSet;

/// The default length of the window, in days.
pub const WINDOW_DAYS: i64 = 90;
/// The number of weekly points of a series.
pub const WEEKS: usize = 26;
/// The number of last weekly points over which a trend is taken.
pub const TREND_WEEKS: usize = 8;

/// The days from which a metric takes what happened: after `from`, up to and including `to`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Window {
    /// The day before the first: it lies outside.
    pub from: NaiveDate,
    /// The last day: the as-of day.
    pub to: NaiveDate,
}

impl Window {
    /// The window of `days` that ends with `as_of`; at least one day long.
    #[must_use]
    pub fn ending(as_of: NaiveDate, days: i64) -> Self {
        Self { from: standing::before(as_of, days.max(1)), to: as_of }
    }

    /// Whether `day` lies in the window.
    #[must_use]
    pub fn contains(&self, day: NaiveDate) -> bool {
        self.from < day && day <= self.to
    }
}

/// A point of a weekly series.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Point {
    pub date: NaiveDate,
    pub value: Option<f64>,
}

/// A metric as it was on a day.
#[derive(Clone, Debug, PartialEq)]
pub struct Measure {
    pub metric: Metric,
    pub as_of: NaiveDate,
    pub window: Window,
    /// In [`Metric::unit`]; `None` is shown as “–” with the reason.
    pub value: Option<f64>,
    /// Why there is no value: a sentence.
    pub reason_for_no_value: Option<String>,
    /// Where the value is a ratio.
    pub numerator: Option<f64>,
    /// Where the value is a ratio.
    pub denominator: Option<f64>,
    /// The items behind the value, and those left out with the reason; empty in a [`brief`] measure.
    pub items: Vec<Contribution>,
    /// In [`Metric::target_unit`].
    pub target: Option<f64>,
    /// The slope a week where that is what the target is about, in [`Metric::target_unit`]; elsewhere the value.
    pub judged: Option<f64>,
    /// `None` where there is nothing to judge.
    pub verdict: Option<Verdict>,
    /// [`WEEKS`] weekly points of the value, oldest first; the last is at the as-of day.
    pub series: Vec<Point>,
    /// What is shown beside the value; `None` in a [`brief`] measure.
    pub detail: Option<Detail>,
}

/// An item in a metric's table, or something that hangs on one.
#[derive(Clone, Debug, PartialEq)]
pub struct Contribution {
    /// `None` for what hangs on no item, such as the answer of somebody unnamed: it has a title alone.
    pub item: Option<ItemId>,
    pub kind: Kind,
    pub number: i32,
    pub title: String,
    /// How it counts, in a word or two: `on time`, `missed`, `left out`, `waiting`.
    pub outcome: &'static str,
    /// Whether that speaks for the program; `None` where it speaks for nothing.
    pub good: Option<bool>,
    /// The figures to show in the row. Every row of a metric has the same labels in the same order.
    pub figures: Vec<Figure>,
    /// Whether it enters the value.
    pub counts: bool,
    /// What it gives to the value, if it enters it.
    pub gives: Option<Gives>,
}

/// What a row gives to a metric's value: see [`Metric::recomputed`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Gives {
    /// So much to the numerator and so much to the denominator.
    Parts(f64, f64),
    /// One of the values of which the median is taken, or which are added up.
    Value(f64),
}

/// A figure of a row.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Figure {
    pub label: &'static str,
    pub value: Shown,
}

/// What a figure is.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Shown {
    Date(NaiveDate),
    /// Calendar days.
    Days(i64),
    /// Working days.
    WorkingDays(i64),
    Count(i64),
    /// A figure of a measure, in its own unit.
    Number(f64),
    /// A fraction of 1.
    Share(f64),
    Text(&'static str),
    Words(String),
    /// Not known, or not applicable: “–”.
    Nothing,
}

impl From<Option<NaiveDate>> for Shown {
    fn from(date: Option<NaiveDate>) -> Self {
        date.map_or(Self::Nothing, Self::Date)
    }
}

impl From<NaiveDate> for Shown {
    fn from(date: NaiveDate) -> Self {
        Self::Date(date)
    }
}

/// What is shown beside a metric's value.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Detail {
    OnTime(OnTime),
    ScheduleVariance(ScheduleVariance),
    ScopeChange(ScopeChange),
    DecisionLatency(DecisionLatency),
    DependencyAging(DependencyAging),
    CriticalPathStability(CriticalPathStability),
    RiskBurndown(RiskBurndown),
    IssueResolution(IssueResolution),
    Readiness(Readiness),
    Incidents(Incidents),
    DefectEscape(DefectEscape),
    Adoption(Adoption),
    Benefits(Benefits),
    Satisfaction(Satisfaction),
    ReportQuality(ReportQuality),
    MeetingOutcomes(MeetingOutcomes),
    Rework(ReworkDetail),
    Blockers(Blockers),
    Greenwash(Greenwash),
    ForecastAccuracy(ForecastAccuracy),
    Freshness(Freshness),
    ScheduleQuality(ScheduleQuality),
}

/// A metric's value on one day.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(in crate::domain) struct Amount {
    pub value: Option<f64>,
    pub numerator: Option<f64>,
    pub denominator: Option<f64>,
}

impl Amount {
    /// A value that is no ratio.
    fn plain(value: Option<f64>) -> Self {
        Self { value, ..Self::default() }
    }

    /// A ratio; without a value where the denominator is 0.
    pub(in crate::domain) fn ratio(numerator: i64, denominator: i64) -> Self {
        let (numerator, denominator) = (stats::float(numerator), stats::float(denominator));
        Self {
            value: (denominator > 0.0).then(|| numerator / denominator),
            numerator: Some(numerator),
            denominator: Some(denominator),
        }
    }
}

/// How many of how many.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    hits: i64,
    all: i64,
}

impl Tally {
    fn count(&mut self, hit: bool) {
        self.hits += i64::from(hit);
        self.all += 1;
    }

    fn amount(self) -> Amount {
        Amount::ratio(self.hits, self.all)
    }
}

/// Shows `visit` every item's fact in force on each of `days`, which ascend, with the index of the day. One walk over
/// the versions of an item serves all days.
fn each<'a, T>(
    tracks: &'a [Track<T>],
    days: &[NaiveDate],
    mut visit: impl FnMut(usize, NaiveDate, &'a Track<T>, &'a T),
) {
    for track in tracks {
        let mut versions = track.versions.iter().peekable();
        let mut current = None;
        for (index, day) in days.iter().enumerate() {
            while let Some(version) = versions.next_if(|version| version.effective_on <= *day) {
                current = Some(&version.fact);
            }
            if let Some(fact) = current {
                visit(index, *day, track, fact);
            }
        }
    }
}

/// The medians of values that were gathered with the index of their day, for each of `days` days.
fn medians(mut gathered: Vec<(usize, i64)>, days: usize) -> Vec<Amount> {
    gathered.sort_unstable();
    let values: Vec<i64> = gathered.iter().map(|(_, value)| *value).collect();
    let mut start = 0;
    (0..days)
        .map(|index| {
            let end = start + gathered[start..].partition_point(|(day, _)| *day <= index);
            let median = stats::percentile(&values[start..end], 50);
            start = end;
            Amount::plain(median)
        })
        .collect()
}

fn row<T>(
    track: &Track<T>,
    counts: bool,
    outcome: &'static str,
    good: Option<bool>,
    figures: impl IntoIterator<Item = (&'static str, Shown)>,
) -> Contribution {
    Contribution {
        item: Some(track.item),
        kind: track.kind,
        number: track.number,
        title: track.title.clone(),
        outcome,
        good,
        figures: figures.into_iter().map(|(label, value)| Figure { label, value }).collect(),
        counts,
        gives: None,
    }
}

/// The row of something that hangs on an item, or on none.
fn hung(
    name: Option<&Name>,
    title: &str,
    counts: bool,
    (outcome, good): (&'static str, Option<bool>),
    figures: impl IntoIterator<Item = (&'static str, Shown)>,
) -> Contribution {
    Contribution {
        item: name.map(|name| name.item),
        kind: name.map_or(Kind::Stakeholder, |name| name.kind),
        number: name.map_or(0, |name| name.number),
        title: name.map_or(title, |name| &name.title).to_owned(),
        outcome,
        good,
        figures: figures.into_iter().map(|(label, value)| Figure { label, value }).collect(),
        counts,
        gives: None,
    }
}

/// The reference of an item: `ATLAS-R12`.
fn reference<T>(facts: &Facts, track: &Track<T>) -> String {
    Reference { program: facts.key.clone(), kind: track.kind, number: track.number }.to_string()
}

/// The targets in force at the end of `day`: the program's own, else the defaults.
#[must_use]
pub fn targets_at(facts: &Facts, day: NaiveDate) -> Targets {
    in_force(&facts.targets, day).cloned().unwrap_or_default()
}

/// The thresholds of the health rules in force at the end of `day`: the program's own, else the defaults.
#[must_use]
pub fn thresholds_at(facts: &Facts, day: NaiveDate) -> Thresholds {
    in_force(&facts.thresholds, day).cloned().unwrap_or_default()
}

/// The dates of the weekly points of a series that ends with `as_of`, oldest first.
#[must_use]
pub fn weekly(as_of: NaiveDate) -> [NaiveDate; WEEKS] {
    let mut date = as_of;
    let mut dates = [(); WEEKS].map(|()| {
        let this = date;
        date = standing::before(date, 7);
        this
    });
    dates.reverse();
    dates
}

/// The value of `metric` at the end of `as_of`, in [`Metric::unit`]; `None` where there is none.
#[must_use]
pub fn value_at(metric: Metric, facts: &Facts, as_of: NaiveDate, window_days: i64) -> Option<f64> {
    amounts(metric, facts, &[as_of], window_days).first().and_then(|amount| amount.value)
}

/// The value, target, verdict and weekly series of `metric` at the end of `as_of`, without the items and the detail:
/// what a tile needs.
#[must_use]
pub fn brief(metric: Metric, facts: &Facts, as_of: NaiveDate, window_days: i64) -> Measure {
    let days = weekly(as_of);
    let points = amounts(metric, facts, &days, window_days);
    let now = points.last().copied().unwrap_or_default();
    let target = metric.target(&targets_at(facts, as_of));
    let judged = match metric {
        metric if metric.is_judged_by_slope() => trend(&points),
        _ => now.value,
    };
    Measure {
        metric,
        as_of,
        window: Window::ending(as_of, window_days),
        value: now.value,
        reason_for_no_value: now.value.is_none().then(|| absence(metric, facts, as_of, window_days)),
        numerator: now.numerator,
        denominator: now.denominator,
        items: Vec::new(),
        target: Some(target),
        judged,
        // What has no value isn't coloured, whatever its past was.
        verdict: now.value.and(judged).map(|figure| metric.goal().verdict(figure, target)),
        series: days
            .iter()
            .zip(&points)
            .map(|(date, amount)| Point { date: *date, value: amount.value })
            .collect(),
        detail: None,
    }
}

/// The whole of `metric` at the end of `as_of`, over a window of `window_days` where it has one ([`WINDOW_DAYS`] by
/// default).
#[must_use]
pub fn measure(metric: Metric, facts: &Facts, as_of: NaiveDate, window_days: i64) -> Measure {
    let mut measure = brief(metric, facts, as_of, window_days);
    let window = measure.window;
    (measure.items, measure.detail) = table::parts(metric, facts, window, measure.judged);
    // Items come in the order in which the store happened to give them.
    measure.items.sort_by(|a, b| {
        b.counts
            .cmp(&a.counts)
            .then(a.good.cmp(&b.good))
            .then(a.kind.cmp(&b.kind))
            .then(a.number.cmp(&b.number))
    });
    measure
}

/// The slope of the last [`TREND_WEEKS`] weekly values, per week.
fn trend(points: &[Amount]) -> Option<f64> {
    let mut last = [None; TREND_WEEKS];
    for (slot, amount) in last.iter_mut().rev().zip(points.iter().rev()) {
        *slot = amount.value;
    }
    stats::slope(&last)
}

/// A measure as the API answers it.
#[derive(Serialize)]
struct Answer<'a> {
    name: &'static str,
    as_of: NaiveDate,
    window: Window,
    value: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    unit: Unit,
    numerator: Option<f64>,
    denominator: Option<f64>,
    target: Option<f64>,
    verdict: Option<Verdict>,
    series: &'a [Point],
    items: Vec<String>,
    detail: &'a Option<Detail>,
}

impl Measure {
    /// What the API answers; `key` is the program's, for the references of the items that count.
    ///
    /// # Errors
    /// None in practice: everything in a measure can be written as JSON.
    pub fn serialize_for<S: Serializer>(&self, key: &str, serializer: S) -> Result<S::Ok, S::Error> {
        let counted = self.items.iter().filter(|row| row.counts);
        let mut items: Vec<String> =
            counted.filter_map(|row| Some(row.reference(key)?.to_string())).collect();
        // Several rows may hang on one item.
        let mut seen = HashSet::new();
        items.retain(|item| seen.insert(item.clone()));
        Answer {
            name: self.metric.name(),
            as_of: self.as_of,
            window: self.window,
            value: self.value,
            reason: self.reason_for_no_value.as_deref(),
            unit: self.metric.unit(),
            numerator: self.numerator,
            denominator: self.denominator,
            target: self.target,
            verdict: self.verdict,
            series: &self.series,
            items,
            detail: &self.detail,
        }
        .serialize(serializer)
    }
}

impl Contribution {
    /// A row of a share of rows: one of those that count, and a hit if it speaks for the program.
    fn giving_hit(self) -> Self {
        let hit = i64::from(self.good == Some(true));
        self.giving_parts(stats::float(hit), 1.0)
    }

    /// The same row, giving this to the numerator and to the denominator.
    fn giving_parts(mut self, numerator: f64, denominator: f64) -> Self {
        self.gives = self.counts.then_some(Gives::Parts(numerator, denominator));
        self
    }

    /// The same row, giving this value.
    fn giving_value(mut self, value: f64) -> Self {
        self.gives = self.counts.then_some(Gives::Value(value));
        self
    }

    /// The item's reference in the program of `key`; `None` for what hangs on no item.
    #[must_use]
    pub fn reference(&self, key: &str) -> Option<Reference> {
        self.item.map(|_| Reference { program: key.to_owned(), kind: self.kind, number: self.number })
    }
}
