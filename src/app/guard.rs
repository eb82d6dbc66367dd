//! What keeps an edit from being written: one list, in which each rule knows the kind that it is about.

use super::access::Entered;
use super::{App, Ctx, Result, check, dependency, evidence, gate, release, sign_off};
use crate::domain::item::Item;
use crate::store::Tx;

/// Refuses what whoever edits may not change of an item.
///
/// # Errors
/// [`super::Error::Forbidden`], or a refusal beside its field.
pub(super) async fn of_edit(
    app: &App,
    ctx: &Ctx,
    entered: &Entered,
    tx: &mut Tx,
    before: &Item,
    next: &Item,
) -> Result<()> {
    sign_off::must_appoint(entered, Some(before), next)?;
    check::must_weigh(entered, before, next)?;
    check::must_be_awaited(tx, entered, Some(before), next).await?;
    evidence::must_age(entered, before, next)?;
    evidence::must_threaten(entered, before, next)?;
    evidence::must_plan(entered, before, next)?;
    evidence::must_commit(tx, entered, Some(before), next).await?;
    dependency::voice::must_keep(app, ctx, entered, before, next).await?;
    gate::must_stay(entered, before, next)?;
    release::must_stay(app, entered, before, next).await
}
