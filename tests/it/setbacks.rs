//! What goes wrong is told as such, and keeps being: in what changed, in a report's draft, on the page of a release, on an agenda, and by the
//! daily look at what was put off.
//!
//! Today is Tuesday 30 June 2026.

use crate::support::api::{ATLAS, atlas, get, moved, post, raise, unmoved};
use crate::support::app::{TestApp, at};
use plumbline::app::{acceptance, watch};
use plumbline::domain::kind::Kind;
use serde_json::{Value, json};

async fn told(test: &TestApp, topic: &str) -> Vec<String> {
    let all = get(&test.viewer, "changes-since?from=2026-06-20&to=2026-06-30").await;
    let text = |item: &Value| item["text"].as_str().unwrap().to_owned();
    all["items"].as_array().unwrap().iter().filter(|item| item["topic"] == topic).map(text).collect()
}

/// A program in which much goes wrong on one day.
async fn gone_wrong() -> TestApp {
    let test = TestApp::start().await;
    let manager = &test.manager;
    let milestone =
        json!({"title": "Old portal", "committed_on": "2026-10-01", "effective_on": "2026-02-02"});
    post(manager, "milestones", milestone).await;
    post(manager, "gates", json!({"title": "Ready", "on": "2026-06-30"})).await;
    moved(manager, "gates/1", json!({"to": "in_review"})).await;
    moved(manager, "gates/1", json!({"to": "no_go", "reason": "The vendor withdrew"})).await;
    moved(manager, "gates/1", json!({"to": "in_review"})).await;
    post(manager, "releases", json!({"title": "Wave", "raised_on": "2026-06-01"})).await;
    for step in [
        json!({"to": "launched"}),
        json!({"to": "rolled_back", "reason": "Balances differ"}),
        json!({"to": "launched"}),
    ] {
        moved(manager, "releases/1", step).await;
    }
    for (title, severity) in [("Nothing posts", 1), ("Typo", 4), ("Slow", 2)] {
        post(manager, "issues", json!({"title": title, "severity": severity, "effective_on": "2026-06-15"}))
            .await;
    }
    // The first was critical before, the third came to be so.
    manager.patch(&format!("{ATLAS}/issues/3"), 1, json!({"severity": 1})).await.is(200);
    post(manager, "issues", json!({"title": "Login fails", "severity": 1})).await;
    moved(manager, "issues/4", json!({"to": "in_progress"})).await;
    raise(manager, Kind::Assumption, json!({"title": "The feed is daily"})).await;
    moved(manager, "assumptions/1", json!({"to": "invalidated"})).await;
    for title in ["Feed", "Rates"] {
        raise(manager, Kind::Dependency, json!({"title": title})).await;
    }
    moved(manager, "dependencies/1", json!({"to": "rejected", "reason": "No people"})).await;
    for side in ["provider", "consumer"] {
        moved(manager, "dependencies/2", json!({"to": "agreed", "as": side})).await;
    }
    moved(manager, "dependencies/2", json!({"to": "delivered"})).await;
    moved(manager, "dependencies/2", json!({"to": "not_accepted", "reason": "Half is missing"})).await;
    for (title, opportunity) in [("Cheaper vendor", true), ("Vendor fails", false)] {
        let risk = json!({"title": title, "probability": 4, "impact": 5, "opportunity": opportunity});
        post(manager, "risks", risk).await;
    }
    for (title, removes) in [("Drop the portal", json!(["ATLAS-M1"])), ("Later", json!([]))] {
        let change = json!({"title": title, "kinds": ["scope"], "reason": "Money", "removes": removes});
        post(manager, "changes", change).await;
    }
    for change in ["changes/1", "changes/2"] {
        moved(manager, change, json!({"to": "submitted"})).await;
    }
    moved(manager, "changes/1", json!({"to": "approved"})).await;
    for key in ["AA", "BB"] {
        post(manager, "projects", json!({"key": key, "name": key})).await;
    }
    test
}

#[tokio::test]
async fn what_went_wrong_has_a_topic_of_its_own_and_an_opportunity_is_no_high_risk() {
    let test = gone_wrong().await;
    assert_eq!(
        told(&test, "setback").await,
        [
            "Wave was rolled back",
            "Ready said no-go",
            "Old portal was cancelled",
            "New critical issue: Login fails",
            "Slow became critical",
            "Rates was delivered and not accepted",
            "Feed was rejected",
            "The feed is daily proved false",
        ]
    );
    assert_eq!(told(&test, "high_risk").await, ["New high risk: Vendor fails, score 20"]);
    assert_eq!(told(&test, "decision").await, ["Approved: Drop the portal", "Submitted: Later"]);
    let other = told(&test, "other").await;
    for said in
        ["New opportunity: Cheaper vendor, score 20", "Wave is launched since", "Ready is in review since"]
    {
        assert!(other.iter().any(|one| one == said), "{said}: {other:?}");
    }
    let all = get(&test.viewer, "changes-since?from=2026-06-20&to=2026-06-30").await;
    let cancelled = |item: &&Value| item["text"] == "Old portal was cancelled";
    let cancelled = all["items"].as_array().unwrap().iter().find(cancelled).unwrap();
    assert_eq!((&cancelled["good"], &cancelled["reason"]), (&json!(false), &json!("Drop the portal")));
    let page = test.viewer.page("/programs/ATLAS/changed?from=2026-06-20").await.is(200).text;
    let place = |words: &str| page.find(words).unwrap_or_else(|| panic!("“{words}” is missing: {page}"));
    assert!(place("Went wrong</h2>") < place("High risks</h2>") && place("8 things went wrong") > 0);
    let overview = test.viewer.page("/programs/ATLAS").await.is(200).text;
    assert!(overview.contains("said no-go") && overview.contains("was rolled back"), "{overview}");
}

#[tokio::test]
async fn a_draft_names_what_went_wrong_and_the_critical_issues_that_are_open() {
    let test = gone_wrong().await;
    let period = json!({"period_from": "2026-06-20", "period_to": "2026-06-30"});
    post(&test.manager, "reports", period).await;
    let text = test.viewer.get(&format!("{ATLAS}/reports/1/markdown")).await.is(200).text;
    for said in [
        "8 things went wrong, first of all: Wave (ATLAS-REL1) was rolled back.",
        "- Wave (ATLAS-REL1) was rolled back: “Balances differ”.",
        "- Ready (ATLAS-G1) said no-go: “The vendor withdrew”.",
        "- Old portal (ATLAS-M1) was cancelled: “Drop the portal”.",
        "- Approved: Drop the portal (ATLAS-CR1).",
        "- Critical: Nothing posts (ATLAS-I1), open for 15 days, no owner.",
        "- Critical: Slow (ATLAS-I3), open for 15 days, no owner.",
        "- Critical: Login fails (ATLAS-I4), open for 0 days, no owner.",
    ] {
        assert!(text.contains(said), "{said}: {text}");
    }
    assert!(!text.contains("New high risk: Cheaper vendor"), "{text}");
}

#[tokio::test]
async fn the_page_of_a_release_that_was_launched_again_says_what_its_metrics_say() {
    let test = atlas().await;
    post(&test.manager, "releases", json!({"title": "Wave", "raised_on": "2026-05-01"})).await;
    let step = async |body: Value| moved(&test.manager, "releases/1", body).await;
    step(json!({"to": "launched", "on": "2026-06-01"})).await;
    step(json!({"to": "rolled_back", "on": "2026-06-10", "reason": "Balances differ."})).await;
    step(json!({"to": "launched", "on": "2026-06-20"})).await;
    for (kind, on, count) in
        [("defect", "2026-05-20", 9), ("defect", "2026-06-05", 4), ("incident", "2026-06-05", 5)]
    {
        post(&test.manager, "releases/1/events", json!({"kind": kind, "on": on, "count": count})).await;
    }
    let escaped = get(&test.viewer, "metrics/defect_escape_rate").await;
    assert_eq!((&escaped["numerator"], &escaped["denominator"]), (&json!(4.0), &json!(13.0)), "{escaped}");
    let incidents = get(&test.viewer, "metrics/post_launch_incident_rate").await;
    assert_eq!(incidents["numerator"], json!(5.0), "{incidents}");
    let page = test.viewer.page("/programs/ATLAS/releases/1").await.is(200).text;
    for said in [
        "<dt>Incidents</dt><dd><b class=\"bad\">5</b>",
        "<dt>Defects found before</dt><dd><b>9</b>",
        "<dt>Defects found after</dt><dd><b class=\"bad\">4</b>",
        "<dt>Launched before</dt><dd><time class=\"nowrap\" datetime=\"2026-06-01\">",
        "<b>Rolled back before</b> on <time class=\"nowrap\" datetime=\"2026-06-10\">10 Jun 2026</time>: Balances differ.",
        "Incidents a week",
    ] {
        assert!(page.contains(said), "{said}: {page}");
    }
    assert!(!page.contains("Not of a launch"), "{page}");
    // As it was while it was taken back, that stands as it did.
    let then = test.viewer.page("/programs/ATLAS/releases/1?as_of=2026-06-12").await.is(200).text;
    assert!(then.contains("<b>Rolled back</b> on") && !then.contains("Rolled back before"), "{then}");
}

#[tokio::test]
async fn an_agenda_proposes_what_waits_for_approval_and_what_ran_out() {
    let test = TestApp::start().await;
    let manager = &test.manager;
    raise(manager, Kind::Change, json!({"title": "Slip", "effective_on": "2026-06-22"})).await;
    moved(manager, "changes/1", json!({"to": "submitted", "on": "2026-06-23"})).await;
    raise(manager, Kind::Assumption, json!({"validate_by": "2026-06-20"})).await;
    raise(manager, Kind::Dependency, json!({"needed_by": "2026-07-10"})).await;
    raise(manager, Kind::Risk, json!({"raised_on": "2026-06-01"})).await;
    let accepted = json!({"to": "accepted", "until": "2026-06-25", "reason": "Small", "on": "2026-06-01"});
    moved(manager, "risks/1", accepted).await;
    post(manager, "meetings", json!({"title": "Steering", "on": "2026-06-30"})).await;
    let agenda = async || -> Vec<(String, String, String)> {
        let all = get(&test.viewer, "meetings/1/agenda").await;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let row = |row: &Value| (text(&row["ref"]), text(&row["why"]), text(&row["says"]));
        all["items"].as_array().unwrap().iter().map(row).collect()
    };
    let row =
        |reference: &str, why: &str, says: &str| (reference.to_owned(), why.to_owned(), says.to_owned());
    let whole = [
        row("ATLAS-CR1", "approval_waiting", "waits for 5 working days"),
        row("ATLAS-A1", "lapsed", "to be validated by 20 Jun 2026"),
        row("ATLAS-R1", "lapsed", "its acceptance ran out on 25 Jun 2026"),
        row("ATLAS-D1", "not_agreed", "needed by 10 Jul 2026 and not agreed"),
    ];
    assert_eq!(agenda().await, whole);
    // Also once it is open again by itself, until something is done of it.
    acceptance::expire(&test.app, at("2026-06-30T12:00:00Z")).await.unwrap();
    assert_eq!(get(&test.viewer, "risks/1").await["state"], "open");
    assert_eq!(agenda().await, whole);
    moved(manager, "risks/1", json!({"to": "mitigating"})).await;
    assert!(agenda().await.iter().all(|(reference, ..)| reference != "ATLAS-R1"));
}

#[tokio::test]
async fn what_was_put_off_waits_again_when_its_day_has_come() {
    let test = TestApp::start().await;
    let manager = &test.manager;
    manager.patch(ATLAS, 1, json!({"manager": manager.email})).await.is(200);
    for until in ["2026-06-10", "2026-07-10"] {
        let body = json!({"title": until, "needed_by": "2026-08-31", "raised_on": "2026-06-01", "effective_on": "2026-06-01"});
        let made = post(manager, "decisions", body).await;
        let one = format!("decisions/{}", made["number"]);
        moved(manager, &one, json!({"to": "waiting", "on": "2026-06-01"})).await;
        moved(
            manager,
            &one,
            json!({"to": "deferred", "until": until, "on": "2026-06-02", "reason": "Later"}),
        )
        .await;
    }
    let latency = async || get(&test.viewer, "metrics/decision_latency").await["detail"]["waiting"].clone();
    let before = latency().await;
    assert_eq!(get(&test.viewer, "decisions?state=waiting").await["total"], 0);
    watch::look(&test.app, at("2026-06-30T12:00:00Z")).await.unwrap();
    let waiting = get(&test.viewer, "decisions?state=waiting").await;
    assert_eq!((&waiting["total"], &waiting["items"][0]["title"]), (&json!(1), &json!("2026-06-10")));
    let back = get(&test.viewer, "decisions/1").await;
    assert_eq!(
        (&back["state"], &back["requested_on"], &back["next_on"], &back["escalation_level"]),
        (&json!("waiting"), &json!("2026-06-01"), &json!("2026-08-31"), &json!(1)),
        "its level's clock ran from 10 June: {back}"
    );
    assert_eq!(get(&test.viewer, "decisions/1?as_of=2026-06-10").await["state"], "waiting");
    assert_eq!(get(&test.viewer, "decisions/1?as_of=2026-06-09").await["state"], "deferred");
    assert_eq!(latency().await, before, "it waits since it was asked for, as it did");
    assert_eq!(get(&test.viewer, "decisions/2").await["state"], "deferred");
    let page = test.viewer.page("/programs/ATLAS/decisions/1").await.is(200).text;
    assert!(page.contains("The day until which it was put off has come"), "{page}");
    // It is found once.
    let version = back["version"].clone();
    watch::look(&test.app, at("2026-07-01T12:00:00Z")).await.unwrap();
    assert_eq!(get(&test.viewer, "decisions/1").await["version"], version);
}

#[tokio::test]
async fn a_condition_whose_action_stands_open_is_not_made_twice() {
    let test = TestApp::start().await;
    let manager = &test.manager;
    post(manager, "gates", json!({"title": "Ready", "on": "2026-06-30"})).await;
    let go = async |conditions: &str| {
        moved(manager, "gates/1", json!({"to": "in_review"})).await;
        let body = json!({"to": "conditional_go", "conditions": conditions, "override_reason": "None signs"});
        moved(manager, "gates/1", body).await;
        get(&test.viewer, "actions").await["total"].clone()
    };
    assert_eq!(go("Two on call | 2026-07-08\nRunbook").await, 2);
    assert_eq!(go("Two on call | 2026-07-08\nRunbook").await, 2);
    moved(manager, "actions/2", json!({"to": "done"})).await;
    assert_eq!(go("Two on call\nRunbook\nPenetration test").await, 4, "what was done is to be done again");
}

#[tokio::test]
async fn a_meeting_ahead_is_not_held_and_what_it_decides_has_its_forum() {
    let test = TestApp::start().await;
    let manager = &test.manager;
    for (title, on) in [("July", "2026-07-07"), ("June", "2026-06-30")] {
        post(manager, "meetings", json!({"title": title, "on": on, "forum": "Steering"})).await;
    }
    let why = unmoved(manager, "meetings/1", json!({"to": "held"}), "on").await;
    assert!(why.contains("7 Jul 2026"), "{why}");
    assert_eq!(get(&test.viewer, "meetings/1").await["state"], "planned");
    for (reference, forum) in [("ATLAS-DEC1", ""), ("ATLAS-DEC2", "Design")] {
        let made = raise(manager, Kind::Decision, json!({"forum": forum})).await;
        moved(manager, &format!("decisions/{}", made["number"]), json!({"to": "waiting"})).await;
        post(manager, "meetings/2/outcomes", json!({"decision": reference, "option": "Two"})).await;
    }
    assert_eq!(get(&test.viewer, "decisions/1").await["forum"], "Steering");
    assert_eq!(get(&test.viewer, "decisions/2").await["forum"], "Design");
    moved(manager, "meetings/2", json!({"to": "held"})).await;
}
