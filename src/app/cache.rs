//! What was computed from a program's facts, kept while the facts stay as they are. Each entry says at which beat of the
//! program's pulse it was computed, and is [got](Cache::get) at that beat only, so it never has to be found and thrown away
//! to be right. After a beat the [last](Cache::last) entry serves whoever can bring it up to date for less than it costs to
//! make, until it is put in anew. Bounded in bytes; what was used least lately goes first.

use crate::domain::forecast::Parameters;
use crate::domain::ids::ProgramId;
use crate::domain::metrics::Metric;
use chrono::NaiveDate;
use std::any::Any;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// What an entry was computed from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Stamp {
    pub program: ProgramId,
    /// The pulse of the program, and of what programs share where that matters.
    pub beat: (i64, i64),
    pub day: NaiveDate,
}

impl Stamp {
    /// For what is known of many days at once.
    #[must_use]
    pub const fn of_no_day(self) -> Self {
        Self { day: NaiveDate::MIN, ..self }
    }
}

/// What was computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum What {
    /// Of no day: what facts, and networks, are made of on many.
    History,
    Written,
    Facts,
    PlanFacts,
    Plan,
    Forecast(Parameters),
    PastForecasts,
    /// The odds of milestones that scenarios are held against.
    Odds,
    Roadmap,
    Network,
    Measure(Metric, i64),
    Health,
    /// Of every project.
    ProjectHealth,
    Changes(NaiveDate),
    Overview(NaiveDate),
    Summary,
    /// Whom and what forms and filters offer.
    Offered,
    /// The facts of all programs that hang together.
    Together,
}

type Held = Arc<dyn Any + Send + Sync>;

/// Of each there is one entry, whatever its beat.
type Key = (ProgramId, NaiveDate, What);

#[derive(Default)]
struct Entries {
    by_key: HashMap<Key, Entry>,
    /// Counts the uses.
    clock: u64,
    bytes: usize,
}

struct Entry {
    beat: (i64, i64),
    held: Held,
    bytes: usize,
    used: u64,
}

/// The cache of one process.
pub struct Cache {
    entries: Mutex<Entries>,
    limit: usize,
}

impl std::fmt::Debug for Cache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cache").field("limit", &self.limit).finish_non_exhaustive()
    }
}

impl Default for Cache {
    fn default() -> Self {
        Self::new(32 * 1024 * 1024)
    }
}

impl Cache {
    /// A cache of so many bytes, by what is said about each entry when it is put in.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self { entries: Mutex::default(), limit }
    }

    /// What was put in under the same stamp and name.
    #[must_use]
    pub fn get<T: Any + Send + Sync>(&self, stamp: Stamp, what: What) -> Option<Arc<T>> {
        self.find(stamp, what, |beat| beat == stamp.beat)
    }

    /// What was put in last under this name for the same program and day, at whichever beat.
    #[must_use]
    pub fn last<T: Any + Send + Sync>(&self, stamp: Stamp, what: What) -> Option<Arc<T>> {
        self.find(stamp, what, |_| true)
    }

    fn find<T: Any + Send + Sync>(
        &self,
        stamp: Stamp,
        what: What,
        serves: impl Fn((i64, i64)) -> bool,
    ) -> Option<Arc<T>> {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.clock += 1;
        let now = entries.clock;
        let entry = entries.by_key.get_mut(&(stamp.program, stamp.day, what))?;
        if !serves(entry.beat) {
            return None;
        }
        entry.used = now;
        Arc::clone(&entry.held).downcast().ok()
    }

    /// Keeps what was computed; `bytes` is about how large it is. It takes the place of what was computed at an earlier
    /// beat: nobody will ask for that again.
    pub fn put<T: Any + Send + Sync>(&self, stamp: Stamp, what: What, value: &Arc<T>, bytes: usize) {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let Entries { by_key, clock, bytes: total } = &mut *entries;
        *clock += 1;
        let key = (stamp.program, stamp.day, what);
        // Somebody who entered later may have been faster.
        if bytes > self.limit / 4 || by_key.get(&key).is_some_and(|entry| entry.beat > stamp.beat) {
            return;
        }
        let held: Held = Arc::<T>::clone(value);
        let entry = Entry { beat: stamp.beat, held, bytes, used: *clock };
        if let Some(before) = by_key.insert(key, entry) {
            *total -= before.bytes;
        }
        *total += bytes;
        while *total > self.limit {
            let oldest = by_key.iter().min_by_key(|(_, entry)| entry.used).map(|(key, _)| *key);
            let Some(gone) = oldest.and_then(|key| by_key.remove(&key)) else { break };
            *total -= gone.bytes;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn stamp(program: u128, beat: i64) -> Stamp {
        Stamp {
            program: ProgramId(Uuid::from_u128(program)),
            beat: (beat, 0),
            day: "2026-06-30".parse().unwrap(),
        }
    }

    #[test]
    fn what_was_computed_holds_until_the_pulse_moves() {
        let cache = Cache::new(1000);
        cache.put(stamp(1, 1), What::Health, &Arc::new(7_u32), 10);
        assert_eq!(cache.get::<u32>(stamp(1, 1), What::Health).as_deref(), Some(&7));
        assert!(cache.get::<u32>(stamp(1, 2), What::Health).is_none());
        assert_eq!(
            cache.last::<u32>(stamp(1, 2), What::Health).as_deref(),
            Some(&7),
            "to be brought up to date"
        );
        cache.put(stamp(1, 2), What::Health, &Arc::new(8_u32), 10);
        assert!(cache.get::<u32>(stamp(1, 1), What::Health).is_none(), "an earlier beat is let go");
        cache.put(stamp(1, 1), What::Health, &Arc::new(7_u32), 10);
        assert_eq!(
            cache.get::<u32>(stamp(1, 2), What::Health).as_deref(),
            Some(&8),
            "a late comer is too late"
        );
    }

    #[test]
    fn what_was_used_least_lately_goes_first() {
        let cache = Cache::new(100);
        for program in 1..=4 {
            cache.put(stamp(program, 1), What::Health, &Arc::new(0_u32), 25);
        }
        let there = |program| cache.get::<u32>(stamp(program, 1), What::Health).is_some();
        assert!(there(1));
        cache.put(stamp(5, 1), What::Health, &Arc::new(0_u32), 25);
        assert_eq!([1, 2, 3, 4, 5].map(there), [true, false, true, true, true]);
        cache.put(stamp(6, 1), What::Health, &Arc::new(0_u32), 26);
        assert!(!there(6), "nothing so large is kept");
    }
}
