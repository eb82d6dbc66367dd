//! What imports have brought: by which foreign key a thing is known, and how its row was.

use super::{Db, Result, Tx};
use crate::domain::ids::{ItemId, ProgramId};
use crate::domain::kind::{Kind, Reference, State};
use crate::domain::schedule_link::{LagUnit, LinkType};
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

/// An activity or a milestone of a program, archived or not.
#[derive(Clone, Debug)]
pub struct PlanItem {
    pub id: Uuid,
    pub reference: Reference,
    pub title: String,
    pub state: State,
    pub archived: bool,
}

/// The activities and milestones of a program as they are.
///
/// # Errors
/// When the database refuses.
pub async fn plan_items(tx: &mut Tx, program: ProgramId) -> Result<Vec<PlanItem>> {
    let rows = sqlx::query!(
        r#"select i.id, g.key, i.kind as "kind: Kind", i.number, i.title, i.state as "state: State",
                  i.archived_at is not null as "archived!"
           from item i join program g on g.id = i.program
           where i.program = $1 and i.kind in ('activity', 'milestone')"#,
        program.0
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| PlanItem {
            id: row.id,
            reference: Reference { program: row.key, kind: row.kind, number: row.number },
            title: row.title,
            state: row.state,
            archived: row.archived,
        })
        .collect())
}

/// A link between items, as it is.
#[derive(Clone, Copy, Debug)]
pub struct LinkOfPlan {
    pub predecessor: Uuid,
    pub successor: Uuid,
    pub link_type: LinkType,
    pub lag: f64,
    pub lag_unit: LagUnit,
}

/// The links between items of a program.
///
/// # Errors
/// When the database refuses.
pub async fn plan_links(tx: &mut Tx, program: ProgramId) -> Result<Vec<LinkOfPlan>> {
    sqlx::query_as!(
        LinkOfPlan,
        r#"select predecessor, successor, type as "link_type: LinkType", lag::float8 as "lag!", lag_unit as "lag_unit: LagUnit"
           from schedule_link where program = $1 and from_program = $1 order by id"#,
        program.0
    )
    .fetch_all(tx.conn())
    .await
}

/// Forgets by which keys things were known.
///
/// # Errors
/// When the database refuses.
pub async fn forget(tx: &mut Tx, program: ProgramId, keys: &[String]) -> Result<()> {
    sqlx::query!("delete from imported where program = $1 and key = any($2)", program.0, keys)
        .execute(tx.conn())
        .await?;
    Ok(())
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

/// Of which kinds a program has items, archived ones too.
///
/// # Errors
/// When the database refuses.
pub async fn kinds_there(tx: &mut Tx, program: ProgramId) -> Result<Vec<Kind>> {
    sqlx::query_scalar!(r#"select distinct kind as "kind!: Kind" from item where program = $1"#, program.0)
        .fetch_all(tx.conn())
        .await
}
