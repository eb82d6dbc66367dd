//! Stakeholders: how much of a say they have, which role in which project, and how they are kept informed.

use crate::support::api::post;
use crate::support::app::TestApp;
use crate::support::walk::Walk;
use serde_json::json;

#[tokio::test]
async fn stakeholders_are_placed_given_roles_and_spoken_to() {
    let test = TestApp::start().await;
    let Some(walk) = Walk::begin(&test.base).await else { return };
    post(&test.manager, "projects", json!({"key": "GL", "name": "Ledger"})).await;
    raised(&walk, &test).await;
    roles(&walk).await;
    contacted(&walk).await;
    walk.close().await;
}

async fn raised(walk: &Walk, test: &TestApp) {
    walk.as_user(&test.manager).await;
    walk.navigate("Value").await;
    walk.navigate("Stakeholders").await;
    walk.sees("No stakeholders yet").await;
    for (title, influence, interest, attitude) in
        [("Treasury", "5", "4", "Sceptical"), ("Works council", "2", "5", "Neutral")]
    {
        walk.key("c").await;
        walk.stands_on("Title").await;
        walk.fill("Title", title).await;
        walk.choose("Influence", influence).await;
        walk.choose("Interest", interest).await;
        walk.choose("Attitude now", attitude).await;
        walk.choose("Attitude wanted", "Supportive").await;
        walk.fill("Channel", "A call").await;
        walk.choose("How often", "Monthly").await;
        walk.fill_day("Next contact", "2026-06-26").await;
        walk.fill("What they need from the program", "The cost, before anybody else").await;
        walk.fill("Owner", "Manager").await;
        walk.follow("Save").await;
        walk.is_told("Raised.").await;
        walk.sees_beside("Attitude", attitude).await;
        walk.sees_beside("Next contact", "past").await;
        walk.navigate("Stakeholders").await;
    }
    walk.sees_beside("5", "Treasury sceptical").await;
    walk.sees_all(&["Communication plan"]).await;
    walk.sees_beside("ATLAS-SH1", "Sceptical → wanted: Supportive The cost, before anybody else").await;
    walk.sees_beside("ATLAS-SH1", "A call Monthly 26 Jun 2026 past").await;
}

async fn roles(walk: &Walk) {
    walk.follow("RACI").await;
    walk.key("c").await;
    walk.choose("Project or decision", "Project GL").await;
    walk.choose("Treasury…", "A:").await;
    walk.choose("Works council…", "C:").await;
    walk.follow("Save").await;
    walk.sees_beside("Ledger GL", "A C").await;
    // Only one answers for it.
    walk.follow("Edit the roles of Ledger…").await;
    walk.choose("Works council…", "A:").await;
    walk.follow("Save").await;
    walk.is_refused("one").await;
    walk.choose("Works council…", "I:").await;
    walk.follow("Save").await;
    walk.sees_beside("Ledger GL", "A I").await;
    walk.follow("Treasury").await;
    walk.sees_beside("Project GL", "A").await;
}

async fn contacted(walk: &Walk) {
    walk.fill("What was said", "They want the numbers weekly").await;
    walk.follow("Contacted").await;
    walk.is_told("Written down; the next contact is planned.").await;
    walk.sees_beside("Next contact", "30 Jul 2026").await;
    walk.sees("They want the numbers weekly").await;
    walk.navigate("Stakeholders").await;
    walk.sees_beside("ATLAS-SH1", "30 Jul 2026").await;
    walk.follow("Contacted Works council today").await;
    walk.is_told("Written down; the next contact is planned.").await;
    walk.sees_beside("ATLAS-SH2", "30 Jul 2026").await;
}
