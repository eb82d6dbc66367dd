//! The working hours of a program, a project, a team or a person: a week of shifts with its exceptions.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// A week of shifts, Monday first, and the days that differ from it. A shift is (from, to) in minutes of the day, from 0 to
/// 1440; shifts are in order and don't overlap.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkCalendar {
    pub week: [Vec<(u16, u16)>; 7],
    /// Where several hold for a day, the last one does.
    pub exceptions: Vec<Exception>,
}

/// Days on which other shifts hold than the week's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exception {
    pub from: NaiveDate,
    /// The last of the days.
    pub to: NaiveDate,
    #[serde(default)]
    pub name: String,
    /// None: days off.
    #[serde(default)]
    pub shifts: Vec<(u16, u16)>,
}

impl Default for WorkCalendar {
    /// Monday to Friday, 8:00 to 12:00 and 13:00 to 17:00, no exceptions.
    fn default() -> Self {
        let day = || vec![(8 * 60, 12 * 60), (13 * 60, 17 * 60)];
        Self { week: [day(), day(), day(), day(), day(), vec![], vec![]], exceptions: Vec::new() }
    }
}
