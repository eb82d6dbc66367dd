//! Schedules that others have computed: textbook networks, and dates that Microsoft Project wrote into its files.

use super::plans::{WORKDAY, at, link, network};
use crate::domain::schedule::*;

/// Items (name, days), links, and for each item the days of early start, early finish, late start and late finish.
fn agrees(items: &[(&str, i32)], links: &[(u32, u32)], expected: &[[i32; 4]], critical: &str) {
    let engine = Engine::new(network(items, links)).unwrap();
    let clock = time::Clock::compile(&engine.network().calendars[0]);
    let day = |moment| (clock.work_at(moment) - clock.work_at(engine.network().starts_at)) / WORKDAY;
    let mut found = String::new();
    for ((dates, expected), (name, _)) in engine.all_dates().into_iter().zip(expected).zip(items) {
        let ends = [dates.early_start, dates.early_finish, dates.late_start, dates.late_finish].map(day);
        assert_eq!(ends, *expected, "{name}");
        assert_eq!(dates.total_float, (expected[2] - expected[0]) * WORKDAY, "{name}");
        if dates.critical {
            found += name;
        }
    }
    assert_eq!(found, critical);
}

/// Render, Stair, Hanna: *Quantitative Analysis for Management*, the network of General Foundry (weeks taken as days).
#[test]
fn general_foundry() {
    agrees(
        &[("A", 2), ("B", 3), ("C", 2), ("D", 4), ("E", 4), ("F", 3), ("G", 5), ("H", 2)],
        &[(0, 2), (1, 3), (2, 4), (2, 5), (3, 6), (4, 6), (5, 7), (6, 7)],
        &[
            [0, 2, 0, 2],
            [0, 3, 1, 4],
            [2, 4, 2, 4],
            [3, 7, 4, 8],
            [4, 8, 4, 8],
            [4, 7, 10, 13],
            [8, 13, 8, 13],
            [13, 15, 13, 15],
        ],
        "ACEGH",
    );
}

/// Hillier, Lieberman: *Introduction to Operations Research*, the network of Reliable Construction (weeks taken as days).
#[test]
fn reliable_construction() {
    let items = [
        ("A", 2),
        ("B", 4),
        ("C", 10),
        ("D", 6),
        ("E", 4),
        ("F", 5),
        ("G", 7),
        ("H", 9),
        ("I", 7),
        ("J", 8),
        ("K", 4),
        ("L", 5),
        ("M", 2),
        ("N", 6),
    ];
    let names = "ABCDEFGHIJKLMN";
    let follows = "AB BC CD CE EF DG EH GH CI FJ IJ JK JL HM KN LN";
    let place = |name: char| u32::try_from(names.find(name).unwrap()).unwrap();
    let links: Vec<(u32, u32)> = follows
        .split(' ')
        .map(|pair| (place(pair.chars().next().unwrap()), place(pair.chars().nth(1).unwrap())))
        .collect();
    agrees(
        &items,
        &links,
        &[
            [0, 2, 0, 2],
            [2, 6, 2, 6],
            [6, 16, 6, 16],
            [16, 22, 20, 26],
            [16, 20, 16, 20],
            [20, 25, 20, 25],
            [22, 29, 26, 33],
            [29, 38, 33, 42],
            [16, 23, 18, 25],
            [25, 33, 25, 33],
            [33, 37, 34, 38],
            [33, 38, 33, 38],
            [38, 40, 42, 44],
            [38, 44, 38, 44],
        ],
        "ABCEFJLN",
    );
}

/// `task-links-project2007-mspdi.xml`, saved by Microsoft Project 2007: pairs of one-day tasks with links of each kind.
#[test]
fn project_2007_task_links() {
    let mut network = network(&[("Task", 1); 16], &[]);
    network.starts_at = at(2014, 10, 17, 8);
    // LinkLag is in tenths of a minute.
    let lags = [
        (LinkKind::FinishStart, 0),
        (LinkKind::FinishStart, 4800),
        (LinkKind::FinishStart, 9600),
        (LinkKind::FinishStart, 24_000),
        (LinkKind::FinishStart, 48_000),
        (LinkKind::StartFinish, 9600),
        (LinkKind::StartStart, 9600),
        (LinkKind::FinishFinish, 9600),
    ];
    network.links =
        (0..).zip(lags).map(|(pair, (kind, lag))| link(2 * pair, 2 * pair + 1, kind, lag / 10)).collect();
    let engine = Engine::new(network).unwrap();
    // Early and late start of both (month, day), the total slack of both (tenths of a minute).
    let expected = [
        ((10, 17), (10, 31), (10, 20), 48_000),
        ((10, 17), (10, 30), (10, 21), 43_200),
        ((10, 17), (10, 29), (10, 22), 38_400),
        ((10, 17), (10, 24), (10, 27), 24_000),
        ((10, 17), (10, 17), (11, 3), 0),
        ((10, 17), (10, 31), (10, 20), 48_000),
        ((10, 17), (10, 30), (10, 21), 43_200),
        ((10, 17), (10, 30), (10, 21), 43_200),
    ];
    for (pair, (early, late, after, slack)) in (0..).zip(expected) {
        let (first, second) = (engine.dates(ItemIx(2 * pair)), engine.dates(ItemIx(2 * pair + 1)));
        let on = |(month, day): (u32, u32), hour| at(2014, month, day, hour);
        let all = |early, late, free, slack| Dates {
            early_start: on(early, 8),
            early_finish: on(early, 17),
            late_start: on(late, 8),
            late_finish: on(late, 17),
            total_float: slack / 10,
            free_float: free / 10,
            critical: slack == 0,
        };
        assert_eq!(first, all(early, late, 0, slack), "first of pair {pair}");
        assert_eq!(second, all(after, (11, 3), slack, slack), "second of pair {pair}");
    }
    assert_eq!(engine.finish(), at(2014, 11, 3, 17));
}

/// `mspdirelations.xml`, saved by Microsoft Project 2007 too: five one-day tasks, a chain of links of each kind.
#[test]
fn project_2007_relations() {
    let mut network = network(&[("Task", 1); 5], &[]);
    network.starts_at = at(2006, 9, 21, 8);
    network.links = vec![
        link(0, 1, LinkKind::FinishStart, 0),
        link(1, 2, LinkKind::StartStart, 480),
        link(2, 3, LinkKind::FinishFinish, 0),
        link(3, 4, LinkKind::StartFinish, 0),
    ];
    let engine = Engine::new(network).unwrap();
    let dates = engine.all_dates();
    for (dates, (day, slack)) in dates.iter().zip([(21, 0), (22, 0), (25, 0), (25, 0), (22, 480)]) {
        assert_eq!(dates.early_start, at(2006, 9, day, 8));
        assert_eq!((dates.total_float, dates.critical), (slack, slack == 0));
    }
    assert_eq!((dates[4].late_start, dates[4].late_finish), (at(2006, 9, 25, 8), at(2006, 9, 25, 17)));
    // Project writes Monday at 8:00 for the finish that the start of another asks for; it is the same working minute.
    assert_eq!(dates[4].early_finish, at(2006, 9, 22, 17));
}
