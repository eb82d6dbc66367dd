//! The simulation against what is known without it: the schedule itself, distribution functions, moments of sums.

#![expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "numbers of the tests")]

use super::*;
use crate::domain::schedule::{
    CalendarIx, Constraint, Engine, Item, Lag, Link, LinkKind, OutOfSequence, Progress, Span,
};
use crate::domain::work_calendar::{Exception, WorkCalendar};
use chrono::NaiveDate;
use proptest::prelude::*;
use rand::{RngExt, SeedableRng};

const DAY: i32 = 480;

/// Monday, 5 January 2026.
fn start() -> Moment {
    Moment::start_of(NaiveDate::from_ymd_opt(2026, 1, 5).unwrap())
}

fn item(name: &str, days: i32) -> Item {
    Item {
        name: name.into(),
        calendar: CalendarIx(0),
        duration: Span::Working(days * DAY),
        parent: None,
        constraint: Constraint::AsSoonAsPossible,
        deadline: None,
        progress: Progress::default(),
        estimate: None,
        group: 0,
        section: 0,
    }
}

fn between(name: &str, days: [i32; 3]) -> Item {
    let [optimistic, likely, pessimistic] = days.map(|days| days * DAY);
    Item { estimate: Some(Estimate { optimistic, likely, pessimistic }), ..item(name, days[1]) }
}

fn follows(predecessor: u32, successor: u32) -> Link {
    let (predecessor, successor) = (ItemIx(predecessor), ItemIx(successor));
    Link { predecessor, successor, kind: LinkKind::FinishStart, lag: Lag::Working(0) }
}

fn network(items: Vec<Item>, links: &[(u32, u32)]) -> Network {
    Network {
        starts_at: start(),
        calendars: vec![WorkCalendar::default()],
        items,
        links: links.iter().map(|(a, b)| follows(*a, *b)).collect(),
        ..Network::default()
    }
}

fn target(item: u32) -> Target {
    Target { item: ItemIx(item), by: Vec::new() }
}

/// Of the finish of one item, with many iterations.
pub(super) fn of(item: u32) -> Asked {
    Asked {
        seed: 42,
        iterations: NonZero::new(100_000).unwrap(),
        targets: vec![target(item)],
        ..Asked::default()
    }
}

fn driven_by(item: u32, bars: usize) -> Asked {
    let drivers_of = Some(DriversOf { item: ItemIx(item), by: None, bars });
    Asked { drivers_of, ..of(item) }
}

fn finish_of(network: &Network, asked: &Asked) -> Finish {
    simulate(network, asked).unwrap().finishes.remove(0)
}

/// Working days from the start to a finish.
fn days(finish: Moment) -> f64 {
    let clock = Clock::compile(&WorkCalendar::default());
    f64::from(clock.work_at(finish) - clock.work_at(start())) / f64::from(DAY)
}

/// The distribution function of a triangle.
fn below(x: f64, [a, m, b]: [f64; 3]) -> f64 {
    if x < m { (x - a).powi(2) / ((b - a) * (m - a)) } else { 1.0 - (b - x).powi(2) / ((b - a) * (b - m)) }
}

fn variance([a, m, b]: [f64; 3]) -> f64 {
    (a * a + m * m + b * b - a * m - a * b - m * b) / 18.0
}

/// How far from the median the P10 and the P90 of a normal sum are: 1.2816 deviations.
fn deviation(finish: &Finish) -> f64 {
    (days(finish.p90) - days(finish.p10)) / (2.0 * 1.2816)
}

#[test]
fn a_single_activity_has_the_quantiles_of_its_triangle() {
    let finish = finish_of(&network(vec![between("a", [10, 15, 30])], &[]), &of(0));
    for (found, share) in [(finish.p10, 0.1), (finish.p50, 0.5), (finish.p80, 0.8), (finish.p90, 0.9)] {
        let exact = below(days(found), [10.0, 15.0, 30.0]);
        // A share of 100,000 runs has a deviation of at most 0.0016.
        assert!((exact - share).abs() < 0.006, "{share}: {exact}");
    }
    assert!((days(finish.mean) - 55.0 / 3.0).abs() < 0.06);
}

#[test]
fn more_iterations_come_nearer_to_the_exact_answer() {
    let network = network(vec![between("a", [10, 15, 30])], &[]);
    let off = |iterations| {
        let runs = (0..40).map(|seed| {
            let asked = Asked { seed, iterations: NonZero::new(iterations).unwrap(), ..of(0) };
            (below(days(finish_of(&network, &asked).p80), [10.0, 15.0, 30.0]) - 0.8).powi(2)
        });
        (runs.sum::<f64>() / 40.0).sqrt()
    };
    // The error goes with the root: sixteen times as many, a quarter of it.
    let errors = [250, 4_000, 64_000].map(off);
    for pair in errors.windows(2) {
        assert!((2.8..5.7).contains(&(pair[0] / pair[1])), "{errors:?}");
    }
}

#[test]
fn the_later_of_two_is_as_the_product_of_their_distributions() {
    let network = network(
        vec![between("a", [10, 15, 30]), between("b", [10, 15, 30]), item("end", 0)],
        &[(0, 2), (1, 2)],
    );
    let finish = finish_of(&network, &of(2));
    for (found, share) in [(finish.p10, 0.1), (finish.p50, 0.5), (finish.p80, 0.8), (finish.p90, 0.9)] {
        let exact = below(days(found), [10.0, 15.0, 30.0]).powi(2);
        assert!((exact - share).abs() < 0.006, "{share}: {exact}");
    }
}

pub(super) fn chain(count: u32) -> Network {
    let items = (0..count).map(|n| between(&format!("{n}"), [8, 10, 18])).collect();
    network(items, &(1..count).map(|n| (n - 1, n)).collect::<Vec<_>>())
}

#[test]
fn a_chain_has_the_sum_of_means_and_of_variances() {
    let finish = finish_of(&chain(30), &of(29));
    assert!((days(finish.mean) - 30.0 * 12.0).abs() < 0.2, "{}", days(finish.mean));
    let exact = (30.0 * variance([8.0, 10.0, 18.0])).sqrt();
    assert!((deviation(&finish) / exact - 1.0).abs() < 0.02, "{} for {exact}", deviation(&finish));
}

#[test]
fn what_stretches_together_spreads_further() {
    let at = |correlation| deviation(&finish_of(&chain(30), &Asked { correlation, ..of(29) }));
    let one = variance([8.0, 10.0, 18.0]);
    for correlation in [0.2, 0.5] {
        // Of n equal ones: n σ² (1 + (n − 1) ρ); the rank correlation is nearly that of the durations.
        let exact = (30.0 * one * (1.0 + 29.0 * correlation)).sqrt();
        let found = at(correlation);
        assert!((found / exact - 1.0).abs() < 0.06, "{correlation}: {found} for {exact}");
    }
    let mut apart = chain(30);
    for (group, item) in (0..).zip(&mut apart.items) {
        item.group = group;
    }
    let found = deviation(&finish_of(&apart, &Asked { correlation: 0.5, ..of(29) }));
    assert!((found / (30.0 * one).sqrt() - 1.0).abs() < 0.02, "items of different projects don't: {found}");
}

#[test]
fn the_mean_of_pert_is_a_sixth_of_o_4l_p() {
    let asked = Asked { distribution: Distribution::Pert, ..of(29) };
    let finish = finish_of(&chain(30), &asked);
    assert!((days(finish.mean) - 30.0 * 66.0 / 6.0).abs() < 0.2, "{}", days(finish.mean));
}

fn event(probability: f64, days: [i32; 3], threatens: &[u32]) -> RiskEvent {
    let [optimistic, likely, pessimistic] = days.map(|days| days * DAY);
    let threatens = threatens.iter().map(|item| ItemIx(*item)).collect();
    RiskEvent { probability, effect: Estimate { optimistic, likely, pessimistic }, threatens }
}

#[test]
fn a_risk_moves_the_mean_by_its_probability_times_its_effect() {
    let network = network(vec![item("work", 10), item("milestone", 0)], &[(0, 1)]);
    for threatened in [0, 1] {
        let asked = Asked { risks: vec![event(0.3, [5, 10, 15], &[threatened])], ..of(1) };
        let finish = finish_of(&network, &asked);
        assert!((days(finish.mean) - 13.0).abs() < 0.08, "{}", days(finish.mean));
        assert!((days(finish.p50) - 10.0).abs() < 1e-9, "in most runs it doesn't occur");
    }
    let never = Asked { risks: vec![event(0.0, [5, 5, 5], &[0])], ..of(1) };
    assert!((days(finish_of(&network, &never).p90) - 10.0).abs() < 1e-9);
    let always = Asked { risks: vec![event(1.0, [5, 5, 5], &[0, 1])], ..of(1) };
    assert!((days(finish_of(&network, &always).p10) - 20.0).abs() < 1e-9, "it delays each that it threatens");
}

#[test]
fn what_is_done_is_certain_and_what_remains_is_not() {
    let mut network = network(vec![between("a", [8, 10, 18])], &[]);
    network.status_at = Some(Moment(start().0 + 7 * 1440));
    network.items[0].progress.actual_start = Some(Moment(start().0 + 480));
    network.items[0].progress.remaining = Some(5 * DAY);
    let asked = Asked { risks: vec![event(1.0, [1, 1, 1], &[0])], ..of(0) };
    // From the Monday after: half of 8 to 18, whose mean is 12, and the delay.
    let finish = finish_of(&network, &asked);
    assert!((days(finish.mean) - (5.0 + 6.0 + 1.0)).abs() < 0.03, "{}", days(finish.mean));
    network.items[0].progress.actual_finish = Some(Moment(start().0 + 5 * 1440));
    let finish = finish_of(&network, &asked);
    assert_eq!([finish.p10, finish.p90, finish.mean], [Moment(start().0 + 5 * 1440); 3]);
}

#[test]
fn chances_and_curve_agree_with_the_quantiles() {
    let network = chain(5);
    let plain = finish_of(&network, &of(4));
    let mut asked = of(4);
    // The P80, the minute before it, the weekend after it, and the ends of time.
    asked.targets[0].by = vec![plain.p80, Moment(plain.p80.0 - 1), Moment(i32::MIN), Moment(i32::MAX)];
    let finish = finish_of(&network, &asked);
    assert!(finish.chances[0] >= 0.8 && finish.chances[1] < 0.8);
    assert!(finish.chances[2].abs() < 1e-12 && (finish.chances[3] - 1.0).abs() < 1e-12);
    assert_eq!(finish.curve.len(), 60);
    assert!(finish.curve.is_sorted_by(|a, b| a.0 <= b.0 && a.1 <= b.1));
    assert!((finish.curve[59].1 - 1.0).abs() < 1e-12);
    for (moment, share) in &finish.curve {
        let mut asked = of(4);
        asked.targets[0].by = vec![*moment];
        assert!((finish_of(&network, &asked).chances[0] - share).abs() < 1e-12);
    }
}

#[test]
fn half_of_the_runs_are_decided_by_each_of_two_equals() {
    let network = network(
        vec![
            item("before", 2),
            between("a", [10, 15, 30]),
            between("b", [10, 15, 30]),
            between("c", [1, 2, 3]),
            item("end", 0),
        ],
        &[(0, 1), (0, 2), (0, 3), (1, 4), (2, 4), (3, 4)],
    );
    let drivers = simulate(&network, &driven_by(4, 9)).unwrap().drivers;
    let found = |item| drivers.iter().find(|driver| driver.source == Source::Item(ItemIx(item)));
    assert!((found(0).unwrap().criticality - 1.0).abs() < 1e-12, "what is before both always is on the way");
    assert!((found(4).unwrap().criticality - 1.0).abs() < 1e-12);
    assert!((found(1).unwrap().criticality - 0.5).abs() < 0.006);
    assert!((found(2).unwrap().criticality - 0.5).abs() < 0.006);
    let short = found(3).unwrap();
    assert!(short.criticality.abs() < 1e-12 && short.share.abs() < 1e-12 && short.sensitivity.abs() < 0.013);
    assert!((drivers.iter().map(|driver| driver.share).sum::<f64>() - 1.0).abs() < 1e-9);
}

#[test]
fn a_risk_decides_where_it_occurs_on_the_way() {
    let network = network(vec![item("a", 10), item("b", 10), item("end", 0)], &[(0, 2), (1, 2)]);
    let risks = vec![event(0.25, [5, 6, 7], &[0]), event(0.5, [1, 1, 1], &[1]), event(0.9, [1, 2, 3], &[])];
    let asked = Asked { risks, ..driven_by(2, 9) };
    let drivers = simulate(&network, &asked).unwrap().drivers;
    let risk = |index| drivers.iter().find(|driver| driver.source == Source::Risk(index));
    assert!((risk(0).unwrap().criticality - 0.25).abs() < 0.006);
    assert!((risk(1).unwrap().criticality - 0.5 * 0.75).abs() < 0.006, "only where the longer delay isn't");
    assert!(risk(2).is_none(), "it threatens nothing");
    let bar = risk(0).unwrap().bar.unwrap();
    assert!((days(bar.low.p90) - 11.0).abs() < 1e-9 && days(bar.high.p10) > 15.0);
    assert_eq!((bar.over, bar.late), (Over::Occurs, bar.of));
}

/// Spearman's correlation from its definition: the correlation of the ranks, by sorting.
fn spearman(a: &[f64], b: &[f64]) -> f64 {
    let ranks = |values: &[f64]| {
        let mut order: Vec<usize> = (0..values.len()).collect();
        order.sort_by(|a, b| values[*a].total_cmp(&values[*b]));
        let mut ranks = vec![0.0; values.len()];
        for (rank, index) in order.into_iter().enumerate() {
            ranks[index] = rank as f64;
        }
        ranks
    };
    let (a, b, mean) = (ranks(a), ranks(b), (a.len() - 1) as f64 / 2.0);
    let products = a.iter().zip(&b).map(|(a, b)| (a - mean) * (b - mean)).sum::<f64>();
    products / a.iter().map(|a| (a - mean) * (a - mean)).sum::<f64>()
}

#[test]
fn sensitivity_is_the_rank_correlation_with_the_finish() {
    let points = [[10.0, 15.0, 30.0], [4.0, 4.0, 10.0], [20.0, 22.0, 23.0]];
    let items = points.map(|points| between("", points.map(|days| days as i32)));
    let network = network(items.to_vec(), &[(0, 1), (1, 2)]);
    let drivers = simulate(&network, &driven_by(2, 2)).unwrap().drivers;
    // Another generator, and inverse functions written anew.
    let mut random = rand::rngs::StdRng::seed_from_u64(5);
    let drawn: Vec<Vec<f64>> = points
        .iter()
        .map(|[a, m, b]| {
            let draw = |u: f64| {
                if u * (b - a) < m - a {
                    a + (u * (b - a) * (m - a)).sqrt()
                } else {
                    b - ((1.0 - u) * (b - a) * (b - m)).sqrt()
                }
            };
            (0..100_000).map(|_| draw(random.random())).collect()
        })
        .collect();
    let ends: Vec<f64> = (0..100_000).map(|run| drawn.iter().map(|days| days[run]).sum()).collect();
    for (place, driver) in drivers.iter().enumerate() {
        assert_eq!(driver.source, Source::Item(ItemIx(place as u32)), "sorted by strength");
        let exact = spearman(&drawn[place], &ends);
        assert!((driver.sensitivity - exact).abs() < 0.012, "{place}: {} for {exact}", driver.sensitivity);
    }
    assert!(drivers[2].bar.is_none() && drivers[1].bar.is_some(), "as many bars as asked");
    let bar = drivers[0].bar.unwrap();
    // The upper third of the first begins at 30 − √(⅓ · 20 · 15) = 20 days.
    assert_eq!(bar.over, Over::Duration(20 * DAY));
    assert!(bar.low.p50 < bar.high.p50 && (f64::from(bar.of) / 100_000.0 - 1.0 / 3.0).abs() < 0.006);
    let late =
        ends.iter().zip(&drawn[0]).filter(|(end, first)| **first > 20.0 && **end > days(bar.by)).count();
    assert!((f64::from(bar.late) - late as f64).abs() < 600.0, "{} for {late}", bar.late);
}

#[test]
fn an_item_that_does_not_exist_is_an_error() {
    let network = chain(2);
    let unknown = Some(Error::NoItem(7));
    assert_eq!(simulate(&network, &of(7)).err(), unknown);
    assert_eq!(simulate(&network, &driven_by(7, 1)).err(), unknown);
    assert_eq!(
        simulate(&network, &Asked { risks: vec![event(0.5, [1, 1, 1], &[7])], ..of(0) }).err(),
        unknown
    );
}

#[test]
fn what_reaches_too_far_is_an_error_that_names_it() {
    let mut network = chain(3);
    let points = |optimistic, pessimistic| Some(Estimate { optimistic, likely: optimistic, pessimistic });
    network.items[1].estimate = points(150_000_000, 150_000_001);
    network.items[2].estimate = points(150_000_000, 150_000_001);
    let refused = |network: &Network| match simulate(network, &of(2)).unwrap_err() {
        Error::Impossible { name, .. } => name,
        error => panic!("{error:?}"),
    };
    // Each is 85 % of what fits.
    assert_eq!(refused(&network), "2");
    network.items[1].estimate = points(0, 10_000_000);
    assert_eq!(refused(&network), "1");
}

/// Anything that a network can have: three calendars that share few hours, all kinds of links and lags, constraints, progress, summaries.
fn any_network() -> impl Strategy<Value = Network> {
    let moment =
        || (0..60_i32, 0..1440_i32).prop_map(|(day, minute)| Moment(start().0 + day * 1440 + minute));
    let constraint = prop_oneof![
        6 => Just(Constraint::AsSoonAsPossible),
        1 => moment().prop_map(Constraint::StartNoEarlierThan),
        1 => moment().prop_map(Constraint::FinishNoEarlierThan),
        1 => moment().prop_map(Constraint::MustStartOn),
        1 => moment().prop_map(Constraint::MustFinishOn),
        1 => moment().prop_map(Constraint::FinishNoLaterThan),
    ];
    let progress = prop_oneof![
        6 => Just(Progress::default()),
        1 => (moment(), 0..2000).prop_map(|(at, left)| Progress { actual_start: Some(at), remaining: Some(left), ..Progress::default() }),
        1 => (moment(), moment()).prop_map(|(one, other)| Progress {
            actual_start: Some(one.min(other)),
            actual_finish: Some(one.max(other)),
            ..Progress::default()
        }),
    ];
    let duration = prop_oneof![
        2 => Just(Span::Working(0)),
        6 => (1..6000).prop_map(Span::Working),
        1 => (0..6000).prop_map(Span::Elapsed),
    ];
    let item = (0..3_u32, duration, constraint, progress, 0..4_u32, any::<bool>()).prop_map(
        |(calendar, duration, constraint, progress, parent, estimated)| {
            let (Span::Working(minutes) | Span::Elapsed(minutes)) = duration;
            let estimate = Estimate { optimistic: minutes, likely: minutes, pessimistic: minutes };
            Item {
                calendar: CalendarIx(calendar),
                duration,
                constraint,
                progress,
                parent: Some(ItemIx(parent)).filter(|parent| parent.0 < 3),
                estimate: Some(estimate).filter(|_| estimated),
                ..item("", 0)
            }
        },
    );
    let kind = prop_oneof![
        3 => Just(LinkKind::FinishStart), 1 => Just(LinkKind::StartStart), 1 => Just(LinkKind::FinishFinish), 1 => Just(LinkKind::StartFinish)
    ];
    let lag = prop_oneof![
        3 => Just(Lag::Working(0)),
        2 => (-1000..2000).prop_map(Lag::Working),
        1 => (-1000..2000).prop_map(Lag::Elapsed),
        1 => (-5000..15_000).prop_map(Lag::Percent),
    ];
    let links = prop::collection::vec((0..40_u32, 0..40_u32, kind, lag), 0..40);
    let items = prop::collection::vec(item, 4..24);
    (items, links, prop::option::of(moment()), any::<bool>(), any::<bool>()).prop_map(
        |(mut items, links, status_at, overrides, one_calendar)| {
            let count = items.len() as u32;
            // The first three are summaries, the second within the first; nothing within them follows its own summary.
            items[0].parent = None;
            items[1].parent = Some(ItemIx(0));
            items[2].parent = None;
            if one_calendar {
                for item in &mut items {
                    item.calendar = CalendarIx(0);
                }
            }
            let links = links.into_iter().filter_map(|(one, other, kind, lag)| {
                let (from, to) = (one % count, other % count);
                let share = matches!(lag, Lag::Percent(_)) && from < 3;
                (from != to && !share).then_some(Link {
                    predecessor: ItemIx(from),
                    successor: ItemIx(to),
                    kind,
                    lag,
                })
            });
            let links: Vec<_> = links.collect();
            let evening = || vec![(17 * 60, 24 * 60)];
            let night = WorkCalendar {
                week: [vec![], evening(), vec![], evening(), vec![], vec![(0, 300)], evening()],
                exceptions: vec![Exception {
                    from: NaiveDate::from_ymd_opt(2026, 1, 10).unwrap(),
                    to: NaiveDate::from_ymd_opt(2026, 2, 1).unwrap(),
                    name: String::new(),
                    shifts: vec![(600, 700)],
                }],
            };
            let always =
                WorkCalendar { week: std::array::from_fn(|_| vec![(0, 1440)]), exceptions: Vec::new() };
            let mut network = Network {
                status_at,
                calendars: vec![WorkCalendar::default(), night, always],
                ..network(items, &[])
            };
            if overrides {
                network.options.out_of_sequence = OutOfSequence::ProgressOverride;
            }
            // Links that would close a cycle are left out, one by one.
            for link in links {
                network.links.push(link);
                if matches!(Engine::new(network.clone()), Err(Error::Cycle(_))) {
                    network.links.pop();
                }
            }
            network
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, ..ProptestConfig::default() })]

    #[test]
    fn without_uncertainty_every_run_is_the_schedule(network in any_network()) {
        let engine = Engine::new(network.clone()).unwrap();
        let targets = (0..network.items.len() as u32).map(target).collect();
        let asked = Asked { iterations: NonZero::new(70).unwrap(), targets, correlation: 0.3, ..Asked::default() };
        for finish in simulate(&network, &asked).unwrap().finishes {
            let early = engine.dates(finish.item).early_finish;
            let found = [finish.curve[0].0, finish.p10, finish.p90, finish.curve[59].0];
            prop_assert_eq!(found, [early; 4], "item {}", finish.item.0);
        }
    }
}

/// A network in which everything varies.
fn busy() -> (Network, Asked) {
    let mut network =
        network((0..60).map(|n| between(&format!("{n}"), [2, 4 + n % 7, 12 + n % 11])).collect(), &[]);
    network
        .calendars
        .push(WorkCalendar { week: std::array::from_fn(|_| vec![(0, 300)]), exceptions: Vec::new() });
    for n in 1..60_u32 {
        network.items[n as usize].calendar = CalendarIx(n / 50);
        network.items[n as usize].group = n % 3;
        let kind =
            [LinkKind::FinishStart, LinkKind::FinishStart, LinkKind::FinishFinish, LinkKind::StartStart]
                [n as usize % 4];
        network.links.push(Link { kind, ..follows(n / 2, n) });
        network.links.push(Link { lag: Lag::Working(-60), ..follows(n * 2 / 3, n) });
    }
    let risks =
        (0..5).map(|n| event(0.1 * f64::from(n + 1), [1, 2, 9], &[n as u32, 30, 40 + n as u32])).collect();
    let iterations = NonZero::new(1000).unwrap();
    let targets = (0..60).map(target).collect();
    let asked = Asked { risks, iterations, targets, correlation: 0.4, ..driven_by(59, 10) };
    (network, asked)
}

#[test]
fn any_number_of_threads_has_the_same_results() {
    for distribution in [Distribution::Triangular, Distribution::Pert] {
        let (network, asked) = busy();
        let with = |threads| {
            let threads = NonZero::new(threads);
            simulate(&network, &Asked { distribution, threads, ..asked.clone() }).unwrap()
        };
        let one = with(1);
        assert!(one.drivers.len() > 20 && one.drivers[0].sensitivity > 0.2, "{:?}", one.drivers[0]);
        for threads in [2, 3, 7, 16] {
            assert_eq!(with(threads), one, "{threads} threads");
        }
        assert_ne!(simulate(&network, &Asked { seed: 43, ..asked.clone() }).unwrap(), one);
    }
}

#[test]
fn any_number_of_lanes_has_the_same_results() {
    let (network, asked) = busy();
    let program = compile(&network, &Absent::default(), &asked).unwrap().program;
    let last = program.steps.len() - 1;
    let ran = |ran: run::Ran| (ran.samples.of(0), ran.samples.of(1), ran.tally);
    let few = ran(run::run_in::<16>(&program, &[last, 30], Some(last), 1000, 2, &Watch::default()));
    assert_eq!(ran(run::run_in::<64>(&program, &[last, 30], Some(last), 1000, 2, &Watch::default())), few);
    assert_eq!(ran(run::run_in::<5>(&program, &[last, 30], Some(last), 1000, 2, &Watch::default())), few);
}

#[test]
fn an_item_keeps_its_numbers_when_others_come() {
    let (mut network, mut asked) = busy();
    asked.targets.truncate(10);
    let before = simulate(&network, &asked).unwrap().finishes;
    network.items.push(between("new", [1, 2, 30]));
    network.links.push(follows(3, 60));
    assert_eq!(simulate(&network, &asked).unwrap().finishes, before);
}

#[test]
fn the_strongest_driver_is_told_in_words() {
    let network = network(
        vec![between("Design", [4, 5, 6]), between("Build", [10, 15, 30]), item("Launch", 0)],
        &[(0, 1), (1, 2)],
    );
    let drivers = simulate(&network, &driven_by(2, 2)).unwrap().drivers;
    let words = Words { driver: "Build", target: "Launch", minutes_a_day: DAY };
    let told = in_words(&drivers[0], words).unwrap();
    assert!(
        told.starts_with("Build drives 9") && told.contains(" when it takes over 20 days, Launch is past "),
        "{told}"
    );
}
#[test]
fn what_is_as_late_as_possible_moves_nothing_that_follows() {
    let mut network = network(
        vec![item("a", 3), item("late", 2), item("b", 10), item("end", 0)],
        &[(0, 1), (0, 2), (1, 3), (2, 3)],
    );
    network.items[1].constraint = Constraint::AsLateAsPossible;
    let engine = Engine::new(network.clone()).unwrap();
    assert_eq!(finish_of(&network, &of(3)).p50, engine.dates(ItemIx(3)).early_finish);
    // Itself it is as soon as possible: how late it can be differs from run to run.
    assert!((days(finish_of(&network, &of(1)).p50) - 5.0).abs() < 1e-9);
    assert!((days(engine.dates(ItemIx(1)).early_finish) - 13.0).abs() < 1e-9);
}

#[test]
fn an_item_draws_the_same_wherever_it_stands() {
    let (few, many) = ([2, 5, 9], [1, 4, 20]);
    let one = network(vec![between("A", few), between("B", many)], &[(0, 1)]);
    let other = network(vec![item("New", 1), between("B", many), between("A", few)], &[(2, 1)]);
    let asked = |item: u32, numbers: &[u32]| Asked { numbers: numbers.to_vec(), ..of(item) };
    let (before, after) = (finish_of(&one, &of(1)), finish_of(&other, &asked(1, &[2, 1, 0])));
    assert_eq!((before.p10, before.p80, before.curve), (after.p10, after.p80, after.curve));
    assert_ne!(before.mean, finish_of(&other, &of(1)).mean, "without numbers it is another sample");
}
