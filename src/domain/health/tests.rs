//! The rules of health at their edges, and the colour overall.

use super::*;
use crate::domain::facts::*;
use crate::domain::kind::State;
use crate::domain::metrics::tests::build::{
    self, change, day, decision, dependency, id, milestone, owner, risk, single, some,
};
use uuid::Uuid;

const AS_OF: &str = "2026-06-30";

fn facts() -> Facts {
    build::facts()
}

/// The rules that speak in a dimension, with their colours.
fn rules(facts: &Facts, dimension: Dimension) -> Vec<(&'static str, Rag)> {
    let health = assess(facts, day(AS_OF), None);
    health.of(dimension).unwrap().reasons.iter().map(|reason| (reason.rule, reason.rag)).collect()
}

fn text(facts: &Facts, dimension: Dimension) -> String {
    assess(facts, day(AS_OF), None).of(dimension).unwrap().reasons[0].text.clone()
}

fn with_milestone(fact: MilestoneFact) -> Facts {
    Facts { milestones: vec![single(Kind::Milestone, 3, "2025-01-01", fact)].into(), ..facts() }
}

fn with_risk(fact: RiskFact) -> Facts {
    Facts { risks: vec![single(Kind::Risk, 1, "2025-01-01", fact)].into(), ..facts() }
}

fn with_dependency(fact: DependencyFact) -> Facts {
    Facts { dependencies: vec![single(Kind::Dependency, 1, "2025-01-01", fact)].into(), ..facts() }
}

fn with_decision(fact: DecisionFact) -> Facts {
    Facts { decisions: vec![single(Kind::Decision, 1, "2025-01-01", fact)].into(), ..facts() }
}

#[test]
fn no_data_is_grey_not_green() {
    let health = assess(&facts(), day(AS_OF), None);
    assert_eq!((health.overall, health.softened.as_ref()), (Rag::Grey, None));
    assert!(health.dimensions.iter().all(|dimension| dimension.rag == Rag::Grey));
    // A milestone to which nobody committed says nothing about being kept.
    let uncommitted = with_milestone(milestone("2025-01-01", "", "2026-12-01"));
    assert_eq!(rules(&uncommitted, Dimension::Schedule), [("schedule.no_data", Rag::Grey)]);
}

#[test]
fn schedule_goes_by_working_days_past_the_committed_date() {
    // Committed on a Monday, far enough ahead not to ask for a fresh forecast.
    for (forecast, rule, rag) in [
        ("2026-09-10", "schedule.good", Rag::Green),
        ("2026-09-11", "schedule.forecast_slipping", Rag::Amber),
        ("2026-09-21", "schedule.forecast_slipping", Rag::Amber),
        ("2026-09-22", "schedule.forecast_late", Rag::Red),
    ] {
        let facts = with_milestone(milestone("2026-01-01", "2026-09-07", forecast));
        assert_eq!(rules(&facts, Dimension::Schedule), [(rule, rag)], "forecast {forecast}");
    }
    let late = with_milestone(milestone("2026-01-01", "2026-09-07", "2026-09-22"));
    let health = assess(&late, day(AS_OF), None);
    let reason = &health.of(Dimension::Schedule).unwrap().reasons[0];
    assert_eq!(
        reason.text,
        "1 milestone is forecast past the committed date by more than 10 working days, the worst by 11."
    );
    assert_eq!(reason.items[0].reference("ATLAS").to_string(), "ATLAS-M3");
    assert_eq!(reason.items[0].note, "11 working days late: forecast 22 Sep 2026, committed 7 Sep 2026");
}

#[test]
fn an_overdue_milestone_is_red_until_it_has_a_new_forecast() {
    let overdue = milestone("2026-01-01", "2026-06-29", "");
    assert_eq!(rules(&with_milestone(overdue), Dimension::Schedule), [("schedule.overdue", Rag::Red)]);
    let mut restated = milestone("2026-01-01", "2026-06-29", "2026-07-01");
    restated.forecast_stated_on = some("2026-06-29");
    assert_eq!(rules(&with_milestone(restated), Dimension::Schedule), [("schedule.good", Rag::Green)]);
    let achieved = build::achieved(overdue, "2026-06-30");
    assert_eq!(
        text(&with_milestone(achieved), Dimension::Schedule),
        "No milestone is open; 1 milestone achieved."
    );
}

#[test]
fn a_milestone_due_in_thirty_days_wants_a_forecast_of_the_last_fourteen() {
    for (due, stated, rag) in [
        ("2026-07-30", "2026-06-16", Rag::Green),
        ("2026-07-30", "2026-06-15", Rag::Amber),
        ("2026-07-31", "2026-06-15", Rag::Green),
        ("2026-06-30", "", Rag::Amber),
    ] {
        let mut fact = milestone("2026-01-01", due, "");
        fact.forecast_stated_on = some(stated);
        let health = assess(&with_milestone(fact), day(AS_OF), None);
        assert_eq!(health.of(Dimension::Schedule).unwrap().rag, rag, "due {due}, stated {stated}");
    }
    // A forecast that has passed wants one too, where the committed date is still ahead, however fresh it is not.
    let mut passed = milestone("2026-01-01", "2026-12-01", "2026-06-20");
    passed.forecast_stated_on = some("2026-06-01");
    let health = assess(&with_milestone(passed), day(AS_OF), None);
    let reason = &health.of(Dimension::Schedule).unwrap().reasons[0];
    assert_eq!((reason.rule, reason.rag), ("schedule.forecast_stale", Rag::Amber));
    assert!(reason.items[0].note.starts_with("forecast for 20 Jun 2026, which has passed"), "{reason:?}");
}

#[test]
fn scope_goes_by_the_change_rate_and_by_requests_that_wait() {
    for (adds, rag) in [(10, Rag::Green), (11, Rag::Amber), (20, Rag::Amber), (21, Rag::Red)] {
        let mut facts = facts();
        facts.first_baseline =
            Some(FirstBaseline { on: day("2026-01-01"), entered: vec![day("2026-01-01"); 100].into() });
        let approved = change("2026-06-01", "2026-06-10", (adds, 0, 0));
        facts.changes = vec![single(Kind::Change, 1, "2026-06-01", approved)].into();
        assert_eq!(assess(&facts, day(AS_OF), None).of(Dimension::Scope).unwrap().rag, rag, "{adds} of 100");
    }
    let red = |scope_red_percent, adds| {
        let mut facts = facts();
        facts.first_baseline =
            Some(FirstBaseline { on: day("2026-01-01"), entered: vec![day("2026-01-01"); 100].into() });
        let approved = change("2026-06-01", "2026-06-10", (adds, 0, 0));
        facts.changes = vec![single(Kind::Change, 1, "2026-06-01", approved)].into();
        let fact = Thresholds { scope_red_percent, ..Thresholds::default() };
        facts.thresholds = vec![Version { effective_on: day("2026-01-01"), fact }];
        assess(&facts, day(AS_OF), None).of(Dimension::Scope).unwrap().reasons[0].clone()
    };
    assert_eq!(red(150, 15).rag, Rag::Amber, "150 % of 10 %");
    assert_eq!(red(150, 16).rag, Rag::Red);
    assert!(red(150, 16).text.ends_with("the target is at most 10 %, and this is over 150 % of that."));
    assert!(red(200, 21).text.ends_with("and this is over twice that."));
    let mut facts = facts();
    // Ten working days before Tuesday the 30th is Tuesday the 16th.
    for (submitted, expected) in [("2026-06-16", "scope.no_data"), ("2026-06-15", "scope.waiting")] {
        facts.changes = vec![single(Kind::Change, 1, "2026-06-01", change(submitted, "", (1, 0, 0)))].into();
        assert_eq!(rules(&facts, Dimension::Scope)[0].0, expected);
    }
}

#[test]
fn risk_goes_by_score_by_mitigation_and_by_review() {
    for (score, rule) in [(14, "risk.good"), (15, "risk.high"), (19, "risk.high"), (20, "risk.severe")] {
        assert_eq!(rules(&with_risk(risk("2026-06-01", score)), Dimension::Risk)[0].0, rule, "score {score}");
    }
    let old = risk("2026-05-15", 15);
    assert_eq!(
        rules(&with_risk(old), Dimension::Risk),
        [("risk.unmitigated", Rag::Red), ("risk.high", Rag::Amber)]
    );
    assert_eq!(rules(&with_risk(risk("2026-05-16", 15)), Dimension::Risk), [("risk.high", Rag::Amber)]);
    let mut mitigated = old;
    mitigated.mitigation.open_until = some(AS_OF);
    assert_eq!(rules(&with_risk(mitigated), Dimension::Risk), [("risk.high", Rag::Amber)]);
    for (review, rule) in [("2026-06-30", "risk.good"), ("2026-06-29", "risk.review_passed")] {
        let mut fact = risk("2026-06-01", 4);
        fact.review_on = some(review);
        assert_eq!(rules(&with_risk(fact), Dimension::Risk)[0].0, rule, "review {review}");
    }
}

#[test]
fn an_opportunity_is_no_threat() {
    // As high, as old and as unreviewed as can be, or not even scored: it doesn't count.
    for score in [25, 0] {
        let mut chance = risk("2025-01-01", score);
        chance.opportunity = true;
        chance.review_on = some("2025-02-01");
        let mut facts = with_risk(chance);
        assert_eq!(rules(&facts, Dimension::Risk), [("risk.no_data", Rag::Grey)], "score {score}");
        facts.risks.push(single(Kind::Risk, 2, "2026-06-01", risk("2026-06-01", 4)));
        assert_eq!(rules(&facts, Dimension::Risk), [("risk.good", Rag::Green)], "score {score}");
    }
    let threat = risk("2025-01-01", 25);
    assert_eq!(rules(&with_risk(threat), Dimension::Risk)[0], ("risk.severe", Rag::Red));
}

#[test]
fn unscored_risks_are_counted_and_never_low() {
    let mut facts = with_risk(risk("2026-06-01", 0));
    assert_eq!(rules(&facts, Dimension::Risk), [("risk.unscored", Rag::Grey)]);
    facts.risks.push(single(Kind::Risk, 2, "2026-06-01", risk("2026-06-01", 4)));
    assert_eq!(rules(&facts, Dimension::Risk), [("risk.good", Rag::Green), ("risk.unscored", Rag::Grey)]);
    let health = assess(&facts, day(AS_OF), None);
    assert_eq!(
        health.of(Dimension::Risk).unwrap().reasons[1].text,
        "1 of 2 open risks is not scored yet and may be high, the oldest open for 29 days."
    );
}

#[test]
fn dependencies_go_by_needed_by_promise_agreement_and_silence() {
    let fresh = |needed| {
        let mut fact = dependency("2026-05-01", needed);
        fact.common.updated_on = day("2026-06-20");
        fact.provider_agreed = true;
        fact
    };
    assert_eq!(rules(&with_dependency(fresh("2026-06-30")), Dimension::Dependencies)[0].1, Rag::Green);
    assert_eq!(
        rules(&with_dependency(fresh("2026-06-29")), Dimension::Dependencies),
        [("dependencies.past_needed_by", Rag::Red)]
    );
    let mut promised = fresh("2026-09-01");
    promised.promised_by = some("2026-09-02");
    assert_eq!(
        rules(&with_dependency(promised), Dimension::Dependencies),
        [("dependencies.promised_late", Rag::Red)]
    );
    promised.common.state = State::Delivered;
    assert_eq!(rules(&with_dependency(promised), Dimension::Dependencies)[0].1, Rag::Green);
    for (needed, rag) in [("2026-07-30", Rag::Green), ("2026-07-29", Rag::Amber)] {
        let mut fact = fresh(needed);
        fact.provider_agreed = false;
        assert_eq!(rules(&with_dependency(fact), Dimension::Dependencies)[0].1, rag, "needed {needed}");
    }
    for (updated, rag) in [("2026-06-09", Rag::Green), ("2026-06-08", Rag::Amber)] {
        let mut fact = fresh("2026-12-01");
        fact.common.updated_on = day(updated);
        assert_eq!(rules(&with_dependency(fact), Dimension::Dependencies)[0].1, rag, "updated {updated}");
    }
}

#[test]
fn decisions_go_by_needed_by_and_by_the_wait() {
    let waiting = |requested| decision(requested, "", "");
    assert_eq!(rules(&with_decision(waiting("2026-06-23")), Dimension::Decisions)[0].1, Rag::Green);
    assert_eq!(
        rules(&with_decision(waiting("2026-06-22")), Dimension::Decisions),
        [("decisions.waiting", Rag::Amber)]
    );
    let mut late = waiting("2026-06-29");
    late.needed_by = some("2026-06-29");
    assert_eq!(rules(&with_decision(late), Dimension::Decisions), [("decisions.past_needed_by", Rag::Red)]);
    late.needed_by = some("2026-06-30");
    assert_eq!(rules(&with_decision(late), Dimension::Decisions)[0].1, Rag::Green);
}

#[test]
fn thresholds_are_those_of_the_program_on_the_day() {
    let mut facts = with_risk(risk("2026-06-01", 12));
    let thresholds = Thresholds { risk_red_score: 12, risk_amber_score: 8, ..Thresholds::default() };
    facts.thresholds = vec![Version { effective_on: day("2026-06-30"), fact: thresholds }];
    assert_eq!(rules(&facts, Dimension::Risk), [("risk.severe", Rag::Red)]);
    let before = assess(&facts, day("2026-06-29"), None);
    assert_eq!(before.of(Dimension::Risk).unwrap().rag, Rag::Green);
}

#[test]
fn a_risk_that_nobody_mitigates_turns_red_by_a_score_of_its_own() {
    let facts = |thresholds| {
        let mut facts = with_risk(risk("2026-05-01", 9));
        facts.thresholds = vec![Version { effective_on: day("2026-01-01"), fact: thresholds }];
        facts
    };
    let amber = Thresholds { risk_amber_score: 8, ..Thresholds::default() };
    assert_eq!(rules(&facts(amber.clone()), Dimension::Risk), [("risk.high", Rag::Amber)]);
    let high = Thresholds { risk_unmitigated_score: 9, ..amber };
    let health = assess(&facts(high), day(AS_OF), None);
    let reason = &health.of(Dimension::Risk).unwrap().reasons[0];
    assert_eq!((reason.rule, reason.rag), ("risk.unmitigated", Rag::Red));
    assert_eq!(
        reason.text,
        "1 risk scored 9 or more has been open for more than 45 days with no mitigation in progress, the oldest for 60 days."
    );
    assert!(
        reason.rule_text(&health.thresholds).starts_with("Red if a risk with a score of 9 or more is older")
    );
}

#[test]
fn a_project_is_judged_by_its_own_items() {
    let (ours, theirs) = (ProjectId(Uuid::from_u128(1)), ProjectId(Uuid::from_u128(2)));
    let mut severe = risk("2026-06-01", 25);
    severe.common.project = Some(theirs);
    let mut low = risk("2026-06-01", 2);
    low.common.project = Some(ours);
    let mut facts = with_risk(severe);
    facts.risks.push(single(Kind::Risk, 2, "2026-06-01", low));
    let colour = |project| assess(&facts, day(AS_OF), project).overall;
    assert_eq!([colour(None), colour(Some(theirs)), colour(Some(ours))], [Rag::Red, Rag::Red, Rag::Green]);
}

/// A severe risk, and an action with an owner and a date that is linked to it.
fn recovering() -> Facts {
    let mut action = build::action("2026-06-01", "2026-07-14");
    action.common.owner = Some(owner());
    let mut facts = with_risk(risk("2026-06-01", 25));
    facts.actions = vec![single(Kind::Action, 5, "2026-06-01", action)].into();
    facts.action_links = vec![ActionLink {
        action: id(Kind::Action, 5),
        item: id(Kind::Risk, 1),
        mitigates: true,
        from: day("2026-06-10"),
        until: None,
    }];
    facts
}

#[test]
fn one_red_dimension_with_recovery_under_way_is_amber_overall_and_says_so() {
    let health = assess(&recovering(), day(AS_OF), None);
    assert_eq!((health.of(Dimension::Risk).unwrap().rag, health.overall), (Rag::Red, Rag::Amber));
    assert_eq!(
        health.softened.as_deref(),
        Some(
            "Risk is red, the only one of seven, and recovery is under way with an owner and a date: ATLAS-ACT5 due \
             14 Jul 2026."
        )
    );
    let before = assess(&recovering(), day("2026-06-09"), None);
    assert_eq!((before.overall, before.softened), (Rag::Red, None), "before the link");
    let overdue = assess(&recovering(), day("2026-07-15"), None);
    assert_eq!(overdue.overall, Rag::Red, "past the action's due date");
}

#[test]
fn recovery_without_owner_date_or_link_softens_nothing_nor_do_two_reds() {
    type Spoil = fn(&mut Facts);
    let spoilt: [(&str, Spoil); 5] = [
        ("no owner", |facts| facts.actions[0].versions[0].fact.common.owner = None),
        ("no date", |facts| facts.actions[0].versions[0].fact.due_on = None),
        ("done", |facts| facts.actions[0].versions[0].fact.common.state = State::Done),
        ("link taken away", |facts| facts.action_links[0].until = some("2026-06-30")),
        ("two reds", |facts| {
            let late = milestone("2026-01-01", "2026-06-01", "");
            facts.milestones = vec![single(Kind::Milestone, 3, "2025-01-01", late)].into();
        }),
    ];
    for (what, spoil) in spoilt {
        let mut facts = recovering();
        spoil(&mut facts);
        let health = assess(&facts, day(AS_OF), None);
        assert_eq!((health.overall, health.softened), (Rag::Red, None), "{what}");
    }
}
