//! The keeper: the small process that starts the server, starts it again when it dies, and stops it when nobody
//! uses it any more.
//!
//! It is this program once more, under a hidden first argument. It must not be a part of the application, whose
//! death it has to notice, nor may it be bound to the one user that happened to start it.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use super::cluster::{Layout, Order, last_words};
use super::lock::Lock;
use super::{Durability, Error};

const ARGUMENT: &str = "postgres-keeper";
const READY: &str = "ready";
/// A fast shutdown that takes longer than this becomes an immediate one.
const FAST: Duration = Duration::from_secs(20);
/// An immediate shutdown kills the server's own children after five seconds.
const IMMEDIATE: Duration = Duration::from_secs(10);
/// Between two looks at a server that is starting: its only sign is a line in a file.
const LOOK_AGAIN: Duration = Duration::from_millis(2);
const FIRST_DELAY: Duration = Duration::from_millis(100);
const LONGEST_DELAY: Duration = Duration::from_secs(5);

enum Event {
    /// The last user has gone; whoever holds this lock knows that none can come.
    Unused(Lock),
    /// Every process of the server has ended.
    Down(Lock),
    /// Watching failed.
    Lost(Error),
}

/// Starts a keeper and waits until the server takes connections.
pub(super) fn spawn(order: &Order, program: Option<&Path>) -> Result<Child, Error> {
    let layout = order.layout();
    let log = layout.open_log()?;
    let from = log.metadata().map(|meta| meta.len()).map_err(Error::at("read", &layout.log()))?;
    // By this name the kernel finds our program even when its file was replaced since we started.
    let own = Path::new("/proc/self/exe");
    let program = match program {
        Some(program) => program.to_owned(),
        None if own.exists() => own.to_owned(),
        None => env::current_exe().map_err(Error::at("find", Path::new("the running program")))?,
    };
    let mut command = Command::new(&program);
    command.arg0("plumbline").arg(ARGUMENT).args(order.to_args()).current_dir("/");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log);
    // Out of reach of what the terminal sends to the application, which has its own order of ending.
    command.process_group(0);
    let mut child = command.spawn().map_err(Error::at("run", &program))?;
    let mut answer = String::new();
    if let Some(stdout) = child.stdout.take() {
        let _ = BufReader::new(stdout).read_line(&mut answer);
    }
    if answer.trim() == READY {
        return Ok(child);
    }
    let _ = child.wait();
    let log = layout.log();
    let said = fs::read(&log).unwrap_or_default();
    let said = said.get(usize::try_from(from).unwrap_or(0)..).unwrap_or_default();
    Err(Error::NotStarted { said: last_words(&String::from_utf8_lossy(said)), log })
}

/// Runs this process as the keeper of an embedded PostgreSQL if it was started as one, and says how it ended.
/// The first thing that `main` does.
#[must_use]
pub fn run_as_server_shim() -> Option<ExitCode> {
    let mut args = env::args_os().skip(1);
    if args.next()? != ARGUMENT {
        return None;
    }
    let args: Vec<OsString> = args.collect();
    let Some(order) = Order::from_args(&args) else { return Some(ExitCode::from(2)) };
    Some(match Keeper::new(order).and_then(|keeper| keeper.map_or(Ok(()), Keeper::keep)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // The log is its standard error.
            eprintln!("FATAL:  {error}");
            ExitCode::FAILURE
        }
    })
}

struct Keeper {
    order: Order,
    layout: Layout,
    /// Held for as long as we live: there is one keeper a server.
    _lock: Lock,
    events: Sender<Event>,
    inbox: Receiver<Event>,
}

impl Keeper {
    fn new(order: Order) -> Result<Option<Self>, Error> {
        // A session of our own: no terminal's hanging up reaches us.
        let _ = rustix::process::setsid();
        let layout = order.layout();
        let path = layout.keeper_lock();
        let Some(lock) = Lock::try_exclusive(&path).map_err(Error::at("lock", &path))? else {
            return Ok(None);
        };
        let (events, inbox) = mpsc::channel();
        let users = layout.users_lock();
        let unused = events.clone();
        thread::spawn(move || {
            let event = Lock::exclusive(&users)
                .map_or_else(|e| Event::Lost(Error::at("lock", &users)(e)), Event::Unused);
            let _ = unused.send(event);
        });
        Ok(Some(Self { order, layout, _lock: lock, events, inbox }))
    }

    fn keep(self) -> Result<(), Error> {
        let mut pid = if self.order.adopt {
            self.watch(None);
            self.layout.server_pid()
        } else {
            let path = self.layout.server_lock();
            let lock = Lock::exclusive(&path).map_err(Error::at("lock", &path))?;
            let pid = self.launch(lock)?;
            match self.wait_ready(pid)? {
                Start::Ready => Some(pid),
                Start::Died(_) => return Err(self.not_started()),
                Start::Unused(alone) => return self.end(Some(pid), alone),
            }
        };
        Self::report();
        let mut failures = 0;
        loop {
            let event = self.inbox.recv().unwrap_or_else(|_| Event::Lost(self.not_started()));
            let mut down = match event {
                Event::Unused(alone) => return self.end(pid, alone),
                Event::Lost(error) => return Err(error),
                Event::Down(lock) => lock,
            };
            // The server was killed, or it failed: people are waiting for it, so bring it back. What made it fail
            // may pass, as a full disk does, so there is no last attempt.
            loop {
                if failures > 0 {
                    match self.inbox.recv_timeout(delay(failures)) {
                        Ok(Event::Unused(alone)) => {
                            drop(down);
                            return self.end(None, alone);
                        }
                        Ok(Event::Lost(error)) => return Err(error),
                        Ok(Event::Down(_)) | Err(_) => {}
                    }
                }
                failures += 1;
                let path = self.layout.server_lock();
                match self.launch(down) {
                    Err(error) => {
                        eprintln!("LOG:  {error}");
                        down = Lock::exclusive(&path).map_err(Error::at("lock", &path))?;
                    }
                    Ok(started) => match self.wait_ready(started)? {
                        Start::Ready => {
                            pid = Some(started);
                            failures = 0;
                            break;
                        }
                        Start::Died(lock) => down = lock,
                        Start::Unused(alone) => return self.end(Some(started), alone),
                    },
                }
            }
        }
    }

    /// Starts the server on a cluster that nothing else has open: `lock` says so, and goes to the server.
    fn launch(&self, lock: Lock) -> Result<Pid, Error> {
        self.layout.clear_stale(&self.order.socket_dir)?;
        let log = self.layout.open_log()?;
        let lock = lock.into_file().ok_or_else(|| self.not_started())?;
        let mut command = self.order.server(lock, log);
        command.process_group(0);
        let child = command.spawn().map_err(Error::at("run", &self.order.bin.join("postgres")))?;
        let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw).ok_or_else(|| self.not_started())?;
        self.watch(Some(child));
        Ok(pid)
    }

    /// Has a thread wait until the server and all that it started have ended.
    fn watch(&self, child: Option<Child>) {
        let (events, path) = (self.events.clone(), self.layout.server_lock());
        thread::spawn(move || {
            if let Some(mut child) = child {
                let _ = child.wait();
            }
            let event =
                Lock::exclusive(&path).map_or_else(|e| Event::Lost(Error::at("lock", &path)(e)), Event::Down);
            let _ = events.send(event);
        });
    }

    fn wait_ready(&self, pid: Pid) -> Result<Start, Error> {
        let id = pid.as_raw_nonzero().get().cast_unsigned();
        loop {
            match self.inbox.recv_timeout(LOOK_AGAIN) {
                Ok(Event::Down(lock)) => return Ok(Start::Died(lock)),
                Ok(Event::Unused(alone)) => return Ok(Start::Unused(alone)),
                Ok(Event::Lost(error)) => return Err(error),
                Err(RecvTimeoutError::Timeout) if self.layout.says_ready(id) => return Ok(Start::Ready),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Err(self.not_started()),
            }
        }
    }

    /// Tells the one who started us that the server takes connections.
    fn report() {
        // Whoever listened may be gone; then the next event says so.
        let mut stdout = std::io::stdout();
        let _ = writeln!(stdout, "{READY}").and_then(|()| stdout.flush());
    }

    /// Stops the server. While `alone` is held nobody can come.
    fn end(&self, pid: Option<Pid>, alone: Lock) -> Result<(), Error> {
        if let Some(pid) = pid {
            stop(pid, |patience| match self.inbox.recv_timeout(patience) {
                Ok(Event::Lost(error)) => Err(error),
                Ok(_) => Ok(true),
                Err(_) => Ok(false),
            })?;
        }
        if !self.order.socket_dir.starts_with(&self.order.data) {
            let _ = fs::remove_dir(&self.order.socket_dir);
        }
        if self.order.durability == Durability::Throwaway {
            self.layout.remove()?;
        }
        drop(alone);
        Ok(())
    }

    fn not_started(&self) -> Error {
        let log = self.layout.log();
        let said = last_words(&String::from_utf8_lossy(&fs::read(&log).unwrap_or_default()));
        Error::NotStarted { said, log }
    }
}

enum Start {
    Ready,
    Died(Lock),
    Unused(Lock),
}

/// Stops a server whose keeper was killed. To be called with the users' lock in hand.
pub(super) fn stop_orphan(layout: &Layout) -> Result<(), Error> {
    let Some(pid) = layout.server_pid() else { return Ok(()) };
    let path = layout.server_lock();
    stop(pid, |patience| {
        Lock::exclusive_within(&path, patience).map(|lock| lock.is_some()).map_err(Error::at("lock", &path))
    })
}

/// Fast shutdown, then immediate; `ended` waits for the server to end.
fn stop(pid: Pid, ended: impl Fn(Duration) -> Result<bool, Error>) -> Result<(), Error> {
    for (signal, patience) in [(Signal::INT, FAST), (Signal::QUIT, IMMEDIATE), (Signal::KILL, IMMEDIATE)] {
        let _ = kill_process(pid, signal);
        if ended(patience)? {
            return Ok(());
        }
    }
    Ok(())
}

fn delay(failures: u32) -> Duration {
    FIRST_DELAY.saturating_mul(1 << failures.min(10)).min(LONGEST_DELAY)
}
