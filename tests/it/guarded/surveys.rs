//! Who answers a survey stays unknown, and can't write without end.

use crate::support::api::{ATLAS, atlas, raise};
use crate::support::app::{Answer, TestApp, TestUser};
use chrono::TimeDelta;
use plumbline::domain::kind::Kind;
use reqwest::Method;
use serde_json::{Value, json};

/// A survey that was sent to so many stakeholders; the secrets of their links.
async fn asked(people: usize) -> (TestApp, Vec<String>) {
    let test = atlas().await;
    for n in 1..=people {
        raise(&test.manager, Kind::Stakeholder, json!({"title": format!("Stakeholder {n}")})).await;
    }
    let surveys = format!("{ATLAS}/surveys");
    test.manager.post(&surveys, json!({"title": "Served?", "question": "How?"})).await.is(201);
    let who: Vec<String> = (1..=people).map(|n| format!("SH{n}")).collect();
    let told = test
        .manager
        .post(&format!("{surveys}/1/invitations"), json!({"stakeholders": who}))
        .await
        .is(201)
        .json();
    let secret = |one: &Value| one["link"].as_str().unwrap().split_once("link=").unwrap().1.to_owned();
    let secrets = told["items"].as_array().unwrap().iter().map(secret).collect();
    (test, secrets)
}

async fn answer(test: &TestApp, secret: &str, value: &str, comment: &str) -> Answer {
    let form = [("link", secret), ("value", value), ("comment", comment)];
    Answer::of(test.anonymous(Method::POST, "/survey").form(&form)).await
}

/// Everything that is told of the survey's answers.
async fn told(user: &TestUser) -> String {
    let mut all = String::new();
    for path in [
        "surveys",
        "surveys/1",
        "surveys/1/answers",
        "metrics/stakeholder_satisfaction",
        "metrics/stakeholder_satisfaction/rows.csv",
    ] {
        all += &user.get(&format!("{ATLAS}/{path}")).await.is(200).text;
    }
    for path in ["surveys/1", "csv/survey_answers"] {
        all += &user.page(&format!("/programs/ATLAS/{path}")).await.is(200).text;
    }
    all
}

#[tokio::test]
async fn what_few_answered_is_told_to_nobody() {
    let (test, secrets) = asked(4).await;
    for secret in &secrets[..2] {
        answer(&test, secret, "2", "Quite unbearable").await.is(303);
    }
    for user in [&test.viewer, &test.manager, &test.admin] {
        assert!(!told(user).await.contains("unbearable"));
        let one = user.get(&format!("{ATLAS}/surveys/1")).await.json();
        assert_eq!((&one["answers"], &one["mean"], &one["given"]), (&json!(2), &Value::Null, &Value::Null));
        assert_eq!(user.get(&format!("{ATLAS}/surveys/1/answers")).await.json()["items"], json!([]));
        let metric = user.get(&format!("{ATLAS}/metrics/stakeholder_satisfaction")).await.json();
        assert_eq!((&metric["value"], &metric["numerator"]), (&Value::Null, &Value::Null));
        let asked = user.get(&format!("{ATLAS}/surveys/1/invitations")).await.json();
        assert!(asked["items"].as_array().unwrap().iter().all(|one| one["answered"].is_null()), "{asked}");
    }
    answer(&test, &secrets[2], "5", "Splendid").await.is(303);
    assert!(told(&test.viewer).await.contains("unbearable"));
    assert_eq!(test.viewer.get(&format!("{ATLAS}/surveys/1")).await.json()["mean"], 3.0);
}

#[tokio::test]
async fn an_answer_does_not_tell_when_it_was_given_or_by_whom() {
    let (test, secrets) = asked(4).await;
    for (secret, value) in secrets.iter().zip(["2", "5", "3", "5"]) {
        answer(&test, secret, value, &format!("I say {value}")).await.is(303);
        test.clock.hold_at(test.clock.now() + TimeDelta::days(1));
    }
    let answers = format!("{ATLAS}/surveys/1/answers");
    let all = test.viewer.get(&answers).await.is(200).json();
    let all = all["items"].as_array().unwrap();
    assert_eq!(all.iter().map(|one| one["value"].as_i64().unwrap()).collect::<Vec<_>>(), [5, 5, 3, 2]);
    for one in all {
        assert_eq!(one["on"], Value::Null);
        let id: uuid::Uuid = one["id"].as_str().unwrap().parse().unwrap();
        assert_eq!(id.get_version_num(), 4, "an id in which no time is to be read");
    }
    let again = test.viewer.get(&answers).await.json();
    assert_eq!(again["items"], json!(all), "it is the same each time");
    let rows =
        test.viewer.get(&format!("{ATLAS}/metrics/stakeholder_satisfaction/rows.csv")).await.is(200).text;
    let table = test.viewer.page("/programs/ATLAS/csv/survey_answers").await.is(200).text;
    for sheet in [rows, table] {
        assert!(sheet.contains("Served?") && !sheet.contains("2026-07-0"), "the day of an answer: {sheet}");
    }
    // Whoever sends the links is told whom to remind: as it is, and not as it was on a day.
    let asked = async |user: &TestUser, query: &str| {
        let all = user.get(&format!("{ATLAS}/surveys/1/invitations{query}")).await.is(200).json();
        all["items"].as_array().unwrap().iter().map(|one| one["answered"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(asked(&test.manager, "").await, vec![json!(true); 4]);
    assert_eq!(asked(&test.manager, "?as_of=2026-07-02").await, vec![Value::Null; 4]);
    assert_eq!(asked(&test.viewer, "").await, vec![Value::Null; 4]);
    // What was written down that was said elsewhere has its day.
    test.manager.post(&answers, json!({"value": 4, "on": "2026-06-30"})).await.is(201);
    let days = test.viewer.get(&answers).await.json();
    assert_eq!(days["items"][2]["on"], "2026-06-30");
}

#[tokio::test]
async fn the_same_answer_again_writes_nothing_and_nobody_answers_without_end() {
    let (test, secrets) = asked(1).await;
    let versions = async || -> i64 {
        sqlx::query_scalar("select count(*) from history.survey_answer")
            .fetch_one(test.app.db.raw())
            .await
            .unwrap()
    };
    let beat = async || -> i64 {
        sqlx::query_scalar("select sum(beat)::bigint from pulse").fetch_one(test.app.db.raw()).await.unwrap()
    };
    answer(&test, &secrets[0], "4", "Fine").await.is(303);
    let before = (versions().await, beat().await);
    answer(&test, &secrets[0], "4", "Fine").await.is(303);
    assert_eq!((versions().await, beat().await), before, "what was computed stays as it is");
    let mut taken = 0;
    for n in 0..60 {
        let told = answer(&test, &secrets[0], "4", &format!("Once more, {n}")).await;
        match told.status {
            303 => taken += 1,
            429 => assert!(!told.header("retry-after").is_empty()),
            other => panic!("{other}: {}", told.text),
        }
    }
    assert!((20..=30).contains(&taken), "{taken} were taken in a minute");
    assert_eq!(versions().await, before.0 + taken);
    test.clock.hold_at(test.clock.now() + TimeDelta::seconds(61));
    answer(&test, &secrets[0], "1", "").await.is(303);
}
