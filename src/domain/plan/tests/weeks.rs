//! The ends of weeks: what changes one, what is taken over from before a write, and where items stand on the day.

use super::*;
use crate::domain::facts::Facts;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

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
