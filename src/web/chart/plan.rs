//! A benefit: what was planned, and what was measured.

use super::Words;
use super::label::with_unit;
use super::scale::{Scale, Tick, day_ticks, nice};
use askama::Template;
use chrono::NaiveDate;

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 220.0;
const TOP: f64 = 14.0;
const BOTTOM: f64 = 196.0;
const LEFT: f64 = 56.0;
const RIGHT: f64 = 620.0;

/// What [`PlanChart`] draws.
#[derive(Debug, Clone)]
pub struct PlanData {
    pub words: Words,
    pub unit: String,
    pub baseline: f64,
    /// In the order of days.
    pub plan: Vec<(NaiveDate, f64)>,
    pub measured: Vec<(NaiveDate, f64)>,
    /// The day that is shown, and what was planned for it.
    pub day: NaiveDate,
    pub planned: Option<f64>,
}

/// A value on its day.
#[derive(Debug, Clone)]
pub struct Spot {
    x: f64,
    y: f64,
    words: String,
}

/// A row of the table: the day, what was planned, what was measured.
#[derive(Debug, Clone)]
pub struct Row {
    day: NaiveDate,
    planned: String,
    measured: String,
}

/// The plan as a dashed line, the measurements as a line of their own.
#[derive(Debug, Clone, Template)]
#[template(path = "chart/plan.html")]
pub struct PlanChart {
    words: Words,
    y_ticks: Vec<Tick>,
    x_ticks: Vec<Tick>,
    plan: String,
    planned: Vec<Spot>,
    line: String,
    measured: Vec<Spot>,
    baseline: Option<Tick>,
    now: Option<f64>,
    /// The last of each line with its label: plan, measurements.
    ends: Vec<(f64, f64, String)>,
    rows: Vec<Row>,
}

fn path(spots: &[Spot]) -> String {
    use std::fmt::Write as _;
    spots.iter().enumerate().fold(String::new(), |mut d, (at, spot)| {
        let _ = write!(d, "{}{} {}", if at == 0 { 'M' } else { 'L' }, spot.x, spot.y);
        d
    })
}

impl PlanChart {
    #[must_use]
    pub fn new(data: PlanData) -> Self {
        let PlanData { words, unit, baseline, plan, measured, day, planned } = data;
        let show = |value: f64| with_unit(value, 2, &unit);
        let mut days: Vec<_> = plan.iter().chain(&measured).map(|(day, _)| *day).collect();
        days.sort_unstable();
        days.dedup();
        let at = |list: &[(NaiveDate, f64)], day: NaiveDate| {
            list.iter()
                .rev()
                .find(|(other, _)| *other == day)
                .map(|(_, value)| show(*value))
                .unwrap_or_default()
        };
        let rows =
            days.iter().map(|day| Row { day: *day, planned: at(&plan, *day), measured: at(&measured, *day) });
        let rows: Vec<_> = rows.collect();
        let (Some(first), Some(end)) = (days.first().copied(), days.last().copied()) else {
            return Self {
                words,
                y_ticks: vec![],
                x_ticks: vec![],
                plan: String::new(),
                planned: vec![],
                line: String::new(),
                measured: vec![],
                baseline: None,
                now: None,
                ends: vec![],
                rows,
            };
        };
        let marks = nice(plan.iter().chain(&measured).map(|(_, value)| *value).chain([baseline]), 4);
        let y = Scale::new((marks[0], marks[marks.len() - 1]), (BOTTOM, TOP));
        let x = Scale::days(first, end, (LEFT, RIGHT));
        let spots = |list: &[(NaiveDate, f64)], what: &str| -> Vec<Spot> {
            list.iter()
                .map(|(day, value)| Spot {
                    x: x.day(*day),
                    y: y.at(*value),
                    words: format!("{}: {what} {}", day.format("%-d %b %Y"), show(*value)),
                })
                .collect()
        };
        let (planned_spots, measured_spots) = (spots(&plan, "planned"), spots(&measured, "measured"));
        let mut ends = Vec::new();
        if let (Some(spot), Some((_, value))) = (planned_spots.last(), plan.last()) {
            ends.push((spot.x + 8.0, spot.y + 4.0, format!("plan {}", show(*value))));
        }
        if let (Some(spot), Some((_, value))) = (measured_spots.last(), measured.last()) {
            // The label stands below its point where the plan runs above it, so that they don't meet.
            let below = planned.is_none_or(|planned| planned >= *value);
            ends.push((spot.x + 6.0, spot.y + if below { 16.0 } else { -8.0 }, show(*value)));
        }
        Self {
            words,
            y_ticks: marks
                .iter()
                .map(|mark| Tick { at: y.at(*mark), label: with_unit(*mark, 2, "") })
                .collect(),
            x_ticks: day_ticks(first, end, 8)
                .into_iter()
                .map(|(day, label)| Tick { at: x.day(day), label })
                .collect(),
            plan: path(&planned_spots),
            planned: planned_spots,
            line: path(&measured_spots),
            measured: measured_spots,
            baseline: Some(Tick { at: y.at(baseline), label: format!("baseline {}", show(baseline)) }),
            now: (first..=end).contains(&day).then(|| x.day(day)),
            ends,
            rows,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn chart(plan: &[(&str, f64)], measured: &[(&str, f64)]) -> PlanChart {
        let list = |of: &[(&str, f64)]| of.iter().map(|(on, value)| (day(on), *value)).collect();
        PlanChart::new(PlanData {
            words: Words::new("plan", "Plan and actual", "What was planned"),
            unit: "%".into(),
            baseline: 10.0,
            plan: list(plan),
            measured: list(measured),
            day: day("2026-06-30"),
            planned: Some(50.0),
        })
    }

    #[test]
    fn plan_and_measurements_share_their_scales_and_the_table_has_both() {
        let chart = chart(
            &[("2026-01-01", 10.0), ("2026-12-31", 90.0)],
            &[("2026-06-30", 40.0), ("2026-12-31", 90.0)],
        );
        let place = |spot: &Spot| (spot.x, spot.y);
        assert_eq!(place(&chart.planned[1]), place(&chart.measured[1]));
        assert!(chart.now.is_some());
        let rows: Vec<_> =
            chart.rows.iter().map(|row| (row.planned.as_str(), row.measured.as_str())).collect();
        assert_eq!(rows, [("10\u{a0}%", ""), ("", "40\u{a0}%"), ("90\u{a0}%", "90\u{a0}%")]);
        let html = chart.render().unwrap();
        assert!(html.contains("<details>") && !html.contains("style="), "{html}");
    }

    #[test]
    fn nothing_and_one_point_draw() {
        assert!(chart(&[], &[]).render().unwrap().contains("No plan"));
        assert!(chart(&[("2026-06-30", 10.0)], &[]).render().is_ok());
    }
}
