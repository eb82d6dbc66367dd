//! Nudges, and the digests by mail and chat that tell them: said while something is to be done, and no longer.
//!
//! Today is Tuesday 30 June 2026.

use crate::support::api::{ATLAS, moved, post, raise};
use crate::support::app::{TestApp, TestUser, at, draft};
use crate::support::mail::{Speaks, mail_server, unfolded};
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing;
use plumbline::app::{App, Over, access, watch};
use plumbline::domain::kind::Kind;
use plumbline::jobs::upkeep;
use plumbline::outbound::Outbound;
use plumbline::outbound::mail::Mailer;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

/// The rules that speak of an item.
async fn rules(user: &TestUser, reference: &str) -> Vec<String> {
    let all = user.get(&format!("{ATLAS}/nudges?ref={reference}")).await.is(200).json();
    let rule = |row: &Value| row["rule"].as_str().unwrap().to_owned();
    all["items"].as_array().unwrap().iter().map(rule).collect()
}

async fn patch(user: &TestUser, item: &str, body: Value) {
    let path = format!("{ATLAS}/{item}").trim_end_matches('/').to_owned();
    let version = user.get(&path).await.is(200).json()["version"].as_i64().unwrap();
    user.patch(&path, version, body).await.is(200);
}

#[tokio::test]
async fn each_rule_speaks_and_stops_with_the_write_that_does_what_it_asks() {
    let test = TestApp::start().await;
    let manager = &test.manager;
    let own = json!({"owner": manager.email});
    let with = |more: Value| crate::support::api::with(own.clone(), more);

    raise(manager, Kind::Risk, json!({})).await;
    assert_eq!(rules(manager, "ATLAS-R1").await, ["no_owner"]);
    patch(manager, "risks/1", own.clone()).await;
    assert_eq!(rules(manager, "ATLAS-R1").await, [] as [&str; 0]);

    raise(manager, Kind::Action, with(json!({"due_on": "2026-06-29"}))).await;
    assert_eq!(rules(manager, "ATLAS-ACT1").await, ["next_date_passed"]);
    moved(manager, "actions/1", json!({"to": "done"})).await;
    assert_eq!(rules(manager, "ATLAS-ACT1").await, [] as [&str; 0]);

    raise(manager, Kind::Issue, with(json!({"raised_on": "2026-06-01"}))).await;
    assert_eq!(rules(manager, "ATLAS-I1").await, ["no_update"]);
    patch(manager, "issues/1", json!({"description": "It is looked into."})).await;
    assert_eq!(rules(manager, "ATLAS-I1").await, [] as [&str; 0]);

    raise(manager, Kind::Dependency, with(json!({"needed_by": "2026-07-10", "promised_by": "2026-07-15"})))
        .await;
    assert_eq!(rules(manager, "ATLAS-D1").await, ["not_agreed", "promised_late"]);
    patch(manager, "dependencies/1", json!({"promised_by": "2026-07-10"})).await;
    assert_eq!(rules(manager, "ATLAS-D1").await, ["not_agreed"]);
    for side in ["provider", "consumer"] {
        moved(manager, "dependencies/1", json!({"to": "agreed", "as": side})).await;
    }
    assert_eq!(rules(manager, "ATLAS-D1").await, [] as [&str; 0]);

    raise(manager, Kind::Decision, with(json!({"raised_on": "2026-06-22"}))).await;
    moved(manager, "decisions/1", json!({"to": "waiting", "on": "2026-06-22"})).await;
    assert_eq!(rules(manager, "ATLAS-DEC1").await, ["decision_waiting"]);
    moved(manager, "decisions/1", json!({"to": "decided", "option": "This"})).await;
    assert_eq!(rules(manager, "ATLAS-DEC1").await, [] as [&str; 0]);

    raise(manager, Kind::Risk, with(json!({"probability": 4, "impact": 4}))).await;
    assert_eq!(rules(manager, "ATLAS-R2").await, ["risk_unmitigated"]);
    raise(manager, Kind::Action, with(json!({"due_on": "2026-07-31", "from": "ATLAS-R2"}))).await;
    assert_eq!(rules(manager, "ATLAS-R2").await, [] as [&str; 0]);

    raise(manager, Kind::Risk, with(json!({"raised_on": "2026-06-20"}))).await;
    moved(
        manager,
        "risks/3",
        json!({"to": "accepted", "until": "2026-06-29", "reason": "Small", "on": "2026-06-20"}),
    )
    .await;
    assert_eq!(rules(manager, "ATLAS-R3").await, ["acceptance_expired"]);
    moved(manager, "risks/3", json!({"to": "mitigating"})).await;
    assert_eq!(rules(manager, "ATLAS-R3").await, [] as [&str; 0]);

    raise(manager, Kind::Assumption, with(json!({"validate_by": "2026-06-29"}))).await;
    assert_eq!(rules(manager, "ATLAS-A1").await, ["assumption_untested"]);
    moved(manager, "assumptions/1", json!({"to": "validated"})).await;
    assert_eq!(rules(manager, "ATLAS-A1").await, [] as [&str; 0]);

    raise(manager, Kind::Report, json!({})).await;
    assert_eq!(rules(manager, "ATLAS-REP1").await, ["report_due"]);
    patch(manager, "reports/1", json!({"period_to": "2026-07-03"})).await;
    assert_eq!(rules(manager, "ATLAS-REP1").await, [] as [&str; 0]);
}

#[tokio::test]
async fn the_first_report_of_a_program_is_asked_for_until_it_is_begun() {
    let test = TestApp::start().await;
    test.manager.patch(ATLAS, 1, json!({"manager": test.manager.email})).await.is(200);
    let due = "No status report since 30 Jun 2026: draft the first.";
    // It was set up on 30 June, and reports every 7 days.
    test.clock.hold_at(at("2026-07-07T12:00:00Z"));
    assert_eq!(rules(&test.viewer, "ATLAS").await, [] as [&str; 0]);
    test.clock.hold_at(at("2026-07-08T12:00:00Z"));
    let all = test.viewer.get(&format!("{ATLAS}/nudges")).await.is(200).json();
    let told = &all["items"][0];
    assert_eq!(
        (&all["total"], &told["ref"], &told["type"], &told["rule"], &told["says"], &told["url"]),
        (
            &json!(1),
            &json!("ATLAS"),
            &json!("program"),
            &json!("report_due"),
            &json!(due),
            &json!("/programs/ATLAS/reports")
        )
    );
    for page in ["/programs/ATLAS/nudges", "/programs/ATLAS/reports"] {
        assert!(test.viewer.page(page).await.is(200).text.contains(due), "{page}");
    }
    assert!(test.manager.page("/me/work").await.text.contains(due), "it is its manager's to do");
    assert!(!test.contributor.page("/me/work").await.text.contains(due));
    assert_eq!(test.stranger.get("/api/v1/me/nudges").await.json()["total"], 0);
    let (port, letters) = mail_server(Speaks::Plain).await;
    let app = sending(&test, port);
    assert_eq!(upkeep::pass(&app, at("2026-07-08T06:00:00Z")).await.unwrap().letters, 1);
    assert!(unfolded(&letters.take()[0].1).contains("https://plan.example.org/programs/ATLAS/reports"));

    // A program that rests has nothing to report.
    patch(&test.manager, "", json!({"state": "on_hold"})).await;
    assert_eq!(rules(&test.viewer, "ATLAS").await, [] as [&str; 0]);
    patch(&test.manager, "", json!({"state": "active", "starts_on": "2026-07-02"})).await;
    assert_eq!(rules(&test.viewer, "ATLAS").await, [] as [&str; 0], "it began on 2 July");
    patch(&test.manager, "", json!({"starts_on": "2026-01-01"})).await;
    assert_eq!(rules(&test.viewer, "ATLAS").await, ["report_due"]);
    raise(&test.manager, Kind::Report, json!({"period_from": "2026-07-01", "period_to": "2026-07-08"})).await;
    assert_eq!(rules(&test.viewer, "ATLAS").await, [] as [&str; 0], "it is begun");
}

#[tokio::test]
async fn nudges_stand_on_the_item_in_ones_work_and_in_the_program() {
    let test = TestApp::start().await;
    test.manager.patch(ATLAS, 1, json!({"manager": test.manager.email})).await.is(200);
    raise(
        &test.manager,
        Kind::Action,
        json!({"title": "Call the vendor", "owner": test.contributor.email, "due_on": "2026-06-29"}),
    )
    .await;
    raise(&test.manager, Kind::Risk, json!({"title": "Left alone"})).await;
    let says = "The due date of 29 Jun 2026 has passed";
    for page in ["/programs/ATLAS/actions/1", "/programs/ATLAS/nudges"] {
        assert!(test.viewer.page(page).await.is(200).text.contains(says), "{page}");
    }
    assert!(test.contributor.page("/me/work").await.text.contains(says));
    // What nobody owns is the program manager's to see to.
    let work = test.manager.page("/me/work").await.text;
    assert!(work.contains("Nobody owns it") && !work.contains(says), "{work}");
    let own = test.contributor.get("/api/v1/me/nudges").await.is(200).json();
    assert_eq!((&own["total"], &own["items"][0]["ref"]), (&json!(1), &json!("ATLAS-ACT1")));
    test.stranger.get(&format!("{ATLAS}/nudges")).await.problem(404);
    assert_eq!(test.stranger.get("/api/v1/me/nudges").await.json()["total"], 0);
    // In the past nothing is to be put right.
    let past = test.viewer.page("/programs/ATLAS/actions/1?as_of=2026-06-30").await.is(200);
    assert!(past.text.contains(says), "today is no past");
    test.clock.hold_at(at("2026-07-02T12:00:00Z"));
    assert!(!test.viewer.page("/programs/ATLAS/actions/1?as_of=2026-06-30").await.text.contains(says));
}

#[tokio::test]
async fn a_program_switches_rules_off_and_keeps_its_channel_to_itself() {
    let test = TestApp::start().await;
    raise(&test.manager, Kind::Risk, json!({})).await;
    let path = format!("{ATLAS}/watch");
    let all = test.viewer.get(&path).await.is(200).json();
    assert_eq!((all["rules"].as_array().unwrap().len(), &all["version"]), (10, &json!(0)));
    let rest: Vec<_> = all["rules"].as_array().unwrap().iter().filter(|rule| *rule != "no_owner").collect();
    test.manager.patch(&path, 0, json!({"rules": rest})).await.is(200);
    assert_eq!(rules(&test.viewer, "ATLAS-R1").await, [] as [&str; 0]);
    for inside in ["http://hooks.example.com/x", "https://127.0.0.1/x", "https://localhost/x"] {
        test.manager.patch(&path, 1, json!({"chat_url": inside})).await.refused("chat_url");
    }
    let hook = json!({"chat_url": "https://hooks.example.com/T/B/secret", "chat_form": "teams"});
    test.manager.patch(&path, 1, hook).await.is(200);
    assert!(!test.viewer.get(&path).await.is(200).text.contains("secret"), "who knows it can write there");
    assert!(!test.viewer.page("/programs/ATLAS/nudges").await.is(200).text.contains("secret"));
    // The same by the form, which comes back as it was typed.
    let form = [
        ("version", "2"),
        ("rules[]", "no_owner"),
        ("levels", "manager | soon"),
        ("report_every_days", "14"),
        ("chat_form", "slack"),
        ("chat_url", ""),
    ];
    let back = test.manager.submit("/programs/ATLAS/nudges", &form).await.is(422).text;
    assert!(back.contains("manager | soon"));
    let form = form.map(|(name, value)| if name == "levels" { (name, "manager | 3") } else { (name, value) });
    test.manager.submit("/programs/ATLAS/nudges", &form).await.is(303);
    let now = test.manager.get(&path).await.json();
    assert_eq!(now["levels"], json!([{"to": "manager", "after_days": 3}]));
    assert_eq!((&now["rules"], &now["chat_url"]), (&json!(["no_owner"]), &json!("")));
    assert_eq!(rules(&test.viewer, "ATLAS-R1").await, ["no_owner"]);
    // As it was set on the day before, everything was on.
    let past = test.viewer.get(&format!("{path}?as_of=2026-06-29")).await.is(200).json();
    assert_eq!(past["version"], 0);
}

fn sending(test: &TestApp, port: u16) -> App {
    let mail = Mailer::new(&format!("smtp://127.0.0.1:{port}"), Some("plumbline@example.org")).unwrap();
    let app = test.app.clone().at(Some("https://plan.example.org"));
    app.sending(Outbound { mail: Some(mail), local: true, ..Outbound::default() })
}

#[tokio::test]
async fn one_digest_a_day_is_sent_to_whom_something_waits_for() {
    let test = TestApp::start().await;
    let (port, letters) = mail_server(Speaks::Plain).await;
    let app = sending(&test, port);
    raise(
        &test.manager,
        Kind::Action,
        json!({"title": "Call the vendor", "owner": test.contributor.email, "due_on": "2026-06-29"}),
    )
    .await;
    post(&test.manager, "decisions", json!({"title": "Two weeks or four?"})).await;
    moved(&test.manager, "decisions/1", json!({"to": "waiting", "escalated_to": test.viewer.email})).await;

    assert_eq!(upkeep::pass(&app, at("2026-07-01T04:59:00Z")).await.unwrap().letters, 0, "it is early");
    let now = at("2026-07-01T05:00:00Z");
    let (one, other) = tokio::join!(upkeep::pass(&app, now), upkeep::pass(&app, now));
    assert_eq!(one.unwrap().letters + other.unwrap().letters, 2, "of two servers one sends each");
    let mut got = letters.take();
    got.sort();
    let to: Vec<_> = got.iter().map(|(to, _)| to.as_str()).collect();
    assert_eq!(to, ["contributor@example.org", "viewer@example.org"], "nobody else has anything waiting");
    let letter = unfolded(&got[0].1);
    for part in [
        "text/plain",
        "text/html",
        "Call the vendor",
        "ATLAS-ACT1",
        "https://plan.example.org/programs/ATLAS/actions/1",
    ] {
        assert!(letter.contains(part), "{part}: {letter}");
    }
    assert!(letter.contains("Subject: Plumbline: 1 thing waits for you, 1 Jul 2026"), "{letter}");
    let letter = unfolded(&got[1].1);
    assert!(letter.contains("Two weeks or four?") && letter.contains("/me/decisions#ATLAS-DEC1"), "{letter}");
    assert!(!letter.contains("Call the vendor"));

    // A restart doesn't send it again; the next day does, while something waits.
    assert_eq!(upkeep::pass(&app, at("2026-07-01T18:00:00Z")).await.unwrap().letters, 0);
    moved(&test.contributor, "actions/1", json!({"to": "done"})).await;
    assert_eq!(upkeep::pass(&app, at("2026-07-02T06:00:00Z")).await.unwrap().letters, 1);
    assert_eq!(letters.take()[0].0, "viewer@example.org");

    // Who switched it off is left alone.
    test.viewer.submit("/me/digest", &[]).await.is(303);
    assert_eq!(upkeep::pass(&app, at("2026-07-03T06:00:00Z")).await.unwrap().letters, 0);
    test.viewer.submit("/me/digest", &[("wanted", "yes")]).await.is(303);
    assert_eq!(upkeep::pass(&app, at("2026-07-04T06:00:00Z")).await.unwrap().letters, 1);
}

#[tokio::test]
async fn a_digest_that_was_refused_is_tried_again_and_sent_once() {
    let test = TestApp::start().await;
    let (port, letters) = mail_server(Speaks::Plain).await;
    let app = sending(&test, port);
    raise(&test.manager, Kind::Action, json!({"owner": test.contributor.email, "due_on": "2026-06-29"}))
        .await;
    letters.refuse(true);
    assert_eq!(upkeep::pass(&app, at("2026-07-01T06:00:00Z")).await.unwrap().letters, 0);
    letters.refuse(false);
    assert_eq!(upkeep::pass(&app, at("2026-07-01T06:05:00Z")).await.unwrap().letters, 0, "not at once");
    assert_eq!(upkeep::pass(&app, at("2026-07-01T06:20:00Z")).await.unwrap().letters, 1);
    assert_eq!(upkeep::pass(&app, at("2026-07-01T06:40:00Z")).await.unwrap().letters, 0);
    assert_eq!(letters.take().len(), 1);
    // A try that ended in nobody knows what, as when the machine stopped, is not made again.
    sqlx::query("update digest set sent_at = null, failure = null").execute(test.app.db.raw()).await.unwrap();
    assert_eq!(upkeep::pass(&app, at("2026-07-01T12:00:00Z")).await.unwrap().letters, 0);
}

#[derive(Clone, Default)]
struct Chat {
    got: Arc<Mutex<Vec<Value>>>,
    fails: Arc<Mutex<bool>>,
}

async fn told(State(chat): State<Chat>, body: axum::Json<Value>) -> StatusCode {
    if *chat.fails.lock().unwrap() {
        return StatusCode::INTERNAL_SERVER_ERROR;
    }
    chat.got.lock().unwrap().push(body.0);
    StatusCode::OK
}

#[tokio::test]
async fn a_channel_is_told_once_a_day_in_the_form_of_its_chat() {
    let test = TestApp::start().await;
    let chat = Chat::default();
    let router = axum::Router::new().route("/hook", routing::post(told)).with_state(chat.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    let app = test
        .app
        .clone()
        .at(Some("https://plan.example.org"))
        .sending(Outbound { local: true, ..Outbound::default() });
    let ctx = test.manager.ctx(&test.clock);
    let set = async |version: i32, fields: Value| {
        let entered = access::enter(&app, &ctx, "ATLAS").await.unwrap();
        watch::set(&app, &ctx, &entered, Over::Version(version), &draft(fields)).await.unwrap();
    };
    set(0, json!({"chat_url": url})).await;
    let pass = async |moment: &str| upkeep::pass(&app, at(moment)).await.unwrap().messages;
    assert_eq!(pass("2026-07-01T06:00:00Z").await, 0, "nothing waits");

    raise(&test.manager, Kind::Risk, json!({})).await;
    post(&test.manager, "decisions", json!({"title": "Two <or> four?", "owner": test.manager.email})).await;
    moved(&test.manager, "decisions/1", json!({"to": "waiting"})).await;
    *chat.fails.lock().unwrap() = true;
    assert_eq!(pass("2026-07-02T06:00:00Z").await, 0);
    *chat.fails.lock().unwrap() = false;
    assert_eq!(pass("2026-07-02T06:20:00Z").await, 1, "it is tried again");
    assert_eq!(pass("2026-07-02T09:00:00Z").await, 0, "once a day");
    let got = std::mem::take(&mut *chat.got.lock().unwrap());
    let text = got[0]["text"].as_str().unwrap();
    assert!(text.contains("1 decision waits:\n• ATLAS-DEC1 Two &lt;or&gt; four? (2 working days)"), "{text}");
    assert!(
        text.contains("1 thing to put right in 1 item.")
            && text.contains("<https://plan.example.org/programs/ATLAS/nudges|"),
        "{text}"
    );

    set(1, json!({"chat_form": "teams"})).await;
    assert_eq!(pass("2026-07-03T06:00:00Z").await, 1);
    let got = std::mem::take(&mut *chat.got.lock().unwrap());
    let card = &got[0]["attachments"][0];
    assert_eq!(card["contentType"], "application/vnd.microsoft.card.adaptive");
    assert_eq!(card["content"]["body"][0]["text"], "Atlas: what waits");
}
