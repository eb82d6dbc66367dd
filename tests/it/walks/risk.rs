//! Risks from their scores to what becomes of them, opportunities, and assumptions that turn out false.

use crate::support::app::{TestApp, at};
use crate::support::walk::Walk;
use serde_json::json;

#[tokio::test]
async fn a_risk_is_scored_mitigated_accepted_by_who_may_and_happens() {
    let test = TestApp::start().await;
    let Some(walk) = Walk::begin(&test.base).await else { return };
    let named = json!({"manager": test.manager.email, "sponsor": test.manager.email});
    test.manager.patch("/api/v1/programs/ATLAS", 1, named).await.is(200);
    raised(&walk, &test).await;
    mitigated(&walk).await;
    accepted(&walk, &test).await;
    happened(&walk).await;
    opportunity(&walk).await;
    assumption(&walk, &test).await;
    walk.close().await;
}

async fn raised(walk: &Walk, test: &TestApp) {
    walk.as_user(&test.contributor).await;
    walk.key("gr").await;
    walk.follow("Risks…").await;
    walk.key("c").await;
    walk.sees("New risk").await;
    walk.stands_on("Title").await;
    walk.fill("Title", "The vendor may be late").await;
    walk.choose("Probability", "4").await;
    walk.choose("Impact", "4").await;
    walk.fill("Cause", "One source").await;
    walk.choose("Response", "Mitigate").await;
    walk.choose("Inherent probability", "5").await;
    walk.choose("Inherent impact", "5").await;
    walk.choose("Target probability", "2").await;
    walk.choose("Target impact", "3").await;
    walk.fill("Owner", "Contributor").await;
    walk.follow("Raise").await;
    walk.is_told("Raised.").await;
    walk.sees_beside("Inherent", "25 5 × 5").await;
    walk.sees_beside("Now", "16 4 × 4").await;
    walk.sees_beside("Target", "6 2 × 3").await;
    // What is to be done about it is said at once.
    walk.sees("A high risk (16 of 25) without a dated mitigation").await;
}

async fn mitigated(walk: &Walk) {
    walk.follow("Add a mitigating action").await;
    walk.stands_on("Title").await;
    walk.fill("Title", "Find a second source").await;
    walk.fill_day("Due", "2026-07-15").await;
    walk.fill("Owner", "Contributor").await;
    walk.follow("Raise").await;
    walk.is_told("Raised.").await;
    walk.follow("The vendor may be late").await;
    walk.sees_beside("Find a second source", "due 15 Jul 2026").await;
    walk.sees_no("without a dated mitigation").await;
    walk.unfold("Start mitigating").await;
    walk.follow("Start mitigating").await;
    walk.is_told("Done.").await;
    // Reassessed: the score goes down, the inherent one stays.
    walk.key("e").await;
    walk.choose("Probability", "3").await;
    walk.fill("Why", "A second source is found").await;
    walk.follow("Save").await;
    walk.is_told("Saved.").await;
    walk.sees_beside("Now", "12 3 × 4").await;
    walk.sees_beside("Inherent", "25").await;
    walk.sees("A second source is found").await;
}

/// At its score it isn't the owner's to accept: the page says whose it is, and offers them the way.
async fn accepted(walk: &Walk, test: &TestApp) {
    walk.sees("At its score of 12 it is accepted by a manager of the program").await;
    walk.sees_no("Accept the risk").await;
    walk.as_user(&test.manager).await;
    walk.key("gr").await;
    walk.key_chooses("j", "The vendor may be late").await;
    walk.press_and_go().await;
    walk.unfold("Accept the risk").await;
    walk.follow("Accept the risk").await;
    walk.is_refused("2 fields need attention").await;
    walk.mends_day("Accepted until", "2026-09-30").await;
    walk.fill("Reason", "Another source costs more").await;
    walk.follow("Accept the risk").await;
    walk.is_told("Done.").await;
    walk.sees_beside("Accepted by", "Manager").await;
    walk.sees_beside("Accepted until", "30 Sep 2026").await;
    walk.sees("Another source costs more").await;
}

async fn happened(walk: &Walk) {
    walk.unfold("It happened").await;
    walk.fill("Reason", "The parts did not come").await;
    walk.follow("It happened").await;
    walk.is_told("An issue was raised from this risk; it is linked below.").await;
    walk.sees("materialised").await;
    walk.follow("The vendor may be late").await;
    walk.sees_all(&["Issue ATLAS-I1", "The vendor may be late"]).await;
}

async fn opportunity(walk: &Walk) {
    walk.key("gr").await;
    walk.follow("Risks…").await;
    walk.key("c").await;
    walk.stands_on("Title").await;
    walk.fill("Title", "The vendor may come early").await;
    walk.choose("Probability", "3").await;
    walk.choose("Impact", "4").await;
    walk.tick("It is an opportunity").await;
    // An opportunity isn't mitigated: it says so beside the field.
    walk.choose("Response", "Mitigate").await;
    walk.follow("Raise").await;
    walk.is_refused("one field needs attention").await;
    walk.choose("Response", "Exploit").await;
    walk.follow("Raise").await;
    walk.is_told("Raised.").await;
    walk.sees_beside("Now", "12 3 × 4").await;
    walk.sees("Opportunity").await;
}

/// Taken for granted, tested by a day, false: what follows from that is a risk, and another is already an issue.
async fn assumption(walk: &Walk, test: &TestApp) {
    walk.as_user(&test.contributor).await;
    for title in ["The law stays as it is", "The data is clean"] {
        walk.key("gr").await;
        walk.follow("Assumptions…").await;
        walk.key("c").await;
        walk.stands_on("Title").await;
        walk.fill("Title", title).await;
        walk.fill("Impact if false", "All forms change").await;
        walk.fill_day("Validate by", "2026-07-03").await;
        walk.fill("How it will be tested", "Ask the ministry").await;
        walk.fill("Owner", "Contributor").await;
        walk.follow("Raise").await;
        walk.is_told("Raised.").await;
        walk.sees_all(&["Ask the ministry", "3 Jul 2026"]).await;
    }
    walk.unfold("Invalidated").await;
    walk.fill("Reason", "A third of the rows are doubles").await;
    walk.follow("Invalidated").await;
    walk.is_told("Done.").await;
    walk.sees_all(&["It is false: what follows from that is a risk, or already an issue."]).await;
    walk.follow("Make it an issue").await;
    walk.is_told("Raised.").await;
    walk.sees_all(&["Issue ATLAS-I2", "The data is clean", "All forms change"]).await;

    // The other was never tested, and its day passes.
    test.clock.hold_at(at("2026-07-06T09:00:00Z"));
    walk.navigate("My work…").await;
    walk.sees_beside("The law stays as it is", "It was to be validated by 3 Jul 2026").await;
    walk.follow("The law stays as it is").await;
    walk.sees("Its day has passed and it was not tested: treat it as what it may be.").await;
    walk.follow("Make it a risk").await;
    walk.is_told("Raised.").await;
    walk.sees_all(&["Risk ATLAS-R3", "The law stays as it is", "All forms change"]).await;
}
