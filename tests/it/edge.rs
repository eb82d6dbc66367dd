//! What is done to every request and answer: headers, limits, forged requests, and clear answers to bad input.

use crate::support::app::{Answer, TestApp};
use reqwest::Method;
use serde_json::json;

#[tokio::test]
async fn every_answer_keeps_a_browser_safe() {
    let test = TestApp::empty(None).await;
    for path in ["/sign-in", "/nothing-here", "/people", "/static/css/tokens.css"] {
        let answer = test.viewer.page(path).await;
        let policy = answer.header("content-security-policy");
        assert!(
            policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"),
            "{policy}"
        );
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("referrer-policy"), "same-origin");
        assert!(answer.header("permissions-policy").contains("camera=()"));
        assert!(answer.header("server-timing").starts_with("app;dur="));
        assert!(!answer.header("x-request-id").is_empty());
        assert!(answer.header("strict-transport-security").is_empty());
    }
}

#[tokio::test]
async fn pages_have_no_inline_style_or_script() {
    let test = TestApp::start().await;
    for path in ["/sign-in", "/people", "/people/new", "/teams", "/me/tokens", "/programs/ATLAS/members"] {
        let page = test.manager.page(path).await.is(200).text;
        assert!(!page.contains("style=") && !page.contains("<style") && !page.contains("<script>"), "{path}");
        assert!(!page.contains(" onclick="), "{path}");
    }
}

#[tokio::test]
async fn a_forged_request_is_refused() {
    let test = TestApp::start().await;
    let forged = |name, value| {
        test.manager.web(Method::POST, "/people").header(name, value).form(&[("name", "Forged")])
    };
    for (name, value) in [
        ("origin", "https://evil.example"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
    ] {
        Answer::of(forged(name, value)).await.is(403);
    }
    Answer::of(forged("sec-fetch-site", "same-origin")).await.is(303);
    let api = test.manager.web(Method::POST, "/api/v1/people").header("origin", "https://evil.example");
    Answer::of(api.json(&json!({"name": "Y"}))).await.problem(403);
    assert_eq!(test.manager.get("/api/v1/people?q=forged").await.json()["total"], 1);
}

#[tokio::test]
async fn what_is_not_there_is_told_in_the_callers_language() {
    let test = TestApp::empty(None).await;
    let page = test.viewer.page("/nothing-here").await.is(404);
    assert!(
        page.header("content-type").starts_with("text/html") && page.text.contains("<h1>Nothing here</h1>")
    );
    assert!(page.text.contains("action=\"/sign-out\""), "who is signed in keeps the navigation");
    test.viewer.get("/api/v1/nothing-here").await.problem(404);
    test.viewer.get("/api/nothing-here").await.problem(404);
    test.viewer.delete("/people").await.is(405);
    let answer = test.viewer.put("/api/v1/people", json!({})).await;
    answer.problem(405);
    assert!(answer.header("allow").contains("GET"));
    // An id that is none.
    assert_eq!(test.viewer.get("/api/v1/people/42").await.status, 400);
}

#[tokio::test]
async fn bad_input_gets_a_clear_answer() {
    let test = TestApp::start().await;
    let post = |body: &str, kind: &str| {
        test.manager
            .api(Method::POST, "/api/v1/people")
            .header("content-type", kind.to_owned())
            .body(body.to_owned())
    };
    let json_type = "application/json";
    assert!(
        Answer::of(post("{", json_type)).await.problem(400)["detail"].as_str().unwrap().contains("line 1")
    );
    Answer::of(post("[]", json_type)).await.problem(400);
    Answer::of(post("{}", "text/plain")).await.problem(415);
    let large = format!("{{\"name\": \"{}\"}}", "x".repeat(plumbline::app::MAX_BODY));
    Answer::of(post(&large, json_type)).await.problem(413);
    let refused = async |body: serde_json::Value, field: &str| {
        test.manager.post("/api/v1/people", body).await.refused(field)
    };
    assert!(refused(json!({"name": "x".repeat(121)}), "name").await.contains("At most 120"));
    assert!(refused(json!({"name": ["x"]}), "name").await.contains("text"));
    assert!(refused(json!({"name": "a\u{0}b"}), "name").await.contains("U+0000"));
    assert!(refused(json!({"name": " "}), "name").await.contains("needed"));
    assert!(refused(json!({"name": "X", "nome": "Y"}), "nome").await.contains("no field"));
    refused(json!({"name": "X", "email": "not one"}), "email").await;
    refused(json!({"name": "X", "effective_on": "soon"}), "effective_on").await;
    refused(json!({"name": "X", "effective_on": "2026-07-01"}), "effective_on").await;
    refused(json!({"name": "X", "reason": 7}), "reason").await;
    refused(json!({"name": "X", "email": "viewer@example.org"}), "email").await;
    let one = format!("/api/v1/people/{}", test.viewer.person);
    Answer::of(test.manager.api(Method::PATCH, &one).json(&json!({}))).await.problem(428);
    let odd = test.manager.api(Method::PATCH, &one).header("if-match", "newest");
    Answer::of(odd.json(&json!({}))).await.problem(400);
    test.manager.get("/api/v1/people?as_of=yesterday").await.problem(400);
    for (query, field) in [("limit=0", "limit"), ("limit=501", "limit"), ("cursor=x", "cursor")] {
        test.manager.get(&format!("/api/v1/people?{query}")).await.refused(field);
        test.manager.page(&format!("/people?{query}")).await.is(400);
    }
    test.manager.page("/people?as_of=yesterday").await.is(400);
    test.manager.get("/api/v1/people?sort=shoe_size").await.refused("sort");
    let nobody = test.anonymous(Method::GET, "/api/v1/people");
    assert!(Answer::of(nobody).await.header("www-authenticate").starts_with("Bearer"));
    let wrong = test.anonymous(Method::GET, "/api/v1/people").bearer_auth("plb_0");
    Answer::of(wrong).await.problem(401);
    let basic = test.anonymous(Method::GET, "/api/v1/people").basic_auth("ada", Some("x"));
    Answer::of(basic).await.problem(401);
}

#[tokio::test]
async fn a_post_with_a_key_is_done_once() {
    let test = TestApp::start().await;
    let send = async |key: &str, name: &str| {
        let request =
            test.manager.api(Method::POST, "/api/v1/people").header("idempotency-key", key.to_owned());
        Answer::of(request.json(&json!({"name": name}))).await
    };
    let first = send("k-1", "Ada").await.is(201);
    let again = send("k-1", "Ada").await.is(201);
    assert_eq!(
        (first.text, first.headers.get("location")),
        (again.text.clone(), again.headers.get("location"))
    );
    assert_eq!(again.header("idempotent-replayed"), "true");
    send("k-1", "Bo").await.problem(422);
    // A request that was refused did nothing, and may be mended.
    send("k-2", "").await.problem(422);
    send("k-2", "Bo").await.is(201);
    assert_eq!(test.manager.get("/api/v1/people?q=ada").await.json()["total"], 1);
    test.clock.hold_at(test.clock.now() + chrono::TimeDelta::hours(25));
    send("k-1", "Ada").await.is(201);
    assert_eq!(test.manager.get("/api/v1/people?q=ada").await.json()["total"], 2);
}

#[tokio::test]
async fn static_files_are_cached_under_their_version() {
    let test = TestApp::empty(None).await;
    let page = Answer::of(test.anonymous(Method::GET, "/sign-in")).await.is(200).text;
    let link =
        page.split('"').find(|text| text.starts_with("/static/css/tokens.css?v=")).expect("it is linked");
    let file = Answer::of(test.anonymous(Method::GET, link)).await.is(200);
    assert!(file.header("cache-control").contains("immutable"));
    assert_eq!(file.header("content-type"), "text/css; charset=utf-8");
    let tag = file.header("etag").to_owned();
    let known = test.anonymous(Method::GET, link).header("if-none-match", &tag);
    assert_eq!(Answer::of(known).await.is(304).text, "");
    let unversioned = Answer::of(test.anonymous(Method::GET, "/static/css/tokens.css")).await.is(200);
    assert!(!unversioned.header("cache-control").contains("immutable"));
    Answer::of(test.anonymous(Method::GET, "/static/css/none.css")).await.is(404);
    Answer::of(test.anonymous(Method::GET, "/static/..%2f..%2fCargo.toml")).await.is(404);
}

#[tokio::test]
async fn health_and_readiness_are_told_to_anybody() {
    let test = TestApp::empty(None).await;
    assert_eq!(Answer::of(test.anonymous(Method::GET, "/healthz")).await.is(200).text, "ok\n");
    assert_eq!(Answer::of(test.anonymous(Method::GET, "/readyz")).await.is(200).json()["ready"], true);
    test.app.db.close().await;
    Answer::of(test.anonymous(Method::GET, "/healthz")).await.is(200);
    Answer::of(test.anonymous(Method::GET, "/readyz")).await.is(503);
}

#[tokio::test]
async fn while_the_database_is_away_a_form_is_given_back() {
    let test = TestApp::start().await;
    test.app.db.close().await;
    let page =
        test.manager.submit("/people", &[("name", "Ada <b>"), ("email", "ada@example.org")]).await.is(503);
    assert_eq!(page.header("retry-after"), "2");
    assert!(
        page.text.contains("value=\"Ada &#60;b&#62;\"") && page.text.contains("Try again"),
        "{}",
        page.text
    );
    let signing_in = [("email", "a@example.org"), ("password", "secret secret")];
    let page = Answer::of(test.anonymous(Method::POST, "/sign-in").form(&signing_in)).await.is(503);
    assert!(!page.text.contains("secret secret"));
    test.manager.get("/api/v1/people").await.problem(503);
}
