//! What follows from the approval of a change request: items are made, cancelled and redefined, the next baseline is made. All in the
//! transaction of the approval.

pub mod question;

use super::baseline;
use super::item::{blank, write_new};
use super::{Ctx, Error, Result};
use crate::domain::activity::Activity;
use crate::domain::change::{Change, leaves};
use crate::domain::draft::{FieldError, Refused};
use crate::domain::event::{self, Event};
use crate::domain::ids::ItemId;
use crate::domain::item::{Detail, Item};
use crate::domain::kind::{Kind, Reference, State};
use crate::domain::milestone::Milestone;
use crate::domain::transition::{self, Move};
use crate::store::{self, Tx};
use chrono::NaiveDate;
use std::collections::HashMap;

/// Refuses a change request whose lists name what it can't change: items of other programs, of kinds that have no place in the scope.
///
/// # Errors
/// Beside the field that names it.
pub(super) async fn check(tx: &mut Tx, key: &str, item: &Item) -> Result<()> {
    let Detail::Change(own) = &item.detail else { return Ok(()) };
    let added: Vec<_> = own.added.iter().filter_map(|one| one.item).collect();
    let redefined: Vec<_> = own.redefined.iter().map(|one| one.item).collect();
    let dated: Vec<_> = own.rebaseline.iter().map(|one| one.item).collect();
    let all: Vec<ItemId> =
        own.removed.iter().chain(&added).chain(&redefined).chain(&dated).copied().collect();
    if all.is_empty() {
        return Ok(());
    }
    let items = store::item::by_ids(tx, &all).await?;
    let named = |item: &Item| Reference { program: key.to_owned(), kind: item.kind, number: item.number };
    let mut errors = Vec::new();
    for (field, ids) in
        [("adds", &added), ("removes", &own.removed), ("redefines", &redefined), ("rebaseline", &dated)]
    {
        for id in ids {
            let Some(found) = items.iter().find(|found| found.id == *id) else { continue };
            let message = if found.program != item.program {
                "A change request changes items of its own program: ask the managers of the others."
                    .to_owned()
            } else if field == "rebaseline" && !baseline::is_dated(found.kind) {
                format!(
                    "{} gets no committed date by a baseline: milestones and activities do.",
                    named(found)
                )
            } else if field == "rebaseline" && item.state == State::Submitted && !baseline::may_move(found) {
                baseline::stands(&named(found), found)
            } else if matches!(field, "removes" | "redefines") && added.contains(id) {
                format!("{} can't be added and changed otherwise: name it once.", named(found))
            } else if field == "removes" && leaves(found.kind).is_none() {
                format!(
                    "{} can't be removed by a change request: name milestones, activities, dependencies, releases or actions.",
                    named(found)
                )
            } else if field == "removes" && own.rebaseline.iter().any(|one| one.item == found.id) {
                format!("{} can't be removed and get a new committed date.", named(found))
            } else if field == "redefines" && own.removed.contains(id) {
                format!("{} can't be removed and redefined.", named(found))
            } else if field == "redefines"
                && !matches!(found.kind, Kind::Milestone | Kind::Dependency)
                && own.redefined.iter().any(|one| one.item == *id && !one.acceptance_criteria.is_empty())
            {
                format!("{} has no acceptance criteria: milestones and dependencies have.", named(found))
            } else {
                continue;
            };
            errors.push(FieldError::new(field, message));
        }
    }
    if errors.is_empty() { Ok(()) } else { Err(Refused { errors, ..Refused::default() }.into()) }
}

/// Carries out what was approved.
///
/// # Errors
/// Refused, with the item that can't be changed any more and why.
pub(super) async fn carry_out(
    tx: &mut Tx,
    ctx: &Ctx,
    key: &str,
    request: &Item,
    change: &Change,
    on: NaiveDate,
) -> Result<()> {
    let mut dates: Vec<_> = change.rebaseline.iter().map(|one| (one.item, one.committed_on)).collect();
    dates.extend(add(tx, ctx, request, change, on).await?);
    alter(tx, ctx, key, request, change, on).await?;
    // Approving a schedule change makes the next baseline, also where it names no dates.
    if change.is_of("schedule") || !dates.is_empty() {
        baseline::rebaseline(tx, ctx, key, request, change, &dates, on).await?;
    }
    Ok(())
}

/// Makes what is added. The dates that the next baseline commits for it come back.
async fn add(
    tx: &mut Tx,
    ctx: &Ctx,
    request: &Item,
    change: &Change,
    on: NaiveDate,
) -> Result<Vec<(ItemId, NaiveDate)>> {
    let mut dates = Vec::new();
    for kind in [Kind::Activity, Kind::Milestone] {
        let new = change.added.iter().filter(|one| one.item.is_none());
        let new: Vec<_> = new.filter(|one| one.kind.unwrap_or(Kind::Milestone) == kind).collect();
        let count = i32::try_from(new.len()).unwrap_or(i32::MAX);
        if count == 0 {
            continue;
        }
        let first = store::item::take_numbers(tx, request.program, kind, count).await?;
        let mut made = Vec::new();
        for (one, number) in new.into_iter().zip(first..) {
            let mut item = blank(request.program, kind, ctx.now, on);
            item.number = number;
            item.title.clone_from(&one.title);
            item.project = one.project;
            item.owner = request.owner;
            item.detail = if kind == Kind::Activity {
                Detail::Activity(Box::new(Activity::planned(one.days.unwrap_or_default(), one.on)))
            } else {
                dates.extend(one.on.map(|day| (item.id, day)));
                Detail::Milestone(Milestone::default())
            };
            item.settle();
            made.push(item);
        }
        write_new(tx, kind, &made).await?;
        let links: Vec<_> = made.iter().map(|item| (request.id, "causes".to_owned(), item.id, on)).collect();
        store::link::insert(tx, &links).await?;
        for item in &made {
            tx.record(Some(item.program), Some(item.id), on, &Event::Raised {});
        }
    }
    Ok(dates)
}

/// Cancels what is removed, and writes what is redefined: one version of each.
async fn alter(
    tx: &mut Tx,
    ctx: &Ctx,
    key: &str,
    request: &Item,
    change: &Change,
    on: NaiveDate,
) -> Result<()> {
    let ids: Vec<ItemId> =
        change.removed.iter().copied().chain(change.redefined.iter().map(|one| one.item)).collect();
    if ids.is_empty() {
        return Ok(());
    }
    let mut next: HashMap<Kind, Vec<Item>> = HashMap::new();
    for stored in store::item::by_ids(tx, &ids).await? {
        let mut item = stored.clone();
        item.effective_on = on.max(stored.effective_on);
        let refused = |field: &str, why: &str| {
            let named = Reference { program: key.to_owned(), kind: stored.kind, number: stored.number };
            Error::refused(field, format!("{named} can't be changed as this says. {why}"))
        };
        if change.removed.contains(&item.id) {
            let Some(to) = leaves(item.kind).filter(|to| *to != item.state) else { continue };
            let step = Move {
                by: Some(ctx.viewer.person.0),
                reason: request.title.clone(),
                ..Move::new(to, item.effective_on)
            };
            transition::apply(&mut item, &step).map_err(|why| refused("to", &said(&why)))?;
        }
        for one in change.redefined.iter().filter(|one| one.item == stored.id) {
            if matches!(stored.state, State::Achieved | State::Accepted | State::Done | State::Cancelled) {
                return Err(refused("to", &format!("It is {}.", stored.state.label())));
            }
            redefine(&mut item, &one.title, &one.acceptance_criteria);
        }
        item.settle();
        if (Item { effective_on: stored.effective_on, ..item.clone() }) == stored {
            continue;
        }
        item.version = stored.version + 1;
        for event in event::between(&stored, &item) {
            tx.record_because(
                Some(item.program),
                Some(item.id),
                item.effective_on,
                &event,
                Some(&request.title),
            );
        }
        next.entry(item.kind).or_default().push(item);
    }
    for (kind, items) in &next {
        let all: Vec<(&Item, bool)> = items.iter().map(|item| (item, true)).collect();
        if store::item::update(tx, *kind, &all).await? != all.len() as u64 {
            return Err(Error::Stale { current: all.first().map_or(1, |(item, _)| item.version) });
        }
    }
    Ok(())
}

fn said(refused: &Refused) -> String {
    refused.errors.iter().map(|error| error.message.as_str()).collect::<Vec<_>>().join(" ")
}

fn redefine(item: &mut Item, title: &str, criteria: &str) {
    if !title.is_empty() {
        title.clone_into(&mut item.title);
    }
    if !criteria.is_empty() {
        match &mut item.detail {
            Detail::Milestone(own) => criteria.clone_into(&mut own.acceptance_criteria),
            Detail::Dependency(own) => criteria.clone_into(&mut own.acceptance_criteria),
            _ => {}
        }
    }
}
