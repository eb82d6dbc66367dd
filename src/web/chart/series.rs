//! A metric over time: weekly values, their axes, the target.

use super::Words;
use super::label::with_unit;
use super::scale::{Scale, Tick, day_ticks, nice};
use super::sparkline::runs;
use askama::Template;
use chrono::NaiveDate;

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 220.0;
const TOP: f64 = 14.0;
const BOTTOM: f64 = 196.0;
const LEFT: f64 = 44.0;
const RIGHT: f64 = 640.0;

/// What [`Series`] draws.
#[derive(Debug, Clone)]
pub struct SeriesData {
    pub words: Words,
    /// From oldest to latest; `None` where the metric had no value, which is not nought.
    pub points: Vec<(NaiveDate, Option<f64>)>,
    pub target: Option<f64>,
    /// As in "%", "d", "wd", or "".
    pub unit: String,
    /// The most decimals that a value is shown with.
    pub decimals: usize,
}

/// A value with the strip of the drawing that shows it on hover.
#[derive(Debug, Clone)]
pub struct Point {
    x: f64,
    y: f64,
    strip_x: f64,
    strip_width: f64,
    words: String,
}

/// A line over dates, broken where there was no value.
#[derive(Debug, Clone, Template)]
#[template(path = "chart/series.html")]
pub struct Series {
    words: Words,
    y_ticks: Vec<Tick>,
    x_ticks: Vec<Tick>,
    paths: Vec<String>,
    points: Vec<Point>,
    target: Option<Tick>,
    last: Option<(f64, f64, f64, String)>,
    rows: Vec<(NaiveDate, String)>,
}

impl Series {
    #[must_use]
    pub fn new(data: SeriesData) -> Self {
        let SeriesData { words, points, target, unit, decimals } = data;
        let points: Vec<_> =
            points.into_iter().map(|(day, value)| (day, value.filter(|value| value.is_finite()))).collect();
        let show = |value: f64| with_unit(value, decimals, &unit);
        let rows =
            points.iter().map(|(day, value)| (*day, value.map_or_else(|| "no value".into(), show))).collect();
        let known: Vec<f64> = points.iter().filter_map(|(_, value)| *value).collect();
        let ends = points.first().zip(points.last()).filter(|_| !known.is_empty());
        let Some((first, end)) = ends else {
            return Self {
                words,
                y_ticks: vec![],
                x_ticks: vec![],
                paths: vec![],
                points: vec![],
                target: None,
                last: None,
                rows,
            };
        };
        let target = target.filter(|target| target.is_finite());
        let marks = nice(known.iter().copied().chain(target), 4);
        let range = (marks[0], marks[marks.len() - 1]);
        let y = Scale::new(range, (BOTTOM, TOP));
        let x = Scale::days(first.0, end.0, (LEFT, RIGHT));
        let strip = (RIGHT - LEFT) / f64::from(u32::try_from(points.len().max(2) - 1).unwrap_or(u32::MAX));
        let places: Vec<Point> = points
            .iter()
            .filter_map(|(day, value)| {
                let value = (*value)?;
                let at = x.day(*day);
                Some(Point {
                    x: at,
                    y: y.at(value),
                    strip_x: super::scale::tenth(at - strip / 2.0),
                    strip_width: super::scale::tenth(strip),
                    words: format!("{}: {}", day.format("%-d %b %Y"), show(value)),
                })
            })
            .collect();
        let (paths, _) =
            runs(points.iter().map(|(day, value)| value.map(|value| (x.day(*day), y.at(value)))));
        let target =
            target.map(|target| Tick { at: y.at(target), label: format!("target {}", show(target)) });
        let last = places.last().zip(known.last()).map(|(place, value)| {
            // The label of the target stands at the same edge: the value's own gives way.
            let text_y = match &target {
                Some(target) if (target.at - place.y).abs() < 13.0 => {
                    target.at + if place.y < target.at || target.at > BOTTOM - 14.0 { -13.0 } else { 13.0 }
                }
                _ => place.y,
            };
            (place.x, place.y, super::scale::tenth(text_y + 4.0), show(*value))
        });
        Self {
            words,
            y_ticks: marks
                .iter()
                .map(|mark| Tick { at: y.at(*mark), label: with_unit(*mark, 3, &axis_unit(&unit)) })
                .collect(),
            x_ticks: day_ticks(first.0, end.0, 8)
                .into_iter()
                .map(|(day, label)| Tick { at: x.day(day), label })
                .collect(),
            paths,
            points: places,
            target,
            last,
            rows,
        }
    }
}

/// Only a sign of one letter stands beside each figure of an axis.
fn axis_unit(unit: &str) -> String {
    if unit.chars().count() <= 1 { unit.to_owned() } else { String::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(values: &[Option<f64>], target: Option<f64>) -> Series {
        let start: NaiveDate = "2026-06-01".parse().unwrap();
        let points = values
            .iter()
            .zip(0_u64..)
            .map(|(value, week)| (start + chrono::Days::new(week * 7), *value))
            .collect();
        let words = Words::new("s", "On-time rate", "Share of milestones achieved on time");
        Series::new(SeriesData { words, points, target, unit: "%".into(), decimals: 1 })
    }

    #[test]
    fn values_stand_within_the_axes() {
        let chart = series(&[Some(88.0), Some(70.5), None, Some(67.0)], Some(80.0));
        assert_eq!(chart.paths.len(), 1);
        assert_eq!(chart.points.len(), 3);
        assert!(chart.points.iter().all(|point| (TOP..=BOTTOM).contains(&point.y)));
        assert_eq!(chart.points[1].words, "8 Jun 2026: 70.5\u{a0}%");
        assert_eq!(chart.target.as_ref().unwrap().label, "target 80\u{a0}%");
        assert_eq!(chart.rows[2].1, "no value");
        let html = chart.render().unwrap();
        assert!(html.contains("<details>") && !html.contains("style="), "{html}");
    }

    #[test]
    fn nothing_one_value_and_equal_values_draw() {
        assert!(series(&[], None).render().unwrap().contains("No values"));
        assert!(series(&[None, None], Some(3.0)).render().unwrap().contains("No values"));
        let one = series(&[Some(5.0)], None);
        assert_eq!((one.points.len(), one.paths.len()), (1, 0));
        let equal = series(&[Some(5.0), Some(5.0), Some(5.0)], Some(5.0));
        assert!((TOP..=BOTTOM).contains(&equal.points[0].y));
        assert!((equal.last.as_ref().unwrap().2 - equal.target.as_ref().unwrap().at).abs() > 8.0);
        assert!(equal.render().is_ok());
    }
}
