//! What can't be made to look better than it is: by the order of programs, by planning more, by a second launch, by asking less of a gate,
//! or by a baseline of an earlier day.

use crate::support::api::{ATLAS, atlas, moved, post};
use crate::support::app::{TestApp, at};
use serde_json::{Value, json};

fn number(of: &Value) -> i64 {
    of["version"].as_i64().unwrap()
}

async fn overall(test: &TestApp) -> Vec<(String, String)> {
    let portfolio = test.viewer.get("/api/v1/portfolio").await.is(200).json();
    let programs = portfolio["items"].as_array().unwrap();
    let told = |program: &Value| {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        (text(&program["key"]), text(&program["health"]["overall"]))
    };
    programs.iter().map(told).collect()
}

#[tokio::test]
async fn the_worst_program_comes_first_and_a_closed_one_last() {
    let test = atlas().await;
    for (key, name) in [("AAA", "Alpha"), ("ZZZ", "Zulu"), ("YYY", "Yankee")] {
        let body = json!({"key": key, "name": name, "visibility": "everyone"});
        test.manager.post("/api/v1/programs", body).await.is(201);
    }
    let pair = |key: &str, rag: &str| (key.to_owned(), rag.to_owned());
    let grey = [pair("AAA", "grey"), pair("ATLAS", "grey"), pair("YYY", "grey"), pair("ZZZ", "grey")];
    assert_eq!(overall(&test).await, grey, "alike, by name");
    for (key, score) in [("ZZZ", 5), ("YYY", 3)] {
        let risk = json!({"title": "Vendor", "probability": 5, "impact": score, "review_on": "2026-12-01"});
        test.manager.post(&format!("/api/v1/programs/{key}/risks"), risk).await.is(201);
    }
    let expected = [pair("ZZZ", "red"), pair("YYY", "amber"), pair("AAA", "grey"), pair("ATLAS", "grey")];
    assert_eq!(overall(&test).await, expected);
    let page = test.viewer.page("/").await.is(200).text;
    let place = |name: &str| page.find(&format!(">{name}</a>")).unwrap_or_else(|| panic!("{name}: {page}"));
    assert!(place("Zulu") < place("Yankee") && place("Yankee") < place("Alpha"));

    let closed = json!({"state": "closed", "closing_review": "It came too late.", "no_lessons_because": "All are known."});
    for change in [json!({"state": "active"}), closed] {
        let version = number(&test.manager.get("/api/v1/programs/ZZZ").await.is(200).json());
        test.manager.patch("/api/v1/programs/ZZZ", version, change).await.is(200);
    }
    assert_eq!(overall(&test).await.last(), Some(&pair("ZZZ", "red")), "what is over asks for nobody");
}

#[tokio::test]
async fn cost_is_held_against_the_budget_however_much_is_planned() {
    let test = atlas().await;
    let cost = async |test: &TestApp| {
        let health = test.viewer.get(&format!("{ATLAS}/health")).await.is(200).json();
        let all = health["dimensions"].as_array().unwrap();
        let of = all.iter().find(|one| one["dimension"] == "cost").unwrap();
        (of["rag"].as_str().unwrap().to_owned(), of["reasons"][0]["text"].as_str().unwrap().to_owned())
    };
    let version = number(&test.manager.get(ATLAS).await.is(200).json());
    test.manager.patch(ATLAS, version, json!({"budget": 100_000})).await.is(200);
    assert_eq!(cost(&test).await.0, "grey", "nothing is kept of it yet");
    post(
        &test.manager,
        "budget",
        json!({"category": "People", "period_on": "2026-07-01", "forecast": 250_000}),
    )
    .await;
    let (rag, text) = cost(&test).await;
    assert_eq!(rag, "red");
    assert!(text.contains("150 % above the budget: 250\u{202f}000 of 100\u{202f}000"), "{text}");
    post(
        &test.manager,
        "budget",
        json!({"category": "Other", "period_on": "2026-07-01", "planned": 900_000}),
    )
    .await;
    let (rag, text) = cost(&test).await;
    assert_eq!(rag, "red");
    assert!(text.contains("1050 % above the budget"), "{text}");
}

#[tokio::test]
async fn a_release_that_is_launched_again_keeps_what_came_of_the_first_launch() {
    let test = atlas().await;
    let body = json!({"title": "Wave", "launch_on": "2026-06-30", "raised_on": "2026-06-01",
        "rollout_steps": [{"step": "Switch"}], "rollback_steps": [{"step": "Back"}]});
    post(&test.manager, "releases", body).await;
    moved(&test.manager, "releases/1", json!({"to": "launched"})).await;
    test.clock.hold_at(at("2026-07-03T12:00:00Z"));
    post(&test.manager, "releases/1/events", json!({"kind": "incident", "count": 6})).await;
    post(&test.manager, "releases/1/events", json!({"kind": "defect", "count": 2})).await;
    moved(&test.manager, "releases/1", json!({"to": "rolled_back", "reason": "Balances differ."})).await;
    test.clock.hold_at(at("2026-07-10T12:00:00Z"));
    moved(&test.manager, "releases/1", json!({"to": "launched"})).await;
    let metric = async |name: &str| test.viewer.get(&format!("{ATLAS}/metrics/{name}")).await.is(200).json();
    let incidents = metric("post_launch_incident_rate").await;
    assert_eq!(
        (&incidents["numerator"], &incidents["denominator"]),
        (&json!(6.0), &json!(1.0)),
        "{incidents}"
    );
    let escaped = metric("defect_escape_rate").await;
    assert_eq!((&escaped["numerator"], &escaped["denominator"]), (&json!(2.0), &json!(2.0)), "{escaped}");
}

#[tokio::test]
async fn what_a_gate_demands_is_for_a_manager_to_change_and_stands_with_its_word() {
    let test = atlas().await;
    let body = json!({"title": "Launch", "on": "2026-07-10", "owner": test.contributor.email,
        "sign_off_roles": ["Legal", "Quality"], "quorum": 2});
    let gate = post(&test.manager, "gates", body).await;
    let path = format!("{ATLAS}/gates/1");
    let version = number(&gate);
    test.contributor.patch(&path, version, json!({"quorum": 0})).await.problem(403);
    test.contributor
        .patch(&path, version, json!({"sign_off_roles": ["Legal"], "quorum": 1}))
        .await
        .problem(403);
    let gate = test.contributor.patch(&path, version, json!({"title": "The launch"})).await.is(200).json();
    let loosened = test.manager.patch(&path, number(&gate), json!({"quorum": 1})).await.is(200).json();
    assert_eq!(loosened["quorum"], 1);

    moved(&test.manager, "gates/1", json!({"to": "in_review"})).await;
    post(
        &test.manager,
        "gates/1/sign-offs",
        json!({"role": "Legal", "verdict": "go", "reason": "Nobody holds it."}),
    )
    .await;
    let gone = moved(&test.manager, "gates/1", json!({"to": "go"})).await;
    let version = number(&gone);
    test.manager.patch(&path, version, json!({"on": "2026-01-01"})).await.refused("on");
    test.manager.patch(&path, version, json!({"quorum": 2})).await.refused("quorum");
    test.manager.patch(&path, version, json!({"description": "It went."})).await.is(200);
}

#[tokio::test]
async fn a_baseline_comes_after_the_one_before_it() {
    let test = atlas().await;
    let milestone = json!({"title": "Parallel run", "committed_on": "2026-09-01"});
    post(&test.manager, "milestones", milestone).await;
    let earlier = json!({"name": "Retro", "reason": "So", "effective_on": "2026-01-05"});
    let told = test.manager.post(&format!("{ATLAS}/baselines"), earlier).await.refused("on");
    assert!(told.contains("2026-06-30"), "{told}");
    let all = test.viewer.get(&format!("{ATLAS}/baselines")).await.is(200).json();
    assert_eq!(all["total"], 1, "nothing of it is written: {all}");
}
