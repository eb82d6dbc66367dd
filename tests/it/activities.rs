//! Activities: what is estimated, how far it is, and what state follows from that.

use crate::support::app::{TestApp, TestUser};
use serde_json::{Value, json};

const ALL: &str = "/api/v1/programs/ATLAS/activities";

async fn made(user: &TestUser, body: Value) -> Value {
    let mut whole = json!({"title": "Build the feed", "likely_days": 5});
    whole.as_object_mut().unwrap().extend(body.as_object().cloned().unwrap());
    user.post(ALL, whole).await.is(201).json()
}

#[tokio::test]
async fn what_has_happened_makes_the_state() {
    let test = TestApp::start().await;
    let manager = &test.manager;
    assert_eq!(made(manager, json!({})).await["state"], "not_started");
    let begun = made(manager, json!({"percent_complete": 10})).await;
    assert_eq!(
        (&begun["state"], &begun["actual_start_on"]),
        (&json!("in_progress"), &json!("2026-06-30")),
        "what has progressed was started"
    );
    let done =
        made(manager, json!({"actual_start_on": "2026-06-01", "actual_finish_on": "2026-06-12"})).await;
    assert_eq!(
        (&done["state"], &done["percent_complete"], &done["closed_on"], &done["open"]),
        (&json!("done"), &json!(100), &json!("2026-06-12"), &json!(false))
    );
    // Taken back, it is under way again.
    let one = format!("{ALL}/3");
    let again = manager.patch(&one, 1, json!({"actual_finish_on": null})).await.is(200).json();
    assert_eq!(
        (&again["state"], &again["closed_on"], &again["actual_start_on"]),
        (&json!("in_progress"), &Value::Null, &json!("2026-06-01"))
    );
}

#[tokio::test]
async fn a_change_of_state_leaves_its_day_behind() {
    let test = TestApp::start().await;
    made(&test.manager, json!({"effective_on": "2026-06-01"})).await;
    let path = format!("{ALL}/1/transitions");
    let go = async |body: Value| test.manager.post(&path, body).await;
    let begun = go(json!({"to": "in_progress", "on": "2026-06-10"})).await.is(200).json();
    assert_eq!(begun["actual_start_on"], "2026-06-10");
    let done = go(json!({"to": "done", "on": "2026-06-20"})).await.is(200).json();
    assert_eq!(
        (&done["actual_start_on"], &done["actual_finish_on"], &done["percent_complete"]),
        (&json!("2026-06-10"), &json!("2026-06-20"), &json!(100))
    );
    let back = go(json!({"to": "not_started"})).await.is(200).json();
    assert_eq!(
        (&back["actual_start_on"], &back["actual_finish_on"], &back["percent_complete"], &back["closed_on"]),
        (&Value::Null, &Value::Null, &json!(0), &Value::Null)
    );
    let gone = go(json!({"to": "cancelled", "reason": "not needed"})).await.is(200).json();
    assert_eq!((&gone["state"], &gone["open"]), (&json!("cancelled"), &json!(false)));
    let told = go(json!({"to": "done"})).await.refused("to");
    assert!(told.contains("not_started"), "the legal ones are named: {told}");
    // As of a day it stands as it stood then.
    for (day, state, start) in [
        ("2026-06-05", "not_started", Value::Null),
        ("2026-06-15", "in_progress", json!("2026-06-10")),
        ("2026-06-25", "done", json!("2026-06-10")),
    ] {
        let then = test.viewer.get(&format!("{ALL}/1?as_of={day}")).await.is(200).json();
        assert_eq!((&then["state"], &then["actual_start_on"]), (&json!(state), &start), "{day}");
    }
}

#[tokio::test]
async fn bad_input_is_refused_by_field() {
    let test = TestApp::start().await;
    let refuse = async |body: Value, field: &str, words: &str| {
        let mut whole = json!({"title": "Build", "likely_days": 5});
        whole.as_object_mut().unwrap().extend(body.as_object().cloned().unwrap());
        let told = test.manager.post(ALL, whole).await.refused(field);
        assert!(told.contains(words), "{field}: “{told}” should say “{words}”");
    };
    refuse(json!({"likely_days": null}), "likely_days", "needed").await;
    refuse(json!({"likely_days": -1}), "likely_days", "from 0").await;
    refuse(json!({"likely_days": "long"}), "likely_days", "such as 2.5").await;
    refuse(json!({"optimistic_days": 6}), "optimistic_days", "at most the likely").await;
    refuse(json!({"pessimistic_days": 4.5}), "pessimistic_days", "at least the likely").await;
    refuse(json!({"percent_complete": 101}), "percent_complete", "0 to 100").await;
    refuse(json!({"actual_start_on": "2026-07-01"}), "actual_start_on", "not come yet").await;
    refuse(json!({"actual_finish_on": "2026-07-01"}), "actual_finish_on", "not come yet").await;
    let backwards = json!({"actual_start_on": "2026-06-10", "actual_finish_on": "2026-06-09"});
    refuse(backwards, "actual_finish_on", "before it started").await;
    refuse(json!({"constraint": "whenever"}), "constraint", "must_start_on").await;
    refuse(json!({"constraint": "must_start_on"}), "constraint_on", "needs its date").await;
    refuse(json!({"constraint_on": "2026-07-01"}), "constraint_on", "no date").await;
    refuse(json!({"calendar": "Night shift"}), "calendar", "Night shift").await;
    refuse(json!({"parent": "ATLAS-T9"}), "parent", "ATLAS-T9").await;
    refuse(json!({"resources": "team: Nobodies"}), "resources", "Nobodies").await;
    refuse(json!({"resources": [{"units": 50}]}), "resources", "a team or a person").await;
    let twice = json!({"resources": [{"person": test.viewer.email}, {"person": test.viewer.email}]});
    refuse(twice, "resources", "twice").await;
    let much = json!({"resources": [{"person": test.viewer.email, "units": 0}]});
    refuse(much, "resources", "Units").await;
    assert_eq!(test.viewer.get(ALL).await.json()["total"], 0, "nothing was written");
}

#[tokio::test]
async fn a_part_of_a_summary_is_of_the_same_program_and_no_summary_is_in_itself() {
    let test = TestApp::start().await;
    for parent in [json!(null), json!("ATLAS-T1"), json!("ATLAS-T2")] {
        made(&test.manager, json!({"parent": parent})).await;
    }
    let told =
        test.manager.patch(&format!("{ALL}/1"), 1, json!({"parent": "ATLAS-T3"})).await.refused("parent");
    assert!(told.starts_with("This would make a cycle: ATLAS-T3 → ATLAS-T1 → ATLAS-T2 → ATLAS-T3"), "{told}");
    test.manager.patch(&format!("{ALL}/1"), 1, json!({"parent": "ATLAS-T1"})).await.refused("parent");
    let milestone = json!({"title": "M", "committed_on": "2026-09-01"});
    test.manager.post("/api/v1/programs/ATLAS/milestones", milestone).await.is(201);
    test.manager.patch(&format!("{ALL}/1"), 1, json!({"parent": "ATLAS-M1"})).await.refused("parent");
    test.manager.post("/api/v1/programs", json!({"key": "OTHER", "name": "Other"})).await.is(201);
    let other = json!({"title": "O", "likely_days": 1});
    test.manager.post("/api/v1/programs/OTHER/activities", other).await.is(201);
    test.manager.patch(&format!("{ALL}/1"), 1, json!({"parent": "OTHER-T1"})).await.refused("parent");
}

#[tokio::test]
async fn pages_take_decimals_with_a_comma_and_show_them_again() {
    let test = TestApp::start().await;
    test.manager.post("/api/v1/teams", json!({"name": "Payments"})).await.is(201);
    let form = [
        ("title", "Cut over"),
        ("likely_days", "2,5"),
        ("pessimistic_days", "4"),
        ("resources", "team: Payments 50 %, manager@example.org"),
        ("percent_complete", ""),
        ("constraint", ""),
    ];
    let back = test.manager.submit("/programs/ATLAS/activities", &form).await.is(303);
    assert_eq!(back.header("location"), "/programs/ATLAS/activities/1?done=raised");
    let stored = test.viewer.get(&format!("{ALL}/1")).await.json();
    assert_eq!((&stored["likely_days"], &stored["resources"][0]["units"]), (&json!(2.5), &json!(50.0)));
    let edit = test.manager.page("/programs/ATLAS/activities/1/edit").await.is(200);
    assert!(edit.text.contains("value=\"2.5\"") && edit.text.contains("value=\"4\""));
    assert!(edit.text.contains("team: Payments 50 %, "), "resources come back as they are typed");
    let wrong = [("version", "1"), ("title", "Cut over"), ("likely_days", "1"), ("optimistic_days", "2,5")];
    let refused = test.manager.submit("/programs/ATLAS/activities/1/edit", &wrong).await.is(422);
    assert!(refused.text.contains("value=\"2,5\""), "what was typed is not lost");
    let page = test.viewer.page("/programs/ATLAS/activities/1").await.is(200);
    assert!(page.text.contains("2.5 wd (2.5–4)"), "the estimate stands at its head");
    let log = test.viewer.page("/programs/ATLAS/activities?q=Cut").await.is(200);
    assert!(log.text.contains("Cut over") && log.text.contains("ATLAS-T1"));
}

#[tokio::test]
async fn the_log_is_filtered_by_what_activities_have() {
    let test = TestApp::start().await;
    for (title, days, done) in [("A", 1.5, 0), ("B", 2.0, 40), ("C", 2.0, 0)] {
        made(&test.manager, json!({"title": title, "likely_days": days, "percent_complete": done})).await;
    }
    let titles = async |query: &str| -> Vec<String> {
        let listed = test.viewer.get(&format!("{ALL}?{query}")).await.is(200).json();
        listed["items"].as_array().unwrap().iter().map(|i| i["title"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(titles("likely_days=2").await, ["B", "C"]);
    assert_eq!(titles("state=in_progress").await, ["B"]);
    assert_eq!(titles("sort=-title").await, ["C", "B", "A"]);
    test.viewer.get(&format!("{ALL}?likely_days=much")).await.problem(422);
}
