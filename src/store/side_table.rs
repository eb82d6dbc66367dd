//! What leaves as tables beside items and records: the program's own fields, projects, links, dates of baselines, checklists, what
//! reports froze, and what is said at gates, of releases and in meetings and surveys. One function of the database for all of them; rows
//! travel as arrays in the order of their columns.

use super::{Db, Result, Tx};
use crate::domain::ids::ProgramId;
use crate::domain::report::parts;
use crate::domain::side_table::SideTable;
use chrono::NaiveDate;
use serde_json::Value;
use sqlx::PgExecutor;

/// The rows of a table of a program, as they stood on a day (`None`: as they stand); ids stand for whom and what they name.
///
/// # Errors
/// When the database refuses.
pub async fn rows(
    db: &Db,
    table: SideTable,
    program: ProgramId,
    as_of: Option<NaiveDate>,
) -> Result<Vec<Vec<Value>>> {
    read(db.pool(), table, program, as_of).await
}

/// The same as they stand, seeing what the transaction has written.
///
/// # Errors
/// When the database refuses.
pub async fn rows_in(tx: &mut Tx, table: SideTable, program: ProgramId) -> Result<Vec<Vec<Value>>> {
    read(tx.conn(), table, program, None).await
}

async fn read(
    from: impl PgExecutor<'_>,
    table: SideTable,
    program: ProgramId,
    as_of: Option<NaiveDate>,
) -> Result<Vec<Vec<Value>>> {
    let rows = sqlx::query_scalar!(
        r#"select r as "row!" from side_table_at($1, $2, $3) r"#,
        table as SideTable,
        program.0,
        as_of,
    )
    .fetch_all(from)
    .await?;
    let row = |row| if let Value::Array(cells) = row { cells } else { Vec::new() };
    let rows = rows.into_iter().map(row);
    if table != SideTable::FrozenReport {
        return Ok(rows.collect());
    }
    let cut = |row: Vec<Value>| {
        let [report, document] = <[Value; 2]>::try_from(row).unwrap_or_default();
        let parts = parts(&document).into_iter().enumerate();
        parts.map(move |(place, part)| vec![report.clone(), Value::from(place), Value::from(part)])
    };
    Ok(rows.flat_map(cut).collect())
}

/// Writes rows of the table that stands behind it, each with all its columns; how many. One whose place is taken is left out.
///
/// # Errors
/// A named constraint that refuses a value.
pub async fn put(tx: &mut Tx, table: SideTable, rows: Vec<Value>) -> Result<usize> {
    let written = sqlx::query_scalar!("select put_side_rows($1, $2)", table as SideTable, Value::Array(rows))
        .fetch_one(tx.conn())
        .await?;
    Ok(written.and_then(|written| usize::try_from(written).ok()).unwrap_or_default())
}
