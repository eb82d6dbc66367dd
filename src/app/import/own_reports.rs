//! What published reports froze, of a table of our own that comes back: with it a report of the table of items comes into a program that
//! has no report yet as it was published. What stands is never changed.

use super::Import;
use super::sides::sheets;
use crate::app::Result;
use crate::domain::draft::{FieldError, Named, Refused};
use crate::domain::item::{Detail, Item};
use crate::domain::kind::{Kind, Reference, State};
use crate::domain::report::{Document, is_whole};
use crate::domain::side_table::SideTable;
use crate::exchange::intake::{Intake, Origin};
use crate::store::Tx;
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};
use uuid::Uuid;

/// The document of a report, as the files have it.
pub(super) struct Filed {
    /// Where it begins.
    origin: Origin,
    /// In how many rows it stands.
    rows: u32,
    document: Document,
    /// The report came into the program with it.
    taken: bool,
}

/// Rows of one report: where each stands, and its text, by the number of the part.
type Parts<'r> = BTreeMap<u32, (Origin, &'r str)>;

impl Import<'_> {
    /// Reads the documents of the files, by the references of their reports in lower case; what is none is refused by line.
    pub(super) fn documents(&mut self, key: &str, intake: &Intake) {
        let mut found: HashMap<String, Parts<'_>> = HashMap::new();
        let mut order = Vec::new();
        for sheet in sheets(intake, SideTable::FrozenReport) {
            for row in &sheet.rows {
                let origin = Origin { file: sheet.file.clone(), line: row.line };
                let named = row.text("report");
                let report = match Reference::parse(named) {
                    Some(report) if report.program != key => {
                        Err(format!("{report} is of another program than {key}."))
                    }
                    Some(report) if report.kind != Kind::Report => {
                        Err(format!("{report} is no status report."))
                    }
                    Some(report) => Ok(report.to_string().to_lowercase()),
                    None => Err(format!("“{named}” is no reference.")),
                };
                let named = match report {
                    Ok(named) => named,
                    Err(message) => {
                        self.refuse_part(&origin, "report", message);
                        continue;
                    }
                };
                let Ok(part) = row.text("part").parse::<u32>() else {
                    self.refuse_part(&origin, "part", "Parts are numbered from 0.");
                    continue;
                };
                let parts = found.entry(named.clone()).or_insert_with(|| {
                    order.push(named.clone());
                    BTreeMap::new()
                });
                if parts.insert(part, (origin.clone(), row.text("document"))).is_some() {
                    self.refuse_part(
                        &origin,
                        "part",
                        format!("Part {part} of {} stands here twice.", named.to_uppercase()),
                    );
                }
            }
        }
        for named in order {
            let Some(parts) = found.remove(&named) else { continue };
            let Some((origin, _)) = parts.values().next().cloned() else { continue };
            if let Some((missing, _)) = (0_u32..).zip(parts.keys()).find(|(at, part)| at != *part) {
                let message = format!("Part {missing} of {} is missing.", named.to_uppercase());
                self.refuse_part(&origin, "part", message);
                continue;
            }
            let text: String = parts.values().map(|(_, text)| *text).collect();
            match Document::read(&text) {
                Ok(document) => {
                    let rows = u32::try_from(parts.len()).unwrap_or(u32::MAX);
                    self.documents.insert(named, Filed { origin, rows, document, taken: false });
                }
                Err(message) => self.refuse_part(&origin, "document", message),
            }
        }
    }

    fn refuse_part(&mut self, origin: &Origin, field: &str, message: impl Into<String>) {
        self.refuse_row(&origin.file, origin.line, vec![FieldError::new(field, message)]);
    }

    /// Whether the files have what a report froze, named in lower case.
    pub(super) fn has_document(&self, named: &str) -> bool {
        self.documents.contains_key(named)
    }

    /// Gives a published report what it froze.
    ///
    /// # Errors
    /// What the report says, or what it froze, can't be, or they are not of one report.
    pub(super) fn froze(
        &mut self,
        item: &mut Item,
        named: &str,
        key: &str,
    ) -> std::result::Result<(), Refused> {
        let (Detail::Report(own), State::Published) = (&mut item.detail, item.state) else { return Ok(()) };
        let Some(filed) = self.documents.get_mut(named) else {
            return Err(Refused::because(
                "state",
                "A report is published on its page, which freezes its numbers with it.",
            ));
        };
        is_whole(own, self.today).map_err(|(column, why)| Refused::because(column, why))?;
        filed.document.is_of(own, key, self.today).map_err(|why| {
            let Origin { file, line } = &filed.origin;
            Refused::because("", format!("What it froze ({file}:{line}) is not of this report. {why}"))
        })?;
        own.frozen = Some(filed.document.frozen.clone());
        own.written.clone_from(&filed.document.written);
        filed.taken = true;
        Ok(())
    }

    /// Holds the documents of the files against the reports that stand.
    pub(super) async fn own_documents(&mut self, tx: &mut Tx) -> Result<()> {
        if self.documents.is_empty() {
            return Ok(());
        }
        let mut filed: Vec<(String, Filed)> = self.documents.drain().collect();
        filed.sort_by(|(_, a), (_, b)| a.origin.cmp(&b.origin));
        let mut standing: HashMap<Uuid, String> = HashMap::new();
        for row in self.standing(tx, SideTable::FrozenReport).await? {
            if let (Some(report), Some(part)) =
                (super::sides::id_in(&row, "report"), row["document"].as_str())
            {
                standing.entry(report).or_default().push_str(part);
            }
        }
        let names: Vec<Named> = filed.iter().map(|(named, _)| Named::Item(named.clone())).collect();
        let reports = self.look_up(tx, &names).await?.items;
        let table = SideTable::FrozenReport;
        for (named, one) in filed {
            if one.taken {
                self.count(table, one.rows as usize, 0);
                continue;
            }
            let stands = reports.get(&named).map(|report| standing.get(report));
            let message = match stands {
                None => format!(
                    "{} isn’t in this program, and no table of items brings it.",
                    named.to_uppercase()
                ),
                Some(None) => {
                    format!("{} is a draft: a report is published on its page.", named.to_uppercase())
                }
                Some(Some(text)) if Document::read(text).is_ok_and(|stands| same(&stands, &one.document)) => {
                    self.outcome.skipped += one.rows;
                    continue;
                }
                Some(Some(_)) => table.is_kept_as_it_was().unwrap_or_default().to_owned(),
            };
            self.refuse_part(&one.origin, "document", message);
        }
        Ok(())
    }
}

/// Whether two say the same, in whatever order their parts are named.
fn same(a: &Document, b: &Document) -> bool {
    let whole = |one: &Document| -> Value { json!([one.frozen, one.written]) };
    whole(a) == whole(b)
}
