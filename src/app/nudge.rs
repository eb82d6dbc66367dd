//! Nudges: what is to be done about items, as they stand now. They stop with the write that does it.

use super::access::Entered;
use super::{App, Ctx, Result};
use crate::domain::ids::{PersonId, ProgramId};
use crate::domain::item::Item;
use crate::domain::nudge::{Nudge, nudges};
use crate::domain::subject::Subject;
use crate::domain::watch::goes_to;
use crate::store;
use crate::store::subject::Scope;
use std::collections::{BTreeSet, HashMap};

/// An item with what is to be done about it.
#[derive(Clone, Debug)]
pub struct Told {
    pub subject: Subject,
    pub nudges: Vec<Nudge>,
    /// Whom it is said to: the owner, else the program's manager.
    pub to: Option<PersonId>,
}

/// What is to be done about an item, unless the past is shown.
///
/// # Errors
/// When the database is away.
pub async fn of_item(app: &App, entered: &Entered, item: &Item) -> Result<Vec<Nudge>> {
    if entered.as_of().is_some() {
        return Ok(Vec::new());
    }
    let subjects = store::subject::all(&app.db, Scope::Item(item.id)).await?;
    let Some(subject) = subjects.first() else { return Ok(Vec::new()) };
    let watch = super::watch::of(app, entered).await?;
    Ok(nudges(subject, entered.today(), &watch.terms(entered.program())))
}

/// What is to be done in a program.
///
/// # Errors
/// When the database is away.
pub async fn of_program(app: &App, entered: &Entered) -> Result<Vec<Told>> {
    let subjects = store::subject::all(&app.db, Scope::Program(entered.program().id)).await?;
    let watch = super::watch::of(app, entered).await?;
    let terms = watch.terms(entered.program());
    let manager = entered.program().manager;
    let told = subjects.into_iter().filter_map(|subject| {
        let nudges = nudges(&subject, entered.today(), &terms);
        let to = goes_to(&subject, nudges.first()?.rule, manager);
        Some(Told { subject, nudges, to })
    });
    Ok(told.collect())
}

/// What the reader is to do, over all programs that they may see.
///
/// # Errors
/// When the database is away.
pub async fn mine(app: &App, ctx: &Ctx) -> Result<Vec<Told>> {
    if ctx.as_of.is_some_and(|day| day < ctx.today()) {
        return Ok(Vec::new());
    }
    let subjects = store::subject::all(&app.db, Scope::Person(ctx.reader())).await?;
    if subjects.is_empty() {
        return Ok(Vec::new());
    }
    let ids: BTreeSet<ProgramId> = subjects.iter().map(|subject| subject.program).collect();
    let ids: Vec<ProgramId> = ids.into_iter().collect();
    let programs: HashMap<ProgramId, _> = store::watch::programs(&app.db, Some(&ids))
        .await?
        .into_iter()
        .map(|(program, watch)| {
            (program.id, (program.today(ctx.now), watch.terms(&program), program.manager))
        })
        .collect();
    let told = subjects.into_iter().filter_map(|subject| {
        let (day, terms, manager) = programs.get(&subject.program)?;
        let mut nudges = nudges(&subject, *day, terms);
        nudges.retain(|nudge| goes_to(&subject, nudge.rule, *manager) == Some(ctx.viewer.person));
        (!nudges.is_empty()).then_some(Told { subject, nudges, to: Some(ctx.viewer.person) })
    });
    Ok(told.collect())
}
