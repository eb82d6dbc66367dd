//! What the roadmap says of milestones and activities beside their dates in the plan: what is cancelled, whose they are, and
//! what was committed first.

use super::{Db, Result};
use crate::domain::ids::{ItemId, PersonId, ProgramId, ProjectId};
use crate::domain::kind::{Kind, State};
use chrono::NaiveDate;

/// A milestone or an activity.
#[derive(Clone, Debug)]
pub struct Row {
    pub id: ItemId,
    pub kind: Kind,
    pub number: i32,
    pub title: String,
    pub state: State,
    pub open: bool,
    pub project: Option<ProjectId>,
    pub project_key: Option<String>,
    pub project_name: Option<String>,
    pub owner: Option<PersonId>,
    pub owner_name: Option<String>,
    pub tags: Vec<String>,
    pub original_on: Option<NaiveDate>,
    /// Of a milestone; what is committed of an activity is in the plan.
    pub committed_on: Option<NaiveDate>,
    pub forecast_on: Option<NaiveDate>,
}

/// The milestones and activities of a program as they stood at the end of `day`, but for archived ones, by kind and number.
///
/// # Errors
/// When the database refuses.
pub async fn all(db: &Db, program: ProgramId, as_of: Option<NaiveDate>, day: NaiveDate) -> Result<Vec<Row>> {
    sqlx::query_as!(
        Row,
        r#"
        select i.id as "id!: ItemId", i.kind as "kind!: Kind", i.number as "number!", i.title as "title!",
               i.state as "state!: State", i.open as "open!", i.project as "project: ProjectId", pr.key as "project_key?",
               pr.name as "project_name?", i.owner as "owner: PersonId", p.name as "owner_name?", i.tags as "tags!",
               coalesce(m.original_on, b.committed_on) as original_on, m.committed_on, m.forecast_on
        from item_at($2) i
        left join milestone_at($2) m on m.item = i.id and m.program = $1
        left join (
            select distinct on (d.item) d.item, d.committed_on
            from baseline b join baseline_date d on d.baseline = b.id join activity a on a.item = d.item
            where b.program = $1 and b.made_on <= $3
            order by d.item, b.number
        ) b on b.item = i.id
        left join person p on p.id = i.owner
        left join project pr on pr.id = i.project
        where i.program = $1 and i.kind in ('milestone', 'activity') and i.archived_at is null
        order by i.kind, i.number
        "#,
        program.0,
        as_of,
        day,
    )
    .fetch_all(db.pool())
    .await
}
