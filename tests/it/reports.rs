//! Status reports over the API and the pages: written from the facts, declared beside the evidence, frozen when they are published.
//!
//! It is Tuesday 30 June 2026. The release (M1) was committed for 20 July and is forecast for 28 August; a risk (R1) scores 20.

use crate::support::app::{Answer, TestApp};
use crate::support::statements::Statements;
use reqwest::Method;
use serde_json::{Value, json};

pub const ATLAS: &str = "/api/v1/programs/ATLAS";
pub const ALL: &str = "/api/v1/programs/ATLAS/reports";

/// The program, with what makes its schedule and its risk red.
pub async fn late() -> TestApp {
    let test = TestApp::start().await;
    let manager = &test.manager;
    let release = json!({"title": "Release", "committed_on": "2026-07-20", "owner": manager.email});
    manager.post(&format!("{ATLAS}/milestones"), release).await.is(201);
    let slip = json!({"forecast_on": "2026-08-28", "reason": "The vendor is late"});
    manager.patch(&format!("{ATLAS}/milestones/1"), 1, slip).await.is(200);
    let risk = json!({"title": "Vendor fails", "probability": 5, "impact": 4});
    manager.post(&format!("{ATLAS}/risks"), risk).await.is(201);
    let question = json!({"title": "Which vendor", "needed_by": "2026-07-03"});
    manager.post(&format!("{ATLAS}/decisions"), question).await.is(201);
    manager.post(&format!("{ATLAS}/decisions/1/transitions"), json!({"to": "waiting"})).await.is(200);
    test
}

pub fn period() -> Value {
    json!({"period_from": "2026-06-23", "period_to": "2026-06-30"})
}

pub fn with(mut body: Value, name: &str, value: Value) -> Value {
    body[name] = value;
    body
}

pub async fn publish(test: &TestApp, number: i32) -> Value {
    let path = format!("{ALL}/{number}/transitions");
    test.manager.post(&path, json!({"to": "published"})).await.is(200).json()
}

#[tokio::test]
async fn what_a_report_leaves_out_is_written_from_the_facts() {
    let test = late().await;
    let made = test.contributor.post(ALL, period()).await.is(201).json();
    assert_eq!(made["ref"], "ATLAS-REP1");
    assert_eq!(made["title"], "Status report to 30 Jun 2026");
    let headline = made["headline"].as_str().unwrap();
    for words in ["is red: schedule and risk are red", "ATLAS-M1", "slipped", "28 Aug 2026", "ATLAS-DEC1"] {
        assert!(headline.contains(words), "“{headline}” should say “{words}”");
    }
    assert!(made["narrative"]["schedule"].as_str().unwrap().contains("ATLAS-M1"), "{made}");
    assert!(made["narrative"]["risk"].as_str().unwrap().contains("ATLAS-R1"), "{made}");
    let needs = made["decisions_needed"].as_str().unwrap();
    assert!(needs.contains("Decide by 3 Jul 2026: Which vendor (ATLAS-DEC1)"), "{needs}");
    assert_eq!(made["computed"]["schedule"], "red", "the evidence stands beside what is declared");
    assert_eq!((&made["state"], &made["frozen"]), (&json!("draft"), &Value::Null));

    // What is given stands, in part or whole.
    let own =
        with(with(period(), "headline", json!("We are late.")), "narrative", json!({"scope": "As agreed."}));
    let made = test.manager.post(ALL, own).await.is(201).json();
    assert_eq!(
        (&made["headline"], &made["narrative"]["scope"]),
        (&json!("We are late."), &json!("As agreed."))
    );
    assert!(made["narrative"]["schedule"].as_str().unwrap().contains("ATLAS-M1"));

    test.viewer.post(ALL, period()).await.problem(403);
    test.stranger.post(ALL, period()).await.problem(404);
    test.manager.post(ALL, json!({})).await.refused("period_from");
    let backwards = json!({"period_from": "2026-06-30", "period_to": "2026-06-23"});
    test.manager.post(ALL, backwards).await.refused("period_to");
}

#[tokio::test]
async fn better_than_the_evidence_needs_a_reason_when_drafted_edited_and_published() {
    let test = late().await;
    let declared = |colour: &str| with(period(), "declared", json!({"schedule": colour}));
    let told = test.manager.post(ALL, declared("green")).await.refused("reasons");
    assert!(told.starts_with("Schedule: declared green, computed red."), "{told}");
    assert!(
        told.contains("1 milestone is forecast past the committed date"),
        "it shows the evidence: {told}"
    );
    test.manager.post(ALL, declared("red")).await.is(201);
    let edit = json!({"declared": {"schedule": "amber"}});
    let told = test.manager.patch(&format!("{ALL}/1"), 1, edit.clone()).await.refused("reasons");
    assert!(told.starts_with("Schedule: declared amber, computed red."), "{told}");
    let told = with(edit, "reasons", json!({"schedule": "A buffer is agreed."}));
    test.manager.patch(&format!("{ALL}/1"), 1, told).await.is(200);

    // The evidence worsens after the draft was declared: publishing looks again.
    let green = with(period(), "declared", json!({"scope": "green", "decisions": "green"}));
    test.manager.post(ALL, green).await.is(201);
    test.manager.patch(&format!("{ATLAS}/decisions/1"), 2, json!({"needed_by": "2026-06-26"})).await.is(200);
    let to = json!({"to": "published"});
    let told = test.manager.post(&format!("{ALL}/2/transitions"), to.clone()).await.refused("reasons");
    assert!(told.starts_with("Decisions: declared green, computed red."), "{told}");
    assert_eq!(test.manager.get(&format!("{ALL}/2")).await.json()["state"], "draft");
    test.contributor.post(&format!("{ALL}/1/transitions"), to.clone()).await.problem(403);
    test.viewer.post(&format!("{ALL}/1/transitions"), to).await.problem(403);
}

#[tokio::test]
async fn publishing_freezes_every_number_and_sentence() {
    let test = late().await;
    test.manager.post(ALL, period()).await.is(201);
    let published = publish(&test, 1).await;
    assert_eq!(published["state"], "published");
    assert_eq!(published["published_on"], "2026-06-30");
    assert_eq!(
        (&published["computed"]["schedule"], &published["declared"]["schedule"]),
        (&json!("red"), &json!("red"))
    );
    assert!(published["declared"].get("cost").is_none(), "where there is no data nothing is declared");
    let frozen = &published["frozen"];
    assert_eq!(frozen["health"]["overall"], "red");
    assert_eq!(frozen["health"]["rules_version"], published["rules_version"]);
    assert!(published["rules_version"].is_number());
    assert_eq!(frozen["milestones"][0]["ref"], "ATLAS-M1");
    assert_eq!(frozen["milestones"][0]["forecast_on"], "2026-08-28");
    assert_eq!(frozen["sections"][0]["name"], "changed");
    let variance =
        frozen["metrics"].as_array().unwrap().iter().find(|tile| tile["name"] == "schedule_variance");
    assert_eq!(variance.unwrap()["value"], 29.0, "20 July to 28 August is 29 working days");

    // The facts go on; the report stays, in the API, on its page, as Markdown.
    let page = test.viewer.page("/programs/ATLAS/reports/1").await.is(200).text;
    assert!(page.contains("28 Aug") && page.contains("published on 30 Jun 2026"));
    let text = test.viewer.get(&format!("{ALL}/1/markdown")).await.is(200);
    assert_eq!(text.header("content-type"), "text/markdown; charset=utf-8");
    assert!(
        text.text.contains(
            "| Release (ATLAS-M1) | 20 Jul 2026 | 20 Jul 2026 | 28 Aug 2026 | 29 working days late |"
        ),
        "{}",
        text.text
    );
    let worse = json!({"title": "Renamed", "forecast_on": "2026-10-30"});
    test.manager.patch(&format!("{ATLAS}/milestones/1"), 2, worse).await.is(200);
    let after = test.viewer.get(&format!("{ALL}/1")).await.json();
    assert_eq!(&after["frozen"], frozen);
    assert_eq!(test.viewer.get(&format!("{ALL}/1/markdown")).await.text, text.text);
    let again = test.viewer.page("/programs/ATLAS/reports/1").await.text;
    assert!(again.contains("28 Aug") && !again.contains("30 Oct") && !again.contains("Renamed"));

    let version = after["version"].as_i64().unwrap();
    let told =
        test.manager.patch(&format!("{ALL}/1"), version, json!({"headline": "Fine."})).await.problem(422);
    assert!(
        told["errors"][0]["message"].as_str().unwrap().contains("correct it by a new revision"),
        "{told}"
    );
    test.manager.post(&format!("{ALL}/1/transitions"), json!({"to": "published"})).await.problem(422);
}

#[tokio::test]
async fn a_correction_is_a_report_of_its_own_and_each_names_the_other() {
    let test = late().await;
    test.manager.post(ALL, period()).await.is(201);
    let draft = with(period(), "revises", json!("ATLAS-REP1"));
    test.manager.post(ALL, draft.clone()).await.refused("revises");
    publish(&test, 1).await;
    let made = test.manager.post(ALL, with(draft, "headline", json!("We were wrong."))).await.is(201).json();
    assert_eq!(made["revises"]["ref"], "ATLAS-REP1", "{made}");
    // One correction at a time, and the next one corrects that.
    let another = with(period(), "revises", json!("ATLAS-REP1"));
    test.manager.post(ALL, another.clone()).await.refused("revises");
    publish(&test, 2).await;
    test.manager.post(ALL, another).await.refused("revises");
    let old = test.viewer.page("/programs/ATLAS/reports/1").await.is(200).text;
    assert!(old.contains("Corrected by") && old.contains("/programs/ATLAS/reports/2"));
    assert!(!old.contains("Draft a correction"), "it has one");
    let new = test.viewer.page("/programs/ATLAS/reports/2").await.is(200).text;
    assert!(
        new.contains("This corrects")
            && new.contains("/programs/ATLAS/reports/1")
            && new.contains("We were wrong.")
    );
    let links = test.viewer.get(&format!("{ALL}/1/links")).await.is(200).json();
    let supersedes = |link: &Value| link["relation"] == "supersedes" && link["ref"] == "ATLAS-REP2";
    assert!(links["items"].as_array().unwrap().iter().any(supersedes), "{links}");
    // From the page: a draft with the words of what it corrects.
    let answer = test.manager.submit("/programs/ATLAS/reports/2/correct", &[]).await.is(303);
    assert!(answer.header("location").starts_with("/programs/ATLAS/reports/3/edit"));
    assert_eq!(test.manager.get(&format!("{ALL}/3")).await.json()["headline"], "We were wrong.");
}

#[tokio::test]
async fn the_next_report_shows_what_is_other_and_the_record_keeps_the_gap() {
    let test = late().await;
    let rosy = json!({"period_from": "2026-06-16", "period_to": "2026-06-23", "declared": {"schedule": "green"},
        "reasons": {"schedule": "We are confident."}});
    // A week ago nothing was known: there was no evidence to be better than.
    let first = test.manager.post(ALL, rosy).await.is(201).json();
    assert_eq!(first["computed"]["schedule"], "grey");
    publish(&test, 1).await;
    assert_eq!(test.viewer.get(&format!("{ALL}/record")).await.is(200).json()["total"], 0);

    let rosy = with(period(), "declared", json!({"schedule": "green"}));
    test.manager.post(ALL, with(rosy, "reasons", json!({"schedule": "Still confident."}))).await.is(201);
    let second = publish(&test, 2).await;
    let difference = &second["frozen"]["difference"];
    assert_eq!(difference["ref"], "ATLAS-REP1");
    let said: Vec<_> =
        difference["sentences"].as_array().unwrap().iter().map(|s| s["text"].as_str().unwrap()).collect();
    assert!(said.contains(&"Schedule: from no data to red."), "{said:?}");
    assert!(said.iter().any(|text| text.starts_with("New high risks: Vendor fails (ATLAS-R1)")), "{said:?}");

    let record = test.viewer.get(&format!("{ALL}/record")).await.is(200).json();
    let gap = &record["items"][0];
    assert_eq!(
        (
            &gap["dimension"],
            &gap["declared"],
            &gap["computed"],
            &gap["reports"],
            &gap["reason"],
            &gap["until"]
        ),
        (
            &json!("schedule"),
            &json!("green"),
            &json!("red"),
            &json!(["ATLAS-REP2"]),
            &json!("Still confident."),
            &Value::Null
        )
    );
    assert_eq!(gap["after"][0], "Schedule is still red.");
    for path in ["/programs/ATLAS/reports/record", "/programs/ATLAS", "/programs/ATLAS/reports/2"] {
        let page = test.viewer.page(path).await.is(200).text.to_lowercase();
        assert!(page.contains("declared green") || page.contains("still confident"), "{path}");
    }
    let portfolio = test.viewer.get("/api/v1/portfolio").await.is(200).json();
    let atlas =
        portfolio["items"].as_array().unwrap().iter().find(|program| program["key"] == "ATLAS").unwrap();
    assert_eq!(
        (&atlas["declared"]["ref"], &atlas["health"]["dimensions"]["schedule"]),
        (&json!("ATLAS-REP2"), &json!("red"))
    );
    assert_eq!(atlas["declared"]["dimensions"]["schedule"], "green");
    // Before it was published there was nothing of it.
    let then = test.viewer.get(&format!("{ALL}/record?as_of=2026-06-29")).await.is(200).json();
    assert_eq!(then["total"], 0);
    assert_eq!(test.viewer.get(&format!("{ALL}/2?as_of=2026-06-29")).await.status, 404);
}

#[tokio::test]
async fn every_reader_rates_a_report_once_and_may_change_it() {
    let test = late().await;
    test.manager.post(ALL, period()).await.is(201);
    let ratings = format!("{ALL}/1/ratings");
    test.viewer.post(&ratings, json!({"value": 4})).await.refused("value");
    publish(&test, 1).await;
    for (value, field) in [(json!(0), "value"), (json!(6), "value"), (json!("good"), "value")] {
        test.viewer.post(&ratings, json!({"value": value})).await.refused(field);
    }
    test.viewer.post(&ratings, json!({"value": 2, "comment": "Too long"})).await.is(201);
    let changed = test.viewer.post(&ratings, json!({"value": 4})).await.is(201).json();
    assert_eq!((&changed["value"], &changed["comment"]), (&json!(4), &json!("")));
    test.contributor.post(&ratings, json!({"value": 5})).await.is(201);
    let all = test.manager.get(&ratings).await.is(200).json();
    let mut values: Vec<_> =
        all["items"].as_array().unwrap().iter().filter_map(|r| r["value"].as_i64()).collect();
    values.sort_unstable();
    assert_eq!(values, [4, 5]);
    assert!(test.viewer.page("/programs/ATLAS/reports/1").await.text.contains("rated 4.5 of 5 by 2"));
    test.stranger.post(&ratings, json!({"value": 1})).await.problem(404);
    // On the page, a refused rating comes back with what was typed.
    let page = test
        .viewer
        .submit("/programs/ATLAS/reports/1/ratings", &[("value", ""), ("comment", "Because")])
        .await;
    assert!(page.status == 422 && page.text.contains("Because"), "{}", page.status);
    let answer =
        test.viewer.submit("/programs/ATLAS/reports/1/ratings", &[("value", "3"), ("comment", "")]).await;
    assert_eq!(answer.is(303).header("location"), "/programs/ATLAS/reports/1?done=rated");
}

#[tokio::test]
async fn a_link_shows_the_frozen_report_without_an_account_until_it_is_revoked() {
    let test = late().await;
    test.manager.post(ALL, period()).await.is(201);
    let shares = format!("{ALL}/1/shares");
    test.manager.post(&shares, json!({"label": "The board"})).await.problem(422);
    publish(&test, 1).await;
    test.contributor.post(&shares, json!({})).await.problem(403);
    let made = test.manager.post(&shares, json!({"label": "The board"})).await.is(201).json();
    let url = made["url"].as_str().unwrap();
    let path = &url[url.find("/shared/").unwrap()..];
    let secret = path.rsplit('/').next().unwrap();
    let kept = sqlx::query_scalar::<_, i64>(
        "select count(*) from report_link where encode(secret_hash, 'escape') like '%' || $1 || '%'",
    );
    assert_eq!(
        kept.bind(secret).fetch_one(test.app.db.raw()).await.unwrap(),
        0,
        "the secret itself is not kept"
    );
    let hashed = sqlx::query_scalar::<_, i64>(
        "select count(*) from report_link where secret_hash = sha256($1::bytea)",
    );
    assert_eq!(hashed.bind(secret.as_bytes()).fetch_one(test.app.db.raw()).await.unwrap(), 1);

    let shown = Answer::of(test.anonymous(Method::GET, path)).await.is(200);
    assert!(shown.header("x-robots-tag").contains("noindex"), "{:?}", shown.headers);
    assert!(shown.text.contains("Status report to 30 Jun 2026") && shown.text.contains("ATLAS-M1"));
    for way in ["/programs/", "/sign-out", "/search", "Rate it", "The board"] {
        assert!(!shown.text.contains(way), "nothing but the report: {way}");
    }
    test.manager
        .patch(&format!("{ATLAS}/milestones/1"), 2, json!({"forecast_on": "2026-10-30"}))
        .await
        .is(200);
    assert_eq!(Answer::of(test.anonymous(Method::GET, path)).await.text, shown.text);

    let listed = test.manager.get(&shares).await.is(200).json();
    assert_eq!(
        (&listed["items"][0]["label"], &listed["items"][0]["revoked_at"]),
        (&json!("The board"), &Value::Null)
    );
    assert!(!listed.to_string().contains(secret));
    let id = made["id"].as_str().unwrap();
    test.contributor.delete(&format!("{shares}/{id}")).await.problem(403);
    test.manager.delete(&format!("{shares}/{id}")).await.is(204);
    assert_eq!(Answer::of(test.anonymous(Method::GET, path)).await.status, 404);
    assert_eq!(Answer::of(test.anonymous(Method::GET, "/shared/reports/unknown")).await.status, 404);
}

#[tokio::test]
async fn the_form_keeps_what_was_typed_and_names_the_dimension() {
    let test = late().await;
    let answer = test
        .manager
        .submit("/programs/ATLAS/reports", &[("period_from", "2026-06-23"), ("period_to", "2026-06-30")])
        .await;
    assert!(answer.is(303).header("location").starts_with("/programs/ATLAS/reports/1/edit"));
    let page = test.manager.page("/programs/ATLAS/reports/1/edit").await.is(200).text;
    assert!(page.contains("name=\"declared[schedule]\"") && page.contains("As computed (red)"));
    let typed = [
        ("version", "1"),
        ("headline", "All is well"),
        ("declared[schedule]", "green"),
        ("reasons[schedule]", ""),
    ];
    let refused = test.manager.submit("/programs/ATLAS/reports/1/edit", &typed).await;
    assert_eq!(refused.status, 422);
    assert!(refused.text.contains("All is well") && refused.text.contains("href=\"#f-reasons-schedule\""));
    let told = [
        ("version", "1"),
        ("headline", "All is well"),
        ("declared[schedule]", "green"),
        ("reasons[schedule]", "A buffer"),
        ("then", "publish"),
    ];
    let answer = test.manager.submit("/programs/ATLAS/reports/1/edit", &told).await.is(303);
    assert_eq!(answer.header("location"), "/programs/ATLAS/reports/1?done=published");
    let report = test.manager.get(&format!("{ALL}/1")).await.json();
    assert_eq!((&report["state"], &report["declared"]["schedule"]), (&json!("published"), &json!("green")));
    // Somebody else was quicker.
    test.manager.post(ALL, period()).await.is(201);
    test.manager.patch(&format!("{ALL}/2"), 1, json!({"headline": "Other"})).await.is(200);
    let stale = test
        .manager
        .submit("/programs/ATLAS/reports/2/edit", &[("version", "1"), ("headline", "Mine")])
        .await;
    assert!(stale.status == 409 && stale.text.contains("Mine"), "{}", stale.status);
    // The words can be written anew.
    test.manager.submit("/programs/ATLAS/reports/2/redraft", &[("version", "2")]).await.is(303);
    let anew = test.manager.get(&format!("{ALL}/2")).await.json();
    assert!(anew["headline"].as_str().unwrap().contains("is red"), "{anew}");
}

#[tokio::test]
async fn what_changed_between_two_days_is_told_in_words_slips_first() {
    let test = late().await;
    let page = test.viewer.page("/programs/ATLAS/changed?from=2026-06-23&to=2026-06-30").await.is(200).text;
    let at = |words: &str| page.find(words).unwrap_or_else(|| panic!("“{words}” is missing"));
    assert!(at("slipped 29 working days to 28 Aug 2026") < at("New high risk: "), "slips come first");
    assert!(page.contains("The vendor is late") && page.contains("ATLAS-M1"));
    let none = test.viewer.page("/programs/ATLAS/changed?from=2026-06-01&to=2026-06-10").await.is(200).text;
    assert!(none.contains("Nothing worth telling"));
    let wrong = test.viewer.page("/programs/ATLAS/changed?from=2026-06-10&to=2026-06-01").await;
    assert_eq!(wrong.status, 422);
    let api =
        test.viewer.get(&format!("{ATLAS}/changes-since?from=2026-06-23&to=2026-06-30")).await.is(200).json();
    assert_eq!(api["items"][0]["topic"], "slip");
}

/// Nothing is asked for one by one: a draft over many items takes as many statements as one over few.
#[tokio::test]
async fn a_draft_takes_as_many_statements_over_many_items_as_over_few() {
    let test = late().await;
    let asked = Statements::listen();
    let of = async |number: i32| {
        test.manager.page(&format!("/programs/ATLAS/reports/{number}")).await.is(200);
        asked.taken()
    };
    test.manager.post(ALL, period()).await.is(201);
    asked.taken();
    let few = of(1).await;
    for number in 0..30 {
        let risk = json!({"title": format!("Risk {number}"), "probability": 5, "impact": 5});
        test.manager.post(&format!("{ATLAS}/risks"), risk).await.is(201);
        let question = json!({"title": format!("Question {number}"), "needed_by": "2026-07-03"});
        let made = test.manager.post(&format!("{ATLAS}/decisions"), question).await.is(201).json();
        let path = format!("{ATLAS}/decisions/{}/transitions", made["number"]);
        test.manager.post(&path, json!({"to": "waiting"})).await.is(200);
    }
    asked.taken();
    let many = of(1).await;
    assert!(few > 0, "statements are seen");
    assert!(many <= few + 2, "{few} statements over few items, {many} over many");
}
