//! The health of a project, as the API and the pages tell it: over its own items, on any day, to whoever sees the program.

use crate::support::api::{ATLAS, atlas, moved, post};
use crate::support::app::{TestApp, at};
use serde_json::{Value, json};

/// ATLAS with the ledger (GL), which has a severe risk, and payments (PAY), which has a low one; another is the program's.
async fn with_projects() -> TestApp {
    let test = atlas().await;
    for (key, name) in [("PAY", "Payments of today"), ("NEW", "Nothing yet")] {
        let project = json!({"key": key, "name": name, "effective_on": "2026-06-01"});
        post(&test.manager, "projects", project).await;
    }
    for (title, project, likely, on) in [
        ("No way back", json!("PAY"), 5, "2026-06-10"),
        ("Somebody leaves", json!("GL"), 1, "2026-06-30"),
        ("The law changes", Value::Null, 5, "2026-06-10"),
    ] {
        let risk = json!({"title": title, "project": project, "probability": likely, "impact": likely,
            "raised_on": on, "effective_on": on});
        post(&test.manager, "risks", risk).await;
    }
    test
}

async fn health(test: &TestApp, project: &str, day: &str) -> Value {
    let asked = if day.is_empty() { String::new() } else { format!("?as_of={day}") };
    test.viewer.get(&format!("{ATLAS}/projects/{project}/health{asked}")).await.is(200).json()
}

/// The colour of a dimension and the items of its worst reason.
fn of(health: &Value, dimension: &str) -> (Value, Value) {
    let all = health["dimensions"].as_array().unwrap();
    let found = all.iter().find(|told| told["dimension"] == dimension).unwrap();
    (found["rag"].clone(), found["reasons"][0]["items"].clone())
}

#[tokio::test]
async fn a_project_is_judged_by_its_own_items_on_any_day() {
    let test = with_projects().await;
    let pay = health(&test, "PAY", "").await;
    assert_eq!((&pay["overall"], &pay["as_of"]), (&json!("red"), &json!("2026-06-30")));
    assert_eq!(
        (&pay["project"]["key"], &pay["project"]["name"]),
        (&json!("PAY"), &json!("Payments of today"))
    );
    assert_eq!(pay["dimensions"].as_array().unwrap().len(), 7);
    assert_eq!(
        of(&pay, "risk"),
        (json!("red"), json!(["ATLAS-R1"])),
        "the program's own is not the project's"
    );
    assert_eq!(of(&pay, "schedule"), (json!("grey"), json!([])));
    assert_eq!(health(&test, "GL", "").await["overall"], "green");
    assert_eq!(health(&test, "NEW", "").await["overall"], "grey", "no data is not green");
    let program = test.viewer.get(&format!("{ATLAS}/health")).await.is(200).json();
    assert_eq!(of(&program, "risk").1, json!(["ATLAS-R1", "ATLAS-R3"]));
    // The same by its id, and in other letters.
    let id = pay["project"]["id"].as_str().unwrap();
    assert_eq!(health(&test, id, "").await, pay);
    assert_eq!(health(&test, "pay", "").await, pay);

    // As it was known then, and before.
    let then = health(&test, "PAY", "2026-06-10").await;
    assert_eq!((&then["overall"], &then["as_of"]), (&json!("red"), &json!("2026-06-10")));
    assert_eq!(health(&test, "PAY", "2026-06-09").await["overall"], "grey", "the risk was not there yet");
    test.viewer.get(&format!("{ATLAS}/projects/PAY/health?as_of=2026-05-31")).await.problem(404);
    test.viewer.get(&format!("{ATLAS}/projects/PAY/health?as_of=soon")).await.problem(400);

    // What is written is known at once, and changes nothing of before.
    moved(&test.manager, "risks/1", json!({"to": "closed", "reason": "Done."})).await;
    assert_eq!(health(&test, "PAY", "").await["overall"], "green");
    assert_eq!(health(&test, "PAY", "2026-06-10").await, then);
    post(&test.manager, "risks", json!({"title": "Again", "project": "NEW", "probability": 5, "impact": 5}))
        .await;
    assert_eq!(of(&health(&test, "NEW", "").await, "risk"), (json!("red"), json!(["ATLAS-R4"])));
}

#[tokio::test]
async fn nobody_else_is_told_and_an_unknown_project_is_not_found() {
    let test = with_projects().await;
    for project in ["PAY", "XX"] {
        test.stranger.get(&format!("{ATLAS}/projects/{project}/health")).await.problem(404);
        test.stranger.page(&format!("/programs/ATLAS/projects/{project}/health")).await.is(404);
    }
    test.viewer.get(&format!("{ATLAS}/projects/XX/health")).await.problem(404);
    test.viewer.page("/programs/ATLAS/projects/XX/health").await.is(404);
    // A project of another program is none of this one.
    test.manager.post("/api/v1/programs", json!({"key": "OTHER", "name": "Other"})).await.is(201);
    let theirs = json!({"key": "THEIRS", "name": "Theirs"});
    test.manager.post("/api/v1/programs/OTHER/projects", theirs).await.is(201);
    test.manager.get("/api/v1/programs/OTHER/projects/THEIRS/health").await.is(200);
    test.manager.get(&format!("{ATLAS}/projects/THEIRS/health")).await.problem(404);
}

#[tokio::test]
async fn the_pages_show_each_projects_colour_with_its_reasons_and_items() {
    let test = with_projects().await;
    let list = test.viewer.page("/programs/ATLAS/projects").await.is(200).text;
    for words in [
        r#"<a class="rag red" href="/programs/ATLAS/projects/PAY/health">Red<"#,
        r#"<a class="rag green" href="/programs/ATLAS/projects/GL/health">Green<"#,
        r#"<a class="rag none" href="/programs/ATLAS/projects/NEW/health">No data<"#,
        "1 open risk is scored 20 or more, the highest 25.",
        ">Risk</th>",
    ] {
        assert!(list.contains(words), "{words}: {list}");
    }
    assert!(!list.contains(">Readiness</th>"), "of what no project keeps there is no column");
    let page = test.viewer.page("/programs/ATLAS/projects/PAY/health").await.is(200).text;
    for words in [
        "Health of Payments of today",
        "1 open risk is scored 20 or more, the highest 25.",
        r#"href="/programs/ATLAS/risks/1""#,
        "No milestone is kept",
        r#"href="/programs/ATLAS/milestones?project=PAY""#,
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(
        !page.contains("ATLAS-R2") && !page.contains("ATLAS-R3"),
        "what is not the project's isn't named"
    );
    // As of a past day every link leads on to that day.
    let past = test.viewer.page("/programs/ATLAS/projects/PAY/health?as_of=2026-06-10").await.is(200).text;
    for words in ["As it stood at the end of", r#"href="/programs/ATLAS/risks/1?as_of=2026-06-10""#] {
        assert!(past.contains(words), "{words}: {past}");
    }
    let before = test.viewer.page("/programs/ATLAS/projects?as_of=2026-06-09").await.is(200).text;
    let grey = r#"<a class="rag none" href="/programs/ATLAS/projects/PAY/health?as_of=2026-06-09">No data<"#;
    assert!(before.contains(grey) && !before.contains(">Risk</th>"), "{before}");
    test.viewer.page("/programs/ATLAS/projects/PAY/health?as_of=2026-05-31").await.is(404);
}

#[tokio::test]
async fn what_counts_for_a_project_is_read_from_what_is_kept() {
    let test = with_projects().await;
    // Two dates of ours in the first baseline, one of another project, one of none.
    for (title, project) in [("A", json!("PAY")), ("B", json!("PAY")), ("C", json!("GL")), ("D", Value::Null)]
    {
        let milestone = json!({"title": title, "committed_on": "2027-12-01", "project": project,
            "effective_on": "2026-06-10"});
        post(&test.manager, "milestones", milestone).await;
    }
    let changed = json!({"forecast_on": "2027-12-02"});
    test.manager.patch(&format!("{ATLAS}/milestones/1"), 1, changed).await.is(200);
    let reason = |health: &Value, at: usize| health["dimensions"][at]["reasons"][0]["text"].clone();
    let text = reason(&health(&test, "PAY", "").await, 1);
    assert!(text.as_str().unwrap().contains("(0 of 2)"), "{text}");
    let text = reason(&test.viewer.get(&format!("{ATLAS}/health")).await.json(), 1);
    assert!(text.as_str().unwrap().contains("(0 of 4)"), "{text}");
    assert_eq!(of(&health(&test, "NEW", "").await, "scope").0, "grey");

    // Filed under no project, and the ledger waits for it: theirs. The program has no other.
    let dependency = json!({"title": "Test data", "provider": {"project": "PAY"}, "consumer": {"project": "GL"},
        "needed_by": "2026-06-29", "raised_on": "2026-06-20"});
    post(&test.manager, "dependencies", dependency).await;
    assert_eq!(of(&health(&test, "GL", "").await, "dependencies"), (json!("red"), json!(["ATLAS-D1"])));
    assert_eq!(of(&health(&test, "PAY", "").await, "dependencies").0, "grey");
    let filed = json!({"project": "PAY"});
    test.manager.patch(&format!("{ATLAS}/dependencies/1"), 1, filed).await.is(200);
    assert_eq!(of(&health(&test, "PAY", "").await, "dependencies"), (json!("red"), json!(["ATLAS-D1"])));
    assert_eq!(of(&health(&test, "GL", "").await, "dependencies").0, "grey");

    // In a year the day of the first baseline lies before the span that facts are read of, and nothing of it is lost.
    test.clock.hold_at(at("2027-06-30T12:00:00Z"));
    let text = reason(&health(&test, "PAY", "").await, 1);
    assert!(text.as_str().unwrap().contains("(0 of 2)"), "{text}");
}
