//! What imports have brought: by which foreign key a thing is known, and how its row was.

use super::{Result, Tx};
use crate::domain::ids::ProgramId;
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
