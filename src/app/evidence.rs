//! What is measured is not for whom it is about to soften: since when something waits or is open, what was committed, and what came
//! about, stay as they were said. A manager may set them right, and history tells that they did.

use super::access::Entered;
use super::{Error, Result};
use crate::domain::item::{Detail, Item};
use crate::domain::kind::{Kind, State};
use crate::store::{self, Tx};

/// Refuses whoever is no manager to make an item younger: its age is counted from the day it was raised, and of a decision from the
/// day it was asked for.
///
/// # Errors
/// [`Error::Forbidden`].
pub(super) fn must_age(entered: &Entered, before: &Item, next: &Item) -> Result<()> {
    let asked = |item: &Item| match &item.detail {
        Detail::Decision(own) => own.requested_on,
        _ => None,
    };
    let taken_back = asked(before).is_some_and(|was| asked(next).is_none_or(|is| is > was));
    if entered.may_manage() || (next.raised_on == before.raised_on && !taken_back) {
        return Ok(());
    }
    Err(Error::Forbidden(
        "Only a manager of the program gives another day since which it is open, or a later one since which it waits.",
    ))
}

/// Refuses whoever is no manager to call what was scored as a threat an opportunity, which is no danger, however likely and large.
///
/// # Errors
/// [`Error::Forbidden`].
pub(super) fn must_threaten(entered: &Entered, before: &Item, next: &Item) -> Result<()> {
    let (Detail::Risk(was), Detail::Risk(is)) = (&before.detail, &next.detail) else { return Ok(()) };
    if entered.may_manage() || was.opportunity || !is.opportunity || before.score.is_none() {
        return Ok(());
    }
    Err(Error::Forbidden("Only a manager of the program makes an opportunity of a threat that was scored."))
}

/// Refuses whoever is no manager to change what a benefit is measured by, once it is tracked: where it began, its plan and its weight.
///
/// # Errors
/// [`Error::Forbidden`].
pub(super) fn must_plan(entered: &Entered, before: &Item, next: &Item) -> Result<()> {
    let (Detail::Benefit(was), Detail::Benefit(is)) = (&before.detail, &next.detail) else { return Ok(()) };
    let same = was.plan == is.plan && (was.baseline, was.weight) == (is.baseline, is.weight);
    if entered.may_manage() || same || before.state == State::Planned {
        return Ok(());
    }
    Err(Error::Forbidden(
        "It is tracked by its baseline, plan and weight: only a manager of the program changes them.",
    ))
}

/// Refuses whoever is no manager to commit a first date once the plan was baselined: it would count as if it had been promised from
/// the beginning.
///
/// # Errors
/// Refused beside the date.
pub(super) async fn must_commit(
    tx: &mut Tx,
    entered: &Entered,
    before: Option<&Item>,
    next: &Item,
) -> Result<()> {
    let original = |item: &Item| match &item.detail {
        Detail::Milestone(own) => own.original_on,
        _ => None,
    };
    if entered.may_manage() || original(next).is_none() || before.is_some_and(|item| original(item).is_some())
    {
        return Ok(());
    }
    let made_on = store::baseline::original_made_on(tx, next.program).await?;
    if made_on.is_none_or(|made_on| made_on >= entered.today()) {
        return Ok(());
    }
    Err(Error::refused(
        "committed_on",
        "The plan has its baseline: what is committed beyond it is a manager’s to say, or an approved change request’s. Leave it empty.",
    ))
}

/// Refuses to archive what came about and is counted, to anybody, and what was committed, to whoever is no manager.
///
/// # Errors
/// [`Error::Forbidden`], or a refusal that says why.
pub fn may_put_away(entered: &Entered, item: &Item) -> Result<()> {
    if is_counted(item) {
        let what = item.kind.label().to_lowercase();
        let message = format!("The {what} is {}, and is counted: it is not archived.", item.state.label());
        return Err(Error::refused("", message));
    }
    if matches!(item.kind, Kind::Issue | Kind::Meeting | Kind::Release)
        && item.version > 1
        && !entered.may_manage()
    {
        // It may have been resolved, held or launched before.
        return Err(Error::Forbidden(
            "Only a manager of the program archives what was worked on and is counted.",
        ));
    }
    // What was raised by mistake is taken back on the same day; what is archived later would leave the figures.
    let kept = !matches!(item.kind, Kind::Action | Kind::Stakeholder | Kind::Lesson);
    let mistaken = item.raised_on >= entered.today() && item.state == item.kind.first_state();
    if kept && !mistaken && !entered.may_manage() {
        return Err(Error::Forbidden(
            "What was raised before today, or worked on, is archived by a manager of the program: close it instead.",
        ));
    }
    must_leave(entered, item)
}

/// Refuses whoever is no manager to take what was committed out of the scope.
///
/// # Errors
/// [`Error::Forbidden`].
pub(super) const fn must_leave(entered: &Entered, item: &Item) -> Result<()> {
    match &item.detail {
        Detail::Milestone(own) if own.committed_on.is_some() && !entered.may_manage() => {
            Err(Error::Forbidden(
                "Its date is committed: a manager of the program, or an approved change request, takes it out of the scope.",
            ))
        }
        _ => Ok(()),
    }
}

/// Whether it came about, and metrics count that it did.
#[must_use]
pub const fn is_counted(item: &Item) -> bool {
    let launched = matches!(&item.detail, Detail::Release(own) if own.launched_on.is_some());
    launched
        || matches!(
            (item.kind, item.state),
            (Kind::Milestone, State::Achieved)
                | (Kind::Issue, State::Resolved | State::Closed)
                | (Kind::Release, State::Launched | State::Reviewed | State::RolledBack)
                | (Kind::Meeting, State::Held)
        )
}
