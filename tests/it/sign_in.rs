//! Signing in, locking out, setting up, tokens and accounts.

use crate::support::app::{Answer, TestApp, at, draft};
use chrono::TimeDelta;
use plumbline::app::account;
use reqwest::Method;
use serde_json::json;

const RIGHT: &str = "correct horse battery";

/// An account with a password of its own choice.
async fn with_password(test: &TestApp) {
    let fields = draft(json!({"name": "Ada", "email": "ada@example.org"}));
    account::add(&test.app, &fields, Some(RIGHT)).await.expect("an account is made");
}

async fn sign_in(test: &TestApp, email: &str, password: &str) -> Answer {
    let form = [("email", email), ("password", password), ("next", "/people")];
    Answer::of(test.anonymous(Method::POST, "/sign-in").form(&form)).await
}

fn session_of(answer: &Answer) -> String {
    let cookie = answer.header("set-cookie");
    cookie.split(';').next().and_then(|pair| pair.split_once('=')).expect("a cookie is set").1.to_owned()
}

#[tokio::test]
async fn a_right_password_opens_a_session_that_signing_out_ends() {
    let test = TestApp::empty(None).await;
    with_password(&test).await;
    let answer = sign_in(&test, " Ada@Example.org ", RIGHT).await.is(303);
    assert_eq!(answer.header("location"), "/people");
    let cookie = answer.header("set-cookie").to_owned();
    for part in ["HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    let session = format!("plumbline={}", session_of(&answer));
    let people = || test.anonymous(Method::GET, "/people").header("cookie", &session);
    Answer::of(people()).await.is(200);
    let out = test.anonymous(Method::POST, "/sign-out").header("cookie", &session);
    assert!(Answer::of(out).await.is(303).header("set-cookie").contains("Max-Age=0"));
    let answer = Answer::of(people()).await.is(303);
    assert_eq!(answer.header("location"), "/sign-in?next=/people");
}

#[tokio::test]
async fn a_session_ends_after_fourteen_days() {
    let test = TestApp::empty(None).await;
    test.viewer.page("/people").await.is(200);
    test.clock.hold_at(at("2026-07-14T11:59:00Z"));
    test.viewer.page("/people").await.is(200);
    test.clock.hold_at(at("2026-07-14T12:00:00Z"));
    test.viewer.page("/people").await.is(303);
}

#[tokio::test]
async fn an_unknown_address_and_a_wrong_password_are_answered_alike() {
    let test = TestApp::empty(None).await;
    with_password(&test).await;
    let wrong = sign_in(&test, "ada@example.org", "wrong wrong wrong").await.is(422).text;
    let unknown = sign_in(&test, "eve@example.org", "wrong wrong wrong").await.is(422).text;
    assert_eq!(wrong.replace("ada@", "eve@"), unknown);
    assert!(!wrong.contains("wrong wrong"), "a password doesn't come back");
}

#[tokio::test]
async fn five_wrong_passwords_lock_the_account_for_longer_each_time() {
    let test = TestApp::empty(None).await;
    with_password(&test).await;
    for _ in 0..5 {
        sign_in(&test, "ada@example.org", "wrong wrong wrong").await.is(422);
    }
    sign_in(&test, "ada@example.org", RIGHT).await.is(422);
    test.clock.hold_at(test.clock.now() + TimeDelta::seconds(61));
    sign_in(&test, "ada@example.org", "wrong wrong wrong").await.is(422);
    test.clock.hold_at(test.clock.now() + TimeDelta::seconds(61));
    sign_in(&test, "ada@example.org", RIGHT).await.is(422);
    test.clock.hold_at(test.clock.now() + TimeDelta::seconds(60));
    sign_in(&test, "ada@example.org", RIGHT).await.is(303);
}

#[tokio::test]
async fn an_address_that_tries_many_accounts_has_to_wait_for_the_rest_of_its_minute() {
    let test = TestApp::empty(None).await;
    with_password(&test).await;
    let through = async |office: &str, email: &str, password: &str| {
        let form = [("email", email), ("password", password)];
        let request = test.anonymous(Method::POST, "/sign-in").header("x-forwarded-for", office.to_owned());
        Answer::of(request.form(&form)).await
    };
    for n in 0..30 {
        // What a client claims before the proxy adds its own address counts for nothing.
        let claimed = format!("198.51.100.{n}, 192.0.2.7");
        through(&claimed, &format!("somebody{n}@example.org"), "wrong wrong wrong").await.is(422);
    }
    test.clock.hold_at(test.clock.now() + TimeDelta::seconds(15));
    let refused = through("192.0.2.7", "ada@example.org", RIGHT).await.is(429);
    assert_eq!(refused.header("retry-after"), "45");
    assert!(refused.text.contains("try again in 45 seconds"), "{}", refused.text);
    through("192.0.2.8", "ada@example.org", RIGHT).await.is(303);
    test.clock.hold_at(test.clock.now() + TimeDelta::seconds(45));
    through("192.0.2.7", "ada@example.org", RIGHT).await.is(303);
}

#[tokio::test]
async fn nobody_is_led_to_another_site_after_signing_in() {
    let test = TestApp::empty(None).await;
    with_password(&test).await;
    for next in ["https://evil.example", "//evil.example", "/\\evil.example", ""] {
        let form = [("email", "ada@example.org"), ("password", RIGHT), ("next", next)];
        let answer = Answer::of(test.anonymous(Method::POST, "/sign-in").form(&form)).await.is(303);
        assert_eq!(answer.header("location"), "/", "{next}");
    }
}

#[tokio::test]
async fn behind_tls_the_cookie_is_bound_to_the_host() {
    let test = TestApp::empty(Some("https://plan.example.org/")).await;
    with_password(&test).await;
    let answer = sign_in(&test, "ada@example.org", RIGHT).await.is(303);
    let cookie = answer.header("set-cookie");
    assert!(cookie.starts_with("__Host-plumbline=") && cookie.contains("Secure"), "{cookie}");
    assert!(answer.header("strict-transport-security").starts_with("max-age="));
}

#[tokio::test]
async fn the_set_up_link_makes_one_administrator_and_works_once() {
    let test = TestApp::empty(None).await;
    sqlx::query("truncate account cascade").execute(test.app.db.raw()).await.expect("nobody has an account");
    let link =
        account::offer_setup(&test.app).await.expect("it asks").expect("there is nobody").reveal().to_owned();
    let path = format!("/setup?token={link}");
    Answer::of(test.anonymous(Method::GET, "/setup?token=guessed")).await.is(404);
    Answer::of(test.anonymous(Method::GET, &path)).await.is(200);
    let form = |password| {
        [
            ("token", link.clone()),
            ("name", "Ada".into()),
            ("email", "ada@example.org".into()),
            ("password", String::from(password)),
        ]
    };
    let short = Answer::of(test.anonymous(Method::POST, "/setup").form(&form("short"))).await.is(422);
    assert!(short.text.contains("value=\"Ada\"") && short.text.contains("at least 12 characters"));
    let answer = Answer::of(test.anonymous(Method::POST, "/setup").form(&form(RIGHT))).await.is(303);
    let session = format!("plumbline={}", session_of(&answer));
    Answer::of(test.anonymous(Method::GET, "/admin/accounts").header("cookie", &session)).await.is(200);
    Answer::of(test.anonymous(Method::POST, "/setup").form(&form(RIGHT))).await.is(404);
    Answer::of(test.anonymous(Method::GET, &path)).await.is(404);
    assert!(account::offer_setup(&test.app).await.expect("it asks").is_none());
}

#[tokio::test]
async fn a_token_is_shown_once_and_ends_when_revoked_or_expired() {
    let test = TestApp::empty(None).await;
    let made =
        test.viewer.post("/api/v1/tokens", json!({"name": "ci", "expires_days": 10})).await.is(201).json();
    let token = made["token"].as_str().expect("the token is shown").to_owned();
    assert!(token.starts_with("plb_"));
    let list = test.viewer.get("/api/v1/tokens").await.is(200);
    assert!(!list.text.contains(&token[4..]) && list.json()["total"] == 2);
    let call = async || Answer::of(test.anonymous(Method::GET, "/api/v1/people").bearer_auth(&token)).await;
    call().await.is(200);
    test.clock.hold_at(at("2026-07-10T12:00:00Z"));
    let refused = call().await;
    refused.problem(401);
    assert!(refused.header("www-authenticate").contains("invalid_token"));
    test.clock.hold_at(at("2026-06-30T12:00:00Z"));
    // Nobody else can revoke it.
    let path = format!("/api/v1/tokens/{}", made["id"].as_str().expect("it has an id"));
    test.admin.delete(&path).await.problem(404);
    test.viewer.delete(&path).await.is(204);
    call().await.problem(401);
}

#[tokio::test]
async fn a_token_to_read_changes_nothing() {
    let test = TestApp::start().await;
    let made =
        test.manager.post("/api/v1/tokens", json!({"name": "bi", "scopes": ["read"]})).await.is(201).json();
    let token = made["token"].as_str().expect("the token is shown").to_owned();
    let send = async |path: &str| {
        let request = test.anonymous(Method::POST, path).bearer_auth(&token);
        Answer::of(request.json(&json!({"name": "X"}))).await
    };
    Answer::of(test.anonymous(Method::GET, "/api/v1/people").bearer_auth(&token)).await.is(200);
    for path in ["/api/v1/people", "/api/v1/teams", "/api/v1/tokens"] {
        assert!(send(path).await.problem(403)["detail"].as_str().unwrap().contains("may only read"));
    }
}

#[tokio::test]
async fn a_first_password_is_to_be_changed() {
    let test = TestApp::empty(None).await;
    let made = test.admin.post("/api/v1/accounts", json!({"name": "Bo", "email": "bo@example.org"})).await;
    let first = made.is(201).json()["password"].as_str().expect("it is shown once").to_owned();
    let answer = sign_in(&test, "bo@example.org", &first).await.is(303);
    assert_eq!(answer.header("location"), "/me/password");
    let session = format!("plumbline={}", session_of(&answer));
    let change = async |current: &str, new: &str| {
        let form = [("current_password", current), ("new_password", new)];
        Answer::of(test.anonymous(Method::POST, "/me/password").header("cookie", &session).form(&form)).await
    };
    change("not it at all", RIGHT).await.is(422);
    change(&first, "short").await.is(422);
    change(&first, RIGHT).await.is(303);
    // The session that changed it was ended with the others, and a new one given.
    Answer::of(test.anonymous(Method::GET, "/people").header("cookie", &session)).await.is(303);
    sign_in(&test, "bo@example.org", &first).await.is(422);
    assert_eq!(sign_in(&test, "bo@example.org", RIGHT).await.is(303).header("location"), "/people");
}

#[tokio::test]
async fn the_last_administrator_stays() {
    let test = TestApp::empty(None).await;
    let path = format!("/api/v1/accounts/{}", test.admin.account);
    assert!(
        test.admin
            .patch(&path, 1, json!({"admin": false}))
            .await
            .refused("admin")
            .contains("last administrator")
    );
    test.admin.patch(&path, 1, json!({"disabled": true})).await.refused("disabled");
    let other = format!("/api/v1/accounts/{}", test.manager.account);
    test.admin.patch(&other, 1, json!({"admin": true})).await.is(200);
    test.admin.patch(&path, 1, json!({"admin": false})).await.is(200);
    test.admin.get("/api/v1/accounts").await.problem(403);
    // Disabling ends sessions and stops tokens.
    let viewer = format!("/api/v1/accounts/{}", test.viewer.account);
    test.manager.patch(&viewer, 1, json!({"disabled": true})).await.is(200);
    test.viewer.page("/people").await.is(303);
    test.viewer.get("/api/v1/people").await.problem(401);
    test.manager.patch(&viewer, 1, json!({"disabled": false})).await.problem(412);
}
