//! Releases: their steps as they are taken, and what goes wrong after the launch.

use super::access::Entered;
use super::item::{find, must_stand};
use super::{App, Ctx, Error, Result};
use crate::domain::draft::{Directory, Draft};
use crate::domain::event::Event;
use crate::domain::item::{Detail, Item};
use crate::domain::kind::Kind;
use crate::domain::release::{EVENT_FIELDS, EventKind, STEP_FIELDS};
use crate::store::release::{Counted, Taken};
use crate::store::{self, Tx, new_id};
use chrono::NaiveDate;
use serde_json::Value;
use uuid::Uuid;

/// The steps of a release that were taken.
///
/// # Errors
/// When the database is away.
pub async fn taken(app: &App, entered: &Entered, release: &Item) -> Result<Vec<Taken>> {
    Ok(store::release::taken(&app.db, release.id, entered.as_of()).await?)
}

/// Marks a step as taken, by whom and when, or as not taken after all.
///
/// # Errors
/// Forbidden for viewers; refused for a step that the release doesn't have.
pub async fn tick(app: &App, ctx: &Ctx, entered: &Entered, number: i32, draft: &Draft) -> Result<()> {
    entered.must_raise()?;
    let release = find(app, entered, Kind::Release, number).await?.item;
    must_stand(&release)?;
    let Detail::Release(own) = &release.detail else { return Err(Error::NotFound) };
    let values = draft.check(STEP_FIELDS, &Directory::default())?;
    let step = values["step"].as_str().unwrap_or_default();
    let flag = |name: &str| values.get(name).and_then(Value::as_bool).unwrap_or_default();
    let rollback = flag("rollback");
    let done = flag("done") || !draft.0.contains_key("done");
    let steps = if rollback { &own.rollback_steps } else { &own.rollout_steps };
    if !steps.iter().any(|known| known.step == step) {
        return Err(Error::refused("step", format!("This release has no step “{step}”.")).with_draft(draft));
    }
    let on = entered.today();
    let mut tx = app.db.begin(&ctx.stamp("")).await?;
    let changed = if done {
        store::release::take(&mut tx, (release.id, release.program), (rollback, step), on).await?
    } else {
        store::release::untake(&mut tx, release.id, rollback, step).await?
    };
    if changed {
        let event = Event::StepTaken { step: step.to_owned(), done };
        tx.record(Some(release.program), Some(release.id), on, &event);
    }
    Ok(tx.commit().await?)
}

/// What went wrong with a release, the latest first.
///
/// # Errors
/// When the database is away.
pub async fn events(app: &App, entered: &Entered, release: &Item) -> Result<Vec<Counted>> {
    Ok(store::release::events(&app.db, release.id, entered.as_of()).await?)
}

/// Counts incidents or defects by hand.
///
/// # Errors
/// Forbidden for viewers; refused with the draft's errors, or where it is counted already.
pub async fn count(app: &App, ctx: &Ctx, entered: &Entered, number: i32, draft: &Draft) -> Result<Counted> {
    entered.must_raise()?;
    let release = find(app, entered, Kind::Release, number).await?.item;
    must_stand(&release)?;
    let mut counted = read(draft, entered.today())?;
    counted.id = new_id(ctx.now);
    let mut tx = app.db.begin(&ctx.stamp("")).await?;
    if !write(&mut tx, &release, &counted, entered.today()).await? {
        return Err(Error::refused("external_id", "It is counted already.").with_draft(draft));
    }
    tx.commit().await?;
    Ok(counted)
}

/// Reads what went wrong; it has no id yet.
///
/// # Errors
/// Refused with the draft's errors, and for a day that has not come.
pub(super) fn read(draft: &Draft, today: NaiveDate) -> Result<Counted> {
    let values = draft.check(EVENT_FIELDS, &Directory::default())?;
    let text = |name: &str| values.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let on = text("on").parse().unwrap_or(today);
    if on > today {
        return Err(Error::refused("on", "That day has not come yet.").with_draft(draft));
    }
    let count = values.get("count").and_then(Value::as_i64).unwrap_or(1);
    Ok(Counted {
        id: Uuid::nil(),
        kind: if text("kind") == "defect" { EventKind::Defect } else { EventKind::Incident },
        on,
        count: i32::try_from(count).unwrap_or(1),
        title: text("title"),
        source: String::new(),
        external_id: Some(text("external_id")).filter(|id| !id.is_empty()),
    })
}

/// Writes what was counted; whether it wasn't before.
pub(super) async fn write(tx: &mut Tx, release: &Item, counted: &Counted, today: NaiveDate) -> Result<bool> {
    // It holds from the day on which it happened.
    let on = counted.on.min(today);
    let new = store::release::count(tx, (release.id, release.program), counted, on).await?;
    if new {
        let event = Event::Counted { what: counted.kind, count: counted.count, on: counted.on };
        tx.record(Some(release.program), Some(release.id), today, &event);
    }
    Ok(new)
}

/// Takes back what was counted, if it is there.
///
/// # Errors
/// Forbidden for viewers.
pub async fn uncount(app: &App, ctx: &Ctx, entered: &Entered, number: i32, id: Uuid) -> Result<()> {
    entered.must_raise()?;
    let release = find(app, entered, Kind::Release, number).await?.item;
    let mut tx = app.db.begin(&ctx.stamp("")).await?;
    let Some(gone) = store::release::uncount(&mut tx, release.id, id).await? else { return Ok(()) };
    let event = Event::Counted { what: gone.kind, count: -gone.count, on: gone.on };
    tx.record(Some(release.program), Some(release.id), entered.today(), &event);
    Ok(tx.commit().await?)
}
