//! Baselines in the JSON API: made by hand, and by approving a change.

use crate::support::api::{ATLAS, atlas, moved, post, unmoved};
use crate::support::app::TestApp;
use serde_json::json;

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
    // What was decided stays so, and stays on the record.
    let version = approved["version"].as_i64().unwrap();
    let kept = test.manager.delete(&format!("{ATLAS}/{one}")).await.refused("");
    assert_eq!(kept, "The change request is approved, and stays on the record: it is not archived.");
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
        (
            json!({"name": "x", "reason": "y", "items": [{"ref": "ATLAS-M9", "committed_on": "2026-11-01"}]}),
            "items",
        ),
        (
            json!({"name": "x", "reason": "y", "items": [{"ref": "ATLAS-CR1", "committed_on": "2026-11-01"}]}),
            "items",
        ),
        (json!({"name": "x", "reason": "y", "items": [{"ref": "ATLAS-M1"}]}), "items"),
        (json!({"name": "x", "reason": "y", "dates": []}), "dates"),
    ] {
        test.manager.post(&format!("{ATLAS}/baselines"), body).await.refused(field);
    }
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
        manager.post("/api/v1/programs/ATLAS/baselines", json!({"name": day, "reason": "So", "items": items}))
    };
    let (one, two, three, four) =
        tokio::join!(make("2026-10-01"), make("2026-10-02"), make("2026-10-03"), make("2026-10-04"));
    let mut numbers: Vec<_> =
        [one, two, three, four].map(|answer| answer.is(201).json()["number"].as_i64().unwrap()).into();
    numbers.sort_unstable();
    assert_eq!(numbers, [1, 2, 3, 4]);
}

#[tokio::test]
async fn a_baseline_counts_its_dates_in_the_list_and_shows_them_alone() {
    let test = TestApp::start().await;
    for (title, on) in [("GA", "2026-09-01"), ("Beta", "2026-08-01")] {
        post(&test.manager, "milestones", json!({"title": title, "committed_on": on})).await;
    }
    let items = json!([{"ref": "ATLAS-M1", "committed_on": "2026-10-01"}]);
    let made =
        post(&test.manager, "baselines", json!({"name": "Later", "reason": "So", "items": items})).await;
    assert_eq!(made["made_by"], json!({"id": test.manager.person, "name": "Manager"}));
    let list = test.viewer.get(&format!("{ATLAS}/baselines")).await.is(200).json();
    let counts: Vec<_> =
        list["items"].as_array().unwrap().iter().map(|one| one["item_count"].clone()).collect();
    assert_eq!(counts, [json!(2), json!(1)]);
    assert!(list["items"].as_array().unwrap().iter().all(|one| one.get("items").is_none()), "{list}");
    let one = test.viewer.get(&format!("{ATLAS}/baselines/0")).await.is(200).json();
    assert_eq!((&one["item_count"], one["items"].as_array().unwrap().len()), (&json!(2), 2));
}

#[tokio::test]
async fn a_decided_change_keeps_its_words() {
    let test = TestApp::start().await;
    let body = json!({"title": "Two weeks", "kinds": ["scope"], "reason": "The law changed."});
    for (n, to) in [(1, "approved"), (2, "rejected")] {
        post(&test.manager, "changes", body.clone()).await;
        let one = format!("changes/{n}");
        moved(&test.manager, &one, json!({"to": "submitted"})).await;
        let decided = moved(&test.manager, &one, json!({"to": to, "reason": "So it is"})).await;
        for more in [json!({"title": "Four weeks"}), json!({"description": "More"}), json!({"adds": 3})] {
            let version = decided["version"].as_i64().unwrap();
            let problem = test.manager.patch(&format!("{ATLAS}/{one}"), version, more).await.problem(422);
            assert!(problem["detail"].as_str().unwrap().contains("stays as it was decided"), "{problem}");
        }
        assert_eq!(test.viewer.get(&format!("{ATLAS}/{one}")).await.json(), decided);
    }
}

#[tokio::test]
async fn a_change_of_schedule_in_a_program_without_dates_leaves_the_original_its_place() {
    let test = atlas().await;
    let change = json!({"title": "Later", "kinds": ["schedule"], "reason": "The vendor is late"});
    post(&test.manager, "changes", change).await;
    moved(&test.manager, "changes/1", json!({"to": "submitted"})).await;
    moved(&test.manager, "changes/1", json!({"to": "approved"})).await;
    let made = json!({"title": "Launch", "committed_on": "2026-09-01"});
    post(&test.manager, "milestones", made).await;
    let name = async |n: i32| test.viewer.get(&format!("{ATLAS}/baselines/{n}")).await.is(200).json();
    assert_eq!((&name(0).await["name"], &name(1).await["name"]), (&json!("Original"), &json!("Later")));
    assert_eq!(name(0).await["items"][0]["committed_on"], "2026-09-01", "the first that was committed");
    assert_eq!(name(1).await["items"].as_array().unwrap().len(), 0);
}
