//! Confirming that an item stands as it is: an update in which nothing changes, by whoever answers for it.
//!
//! Today is Tuesday 30 June 2026.

use crate::support::api::{ATLAS, get, moved, raise};
use crate::support::app::{TestApp, TestUser, at};
use crate::support::walk::Walk;
use plumbline::domain::kind::Kind;
use serde_json::{Value, json};

async fn confirm(user: &TestUser, item: &str) -> Value {
    user.post(&format!("{ATLAS}/{item}/confirm"), json!({})).await.is(200).json()
}

/// A risk of the contributor's and a milestone of the manager's, of 1 June.
async fn quiet() -> TestApp {
    let test = TestApp::start().await;
    test.clock.hold_at(at("2026-06-01T12:00:00Z"));
    let own = json!({"title": "Vendor is late", "owner": test.contributor.email, "review_on": "2026-08-01"});
    raise(&test.manager, Kind::Risk, own).await;
    let planned = json!({"title": "Launch", "owner": test.manager.email, "committed_on": "2026-07-15", "forecast_on": "2026-07-15"});
    raise(&test.manager, Kind::Milestone, planned).await;
    test.clock.hold_at(at("2026-06-30T12:00:00Z"));
    test
}

async fn rules(test: &TestApp, reference: &str) -> Vec<Value> {
    let all = get(&test.viewer, &format!("nudges?ref={reference}")).await;
    all["items"].as_array().unwrap().iter().map(|row| row["rule"].clone()).collect()
}

#[tokio::test]
async fn it_is_an_update_that_changes_nothing_else() {
    let test = quiet().await;
    let fresh = async || get(&test.viewer, "metrics/freshness").await["numerator"].clone();
    assert_eq!((rules(&test, "ATLAS-R1").await, fresh().await), (vec![json!("no_update")], json!(0.0)));
    let before = get(&test.viewer, "risks/1").await;
    let after = confirm(&test.contributor, "risks/1").await;
    assert_eq!((&after["version"], &after["effective_on"]), (&json!(2), &json!("2026-06-30")));
    assert_eq!((rules(&test, "ATLAS-R1").await, fresh().await), (vec![], json!(1.0)));
    let same = |mut item: Value| {
        for name in ["version", "effective_on", "updated_at", "updated_by"] {
            item.as_object_mut().unwrap().remove(name);
        }
        item
    };
    assert_eq!(same(before), same(after));
    // As of the day before, nobody had said a word.
    let past = get(&test.viewer, "metrics/freshness?as_of=2026-06-29").await;
    assert_eq!(past["numerator"], 0.0);
    let page = test.viewer.page("/programs/ATLAS/risks/1").await.is(200).text;
    assert!(page.contains("It stands as it is"), "its history says so");
    assert!(test.viewer.page("/programs/ATLAS/history").await.text.contains("confirmed as it stands"));
}

#[tokio::test]
async fn the_forecast_of_a_milestone_is_stated_anew() {
    let test = quiet().await;
    let schedule = async || get(&test.viewer, "health").await["dimensions"][0].to_string();
    assert!(schedule().await.contains("schedule.forecast_stale"));
    let after = confirm(&test.manager, "milestones/1").await;
    assert_eq!(
        (&after["forecast_stated_on"], &after["forecast_on"]),
        (&json!("2026-06-30"), &json!("2026-07-15"))
    );
    assert!(!schedule().await.contains("schedule.forecast_stale"));
}

#[tokio::test]
async fn only_who_answers_for_it_confirms_what_still_stands() {
    let test = quiet().await;
    let path = format!("{ATLAS}/risks/1/confirm");
    test.viewer.post(&path, json!({})).await.problem(403);
    test.contributor.post(&format!("{ATLAS}/milestones/1/confirm"), json!({})).await.problem(403);
    test.stranger.post(&path, json!({})).await.problem(404);
    let stale = [("version", "7")];
    test.contributor.submit("/programs/ATLAS/risks/1/confirm", &stale).await.is(409);
    // What has passed doesn't stand as it is, and what is over has nothing to confirm.
    test.clock.hold_at(at("2026-08-02T12:00:00Z"));
    let told = test.contributor.post(&path, json!({})).await.problem(422);
    assert!(told["detail"].as_str().unwrap().contains("1 Aug 2026, has passed"), "{told}");
    let told = test.manager.post(&format!("{ATLAS}/milestones/1/confirm"), json!({})).await.problem(422);
    assert!(told["detail"].as_str().unwrap().contains("15 Jul 2026, has passed"), "{told}");
    moved(&test.contributor, "risks/1", json!({"to": "closed", "reason": "It is over"})).await;
    let told = test.contributor.post(&path, json!({})).await.problem(422);
    assert!(told["detail"].as_str().unwrap().contains("nothing of it is left to confirm"), "{told}");
    assert_eq!(get(&test.viewer, "risks/1").await["version"], 2, "nothing else was written");
}

#[tokio::test]
async fn it_takes_one_key_from_ones_own_work_and_from_the_item() {
    let test = quiet().await;
    let Some(walk) = Walk::begin(&test.base).await else { return };
    walk.as_user(&test.contributor).await;
    walk.key("gw").await;
    walk.sees("No update for 29 days: update it, or confirm that it stands as it is.").await;
    walk.follow("Confirm as it stands: Vendor is late").await;
    walk.is_told("Confirmed: it stands as it is, as of today.").await;
    walk.sees_no("No update for 29 days").await;
    walk.as_user(&test.manager).await;
    walk.key("gm").await;
    walk.follow("Launch").await;
    walk.follow("Confirm as it stands").await;
    walk.is_told("Confirmed: it stands as it is, as of today.").await;
    walk.sees_no("Confirm as it stands").await;
    walk.close().await;
}
