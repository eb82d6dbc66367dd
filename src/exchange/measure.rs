//! The rows of a metric as a table, of which a spreadsheet computes the same value: the first six columns are the same for every
//! metric, and the fifth and sixth are all that the formula needs ([`formula`]).

use super::table::{Cell, Table};
use crate::domain::metrics::{
    Contribution, CriticalPathStability, Detail, Gives, Measure, Metric, Recomputed, ScheduleQuality, Shown,
    Verdict,
};

/// The formula that gives the metric's value from the table.
#[must_use]
pub const fn formula(metric: Metric) -> &'static str {
    match metric.recomputed() {
        Recomputed::Ratio => "=SUM(E:E)/SUM(F:F)",
        Recomputed::Median => "=MEDIAN(E:E)",
        Recomputed::Sum => "=SUM(E:E)",
    }
}

/// The names of the first columns.
const fn first(metric: Metric) -> &'static [&'static str] {
    match metric.recomputed() {
        Recomputed::Ratio => &["ref", "title", "outcome", "counts", "numerator", "denominator"],
        Recomputed::Median | Recomputed::Sum => &["ref", "title", "outcome", "counts", "value"],
    }
}

/// Every row that makes the number, and those left out with the reason. `key` is the program's.
#[must_use]
pub fn table(measure: &Measure, key: &str) -> Table {
    match &measure.detail {
        // What is counted is not the items.
        Some(Detail::CriticalPathStability(detail)) => weeks(measure.metric, detail),
        Some(Detail::ScheduleQuality(detail)) => points(measure.metric, detail),
        _ => items(measure, key),
    }
}

fn header<'n>(metric: Metric, more: impl Iterator<Item = &'n str>) -> Table {
    let first = first(metric).iter().map(|name| (*name).to_owned());
    Table::new(first.chain(more.map(name)))
}

/// A label as the name of a column: `Days off at 28` as `days_off_at_28`.
fn name(label: &str) -> String {
    let words = label.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_ascii_lowercase).collect::<Vec<_>>().join("_")
}

fn items(measure: &Measure, key: &str) -> Table {
    let labels = measure.items.first().map(|row| row.figures.as_slice()).unwrap_or_default();
    let mut table = header(measure.metric, labels.iter().map(|figure| figure.label));
    table.rows = measure.items.iter().map(|row| item(measure.metric, row, key)).collect();
    table
}

fn item(metric: Metric, row: &Contribution, key: &str) -> Vec<Cell> {
    let reference = row.reference(key).map(|reference| reference.to_string());
    let mut cells =
        vec![Cell::from(reference), Cell::text(row.title.as_str()), Cell::text(row.outcome), yes(row.counts)];
    cells.extend(given(metric, row.gives));
    cells.extend(row.figures.iter().map(|figure| shown(&figure.value)));
    cells
}

fn yes(flag: bool) -> Cell {
    Cell::text(if flag { "yes" } else { "no" })
}

/// What a row gives, in as many cells as the metric has columns for it.
fn given(metric: Metric, gives: Option<Gives>) -> Vec<Cell> {
    match (gives, metric.recomputed()) {
        (Some(Gives::Parts(numerator, denominator)), _) => {
            vec![Cell::Number(numerator), Cell::Number(denominator)]
        }
        (Some(Gives::Value(value)), _) => vec![Cell::Number(value)],
        (None, Recomputed::Ratio) => vec![Cell::Empty, Cell::Empty],
        (None, _) => vec![Cell::Empty],
    }
}

fn shown(value: &Shown) -> Cell {
    match value {
        Shown::Date(day) => Cell::Date(*day),
        Shown::Days(count) | Shown::WorkingDays(count) | Shown::Count(count) => Cell::Count(*count),
        Shown::Number(number) | Shown::Share(number) => Cell::Number(*number),
        Shown::Text(text) => Cell::text(*text),
        Shown::Words(words) => Cell::text(words.as_str()),
        Shown::Nothing => Cell::Empty,
    }
}

fn weeks(metric: Metric, detail: &CriticalPathStability) -> Table {
    let mut table =
        header(metric, ["week_to", "similarity", "became_critical", "no_longer_critical"].into_iter());
    table.rows = detail
        .weeks
        .iter()
        .map(|week| {
            let unchanged = if week.changed { 0.0 } else { 1.0 };
            let mut cells = vec![
                Cell::Empty,
                Cell::text(format!("Week to {}", week.date)),
                Cell::text(if week.changed { "changed" } else { "unchanged" }),
                yes(true),
            ];
            cells.extend(given(metric, Some(Gives::Parts(unchanged, 1.0))));
            cells.extend([
                Cell::Date(week.date),
                Cell::Number(week.similarity),
                Cell::text(week.came.join(", ")),
                Cell::text(week.went.join(", ")),
            ]);
            cells
        })
        .collect();
    table
}

fn points(metric: Metric, detail: &ScheduleQuality) -> Table {
    let names = ["found", "of", "figure", "threshold", "why_not_judged", "against_it"];
    let mut table = header(metric, names.into_iter());
    table.rows = detail
        .points
        .iter()
        .map(|point| {
            let met = if point.verdict == Some(Verdict::Met) { 1.0 } else { 0.0 };
            let mut cells = vec![
                Cell::Empty,
                Cell::text(point.name),
                Cell::text(point.verdict.map_or("not judged", Verdict::name)),
                yes(point.verdict.is_some()),
            ];
            cells.extend(given(metric, point.verdict.map(|_| Gives::Parts(met, 1.0))));
            cells.extend([
                Cell::from(point.number),
                Cell::from(point.denominator),
                Cell::from(point.value),
                Cell::text(point.threshold),
                Cell::from(point.reason),
                Cell::text(point.offenders.join(", ")),
            ]);
            cells
        })
        .collect();
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_become_names_of_columns() {
        assert_eq!(["Go / no-go", "Days off at 28", "Age"].map(name), ["go_no_go", "days_off_at_28", "age"]);
    }
}
