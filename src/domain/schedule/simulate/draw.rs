//! From uniform numbers to durations: quantile functions of three points.

use super::super::Estimate;
use super::random::LEAST;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

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
    /// The width, and its quantiles from 0 to 1.
    Table(f32, Arc<Table>),
}

/// Tables that are made already, by the share of the width that is below the likely duration: spreads that are alike share one, which
/// then stays near to the processor.
#[derive(Default)]
pub(super) struct Tables(HashMap<u32, Arc<Table>>);

impl Tables {
    fn of(&mut self, mode: f32) -> Arc<Table> {
        Arc::clone(self.0.entry(mode.to_bits()).or_insert_with(|| Arc::new(shaped(mode))))
    }
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
pub(super) const STEPS: usize = 256;
/// Quantiles over the quantiles of a symmetric triangle, which has them dense where tails are.
pub(super) type Table = [f32; STEPS + 1];

/// Durations are rounded with numbers of this size, whose fraction has no room for less than a minute.
const WHOLE: f32 = 8_388_608.0;
/// The widest spread, in minutes: 16 years of the clock, 66 of working days.
pub(super) const WIDEST: i32 = 8_388_600;

impl Spread {
    /// Points out of order are taken as the likely one; below zero there is nothing.
    #[expect(clippy::cast_precision_loss, reason = "a spread is below 2^23, which a float has exactly")]
    pub(super) fn new(estimate: Estimate, distribution: Distribution, tables: &mut Tables) -> Self {
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
                Distribution::Pert => Above::Table(width, tables.of(mode / width)),
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
            Above::Table(width, table) => self.low + looked_up(*width, table, &[share])[0],
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

/// The quantiles of a table, stretched to a width in minutes, at the shares of a batch.
#[expect(clippy::inline_always, reason = "as for the quantile")]
#[inline(always)]
pub(super) fn looked_up<const L: usize>(width: f32, table: &Table, shares: &[f32; L]) -> [i32; L] {
    let quantiles = interpolated(table, shares);
    let mut minutes = [0; L];
    for (minutes, quantile) in minutes.iter_mut().zip(&quantiles) {
        *minutes = rounded(width * quantile);
    }
    minutes
}

#[expect(clippy::inline_always, reason = "as for the quantile")]
#[inline(always)]
pub(super) fn interpolated<const L: usize>(table: &Table, shares: &[f32; L]) -> [f32; L] {
    let mut places = [0.0; L];
    for (place, &share) in places.iter_mut().zip(shares) {
        let below = share < 0.5;
        let root = (either(below, share, 1.0 - share) * 0.5).sqrt();
        *place = either(below, root, 1.0 - root) * STEPS as f32;
    }
    between(table, &places)
}

/// The values at places between two entries of a table; the ends of the table where a place is beyond. The table has a power of two
/// of steps: an index is cut to it, which costs less than its check. The loops are apart so that all but the reading is done by vector
/// instructions.
#[expect(clippy::inline_always, reason = "as for the quantile")]
#[inline(always)]
pub(super) fn between<const N: usize, const L: usize>(table: &[f32; N], places: &[f32; L]) -> [f32; L] {
    const { assert!((N - 1).is_power_of_two()) };
    let mut steps = [0_u32; L];
    let mut parts = [0.0; L];
    for ((step, part), place) in steps.iter_mut().zip(&mut parts).zip(places) {
        let place = place.max(0.0).min((N - 1) as f32);
        // To the nearest of what is half a step less, which is the step or, on the next one, it or that.
        let whole = (place - 0.5).max(0.0).min((N - 2) as f32) + WHOLE;
        *step = whole.to_bits();
        *part = place - (whole - WHOLE);
    }
    let [mut from, mut to] = [[0.0; L]; 2];
    for ((from, to), step) in from.iter_mut().zip(&mut to).zip(&steps) {
        let step = *step as usize & (N - 2);
        (*from, *to) = (table[step], table[step + 1]);
    }
    for ((from, to), part) in from.iter_mut().zip(&to).zip(&parts) {
        *from += (to - *from) * part;
    }
    from
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
fn shaped(mode: f32) -> Table {
    static TABLES: LazyLock<Vec<Table>> = LazyLock::new(|| (0..=SHAPES).map(pert).collect());
    let place = mode * SHAPES as f32;
    let shape = (place as usize).min(SHAPES - 1);
    let (left, right) = (&TABLES[shape], &TABLES[shape + 1]);
    let right_part = place - shape as f32;
    std::array::from_fn(|step| left[step] + (right[step] - left[step]) * right_part)
}

/// The share whose quantile a table has at a step.
pub(super) fn share_at(step: usize) -> f64 {
    let w = step as f64 / STEPS as f64;
    if w < 0.5 { 2.0 * w * w } else { 1.0 - 2.0 * (1.0 - w) * (1.0 - w) }
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
        let share = share_at(step);
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

#[cfg(test)]
#[expect(clippy::cast_possible_truncation, reason = "numbers of the test")]
mod tests {
    use super::*;

    const POINTS: Estimate = Estimate { optimistic: 4_800, likely: 7_200, pessimistic: 19_200 };

    fn spread(estimate: Estimate, distribution: Distribution) -> Spread {
        Spread::new(estimate, distribution, &mut Tables::default())
    }

    fn mean(spread: &Spread, count: i32) -> f64 {
        let total: i64 =
            (0..count).map(|i| i64::from(spread.quantile((i as f32 + 0.5) / count as f32))).sum();
        total as f64 / f64::from(count)
    }

    #[test]
    fn a_triangle_has_the_quantiles_of_its_formula() {
        let spread = spread(POINTS, Distribution::Triangular);
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
            let found = mean(&spread(points, Distribution::Pert), 50_000);
            assert!((found - exact).abs() < 2.0, "{likely}: {found} for {exact}");
        }
    }

    #[test]
    fn pert_has_the_quantiles_of_the_beta_distribution() {
        // In the middle α = β = 3, whose distribution function is x³ (10 − 15x + 6x²): an oracle that needs no tables. At the
        // ends α or β is 1, and the quantile a fifth root.
        let width = 1_000_000;
        let spread =
            |likely| spread(Estimate { optimistic: 0, likely, pessimistic: width }, Distribution::Pert);
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
                let spread = spread(Estimate { likely, ..POINTS }, distribution);
                let all: Vec<_> = (1..1000).map(|i| spread.quantile(i as f32 / 1000.0)).collect();
                assert!(all.is_sorted());
                assert!(spread.quantile(LEAST) >= 4_800 && spread.quantile(1.0 - LEAST) <= 19_200);
            }
        }
    }

    #[test]
    fn points_out_of_order_do_no_harm() {
        let spread = |optimistic, likely, pessimistic| {
            spread(Estimate { optimistic, likely, pessimistic }, Distribution::Triangular)
        };
        assert_eq!(spread(500, 480, 400).quantile(0.3), 480);
        assert_eq!(spread(-10, -5, -1).quantile(0.3), 0);
        assert!(spread(0, 0, i32::MAX).quantile(0.999) > 8_000_000);
        assert!(spread(480, 480, 480).is_certain());
    }
}
