//! What a program's own history says about its forecasts: how far things usually slip from where a forecast put them, by how far
//! ahead it was, and how often past forecasts held.
//!
//! A forecast is always shown as it was stated; what is said here stands beside it and never takes its place.

use crate::domain::metrics::stats::{float_len, percentile};
use chrono::{Days, NaiveDate};

/// A forecast of the past and what became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    /// How many days ahead the forecast date was when it stood.
    pub horizon_days: i64,
    /// The actual date less the forecast one: positive where it was late.
    pub slip_days: i64,
}

/// The usual slip of forecasts so many days ahead.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Band {
    pub from_days: i64,
    /// The last of the days; none: without end.
    pub to_days: Option<i64>,
    pub samples: usize,
    /// In days; by linear interpolation between the closest samples.
    pub median: Option<f64>,
    pub p80: Option<f64>,
}

/// The last days of all bands but the last.
const ENDS: [i64; 4] = [14, 28, 56, 112];
const BANDS: usize = ENDS.len() + 1;
/// With fewer samples nothing is said.
pub const LEAST_SAMPLES: usize = 8;

/// The slips of a program's past forecasts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// In ascending order, by band.
    slips: [Vec<i64>; BANDS],
}

/// A forecast as history corrects it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Corrected {
    /// Half of what was forecast so far ahead was done by then, and 80 % by this.
    pub median: NaiveDate,
    pub p80: NaiveDate,
    /// On how many samples it rests.
    pub samples: usize,
    /// The band itself had too few of them, and its neighbours' were taken with it.
    pub with_neighbours: bool,
}

fn band_of(horizon_days: i64) -> usize {
    ENDS.partition_point(|end| *end < horizon_days)
}

impl History {
    /// Forecasts for days that had passed when they stood tell nothing and are left out.
    #[must_use]
    pub fn new(samples: impl IntoIterator<Item = Sample>) -> Self {
        let mut slips: [Vec<i64>; BANDS] = Default::default();
        for sample in samples.into_iter().filter(|sample| sample.horizon_days >= 0) {
            slips[band_of(sample.horizon_days)].push(sample.slip_days);
        }
        for slips in &mut slips {
            slips.sort_unstable();
        }
        Self { slips }
    }

    /// The usual slip by horizon, the nearest first.
    #[must_use]
    pub fn bands(&self) -> [Band; BANDS] {
        std::array::from_fn(|index| Band {
            from_days: index.checked_sub(1).map_or(0, |before| ENDS[before] + 1),
            to_days: ENDS.get(index).copied(),
            samples: self.slips[index].len(),
            median: percentile(&self.slips[index], 50),
            p80: percentile(&self.slips[index], 80),
        })
    }

    /// A forecast as it stands today, corrected: by its band, or where that has fewer than [`LEAST_SAMPLES`], by it and its neighbours.
    /// None where these have too few as well, or for a day that has passed. Nothing comes to lie before today.
    #[must_use]
    pub fn correct(&self, forecast: NaiveDate, today: NaiveDate) -> Option<Corrected> {
        let horizon = (forecast - today).num_days();
        if horizon < 0 {
            return None;
        }
        let band = band_of(horizon);
        let with_neighbours = self.slips[band].len() < LEAST_SAMPLES;
        let bands =
            if with_neighbours { band.saturating_sub(1)..=(band + 1).min(BANDS - 1) } else { band..=band };
        let mut slips: Vec<i64> = self.slips[bands].concat();
        if slips.len() < LEAST_SAMPLES {
            return None;
        }
        slips.sort_unstable();
        let moved = |percent| Some(later(forecast, percentile(&slips, percent)?)?.max(today));
        Some(Corrected { median: moved(50)?, p80: moved(80)?, samples: slips.len(), with_neighbours })
    }
}

/// A day so many days later, the nearest whole number of them.
fn later(day: NaiveDate, days: f64) -> Option<NaiveDate> {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the cast takes what is too far as the farthest, which is no date"
    )]
    let whole = days.round() as i64;
    let distance = Days::new(whole.unsigned_abs());
    if whole < 0 { day.checked_sub_days(distance) } else { day.checked_add_days(distance) }
}

/// A past forecast beside the actual date. A date that was stated without a distribution has no P80.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fared {
    /// The P50 at the time, or the stated date.
    pub p50: NaiveDate,
    pub p80: Option<NaiveDate>,
    pub actual: NaiveDate,
}

/// How often past forecasts held. A P50 that means what it says holds in half of the cases, a P80 in four of five.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HitRates {
    pub p50: HitRate,
    pub p80: HitRate,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HitRate {
    /// The actual date was on or before the forecast one.
    pub held: usize,
    pub of: usize,
}

impl HitRate {
    /// None without a forecast.
    #[must_use]
    pub fn share(self) -> Option<f64> {
        (self.of > 0).then(|| float_len(self.held) / float_len(self.of))
    }

    /// Counts one more.
    pub fn count(&mut self, held: bool) {
        self.of += 1;
        self.held += usize::from(held);
    }
}

/// How past forecasts fared.
#[must_use]
pub fn hit_rates(forecasts: impl IntoIterator<Item = Fared>) -> HitRates {
    let mut rates = HitRates::default();
    for forecast in forecasts {
        rates.p50.count(forecast.actual <= forecast.p50);
        if let Some(p80) = forecast.p80 {
            rates.p80.count(forecast.actual <= p80);
        }
    }
    rates
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn slips(horizon_days: i64, slips: &[i64]) -> Vec<Sample> {
        slips.iter().map(|slip| Sample { horizon_days, slip_days: *slip }).collect()
    }

    #[test]
    fn slips_are_told_by_how_far_ahead_the_forecast_was() {
        let horizons = [0, 14, 15, 28, 29, 56, 57, 112, 113, 900, -1];
        let history =
            History::new(horizons.map(|horizon| Sample { horizon_days: horizon, slip_days: horizon }));
        let bands = history.bands();
        assert_eq!(bands.map(|band| band.samples), [2; 5]);
        assert_eq!(
            bands.map(|band| (band.from_days, band.to_days)),
            [(0, Some(14)), (15, Some(28)), (29, Some(56)), (57, Some(112)), (113, None)]
        );
        assert_eq!(bands[0].median, Some(7.0));
        assert_eq!(History::default().bands()[0].median, None);
        // Ten slips from 0 to 9: the middle between 4 and 5; eight tenths of the way from the first to the last of nine steps.
        let ten = History::new(slips(20, &[9, 8, 7, 6, 5, 4, 3, 2, 1, 0]));
        assert_eq!((ten.bands()[1].median, ten.bands()[1].p80), (Some(4.5), Some(7.2)));
    }

    #[test]
    fn a_forecast_is_corrected_by_the_slips_of_its_band() {
        let history =
            History::new(slips(20, &[0, 0, 2, 4, 6, 10, 12, 20]).into_iter().chain(slips(10, &[99; 20])));
        let corrected = history.correct(day("2026-03-21"), day("2026-03-01")).unwrap();
        // Medians: 5 days. P80: between the sixth and the seventh, 0.6 of the way, 11.2.
        assert_eq!((corrected.median, corrected.p80), (day("2026-03-26"), day("2026-04-01")));
        assert_eq!((corrected.samples, corrected.with_neighbours), (8, false));
    }

    #[test]
    fn a_band_with_few_samples_takes_its_neighbours() {
        let history = |beside: usize, far: usize| {
            let near = slips(20, &[1; 3]).into_iter().chain(slips(40, &vec![7; beside]));
            History::new(near.chain(slips(200, &vec![50; far])))
        };
        let corrected = |history: History| history.correct(day("2026-03-21"), day("2026-03-01"));
        let found = corrected(history(5, 100)).unwrap();
        assert_eq!((found.median, found.samples, found.with_neighbours), (day("2026-03-28"), 8, true));
        assert_eq!(
            corrected(history(4, 100)),
            None,
            "seven are too few, and what isn't beside it doesn't count"
        );
    }

    #[test]
    fn nothing_is_corrected_to_before_today_or_from_before_it() {
        let history = History::new(slips(3, &[-10; 8]));
        let corrected = history.correct(day("2026-03-03"), day("2026-03-01")).unwrap();
        assert_eq!((corrected.median, corrected.p80), (day("2026-03-01"), day("2026-03-01")));
        assert_eq!(history.correct(day("2026-02-28"), day("2026-03-01")), None);
    }

    #[test]
    fn a_slip_that_is_no_date_corrects_nothing() {
        let history = History::new(slips(3, &[i64::MAX; 8]));
        assert_eq!(history.correct(day("2026-03-03"), day("2026-03-01")), None);
    }

    #[test]
    fn forecasts_held_where_it_was_done_by_then() {
        let fared = |p50: &str, p80: Option<&str>, actual: &str| Fared {
            p50: day(p50),
            p80: p80.map(day),
            actual: day(actual),
        };
        let rates = hit_rates([
            fared("2026-03-01", Some("2026-03-10"), "2026-03-01"),
            fared("2026-03-01", Some("2026-03-10"), "2026-03-02"),
            fared("2026-03-01", Some("2026-03-10"), "2026-03-11"),
            fared("2026-03-01", None, "2026-02-11"),
        ]);
        assert_eq!(rates, HitRates { p50: HitRate { held: 2, of: 4 }, p80: HitRate { held: 2, of: 3 } });
        assert_eq!(rates.p50.share(), Some(0.5));
        assert_eq!(HitRate::default().share(), None);
    }
}
