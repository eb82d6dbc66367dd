//! What is measured isn't for whom it is about to soften: since when something waits, what was committed, what came about, what was
//! signed, and by what it is judged.
//!
//! Today is Tuesday 30 June 2026.

use crate::readiness::gated;
use crate::support::api::{ATLAS, atlas, get, moved, post, raise, unmoved};
use crate::support::app::{TestApp, at};
use plumbline::domain::kind::Kind;
use serde_json::{Value, json};

/// An item of the contributor's.
async fn own(test: &TestApp, kind: Kind, more: Value) {
    let owned = crate::support::api::with(json!({"owner": test.contributor.email}), more);
    raise(&test.manager, kind, owned).await;
}

#[tokio::test]
async fn its_owner_does_not_make_an_item_younger() {
    let test = atlas().await;
    own(&test, Kind::Issue, json!({"raised_on": "2026-05-01"})).await;
    let path = format!("{ATLAS}/issues/1");
    test.contributor.patch(&path, 1, json!({"raised_on": "2026-06-29"})).await.problem(403);
    // Older it would leave the window in which it is counted.
    test.contributor.patch(&path, 1, json!({"raised_on": "2026-04-30"})).await.problem(403);
    let set_right = test.manager.patch(&path, 1, json!({"raised_on": "2026-05-02"})).await.is(200).json();
    assert_eq!(set_right["raised_on"], "2026-05-02");
}

#[tokio::test]
async fn a_decision_waits_since_it_was_first_asked_for() {
    let test = atlas().await;
    own(&test, Kind::Decision, json!({"raised_on": "2026-05-01"})).await;
    let one = "decisions/1";
    let asked = json!({"to": "waiting", "escalated_to": test.viewer.email, "escalated_on": "2026-05-04"});
    moved(&test.contributor, one, asked).await;
    let told = unmoved(
        &test.contributor,
        one,
        json!({"to": "waiting", "escalated_on": "2026-07-01"}),
        "escalated_on",
    )
    .await;
    assert!(told.contains("doesn’t lie ahead"), "{told}");
    let again = json!({"to": "waiting", "escalated_to": test.manager.email, "escalated_on": "2026-06-30"});
    let waiting = moved(&test.contributor, one, again).await;
    assert_eq!(waiting["escalated_on"], "2026-05-04", "the clock of the first escalation runs on");
    let version = waiting["version"].as_i64().unwrap();
    let path = format!("{ATLAS}/{one}");
    test.contributor.patch(&path, version, json!({"requested_on": "2026-07-15"})).await.problem(403);
    // Whom it was escalated to decides, or a manager; not whoever asks.
    let decided = json!({"to": "decided", "option": "Both"});
    test.contributor.post(&format!("{path}/transitions"), decided.clone()).await.problem(403);
    let mine = json!({"to": "waiting", "escalated_to": test.contributor.email});
    test.contributor.post(&format!("{path}/transitions"), mine).await.problem(403);
    let later = json!({"to": "deferred", "until": "2026-12-01"});
    test.contributor.post(&format!("{path}/transitions"), later).await.problem(403);
    unmoved(&test.manager, one, json!({"to": "deferred", "until": "2026-06-30"}), "until").await;
    moved(&test.manager, one, decided).await;
}

#[tokio::test]
async fn a_change_that_is_taken_back_and_submitted_again_has_waited_since_the_first_time() {
    let test = atlas().await;
    own(&test, Kind::Change, json!({"raised_on": "2026-05-01"})).await;
    moved(&test.contributor, "changes/1", json!({"to": "submitted"})).await;
    test.clock.hold_at(at("2026-07-20T12:00:00Z"));
    moved(&test.contributor, "changes/1", json!({"to": "draft"})).await;
    let again = moved(&test.contributor, "changes/1", json!({"to": "submitted"})).await;
    assert_eq!(again["submitted_on"], "2026-06-30");
}

#[tokio::test]
async fn what_is_committed_leaves_by_a_manager_and_what_came_about_stays() {
    let test = atlas().await;
    own(&test, Kind::Milestone, json!({"committed_on": "2026-06-01"})).await;
    own(&test, Kind::Milestone, json!({})).await;
    let one = format!("{ATLAS}/milestones/1");
    test.contributor.delete(&one).await.problem(403);
    test.contributor.post(&format!("{one}/transitions"), json!({"to": "cancelled"})).await.problem(403);
    let page = test.contributor.page("/programs/ATLAS/milestones/1").await.is(200).text;
    assert!(!page.contains("/milestones/1/archive"), "nothing is offered that would be refused");
    test.contributor.delete(&format!("{ATLAS}/milestones/2")).await.is(204);
    moved(&test.contributor, "milestones/1", json!({"to": "achieved"})).await;
    own(&test, Kind::Issue, json!({})).await;
    moved(&test.contributor, "issues/1", json!({"to": "resolved", "reason": "Mended"})).await;
    own(&test, Kind::Release, json!({})).await;
    moved(&test.contributor, "releases/1", json!({"to": "launched"})).await;
    own(&test, Kind::Meeting, json!({"on": "2026-06-29", "key": true})).await;
    moved(&test.contributor, "meetings/1", json!({"to": "held"})).await;
    for item in ["milestones/1", "issues/1", "releases/1", "meetings/1"] {
        let told = test.manager.delete(&format!("{ATLAS}/{item}")).await.problem(422);
        assert!(told["detail"].as_str().unwrap().contains("is counted: it is not archived"), "{told}");
    }
    // Nor by taking it back to where it was.
    for (item, to) in [("issues/1", "open"), ("releases/1", "rolled_back")] {
        moved(&test.contributor, item, json!({"to": to, "reason": "Not quite"})).await;
    }
    test.contributor.delete(&format!("{ATLAS}/issues/1")).await.problem(403);
    moved(&test.contributor, "releases/1", json!({"to": "cancelled", "reason": "So"})).await;
    test.manager.delete(&format!("{ATLAS}/releases/1")).await.problem(422);
}

#[tokio::test]
async fn once_the_plan_has_its_baseline_a_manager_commits_what_comes_after() {
    let test = atlas().await;
    post(&test.contributor, "milestones", json!({"title": "First", "committed_on": "2026-09-01"})).await;
    post(&test.contributor, "milestones", json!({"title": "Same day", "committed_on": "2026-09-02"})).await;
    test.clock.hold_at(at("2026-07-01T12:00:00Z"));
    let late = json!({"title": "Late", "committed_on": "2026-09-03"});
    let told =
        test.contributor.post(&format!("{ATLAS}/milestones"), late.clone()).await.refused("committed_on");
    assert!(told.contains("The plan has its baseline"), "{told}");
    post(&test.contributor, "milestones", json!({"title": "Free", "owner": test.contributor.email})).await;
    test.contributor
        .patch(&format!("{ATLAS}/milestones/3"), 1, json!({"committed_on": "2026-09-03"}))
        .await
        .refused("committed_on");
    post(&test.manager, "milestones", late).await;
    // A past day is shown what had entered by then.
    let first = get(&test.viewer, "baselines/0").await;
    assert_eq!((&first["item_count"], first["items"].as_array().unwrap().len()), (&json!(3), 3));
    let then = get(&test.viewer, "baselines/0?as_of=2026-06-30").await;
    assert_eq!((&then["item_count"], then["items"].as_array().unwrap().len()), (&json!(2), 2));
}

#[tokio::test]
async fn what_was_counted_of_a_release_is_taken_back_by_whom_it_was_counted_or_a_manager() {
    let test = atlas().await;
    own(&test, Kind::Release, json!({})).await;
    moved(&test.contributor, "releases/1", json!({"to": "launched"})).await;
    let counted = async |user, title: &str| {
        let body = json!({"kind": "incident", "on": "2026-06-30", "title": title});
        let id = post(user, "releases/1/events", body).await["id"].as_str().unwrap().to_owned();
        format!("{ATLAS}/releases/1/events/{id}")
    };
    let of_manager = counted(&test.manager, "Outage").await;
    let of_contributor = counted(&test.contributor, "Slow").await;
    test.contributor.delete(&of_manager).await.problem(403);
    assert_eq!(get(&test.viewer, "releases/1/events").await["total"], 2, "nothing went");
    test.contributor.delete(&of_contributor).await.is(204);
    test.manager.delete(&of_manager).await.is(204);
    assert_eq!(get(&test.viewer, "releases/1/events").await["total"], 0);
}

#[tokio::test]
async fn a_gate_that_goes_gets_no_more_checks() {
    let test = atlas().await;
    gated(&test).await;
    for check in ["checks/1", "checks/2"] {
        moved(&test.manager, check, json!({"to": "passed"})).await;
    }
    for role in ["Engineering", "Security"] {
        post(&test.contributor, "gates/1/sign-offs", json!({"role": role, "verdict": "go"})).await;
    }
    moved(&test.manager, "gates/1", json!({"to": "go"})).await;
    let more = json!({"area": "legal", "criterion": "Terms"});
    test.manager.post(&format!("{ATLAS}/gates/1/checks"), more).await.problem(422);
    let one = json!({"title": "Easy", "gate": "ATLAS-G1"});
    test.manager.post(&format!("{ATLAS}/checks"), one).await.refused("gate");
}

#[tokio::test]
async fn a_gate_that_said_no_is_as_red_as_before() {
    let test = atlas().await;
    gated(&test).await;
    test.clock.hold_at(at("2026-07-04T12:00:00Z"));
    let readiness = async || {
        let health = get(&test.viewer, "health").await;
        let all = health["dimensions"].as_array().unwrap().clone();
        all.into_iter().find(|one| one["dimension"] == "readiness").unwrap()["rag"].clone()
    };
    assert_eq!(readiness().await, "red", "a mandatory check is unstarted 6 days before");
    moved(&test.manager, "gates/1", json!({"to": "no_go", "reason": "Not ready"})).await;
    assert_eq!(readiness().await, "red");
}

#[tokio::test]
async fn a_delivered_dependency_is_not_refused_by_its_provider() {
    let test = atlas().await;
    raise(&test.manager, Kind::Dependency, json!({})).await;
    for side in ["provider", "consumer"] {
        moved(&test.manager, "dependencies/1", json!({"to": "agreed", "as": side})).await;
    }
    moved(&test.manager, "dependencies/1", json!({"to": "delivered"})).await;
    let odd = json!({"to": "agreed", "as": "provider", "reason": "I agree to the new date"});
    let told = unmoved(&test.manager, "dependencies/1", odd, "to").await;
    assert!(told.contains("It is delivered: the consumer accepts it"), "{told}");
    assert_eq!(get(&test.viewer, "dependencies/1").await["state"], "delivered");
}

#[tokio::test]
async fn thresholds_and_targets_leave_every_colour_possible() {
    let test = atlas().await;
    for (field, settings, why) in [
        ("thresholds", json!({"risk_red_score": -5}), "Scores are from 1 to 25"),
        ("thresholds", json!({"risk_red_score": 10}), "Red begins where amber does"),
        ("thresholds", json!({"readiness_pass_percent": 500}), "A pass rate"),
        ("thresholds", json!({"schedule_float_working_days": 1}), "Total float"),
        ("thresholds", json!({"scope_red_percent": 99}), "Scope turns red"),
        ("thresholds", json!({"risk_unmitigated_score": 0}), "Scores are from 1"),
        ("thresholds", json!({"cost_red_percent": -50, "cost_amber_percent": -60}), "from 0 to 10,000"),
        ("targets", json!({"milestone_on_time_rate": 80}), "0.8 for 80 %"),
        ("targets", json!({"stakeholder_satisfaction": 99}), "from 1 to 5"),
        ("targets", json!({"on_time_tolerance_days": -5}), "are not negative"),
    ] {
        let told = test.manager.patch(ATLAS, 1, json!({field: settings})).await.refused(field);
        assert!(told.contains(why), "{settings}: {told}");
    }
    // The rules say what the program has set.
    test.manager
        .patch(ATLAS, 1, json!({"thresholds": {"risk_red_score": 16, "risk_amber_score": 6}}))
        .await
        .is(200);
    raise(&test.manager, Kind::Risk, json!({"probability": 4, "impact": 4})).await;
    let health = get(&test.viewer, "health").await;
    assert!(health.to_string().contains("Red if an open risk has a score of 16 or more."), "{health}");
}

#[tokio::test]
async fn settings_of_an_older_rule_stand_until_they_are_changed() {
    let test = atlas().await;
    sqlx::query("update program set thresholds = $1, targets = $2")
        .bind(json!({"risk_red_score": 10, "cost_red_percent": -50}))
        .bind(json!({"freshness": 90}))
        .execute(test.app.db.raw())
        .await
        .unwrap();
    let version = async || get(&test.viewer, "").await["version"].as_i64().unwrap();
    test.manager.patch(ATLAS, version().await, json!({"objectives": "Ship it"})).await.is(200);
    let odd = json!({"thresholds": {"risk_red_score": 9, "cost_red_percent": -50}});
    test.manager.patch(ATLAS, version().await, odd).await.refused("thresholds");
    let good = json!({"thresholds": {"risk_red_score": 20}, "targets": {"freshness": 0.9}});
    test.manager.patch(ATLAS, version().await, good).await.is(200);
}

#[tokio::test]
async fn a_baseline_holds_activities_and_the_budget() {
    let test = atlas().await;
    test.manager.patch(ATLAS, 1, json!({"budget": 1000})).await.is(200);
    raise(&test.manager, Kind::Milestone, json!({"committed_on": "2026-09-01"})).await;
    raise(&test.manager, Kind::Activity, json!({"likely_days": 3})).await;
    raise(&test.manager, Kind::Activity, json!({"likely_days": 5, "title": "Longer"})).await;
    test.manager.patch(ATLAS, 2, json!({"budget": 1500.5})).await.is(200);
    let form = [("name", "July"), ("items", "ATLAS-M1 2026-10-01")];
    let back = test.manager.submit("/programs/ATLAS/baselines", &form).await.is(422).text;
    assert!(
        back.contains("Say why the committed dates move.") && back.contains("ATLAS-M1 2026-10-01"),
        "{back}"
    );
    let asked = json!({"name": "July", "reason": "The supplier is late.", "activities": true,
        "items": [{"item": "ATLAS-M1", "committed_on": "2026-10-01"}, {"item": "ATLAS-T2", "committed_on": "2026-08-14"}]});
    let made = post(&test.manager, "baselines", asked).await;
    let items: Vec<(&str, &str)> = made["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row["ref"].as_str().unwrap(), row["committed_on"].as_str().unwrap()))
        .collect();
    // T1 has the three working days from today on, T2 what was named.
    assert_eq!(items, [("ATLAS-T1", "2026-07-02"), ("ATLAS-T2", "2026-08-14"), ("ATLAS-M1", "2026-10-01")]);
    assert_eq!(made["budget"], 1500.5);
    assert_eq!(get(&test.viewer, "baselines/0").await["budget"], 1000.0);
    let compared = get(&test.viewer, "baselines/compare?a=0&b=1").await;
    assert_eq!((&compared["a"]["budget"], &compared["b"]["budget"]), (&json!(1000.0), &json!(1500.5)));
    let page = test.viewer.page("/programs/ATLAS/baselines").await.is(200).text;
    assert!(page.contains("1500.50 EUR") || page.contains("1\u{202f}500.50 EUR"), "{page}");
    moved(&test.manager, "activities/1", json!({"to": "in_progress"})).await;
    moved(&test.manager, "activities/1", json!({"to": "done"})).await;
    let done =
        json!({"name": "Odd", "reason": "?", "items": [{"item": "ATLAS-T1", "committed_on": "2026-10-01"}]});
    let told = test.manager.post(&format!("{ATLAS}/baselines"), done).await.refused("items");
    assert!(told.contains("ATLAS-T1 is done"), "{told}");
}

#[tokio::test]
async fn what_was_spent_is_never_less_in_the_end() {
    let test = atlas().await;
    test.manager.patch(ATLAS, 1, json!({"budget": 100})).await.is(200);
    let line = json!({"category": "People", "period_on": "2026-06-01", "planned": 100, "forecast": 100, "actual": 400});
    post(&test.manager, "budget", line).await;
    let health = get(&test.viewer, "health").await;
    let cost =
        health["dimensions"].as_array().unwrap().iter().find(|one| one["dimension"] == "cost").unwrap();
    assert_eq!(cost["rag"], "red", "{cost}");
}

#[tokio::test]
async fn the_portfolio_and_the_page_of_a_program_have_the_same_colours() {
    let test = atlas().await;
    let closed = json!({"to": "closed", "reason": "Over"});
    for opportunity in [true, false] {
        let risk = json!({"opportunity": opportunity, "probability": 2, "impact": 2});
        raise(&test.manager, Kind::Risk, risk).await;
    }
    for risk in ["risks/1", "risks/2"] {
        moved(&test.manager, risk, closed.clone()).await;
    }
    let milestone = json!({"committed_on": "2026-06-10", "raised_on": "2026-06-01"});
    raise(&test.manager, Kind::Milestone, milestone).await;
    moved(&test.manager, "milestones/1", json!({"to": "achieved", "on": "2026-06-10"})).await;
    moved(&test.manager, "milestones/1", json!({"to": "planned", "on": "2026-06-20", "reason": "Not quite"}))
        .await;
    for day in ["2026-06-05", "2026-06-15", "2026-06-25", "2026-06-30"] {
        let health = get(&test.viewer, &format!("health?as_of={day}")).await;
        let own: Vec<(&str, &Value)> = health["dimensions"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| (one["dimension"].as_str().unwrap(), &one["rag"]))
            .collect();
        let portfolio = test.viewer.get(&format!("/api/v1/portfolio?as_of={day}")).await.is(200).json();
        for (dimension, rag) in own {
            assert_eq!(
                &portfolio["items"][0]["health"]["dimensions"][dimension], rag,
                "{dimension} on {day}"
            );
        }
    }
}

#[tokio::test]
async fn the_trend_is_from_what_was_computed_for_the_last_report() {
    let test = atlas().await;
    let standing = async || test.viewer.get("/api/v1/portfolio").await.is(200).json()["items"][0].clone();
    assert_eq!(standing().await["trend"], Value::Null, "nothing was reported yet");
    raise(&test.manager, Kind::Risk, json!({"raised_on": "2026-06-01", "probability": 2, "impact": 2})).await;
    raise(&test.manager, Kind::Report, json!({"owner": test.manager.email})).await;
    moved(&test.manager, "reports/1", json!({"to": "published"})).await;
    assert_eq!(standing().await["trend"], json!({"since": "2026-06-30", "worse": [], "better": []}));
    test.manager.patch(&format!("{ATLAS}/risks/1"), 1, json!({"probability": 5, "impact": 5})).await.is(200);
    assert_eq!(standing().await["trend"]["worse"], json!(["risk"]));
    let page = test.viewer.page("/").await.is(200).text;
    for words in ["declared green</a>", "<small class=\"warn\">declared green</small>", "worse: </span>risk"]
    {
        assert!(page.contains(words), "“{words}” in {page}");
    }
}

#[tokio::test]
async fn a_report_is_not_published_long_before_its_period_ends() {
    let test = atlas().await;
    let ending = |day: &str| json!({"title": "June", "period_from": "2026-06-01", "period_to": day});
    let told =
        test.manager.post(&format!("{ATLAS}/reports"), ending("2026-08-01")).await.refused("period_to");
    assert!(told.contains("within 31 days"), "{told}");
    raise(&test.manager, Kind::Report, ending("2026-07-31")).await;
    moved(&test.manager, "reports/1", json!({"to": "published"})).await;
}
