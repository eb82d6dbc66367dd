//! The roadmap: a timeline of projects, activities and milestones, held against what was committed.
//!
//! It is a table whose second column is drawn, a drawing a row: so its head and first column stay in sight, a page break
//! falls between rows and repeats the head, and each row is announced with its own words.

mod axis;
mod links;

use super::Words;
use super::label::width;
use super::path::slip;
use super::scale::tenth;
use askama::Template;
use axis::{Cell, Span};
use chrono::{Datelike, Days, NaiveDate};
use links::{Pieces, Ports};
use std::fmt::Write as _;

/// The height of a row's drawing. The style sheet keeps rows this high.
const ROW: f64 = 28.0;
const MIDDLE: f64 = ROW / 2.0;
/// The top of a bar within its row, and its height.
const BAR: f64 = 9.0;
const BAR_HEIGHT: f64 = 10.0;
/// Half of a diamond.
const TIP: f64 = 6.0;
/// The height of the head: two lines of names, and one for the day that is shown.
const HEAD: f64 = 54.0;

/// How wide a day is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Zoom {
    /// Months over weeks, with days off shaded.
    Week,
    /// Quarters over months.
    Month,
    /// Years over months.
    Quarter,
}

impl Zoom {
    /// The width of a day.
    fn day(self) -> f64 {
        match self {
            Self::Week => 12.0,
            Self::Month => 4.0,
            Self::Quarter => 1.5,
        }
    }

    /// The most days that are drawn: some five years of weeks, and 24,000 px at most.
    fn most(self) -> Days {
        Days::new(match self {
            Self::Week => 2_000,
            Self::Month => 6_000,
            Self::Quarter => 16_000,
        })
    }
}

/// What a row is, and so how it is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoadmapKind {
    /// A heading; with dates it is drawn as a bracket over them, as a summary is.
    Program,
    Project,
    Summary,
    /// A bar from start to finish.
    Activity,
    /// A diamond on its finish.
    Milestone,
}

impl RoadmapKind {
    fn word(self) -> &'static str {
        match self {
            Self::Program => "Program",
            Self::Project => "Project",
            Self::Summary => "Summary",
            Self::Activity => "Activity",
            Self::Milestone => "Milestone",
        }
    }
}

/// How far a row has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoadmapState {
    Planned,
    Started,
    /// Finished or achieved; drawn muted.
    Done,
    /// Cancelled; drawn muted and struck out.
    Cancelled,
}

/// One row of [`Roadmap`].
#[derive(Debug, Clone)]
pub struct RoadmapRow {
    pub kind: RoadmapKind,
    /// Indentation, 0 to 5.
    pub level: u8,
    /// As "ATLAS-M18".
    pub reference: String,
    pub title: String,
    /// The item's page; "" for an item that the reader may not open.
    pub href: String,
    /// The actual start, else the early one; not used for a milestone.
    pub start: Option<NaiveDate>,
    /// The actual finish, else the early one: the last day of work. A milestone's achieved or forecast date.
    pub finish: Option<NaiveDate>,
    /// The baseline's start.
    pub committed_start: Option<NaiveDate>,
    /// The finish, or a milestone's date, that the baseline in force commits.
    pub committed: Option<NaiveDate>,
    /// What was committed first; `None` where it is what is committed now.
    pub original: Option<NaiveDate>,
    /// Share of the work that is done, 0 to 1.
    pub complete: Option<f64>,
    pub state: RoadmapState,
    pub critical: bool,
    /// Total float in working days.
    pub float: Option<i64>,
    /// The day to which the float reaches: the late finish.
    pub late_finish: Option<NaiveDate>,
    /// Working days after (before, when negative) the finish that was committed first.
    pub slip: Option<i64>,
}

/// The type of a schedule link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkKind {
    FinishStart,
    StartStart,
    FinishFinish,
    StartFinish,
}

impl LinkKind {
    fn word(self) -> &'static str {
        match self {
            Self::FinishStart => "FS",
            Self::StartStart => "SS",
            Self::FinishFinish => "FF",
            Self::StartFinish => "SF",
        }
    }
}

/// One end of a link.
#[derive(Debug, Clone)]
pub enum LinkEnd {
    /// An index into the rows.
    Row(usize),
    /// An item that has no row here: its reference.
    Elsewhere(String),
}

/// A link between rows, or between a row and what lies elsewhere.
#[derive(Debug, Clone)]
pub struct RoadmapLink {
    pub kind: LinkKind,
    /// The predecessor.
    pub from: LinkEnd,
    /// The successor.
    pub to: LinkEnd,
    /// As "+ 5 d"; "" for none.
    pub lag: String,
    /// It drives its successor on the critical path.
    pub critical: bool,
}

/// What [`Roadmap`] draws.
#[derive(Debug, Clone)]
pub struct RoadmapData {
    pub rows: Vec<RoadmapRow>,
    pub links: Vec<RoadmapLink>,
    /// First and last day drawn; see [`Roadmap::window`].
    pub window: (NaiveDate, NaiveDate),
    pub zoom: Zoom,
    /// Today, or the day that the page shows.
    pub today: NaiveDate,
    /// Days of the window on which nobody works: weekends and holidays. Only the zoom by week shows them.
    pub off: Vec<NaiveDate>,
}

/// A row as drawn. What lies outside of the window is `None`.
#[derive(Debug, Clone, Default)]
pub struct Drawn {
    /// Left edge, width, and the width of the part that is done.
    bar: Option<(f64, f64, f64)>,
    bracket: Option<String>,
    diamond: Option<f64>,
    /// The baseline under a bar: left edge and width.
    base: Option<(f64, f64)>,
    /// The committed date of a milestone, and the way from there to the forecast.
    hollow: Option<f64>,
    /// What is committed now, where it is not what was committed first.
    again: Option<f64>,
    gone: Option<(f64, f64)>,
    tail: Option<(f64, f64)>,
    /// Arrows at the edges: the row goes on there.
    before: bool,
    after: bool,
    label: Option<Label>,
    pieces: Pieces,
    words: String,
    class: &'static str,
}

/// A text beside a row's shape: a date, and the slip with its colour.
#[derive(Debug, Clone)]
pub struct Label {
    x: f64,
    end: bool,
    date: String,
    slip: Option<(&'static str, String)>,
}

/// What the key explains: only what is drawn.
#[derive(Debug, Clone, Copy)]
pub struct Keys {
    bars: bool,
    criticals: bool,
    baselines: bool,
    commitments: bool,
    recommitted: bool,
    floats: bool,
}

/// A timeline of rows.
#[derive(Debug, Clone, Template)]
#[template(path = "chart/roadmap.html")]
pub struct Roadmap {
    words: Words,
    width: f64,
    upper: Vec<Cell>,
    lower: Vec<Cell>,
    /// The grid under every row.
    strong_lines: String,
    lines: String,
    shade: String,
    /// The day that is shown: its line, where its name stands, and its name.
    today: Option<(f64, f64, String)>,
    rows: Vec<(RoadmapRow, Drawn)>,
    after: Vec<String>,
    keys: Keys,
}

impl Roadmap {
    /// The window that holds today and every date of `rows`, with some air, from a Monday or the first of a month.
    #[must_use]
    pub fn window(rows: &[RoadmapRow], today: NaiveDate, zoom: Zoom) -> (NaiveDate, NaiveDate) {
        let dates = || {
            rows.iter()
                .flat_map(|row| [row.start, row.finish, row.committed_start, row.committed, row.original])
                .flatten()
                .chain([today])
        };
        Self::framed(dates().min().unwrap_or(today), dates().max().unwrap_or(today), zoom)
    }

    /// The window from one day to another, with some air.
    #[must_use]
    pub fn framed(low: NaiveDate, high: NaiveDate, zoom: Zoom) -> (NaiveDate, NaiveDate) {
        // A label stands right of the last shape, so there is more air there.
        let (before, after) = match zoom {
            Zoom::Week => (3, 12),
            Zoom::Month => (7, 31),
            Zoom::Quarter => (14, 75),
        };
        let low = low - Days::new(before);
        let low = match zoom {
            Zoom::Week => low - Days::new(u64::from(low.weekday().num_days_from_monday())),
            Zoom::Month | Zoom::Quarter => low.with_day(1).unwrap_or(low),
        };
        (low, high + Days::new(after))
    }

    /// Rows stand in the order given. A window of no days is one day; one too long to draw is cut at its end.
    #[must_use]
    pub fn new(words: Words, data: RoadmapData) -> Self {
        let RoadmapData { rows, links, window: (from, to), zoom, today, off } = data;
        let most = from.checked_add_days(zoom.most());
        let days = Span { from, to: to.max(from).min(most.unwrap_or(to)), zoom };
        let (upper, lower) = days.cells();
        let ports: Vec<_> = rows.iter().map(|row| ports(row, days)).collect();
        let pieces = links::draw(&links, &ports, days.width());
        let after = predecessors(&rows, &links);
        let rows: Vec<_> = rows
            .into_iter()
            .zip(pieces)
            .zip(&after)
            .map(|((mut row, pieces), after)| {
                row.complete = row.complete.filter(|share| share.is_finite());
                let drawn = draw(&row, days, pieces, after);
                (row, drawn)
            })
            .collect();
        let has = |holds: fn(&Drawn) -> bool| rows.iter().any(|(_, drawn)| holds(drawn));
        let keys = Keys {
            bars: has(|drawn| drawn.bar.is_some()),
            criticals: has(|drawn| drawn.class.starts_with("critical")),
            baselines: has(|drawn| drawn.base.is_some()),
            commitments: has(|drawn| drawn.hollow.is_some()),
            recommitted: has(|drawn| drawn.again.is_some()),
            floats: has(|drawn| drawn.tail.is_some()),
        };
        let today = days.holds(today).then(|| {
            let name = today.format("%-d %b").to_string();
            let half = width(&name) / 2.0;
            let x = days.middle(today);
            (x, tenth(x.clamp(half, (days.width() - half).max(half))), name)
        });
        Self {
            words,
            width: days.width(),
            strong_lines: axis::lines(&upper),
            lines: axis::lines(&lower),
            shade: days.shade(&off),
            upper,
            lower,
            today,
            rows,
            after,
            keys,
        }
    }
}

/// A row's dates when it can be drawn: a milestone, and work whose start is unknown, is one day.
fn dates(row: &RoadmapRow) -> Option<(NaiveDate, NaiveDate)> {
    match (row.kind, row.start, row.finish) {
        (RoadmapKind::Milestone, _, Some(finish)) => Some((finish, finish)),
        (RoadmapKind::Milestone, _, None) => None,
        (_, Some(start), Some(finish)) => Some((start.min(finish), finish)),
        (_, None, Some(day)) | (_, Some(day), None) => Some((day, day)),
        _ => None,
    }
}

fn ports(row: &RoadmapRow, days: Span) -> Option<Ports> {
    let (start, finish) = dates(row)?;
    Some(if row.kind == RoadmapKind::Milestone {
        let middle = days.middle(finish);
        Ports { left: middle - TIP, right: middle + TIP, diamond: true }
    } else {
        Ports { left: days.start(start), right: days.end(finish), diamond: false }
    })
}

fn draw(row: &RoadmapRow, days: Span, pieces: Pieces, after: &str) -> Drawn {
    let mut drawn = Drawn { pieces, words: words(row, after), class: class(row), ..Drawn::default() };
    let Some((start, finish)) = dates(row) else { return drawn };
    drawn.before = start < days.from;
    drawn.after = finish > days.to;
    let clip = |x: f64| x.clamp(0.0, days.width());
    let seen = finish >= days.from && start <= days.to;
    // Where the label may begin, right of all that is drawn.
    let mut right = clip(days.end(finish));
    let mut left = clip(days.start(start));
    match row.kind {
        RoadmapKind::Milestone => {
            let at = days.middle(finish);
            let committed = row.original.or(row.committed).filter(|day| *day != finish);
            drawn.again = row
                .committed
                .filter(|day| row.original.is_some() && *day != finish && days.holds(*day))
                .map(|day| days.middle(day));
            if seen {
                drawn.diamond = Some(at);
                (left, right) = (at - TIP, at + TIP);
            }
            if let Some(day) = committed {
                let place = days.middle(day);
                drawn.hollow = days.holds(day).then_some(place);
                let (a, b) = (clip(place.min(at)), clip(place.max(at)));
                drawn.gone = (b > a).then_some((a, b));
                if drawn.hollow.is_some() {
                    right = right.max(place + TIP);
                    left = left.min(place - TIP);
                }
                if let Some(place) = drawn.again {
                    right = right.max(place + 2.0);
                    left = left.min(place - 2.0);
                }
            }
        }
        RoadmapKind::Activity if seen => {
            let width = tenth((right - left).max(1.5));
            let done = if row.state == RoadmapState::Done { 1.0 } else { row.complete.unwrap_or(0.0) };
            let whole = days.end(finish) - days.start(start);
            // The part that is done is measured on the whole bar, then cut with it.
            let done = clip(days.start(start) + whole * done.clamp(0.0, 1.0)) - left;
            drawn.bar = Some((left, width, tenth(done.max(0.0))));
        }
        _ if seen && (row.start.is_some() || row.finish.is_some()) => {
            // A tip at each end that is seen.
            let drop = (right - left).min(8.0) / 2.0;
            let mut path = format!("M{left} 10H{right}");
            let _ =
                if drawn.after { write!(path, "V14") } else { write!(path, "v9L{} 14", tenth(right - drop)) };
            let _ = if drawn.before {
                write!(path, "H{left}Z")
            } else {
                write!(path, "H{}L{left} 19Z", tenth(left + drop))
            };
            drawn.bracket = Some(path);
        }
        _ => {}
    }
    if let Some(committed) = row.committed.filter(|_| row.kind != RoadmapKind::Milestone) {
        let from = clip(days.start(row.committed_start.unwrap_or(committed).min(committed)));
        let to = clip(days.end(committed));
        drawn.base = (to > from).then_some((from, tenth(to - from)));
    }
    let open = matches!(row.state, RoadmapState::Planned | RoadmapState::Started);
    if let Some(late) = row.late_finish.filter(|late| open && seen && *late > finish) {
        let to = clip(days.end(late));
        drawn.tail = (to > right + 1.0).then_some((right, to));
        right = right.max(to);
    }
    drawn.label = label(row, finish, (left, right), (drawn.before, drawn.after), seen, days.width());
    drawn
}

/// Stands right of the shape, or left of it where the drawing ends; at the edge for what lies outside.
fn label(
    row: &RoadmapRow,
    finish: NaiveDate,
    (left, right): (f64, f64),
    (before, after): (bool, bool),
    seen: bool,
    whole: f64,
) -> Option<Label> {
    let slip = row.slip.and_then(slip).filter(|_| row.state != RoadmapState::Cancelled);
    let date = if row.kind == RoadmapKind::Milestone || !seen {
        finish.format("%-d %b").to_string()
    } else {
        String::new()
    };
    if date.is_empty() && slip.is_none() {
        return None;
    }
    let long = width(&date) + slip.as_ref().map_or(0.0, |(_, days)| width(days) + 5.0);
    // Lines leave a shape and turn within a few pixels of it.
    let (x, end) = match () {
        () if !seen && before => (14.0, false),
        () if !seen && after => (whole - 14.0, true),
        () if right + 14.0 + long <= whole => (right + 14.0, false),
        () if left - 14.0 - long >= 0.0 => (left - 14.0, true),
        () => return None,
    };
    Some(Label { x: tenth(x), end, date, slip })
}

fn class(row: &RoadmapRow) -> &'static str {
    let late = row.slip.is_some_and(|days| days > 0);
    match row.state {
        RoadmapState::Done => "done",
        RoadmapState::Cancelled => "off",
        _ if row.critical && late => "critical late",
        _ if row.critical => "critical",
        _ if late => "late",
        _ => "",
    }
}

fn long(day: NaiveDate) -> impl std::fmt::Display {
    day.format("%-d %b %Y")
}

/// All that the drawing of a row says.
fn words(row: &RoadmapRow, after: &str) -> String {
    let mut out = format!("{} {} {}: ", row.kind.word(), row.reference, row.title);
    let milestone = row.kind == RoadmapKind::Milestone;
    match (dates(row), row.state) {
        (None, _) => out.push_str("no dates"),
        (Some((_, finish)), state) if milestone => {
            let verb = if state == RoadmapState::Done { "achieved" } else { "forecast" };
            let _ = write!(out, "{verb} {}", long(finish));
        }
        (Some((start, finish)), _) => {
            let _ = write!(out, "{} to {}", long(start), long(finish));
        }
    }
    if let Some(day) = row.committed {
        let _ = write!(out, ", committed {}", long(day));
    }
    if let Some(day) = row.original {
        let _ = write!(out, ", first {}", long(day));
    }
    match row.slip {
        Some(days) if days != 0 => {
            let way = if days > 0 { "late" } else { "early" };
            let _ = write!(out, ", {} working days {way}", days.unsigned_abs());
        }
        _ => {}
    }
    match row.state {
        RoadmapState::Planned => {}
        RoadmapState::Started => out.push_str(", started"),
        RoadmapState::Done if !milestone => out.push_str(", finished"),
        RoadmapState::Done => {}
        RoadmapState::Cancelled => out.push_str(", cancelled"),
    }
    if let Some(share) = row.complete.filter(|_| row.state == RoadmapState::Started) {
        let _ = write!(out, ", {}", percent(share));
    }
    if row.critical {
        out.push_str(", critical");
    }
    if let Some(days) = row.float.filter(|_| row.state != RoadmapState::Done) {
        let _ = write!(out, ", float {days} working days");
    }
    if !after.is_empty() {
        let _ = write!(out, "; after {after}");
    }
    out
}

fn percent(share: f64) -> String {
    format!("{}\u{a0}%", super::number((share * 100.0).clamp(0.0, 100.0), 0))
}

/// For each row, what it comes after: "ATLAS-T3 FS + 5 d, ATLAS-D4 SS".
fn predecessors(rows: &[RoadmapRow], links: &[RoadmapLink]) -> Vec<String> {
    let mut after = vec![String::new(); rows.len()];
    for link in links {
        let LinkEnd::Row(to) = link.to else { continue };
        let reference = match &link.from {
            LinkEnd::Row(from) => rows.get(*from).map(|row| row.reference.as_str()),
            LinkEnd::Elsewhere(reference) => Some(reference.as_str()),
        };
        if let (Some(reference), Some(words)) = (reference, after.get_mut(to)) {
            let part = if words.is_empty() { "" } else { ", " };
            let lag = if link.lag.is_empty() { "" } else { " " };
            let _ = write!(words, "{part}{reference} {}{lag}{}", link.kind.word(), link.lag);
        }
    }
    after
}

#[cfg(test)]
mod tests;
