//! The queue of decisions: what waiting costs, one click to decide, put off or ask, and levels that a decision climbs by itself.
//!
//! Today is Tuesday 30 June 2026. Working days are Monday to Friday.

use crate::support::api::{ATLAS, moved, post};
use crate::support::app::{TestApp, TestUser, at};
use crate::support::statements::Statements;
use plumbline::app::waiting;
use plumbline::jobs::upkeep;
use serde_json::{Value, json};

const MINE: &str = "/api/v1/me/decisions";
const ANSWER: &str = "/programs/ATLAS/decisions/1/answer";

async fn mine(user: &TestUser) -> Vec<Value> {
    user.get(MINE).await.is(200).json()["items"].as_array().unwrap().clone()
}

/// ATLAS with its manager and a sponsor, who only reads.
async fn atlas() -> TestApp {
    let test = TestApp::start().await;
    let people = json!({"manager": test.manager.email, "sponsor": test.viewer.email});
    test.manager.patch(ATLAS, 1, people).await.is(200);
    test
}

/// A decision that the contributor owns, asked for on a day and escalated to the sponsor.
async fn escalated(test: &TestApp, requested: &str) -> Value {
    let body = json!({"title": "Two weeks or four?", "owner": test.contributor.email, "needed_by": "2026-07-03",
        "options": [{"title": "Two weeks", "benefits": "GA holds"}, {"title": "Four weeks", "costs": "18,000 EUR"}],
        "recommendation": "Two weeks", "if_undecided": "GA slips.", "raised_on": requested});
    post(&test.manager, "decisions", body).await;
    let step = json!({"to": "waiting", "escalated_to": test.viewer.email, "on": requested});
    moved(&test.manager, "decisions/1", step).await
}

#[tokio::test]
async fn each_decision_says_what_waiting_costs_by_the_plan() {
    let test = atlas().await;
    // Design, 5 days, then release; bench, 2 days, which can wait for it.
    for (title, days) in [("Design", 5), ("Bench", 2)] {
        post(&test.manager, "activities", json!({"title": title, "likely_days": days})).await;
    }
    for title in ["Release", "Bench done"] {
        post(&test.manager, "milestones", json!({"title": title, "forecast_on": "2026-07-06"})).await;
    }
    for (from, to) in [("T1", "M1"), ("T2", "M2"), ("M2", "M1")] {
        let body = json!({"predecessor": format!("ATLAS-{from}"), "successor": format!("ATLAS-{to}")});
        post(&test.manager, "links", body).await;
    }
    escalated(&test, "2026-06-23").await;
    for (relation, to) in [("blocks", "M2"), ("threatens", "M1"), ("relates", "T1")] {
        let link = json!({"relation": relation, "to": format!("ATLAS-{to}")});
        post(&test.manager, "decisions/1/links", link).await;
    }
    let queue = mine(&test.viewer).await;
    assert_eq!(queue.len(), 1);
    let one = &queue[0];
    assert_eq!(
        one["options"][1],
        json!({"title": "Four weeks", "benefits": "", "costs": "18,000 EUR", "risks": ""})
    );
    assert_eq!((&one["recommendation"], &one["if_undecided"]), (&json!("Two weeks"), &json!("GA slips.")));
    assert_eq!((&one["age_working_days"], &one["target_working_days"]), (&json!(5), &json!(5.0)));
    // The schedule tells the same floats.
    let schedule = test.viewer.get(&format!("{ATLAS}/schedule")).await.is(200).json();
    let float = |reference: &str| {
        let items = schedule["items"].as_array().unwrap();
        items.iter().find(|item| item["ref"] == reference).unwrap()["total_float_days"].clone()
    };
    let costs: Vec<_> = one["holds_up"]
        .as_array()
        .unwrap()
        .iter()
        .map(|cost| (cost["relation"].clone(), cost["ref"].clone(), cost["total_float_days"].clone()))
        .collect();
    assert_eq!(
        costs,
        [
            (json!("threatens"), json!("ATLAS-M1"), float("ATLAS-M1")),
            (json!("blocks"), json!("ATLAS-M2"), float("ATLAS-M2")),
        ]
    );
    assert_eq!((float("ATLAS-M1"), float("ATLAS-M2")), (json!(0.0), json!(3.0)));

    assert_eq!(mine(&test.manager).await, [] as [Value; 0], "it waits for somebody else");
    let page = test.viewer.page("/me/decisions").await.is(200).text;
    assert!(page.contains("3 working days of float") && page.contains("no float"), "{page}");
    let all = test.manager.page("/programs/ATLAS/decisions/queue").await.is(200).text;
    assert!(all.contains("Two weeks or four?"), "a program's queue has all");
    // As it stood before it was asked for.
    let past = test.viewer.page("/programs/ATLAS/decisions/queue?as_of=2026-06-22").await.is(200).text;
    assert!(!past.contains("Two weeks or four?"));
}

#[tokio::test]
async fn whom_it_waits_for_decides_with_one_click_whatever_their_role() {
    let test = atlas().await;
    escalated(&test, "2026-06-29").await;
    post(&test.manager, "decisions", json!({"title": "Another", "owner": test.contributor.email})).await;
    moved(&test.manager, "decisions/2", json!({"to": "waiting"})).await;
    let click = [("act", "decide"), ("option", "Two weeks"), ("version", "2"), ("from", "me")];
    // Not what waits for others.
    test.viewer.submit("/programs/ATLAS/decisions/2/answer", &click).await.is(403);
    // Not over what somebody changed in between.
    let old = [("act", "decide"), ("option", "Two weeks"), ("version", "1"), ("from", "me")];
    let told = test.viewer.submit(ANSWER, &old).await.is(409).text;
    assert!(told.contains("Somebody else changed this"));
    // Not without saying what.
    let none = [("act", "decide"), ("rationale", "Because"), ("version", "2"), ("from", "me")];
    let told = test.viewer.submit(ANSWER, &none).await.is(422).text;
    assert!(told.contains("Say what was decided") && told.contains("Because"), "what was typed comes back");
    let done = test.viewer.submit(ANSWER, &click).await.is(303);
    assert_eq!(done.header("location"), "/me/decisions?done=decided");
    let stands = test.manager.get(&format!("{ATLAS}/decisions/1")).await.is(200).json();
    assert_eq!(
        (&stands["state"], &stands["decided_option"], &stands["decided_on"], &stands["decided_by"]["name"]),
        (&json!("decided"), &json!("Two weeks"), &json!("2026-06-30"), &json!("Viewer"))
    );
    assert_eq!(mine(&test.viewer).await.len(), 0);
    test.viewer.submit(ANSWER, &click).await.is(403);
}

#[tokio::test]
async fn what_its_texts_refer_to_is_a_link_for_whoever_sees_it() {
    let test = atlas().await;
    post(&test.manager, "actions", json!({"title": "Ask the vendor"})).await;
    test.admin.post("/api/v1/programs", json!({"key": "HIDE", "name": "Hidden"})).await.is(201);
    test.admin.post("/api/v1/programs/HIDE/actions", json!({"title": "Secret"})).await.is(201);
    escalated(&test, "2026-06-29").await;
    let version = json!({"recommendation": "Two weeks, see ATLAS-ACT1 and HIDE-ACT1"});
    test.manager.patch(&format!("{ATLAS}/decisions/1"), 2, version).await.is(200);
    for path in ["/me/decisions", "/programs/ATLAS/decisions/queue"] {
        let page = test.viewer.page(path).await.is(200).text;
        let link = "<a href=\"/programs/ATLAS/actions/1\"";
        assert!(page.contains(link), "{path}: {page}");
        assert!(!page.contains("/programs/HIDE"), "{path}: {page}");
    }
}

#[tokio::test]
async fn it_is_put_off_to_a_day_and_comes_back_on_it() {
    let test = atlas().await;
    escalated(&test, "2026-06-29").await;
    let until = |day| [("act", "defer"), ("until", day), ("version", "2"), ("from", "program")];
    test.viewer.submit(ANSWER, &until("")).await.is(422);
    let done = test.viewer.submit(ANSWER, &until("2026-07-08")).await.is(303);
    assert_eq!(done.header("location"), "/programs/ATLAS/decisions/queue?done=deferred");
    assert_eq!(mine(&test.viewer).await.len(), 0);
    test.clock.hold_at(at("2026-07-07T12:00:00Z"));
    assert_eq!(mine(&test.viewer).await.len(), 0);
    test.clock.hold_at(at("2026-07-08T12:00:00Z"));
    assert_eq!(mine(&test.viewer).await.len(), 1);
}

#[tokio::test]
async fn a_question_goes_to_the_owner_and_stands_until_it_is_answered() {
    let test = atlas().await;
    escalated(&test, "2026-06-29").await;
    let empty = [("act", "ask"), ("question", " "), ("from", "me")];
    test.viewer.submit(ANSWER, &empty).await.is(422);
    let ask = [("act", "ask"), ("question", "What does a third week cost?"), ("from", "me")];
    test.viewer.submit(ANSWER, &ask).await.is(303);
    let comments = test.manager.get(&format!("{ATLAS}/decisions/1/comments")).await.is(200).json();
    assert_eq!(comments["items"][0]["body"], "@Contributor What does a third week cost?");
    let work = test.contributor.page("/me/work").await.is(200).text;
    assert!(work.contains("Questions to you") && work.contains("What does a third week cost?"));
    assert!(!test.manager.page("/me/work").await.text.contains("Questions to you"));
    assert_eq!(mine(&test.viewer).await[0]["questions"][0]["asked_by"], "Viewer");
    // Somebody else's word is no answer.
    post(&test.manager, "decisions/1/comments", json!({"body": "Good question."})).await;
    assert!(test.contributor.page("/me/work").await.text.contains("Questions to you"));
    test.clock.hold_at(at("2026-06-30T13:00:00Z"));
    post(&test.contributor, "decisions/1/comments", json!({"body": "9,000 EUR."})).await;
    assert!(!test.contributor.page("/me/work").await.text.contains("Questions to you"));
    assert_eq!(mine(&test.viewer).await[0]["questions"], json!([]));
}

#[tokio::test]
async fn what_waits_too_long_climbs_by_levels_each_with_its_clock() {
    let test = atlas().await;
    // Asked for on Monday 29 June, of nobody by name.
    post(
        &test.manager,
        "decisions",
        json!({"title": "Buy or build?", "owner": test.contributor.email, "raised_on": "2026-06-29"}),
    )
    .await;
    moved(&test.manager, "decisions/1", json!({"to": "waiting", "on": "2026-06-29"})).await;
    let stands = async || {
        let own = test.manager.get(&format!("{ATLAS}/decisions/1")).await.is(200).json();
        (
            own["escalated_to"]["name"].clone(),
            own["escalation_level"].clone(),
            own["level_on"].clone(),
            own["version"].clone(),
        )
    };
    let on = async |day: &str| {
        let now = at(&format!("{day}T12:00:00Z"));
        test.clock.hold_at(now);
        upkeep::pass(&test.app, now).await.unwrap().seen.escalated
    };
    assert_eq!(on("2026-07-03").await, 0, "4 working days");
    assert_eq!(mine(&test.manager).await.len(), 1, "it waits for the manager of the program, and the owner");
    assert_eq!(on("2026-07-06").await, 1, "5 working days");
    assert_eq!(stands().await, (json!("Manager"), json!(1), json!("2026-07-06"), json!(3)));
    // Once a day, however often it is looked at, and by however many.
    let now = at("2026-07-06T18:00:00Z");
    assert_eq!(upkeep::pass(&test.app, now).await.unwrap().seen.programs, 0);
    assert_eq!(on("2026-07-10").await, 0, "4 working days on the first level");
    let now = at("2026-07-13T12:00:00Z");
    test.clock.hold_at(now);
    let (one, other) = tokio::join!(upkeep::pass(&test.app, now), upkeep::pass(&test.app, now));
    assert_eq!(one.unwrap().seen.escalated + other.unwrap().seen.escalated, 1, "of two servers one does it");
    assert_eq!(stands().await, (json!("Viewer"), json!(2), json!("2026-07-13"), json!(4)));
    assert_eq!(on("2026-12-31").await, 0, "there is nobody above");
    // The history tells the levels; the latency counts from the request.
    let history = test.manager.get(&format!("{ATLAS}/decisions/1/history")).await.is(200).json();
    let levels: Vec<_> = history["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|version| !version["changes"]["escalation_level"].is_null())
        .map(|version| (version["effective_on"].clone(), version["reason"].clone()))
        .collect();
    let why = json!("It waited too long where it was");
    assert_eq!(levels, [(json!("2026-07-06"), why.clone()), (json!("2026-07-13"), why)]);
    let own = test.manager.get(&format!("{ATLAS}/decisions/1")).await.json();
    assert_eq!(own["escalated_on"], Value::Null);
    let then = test.manager.get(&format!("{ATLAS}/decisions/1?as_of=2026-07-08")).await.json();
    assert_eq!(then["escalation_level"], 1);
    let trail = test.manager.get(&format!("{ATLAS}/history")).await.is(200).text;
    assert!(trail.contains("escalated to Viewer (level 2)"), "{trail}");
}

#[tokio::test]
async fn a_server_that_was_away_looks_when_it_is_back_and_levels_can_be_set() {
    let test = atlas().await;
    let levels = json!([{"to": test.contributor.email, "after_days": 1}, {"to": "sponsor", "after_days": 2}]);
    let watch = format!("{ATLAS}/watch");
    let told = test
        .manager
        .patch(&watch, 0, json!({"levels": [{"to": "nobody@example.org", "after_days": 1}]}))
        .await;
    assert!(told.refused("levels").contains("nobody@example.org"));
    test.contributor.patch(&watch, 0, json!({"levels": levels})).await.problem(403);
    test.manager.patch(&watch, 0, json!({"levels": levels})).await.is(200);
    test.manager.patch(&watch, 0, json!({"levels": levels})).await.problem(412);
    post(&test.manager, "decisions", json!({"title": "Buy or build?"})).await;
    moved(&test.manager, "decisions/1", json!({"to": "waiting"})).await;
    // Nobody looked for two weeks: it climbs by one level, whose clock begins then.
    let pass = async |day: &str| {
        let now = at(&format!("{day}T12:00:00Z"));
        test.clock.hold_at(now);
        upkeep::pass(&test.app, now).await.unwrap().seen.escalated
    };
    assert_eq!(pass("2026-07-14").await, 1);
    assert_eq!(mine(&test.contributor).await.len(), 1);
    assert_eq!(pass("2026-07-15").await, 0);
    assert_eq!(pass("2026-07-16").await, 1);
    assert_eq!(mine(&test.viewer).await[0]["level"], 2);
}

#[tokio::test]
async fn the_queue_asks_the_database_as_little_about_five_programs_as_about_one() {
    let test = TestApp::start().await;
    let ctx = test.manager.ctx(&test.clock);
    let wait = async |key: &str| {
        let program = format!("/api/v1/programs/{key}");
        let milestone = json!({"title": "Beta", "committed_on": "2026-09-01"});
        test.manager.post(&format!("{program}/milestones"), milestone).await.is(201);
        let decision = json!({"title": "Two weeks or four?", "owner": test.manager.email});
        test.manager.post(&format!("{program}/decisions"), decision).await.is(201);
        let blocks = json!({"relation": "blocks", "to": format!("{key}-M1")});
        test.manager.post(&format!("{program}/decisions/1/links"), blocks).await.is(201);
        let waiting = json!({"to": "waiting", "escalated_to": test.manager.email});
        test.manager.post(&format!("{program}/decisions/1/transitions"), waiting).await.is(200);
        test.manager
            .submit(&format!("/programs/{key}/decisions/1/answer"), &[("act", "ask"), ("question", "Why?")])
            .await
            .is(303);
    };
    let asked = Statements::listen();
    let counted = async || {
        // The plans are kept, once they were looked at.
        waiting::mine(&test.app, &ctx).await.unwrap();
        let mut fewest = (0, usize::MAX);
        // A new connection asks for its types first, so the fewest of several times.
        for _ in 0..8 {
            asked.taken();
            let all = waiting::mine(&test.app, &ctx).await.unwrap();
            assert!(all.iter().all(|one| one.costs.len() == 1 && one.questions.len() == 1), "{all:?}");
            fewest = (all.len(), fewest.1.min(asked.taken()));
        }
        fewest
    };
    wait("ATLAS").await;
    assert_eq!(counted().await, (1, 4), "decisions, doors, what they hold up, and what was asked");
    for key in ["BEACON", "COMET", "DELTA", "ECHO"] {
        let program = json!({"key": key, "name": key});
        test.manager.post("/api/v1/programs", program).await.is(201);
        wait(key).await;
    }
    assert_eq!(counted().await, (5, 4));
}

#[tokio::test]
async fn a_level_whose_person_can_not_see_the_program_is_passed_over_and_where_levels_are_set_says_so() {
    let test = TestApp::start().await;
    let people = json!({"manager": test.stranger.email, "sponsor": test.viewer.email});
    test.manager.patch(ATLAS, 1, people).await.is(200);
    post(&test.manager, "decisions", json!({"title": "Buy or build?", "raised_on": "2026-06-29"})).await;
    moved(&test.manager, "decisions/1", json!({"to": "waiting", "on": "2026-06-29"})).await;
    let told = "Decisions don’t climb to Stranger";
    for user in [&test.manager, &test.viewer] {
        let page = user.page("/programs/ATLAS/nudges").await.is(200).text;
        assert!(page.contains(told), "{page}");
    }
    let now = at("2026-07-06T12:00:00Z");
    test.clock.hold_at(now);
    assert_eq!(upkeep::pass(&test.app, now).await.unwrap().seen.escalated, 1);
    let own = test.manager.get(&format!("{ATLAS}/decisions/1")).await.is(200).json();
    assert_eq!(
        (&own["escalated_to"]["name"], &own["escalation_level"]),
        (&json!("Viewer"), &json!(2)),
        "it would not have reached the first"
    );
    assert_eq!((mine(&test.viewer).await.len(), mine(&test.stranger).await.len()), (1, 0));
    // Who can see it stands on their level.
    let member = format!("{ATLAS}/members/{}", test.stranger.person);
    test.manager.put(&member, json!({"role": "viewer"})).await.is(200);
    assert!(!test.manager.page("/programs/ATLAS/nudges").await.text.contains(told));
    post(&test.manager, "decisions", json!({"title": "When?", "raised_on": "2026-06-29"})).await;
    moved(&test.manager, "decisions/2", json!({"to": "waiting", "on": "2026-06-29"})).await;
    let now = at("2026-07-07T12:00:00Z");
    test.clock.hold_at(now);
    assert_eq!(upkeep::pass(&test.app, now).await.unwrap().seen.escalated, 1);
    assert_eq!(mine(&test.stranger).await[0]["ref"], "ATLAS-DEC2");
}
