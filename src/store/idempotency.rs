//! Answers kept by `Idempotency-Key`. They belong to no program and have no history.

use super::{Db, Result};
use crate::domain::ids::AccountId;
use chrono::{DateTime, Utc};
use serde_json::json;
use std::collections::BTreeMap;

/// An answer as it was given.
#[derive(Clone, Debug)]
pub struct Kept {
    pub status: u16,
    pub headers: BTreeMap<String, String>,
    pub body: Vec<u8>,
}

/// What became of a key.
#[derive(Clone, Debug)]
pub enum Begun {
    /// It is taken for this request now.
    New,
    /// The same request was answered.
    Answered(Kept),
    /// The same request is being done, or broke off.
    Running,
    /// It was used for another request.
    Other,
}

/// Takes a key for a request, or finds what became of it. Answers older than `kept_since` are forgotten.
///
/// # Errors
/// When the database refuses.
pub async fn begin(
    db: &Db,
    account: AccountId,
    key: &str,
    request_hash: &[u8],
    now: DateTime<Utc>,
    kept_since: DateTime<Utc>,
) -> Result<Begun> {
    sqlx::query!("delete from idempotency where account = $1 and created_at < $2", account.0, kept_since)
        .execute(db.pool())
        .await?;
    let taken = sqlx::query!(
        "insert into idempotency (account, key, request_hash, status, headers, body, created_at)
         values ($1, $2, $3, 0, '{}', '', $4) on conflict (account, key) do nothing",
        account.0,
        key,
        request_hash,
        now,
    )
    .execute(db.pool())
    .await?;
    if taken.rows_affected() == 1 {
        return Ok(Begun::New);
    }
    let row = sqlx::query!(
        "select request_hash, status, headers, body from idempotency where account = $1 and key = $2",
        account.0,
        key
    )
    .fetch_optional(db.pool())
    .await?;
    Ok(match row {
        Some(row) if row.request_hash != request_hash => Begun::Other,
        Some(row) if row.status > 0 => Begun::Answered(Kept {
            status: row.status.unsigned_abs(),
            headers: serde_json::from_value(row.headers).unwrap_or_default(),
            body: row.body,
        }),
        _ => Begun::Running,
    })
}

/// Keeps the answer.
///
/// # Errors
/// When the database refuses.
pub async fn keep(db: &Db, account: AccountId, key: &str, answer: &Kept) -> Result<()> {
    sqlx::query!(
        "update idempotency set status = $3, headers = $4, body = $5 where account = $1 and key = $2",
        account.0,
        key,
        i16::try_from(answer.status).unwrap_or(200),
        json!(answer.headers),
        answer.body,
    )
    .execute(db.pool())
    .await
    .map(drop)
}

/// Gives a key free.
///
/// # Errors
/// When the database refuses.
pub async fn forget(db: &Db, account: AccountId, key: &str) -> Result<()> {
    sqlx::query!("delete from idempotency where account = $1 and key = $2", account.0, key)
        .execute(db.pool())
        .await
        .map(drop)
}
