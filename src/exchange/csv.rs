//! Tables as text: CSV in the encodings, separators, line ends and layouts that spreadsheets write.
//!
//! RFC 4180 is the base. Beyond it: byte order marks, UTF-16 and Windows-1252; semicolons, tabs and bars; mixed line
//! ends; cells of several lines; headings below a title block; blank and ragged rows.

use super::{Finding, Severity, Unreadable};
use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use std::collections::{BTreeMap, HashSet};

/// The largest file that is read, in bytes.
pub const MOST_BYTES: usize = 64 << 20;
/// The most columns of a table.
pub const MOST_COLUMNS: usize = 500;
/// The most rows of a table.
pub const MOST_ROWS: usize = 1_000_000;
/// The largest cell, in bytes of UTF-8.
pub const MOST_CELL: usize = 1 << 20;
/// How many rows from the top may stand above the headings.
const HEADER_WITHIN: usize = 30;

/// A table with its headings found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sheet {
    /// The file's name, without folders.
    pub name: String,
    /// The headings, each on one line; empty where a column has none.
    pub header: Vec<String>,
    /// The record in which the headings stand, counted from 1 (blank lines not counted).
    pub header_row: usize,
    /// The rows below the headings that have any value.
    pub rows: Vec<SheetRow>,
    /// What was found odd in reading.
    pub notes: Vec<Finding>,
}

/// A row of values, one for each heading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SheetRow {
    /// The physical line on which the row begins, counted from 1.
    pub line: u64,
    pub cells: Vec<String>,
}

impl Sheet {
    /// The position of a heading, exactly as written.
    #[must_use]
    pub fn column(&self, heading: &str) -> Option<usize> {
        self.header.iter().position(|name| name == heading)
    }
}

/// Reads a table. `name` is the file's name, for the report.
///
/// # Errors
/// One line on why the file is no table: too large, a workbook or another binary format, U+0000 in it (with row and
/// column), a quote that is never closed, no row that looks like headings.
pub fn read(name: &str, bytes: &[u8]) -> Result<Sheet, Unreadable> {
    let refuse = |why: &str| Err(Unreadable::new(format!("{name}: {why}")));
    if bytes.len() > MOST_BYTES {
        return refuse(&format!("the file is larger than {} MB.", MOST_BYTES >> 20));
    }
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(&[0xD0, 0xCF, 0x11, 0xE0]) {
        return refuse("this is a workbook, not CSV; save the sheet as CSV first.");
    }
    if bytes.starts_with(b"%PDF") || bytes.starts_with(b"\x89PNG") || bytes.starts_with(&[0xFF, 0xD8, 0xFF]) {
        return refuse("this is a document or picture, not CSV.");
    }
    let mut notes = Vec::new();
    let text = decode(name, bytes, &mut notes)?;
    let (text, declared) = match text.strip_prefix("sep=") {
        Some(rest) if rest.len() > 1 && matches!(rest.as_bytes()[1], b'\r' | b'\n') => {
            (&text[5..], Some(rest.as_bytes()[0]))
        }
        _ => (text.as_str(), None),
    };
    if text.trim().is_empty() {
        return refuse("the file is empty.");
    }
    let separator = declared.unwrap_or_else(|| separator_of(text));
    let records = records(name, text, separator)?;
    let Some(header_at) = header_of(&records) else {
        return refuse("no row looks like headings.");
    };
    if header_at > 0 {
        notes.push(Finding::new(
            Severity::Note,
            name,
            records[header_at].line,
            format!("the headings were found in row {}; what stands above them is not read.", header_at + 1),
        ));
    }
    Ok(table(name, records, header_at, notes))
}

fn decode(name: &str, bytes: &[u8], notes: &mut Vec<Finding>) -> Result<String, Unreadable> {
    let (encoding, skip) = match Encoding::for_bom(bytes) {
        Some((encoding, length)) => (encoding, length),
        None if std::str::from_utf8(bytes).is_ok() => (UTF_8, 0),
        None => (unmarked(bytes), 0),
    };
    let (text, malformed) = encoding.decode_without_bom_handling(&bytes[skip..]);
    if malformed {
        return Err(Unreadable::new(format!("{name}: the text is not valid {}.", encoding.name())));
    }
    if encoding != UTF_8 {
        notes.push(Finding::new(Severity::Note, name, 0, format!("read as {}.", encoding.name())));
    }
    Ok(text.into_owned())
}

/// The encoding of bytes that are neither marked nor valid UTF-8.
fn unmarked(bytes: &[u8]) -> &'static Encoding {
    let sample = &bytes[..bytes.len().min(4096)];
    let zeros = |parity: usize| sample.iter().skip(parity).step_by(2).filter(|byte| **byte == 0).count();
    if sample.len() > 8 && zeros(1) * 4 > sample.len() {
        return UTF_16LE;
    }
    if sample.len() > 8 && zeros(0) * 4 > sample.len() {
        return UTF_16BE;
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(bytes, true);
    let guess = detector.guess(None, Utf8Detection::Deny);
    // A pound sign or a dash alone doesn't tell the single-byte encodings apart; in a spreadsheet it is nearly always
    // Windows-1252.
    let letters = bytes.iter().filter(|byte| **byte >= 0xC0).count();
    let high = bytes.iter().filter(|byte| **byte >= 0x80).count();
    if guess.is_single_byte() && letters * 4 < high { WINDOWS_1252 } else { guess }
}

/// The separator that cuts the first records into the most even rows of more than one cell.
fn separator_of(text: &str) -> u8 {
    let mut end = text.len().min(64 << 10);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let score = |separator: u8| {
        let mut widths: BTreeMap<usize, usize> = BTreeMap::new();
        let mut reader = reader(&text[..end], separator);
        let mut record = ::csv::ByteRecord::new();
        for _ in 0..200 {
            if !matches!(reader.read_byte_record(&mut record), Ok(true)) {
                break;
            }
            *widths.entry(record.len()).or_default() += 1;
        }
        widths
            .iter()
            .filter(|(width, _)| **width > 1)
            .map(|(width, rows)| rows * (width + 2))
            .max()
            .unwrap_or(0)
    };
    // In a draw the earlier of these wins: a comma cuts more kinds of prose by chance, but is the standard.
    let mut best = (b',', score(b','));
    for separator in [b';', b'\t', b'|'] {
        let found = score(separator);
        if found > best.1 {
            best = (separator, found);
        }
    }
    best.0
}

fn reader(text: &str, separator: u8) -> ::csv::Reader<&[u8]> {
    ::csv::ReaderBuilder::new()
        .delimiter(separator)
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes())
}

fn records(name: &str, text: &str, separator: u8) -> Result<Vec<SheetRow>, Unreadable> {
    let refuse = |line: u64, why: String| Unreadable::new(format!("{name}, line {line}: {why}"));
    let bytes = text.as_bytes();
    let mut reader = reader(text, separator);
    let mut record = ::csv::StringRecord::new();
    let mut rows: Vec<SheetRow> = Vec::new();
    let (mut seen, mut line) = (0, 1);
    loop {
        // The reader skips blank lines only when it goes on, so the row begins after them.
        let mut start = usize::try_from(reader.position().byte()).unwrap_or(usize::MAX).min(bytes.len());
        while start < bytes.len() && matches!(bytes[start], b'\r' | b'\n') {
            start += 1;
        }
        line += line_ends(&bytes[seen..start]);
        seen = start;
        match reader.read_record(&mut record) {
            Ok(true) => {}
            Ok(false) => break,
            Err(error) => return Err(refuse(line, format!("this can't be read as CSV ({error})."))),
        }
        if record.len() > MOST_COLUMNS {
            return Err(refuse(line, format!("the row has more than {MOST_COLUMNS} columns.")));
        }
        if rows.len() > MOST_ROWS + HEADER_WITHIN {
            return Err(refuse(line, format!("the table has more than {MOST_ROWS} rows.")));
        }
        for (column, cell) in record.iter().enumerate() {
            if cell.len() > MOST_CELL {
                return Err(refuse(line, format!("column {} holds more than 1 MB of text.", column + 1)));
            }
            if cell.contains('\0') {
                let column = column + 1;
                return Err(refuse(line, format!("column {column} holds the character U+0000.")));
            }
        }
        rows.push(SheetRow { line, cells: record.iter().map(str::to_owned).collect() });
    }
    if let Some(last) = rows.last()
        && text.matches('"').count() % 2 == 1
        && last.cells.last().is_some_and(|cell| cell.contains(['\n', '\r']))
        && !text.trim_end().ends_with('"')
    {
        return Err(refuse(last.line, "a quoted cell begins in this row and is never closed.".into()));
    }
    Ok(rows)
}

/// How many lines end in a stretch of text, whichever of LF, CRLF and CR ends them.
fn line_ends(bytes: &[u8]) -> u64 {
    let mut count = 0;
    for (at, byte) in bytes.iter().enumerate() {
        count += u64::from(*byte == b'\n' || (*byte == b'\r' && bytes.get(at + 1) != Some(&b'\n')));
    }
    count
}

/// The row of the headings: the first near the top that fills most columns with distinct words.
fn header_of(records: &[SheetRow]) -> Option<usize> {
    let top = &records[..records.len().min(HEADER_WITHIN)];
    let words: Vec<(usize, bool)> = top
        .iter()
        .map(|row| {
            let filled: Vec<&str> =
                row.cells.iter().map(|cell| cell.trim()).filter(|c| !c.is_empty()).collect();
            let distinct: HashSet<&str> = filled.iter().copied().collect();
            let wordy = filled.iter().all(|cell| is_heading(cell)) && distinct.len() * 2 >= filled.len();
            (filled.len(), wordy && !filled.is_empty())
        })
        .collect();
    let widest = words.iter().map(|(filled, _)| *filled).max()?;
    words.iter().position(|(filled, wordy)| *wordy && filled * 10 >= widest * 6).or_else(|| {
        (0..words.len()).filter(|at| words[*at].1).max_by_key(|at| (words[*at].0, usize::MAX - at))
    })
}

/// Whether a cell may be a heading: words rather than a number, a date or an address.
fn is_heading(cell: &str) -> bool {
    cell.chars().any(char::is_alphabetic)
        && cell.len() <= 600
        && !cell.contains("://")
        && super::dates::parse(cell, super::dates::Form::default()).is_err()
}

fn table(name: &str, records: Vec<SheetRow>, header_at: usize, mut notes: Vec<Finding>) -> Sheet {
    let mut rows = records.into_iter().skip(header_at);
    let mut header: Vec<String> = rows
        .next()
        .map(|row| {
            row.cells.iter().map(|cell| cell.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
        })
        .unwrap_or_default();
    let mut rows: Vec<SheetRow> = rows.collect();
    let before = rows.len();
    rows.retain(|row| row.cells.iter().any(|cell| !cell.trim().is_empty()));
    if rows.len() < before {
        let blank = before - rows.len();
        notes.push(Finding::new(
            Severity::Note,
            name,
            0,
            format!("rows without any value passed over: {blank}."),
        ));
    }
    while header.last().is_some_and(String::is_empty)
        && rows.iter().all(|row| row.cells.get(header.len() - 1).is_none_or(|cell| cell.trim().is_empty()))
    {
        header.pop();
    }
    let mut times: BTreeMap<&str, usize> = BTreeMap::new();
    for heading in header.iter().filter(|heading| !heading.is_empty()) {
        *times.entry(heading).or_default() += 1;
    }
    for (heading, count) in times.into_iter().filter(|(_, count)| *count > 1) {
        let message = format!("this heading stands over {count} columns.");
        notes.push(Finding::new(Severity::Note, name, 0, message).at(heading));
    }
    for row in &mut rows {
        if row.cells.len() > header.len()
            && row.cells[header.len()..].iter().any(|cell| !cell.trim().is_empty())
        {
            let extra = row.cells.len() - header.len();
            let message = format!("values beyond the last heading left out: {extra}.");
            notes.push(Finding::new(Severity::Kept, name, row.line, message));
        }
        row.cells.resize(header.len(), String::new());
        for (cell, heading) in row.cells.iter_mut().zip(&header) {
            if let Some(odd) = cell.chars().find(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
                let message = format!("the control character U+{:04X} was taken out.", u32::from(odd));
                notes.push(Finding::new(Severity::Kept, name, row.line, message).at(heading.as_str()));
                // Spreadsheets write a soft line break as a vertical tab.
                *cell = cell
                    .chars()
                    .filter_map(|c| match c {
                        '\u{b}' => Some('\n'),
                        c if c.is_control() && !matches!(c, '\n' | '\r' | '\t') => None,
                        c => Some(c),
                    })
                    .collect();
            }
            if cell.contains('\r') {
                *cell = cell.replace("\r\n", "\n").replace('\r', "\n");
            }
        }
    }
    Sheet { name: name.to_owned(), header, header_row: header_at + 1, rows, notes }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sheet(bytes: &[u8]) -> Sheet {
        read("t.csv", bytes).unwrap()
    }

    fn cells(sheet: &Sheet) -> Vec<(u64, Vec<&str>)> {
        sheet.rows.iter().map(|row| (row.line, row.cells.iter().map(String::as_str).collect())).collect()
    }

    #[test]
    fn line_numbers_are_physical_lines_with_every_line_end() {
        let read = sheet(b"Title,Owner\r\n\"a\nb\",x\n\n\nc,y\rd,z\r\n");
        assert_eq!(cells(&read), [(2, vec!["a\nb", "x"]), (6, vec!["c", "y"]), (7, vec!["d", "z"])]);
    }

    #[test]
    fn encodings_are_told_apart() {
        let expected = vec![(2, vec!["Caf\u{e9} – £5", "Zo\u{eb}"])];
        let text = "Title,Owner\nCafé – £5,Zoë\n";
        assert_eq!(cells(&sheet(text.as_bytes())), expected);
        assert_eq!(cells(&sheet(format!("\u{feff}{text}").as_bytes())), expected);
        let little: Vec<u8> =
            [0xFF, 0xFE].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
        assert_eq!(cells(&sheet(&little)), expected);
        assert_eq!(cells(&sheet(&little[2..])), expected);
        let (western, ..) = WINDOWS_1252.encode(text);
        let read = sheet(&western);
        assert_eq!(cells(&read), expected);
        assert_eq!(read.notes[0].message, "read as windows-1252.");
    }

    #[test]
    fn separators_are_told_apart() {
        for separator in [",", ";", "\t", "|"] {
            let text =
                ["Title|Owner|Due", "\"Hello, world; now\"|x|2026-01-02"].join("\n").replace('|', separator);
            assert_eq!(cells(&sheet(text.as_bytes())), [(2, vec!["Hello, world; now", "x", "2026-01-02"])]);
        }
        assert_eq!(cells(&sheet(b"sep=;\r\nTitle;Cost\r\na;1,5\r\n")), [(3, vec!["a", "1,5"])]);
    }

    #[test]
    fn headings_below_a_title_are_found_and_oddities_reported() {
        let read = sheet(
            b"RAID log of 2026,,,\n,,,\nID,Title,Owner\nname,Due\n1,a,b,2026-01-01\n2,x\n3,y,z,,extra\n,,,\n",
        );
        assert_eq!((read.header_row, read.header.len()), (3, 3));
        let read = sheet(b"Log,,\nTitle,\"Owner\nname\",Owner name\n1,a\n3,y,z,extra\n,,\n4,b\x0bc,\n");
        assert_eq!(read.header, ["Title", "Owner name", "Owner name"]);
        assert_eq!(cells(&read)[0], (4, vec!["1", "a", ""]));
        assert_eq!(cells(&read)[2].1[1], "b\nc");
        let messages: Vec<String> = read.notes.iter().map(ToString::to_string).collect();
        assert_eq!(messages.len(), 5, "{messages:?}");
    }

    #[test]
    fn hostile_files_are_refused_in_one_line() {
        let wide = vec!["x"; 600].join(",");
        let long = format!("Title\n\"{}\"\n", "x".repeat(MOST_CELL + 1));
        for (bytes, expected) in [
            (&b""[..], "t.csv: the file is empty."),
            (b" \n\n", "t.csv: the file is empty."),
            (b"PK\x03\x04abc", "t.csv: this is a workbook, not CSV; save the sheet as CSV first."),
            (b"1,2\n3,4\n", "t.csv: no row looks like headings."),
            (b"Title,Owner\na,b\0c\n", "t.csv, line 2: column 2 holds the character U+0000."),
            (
                b"Title,Owner\na,\"b\nc,d\n",
                "t.csv, line 2: a quoted cell begins in this row and is never closed.",
            ),
            (wide.as_bytes(), "t.csv, line 1: the row has more than 500 columns."),
            (long.as_bytes(), "t.csv, line 2: column 1 holds more than 1 MB of text."),
        ] {
            assert_eq!(read("t.csv", bytes).unwrap_err().to_string(), expected);
        }
        assert!(read("t.csv", &vec![b'a'; MOST_BYTES + 1]).unwrap_err().0.contains("larger than 64 MB"));
    }
}
