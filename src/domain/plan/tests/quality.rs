//! The fourteen points: each by what it is about, and all against their definitions read slowly.

use super::*;

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
type Missed = (Check, Vec<&'static str>);

#[test]
fn each_point_is_missed_by_what_it_is_about() {
    use Check::*;
    let cases: Vec<(&str, Spoil, Vec<Missed>)> = vec![
        (
            "no successor",
            |s| {
                s.links.pop();
                s.nodes[0] = milestone(1, "2026-06-26", "2026-06-24");
            },
            vec![(Logic, vec!["M1", "T2"])],
        ),
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

/// The points, as the definitions read, one after another, by counting.
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
