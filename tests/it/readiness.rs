//! Readiness: gates with their checks and roles, what keeps them from going, and releases.

use crate::support::api::{ATLAS, atlas, get, moved, post, raise, unmoved};
use crate::support::app::{TestApp, TestUser, at};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use plumbline::domain::kind::Kind;
use serde_json::{Value, json};

pub fn each<'v>(list: &'v Value, field: &str) -> Vec<&'v Value> {
    list["items"].as_array().unwrap().iter().map(|row| &row[field]).collect()
}

/// A gate in review, with three checks (the last is optional) and three roles of which two have to say go.
pub async fn gated(test: &TestApp) -> Value {
    let body = json!({
        "title": "Launch", "on": "2026-07-10", "owner": test.manager.email,
        "sign_off_roles": ["Engineering", "Security", "Support"], "quorum": 2,
        "sign_off_holders": [
            {"role": "Engineering", "person": test.contributor.email}, {"role": "Security", "person": test.contributor.email},
            {"role": "Support", "person": test.manager.email},
        ],
        "checks": [
            {"area": "engineering", "criterion": "No open defect of severity 1.\nNone at all.", "due_on": "2026-07-01"},
            {"area": "security", "criterion": "Penetration test done", "owner": test.contributor.email},
            {"area": "marketing", "criterion": "Announcement approved", "mandatory": false},
        ],
    });
    let gate = post(&test.manager, "gates", body).await;
    moved(&test.manager, "gates/1", json!({"to": "in_review"})).await;
    gate
}

async fn sign(user: &TestUser, role: &str, verdict: &str) {
    post(user, "gates/1/sign-offs", json!({"role": role, "verdict": verdict})).await;
}

#[tokio::test]
async fn a_gate_is_raised_with_its_checks_whole_or_not_at_all() {
    let test = atlas().await;
    let gate = gated(&test).await;
    assert_eq!(gate["readiness"]["checks"], json!(["ATLAS-CHK1", "ATLAS-CHK2", "ATLAS-CHK3"]));
    assert_eq!((&gate["readiness"]["applicable"], &gate["readiness"]["pass_rate"]), (&json!(3), &json!(0.0)));
    let checks = get(&test.viewer, "gates/1/checks").await;
    assert_eq!(
        each(&checks, "title"),
        ["No open defect of severity 1.", "Penetration test done", "Announcement approved"]
    );
    assert_eq!(each(&checks, "mandatory"), [true, true, false]);
    assert_eq!(checks["items"][1]["owner"]["name"], "Contributor");
    assert_eq!(get(&test.viewer, "checks/1").await["gate"]["ref"], "ATLAS-G1");

    let wrong = json!({"title": "Other", "on": "2026-08-01", "checks": [
        {"area": "engineering", "criterion": "Good"}, {"area": "weather", "criterion": "Sun"}, {"area": "legal", "odd": 1}]});
    let refused = test.manager.post(&format!("{ATLAS}/gates"), wrong).await;
    refused.refused("checks[1].area");
    refused.refused("checks[2].odd");
    refused.refused("checks[2].title");
    test.manager
        .post(&format!("{ATLAS}/gates"), json!({"title": "X", "on": "2026-08-01", "checks": "all"}))
        .await
        .refused("checks");
    assert_eq!(get(&test.viewer, "gates").await["total"], 1, "nothing of it was written");
    assert_eq!(get(&test.viewer, "checks").await["total"], 3);

    // One more by itself, with a person who is new, and by the manager alone.
    let more =
        json!({"area": "operations", "criterion": "Runbook walked through", "owner": {"name": "Ada New"}});
    let added = test.manager.post(&format!("{ATLAS}/gates/1/checks"), more.clone()).await.is(201);
    assert_eq!(added.header("location"), format!("{ATLAS}/checks/4"));
    assert_eq!(
        (&added.json()["title"], &added.json()["owner"]["name"]),
        (&json!("Runbook walked through"), &json!("Ada New"))
    );
    assert_eq!(added.json()["mandatory"], true);
    test.manager.post(&format!("{ATLAS}/gates/1/checks"), json!({"area": "legal"})).await.refused("title");
    test.viewer.post(&format!("{ATLAS}/gates/1/checks"), more.clone()).await.problem(403);
    test.stranger.post(&format!("{ATLAS}/gates/1/checks"), more).await.problem(404);
    let alone = raise(&test.manager, Kind::Check, json!({"title": "", "criterion": "Backups restore"})).await;
    assert_eq!((&alone["title"], &alone["mandatory"]), (&json!("Backups restore"), &json!(true)));
}

#[tokio::test]
async fn go_is_refused_with_what_is_in_the_way() {
    let test = atlas().await;
    gated(&test).await;
    moved(&test.manager, "checks/1", json!({"to": "passed", "evidence_title": "Build 12"})).await;
    moved(&test.contributor, "checks/2", json!({"to": "failed"})).await;
    let told = unmoved(&test.manager, "gates/1", json!({"to": "go"}), "to").await;
    assert!(told.contains("ATLAS-CHK2 Penetration test done (failed)"), "{told}");
    assert!(!told.contains("CHK1") && !told.contains("CHK3"), "passed, and optional: {told}");
    let told = unmoved(&test.manager, "gates/1", json!({"to": "go"}), "override_reason").await;
    assert!(told.contains("0 of 2") && told.contains("Engineering, Security, Support"), "{told}");
    assert_eq!(get(&test.viewer, "gates/1").await["readiness"]["blocking"], json!(["ATLAS-CHK2"]));

    // A waiver needs a reason, and holds as long as it says.
    unmoved(&test.manager, "checks/2", json!({"to": "waived"}), "reason").await;
    unmoved(
        &test.manager,
        "checks/2",
        json!({"to": "waived", "reason": "Next week", "until": "2026-06-30"}),
        "until",
    )
    .await;
    moved(&test.manager, "checks/2", json!({"to": "waived", "reason": "Next week", "until": "2026-07-04"}))
        .await;
    let standing = get(&test.viewer, "gates/1").await["readiness"].clone();
    assert_eq!(
        (&standing["passed"], &standing["waived"], &standing["applicable"]),
        (&json!(1), &json!(1), &json!(3))
    );
    sign(&test.contributor, "engineering", "go").await;
    let told = unmoved(&test.manager, "gates/1", json!({"to": "go"}), "override_reason").await;
    assert!(told.contains("Security, Support") && !told.contains("Engineering"), "{told}");
    sign(&test.manager, "Support", "go").await;

    test.clock.hold_at(at("2026-07-05T12:00:00Z"));
    let told = unmoved(&test.manager, "gates/1", json!({"to": "go"}), "to").await;
    assert!(told.contains("ATLAS-CHK2 Penetration test done (waiver expired)"), "{told}");
    let checks = get(&test.viewer, "gates/1/checks").await;
    assert_eq!(each(&checks, "standing")[1], "waiver expired");
    assert!(
        test.viewer.page("/programs/ATLAS/checks/2").await.is(200).text.contains("The waiver has expired.")
    );
    let then = get(&test.viewer, "gates/1/checks?as_of=2026-07-01").await;
    assert_eq!(each(&then, "standing")[1], "waived", "as it stood then");

    moved(&test.contributor, "checks/2", json!({"to": "passed"})).await;
    let gone = moved(&test.manager, "gates/1", json!({"to": "go", "reason": "All is well"})).await;
    assert_eq!(
        (&gone["state"], &gone["decided_on"], &gone["decided_by"]["name"]),
        (&json!("go"), &json!("2026-07-05"), &json!("Manager"))
    );
    let late = json!({"role": "Security", "verdict": "no_go"});
    let told = test.manager.post(&format!("{ATLAS}/gates/1/sign-offs"), late).await.refused("verdict");
    assert!(told.contains("go already"), "{told}");
}

#[tokio::test]
async fn a_gate_goes_without_its_quorum_only_for_a_reason_that_is_kept() {
    let test = atlas().await;
    let body = json!({"title": "Small", "on": "2026-07-01", "owner": test.contributor.email, "sign_off_roles": ["Security"]});
    post(&test.manager, "gates", body).await;
    moved(&test.contributor, "gates/1", json!({"to": "in_review"})).await;
    let without = json!({"to": "go", "override_reason": "The officer is ill; the deputy said yes by phone."});
    test.contributor.post(&format!("{ATLAS}/gates/1/transitions"), without.clone()).await.problem(403);
    let gone = moved(&test.manager, "gates/1", without).await;
    assert_eq!(gone["override_reason"], "The officer is ill; the deputy said yes by phone.");
    let page = test.viewer.page("/programs/ATLAS/gates/1").await.is(200);
    assert!(page.text.contains("Without its quorum:") && page.text.contains("The officer is ill"));
}

#[tokio::test]
async fn conditions_become_actions_in_the_same_transaction() {
    let test = atlas().await;
    gated(&test).await;
    for role in ["Engineering", "Security"] {
        sign(&test.contributor, role, "conditional_go").await;
    }
    unmoved(&test.manager, "gates/1", json!({"to": "conditional_go"}), "conditions").await;
    unmoved(&test.manager, "gates/1", json!({"to": "conditional_go", "conditions": " \n - "}), "conditions")
        .await;
    assert_eq!(get(&test.viewer, "actions").await["total"], 0);
    let conditions = "Runbook reviewed | 2026-07-10\n- Two people on call";
    let gone =
        moved(&test.manager, "gates/1", json!({"to": "conditional_go", "conditions": conditions})).await;
    assert_eq!(gone["state"], "conditional_go", "mandatory checks that have not passed don't keep it");
    let actions = get(&test.viewer, "actions?sort=number").await;
    assert_eq!(each(&actions, "title"), ["Runbook reviewed", "Two people on call"]);
    assert_eq!(each(&actions, "due_on"), [&json!("2026-07-10"), &Value::Null]);
    assert_eq!(each(&actions, "from").iter().map(|from| &from["ref"]).collect::<Vec<_>>(), ["ATLAS-G1"; 2]);
    assert_eq!(actions["items"][0]["owner"]["name"], "Manager");
    let links = get(&test.viewer, "gates/1/links").await;
    assert_eq!(each(&links, "ref"), ["ATLAS-ACT1", "ATLAS-ACT2"]);
}

#[tokio::test]
async fn each_role_signs_once_by_a_named_person_and_may_think_again() {
    let test = atlas().await;
    gated(&test).await;
    let path = format!("{ATLAS}/gates/1/sign-offs");
    let said = json!({"role": "security", "verdict": "no_go", "comment": "Two findings are open."});
    let said = test.contributor.post(&path, said).await.is(201).json();
    assert_eq!(
        (&said["role"], &said["person"]["name"], &said["on"]),
        (&json!("security"), &json!("Contributor"), &json!("2026-06-30"))
    );
    let told =
        test.contributor.post(&path, json!({"role": "Weather", "verdict": "go"})).await.refused("role");
    assert!(told.contains("Engineering, Security, Support"), "{told}");
    test.contributor.post(&path, json!({"role": "Security", "verdict": "maybe"})).await.refused("verdict");
    sign(&test.manager, "support", "go").await;

    test.clock.hold_at(at("2026-07-02T12:00:00Z"));
    sign(&test.contributor, "Security", "go").await;
    let now = get(&test.viewer, "gates/1/sign-offs").await;
    assert_eq!(
        (each(&now, "role"), each(&now, "verdict")),
        (vec![&json!("security"), &json!("support")], vec![&json!("go"); 2])
    );
    let then = get(&test.viewer, "gates/1/sign-offs?as_of=2026-07-01").await;
    assert_eq!(
        (each(&then, "verdict")[0], each(&then, "comment")[0]),
        (&json!("no_go"), &json!("Two findings are open."))
    );
    let events = get(&test.viewer, "history?limit=200").await;
    let told: Vec<_> = each(&events, "text").into_iter().filter_map(Value::as_str).collect();
    assert!(told.contains(&"Security signed: no-go") && told.contains(&"Security signed: go"), "{told:?}");
}

#[tokio::test]
async fn a_gate_begins_from_a_checklist_and_its_checks_can_be_kept_as_one() {
    let test = atlas().await;
    gated(&test).await;
    let lists = get(&test.viewer, "checklists?limit=500").await;
    assert!(each(&lists, "name").contains(&&json!("Service launch")), "{lists}");
    let keep = json!({"name": "Our launch", "gate": "ATLAS-G1"});
    test.contributor.post(&format!("{ATLAS}/checklists"), keep.clone()).await.problem(403);
    let kept = post(&test.manager, "checklists", keep.clone()).await;
    assert_eq!(kept["checks"].as_array().unwrap().len(), 3);
    assert_eq!(
        kept["checks"][2],
        json!({"criterion": "Announcement approved", "area": "marketing", "mandatory": false})
    );
    test.manager.post(&format!("{ATLAS}/checklists"), keep).await.refused("name");

    post(&test.manager, "gates", json!({"title": "Second", "on": "2026-09-01"})).await;
    let begun = test
        .manager
        .post(&format!("{ATLAS}/gates/2/checklist"), json!({"checklist": "our launch"}))
        .await
        .is(200)
        .json();
    assert_eq!(begun["readiness"]["applicable"], 3);
    let again = test
        .manager
        .post(&format!("{ATLAS}/gates/2/checklist"), json!({"checklist": "Our launch"}))
        .await
        .is(200)
        .json();
    assert_eq!(again["readiness"]["applicable"], 3, "what is there is not added twice");
    let both = test
        .contributor
        .post(&format!("{ATLAS}/gates/2/checklist"), json!({"checklist": "Data migration"}))
        .await
        .is(200)
        .json();
    assert_eq!(both["readiness"]["applicable"], 14);
    test.manager
        .post(&format!("{ATLAS}/gates/2/checklist"), json!({"checklist": "Nonesuch"}))
        .await
        .refused("checklist");

    let id = kept["id"].as_str().unwrap();
    test.manager.delete(&format!("{ATLAS}/checklists/{id}")).await.is(204);
    let lists = get(&test.viewer, "checklists?limit=500").await;
    assert!(!each(&lists, "name").contains(&&json!("Our launch")));
    assert_eq!(
        get(&test.viewer, "gates/2").await["readiness"]["applicable"],
        14,
        "what was made from it stays"
    );
}

#[tokio::test]
async fn steps_are_ticked_off_and_a_rollback_says_why() {
    let test = atlas().await;
    let steps = json!([{"step": "Freeze", "owner": "Ada", "minutes": 5}, {"step": "Switch", "owner": "Ben", "minutes": 20}]);
    let body = json!({"title": "Wave", "launch_on": "2026-06-30", "owner": test.manager.email, "rollout_steps": steps,
        "rollback_steps": [{"step": "Switch", "owner": "Ben"}]});
    post(&test.manager, "releases", body).await;
    let path = format!("{ATLAS}/releases/1/steps");
    let done = test.contributor.post(&path, json!({"step": "Switch"})).await.is(200).json();
    assert_eq!(each(&done, "done"), [false, true, false], "of the rollout, not of the way back");
    assert_eq!(done["items"][1]["done_by"]["name"], "Contributor");
    assert_eq!(done["items"][1]["done_at"], "2026-06-30T12:00:00Z");
    let told = test.contributor.post(&path, json!({"step": "Dance"})).await.refused("step");
    assert!(told.contains("Dance"), "{told}");
    test.viewer.post(&path, json!({"step": "Freeze"})).await.problem(403);
    let undone = test.manager.post(&path, json!({"step": "Switch", "done": false})).await.is(200).json();
    assert_eq!(each(&undone, "done"), [false; 3]);

    moved(&test.manager, "releases/1", json!({"to": "launched"})).await;
    unmoved(&test.manager, "releases/1", json!({"to": "rolled_back"}), "reason").await;
    let back =
        moved(&test.manager, "releases/1", json!({"to": "rolled_back", "reason": "Balances differ."})).await;
    assert_eq!(
        (&back["rollback_reason"], &back["rolled_back_on"]),
        (&json!("Balances differ."), &json!("2026-06-30"))
    );
    let page = test.viewer.page("/programs/ATLAS/releases/1").await.is(200).text;
    assert!(page.contains("<b>Rolled back</b>") && page.contains("Balances differ."), "{page}");
}

#[tokio::test]
async fn incidents_and_defects_are_counted_once_and_can_be_taken_back() {
    let test = atlas().await;
    raise(&test.manager, Kind::Release, json!({"raised_on": "2026-06-01"})).await;
    let path = format!("{ATLAS}/releases/1/events");
    let body =
        json!({"kind": "incident", "on": "2026-06-20", "count": 3, "title": "Slow", "external_id": "INC-1"});
    let counted = test.contributor.post(&path, body.clone()).await.is(201).json();
    assert_eq!((&counted["count"], &counted["on"]), (&json!(3), &json!("2026-06-20")));
    test.contributor.post(&path, body).await.refused("external_id");
    test.contributor.post(&path, json!({"kind": "incident", "on": "2026-07-01"})).await.refused("on");
    test.contributor.post(&path, json!({"kind": "incident", "count": 0})).await.refused("count");
    test.contributor.post(&path, json!({"title": "What?"})).await.refused("kind");
    test.viewer.post(&path, json!({"kind": "defect"})).await.problem(403);
    post(&test.contributor, "releases/1/events", json!({"kind": "defect"})).await;
    let all = get(&test.viewer, "releases/1/events").await;
    assert_eq!(each(&all, "kind").len(), 2);
    assert_eq!(get(&test.viewer, "releases/1/events?as_of=2026-06-19").await["total"], 0);
    assert_eq!(get(&test.viewer, "releases/1/events?as_of=2026-06-25").await["total"], 1);
    let id = counted["id"].as_str().unwrap();
    test.contributor.delete(&format!("{path}/{id}")).await.is(204);
    assert_eq!(get(&test.viewer, "releases/1/events").await["total"], 1);
}

#[tokio::test]
async fn the_pages_show_where_it_stands_and_keep_what_was_typed() {
    let test = atlas().await;
    gated(&test).await;
    moved(&test.manager, "checks/1", json!({"to": "passed"})).await;
    let page = test.viewer.page("/programs/ATLAS/gates").await.is(200).text;
    for words in
        ["1 of 3, 33.3 %", "1 mandatory check in the way", "in 10 d", "0 of 3", "Penetration test done"]
    {
        assert!(page.contains(words), "“{words}” in {page}");
    }
    let page = test.viewer.page("/programs/ATLAS/gates/1").await.is(200).text;
    assert!(!page.contains("Add a check") && page.contains("not signed"), "a viewer only reads");

    let page = test
        .manager
        .submit("/programs/ATLAS/gates/1/checks", &[("criterion", "Legal agrees"), ("area", "weather")])
        .await
        .is(422)
        .text;
    assert!(page.contains("Legal agrees") && page.contains("aria-invalid"), "it comes back as it was typed");
    test.manager
        .submit("/programs/ATLAS/gates/1/checks", &[("criterion", "Legal agrees"), ("area", "legal")])
        .await
        .is(303);
    assert_eq!(get(&test.viewer, "checks/4").await["mandatory"], false, "the box was not ticked");
    let page = test
        .contributor
        .submit(
            "/programs/ATLAS/gates/1/sign-offs",
            &[("role", "Security"), ("verdict", ""), ("comment", "Two findings")],
        )
        .await
        .is(422)
        .text;
    assert!(page.contains("Two findings"));
    test.manager
        .submit("/programs/ATLAS/gates/1/checklist", &[("checklist", "Feature release")])
        .await
        .is(303);
    let kept =
        test.manager.submit("/programs/ATLAS/gates/1/checklist/keep", &[("name", "Ours")]).await.is(303);
    assert!(kept.header("location").starts_with("/programs/ATLAS/checklists"));
    assert!(test.viewer.page("/programs/ATLAS/checklists").await.is(200).text.contains("Ours"));

    // The page of the meeting.
    let live = "/programs/ATLAS/gates/1/live";
    let page = test.contributor.page(live).await.is(200).text;
    assert!(page.contains("data-shared") && page.contains("Penetration test done"));
    test.contributor
        .submit(live, &[("what", "sign"), ("role", "Security"), ("verdict", "no_go"), ("comment", "Not yet")])
        .await
        .is(303);
    test.contributor.submit(live, &[("what", "check"), ("check", "2"), ("to", "failed")]).await.is(303);
    let page = test
        .manager
        .submit(live, &[("what", "move"), ("to", "go"), ("reason", "We are late"), ("conditions", "")])
        .await
        .is(422)
        .text;
    assert!(page.contains("Mandatory checks have not passed") && page.contains("We are late"), "{page}");
    let page = test
        .manager
        .submit(live, &[("what", "move"), ("to", "go"), ("conditions", "One more test")])
        .await
        .is(422)
        .text;
    assert!(page.contains("One more test") && page.contains("go on conditions, or take them out"));
    test.manager.submit(live, &[("what", "move"), ("to", "no_go"), ("reason", "Two findings")]).await.is(303);
    assert_eq!(get(&test.viewer, "gates/1").await["state"], "no_go");
    test.viewer.submit(live, &[("what", "sign"), ("role", "Security"), ("verdict", "go")]).await.is(403);

    // A tool is given its secret once.
    let made = test.manager.submit("/programs/ATLAS/inbound", &[("name", "CI")]).await.is(200);
    assert_eq!(made.header("cache-control"), "no-store");
    let (_, secret) = made.text.split_once("<code>whsec_").expect("it is shown");
    let (secret, _) = secret.split_once('<').unwrap();
    assert_eq!(STANDARD.decode(secret).unwrap().len(), 32);
    let page = test.manager.page("/programs/ATLAS/inbound").await.is(200).text;
    assert!(page.contains("Revoke<") && !page.contains(secret), "and not again");
    test.manager.submit("/programs/ATLAS/inbound", &[("name", "ci")]).await.is(422);
}
