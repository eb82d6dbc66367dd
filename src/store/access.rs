//! Who is there, and what they may do in a program: one query each.

use super::program::columns_to_program;
use super::{Db, Result, Tx};
use crate::domain::ids::{AccountId, PersonId, ProgramId};
use crate::domain::program::{Program, Role};
use chrono::{DateTime, Utc};
use sqlx::PgExecutor;

/// Somebody who signed in, or a token's holder.
#[derive(Clone, Debug)]
pub struct Holder {
    pub account: AccountId,
    pub person: PersonId,
    pub name: String,
    pub email: String,
    pub admin: bool,
    /// May change things (a session may; a token if its scopes say so).
    pub may_write: bool,
}

/// The holder of a session that has not ended, by the hash of its secret.
///
/// # Errors
/// When the database refuses.
pub async fn by_session(db: &Db, secret_hash: &[u8], now: DateTime<Utc>) -> Result<Option<Holder>> {
    sqlx::query_as!(
        Holder,
        r#"select a.id as "account: AccountId", a.person as "person: PersonId", p.name, a.email, a.admin, true as "may_write!"
           from session s join account a on a.id = s.account join person p on p.id = a.person
           where s.token_hash = $1 and s.expires_at > $2 and a.disabled_at is null"#,
        secret_hash,
        now,
    )
    .fetch_optional(db.pool())
    .await
}

/// The holder of a token that is neither revoked nor expired, by the hash of its secret; notes that it was used.
///
/// # Errors
/// When the database refuses.
pub async fn by_token(db: &Db, secret_hash: &[u8], now: DateTime<Utc>) -> Result<Option<Holder>> {
    sqlx::query_as!(
        Holder,
        r#"with used as (
               update api_token set last_used_at = $2
               where token_hash = $1 and (last_used_at is null or last_used_at < $2::timestamptz - interval '10 minutes')
           )
           select a.id as "account: AccountId", a.person as "person: PersonId", p.name, a.email, a.admin,
                  'write' = any(t.scopes) as "may_write!"
           from api_token t join account a on a.id = t.account join person p on p.id = a.person
           where t.token_hash = $1 and t.revoked_at is null and (t.expires_at is null or t.expires_at > $2)
             and a.disabled_at is null"#,
        secret_hash,
        now,
    )
    .fetch_optional(db.pool())
    .await
}

/// A program as a person finds it: the role (none for a stranger), and the beats of its pulse and of what programs share.
#[derive(Clone, Debug)]
pub struct Door {
    pub program: Program,
    pub role: Option<Role>,
    pub beat: i64,
    pub shared_beat: i64,
}

/// Finds a program by its key, with the role that a person has in it.
///
/// # Errors
/// When the database refuses.
pub async fn door(db: &Db, key: &str, person: PersonId) -> Result<Option<Door>> {
    let row = sqlx::query!(
        r#"select to_jsonb(p) as "program!", m.role as "role?: Role", b.beat as "beat!", s.beat as "shared_beat!"
           from program p
           join pulse b on b.program = p.id
           join pulse s on s.program = '00000000-0000-0000-0000-000000000000'
           left join membership m on m.program = p.id and m.person = $2
           where p.key = $1"#,
        key,
        person.0,
    )
    .fetch_optional(db.pool())
    .await?;
    row.map(|row| {
        Ok(Door {
            program: columns_to_program(row.program)?,
            role: row.role,
            beat: row.beat,
            shared_beat: row.shared_beat,
        })
    })
    .transpose()
}

/// Finds programs by their ids, as [`door`] finds one: those that are there.
///
/// # Errors
/// When the database refuses.
pub async fn doors(db: &Db, programs: &[ProgramId], person: PersonId) -> Result<Vec<Door>> {
    let ids: Vec<uuid::Uuid> = programs.iter().map(|program| program.0).collect();
    let rows = sqlx::query!(
        r#"select to_jsonb(p) as "program!", m.role as "role?: Role", b.beat as "beat!", s.beat as "shared_beat!"
           from program p
           join pulse b on b.program = p.id
           join pulse s on s.program = '00000000-0000-0000-0000-000000000000'
           left join membership m on m.program = p.id and m.person = $2
           where p.id = any($1) order by p.key"#,
        &ids,
        person.0,
    )
    .fetch_all(db.pool())
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Door {
                program: columns_to_program(row.program)?,
                role: row.role,
                beat: row.beat,
                shared_beat: row.shared_beat,
            })
        })
        .collect()
}

/// Which of these programs a reader may see.
///
/// # Errors
/// When the database refuses.
pub async fn visible_of(
    db: &Db,
    reader: super::lookup::Reader,
    programs: &[ProgramId],
) -> Result<Vec<ProgramId>> {
    let ids: Vec<uuid::Uuid> = programs.iter().map(|program| program.0).collect();
    sqlx::query_scalar!(
        r#"select p.id as "id: ProgramId" from program p
           where p.id = any($1) and ($2 or p.visibility = 'everyone'
               or exists (select from membership m where m.program = p.id and m.person = $3))"#,
        &ids,
        reader.admin,
        reader.person.0,
    )
    .fetch_all(db.pool())
    .await
}

/// Whether somebody signs in here and yet can't see a program. Of who doesn't sign in nothing is said: they are told by others.
///
/// # Errors
/// When the database refuses.
pub async fn is_shut_out(tx: &mut Tx, program: ProgramId, person: PersonId) -> Result<bool> {
    Ok(!out_of(tx.conn(), program, &[person]).await?.is_empty())
}

/// Those of these people who sign in here and yet can't see a program.
///
/// # Errors
/// When the database refuses.
pub async fn shut_out(db: &Db, program: ProgramId, people: &[PersonId]) -> Result<Vec<PersonId>> {
    if people.is_empty() {
        return Ok(Vec::new());
    }
    out_of(db.pool(), program, people).await
}

async fn out_of(from: impl PgExecutor<'_>, program: ProgramId, people: &[PersonId]) -> Result<Vec<PersonId>> {
    let ids: Vec<uuid::Uuid> = people.iter().map(|person| person.0).collect();
    sqlx::query_scalar!(
        r#"select a.person as "person: PersonId" from account a join program g on g.id = $1
           where a.person = any($2) and not a.admin and g.visibility <> 'everyone'
             and not exists (select from membership m where m.program = g.id and m.person = a.person)"#,
        program.0,
        &ids,
    )
    .fetch_all(from)
    .await
}
