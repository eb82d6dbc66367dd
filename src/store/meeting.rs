//! The points of meetings and what came of them.

use super::lookup::Reader;
use super::{Db, Result, Tx};
use crate::domain::ids::{ItemId, PersonId, ProgramId};
use crate::domain::kind::{Kind, Reference, State};
use chrono::NaiveDate;
use uuid::Uuid;

/// Which part of a meeting an item stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "meeting_part", rename_all = "snake_case")]
pub enum Part {
    Agenda,
    Outcome,
}

/// An item of a meeting.
#[derive(Clone, Debug)]
pub struct Point {
    pub item: ItemId,
    pub part: Part,
    pub reference: Reference,
    pub title: String,
    pub description: String,
    pub state: State,
    pub owner: Option<PersonId>,
    pub owner_name: Option<String>,
    pub next_on: Option<NaiveDate>,
    pub version: i32,
    /// What was decided, of a decision.
    pub decided: Option<String>,
    pub position: i16,
    pub note: String,
    pub carried_from: Option<Reference>,
    pub reached_on: Option<NaiveDate>,
}

/// The points and outcomes of a meeting, as they stood.
///
/// # Errors
/// When the database refuses.
pub async fn points(
    db: &Db,
    meeting: ItemId,
    reader: Reader,
    as_of: Option<NaiveDate>,
) -> Result<Vec<Point>> {
    let rows = sqlx::query!(
        r#"
        select t.item as "item!: ItemId", t.part as "part!: Part", g.key, i.kind as "kind!: Kind", i.number as "number!",
               i.title as "title!", i.description as "description!", i.state as "state!: State", i.owner as "owner: PersonId",
               p.name as "owner_name?", i.next_on, i.version as "version!", d.decided_option as "decided?", t.position as "position!",
               t.note as "note!", t.reached_on, fk.kind as "from_kind?: Kind", fk.number as "from_number?"
        from meeting_item_at($2) t
        join item_at($2) i on i.id = t.item
        join program g on g.id = i.program
        left join person p on p.id = i.owner
        left join decision_at($2) d on d.item = i.id
        left join item fk on fk.id = t.carried_from
        where t.meeting = $1
          and ($3 or g.id = t.program or g.visibility = 'everyone'
               or exists (select from membership m where m.program = g.id and m.person = $4))
        order by t.part, t.position, i.kind, i.number
        "#,
        meeting.0,
        as_of,
        reader.admin,
        reader.person.0,
    )
    .fetch_all(db.pool())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Point {
            item: row.item,
            part: row.part,
            carried_from: row.from_kind.zip(row.from_number).map(|(kind, number)| Reference {
                program: row.key.clone(),
                kind,
                number,
            }),
            reference: Reference { program: row.key, kind: row.kind, number: row.number },
            title: row.title,
            description: row.description,
            state: row.state,
            owner: row.owner,
            owner_name: row.owner_name,
            next_on: row.next_on,
            version: row.version,
            decided: row.decided.filter(|decided| !decided.is_empty()),
            position: row.position,
            note: row.note,
            reached_on: row.reached_on,
        })
        .collect())
}

/// Puts items on a meeting's part, at its end; one that is there stays.
///
/// # Errors
/// When the database refuses.
pub async fn put(
    tx: &mut Tx,
    meeting: ItemId,
    program: ProgramId,
    part: Part,
    items: &[(ItemId, String, Option<ItemId>)],
    on: NaiveDate,
) -> Result<u64> {
    let ids: Vec<Uuid> = items.iter().map(|(item, ..)| item.0).collect();
    let notes: Vec<String> = items.iter().map(|(_, note, _)| note.clone()).collect();
    let from: Vec<Option<Uuid>> = items.iter().map(|(.., from)| from.map(|from| from.0)).collect();
    let made = sqlx::query!(
        "insert into meeting_item (meeting, item, part, program, position, note, carried_from, effective_on)
         select $1, t.item, $2, $3,
                (select coalesce(max(position), 0) from meeting_item where meeting = $1 and part = $2) + t.place::int, t.note, t.source, $7
         from unnest($4::uuid[], $5::text[], $6::uuid[]) with ordinality t (item, note, source, place)
         on conflict do nothing",
        meeting.0,
        part as Part,
        program.0,
        &ids,
        &notes,
        &from as &[Option<Uuid>],
        on,
    )
    .execute(tx.conn())
    .await?;
    Ok(made.rows_affected())
}

/// Takes a point from an agenda; whether it was there.
///
/// # Errors
/// When the database refuses.
pub async fn take_off(tx: &mut Tx, meeting: ItemId, item: ItemId) -> Result<bool> {
    let gone = sqlx::query!(
        "delete from meeting_item where meeting = $1 and item = $2 and part = 'agenda'",
        meeting.0,
        item.0,
    )
    .execute(tx.conn())
    .await?;
    Ok(gone.rows_affected() > 0)
}

/// Says that a point was reached on a day, or (for none) that it wasn't, and what is noted of it; whether it is on the agenda.
///
/// # Errors
/// When the database refuses.
pub async fn mark(
    tx: &mut Tx,
    meeting: ItemId,
    item: ItemId,
    reached_on: Option<NaiveDate>,
    note: Option<&str>,
    on: NaiveDate,
) -> Result<bool> {
    let marked = sqlx::query!(
        "update meeting_item set reached_on = $3, note = coalesce($4, note), effective_on = greatest(effective_on, $5)
         where meeting = $1 and item = $2 and part = 'agenda'",
        meeting.0,
        item.0,
        reached_on,
        note,
        on,
    )
    .execute(tx.conn())
    .await?;
    Ok(marked.rows_affected() > 0)
}

/// What a meeting is one of: its forum, or without one what it is called.
#[derive(Clone, Copy, Debug)]
pub struct Series<'a> {
    pub forum: &'a str,
    pub title: &'a str,
}

/// What the last meeting of a series before a day left: the meeting and the points that it didn't reach and that are still open.
///
/// # Errors
/// When the database refuses.
pub async fn left_over(
    db: &Db,
    program: ProgramId,
    meeting: ItemId,
    series: Series<'_>,
    before: NaiveDate,
) -> Result<Vec<(ItemId, ItemId)>> {
    let rows = sqlx::query!(
        r#"
        with last as (
            select m.item from meeting m join item i on i.id = m.item
            where m.program = $1 and m.item <> $2 and lower(m.forum) = lower($3)
              and ($3 <> '' or lower(i.title) = lower($5)) and m."on" <= $4
              and i.state = 'held' and i.archived_at is null
            order by m."on" desc, i.number desc limit 1
        )
        select t.meeting as "meeting: ItemId", t.item as "item: ItemId"
        from meeting_item t join last on last.item = t.meeting join item i on i.id = t.item
        where t.part = 'agenda' and t.reached_on is null and i.open and i.archived_at is null
        order by t.position
        "#,
        program.0,
        meeting.0,
        series.forum,
        before,
        series.title,
    )
    .fetch_all(db.pool())
    .await?;
    Ok(rows.into_iter().map(|row| (row.meeting, row.item)).collect())
}

/// The points of a meeting that another has on its agenda, carried over from it.
///
/// # Errors
/// When the database refuses.
pub async fn carried(db: &Db, meeting: ItemId, as_of: Option<NaiveDate>) -> Result<Vec<ItemId>> {
    sqlx::query_scalar!(
        r#"select distinct t.item as "item!: ItemId" from meeting_item_at($2) t
           where t.carried_from = $1 and t.part = 'agenda'"#,
        meeting.0,
        as_of,
    )
    .fetch_all(db.pool())
    .await
}

/// Carries what a meeting didn't reach over to the next one of its series (its forum, or without one what it is called) that is
/// planned; how many points.
///
/// # Errors
/// When the database refuses.
pub async fn carry_over(tx: &mut Tx, meeting: ItemId, program: ProgramId, on: NaiveDate) -> Result<u64> {
    let carried = sqlx::query!(
        r#"
        with next as (
            select n.item from meeting m join item o on o.id = m.item
            join meeting n on n.program = m.program and lower(n.forum) = lower(m.forum)
            join item i on i.id = n.item
            where m.item = $1 and (m.forum <> '' or lower(i.title) = lower(o.title)) and n.item <> m.item and n."on" >= m."on"
              and i.state = 'planned' and i.archived_at is null
            order by n."on", i.number limit 1
        ), left_over as (
            select t.item, t.note, row_number() over (order by t.position) as place
            from meeting_item t join item i on i.id = t.item
            where t.meeting = $1 and t.part = 'agenda' and t.reached_on is null and i.open and i.archived_at is null
        )
        insert into meeting_item (meeting, item, part, program, position, note, carried_from, effective_on)
        select next.item, l.item, 'agenda', $2,
               (select coalesce(max(position), 0) from meeting_item where meeting = next.item and part = 'agenda') + l.place, l.note, $1, $3
        from next cross join left_over l
        on conflict do nothing
        "#,
        meeting.0,
        program.0,
        on,
    )
    .execute(tx.conn())
    .await?;
    Ok(carried.rows_affected())
}
