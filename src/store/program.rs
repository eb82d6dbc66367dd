//! Programs, projects and memberships.

use super::{Db, Result, Tx};
use crate::domain::ids::{PersonId, ProgramId};
use crate::domain::program::{Program, Project, Role};
use chrono::NaiveDate;
use serde_json::{Value, json};

/// A program from its row as JSON.
pub(super) fn columns_to_program(row: Value) -> Result<Program> {
    serde_json::from_value(row).map_err(|wrong| super::Error::Decode(wrong.into()))
}

/// The programs that a person may see, as they stood, by name.
///
/// # Errors
/// When the database refuses.
pub async fn visible(
    db: &Db,
    person: PersonId,
    admin: bool,
    as_of: Option<NaiveDate>,
) -> Result<Vec<Visible>> {
    let rows = sqlx::query!(
        r#"select to_jsonb(p) as "program!", m.role as "role?: Role", b.beat as "beat!", sp.name as "sponsor?", ma.name as "manager?"
           from program_at($3) p
           join pulse b on b.program = p.id
           left join membership m on m.program = p.id and m.person = $1
           left join person sp on sp.id = p.sponsor
           left join person ma on ma.id = p.manager
           where ($2 or m.role is not null or p.visibility = 'everyone') and p.archived_at is null
           order by p.name collate "und-x-icu", p.key"#,
        person.0,
        admin,
        as_of,
    )
    .fetch_all(db.pool())
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Visible {
                program: columns_to_program(row.program)?,
                role: row.role,
                beat: row.beat,
                sponsor: row.sponsor,
                manager: row.manager,
            })
        })
        .collect()
}

/// A program of the portfolio.
#[derive(Clone, Debug)]
pub struct Visible {
    pub program: Program,
    pub role: Option<Role>,
    pub beat: i64,
    pub sponsor: Option<String>,
    pub manager: Option<String>,
}

/// A program as it stood on a day.
///
/// # Errors
/// When the database refuses.
pub async fn find(db: &Db, id: ProgramId, as_of: Option<NaiveDate>) -> Result<Option<Program>> {
    let row = sqlx::query_scalar!(
        r#"select to_jsonb(p) as "program!" from program_at($2) p where p.id = $1"#,
        id.0,
        as_of
    )
    .fetch_optional(db.pool())
    .await?;
    row.map(columns_to_program).transpose()
}

/// Writes a new program, with its pulse.
///
/// # Errors
/// `program_key_unique` when the key is taken.
pub async fn insert(tx: &mut Tx, program: &Program) -> Result<()> {
    sqlx::query!(
        "with made as (insert into program select * from jsonb_populate_record(null::program, $1) returning id)
         insert into pulse (program) select id from made",
        json!(program),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Writes a changed program over the version before; whether nobody else wrote in between.
///
/// # Errors
/// A named constraint that refuses a value.
pub async fn update(tx: &mut Tx, program: &Program) -> Result<bool> {
    let written = sqlx::query!(
        "update program p set key = n.key, name = n.name, state = n.state, visibility = n.visibility, sponsor = n.sponsor,
             manager = n.manager, time_zone = n.time_zone, starts_on = n.starts_on, ends_on = n.ends_on,
             objectives = n.objectives, in_scope = n.in_scope, out_of_scope = n.out_of_scope,
             success_measures = n.success_measures, constraints = n.constraints, governance = n.governance,
             closing_review = n.closing_review, no_lessons_because = n.no_lessons_because,
             budget = n.budget, currency = n.currency, working_week = n.working_week, holidays = n.holidays,
             extra_days = n.extra_days, targets = n.targets, thresholds = n.thresholds, archived_at = n.archived_at,
             version = n.version, effective_on = n.effective_on, updated_at = n.updated_at
         from jsonb_populate_record(null::program, $1) n
         where p.id = n.id and p.version = n.version - 1",
        json!(program),
    )
    .execute(tx.conn())
    .await?;
    Ok(written.rows_affected() == 1)
}

/// A project with the names beside it.
#[derive(Clone, Debug)]
pub struct StoredProject {
    pub project: Project,
    pub team_name: Option<String>,
    pub lead_name: Option<String>,
    /// Items of it that are open.
    pub open_items: i64,
}

/// The projects of a program, as they stood, by name; archived ones too.
///
/// # Errors
/// When the database refuses.
pub async fn projects(db: &Db, program: ProgramId, as_of: Option<NaiveDate>) -> Result<Vec<StoredProject>> {
    let rows = sqlx::query!(
        r#"select to_jsonb(p) as "project!", t.name as "team?", l.name as "lead?", coalesce(n.open, 0) as "open!"
           from project_at($2) p
           left join team t on t.id = p.team
           left join person l on l.id = p.lead
           left join (
               select i.project, count(*) as open from item_at($2) i
               where i.program = $1 and i.open and i.archived_at is null group by i.project
           ) n on n.project = p.id
           where p.program = $1
           order by p.name collate "und-x-icu""#,
        program.0,
        as_of,
    )
    .fetch_all(db.pool())
    .await?;
    rows.into_iter()
        .map(|row| {
            let project =
                serde_json::from_value(row.project).map_err(|wrong| super::Error::Decode(wrong.into()))?;
            Ok(StoredProject { project, team_name: row.team, lead_name: row.lead, open_items: row.open })
        })
        .collect()
}

/// The projects of a program as they stand in this transaction, archived ones too.
///
/// # Errors
/// When the database refuses.
pub async fn projects_in(tx: &mut Tx, program: ProgramId) -> Result<Vec<Project>> {
    let rows = sqlx::query_scalar!(
        r#"select to_jsonb(p) as "project!" from project p where program = $1"#,
        program.0
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter()
        .map(|row| serde_json::from_value(row).map_err(|wrong| super::Error::Decode(wrong.into())))
        .collect()
}

/// Writes new projects.
///
/// # Errors
/// `project_key_unique` when a key is taken.
pub async fn insert_projects(tx: &mut Tx, projects: &[Project]) -> Result<()> {
    sqlx::query!(
        "insert into project select * from jsonb_populate_recordset(null::project, $1)",
        json!(projects)
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Writes a changed project over the version before; whether nobody else wrote in between.
///
/// # Errors
/// A named constraint that refuses a value.
pub async fn update_project(tx: &mut Tx, project: &Project) -> Result<bool> {
    Ok(update_projects(tx, std::slice::from_ref(project)).await? == 1)
}

/// Projects by id, as they stand in this transaction.
///
/// # Errors
/// When the database refuses.
pub async fn projects_by_ids(tx: &mut Tx, ids: &[uuid::Uuid]) -> Result<Vec<Project>> {
    let rows =
        sqlx::query_scalar!(r#"select to_jsonb(p) as "project!" from project p where id = any($1)"#, ids)
            .fetch_all(tx.conn())
            .await?;
    rows.into_iter()
        .map(|row| serde_json::from_value(row).map_err(|wrong| super::Error::Decode(wrong.into())))
        .collect()
}

/// Writes changed projects over the versions before; how many were written.
///
/// # Errors
/// A named constraint that refuses a value.
pub async fn update_projects(tx: &mut Tx, projects: &[Project]) -> Result<u64> {
    let written = sqlx::query!(
        "update project p set key = n.key, name = n.name, state = n.state, team = n.team, lead = n.lead,
             starts_on = n.starts_on, ends_on = n.ends_on, confidence = n.confidence, confidence_on = n.confidence_on,
             confidence_note = n.confidence_note, archived_at = n.archived_at, version = n.version,
             effective_on = n.effective_on
         from jsonb_populate_recordset(null::project, $1) n
         where p.id = n.id and p.version = n.version - 1",
        json!(projects),
    )
    .execute(tx.conn())
    .await?;
    Ok(written.rows_affected())
}

/// A member of a program.
#[derive(Clone, Debug)]
pub struct Member {
    pub person: PersonId,
    pub name: String,
    pub email: Option<String>,
    pub role: Role,
}

/// The members of a program, as they stood, by name.
///
/// # Errors
/// When the database refuses.
pub async fn members(db: &Db, program: ProgramId, as_of: Option<NaiveDate>) -> Result<Vec<Member>> {
    sqlx::query_as!(
        Member,
        r#"select p.id as "person: PersonId", p.name, p.email, m.role as "role!: Role"
           from membership_at($2) m join person p on p.id = m.person
           where m.program = $1 order by p.name collate "und-x-icu", p.id"#,
        program.0,
        as_of,
    )
    .fetch_all(db.pool())
    .await
}

/// Gives a person a role in a program, or (for none) takes it away.
///
/// # Errors
/// When the database refuses.
pub async fn set_member(
    tx: &mut Tx,
    program: ProgramId,
    person: PersonId,
    role: Option<Role>,
    on: NaiveDate,
) -> Result<()> {
    match role {
        Some(role) => {
            sqlx::query!(
                "insert into membership (program, person, role, effective_on) values ($1, $2, $3, $4)
                 on conflict (program, person) do update set role = excluded.role, effective_on = excluded.effective_on",
                program.0,
                person.0,
                role as Role,
                on,
            )
            .execute(tx.conn())
            .await?;
        }
        None => {
            sqlx::query!("delete from membership where program = $1 and person = $2", program.0, person.0)
                .execute(tx.conn())
                .await?;
        }
    }
    Ok(())
}

/// A program by its key.
///
/// # Errors
/// When the database refuses.
pub async fn keyed(db: &Db, key: &str) -> Result<Option<Program>> {
    let row = sqlx::query_scalar!(r#"select to_jsonb(p) as "program!" from program p where key = $1"#, key)
        .fetch_optional(db.pool())
        .await?;
    row.map(columns_to_program).transpose()
}

/// A program by its key, as it stands in this transaction.
///
/// # Errors
/// When the database refuses.
pub async fn by_key(tx: &mut Tx, key: &str) -> Result<Option<Program>> {
    let row = sqlx::query_scalar!(r#"select to_jsonb(p) as "program!" from program p where key = $1"#, key)
        .fetch_optional(tx.conn())
        .await?;
    row.map(columns_to_program).transpose()
}

/// How many lessons a program has written down, as it stands in this transaction.
///
/// # Errors
/// When the database refuses.
pub async fn lessons(tx: &mut Tx, program: ProgramId) -> Result<i64> {
    sqlx::query_scalar!(
        r#"select count(*) as "count!" from item where program = $1 and kind = 'lesson' and archived_at is null"#,
        program.0
    )
    .fetch_one(tx.conn())
    .await
}
