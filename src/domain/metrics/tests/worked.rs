//! The worked examples of the definitions.

use super::build::*;
use crate::domain::facts::Facts;
use crate::domain::kind::{Kind, State};
use crate::domain::metrics::*;

fn outcomes(measure: &Measure) -> Vec<(i32, &'static str, bool)> {
    let mut rows: Vec<_> = measure.items.iter().map(|row| (row.number, row.outcome, row.counts)).collect();
    rows.sort_unstable();
    rows
}

/// Milestones A to F of the example as 1 to 6.
fn on_time_example() -> Facts {
    let mut b_after = milestone("2026-01-01", "2026-05-10", "2026-06-10");
    b_after.committed_on = some("2026-06-10");
    let mut d_after = milestone("2026-01-01", "2026-06-01", "2026-08-01");
    d_after.committed_on = some("2026-08-01");
    let mut f_after = milestone("2026-01-01", "2026-06-15", "");
    f_after.common.state = State::Cancelled;
    f_after.common.closed_on = some("2026-06-01");
    let start = day("2026-01-01");
    let m = Kind::Milestone;
    let planned = |original| milestone("2026-01-01", original, "");
    Facts {
        milestones: vec![
            track(
                m,
                1,
                vec![
                    (start, planned("2026-05-01")),
                    (day("2026-05-06"), achieved(planned("2026-05-01"), "2026-05-06")),
                ],
            ),
            track(
                m,
                2,
                vec![
                    (start, planned("2026-05-10")),
                    (day("2026-05-08"), b_after),
                    (day("2026-06-12"), achieved(b_after, "2026-06-12")),
                ],
            ),
            track(m, 3, vec![(start, planned("2026-06-26"))]),
            track(m, 4, vec![(start, planned("2026-06-01")), (day("2026-05-25"), d_after)]),
            track(
                m,
                5,
                vec![
                    (start, planned("2026-04-01")),
                    (day("2026-04-01"), achieved(planned("2026-04-01"), "2026-04-01")),
                ],
            ),
            track(m, 6, vec![(start, planned("2026-06-15")), (day("2026-06-01"), f_after)]),
        ]
        .into(),
        ..facts()
    }
}

#[test]
fn on_time_rate_of_six_milestones() {
    let measure = measure(Metric::MilestoneOnTimeRate, &on_time_example(), day("2026-06-30"), WINDOW_DAYS);
    assert_eq!(measure.window, Window { from: day("2026-04-01"), to: day("2026-06-30") });
    assert_eq!(
        outcomes(&measure),
        [
            (1, "on time", true),
            (2, "missed", true),
            (3, "left out: not yet known", false),
            (4, "missed: still open", true),
            (6, "left out: cancelled", false),
        ]
    );
    assert_eq!((measure.numerator, measure.denominator), (Some(1.0), Some(3.0)));
    assert_eq!(measure.value, Some(1.0 / 3.0));
    assert_eq!((measure.target, measure.verdict), (Some(0.8), Some(Verdict::Missed)));
    let Some(Detail::OnTime(detail)) = &measure.detail else { panic!("no detail") };
    assert_eq!((detail.current_on_time, detail.current_counted), (2, 2));
    assert_eq!(detail.against_current, Some(1.0));
    assert_eq!(stats::short(detail.gap_points.unwrap()), "66.7");
    assert_eq!((detail.left_out, detail.tolerance_days), (1, 7));
}

#[test]
fn decision_latency_of_three_decisions_with_one_waiting() {
    let decided = |number, requested, escalated, on| {
        let waiting = decision(requested, escalated, "");
        track(
            Kind::Decision,
            number,
            vec![(day(requested), waiting), (day(on), decision(requested, escalated, on))],
        )
    };
    let facts = Facts {
        decisions: vec![
            decided(1, "2026-06-01", "2026-06-05", "2026-06-08"),
            decided(2, "2026-05-28", "2026-06-01", "2026-06-09"),
            decided(3, "2026-06-15", "", "2026-06-15"),
            single(Kind::Decision, 4, "2026-06-01", decision("2026-06-01", "2026-06-10", "")),
        ]
        .into(),
        ..facts()
    };
    let measure = measure(Metric::DecisionLatency, &facts, day("2026-06-30"), WINDOW_DAYS);
    assert_eq!(measure.value, Some(1.0));
    assert_eq!(measure.verdict, Some(Verdict::Met));
    let lengths: Vec<_> =
        measure.items.iter().map(|row| (row.number, row.figures[3].value.clone())).collect();
    for expected in [(1, 1), (2, 6), (3, 0), (4, 14)] {
        assert!(
            lengths.contains(&(expected.0, Shown::WorkingDays(expected.1))),
            "{expected:?} in {lengths:?}"
        );
    }
    let Some(Detail::DecisionLatency(detail)) = &measure.detail else { panic!("no detail") };
    assert_eq!((detail.decided, detail.without_request), (3, 0));
    let waiting: Vec<_> =
        detail.waiting.iter().map(|wait| (wait.decision.as_str(), wait.at_least_working_days)).collect();
    assert_eq!(waiting, [("ATLAS-DEC4", Some(14))]);
}

#[test]
fn dependency_aging_of_four_dependencies() {
    let mut accepted = dependency("2026-05-01", "2026-06-20");
    accepted.common.state = State::Accepted;
    accepted.common.closed_on = some("2026-06-15");
    let d = Kind::Dependency;
    let facts = Facts {
        dependencies: vec![
            single(d, 1, "2026-06-01", dependency("2026-06-01", "2026-06-29")),
            single(d, 2, "2026-06-20", dependency("2026-06-20", "2026-06-30")),
            track(
                d,
                3,
                vec![
                    (day("2026-05-01"), dependency("2026-05-01", "2026-06-20")),
                    (day("2026-06-15"), accepted),
                ],
            ),
            single(d, 4, "2026-07-02", dependency("2026-07-02", "")),
        ]
        .into(),
        ..facts()
    };
    let measure = measure(Metric::DependencyAging, &facts, day("2026-06-30"), WINDOW_DAYS);
    assert_eq!(measure.value, Some(19.5));
    assert_eq!(measure.verdict, Some(Verdict::Met));
    let Some(Detail::DependencyAging(detail)) = &measure.detail else { panic!("no detail") };
    assert_eq!(detail.buckets, [0, 1, 0, 1, 0]);
    assert_eq!((detail.open, detail.past_needed_by, detail.oldest_days), (2, 1, Some(29)));
    assert_eq!(measure.items.iter().map(|row| row.number).collect::<Vec<_>>(), [2, 1]);
}

#[test]
fn the_answer_of_the_api_has_every_field() {
    let measure = measure(Metric::MilestoneOnTimeRate, &on_time_example(), day("2026-06-30"), WINDOW_DAYS);
    let answer = measure.serialize_for("ATLAS", serde_json::value::Serializer).unwrap();
    let keys: Vec<_> = answer.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(
        keys,
        [
            "name",
            "as_of",
            "window",
            "value",
            "unit",
            "numerator",
            "denominator",
            "target",
            "verdict",
            "series",
            "items",
            "detail"
        ]
    );
    assert_eq!(answer["window"], serde_json::json!({"from": "2026-04-01", "to": "2026-06-30"}));
    assert_eq!(answer["items"], serde_json::json!(["ATLAS-M2", "ATLAS-M4", "ATLAS-M1"]));
    assert_eq!(answer["series"][25]["date"], "2026-06-30");
    assert_eq!((&answer["unit"], &answer["verdict"]), (&"share".into(), &"missed".into()));
    assert_eq!(answer["detail"]["current_counted"], 2);
}
