//! Scenarios over a plan that is small enough to be scheduled by hand. The day is Monday, 1 June 2026; a week has five days.
//!
//! Design (T1, 5 d: 1–5 June) → Build (T2, 10 d: 8–19 June) → Release (M1, committed 19 June)
//!                             → Test bench (T3, 3 d: 8–10 June; seven days of float)
//! Build → Delivery (D1, needed by 22 June) → in the program BEACON: Go-live (M1, stated 19 June)

use super::*;
use crate::domain::activity::Activity;
use crate::domain::calendar::Calendar;
use crate::domain::draft::FieldError;
use crate::domain::ids::ScheduleLinkId;
use crate::domain::kind::State;
use crate::domain::plan::{Held, LinkFact, NodeFact, Of, Plan, PlanFacts, PlanProgram};
use crate::domain::schedule::{Lag, LinkKind};
use serde_json::{Value, json};

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

const ATLAS: ProgramId = ProgramId(Uuid::from_u128(0xA_0000));
const BEACON: ProgramId = ProgramId(Uuid::from_u128(0xB_0000));

/// The ids of kept items lie far above those of what a scenario adds.
const fn item(number: u128) -> ItemId {
    ItemId(Uuid::from_u128(0x1_0000 + number))
}

const DESIGN: ItemId = item(1);
const BUILD: ItemId = item(2);
const BENCH: ItemId = item(3);
const RELEASE: ItemId = item(4);
const DELIVERY: ItemId = item(5);
const GO_LIVE: ItemId = item(6);

fn held<T>(fact: T) -> Held<T> {
    Held { from: day("2026-01-01"), until: None, fact }
}

fn node(item: ItemId, program: ProgramId, kind: Kind, number: i32, of: Of) -> Held<NodeFact> {
    held(NodeFact {
        item,
        program,
        kind,
        number,
        title: format!("{kind:?} {number}"),
        state: kind.first_state(),
        project: None,
        owner: None,
        of,
    })
}

fn activity(item: ItemId, number: i32, likely_days: f64) -> Held<NodeFact> {
    let own = Box::new(Activity { likely_days, ..Activity::default() });
    node(item, ATLAS, Kind::Activity, number, Of::Activity { own, committed_on: None })
}

fn milestone(item: ItemId, program: ProgramId, on: &str) -> Held<NodeFact> {
    let on = Some(day(on));
    let of = Of::Milestone { committed_on: on, forecast_on: on, achieved_on: None, computed: false };
    node(item, program, Kind::Milestone, 1, of)
}

fn link(number: u128, predecessor: ItemId, successor: ItemId) -> Held<LinkFact> {
    held(LinkFact {
        id: ScheduleLinkId(Uuid::from_u128(0x2_0000 + number)),
        predecessor,
        successor,
        kind: LinkKind::FinishStart,
        lag: Lag::default(),
    })
}

fn facts() -> PlanFacts {
    let program = |id, key: &str| PlanProgram {
        id,
        key: key.into(),
        name: key.into(),
        calendar: Calendar::default(),
        starts_on: None,
    };
    let delivery = Of::Dependency {
        needed_by: Some(day("2026-06-22")),
        promised_by: None,
        provided_on: None,
        provider_milestone: None,
        consumer_milestone: None,
        raised_on: day("2026-01-01"),
    };
    PlanFacts {
        programs: vec![program(ATLAS, "ATLAS"), program(BEACON, "BEACON")],
        nodes: vec![
            activity(DESIGN, 1, 5.0),
            activity(BUILD, 2, 10.0),
            activity(BENCH, 3, 3.0),
            milestone(RELEASE, ATLAS, "2026-06-19"),
            node(DELIVERY, ATLAS, Kind::Dependency, 1, delivery),
            milestone(GO_LIVE, BEACON, "2026-06-19"),
        ],
        links: vec![
            link(1, DESIGN, BUILD),
            link(2, BUILD, RELEASE),
            link(3, DESIGN, BENCH),
            link(4, BUILD, DELIVERY),
            link(5, DELIVERY, GO_LIVE),
        ],
        ..PlanFacts::default()
    }
}

fn plan(facts: &PlanFacts) -> Plan {
    Plan::make(facts, day("2026-06-01")).unwrap()
}

fn all(_: ProgramId) -> bool {
    true
}

fn with(steps: &[Step]) -> Difference {
    let (facts, base) = (facts(), plan(&facts()));
    difference(&base, &plan(&apply(&facts, &base, steps, &all).unwrap()))
}

fn refused(steps: &[Step]) -> Vec<FieldError> {
    let (facts, base) = (facts(), plan(&facts()));
    apply(&facts, &base, steps, &all).unwrap_err()
}

/// Reference, where it was, where it comes, working days, and what becomes of the commitment.
fn told(moved: &Moved) -> (&str, String, String, i64, Effect) {
    (&moved.of.reference, moved.from.to_string(), moved.to.to_string(), moved.working_days, moved.effect)
}

fn references(list: &[Placed]) -> Vec<&str> {
    list.iter().map(|of| of.reference.as_str()).collect()
}

fn slip(item: ItemId, days: i64) -> Step {
    Step::Slip { item, days }
}

fn estimate(item: ItemId, likely_days: f64) -> Step {
    Step::Estimate { item, optimistic_days: None, likely_days, pessimistic_days: None }
}

fn follows(predecessor: ItemId, successor: ItemId) -> Step {
    Step::Link {
        predecessor,
        successor,
        link_type: LinkType::FinishStart,
        lag_days: 0.0,
        lag_unit: LagUnit::Working,
    }
}

#[test]
fn the_plan_by_hand_is_the_plan() {
    let plan = plan(&facts());
    let dates = |item| {
        let ix = plan.find(item).unwrap();
        (plan.starts_on(ix).to_string(), plan.finishes_on(ix).to_string(), plan.dates(ix).critical)
    };
    assert_eq!(dates(DESIGN), ("2026-06-01".into(), "2026-06-05".into(), true));
    assert_eq!(dates(BUILD), ("2026-06-08".into(), "2026-06-19".into(), true));
    assert_eq!(dates(BENCH), ("2026-06-08".into(), "2026-06-10".into(), false));
    assert_eq!(dates(RELEASE).1, "2026-06-19");
    assert_eq!(dates(GO_LIVE).1, "2026-06-19");
}

#[test]
fn what_is_stated_for_a_day_comes_on_that_day() {
    // A Wednesday, a Friday, and a Saturday, on which nobody works: it counts from Monday.
    for (stated, expected) in
        [("2026-07-01", "2026-07-01"), ("2026-07-03", "2026-07-03"), ("2026-07-04", "2026-07-06")]
    {
        let mut facts = facts();
        facts.links.clear();
        facts.nodes.push(milestone(item(7), BEACON, stated));
        let plan = plan(&facts);
        assert_eq!(plan.finishes_on(plan.find(item(7)).unwrap()), day(expected), "stated for {stated}");
    }
}

#[test]
fn nothing_changed_is_no_difference() {
    assert_eq!(with(&[]), Difference::default());
    assert_eq!(with(&[estimate(BUILD, 10.0)]), Difference::default());
}

#[test]
fn a_slip_moves_all_that_waits_over_the_programs() {
    // Two days later on the critical path: Friday the 19th becomes Tuesday the 23rd, past the need of the 22nd.
    let found = with(&[slip(BUILD, 2)]);
    let moved: Vec<_> = found.moved.iter().map(told).collect();
    let line = |reference, effect| (reference, "2026-06-19".to_owned(), "2026-06-23".to_owned(), 2, effect);
    assert_eq!(
        moved,
        [
            line("ATLAS-T2", Effect::None),
            line("ATLAS-M1", Effect::Breaks),
            line("ATLAS-D1", Effect::Breaks),
            line("BEACON-M1", Effect::Breaks)
        ]
    );
    assert_eq!(found.dependencies(Effect::Breaks).count(), 1);
    let finishes: Vec<_> = found
        .finishes
        .iter()
        .map(|finish| (finish.program, finish.to.unwrap(), finish.working_days))
        .collect();
    assert_eq!(finishes, [(ATLAS, day("2026-06-23"), 2), (BEACON, day("2026-06-23"), 2)]);
    // One day later the need is still met, to the day.
    let found = with(&[slip(BUILD, 1)]);
    assert_eq!(found.dependencies(Effect::Breaks).count(), 0);
}

#[test]
fn slips_of_one_item_add_up() {
    assert_eq!(with(&[slip(BUILD, 1), slip(BUILD, 1)]), with(&[slip(BUILD, 2)]));
    assert_eq!(with(&[slip(BUILD, 2), slip(BUILD, -2)]), Difference::default());
}

#[test]
fn what_has_float_slips_without_moving_a_milestone_until_it_is_used_up() {
    // Seven days of float: 3 days from the 8th to the 10th, and the program ends on the 19th.
    let found = with(&[slip(BENCH, 7)]);
    assert_eq!(found.milestones().count(), 0);
    assert_eq!(references(&found.became_critical), ["ATLAS-T3"]);
    assert!(with(&[slip(BENCH, 6)]).became_critical.is_empty());
}

#[test]
fn a_shorter_estimate_mends_what_was_broken() {
    let mut facts = facts();
    for held in &mut facts.nodes {
        if let Of::Milestone { committed_on, .. } = &mut held.fact.of
            && held.fact.program == ATLAS
        {
            *committed_on = Some(day("2026-06-17"));
        }
    }
    let base = plan(&facts);
    let after = plan(&apply(&facts, &base, &[estimate(BUILD, 8.0)], &all).unwrap());
    let found = difference(&base, &after);
    let release = found.milestones().find(|moved| moved.of.item == RELEASE).unwrap();
    assert_eq!(told(release), ("ATLAS-M1", "2026-06-19".into(), "2026-06-17".into(), -2, Effect::Mends));
}

#[test]
fn links_come_and_go() {
    // The bench after the build: 22 to 24 June, and the program ends with it.
    let found = with(&[follows(BUILD, BENCH)]);
    assert_eq!(references(&found.became_critical), ["ATLAS-T3"]);
    assert_eq!(references(&found.ceased_critical), ["ATLAS-M1"], "it has three days then, up to the 24th");
    assert_eq!(found.finishes[0].to, Some(day("2026-06-24")));
    // Without waiting for the design the build is done on the 12th.
    let gone = Step::Unlink { predecessor: DESIGN, successor: BUILD, link_type: None };
    let found = with(std::slice::from_ref(&gone));
    assert_eq!(found.milestones().map(|moved| moved.to).collect::<Vec<_>>(), [day("2026-06-12"); 2]);
    assert_eq!(with(&[gone, follows(DESIGN, BUILD)]), Difference::default());
}

#[test]
fn what_is_added_can_be_linked_by_its_name_and_what_is_dropped_is_gone() {
    let list = json!([
        {"change": "add", "name": "Pilot", "title": "Pilot in one branch", "likely_days": "2"},
        {"change": "link", "predecessor": "ATLAS-T2", "successor": "pilot"},
        {"change": "link", "predecessor": "pilot", "successor": "ATLAS-M1"},
        {"change": "drop", "item": "ATLAS-T3"},
    ]);
    let steps = typed(&list).unwrap();
    let found = with(&steps);
    assert_eq!(
        found.added.iter().map(|(of, on)| (of.title.as_str(), *on)).collect::<Vec<_>>(),
        [("Pilot in one branch", day("2026-06-23"))]
    );
    assert_eq!(references(&found.dropped), ["ATLAS-T3"]);
    assert_eq!(found.milestones().map(|moved| moved.to).collect::<Vec<_>>(), [day("2026-06-23")]);
    // And back, as it was typed.
    let back: Vec<Value> = steps
        .iter()
        .map(|step| Value::Object(step_draft(&steps, step, |item| named(item).to_owned(), |_| String::new())))
        .collect();
    assert_eq!(typed(&Value::from(back.clone())).unwrap(), steps, "{back:?}");
    assert_eq!(back[1]["successor"], "Pilot");
}

fn named(item: ItemId) -> &'static str {
    [
        (DESIGN, "ATLAS-T1"),
        (BUILD, "ATLAS-T2"),
        (BENCH, "ATLAS-T3"),
        (RELEASE, "ATLAS-M1"),
        (DELIVERY, "ATLAS-D1"),
    ]
    .into_iter()
    .find(|(known, _)| *known == item)
    .map_or("?", |(_, name)| name)
}

fn typed(list: &Value) -> Result<Vec<Step>, Vec<FieldError>> {
    let known = [DESIGN, BUILD, BENCH, RELEASE, DELIVERY];
    read(list, |name| known.into_iter().find(|item| named(*item) == name), |_| None)
}

#[test]
fn a_date_holds_a_milestone_back_though_the_network_would_have_it_earlier() {
    let found = with(&[Step::Date { item: RELEASE, on: day("2026-06-26") }]);
    let moved: Vec<_> = found.moved.iter().map(told).collect();
    assert_eq!(moved, [("ATLAS-M1", "2026-06-19".into(), "2026-06-26".into(), 5, Effect::Breaks)]);
    let later = [slip(RELEASE, 5)];
    assert_eq!(with(&later), with(&[Step::Date { item: RELEASE, on: day("2026-06-26") }]));
    let told = refused(&[slip(RELEASE, -1)]);
    assert_eq!(told[0].field, "changes[0].days");
}

#[test]
fn what_cannot_be_done_is_told_beside_its_change() {
    let told = refused(&[slip(BUILD, 1), slip(item(99), 1)]);
    assert_eq!(told[0].field, "changes[1].item");
    let told = refused(&[follows(RELEASE, DESIGN)]);
    assert_eq!(
        (told[0].field.as_str(), told[0].message.as_str()),
        ("changes[0].successor", "This would make a cycle: ATLAS-M1 → ATLAS-T1 → ATLAS-T2 → ATLAS-M1.")
    );
    let told = refused(&[Step::Unlink { predecessor: BENCH, successor: RELEASE, link_type: None }]);
    assert_eq!(told[0].field, "changes[0].predecessor");
    let told = refused(&[estimate(RELEASE, 3.0)]);
    assert_eq!(told[0].field, "changes[0].item");
    let told = refused(&[Step::Drop { item: BUILD }, slip(BUILD, 1)]);
    assert!(told[0].message.contains("ATLAS-T2 is cancelled"), "{told:?}");
}

#[test]
fn a_cycle_over_a_hidden_program_does_not_name_its_items() {
    let (facts, base) = (facts(), plan(&facts()));
    let steps = [follows(GO_LIVE, DESIGN)];
    let told = apply(&facts, &base, &steps, &|program| program == ATLAS).unwrap_err();
    assert!(told[0].message.contains("an item of another program"), "{told:?}");
    assert!(!told[0].message.contains("BEACON"), "{told:?}");
}

#[test]
fn what_is_hidden_is_counted_and_not_named() {
    let (seen, hidden) = with(&[slip(BUILD, 2)]).seen(|program| program == ATLAS);
    assert_eq!(hidden, Hidden { programs: 1, items: 1, milestones: 1, broken: 0 });
    assert_eq!(seen.moved.len(), 3);
    assert!(seen.moved.iter().all(|moved| moved.of.program == ATLAS));
    assert_eq!(seen.finishes.len(), 1);
}

#[test]
fn what_is_under_way_slips_by_what_is_left_of_it() {
    let mut facts = facts();
    for held in facts.nodes.iter_mut().filter(|held| held.fact.item == DESIGN) {
        held.fact.state = State::InProgress;
        if let Of::Activity { own, .. } = &mut held.fact.of {
            own.actual_start_on = Some(day("2026-05-28"));
            own.percent_complete = 40;
        }
    }
    // Three of five days are left: 1 to 3 June, the build up to the 17th.
    let base = plan(&facts);
    let finish = |plan: &Plan| plan.finishes_on(plan.find(DESIGN).unwrap());
    assert_eq!(finish(&base), day("2026-06-03"));
    let later = |steps: &[Step]| finish(&plan(&apply(&facts, &base, steps, &all).unwrap()));
    assert_eq!(later(&[slip(DESIGN, 2)]), day("2026-06-05"));
    assert_eq!(later(&[slip(DESIGN, -2)]), day("2026-06-01"));
    let date = Step::Date { item: DESIGN, on: day("2026-06-10") };
    assert_eq!(apply(&facts, &base, &[date], &all).unwrap_err()[0].field, "changes[0].item");
}

#[test]
fn bad_input_is_refused_by_change_and_field() {
    let refuse = |list: Value, field: &str, words: &str| {
        let told = typed(&list).unwrap_err();
        assert_eq!(told[0].field, field, "{told:?}");
        assert!(told[0].message.contains(words), "{told:?}");
    };
    refuse(json!("slip"), "changes", "a list");
    refuse(json!([1]), "changes[0]", "object");
    refuse(json!([{"item": "ATLAS-T1"}]), "changes[0].change", "slip");
    refuse(json!([{"change": "explode"}]), "changes[0].change", "unlink");
    refuse(json!([{"change": "slip", "item": "ATLAS-T1"}]), "changes[0].days", "needed");
    refuse(json!([{"change": "slip", "item": "ATLAS-T1", "days": 0}]), "changes[0].days", "not 0");
    refuse(json!([{"change": "slip", "item": "ATLAS-T9", "days": 1}]), "changes[0].item", "ATLAS-T9");
    refuse(
        json!([{"change": "slip", "item": "ATLAS-T1", "days": 1, "colour": 1}]),
        "changes[0].colour",
        "no field",
    );
    refuse(
        json!([{"change": "link", "predecessor": "ATLAS-T1", "successor": "ATLAS-T1"}]),
        "changes[0].successor",
        "itself",
    );
    refuse(json!([{"change": "add", "name": "x", "title": "X"}]), "changes[0].likely_days", "takes time");
    refuse(
        json!([{"change": "add", "name": "ATLAS-T1", "title": "X", "likely_days": 1}]),
        "changes[0].name",
        "reference",
    );
    let twice = json!({"change": "add", "name": "x", "title": "X", "likely_days": 1});
    refuse(json!([twice, twice]), "changes[1].name", "already");
    let before = json!([{"change": "drop", "item": "x"}, twice]);
    refuse(before, "changes[0].item", "“x”");
    let wrong = json!({"change": "estimate", "item": "ATLAS-T1", "likely_days": 3, "pessimistic_days": 2});
    refuse(json!([wrong]), "changes[0].pessimistic_days", "at least");
    let many: Vec<Value> = (0..=MOST_STEPS).map(|_| json!({"change": "drop", "item": "ATLAS-T1"})).collect();
    refuse(Value::from(many), "changes", "at most");
}

#[test]
fn the_health_of_a_program_is_judged_by_the_dates_of_each_plan() {
    use crate::domain::health::{Dimension, Rag, assess};
    use crate::domain::metrics::tests::build;
    let milestone = build::milestone("2026-01-01", "2026-06-19", "2026-06-19");
    let mut track = build::single(Kind::Milestone, 1, "2026-01-01", milestone);
    track.item = RELEASE;
    let known = crate::domain::facts::Facts { milestones: vec![track].into(), ..build::facts() };
    let (facts, base) = (facts(), plan(&facts()));
    let colour = |plan: &Plan| {
        let health = assess(&with_dates(&known, plan, &base), plan.day(), None);
        health.of(Dimension::Schedule).unwrap().reasons.iter().map(|reason| reason.rag).max().unwrap()
    };
    let slipped = |days| plan(&apply(&facts, &base, &[slip(BUILD, days)], &all).unwrap());
    // More than 10 working days past the committed date is red.
    assert_eq!(colour(&slipped(11)), Rag::Red);
    assert_ne!(colour(&slipped(10)), Rag::Red);
    assert_ne!(colour(&base), Rag::Red);
}
