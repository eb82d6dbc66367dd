//! The program into which an import goes: it stands, a source says what it is, or a table of ours does.

use crate::app::{Error, Result};
use crate::domain::draft::Draft;
use crate::domain::event::Event;
use crate::domain::ids::{PersonId, ProgramId};
use crate::domain::program::{self, Program};
use crate::exchange::intake::Intake;
use crate::store::lookup::Reader;
use crate::store::{self, Stamp, Tx, new_id};
use chrono::NaiveDate;
use serde_json::Value;
use uuid::Uuid;

/// The program into which is imported.
pub(super) enum Target {
    Stands(Program),
    /// It is not there yet: a table of ours says what it is.
    ToBeMade(Program),
}

impl Target {
    pub(super) fn into_program(self) -> Program {
        match self {
            Self::Stands(program) | Self::ToBeMade(program) => program,
        }
    }

    pub(super) const fn program(&self) -> &Program {
        match self {
            Self::Stands(program) | Self::ToBeMade(program) => program,
        }
    }
}

/// Finds the program, or makes it from what the source says of it.
pub(super) async fn find(
    tx: &mut Tx,
    stamp: &Stamp,
    intake: &Intake,
    key: Option<&str>,
    today: NaiveDate,
) -> Result<Target> {
    let fields = intake.program.clone().unwrap_or_default();
    let of_table = super::own_program::key_of(intake);
    let named = key.or_else(|| fields.get("key").and_then(Value::as_str)).or(of_table);
    let Some(key) = named.map(str::to_ascii_uppercase) else {
        return Err(Error::refused(
            "program",
            "Say into which program with --program KEY: the files don't name one.",
        ));
    };
    if let Some(found) = store::program::by_key(tx, &key).await? {
        return if found.archived_at.is_none() {
            Ok(Target::Stands(found))
        } else {
            Err(Error::ArchivedProgram)
        };
    }
    let on = intake.starts_on.map_or(today, |day| day.min(today));
    let mut made = Program::new(ProgramId(new_id(stamp.now)), stamp.now, on);
    if of_table.is_some() {
        return Ok(Target::ToBeMade(Program { key, ..made }));
    }
    if intake.program.is_none() {
        return Err(Error::refused("program", format!("There is no program {key}.")));
    }
    let mut fields = fields;
    fields.insert("key".into(), Value::from(key));
    let draft = Draft(fields);
    let reader = Reader { person: stamp.actor.unwrap_or(PersonId(Uuid::nil())), admin: true };
    let directory = store::lookup::directory_in(tx, None, reader, &draft.names(program::FIELDS)).await?;
    let values = draft.check(program::FIELDS, &directory)?;
    made.fill(values)?;
    insert(tx, stamp, &made).await?;
    Ok(Target::Stands(made))
}

/// Writes a new program; whoever imports becomes a manager of it.
pub(super) async fn insert(tx: &mut Tx, stamp: &Stamp, made: &Program) -> Result<()> {
    store::program::insert(tx, made).await?;
    if let Some(actor) = stamp.actor {
        store::program::set_member(tx, made.id, actor, Some(program::Role::Manager), made.effective_on)
            .await?;
    }
    tx.record(Some(made.id), None, made.effective_on, &Event::ProgramMade {});
    Ok(())
}
