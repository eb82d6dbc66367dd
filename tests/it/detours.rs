//! No detour makes status better than it is: what an owner, a contributor or the other side tries, and is refused.
//!
//! Today is Tuesday 30 June 2026.

use crate::readiness::gated;
use crate::support::api::{ATLAS, atlas, get, moved, post, raise, unmoved, with};
use crate::support::app::{TestApp, TestUser, at};
use plumbline::domain::kind::Kind;
use serde_json::{Value, json};

/// Something of the contributor's, raised on 1 June.
async fn own(test: &TestApp, kind: Kind, more: Value) {
    let body = with(json!({"owner": test.contributor.email, "raised_on": "2026-06-01"}), more);
    raise(&test.manager, kind, body).await;
}

async fn version(test: &TestApp, item: &str) -> i64 {
    get(&test.viewer, item).await["version"].as_i64().unwrap()
}

/// What a change comes back with, and why where it is refused.
async fn patch(test: &TestApp, user: &TestUser, item: &str, body: Value, status: u16) -> String {
    let version = version(test, item).await;
    user.patch(&format!("{ATLAS}/{item}"), version, body).await.is(status).text
}

async fn rag(test: &TestApp, dimension: &str) -> Value {
    let health = get(&test.viewer, "health").await;
    let all = health["dimensions"].as_array().unwrap();
    all.iter().find(|one| one["dimension"] == dimension).unwrap()["rag"].clone()
}

#[tokio::test]
async fn open_bad_news_is_not_archived_by_its_owner() {
    let test = atlas().await;
    own(&test, Kind::Risk, json!({"probability": 5, "impact": 5})).await;
    own(&test, Kind::Decision, json!({"needed_by": "2026-06-10"})).await;
    own(&test, Kind::Benefit, json!({})).await;
    for item in ["risks/1", "decisions/1", "benefits/1"] {
        test.contributor.delete(&format!("{ATLAS}/{item}")).await.problem(403);
    }
    assert_eq!(rag(&test, "risk").await, "red");
    // What was raised by mistake is taken back on the same day.
    raise(&test.contributor, Kind::Risk, json!({"owner": test.contributor.email})).await;
    test.contributor.delete(&format!("{ATLAS}/risks/2")).await.is(204);
    test.manager.delete(&format!("{ATLAS}/risks/1")).await.is(204);
}

#[tokio::test]
async fn what_somebody_is_asked_is_not_withdrawn_behind_their_back() {
    let test = atlas().await;
    own(&test, Kind::Decision, json!({})).await;
    moved(&test.contributor, "decisions/1", json!({"to": "waiting", "escalated_to": test.viewer.email}))
        .await;
    let path = format!("{ATLAS}/decisions/1/transitions");
    test.contributor.post(&path, json!({"to": "withdrawn"})).await.problem(403);
    moved(&test.manager, "decisions/1", json!({"to": "withdrawn"})).await;
}

#[tokio::test]
async fn a_clock_is_not_set_to_a_day_that_has_not_come() {
    let test = atlas().await;
    let ahead = json!({"title": "Later", "requested_on": "2030-01-01"});
    test.contributor.post(&format!("{ATLAS}/decisions"), ahead).await.refused("requested_on");
    own(&test, Kind::Issue, json!({})).await;
    for day in ["2026-05-01", "2026-06-02"] {
        patch(&test, &test.contributor, "issues/1", json!({"raised_on": day}), 403).await;
    }
    let far = json!({"title": "Far", "period_from": "2026-06-01", "period_to": "2099-12-31"});
    test.contributor.post(&format!("{ATLAS}/reports"), far).await.refused("period_to");
}

#[tokio::test]
async fn a_link_of_the_schedule_is_the_word_of_both_ends() {
    let test = atlas().await;
    raise(&test.manager, Kind::Activity, json!({"likely_days": 40, "owner": test.manager.email})).await;
    own(&test, Kind::Milestone, json!({"committed_on": "2026-07-15"})).await;
    let link = json!({"predecessor": "ATLAS-T1", "successor": "ATLAS-M1"});
    let made = test.contributor.post(&format!("{ATLAS}/links"), link).await.is(201).json();
    let id = made["id"].as_str().unwrap();
    assert_eq!(rag(&test, "schedule").await, "red", "it comes 8 weeks later");
    test.contributor.delete(&format!("{ATLAS}/links/{id}")).await.problem(403);
    test.contributor.patch(&format!("{ATLAS}/links/{id}"), 1, json!({"lag_days": -30})).await.problem(403);
    raise(&test.manager, Kind::Activity, json!({"likely_days": 1, "owner": test.manager.email})).await;
    let theirs = json!({"predecessor": "ATLAS-T1", "successor": "ATLAS-T2"});
    test.contributor.post(&format!("{ATLAS}/links"), theirs).await.problem(403);
    test.manager.delete(&format!("{ATLAS}/links/{id}")).await.is(204);
}

#[tokio::test]
async fn what_is_done_about_something_is_said_by_whoever_answers_for_it() {
    let test = atlas().await;
    raise(&test.manager, Kind::Risk, json!({"probability": 5, "impact": 5, "owner": test.manager.email}))
        .await;
    let overall = async || get(&test.viewer, "health").await["overall"].clone();
    assert_eq!(overall().await, "red");
    let action = json!({"title": "Buy milk", "owner": test.contributor.email, "due_on": "2026-12-31", "from": "ATLAS-R1"});
    post(&test.contributor, "actions", action).await;
    let links = get(&test.viewer, "actions/1/links").await;
    assert_eq!(links["items"][0]["relation"], "relates", "{links}");
    assert_eq!(overall().await, "red", "anybody may say that it has to do with it");
    let mitigates = json!({"relation": "mitigates", "to": "ATLAS-R1"});
    let path = format!("{ATLAS}/actions/1/links");
    test.contributor.post(&path, mitigates.clone()).await.problem(403);
    test.manager.post(&path, mitigates).await.is(201);
    assert_eq!(overall().await, "amber", "its owner says that it is recovered by it");
    test.manager.delete(&format!("{path}/mitigates/ATLAS-R1")).await.is(204);
    assert_eq!(overall().await, "red");
}

#[tokio::test]
async fn an_agreed_dependency_is_not_unhooked_from_the_schedule_by_its_owner() {
    let test = atlas().await;
    raise(&test.manager, Kind::Milestone, json!({"committed_on": "2026-07-20", "forecast_on": "2026-08-20"}))
        .await;
    own(&test, Kind::Dependency, json!({"needed_by": "2026-07-24", "provider_milestone": "ATLAS-M1"})).await;
    for side in ["provider", "consumer"] {
        moved(&test.manager, "dependencies/1", json!({"to": "agreed", "as": side})).await;
    }
    let none = json!({"provider_milestone": null});
    patch(&test, &test.contributor, "dependencies/1", none.clone(), 403).await;
    patch(&test, &test.manager, "dependencies/1", none, 200).await;
}

#[tokio::test]
async fn the_consumer_asks_for_another_day_whoever_owns_it() {
    let test = atlas().await;
    let leads = json!({"key": "BETA", "name": "Beta", "lead": test.viewer.email});
    post(&test.manager, "projects", leads).await;
    let body = json!({"provider": {"external": "Vendor"}, "consumer": {"project": "BETA"}, "needed_by": "2026-07-24"});
    own(&test, Kind::Dependency, body).await;
    for side in ["provider", "consumer"] {
        moved(&test.manager, "dependencies/1", json!({"to": "agreed", "as": side})).await;
    }
    patch(&test, &test.viewer, "dependencies/1", json!({"title": "Mine"}), 403).await;
    patch(&test, &test.viewer, "dependencies/1", json!({"promised_by": "2026-07-20"}), 403).await;
    patch(&test, &test.viewer, "dependencies/1", json!({"needed_by": "2026-07-10"}), 200).await;
    let asked = get(&test.viewer, "dependencies/1").await;
    assert_eq!(
        (&asked["needed_by"], &asked["proposed_needed_by"]),
        (&json!("2026-07-24"), &json!("2026-07-10")),
        "it is the provider's to consent to"
    );
    let page = test.viewer.page("/programs/ATLAS/dependencies/1").await.is(200).text;
    assert!(page.contains("/dependencies/1/edit"), "and the page has a way to it");
    test.viewer.page("/programs/ATLAS/dependencies/1/edit").await.is(200);
}

#[tokio::test]
async fn a_gate_is_judged_by_what_its_owner_or_a_manager_gave_it() {
    let test = atlas().await;
    gated(&test).await;
    let easy = json!({"area": "engineering", "criterion": "Easy", "mandatory": false});
    test.contributor.post(&format!("{ATLAS}/gates/1/checks"), easy.clone()).await.problem(403);
    let alone = with(easy, json!({"gate": "ATLAS-G1", "title": "Easy"}));
    test.contributor.post(&format!("{ATLAS}/checks"), alone).await.problem(403);
    // A later day, a word without anybody's signature and one of an earlier day are a manager's, or nobody's.
    let body = json!({"title": "Alone", "on": "2026-07-02", "owner": test.contributor.email,
        "checks": [{"area": "legal", "criterion": "Terms read"}]});
    post(&test.manager, "gates", body).await;
    patch(&test, &test.contributor, "gates/2", json!({"on": "2027-01-01"}), 403).await;
    moved(&test.contributor, "gates/2", json!({"to": "in_review"})).await;
    let go = json!({"to": "conditional_go", "conditions": "Terms read soon"});
    test.contributor.post(&format!("{ATLAS}/gates/2/transitions"), go.clone()).await.problem(403);
    test.clock.hold_at(at("2026-07-02T12:00:00Z"));
    moved(&test.manager, "checks/4", json!({"to": "failed"})).await;
    let told = unmoved(&test.manager, "gates/2", with(go.clone(), json!({"on": "2026-07-01"})), "on").await;
    assert!(told.contains("ATLAS-CHK4 was changed on 2 Jul 2026"), "{told}");
    let gone = moved(&test.manager, "gates/2", go).await;
    assert_eq!(gone["checked"], json!({"passed": 0, "applicable": 1, "waived": 0}));
}

#[tokio::test]
async fn a_gate_that_said_no_is_as_red_in_the_portfolio() {
    let test = atlas().await;
    gated(&test).await;
    test.clock.hold_at(at("2026-07-04T12:00:00Z"));
    moved(&test.manager, "gates/1", json!({"to": "no_go", "reason": "Not ready"})).await;
    let portfolio = test.viewer.get("/api/v1/portfolio").await.is(200).json();
    let row = &portfolio["items"][0];
    assert_eq!(row["health"]["overall"], get(&test.viewer, "health").await["overall"], "{row}");
    assert!(row["health"]["dimensions"]["readiness"] == "red", "{row}");
}

#[tokio::test]
async fn what_is_found_before_a_launch_is_counted_when_it_is_found() {
    let test = atlas().await;
    raise(
        &test.manager,
        Kind::Release,
        json!({"launch_on": "2026-06-20", "owner": test.manager.email, "raised_on": "2026-06-01"}),
    )
    .await;
    let path = format!("{ATLAS}/releases/1/events");
    let many = json!({"kind": "defect", "on": "2026-06-10", "count": 100_000});
    test.contributor.post(&path, many.clone()).await.problem(403);
    let today = with(many.clone(), json!({"on": "2026-06-30"}));
    test.contributor.post(&path, today.clone()).await.refused("count");
    test.contributor.post(&path, with(today, json!({"count": 4}))).await.is(201);
    // Bad news anybody may count, from the day on which it came.
    test.contributor.post(&path, json!({"kind": "incident", "on": "2026-06-25"})).await.is(201);
    let known =
        async |day: &str| get(&test.viewer, &format!("releases/1/events?as_of={day}")).await["total"].clone();
    assert_eq!((known("2026-06-29").await, known("2026-06-30").await), (json!(1), json!(2)));
    test.manager.post(&path, many).await.is(201);
}

#[tokio::test]
async fn a_threat_stays_one_and_a_plan_stays_a_plan() {
    let test = atlas().await;
    own(&test, Kind::Risk, json!({"probability": 5, "impact": 5})).await;
    patch(&test, &test.contributor, "risks/1", json!({"opportunity": true}), 403).await;
    patch(&test, &test.manager, "risks/1", json!({"opportunity": true}), 200).await;
    own(&test, Kind::Benefit, json!({"baseline": 100, "plan": [{"on": "2026-12-31", "value": 200}]})).await;
    let less = json!({"plan": [{"on": "2026-12-31", "value": 105}]});
    moved(&test.contributor, "benefits/1", json!({"to": "tracking"})).await;
    for body in [less.clone(), json!({"baseline": 110}), json!({"weight": 0.1})] {
        patch(&test, &test.contributor, "benefits/1", body, 403).await;
    }
    patch(&test, &test.manager, "benefits/1", less, 200).await;
}

#[tokio::test]
async fn rework_that_was_written_down_is_a_managers_to_take_away() {
    let test = atlas().await;
    let made =
        post(&test.contributor, "rework", json!({"what": "Interface done twice", "on": "2026-06-30"})).await;
    let path = format!("{ATLAS}/rework/{}", made["id"].as_str().unwrap());
    test.contributor.delete(&path).await.problem(403);
    test.contributor.patch(&path, 1, json!({"on": "2026-01-01"})).await.problem(403);
    test.manager.delete(&path).await.is(204);
}

#[tokio::test]
async fn a_report_is_published_on_the_day_on_which_it_is() {
    let test = atlas().await;
    raise(
        &test.manager,
        Kind::Report,
        json!({"period_from": "2026-06-01", "period_to": "2026-06-14", "effective_on": "2026-06-14"}),
    )
    .await;
    unmoved(&test.manager, "reports/1", json!({"to": "published", "on": "2026-06-15"}), "on").await;
    assert_eq!(
        moved(&test.manager, "reports/1", json!({"to": "published"})).await["published_on"],
        "2026-06-30"
    );
}

#[tokio::test]
async fn a_report_says_by_which_thresholds_it_was_judged() {
    let test = atlas().await;
    let lenient = json!({"thresholds": {"risk_red_score": 26, "risk_amber_score": 26, "risk_accept_sponsor_score": 20}});
    test.manager.patch(ATLAS, 1, lenient).await.is(200);
    raise(&test.manager, Kind::Risk, json!({"probability": 5, "impact": 5})).await;
    raise(&test.manager, Kind::Report, json!({"period_from": "2026-06-20", "period_to": "2026-06-30"})).await;
    moved(&test.manager, "reports/1", json!({"to": "published"})).await;
    test.manager.patch(ATLAS, 2, json!({"thresholds": {}})).await.is(200);
    let page = test.viewer.page("/programs/ATLAS/reports/1").await.is(200).text;
    let own = "By thresholds of the program’s own: Risk red: score from 26 (by default 20); Risk amber: score from 26 (by default 15).";
    assert!(page.contains(own), "{page}");
}

#[tokio::test]
async fn only_what_stands_stands_in_the_place_of_a_decision() {
    let test = atlas().await;
    for title in ["One", "Two", "Three"] {
        raise(&test.manager, Kind::Decision, json!({"title": title})).await;
    }
    raise(&test.manager, Kind::Milestone, json!({"committed_on": "2026-09-01"})).await;
    for number in [1, 2] {
        let item = format!("decisions/{number}");
        moved(&test.manager, &item, json!({"to": "waiting"})).await;
        moved(&test.manager, &item, json!({"to": "decided", "option": "Yes"})).await;
    }
    for other in ["ATLAS-M1", "ATLAS-DEC3", "ATLAS-DEC1"] {
        unmoved(
            &test.manager,
            "decisions/1",
            json!({"to": "superseded", "superseded_by": other}),
            "superseded_by",
        )
        .await;
    }
    moved(&test.manager, "decisions/1", json!({"to": "superseded", "superseded_by": "ATLAS-DEC2"})).await;
    unmoved(
        &test.manager,
        "decisions/2",
        json!({"to": "superseded", "superseded_by": "ATLAS-DEC1"}),
        "superseded_by",
    )
    .await;
    let gone = test.manager.delete(&format!("{ATLAS}/decisions/2/links/supersedes/ATLAS-DEC1")).await;
    gone.refused("relation");
}

#[tokio::test]
async fn a_program_goes_from_state_to_state_as_it_may() {
    let test = atlas().await;
    let set = async |state: &str| {
        let version = get(&test.viewer, "").await["version"].as_i64().unwrap();
        test.manager.patch(ATLAS, version, json!({"state": state})).await
    };
    let told = set("draft").await.refused("state");
    assert!(told.contains("A program that is active becomes on hold or closed."), "{told}");
    set("on_hold").await.is(200);
    set("active").await.is(200);
}

#[tokio::test]
async fn the_history_of_a_milestone_tells_of_its_kind_only_where_it_changed() {
    let test = atlas().await;
    raise(&test.manager, Kind::Milestone, json!({"kind": "release", "committed_on": "2026-09-01"})).await;
    test.clock.hold_at(at("2026-07-01T12:00:00Z"));
    patch(&test, &test.manager, "milestones/1", json!({"title": "Renamed"}), 200).await;
    let history = get(&test.viewer, "milestones/1/history").await;
    let last = &history["items"].as_array().unwrap()[1]["changes"];
    assert_eq!(last.as_object().unwrap().keys().collect::<Vec<_>>(), ["title"], "{history}");
    test.clock.hold_at(at("2026-07-02T12:00:00Z"));
    patch(&test, &test.manager, "milestones/1", json!({"kind": "delivery"}), 200).await;
    let history = get(&test.viewer, "milestones/1/history").await;
    assert_eq!(
        history["items"].as_array().unwrap()[2]["changes"],
        json!({"kind": {"from": "release", "to": "delivery"}})
    );
}
