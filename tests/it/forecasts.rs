//! Forecasts over HTTP: dates with their probability, from the schedule, the risks and the history of a program. Today is Tuesday,
//! 30 June 2026; a working day after it is counted from it: the 10th is 13 July.

use crate::support::app::{TestApp, TestUser};
use serde_json::{Value, json};

const FORECAST: &str = "/api/v1/programs/ATLAS/forecast";

pub(crate) async fn raise(user: &TestUser, path: &str, body: Value) -> i64 {
    let made = user.post(&format!("/api/v1/programs/{path}"), body).await.is(201).json();
    made["number"].as_i64().expect("an item has a number")
}

pub(crate) async fn link(user: &TestUser, program: &str, predecessor: &str, successor: &str) {
    let body = json!({"predecessor": predecessor, "successor": successor, "effective_on": "2026-06-01"});
    user.post(&format!("/api/v1/programs/{program}/links"), body).await.is(201);
}

async fn threaten(user: &TestUser, body: Value, item: &str) -> i64 {
    let number = raise(user, "ATLAS/risks", body).await;
    let link = json!({"relation": "threatens", "to": item});
    user.post(&format!("/api/v1/programs/ATLAS/risks/{number}/links"), link).await.is(201);
    number
}

/// ATLAS-T1, of these days of work, leads to ATLAS-M1, which is committed.
pub(crate) async fn one_activity(days: [f64; 3], committed: &str) -> TestApp {
    let test = TestApp::start().await;
    let [low, likely, high] = days;
    let mut work = json!({"title": "Build", "likely_days": likely, "effective_on": "2026-06-01", "raised_on": "2026-06-01"});
    if low < high {
        work["optimistic_days"] = json!(low);
        work["pessimistic_days"] = json!(high);
    }
    raise(&test.manager, "ATLAS/activities", work).await;
    let launch = json!({"title": "Launch", "committed_on": committed, "effective_on": "2026-06-01", "raised_on": "2026-06-01"});
    raise(&test.manager, "ATLAS/milestones", launch).await;
    link(&test.manager, "ATLAS", "ATLAS-T1", "ATLAS-M1").await;
    test
}

async fn told(user: &TestUser, query: &str) -> Value {
    user.get(&format!("{FORECAST}?{query}")).await.is(200).json()
}

fn percentiles(item: &Value) -> [&str; 4] {
    ["p10", "p50", "p80", "p90"].map(|name| item[name].as_str().unwrap())
}

/// Within 0.02: with ten thousand runs a share is off by more than four of its standard errors.
#[track_caller]
fn about(share: &Value, expected: f64) {
    let share = share.as_f64().unwrap_or_else(|| panic!("{share} is no share"));
    assert!((share - expected).abs() < 0.02, "{share} should be about {expected}");
}

#[tokio::test]
async fn a_certain_plan_is_reached_on_its_date_with_certainty() {
    let test = one_activity([10.0; 3], "2026-07-13").await;
    let forecast = told(&test.viewer, "").await;
    let launch = &forecast["items"][0];
    assert_eq!(
        (&launch["ref"], &launch["title"], &launch["deterministic"]),
        (&json!("ATLAS-M1"), &json!("Launch"), &json!("2026-07-13"))
    );
    assert_eq!(percentiles(launch), ["2026-07-13"; 4]);
    assert_eq!((&launch["mean"], &launch["probability_committed"]), (&json!("2026-07-13"), &json!(1.0)));
    assert_eq!(forecast["target"]["ref"], "ATLAS-M1");
    assert_eq!(forecast["target"]["curve"], json!([{"date": "2026-07-13", "probability": 1.0}]));
    assert_eq!((&forecast["varied"], &forecast["target"]["drivers"]), (&json!(false), &json!([])));
    assert_eq!(forecast["assumptions"]["activities"]["without_spread"], 1);
    // A day earlier it is out of the question.
    let test = one_activity([10.0; 3], "2026-07-12").await;
    assert_eq!(told(&test.viewer, "").await["items"][0]["probability_committed"], 0.0);
    let page = test.viewer.page("/programs/ATLAS/forecast").await.is(200);
    assert!(page.text.contains("There is nothing to simulate"), "it is said, and why");
}

#[tokio::test]
async fn percentiles_are_those_of_the_triangle() {
    // The distribution function of the triangle of 5, 10 and 20 days: (x − 5)² ÷ 75 up to 10, 1 − (20 − x)² ÷ 150 above. So P10 is
    // 7.7 days, P50 11.3, P80 14.5, P90 16.1: the 8th, 12th, 15th and 17th working day.
    let test = one_activity([5.0, 10.0, 20.0], "2026-07-13").await;
    let forecast = told(&test.viewer, "distribution=triangular").await;
    let launch = &forecast["items"][0];
    assert_eq!(percentiles(launch), ["2026-07-09", "2026-07-15", "2026-07-20", "2026-07-22"]);
    assert_eq!(
        (&launch["deterministic"], &launch["committed_on"]),
        (&json!("2026-07-13"), &json!("2026-07-13"))
    );
    about(&launch["probability_committed"], 1.0 / 3.0);
    let curve = forecast["target"]["curve"].as_array().unwrap();
    let rises = |one: &Value, other: &Value, name: &str| match (&one[name], &other[name]) {
        (Value::String(one), Value::String(other)) => one < other,
        (one, other) => one.as_f64() <= other.as_f64(),
    };
    assert!(
        curve
            .windows(2)
            .all(|pair| rises(&pair[0], &pair[1], "date") && rises(&pair[0], &pair[1], "probability"))
    );
    assert_eq!(curve.last().unwrap()["probability"], 1.0);
    let reached =
        |share: f64| curve.iter().find(|point| point["probability"].as_f64().unwrap() >= share).unwrap();
    assert_eq!(
        [0.1, 0.5, 0.8, 0.9].map(|share| reached(share)["date"].as_str().unwrap()),
        percentiles(launch),
        "the curve and the row say the same"
    );
    let driver = &forecast["target"]["drivers"][0];
    assert_eq!(
        (&driver["ref"], &driver["kind"], &driver["criticality"]),
        (&json!("ATLAS-T1"), &json!("activity"), &json!(1.0))
    );
    assert!(
        driver["sensitivity"].as_f64().unwrap() > 0.95 && driver["low"].as_str() < driver["high"].as_str(),
        "{driver}"
    );
    let words = forecast["target"]["words"][0].as_str().unwrap();
    assert!(
        words.starts_with(
            "Build drives 100 % of the spread; when it takes over 13 days, Launch is past 15 Jul 2026 in"
        ),
        "{words}"
    );
    // PERT's beta is thinner at its ends.
    let pert = told(&test.viewer, "").await;
    assert_eq!(pert["distribution"], "pert");
    assert!(pert["items"][0]["p90"].as_str() < launch["p90"].as_str());
}

#[tokio::test]
async fn a_risk_moves_what_it_delays_and_only_as_often_as_it_strikes() {
    let test = one_activity([10.0; 3], "2026-07-17").await;
    let body = json!({"title": "The vendor is late", "probability": 3, "schedule_effect_days": [5, 5, 5]});
    threaten(&test.manager, body, "ATLAS-T1").await;
    let forecast = told(&test.viewer, "").await;
    let launch = &forecast["items"][0];
    // Level 3 strikes in 40 % of the runs: then it takes 15 days, to 20 July.
    assert_eq!(percentiles(launch), ["2026-07-13", "2026-07-13", "2026-07-20", "2026-07-20"]);
    about(&launch["probability_committed"], 0.6);
    let driver = &forecast["target"]["drivers"][0];
    assert_eq!((&driver["ref"], &driver["kind"]), (&json!("ATLAS-R1"), &json!("risk")));
    assert_eq!((&driver["low"], &driver["high"]), (&json!("2026-07-13"), &json!("2026-07-20")));
    about(&driver["criticality"], 0.4);
    // Closed, it threatens no more; as of the day before it was raised it didn't yet.
    let close = json!({"to": "closed", "reason": "It came"});
    test.manager.post("/api/v1/programs/ATLAS/risks/1/transitions", close).await.is(200);
    assert_eq!(percentiles(&told(&test.viewer, "").await["items"][0]), ["2026-07-13"; 4]);
}

#[tokio::test]
async fn risks_that_cant_take_part_are_told_with_the_reason() {
    let test = one_activity([10.0; 3], "2026-07-17").await;
    let done = json!({"title": "Done", "likely_days": 1, "actual_start_on": "2026-06-01", "actual_finish_on": "2026-06-02"});
    raise(&test.manager, "ATLAS/activities", done).await;
    let effect = json!([1, 2, 3]);
    threaten(&test.manager, json!({"title": "A", "schedule_effect_days": effect}), "ATLAS-T1").await;
    threaten(&test.manager, json!({"title": "B", "probability": 3}), "ATLAS-T1").await;
    raise(
        &test.manager,
        "ATLAS/risks",
        json!({"title": "C", "probability": 3, "schedule_effect_days": effect}),
    )
    .await;
    threaten(
        &test.manager,
        json!({"title": "D", "probability": 3, "schedule_effect_days": effect}),
        "ATLAS-T2",
    )
    .await;
    threaten(
        &test.manager,
        json!({"title": "E", "probability": 3, "schedule_effect_days": effect, "opportunity": true}),
        "ATLAS-T1",
    )
    .await;
    threaten(
        &test.manager,
        json!({"title": "F", "probability": 1, "schedule_effect_days": effect}),
        "ATLAS-M1",
    )
    .await;
    let forecast = told(&test.viewer, "").await;
    let risks = forecast["assumptions"]["risks"].as_array().unwrap();
    let parts: Vec<_> = risks.iter().map(|risk| risk["part"].as_str().unwrap()).collect();
    assert_eq!(
        parts,
        ["unscored", "no_effect", "nothing_threatened", "nothing_open", "opportunity", "took_part"]
    );
    about(&forecast["items"][0]["probability_committed"], 1.0);
    let page = test.viewer.page("/programs/ATLAS/forecast").await.is(200);
    assert!(page.text.contains("Assess the probability.") && page.text.contains("/programs/ATLAS/risks/1"));
}

#[tokio::test]
async fn the_same_seed_gives_the_same_forecast_and_another_one_another() {
    let test = one_activity([5.0, 10.0, 20.0], "2026-07-13").await;
    let first = told(&test.viewer, "iterations=500").await;
    assert_eq!(
        (&first["iterations"], &first["seed"], &first["correlation"]),
        (&json!(500), &json!(1), &json!(0.3))
    );
    // A write that changes nothing of the schedule makes it compute anew.
    raise(&test.manager, "ATLAS/actions", json!({"title": "Tidy up"})).await;
    assert_eq!(told(&test.viewer, "iterations=500").await, first);
    let other = told(&test.viewer, "iterations=500&seed=2").await;
    assert_ne!(other["target"]["curve"], first["target"]["curve"]);
    assert_ne!(told(&test.viewer, "iterations=501").await["items"], Value::Null);
}

#[tokio::test]
async fn what_is_asked_for_is_refused_by_its_field_where_it_cant_be_done() {
    let test = one_activity([5.0, 10.0, 20.0], "2026-07-13").await;
    test.manager.post("/api/v1/programs", json!({"key": "OTHER", "name": "Other"})).await.is(201);
    raise(&test.manager, "OTHER/milestones", json!({"title": "Theirs"})).await;
    for (query, field) in [
        ("iterations=0", "iterations"),
        ("iterations=100001", "iterations"),
        ("seed=-1", "seed"),
        ("correlation=1.1", "correlation"),
        ("distribution=normal", "distribution"),
        ("spread=wide", "spread"),
        ("to=ATLAS-M99", "to"),
        ("to=OTHER-M1", "to"),
        ("to=Launch", "to"),
        ("iterations=many&seed=x&to=y", "seed"),
    ] {
        let answer = test.viewer.get(&format!("{FORECAST}?{query}")).await;
        assert!(!answer.refused(field).is_empty(), "{query}");
    }
    test.viewer.page("/programs/ATLAS/forecast?iterations=many").await.is(422);
    test.stranger.get(FORECAST).await.problem(404);
    test.viewer.get(&format!("{FORECAST}?to=atlas-t1&iterations=100000")).await.is(200);
}

#[tokio::test]
async fn it_is_forecast_towards_what_is_chosen_and_by_itself_towards_the_last_milestone() {
    let test = one_activity([5.0, 10.0, 20.0], "2026-07-13").await;
    let later = json!({"title": "Closing", "committed_on": "2026-12-01"});
    raise(&test.manager, "ATLAS/milestones", later).await;
    let forecast = told(&test.viewer, "").await;
    assert_eq!(forecast["target"]["ref"], "ATLAS-M2");
    let refs = |forecast: &Value| -> Vec<String> {
        forecast["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| item["ref"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(refs(&forecast), ["ATLAS-M1", "ATLAS-M2"]);
    let towards = told(&test.viewer, "to=ATLAS-M1").await;
    assert_eq!(towards["target"]["ref"], "ATLAS-M1");
    assert_eq!(towards["items"], forecast["items"], "the runs are the same");
    // An activity can be chosen too.
    let work = told(&test.viewer, "to=ATLAS-T1").await;
    assert_eq!(
        (refs(&work), &work["target"]["ref"]),
        (vec!["ATLAS-M1".into(), "ATLAS-T1".into(), "ATLAS-M2".into()], &json!("ATLAS-T1"))
    );
}

#[tokio::test]
async fn on_a_past_day_the_plan_of_that_day_is_simulated() {
    let test = one_activity([10.0; 3], "2026-07-13").await;
    let then = told(&test.viewer, "as_of=2026-06-15").await;
    assert_eq!(then["as_of"], "2026-06-15");
    assert_eq!(then["items"][0]["deterministic"], "2026-06-26");
    let before = told(&test.viewer, "as_of=2026-05-31").await;
    assert_eq!((&before["items"], &before["target"]), (&json!([]), &Value::Null));
    let page = test.viewer.page("/programs/ATLAS/forecast?as_of=2026-05-31").await.is(200);
    assert!(page.text.contains("No open milestone"));
}

#[tokio::test]
async fn activities_without_three_points_may_spread_as_others_of_the_program_do() {
    let test = one_activity([10.0; 3], "2026-07-13").await;
    for likely in [10, 20] {
        let body = json!({"title": "x", "optimistic_days": likely / 2, "likely_days": likely, "pessimistic_days": likely * 2});
        raise(&test.manager, "ATLAS/activities", body).await;
    }
    let two = told(&test.viewer, "spread=usual").await;
    assert_eq!(two["assumptions"]["activities"]["given_usual"], 0, "two are too few to be usual");
    assert_eq!(percentiles(&two["items"][0]), ["2026-07-13"; 4]);
    let third = json!({"title": "x", "optimistic_days": 4, "likely_days": 4, "pessimistic_days": 40});
    raise(&test.manager, "ATLAS/activities", third).await;
    let usual = told(&test.viewer, "spread=usual&distribution=triangular").await;
    let counted = &usual["assumptions"]["activities"];
    assert_eq!(
        (&counted["open"], &counted["without_spread"], &counted["given_usual"]),
        (&json!(4), &json!(1), &json!(1))
    );
    // The medians are a half and the double: 5, 10 and 20 days, whose percentiles are known.
    assert_eq!(percentiles(&usual["items"][0]), ["2026-07-09", "2026-07-15", "2026-07-20", "2026-07-22"]);
    assert_eq!(
        percentiles(&told(&test.viewer, "").await["items"][0]),
        ["2026-07-13"; 4],
        "unless it is asked for, they are certain"
    );
}

#[tokio::test]
async fn what_is_needed_from_a_milestone_has_its_chance_too() {
    let test = one_activity([5.0, 10.0, 20.0], "2026-07-22").await;
    let body = json!({"title": "The feed", "provider": {"external": "Taxwise"}, "consumer": {"external": "Auditor"},
        "needed_by": "2026-07-13", "provider_milestone": "ATLAS-M1"});
    raise(&test.manager, "ATLAS/dependencies", body).await;
    let forecast = told(&test.viewer, "distribution=triangular").await;
    let named = |reference: &str| {
        let items = forecast["items"].as_array().unwrap();
        items
            .iter()
            .find(|item| item["ref"] == reference)
            .unwrap_or_else(|| panic!("{reference}: {forecast}"))
    };
    let launch = named("ATLAS-M1");
    assert_eq!((&launch["needed_by"], &launch["committed_on"]), (&json!("2026-07-13"), &json!("2026-07-22")));
    about(&launch["probability_needed_by"], 1.0 / 3.0);
    let feed = named("ATLAS-D1");
    assert_eq!((&feed["kind"], &feed["committed_on"]), (&json!("dependency"), &Value::Null));
    about(&feed["probability_needed_by"], 1.0 / 3.0);
}

#[tokio::test]
async fn what_the_reader_may_not_see_takes_part_and_is_not_named() {
    let test = one_activity([5.0, 5.0, 6.0], "2026-07-13").await;
    test.manager.post("/api/v1/programs", json!({"key": "OTHER", "name": "Elsewhere"})).await.is(201);
    let body =
        json!({"title": "Clandestine", "optimistic_days": 5, "likely_days": 10, "pessimistic_days": 20});
    raise(&test.manager, "OTHER/activities", body).await;
    let risk = json!({"title": "Furtive", "probability": 5, "schedule_effect_days": [1, 2, 9]});
    raise(&test.manager, "OTHER/risks", risk).await;
    let threat = json!({"relation": "threatens", "to": "OTHER-T1"});
    test.manager.post("/api/v1/programs/OTHER/risks/1/links", threat).await.is(201);
    let body = json!({"predecessor": "OTHER-T1", "successor": "ATLAS-M1"});
    test.manager.post("/api/v1/programs/ATLAS/links", body).await.is(201);
    let all = told(&test.manager, "").await;
    let refs: Vec<_> = all["target"]["drivers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|driver| driver["ref"].as_str().unwrap())
        .collect();
    assert!(refs.contains(&"OTHER-T1") && refs.contains(&"OTHER-R1"), "{refs:?}");
    let seen = test.viewer.get(FORECAST).await.is(200);
    let part = seen.json();
    assert_eq!(part["items"], all["items"], "the dates are the same for everybody");
    assert_eq!(
        (&part["target"]["hidden_drivers"], &part["assumptions"]["hidden_risks"]),
        (&json!(2), &json!(1))
    );
    let page = test.viewer.page("/programs/ATLAS/forecast").await.is(200);
    assert!(page.text.contains("2 more drivers lie in programs that you may not see"));
    for hidden in ["OTHER", "Elsewhere", "Clandestine", "Furtive"] {
        assert!(!seen.text.contains(hidden) && !page.text.contains(hidden), "{hidden}");
    }
}

#[tokio::test]
async fn past_forecasts_are_told_and_correct_what_is_stated_beside_it() {
    let test = TestApp::start().await;
    for number in 1..=8 {
        let body = json!({"title": format!("Past {number}"), "committed_on": "2026-03-21", "effective_on": "2026-03-01", "raised_on": "2026-03-01"});
        raise(&test.manager, "ATLAS/milestones", body).await;
        let achieved = json!({"to": "achieved", "on": "2026-03-31"});
        test.manager
            .post(&format!("/api/v1/programs/ATLAS/milestones/{number}/transitions"), achieved)
            .await
            .is(200);
    }
    let open = json!({"title": "Next", "committed_on": "2026-07-15", "forecast_on": "2026-07-20"});
    raise(&test.manager, "ATLAS/milestones", open).await;
    let forecast = told(&test.viewer, "").await;
    let next = &forecast["items"][0];
    // Twenty days ahead, as the eight were, which were all ten days late.
    let stated = &json!("2026-07-20");
    assert_eq!([&next["stated_on"], &next["deterministic"], &next["p50"]], [stated; 3], "it stays as stated");
    assert_eq!(next["corrected"], json!({"p50": "2026-07-30", "p80": "2026-07-30", "samples": 8}));
    let past = &forecast["past"];
    assert_eq!((&past["milestones"], &past["overdue"]), (&json!(8), &json!(0)));
    let band = &past["horizons"][1];
    assert_eq!((&band["from_days"], &band["to_days"], &band["samples"]), (&json!(15), &json!(28), &json!(8)));
    assert_eq!(
        (&band["median_slip_days"], &band["within"]),
        (&json!(10.0), &json!({"held": 0, "of": 8, "share": 0.0}))
    );
    let page = test.viewer.page("/programs/ATLAS/forecast").await.is(200);
    assert!(page.text.contains("There are no open activities") && page.text.contains("30 Jul 2026"));
    // A month before they were done nothing was known.
    let then = told(&test.viewer, "as_of=2026-03-10").await;
    assert_eq!((&then["past"]["milestones"], &then["items"][0]["corrected"]), (&json!(0), &Value::Null));
}

#[tokio::test]
async fn what_nothing_leads_to_is_where_it_is_stated_and_without_a_date_it_is_not_forecast() {
    let test = TestApp::start().await;
    for (title, day) in
        [("Friday", json!("2026-07-24")), ("Sunday", json!("2026-07-26")), ("Some day", Value::Null)]
    {
        raise(&test.manager, "ATLAS/milestones", json!({"title": title, "forecast_on": day})).await;
    }
    let forecast = told(&test.viewer, "").await;
    let days: Vec<_> =
        forecast["items"].as_array().unwrap().iter().map(|item| &item["deterministic"]).collect();
    assert_eq!(
        days,
        [&json!("2026-07-24"), &json!("2026-07-27")],
        "a day off gives way to the next day of work"
    );
    assert_eq!((&forecast["undated"], &forecast["target"]["ref"]), (&json!(1), &json!("ATLAS-M2")));
    let page = test.viewer.page("/programs/ATLAS/forecast").await.is(200);
    assert!(page.text.contains("1 more milestone or dependency has no date"));
}
