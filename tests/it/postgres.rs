//! The embedded PostgreSQL: it starts from nothing, is there at once the next time, serves one application and the
//! commands beside it, and comes back with every committed row whatever was killed.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use plumbline::postgres::{Cluster, DATABASE, Durability, Error, Ownership, Settings};
use rustix::process::{Pid, Signal, kill_process};
use sqlx::{Connection, Executor, PgConnection};

use crate::support;
use crate::support::cluster::{PLUMBLINE, base};

/// A data directory of its own for a test; removed with it.
struct Place(PathBuf);

impl Place {
    fn new() -> Self {
        Self(base().join(unused_name()))
    }

    fn settings(&self, owner: Ownership) -> Settings {
        Settings { keeper: Some(PLUMBLINE.into()), ..Settings::new(self.0.clone(), owner) }
    }

    fn start(&self, owner: Ownership) -> Cluster {
        Cluster::start(&self.settings(owner)).unwrap_or_else(|error| panic!("the cluster starts: {error}"))
    }

    fn throwaway(&self, owner: Ownership) -> Result<Cluster, Error> {
        Cluster::start(&Settings { durability: Durability::Throwaway, ..self.settings(owner) })
    }

    fn pid_file(&self) -> PathBuf {
        self.0.join("pg/postmaster.pid")
    }

    fn socket(&self) -> PathBuf {
        self.0.join("socket/.s.PGSQL.5432")
    }

    /// The process that keeps the server, found by its command line.
    fn keeper(&self) -> Option<Pid> {
        let command = Command::new("ps").args(["-ww", "-A", "-o", "pid=,command="]).output();
        let listing = String::from_utf8(command.expect("processes are listed").stdout).expect("is text");
        let data = self.0.to_str().expect("is text");
        let line = listing.lines().find(|line| line.contains("postgres-keeper") && line.contains(data))?;
        let id = line.split_whitespace().next().expect("starts with the process id");
        Some(pid(id.parse().expect("is a number")))
    }

    fn kill_keeper(&self) {
        kill(self.keeper().expect("the server has a keeper"));
        // The kernel is still at it when the signal was sent.
        eventually("the killed keeper is gone", || self.keeper().is_none());
    }

    /// Another process that serves from here.
    fn other_process(&self) -> Owner {
        let mut child = Command::new(std::env::current_exe().expect("we run"))
            .args(["--ignored", "--exact", "--nocapture", "postgres::the_part_of_another_process"])
            .env(OTHER, &self.0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the tests start once more");
        let lines = BufReader::new(child.stdout.take().expect("is piped")).lines();
        Owner { child, lines: Box::new(lines.map_while(Result::ok)) }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn unused_name() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("own-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

const OTHER: &str = "PLUMBLINE_TEST_SERVE_FROM";

/// A process that owns a cluster; killed when dropped.
struct Owner {
    child: Child,
    lines: Box<dyn Iterator<Item = String>>,
}

impl Owner {
    fn url(&mut self) -> String {
        self.lines.find(|line| line.starts_with("postgres://")).expect("the other process starts the cluster")
    }

    fn kill(&mut self) {
        self.child.kill().expect("is killed");
        self.child.wait().expect("has ended");
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
#[ignore = "the part of another process, which the tests below start"]
fn the_part_of_another_process() {
    let Some(dir) = std::env::var_os(OTHER) else { return };
    let cluster = Place(dir.into()).leak_start();
    println!("\n{}", cluster.url(DATABASE));
    let _ = std::io::stdin().read_line(&mut String::new());
}

impl Place {
    fn leak_start(self) -> Cluster {
        let cluster = self.start(Ownership::Serve);
        // The directory belongs to the test that started us.
        std::mem::forget(self);
        cluster
    }
}

fn pid(id: u32) -> Pid {
    Pid::from_raw(id.try_into().expect("is a process id")).expect("is a process id")
}

fn kill(id: Pid) {
    kill_process(id, Signal::KILL).expect("the process is there to be killed");
}

/// Waits for what only the operating system can tell, ten seconds at most.
fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    for _ in 0..2000 {
        if holds() {
            return;
        }
        thread::park_timeout(Duration::from_millis(5));
    }
    panic!("{what}, within ten seconds");
}

async fn connect(url: &str) -> PgConnection {
    PgConnection::connect(url).await.expect("the cluster takes connections")
}

/// Waits for a server that was killed to be back.
async fn reconnect(url: &str) -> PgConnection {
    for _ in 0..2000 {
        if let Ok(connection) = PgConnection::connect(url).await {
            return connection;
        }
        thread::park_timeout(Duration::from_millis(5));
    }
    panic!("the server comes back within ten seconds");
}

async fn write(url: &str, rows: i32) {
    let mut connection = connect(url).await;
    connection.execute("create table if not exists kept (n int)").await.expect("a table is made");
    for n in 0..rows {
        sqlx::query("insert into kept values ($1)")
            .bind(n)
            .execute(&mut connection)
            .await
            .expect("a row is written");
    }
}

async fn rows(connection: &mut PgConnection) -> i64 {
    sqlx::query_scalar("select count(*) from kept").fetch_one(connection).await.expect("rows are counted")
}

async fn setting(connection: &mut PgConnection, name: &str) -> String {
    let query = "select current_setting($1)";
    sqlx::query_scalar(query).bind(name).fetch_one(connection).await.expect("the setting is there")
}

#[tokio::test]
async fn a_first_start_makes_the_cluster_and_the_next_finds_it_again() {
    let place = Place::new();
    let cluster = place.start(Ownership::Serve);
    assert!(cluster.started());
    write(&cluster.url(DATABASE), 3).await;
    cluster.stop().expect("the server stops");
    assert!(!place.pid_file().exists() && !place.socket().exists(), "a clean stop leaves nothing behind");
    let cluster = place.start(Ownership::Serve);
    assert_eq!(rows(&mut connect(&cluster.url(DATABASE)).await).await, 3);
}

#[tokio::test]
async fn the_cluster_is_private_and_durable() {
    let place = Place::new();
    let cluster = place.start(Ownership::Serve);
    for dir in ["pg", "socket", "run"] {
        let mode = fs::metadata(place.0.join(dir)).expect("is there").permissions().mode();
        assert_eq!(mode & 0o777, 0o700, "{dir} is closed to others");
    }
    let mut connection = connect(&cluster.url(DATABASE)).await;
    for (name, value) in [
        ("listen_addresses", ""),
        ("fsync", "on"),
        ("synchronous_commit", "on"),
        ("full_page_writes", "on"),
        ("autovacuum", "on"),
        ("jit", "off"),
        ("server_encoding", "UTF8"),
    ] {
        assert_eq!(setting(&mut connection, name).await, value, "{name}");
    }
}

#[tokio::test]
async fn a_throwaway_cluster_flushes_nothing_and_is_gone_after_its_last_user() {
    let place = Place::new();
    let cluster = place.throwaway(Ownership::Command).expect("the cluster starts");
    let mut connection = connect(&cluster.url(DATABASE)).await;
    for name in ["fsync", "synchronous_commit", "full_page_writes", "autovacuum", "jit"] {
        assert_eq!(setting(&mut connection, name).await, "off", "{name}");
    }
    cluster.stop().expect("the server stops");
    assert!(!place.0.exists(), "nothing is left of it");
}

#[tokio::test]
async fn a_second_serve_is_refused_in_one_line_that_names_the_first() {
    let place = Place::new();
    let first = place.throwaway(Ownership::Serve).expect("the cluster starts");
    let said = place.throwaway(Ownership::Serve).expect_err("there is one to a directory").to_string();
    let expected =
        format!("Plumbline serves from {} already (process {})", place.0.display(), std::process::id());
    assert!(said.starts_with(&expected) && !said.contains('\n'), "{said}");
    connect(&first.url(DATABASE)).await;
}

#[tokio::test]
async fn commands_attach_to_the_running_server_and_whoever_leaves_last_stops_it() {
    let place = Place::new();
    let serve = place.start(Ownership::Serve);
    let first = place.start(Ownership::Command);
    let second = place.start(Ownership::Command);
    assert!(!first.started() && !second.started(), "commands use the server that runs");
    assert_eq!(first.url(DATABASE), serve.url(DATABASE));
    first.stop().expect("a command leaves");
    connect(&serve.url(DATABASE)).await;
    serve.stop().expect("the application leaves");
    connect(&second.url(DATABASE)).await;
    place.start(Ownership::Serve).stop().expect("another application comes and leaves");
    connect(&second.url(DATABASE)).await;
    second.stop().expect("the last one stops the server");
    assert!(!place.pid_file().exists());
}

#[tokio::test]
async fn the_server_comes_back_by_itself_when_it_is_killed() {
    let place = Place::new();
    let cluster = place.start(Ownership::Serve);
    write(&cluster.url(DATABASE), 20).await;
    for _ in 0..2 {
        let killed = cluster.server_pid().expect("the server runs");
        kill(pid(killed));
        assert_eq!(rows(&mut reconnect(&cluster.url(DATABASE)).await).await, 20, "no committed row is lost");
        assert_ne!(cluster.server_pid(), Some(killed));
    }
}

#[tokio::test]
async fn the_server_stops_when_the_application_is_killed_and_starts_with_the_next() {
    let place = Place::new();
    let mut owner = place.other_process();
    write(&owner.url(), 20).await;
    owner.kill();
    eventually("the server stops after its last user was killed", || !place.pid_file().exists());
    let cluster = place.start(Ownership::Serve);
    assert_eq!(rows(&mut connect(&cluster.url(DATABASE)).await).await, 20);
}

#[tokio::test]
async fn the_next_application_need_not_wait_for_a_killed_one_to_be_cleared_away() {
    let place = Place::new();
    let mut owner = place.other_process();
    write(&owner.url(), 20).await;
    owner.kill();
    let cluster = place.start(Ownership::Serve);
    assert_eq!(rows(&mut connect(&cluster.url(DATABASE)).await).await, 20);
}

#[tokio::test]
async fn application_keeper_and_server_may_all_be_killed_at_once() {
    let place = Place::new();
    let mut owner = place.other_process();
    write(&owner.url(), 20).await;
    let server: u32 = fs::read_to_string(place.pid_file())
        .expect("the server runs")
        .lines()
        .next()
        .expect("the first line is its process")
        .parse()
        .expect("is a number");
    place.kill_keeper();
    kill(pid(server));
    owner.kill();
    assert!(place.pid_file().exists(), "the killed server leaves its file behind");
    let cluster = place.start(Ownership::Serve);
    assert_eq!(rows(&mut reconnect(&cluster.url(DATABASE)).await).await, 20);
}

#[tokio::test]
async fn a_server_whose_keeper_was_killed_is_adopted_and_stops_with_its_last_user() {
    let place = Place::new();
    let serve = place.start(Ownership::Serve);
    place.kill_keeper();
    let command = place.start(Ownership::Command);
    assert!(!command.started());
    kill(pid(command.server_pid().expect("the server runs")));
    reconnect(&command.url(DATABASE)).await.close().await.expect("the new keeper brought it back");
    drop(serve);
    place.kill_keeper();
    command.stop().expect("even without a keeper the last user stops the server");
    assert!(!place.pid_file().exists());
}

#[tokio::test]
async fn a_process_id_that_now_belongs_to_another_process_fools_nobody() {
    let place = Place::new();
    place.start(Ownership::Serve).stop().expect("the server stops");
    let stale =
        format!("{}\n{}\n1\n5432\n{0}/socket\n\n0 0\nready   \n", std::process::id(), place.0.display());
    fs::write(place.pid_file(), stale).expect("a stale file is left");
    fs::write(place.socket(), "").expect("a stale socket is left");
    fs::write(place.0.join("socket/.s.PGSQL.5432.lock"), format!("{}\n", std::process::id()))
        .expect("and its lock");
    connect(&place.start(Ownership::Serve).url(DATABASE)).await;
}

#[tokio::test]
async fn a_server_that_is_not_ours_is_left_alone() {
    let place = Place::new();
    let cluster = place.start(Ownership::Serve);
    // Without its locks the running server is a stranger's.
    fs::rename(place.0.join("run"), place.0.join("elsewhere")).expect("the locks are moved away");
    let said = Cluster::start(&place.settings(Ownership::Command))
        .expect_err("two servers would ruin the data")
        .to_string();
    let server = cluster.server_pid().expect("the server runs");
    assert!(said.contains(&format!("process {server} has the database in")), "{said}");
    fs::remove_dir_all(place.0.join("run")).expect("the new locks go");
    fs::rename(place.0.join("elsewhere"), place.0.join("run")).expect("the locks are back");
    connect(&cluster.url(DATABASE)).await;
}

#[tokio::test]
async fn a_kill_while_the_cluster_is_made_leaves_nothing_half() {
    let place = Place::new();
    let mut owner = place.other_process();
    let unfinished = || {
        fs::read_dir(&place.0).is_ok_and(|entries| {
            entries
                .filter_map(Result::ok)
                .any(|entry| entry.path().join("PG_VERSION").exists() && entry.file_name() != "pg")
        })
    };
    eventually("the cluster is being made", unfinished);
    owner.kill();
    let cluster = place.start(Ownership::Serve);
    assert!(cluster.started());
    assert!(!unfinished());
    connect(&cluster.url(DATABASE)).await;
}

#[tokio::test]
async fn of_three_first_starts_at_once_one_makes_the_cluster_and_all_use_it() {
    let place = Place::new();
    let clusters: Vec<Cluster> = thread::scope(|scope| {
        let starts: Vec<_> = (0..3).map(|_| scope.spawn(|| place.throwaway(Ownership::Command))).collect();
        starts.into_iter().map(|start| start.join().expect("no panic").expect("the cluster starts")).collect()
    });
    assert_eq!(clusters.iter().filter(|cluster| cluster.started()).count(), 1);
    for cluster in &clusters {
        connect(&cluster.url(DATABASE)).await;
    }
}

#[tokio::test]
async fn a_path_too_long_for_a_socket_moves_it_to_the_temporary_files() {
    let place = Place(base().join(format!("{}, \"{}\"", unused_name(), "long".repeat(25))));
    let cluster = place.start(Ownership::Serve);
    let socket_dir = cluster.socket_dir().to_owned();
    assert!(!socket_dir.starts_with(&place.0));
    assert_eq!(fs::metadata(&socket_dir).expect("is there").permissions().mode() & 0o777, 0o700);
    connect(&cluster.url(DATABASE)).await;
    cluster.stop().expect("the server stops");
    assert!(!socket_dir.exists(), "the socket's directory goes with the server");
}

#[tokio::test]
async fn odd_characters_in_the_path_do_no_harm() {
    let place = Place(base().join(format!("{} ,ü\"%", unused_name())));
    let cluster = place.throwaway(Ownership::Serve).expect("the cluster starts");
    assert!(cluster.socket_dir().starts_with(&place.0));
    connect(&cluster.url(DATABASE)).await;
}

#[test]
fn a_cluster_of_another_version_is_left_alone_and_says_which_it_needs() {
    let place = Place::new();
    fs::create_dir_all(place.0.join("pg")).expect("a directory is made");
    fs::write(place.0.join("pg/PG_VERSION"), "9\n").expect("is written");
    let said = Cluster::start(&place.settings(Ownership::Serve)).expect_err("9 is not here").to_string();
    assert!(said.contains("was made by PostgreSQL 9, which alone can open it (found: "), "{said}");
    assert!(!said.contains('\n'), "{said}");
}

#[test]
fn as_root_a_directory_that_the_server_could_not_enter_is_refused() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let place = Place::new();
    fs::create_dir_all(&place.0).expect("a directory is made");
    fs::set_permissions(&place.0, fs::Permissions::from_mode(0o700)).expect("is closed");
    let inner = Settings { data_dir: place.0.join("data"), ..place.settings(Ownership::Serve) };
    let said = Cluster::start(&inner).expect_err("the server's account has no way in").to_string();
    assert!(said.contains(&format!("who may not enter {}", place.0.display())), "{said}");
}

#[test]
fn a_server_that_does_not_start_says_why() {
    let place = Place::new();
    place.start(Ownership::Serve).stop().expect("the server stops");
    fs::write(place.0.join("pg/postgresql.conf"), "no_such_setting = 1\n")
        .expect("the configuration is spoilt");
    let said = Cluster::start(&place.settings(Ownership::Serve)).expect_err("it can't start").to_string();
    assert!(said.starts_with("PostgreSQL did not start: ") && said.contains("postgres.log"), "{said}");
    assert!(!said.contains('\n'), "{said}");
    assert!(Path::new(&place.0).join("pg/PG_VERSION").exists(), "the data is untouched");
}

#[tokio::test]
async fn each_test_has_a_migrated_database_of_its_own() {
    let (one, other) = (support::database().await, support::database().await);
    assert_ne!(one.url, other.url);
    one.pool.execute("create table mine (n int)").await.expect("a table is made");
    let seen: bool = sqlx::query_scalar("select to_regclass('mine') is not null")
        .fetch_one(&other.pool)
        .await
        .expect("the other database answers");
    assert!(!seen, "what one test makes, no other sees");
    let applied: i64 = sqlx::query_scalar("select count(*) from _sqlx_migrations")
        .fetch_one(&other.pool)
        .await
        .expect("the migrations were recorded");
    assert!(applied > 0);
}
