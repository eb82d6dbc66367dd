//! The risk heat map: probability up, impact across.

use super::Words;
use askama::Template;

/// A score from here on is high; see the risk burndown in the metrics.
pub const HIGH: usize = 15;
/// A score from here on is medium.
pub const MEDIUM: usize = 6;

/// One cell of [`Heat`].
#[derive(Debug, Clone, Default)]
pub struct HeatCell {
    /// Open risks of this probability and impact.
    pub count: u32,
    /// The log with these risks only.
    pub href: String,
}

/// A cell as drawn.
#[derive(Debug, Clone)]
pub struct HeatSquare {
    count: u32,
    href: String,
    score: usize,
    class: &'static str,
}

/// Five by five squares with counts.
#[derive(Debug, Clone, Template)]
#[template(path = "chart/heat.html")]
pub struct Heat {
    words: Words,
    /// Probability from 5 down to 1.
    rows: Vec<(usize, &'static str, Vec<HeatSquare>)>,
    impacts: [&'static str; 5],
    unscored: u32,
}

const PROBABILITIES: [&str; 5] = ["Rare", "Unlikely", "Possible", "Likely", "Almost certain"];
const IMPACTS: [&str; 5] = ["Minor", "Limited", "Serious", "Major", "Severe"];

impl Heat {
    /// `cells[probability - 1][impact - 1]`; `unscored` risks are named below, never counted as low.
    #[must_use]
    pub fn new(words: Words, cells: [[HeatCell; 5]; 5], unscored: u32) -> Self {
        let mut rows: Vec<_> = cells
            .into_iter()
            .zip(1..)
            .map(|(row, probability)| {
                let squares = row
                    .into_iter()
                    .zip(1..)
                    .map(|(HeatCell { count, href }, impact)| {
                        let score = probability * impact;
                        HeatSquare { count, href, score, class: level(score) }
                    })
                    .collect();
                (probability, PROBABILITIES[probability - 1], squares)
            })
            .collect();
        rows.reverse();
        Self { words, rows, impacts: IMPACTS, unscored }
    }
}

fn level(score: usize) -> &'static str {
    match score {
        HIGH.. => "high",
        MEDIUM.. => "medium",
        _ => "low",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_square_is_at_the_top_right() {
        let mut cells: [[HeatCell; 5]; 5] = Default::default();
        cells[4][3] = HeatCell { count: 2, href: "/r?probability=5&impact=4".into() };
        let heat = Heat::new(Words::new("h", "Heat map", "Open risks"), cells, 3);
        assert_eq!(heat.rows[0].0, 5);
        assert_eq!(
            (heat.rows[0].2[3].count, heat.rows[0].2[3].score, heat.rows[0].2[3].class),
            (2, 20, "high")
        );
        assert_eq!(heat.rows[4].2[0].class, "low");
        let html = heat.render().unwrap();
        assert!(html.contains("href=\"/r?probability=5&#38;impact=4\"") && html.contains("3 unscored"));
    }
}
