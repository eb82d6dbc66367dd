//! What waits is told alike wherever it stands: dependencies past their day, decisions with others, changes to approve, and what
//! waiting holds up by which date.

use crate::support::api::{ATLAS, atlas, get, moved, post};
use crate::support::app::{TestApp, TestUser};
use serde_json::{Value, json};

/// ATLAS with its manager and a sponsor, who only reads.
async fn governed() -> TestApp {
    let test = TestApp::start().await;
    let people = json!({"manager": test.manager.email, "sponsor": test.viewer.email});
    test.manager.patch(ATLAS, 1, people).await.is(200);
    test
}

#[tokio::test]
async fn what_is_delivered_and_not_accepted_is_past_its_needed_by_everywhere() {
    let test = atlas().await;
    let feed = json!({"title": "Feed", "provider": {"team": "Payments"}, "consumer": {"team": "Ledger"},
        "needed_by": "2026-06-20", "promised_by": "2026-06-25", "raised_on": "2026-06-01", "effective_on": "2026-06-01"});
    post(&test.manager, "dependencies", feed).await;
    for side in ["provider", "consumer"] {
        moved(&test.manager, "dependencies/1", json!({"to": "agreed", "as": side})).await;
    }
    moved(&test.manager, "dependencies/1", json!({"to": "delivered"})).await;
    let list = test.viewer.page("/programs/ATLAS/dependencies").await.is(200).text;
    assert!(list.contains("1 past needed-by</a>") && list.contains("10 d past"), "{list}");
    assert!(!list.contains("promised after needed"), "what is delivered can't come late any more");
    let only = test.viewer.page("/programs/ATLAS/dependencies?overdue=1").await.is(200).text;
    assert!(only.contains("ATLAS-D1"));
    assert_eq!(get(&test.viewer, "metrics/dependency_aging").await["detail"]["past_needed_by"], 1);
    let health = get(&test.viewer, "health").await.to_string();
    assert!(
        health.contains("1 open dependency is past the needed-by day, the longest by 10 days."),
        "{health}"
    );
    let map = test.viewer.page("/programs/ATLAS/dependencies/map").await.is(200).text;
    assert!(map.contains("1 late or coming late") && map.contains("delivered and not accepted"), "{map}");
    moved(&test.manager, "dependencies/1", json!({"to": "accepted"})).await;
    let list = test.viewer.page("/programs/ATLAS/dependencies").await.is(200).text;
    assert!(list.contains("none past needed-by"), "{list}");
}

#[tokio::test]
async fn a_late_promise_is_counted_in_calendar_days_wherever_it_stands() {
    let test = atlas().await;
    // Friday to the Monday ten days after.
    let feed = json!({"title": "Feed", "provider": {"team": "Payments"}, "consumer": {"team": "Ledger"},
        "needed_by": "2026-08-07", "promised_by": "2026-08-17", "owner": test.contributor.email});
    post(&test.manager, "dependencies", feed).await;
    let page = test.viewer.page("/programs/ATLAS/dependencies/1").await.is(200).text;
    assert_eq!(
        page.matches("Promised 10 days after it is needed").count(),
        1,
        "once, with what to do: {page}"
    );
    assert!(test.viewer.page("/programs/ATLAS/dependencies").await.text.contains("10 d too late"));
    assert!(get(&test.viewer, "health").await.to_string().contains("10 days after it is needed"));
}

#[tokio::test]
async fn a_decision_says_which_date_of_what_it_holds_up() {
    let test = governed().await;
    post(&test.manager, "activities", json!({"title": "Design", "likely_days": 5})).await;
    let release = json!({"title": "GA", "committed_on": "2026-07-02", "effective_on": "2026-02-02"});
    post(&test.manager, "milestones", release).await;
    test.manager
        .patch(&format!("{ATLAS}/milestones/1"), 1, json!({"forecast_on": "2026-07-20"}))
        .await
        .is(200);
    post(&test.manager, "links", json!({"predecessor": "ATLAS-T1", "successor": "ATLAS-M1"})).await;
    post(&test.manager, "decisions", json!({"title": "Two weeks?"})).await;
    moved(&test.manager, "decisions/1", json!({"to": "waiting", "escalated_to": test.viewer.email})).await;
    post(&test.manager, "decisions/1/links", json!({"relation": "blocks", "to": "ATLAS-M1"})).await;
    let own = test.viewer.get("/api/v1/me/decisions").await.is(200).json();
    let cost = &own["items"][0]["holds_up"][0];
    let computed = get(&test.viewer, "schedule").await["items"]
        .as_array()
        .unwrap()
        .iter()
        .find(|item| item["ref"] == "ATLAS-M1")
        .unwrap()["early_finish"]
        .as_str()
        .unwrap()[..10]
        .to_owned();
    assert_eq!(
        (&cost["committed_on"], &cost["forecast_on"], &cost["computed_on"]),
        (&json!("2026-07-02"), &json!("2026-07-20"), &json!(computed))
    );
    let page = test.viewer.page("/me/decisions").await.is(200).text;
    for (word, day) in
        [("committed", "2026-07-02"), ("forecast", "2026-07-20"), ("by the network", &computed)]
    {
        let place = page.find(&format!(", {word} ")).unwrap_or_else(|| panic!("{word}: {page}"));
        assert!(page[place..place + 120].contains(day), "{word} {day}: {page}");
    }
    assert!(page.contains("nobody owns it") && !page.contains("asked by"), "{page}");
}

#[tokio::test]
async fn my_decisions_say_what_waits_with_others() {
    let test = governed().await;
    for title in ["One", "Two", "Three"] {
        post(&test.manager, "decisions", json!({"title": title})).await;
    }
    for (number, to) in [(1, &test.viewer), (2, &test.contributor), (3, &test.viewer)] {
        let step = json!({"to": "waiting", "escalated_to": to.email});
        moved(&test.manager, &format!("decisions/{number}"), step).await;
    }
    let page = test.manager.page("/me/decisions").await.is(200).text;
    assert!(
        page.contains("No decision waits for you") && page.contains("what is escalated to nobody"),
        "{page}"
    );
    let told = "<a href=\"/programs/ATLAS/decisions/queue\">3 wait with others in Atlas</a>";
    assert!(page.contains(told), "{page}");
    post(&test.manager, "decisions", json!({"title": "Four"})).await;
    moved(&test.manager, "decisions/4", json!({"to": "waiting"})).await;
    let page = test.manager.page("/me/decisions").await.is(200).text;
    assert!(page.contains("<b>1 waits</b>") && page.contains(told), "{page}");
    assert!(!test.viewer.page("/me/decisions").await.text.contains("with others"), "who manages nothing");
}

#[tokio::test]
async fn a_change_that_waits_for_approval_stands_in_my_work_by_its_day() {
    let test = governed().await;
    let change =
        json!({"title": "Later", "kinds": ["quality"], "reason": "Why", "owner": test.manager.email});
    post(&test.manager, "changes", change).await;
    let rows = async |user: &TestUser| -> Vec<Value> {
        let all = user.get("/api/v1/me/work").await.is(200).json();
        all["items"].as_array().unwrap().iter().filter(|row| row["type"] == "change").cloned().collect()
    };
    assert_eq!(rows(&test.manager).await[0]["why"], "own", "a draft is its owner's");
    moved(&test.manager, "changes/1", json!({"to": "submitted"})).await;
    // Ten working days after Tuesday 30 June.
    let all = rows(&test.manager).await;
    assert_eq!(all.len(), 1, "once: {all:?}");
    assert_eq!(
        (&all[0]["group"], &all[0]["why"], &all[0]["next_on"]),
        (&json!("waiting"), &json!("approve"), &json!("2026-07-14"))
    );
    assert!(rows(&test.contributor).await.is_empty() && rows(&test.viewer).await.is_empty());
    let page = test.manager.page("/me/work").await.is(200).text;
    assert!(page.contains("Approve or reject") && page.contains("decide by"), "{page}");
    // The threshold is the program's.
    let version = test.manager.get(ATLAS).await.json()["version"].as_i64().unwrap();
    let thresholds = json!({"thresholds": {"scope_wait_working_days": 3}});
    test.manager.patch(ATLAS, version, thresholds).await.is(200);
    assert_eq!(rows(&test.manager).await[0]["next_on"], "2026-07-03");
    moved(&test.manager, "changes/1", json!({"to": "approved"})).await;
    assert!(rows(&test.manager).await.iter().all(|row| row["why"] != "approve"));
}

#[tokio::test]
async fn a_category_is_one_however_it_is_written_and_a_line_has_an_amount() {
    let test = atlas().await;
    let budget = format!("{ATLAS}/budget");
    for (category, planned, forecast) in [("People", 100, 150), ("people", 100, 160)] {
        let line = json!({"category": category, "period_on": "2026-05-01", "planned": planned, "forecast": forecast});
        test.manager.post(&budget, line).await.is(201);
    }
    let health = get(&test.viewer, "health").await.to_string();
    assert!(health.contains("most of it in People +110."), "{health}");
    let none = json!({"category": "Travel", "period_on": "2026-05-01", "note": "To come"});
    let why = test.manager.post(&budget, none).await.refused("planned");
    assert_eq!(why, "Give an amount: what is planned, committed, spent or forecast.");
    let nought = json!({"category": "Travel", "period_on": "2026-05-01", "planned": 0});
    test.manager.post(&budget, nought).await.is(201);
}

#[tokio::test]
async fn the_log_of_decisions_says_over_which_time_its_figures_are() {
    let test = governed().await;
    let decision = json!({"title": "Old", "options": [{"title": "Yes"}], "raised_on": "2026-02-02", "effective_on": "2026-02-02"});
    post(&test.manager, "decisions", decision).await;
    moved(&test.manager, "decisions/1", json!({"to": "waiting", "on": "2026-02-02"})).await;
    moved(&test.manager, "decisions/1", json!({"to": "decided", "option": "Yes", "on": "2026-02-04"})).await;
    let page = test.viewer.page("/programs/ATLAS/decisions").await.is(200).text;
    assert!(page.contains("Decided in the last 5 years: 1 with a known request, median 2"), "{page}");
    let why = test.manager.post(&format!("{ATLAS}/risks"), json!({})).await.refused("title");
    assert_eq!(why, "“Title” is needed.");
}

#[tokio::test]
async fn who_is_named_as_manager_and_is_no_member_is_not_told_to_do_what_they_may_not() {
    let test = TestApp::start().await;
    test.manager.patch(ATLAS, 1, json!({"manager": test.stranger.email})).await.is(200);
    let change = json!({"title": "Later", "kinds": ["quality"], "reason": "Why"});
    post(&test.manager, "changes", change).await;
    moved(&test.manager, "changes/1", json!({"to": "submitted"})).await;
    post(&test.manager, "decisions", json!({"title": "One"})).await;
    moved(&test.manager, "decisions/1", json!({"to": "waiting", "escalated_to": test.viewer.email})).await;
    let told = async |user: &TestUser| {
        let work = user.page("/me/work").await.is(200).text;
        let decisions = user.page("/me/decisions").await.is(200).text;
        (work.contains("Approve or reject"), decisions.contains("1 waits with others in Atlas"))
    };
    let step = json!({"to": "approved"});
    assert_eq!(told(&test.manager).await, (true, true));
    // To a stranger nothing is told of a program that they can't see, not even its name.
    assert_eq!(told(&test.stranger).await, (false, false));
    for page in ["/me/work", "/me/decisions"] {
        let page = test.stranger.page(page).await.text;
        assert!(!page.contains("ATLAS") && !page.contains("Atlas"), "{page}");
    }
    // Who reads it may not approve, whatever the program calls them.
    let member = format!("{ATLAS}/members/{}", test.stranger.person);
    test.manager.put(&member, json!({"role": "viewer"})).await.is(200);
    test.stranger.post(&format!("{ATLAS}/changes/1/transitions"), step.clone()).await.problem(403);
    assert_eq!(told(&test.stranger).await, (false, false));
    test.manager.put(&member, json!({"role": "manager"})).await.is(200);
    assert_eq!(told(&test.stranger).await, (true, true));
    moved(&test.stranger, "changes/1", step).await;
}
