//! The scores of a risk over time: inherent, as assessed, and the target, each in steps from the day that it was set.

use super::Words;
use super::scale::{Scale, Tick, day_ticks, tenth};
use askama::Template;
use chrono::{Days, NaiveDate};
use std::fmt::Write as _;

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 190.0;
const TOP: f64 = 14.0;
const BOTTOM: f64 = 164.0;
const LEFT: f64 = 32.0;
const RIGHT: f64 = 600.0;
/// The names of the lines, and their classes, in the order of the data.
const LINES: [(&str, &str); 3] = [("inherent", "l1"), ("now", "l2"), ("target", "l3")];

/// What [`Scores`] draws.
#[derive(Debug, Clone)]
pub struct ScoresData {
    pub words: Words,
    /// From the first day on: inherent, as assessed, target, each 1 to 25 or not assessed.
    pub points: Vec<(NaiveDate, [Option<i16>; 3])>,
    /// The last day that is drawn.
    pub until: NaiveDate,
}

/// A line, with its name at its end.
#[derive(Debug, Clone)]
struct Line {
    class: &'static str,
    path: String,
    dots: Vec<(f64, f64, String)>,
    y: f64,
    label: String,
}

#[derive(Debug, Clone, Template)]
#[template(path = "chart/scores.html")]
pub struct Scores {
    words: Words,
    y_ticks: Vec<Tick>,
    x_ticks: Vec<Tick>,
    lines: Vec<Line>,
    rows: Vec<(NaiveDate, [String; 3])>,
}

impl Scores {
    #[must_use]
    pub fn new(data: ScoresData) -> Self {
        let ScoresData { words, points, until } = data;
        let show = |score: Option<i16>| score.map_or_else(|| "–".to_owned(), |score| score.to_string());
        let rows = points.iter().map(|(day, scores)| (*day, scores.map(show))).collect();
        let first = points.first().map_or(until, |(day, _)| *day);
        // One day alone has some width.
        let from = first.min(until.checked_sub_days(Days::new(7)).unwrap_or(until));
        let x = Scale::days(from, until.max(first), (LEFT, RIGHT));
        let y = Scale::new((0.0, 25.0), (BOTTOM, TOP));
        let mut lines: Vec<Line> = LINES
            .iter()
            .enumerate()
            .filter_map(|(at, (name, class))| {
                let mut path = String::new();
                let mut dots = Vec::new();
                let mut before: Option<f64> = None;
                for (day, scores) in &points {
                    let place = x.day(*day);
                    let level = scores[at].map(|score| y.at(f64::from(score)));
                    match (before, level) {
                        (None, Some(level)) => drop(write!(path, "M{place} {level}")),
                        (Some(_), Some(level)) => drop(write!(path, "H{place}V{level}")),
                        (Some(_), None) => drop(write!(path, "H{place}")),
                        (None, None) => {}
                    }
                    if let (Some(score), Some(level)) = (scores[at], level)
                        && before != Some(level)
                    {
                        dots.push((place, level, format!("{}: {name} {score}", day.format("%-d %b %Y"))));
                    }
                    before = level;
                }
                let level = before?;
                let _ = write!(path, "H{RIGHT}");
                let label = format!("{name} {}", show(points.last().and_then(|(_, scores)| scores[at])));
                Some(Line { class, path, dots, y: level, label })
            })
            .collect();
        apart(&mut lines);
        Self {
            words,
            y_ticks: [0_u8, 5, 10, 15, 20, 25]
                .into_iter()
                .map(|mark| Tick { at: y.at(f64::from(mark)), label: mark.to_string() })
                .collect(),
            x_ticks: day_ticks(from, until.max(first), 7)
                .into_iter()
                .map(|(day, label)| Tick { at: x.day(day), label })
                .collect(),
            lines,
            rows,
        }
    }
}

/// Moves labels that would stand on one another.
fn apart(lines: &mut [Line]) {
    lines.sort_by(|a, b| a.y.total_cmp(&b.y));
    let mut least = TOP;
    for line in lines {
        line.y = tenth(line.y.max(least));
        least = line.y + 13.0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn each_score_is_a_line_of_steps_that_ends_today() {
        let chart = Scores::new(ScoresData {
            words: Words::new("s", "Scores", "d"),
            points: vec![
                (day("2026-06-01"), [Some(20), Some(20), None]),
                (day("2026-07-01"), [Some(20), Some(12), Some(6)]),
            ],
            until: day("2026-08-01"),
        });
        assert_eq!(chart.lines.len(), 3);
        let labels: Vec<_> = chart.lines.iter().map(|line| line.label.as_str()).collect();
        assert_eq!(labels, ["inherent 20", "now 12", "target 6"], "the highest first");
        assert!(chart.lines.iter().all(|line| line.path.ends_with("H600")));
        assert_eq!(chart.rows[0].1, ["20", "20", "–"]);
        let html = chart.render().unwrap();
        assert!(html.contains("1 Jul 2026: now 12") && !html.contains("style="), "{html}");
    }

    #[test]
    fn nothing_assessed_and_one_day_draw() {
        let none = Scores::new(ScoresData {
            words: Words::new("s", "S", "d"),
            points: vec![],
            until: day("2026-08-01"),
        });
        assert!(none.lines.is_empty() && none.render().is_ok());
        let points = vec![(day("2026-08-01"), [Some(5), Some(5), Some(5)])];
        let one =
            Scores::new(ScoresData { words: Words::new("s", "S", "d"), points, until: day("2026-08-01") });
        let ys: Vec<_> = one.lines.iter().map(|line| line.y).collect();
        assert!(ys.windows(2).all(|two| two[1] - two[0] >= 13.0), "{ys:?}");
    }
}
