//! Reports written from facts made by hand: what they say, of which items, and what they leave out.

use super::*;
use crate::domain::changes::{Change, Changes, Topic};
use crate::domain::facts::{Facts, MilestoneFact, RiskFact};
use crate::domain::health::assess;
use crate::domain::ids::ItemId;
use crate::domain::kind::{Kind, Reference, State};
use crate::domain::metrics::tests::build::{
    self, achieved, day, decision, dependency, id, milestone, risk, single, track,
};
use std::collections::HashMap;

const FROM: &str = "2026-06-16";
const AS_OF: &str = "2026-06-30";

fn reference(kind: Kind, number: i32) -> Reference {
    Reference { program: "ATLAS".into(), kind, number }
}

fn change(topic: Topic, kind: Kind, number: i32, before: &'static str, after: &str) -> Change {
    Change {
        topic,
        item: Some((reference(kind, number), format!("{} {number}", kind.label()))),
        before,
        after: after.into(),
        good: None,
        on: day("2026-06-20"),
        state: None,
        reason: None,
        by: None,
        author: None,
        slip: None,
    }
}

fn slip(number: i32, days: i64) -> Change {
    let after = format!(" slipped {days} working days to 2 Dec 2026");
    Change { slip: Some(days), good: Some(false), ..change(Topic::Slip, Kind::Milestone, number, "", &after) }
}

/// The report of the facts and of what changed; against the report before, if one is given.
fn written(
    facts: &Facts,
    list: Vec<Change>,
    about: &HashMap<ItemId, About>,
    before: Option<&Frozen>,
) -> Frozen {
    let on = day(AS_OF);
    let health = assess(facts, on, None);
    let changes = Changes { from: day(FROM), to: on, list, events: 0 };
    let picks = Picks::of(facts, on);
    compose(&Ground {
        name: "Atlas",
        facts,
        day: on,
        from: day(FROM),
        to: on,
        health: &health,
        changes: &changes,
        measures: &[],
        picks: &picks,
        about,
        before: before.map(|before| (before, "ATLAS-REP1")),
    })
}

fn report(facts: &Facts, list: Vec<Change>) -> Frozen {
    written(facts, list, &HashMap::new(), None)
}

fn facts(milestones: Vec<MilestoneFact>, risks: Vec<RiskFact>) -> Facts {
    let number = |at: usize| i32::try_from(at + 1).unwrap();
    let milestones = milestones.into_iter().enumerate();
    let risks = risks.into_iter().enumerate();
    Facts {
        milestones: milestones.map(|(at, m)| single(Kind::Milestone, number(at), "2026-01-01", m)).collect(),
        risks: risks.map(|(at, r)| single(Kind::Risk, number(at), "2026-01-01", r)).collect(),
        ..build::facts()
    }
}

fn texts(section: &Section) -> Vec<&str> {
    section.sentences.iter().map(|sentence| sentence.text.as_str()).collect()
}

#[test]
fn nothing_is_said_of_a_program_without_facts_but_that() {
    let report = report(&build::facts(), Vec::new());
    assert_eq!(
        report.headline,
        "There is too little data to judge Atlas. No milestone moved since 16 Jun 2026."
    );
    assert_eq!(
        report.decisions_needed,
        "Nothing: no decision and no change request waits, and no dimension is red."
    );
    assert!(report.milestones.is_empty() && report.metrics.is_empty());
    assert_eq!(
        texts(&report.sections[1]),
        ["No high risk, no critical or blocking issue and no late dependency is open."]
    );
}

#[test]
fn every_sentence_about_an_item_cites_it() {
    let late = milestone("2026-01-01", "2026-09-07", "2026-10-30");
    let report = report(&facts(vec![late], vec![risk("2026-06-20", 20)]), vec![slip(1, 39)]);
    for section in &report.sections {
        for sentence in &section.sentences {
            assert!(!sentence.items.is_empty(), "“{}” cites nothing", sentence.text);
            assert!(sentence.items.iter().all(|item| sentence.text.contains(item.as_str())));
        }
    }
    assert_eq!(
        report.headline,
        "Atlas is red: schedule and risk are red. One milestone slipped since 16 Jun 2026: \
         Milestone 1 (ATLAS-M1) slipped 39 working days to 2 Dec 2026. \
         Next: Milestone 1 (ATLAS-M1) on 30 Oct 2026, 39 working days past the original date 7 Sep 2026."
    );
    assert_eq!(
        report.narrative["schedule"],
        "1 milestone is forecast past the committed date by more than 10 working days, the worst by 39: \
         Milestone 1 (ATLAS-M1)."
    );
}

#[test]
fn slips_come_first_a_few_are_named_and_the_rest_is_counted() {
    let mut list: Vec<Change> = (1..=6).map(|number| slip(number, 20 - i64::from(number))).collect();
    list.push(change(Topic::Decision, Kind::Decision, 1, "Decided: ", ", after 3 working days"));
    for number in 1..=5 {
        let reached = change(Topic::Other, Kind::Milestone, 10 + number, "", " was achieved");
        list.push(Change { good: Some(true), ..reached });
    }
    list.push(change(Topic::Other, Kind::Risk, 1, "New risk: ", ", score 4"));
    let report = report(&build::facts(), list);
    let changed = &report.sections[0];
    let told = texts(changed);
    assert_eq!(told.len(), 6, "{told:?}");
    assert!(told[0].starts_with("Milestone 1 (ATLAS-M1) slipped 19 working days"), "{told:?}");
    assert_eq!(told[4], "Decided: Decision 1 (ATLAS-DEC1), after 3 working days.");
    assert_eq!(
        told[5],
        "Milestone 11 (ATLAS-M11), Milestone 12 (ATLAS-M12), Milestone 13 (ATLAS-M13) and 2 more were achieved."
    );
    assert_eq!(changed.more, "3 smaller changes", "two slips and a risk");
    assert_eq!(changed.all, "/changed?from=2026-06-16&to=2026-06-30");
}

#[test]
fn what_went_wrong_is_named_before_what_is_smaller_and_what_is_approved_before_what_waits() {
    let bad = |kind, number, before, after: &str| Change {
        good: Some(false),
        ..change(Topic::Setback, kind, number, before, after)
    };
    let moved = |number, before, state| Change {
        state: Some(state),
        ..change(Topic::Decision, Kind::Change, number, before, "")
    };
    let mut list = vec![
        change(Topic::Other, Kind::Action, 1, "New action: ", ""),
        moved(2, "Submitted: ", State::Submitted),
        moved(3, "Submitted: ", State::Submitted),
        moved(4, "Submitted: ", State::Submitted),
        moved(1, "Approved: ", State::Approved),
        bad(Kind::Issue, 1, "New critical issue: ", ""),
        bad(Kind::Gate, 1, "", " said no-go"),
        slip(1, 5),
    ];
    list.sort_by_key(|change| (change.topic, change.place()));
    let mut critical = build::issue("2026-06-20", "");
    critical.severity = 1;
    let mut both = critical;
    both.blocking = true;
    let mut blocks = build::issue("2026-06-01", "");
    blocks.blocking = true;
    let issues = [critical, both, blocks, build::issue("2026-06-01", ""), critical, critical];
    let facts = Facts {
        issues: (1..)
            .zip(issues)
            .map(|(number, one)| single(Kind::Issue, number, "2026-06-01", one))
            .collect(),
        ..build::facts()
    };
    let report = report(&facts, list);
    assert_eq!(
        texts(&report.sections[0]),
        [
            "Milestone 1 (ATLAS-M1) slipped 5 working days to 2 Dec 2026.",
            "Gate 1 (ATLAS-G1) said no-go.",
            "New critical issue: Issue 1 (ATLAS-I1).",
            "Approved: Change request 1 (ATLAS-CR1).",
            "Submitted: Change request 2 (ATLAS-CR2).",
            "Submitted: Change request 3 (ATLAS-CR3).",
        ]
    );
    assert!(
        report.headline.contains("2 things went wrong, first of all: Gate 1 (ATLAS-G1) said no-go."),
        "{}",
        report.headline
    );
    let at_risk = &report.sections[1];
    assert_eq!(
        texts(at_risk),
        [
            "Critical, and blocking: Issue 2 (ATLAS-I2), open for 10 days, no owner.",
            "Critical: Issue 1 (ATLAS-I1), open for 10 days, no owner.",
            "Critical: Issue 5 (ATLAS-I5), open for 10 days, no owner.",
            "Blocking: Issue 3 (ATLAS-I3), open for 29 days, no owner.",
        ]
    );
    assert_eq!(at_risk.more, "1 critical issue");
}

#[test]
fn a_forecast_that_is_the_original_date_has_a_slip_of_0_and_none_without_one() {
    let report =
        report(&facts(vec![milestone("2026-01-01", "2026-07-06", "2026-07-06")], Vec::new()), Vec::new());
    let text = markdown("Status report", &report);
    assert!(text.contains("| 6 Jul 2026 | 6 Jul 2026 | 6 Jul 2026 | 0 |"), "{text}");
}

#[test]
fn what_is_asked_for_names_the_day_the_wait_and_the_person() {
    let mut waiting = decision("2026-06-15", "", "");
    waiting.needed_by = Some(day("2026-07-03"));
    let mut late = decision("2026-06-01", "", "");
    late.needed_by = Some(day("2026-06-20"));
    let facts = Facts {
        decisions: vec![
            single(Kind::Decision, 1, "2026-06-15", waiting),
            single(Kind::Decision, 2, "2026-06-01", late),
        ]
        .into(),
        ..build::facts()
    };
    let about = About {
        owner: Some("Mira".into()),
        recommendation: "Take the second.".into(),
        escalated_to: Some("Helena".into()),
        weight: Weight::Plain,
    };
    let report = written(&facts, Vec::new(), &HashMap::from([(id(Kind::Decision, 1), about)]), None);
    let lines: Vec<&str> = report.decisions_needed.lines().collect();
    assert_eq!(
        lines,
        [
            "- Decide now: Decision 2 (ATLAS-DEC2), needed by 20 Jun 2026. It has waited 21 working days.",
            "- Decide by 3 Jul 2026: Decision 1 (ATLAS-DEC1). It has waited 11 working days. \
             Recommended: Take the second. With Helena.",
        ]
    );
}

/// A program whose release comes after much that is smaller, and whose milestones nobody keeps.
#[test]
fn the_next_release_comes_first_and_what_is_stale_is_told_apart_from_slips_and_asked_for() {
    let on = |forecast: &str| milestone("2026-01-01", forecast, forecast);
    let mut all: Vec<MilestoneFact> =
        ["2026-03-02", "2026-05-04", "2026-06-01", "2026-06-22"].map(&on).into();
    all.extend((1..=9).map(|day| on(&format!("2026-07-0{day}"))));
    // 14 is a gate of the coming weeks, 15 the release, 16 one behind it.
    all.extend(["2026-08-05", "2026-08-26", "2026-12-16"].map(on));
    let about = |number, weight| (id(Kind::Milestone, number), About { weight, ..About::default() });
    let about =
        HashMap::from([about(14, Weight::Gate), about(15, Weight::Release), about(16, Weight::Release)]);
    let report = written(&facts(all, Vec::new()), Vec::new(), &about, None);
    assert_eq!(
        report.headline,
        "Atlas is red: schedule is red. No milestone moved since 16 Jun 2026. \
         4 milestones have passed the forecast date without being reached or forecast anew. \
         Next release: Milestone 15 (ATLAS-M15) on 26 Aug 2026."
    );
    let listed: Vec<&str> = report.milestones.iter().map(|line| line.reference.as_str()).collect();
    assert_eq!(listed[..2], ["ATLAS-M15", "ATLAS-M5"], "the release, then by date: {listed:?}");
    assert!(listed.contains(&"ATLAS-M14") && !listed.contains(&"ATLAS-M4"), "{listed:?}");
    assert_eq!((listed.len(), report.milestones_more), (8, 8));
    assert_eq!(
        texts(&report.sections[1]),
        ["Forecasts passed, not reached: Milestone 4 (ATLAS-M4) of 22 Jun 2026, \
          Milestone 3 (ATLAS-M3) of 1 Jun 2026 and 2 more, the oldest of 2 Mar 2026."]
    );
    assert_eq!(
        report.decisions_needed,
        "- Schedule is red, now: say of each milestone that passed its date whether it is reached, and if not give a new date: \
         Milestone 4 (ATLAS-M4), Milestone 3 (ATLAS-M3), Milestone 2 (ATLAS-M2) and 1 more."
    );
    assert!(
        !report.next_steps.contains("ATLAS-M"),
        "the milestones stand in their table: {}",
        report.next_steps
    );
}

#[test]
fn every_ask_has_its_day_and_the_first_day_stands_first() {
    let mut question = decision("2026-06-15", "", "");
    question.needed_by = Some(day("2026-07-14"));
    let waiting = |submitted: &str| build::change(submitted, "", (0, 0, 0));
    let facts = Facts {
        decisions: vec![single(Kind::Decision, 1, "2026-06-15", question)].into(),
        changes: vec![
            single(Kind::Change, 1, "2026-06-01", waiting("2026-06-26")),
            single(Kind::Change, 2, "2026-06-01", waiting("2026-06-12")),
        ]
        .into(),
        ..build::facts()
    };
    let report = report(&facts, Vec::new());
    let lines: Vec<&str> = report.decisions_needed.lines().collect();
    // Ten working days, by default, from the submission.
    assert_eq!(
        lines[0],
        "- Approve or reject now: Change request 2 (ATLAS-CR2), submitted 12 Jun 2026, due 26 Jun 2026."
    );
    assert_eq!(
        lines[1],
        "- Approve or reject by 10 Jul 2026: Change request 1 (ATLAS-CR1), submitted 26 Jun 2026."
    );
    assert!(lines[2].starts_with("- Decide by 14 Jul 2026: Decision 1 (ATLAS-DEC1)."), "{lines:?}");
    assert_eq!(lines.len(), 3);
}

#[test]
fn a_slip_says_against_which_date_and_markdown_keeps_them_all() {
    let mut moved = milestone("2026-01-01", "2026-07-06", "2026-09-07");
    moved.committed_on = Some(day("2026-08-03"));
    let report = report(&facts(vec![moved], Vec::new()), Vec::new());
    assert!(
        report.headline.ends_with(
            "on 7 Sep 2026, 45 working days past the original date 6 Jul 2026 and 25 working days past the committed date 3 Aug 2026."
        ),
        "{}",
        report.headline
    );
    let text = markdown("Status report", &report);
    assert!(
        text.contains("| Milestone | Original | Committed | Forecast | Slip from the original |"),
        "{text}"
    );
    assert!(text.contains("| 6 Jul 2026 | 3 Aug 2026 | 7 Sep 2026 | 45 working days late |"), "{text}");
}

#[test]
fn what_was_published_before_its_day_was_over_does_not_say_that_it_was() {
    let mut frozen = report(&build::facts(), Vec::new());
    assert!(frozen.computed_from().starts_with("Computed from the facts of 30 Jun 2026,"));
    frozen.published_on = Some(day("2026-06-30"));
    assert!(frozen.computed_from().contains("as they stood on 30 Jun 2026 when it was published,"));
    frozen.published_on = Some(day("2026-07-01"));
    assert!(frozen.computed_from().contains("as they stood at the end of 30 Jun 2026,"));
}

#[test]
fn a_dependency_that_comes_too_late_says_by_how_much() {
    let mut promised = dependency("2026-05-01", "2026-07-10");
    promised.promised_by = Some(day("2026-07-20"));
    promised.provider_agreed = true;
    let facts = Facts {
        dependencies: vec![
            single(Kind::Dependency, 1, "2026-05-01", dependency("2026-05-01", "2026-06-25")),
            single(Kind::Dependency, 2, "2026-05-01", promised),
            // So long ago that it is counted, not named.
            single(Kind::Dependency, 3, "2025-01-01", dependency("2025-01-01", "2025-06-25")),
        ]
        .into(),
        ..build::facts()
    };
    let report = report(&facts, Vec::new());
    assert_eq!(
        texts(&report.sections[1]),
        [
            "Late: Dependency 2 (ATLAS-D2) is needed by 10 Jul 2026 and promised for 20 Jul 2026, 10 days later.",
            "Late: Dependency 1 (ATLAS-D1) was needed by 25 Jun 2026: not agreed by the provider.",
        ]
    );
    assert_eq!(report.sections[1].more, "1 late dependency");
}

#[test]
fn better_than_the_evidence_needs_a_reason_for_each_dimension() {
    let late = milestone("2026-01-01", "2026-09-07", "2026-10-30");
    let health = assess(&facts(vec![late], vec![risk("2026-06-20", 15)]), day(AS_OF), None);
    let declared =
        |pairs: &[(&str, &str)]| pairs.iter().map(|(n, c)| ((*n).to_owned(), (*c).to_owned())).collect();
    let mut own =
        Report { declared: declared(&[("schedule", "amber"), ("risk", "green")]), ..Report::default() };
    let errors = own.unfounded(&health);
    assert_eq!(errors.len(), 2, "{errors:?}");
    assert!(errors.iter().all(|error| error.field == "reasons"));
    assert!(errors[0].message.starts_with("Schedule: declared amber, computed red."), "{errors:?}");
    own.reasons = declared(&[("schedule", "A buffer is agreed."), ("risk", " ")]);
    assert_eq!(own.unfounded(&health).len(), 1, "blank is no reason");
    // Worse than the evidence, and anything where there is none, needs no reason.
    own.declared = declared(&[("schedule", "red"), ("risk", "red"), ("cost", "green")]);
    assert!(own.unfounded(&health).is_empty());
    own.declared.clear();
    own.settle(&health);
    assert_eq!((own.declared["schedule"].as_str(), own.declared["risk"].as_str()), ("red", "amber"));
    assert!(!own.declared.contains_key("cost"), "what has no data declares nothing");
}

#[test]
fn the_next_report_tells_what_is_other_than_in_the_last() {
    let then = milestone("2026-01-01", "2026-09-07", "2026-09-07");
    let now = milestone("2026-01-01", "2026-09-07", "2026-10-30");
    let reached = milestone("2026-01-01", "2026-06-25", "2026-06-25");
    let since = |fact, later| vec![(day("2026-01-01"), fact), (day("2026-06-24"), later)];
    let facts = Facts {
        milestones: vec![
            track(Kind::Milestone, 1, since(then, now)),
            track(Kind::Milestone, 2, since(reached, achieved(reached, "2026-06-24"))),
        ]
        .into(),
        risks: vec![single(Kind::Risk, 1, "2026-06-22", risk("2026-06-22", 16))].into(),
        decisions: vec![track(
            Kind::Decision,
            1,
            vec![
                (day("2026-06-01"), decision("2026-06-01", "", "")),
                (day("2026-06-23"), decision("2026-06-01", "", "2026-06-23")),
            ],
        )]
        .into(),
        ..build::facts()
    };
    let mut before = report(&facts, Vec::new());
    before.as_of = day("2026-06-16");
    for judged in &mut before.health.dimensions {
        judged.rag = if judged.dimension == Dimension::Schedule { Rag::Green } else { judged.rag };
    }
    // What the readers were told counts, not what was known.
    before.milestones[0].forecast_on = Some(day("2026-09-14"));
    let difference = written(&facts, Vec::new(), &HashMap::new(), Some(&before)).difference.unwrap();
    let texts: Vec<&str> = difference.sentences.iter().map(|sentence| sentence.text.as_str()).collect();
    assert_eq!(
        texts,
        [
            "Schedule: from green to red.",
            "Moved: Milestone 1 (ATLAS-M1) from 14 Sep 2026 to 30 Oct 2026.",
            "Achieved: Milestone 2 (ATLAS-M2).",
            "Decided: Decision 1 (ATLAS-DEC1).",
            "New high risks: Risk 1 (ATLAS-R1).",
        ]
    );
    assert_eq!(difference.reference, "ATLAS-REP1");
}

fn told(number: i32, on: &str, declared: Rag, computed: Rag, reason: &str) -> Told {
    let one = |rag| std::collections::BTreeMap::from([("schedule".to_owned(), rag)]);
    Told {
        reference: reference(Kind::Report, number),
        published_on: day(on),
        declared: one(declared),
        computed: one(computed),
        reasons: std::collections::BTreeMap::from([("schedule".to_owned(), reason.to_owned())]),
    }
}

#[test]
fn the_record_tells_how_long_a_gap_lasted_and_what_happened_after() {
    let then = milestone("2026-01-01", "2026-06-15", "2026-06-15");
    let now = MilestoneFact { forecast_on: Some(day("2026-07-20")), ..then };
    let versions = vec![(day("2026-01-01"), then), (day("2026-05-20"), now)];
    let facts = Facts { milestones: vec![track(Kind::Milestone, 1, versions)].into(), ..build::facts() };
    let health = assess(&facts, day(AS_OF), None);
    let published = [
        told(1, "2026-05-01", Rag::Green, Rag::Green, ""),
        told(2, "2026-05-08", Rag::Green, Rag::Amber, "We are confident."),
        told(3, "2026-05-15", Rag::Green, Rag::Amber, "Still confident."),
        told(4, "2026-05-22", Rag::Red, Rag::Red, ""),
        told(5, "2026-06-26", Rag::Amber, Rag::Red, "A buffer."),
    ];
    let gaps = record(&published, &facts, &health, day(AS_OF));
    assert_eq!(gaps.len(), 2);
    let (last, first) = (&gaps[0], &gaps[1]);
    assert_eq!((first.from, first.until, first.days), (day("2026-05-08"), Some(day("2026-05-22")), 14));
    assert_eq!(first.reports, ["ATLAS-REP2", "ATLAS-REP3"]);
    assert_eq!(
        (first.declared, first.computed, first.reason.as_str()),
        (Rag::Green, Rag::Amber, "Still confident.")
    );
    assert_eq!(
        first.after,
        [
            "Schedule worsened from amber to red by 22 May 2026 (ATLAS-REP4).",
            "1 milestone slipped after it, the worst Milestone 1 (ATLAS-M1) by 25 working days, from 15 Jun 2026 to 20 Jul 2026.",
        ]
    );
    assert_eq!((last.until, last.days), (None, 4), "it lasts");
    assert_eq!(last.after, ["Schedule is still red.", "No milestone slipped after it."]);
}

#[test]
fn markdown_has_every_part_and_no_broken_table() {
    let late = milestone("2026-01-01", "2026-09-07", "2026-10-30");
    let mut facts = facts(vec![late], Vec::new());
    facts.milestones[0].title = "Cut | over".into();
    let mut frozen = report(&facts, vec![slip(1, 39)]);
    frozen.declared.insert("schedule".into(), Rag::Green);
    frozen.reasons.insert("schedule".into(), "We are confident.".into());
    let text = markdown("Status report to 30 Jun 2026", &frozen);
    for part in [
        "# Atlas: Status report to 30 Jun 2026",
        "| Schedule | green | red | ",
        "Declared better because: We are confident.",
        "## What changed since 16 Jun 2026",
        "## What is at risk",
        "## What we need from you",
        "| Cut \\| over (ATLAS-M1) | 7 Sep 2026 | 7 Sep 2026 | 30 Oct 2026 | 39 working days late |",
    ] {
        assert!(text.contains(part), "“{part}” is missing in\n{text}");
    }
    for row in text.lines().filter(|line| line.starts_with("| ")) {
        let cells = row.replace("\\|", "").matches('|').count();
        assert!((4..=6).contains(&cells), "{row}");
    }
}

#[test]
fn what_is_frozen_is_read_back_as_it_was() {
    let late = milestone("2026-01-01", "2026-09-07", "2026-10-30");
    let frozen = report(&facts(vec![late], vec![risk("2026-06-20", 20)]), vec![slip(1, 39)]);
    assert_eq!(Frozen::read(frozen.stored()).unwrap(), frozen);
    assert_eq!(Frozen::read(serde_json::Map::new()).unwrap(), Frozen::default(), "an empty one is read too");
}
