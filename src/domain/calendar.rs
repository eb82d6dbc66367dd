//! Working days: a week's pattern with its exceptions. Durations in *working days* count the working days after the start
//! up to and including the end (`metrics.md`, Terms).

use chrono::{Datelike, Days, NaiveDate};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The working days of a program: a weekly pattern, holidays that are taken out and extra days that are put in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Calendar {
    /// Working weekdays, Monday first.
    pub week: [bool; 7],
    /// Days off on top of the week.
    pub holidays: BTreeSet<NaiveDate>,
    /// Days that are worked against the week.
    pub extra_days: BTreeSet<NaiveDate>,
}

impl Default for Calendar {
    /// Monday to Friday, no holidays.
    fn default() -> Self {
        Self {
            week: [true, true, true, true, true, false, false],
            holidays: BTreeSet::new(),
            extra_days: BTreeSet::new(),
        }
    }
}

impl Calendar {
    /// A calendar from how it is kept: seven weekdays from Monday, and the days that differ.
    #[must_use]
    pub fn of(week: &[bool], holidays: Vec<NaiveDate>, extra_days: Vec<NaiveDate>) -> Self {
        let mut worked = [false; 7];
        worked.iter_mut().zip(week).for_each(|(slot, is_worked)| *slot = *is_worked);
        Self {
            week: worked,
            holidays: holidays.into_iter().collect(),
            extra_days: extra_days.into_iter().collect(),
        }
    }

    /// Whether `day` is worked.
    #[must_use]
    pub fn is_working(&self, day: NaiveDate) -> bool {
        if self.extra_days.contains(&day) {
            return true;
        }
        self.week[day.weekday().num_days_from_monday() as usize] && !self.holidays.contains(&day)
    }

    /// Working days after `from`, up to and including `to`; negative when `to` is before `from`.
    ///
    /// A Friday to the Monday after it is 1.
    #[must_use]
    pub fn working_days(&self, from: NaiveDate, to: NaiveDate) -> i64 {
        if to < from {
            return -self.working_days(to, from);
        }
        let weekdays = i64::try_from(self.week.iter().filter(|worked| **worked).count()).unwrap_or(7);
        let days = (to - from).num_days();
        let mut count = days / 7 * weekdays;
        let mut weekday = from.weekday().num_days_from_monday() as usize;
        for _ in 0..days % 7 {
            weekday = (weekday + 1) % 7;
            count += i64::from(self.week[weekday]);
        }
        let after = |set: &BTreeSet<NaiveDate>, counts: &dyn Fn(&NaiveDate) -> bool| {
            let exceptions = set.range((std::ops::Bound::Excluded(from), std::ops::Bound::Included(to)));
            i64::try_from(exceptions.filter(|day| counts(day)).count()).unwrap_or(i64::MAX)
        };
        let by_week = |day: &NaiveDate| self.week[day.weekday().num_days_from_monday() as usize];
        if from == to {
            return 0;
        }
        count - after(&self.holidays, &|day| by_week(day) && !self.extra_days.contains(day))
            + after(&self.extra_days, &|day| !by_week(day))
    }

    /// The day that lies `count` working days after `from`; `from` itself for 0. At most about 27 years ahead.
    #[must_use]
    pub fn add_working_days(&self, from: NaiveDate, count: u32) -> NaiveDate {
        let mut day = from;
        let mut left = count;
        for _ in 0..10_000 {
            if left == 0 {
                break;
            }
            day = day.checked_add_days(Days::new(1)).unwrap_or(day);
            left -= u32::from(self.is_working(day));
        }
        day
    }

    /// The day that lies `days` working days after `from`, or before it if negative.
    #[must_use]
    pub fn shifted(&self, from: NaiveDate, days: i64) -> NaiveDate {
        let count = u32::try_from(days.unsigned_abs()).unwrap_or(u32::MAX);
        if days >= 0 {
            return self.add_working_days(from, count);
        }
        let (mut day, mut left) = (from, count);
        for _ in 0..10_000 {
            if left == 0 {
                break;
            }
            day = day.checked_sub_days(Days::new(1)).unwrap_or(day);
            left -= u32::from(self.is_working(day));
        }
        day
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn working_days_count_after_the_start_up_to_and_including_the_end() {
        let calendar = Calendar::default();
        for (from, to, expected) in [
            ("2026-06-05", "2026-06-08", 1),
            ("2026-06-01", "2026-06-09", 6),
            ("2026-06-15", "2026-06-15", 0),
            ("2026-06-10", "2026-06-30", 14),
            ("2026-06-06", "2026-06-07", 0),
            ("2026-06-09", "2026-06-01", -6),
        ] {
            assert_eq!(calendar.working_days(day(from), day(to)), expected, "{from} to {to}");
        }
    }

    #[test]
    fn holidays_and_extra_days_agree_with_a_day_by_day_count() {
        let calendar = Calendar {
            holidays: ["2026-12-25", "2026-12-26", "2026-12-28"].map(day).into(),
            extra_days: ["2026-12-27", "2026-12-28"].map(day).into(),
            ..Calendar::default()
        };
        let start = day("2026-12-18");
        for length in 0..30 {
            let end = start + Days::new(length);
            let slow = start
                .iter_days()
                .skip(1)
                .take_while(|d| *d <= end)
                .filter(|d| calendar.is_working(*d))
                .count();
            assert_eq!(calendar.working_days(start, end), i64::try_from(slow).unwrap(), "to {end}");
        }
        assert_eq!(calendar.add_working_days(day("2026-12-24"), 1), day("2026-12-27"));
    }
}
