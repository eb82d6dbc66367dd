//! What somebody meets when a part of the application breaks: a handler that panics or takes too long, and a database that
//! goes away and comes back.

use crate::support::app::{Answer, TestApp, at};
use crate::support::cluster::{PLUMBLINE, base};
use axum::Router;
use axum::routing::get;
use plumbline::app::App;
use plumbline::clock::Clock;
use plumbline::postgres::{Cluster, Ownership, Settings};
use plumbline::store::Db;
use plumbline::web::edge;
use reqwest::Client;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;
use tokio::net::TcpListener;

/// Serves a router; its address.
async fn serve(router: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let address = listener.local_addr().expect("it has an address");
    let router = router.into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}")
}

async fn ask(base: &str, path: &str) -> Answer {
    Answer::of(Client::new().get(format!("{base}{path}")).header("x-request-id", "seen-in-the-log")).await
}

/// Never answers.
async fn forever() -> &'static str {
    std::future::pending().await
}

async fn panics() -> &'static str {
    panic!("the shelf broke")
}

#[tokio::test]
async fn a_handler_that_panics_or_takes_too_long_still_gives_an_answer() {
    let test = TestApp::empty(None).await;
    let mut routes = Router::new();
    for root in ["", "/api/v1"] {
        routes = routes
            .route(&format!("{root}/panics"), get(panics))
            .route(&format!("{root}/forever"), get(forever));
    }
    let base = serve(edge::around(routes, test.app.clone(), Duration::from_millis(50))).await;
    for (path, status, says) in
        [("/panics", 500, "Something went wrong"), ("/forever", 503, "It took too long")]
    {
        let page = ask(&base, path).await.is(status);
        assert!(page.text.contains("<h1>") && page.text.contains(says), "{}", page.text);
        assert_eq!(page.header("x-request-id"), "seen-in-the-log");
        // Whoever asks for help can name a defect; what may succeed soon is just tried again.
        assert_eq!(page.text.contains("seen-in-the-log"), status == 500, "{}", page.text);
        assert!(!page.text.contains("the shelf broke"), "what broke is for the log");
        assert!(page.header("content-security-policy").contains("default-src 'none'"));
        let answer = ask(&base, &format!("/api/v1{path}")).await;
        assert_eq!(answer.problem(status)["request_id"], "seen-in-the-log");
    }
    assert_eq!(ask(&base, "/panics").await.status, 500, "it serves on");
}

/// A data directory that goes with the test.
struct Place(PathBuf);

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[tokio::test]
async fn when_the_database_goes_away_it_says_so_at_once_and_serves_again_when_it_is_back() {
    let place = Place(base().join(format!("away-{}", std::process::id())));
    let settings =
        Settings { keeper: Some(PLUMBLINE.into()), ..Settings::new(place.0.clone(), Ownership::Serve) };
    let start = || Cluster::start(&settings).unwrap_or_else(|error| panic!("the cluster starts: {error}"));
    let cluster = start();
    let options = cluster.url("postgres").parse().expect("the address of the database is one");
    let app = App::new(Db::new(options, 3), Clock::held_at(at("2026-06-30T12:00:00Z")));
    app.db.migrate().await.expect("the migrations apply");
    let base = serve(plumbline::web::router(app.clone())).await;
    let sign_in = || {
        let form = [("email", "ada@example.org"), ("password", "wrong wrong wrong")];
        Answer::of(Client::new().post(format!("{base}/sign-in")).form(&form))
    };
    sign_in().await.is(422);
    cluster.stop().expect("the server stops");
    for _ in 0..3 {
        let within = tokio::time::timeout(Duration::from_secs(2), sign_in()).await;
        let page = within.expect("it waits no longer than a second for the database").is(503);
        assert!(
            page.text.contains("The database can&#39;t be reached") && !page.text.contains("wrong wrong"),
            "{}",
            page.text
        );
    }
    let cluster = start();
    let back =
        tokio::time::timeout(Duration::from_secs(20), async { while sign_in().await.status != 422 {} });
    back.await.expect("it comes back by itself");
    app.db.close().await;
    cluster.stop().expect("the server stops");
}
