//! Change requests over the API and the pages: what approval adds, removes and redefines; baseline against baseline; and whom a
//! change makes late, asked and heard.

use crate::support::api::{ATLAS, get, moved, post, unmoved};
use crate::support::app::{TestApp, TestUser};
use serde_json::{Value, json};

async fn milestone(test: &TestApp, title: &str, committed: &str) {
    let body = json!({"title": title, "committed_on": committed, "effective_on": "2026-02-02"});
    post(&test.manager, "milestones", body).await;
}

#[tokio::test]
async fn approving_a_scope_change_adds_cancels_and_redefines_what_it_names_and_makes_the_next_baseline() {
    let test = TestApp::start().await;
    let manager = &test.manager;
    post(manager, "projects", json!({"key": "SEC", "name": "Security"})).await;
    milestone(&test, "Beta", "2026-09-01").await;
    milestone(&test, "Old portal", "2026-10-01").await;
    post(
        manager,
        "activities",
        json!({"title": "Migrate the portal", "likely_days": 8, "effective_on": "2026-02-02"}),
    )
    .await;
    let change = json!({
        "title": "Security first", "kinds": ["scope", "schedule"], "reason": "The audit", "effective_on": "2026-05-04",
        "options": [{"title": "Buy a scanner", "benefits": "fast", "costs": "9 k", "risks": "blind spots"}],
        "adds": [
            {"title": "Penetration test passed", "project": "SEC", "on": "2026-11-02"},
            {"title": "Penetration test", "kind": "activity", "project": "SEC", "days": 4.5},
        ],
        "removes": ["ATLAS-M2", {"ref": "ATLAS-T1"}],
        "redefines": [{"ref": "ATLAS-M1", "title": "Hardened beta", "acceptance_criteria": "No high finding"}],
        "rebaseline": [{"ref": "ATLAS-M1", "committed_on": "2026-09-15"}],
    });
    let made = post(manager, "changes", change).await;
    assert_eq!((&made["adds"], &made["removes"], &made["redefines"]), (&json!(2), &json!(2), &json!(1)));
    assert_eq!(made["added"][0]["title"], "Penetration test passed");
    assert_eq!(
        (&made["removed"][0]["ref"], &made["removed"][1]["ref"]),
        (&json!("ATLAS-M2"), &json!("ATLAS-T1"))
    );
    assert_eq!(made["redefined"][0]["item"]["ref"], "ATLAS-M1");
    assert_eq!(made["options"][0]["title"], "Buy a scanner");
    // An edit of something else keeps the lists.
    let edited = manager
        .patch(&format!("{ATLAS}/changes/1"), 1, json!({"cost": 9000, "effective_on": "2026-05-04"}))
        .await
        .is(200)
        .json();
    assert_eq!((&edited["added"], &edited["removed"]), (&made["added"], &made["removed"]));
    moved(manager, "changes/1", json!({"to": "submitted", "on": "2026-05-04"})).await;
    assert_eq!(get(manager, "milestones").await["total"], 2, "nothing changes before it is approved");
    moved(manager, "changes/1", json!({"to": "approved", "on": "2026-05-06", "reason": "Board"})).await;

    let new = get(manager, "milestones/3").await;
    assert_eq!(
        (&new["title"], &new["project"]["key"], &new["committed_on"], &new["original_on"], &new["raised_on"]),
        (
            &json!("Penetration test passed"),
            &json!("SEC"),
            &json!("2026-11-02"),
            &json!("2026-11-02"),
            &json!("2026-05-06")
        )
    );
    let work = get(manager, "activities/2").await;
    assert_eq!((&work["title"], &work["likely_days"]), (&json!("Penetration test"), &json!(4.5)));
    for gone in ["milestones/2", "activities/1"] {
        let gone = get(manager, gone).await;
        assert_eq!((&gone["state"], &gone["closed_on"]), (&json!("cancelled"), &json!("2026-05-06")));
    }
    let beta = get(manager, "milestones/1").await;
    assert_eq!(
        (&beta["title"], &beta["acceptance_criteria"], &beta["committed_on"]),
        (&json!("Hardened beta"), &json!("No high finding"), &json!("2026-09-15"))
    );
    assert_eq!(get(manager, "milestones/1?as_of=2026-05-05").await["title"], "Beta");
    let baseline = get(manager, "baselines/1").await;
    let refs: Vec<_> = baseline["items"].as_array().unwrap().iter().map(|item| &item["ref"]).collect();
    assert_eq!(refs, ["ATLAS-M1", "ATLAS-M3"], "what is added is committed by the same baseline");
    let links = get(manager, "changes/1/links").await;
    let caused: Vec<_> =
        links["items"].as_array().unwrap().iter().filter(|link| link["relation"] == "causes").collect();
    assert_eq!(caused.len(), 2, "{links}");
    let page = test.viewer.page("/programs/ATLAS/changes/1").await.is(200);
    for word in ["Items that it changed", "Hardened beta", "Buy a scanner", "4.5 working days"] {
        assert!(page.text.contains(word), "{word}");
    }
}

#[tokio::test]
async fn what_a_change_can_t_do_is_refused_and_nothing_of_it_is_done() {
    let test = TestApp::start().await;
    let manager = &test.manager;
    milestone(&test, "Beta", "2026-09-01").await;
    milestone(&test, "Gamma", "2026-10-01").await;
    post(manager, "risks", json!({"title": "A risk"})).await;
    let change = |more: Value| {
        let mut body = json!({"title": "C", "kinds": ["scope"], "reason": "Why"});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    for (body, field) in [
        (json!({"removes": ["ATLAS-R1"]}), "removes"),
        (json!({"removes": ["ATLAS-M9"]}), "removes"),
        (
            json!({"removes": ["ATLAS-M1"], "rebaseline": [{"ref": "ATLAS-M1", "committed_on": "2026-09-09"}]}),
            "removes",
        ),
        (json!({"removes": ["ATLAS-M1"], "redefines": [{"ref": "ATLAS-M1", "title": "X"}]}), "redefines"),
        (json!({"adds": [{"title": "X", "kind": "risk"}]}), "adds"),
        (json!({"redefines": [{"ref": "ATLAS-R1", "acceptance_criteria": "X"}]}), "redefines"),
    ] {
        manager.post(&format!("{ATLAS}/changes"), change(body)).await.refused(field);
    }
    // Counts, and lists of references alone, are taken as ever.
    let counted = post(manager, "changes", change(json!({"adds": 3, "removes": 1}))).await;
    assert_eq!((&counted["adds"], &counted["added"]), (&json!(3), &json!([])));
    // What was achieved in between can't be removed: then nothing of the approval is written.
    post(manager, "changes", change(json!({
        "adds": ["Something new"], "removes": ["ATLAS-M1"], "rebaseline": [{"ref": "ATLAS-M2", "committed_on": "2026-12-01"}],
    })))
    .await;
    moved(manager, "changes/2", json!({"to": "submitted"})).await;
    moved(manager, "milestones/1", json!({"to": "achieved"})).await;
    let why = unmoved(manager, "changes/2", json!({"to": "approved"}), "to").await;
    assert!(why.contains("ATLAS-M1") && why.contains("achieved"), "{why}");
    assert_eq!(get(manager, "changes/2").await["state"], "submitted");
    assert_eq!(get(manager, "milestones").await["total"], 2);
    assert_eq!(get(manager, "milestones/2").await["committed_on"], "2026-10-01");
    assert_eq!(get(manager, "baselines").await["total"], 1);
}

#[tokio::test]
async fn one_baseline_stands_against_another() {
    let test = TestApp::start().await;
    let manager = &test.manager;
    for (title, day) in [("Beta", "2026-09-01"), ("Gamma", "2026-10-01"), ("Delta", "2026-11-02")] {
        milestone(&test, title, day).await;
    }
    let change = |title: &str, more: Value| {
        let mut body = json!({"title": title, "kinds": ["scope", "schedule"], "reason": "Why", "effective_on": "2026-03-02"});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    // 8 September is five working days after the 1st; then two days back.
    let first = json!({"rebaseline": [{"ref": "ATLAS-M1", "committed_on": "2026-09-08"}]});
    let second = json!({"rebaseline": [{"ref": "ATLAS-M1", "committed_on": "2026-09-04"}], "removes": ["ATLAS-M3"],
        "adds": [{"title": "Audit", "on": "2026-12-01"}]});
    for (n, body, on) in [(1, first, "2026-04-01"), (2, second, "2026-05-04")] {
        post(manager, "changes", change(&format!("Change {n}"), body)).await;
        moved(manager, &format!("changes/{n}"), json!({"to": "submitted", "on": on})).await;
        moved(manager, &format!("changes/{n}"), json!({"to": "approved", "on": on})).await;
    }
    let told = |compared: &Value| -> Vec<(String, String, Value)> {
        let text = |item: &Value, name: &str| item[name].as_str().unwrap().to_owned();
        let rows = compared["items"].as_array().unwrap().iter();
        rows.map(|item| (text(item, "ref"), text(item, "change"), item["slip_days"].clone())).collect()
    };
    let row = |name: &str, change: &str, slip: Value| (name.to_owned(), change.to_owned(), slip);
    let whole = get(&test.viewer, "baselines/compare").await;
    assert_eq!(
        (&whole["a"]["number"], &whole["b"]["number"]),
        (&json!(0), &json!(2)),
        "the original and the latest"
    );
    assert_eq!(
        told(&whole),
        [
            row("ATLAS-M1", "moved", json!(3)),
            row("ATLAS-M4", "added", Value::Null),
            row("ATLAS-M3", "removed", Value::Null),
            row("ATLAS-M2", "same", json!(0)),
        ]
    );
    assert_eq!(
        (&whole["items"][0]["a"], &whole["items"][0]["b"]),
        (&json!("2026-09-01"), &json!("2026-09-04"))
    );
    assert_eq!(
        (&whole["items"][2]["a"], &whole["items"][2]["b"]),
        (&json!("2026-11-02"), &Value::Null),
        "the baseline that takes it out has no date for it"
    );
    let back = get(&test.viewer, "baselines/compare?a=1&b=2").await;
    assert_eq!(told(&back)[0], row("ATLAS-M1", "moved", json!(-2)));
    let before = get(&test.viewer, "baselines/compare?as_of=2026-04-10").await;
    assert_eq!((&before["b"]["number"], told(&before).len()), (&json!(1), 3));
    test.viewer.get(&format!("{ATLAS}/baselines/compare?a=0&b=7")).await.problem(404);
    test.viewer.get(&format!("{ATLAS}/baselines/compare?a=x")).await.refused("a");
    let page = test.viewer.page("/programs/ATLAS/baselines/compare?a=0&b=2").await.is(200);
    for word in ["Baseline against baseline", "+3 wd", "1 moved", "1 added", "1 removed"] {
        assert!(page.text.contains(word), "{word}");
    }
    // What came in and went out again in between is in neither.
    let third =
        json!({"rebaseline": [{"ref": "ATLAS-M1", "committed_on": "2026-09-07"}], "removes": ["ATLAS-M4"]});
    post(manager, "changes", change("Change 3", third)).await;
    moved(manager, "changes/3", json!({"to": "submitted", "on": "2026-06-01"})).await;
    moved(manager, "changes/3", json!({"to": "approved", "on": "2026-06-01"})).await;
    let across = told(&get(&test.viewer, "baselines/compare?a=0&b=3").await);
    assert!(across.iter().all(|(name, ..)| name != "ATLAS-M4") && across.len() == 3, "{across:?}");
    let last = told(&get(&test.viewer, "baselines/compare?a=2&b=3").await);
    assert!(last.contains(&row("ATLAS-M4", "removed", Value::Null)), "{last:?}");
}

/// M1, committed 20 July, provides D1, which the contributor's M2 needs by 24 July.
async fn contract(test: &TestApp) {
    milestone(test, "Interface ready", "2026-07-20").await;
    let consumer = json!({"title": "Trial", "committed_on": "2026-09-01", "owner": test.contributor.email});
    post(&test.manager, "milestones", consumer).await;
    let feed = json!({"title": "The interface", "needed_by": "2026-07-24", "provider": {"external": "Vendor"},
        "consumer": {"external": "Pilot"}, "provider_milestone": "ATLAS-M1", "consumer_milestone": "ATLAS-M2"});
    post(&test.manager, "dependencies", feed).await;
}

fn later(on: &str) -> Value {
    json!({"title": "Later", "kinds": ["schedule"], "reason": "Parts", "rebaseline": [{"ref": "ATLAS-M1", "committed_on": on}]})
}

#[tokio::test]
async fn whoever_needs_it_sooner_is_listed_asked_and_heard() {
    let test = TestApp::start().await;
    let manager = &test.manager;
    contract(&test).await;
    post(manager, "changes", later("2026-08-03")).await;
    let questions = "changes/1/questions";
    let draft = get(&test.viewer, questions).await;
    let one = &draft["items"][0];
    assert_eq!(draft["total"], 1, "{draft}");
    assert_eq!(
        (&one["dependency"], &one["person"]["name"], &one["needed_by"], &one["comes_on"], &one["asked_on"]),
        (&json!("ATLAS-D1"), &json!("Contributor"), &json!("2026-07-24"), &json!("2026-08-03"), &Value::Null)
    );
    let page = test.viewer.page("/programs/ATLAS/changes/1").await.is(200);
    assert!(page.text.contains("not asked yet"), "shown while it is a draft");
    let work = async |user: &TestUser| -> Vec<Value> {
        let all = user.get("/api/v1/me/work").await.is(200).json();
        all["items"].as_array().unwrap().iter().filter(|row| row["why"] == "answer").cloned().collect()
    };
    assert!(work(&test.contributor).await.is_empty());

    moved(manager, "changes/1", json!({"to": "submitted"})).await;
    let asked = get(&test.viewer, questions).await;
    assert_eq!(asked["items"][0]["asked_on"], "2026-06-30");
    assert_eq!(work(&test.contributor).await[0]["ref"], "ATLAS-CR1");
    assert!(work(&test.viewer).await.is_empty());
    let waits = "Asked, and hasn’t answered: Contributor for ATLAS-D1.";
    let page = manager.page("/programs/ATLAS/changes/1").await.is(200).text;
    assert!(
        page.contains(waits) && page.contains("1 has yet to answer"),
        "told before it is approved: {page}"
    );
    let answers = format!("{ATLAS}/{questions}/ATLAS-D1");
    test.viewer.post(&answers, json!({"agrees": true})).await.problem(403);
    test.contributor.post(&answers, json!({"agrees": false})).await.refused("comment");
    test.contributor.post(&answers, json!({"agrees": "perhaps"})).await.refused("agrees");
    test.contributor
        .post(&format!("{ATLAS}/{questions}/ATLAS-D9"), json!({"agrees": true}))
        .await
        .problem(404);
    let no = json!({"agrees": false, "comment": "The trial is booked."});
    let answered = test.contributor.post(&answers, no).await.is(200).json();
    assert_eq!((&answered["agrees"], &answered["answered_on"]), (&json!(false), &json!("2026-06-30")));
    assert!(work(&test.contributor).await.is_empty(), "what is answered waits no longer");
    let page = manager.page("/programs/ATLAS/changes/1").await.is(200);
    assert!(
        page.text.contains("1 said no.") && page.text.contains("The trial is booked."),
        "shown to the approver"
    );
    assert!(!page.text.contains("Asked, and"), "all have answered");

    // Against a no only for a reason.
    let why = unmoved(manager, "changes/1", json!({"to": "approved"}), "reason").await;
    assert!(why.contains("Contributor answered no"), "{why}");
    moved(manager, "changes/1", json!({"to": "approved", "reason": "There is no other way."})).await;
    assert_eq!(
        get(&test.viewer, questions).await["items"][0]["comment"],
        "The trial is booked.",
        "it is kept"
    );
    test.contributor.post(&answers, json!({"agrees": true})).await.refused("agrees");
    let history = get(&test.viewer, "history?limit=100").await;
    let told: Vec<_> =
        history["items"].as_array().unwrap().iter().map(|event| event["name"].clone()).collect();
    assert!(
        told.iter().any(|name| name == "asked") && told.iter().any(|name| name == "answered"),
        "{told:?}"
    );
}

#[tokio::test]
async fn other_dates_are_asked_anew_and_a_change_that_keeps_them_asks_nobody() {
    let test = TestApp::start().await;
    let manager = &test.manager;
    contract(&test).await;
    post(manager, "changes", later("2026-07-23")).await;
    moved(manager, "changes/1", json!({"to": "submitted"})).await;
    assert_eq!(get(&test.viewer, "changes/1/questions").await["total"], 0, "a day before it is needed");
    let worse = json!({"rebaseline": [{"ref": "ATLAS-M1", "committed_on": "2026-07-30"}]});
    manager.patch(&format!("{ATLAS}/changes/1"), 2, worse).await.is(200);
    assert_eq!(get(&test.viewer, "changes/1/questions").await["items"][0]["comes_on"], "2026-07-30");
    // A manager keeps the answer of somebody who gave it elsewhere, by the page.
    let id = get(manager, "dependencies/1").await["id"].as_str().unwrap().to_owned();
    let form = [("dependency", id.as_str()), ("agrees", "yes"), ("comment", "By phone")];
    manager.submit("/programs/ATLAS/changes/1/answers", &form).await.is(303);
    let answered = get(&test.viewer, "changes/1/questions").await["items"][0].clone();
    assert_eq!((&answered["agrees"], &answered["answered_by"]), (&json!(true), &json!("Manager")));
    // The answer was to other dates.
    let version = get(manager, "changes/1").await["version"].as_i64().unwrap();
    let worst = json!({"rebaseline": [{"ref": "ATLAS-M1", "committed_on": "2026-08-20"}]});
    manager.patch(&format!("{ATLAS}/changes/1"), version, worst).await.is(200);
    assert_eq!(get(&test.viewer, "changes/1/questions").await["items"][0]["agrees"], Value::Null);

    // What is removed never comes.
    post(
        manager,
        "changes",
        json!({"title": "Drop", "kinds": ["scope"], "reason": "Cost", "removes": ["ATLAS-M1"]}),
    )
    .await;
    moved(manager, "changes/2", json!({"to": "submitted"})).await;
    let dropped = get(&test.viewer, "changes/2/questions").await["items"][0].clone();
    assert_eq!((&dropped["dependency"], &dropped["comes_on"]), (&json!("ATLAS-D1"), &Value::Null));
    moved(manager, "changes/2", json!({"to": "approved"})).await;
    let page = manager.page("/programs/ATLAS/changes/2").await.is(200).text;
    assert!(
        page.contains("1 never answered.") && page.contains("never answered, asked 30 Jun 2026"),
        "{page}"
    );
    assert!(!page.contains("yet to answer"), "nobody waits for it any more: {page}");
}

#[tokio::test]
async fn nobody_is_named_who_belongs_to_a_program_that_the_reader_may_not_see() {
    let test = TestApp::start().await;
    let (manager, admin) = (&test.manager, &test.admin);
    milestone(&test, "Interface ready", "2026-07-20").await;
    admin.post("/api/v1/programs", json!({"key": "HIDE", "name": "Hidden"})).await.is(201);
    let feed = json!({"title": "Secret feed", "needed_by": "2026-07-24", "provider": {"external": "Atlas"},
        "consumer": {"external": "Pilot"}, "provider_milestone": "ATLAS-M1"});
    admin.post("/api/v1/programs/HIDE/dependencies", feed).await.is(201);
    post(manager, "changes", later("2026-08-03")).await;
    let page = manager.page("/programs/ATLAS/changes/1").await.is(200);
    assert!(
        page.text.contains("And 1 in programs that you may not see") && !page.text.contains("Secret feed")
    );
    moved(manager, "changes/1", json!({"to": "submitted"})).await;
    let asked = get(manager, "changes/1/questions").await["items"][0].clone();
    assert_eq!((&asked["dependency"], &asked["title"]), (&json!("HIDE-D1"), &Value::Null));
    assert!(!manager.page("/programs/ATLAS/changes/1").await.text.contains("Secret feed"));
}
