//! Money and capacity, lessons and rework, and what closing a program asks for.

use crate::support::api::{ATLAS, atlas, raise};
use plumbline::domain::kind::Kind;
use serde_json::json;

const BUDGET: &str = "/api/v1/programs/ATLAS/budget";
const ALLOCATIONS: &str = "/api/v1/programs/ATLAS/allocations";

#[tokio::test]
async fn lines_of_a_budget_are_made_changed_and_archived() {
    let test = atlas().await;
    test.manager.patch(ATLAS, 1, json!({"budget": 1000})).await.is(200);
    let body = json!({"category": "People", "period_on": "2026-05-20", "planned": 600, "committed": 500, "actual": 700.5,
        "project": "GL", "effective_on": "2026-06-01"});
    let made = test.manager.post(BUDGET, body).await.is(201);
    let line = made.json();
    let one = format!("{BUDGET}/{}", line["id"].as_str().unwrap());
    assert_eq!(made.header("location"), one);
    assert_eq!(
        (&line["period_on"], &line["project"]["key"], &line["program"]),
        (&json!("2026-05-01"), &json!("GL"), &json!("ATLAS"))
    );
    test.manager
        .post(
            BUDGET,
            json!({"category": "Licences", "period_on": "2026-08-01", "planned": 300, "forecast": 400}),
        )
        .await
        .is(201);
    let page = test.viewer.page("/programs/ATLAS/budget").await.is(200).text;
    // The month of May is over: what was spent, and the forecast of August, 1,100.5 of 1,000.
    assert!(page.contains("10.1\u{a0}% above the budget") && page.contains("rag red"), "{page}");

    let changed = test
        .manager
        .patch(&one, 1, json!({"forecast": 620, "actual": 600, "effective_on": "2026-06-15"}))
        .await
        .is(200)
        .json();
    assert_eq!((&changed["forecast"], &changed["version"]), (&json!(620.0), &json!(2)));
    test.manager.patch(&one, 2, json!({"planned": -1})).await.refused("planned");
    test.manager.patch(&one, 1, json!({"forecast": 1})).await.problem(412);
    assert!(test.viewer.page("/programs/ATLAS/budget").await.text.contains("2\u{a0}% above the budget"));
    assert_eq!(test.viewer.get(&format!("{one}?as_of=2026-06-14")).await.json()["forecast"], json!(null));
    assert_eq!(test.viewer.get(&format!("{BUDGET}?as_of=2026-06-01")).await.json()["total"], 1);
    assert_eq!(test.viewer.get(&format!("{BUDGET}?category=People")).await.json()["total"], 1);
    test.manager.delete(&one).await.is(204);
    assert_eq!(test.viewer.get(BUDGET).await.json()["total"], 1);
    assert!(test.viewer.get(&one).await.json()["archived_at"].is_string(), "hidden, not gone");
    test.manager.patch(&one, 3, json!({"planned": 1})).await.problem(409);
}

#[tokio::test]
async fn a_line_that_cannot_be_comes_back_with_its_errors() {
    let test = atlas().await;
    test.manager.post(BUDGET, json!({"period_on": "2026-05-01"})).await.refused("category");
    test.manager.post(BUDGET, json!({"category": "People"})).await.refused("period_on");
    test.manager
        .post(BUDGET, json!({"category": "People", "period_on": "2026-05-01", "planned": "much"}))
        .await
        .refused("planned");
    test.manager
        .post(BUDGET, json!({"category": "People", "period_on": "2026-05-01", "project": "XX"}))
        .await
        .refused("project");
    test.contributor
        .post(BUDGET, json!({"category": "People", "period_on": "2026-05-01"}))
        .await
        .problem(403);
    let form = [("category", "People"), ("period_on", "2026-05-01"), ("planned", "much")];
    let again = test.manager.submit("/programs/ATLAS/budget", &form).await;
    assert_eq!(again.status, 422);
    assert!(again.text.contains("value=\"much\"") && again.text.contains("Give an amount"));
    let form = [("category", "People"), ("period_on", "2026-05-01"), ("planned", "12 500.50")];
    assert_eq!(test.manager.submit("/programs/ATLAS/budget", &form).await.status, 303);
    let line = test.viewer.get(BUDGET).await.json()["items"][0].clone();
    assert_eq!(line["planned"], 12500.5);
    let edit = format!("/programs/ATLAS/budget/{}/edit", line["id"].as_str().unwrap());
    assert!(test.manager.page(&edit).await.is(200).text.contains("value=\"12500.5\""));
    assert_eq!(test.manager.submit(&edit, &[("version", "9"), ("category", "Staff")]).await.status, 409);
    assert_eq!(test.manager.submit(&edit, &[("version", "1"), ("category", "Staff")]).await.status, 303);
    let archive = edit.replace("/edit", "/archive");
    assert_eq!(test.manager.submit(&archive, &[]).await.status, 303);
    assert_eq!(test.viewer.get(BUDGET).await.json()["total"], 0);
}

#[tokio::test]
async fn capacity_counts_what_hidden_programs_plan_without_naming_them() {
    let test = atlas().await;
    let own = json!({"team": "Ledger", "project": "GL", "period_on": "2026-07-01", "planned_days": 15, "available_days": 20});
    test.manager.post(ALLOCATIONS, own).await.is(201);
    let quiet = test.viewer.page("/programs/ATLAS/capacity").await.is(200).text;
    assert!(quiet.contains("No team has more planned than it has"));
    test.stranger.post("/api/v1/programs", json!({"key": "HIDDEN", "name": "Heliotrope"})).await.is(201);
    let theirs = json!({"team": "Ledger", "period_on": "2026-07-15", "planned_days": 6.5});
    let made = test.stranger.post("/api/v1/programs/HIDDEN/allocations", theirs).await.is(201).json();
    let page = test.viewer.page("/programs/ATLAS/capacity").await.is(200).text;
    assert!(page.contains("21.5") && page.contains("6.5 in a program that you may not see"), "{page}");
    assert!(page.contains("1 month over capacity."));
    assert!(!page.contains("HIDDEN") && !page.contains("Heliotrope"));
    assert!(
        test.admin.page("/programs/ATLAS/capacity").await.text.contains("HIDDEN 6.5"),
        "who may see it is told"
    );
    let id = made["id"].as_str().unwrap();
    test.stranger.delete(&format!("/api/v1/programs/HIDDEN/allocations/{id}")).await.is(204);
    assert!(test.viewer.page("/programs/ATLAS/capacity").await.text.contains("No team has more planned"));
    test.manager
        .post(ALLOCATIONS, json!({"team": "Ledger", "period_on": "2026-07-01", "planned_days": -1}))
        .await
        .refused("planned_days");
    test.manager
        .post(ALLOCATIONS, json!({"period_on": "2026-07-01", "planned_days": 1}))
        .await
        .refused("team");
}

#[tokio::test]
async fn a_program_closes_with_a_review_and_with_lessons_or_why_there_are_none() {
    let test = atlas().await;
    let closed = json!({"state": "closed"});
    let told = test.manager.patch(ATLAS, 1, closed.clone()).await;
    told.refused("closing_review");
    told.refused("no_lessons_because");
    let review = json!({"state": "closed", "closing_review": "Seven of nine goals, three months late."});
    let told = test.manager.patch(ATLAS, 1, review.clone()).await.problem(422);
    assert_eq!(told["errors"].as_array().unwrap().len(), 1, "{told}");
    raise(&test.manager, Kind::Lesson, json!({"title": "Ask the vendor"})).await;
    let done = test.manager.patch(ATLAS, 1, review).await.is(200).json();
    assert_eq!(
        (&done["state"], &done["closing_review"]),
        (&json!("closed"), &json!("Seven of nine goals, three months late."))
    );
    // Another, of which nothing is learned.
    test.manager.post("/api/v1/programs", json!({"key": "SMALL", "name": "Small"})).await.is(201);
    let form = [
        ("name", "Small"),
        ("state", "closed"),
        ("version", "1"),
        ("closing_review", "All of it."),
        ("no_lessons_because", "It took two days."),
    ];
    assert_eq!(test.manager.submit("/programs/SMALL/edit", &form).await.status, 303);
}

#[tokio::test]
async fn rework_is_written_down_beside_the_lessons_which_become_actions() {
    let test = atlas().await;
    let lesson = json!({"title": "Say what done is", "cause": "Two teams read the criterion in two ways."});
    raise(&test.manager, Kind::Lesson, lesson).await;
    // It is found by what it tells, in the log and from anywhere.
    for path in ["/programs/ATLAS/lessons?q=criterion+in+two", "/search?q=criterion+in+two"] {
        assert!(test.viewer.page(path).await.is(200).text.contains("ATLAS-L1"), "{path}");
    }
    assert!(!test.viewer.page("/programs/ATLAS/lessons?q=three").await.text.contains("ATLAS-L1"));
    // Also where a title has the word.
    raise(&test.manager, Kind::Risk, json!({"title": "The criterion of the vendor"})).await;
    let found = test.viewer.page("/search?q=criterion").await.is(200).text;
    assert!(found.contains("ATLAS-R1") && found.contains("ATLAS-L1"), "{found}");
    assert!(found.contains("Two teams read the <mark>criterion</mark>"), "{found}");
    let total = test.viewer.get("/api/v1/search?q=criterion").await.is(200).json()["total"].clone();
    assert_eq!(total, 2, "each once");
    let page = test.manager.page("/programs/ATLAS/lessons/1").await.is(200).text;
    assert!(
        page.contains("Make it an action")
            && page.contains("actions/new?title=Say%20what%20done%20is&#38;from=ATLAS-L1")
    );
    test.manager
        .post(&format!("{ATLAS}/actions"), json!({"title": "Check criteria", "from": "ATLAS-L1"}))
        .await
        .is(201);
    assert!(
        test.viewer.page("/programs/ATLAS/lessons/1").await.text.contains("ATLAS-ACT1"),
        "the action is linked"
    );
    let path = format!("{ATLAS}/rework");
    let body = json!({"what": "Two date formats", "on": "2026-05-04", "days": 6, "item": "ATLAS-L1"});
    let made = test.manager.post(&path, body).await.is(201).json();
    assert_eq!((&made["effective_on"], &made["item"]["ref"]), (&json!("2026-05-04"), &json!("ATLAS-L1")));
    let form = [("what", "Layout again"), ("days", "1,5")];
    assert_eq!(test.contributor.submit("/programs/ATLAS/rework", &form).await.status, 303);
    let page = test.viewer.page("/programs/ATLAS/lessons").await.is(200).text;
    assert!(page.contains("Two date formats") && page.contains("Layout again") && page.contains("1.5"));
    test.viewer.post(&path, json!({"what": "x"})).await.problem(403);
    test.manager.post(&path, json!({})).await.refused("what");
    test.manager.post(&path, json!({"what": "x", "on": "2026-08-01"})).await.refused("on");
    assert_eq!(test.viewer.get(&format!("{path}?as_of=2026-05-04")).await.json()["total"], 1);
    let again = test.contributor.submit("/programs/ATLAS/rework", &[("what", "")]).await;
    assert_eq!(again.status, 422);
}
