//! The two sides of a dependency are two people: who spoke for one doesn't speak for the other, but a manager, in its place.

use crate::support::api::{ATLAS, atlas, get, moved, post};
use crate::support::app::{TestApp, TestUser, at};
use serde_json::{Value, json};

const FORBIDDEN: &str = "You spoke for the other side: somebody else of this side, or a manager, does this.";

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

async fn patched(user: &TestUser, item: &str, body: Value, status: u16) -> Value {
    let version = get(user, item).await["version"].as_i64().unwrap();
    user.patch(&format!("{ATLAS}/{item}"), version, body).await.is(status).json()
}

/// Payments, led by the contributor, who owns it, owes Ledger, led by the viewer, a feed that both have agreed to.
async fn contract() -> TestApp {
    let test = atlas().await;
    member(&test, "Payments", &test.contributor).await;
    member(&test, "Ledger", &test.viewer).await;
    feed(&test, json!({"team": "Payments"}), json!({"team": "Ledger"})).await;
    patched(&test.manager, "dependencies/1", json!({"promised_by": "2026-08-25"}), 200).await;
    moved(&test.contributor, "dependencies/1", json!({"to": "agreed", "as": "provider"})).await;
    moved(&test.viewer, "dependencies/1", json!({"to": "agreed", "as": "consumer"})).await;
    test
}

#[tokio::test]
async fn an_agreed_date_moves_only_when_the_side_that_did_not_ask_for_it_consents() {
    let test = contract().await;
    let (provider, consumer, one) = (&test.contributor, &test.viewer, "dependencies/1");
    // The provider, who owns it, doesn't say when the consumer needs it.
    let told = patched(provider, one, json!({"needed_by": "2026-10-01"}), 403).await;
    assert!(told["detail"].as_str().unwrap().starts_with("Another needed-by is the consumer’s"), "{told}");
    // What it promises is its own to offer, and the consumer's to consent to.
    let offered = patched(provider, one, json!({"promised_by": "2026-08-30"}), 200).await;
    assert_eq!(
        (&offered["promised_by"], &offered["proposed_promised_by"]),
        (&json!("2026-08-25"), &json!("2026-08-30"))
    );
    let page = provider.page("/programs/ATLAS/dependencies/1").await.is(200).text;
    assert!(!page.contains("Consent to the new date"), "it is theirs: {page}");
    refused(provider, one, json!({"to": "agreed", "as": "consumer"})).await;
    let page = consumer.page("/programs/ATLAS/dependencies/1").await.is(200).text;
    assert!(page.contains("Consent to the new date"), "{page}");
    let moved_on = moved(consumer, one, json!({"to": "agreed", "as": "consumer"})).await;
    assert_eq!(moved_on["promised_by"], "2026-08-30");

    // The mirror: an owner of the consumer's side.
    patched(&test.manager, one, json!({"owner": consumer.email}), 200).await;
    test.manager
        .put(&format!("{ATLAS}/members/{}", consumer.person), json!({"role": "contributor"}))
        .await
        .is(200);
    let told = patched(consumer, one, json!({"promised_by": "2026-08-01"}), 403).await;
    assert!(told["detail"].as_str().unwrap().starts_with("Another promised-by is the provider’s"), "{told}");
    patched(consumer, one, json!({"needed_by": "2026-08-20"}), 200).await;
    // It goes on being theirs when something else is edited by another.
    patched(&test.manager, one, json!({"test_point": "Staging"}), 200).await;
    refused(consumer, one, json!({"to": "agreed", "as": "provider"})).await;
    assert_eq!(get(consumer, one).await["needed_by"], "2026-09-01");
    let consented = moved(provider, one, json!({"to": "agreed", "as": "provider"})).await;
    assert_eq!(consented["needed_by"], "2026-08-20");
}

#[tokio::test]
async fn who_asks_for_a_date_does_not_consent_to_it_whichever_side_they_may_be_of() {
    let test = contract().await;
    let (owner, one) = (&test.contributor, "dependencies/1");
    // Both agreed by a manager, of both sides the lead: one voice.
    feed(&test, json!({"team": "Payments"}), json!({"team": "Ledger"})).await;
    for side in ["provider", "consumer"] {
        moved(&test.manager, "dependencies/2", json!({"to": "agreed", "as": side})).await;
    }
    member(&test, "Ledger", owner).await;
    patched(owner, "dependencies/2", json!({"needed_by": "2026-10-01"}), 200).await;
    let why = refused(owner, "dependencies/2", json!({"to": "agreed", "as": "provider"})).await;
    assert_eq!(why, FORBIDDEN);
    // Nor does the owner become of the other side, or change what is owed, by an edit.
    for other in [
        json!({"consumer": {"team": "Payments"}, "provider": {"team": "Ledger"}}),
        json!({"acceptance_criteria": "None"}),
    ] {
        let told = patched(owner, one, other, 403).await;
        assert!(told["detail"].as_str().unwrap().contains("only a manager"), "{told}");
    }
    patched(&test.manager, one, json!({"acceptance_criteria": "All rows"}), 200).await;
    assert_eq!(get(owner, one).await["state"], "agreed", "a manager speaks for both");
}

#[tokio::test]
async fn what_one_side_agreed_to_is_not_rewritten_under_it() {
    let test = atlas().await;
    let (owner, one) = (&test.contributor, "dependencies/1");
    member(&test, "Payments", owner).await;
    member(&test, "Ledger", &test.viewer).await;
    feed(&test, json!({"team": "Payments"}), json!({"team": "Ledger"})).await;
    let told = "It was changed after the consumer had agreed: the consumer agrees anew.";
    for (minute, other) in [
        json!({"needed_by": "2026-12-01"}),
        json!({"promised_by": "2026-11-01"}),
        json!({"acceptance_criteria": "A file, of whatever"}),
        json!({"provider": {"external": "Taxwise"}}),
    ]
    .into_iter()
    .enumerate()
    {
        test.clock.hold_at(at(&format!("2026-06-30T13:{minute:02}:00Z")));
        moved(&test.viewer, one, json!({"to": "agreed", "as": "consumer"})).await;
        let page = test.viewer.page("/programs/ATLAS/dependencies/1").await.is(200).text;
        assert!(!page.contains(told), "{page}");
        test.clock.hold_at(at(&format!("2026-06-30T13:{minute:02}:30Z")));
        let changed = patched(owner, one, other, 200).await;
        assert_eq!(
            (&changed["state"], &changed["consumer_agreed_on"], &changed["consumer_agreed_by"]),
            (&json!("proposed"), &Value::Null, &Value::Null)
        );
        let page = test.viewer.page("/programs/ATLAS/dependencies/1").await.is(200).text;
        assert!(page.contains(told), "{page}");
    }
    let trail = test.viewer.page("/programs/ATLAS/history?topic=states").await.is(200).text;
    assert!(trail.contains("changed after the consumer had agreed, who agrees anew"), "{trail}");
    // It waits for both again; what is no part of it takes nothing back.
    moved(&test.viewer, one, json!({"to": "agreed", "as": "consumer"})).await;
    let filed = patched(owner, one, json!({"title": "The feed", "tags": ["q3"]}), 200).await;
    assert_eq!(filed["consumer_agreed_on"], "2026-06-30");
}
