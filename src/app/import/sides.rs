//! Tables beside items and records that come back: what their rows say, with whom and what they name found.

use super::Import;
use super::own::told_of;
use crate::app::{App, Result};
use crate::domain::draft::{Control, Draft, Field, FieldError, Named};
use crate::domain::ids::PersonId;
use crate::domain::side_table::SideTable;
use crate::exchange::intake::{Intake, Origin};
use crate::exchange::own::{self, OwnSheet, ids_in};
use crate::store::lookup::Reader;
use crate::store::{self, Tx};
use serde_json::{Map, Value};
use std::collections::HashSet;
use uuid::Uuid;

/// What a row says, by column; an id stands for whom and what it names. Columns that the file doesn't have aren't there.
pub(super) struct Said {
    pub origin: Origin,
    pub values: Map<String, Value>,
}

impl Said {
    pub(super) fn id(&self, name: &str) -> Option<Uuid> {
        id_in(&self.values, name)
    }

    /// A text; nothing if there is none.
    pub(super) fn text(&self, name: &str) -> &str {
        self.values.get(name).and_then(Value::as_str).unwrap_or_default()
    }
}

/// What stands in a column as an id.
pub(super) fn id_in(values: &Map<String, Value>, name: &str) -> Option<Uuid> {
    values.get(name)?.as_str()?.parse().ok()
}

/// What a value is compared by: the ends of lines and how a number is written say nothing.
pub(super) fn print(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.replace("\r\n", "\n").replace('\r', "\n").trim().to_owned(),
        Some(Value::Number(number)) => number.as_f64().unwrap_or_default().to_string(),
        Some(other) => other.to_string(),
    }
}

/// Why a row that says something new is of an older version than what stands, if it is.
pub(super) fn stale(said: &Said, now: i32) -> Option<String> {
    let version = said.values.get("version").and_then(Value::as_i64)?;
    (version != i64::from(now)).then(|| {
        format!("Somebody changed it since this table was made: it is at version {now} now, and was at {version}. Export it again.")
    })
}

/// The sheets of a table.
pub(super) fn sheets(intake: &Intake, table: SideTable) -> Vec<&OwnSheet> {
    intake.own_sides.iter().filter(|(known, _)| *known == table).map(|(_, sheet)| sheet).collect()
}

impl Import<'_> {
    /// What the rows of a table say; those that can't be read are refused by line. Who is named and isn't there is made where `make`
    /// says so of the row; else they have to be there.
    pub(super) async fn said(
        &mut self,
        app: &App,
        tx: &mut Tx,
        table: SideTable,
        sheets: &[&OwnSheet],
        make: &(dyn Fn(&Draft) -> bool + Sync),
    ) -> Result<Vec<Said>> {
        let mut drafts = Vec::new();
        for sheet in sheets {
            let columns: Vec<&Field> = table
                .fields()
                .iter()
                .filter(|field| sheet.header.iter().any(|name| name == field.name))
                .collect();
            for row in &sheet.rows {
                let origin = Origin { file: sheet.file.clone(), line: row.line };
                if let Some(named) = self.names_left_out(&columns, |name| row.text(name)) {
                    self.outcome.notes.push(format!(
                        "{}:{}: left out, as {} is left out.",
                        origin.file,
                        origin.line,
                        named.to_uppercase()
                    ));
                    continue;
                }
                let cells = columns
                    .iter()
                    .map(|field| (field.name.to_owned(), own::typed(field.control, row.text(field.name))));
                drafts.push((origin, Draft(cells.collect()), columns.clone()));
            }
        }
        let mut names: Vec<Named> =
            drafts.iter().flat_map(|(_, draft, _)| draft.names(table.fields())).collect();
        names.sort();
        names.dedup();
        let mut found = self.look_up(tx, &names).await?;
        let missed = |name: &Named| matches!(name, Named::Person(name) if !found.persons.contains_key(&name.to_lowercase()));
        if names.iter().any(missed) {
            // Of people who share a name, and have nothing else, the one who stands there already is meant.
            let mut ids = Vec::new();
            self.standing(tx, table)
                .await?
                .iter()
                .flat_map(Map::values)
                .for_each(|value| ids_in(value, &mut ids));
            let reader = Reader { person: self.stamp.actor.unwrap_or(PersonId(Uuid::nil())), admin: true };
            for (id, name) in store::lookup::names(&app.db, reader, &ids).await?.people {
                found.persons.entry(name.to_lowercase()).or_insert(id);
            }
        }
        let mut seen = HashSet::new();
        let missing = drafts.iter().filter(|(_, draft, _)| make(draft)).flat_map(|(origin, draft, _)| {
            draft.names(table.fields()).into_iter().map(|name| (origin.clone(), name))
        });
        let missing = missing.filter(|(_, name)| match name {
            Named::Person(name) => !found.persons.contains_key(&name.to_lowercase()),
            Named::Team(name) => !found.teams.contains_key(&name.to_lowercase()),
            _ => false,
        });
        let records: Vec<_> = missing
            .filter(|(_, name)| seen.insert(name.clone()))
            .filter_map(|(origin, name)| told_of(origin, name))
            .collect();
        self.people(tx, &records).await?;
        self.teams(tx, &records).await?;
        self.directory.persons.extend(found.persons);
        self.directory.teams.extend(found.teams);
        self.directory.items.extend(found.items);
        let mut said = Vec::new();
        for (origin, draft, columns) in drafts {
            match draft.check(table.fields(), &self.directory) {
                Ok(mut values) => {
                    values.retain(|name, _| columns.iter().any(|field| field.name == name));
                    said.push(Said { origin, values });
                }
                Err(refused) => self.refuse_row(&origin.file, origin.line, refused.errors),
            }
        }
        Ok(said)
    }

    /// What a row names that is left out.
    fn names_left_out<'r>(&self, columns: &[&Field], text: impl Fn(&str) -> &'r str) -> Option<String> {
        let items = columns.iter().filter(|field| matches!(field.control, Control::Item));
        items.map(|field| text(field.name).to_lowercase()).find(|named| self.left_out.contains(named))
    }

    /// The rows of a table as they stand, by column.
    pub(super) async fn standing(&self, tx: &mut Tx, table: SideTable) -> Result<Vec<Map<String, Value>>> {
        let rows = store::side_table::rows_in(tx, table, self.program).await?;
        let named = |row: Vec<Value>| table.header().into_iter().map(str::to_owned).zip(row).collect();
        Ok(rows.into_iter().map(named).collect())
    }

    pub(super) fn refuse_said(&mut self, said: &Said, field: &str, message: impl Into<String>) {
        self.refuse_row(&said.origin.file, said.origin.line, vec![FieldError::new(field, message)]);
    }

    pub(super) fn count(&mut self, table: SideTable, made: usize, changed: usize) {
        for (counts, count) in [(&mut self.outcome.made, made), (&mut self.outcome.changed, changed)] {
            if count > 0 {
                *counts.entry(table.many()).or_default() += u32::try_from(count).unwrap_or(u32::MAX);
            }
        }
    }
}
