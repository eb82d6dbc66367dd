//! Who owes whom: providers down, consumers across.

use super::Words;
use askama::Template;

/// The dependencies of one provider to one consumer.
#[derive(Debug, Clone)]
pub struct MatrixCell {
    /// Index into the providers.
    pub provider: usize,
    /// Index into the consumers.
    pub consumer: usize,
    pub count: u32,
    /// The worst of them: "red", "amber", "green" or "none".
    pub worst: &'static str,
    /// The log with these dependencies only.
    pub href: String,
}

/// A row of the matrix: a provider, its cells, its sum.
#[derive(Debug, Clone)]
pub struct MatrixRow {
    name: String,
    cells: Vec<Option<MatrixCell>>,
    sum: u32,
}

impl MatrixRow {
    fn is(&self, consumer: &str) -> bool {
        self.name == consumer
    }
}

/// Counts of open dependencies, coloured by the worst.
#[derive(Debug, Clone, Template)]
#[template(path = "chart/matrix.html")]
pub struct Matrix {
    words: Words,
    consumers: Vec<String>,
    rows: Vec<MatrixRow>,
    sums: Vec<u32>,
    total: u32,
}

impl Matrix {
    /// Cells out of range are left out; a pair given twice keeps the later.
    #[must_use]
    pub fn new(words: Words, providers: Vec<String>, consumers: Vec<String>, cells: Vec<MatrixCell>) -> Self {
        let mut rows: Vec<_> = providers
            .into_iter()
            .map(|name| MatrixRow { name, cells: vec![None; consumers.len()], sum: 0 })
            .collect();
        for cell in cells {
            if let Some(place) = rows.get_mut(cell.provider).and_then(|row| row.cells.get_mut(cell.consumer))
            {
                *place = Some(cell);
            }
        }
        let count = |cell: &Option<MatrixCell>| cell.as_ref().map_or(0, |cell| cell.count);
        for row in &mut rows {
            row.sum = row.cells.iter().map(count).sum();
        }
        let sums: Vec<u32> =
            (0..consumers.len()).map(|index| rows.iter().map(|row| count(&row.cells[index])).sum()).collect();
        let total = sums.iter().sum();
        Self { words, consumers, rows, sums, total }
    }
}

/// The word of a colour, for those who don't see it.
fn word(colour: &str) -> &'static str {
    match colour {
        "red" => "worst red",
        "amber" => "worst amber",
        "green" => "all green",
        _ => "no data",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_and_columns_have_sums() {
        let cell = |provider, consumer, count| MatrixCell {
            provider,
            consumer,
            count,
            worst: "red",
            href: "/d".into(),
        };
        let teams = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
        let matrix = Matrix::new(
            Words::new("m", "Matrix", "Open dependencies"),
            teams(&["Data", "Payments"]),
            teams(&["Ledger", "QA", "Data"]),
            vec![cell(0, 1, 2), cell(1, 0, 3), cell(1, 1, 1), cell(7, 0, 9)],
        );
        assert_eq!(matrix.rows.iter().map(|row| row.sum).collect::<Vec<_>>(), [2, 4]);
        assert_eq!((matrix.sums.as_slice(), matrix.total), ([3, 3, 0].as_slice(), 6));
        assert!(matrix.render().unwrap().contains("worst red"));
        let none = Matrix::new(Words::new("m", "Matrix", ""), vec![], vec![], vec![]);
        assert!(none.render().unwrap().contains("No dependencies"));
    }
}
