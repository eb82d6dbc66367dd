//! What it costs and who does it, and what was learned: budget lines, allocations, lessons.

use crate::support::api::atlas;
use crate::support::app::TestApp;
use crate::support::walk::Walk;

#[tokio::test]
async fn money_and_people_are_planned_and_a_lesson_is_found_again() {
    // With the teams Ledger and Payments, and a project of the general ledger.
    let test = atlas().await;
    let Some(walk) = Walk::begin(&test.base).await else { return };
    budget(&walk, &test).await;
    capacity(&walk).await;
    lesson(&walk, &test).await;
    walk.close().await;
}

async fn budget(walk: &Walk, test: &TestApp) {
    walk.as_user(&test.manager).await;
    walk.navigate("Value").await;
    walk.navigate("Budget").await;
    walk.sees("No budget yet").await;
    walk.key("c").await;
    walk.stands_on("Category").await;
    walk.fill("Category", "Licences").await;
    walk.fill_day("Month", "2026-07-14").await;
    walk.fill("Project", "GL").await;
    walk.fill("Planned", "twelve").await;
    walk.follow("Add the line").await;
    walk.is_refused("Planned").await;
    walk.mends("Planned", "12000").await;
    walk.fill("Forecast", "15000").await;
    walk.follow("Add the line").await;
    walk.is_told("Made.").await;
    walk.sees_beside("Licences, Jul 2026", "12 000").await;
    walk.sees_beside("Forecast at completion", "15 000").await;
    walk.follow("Edit Licences, Jul 2026").await;
    walk.fill("Actual", "4000").await;
    walk.follow("Save").await;
    walk.is_told("Saved.").await;
    walk.sees_beside("Spent", "4000").await;
}

async fn capacity(walk: &Walk) {
    walk.navigate("Capacity").await;
    walk.sees("Nothing is allocated yet").await;
    for (days, told) in [("15", "No team has more planned than it has."), ("9", "1 month over capacity.")] {
        walk.key("c").await;
        walk.stands_on("Team").await;
        walk.fill("Team", "Payments").await;
        if days == "15" {
            walk.fill("Project", "GL").await;
        }
        walk.fill_day("Month", "2026-07-01").await;
        walk.fill("Planned, working days", days).await;
        walk.fill("Available, working days", "20").await;
        walk.follow("Allocate").await;
        walk.is_told("Made.").await;
        walk.sees(told).await;
    }
    walk.sees_beside("Payments", "24 over of 20").await;
}

async fn lesson(walk: &Walk, test: &TestApp) {
    walk.navigate("Lessons").await;
    walk.key("c").await;
    walk.stands_on("Title").await;
    walk.fill("Title", "Ask the vendor for a rehearsal").await;
    walk.fill("What happened", "The cut-over took twice as long").await;
    walk.fill("Why", "Nobody had measured the copy").await;
    walk.fill("What to change", "A rehearsal on a full copy, measured").await;
    walk.fill("Owner", "Manager").await;
    walk.follow("Save").await;
    walk.is_told("Raised.").await;
    walk.sees_all(&["The cut-over took twice as long", "Nobody had measured the copy"]).await;
    walk.follow("Make it an action").await;
    walk.fill("Owner", "Contributor").await;
    walk.follow("Raise").await;
    walk.is_told("Raised.").await;

    // Months later somebody else looks for it, by a word of its text.
    walk.as_user(&test.viewer).await;
    walk.finds("rehearsal").await;
    walk.sees_beside("Ask the vendor for a rehearsal", "ATLAS-L1").await;
    walk.navigate("Portfolio").await;
    walk.follow("Atlas").await;
    walk.navigate("Value").await;
    walk.navigate("Lessons").await;
    walk.fill("Words", "rehears").await;
    walk.press_and_go().await;
    walk.key_chooses("j", "Ask the vendor for a rehearsal").await;
    walk.press_and_go().await;
    walk.sees("Nobody had measured the copy").await;
}
