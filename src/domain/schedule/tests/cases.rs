//! The cases that schedules go wrong on, by name.

use super::plans::{WORKDAY, at, item, link, network};
use crate::domain::schedule::*;
use crate::domain::work_calendar::{Exception, WorkCalendar};
use chrono::NaiveDate;

fn engine(network: Network) -> Engine {
    Engine::new(network).unwrap()
}

/// The working days, counted from 0, between which an item is: early start, early finish, late start, late finish; and float.
fn days(engine: &Engine, item: u32) -> [i32; 5] {
    let clock = time::Clock::compile(&engine.network().calendars[0]);
    let dates = engine.dates(ItemIx(item));
    let day = |moment| (clock.work_at(moment) - clock.work_at(engine.network().starts_at)) / WORKDAY;
    let [early_start, early_finish] = [dates.early_start, dates.early_finish].map(day);
    [early_start, early_finish, day(dates.late_start), day(dates.late_finish), dates.total_float / WORKDAY]
}

#[test]
fn an_empty_network_finishes_where_it_starts() {
    let engine = engine(network(&[], &[]));
    assert_eq!(engine.finish(), at(2026, 1, 5, 8));
    assert_eq!(engine.all_dates(), []);
    assert_eq!(engine.path_to(ItemIx(0)), []);
    assert_eq!(engine.dates(ItemIx(3)), Dates::default());
}

#[test]
fn a_milestone_alone_is_its_own_critical_path() {
    let engine = engine(network(&[("Go", 0)], &[]));
    let dates = engine.dates(ItemIx(0));
    assert_eq!((dates.early_start, dates.early_finish), (at(2026, 1, 5, 8), at(2026, 1, 5, 8)));
    assert!(dates.critical);
    assert_eq!(engine.path_to(ItemIx(0)), [ItemIx(0)]);
}

#[test]
fn a_milestone_is_on_the_evening_on_which_its_predecessor_finishes() {
    let engine = engine(network(&[("Work", 5), ("Done", 0), ("After", 1)], &[(0, 1), (1, 2)]));
    assert_eq!(engine.dates(ItemIx(1)).early_finish, at(2026, 1, 9, 17));
    assert_eq!(engine.dates(ItemIx(1)).late_finish, at(2026, 1, 9, 17));
    assert_eq!(engine.dates(ItemIx(2)).early_start, at(2026, 1, 12, 8));
}

#[test]
fn a_finish_at_the_end_of_a_day_is_the_start_of_the_next() {
    let engine = engine(network(&[("Friday", 5), ("Monday", 1)], &[(0, 1)]));
    assert_eq!(engine.dates(ItemIx(0)).early_finish, at(2026, 1, 9, 17));
    assert_eq!(engine.dates(ItemIx(1)).early_start, at(2026, 1, 12, 8));
    assert_eq!(engine.dates(ItemIx(0)).free_float, 0);
}

#[test]
fn a_lag_on_the_critical_path_lengthens_it() {
    let mut network = network(&[("A", 2), ("B", 3), ("C", 4)], &[(0, 1), (2, 1)]);
    network.links[0].lag = Lag::Working(3 * WORKDAY);
    let engine = engine(network);
    assert_eq!(days(&engine, 1), [5, 8, 5, 8, 0]);
    assert_eq!(days(&engine, 2), [0, 4, 1, 5, 1]);
    assert_eq!(engine.driving(ItemIx(1)), [LinkIx(0)]);
}

#[test]
fn a_lead_lets_a_successor_overlap() {
    let mut network = network(&[("A", 4), ("B", 2)], &[(0, 1)]);
    network.links[0].lag = Lag::Percent(-5000);
    assert_eq!(days(&engine(network), 1), [2, 4, 2, 4, 0]);
}

#[test]
fn an_elapsed_lag_counts_nights_and_weekends() {
    let mut network = network(&[("Pour", 5), ("Build", 1), ("Cure", 0)], &[(0, 1), (0, 2)]);
    network.links[0].lag = Lag::Elapsed(2 * DAY);
    network.items[2].duration = Span::Elapsed(3 * DAY);
    let engine = engine(network);
    // From Friday evening to Sunday evening.
    assert_eq!(engine.dates(ItemIx(1)).early_start, at(2026, 1, 12, 8));
    assert_eq!(engine.dates(ItemIx(2)).early_start, at(2026, 1, 9, 17));
    assert_eq!(engine.dates(ItemIx(2)).early_finish, at(2026, 1, 12, 17));
}

#[test]
fn a_lag_is_counted_in_the_calendar_of_the_successor() {
    let mut network = network(&[("Office", 5), ("Plant", 1)], &[(0, 1)]);
    let shift = || vec![(480, 720), (780, 1020)];
    network.calendars.push(WorkCalendar { week: std::array::from_fn(|_| shift()), exceptions: vec![] });
    network.items[1].calendar = CalendarIx(1);
    network.links[0].lag = Lag::Working(WORKDAY);
    let engine = engine(network);
    // Saturday is the lag; on Sunday the plant works.
    assert_eq!(engine.dates(ItemIx(1)).early_start, at(2026, 1, 11, 8));
}

#[test]
fn successors_move_back_when_a_predecessor_shrinks_or_its_link_is_dropped() {
    let mut engine = engine(network(&[("A", 9), ("B", 2), ("C", 1)], &[(0, 1), (1, 2)]));
    let undo = engine.apply(Change::Duration(ItemIx(0), Span::Working(4 * WORKDAY))).unwrap();
    assert_eq!(days(&engine, 2), [6, 7, 6, 7, 0]);
    engine.undo(undo);
    assert_eq!(days(&engine, 2), [11, 12, 11, 12, 0]);
    engine.apply(Change::DropLink(LinkIx(0))).unwrap();
    assert_eq!(days(&engine, 2), [2, 3, 8, 9, 6]);
}

#[test]
fn there_may_be_several_first_and_last_items() {
    let engine =
        engine(network(&[("A", 2), ("B", 4), ("C", 1), ("D", 3), ("E", 2)], &[(0, 2), (1, 3), (0, 3)]));
    assert_eq!(days(&engine, 2), [2, 3, 6, 7, 4]);
    assert_eq!(days(&engine, 3), [4, 7, 4, 7, 0]);
    assert_eq!(days(&engine, 4), [0, 2, 5, 7, 5]);
    assert_eq!(days(&engine, 0), [0, 2, 2, 4, 2]);
}

#[test]
fn items_without_successors_have_time_until_their_own_section_ends() {
    let mut network = network(&[("A", 2), ("B", 4), ("C", 9)], &[]);
    network.items[2].section = 1;
    let engine = engine(network);
    assert_eq!(engine.dates(ItemIx(0)).total_float, 2 * WORKDAY);
    assert!(engine.dates(ItemIx(1)).critical && engine.dates(ItemIx(2)).critical);
}

#[test]
fn links_to_and_from_a_summary_stand_for_all_its_items() {
    // 0 before the summary 1 of 2 and the summary 3, which has 4 and 5; 6 after the summary 1.
    let mut network =
        network(&[("0", 2), ("1", 0), ("2", 3), ("3", 0), ("4", 5), ("5", 1), ("6", 1)], &[(0, 1), (1, 6)]);
    for (child, parent) in [(2, 1), (3, 1), (4, 3), (5, 3)] {
        network.items[child].parent = Some(ItemIx(parent));
    }
    let engine = engine(network);
    assert_eq!(days(&engine, 2), [2, 5, 4, 7, 2]);
    assert_eq!(days(&engine, 4), [2, 7, 2, 7, 0]);
    assert_eq!(days(&engine, 5), [2, 3, 6, 7, 4]);
    assert_eq!(days(&engine, 6), [7, 8, 7, 8, 0]);
    assert_eq!(days(&engine, 1)[..2], [2, 7]);
    assert_eq!(days(&engine, 3)[..2], [2, 7]);
    assert!(engine.dates(ItemIx(1)).critical);
    assert_eq!(engine.driving(ItemIx(4)), [LinkIx(0)]);
    assert_eq!(engine.path_to(ItemIx(6)), [0, 4, 6].map(ItemIx));
}

#[test]
fn phases_may_overlap() {
    // The second phase starts two days after the first one has started.
    let mut network = network(&[("One", 0), ("1a", 3), ("1b", 6), ("Two", 0), ("2a", 2)], &[]);
    network.items[1].parent = Some(ItemIx(0));
    network.items[2].parent = Some(ItemIx(0));
    network.items[4].parent = Some(ItemIx(3));
    network.links.push(link(0, 3, LinkKind::StartStart, 2 * WORKDAY));
    let engine = engine(network);
    assert_eq!(days(&engine, 3)[..2], [2, 4]);
    assert_eq!(days(&engine, 0)[..2], [0, 6]);
}

#[test]
fn a_constraint_of_a_summary_holds_for_each_of_its_items() {
    let mut network = network(&[("S", 0), ("A", 1), ("B", 3)], &[]);
    network.items[1].parent = Some(ItemIx(0));
    network.items[2].parent = Some(ItemIx(0));
    network.items[0].constraint = Constraint::StartNoEarlierThan(at(2026, 1, 7, 8));
    let mut engine = engine(network);
    assert_eq!(days(&engine, 1)[0], 2);
    assert_eq!(days(&engine, 2)[0], 2);
    engine.apply(Change::Deadline(ItemIx(0), Some(at(2026, 1, 8, 17)))).unwrap();
    assert_eq!(days(&engine, 2)[4], -1);
    let cause = engine.cause_of_negative_float(ItemIx(2)).unwrap();
    assert_eq!(cause, Cause { item: ItemIx(0), why: Why::Deadline(at(2026, 1, 8, 17)) });
}

#[test]
fn constraints_bind_the_dates_that_they_name() {
    let monday = at(2026, 1, 12, 8);
    let friday = at(2026, 1, 16, 17);
    let with = |constraint| {
        let mut network = network(&[("Before", 6), ("Item", 2), ("Long", 20)], &[(0, 1)]);
        network.items[1].constraint = constraint;
        days(&engine(network), 1)
    };
    assert_eq!(with(Constraint::AsSoonAsPossible), [6, 8, 18, 20, 12]);
    assert_eq!(with(Constraint::AsLateAsPossible), [18, 20, 18, 20, 0]);
    assert_eq!(with(Constraint::StartNoEarlierThan(at(2026, 1, 14, 8))), [7, 9, 18, 20, 11]);
    assert_eq!(with(Constraint::FinishNoEarlierThan(friday)), [8, 10, 18, 20, 10]);
    assert_eq!(with(Constraint::StartNoLaterThan(monday)), [6, 8, 5, 7, -1]);
    assert_eq!(with(Constraint::FinishNoLaterThan(friday)), [6, 8, 8, 10, 2]);
    assert_eq!(with(Constraint::MustStartOn(at(2026, 1, 14, 8))), [7, 9, 7, 9, 0]);
    // A constraint wins over a predecessor that comes too late; the predecessor has the negative float.
    assert_eq!(with(Constraint::MustStartOn(monday)), [5, 7, 5, 7, 0]);
    assert_eq!(with(Constraint::MustFinishOn(friday)), [8, 10, 8, 10, 0]);
}

#[test]
fn negative_float_is_traced_to_what_causes_it() {
    let mut network = network(&[("A", 3), ("B", 3), ("C", 3), ("D", 0)], &[(0, 1), (1, 2), (2, 3)]);
    network.items[2].constraint = Constraint::MustStartOn(at(2026, 1, 9, 8));
    network.items[3].deadline = Some(at(2026, 1, 30, 17));
    let engine = engine(network);
    assert_eq!(engine.dates(ItemIx(0)).total_float, -2 * WORKDAY);
    let cause = engine.cause_of_negative_float(ItemIx(0)).unwrap();
    assert_eq!(cause.item, ItemIx(2));
    assert_eq!(engine.cause_of_negative_float(ItemIx(3)), None);
}

#[test]
fn what_is_done_stays_and_what_remains_waits_for_the_status_date() {
    let mut network = network(&[("A", 3), ("B", 4), ("C", 2)], &[(0, 1), (1, 2)]);
    let start = at(2026, 1, 5, 8);
    network.status_at = Some(at(2026, 1, 12, 8));
    network.items[0].progress =
        Progress { actual_start: Some(start), actual_finish: Some(at(2026, 1, 9, 17)), remaining: None };
    network.items[1].progress =
        Progress { actual_start: Some(at(2026, 1, 8, 8)), actual_finish: None, remaining: Some(2 * WORKDAY) };
    let engine = engine(network);
    let done = engine.dates(ItemIx(0));
    assert_eq!(
        (done.early_start, done.early_finish, done.late_finish),
        (start, at(2026, 1, 9, 17), at(2026, 1, 9, 17))
    );
    assert!(!done.critical && done.total_float == 0);
    let begun = engine.dates(ItemIx(1));
    assert_eq!((begun.early_start, begun.early_finish), (at(2026, 1, 8, 8), at(2026, 1, 13, 17)));
    assert_eq!(engine.dates(ItemIx(2)).early_start, at(2026, 1, 14, 8));
}

#[test]
fn work_out_of_sequence_waits_or_goes_on() {
    let mut network = network(&[("A", 8), ("B", 4)], &[(0, 1)]);
    network.status_at = Some(at(2026, 1, 7, 8));
    network.items[0].progress =
        Progress { actual_start: Some(at(2026, 1, 5, 8)), actual_finish: None, remaining: Some(6 * WORKDAY) };
    network.items[1].progress =
        Progress { actual_start: Some(at(2026, 1, 6, 8)), actual_finish: None, remaining: Some(3 * WORKDAY) };
    assert_eq!(days(&engine(network.clone()), 1)[..2], [1, 11]);
    network.options.out_of_sequence = OutOfSequence::ProgressOverride;
    assert_eq!(days(&engine(network), 1)[..2], [1, 5]);
}

#[test]
fn as_late_as_possible_reaches_back_through_a_chain_and_delays_nothing() {
    let mut network = network(&[("A", 2), ("B", 1), ("C", 2), ("Long", 9)], &[(0, 1), (1, 2), (3, 2)]);
    network.items[0].constraint = Constraint::AsLateAsPossible;
    network.items[1].constraint = Constraint::AsLateAsPossible;
    let engine = engine(network);
    assert_eq!(days(&engine, 1)[..2], [8, 9]);
    assert_eq!(days(&engine, 0)[..2], [6, 8]);
    assert_eq!(days(&engine, 2)[..2], [9, 11]);
}

#[test]
fn holidays_and_leap_days_are_counted() {
    let mut network = network(&[("A", 2), ("B", 1)], &[(0, 1)]);
    let day = |month, day| NaiveDate::from_ymd_opt(2028, month, day).unwrap();
    network.starts_at = at(2028, 2, 28, 8);
    assert_eq!(engine(network.clone()).dates(ItemIx(1)).early_start, at(2028, 3, 1, 8));
    let off = Exception { from: day(3, 1), to: day(3, 31), name: "Closed".into(), shifts: vec![] };
    network.calendars[0].exceptions.push(off);
    // The first of April is a Saturday.
    assert_eq!(engine(network).dates(ItemIx(1)).early_start, at(2028, 4, 3, 8));
}

#[test]
fn very_long_lags_and_durations_saturate() {
    let mut network = network(&[("A", 1), ("B", 1), ("C", 0)], &[(0, 1), (1, 2)]);
    network.links[0].lag = Lag::Working(200 * 52 * 5 * WORKDAY);
    let two_centuries = engine(network.clone());
    assert_eq!(two_centuries.dates(ItemIx(1)).early_start.start_day().to_string()[..4], *"2225");
    assert!(two_centuries.all_dates().iter().all(|dates| dates.critical));
    for lag in [i32::MAX, i32::MIN] {
        network.links[0].lag = Lag::Working(lag);
        network.links[1].lag = Lag::Elapsed(lag);
        network.items[1].duration = Span::Elapsed(i32::MAX);
        let _ = engine(network.clone()).all_dates();
    }
}

#[test]
fn a_cycle_is_listed_in_order() {
    let cycle = |network: &Network| match Engine::new(network.clone()) {
        Err(Error::Cycle(items)) => items.iter().map(|(item, _)| item.0).collect::<Vec<_>>(),
        other => panic!("{other:?}"),
    };
    let mut network = network(&[("A", 1), ("B", 1), ("C", 1), ("D", 1)], &[(0, 1), (1, 2), (2, 0), (2, 3)]);
    assert_eq!(cycle(&network), [0, 1, 2]);
    assert_eq!(
        Engine::new(network.clone()).unwrap_err().to_string(),
        "these follow each other in a cycle: A → B → C → A"
    );
    network.links = vec![link(1, 1, LinkKind::FinishStart, 0)];
    assert_eq!(cycle(&network), [1]);
    // A summary and an item in it; then by way of another.
    network.items[1].parent = Some(ItemIx(0));
    network.links = vec![link(0, 1, LinkKind::FinishStart, 0)];
    assert_eq!(cycle(&network), [0, 1]);
    network.links = vec![link(1, 2, LinkKind::FinishStart, 0), link(2, 0, LinkKind::FinishStart, 0)];
    assert_eq!(cycle(&network), [0, 1, 2]);
    // Parents of each other.
    network.links.clear();
    network.items[0].parent = Some(ItemIx(1));
    assert_eq!(cycle(&network), [0, 1]);
}

#[test]
fn a_link_that_closes_a_cycle_is_refused_and_changes_nothing() {
    let mut engine = engine(network(&[("A", 1), ("B", 1), ("C", 1)], &[(0, 1), (1, 2)]));
    let before = engine.clone();
    let refused = engine.apply(Change::AddLink(link(2, 0, LinkKind::StartStart, 0)));
    assert!(matches!(refused, Err(Error::Cycle(items)) if items.len() == 3));
    assert_eq!(engine.all_dates(), before.all_dates());
    assert_eq!(engine.network(), before.network());
}

#[test]
fn errors_name_the_item() {
    let refused = |change: &dyn Fn(&mut Network)| {
        let mut network = network(&[("Dig", 1), ("Fill", 1)], &[(0, 1)]);
        change(&mut network);
        Engine::new(network).unwrap_err().to_string()
    };
    let nothing = || WorkCalendar { week: std::array::from_fn(|_| vec![]), exceptions: vec![] };
    assert_eq!(
        refused(&|network| network.items[1].calendar = CalendarIx(1)),
        "Fill has a calendar that doesn't exist"
    );
    assert_eq!(
        refused(&|network| network.calendars[0] = nothing()),
        "Dig has a calendar without any working time"
    );
    assert_eq!(
        refused(&|network| network.items[0].duration = Span::Working(-1)),
        "Dig has a negative duration"
    );
    let backwards =
        Progress { actual_start: Some(Moment(5)), actual_finish: Some(Moment(4)), remaining: None };
    assert_eq!(
        refused(&|network| network.items[1].progress = backwards),
        "Fill: it finished before it started"
    );
    assert_eq!(
        refused(&|network| network.links[0].successor = ItemIx(7)),
        "a link or a parent names item 7, which doesn't exist"
    );
    assert!(refused(&|network| network.items[0].parent = Some(ItemIx(9))).contains("item 9"));
}

#[test]
fn a_hundred_thousand_items_in_one_chain() {
    let count = 100_000;
    let mut network = network(&[], &[]);
    network.items = (0..count).map(|number| item(&number.to_string(), 60)).collect();
    network.links = (1..count).map(|number| link(number - 1, number, LinkKind::FinishStart, 0)).collect();
    // Backwards, so that the order of the input is of no help.
    network.links.reverse();
    let mut engine = engine(network);
    let last = ItemIx(count - 1);
    assert_eq!(engine.path_to(last).len(), 100_000);
    assert_eq!(engine.near_critical(last, 1)[0].items.len(), 100_000);
    assert_eq!(engine.toward(last).iter().flatten().count(), 100_000);
    let clock = time::Clock::compile(&WorkCalendar::default());
    assert_eq!(clock.work_at(engine.finish()) - clock.work_at(at(2026, 1, 5, 8)), 6_000_000);
    engine.apply(Change::Duration(ItemIx(0), Span::Working(0))).unwrap();
    assert_eq!(clock.work_at(engine.finish()) - clock.work_at(at(2026, 1, 5, 8)), 5_999_940);
    let cause = {
        engine.apply(Change::Deadline(last, Some(at(2026, 1, 5, 17)))).unwrap();
        engine.cause_of_negative_float(ItemIx(0)).unwrap()
    };
    assert_eq!(cause.item, last);
    let closing = engine.apply(Change::AddLink(link(count - 1, 0, LinkKind::FinishStart, 0)));
    assert!(matches!(closing, Err(Error::Cycle(items)) if items.len() == 100_000));
}

#[test]
fn ten_thousand_summaries_in_each_other() {
    let count = 10_000_u32;
    let mut network = network(&[], &[]);
    network.items = (0..count).map(|number| item(&number.to_string(), 60)).collect();
    for (number, item) in (0..).zip(&mut network.items).skip(1) {
        item.parent = Some(ItemIx(number - 1));
    }
    network.items[0].constraint = Constraint::StartNoEarlierThan(at(2026, 1, 6, 8));
    let engine = engine(network);
    assert_eq!(engine.dates(ItemIx(0)).early_start, at(2026, 1, 6, 8));
    assert_eq!(engine.finish(), at(2026, 1, 6, 9));
}
