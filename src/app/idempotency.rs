//! Answers kept by `Idempotency-Key`, for a day.

use super::{App, Result};
use crate::domain::ids::AccountId;
use crate::store;
pub use crate::store::idempotency::{Begun, Kept};

/// How long an answer is kept, in hours.
pub const HOURS: i64 = 24;

/// Takes a key for a request, or finds what became of it.
///
/// # Errors
/// When the database is away.
pub async fn begin(app: &App, account: AccountId, key: &str, request_hash: &[u8]) -> Result<Begun> {
    let now = app.clock.now();
    let kept_since = now - chrono::TimeDelta::hours(HOURS);
    Ok(store::idempotency::begin(&app.db, account, key, request_hash, now, kept_since).await?)
}

/// Keeps the answer.
///
/// # Errors
/// When the database is away.
pub async fn keep(app: &App, account: AccountId, key: &str, answer: &Kept) -> Result<()> {
    Ok(store::idempotency::keep(&app.db, account, key, answer).await?)
}

/// Gives a key free, because nothing was done.
///
/// # Errors
/// When the database is away.
pub async fn forget(app: &App, account: AccountId, key: &str) -> Result<()> {
    Ok(store::idempotency::forget(&app.db, account, key).await?)
}
