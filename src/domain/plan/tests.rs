//! Tests of what is made of plans: the schedule's quality, the critical path's stability, and where items stand.

use super::*;
use crate::domain::activity::{Activity, Assignment, Constraint};
use crate::domain::calendar::Calendar;
use crate::domain::facts::Facts;
use crate::domain::ids::ScheduleLinkId;
use crate::domain::kind::State;
use crate::domain::metrics::tests::build::{day, some};
use crate::domain::metrics::tests::generate::Random;
use crate::domain::schedule::{Lag, LinkKind};
use chrono::Days;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use uuid::Uuid;

const TODAY: &str = "2026-06-01";

pub fn program(number: u128) -> ProgramId {
    ProgramId(Uuid::from_u128(number))
}

fn item(kind: Kind, number: i32) -> ItemId {
    ItemId(Uuid::from_u128(1000 * (kind as u128 + 1) + u128::from(number.unsigned_abs())))
}

fn node(kind: Kind, number: i32, state: State, of: Of) -> NodeFact {
    let (title, program) = (format!("{} {number}", kind.label()), program(1));
    NodeFact { item: item(kind, number), program, kind, number, title, state, project: None, owner: None, of }
}

/// An activity of so many days that a team works on.
fn activity(number: i32, likely_days: f64) -> NodeFact {
    let resources = vec![Assignment { team: Some(Uuid::from_u128(1)), person: None, units: 100.0 }];
    let own = Box::new(Activity { likely_days, resources, ..Activity::default() });
    node(Kind::Activity, number, State::NotStarted, Of::Activity { own, committed_on: None })
}

fn milestone(number: i32, committed: &str, forecast: &str) -> NodeFact {
    let of = Of::Milestone {
        committed_on: some(committed),
        forecast_on: some(forecast).or(some(committed)),
        achieved_on: None,
        computed: false,
    };
    node(Kind::Milestone, number, State::Planned, of)
}

fn own(node: &mut NodeFact) -> &mut Activity {
    match &mut node.of {
        Of::Activity { own, .. } => own,
        other => panic!("{other:?} is no activity"),
    }
}

fn always<T>(fact: T) -> Held<T> {
    Held { from: day("2025-01-01"), until: None, fact }
}

fn link(number: u128, from: ItemId, to: ItemId) -> LinkFact {
    let id = ScheduleLinkId(Uuid::from_u128(number));
    LinkFact { id, predecessor: from, successor: to, kind: LinkKind::FinishStart, lag: Lag::default() }
}

fn plan_program(number: u128, key: &str) -> PlanProgram {
    let (name, calendar) = (key.to_owned(), Calendar::default());
    PlanProgram { id: program(number), key: key.to_owned(), name, calendar, starts_on: None }
}

const fn days_of(lag: i32) -> Lag {
    Lag::Working(lag * 480)
}

/// Ten days of work, then five, then a milestone on the day on which it is committed.
struct Small {
    nodes: Vec<NodeFact>,
    links: Vec<LinkFact>,
}

impl Small {
    fn new() -> Self {
        let nodes = vec![milestone(1, "2026-06-19", ""), activity(1, 10.0), activity(2, 5.0)];
        let links = vec![link(1, nodes[1].item, nodes[2].item), link(2, nodes[2].item, nodes[0].item)];
        Self { nodes, links }
    }

    fn commit(&mut self, on: &str) {
        self.nodes[0] = milestone(1, on, "");
    }

    fn add(&mut self, node: NodeFact, after: &[ItemId], before: &[ItemId]) {
        for from in after {
            self.links.push(link(10 + self.links.len() as u128, *from, node.item));
        }
        for to in before {
            self.links.push(link(10 + self.links.len() as u128, node.item, *to));
        }
        self.nodes.push(node);
    }

    fn facts(&self) -> PlanFacts {
        PlanFacts {
            programs: vec![plan_program(1, "ATLAS"), plan_program(2, "BEACON")],
            nodes: self.nodes.iter().cloned().map(always).collect(),
            links: self.links.iter().cloned().map(always).collect(),
            ..PlanFacts::default()
        }
    }

    fn quality(&self) -> Quality {
        assess(&Plan::make(&self.facts(), day(TODAY)).unwrap(), program(1))
    }

    /// The points that are missed, with the numbers of the items that speak against them.
    fn missed(&self) -> Vec<(Check, Vec<String>)> {
        let quality = self.quality();
        let missed = quality.points.iter().filter(|point| point.met == Some(false));
        missed
            .map(|point| {
                let names = point.offenders.iter().map(|name| format!("{}{}", name.kind.code(), name.number));
                (point.check, names.collect())
            })
            .collect()
    }
}

#[test]
fn a_sound_schedule_meets_every_point_that_can_be_judged() {
    let quality = Small::new().quality();
    let figures: Vec<_> = quality.points.iter().map(|p| (p.number, p.denominator, p.met)).collect();
    let met = |number: f64, of: f64| (Some(number), Some(of), Some(true));
    assert_eq!(
        figures,
        [
            met(0.0, 3.0),
            met(0.0, 2.0),
            met(0.0, 2.0),
            met(2.0, 2.0),
            met(0.0, 2.0),
            met(0.0, 3.0),
            met(0.0, 3.0),
            met(0.0, 2.0),
            met(0.0, 3.0),
            met(0.0, 2.0),
            (None, None, None),
            met(600.0, 600.0),
            met(14.0, 14.0),
            (None, None, None),
        ]
    );
    assert_eq!(quality.counts(), (12, 12));
    assert_eq!(quality.points[10].reason, Some(NOT_COMMITTED));
    assert!(quality.points.iter().map(|point| point.check).eq(Check::ALL));
    assert!(quality.points.iter().all(|point| point.met.is_none() == point.reason.is_some()));
}

/// What the assessment says where the baseline has nothing finished by the day.
const NOT_COMMITTED: &str = "Nothing is committed to be finished by the day.";

type Spoil = fn(&mut Small);

#[test]
fn each_point_is_missed_by_what_it_is_about() {
    use Check::*;
    let cases: Vec<(&str, Spoil, Vec<(Check, Vec<&str>)>)> = vec![
        ("no successor", |s| drop(s.links.pop()), vec![(Logic, vec!["M1", "T2"])]),
        (
            "a lead",
            |s| {
                s.links[0].lag = days_of(-2);
                s.commit("2026-06-17");
            },
            vec![(Leads, vec!["T2"])],
        ),
        (
            "a lag",
            |s| {
                s.links[0].lag = days_of(5);
                s.commit("2026-06-26");
            },
            vec![(Lags, vec!["T2"])],
        ),
        ("another type", |s| s.links[0].kind = LinkKind::FinishFinish, vec![(RelationshipTypes, vec!["T2"])]),
        (
            "a hard constraint",
            |s| {
                own(&mut s.nodes[2]).constraint = Constraint::MustStartOn;
                own(&mut s.nodes[2]).constraint_on = some("2026-06-15");
            },
            vec![(HardConstraints, vec!["T2"])],
        ),
        (
            "one that can't be kept",
            |s| {
                own(&mut s.nodes[2]).constraint = Constraint::FinishNoLaterThan;
                own(&mut s.nodes[2]).constraint_on = some("2026-06-17");
            },
            vec![(HardConstraints, vec!["T2"]), (NegativeFloat, vec!["T1", "T2"])],
        ),
        (
            "a deadline that can't be kept",
            |s| own(&mut s.nodes[1]).deadline_on = some("2026-06-11"),
            vec![(NegativeFloat, vec!["T1"])],
        ),
        (
            "long work beside short",
            |s| {
                own(&mut s.nodes[2]).likely_days = 46.0;
                let (before, after) = (s.nodes[1].item, s.nodes[0].item);
                s.add(activity(3, 1.0), &[before], &[after]);
                s.commit("2026-12-24");
            },
            vec![(HighFloat, vec!["T3"]), (HighDuration, vec!["T2"])],
        ),
        (
            "44 days are not high",
            |s| {
                own(&mut s.nodes[2]).likely_days = 44.0;
                let (before, after) = (s.nodes[1].item, s.nodes[0].item);
                s.add(activity(3, 0.0), &[before], &[after]);
                s.commit("2026-12-24");
            },
            vec![],
        ),
        (
            "a forecast that has passed",
            |s| s.nodes[0] = milestone(1, "2026-06-19", "2026-05-29"),
            vec![(InvalidDates, vec!["M1"])],
        ),
        ("nobody on it", |s| own(&mut s.nodes[2]).resources.clear(), vec![(Resources, vec!["T2"])]),
        (
            "what takes less than a day needs nobody",
            |s| {
                own(&mut s.nodes[2]).resources.clear();
                own(&mut s.nodes[2]).likely_days = 0.9;
            },
            vec![],
        ),
        (
            "finished late",
            |s| {
                let mut late = milestone(2, "2026-05-22", "");
                late.state = State::Achieved;
                if let Of::Milestone { achieved_on, .. } = &mut late.of {
                    *achieved_on = some("2026-05-29");
                }
                let first = s.nodes[1].item;
                s.add(late, &[], &[first]);
            },
            vec![(MissedTasks, vec!["M2"])],
        ),
        (
            "committed by now and open",
            |s| {
                let first = s.nodes[1].item;
                s.add(milestone(2, "2026-05-22", "2026-06-01"), &[], &[first]);
                s.commit("2026-06-22");
            },
            vec![(MissedTasks, vec!["M2"]), (BaselineExecutionIndex, vec!["M2"])],
        ),
        (
            "a finish that doesn't follow",
            |s| {
                s.links[0].kind = LinkKind::StartStart;
                own(&mut s.nodes[1]).likely_days = 5.0;
                own(&mut s.nodes[2]).likely_days = 10.0;
            },
            vec![(RelationshipTypes, vec!["T2"]), (CriticalPathTest, vec!["M1"])],
        ),
        ("a finish past its date", |s| s.commit("2026-06-18"), vec![(CriticalPathLengthIndex, vec!["M1"])]),
    ];
    for (what, spoil, expected) in cases {
        let mut small = Small::new();
        spoil(&mut small);
        let expected: Vec<(Check, Vec<String>)> = expected
            .into_iter()
            .map(|(check, names)| (check, names.into_iter().map(str::to_owned).collect()))
            .collect();
        assert_eq!(small.missed(), expected, "{what}");
    }
}

#[test]
fn what_nobody_is_assigned_to_anywhere_is_not_judged() {
    let mut small = Small::new();
    for at in [1, 2] {
        own(&mut small.nodes[at]).resources.clear();
    }
    let point = small.quality().points[9].clone();
    assert_eq!((point.check, point.met), (Check::Resources, None));
    assert_eq!(point.reason, Some("Nobody is assigned to any activity."));
}

#[test]
fn only_the_asked_programs_items_count() {
    let whole = Small::new();
    let mut beside = Small::new();
    for number in [7, 8] {
        let mut theirs = activity(number, 90.0);
        theirs.program = program(2);
        own(&mut theirs).resources.clear();
        own(&mut theirs).constraint = Constraint::MustFinishOn;
        own(&mut theirs).constraint_on = some("2026-06-02");
        beside.nodes.push(theirs);
    }
    assert_eq!(beside.quality(), whole.quality());
    let theirs = assess(&Plan::make(&beside.facts(), day(TODAY)).unwrap(), program(2));
    assert_eq!(theirs.points[0].denominator, Some(2.0));
}

/// Facts of three months in which work begins, ends, is bound anew and is cancelled, at random.
fn random(seed: u64) -> PlanFacts {
    let mut random = Random(seed);
    let random = &mut random;
    let mut facts = PlanFacts {
        programs: vec![plan_program(1, "ATLAS"), plan_program(2, "BEACON")],
        ..PlanFacts::default()
    };
    let count = 2 + i32::try_from(random.below(9)).unwrap();
    let mut items = Vec::new();
    for number in 1..=count {
        let whose = program(if random.once_in(4) { 2 } else { 1 });
        let begins = day("2026-01-05") + Days::new(random.below(40));
        let mut versions = Vec::new();
        if random.once_in(3) {
            let committed = random.date();
            let mut first = milestone(number, &committed.to_string(), &random.date().to_string());
            first.program = whose;
            let mut second = first.clone();
            if let Of::Milestone { achieved_on, .. } = &mut second.of {
                *achieved_on = Some(begins + Days::new(30));
            }
            second.state = State::Achieved;
            versions.push((begins, first));
            if random.once_in(3) {
                versions.push((begins + Days::new(30), second));
            }
        } else {
            let mut first = activity(number, f64::from(u32::try_from(random.below(60)).unwrap()));
            first.program = whose;
            if random.once_in(4) {
                own(&mut first).resources.clear();
            }
            if random.once_in(4) {
                own(&mut first).deadline_on = Some(random.date());
            }
            if random.once_in(5) {
                own(&mut first).constraint =
                    if random.once_in(2) { Constraint::MustFinishOn } else { Constraint::StartNoLaterThan };
                own(&mut first).constraint_on = Some(random.date());
            }
            if let Of::Activity { committed_on, .. } = &mut first.of {
                *committed_on = (!random.once_in(3)).then(|| random.date());
            }
            let mut begun = first.clone();
            begun.state = State::InProgress;
            own(&mut begun).actual_start_on = Some(begins + Days::new(20));
            own(&mut begun).percent_complete = 30;
            let mut done = begun.clone();
            done.state = State::Done;
            own(&mut done).actual_finish_on = Some(begins + Days::new(45));
            versions.push((begins, first));
            if !random.once_in(3) {
                versions.push((begins + Days::new(20), begun));
                if random.once_in(2) {
                    versions.push((begins + Days::new(45), done));
                }
            }
        }
        if random.once_in(6) {
            let (from, mut last) = versions.last().cloned().unwrap();
            last.state = State::Cancelled;
            versions.push((from + Days::new(10), last));
        }
        items.push(versions[0].1.item);
        let ends: Vec<_> = versions.iter().skip(1).map(|(from, _)| Some(*from)).chain([None]).collect();
        facts.nodes.extend(versions.into_iter().zip(ends).map(|((from, fact), until)| Held {
            from,
            until,
            fact,
        }));
    }
    for from in 0..items.len() {
        for to in from + 1..items.len() {
            if !random.once_in(3) {
                continue;
            }
            let mut fact = link(random.next().into(), items[from], items[to]);
            fact.kind = match random.below(8) {
                0 => LinkKind::StartStart,
                1 => LinkKind::FinishFinish,
                _ => LinkKind::FinishStart,
            };
            fact.lag = days_of(i32::try_from(random.below(9)).unwrap() / 3 - 1);
            let from = day("2026-01-05") + Days::new(random.below(90));
            let until = random.once_in(4).then(|| from + Days::new(random.below(60) + 1));
            facts.links.push(Held { from, until, fact });
        }
    }
    facts
}

fn some_days() -> impl Iterator<Item = NaiveDate> {
    ["2026-02-02", "2026-03-18", "2026-05-01", "2026-06-30"].into_iter().map(day)
}

/// The points, as the definitions read, one after another, by counting.
#[expect(clippy::too_many_lines, reason = "fourteen definitions")]
fn slowly(plan: &Plan, whose: ProgramId) -> Vec<Option<bool>> {
    let on = plan.day();
    let mut work = Vec::new();
    for (ix, node) in plan.items() {
        if node.program == whose && node.kind != Kind::Dependency {
            work.push(ix);
        }
    }
    let is_done = |ix: ItemIx| match &plan.node(ix).of {
        Of::Activity { own, .. } => own.actual_finish_on,
        Of::Milestone { achieved_on, .. } => *achieved_on,
        Of::Dependency { .. } => None,
    };
    let of = |ix: ItemIx| match &plan.node(ix).of {
        Of::Activity { own, .. } => Some(own.as_ref().clone()),
        _ => None,
    };
    let open: Vec<_> = work.iter().copied().filter(|ix| is_done(*ix).is_none()).collect();
    let tasks: Vec<_> = open.iter().copied().filter(|ix| of(*ix).is_some()).collect();
    let rate = |hits: usize, all: usize| (all > 0).then(|| hits * 1000 / all);
    let at_most = |hits: usize, all: usize, percent: usize| (all > 0).then(|| 100 * hits <= percent * all);
    let mut points = Vec::new();
    // 1
    let first = work.iter().copied().min_by_key(|ix| (plan.dates(*ix).early_start, *ix));
    let mut last: Option<ItemIx> = None;
    for ix in &open {
        let key = |ix: ItemIx| {
            (plan.dates(ix).early_finish, plan.node(ix).kind == Kind::Milestone, -plan.node(ix).number)
        };
        if last.is_none_or(|best| key(*ix) > key(best)) {
            last = Some(*ix);
        }
    }
    let dangling = open.iter().filter(|ix| {
        let before = plan.links().iter().any(|link| link.to == **ix) || first == Some(**ix);
        let after = plan.links().iter().any(|link| link.from == **ix) || last == Some(**ix);
        !before || !after
    });
    points.push(at_most(dangling.count(), open.len(), 5));
    // 2 to 4
    let into: Vec<_> = plan.links().iter().filter(|link| open.contains(&link.to)).collect();
    let lagging = |sign: i32| {
        into.iter().filter(|link| matches!(link.lag, Lag::Working(m) if m.signum() == sign)).count()
    };
    points.push(at_most(lagging(-1), into.len(), 0));
    points.push(at_most(lagging(1), into.len(), 5));
    let plain = into.iter().filter(|link| link.kind == LinkKind::FinishStart).count();
    points.push(rate(plain, into.len()).map(|_| 10 * plain >= 9 * into.len()));
    // 5 to 8
    let count = |of: &[ItemIx], test: &dyn Fn(ItemIx) -> bool| of.iter().filter(|ix| test(**ix)).count();
    let hard = [Constraint::MustFinishOn, Constraint::StartNoLaterThan];
    points.push(at_most(count(&tasks, &|ix| hard.contains(&of(ix).unwrap().constraint)), tasks.len(), 5));
    points.push(at_most(count(&open, &|ix| plan.dates(ix).total_float > 44 * 480), open.len(), 5));
    points.push(at_most(count(&open, &|ix| plan.dates(ix).total_float < 0), open.len(), 0));
    points.push(at_most(count(&tasks, &|ix| of(ix).unwrap().likely_days > 44.0), tasks.len(), 5));
    // 9: nothing that is made here happens in the future, so only what is planned can be wrong.
    let past = |ix: ItemIx| {
        let stated = match &plan.node(ix).of {
            Of::Milestone { forecast_on, .. } => *forecast_on,
            _ => None,
        };
        let begun = of(ix).is_some_and(|own| own.actual_start_on.is_some());
        let ahead = if begun { plan.finishes_on(ix) } else { plan.starts_on(ix) };
        is_done(ix).is_none() && (ahead < on || stated.is_some_and(|stated| stated < on))
    };
    points.push(at_most(count(&work, &past), work.len(), 0));
    // 10
    let somebody = work.iter().any(|ix| of(*ix).is_some_and(|own| !own.resources.is_empty()));
    let long: Vec<_> = tasks.iter().copied().filter(|ix| of(*ix).unwrap().likely_days >= 1.0).collect();
    let bare = count(&long, &|ix| of(ix).unwrap().resources.is_empty());
    points.push(if somebody { at_most(bare, long.len(), 0) } else { None });
    // 11
    let due: Vec<_> =
        work.iter().copied().filter(|ix| plan.committed_on(*ix).is_some_and(|by| by <= on)).collect();
    let late =
        |ix: ItemIx| is_done(ix).unwrap_or_else(|| plan.finishes_on(ix)) > plan.committed_on(ix).unwrap();
    points.push(at_most(count(&due, &late), due.len(), 5));
    // 13 and 14; the test of the path has an example of its own.
    let index = last.and_then(|last| {
        let (finish, by) = (plan.finishes_on(last), plan.committed_on(last)?);
        let calendar = Calendar::default();
        let length = calendar.working_days(on, finish);
        let float = calendar.working_days(finish, by);
        let own = plan.dates(last).total_float;
        #[expect(clippy::cast_precision_loss, reason = "days")]
        let (length, float) = (length as f64, float as f64);
        let float = if own < 0 { float.min(f64::from(own) / 480.0) } else { float };
        (length > 0.0).then(|| (length + float) / length >= 0.95 - 1e-9)
    });
    points.push(index);
    let finished = count(&work, &|ix| is_done(ix).is_some() && plan.committed_on(ix).is_some());
    points.push((!due.is_empty()).then(|| 100 * finished >= 95 * due.len()));
    points
}

#[test]
fn the_assessment_agrees_with_its_definitions_read_slowly() {
    let (mut judged, mut missed) = ([0; 14], [0; 14]);
    for seed in 0..250 {
        let facts = random(seed);
        for on in some_days() {
            let Ok(plan) = Plan::make(&facts, on) else { continue };
            for whose in [program(1), program(2)] {
                let mut met: Vec<_> = assess(&plan, whose).points.iter().map(|point| point.met).collect();
                for (at, met) in met.iter().enumerate() {
                    judged[at] += i32::from(met.is_some());
                    missed[at] += i32::from(*met == Some(false));
                }
                met.remove(11);
                assert_eq!(met, slowly(&plan, whose), "seed {seed} on {on}");
            }
        }
    }
    // Agreement on nothing would show nothing.
    assert!(
        judged.iter().zip(&missed).all(|(judged, missed)| *missed > 5 && judged > missed),
        "{judged:?} {missed:?}"
    );
}

/// What is critical and open, as the plan of a day alone has it.
fn critical_on(facts: &PlanFacts, on: NaiveDate) -> Option<BTreeSet<ItemId>> {
    let plan = Plan::make(facts, on).ok()?;
    let ours = |ix: &ItemIx| plan.node(*ix).program == program(1);
    plan.links().iter().find(|link| ours(&link.from) || ours(&link.to))?;
    let items =
        plan.items().filter(|(ix, _)| ours(ix) && plan.is_open(*ix) && plan.dates(*ix).total_float <= 0);
    Some(items.map(|(_, node)| node.item).collect())
}

#[test]
fn stability_agrees_with_its_definition_read_slowly() {
    use crate::domain::metrics::{Metric, measure};
    let (mut values, mut between) = (0, 0);
    for seed in 0..120 {
        let facts = random(seed);
        let on = day("2026-06-30");
        let Ok((_, network)) = networked(&facts, program(1), on, &HashMap::new()) else { continue };
        let network = Some(Arc::new(network));
        let measured = measure(
            Metric::CriticalPathStability,
            &Facts { key: "ATLAS".into(), network, ..Facts::default() },
            on,
            90,
        );
        for point in &measured.series {
            let (mut unchanged, mut all) = (0, 0);
            for week in 0..13 {
                let end = point.date - Days::new(7 * week);
                let pair = (critical_on(&facts, end - Days::new(7)), critical_on(&facts, end));
                let (Some(was), Some(is)) = pair else { continue };
                let done = |item: &ItemId| {
                    let then = facts.nodes.iter().find(|node| node.fact.item == *item && node.on(end));
                    then.is_some_and(|node| matches!(node.fact.state, State::Done | State::Achieved))
                };
                all += 1;
                unchanged += i32::from(is.is_subset(&was) && was.difference(&is).all(done));
            }
            let expected = (all > 0).then(|| f64::from(unchanged) / f64::from(all));
            assert_eq!(point.value, expected, "seed {seed} on {}", point.date);
            values += i32::from(expected.is_some());
            between += i32::from(expected.is_some_and(|value| value > 0.0 && value < 1.0));
        }
        assert_eq!(
            measured.value.is_some_and(|value| value < 1.0),
            !measured.items.is_empty(),
            "seed {seed}"
        );
    }
    assert!(values > 500 && between > 200, "{values} {between}");
}

#[test]
fn a_week_is_changed_by_anything_but_completions() {
    let ids = |numbers: &[i32]| -> BTreeSet<ItemId> {
        numbers.iter().map(|number| item(Kind::Activity, *number)).collect()
    };
    let week = |critical: &[i32], completed: &[i32]| WeekEnd {
        critical: Some(ids(critical)),
        completed: ids(completed),
        ..WeekEnd::default()
    };
    for (was, is, completed, changed, similarity) in [
        (vec![1, 2, 3], vec![1, 2, 3], vec![], false, 1.0),
        (vec![1, 2, 3], vec![2, 3], vec![1], false, 1.0),
        (vec![1, 2, 3], vec![2, 3], vec![], true, 2.0 / 3.0),
        (vec![1, 2], vec![1, 2, 3], vec![], true, 2.0 / 3.0),
        (vec![1, 2], vec![3, 4], vec![1], true, 0.0),
        (vec![1], vec![], vec![1], false, 1.0),
        (vec![], vec![], vec![], false, 1.0),
    ] {
        let compared = compare(&week(&was, &[]), &week(&is, &completed)).unwrap();
        assert_eq!((compared.changed(), compared.similarity), (changed, similarity), "{was:?} to {is:?}");
    }
    assert!(compare(&WeekEnd::default(), &week(&[1], &[])).is_none(), "there was no network");
}

#[test]
fn weeks_whose_facts_are_the_same_are_taken_over_and_come_out_the_same() {
    let ends = week_ends(day("2026-06-30"));
    assert_eq!((ends.len(), ends.last()), (39, Some(&day("2026-06-30"))));
    let (mut taken, mut anew) = (0, 0);
    for seed in 0..60 {
        let mut facts = random(seed);
        let on = day("2026-06-30");
        let Ok((_, before)) = networked(&facts, program(1), on, &HashMap::new()) else { continue };
        let prints = fingerprints(&facts, &ends);
        // Something is written, some of it into the past.
        let mut random = Random(seed);
        let since = day("2026-03-01") + Days::new(random.below(121));
        let at = usize::try_from(random.below(facts.nodes.len() as u64)).unwrap();
        let mut later = facts.nodes[at].clone();
        if later.until.is_some() || later.from >= since {
            continue;
        }
        facts.nodes[at].until = Some(since);
        later.from = since;
        match &mut later.fact.of {
            Of::Activity { own, .. } => own.likely_days += 30.0,
            Of::Milestone { forecast_on, .. } => *forecast_on = Some(day("2026-12-01")),
            Of::Dependency { .. } => {}
        }
        facts.nodes.insert(at + 1, later);
        let same: HashMap<_, _> = before
            .weeks
            .iter()
            .zip(prints.iter().zip(fingerprints(&facts, &ends)))
            .filter(|(_, (was, is))| *was == is)
            .map(|(week, _)| (week.day, Arc::clone(week)))
            .collect();
        assert!(
            same.keys().all(|end| *end < since)
                && same.len() >= ends.iter().filter(|end| **end < since).count()
        );
        (taken, anew) = (taken + same.len(), anew + ends.len() - same.len());
        let (Ok((_, short)), Ok((_, whole))) =
            (networked(&facts, program(1), on, &same), networked(&facts, program(1), on, &HashMap::new()))
        else {
            continue;
        };
        assert_eq!(short, whole, "seed {seed}");
    }
    assert!(taken > 100 && anew > 20, "{taken} {anew}");
}

#[test]
fn where_items_stand_is_attached_to_the_facts_of_the_day() {
    let mut small = Small::new();
    own(&mut small.nodes[2]).deadline_on = some("2026-06-17");
    small.nodes.push(milestone(2, "2026-06-05", ""));
    let plan = Plan::make(&small.facts(), day(TODAY)).unwrap();
    let facts = attach(Facts::default(), &plan, program(1));
    let network = facts.network.unwrap();
    let place = |kind, number| network.items[&item(kind, number)];
    let end = place(Kind::Milestone, 1);
    assert_eq!((end.on, end.computed, end.linked, end.critical), (day("2026-06-19"), true, true, true));
    let alone = place(Kind::Milestone, 2);
    assert_eq!((alone.computed, alone.linked, alone.critical, alone.float_days), (false, false, false, 10));
    let late: Vec<_> = network
        .too_late
        .iter()
        .map(|late| (late.name.number, late.float_days, late.cause.as_str()))
        .collect();
    assert_eq!(late, [(1, -2, "the deadline 2026-06-17 of ATLAS-T2"), (2, -2, "its deadline 2026-06-17")]);
    assert!(network.quality.is_some() && network.weeks.is_empty() && network.day == day(TODAY));
}
