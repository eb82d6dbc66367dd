//! The program's own fields, of a table of our own that comes back: a cell that was edited changes that field, as an edit on its page does;
//! where there is no such program yet, the table makes it.

use super::Import;
use super::sides::{Said, sheets, stale};
use super::target::{Target, insert};
use crate::app::{App, Error, Result};
use crate::domain::draft::Refused;
use crate::domain::event::Event;
use crate::domain::program::{self, Program, ProgramState};
use crate::domain::side_table::SideTable;
use crate::exchange::intake::{Intake, Origin};
use crate::store::{self, Tx};
use chrono::NaiveDate;
use serde_json::{Map, Value};

/// The key that the program's table says, where the files have one.
pub(super) fn key_of(intake: &Intake) -> Option<&str> {
    let sheets = intake.own_sides.iter().filter(|(table, _)| *table == SideTable::Program);
    sheets.flat_map(|(_, sheet)| &sheet.rows).map(|row| row.text("key")).find(|key| !key.is_empty())
}

impl Import<'_> {
    /// Reads the program's table, before all that depends on its calendar and settings: the program as it then is.
    ///
    /// # Errors
    /// A program that is to be made and can't be; what is wrong with an edit is told with the rest.
    pub(super) async fn own_program(
        &mut self,
        app: &App,
        tx: &mut Tx,
        intake: &Intake,
        found: Target,
    ) -> Result<Program> {
        let table = SideTable::Program;
        let is_new = matches!(found, Target::ToBeMade(_));
        let program = found.into_program();
        let said = self.said(app, tx, table, &sheets(intake, table), &|_| is_new).await?;
        let mut rows = said.into_iter();
        let Some(one) = rows.next() else {
            return if is_new { Err(self.refused()) } else { Ok(program) };
        };
        for more in rows {
            self.refuse_said(&more, "", "A program has one row.");
        }
        if !one.text("key").eq_ignore_ascii_case(&program.key) {
            let message = format!("This is the table of {}, and not of {}.", one.text("key"), program.key);
            self.refuse_said(&one, "key", message);
        } else if is_new {
            return self.make_program(tx, &one, program).await;
        } else if self.errors.is_empty() {
            return self.edit_program(tx, &one, program).await;
        }
        if is_new { Err(self.refused()) } else { Ok(program) }
    }

    /// All that is wrong so far.
    fn refused(&mut self) -> Error {
        Refused { errors: std::mem::take(&mut self.errors), ..Refused::default() }.into()
    }

    async fn make_program(&mut self, tx: &mut Tx, one: &Said, mut made: Program) -> Result<Program> {
        let key = made.key.clone();
        if let Some(on) = since(one) {
            made.effective_on = on.min(made.effective_on);
        }
        if let Err(refused) = made.fill(fields(one).collect()) {
            self.refuse_row(&one.origin.file, one.origin.line, refused.errors);
        }
        if !self.errors.is_empty() {
            return Err(self.refused());
        }
        made.key = key;
        insert(tx, self.stamp, &made).await?;
        self.today = made.today(self.stamp.now);
        self.count(SideTable::Program, 1, 0);
        Ok(made)
    }

    async fn edit_program(&mut self, tx: &mut Tx, one: &Said, stored: Program) -> Result<Program> {
        let now = stored.draft().0;
        let edited: Map<String, Value> =
            fields(one).filter(|(name, value)| name != "key" && !same(value, &now[name.as_str()])).collect();
        // A version that it never had: the table is of a program of this key elsewhere, and says since when it holds there.
        let elsewhere = one.values.get("version").and_then(Value::as_i64) > Some(stored.version.into());
        let moved = !elsewhere && since(one).is_some_and(|since| since != stored.effective_on);
        if edited.is_empty() && !moved {
            self.outcome.skipped += 1;
            return Ok(stored);
        }
        // One that was just made, to be filled, has nothing that somebody changed.
        let is_blank = elsewhere && stored.version == 1;
        if let Some(message) = stale(one, stored.version).filter(|_| !is_blank) {
            self.refuse_said(one, "version", message);
            return Ok(stored);
        }
        if moved {
            self.refuse_said(one, "effective_on", "It is not changed by an import.");
            return Ok(stored);
        }
        let names: Vec<String> = edited.keys().cloned().collect();
        let mut next = stored.clone();
        if let Err(refused) = next.fill(edited) {
            self.refuse_row(&one.origin.file, one.origin.line, refused.errors);
            return Ok(stored);
        }
        if next == stored {
            self.outcome.skipped += 1;
            return Ok(stored);
        }
        next.version += 1;
        next.effective_on = self.today.max(stored.effective_on);
        next.updated_at = self.stamp.now;
        if !store::program::update(tx, &next).await? {
            return Err(Error::Stale { current: stored.version + 1 });
        }
        if next.state == ProgramState::Closed && stored.state != ProgramState::Closed {
            self.closing = Some((one.origin.clone(), next.clone()));
        }
        tx.record(Some(self.program), None, next.effective_on, &Event::ProgramEdited { fields: names });
        self.today = next.today(self.stamp.now);
        self.count(SideTable::Program, 0, 1);
        Ok(next)
    }

    /// Refuses to close a program by a table without what closing it asks for; the lessons of the same import count.
    pub(super) async fn closed(&mut self, tx: &mut Tx) -> Result<()> {
        let Some((Origin { file, line }, program)) = self.closing.take() else { return Ok(()) };
        let lessons = store::program::lessons(tx, self.program).await?;
        if let Err(refused) = program.may_close(lessons) {
            self.refuse_row(&file, line, refused.errors);
        }
        Ok(())
    }
}

fn since(one: &Said) -> Option<NaiveDate> {
    one.text("effective_on").parse().ok()
}

/// What a row says of the fields of a program.
fn fields(one: &Said) -> impl Iterator<Item = (String, Value)> + '_ {
    let is_field = |name: &str| program::FIELDS.iter().any(|field| field.name == name);
    one.values
        .iter()
        .filter(move |(name, _)| is_field(name))
        .map(|(name, value)| (name.clone(), value.clone()))
}

/// Whether two values say the same, however their numbers are written.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a.as_f64() == b.as_f64(),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len()
                && a.iter().all(|(name, value)| b.get(name).is_some_and(|other| same(value, other)))
        }
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(value, other)| same(value, other))
        }
        (a, b) => super::sides::print(Some(a)) == super::sides::print(Some(b)),
    }
}
