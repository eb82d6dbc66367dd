//! The health of a project, over its own items: an example a dimension, and beside a program that has nothing else.

use super::*;
use crate::domain::facts::*;
use crate::domain::kind::State;
use crate::domain::metrics::tests::build::{
    self, action, change, common, day, decision, dependency, id, milestone, owner, risk, single, some,
};
use crate::domain::metrics::tests::generate::{self, Random};
use crate::domain::plan::TooLate;
use proptest::prelude::*;
use std::collections::HashMap;
use std::sync::Arc;
use uuid::Uuid;

const AS_OF: &str = "2026-06-30";

fn ours() -> ProjectId {
    ProjectId(Uuid::from_u128(1))
}

fn theirs() -> ProjectId {
    ProjectId(Uuid::from_u128(2))
}

/// The reasons of a dimension of a project: the rules, their colours and the numbers of the items that they name. Whether one
/// project is asked for or all are, they are the same.
fn judged(facts: &Facts, project: ProjectId, dimension: Dimension) -> Vec<(&'static str, Rag, Vec<i32>)> {
    let health = assess(facts, day(AS_OF), Some(project));
    assert_eq!(&health, assess_projects(facts, day(AS_OF)).of(project));
    let told = |reason: &Reason| {
        (reason.rule, reason.rag, reason.items.iter().map(|cause| cause.number).collect::<Vec<_>>())
    };
    health.of(dimension).unwrap().reasons.iter().map(told).collect()
}

/// Of three items the first is ours, the second theirs, and the third the program's.
fn each<T: Copy>(kind: Kind, fact: T, of: impl Fn(&mut T) -> &mut Option<ProjectId>) -> Vec<Track<T>> {
    let tracks = [(1, Some(ours())), (2, Some(theirs())), (3, None)].map(|(number, project)| {
        let mut fact = fact;
        *of(&mut fact) = project;
        single(kind, number, "2025-01-01", fact)
    });
    tracks.into()
}

#[test]
fn a_project_without_items_is_grey_whatever_the_program_has() {
    let third = ProjectId(Uuid::from_u128(3));
    let facts = Facts {
        milestones: each(Kind::Milestone, milestone("2026-01-01", "2026-06-01", ""), |fact| {
            &mut fact.common.project
        })
        .into(),
        risks: each(Kind::Risk, risk("2026-06-01", 25), |fact| &mut fact.common.project).into(),
        ..build::facts()
    };
    let health = assess(&facts, day(AS_OF), Some(third));
    assert!(health.dimensions.iter().all(|dimension| dimension.rag == Rag::Grey), "{health:?}");
    assert_eq!((health.overall, health.worst()), (Rag::Grey, None));
    assert_eq!(&health, assess_projects(&facts, day(AS_OF)).of(third));
    let (Rag::Red, Rag::Red) =
        (assess(&facts, day(AS_OF), Some(ours())).overall, assess(&facts, day(AS_OF), None).overall)
    else {
        panic!("the project and the program are red");
    };
}

#[test]
fn the_schedule_is_that_of_the_projects_milestones() {
    let late = milestone("2026-01-01", "2026-06-01", "");
    let tracks = each(Kind::Milestone, late, |fact| &mut fact.common.project);
    let facts = Facts { milestones: tracks.into(), ..build::facts() };
    assert_eq!(judged(&facts, ours(), Dimension::Schedule), [("schedule.overdue", Rag::Red, vec![1])]);
    assert_eq!(judged(&facts, theirs(), Dimension::Schedule), [("schedule.overdue", Rag::Red, vec![2])]);
    let program = assess(&facts, day(AS_OF), None);
    assert_eq!(program.of(Dimension::Schedule).unwrap().reasons[0].items.len(), 3);
}

#[test]
fn float_below_nought_doesnt_name_what_another_project_asks_for() {
    let late = |number, project, cause_project| TooLate {
        name: Name {
            item: id(Kind::Activity, number),
            kind: Kind::Activity,
            number,
            title: "Cut over".into(),
        },
        project: Some(project),
        float_days: -3,
        cause: "the deadline 2026-07-03 of ATLAS-M9".into(),
        cause_project: Some(cause_project),
    };
    let too_late = Arc::new(vec![late(1, ours(), theirs()), late(2, theirs(), theirs())]);
    let network = Some(Arc::new(Networked { day: day(AS_OF), too_late, ..Networked::default() }));
    let facts = Facts { network, ..build::facts() };
    let note = |project| {
        let health = assess(&facts, day(AS_OF), project);
        let reason = health.of(Dimension::Schedule).unwrap().reasons[0].clone();
        reason.items.into_iter().map(|cause| cause.note).collect::<Vec<_>>()
    };
    let named = "total float −3 working days: the deadline 2026-07-03 of ATLAS-M9";
    assert_eq!(
        note(Some(ours())),
        ["total float −3 working days: a deadline or constraint outside of the project"]
    );
    assert_eq!(note(Some(theirs())), [named]);
    assert_eq!(note(None), [named, named]);
    let expected = [("schedule.negative_float", Rag::Amber, vec![1])];
    assert_eq!(judged(&facts, ours(), Dimension::Schedule), expected);
}

#[test]
fn scope_is_held_against_the_projects_part_of_the_first_baseline() {
    // 8 of our 40, 8 of their 200; the program has 300.
    let approved = change("2026-06-01", "2026-06-10", (8, 0, 0));
    let facts = Facts {
        first_baseline: Some(FirstBaseline {
            on: day("2026-01-01"),
            entered: vec![day("2026-01-01"); 300].into(),
        }),
        first_baseline_of: vec![(ours(), 40), (theirs(), 200)],
        changes: each(Kind::Change, approved, |fact| &mut fact.common.project).into(),
        ..build::facts()
    };
    assert_eq!(judged(&facts, ours(), Dimension::Scope), [("scope.rate", Rag::Amber, vec![1])]);
    assert_eq!(judged(&facts, theirs(), Dimension::Scope), [("scope.good", Rag::Green, vec![])]);
    let text =
        |project| assess(&facts, day(AS_OF), project).of(Dimension::Scope).unwrap().reasons[0].text.clone();
    assert!(text(Some(ours())).starts_with("20 % of the first baseline changed in 90 days (8 of 40)"));
    assert!(text(None).starts_with("8 % of the first baseline changed in 90 days (24 of 300)"));
    // A project that came later has no part of it.
    let mut later = facts.clone();
    later.first_baseline_of.remove(0);
    assert_eq!(judged(&later, ours(), Dimension::Scope), [("scope.no_data", Rag::Grey, vec![])]);
    // What was planned and never changed is good.
    let unchanged = Facts { changes: Tracks::default(), ..facts };
    assert_eq!(judged(&unchanged, ours(), Dimension::Scope), [("scope.good", Rag::Green, vec![])]);
}

#[test]
fn cost_goes_by_the_projects_lines_and_names_its_changes() {
    let line = |project, planned, forecast| Record {
        from: day("2026-01-01"),
        until: None,
        fact: BudgetLine {
            project,
            category: "People".into(),
            period_on: day("2026-08-01"),
            planned: Some(planned),
            actual: None,
            forecast: Some(forecast),
        },
    };
    let approved = CostFact {
        common: common(State::Approved, "2026-05-01"),
        cost: 50_000,
        decided_on: some("2026-05-10"),
    };
    let governance = Governance {
        budget: vec![
            line(Some(ours()), 100_000, 108_000),
            line(Some(theirs()), 100_000, 100_000),
            line(None, 800_000, 800_000),
        ]
        .into(),
        costs: each(Kind::Change, approved, |fact| &mut fact.common.project).into(),
        ..Governance::default()
    };
    let facts = Facts { governance, ..build::facts() };
    assert_eq!(judged(&facts, ours(), Dimension::Cost), [("cost.forecast", Rag::Amber, vec![1])]);
    assert_eq!(judged(&facts, theirs(), Dimension::Cost), [("cost.good", Rag::Green, vec![])]);
    assert_eq!(assess(&facts, day(AS_OF), None).of(Dimension::Cost).unwrap().rag, Rag::Green, "8 of 10,000");
}

#[test]
fn risk_and_decisions_are_those_of_the_project() {
    let mut late = decision("2026-06-01", "", "");
    late.needed_by = some("2026-06-29");
    let facts = Facts {
        risks: each(Kind::Risk, risk("2026-06-01", 25), |fact| &mut fact.common.project).into(),
        decisions: each(Kind::Decision, late, |fact| &mut fact.common.project).into(),
        ..build::facts()
    };
    assert_eq!(judged(&facts, ours(), Dimension::Risk), [("risk.severe", Rag::Red, vec![1])]);
    assert_eq!(
        judged(&facts, theirs(), Dimension::Decisions),
        [("decisions.past_needed_by", Rag::Red, vec![2]), ("decisions.waiting", Rag::Amber, vec![2])]
    );
}

#[test]
fn a_dependency_is_the_projects_that_it_is_filed_under_else_the_consumers() {
    let past = |number, filed, consumer| {
        let mut fact = dependency("2026-06-20", "2026-06-29");
        (fact.common.project, fact.consumer_project) = (filed, consumer);
        single(Kind::Dependency, number, "2026-06-20", fact)
    };
    let tracks = vec![
        past(1, Some(ours()), None),
        past(2, None, Some(ours())),
        past(3, Some(theirs()), Some(ours())),
        past(4, None, None),
    ];
    let facts = Facts { dependencies: tracks.into(), ..build::facts() };
    let past = |numbers| [("dependencies.past_needed_by", Rag::Red, numbers)];
    assert_eq!(judged(&facts, ours(), Dimension::Dependencies), past(vec![1, 2]));
    assert_eq!(judged(&facts, theirs(), Dimension::Dependencies), past(vec![3]));
}

#[test]
fn readiness_is_that_of_the_projects_gates_and_of_their_checks() {
    let gates = each(
        Kind::Gate,
        GateFact {
            common: common(State::Open, "2026-05-01"),
            on: day("2026-07-03"),
            decided_on: None,
            checked: None,
        },
        |fact| &mut fact.common.project,
    );
    let check = |number, gate: i32, project| {
        let mut common = common(State::Failed, "2026-05-01");
        common.project = project;
        let gate = id(Kind::Gate, gate);
        let fact = CheckFact { common, gate, area: "engineering", mandatory: true, waived_until: None };
        single(Kind::Check, number, "2026-05-01", fact)
    };
    // Of our gate: one filed under nothing, one under us, one under them. Of theirs and of the program's: one filed under us each. What a
    // gate is judged by is its project's, wherever it is filed.
    let checks = vec![
        check(1, 1, None),
        check(2, 1, Some(ours())),
        check(3, 1, Some(theirs())),
        check(4, 2, Some(ours())),
        check(5, 3, Some(ours())),
    ];
    let governance = Governance { gates: gates.into(), checks: checks.into(), ..Governance::default() };
    let facts = Facts { governance, ..build::facts() };
    assert_eq!(
        judged(&facts, ours(), Dimension::Readiness),
        [("readiness.mandatory", Rag::Red, vec![1, 2, 3]), ("readiness.pass_rate", Rag::Amber, vec![1])]
    );
    let health = assess(&facts, day(AS_OF), Some(ours()));
    let notes = &health.of(Dimension::Readiness).unwrap().reasons[1].items[0].note;
    assert_eq!(notes, "0 % passed (0 of 3), due 3 Jul 2026");
    assert_eq!(
        judged(&facts, theirs(), Dimension::Readiness),
        [("readiness.mandatory", Rag::Red, vec![4]), ("readiness.pass_rate", Rag::Amber, vec![2])],
        "filing it under us makes them no greener"
    );
}

#[test]
fn only_the_projects_own_actions_soften() {
    let softened = |project| {
        let mut severe = risk("2026-06-01", 25);
        severe.common.project = Some(ours());
        let mut action = action("2026-06-01", "2026-07-14");
        (action.common.owner, action.common.project) = (Some(owner()), project);
        let facts = Facts {
            risks: vec![single(Kind::Risk, 1, "2026-06-01", severe)].into(),
            actions: vec![single(Kind::Action, 5, "2026-06-01", action)].into(),
            action_links: vec![ActionLink {
                action: id(Kind::Action, 5),
                item: id(Kind::Risk, 1),
                mitigates: true,
                from: day("2026-06-10"),
                until: None,
            }],
            ..build::facts()
        };
        judged(&facts, ours(), Dimension::Risk);
        let overall = |project| assess(&facts, day(AS_OF), project).overall;
        (overall(Some(ours())), overall(None))
    };
    assert_eq!(softened(Some(ours())), (Rag::Amber, Rag::Amber));
    assert_eq!(softened(Some(theirs())), (Rag::Red, Rag::Amber), "for the program it is one of its own");
    assert_eq!(softened(None), (Rag::Red, Rag::Amber));
}

/// The tracks of what belongs to the project on the day, with all their versions.
fn kept<T: Clone>(tracks: &Tracks<T>, keep: impl Fn(&Track<T>) -> bool) -> Tracks<T> {
    tracks.iter().filter(|track| keep(track)).cloned().collect()
}

/// A program that has nothing but what belongs to the project on the day.
fn alone(facts: &Facts, on: NaiveDate, project: ProjectId) -> Facts {
    macro_rules! own {
        ($tracks:expr) => {
            kept(&$tracks, |track| track.at(on).is_some_and(|fact| fact.common.project == Some(project)))
        };
    }
    let governed = &facts.governance;
    let gates = own!(governed.gates);
    let ours = |gate: ItemId| gates.iter().any(|track| track.item == gate);
    let checks = kept(&governed.checks, |track| track.at(on).is_some_and(|fact| ours(fact.gate)));
    let dependencies = kept(&facts.dependencies, |track| {
        let fact = track.at(on);
        fact.is_some_and(|fact| match (fact.common.project, fact.consumer_project) {
            (Some(of), _) | (None, Some(of)) => of == project,
            (None, None) => false,
        })
    });
    let actions = own!(facts.actions);
    let by_us = |link: &&ActionLink| actions.iter().any(|track| track.item == link.action);
    let held: HashMap<ProjectId, u32> = facts.first_baseline_of.iter().copied().collect();
    let items = held.get(&project).copied().unwrap_or(0);
    let network = facts.network.as_ref().map(|network| {
        let late = network.too_late.iter().filter(|late| late.project == Some(project)).cloned();
        Arc::new(Networked { too_late: Arc::new(late.collect()), ..Networked::clone(network) })
    });
    Facts {
        currency: facts.currency.clone(),
        key: facts.key.clone(),
        calendar: facts.calendar.clone(),
        targets: facts.targets.clone(),
        thresholds: facts.thresholds.clone(),
        first_baseline: facts.first_baseline.clone().map(|first| {
            let entered = vec![first.on; usize::try_from(items).unwrap_or(0)];
            FirstBaseline { entered: entered.into(), ..first }
        }),
        milestones: own!(facts.milestones),
        risks: own!(facts.risks),
        decisions: own!(facts.decisions),
        changes: own!(facts.changes),
        action_links: facts.action_links.iter().filter(by_us).copied().collect(),
        governance: Governance {
            costs: own!(governed.costs),
            budget: governed
                .budget
                .iter()
                .filter(|line| line.fact.project == Some(project))
                .cloned()
                .collect(),
            gates,
            checks,
            ..Governance::default()
        },
        dependencies,
        actions,
        network,
        ..Facts::default()
    }
}

/// Generated facts, with projects in all that has some.
fn generated(seed: u64, size: usize) -> Facts {
    let mut facts = generate::facts(seed, size);
    let random = &mut Random(seed ^ 0x7072_6F6A);
    let project = |random: &mut Random| {
        (!random.once_in(3)).then(|| ProjectId(Uuid::from_u128(u128::from(random.below(3)) + 1)))
    };
    for line in facts.governance.budget.iter_mut() {
        line.fact.project = project(random);
    }
    for of in (1..=3).filter(|_| facts.first_baseline.is_some()) {
        let items = u32::try_from(random.below(20)).unwrap_or(0);
        if items > 5 {
            facts.first_baseline_of.push((ProjectId(Uuid::from_u128(of)), items - 5));
        }
    }
    let too_late = (1..=i32::try_from(random.below(4)).unwrap_or(0)).map(|number| {
        let of = project(random);
        let name = Name {
            item: id(Kind::Activity, number),
            kind: Kind::Activity,
            number,
            title: format!("Activity {number}"),
        };
        TooLate { name, project: of, float_days: -1, cause: "its deadline".into(), cause_project: of }
    });
    let too_late = Arc::new(too_late.collect::<Vec<_>>());
    facts.network =
        facts.network.map(|network| Arc::new(Networked { too_late, ..Networked::clone(&network) }));
    facts
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]

    #[test]
    fn a_project_is_as_healthy_as_a_program_that_has_nothing_else(
        seed: u64, size in 0_usize..14, after in 0_u64..200,
    ) {
        let facts = generated(seed, size);
        // The day of what the network says, as often as not.
        let day = match facts.network.as_ref().filter(|_| seed % 2 == 0) {
            Some(network) => network.day,
            None => generate::base() + chrono::Days::new(after),
        };
        let all = assess_projects(&facts, day);
        for of in 1..=4 {
            let project = ProjectId(Uuid::from_u128(of));
            let health = assess(&facts, day, Some(project));
            prop_assert_eq!(&health, &assess(&alone(&facts, day, project), day, None));
            prop_assert_eq!(&health, all.of(project));
        }
    }
}
