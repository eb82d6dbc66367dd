//! What the durations of one project have in common.
//!
//! Each is drawn by a weighted sum of the project's number and its own; the project's is normal, so that sums of many durations,
//! which it decides, have the tails that sums have. The own number is uniform, which saves the logarithms that a normal one for each
//! duration would cost, and shows in nothing that is summed. The sum's distribution function, from a table, makes it a share again;
//! so each duration has exactly its own distribution, whatever the correlation.

use super::draw::{STEPS, Table, between, interpolated, share_at};
use super::random::LEAST;
use std::sync::{Arc, LazyLock};

/// The distribution function of the weighted sum, from −[`END`] to [`END`].
type Sums = [f32; CELLS + 1];
const CELLS: usize = 1024;
const END: f32 = 6.0;
/// Of a uniform number with the variance 1.
const HALF_WIDTH: f64 = 1.732_050_807_568_877_2;

#[derive(Clone, Debug)]
pub(super) struct Common {
    /// The weight of the project's number.
    shared: f32,
    /// The weight of the item's own number, times the width that gives it the variance 1.
    own: f32,
    sums: Arc<Sums>,
}

/// The project's numbers: normal, of uniform ones.
#[inline(always)]
pub(super) fn normal<const L: usize>(shares: &[f32; L]) -> [f32; L] {
    static QUANTILES: LazyLock<Table> = LazyLock::new(|| {
        std::array::from_fn(|step| match step {
            0 => -5.5,
            STEPS => 5.5,
            _ => quantile(share_at(step)),
        })
    });
    interpolated(&QUANTILES, shares)
}

impl Common {
    /// `None` where there is nothing in common. A correlation outside of 0 to 1 is taken as the nearest of them.
    pub(super) fn new(correlation: f64) -> Option<Self> {
        // Below a thousandth it can't be seen.
        if correlation.is_nan() || correlation < 0.001 {
            return None;
        }
        // The shares correlate a little less than the sums do, so the sums' correlation is sought, by halves.
        let asked = correlation.min(1.0);
        let (mut from, mut to) = (asked, (asked + 0.1).min(1.0));
        for _ in 0..10 {
            let middle = f64::midpoint(from, to);
            if shares_correlate(middle) < asked { from = middle } else { to = middle }
        }
        let (common, own) = weights(to);
        #[expect(clippy::cast_possible_truncation, reason = "weights and shares from 0 to 1")]
        let sums = std::array::from_fn(|cell| {
            below((cell as f64 / CELLS as f64 * 2.0 - 1.0) * f64::from(END), common, own) as f32
        });
        #[expect(clippy::cast_possible_truncation, reason = "as above")]
        Some(Self { shared: common as f32, own: (own * 2.0 * HALF_WIDTH) as f32, sums: Arc::new(sums) })
    }

    /// The shares of an item, of the project's numbers and its own.
    #[expect(clippy::inline_always, reason = "compiled for the vector instructions of its caller")]
    #[inline(always)]
    pub(super) fn shares<const L: usize>(&self, common: &[f32; L], own: &[f32; L]) -> [f32; L] {
        let mut places = [0.0; L];
        for ((place, common), own) in places.iter_mut().zip(common).zip(own) {
            let sum = self.shared * common + self.own * (own - 0.5);
            *place = (sum + END) * (CELLS as f32 / (2.0 * END));
        }
        let mut shares = between(&self.sums, &places);
        for share in &mut shares {
            *share = share.clamp(LEAST, 1.0 - LEAST);
        }
        shares
    }
}

fn weights(correlation: f64) -> (f64, f64) {
    (correlation.sqrt(), (1.0 - correlation).sqrt())
}

/// The correlation of the shares of two items whose sums have one: the variance of what is expected of a share where the project's
/// number is known, over the variance of a uniform number.
fn shares_correlate(correlation: f64) -> f64 {
    const POINTS: i32 = 24;
    let (common, own) = weights(correlation);
    let [mut variance, mut all] = [0.0; 2];
    for point in -POINTS..=POINTS {
        let number = f64::from(point) * 4.5 / f64::from(POINTS);
        let expected = (0..POINTS).map(|cell| {
            let own_number = ((f64::from(cell) + 0.5) / f64::from(POINTS) * 2.0 - 1.0) * HALF_WIDTH;
            below(common * number + own * own_number, common, own)
        });
        let expected = expected.sum::<f64>() / f64::from(POINTS);
        variance += density(number) * (expected - 0.5) * (expected - 0.5);
        all += density(number);
    }
    variance / all * 12.0
}

/// The distribution function of the sum of a normal and a uniform number, both of variance 1, with their weights.
fn below(sum: f64, common: f64, own: f64) -> f64 {
    let half = own * HALF_WIDTH;
    if half < 1e-4 {
        return normal_below(sum / common);
    }
    // The integral of the normal distribution function.
    let integral = |x: f64| x * normal_below(x) + density(x);
    common / (2.0 * half) * (integral((sum + half) / common) - integral((sum - half) / common))
}

fn density(x: f64) -> f64 {
    (-0.5 * x * x).exp() / (2.0 * std::f64::consts::PI).sqrt()
}

/// The normal distribution function, within 10^-7 (Abramowitz and Stegun, 26.2.17).
fn normal_below(x: f64) -> f64 {
    let t = 1.0 / (1.0 + 0.231_641_9 * x.abs());
    let series = [1.330_274_429, -1.821_255_978, 1.781_477_937, -0.356_563_782, 0.319_381_530];
    let above = density(x) * series.iter().fold(0.0, |sum, factor| (sum + factor) * t);
    if x < 0.0 { above } else { 1.0 - above }
}

/// Its inverse, by halves.
fn quantile(share: f64) -> f32 {
    let (mut from, mut to) = (-6.0, 6.0);
    for _ in 0..40 {
        let middle = f64::midpoint(from, to);
        if normal_below(middle) < share { from = middle } else { to = middle }
    }
    #[expect(clippy::cast_possible_truncation, reason = "a table has the precision of what is read from it")]
    let found = to as f32;
    found
}

#[cfg(test)]
mod tests {
    use super::super::random::{Purpose, Stream};
    use super::*;

    #[test]
    fn the_project_s_number_is_normal() {
        // Quantiles from tables of the normal distribution.
        for (share, known) in
            [(0.5, 0.0), (0.841_345, 1.0), (0.975, 1.959_964), (0.001, -3.090_232), (0.999_968_33, 4.0)]
        {
            let [found] = normal(&[share]);
            assert!((found - known).abs() < 4e-3, "{share}: {found}");
        }
    }

    #[test]
    fn what_is_in_common_correlates_as_asked_and_stays_uniform() {
        assert!(Common::new(0.0).is_none() && Common::new(f64::NAN).is_none());
        let stream = |index| Stream::new(11, Purpose::Duration, index);
        for asked in [0.01, 0.1, 0.3, 0.5, 0.8, 0.97, 1.0, 3.0] {
            let common = Common::new(asked).unwrap();
            let pairs: Vec<(f64, f64)> = (0..50_000)
                .map(|i| {
                    let project = normal(&[stream(0).uniform(i)]);
                    let [one] = common.shares(&project, &[stream(1).uniform(i)]);
                    let [other] = common.shares(&project, &[stream(2).uniform(i)]);
                    (f64::from(one), f64::from(other))
                })
                .collect();
            let r = pairs.iter().map(|(a, b)| (a - 0.5) * (b - 0.5)).sum::<f64>() / 50_000.0 * 12.0;
            assert!((r - asked.min(1.0)).abs() < 0.02, "{asked}: {r}");
            let mut sorted: Vec<f64> = pairs.iter().map(|(a, _)| *a).collect();
            sorted.sort_by(f64::total_cmp);
            // Kolmogorov and Smirnov: 1.95 / √n in one of a thousand.
            let off = sorted.iter().enumerate().map(|(i, a)| (a - i as f64 / 50_000.0).abs());
            assert!(off.fold(0.0, f64::max) < 0.0095, "{asked}");
        }
    }
}
