//! The metrics of governance by example, and at their edges.

use super::build::*;
use crate::domain::agenda::Name;
use crate::domain::benefit::Point;
use crate::domain::facts::*;
use crate::domain::gate::Checked;
use crate::domain::health::Rag;
use crate::domain::ids::{ItemId, TeamId};
use crate::domain::kind::{Kind, State};
use crate::domain::metrics::*;
use chrono::{Days, NaiveDate};
use uuid::Uuid;

const AS_OF: &str = "2026-06-30";

fn with(governance: Governance) -> Facts {
    Facts { governance, ..facts() }
}

fn now(metric: Metric, governance: &Governance) -> Measure {
    measure(metric, &with(governance.clone()), day(AS_OF), WINDOW_DAYS)
}

/// Recorded on a day, and never changed.
fn recorded<T>(on: &str, fact: T) -> Record<T> {
    Record { from: day(on), until: None, fact }
}

fn in_state(state: State, raised: &str, closed: &str) -> Common {
    Common { closed_on: some(closed), ..common(state, raised) }
}

fn check(number: i32, versions: &[(&str, State)]) -> Track<CheckFact> {
    let fact = |state| CheckFact {
        common: common(state, versions[0].0),
        gate: id(Kind::Gate, 1),
        area: "engineering",
        mandatory: true,
        waived_until: None,
    };
    track(Kind::Check, number, versions.iter().map(|(on, state)| (day(on), fact(*state))).collect())
}

fn gate(decided: &str) -> Track<GateFact> {
    let planned = GateFact {
        common: common(State::Planned, "2026-01-01"),
        on: day("2026-06-20"),
        decided_on: None,
        checked: None,
    };
    let mut versions = vec![(day("2026-01-01"), planned)];
    if !decided.is_empty() {
        let common = in_state(State::Go, "2026-01-01", decided);
        versions.push((day(decided), GateFact { common, decided_on: some(decided), ..planned }));
    }
    track(Kind::Gate, 1, versions)
}

/// Ten checks on 20 June: seven passed, one waived, one failed, one not applicable; the failed one passes on the 25th.
fn gated(decided: &str) -> Governance {
    let start = "2026-05-01";
    let mut checks: Vec<_> =
        (1..=7).map(|n| check(n, &[(start, State::Unstarted), ("2026-06-01", State::Passed)])).collect();
    checks.push(check(8, &[(start, State::Unstarted), ("2026-06-01", State::Waived)]));
    checks.push(check(
        9,
        &[(start, State::Unstarted), ("2026-06-01", State::Failed), ("2026-06-25", State::Passed)],
    ));
    checks.push(check(10, &[(start, State::NotApplicable)]));
    Governance { gates: vec![gate(decided)].into(), checks: checks.into(), ..Governance::default() }
}

#[test]
fn readiness_is_what_had_passed_at_the_go_or_has_passed_by_now() {
    let decided = now(Metric::ReadinessPassRate, &gated("2026-06-20"));
    assert_eq!(
        (decided.numerator, decided.denominator),
        (Some(7.0), Some(9.0)),
        "as on the 20th, whatever passed later"
    );
    assert_eq!(decided.verdict, Some(Verdict::Missed));
    let Some(Detail::Readiness(detail)) = &decided.detail else { panic!("{:?}", decided.detail) };
    assert_eq!((detail.waived, detail.gates[0].gate.as_str()), (1, "ATLAS-G1"));
    let open = now(Metric::ReadinessPassRate, &gated(""));
    assert_eq!((open.numerator, open.denominator), (Some(8.0), Some(9.0)), "before the go, as of the day");
    // 8 of 9 is 88.9 %: near 90 %, and not above it.
    assert_eq!(open.verdict, Some(Verdict::Near));
    assert_eq!(Goal::Above.verdict(0.9, 0.9), Verdict::Near, "90 % is not above 90 %");
    // A gate that was decided before the window is of the past.
    let old = now(Metric::ReadinessPassRate, &gated("2026-04-01"));
    assert_eq!((old.value, old.denominator), (None, Some(0.0)));
    assert!(old.reason_for_no_value.is_some());
}

#[test]
fn a_check_that_passes_later_on_the_day_of_the_go_was_not_there_for_it() {
    let mut governance = gated("2026-06-25");
    let rate = |governance: &Governance| {
        let now = now(Metric::ReadinessPassRate, governance);
        (now.numerator, now.denominator)
    };
    assert_eq!(
        rate(&governance),
        (Some(8.0), Some(9.0)),
        "as at the end of the day, where nothing else is known"
    );
    let go = governance.gates[0].versions.last_mut().unwrap();
    go.fact.checked = Some(Checked { passed: 7, applicable: 9, waived: 1 });
    assert_eq!(rate(&governance), (Some(7.0), Some(9.0)), "as they were found");
}

fn released(launched: &str, events: &[(&str, bool, i64)]) -> Governance {
    let fact = ReleaseFact { common: common(State::Launched, "2026-01-01"), launched_on: some(launched) };
    let event = |(on, incident, count): &(&str, bool, i64)| {
        recorded(
            on,
            ReleaseEvent { release: id(Kind::Release, 1), incident: *incident, on: day(on), count: *count },
        )
    };
    Governance {
        releases: vec![track(Kind::Release, 1, vec![(day(launched), fact)])].into(),
        release_events: events.iter().map(event).collect(),
        ..Governance::default()
    }
}

#[test]
fn incidents_are_those_of_the_thirty_days_after_the_launch() {
    let governance = released(
        "2026-05-01",
        &[("2026-04-30", true, 9), ("2026-05-01", true, 1), ("2026-05-31", true, 2), ("2026-06-01", true, 5)],
    );
    let rate = now(Metric::PostLaunchIncidentRate, &governance);
    assert_eq!((rate.value, rate.numerator, rate.denominator), (Some(3.0), Some(3.0), Some(1.0)));
    let Some(Detail::Incidents(detail)) = &rate.detail else { panic!("{:?}", rate.detail) };
    assert!((detail.per_week.unwrap() - 3.0 * 7.0 / 30.0).abs() < 1e-12);
    // As of 10 May the later ones are not known: what takes effect after D does not exist at D.
    let then = measure(Metric::PostLaunchIncidentRate, &with(governance), day("2026-05-10"), WINDOW_DAYS);
    assert_eq!(then.value, Some(1.0));
    let none = now(Metric::PostLaunchIncidentRate, &Governance::default());
    assert_eq!((none.value, none.verdict), (None, None), "no release is no rate of 0");
}

#[test]
fn an_escaped_defect_was_found_after_the_launch() {
    let governance = released(
        "2026-05-01",
        &[
            ("2026-04-01", false, 6),
            ("2026-05-01", false, 3),
            ("2026-05-02", false, 1),
            ("2026-06-01", false, 4),
        ],
    );
    let rate = now(Metric::DefectEscapeRate, &governance);
    assert_eq!((rate.numerator, rate.denominator, rate.value), (Some(1.0), Some(10.0), Some(0.1)));
    assert_eq!(rate.verdict, Some(Verdict::Met));
    let clean = now(Metric::DefectEscapeRate, &released("2026-05-01", &[]));
    assert_eq!(clean.value, None, "no defect at all is no share");
}

#[test]
fn a_second_launch_wipes_out_nothing_of_the_first() {
    let mut governance = released(
        "2026-05-01",
        &[
            ("2026-04-20", false, 6),
            ("2026-05-03", true, 4),
            ("2026-05-04", false, 2),
            ("2026-06-02", true, 8),
            ("2026-06-12", true, 1),
            ("2026-06-13", false, 1),
        ],
    );
    let mut release = governance.releases[0].clone();
    let launched = release.versions[0].fact;
    for (on, state, launched_on) in
        [("2026-05-06", State::RolledBack, "2026-05-01"), ("2026-06-10", State::Launched, "2026-06-10")]
    {
        let common = Common { state, ..launched.common };
        release.versions.push(Version {
            effective_on: day(on),
            fact: ReleaseFact { common, launched_on: some(launched_on) },
        });
    }
    governance.releases = vec![release].into();
    // 4 after the first launch and 1 after the second; those of 2 June came 32 days after the first and before the second.
    let rate = now(Metric::PostLaunchIncidentRate, &governance);
    assert_eq!((rate.numerator, rate.denominator), (Some(5.0), Some(1.0)));
    let Some(Detail::Incidents(detail)) = &rate.detail else { panic!("{:?}", rate.detail) };
    assert!((detail.weeks_watched - (30.0 + 20.0) / 7.0).abs() < 1e-12, "30 days, and 10 to 30 June");
    let escaped = now(Metric::DefectEscapeRate, &governance);
    assert_eq!(
        (escaped.numerator, escaped.denominator),
        (Some(3.0), Some(9.0)),
        "what escaped once has escaped"
    );
    // On 5 August the first launch lies before the window; the release still counts for its second.
    let later = |metric| measure(metric, &with(governance.clone()), day("2026-08-05"), WINDOW_DAYS);
    assert_eq!(later(Metric::PostLaunchIncidentRate).numerator, Some(5.0));
    let escaped = later(Metric::DefectEscapeRate);
    assert_eq!((escaped.numerator, escaped.denominator), (Some(3.0), Some(9.0)), "it was not found before");
}

fn benefit(number: i32, baseline: f64, weight: f64, plan: &[(&str, f64)]) -> Track<BenefitFact> {
    let plan = plan.iter().map(|(on, value)| Point { on: day(on), value: *value }).collect();
    let common = common(State::Tracking, "2026-01-01");
    single(Kind::Benefit, number, "2026-01-01", BenefitFact { common, baseline, weight, plan })
}

fn measured(number: i32, on: &str, value: f64) -> Record<Measurement> {
    let sequence = Uuid::from_u128(u128::from(day(on).to_string().bytes().map(u64::from).sum::<u64>()));
    recorded(
        on,
        Measurement {
            id: sequence,
            benefit: id(Kind::Benefit, number),
            adoption_target: None,
            on: day(on),
            value,
        },
    )
}

#[test]
fn the_example_of_benefits_realizes_half_of_what_was_planned() {
    let governance = Governance {
        benefits: vec![benefit(1, 100.0, 1.0, &[("2026-01-01", 100.0), ("2026-12-31", 200.0)])].into(),
        measurements: vec![measured(1, "2026-07-02", 125.0)].into(),
        ..Governance::default()
    };
    let index =
        measure(Metric::BenefitsRealizationIndex, &with(governance.clone()), day("2026-07-02"), WINDOW_DAYS);
    assert_eq!((index.value, index.verdict), (Some(0.5), Some(Verdict::Missed)));
    assert_eq!(index.items[0].figures[1], Figure { label: "Planned by now", value: Shown::Number(150.0) });
    let before = measure(Metric::BenefitsRealizationIndex, &with(governance), day("2026-07-01"), WINDOW_DAYS);
    assert_eq!(before.value, None, "it was measured a day later");
}

#[test]
fn benefits_are_weighed_and_none_counts_more_than_half_as_much_again() {
    let plan = [("2026-01-01", 0.0), ("2026-06-30", 100.0)];
    let governance = Governance {
        benefits: vec![
            benefit(1, 0.0, 3.0, &plan),
            benefit(2, 0.0, 1.0, &plan),
            benefit(3, 0.0, 5.0, &plan),
            benefit(4, 0.0, 5.0, &[("2026-07-15", 1.0)]),
            // What is to fall has come half the way.
            benefit(5, 200.0, 1.0, &[("2026-01-01", 200.0), ("2026-06-30", 100.0)]),
        ]
        .into(),
        measurements: vec![
            measured(1, "2026-03-01", 10.0),
            measured(1, "2026-06-01", 80.0),
            measured(2, "2026-06-01", 900.0),
            measured(4, "2026-06-01", 1.0),
            measured(5, "2026-06-01", 150.0),
        ]
        .into(),
        ..Governance::default()
    };
    let index = now(Metric::BenefitsRealizationIndex, &governance);
    // 3 × 0.8 + 1 × 1.5 + 1 × 0.5 of weights 3 + 1 + 1; the third isn't measured, of the fourth nothing is planned yet.
    assert!((index.value.unwrap() - 4.4 / 5.0).abs() < 1e-12, "{:?}", index.value);
    let Some(Detail::Benefits(detail)) = &index.detail else { panic!("{:?}", index.detail) };
    assert_eq!((detail.counted, detail.not_measured, detail.not_planned), (3, 1, 1));
    assert_eq!(index.verdict, Some(Verdict::Met));
}

#[test]
fn adoption_counts_what_was_measured_by_the_due_date() {
    let target = |number: u128, due: &str, target: f64| {
        let fact = AdoptionTarget {
            id: Uuid::from_u128(number),
            benefit: id(Kind::Benefit, 1),
            title: "Teams on it".into(),
            target,
            due_on: day(due),
        };
        recorded("2026-01-01", fact)
    };
    let reached = |number: u128, on: &str, value: f64| {
        let mut record = measured(1, on, value);
        record.fact.adoption_target = Some(Uuid::from_u128(number));
        record
    };
    let governance = Governance {
        benefits: vec![benefit(1, 0.0, 1.0, &[])].into(),
        adoption_targets: vec![
            target(1, "2026-05-01", 10.0),
            target(2, "2026-05-01", 10.0),
            target(3, "2026-06-30", 10.0),
            target(4, "2026-07-01", 10.0),
            target(5, "2026-04-01", 10.0),
        ]
        .into(),
        measurements: vec![
            reached(1, "2026-05-01", 10.0),
            reached(2, "2026-05-01", 9.5),
            reached(2, "2026-05-02", 12.0),
            reached(5, "2026-03-01", 12.0),
        ]
        .into(),
        ..Governance::default()
    };
    let rate = now(Metric::AdoptionAttainment, &governance);
    // Of 1, 2 and 3; 4 is not due yet, 5 was due on the day before the window.
    assert_eq!((rate.numerator, rate.denominator), (Some(1.0), Some(3.0)));
    let outcomes: Vec<_> = rate.items.iter().map(|row| row.outcome).collect();
    assert_eq!(outcomes, ["not reached", "not measured", "reached"]);
}

fn answer(on: &str, value: i64, invitation: Option<u128>) -> Record<SurveyAnswer> {
    let invitation = invitation.map(Uuid::from_u128);
    let about = invitation.map(|_| Name {
        item: id(Kind::Stakeholder, 2),
        kind: Kind::Stakeholder,
        number: 2,
        title: "Finance".into(),
    });
    recorded(on, SurveyAnswer { about, survey: "How is it going?".into(), invitation, value, on: day(on) })
}

#[test]
fn fewer_than_three_answers_say_nothing() {
    let mut governance = Governance {
        answers: vec![
            answer("2026-04-01", 1, None),
            answer("2026-06-01", 5, Some(1)),
            answer("2026-06-30", 4, None),
        ]
        .into(),
        ..Governance::default()
    };
    let asked = |number: u128| {
        recorded("2026-05-20", Invitation { id: Uuid::from_u128(number), on: day("2026-05-20") })
    };
    governance.invitations = (1..=4).map(asked).collect();
    let two = now(Metric::StakeholderSatisfaction, &governance);
    assert_eq!((two.value, two.verdict), (None, None), "the first was given on the day before the 90");
    assert_eq!(
        two.reason_for_no_value.as_deref(),
        Some("Only 2 answers were given in the 90 days to 30 Jun 2026: fewer than 3 say nothing.")
    );
    governance.answers.push(answer("2026-04-02", 3, None));
    let three = now(Metric::StakeholderSatisfaction, &governance);
    assert_eq!((three.value, three.verdict), (Some(4.0), Some(Verdict::Near)));
    let Some(Detail::Satisfaction(detail)) = &three.detail else { panic!("{:?}", three.detail) };
    assert_eq!((detail.answers, detail.asked, detail.answered, detail.answer_rate), (3, 4, 1, Some(0.25)));
    // The row of an answer shows whose it is; an unnamed one hangs on nothing.
    let names: Vec<_> = three.items.iter().map(|row| row.reference("ATLAS").map(|r| r.to_string())).collect();
    assert_eq!(names.iter().flatten().collect::<Vec<_>>(), ["ATLAS-SH2"]);
    assert_eq!(names.len(), 3);
}

fn report(number: i32, published: &str, declared: Rag, computed: Rag) -> Track<ReportFact> {
    let mut fact = ReportFact {
        common: in_state(State::Published, published, published),
        published_on: some(published),
        declared: [Some(Rag::Green); 7],
        computed: [Some(Rag::Green); 7],
    };
    (fact.declared[2], fact.computed[2]) = (Some(declared), Some(computed));
    single(Kind::Report, number, published, fact)
}

#[test]
fn report_quality_is_the_mean_of_the_ratings() {
    let rating = |number: i32, on: &str, value: i64| {
        recorded(on, Rating { report: id(Kind::Report, number), value, on: day(on) })
    };
    let governance = Governance {
        reports: vec![
            report(1, "2026-04-01", Rag::Green, Rag::Green),
            report(2, "2026-05-01", Rag::Green, Rag::Green),
            report(3, "2026-06-01", Rag::Green, Rag::Green),
        ]
        .into(),
        ratings: vec![
            rating(1, "2026-05-01", 1),
            rating(2, "2026-05-02", 5),
            rating(2, "2026-05-03", 4),
            rating(2, "2026-07-01", 1),
        ]
        .into(),
        ..Governance::default()
    };
    let quality = now(Metric::ReportQuality, &governance);
    assert_eq!((quality.value, quality.verdict), (Some(4.5), Some(Verdict::Met)));
    let Some(Detail::ReportQuality(detail)) = &quality.detail else { panic!("{:?}", quality.detail) };
    assert_eq!((detail.reports, detail.rated, detail.ratings), (2, 1, 2));
}

#[test]
fn a_week_with_a_report_that_says_better_than_the_evidence_is_a_gap() {
    let governance = Governance {
        reports: vec![
            // 13 weeks to 30 June begin on 1 April.
            report(1, "2026-03-31", Rag::Green, Rag::Red),
            report(2, "2026-04-01", Rag::Green, Rag::Amber),
            report(3, "2026-05-05", Rag::Amber, Rag::Red),
            report(4, "2026-05-04", Rag::Green, Rag::Red),
            report(5, "2026-06-02", Rag::Red, Rag::Amber),
            report(6, "2026-06-09", Rag::Green, Rag::Grey),
            report(7, "2026-06-30", Rag::Green, Rag::Amber),
        ]
        .into(),
        ..Governance::default()
    };
    let gap = now(Metric::GreenwashGap, &governance);
    // The weeks of 2, of 3 and 4 together, and of 7. Worse than the evidence is no gap, nor is better than none.
    assert_eq!((gap.value, gap.verdict), (Some(3.0), Some(Verdict::Missed)));
    let Some(Detail::Greenwash(detail)) = &gap.detail else { panic!("{:?}", gap.detail) };
    assert_eq!(detail.reports, 6);
    assert_eq!(detail.weeks.iter().map(|week| week.dimensions.len()).collect::<Vec<_>>(), [1, 1, 0, 0, 1]);
    let honest = Governance {
        reports: vec![report(1, "2026-06-30", Rag::Amber, Rag::Amber)].into(),
        ..Governance::default()
    };
    assert_eq!(now(Metric::GreenwashGap, &honest).verdict, Some(Verdict::Met));
    let silent = now(Metric::GreenwashGap, &Governance::default());
    assert_eq!((silent.value, silent.verdict), (None, None), "who declares nothing is not praised for it");
}

#[test]
fn of_a_key_meeting_something_comes_or_nothing() {
    let meeting = |number: i32, held: &str, key: bool| {
        let common = in_state(State::Held, "2026-01-01", held);
        single(Kind::Meeting, number, "2026-01-01", MeetingFact { common, key, held_on: some(held) })
    };
    let outcome = |number: i32, from: &str| {
        recorded(from, Outcome { meeting: id(Kind::Meeting, number), item: ItemId(Uuid::from_u128(1)) })
    };
    let governance = Governance {
        meetings: vec![
            meeting(1, "2026-05-01", true),
            meeting(2, "2026-06-01", true),
            meeting(3, "2026-06-02", false),
            meeting(4, "2026-04-01", true),
            meeting(5, "2026-06-30", true),
        ]
        .into(),
        outcomes: vec![
            outcome(1, "2026-05-01"),
            outcome(1, "2026-05-02"),
            outcome(3, "2026-06-02"),
            outcome(5, "2026-07-01"),
        ]
        .into(),
        ..Governance::default()
    };
    let ratio = now(Metric::MeetingToDecisionRatio, &governance);
    assert_eq!((ratio.numerator, ratio.denominator), (Some(1.0), Some(3.0)));
    let later = measure(Metric::MeetingToDecisionRatio, &with(governance), day("2026-07-01"), WINDOW_DAYS);
    assert_eq!(later.numerator, Some(2.0), "minutes that are written the day after");
}

fn redone(on: NaiveDate) -> Record<Rework> {
    Record { from: on, until: None, fact: Rework { about: None, what: "Forms, once more".into(), on } }
}

#[test]
fn rework_is_held_against_what_was_completed() {
    let done = |number: u128, on: &str| {
        let (kind, title) = (Kind::Activity, "An activity".to_owned());
        let about = Name { item: ItemId(Uuid::from_u128(number)), kind, number: 1, title };
        recorded(on, Completion { about, on: day(on) })
    };
    let mut facts = with(Governance {
        rework: vec![redone(day("2026-04-01")), redone(day("2026-04-02")), redone(day("2026-06-30"))].into(),
        completions: vec![done(1, "2026-06-01"), done(2, "2026-03-01")].into(),
        ..Governance::default()
    });
    let mut action = action("2026-06-01", "2026-06-20");
    action.common = in_state(State::Done, "2026-06-01", "2026-06-10");
    facts.actions = vec![single(Kind::Action, 1, "2026-06-10", action)].into();
    facts.milestones = vec![single(
        Kind::Milestone,
        1,
        "2026-06-12",
        achieved(milestone("2026-01-01", "2026-06-12", ""), "2026-06-12"),
    )]
    .into();
    let rate = measure(Metric::ReworkRate, &facts, day(AS_OF), WINDOW_DAYS);
    assert_eq!((rate.numerator, rate.denominator), (Some(2.0), Some(3.0)));
    let rows: Vec<_> = rate.items.iter().map(|row| (row.outcome, row.kind, row.counts)).collect();
    let completed = |kind| ("completed", kind, true);
    assert_eq!(rows[..2], [("redone", Kind::Stakeholder, true); 2]);
    assert_eq!(rows[2..], [Kind::Milestone, Kind::Activity, Kind::Action].map(completed));
    facts.milestones = Tracks::default();
    facts.actions = Tracks::default();
    facts.governance.completions = Records::default();
    let nothing = measure(Metric::ReworkRate, &facts, day(AS_OF), WINDOW_DAYS);
    assert_eq!((nothing.value, nothing.numerator), (None, Some(2.0)), "nothing was completed: no rate");
}

/// Issues raised so many days before 30 June, each blocking one team and owed by another.
fn blocking(days_ago: &[u64]) -> Facts {
    let team = |number: u128| Some(TeamId(Uuid::from_u128(number)));
    let tracks = (1..).zip(days_ago).map(|(number, ago)| {
        let raised = (day(AS_OF) - Days::new(*ago)).to_string();
        let fact =
            IssueFact { blocking: true, blocked_team: team(1), owing_team: team(2), ..issue(&raised, "") };
        single(Kind::Issue, number, &raised, fact)
    });
    Facts { issues: tracks.collect(), ..facts() }
}

#[test]
fn blockers_across_teams_are_counted_by_the_week() {
    let mut facts = blocking(&[0, 6, 7, 20]);
    let change = |facts: &mut Facts, index: usize, change: &dyn Fn(&mut IssueFact)| {
        change(&mut facts.issues[index].versions[0].fact);
    };
    let value = |facts: &Facts| measure(Metric::CrossTeamBlockers, facts, day(AS_OF), WINDOW_DAYS).value;
    assert_eq!(value(&facts), Some(2.0), "of the week to the 30th, which begins on the 24th");
    change(&mut facts, 0, &|fact| fact.owing_team = fact.blocked_team);
    assert_eq!(value(&facts), Some(1.0), "a team that blocks itself blocks no other");
    change(&mut facts, 1, &|fact| fact.blocking = false);
    assert_eq!(value(&facts), Some(0.0));
    assert_eq!(value(&super::build::facts()), None, "no issue is known");
}

#[test]
fn falling_is_judged_by_the_last_eight_weeks() {
    let verdict = |ago: &[u64]| {
        let measure = measure(Metric::CrossTeamBlockers, &blocking(ago), day(AS_OF), WINDOW_DAYS);
        (measure.judged.map(|slope| slope > 0.0), measure.verdict)
    };
    assert_eq!(verdict(&[0, 1, 2, 8, 60]), (Some(true), Some(Verdict::Missed)), "more and more");
    assert_eq!(verdict(&[50, 51, 52, 40, 60]), (Some(false), Some(Verdict::Met)), "fewer and fewer");
    assert_eq!(
        verdict(&[0, 7, 14, 21, 28, 35, 42, 49, 56]),
        (Some(false), Some(Verdict::Met)),
        "as many each week"
    );
    // With fewer than four weeks in which anything is known there is a value and no verdict.
    let young = measure(Metric::CrossTeamBlockers, &blocking(&[0, 8, 15]), day(AS_OF), WINDOW_DAYS);
    assert_eq!((young.value, young.judged, young.verdict), (Some(1.0), None, None));
    assert_eq!(young.target, Some(0.0));
}
