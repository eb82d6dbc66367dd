//! Scenarios of programs, as they stand or stood, and written.

use super::{Db, Error, Result, Tx};
use crate::domain::ids::{ItemId, ProgramId};
use crate::domain::scenario::Scenario;
use chrono::NaiveDate;
use serde_json::Value;

/// A scenario with what a reader wants beside it.
#[derive(Clone, Debug)]
pub struct Kept {
    pub scenario: Scenario,
    pub maker: Option<String>,
    /// The number of its change request, and whether that waits for a decision.
    pub change: Option<(i32, bool)>,
}

fn read(row: Value) -> Result<Scenario> {
    serde_json::from_value(row).map_err(|wrong| Error::Decode(wrong.into()))
}

/// The scenarios of a program as they stood, the newest first; `number` for one alone.
///
/// # Errors
/// When the database refuses.
pub async fn list(
    db: &Db,
    program: ProgramId,
    number: Option<i32>,
    as_of: Option<NaiveDate>,
) -> Result<Vec<Kept>> {
    let rows = sqlx::query!(
        r#"select to_jsonb(s) as "scenario!", p.name as "maker?", i.number as "change?",
                  i.state in ('draft', 'submitted') as "waits?"
           from scenario_at($3) s
           left join person p on p.id = s.created_by
           left join item i on i.id = s.change_request
           where s.program = $1 and ($2::int is null or s.number = $2)
           order by s.number desc"#,
        program.0,
        number,
        as_of,
    )
    .fetch_all(db.pool())
    .await?;
    rows.into_iter()
        .map(|row| {
            let change = row.change.map(|number| (number, row.waits.unwrap_or_default()));
            Ok(Kept { scenario: read(row.scenario)?, maker: row.maker, change })
        })
        .collect()
}

/// The scenario that a change request was made of, held until the transaction ends.
///
/// # Errors
/// When the database refuses.
pub async fn of_change(tx: &mut Tx, change: ItemId) -> Result<Option<Scenario>> {
    let row = sqlx::query_scalar!(
        r#"select to_jsonb(s) as "scenario!" from scenario s
           where s.change_request = $1 and s.state = 'applied' for update"#,
        change.0,
    )
    .fetch_optional(tx.conn())
    .await?;
    row.map(read).transpose()
}

/// Takes the next number of a program's scenarios: who makes them takes turns.
///
/// # Errors
/// When the database refuses.
pub async fn next_number(tx: &mut Tx, program: ProgramId) -> Result<i32> {
    sqlx::query!(
        "select pg_advisory_xact_lock(hashtextextended('scenario ' || $1::text, 0)) is null as held",
        program.0.to_string()
    )
    .fetch_one(tx.conn())
    .await?;
    sqlx::query_scalar!(
        r#"select coalesce(max(number), 0) + 1 as "number!" from scenario where program = $1"#,
        program.0
    )
    .fetch_one(tx.conn())
    .await
}

/// Writes a new scenario.
///
/// # Errors
/// A named constraint that refuses a value.
pub async fn insert(tx: &mut Tx, scenario: &Scenario) -> Result<()> {
    sqlx::query!(
        "insert into scenario select * from jsonb_populate_record(null::scenario, $1)",
        serde_json::json!(scenario)
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Writes a changed scenario over the version before its own; whether nobody else wrote in between.
///
/// # Errors
/// A named constraint that refuses a value.
pub async fn update(tx: &mut Tx, scenario: &Scenario) -> Result<bool> {
    let written = sqlx::query!(
        "update scenario s set title = n.title, description = n.description, changes = n.changes, state = n.state,
             base_on = n.base_on, change_request = n.change_request, updated_at = n.updated_at, version = n.version,
             effective_on = n.effective_on
         from jsonb_populate_record(null::scenario, $1) n
         where s.id = n.id and s.version = n.version - 1",
        serde_json::json!(scenario),
    )
    .execute(tx.conn())
    .await?;
    Ok(written.rows_affected() == 1)
}
