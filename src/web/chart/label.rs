//! Texts in a drawing: figures, widths, and places that don't overlap.

/// A figure as it is read: thousands apart, at most `decimals` decimals, no trailing nought after the point.
#[must_use]
pub fn number(value: f64, decimals: usize) -> String {
    let text = format!("{:.decimals$}", value.abs());
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let mut out = String::new();
    if value < 0.0 && text.bytes().any(|byte| (b'1'..=b'9').contains(&byte)) {
        out.push('−');
    }
    for (index, digit) in whole.chars().enumerate() {
        let left = whole.len() - index;
        if index > 0 && left.is_multiple_of(3) && whole.len() > 4 {
            out.push('\u{202f}');
        }
        out.push(digit);
    }
    let fraction = fraction.trim_end_matches('0');
    if !fraction.is_empty() {
        out.push('.');
        out.push_str(fraction);
    }
    out
}

/// A figure with its unit behind a space that doesn't break; `unit` may be "".
pub(super) fn with_unit(value: f64, decimals: usize, unit: &str) -> String {
    let figure = number(value, decimals);
    if unit.is_empty() { figure } else { format!("{figure}\u{a0}{unit}") }
}

/// About how wide a text is at 11 px, in pixels: fonts differ, so it errs on the wide side.
pub(super) fn width(text: &str) -> f64 {
    text.chars()
        .map(|letter| match letter {
            'i' | 'j' | 'l' | 'I' | '.' | ',' | ':' | ';' | '\'' | '|' | '!' | '·' => 3.4,
            'f' | 'r' | 't' | ' ' | '(' | ')' | '-' | '/' | '\u{a0}' => 4.4,
            'm' | 'w' | 'M' | 'W' | '@' | '%' | '—' | '…' => 10.0,
            'A'..='Z' => 7.8,
            '\0'..='\u{2fff}' => 6.6,
            _ => 11.5,
        })
        .sum()
}

/// The text, or as much of its head as fits in `room` pixels with an ellipsis.
pub(super) fn fit(text: &str, room: f64) -> String {
    if width(text) <= room {
        return text.to_owned();
    }
    let mut out = String::new();
    let mut left = room - width("…");
    for letter in text.chars() {
        left -= width(letter.encode_utf8(&mut [0; 4]));
        if left < 0.0 {
            break;
        }
        out.push(letter);
    }
    out.truncate(out.trim_end().len());
    out.push('…');
    out
}

/// Moves places apart so that each is at least `apart` from the next and within `low..=high`, as near to where it
/// wanted to be as their order allows. When they can't all fit, they share the room evenly. Returned in the order given.
pub(super) fn spread(wanted: &[f64], apart: f64, low: f64, high: f64) -> Vec<f64> {
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by(|a, b| wanted[*a].total_cmp(&wanted[*b]));
    let room = high - low;
    let count = f64::from(u32::try_from(wanted.len()).unwrap_or(u32::MAX));
    let apart = if count > 1.0 { apart.min(room / (count - 1.0)) } else { apart };
    let sorted: Vec<f64> = order.iter().map(|index| wanted[*index]).collect();
    let offsets: Vec<f64> = (0_u32..).take(wanted.len()).map(|index| f64::from(index) * apart).collect();
    let mut out = vec![0.0; wanted.len()];
    for (place, index) in settle(&sorted, &offsets, low, high).into_iter().zip(order) {
        out[index] = place;
    }
    out
}

/// Places in a given order, each at least as far from the first as its offset lies from the first offset, as near as
/// can be to what they wanted and within `low..=high`. Offsets rise from nought; when the last is more than the room,
/// the places run over at the high end.
pub(super) fn settle(wanted: &[f64], offsets: &[f64], low: f64, high: f64) -> Vec<f64> {
    // Without the offsets the places need only not fall; runs that would lie at their common mean (pool adjacent
    // violators).
    let mut runs: Vec<(f64, u32)> = Vec::new();
    for (want, offset) in wanted.iter().zip(offsets) {
        let mut run = (want - offset, 1);
        while let Some(&(mean, size)) = runs.last() {
            if mean <= run.0 {
                break;
            }
            let whole = size + run.1;
            run = ((mean * f64::from(size) + run.0 * f64::from(run.1)) / f64::from(whole), whole);
            runs.pop();
        }
        runs.push(run);
    }
    let most = high - offsets.last().copied().unwrap_or(0.0);
    let means = runs.iter().flat_map(|(mean, size)| (0..*size).map(|_| *mean));
    means.zip(offsets).map(|(mean, offset)| mean.min(most).max(low) + offset).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn figures_read_well() {
        assert_eq!(number(67.0, 1), "67");
        assert_eq!(number(66.66, 1), "66.7");
        assert_eq!(number(-3.0, 0), "−3");
        assert_eq!(number(-0.01, 1), "0");
        assert_eq!(number(1234.0, 0), "1234");
        assert_eq!(number(1_234_567.5, 1), "1\u{202f}234\u{202f}567.5");
        assert_eq!(with_unit(5.0, 0, "wd"), "5\u{a0}wd");
    }

    #[test]
    fn long_texts_end_in_an_ellipsis() {
        assert_eq!(fit("GA", 100.0), "GA");
        let short = fit("Payments API v2 accepted by the ledger team", 120.0);
        assert!(short.ends_with('…') && width(&short) <= 120.0, "{short}");
        assert_eq!(fit("anything", 0.0), "…");
    }

    #[test]
    fn labels_that_fit_stay_where_they_are() {
        assert_eq!(spread(&[80.0, 10.0, 40.0], 14.0, 0.0, 100.0), [80.0, 10.0, 40.0]);
        assert!(spread(&[], 14.0, 0.0, 100.0).is_empty());
        assert_eq!(spread(&[50.0, 50.0], 14.0, 0.0, 100.0), [43.0, 57.0]);
    }

    proptest! {
        #[test]
        fn labels_never_overlap_nor_leave_the_room(
            wanted in proptest::collection::vec(-50.0..350.0_f64, 0..20),
        ) {
            let places = spread(&wanted, 14.0, 0.0, 300.0);
            let mut sorted = places.clone();
            sorted.sort_by(f64::total_cmp);
            for pair in sorted.windows(2) {
                prop_assert!(pair[1] - pair[0] >= 14.0 - 1e-6, "{places:?}");
            }
            prop_assert!(places.iter().all(|place| (-1e-6..=300.0 + 1e-6).contains(place)));
            for (a, b) in (0..wanted.len()).flat_map(|a| (0..wanted.len()).map(move |b| (a, b))) {
                if wanted[a] < wanted[b] {
                    prop_assert!(places[a] <= places[b]);
                }
            }
        }
    }
}
