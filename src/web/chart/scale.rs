//! Scales and their ticks.

use chrono::{Datelike, Days, Months, NaiveDate};

/// A place on an axis with its label.
#[derive(Debug, Clone, PartialEq)]
pub struct Tick {
    /// Where, in units of the `viewBox`.
    pub at: f64,
    pub label: String,
}

/// Rounds to a tenth: finer is not seen and makes pages heavier.
pub(super) fn tenth(value: f64) -> f64 {
    let rounded = (value * 10.0).round() / 10.0;
    // Minus nought would be written as "-0".
    if rounded == 0.0 { 0.0 } else { rounded }
}

/// A day as a number, so that dates and figures share one scale.
pub(super) fn day_number(day: NaiveDate) -> f64 {
    f64::from(day.num_days_from_ce())
}

/// A straight scale from values to places.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scale {
    low: f64,
    high: f64,
    from: f64,
    to: f64,
}

impl Scale {
    /// Values `low..=high` to places `from..=to`. A range of nothing maps to the middle.
    pub(super) fn new((low, high): (f64, f64), (from, to): (f64, f64)) -> Self {
        Self { low, high, from, to }
    }

    pub(super) fn days(from_day: NaiveDate, to_day: NaiveDate, places: (f64, f64)) -> Self {
        Self::new((day_number(from_day), day_number(to_day)), places)
    }

    pub(super) fn at(&self, value: f64) -> f64 {
        let span = self.high - self.low;
        let share = if span.abs() < f64::EPSILON { 0.5 } else { (value - self.low) / span };
        tenth(self.from + share * (self.to - self.from))
    }

    pub(super) fn day(&self, day: NaiveDate) -> f64 {
        self.at(day_number(day))
    }

    /// As [`Scale::day`], kept within the range.
    pub(super) fn day_within(&self, day: NaiveDate) -> f64 {
        self.at(day_number(day).clamp(self.low.min(self.high), self.high.max(self.low)))
    }
}

/// Round values that cover `values` in about `wanted` steps of 1, 2 or 5 times a power of ten. The axis starts at
/// nought when the values come near it, so that a height says a size. At least two ticks, for no values too.
pub(super) fn nice(values: impl Iterator<Item = f64>, wanted: u32) -> Vec<f64> {
    let (low, high) = values
        .filter(|value| value.is_finite())
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
    let (mut low, mut high) = if low > high { (0.0, 1.0) } else { (low, high) };
    if low > 0.0 && low <= high * 0.6 {
        low = 0.0;
    }
    if high < 0.0 && high >= low * 0.6 {
        high = 0.0;
    }
    if (high - low).abs() < 1e-9 {
        // All equal: give the line air above and below, but don't go below nought for a count.
        let air = if high == 0.0 { 1.0 } else { high.abs() * 0.25 };
        low = if high >= 0.0 { (low - air).max(0.0) } else { low - air };
        high += air;
    }
    let rough = (high - low) / f64::from(wanted.max(1));
    let power = 10_f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].into_iter().map(|step| step * power).find(|step| *step >= rough * 0.999);
    let step = step.unwrap_or(power * 10.0);
    let first = (low / step + 1e-9).floor();
    let last = (high / step - 1e-9).ceil();
    let mut ticks = Vec::new();
    let mut at = first;
    while at <= last + 0.5 && ticks.len() < 50 {
        ticks.push(tidy(at * step));
        at += 1.0;
    }
    ticks
}

/// Takes away what binary fractions add: 0.30000000000000004.
fn tidy(value: f64) -> f64 {
    (value * 1e9).round() / 1e9
}

/// Days to mark between two days: the first of months, or Mondays when the range is short; at most `most`.
/// The label of January, and of the first mark, has the year.
pub(super) fn day_ticks(from: NaiveDate, to: NaiveDate, most: usize) -> Vec<(NaiveDate, String)> {
    let days = (to - from).num_days();
    if days <= 0 {
        return vec![(from, from.format("%-d %b %Y").to_string())];
    }
    if days <= 75 {
        return weeks(from, to, most);
    }
    let Some(first) = from.with_day(1) else { return Vec::new() };
    for step in [1_u32, 2, 3, 6, 12, 24, 60, 120, 240, 600, 1200] {
        let mut marks: Vec<NaiveDate> = Vec::new();
        let mut month = first;
        while month <= to && marks.len() <= most + 1 {
            if month >= from && month.month0().is_multiple_of(step.min(12)) {
                let years = i32::try_from(step / 12).unwrap_or(1).max(1);
                if step <= 12 || month.year() % years == 0 {
                    marks.push(month);
                }
            }
            let Some(next) = month.checked_add_months(Months::new(1)) else { break };
            month = next;
        }
        if marks.len() <= most {
            return marks
                .iter()
                .enumerate()
                .map(|(index, day)| {
                    let format = if step >= 12 {
                        "%Y"
                    } else if index == 0 || day.month() == 1 {
                        "%b %Y"
                    } else {
                        "%b"
                    };
                    (*day, day.format(format).to_string())
                })
                .collect();
        }
    }
    Vec::new()
}

fn weeks(from: NaiveDate, to: NaiveDate, most: usize) -> Vec<(NaiveDate, String)> {
    let to_monday = (7 - from.weekday().num_days_from_monday()) % 7;
    let Some(first) = from.checked_add_days(Days::new(u64::from(to_monday))) else { return Vec::new() };
    for step in [1_u64, 2, 4, 8] {
        let marks: Vec<_> = (0..)
            .map_while(|index| first.checked_add_days(Days::new(index * step * 7)))
            .take_while(|day| *day <= to)
            .take(most + 1)
            .map(|day| (day, day.format("%-d %b").to_string()))
            .collect();
        if marks.len() <= most {
            return marks;
        }
    }
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn ticks_are_round_and_cover_the_values() {
        assert_eq!(nice([3.0, 17.0].into_iter(), 4), [0.0, 5.0, 10.0, 15.0, 20.0]);
        assert_eq!(nice([67.0, 88.0].into_iter(), 4), [60.0, 70.0, 80.0, 90.0]);
        assert_eq!(nice([0.1, 0.3].into_iter(), 3), [0.0, 0.1, 0.2, 0.3]);
        assert_eq!(nice([-12.0, 9.0].into_iter(), 4), [-20.0, -10.0, 0.0, 10.0]);
    }

    #[test]
    fn no_value_one_value_and_equal_values_have_an_axis() {
        assert_eq!(nice(std::iter::empty(), 4).first(), Some(&0.0));
        assert!(nice(std::iter::empty(), 4).len() >= 2);
        for value in [0.0, 5.0, 100.0, -3.0, 0.004, 1e7] {
            let ticks = nice([value, value].into_iter(), 4);
            let (first, last) = (ticks[0], ticks[ticks.len() - 1]);
            assert!(first <= value && value <= last && first < last, "{value}: {ticks:?}");
        }
        assert!(nice([f64::NAN, f64::INFINITY, 2.0].into_iter(), 4).len() >= 2);
    }

    #[test]
    fn a_scale_of_nothing_maps_to_the_middle() {
        assert!((Scale::new((3.0, 3.0), (0.0, 10.0)).at(3.0) - 5.0).abs() < 1e-9);
        assert!((Scale::new((0.0, 4.0), (100.0, 0.0)).at(1.0) - 75.0).abs() < 1e-9);
        let scale = Scale::days(day("2026-01-01"), day("2026-01-11"), (0.0, 100.0));
        assert!((scale.day_within(day("2027-01-01")) - 100.0).abs() < 1e-9);
    }

    #[test]
    fn days_are_marked_at_months_or_mondays() {
        let months = day_ticks(day("2026-09-15"), day("2027-02-20"), 8);
        let labels: Vec<_> = months.iter().map(|(_, label)| label.as_str()).collect();
        assert_eq!(labels, ["Oct 2026", "Nov", "Dec", "Jan 2027", "Feb"]);
        let weeks = day_ticks(day("2026-11-04"), day("2026-11-30"), 8);
        assert_eq!(weeks.first().unwrap().0, day("2026-11-09"));
        for (from, to) in
            [("2020-01-01", "2026-12-31"), ("2000-02-29", "2100-01-01"), ("2026-01-01", "2026-01-01")]
        {
            let marks = day_ticks(day(from), day(to), 8);
            assert!((1..=8).contains(&marks.len()), "{from} {to} {marks:?}");
        }
    }
}
