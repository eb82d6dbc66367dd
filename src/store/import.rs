//! What imports have brought: by which foreign key a thing is known, and how its row was.

use super::{Db, Result, Tx};
use crate::domain::ids::{ItemId, ProgramId};
use std::collections::HashMap;
use uuid::Uuid;

/// A foreign key with what became of it.
#[derive(Clone, Debug)]
pub struct Known {
    pub key: String,
    pub entity: Option<Uuid>,
    /// SHA-256 of the record as it was.
    pub fingerprint: Vec<u8>,
}

/// All that earlier imports into this program brought, by key. Imports into one program take turns.
///
/// # Errors
/// When the database refuses.
pub async fn known(tx: &mut Tx, program: ProgramId) -> Result<HashMap<String, Known>> {
    sqlx::query!(
        "select pg_advisory_xact_lock(hashtextextended('import ' || $1::text, 0)) is null as held",
        program.0.to_string()
    )
    .fetch_one(tx.conn())
    .await?;
    let rows =
        sqlx::query_as!(Known, "select key, entity, fingerprint from imported where program = $1", program.0)
            .fetch_all(tx.conn())
            .await?;
    Ok(rows.into_iter().map(|known| (known.key.clone(), known)).collect())
}

/// The identifiers that items of programs had in the plans of Microsoft Project that they were imported from.
///
/// # Errors
/// When the database refuses.
pub async fn uids(db: &Db, programs: &[ProgramId]) -> Result<HashMap<ItemId, i64>> {
    let programs: Vec<_> = programs.iter().map(|program| program.0).collect();
    let rows = sqlx::query!(
        r#"select entity as "item!: ItemId", substring(key from '^item:uid (\d{1,18})$')::bigint as "uid!"
           from imported where program = any($1) and entity is not null and key ~ '^item:uid \d{1,18}$' order by key"#,
        &programs,
    )
    .fetch_all(db.pool())
    .await?;
    Ok(rows.into_iter().map(|row| (row.item, row.uid)).collect())
}

/// Keeps what this import brought.
///
/// # Errors
/// When the database refuses.
pub async fn keep(tx: &mut Tx, program: ProgramId, brought: &[Known]) -> Result<()> {
    let now = tx.stamp().now;
    let keys: Vec<_> = brought.iter().map(|known| known.key.clone()).collect();
    let entities: Vec<_> = brought.iter().map(|known| known.entity).collect();
    let fingerprints: Vec<_> = brought.iter().map(|known| known.fingerprint.clone()).collect();
    sqlx::query!(
        "insert into imported (program, key, entity, fingerprint, imported_at)
         select $1, k, e, f, $5 from unnest($2::text[], $3::uuid[], $4::bytea[]) b (k, e, f)
         on conflict (program, key) do update set
             entity = excluded.entity, fingerprint = excluded.fingerprint, imported_at = excluded.imported_at",
        program.0,
        &keys,
        &entities as &[Option<Uuid>],
        &fingerprints,
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Writes lines of budgets, in the place of those that are there.
///
/// # Errors
/// A named constraint that refuses a value.
pub async fn put_budget_lines(tx: &mut Tx, rows: &serde_json::Value) -> Result<()> {
    sqlx::query!(
        "insert into budget_line as l (id, program, project, category, period_on, planned, committed, actual, forecast, note, effective_on)
         select id, program, project, category, period_on, planned, committed, actual, forecast, coalesce(note, ''), effective_on
         from jsonb_populate_recordset(null::budget_line, $1)
         on conflict (id) do update set project = excluded.project, category = excluded.category, period_on = excluded.period_on,
             planned = excluded.planned, committed = excluded.committed, actual = excluded.actual, forecast = excluded.forecast,
             note = excluded.note, version = l.version + 1, effective_on = greatest(l.effective_on, excluded.effective_on)",
        rows,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
