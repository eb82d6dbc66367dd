//! What a program records beside its items: read as it stands or stood, written, and taken away. One function of the database
//! for all of their tables, as rows travel as JSON whose names are the columns'.

use super::{Db, Error, Result, Tx};
use crate::domain::ids::ProgramId;
use crate::domain::record::{Record, RecordKind};
use chrono::NaiveDate;
use serde_json::{Value, json};
use uuid::Uuid;

/// The records of a program, as they stood, in their own order; the archived ones too.
///
/// # Errors
/// When the database refuses.
pub async fn all<R: Record>(db: &Db, program: ProgramId, as_of: Option<NaiveDate>) -> Result<Vec<R>> {
    let rows = sqlx::query_scalar!(
        r#"select r as "row!" from records_at($1, $2, $3) r"#,
        R::KIND as RecordKind,
        program.0,
        as_of,
    )
    .fetch_all(db.pool())
    .await?;
    let rows: std::result::Result<Vec<R>, _> = rows.into_iter().map(serde_json::from_value).collect();
    let mut rows = rows.map_err(|wrong| Error::Decode(wrong.into()))?;
    rows.sort_by_cached_key(|row| (row.place(), row.head().id));
    Ok(rows)
}

/// Writes records, new or changed; how many. One that is changed is written over the version before its own, if it still is.
///
/// # Errors
/// A named constraint that refuses a value.
pub async fn put<R: Record>(tx: &mut Tx, records: &[R]) -> Result<usize> {
    let rows: Vec<Value> = records.iter().map(|record| json!(record)).collect();
    let written =
        sqlx::query_scalar!("select put_records($1, $2)", R::KIND as RecordKind, Value::Array(rows))
            .fetch_one(tx.conn())
            .await?;
    Ok(written.and_then(|written| usize::try_from(written).ok()).unwrap_or_default())
}

/// Takes a record away; whether it was there. Its history is kept.
///
/// # Errors
/// When the database refuses: something hangs on it.
pub async fn take_away(tx: &mut Tx, kind: RecordKind, id: Uuid) -> Result<bool> {
    let gone = sqlx::query_scalar!("select drop_record($1, $2)", kind as RecordKind, id);
    Ok(gone.fetch_one(tx.conn()).await?.unwrap_or_default())
}
