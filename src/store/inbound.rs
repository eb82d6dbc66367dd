//! Where other tools call: their endpoints, and the messages that came.

use super::{Db, Result, Tx};
use crate::domain::ids::{PersonId, ProgramId};
use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;

/// A tool that may call a program.
#[derive(Clone, Debug)]
pub struct Endpoint {
    pub id: Uuid,
    pub name: String,
    pub made_at: DateTime<Utc>,
    pub made_by: Option<PersonId>,
    pub made_by_name: Option<String>,
    pub last_used_at: Option<DateTime<Utc>>,
    pub revoked_at: Option<DateTime<Utc>>,
}

/// The endpoints of a program, those that are open first.
///
/// # Errors
/// When the database refuses.
pub async fn list(db: &Db, program: ProgramId) -> Result<Vec<Endpoint>> {
    sqlx::query_as!(
        Endpoint,
        r#"select e.id, e.name, e.made_at, e.made_by as "made_by?: PersonId", p.name as "made_by_name?", e.last_used_at,
                  e.revoked_at
           from inbound_endpoint e left join person p on p.id = e.made_by
           where e.program = $1 order by e.revoked_at desc nulls first, lower(e.name), e.id"#,
        program.0,
    )
    .fetch_all(db.pool())
    .await
}

/// Opens an endpoint.
///
/// # Errors
/// `inbound_endpoint_name_unique`, `inbound_endpoint_name_length`.
pub async fn insert(tx: &mut Tx, program: ProgramId, id: Uuid, name: &str, secret: &[u8]) -> Result<()> {
    let (now, actor) = (tx.stamp().now, tx.stamp().actor.map(|id| id.0));
    sqlx::query!(
        "insert into inbound_endpoint (id, program, name, secret, made_at, made_by) values ($1, $2, $3, $4, $5, $6)",
        id,
        program.0,
        name,
        secret,
        now,
        actor,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Closes an endpoint, and forgets its secret; its name, if it was open.
///
/// # Errors
/// When the database refuses.
pub async fn revoke(tx: &mut Tx, program: ProgramId, id: Uuid) -> Result<Option<String>> {
    let now = tx.stamp().now;
    sqlx::query_scalar!(
        "update inbound_endpoint set revoked_at = $3, secret = null
         where program = $1 and id = $2 and revoked_at is null returning name",
        program.0,
        id,
        now,
    )
    .fetch_optional(tx.conn())
    .await
}

/// An endpoint that is open, with what signatures are checked with.
#[derive(Clone)]
pub struct Open {
    pub key: String,
    pub name: String,
    pub secret: Vec<u8>,
}

/// Finds an endpoint that is open.
///
/// # Errors
/// When the database refuses.
pub async fn open(db: &Db, id: Uuid) -> Result<Option<Open>> {
    sqlx::query_as!(
        Open,
        r#"select g.key, e.name, e.secret as "secret!"
           from inbound_endpoint e join program g on g.id = e.program where e.id = $1 and e.secret is not null"#,
        id,
    )
    .fetch_optional(db.pool())
    .await
}

/// Takes a message in; how it was answered, if it came before. Who sends the same at the same moment waits.
///
/// # Errors
/// When the database refuses.
pub async fn take(tx: &mut Tx, endpoint: Uuid, message: &str) -> Result<Option<Value>> {
    let now = tx.stamp().now;
    let taken = sqlx::query!(
        "insert into inbound_message (endpoint, message, received_at) values ($1, $2, $3) on conflict do nothing",
        endpoint,
        message,
        now,
    )
    .execute(tx.conn())
    .await?;
    if taken.rows_affected() == 1 {
        return Ok(None);
    }
    sqlx::query_scalar!(
        "select answer from inbound_message where endpoint = $1 and message = $2",
        endpoint,
        message
    )
    .fetch_optional(tx.conn())
    .await
}

/// Forgets how messages were answered that came before `answered_before`, and that messages came at all before `came_before`: so many
/// of each at most. How many.
///
/// # Errors
/// When the database refuses.
pub async fn forget(
    db: &Db,
    answered_before: DateTime<Utc>,
    came_before: DateTime<Utc>,
    most: i64,
) -> Result<(u64, u64)> {
    let emptied = sqlx::query!(
        "update inbound_message set answer = '{}'
         where (endpoint, message) in (
             select endpoint, message from inbound_message
             where received_at < $1 and answer <> '{}' order by received_at limit $2 for update skip locked)",
        answered_before,
        most,
    )
    .execute(db.pool())
    .await?;
    let gone = sqlx::query!(
        "delete from inbound_message
         where (endpoint, message) in (
             select endpoint, message from inbound_message
             where received_at < $1 order by received_at limit $2 for update skip locked)",
        came_before,
        most,
    )
    .execute(db.pool())
    .await?;
    Ok((emptied.rows_affected(), gone.rows_affected()))
}

/// Keeps how a message was answered.
///
/// # Errors
/// When the database refuses.
pub async fn answer(tx: &mut Tx, endpoint: Uuid, message: &str, answer: &Value) -> Result<()> {
    let now = tx.stamp().now;
    sqlx::query!(
        "with used as (update inbound_endpoint set last_used_at = $4 where id = $1)
         update inbound_message set answer = $3 where endpoint = $1 and message = $2",
        endpoint,
        message,
        answer,
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
