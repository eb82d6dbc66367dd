//! What leaves for other machines over TLS, and where it doesn't go: a mail server and a chat whose certificates are trusted or not,
//! tries that fail until they are given up, and hosts of a private network.

use crate::support::api::{moved, post, raise};
use crate::support::app::{TestApp, at, draft};
use crate::support::mail::{Speaks, certificate, mail_server};
use plumbline::app::{App, Error, Over, access, watch};
use plumbline::domain::kind::Kind;
use plumbline::jobs::upkeep;
use plumbline::outbound::mail::Mailer;
use plumbline::outbound::tls::Authorities;
use plumbline::outbound::{Outbound, chat};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::TlsAcceptor;

fn trusting(pem: &str) -> Authorities {
    Authorities::read(pem.as_bytes()).unwrap()
}

/// The application with a mail server that it trusts so far.
fn sending(test: &TestApp, url: &str, authorities: &Authorities) -> App {
    let mail = Mailer::trusting(url, Some("plumbline@example.org"), authorities).unwrap();
    test.app.clone().sending(Outbound { mail: Some(mail), ..Outbound::default() })
}

/// Something that the contributor is told of.
async fn overdue(test: &TestApp) {
    let action = json!({"title": "Call the vendor", "owner": test.contributor.email, "due_on": "2026-06-29"});
    raise(&test.manager, Kind::Action, action).await;
}

async fn letters(app: &App, moment: &str) -> usize {
    upkeep::pass(app, at(moment)).await.unwrap().letters
}

/// What is given up, as an administrator sees it.
async fn undelivered(test: &TestApp) -> Vec<Value> {
    let all = test.admin.get("/api/v1/undelivered").await.is(200).json();
    all["items"].as_array().unwrap().clone()
}

#[tokio::test]
async fn the_digest_is_handed_over_tls_from_the_first_byte_and_after_starttls() {
    let test = TestApp::start().await;
    overdue(&test).await;
    let (acceptor, pem) = certificate("127.0.0.1");
    for (speaks, scheme, end, day) in [
        (Speaks::Tls(acceptor.clone()), "smtps", "", "2026-07-01"),
        (Speaks::StartTls(acceptor.clone()), "smtp", "?tls=required", "2026-07-02"),
        (Speaks::StartTls(acceptor), "smtp", "?tls=opportunistic", "2026-07-03"),
    ] {
        let (port, got) = mail_server(speaks).await;
        let app = sending(&test, &format!("{scheme}://127.0.0.1:{port}{end}"), &trusting(&pem));
        assert_eq!(app.outbound.mail.as_ref().unwrap().answers().await, Ok(()), "{scheme}{end}");
        assert_eq!(letters(&app, &format!("{day}T06:00:00Z")).await, 1, "{scheme}{end}");
        assert_eq!(got.sealed(), 1, "{scheme}{end}: over TLS");
        assert_eq!(got.take()[0].0, "contributor@example.org");
    }
    // Where TLS is asked for and the server has none, nothing is said in the clear.
    let (port, got) = mail_server(Speaks::Plain).await;
    let app = sending(&test, &format!("smtp://127.0.0.1:{port}?tls=required"), &trusting(&pem));
    assert_eq!(letters(&app, "2026-07-04T06:00:00Z").await, 0);
    assert_eq!(got.take(), []);
    assert_eq!(undelivered(&test).await, [] as [Value; 0], "it is tried again yet");
}

#[tokio::test]
async fn a_certificate_that_is_not_trusted_is_refused_and_after_the_last_try_it_is_given_up() {
    let test = TestApp::start().await;
    overdue(&test).await;
    let (acceptor, pem) = certificate("127.0.0.1");
    let (other, _) = certificate("127.0.0.1");
    let (elsewhere, elsewhere_pem) = certificate("mail.example.org");
    let none = Authorities::default();
    for (speaks, scheme, end, authorities) in [
        (Speaks::Tls(acceptor.clone()), "smtps", "", none.clone()),
        (Speaks::StartTls(acceptor.clone()), "smtp", "?tls=required", none.clone()),
        (Speaks::StartTls(acceptor), "smtp", "?tls=opportunistic", none),
        (Speaks::Tls(other), "smtps", "", trusting(&pem)),
        (Speaks::Tls(elsewhere), "smtps", "", trusting(&elsewhere_pem)),
    ] {
        let (port, got) = mail_server(speaks).await;
        let app = sending(&test, &format!("{scheme}://127.0.0.1:{port}{end}"), &authorities);
        let why = app.outbound.mail.as_ref().unwrap().answers().await.unwrap_err();
        assert!(
            why.starts_with("its certificate is not trusted (") && why.contains("PLUMBLINE_CA_FILE"),
            "{why}"
        );
        assert_eq!(got.take(), [], "nothing is handed over");
    }

    let (acceptor, _) = certificate("127.0.0.1");
    let (port, got) = mail_server(Speaks::Tls(acceptor)).await;
    let app = sending(&test, &format!("smtps://127.0.0.1:{port}"), &Authorities::default());
    for (tries, minute) in ["06:00", "06:15", "06:30", "06:45", "07:00", "07:15"].iter().enumerate() {
        assert_eq!(got.clients(), tries);
        assert_eq!(undelivered(&test).await, [] as [Value; 0], "try {tries}");
        assert_eq!(letters(&app, &format!("2026-07-01T{minute}:00Z")).await, 0);
        assert_eq!(letters(&app, &format!("2026-07-01T{minute}:30Z")).await, 0, "not at once");
    }
    assert_eq!(letters(&app, "2026-07-01T09:00:00Z").await, 0);
    assert_eq!(got.clients(), 6, "and no more");
    test.clock.hold_at(at("2026-07-01T09:00:00Z"));
    let lost = undelivered(&test).await;
    assert_eq!(lost.len(), 1);
    assert_eq!(
        (&lost[0]["kind"], &lost[0]["receiver"], &lost[0]["tries"], &lost[0]["day"], &lost[0]["tried_at"]),
        (
            &json!("digest"),
            &json!("Contributor"),
            &json!(6),
            &json!("2026-07-01"),
            &json!("2026-07-01T07:15:00Z")
        )
    );
    assert!(lost[0]["failure"].as_str().unwrap().contains("its certificate is not trusted"), "{lost:?}");
    let page = test.admin.page("/admin/undelivered").await.is(200).text;
    assert!(page.contains("Contributor") && page.contains("its certificate is not trusted"), "{page}");
    test.manager.get("/api/v1/undelivered").await.problem(403);
    // The next day has its own.
    assert_eq!(letters(&app, "2026-07-02T06:00:00Z").await, 0);
    assert_eq!(got.clients(), 7);
}

/// A chat over TLS: keeps what it is told; its port.
async fn chat_server(acceptor: TlsAcceptor) -> (u16, Arc<Mutex<Vec<Value>>>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let told = Arc::new(Mutex::new(Vec::new()));
    let kept = told.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let mut got = Vec::new();
            let body = loop {
                let mut some = [0; 4_096];
                let read = stream.read(&mut some).await.unwrap();
                got.extend_from_slice(&some[..read]);
                let text = String::from_utf8(got.clone()).unwrap();
                let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
                let length = head.lines().find_map(|line| {
                    line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok()
                });
                if body.len() >= length.unwrap_or(0) || read == 0 {
                    break body.to_owned();
                }
            };
            kept.lock().unwrap().push(serde_json::from_str(&body).unwrap());
            let _ =
                stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").await;
            let _ = stream.shutdown().await;
        }
    });
    (port, told)
}

#[tokio::test]
async fn a_chat_within_is_told_over_tls_only_where_its_host_is_allowed_and_its_certificate_trusted() {
    let test = TestApp::start().await;
    let (acceptor, pem) = certificate("127.0.0.1");
    let (port, told) = chat_server(acceptor).await;
    let hook = format!("https://127.0.0.1:{port}/hook");
    let allowing = |hosts: &[&str], authorities: Authorities| {
        let inside: Vec<String> = hosts.iter().map(|host| (*host).to_owned()).collect();
        test.app.clone().sending(Outbound { inside: inside.into(), authorities, ..Outbound::default() })
    };
    let allowed = allowing(&["127.0.0.1"], trusting(&pem));
    let closed = allowing(&["chat.example.org"], trusting(&pem));
    let distrusting = allowing(&["127.0.0.1"], Authorities::default());
    let ctx = test.manager.ctx(&test.clock);
    let set = async |app: &App| {
        let entered = access::enter(app, &ctx, "ATLAS").await.unwrap();
        watch::set(app, &ctx, &entered, Over::Version(0), &draft(json!({"chat_url": hook}))).await
    };
    let Err(Error::Refused(why)) = set(&closed).await else { panic!("a private host was taken") };
    assert_eq!(why.errors[0].field, "chat_url");
    set(&allowed).await.unwrap();
    post(&test.manager, "decisions", json!({"title": "Two or four?", "owner": test.manager.email})).await;
    moved(&test.manager, "decisions/1", json!({"to": "waiting"})).await;

    // It was allowed once and is no longer: nobody is called.
    let pass = async |app: &App, moment: &str| upkeep::pass(app, at(moment)).await.unwrap().messages;
    assert_eq!(pass(&closed, "2026-07-01T06:00:00Z").await, 0);
    assert_eq!(pass(&distrusting, "2026-07-01T06:15:00Z").await, 0);
    assert!(told.lock().unwrap().is_empty());
    assert_eq!(pass(&allowed, "2026-07-01T06:30:00Z").await, 1);
    assert!(told.lock().unwrap()[0]["text"].as_str().unwrap().contains("Two or four?"));

    let message = json!({"text": "Hello"});
    let why = async |app: &App, url: &str| chat::post(url, &message, &app.outbound).await.unwrap_err();
    assert_eq!(why(&closed, &hook).await, "127.0.0.1 is not a public host");
    let untrusted = why(&distrusting, &hook).await;
    assert!(untrusted.starts_with("127.0.0.1: its certificate is not trusted"), "{untrusted}");
    // Nor by a name that stands for this machine, nor without TLS.
    let by_name = format!("https://localhost:{port}/hook");
    assert_eq!(why(&allowed, &by_name).await, "localhost is not a public host");
    for inside in ["https://169.254.169.254/latest/meta-data", "https://10.0.0.1/x", "https://[fd00::1]/x"] {
        assert!(why(&allowed, inside).await.ends_with("is not a public host"), "{inside}");
    }
    let plain = format!("http://127.0.0.1:{port}/hook");
    assert_eq!(why(&allowed, &plain).await, "the address doesn't begin with https://");
    assert_eq!(told.lock().unwrap().len(), 1, "nobody else was told anything");

    // What fails as often as it is tried is given up.
    for minute in ["06:00", "06:15", "06:30", "06:45", "07:00", "07:15", "07:30"] {
        assert_eq!(pass(&closed, &format!("2026-07-02T{minute}:00Z")).await, 0);
    }
    let lost = undelivered(&test).await;
    assert_eq!(
        (&lost[0]["kind"], &lost[0]["receiver"], &lost[0]["tries"]),
        (&json!("channel"), &json!("ATLAS"), &json!(6))
    );
    assert_eq!(lost[0]["failure"], "127.0.0.1 is not a public host");
}
