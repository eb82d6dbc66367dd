//! Simulations that take long enough to be watched: who asked for one sees how far it is, can end it, and ends it by going away.
//!
//! One is wanted while somebody watches it, and for a while after it was last looked at, for a reader without scripts looks now
//! and then. What nobody wants is stopped within milliseconds.

use super::Run;
use crate::app::cache::Stamp;
use crate::app::{Error, Result};
use crate::domain::forecast::Parameters;
use crate::domain::ids::AccountId;
use crate::domain::schedule::simulate::Watch;
use std::collections::HashMap;
use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::AbortHandle;

/// Items of the network times iterations from which a page shows progress: some tenths of a second of two cores.
const LONG: u64 = 50_000_000;
/// Simulations that are watched at once, and of one reader.
const MOST: usize = 32;
const MOST_OF_ONE: usize = 4;
/// How long one is wanted after it was last looked at.
const WANTED: Duration = Duration::from_secs(30);

/// Whose simulation of what: each reader ends their own and nobody else's.
pub(super) type Key = (AccountId, Stamp, Parameters);

/// The simulations that run, and those that just ended.
pub(crate) struct Running {
    all: Mutex<HashMap<Key, Arc<Simulation>>>,
    long: AtomicU64,
}

impl Default for Running {
    fn default() -> Self {
        Self { all: Mutex::default(), long: AtomicU64::new(LONG) }
    }
}

impl std::fmt::Debug for Running {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Running").field("all", &self.count()).finish_non_exhaustive()
    }
}

/// Where a simulation stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    Running,
    /// It came to its end: its result can be had, or why there is none.
    Ended,
    /// It was stopped before.
    Stopped,
}

/// One simulation.
pub(super) struct Simulation {
    pub(super) watch: Arc<Watch>,
    task: Mutex<Option<AbortHandle>>,
    stage: watch::Sender<Stage>,
    result: Mutex<Option<Result<Arc<Run>>>>,
    wanted: Mutex<Wanted>,
}

/// By whom it is wanted.
#[derive(Default)]
struct Wanted {
    watching: usize,
    /// Ends what was looked at too long ago.
    lease: Option<AbortHandle>,
}

fn hold<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Simulation {
    fn has_ended(&self) -> bool {
        *self.stage.borrow() == Stage::Ended
    }

    /// What it came to, once.
    pub(super) fn take(&self) -> Option<Result<Arc<Run>>> {
        hold(&self.result).take()
    }
}

impl Running {
    /// How many run, or ended and weren't fetched.
    pub(super) fn count(&self) -> usize {
        hold(&self.all).len()
    }

    pub(super) fn is_long(&self, work: u64) -> bool {
        work >= self.long.load(Ordering::Relaxed)
    }

    pub(super) fn long_from(&self, work: u64) {
        self.long.store(work, Ordering::Relaxed);
    }

    pub(super) fn find(&self, key: &Key) -> Option<Arc<Simulation>> {
        hold(&self.all).get(key).cloned()
    }

    /// Starts what isn't running yet. Others of the same reader that nobody watches are stopped: the reader went on.
    pub(super) fn start<F>(self: &Arc<Self>, key: Key, work: impl FnOnce(Arc<Watch>) -> F) -> Result<()>
    where
        F: Future<Output = Result<Arc<Run>>> + Send + 'static,
    {
        let mut all = hold(&self.all);
        if all.contains_key(&key) {
            return Ok(());
        }
        all.retain(|other, simulation| {
            let left = other.0 == key.0 && hold(&simulation.wanted).watching == 0;
            if left {
                stop(simulation);
            }
            !left
        });
        if all.len() >= MOST || all.keys().filter(|other| other.0 == key.0).count() >= MOST_OF_ONE {
            return Err(Error::Busy);
        }
        let simulation = Arc::new(Simulation {
            watch: Arc::default(),
            task: Mutex::default(),
            stage: watch::Sender::new(Stage::Running),
            result: Mutex::default(),
            wanted: Mutex::default(),
        });
        all.insert(key, Arc::clone(&simulation));
        drop(all);
        let work = work(Arc::clone(&simulation.watch));
        let of = Arc::clone(&simulation);
        let task = tokio::spawn(async move {
            let result = work.await;
            *hold(&of.result) = Some(result);
            of.stage.send_replace(Stage::Ended);
        });
        *hold(&simulation.task) = Some(task.abort_handle());
        self.look(&key, &simulation);
        Ok(())
    }

    /// Somebody looked at it: it is wanted for a while.
    pub(super) fn look(self: &Arc<Self>, key: &Key, simulation: &Arc<Simulation>) {
        let (running, of, key) = (Arc::clone(self), Arc::downgrade(simulation), *key);
        let lease = tokio::spawn(async move {
            tokio::time::sleep(WANTED).await;
            if let Some(simulation) = of.upgrade() {
                hold(&simulation.wanted).lease = None;
                running.leave(&key, &simulation);
            }
        });
        if let Some(before) = hold(&simulation.wanted).lease.replace(lease.abort_handle()) {
            before.abort();
        }
    }

    /// Somebody watches it from now on.
    pub(super) fn watch(self: &Arc<Self>, key: &Key) -> Option<Watching> {
        let simulation = self.find(key)?;
        let mut wanted = hold(&simulation.wanted);
        wanted.watching += 1;
        if let Some(lease) = wanted.lease.take() {
            lease.abort();
        }
        drop(wanted);
        let stage = simulation.stage.subscribe();
        Some(Watching { running: Arc::clone(self), key: *key, simulation, stage })
    }

    /// Stops what nobody wants any more.
    fn leave(&self, key: &Key, simulation: &Arc<Simulation>) {
        let wanted = hold(&simulation.wanted);
        if wanted.watching == 0 && wanted.lease.is_none() {
            drop(wanted);
            self.remove(key, simulation);
        }
    }

    /// Stops a simulation, and forgets it.
    pub(super) fn remove(&self, key: &Key, simulation: &Arc<Simulation>) {
        stop(simulation);
        let mut all = hold(&self.all);
        if all.get(key).is_some_and(|held| Arc::ptr_eq(held, simulation)) {
            all.remove(key);
        }
    }
}

fn stop(simulation: &Simulation) {
    simulation.watch.stop();
    if let Some(task) = hold(&simulation.task).take() {
        task.abort();
    }
    if let Some(lease) = hold(&simulation.wanted).lease.take() {
        lease.abort();
    }
    simulation.stage.send_if_modified(|stage| {
        let ran = *stage == Stage::Running;
        if ran {
            *stage = Stage::Stopped;
        }
        ran
    });
}

/// Somebody who watches a simulation. When the last one goes away it is stopped.
pub struct Watching {
    running: Arc<Running>,
    key: Key,
    simulation: Arc<Simulation>,
    stage: watch::Receiver<Stage>,
}

impl Watching {
    /// The share that is done.
    #[must_use]
    pub fn share(&self) -> f64 {
        self.simulation.watch.share()
    }

    /// Waits until it runs no more: how it came to that.
    pub async fn ended(&mut self) -> Stage {
        // It can't fail: the simulation holds the sender.
        self.stage.wait_for(|stage| *stage != Stage::Running).await.map_or(Stage::Stopped, |stage| *stage)
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        let mut wanted = hold(&self.simulation.wanted);
        wanted.watching = wanted.watching.saturating_sub(1);
        let last = wanted.watching == 0;
        drop(wanted);
        if !last {
            return;
        }
        // What has ended is fetched by whoever watched it.
        if self.simulation.has_ended() && self.running.find(&self.key).is_some() {
            self.running.look(&self.key, &self.simulation);
        } else {
            self.running.leave(&self.key, &self.simulation);
        }
    }
}
