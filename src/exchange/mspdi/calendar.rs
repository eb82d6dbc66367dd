//! Calendars: a week, what differs from it, and what a calendar has from its base.

use super::notes::Notes;
use super::pull::Pull;
use super::recur::{self, Recurrence};
use super::{Calendar, DayRange, Shifts, value};
use crate::domain::work_calendar::{Exception, WorkCalendar};
use crate::exchange::Unreadable;
use chrono::{NaiveDate, NaiveDateTime};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::Read;

/// Minutes of a day.
const DAY: u16 = 24 * 60;

/// Reads `<Calendar>`.
pub(super) fn calendar<R: Read>(pull: &mut Pull<R>, notes: &mut Notes) -> Result<Calendar, Unreadable> {
    let line = pull.line();
    let mut uid = None;
    let mut made = Calendar::default();
    let mut old = Vec::new();
    let mut exceptions = Vec::new();
    while pull.child()? {
        match pull.name() {
            "UID" => uid = pull.number()?,
            "Name" => pull.text()?.clone_into(&mut made.name),
            "BaseCalendarUID" => made.base = pull.number::<i64>()?.filter(|base| *base >= 0),
            "WeekDays" => {
                while pull.child()? {
                    week_day(pull, &mut made, &mut old, notes)?;
                }
            }
            "Exceptions" => {
                while pull.child()? {
                    exception(pull, &mut exceptions, notes)?;
                    if exceptions.len() > pull.limits.records {
                        return Err(pull.refused("there are too many exceptions"));
                    }
                }
            }
            _ => notes.skip(pull, "Calendar")?,
        }
    }
    made.uid = uid.ok_or_else(|| pull.refused_at(line, Some("Calendar"), "it has no UID"))?;
    // Since 2007 Project writes each exception twice, once in the form of 2003: the newer one says more.
    old.retain(|range: &DayRange| {
        !exceptions
            .iter()
            .any(|newer| newer.from <= range.from && range.to <= newer.to && newer.shifts == range.shifts)
    });
    made.exceptions = old;
    made.exceptions.append(&mut exceptions);
    Ok(made)
}

/// Reads `<WeekDay>`: a day of the week (1 is Sunday), or with 0 an exception in the form of Project 2003.
fn week_day<R: Read>(
    pull: &mut Pull<R>,
    calendar: &mut Calendar,
    old: &mut Vec<DayRange>,
    notes: &mut Notes,
) -> Result<(), Unreadable> {
    let line = pull.line();
    let (mut day, mut working, mut period) = (0_u8, false, (None, None));
    let mut shifts = Shifts::new();
    while pull.child()? {
        match pull.name() {
            "DayType" => day = pull.number()?.unwrap_or(0),
            "DayWorking" => working = pull.flag()?,
            "TimePeriod" => period = time_period(pull, notes)?,
            "WorkingTimes" => shifts = working_times(pull, notes)?,
            _ => notes.skip(pull, "WeekDay")?,
        }
    }
    let shifts = if working { shifts } else { Shifts::new() };
    match (day, period) {
        (1..=7, _) => {
            // Monday is the first.
            if let Some(place) = calendar.week.get_mut((usize::from(day) + 5) % 7) {
                *place = Some(shifts);
            }
        }
        (0, (Some(from), Some(to))) if from <= to => {
            old.push(DayRange { from: from.date(), to: to.date(), name: String::new(), shifts });
        }
        (0, _) => notes.say(
            None,
            format!("calendar {}: an exception without its days, on line {line}, is left out", calendar.name),
        ),
        (other, _) => {
            return Err(pull.refused_at(line, Some("WeekDay"), format!("there is no day {other} in a week")));
        }
    }
    Ok(())
}

/// Reads `<TimePeriod>`.
fn time_period<R: Read>(
    pull: &mut Pull<R>,
    notes: &mut Notes,
) -> Result<(Option<NaiveDateTime>, Option<NaiveDateTime>), Unreadable> {
    let mut period = (None, None);
    while pull.child()? {
        match pull.name() {
            "FromDate" => period.0 = pull.value(value::date_time)?,
            "ToDate" => period.1 = pull.value(value::date_time)?,
            _ => notes.skip(pull, "TimePeriod")?,
        }
    }
    Ok(period)
}

/// Reads `<WorkingTimes>`: shifts in order; those that overlap become one.
fn working_times<R: Read>(pull: &mut Pull<R>, notes: &mut Notes) -> Result<Shifts, Unreadable> {
    let mut shifts = Shifts::new();
    while pull.child()? {
        let (mut from, mut to) = (None, None);
        while pull.child()? {
            match pull.name() {
                "FromTime" => from = pull.value(value::time_of_day)?,
                "ToTime" => to = pull.value(value::time_of_day)?,
                _ => notes.skip(pull, "WorkingTime")?,
            }
        }
        if let (Some(from), Some(to)) = (from, to) {
            // Midnight at the end is the end of the day.
            let to = if to == 0 { DAY } else { to };
            if from > to {
                return Err(pull.refused("a working time ends before it begins"));
            }
            shifts.push((from, to));
        }
    }
    Ok(united(shifts))
}

/// Shifts in order, without overlap and without empty ones.
fn united(mut shifts: Shifts) -> Shifts {
    shifts.sort_unstable();
    let mut made = Shifts::new();
    for (from, to) in shifts {
        match made.last_mut() {
            _ if from == to => {}
            Some((_, end)) if from <= *end => *end = (*end).max(to),
            _ => made.push((from, to)),
        }
    }
    made
}

/// Reads `<Exception>` of a calendar.
fn exception<R: Read>(
    pull: &mut Pull<R>,
    into: &mut Vec<DayRange>,
    notes: &mut Notes,
) -> Result<(), Unreadable> {
    let mut period = (None, None);
    let mut working = false;
    let mut shifts = Shifts::new();
    let mut name = String::new();
    let mut recurrence = Recurrence::default();
    while pull.child()? {
        match pull.name() {
            "EnteredByOccurrences" => recurrence.by_occurrences = pull.flag()?,
            "TimePeriod" => period = time_period(pull, notes)?,
            "Occurrences" => recurrence.occurrences = pull.number()?,
            "Name" => pull.text()?.clone_into(&mut name),
            "Type" => recurrence.kind = pull.number()?.unwrap_or(1),
            "Period" => recurrence.period = pull.number::<u16>()?.unwrap_or(1).max(1),
            "DaysOfWeek" => recurrence.days_of_week = pull.number()?.unwrap_or(0),
            "MonthItem" => recurrence.month_item = pull.number()?,
            "MonthPosition" => recurrence.month_position = pull.number()?,
            "Month" => recurrence.month = pull.number()?,
            "MonthDay" => recurrence.month_day = pull.number()?,
            "DayWorking" => working = pull.flag()?,
            "WorkingTimes" => shifts = working_times(pull, notes)?,
            _ => notes.skip(pull, "Exception")?,
        }
    }
    let shifts = if working { shifts } else { Shifts::new() };
    let shown = if name.is_empty() { "an exception" } else { &name };
    let (Some(from), Some(to)) = (period.0, period.1) else {
        notes.say(None, format!("{shown} of a calendar says no days, and is left out"));
        return Ok(());
    };
    match recur::days(recurrence, from.date(), to.date()) {
        Ok(ranges) => {
            into.extend(ranges.into_iter().map(|(from, to)| DayRange {
                from,
                to,
                name: name.clone(),
                shifts: shifts.clone(),
            }));
        }
        Err(why) => {
            notes.miss("Calendar/Exception", Some(format!("{shown} of a calendar is not carried: {why}")));
        }
    }
    Ok(())
}

/// Project's own standard calendar: Monday to Friday, 8:00 to 12:00 and 13:00 to 17:00.
pub(super) fn usual() -> WorkCalendar {
    let day = |of_week| if of_week < 5 { vec![(8 * 60, 12 * 60), (13 * 60, 17 * 60)] } else { Vec::new() };
    WorkCalendar { week: std::array::from_fn(day), exceptions: Vec::new() }
}

/// Calendars of a plan with all that they have from their bases, worked out when asked for.
pub(super) struct Resolved<'a> {
    by_uid: HashMap<i64, &'a Calendar>,
}

impl<'a> Resolved<'a> {
    pub(super) fn new(calendars: &'a [Calendar]) -> Self {
        Self { by_uid: calendars.iter().map(|calendar| (calendar.uid, calendar)).collect() }
    }

    pub(super) fn has(&self, uid: i64) -> bool {
        self.by_uid.contains_key(&uid)
    }

    /// The working calendar; a base that is missing, or a base of itself, is the usual week.
    pub(super) fn get(&self, uid: i64) -> WorkCalendar {
        let mut chain = Vec::new();
        let mut next = Some(uid);
        while let Some(calendar) = next.and_then(|uid| self.by_uid.get(&uid)) {
            if chain.iter().any(|known: &&Calendar| known.uid == calendar.uid) {
                break;
            }
            chain.push(*calendar);
            next = calendar.base;
        }
        let mut made = usual();
        for calendar in chain.into_iter().rev() {
            for (place, own) in made.week.iter_mut().zip(&calendar.week) {
                if let Some(own) = own {
                    place.clone_from(own);
                }
            }
            made.exceptions.extend(calendar.exceptions.iter().map(|range| Exception {
                from: range.from,
                to: range.to,
                name: range.name.clone(),
                shifts: range.shifts.clone(),
            }));
        }
        made.exceptions = apart(made.exceptions);
        made
    }
}

/// Exceptions of which no two hold for a day: where several did, the last one does. In the order of days.
fn apart(exceptions: Vec<Exception>) -> Vec<Exception> {
    // At each day on which one begins or is over: which, and whether it begins.
    let mut turns: BTreeMap<NaiveDate, Vec<(usize, bool)>> = BTreeMap::new();
    for (place, exception) in exceptions.iter().enumerate() {
        turns.entry(exception.from).or_default().push((place, true));
        if let Some(after) = exception.to.succ_opt() {
            turns.entry(after).or_default().push((place, false));
        }
    }
    let mut made: Vec<Exception> = Vec::new();
    let mut open = BTreeSet::new();
    let mut holds: Option<(usize, NaiveDate)> = None;
    for (day, turned) in turns {
        for (place, begins) in turned {
            if begins {
                open.insert(place)
            } else {
                open.remove(&place)
            };
        }
        let next = open.last().copied();
        if next == holds.map(|(place, _)| place) {
            continue;
        }
        if let (Some((place, from)), Some(to)) = (holds, day.pred_opt())
            && let Some(held) = exceptions.get(place)
        {
            made.push(Exception { from, to, ..held.clone() });
        }
        holds = next.map(|place| (place, day));
    }
    made
}

/// The time in which any (`either`) or all of these calendars work.
pub(super) fn combined(calendars: &[WorkCalendar], either: bool) -> WorkCalendar {
    let [first, others @ ..] = calendars else { return usual() };
    others
        .iter()
        .fold(first.clone(), |made, other| if made == *other { made } else { two(&made, other, either) })
}

/// The most days whose hours are worked out one by one.
const MOST_DAYS: i64 = 20_000;

fn two(a: &WorkCalendar, b: &WorkCalendar, either: bool) -> WorkCalendar {
    let join = |a: &Shifts, b: &Shifts| {
        if either { united(a.iter().chain(b).copied().collect()) } else { common(a, b) }
    };
    let mut made = WorkCalendar {
        week: std::array::from_fn(|day| join(&a.week[day], &b.week[day])),
        exceptions: Vec::new(),
    };
    let mut days: Vec<NaiveDate> = Vec::new();
    for range in a.exceptions.iter().chain(&b.exceptions) {
        let left = MOST_DAYS - i64::try_from(days.len()).unwrap_or(MOST_DAYS);
        days.extend(
            range
                .from
                .iter_days()
                .take_while(|day| *day <= range.to)
                .take(usize::try_from(left).unwrap_or(0)),
        );
    }
    days.sort_unstable();
    days.dedup();
    for day in days {
        let shifts = join(&on(a, day), &on(b, day));
        made.exceptions.push(Exception { from: day, to: day, name: String::new(), shifts });
    }
    made
}

/// The shifts of a day.
fn on(calendar: &WorkCalendar, day: NaiveDate) -> Shifts {
    use chrono::Datelike;
    let excepted = calendar.exceptions.iter().rev().find(|range| range.from <= day && day <= range.to);
    let week =
        || calendar.week.get(day.weekday().num_days_from_monday() as usize).cloned().unwrap_or_default();
    excepted.map_or_else(week, |range| range.shifts.clone())
}

/// What two days' shifts have in common.
fn common(a: &Shifts, b: &Shifts) -> Shifts {
    a.iter()
        .flat_map(|(from, to)| b.iter().map(move |(f, t)| ((*from).max(*f), (*to).min(*t))))
        .filter(|(from, to)| from < to)
        .collect()
}
