//! Risks: accepted by who may, and only until a day; what mitigates them; opportunities apart; assumptions that become risks or
//! issues; dependencies delivered, accepted and refused by whose part it is.

use crate::support::api::{ATLAS, atlas, get, moved, post, unmoved};
use crate::support::app::{TestApp, TestUser, at};
use plumbline::app::acceptance;
use serde_json::{Value, json};

async fn refused_for(user: &TestUser, item: &str) -> String {
    let body = json!({"to": "accepted", "until": "2026-09-30", "reason": "Cheaper"});
    let answer = user.post(&format!("{ATLAS}/{item}/transitions"), body).await;
    answer.problem(403)["detail"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_risk_is_accepted_by_the_authority_that_its_score_demands() {
    let test = TestApp::start().await;
    let owner = &test.contributor;
    for (title, probability, impact) in
        [("Low", 3, 3), ("Medium", 2, 5), ("High", 3, 5), ("Opportunity", 5, 5)]
    {
        let body = json!({"title": title, "probability": probability, "impact": impact, "owner": owner.email,
            "opportunity": title == "Opportunity"});
        post(&test.manager, "risks", body).await;
    }
    post(&test.manager, "risks", json!({"title": "Unscored", "owner": owner.email})).await;
    let until = json!({"to": "accepted", "until": "2026-09-30", "reason": "Cheaper"});
    for own in ["risks/1", "risks/4"] {
        moved(owner, own, until.clone()).await;
    }
    assert_eq!(
        refused_for(owner, "risks/2").await,
        "At its score of 10 it is accepted by a manager of the program."
    );
    assert!(
        refused_for(owner, "risks/5")
            .await
            .starts_with("A risk that isn't scored yet is accepted by a manager")
    );
    moved(&test.manager, "risks/2", until.clone()).await;
    // Nobody is named as sponsor yet: a manager stands in. Then only the sponsor may.
    assert!(refused_for(owner, "risks/3").await.contains("a manager of the program"));
    let version = test.manager.get(ATLAS).await.json()["version"].as_i64().unwrap();
    test.manager.patch(ATLAS, version, json!({"sponsor": owner.email})).await.is(200);
    assert_eq!(
        refused_for(&test.manager, "risks/3").await,
        "At its score of 15 it is accepted by the sponsor, Contributor."
    );
    let page = test.manager.page("/programs/ATLAS/risks/3").await.is(200);
    assert!(
        page.text.contains("it is accepted by the sponsor, Contributor")
            && !page.text.contains("Accept the risk")
    );
    let accepted = moved(owner, "risks/3", until.clone()).await;
    assert_eq!(
        (&accepted["accepted_by"]["name"], &accepted["state"]),
        (&json!("Contributor"), &json!("accepted"))
    );
    // The scores are the program's to set.
    let version = test.manager.get(ATLAS).await.json()["version"].as_i64().unwrap();
    let thresholds =
        json!({"thresholds": {"risk_accept_sponsor_score": 25, "risk_accept_manager_score": 16}});
    test.manager.patch(ATLAS, version, thresholds).await.is(200);
    moved(owner, "risks/2", json!({"to": "open"})).await;
    moved(owner, "risks/2", until).await;
}

#[tokio::test]
async fn an_accepted_risk_comes_back_the_day_after_its_acceptance_ends_and_once() {
    let test = TestApp::start().await;
    for (title, until) in [("Short", "2026-07-10"), ("Long", "2026-12-31")] {
        let body = json!({"title": title, "probability": 2, "impact": 2, "owner": test.contributor.email});
        let made = post(&test.manager, "risks", body).await;
        let path = format!("risks/{}", made["number"]);
        moved(&test.contributor, &path, json!({"to": "accepted", "until": until, "reason": "Cheaper"})).await;
    }
    // Through the last day it stands.
    assert_eq!(acceptance::expire(&test.app, at("2026-07-10T23:00:00Z")).await.unwrap(), 0);
    assert_eq!(get(&test.viewer, "risks/1").await["state"], "accepted");
    test.clock.hold_at(at("2026-07-14T09:00:00Z"));
    assert_eq!(acceptance::expire(&test.app, test.clock.now()).await.unwrap(), 1);
    let back = get(&test.viewer, "risks/1").await;
    assert_eq!(
        (&back["state"], &back["effective_on"], &back["accepted_until"], &back["accepted_by"]),
        (&json!("open"), &json!("2026-07-11"), &Value::Null, &Value::Null),
        "from the day after, though it was seen to later"
    );
    assert_eq!(get(&test.viewer, "risks/1?as_of=2026-07-10").await["state"], "accepted");
    assert_eq!(get(&test.viewer, "risks/1?as_of=2026-07-11").await["state"], "open");
    assert_eq!(get(&test.viewer, "risks/2").await["state"], "accepted");
    let history = get(&test.viewer, "risks/1/history").await;
    let last = history["items"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(last["reason"], "The time for which it was accepted has passed.");
    assert_eq!(
        acceptance::expire(&test.app, test.clock.now()).await.unwrap(),
        0,
        "a second time nothing happens"
    );
    assert_eq!(get(&test.viewer, "risks/1").await["version"], back["version"]);
}

#[tokio::test]
async fn the_page_of_a_risk_shows_its_scores_over_time_and_what_mitigates_it() {
    let test = TestApp::start().await;
    let manager = &test.manager;
    let body = json!({"title": "Vendor", "probability": 5, "impact": 4, "inherent_probability": 5, "inherent_impact": 5,
        "target_probability": 2, "target_impact": 3, "effective_on": "2026-03-02"});
    post(manager, "risks", body).await;
    let lower = json!({"probability": 3, "effective_on": "2026-05-04"});
    manager.patch(&format!("{ATLAS}/risks/1"), 1, lower).await.is(200);
    post(manager, "actions", json!({"title": "Second source", "from": "ATLAS-R1", "due_on": "2026-06-15"}))
        .await;
    post(manager, "actions", json!({"title": "Contract", "from": "ATLAS-R1"})).await;
    moved(manager, "actions/2", json!({"to": "done"})).await;
    let page = test.viewer.page("/programs/ATLAS/risks/1").await.is(200);
    for word in [
        "2 Mar 2026: now 20",
        "4 May 2026: now 12",
        "2 Mar 2026: inherent 25",
        "2 Mar 2026: target 6",
        "Second source",
        "ATLAS-ACT1",
        "15 Jun 2026",
        "Contract",
    ] {
        assert!(page.text.contains(word), "{word}");
    }
    let then = test.viewer.page("/programs/ATLAS/risks/1?as_of=2026-04-01").await.is(200);
    assert!(
        then.text.contains("now 20") && !then.text.contains("now 12") && !then.text.contains("Second source")
    );
}

#[tokio::test]
async fn an_opportunity_is_answered_as_one_and_stands_on_no_map_of_threats() {
    let test = TestApp::start().await;
    let risk = |title: &str, opportunity: bool, response: &str| json!({"title": title, "probability": 4, "impact": 4, "opportunity": opportunity, "response": response});
    post(&test.manager, "risks", risk("Threat", false, "mitigate")).await;
    post(&test.manager, "risks", risk("Chance", true, "exploit")).await;
    for (opportunity, response) in
        [(true, "mitigate"), (false, "exploit"), (false, "enhance"), (false, "share")]
    {
        let wrong = risk("X", opportunity, response);
        test.manager.post(&format!("{ATLAS}/risks"), wrong).await.refused("response");
    }
    let page = test.viewer.page("/programs/ATLAS/risks").await.is(200);
    let cells: Vec<_> = page.text.match_indices("probability=4&#38;impact=4").collect();
    assert_eq!(cells.len(), 1, "one cell of the map is counted");
    let cell = test.viewer.page("/programs/ATLAS/risks?probability=4&impact=4").await.is(200);
    assert!(cell.text.contains("Threat") && !cell.text.contains("Chance"), "the number leads to its rows");
}

#[tokio::test]
async fn an_assumption_that_is_false_or_was_never_tested_becomes_a_risk_or_an_issue() {
    let test = TestApp::start().await;
    let assumption = json!({"title": "The law stays", "impact_if_false": "All forms change", "validate_by": "2026-06-20",
        "owner": test.contributor.email});
    post(&test.manager, "assumptions", assumption).await;
    let page = test.contributor.page("/programs/ATLAS/assumptions/1").await.is(200);
    assert!(page.text.contains("Make it a risk"), "its day has passed");
    let path = "/programs/ATLAS/assumptions/1/become";
    let made = test.contributor.submit(path, &[("kind", "risk")]).await.is(303);
    assert_eq!(made.header("location"), "/programs/ATLAS/risks/1?done=raised");
    let risk = get(&test.viewer, "risks/1").await;
    assert_eq!(
        (&risk["title"], &risk["effect"], &risk["owner"]["name"], &risk["score"]),
        (&json!("The law stays"), &json!("All forms change"), &json!("Contributor"), &Value::Null)
    );
    let links = get(&test.viewer, "risks/1/links").await;
    assert!(
        links["items"]
            .as_array()
            .unwrap()
            .iter()
            .any(|link| link["relation"] == "causes" && link["ref"] == "ATLAS-A1"),
        "{links}"
    );
    test.contributor.submit(path, &[("kind", "risk")]).await.is(422);
    moved(&test.contributor, "assumptions/1", json!({"to": "invalidated", "reason": "It was changed"})).await;
    let api = format!("{ATLAS}/assumptions/1/become");
    let issue = test.contributor.post(&api, json!({"kind": "issue"})).await.is(201);
    assert_eq!(issue.header("location"), format!("{ATLAS}/issues/1"));
    test.contributor.post(&api, json!({"kind": "lesson"})).await.refused("kind");
    post(&test.manager, "assumptions", json!({"title": "It holds"})).await;
    moved(&test.manager, "assumptions/2", json!({"to": "validated"})).await;
    test.manager.post(&format!("{ATLAS}/assumptions/2/become"), json!({"kind": "risk"})).await.refused("");
}

#[tokio::test]
async fn each_side_of_a_dependency_does_its_own_part() {
    let test = atlas().await;
    let teams = test.manager.get("/api/v1/teams").await.json();
    let team = |name: &str| -> String {
        let all = teams["items"].as_array().unwrap();
        all.iter().find(|team| team["name"] == name).unwrap()["id"].as_str().unwrap().to_owned()
    };
    // The contributor is of Payments, which provides.
    let member = format!("/api/v1/teams/{}/members/{}", team("Payments"), test.contributor.person);
    test.manager.put(&member, json!({})).await;
    let body = json!({"title": "Tax table", "provider": {"team": "Payments"}, "consumer": {"team": "Ledger"},
        "needed_by": "2026-08-01", "acceptance_criteria": "All rates of 2027"});
    for _ in 0..2 {
        post(&test.manager, "dependencies", body.clone()).await;
    }
    let one = "dependencies/1";
    moved(&test.contributor, one, json!({"to": "agreed", "as": "provider"})).await;
    moved(&test.manager, one, json!({"to": "agreed", "as": "consumer"})).await;
    assert_eq!(moved(&test.contributor, one, json!({"to": "delivered"})).await["state"], "delivered");
    // The provider doesn't accept its own delivery.
    test.contributor
        .post(&format!("{ATLAS}/{one}/transitions"), json!({"to": "accepted"}))
        .await
        .problem(403);
    let page = test.manager.page("/programs/ATLAS/dependencies/1").await.is(200);
    assert!(page.text.contains("Against its criteria: All rates of 2027"));
    unmoved(&test.manager, one, json!({"to": "not_accepted"}), "reason").await;
    let back = moved(&test.manager, one, json!({"to": "not_accepted", "reason": "2026 only"})).await;
    assert_eq!(
        (&back["state"], &back["outcome"], &back["delivered_on"]),
        (&json!("agreed"), &json!("2026 only"), &Value::Null)
    );
    moved(&test.contributor, one, json!({"to": "delivered"})).await;
    assert_eq!(moved(&test.manager, one, json!({"to": "accepted"})).await["open"], false);
    // A refusal says why; the provider's side may, and doesn't withdraw what the other asked for.
    let two = format!("{ATLAS}/dependencies/2/transitions");
    test.contributor.post(&two, json!({"to": "withdrawn", "reason": "x"})).await.problem(403);
    unmoved(&test.contributor, "dependencies/2", json!({"to": "rejected"}), "reason").await;
    moved(&test.contributor, "dependencies/2", json!({"to": "rejected", "reason": "No people"})).await;
}
