//! Items as a collection that another program reads page by page: filtered and sorted by any field, each page begun after the
//! last row of the one before, so that rows added meanwhile move nothing.

use super::item::Row;
use super::search::pattern;
use super::{Db, Result};
use crate::domain::filter::{Filter, Shape};
use crate::domain::ids::{ItemId, PersonId, ProgramId, ProjectId};
use crate::domain::kind::{Kind, State};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Which items, in which order, and from where on.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    pub kinds: Vec<Kind>,
    /// Words that stand in title or description.
    pub q: Option<String>,
    /// The item that the words name by its reference.
    pub named: Option<(Kind, i32)>,
    pub archived: bool,
    pub as_of: Option<NaiveDate>,
    pub filters: Vec<Filter>,
    /// The stored name of a field with the form of its values; none for the order of numbers.
    pub sort: Option<(&'static str, Shape)>,
    pub descending: bool,
    pub after: Option<After>,
    pub limit: i64,
}

/// The place of a row in its order: what it is sorted by (none for what has no value, which comes last), and its number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct After {
    pub key: Option<Value>,
    pub words: Option<String>,
    pub kind: Kind,
    pub number: i32,
}

/// A page: its rows with their places, and how many rows all pages have.
#[derive(Clone, Debug, Default)]
pub struct Page {
    pub rows: Vec<(Row, After)>,
    pub total: i64,
}

/// Reads a page of a program's items.
///
/// # Errors
/// When the database refuses.
pub async fn page(db: &Db, program: ProgramId, asked: &Asked) -> Result<Page> {
    let page = read(db, program, asked).await?;
    if page.rows.is_empty() && asked.after.is_some() {
        // No row to tell how many there are: the first of all tells.
        let first = read(db, program, &Asked { after: None, limit: 1, ..asked.clone() }).await?;
        return Ok(Page { total: first.total, ..page });
    }
    Ok(page)
}

async fn read(db: &Db, program: ProgramId, asked: &Asked) -> Result<Page> {
    let filters = (!asked.filters.is_empty()).then(|| json!(asked.filters));
    let (name, shape) = asked.sort.unwrap_or(("", Shape::Value));
    let after = asked.after.as_ref();
    let rows = sqlx::query!(
        r#"
        with found as (
            select i.*,
                   case $7
                       when 'value' then nullif(d.doc -> $6, 'null')
                       when 'state' then to_jsonb(array_position(enum_range(null::item_state), i.state))
                       when 'instant' then to_jsonb((extract(epoch from (d.doc ->> $6)::timestamptz) * 1000000)::bigint)
                       when 'item' then (select to_jsonb(o.number) from item o where o.id = (d.doc ->> $6)::uuid)
                   end as key,
                   case $7
                       when 'text' then nullif(d.doc ->> $6, '')
                       when 'person' then (select o.name from person o where o.id = (d.doc ->> $6)::uuid)
                       when 'team' then (select o.name from team o where o.id = (d.doc ->> $6)::uuid)
                       when 'project' then (select o.key from project o where o.id = (d.doc ->> $6)::uuid)
                       when 'party' then coalesce(d.doc ->> ($6 || '_external'),
                           (select o.name from team o where o.id = (d.doc ->> ($6 || '_team'))::uuid),
                           (select o.name from project o where o.id = (d.doc ->> ($6 || '_project'))::uuid))
                   end collate "und-x-icu" as words
            from item_at($2) i
            cross join lateral (
                select case when $5 or $6 <> '' then to_jsonb(i) || coalesce(item_detail(i.id, i.kind, $2), '{}') end as doc offset 0
            ) d
            where i.program = $1
              and i.kind = any($3)
              and (i.archived_at is not null) = $4
              and ($8::text is null or i.title ilike $8 or i.description ilike $8 or i.number::text = trim('%' from $8)
                   or (i.kind = $9::item_kind and i.number = $10))
              and (not $5 or not exists (
                  select from jsonb_to_recordset($11) f (name text, shape text, wanted jsonb)
                  where not coalesce(case f.shape
                      when 'text' then exists (select from jsonb_array_elements_text(f.wanted) w
                                               where lower(w) = lower(coalesce(d.doc ->> f.name, '')))
                      when 'list' then (d.doc -> f.name) ?| array(select jsonb_array_elements_text(f.wanted))
                      when 'from' then nullif(d.doc -> f.name, 'null') >= f.wanted -> 0
                      when 'before' then nullif(d.doc -> f.name, 'null') < f.wanted -> 0
                      else f.wanted @> coalesce(d.doc -> f.name, 'null')
                  end, false)))
        )
        select page.id as "id!: ItemId", page.kind as "kind!: Kind", page.number as "number!", page.title as "title!",
               page.state as "state!: State", page.open as "open!", page.owner as "owner?: PersonId", p.name as "owner_name?",
               page.project as "project?: ProjectId", pr.key as "project_key?", pr.name as "project_name?", page.tags as "tags!",
               page.raised_on as "raised_on!", page.next_on as "next_on?", page.closed_on as "closed_on?",
               page.score as "score?", page.archived_at as "archived_at?", page.version as "version!",
               page.effective_on as "effective_on!", page.created_at as "created_at!", page.updated_at as "updated_at!",
               page.description as "description!", item_detail(page.id, page.kind, $2) as "detail?", page.total as "total!",
               page.key as "sort_key?", page.words as "sort_words?"
        from (
            select f.*, (select count(*) from found) as total, row_number() over () as place
            from (
                select * from found
                where $13::int is null
                   or case when $14::jsonb is null and $15::text is null
                       then key is null and words is null and (kind, number) > ($16::item_kind, $13)
                       else (key is null and words is null)
                         or coalesce(not $12 and (key > $14 or words > $15 collate "und-x-icu"), false)
                         or coalesce($12 and (key < $14 or words < $15 collate "und-x-icu"), false)
                         or (coalesce(key = $14 or words = $15 collate "und-x-icu", false) and (kind, number) > ($16::item_kind, $13))
                      end
                order by key is null and words is null, case when not $12 then key end, case when $12 then key end desc,
                         case when not $12 then words end, case when $12 then words end desc, kind, number
                limit $17
            ) f
        ) page
        left join person p on p.id = page.owner
        left join project pr on pr.id = page.project
        order by page.place
        "#,
        program.0,
        asked.as_of,
        &asked.kinds as &[Kind],
        asked.archived,
        filters.is_some(),
        name,
        shape.name(),
        asked.q.as_deref().map(pattern),
        asked.named.map(|(kind, _)| kind) as Option<Kind>,
        asked.named.map(|(_, number)| number),
        filters,
        asked.descending,
        after.map(|after| after.number),
        after.and_then(|after| after.key.clone()),
        after.and_then(|after| after.words.clone()),
        after.map(|after| after.kind) as Option<Kind>,
        asked.limit,
    )
    .fetch_all(db.pool())
    .await?;
    let total = rows.first().map_or(0, |row| row.total);
    let rows = rows.into_iter().map(|row| {
        let after = After { key: row.sort_key, words: row.sort_words, kind: row.kind, number: row.number };
        let row = Row {
            id: row.id,
            kind: row.kind,
            number: row.number,
            title: row.title,
            state: row.state,
            open: row.open,
            owner: row.owner,
            owner_name: row.owner_name,
            project: row.project,
            project_key: row.project_key,
            project_name: row.project_name,
            tags: row.tags,
            raised_on: row.raised_on,
            next_on: row.next_on,
            closed_on: row.closed_on,
            score: row.score,
            archived_at: row.archived_at,
            version: row.version,
            effective_on: row.effective_on,
            created_at: row.created_at,
            updated_at: row.updated_at,
            description: row.description,
            detail: row.detail,
            total: row.total,
        };
        (row, after)
    });
    Ok(Page { rows: rows.collect(), total })
}
