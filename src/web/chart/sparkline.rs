//! The small line in a tile: where a metric comes from.

use super::label::with_unit;
use super::scale::{Scale, tenth};
use askama::Template;
use std::fmt::Write as _;

const WIDTH: f64 = 84.0;
const HEIGHT: f64 = 26.0;
/// Room for the dot at the end.
const EDGE: f64 = 3.0;

/// A line without axes; gaps where there was no value, a dashed line at the target, a dot at the latest value.
#[derive(Debug, Clone, Template)]
#[template(path = "chart/sparkline.html")]
pub struct Sparkline {
    /// One path a run of values.
    paths: Vec<String>,
    /// Values that stand alone between gaps.
    lone: Vec<(f64, f64)>,
    target: Option<f64>,
    last: Option<(f64, f64)>,
    words: String,
}

impl Sparkline {
    /// `values` from oldest to latest, evenly apart in time; `unit` as in "%", "d", "wd", or "".
    #[must_use]
    pub fn new(values: &[Option<f64>], target: Option<f64>, unit: &str) -> Self {
        let values: Vec<_> = values.iter().map(|value| value.filter(|value| value.is_finite())).collect();
        let target = target.filter(|target| target.is_finite());
        let known = || values.iter().flatten().copied();
        if known().next().is_none() {
            return Self {
                paths: vec![],
                lone: vec![],
                target: None,
                last: None,
                words: "No values yet".into(),
            };
        }
        let (low, high) = known()
            .chain(target)
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
        let y = Scale::new((low, high), (HEIGHT - EDGE, EDGE));
        let end = u32::try_from(values.len().saturating_sub(1)).unwrap_or(u32::MAX);
        let x = Scale::new((0.0, f64::from(end)), (0.0, WIDTH));
        let places: Vec<_> = values
            .iter()
            .zip(0_u32..)
            .map(|(value, index)| {
                let across = if end == 0 { WIDTH } else { x.at(f64::from(index)) };
                value.map(|value| (across, y.at(value)))
            })
            .collect();
        let last = places.iter().rev().find_map(|place| *place);
        let (paths, lone) = runs(places.into_iter());
        let first = known().next().unwrap_or_default();
        let latest = known().next_back().unwrap_or_default();
        let way = match latest.total_cmp(&first) {
            std::cmp::Ordering::Greater => "rising from",
            std::cmp::Ordering::Less => "falling from",
            std::cmp::Ordering::Equal => "unchanged from",
        };
        let target_words =
            target.map(|target| format!(", target {}", with_unit(target, 1, unit))).unwrap_or_default();
        let words =
            format!("{way} {} to {}{target_words}", with_unit(first, 1, unit), with_unit(latest, 1, unit));
        Self { paths, lone, target: target.map(|target| y.at(target)), last, words }
    }
}

/// Splits places at the gaps: a path for each run of two or more, and the places that stand alone.
pub(super) fn runs(places: impl Iterator<Item = Option<(f64, f64)>>) -> (Vec<String>, Vec<(f64, f64)>) {
    let mut paths = Vec::new();
    let mut lone = Vec::new();
    let mut run: Vec<(f64, f64)> = Vec::new();
    for place in places.chain([None]) {
        if let Some((x, y)) = place {
            run.push((tenth(x), tenth(y)));
            continue;
        }
        match run.as_slice() {
            [] => {}
            [one] => lone.push(*one),
            many => {
                let mut path = String::new();
                for (index, (x, y)) in many.iter().enumerate() {
                    let _ = write!(path, "{}{x} {y}", if index == 0 { 'M' } else { 'L' });
                }
                paths.push(path);
            }
        }
        run.clear();
    }
    (paths, lone)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_break_the_line() {
        let chart = Sparkline::new(
            &[Some(1.0), Some(2.0), None, Some(3.0), None, Some(2.0), Some(2.0)],
            Some(2.5),
            "d",
        );
        assert_eq!(chart.paths, ["M0 23L14 13", "M70 13L84 13"]);
        assert_eq!(chart.lone, [(42.0, 3.0)]);
        assert_eq!(chart.last, Some((84.0, 13.0)));
        assert_eq!(chart.words, "rising from 1\u{a0}d to 2\u{a0}d, target 2.5\u{a0}d");
    }

    #[test]
    fn nothing_one_value_and_equal_values_draw() {
        assert!(Sparkline::new(&[], Some(1.0), "").last.is_none());
        assert!(Sparkline::new(&[None, Some(f64::NAN)], None, "").paths.is_empty());
        assert_eq!(Sparkline::new(&[Some(4.0)], None, "").last, Some((84.0, 13.0)));
        assert_eq!(Sparkline::new(&[Some(4.0), Some(4.0)], None, "").paths, ["M0 13L84 13"]);
        assert!(Sparkline::new(&[Some(4.0)], None, "").render().unwrap().contains("role=\"img\""));
    }
}
