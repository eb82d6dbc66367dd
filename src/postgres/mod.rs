//! The embedded PostgreSQL: a private cluster in a data directory, run from the programs that the machine has.
//!
//! The server listens on a Unix socket in a directory that only its owner may enter, and on no TCP port. Whoever
//! uses it, be it `serve` or a command beside it, holds a lock for as long as it lives. A small process of its own,
//! the *keeper*, starts the server, starts it again should it die, and stops it when the last user has gone. Since
//! the kernel lets go of a lock when its holder dies, this holds for users that are killed as well.
//!
//! Whether the server lives is told by a lock too, on a file that each of its processes inherits: process ids lie,
//! for they are used again.
//!
//! ```text
//! <data>/pg              the cluster
//! <data>/socket          the Unix socket, unless its path were too long
//! <data>/run/start.lock  held while somebody starts, attaches or leaves
//! <data>/run/serve.lock  held by the one `serve` on this directory
//! <data>/run/users.lock  shared by all who use the server
//! <data>/run/keeper.lock held by the keeper
//! <data>/run/server.lock held by the server and its children
//! <data>/run/postgres.log what the server and its keeper said
//! ```

mod cluster;
mod find;
mod keeper;
mod lock;
mod user;

use std::fs::File;
use std::io;
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::process::Child;
use std::thread;
use std::time::Duration;

pub use find::{OLDEST, OVERRIDE, Programs};
pub use keeper::run_as_server_shim;

use cluster::{Layout, Order};
use lock::Lock;

/// The database that each new cluster has, owned by [`ROLE`].
pub const DATABASE: &str = "plumbline";

/// The role that connects: the cluster's own superuser.
pub const ROLE: &str = "postgres";

/// How long to wait for somebody else who starts or stops the server on the same directory.
const PATIENCE: Duration = Duration::from_mins(1);
/// Between two looks at a server that somebody else is starting.
const LOOK_AGAIN: Duration = Duration::from_millis(5);
/// Crash recovery may have a lot to read: give it five minutes.
const LOOKS: u32 = 60_000;

/// What the cluster's data is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// People's data: nothing acknowledged is lost, whatever is killed.
    Durable,
    /// For tests: nothing is flushed to disk, and the cluster is removed when its last user has gone.
    Throwaway,
}

/// In what role the cluster is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ownership {
    /// The one application that serves on the data directory; a second one is refused.
    Serve,
    /// A command: uses the server that runs, or starts it for as long as it needs it.
    Command,
}

/// Which cluster to use, and how.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where the cluster lives; made if it is not there.
    pub data_dir: PathBuf,
    /// What the data is worth. Only the one who starts the server has a say.
    pub durability: Durability,
    /// In what role the cluster is used.
    pub owner: Ownership,
    /// The program that becomes the keeper by [`run_as_server_shim`]; none means the program that runs now.
    pub keeper: Option<PathBuf>,
}

impl Settings {
    /// Durable settings for the cluster in `data_dir`, kept by this program.
    #[must_use]
    pub fn new(data_dir: PathBuf, owner: Ownership) -> Self {
        Self { data_dir, durability: Durability::Durable, owner, keeper: None }
    }
}

/// Why there is no database. Each is said in one line.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No installation that is new enough.
    #[error("Plumbline needs PostgreSQL {OLDEST} or newer and {found}: {remedy}")]
    NotInstalled {
        /// What was found instead.
        found: String,
        /// The ways out on this platform.
        remedy: String,
    },
    /// The directory named by [`OVERRIDE`] holds no PostgreSQL.
    #[error("{OVERRIDE} names {dir}, which has no working postgres and initdb in it")]
    Override {
        /// The directory.
        dir: PathBuf,
    },
    /// The cluster was made by a major version that is not here.
    #[error(
        "the database in {dir} was made by PostgreSQL {needs}, which alone can open it (found: {found}): {remedy}"
    )]
    OtherVersion {
        /// The cluster.
        dir: PathBuf,
        /// The major version that made it.
        needs: u32,
        /// The major versions that are here.
        found: String,
        /// The ways out on this platform.
        remedy: String,
    },
    /// Another `serve` runs on the directory.
    #[error("Plumbline serves from {dir} already{}: stop it first, or use another data directory",
        pid.map(|pid| format!(" (process {pid})")).unwrap_or_default())]
    Served {
        /// The data directory.
        dir: PathBuf,
        /// The process that serves, if it could be told.
        pid: Option<u32>,
    },
    /// Somebody else held the directory for longer than is reasonable.
    #[error("{what} in {dir} and does not come to an end: see {log}")]
    Busy {
        /// What is going on.
        what: &'static str,
        /// The data directory.
        dir: PathBuf,
        /// The server's log.
        log: PathBuf,
    },
    /// A server that is not ours has the cluster open.
    #[error("process {pid} has the database in {dir} open, and Plumbline did not start it: stop it first")]
    Foreign {
        /// The cluster.
        dir: PathBuf,
        /// The server's process.
        pid: u32,
    },
    /// Running as root without an account to hand the server to.
    #[error(
        "PostgreSQL does not run as root and there is no account named postgres or nobody: run Plumbline as an ordinary user"
    )]
    NoAccount,
    /// The server's account can't get to the data directory.
    #[error(
        "PostgreSQL runs as {account} here, who may not enter {closed}: choose a data directory outside of it by PLUMBLINE_DATA instead of {dir}"
    )]
    Unreachable {
        /// The data directory.
        dir: PathBuf,
        /// The directory on the way to it that is closed.
        closed: PathBuf,
        /// The server's account.
        account: String,
    },
    /// `initdb` failed.
    #[error("could not make a database in {dir}: {said}")]
    NotMade {
        /// The data directory.
        dir: PathBuf,
        /// What the program said.
        said: String,
    },
    /// The server did not come up.
    #[error("PostgreSQL did not start: {said} (more in {log})")]
    NotStarted {
        /// What the server said last.
        said: String,
        /// The server's log.
        log: PathBuf,
    },
    /// There is no home directory to keep data below.
    #[error("there is no home directory to keep data in: name a data directory by PLUMBLINE_DATA")]
    NoHome,
    /// The operating system refused.
    #[error("could not {what} {path}: {source}")]
    Io {
        /// What was tried.
        what: &'static str,
        /// On which file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

impl Error {
    fn at(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { what, path: path.to_owned(), source }
    }
}

/// Where data lives unless somebody says otherwise: `PLUMBLINE_DATA`, else `/var/lib/plumbline` for root, else the
/// platform's directory for application data.
///
/// # Errors
/// [`Error::NoHome`] when there is no home directory.
pub fn default_data_dir() -> Result<PathBuf, Error> {
    let root = rustix::process::geteuid().is_root();
    data_dir_from(|name| std::env::var_os(name).map(PathBuf::from), root, cfg!(target_os = "macos"))
}

fn data_dir_from(var: impl Fn(&str) -> Option<PathBuf>, root: bool, macos: bool) -> Result<PathBuf, Error> {
    let var = |name: &str| var(name).filter(|value| !value.as_os_str().is_empty());
    if let Some(dir) = var("PLUMBLINE_DATA") {
        return Ok(dir);
    }
    if root {
        return Ok(PathBuf::from("/var/lib/plumbline"));
    }
    if macos {
        return Ok(var("HOME").ok_or(Error::NoHome)?.join("Library/Application Support/Plumbline"));
    }
    // The XDG specification has relative paths ignored.
    if let Some(dir) = var("XDG_DATA_HOME").filter(|dir| dir.is_absolute()) {
        return Ok(dir.join("plumbline"));
    }
    Ok(var("HOME").ok_or(Error::NoHome)?.join(".local/share/plumbline"))
}

/// A running cluster that we use; it stops when its last user has gone.
#[derive(Debug)]
pub struct Cluster {
    layout: Layout,
    socket_dir: PathBuf,
    users: Option<Lock>,
    serve: Option<Lock>,
    keeper: Option<Child>,
    started: bool,
}

impl Cluster {
    /// Starts the cluster, making it first if there is none, or attaches to it if it runs. Returns when it takes
    /// connections.
    ///
    /// # Errors
    /// Everything that [`Error`] names; its text is one line for the person at the terminal.
    pub fn start(settings: &Settings) -> Result<Self, Error> {
        let layout = Layout::prepare(&settings.data_dir)?;
        let serve = match settings.owner {
            Ownership::Serve => Some(only_serve(&layout)?),
            Ownership::Command => None,
        };
        let busy = |what| Error::Busy { what, dir: layout.data.clone(), log: layout.log() };
        let start = layout.start_lock();
        let _starting = Lock::exclusive_within(&start, PATIENCE)
            .map_err(Error::at("lock", &start))?
            .ok_or_else(|| busy("another start is under way"))?;
        // Before any look at the server: from here on it does not stop.
        let users = layout.users_lock();
        let users = Lock::shared_within(&users, PATIENCE)
            .map_err(Error::at("lock", &users))?
            .ok_or_else(|| busy("PostgreSQL is stopping"))?;
        let mut cluster = Self {
            socket_dir: layout.socket_dir(),
            layout,
            users: Some(users),
            serve,
            keeper: None,
            started: false,
        };
        if let Err(error) = cluster.bring_up(settings) {
            // There is nothing to stop: whatever runs is not ours, or has its keeper.
            cluster.users = None;
            return Err(error);
        }
        Ok(cluster)
    }

    fn bring_up(&mut self, settings: &Settings) -> Result<(), Error> {
        for _ in 0..LOOKS {
            let kept = self.layout.is_kept()?;
            let lives = self.layout.lives()?;
            if lives && let Some(socket_dir) = self.layout.ready() {
                self.socket_dir = socket_dir;
                if !kept {
                    let order = Order::adopt(&self.layout, &self.socket_dir, settings.durability);
                    self.keeper = Some(keeper::spawn(&order, settings.keeper.as_deref())?);
                }
                tracing::debug!(data = %self.layout.data.display(), "attached to the running PostgreSQL");
                return Ok(());
            }
            if !kept && !lives {
                let order = self.layout.make_ready(&self.socket_dir, settings.durability)?;
                self.started = true;
                self.keeper = Some(keeper::spawn(&order, settings.keeper.as_deref())?);
                tracing::debug!(data = %self.layout.data.display(), "started PostgreSQL");
                return Ok(());
            }
            // Somebody's keeper is restarting it, or the last of a killed server's processes are ending.
            thread::sleep(LOOK_AGAIN);
        }
        Err(Error::Busy {
            what: "PostgreSQL is starting",
            dir: self.layout.data.clone(),
            log: self.layout.log(),
        })
    }

    /// The directory of the server's Unix socket.
    #[must_use]
    pub fn socket_dir(&self) -> &Path {
        &self.socket_dir
    }

    /// Whether this start brought the server up, rather than finding it running.
    #[must_use]
    pub fn started(&self) -> bool {
        self.started
    }

    /// The process that is the server, if it runs at the moment.
    #[must_use]
    pub fn server_pid(&self) -> Option<u32> {
        self.layout.server_pid().map(|pid| pid.as_raw_nonzero().get().cast_unsigned())
    }

    /// The URL of one of the cluster's databases, mostly [`DATABASE`].
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        let host = percent(&self.socket_dir.to_string_lossy());
        let database = percent(database);
        format!(
            "postgres://{ROLE}@localhost:{port}/{database}?host={host}&sslmode=disable",
            port = cluster::PORT
        )
    }

    /// One more use of the server, that lasts as long as the file is open, in whichever process: hand it to a child
    /// as its standard input, and the server runs for as long as the child.
    ///
    /// # Errors
    /// [`Error::Io`] when the lock's file can't be opened.
    pub fn share(&self) -> Result<File, Error> {
        let path = self.layout.users_lock();
        Lock::try_shared(&path).map_err(Error::at("lock", &path))?.and_then(Lock::into_file).ok_or_else(
            || Error::Busy {
                what: "PostgreSQL is stopping",
                dir: self.layout.data.clone(),
                log: self.layout.log(),
            },
        )
    }

    /// Leaves the cluster and, unless others use it, stops it: by a fast shutdown that breaks off what runs, after
    /// 20 seconds by an immediate one. Dropping the cluster does the same.
    ///
    /// # Errors
    /// [`Error::Busy`] when it does not stop.
    pub fn stop(mut self) -> Result<(), Error> {
        self.leave()
    }

    fn leave(&mut self) -> Result<(), Error> {
        let Some(users) = self.users.take() else { return Ok(()) };
        let busy = |what| Error::Busy { what, dir: self.layout.data.clone(), log: self.layout.log() };
        let start = self.layout.start_lock();
        // Under the lock for starts nobody can come while we look whether we are the last.
        let starting = Lock::exclusive_within(&start, PATIENCE)
            .map_err(Error::at("lock", &start))?
            .ok_or_else(|| busy("another start is under way"))?;
        drop(users);
        let path = self.layout.users_lock();
        if gone_as_none(Lock::try_exclusive(&path)).map_err(Error::at("lock", &path))?.is_none() {
            // Held by others like us, or by the keeper, which has begun to stop the server.
            let others = gone_as_none(Lock::try_shared(&path)).map_err(Error::at("lock", &path))?;
            if others.is_some() {
                self.serve = None;
                return Ok(());
            }
        }
        // The keeper sees that nobody is left, stops the server and ends.
        let path = self.layout.keeper_lock();
        match Lock::exclusive_within(&path, PATIENCE) {
            Ok(Some(_ended)) if self.layout.lives()? => self.stop_without_keeper()?,
            Ok(Some(_)) => {}
            Ok(None) => return Err(busy("PostgreSQL is stopping")),
            // It took the directory of a throwaway cluster with it.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(Error::at("lock", &path)(error)),
        }
        if let Some(mut keeper) = self.keeper.take() {
            let _ = keeper.wait();
        }
        self.serve = None;
        drop(starting);
        tracing::debug!(data = %self.layout.data.display(), "stopped PostgreSQL");
        Ok(())
    }
}

impl Cluster {
    /// Stops a server whose keeper was killed, unless somebody uses it.
    fn stop_without_keeper(&self) -> Result<(), Error> {
        let path = self.layout.users_lock();
        match Lock::try_exclusive(&path).map_err(Error::at("lock", &path))? {
            Some(_alone) => keeper::stop_orphan(&self.layout),
            None => Ok(()),
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Err(error) = self.leave() {
            tracing::warn!(%error, "could not stop PostgreSQL");
        }
    }
}

/// The right to be the one `serve` on the directory, with our process id written down for the one who is refused.
fn only_serve(layout: &Layout) -> Result<Lock, Error> {
    let path = layout.serve_lock();
    let Some(lock) = Lock::try_exclusive(&path).map_err(Error::at("lock", &path))? else {
        let mut text = String::new();
        let _ = File::open(&path).and_then(|mut file| file.read_to_string(&mut text));
        return Err(Error::Served { dir: layout.data.clone(), pid: text.trim().parse().ok() });
    };
    if let Some(mut file) = lock.file() {
        file.set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| writeln!(file, "{}", std::process::id()))
            .map_err(Error::at("write", &path))?;
    }
    Ok(lock)
}

/// A throwaway cluster's directory may be gone by the time we look: then nobody holds anything in it.
fn gone_as_none(lock: io::Result<Option<Lock>>) -> io::Result<Option<Lock>> {
    match lock {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        other => other,
    }
}

fn percent(text: &str) -> String {
    use std::fmt::Write as _;
    text.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-_./~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(vars: &[(&str, &str)], root: bool, macos: bool) -> Result<PathBuf, Error> {
        let find =
            |name: &str| vars.iter().find(|(key, _)| *key == name).map(|(_, value)| PathBuf::from(value));
        data_dir_from(find, root, macos)
    }

    #[test]
    fn data_lives_where_the_platform_keeps_it() {
        let home = [("HOME", "/home/ann")];
        assert_eq!(from(&home, false, false).unwrap(), Path::new("/home/ann/.local/share/plumbline"));
        assert_eq!(
            from(&home, false, true).unwrap(),
            Path::new("/home/ann/Library/Application Support/Plumbline")
        );
        assert_eq!(from(&home, true, false).unwrap(), Path::new("/var/lib/plumbline"));
        let xdg = [("HOME", "/home/ann"), ("XDG_DATA_HOME", "/data")];
        assert_eq!(from(&xdg, false, false).unwrap(), Path::new("/data/plumbline"));
        let named = [("HOME", "/home/ann"), ("PLUMBLINE_DATA", "/srv/plumb")];
        assert_eq!(from(&named, true, false).unwrap(), Path::new("/srv/plumb"));
        assert!(matches!(from(&[], false, false), Err(Error::NoHome)));
    }

    #[test]
    fn paths_are_escaped_in_urls() {
        assert_eq!(percent("/home/ann b/ü"), "/home/ann%20b/%C3%BC");
    }
}
