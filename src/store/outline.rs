//! What a plan is made of, as it stood on a day.

use super::{Db, Error, Result};
use crate::domain::ids::{ItemId, ProgramId};
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
    pub detail: Detail,
}

/// The activities and then the milestones of a program, by number; archived ones are none of the plan.
///
/// # Errors
/// When the database refuses.
pub async fn items(db: &Db, program: ProgramId, as_of: Option<NaiveDate>) -> Result<Vec<Planned>> {
    let rows = sqlx::query!(
        r#"select i.id as "id!: ItemId", i.kind as "kind!: Kind", i.number as "number!", i.title as "title!",
                  i.description as "description!", i.state as "state!: State", item_detail(i.id, i.kind, $2) as "detail!"
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
                detail: Detail::read(row.kind, values).map_err(|wrong| Error::Decode(wrong.into()))?,
            })
        })
        .collect()
}
