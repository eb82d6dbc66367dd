//! Calendars compiled for counting.
//!
//! A calendar is a monotone map between moments and its *work axis*: working minutes since the Monday before the year 2000.
//! The end of a working day and the start of the next are one point of the axis and two moments; [`Clock::latest`] is the one
//! at which something finishes, [`Clock::earliest`] the one at which something starts. The two are the ends of a Galois
//! connection, on which the late dates rest:
//!
//! - `latest(w) <= m` exactly when `w <= work_at(m)`;
//! - `m <= earliest(w)` exactly when `work_at(m) <= w`.
//!
//! Weeks in which an exception lies are in a table, from the first to the last of them; outside of it the week repeats for ever.

use super::{DAY, Moment};
use crate::domain::work_calendar::WorkCalendar;
use chrono::NaiveDate;

/// Minutes in a week of the clock.
const WEEK: i32 = 7 * DAY;
/// From the Monday before the year 2000 to its start: it began on a Saturday.
const OFFSET: i64 = 5 * 1440;

/// A compiled calendar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clock {
    /// Distinct weeks; the first is the one that repeats.
    weeks: Vec<Week>,
    /// The first week in the table, counted from the Monday before the year 2000.
    from: i64,
    /// For each week of the table: working minutes before it, since the origin of the axis.
    before: Vec<i64>,
    /// For each week of the table: which of `weeks` it is.
    kind: Vec<u32>,
    /// Working minutes before the first week after the table.
    after: i64,
    /// For each stretch of the axis as long as a week's work, from the start of the table: the first week that reaches into it.
    bucket: Vec<u32>,
}

/// The shifts of a week.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Week {
    /// (from, to, work before), minutes of the week; a shift that another touches is one with it.
    shifts: Vec<(i32, i32, i32)>,
    /// For each day of the week: the first shift that ends after its start.
    day: [u16; 8],
    work: i32,
}

impl Week {
    fn new(days: &[Vec<(u16, u16)>; 7]) -> Self {
        let mut shifts: Vec<(i32, i32, i32)> = Vec::new();
        let mut work = 0;
        for (day, list) in (0..).zip(days) {
            for &(from, to) in list {
                let last = shifts.last().map_or(0, |shift| shift.1);
                // Shifts that overlap count once.
                let from = (day * DAY + i32::from(from)).max(last);
                let to = day * DAY + i32::from(to).min(DAY);
                if from >= to {
                    continue;
                }
                match shifts.last_mut() {
                    Some(shift) if shift.1 == from => shift.1 = to,
                    _ => shifts.push((from, to, work)),
                }
                work += to - from;
            }
        }
        let mut day = [0; 8];
        for (start, first) in (0..).map(|day| day * DAY).zip(&mut day) {
            *first = u16::try_from(shifts.partition_point(|shift| shift.1 <= start)).unwrap_or(u16::MAX);
        }
        Self { shifts, day, work }
    }

    /// Working minutes before a minute of the week.
    fn work_at(&self, minute: i32) -> i32 {
        let first = self.day.get(usize::try_from(minute / DAY).unwrap_or(0)).copied().unwrap_or(0);
        for &(from, to, before) in self.shifts.get(usize::from(first)..).unwrap_or_default() {
            if minute < to {
                return before + (minute - from).max(0);
            }
        }
        self.work
    }

    /// The minute at which work begins once `work` is done; for less than the week's work.
    fn earliest(&self, work: i32) -> i32 {
        let mut shifts = self.shifts.iter();
        let shift = shifts.rfind(|shift| shift.2 <= work);
        shift.map_or(0, |shift| shift.0 + work - shift.2)
    }

    /// The minute at which `work` is done; for more than none and at most the week's.
    fn latest(&self, work: i32) -> i32 {
        let mut shifts = self.shifts.iter();
        let shift = shifts.rfind(|shift| shift.2 < work);
        shift.map_or(0, |shift| shift.0 + work - shift.2)
    }
}

/// The nearest that an axis and the clock hold.
fn near(value: i64) -> i32 {
    i32::try_from(value).unwrap_or(if value < 0 { i32::MIN } else { i32::MAX })
}

fn place(index: i64) -> Option<usize> {
    usize::try_from(index).ok()
}

fn wide(index: usize) -> i64 {
    i64::try_from(index).unwrap_or(i64::MAX)
}

/// The week of a day, counted from the Monday before the year 2000, in the years that plans have.
fn week_of(day: NaiveDate) -> i64 {
    (i64::from(Moment::start_of(day).0) + OFFSET).div_euclid(WEEK.into())
}

impl Clock {
    #[must_use]
    pub fn compile(calendar: &WorkCalendar) -> Self {
        let regular = Week::new(&calendar.week);
        let whole = calendar.exceptions.iter().filter(|exception| exception.from <= exception.to);
        let span = whole.clone().map(|exception| (week_of(exception.from), week_of(exception.to)));
        let span = span.reduce(|all, one| (all.0.min(one.0), all.1.max(one.1)));
        let Some((from, to)) = span else {
            return Self {
                weeks: vec![regular],
                from: 0,
                before: vec![],
                kind: vec![],
                after: 0,
                bucket: vec![],
            };
        };
        // Which exception holds on which day of the table; the last one does.
        let count = place((to - from + 1) * 7).unwrap_or(0);
        let mut holds: Vec<u32> = vec![0; count];
        for (number, exception) in (1..).zip(&calendar.exceptions) {
            let offset = |day| (i64::from(Moment::start_of(day).0) + OFFSET) / i64::from(DAY) - from * 7;
            if exception.from <= exception.to
                && let (Some(first), Some(last)) =
                    (place(offset(exception.from)), place(offset(exception.to)))
                && let Some(days) = holds.get_mut(first..=last)
            {
                days.fill(number);
            }
        }
        let mut clock = Self {
            before: Vec::with_capacity(count / 7),
            kind: Vec::with_capacity(count / 7),
            after: from * i64::from(regular.work),
            bucket: vec![],
            weeks: vec![regular],
            from,
        };
        let mut known = std::collections::HashMap::from([([0_u32; 7], 0_u32)]);
        for days in holds.as_chunks::<7>().0 {
            let kind = *known.entry(*days).or_insert_with(|| {
                let exceptions = &calendar.exceptions;
                let shifts = std::array::from_fn(|day| match days[day] {
                    0 => calendar.week[day].clone(),
                    number => {
                        exceptions.get(number as usize - 1).map(|one| one.shifts.clone()).unwrap_or_default()
                    }
                });
                clock.weeks.push(Week::new(&shifts));
                u32::try_from(clock.weeks.len() - 1).unwrap_or(0)
            });
            clock.before.push(clock.after);
            clock.kind.push(kind);
            clock.after += i64::from(clock.weeks[kind as usize].work);
        }
        clock.index();
        clock
    }

    /// A calendar of days and nights, in which elapsed time is counted.
    #[must_use]
    pub fn round_the_clock() -> Self {
        let day = || vec![(0, 1440)];
        let week = std::array::from_fn(|_| day());
        Self::compile(&WorkCalendar { week, exceptions: Vec::new() })
    }

    fn index(&mut self) {
        let Some(&first) = self.before.first() else { return };
        let length = i64::from(self.weeks[0].work.max(1));
        let mut week = 0;
        let mut work = first;
        while work < self.after {
            while self.end(week) <= work {
                week += 1;
            }
            self.bucket.push(u32::try_from(week).unwrap_or(u32::MAX));
            work += length;
        }
    }

    /// Working minutes before the end of a week of the table.
    fn end(&self, week: usize) -> i64 {
        self.before.get(week + 1).copied().unwrap_or(self.after)
    }

    /// Whether the week that repeats has any work in it.
    #[must_use]
    pub fn works(&self) -> bool {
        self.weeks[0].work > 0
    }

    /// Working minutes in the week that repeats.
    #[must_use]
    pub fn week_work(&self) -> i32 {
        self.weeks[0].work
    }

    /// Working minutes before a moment, since the origin of the axis.
    #[must_use]
    pub fn work_at(&self, moment: Moment) -> i32 {
        let minute = i64::from(moment.0) + OFFSET;
        let week = minute.div_euclid(WEEK.into());
        let minute = near(minute.rem_euclid(WEEK.into()));
        let (before, kind) = self.week(week);
        near(before + i64::from(kind.work_at(minute)))
    }

    /// Work before a week, and its shifts.
    fn week(&self, week: i64) -> (i64, &Week) {
        let regular = &self.weeks[0];
        let ahead = week - self.from;
        if self.before.is_empty() {
            return (week * i64::from(regular.work), regular);
        }
        match place(ahead) {
            // The table's first week is as far from the origin as if all weeks were regular.
            None => (week * i64::from(regular.work), regular),
            Some(index) => match self.kind.get(index) {
                Some(&kind) => (self.before[index], &self.weeks[kind as usize]),
                None => (self.after + wide(index - self.kind.len()) * i64::from(regular.work), regular),
            },
        }
    }

    /// The first moment with that much work before it at which work goes on: when something starts.
    #[must_use]
    pub fn earliest(&self, work: i32) -> Moment {
        self.moment(i64::from(work), i64::from(work), Week::earliest)
    }

    /// The moment at which that much work is done: when something finishes.
    #[must_use]
    pub fn latest(&self, work: i32) -> Moment {
        // In the week of the last minute that was worked.
        self.moment(i64::from(work) - 1, i64::from(work), Week::latest)
    }

    /// A moment in the week in which the minute `of` of the axis is worked.
    fn moment(&self, of: i64, work: i64, minute: fn(&Week, i32) -> i32) -> Moment {
        let regular = &self.weeks[0];
        let each = i64::from(regular.work);
        let first = self.before.first().copied();
        let (week, before, kind) = if let Some(first) = first
            && (first..self.after).contains(&of)
        {
            let mut week = place((of - first) / each.max(1))
                .and_then(|at| self.bucket.get(at))
                .map_or(0, |&week| week as usize);
            let near = (week + 6).min(self.before.len() - 1);
            while week < near && self.end(week) <= of {
                week += 1;
            }
            if self.end(week) <= of {
                week += self.before[week + 1..].partition_point(|&before| before <= of);
            }
            (self.from + wide(week), self.before[week], &self.weeks[self.kind[week] as usize])
        } else if each == 0 {
            // Nothing is worked there, ever.
            return Moment(if first.is_some_and(|first| of < first) { i32::MIN } else { i32::MAX });
        } else if first.is_some_and(|first| of >= first) {
            let weeks = (of - self.after).div_euclid(each);
            (self.from + wide(self.before.len()) + weeks, self.after + weeks * each, regular)
        } else {
            let weeks = of.div_euclid(each);
            (weeks, weeks * each, regular)
        };
        Moment(near(week * i64::from(WEEK) - OFFSET + i64::from(minute(kind, near(work - before)))))
    }
}
