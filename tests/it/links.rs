//! Links of the schedule: made, seen from both ends, taken away; and no cycle, whatever is tried.

use crate::support::app::{TestApp, TestUser};
use serde_json::{Value, json};
use sqlx::AssertSqlSafe;

const ALL: &str = "/api/v1/programs/ATLAS/links";

/// Activities A, B, C … of ATLAS, two milestones, and OTHER with an activity, a program of the manager alone.
async fn network() -> TestApp {
    let test = TestApp::start().await;
    for title in ["A", "B", "C", "D"] {
        raise(
            &test.manager,
            "ATLAS",
            "activities",
            json!({"title": title, "likely_days": 2, "raised_on": "2026-06-01", "owner": test.contributor.email}),
        )
        .await;
    }
    for title in ["M", "N"] {
        raise(&test.manager, "ATLAS", "milestones", json!({"title": title, "owner": test.contributor.email}))
            .await;
    }
    test.manager.post("/api/v1/programs", json!({"key": "OTHER", "name": "Other"})).await.is(201);
    raise(&test.manager, "OTHER", "activities", json!({"title": "Hidden", "likely_days": 1})).await;
    test
}

async fn raise(user: &TestUser, program: &str, kinds: &str, body: Value) -> Value {
    user.post(&format!("/api/v1/programs/{program}/{kinds}"), body).await.is(201).json()
}

fn from_to(predecessor: &str, successor: &str) -> Value {
    json!({"predecessor": predecessor, "successor": successor})
}

async fn link(user: &TestUser, predecessor: &str, successor: &str) -> Value {
    let program = successor.split('-').next().unwrap();
    user.post(&format!("/api/v1/programs/{program}/links"), from_to(predecessor, successor))
        .await
        .is(201)
        .json()
}

fn refs(listed: &Value) -> Vec<(String, String)> {
    let end = |link: &Value, end: &str| link[end]["ref"].as_str().unwrap().to_owned();
    listed["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (end(one, "predecessor"), end(one, "successor")))
        .collect()
}

#[tokio::test]
async fn a_link_is_finish_to_start_without_lag_unless_it_says_otherwise() {
    let test = network().await;
    let made = test.contributor.post(ALL, from_to("ATLAS-T1", "ATLAS-T2")).await.is(201);
    let plain = made.json();
    assert_eq!(made.header("location"), format!("{ALL}/{}", plain["id"].as_str().unwrap()));
    assert_eq!(
        (&plain["type"], &plain["lag_days"], &plain["lag_unit"], &plain["version"]),
        (&json!("FS"), &json!(0.0), &json!("working"), &json!(1))
    );
    let body = json!({"predecessor": "ATLAS-T1", "successor": "ATLAS-M1", "type": "SS", "lag_days": -1.5,
        "lag_unit": "elapsed"});
    let said = test.contributor.post(ALL, body).await.is(201).json();
    assert_eq!(
        (&said["type"], &said["lag_days"], &said["lag_unit"]),
        (&json!("SS"), &json!(-1.5), &json!("elapsed"))
    );
    let one = format!("{ALL}/{}", said["id"].as_str().unwrap());
    assert_eq!(test.viewer.get(&one).await.is(200).json(), said);
    let total = |answer: Value| answer["total"].clone();
    for (query, expected) in
        [("", 2), ("?type=ss", 1), ("?successor=ATLAS-M1", 1), ("?predecessor=ATLAS-T1", 2), ("?limit=1", 2)]
    {
        assert_eq!(
            total(test.viewer.get(&format!("{ALL}{query}")).await.is(200).json()),
            expected,
            "{query}"
        );
    }
    test.viewer.get(&format!("{ALL}?colour=red")).await.refused("colour");
    test.viewer.get(&format!("{ALL}?type=XX")).await.refused("type");
    test.viewer.get(&format!("{ALL}?successor=ATLAS-T77")).await.refused("successor");
}

#[tokio::test]
async fn a_link_is_changed_over_the_version_that_was_read_and_taken_away() {
    let test = network().await;
    let made = link(&test.manager, "ATLAS-T1", "ATLAS-T2").await;
    let one = format!("{ALL}/{}", made["id"].as_str().unwrap());
    let changed = test.manager.patch(&one, 1, json!({"lag_days": 3})).await.is(200).json();
    assert_eq!((&changed["lag_days"], &changed["version"]), (&json!(3.0), &json!(2)));
    test.manager.patch(&one, 1, json!({"lag_days": 4})).await.problem(412);
    let same = test.manager.patch(&one, 2, json!({"lag_days": 3})).await.is(200).json();
    assert_eq!(same["version"], 2, "nothing changed, so nothing is written");
    test.viewer.patch(&one, 2, json!({"lag_days": 4})).await.problem(403);
    test.viewer.delete(&one).await.problem(403);
    test.manager.delete(&one).await.is(204);
    test.manager.get(&one).await.problem(404);
    test.manager.delete(&one).await.problem(404);
    // And it can be made again.
    link(&test.manager, "ATLAS-T1", "ATLAS-T2").await;
    let history = test.viewer.get("/api/v1/programs/ATLAS/history").await.is(200).text;
    assert!(history.contains("unlinked") && history.contains("ATLAS-T1 (FS +3 d)"), "{history}");
}

#[tokio::test]
async fn a_link_that_was_taken_away_is_there_as_of_the_days_on_which_it_was() {
    let test = network().await;
    let body = json!({"predecessor": "ATLAS-T1", "successor": "ATLAS-T2", "effective_on": "2026-06-10"});
    let made = test.manager.post(ALL, body).await.is(201).json();
    let one = format!("{ALL}/{}", made["id"].as_str().unwrap());
    test.manager.patch(&one, 1, json!({"type": "FF", "effective_on": "2026-06-20"})).await.is(200);
    test.manager.delete(&one).await.is(204);
    let on = async |day: &str| -> Vec<Value> {
        let listed = test.viewer.get(&format!("{ALL}?as_of={day}")).await.is(200).json();
        listed["items"].as_array().unwrap().iter().map(|link| link["type"].clone()).collect()
    };
    assert_eq!(on("2026-06-09").await, [] as [Value; 0]);
    assert_eq!(on("2026-06-15").await, [json!("FS")]);
    assert_eq!(on("2026-06-29").await, [json!("FF")]);
    assert_eq!(test.viewer.get(ALL).await.json()["total"], 0);
    let page = test.viewer.page("/programs/ATLAS/activities/2?as_of=2026-06-29").await.is(200);
    assert!(page.text.contains("Waits for") && page.text.contains("finish to finish"));
    let page = test.viewer.page("/programs/ATLAS/activities/2").await.is(200);
    assert!(!page.text.contains("finish to finish"));
}

#[tokio::test]
async fn bad_input_is_refused_by_field() {
    let test = network().await;
    link(&test.manager, "ATLAS-T1", "ATLAS-T2").await;
    raise(&test.manager, "ATLAS", "risks", json!({"title": "R"})).await;
    let refuse = async |body: Value, field: &str, words: &str| {
        let told = test.manager.post(ALL, body).await.refused(field);
        assert!(told.contains(words), "{field}: “{told}” should say “{words}”");
    };
    refuse(json!({"successor": "ATLAS-T1"}), "predecessor", "needed").await;
    refuse(from_to("ATLAS-T9", "ATLAS-T1"), "predecessor", "ATLAS-T9").await;
    refuse(from_to("ATLAS-R1", "ATLAS-T1"), "predecessor", "activities, milestones and dependencies").await;
    refuse(from_to("ATLAS-T1", "OTHER-T1"), "successor", "another program").await;
    refuse(from_to("ATLAS-T1", "ATLAS-T1"), "successor", "wait for itself").await;
    refuse(from_to("ATLAS-T1", "ATLAS-T2"), "successor", "already").await;
    let with = |name: &str, value: Value| {
        let mut body = from_to("ATLAS-T1", "ATLAS-T3");
        body[name] = value;
        body
    };
    refuse(with("type", json!("AB")), "type", "FS").await;
    refuse(with("lag_days", json!("soon")), "lag_days", "number").await;
    refuse(with("lag_unit", json!("moons")), "lag_unit", "elapsed").await;
    refuse(with("colour", json!("red")), "colour", "no field").await;
    refuse(with("effective_on", json!("2026-07-01")), "effective_on", "not come").await;
    test.viewer.post(ALL, from_to("ATLAS-T1", "ATLAS-T3")).await.problem(403);
    // Who may not see the other program finds nothing of it.
    test.contributor.post(ALL, from_to("OTHER-T1", "ATLAS-T3")).await.refused("predecessor");
    test.manager.get(&format!("{ALL}/x")).await.problem(404);
}

#[tokio::test]
async fn a_cycle_is_refused_with_its_items_in_order() {
    let test = network().await;
    for (from, to) in [("ATLAS-T1", "ATLAS-T2"), ("ATLAS-T2", "ATLAS-M1"), ("ATLAS-T2", "ATLAS-T3")] {
        link(&test.manager, from, to).await;
    }
    let told = test.manager.post(ALL, from_to("ATLAS-M1", "ATLAS-T1")).await.refused("successor");
    assert_eq!(told, "This would make a cycle: ATLAS-M1 → ATLAS-T1 → ATLAS-T2 → ATLAS-M1.");
    let back = json!({"predecessor": "ATLAS-T2", "successor": "ATLAS-T1", "type": "FF"});
    test.manager.post(ALL, back).await.refused("successor");
    // A change of a link can make one as well.
    let made = link(&test.manager, "ATLAS-T4", "ATLAS-T1").await;
    let one = format!("{ALL}/{}", made["id"].as_str().unwrap());
    let told = test.manager.patch(&one, 1, json!({"predecessor": "ATLAS-T3"})).await.refused("successor");
    assert_eq!(told, "This would make a cycle: ATLAS-T3 → ATLAS-T1 → ATLAS-T2 → ATLAS-T3.");
    assert_eq!(refs(&test.viewer.get(ALL).await.json()).len(), 4, "nothing of it was written");
}

#[tokio::test]
async fn a_dependency_hangs_between_its_milestones() {
    let test = network().await;
    test.manager.post("/api/v1/teams", json!({"name": "Ledger"})).await.is(201);
    let contract = json!({"title": "Feed", "provider": {"team": "Ledger"}, "consumer": {"external": "Auditor"},
        "needed_by": "2026-09-01", "provider_milestone": "ATLAS-M1"});
    raise(&test.manager, "ATLAS", "dependencies", contract.clone()).await;
    link(&test.manager, "ATLAS-D1", "ATLAS-T1").await;
    // M1 → D1 → T1, and now T1 → M1.
    let told = test.manager.post(ALL, from_to("ATLAS-T1", "ATLAS-M1")).await.refused("successor");
    assert_eq!(told, "This would make a cycle: ATLAS-T1 → ATLAS-M1 → ATLAS-D1 → ATLAS-T1.");
    // The fields of a dependency are looked at too: M2 → M1, and D1 gives to M2.
    link(&test.manager, "ATLAS-M2", "ATLAS-M1").await;
    let one = "/api/v1/programs/ATLAS/dependencies/1";
    let told = test
        .manager
        .patch(one, 1, json!({"consumer_milestone": "ATLAS-M2"}))
        .await
        .refused("consumer_milestone");
    assert_eq!(told, "This would make a cycle: ATLAS-D1 → ATLAS-M2 → ATLAS-M1 → ATLAS-D1.");
    let mut round = contract;
    round["consumer_milestone"] = json!("ATLAS-M1");
    test.manager.post("/api/v1/programs/ATLAS/dependencies", round).await.refused("consumer_milestone");
}

#[tokio::test]
async fn a_summary_stands_for_its_parts() {
    let test = network().await;
    test.manager.patch("/api/v1/programs/ATLAS/activities/2", 1, json!({"parent": "ATLAS-T1"})).await.is(200);
    test.manager.patch("/api/v1/programs/ATLAS/activities/3", 1, json!({"parent": "ATLAS-T2"})).await.is(200);
    for (from, to) in [("ATLAS-T1", "ATLAS-T3"), ("ATLAS-T3", "ATLAS-T1"), ("ATLAS-T2", "ATLAS-T1")] {
        let told = test.manager.post(ALL, from_to(from, to)).await.refused("successor");
        assert!(told.contains("cycle"), "{from} {to}: {told}");
    }
    // What follows the summary follows its parts.
    link(&test.manager, "ATLAS-T1", "ATLAS-T4").await;
    test.manager.post(ALL, from_to("ATLAS-T4", "ATLAS-T3")).await.refused("successor");
    // And becoming a part can close a cycle.
    let told = test
        .manager
        .patch("/api/v1/programs/ATLAS/activities/4", 1, json!({"parent": "ATLAS-T2"}))
        .await
        .refused("parent");
    assert!(told.contains("ATLAS-T4"), "{told}");
}

#[tokio::test]
async fn a_cycle_over_programs_names_only_what_may_be_seen() {
    let test = network().await;
    link(&test.manager, "ATLAS-T1", "OTHER-T1").await;
    link(&test.manager, "OTHER-T1", "ATLAS-T2").await;
    let told = test.contributor.post(ALL, from_to("ATLAS-T2", "ATLAS-T1")).await.refused("successor");
    assert_eq!(told, "This would make a cycle: ATLAS-T2 → ATLAS-T1 → an item of another program → ATLAS-T2.");
    // A stub stays of what may not be seen: its reference and nothing else.
    let listed = test.viewer.get(ALL).await.is(200);
    assert_eq!(refs(&listed.json()), [("OTHER-T1".to_owned(), "ATLAS-T2".to_owned())]);
    assert!(!listed.text.contains("Hidden"));
    for number in [1, 2] {
        let page = test.viewer.page(&format!("/programs/ATLAS/activities/{number}")).await.is(200);
        assert!(page.text.contains("OTHER-T1") && !page.text.contains("Hidden"), "{number}");
    }
    assert!(test.manager.get(ALL).await.text.contains("Hidden"));
}

#[tokio::test]
async fn of_two_opposite_links_at_once_one_is_made() {
    let test = network().await;
    for round in 0..8 {
        let (there, back) = tokio::join!(
            test.manager.post(ALL, from_to("ATLAS-T1", "ATLAS-T2")),
            test.contributor.post(ALL, from_to("ATLAS-T2", "ATLAS-T1")),
        );
        let mut answers = [there.status, back.status];
        answers.sort_unstable();
        assert_eq!(answers, [201, 422], "round {round}");
        let listed = test.manager.get(ALL).await.json();
        let made = format!("{ALL}/{}", listed["items"][0]["id"].as_str().unwrap());
        test.manager.delete(&made).await.is(204);
    }
}

#[tokio::test]
async fn programs_that_hang_together_move_together() {
    let test = network().await;
    let reach = async || -> Vec<(String, String)> {
        sqlx::query_as(
            "select p.key, o.key from program_reach r join program p on p.id = r.program join program o on o.id = r.other
             order by 1, 2",
        )
        .fetch_all(test.app.db.raw())
        .await
        .unwrap()
    };
    let beat = async |key: &str| -> i64 {
        let sql =
            format!("select beat from pulse b join program p on p.id = b.program where p.key = '{key}'");
        sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(test.app.db.raw()).await.unwrap()
    };
    let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
    test.manager.post("/api/v1/programs", json!({"key": "THIRD", "name": "Third"})).await.is(201);
    raise(&test.manager, "THIRD", "milestones", json!({"title": "T"})).await;
    let before = beat("OTHER").await;
    link(&test.manager, "ATLAS-T1", "ATLAS-T2").await;
    assert_eq!(
        (reach().await, beat("OTHER").await),
        (vec![], before),
        "a link within a program binds no other"
    );

    let across = link(&test.manager, "OTHER-T1", "ATLAS-T1").await;
    assert_eq!(reach().await, [pair("ATLAS", "OTHER"), pair("OTHER", "ATLAS")]);
    let before = (beat("OTHER").await, beat("THIRD").await);
    raise(&test.manager, "ATLAS", "risks", json!({"title": "R"})).await;
    assert_eq!((beat("OTHER").await, beat("THIRD").await), (before.0 + 1, before.1));

    // By way of a dependency's milestone, a third comes in.
    let contract = json!({"title": "Feed", "provider": {"external": "Them"}, "consumer": {"external": "Us"},
        "needed_by": "2026-09-01", "provider_milestone": "THIRD-M1"});
    raise(&test.manager, "ATLAS", "dependencies", contract).await;
    assert_eq!(reach().await.len(), 6, "each of three reaches the other two");
    let before = beat("THIRD").await;
    raise(&test.manager, "OTHER", "risks", json!({"title": "R"})).await;
    assert_eq!(beat("THIRD").await, before + 1);

    let before = beat("OTHER").await;
    test.manager.delete(&format!("{ALL}/{}", across["id"].as_str().unwrap())).await.is(204);
    assert_eq!(beat("OTHER").await, before + 1, "what was computed while it hung together is out of date");
    assert_eq!(reach().await.len(), 6, "on past days they still hang together");
}

#[tokio::test]
async fn the_page_of_an_item_shows_adds_and_takes_away() {
    let test = network().await;
    let path = "/programs/ATLAS/activities/1/schedule-links";
    let form = [
        ("direction", "leads"),
        ("other", "atlas-m1"),
        ("type", "SS"),
        ("lag_days", "2,5"),
        ("lag_unit", "working"),
    ];
    test.contributor.submit(path, &form).await.is(303);
    test.contributor.submit(path, &[("direction", "waits"), ("other", "ATLAS-T4")]).await.is(303);
    let page = test.contributor.page("/programs/ATLAS/activities/1").await.is(200);
    for words in
        ["Waits for", "Leads to", "SS +2.5 d", "ATLAS-M1", "ATLAS-T4", "<datalist id=\"schedule-offered\">"]
    {
        assert!(page.text.contains(words), "{words}");
    }
    let milestone = test.viewer.page("/programs/ATLAS/milestones/1").await.is(200);
    assert!(milestone.text.contains("Waits for") && !milestone.text.contains("schedule-offered"));
    let risk = raise(&test.manager, "ATLAS", "risks", json!({"title": "R"})).await;
    assert_eq!(risk["number"], 1);
    let risk = test.manager.page("/programs/ATLAS/risks/1").await.is(200);
    assert!(!risk.text.contains("Predecessors and successors"));
    // What is wrong comes back beside what was typed.
    for (other, words) in [
        ("", "by its reference"),
        ("nothing", "There is no item “nothing”"),
        ("ATLAS-M1", "This would make a cycle"),
        ("ATLAS-T1", "wait for itself"),
    ] {
        let form = [("direction", "waits"), ("other", other), ("lag_days", "7")];
        let refused = test.contributor.submit(path, &form).await.is(422);
        assert!(refused.text.contains(words) && refused.text.contains("value=\"7\""), "{other}: {words}");
    }
    // In the direction of another program the link is made there, by who may.
    test.manager.submit(path, &[("direction", "leads"), ("other", "OTHER-T1")]).await.is(303);
    assert_eq!(test.manager.get("/api/v1/programs/OTHER/links").await.json()["total"], 1);
    let hidden =
        test.contributor.submit(path, &[("direction", "leads"), ("other", "OTHER-T1")]).await.is(422);
    assert!(hidden.text.contains("There is no item “OTHER-T1”"));

    let listed = test.manager.get(ALL).await.json();
    let id = listed["items"][0]["id"].as_str().unwrap();
    test.viewer.submit(path, &[("gone", id)]).await.is(403);
    test.contributor.submit(path, &[("gone", id)]).await.is(303);
    assert_eq!(test.manager.get(ALL).await.json()["total"], 1);
}
