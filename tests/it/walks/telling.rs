//! What is told of a program: what changed between two days, a report for who has no account, and the record of what was declared
//! better than it was.

use crate::support::api::{moved, post};
use crate::support::app::TestApp;
use crate::support::walk::Walk;
use serde_json::json;

/// In May the launch slips, a risk is raised; in June it is decided.
async fn furnish(test: &TestApp) {
    let manager = &test.manager;
    let launch = json!({"title": "Launch", "committed_on": "2026-07-06", "owner": manager.email, "effective_on": "2026-02-02"});
    post(manager, "milestones", launch).await;
    let later =
        json!({"forecast_on": "2026-09-07", "effective_on": "2026-05-12", "reason": "The vendor is late"});
    manager.patch("/api/v1/programs/ATLAS/milestones/1", 1, later).await.is(200);
    let risk = json!({"title": "The vendor stays late", "probability": 4, "impact": 4, "raised_on": "2026-05-20",
        "effective_on": "2026-05-20", "owner": manager.email});
    post(manager, "risks", risk).await;
    let decision = json!({"title": "Which vendor", "raised_on": "2026-06-15", "effective_on": "2026-06-15", "owner": manager.email});
    post(manager, "decisions", decision).await;
    moved(manager, "decisions/1", json!({"to": "waiting", "on": "2026-06-16"})).await;
    moved(manager, "decisions/1", json!({"to": "decided", "option": "Ledgerly", "on": "2026-06-18"})).await;
}

#[tokio::test]
async fn what_changed_is_read_and_a_report_is_passed_on_and_taken_back() {
    let test = TestApp::start().await;
    let Some(walk) = Walk::begin(&test.base).await else { return };
    furnish(&test).await;
    changed(&walk, &test).await;
    let link = reported(&walk, &test).await;
    passed_on(&walk, &test, &link).await;
    walk.close().await;
}

async fn changed(walk: &Walk, test: &TestApp) {
    walk.as_user(&test.viewer).await;
    walk.navigate("Reports").await;
    walk.navigate("What changed").await;
    walk.fill_day("After", "2026-05-01").await;
    walk.fill_day("Up to", "2026-05-31").await;
    walk.follow("Show").await;
    walk.sees_all(&[
        "After 1 May 2026, up to 31 May 2026",
        "Launch",
        "The vendor is late",
        "The vendor stays late",
    ])
    .await;
    walk.sees_no("Which vendor").await;
    walk.fill_day("After", "2026-05-31").await;
    walk.fill_day("Up to", "2026-06-30").await;
    walk.follow("Show").await;
    walk.sees_all(&["Decided: Which vendor", "“Ledgerly”, after 2 working days"]).await;
    walk.sees_no("The vendor is late").await;
}

/// Declared better than the evidence, for the reason that this needs; then a link to it is made, and its address told.
async fn reported(walk: &Walk, test: &TestApp) -> String {
    walk.as_user(&test.manager).await;
    walk.key("gs").await;
    walk.sees("No report yet").await;
    walk.key("c").await;
    walk.follow("Write the draft").await;
    walk.is_told("Written from the facts. Read it, change what you know better, then publish it.").await;
    walk.choose("Schedule declared", "● green").await;
    walk.follow("Save and publish").await;
    walk.is_refused("one field needs attention").await;
    walk.mends("Schedule: why better than computed", "The vendor promised a second team").await;
    walk.follow("Save and publish").await;
    walk.is_told("Published. Every number and sentence is frozen as it stands here.").await;
    walk.sees_all(&["Declared green, computed red", "The vendor promised a second team", "Launch"]).await;

    walk.fill("For whom the link is", "the board").await;
    walk.follow("Make a link").await;
    walk.stands_on("The link shows this report to whoever has it, without an account.…").await;
    walk.sees_beside("the board", "made 30 Jun 2026 by Manager").await;
    // The whole address, to be passed on as it stands.
    let address = "new URL(document.querySelector('.notice code').textContent).pathname";
    let link = walk.browser.value(address).await;

    walk.navigate("Greenwash record").await;
    walk.sees_beside("Schedule", "Green Red").await;
    walk.sees_beside("Schedule", "“The vendor promised a second team”").await;
    walk.sees_beside("Schedule", "lasts").await;
    link
}

/// Whoever has the link reads the report, and nothing else; once it is revoked, nothing.
async fn passed_on(walk: &Walk, test: &TestApp, link: &str) {
    walk.as_stranger(link).await;
    walk.sees_all(&["Atlas", "Declared green, computed red", "Launch"]).await;
    walk.sees_no("My work").await;
    let ways_in = "String(document.querySelectorAll('main a[href*=\"/programs/\"], main form').length)";
    assert_eq!(walk.browser.value(ways_in).await, "0", "it leads nowhere into the program");

    walk.as_user(&test.manager).await;
    walk.key("gs").await;
    walk.key_chooses("j", "ATLAS-REP1").await;
    walk.press_and_go().await;
    walk.follow("Revoke the link for the board").await;
    walk.is_told("Revoked: the link shows nothing any more.").await;
    walk.sees_beside("the board", "revoked 30 Jun 2026").await;
    walk.as_stranger(link).await;
    walk.sees_no("Launch").await;
}
