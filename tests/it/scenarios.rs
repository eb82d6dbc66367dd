//! What-if: scenarios over the API and the pages, from a question to a plan that was changed by approval.
//!
//! The plan, on Tuesday 30 June 2026: Design (T1, 5 d: 30 June–6 July) → Build (T2, 10 d: 7–20 July) → Release (M1,
//! committed 20 July); Bench (T3, 3 d) after the design; D1, from Build, needed by 22 July.

use crate::support::app::{TestApp, TestUser};
use serde_json::{Value, json};

const ATLAS: &str = "/api/v1/programs/ATLAS";
const ALL: &str = "/api/v1/programs/ATLAS/scenarios";

async fn made(user: &TestUser, path: &str, body: Value) -> Value {
    user.post(path, body).await.is(201).json()
}

async fn link(user: &TestUser, program: &str, predecessor: &str, successor: &str) {
    let body = json!({"predecessor": predecessor, "successor": successor});
    made(user, &format!("/api/v1/programs/{program}/links"), body).await;
}

async fn planned() -> TestApp {
    let test = TestApp::start().await;
    let manager = &test.manager;
    made(manager, &format!("{ATLAS}/projects"), json!({"key": "GL", "name": "Ledger"})).await;
    for (title, days) in [("Design", 5), ("Build", 10), ("Bench", 3)] {
        made(manager, &format!("{ATLAS}/activities"), json!({"title": title, "likely_days": days})).await;
    }
    let release = json!({"title": "Release", "committed_on": "2026-07-20", "owner": test.manager.email});
    made(manager, &format!("{ATLAS}/milestones"), release).await;
    let feed = json!({"title": "Feed", "needed_by": "2026-07-22", "provider": {"project": "GL"},
        "consumer": {"external": "Auditor"}});
    made(manager, &format!("{ATLAS}/dependencies"), feed).await;
    for (from, to) in [("T1", "T2"), ("T2", "M1"), ("T1", "T3"), ("T2", "D1")] {
        link(manager, "ATLAS", &format!("ATLAS-{from}"), &format!("ATLAS-{to}")).await;
    }
    test
}

fn slip(item: &str, days: i64) -> Value {
    json!({"change": "slip", "item": item, "days": days})
}

async fn preview(user: &TestUser, changes: Value) -> Value {
    user.post(&format!("{ALL}/preview"), json!({"changes": changes})).await.is(200).json()["result"].clone()
}

/// The field of each row of a list.
fn each<'v>(list: &'v Value, field: &str) -> Vec<&'v Value> {
    list.as_array().unwrap().iter().map(|row| &row[field]).collect()
}

#[tokio::test]
async fn a_preview_tells_what_moves_and_keeps_nothing() {
    let test = planned().await;
    let result = preview(&test.contributor, json!([slip("ATLAS-T2", 3)])).await;
    let release = &result["milestones"][0];
    assert_eq!(
        (&release["ref"], &release["from"], &release["to"], &release["working_days"], &release["effect"]),
        (&json!("ATLAS-M1"), &json!("2026-07-20"), &json!("2026-07-23"), &json!(3), &json!("breaks"))
    );
    assert_eq!(each(&result["dependencies"]["broken"], "ref"), ["ATLAS-D1"]);
    let program = &result["programs"][0];
    assert_eq!(program["finish"], json!({"from": "2026-07-20", "to": "2026-07-23", "working_days": 3}));
    let turned = |when: &str| &program["health"][when]["dimensions"]["dependencies"]["rag"];
    assert_eq!((turned("before"), turned("after")), (&json!("amber"), &json!("red")), "{program}");
    assert_eq!(result["hidden"]["items_moved"], 0);

    assert_eq!(test.viewer.get(ALL).await.is(200).json()["total"], 0, "nothing was kept");
    let build = test.viewer.get(&format!("{ATLAS}/activities/2")).await.json();
    assert_eq!((&build["version"], &build["constraint_on"]), (&json!(1), &Value::Null), "nothing leaked");
    test.viewer.post(&format!("{ALL}/preview"), json!({"changes": []})).await.problem(403);
    test.stranger.post(&format!("{ALL}/preview"), json!({"changes": []})).await.problem(404);
}

#[tokio::test]
async fn bad_input_is_refused_by_change() {
    let test = planned().await;
    let refuse = async |changes: Value, field: &str, words: &str| {
        for path in [format!("{ALL}/preview"), ALL.to_owned()] {
            let mut body = json!({"changes": changes});
            if path == ALL {
                body["title"] = json!("T");
            }
            let told = test.contributor.post(&path, body).await.refused(field);
            assert!(told.contains(words), "{field}: “{told}” should say “{words}”");
        }
    };
    refuse(json!([slip("ATLAS-T2", 1), slip("ATLAS-T9", 1)]), "changes[1].item", "ATLAS-T9").await;
    refuse(json!([slip("ATLAS-R1", 1)]), "changes[0].item", "ATLAS-R1").await;
    refuse(
        json!([{"change": "slip", "item": "ATLAS-T2", "days": "soon"}]),
        "changes[0].days",
        "whole number",
    )
    .await;
    let back = json!({"change": "link", "predecessor": "ATLAS-M1", "successor": "ATLAS-T1"});
    refuse(json!([slip("ATLAS-T2", 1), back]), "changes[1].successor", "ATLAS-T1 → ATLAS-T2 → ATLAS-M1")
        .await;
    refuse(json!("all"), "changes", "list").await;
    test.contributor.post(ALL, json!({"changes": []})).await.refused("title");
    test.contributor.post(ALL, json!({"title": "T", "colour": "red"})).await.refused("colour");
    assert_eq!(test.viewer.get(ALL).await.json()["total"], 0);
}

#[tokio::test]
async fn a_scenario_is_saved_changed_compared_and_discarded() {
    let test = planned().await;
    let body = json!({"title": "Build is late", "changes": [slip("ATLAS-T2", 3)]});
    let kept = test.contributor.post(ALL, body).await.is(201);
    assert_eq!(kept.header("location"), format!("{ALL}/1"));
    let kept = kept.json();
    assert_eq!(
        (&kept["number"], &kept["state"], &kept["base_on"], &kept["version"]),
        (&json!(1), &json!("draft"), &json!("2026-06-30"), &json!(1))
    );
    assert_eq!(kept["changes"], json!([slip("ATLAS-T2", 3)]));
    assert_eq!(kept["result"]["milestones"][0]["to"], "2026-07-23");
    made(
        &test.manager,
        ALL,
        json!({"title": "Less to build", "changes": [
        {"change": "estimate", "item": "ATLAS-T2", "likely_days": 8}]}),
    )
    .await;

    let both = test.viewer.get(&format!("{ALL}/1/compare/2")).await.is(200).json();
    let to = |which: &str| both[which]["result"]["milestones"][0]["to"].clone();
    assert_eq!((to("a"), to("b")), (json!("2026-07-23"), json!("2026-07-16")));
    test.viewer.get(&format!("{ALL}/1/compare/9")).await.problem(404);

    // Its maker changes it, a manager may, another contributor and a viewer may not.
    let one = format!("{ALL}/1");
    let changed =
        test.contributor.patch(&one, 1, json!({"changes": [slip("ATLAS-T2", 1)]})).await.is(200).json();
    assert_eq!((&changed["version"], &changed["title"]), (&json!(2), &json!("Build is late")));
    assert_eq!(changed["result"]["milestones"][0]["to"], "2026-07-21");
    test.contributor.patch(&one, 1, json!({"title": "Stale"})).await.problem(412);
    test.viewer.patch(&one, 2, json!({"title": "Mine"})).await.problem(403);
    test.contributor.patch(&format!("{ALL}/2"), 1, json!({"title": "Mine"})).await.problem(403);
    test.contributor.delete(&format!("{ALL}/2")).await.problem(403);
    test.contributor.post(&format!("{one}/transitions"), json!({"to": "applied"})).await.problem(403);

    test.contributor.delete(&one).await.is(204);
    let gone = test.viewer.get(&one).await.is(200).json();
    assert_eq!((&gone["state"], &gone["result"]), (&json!("discarded"), &Value::Null));
    test.manager.patch(&one, 3, json!({"title": "Again"})).await.refused("");
    test.manager.post(&format!("{one}/transitions"), json!({"to": "applied"})).await.refused("to");
    let drafts = test.viewer.get(&format!("{ALL}?state=draft")).await.json();
    assert_eq!(each(&drafts["items"], "number"), [2]);
}

/// A scenario that changes everything that can be changed, applied: the paths of the scenario and of its change request.
async fn applied(test: &TestApp) -> Value {
    let changes = json!([
        {"change": "estimate", "item": "ATLAS-T2", "likely_days": 12, "pessimistic_days": 15},
        {"change": "date", "item": "ATLAS-T1", "on": "2026-07-01"},
        {"change": "add", "name": "pilot", "title": "Pilot", "likely_days": 2, "project": "GL"},
        {"change": "link", "predecessor": "ATLAS-T2", "successor": "pilot"},
        {"change": "link", "predecessor": "pilot", "successor": "ATLAS-M1", "lag_days": 1},
        {"change": "drop", "item": "ATLAS-T3"},
        {"change": "unlink", "predecessor": "ATLAS-T2", "successor": "ATLAS-M1"},
    ]);
    made(&test.manager, ALL, json!({"title": "A pilot first", "changes": changes})).await;
    let path = format!("{ALL}/1/transitions");
    test.manager.post(&path, json!({"to": "applied", "reason": "The auditor wants it."})).await.is(200).json()
}

#[tokio::test]
async fn applied_it_is_a_change_request_and_nothing_more() {
    let test = planned().await;
    let scenario = applied(&test).await;
    assert_eq!(
        (&scenario["state"], &scenario["change_request"]),
        (&json!("applied"), &json!({"ref": "ATLAS-CR1", "waits": true}))
    );
    let request = test.viewer.get(&format!("{ATLAS}/changes/1")).await.is(200).json();
    assert_eq!(
        (&request["state"], &request["title"], &request["reason"], &request["submitted_on"]),
        (&json!("submitted"), &json!("A pilot first"), &json!("The auditor wants it."), &json!("2026-06-30"))
    );
    assert_eq!(
        (&request["kinds"], &request["adds"], &request["removes"], &request["redefines"]),
        (&json!(["scope", "schedule"]), &json!(1), &json!(1), &json!(1))
    );
    // Design 1–7 July, build 12 days 8–23 July, pilot 24 and 27 July, and a day between: 28 July.
    assert_eq!(request["schedule_days"], 6);
    assert_eq!(each(&request["rebaseline"], "committed_on"), ["2026-07-28"]);
    let text = request["description"].as_str().unwrap();
    for words in
        ["ATLAS-T2 estimated at 12 working days", "New activity “Pilot”", "ATLAS-T3 dropped", "ATLAS-D1"]
    {
        assert!(text.contains(words), "“{words}” in: {text}");
    }
    let build = test.viewer.get(&format!("{ATLAS}/activities/2")).await.json();
    assert_eq!(
        (&build["likely_days"], &build["version"]),
        (&json!(10.0), &json!(1)),
        "nothing is written yet"
    );
    test.manager.patch(&format!("{ALL}/1"), 2, json!({"title": "Other"})).await.refused("");
    test.manager.delete(&format!("{ALL}/1")).await.refused("to");
}

#[tokio::test]
async fn approved_all_of_it_is_written_with_the_next_baseline() {
    let test = planned().await;
    applied(&test).await;
    test.contributor
        .post(&format!("{ATLAS}/changes/1/transitions"), json!({"to": "approved"}))
        .await
        .problem(403);
    test.manager.post(&format!("{ATLAS}/changes/1/transitions"), json!({"to": "approved"})).await.is(200);

    let of = async |path: &str| test.viewer.get(&format!("{ATLAS}/{path}")).await.is(200).json();
    let (design, build, bench, pilot) = (
        of("activities/1").await,
        of("activities/2").await,
        of("activities/3").await,
        of("activities/4").await,
    );
    assert_eq!(
        (&design["constraint"], &design["constraint_on"]),
        (&json!("start_no_earlier_than"), &json!("2026-07-01"))
    );
    assert_eq!((&build["likely_days"], &build["pessimistic_days"]), (&json!(12.0), &json!(15.0)));
    assert_eq!((&bench["state"], &bench["closed_on"]), (&json!("cancelled"), &json!("2026-06-30")));
    assert_eq!((&pilot["title"], &pilot["project"]["key"]), (&json!("Pilot"), &json!("GL")));
    let links = of("links").await;
    let ends: Vec<String> = links["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|link| {
            format!("{} {} {}", link["predecessor"]["ref"], link["successor"]["ref"], link["lag_days"])
        })
        .map(|link| link.replace('"', ""))
        .collect();
    for link in ["ATLAS-T2 ATLAS-T4 0.0", "ATLAS-T4 ATLAS-M1 1.0", "ATLAS-T1 ATLAS-T2 0.0"] {
        assert!(ends.contains(&link.to_owned()), "{link} in {ends:?}");
    }
    assert!(!ends.contains(&"ATLAS-T2 ATLAS-M1 0.0".to_owned()), "{ends:?}");
    let release = of("milestones/1").await;
    assert_eq!(release["committed_on"], "2026-07-28");
    let baselines = of("baselines").await;
    assert_eq!(each(&baselines["items"], "name").last(), Some(&&json!("A pilot first")));

    let scenario = of("scenarios/1").await;
    assert_eq!(
        (&scenario["state"], &scenario["change_request"]["waits"], &scenario["result"]),
        (&json!("applied"), &json!(false), &Value::Null)
    );
    // The plan computes what the scenario foretold.
    let after = preview(&test.contributor, json!([slip("ATLAS-M1", 1)])).await;
    assert_eq!(after["milestones"][0]["from"], "2026-07-28");
    let trail = of("history").await.to_string();
    assert!(trail.contains("Scenario 1 is written into the plan"), "{trail}");
}

#[tokio::test]
async fn rejected_it_is_a_draft_again() {
    let test = planned().await;
    applied(&test).await;
    let rejected = json!({"to": "rejected", "reason": "It costs too much"});
    test.manager.post(&format!("{ATLAS}/changes/1/transitions"), rejected).await.is(200);
    let scenario = test.viewer.get(&format!("{ALL}/1")).await.json();
    assert_eq!((&scenario["state"], &scenario["change_request"]), (&json!("draft"), &Value::Null));
    assert_eq!(scenario["result"]["milestones"][0]["to"], "2026-07-28");
    let again =
        test.manager.post(&format!("{ALL}/1/transitions"), json!({"to": "applied"})).await.is(200).json();
    assert_eq!(again["change_request"]["ref"], "ATLAS-CR2");
}

#[tokio::test]
async fn a_plan_that_has_moved_refuses_the_approval_and_stays_whole() {
    let test = planned().await;
    applied(&test).await;
    // The link that is to be taken away is gone already.
    let links =
        test.viewer.get(&format!("{ATLAS}/links?predecessor=ATLAS-T2&successor=ATLAS-M1")).await.json();
    let link = links["items"][0]["id"].as_str().unwrap().to_owned();
    test.manager.delete(&format!("{ATLAS}/links/{link}")).await.is(204);
    let approve = json!({"to": "approved"});
    let told = test.manager.post(&format!("{ATLAS}/changes/1/transitions"), approve).await.refused("to");
    assert!(told.contains("ATLAS-M1 no longer waits for ATLAS-T2"), "{told}");
    let of = async |path: &str| test.viewer.get(&format!("{ATLAS}/{path}")).await.is(200).json();
    assert_eq!(of("changes/1").await["state"], "submitted");
    assert_eq!(of("activities/2").await["likely_days"], 10.0, "nothing was written");
    assert_eq!(of("activities").await["total"], 3);
    assert_eq!(of("milestones/1").await["committed_on"], "2026-07-20");
    assert_eq!(of("scenarios/1").await["state"], "applied");
}

#[tokio::test]
async fn other_programs_are_counted_asked_and_never_written() {
    let test = planned().await;
    let beacon = json!({"key": "BEACON", "name": "Beacon"});
    made(&test.manager, "/api/v1/programs", beacon).await;
    let live = json!({"title": "Secret go-live", "committed_on": "2026-07-20"});
    made(&test.manager, "/api/v1/programs/BEACON/milestones", live).await;
    made(
        &test.manager,
        "/api/v1/programs/BEACON/activities",
        json!({"title": "Secret test", "likely_days": 2}),
    )
    .await;
    link(&test.manager, "BEACON", "ATLAS-M1", "BEACON-T1").await;
    link(&test.manager, "BEACON", "BEACON-T1", "BEACON-M1").await;
    // Who doesn't see the other program has its items counted.
    let answer =
        test.contributor.post(&format!("{ALL}/preview"), json!({"changes": [slip("ATLAS-T2", 3)]})).await;
    assert!(!answer.text.contains("Secret") && !answer.text.contains("BEACON"), "{}", answer.text);
    assert_eq!(
        answer.is(200).json()["result"]["hidden"],
        json!({"programs": 1, "items_moved": 2, "milestones": 1, "dependencies_broken": 0})
    );
    let told =
        test.contributor.post(&format!("{ALL}/preview"), json!({"changes": [slip("BEACON-T1", 1)]})).await;
    assert!(told.refused("changes[0].item").contains("There is no item"));
    let page = test.contributor.page("/programs/ATLAS/scenarios/new?changes=%5B%7B%22change%22:%22slip%22,%22item%22:%22ATLAS-T2%22,%22days%22:3%7D%5D").await.is(200).text;
    assert!(page.contains("2 items of programs that you may not see move"), "{page}");
    assert!(!page.contains("Secret") && !page.contains("Beacon"));

    let changes = json!([slip("ATLAS-T2", 3), {"change": "estimate", "item": "BEACON-T1", "likely_days": 1}]);
    let result = preview(&test.manager, changes.clone()).await;
    assert_eq!(each(&result["programs"], "key"), ["ATLAS", "BEACON"]);
    made(&test.manager, ALL, json!({"title": "Both", "changes": changes})).await;
    test.manager.post(&format!("{ALL}/1/transitions"), json!({"to": "applied"})).await.is(200);
    let request = test.manager.get(&format!("{ATLAS}/changes/1")).await.json();
    assert!(request["description"].as_str().unwrap().contains("asked of the managers"), "{request}");
    assert_eq!(each(&request["rebaseline"], "ref"), ["ATLAS-M1"], "{request}");
    test.manager.post(&format!("{ATLAS}/changes/1/transitions"), json!({"to": "approved"})).await.is(200);
    let theirs = test.manager.get("/api/v1/programs/BEACON/activities/1").await.json();
    assert_eq!((&theirs["likely_days"], &theirs["version"]), (&json!(2.0), &json!(1)));
    let only = json!({"title": "Theirs", "changes": [slip("BEACON-T1", 1)]});
    made(&test.manager, ALL, only).await;
    let told =
        test.manager.post(&format!("{ALL}/2/transitions"), json!({"to": "applied"})).await.refused("to");
    assert!(told.contains("None of its changes"), "{told}");
}

fn encoded(changes: &Value) -> String {
    plumbline::web::extract::encode(&changes.to_string())
}

#[tokio::test]
async fn the_pages_work_by_links_and_forms_alone() {
    let test = planned().await;
    let root = "/programs/ATLAS/scenarios";
    assert!(test.viewer.page(root).await.is(200).text.contains("No scenarios yet"));
    test.viewer.page(&format!("{root}/new")).await.is(403);
    let item = test.contributor.page("/programs/ATLAS/activities/2").await.is(200).text;
    let href = item.split("href=\"").find(|rest| rest.starts_with("/programs/ATLAS/scenarios/new?")).unwrap();
    let href = href.split('"').next().unwrap().replace("&amp;", "&");
    let opened = test.contributor.page(&href).await.is(200).text;
    assert!(opened.contains("ATLAS-T2 5 working days later") && opened.contains("27 Jul 2026"), "{opened}");

    // A change that is added leads to an address that has it.
    let slipped = encoded(&json!([slip("ATLAS-T2", 3)]));
    let added = format!("{root}/new?changes={slipped}&change=estimate&item=ATLAS-T1&likely_days=4");
    let led = test.contributor.page(&added).await.is(303);
    let both = json!([slip("ATLAS-T2", 3), {"change": "estimate", "item": "ATLAS-T1", "likely_days": 4.0}]);
    assert_eq!(led.header("location"), format!("{root}/new?changes={}", encoded(&both)));
    let gone =
        test.contributor.page(&format!("{root}/new?changes={}&remove=0", encoded(&both))).await.is(303);
    assert!(gone.header("location").contains("estimate") && !gone.header("location").contains("slip"));
    // One that is refused comes back as it was typed, and the others stand.
    let wrong = format!("{root}/new?changes={slipped}&change=slip&item=ATLAS-T77&days=soon");
    let page = test.contributor.page(&wrong).await.is(422).text;
    for words in
        ["value=\"ATLAS-T77\"", "value=\"soon\"", "There is no item", "ATLAS-T2 3 working days later"]
    {
        assert!(page.contains(words), "{words}: {page}");
    }
    let odd = test.contributor.page(&format!("{root}/new?changes=%5Boops")).await.is(200).text;
    assert!(odd.contains("can't be read") || odd.contains("can&#39;t be read"), "{odd}");

    let list = both.to_string();
    let form = [("title", ""), ("description", "Why not"), ("changes", list.as_str())];
    let page = test.contributor.submit(root, &form).await.is(422).text;
    assert!(page.contains("Why not") && page.contains("ATLAS-T2 3 working days later"), "{page}");
    let form = [("title", "Later"), ("changes", list.as_str())];
    let saved = test.contributor.submit(root, &form).await.is(303);
    assert_eq!(saved.header("location"), format!("{root}/1?done=saved"));
    let page = test.manager.page(&format!("{root}/1")).await.is(200).text;
    assert!(page.contains("Apply as a change request"));
    let form = [("title", "Stale"), ("changes", list.as_str()), ("version", "0")];
    assert!(test.manager.submit(&format!("{root}/1"), &form).await.is(409).text.contains("value=\"Stale\""));
    let form = [("to", "applied"), ("version", "1")];
    let led = test.manager.submit(&format!("{root}/1/transitions"), &form).await.is(303);
    assert_eq!(led.header("location"), format!("{root}/1?done=applied"));
    assert!(test.viewer.page(&format!("{root}/1")).await.is(200).text.contains("ATLAS-CR1"));
    assert!(test.viewer.page("/programs/ATLAS/changes/1").await.is(200).text.contains("Made of scenario 1"));
}
