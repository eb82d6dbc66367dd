//! The schedule engine: a network of activities and milestones to its dates, floats and critical path.
//!
//! Pure: it knows no database, no clock and no page, nor what programs and references are. A [`Network`] names items by
//! index; who asks keeps the list of what the indexes stand for. Everything is counted in minutes on the plan's own clock, so
//! that imported plans, which have hours, come out to the minute; days are made of it at the edge ([`Moment::finish_day`]).

pub mod calibrate;
mod change;
mod engine;
mod network;
mod pass;
mod path;
pub mod simulate;
pub mod time;

#[cfg(test)]
mod tests;

pub use change::{Change, Undo};
pub use engine::Engine;
pub use path::{Cause, Near, Why};

use super::work_calendar::WorkCalendar;
use chrono::{NaiveDate, NaiveDateTime, TimeDelta};
use serde::{Deserialize, Serialize};

/// A point in time: minutes since the start of 2000-01-01, on the plan's own clock (no time zone).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Moment(pub i32);

/// The day from which moments count.
const EPOCH: NaiveDate = NaiveDate::from_ymd_opt(2000, 1, 1).unwrap();
/// Minutes in a day of the clock.
pub const DAY: i32 = 24 * 60;

impl Moment {
    /// The moment at which a day begins. Days outside of the years 1000 to 5000 are taken as the nearest in them.
    #[must_use]
    pub fn start_of(day: NaiveDate) -> Self {
        let days = (day - EPOCH).num_days().clamp(-365_000, 1_095_000);
        Self(i32::try_from(days).unwrap_or(0) * DAY)
    }

    /// The moment of a date and time, seconds left out.
    #[must_use]
    pub fn at(instant: NaiveDateTime) -> Self {
        let minute = (instant - instant.date().and_time(chrono::NaiveTime::MIN)).num_minutes();
        Self(Self::start_of(instant.date()).0 + i32::try_from(minute).unwrap_or(0))
    }

    /// As a date and time.
    #[must_use]
    pub fn date_time(self) -> NaiveDateTime {
        EPOCH.and_time(chrono::NaiveTime::MIN) + TimeDelta::minutes(self.0.into())
    }

    /// The day on which something that starts now starts.
    #[must_use]
    pub fn start_day(self) -> NaiveDate {
        self.date_time().date()
    }

    /// The day on which something that ends now ends: midnight ends the day before.
    #[must_use]
    pub fn finish_day(self) -> NaiveDate {
        Self(self.0 - 1).start_day()
    }
}

/// An item of a network, by its place in [`Network::items`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ItemIx(pub u32);

/// A calendar of a network, by its place in [`Network::calendars`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CalendarIx(pub u32);

/// A link of a network, by its place in [`Network::links`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct LinkIx(pub u32);

/// What is scheduled.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Network {
    /// Nothing that has not begun starts before this.
    pub starts_at: Moment,
    /// Up to when progress is known: what remains to be done is not done before it.
    pub status_at: Option<Moment>,
    pub calendars: Vec<WorkCalendar>,
    pub items: Vec<Item>,
    pub links: Vec<Link>,
    pub options: Options,
}

/// How the network is scheduled where there is a choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// An item with at most this total float is critical; working minutes.
    pub critical_float: i32,
    pub out_of_sequence: OutOfSequence,
}

impl Default for Options {
    fn default() -> Self {
        Self { critical_float: 0, out_of_sequence: OutOfSequence::RetainedLogic }
    }
}

/// What remains of an activity that began before its predecessors allowed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum OutOfSequence {
    /// It waits for the predecessors.
    RetainedLogic,
    /// It goes on at once: having begun overrides the links.
    ProgressOverride,
}

/// An activity, a milestone (a duration of zero) or a summary (an item that others name as their parent).
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// How an error names it: a reference or a title.
    pub name: String,
    pub calendar: CalendarIx,
    /// Ignored for a summary: its dates span its children's.
    pub duration: Span,
    pub parent: Option<ItemIx>,
    /// For a summary it holds for each of its children.
    pub constraint: Constraint,
    /// By when it ought to be finished: takes float, never moves dates.
    pub deadline: Option<Moment>,
    pub progress: Progress,
    /// Three points of the duration, for the simulation; none: the duration is certain.
    pub estimate: Option<Estimate>,
    /// The project, within which durations stretch together in the simulation.
    pub group: u32,
    /// Items that nothing follows have time until the latest finish of their section: a plan, or a program among several.
    pub section: u32,
}

/// A length of time, in minutes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Span {
    /// Of the item's calendar.
    Working(i32),
    /// Of the clock, nights and weekends included.
    Elapsed(i32),
}

/// When an item may or must be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Constraint {
    #[default]
    AsSoonAsPossible,
    /// Starts as late as it can without delaying what follows.
    AsLateAsPossible,
    StartNoEarlierThan(Moment),
    StartNoLaterThan(Moment),
    FinishNoEarlierThan(Moment),
    FinishNoLaterThan(Moment),
    MustStartOn(Moment),
    MustFinishOn(Moment),
}

/// What was done of an item.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    pub actual_start: Option<Moment>,
    pub actual_finish: Option<Moment>,
    /// What is left of the duration, in minutes of the duration's kind; `None`: all of it.
    pub remaining: Option<i32>,
}

/// Optimistic, likely and pessimistic duration, in minutes of the duration's kind, of the whole duration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Estimate {
    pub optimistic: i32,
    pub likely: i32,
    pub pessimistic: i32,
}

/// A link between two items.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    pub predecessor: ItemIx,
    pub successor: ItemIx,
    pub kind: LinkKind,
    pub lag: Lag,
}

/// Which ends are linked: the predecessor's first, then the successor's.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, sqlx::Type,
)]
#[sqlx(type_name = "link_type")]
pub enum LinkKind {
    #[default]
    #[serde(rename = "FS")]
    #[sqlx(rename = "FS")]
    FinishStart,
    #[serde(rename = "SS")]
    #[sqlx(rename = "SS")]
    StartStart,
    #[serde(rename = "FF")]
    #[sqlx(rename = "FF")]
    FinishFinish,
    #[serde(rename = "SF")]
    #[sqlx(rename = "SF")]
    StartFinish,
}

/// The time between the linked ends; negative: a lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lag {
    /// Minutes of the successor's calendar.
    Working(i32),
    /// Minutes of the clock.
    Elapsed(i32),
    /// Hundredths of a percent of the predecessor's duration, in working time of the successor's calendar.
    Percent(i32),
    /// Hundredths of a percent of the predecessor's duration, in minutes of the clock.
    ElapsedPercent(i32),
}

impl Default for Lag {
    fn default() -> Self {
        Self::Working(0)
    }
}

/// When an item can be, and must be at the latest. A start is the first working moment, a finish the end of the last one, so a
/// finish at the end of a working day and a start on the next are the same to a link.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dates {
    pub early_start: Moment,
    pub early_finish: Moment,
    pub late_start: Moment,
    pub late_finish: Moment,
    /// How far it can slip without moving an end, a deadline or a constraint: working minutes of its calendar (of the clock for an elapsed
    /// duration). Below zero: it is already too late.
    pub total_float: i32,
    /// How far it can slip without moving anything else; working minutes, never below zero.
    pub free_float: i32,
    /// The total float is at most [`Options::critical_float`], and the item isn't finished.
    pub critical: bool,
}

/// Why a network can't be scheduled. Items are named as in [`Item::name`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The items of one cycle, each the predecessor of the next and the last of the first.
    #[error("these follow each other in a cycle: {}", names(.0))]
    Cycle(Vec<(ItemIx, String)>),
    #[error("{name} has a calendar that doesn't exist")]
    NoCalendar { item: ItemIx, name: String },
    #[error("{name} has a calendar without any working time")]
    NoWorkingTime { item: ItemIx, name: String },
    #[error("{name} has a negative duration")]
    NegativeDuration { item: ItemIx, name: String },
    #[error("{name}: {why}")]
    Impossible { item: ItemIx, name: String, why: &'static str },
    /// A link or a parent names an item that doesn't exist.
    #[error("a link or a parent names item {0}, which doesn't exist")]
    NoItem(u32),
    /// Nobody waits for it any more.
    #[error("it was stopped")]
    Stopped,
}

fn names(cycle: &[(ItemIx, String)]) -> String {
    let first = cycle.first().map(|(_, name)| name.as_str());
    cycle.iter().map(|(_, name)| name.as_str()).chain(first).collect::<Vec<_>>().join(" → ")
}
