//! Foreign formats read into drafts. Bytes come in; drafts and findings go out. No SQL, no clock, no network.
//!
//! A sheet is read by [`csv`], then either a map file ([`map`]) or a guess from the headings ([`guess`]) says what each of
//! its rows becomes. Both end in an [`intake::Intake`]: records in the order in which they apply, and findings that
//! account for every row and value that didn't come through as it stood.
//!
//! What leaves is a [`table`]: items and records under the names of the API ([`own`]), which are known again when they come back
//! ([`known`]), and the rows of a metric ([`measure`]).

pub mod csv;
pub mod dates;
pub mod guess;
pub mod intake;
pub mod known;
pub mod map;
pub mod measure;
pub mod mspdi;
pub mod own;
mod rows;
pub mod schedule;
mod settle;
pub mod table;
mod template;
pub mod text;
mod words;

use serde::Serialize;

/// How a value or a row fared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Worth knowing; nothing was changed or left out.
    Note,
    /// The row came through, but not as it stood: a value was read as another, or left out.
    Kept,
    /// The row made nothing.
    Refused,
}

/// One thing to report, by file, row and column.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Finding {
    pub severity: Severity,
    pub file: String,
    /// The physical line on which the row begins, counted from 1; 0 for the file as a whole.
    pub line: u64,
    /// The heading of the column, where one value is meant.
    pub column: Option<String>,
    pub message: String,
}

impl Finding {
    /// A finding about a row.
    #[must_use]
    pub fn new(severity: Severity, file: &str, line: u64, message: impl Into<String>) -> Self {
        Self { severity, file: file.to_owned(), line, column: None, message: message.into() }
    }

    /// The same, about one value of the row.
    #[must_use]
    pub fn at(mut self, column: impl Into<String>) -> Self {
        self.column = Some(column.into()).filter(|name: &String| !name.is_empty());
        self
    }
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.file)?;
        if self.line > 0 {
            write!(f, ", line {}", self.line)?;
        }
        if let Some(column) = &self.column {
            write!(f, ", column “{column}”")?;
        }
        write!(f, ": {}", self.message)
    }
}

/// Why a whole file or map can't be taken, in one line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unreadable(pub String);

impl Unreadable {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self(message.into().replace(['\n', '\r'], " "))
    }
}
