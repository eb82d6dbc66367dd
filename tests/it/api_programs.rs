//! Programs, projects, baselines and changes of state in the JSON API, and its description.

use crate::support::app::{TestApp, TestUser};
use plumbline::domain::kind::Kind;
use serde_json::{Value, json};
use std::collections::BTreeSet;

const ATLAS: &str = "/api/v1/programs/ATLAS";

async fn post(user: &TestUser, path: &str, body: Value) -> Value {
    user.post(&format!("{ATLAS}/{path}"), body).await.is(201).json()
}

/// A change of state that is taken; the item after it.
async fn moved(user: &TestUser, item: &str, body: Value) -> Value {
    user.post(&format!("{ATLAS}/{item}/transitions"), body).await.is(200).json()
}

/// A change of state that is refused; the message beside the field.
async fn unmoved(user: &TestUser, item: &str, body: Value, field: &str) -> String {
    user.post(&format!("{ATLAS}/{item}/transitions"), body).await.refused(field)
}

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

#[tokio::test]
async fn an_illegal_change_of_state_is_refused_with_the_legal_ones_named() {
    let test = TestApp::start().await;
    for kind in Kind::ALL {
        let own = match kind {
            Kind::Activity => json!({"title": "x", "likely_days": 5}),
            Kind::Issue => json!({"title": "x", "severity": 2}),
            Kind::Dependency => {
                json!({"title": "x", "provider": {"external": "A"}, "consumer": {"external": "B"}, "needed_by": "2026-08-01"})
            }
            Kind::Change => json!({"title": "x", "kinds": ["scope"], "reason": "y"}),
            _ => json!({"title": "x"}),
        };
        post(&test.manager, kind.plural(), own).await;
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
    unmoved(&test.contributor, "risks/1", json!({"to": "accepted"}), "until").await;
    unmoved(&test.contributor, "risks/1", json!({"to": "accepted", "until": "2026-06-30"}), "until").await;
    let accepted = moved(
        &test.contributor,
        "risks/1",
        json!({"to": "accepted", "until": "2026-09-30", "reason": "Cheaper"}),
    )
    .await;
    assert_eq!((&accepted["accepted_until"], &accepted["open"]), (&json!("2026-09-30"), &json!(true)));
    assert_eq!(accepted["accepted_by"]["name"], "Contributor");
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
    let gone = moved(&test.manager, one, json!({"to": "superseded", "superseded_by": "ATLAS-DEC2"})).await;
    assert_eq!(gone["superseded_by"]["ref"], "ATLAS-DEC2");
    let links = test.viewer.get(&format!("{ATLAS}/decisions/2/links")).await.json();
    assert_eq!(
        (&links["items"][0]["relation"], &links["items"][0]["ref"]),
        (&json!("supersedes"), &json!("ATLAS-DEC1"))
    );
}

#[tokio::test]
async fn an_approved_change_makes_the_next_baseline_and_keeps_the_original() {
    let test = TestApp::start().await;
    for n in 1..=2 {
        post(
            &test.manager,
            "milestones",
            json!({"title": format!("M{n}"), "committed_on": "2026-09-01", "effective_on": "2026-02-01"}),
        )
        .await;
    }
    post(&test.manager, "changes", json!({"title": "Add the audit", "kinds": ["schedule"], "reason": "The law", "owner": test.contributor.email,
        "rebaseline": [{"ref": "ATLAS-M1", "committed_on": "2026-10-01"}], "effective_on": "2026-05-01"})).await;
    let one = "changes/1";
    unmoved(&test.manager, one, json!({"to": "approved"}), "to").await;
    moved(&test.manager, one, json!({"to": "submitted", "on": "2026-05-04"})).await;
    test.contributor
        .post(&format!("{ATLAS}/{one}/transitions"), json!({"to": "approved"}))
        .await
        .problem(403);
    let early = unmoved(&test.manager, one, json!({"to": "approved", "on": "2026-05-03"}), "on").await;
    assert!(early.contains("2026-05-04"), "{early}");
    let approved = moved(
        &test.manager,
        one,
        json!({"to": "approved", "on": "2026-05-06", "reason": "Agreed by the board"}),
    )
    .await;
    assert_eq!(
        (&approved["decided_on"], &approved["decided_by"]["name"]),
        (&json!("2026-05-06"), &json!("Manager"))
    );
    let milestone = async |n: i32, day: &str| {
        test.viewer.get(&format!("{ATLAS}/milestones/{n}?as_of={day}")).await.is(200).json()
    };
    let after = milestone(1, "2026-05-06").await;
    assert_eq!((&after["committed_on"], &after["original_on"]), (&json!("2026-10-01"), &json!("2026-09-01")));
    assert_eq!(milestone(1, "2026-05-05").await["committed_on"], "2026-09-01");
    assert_eq!(milestone(2, "2026-06-30").await["committed_on"], "2026-09-01");

    let baselines = test.viewer.get(&format!("{ATLAS}/baselines")).await.json();
    assert_eq!(baselines["total"], 2);
    let first = test.viewer.get(&format!("{ATLAS}/baselines/0")).await.json();
    assert_eq!(
        (first["items"].as_array().unwrap().len(), &first["items"][0]["committed_on"]),
        (2, &json!("2026-09-01"))
    );
    let second = test.viewer.get(&format!("{ATLAS}/baselines/1")).await.json();
    assert_eq!((&second["name"], &second["items"][0]["ref"]), (&json!("Add the audit"), &json!("ATLAS-M1")));
    test.viewer.get(&format!("{ATLAS}/baselines/2")).await.problem(404);
    assert_eq!(test.viewer.get(&format!("{ATLAS}/baselines?as_of=2026-05-05")).await.json()["total"], 1);
    // What was decided stays so.
    let version = approved["version"].as_i64().unwrap();
    test.manager.patch(&format!("{ATLAS}/{one}"), version, json!({"reason": "Another"})).await.refused("");
    moved(&test.manager, one, json!({"to": "implemented"})).await;

    // By hand: a manager's right.
    let by_hand = json!({"name": "Summer", "reason": "Replanned", "items": [{"ref": "ATLAS-M2", "committed_on": "2026-11-01"}]});
    test.contributor.post(&format!("{ATLAS}/baselines"), by_hand.clone()).await.problem(403);
    let made = test.manager.post(&format!("{ATLAS}/baselines"), by_hand).await.is(201);
    assert_eq!(made.header("location"), format!("{ATLAS}/baselines/2"));
    assert_eq!(made.json()["reason"], "Replanned");
    assert_eq!(milestone(2, "2026-06-30").await["committed_on"], "2026-11-01");
    for (body, field) in [
        (json!({"items": []}), "name"),
        (json!({"name": "x", "items": [{"ref": "ATLAS-M9", "committed_on": "2026-11-01"}]}), "items"),
        (json!({"name": "x", "items": [{"ref": "ATLAS-CR1", "committed_on": "2026-11-01"}]}), "items"),
        (json!({"name": "x", "items": [{"ref": "ATLAS-M1"}]}), "items"),
        (json!({"name": "x", "dates": []}), "dates"),
    ] {
        test.manager.post(&format!("{ATLAS}/baselines"), body).await.refused(field);
    }
}

/// Routes of the API that its description leaves out: itself.
const UNDESCRIBED: &[&str] = &["/api/openapi.json"];

/// Every `$ref` in a document.
fn references(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => map.iter().for_each(|(name, value)| match value {
            Value::String(to) if name == "$ref" => drop(found.insert(to.clone())),
            other => references(other, found),
        }),
        Value::Array(list) => list.iter().for_each(|value| references(value, found)),
        _ => {}
    }
}

#[tokio::test]
async fn the_description_of_the_api_is_whole_and_true() {
    let test = TestApp::empty(None).await;
    let described =
        crate::support::app::Answer::of(test.anonymous(reqwest::Method::GET, "/api/openapi.json"))
            .await
            .is(200)
            .json();
    assert_eq!(described["openapi"], "3.1.0");
    assert!(described["info"]["title"].is_string() && described["info"]["version"].is_string());
    let mut found = BTreeSet::new();
    references(&described, &mut found);
    for reference in &found {
        let pointer = reference.strip_prefix('#').unwrap_or_else(|| panic!("{reference} lies elsewhere"));
        assert!(described.pointer(pointer).is_some(), "{reference} leads nowhere");
    }
    let mut operations = BTreeSet::new();
    let mut ids = BTreeSet::new();
    for (path, item) in described["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            operations.insert((method.to_uppercase(), path.clone()));
            assert!(
                operation["responses"].as_object().is_some_and(|responses| !responses.is_empty()),
                "{method} {path}"
            );
            assert!(operation["summary"].is_string(), "{method} {path} says what it does");
            ids.insert(operation["operationId"].as_str().unwrap_or_default().to_owned());
            let stated: BTreeSet<_> = operation["parameters"]
                .as_array()
                .into_iter()
                .flatten()
                .filter(|parameter| parameter["in"] == "path")
                .map(|parameter| parameter["name"].as_str().unwrap_or_default())
                .collect();
            let named: BTreeSet<_> =
                path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')).collect();
            assert_eq!(stated, named, "{method} {path} states what stands in its path");
        }
    }
    assert_eq!(ids.len(), operations.len(), "each operation has a name of its own");
    let routes: BTreeSet<_> = plumbline::web::routes()
        .listed()
        .iter()
        .filter(|(_, path)| path.starts_with("/api/") && !UNDESCRIBED.contains(&path.as_ref()))
        .map(|(method, path)| ((*method).to_owned(), path.to_string()))
        .collect();
    let missing: Vec<_> = routes.difference(&operations).collect();
    assert!(missing.is_empty(), "not described: {missing:?}");
    let gone: Vec<_> = operations.difference(&routes).collect();
    assert!(gone.is_empty(), "described, and not there: {gone:?}");
}

#[tokio::test]
async fn baselines_made_at_the_same_moment_each_get_a_number() {
    let test = TestApp::start().await;
    let manager = &test.manager;
    manager
        .post("/api/v1/programs/ATLAS/milestones", json!({"title": "GA", "committed_on": "2026-09-01"}))
        .await
        .is(201);
    let make = |day: &str| {
        let items = json!([{"ref": "ATLAS-M1", "committed_on": day}]);
        manager.post("/api/v1/programs/ATLAS/baselines", json!({"name": day, "items": items}))
    };
    let (one, two, three, four) =
        tokio::join!(make("2026-10-01"), make("2026-10-02"), make("2026-10-03"), make("2026-10-04"));
    let mut numbers: Vec<_> =
        [one, two, three, four].map(|answer| answer.is(201).json()["number"].as_i64().unwrap()).into();
    numbers.sort_unstable();
    assert_eq!(numbers, [1, 2, 3, 4]);
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
async fn an_item_is_found_by_number_reference_and_id() {
    let test = TestApp::start().await;
    let manager = &test.manager;
    manager.post("/api/v1/programs/ATLAS/milestones", json!({"title": "GA"})).await.is(201);
    let risk = json!({"title": "No way back", "threatens": ["ATLAS-M1"]});
    let made = manager.post("/api/v1/programs/ATLAS/risks", risk).await.is(201).json();
    assert_eq!(made["threatens"], json!(["ATLAS-M1"]));
    for name in ["1", "ATLAS-R1", "atlas-r1", made["id"].as_str().unwrap()] {
        let found = manager.get(&format!("/api/v1/programs/ATLAS/risks/{name}")).await.is(200).json();
        assert_eq!(found, made, "{name}");
    }
    for name in ["2", "ATLAS-M1", "OTHER-R1", "x", "00000000-0000-7000-8000-000000000000"] {
        manager.get(&format!("/api/v1/programs/ATLAS/risks/{name}")).await.problem(404);
    }
    let dependency =
        json!({"title": "API", "provider": {"external": "Taxwise"}, "consumer": {"external": "Auditor"}});
    let made = manager.post("/api/v1/programs/ATLAS/dependencies", dependency).await.is(201).json();
    assert_eq!(made["provider"], json!({"external": "Taxwise"}));
}
