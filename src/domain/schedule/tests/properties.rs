//! What holds for every network.

use super::plans::{Taste, constraints, kinds, lags, networks, progresses, several, spans};
use crate::domain::schedule::*;
use proptest::prelude::*;
use proptest::sample::Index;

fn ix(index: &Index, count: usize) -> u32 {
    u32::try_from(index.index(count)).unwrap()
}

/// A change whose items and links are chosen once it meets a network.
#[derive(Clone, Debug)]
enum Wish {
    Duration(Index, Span),
    Constraint(Index, Constraint),
    Deadline(Index, Option<i32>),
    Progress(Index, Progress),
    Calendar(Index, u32),
    AddLink(Index, Index, LinkKind, Lag),
    DropLink(Index),
    Relink(Index, LinkKind, Lag),
    AddItem(Index, Span, Option<Index>),
    DropItem(Index),
}

fn wishes() -> impl Strategy<Value = Wish> {
    let item = any::<Index>;
    let taste = Taste { as_late: true, ..Taste::EVERYTHING };
    prop_oneof![
        4 => (item(), spans()).prop_map(|(item, span)| Wish::Duration(item, span)),
        2 => (item(), constraints(taste)).prop_map(|(item, constraint)| Wish::Constraint(item, constraint)),
        1 => (item(), proptest::option::of(0..2400_i32)).prop_map(|(item, by)| Wish::Deadline(item, by.map(|by| by * 30))),
        2 => (item(), progresses(taste)).prop_map(|(item, progress)| Wish::Progress(item, progress)),
        1 => (item(), 0..4_u32).prop_map(|(item, calendar)| Wish::Calendar(item, calendar)),
        3 => (item(), item(), kinds(), lags(taste)).prop_map(|(from, to, kind, lag)| Wish::AddLink(from, to, kind, lag)),
        2 => item().prop_map(Wish::DropLink),
        1 => (item(), kinds(), lags(taste)).prop_map(|(link, kind, lag)| Wish::Relink(link, kind, lag)),
        1 => (item(), spans(), proptest::option::of(item())).prop_map(|(like, span, parent)| Wish::AddItem(like, span, parent)),
        1 => item().prop_map(Wish::DropItem),
    ]
}

fn change(engine: &Engine, wish: &Wish) -> Option<Change> {
    let network = engine.network();
    let items = network.items.len();
    let links = network.links.len();
    let item = |index: &Index| ItemIx(ix(index, items));
    Some(match wish {
        Wish::Duration(of, span) => Change::Duration(item(of), *span),
        Wish::Constraint(of, constraint) => Change::Constraint(item(of), *constraint),
        Wish::Deadline(of, by) => Change::Deadline(item(of), by.map(Moment)),
        Wish::Progress(of, progress) => Change::Progress(item(of), *progress),
        Wish::Calendar(of, calendar) => Change::Calendar(item(of), CalendarIx(*calendar)),
        Wish::AddLink(from, to, kind, lag) => {
            Change::AddLink(Link { predecessor: item(from), successor: item(to), kind: *kind, lag: *lag })
        }
        Wish::DropLink(_) | Wish::Relink(..) if links == 0 => return None,
        Wish::DropLink(link) => Change::DropLink(LinkIx(ix(link, links))),
        Wish::Relink(link, kind, lag) => {
            let at = ix(link, links);
            Change::Relink(LinkIx(at), Link { kind: *kind, lag: *lag, ..network.links[at as usize] })
        }
        Wish::AddItem(like, span, parent) => {
            let parent = parent.as_ref().map(item);
            Change::AddItem(Item { duration: *span, parent, ..network.items[like.index(items)].clone() })
        }
        Wish::DropItem(of) => Change::DropItem(item(of)),
    })
}

/// The network without what was dropped, and where its items were.
fn present(engine: &Engine) -> (Network, Vec<u32>) {
    let network = engine.network();
    let count = u32::try_from(network.items.len()).unwrap();
    let places: Vec<u32> = (0..count).filter(|&item| engine.has(ItemIx(item))).collect();
    let to = |item: ItemIx| {
        ItemIx(u32::try_from(places.iter().position(|&place| place == item.0).unwrap()).unwrap())
    };
    let mut present = Network { items: vec![], links: vec![], ..network.clone() };
    for &place in &places {
        let item = network.items[place as usize].clone();
        present.items.push(Item { parent: item.parent.map(to), ..item });
    }
    for (index, link) in (0..).zip(&network.links) {
        if engine.has_link(LinkIx(index)) {
            present.links.push(Link {
                predecessor: to(link.predecessor),
                successor: to(link.successor),
                ..*link
            });
        }
    }
    (present, places)
}

proptest! {
    #![proptest_config(several(1))]

    #[test]
    fn changes_one_by_one_give_what_the_whole_gives(
        network in networks(Taste { as_late: true, ..Taste::EVERYTHING }),
        wishes in proptest::collection::vec(wishes(), 1..12),
    ) {
        let mut engine = Engine::new(network.clone()).unwrap();
        let before = engine.all_dates();
        let mut undone = vec![];
        for wish in &wishes {
            let Some(change) = change(&engine, wish) else { continue };
            let dates = engine.all_dates();
            match engine.apply(change.clone()) {
                Ok(undo) => undone.push(undo),
                Err(_) => prop_assert_eq!(&engine.all_dates(), &dates, "refused: {:?}", change),
            }
            let (whole, places) = present(&engine);
            let whole = Engine::new(whole).unwrap();
            prop_assert_eq!(whole.network().items.is_empty() || whole.finish() == engine.finish(), true);
            for (place, dates) in places.iter().zip(whole.all_dates()) {
                prop_assert_eq!(engine.dates(ItemIx(*place)), dates, "item {} after {:?}", place, change);
            }
        }
        for undo in undone.into_iter().rev() {
            engine.undo(undo);
        }
        prop_assert_eq!(engine.all_dates(), before);
        prop_assert_eq!(engine.network(), &network);
    }

    #[test]
    fn without_constraints_no_float_is_negative_and_early_is_before_late(network in networks(Taste::PLAIN)) {
        let engine = Engine::new(network).unwrap();
        for dates in engine.all_dates() {
            prop_assert!(dates.total_float >= 0, "{:?}", dates);
            prop_assert!(dates.free_float >= 0 && dates.free_float <= dates.total_float, "{:?}", dates);
            prop_assert!(dates.early_start <= dates.late_start && dates.early_finish <= dates.late_finish, "{:?}", dates);
            prop_assert!(dates.early_start <= dates.early_finish, "{:?}", dates);
        }
    }

    #[test]
    fn without_a_link_nothing_is_later(network in networks(Taste { as_late: false, ..Taste::EVERYTHING }), link in any::<Index>()) {
        let mut engine = Engine::new(network).unwrap();
        let links = engine.network().links.len();
        prop_assume!(links > 0);
        let before = engine.all_dates();
        engine.apply(Change::DropLink(LinkIx(ix(&link, links)))).unwrap();
        for (after, before) in engine.all_dates().iter().zip(&before) {
            prop_assert!(after.early_start <= before.early_start && after.early_finish <= before.early_finish);
        }
    }

    #[test]
    fn the_order_of_items_and_links_changes_nothing(
        network in networks(Taste { as_late: true, ..Taste::EVERYTHING }),
        keys in proptest::collection::vec(any::<u32>(), 64),
    ) {
        let count = network.items.len();
        let mut order: Vec<usize> = (0..count).collect();
        order.sort_by_key(|&item| keys[item]);
        let to = |item: ItemIx| {
            ItemIx(u32::try_from(order.iter().position(|&place| place == item.0 as usize).unwrap()).unwrap())
        };
        let mut moved = network.clone();
        let items = order.iter().map(|&item| network.items[item].clone());
        moved.items = items.map(|item| Item { parent: item.parent.map(to), ..item }).collect();
        let ends = |link: &Link| Link { predecessor: to(link.predecessor), successor: to(link.successor), ..*link };
        moved.links = network.links.iter().map(ends).collect();
        let mut links: Vec<usize> = (0..moved.links.len()).collect();
        links.sort_by_key(|&link| keys[32 + link % 32]);
        moved.links = links.into_iter().map(|link| moved.links[link]).collect();
        let (engine, moved) = (Engine::new(network).unwrap(), Engine::new(moved).unwrap());
        for item in (0..).map(ItemIx).take(count) {
            prop_assert_eq!(engine.dates(item), moved.dates(to(item)));
        }
    }

    #[test]
    fn what_is_as_late_as_possible_delays_nothing(network in networks(Taste { constraints: false, ..Taste::EVERYTHING }), of in any::<Index>()) {
        let mut engine = Engine::new(network).unwrap();
        let item = ItemIx(ix(&of, engine.network().items.len()));
        let before = engine.all_dates();
        engine.apply(Change::Constraint(item, Constraint::AsLateAsPossible)).unwrap();
        for (other, (after, before)) in (0..).zip(engine.all_dates().iter().zip(&before)) {
            let within = {
                let mut above = Some(ItemIx(other));
                while above.is_some_and(|above| above != item) {
                    above = engine.network().items[above.unwrap().0 as usize].parent;
                }
                above.is_some()
            };
            let holds = |of: ItemIx| {
                let mut above = Some(item);
                while above.is_some_and(|above| above != of) {
                    above = engine.network().items[above.unwrap().0 as usize].parent;
                }
                above.is_some()
            };
            if within {
                prop_assert!(after.early_start >= before.early_start);
            } else if !holds(ItemIx(other)) {
                prop_assert_eq!(after.early_start, before.early_start);
                prop_assert_eq!(after.early_finish, before.early_finish);
            }
        }
    }

    #[test]
    fn the_longest_path_is_driven_and_has_no_float_toward_its_end(network in networks(Taste::PLAIN), of in any::<Index>()) {
        let engine = Engine::new(network).unwrap();
        let item = ItemIx(ix(&of, engine.network().items.len()));
        let path = engine.path_to(item);
        let toward = engine.toward(item);
        prop_assert!(!path.is_empty());
        let near = engine.near_critical(item, 4);
        prop_assert_eq!(near[0].float, 0);
        prop_assert!(near.windows(2).all(|two| two[0].float <= two[1].float && two[0].items != two[1].items));
        prop_assert!(path.iter().all(|item| toward[item.0 as usize].is_some_and(|float| float >= 0)));
        for near in near {
            prop_assert_eq!(near.items.last(), path.last().filter(|_| near.float == 0).or(near.items.last()));
        }
    }

    #[test]
    fn negative_float_has_a_cause(network in networks(Taste { progress: false, ..Taste::EVERYTHING })) {
        let engine = Engine::new(network).unwrap();
        for item in (0..).map(ItemIx).take(engine.network().items.len()) {
            let late = engine.dates(item).total_float < 0;
            prop_assert_eq!(engine.cause_of_negative_float(item).is_some(), late);
        }
    }
}
