//! The few statistics that metrics need, each with its method named.

/// A count of days or items as a number to divide.
#[expect(clippy::cast_precision_loss, reason = "days and counts of items are far below 2^52")]
pub(in crate::domain) const fn float(count: i64) -> f64 {
    count as f64
}

/// A length as a number to divide.
#[expect(clippy::cast_precision_loss, reason = "numbers of items are far below 2^52")]
pub(in crate::domain) const fn float_len(count: usize) -> f64 {
    count as f64
}

/// The `percent`th percentile of values in ascending order, by linear interpolation between the closest ranks (the
/// method of spreadsheets' `PERCENTILE.INC`); at 50 it is the median. `None` for no values.
pub(in crate::domain) fn percentile(sorted: &[i64], percent: usize) -> Option<f64> {
    let position = sorted.len().checked_sub(1)? * percent.min(100);
    let low = float(*sorted.get(position / 100)?);
    let high = sorted.get(position / 100 + 1).map_or(low, |value| float(*value));
    Some(low + (high - low) * float_len(position % 100) / 100.0)
}

/// The median of values in ascending order: the mean of the two in the middle where there are two. `None` for no values.
#[must_use]
pub fn median(sorted: &[i64]) -> Option<f64> {
    percentile(sorted, 50)
}

/// The arithmetic mean; `None` for no values.
pub(in crate::domain) fn mean(values: &[i64]) -> Option<f64> {
    (!values.is_empty()).then(|| float(values.iter().sum()) / float_len(values.len()))
}

/// Fewest points for which a slope says anything.
pub(in crate::domain) const LEAST_POINTS: usize = 4;

/// The slope, per step, of the line of least squares through equally spaced points; points without a value are left
/// out. `None` with fewer than [`LEAST_POINTS`].
pub(in crate::domain) fn slope(points: &[Option<f64>]) -> Option<f64> {
    let known = || points.iter().enumerate().filter_map(|(x, y)| y.map(|y| (float_len(x), y)));
    let count = known().count();
    if count < LEAST_POINTS {
        return None;
    }
    let (sum_x, sum_y) = known().fold((0.0, 0.0), |(sx, sy), (x, y)| (sx + x, sy + y));
    let (mean_x, mean_y) = (sum_x / float_len(count), sum_y / float_len(count));
    let (covariance, variance) = known().fold((0.0, 0.0), |(c, v), (x, y)| {
        (c + (x - mean_x) * (y - mean_y), v + (x - mean_x) * (x - mean_x))
    });
    Some(covariance / variance)
}

/// How many ages fall in 0–7, 8–14, 15–21, 22–30 and more than 30 days.
pub(in crate::domain) fn age_bucket(days: i64) -> usize {
    match days {
        ..=7 => 0,
        8..=14 => 1,
        15..=21 => 2,
        22..=30 => 3,
        _ => 4,
    }
}

/// The names of the buckets of [`age_bucket`], in days.
pub const AGE_BUCKETS: [&str; 5] = ["0–7", "8–14", "15–21", "22–30", "> 30"];

/// A number with at most one decimal, and none where it is whole.
pub(in crate::domain) fn short(number: f64) -> String {
    // Adding 0 turns −0 into 0.
    let rounded = (number * 10.0).round() / 10.0 + 0.0;
    if rounded.fract() == 0.0 { format!("{rounded:.0}") } else { format!("{rounded:.1}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_interpolate_between_the_closest_ranks() {
        assert_eq!(percentile(&[], 50), None);
        assert_eq!(percentile(&[7], 80), Some(7.0));
        assert_eq!(percentile(&[0, 1, 6], 50), Some(1.0));
        assert_eq!(percentile(&[1, 2, 3, 4], 50), Some(2.5));
        assert_eq!(percentile(&[0, 10, 20, 30, 40, 50], 80), Some(40.0));
        assert_eq!(percentile(&[0, 10], 85), Some(8.5));
        assert_eq!(percentile(&[0, 10], 100), Some(10.0));
    }

    #[test]
    fn a_slope_needs_four_points_and_skips_those_without_a_value() {
        assert_eq!(slope(&[Some(1.0), Some(2.0), Some(3.0)]), None);
        assert_eq!(slope(&[Some(1.0), None, Some(3.0), Some(4.0), Some(5.0)]), Some(1.0));
        assert_eq!(slope(&[Some(0.5); 7]), Some(0.0));
    }

    #[test]
    fn numbers_are_short() {
        let shown = [80.0, 33.333, -0.04, 2.5].map(short);
        assert_eq!(shown, ["80", "33.3", "0", "2.5"]);
    }
}
