//! What a scenario does to probabilities. Today is Tuesday, 30 June 2026, the first working day of what starts now; the 10th is
//! 13 July.
//!
//! PERT of 5, 10 and 20 days is 5 + 15 × Beta(7/3, 11/3). By numerical integration of that density 41.7 % of it lie below 10 days
//! and 7.6 % below 7; its P80 is 13.3 days, so the 14th working day, 17 July.

use crate::forecasts::{link, one_activity, raise};
use crate::support::app::{TestApp, TestUser};
use serde_json::{Value, json};

const PREVIEW: &str = "/api/v1/programs/ATLAS/scenarios/preview";

async fn preview(user: &TestUser, changes: Value) -> Value {
    user.post(PREVIEW, json!({"changes": changes})).await.is(200).json()["result"].clone()
}

/// Three standard errors of a share of 2,000 runs.
#[track_caller]
fn about(share: &Value, expected: f64) {
    let share = share.as_f64().unwrap_or_else(|| panic!("{share} is no share"));
    assert!((share - expected).abs() < 0.034, "{share} should be about {expected}");
}

fn references(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|row| row["ref"].as_str().unwrap()).collect()
}

fn slip(item: &str, days: i64) -> Value {
    json!({"change": "slip", "item": item, "days": days})
}

fn wider() -> Value {
    json!({"change": "estimate", "item": "ATLAS-T1", "likely_days": 10, "pessimistic_days": 40})
}

fn page_of(changes: &Value) -> String {
    format!("/programs/ATLAS/scenarios/new?changes={}", plumbline::web::extract::encode(&changes.to_string()))
}

#[tokio::test]
async fn a_slip_moves_the_p80_by_as_much_and_lowers_the_chance() {
    let test = one_activity([5.0, 10.0, 20.0], "2026-07-13").await;
    let changes = json!([slip("ATLAS-T1", 3)]);
    let result = preview(&test.contributor, changes.clone()).await;
    let launch = &result["milestones"][0];
    assert_eq!((&launch["ref"], &launch["working_days"]), (&json!("ATLAS-M1"), &json!(3)));
    assert_eq!(launch["p80"], json!({"from": "2026-07-17", "to": "2026-07-22"}), "the 14th and the 17th");
    about(&launch["probability_committed"]["from"], 0.417);
    about(&launch["probability_committed"]["to"], 0.076);
    assert_eq!(
        (&result["probabilities"]["iterations"], &result["probabilities"]["date_holds"]),
        (&json!(2000), &json!([]))
    );
    // Asked again it is the same, and what is earlier is likelier.
    assert_eq!(preview(&test.contributor, changes.clone()).await, result);
    let earlier = preview(
        &test.contributor,
        json!([{"change": "estimate", "item": "ATLAS-T1", "optimistic_days": 1, "likely_days": 2, "pessimistic_days": 4}]),
    )
    .await;
    assert_eq!(earlier["milestones"][0]["probability_committed"]["to"], 1.0);

    let page = test.contributor.page(&page_of(&changes)).await.is(200).text;
    for words in ["17 Jul 2026", "22 Jul 2026", "2000 runs"] {
        assert!(page.contains(words), "{words}: {page}");
    }
    let saved = json!({"title": "Late", "changes": changes});
    let saved = test.contributor.post("/api/v1/programs/ATLAS/scenarios", saved).await.is(201).json();
    assert_eq!(saved["result"]["milestones"][0]["p80"], launch["p80"]);
    let other = json!({"title": "Later", "changes": [slip("ATLAS-T1", 4)]});
    test.contributor.post("/api/v1/programs/ATLAS/scenarios", other).await.is(201);
    let both = test.viewer.page("/programs/ATLAS/scenarios/1/compare/2").await.is(200).text;
    assert!(both.contains("22 Jul 2026") && both.contains("23 Jul 2026"), "{both}");
}

#[tokio::test]
async fn chances_that_change_while_the_date_holds_are_told() {
    let test = one_activity([5.0, 10.0, 20.0], "2026-07-13").await;
    let result = preview(&test.contributor, json!([wider()])).await;
    assert_eq!(result["milestones"], json!([]), "the likely duration is what it was");
    let shaken = &result["probabilities"]["date_holds"];
    assert_eq!(references(shaken), ["ATLAS-M1"]);
    assert!(shaken[0]["p80"]["from"].as_str() < shaken[0]["p80"]["to"].as_str(), "{shaken}");
    let chance = |when: &str| shaken[0]["probability_committed"][when].as_f64().unwrap();
    assert!(chance("from") > chance("to") + 0.05, "{shaken}");
    let page = test.contributor.page(&page_of(&json!([wider()]))).await.is(200).text;
    assert!(page.contains("Dates that hold") && page.contains("Launch"), "{page}");
}

/// A second activity, ATLAS-T2, and what it leads to, ATLAS-M2.
async fn beside(test: &TestApp) {
    let day = "2026-06-01";
    let own = json!({"title": "Beside", "optimistic_days": 5, "likely_days": 10, "pessimistic_days": 20,
        "effective_on": day, "raised_on": day});
    raise(&test.manager, "ATLAS/activities", own).await;
    let end = json!({"title": "End", "committed_on": "2026-07-14", "effective_on": day, "raised_on": day});
    raise(&test.manager, "ATLAS/milestones", end).await;
    link(&test.manager, "ATLAS", "ATLAS-T2", "ATLAS-M2").await;
}

#[tokio::test]
async fn what_is_untouched_keeps_its_chances_to_the_last_digit() {
    let test = one_activity([5.0, 10.0, 20.0], "2026-07-13").await;
    beside(&test).await;
    // Both shift the places of what stands behind them in the plan.
    let changes = json!([{"change": "drop", "item": "ATLAS-T1"},
        {"change": "add", "name": "pilot", "title": "Pilot", "likely_days": 2, "pessimistic_days": 9}]);
    let result = preview(&test.contributor, changes).await;
    let told =
        [references(&result["milestones"]), references(&result["probabilities"]["date_holds"])].concat();
    assert!(!told.contains(&"ATLAS-M2"), "{told:?}");
    assert_eq!(references(&result["dropped"]), ["ATLAS-T1"]);
    // Widened itself, it is told: the test above can fail.
    let own = json!([{"change": "estimate", "item": "ATLAS-T2", "likely_days": 10, "pessimistic_days": 40}]);
    let result = preview(&test.contributor, own).await;
    assert_eq!(references(&result["probabilities"]["date_holds"]), ["ATLAS-M2"]);
}

#[tokio::test]
async fn where_nothing_varies_nothing_is_said_and_what_is_hidden_isnt_named() {
    let test = one_activity([10.0; 3], "2026-07-13").await;
    let result = preview(&test.contributor, json!([slip("ATLAS-T1", 3)])).await;
    assert_eq!((&result["probabilities"], &result["milestones"][0]["p80"]), (&Value::Null, &Value::Null));

    let test = one_activity([5.0, 10.0, 20.0], "2026-07-13").await;
    let beacon = json!({"key": "BEACON", "name": "Beacon"});
    test.manager.post("/api/v1/programs", beacon).await.is(201);
    let live = json!({"title": "Secret go-live", "committed_on": "2026-07-20", "effective_on": "2026-06-01", "raised_on": "2026-06-01"});
    raise(&test.manager, "BEACON/milestones", live).await;
    link(&test.manager, "BEACON", "ATLAS-M1", "BEACON-M1").await;
    let result = preview(&test.manager, json!([wider()])).await;
    assert_eq!(references(&result["probabilities"]["date_holds"]), ["ATLAS-M1", "BEACON-M1"]);
    let answer = test.contributor.post(PREVIEW, json!({"changes": [wider()]})).await.is(200);
    assert!(!answer.text.contains("Secret") && !answer.text.contains("BEACON"), "{}", answer.text);
    let page = test.contributor.page(&page_of(&json!([wider()]))).await.is(200).text;
    assert!(!page.contains("Secret") && !page.contains("BEACON"));
}
