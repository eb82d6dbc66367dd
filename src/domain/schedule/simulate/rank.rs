//! Samples in order: quantiles, shares, ranks.

/// Values in ascending order, by their bits from the least: of ten thousand samples of a date two or three passes, each
/// cheaper than one comparison of all.
pub(super) fn sorted(values: &[i32]) -> Vec<i32> {
    let least = values.iter().copied().min().unwrap_or(0);
    let mut offsets: Vec<u32> = values.iter().map(|value| value.abs_diff(least)).collect();
    by_digits(&mut offsets, |offset| *offset);
    offsets.into_iter().map(|offset| least.wrapping_add_unsigned(offset)).collect()
}

/// Sorts by a key, equal keys in the order they had.
fn by_digits<T: Copy + Default>(values: &mut Vec<T>, key: impl Fn(&T) -> u32) {
    const BITS: u32 = 11;
    const MASK: u32 = (1 << BITS) - 1;
    let greatest = values.iter().map(&key).max().unwrap_or(0);
    let mut other = vec![T::default(); values.len()];
    let mut shift = 0;
    while shift < u32::BITS && greatest >> shift > 0 {
        let digit = |value: &T| ((key(value) >> shift) & MASK) as usize;
        let mut places = [0; 1 << BITS];
        for value in values.iter() {
            places[digit(value)] += 1;
        }
        let mut sum = 0;
        for place in &mut places {
            sum += std::mem::replace(place, sum);
        }
        for value in values.iter() {
            let place = &mut places[digit(value)];
            other[*place] = *value;
            *place += 1;
        }
        std::mem::swap(values, &mut other);
        shift += BITS;
    }
}

/// The place of the least of the sorted values that `percent` of them don't exceed.
pub(super) const fn place(count: usize, percent: usize) -> usize {
    (count * percent).div_ceil(100).saturating_sub(1)
}

/// The least value that `percent` of the sorted values don't exceed, itself one of them.
pub(super) fn quantile(sorted: &[i32], percent: usize) -> i32 {
    sorted.get(place(sorted.len(), percent)).copied().unwrap_or(0)
}

/// What share of the sorted values is at most `value`.
pub(super) fn share(sorted: &[i32], value: i32) -> f64 {
    let below = sorted.partition_point(|sample| *sample <= value);
    below as f64 / sorted.len().max(1) as f64
}

/// Ranks less their mean, equal values sharing the mean of theirs; so their sum is 0.
pub(super) fn centred_ranks(values: &[i32]) -> Vec<f32> {
    let least = values.iter().copied().min().unwrap_or(0);
    let mut order: Vec<(u32, u32)> =
        (0..).zip(values).map(|(index, value)| (value.abs_diff(least), index)).collect();
    by_digits(&mut order, |pair| pair.0);
    let mut ranks = vec![0.0; values.len()];
    let mut before = 0;
    for equal in order.chunk_by(|a, b| a.0 == b.0) {
        // Twice the mean of before..before + equal, less twice the mean of all: whole.
        #[expect(clippy::cast_possible_wrap, reason = "counts of samples")]
        let twice = (2 * before + equal.len()) as i64 - values.len() as i64;
        for (_, index) in equal {
            #[expect(
                clippy::cast_possible_truncation,
                reason = "exact to four million samples, and near enough beyond"
            )]
            let rank = (twice as f64 / 2.0) as f32;
            ranks[*index as usize] = rank;
        }
        before += equal.len();
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn values_are_sorted(mut values in prop::collection::vec(any::<i32>(), 0..300)) {
            let found = sorted(&values);
            values.sort_unstable();
            prop_assert_eq!(found, values);
        }

        #[test]
        fn ranks_count_the_smaller_and_half_of_the_equal(values in prop::collection::vec(-20..20, 1..100)) {
            for (value, rank) in values.iter().zip(centred_ranks(&values)) {
                let smaller = values.iter().filter(|other| *other < value).count() as f32;
                let greater = values.iter().filter(|other| *other > value).count() as f32;
                prop_assert!((rank - (smaller - greater) / 2.0).abs() < 1e-6);
            }
        }
    }

    #[test]
    fn a_quantile_is_the_least_value_that_enough_do_not_exceed() {
        let values: Vec<i32> = (1..=10).collect();
        assert_eq!([1, 10, 11, 50, 80, 90, 100].map(|p| quantile(&values, p)), [1, 1, 2, 5, 8, 9, 10]);
        assert_eq!(quantile(&[7], 10), 7);
        assert!((share(&values, 8) - 0.8).abs() < 1e-12);
        assert!((share(&values, 0) - 0.0).abs() < 1e-12);
    }
}
