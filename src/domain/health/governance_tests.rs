//! The rules of cost and readiness at their edges.

use super::*;
use crate::domain::facts::*;
use crate::domain::ids::{PersonId, ProjectId};
use crate::domain::kind::State;
use crate::domain::metrics::tests::build::{self, action, common, day, id, single, some, track};
use crate::domain::settings::Thresholds;
use uuid::Uuid;

const AS_OF: &str = "2026-06-30";

fn judged(facts: &Facts, dimension: Dimension) -> Vec<(&'static str, Rag)> {
    let health = assess(facts, day(AS_OF), None);
    health.of(dimension).unwrap().reasons.iter().map(|reason| (reason.rule, reason.rag)).collect()
}

fn line(category: &str, month: &str, [planned, actual, forecast]: [Option<i64>; 3]) -> Record<BudgetLine> {
    let hundredths = |amount: Option<i64>| amount.map(|amount| amount * 100);
    let fact = BudgetLine {
        project: None,
        category: category.into(),
        period_on: day(month),
        planned: hundredths(planned),
        actual: hundredths(actual),
        forecast: hundredths(forecast),
    };
    Record { from: day("2026-01-01"), until: None, fact }
}

fn budget(lines: Vec<Record<BudgetLine>>) -> Facts {
    Facts { governance: Governance { budget: lines.into(), ..Governance::default() }, ..build::facts() }
}

#[test]
fn cost_goes_by_the_forecast_at_completion() {
    for (forecast, rule, rag) in [
        (900, "cost.good", Rag::Green),
        (1_050, "cost.good", Rag::Green),
        (1_051, "cost.forecast", Rag::Amber),
        (1_100, "cost.forecast", Rag::Amber),
        (1_101, "cost.forecast", Rag::Red),
    ] {
        let facts = budget(vec![line("People", "2026-08-01", [Some(1_000), None, Some(forecast)])]);
        assert_eq!(judged(&facts, Dimension::Cost), [(rule, rag)], "{forecast}");
    }
    assert_eq!(judged(&budget(Vec::new()), Dimension::Cost), [("cost.no_data", Rag::Grey)]);
    let unplanned = budget(vec![line("People", "2026-08-01", [None, None, Some(5)])]);
    assert_eq!(
        judged(&unplanned, Dimension::Cost),
        [("cost.no_data", Rag::Grey)],
        "nothing to hold it against"
    );
}

#[test]
fn a_line_without_a_forecast_counts_with_what_was_spent_once_its_month_is_over() {
    let facts = budget(vec![
        line("People", "2026-05-01", [Some(1_000), Some(1_300), None]),
        line("People", "2026-06-01", [Some(1_000), Some(100), None]),
        line("Licences", "2026-07-01", [Some(2_000), None, None]),
    ]);
    // 1,300 + 1,000 (June ends with the day, and is over a day later) + 2,000 of 4,000.
    assert_eq!(judged(&facts, Dimension::Cost), [("cost.forecast", Rag::Amber)]);
    let health = assess(&facts, day(AS_OF), None);
    assert_eq!(
        health.of(Dimension::Cost).unwrap().reasons[0].text,
        "The forecast at completion is 7.5 % above the plan: 4\u{202f}300 of 4\u{202f}000; most of it in People +300."
    );
    let next = assess(&facts, day("2026-07-01"), None);
    assert_eq!(next.of(Dimension::Cost).unwrap().rag, Rag::Green, "3,400 of 4,000");
}

#[test]
fn the_thresholds_of_cost_are_the_programs() {
    let mut facts = budget(vec![line("People", "2026-08-01", [Some(1_000), None, Some(1_101)])]);
    let fact = Thresholds { cost_red_percent: 20, ..Thresholds::default() };
    facts.thresholds = vec![Version { effective_on: day("2026-01-01"), fact }];
    assert_eq!(judged(&facts, Dimension::Cost), [("cost.forecast", Rag::Amber)]);
}

#[test]
fn cost_names_the_approved_changes_and_a_project_its_own_lines() {
    let project = ProjectId(Uuid::from_u128(9));
    let mut own = line("People", "2026-08-01", [Some(1_000), None, Some(2_000)]);
    own.fact.project = Some(project);
    let mut facts = budget(vec![own, line("People", "2026-08-01", [Some(9_000), None, Some(8_000)])]);
    let cost = |state, cost, decided| {
        let mut common = common(state, "2026-05-01");
        common.project = Some(project);
        CostFact { common, cost, decided_on: some(decided) }
    };
    facts.governance.costs = vec![
        single(Kind::Change, 1, "2026-05-01", cost(State::Approved, 40_000, "2026-05-20")),
        single(Kind::Change, 2, "2026-05-01", cost(State::Implemented, 60_000, "2026-05-20")),
        single(Kind::Change, 3, "2026-05-01", cost(State::Rejected, 90_000, "2026-05-20")),
        single(Kind::Change, 4, "2026-05-01", cost(State::Submitted, 90_000, "")),
    ]
    .into();
    assert_eq!(judged(&facts, Dimension::Cost), [("cost.good", Rag::Green)], "10,000 of 10,000");
    let health = assess(&facts, day(AS_OF), Some(project));
    let cost = health.of(Dimension::Cost).unwrap();
    assert_eq!(cost.rag, Rag::Red, "2,000 of 1,000");
    assert_eq!(cost.reasons[0].items.iter().map(|cause| cause.number).collect::<Vec<_>>(), [2, 1]);
    // One red dimension, with recovery under way for one of the items that it names.
    let recovery = ActionFact {
        common: Common {
            owner: Some(PersonId(Uuid::from_u128(1))),
            project: Some(project),
            ..action("2026-06-01", "2026-07-20").common
        },
        due_on: some("2026-07-20"),
    };
    facts.actions = vec![single(Kind::Action, 5, "2026-06-01", recovery)].into();
    facts.action_links = vec![ActionLink {
        action: id(Kind::Action, 5),
        item: id(Kind::Change, 2),
        mitigates: true,
        from: day("2026-06-01"),
        until: None,
    }];
    assert_eq!(assess(&facts, day(AS_OF), Some(project)).overall, Rag::Amber);
}

fn gate(on: &str) -> GateFact {
    GateFact { common: common(State::Planned, "2026-01-01"), on: day(on), decided_on: None, checked: None }
}

fn check(number: i32, state: State, mandatory: bool) -> Track<CheckFact> {
    let fact = CheckFact {
        common: common(state, "2026-01-01"),
        gate: id(Kind::Gate, 1),
        area: "security",
        mandatory,
        waived_until: some("2026-06-30"),
    };
    single(Kind::Check, number, "2026-01-01", fact)
}

fn gated(gate: GateFact, checks: &[(State, bool)]) -> Facts {
    let checks = (1..).zip(checks).map(|(number, (state, mandatory))| check(number, *state, *mandatory));
    let governance = Governance {
        gates: vec![single(Kind::Gate, 1, "2026-01-01", gate)].into(),
        checks: checks.collect(),
        ..Governance::default()
    };
    Facts { governance, ..build::facts() }
}

#[test]
fn readiness_is_red_by_a_mandatory_check_within_a_week_and_amber_by_the_rate_within_three() {
    use State::{Failed, InProgress, NotApplicable, Passed, Unstarted, Waived};
    let (red, amber, good) = (
        ("readiness.mandatory", Rag::Red),
        ("readiness.pass_rate", Rag::Amber),
        ("readiness.good", Rag::Green),
    );
    let mostly = |state, mandatory| vec![(Passed, true), (Passed, true), (Passed, true), (state, mandatory)];
    for (on, checks, expected) in [
        ("2026-07-07", mostly(Failed, true), vec![red]),
        ("2026-07-07", mostly(Unstarted, true), vec![red]),
        ("2026-07-08", mostly(Unstarted, true), vec![good]),
        ("2026-07-07", mostly(Unstarted, false), vec![good]),
        ("2026-07-07", mostly(InProgress, true), vec![good]),
        // Past its day and undecided it is nearer still.
        ("2026-06-01", mostly(Failed, true), vec![red]),
        ("2026-07-07", mostly(Waived, true), vec![good]),
        ("2026-07-21", vec![(Passed, true), (InProgress, true)], vec![amber]),
        ("2026-07-22", vec![(Passed, true), (InProgress, true)], vec![good]),
        ("2026-07-21", vec![(Passed, true), (NotApplicable, true)], vec![good]),
        ("2026-07-21", vec![(Passed, true), (Waived, true)], vec![amber]),
        ("2026-07-07", vec![(Passed, true), (Failed, true)], vec![red, amber]),
        ("2026-07-07", vec![], vec![good]),
    ] {
        assert_eq!(judged(&gated(gate(on), &checks), Dimension::Readiness), expected, "{on} {checks:?}");
    }
    assert_eq!(judged(&build::facts(), Dimension::Readiness), [("readiness.no_data", Rag::Grey)]);
}

#[test]
fn a_waiver_that_has_run_out_stands_for_nothing() {
    let facts = gated(
        gate("2026-07-05"),
        &[(State::Passed, true), (State::Passed, true), (State::Passed, true), (State::Waived, true)],
    );
    let at = |on: &str| assess(&facts, day(on), None).of(Dimension::Readiness).unwrap().rag;
    assert_eq!((at("2026-06-30"), at("2026-07-01")), (Rag::Green, Rag::Red));
}

#[test]
fn a_decided_gate_is_no_longer_waited_for() {
    let planned = gate("2026-07-01");
    let decided =
        GateFact { common: common(State::Go, "2026-01-01"), decided_on: some("2026-06-29"), ..planned };
    let mut facts = gated(planned, &[(State::Failed, true)]);
    facts.governance.gates =
        vec![track(Kind::Gate, 1, vec![(day("2026-01-01"), planned), (day("2026-06-29"), decided)])].into();
    assert_eq!(judged(&facts, Dimension::Readiness), [("readiness.good", Rag::Green)]);
    let before = assess(&facts, day("2026-06-28"), None);
    let reason = &before.of(Dimension::Readiness).unwrap().reasons[0];
    assert_eq!(reason.text, "1 mandatory check of 1 gate within 7 days is failed or unstarted.");
    assert_eq!(reason.items[0].note, "failed, for ATLAS-G1 on 1 Jul 2026");
}

#[test]
fn cost_is_held_against_the_budget_of_the_program_and_not_against_what_its_lines_plan() {
    let held = |budget: i64, planned: i64| {
        let mut facts = budget_of(budget);
        facts.governance.budget =
            vec![line("People", "2026-08-01", [Some(planned), None, Some(2_500)])].into();
        judged(&facts, Dimension::Cost)[0]
    };
    assert_eq!(held(1_000, 2_500), ("cost.forecast", Rag::Red), "planning more makes it no better");
    assert_eq!(held(1_000, 0), ("cost.forecast", Rag::Red));
    assert_eq!(held(2_600, 100), ("cost.good", Rag::Green));
    assert_eq!(held(0, 2_500), ("cost.good", Rag::Green), "without a budget, what is planned");
    assert_eq!(judged(&budget_of(1_000), Dimension::Cost), [("cost.no_data", Rag::Grey)], "no line is kept");
}

/// A program with this budget, in whole money.
fn budget_of(budget: i64) -> Facts {
    let fact = (budget > 0).then_some(budget * 100);
    Facts { budget: vec![Version { effective_on: day("2026-01-01"), fact }], ..build::facts() }
}
