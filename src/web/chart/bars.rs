//! How many of something there were in each week: a bar a week.

use super::Words;
use super::label::number;
use super::scale::{Scale, Tick, day_ticks, nice, tenth};
use askama::Template;
use chrono::{Days, NaiveDate};

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 166.0;
const LEFT: f64 = 44.0;
const RIGHT: f64 = 704.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 140.0;

/// A week's bar, with its words.
#[derive(Debug, Clone)]
struct Bar {
    x: f64,
    y: f64,
    height: f64,
    words: String,
}

/// Bars of counts on an axis of weeks.
#[derive(Debug, Clone, Template)]
#[template(path = "chart/bars.html")]
pub struct Bars {
    words: Words,
    what: &'static str,
    strip: f64,
    bar_width: f64,
    ticks: Vec<Tick>,
    x_ticks: Vec<Tick>,
    drawn: Vec<Bar>,
    /// Each week from its first day to its last.
    rows: Vec<(NaiveDate, NaiveDate, u32)>,
}

impl Bars {
    /// `weeks` from the oldest to the latest: the week's first day, and how many; `what` they are, in the plural.
    #[must_use]
    pub fn new(words: Words, what: &'static str, weeks: &[(NaiveDate, u32)]) -> Self {
        let rows: Vec<_> = weeks.iter().map(|(day, count)| (*day, *day + Days::new(6), *count)).collect();
        let mut chart = Self {
            words,
            what,
            strip: 0.0,
            bar_width: 0.0,
            ticks: vec![],
            x_ticks: vec![],
            drawn: vec![],
            rows,
        };
        let (Some((first, _)), Some((end, _))) = (weeks.first(), weeks.last()) else { return chart };
        let strip = (RIGHT - LEFT) / f64::from(u32::try_from(weeks.len()).unwrap_or(u32::MAX));
        // Each week has a strip of its own; its bar stands in the middle of it.
        let x = Scale::days(*first, *end, (LEFT + strip / 2.0, RIGHT - strip / 2.0));
        let counts = weeks.iter().map(|(_, count)| f64::from(*count));
        let whole: Vec<f64> =
            nice(counts.chain([0.0]), 3).into_iter().filter(|mark| mark.fract() == 0.0).collect();
        let y = Scale::new((0.0, whole.last().copied().unwrap_or(1.0).max(1.0)), (BOTTOM, TOP));
        chart.strip = tenth(strip);
        chart.bar_width = tenth((strip * 0.7).clamp(1.0, 28.0));
        chart.ticks = whole.iter().map(|mark| Tick { at: y.at(*mark), label: number(*mark, 0) }).collect();
        chart.drawn = weeks
            .iter()
            .map(|(day, count)| {
                let top = y.at(f64::from(*count));
                let words = format!("Week from {}: {count} {what}", day.format("%-d %b %Y"));
                Bar { x: x.day(*day), y: top, height: tenth(BOTTOM - top), words }
            })
            .collect();
        chart.x_ticks = day_ticks(*first, *end, 8)
            .into_iter()
            .map(|(day, label)| Tick { at: x.day(day), label })
            .collect();
        chart
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bars(counts: &[u32]) -> Bars {
        let start: NaiveDate = "2026-06-01".parse().unwrap();
        let weeks: Vec<_> =
            counts.iter().zip(0_u64..).map(|(count, week)| (start + Days::new(week * 7), *count)).collect();
        Bars::new(Words::new("i", "Incidents a week", "By the week."), "incidents", &weeks)
    }

    #[test]
    fn a_bar_stands_on_the_axis_as_high_as_its_week_counts() {
        let chart = bars(&[0, 3, 1]);
        assert!(chart.drawn.iter().all(|bar| (bar.y + bar.height - BOTTOM).abs() < 0.2));
        assert!(chart.drawn[0].height == 0.0 && chart.drawn[1].height > 2.5 * chart.drawn[2].height);
        assert_eq!(chart.drawn[1].words, "Week from 8 Jun 2026: 3 incidents");
        let drawn = chart.render().unwrap();
        assert!(drawn.contains("<details>") && drawn.contains("8 Jun 2026 to 14 Jun 2026"), "{drawn}");
        assert!(chart.x_ticks.iter().all(|tick| (LEFT..=RIGHT).contains(&tick.at)));
    }

    #[test]
    fn nothing_one_week_and_noughts_draw() {
        assert!(bars(&[]).drawn.is_empty() && bars(&[]).render().is_ok());
        assert_eq!(bars(&[2]).drawn.len(), 1);
        assert!(bars(&[0, 0]).drawn.iter().all(|bar| bar.height == 0.0));
    }
}
