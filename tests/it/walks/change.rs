//! Change control: asked for, answered by who it makes late, approved, and baseline against baseline.

use crate::support::api::post;
use crate::support::app::TestApp;
use crate::support::walk::Walk;
use serde_json::json;

/// The interface, committed for 20 July, goes to a trial that needs it by the 24th: the contributor's.
async fn furnish(test: &TestApp) {
    let manager = &test.manager;
    let milestone = json!({"title": "Interface ready", "committed_on": "2026-07-20", "effective_on": "2026-02-02",
        "owner": manager.email});
    post(manager, "milestones", milestone).await;
    let trial = json!({"title": "Trial", "committed_on": "2026-09-01", "owner": test.contributor.email,
        "effective_on": "2026-02-02"});
    post(manager, "milestones", trial).await;
    let portal = json!({"title": "Old portal", "committed_on": "2026-10-01", "effective_on": "2026-02-02"});
    post(manager, "milestones", portal).await;
    let feed = json!({"title": "The interface", "needed_by": "2026-07-24", "provider": {"external": "Vendor"},
        "consumer": {"external": "Pilot"}, "provider_milestone": "ATLAS-M1", "consumer_milestone": "ATLAS-M2"});
    post(manager, "dependencies", feed).await;
}

#[tokio::test]
async fn a_change_is_asked_for_answered_and_approved_and_the_next_baseline_stands() {
    let test = TestApp::start().await;
    let Some(walk) = Walk::begin(&test.base).await else { return };
    furnish(&test).await;
    asked_for(&walk, &test).await;
    answered(&walk, &test).await;
    approved(&walk, &test).await;
    scope(&walk, &test).await;
    walk.close().await;
}

async fn asked_for(walk: &Walk, test: &TestApp) {
    walk.as_user(&test.manager).await;
    walk.navigate("Changes").await;
    walk.key("c").await;
    walk.sees("New change request").await;
    walk.stands_on("Title").await;
    walk.fill("Title", "The interface comes two weeks later").await;
    walk.tick("Schedule").await;
    walk.tick("Cost").await;
    walk.fill("Reason", "The parts are late").await;
    walk.fill("Effect on the schedule, working days", "10").await;
    walk.fill("Effect on cost", "8000").await;
    walk.fill("Dates to commit", "ATLAS-M1 3 August").await;
    walk.fill("Options", "Deliver in two parts | an early start | 8 k | rework").await;
    walk.follow("Save").await;

    // A date that can't be read is refused, beside its field; what was typed stands.
    walk.is_refused("one field needs attention").await;
    walk.mends("Dates to commit", "ATLAS-M1 2026-08-03").await;
    walk.follow("Save").await;
    walk.is_told("Raised.").await;
    walk.sees_all(&[
        "The interface comes two weeks later",
        "ATLAS-CR1",
        "draft",
        "Deliver in two parts",
        "an early start",
        "Whom it makes late",
        "Their consumers are asked when this is submitted",
    ])
    .await;
    walk.sees_beside("The interface", "needed by 24 Jul 2026, comes 3 Aug 2026").await;
    walk.sees_beside("The interface", "Contributor · not asked yet").await;

    walk.unfold("Submit").await;
    walk.follow("Submit").await;
    walk.is_told("Done.").await;
    walk.sees_all(&["submitted", "1 has yet to answer"]).await;
    walk.sees_beside("The interface", "asked 30 Jun 2026").await;
}

async fn answered(walk: &Walk, test: &TestApp) {
    walk.as_user(&test.contributor).await;
    walk.navigate("My work…").await;
    walk.sees_beside("The interface comes two weeks later", "something that you need comes too late").await;
    walk.follow("The interface comes two weeks later").await;
    walk.unfold("Answer for ATLAS-D1").await;
    walk.choose("Can Contributor live with that?", "No").await;
    walk.follow("Answer").await;
    walk.is_refused("Say why not").await;
    walk.stands_on("Comment").await;
    walk.fill("Comment", "The trial is booked.").await;
    walk.follow("Answer").await;
    walk.sees("1 said no.").await;
    walk.sees_beside("The interface", "No, 30 Jun 2026").await;
    walk.sees_beside("The interface", "“The trial is booked.”").await;
    walk.navigate("My work…").await;
    walk.sees_no("The interface comes two weeks later").await;
}

async fn approved(walk: &Walk, test: &TestApp) {
    walk.as_user(&test.manager).await;
    walk.navigate("Changes").await;
    walk.key_chooses("j", "The interface comes two weeks later").await;
    walk.press_and_go().await;
    walk.sees("1 said no.").await;
    walk.unfold("Approve").await;
    walk.follow("Approve").await;
    walk.is_refused("Contributor answered no").await;
    walk.mends("Reason", "There is no other vendor").await;
    walk.follow("Approve").await;
    walk.is_told("Done.").await;
    walk.sees("approved").await;

    // The milestone is committed anew, and says why.
    walk.follow("Interface ready").await;
    walk.sees_beside("Committed", "3 Aug 2026").await;
    walk.sees_all(&["20 Jul 2026", "There is no other vendor"]).await;

    walk.navigate("Milestones").await;
    walk.follow("Baselines").await;
    walk.sees_beside("ATLAS-CR1", "30 Jun 2026").await;
    walk.follow("One against another").await;
    walk.sees("1 moved").await;
    walk.sees_beside("Interface ready", "20 Jul 2026 3 Aug 2026 +10 wd").await;
    walk.unfold("2 unchanged").await;
    walk.sees_beside("Trial", "0 wd").await;
}

/// What a change of scope names is done when it is approved.
async fn scope(walk: &Walk, test: &TestApp) {
    walk.as_user(&test.manager).await;
    walk.navigate("Changes").await;
    walk.key("c").await;
    walk.stands_on("Title").await;
    walk.fill("Title", "Security first").await;
    walk.tick("Scope").await;
    walk.fill("Reason", "The audit").await;
    walk.fill("Items added", "Penetration test passed | milestone | | 2026-11-02").await;
    walk.fill("Items removed", "ATLAS-M3").await;
    walk.fill("Items redefined", "ATLAS-M2 | Hardened trial | No high finding").await;
    walk.follow("Save").await;
    walk.is_told("Raised.").await;
    walk.sees("Items that approval changes").await;
    walk.sees_beside("Penetration test passed", "2 Nov 2026").await;
    walk.sees_beside("Trial", "Hardened trial No high finding").await;
    walk.unfold("Submit").await;
    walk.follow("Submit").await;
    walk.is_told("Done.").await;
    walk.unfold("Approve").await;
    walk.follow("Approve").await;
    walk.is_told("Done.").await;
    walk.sees("Items that it changed").await;
    walk.key("gm").await;
    walk.sees_all(&["Hardened trial", "Penetration test passed"]).await;
    walk.follow("Baselines").await;
    walk.follow("One against another").await;
    walk.sees_beside("Penetration test passed", "added").await;
    walk.sees_beside("Old portal", "removed").await;
}
