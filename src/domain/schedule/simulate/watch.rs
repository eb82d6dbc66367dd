//! A simulation seen from outside while it runs: how far it is, and the way to stop it.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// What a simulation tells while it runs. Stopped, it ends within the batch that each thread is at: milliseconds.
#[derive(Debug, Default)]
pub struct Watch {
    of: AtomicU64,
    done: AtomicU64,
    stopped: AtomicBool,
}

impl Watch {
    /// The share that is done, from 0 to 1. It never falls.
    #[must_use]
    pub fn share(&self) -> f64 {
        let of = self.of.load(Ordering::Relaxed);
        let done = self.done.load(Ordering::Relaxed).min(of);
        if of == 0 { 0.0 } else { done as f64 / of as f64 }
    }

    /// Ends the simulation, or keeps it from beginning.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    /// There are so many iterations to be done.
    pub(super) fn begin(&self, iterations: u64) {
        self.of.store(iterations, Ordering::Relaxed);
    }

    /// So many more are done.
    pub(super) fn add(&self, iterations: u64) {
        self.done.fetch_add(iterations, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{chain, of};
    use super::super::{Asked, simulate, simulate_watched};
    use super::*;
    use crate::domain::schedule::Error;
    use std::num::NonZero;

    #[test]
    fn what_is_stopped_ends_in_the_middle_and_has_no_result() {
        let watch = Watch::default();
        // Unwatched it would take minutes.
        let asked = Asked { iterations: NonZero::new(8_000_000).unwrap(), ..of(39) };
        let network = chain(40);
        let ended = std::thread::scope(|scope| {
            let run = scope.spawn(|| simulate_watched(&network, &asked, &watch));
            while watch.share() == 0.0 {
                std::thread::yield_now();
            }
            watch.stop();
            run.join().unwrap()
        });
        assert_eq!(ended, Err(Error::Stopped));
        assert!(watch.share() < 0.5, "{}", watch.share());
        let never = Watch::default();
        never.stop();
        assert_eq!(simulate_watched(&network, &of(39), &never), Err(Error::Stopped));
        assert_eq!(never.share().to_bits(), 0.0_f64.to_bits());
    }

    #[test]
    fn watched_it_comes_to_the_same_and_tells_that_it_is_done() {
        let (network, watch) = (chain(12), Watch::default());
        assert_eq!(
            simulate_watched(&network, &of(11), &watch).unwrap(),
            simulate(&network, &of(11)).unwrap()
        );
        assert_eq!(watch.share().to_bits(), 1.0_f64.to_bits());
    }
}
