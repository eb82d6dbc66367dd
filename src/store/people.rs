//! People and teams.

use super::{Db, Result};
use crate::domain::ids::PersonId;
use uuid::Uuid;

/// Whether a person leads this project or team, or belongs to the team (or to the project's).
///
/// # Errors
/// When the database refuses.
pub async fn stands_for(
    db: &Db,
    person: PersonId,
    project: Option<Uuid>,
    team: Option<Uuid>,
) -> Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (select from project p where p.id = $2 and p.lead = $1)
               or exists (select from team t where t.lead = $1 and (t.id = $3 or t.id = (select team from project where id = $2)))
               or exists (select from team_member m where m.person = $1
                          and (m.team = $3 or m.team = (select team from project where id = $2))) as "stands!""#,
        person.0,
        project,
        team,
    )
    .fetch_one(db.pool())
    .await
}
