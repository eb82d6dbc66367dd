//! The signed calls of other tools: what they do, what is refused, and how long it is kept that they came.

use crate::readiness::{each, gated};
use crate::support::api::{ATLAS, atlas, get, post, raise};
use crate::support::app::{Answer, TestApp};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, TimeDelta, Utc};
use hmac::{Hmac, KeyInit, Mac};
use plumbline::app::inbound::{self, Forgotten};
use plumbline::domain::kind::Kind;
use plumbline::jobs::upkeep;
use reqwest::Method;
use serde_json::{Value, json};
use sha2::Sha256;

/// A tool that calls.
pub struct Tool<'a> {
    test: &'a TestApp,
    path: String,
    secret: Vec<u8>,
}

impl<'a> Tool<'a> {
    pub async fn open(test: &'a TestApp) -> Self {
        let made = post(&test.manager, "inbound", json!({"name": "CI"})).await;
        let secret = made["secret"].as_str().unwrap().strip_prefix("whsec_").unwrap();
        Self {
            test,
            path: made["path"].as_str().unwrap().to_owned(),
            secret: STANDARD.decode(secret).unwrap(),
        }
    }

    /// Made here from the words of the specification, not by what checks it.
    fn signature(&self, id: &str, sent: DateTime<Utc>, body: &str) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.secret).unwrap();
        mac.update(format!("{id}.{}.{body}", sent.timestamp()).as_bytes());
        format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
    }

    async fn send(&self, id: &str, sent: DateTime<Utc>, signature: &str, body: &str) -> Answer {
        let request = self.test.anonymous(Method::POST, &self.path);
        let request = request
            .header("webhook-id", id)
            .header("webhook-timestamp", sent.timestamp().to_string())
            .header("webhook-signature", signature)
            .body(body.to_owned());
        Answer::of(request).await
    }

    pub async fn call(&self, id: &str, what: &str, data: Value) -> Answer {
        let body = json!({"type": what, "data": data}).to_string();
        let now = self.test.clock.now();
        self.send(id, now, &self.signature(id, now, &body), &body).await
    }
}

#[tokio::test]
async fn another_tool_gives_evidence_by_a_signed_call() {
    let test = atlas().await;
    gated(&test).await;
    let tool = Tool::open(&test).await;
    let data = json!({"ref": "ATLAS-CHK1", "passed": true, "title": "Build 412", "url": "https://ci.example.com/412"});
    let answer = tool.call("msg_1", "check.evidence", data.clone()).await.is(200).json();
    assert_eq!((&answer["ref"], &answer["replayed"]), (&json!("ATLAS-CHK1"), &json!(false)));
    let check = get(&test.viewer, "checks/1").await;
    assert_eq!(
        (
            &check["state"],
            &check["evidence_title"],
            &check["evidence_source"],
            &check["evidence_on"],
            &check["version"]
        ),
        (&json!("passed"), &json!("Build 412"), &json!("CI"), &json!("2026-06-30"), &json!(2))
    );
    // The same message does nothing twice; another takes it back.
    assert_eq!(tool.call("msg_1", "check.evidence", data).await.is(200).json()["replayed"], true);
    assert_eq!(get(&test.viewer, "checks/1").await["version"], 2);
    let broken = json!({"ref": "ATLAS-CHK1", "passed": false, "title": "Build 413"});
    tool.call("msg_2", "check.evidence", broken).await.is(200);
    let check = get(&test.viewer, "checks/1").await;
    assert_eq!((&check["state"], &check["evidence_title"]), (&json!("failed"), &json!("Build 413")));
    let page = test.viewer.page("/programs/ATLAS/gates/1").await.is(200).text;
    assert!(page.contains("called in by CI"), "it is shown whose evidence it is");
    let list = test.manager.get(&format!("{ATLAS}/inbound")).await.is(200).json();
    assert_eq!(list["items"][0]["last_used_at"], "2026-06-30T12:00:00Z");
    assert!(!list.to_string().contains("whsec_"), "the secret is shown once");
}

#[tokio::test]
async fn a_call_that_does_not_hold_writes_nothing() {
    let test = atlas().await;
    gated(&test).await;
    raise(&test.manager, Kind::Release, json!({})).await;
    post(&test.manager, "milestones", json!({"title": "M", "committed_on": "2026-07-20"})).await;
    let tool = Tool::open(&test).await;
    let body = json!({"type": "check.evidence", "data": {"ref": "ATLAS-CHK1", "passed": true}}).to_string();
    let now = test.clock.now();
    let good = tool.signature("m", now, &body);
    for (id, signature, body) in [
        ("m", "v1,AAAA".to_owned(), body.clone()),
        ("m", good.replace("v1,", "v2,"), body.clone()),
        ("n", good.clone(), body.clone()),
        ("m", good.clone(), body.replace("CHK1", "CHK2")),
        ("m", String::new(), body.clone()),
    ] {
        let told = tool.send(id, now, &signature, &body).await.problem(401);
        assert_eq!(told["title"], "The call is not signed as it must be", "nobody signs in to call");
    }
    for away in [-301, 301, 86_400] {
        let sent = now + TimeDelta::seconds(away);
        let told = tool.send("m", sent, &tool.signature("m", sent, &body), &body).await.problem(401);
        assert!(told["detail"].as_str().unwrap().contains("five minutes"), "{told}");
    }
    Answer::of(test.anonymous(Method::POST, &tool.path).body(body.clone())).await.problem(400);
    Answer::of(
        test.anonymous(Method::POST, "/api/v1/inbound/00000000-0000-7000-8000-000000000000")
            .header("webhook-id", "m")
            .header("webhook-timestamp", now.timestamp().to_string())
            .header("webhook-signature", &good)
            .body(body.clone()),
    )
    .await
    .problem(404);
    for (what, data, field) in [
        ("check.exploded", json!({}), "type"),
        ("check.evidence", json!({"ref": "OTHER-CHK1", "passed": true}), "data.ref"),
        ("check.evidence", json!({"ref": "ATLAS-CHK99", "passed": true}), "data.ref"),
        ("check.evidence", json!({"ref": "ATLAS-REL1", "passed": true}), "data.ref"),
        ("check.evidence", json!({"ref": "ATLAS-CHK1"}), "data.passed"),
        ("check.evidence", json!({"ref": "ATLAS-CHK1", "passed": true, "odd": 1}), "data.odd"),
        ("release.incident", json!({"ref": "ATLAS-REL1", "on": "2026-07-30"}), "data.on"),
        ("release.incident", json!({"ref": "ATLAS-REL1", "count": 0}), "data.count"),
        ("release.defect", json!({"ref": "ATLAS-CHK1"}), "data.ref"),
        ("milestone.achieved", json!({"ref": "ATLAS-M1", "on": "2026-07-30"}), "data.on"),
        ("milestone.achieved", json!({"ref": "ATLAS-M1", "on": "2026-06-29"}), "data.on"),
    ] {
        tool.call("refused", what, data).await.refused(field);
    }
    let unsettled = get(&test.viewer, "gates/1/checks").await;
    assert_eq!(each(&unsettled, "state"), ["unstarted"; 3]);
    assert_eq!(get(&test.viewer, "releases/1/events").await["total"], 0);
    let kept: i64 = sqlx::query_scalar("select count(*) from inbound_message")
        .fetch_one(test.app.db.raw())
        .await
        .unwrap();
    assert_eq!(kept, 0, "a refused call may be sent again under its id");
    tool.send("m", now, &good, &body).await.is(200);

    // At the edge of the five minutes it holds; a revoked endpoint is none.
    let sent = now - TimeDelta::seconds(300);
    tool.send("edge", sent, &tool.signature("edge", sent, &body), &body).await.is(200);
    let id = tool.path.rsplit('/').next().unwrap();
    test.contributor.delete(&format!("{ATLAS}/inbound/{id}")).await.problem(403);
    test.manager.delete(&format!("{ATLAS}/inbound/{id}")).await.is(204);
    tool.send("late", now, &tool.signature("late", now, &body), &body).await.problem(404);
    let kept: i64 = sqlx::query_scalar("select count(*) from inbound_endpoint where secret is not null")
        .fetch_one(test.app.db.raw())
        .await
        .unwrap();
    assert_eq!(kept, 0, "its secret is forgotten");
}

#[tokio::test]
async fn other_tools_count_what_goes_wrong_and_say_what_is_achieved() {
    let test = atlas().await;
    raise(&test.manager, Kind::Release, json!({})).await;
    post(&test.manager, "milestones", json!({"title": "M", "committed_on": "2026-07-20"})).await;
    let tool = Tool::open(&test).await;
    let incident =
        json!({"ref": "ATLAS-REL1", "on": "2026-06-29", "count": 2, "title": "Slow", "external_id": "INC-7"});
    tool.call("1", "release.incident", incident.clone()).await.is(200);
    // Another message of the same incident counts nothing; a defect of that name is another thing.
    tool.call("2", "release.incident", incident.clone()).await.is(200);
    tool.call("3", "release.defect", incident).await.is(200);
    let all = get(&test.viewer, "releases/1/events").await;
    assert_eq!(all["total"], 2);
    assert_eq!(each(&all, "source"), ["CI"; 2]);
    assert_eq!(each(&all, "count"), [2; 2]);
    tool.call("4", "milestone.achieved", json!({"ref": "ATLAS-M1"})).await.is(200);
    let milestone = get(&test.viewer, "milestones/1").await;
    assert_eq!((&milestone["state"], &milestone["achieved_on"]), (&json!("achieved"), &json!("2026-06-30")));
    tool.call("5", "milestone.achieved", json!({"ref": "ATLAS-M1"})).await.is(200);
    assert_eq!(get(&test.viewer, "milestones/1").await["version"], milestone["version"]);
    let events = get(&test.viewer, "history?limit=200").await;
    let by_tool =
        events["items"].as_array().unwrap().iter().filter(|event| event["reason"] == "Signed call of CI");
    assert_eq!(by_tool.count(), 3, "in the audit trail, by nobody, for this reason: {events}");
}

#[tokio::test]
async fn how_a_call_was_answered_is_forgotten_after_a_month_and_that_it_came_after_more_than_a_year() {
    let test = atlas().await;
    gated(&test).await;
    let tool = Tool::open(&test).await;
    let data = json!({"ref": "ATLAS-CHK1", "passed": true});
    tool.call("first", "check.evidence", data.clone()).await.is(200);
    let came = test.clock.now();
    let after = |days: i64| came + TimeDelta::days(days);
    let none = Forgotten::default();
    assert_eq!(inbound::forget(&test.app, after(30)).await.unwrap(), none, "thirty days it is kept");

    test.clock.hold_at(after(31));
    let done = upkeep::pass(&test.app, test.clock.now()).await.unwrap();
    assert_eq!(done.forgotten, Forgotten { answers: 1, calls: 0 }, "the daily pass sees to it");
    assert_eq!(inbound::forget(&test.app, after(31)).await.unwrap(), none, "and once");
    let kept: Value =
        sqlx::query_scalar("select answer from inbound_message").fetch_one(test.app.db.raw()).await.unwrap();
    assert_eq!(kept, json!({}));
    let version = get(&test.viewer, "checks/1").await["version"].clone();
    let again = tool.call("first", "check.evidence", json!({"ref": "ATLAS-CHK1", "passed": false})).await;
    let again = again.is(200).json();
    assert_eq!((&again["id"], &again["replayed"]), (&json!("first"), &json!(true)));
    assert_eq!(get(&test.viewer, "checks/1").await["version"], version, "it does nothing twice");

    assert_eq!(inbound::forget(&test.app, after(400)).await.unwrap(), none);
    assert_eq!(inbound::forget(&test.app, after(401)).await.unwrap(), Forgotten { answers: 0, calls: 1 });
}
