//! Random plans of Microsoft Project, written and read again; and damaged files.

use crate::mspdi::SAMPLES;
use chrono::{NaiveDate, NaiveDateTime};
use plumbline::exchange::mspdi::{
    Assignment, Baseline, Calendar, DayRange, Length, Limits, LinkType, Plan, PredecessorLink, Resource,
    ResourceType, Shifts, Task, TaskConstraint, read, write,
};
use proptest::prelude::*;

fn at(text: &str) -> NaiveDateTime {
    text.parse().expect("a date and time")
}

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a day")
}

fn word() -> impl Strategy<Value = String> {
    proptest::string::string_regex("[ -~äß€<>&\"'\\n\\r\\t]{0,12}").expect("a pattern")
}

/// A text of an element whose outer space Project itself doesn't keep.
fn code() -> impl Strategy<Value = String> {
    proptest::string::string_regex("[A-Za-z0-9.]{0,6}").expect("a pattern")
}

fn moment() -> impl Strategy<Value = NaiveDateTime> {
    (0_i64..40_000_000).prop_map(|minutes| at("1990-01-01T00:00:00") + chrono::TimeDelta::minutes(minutes))
}

fn maybe<S: Strategy>(of: S) -> impl Strategy<Value = Option<S::Value>>
where
    S::Value: Clone,
{
    proptest::option::of(of)
}

fn length() -> impl Strategy<Value = Length> {
    (0..2_000_000, prop::sample::select(vec![3_u8, 4, 5, 6, 7, 8, 9, 10, 11, 12, 21, 35, 39, 40, 53]))
        .prop_map(|(minutes, format)| Length { minutes, format })
}

fn shifts() -> impl Strategy<Value = Shifts> {
    prop::collection::btree_set(0_u16..=1440, 0..6).prop_map(|ends| {
        let ends: Vec<u16> = ends.into_iter().collect();
        ends.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect()
    })
}

fn constraint() -> impl Strategy<Value = TaskConstraint> {
    (0..8, moment()).prop_map(|(kind, at)| match kind {
        0 => TaskConstraint::AsSoonAsPossible,
        1 => TaskConstraint::AsLateAsPossible,
        2 => TaskConstraint::MustStartOn(at),
        3 => TaskConstraint::MustFinishOn(at),
        4 => TaskConstraint::StartNoEarlierThan(at),
        5 => TaskConstraint::StartNoLaterThan(at),
        6 => TaskConstraint::FinishNoEarlierThan(at),
        _ => TaskConstraint::FinishNoLaterThan(at),
    })
}

fn calendar(uid: i64) -> impl Strategy<Value = Calendar> {
    let range = (0_i64..20_000, 0_i64..40, word(), shifts()).prop_map(|(from, days, name, shifts)| {
        let from = day("1995-01-01") + chrono::TimeDelta::days(from);
        DayRange { from, to: from + chrono::TimeDelta::days(days), name, shifts }
    });
    let week = prop::array::uniform7(maybe(shifts()));
    (word(), maybe(0..uid.max(1)), week, prop::collection::vec(range, 0..4)).prop_map(
        move |(name, base, week, exceptions)| Calendar {
            uid,
            name,
            base: base.filter(|base| *base < uid),
            week,
            exceptions,
        },
    )
}

fn task(uid: i64, all: i64) -> impl Strategy<Value = Task> {
    let link = (0..all, 0..4, -90_000..90_000, prop::sample::select(vec![3_u8, 5, 7, 8, 9, 19, 20, 52]))
        .prop_map(|(predecessor, kind, lag, format)| {
            let kind = match kind {
                0 => LinkType::FinishFinish,
                1 => LinkType::FinishStart,
                2 => LinkType::StartFinish,
                _ => LinkType::StartStart,
            };
            PredecessorLink { predecessor, kind, lag, format }
        });
    let baseline = (moment(), maybe(moment()), maybe(length()), maybe(0..9999)).prop_map(
        |(start, finish, duration, work)| Baseline { number: 0, start: Some(start), finish, duration, work },
    );
    let one = (word(), code(), 0_u16..6, any::<[bool; 5]>(), constraint(), word(), 0_u16..=1000);
    let dates = prop::collection::vec(maybe(moment()), 9);
    let numbers = (
        maybe(0..99_i64),
        maybe(length()),
        maybe(0..99_999),
        maybe(0_i64..3),
        0_u8..=100,
        maybe(0..99_999),
        maybe(0..99_999),
    );
    let slack = (maybe(-99_999..99_999), maybe(0..99_999), maybe(any::<bool>()));
    let lists = (
        prop::collection::vec(link, 0..3),
        prop::collection::vec(baseline, 0..4),
        prop::array::uniform3(maybe(length())),
    );
    (one, dates, numbers, slack, lists).prop_map(move |(one, dates, numbers, slack, lists)| {
        let (name, wbs, level, [milestone, summary, manual, inactive, ignore], constraint, notes, priority) =
            one;
        let (id, duration, work, calendar, percent_complete, actual_duration, remaining) = numbers;
        let (links, mut baselines, estimates) = lists;
        for (number, baseline) in (0..).zip(&mut baselines) {
            baseline.number = number * 3;
        }
        Task {
            uid,
            guid: id.map(guid),
            id,
            name,
            contact: wbs.clone(),
            own: if wbs.is_empty() { Vec::new() } else { vec![("tags", wbs.clone()), ("kind", wbs.clone())] },
            wbs,
            level,
            milestone,
            summary,
            manual,
            inactive,
            start: dates[0],
            finish: dates[1],
            early_start: dates[2],
            early_finish: dates[3],
            late_start: dates[4],
            late_finish: dates[5],
            total_slack: slack.0,
            free_slack: slack.1,
            critical: slack.2,
            duration,
            work,
            constraint,
            deadline: dates[6],
            calendar,
            ignore_resource_calendar: ignore,
            percent_complete,
            actual_start: dates[7],
            actual_finish: dates[8],
            actual_duration,
            remaining,
            priority,
            notes,
            links,
            baselines,
            estimates,
        }
    })
}

fn guid(of: i64) -> uuid::Uuid {
    uuid::Uuid::from_u128(u128::from(of.unsigned_abs()) << 64 | 7)
}

fn any_plan() -> impl Strategy<Value = Plan> {
    let calendars = (calendar(0), calendar(1), calendar(2)).prop_map(|(a, b, c)| vec![a, b, c]);
    let tasks = (0_i64..8).prop_flat_map(|all| (0..all).map(|uid| task(uid, all)).collect::<Vec<_>>());
    let resource = |uid: i64| {
        (word(), 0_usize..3, word(), code(), maybe(0.0..5.0), maybe(0_i64..3)).prop_map(
            move |(name, kind, notes, email, max_units, calendar)| Resource {
                uid,
                id: Some(uid),
                name,
                kind: [ResourceType::Material, ResourceType::Work, ResourceType::Cost][kind],
                initials: email.clone(),
                group: notes.clone(),
                email,
                max_units,
                calendar,
                notes,
            },
        )
    };
    let resources = (resource(1), resource(2)).prop_map(|(a, b)| vec![a, b]);
    let assignment = (1_i64..3, maybe(0.0..9.0), maybe(0..9999), maybe(moment()), maybe(moment())).prop_map(
        |(resource, units, work, start, finish)| Assignment {
            uid: 3,
            task: 0,
            resource,
            units,
            work,
            start,
            finish,
        },
    );
    let head =
        (word(), prop::collection::vec(maybe(moment()), 3), any::<bool>(), 1..=1440, maybe(0_i64..3), 0..9);
    (head, calendars, tasks, resources, prop::collection::vec(assignment, 0..3)).prop_map(
        |(head, calendars, tasks, resources, assignments)| {
            let (title, dates, from_start, minutes_per_day, calendar, critical_slack_days) = head;
            Plan {
                guid: calendar.map(guid),
                title,
                start: dates[0],
                finish: dates[1],
                from_start,
                status_date: dates[2],
                minutes_per_day,
                minutes_per_week: minutes_per_day * 5,
                days_per_month: 20,
                critical_slack_days,
                calendar,
                calendars,
                assignments: if tasks.is_empty() { Vec::new() } else { assignments },
                tasks,
                resources,
            }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn any_plan_written_and_read_again_is_the_same(plan in any_plan()) {
        let mut written = Vec::new();
        write(&plan, &mut written).expect("it is written");
        let again = read("plan.xml", written.as_slice(), &Limits::default()).expect("it is read again");
        prop_assert_eq!(again.plan, plan);
        prop_assert!(again.not_carried.is_empty(), "{:?}", again.not_carried);
    }

    /// Whatever is cut off, changed or put in, the reader answers, and within the limits.
    #[test]
    fn a_damaged_file_is_refused_or_read_and_never_more(cut in 0_usize..30_000, change in 0_usize..30_000, byte in any::<u8>()) {
        let mut bytes = SAMPLES[2].1.to_vec();
        if let Some(place) = bytes.get_mut(change) {
            *place = byte;
        }
        bytes.truncate(bytes.len().saturating_sub(cut / 3));
        if let Err(why) = read("plan.xml", bytes.as_slice(), &Limits::default()) {
            prop_assert!(why.to_string().starts_with("plan.xml"), "{}", why);
        }
    }
}
