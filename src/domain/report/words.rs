//! The small words of a report.

use crate::domain::agenda::Name;
use crate::domain::health::{Dimension, Rag};
use crate::domain::metrics::Unit;
pub(super) use crate::domain::words::{count, day, days, working_days};

/// `a`, `a and b`, `a, b and c`.
pub(super) fn listed(parts: &[String]) -> String {
    match parts {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

/// The first few and how many more there are: `a, b and 4 more`.
pub(super) fn few(names: &[String], most: usize) -> String {
    let more = names.len().saturating_sub(most);
    if more == 0 {
        return listed(names);
    }
    format!("{} and {more} more", names.iter().take(most).cloned().collect::<Vec<_>>().join(", "))
}

/// `API v2 live (ATLAS-M3)`.
pub(super) fn named(name: &Name, key: &str) -> String {
    cited(&name.title, name.reference(key))
}

/// A title and its reference.
pub(super) fn cited(title: &str, reference: impl std::fmt::Display) -> String {
    format!("{} ({reference})", title.trim_end_matches(['.', ' ']))
}

/// Whether a dimension is named in the plural.
pub(super) const fn are_many(dimension: Dimension) -> bool {
    matches!(dimension, Dimension::Dependencies | Dimension::Decisions)
}

/// Dimensions of one colour in a sentence: `schedule and risk are red`.
pub(super) fn are(dimensions: &[Dimension], rag: Rag) -> Option<String> {
    let names: Vec<String> = dimensions.iter().map(|dimension| dimension.label().to_lowercase()).collect();
    let plural = names.len() > 1 || dimensions.iter().any(|one| are_many(*one));
    (!names.is_empty())
        .then(|| format!("{} {} {}", listed(&names), if plural { "are" } else { "is" }, rag.name()))
}

/// A metric's value with its unit in words: `66.7 %`, `3 working days`; `–` for none.
#[must_use]
pub fn figure(value: Option<f64>, unit: Unit) -> String {
    let Some(value) = value else { return "–".to_owned() };
    let scaled = if unit == Unit::Share { value * 100.0 } else { value };
    let rounded = (scaled * 10.0).round() / 10.0;
    // Minus zero is zero.
    let number = format!("{}", rounded + 0.0).replace('-', "−");
    let one = (rounded - 1.0).abs() < f64::EPSILON;
    match unit {
        Unit::Share => format!("{number} %"),
        Unit::WorkingDays => format!("{number} working {}", if one { "day" } else { "days" }),
        Unit::Days => format!("{number} {}", if one { "day" } else { "days" }),
        Unit::DaysPerWeek => format!("{number} days a week"),
        _ => number,
    }
}
