//! What a plan is made of, as it stood on a day.

use super::{Db, Error, Result};
use crate::domain::ids::{ItemId, PersonId, ProgramId, ProjectId};
use crate::domain::item::Detail;
use crate::domain::kind::{Kind, State};
use chrono::NaiveDate;
use serde_json::Value;

/// An activity or a milestone of a plan.
#[derive(Clone, Debug)]
pub struct Planned {
    pub id: ItemId,
    pub number: i32,
    pub title: String,
    pub description: String,
    pub state: State,
    pub owner: Option<PersonId>,
    pub project: Option<ProjectId>,
    pub raised_on: NaiveDate,
    pub tags: Vec<String>,
    pub detail: Detail,
}

/// The activities and then the milestones of a program, by number; archived ones are none of the plan.
///
/// # Errors
/// When the database refuses.
pub async fn items(db: &Db, program: ProgramId, as_of: Option<NaiveDate>) -> Result<Vec<Planned>> {
    let rows = sqlx::query!(
        r#"select i.id as "id!: ItemId", i.kind as "kind!: Kind", i.number as "number!", i.title as "title!",
                  i.description as "description!", i.state as "state!: State",
                  i.owner as "owner?: PersonId", i.project as "project?: ProjectId", i.raised_on as "raised_on!", i.tags as "tags!",
                  item_detail(i.id, i.kind, $2) as "detail!"
           from item_at($2) i
           where i.program = $1 and i.kind in ('activity', 'milestone') and i.archived_at is null
           order by i.kind = 'milestone', i.number"#,
        program.0,
        as_of,
    )
    .fetch_all(db.pool())
    .await?;
    rows.into_iter()
        .map(|row| {
            let Value::Object(values) = row.detail else { return Err(Error::RowNotFound) };
            Ok(Planned {
                id: row.id,
                number: row.number,
                title: row.title,
                description: row.description,
                state: row.state,
                owner: row.owner,
                project: row.project,
                raised_on: row.raised_on,
                tags: row.tags,
                detail: Detail::read(row.kind, values).map_err(|wrong| Error::Decode(wrong.into()))?,
            })
        })
        .collect()
}

/// What of a program is no part of its plan: links that lead to items of other programs, and items of other kinds; how many of
/// each, as they stood.
///
/// # Errors
/// When the database refuses.
pub async fn beside(db: &Db, program: ProgramId, as_of: Option<NaiveDate>) -> Result<(i64, i64)> {
    let row = sqlx::query!(
        r#"select (select count(*) from schedule_link_at($2) where from_program = $1 and program <> $1) as "leaving!",
                  (select count(*) from item_at($2)
                   where program = $1 and kind not in ('activity', 'milestone') and archived_at is null) as "others!""#,
        program.0,
        as_of,
    )
    .fetch_one(db.pool())
    .await?;
    Ok((row.leaving, row.others))
}
