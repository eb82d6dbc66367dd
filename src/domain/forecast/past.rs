//! How past forecasts fared: what was stated about milestones, what became of it, and how the history of the program would have
//! corrected it at the time.
//!
//! A milestone counts once for each horizon ([`Band`]): with the forecast that stood on the first day on which it lay so far ahead. So a
//! forecast that is repeated every week counts no more than one that is stated once. Where none was stated, the committed date is
//! the forecast. Cancelled and archived milestones are left out. One that is still open past its forecast counts as late as it is by
//! now: it will be later, and to leave it out would let only what went well speak.

use crate::domain::facts::{MilestoneFact, Track};
use crate::domain::kind::Kind;
use crate::domain::metrics::standing::{achieved, after, before, days_between, forecast, is_open, is_out};
use crate::domain::schedule::calibrate::{Band, Fared, History, HitRate, HitRates, Sample, hit_rates};
use chrono::NaiveDate;

/// How many days off, either way, a forecast may be and be right.
pub const TOLERANCE_DAYS: i64 = 3;

/// How the forecasts of a program fared.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Past {
    /// By what forecasts of today are corrected.
    pub history: History,
    /// By horizon, the nearest first.
    pub bands: Vec<Fares>,
    /// All horizons together.
    pub all: Fares,
    /// Milestones that were achieved, of which the history is.
    pub milestones: usize,
    /// Open milestones that are past a date that was once forecast: how late they will be isn't known yet.
    pub overdue: usize,
}

/// How the forecasts of one horizon fared.
#[derive(Clone, Debug, PartialEq)]
pub struct Fares {
    /// The usual slip of those that were achieved, and of those that are open past their date.
    pub slip: Band,
    /// The stated date was right within [`TOLERANCE_DAYS`].
    pub within: HitRate,
    /// It was reached by the stated date.
    pub stated: HitRate,
    /// It was reached by the P50 and by the P80 that the history known at the time gave.
    pub corrected: HitRates,
}

impl Default for Fares {
    fn default() -> Self {
        let slip = Band { from_days: 0, to_days: None, samples: 0, median: None, p80: None };
        Self { slip, within: HitRate::default(), stated: HitRate::default(), corrected: HitRates::default() }
    }
}

/// A forecast that stood on a day.
#[derive(Clone, Copy, Debug)]
struct Stood {
    on: NaiveDate,
    forecast: NaiveDate,
    band: usize,
    /// When it was achieved, if it was by the day that is shown.
    actual: Option<NaiveDate>,
}

impl Stood {
    /// What was known of it at the end of `day`: its slip, or how late it was at least.
    fn known(&self, day: NaiveDate) -> Option<Sample> {
        let until = self.actual.unwrap_or(NaiveDate::MAX).min(day);
        let is_known = self.on <= day && (self.actual == Some(until) || self.forecast < until);
        is_known.then(|| Sample {
            horizon_days: days_between(self.on, self.forecast),
            slip_days: days_between(self.forecast, until),
        })
    }
}

/// How the forecasts of these milestones fared, as known at the end of `day`.
#[must_use]
pub fn past(milestones: &[Track<MilestoneFact>], day: NaiveDate) -> Past {
    let bands = History::default().bands();
    let mut stood: Vec<Stood> = Vec::new();
    let (mut counted, mut overdue) = (0, 0);
    for track in milestones {
        let Some(fact) = track.at(day).filter(|fact| !is_out(fact, day)) else { continue };
        let actual = achieved(fact, day);
        let forecasts = forecasts(track, &bands, day, actual);
        counted += usize::from(actual.is_some() && !forecasts.is_empty());
        overdue += usize::from(actual.is_none() && forecasts.iter().any(|stood| stood.forecast < day));
        stood.extend(forecasts);
    }
    stood.sort_by_key(|stood| (stood.on, stood.forecast));
    let corrected = corrected(&stood);
    let history = History::new(stood.iter().filter_map(|stood| stood.known(day)));
    let fares = |slip: Band, band: Option<usize>| {
        let of =
            || stood.iter().zip(&corrected).filter(|(stood, _)| band.is_none_or(|band| stood.band == band));
        fares(slip, of, day)
    };
    let by_band = history.bands().into_iter().enumerate().map(|(band, slip)| fares(slip, Some(band)));
    let by_band: Vec<Fares> = by_band.collect();
    let samples = by_band.iter().map(|fares| fares.slip.samples).sum();
    let all = fares(Band { samples, ..Fares::default().slip }, None);
    Past { bands: by_band, all, history, milestones: counted, overdue }
}

/// The forecasts of one milestone: for each horizon the one that stood on the first day on which it lay so far ahead.
fn forecasts(
    track: &Track<MilestoneFact>,
    bands: &[Band],
    day: NaiveDate,
    actual: Option<NaiveDate>,
) -> Vec<Stood> {
    let mut found: Vec<Stood> = Vec::new();
    for (index, version) in track.versions.iter().enumerate() {
        let Some(forecast) = forecast(&version.fact) else { continue };
        // In force until the next version, the day of the achievement, or tomorrow.
        let next = track.versions.get(index + 1).map_or(NaiveDate::MAX, |next| next.effective_on);
        let end = next.min(actual.unwrap_or(NaiveDate::MAX)).min(after(day, 1));
        let start = version.effective_on.max(version.fact.common.raised_on);
        for (band, reach) in bands.iter().enumerate() {
            let on = reach.to_days.map_or(start, |to| start.max(before(forecast, to)));
            let is_ahead = days_between(on, forecast) >= reach.from_days;
            let known = found.iter().any(|stood| stood.band == band);
            if on < end && is_ahead && !known && is_open(&version.fact.common, Kind::Milestone, on) {
                found.push(Stood { on, forecast, band, actual });
            }
        }
    }
    found
}

/// What the history known at the time made of each, in their order by day: its P50 and its P80.
fn corrected(stood: &[Stood]) -> Vec<Option<(NaiveDate, NaiveDate)>> {
    let of_a_day = stood.chunk_by(|one, other| one.on == other.on).flat_map(|same| {
        let day = same.first().map_or(NaiveDate::MIN, |stood| stood.on);
        let history = History::new(stood.iter().filter_map(|stood| stood.known(day)));
        same.iter().map(move |stood| history.correct(stood.forecast, day))
    });
    of_a_day.map(|found| found.map(|corrected| (corrected.median, corrected.p80))).collect()
}

/// A forecast is judged once its date has come, whether or not it was reached by then: to wait for what is late would leave the
/// failures out.
fn fares<'s, I>(slip: Band, of: impl Fn() -> I, day: NaiveDate) -> Fares
where
    I: Iterator<Item = (&'s Stood, &'s Option<(NaiveDate, NaiveDate)>)>,
{
    let mut within = HitRate::default();
    for (stood, _) in of().filter(|(stood, _)| after(stood.forecast, TOLERANCE_DAYS) <= day) {
        let off = stood.actual.map(|actual| days_between(stood.forecast, actual).abs());
        within.count(off.is_some_and(|days| days <= TOLERANCE_DAYS));
    }
    // What isn't achieved by the day isn't by any date that has come.
    let actual = |stood: &Stood| stood.actual.unwrap_or(NaiveDate::MAX);
    let stated = of().filter(|(stood, _)| stood.forecast <= day).map(|(stood, _)| Fared {
        p50: stood.forecast,
        p80: None,
        actual: actual(stood),
    });
    let corrected = of().filter_map(|(stood, corrected)| {
        let (p50, p80) = corrected.filter(|(_, p80)| *p80 <= day)?;
        Some(Fared { p50, p80: Some(p80), actual: actual(stood) })
    });
    Fares { slip, within, stated: hit_rates(stated).p50, corrected: hit_rates(corrected) }
}
