//! What teams are planned for, over all programs.

use super::lookup::Reader;
use super::{Db, Result};
use crate::domain::allocation::Planned;
use crate::domain::ids::{ProgramId, TeamId};
use chrono::NaiveDate;
use uuid::Uuid;

/// What the teams of a program's allocations are planned for in any program, as it stood; programs that the reader may not see
/// have no name.
///
/// # Errors
/// When the database refuses.
pub async fn planned(
    db: &Db,
    program: ProgramId,
    reader: Reader,
    as_of: Option<NaiveDate>,
) -> Result<Vec<Planned>> {
    let rows = sqlx::query!(
        r#"
        select a.team as "team!: TeamId", t.name as "team_name!", t.capacity_days::float8 as usual,
               a.period_on as "month!", a.planned_days::float8 as "days!", a.available_days::float8 as available,
               a.program as "program!: Uuid", g.key as "key!", p.key as "project?",
               a.program = $1 or $2 or g.visibility = 'everyone'
                   or exists (select from membership m where m.program = g.id and m.person = $3) as "visible!"
        from allocation_at($4) a
        join team t on t.id = a.team
        join program g on g.id = a.program and g.archived_at is null
        left join project p on p.id = a.project
        where a.archived_at is null
          and a.team in (select own.team from allocation_at($4) own where own.program = $1 and own.archived_at is null)
        order by t.name, a.period_on, a.id
        "#,
        program.0,
        reader.admin,
        reader.person.0,
        as_of,
    )
    .fetch_all(db.pool())
    .await?;
    let planned = rows.into_iter().map(|row| Planned {
        team: row.team,
        team_name: row.team_name,
        usual_days: row.usual,
        month: row.month,
        days: row.days,
        // What a hidden program says of the team is not told on.
        available: row.available.filter(|_| row.visible),
        program: row.program,
        of: row.visible.then_some((row.key, row.project)),
    });
    Ok(planned.collect())
}
