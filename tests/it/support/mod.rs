//! A database of its own for each test, on one throwaway cluster for the whole run.
//!
//! Under `cargo test` the run is this process, under nextest its parent, which starts a process a test. The cluster
//! ends with the run, however it ends. Each test's database is copied from a migrated template.

pub mod api;
pub mod app;
pub mod browser;
pub mod cluster;
pub mod mail;
pub mod oracle;
pub mod statements;
pub mod walk;

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{self, Sender};

use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnection, PgPoolOptions};
use sqlx::{AssertSqlSafe, Connection, Executor, PgPool};

static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");

/// A migrated database that nobody else uses; dropped with the test.
pub struct TestDatabase {
    /// Connections to it.
    pub pool: PgPool,
    /// Its address, for a program to be started on it.
    pub url: String,
    name: String,
}

/// Makes a migrated database for one test.
pub async fn database() -> TestDatabase {
    static TEMPLATE: OnceLock<Template> = OnceLock::new();
    let template = match TEMPLATE.get() {
        Some(template) => template,
        // The first test of the process makes the template and the others wait for it, each on its own thread.
        None => TEMPLATE.get_or_init(|| on_own_thread(make_template)),
    };
    let name = unused_name();
    let create = format!("create database {name} template {}{}", template.name, template.strategy);
    let mut admin = admin().await;
    admin.execute(AssertSqlSafe(create)).await.expect("the template is copied");
    admin.close().await.expect("the connection closes");
    let url = cluster::url(&name);
    let pool =
        PgPoolOptions::new().max_connections(5).connect(&url).await.expect("the new database is there");
    TestDatabase { pool, url, name }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        // A test need not wait for this; what is left over goes with the cluster.
        let _ = janitor().send(std::mem::take(&mut self.name));
    }
}

/// Processes of one run, and the tests of one process, each use names of their own.
fn unused_name() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("test_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

struct Template {
    name: String,
    strategy: &'static str,
}

async fn make_template() -> Template {
    let hash = MIGRATIONS
        .iter()
        .flat_map(|migration| migration.checksum.iter())
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
        });
    let name = format!("template_{hash:016x}");
    let mut admin = admin().await;
    // Under nextest the first processes come here at once.
    admin.execute("select pg_advisory_lock(7368)").await.expect("the lock for the template is taken");
    let made: bool = sqlx::query_scalar("select exists (select from pg_database where datname = $1)")
        .bind(&name)
        .fetch_one(&mut admin)
        .await
        .expect("the databases are listed");
    if !made {
        // Under its final name only when it is whole.
        admin
            .execute(AssertSqlSafe("drop database if exists template_unfinished"))
            .await
            .expect("is dropped");
        admin.execute(AssertSqlSafe("create database template_unfinished")).await.expect("is made");
        let mut unfinished =
            PgConnection::connect(&cluster::url("template_unfinished")).await.expect("the database is there");
        MIGRATIONS.run(&mut unfinished).await.expect("the migrations apply to an empty database");
        unfinished.close().await.expect("the connection closes");
        let rename = format!("alter database template_unfinished rename to {name}");
        admin.execute(AssertSqlSafe(rename)).await.expect("the template gets its name");
    }
    let version: i32 = sqlx::query_scalar("select current_setting('server_version_num')::int")
        .fetch_one(&mut admin)
        .await
        .expect("the server tells its version");
    admin.close().await.expect("the connection closes");
    // Copying files is three times faster than logging each block; version 14 knows no other way.
    Template { name, strategy: if version >= 150_000 { " strategy file_copy" } else { "" } }
}

async fn admin() -> PgConnection {
    PgConnection::connect(&cluster::url("postgres")).await.expect("the cluster of the run takes connections")
}

/// Drops databases behind the tests' backs.
fn janitor() -> &'static Sender<String> {
    static JANITOR: OnceLock<Sender<String>> = OnceLock::new();
    JANITOR.get_or_init(|| {
        let (sender, names) = mpsc::channel::<String>();
        std::thread::spawn(move || {
            runtime().block_on(async {
                let mut admin = admin().await;
                for name in names {
                    let drop = format!("drop database if exists {name} with (force)");
                    let _ = admin.execute(AssertSqlSafe(drop)).await;
                }
            });
        });
        sender
    })
}

/// Runs `work` to its end from within another runtime.
fn on_own_thread<T, F>(work: fn() -> F) -> T
where
    T: Send + 'static,
    F: Future<Output = T> + 'static,
{
    std::thread::spawn(move || runtime().block_on(work())).join().expect("the template is made")
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime starts")
}
