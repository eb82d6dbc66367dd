//! The one place that asks what time it is. Everything else is handed the time, so that a test can be on any day.

use chrono::{DateTime, Utc};
use std::sync::{Arc, RwLock};
use std::time::{Duration, Instant};

/// Tells the time: the machine's, or one that a test holds and moves.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    held: Option<Arc<RwLock<DateTime<Utc>>>>,
}

impl Clock {
    /// The machine's clock.
    #[must_use]
    pub const fn system() -> Self {
        Self { held: None }
    }

    /// A clock that stands at `now` until it is moved.
    #[must_use]
    pub fn held_at(now: DateTime<Utc>) -> Self {
        Self { held: Some(Arc::new(RwLock::new(now))) }
    }

    /// Moves a held clock; the machine's is left alone.
    pub fn hold_at(&self, now: DateTime<Utc>) {
        if let Some(held) = &self.held
            && let Ok(mut time) = held.write()
        {
            *time = now;
        }
    }

    /// The time now, to the microsecond that PostgreSQL keeps.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the one place that asks")]
    pub fn now(&self) -> DateTime<Utc> {
        use chrono::SubsecRound;
        let now = match &self.held {
            Some(held) => held.read().map_or_else(|poisoned| *poisoned.into_inner(), |time| *time),
            None => Utc::now(),
        };
        now.trunc_subsecs(6)
    }
}

/// Measures how long something takes, for logs and `Server-Timing`; it tells no time of day.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    #[must_use]
    pub fn start() -> Self {
        Self(Instant::now())
    }

    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}
