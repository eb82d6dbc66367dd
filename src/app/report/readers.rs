//! What readers have of a published report: their ratings, and links that show it without an account.

use crate::app::access::Entered;
use crate::app::secret::{self, Secret};
use crate::app::{App, Ctx, Error, Result, item};
use crate::domain::draft::{Control, Directory, Draft, Field};
use crate::domain::event::Event;
use crate::domain::item::{Detail, Item};
use crate::domain::kind::{Kind, State};
use crate::domain::report::Frozen;
use crate::store::report::{Link, Rating};
use crate::store::{self, new_id};
use chrono::{Days, NaiveDate};
use serde_json::Value;
use uuid::Uuid;

/// The fields of a rating.
pub const RATING: &[Field] = &[
    Field::new("value", "How useful it is", Control::Int(1, 5)).required().hint("1 not at all, 5 very"),
    Field::new("comment", "Why", Control::Text(2_000)),
];

/// Rates a published report: every reader may, once, and may change it.
///
/// # Errors
/// Forbidden in the past and to a token that may only read; refused with the draft's errors.
pub async fn rate(
    app: &App,
    ctx: &Ctx,
    entered: &Entered,
    number: i32,
    draft: &Draft,
) -> Result<Vec<Rating>> {
    ctx.must_write()?;
    if entered.as_of().is_some() {
        return Err(Error::Forbidden("The past can be read, not rated."));
    }
    entered.must_stand()?;
    let stored = item::find(app, entered, Kind::Report, number).await?.item;
    item::must_stand(&stored)?;
    if stored.state != State::Published {
        return Err(Error::refused("value", "Only a published report is rated.").with_draft(draft));
    }
    if is_author(&stored, ctx) {
        return Err(Error::refused("value", "It is your own report: its readers rate it.").with_draft(draft));
    }
    let values = draft.check(RATING, &Directory::default())?;
    let value = values.get("value").and_then(Value::as_i64).and_then(|value| i16::try_from(value).ok());
    let value =
        value.ok_or_else(|| Error::refused("value", "Give a whole number from 1 to 5.").with_draft(draft))?;
    let comment = values.get("comment").and_then(Value::as_str).unwrap_or_default();
    let on = entered.today();
    let mut tx = app.db.begin(&ctx.stamp("")).await?;
    store::report::rate(&mut tx, stored.program, stored.id, ctx.viewer.person, (value, comment), on).await?;
    tx.record(Some(stored.program), Some(stored.id), on, &Event::Rated { value });
    tx.commit().await?;
    Ok(store::report::ratings(&app.db, stored.id, None).await?)
}

/// Whether a report is the viewer's own: who raised, owns or published it.
#[must_use]
pub fn is_author(item: &Item, ctx: &Ctx) -> bool {
    let Detail::Report(own) = &item.detail else { return false };
    let viewer = ctx.viewer.person;
    [item.owner, item.raised_by].contains(&Some(viewer)) || own.published_by == Some(viewer.0)
}

/// The ratings of a report.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn ratings(app: &App, entered: &Entered, number: i32) -> Result<Vec<Rating>> {
    let stored = item::find(app, entered, Kind::Report, number).await?.item;
    Ok(store::report::ratings(&app.db, stored.id, entered.as_of()).await?)
}

/// The fields of a link.
pub const LINK: &[Field] = &[Field::new("label", "For whom", Control::Line(120))];

/// A published report that a manager works on.
async fn managed(app: &App, entered: &Entered, number: i32) -> Result<Item> {
    entered.must_manage()?;
    let stored = item::find(app, entered, Kind::Report, number).await?.item;
    item::must_stand(&stored)?;
    if stored.state == State::Published {
        Ok(stored)
    } else {
        Err(Error::refused("", "Publish the report first: a link shows what was published."))
    }
}

/// Makes a link that shows a published report to whoever has it; the secret is not kept.
///
/// # Errors
/// Forbidden; refused for a draft.
pub async fn share(
    app: &App,
    ctx: &Ctx,
    entered: &Entered,
    number: i32,
    draft: &Draft,
) -> Result<(Uuid, Secret)> {
    let stored = managed(app, entered, number).await?;
    let values = draft.check(LINK, &Directory::default())?;
    let label = values.get("label").and_then(Value::as_str).unwrap_or_default();
    let (id, secret, on) = (new_id(ctx.now), Secret::new("")?, entered.today());
    let mut tx = app.db.begin(&ctx.stamp("")).await?;
    store::report::insert_link(&mut tx, id, stored.program, stored.id, label, &secret.hash(), on).await?;
    tx.record(Some(stored.program), Some(stored.id), on, &Event::Shared { revoked: false });
    tx.commit().await?;
    Ok((id, secret))
}

/// The links of a report.
///
/// # Errors
/// Forbidden.
pub async fn links(app: &App, entered: &Entered, number: i32) -> Result<Vec<Link>> {
    entered.must_manage()?;
    let stored = item::find(app, entered, Kind::Report, number).await?.item;
    Ok(store::report::links(&app.db, stored.id).await?)
}

/// Revokes a link: it shows nothing any more.
///
/// # Errors
/// Forbidden; [`Error::NotFound`].
pub async fn revoke(app: &App, ctx: &Ctx, entered: &Entered, number: i32, id: Uuid) -> Result<()> {
    entered.must_manage()?;
    let stored = item::find(app, entered, Kind::Report, number).await?.item;
    let on = entered.today();
    let mut tx = app.db.begin(&ctx.stamp("")).await?;
    if !store::report::revoke_link(&mut tx, stored.id, id, on).await? {
        return Err(Error::NotFound);
    }
    tx.record(Some(stored.program), Some(stored.id), on, &Event::Shared { revoked: true });
    Ok(tx.commit().await?)
}

/// A published report as a link shows it.
#[derive(Clone, Debug)]
pub struct Shared {
    pub title: String,
    pub frozen: Frozen,
    /// When an import brought it: see [`super::Shown::brought_on`].
    pub brought_on: Option<NaiveDate>,
}

/// The day on which an item of this version that was made on this day was brought by an import, as it was published before. A day is
/// between the time zones of both; here a report is written first, and then published.
pub(super) fn brought_on((version, made): (i32, NaiveDate), published: NaiveDate) -> Option<NaiveDate> {
    (version == 1 || made > published + Days::new(1)).then_some(made)
}

/// The title and the frozen report that a link shows, to whoever has it.
///
/// # Errors
/// [`Error::NotFound`] for a link that is unknown or revoked.
pub async fn by_link(app: &App, secret: &str) -> Result<Shared> {
    let found = store::report::by_link(&app.db, &secret::hash(secret)).await?.ok_or(Error::NotFound)?;
    let Value::Object(frozen) = found.frozen else { return Err(Error::NotFound) };
    let frozen = Frozen::read(frozen).map_err(|wrong| Error::Internal(Box::new(wrong)))?;
    let made = (found.version, found.created_at.date_naive());
    let brought_on = brought_on(made, frozen.published_on.unwrap_or(found.published_on));
    Ok(Shared { title: found.title, frozen, brought_on })
}
