//! Paths, what drives and what takes float, each found another way than the engine finds it: all paths are listed one by one,
//! items are moved and it is seen what moves with them, constraints are left out all but one.

use super::oracle::{Oracle, Placed, brief};
use super::plans::{Taste, networks, several};
use crate::domain::schedule::*;
use proptest::prelude::*;
use std::collections::BTreeMap;

fn ix(index: usize) -> ItemIx {
    ItemIx(u32::try_from(index).unwrap())
}

/// Whether links decide when an item is.
fn linked(oracle: &Oracle, index: usize) -> bool {
    let item = oracle.item(index);
    let on = matches!(item.constraint, Constraint::MustStartOn(_) | Constraint::MustFinishOn(_));
    oracle.linked(index) && !(on && item.progress.actual_start.is_none())
}

/// For each link that an item waits for, itself or as a part of a summary, and each item that the link leaves: how much earlier, in
/// minutes of its axis, it could be if only that item held it.
fn waits(oracle: &Oracle, index: usize, early: &[Placed]) -> Vec<(LinkIx, usize, i64)> {
    if !linked(oracle, index) {
        return vec![];
    }
    let now = oracle.axis(index).count(early[index].finish) - oracle.work(index);
    let mut waits = vec![];
    for above in oracle.chain(index) {
        for (number, link) in (0..).zip(&oracle.network.links) {
            if link.successor.0 as usize != above {
                continue;
            }
            let of = link.predecessor.0 as usize;
            for from in oracle.leaves(of) {
                let (end, start) = match link.kind {
                    LinkKind::FinishStart => (early[from].finish, true),
                    LinkKind::FinishFinish => (early[from].finish, false),
                    // A summary starts with the first of its items; the others have no part in it.
                    _ if early[from].start > oracle.span(of, early).start => continue,
                    LinkKind::StartStart => (early[from].start, true),
                    LinkKind::StartFinish => (early[from].start, false),
                };
                let asked = oracle.asked(link, end);
                let first = oracle.first(index, |place| oracle.reaches(index, place, start, asked));
                waits.push((LinkIx(number), from, now - first / 2));
            }
        }
    }
    waits
}

/// Every path to an item that begins where no link drives, with its float; of the same items by several links the least.
fn all_paths(
    oracle: &Oracle,
    early: &[Placed],
    (path, float): (&[usize], i64),
    found: &mut BTreeMap<Vec<usize>, i64>,
) {
    let steps = waits(oracle, path[0], early);
    if steps.iter().all(|step| step.2 != 0) {
        let least = found.entry(path.to_vec()).or_insert(float);
        *least = float.min(*least);
    }
    for (_, from, slack) in steps {
        let longer: Vec<usize> = std::iter::once(from).chain(path.iter().copied()).collect();
        all_paths(oracle, early, (&longer, float + slack), found);
    }
}

/// The same to the last of a summary's items.
fn paths_to(oracle: &Oracle, index: usize) -> Vec<(i64, Vec<ItemIx>)> {
    let early = oracle.early();
    let mut found = BTreeMap::new();
    let finish = oracle.span(index, &early).finish;
    for leaf in oracle.leaves(index) {
        let axis = oracle.axis(leaf);
        let before = axis.count(finish) - axis.count(early[leaf].finish);
        all_paths(oracle, &early, (&[leaf], before), &mut found);
    }
    let mut all: Vec<_> =
        found.into_iter().map(|(path, float)| (float, path.into_iter().map(ix).collect())).collect();
    all.sort();
    all
}

fn near(engine: &Engine, to: usize, count: usize) -> Vec<(i64, Vec<ItemIx>)> {
    engine.near_critical(ix(to), count).into_iter().map(|near| (near.float, near.items)).collect()
}

fn lists_all_paths(network: &Network, count: usize) -> Result<(), TestCaseError> {
    let engine = Engine::new(network.clone()).unwrap();
    let oracle = Oracle::of(network);
    for to in 0..network.items.len() {
        let exact = paths_to(&oracle, to);
        let mut found = near(&engine, to, 10_000);
        prop_assert!(found.is_sorted_by_key(|path| path.0));
        found.sort();
        prop_assert_eq!(&found, &exact, "to {} of {}", to, brief(network));
        let few: Vec<i64> = near(&engine, to, count).into_iter().map(|path| path.0).collect();
        let least: Vec<i64> = exact.iter().take(count).map(|path| path.0).collect();
        prop_assert_eq!(few, least, "to {} of {}", to, brief(network));
    }
    Ok(())
}

/// The network with an item later by some minutes of its axis.
fn slipped(oracle: &Oracle, index: usize, early: &[Placed], by: i64) -> Network {
    let mut network = oracle.network.clone();
    let axis = oracle.axis(index);
    let finish = axis.count(early[index].finish) + by;
    let to =
        if oracle.work(index) == 0 { axis.finish(finish) } else { axis.start(finish - oracle.work(index)) };
    network.items[index].constraint = Constraint::StartNoEarlierThan(Moment(to));
    network
}

/// `exactly`: a minute more than it may slip does move the other.
fn slips_as_told(network: &Network, exactly: bool) -> Result<(), TestCaseError> {
    let engine = Engine::new(network.clone()).unwrap();
    let oracle = Oracle::of(network);
    let early = oracle.early();
    let free = |index: &usize| {
        let progress = oracle.item(*index).progress;
        let on = matches!(
            oracle.item(*index).constraint,
            Constraint::MustStartOn(_) | Constraint::MustFinishOn(_)
        );
        oracle.leaves(*index) == [*index]
            && progress.actual_start.is_none()
            && progress.actual_finish.is_none()
            && !on
    };
    let finish = |network: Network, of: usize| Engine::new(network).unwrap().dates(ix(of)).early_finish;
    for to in 0..network.items.len() {
        let told = engine.toward(ix(to));
        let now = engine.dates(ix(to)).early_finish;
        for index in (0..network.items.len()).filter(free) {
            let far = 2_000;
            let by = told[index].map_or(far, i64::from);
            prop_assert!(by >= 0, "{} toward {}: {} of {}", index, to, by, brief(network));
            if by > 0 {
                let at_most = finish(slipped(&oracle, index, &early, by), to);
                prop_assert_eq!(at_most, now, "{} by {} toward {} of {}", index, by, to, brief(network));
            }
            if exactly && told[index].is_some() && by < far {
                let later = finish(slipped(&oracle, index, &early, by + 1), to);
                prop_assert!(later > now, "{} by {} toward {} of {}", index, by + 1, to, brief(network));
            }
        }
    }
    Ok(())
}

const ONE_BY_ONE: Taste = Taste { items: 7, summaries: false, ..Taste::EVERYTHING };

proptest! {
    #![proptest_config(several(1))]

    #[test]
    fn the_near_critical_paths_are_all_paths_by_their_float(network in networks(ONE_BY_ONE), count in 1..5_usize) {
        lists_all_paths(&network, count)?;
    }

    #[test]
    fn the_near_critical_paths_lead_through_summaries(
        network in networks(Taste { items: 7, ..Taste::PLAIN }),
        count in 1..5_usize,
    ) {
        // In one calendar, so that minutes of one link and of the next are the same minutes.
        let mut network = network;
        for item in &mut network.items {
            item.calendar = CalendarIx(0);
            let (Span::Working(minutes) | Span::Elapsed(minutes)) = item.duration;
            item.duration = Span::Working(minutes.max(30));
        }
        for link in &mut network.links {
            let (Lag::Working(lag) | Lag::Elapsed(lag) | Lag::Percent(lag) | Lag::ElapsedPercent(lag)) = link.lag;
            link.lag = Lag::Working(lag / 10);
        }
        lists_all_paths(&network, count)?;
    }

    #[test]
    fn what_drives_is_what_an_item_could_be_earlier_without(network in networks(ONE_BY_ONE)) {
        let engine = Engine::new(network.clone()).unwrap();
        let oracle = Oracle::of(&network);
        let early = oracle.early();
        for index in 0..network.items.len() {
            let waits = waits(&oracle, index, &early);
            let drive: Vec<LinkIx> = waits.iter().filter(|wait| wait.2 == 0).map(|wait| wait.0).collect();
            prop_assert_eq!(engine.driving(ix(index)), drive, "{} of {}", index, brief(&network));
        }
    }

    #[test]
    fn an_item_slips_so_far_before_it_moves_another(network in networks(ONE_BY_ONE)) {
        slips_as_told(&network, true)?;
    }

    #[test]
    fn an_item_of_a_summary_slips_at_least_so_far(network in networks(Taste { items: 7, ..Taste::EVERYTHING })) {
        // Where another item then starts the summary first, it may slip further than is told.
        slips_as_told(&network, false)?;
    }

    #[test]
    fn the_cause_of_negative_float_takes_all_of_it_by_itself(network in networks(Taste { items: 8, ..Taste::EVERYTHING })) {
        let engine = Engine::new(network.clone()).unwrap();
        let oracle = Oracle::of(&network);
        for (index, dates) in oracle.dates().into_iter().enumerate() {
            let cause = engine.cause_of_negative_float(ix(index));
            prop_assert_eq!(cause.is_some(), dates.total_float < 0, "{} of {}", index, brief(&network));
            if cause.is_some() {
                let alone = Oracle { only: cause, ..Oracle::of(&network) }.dates();
                prop_assert_eq!(
                    alone[index].total_float, dates.total_float, "{} by {:?} of {}", index, cause, brief(&network)
                );
            }
        }
    }
}
