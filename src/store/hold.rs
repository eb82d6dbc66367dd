//! What a transaction makes sure of before it writes: whose an item is, and that nobody else works on it meanwhile.

use super::{Result, Tx};
use crate::domain::ids::{ItemId, ProgramId};

/// Whether an item is of this program.
///
/// # Errors
/// When the database refuses.
pub async fn is_of(tx: &mut Tx, program: ProgramId, item: ItemId) -> Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (select from item where id = $1 and program = $2) as "is_of!""#,
        item.0,
        program.0
    )
    .fetch_one(tx.conn())
    .await
}

/// Holds an item until the transaction ends: who wants to do the same with it at this moment waits, and then finds what was done.
///
/// # Errors
/// When the database refuses.
pub async fn hold(tx: &mut Tx, item: ItemId) -> Result<()> {
    sqlx::query!("select id from item where id = $1 for update", item.0)
        .fetch_optional(tx.conn())
        .await
        .map(drop)
}
