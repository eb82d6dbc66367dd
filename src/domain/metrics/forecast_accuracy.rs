//! Metric 18: forecast accuracy.

use super::standing::{achieved, before, days_between, forecast, is_open};
use super::{Amount, Contribution, Shown, Tally, each, row, stats};
use crate::domain::facts::{Facts, MilestoneFact, Track};
use crate::domain::kind::Kind;
use chrono::NaiveDate;
use serde::Serialize;

/// How many days ahead a forecast is judged.
const HORIZONS: [i64; 2] = [28, 42];
/// How many days off, either way, a forecast may be.
const TOLERANCE_DAYS: i64 = 3;

/// What is shown beside forecast accuracy.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ForecastAccuracy {
    /// One for 28 days, one for 42.
    pub horizons: Vec<Horizon>,
}

/// The forecasts that stood some days before the as-of day.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Horizon {
    /// How many days before.
    pub days: i64,
    pub share: Option<f64>,
    pub accurate: u32,
    /// Milestones that were open then, and forecast to finish by the as-of day.
    pub forecast: u32,
    /// The mean of achieved − forecast in days, over those achieved: positive means that forecasts are too early.
    pub bias_days: Option<f64>,
}

/// The forecast that stood `horizon` days before `day`, if the milestone was open then and forecast to finish since.
fn earlier_forecast(track: &Track<MilestoneFact>, day: NaiveDate, horizon: i64) -> Option<NaiveDate> {
    let then = before(day, horizon);
    let fact = track.at(then)?;
    if !is_open(&fact.common, Kind::Milestone, then) {
        return None;
    }
    forecast(fact).filter(|forecast| then < *forecast && *forecast <= day)
}

/// How many days after its earlier forecast it was achieved; `None` if it wasn't by `day`.
fn error(fact: &MilestoneFact, forecast: NaiveDate, day: NaiveDate) -> Option<i64> {
    achieved(fact, day).map(|achieved| days_between(forecast, achieved))
}

fn is_accurate(error: Option<i64>) -> bool {
    error.is_some_and(|days| days.abs() <= TOLERANCE_DAYS)
}

pub(super) fn amounts(facts: &Facts, days: &[NaiveDate]) -> Vec<Amount> {
    let mut tallies = vec![Tally::default(); days.len()];
    each(&facts.milestones, days, |index, day, track, fact| {
        if fact.common.archived {
            return;
        }
        for horizon in HORIZONS {
            if let Some(forecast) = earlier_forecast(track, day, horizon) {
                tallies[index].count(is_accurate(error(fact, forecast, day)));
            }
        }
    });
    tallies.into_iter().map(Tally::amount).collect()
}

pub(super) fn rows(facts: &Facts, day: NaiveDate) -> Vec<Contribution> {
    let mut rows = Vec::new();
    each(&facts.milestones, &[day], |_, _, track, fact| {
        if fact.common.archived {
            return;
        }
        let forecasts = HORIZONS.map(|horizon| earlier_forecast(track, day, horizon));
        let hits = forecasts.map(|forecast| forecast.map(|date| is_accurate(error(fact, date, day))));
        let all = hits.iter().flatten().count();
        if all == 0 {
            return;
        }
        let accurate = hits.iter().flatten().filter(|hit| **hit).count();
        let outcome = match accurate {
            0 if achieved(fact, day).is_none() => "not achieved",
            0 => "off forecast",
            some if some == all => "as forecast",
            _ => "as forecast at one horizon",
        };
        rows.push(
            row(
                track,
                true,
                outcome,
                Some(accurate == all),
                [
                    ("Forecast 28 days before", forecasts[0].into()),
                    ("Forecast 42 days before", forecasts[1].into()),
                    ("Achieved", achieved(fact, day).into()),
                    (
                        "Days off at 28",
                        forecasts[0]
                            .and_then(|date| error(fact, date, day))
                            .map_or(Shown::Nothing, Shown::Days),
                    ),
                    (
                        "Days off at 42",
                        forecasts[1]
                            .and_then(|date| error(fact, date, day))
                            .map_or(Shown::Nothing, Shown::Days),
                    ),
                ],
            )
            .giving_parts(stats::float_len(accurate), stats::float_len(all)),
        );
    });
    rows
}

pub(super) fn detail(facts: &Facts, day: NaiveDate) -> ForecastAccuracy {
    let horizon = |days: i64| {
        let (mut errors, mut accurate, mut forecasts) = (Vec::new(), 0, 0);
        each(&facts.milestones, &[day], |_, _, track, fact| {
            let forecast = earlier_forecast(track, day, days).filter(|_| !fact.common.archived);
            if let Some(forecast) = forecast {
                let error = error(fact, forecast, day);
                errors.extend(error);
                accurate += u32::from(is_accurate(error));
                forecasts += 1;
            }
        });
        Horizon {
            days,
            share: Amount::ratio(accurate.into(), forecasts.into()).value,
            accurate,
            forecast: forecasts,
            bias_days: stats::mean(&errors),
        }
    };
    ForecastAccuracy { horizons: HORIZONS.map(horizon).into() }
}
