//! The S-curve: with what probability a target is met by each date.

use super::Words;
use super::label::{fit, number, width};
use super::scale::{Scale, Tick, day_ticks};
use askama::Template;
use chrono::{Days, NaiveDate};
use std::fmt::Write as _;

const WIDTH: f64 = 820.0;
const LEFT: f64 = 44.0;
/// What stands right of the plot is room for labels that begin near its end.
const RIGHT: f64 = 620.0;
const PLOT: f64 = 250.0;
/// The distance between two lines of labels above the plot.
const LINE: f64 = 16.0;
/// The shares that are marked.
const MARKS: [(f64, &str); 4] = [(0.1, "P10"), (0.5, "P50"), (0.8, "P80"), (0.9, "P90")];

/// A cumulative distribution of finish dates.
#[derive(Debug, Clone)]
pub struct Curve {
    /// As "As planned", or the scenario's name.
    pub name: String,
    /// Dates with the share of runs that finished by them, 0 to 1; both rise. A date between two of them has the
    /// share of the earlier: nothing finished in between.
    pub points: Vec<(NaiveDate, f64)>,
}

impl Curve {
    /// The first date by which `share` of the runs finished.
    #[must_use]
    pub fn date(&self, share: f64) -> Option<NaiveDate> {
        self.points.iter().find(|point| point.1 >= share - 1e-9).map(|point| point.0)
    }

    /// The share of the runs that finished by `day`.
    #[must_use]
    pub fn share(&self, day: NaiveDate) -> f64 {
        self.points.iter().take_while(|point| point.0 <= day).last().map_or(0.0, |point| point.1)
    }
}

/// What [`Confidence`] draws; dates that don't apply are `None`.
#[derive(Debug, Clone)]
pub struct ConfidenceData {
    pub curve: Curve,
    /// A second curve to hold against the first.
    pub scenario: Option<Curve>,
    /// The date in the current baseline.
    pub committed: Option<NaiveDate>,
    /// The date by which somebody needs it.
    pub needed_by: Option<NaiveDate>,
    /// The date of the schedule without uncertainty.
    pub planned: Option<NaiveDate>,
    /// P50 and P80 as corrected by the program's own history.
    pub corrected: Option<(NaiveDate, NaiveDate)>,
}

/// A text beside a point.
#[derive(Debug, Clone)]
pub struct Mark {
    x: f64,
    y: f64,
    text_x: f64,
    text_y: f64,
    end: bool,
    label: String,
    words: String,
}

/// A date that the curve is held against: a line with its label on top.
#[derive(Debug, Clone)]
pub struct Upright {
    class: &'static str,
    x: f64,
    y: f64,
    /// Where the line meets the curve.
    at: f64,
    label: String,
    words: String,
}

/// A curve as drawn.
#[derive(Debug, Clone)]
pub struct Trace {
    second: bool,
    d: String,
    name: String,
    label: Option<(f64, f64)>,
}

/// A row of the table of data.
#[derive(Debug, Clone)]
pub struct ConfidenceRow {
    name: String,
    day: NaiveDate,
    share: String,
    scenario: String,
}

/// Cumulative probability over dates.
#[derive(Debug, Clone, Template)]
#[template(path = "chart/confidence.html")]
pub struct Confidence {
    words: Words,
    height: f64,
    top: f64,
    bottom: f64,
    x_ticks: Vec<Tick>,
    y_ticks: Vec<Tick>,
    traces: Vec<Trace>,
    marks: Vec<Mark>,
    corrected: Vec<Mark>,
    uprights: Vec<Upright>,
    scenario: Option<String>,
    rows: Vec<ConfidenceRow>,
}

impl Confidence {
    /// Points whose share is no number are left out; a curve without points is drawn as "no runs".
    #[must_use]
    pub fn new(words: Words, mut data: ConfidenceData) -> Self {
        data.curve.points.retain(|point| point.1.is_finite());
        if let Some(scenario) = &mut data.scenario {
            scenario.points.retain(|point| point.1.is_finite());
        }
        let data = data;
        let scenario = data.scenario.as_ref().filter(|curve| !curve.points.is_empty());
        let mut lines = [
            ("committed", "Committed", data.committed),
            ("needed", "Needed by", data.needed_by),
            ("planned", "Schedule", data.planned),
        ]
        .into_iter()
        .filter_map(|(class, name, day)| day.map(|day| (class, name, day)))
        .collect::<Vec<_>>();
        // The leftmost has the topmost label, so that no line runs through a label.
        lines.sort_by_key(|line| line.2);
        let top = 14.0 + LINE * lines.len() as f64;
        let bottom = top + PLOT;
        let mut chart = Self {
            words,
            height: bottom + 28.0,
            top,
            bottom,
            x_ticks: vec![],
            y_ticks: vec![],
            traces: vec![],
            marks: vec![],
            corrected: vec![],
            uprights: vec![],
            scenario: scenario.map(|curve| curve.name.clone()),
            rows: vec![],
        };
        if data.curve.points.is_empty() {
            return chart;
        }
        let days = || {
            let curves = [Some(&data.curve), scenario].into_iter().flatten();
            let drawn = curves.flat_map(|curve| curve.points.iter().map(|point| point.0));
            let corrected = data.corrected.into_iter().flat_map(|(middle, late)| [middle, late]);
            drawn.chain(lines.iter().map(|line| line.2)).chain(corrected)
        };
        let (low, high) = (days().min().unwrap_or_default(), days().max().unwrap_or_default());
        let air = Days::new(u64::try_from((high - low).num_days() / 24).unwrap_or(0).max(2));
        let (low, high) = (low - air, high + air);
        let x = Scale::days(low, high, (LEFT, RIGHT));
        let y = Scale::new((0.0, 1.0), (bottom, top));
        chart.x_ticks =
            day_ticks(low, high, 7).into_iter().map(|(day, label)| Tick { at: x.day(day), label }).collect();
        chart.y_ticks = [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
            .into_iter()
            .map(|share| Tick { at: y.at(share), label: percent(share) })
            .collect();
        chart.traces.push(trace(&data.curve, false, high, x, y));
        if let Some(curve) = scenario {
            chart.traces.push(trace(curve, true, high, x, y));
            chart.label_traces(&data.curve, curve);
        }
        if let Some((middle, late)) = data.corrected {
            chart.corrected = corrected(middle, late, x, y);
        }
        chart.uprights = lines
            .iter()
            .zip(0_u32..)
            .map(|(&(class, name, day), index)| upright(class, name, day, index, &data, x, y))
            .collect();
        chart.marks = marks(&data, &chart.uprights, x, y);
        chart.rows = rows(&data, scenario, &lines);
        chart
    }

    /// Names stand where the curves end, one line apart; a single curve needs none.
    fn label_traces(&mut self, first: &Curve, second: &Curve) {
        // Above the line at 100 % there are the labels of the uprights, so names stand below it.
        for (trace, (curve, below)) in self.traces.iter_mut().zip([(first, 0.0), (second, 1.0)]) {
            trace.name = fit(&curve.name, WIDTH - RIGHT - 30.0);
            trace.label = Some((RIGHT + 30.0, self.top + 4.0 + LINE * below));
        }
    }
}

/// A share as a percentage; only certainty is "100 %".
#[must_use]
pub fn percent(share: f64) -> String {
    let rounded = (share * 100.0).round();
    let shown = if share > 0.0 && share < 1.0 { rounded.clamp(1.0, 99.0) } else { rounded };
    format!("{}\u{a0}%", number(shown, 0))
}

fn trace(curve: &Curve, second: bool, high: NaiveDate, x: Scale, y: Scale) -> Trace {
    let mut d = String::new();
    let start = curve.points.first().map(|point| point.0).unwrap_or_default();
    let _ = write!(d, "M{LEFT} {}H{}", y.at(0.0), x.day(start - Days::new(1)));
    for (day, share) in &curve.points {
        let _ = write!(d, "L{} {}", x.day(*day), y.at(share.clamp(0.0, 1.0)));
    }
    if curve.points.last().is_some_and(|point| point.0 < high) {
        let _ = write!(d, "H{RIGHT}");
    }
    Trace { second, d, name: curve.name.clone(), label: None }
}

/// Labels stand left of the curve, where it is still below them, or right, where it is above: on the side on which
/// there is less in their way.
fn marks(data: &ConfidenceData, uprights: &[Upright], x: Scale, y: Scale) -> Vec<Mark> {
    let curve = &data.curve;
    MARKS
        .into_iter()
        .filter_map(|(share, name)| curve.date(share).map(|day| (share, name, day)))
        .map(|(share, name, day)| {
            let label = format!("{name} {}", day.format("%-d %b"));
            let (place, height) = (x.day(day), y.at(curve.share(day).clamp(0.0, 1.0)));
            let long = width(&label) * 1.1;
            let inside = |from: f64, at: f64| (from - 4.0..=from + long + 4.0).contains(&at);
            let hits = |from: f64| {
                let lines = uprights.iter().filter(|line| inside(from, line.x));
                let crossed: f64 =
                    lines.map(|line| if (line.at - height).abs() < 12.0 { 3.0 } else { 1.0 }).sum();
                let others = [
                    data.scenario.as_ref().and_then(|curve| curve.date(share)),
                    data.corrected.filter(|_| name == "P50").map(|corrected| corrected.0),
                    data.corrected.filter(|_| name == "P80").map(|corrected| corrected.1),
                ];
                let met = others.into_iter().flatten().filter(|day| inside(from, x.day(*day))).count();
                crossed + 2.0 * met as f64
            };
            let (left, right) = (place - 10.0 - long, place + 10.0);
            let end = left > LEFT && hits(left) <= hits(right);
            Mark {
                x: place,
                y: height,
                text_x: if end { place - 10.0 } else { right },
                text_y: height + 4.0,
                end,
                words: format!(
                    "{name}: {} of the runs finish by {}",
                    percent(share),
                    day.format("%-d %b %Y")
                ),
                label,
            }
        })
        .collect()
}

fn corrected(middle: NaiveDate, late: NaiveDate, x: Scale, y: Scale) -> Vec<Mark> {
    [(0.5, "P50", middle), (0.8, "P80", late)]
        .into_iter()
        .map(|(share, name, day)| Mark {
            x: x.day(day),
            y: y.at(share),
            text_x: x.day(day) + 10.0,
            text_y: y.at(share) + 4.0,
            end: false,
            label: format!("corrected {name} {}", day.format("%-d %b")),
            words: format!("{name} as corrected by history: {}", day.format("%-d %b %Y")),
        })
        .collect()
}

fn upright(
    class: &'static str,
    name: &str,
    day: NaiveDate,
    index: u32,
    data: &ConfidenceData,
    x: Scale,
    y: Scale,
) -> Upright {
    let share = data.curve.share(day);
    Upright {
        class,
        x: x.day(day),
        y: 12.0 + LINE * f64::from(index),
        at: y.at(share),
        label: format!("{name} {} · {}", day.format("%-d %b"), percent(share)),
        words: format!("{name} {}: met with a probability of {}", day.format("%-d %b %Y"), percent(share)),
    }
}

/// The marked dates in words: what a reader of the table asks for, not each of some hundred points.
fn rows(
    data: &ConfidenceData,
    scenario: Option<&Curve>,
    lines: &[(&'static str, &'static str, NaiveDate)],
) -> Vec<ConfidenceRow> {
    let at = |name: &str, day: NaiveDate| ConfidenceRow {
        name: name.to_owned(),
        day,
        share: percent(data.curve.share(day)),
        scenario: scenario.map(|curve| percent(curve.share(day))).unwrap_or_default(),
    };
    let marked = MARKS.iter().filter_map(|(share, name)| data.curve.date(*share).map(|day| at(name, day)));
    let corrected = data
        .corrected
        .into_iter()
        .flat_map(|(middle, late)| [("P50, corrected", middle), ("P80, corrected", late)])
        .map(|(name, day)| at(name, day));
    let second = scenario.into_iter().flat_map(|curve| {
        MARKS.iter().filter_map(|(share, name)| {
            curve.date(*share).map(|day| at(&format!("{name}, {}", curve.name), day))
        })
    });
    let lines = lines.iter().map(|(_, name, day)| at(name, *day));
    let mut rows: Vec<_> = marked.chain(corrected).chain(second).chain(lines).collect();
    rows.sort_by_key(|row| row.day);
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    /// One of a hundred runs finishes on each of a hundred days from 1 January 2027.
    fn even(name: &str, later: u64) -> Curve {
        let start = day("2027-01-01") + Days::new(later);
        Curve {
            name: name.into(),
            points: (0_u32..100)
                .map(|index| (start + Days::new(u64::from(index)), f64::from(index + 1) / 100.0))
                .collect(),
        }
    }

    fn data() -> ConfidenceData {
        ConfidenceData {
            curve: even("As planned", 0),
            scenario: None,
            committed: Some(day("2027-02-07")),
            needed_by: Some(day("2027-03-31")),
            planned: Some(day("2027-01-20")),
            corrected: None,
        }
    }

    fn confidence(data: ConfidenceData) -> Confidence {
        Confidence::new(Words::new("s", "When it is done", "Probability by date"), data)
    }

    #[test]
    fn percentiles_and_probabilities_are_read_off_the_curve() {
        let curve = even("x", 0);
        // The 50th of the hundred days, and the 38th: counted by hand.
        assert_eq!(curve.date(0.5), Some(day("2027-02-19")));
        assert!((curve.share(day("2027-02-07")) - 0.38).abs() < 1e-9);
        assert!((curve.share(day("2026-12-31"))).abs() < 1e-9);
        assert!((curve.share(day("2028-01-01")) - 1.0).abs() < 1e-9);
        let chart = confidence(data());
        let labels: Vec<_> = chart.marks.iter().map(|mark| mark.label.as_str()).collect();
        assert_eq!(labels, ["P10 10 Jan", "P50 19 Feb", "P80 21 Mar", "P90 31 Mar"]);
        let labels: Vec<_> = chart.uprights.iter().map(|line| line.label.as_str()).collect();
        assert_eq!(
            labels,
            ["Schedule 20 Jan · 20\u{a0}%", "Committed 7 Feb · 38\u{a0}%", "Needed by 31 Mar · 90\u{a0}%"]
        );
    }

    #[test]
    fn marks_lie_on_the_curve_and_labels_in_the_drawing() {
        let chart = confidence(data());
        for (mark, (share, _)) in chart.marks.iter().zip(MARKS) {
            assert!((mark.y - (chart.bottom - share * PLOT)).abs() < 0.1);
            let room = if mark.end { mark.text_x - LEFT } else { WIDTH - mark.text_x };
            assert!(width(&mark.label) <= room, "{mark:?}");
        }
        for pair in chart.uprights.windows(2) {
            assert!(pair[0].x <= pair[1].x && pair[0].y + LINE - 0.1 <= pair[1].y);
        }
        assert!(chart.uprights.iter().all(|line| line.x + width(&line.label) + 8.0 <= WIDTH));
        assert!(chart.uprights.iter().all(|line| line.y < chart.top));
    }

    #[test]
    fn a_scenario_is_named_and_has_its_column() {
        let mut with = data();
        with.scenario = Some(even("Without <wave 2>", 30));
        with.corrected = Some((day("2027-03-01"), day("2027-04-05")));
        let chart = confidence(with);
        assert_eq!(chart.traces.len(), 2);
        assert!(chart.traces.iter().all(|trace| trace.label.is_some()));
        // Marks of both curves, corrected ones, and three lines.
        assert_eq!(chart.rows.len(), 4 + 4 + 2 + 3);
        let html = chart.render().unwrap();
        assert_eq!(html.matches("<th scope=\"row\"").count(), 13);
        assert!(!html.contains("<wave") && !html.contains("NaN") && !html.contains("style="));
    }

    #[test]
    fn certainty_one_day_and_nothing_draw() {
        assert_eq!((percent(0.999), percent(1.0), percent(0.001), percent(0.0)).0, "99\u{a0}%");
        assert_eq!(percent(0.001), "1\u{a0}%");
        assert_eq!(percent(0.0), "0\u{a0}%");
        let mut one = data();
        one.curve.points = vec![(day("2027-02-01"), 1.0)];
        (one.committed, one.needed_by, one.planned) = (None, None, None);
        let chart = confidence(one);
        assert!(chart.marks.iter().all(|mark| mark.x.is_finite()));
        assert!(!chart.render().unwrap().contains("NaN"));
        let mut none = data();
        none.curve.points = vec![(day("2027-02-01"), f64::NAN)];
        assert!(confidence(none).render().unwrap().contains("No runs"));
    }
}
