//! File locks that the kernel lets go of when their holder dies, however it dies.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

/// An advisory lock on a file, held until dropped.
///
/// Locks belong to the open file, not to the process: two locks on one path exclude each other even within one
/// process, and a child that inherits the file goes on holding the lock.
#[derive(Debug)]
pub(super) struct Lock {
    file: Option<File>,
}

impl Lock {
    /// The exclusive lock, or nothing when somebody holds it.
    pub(super) fn try_exclusive(path: &Path) -> io::Result<Option<Self>> {
        Self::take(path, FlockOperation::NonBlockingLockExclusive)
    }

    /// The shared lock, or nothing when somebody holds the exclusive one.
    pub(super) fn try_shared(path: &Path) -> io::Result<Option<Self>> {
        Self::take(path, FlockOperation::NonBlockingLockShared)
    }

    /// The exclusive lock, however long it takes.
    pub(super) fn exclusive(path: &Path) -> io::Result<Self> {
        Self::take(path, FlockOperation::LockExclusive)?.ok_or_else(|| Errno::WOULDBLOCK.into())
    }

    /// The exclusive lock, or nothing when it does not come free within `patience`.
    pub(super) fn exclusive_within(path: &Path, patience: Duration) -> io::Result<Option<Self>> {
        Self::within(path, patience, FlockOperation::NonBlockingLockExclusive, FlockOperation::LockExclusive)
    }

    /// The shared lock, or nothing when it does not come free within `patience`.
    pub(super) fn shared_within(path: &Path, patience: Duration) -> io::Result<Option<Self>> {
        Self::within(path, patience, FlockOperation::NonBlockingLockShared, FlockOperation::LockShared)
    }

    /// Whether somebody holds the exclusive lock on `path`. A file that is not there is not held.
    pub(super) fn is_held(path: &Path) -> io::Result<bool> {
        match Self::try_shared(path) {
            Ok(lock) => Ok(lock.is_none()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// The file, still locked, to hand to a child process.
    pub(super) fn into_file(mut self) -> Option<File> {
        self.file.take()
    }

    /// The locked file.
    pub(super) fn file(&self) -> Option<&File> {
        self.file.as_ref()
    }

    fn within(
        path: &Path,
        patience: Duration,
        at_once: FlockOperation,
        waiting: FlockOperation,
    ) -> io::Result<Option<Self>> {
        if let Some(lock) = Self::take(path, at_once)? {
            return Ok(Some(lock));
        }
        // Waiting for a lock has no time limit of its own, so a thread waits and we listen for it. When we give
        // up, the answer finds no listener, and dropping it unlocks the file again.
        let (answer, listener) = mpsc::channel();
        let path = path.to_owned();
        thread::spawn(move || {
            let _ = answer.send(Self::take(&path, waiting));
        });
        listener.recv_timeout(patience).unwrap_or(Ok(None))
    }

    fn take(path: &Path, operation: FlockOperation) -> io::Result<Option<Self>> {
        loop {
            let file = OpenOptions::new()
                .read(true)
                .write(true)
                .create(true)
                .truncate(false)
                .mode(0o600)
                .open(path)?;
            match retry(|| flock(&file, operation)) {
                Ok(()) => {}
                Err(Errno::WOULDBLOCK) => return Ok(None),
                Err(error) => return Err(error.into()),
            }
            // While we waited, the file may have been removed together with a throwaway directory.
            let held = file.metadata()?;
            match path.metadata() {
                Ok(named) if named.ino() == held.ino() && named.dev() == held.dev() => {
                    return Ok(Some(Self { file: Some(file) }));
                }
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Said aloud rather than left to closing the file: a child that another thread is just starting may hold
        // a copy of the descriptor for a moment.
        if let Some(file) = &self.file {
            let _ = retry(|| flock(file, FlockOperation::Unlock));
        }
    }
}

fn retry(mut call: impl FnMut() -> Result<(), Errno>) -> Result<(), Errno> {
    loop {
        match call() {
            Err(Errno::INTR) => {}
            other => return other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shared_lock_keeps_the_exclusive_one_away_until_it_is_dropped() {
        let path = std::env::temp_dir().join(format!("plumbline-lock-{}", std::process::id()));
        let reader = Lock::try_shared(&path).unwrap().expect("a free file can be shared");
        let second = Lock::try_shared(&path).unwrap().expect("a shared file can be shared again");
        assert!(Lock::try_exclusive(&path).unwrap().is_none());
        drop(reader);
        drop(second);
        let alone = Lock::exclusive(&path).unwrap();
        assert!(Lock::is_held(&path).unwrap());
        drop(alone);
        assert!(!Lock::is_held(&path).unwrap());
        std::fs::remove_file(path).unwrap();
    }
}
