//! Readiness: a gate from its checks to its verdict, and a release with its steps and what went wrong.

use crate::support::api::post;
use crate::support::app::TestApp;
use crate::support::walk::Walk;
use serde_json::json;

#[tokio::test]
async fn a_gate_is_checked_signed_and_goes_on_conditions_and_a_release_is_rolled_out() {
    let test = TestApp::start().await;
    let Some(walk) = Walk::begin(&test.base).await else { return };
    let milestone = json!({"title": "Go live", "committed_on": "2026-07-10", "effective_on": "2026-02-02"});
    post(&test.manager, "milestones", milestone).await;
    raised(&walk, &test).await;
    checked(&walk).await;
    signed(&walk, &test).await;
    goes(&walk, &test).await;
    launched(&walk, &test).await;
    walk.close().await;
}

async fn raised(walk: &Walk, test: &TestApp) {
    walk.as_user(&test.manager).await;
    walk.navigate("Readiness").await;
    walk.sees("No gates yet").await;
    walk.key("c").await;
    walk.stands_on("Title").await;
    walk.fill("Title", "Go / no-go").await;
    walk.fill_day("Go / no-go on", "2026-07-08").await;
    walk.fill("For the milestone", "ATLAS-M1").await;
    walk.fill("Signed off by", "engineering, security, support").await;
    let holders = format!("engineering | {}\nsecurity | {}", test.manager.email, test.contributor.email);
    walk.fill("Who holds each role", &holders).await;
    walk.fill("Quorum", "2").await;
    walk.follow("Save").await;
    walk.is_told("Raised.").await;
    walk.sees_beside("Signed", "0 of 3").await;

    walk.choose("Checklist", "Feature release").await;
    walk.follow("Add its checks").await;
    walk.sees_all(&["Added.", "All acceptance criteria are tested and pass"]).await;
    walk.sees_beside("In the way", "6 mandatory").await;
}

/// One check has passed, by a link; one is waived for a reason and until a day.
async fn checked(walk: &Walk) {
    walk.follow("All acceptance criteria are tested and pass").await;
    walk.unfold("Passed").await;
    walk.fill("Evidence", "Test report 41").await;
    walk.fill("Link to the evidence", "https://example.org/reports/41").await;
    walk.follow("Passed").await;
    walk.is_told("Done.").await;
    walk.sees("Test report 41").await;
    walk.follow("ATLAS-G1").await;
    walk.sees_beside("All acceptance criteria", "Test report 41").await;
    walk.sees_beside("In the way", "5 mandatory").await;

    walk.follow("The change was reviewed for its risks").await;
    walk.unfold("Waive").await;
    walk.follow("Waive").await;
    walk.is_refused("Reason").await;
    walk.mends("Reason", "Reviewed with the last release").await;
    walk.fill_day("Waived until", "2026-07-31").await;
    walk.follow("Waive").await;
    walk.is_told("Done.").await;
    walk.follow("ATLAS-G1").await;
    walk.sees_beside("The change was reviewed", "Reviewed with the last release · until 31 Jul 2026").await;
    walk.sees_beside("In the way", "4 mandatory").await;
}

async fn signed(walk: &Walk, test: &TestApp) {
    walk.unfold("Begin the review").await;
    walk.follow("Begin the review").await;
    walk.is_told("Done.").await;
    for (user, role, comment) in
        [(&test.manager, "Engineering", "Ready"), (&test.contributor, "Security", "With the waiver")]
    {
        walk.as_user(user).await;
        walk.navigate("Readiness").await;
        walk.key_chooses("j", "Go / no-go").await;
        walk.press_and_go().await;
        walk.unfold("Sign off").await;
        walk.fill("Role", role).await;
        walk.choose("Verdict", "Go").await;
        walk.fill("Comment", comment).await;
        walk.follow("Sign").await;
        walk.sees_beside(role, &format!("go {} 30 Jun 2026 {comment}", user.name)).await;
    }
    walk.sees_beside("Signed", "2 of 3").await;
}

async fn goes(walk: &Walk, test: &TestApp) {
    walk.as_user(&test.manager).await;
    walk.navigate("Readiness").await;
    walk.key_chooses("j", "Go / no-go").await;
    walk.press_and_go().await;
    // Go is refused while mandatory checks are in the way.
    walk.unfold("Go").await;
    walk.follow("Go").await;
    walk.is_refused("Mandatory checks").await;
    walk.unfold("Go, on conditions").await;
    walk.fill("Conditions", "The feature can be switched off | 2026-07-07").await;
    walk.follow("Go, on conditions").await;
    walk.is_told("Done.").await;
    walk.sees("conditional go on 30 Jun 2026 by Manager").await;
    // The condition is an action with its day.
    walk.navigate("Meetings").await;
    walk.navigate("Actions").await;
    walk.sees_beside("The feature can be switched off", "7 Jul 2026").await;
}

async fn launched(walk: &Walk, test: &TestApp) {
    walk.as_user(&test.manager).await;
    walk.navigate("Readiness").await;
    walk.navigate("Releases").await;
    walk.key("c").await;
    walk.stands_on("Title").await;
    walk.fill("Title", "Release 4").await;
    walk.fill("Milestone", "ATLAS-M1").await;
    walk.fill_day("Launch", "2026-06-30").await;
    walk.fill("Rollout", "Switch one percent | Ann Lee | 30\nSwitch everybody | Bo Chen | 60").await;
    walk.fill("Rollback", "Switch back | Ann Lee | 5").await;
    walk.follow("Save").await;
    walk.is_told("Raised.").await;
    walk.sees_beside("Switch one percent", "Ann Lee · 30 min").await;
    walk.sees_beside("Switch back", "Ann Lee · 5 min").await;
    walk.sees("0 of 2 done").await;

    walk.follow("Done: Switch one percent").await;
    walk.sees_all(&["Noted.", "1 of 2 done"]).await;
    walk.sees_beside("Switch one percent", "Manager, 30 Jun").await;
    // The work goes on at the step after it.
    walk.follow("Done: Switch everybody").await;
    walk.sees("2 of 2 done").await;

    walk.unfold("Count an incident or defect").await;
    walk.choose("What", "Incident").await;
    walk.fill("Title", "Sign-in was slow").await;
    walk.follow("Count it").await;
    walk.sees_beside("incident: Sign-in was slow", "30 Jun 2026").await;
    walk.unfold("Count an incident or defect").await;
    walk.choose("What", "Defect").await;
    walk.fill("How many", "3").await;
    walk.follow("Count it").await;
    walk.sees_beside("Incidents", "1").await;
    walk.sees_beside("Defects found before", "3").await;
}
