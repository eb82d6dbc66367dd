//! Links of the schedule: made, changed and taken away in the program of their successor.

use super::access::Entered;
use super::program::check;
use super::{App, Ctx, Error, Over, Result, WriteMeta, network, plan};
use crate::domain::draft::{Draft, FieldError, Named, Refused};
use crate::domain::event::Event;
use crate::domain::ids::{ItemId, ScheduleLinkId};
use crate::domain::item::Item;
use crate::domain::schedule_link::{FIELDS, KINDS, LinkType, ScheduleLink};
use crate::store::schedule_link::{Asked, Shown};
use crate::store::{self, Tx, new_id};
use chrono::NaiveDate;
use uuid::Uuid;

/// What a list of links is asked for: both ends by reference or id.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub predecessor: Option<String>,
    pub successor: Option<String>,
    pub link_type: Option<String>,
}

/// The links whose successor is in the program.
///
/// # Errors
/// Refused for a filter that names nothing.
pub async fn list(app: &App, ctx: &Ctx, entered: &Entered, filter: &Filter) -> Result<Vec<Shown>> {
    let named: Vec<_> =
        [&filter.predecessor, &filter.successor].into_iter().flatten().cloned().map(Named::Item).collect();
    let found = super::item::lookup(app, ctx, entered, &named).await?;
    let mut errors = Vec::new();
    let mut end = |field: &str, name: &Option<String>| {
        let name = name.as_ref()?;
        let id = found.items.get(&name.trim().to_lowercase()).copied().map(ItemId);
        if id.is_none() {
            errors.push(FieldError::new(field, format!("There is no item “{name}”.")));
        }
        id
    };
    let predecessor = end("predecessor", &filter.predecessor);
    let successor = end("successor", &filter.successor);
    let link_type = filter.link_type.as_deref().map(|name| (LinkType::from_name(name), name));
    if let Some((None, _)) = link_type {
        errors.push(FieldError::new("type", "Give one of: FS, SS, FF, SF."));
    }
    if !errors.is_empty() {
        return Err(Refused { errors, ..Refused::default() }.into());
    }
    let asked = Asked { id: None, predecessor, successor, link_type: link_type.and_then(|(found, _)| found) };
    Ok(store::schedule_link::list(&app.db, entered.program().id, &asked, ctx.reader(), entered.as_of())
        .await?)
}

/// The links of an item, from either end.
///
/// # Errors
/// When the database is away.
pub async fn of(app: &App, ctx: &Ctx, entered: &Entered, item: &Item) -> Result<Vec<Shown>> {
    Ok(store::schedule_link::of(&app.db, item.id, ctx.reader(), entered.as_of()).await?)
}

/// One link of the program.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn find(app: &App, ctx: &Ctx, entered: &Entered, id: ScheduleLinkId) -> Result<Shown> {
    let asked = Asked { id: Some(id), ..Asked::default() };
    let found =
        store::schedule_link::list(&app.db, entered.program().id, &asked, ctx.reader(), entered.as_of())
            .await?;
    found.into_iter().next().ok_or(Error::NotFound)
}

/// Reads a draft into a link: its ends are of the kinds that the schedule links, and the successor is of this program.
async fn read(
    tx: &mut Tx,
    ctx: &Ctx,
    entered: &Entered,
    draft: &Draft,
    on: NaiveDate,
) -> Result<(ScheduleLink, String)> {
    let program = entered.program().id;
    let values = check(tx, ctx, Some(program), FIELDS, draft, None).await?;
    let none = ItemId(Uuid::nil());
    let mut link = ScheduleLink::new(ScheduleLinkId(new_id(ctx.now)), (program, none), (program, none), on);
    let (Some(predecessor), Some(successor)) = link.fill(&values) else { return Err(Error::NotFound) };
    let ends = store::schedule_link::ends(tx, &network::ids([predecessor, successor])).await?;
    let mut errors = Vec::new();
    let mut told = String::new();
    for (field, item) in [("predecessor", predecessor), ("successor", successor)] {
        let Some((_, home, named)) = ends.iter().find(|(id, ..)| *id == item) else { continue };
        if !KINDS.contains(&named.kind) {
            errors
                .push(FieldError::new(field, "The schedule links activities, milestones and dependencies."));
        }
        if field == "predecessor" {
            link.from_program = *home;
            told = named.to_string();
        } else if *home != program {
            let message = format!("{named} is of another program: make the link there.");
            errors.push(FieldError::new(field, message));
        }
    }
    if predecessor == successor {
        errors.push(FieldError::new("successor", "An item doesn't wait for itself."));
    }
    (link.predecessor, link.successor) = (predecessor, successor);
    if errors.is_empty() { Ok((link, told)) } else { Err(Refused { errors, ..Refused::default() }.into()) }
}

/// What the history says of a link: the predecessor, and its terms where they aren't the usual.
pub(super) fn told(link: &ScheduleLink, predecessor: &str) -> String {
    match link.terms().as_str() {
        "FS" => predecessor.to_owned(),
        terms => format!("{predecessor} ({terms})"),
    }
}

/// Refuses whoever may change none of the two items that a new link ties, or not both of them where one is changed or taken away: what
/// waits for whom is the word of both. A manager may all.
async fn must_tie(tx: &mut Tx, entered: &Entered, link: &ScheduleLink, new: Tie) -> Result<()> {
    if entered.may_manage() {
        return Ok(());
    }
    let ends = store::item::by_ids(tx, &[link.predecessor, link.successor]).await?;
    let own = ends.iter().filter(|item| entered.may_edit_what(item.owner)).count();
    match new {
        Tie::Made if own == 0 => Err(Error::Forbidden(
            "Only who owns one of the two items, or a manager of the program, makes one wait for the other.",
        )),
        Tie::Loosened if own < 2 => Err(Error::Forbidden(
            "Only who owns both items, or a manager of the program, changes how one waits for the other.",
        )),
        _ => Ok(()),
    }
}

/// What is done to a link.
#[derive(Clone, Copy)]
enum Tie {
    Made,
    Loosened,
}

/// Makes a link. Where both ends are in one program, that one is entered; else the successor's.
///
/// # Errors
/// Forbidden for viewers; refused with the draft's errors, or with the cycle that it would make.
pub async fn make(
    app: &App,
    ctx: &Ctx,
    entered: &Entered,
    draft: &Draft,
    meta: &WriteMeta,
) -> Result<ScheduleLink> {
    entered.must_raise()?;
    let on = entered.effective_on(meta.effective_on, "effective_on").map_err(|e| e.with_draft(draft))?;
    let mut tx = app.db.begin(&ctx.stamp(&meta.reason)).await?;
    network::lock(&mut tx).await?;
    let (link, predecessor) =
        read(&mut tx, ctx, entered, draft, on).await.map_err(|e| e.with_draft(draft))?;
    must_tie(&mut tx, entered, &link, Tie::Made).await?;
    write(&mut tx, ctx, &link, &predecessor, None).await.map_err(|e| e.with_draft(draft))?;
    tx.commit().await?;
    plan::after(app, ctx.now, Some(ctx.viewer.person), &[link.program]).await;
    Ok(link)
}

/// Writes a link over the one before (or as a new one), and keeps the network whole.
async fn write(
    tx: &mut Tx,
    ctx: &Ctx,
    link: &ScheduleLink,
    predecessor: &str,
    before: Option<&ScheduleLink>,
) -> Result<()> {
    match before {
        None => store::schedule_link::insert(tx, std::slice::from_ref(link)).await?,
        Some(before) => {
            if !store::schedule_link::update(tx, link).await? {
                return Err(Error::Stale { current: before.version + 1 });
            }
        }
    }
    network::no_cycle(tx, ctx.reader(), &network::ids([link.predecessor, link.successor]), "successor")
        .await?;
    let across = |link: &ScheduleLink| link.from_program != link.program;
    if across(link) || before.is_some_and(across) {
        store::network::refresh_reach(tx).await?;
    }
    let event = Event::Linked { relation: "follows".into(), to: told(link, predecessor) };
    tx.record(Some(link.program), Some(link.successor), link.effective_on, &event);
    Ok(())
}

/// Changes a link: the draft is laid over what is stored.
///
/// # Errors
/// Forbidden, stale, or refused with the draft's errors or the cycle that it would make.
pub async fn edit(
    app: &App,
    ctx: &Ctx,
    entered: &Entered,
    id: ScheduleLinkId,
    over: Over,
    draft: &Draft,
    meta: &WriteMeta,
) -> Result<ScheduleLink> {
    entered.must_raise()?;
    let stored = find(app, ctx, entered, id).await?.link;
    over.must_be(stored.version)?;
    let given = entered.effective_on(meta.effective_on, "effective_on").map_err(|e| e.with_draft(draft))?;
    let whole = stored.draft().overlaid(draft);
    let mut tx = app.db.begin(&ctx.stamp(&meta.reason)).await?;
    network::lock(&mut tx).await?;
    let on = if meta.effective_on.is_some() { given } else { given.max(stored.effective_on) };
    let (mut next, predecessor) =
        read(&mut tx, ctx, entered, &whole, on).await.map_err(|e| e.with_draft(&whole))?;
    next.id = stored.id;
    next.version = stored.version;
    if (ScheduleLink { effective_on: stored.effective_on, ..next.clone() }) == stored {
        return Ok(stored);
    }
    next.version += 1;
    must_tie(&mut tx, entered, &stored, Tie::Loosened).await?;
    must_tie(&mut tx, entered, &next, Tie::Loosened).await?;
    write(&mut tx, ctx, &next, &predecessor, Some(&stored)).await.map_err(|e| e.with_draft(&whole))?;
    tx.commit().await?;
    plan::after(app, ctx.now, Some(ctx.viewer.person), &[next.program]).await;
    Ok(next)
}

/// Takes a link away; its history is kept.
///
/// # Errors
/// Forbidden, not found, or stale.
pub async fn remove(app: &App, ctx: &Ctx, entered: &Entered, id: ScheduleLinkId, over: Over) -> Result<()> {
    entered.must_raise()?;
    let Shown { link, predecessor, .. } = find(app, ctx, entered, id).await?;
    over.must_be(link.version)?;
    let mut tx = app.db.begin(&ctx.stamp("")).await?;
    network::lock(&mut tx).await?;
    must_tie(&mut tx, entered, &link, Tie::Loosened).await?;
    if !store::schedule_link::delete(&mut tx, id, link.version).await? {
        return Err(Error::Stale { current: link.version + 1 });
    }
    if link.from_program != link.program {
        store::network::refresh_reach(&mut tx).await?;
    }
    let event =
        Event::Unlinked { relation: "follows".into(), to: told(&link, &predecessor.reference.to_string()) };
    tx.record(Some(link.program), Some(link.successor), entered.today(), &event);
    tx.commit().await?;
    plan::after(app, ctx.now, Some(ctx.viewer.person), &[link.program]).await;
    Ok(())
}
