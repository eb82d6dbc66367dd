//! What somebody may not see or do, they neither see nor do by a detour.

use crate::inbound::Tool;
use crate::readiness::gated;
use crate::support::api::{ATLAS, atlas, get, moved, post, raise, unmoved};
use plumbline::domain::kind::Kind;
use serde_json::json;

const SECRET: &str = "Sell the warehouse";

#[tokio::test]
async fn work_done_again_of_another_program_is_refused_and_where_it_stands_says_nothing_of_it() {
    let test = atlas().await;
    test.admin.post("/api/v1/programs", json!({"key": "SEC", "name": "Secret"})).await.is(201);
    let risk = test.admin.post("/api/v1/programs/SEC/risks", json!({"title": SECRET})).await.is(201).json();
    raise(&test.manager, Kind::Risk, json!({"title": "Our own"})).await;
    let rework = format!("{ATLAS}/rework");
    let other = json!({"what": "Redone", "item": "SEC-R1", "days": 1});
    test.admin.post(&rework, other).await.refused("item");
    let own = json!({"what": "Redone", "item": "ATLAS-R1", "days": 1});
    let made = test.admin.post(&rework, own).await.is(201).json();
    let one = format!("{rework}/{}", made["id"].as_str().unwrap());
    test.admin.patch(&one, 1, json!({"item": "SEC-R1"})).await.refused("item");
    // What was written before it was refused.
    sqlx::query("update rework set item = $1::uuid, version = 2")
        .bind(risk["id"].as_str())
        .execute(test.app.db.raw())
        .await
        .unwrap();
    for path in ["/programs/ATLAS/metrics/rework_rate", "/programs/ATLAS/metrics/rework_rate/rows.csv"] {
        let page = test.viewer.page(path).await.is(200).text;
        assert!(page.contains("Redone"), "it is counted");
        assert!(
            !page.contains(SECRET) && !page.contains("ATLAS-R1") && !page.contains("/risks/1"),
            "{path}: {page}"
        );
    }
    let metric = test.viewer.get(&format!("{ATLAS}/metrics/rework_rate")).await.is(200);
    assert_eq!(metric.json()["detail"]["events"], 1);
    assert!(!metric.text.contains(SECRET) && !metric.text.contains("ATLAS-R1"), "{}", metric.text);
    let rows = test.viewer.get(&format!("{ATLAS}/metrics/rework_rate/rows.csv")).await.is(200).text;
    assert!(!rows.contains(SECRET) && !rows.contains("ATLAS-R1"), "{rows}");
}

#[tokio::test]
async fn a_team_is_changed_by_who_answers_for_it() {
    let test = atlas().await;
    let lead = json!({"name": "Tax", "lead": test.contributor.email});
    let tax = test.admin.post("/api/v1/teams", lead).await.is(201).json();
    let one = format!("/api/v1/teams/{}", tax["id"].as_str().unwrap());
    // Whoever makes a program is its manager, and of nobody else's teams.
    test.stranger.post("/api/v1/programs", json!({"key": "OWN", "name": "Own"})).await.is(201);
    for user in [&test.stranger, &test.viewer, &test.manager] {
        user.patch(&one, 1, json!({"name": "Mine"})).await.problem(403);
        user.delete(&one).await.problem(403);
        user.put(&format!("{one}/members/{}", user.person), json!({})).await.problem(403);
        let page = test.stranger.page(&format!("/teams/{}", tax["id"].as_str().unwrap())).await.is(200).text;
        assert!(!page.contains("/edit\""), "nothing is offered that would be refused");
    }
    test.contributor.patch(&one, 1, json!({"description": "By its lead"})).await.is(200);
    test.manager.patch(&format!("{ATLAS}/projects/GL"), 1, json!({"team": "Tax"})).await.is(200);
    // Nor does a program that names a team make it that of its managers: whoever is in it speaks for it everywhere.
    let named = json!({"key": "TAX", "name": "Tax", "team": "Tax"});
    test.stranger.post("/api/v1/programs/OWN/projects", named).await.is(201);
    for user in [&test.stranger, &test.manager] {
        user.patch(&one, 2, json!({"lead": user.email})).await.problem(403);
        user.delete(&one).await.problem(403);
        user.put(&format!("{one}/members/{}", user.person), json!({})).await.problem(403);
    }
    test.admin.patch(&one, 2, json!({"description": "By an administrator"})).await.is(200);
    let own = test.stranger.post("/api/v1/teams", json!({"name": "Own"})).await.is(201).json();
    let own = format!("/api/v1/teams/{}", own["id"].as_str().unwrap());
    test.stranger.patch(&own, 1, json!({"name": "Our own"})).await.is(200);
    test.manager.patch(&own, 2, json!({"name": "Taken"})).await.problem(403);
}

#[tokio::test]
async fn a_decision_is_not_escalated_to_somebody_whom_it_would_not_reach() {
    let test = atlas().await;
    raise(&test.manager, Kind::Decision, json!({})).await;
    let to = |email: &str| json!({"to": "waiting", "escalated_to": email});
    let why = unmoved(&test.manager, "decisions/1", to(&test.stranger.email), "escalated_to").await;
    assert!(why.contains("can't see this program"), "{why}");
    assert_eq!(get(&test.viewer, "decisions/1").await["version"], 1, "nothing of it is kept");
    moved(&test.manager, "decisions/1", to(&test.viewer.email)).await;
    raise(&test.manager, Kind::Decision, json!({})).await;
    moved(&test.manager, "decisions/2", to(&test.admin.email)).await;
    let version = test.manager.get(ATLAS).await.json()["version"].as_i64().unwrap();
    test.manager.patch(ATLAS, version, json!({"visibility": "everyone"})).await.is(200);
    raise(&test.manager, Kind::Decision, json!({})).await;
    moved(&test.manager, "decisions/3", to(&test.stranger.email)).await;
}

#[tokio::test]
async fn a_tool_says_that_a_check_passed_or_failed_or_nothing_of_it() {
    let test = atlas().await;
    gated(&test).await;
    let tool = Tool::open(&test).await;
    for (at, odd) in
        [json!(null), json!("yes"), json!("true"), json!(1), json!({}), json!([true])].iter().enumerate()
    {
        let data = json!({"ref": "ATLAS-CHK1", "passed": odd, "title": "Build 1"});
        tool.call(&format!("odd-{at}"), "check.evidence", data).await.refused("data.passed");
    }
    assert_eq!(get(&test.viewer, "checks/1").await["version"], 1, "nothing of it is kept");
    let script = json!({"ref": "ATLAS-CHK1", "passed": true, "url": "javascript:alert(1)"});
    tool.call("script", "check.evidence", script).await.refused("data.url");
    let state = get(&test.viewer, "checks/1").await["state"].clone();
    let alone = json!({"ref": "ATLAS-CHK1", "title": "Build 2", "url": "https://ci.example.com/2"});
    tool.call("alone", "check.evidence", alone).await.is(200);
    let check = get(&test.viewer, "checks/1").await;
    assert_eq!((&check["state"], &check["evidence_title"]), (&state, &json!("Build 2")));
    tool.call("passed", "check.evidence", json!({"ref": "ATLAS-CHK1", "passed": true})).await.is(200);
    assert_eq!(get(&test.viewer, "checks/1").await["state"], "passed");
    post(&test.manager, "risks", json!({"title": "Last"})).await;
    test.admin.delete(ATLAS).await.is(204);
    tool.call("late", "check.evidence", json!({"ref": "ATLAS-CHK1", "passed": false})).await.problem(409);
}
