//! Meetings: proposed agendas, what comes of them while they run, what is carried over, and their minutes.
//!
//! Today is Tuesday 30 June 2026.

use crate::support::api::{ATLAS, moved, post, raise};
use crate::support::app::{TestApp, TestUser, at};
use plumbline::domain::kind::Kind;
use serde_json::{Value, json};

async fn meeting(user: &TestUser, title: &str, on: &str) {
    post(user, "meetings", json!({"title": title, "on": on, "forum": "Steering", "owner": user.email})).await;
}

/// The agenda of a meeting as (reference, kept, why).
async fn agenda(user: &TestUser, number: i32) -> Vec<(String, bool, Value)> {
    let all = user.get(&format!("{ATLAS}/meetings/{number}/agenda")).await.is(200).json();
    let row = |row: &Value| {
        (row["ref"].as_str().unwrap().to_owned(), row["kept"].as_bool().unwrap(), row["why"].clone())
    };
    all["items"].as_array().unwrap().iter().map(row).collect()
}

async fn keep(user: &TestUser, number: i32, body: Value) {
    user.post(&format!("{ATLAS}/meetings/{number}/agenda"), body).await.is(200);
}

/// What waits: a decision, an overdue action, a critical issue, a gate in two weeks; and what doesn't.
async fn furnished() -> TestApp {
    let test = TestApp::start().await;
    let manager = &test.manager;
    let own = json!({"owner": manager.email});
    for (kind, more) in [
        (Kind::Action, json!({"title": "Call the vendor", "due_on": "2026-06-22"})),
        (Kind::Action, json!({"due_on": "2026-08-22"})),
        (Kind::Issue, json!({"title": "Nothing posts", "severity": 1})),
        (Kind::Issue, json!({"severity": 3})),
        (Kind::Gate, json!({"title": "Ready for wave 1", "on": "2026-07-14"})),
        (
            Kind::Decision,
            json!({"title": "Two weeks or four?", "options": [{"title": "Two"}, {"title": "Four"}]}),
        ),
        (Kind::Decision, json!({"title": "Not asked for yet"})),
    ] {
        raise(manager, kind, crate::support::api::with(own.clone(), more)).await;
    }
    moved(manager, "decisions/1", json!({"to": "waiting"})).await;
    meeting(manager, "Steering in June", "2026-06-30").await;
    test
}

#[tokio::test]
async fn an_agenda_is_proposed_from_what_waits_and_then_kept() {
    let test = furnished().await;
    let proposed = |reference: &str, why: &str| (reference.to_owned(), false, json!(why));
    assert_eq!(
        agenda(&test.viewer, 1).await,
        [
            proposed("ATLAS-DEC1", "decision_waiting"),
            proposed("ATLAS-ACT1", "action_overdue"),
            proposed("ATLAS-I1", "red"),
            proposed("ATLAS-G1", "gate_ahead"),
        ]
    );
    let path = format!("{ATLAS}/meetings/1/agenda");
    test.contributor.post(&path, json!({"proposed": true})).await.problem(403);
    test.manager.post(&path, json!({})).await.refused("item");
    test.manager.post(&path, json!({"item": "ATLAS-R99"})).await.refused("item");
    test.manager.post(&path, json!({"item": "ATLAS-MTG1"})).await.refused("item");
    keep(&test.manager, 1, json!({"item": "ATLAS-G1"})).await;
    keep(&test.manager, 1, json!({"proposed": true})).await;
    let kept = |reference: &str| (reference.to_owned(), true, Value::Null);
    let all = ["ATLAS-G1", "ATLAS-DEC1", "ATLAS-ACT1", "ATLAS-I1"].map(kept);
    assert_eq!(agenda(&test.viewer, 1).await, all);
    keep(&test.manager, 1, json!({"removed": "ATLAS-I1"})).await;
    assert_eq!(agenda(&test.viewer, 1).await[3], proposed("ATLAS-I1", "red"), "it is proposed again");
    // What is kept stays although it no longer waits.
    moved(&test.manager, "actions/1", json!({"to": "done"})).await;
    assert!(agenda(&test.viewer, 1).await.contains(&kept("ATLAS-ACT1")));
    // The agenda as it stood.
    test.clock.hold_at(at("2026-07-02T12:00:00Z"));
    keep(&test.manager, 1, json!({"removed": "ATLAS-G1"})).await;
    let past = test.viewer.get(&format!("{path}?as_of=2026-06-30")).await.is(200).json();
    assert_eq!(past["items"][0]["ref"], "ATLAS-G1");
}

#[tokio::test]
async fn outcomes_are_captured_whole_or_not_at_all() {
    let test = furnished().await;
    let path = format!("{ATLAS}/meetings/1/outcomes");
    let action = json!({"kind": "action", "title": "Ask the auditor", "owner": test.contributor.email, "due_on": "2026-07-07"});
    test.contributor.post(&path, action.clone()).await.problem(403);
    let made = test.manager.post(&path, action).await.is(201);
    assert_eq!(made.header("location"), "/api/v1/programs/ATLAS/actions/3");
    let own = test.viewer.get(&format!("{ATLAS}/actions/3")).await.is(200).json();
    assert_eq!((&own["from"]["ref"], &own["due_on"]), (&json!("ATLAS-MTG1"), &json!("2026-07-07")), "{own}");
    let decision = json!({"kind": "decision", "title": "Who signs?", "option": "The sponsor"});
    test.manager.post(&path, decision).await.is(201);
    let own = test.viewer.get(&format!("{ATLAS}/decisions/3")).await.is(200).json();
    assert_eq!(
        (&own["state"], &own["decided_option"], &own["decided_on"], &own["forum"]),
        (&json!("decided"), &json!("The sponsor"), &json!("2026-06-30"), &json!("Steering"))
    );
    let count = async || {
        let rows: (i64, i64) =
            sqlx::query_as("select (select count(*) from item), (select count(*) from meeting_item)")
                .fetch_one(test.app.db.raw())
                .await
                .unwrap();
        rows
    };
    let before = count().await;
    for (wrong, field) in [
        (json!({"title": "What is it?"}), "kind"),
        (json!({"kind": "action"}), "title"),
        (json!({"kind": "action", "title": "T", "owner": "nobody at all"}), "owner"),
        (json!({"kind": "action", "title": "T", "due_on": "soon"}), "due_on"),
        (json!({"kind": "decision", "title": "T"}), "option"),
        (json!({"decision": "ATLAS-ACT1", "option": "Two"}), "decision"),
        (json!({"decision": "ATLAS-DEC2", "option": "Two"}), "decision"),
    ] {
        test.manager.post(&path, wrong.clone()).await.refused(field);
    }
    assert_eq!(count().await, before, "nothing was left of what was refused");
    // One that waited is decided, and was reached by that.
    keep(&test.manager, 1, json!({"item": "ATLAS-DEC1"})).await;
    test.manager
        .post(&path, json!({"decision": "ATLAS-DEC1", "option": "Two", "rationale": "GA holds"}))
        .await
        .is(201);
    let outcomes = test.viewer.get(&path).await.is(200).json();
    let refs: Vec<_> = outcomes["items"].as_array().unwrap().iter().map(|row| row["ref"].clone()).collect();
    assert_eq!(refs, ["ATLAS-ACT3", "ATLAS-DEC3", "ATLAS-DEC1"]);
    let points = test.viewer.get(&format!("{ATLAS}/meetings/1/agenda")).await.json();
    assert_eq!(
        (&points["items"][0]["state"], &points["items"][0]["reached_on"]),
        (&json!("decided"), &json!("2026-06-30"))
    );
}

#[tokio::test]
async fn what_is_not_reached_goes_to_the_next_meeting_of_the_forum() {
    let test = furnished().await;
    meeting(&test.manager, "Steering in August", "2026-08-11").await;
    meeting(&test.manager, "Steering in July", "2026-07-14").await;
    let other = json!({"title": "Design review", "on": "2026-07-01", "forum": "Design"});
    post(&test.manager, "meetings", other).await;
    keep(&test.manager, 1, json!({"proposed": true})).await;
    keep(&test.manager, 1, json!({"item": "ATLAS-I1", "reached": true, "note": "A fix is on its way."}))
        .await;
    // What was done meanwhile is not carried.
    moved(&test.manager, "actions/1", json!({"to": "done"})).await;
    moved(&test.manager, "meetings/1", json!({"to": "held"})).await;
    let kept = async |number: i32| -> Vec<String> {
        agenda(&test.viewer, number)
            .await
            .into_iter()
            .filter(|(_, kept, _)| *kept)
            .map(|(one, ..)| one)
            .collect()
    };
    assert_eq!(kept(3).await, ["ATLAS-DEC1", "ATLAS-G1"]);
    assert_eq!((kept(2).await.len(), kept(4).await.len()), (0, 0));
    let points = test.viewer.get(&format!("{ATLAS}/meetings/3/agenda")).await.json();
    assert_eq!(points["items"][0]["carried_from"], "ATLAS-MTG1");
    // Where none was planned yet, it is proposed when one is.
    moved(&test.manager, "meetings/3", json!({"to": "cancelled"})).await;
    moved(&test.manager, "meetings/2", json!({"to": "cancelled"})).await;
    meeting(&test.manager, "Steering again", "2026-07-21").await;
    let again = agenda(&test.viewer, 5).await;
    let carried: Vec<_> =
        again.iter().filter(|(.., why)| why == "carried_over").map(|(one, ..)| one.as_str()).collect();
    assert_eq!(carried, ["ATLAS-DEC1", "ATLAS-G1"]);

    let minutes = test.viewer.page("/programs/ATLAS/meetings/1/minutes?format=md").await.is(200);
    assert_eq!(minutes.header("content-type"), "text/markdown; charset=utf-8");
    assert_eq!(
        minutes.text,
        "# Steering in June\n\nATLAS-MTG1 · 30 June 2026 · Steering\n\n\
         ## Spoken of\n\n- Nothing posts (ATLAS-I1): A fix is on its way.\n\n\
         ## Carried over\n\n- Two weeks or four? (ATLAS-DEC1)\n- Ready for wave 1 (ATLAS-G1)\n\n\
         ## Not reached\n\n- Call the vendor (ATLAS-ACT1)\n"
    );
    let page = test.viewer.page("/programs/ATLAS/meetings/1/minutes").await.is(200).text;
    assert!(page.contains("href=\"/programs/ATLAS/decisions/1\""), "references are links");
}

#[tokio::test]
async fn a_meeting_is_shown_one_point_at_a_time_and_run_from_the_page() {
    let test = furnished().await;
    keep(&test.manager, 1, json!({"proposed": true})).await;
    let base = "/programs/ATLAS/meetings/1";
    let first = test.manager.page(&format!("{base}/present")).await.is(200).text;
    assert!(first.contains("1 of 4") && first.contains("<h1>Two weeks or four?</h1>"), "{first}");
    assert!(!first.contains("Nothing posts"), "one point at a time");
    let seen = test.viewer.page(&format!("{base}/present")).await.is(200).text;
    assert!(
        !seen.contains("<form method=\"post\" action=\"/programs/ATLAS/meetings/1"),
        "who watches changes nothing"
    );

    let decide = [("decision", "ATLAS-DEC1"), ("option", "Four"), ("at", "1")];
    let done = test.manager.submit(&format!("{base}/outcomes"), &decide).await.is(303);
    assert_eq!(done.header("location"), "/programs/ATLAS/meetings/1/present?at=1&done=captured");
    let wrong = [("kind", "action"), ("title", "Ask the auditor"), ("owner", "nobody at all"), ("at", "2")];
    let back = test.manager.submit(&format!("{base}/outcomes"), &wrong).await.is(422).text;
    assert!(
        back.contains("2 of 4") && back.contains("value=\"Ask the auditor\""),
        "what was typed comes back"
    );
    let reached = [("item", "ATLAS-ACT1"), ("note", "She calls again."), ("at", "2")];
    let next = test.manager.submit(&format!("{base}/present"), &reached).await.is(303);
    assert_eq!(next.header("location"), "/programs/ATLAS/meetings/1/present?at=3");
    test.contributor.submit(&format!("{base}/present"), &reached).await.is(403);
    let end = test.manager.page(&format!("{base}/present?at=5")).await.is(200).text;
    assert!(end.contains("2 points were not reached") && end.contains("Close the meeting"), "{end}");
    let item = test.viewer.page(base).await.is(200).text;
    assert!(item.contains("/meetings/1/agenda") && item.contains("/meetings/1/minutes"));
}

#[tokio::test]
async fn what_a_meeting_without_a_forum_left_goes_to_the_next_of_its_name_or_is_said_to_be_left() {
    let test = furnished().await;
    for (title, on) in [("Stand-up", "2026-06-30"), ("stand-up", "2026-07-01"), ("Retro", "2026-07-01")] {
        post(&test.manager, "meetings", json!({"title": title, "on": on, "owner": test.manager.email})).await;
    }
    let minutes = async |number: i32| {
        test.viewer.page(&format!("/programs/ATLAS/meetings/{number}/minutes?format=md")).await.is(200).text
    };
    keep(&test.manager, 2, json!({"item": "ATLAS-I1"})).await;
    keep(&test.manager, 4, json!({"item": "ATLAS-I1"})).await;
    test.clock.hold_at(at("2026-07-01T12:00:00Z"));
    for number in [2, 4] {
        moved(&test.manager, &format!("meetings/{number}"), json!({"to": "held"})).await;
    }
    let next = test.viewer.get(&format!("{ATLAS}/meetings/3/agenda")).await.json();
    assert_eq!(
        (&next["items"][0]["ref"], &next["items"][0]["kept"], &next["items"][0]["carried_from"]),
        (&json!("ATLAS-I1"), &json!(true), &json!("ATLAS-MTG2"))
    );
    assert!(minutes(2).await.contains("## Carried over\n\n- Nothing posts (ATLAS-I1)\n"));
    let alone = minutes(4).await;
    assert!(alone.contains("## Not reached\n\n- Nothing posts (ATLAS-I1)\n"), "{alone}");
    assert!(!alone.contains("Carried over"), "no meeting has it: {alone}");
    // Once one of its name is planned, it is proposed there.
    post(&test.manager, "meetings", json!({"title": "Retro", "on": "2026-07-15"})).await;
    assert!(agenda(&test.viewer, 5).await.contains(&("ATLAS-I1".to_owned(), false, json!("carried_over"))));
}

#[tokio::test]
async fn of_a_meeting_ahead_it_is_told_who_is_invited_and_what_it_is_to_speak_of() {
    let test = furnished().await;
    let ahead = json!({"title": "Board", "on": "2026-07-07", "attendees": [test.viewer.email], "owner": test.manager.email});
    post(&test.manager, "meetings", ahead).await;
    keep(&test.manager, 2, json!({"item": "ATLAS-DEC1"})).await;
    let base = "/programs/ATLAS/meetings/2";
    let minutes = async || test.viewer.page(&format!("{base}/minutes?format=md")).await.is(200).text;
    let told = minutes().await;
    assert!(told.contains("Invited: Viewer") && told.contains("## Agenda\n\n- Two weeks or four?"), "{told}");
    for wrong in ["Present", "Carried over", "Not reached"] {
        assert!(!told.contains(wrong), "{told}");
    }
    let page = test.viewer.page(base).await.is(200).text;
    let (_, points) = page.split_once("id=\"points-title\"").expect("the agenda stands on its page");
    assert!(points.contains("Two weeks or four?"), "{page}");
    let silent = page.split_once("Not given:").map_or("", |(_, after)| after.split_once("</p>").unwrap().0);
    assert!(!silent.contains("Agenda"), "{silent}");
    test.clock.hold_at(at("2026-07-07T12:00:00Z"));
    moved(&test.manager, "meetings/2", json!({"to": "held"})).await;
    let told = minutes().await;
    assert!(told.contains("Present: Viewer") && told.contains("## Not reached"), "{told}");
}

#[tokio::test]
async fn an_action_due_before_the_meeting_is_not_called_overdue() {
    let test = furnished().await;
    raise(&test.manager, Kind::Action, json!({"title": "Write it down", "due_on": "2026-07-01"})).await;
    meeting(&test.manager, "Steering in July", "2026-07-07").await;
    let points = test.viewer.get(&format!("{ATLAS}/meetings/2/agenda")).await.json();
    let of = |title: &str| {
        let found = points["items"].as_array().unwrap().iter().find(|point| point["title"] == title);
        let point = found.expect("it is proposed");
        (point["why"].as_str().unwrap().to_owned(), point["says"].as_str().unwrap().to_owned())
    };
    assert_eq!(of("Call the vendor"), ("action_overdue".into(), "8 days late".into()), "as of today");
    assert_eq!(of("Write it down"), ("action_due".into(), "due 1 Jul 2026".into()));
}
