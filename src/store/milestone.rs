//! The milestones of a program with their dates, and how their forecasts moved.

use super::{Db, Result};
use crate::domain::ids::{ItemId, PersonId, ProgramId, ProjectId};
use crate::domain::kind::State;
use chrono::NaiveDate;

/// A milestone in the list.
#[derive(Clone, Debug)]
pub struct Row {
    pub id: ItemId,
    pub version: i32,
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
    /// `delivery`, `gate`, `release` or `external`.
    pub kind: String,
    pub original_on: Option<NaiveDate>,
    pub committed_on: Option<NaiveDate>,
    pub forecast_on: Option<NaiveDate>,
    pub forecast_reason: String,
    pub achieved_on: Option<NaiveDate>,
    /// The words that were looked for stand in it; true when none were.
    pub hit: bool,
}

/// The milestones of a program as they stood, but for archived ones, by number. `q` only marks where it stands: the
/// caller counts over the whole.
///
/// # Errors
/// When the database refuses.
pub async fn all(db: &Db, program: ProgramId, q: Option<&str>, as_of: Option<NaiveDate>) -> Result<Vec<Row>> {
    let pattern = q.map(super::search::pattern);
    sqlx::query_as!(
        Row,
        r#"
        select i.id as "id!: ItemId", i.version as "version!", i.number as "number!", i.title as "title!", i.state as "state!: State",
               i.open as "open!", i.owner as "owner: PersonId", p.name as "owner_name?", i.project as "project: ProjectId", pr.key as "project_key?",
               pr.name as "project_name?", i.tags as "tags!", m.kind::text as "kind!", m.original_on, m.committed_on,
               m.forecast_on, m.forecast_reason as "forecast_reason!", m.achieved_on,
               ($3::text is null or i.title ilike $3 or i.description ilike $3 or 'M' || i.number ilike trim('%' from $3)
                        or exists (select from unnest(i.tags) tag where tag ilike $3)) as "hit!"
        from item_at($2) i
        join milestone_at($2) m on m.item = i.id and m.program = $1
        left join person p on p.id = i.owner
        left join project pr on pr.id = i.project
        where i.program = $1 and i.kind = 'milestone' and i.archived_at is null
        order by i.number
        "#,
        program.0,
        as_of,
        pattern,
    )
    .fetch_all(db.pool())
    .await
}

/// What was forecast for these milestones, from which day: every version in force at the end of a day, oldest first.
///
/// # Errors
/// When the database refuses.
pub async fn forecasts(
    db: &Db,
    program: ProgramId,
    items: &[ItemId],
    as_of: Option<NaiveDate>,
) -> Result<Vec<(ItemId, NaiveDate, NaiveDate)>> {
    let items: Vec<_> = items.iter().map(|item| item.0).collect();
    let rows = sqlx::query!(
        r#"select item as "item!: ItemId", effective_on as "effective_on!",
                  coalesce(forecast_on, committed_on) as "forecast_on!"
           from history.milestone
           where program = $1 and item = any($2) and until_on > effective_on
             and ($3::date is null or effective_on <= $3) and coalesce(forecast_on, committed_on) is not null
           order by item, effective_on"#,
        program.0,
        &items,
        as_of,
    )
    .fetch_all(db.pool())
    .await?;
    Ok(rows.into_iter().map(|row| (row.item, row.effective_on, row.forecast_on)).collect())
}

/// The dates that the baselines of a program committed, up to a day: (baseline's number, milestone, date).
///
/// # Errors
/// When the database refuses.
pub async fn committed(
    db: &Db,
    program: ProgramId,
    as_of: Option<NaiveDate>,
) -> Result<Vec<(i32, ItemId, NaiveDate)>> {
    let rows = sqlx::query!(
        r#"select b.number, d.item as "item!: ItemId", d.committed_on
           from baseline b join baseline_date d on d.baseline = b.id
           where b.program = $1 and ($2::date is null or b.made_on <= $2) order by b.number"#,
        program.0,
        as_of,
    )
    .fetch_all(db.pool())
    .await?;
    Ok(rows.into_iter().map(|row| (row.number, row.item, row.committed_on)).collect())
}
