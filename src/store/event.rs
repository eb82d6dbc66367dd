//! What happened, and every version of what it happened to: the audit trail.

use super::{Db, Result, Tx};
use crate::domain::event::Event;
use crate::domain::ids::{ItemId, PersonId, ProgramId};
use crate::domain::kind::{Kind, Reference};
use chrono::{DateTime, NaiveDate, Utc};
use serde_json::{Map, Value};
use uuid::Uuid;

/// An event with the names that a reader wants beside it.
#[derive(Clone, Debug)]
pub struct Happened {
    pub id: i64,
    pub event: Event,
    pub item: Option<(ItemId, Reference, String)>,
    /// What was decided, of a decision that came to be so and is at the end of the span.
    pub option: Option<String>,
    pub effective_on: NaiveDate,
    pub recorded_at: DateTime<Utc>,
    /// Who did it, and their name.
    pub by: Option<PersonId>,
    pub actor: Option<String>,
    pub reason: Option<String>,
}

/// Which events to read: those that took effect after `after` and by `until`, newest first.
#[derive(Clone, Debug, Default)]
pub struct Span {
    pub after: Option<NaiveDate>,
    pub until: Option<NaiveDate>,
    pub item: Option<ItemId>,
    /// Only events of these names; empty for all.
    pub names: Vec<String>,
    pub limit: i64,
    pub offset: i64,
    /// Only what comes after this event in the order of the trail.
    pub before: Option<(NaiveDate, i64)>,
}

/// Reads events of a program, with how many there are in all.
///
/// # Errors
/// When the database refuses.
pub async fn list(db: &Db, program: ProgramId, key: &str, span: &Span) -> Result<(Vec<Happened>, i64)> {
    let rows = sqlx::query!(
        r#"
        select e.id as "id!", e.name as "name!", e.data as "data!", e.effective_on as "effective_on!",
               e.recorded_at as "recorded_at!", e.reason, e.actor as "by?: PersonId", p.name as "actor?",
               i.id as "item?: ItemId", i.kind as "kind?: Kind", i.number as "number?", i.title as "title?", e.total as "total!",
               nullif(left(d.decided_option, 200), '') as "option?"
        from (
            select *, count(*) over () as total from event
            where program = $1
              and ($2::date is null or effective_on > $2)
              and ($3::date is null or effective_on <= $3)
              and ($4::uuid is null or item = $4)
              and (cardinality($5::text[]) = 0 or name = any($5))
        ) e
        left join item i on i.id = e.item
        left join person p on p.id = e.actor
        left join history.decision d on e.name = 'moved' and e.data ->> 'to' = 'decided' and d.item = e.item
              and d.effective_on <= coalesce($3, 'infinity') and (d.until_on = 'infinity' or d.until_on > $3)
        where $8::date is null or (e.effective_on, e.id) < ($8, $9)
        order by e.effective_on desc, e.id desc
        limit $6 offset $7
        "#,
        program.0,
        span.after,
        span.until,
        span.item.map(|id| id.0),
        &span.names,
        span.limit,
        span.offset,
        span.before.map(|(on, _)| on),
        span.before.map(|(_, id)| id),
    )
    .fetch_all(db.pool())
    .await?;
    let total = rows.first().map_or(0, |row| row.total);
    let events = rows
        .into_iter()
        .filter_map(|row| {
            let item = match (row.item, row.kind, row.number, row.title) {
                (Some(id), Some(kind), Some(number), Some(title)) => {
                    Some((id, Reference { program: key.to_owned(), kind, number }, title))
                }
                _ => None,
            };
            Some(Happened {
                id: row.id,
                event: Event::restored(&row.name, row.data)?,
                item,
                option: row.option,
                effective_on: row.effective_on,
                recorded_at: row.recorded_at,
                by: row.by,
                actor: row.actor,
                reason: row.reason,
            })
        })
        .collect();
    Ok((events, total))
}

/// Gives versions that this transaction wrote a reason of their own, where it isn't that of the whole: (item, version, reason).
///
/// # Errors
/// When the database refuses.
pub async fn give_reasons(tx: &mut Tx, given: &[(ItemId, i32, &str)]) -> Result<()> {
    let items: Vec<_> = given.iter().map(|(item, ..)| item.0).collect();
    let versions: Vec<_> = given.iter().map(|(_, version, _)| *version).collect();
    let reasons: Vec<_> = given.iter().map(|(.., reason)| (*reason).to_owned()).collect();
    let now = tx.stamp().now;
    sqlx::query!(
        "update history.item h set recorded_reason = g.reason
         from unnest($1::uuid[], $2::int[], $3::text[]) g (item, version, reason)
         where h.id = g.item and h.version = g.version and h.recorded_at = $4",
        &items,
        &versions,
        &reasons,
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// An import that was done.
#[derive(Clone, Debug)]
pub struct Import {
    pub id: i64,
    /// The program's key.
    pub program: String,
    pub recorded_at: DateTime<Utc>,
    /// Who did it, and their name; nobody from the shell.
    pub by: Option<PersonId>,
    pub actor: Option<String>,
    pub reason: Option<String>,
    pub files: Vec<String>,
    pub made: u32,
    pub changed: u32,
    pub skipped: u32,
}

/// The imports into programs up to a day, the latest first.
///
/// # Errors
/// When the database refuses.
pub async fn imports(db: &Db, programs: &[ProgramId], as_of: Option<NaiveDate>) -> Result<Vec<Import>> {
    let programs: Vec<_> = programs.iter().map(|id| id.0).collect();
    let rows = sqlx::query!(
        r#"select e.id, g.key, e.name, e.data, e.recorded_at, e.reason, e.actor as "by?: PersonId", p.name as "actor?"
           from event e join program g on g.id = e.program left join person p on p.id = e.actor
           where e.program = any($1) and e.name = 'imported' and ($2::date is null or e.effective_on <= $2)
           order by e.id desc"#,
        &programs,
        as_of,
    )
    .fetch_all(db.pool())
    .await?;
    let imports = rows.into_iter().filter_map(|row| match Event::restored(&row.name, row.data)? {
        Event::Imported { made, changed, skipped, files } => Some(Import {
            id: row.id,
            program: row.key,
            recorded_at: row.recorded_at,
            by: row.by,
            actor: row.actor,
            reason: row.reason,
            files,
            made,
            changed,
            skipped,
        }),
        _ => None,
    });
    Ok(imports.collect())
}

/// A version of an item, or of what its kind has of its own.
#[derive(Clone, Debug)]
pub struct VersionRow {
    /// `item` or `detail`.
    pub part: String,
    pub values: Map<String, Value>,
    pub effective_on: NaiveDate,
    pub recorded_at: DateTime<Utc>,
    pub recorded_by: Option<Uuid>,
    pub reason: Option<String>,
}

/// All versions of an item up to a day, in the order in which they took effect.
///
/// # Errors
/// When the database refuses.
pub async fn versions(
    db: &Db,
    item: ItemId,
    kind: Kind,
    as_of: Option<NaiveDate>,
) -> Result<Vec<VersionRow>> {
    let rows = sqlx::query!(
        r#"select part as "part!", data as "data!", effective_on as "effective_on!", recorded_at as "recorded_at!", recorded_by,
                  recorded_reason
           from item_versions($1, $2) where $3::date is null or effective_on <= $3"#,
        item.0,
        kind as Kind,
        as_of,
    )
    .fetch_all(db.pool())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| VersionRow {
            part: row.part,
            values: match row.data {
                Value::Object(values) => values,
                _ => Map::new(),
            },
            effective_on: row.effective_on,
            recorded_at: row.recorded_at,
            recorded_by: row.recorded_by,
            reason: row.recorded_reason,
        })
        .collect())
}
