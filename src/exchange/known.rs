//! Tables of our own that come back: known by their headings, and read by the names of their columns.

use super::csv::Sheet;
use super::dates::{self, Form};
use super::intake::{FileCount, Intake};
use super::own::{archived_header, record_header};
use super::table::unguarded;
use super::{Finding, Severity, Unreadable};
use crate::domain::allocation::Allocation;
use crate::domain::budget::BudgetLine;
use crate::domain::draft::{Control, Field};
use crate::domain::kind::Reference;
use crate::domain::measurement::{AdoptionTarget, Measurement};
use crate::domain::raci::Raci;
use crate::domain::record::{Record, RecordKind};
use crate::domain::rework::Rework;
use crate::domain::side_table::SideTable;
use crate::domain::survey::Survey;
use std::collections::HashMap;

/// With what the rows of a metric begin: they are computed, whatever a file says.
const OF_A_METRIC: [&str; 4] = ["ref", "title", "outcome", "counts"];

/// A table of our own that came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnSheet {
    pub file: String,
    /// Its columns that are known here.
    pub header: Vec<String>,
    pub rows: Vec<OwnRow>,
}

/// A row of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnRow {
    pub line: u64,
    /// By column, without guards.
    pub cells: HashMap<String, String>,
}

impl OwnRow {
    /// What stands in a column; nothing if there is none.
    #[must_use]
    pub fn text(&self, name: &str) -> &str {
        self.cells.get(name).map_or("", |text| text.trim())
    }
}

/// A table of our own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Own {
    Items(OwnSheet),
    Records(RecordKind, OwnSheet),
    Side(SideTable, OwnSheet),
}

/// The columns of a sheet that aren't among those known.
fn strange(sheet: &Sheet, known: &[String]) -> Vec<String> {
    sheet.header.iter().filter(|name| !name.is_empty() && !known.contains(name)).cloned().collect()
}

/// Whether a column has references, at least half of what it has; none where it has nothing.
fn has_references(sheet: &Sheet, at: usize) -> Option<bool> {
    let filled = || sheet.rows.iter().map(|row| row.cells[at].trim()).filter(|cell| !cell.is_empty());
    let found = filled().filter(|cell| Reference::parse(cell).is_some()).count();
    Some(found * 2 >= filled().count()).filter(|_| filled().next().is_some())
}

/// The sheet as a table of items of our own, if it is one: with our `ref`, `type` and `version`, or with references and hardly a
/// column that isn't ours. With it the columns that aren't.
fn items(sheet: &Sheet) -> Option<(Own, Vec<String>)> {
    let at = sheet.column("ref")?;
    let known = archived_header();
    let strange = strange(sheet, &known);
    let [typed, counted] = ["type", "version"].map(|name| sheet.column(name).is_some());
    let mostly = typed || strange.len() * 2 < sheet.header.len();
    let ours = (typed && counted) || (mostly && has_references(sheet, at) == Some(true));
    ours.then(|| (Own::Items(own(sheet, &known)), strange))
}

/// The sheet as a table of records of one kind of our own: it has what the kind needs, and either our `id` and `version` or no
/// column that isn't the kind's.
fn records<R: Record>(sheet: &Sheet) -> Option<(Own, Vec<String>)> {
    let known = record_header::<R>();
    let strange = strange(sheet, &known);
    let mut needed = R::FIELDS.iter().filter(|field| field.required).peekable();
    let has = needed.peek().is_some() && needed.all(|field| sheet.column(field.name).is_some());
    let ours = ["id", "version"].iter().all(|name| sheet.column(name).is_some());
    // Others have an id and a version too: what it hangs on has to be there as well.
    let whole =
        ours && known.iter().filter(|name| sheet.column(name).is_some()).count() * 3 >= known.len() * 2;
    (has && (whole || strange.is_empty())).then(|| (Own::Records(R::KIND, own(sheet, &known)), strange))
}

/// The sheet as a table beside items and records: with all its columns, or with what each row needs, references where they belong,
/// and no column that isn't the table's.
fn side(sheet: &Sheet, table: SideTable) -> Option<(Own, Vec<String>)> {
    let known: Vec<String> = table.header().into_iter().map(str::to_owned).collect();
    let strange = strange(sheet, &known);
    let at = |field: &Field| sheet.column(field.name);
    let needed = || table.fields().iter().filter(|field| field.required);
    let whole = table.fields().iter().all(|field| at(field).is_some());
    let named: Vec<Option<bool>> = needed()
        .filter(|field| matches!(field.control, Control::Item))
        .filter_map(|field| Some(has_references(sheet, at(field)?)))
        .collect();
    let fits = named.is_empty() || (named.contains(&Some(true)) && !named.contains(&Some(false)));
    let ours = whole || (strange.is_empty() && needed().all(|field| at(field).is_some()) && fits);
    ours.then(|| (Own::Side(table, own(sheet, &known)), strange))
}

/// The sheet as a table of our own, if it is one; with it the columns that aren't ours.
///
/// # Errors
/// One line: it is ours, and can't be read: a column stands there twice, or it is computed.
pub fn recognised(sheet: &Sheet) -> Result<Option<(Own, Vec<String>)>, Unreadable> {
    if sheet.header.len() >= OF_A_METRIC.len() && sheet.header[..OF_A_METRIC.len()] == OF_A_METRIC {
        return Err(Unreadable::new(format!(
            "{}: these are the rows of a metric: they are computed, and not read back.",
            sheet.name
        )));
    }
    // The narrower come first: what a budget line needs, others don't have.
    let found = SideTable::ALL
        .into_iter()
        .find_map(|table| side(sheet, table))
        .or_else(|| items(sheet))
        .or_else(|| records::<BudgetLine>(sheet))
        .or_else(|| records::<Allocation>(sheet))
        .or_else(|| records::<AdoptionTarget>(sheet))
        .or_else(|| records::<Measurement>(sheet))
        .or_else(|| records::<Survey>(sheet))
        .or_else(|| records::<Raci>(sheet))
        .or_else(|| records::<Rework>(sheet));
    let Some((found, strange)) = found else { return Ok(None) };
    let (Own::Items(own) | Own::Records(_, own) | Own::Side(_, own)) = &found;
    let twice = own.header.iter().find(|name| sheet.header.iter().filter(|known| known == name).count() > 1);
    match twice {
        Some(name) => Err(Unreadable::new(format!(
            "{}: the heading “{name}” stands over several columns, and nothing tells which of them counts.",
            sheet.name
        ))),
        None => Ok(Some((found, strange))),
    }
}

impl Own {
    /// What it brings, and how many rows it has.
    #[must_use]
    pub fn intake(self, strange: &[String]) -> Intake {
        let (Self::Items(sheet) | Self::Records(_, sheet) | Self::Side(_, sheet)) = &self;
        let (file, rows) = (sheet.file.clone(), sheet.rows.len());
        let findings = strange.iter().map(|heading| {
            let message = "this column is not recognised; it is not carried.";
            Finding::new(Severity::Note, &file, 0, message).at(heading.as_str())
        });
        let known = "read as a table that was exported from here: only what was edited changes anything.";
        let known = Finding::new(Severity::Note, &file, 0, known);
        let mut intake = Intake {
            findings: std::iter::once(known).chain(findings).collect(),
            counts: vec![FileCount { file: file.clone(), rows, made: rows, ..FileCount::default() }],
            ..Intake::default()
        };
        match self {
            Self::Items(sheet) => intake.own_items.push(sheet),
            Self::Records(kind, sheet) => intake.own_records.push((kind, sheet)),
            Self::Side(table, sheet) => intake.own_sides.push((table, sheet)),
        }
        intake
    }
}

fn own(sheet: &Sheet, known: &[String]) -> OwnSheet {
    let columns: Vec<(usize, &String)> =
        sheet.header.iter().enumerate().filter(|(_, name)| known.contains(name)).collect();
    // A spreadsheet may have rewritten the dates of a column.
    let forms: HashMap<usize, Form> = columns
        .iter()
        .filter(|(_, name)| {
            name.ends_with("_on") || name.ends_with("_by") || name.ends_with("_until") || *name == "on"
        })
        .map(|(at, _)| (*at, dates::form_of(sheet.rows.iter().map(|row| row.cells[*at].as_str()))))
        .collect();
    let cell = |at: usize, text: &str| {
        let text = unguarded(text);
        let day = forms.get(&at).and_then(|form| dates::parse(text, *form).ok());
        day.map_or_else(|| text.to_owned(), |day| day.to_string())
    };
    let rows = sheet.rows.iter().map(|row| OwnRow {
        line: row.line,
        cells: columns.iter().map(|(at, name)| ((*name).clone(), cell(*at, &row.cells[*at]))).collect(),
    });
    OwnSheet {
        file: sheet.name.clone(),
        header: columns.iter().map(|(_, name)| (*name).clone()).collect(),
        rows: rows.collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::csv;

    fn known(text: &str) -> Result<Option<(Own, Vec<String>)>, Unreadable> {
        recognised(&csv::read("t.csv", text.as_bytes()).unwrap())
    }

    #[test]
    fn our_tables_are_known_by_their_headings_in_any_order_and_others_are_left() {
        for (text, which) in [
            ("to,relation,from\nATLAS-M1,threatens,ATLAS-R1\n", "links"),
            ("lag_days,successor,predecessor\n2,ATLAS-M1,ATLAS-T1\n", "schedule_links"),
            ("key,name,state\nWEB,Website,active\n", "projects"),
            ("meeting,ref\nATLAS-MTG1,ATLAS-R1\n", "outcomes"),
            ("key,name,visibility,time_zone,currency\nATLAS,Atlas,members,UTC,EUR\n", "program"),
            ("document,part,report\n{},0,ATLAS-REP1\n", "frozen_reports"),
            ("checklist,position,criterion\nLaunch,1,Tested\n", "checklists"),
            (
                "change,dependency,needed_by,asked_on\nATLAS-CR1,ATLAS-D1,2026-01-01,2026-01-01\n",
                "change_questions",
            ),
            ("release,rollback,step,done_at\nATLAS-REL1,false,Go,2026-01-01T00:00:00Z\n", "release_steps"),
            (
                "number,name,reason,made_on,change,ref,committed_on\n1,x,,2026-01-01,,ATLAS-M1,2026-02-01\n",
                "baselines",
            ),
        ] {
            match known(text) {
                Ok(Some((Own::Side(table, sheet), strange))) => {
                    assert_eq!((table.name(), sheet.rows.len(), strange.len()), (which, 1, 0), "{text}");
                }
                other => panic!("{text}: {other:?}"),
            }
        }
        for text in [
            "ref,title,my notes\nATLAS-R1,One,x\n",
            "version,title,ref,type\n1,One,ATLAS-R1,risk\n",
            "title,ref\nOne,ATLAS-R1\nTwo,ATLAS-R1x\n",
            "ref,title,archived_on\nATLAS-R1,One,2026-01-01\n",
        ] {
            assert!(matches!(known(text), Ok(Some((Own::Items(_), _)))), "{text}");
        }
        for text in [
            "Title,Owner\nOne,Ada\n",
            "from,relation,to\nhere,leads,there\n",
            "ref,Summary,Priority,Raised\nATLAS-R1,One,High,x\n",
            "predecessor,successor\nDig,Build\n",
        ] {
            assert_eq!(known(text), Ok(None), "{text}");
        }
    }

    #[test]
    fn a_column_that_stands_twice_and_what_is_computed_are_refused() {
        for (text, why) in [
            (
                "ref,title,title\nATLAS-R1,One,Two\n",
                "t.csv: the heading “title” stands over several columns, and nothing tells which of them counts.",
            ),
            (
                "ref,title,outcome,counts,value\nATLAS-R1,One,late,yes,3\n",
                "t.csv: these are the rows of a metric: they are computed, and not read back.",
            ),
        ] {
            assert_eq!(known(text).unwrap_err().to_string(), why);
        }
    }
}
