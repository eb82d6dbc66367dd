//! The two sides of a dependency are two people: who spoke for one doesn't speak for the other, but a manager, in its place.

use crate::support::api::{ATLAS, atlas, moved, post};
use crate::support::app::{TestApp, TestUser, at};
use serde_json::{Value, json};

const FORBIDDEN: &str = "You spoke for the other side: somebody else of this side, or a manager, does this.";

async fn get(user: &TestUser, path: &str) -> Value {
    user.get(&format!("{ATLAS}/{path}")).await.is(200).json()
}

async fn feed(test: &TestApp, provider: Value, consumer: Value) {
    let body = json!({"title": "Feed", "provider": provider, "consumer": consumer, "needed_by": "2026-09-01",
        "owner": test.contributor.email});
    post(&test.manager, "dependencies", body).await;
}

async fn member(test: &TestApp, team: &str, user: &TestUser) {
    let teams = test.manager.get("/api/v1/teams").await.is(200).json();
    let found = teams["items"].as_array().unwrap().iter().find(|one| one["name"] == team).unwrap();
    let (id, version) = (found["id"].as_str().unwrap(), found["version"].as_i64().unwrap());
    let path = format!("/api/v1/teams/{id}");
    test.manager.patch(&path, version, json!({"lead": user.email})).await.is(200);
}

async fn refused(user: &TestUser, item: &str, body: Value) -> String {
    let answer = user.post(&format!("{ATLAS}/{item}/transitions"), body).await;
    answer.problem(403)["detail"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn an_owner_of_whom_no_side_can_be_told_speaks_for_one_of_them() {
    let test = atlas().await;
    let owner = &test.contributor;
    for _ in 1..=2 {
        feed(&test, json!({"team": "Payments"}), json!({"team": "Ledger"})).await;
    }
    moved(owner, "dependencies/1", json!({"to": "agreed", "as": "provider"})).await;
    assert_eq!(refused(owner, "dependencies/1", json!({"to": "agreed", "as": "consumer"})).await, FORBIDDEN);
    // Nor by the page, which offers what is theirs.
    let form = [("to", "agreed"), ("as", "consumer"), ("version", "2")];
    owner.submit("/programs/ATLAS/dependencies/1/transitions", &form).await.is(403);
    let page = owner.page("/programs/ATLAS/dependencies/1").await.is(200).text;
    assert!(page.contains("value=\"provider\"") && !page.contains("value=\"consumer\""), "{page}");
    moved(&test.manager, "dependencies/1", json!({"to": "agreed", "as": "consumer"})).await;
    moved(owner, "dependencies/1", json!({"to": "delivered"})).await;
    for to in ["accepted", "not_accepted"] {
        let body = json!({"to": to, "reason": "Said so"});
        assert_eq!(refused(owner, "dependencies/1", body).await, FORBIDDEN);
    }
    assert_eq!(moved(&test.manager, "dependencies/1", json!({"to": "accepted"})).await["state"], "accepted");

    // Who only delivered has spoken for the provider too.
    for side in ["provider", "consumer"] {
        moved(&test.manager, "dependencies/2", json!({"to": "agreed", "as": side})).await;
    }
    moved(owner, "dependencies/2", json!({"to": "delivered"})).await;
    assert_eq!(refused(owner, "dependencies/2", json!({"to": "accepted"})).await, FORBIDDEN);
}

#[tokio::test]
async fn an_owner_speaks_for_the_side_that_they_belong_to() {
    let test = atlas().await;
    let owner = &test.contributor;
    member(&test, "Payments", owner).await;
    feed(&test, json!({"team": "Payments"}), json!({"team": "Ledger"})).await;
    feed(&test, json!({"team": "Ledger"}), json!({"team": "Payments"})).await;
    let why = refused(owner, "dependencies/1", json!({"to": "agreed", "as": "consumer"})).await;
    assert!(why.starts_with("Only somebody of that side or a manager"), "{why}");
    moved(owner, "dependencies/1", json!({"to": "agreed", "as": "provider"})).await;
    refused(owner, "dependencies/2", json!({"to": "agreed", "as": "provider"})).await;
    moved(owner, "dependencies/2", json!({"to": "agreed", "as": "consumer"})).await;
    // Of both sides, and still one voice.
    member(&test, "Ledger", owner).await;
    assert_eq!(refused(owner, "dependencies/1", json!({"to": "agreed", "as": "consumer"})).await, FORBIDDEN);
}

#[tokio::test]
async fn a_manager_speaks_for_both_and_it_says_in_whose_place() {
    let test = atlas().await;
    member(&test, "Payments", &test.manager).await;
    feed(&test, json!({"team": "Payments"}), json!({"team": "Ledger"})).await;
    let one = "dependencies/1";
    // Each at a time of its own: what is written at one instant is one version.
    let step = async |minute: u32, body: Value| {
        test.clock.hold_at(at(&format!("2026-06-30T13:{minute:02}:00Z")));
        moved(&test.manager, one, body).await;
    };
    step(1, json!({"to": "agreed", "as": "provider", "reason": "By mail."})).await;
    step(2, json!({"to": "agreed", "as": "consumer", "reason": "By phone."})).await;
    let page = test.viewer.page("/programs/ATLAS/dependencies/1").await.is(200).text;
    assert_eq!(page.matches(", in their place").count(), 1, "the provider is their own side: {page}");
    step(3, json!({"to": "delivered"})).await;
    step(4, json!({"to": "accepted"})).await;
    let history = get(&test.viewer, "dependencies/1/history").await;
    let reasons: Vec<&str> =
        history["items"].as_array().unwrap().iter().filter_map(|one| one["reason"].as_str()).collect();
    assert_eq!(reasons, ["By mail.", "By phone. In the consumer’s place.", "In the consumer’s place."]);
    let trail = test.viewer.page("/programs/ATLAS/history").await.is(200).text;
    assert!(trail.contains("In the consumer’s place."), "{trail}");
}

#[tokio::test]
async fn the_outcome_of_a_refused_delivery_goes_when_it_is_accepted() {
    let test = atlas().await;
    feed(&test, json!({"team": "Payments"}), json!({"team": "Ledger"})).await;
    let one = "dependencies/1";
    for side in ["provider", "consumer"] {
        moved(&test.manager, one, json!({"to": "agreed", "as": side})).await;
    }
    moved(&test.manager, one, json!({"to": "delivered"})).await;
    let back = moved(&test.manager, one, json!({"to": "not_accepted", "reason": "rows missing"})).await;
    assert_eq!(back["outcome"], "rows missing");
    test.clock.hold_at(at("2026-06-30T13:00:00Z"));
    moved(&test.manager, one, json!({"to": "delivered"})).await;
    assert_eq!(moved(&test.manager, one, json!({"to": "accepted"})).await["outcome"], "");
    let history = get(&test.viewer, "dependencies/1/history").await;
    assert!(history.to_string().contains("rows missing"), "the history keeps it");
}
