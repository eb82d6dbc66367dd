//! What the rules make of the network: the critical path, float, and dates that nobody states.

use super::*;
use crate::domain::facts::*;
use crate::domain::metrics::tests::build::{self, day, dependency, id, milestone, single, some};
use crate::domain::plan::TooLate;
use std::sync::Arc;
use uuid::Uuid;

const AS_OF: &str = "2026-06-30";

/// Where a network has an item that it computes.
fn at(on: &str, float_days: i64) -> Place {
    let critical = float_days <= 0;
    Place { critical, float_days, on: day(on), computed: true, linked: true, by_network: false }
}

fn with(kind: Kind, number: i32, place: Place, facts: Facts) -> Facts {
    let items = Arc::new([(id(kind, number), place)].into());
    Facts { network: Some(Arc::new(Networked { day: day(AS_OF), items, ..Networked::default() })), ..facts }
}

fn milestones(fact: MilestoneFact) -> Facts {
    Facts { milestones: vec![single(Kind::Milestone, 3, "2025-01-01", fact)].into(), ..build::facts() }
}

/// The first reason of a dimension: its rule, and the note of its first item.
fn first(facts: &Facts, dimension: Dimension) -> (&'static str, String) {
    let health = assess(facts, day(AS_OF), None);
    let reason = &health.of(dimension).unwrap().reasons[0];
    (reason.rule, reason.items.first().map_or(String::new(), |cause| cause.note.clone()))
}

#[test]
fn the_later_of_what_is_stated_and_what_the_network_says_is_judged() {
    // Committed for Monday 7 September; 11 working days later is the 22nd.
    let says = |stated: &str, network: &str| {
        let fact = milestone("2026-01-01", "2026-09-07", stated);
        first(&with(Kind::Milestone, 3, at(network, 0), milestones(fact)), Dimension::Schedule)
    };
    assert_eq!(
        says("2026-09-07", "2026-09-22"),
        (
            "schedule.forecast_late",
            "11 working days late: the network says 22 Sep 2026, stated is 7 Sep 2026, committed 7 Sep 2026"
                .to_owned()
        ),
        "stating the committed date hides nothing"
    );
    assert_eq!(
        says("2026-09-22", "2026-09-07").1,
        "11 working days late: forecast 22 Sep 2026, committed 7 Sep 2026",
        "who knows of worse is believed"
    );
    assert_eq!(says("2026-09-07", "2026-09-11").0, "schedule.forecast_slipping");
    assert_eq!(says("2026-09-07", "2026-09-10").0, "schedule.good");
}

#[test]
fn what_is_late_off_the_critical_path_is_amber() {
    let late = || milestones(milestone("2026-01-01", "2026-09-07", "2026-09-22"));
    let on = |place: Place| first(&with(Kind::Milestone, 3, place, late()), Dimension::Schedule);
    assert_eq!(on(at("2026-09-22", 0)).0, "schedule.forecast_late");
    assert_eq!(
        on(at("2026-09-22", 4)),
        (
            "schedule.forecast_slipping",
            "11 working days late: forecast 22 Sep 2026, committed 7 Sep 2026; not on the critical path, float 4 working days"
                .to_owned()
        )
    );
    let alone = Place { linked: false, computed: false, ..at("2026-09-22", 4) };
    assert_eq!(on(alone).0, "schedule.forecast_late", "what is linked to nothing has a path of its own");
    assert_eq!(first(&late(), Dimension::Schedule).0, "schedule.forecast_late", "nor is there a network");
}

#[test]
fn what_the_network_said_of_another_day_is_not_judged_by() {
    let fact = milestone("2026-01-01", "2026-09-07", "2026-09-07");
    let facts = with(Kind::Milestone, 3, at("2026-12-01", 0), milestones(fact));
    let then = assess(&facts, day("2026-06-29"), None);
    assert_eq!(then.of(Dimension::Schedule).unwrap().rag, Rag::Green);
}

#[test]
fn a_forecast_that_is_the_networks_is_neither_stale_nor_in_the_past() {
    let mut fact = milestone("2026-01-01", "2026-06-29", "2026-06-29");
    fact.forecast_stated_on = some("2026-01-01");
    let stated = with(Kind::Milestone, 3, at("2026-07-01", 0), milestones(fact));
    assert_eq!(first(&stated, Dimension::Schedule).0, "schedule.overdue", "nobody stated a new one");
    let place = Place { by_network: true, ..at("2026-07-01", 0) };
    assert_eq!(
        first(&with(Kind::Milestone, 3, place, milestones(fact)), Dimension::Schedule).0,
        "schedule.good"
    );
}

#[test]
fn float_below_nought_is_amber_and_names_what_takes_it() {
    let ours = ProjectId(Uuid::from_u128(1));
    let late = |number, float_days, project| TooLate {
        name: Name {
            item: id(Kind::Activity, number),
            kind: Kind::Activity,
            number,
            title: "Cut over".into(),
        },
        project,
        float_days,
        cause: "its deadline 2026-07-03".into(),
        cause_project: project,
    };
    let too_late = Arc::new(vec![late(4, -5, None), late(2, -1, Some(ours))]);
    let network = Some(Arc::new(Networked { day: day(AS_OF), too_late, ..Networked::default() }));
    let facts = Facts { network, ..milestones(milestone("2026-01-01", "2026-12-01", "")) };
    let health = assess(&facts, day(AS_OF), None);
    let reason = &health.of(Dimension::Schedule).unwrap().reasons[0];
    assert_eq!((reason.rule, reason.rag), ("schedule.negative_float", Rag::Amber));
    assert_eq!(
        reason.text,
        "2 open activities and milestones have total float below 0, down to −5 working days."
    );
    let notes: Vec<_> = reason.items.iter().map(|cause| (cause.number, cause.note.as_str())).collect();
    assert_eq!(
        notes,
        [
            (4, "total float −5 working days: its deadline 2026-07-03"),
            (2, "total float −1 working day: its deadline 2026-07-03")
        ]
    );
    let project = assess(&facts, day(AS_OF), Some(ours));
    assert_eq!(project.of(Dimension::Schedule).unwrap().reasons[0].items.len(), 1, "a project's own items");
    let with = |schedule_float_working_days| {
        let fact = Thresholds { schedule_float_working_days, ..Thresholds::default() };
        let thresholds = vec![Version { effective_on: day("2026-01-01"), fact }];
        let health = assess(&Facts { thresholds, ..facts.clone() }, day(AS_OF), None);
        health.of(Dimension::Schedule).unwrap().reasons[0].clone()
    };
    let some = with(-1);
    assert_eq!(
        some.text,
        "1 open activity or milestone has total float below −1 working day, down to −5 working days."
    );
    assert_eq!(with(-5).rule, "schedule.good", "it is not below −5");
}

#[test]
fn a_late_promise_counts_unless_float_absorbs_it() {
    // Needed on Tuesday 1 September; promised for Friday the 4th, 3 working days later.
    let says = |promised: &str, place: Option<Place>| {
        let mut fact = dependency("2026-06-20", "2026-09-01");
        fact.provider_agreed = true;
        fact.promised_by = some(promised);
        let facts = Facts {
            dependencies: vec![single(Kind::Dependency, 1, "2026-06-20", fact)].into(),
            ..build::facts()
        };
        let facts = match place {
            Some(place) => with(Kind::Dependency, 1, place, facts),
            None => facts,
        };
        first(&facts, Dimension::Dependencies)
    };
    let own = |float| Some(Place { computed: false, ..at("2026-09-04", float) });
    assert_eq!(says("2026-09-04", None).0, "dependencies.promised_late", "out of the network there is none");
    assert_eq!(
        says("2026-09-04", own(2)),
        (
            "dependencies.promised_late",
            "promised 4 Sep 2026, 3 days after it is needed, float 2 working days".to_owned()
        )
    );
    assert_eq!(says("2026-09-04", own(3)).0, "dependencies.good");
    // It follows a milestone of its provider: it comes when that comes, however early it is promised.
    assert_eq!(
        says("2026-08-28", Some(at("2026-09-04", 0))),
        (
            "dependencies.promised_late",
            "forecast by the network 4 Sep 2026, 3 days after it is needed, float 0 working days".to_owned()
        )
    );
    assert_eq!(says("2026-08-28", Some(at("2026-08-31", 0))).0, "dependencies.good");
    // A promise for the Saturday after a Friday is a day too late without float.
    assert_eq!(says("2026-09-05", own(4)).0, "dependencies.good");
    assert_eq!(says("2026-09-05", own(3)).0, "dependencies.good", "a Saturday takes no working day");
}
