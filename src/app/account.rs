//! Accounts: signing in and out, tokens, passwords, and the first administrator.

use super::{App, Result, Viewer, secret};
use crate::store;
use crate::store::access::Holder;

impl From<Holder> for Viewer {
    fn from(holder: Holder) -> Self {
        let Holder { account, person, name, email, admin, may_write } = holder;
        Self { account, person, name, email, admin, may_write }
    }
}

/// Who holds this session, if it has not ended.
///
/// # Errors
/// When the database is away.
pub async fn by_session(app: &App, session: &str) -> Result<Option<Viewer>> {
    let holder = store::access::by_session(&app.db, &secret::hash(session), app.clock.now()).await?;
    Ok(holder.map(Viewer::from))
}

/// Who holds this token, if it is neither revoked nor expired.
///
/// # Errors
/// When the database is away.
pub async fn by_token(app: &App, token: &str) -> Result<Option<Viewer>> {
    let holder = store::access::by_token(&app.db, &secret::hash(token), app.clock.now()).await?;
    Ok(holder.map(Viewer::from))
}
