//! Capacity over all programs.

use super::access::Entered;
use super::{App, Ctx, Result};
use crate::domain::allocation::Matrix;
use crate::store;

/// What the teams of a program are planned for by month, in all programs. What programs plan that the reader may not see is counted,
/// not named.
///
/// # Errors
/// When the database is away.
pub async fn capacity(app: &App, ctx: &Ctx, entered: &Entered) -> Result<Matrix> {
    let planned =
        store::allocation::planned(&app.db, entered.program().id, ctx.reader(), entered.as_of()).await?;
    Ok(Matrix::new(&planned))
}
