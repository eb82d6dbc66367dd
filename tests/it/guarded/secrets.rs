//! A secret is told once: it lies neither in the database nor in the log.

use crate::support::api::{ATLAS, atlas, post, raise};
use crate::support::app::{Answer, TestApp, TestUser};
use plumbline::domain::kind::Kind;
use reqwest::Method;
use serde_json::{Value, json};
use std::io::Write;
use std::sync::{Arc, Mutex};

async fn once(user: &TestUser, path: &str, key: &str, body: &Value) -> Answer {
    Answer::of(user.api(Method::POST, path).header("idempotency-key", key.to_owned()).json(body)).await
}

/// Every text in an answer, deep down.
fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(list) => list.iter().flat_map(texts).collect(),
        Value::Object(named) => named.values().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}

#[tokio::test]
async fn an_answer_with_a_secret_is_not_kept_for_its_key() {
    let test = atlas().await;
    raise(&test.manager, Kind::Report, json!({})).await;
    test.manager.post(&format!("{ATLAS}/reports/1/transitions"), json!({"to": "published"})).await.is(200);
    raise(&test.manager, Kind::Stakeholder, json!({})).await;
    post(&test.manager, "surveys", json!({"title": "Served?", "question": "How?"})).await;
    let asks: [(&TestUser, String, Value, &str); 6] = [
        (&test.manager, "/api/v1/tokens".into(), json!({"name": "CI", "scopes": ["write"]}), "/token"),
        (&test.manager, format!("{ATLAS}/inbound"), json!({"name": "CI"}), "/secret"),
        (&test.manager, format!("{ATLAS}/reports/1/shares"), json!({"label": "Board"}), "/url"),
        (
            &test.manager,
            format!("{ATLAS}/surveys/1/invitations"),
            json!({"stakeholders": ["SH1"]}),
            "/items/0/link",
        ),
        (
            &test.admin,
            "/api/v1/accounts".into(),
            json!({"email": "new@example.org", "name": "New"}),
            "/password",
        ),
        (&test.admin, format!("/api/v1/accounts/{}/password", test.viewer.account), json!({}), "/password"),
    ];
    for (user, path, body, at) in asks {
        let first = once(user, &path, "key", &body).await;
        assert!([200, 201].contains(&first.status), "{path}: {} {}", first.status, first.text);
        let secret = first.json().pointer(at).unwrap_or_else(|| panic!("{path}: {}", first.text)).clone();
        let shown = secret.as_str().unwrap();
        let in_address = shown.split_once("?link=").or_else(|| shown.split_once("/shared/reports/"));
        let secret = in_address.map_or(shown, |(_, secret)| secret).to_owned();
        assert!(secret.len() > 10, "{path}");
        let again = once(user, &path, "key", &body).await;
        let told = again.problem(409);
        assert!(told["detail"].as_str().unwrap().starts_with("This was done"), "{told}");
        assert!(!texts(&told).iter().any(|text| text.contains(&secret)), "{path}");
        assert_eq!(again.headers.get("location"), first.headers.get("location"), "it says where it is");
        let kept: i64 =
            sqlx::query_scalar("select count(*) from idempotency where position($1::bytea in body) > 0")
                .bind(secret.as_bytes())
                .fetch_one(test.app.db.raw())
                .await
                .unwrap();
        assert_eq!(kept, 0, "{path}");
        sqlx::query("delete from idempotency").execute(test.app.db.raw()).await.unwrap();
    }
    let tokens = test.manager.get("/api/v1/tokens").await.json();
    assert_eq!(tokens["total"], 2, "the one of the tests, and the one that was made, once");
}

#[tokio::test]
async fn a_token_that_reads_is_not_answered_with_what_one_that_writes_was() {
    let test = atlas().await;
    let reads = json!({"name": "Reads", "scopes": ["read"]});
    let reads =
        test.manager.post("/api/v1/tokens", reads).await.is(201).json()["token"].as_str().unwrap().to_owned();
    let reader = test.manager.with_token(&reads);
    let body = json!({"name": "Ada"});
    once(&test.manager, "/api/v1/people", "key", &body).await.is(201);
    once(&test.manager, "/api/v1/people", "key", &body).await.is(201);
    let refused = once(&reader, "/api/v1/people", "key", &body).await;
    refused.refused("Idempotency-Key");
    assert!(!refused.text.contains("Ada"), "{}", refused.text);
}

/// What is logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn the_secret_of_a_link_is_not_logged() {
    let test: TestApp = atlas().await;
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
    // The server runs on the thread of the test.
    let _logging = tracing::subscriber::set_default(subscriber);
    for path in
        ["/shared/reports/b6690f5e1", "/shared/reports/b6690f5e1/x", "/survey?link=b6690f5e1", "/healthz"]
    {
        Answer::of(test.anonymous(Method::GET, path)).await;
    }
    let said = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(said.contains("/healthz") && said.contains("/shared/reports/…"), "{said}");
    assert!(!said.contains("b6690f5e1"), "{said}");
}
