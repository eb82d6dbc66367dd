//! The days of a recurring exception, one by one, as Project counts them.

use chrono::{Datelike, Days, Months, NaiveDate};

/// How an exception recurs (`Type`: 1 daily, 2 yearly by day, 3 yearly by position, 4 monthly by day, 5 monthly by position, 6
/// weekly, 7 daily).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Recurrence {
    pub(super) kind: u8,
    /// Every so many days, weeks, months.
    pub(super) period: u16,
    /// A bit a day, Sunday the lowest.
    pub(super) days_of_week: u8,
    /// What is counted by position: 0 a day, 1 a day of the week's first five, 2 a day of the weekend, 3 Sunday to 9 Saturday.
    pub(super) month_item: Option<u8>,
    /// 0 first to 3 fourth, 4 last.
    pub(super) month_position: Option<u8>,
    /// 0 is January.
    pub(super) month: Option<u8>,
    pub(super) month_day: Option<u8>,
    pub(super) by_occurrences: bool,
    pub(super) occurrences: Option<u32>,
}

impl Default for Recurrence {
    fn default() -> Self {
        Self {
            kind: 1,
            period: 1,
            days_of_week: 0,
            month_item: None,
            month_position: None,
            month: None,
            month_day: None,
            by_occurrences: false,
            occurrences: None,
        }
    }
}

/// The most days that one exception becomes.
const MOST: usize = 5_000;
/// The longest period that is searched for them: a century and a bit.
const LONGEST: i64 = 40_000;

/// The ranges of days, first to last, within a period.
///
/// # Errors
/// Why it can't be said in days.
pub(super) fn days(
    recurrence: Recurrence,
    from: NaiveDate,
    to: NaiveDate,
) -> Result<Vec<(NaiveDate, NaiveDate)>, &'static str> {
    if from > to {
        return Err("it ends before it begins");
    }
    let most = recurrence
        .occurrences
        .filter(|_| recurrence.by_occurrences)
        .map_or(usize::MAX, |count| count as usize);
    let period = u32::from(recurrence.period);
    let mut found: Vec<NaiveDate> = Vec::new();
    match recurrence.kind {
        1 | 7 | 9 if period == 1 => return Ok(vec![(from, to)]),
        _ if (to - from).num_days() > LONGEST => return Err("it recurs for more than a century"),
        1 | 7 => take(&mut found, from.iter_days().step_by(period as usize).take_while(|day| *day <= to))?,
        6 => {
            let sunday = from - Days::new(from.weekday().num_days_from_sunday().into());
            let wanted = |day: &NaiveDate| {
                let weeks = (*day - sunday).num_weeks();
                weeks % i64::from(period) == 0
                    && recurrence.days_of_week >> day.weekday().num_days_from_sunday() & 1 == 1
            };
            take(&mut found, from.iter_days().take_while(|day| *day <= to).filter(wanted))?;
        }
        2 | 3 => {
            let month =
                u32::from(recurrence.month.filter(|month| *month < 12).ok_or("it says no month")?) + 1;
            let in_year = |year| in_month(recurrence, recurrence.kind == 2, year, month);
            take(
                &mut found,
                (from.year()..=to.year()).filter_map(in_year).filter(|day| from <= *day && *day <= to),
            )?;
        }
        4 | 5 => {
            let first = from.with_day(1).unwrap_or(from);
            let months =
                (0..).step_by(period as usize).map_while(|step| first.checked_add_months(Months::new(step)));
            let within = months.take_while(|month| *month <= to);
            let in_months = within
                .filter_map(|month| in_month(recurrence, recurrence.kind == 4, month.year(), month.month()));
            take(&mut found, in_months.filter(|day| from <= *day && *day <= to))?;
        }
        _ => return Err("how it recurs isn’t known"),
    }
    found.truncate(most);
    if found.is_empty() {
        Err("it falls on no day")
    } else {
        Ok(found.into_iter().map(|day| (day, day)).collect())
    }
}

fn take(into: &mut Vec<NaiveDate>, days: impl Iterator<Item = NaiveDate>) -> Result<(), &'static str> {
    into.extend(days.take(MOST + 1));
    if into.len() > MOST { Err("it recurs too often") } else { Ok(()) }
}

/// The day of a month that is meant: by its number, or by its position among days of its sort.
fn in_month(recurrence: Recurrence, by_day: bool, year: i32, month: u32) -> Option<NaiveDate> {
    if by_day {
        return NaiveDate::from_ymd_opt(year, month, recurrence.month_day?.into());
    }
    let first = NaiveDate::from_ymd_opt(year, month, 1)?;
    let item = recurrence.month_item?;
    let fits = |day: &NaiveDate| {
        let of_week = day.weekday().num_days_from_sunday();
        match item {
            0 => true,
            1 => (1..=5).contains(&of_week),
            2 => matches!(of_week, 0 | 6),
            other => u32::from(other) == of_week + 3,
        }
    };
    let mut days = first.iter_days().take_while(|day| day.month() == month).filter(fits);
    match recurrence.month_position? {
        4 => days.last(),
        position => days.nth(position.into()),
    }
}
