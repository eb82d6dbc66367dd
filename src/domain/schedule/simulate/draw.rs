//! From uniform numbers to durations: quantile functions of three points, and what a project's items have in common.

use super::super::Estimate;
use super::random::LEAST;
use serde::{Deserialize, Serialize};
use std::sync::LazyLock;

/// How a duration spreads between its three points.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Distribution {
    /// Straight from the optimistic point up to the likely one and down to the pessimistic one.
    #[default]
    Triangular,
    /// The beta distribution of PERT: its mean is (optimistic + 4 × likely + pessimistic) / 6, its tails are thinner.
    Pert,
}

/// The quantile function of a duration, in minutes.
#[derive(Clone, Debug)]
pub(super) struct Spread {
    pub(super) low: i32,
    pub(super) above: Above,
}

/// What comes above the optimistic duration.
#[derive(Clone, Debug)]
pub(super) enum Above {
    Nothing,
    Triangle(Triangle),
    Table(Box<Table>),
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Triangle {
    /// The share below the likely duration.
    split: f32,
    /// Squares: of what comes above the low end at the share 1, and below the high end.
    rise: f32,
    fall: f32,
    high: f32,
}

/// Steps of a table of quantiles.
const STEPS: usize = 256;
/// Quantiles over the quantiles of a symmetric triangle, which has them dense where tails are.
pub(super) type Table = [f32; STEPS + 1];

/// Durations are rounded with numbers of this size, whose fraction has no room for less than a minute.
const WHOLE: f32 = 8_388_608.0;
/// The widest spread, in minutes: 16 years of the clock, 66 of working days.
const WIDEST: i32 = 8_388_600;

impl Spread {
    /// Points out of order are taken as the likely one; below zero there is nothing.
    #[expect(clippy::cast_precision_loss, reason = "a spread is below 2^23, which a float has exactly")]
    pub(super) fn new(estimate: Estimate, distribution: Distribution) -> Self {
        let likely = estimate.likely.max(0);
        let low = estimate.optimistic.clamp(0, likely);
        let width = (estimate.pessimistic.max(likely) - low).min(WIDEST);
        let mode = (likely - low).min(width);
        let above = if width == 0 {
            Above::Nothing
        } else {
            let (width, mode) = (width as f32, mode as f32);
            match distribution {
                Distribution::Triangular => Above::Triangle(Triangle {
                    split: mode / width,
                    rise: width * mode,
                    fall: width * (width - mode),
                    high: width,
                }),
                Distribution::Pert => Above::Table(Box::new(scaled(mode / width, width))),
            }
        };
        Self { low, above }
    }

    pub(super) const fn certain(duration: i32) -> Self {
        Self { low: duration, above: Above::Nothing }
    }

    /// The longest that it can be.
    pub(super) fn high(&self) -> i32 {
        self.quantile(1.0 - LEAST).saturating_add(1)
    }

    pub(super) const fn is_certain(&self) -> bool {
        matches!(self.above, Above::Nothing)
    }

    /// The duration below which a share of the runs is.
    #[expect(
        clippy::inline_always,
        reason = "compiled once for each set of vector instructions that its caller is compiled for"
    )]
    #[inline(always)]
    pub(super) fn quantile(&self, share: f32) -> i32 {
        match &self.above {
            Above::Nothing => self.low,
            Above::Triangle(triangle) => self.low + triangle.quantile(share),
            Above::Table(table) => self.low + looked_up(table, share),
        }
    }
}

/// A number from 0 to [`WIDEST`] to the nearest whole one.
#[expect(clippy::inline_always, reason = "as for the quantile")]
#[inline(always)]
const fn rounded(number: f32) -> i32 {
    ((number + WHOLE).to_bits() - WHOLE.to_bits()).cast_signed()
}

/// One of two numbers, by their bits: a branch here would be guessed wrong half of the time and keep lanes apart.
#[expect(clippy::inline_always, reason = "as for the quantile")]
#[inline(always)]
fn either(first: bool, one: f32, other: f32) -> f32 {
    let mask = u32::from(first).wrapping_neg();
    f32::from_bits((one.to_bits() & mask) | (other.to_bits() & !mask))
}

impl Triangle {
    #[expect(clippy::inline_always, reason = "as for the quantile")]
    #[inline(always)]
    pub(super) fn quantile(self, share: f32) -> i32 {
        let below = share < self.split;
        let root = either(below, share * self.rise, (1.0 - share) * self.fall).sqrt();
        rounded(either(below, root, self.high - root))
    }
}

/// The quantile of a table.
#[expect(clippy::inline_always, reason = "as for the quantile")]
#[inline(always)]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "the place is from 0 to 256"
)]
pub(super) fn looked_up(table: &Table, share: f32) -> i32 {
    let below = share < 0.5;
    let root = (either(below, share, 1.0 - share) * 0.5).sqrt();
    let place = either(below, root, 1.0 - root) * STEPS as f32;
    let step = (place as usize).min(STEPS - 1);
    let (from, to) = (table[step], table[step + 1]);
    rounded(from + (to - from) * (place - step as f32))
}

/// Shapes of the PERT distribution that are worked out, by where the likely duration is between the others.
const SHAPES: usize = 64;

/// Between two shapes the quantiles are interpolated, which keeps the mean exact, for it too is linear in the likely duration.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "the place is from 0 to 64"
)]
fn scaled(mode: f32, width: f32) -> Table {
    static TABLES: LazyLock<Vec<Table>> = LazyLock::new(|| (0..=SHAPES).map(pert).collect());
    let place = mode * SHAPES as f32;
    let shape = (place as usize).min(SHAPES - 1);
    let (left, right) = (&TABLES[shape], &TABLES[shape + 1]);
    let right_part = place - shape as f32;
    std::array::from_fn(|step| width * (left[step] + (right[step] - left[step]) * right_part))
}

/// The quantiles from 0 to 1 of the beta distribution with α = 1 + 4m and β = 5 − 4m, m being `shape` in 64ths: its density is
/// summed by Simpson's rule and the sum read backwards.
fn pert(shape: usize) -> Table {
    const CELLS: usize = 4096;
    let mode = shape as f64 / SHAPES as f64;
    let (alpha, beta) = (1.0 + 4.0 * mode, 5.0 - 4.0 * mode);
    let density = |x: f64| x.powf(alpha - 1.0) * (1.0 - x).powf(beta - 1.0);
    let mut sums = Vec::with_capacity(CELLS + 1);
    let mut sum = 0.0;
    sums.push(sum);
    let mut left = density(0.0);
    for cell in 0..CELLS {
        let at = |part: f64| (cell as f64 + part) / CELLS as f64;
        let right = density(at(1.0));
        sum += left + 4.0 * density(at(0.5)) + right;
        sums.push(sum);
        left = right;
    }
    let mut table = [0.0; STEPS + 1];
    let mut cell = 0;
    for (step, quantile) in table.iter_mut().enumerate().take(STEPS).skip(1) {
        let w = step as f64 / STEPS as f64;
        let share = if w < 0.5 { 2.0 * w * w } else { 1.0 - 2.0 * (1.0 - w) * (1.0 - w) };
        while sums[cell + 1] < share * sum {
            cell += 1;
        }
        let part = (share * sum - sums[cell]) / (sums[cell + 1] - sums[cell]);
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a table has the precision of what is read from it"
        )]
        let value = ((cell as f64 + part) / CELLS as f64) as f32;
        *quantile = value;
    }
    table[STEPS] = 1.0;
    table
}

/// What the durations of one project have in common: each is drawn by a weighted sum of the project's number and its own, and
/// the weights are such that the sums of two items have the asked correlation.
///
/// Both are uniform, so the sum's distribution is a trapezoid, whose distribution function makes it uniform again: exactly, and
/// without the logarithms and cosines of a normal factor.
#[derive(Clone, Copy, Debug)]
pub(super) struct Common {
    common: f32,
    own: f32,
    /// The smaller of the weights and the larger.
    small: f32,
    over_large: f32,
    over_corner: f32,
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
        for _ in 0..12 {
            let middle = f64::midpoint(from, to);
            if Self::weighted(middle).correlation() < asked { from = middle } else { to = middle }
        }
        Some(Self::weighted(to))
    }

    #[expect(clippy::cast_possible_truncation, reason = "weights from 0 to 1")]
    fn weighted(correlation: f64) -> Self {
        let (common, own) = (correlation.sqrt() as f32, (1.0 - correlation).sqrt() as f32);
        let (small, large) = if common < own { (common, own) } else { (own, common) };
        let over_corner = if small == 0.0 { 0.0 } else { 0.5 / (small * large) };
        Self { common, own, small, over_large: 1.0 / large, over_corner }
    }

    /// The correlation of the shares of two items: the variance of what is expected of one for a known number of the project, over
    /// the variance of a uniform number; by the midpoint rule.
    fn correlation(self) -> f64 {
        const CELLS: u8 = 48;
        let points = || (0..CELLS).map(|cell| (f32::from(cell) + 0.5) / f32::from(CELLS));
        let expected =
            |common| points().map(|own| f64::from(self.share(common, own))).sum::<f64>() / f64::from(CELLS);
        points().map(|common| (expected(common) - 0.5).powi(2)).sum::<f64>() / f64::from(CELLS) * 12.0
    }

    /// The share of an item, of the project's number and its own.
    #[expect(clippy::inline_always, reason = "as for the quantile")]
    #[inline(always)]
    pub(super) fn share(self, common: f32, own: f32) -> f32 {
        let sum = self.common * common + self.own * own;
        let rest = self.common + self.own - sum;
        let middle = (sum - 0.5 * self.small) * self.over_large;
        let share = either(sum < self.small, sum * sum * self.over_corner, middle);
        either(rest < self.small, 1.0 - rest * rest * self.over_corner, share).clamp(LEAST, 1.0 - LEAST)
    }
}

#[cfg(test)]
mod tests {
    use super::super::random::{Purpose, Stream};
    use super::*;

    const POINTS: Estimate = Estimate { optimistic: 4_800, likely: 7_200, pessimistic: 19_200 };

    fn mean(spread: &Spread, count: i32) -> f64 {
        let total: i64 =
            (0..count).map(|i| i64::from(spread.quantile((i as f32 + 0.5) / count as f32))).sum();
        total as f64 / f64::from(count)
    }

    #[test]
    fn a_triangle_has_the_quantiles_of_its_formula() {
        let spread = Spread::new(POINTS, Distribution::Triangular);
        // The likely duration has (m − a) / (b − a) = 1/6 below it; 1/4 of the way up the rise a sixteenth of that.
        assert_eq!(spread.quantile(1.0 / 6.0), 7_200);
        assert_eq!(spread.quantile(1.0 / 96.0), 4_800 + 600);
        // The half: b − √(½ (b − a)(b − m)) = 19,200 − √86,400,000.
        assert_eq!(spread.quantile(0.5), 9_905);
        assert!((mean(&spread, 20_000) - (4_800.0 + 7_200.0 + 19_200.0) / 3.0).abs() < 1.0);
    }

    #[test]
    fn the_mean_of_pert_is_a_sixth_of_o_4l_p() {
        for likely in [4_800, 4_900, 7_200, 9_999, 12_000, 18_000, 19_200] {
            let points = Estimate { likely, ..POINTS };
            let exact = f64::from(4_800 + 4 * likely + 19_200) / 6.0;
            let found = mean(&Spread::new(points, Distribution::Pert), 50_000);
            assert!((found - exact).abs() < 2.0, "{likely}: {found} for {exact}");
        }
    }

    #[test]
    fn pert_has_the_quantiles_of_the_beta_distribution() {
        // In the middle α = β = 3, whose distribution function is x³ (10 − 15x + 6x²): an oracle that needs no tables. At the
        // ends α or β is 1, and the quantile a fifth root.
        let width = 1_000_000;
        let spread =
            |likely| Spread::new(Estimate { optimistic: 0, likely, pessimistic: width }, Distribution::Pert);
        for percent in [1, 2, 5, 10, 25, 50, 75, 90, 95, 99] {
            let share = f64::from(percent) / 100.0;
            let x = f64::from(spread(width / 2).quantile(share as f32)) / f64::from(width);
            let below = x.powi(3) * (10.0 - 15.0 * x + 6.0 * x * x);
            assert!((below - share).abs() < 1e-4, "{percent} %: {x} has {below} below it");
            let first = f64::from(spread(0).quantile(share as f32)) / f64::from(width);
            assert!((first - (1.0 - (1.0 - share).powf(0.2))).abs() < 1e-4, "{percent} %: {first}");
            let last = f64::from(spread(width).quantile(share as f32)) / f64::from(width);
            assert!((last - share.powf(0.2)).abs() < 1e-4, "{percent} %: {last}");
        }
    }

    #[test]
    fn durations_stay_between_their_points_and_rise_with_the_share() {
        for distribution in [Distribution::Triangular, Distribution::Pert] {
            for likely in [4_800, 6_000, 19_200] {
                let spread = Spread::new(Estimate { likely, ..POINTS }, distribution);
                let all: Vec<_> = (1..1000).map(|i| spread.quantile(i as f32 / 1000.0)).collect();
                assert!(all.is_sorted());
                assert!(spread.quantile(LEAST) >= 4_800 && spread.quantile(1.0 - LEAST) <= 19_200);
            }
        }
    }

    #[test]
    fn points_out_of_order_do_no_harm() {
        let spread = |optimistic, likely, pessimistic| {
            Spread::new(Estimate { optimistic, likely, pessimistic }, Distribution::Triangular)
        };
        assert_eq!(spread(500, 480, 400).quantile(0.3), 480);
        assert_eq!(spread(-10, -5, -1).quantile(0.3), 0);
        assert!(spread(0, 0, i32::MAX).quantile(0.999) > 8_000_000);
        assert!(spread(480, 480, 480).is_certain());
    }

    #[test]
    fn what_is_in_common_correlates_as_asked_and_stays_uniform() {
        assert!(Common::new(0.0).is_none() && Common::new(f64::NAN).is_none());
        let stream = |index| Stream::new(11, Purpose::Duration, index);
        for asked in [0.01, 0.1, 0.3, 0.5, 0.8, 0.97, 1.0, 3.0] {
            let common = Common::new(asked).unwrap();
            let pairs: Vec<(f64, f64)> = (0..50_000)
                .map(|i| {
                    let project = stream(0).uniform(i);
                    let one = common.share(project, stream(1).uniform(i));
                    let other = common.share(project, stream(2).uniform(i));
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
