//! Surveys: asked through links, answered without an account, and what came of them.

use crate::support::api::{ATLAS, atlas, raise};
use crate::support::app::{Answer, TestApp, at};
use plumbline::domain::kind::Kind;
use reqwest::Method;
use serde_json::{Value, json};

const ALL: &str = "/api/v1/programs/ATLAS/surveys";

/// A survey that was sent to two of three stakeholders; their links.
async fn asked() -> (TestApp, Vec<String>) {
    let test = atlas().await;
    for title in ["Heliotrope sponsor", "Heliotrope controlling", "Heliotrope care"] {
        raise(&test.manager, Kind::Stakeholder, json!({"title": title})).await;
    }
    let body = json!({"title": "Served?", "question": "How well are you served?", "closes_on": "2026-07-10"});
    assert_eq!(test.manager.post(ALL, body).await.is(201).json()["number"], 1);
    let who = json!({"stakeholders": ["ATLAS-SH1", "SH2"]});
    let told = test.manager.post(&format!("{ALL}/1/invitations"), who).await.is(201).json();
    let links = told["items"].as_array().unwrap().iter().map(|one| one["link"].as_str().unwrap().to_owned());
    let links: Vec<String> = links.collect();
    for link in &links {
        let whole = link.starts_with(&format!("{}/survey?link=", test.base));
        assert!(whole, "where nobody said the public address it is the one that was asked: {link}");
    }
    (test, links)
}

async fn open(test: &TestApp, link: &str) -> Answer {
    Answer::of(test.anonymous(Method::GET, link.strip_prefix(&test.base).unwrap_or(link))).await
}

async fn send(test: &TestApp, link: &str, fields: &[(&str, &str)]) -> Answer {
    let secret = link.split_once("link=").unwrap().1;
    let form: Vec<_> = [("link", secret)].into_iter().chain(fields.iter().copied()).collect();
    Answer::of(test.anonymous(Method::POST, "/survey").form(&form)).await
}

async fn results(test: &TestApp, query: &str) -> Value {
    test.viewer.get(&format!("{ALL}/1{query}")).await.is(200).json()
}

#[tokio::test]
async fn a_link_answers_once_without_an_account_and_changes_until_it_closes() {
    let (test, links) = asked().await;
    let page = open(&test, &links[0]).await.is(200);
    assert_eq!(page.header("x-robots-tag"), "noindex, nofollow");
    assert!(page.text.contains("How well are you served?"));
    assert!(page.text.contains(">Asked for <b>Atlas</b>."), "who asks, for what: {}", page.text);
    for leak in ["ATLAS", "Heliotrope", "/programs"] {
        assert!(!page.text.contains(leak), "the question and nothing else, not “{leak}”");
    }
    let empty = send(&test, &links[0], &[("comment", "So-so")]).await;
    assert_eq!(empty.status, 422);
    assert!(empty.text.contains("So-so"), "what was typed comes back");
    let place = |words: &str| empty.text.find(words).unwrap_or_else(|| panic!("{words}: {}", empty.text));
    assert!(place("class=\"errors\"") < place("<fieldset"), "what is wrong stands at the head of the form");
    assert!(empty.text.contains("<a href=\"#value\">") && empty.text.contains("id=\"value\""));
    assert_eq!(send(&test, &links[0], &[("value", "6")]).await.status, 422);
    assert_eq!(results(&test, "").await["answers"], 0);
    assert_eq!(send(&test, &links[0], &[("value", "2"), ("comment", "Late")]).await.status, 303);
    assert!(open(&test, &links[0]).await.text.contains("Late"), "it can be changed");
    assert_eq!(
        send(&test, &links[0], &[("value", "4"), ("comment", "Better"), ("name", "")]).await.status,
        303
    );
    let shown = results(&test, "").await;
    assert_eq!(
        (&shown["answers"], &shown["mean"], &shown["answer_rate"]),
        (&json!(1), &Value::Null, &json!(0.5)),
        "of fewer than three answers only how many there are is told"
    );
    for value in [2, 3] {
        test.manager.post(&format!("{ALL}/1/answers"), json!({"value": value})).await.is(201);
    }
    assert_eq!(results(&test, "").await["mean"], 3.0);
    let answers = test.viewer.get(&format!("{ALL}/1/answers")).await.json();
    assert_eq!(
        (&answers["items"][0]["comment"], &answers["items"][0]["name"]),
        (&json!("Better"), &Value::Null)
    );
    let page = test.viewer.page("/programs/ATLAS/surveys/1").await.is(200).text;
    assert!(page.contains("Better") && page.contains("50\u{a0}%"));
    assert_eq!(results(&test, "?as_of=2026-06-30").await["answers"], 3);

    // Closed, nobody answers any more.
    test.manager.patch(&format!("{ALL}/1"), 1, json!({"closes_on": "2026-06-30"})).await.is(200);
    test.clock.hold_at(crate::support::app::at("2026-07-01T08:00:00Z"));
    assert!(open(&test, &links[0]).await.is(200).text.contains("closed"));
    assert_eq!(send(&test, &links[1], &[("value", "5")]).await.status, 422);
    assert_eq!(results(&test, "").await["answers"], 3);
}

#[tokio::test]
async fn a_link_that_was_never_made_or_was_replaced_opens_nothing() {
    let (test, links) = asked().await;
    assert_eq!(open(&test, "/survey").await.status, 404);
    assert_eq!(open(&test, "/survey?link=").await.status, 404);
    assert_eq!(open(&test, &format!("{}0", links[0])).await.status, 404);
    assert_eq!(send(&test, "link=nothing", &[("value", "5")]).await.status, 404);
    let again = test
        .manager
        .post(&format!("{ALL}/1/invitations"), json!({"stakeholders": ["SH1"]}))
        .await
        .is(201)
        .json();
    assert_eq!(open(&test, &links[0]).await.status, 404, "a new link ends the old one");
    assert_eq!(open(&test, again["items"][0]["link"].as_str().unwrap()).await.status, 200);
    assert_eq!(results(&test, "").await["invited"], 2, "asked again is asked once");
    // The secret is nowhere to be read again.
    let secret = links[1].split_once("link=").unwrap().1;
    let page = test.manager.page("/programs/ATLAS/surveys/1").await.is(200).text;
    assert!(!page.contains(secret));
    let kept: i64 =
        sqlx::query_scalar("select count(*) from survey_invitation where secret_hash = sha256($1::bytea)")
            .bind(secret.as_bytes())
            .fetch_one(test.app.db.raw())
            .await
            .unwrap();
    assert_eq!(kept, 1, "what is kept is its hash");
}

#[tokio::test]
async fn a_manager_asks_on_the_page_and_writes_answers_down_that_were_given_elsewhere() {
    let (test, _) = asked().await;
    let path = "/programs/ATLAS/surveys/1/invitations";
    let none = test.manager.submit(path, &[("stakeholders[]", "")]).await;
    assert_eq!(none.status, 422);
    assert!(none.text.contains("Choose who is to be asked"));
    let told = test.manager.submit(path, &[("stakeholders[]", ""), ("stakeholders[]", "3")]).await.is(200);
    let link = format!("<a href=\"{}/survey?link=", test.base);
    assert!(told.text.contains(&link), "the link is shown once, whole: {}", told.text);
    let answers = format!("{ALL}/1/answers");
    test.contributor.post(&answers, json!({"value": 5})).await.problem(403);
    test.manager.post(&answers, json!({"value": 9})).await.refused("value");
    test.manager.post(&answers, json!({"value": 5, "on": "2026-07-01"})).await.refused("on");
    test.manager.post(&answers, json!({"value": 5, "on": "2026-05-02"})).await.is(201);
    test.manager.post(&answers, json!({"value": 2, "comment": "Hm", "name": "Care"})).await.is(201);
    test.manager.post(&answers, json!({"value": 5})).await.is(201);
    assert_eq!(results(&test, "?as_of=2026-06-30").await["mean"], 4.0);
    let shown = results(&test, "").await;
    assert_eq!((&shown["answers"], &shown["answered"], &shown["invited"]), (&json!(3), &json!(0), &json!(3)));
    test.manager
        .post(&format!("{ALL}/1/invitations"), json!({"stakeholders": ["SH9"]}))
        .await
        .refused("stakeholders");
    test.manager.post(ALL, json!({"title": "No question"})).await.refused("question");
    let before = json!({"title": "T", "question": "Q?", "closes_on": "2026-06-01"});
    test.manager.post(ALL, before).await.refused("closes_on");
    test.stranger.get(&answers).await.problem(404);
    assert_eq!(test.viewer.get(&format!("{ATLAS}/surveys?as_of=2026-06-29")).await.json()["total"], 0);
}

#[tokio::test]
async fn an_archived_survey_is_closed_and_what_was_answered_counts_on() {
    let (test, links) = asked().await;
    assert_eq!(send(&test, &links[0], &[("value", "4")]).await.status, 303);
    for value in [3, 5] {
        test.manager.post(&format!("{ALL}/1/answers"), json!({"value": value})).await.is(201);
    }
    let satisfaction = async || {
        let path = format!("{ATLAS}/metrics/stakeholder_satisfaction");
        test.viewer.get(&path).await.is(200).json()["value"].clone()
    };
    assert_eq!(satisfaction().await, json!(4.0));
    let path = format!("{ALL}/1");
    for user in [&test.viewer, &test.contributor] {
        user.delete(&path).await.problem(403);
    }
    test.clock.hold_at(at("2026-07-02T12:00:00Z"));
    test.manager.delete(&path).await.is(204);
    test.manager.delete(&path).await.is(204);
    assert_eq!(test.viewer.get(ALL).await.json()["total"], 0);
    let list = test.viewer.page("/programs/ATLAS/surveys").await.is(200).text;
    assert!(
        list.contains("/programs/ATLAS/surveys/1\"") && list.contains("3 answers, which still count"),
        "{list}"
    );
    let kept = test.viewer.get(&path).await.is(200).json();
    assert_eq!((&kept["answers"], &kept["archived_at"]), (&json!(3), &json!("2026-07-02T12:00:00Z")));
    assert_eq!(satisfaction().await, json!(4.0), "what was answered counts on");
    let then = test.viewer.get(&format!("{ALL}?as_of=2026-07-01")).await.json();
    assert_eq!(then["total"], 1, "it was there then");

    for link in &links {
        let page = open(&test, link).await.is(200).text;
        assert!(page.contains("This survey is closed"), "{page}");
        assert_eq!(send(&test, link, &[("value", "1")]).await.status, 422);
    }
    let who = json!({"stakeholders": ["ATLAS-SH3"]});
    test.manager.post(&format!("{ALL}/1/invitations"), who).await.refused("stakeholders");
    test.manager.post(&format!("{ALL}/1/answers"), json!({"value": 1})).await.problem(409);
    let page = test.manager.page("/programs/ATLAS/surveys/1").await.is(200).text;
    assert!(page.contains("Archived 2 Jul 2026") && !page.contains("/surveys/1/edit"), "{page}");
    let list = test.manager.page("/programs/ATLAS/surveys").await.is(200).text;
    let (open, archived) = list.split_once("<h2>Archived</h2>").expect("those that are archived stand apart");
    assert!(!open.contains("Served?") && archived.contains("Served?"), "{list}");

    test.manager.post(&format!("{ALL}/1/restore"), json!({})).await.is(200);
    assert_eq!(send(&test, &links[1], &[("value", "5")]).await.status, 303, "it is open again");
    test.manager.submit("/programs/ATLAS/surveys/1/archive", &[]).await.is(303);
    assert_eq!(test.viewer.get(ALL).await.json()["total"], 0);
    test.manager.submit("/programs/ATLAS/surveys/1/restore", &[]).await.is(303);
    assert_eq!(results(&test, "").await["answers"], 4);
}
