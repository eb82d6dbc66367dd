//! Random numbers that are counted, not drawn one after another: the number of an iteration is a function of the seed, of what
//! it is for and of the iteration. So any thread can make any of them, in any order, and make them again later.

/// What a stream of numbers is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// How long an item takes.
    Duration,
    /// What a project's items have in common.
    Factor,
    /// Whether a risk occurs.
    Occurrence,
    /// How much a risk that occurs delays.
    Effect,
}

/// The numbers of one purpose and one index, one an iteration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Stream {
    /// Two keys, so that two streams aren't the same numbers from another iteration on.
    first: u32,
    second: u32,
}

/// The finaliser of `SplitMix64` (Steele, Lea and Flood, 2014): every bit of the input moves about half of the output's.
const fn mixed(mut word: u64) -> u64 {
    word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    word ^ (word >> 31)
}

/// 2^64 over the golden ratio.
const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

impl Stream {
    pub(super) const fn new(seed: u64, purpose: Purpose, index: u32) -> Self {
        let what = ((purpose as u64) << 32) | index as u64;
        let key =
            mixed(mixed(seed.wrapping_add(GOLDEN)) ^ mixed(what.wrapping_mul(GOLDEN).wrapping_add(GOLDEN)));
        Self { first: (key >> 32) as u32, second: (key & 0xFFFF_FFFF) as u32 }
    }

    /// 32 random bits. Two rounds of multiplication and shift (Wellons's `lowbias32`), the second key between them: as many
    /// operations as four lanes of a vector can do in a nanosecond.
    #[expect(
        clippy::inline_always,
        reason = "compiled once for each set of vector instructions that its caller is compiled for"
    )]
    #[inline(always)]
    pub(super) const fn bits(self, iteration: u32) -> u32 {
        let mut word = iteration ^ self.first;
        word = (word ^ (word >> 16)).wrapping_mul(0x21F0_AAAD);
        word = (word ^ (word >> 15)).wrapping_add(self.second).wrapping_mul(0xD35A_2D97);
        word ^ (word >> 15)
    }

    /// A number above 0 and below 1, in steps of 2^-23 and never nearer than 2^-24 to either.
    #[expect(clippy::inline_always, reason = "as for the bits")]
    #[inline(always)]
    pub(super) const fn uniform(self, iteration: u32) -> f32 {
        // 23 bits as the fraction of a number from 1 to 2: both sums are exact.
        f32::from_bits(0x3F80_0000 | (self.bits(iteration) >> 9)) - 1.0 + LEAST
    }

    /// The numbers of a batch of iterations.
    #[expect(clippy::inline_always, reason = "as for the bits")]
    #[inline(always)]
    pub(super) fn uniforms<const L: usize>(self, first: u32) -> [f32; L] {
        let mut numbers = [0.0; L];
        for (number, iteration) in numbers.iter_mut().zip(first..) {
            *number = self.uniform(iteration);
        }
        numbers
    }
}

/// The least uniform number; 1 − this is the greatest.
pub(super) const LEAST: f32 = 1.0 / 16_777_216.0;

#[cfg(test)]
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "numbers of the test")]
mod tests {
    use super::*;

    fn correlation(pairs: impl Iterator<Item = (f32, f32)> + Clone) -> f64 {
        let count = pairs.clone().count() as f64;
        // Of uniform numbers: means of a half, variances of a twelfth.
        pairs.map(|(a, b)| (f64::from(a) - 0.5) * (f64::from(b) - 0.5)).sum::<f64>() / count * 12.0
    }

    #[test]
    fn numbers_are_the_same_whenever_they_are_made() {
        let stream = Stream::new(7, Purpose::Duration, 3);
        let forth: Vec<_> = (0..100).map(|i| stream.bits(i)).collect();
        let mut back: Vec<_> = (0..100).rev().map(|i| Stream::new(7, Purpose::Duration, 3).bits(i)).collect();
        back.reverse();
        assert_eq!(forth, back);
    }

    #[test]
    fn seeds_purposes_and_indexes_have_streams_of_their_own() {
        let mut streams = std::collections::HashSet::new();
        for seed in 0..20 {
            for index in 0..500 {
                for purpose in [Purpose::Duration, Purpose::Factor, Purpose::Occurrence, Purpose::Effect] {
                    let stream = Stream::new(seed, purpose, index);
                    assert!(streams.insert((stream.first, stream.second)), "{seed} {purpose:?} {index}");
                }
            }
        }
    }

    #[test]
    fn numbers_are_uniform() {
        // Chi-squared over 100 bins of 100,000 numbers: 99 degrees of freedom, above 149 in one of a thousand streams.
        for index in 0..40 {
            let stream = Stream::new(1, Purpose::Duration, index);
            let mut bins = [0_i32; 100];
            for iteration in 0..100_000 {
                let number = stream.uniform(iteration);
                assert!(number > 0.0 && number < 1.0);
                bins[(number * 100.0) as usize] += 1;
            }
            let chi: f64 = bins.iter().map(|n| f64::from(n - 1000).powi(2) / 1000.0).sum();
            assert!((50.0..165.0).contains(&chi), "stream {index}: {chi}");
        }
    }

    #[test]
    fn streams_and_iterations_do_not_follow_each_other() {
        // The correlation of 10,000 independent pairs has a deviation of 0.01; of 4,950 pairs of streams the worst is near 4 deviations.
        let streams: Vec<_> = (0..100).map(|index| Stream::new(2, Purpose::Duration, index)).collect();
        for (place, a) in streams.iter().enumerate() {
            for b in &streams[..place] {
                let r = correlation((0..10_000).map(|i| (a.uniform(i), b.uniform(i))));
                assert!(r.abs() < 0.05, "{a:?} {b:?}: {r}");
            }
            for step in [1, 2, 7, 64, 256] {
                let r = correlation((0..10_000).map(|i| (a.uniform(i), a.uniform(i + step))));
                assert!(r.abs() < 0.05, "{a:?} after {step}: {r}");
            }
        }
    }

    #[test]
    fn the_sum_of_many_streams_spreads_as_independent_numbers_do() {
        // 1,000 streams, 2,000 iterations: the variance of the sum is 1,000/12, its estimate within 3.2 % in one deviation.
        let streams: Vec<_> = (0..1000).map(|index| Stream::new(3, Purpose::Duration, index)).collect();
        let sums: Vec<f64> =
            (0..2000).map(|i| streams.iter().map(|s| f64::from(s.uniform(i)) - 0.5).sum()).collect();
        let variance = sums.iter().map(|s| s * s).sum::<f64>() / 2000.0;
        assert!((variance * 12.0 / 1000.0 - 1.0).abs() < 0.13, "{variance}");
    }
}
