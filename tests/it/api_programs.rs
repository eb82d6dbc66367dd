//! Programs and their projects in the JSON API.

use crate::support::api::ATLAS;
use crate::support::app::TestApp;
use serde_json::{Value, json};

#[tokio::test]
async fn a_program_is_made_by_whoever_becomes_its_manager() {
    let test = TestApp::start().await;
    let body = json!({
        "key": "nova", "name": "Nova", "sponsor": test.viewer.email, "manager": {"name": "Ada Lovelace"}, "time_zone": "Europe/Paris",
        "starts_on": "2026-01-05", "ends_on": "2027-06-30", "visibility": "everyone", "objectives": "One ledger",
        "in_scope": "Closing", "out_of_scope": "Payroll", "success_measures": "Five days", "constraints": "The audit",
        "governance": "Monthly", "working_week": ["mon", "tue", "wed", "thu"], "holidays": ["2026-12-25"],
        "targets": {"milestone_on_time_rate": 0.9}, "thresholds": {"risk_red_score": 25}, "budget": 1_000_000,
    });
    let made = test.stranger.post("/api/v1/programs", body.clone()).await.is(201);
    assert_eq!(made.header("location"), "/api/v1/programs/NOVA");
    let made = made.json();
    for name in [
        "name",
        "time_zone",
        "starts_on",
        "ends_on",
        "visibility",
        "objectives",
        "in_scope",
        "out_of_scope",
        "success_measures",
        "constraints",
        "governance",
        "working_week",
        "holidays",
        "targets",
        "thresholds",
    ] {
        assert_eq!(made[name], body[name], "{name}");
    }
    assert_eq!(
        (&made["sponsor"]["name"], &made["manager"]["name"]),
        (&json!("Viewer"), &json!("Ada Lovelace"))
    );
    assert_eq!(made["role"], "manager");
    // Everyone signed in may read it, and no more.
    let read = test.contributor.get("/api/v1/programs/NOVA").await.is(200);
    assert_eq!((read.header("etag"), &read.json()["role"]), ("\"1\"", &json!("viewer")));
    test.contributor.post("/api/v1/programs/NOVA/risks", json!({"title": "x"})).await.problem(403);
    let edited =
        test.stranger.patch("/api/v1/programs/NOVA", 1, json!({"name": "Nova II"})).await.is(200).json();
    assert_eq!(
        (&edited["name"], &edited["version"], &edited["objectives"]),
        (&json!("Nova II"), &json!(2), &json!("One ledger"))
    );
    test.stranger.patch("/api/v1/programs/NOVA", 1, json!({"name": "Lost"})).await.problem(412);
    test.contributor.patch("/api/v1/programs/NOVA", 2, json!({"name": "x"})).await.problem(403);
    assert!(
        test.stranger
            .patch("/api/v1/programs/NOVA", 2, json!({"key": "NEW"}))
            .await
            .refused("key")
            .contains("stays")
    );

    for (body, field) in [
        (json!({"key": "ATLAS", "name": "Twice"}), "key"),
        (json!({"key": "A", "name": "Short"}), "key"),
        (json!({"key": "1A", "name": "Digit first"}), "key"),
        (json!({"key": "OK"}), "name"),
        (json!({"key": "OK", "name": "x", "time_zone": "Mars/Olympus"}), "time_zone"),
        (json!({"key": "OK", "name": "x", "starts_on": "2027-01-01", "ends_on": "2026-01-01"}), "ends_on"),
        (json!({"key": "OK", "name": "x", "targets": {"luck": 1}}), "targets"),
        (json!({"key": "OK", "name": "x", "holidays": ["soon"]}), "holidays"),
        (json!({"key": "OK", "name": "x", "effective_on": "2026-07-01"}), "effective_on"),
        (json!({"key": "OK", "name": "x", "colour": "red"}), "colour"),
    ] {
        test.stranger.post("/api/v1/programs", body.clone()).await.refused(field);
    }
    let listed = test.contributor.get("/api/v1/programs").await.json();
    let keys: Vec<_> =
        listed["items"].as_array().unwrap().iter().map(|program| program["key"].clone()).collect();
    assert_eq!(keys, [json!("ATLAS"), json!("NOVA")]);
    test.contributor.get("/api/v1/programs?colour=red").await.refused("colour");
    let page = test.contributor.get("/api/v1/programs?limit=1").await.json();
    assert_eq!((page["items"].as_array().unwrap().len(), &page["total"]), (1, &json!(2)));

    test.stranger.delete("/api/v1/programs/NOVA").await.problem(403);
    test.admin.delete("/api/v1/programs/NOVA").await.is(204);
    assert_eq!(test.contributor.get("/api/v1/programs").await.json()["total"], 1);
    test.admin.post("/api/v1/programs/NOVA/restore", json!({})).await.is(200);
    assert_eq!(test.contributor.get("/api/v1/programs").await.json()["total"], 2);
}

#[tokio::test]
async fn a_program_and_its_projects_are_shown_as_they_stood() {
    let test = TestApp::start().await;
    let body = json!({"name": "Atlas II", "effective_on": "2026-04-01", "reason": "Rescoped"});
    test.manager.patch(ATLAS, 1, body).await.is(200);
    assert_eq!(test.viewer.get(&format!("{ATLAS}?as_of=2026-03-31")).await.json()["name"], "Atlas");
    assert_eq!(test.viewer.get(&format!("{ATLAS}?as_of=2026-04-01")).await.json()["name"], "Atlas II");
    let early = test.manager.patch(ATLAS, 2, json!({"name": "x", "effective_on": "2026-03-01"})).await;
    assert!(early.refused("effective_on").contains("2026-04-01"), "{}", early.text);

    let body = json!({"key": "GL", "name": "Ledger", "lead": test.contributor.email, "starts_on": "2026-02-01", "effective_on": "2026-02-01"});
    let made = test.manager.post(&format!("{ATLAS}/projects"), body).await.is(201);
    assert_eq!(made.header("location"), format!("{ATLAS}/projects/GL"));
    assert_eq!(made.json()["lead"]["name"], "Contributor");
    let one = format!("{ATLAS}/projects/GL");
    test.manager
        .patch(&one, 1, json!({"name": "General ledger", "effective_on": "2026-03-01"}))
        .await
        .is(200);
    test.manager.patch(&one, 1, json!({"name": "x"})).await.problem(412);
    assert_eq!(test.viewer.get(&format!("{one}?as_of=2026-02-15")).await.json()["name"], "Ledger");
    test.viewer.get(&format!("{one}?as_of=2026-01-31")).await.problem(404);
    assert_eq!(test.viewer.get(&format!("{ATLAS}/projects?as_of=2026-01-31")).await.json()["total"], 0);
    test.manager
        .post(&format!("{ATLAS}/projects"), json!({"key": "GL", "name": "Again"}))
        .await
        .refused("key");
    test.contributor.post(&format!("{ATLAS}/projects"), json!({"key": "X1", "name": "x"})).await.problem(403);
    test.manager.delete(&one).await.is(204);
    assert_eq!(test.viewer.get(&format!("{ATLAS}/projects")).await.json()["total"], 0);
    let back = test.manager.post(&format!("{one}/restore"), json!({})).await.is(200).json();
    assert_eq!(back["archived_at"], Value::Null);
    assert_eq!(test.viewer.get(&format!("{ATLAS}/projects")).await.json()["total"], 1);
}
