//! Confirming that an item stands as it is: an update by whoever answers for it, where nothing about it changed.

use super::access::Entered;
use super::item::{find, must_stand, write_version};
use super::{App, Ctx, Over, Result};
use crate::domain::event::Event;
use crate::domain::item::Item;
use crate::domain::kind::Kind;

/// The reason that is kept with the version.
const REASON: &str = "It stands as it is";

/// Confirms that an open item stands as it is today: a version of its own, in which a milestone's forecast is stated anew.
///
/// # Errors
/// Forbidden but for its owner and managers; stale; refused where it is over, or its next date has passed.
pub async fn confirm(
    app: &App,
    ctx: &Ctx,
    entered: &Entered,
    kind: Kind,
    number: i32,
    version: Over,
) -> Result<Item> {
    entered.must_raise()?;
    let stored = find(app, entered, kind, number).await?.item;
    entered.must_edit(&stored)?;
    version.must_be(stored.version)?;
    must_stand(&stored)?;
    let mut next = stored.clone();
    next.confirm(entered.today())?;
    if next == stored {
        // It was updated today.
        return Ok(stored);
    }
    let mut tx = app.db.begin(&ctx.stamp(REASON)).await?;
    write_version(&mut tx, &stored, &mut next, &[Event::Confirmed {}]).await?;
    tx.commit().await?;
    Ok(next)
}
