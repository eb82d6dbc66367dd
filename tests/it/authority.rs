//! Who may say something because of what they are in a program, not because of what they may edit: whoever holds a role signs a gate
//! off for it, whoever is asked about a change answers, the sponsor accepts what only a sponsor may, and each side of a dependency agrees
//! for itself.

use crate::support::api::{ATLAS, atlas, get, moved, post, unmoved};
use crate::support::app::{TestApp, TestUser};
use serde_json::{Value, json};

fn detail(problem: &Value) -> &str {
    problem["detail"].as_str().unwrap()
}

const SIGN: &str = "/api/v1/programs/ATLAS/gates/1/sign-offs";

/// A gate in review, that Engineering, Security and Support sign off: a contributor and a viewer hold the first two, nobody the third.
async fn gated(test: &TestApp) {
    let body = json!({
        "title": "Launch", "on": "2026-07-10", "owner": test.contributor.email,
        "sign_off_roles": ["Engineering", "Security", "Support"],
        "sign_off_holders": [
            {"role": "engineering", "person": test.contributor.email}, {"role": "Security", "person": test.viewer.email},
        ],
    });
    post(&test.manager, "gates", body).await;
    moved(&test.manager, "gates/1", json!({"to": "in_review"})).await;
}

#[tokio::test]
async fn a_role_is_signed_for_by_who_holds_it_whatever_else_they_may_do() {
    let test = atlas().await;
    gated(&test).await;
    let go = |role: &str| json!({"role": role, "verdict": "go"});
    test.contributor.post(SIGN, go("Engineering")).await.is(201);
    // Security is a viewer's, and not the contributor's who owns the gate.
    let told = test.contributor.post(SIGN, go("Security")).await.problem(403);
    assert_eq!(
        detail(&told),
        "Security is held by Viewer: they sign, or a manager of the program in their place."
    );
    let said = test
        .viewer
        .post(SIGN, json!({"role": "security", "verdict": "no_go", "comment": "Two findings"}))
        .await;
    let said = said.is(201).json();
    assert_eq!(
        (&said["person"]["name"], &said["signed_by"], &said["reason"]),
        (&json!("Viewer"), &Value::Null, &Value::Null)
    );
    test.viewer.post(SIGN, go("Engineering")).await.problem(403);
    let told = test.contributor.post(SIGN, go("Support")).await.problem(403);
    assert_eq!(detail(&told), "Nobody is named for Support: a manager of the program names who holds it.");
    // Whom a role's word comes from is not for the owner of the gate to say.
    let mine = json!({"sign_off_holders": [{"role": "Security", "person": test.contributor.email}]});
    test.contributor.patch(&format!("{ATLAS}/gates/1"), 2, mine.clone()).await.problem(403);
    let raised = json!({"title": "Mine", "on": "2026-08-01", "sign_off_roles": ["Security"],
        "sign_off_holders": mine["sign_off_holders"]});
    test.contributor.post(&format!("{ATLAS}/gates"), raised).await.problem(403);
    test.contributor.patch(&format!("{ATLAS}/gates/1"), 2, json!({"forum": "Steering"})).await.is(200);
    let odd = json!({"sign_off_holders": [{"role": "Weather", "person": test.contributor.email}]});
    test.manager.patch(&format!("{ATLAS}/gates/1"), 3, odd).await.refused("sign_off_holders");
    test.stranger.post(SIGN, go("Security")).await.problem(404);
    assert_eq!(
        get(&test.viewer, "gates/1").await["readiness"]["roles_missing"],
        json!(["security", "support"])
    );
}

#[tokio::test]
async fn a_manager_signs_in_somebodys_place_for_a_reason_that_is_kept_and_shown() {
    let test = atlas().await;
    gated(&test).await;
    let go = |role: &str| json!({"role": role, "verdict": "go"});
    let told = test.manager.post(SIGN, go("Security")).await.refused("reason");
    assert_eq!(told, "Security is held by Viewer: say why you sign in their place.");
    let told = test.manager.post(SIGN, go("Support")).await.refused("reason");
    assert_eq!(told, "Nobody is named for Support: say why you sign for it.");
    let whose =
        json!({"role": "Security", "verdict": "go", "person": test.contributor.email, "reason": "Ill"});
    let told = test.manager.post(SIGN, whose).await.refused("person");
    assert_eq!(told, "Security is held by Viewer.");
    let said = json!({"role": "Security", "verdict": "go", "reason": "She is ill and said yes by phone."});
    let said = test.manager.post(SIGN, said).await.is(201).json();
    assert_eq!(
        (&said["person"]["name"], &said["signed_by"]["name"], &said["reason"]),
        (&json!("Viewer"), &json!("Manager"), &json!("She is ill and said yes by phone."))
    );
    for page in ["/programs/ATLAS/gates/1", "/programs/ATLAS/gates/1/live"] {
        let text = test.viewer.page(page).await.is(200).text;
        assert!(
            text.contains("Signed by Manager in their place:") && text.contains("said yes by phone"),
            "{page}: {text}"
        );
    }
    let history = get(&test.viewer, "history?limit=200").await;
    let told = history["items"].as_array().unwrap().iter().find(|row| row["text"] == "Security signed: go");
    assert_eq!(told.expect("it is told")["reason"], "She is ill and said yes by phone.");
    // Who holds the role may still say it themselves: then nobody stands in their place.
    let own = test.viewer.post(SIGN, json!({"role": "Security", "verdict": "no_go"})).await.is(201).json();
    assert_eq!((&own["signed_by"], &own["verdict"]), (&Value::Null, &json!("no_go")));
}

#[tokio::test]
async fn the_sponsor_holds_the_role_of_the_sponsor_and_pages_offer_a_role_to_who_may_sign_it() {
    let test = atlas().await;
    let version = test.manager.get(ATLAS).await.json()["version"].as_i64().unwrap();
    test.manager.patch(ATLAS, version, json!({"sponsor": test.viewer.email})).await.is(200);
    let body = json!({"title": "Launch", "on": "2026-07-10", "sign_off_roles": ["Sponsor", "QA"],
        "sign_off_holders": [{"role": "QA", "person": test.viewer.email}]});
    post(&test.manager, "gates", body).await;
    moved(&test.manager, "gates/1", json!({"to": "in_review"})).await;
    let live = "/programs/ATLAS/gates/1/live";
    let offered = async |user: &TestUser| {
        let page = user.page(live).await.is(200).text;
        (page.matches("class=\"vote\"").count(), page.contains("Why in their place"))
    };
    assert_eq!(offered(&test.viewer).await, (2, false), "they hold both");
    assert_eq!(offered(&test.contributor).await, (0, false));
    assert_eq!(offered(&test.manager).await, (2, true));
    let work = test.viewer.get("/api/v1/me/work").await.is(200).json();
    assert_eq!((&work["items"][0]["why"], &work["items"][0]["ref"]), (&json!("sign"), &json!("ATLAS-G1")));
    let page = test.viewer.page("/me/work").await.text;
    assert!(page.contains("you hold a role that has not signed"));
    assert!(page.contains("My work <b>1</b>"), "what waits for a signature is counted");
    for role in ["Sponsor", "QA"] {
        test.viewer.submit(live, &[("what", "sign"), ("role", role), ("verdict", "go")]).await.is(303);
    }
    assert_eq!(test.viewer.get("/api/v1/me/work").await.json()["total"], 0, "it is signed");
    let wrong = test.manager.submit(live, &[("what", "sign"), ("role", "QA"), ("verdict", "no_go")]).await;
    assert!(wrong.is(422).text.contains("QA is held by Viewer: say why you sign in their place."));
}

/// A change request of ATLAS that makes a dependency of OTHER late: the stranger, who alone may see that program, is asked.
async fn asked(test: &TestApp) {
    let milestone =
        json!({"title": "Interface ready", "committed_on": "2026-07-20", "effective_on": "2026-02-02"});
    post(&test.manager, "milestones", milestone).await;
    test.stranger.post("/api/v1/programs", json!({"key": "OTHER", "name": "Other"})).await.is(201);
    let path = format!("/api/v1/programs/OTHER/members/{}", test.manager.person);
    test.stranger.put(&path, json!({"role": "contributor"})).await.is(200);
    let feed = json!({"title": "The feed", "needed_by": "2026-07-24", "provider": {"external": "Atlas"},
        "consumer": {"external": "Pilot"}, "provider_milestone": "ATLAS-M1", "owner": test.stranger.email});
    test.manager.post("/api/v1/programs/OTHER/dependencies", feed).await.is(201);
    test.stranger.delete(&path).await.is(204);
    let later = json!({"title": "Heliotrope later", "description": "Heliotrope", "kinds": ["schedule"],
        "reason": "Heliotrope parts", "rebaseline": [{"ref": "ATLAS-M1", "committed_on": "2026-08-03"}]});
    post(&test.manager, "changes", later).await;
    moved(&test.manager, "changes/1", json!({"to": "submitted"})).await;
}

const ASKED: &str = "/api/v1/me/questions";

#[tokio::test]
async fn whoever_is_asked_about_a_change_answers_without_seeing_the_program_that_asks() {
    let test = TestApp::start().await;
    asked(&test).await;
    let stranger = &test.stranger;
    let all = stranger.get(ASKED).await.is(200).json();
    let one = &all["items"][0];
    assert_eq!(
        (&all["total"], &one["change"], &one["dependency"]),
        (&json!(1), &json!("ATLAS-CR1"), &json!("OTHER-D1"))
    );
    assert_eq!(
        (&one["change_title"], &one["title"], &one["needed_by"], &one["comes_on"], &one["agrees"]),
        (&Value::Null, &json!("The feed"), &json!("2026-07-24"), &json!("2026-08-03"), &Value::Null)
    );
    let work = stranger.get("/api/v1/me/work").await.is(200).json();
    let row = work["items"].as_array().unwrap().iter().find(|row| row["why"] == "answer").expect("it waits");
    assert_eq!(
        (&row["ref"], &row["title"], &row["url"]),
        (&json!("ATLAS-CR1"), &Value::Null, &json!("/me/questions#ATLAS-CR1"))
    );
    for page in ["/me/work", "/me/questions", "/me/decisions"] {
        let text = stranger.page(page).await.is(200).text;
        assert!(!text.contains("Heliotrope") && !text.contains("Interface ready"), "{page}: {text}");
        assert!(text.contains("/me/questions"), "{page} leads to the question");
    }
    // Nothing else of the program opens, and nobody else is asked.
    stranger.get(&format!("{ATLAS}/changes/1")).await.problem(404);
    stranger
        .post(&format!("{ATLAS}/changes/1/questions/OTHER-D1"), json!({"agrees": true}))
        .await
        .problem(404);
    let answers = format!("{ASKED}/ATLAS-CR1/OTHER-D1");
    for user in [&test.manager, &test.contributor, &test.viewer] {
        assert_eq!(user.get(ASKED).await.is(200).json()["total"], 0);
        user.post(&answers, json!({"agrees": true})).await.problem(404);
    }
    stranger.post(&answers, json!({"agrees": false})).await.refused("comment");
    stranger.post(&format!("{ASKED}/ATLAS-CR1/OTHER-D9"), json!({"agrees": true})).await.problem(404);

    let form = "/me/questions/ATLAS-CR1/OTHER-D1";
    let back = stranger.submit(form, &[("agrees", "no"), ("comment", "")]).await.is(422).text;
    assert!(back.contains("Say why not") && back.contains("value=\"no\" selected"), "{back}");
    stranger.submit(form, &[("agrees", "no"), ("comment", "The trial is booked.")]).await.is(303);
    let told = get(&test.manager, "changes/1/questions").await["items"][0].clone();
    assert_eq!(
        (&told["agrees"], &told["comment"], &told["answered_by"]),
        (&json!(false), &json!("The trial is booked."), &json!("Stranger"))
    );
    let why = unmoved(&test.manager, "changes/1", json!({"to": "approved"}), "reason").await;
    assert!(why.contains("Stranger answered no"), "{why}");
    assert!(stranger.page("/me/questions").await.text.contains("you said <b class=\"bad\">no</b>"));
    let again = stranger.post(&answers, json!({"agrees": true})).await.is(200).json();
    assert_eq!((&again["agrees"], &again["answered_on"]), (&json!(true), &json!("2026-06-30")));
    moved(&test.manager, "changes/1", json!({"to": "approved"})).await;
    assert_eq!(stranger.get(ASKED).await.json()["total"], 0, "it is decided");
    stranger.post(&answers, json!({"agrees": false, "comment": "No"})).await.problem(404);
}

#[tokio::test]
async fn a_sponsor_who_only_reads_accepts_the_risk_that_demands_the_sponsor_and_does_nothing_else() {
    let test = TestApp::start().await;
    let version = test.manager.get(ATLAS).await.json()["version"].as_i64().unwrap();
    test.manager.patch(ATLAS, version, json!({"sponsor": test.viewer.email})).await.is(200);
    for (probability, impact) in [(4, 4), (2, 5), (1, 1)] {
        post(&test.manager, "risks", json!({"title": "R", "probability": probability, "impact": impact}))
            .await;
    }
    let accept = json!({"to": "accepted", "until": "2026-09-30", "reason": "Cheaper"});
    let page = test.viewer.page("/programs/ATLAS/risks/1").await.is(200).text;
    assert!(page.contains("Accept the risk") && !page.contains("/risks/1/edit"), "that, and no edit: {page}");
    for other in ["mitigating", "closed", "materialised"] {
        let body = json!({"to": other});
        test.viewer.post(&format!("{ATLAS}/risks/1/transitions"), body).await.problem(403);
    }
    test.viewer.patch(&format!("{ATLAS}/risks/1"), 1, json!({"title": "X"})).await.problem(403);
    let accepted = moved(&test.viewer, "risks/1", accept.clone()).await;
    assert_eq!(
        (&accepted["state"], &accepted["accepted_by"]["name"]),
        (&json!("accepted"), &json!("Viewer"))
    );
    test.viewer
        .submit(
            "/programs/ATLAS/risks/2/transitions",
            &[("to", "accepted"), ("until", "2026-09-30"), ("reason", "Cheaper"), ("version", "1")],
        )
        .await
        .is(303);
    // What its owner accepts is not the sponsor's.
    test.viewer.post(&format!("{ATLAS}/risks/3/transitions"), accept.clone()).await.problem(403);
    test.stranger.post(&format!("{ATLAS}/risks/3/transitions"), accept.clone()).await.problem(404);
    let own = test.viewer.email.clone();
    test.manager.patch(&format!("{ATLAS}/risks/3"), 1, json!({"owner": own})).await.is(200);
    moved(&test.viewer, "risks/3", accept).await;
}

#[tokio::test]
async fn the_lead_of_a_side_who_only_reads_agrees_for_that_side_and_not_for_the_other() {
    let test = atlas().await;
    let team = json!({"name": "Feeds", "lead": test.viewer.email});
    test.manager.post("/api/v1/teams", team).await.is(201);
    let feed = json!({"title": "Feed", "provider": {"team": "Feeds"}, "consumer": {"team": "Ledger"},
        "needed_by": "2026-09-01", "promised_by": "2026-08-20"});
    post(&test.manager, "dependencies", feed).await;
    let path = format!("{ATLAS}/dependencies/1/transitions");
    test.viewer.post(&path, json!({"to": "agreed", "as": "consumer"})).await.problem(403);
    moved(&test.viewer, "dependencies/1", json!({"to": "agreed", "as": "provider"})).await;
    moved(&test.manager, "dependencies/1", json!({"to": "agreed", "as": "consumer"})).await;
    assert_eq!(moved(&test.viewer, "dependencies/1", json!({"to": "delivered"})).await["state"], "delivered");
    test.viewer.post(&path, json!({"to": "accepted"})).await.problem(403);
}
