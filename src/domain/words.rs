//! Days and numbers as they are told in sentences.

use chrono::NaiveDate;

/// `2 Dec 2026`.
#[must_use]
pub fn day(date: NaiveDate) -> String {
    date.format("%-d %b %Y").to_string()
}

/// `1 day`, `2 days`.
#[must_use]
pub fn days(number: i64) -> String {
    format!("{number} {}", if number == 1 { "day" } else { "days" })
}

/// `1 working day`, `2 working days`.
#[must_use]
pub fn working_days(number: i64) -> String {
    format!("{number} working {}", if number == 1 { "day" } else { "days" })
}

/// Working days of float, 0 or below, with the sign of figures: `0`, `−3 working days`.
#[must_use]
pub fn float_days(number: i64) -> String {
    if number == 0 { "0".to_owned() } else { format!("−{}", working_days(number.saturating_neg())) }
}

/// So many percent of something: `its target`, `twice its target`, `150 % of its target`.
#[must_use]
pub fn times(percent: i64, of: &str) -> String {
    match percent {
        100 => of.to_owned(),
        200 => format!("twice {of}"),
        percent => format!("{percent} % of {of}"),
    }
}

/// `1 milestone`, `2 milestones`.
#[must_use]
pub fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}
