//! Changes of state in the JSON API: what each needs, what is refused, and what follows.

use crate::support::api::{ATLAS, atlas, least, moved, path, post, raise, unmoved};
use crate::support::app::TestApp;
use plumbline::domain::kind::Kind;
use serde_json::{Value, json};

#[tokio::test]
async fn an_illegal_change_of_state_is_refused_with_the_legal_ones_named() {
    let test = TestApp::start().await;
    for kind in Kind::ALL {
        post(&test.manager, kind.plural(), least(kind)).await;
        let item = format!("{}/1", kind.plural());
        let legal: Vec<_> = kind.next_states(kind.first_state()).iter().map(|state| state.name()).collect();
        for to in ["superseded", "done", "materialised", "approved"] {
            if !legal.contains(&to) {
                let mut asked = json!({"to": to});
                if (kind, to) == (Kind::Decision, "superseded") {
                    asked["superseded_by"] = json!("ATLAS-M1");
                }
                let told = unmoved(&test.manager, &item, asked, "to").await;
                assert!(legal.iter().all(|state| told.contains(state)), "{kind:?} to {to}: {told}");
            }
        }
        for wrong in [json!({}), json!({"to": "asleep"}), json!({"to": 3})] {
            let told = unmoved(&test.manager, &item, wrong, "to").await;
            assert!(legal.iter().all(|state| told.contains(state)), "{told}");
        }
        let asked = |more: Value| {
            let mut asked = more;
            asked["to"] = json!(legal[0]);
            if kind == Kind::Dependency {
                asked["as"] = json!("provider");
            }
            asked
        };
        unmoved(&test.manager, &item, asked(json!({"mood": "good"})), "mood").await;
        unmoved(&test.manager, &item, asked(json!({"on": "2026-07-01"})), "on").await;
        unmoved(&test.manager, &item, asked(json!({"on": "soon"})), "on").await;
        let stale = test
            .manager
            .api(reqwest::Method::POST, &format!("{ATLAS}/{item}/transitions"))
            .header("if-match", "\"7\"");
        crate::support::app::Answer::of(stale.json(&asked(json!({})))).await.problem(412);
        let state = test.viewer.get(&format!("{ATLAS}/{item}")).await.json()["state"].clone();
        assert_eq!(state, kind.first_state().name(), "nothing moved");
    }
}

#[tokio::test]
async fn a_milestone_is_achieved_on_a_day_or_cancelled() {
    let test = TestApp::start().await;
    for n in 1..=2 {
        post(
            &test.manager,
            "milestones",
            json!({"title": format!("M{n}"), "committed_on": "2026-06-20", "effective_on": "2026-05-01"}),
        )
        .await;
    }
    let done = moved(
        &test.manager,
        "milestones/1",
        json!({"to": "achieved", "on": "2026-06-18", "reason": "Signed off"}),
    )
    .await;
    assert_eq!(
        (&done["achieved_on"], &done["closed_on"], &done["open"]),
        (&json!("2026-06-18"), &json!("2026-06-18"), &json!(false))
    );
    assert_eq!(
        moved(&test.manager, "milestones/2", json!({"to": "cancelled"})).await["closed_on"],
        "2026-06-30"
    );
    assert_eq!(
        moved(&test.manager, "milestones/2", json!({"to": "planned"})).await["closed_on"],
        Value::Null
    );
    let edit =
        test.manager.patch(&format!("{ATLAS}/milestones/2"), 3, json!({"committed_on": "2026-12-01"})).await;
    assert!(edit.refused("committed_on").contains("baseline"));
    let moved = test
        .manager
        .patch(
            &format!("{ATLAS}/milestones/2"),
            3,
            json!({"forecast_on": "2026-07-15", "reason": "Late vendor"}),
        )
        .await
        .is(200)
        .json();
    assert_eq!(
        (&moved["forecast_on"], &moved["forecast_reason"]),
        (&json!("2026-07-15"), &json!("Late vendor"))
    );
}

#[tokio::test]
async fn a_risk_is_mitigated_accepted_until_a_day_or_makes_its_issue() {
    let test = TestApp::start().await;
    for n in 1..=2 {
        post(&test.manager, "risks", json!({"title": format!("Risk {n}"), "probability": 4, "impact": 5, "owner": test.contributor.email})).await;
    }
    assert_eq!(moved(&test.contributor, "risks/1", json!({"to": "mitigating"})).await["state"], "mitigating");
    unmoved(&test.manager, "risks/1", json!({"to": "accepted"}), "until").await;
    unmoved(&test.manager, "risks/1", json!({"to": "accepted", "until": "2026-09-30"}), "reason").await;
    let past = json!({"to": "accepted", "until": "2026-06-30", "reason": "Cheaper"});
    unmoved(&test.manager, "risks/1", past, "until").await;
    let accepted = moved(
        &test.manager,
        "risks/1",
        json!({"to": "accepted", "until": "2026-09-30", "reason": "Cheaper"}),
    )
    .await;
    assert_eq!((&accepted["accepted_until"], &accepted["open"]), (&json!("2026-09-30"), &json!(true)));
    assert_eq!(accepted["accepted_by"]["name"], "Manager");
    assert_eq!(moved(&test.contributor, "risks/1", json!({"to": "closed"})).await["open"], false);

    moved(&test.contributor, "risks/2", json!({"to": "materialised", "reason": "It rained"})).await;
    let issue = test.viewer.get(&format!("{ATLAS}/issues/1")).await.is(200).json();
    assert_eq!(
        (&issue["title"], &issue["owner"]["name"], &issue["state"]),
        (&json!("Risk 2"), &json!("Contributor"), &json!("open"))
    );
    let links = test.viewer.get(&format!("{ATLAS}/issues/1/links")).await.json();
    assert_eq!(
        (&links["items"][0]["relation"], &links["items"][0]["ref"]),
        (&json!("materialised_as"), &json!("ATLAS-R2"))
    );
}

#[tokio::test]
async fn issues_assumptions_and_actions_go_their_ways() {
    let test = TestApp::start().await;
    post(&test.manager, "issues", json!({"title": "x", "severity": 1, "raised_on": "2026-06-01"})).await;
    moved(&test.manager, "issues/1", json!({"to": "in_progress", "on": "2026-06-02"})).await;
    let resolved = moved(&test.manager, "issues/1", json!({"to": "resolved", "on": "2026-06-09"})).await;
    assert_eq!(
        (&resolved["resolved_on"], &resolved["closed_on"]),
        (&json!("2026-06-09"), &json!("2026-06-09"))
    );
    assert_eq!(moved(&test.manager, "issues/1", json!({"to": "closed"})).await["resolved_on"], "2026-06-09");
    let again = moved(&test.manager, "issues/1", json!({"to": "open"})).await;
    assert_eq!(
        (&again["resolved_on"], &again["closed_on"], &again["open"]),
        (&Value::Null, &Value::Null, &json!(true))
    );

    post(&test.manager, "assumptions", json!({"title": "x"})).await;
    assert_eq!(moved(&test.manager, "assumptions/1", json!({"to": "validated"})).await["open"], false);
    assert_eq!(moved(&test.manager, "assumptions/1", json!({"to": "unvalidated"})).await["open"], true);
    assert_eq!(moved(&test.manager, "assumptions/1", json!({"to": "invalidated"})).await["open"], false);

    post(&test.manager, "actions", json!({"title": "x"})).await;
    assert_eq!(
        moved(&test.manager, "actions/1", json!({"to": "done", "on": "2026-06-30"})).await["closed_on"],
        "2026-06-30"
    );
    assert_eq!(moved(&test.manager, "actions/1", json!({"to": "open"})).await["open"], true);
    assert_eq!(moved(&test.manager, "actions/1", json!({"to": "dropped"})).await["open"], false);
}

#[tokio::test]
async fn a_dependency_is_a_contract_that_both_sides_agree_to() {
    let test = TestApp::start().await;
    test.manager
        .put(&format!("{ATLAS}/members/{}", test.stranger.person), json!({"role": "contributor"}))
        .await
        .is(200);
    for (team, user) in [("Ledger", &test.contributor), ("Payments", &test.stranger)] {
        let made = test.manager.post("/api/v1/teams", json!({"name": team})).await.is(201).json();
        let id = made["id"].as_str().unwrap();
        test.manager.put(&format!("/api/v1/teams/{id}/members/{}", user.person), json!({})).await.is(200);
    }
    post(
        &test.manager,
        "dependencies",
        json!({"title": "Feed", "provider": {"team": "Ledger"}, "consumer": {"team": "Payments"},
        "needed_by": "2026-08-01", "promised_by": "2026-07-25"}),
    )
    .await;
    let one = "dependencies/1";
    unmoved(&test.manager, one, json!({"to": "agreed"}), "as").await;
    unmoved(&test.manager, one, json!({"to": "agreed", "as": "onlooker"}), "as").await;
    let (provider, consumer) =
        (json!({"to": "agreed", "as": "provider"}), json!({"to": "agreed", "as": "consumer"}));
    let refuse = format!("{ATLAS}/{one}/transitions");
    test.contributor.post(&refuse, consumer.clone()).await.problem(403);
    test.stranger.post(&refuse, provider.clone()).await.problem(403);
    let half = moved(&test.contributor, one, provider.clone()).await;
    assert_eq!(
        (&half["state"], &half["provider_agreed_by"]["name"]),
        (&json!("proposed"), &json!("Contributor"))
    );
    let agreed = moved(&test.stranger, one, consumer.clone()).await;
    assert_eq!(
        (&agreed["state"], &agreed["consumer_agreed_by"]["name"]),
        (&json!("agreed"), &json!("Stranger"))
    );
    assert!(unmoved(&test.stranger, one, consumer.clone(), "to").await.contains("agreed already"));

    // A changed date waits for the side that it concerns.
    let path = format!("{ATLAS}/{one}");
    let asked = test.manager.patch(&path, 3, json!({"needed_by": "2026-07-20"})).await.is(200).json();
    assert_eq!(
        (&asked["needed_by"], &asked["proposed_needed_by"]),
        (&json!("2026-08-01"), &json!("2026-07-20"))
    );
    unmoved(&test.stranger, one, consumer.clone(), "to").await;
    // It goes on waiting while something else is edited.
    let edited = test.manager.patch(&path, 4, json!({"title": "The feed"})).await.is(200).json();
    assert_eq!(edited["proposed_needed_by"], "2026-07-20");
    let consented = moved(&test.contributor, one, provider.clone()).await;
    assert_eq!(
        (&consented["needed_by"], &consented["proposed_needed_by"]),
        (&json!("2026-07-20"), &Value::Null)
    );
    let offered = test.manager.patch(&path, 6, json!({"promised_by": "2026-07-28"})).await.is(200).json();
    assert_eq!(
        (&offered["promised_by"], &offered["proposed_promised_by"]),
        (&json!("2026-07-25"), &json!("2026-07-28"))
    );
    assert_eq!(moved(&test.stranger, one, consumer).await["promised_by"], "2026-07-28");

    unmoved(&test.manager, one, json!({"to": "not_accepted", "reason": "x"}), "to").await;
    assert_eq!(moved(&test.manager, one, json!({"to": "delivered"})).await["delivered_on"], "2026-06-30");
    unmoved(&test.stranger, one, json!({"to": "not_accepted"}), "reason").await;
    let back =
        moved(&test.stranger, one, json!({"to": "not_accepted", "reason": "Half the file is missing"})).await;
    assert_eq!(
        (&back["state"], &back["delivered_on"], &back["outcome"]),
        (&json!("agreed"), &Value::Null, &json!("Half the file is missing"))
    );
    moved(&test.manager, one, json!({"to": "delivered"})).await;
    let accepted = moved(&test.stranger, one, json!({"to": "accepted"})).await;
    assert_eq!(
        (&accepted["state"], &accepted["open"], &accepted["accepted_on"]),
        (&json!("accepted"), &json!(false), &json!("2026-06-30"))
    );
    unmoved(&test.manager, one, json!({"to": "withdrawn"}), "to").await;
}

#[tokio::test]
async fn a_decided_decision_stands_until_another_supersedes_it() {
    let test = TestApp::start().await;
    for n in 1..=2 {
        post(
            &test.manager,
            "decisions",
            json!({"title": format!("Vendor {n}?"), "options": [{"title": "Build"}, {"title": "Buy"}],
            "needed_by": "2026-07-15", "raised_on": "2026-06-01", "owner": test.contributor.email}),
        )
        .await;
    }
    let one = "decisions/1";
    let waiting = moved(&test.manager, one, json!({"to": "waiting", "on": "2026-06-03", "escalated_to": test.contributor.email, "escalated_on": "2026-06-05"})).await;
    assert_eq!(
        (&waiting["requested_on"], &waiting["escalated_on"], &waiting["escalated_to"]["name"]),
        (&json!("2026-06-03"), &json!("2026-06-05"), &json!("Contributor"))
    );
    unmoved(&test.contributor, one, json!({"to": "deferred"}), "until").await;
    let deferred = moved(&test.contributor, one, json!({"to": "deferred", "until": "2026-07-10"})).await;
    assert_eq!(
        (&deferred["deferred_until"], &deferred["next_on"]),
        (&json!("2026-07-10"), &json!("2026-07-10"))
    );
    unmoved(&test.contributor, one, json!({"to": "decided"}), "option").await;
    let decided =
        moved(&test.contributor, one, json!({"to": "decided", "option": "Buy", "rationale": "Faster"})).await;
    assert_eq!(
        (
            &decided["decided_option"],
            &decided["rationale"],
            &decided["decided_by"]["name"],
            &decided["decided_on"]
        ),
        (&json!("Buy"), &json!("Faster"), &json!("Contributor"), &json!("2026-06-30"))
    );
    let version = decided["version"].as_i64().unwrap();
    for change in [json!({"title": "Another"}), json!({"recommendation": "Build"}), json!({"options": []})] {
        let answer = test.manager.patch(&format!("{ATLAS}/{one}"), version, change).await;
        assert!(answer.refused("").contains("supersede"), "{}", answer.text);
    }
    unmoved(&test.manager, one, json!({"to": "superseded"}), "superseded_by").await;
    unmoved(&test.manager, one, json!({"to": "superseded", "superseded_by": "ATLAS-DEC9"}), "superseded_by")
        .await;
    moved(&test.manager, "decisions/2", json!({"to": "waiting"})).await;
    moved(&test.manager, "decisions/2", json!({"to": "decided", "option": "Build"})).await;
    let gone = moved(&test.manager, one, json!({"to": "superseded", "superseded_by": "ATLAS-DEC2"})).await;
    assert_eq!(gone["superseded_by"]["ref"], "ATLAS-DEC2");
    let links = test.viewer.get(&format!("{ATLAS}/decisions/2/links")).await.json();
    assert_eq!(
        (&links["items"][0]["relation"], &links["items"][0]["ref"]),
        (&json!("supersedes"), &json!("ATLAS-DEC1"))
    );
}

#[tokio::test]
async fn a_decision_that_waits_can_be_escalated() {
    let test = TestApp::start().await;
    let manager = &test.manager;
    manager.post("/api/v1/programs/ATLAS/decisions", json!({"title": "Two weeks or four?"})).await.is(201);
    let path = "/api/v1/programs/ATLAS/decisions/1/transitions";
    manager.post(path, json!({"to": "waiting"})).await.is(200);
    let refused = manager.post(path, json!({"to": "waiting"})).await;
    assert!(refused.refused("escalated_to").contains("waits already"));
    let to = test.admin.person.to_string();
    let answer = manager.post(path, json!({"to": "waiting", "escalated_to": to})).await.is(200).json();
    assert_eq!((&answer["state"], &answer["escalated_on"]), (&json!("waiting"), &json!("2026-06-30")));
    assert_eq!(answer["escalated_to"]["id"], to.as_str());
}

#[tokio::test]
async fn what_is_archived_is_restored_before_it_is_worked_on() {
    let test = atlas().await;
    for kind in Kind::ALL {
        raise(&test.manager, kind, json!({})).await;
        let one = format!("{}/1", path(kind));
        let at = format!("/programs/ATLAS/{}/1", kind.plural());
        let page = if kind == Kind::Report { format!("{at}/about") } else { at.clone() };
        let mut to = json!({"to": kind.next_states(kind.first_state())[0].name()});
        if kind == Kind::Dependency {
            to["as"] = json!("provider");
        }
        assert!(test.manager.page(&page).await.is(200).text.contains("/comments\""), "{kind:?}");
        test.manager.delete(&one).await.is(204);
        for (verb, body) in [("transitions", to.clone()), ("comments", json!({"body": "Still here?"}))] {
            let problem = test.manager.post(&format!("{one}/{verb}"), body.clone()).await.problem(409);
            assert!(problem["detail"].as_str().unwrap().contains("restore it first"), "{kind:?}: {problem}");
            assert_eq!(problem["type"], "urn:plumbline:problem:archived");
            // Who may not do it at all is told that first.
            test.viewer.post(&format!("{one}/{verb}"), body).await.problem(403);
        }
        let shown = test.manager.page(&page).await.is(200).text;
        assert!(!shown.contains("/comments\"") && !shown.contains("/transitions\""), "{kind:?}");
        assert!(shown.contains("/restore\""), "{kind:?}");
        test.manager.submit(&format!("{at}/comments"), &[("body", "x")]).await.is(409);
        test.manager.post(&format!("{one}/restore"), json!({})).await.is(200);
        test.manager.post(&format!("{one}/comments"), json!({"body": "Back."})).await.is(201);
        moved(&test.manager, &format!("{}/1", kind.plural()), to).await;
    }
}

#[tokio::test]
async fn a_dependency_is_rejected_or_withdrawn_for_a_reason() {
    let test = atlas().await;
    for to in ["rejected", "withdrawn"] {
        let number = raise(&test.manager, Kind::Dependency, json!({})).await["number"].clone();
        let one = format!("dependencies/{number}");
        for body in [json!({"to": to}), json!({"to": to, "reason": "  "})] {
            unmoved(&test.manager, &one, body, "reason").await;
        }
        let page = format!("/programs/ATLAS/{one}");
        let form = test.manager.page(&page).await.is(200).text;
        assert!(form.contains("name=\"reason\""), "{form}");
        let refused = test.manager.submit(&format!("{page}/transitions"), &[("to", to)]).await.is(422);
        assert!(refused.text.contains("“Reason” is needed."), "{}", refused.text);
        let gone = moved(&test.manager, &one, json!({"to": to, "reason": "Bought instead"})).await;
        assert_eq!((&gone["state"], &gone["outcome"]), (&json!(to), &json!("Bought instead")));
    }
}
