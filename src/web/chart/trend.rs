//! Milestone trend analysis, the slip chart: what was forecast, seen from each report date.
//!
//! A flat line is a milestone that holds; a rising one slips; a line that meets the diagonal is achieved, for there
//! the forecast is the day itself.

use super::Words;
use super::label::{fit, spread, width};
use super::scale::{Scale, Tick, day_number, day_ticks, tenth};
use askama::Template;
use chrono::{Days, NaiveDate};
use std::fmt::Write as _;

const WIDTH: f64 = 820.0;
const TOP: f64 = 14.0;
const LEFT: f64 = 66.0;
const RIGHT: f64 = 580.0;
/// Where the labels begin, and the room that each has.
const LABEL: f64 = 604.0;
const LABEL_ROOM: f64 = 212.0;
/// The least distance between two labels.
const APART: f64 = 14.0;
/// The hues that the style sheet has, `l1` to `l6`.
const HUES: usize = 6;

/// One milestone of [`Trend`].
#[derive(Debug, Clone)]
pub struct TrendLine {
    pub name: String,
    /// As "ATLAS-M18".
    pub reference: String,
    /// The milestone's page.
    pub href: String,
    /// What was forecast from each report date on, oldest first. Each change is enough; weekly samples do too.
    pub points: Vec<(NaiveDate, NaiveDate)>,
    /// The day on which it was achieved; its line ends there.
    pub achieved: Option<NaiveDate>,
}

/// A milestone as drawn.
#[derive(Debug, Clone)]
pub struct Thread {
    hue: usize,
    d: String,
    dots: Vec<(f64, f64, String)>,
    end: (f64, f64),
    met: bool,
    leader: String,
    label_y: f64,
    name: String,
    date: String,
    title: String,
    href: String,
}

/// A milestone's row in the table of data.
#[derive(Debug, Clone)]
pub struct TrendRow {
    name: String,
    reference: String,
    first: NaiveDate,
    latest: NaiveDate,
    achieved: Option<NaiveDate>,
    moves: usize,
    days: i64,
}

/// Report dates across, forecast dates up, one line a milestone.
#[derive(Debug, Clone, Template)]
#[template(path = "chart/trend.html")]
pub struct Trend {
    words: Words,
    height: f64,
    bottom: f64,
    x_ticks: Vec<Tick>,
    y_ticks: Vec<Tick>,
    diagonal: Option<[f64; 4]>,
    beyond: String,
    threads: Vec<Thread>,
    rows: Vec<TrendRow>,
}

impl Trend {
    /// `until` is the last report date: today, or the day that the page shows. Up to about fifteen lines are
    /// legible; all that are given are drawn. Lines without points are left out.
    #[must_use]
    pub fn new(words: Words, lines: &[TrendLine], until: NaiveDate) -> Self {
        let lines: Vec<_> = lines.iter().filter(|line| !line.points.is_empty()).collect();
        let count = f64::from(u32::try_from(lines.len()).unwrap_or(u32::MAX));
        let bottom = TOP + (count * (APART + 6.0)).clamp(280.0, 620.0);
        let mut chart = Self {
            words,
            height: bottom + 40.0,
            bottom,
            x_ticks: vec![],
            y_ticks: vec![],
            diagonal: None,
            beyond: String::new(),
            threads: vec![],
            rows: lines.iter().map(|line| row(line)).collect(),
        };
        let reports = || lines.iter().flat_map(|line| line.points.iter().map(|point| point.0));
        let forecasts =
            || lines.iter().flat_map(|line| line.points.iter().map(|point| point.1).chain(line.achieved));
        let (Some(x0), Some(y0), Some(y1)) = (reports().min(), forecasts().min(), forecasts().max()) else {
            return chart;
        };
        let x1 = until.max(reports().max().unwrap_or(until)).max(x0 + Days::new(7));
        let air = Days::new(u64::try_from((y1 - y0).num_days() / 24).unwrap_or(0).max(3));
        let (y0, y1) = (y0 - air, y1 + air);
        let x = Scale::days(x0, x1, (LEFT, RIGHT));
        let y = Scale::days(y0, y1, (bottom, TOP));
        let tick = |scale: Scale| move |(day, label)| Tick { at: scale.day(day), label };
        chart.x_ticks = day_ticks(x0, x1, 7).into_iter().map(tick(x)).collect();
        chart.y_ticks = day_ticks(y0, y1, 9).into_iter().map(tick(y)).collect();
        chart.draw_diagonal((x0, x1), (y0, y1), x, y);
        chart.threads = lines.iter().enumerate().map(|(index, line)| thread(index, line, x1, x, y)).collect();
        let ends: Vec<f64> = chart.threads.iter().map(|thread| thread.end.1).collect();
        for (thread, place) in chart.threads.iter_mut().zip(spread(&ends, APART, TOP, bottom)) {
            thread.label_y = tenth(place + 4.0);
            let (x, y) = thread.end;
            let turn = LABEL - 14.0;
            thread.leader =
                format!("M{} {y}H{}L{} {}", tenth(x + 5.0), turn.max(x + 5.0), LABEL - 4.0, tenth(place));
        }
        chart
    }

    /// The days on which report and forecast date are the same, and the part below, where a forecast would lie in
    /// the past of its report.
    fn draw_diagonal(&mut self, xs: (NaiveDate, NaiveDate), ys: (NaiveDate, NaiveDate), x: Scale, y: Scale) {
        let (from, to) = (xs.0.max(ys.0), xs.1.min(ys.1));
        if from >= to {
            return;
        }
        let line = [x.day(from), y.day(from), x.day(to), y.day(to)];
        let mut shape = format!("M{} {}L{} {}", line[0], line[1], line[2], line[3]);
        if day_number(to) < day_number(xs.1) {
            let _ = write!(shape, "H{RIGHT}");
        }
        let _ = write!(shape, "V{}", self.bottom);
        if from > ys.0 {
            let _ = write!(shape, "H{LEFT}");
        }
        shape.push('Z');
        self.diagonal = Some(line);
        self.beyond = shape;
    }
}

fn row(line: &TrendLine) -> TrendRow {
    let first = line.points.first().map(|point| point.1).unwrap_or_default();
    let latest = line.achieved.or(line.points.last().map(|point| point.1)).unwrap_or_default();
    TrendRow {
        name: line.name.clone(),
        reference: line.reference.clone(),
        first,
        latest,
        achieved: line.achieved,
        moves: line.points.windows(2).filter(|pair| pair[0].1 != pair[1].1).count(),
        days: (latest - first).num_days(),
    }
}

fn thread(index: usize, line: &TrendLine, until: NaiveDate, x: Scale, y: Scale) -> Thread {
    let day = |day: NaiveDate| day.format("%-d %b %Y");
    let mut d = String::new();
    let mut dots = Vec::new();
    let mut end = (LEFT, TOP);
    let mut before: Option<NaiveDate> = None;
    for &(report, forecast) in &line.points {
        let report = line.achieved.map_or(report, |achieved| report.min(achieved)).min(until);
        let place = (x.day_within(report), y.day_within(forecast));
        match before {
            None => {
                let _ = write!(d, "M{} {}", place.0, place.1);
                dots.push((place.0, place.1, format!("{}: first forecast {}", day(report), day(forecast))));
            }
            // A forecast holds until it is changed, so the line steps.
            Some(previous) if previous != forecast => {
                let _ = write!(d, "H{}V{}", place.0, place.1);
                let days = (forecast - previous).num_days();
                let words = format!("{}: {} → {}, {days:+} days", day(report), day(previous), day(forecast));
                dots.push((place.0, place.1, words));
            }
            Some(_) => {}
        }
        before = Some(forecast);
        end = place;
    }
    let last = line.achieved.unwrap_or(until);
    end.0 = x.day_within(last);
    let _ = write!(d, "H{}", end.0);
    if let Some(achieved) = line.achieved {
        end.1 = y.day_within(achieved);
        let _ = write!(d, "V{}", end.1);
    }
    let latest = line.achieved.or(before).unwrap_or(until);
    let date = format!("{}{}", if line.achieved.is_some() { "✓ " } else { "" }, latest.format("%-d %b"));
    Thread {
        hue: index % HUES + 1,
        d,
        dots,
        end,
        met: line.achieved.is_some(),
        leader: String::new(),
        label_y: end.1,
        name: fit(&line.name, LABEL_ROOM - width(&date) - 12.0),
        date,
        title: format!(
            "{} {}: {} {}",
            line.reference,
            line.name,
            if line.achieved.is_some() { "achieved" } else { "forecast" },
            day(latest)
        ),
        href: line.href.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn line(name: &str, points: &[(&str, &str)], achieved: Option<&str>) -> TrendLine {
        TrendLine {
            name: name.into(),
            reference: "ATLAS-M1".into(),
            href: "/programs/ATLAS/milestones/1".into(),
            points: points.iter().map(|(report, forecast)| (day(report), day(forecast))).collect(),
            achieved: achieved.map(day),
        }
    }

    fn trend(lines: &[TrendLine]) -> Trend {
        Trend::new(Words::new("t", "Slip chart", "Forecasts over time"), lines, day("2026-11-20"))
    }

    #[test]
    fn a_slip_steps_up_and_an_achievement_meets_the_diagonal() {
        let chart = trend(&[
            line("Pilot", &[("2026-06-01", "2026-09-01"), ("2026-08-10", "2026-09-20")], Some("2026-09-22")),
            line("GA", &[("2026-06-01", "2027-02-27"), ("2026-10-01", "2027-03-12")], None),
        ]);
        let pilot = &chart.threads[0];
        assert!(pilot.met && pilot.dots.len() == 2);
        assert_eq!(pilot.dots[1].2, "10 Aug 2026: 1 Sep 2026 → 20 Sep 2026, +19 days");
        let [x0, y0, x1, y1] = chart.diagonal.unwrap();
        let on_diagonal = y0 + (pilot.end.0 - x0) / (x1 - x0) * (y1 - y0);
        assert!((on_diagonal - pilot.end.1).abs() < 0.5, "{on_diagonal} {:?}", pilot.end);
        assert!((chart.threads[1].end.0 - RIGHT).abs() < 0.1);
        assert_eq!((chart.rows[1].moves, chart.rows[1].days), (1, 13));
        let html = chart.render().unwrap();
        assert!(html.contains("12 Mar") && !html.contains("style="));
    }

    #[test]
    fn fifteen_labels_at_one_place_stay_apart_and_in_their_room() {
        let name = "Migration of every invoice & credit note of the wholesale business, wave 3";
        let lines: Vec<_> = (0..15).map(|_| line(name, &[("2026-06-01", "2027-01-15")], None)).collect();
        let chart = trend(&lines);
        let mut places: Vec<f64> = chart.threads.iter().map(|thread| thread.label_y).collect();
        places.sort_by(f64::total_cmp);
        assert!(places.windows(2).all(|pair| pair[1] - pair[0] >= APART - 0.2), "{places:?}");
        assert!(places[0] >= TOP && places[14] <= chart.bottom + 4.1);
        assert!(chart.threads.iter().all(|thread| thread.name.ends_with('…')));
        assert!(chart.render().unwrap().contains("&#38;"));
    }

    #[test]
    fn nothing_and_one_point_draw() {
        assert!(trend(&[]).render().unwrap().contains("No forecasts"));
        assert!(trend(&[line("None", &[], None)]).threads.is_empty());
        let one = trend(&[line("One", &[("2026-11-20", "2026-11-20")], None)]);
        assert_eq!(one.threads.len(), 1);
        assert!(one.threads[0].end.1.is_finite() && one.render().is_ok());
    }
}
