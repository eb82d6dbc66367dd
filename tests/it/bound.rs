//! What a change request names binds it: its kinds, the baseline that its approval makes, and what it may not move. And who may see to
//! one that is a draft.

use crate::support::api::{ATLAS, get, moved, post, unmoved, with};
use crate::support::app::TestApp;
use serde_json::{Value, json};

async fn milestone(test: &TestApp, title: &str, committed: &str) {
    let body = json!({"title": title, "committed_on": committed, "effective_on": "2026-02-02"});
    post(&test.manager, "milestones", body).await;
}

fn change(kinds: &[&str], more: Value) -> Value {
    with(json!({"title": "A change", "kinds": kinds, "reason": "The audit"}), more)
}

async fn approved(test: &TestApp, number: i32) -> Value {
    let path = format!("changes/{number}");
    moved(&test.manager, &path, json!({"to": "submitted"})).await;
    moved(&test.manager, &path, json!({"to": "approved"})).await
}

#[tokio::test]
async fn what_a_change_names_completes_its_kinds_and_counts_as_scope() {
    let test = TestApp::start().await;
    let manager = &test.manager;
    milestone(&test, "Beta", "2026-09-01").await;
    milestone(&test, "Gamma", "2026-10-01").await;
    let added = post(manager, "changes", change(&["quality"], json!({"adds": ["Penetration test"]}))).await;
    assert_eq!(added["kinds"], json!(["scope", "quality"]), "the answer tells so");
    let dates = json!([{"ref": "ATLAS-M1", "committed_on": "2026-09-15"}]);
    let dated = post(manager, "changes", change(&["cost"], json!({"rebaseline": dates}))).await;
    assert_eq!(dated["kinds"], json!(["schedule", "cost"]));
    let plain = post(manager, "changes", change(&["quality"], json!({"cost": 0}))).await;
    assert_eq!(plain["kinds"], json!(["quality"]), "what costs nothing is no change of cost");
    let dearer = manager.patch(&format!("{ATLAS}/changes/3"), 1, json!({"cost": 900})).await.is(200).json();
    assert_eq!(dearer["kinds"], json!(["cost", "quality"]));
    let kept = json!({"kinds": ["quality"]});
    let kept = manager.patch(&format!("{ATLAS}/changes/3"), 2, kept).await.is(200).json();
    assert_eq!(kept["kinds"], json!(["cost", "quality"]), "it can't be said away");

    // By the page's form as well; and the page says why.
    let form = [("title", "Fewer"), ("kinds", "quality"), ("reason", "Late"), ("removes", "ATLAS-M2")];
    let raised = manager.submit("/programs/ATLAS/changes", &form).await.is(303);
    assert_eq!(get(manager, "changes/4").await["kinds"], json!(["scope", "quality"]));
    let why = "It is a change of scope too, since it adds, removes or redefines items.";
    let page = manager.page(raised.header("location")).await.is(200).text;
    assert!(page.contains(why), "{page}");
    let page = manager.page("/programs/ATLAS/changes/4").await.is(200).text;
    assert!(!page.contains("It is a change of"), "it is said once: {page}");
    let ticked = [("title", "Fewer"), ("kinds", "scope"), ("reason", "Late"), ("removes", "ATLAS-M2")];
    let ticked = manager.submit("/programs/ATLAS/changes", &ticked).await.is(303);
    let page = manager.page(ticked.header("location")).await.is(200).text;
    assert!(!page.contains("It is a change of"), "whoever ticked it knows: {page}");

    // Metric 3: one item added to the two of the first baseline.
    assert_eq!(get(manager, "metrics/scope_change_rate").await["numerator"], 0.0);
    approved(&test, 1).await;
    let rate = get(manager, "metrics/scope_change_rate").await;
    assert_eq!((&rate["numerator"], &rate["denominator"]), (&json!(1.0), &json!(2.0)), "{rate}");
    // What re-baselines makes the baseline, whatever it is called.
    approved(&test, 2).await;
    assert_eq!(get(manager, "milestones/1").await["committed_on"], "2026-09-15");
}

#[tokio::test]
async fn approving_a_schedule_change_makes_the_next_baseline_also_without_dates() {
    let test = TestApp::start().await;
    milestone(&test, "Beta", "2026-09-01").await;
    post(&test.manager, "changes", change(&["schedule"], json!({"schedule_days": 5}))).await;
    post(&test.manager, "changes", change(&["quality"], json!({}))).await;
    approved(&test, 1).await;
    approved(&test, 2).await;
    let all = get(&test.viewer, "baselines").await;
    assert_eq!(all["total"], 2, "the change of quality makes none: {all}");
    let next = get(&test.viewer, "baselines/1").await;
    assert_eq!(
        (&next["name"], &next["change"], next["items"].as_array().unwrap().len()),
        (&json!("A change"), &json!(1), 0)
    );
    assert_eq!(next["reason"], "The audit\n\nNo date is named: the committed dates stand as they are.");
    assert_eq!(get(&test.viewer, "milestones/1").await["committed_on"], "2026-09-01");
    let page = test.viewer.page("/programs/ATLAS/baselines").await.is(200).text;
    assert!(page.contains("the committed dates stand as they are"), "{page}");
    let compared = get(&test.viewer, "baselines/compare?a=0&b=1").await;
    assert_eq!(compared["items"][0]["change"], "same", "{compared}");
}

#[tokio::test]
async fn the_committed_date_of_what_is_achieved_or_cancelled_stands() {
    let test = TestApp::start().await;
    let manager = &test.manager;
    for title in ["Done", "Gone", "Ahead", "Soon"] {
        milestone(&test, title, "2026-09-01").await;
    }
    let dates = |number: i32| {
        json!({"rebaseline": [{"ref": format!("ATLAS-M{number}"), "committed_on": "2027-01-01"},
        {"ref": "ATLAS-M3", "committed_on": "2026-10-01"}]})
    };
    for number in [1, 2, 4] {
        post(manager, "changes", change(&["schedule"], dates(number))).await;
    }
    moved(manager, "milestones/1", json!({"to": "achieved"})).await;
    moved(manager, "milestones/2", json!({"to": "cancelled"})).await;
    for (number, state) in [(1, "achieved"), (2, "cancelled")] {
        let why =
            unmoved(manager, &format!("changes/{number}"), json!({"to": "submitted"}), "rebaseline").await;
        assert_eq!(
            why,
            format!("ATLAS-M{number} is {state}: its committed date stands as it is. Leave it out.")
        );
        assert_eq!(get(manager, &format!("changes/{number}")).await["state"], "draft");
    }
    let form = [("to", "submitted"), ("version", "1")];
    let page = manager.submit("/programs/ATLAS/changes/1/transitions", &form).await.is(422).text;
    assert!(page.contains("ATLAS-M1 is achieved: its committed date stands"), "{page}");
    // Achieved between submission and approval: then nothing of the approval is written.
    moved(manager, "changes/3", json!({"to": "submitted"})).await;
    moved(manager, "milestones/4", json!({"to": "achieved"})).await;
    let why = unmoved(manager, "changes/3", json!({"to": "approved"}), "rebaseline").await;
    assert!(why.starts_with("ATLAS-M4 is achieved"), "{why}");
    assert_eq!(get(manager, "changes/3").await["state"], "submitted");
    // Nor can one that is submitted be given such a date.
    let anew = json!({"rebaseline": [{"ref": "ATLAS-M1", "committed_on": "2027-01-01"}]});
    manager.patch(&format!("{ATLAS}/changes/3"), 2, anew).await.refused("rebaseline");

    let by_hand = json!({"name": "Re-plan", "reason": "So", "items": dates(1)["rebaseline"]});
    let why = manager.post(&format!("{ATLAS}/baselines"), by_hand).await.refused("items");
    assert!(why.starts_with("ATLAS-M1 is achieved"), "{why}");
    assert_eq!(get(manager, "baselines").await["total"], 1);
    for number in [1, 3, 4] {
        assert_eq!(get(manager, &format!("milestones/{number}")).await["committed_on"], "2026-09-01");
    }
}

#[tokio::test]
async fn a_change_that_names_an_item_twice_is_refused_when_it_is_saved() {
    let test = TestApp::start().await;
    let manager = &test.manager;
    milestone(&test, "Beta", "2026-09-01").await;
    milestone(&test, "Gamma", "2026-10-01").await;
    post(manager, "risks", json!({"title": "Odd"})).await;
    let id = get(manager, "milestones/1").await["id"].clone();
    let twice =
        json!([{"ref": "ATLAS-M1", "committed_on": "2026-09-02"}, {"ref": id, "committed_on": "2026-09-03"}]);
    for (more, field) in [
        (json!({"rebaseline": twice}), "rebaseline"),
        (json!({"removes": ["ATLAS-M1", "ATLAS-M1"]}), "removes"),
        (json!({"adds": ["ATLAS-M1"], "removes": ["ATLAS-M1"]}), "removes"),
        (json!({"adds": ["ATLAS-M1"], "redefines": [{"ref": "ATLAS-M1", "title": "X"}]}), "redefines"),
        (json!({"rebaseline": [{"ref": "ATLAS-R1", "committed_on": "2026-09-02"}]}), "rebaseline"),
    ] {
        manager.post(&format!("{ATLAS}/changes"), change(&["scope"], more.clone())).await.refused(field);
    }
    assert_eq!(get(manager, "changes").await["total"], 0);
    let form = [
        ("title", "C"),
        ("kinds", "schedule"),
        ("reason", "R"),
        ("rebaseline", "ATLAS-M1 2026-09-02\nATLAS-M1 2026-09-03"),
    ];
    let page = manager.submit("/programs/ATLAS/changes", &form).await.is(422).text;
    assert!(page.contains("An item stands here twice."), "{page}");
    // A new name and a new date of one item are two things said once.
    let both = json!({"redefines": [{"ref": "ATLAS-M1", "title": "X"}],
        "rebaseline": [{"ref": "ATLAS-M1", "committed_on": "2026-09-02"}]});
    post(manager, "changes", change(&["scope"], both)).await;
}

#[tokio::test]
async fn who_raises_a_change_sees_to_it_while_it_is_a_draft() {
    let test = TestApp::start().await;
    let noor = &test.contributor;
    let form = noor.page("/programs/ATLAS/changes/new").await.is(200).text;
    assert!(form.contains("name=\"owner\"") && form.contains("value=\"Contributor\""), "{form}");
    let made = post(noor, "changes", change(&["quality"], json!({}))).await;
    assert_eq!(made["owner"]["name"], "Contributor", "nobody else is named");
    let managed = post(&test.manager, "changes", change(&["quality"], json!({}))).await;
    assert_eq!(managed["owner"], Value::Null, "a manager sees to all");
    // Another owner is named, and it is a draft: both of them may.
    let given = json!({"owner": test.viewer.email});
    let given = post(noor, "changes", change(&["quality"], given)).await;
    assert_eq!(given["owner"]["name"], "Viewer");
    let page = noor.page("/programs/ATLAS/changes/3").await.is(200).text;
    assert!(page.contains("/changes/3/edit") && page.contains("value=\"submitted\""), "{page}");
    noor.patch(&format!("{ATLAS}/changes/3"), 1, json!({"reason": "Better said"})).await.is(200);
    noor.submit("/programs/ATLAS/changes/3/transitions", &[("to", "submitted"), ("version", "2")])
        .await
        .is(303);
    // From then on it is its owner's and the managers'.
    noor.patch(&format!("{ATLAS}/changes/3"), 3, json!({"reason": "Too late"})).await.problem(403);
    noor.post(&format!("{ATLAS}/changes/3/transitions"), json!({"to": "draft"})).await.problem(403);
    noor.post(&format!("{ATLAS}/changes/3/transitions"), json!({"to": "approved"})).await.problem(403);
    // What somebody else raised is not theirs.
    noor.patch(&format!("{ATLAS}/changes/2"), 1, json!({"reason": "Mine"})).await.problem(403);
    moved(noor, "changes/1", json!({"to": "submitted"})).await;
}
