//! Dependencies: agreed by name on both sides, delivered, held against their criteria, and refused.

use crate::support::api::atlas;
use crate::support::app::TestApp;
use crate::support::walk::Walk;
use serde_json::json;

#[tokio::test]
async fn both_sides_agree_deliver_and_accept_each_its_own_part() {
    // The contributor stands for Payments, which provides; the manager for Ledger, which needs it.
    let test = atlas().await;
    let Some(walk) = Walk::begin(&test.base).await else { return };
    let teams = test.manager.get("/api/v1/teams").await.json();
    for (team, user) in [("Payments", &test.contributor), ("Ledger", &test.manager)] {
        let all = teams["items"].as_array().unwrap();
        let id = all.iter().find(|one| one["name"] == team).unwrap()["id"].as_str().unwrap();
        test.manager.put(&format!("/api/v1/teams/{id}/members/{}", user.person), json!({})).await;
    }
    proposed(&walk, &test).await;
    agreed(&walk, &test).await;
    delivered(&walk, &test).await;
    refused(&walk, &test).await;
    walk.close().await;
}

async fn proposed(walk: &Walk, test: &TestApp) {
    walk.as_user(&test.manager).await;
    walk.key("gd").await;
    walk.key("c").await;
    walk.stands_on("Title").await;
    walk.fill("Title", "Tax table").await;
    walk.fill("Provider", "team: Payments").await;
    walk.fill("Consumer", "team: Ledger").await;
    walk.fill_day("Needed by", "2026-08-03").await;
    walk.fill_day("Promised by", "2026-07-24").await;
    walk.fill("Acceptance criteria", "All rates of 2027").await;
    walk.fill("Owner", "Manager").await;
    walk.follow("Raise").await;
    walk.is_told("Raised.").await;
    walk.sees("proposed").await;
    walk.unfold("Agree").await;
    walk.choose("Which side agrees", "For the consumer").await;
    walk.follow("Agree").await;
    walk.is_told("Done.").await;
    // One side alone is no contract yet.
    walk.sees("proposed").await;
    walk.sees_beside("Ledger", "Manager, 30 Jun 2026").await;
    walk.sees_beside("Payments", "not yet").await;
}

async fn agreed(walk: &Walk, test: &TestApp) {
    walk.as_user(&test.contributor).await;
    walk.navigate("My work…").await;
    walk.sees_beside("Tax table", "Agree or reject: you stand for the").await;
    walk.follow("Tax table").await;
    walk.unfold("Agree").await;
    walk.follow("Agree").await;
    walk.is_told("Done.").await;
    walk.sees("agreed").await;
    walk.sees_beside("Payments", "Contributor, 30 Jun 2026").await;
    walk.unfold("Mark delivered").await;
    walk.follow("Mark delivered").await;
    walk.is_told("Done.").await;
    walk.sees("delivered").await;
    // Who delivers doesn't accept.
    walk.sees_no("Accept delivery").await;
}

async fn delivered(walk: &Walk, test: &TestApp) {
    walk.as_user(&test.manager).await;
    walk.key("gd").await;
    walk.follow("Tax table").await;
    walk.unfold("Not accepted").await;
    walk.sees("Against its criteria: All rates of 2027").await;
    walk.follow("Not accepted").await;
    walk.is_refused("Say why the delivery is not accepted").await;
    walk.mends("Reason", "The rates of 2026 only").await;
    walk.follow("Not accepted").await;
    walk.is_told("Done.").await;
    walk.sees_all(&["agreed", "The rates of 2026 only"]).await;

    walk.as_user(&test.contributor).await;
    walk.key("gd").await;
    walk.follow("Tax table").await;
    walk.unfold("Mark delivered").await;
    walk.follow("Mark delivered").await;
    walk.is_told("Done.").await;

    walk.as_user(&test.manager).await;
    walk.key("gd").await;
    walk.follow("Tax table").await;
    walk.unfold("Accept delivery").await;
    walk.follow("Accept delivery").await;
    walk.is_told("Done.").await;
    walk.sees("accepted").await;
}

async fn refused(walk: &Walk, test: &TestApp) {
    walk.key("gd").await;
    walk.key("c").await;
    walk.stands_on("Title").await;
    walk.fill("Title", "Archive of 2019").await;
    walk.fill("Provider", "team: Payments").await;
    walk.fill("Consumer", "team: Ledger").await;
    walk.fill_day("Needed by", "2026-09-01").await;
    walk.follow("Raise").await;
    walk.is_told("Raised.").await;

    walk.as_user(&test.contributor).await;
    walk.navigate("My work…").await;
    walk.follow("Archive of 2019").await;
    walk.unfold("Reject").await;
    walk.follow("Reject").await;
    walk.is_refused("Say why").await;
    walk.mends("Reason", "It was deleted by law").await;
    walk.follow("Reject").await;
    walk.is_told("Done.").await;
    walk.sees_all(&["rejected", "It was deleted by law"]).await;
    walk.navigate("My work…").await;
    walk.sees_no("Archive of 2019").await;
}
