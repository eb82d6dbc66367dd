//! People, teams and who is in them.

use super::{Db, Result, Tx};
use crate::domain::ids::{PersonId, TeamId};
use crate::domain::people::{Person, Team};
use chrono::NaiveDate;
use serde_json::json;
use uuid::Uuid;

/// Which part of a list of names is asked for.
#[derive(Clone, Debug)]
pub struct Part {
    /// Show things as they stood at the end of this day; `None` for as they stand.
    pub as_of: Option<NaiveDate>,
    /// What the name (or address, or handle) has in it; empty for all.
    pub q: String,
    /// Those that were archived, instead of those that weren't.
    pub archived: bool,
    /// From Z to A.
    pub down: bool,
    pub limit: i64,
    pub offset: i64,
    /// Only what comes after this name (and, among those of one name, this id).
    pub after: Option<(String, Uuid)>,
}

/// People, by name, and how many there are in all.
///
/// # Errors
/// When the database refuses.
pub async fn people(db: &Db, part: &Part) -> Result<(Vec<Person>, i64)> {
    let rows = sqlx::query!(
        r#"with found as (
               select p.* from person_at($1) p
               where (p.archived_at is not null) = $3
                 and ($2 = '' or strpos(lower(p.name), lower($2)) > 0 or strpos(coalesce(p.email, ''), lower($2)) > 0
                      or strpos(lower(coalesce(p.handle, '')), lower($2)) > 0)
           )
           select id as "id!: PersonId", name as "name!", email, handle, archived_at, version as "version!",
                  effective_on as "effective_on!", (select count(*) from found) as "total!"
           from found
           where $7::text is null or case when name = $7 then id > $8 when $4 then name < $7 collate "und-x-icu"
                                     else name > $7 collate "und-x-icu" end
           order by case when $4 then name end collate "und-x-icu" desc, case when not $4 then name end collate "und-x-icu", id
           limit $5 offset $6"#,
        part.as_of,
        part.q,
        part.archived,
        part.down,
        part.limit,
        part.offset,
        part.after.as_ref().map(|(name, _)| name),
        part.after.as_ref().map(|(_, id)| id),
    )
    .fetch_all(db.pool())
    .await?;
    let total = rows.first().map_or(0, |row| row.total);
    let people = rows
        .into_iter()
        .map(|row| Person {
            id: row.id,
            name: row.name,
            email: row.email,
            handle: row.handle,
            archived_at: row.archived_at,
            version: row.version,
            effective_on: row.effective_on,
        })
        .collect();
    Ok((people, total))
}

/// One person, as they stood.
///
/// # Errors
/// When the database refuses.
pub async fn person(db: &Db, id: PersonId, as_of: Option<NaiveDate>) -> Result<Option<Person>> {
    sqlx::query_as!(
        Person,
        r#"select id as "id!: PersonId", name as "name!", email, handle, archived_at, version as "version!",
                  effective_on as "effective_on!"
           from person_at($2) where id = $1"#,
        id.0,
        as_of,
    )
    .fetch_optional(db.pool())
    .await
}

/// Who has this address.
///
/// # Errors
/// When the database refuses.
pub async fn id_by_email(tx: &mut Tx, email: &str) -> Result<Option<PersonId>> {
    sqlx::query_scalar!(r#"select id as "id: PersonId" from person where email = $1"#, email)
        .fetch_optional(tx.conn())
        .await
}

/// Whether a person is manager of any program.
///
/// # Errors
/// When the database refuses.
pub async fn manages_any(db: &Db, person: PersonId) -> Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (select from membership where person = $1 and role = 'manager') as "manages!""#,
        person.0
    )
    .fetch_one(db.pool())
    .await
}

/// Writes a new person.
///
/// # Errors
/// `person_email_unique` or `person_handle_unique` when somebody else has it.
pub async fn insert_person(tx: &mut Tx, person: &Person) -> Result<()> {
    sqlx::query!("insert into person select * from jsonb_populate_record(null::person, $1)", json!(person))
        .execute(tx.conn())
        .await
        .map(drop)
}

/// Writes a changed person over the version before; whether nobody else wrote in between.
///
/// # Errors
/// A named constraint that refuses a value.
pub async fn update_person(tx: &mut Tx, person: &Person) -> Result<bool> {
    let written = sqlx::query!(
        "update person p set name = n.name, email = n.email, handle = n.handle, archived_at = n.archived_at,
             version = n.version, effective_on = n.effective_on
         from jsonb_populate_record(null::person, $1) n where p.id = n.id and p.version = n.version - 1",
        json!(person),
    )
    .execute(tx.conn())
    .await?;
    Ok(written.rows_affected() == 1)
}

/// A team with the names beside it.
#[derive(Clone, Debug)]
pub struct StoredTeam {
    pub team: Team,
    pub lead_name: Option<String>,
    /// How many are in it.
    pub size: i64,
}

/// Teams, by name, and how many there are in all.
///
/// # Errors
/// When the database refuses.
pub async fn teams(db: &Db, part: &Part) -> Result<(Vec<StoredTeam>, i64)> {
    let rows = sqlx::query!(
        r#"with found as (
               select t.* from team_at($1) t
               where (t.archived_at is not null) = $3
                 and ($2 = '' or strpos(lower(t.name), lower($2)) > 0 or strpos(lower(t.description), lower($2)) > 0)
           )
           select to_jsonb(t) as "team!", l.name as "lead_name?",
                  (select count(*) from team_member_at($1) m where m.team = t.id) as "size!",
                  (select count(*) from found) as "total!"
           from found t left join person l on l.id = t.lead
           where $7::text is null or case when t.name = $7 then t.id > $8 when $4 then t.name < $7 collate "und-x-icu"
                                     else t.name > $7 collate "und-x-icu" end
           order by case when $4 then t.name end collate "und-x-icu" desc,
                    case when not $4 then t.name end collate "und-x-icu", t.id
           limit $5 offset $6"#,
        part.as_of,
        part.q,
        part.archived,
        part.down,
        part.limit,
        part.offset,
        part.after.as_ref().map(|(name, _)| name),
        part.after.as_ref().map(|(_, id)| id),
    )
    .fetch_all(db.pool())
    .await?;
    let total = rows.first().map_or(0, |row| row.total);
    let teams = rows
        .into_iter()
        .map(|row| Ok(StoredTeam { team: read(row.team)?, lead_name: row.lead_name, size: row.size }))
        .collect::<Result<_>>()?;
    Ok((teams, total))
}

fn read(row: serde_json::Value) -> Result<Team> {
    serde_json::from_value(row).map_err(|wrong| super::Error::Decode(wrong.into()))
}

/// One team, as it stood.
///
/// # Errors
/// When the database refuses.
pub async fn team(db: &Db, id: TeamId, as_of: Option<NaiveDate>) -> Result<Option<StoredTeam>> {
    let row = sqlx::query!(
        r#"select to_jsonb(t) as "team!", l.name as "lead_name?",
                  (select count(*) from team_member_at($2) m where m.team = t.id) as "size!"
           from team_at($2) t left join person l on l.id = t.lead where t.id = $1"#,
        id.0,
        as_of,
    )
    .fetch_optional(db.pool())
    .await?;
    row.map(|row| Ok(StoredTeam { team: read(row.team)?, lead_name: row.lead_name, size: row.size }))
        .transpose()
}

/// Somebody in a team.
#[derive(Clone, Debug)]
pub struct Member {
    pub person: PersonId,
    pub name: String,
    pub email: Option<String>,
}

/// Who is in a team, as it stood, by name.
///
/// # Errors
/// When the database refuses.
pub async fn members(db: &Db, team: TeamId, as_of: Option<NaiveDate>) -> Result<Vec<Member>> {
    sqlx::query_as!(
        Member,
        r#"select p.id as "person: PersonId", p.name, p.email from team_member_at($2) m join person p on p.id = m.person
           where m.team = $1 order by p.name collate "und-x-icu", p.id"#,
        team.0,
        as_of,
    )
    .fetch_all(db.pool())
    .await
}

/// The teams that a person is in, as (id, name), by name.
///
/// # Errors
/// When the database refuses.
pub async fn teams_of(db: &Db, person: PersonId, as_of: Option<NaiveDate>) -> Result<Vec<(TeamId, String)>> {
    let rows = sqlx::query!(
        r#"select t.id as "id!: TeamId", t.name as "name!" from team_member_at($2) m join team_at($2) t on t.id = m.team
           where m.person = $1 and t.archived_at is null order by t.name collate "und-x-icu""#,
        person.0,
        as_of,
    )
    .fetch_all(db.pool())
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.name)).collect())
}

/// Writes a new team.
///
/// # Errors
/// `team_name_unique` when there is one of this name.
pub async fn insert_team(tx: &mut Tx, team: &Team) -> Result<()> {
    sqlx::query!("insert into team select * from jsonb_populate_record(null::team, $1)", json!(team))
        .execute(tx.conn())
        .await
        .map(drop)
}

/// Writes a changed team over the version before; whether nobody else wrote in between.
///
/// # Errors
/// A named constraint that refuses a value.
pub async fn update_team(tx: &mut Tx, team: &Team) -> Result<bool> {
    let written = sqlx::query!(
        "update team t set name = n.name, description = n.description, lead = n.lead, capacity_days = n.capacity_days,
             archived_at = n.archived_at, version = n.version, effective_on = n.effective_on
         from jsonb_populate_record(null::team, $1) n where t.id = n.id and t.version = n.version - 1",
        json!(team),
    )
    .execute(tx.conn())
    .await?;
    Ok(written.rows_affected() == 1)
}

/// Puts a person into a team, or takes them out; whether that changed anything.
///
/// # Errors
/// When the database refuses.
pub async fn set_team_member(
    tx: &mut Tx,
    team: TeamId,
    person: PersonId,
    member: bool,
    on: NaiveDate,
) -> Result<bool> {
    let done = if member {
        sqlx::query!(
            "insert into team_member (team, person, effective_on) values ($1, $2, $3) on conflict do nothing",
            team.0,
            person.0,
            on,
        )
        .execute(tx.conn())
        .await?
    } else {
        sqlx::query!("delete from team_member where team = $1 and person = $2", team.0, person.0)
            .execute(tx.conn())
            .await?
    };
    Ok(done.rows_affected() == 1)
}

/// Whether a person answers for a team: leads it, or made it. That it works in a program says nothing: anybody may make a program and
/// name any team in it.
///
/// # Errors
/// When the database refuses.
pub async fn answers_for_team(db: &Db, person: PersonId, team: TeamId) -> Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (select from team t where t.id = $2 and t.lead = $1)
               or exists (select from history.team t where t.id = $2 and t.version = 1 and t.recorded_by = $1) as "answers!""#,
        person.0,
        team.0,
    )
    .fetch_one(db.pool())
    .await
}

/// Whether a person has an account.
///
/// # Errors
/// When the database refuses.
pub async fn signs_in(db: &Db, person: PersonId) -> Result<bool> {
    sqlx::query_scalar!(r#"select exists (select from account where person = $1) as "signs_in!""#, person.0)
        .fetch_one(db.pool())
        .await
}
