//! MSPDI, the XML of Microsoft Project: a [`Plan`] as plain data, a reader that streams ([`read`]), a writer ([`write`]), and what
//! the schedule engine makes of a plan ([`network`]).
//!
//! Element names, their order and the codes are those of Microsoft's published schema of the format (`mspdi_pj12.xsd`, with
//! `Active` and `Manual` of 2010). What can't be carried is counted in [`Reading::not_carried`], never dropped in silence.

mod calendar;
mod decode;
pub mod export;
mod hold;
pub mod intake;
mod lost;
pub mod network;
mod notes;
mod own;
mod pull;
mod read;
mod recur;
mod resources;
pub mod schedule;
mod times;
mod value;
mod write;

pub use pull::Limits;
pub use read::read;
pub use write::write;

use chrono::{NaiveDate, NaiveDateTime};
use serde::Serialize;
use std::collections::BTreeMap;
use uuid::Uuid;

/// A plan as its file states it. Times are on the plan's own clock; durations and work in minutes.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    pub title: String,
    /// What the program that wrote it knows it by.
    pub guid: Option<Uuid>,
    pub start: Option<NaiveDateTime>,
    pub finish: Option<NaiveDateTime>,
    /// Scheduled from the start, as most are; else backwards from the finish.
    pub from_start: bool,
    pub status_date: Option<NaiveDateTime>,
    pub minutes_per_day: i32,
    pub minutes_per_week: i32,
    pub days_per_month: i32,
    /// A task with at most so many days of slack is critical.
    pub critical_slack_days: i32,
    /// The project's calendar, by UID.
    pub calendar: Option<i64>,
    pub calendars: Vec<Calendar>,
    /// In the order of the outline.
    pub tasks: Vec<Task>,
    pub resources: Vec<Resource>,
    pub assignments: Vec<Assignment>,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            title: String::new(),
            guid: None,
            start: None,
            finish: None,
            from_start: true,
            status_date: None,
            minutes_per_day: 480,
            minutes_per_week: 2400,
            days_per_month: 20,
            critical_slack_days: 0,
            calendar: None,
            calendars: Vec::new(),
            tasks: Vec::new(),
            resources: Vec::new(),
            assignments: Vec::new(),
        }
    }
}

/// Working hours, as a whole or as what differs from a base calendar.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Calendar {
    pub uid: i64,
    pub name: String,
    /// The calendar that holds where this one says nothing.
    pub base: Option<i64>,
    /// Monday first; `None`: as in the base calendar.
    pub week: [Option<Shifts>; 7],
    /// Ranges of days with other hours. Where several hold for a day, the last one does.
    pub exceptions: Vec<DayRange>,
}

/// Working times of a day: (from, to) in minutes of the day, 0 to 1440, in order and apart.
pub type Shifts = Vec<(u16, u16)>;

/// Days, first to last, with their own working times; none: days off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DayRange {
    pub from: NaiveDate,
    pub to: NaiveDate,
    pub name: String,
    pub shifts: Shifts,
}

/// A length of time with the unit that Project shows it in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Length {
    pub minutes: i32,
    /// Project's code of the unit: 3 minutes, 5 hours, 7 days, 9 weeks, 11 months; one more for elapsed; 32 more if estimated.
    pub format: u8,
}

impl Length {
    /// Counted on the clock, nights and weekends included.
    #[must_use]
    pub fn is_elapsed(self) -> bool {
        value::is_elapsed(self.format)
    }
}

/// When a task may or must be (`ConstraintType` with `ConstraintDate`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TaskConstraint {
    #[default]
    AsSoonAsPossible,
    AsLateAsPossible,
    MustStartOn(NaiveDateTime),
    MustFinishOn(NaiveDateTime),
    StartNoEarlierThan(NaiveDateTime),
    StartNoLaterThan(NaiveDateTime),
    FinishNoEarlierThan(NaiveDateTime),
    FinishNoLaterThan(NaiveDateTime),
}

/// A task, a milestone or a summary.
#[derive(Clone, Debug, PartialEq)]
pub struct Task {
    pub uid: i64,
    pub guid: Option<Uuid>,
    pub id: Option<i64>,
    pub name: String,
    /// Who answers for it.
    pub contact: String,
    pub wbs: String,
    /// 0 for the summary of the project, 1 for what is below it, and so on.
    pub level: u16,
    pub milestone: bool,
    pub summary: bool,
    /// Not scheduled by Project: it stays at its dates.
    pub manual: bool,
    pub inactive: bool,
    pub start: Option<NaiveDateTime>,
    pub finish: Option<NaiveDateTime>,
    /// As the file states it.
    pub early_start: Option<NaiveDateTime>,
    pub early_finish: Option<NaiveDateTime>,
    pub late_start: Option<NaiveDateTime>,
    pub late_finish: Option<NaiveDateTime>,
    /// Tenths of a minute.
    pub total_slack: Option<i32>,
    /// Tenths of a minute.
    pub free_slack: Option<i32>,
    pub critical: Option<bool>,
    pub duration: Option<Length>,
    pub work: Option<i32>,
    pub constraint: TaskConstraint,
    pub deadline: Option<NaiveDateTime>,
    pub calendar: Option<i64>,
    pub ignore_resource_calendar: bool,
    pub percent_complete: u8,
    pub actual_start: Option<NaiveDateTime>,
    pub actual_finish: Option<NaiveDateTime>,
    /// Of the kind of the duration.
    pub actual_duration: Option<i32>,
    /// Of the kind of the duration.
    pub remaining: Option<i32>,
    /// 0 to 1000; 500 is usual.
    pub priority: u16,
    pub notes: String,
    /// What comes before it.
    pub links: Vec<PredecessorLink>,
    pub baselines: Vec<Baseline>,
    /// The fields Duration1, Duration2 and Duration3: in Project's PERT the optimistic, likely and pessimistic duration.
    pub estimates: [Option<Length>; 3],
    /// What Plumbline's own exports say beside, by the names of its fields: see `own`.
    pub own: Vec<(&'static str, String)>,
}

impl Default for Task {
    fn default() -> Self {
        Self {
            uid: 0,
            guid: None,
            id: None,
            name: String::new(),
            contact: String::new(),
            wbs: String::new(),
            level: 1,
            milestone: false,
            summary: false,
            manual: false,
            inactive: false,
            start: None,
            finish: None,
            early_start: None,
            early_finish: None,
            late_start: None,
            late_finish: None,
            total_slack: None,
            free_slack: None,
            critical: None,
            duration: None,
            work: None,
            constraint: TaskConstraint::default(),
            deadline: None,
            calendar: None,
            ignore_resource_calendar: false,
            percent_complete: 0,
            actual_start: None,
            actual_finish: None,
            actual_duration: None,
            remaining: None,
            priority: 500,
            notes: String::new(),
            links: Vec::new(),
            baselines: Vec::new(),
            estimates: [None; 3],
            own: Vec::new(),
        }
    }
}

/// Which ends are linked (`Type`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LinkType {
    FinishFinish,
    #[default]
    FinishStart,
    StartFinish,
    StartStart,
}

/// A link from a predecessor, by UID.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PredecessorLink {
    pub predecessor: i64,
    pub kind: LinkType,
    /// Tenths of a minute; with a format of percent, percent of the predecessor's duration.
    pub lag: i32,
    /// As [`Length::format`], and 19 percent, 20 elapsed percent.
    pub format: u8,
}

/// A task as it was when a baseline was set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Baseline {
    /// 0 to 10.
    pub number: u8,
    pub start: Option<NaiveDateTime>,
    pub finish: Option<NaiveDateTime>,
    pub duration: Option<Length>,
    pub work: Option<i32>,
}

/// What a resource is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ResourceType {
    Material,
    #[default]
    Work,
    Cost,
}

/// Who or what does the work.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Resource {
    pub uid: i64,
    pub id: Option<i64>,
    pub name: String,
    pub kind: ResourceType,
    pub initials: String,
    pub group: String,
    pub email: String,
    /// Most that it can be assigned with; 1 is full time.
    pub max_units: Option<f64>,
    pub calendar: Option<i64>,
    pub notes: String,
}

/// Who does which task.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Assignment {
    pub uid: i64,
    pub task: i64,
    pub resource: i64,
    /// 1 is full time.
    pub units: Option<f64>,
    pub work: Option<i32>,
    pub start: Option<NaiveDateTime>,
    pub finish: Option<NaiveDateTime>,
}

/// Something odd about a plan, by the UID of the task where there is one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Note {
    pub uid: Option<i64>,
    pub what: String,
}

/// What a file brought.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reading {
    pub plan: Plan,
    /// The title is the plan's own, and not the name of a file.
    pub titled: bool,
    /// The line on which each task begins, in the order of [`Plan::tasks`].
    pub lines: Vec<u64>,
    pub notes: Vec<Note>,
    /// Elements with data that the plan has no place for, as `Task/Cost`, with how often.
    pub not_carried: BTreeMap<String, u32>,
}
