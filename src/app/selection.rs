//! Several items changed at once: all of them, or none. The answer holds what each had before, by which one step takes it back.

use super::access::Entered;
use super::{App, Ctx, Error, Result};
use crate::domain::draft::{FieldError, Refused};
use crate::domain::event;
use crate::domain::ids::ItemId;
use crate::domain::item::Item;
use crate::domain::kind::{Kind, Reference};
use crate::domain::selection::{Given, Part};
use crate::store;
use std::collections::HashMap;

/// The most items that are changed at once: as many as a page of a log shows.
pub const MOST: usize = 100;

/// An item that was selected, at the version that was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chosen {
    pub item: ItemId,
    pub version: i32,
}

/// An item that was changed.
#[derive(Clone, Debug)]
pub struct Changed {
    pub reference: Reference,
    pub title: String,
    /// It, as it is now.
    pub now: Chosen,
    /// What it had before.
    pub was: Part,
}

/// Gives each of several items the same.
///
/// # Errors
/// Forbidden to who may raise nothing; not found where one is not of the program; refused, by item, where one can't be changed so.
pub async fn change(
    app: &App,
    ctx: &Ctx,
    entered: &Entered,
    chosen: &[Chosen],
    given: &Given,
) -> Result<Vec<Changed>> {
    entered.must_raise()?;
    if given.is_nothing() {
        return Err(Error::refused("given", "Say what they are to be given: an owner, a date or a tag."));
    }
    write(app, ctx, entered, chosen, |item| Part::of(item).given(given)).await
}

/// Takes a change of several items back: each is given what it had.
///
/// # Errors
/// As [`change`]; refused where somebody changed one since.
pub async fn undo(app: &App, ctx: &Ctx, entered: &Entered, was: &[(Chosen, Part)]) -> Result<Vec<Changed>> {
    entered.must_raise()?;
    let chosen: Vec<Chosen> = was.iter().map(|(chosen, _)| *chosen).collect();
    let parts: HashMap<ItemId, &Part> = was.iter().map(|(chosen, part)| (chosen.item, part)).collect();
    write(app, ctx, entered, &chosen, |item| {
        parts.get(&item.id).map_or_else(|| Part::of(item), |part| (*part).clone())
    })
    .await
}

/// What is selected, by its reference and title, so that a refused change can name it; nothing of what is not of the program.
///
/// # Errors
/// When the database is away.
pub async fn named(app: &App, entered: &Entered, chosen: &[Chosen]) -> Result<Vec<(Reference, String)>> {
    let ids: Vec<ItemId> = chosen.iter().take(MOST).map(|one| one.item).collect();
    let stored = store::item::in_order(&app.db, &ids, None).await?;
    let own = stored.into_iter().filter(|item| item.program == entered.program().id);
    Ok(own
        .map(|item| {
            let program = entered.key().to_owned();
            (Reference { program, kind: item.kind, number: item.number }, item.title)
        })
        .collect())
}

async fn write(
    app: &App,
    ctx: &Ctx,
    entered: &Entered,
    chosen: &[Chosen],
    part: impl Fn(&Item) -> Part,
) -> Result<Vec<Changed>> {
    if chosen.is_empty() || chosen.len() > MOST {
        return Err(Error::refused("items", format!("Select items: at least one, at most {MOST}.")));
    }
    let ids: Vec<ItemId> = chosen.iter().map(|one| one.item).collect();
    let stored = store::item::in_order(&app.db, &ids, None).await?;
    if stored.len() != chosen.len() || stored.iter().any(|item| item.program != entered.program().id) {
        return Err(Error::NotFound);
    }
    let (mut changed, mut errors) = (Vec::new(), Vec::new());
    let mut nexts: Vec<(&Item, Item)> = Vec::new();
    for (item, seen) in stored.iter().zip(chosen) {
        let reference = Reference { program: entered.key().to_owned(), kind: item.kind, number: item.number };
        let was = Part::of(item);
        let next = match () {
            () if !entered.may_edit(item) => Err("only its owner or a manager of the program may change it"),
            () if item.version != seen.version => Err("somebody else changed it in the meantime"),
            () => part(item).put(item),
        };
        match next {
            Err(why) => errors.push(FieldError::new("items", format!("{reference}: {why}."))),
            Ok(next) if next == *item => {}
            Ok(mut next) => {
                next.version = item.version + 1;
                next.effective_on = entered.today().max(item.effective_on);
                let now = Chosen { item: item.id, version: next.version };
                changed.push(Changed { reference, title: item.title.clone(), now, was });
                nexts.push((item, next));
            }
        }
    }
    if !errors.is_empty() {
        return Err(Refused { errors, ..Refused::default() }.into());
    }
    let mut tx = app.db.begin(&ctx.stamp("")).await?;
    for kind in Kind::ALL {
        let rows: Vec<(&Item, bool)> = nexts
            .iter()
            .filter(|(_, next)| next.kind == kind)
            .map(|(item, next)| (next, next.detail != item.detail))
            .collect();
        if !rows.is_empty() && store::item::update(&mut tx, kind, &rows).await? != rows.len() as u64 {
            return Err(Error::refused("items", "Somebody else changed one of them in the meantime."));
        }
    }
    for (item, next) in &nexts {
        for event in event::between(item, next) {
            tx.record(Some(next.program), Some(next.id), next.effective_on, &event);
        }
    }
    tx.commit().await?;
    Ok(changed)
}
