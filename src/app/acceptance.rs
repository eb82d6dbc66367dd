//! Accepting a risk: the authority that its score demands, and its end, after which the risk is open again.

use super::access::Entered;
use super::{App, Ctx, Error, Result};
use crate::domain::event::{self, Event};
use crate::domain::ids::{ItemId, ProgramId};
use crate::domain::item::{Detail, Item};
use crate::domain::kind::{Kind, State};
use crate::domain::program::{Program, today_in};
use crate::domain::risk::{Authority, Demands};
use crate::domain::transition::{self, Move};
use crate::store::risk::Covered;
pub use crate::store::risk::Mitigation;
use crate::store::{self, Stamp, Tx};
use chrono::{DateTime, Days, NaiveDate, Utc};
use std::collections::BTreeMap;

/// The authority that accepting an item demands; only a risk demands any but its owner's.
#[must_use]
pub fn authority(entered: &Entered, item: &Item) -> Authority {
    let Detail::Risk(own) = &item.detail else { return Authority::Owner };
    Demands::of(entered.program()).authority(own.weight())
}

/// A risk whose next version demands more authority than what it was when it was accepted, is accepted no longer: it goes back to where
/// it was worked on. What happened and why; none where the acceptance covers it.
///
/// # Errors
/// When the database is away.
pub(super) async fn outgrown(
    tx: &mut Tx,
    program: &Program,
    stored: &Item,
    next: &mut Item,
) -> Result<Option<(Event, String)>> {
    if stored.state != State::Accepted || next.state != State::Accepted {
        return Ok(None);
    }
    let covered = store::risk::covered(tx, &[stored.id]).await?;
    Ok(covered.first().and_then(|covered| take_back(program, covered, next)))
}

/// The same, by what the acceptance covers.
pub(super) fn take_back(program: &Program, covered: &Covered, next: &mut Item) -> Option<(Event, String)> {
    let Detail::Risk(own) = &next.detail else { return None };
    let (demands, accepted, weight) = (Demands::of(program), covered.weight(), own.weight());
    let demanded = demands.authority(weight);
    if next.state != State::Accepted || demanded <= demands.authority(accepted) {
        return None;
    }
    let who = match demanded {
        Authority::Sponsor => "the sponsor",
        Authority::Owner | Authority::Manager => "a manager of the program",
    };
    let why = format!(
        "Accepted {}, it is {} now, which {who} accepts: it is accepted no longer.",
        accepted.words(),
        weight.words()
    );
    let to = covered.before.filter(|state| *state == State::Mitigating).unwrap_or(State::Open);
    let step = Move { reason: why.clone(), ..Move::new(to, next.effective_on) };
    transition::apply(next, &step).ok()?;
    let event = Event::AcceptanceOutgrown {
        accepted_at: accepted.score,
        opportunity: accepted.opportunity,
        score: weight.score,
    };
    Some((event, why))
}

/// Whether the viewer has the authority to accept it: what they are in the program decides, not what they may edit.
#[must_use]
pub fn may_accept(ctx: &Ctx, entered: &Entered, item: &Item) -> bool {
    let program = entered.program();
    let is = |person| person == Some(ctx.viewer.person) && entered.may_answer();
    match authority(entered, item) {
        Authority::Owner => entered.may_manage() || is(item.owner),
        Authority::Manager => entered.may_manage() || is(program.manager) || is(program.sponsor),
        Authority::Sponsor => is(program.sponsor),
    }
}

/// Who may accept it, in words.
///
/// # Errors
/// When the database is away.
pub async fn said(app: &App, ctx: &Ctx, entered: &Entered, item: &Item) -> Result<String> {
    let program = entered.program();
    let ids: Vec<_> = [program.sponsor, program.manager].into_iter().flatten().map(|id| id.0).collect();
    let names = store::lookup::names(&app.db, ctx.reader(), &ids).await?;
    let named = |who: &str, id: Option<crate::domain::ids::PersonId>| match names.person(id) {
        Some(name) => format!("{who}, {name}"),
        None => who.to_owned(),
    };
    let who = match authority(entered, item) {
        Authority::Owner => "its owner or a manager of the program".to_owned(),
        Authority::Manager => named("a manager of the program", program.manager),
        Authority::Sponsor => named("the sponsor", program.sponsor),
    };
    Ok(match item.score {
        Some(score) => format!("At its score of {score} it is accepted by {who}."),
        None => format!("A risk that isn't scored yet is accepted by {who}."),
    })
}

/// Refuses whoever has not the authority, and says who has.
///
/// # Errors
/// [`Error::NotYours`].
pub(super) async fn must_accept(app: &App, ctx: &Ctx, entered: &Entered, item: &Item) -> Result<()> {
    if may_accept(ctx, entered, item) {
        return Ok(());
    }
    Err(Error::NotYours(said(app, ctx, entered, item).await?))
}

/// The actions that mitigate a risk, as they stood on the day that is shown.
///
/// # Errors
/// When the database is away.
pub async fn mitigations(app: &App, entered: &Entered, item: &Item) -> Result<Vec<Mitigation>> {
    Ok(store::risk::mitigations(&app.db, item.program, item.id, entered.as_of()).await?)
}

/// Opens the risks again whose acceptance has ended, each from the day after its last, in the calendar day of its program. What was
/// opened is not found again, so it may be called at any time, any number of times. How many were opened.
///
/// # Errors
/// When the database is away.
pub async fn expire(app: &App, now: DateTime<Utc>) -> Result<usize> {
    let latest = now.date_naive().checked_add_days(Days::new(1)).unwrap_or(NaiveDate::MAX);
    let mut ended: BTreeMap<ProgramId, Vec<ItemId>> = BTreeMap::new();
    for (program, zone, item, until) in store::risk::accepted_until(&app.db, latest).await? {
        if until < today_in(&zone, now) {
            ended.entry(program).or_default().push(item);
        }
    }
    let mut opened = 0;
    for (program, items) in ended {
        let reason = "The time for which it was accepted has passed.";
        let mut tx = app.db.begin(&Stamp { now, actor: None, reason: reason.into() }).await?;
        let mut next = Vec::new();
        for stored in store::item::by_ids(&mut tx, &items).await? {
            let Some((item, until)) = open_again(&stored, reason) else { continue };
            for event in
                std::iter::once(Event::AcceptanceExpired { until }).chain(event::between(&stored, &item))
            {
                tx.record(Some(program), Some(item.id), item.effective_on, &event);
            }
            next.push(item);
        }
        let all: Vec<(&Item, bool)> = next.iter().map(|item| (item, true)).collect();
        if all.is_empty() || store::item::update(&mut tx, Kind::Risk, &all).await? != all.len() as u64 {
            // Somebody wrote one of them in between: the next pass finds what is left.
            continue;
        }
        tx.commit().await?;
        opened += all.len();
    }
    Ok(opened)
}

/// The next version of an accepted risk, and until when it was accepted.
fn open_again(stored: &Item, reason: &str) -> Option<(Item, NaiveDate)> {
    let Detail::Risk(own) = &stored.detail else { return None };
    let until = own.accepted_until.filter(|_| stored.state == State::Accepted)?;
    let on = until.checked_add_days(Days::new(1))?.max(stored.effective_on);
    let mut item = stored.clone();
    let step = Move { reason: reason.into(), ..Move::new(State::Open, on) };
    transition::apply(&mut item, &step).ok()?;
    item.effective_on = on;
    item.version = stored.version + 1;
    Some((item, until))
}
