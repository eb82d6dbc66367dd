//! The calendars of a program beside its own: made, changed and archived by its managers.

use super::access::Entered;
use super::program::{check, since};
use super::{App, Ctx, Error, Over, Result, WriteMeta, plan};
use crate::domain::draft::Draft;
use crate::domain::event::Event;
use crate::domain::ids::CalendarId;
use crate::domain::work_calendar::{FIELDS, ProgramCalendar};
use crate::store::{self, new_id};

/// The calendars of a program, by name, without the archived ones.
///
/// # Errors
/// When the database is away.
pub async fn list(app: &App, entered: &Entered) -> Result<Vec<ProgramCalendar>> {
    let mut all = store::work_calendar::all(&app.db, entered.program().id, entered.as_of()).await?;
    all.retain(|calendar| calendar.archived_at.is_none());
    Ok(all)
}

/// One calendar, archived or not.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn find(app: &App, entered: &Entered, id: CalendarId) -> Result<ProgramCalendar> {
    let all = store::work_calendar::all(&app.db, entered.program().id, entered.as_of()).await?;
    all.into_iter().find(|calendar| calendar.id == id).ok_or(Error::NotFound)
}

/// Makes a calendar.
///
/// # Errors
/// Forbidden but for managers; refused with the draft's errors.
pub async fn make(
    app: &App,
    ctx: &Ctx,
    entered: &Entered,
    draft: &Draft,
    meta: &WriteMeta,
) -> Result<ProgramCalendar> {
    entered.must_manage()?;
    let on = entered.effective_on(meta.effective_on, "effective_on").map_err(|e| e.with_draft(draft))?;
    let program = entered.program().id;
    let mut tx = app.db.begin(&ctx.stamp(&meta.reason)).await?;
    let values =
        check(&mut tx, ctx, Some(program), FIELDS, draft, Some(on)).await.map_err(|e| e.with_draft(draft))?;
    let mut made = ProgramCalendar::new(CalendarId(new_id(ctx.now)), program, on);
    made.fill(values).map_err(|refused| refused.with_draft(draft))?;
    let written = store::work_calendar::insert(&mut tx, &made).await;
    written.map_err(|error| Error::from(error).with_draft(draft))?;
    tx.record(Some(program), None, on, &Event::CalendarMade { calendar: made.name.clone() });
    tx.commit().await?;
    plan::after(app, ctx.now, Some(ctx.viewer.person), &[program]).await;
    Ok(made)
}

/// Changes a calendar: the draft is laid over what is stored.
///
/// # Errors
/// Forbidden but for managers; stale; or refused with the draft's errors.
pub async fn edit(
    app: &App,
    ctx: &Ctx,
    entered: &Entered,
    id: CalendarId,
    over: Over,
    draft: &Draft,
    meta: &WriteMeta,
) -> Result<ProgramCalendar> {
    entered.must_manage()?;
    let stored = find(app, entered, id).await?;
    let on = since(entered, meta, stored.effective_on).map_err(|e| e.with_draft(draft))?;
    over.must_be(stored.version)?;
    let whole = stored.draft().overlaid(draft);
    let mut tx = app.db.begin(&ctx.stamp(&meta.reason)).await?;
    let values = check(&mut tx, ctx, Some(stored.program), FIELDS, &whole, Some(on))
        .await
        .map_err(|e| e.with_draft(&whole))?;
    let mut next = stored.clone();
    next.fill(values).map_err(|refused| refused.with_draft(&whole))?;
    if next == stored {
        return Ok(next);
    }
    next.version += 1;
    next.effective_on = on;
    let written = store::work_calendar::update(&mut tx, &next)
        .await
        .map_err(|error| Error::from(error).with_draft(&whole))?;
    if !written {
        return Err(Error::Stale { current: next.version });
    }
    tx.record(Some(stored.program), None, on, &Event::CalendarEdited { calendar: next.name.clone() });
    tx.commit().await?;
    plan::after(app, ctx.now, Some(ctx.viewer.person), &[next.program]).await;
    Ok(next)
}

/// Archives a calendar: nothing follows it any more but what names it.
///
/// # Errors
/// Forbidden but for managers, or stale.
pub async fn archive(app: &App, ctx: &Ctx, entered: &Entered, id: CalendarId, over: Over) -> Result<()> {
    entered.must_manage()?;
    let mut next = find(app, entered, id).await?;
    over.must_be(next.version)?;
    if next.archived_at.is_some() {
        return Ok(());
    }
    next.archived_at = Some(ctx.now);
    next.version += 1;
    next.effective_on = entered.today().max(next.effective_on);
    let mut tx = app.db.begin(&ctx.stamp("")).await?;
    if !store::work_calendar::update(&mut tx, &next).await? {
        return Err(Error::Stale { current: next.version });
    }
    let event = Event::CalendarEdited { calendar: next.name.clone() };
    tx.record(Some(next.program), None, entered.today(), &event);
    tx.commit().await?;
    plan::after(app, ctx.now, Some(ctx.viewer.person), &[next.program]).await;
    Ok(())
}
