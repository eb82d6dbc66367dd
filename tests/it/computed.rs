//! Forecasts that are what the network says: restated after every write to the network, and once a day; with a history like
//! those that people state. The network is that of the tests of the schedule: T1 (5 days) → T2 (3 days) → M1, T3 (2 days) → M1.

use crate::schedule::{link, network, raise};
use crate::support::app::{TestApp, at, day};
use plumbline::app::plan;
use plumbline::jobs::forecasts::Daily;
use serde_json::{Value, json};

const M1: &str = "/api/v1/programs/ATLAS/milestones/1";

/// The network with M1 computed.
async fn computed() -> TestApp {
    let test = network().await;
    test.manager.patch(M1, 1, json!({"forecast_from": "computed"})).await.is(200);
    test
}

async fn forecast(test: &TestApp) -> String {
    test.viewer.get(M1).await.is(200).json()["forecast_on"].as_str().unwrap().to_owned()
}

/// The moves of a milestone's forecast, oldest first: from, to, why, and who.
async fn moves(test: &TestApp) -> Vec<(Value, Value, String, Option<uuid::Uuid>)> {
    let rows: Vec<(Value, Option<String>, Option<uuid::Uuid>)> = sqlx::query_as(
        "select e.data, e.reason, e.actor from event e join item i on i.id = e.item
         where e.name = 'forecast_moved' and i.kind = 'milestone' and i.number = 1 order by e.id",
    )
    .fetch_all(test.app.db.raw())
    .await
    .unwrap();
    rows.into_iter()
        .map(|(data, reason, actor)| {
            (data["from"].clone(), data["to"].clone(), reason.unwrap_or_default(), actor)
        })
        .collect()
}

#[tokio::test]
async fn the_networks_date_becomes_the_forecast_with_who_drives_it() {
    let test = network().await;
    let one = test.manager.patch(M1, 1, json!({"forecast_from": "computed"})).await.is(200).json();
    assert_eq!(
        (&one["forecast_on"], &one["computed_on"], &one["forecast_gap_days"], &one["next_on"]),
        (&json!("2026-07-09"), &json!("2026-07-09"), &json!(0), &json!("2026-07-09"))
    );
    assert_eq!(one["forecast_reason"], "Computed: driven by ATLAS-T2");
    assert_eq!(one["forecast_stated_on"], "2026-06-30");
    let manager = Some(test.manager.person.0);
    assert_eq!(
        moves(&test).await,
        [(json!("2026-07-03"), json!("2026-07-09"), "Computed: driven by ATLAS-T2".to_owned(), manager)]
    );
    // A day before it stood as it was stated.
    let then = test.viewer.get(&format!("{M1}?as_of=2026-06-29")).await.json();
    assert_eq!(then["forecast_on"], "2026-07-03");
}

#[tokio::test]
async fn every_write_to_the_network_moves_it() {
    let test = computed().await;
    let manager = &test.manager;
    // Design takes 8 days: 30 June to Thu 9 July; Build 10, 13 and 14 July.
    let t1 = "/api/v1/programs/ATLAS/activities/1";
    manager.patch(t1, 1, json!({"likely_days": 8})).await.is(200);
    assert_eq!(forecast(&test).await, "2026-07-14");
    // Done today; Build begins tomorrow: 1 to 3 July.
    manager.post(&format!("{t1}/transitions"), json!({"to": "done"})).await.is(200);
    assert_eq!(forecast(&test).await, "2026-07-03");
    // A link with a lag: ten working days after today is Tue 14 July.
    let made = link(manager, "ATLAS-T1", "ATLAS-M1", 10).await;
    assert_eq!(forecast(&test).await, "2026-07-14");
    let one = format!("/api/v1/programs/ATLAS/links/{}", made["id"].as_str().unwrap());
    manager.patch(&one, 1, json!({"lag_days": 1})).await.is(200);
    assert_eq!(forecast(&test).await, "2026-07-03", "Build, again");
    manager.patch(&one, 2, json!({"lag_days": 5})).await.is(200);
    assert_eq!(forecast(&test).await, "2026-07-07");
    manager.delete(&one).await.is(204);
    assert_eq!(forecast(&test).await, "2026-07-03");
    // Nobody works on the 1st and 2nd: Build is 3, 6 and 7 July.
    let program = manager.get("/api/v1/programs/ATLAS").await.json()["version"].as_i64().unwrap();
    let holidays = json!({"holidays": ["2026-07-01", "2026-07-02"]});
    manager.patch("/api/v1/programs/ATLAS", program, holidays).await.is(200);
    assert_eq!(forecast(&test).await, "2026-07-07");
    // Cancelled work holds nobody up: Write is 30 June and 3 July.
    let cancelled = json!({"to": "cancelled", "reason": "not needed"});
    manager.post("/api/v1/programs/ATLAS/activities/2/transitions", cancelled).await.is(200);
    assert_eq!(forecast(&test).await, "2026-07-03");
    manager.delete("/api/v1/programs/ATLAS/activities/3").await.is(204);
    assert_eq!(forecast(&test).await, "2026-07-03", "nothing leads to it any more: it stays where it was");
    let last = moves(&test).await.pop().unwrap();
    assert_eq!(last.2, "Computed: driven by ATLAS-T3");
}

#[tokio::test]
async fn what_follows_in_another_program_moves_too_and_names_nothing_that_its_readers_may_not_see() {
    let test = computed().await;
    test.manager.post("/api/v1/programs", json!({"key": "OTHER", "name": "Other"})).await.is(201);
    let body = json!({"title": "Theirs", "committed_on": "2026-07-02", "forecast_from": "computed"});
    raise(&test.manager, "OTHER/milestones", body).await;
    link(&test.manager, "ATLAS-T1", "OTHER-M1", 0).await;
    let theirs = async || test.manager.get("/api/v1/programs/OTHER/milestones/1").await.json();
    assert_eq!(theirs().await["forecast_on"], "2026-07-06");
    test.manager.patch("/api/v1/programs/ATLAS/activities/1", 1, json!({"likely_days": 6})).await.is(200);
    let now = theirs().await;
    assert_eq!((&now["forecast_on"], &now["committed_on"]), (&json!("2026-07-07"), &json!("2026-07-02")));
    assert_eq!(now["forecast_reason"], "Computed: driven by an item of another program");
    assert_eq!(forecast(&test).await, "2026-07-10", "and ours with it");
}

#[tokio::test]
async fn a_dependency_that_is_taken_away_lets_go_of_what_it_drove_in_another_program() {
    let test = network().await;
    test.manager.post("/api/v1/programs", json!({"key": "OTHER", "name": "Other"})).await.is(201);
    raise(&test.manager, "OTHER/activities", json!({"title": "Short", "likely_days": 1})).await;
    raise(&test.manager, "OTHER/milestones", json!({"title": "Theirs", "forecast_from": "computed"})).await;
    link(&test.manager, "OTHER-T1", "OTHER-M1", 0).await;
    let body = json!({"title": "Feed", "provider": {"external": "Us"}, "consumer": {"external": "Them"},
        "needed_by": "2026-07-07", "provider_milestone": "ATLAS-M1", "consumer_milestone": "OTHER-M1"});
    raise(&test.manager, "ATLAS/dependencies", body).await;
    let theirs =
        async || test.manager.get("/api/v1/programs/OTHER/milestones/1").await.json()["forecast_on"].clone();
    assert_eq!(theirs().await, "2026-07-09", "as ours");
    let feed = "/api/v1/programs/ATLAS/dependencies/1";
    test.manager.patch(feed, 1, json!({"consumer_milestone": null})).await.is(200);
    assert_eq!(theirs().await, "2026-06-30", "as its own work");
}

#[tokio::test]
async fn nobody_states_a_forecast_that_the_network_says() {
    let test = computed().await;
    let version = test.viewer.get(M1).await.json()["version"].as_i64().unwrap();
    let told =
        test.manager.patch(M1, version, json!({"forecast_on": "2026-08-01"})).await.refused("forecast_on");
    assert!(told.contains("“A person states it”"), "{told}");
    let all = "/api/v1/programs/ATLAS/milestones";
    let body = json!({"title": "N", "forecast_on": "2026-08-01", "forecast_from": "computed"});
    test.manager.post(all, body).await.refused("forecast_on");
    // Other fields are edited as ever, and stating it again is one write.
    test.manager.patch(M1, version, json!({"title": "Ready at last"})).await.is(200);
    let back = json!({"forecast_from": "stated", "forecast_on": "2026-08-01"});
    let stated = test.manager.patch(M1, version + 1, back).await.is(200).json();
    assert_eq!((&stated["forecast_on"], &stated["forecast_gap_days"]), (&json!("2026-08-01"), &json!(-16)));
    test.manager.patch("/api/v1/programs/ATLAS/activities/1", 1, json!({"likely_days": 9})).await.is(200);
    assert_eq!(forecast(&test).await, "2026-08-01", "the network says nothing of it any more");
    let form = test.manager.page("/programs/ATLAS/milestones/1/edit").await.is(200).text;
    assert!(form.contains("The network says 15 Jul 2026, 12 working days earlier than stated."), "{form}");
}

#[tokio::test]
async fn once_a_day_the_day_alone_moves_it() {
    let test = computed().await;
    let mut daily = Daily::default();
    let pass = async |daily: &mut Daily, now: &str| daily.pass(&test.app, at(now)).await.unwrap();
    assert_eq!(pass(&mut daily, "2026-06-30T23:00:00Z").await, 0, "it says so already");
    // Nothing has begun: a day later, all of it ends a day later.
    assert_eq!(pass(&mut daily, "2026-07-01T00:10:00Z").await, 1);
    let one = test.viewer.get(M1).await.json();
    assert_eq!((&one["forecast_on"], &one["effective_on"]), (&json!("2026-07-10"), &json!("2026-07-01")));
    let last = moves(&test).await.pop().unwrap();
    assert_eq!((last.0, last.1, last.3), (json!("2026-07-09"), json!("2026-07-10"), None), "by nobody");
    assert_eq!(pass(&mut daily, "2026-07-01T12:00:00Z").await, 0, "once a day");
    // Over a weekend: Mon 6 July and four days more, then 13 to 15 July.
    assert_eq!(pass(&mut daily, "2026-07-06T00:10:00Z").await, 1);
    assert_eq!(forecast(&test).await, "2026-07-15");
    let due = plan::due(&test.app, at("2026-07-06T00:10:00Z")).await.unwrap();
    assert_eq!(due.into_values().collect::<Vec<_>>(), [day("2026-07-06")]);
}

#[tokio::test]
async fn a_program_without_computed_forecasts_is_left_alone() {
    let test = network().await;
    test.manager.patch("/api/v1/programs/ATLAS/activities/1", 1, json!({"likely_days": 9})).await.is(200);
    let one = test.viewer.get(M1).await.json();
    assert_eq!((&one["version"], &one["forecast_on"]), (&json!(1), &json!("2026-07-03")));
    assert!(plan::due(&test.app, at("2026-06-30T12:00:00Z")).await.unwrap().is_empty());
    assert_eq!(Daily::default().pass(&test.app, at("2026-08-30T12:00:00Z")).await.unwrap(), 0);
}

#[tokio::test]
async fn writers_at_once_leave_what_the_network_says() {
    let test = computed().await;
    for days in 1..=4 {
        let write = async |number: i32| {
            let body = json!({"likely_days": 10 + 2 * days + number});
            let path = format!("/api/v1/programs/ATLAS/activities/{number}");
            test.manager.patch(&path, days.into(), body).await.is(200);
        };
        tokio::join!(write(1), write(2), write(3));
        let one = test.viewer.get(M1).await.json();
        assert_eq!(one["forecast_on"], one["computed_on"], "in round {days}");
    }
}
