//! The head of the roadmap: two lines of names for its time, and the grid under its rows.

use super::super::label::width;
use super::super::scale::tenth;
use super::{ROW, Zoom};
use chrono::{Datelike, Days, Months, NaiveDate};
use std::fmt::Write as _;

/// A stretch of time: where its name stands. The name is "" when there is no room for it.
#[derive(Debug, Clone, PartialEq)]
pub struct Cell {
    pub(super) x: f64,
    pub(super) label: String,
}

/// Days to places across: a day is as wide as the zoom says, and begins at its left.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    pub(super) from: NaiveDate,
    pub(super) to: NaiveDate,
    pub(super) zoom: Zoom,
}

impl Span {
    pub(super) fn width(self) -> f64 {
        tenth(self.end(self.to))
    }

    /// Where a day begins; before nought or behind the width when it lies outside.
    pub(super) fn start(self, day: NaiveDate) -> f64 {
        tenth((day - self.from).num_days() as f64 * self.zoom.day())
    }

    /// Where a day ends.
    pub(super) fn end(self, day: NaiveDate) -> f64 {
        tenth(((day - self.from).num_days() + 1) as f64 * self.zoom.day())
    }

    /// The middle of a day: where a milestone and the line of today stand.
    pub(super) fn middle(self, day: NaiveDate) -> f64 {
        tenth(((day - self.from).num_days() as f64 + 0.5) * self.zoom.day())
    }

    pub(super) fn holds(self, day: NaiveDate) -> bool {
        (self.from..=self.to).contains(&day)
    }

    /// The upper and the lower line of names.
    pub(super) fn cells(self) -> (Vec<Cell>, Vec<Cell>) {
        let month = |day: NaiveDate| day.format("%b %Y").to_string();
        let quarter = |day: NaiveDate| format!("Q{} {}", day.month0() / 3 + 1, day.year());
        let (upper, lower): (Vec<_>, Vec<_>) = match self.zoom {
            Zoom::Week => (self.months(1, month), self.weeks()),
            Zoom::Month => (self.months(3, quarter), self.months(1, |day| day.format("%b").to_string())),
            Zoom::Quarter => (
                self.months(12, |day| day.format("%Y").to_string()),
                self.months(1, |day| day.format("%b").to_string()),
            ),
        };
        (self.fitted(upper), self.fitted(lower))
    }

    fn months(self, step: u32, name: impl Fn(NaiveDate) -> String) -> Vec<(NaiveDate, String)> {
        let first = self.from.with_day(1).and_then(|day| day.with_month0(day.month0() / step * step));
        std::iter::successors(first, |day| day.checked_add_months(Months::new(step)))
            .take_while(|day| *day <= self.to)
            .map(|day| (day, name(day)))
            .collect()
    }

    fn weeks(self) -> Vec<(NaiveDate, String)> {
        let monday = self.from - Days::new(u64::from(self.from.weekday().num_days_from_monday()));
        std::iter::successors(Some(monday), |day| day.checked_add_days(Days::new(7)))
            .take_while(|day| *day <= self.to)
            .map(|day| (day, day.format("%-d %b").to_string()))
            .collect()
    }

    /// A name stands at the left of its stretch, and a stretch that is too narrow for it has none.
    fn fitted(self, stretches: Vec<(NaiveDate, String)>) -> Vec<Cell> {
        let ends: Vec<f64> =
            stretches.iter().skip(1).map(|(day, _)| self.start(*day)).chain([self.width()]).collect();
        stretches
            .into_iter()
            .zip(ends)
            .map(|((day, label), end)| {
                let x = self.start(day).max(0.0);
                let room = end - x - 6.0;
                Cell { x, label: if width(&label) <= room { label } else { String::new() } }
            })
            .collect()
    }

    /// The lines that part stretches, as one path a row high.
    pub(super) fn lines(self, cells: &[Cell]) -> String {
        let mut d = String::new();
        for cell in cells.iter().filter(|cell| cell.x > 0.0) {
            let _ = write!(d, "M{} 0V{ROW}", cell.x);
        }
        d
    }

    /// Days without work, as one path a row high; runs of days are one shape. Only where a day is wide enough.
    pub(super) fn shade(self, off: &[NaiveDate]) -> String {
        let mut d = String::new();
        if self.zoom != Zoom::Week {
            return d;
        }
        let mut days: Vec<_> = off.iter().copied().filter(|day| self.holds(*day)).collect();
        days.sort_unstable();
        days.dedup();
        for run in days.chunk_by(|a, b| *b - *a == chrono::TimeDelta::days(1)) {
            let (x, end) = (self.start(run[0]), self.end(run[run.len() - 1]));
            let _ = write!(d, "M{x} 0H{end}V{ROW}H{x}Z");
        }
        d
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axis(from: &str, to: &str, zoom: Zoom) -> Span {
        Span { from: from.parse().unwrap(), to: to.parse().unwrap(), zoom }
    }

    fn labels(cells: &[Cell]) -> Vec<&str> {
        cells.iter().map(|cell| cell.label.as_str()).collect()
    }

    #[test]
    fn each_zoom_has_two_lines_of_names() {
        let (upper, lower) = axis("2026-11-16", "2026-12-13", Zoom::Week).cells();
        assert_eq!(labels(&upper), ["Nov 2026", "Dec 2026"]);
        assert_eq!(labels(&lower), ["16 Nov", "23 Nov", "30 Nov", "7 Dec"]);
        let (upper, lower) = axis("2026-11-01", "2027-02-28", Zoom::Month).cells();
        assert_eq!(labels(&upper), ["Q4 2026", "Q1 2027"]);
        assert_eq!(labels(&lower), ["Nov", "Dec", "Jan", "Feb"]);
        assert!((lower[1].x - 30.0 * 4.0).abs() < 0.1);
        let (upper, lower) = axis("2026-07-01", "2027-12-31", Zoom::Quarter).cells();
        assert_eq!(labels(&upper), ["2026", "2027"]);
        assert_eq!(lower.len(), 18);
    }

    #[test]
    fn a_stretch_that_is_cut_short_has_no_name_that_runs_over() {
        let (upper, lower) = axis("2026-10-30", "2026-12-02", Zoom::Month).cells();
        assert_eq!(labels(&lower), ["", "Nov", ""]);
        assert_eq!((upper[0].x, lower[0].x), (0.0, 0.0));
    }

    #[test]
    fn weekends_are_one_shape_each_and_only_where_a_day_is_wide() {
        let off: Vec<NaiveDate> =
            ["2026-11-22", "2026-11-21", "2026-11-26", "2027-01-01"].map(|day| day.parse().unwrap()).into();
        let week = axis("2026-11-16", "2026-11-29", Zoom::Week).shade(&off);
        assert_eq!(week, "M60 0H84V28H60ZM120 0H132V28H120Z");
        assert!(axis("2026-11-16", "2026-11-29", Zoom::Month).shade(&off).is_empty());
    }
}
