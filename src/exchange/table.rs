//! Tables that leave: a header of field names and rows of cells, written as CSV by RFC 4180 in UTF-8. What is written here is
//! read again by the import ([`super::own`]), so that an export that comes back changes nothing.

use chrono::NaiveDate;
use std::fmt::Write as _;

/// What stands in a cell.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    Empty,
    Text(String),
    Number(f64),
    Count(i64),
    Date(NaiveDate),
    Flag(bool),
}

/// What a spreadsheet would take for the beginning of a formula, in either width, and what it cuts off before one (OWASP, “CSV
/// Injection”).
const FORMULA: [char; 11] = ['=', '+', '-', '@', '＝', '＋', '－', '＠', '\t', '\r', '\n'];

/// A table.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    pub header: Vec<String>,
    pub rows: Vec<Vec<Cell>>,
}

impl Table {
    #[must_use]
    pub fn new(header: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { header: header.into_iter().map(Into::into).collect(), rows: Vec::new() }
    }

    /// The whole table as CSV.
    #[must_use]
    pub fn csv(&self) -> String {
        let mut text = head(&self.header);
        for row in &self.rows {
            line(&mut text, row.iter().map(Cell::shown));
        }
        text
    }
}

/// The line of the names.
#[must_use]
pub fn head(names: &[String]) -> String {
    let mut text = String::new();
    line(&mut text, names.iter().cloned());
    text
}

/// Writes a row.
pub fn row(text: &mut String, cells: &[Cell]) {
    line(text, cells.iter().map(Cell::shown));
}

impl Cell {
    /// A text; nothing for an empty one.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        let text = text.into();
        if text.is_empty() { Self::Empty } else { Self::Text(text) }
    }

    /// What stands in the file, before it is put in quotes: text that would be a formula is made harmless, see [`guarded`].
    #[must_use]
    pub fn shown(&self) -> String {
        match self {
            Self::Empty => String::new(),
            Self::Text(text) => guarded(text),
            // Adding 0 turns −0 into 0.
            Self::Number(number) => (number + 0.0).to_string(),
            Self::Count(count) => count.to_string(),
            Self::Date(day) => day.to_string(),
            Self::Flag(flag) => flag.to_string(),
        }
    }
}

impl<T: Into<Self>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Empty, Into::into)
    }
}

impl From<NaiveDate> for Cell {
    fn from(day: NaiveDate) -> Self {
        Self::Date(day)
    }
}

impl From<f64> for Cell {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

impl From<i64> for Cell {
    fn from(count: i64) -> Self {
        Self::Count(count)
    }
}

impl From<bool> for Cell {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::text(text)
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::text(text)
    }
}

/// Whether a text, behind any apostrophes and then spaces, begins as a formula does. A number is none: it stays one.
fn is_formula(text: &str) -> bool {
    let bare = text.trim_start_matches('\'');
    let digits = |text: &str| text.chars().all(|c| c.is_ascii_digit() || ".eE+-".contains(c));
    let number = bare.len() == text.len() && digits(bare) && bare.parse::<f64>().is_ok();
    let begins = bare.starts_with(FORMULA) || bare.trim_start().starts_with(FORMULA);
    begins && !number
}

/// A text that no spreadsheet takes for a formula: what begins like one gets an apostrophe before it, which
/// [`unguarded`] takes away.
#[must_use]
pub fn guarded(text: &str) -> String {
    if is_formula(text) { format!("'{text}") } else { text.to_owned() }
}

/// The text that was [`guarded`].
#[must_use]
pub fn unguarded(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(text) if is_formula(text) => text,
        _ => cell,
    }
}

fn line(text: &mut String, cells: impl Iterator<Item = String>) {
    for (place, cell) in cells.enumerate() {
        if place > 0 {
            text.push(',');
        }
        let spaced = cell.starts_with(char::is_whitespace) || cell.ends_with(char::is_whitespace);
        if spaced || cell.contains(['"', ',', ';', '\n', '\r', '\t']) {
            let _ = write!(text, "\"{}\"", cell.replace('"', "\"\""));
        } else {
            text.push_str(&cell);
        }
    }
    text.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_table_is_written_by_rfc_4180() {
        let mut table = Table::new(["ref", "title", "n", "on", "flag"]);
        table.rows.push(vec![
            Cell::text("ATLAS-R1"),
            Cell::text("Say \"no\", twice\nor not"),
            Cell::Number(-2.5),
            Cell::from(NaiveDate::from_ymd_opt(2026, 6, 30)),
            Cell::Flag(true),
        ]);
        table.rows.push(vec![
            Cell::Empty,
            Cell::text("=1+1"),
            Cell::Count(-3),
            Cell::Empty,
            Cell::Flag(false),
        ]);
        assert_eq!(
            table.csv(),
            "ref,title,n,on,flag\r\n\
             ATLAS-R1,\"Say \"\"no\"\", twice\nor not\",-2.5,2026-06-30,true\r\n\
             ,'=1+1,-3,,false\r\n"
        );
    }

    #[test]
    fn what_begins_like_a_formula_is_made_harmless_and_numbers_stay_numbers() {
        for (text, shown) in [
            ("=SUM(A1)", "'=SUM(A1)"),
            ("+49 30 1234", "'+49 30 1234"),
            ("-none-", "'-none-"),
            ("@ada", "'@ada"),
            ("\tx", "'\tx"),
            ("'=x", "''=x"),
            (" =1+1", "' =1+1"),
            ("\n=1+1", "'\n=1+1"),
            ("＝1+1", "'＝1+1"),
            ("-inf", "'-inf"),
            ("'-1", "''-1"),
            ("-2.5", "-2.5"),
            ("'quoted'", "'quoted'"),
            ("a=b", "a=b"),
        ] {
            assert_eq!(guarded(text), shown);
            assert_eq!(unguarded(shown), text);
        }
    }

    proptest! {
        #[test]
        fn any_text_comes_back_from_a_cell(text in "['=+@a1＝\\-\\t\\r\\n,\";. ]{0,12}") {
            let cell = guarded(&text);
            prop_assert_eq!(unguarded(&cell), text.as_str());
            prop_assert!(!cell.trim_start().starts_with(FORMULA) || cell.parse::<f64>().is_ok());
            let mut file = String::new();
            line(&mut file, [cell.clone(), "end".to_owned()].into_iter());
            let mut reader = ::csv::ReaderBuilder::new().has_headers(false).from_reader(file.as_bytes());
            let record = reader.records().next().unwrap().unwrap();
            prop_assert_eq!(record.get(0), Some(cell.as_str()));
        }
    }
}
