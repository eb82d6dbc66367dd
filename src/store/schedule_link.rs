//! Links of the schedule: read from either end, as they stand or stood, and written.

use super::lookup::Reader;
use super::{Db, Result, Tx};
use crate::domain::ids::{ItemId, ProgramId, ScheduleLinkId};
use crate::domain::kind::{Kind, Reference, State};
use crate::domain::schedule_link::{LagUnit, LinkType, ScheduleLink};
use chrono::NaiveDate;
use uuid::Uuid;

/// An end of a link. Of an item that the reader may not see, title and state are left out.
#[derive(Clone, Debug)]
pub struct End {
    pub id: ItemId,
    pub reference: Reference,
    pub title: Option<String>,
    pub state: Option<State>,
}

/// A link with what stands at its ends.
#[derive(Clone, Debug)]
pub struct Shown {
    pub link: ScheduleLink,
    pub predecessor: End,
    pub successor: End,
}

/// Which links of a program to read; `None` doesn't restrict.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    pub id: Option<ScheduleLinkId>,
    pub predecessor: Option<ItemId>,
    pub successor: Option<ItemId>,
    pub link_type: Option<LinkType>,
}

struct Row {
    id: ScheduleLinkId,
    program: ProgramId,
    from_program: ProgramId,
    predecessor: ItemId,
    successor: ItemId,
    link_type: LinkType,
    lag: f64,
    lag_unit: LagUnit,
    version: i32,
    effective_on: NaiveDate,
    p_key: String,
    p_kind: Kind,
    p_number: i32,
    p_title: Option<String>,
    p_state: Option<State>,
    s_key: String,
    s_kind: Kind,
    s_number: i32,
    s_title: Option<String>,
    s_state: Option<State>,
}

impl Row {
    fn shown(self) -> Shown {
        Shown {
            predecessor: End {
                id: self.predecessor,
                reference: Reference { program: self.p_key, kind: self.p_kind, number: self.p_number },
                title: self.p_title,
                state: self.p_state,
            },
            successor: End {
                id: self.successor,
                reference: Reference { program: self.s_key, kind: self.s_kind, number: self.s_number },
                title: self.s_title,
                state: self.s_state,
            },
            link: ScheduleLink {
                id: self.id,
                program: self.program,
                from_program: self.from_program,
                predecessor: self.predecessor,
                successor: self.successor,
                link_type: self.link_type,
                lag: self.lag,
                lag_unit: self.lag_unit,
                version: self.version,
                effective_on: self.effective_on,
            },
        }
    }
}

/// The links whose successor is in a program, in the order of their ends.
///
/// # Errors
/// When the database refuses.
pub async fn list(
    db: &Db,
    program: ProgramId,
    asked: &Asked,
    reader: Reader,
    as_of: Option<NaiveDate>,
) -> Result<Vec<Shown>> {
    let rows = sqlx::query_as!(
        Row,
        r#"
        select l.id as "id!: ScheduleLinkId", l.program as "program!: ProgramId", l.from_program as "from_program!: ProgramId",
               l.predecessor as "predecessor!: ItemId", l.successor as "successor!: ItemId", l.type as "link_type!: LinkType",
               l.lag::float8 as "lag!", l.lag_unit as "lag_unit!: LagUnit", l.version as "version!",
               l.effective_on as "effective_on!", pg.key as p_key, p.kind as "p_kind: Kind", p.number as p_number,
               case when v.visible then p.title end as p_title, case when v.visible then p.state end as "p_state: State",
               sg.key as s_key, s.kind as "s_kind: Kind", s.number as s_number, s.title as "s_title?",
               s.state as "s_state?: State"
        from schedule_link_at($6) l
        join item p on p.id = l.predecessor
        join program pg on pg.id = p.program
        join item s on s.id = l.successor
        join program sg on sg.id = s.program
        cross join lateral (
            select l.from_program = l.program or $7 or pg.visibility = 'everyone'
                   or exists (select from membership m where m.program = pg.id and m.person = $8) as visible
        ) v
        where l.program = $1 and ($2::uuid is null or l.id = $2) and ($3::uuid is null or l.predecessor = $3)
          and ($4::uuid is null or l.successor = $4) and ($5::link_type is null or l.type = $5)
        order by s.kind, s.number, pg.key, p.kind, p.number, l.type
        "#,
        program.0,
        asked.id.map(|id| id.0),
        asked.predecessor.map(|id| id.0),
        asked.successor.map(|id| id.0),
        asked.link_type as Option<LinkType>,
        as_of,
        reader.admin,
        reader.person.0,
    )
    .fetch_all(db.pool())
    .await?;
    Ok(rows.into_iter().map(Row::shown).collect())
}

/// The links of an item, from either end, as they stood.
///
/// # Errors
/// When the database refuses.
pub async fn of(db: &Db, item: ItemId, reader: Reader, as_of: Option<NaiveDate>) -> Result<Vec<Shown>> {
    let rows = sqlx::query_as!(
        Row,
        r#"
        select l.id as "id!: ScheduleLinkId", l.program as "program!: ProgramId", l.from_program as "from_program!: ProgramId",
               l.predecessor as "predecessor!: ItemId", l.successor as "successor!: ItemId", l.type as "link_type!: LinkType",
               l.lag::float8 as "lag!", l.lag_unit as "lag_unit!: LagUnit", l.version as "version!",
               l.effective_on as "effective_on!", pg.key as p_key, p.kind as "p_kind: Kind", p.number as p_number,
               case when v.p then p.title end as p_title, case when v.p then p.state end as "p_state: State",
               sg.key as s_key, s.kind as "s_kind: Kind", s.number as s_number,
               case when v.s then s.title end as s_title, case when v.s then s.state end as "s_state: State"
        from (
            select * from schedule_link_at($4) where predecessor = $1
            union all select * from schedule_link_at($4) where successor = $1
        ) l
        join item p on p.id = l.predecessor
        join program pg on pg.id = p.program
        join item s on s.id = l.successor
        join program sg on sg.id = s.program
        cross join lateral (
            select $2 or pg.visibility = 'everyone'
                   or exists (select from membership m where m.program = pg.id and m.person = $3) as p,
                   $2 or sg.visibility = 'everyone'
                   or exists (select from membership m where m.program = sg.id and m.person = $3) as s
        ) v
        order by pg.key, p.kind, p.number, sg.key, s.kind, s.number, l.type
        "#,
        item.0,
        reader.admin,
        reader.person.0,
        as_of,
    )
    .fetch_all(db.pool())
    .await?;
    Ok(rows.into_iter().map(Row::shown).collect())
}

/// Makes links.
///
/// # Errors
/// `schedule_link_unique`, `schedule_link_not_to_itself`.
pub async fn insert(tx: &mut Tx, links: &[ScheduleLink]) -> Result<()> {
    sqlx::query!(
        "insert into schedule_link select * from jsonb_populate_recordset(null::schedule_link, $1)",
        rows(links)
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The links whose successor is in a program, as they stand in this transaction.
///
/// # Errors
/// When the database refuses.
pub async fn of_program(tx: &mut Tx, program: ProgramId) -> Result<Vec<ScheduleLink>> {
    sqlx::query_as!(
        ScheduleLink,
        r#"select id as "id: ScheduleLinkId", program as "program: ProgramId", from_program as "from_program: ProgramId",
                  predecessor as "predecessor: ItemId", successor as "successor: ItemId", type as "link_type: LinkType",
                  lag::float8 as "lag!", lag_unit as "lag_unit: LagUnit", version, effective_on
           from schedule_link where program = $1"#,
        program.0,
    )
    .fetch_all(tx.conn())
    .await
}

/// Writes links, new ones and changed ones over the version before their own; how many.
///
/// # Errors
/// `schedule_link_unique`, `schedule_link_not_to_itself`.
pub async fn put(tx: &mut Tx, links: &[ScheduleLink]) -> Result<usize> {
    let written = sqlx::query!(
        "insert into schedule_link as l select * from jsonb_populate_recordset(null::schedule_link, $1)
         on conflict (id) do update set predecessor = excluded.predecessor, successor = excluded.successor,
             from_program = excluded.from_program, type = excluded.type, lag = excluded.lag, lag_unit = excluded.lag_unit,
             version = excluded.version, effective_on = excluded.effective_on
         where l.program = excluded.program and l.version = excluded.version - 1",
        rows(links)
    )
    .execute(tx.conn())
    .await?;
    Ok(usize::try_from(written.rows_affected()).unwrap_or(usize::MAX))
}

/// Makes links, or gives those that are there already their lag.
///
/// # Errors
/// `schedule_link_not_to_itself`.
pub async fn set(tx: &mut Tx, links: &[ScheduleLink]) -> Result<()> {
    sqlx::query!(
        "insert into schedule_link as l select * from jsonb_populate_recordset(null::schedule_link, $1)
         on conflict (predecessor, successor, type) do update set lag = excluded.lag, lag_unit = excluded.lag_unit,
             version = l.version + 1, effective_on = greatest(l.effective_on, excluded.effective_on)
         where (l.lag, l.lag_unit) is distinct from (excluded.lag, excluded.lag_unit)",
        rows(links)
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

fn rows(links: &[ScheduleLink]) -> serde_json::Value {
    links
        .iter()
        .map(|link| {
            serde_json::json!({
                "id": link.id, "program": link.program, "from_program": link.from_program,
                "predecessor": link.predecessor, "successor": link.successor, "type": link.link_type,
                "lag": link.lag, "lag_unit": link.lag_unit, "version": link.version,
                "effective_on": link.effective_on,
            })
        })
        .collect()
}

/// Writes a changed link over the version before its own; whether it was there.
///
/// # Errors
/// `schedule_link_unique`, `schedule_link_not_to_itself`.
pub async fn update(tx: &mut Tx, link: &ScheduleLink) -> Result<bool> {
    let written = sqlx::query!(
        "update schedule_link set predecessor = $2, successor = $3, from_program = $4, type = $5, lag = $6::float8::numeric,
             lag_unit = $7, version = $8, effective_on = $9
         where id = $1 and version = $8 - 1",
        link.id.0,
        link.predecessor.0,
        link.successor.0,
        link.from_program.0,
        link.link_type as LinkType,
        link.lag,
        link.lag_unit as LagUnit,
        link.version,
        link.effective_on,
    )
    .execute(tx.conn())
    .await?;
    Ok(written.rows_affected() == 1)
}

/// Takes a link away, as it was read; whether it was there. Its history is kept.
///
/// # Errors
/// When the database refuses.
pub async fn delete(tx: &mut Tx, link: ScheduleLinkId, version: i32) -> Result<bool> {
    let gone = sqlx::query!("delete from schedule_link where id = $1 and version = $2", link.0, version)
        .execute(tx.conn())
        .await?;
    Ok(gone.rows_affected() == 1)
}

/// What can be linked, by id: of which program and kind, and its reference.
///
/// # Errors
/// When the database refuses.
pub async fn ends(tx: &mut Tx, items: &[Uuid]) -> Result<Vec<(ItemId, ProgramId, Reference)>> {
    let rows = sqlx::query!(
        r#"select i.id as "id: ItemId", i.program as "program: ProgramId", g.key, i.kind as "kind: Kind", i.number
           from item i join program g on g.id = i.program where i.id = any($1)"#,
        items,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.id, row.program, Reference { program: row.key, kind: row.kind, number: row.number }))
        .collect())
}

/// Takes links away, as they stand; how many there were. Their history is kept.
///
/// # Errors
/// When the database refuses.
pub async fn delete_all(tx: &mut Tx, links: &[ScheduleLinkId]) -> Result<u64> {
    let ids: Vec<_> = links.iter().map(|link| link.0).collect();
    let gone = sqlx::query!("delete from schedule_link where id = any($1)", &ids).execute(tx.conn()).await?;
    Ok(gone.rows_affected())
}
