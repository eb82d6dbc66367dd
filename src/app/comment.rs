//! Comments on items.

use super::access::Entered;
use super::item::{find, must_stand};
use super::{App, Ctx, Error, Result};
use crate::domain::event::Event;
use crate::domain::kind::{Kind, Reference};
use crate::store::{self, new_id};
use uuid::Uuid;

/// Comments on an item: any contributor may.
///
/// # Errors
/// Forbidden, or refused when it is empty or too long.
pub async fn add(
    app: &App,
    ctx: &Ctx,
    entered: &Entered,
    kind: Kind,
    number: i32,
    body: &str,
) -> Result<Uuid> {
    entered.must_raise()?;
    let item = find(app, entered, kind, number).await?.item;
    must_stand(&item)?;
    let body = body.replace("\r\n", "\n").trim().to_owned();
    if body.is_empty() || body.chars().count() > 20_000 {
        return Err(Error::refused("body", "A comment has 1 to 20,000 characters."));
    }
    if body.chars().any(|c| c.is_control() && c != '\n' && c != '\t') {
        return Err(Error::refused(
            "body",
            "There is a control character in it that can't be kept; take it out.",
        ));
    }
    let id = new_id(ctx.now);
    let mut tx = app.db.begin(&ctx.stamp("")).await?;
    store::comment::insert(&mut tx, id, item.id, &body, entered.today()).await?;
    store::link::mention(&mut tx, item.id, &Reference::find_all(&body)).await?;
    tx.record(Some(item.program), Some(item.id), entered.today(), &Event::Commented {});
    tx.commit().await?;
    Ok(id)
}
