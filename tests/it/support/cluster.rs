//! The throwaway cluster of the run.

use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use plumbline::postgres::{Cluster, Durability, Ownership, Settings};

/// The application, which also looks after the embedded PostgreSQL.
pub const PLUMBLINE: &str = env!("CARGO_BIN_EXE_plumbline");

/// The address of a database on the run's cluster.
pub fn url(database: &str) -> String {
    static CLUSTER: OnceLock<Cluster> = OnceLock::new();
    // Never dropped: the cluster stops, and is removed, when this process and its like have ended.
    CLUSTER.get_or_init(start).url(database)
}

fn start() -> Cluster {
    let runner = std::env::var("NEXTEST_RUN_ID").ok();
    let run = runner.clone().unwrap_or_else(|| std::process::id().to_string());
    let cluster = Cluster::start(&Settings {
        data_dir: base().join(run),
        durability: Durability::Throwaway,
        owner: Ownership::Command,
        keeper: Some(PLUMBLINE.into()),
    })
    .unwrap_or_else(|error| panic!("the tests need PostgreSQL: {error}"));
    if runner.is_some() && cluster.started() {
        keep_for_runner(&cluster);
    }
    cluster
}

/// nextest starts a process a test, and between two tests nobody would use the cluster: so a shell does, for as long
/// as the runner lives.
#[expect(clippy::zombie_processes, reason = "it outlives this process")]
fn keep_for_runner(cluster: &Cluster) {
    let runner = std::os::unix::process::parent_id().to_string();
    Command::new("sh")
        .args(["-c", "while kill -0 \"$0\" 2>/dev/null; do sleep 0.2; done", &runner])
        .stdin(cluster.share().expect("the cluster is in use by us"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("a shell starts");
}

/// Where tests keep their clusters: short enough for a socket's path, and open to the account that the server runs
/// under when the tests run as root, as the target directory may not be.
pub fn base() -> PathBuf {
    let base = std::env::temp_dir().join(format!("plumbline-tests-{}", rustix::process::geteuid().as_raw()));
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o711)
        .create(&base)
        .expect("temporary files can be made");
    base
}
