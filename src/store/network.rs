//! The network over all programs: what hangs on what, and which programs hang together.

use super::lookup::Reader;
use super::{Result, Tx};
use crate::domain::ids::ProgramId;
use crate::domain::kind::{Kind, Reference};
use crate::domain::network::Edge;
use std::collections::HashMap;
use uuid::Uuid;

/// Takes turns with everybody else who changes the network, up to the end of the transaction: two links that are made at
/// once might close a cycle that neither sees.
///
/// # Errors
/// When the database refuses.
pub async fn lock(tx: &mut Tx) -> Result<()> {
    sqlx::query!("select pg_advisory_xact_lock(hashtext('plumbline network'))")
        .fetch_one(tx.conn())
        .await
        .map(drop)
}

/// All that follows from these items, of whatever program, and how it hangs together. Summaries bring their parts, and parts
/// their summaries.
///
/// # Errors
/// When the database refuses.
pub async fn downstream(tx: &mut Tx, items: &[Uuid]) -> Result<Vec<Edge>> {
    let rows = sqlx::query!(
        r#"
        with recursive reached (item) as (
            select unnest($1::uuid[])
            union
            select n.item from reached r cross join lateral (
                select successor as item from schedule_link where predecessor = r.item
                union all select item from dependency where provider_milestone = r.item
                union all select consumer_milestone from dependency where item = r.item and consumer_milestone is not null
                union all select parent from activity where item = r.item and parent is not null
                union all select item from activity where parent = r.item
            ) n
        )
        select r.item as "from!", e.item as "to!", e.part as "part!"
        from reached r cross join lateral (
            select successor as item, false as part from schedule_link where predecessor = r.item
            union all select item, false from dependency where provider_milestone = r.item
            union all select consumer_milestone, false from dependency where item = r.item and consumer_milestone is not null
            union all select item, true from activity where parent = r.item
        ) e
        "#,
        items,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| if row.part { Edge::Part(row.from, row.to) } else { Edge::Follows(row.from, row.to) })
        .collect())
}

/// The references of items, as far as the reader may see them.
///
/// # Errors
/// When the database refuses.
pub async fn references(tx: &mut Tx, reader: Reader, items: &[Uuid]) -> Result<HashMap<Uuid, Reference>> {
    let rows = sqlx::query!(
        r#"select i.id, g.key, i.kind as "kind: Kind", i.number from item i join program g on g.id = i.program
           where i.id = any($1) and ($2 or g.visibility = 'everyone'
               or exists (select from membership m where m.program = g.id and m.person = $3))"#,
        items,
        reader.admin,
        reader.person.0,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.id, Reference { program: row.key, kind: row.kind, number: row.number }))
        .collect())
}

/// Works out again which programs hang together, after something between two programs came; what is computed from the
/// programs that are together only now doesn't hold any more. Programs that once hung together stay so: past days, on which
/// they did, are shown too.
///
/// # Errors
/// When the database refuses.
pub async fn refresh_reach(tx: &mut Tx) -> Result<()> {
    let changed = sqlx::query_scalar!(
        r#"
        with recursive across (a, b) as (
            select from_program, program from schedule_link where from_program <> program
            union select m.program, d.program from dependency d join item m on m.id = d.provider_milestone
                  where m.program <> d.program
            union select d.program, m.program from dependency d join item m on m.id = d.consumer_milestone
                  where m.program <> d.program
        ), pair (a, b) as (
            select a, b from across union select b, a from across union select program, other from program_reach
        ), reach (program, other) as (
            select a, b from pair
            union
            select r.program, p.b from reach r join pair p on p.a = r.other
        )
        insert into program_reach (program, other)
        select program, other from reach where program <> other
        on conflict do nothing
        returning program as "program: ProgramId"
        "#
    )
    .fetch_all(tx.conn())
    .await?;
    for program in changed {
        tx.touch(Some(program));
    }
    Ok(())
}
