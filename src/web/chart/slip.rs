//! A milestone in one row: the committed date, the forecast, and the way between them.

use super::scale::Scale;
use askama::Template;
use chrono::{Days, NaiveDate};

const WIDTH: f64 = 160.0;
/// Half of a marker: markers stay whole at the ends.
const EDGE: f64 = 6.0;

/// A marker line; rows that share a range can be compared down the column.
#[derive(Debug, Clone, Template)]
#[template(path = "chart/slip.html")]
pub struct Slip {
    today: Option<f64>,
    base: Option<f64>,
    fore: f64,
    /// "", "late", "early" or "done".
    class: &'static str,
    words: String,
}

impl Slip {
    /// `range` as made by [`slip_range`]; `done` when `forecast` is the actual date; `slip` in words, as "12 working
    /// days late", or "". Dates out of range stand at its ends.
    #[must_use]
    pub fn new(
        range: (NaiveDate, NaiveDate),
        today: NaiveDate,
        baseline: Option<NaiveDate>,
        forecast: NaiveDate,
        done: bool,
        slip: &str,
    ) -> Self {
        let x = Scale::days(range.0, range.1, (EDGE, WIDTH - EDGE));
        let class = match baseline {
            Some(baseline) if forecast > baseline => "late",
            Some(baseline) if forecast < baseline => "early",
            _ if done => "done",
            _ => "",
        };
        let mut words =
            baseline.map(|day| format!("Committed {}, ", day.format("%-d %b %Y"))).unwrap_or_default();
        words += if done { "achieved " } else { "forecast " };
        words += &forecast.format("%-d %b %Y").to_string();
        if !slip.is_empty() {
            words += ", ";
            words += slip;
        }
        Self {
            today: (range.0..=range.1).contains(&today).then(|| x.day(today)),
            base: baseline.filter(|day| *day != forecast).map(|day| x.day_within(day)),
            fore: x.day_within(forecast),
            class,
            words,
        }
    }
}

/// The range that shows today and all of `dates`, with a week of air, for every [`Slip`] of a list.
#[must_use]
pub fn slip_range(today: NaiveDate, dates: impl Iterator<Item = NaiveDate>) -> (NaiveDate, NaiveDate) {
    let (low, high) = dates.fold((today, today), |(low, high), day| (low.min(day), high.max(day)));
    let air = Days::new(7);
    (low.checked_sub_days(air).unwrap_or(low), high.checked_add_days(air).unwrap_or(high))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_slip_goes_from_the_committed_date_to_the_forecast() {
        let range = (day("2026-11-01"), day("2027-03-01"));
        let late = Slip::new(
            range,
            day("2026-11-20"),
            Some(day("2026-11-14")),
            day("2026-12-02"),
            false,
            "12 wd late",
        );
        assert_eq!(late.class, "late");
        assert!(late.base.unwrap() < late.fore);
        assert_eq!(late.words, "Committed 14 Nov 2026, forecast 2 Dec 2026, 12 wd late");
        assert!(late.render().unwrap().contains("class=\"gone\""));
        let on_time = Slip::new(range, day("2026-11-20"), Some(range.1), range.1, true, "");
        assert_eq!((on_time.class, on_time.base), ("done", None));
        let out = Slip::new(range, day("2028-01-01"), None, day("2029-01-01"), false, "");
        assert_eq!((out.today, out.fore), (None, WIDTH - EDGE));
    }

    #[test]
    fn the_range_holds_today_and_every_date() {
        let today = day("2026-11-20");
        assert_eq!(slip_range(today, std::iter::empty()), (day("2026-11-13"), day("2026-11-27")));
        let range = slip_range(today, [day("2027-03-12"), day("2026-11-14")].into_iter());
        assert_eq!(range, (day("2026-11-07"), day("2027-03-19")));
    }
}
