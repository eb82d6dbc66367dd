//! The iterations, over all cores. Batches are taken as threads come for them; what each leaves has its own place or is a
//! sum of counts, so the results are the same for any number of threads.

use super::lanes::{Batch, Tally};
use super::program::Program;
use super::watch::Watch;
use std::num::NonZero;
use std::sync::{Mutex, PoisonError};

/// Lanes of a batch: the ends of a thousand steps take half of a core's cache of the second level.
const LANES: usize = 64;
/// With more steps than this, fewer lanes.
const MANY_STEPS: usize = 4_000;
const FEW_LANES: usize = 16;

/// The finishes of some steps, in all iterations.
pub(super) struct Samples {
    /// Batch after batch, step after step.
    values: Vec<i32>,
    lanes: usize,
    steps: usize,
    iterations: usize,
}

impl Samples {
    /// The finishes of the nth of the steps asked for, on its axis, in the order of the iterations.
    pub(super) fn of(&self, nth: usize) -> Vec<i32> {
        let batches = self.values.chunks(self.lanes * self.steps);
        let mut values: Vec<i32> =
            batches.flat_map(|batch| &batch[nth * self.lanes..(nth + 1) * self.lanes]).copied().collect();
        values.truncate(self.iterations);
        values
    }
}

/// What the iterations leave.
pub(super) struct Ran {
    pub(super) samples: Samples,
    pub(super) tally: Tally,
}

/// Runs all iterations: keeps the finishes of `kept` steps and counts what decides the finish of `target`, a step.
pub(super) fn run(
    program: &Program,
    kept: &[usize],
    target: Option<usize>,
    iterations: u32,
    threads: usize,
    watch: &Watch,
) -> Ran {
    if program.steps.len() > MANY_STEPS {
        run_in::<FEW_LANES>(program, kept, target, iterations, threads, watch)
    } else {
        run_in::<LANES>(program, kept, target, iterations, threads, watch)
    }
}

pub(super) fn run_in<const L: usize>(
    program: &Program,
    kept: &[usize],
    target: Option<usize>,
    iterations: u32,
    threads: usize,
    watch: &Watch,
) -> Ran {
    let count = iterations as usize;
    let batches = count.div_ceil(L);
    let arch = pulp::Arch::new();
    let mut values = vec![0; batches * L * kept.len().max(1)];
    let tally = Mutex::new(Tally::new(program));
    in_parallel(
        threads,
        values.chunks_mut(L * kept.len().max(1)).enumerate(),
        || (Batch::<L>::new(program), Tally::new(program)),
        |(batch, tally), (number, values)| {
            // What is stopped has no result: the batches that are left aren't made.
            if watch.is_stopped() {
                return;
            }
            let first = number * L;
            // Iterations are counted in 32 bits.
            let iteration = u32::try_from(first).unwrap_or(u32::MAX);
            let valid = (count - first).min(L);
            arch.dispatch(Iterations { program, batch, tally, target, first: iteration, count: valid });
            for (values, step) in values.chunks_exact_mut(L).zip(kept) {
                values.copy_from_slice(batch.finishes(*step));
            }
            watch.add(u64::try_from(valid).unwrap_or_default());
        },
        |(_, counted)| tally.lock().unwrap_or_else(PoisonError::into_inner).add(&counted),
    );
    Ran {
        samples: Samples { values, lanes: L, steps: kept.len().max(1), iterations: count },
        tally: tally.into_inner().unwrap_or_else(PoisonError::into_inner),
    }
}

/// One batch, to be done with the best vector instructions that the machine has.
struct Iterations<'a, const L: usize> {
    program: &'a Program,
    batch: &'a mut Batch<L>,
    tally: &'a mut Tally,
    target: Option<usize>,
    first: u32,
    count: usize,
}

impl<const L: usize> pulp::WithSimd for Iterations<'_, L> {
    type Output = ();

    #[expect(clippy::inline_always, reason = "only what is inlined is compiled for the instructions")]
    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _: S) {
        self.batch.forward(self.program, self.first);
        if let Some(target) = self.target {
            self.batch.backward(self.program, target, self.count, self.tally);
        }
    }
}

/// As many threads as there are cores, unless told.
pub(super) fn threads(asked: Option<NonZero<usize>>) -> usize {
    asked.or_else(|| std::thread::available_parallelism().ok()).map_or(1, NonZero::get)
}

/// Does each of the jobs on one of the threads. A thread makes itself a bench to work at, and clears it when no job is left.
pub(super) fn in_parallel<J: Send, B>(
    threads: usize,
    jobs: impl ExactSizeIterator<Item = J> + Send,
    bench: impl Fn() -> B + Sync,
    work: impl Fn(&mut B, J) + Sync,
    clear: impl Fn(B) + Sync,
) {
    let threads = threads.min(jobs.len());
    let queue = Mutex::new(jobs);
    let worker = || {
        let mut at = bench();
        loop {
            let job = queue.lock().unwrap_or_else(PoisonError::into_inner).next();
            let Some(job) = job else { break };
            work(&mut at, job);
        }
        clear(at);
    };
    std::thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(worker);
        }
        worker();
    });
}
