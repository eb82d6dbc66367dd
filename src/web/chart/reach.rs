//! How far a date spreads, in one row: from its P10 to its P90, with its P50, its P80 and the committed date.

use super::scale::Scale;
use askama::Template;
use chrono::NaiveDate;

const WIDTH: f64 = 160.0;
/// Half of a marker: markers stay whole at the ends.
const EDGE: f64 = 6.0;

/// A bar with its marks; rows that share a range can be compared down the column.
#[derive(Debug, Clone, Template)]
#[template(path = "chart/reach.html")]
pub struct Reach {
    today: Option<f64>,
    from: f64,
    to: f64,
    middle: f64,
    likely: f64,
    base: Option<f64>,
    words: String,
}

impl Reach {
    /// `range` as made by [`super::slip_range`]; `dates` are P10, P50, P80 and P90. Dates out of range stand at its ends.
    #[must_use]
    pub fn new(
        range: (NaiveDate, NaiveDate),
        today: NaiveDate,
        dates: [NaiveDate; 4],
        committed: Option<NaiveDate>,
    ) -> Self {
        let x = Scale::days(range.0, range.1, (EDGE, WIDTH - EDGE));
        let [from, middle, likely, to] = dates.map(|day| x.day_within(day));
        let told = |day: NaiveDate| day.format("%-d %b %Y").to_string();
        let mut words = format!("P10 {} to P90 {}", told(dates[0]), told(dates[3]));
        if let Some(day) = committed {
            words += ", committed ";
            words += &told(day);
        }
        Self {
            today: (range.0..=range.1).contains(&today).then(|| x.day(today)),
            from,
            to,
            middle,
            likely,
            base: committed.map(|day| x.day_within(day)),
            words,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_stand_in_the_order_of_their_days_and_within_the_drawing() {
        let day = |text: &str| -> NaiveDate { text.parse().unwrap() };
        let range = (day("2026-06-01"), day("2026-09-01"));
        let dates = ["2026-06-20", "2026-07-01", "2026-07-20", "2027-01-01"].map(day);
        let reach = Reach::new(range, day("2026-06-10"), dates, Some(day("2026-01-01")));
        assert!(reach.from < reach.middle && reach.middle < reach.likely && reach.likely < reach.to);
        assert!((reach.to - (WIDTH - EDGE)).abs() < 0.1, "what lies beyond stands at the end");
        assert!((reach.base.unwrap() - EDGE).abs() < 0.1);
        assert_eq!(reach.words, "P10 20 Jun 2026 to P90 1 Jan 2027, committed 1 Jan 2026");
    }
}
