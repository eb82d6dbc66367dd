//! What the schedule network means for health and metrics, told to the application through its API and read back from it.

use crate::support::app::{TestApp, TestUser, at, day};
use plumbline::app::{App, access, measure};
use plumbline::domain::metrics::{Metric, WINDOW_DAYS};
use serde_json::{Value, json};

const ATLAS: &str = "/api/v1/programs/ATLAS";

async fn made(user: &TestUser, kinds: &str, on: &str, body: Value) {
    let mut whole = json!({"effective_on": on, "raised_on": on});
    whole.as_object_mut().unwrap().extend(body.as_object().cloned().unwrap());
    user.post(&format!("{ATLAS}/{kinds}"), whole).await.is(201);
}

async fn bind(user: &TestUser, from: &str, to: &str, on: &str) {
    let body = json!({"predecessor": from, "successor": to, "effective_on": on});
    user.post(&format!("{ATLAS}/links"), body).await.is(201);
}

async fn metric(user: &TestUser, name: &str, query: &str) -> Value {
    user.get(&format!("{ATLAS}/metrics/{name}?{query}")).await.is(200).json()
}

/// The reasons of a dimension: rule and first note.
async fn reasons(user: &TestUser, dimension: &str) -> Vec<(String, String)> {
    let health = user.get(&format!("{ATLAS}/health")).await.is(200).json();
    let found = health["dimensions"].as_array().unwrap().iter().find(|d| d["dimension"] == dimension);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let one = |reason: &Value| (text(&reason["rule"]), text(&reason["causes"][0]["note"]));
    found.unwrap()["reasons"].as_array().unwrap().iter().map(one).collect()
}

/// Since 4 May two chains lead to a milestone: a long one by T1 and T2, and a short one by T3. On 1 June T3 becomes the longer
/// one. The milestone is committed for 31 July.
async fn two_chains() -> TestApp {
    let test = TestApp::start().await;
    let user = &test.manager;
    test.manager.post("/api/v1/teams", json!({"name": "Ledger"})).await.is(201);
    let team = json!([{"team": "Ledger"}]);
    for (title, days) in [("Build", 30), ("Test", 10), ("Train", 5)] {
        made(
            user,
            "activities",
            "2026-05-04",
            json!({"title": title, "likely_days": days, "resources": team}),
        )
        .await;
    }
    made(user, "milestones", "2026-05-04", json!({"title": "Live", "committed_on": "2026-07-31"})).await;
    for (from, to) in [("ATLAS-T1", "ATLAS-T2"), ("ATLAS-T2", "ATLAS-M1"), ("ATLAS-T3", "ATLAS-M1")] {
        bind(user, from, to, "2026-05-04").await;
    }
    let longer = json!({"likely_days": 70, "effective_on": "2026-06-01", "reason": "More to learn"});
    user.patch(&format!("{ATLAS}/activities/3"), 1, longer).await.is(200);
    test
}

#[tokio::test]
async fn the_critical_path_is_stable_until_another_chain_is_longer() {
    let test = two_chains().await;
    let now = metric(&test.viewer, "critical_path_stability", "").await;
    // Weeks end on Tuesdays: the network is there from 5 May, so there are eight to compare, and that to 2 June is changed.
    assert_eq!((&now["numerator"], &now["denominator"]), (&json!(7.0), &json!(8.0)), "{now}");
    assert_eq!(
        (&now["value"], &now["verdict"], &now["unit"]),
        (&json!(0.875), &json!("met"), &json!("share"))
    );
    let weeks = now["detail"]["weeks"].as_array().unwrap();
    let changed: Vec<_> = weeks.iter().filter(|week| week["changed"] == true).collect();
    assert_eq!(changed.len(), 1);
    assert_eq!(
        (&changed[0]["date"], &changed[0]["came"], &changed[0]["went"], &changed[0]["similarity"]),
        (&json!("2026-06-02"), &json!(["ATLAS-T3"]), &json!(["ATLAS-T1", "ATLAS-T2"]), &json!(0.25))
    );
    assert_eq!(now["items"], json!(["ATLAS-T1", "ATLAS-T2", "ATLAS-T3"]));
    let before = metric(&test.viewer, "critical_path_stability", "as_of=2026-05-29").await;
    assert_eq!((&before["value"], &before["denominator"]), (&json!(1.0), &json!(3.0)));
    let first = metric(&test.viewer, "critical_path_stability", "as_of=2026-05-04").await;
    assert_eq!((&first["value"], &first["verdict"]), (&Value::Null, &Value::Null));
    assert!(first["reason"].as_str().unwrap().contains("nothing to compare"), "{first}");
    let none = metric(&test.viewer, "critical_path_stability", "as_of=2026-05-03").await;
    assert!(none["reason"].as_str().unwrap().contains("no critical path"), "{none}");
    let page = test.viewer.page("/programs/ATLAS/metrics/critical_path_stability").await.is(200).text;
    assert!(
        page.contains("Week by week") && page.contains("2 Jun 2026") && page.contains("ATLAS-T1, ATLAS-T2")
    );
}

#[tokio::test]
async fn finishing_critical_work_changes_nothing() {
    let test = two_chains().await;
    let done = json!({"to": "done", "on": "2026-06-25"});
    test.manager.post(&format!("{ATLAS}/activities/3/transitions"), done).await.is(200);
    let back = json!({"likely_days": 5, "effective_on": "2026-06-01", "reason": "It was not more"});
    test.manager.patch(&format!("{ATLAS}/activities/3"), 3, back).await;
    let now = metric(&test.viewer, "critical_path_stability", "").await;
    let last = now["detail"]["weeks"].as_array().unwrap().last().unwrap().clone();
    assert!(!last["went"].as_array().unwrap().contains(&json!("ATLAS-T3")), "{last}");
}

#[tokio::test]
async fn the_fourteen_points_are_told_with_what_speaks_against_them() {
    let test = two_chains().await;
    let quality = metric(&test.viewer, "schedule_quality", "").await;
    let points = quality["detail"]["points"].as_array().unwrap();
    assert_eq!(points.len(), 14);
    let missed: Vec<_> = points
        .iter()
        .filter(|point| point["verdict"] == "missed")
        .map(|point| (point["check"].as_str().unwrap(), point["offenders"].clone()))
        .collect();
    // T1 and T3 begin without a predecessor, and one may; T3 is too long, and with it the milestone too late.
    assert_eq!(
        missed,
        [
            ("logic", json!(["ATLAS-T3"])),
            ("high_duration", json!(["ATLAS-T3"])),
            ("critical_path_length_index", json!(["ATLAS-M1"])),
        ],
        "{quality}"
    );
    assert_eq!((&quality["numerator"], &quality["denominator"]), (&json!(9.0), &json!(12.0)));
    assert_eq!((&quality["target"], &quality["verdict"]), (&json!(1.0), &json!("missed")));
    assert_eq!(quality["items"], json!(["ATLAS-M1", "ATLAS-T3"]));
    assert_eq!(quality["series"].as_array().unwrap()[16]["value"], Value::Null, "before there was a network");
    let page = test.viewer.page("/programs/ATLAS/metrics/schedule_quality").await.is(200).text;
    for words in ["Critical path test", "all met", "/programs/ATLAS/activities/3\"", "Nothing is committed"] {
        assert!(page.contains(words), "the page says “{words}”: {page}");
    }
}

#[tokio::test]
async fn health_judges_by_the_later_of_what_is_stated_and_what_the_network_says() {
    let test = two_chains().await;
    test.manager
        .patch(&format!("{ATLAS}/milestones/1"), 1, json!({"forecast_on": "2026-07-31"}))
        .await
        .is(200);
    let schedule = reasons(&test.viewer, "schedule").await;
    assert_eq!(schedule[0].0, "schedule.forecast_late");
    assert!(
        schedule[0].1.contains("the network says 5 Oct 2026, stated is 31 Jul 2026"),
        "stating the committed date hides nothing: {schedule:?}"
    );
    let portfolio = test.viewer.get("/api/v1/portfolio").await.is(200).json();
    assert_eq!(portfolio["items"][0]["health"]["dimensions"]["schedule"], "red", "{portfolio}");
    // A deadline that can't be kept takes the float of what leads to it.
    let deadline = json!({"deadline_on": "2026-08-14", "reason": "The law"});
    test.manager.patch(&format!("{ATLAS}/activities/3"), 2, deadline).await.is(200);
    let tight = reasons(&test.viewer, "schedule").await;
    let negative = tight.iter().find(|(rule, _)| rule == "schedule.negative_float").unwrap();
    assert!(negative.1.ends_with("its deadline 2026-08-14"), "{negative:?}");
}

#[tokio::test]
async fn a_dependency_comes_when_the_milestone_of_its_provider_does() {
    let test = two_chains().await;
    let body = json!({"title": "The ledger", "provider": {"team": "Ledger"}, "consumer": {"external": "Audit"},
        "needed_by": "2026-08-03", "promised_by": "2026-08-03", "provider_milestone": "ATLAS-M1"});
    made(&test.manager, "dependencies", "2026-06-29", body).await;
    let found = reasons(&test.viewer, "dependencies").await;
    assert_eq!(found[0].0, "dependencies.promised_late");
    assert!(found[0].1.starts_with("forecast by the network 5 Oct 2026, 63 days after"), "{found:?}");
}

#[tokio::test]
async fn the_overview_shows_the_critical_path_where_there_is_one() {
    let test = TestApp::start().await;
    let none = test.viewer.page("/programs/ATLAS").await.is(200).text;
    assert!(!none.contains("Critical path to"));
    let test = two_chains().await;
    let page = test.viewer.page("/programs/ATLAS").await.is(200).text;
    assert!(page.contains("Critical path to Live") && page.contains("ATLAS-T3"), "{page}");
    assert!(page.contains("/programs/ATLAS/activities/3\"") && !page.contains("more</a> to Live"));
    let long = &test.manager;
    for n in 4..=12 {
        made(long, "activities", "2026-06-29", json!({"title": format!("Step {n}"), "likely_days": 20}))
            .await;
        bind(long, &format!("ATLAS-T{}", n - 1), &format!("ATLAS-T{n}"), "2026-06-29").await;
    }
    bind(long, "ATLAS-T12", "ATLAS-M1", "2026-06-29").await;
    let page = test.viewer.page("/programs/ATLAS").await.is(200).text;
    assert!(page.contains("… 3 more</a> to Live"), "eight steps of eleven: {page}");
    assert!(page.contains("/programs/ATLAS/schedule\""));
}

/// What is taken over from before a write is what would be computed anew, whenever the write takes effect.
#[tokio::test]
async fn what_is_kept_of_past_weeks_is_what_is_computed_anew() {
    let test = two_chains().await;
    let fresh = || App::new(test.app.db.clone(), test.clock.clone());
    for (step, (path, version, body)) in [
        ("activities/1", 1, json!({"likely_days": 33, "effective_on": "2026-06-20", "reason": "So"})),
        ("activities/2", 1, json!({"likely_days": 80, "effective_on": "2026-05-20", "reason": "So"})),
        (
            "milestones/1",
            1,
            json!({"forecast_on": "2026-12-01", "effective_on": "2026-06-10", "reason": "So"}),
        ),
        ("activities/3", 2, json!({"title": "Train all", "effective_on": "2026-06-02", "reason": "So"})),
    ]
    .into_iter()
    .enumerate()
    {
        let measured = async |app: &App| {
            let ctx = test.manager.ctx(&test.clock);
            let entered = access::enter(app, &ctx, "ATLAS").await.unwrap();
            let mut all = Vec::new();
            for metric in [Metric::CriticalPathStability, Metric::ScheduleQuality] {
                all.push(measure::one(app, &entered, metric, WINDOW_DAYS).await.unwrap());
            }
            (all, measure::health(app, &entered).await.unwrap())
        };
        measured(&test.app).await;
        test.manager.patch(&format!("{ATLAS}/{path}"), version, body).await.is(200);
        assert_eq!(measured(&test.app).await, measured(&fresh()).await, "write {step}");
    }
    // A new day is another.
    test.clock.hold_at(at("2026-07-01T12:00:00Z"));
    let next = metric(&test.viewer, "critical_path_stability", "").await;
    assert_eq!(next["as_of"], json!(day("2026-07-01")));
}
