//! Networks for tests: made by hand, and at random.

use super::time;
use crate::domain::schedule::*;
use crate::domain::work_calendar::WorkCalendar;
use chrono::NaiveDate;
use proptest::prelude::*;
use proptest::sample::Index;

/// A share of the usual number of random cases; the variable `PROPTEST_CASES` asks for more.
pub(super) fn several(share: u32) -> ProptestConfig {
    let usual = ProptestConfig::default();
    ProptestConfig { failure_persistence: None, cases: usual.cases.div_ceil(share), ..usual }
}

/// Minutes of a working day of the usual calendar.
pub(super) const WORKDAY: i32 = 480;

pub(super) fn at(year: i32, month: u32, day: u32, hour: i32) -> Moment {
    Moment(Moment::start_of(NaiveDate::from_ymd_opt(year, month, day).unwrap()).0 + hour * 60)
}

pub(super) fn item(name: &str, duration: i32) -> Item {
    Item {
        name: name.into(),
        calendar: CalendarIx(0),
        duration: Span::Working(duration),
        parent: None,
        constraint: Constraint::AsSoonAsPossible,
        deadline: None,
        progress: Progress::default(),
        estimate: None,
        group: 0,
        section: 0,
    }
}

/// A network in the usual calendar from Monday, 5 January 2026, 8:00; durations in working days.
pub(super) fn network(items: &[(&str, i32)], links: &[(u32, u32)]) -> Network {
    Network {
        starts_at: at(2026, 1, 5, 8),
        calendars: vec![WorkCalendar::default()],
        items: items.iter().map(|&(name, days)| item(name, days * WORKDAY)).collect(),
        links: links.iter().map(|&(from, to)| link(from, to, LinkKind::FinishStart, 0)).collect(),
        ..Network::default()
    }
}

pub(super) fn link(from: u32, to: u32, kind: LinkKind, lag: i32) -> Link {
    Link { predecessor: ItemIx(from), successor: ItemIx(to), kind, lag: Lag::Working(lag) }
}

/// Calendars in which something gets done.
fn calendars() -> impl Strategy<Value = WorkCalendar> {
    let week = |calendar: &WorkCalendar| -> i32 {
        calendar.week.iter().flatten().map(|&(from, to)| i32::from(to - from)).sum()
    };
    time::calendars().prop_filter("twenty hours a week", move |calendar| week(calendar) >= 20 * 60)
}

/// What random networks may have in them.
#[derive(Clone, Copy)]
pub(super) struct Taste {
    pub items: usize,
    pub constraints: bool,
    pub progress: bool,
    pub summaries: bool,
    pub as_late: bool,
    pub leads: bool,
}

impl Taste {
    pub const EVERYTHING: Self =
        Self { items: 12, constraints: true, progress: true, summaries: true, as_late: false, leads: true };
    pub const PLAIN: Self =
        Self { items: 12, constraints: false, progress: false, summaries: true, as_late: false, leads: true };
}

fn moments() -> impl Strategy<Value = Moment> {
    (0..50 * 48_i32).prop_map(|half_hours| Moment(half_hours * 30))
}

pub(super) fn constraints(taste: Taste) -> impl Strategy<Value = Constraint> {
    let dated =
        (moments(), 0..if taste.constraints { 6 } else { 0_i32.max(1) }).prop_map(move |(moment, kind)| {
            match if taste.constraints { kind } else { 6 } {
                0 => Constraint::StartNoEarlierThan(moment),
                1 => Constraint::StartNoLaterThan(moment),
                2 => Constraint::FinishNoEarlierThan(moment),
                3 => Constraint::FinishNoLaterThan(moment),
                4 => Constraint::MustStartOn(moment),
                5 => Constraint::MustFinishOn(moment),
                _ => Constraint::AsSoonAsPossible,
            }
        });
    (0..10, dated).prop_map(move |(which, dated)| match which {
        0..=6 => Constraint::AsSoonAsPossible,
        7 if taste.as_late => Constraint::AsLateAsPossible,
        _ => dated,
    })
}

pub(super) fn spans() -> impl Strategy<Value = Span> {
    prop_oneof![
        2 => Just(Span::Working(0)),
        7 => (0..60_i32).prop_map(|half_hours| Span::Working(half_hours * 30)),
        1 => (0..200_i32).prop_map(|half_hours| Span::Elapsed(half_hours * 30)),
    ]
}

pub(super) fn progresses(taste: Taste) -> impl Strategy<Value = Progress> {
    (0..12, 0..14 * 48_i32, 0..5 * 48_i32, proptest::option::of(0..30_i32)).prop_map(
        move |(which, start, length, left)| {
            let actual_start = Some(Moment(start * 30));
            match which {
                _ if !taste.progress => Progress::default(),
                0 => Progress { actual_start, ..Progress::default() },
                1 => Progress { actual_start, remaining: left.map(|left| left * 30), actual_finish: None },
                2 => Progress {
                    actual_start,
                    actual_finish: Some(Moment((start + length) * 30)),
                    remaining: None,
                },
                3 => Progress { actual_start: None, actual_finish: actual_start, remaining: None },
                _ => Progress::default(),
            }
        },
    )
}

pub(super) fn lags(taste: Taste) -> impl Strategy<Value = Lag> {
    let least = if taste.leads { -20_i32 } else { 0 };
    prop_oneof![
        6 => Just(Lag::Working(0)),
        3 => (least..40).prop_map(|half_hours| Lag::Working(half_hours * 30)),
        2 => (3 * least..100).prop_map(|half_hours| Lag::Elapsed(half_hours * 30)),
        1 => (least..40).prop_map(|share| Lag::Percent(share * 500)),
        1 => (least..40).prop_map(|share| Lag::ElapsedPercent(share * 500)),
    ]
}

pub(super) fn kinds() -> impl Strategy<Value = LinkKind> {
    prop_oneof![
        3 => Just(LinkKind::FinishStart),
        1 => Just(LinkKind::StartStart),
        1 => Just(LinkKind::FinishFinish),
        1 => Just(LinkKind::StartFinish),
    ]
}

fn items(taste: Taste) -> impl Strategy<Value = Item> {
    let terms = (spans(), constraints(taste), proptest::option::weighted(0.1, moments()), progresses(taste));
    (0..3_u32, terms, 0..2_u32, any::<u32>()).prop_map(
        move |(calendar, (duration, constraint, deadline, progress), section, name)| Item {
            calendar: CalendarIx(calendar),
            duration,
            constraint,
            deadline: deadline.filter(|_| taste.constraints),
            progress,
            section,
            ..item(&format!("{name:x}"), 0)
        },
    )
}

/// Networks that can be scheduled, in three calendars.
pub(super) fn networks(taste: Taste) -> impl Strategy<Value = Network> {
    let links = (any::<Index>(), any::<Index>(), kinds(), lags(taste));
    let parents = proptest::collection::vec(proptest::option::weighted(0.3, any::<Index>()), taste.items);
    let all = (
        proptest::array::uniform3(calendars()),
        proptest::collection::vec(items(taste), 1..=taste.items),
        proptest::collection::vec(links, 0..2 * taste.items),
        parents,
        proptest::option::of(0..14 * 48_i32),
        any::<bool>(),
    );
    all.prop_map(move |(calendars, items, links, parents, status, overridden)| {
        let count = items.len();
        let mut network = Network {
            starts_at: at(2000, 1, 3, 8),
            status_at: status.filter(|_| taste.progress).map(|half_hours| Moment(half_hours * 30)),
            calendars: calendars.to_vec(),
            items,
            ..Network::default()
        };
        if overridden && taste.progress {
            network.options.out_of_sequence = OutOfSequence::ProgressOverride;
        }
        // Summaries come after their items, so that links from earlier to later items seldom close a cycle.
        for (child, parent) in
            parents.into_iter().enumerate().take(count.saturating_sub(1)).filter(|_| taste.summaries)
        {
            let parent = parent.map(|parent| child + 1 + parent.index(count - child - 1));
            network.items[child].parent = parent.map(|parent| ItemIx(u32::try_from(parent).unwrap()));
        }
        for (from, to, kind, lag) in links {
            let (from, to) = (from.index(count), to.index(count));
            let (from, to) = (from.min(to), from.max(to));
            let has_children = |item| network.items.iter().any(|one| one.parent == Some(ItemIx(item)));
            let (from, to) = (u32::try_from(from).unwrap(), u32::try_from(to).unwrap());
            // Half of the links between items that a summary follows go against the order.
            let (from, to) = if has_children(to) && !has_children(from) && from % 2 == 0 {
                (to, from)
            } else {
                (from, to)
            };
            let lag = match lag {
                Lag::Percent(share) if has_children(from) => Lag::Working(share / 10),
                Lag::ElapsedPercent(share) if has_children(from) => Lag::Elapsed(share / 10),
                lag => lag,
            };
            network.links.push(Link { predecessor: ItemIx(from), successor: ItemIx(to), kind, lag });
            if Engine::new(network.clone()).is_err() {
                network.links.pop();
            }
        }
        network
    })
}
