//! What a program records beside its items: listed, made, changed and taken away, whatever it is.

use super::access::Entered;
use super::program::{check, since};
use super::{App, Ctx, Error, Over, Result, WriteMeta};
use crate::domain::draft::{Draft, FieldError};
use crate::domain::event::Event;
use crate::domain::record::{Head, Record, RecordKind};
use crate::store::{self, Tx, new_id};
use chrono::NaiveDate;
use uuid::Uuid;

/// The records of a program, in their order, without the archived ones.
///
/// # Errors
/// When the database is away.
pub async fn list<R: Record>(app: &App, entered: &Entered) -> Result<Vec<R>> {
    let mut all = store::record::all::<R>(&app.db, entered.program().id, entered.as_of()).await?;
    all.retain(|record| record.head().archived_at.is_none());
    Ok(all)
}

/// One record, archived or not.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn find<R: Record>(app: &App, entered: &Entered, id: Uuid) -> Result<R> {
    let all = store::record::all::<R>(&app.db, entered.program().id, entered.as_of()).await?;
    all.into_iter().find(|record| record.head().id == id).ok_or(Error::NotFound)
}

/// Refuses who may not write records of this kind.
///
/// # Errors
/// [`Error::Forbidden`].
pub const fn may(entered: &Entered, kind: RecordKind) -> Result<()> {
    if kind.is_contributed() { entered.must_raise() } else { entered.must_manage() }
}

/// Refuses who may not change records of this kind, or take them away: of what anybody may contribute only a manager does.
///
/// # Errors
/// [`Error::Forbidden`].
pub(super) const fn may_change(entered: &Entered) -> Result<()> {
    entered.must_manage()
}

/// Whether the viewer may write records of this kind.
#[must_use]
pub const fn is_writable(entered: &Entered, kind: RecordKind) -> bool {
    if kind.is_contributed() { entered.may_raise() } else { entered.may_manage() }
}

fn event(kind: RecordKind, name: String, what: fn(String, String) -> Event) -> Event {
    what(kind.label().to_owned(), name)
}

/// Reads a draft into a new record. What happened on an earlier day holds from that day, where a manager says so.
///
/// # Errors
/// Refused with the draft's errors.
pub(super) async fn read<R: Record>(
    tx: &mut Tx,
    ctx: &Ctx,
    entered: &Entered,
    draft: &Draft,
    meta: &WriteMeta,
    settle: impl FnOnce(&mut R, &mut Vec<FieldError>),
) -> Result<R> {
    let program = entered.program().id;
    let today = entered.today();
    let values = check(tx, ctx, Some(program), R::FIELDS, draft, None).await?;
    let happened = values.get("on").and_then(|on| on.as_str()).and_then(|on| on.parse::<NaiveDate>().ok());
    if happened.is_some_and(|on| on > today) {
        return Err(Error::refused("on", "That day has not come yet."));
    }
    let since_then = happened.filter(|on| *on < today && entered.may_manage());
    let on = entered.effective_on(meta.effective_on.or(since_then), "effective_on")?;
    let head = Head { id: new_id(ctx.now), program, version: 1, archived_at: None, effective_on: on };
    let mut made = R::blank(head);
    made.fill(values)?;
    let mut errors = Vec::new();
    settle(&mut made, &mut errors);
    refuse(errors)?;
    must_be_here(tx, &made).await?;
    Ok(made)
}

/// Refuses what is about an item of another program: it would be counted and shown here.
async fn must_be_here<R: Record>(tx: &mut Tx, record: &R) -> Result<()> {
    let Some((field, item)) = record.about() else { return Ok(()) };
    if store::hold::is_of(tx, record.head().program, item).await? {
        return Ok(());
    }
    Err(Error::refused(field, "This item is of another program: name one of this program."))
}

fn refuse(errors: Vec<FieldError>) -> Result<()> {
    if errors.is_empty() {
        return Ok(());
    }
    Err(crate::domain::draft::Refused { errors, ..crate::domain::draft::Refused::default() }.into())
}

/// Makes a record. `settle` is told of it once it is read: it sets what no draft says, and refuses what others know better.
///
/// # Errors
/// Forbidden; refused with the draft's errors.
pub async fn make<R: Record>(
    app: &App,
    ctx: &Ctx,
    entered: &Entered,
    draft: &Draft,
    meta: &WriteMeta,
    settle: impl FnOnce(&mut R, &mut Vec<FieldError>),
) -> Result<R> {
    may(entered, R::KIND)?;
    let mut tx = app.db.begin(&ctx.stamp(&meta.reason)).await?;
    let made =
        read(&mut tx, ctx, entered, draft, meta, settle).await.map_err(|error| error.with_draft(draft))?;
    let written = store::record::put(&mut tx, std::slice::from_ref(&made)).await;
    written.map_err(|error| Error::from(error).with_draft(draft))?;
    let told = event(R::KIND, made.told(), |what, name| Event::RecordMade { what, name });
    tx.record(Some(made.head().program), None, made.head().effective_on, &told);
    tx.commit().await?;
    Ok(made)
}

/// Changes a record: the draft is laid over what is stored.
///
/// # Errors
/// Forbidden; stale; or refused with the draft's errors.
#[expect(
    clippy::too_many_arguments,
    reason = "the record is named by its id, the write by version and draft"
)]
pub async fn edit<R: Record>(
    app: &App,
    ctx: &Ctx,
    entered: &Entered,
    id: Uuid,
    over: Over,
    draft: &Draft,
    meta: &WriteMeta,
    settle: impl FnOnce(&mut R, &mut Vec<FieldError>),
) -> Result<R> {
    may_change(entered)?;
    let stored = find::<R>(app, entered, id).await?;
    let on = since(entered, meta, stored.head().effective_on).map_err(|error| error.with_draft(draft))?;
    over.must_be(stored.head().version)?;
    if stored.head().archived_at.is_some() {
        return Err(Error::Archived);
    }
    let whole = stored.draft().overlaid(draft);
    let mut tx = app.db.begin(&ctx.stamp(&meta.reason)).await?;
    let changed = async {
        let values = check(&mut tx, ctx, Some(stored.head().program), R::FIELDS, &whole, None).await?;
        let mut next = stored.clone();
        next.fill(values)?;
        let mut errors = Vec::new();
        settle(&mut next, &mut errors);
        refuse(errors)?;
        must_be_here(&mut tx, &next).await?;
        Ok::<_, Error>(next)
    };
    let mut next = changed.await.map_err(|error| error.with_draft(&whole))?;
    if next == stored {
        return Ok(next);
    }
    next.head_mut().version += 1;
    next.head_mut().effective_on = on;
    write(tx, &next, on, |what, name| Event::RecordEdited { what, name })
        .await
        .map_err(|error| error.with_draft(&whole))?;
    Ok(next)
}

async fn write<R: Record>(
    mut tx: Tx,
    next: &R,
    on: NaiveDate,
    what: fn(String, String) -> Event,
) -> Result<()> {
    if store::record::put(&mut tx, std::slice::from_ref(next)).await? != 1 {
        return Err(Error::Stale { current: next.head().version });
    }
    tx.record(Some(next.head().program), None, on, &event(R::KIND, next.told(), what));
    Ok(tx.commit().await?)
}

/// Takes a record away: archives it, or where the kind isn't archived removes it. Its history is kept.
///
/// # Errors
/// Forbidden; not found; stale.
pub async fn remove<R: Record>(app: &App, ctx: &Ctx, entered: &Entered, id: Uuid, over: Over) -> Result<()> {
    if R::KIND.is_archived() {
        return archive::<R>(app, ctx, entered, id, over, true).await;
    }
    may_change(entered)?;
    let record = find::<R>(app, entered, id).await?;
    over.must_be(record.head().version)?;
    let tx = app.db.begin(&ctx.stamp("")).await?;
    take_away(tx, &record, entered.today()).await
}

/// Archives a record, or brings it back.
///
/// # Errors
/// Forbidden; not found; stale.
pub async fn archive<R: Record>(
    app: &App,
    ctx: &Ctx,
    entered: &Entered,
    id: Uuid,
    over: Over,
    archived: bool,
) -> Result<()> {
    may_change(entered)?;
    let mut next = find::<R>(app, entered, id).await?;
    over.must_be(next.head().version)?;
    if next.head().archived_at.is_some() == archived {
        return Ok(());
    }
    let on = entered.today().max(next.head().effective_on);
    let head = next.head_mut();
    head.archived_at = archived.then_some(ctx.now);
    head.version += 1;
    head.effective_on = on;
    let tx = app.db.begin(&ctx.stamp("")).await?;
    let told: fn(String, String) -> Event = if archived {
        |what, name| Event::RecordRemoved { what, name }
    } else {
        |what, name| Event::RecordEdited { what, name }
    };
    write(tx, &next, entered.today(), told).await
}

/// Removes a record's row; its history is kept.
///
/// # Errors
/// Not found, where somebody else has taken it away.
pub(super) async fn take_away<R: Record>(mut tx: Tx, record: &R, on: NaiveDate) -> Result<()> {
    if !store::record::take_away(&mut tx, R::KIND, record.head().id).await? {
        return Err(Error::NotFound);
    }
    let told = event(R::KIND, record.told(), |what, name| Event::RecordRemoved { what, name });
    tx.record(Some(record.head().program), None, on, &told);
    Ok(tx.commit().await?)
}
