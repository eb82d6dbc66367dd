//! Items of all kinds: read as they stand or stood, listed, numbered and written.

use super::search::pattern;
use super::{Db, Result, Tx, detail};
use crate::domain::ids::{ItemId, PersonId, ProgramId, ProjectId};
use crate::domain::item::{Detail, Item};
use crate::domain::kind::{Kind, State};
use chrono::{DateTime, NaiveDate, Utc};
use serde_json::{Value, json};
use sqlx::PgExecutor;

/// An item with the names that a reader wants beside it.
#[derive(Clone, Debug)]
pub struct Stored {
    pub item: Item,
    pub owner_name: Option<String>,
    pub project_key: Option<String>,
    pub project_name: Option<String>,
    pub created_at: DateTime<Utc>,
    pub created_by: Option<String>,
    pub updated_at: DateTime<Utc>,
    pub updated_by: Option<String>,
}

/// A line of a log.
#[derive(Clone, Debug)]
pub struct Row {
    pub id: ItemId,
    pub kind: Kind,
    pub number: i32,
    pub title: String,
    pub state: State,
    pub open: bool,
    pub owner: Option<PersonId>,
    pub owner_name: Option<String>,
    pub project: Option<ProjectId>,
    pub project_key: Option<String>,
    pub project_name: Option<String>,
    pub tags: Vec<String>,
    pub raised_on: NaiveDate,
    pub next_on: Option<NaiveDate>,
    pub closed_on: Option<NaiveDate>,
    pub score: Option<i16>,
    pub archived_at: Option<DateTime<Utc>>,
    pub version: i32,
    pub effective_on: NaiveDate,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub description: String,
    /// What the kind has of its own; null unless asked for.
    pub detail: Option<Value>,
    /// How many rows the whole selection has.
    pub total: i64,
}

/// What a log shows, and in which order. Empty lists and `None` don't restrict.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    pub kinds: Vec<Kind>,
    pub states: Vec<State>,
    pub open: Option<bool>,
    pub owner: Option<PersonId>,
    /// Only items that nobody owns.
    pub unowned: bool,
    pub project: Option<ProjectId>,
    pub tag: Option<String>,
    /// Words that stand in title or description.
    pub q: Option<String>,
    /// The item that the words name by its reference.
    pub named: Option<(Kind, i32)>,
    pub score_from: Option<i16>,
    pub score: Option<i16>,
    /// Only what has no score.
    pub unscored: bool,
    pub due_before: Option<NaiveDate>,
    pub archived: bool,
    pub as_of: Option<NaiveDate>,
    pub sort: Sort,
    pub descending: bool,
    pub limit: i64,
    pub offset: i64,
    /// Read also what the kind has of its own.
    pub with_detail: bool,
    /// Values that what the kind has of its own must have: `{"severity": 1}`.
    pub own: Option<Value>,
}

/// What a log is sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sort {
    #[default]
    Number,
    Title,
    State,
    Owner,
    Project,
    Raised,
    Next,
    Closed,
    Score,
    Updated,
}

impl Sort {
    pub const ALL: [Self; 10] = [
        Self::Number,
        Self::Title,
        Self::State,
        Self::Owner,
        Self::Project,
        Self::Raised,
        Self::Next,
        Self::Closed,
        Self::Score,
        Self::Updated,
    ];

    /// The name in URLs and the API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::Title => "title",
            Self::State => "state",
            Self::Owner => "owner",
            Self::Project => "project",
            Self::Raised => "raised_on",
            Self::Next => "next_on",
            Self::Closed => "closed_on",
            Self::Score => "score",
            Self::Updated => "updated_at",
        }
    }

    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|sort| sort.name() == name)
    }
}

/// Reads a selection of a program's items, one page of it, with the size of the whole.
///
/// # Errors
/// When the database refuses.
pub async fn list(db: &Db, program: ProgramId, selection: &Selection) -> Result<Vec<Row>> {
    let s = selection;
    sqlx::query_as!(
        Row,
        r#"
        with page as materialized (
            select f.*, row_number() over () as place
            from (
                select i.*, p.name as owner_name, pr.key as project_key, pr.name as project_name, count(*) over () as total
                from item_at($2) i
                left join person p on p.id = i.owner
                left join project pr on pr.id = i.project
                where i.program = $1
                  and (i.archived_at is not null) = $3
                  and (cardinality($4::item_kind[]) = 0 or i.kind = any($4))
                  and (cardinality($5::item_state[]) = 0 or i.state = any($5))
                  and ($6::boolean is null or i.open = $6)
                  and ($7::uuid is null or i.owner = $7)
                  and (not $8 or i.owner is null)
                  and ($9::uuid is null or i.project = $9)
                  and ($10::text is null or $10 = any(i.tags))
                  and ($11::text is null or i.title ilike $11 or i.description ilike $11 or i.number::text = trim('%' from $11)
                       or (i.kind = $22::item_kind and i.number = $23)
                       -- A lesson is looked for by what happened, more than by its title.
                       or (i.kind = 'lesson' and exists (
                           select from lesson_at($2) l where l.item = i.id
                             and concat_ws(' ', l.what_happened, l.cause, l.change_to_make) ilike $11)))
                  and ($12::smallint is null or i.score >= $12)
                  and ($13::smallint is null or i.score = $13)
                  and ($14::date is null or i.next_on < $14)
                  and ($20::jsonb is null or item_detail(i.id, i.kind, $2) @> $20)
                  and (not $21 or i.score is null)
                order by
                    case when not $17 then case $16 when 'next_on' then i.next_on when 'raised_on' then i.raised_on
                        when 'closed_on' then i.closed_on when 'updated_at' then i.updated_at::date end end asc nulls last,
                    case when $17 then case $16 when 'next_on' then i.next_on when 'raised_on' then i.raised_on
                        when 'closed_on' then i.closed_on when 'updated_at' then i.updated_at::date end end desc nulls last,
                    case when not $17 and $16 = 'score' then i.score end asc nulls last,
                    case when $17 and $16 = 'score' then i.score end desc nulls last,
                    case when not $17 and $16 = 'state' then i.state end asc,
                    case when $17 and $16 = 'state' then i.state end desc,
                    case when not $17 then case $16 when 'title' then i.title when 'owner' then p.name
                        when 'project' then pr.key end end collate "und-x-icu" asc nulls last,
                    case when $17 then case $16 when 'title' then i.title when 'owner' then p.name
                        when 'project' then pr.key end end collate "und-x-icu" desc nulls last,
                    case when $17 and $16 = 'number' then i.number end desc,
                    i.kind, i.number
                limit $18 offset $19
            ) f
        )
        select page.id as "id!: ItemId", page.kind as "kind!: Kind", page.number as "number!", page.title as "title!",
               page.state as "state!: State", page.open as "open!", page.owner as "owner?: PersonId", page.owner_name as "owner_name?",
               page.project as "project?: ProjectId", page.project_key as "project_key?", page.project_name as "project_name?", page.tags as "tags!",
               page.raised_on as "raised_on!", page.next_on as "next_on?", page.closed_on as "closed_on?", page.score as "score?",
               page.archived_at as "archived_at?",
               page.version as "version!", page.effective_on as "effective_on!", page.created_at as "created_at!",
               page.updated_at as "updated_at!",
               case when $15 then page.description else '' end as "description!",
               d.detail as "detail?", page.total as "total!"
        from page
        left join item_details(
            (select array_agg(id) from page where $15), (select array_agg(distinct kind) from page where $15), $2
        ) d on d.item = page.id
        order by page.place
        "#,
        program.0,
        s.as_of,
        s.archived,
        &s.kinds as &[Kind],
        &s.states as &[State],
        s.open,
        s.owner.map(|id| id.0),
        s.unowned,
        s.project.map(|id| id.0),
        s.tag,
        s.q.as_deref().map(pattern),
        s.score_from,
        s.score,
        s.due_before,
        s.with_detail,
        s.sort.name(),
        s.descending,
        s.limit,
        s.offset,
        s.own,
        s.unscored,
        s.named.map(|(kind, _)| kind) as Option<Kind>,
        s.named.map(|(_, number)| number),
    )
    .fetch_all(db.pool())
    .await
}

/// How many items of each kind a selection has, whatever its order and page.
///
/// # Errors
/// When the database refuses.
pub async fn counts(db: &Db, program: ProgramId, selection: &Selection) -> Result<Vec<(Kind, i64)>> {
    let s = selection;
    let rows = sqlx::query!(
        r#"
        select i.kind as "kind!: Kind", count(*) as "count!"
        from item_at($2) i
        where i.program = $1
          and (i.archived_at is not null) = $3
          and (cardinality($4::item_kind[]) = 0 or i.kind = any($4))
          and (cardinality($5::item_state[]) = 0 or i.state = any($5))
          and ($6::boolean is null or i.open = $6)
          and ($7::uuid is null or i.owner = $7)
          and (not $8 or i.owner is null)
          and ($9::uuid is null or i.project = $9)
          and ($10::text is null or $10 = any(i.tags))
          and ($11::text is null or i.title ilike $11 or i.description ilike $11 or i.number::text = trim('%' from $11)
               or (i.kind = $17::item_kind and i.number = $18))
          and ($12::smallint is null or i.score >= $12)
          and ($13::smallint is null or i.score = $13)
          and ($14::date is null or i.next_on < $14)
          and (not $15 or i.score is null)
          and ($16::jsonb is null or item_detail(i.id, i.kind, $2) @> $16)
        group by i.kind
        "#,
        program.0,
        s.as_of,
        s.archived,
        &s.kinds as &[Kind],
        &s.states as &[State],
        s.open,
        s.owner.map(|id| id.0),
        s.unowned,
        s.project.map(|id| id.0),
        s.tag,
        s.q.as_deref().map(pattern),
        s.score_from,
        s.score,
        s.due_before,
        s.unscored,
        s.own,
        s.named.map(|(kind, _)| kind) as Option<Kind>,
        s.named.map(|(_, number)| number),
    )
    .fetch_all(db.pool())
    .await?;
    Ok(rows.into_iter().map(|row| (row.kind, row.count)).collect())
}

/// Finds one item by its number, as it stood on a day (`None`: as it stands).
///
/// # Errors
/// When the database refuses.
pub async fn find(
    db: &Db,
    program: ProgramId,
    kind: Kind,
    number: i32,
    as_of: Option<NaiveDate>,
) -> Result<Option<Stored>> {
    let row = sqlx::query!(
        r#"
        select i.id as "id!: ItemId", i.title as "title!", i.description as "description!", i.owner as "owner?: PersonId",
               i.project as "project?: ProjectId", i.state as "state!: State", i.tags as "tags!", i.raised_on as "raised_on!",
               i.next_on as "next_on?", i.closed_on as "closed_on?", i.score as "score?", i.archived_at as "archived_at?", i.version as "version!", i.effective_on as "effective_on!",
               i.created_at as "created_at!", i.updated_at as "updated_at!", item_detail(i.id, i.kind, $4) as "detail!",
               p.name as "owner_name?", pr.key as "project_key?", pr.name as "project_name?", c.name as "created_by?",
               i.created_by as "raised_by?: PersonId",
               u.name as "updated_by?"
        from item_at($4) i
        left join person p on p.id = i.owner
        left join project pr on pr.id = i.project
        left join person c on c.id = i.created_by
        left join person u on u.id = i.updated_by
        where i.program = $1 and i.kind = $2 and i.number = $3
        "#,
        program.0,
        kind as Kind,
        number,
        as_of,
    )
    .fetch_optional(db.pool())
    .await?;
    let Some(row) = row else { return Ok(None) };
    let Value::Object(values) = row.detail else { return Ok(None) };
    let detail = Detail::read(kind, values).map_err(|wrong| super::Error::Decode(wrong.into()))?;
    Ok(Some(Stored {
        item: Item {
            id: row.id,
            program,
            kind,
            number,
            title: row.title,
            description: row.description,
            owner: row.owner,
            raised_by: row.raised_by,
            project: row.project,
            state: row.state,
            tags: row.tags,
            raised_on: row.raised_on,
            next_on: row.next_on,
            closed_on: row.closed_on,
            score: row.score,
            archived_at: row.archived_at,
            version: row.version,
            effective_on: row.effective_on,
            detail,
        },
        owner_name: row.owner_name,
        project_key: row.project_key,
        project_name: row.project_name,
        created_at: row.created_at,
        created_by: row.created_by,
        updated_at: row.updated_at,
        updated_by: row.updated_by,
    }))
}

/// Takes the next `count` numbers of a kind in a program; the first of them.
///
/// # Errors
/// When the database refuses.
pub async fn take_numbers(tx: &mut Tx, program: ProgramId, kind: Kind, count: i32) -> Result<i32> {
    let last = sqlx::query_scalar!(
        "insert into counter (program, kind, last) values ($1, $2, $3)
         on conflict (program, kind) do update set last = counter.last + excluded.last returning last",
        program.0,
        kind as Kind,
        count,
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(last - count + 1)
}

fn row(item: &Item, now: DateTime<Utc>, actor: Option<PersonId>) -> Value {
    json!({
        "id": item.id, "program": item.program, "kind": item.kind, "number": item.number, "title": item.title,
        "description": item.description, "owner": item.owner, "project": item.project, "state": item.state,
        "open": item.is_open(), "tags": item.tags, "raised_on": item.raised_on, "next_on": item.next_on,
        "closed_on": item.closed_on, "score": item.score, "archived_at": item.archived_at, "version": item.version,
        "effective_on": item.effective_on, "created_at": now, "created_by": actor, "updated_at": now, "updated_by": actor,
    })
}

/// Writes new items of one kind.
///
/// # Errors
/// A named constraint that refuses a value.
pub async fn insert(tx: &mut Tx, kind: Kind, items: &[Item]) -> Result<()> {
    let (now, actor) = (tx.stamp().now, tx.stamp().actor);
    let rows = Value::Array(items.iter().map(|item| row(item, now, actor)).collect());
    sqlx::query!("insert into item select * from jsonb_populate_recordset(null::item, $1)", rows)
        .execute(tx.conn())
        .await?;
    let details: Vec<_> = items
        .iter()
        .map(|item| detail::row(item.id, item.program, item.effective_on, &item.detail))
        .collect();
    detail::save(tx, kind, &details).await
}

/// Writes changed items of one kind over the version before theirs; how many were written. Fewer than given means that
/// somebody else wrote one of them in between.
///
/// # Errors
/// A named constraint that refuses a value.
pub async fn update(tx: &mut Tx, kind: Kind, items: &[(&Item, bool)]) -> Result<u64> {
    let (now, actor) = (tx.stamp().now, tx.stamp().actor);
    let rows = Value::Array(items.iter().map(|(item, _)| row(item, now, actor)).collect());
    let written = sqlx::query!(
        "update item i set title = n.title, description = n.description, owner = n.owner, project = n.project,
             state = n.state, open = n.open, tags = n.tags, raised_on = n.raised_on, next_on = n.next_on,
             closed_on = n.closed_on, score = n.score, archived_at = n.archived_at, version = n.version,
             effective_on = n.effective_on, updated_at = n.updated_at, updated_by = n.updated_by
         from jsonb_populate_recordset(null::item, $1) n
         where i.id = n.id and i.version = n.version - 1",
        rows,
    )
    .execute(tx.conn())
    .await?
    .rows_affected();
    let details: Vec<_> = items
        .iter()
        .filter(|(_, detail_changed)| *detail_changed)
        .map(|(item, _)| detail::row(item.id, item.program, item.effective_on, &item.detail))
        .collect();
    if !details.is_empty() && written == items.len() as u64 {
        detail::save(tx, kind, &details).await?;
    }
    Ok(written)
}

/// Moves the committed dates of milestones, for a baseline: (item, the date before, the new date, the day of
/// its latest version) of each that was found.
///
/// # Errors
/// When the database refuses.
pub async fn commit_dates(
    tx: &mut Tx,
    program: ProgramId,
    dates: &[(ItemId, NaiveDate)],
    on: NaiveDate,
) -> Result<Vec<(ItemId, Option<NaiveDate>, NaiveDate, NaiveDate)>> {
    let (items, days): (Vec<_>, Vec<_>) = dates.iter().map(|(item, on)| (item.0, *on)).unzip();
    let now = tx.stamp().now;
    let actor = tx.stamp().actor.map(|id| id.0);
    let rows = sqlx::query!(
        r#"
        with asked as (
            select d.item, d.committed_on, m.committed_on as before, greatest(m.effective_on, i.effective_on) as latest
            from unnest($2::uuid[], $3::date[]) d (item, committed_on)
            join milestone m on m.item = d.item and m.program = $1
            join item i on i.id = d.item
        ), moved as (
            update milestone m set committed_on = a.committed_on, original_on = coalesce(m.original_on, a.committed_on),
                forecast_on = coalesce(m.forecast_on, a.committed_on), effective_on = greatest(m.effective_on, $4)
            from asked a where m.item = a.item
        ), touched as (
            update item i set version = i.version + 1, effective_on = greatest(i.effective_on, $4), updated_at = $5, updated_by = $6,
                next_on = coalesce(i.next_on, a.committed_on)
            from asked a where i.id = a.item
        )
        select item as "item!: ItemId", before, committed_on as "committed_on!", latest as "latest!" from asked
        "#,
        program.0,
        &items,
        &days,
        on,
        now,
        actor,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| (row.item, row.before, row.committed_on, row.latest)).collect())
}

/// Items by id, as they stood on a day (`None`: as they stand), in the order of the ids; what wasn't there is left out.
///
/// # Errors
/// When the database refuses.
pub async fn in_order(db: &Db, ids: &[ItemId], as_of: Option<NaiveDate>) -> Result<Vec<Item>> {
    read(db.pool(), ids, as_of).await
}

async fn read(db: impl PgExecutor<'_>, ids: &[ItemId], as_of: Option<NaiveDate>) -> Result<Vec<Item>> {
    let ids: Vec<_> = ids.iter().map(|id| id.0).collect();
    let rows = sqlx::query!(
        r#"select i.id as "id!: ItemId", i.program as "program!: ProgramId", i.kind as "kind!: Kind", i.number as "number!",
                  i.title as "title!", i.description as "description!", i.owner as "owner?: PersonId",
                  i.project as "project?: ProjectId", i.state as "state!: State", i.tags as "tags!", i.raised_on as "raised_on!",
                  i.next_on as "next_on?", i.closed_on as "closed_on?", i.score as "score?", i.archived_at as "archived_at?",
                  i.version as "version!", i.effective_on as "effective_on!", i.created_by as "raised_by?: PersonId",
                  item_detail(i.id, i.kind, $2) as "detail!"
           from unnest($1::uuid[]) with ordinality n (id, place) join item_at($2) i on i.id = n.id order by n.place"#,
        &ids,
        as_of,
    )
    .fetch_all(db)
    .await?;
    rows.into_iter()
        .map(|row| {
            let Value::Object(values) = row.detail else { return Err(super::Error::RowNotFound) };
            Ok(Item {
                id: row.id,
                program: row.program,
                kind: row.kind,
                number: row.number,
                title: row.title,
                description: row.description,
                owner: row.owner,
                raised_by: row.raised_by,
                project: row.project,
                state: row.state,
                tags: row.tags,
                raised_on: row.raised_on,
                next_on: row.next_on,
                closed_on: row.closed_on,
                score: row.score,
                archived_at: row.archived_at,
                version: row.version,
                effective_on: row.effective_on,
                detail: Detail::read(row.kind, values).map_err(|wrong| super::Error::Decode(wrong.into()))?,
            })
        })
        .collect()
}

/// Lets the next item of a kind have a number above this one.
///
/// # Errors
/// When the database refuses.
pub async fn number_beyond(tx: &mut Tx, program: ProgramId, kind: Kind, number: i32) -> Result<()> {
    sqlx::query!(
        "insert into counter (program, kind, last) values ($1, $2, $3)
         on conflict (program, kind) do update set last = greatest(counter.last, excluded.last)",
        program.0,
        kind as Kind,
        number,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The items of a program of some kinds, by kind and number, as they stood on a day: the archived ones, or the others.
///
/// # Errors
/// When the database refuses.
pub async fn all_ids(
    db: &Db,
    program: ProgramId,
    (kinds, archived): (&[Kind], bool),
    as_of: Option<NaiveDate>,
) -> Result<Vec<ItemId>> {
    sqlx::query_scalar!(
        r#"select i.id as "id!: ItemId" from item_at($3) i
           where i.program = $1 and i.kind = any($2) and (i.archived_at is not null) = $4 order by i.kind, i.number"#,
        program.0,
        kinds as &[Kind],
        as_of,
        archived,
    )
    .fetch_all(db.pool())
    .await
}

/// Items by id, as they stand in this transaction.
///
/// # Errors
/// When the database refuses.
pub async fn by_ids(tx: &mut Tx, ids: &[ItemId]) -> Result<Vec<Item>> {
    read(tx.conn(), ids, None).await
}
