//! Calendars of programs, as they stand or stood, and written.

use super::{Db, Error, Result, Tx};
use crate::domain::ids::ProgramId;
use crate::domain::work_calendar::ProgramCalendar;
use chrono::NaiveDate;

/// The calendars of a program as they stood, by name; the archived ones too.
///
/// # Errors
/// When the database refuses.
pub async fn all(db: &Db, program: ProgramId, as_of: Option<NaiveDate>) -> Result<Vec<ProgramCalendar>> {
    let rows = sqlx::query_scalar!(
        r#"select to_jsonb(c) as "calendar!" from calendar_at($2) c where c.program = $1
           order by lower(c.name), c.id"#,
        program.0,
        as_of,
    )
    .fetch_all(db.pool())
    .await?;
    rows.into_iter()
        .map(|row| serde_json::from_value(row).map_err(|wrong| Error::Decode(wrong.into())))
        .collect()
}

/// Writes a new calendar.
///
/// # Errors
/// A named constraint that refuses a value: a name or an owner that another has.
pub async fn insert(tx: &mut Tx, calendar: &ProgramCalendar) -> Result<()> {
    sqlx::query!(
        "insert into calendar select * from jsonb_populate_record(null::calendar, $1)",
        serde_json::json!(calendar)
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Writes a changed calendar over the version before its own; whether nobody else wrote in between.
///
/// # Errors
/// A named constraint that refuses a value.
pub async fn update(tx: &mut Tx, calendar: &ProgramCalendar) -> Result<bool> {
    let written = sqlx::query!(
        "update calendar c set name = n.name, week = n.week, exceptions = n.exceptions, project = n.project, team = n.team,
             person = n.person, archived_at = n.archived_at, version = n.version, effective_on = n.effective_on
         from jsonb_populate_record(null::calendar, $1) n
         where c.id = n.id and c.version = n.version - 1",
        serde_json::json!(calendar),
    )
    .execute(tx.conn())
    .await?;
    Ok(written.rows_affected() == 1)
}
