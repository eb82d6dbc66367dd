//! Import without a map: the headings of an ordinary RAID log say what its columns are.

use super::{Finding, Severity};

/// What is said of a column whose dates don't tell whether the day or the month comes first.
pub(crate) fn assumed_order(file: &str, column: &str) -> Finding {
    let message = "no date of this column tells whether the day or the month comes first; read as day/month/year.";
    Finding::new(Severity::Kept, file, 0, message).at(column)
}
