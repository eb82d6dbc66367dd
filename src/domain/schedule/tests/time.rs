//! Compiled calendars against walking minute by minute.

use super::plans::several;
use crate::domain::schedule::time::Clock;
use crate::domain::schedule::{DAY, Moment};
use crate::domain::work_calendar::{Exception, WorkCalendar};
use chrono::{Datelike, NaiveDate};
use proptest::prelude::*;

fn date(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap()
}

fn at(year: i32, month: u32, day: u32, hour: i32) -> Moment {
    Moment(Moment::start_of(date(year, month, day)).0 + hour * 60)
}

/// Whether the minute that begins at a moment is worked.
fn worked(calendar: &WorkCalendar, moment: Moment) -> bool {
    let day = moment.start_day();
    let mut shifts = &calendar.week[day.weekday().num_days_from_monday() as usize];
    for exception in &calendar.exceptions {
        if (exception.from..=exception.to).contains(&day) {
            shifts = &exception.shifts;
        }
    }
    let minute = moment.0.rem_euclid(DAY);
    shifts.iter().any(|&(from, to)| (i32::from(from)..i32::from(to)).contains(&minute))
}

fn shifts() -> impl Strategy<Value = Vec<(u16, u16)>> {
    prop_oneof![
        3 => Just(vec![(480, 720), (780, 1020)]),
        2 => Just(vec![]),
        1 => Just(vec![(0, 1440)]),
        2 => proptest::collection::btree_set(0_u16..=48, 0..6).prop_map(|set| {
            let edges: Vec<u16> = set.into_iter().map(|edge| edge * 30).collect();
            edges.as_chunks::<2>().0.iter().map(|&[from, to]| (from, to)).collect()
        }),
    ]
}

pub(super) fn calendars() -> impl Strategy<Value = WorkCalendar> {
    let exception = (0_i32..60, 0_i32..20, shifts()).prop_map(|(from, length, shifts)| {
        let day = |offset| Moment(offset * DAY).start_day();
        Exception { from: day(from), to: day(from + length), name: String::new(), shifts }
    });
    (proptest::array::uniform7(shifts()), proptest::collection::vec(exception, 0..4))
        .prop_map(|(week, exceptions)| WorkCalendar { week, exceptions })
        .prop_filter("some work", |calendar| calendar.week.iter().any(|day| !day.is_empty()))
}

proptest! {
    #![proptest_config(several(2))]
    #[test]
    fn the_axis_counts_worked_minutes(calendar in calendars()) {
        let clock = Clock::compile(&calendar);
        let first = -20 * DAY;
        let mut work = clock.work_at(Moment(first));
        let mut last_worked = None;
        for minute in first..100 * DAY {
            let moment = Moment(minute);
            prop_assert_eq!(clock.work_at(moment), work, "at {}", moment.date_time());
            if worked(&calendar, moment) {
                prop_assert_eq!(clock.earliest(work), moment);
                work += 1;
                last_worked = Some(minute);
                prop_assert_eq!(clock.latest(work), Moment(minute + 1));
            }
        }
        prop_assert!(last_worked.is_some());
    }

    #[test]
    fn nothing_panics_however_far(calendar in calendars(), number in any::<i32>()) {
        let clock = Clock::compile(&calendar);
        let _ = (clock.work_at(Moment(number)), clock.earliest(number), clock.latest(number));
        let near = number / 20;
        let (earliest, latest) = (clock.earliest(near), clock.latest(near));
        prop_assert!(latest <= earliest);
        if earliest.0 < i32::MAX && latest.0 > i32::MIN {
            prop_assert_eq!(clock.work_at(earliest), near);
            prop_assert_eq!(clock.work_at(latest), near);
        }
    }
}

#[test]
fn the_end_of_a_day_is_the_start_of_the_next_working_day_on_the_axis() {
    let clock = Clock::compile(&WorkCalendar::default());
    let friday = clock.work_at(at(2026, 11, 20, 17));
    assert_eq!(friday, clock.work_at(at(2026, 11, 23, 8)));
    assert_eq!(clock.latest(friday), at(2026, 11, 20, 17));
    assert_eq!(clock.earliest(friday), at(2026, 11, 23, 8));
    assert_eq!(clock.latest(friday).finish_day(), date(2026, 11, 20));
}

#[test]
fn a_month_of_holidays_and_a_leap_day_are_counted() {
    let august =
        Exception { from: date(2028, 8, 1), to: date(2028, 8, 31), name: String::new(), shifts: vec![] };
    let clock = Clock::compile(&WorkCalendar { exceptions: vec![august], ..WorkCalendar::default() });
    assert_eq!(clock.latest(clock.work_at(at(2028, 7, 31, 8)) + 960), at(2028, 9, 1, 17));
    // 2028-02-29 is a Tuesday.
    assert_eq!(clock.latest(clock.work_at(at(2028, 2, 28, 8)) + 960), at(2028, 2, 29, 17));
    assert_eq!(clock.work_at(at(2028, 3, 1, 8)) - clock.work_at(at(2028, 2, 28, 8)), 960);
}

#[test]
fn the_week_repeats_from_the_year_1000_to_5000() {
    let far = |year| Exception {
        from: date(year, 1, 1),
        to: date(year, 1, 7),
        name: String::new(),
        shifts: vec![],
    };
    let clock =
        Clock::compile(&WorkCalendar { exceptions: vec![far(1000), far(4990)], ..WorkCalendar::default() });
    for year in [1001, 1900, 2026, 4000, 4980] {
        let monday =
            (1..8).map(|day| date(year, 6, day)).find(|day| day.weekday() == chrono::Weekday::Mon).unwrap();
        let start = Moment(Moment::start_of(monday).0 + 480);
        assert_eq!(clock.earliest(clock.work_at(start)), start);
        assert_eq!(clock.latest(clock.work_at(start) + 2400), Moment(start.0 + 4 * DAY + 540));
    }
    assert_eq!(clock.earliest(clock.work_at(at(4989, 12, 31, 17))).start_day(), date(4990, 1, 8));
}
