//! Whether the risks go down: open high risks and open exposure at the end of each week.

use super::Words;
use super::label::{number, with_unit};
use super::scale::{Scale, Tick, day_ticks, nice, tenth};
use super::sparkline::runs;
use askama::Template;
use chrono::NaiveDate;

const WIDTH: f64 = 720.0;
const LEFT: f64 = 44.0;
const RIGHT: f64 = 640.0;
/// The upper panel, counts; and the lower one, exposure. Two scales on one panel would invite false comparison.
const COUNT: (f64, f64) = (24.0, 130.0);
const EXPOSURE: (f64, f64) = (168.0, 250.0);

/// One week of [`Burndown`].
#[derive(Debug, Clone, Copy)]
pub struct BurndownWeek {
    /// The week's last day.
    pub day: NaiveDate,
    /// Open high risks; `None` before the program kept risks.
    pub high: Option<u32>,
    /// The sum of probability × impact of the open risks.
    pub exposure: Option<f64>,
}

/// A week's bar, with its words.
#[derive(Debug, Clone)]
pub struct Bar {
    x: f64,
    y: f64,
    height: f64,
    words: String,
}

/// Bars of counts over a line of exposure, on one axis of weeks.
#[derive(Debug, Clone, Template)]
#[template(path = "chart/burndown.html")]
pub struct Burndown {
    words: Words,
    height: f64,
    bottom: f64,
    bar_width: f64,
    strip: f64,
    count_ticks: Vec<Tick>,
    exposure_ticks: Vec<Tick>,
    x_ticks: Vec<Tick>,
    bars: Vec<Bar>,
    paths: Vec<String>,
    last_exposure: Option<(f64, f64, String)>,
    last_count: Option<(f64, String)>,
    rows: Vec<(NaiveDate, String, String)>,
}

impl Burndown {
    /// `weeks` from oldest to latest.
    #[must_use]
    pub fn new(words: Words, weeks: &[BurndownWeek]) -> Self {
        let counts = || weeks.iter().filter_map(|week| week.high).map(f64::from);
        let exposures = || weeks.iter().filter_map(|week| week.exposure);
        let show = |value: Option<f64>| value.map_or_else(|| "no value".to_owned(), |value| number(value, 0));
        let with_exposure = exposures().next().is_some();
        let bottom = if with_exposure { EXPOSURE.1 } else { COUNT.1 };
        let mut chart = Self {
            words,
            height: bottom + 26.0,
            bottom,
            bar_width: 0.0,
            strip: 0.0,
            count_ticks: vec![],
            exposure_ticks: vec![],
            x_ticks: vec![],
            bars: vec![],
            paths: vec![],
            last_exposure: None,
            last_count: None,
            rows: weeks
                .iter()
                .map(|week| (week.day, show(week.high.map(f64::from)), show(week.exposure)))
                .collect(),
        };
        let (Some(first), Some(end)) = (weeks.first(), weeks.last()) else { return chart };
        if counts().next().is_none() && !with_exposure {
            return chart;
        }
        let strip = (RIGHT - LEFT) / f64::from(u32::try_from(weeks.len()).unwrap_or(u32::MAX));
        // Each week has a strip of its own; its bar and its point stand in the middle of it.
        let x = Scale::days(first.day, end.day, (LEFT + strip / 2.0, RIGHT - strip / 2.0));
        chart.strip = tenth(strip);
        chart.bar_width = tenth((strip * 0.7).clamp(1.0, 28.0));
        let whole =
            nice(counts().chain([0.0]), 3).into_iter().filter(|mark| mark.fract() == 0.0).collect::<Vec<_>>();
        let high = whole.last().copied().unwrap_or(1.0).max(1.0);
        let y = Scale::new((0.0, high), (COUNT.1, COUNT.0));
        chart.count_ticks =
            whole.iter().map(|mark| Tick { at: y.at(*mark), label: number(*mark, 0) }).collect();
        chart.bars = weeks
            .iter()
            .map(|week| {
                let top = y.at(week.high.map_or(0.0, f64::from));
                let words = format!(
                    "Week to {}: {} open high, exposure {}",
                    week.day.format("%-d %b %Y"),
                    show(week.high.map(f64::from)),
                    show(week.exposure)
                );
                Bar { x: x.day(week.day), y: top, height: tenth(COUNT.1 - top), words }
            })
            .collect();
        chart.last_count =
            end.high.map(|count| (y.at(f64::from(count)), with_unit(f64::from(count), 0, "high")));
        if with_exposure {
            let marks = nice(exposures().chain([0.0]), 2);
            let y = Scale::new((0.0, marks[marks.len() - 1]), (EXPOSURE.1, EXPOSURE.0));
            chart.exposure_ticks =
                marks.iter().map(|mark| Tick { at: y.at(*mark), label: number(*mark, 0) }).collect();
            let places =
                || weeks.iter().map(|week| week.exposure.map(|value| (x.day(week.day), y.at(value))));
            chart.paths = runs(places()).0;
            chart.last_exposure = weeks
                .iter()
                .rev()
                .find_map(|week| week.exposure.map(|value| (x.day(week.day), y.at(value), number(value, 0))));
        }
        chart.x_ticks = day_ticks(first.day, end.day, 8)
            .into_iter()
            .map(|(day, label)| Tick { at: x.day(day), label })
            .collect();
        chart
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weeks(values: &[(Option<u32>, Option<f64>)]) -> Burndown {
        let start: NaiveDate = "2026-06-05".parse().unwrap();
        let weeks: Vec<_> = values
            .iter()
            .zip(0_u64..)
            .map(|(&(high, exposure), week)| BurndownWeek {
                day: start + chrono::Days::new(week * 7),
                high,
                exposure,
            })
            .collect();
        Burndown::new(Words::new("b", "Risk burndown", "Open high risks"), &weeks)
    }

    #[test]
    fn bars_stand_on_the_axis() {
        let chart =
            weeks(&[(None, None), (Some(0), Some(12.0)), (Some(3), Some(60.0)), (Some(2), Some(41.5))]);
        assert_eq!(chart.bars.len(), 4);
        assert!(chart.bars.iter().all(|bar| (bar.y + bar.height - COUNT.1).abs() < 0.2));
        assert_eq!(chart.bars[2].words, "Week to 19 Jun 2026: 3 open high, exposure 60");
        assert_eq!(chart.last_exposure.as_ref().unwrap().2, "42");
        assert!(chart.count_ticks.len() >= 2);
        assert!(chart.render().unwrap().contains("<details>"));
    }

    #[test]
    fn nothing_one_week_and_noughts_draw() {
        assert!(weeks(&[]).render().unwrap().contains("No risks"));
        assert!(weeks(&[(None, None)]).bars.is_empty());
        assert_eq!(weeks(&[(Some(1), None)]).bars.len(), 1);
        let noughts = weeks(&[(Some(0), Some(0.0)), (Some(0), Some(0.0))]);
        assert!(noughts.bars.iter().all(|bar| bar.height == 0.0));
        assert!(noughts.render().is_ok());
    }
}
