//! An acceptance of a risk covers what its score demanded then: a score that demands more ends it, whoever writes it and how.

use crate::support::api::{ATLAS, get, moved, post};
use crate::support::app::{TestApp, TestUser, at};
use plumbline::app::import;
use plumbline::store::Stamp;
use serde_json::{Value, json};

/// A program with a sponsor, who accepts from a score of 15 on; a manager does from 10 on.
async fn house() -> TestApp {
    let test = TestApp::start().await;
    let version = test.manager.get(ATLAS).await.json()["version"].as_i64().unwrap();
    test.manager.patch(ATLAS, version, json!({"sponsor": test.viewer.email})).await.is(200);
    test
}

async fn accepted(test: &TestApp, probability: i16, impact: i16, by: &TestUser) -> String {
    let body = json!({"title": "Vendor", "probability": probability, "impact": impact, "owner": test.contributor.email});
    let made = post(&test.manager, "risks", body).await;
    let path = format!("risks/{}", made["number"]);
    let until = json!({"to": "accepted", "until": "2030-12-31", "reason": "Cheaper"});
    moved(by, &path, until).await;
    path
}

const WHY: &str = "Accepted at 4, it is at 25 now, which the sponsor accepts: it is accepted no longer.";

#[tokio::test]
async fn a_score_beyond_what_was_accepted_ends_the_acceptance() {
    let test = house().await;
    let one = accepted(&test, 2, 2, &test.manager).await;
    let path = format!("{ATLAS}/{one}");
    let within = test.manager.patch(&path, 2, json!({"impact": 4})).await.is(200).json();
    assert_eq!(within["state"], "accepted", "8 is the owner's to accept, as 4 is");
    test.clock.hold_at(at("2026-06-30T13:00:00Z"));
    let beyond = json!({"probability": 5, "impact": 5});
    let back = test.manager.patch(&path, 3, beyond).await.is(200).json();
    assert_eq!(
        (&back["state"], &back["score"], &back["accepted_until"], &back["accepted_by"], &back["closed_on"]),
        (&json!("open"), &json!(25), &Value::Null, &Value::Null, &Value::Null)
    );
    let history = get(&test.viewer, &format!("{one}/history")).await;
    assert_eq!(history["items"].as_array().unwrap().last().unwrap()["reason"], WHY);
    let trail = get(&test.viewer, "history").await;
    let named: Vec<&str> =
        trail["items"].as_array().unwrap().iter().filter_map(|e| e["name"].as_str()).collect();
    assert!(named.contains(&"acceptance_outgrown"), "{named:?}");
    // The nudge says why, until something is done.
    let nudge = "It was accepted at 4 and is at 25 now, which that doesn’t cover";
    let page = test.viewer.page("/programs/ATLAS/risks/1").await.is(200).text;
    assert!(page.contains(nudge), "{page}");
    assert!(test.contributor.page("/me/work").await.text.contains(nudge));
    moved(&test.viewer, &one, json!({"to": "accepted", "until": "2026-12-31", "reason": "Known"})).await;
    assert!(!test.viewer.page("/programs/ATLAS/risks/1").await.text.contains(nudge));
}

#[tokio::test]
async fn what_was_covered_once_is_covered_and_what_was_mitigated_is_mitigated_again() {
    let test = house().await;
    // Accepted by the sponsor at 20: down and up again below that is nothing new.
    let one = accepted(&test, 4, 5, &test.viewer).await;
    for (version, score) in [(2, 2), (3, 4)] {
        let body = json!({"probability": score});
        let risk = test.manager.patch(&format!("{ATLAS}/{one}"), version, body).await.is(200).json();
        assert_eq!(risk["state"], "accepted", "{score} × 5");
    }
    let body = json!({"title": "Feed", "probability": 1, "impact": 2, "owner": test.contributor.email});
    post(&test.manager, "risks", body).await;
    moved(&test.manager, "risks/2", json!({"to": "mitigating"})).await;
    moved(&test.contributor, "risks/2", json!({"to": "accepted", "until": "2026-12-31", "reason": "Known"}))
        .await;
    // By the page's form, and a reason that was typed stays beside it.
    let form = [
        ("title", "Feed"),
        ("probability", "5"),
        ("impact", "2"),
        ("version", "3"),
        ("owner", test.contributor.email.as_str()),
        ("reason", "The vendor is late"),
    ];
    test.contributor.submit("/programs/ATLAS/risks/2/edit", &form).await.is(303);
    assert_eq!(get(&test.viewer, "risks/2").await["state"], "mitigating");
}

#[tokio::test]
async fn a_table_that_raises_the_score_ends_the_acceptance_too() {
    let test = house().await;
    let one = accepted(&test, 2, 2, &test.manager).await;
    test.clock.hold_at(at("2026-06-30T13:00:00Z"));
    let table = "ref,probability,impact\nATLAS-R1,5,5\n";
    let intake = crate::sheets::intake(table);
    let stamp = Stamp { now: test.clock.now(), actor: None, reason: String::new() };
    import::import(&test.app, &stamp, &intake, Some("ATLAS"), false).await.unwrap();
    let back = get(&test.viewer, &one).await;
    assert_eq!((&back["state"], &back["accepted_until"]), (&json!("open"), &Value::Null));
    let history = get(&test.viewer, &format!("{one}/history")).await;
    assert_eq!(history["items"].as_array().unwrap().last().unwrap()["reason"], WHY);
    assert!(test.viewer.page("/programs/ATLAS/risks/1").await.text.contains("which that doesn’t cover"));
}

#[tokio::test]
async fn what_was_accepted_as_an_opportunity_is_not_accepted_as_a_threat() {
    let test = house().await;
    let owner = &test.contributor;
    let body = json!({"title": "Early delivery", "probability": 5, "impact": 5, "opportunity": true, "owner": owner.email});
    post(&test.manager, "risks", body).await;
    moved(owner, "risks/1", json!({"to": "accepted", "until": "2030-12-31", "reason": "Known"})).await;
    let path = format!("{ATLAS}/risks/1");
    let small = json!({"opportunity": false, "probability": 1});
    let small = owner.patch(&path, 2, small).await.is(200).json();
    assert_eq!((&small["state"], &small["score"]), (&json!("accepted"), &json!(5)), "its owner accepts both");
    let great = owner.patch(&path, 3, json!({"probability": 5})).await.is(200).json();
    assert_eq!((&great["state"], &great["score"]), (&json!("open"), &json!(25)));
    let trail = test.viewer.page("/programs/ATLAS/history").await.is(200).text;
    assert!(trail.contains("its acceptance as an opportunity doesn’t cover 25"), "{trail}");
    assert!(
        trail.contains("Accepted as an opportunity, it is at 25 now, which the sponsor accepts"),
        "{trail}"
    );
    let nudge = "It was accepted as an opportunity and is at 25 now";
    assert!(test.viewer.page("/programs/ATLAS/risks/1").await.text.contains(nudge));
    // Within what was accepted nothing is said any more.
    owner.patch(&path, 4, json!({"probability": 1})).await.is(200);
    assert!(!test.viewer.page("/programs/ATLAS/risks/1").await.text.contains("It was accepted"));
}
