//! The worked examples of the metrics, told to the application through its API with the days on which things happened, and
//! read back from it.

use crate::support::app::{TestApp, TestUser, at};
use serde_json::{Value, json};

const ATLAS: &str = "/api/v1/programs/ATLAS";

async fn post(user: &TestUser, path: &str, body: Value) -> i64 {
    let made = user.post(&format!("{ATLAS}/{path}"), body).await.is(201).json();
    made["number"].as_i64().expect("an item has a number")
}

async fn moved(user: &TestUser, path: &str, number: i64, body: Value) {
    user.post(&format!("{ATLAS}/{path}/{number}/transitions"), body).await.is(200);
}

async fn metric(user: &TestUser, name: &str, query: &str) -> Value {
    user.get(&format!("{ATLAS}/metrics/{name}?{query}")).await.is(200).json()
}

fn close(value: &Value, expected: f64) -> bool {
    value.as_f64().is_some_and(|value| (value - expected).abs() < 1e-9)
}

async fn milestone(test: &TestApp, title: &str, committed: &str) -> i64 {
    let body = json!({"title": title, "committed_on": committed, "effective_on": "2026-02-02", "raised_on": "2026-02-02"});
    post(&test.manager, "milestones", body).await
}

async fn rebaseline(test: &TestApp, number: i64, committed: &str, on: &str) {
    let change = post(&test.manager, "changes", json!({"title": "Later", "kinds": ["schedule"], "reason": "The law",
        "rebaseline": [{"ref": format!("ATLAS-M{number}"), "committed_on": committed}], "effective_on": "2026-02-02"})).await;
    moved(&test.manager, "changes", change, json!({"to": "submitted", "on": on})).await;
    moved(&test.manager, "changes", change, json!({"to": "approved", "on": on})).await;
}

#[tokio::test]
async fn the_on_time_rate_counts_against_the_original_date_whatever_was_rebaselined() {
    let test = TestApp::start().await;
    let first = milestone(&test, "A", "2026-05-01").await;
    let moved_once = milestone(&test, "B", "2026-05-10").await;
    milestone(&test, "C", "2026-06-26").await;
    let moved_far = milestone(&test, "D", "2026-06-01").await;
    let early = milestone(&test, "E", "2026-04-01").await;
    let dropped = milestone(&test, "F", "2026-06-15").await;
    rebaseline(&test, moved_once, "2026-06-10", "2026-05-09").await;
    rebaseline(&test, moved_far, "2026-08-01", "2026-05-20").await;
    moved(&test.manager, "milestones", first, json!({"to": "achieved", "on": "2026-05-06"})).await;
    moved(&test.manager, "milestones", moved_once, json!({"to": "achieved", "on": "2026-06-12"})).await;
    moved(&test.manager, "milestones", early, json!({"to": "achieved", "on": "2026-04-01"})).await;
    moved(&test.manager, "milestones", dropped, json!({"to": "cancelled", "on": "2026-06-01"})).await;

    let rate = metric(&test.viewer, "milestone_on_time_rate", "").await;
    assert!(close(&rate["value"], 1.0 / 3.0), "{rate}");
    assert_eq!((&rate["numerator"], &rate["denominator"]), (&json!(1.0), &json!(3.0)));
    assert_eq!((&rate["target"], &rate["verdict"]), (&json!(0.8), &json!("missed")));
    assert_eq!(rate["window"], json!({"from": "2026-04-01", "to": "2026-06-30"}));
    let mut items: Vec<_> = rate["items"].as_array().unwrap().clone();
    items.sort_by_key(ToString::to_string);
    assert_eq!(items, [json!("ATLAS-M1"), json!("ATLAS-M2"), json!("ATLAS-M4")], "A, B and D count");
    let detail = &rate["detail"];
    assert!(close(&detail["against_current"], 1.0), "{detail}");
    assert_eq!((&detail["current_on_time"], &detail["current_counted"]), (&json!(2), &json!(2)));
    assert!((detail["gap_points"].as_f64().unwrap() - 66.7).abs() < 0.05, "{detail}");

    // As of 20 May: A and E are on time, B is missed already, D is not due.
    let then = metric(&test.viewer, "milestone_on_time_rate", "as_of=2026-05-20").await;
    assert_eq!((&then["numerator"], &then["denominator"]), (&json!(2.0), &json!(3.0)), "{then}");
    assert_eq!(then["as_of"], "2026-05-20");
    // The last point of that day's series is that day's value, and the point of today's series says the same.
    assert_eq!(then["series"][25], json!({"date": "2026-05-20", "value": then["value"]}));
    let same_day = metric(&test.viewer, "milestone_on_time_rate", "as_of=2026-06-02").await;
    let point =
        rate["series"].as_array().unwrap().iter().find(|point| point["date"] == "2026-06-02").unwrap();
    assert_eq!(point["value"], same_day["value"], "a series is what was known on each of its days");

    // Another change of dates changes nothing against the original.
    rebaseline(&test, moved_far, "2026-12-01", "2026-06-30").await;
    assert_eq!(metric(&test.viewer, "milestone_on_time_rate", "").await["value"], rate["value"]);
    // What is written later leaves an earlier day as it was.
    assert_eq!(metric(&test.viewer, "milestone_on_time_rate", "as_of=2026-05-20").await, then);
    moved(&test.manager, "milestones", first, json!({"to": "planned"})).await;
    assert_eq!(metric(&test.viewer, "milestone_on_time_rate", "as_of=2026-05-20").await, then);
    assert_ne!(
        metric(&test.viewer, "milestone_on_time_rate", "").await["value"],
        rate["value"],
        "today A is open again"
    );
}

#[tokio::test]
async fn decision_latency_is_counted_from_escalation_or_else_from_request() {
    let test = TestApp::start().await;
    for (raised, escalated, decided) in [
        ("2026-06-03", Some("2026-06-05"), Some("2026-06-08")),
        ("2026-05-28", Some("2026-06-01"), Some("2026-06-09")),
        ("2026-06-15", None, Some("2026-06-15")),
        ("2026-06-08", Some("2026-06-10"), None),
    ] {
        let n = post(
            &test.manager,
            "decisions",
            json!({"title": "x", "effective_on": raised, "raised_on": raised}),
        )
        .await;
        moved(
            &test.manager,
            "decisions",
            n,
            json!({"to": "waiting", "on": raised, "escalated_on": escalated}),
        )
        .await;
        if let Some(decided) = decided {
            moved(&test.manager, "decisions", n, json!({"to": "decided", "on": decided, "option": "This"}))
                .await;
        }
    }
    let latency = metric(&test.viewer, "decision_latency", "").await;
    assert!(close(&latency["value"], 1.0), "{latency}");
    assert_eq!((&latency["unit"], &latency["verdict"]), (&json!("working_days"), &json!("met")));
    assert_eq!(latency["detail"]["decided"], 3);
    assert_eq!(
        latency["detail"]["waiting"],
        json!([{"decision": "ATLAS-DEC4", "since": "2026-06-10", "at_least_working_days": 14}])
    );
    let then = metric(&test.viewer, "decision_latency", "as_of=2026-06-10").await;
    assert!(close(&then["value"], 3.5), "1 and 6 were decided by then: {then}");
    assert_eq!(then["detail"]["waiting"][0]["at_least_working_days"], 0);
}

#[tokio::test]
async fn dependency_aging_is_the_mean_age_of_what_is_open() {
    let test = TestApp::start().await;
    test.clock.hold_at(at("2026-07-03T12:00:00Z"));
    let raise = async |raised: &str| {
        let body = json!({"title": "x", "provider": {"external": "A"}, "consumer": {"external": "B"}, "needed_by": "2026-06-25",
            "raised_on": raised});
        post(&test.manager, "dependencies", body).await
    };
    raise("2026-06-01").await;
    raise("2026-06-20").await;
    let given = raise("2026-05-01").await;
    raise("2026-07-02").await;
    for side in ["provider", "consumer"] {
        moved(&test.manager, "dependencies", given, json!({"to": "agreed", "as": side, "on": "2026-05-04"}))
            .await;
    }
    moved(&test.manager, "dependencies", given, json!({"to": "delivered", "on": "2026-06-12"})).await;
    moved(&test.manager, "dependencies", given, json!({"to": "accepted", "on": "2026-06-15"})).await;
    let aging = metric(&test.viewer, "dependency_aging", "as_of=2026-06-30").await;
    assert!(close(&aging["value"], 19.5), "{aging}");
    assert_eq!((&aging["unit"], &aging["verdict"]), (&json!("days"), &json!("met")));
    assert_eq!(aging["detail"]["buckets"], json!([0, 1, 0, 1, 0]));
    assert_eq!((&aging["detail"]["open"], &aging["detail"]["past_needed_by"]), (&json!(2), &json!(2)));
    let now = metric(&test.viewer, "dependency_aging", "").await;
    assert_eq!(now["detail"]["open"], 3);
    let then = metric(&test.viewer, "dependency_aging", "as_of=2026-06-14").await;
    assert!(close(&then["value"], f64::from(13 + 44) / 2.0), "{then}");
}

#[tokio::test]
async fn every_metric_answers_in_the_shape_of_the_contract() {
    let test = TestApp::start().await;
    let listed = test.viewer.get(&format!("{ATLAS}/metrics")).await.is(200).json();
    let items = listed["items"].as_array().unwrap();
    let names: Vec<_> = items.iter().filter_map(|item| item["name"].as_str()).collect();
    for name in [
        "milestone_on_time_rate",
        "schedule_variance",
        "decision_latency",
        "dependency_aging",
        "critical_path_stability",
        "risk_burndown",
        "issue_resolution_time",
        "forecast_accuracy",
        "freshness",
        "schedule_quality",
    ] {
        assert!(names.contains(&name), "{name} is not among {names:?}");
    }
    for name in names {
        let one = metric(&test.viewer, name, "").await;
        let keys: Vec<_> = one.as_object().unwrap().keys().map(String::as_str).collect();
        let contract = [
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
            "detail",
        ];
        assert!(contract.iter().all(|key| keys.contains(key)), "{name} has {keys:?}");
        assert!(keys.iter().all(|key| contract.contains(key) || *key == "reason"), "{name} has {keys:?}");
        assert_eq!((&one["name"], &one["as_of"]), (&json!(name), &json!("2026-06-30")));
        let series = one["series"].as_array().unwrap();
        assert_eq!(
            (series.len(), &series[25]["date"], &series[24]["date"]),
            (26, &json!("2026-06-30"), &json!("2026-06-23"))
        );
        assert!(one["unit"].is_string() && one["items"].is_array() && one["target"].is_number(), "{one}");
        // Nothing has happened yet: what can't be told has no value, and says why.
        if one["value"].is_null() {
            assert!(
                one["reason"].as_str().is_some_and(|reason| reason.ends_with('.')),
                "{name} says why: {one}"
            );
            assert_eq!(one["verdict"], Value::Null, "{name}: what has no value is not judged");
        } else {
            assert!(one.get("reason").is_none());
        }
    }
    let rate = metric(&test.viewer, "milestone_on_time_rate", "").await;
    assert_eq!((&rate["value"], &rate["denominator"]), (&Value::Null, &json!(0.0)), "never 0 % or 100 %");
    test.viewer.get(&format!("{ATLAS}/metrics/luck")).await.problem(404);
    // Another window.
    let month = metric(&test.viewer, "milestone_on_time_rate", "window_days=30").await;
    assert_eq!(month["window"]["from"], "2026-05-31");
    for wrong in ["0", "-1", "x", "99999"] {
        test.viewer
            .get(&format!("{ATLAS}/metrics/freshness?window_days={wrong}"))
            .await
            .refused("window_days");
    }
    let health = test.viewer.get(&format!("{ATLAS}/health")).await.is(200).json();
    assert_eq!(health["overall"], "grey", "no data is not green: {health}");
}
