//! The program as a person at a terminal meets it.

use crate::support::cluster::PLUMBLINE;
use crate::support::{TestDatabase, database};
use reqwest::Client;
use std::process::{Output, Stdio};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::Command;

fn plumbline(database: &TestDatabase, args: &[&str]) -> Command {
    let mut command = Command::new(PLUMBLINE);
    command
        .args(args)
        .env_remove("PLUMBLINE_CONFIG")
        .env_remove("PLUMBLINE_URL")
        .env("DATABASE_URL", &database.url);
    command.env("PLUMBLINE_LISTEN", "127.0.0.1:0").kill_on_drop(true);
    command
}

pub async fn run(database: &TestDatabase, args: &[&str]) -> (i32, String, String) {
    let Output { status, stdout, stderr } = plumbline(database, args).output().await.expect("it runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("it speaks UTF-8");
    (status.code().expect("it ends by itself"), text(stdout), text(stderr))
}

#[tokio::test]
async fn serve_says_where_it_listens_and_how_to_set_it_up_and_stops_when_told() {
    let database = database().await;
    let mut child = plumbline(&database, &["serve"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts");
    let mut lines = BufReader::new(child.stdout.take().expect("its output is read")).lines();
    let mut line = async || lines.next_line().await.expect("it is text").expect("it says more");
    let base = line().await.strip_prefix("listening on ").expect("it says where").to_owned();
    let set_up = line().await.rsplit(' ').next().expect("it says how").to_owned();
    assert!(set_up.starts_with(&format!("{base}/setup?token=")), "{set_up}");
    let client = Client::new();
    assert_eq!(client.get(format!("{base}/readyz")).send().await.expect("it answers").status(), 200);
    assert_eq!(client.get(&set_up).send().await.expect("it answers").status(), 200);
    let pid = child.id().expect("it runs").to_string();
    Command::new("kill").args(["-TERM", &pid]).status().await.expect("it is told to stop");
    assert!(child.wait().await.expect("it ends").success());
}

#[tokio::test]
async fn a_request_in_flight_ends_after_it_was_told_to_stop() {
    let database = database().await;
    let mut child = plumbline(&database, &["serve"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts");
    let mut lines = BufReader::new(child.stdout.take().expect("its output is read")).lines();
    let mut line = async || lines.next_line().await.expect("it is text").expect("it says more");
    let base = line().await.strip_prefix("listening on ").expect("it says where").to_owned();
    let set_up = line().await.rsplit(' ').next().expect("it says how").to_owned();
    // The page waits for a table that somebody else holds.
    let mut holder = database.pool.begin().await.expect("a transaction begins");
    sqlx::query("lock table setup_link").execute(&mut *holder).await.expect("the table is held");
    let page = tokio::spawn(async move { Client::new().get(&set_up).send().await.expect("it answers") });
    let waiting = "select exists (select from pg_locks where not granted and database =
                   (select oid from pg_database where datname = current_database()))";
    while !sqlx::query_scalar::<_, bool>(waiting).fetch_one(&database.pool).await.expect("locks are shown") {}
    let pid = child.id().expect("it runs").to_string();
    Command::new("kill").args(["-TERM", &pid]).status().await.expect("it is told to stop");
    let address = base.strip_prefix("http://").expect("it is an address");
    while tokio::net::TcpStream::connect(address).await.is_ok() {}
    assert!(
        !page.is_finished() && child.try_wait().expect("it can be asked").is_none(),
        "it waits for the page"
    );
    holder.rollback().await.expect("the table is let go");
    assert_eq!(page.await.expect("the page ends").status(), 200);
    assert!(child.wait().await.expect("it ends").success());
}

#[tokio::test]
async fn doctor_says_what_is_there_and_what_is_not() {
    let database = database().await;
    let (code, out, error) = run(&database, &["doctor"]).await;
    assert_eq!((code, error.as_str()), (0, ""), "{out}");
    for line in [
        "configuration  ok",
        "mail           not configured",
        "database       ok",
        "migrations     ok",
        "clock          ok",
    ] {
        assert!(out.lines().any(|said| said.starts_with(line)), "no “{line}” in {out}");
    }
}

#[tokio::test]
async fn accounts_and_tokens_are_made_from_the_shell() {
    let database = database().await;
    let add = ["user", "add", "ada@example.org", "--name", "Ada", "--admin", "--password-stdin"];
    let mut child =
        plumbline(&database, &add).stdin(Stdio::piped()).stdout(Stdio::null()).spawn().expect("it starts");
    let mut input = child.stdin.take().expect("it reads");
    input.write_all(b"correct horse battery\n").await.expect("it takes a password");
    drop(input);
    assert!(child.wait().await.expect("it ends").success());
    let (code, out, _) =
        run(&database, &["user", "token", "ada@example.org", "--name", "ci", "--expires", "30"]).await;
    assert_eq!(code, 0);
    let token = out.strip_suffix('\n').expect("the token is a line");
    assert!(token.starts_with("plb_") && token.len() == 68, "{out}");
    let (code, out, error) = run(&database, &["user", "token", "eve@example.org", "--name", "ci"]).await;
    assert_eq!(
        (code, out.as_str(), error.as_str()),
        (1, "", "error: there is no account “eve@example.org”\n")
    );
    let (code, _, error) = run(&database, &["user", "add", "ada@example.org", "--name", "Ada"]).await;
    assert_eq!(code, 1);
    assert_eq!(error.lines().count(), 1, "{error}");
    let (code, out, _) = run(&database, &["user", "add", "bo@example.org", "--name", "Bo"]).await;
    assert!(code == 0 && out.contains("first password"), "{out}");
}

#[tokio::test]
async fn wrong_usage_is_told_from_failure() {
    let database = database().await;
    assert_eq!(run(&database, &["sevre"]).await.0, 2);
    assert_eq!(run(&database, &["user", "token"]).await.0, 2);
    assert_eq!(run(&database, &["--help"]).await.0, 0);
    let (code, _, error) = run(&database, &["migrate", "--database-url", "mysql://x"]).await;
    assert_eq!((code, error.as_str()), (1, "error: DATABASE_URL is to begin with postgres://\n"));
    assert_eq!(run(&database, &["migrate"]).await.0, 0);
    let (code, out, error) = run(&database, &["doctor"]).await;
    assert_eq!(code, 0, "{out}{error}");
    assert!(out.contains("migrations     ok"), "{out}");
}
