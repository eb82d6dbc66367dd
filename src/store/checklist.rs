//! A program's own checklists.

use super::{Db, Error, Result, Tx};
use crate::domain::checklist::Entry;
use crate::domain::ids::ProgramId;
use chrono::NaiveDate;
use serde_json::Value;
use uuid::Uuid;

/// A checklist that a program keeps.
#[derive(Clone, Debug)]
pub struct Checklist {
    pub id: Uuid,
    pub name: String,
    pub checks: Vec<Entry>,
}

/// The checklists of a program as they stood, by name.
///
/// # Errors
/// When the database refuses.
pub async fn list(db: &Db, program: ProgramId, as_of: Option<NaiveDate>) -> Result<Vec<Checklist>> {
    let rows = sqlx::query!(
        r#"select id as "id!", name as "name!", checks as "checks!" from checklist_at($2) where program = $1
           order by lower(name)"#,
        program.0,
        as_of,
    )
    .fetch_all(db.pool())
    .await?;
    rows.into_iter()
        .map(|row| {
            let checks = serde_json::from_value(row.checks).map_err(|wrong| Error::Decode(wrong.into()))?;
            Ok(Checklist { id: row.id, name: row.name, checks })
        })
        .collect()
}

/// Keeps a checklist.
///
/// # Errors
/// `checklist_name_unique`, `checklist_name_length`.
pub async fn insert(tx: &mut Tx, program: ProgramId, list: &Checklist, on: NaiveDate) -> Result<()> {
    let checks: Value = serde_json::json!(list.checks);
    sqlx::query!(
        "insert into checklist (id, program, name, checks, effective_on) values ($1, $2, $3, $4, $5)",
        list.id,
        program.0,
        list.name,
        checks,
        on,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Writes another content of a checklist.
///
/// # Errors
/// When the database refuses.
pub async fn update(tx: &mut Tx, program: ProgramId, list: &Checklist, on: NaiveDate) -> Result<()> {
    let checks: Value = serde_json::json!(list.checks);
    sqlx::query!(
        "update checklist set checks = $3, effective_on = greatest(effective_on, $4) where program = $1 and id = $2",
        program.0,
        list.id,
        checks,
        on,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Takes a checklist away; its name, if it was there.
///
/// # Errors
/// When the database refuses.
pub async fn delete(tx: &mut Tx, program: ProgramId, id: Uuid) -> Result<Option<String>> {
    sqlx::query_scalar!("delete from checklist where program = $1 and id = $2 returning name", program.0, id)
        .fetch_optional(tx.conn())
        .await
}
