//! Tokens of the JSON API: made by whoever they stand for, shown once, kept only as a hash.

use super::secret::Secret;
use super::{App, Ctx, Error, Result};
use crate::domain::draft::{Choices, Control, Directory, Draft, Field};
use crate::domain::ids::{AccountId, TokenId};
use crate::store;
pub use crate::store::account::Token;
use crate::store::{Stamp, new_id};
use chrono::TimeDelta;
use serde_json::Value;

const SCOPES: Choices = &[("read", "Read"), ("write", "Write")];

/// The fields of a token.
pub const FIELDS: &[Field] = &[
    Field::new("name", "Name", Control::Line(120)).required().hint("What it is for"),
    Field::new("scopes", "May", Control::Choices(SCOPES)),
    Field::new("expires_days", "Expires after (days)", Control::Int(1, 3650)).hint("Empty for never"),
];

/// The viewer's tokens that were not revoked, the newest first.
///
/// # Errors
/// When the database is away.
pub async fn list(app: &App, ctx: &Ctx) -> Result<Vec<Token>> {
    Ok(store::account::tokens(&app.db, ctx.viewer.account).await?)
}

/// Makes a token for the viewer; the secret is not kept.
///
/// # Errors
/// Forbidden to a token that may only read; refused with the draft's errors.
pub async fn make(app: &App, ctx: &Ctx, draft: &Draft) -> Result<(Token, Secret)> {
    ctx.must_write()?;
    make_for(app, ctx.viewer.account, &ctx.stamp(""), draft).await
}

/// Makes a token for an account, from the shell.
///
/// # Errors
/// Refused with the draft's errors.
pub async fn make_for(
    app: &App,
    account: AccountId,
    stamp: &Stamp,
    draft: &Draft,
) -> Result<(Token, Secret)> {
    let values = draft.check(FIELDS, &Directory::default())?;
    let mut scopes: Vec<String> = values["scopes"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect();
    // To write is to read what was written.
    if !scopes.iter().any(|scope| scope == "read") {
        scopes.insert(0, "read".into());
    }
    scopes.sort();
    scopes.dedup();
    let expires_at = values["expires_days"].as_i64().map(|days| stamp.now + TimeDelta::days(days));
    let token = Token {
        id: TokenId(new_id(stamp.now)),
        name: values["name"].as_str().unwrap_or_default().to_owned(),
        scopes,
        created_at: stamp.now,
        expires_at,
        last_used_at: None,
    };
    let secret = Secret::new("plb_")?;
    let mut tx = app.db.begin(stamp).await?;
    store::account::insert_token(&mut tx, account, &token, &secret.hash())
        .await
        .map_err(|error| Error::from(error).with_draft(draft))?;
    tx.commit().await?;
    Ok((token, secret))
}

/// Revokes a token of the viewer.
///
/// # Errors
/// [`Error::NotFound`] for a token that is not the viewer's.
pub async fn revoke(app: &App, ctx: &Ctx, id: TokenId) -> Result<()> {
    ctx.must_write()?;
    if store::account::revoke_token(&app.db, ctx.viewer.account, id, ctx.now).await? {
        Ok(())
    } else {
        Err(Error::NotFound)
    }
}
