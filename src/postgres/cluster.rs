//! The cluster on disk: making it, telling whether its server lives, and what the server is started with.

use std::ffi::{OsStr, OsString};
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use rustix::process::Pid;

use super::find::Programs;
use super::lock::Lock;
use super::user::{self, Account};
use super::{DATABASE, Durability, Error, ROLE};

/// Only names the socket: there is no TCP.
pub(super) const PORT: u16 = 5432;
/// The address of a Unix socket holds 104 bytes on macOS and 108 on Linux, with a closing zero.
const LONGEST_SOCKET: usize = 100;
/// A log longer than this is set aside when the server is started.
const LONGEST_LOG: u64 = 4 * 1024 * 1024;

/// The files of one data directory.
#[derive(Debug, Clone)]
pub(super) struct Layout {
    pub(super) data: PathBuf,
}

impl Layout {
    /// Makes the data directory and what it needs to hold locks.
    pub(super) fn prepare(data: &Path) -> Result<Self, Error> {
        let data = std::path::absolute(data).map_err(Error::at("resolve", data))?;
        // Handed to an unprivileged account, the cluster below must be reachable; nobody can list the way there.
        let mode = if rustix::process::geteuid().is_root() { 0o711 } else { 0o700 };
        DirBuilder::new().recursive(true).mode(mode).create(&data).map_err(Error::at("make", &data))?;
        // Without links in it, so that two names of one directory are one cluster.
        let data = fs::canonicalize(&data).map_err(Error::at("resolve", &data))?;
        let layout = Self { data };
        let run = layout.run();
        DirBuilder::new().recursive(true).mode(0o700).create(&run).map_err(Error::at("make", &run))?;
        Ok(layout)
    }

    pub(super) fn pg(&self) -> PathBuf {
        self.data.join("pg")
    }

    fn run(&self) -> PathBuf {
        self.data.join("run")
    }

    pub(super) fn log(&self) -> PathBuf {
        self.run().join("postgres.log")
    }

    pub(super) fn start_lock(&self) -> PathBuf {
        self.run().join("start.lock")
    }

    pub(super) fn serve_lock(&self) -> PathBuf {
        self.run().join("serve.lock")
    }

    pub(super) fn users_lock(&self) -> PathBuf {
        self.run().join("users.lock")
    }

    pub(super) fn keeper_lock(&self) -> PathBuf {
        self.run().join("keeper.lock")
    }

    pub(super) fn server_lock(&self) -> PathBuf {
        self.run().join("server.lock")
    }

    fn pid_file(&self) -> PathBuf {
        self.pg().join("postmaster.pid")
    }

    /// Whether a keeper looks after the server.
    pub(super) fn is_kept(&self) -> Result<bool, Error> {
        let path = self.keeper_lock();
        Lock::is_held(&path).map_err(Error::at("lock", &path))
    }

    /// Whether a process of the server lives.
    pub(super) fn lives(&self) -> Result<bool, Error> {
        let path = self.server_lock();
        Lock::is_held(&path).map_err(Error::at("lock", &path))
    }

    /// The directory of the socket that a server of ours takes connections on, if it does.
    pub(super) fn ready(&self) -> Option<PathBuf> {
        let status = Status::read(&self.pid_file())?;
        (status.ready && UnixStream::connect(socket(&status.socket_dir)).is_ok()).then_some(status.socket_dir)
    }

    /// Whether the server with this process id says that it is ready.
    pub(super) fn says_ready(&self, pid: u32) -> bool {
        Status::read(&self.pid_file()).is_some_and(|status| status.pid == pid && status.ready)
    }

    /// The server's process, when the one that the cluster names is a server on this very cluster.
    pub(super) fn server_pid(&self) -> Option<Pid> {
        let pid = Status::pid(&self.pid_file())?;
        let pid = Pid::from_raw(pid.try_into().ok()?)?;
        let command = command_of(pid)?;
        let pg = self.pg();
        let pg = pg.as_os_str().as_bytes();
        command.windows(pg.len()).any(|part| part == pg).then_some(pid)
    }

    /// Where the socket goes: into the data directory, or where that makes its path too long for a socket's
    /// address, into the directory for temporary files.
    pub(super) fn socket_dir(&self) -> PathBuf {
        let dir = self.data.join("socket");
        if fits(&dir) {
            return dir;
        }
        let name = format!("plumbline-{:016x}", fnv(self.data.as_os_str().as_bytes()));
        let dir = std::env::temp_dir().join(&name);
        if fits(&dir) { dir } else { Path::new("/tmp").join(name) }
    }

    /// Makes the cluster if there is none, and says how its server is to be started. To be called under the lock
    /// for starts, with no server alive.
    pub(super) fn make_ready(&self, socket_dir: &Path, durability: Durability) -> Result<Order, Error> {
        let pg = self.pg();
        let account = user::server_account(&pg)?;
        user::check_reachable(&self.data, account.as_ref())?;
        let made_by = fs::read_to_string(pg.join("PG_VERSION")).ok();
        let made_by = made_by.and_then(|version| version.trim().parse().ok());
        let programs = Programs::find(&pg, made_by)?;
        self.clear_unfinished()?;
        if made_by.is_none() {
            self.make(&programs, account.as_ref(), durability)?;
        }
        private_dir(socket_dir, account.as_ref())?;
        let bin = programs.bin;
        Ok(Order {
            data: self.data.clone(),
            socket_dir: socket_dir.to_owned(),
            bin,
            account,
            durability,
            adopt: false,
        })
    }

    /// Makes the cluster under another name and renames it when it is whole, so that a kill leaves nothing half.
    fn make(
        &self,
        programs: &Programs,
        account: Option<&Account>,
        durability: Durability,
    ) -> Result<(), Error> {
        // Killed in the middle of this, we leave programs behind that work on; the lock in their hands tells the
        // next start to wait for their end.
        let path = self.server_lock();
        let lock = Lock::exclusive(&path).map_err(Error::at("lock", &path))?;
        let held = || lock.file().map_or_else(|| Ok(Stdio::null()), |file| file.try_clone().map(Stdio::from));
        let fresh = self.data.join(format!("pg.new-{}", std::process::id()));
        private_dir(&fresh, account)?;
        let failed = |said: String| Error::NotMade { dir: self.data.clone(), said };
        let initdb = |locale: &str| {
            let mut command = programs_command(&programs.path("initdb"), account);
            command.arg("-D").arg(&fresh).arg(format!("--username={ROLE}")).arg(format!("--locale={locale}"));
            command.args(["--auth=trust", "--encoding=UTF8", "--no-instructions", "--no-sync"]);
            held()
                .and_then(|lock| command.stdin(lock).output())
                .map_err(Error::at("run", &programs.path("initdb")))
        };
        let mut output = initdb("C.UTF-8")?;
        if !output.status.success() && String::from_utf8_lossy(&output.stderr).contains("locale") {
            // Some systems have no C.UTF-8; people's order comes from ICU collations in the queries anyway.
            output = initdb("C")?;
        }
        if output.status.success() {
            let create = format!("CREATE DATABASE {DATABASE}\n");
            output = held()
                .and_then(|lock| single_user(programs, account, &fresh, &create, lock))
                .map_err(Error::at("run", &programs.path("postgres")))?;
        }
        if output.status.success() && durability == Durability::Durable {
            let mut command = programs_command(&programs.path("initdb"), account);
            command.arg("-D").arg(&fresh).arg("--sync-only");
            output = held()
                .and_then(|lock| command.stdin(lock).output())
                .map_err(Error::at("run", &programs.path("initdb")))?;
        }
        if !output.status.success() {
            let _ = fs::remove_dir_all(&fresh);
            return Err(failed(last_words(&String::from_utf8_lossy(&output.stderr))));
        }
        fs::rename(&fresh, self.pg()).map_err(Error::at("rename", &fresh))?;
        if durability == Durability::Durable {
            File::open(&self.data).and_then(|dir| dir.sync_all()).map_err(Error::at("flush", &self.data))?;
        }
        Ok(())
    }

    fn clear_unfinished(&self) -> Result<(), Error> {
        let entries = fs::read_dir(&self.data).map_err(Error::at("list", &self.data))?;
        for entry in entries.filter_map(Result::ok) {
            if entry.file_name().as_bytes().starts_with(b"pg.new-") {
                remove_dir(&entry.path())?;
            }
        }
        // Without its version file a directory is no cluster: it can only be left from before there was one.
        let pg = self.pg();
        if pg.is_dir() && fs::read_dir(&pg).is_ok_and(|mut entries| entries.next().is_none()) {
            fs::remove_dir(&pg).map_err(Error::at("remove", &pg))?;
        }
        Ok(())
    }

    /// Removes what a killed server left behind. To be called with the server's lock in hand.
    pub(super) fn clear_stale(&self, socket_dir: &Path) -> Result<(), Error> {
        if let Some(pid) = self.server_pid() {
            let pid = pid.as_raw_nonzero().get().cast_unsigned();
            return Err(Error::Foreign { dir: self.pg(), pid });
        }
        let socket = socket(socket_dir);
        let mut lock = socket.clone().into_os_string();
        lock.push(".lock");
        for path in [self.pid_file(), socket, PathBuf::from(lock)] {
            match fs::remove_file(&path) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(Error::at("remove", &path)(error));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Removes a throwaway cluster, and the data directory if nothing else is in it.
    pub(super) fn remove(&self) -> Result<(), Error> {
        for dir in [self.pg(), self.data.join("socket"), self.run()] {
            remove_dir(&dir)?;
        }
        let _ = fs::remove_dir(&self.data);
        Ok(())
    }

    /// Opens the log for appending; a long one is set aside first.
    pub(super) fn open_log(&self) -> Result<File, Error> {
        let log = self.log();
        if fs::metadata(&log).is_ok_and(|meta| meta.len() > LONGEST_LOG) {
            fs::rename(&log, log.with_extension("log.old")).map_err(Error::at("rename", &log))?;
        }
        OpenOptions::new().append(true).create(true).mode(0o600).open(&log).map_err(Error::at("open", &log))
    }
}

/// What the keeper is told to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Order {
    pub(super) data: PathBuf,
    pub(super) socket_dir: PathBuf,
    pub(super) bin: PathBuf,
    pub(super) account: Option<Account>,
    pub(super) durability: Durability,
    /// The server runs already, its keeper is gone.
    pub(super) adopt: bool,
}

impl Order {
    pub(super) fn adopt(layout: &Layout, socket_dir: &Path, durability: Durability) -> Self {
        let pg = layout.pg();
        // All that is needed to start the server again should it die; if that can't be told, it stays down.
        let account = user::server_account(&pg).unwrap_or_default();
        let made_by = fs::read_to_string(pg.join("PG_VERSION")).ok();
        let made_by = made_by.and_then(|version| version.trim().parse().ok());
        let bin = Programs::find(&pg, made_by).map(|programs| programs.bin).unwrap_or_default();
        let (data, socket_dir) = (layout.data.clone(), socket_dir.to_owned());
        Self { data, socket_dir, bin, account, durability, adopt: true }
    }

    pub(super) fn layout(&self) -> Layout {
        Layout { data: self.data.clone() }
    }

    /// The order as a command line, so that the list of processes says what each keeper is for.
    pub(super) fn to_args(&self) -> Vec<OsString> {
        let account = self
            .account
            .as_ref()
            .map_or("-".to_owned(), |account| format!("{}:{}", account.uid, account.gid));
        let durability = match self.durability {
            Durability::Durable => "durable",
            Durability::Throwaway => "throwaway",
        };
        vec![
            self.data.clone().into(),
            self.socket_dir.clone().into(),
            self.bin.clone().into(),
            account.into(),
            durability.into(),
            if self.adopt { "adopt" } else { "start" }.into(),
        ]
    }

    pub(super) fn from_args(args: &[OsString]) -> Option<Self> {
        let [data, socket_dir, bin, account, durability, task] = args else { return None };
        let account = match account.to_str()? {
            "-" => None,
            ids => {
                let (uid, gid) = ids.split_once(':')?;
                Some(Account { name: String::new(), uid: uid.parse().ok()?, gid: gid.parse().ok()? })
            }
        };
        Some(Self {
            data: data.into(),
            socket_dir: socket_dir.into(),
            bin: bin.into(),
            account,
            durability: if durability == "throwaway" { Durability::Throwaway } else { Durability::Durable },
            adopt: task == "adopt",
        })
    }

    /// The server, ready to be spawned. Its standard input becomes `lock`, which all its children inherit.
    pub(super) fn server(&self, lock: File, log: File) -> Command {
        let layout = self.layout();
        let mut command = programs_command(&self.bin.join("postgres"), self.account.as_ref());
        command.arg("-D").arg(layout.pg());
        for (name, value) in self.settings() {
            let mut setting = OsString::from(name);
            setting.push("=");
            setting.push(value);
            command.arg("-c").arg(setting);
        }
        command.stdin(lock).stdout(Stdio::null()).stderr(log);
        command
    }

    fn settings(&self) -> Vec<(&'static str, OsString)> {
        let mut settings: Vec<(&'static str, OsString)> = vec![
            ("listen_addresses", "".into()),
            ("port", PORT.to_string().into()),
            ("unix_socket_directories", quoted(&self.socket_dir)),
            ("unix_socket_permissions", "0700".into()),
            ("max_connections", "100".into()),
            ("shared_buffers", "128MB".into()),
            // Plumbline's queries are short: compiling them costs more than running them.
            ("jit", "off".into()),
            ("timezone", "UTC".into()),
            ("log_timezone", "UTC".into()),
            ("log_destination", "stderr".into()),
            ("logging_collector", "off".into()),
        ];
        let throwaway = self.durability == Durability::Throwaway;
        for name in ["fsync", "synchronous_commit", "full_page_writes", "autovacuum"] {
            settings.push((name, if throwaway { "off" } else { "on" }.into()));
        }
        settings
    }
}

/// What a server writes into its cluster about itself.
struct Status {
    pid: u32,
    socket_dir: PathBuf,
    ready: bool,
}

impl Status {
    fn read(path: &Path) -> Option<Self> {
        let text = fs::read(path).ok()?;
        let lines: Vec<&[u8]> = text.split(|byte| *byte == b'\n').collect();
        Some(Self {
            pid: std::str::from_utf8(lines.first()?).ok()?.trim().parse().ok()?,
            socket_dir: PathBuf::from(OsStr::from_bytes(lines.get(4)?)),
            ready: lines.get(7)?.starts_with(b"ready"),
        })
    }

    fn pid(path: &Path) -> Option<u32> {
        fs::read_to_string(path).ok()?.lines().next()?.trim().parse().ok()
    }
}

fn socket(dir: &Path) -> PathBuf {
    dir.join(format!(".s.PGSQL.{PORT}"))
}

fn fits(dir: &Path) -> bool {
    socket(dir).as_os_str().len() <= LONGEST_SOCKET
}

/// The setting is a list; quotes keep a comma or a space in the path from splitting it.
fn quoted(dir: &Path) -> OsString {
    let mut bytes = vec![b'"'];
    for byte in dir.as_os_str().as_bytes() {
        bytes.extend(std::iter::repeat_n(*byte, if *byte == b'"' { 2 } else { 1 }));
    }
    bytes.push(b'"');
    OsStr::from_bytes(&bytes).to_owned()
}

/// One of PostgreSQL's programs, under the server's account and untouched by what the environment says to clients.
fn programs_command(program: &Path, account: Option<&Account>) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os() {
        let name_bytes = name.as_bytes();
        if name_bytes.starts_with(b"PG") || name_bytes.starts_with(b"LC_") || name_bytes == b"LANG" {
            command.env_remove(name);
        }
    }
    command.env("LC_ALL", "C").current_dir("/");
    user::run_as(&mut command, account);
    command
}

/// Runs `sql` on a cluster that no server has open. What the program prints for a person goes to `out`.
fn single_user(
    programs: &Programs,
    account: Option<&Account>,
    pg: &Path,
    sql: &str,
    out: Stdio,
) -> std::io::Result<Output> {
    let mut command = programs_command(&programs.path("postgres"), account);
    command.args(["--single", "-F", "-c", "jit=off", "-D"]).arg(pg).arg("postgres");
    let mut child = command.stdin(Stdio::piped()).stdout(out).stderr(Stdio::piped()).spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(sql.as_bytes())?;
    }
    child.wait_with_output()
}

/// A directory that only the server's account may enter.
fn private_dir(dir: &Path, account: Option<&Account>) -> Result<(), Error> {
    match DirBuilder::new().mode(0o700).create(dir) {
        Ok(()) => return user::give(dir, account),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(Error::at("make", dir)(error)),
    }
    // One that is there already may have been put in our way by somebody else, when it is for temporary files.
    let meta = fs::symlink_metadata(dir).map_err(Error::at("read", dir))?;
    let owner = account.map_or_else(|| rustix::process::geteuid().as_raw(), |account| account.uid);
    if !meta.is_dir() || (meta.uid() != owner && meta.uid() != rustix::process::geteuid().as_raw()) {
        let taken = std::io::Error::new(std::io::ErrorKind::PermissionDenied, "it belongs to somebody else");
        return Err(Error::at("use", dir)(taken));
    }
    fs::set_permissions(dir, fs::Permissions::from_mode(0o700)).map_err(Error::at("close", dir))?;
    user::give(dir, account)
}

fn remove_dir(dir: &Path) -> Result<(), Error> {
    match fs::remove_dir_all(dir) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Error::at("remove", dir)(error)),
        _ => Ok(()),
    }
}

/// The command line of a process; none when there is no such process.
fn command_of(pid: Pid) -> Option<Vec<u8>> {
    let pid = pid.as_raw_nonzero().to_string();
    let line = if cfg!(target_os = "linux") {
        fs::read(format!("/proc/{pid}/cmdline")).ok()?
    } else {
        Command::new("ps").args(["-ww", "-o", "command=", "-p", &pid]).output().ok()?.stdout
    };
    // A process that has ended and was not yet waited for has no command line.
    (!line.is_empty()).then_some(line)
}

/// The one line of a log that says why: the last that speaks of an error, else the last.
pub(super) fn last_words(log: &str) -> String {
    let lines = || log.lines().map(str::trim).filter(|line| !line.is_empty());
    let telling =
        |line: &&str| ["FATAL:", "PANIC:", "ERROR:", "error:"].iter().any(|word| line.contains(word));
    lines().rfind(telling).or_else(|| lines().next_back()).unwrap_or("it gave no reason").to_owned()
}

/// FNV-1a: a short name for a long path, the same in every process.
fn fnv(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_survives_the_command_line() {
        let order = Order {
            data: "/var/lib/plumb line".into(),
            socket_dir: "/tmp/plumbline-1".into(),
            bin: "/usr/lib/postgresql/15/bin".into(),
            account: Some(Account { name: String::new(), uid: 101, gid: 104 }),
            durability: Durability::Throwaway,
            adopt: true,
        };
        assert_eq!(Order::from_args(&order.to_args()), Some(order));
        assert_eq!(Order::from_args(&["a".into()]), None);
    }

    #[test]
    fn a_long_path_moves_the_socket_to_the_temporary_files() {
        let short = Layout { data: "/var/lib/plumbline".into() };
        assert_eq!(short.socket_dir(), Path::new("/var/lib/plumbline/socket"));
        let long = Layout { data: format!("/home/{}/plumbline", "n".repeat(90)).into() };
        assert!(fits(&long.socket_dir()), "{}", long.socket_dir().display());
        assert_eq!(long.socket_dir(), long.socket_dir());
    }

    #[test]
    fn the_socket_directory_is_one_entry_of_the_list() {
        assert_eq!(quoted(Path::new("/a b,\"c\"")), OsString::from("\"/a b,\"\"c\"\"\""));
    }

    #[test]
    fn the_reason_is_taken_from_the_log() {
        let log = "LOG:  starting\nFATAL:  could not create lock file\nLOG:  database system is shut down\n";
        assert_eq!(last_words(log), "FATAL:  could not create lock file");
        assert_eq!(last_words("  \nonly this\n"), "only this");
        assert_eq!(last_words(""), "it gave no reason");
    }
}
