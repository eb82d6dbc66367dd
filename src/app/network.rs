//! What keeps the network whole, whoever changes it: it has no cycle, over all programs, and it is known which programs hang
//! together.

use super::{Error, Result};
use crate::domain::ids::{ItemId, ProgramId};
use crate::domain::item::{Detail, Item};
use crate::domain::kind::Kind;
use crate::domain::network::cycle;
use crate::store::lookup::Reader;
use crate::store::{self, Tx};
use uuid::Uuid;

/// What a change of an item does to the network.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Change {
    /// The field that changes it.
    field: &'static str,
    /// The item and whatever it is newly bound to.
    touched: Vec<Uuid>,
    /// What may lie in another program.
    ends: Vec<Uuid>,
}

impl Change {
    /// The item and whatever it is newly bound to.
    pub(super) fn touched(&self) -> &[Uuid] {
        &self.touched
    }
}

/// What the step from one version of an item to the next does to the network; `None` for nothing.
pub(super) fn change(before: Option<&Item>, after: &Item) -> Option<Change> {
    match (before.map(|item| &item.detail), &after.detail) {
        (was, Detail::Activity(own)) => {
            let was = match was {
                Some(Detail::Activity(was)) => was.parent,
                _ => None,
            };
            let parent = own.parent.filter(|parent| was != Some(*parent))?;
            Some(Change { field: "parent", touched: vec![parent, after.id.0], ends: Vec::new() })
        }
        (was, Detail::Dependency(own)) => {
            let was = match was {
                Some(Detail::Dependency(was)) => [was.provider_milestone, was.consumer_milestone],
                _ => [None, None],
            };
            let is = [own.provider_milestone, own.consumer_milestone];
            if was == is {
                return None;
            }
            let field = if was[1] == is[1] { "provider_milestone" } else { "consumer_milestone" };
            let ends = was.into_iter().chain(is).flatten().collect();
            Some(Change { field, touched: vec![after.id.0], ends })
        }
        _ => None,
    }
}

/// Takes turns with whoever else changes the network.
///
/// # Errors
/// When the database is away.
pub(super) async fn lock(tx: &mut Tx) -> Result<()> {
    Ok(store::network::lock(tx).await?)
}

/// Checks the network after a change of an item was written. The other programs that it was or is bound to.
///
/// # Errors
/// Refused, with the field and the cycle; a parent that is no activity of the same program likewise.
pub(super) async fn settle(
    tx: &mut Tx,
    reader: Reader,
    item: &Item,
    change: &Change,
) -> Result<Vec<ProgramId>> {
    if let Detail::Activity(own) = &item.detail
        && let Some(parent) = own.parent
    {
        let ends = store::schedule_link::ends(tx, &[parent]).await?;
        let fits = ends
            .first()
            .is_some_and(|(_, program, named)| *program == item.program && named.kind == Kind::Activity);
        if !fits {
            return Err(Error::refused(
                "parent",
                "An activity is a part of another activity of its program.",
            ));
        }
    }
    no_cycle(tx, reader, &change.touched, change.field).await?;
    if change.ends.is_empty() {
        return Ok(Vec::new());
    }
    let ends = store::schedule_link::ends(tx, &change.ends).await?;
    let others: Vec<_> =
        ends.iter().map(|(_, program, _)| *program).filter(|program| *program != item.program).collect();
    if !others.is_empty() {
        store::network::refresh_reach(tx).await?;
    }
    Ok(others)
}

/// Refuses a cycle through what was touched, or through anything that follows from it.
///
/// # Errors
/// Refused, with the cycle spelled out.
pub(super) async fn no_cycle(tx: &mut Tx, reader: Reader, touched: &[Uuid], field: &str) -> Result<()> {
    match cycle_through(tx, reader, touched).await? {
        Some((_, message)) => Err(Error::refused(field, message)),
        None => Ok(()),
    }
}

/// A cycle through what was touched, or through anything that follows from it: its items, and the cycle spelled out.
///
/// # Errors
/// When the database is away.
pub(super) async fn cycle_through(
    tx: &mut Tx,
    reader: Reader,
    touched: &[Uuid],
) -> Result<Option<(Vec<Uuid>, String)>> {
    let edges = store::network::downstream(tx, touched).await?;
    let Some(items) = cycle(&edges, touched) else { return Ok(None) };
    let message = spelled(tx, reader, &items).await?;
    Ok(Some((items, message)))
}

/// A cycle by references: ATLAS-T1 → ATLAS-T4 → ATLAS-T1.
async fn spelled(tx: &mut Tx, reader: Reader, items: &[Uuid]) -> Result<String> {
    let names = store::network::references(tx, reader, items).await?;
    let words: Vec<_> = items
        .iter()
        .chain(items.first())
        .map(|item| {
            names.get(item).map_or_else(|| "an item of another program".to_owned(), ToString::to_string)
        })
        .collect();
    Ok(format!("This would make a cycle: {}.", words.join(" → ")))
}

/// The items of links, for [`no_cycle`].
pub(super) fn ids(items: impl IntoIterator<Item = ItemId>) -> Vec<Uuid> {
    items.into_iter().map(|item| item.0).collect()
}
