//! Benefits: what is measured of them, through the API and the pages.

use crate::support::api::{ATLAS, raise};
use crate::support::app::TestApp;
use plumbline::domain::kind::Kind;
use serde_json::{Value, json};

const ALL: &str = "/api/v1/programs/ATLAS/benefits/1/measurements";
const TARGETS: &str = "/api/v1/programs/ATLAS/benefits/1/adoption-targets";

/// A benefit of the contributor: from 100 at the beginning of the year to 200 at its end, half of it planned by midyear.
async fn atlas() -> TestApp {
    let test = TestApp::start().await;
    let plan = json!([{"on": "2026-01-01", "value": 100}, {"on": "2026-12-31", "value": 200}]);
    let own = json!({"title": "Faster close", "unit": "days", "baseline": 100, "plan": plan, "owner": test.contributor.email,
        "effective_on": "2026-01-10"});
    raise(&test.manager, Kind::Benefit, own).await;
    test
}

async fn benefit(test: &TestApp, query: &str) -> Value {
    test.viewer.get(&format!("{ATLAS}/benefits/1{query}")).await.is(200).json()
}

#[tokio::test]
async fn what_is_measured_moves_the_next_plan_point_and_stands_as_of_its_day() {
    let test = atlas().await;
    assert_eq!(benefit(&test, "").await["next_on"], "2026-01-01", "nothing is measured yet");
    let first = json!({"on": "2026-03-31", "value": 110.5, "note": "Seven countries"});
    let made = test.manager.post(ALL, first).await.is(201);
    let first = made.json();
    assert_eq!(made.header("location"), format!("{ALL}/{}", first["id"].as_str().unwrap()));
    assert_eq!((&first["value"], &first["benefit"]["ref"]), (&json!(110.5), &json!("ATLAS-B1")));
    assert_eq!(first["effective_on"], "2026-03-31", "a manager says what held from an earlier day");
    let now = benefit(&test, "").await;
    assert_eq!((&now["next_on"], &now["state"]), (&json!("2026-12-31"), &json!("tracking")));
    // The owner measures too, today.
    let own = test.contributor.post(ALL, json!({"value": 125})).await.is(201).json();
    assert_eq!((&own["on"], &own["effective_on"]), (&json!("2026-06-30"), &json!("2026-06-30")));
    let total =
        async |query: &str| test.viewer.get(&format!("{ALL}{query}")).await.is(200).json()["total"].clone();
    assert_eq!(total("?as_of=2026-03-30").await, 0);
    assert_eq!(total("?as_of=2026-03-31").await, 1);
    assert_eq!(total("?as_of=2026-06-29").await, 1);
    assert_eq!(total("").await, 2);
    assert_eq!(benefit(&test, "?as_of=2026-03-30").await["state"], "planned");

    // Corrected, and taken away again: the next plan point follows what is left.
    let one = format!("{ALL}/{}", own["id"].as_str().unwrap());
    let changed = test.contributor.patch(&one, 1, json!({"value": 126})).await.is(200).json();
    assert_eq!((&changed["value"], &changed["version"]), (&json!(126.0), &json!(2)));
    test.contributor.patch(&one, 1, json!({"value": 127})).await.problem(412);
    test.contributor.patch(&one, 2, json!({"on": "2026-07-01"})).await.refused("on");
    test.contributor.delete(&one).await.is(204);
    test.manager.delete(&format!("{ALL}/{}", first["id"].as_str().unwrap())).await.is(204);
    assert_eq!(benefit(&test, "").await["next_on"], "2026-01-01");
    assert_eq!(total("").await, 0);
}

#[tokio::test]
async fn the_pages_show_plan_against_actual() {
    let test = atlas().await;
    let page = test.viewer.page("/programs/ATLAS/benefits/1").await.is(200).text;
    assert!(page.contains("not measured yet") && page.contains("chart plan"), "the plan alone is drawn");
    assert!(!page.contains("Write it down"), "who reads doesn't measure");
    let back = test
        .contributor
        .submit("/programs/ATLAS/benefits/1/measurements", &[("value", "much"), ("on", "")])
        .await;
    assert_eq!(back.status, 422);
    assert!(
        back.text.contains("Give a number") && back.text.contains("value=\"much\""),
        "it comes back as typed"
    );
    let done = test
        .contributor
        .submit("/programs/ATLAS/benefits/1/measurements", &[("value", "125"), ("on", "")])
        .await;
    assert_eq!(done.status, 303);
    let page = test.viewer.page("/programs/ATLAS/benefits/1").await.is(200).text;
    // 180 of 364 days are gone: 149.45 was planned, 25 of 49.45 came.
    assert!(
        page.contains("149.45\u{a0}days") && page.contains("50.6\u{a0}%"),
        "realised against the plan of the day"
    );
    let list = test.viewer.page("/programs/ATLAS/benefits").await.is(200).text;
    assert!(list.contains("50.6\u{a0}%") && list.contains("125\u{a0}days"));
    let then = test.viewer.page("/programs/ATLAS/benefits?as_of=2026-06-29").await.is(200).text;
    assert!(then.contains("not measured") && !then.contains("125\u{a0}days"));
}

#[tokio::test]
async fn adoption_is_measured_against_its_own_targets() {
    let test = atlas().await;
    let target =
        json!({"title": "Countries live", "target": 12, "unit": "countries", "due_on": "2026-06-15"});
    test.contributor.post(TARGETS, target.clone()).await.problem(403);
    let made = test.manager.post(TARGETS, target).await.is(201).json();
    let one = format!("{TARGETS}/{}", made["id"].as_str().unwrap());
    let value = json!({"on": "2026-06-10", "value": 12, "adoption_target": "countries live"});
    let measured = test.manager.post(ALL, value).await.is(201).json();
    assert_eq!(measured["adoption_target"], made["id"]);
    assert_eq!(
        benefit(&test, "").await["next_on"],
        "2026-01-01",
        "adoption is no measurement of the benefit"
    );
    test.manager.post(ALL, json!({"value": 1, "adoption_target": "Nobody"})).await.refused("adoption_target");
    assert!(test.viewer.page("/programs/ATLAS/benefits/1").await.text.contains("Reached"));
    let raised = test.manager.patch(&one, 1, json!({"target": 13})).await.is(200).json();
    assert_eq!(raised["target"], 13.0);
    assert!(test.viewer.page("/programs/ATLAS/benefits/1").await.text.contains("Missed"));
    test.manager.delete(&one).await.problem(422);
    test.manager.delete(&format!("{ALL}/{}", measured["id"].as_str().unwrap())).await.is(204);
    test.manager.delete(&one).await.is(204);
    assert_eq!(test.viewer.get(TARGETS).await.json()["total"], 0);
}

#[tokio::test]
async fn what_cannot_be_measured_is_refused_by_field() {
    let test = atlas().await;
    test.manager.post(ALL, json!({})).await.refused("value");
    test.manager.post(ALL, json!({"value": "many"})).await.refused("value");
    test.manager.post(ALL, json!({"value": 1, "on": "2026-07-01"})).await.refused("on");
    test.manager.post(ALL, json!({"value": 1, "colour": "red"})).await.refused("colour");
    test.viewer.post(ALL, json!({"value": 1})).await.problem(403);
    test.stranger.post(ALL, json!({"value": 1})).await.problem(404);
    test.manager.post(&ALL.replace("/1/", "/9/"), json!({"value": 1})).await.problem(404);
    test.manager.delete(&format!("{ALL}/x")).await.problem(404);
    assert_eq!(test.viewer.get(ALL).await.json()["total"], 0);
}
