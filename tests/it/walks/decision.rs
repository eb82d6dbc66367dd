//! A decision: asked for with its options, escalated by hand and by its clock, said where one works, and made.

use crate::support::api::post;
use crate::support::app::{TestApp, at};
use crate::support::walk::Walk;
use plumbline::jobs::upkeep;
use serde_json::json;

#[tokio::test]
async fn a_decision_that_waits_climbs_and_is_said_until_it_is_made() {
    let test = TestApp::start().await;
    let Some(walk) = Walk::begin(&test.base).await else { return };
    // The contributor manages it; the viewer is its sponsor.
    let named = json!({"manager": test.contributor.email, "sponsor": test.viewer.email});
    test.manager.patch("/api/v1/programs/ATLAS", 1, named).await.is(200);
    let milestone =
        json!({"title": "Contract signed", "committed_on": "2026-08-03", "effective_on": "2026-02-02"});
    post(&test.manager, "milestones", milestone).await;
    asked(&walk, &test).await;
    climbs(&walk, &test).await;
    made(&walk, &test).await;
    walk.close().await;
}

async fn asked(walk: &Walk, test: &TestApp) {
    walk.as_user(&test.manager).await;
    walk.key("ge").await;
    walk.key("c").await;
    walk.stands_on("Title").await;
    walk.fill("Title", "Which vendor builds it").await;
    walk.fill("Context", "Two offers are in").await;
    walk.fill("Options", "Taxwise | known | 90 k | late before\nLedgerly | early | 110 k | new to us").await;
    walk.fill("Recommendation", "Ledgerly").await;
    walk.fill_day("Needed by", "2026-07-17").await;
    walk.fill("Consequence if undecided", "The contract slips day by day").await;
    walk.fill("Owner", "Manager").await;
    walk.follow("Save").await;
    walk.is_told("Raised.").await;
    walk.sees_beside("Ledgerly", "recommended").await;
    walk.sees_beside("Taxwise", "90 k").await;
    // What it holds up is linked to it.
    walk.choose("How this item relates", "Blocks").await;
    walk.fill("The other item's reference", "ATLAS-M1").await;
    walk.follow("Link").await;
    walk.is_told("Linked.").await;
    walk.sees_beside("Contract signed", "blocks").await;

    walk.unfold("Ask or escalate").await;
    walk.follow("Ask or escalate").await;
    walk.is_told("Done.").await;
    walk.sees("waiting").await;
}

/// Five working days pass, and five more: it goes to the manager of the program, then to its sponsor.
async fn climbs(walk: &Walk, test: &TestApp) {
    passes(test, "2026-07-07T12:00:00Z").await;
    passes(test, "2026-07-08T12:00:00Z").await;
    let contributor = test.contributor.renewed(&test.app).await;
    walk.as_user(&contributor).await;
    walk.navigate("My work…").await;
    walk.sees_beside("Which vendor builds it", "Decide: it was escalated to you.").await;
    let nudge = "It has waited for 6 working days: decide, defer or escalate.";
    walk.sees_beside("Which vendor builds it", nudge).await;
    walk.follow("Which vendor builds it").await;
    walk.sees(nudge).await;
    walk.sees_beside("Level of escalation", "1").await;

    passes(test, "2026-07-14T12:00:00Z").await;
    walk.navigate("My work…").await;
    walk.sees_no("Decide: it was escalated to you.").await;
}

/// The clock stands at another day, on which what is due is done.
async fn passes(test: &TestApp, now: &str) {
    test.clock.hold_at(at(now));
    upkeep::pass(&test.app, test.clock.now()).await.unwrap();
}

async fn made(walk: &Walk, test: &TestApp) {
    let sponsor = test.viewer.renewed(&test.app).await;
    walk.as_user(&sponsor).await;
    walk.navigate("My decisions").await;
    walk.sees_all(&["Which vendor builds it", "with Viewer, level 2 since 14 Jul 2026", "Contract signed"])
        .await;
    walk.key_chooses("j", "Which vendor builds it").await;
    walk.key("2").await;
    walk.is_told("Decided. It stands now; another decision may supersede it.").await;
    walk.sees("none waits").await;
    walk.navigate("Portfolio").await;
    walk.follow("Atlas").await;
    walk.key("ge").await;
    walk.follow("Show the closed ones too").await;
    walk.follow("Which vendor builds it").await;
    walk.sees_beside("Ledgerly", "✓ decided").await;
    walk.sees_beside("Decided by", "Viewer").await;
    walk.sees_no("It has waited").await;
}
