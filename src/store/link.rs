//! Typed links between items, and the mentions that stand in their texts.

use super::lookup::Reader;
use super::{Db, Result, Tx};
use crate::domain::ids::{ItemId, ProgramId};
use crate::domain::kind::{Kind, Reference, State};
use chrono::NaiveDate;

/// A link as seen from one of its ends. Of an item that the reader may not see, title and state are left out.
#[derive(Clone, Debug)]
pub struct Linked {
    pub relation: String,
    /// The item looked at is the one the link goes out from.
    pub outward: bool,
    pub item: ItemId,
    pub reference: Reference,
    pub title: Option<String>,
    pub state: Option<State>,
}

/// The links of an item as they stood, and the items whose text mentions it (relation `mentions`).
///
/// # Errors
/// When the database refuses.
pub async fn of(db: &Db, item: ItemId, reader: Reader, as_of: Option<NaiveDate>) -> Result<Vec<Linked>> {
    let rows = sqlx::query!(
        r#"
        select l.relation as "relation!", l.outward as "outward!", i.id as "item!: ItemId", g.key, i.kind as "kind!: Kind", i.number,
               i.title, i.state as "state!: State",
               ($2 or g.visibility = 'everyone' or exists (select from membership m where m.program = g.id and m.person = $3)) as "visible!"
        from (
            select relation::text, true as outward, to_item as other from link_at($4) where from_item = $1
            union all select relation::text, false, from_item from link_at($4) where to_item = $1
            union all select 'mentions', false, from_item from mention where to_item = $1
        ) l
        join item i on i.id = l.other
        join program g on g.id = i.program
        order by l.relation, g.key, i.kind, i.number
        "#,
        item.0,
        reader.admin,
        reader.person.0,
        as_of,
    )
    .fetch_all(db.pool())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Linked {
            relation: row.relation,
            outward: row.outward,
            item: row.item,
            reference: Reference { program: row.key, kind: row.kind, number: row.number },
            title: row.visible.then_some(row.title),
            state: row.visible.then_some(row.state),
        })
        .collect())
}

/// The item of a kind that an item causes, as it stands in this transaction.
///
/// # Errors
/// When the database refuses.
pub async fn caused(tx: &mut Tx, from: ItemId, kind: Kind) -> Result<Option<Reference>> {
    let row = sqlx::query!(
        r#"select g.key, i.number from link l join item i on i.id = l.to_item join program g on g.id = i.program
           where l.from_item = $1 and l.relation = 'causes' and i.kind = $2 order by g.key, i.number limit 1"#,
        from.0,
        kind as Kind,
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|row| Reference { program: row.key, kind, number: row.number }))
}

/// Makes links: (from, relation, to, effective date). One that is there already is left as it is.
///
/// # Errors
/// `link_not_to_itself`.
pub async fn insert(tx: &mut Tx, links: &[(ItemId, String, ItemId, NaiveDate)]) -> Result<u64> {
    let from: Vec<_> = links.iter().map(|link| link.0.0).collect();
    let relation: Vec<_> = links.iter().map(|link| link.1.clone()).collect();
    let to: Vec<_> = links.iter().map(|link| link.2.0).collect();
    let on: Vec<_> = links.iter().map(|link| link.3).collect();
    let made = sqlx::query!(
        "insert into link (from_item, relation, to_item, effective_on)
         select f, r::relation, t, e from unnest($1::uuid[], $2::text[], $3::uuid[], $4::date[]) l (f, r, t, e)
         on conflict do nothing",
        &from,
        &relation,
        &to,
        &on,
    )
    .execute(tx.conn())
    .await?;
    Ok(made.rows_affected())
}

/// Takes links away; whether any was there.
///
/// # Errors
/// When the database refuses.
pub async fn delete(tx: &mut Tx, from: ItemId, relation: &str, to: &[ItemId]) -> Result<bool> {
    let to: Vec<uuid::Uuid> = to.iter().map(|id| id.0).collect();
    let gone = sqlx::query!(
        "delete from link where from_item = $1 and relation = $2::text::relation and to_item = any($3)",
        from.0,
        relation,
        &to,
    )
    .execute(tx.conn())
    .await?;
    Ok(gone.rows_affected() > 0)
}

/// Keeps which items the texts of items mention: the references found in them, of any program.
///
/// # Errors
/// When the database refuses.
pub async fn mention(tx: &mut Tx, references: &[(ItemId, Reference)]) -> Result<()> {
    let from: Vec<_> = references.iter().map(|(from, _)| from.0).collect();
    let keys: Vec<_> = references.iter().map(|(_, r)| r.program.clone()).collect();
    let kinds: Vec<_> = references.iter().map(|(_, r)| r.kind).collect();
    let numbers: Vec<_> = references.iter().map(|(_, r)| r.number).collect();
    sqlx::query!(
        "insert into mention (from_item, to_item)
         select n.item, i.id from unnest($1::uuid[], $2::text[], $3::item_kind[], $4::int[]) n (item, key, kind, number)
         join program g on g.key = n.key
         join item i on i.program = g.id and i.kind = n.kind and i.number = n.number
         where i.id <> n.item on conflict do nothing",
        &from,
        &keys,
        &kinds as &[Kind],
        &numbers,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Which of these references lead somewhere in programs that exist, so that text can link them: the numbers by kind of one program.
///
/// # Errors
/// When the database refuses.
pub async fn numbers(db: &Db, program: ProgramId, kind: Kind) -> Result<Vec<i32>> {
    sqlx::query_scalar!(
        "select number from item where program = $1 and kind = $2 order by number",
        program.0,
        kind as Kind
    )
    .fetch_all(db.pool())
    .await
}

/// Links actions with what they come from: one that comes from something that health may find red mitigates it, one that comes from
/// anything else only relates to it.
///
/// # Errors
/// When the database refuses.
pub async fn insert_from_origin(tx: &mut Tx, links: &[(ItemId, String, ItemId, NaiveDate)]) -> Result<()> {
    let from: Vec<_> = links.iter().map(|link| link.0.0).collect();
    let to: Vec<_> = links.iter().map(|link| link.2.0).collect();
    let on: Vec<_> = links.iter().map(|link| link.3).collect();
    sqlx::query!(
        "insert into link (from_item, relation, to_item, effective_on)
         select l.f, case when i.kind in ('risk', 'milestone', 'activity', 'dependency', 'decision', 'change', 'check')
                          then 'mitigates' else 'relates' end::relation, l.t, l.e
         from unnest($1::uuid[], $2::uuid[], $3::date[]) l (f, t, e) join item i on i.id = l.t
         on conflict do nothing",
        &from,
        &to,
        &on,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
