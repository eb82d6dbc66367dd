//! The edges of the definitions, metric by metric.

use super::build::*;
use crate::domain::calendar::Calendar;
use crate::domain::facts::*;
use crate::domain::kind::{Kind, State};
use crate::domain::metrics::*;
use crate::domain::settings::Targets;

const AS_OF: &str = "2026-06-30";

fn now(metric: Metric, facts: &Facts) -> Measure {
    measure(metric, facts, day(AS_OF), WINDOW_DAYS)
}

fn milestones(facts: impl IntoIterator<Item = MilestoneFact>) -> Facts {
    let tracks = (1..).zip(facts).map(|(n, fact)| single(Kind::Milestone, n, "2025-01-01", fact));
    Facts { milestones: tracks.collect(), ..super::build::facts() }
}

fn risks(facts: impl IntoIterator<Item = RiskFact>) -> Facts {
    let tracks = (1..).zip(facts).map(|(n, fact)| single(Kind::Risk, n, "2025-01-01", fact));
    Facts { risks: tracks.collect(), ..super::build::facts() }
}

fn issues(facts: impl IntoIterator<Item = IssueFact>) -> Facts {
    let tracks = (1..).zip(facts).map(|(n, fact)| single(Kind::Issue, n, "2025-01-01", fact));
    Facts { issues: tracks.collect(), ..super::build::facts() }
}

#[test]
fn names_are_unique_and_lead_back() {
    for metric in Metric::ALL {
        assert_eq!(Metric::from_name(metric.name()), Some(metric));
        assert_eq!(serde_json::to_value(metric).unwrap(), metric.name());
        assert!(!metric.definition().contains("  "), "{}", metric.definition());
    }
    assert_eq!(Metric::from_name("nothing"), None);
    let texts = Metric::ALL.map(Metric::default_target_text);
    assert_eq!(
        texts,
        [
            "≥ 80 %",
            "slope ≤ 0 days a week",
            "≤ 10 %",
            "median < 5 working days",
            "mean ≤ 21 days",
            "≥ 75 %",
            "0",
            "≥ 70 %",
            "> 90 %",
            "falling",
            "≤ 10 %",
            "≥ 80 %",
            "≥ 70 %",
            "≥ 4.2",
            "≥ 4",
            "≥ 60 %",
            "falling",
            "≥ 80 %",
            "falling",
            "≥ 90 %",
            "0",
            "all met"
        ]
    );
}

#[test]
fn near_is_within_a_tenth_of_the_target() {
    use Verdict::{Met, Missed, Near};
    let least = [0.8, 0.72, 0.7199].map(|figure| Goal::AtLeast.verdict(figure, 0.8));
    let most = [21.0, 23.1, 23.2].map(|figure| Goal::AtMost.verdict(figure, 21.0));
    let below = [4.9, 5.0, 5.5, 5.6].map(|figure| Goal::Below.verdict(figure, 5.0));
    assert_eq!((least, most), ([Met, Near, Missed], [Met, Near, Missed]));
    assert_eq!(below, [Met, Near, Near, Missed]);
    assert_eq!([0.0, 1.0].map(|stale| Goal::AtMost.verdict(stale, 0.0)), [Met, Missed]);
}

#[test]
fn without_facts_nothing_has_a_value_or_a_colour_and_each_says_why() {
    for metric in Metric::ALL {
        let measure = now(metric, &facts());
        assert_eq!((measure.value, measure.verdict), (None, None), "{metric:?}");
        assert!(measure.reason_for_no_value.unwrap().ends_with('.'));
        assert!(measure.series.iter().all(|point| point.value.is_none()));
    }
}

#[test]
fn on_time_holds_up_to_the_last_day_of_the_tolerance() {
    let planned = milestone("2025-01-01", "2026-06-01", "");
    for (achieved_on, expected) in [("2026-06-08", 1.0), ("2026-06-09", 0.0)] {
        let facts = milestones([achieved(planned, achieved_on)]);
        assert_eq!(now(Metric::MilestoneOnTimeRate, &facts).value, Some(expected), "{achieved_on}");
    }
    for (committed, expected) in [("2026-06-23", None), ("2026-06-22", Some(0.0))] {
        let facts = milestones([milestone("2025-01-01", committed, "")]);
        assert_eq!(now(Metric::MilestoneOnTimeRate, &facts).value, expected, "open, {committed}");
    }
}

#[test]
fn the_tolerance_and_the_target_are_those_in_force_on_the_day() {
    let mut facts = milestones([achieved(milestone("2025-01-01", "2026-06-01", ""), "2026-06-15")]);
    let targets = Targets { on_time_tolerance_days: 14, milestone_on_time_rate: 0.5, ..Targets::default() };
    facts.targets = vec![Version { effective_on: day("2026-06-29"), fact: targets }];
    let measure = now(Metric::MilestoneOnTimeRate, &facts);
    assert_eq!((measure.value, measure.target), (Some(1.0), Some(0.5)));
    // A week ago the tolerance still was 7 days.
    assert_eq!(measure.series[24].value, Some(0.0));
}

#[test]
fn schedule_variance_takes_actual_else_forecast_in_working_days() {
    let mut cancelled = milestone("2025-01-01", "2026-01-01", "2026-12-31");
    cancelled.common.state = State::Cancelled;
    cancelled.common.closed_on = some("2026-02-02");
    let mut rebaselined = milestone("2025-01-01", "2026-06-01", "2026-06-15");
    rebaselined.committed_on = some("2026-06-15");
    let mut facts = milestones([
        // Friday to Monday.
        achieved(milestone("2025-01-01", "2026-06-05", "2026-09-01"), "2026-06-08"),
        milestone("2025-01-01", "2026-07-10", "2026-07-08"),
        rebaselined,
        cancelled,
    ]);
    facts.calendar = Calendar { holidays: [day("2026-06-10")].into(), ..Calendar::default() };
    let measure = now(Metric::ScheduleVariance, &facts);
    assert_eq!(measure.value, Some(1.0));
    let Some(Detail::ScheduleVariance(detail)) = &measure.detail else { panic!("no detail") };
    assert_eq!((detail.worst, detail.worst_item.as_deref()), (Some(9), Some("ATLAS-M3")));
    assert_eq!((detail.milestones, detail.late), (3, 2));
    assert_eq!(detail.percentile_80, Some(1.0 + 0.6 * 8.0));
    assert_eq!(detail.median_against_current, Some(0.0));
}

#[test]
fn the_verdict_on_schedule_variance_is_on_its_slope_over_eight_weeks() {
    let start = day("2026-04-01");
    let slipping = |per_week: u64| {
        let versions = (0..14).map(|week| {
            let mut fact = milestone("2026-04-01", "2026-07-31", "");
            fact.forecast_on = Some(day("2026-07-31") + chrono::Days::new(7 * per_week * week));
            (start + chrono::Days::new(7 * week), fact)
        });
        Facts { milestones: vec![track(Kind::Milestone, 1, versions.collect())].into(), ..facts() }
    };
    let measure = now(Metric::ScheduleVariance, &slipping(1));
    assert_eq!((measure.judged, measure.verdict), (Some(5.0), Some(Verdict::Missed)));
    assert_eq!(now(Metric::ScheduleVariance, &slipping(0)).verdict, Some(Verdict::Met));
    // Three weekly points are too few for a trend: no verdict, though there is a value.
    let young = brief(Metric::ScheduleVariance, &slipping(1), day("2026-04-15"), WINDOW_DAYS);
    assert_eq!((young.value, young.judged, young.verdict), (Some(10.0), None, None));
}

#[test]
fn scope_change_counts_approved_changes_after_the_first_baseline() {
    let mut schedule = change("2026-06-01", "2026-06-10", (9, 9, 9));
    schedule.scope = false;
    let mut rejected = change("2026-06-01", "2026-06-10", (9, 0, 0));
    rejected.approved = false;
    rejected.common.state = State::Rejected;
    let changes = [
        change("2026-05-20", "2026-06-10", (3, 1, 2)),
        change("2026-05-01", "2026-05-15", (7, 0, 0)),
        change("2026-06-20", "", (5, 0, 0)),
        schedule,
        rejected,
    ];
    let tracks = (1..).zip(changes).map(|(n, fact)| single(Kind::Change, n, "2026-05-01", fact));
    let mut facts = Facts { changes: tracks.collect(), ..facts() };
    assert!(now(Metric::ScopeChangeRate, &facts).reason_for_no_value.unwrap().contains("No baseline"));
    facts.first_baseline =
        Some(FirstBaseline { on: day("2026-05-15"), entered: vec![day("2026-05-15"); 60].into() });
    let measure = now(Metric::ScopeChangeRate, &facts);
    assert_eq!((measure.value, measure.verdict), (Some(0.1), Some(Verdict::Met)));
    let Some(Detail::ScopeChange(detail)) = &measure.detail else { panic!("no detail") };
    assert_eq!((detail.added, detail.removed, detail.redefined), (3, 1, 2));
    assert_eq!((detail.approved, detail.rejected, detail.waiting), (1, 1, 1));
    assert_eq!(measure.series[0].value, None, "before the first baseline");
    // What is committed later makes the share of that day smaller, and of no day before.
    let before: Vec<_> = measure.series.iter().map(|point| point.value).collect();
    let grown: Vec<_> = (0..100).map(|n| day(if n < 60 { "2026-05-15" } else { AS_OF })).collect();
    facts.first_baseline = Some(FirstBaseline { on: day("2026-05-15"), entered: grown.into() });
    let measure = now(Metric::ScopeChangeRate, &facts);
    assert_eq!(measure.value, Some(0.06));
    let after: Vec<_> = measure.series.iter().map(|point| point.value).collect();
    assert_eq!(after[..25], before[..25]);
}

#[test]
fn a_decision_with_no_known_request_is_left_out_and_said() {
    let mut undated = decision("2026-06-01", "", "2026-06-10");
    undated.requested_on = None;
    let mut put_off = decision("2026-06-01", "", "");
    put_off.common.state = State::Deferred;
    put_off.deferred_until = some("2026-07-01");
    let mut back = put_off;
    back.deferred_until = some("2026-06-30");
    // An escalation after the decision can't have been what started the wait.
    let late = decision("2026-06-01", "2026-06-20", "2026-06-03");
    let tracks =
        (1..).zip([undated, put_off, back, late]).map(|(n, f)| single(Kind::Decision, n, "2026-06-01", f));
    let measure = now(Metric::DecisionLatency, &Facts { decisions: tracks.collect(), ..facts() });
    assert_eq!(measure.value, Some(2.0));
    let Some(Detail::DecisionLatency(detail)) = &measure.detail else { panic!("no detail") };
    assert_eq!((detail.decided, detail.without_request), (1, 1));
    let waiting: Vec<_> = detail.waiting.iter().map(|wait| wait.decision.as_str()).collect();
    assert_eq!(waiting, ["ATLAS-DEC3"]);
}

#[test]
fn a_high_risk_is_stale_after_thirty_days_with_nothing_done_or_under_way() {
    let old = risk("2026-05-30", 15);
    let young = risk("2026-05-31", 25);
    let low = risk("2026-01-01", 14);
    let mut closed = risk("2026-01-01", 25);
    closed.common.state = State::Closed;
    closed.common.closed_on = some("2026-06-30");
    let mut done = risk("2026-01-01", 20);
    done.mitigation.completed = true;
    let mut under_way = risk("2026-01-01", 20);
    under_way.mitigation.open_until = some("2026-06-30");
    let mut lapsed = risk("2026-01-01", 20);
    lapsed.mitigation.open_until = some("2026-06-29");
    let mut accepted = risk("2026-01-01", 16);
    accepted.common.state = State::Accepted;
    let all = [old, young, low, closed, done, under_way, lapsed, accepted, risk("2026-01-01", 0)];
    let measure = now(Metric::RiskBurndown, &risks(all));
    assert_eq!((measure.value, measure.verdict), (Some(3.0), Some(Verdict::Missed)));
    let mut stale: Vec<_> = measure.items.iter().filter(|row| row.counts).map(|row| row.number).collect();
    stale.sort_unstable();
    assert_eq!(stale, [1, 7, 8]);
    let Some(Detail::RiskBurndown(detail)) = &measure.detail else { panic!("no detail") };
    let last = detail.weeks[25];
    assert_eq!((last.open, last.high, last.stale, last.unscored), (8, 6, 3, 1));
    assert_eq!(last.exposure, 15 + 25 + 14 + 20 + 20 + 20 + 16);
    assert_eq!(detail.ages, [0, 0, 0, 1, 5]);
}

#[test]
fn an_opportunity_is_neither_high_nor_exposure() {
    let mut chance = risk("2026-01-01", 25);
    chance.opportunity = true;
    let alone = now(Metric::RiskBurndown, &risks([chance]));
    assert_eq!((alone.value, alone.items.len()), (None, 0));
    let beside = now(Metric::RiskBurndown, &risks([chance, risk("2026-06-20", 16)]));
    let Some(Detail::RiskBurndown(detail)) = beside.detail else { panic!() };
    let last = detail.weeks.last().copied().unwrap();
    assert_eq!((last.open, last.high, last.stale, last.exposure), (1, 1, 0, 16));
    assert_eq!((beside.value, detail.ages), (Some(0.0), [0, 1, 0, 0, 0]));
    assert!(Metric::RiskBurndown.definition().contains("Opportunities are no threats"));
}

#[test]
fn risks_that_nobody_scored_are_not_called_low() {
    let measure = now(Metric::RiskBurndown, &risks([risk("2026-01-01", 0), risk("2026-02-01", 0)]));
    assert_eq!((measure.value, measure.verdict), (None, None));
    assert_eq!(
        measure.reason_for_no_value.as_deref(),
        Some("None of the 2 risks open on 30 Jun 2026 is scored.")
    );
}

#[test]
fn issues_open_beyond_fourteen_days_count_as_not_within() {
    let facts = issues([
        issue("2026-06-01", "2026-06-15"),
        issue("2026-06-01", "2026-06-16"),
        issue("2026-01-01", "2026-04-01"), // resolved on the day before the window
        issue("2026-06-16", ""),           // 14 days old
        issue("2026-06-15", ""),           // 15 days old
        issue("2026-03-18", ""),           // the day before the shifted window
        issue("2026-03-19", ""),
    ]);
    let measure = now(Metric::IssueResolutionTime, &facts);
    assert_eq!((measure.numerator, measure.denominator), (Some(1.0), Some(4.0)));
    let Some(Detail::IssueResolution(detail)) = &measure.detail else { panic!("no detail") };
    assert_eq!((detail.mean_days, detail.median_days), (Some(14.5), Some(14.5)));
    assert_eq!((detail.resolved, detail.resolved_within, detail.still_open), (2, 1, 2));
}

#[test]
fn forecast_accuracy_judges_the_forecasts_that_stood_then() {
    // Forecasts for 28 and 42 days before 2026-06-30: 2026-06-02 and 2026-05-19.
    let then = |forecast| milestone("2026-01-01", "2026-06-15", forecast);
    let m = |n, first, second, achieved_on| {
        track(
            Kind::Milestone,
            n,
            vec![
                (day("2026-01-01"), then(first)),
                (day("2026-05-25"), then(second)),
                (day(achieved_on), achieved(then(second), achieved_on)),
            ],
        )
    };
    let facts = Facts {
        milestones: vec![
            m(1, "2026-06-01", "2026-06-12", "2026-06-15"), // 42: 14 off; 28: 3 off
            m(2, "2026-06-20", "2026-06-20", "2026-06-16"), // both 4 early
            m(3, "2026-07-15", "2026-07-15", "2026-06-20"), // not forecast to finish by now
            single(Kind::Milestone, 4, "2026-01-01", then("2026-06-30")), // both not achieved
        ]
        .into(),
        ..facts()
    };
    let measure = now(Metric::ForecastAccuracy, &facts);
    assert_eq!((measure.numerator, measure.denominator), (Some(1.0), Some(6.0)));
    let Some(Detail::ForecastAccuracy(detail)) = &measure.detail else { panic!("no detail") };
    let [short, long] = &detail.horizons[..] else { panic!("two horizons") };
    assert_eq!((short.days, short.accurate, short.forecast, short.bias_days), (28, 1, 3, Some(-0.5)));
    assert_eq!((long.days, long.accurate, long.forecast, long.bias_days), (42, 0, 3, Some(5.0)));
}

#[test]
fn freshness_wants_an_owner_a_next_date_and_an_update() {
    let mut fresh = risk("2026-01-01", 5);
    fresh.common.owner = Some(owner());
    fresh.common.next_on = some("2026-06-30");
    fresh.common.updated_on = day("2026-06-16");
    let with = |change: &dyn Fn(&mut Common)| {
        let mut fact = fresh;
        change(&mut fact.common);
        fact
    };
    let mut facts = risks([
        fresh,
        with(&|common| common.owner = None),
        with(&|common| common.next_on = None),
        with(&|common| common.next_on = some("2026-06-29")),
        with(&|common| common.updated_on = day("2026-06-15")),
        with(&|common| common.archived = true),
    ]);
    // Actions and changes are not asked for.
    facts.actions = vec![single(Kind::Action, 1, "2026-01-01", action("2026-01-01", ""))].into();
    let measure = now(Metric::Freshness, &facts);
    assert_eq!((measure.numerator, measure.denominator), (Some(1.0), Some(5.0)));
    let Some(Detail::Freshness(detail)) = &measure.detail else { panic!("no detail") };
    assert_eq!((detail.without_owner, detail.without_next_date), (1, 1));
    assert_eq!((detail.next_date_past, detail.without_update), (1, 1));
}

#[test]
fn a_closing_date_after_the_day_is_not_known_on_the_day() {
    let facts = issues([issue("2026-06-01", "2026-07-10")]);
    let measure = now(Metric::IssueResolutionTime, &facts);
    assert_eq!((measure.numerator, measure.denominator), (Some(0.0), Some(1.0)));
    let facts = milestones([achieved(milestone("2025-01-01", "2026-06-01", ""), "2026-07-01")]);
    assert_eq!(now(Metric::MilestoneOnTimeRate, &facts).value, Some(0.0));
    assert_eq!(now(Metric::Freshness, &facts).denominator, Some(1.0));
}
