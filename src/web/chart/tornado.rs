//! The tornado: what drives a target's date, the widest first.

use super::Words;
use super::label::{number, width};
use super::scale::{Scale, Tick, nice, tenth};
use askama::Template;
use chrono::NaiveDate;

const WIDTH: f64 = 520.0;
/// The height of a row's drawing.
const ROW: f64 = 40.0;
/// Room at both ends for the days beside a bar.
const EDGE: f64 = 58.0;

/// What a driver is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DriverKind {
    Activity,
    Risk,
    Dependency,
}

impl DriverKind {
    fn word(self) -> &'static str {
        match self {
            Self::Activity => "Activity",
            Self::Risk => "Risk",
            Self::Dependency => "Dependency",
        }
    }
}

/// One driver of [`Tornado`].
#[derive(Debug, Clone)]
pub struct Driver {
    pub kind: DriverKind,
    pub title: String,
    /// As "ATLAS-R12".
    pub reference: String,
    /// The item's page; "" for an item that the reader may not open.
    pub href: String,
    /// The target's P50 when this driver goes well: in the third of the runs in which it was shortest, or the risk didn't strike.
    pub low: NaiveDate,
    /// The target's P50 when this driver goes badly: in the third of the runs in which it was longest, or the risk struck.
    pub high: NaiveDate,
    /// In how many of the runs it lay on the critical path, 0 to 1; for a risk, in how many it struck.
    pub criticality: Option<f64>,
}

/// A driver as drawn, its swing about the target's P50.
#[derive(Debug, Clone)]
pub struct DriverBar {
    driver: Driver,
    x: f64,
    width: f64,
    /// Days before and after the P50, in words, with their places.
    early: (f64, String),
    late: (f64, String),
    criticality: String,
    swing: i64,
    words: String,
}

/// Bars about the target's P50, sorted by how far they swing it.
#[derive(Debug, Clone, Template)]
#[template(path = "chart/tornado.html")]
pub struct Tornado {
    words: Words,
    middle: NaiveDate,
    axis: f64,
    ticks: Vec<Tick>,
    bars: Vec<DriverBar>,
    kinds: Vec<DriverKind>,
}

impl Tornado {
    /// `middle` is the target's P50. The order of `drivers` is kept among those that swing it equally.
    #[must_use]
    pub fn new(words: Words, middle: NaiveDate, mut drivers: Vec<Driver>) -> Self {
        for driver in &mut drivers {
            if driver.high < driver.low {
                std::mem::swap(&mut driver.low, &mut driver.high);
            }
        }
        drivers.sort_by_key(|driver| std::cmp::Reverse(driver.high - driver.low));
        let days = |day: NaiveDate| days(day, middle);
        let ends = || drivers.iter().flat_map(|driver| [days(driver.low), days(driver.high)]);
        let low = ends().fold(0.0, f64::min);
        let high = ends().fold(0.0, f64::max);
        let (low, high) = if high - low < 1.0 { (-1.0, 1.0) } else { (low, high) };
        let x = Scale::new((low, high), (EDGE, WIDTH - EDGE));
        let ticks = nice([low, high].into_iter(), 5)
            .into_iter()
            .filter(|mark| (low..=high).contains(mark) && mark.fract() == 0.0)
            .map(|mark| Tick { at: x.at(mark), label: tick_label(mark, x) })
            .collect();
        let mut kinds: Vec<DriverKind> = Vec::new();
        for driver in &drivers {
            if !kinds.contains(&driver.kind) {
                kinds.push(driver.kind);
            }
        }
        let bars = drivers.into_iter().map(|driver| bar(driver, middle, x)).collect();
        Self { words, middle, axis: x.at(0.0), ticks, bars, kinds }
    }
}

fn days(day: NaiveDate, middle: NaiveDate) -> f64 {
    (day - middle).num_days() as f64
}

/// The middle has the date in its label, so those next to it make room.
fn tick_label(mark: f64, x: Scale) -> String {
    if (x.at(mark) - x.at(0.0)).abs() < 56.0 { String::new() } else { signed(mark) }
}

/// Days with their sign: "+12 d", "−4 d", "0 d".
fn signed(days: f64) -> String {
    format!("{}{}\u{a0}d", if days > 0.0 { "+" } else { "" }, number(days, 0))
}

fn bar(driver: Driver, middle: NaiveDate, x: Scale) -> DriverBar {
    let (low, high) = (days(driver.low, middle), days(driver.high, middle));
    let (from, to) = (x.at(low), x.at(high));
    let (early, late) = (signed(low), signed(high));
    let swing = (driver.high - driver.low).num_days();
    let criticality = driver
        .criticality
        .filter(|share| share.is_finite())
        .map_or_else(|| "–".to_owned(), |share| format!("{}\u{a0}%", number(share * 100.0, 0)));
    let words = format!(
        "{} {} {}: {} to {}, a swing of {swing} days; critical in {criticality}",
        driver.kind.word(),
        driver.reference,
        driver.title,
        driver.low.format("%-d %b %Y"),
        driver.high.format("%-d %b %Y"),
    );
    // Ends stay within the drawing, whatever they say.
    let start = (from - 6.0).max(width(&early));
    let end = (to + 6.0).min(WIDTH - width(&late));
    DriverBar {
        x: from,
        width: tenth((to - from).max(1.5)),
        early: (tenth(start), early),
        late: (tenth(end), late),
        criticality,
        swing,
        words,
        driver,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn driver(title: &str, low: &str, high: &str) -> Driver {
        Driver {
            kind: if title.starts_with('R') { DriverKind::Risk } else { DriverKind::Activity },
            title: title.into(),
            reference: "ATLAS-T1".into(),
            href: "/programs/ATLAS/activities/1".into(),
            low: day(low),
            high: day(high),
            criticality: Some(0.624),
        }
    }

    fn tornado(drivers: Vec<Driver>) -> Tornado {
        Tornado::new(
            Words::new("t", "What drives the date", "Swing of each driver"),
            day("2027-03-12"),
            drivers,
        )
    }

    fn html_of(chart: &Tornado) -> String {
        chart.render().unwrap()
    }

    #[test]
    fn the_widest_swing_is_on_top_and_bars_share_the_scale() {
        let chart = tornado(vec![
            driver("Short", "2027-03-11", "2027-03-14"),
            driver("Risk", "2027-03-02", "2027-04-01"),
            driver("Turned", "2027-03-20", "2027-03-10"),
        ]);
        let swings: Vec<_> = chart.bars.iter().map(|bar| bar.swing).collect();
        assert_eq!(swings, [30, 10, 3]);
        let top = &chart.bars[0];
        assert_eq!((top.x, tenth(top.x + top.width)), (EDGE, WIDTH - EDGE));
        assert_eq!((top.early.1.as_str(), top.late.1.as_str()), ("−10\u{a0}d", "+20\u{a0}d"));
        assert!((chart.axis - (EDGE + (WIDTH - 2.0 * EDGE) / 3.0)).abs() < 0.1);
        assert_eq!(top.criticality, "62\u{a0}%");
        assert!(html_of(&chart).contains(&format!("x=\"{}\" y=\"13\">P50 12 Mar<", chart.axis)));
        let html = html_of(&chart);
        assert!(!html.contains("NaN") && !html.contains("style="));
        // A row of the drawing and a row of the data for each driver.
        assert_eq!(html.matches("<th scope=\"row\"").count(), 6);
    }

    #[test]
    fn a_risk_is_told_by_word_and_hatching() {
        let html = tornado(vec![driver("Risk", "2027-03-02", "2027-04-01")]).render().unwrap();
        assert!(html.contains(">Risk</small>") && html.contains("url(#t-hatch)"));
        let html = tornado(vec![driver("Work", "2027-03-02", "2027-04-01")]).render().unwrap();
        assert!(!html.contains("url(#t-hatch)"));
    }

    #[test]
    fn nothing_no_swing_and_hostile_titles_draw() {
        assert!(tornado(vec![]).render().unwrap().contains("Nothing drives"));
        let still = tornado(vec![driver("<script>x</script>", "2027-03-12", "2027-03-12")]);
        assert!(still.bars[0].x.is_finite() && still.bars[0].width > 0.0);
        let html = still.render().unwrap();
        assert!(!html.contains("<script") && !html.contains("NaN"));
        // All after the P50: the axis is still drawn, at the left.
        let late = tornado(vec![driver("Late", "2027-03-20", "2027-03-30")]);
        assert!((late.axis - EDGE).abs() < 1e-9);
    }
}
