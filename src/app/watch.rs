//! What a program watches: its settings, and the daily look at it, by which decisions that were put off wait again when their day has
//! come, and those that wait too long climb to the next level.

use super::access::Entered;
use super::item::write_next;
use super::program::check;
use super::{App, Ctx, Error, Over, Result};
use crate::domain::draft::{Draft, Named};
use crate::domain::event::Event;
use crate::domain::ids::{ItemId, PersonId, ProgramId};
use crate::domain::item::{Detail, Item};
use crate::domain::kind::{Kind, State};
use crate::domain::nudge::{first_report, nudges};
use crate::domain::program::{Program, today_in};
use crate::domain::subject::{Asked, Own, waits};
use crate::domain::watch::{FIELDS, Standing, To, Watch, climbs, returned, webhook};
use crate::store::subject::Scope;
use crate::store::{self, Stamp, Tx};
use chrono::{DateTime, NaiveDate, Utc};
use std::collections::HashMap;

/// The reason that is kept with the versions of decisions that climb.
const REASON: &str = "It waited too long where it was";
/// The same with those that were put off until a day that has come.
const RETURNED: &str = "The day until which it was put off has come";

/// What the program watched on the day that is shown.
///
/// # Errors
/// When the database is away.
pub async fn of(app: &App, entered: &Entered) -> Result<Watch> {
    Ok(store::watch::of(&app.db, entered.program().id, entered.as_of()).await?)
}

/// What the program watches, as a form shows it. The address of the chat is a manager's to see.
///
/// # Errors
/// When the database is away.
pub async fn draft(app: &App, ctx: &Ctx, entered: &Entered, watch: &Watch) -> Result<Draft> {
    let ids: Vec<_> = watch
        .levels
        .iter()
        .filter_map(|level| match &level.to {
            To::Person(id) => Some(id.0),
            To::Manager | To::Sponsor => None,
        })
        .collect();
    let names = store::lookup::names(&app.db, ctx.reader(), &ids).await?;
    let mut draft = watch.draft(|id| names.person(Some(id)).unwrap_or_default().to_owned());
    if !entered.may_manage() {
        draft.0.shift_remove("chat_url");
    }
    Ok(draft)
}

/// The names of those on the levels who are passed over, as they can't see the program.
///
/// # Errors
/// When the database is away.
pub async fn passed_over(app: &App, ctx: &Ctx, entered: &Entered, watch: &Watch) -> Result<Vec<String>> {
    let program = entered.program();
    let people = Standing::of(program).people(&watch.levels);
    let out: Vec<_> = store::access::shut_out(&app.db, program.id, &people).await?;
    let ids: Vec<_> = out.iter().map(|person| person.0).collect();
    let names = store::lookup::names(&app.db, ctx.reader(), &ids).await?;
    Ok(out.into_iter().filter_map(|person| names.person(Some(person)).map(str::to_owned)).collect())
}

/// Sets what the program watches: the draft is laid over what is stored.
///
/// # Errors
/// Forbidden but for managers; stale; or refused with the draft's errors.
pub async fn set(app: &App, ctx: &Ctx, entered: &Entered, over: Over, typed: &Draft) -> Result<Watch> {
    entered.must_manage()?;
    let stored = of(app, entered).await?;
    over.must_be(stored.version)?;
    let whole = draft(app, ctx, entered, &stored).await?.overlaid(typed);
    let mut tx = app.db.begin(&ctx.stamp("")).await?;
    let program = entered.program().id;
    let values =
        check(&mut tx, ctx, Some(program), FIELDS, &whole, None).await.map_err(|e| e.with_draft(&whole))?;
    let people: Vec<Named> = values
        .get("levels")
        .and_then(serde_json::Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|level| level["to"].as_str())
        .map(|name| Named::Person(name.trim().to_lowercase()))
        .collect();
    let found = store::lookup::directory_in(&mut tx, Some(program), ctx.reader(), &people).await?;
    let mut next = stored.clone();
    next.fill(&values, |name| found.persons.get(name).copied().map(PersonId))
        .map_err(|refused| refused.with_draft(&whole))?;
    if !next.chat_url.is_empty() && !app.outbound.local {
        webhook(&next.chat_url, |host| app.outbound.allows(host))
            .map_err(|why| Error::refused("chat_url", why).with_draft(&whole))?;
    }
    if next == stored {
        return Ok(stored);
    }
    next.version += 1;
    if !store::watch::set(&mut tx, program, &next, entered.today()).await? {
        return Err(Error::Stale { current: stored.version + 1 });
    }
    let event = Event::ProgramEdited { fields: vec!["nudges".to_owned()] };
    tx.record(Some(program), None, entered.today(), &event);
    tx.commit().await?;
    Ok(next)
}

/// What a look at programs found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    pub programs: usize,
    pub nudges: usize,
    pub escalated: usize,
}

/// Looks at every program in which a day has begun since it was last looked at. Of several servers one does it; one that was away does it
/// when it is back.
///
/// # Errors
/// When the database is away. A program that can't be seen to doesn't keep the others from it.
pub async fn look(app: &App, now: DateTime<Utc>) -> Result<Seen> {
    let due: Vec<ProgramId> = store::watch::runs(&app.db)
        .await?
        .into_iter()
        .filter(|(_, zone, last)| last.is_none_or(|last| last < today_in(zone, now)))
        .map(|(program, ..)| program)
        .collect();
    let mut seen = Seen::default();
    if due.is_empty() {
        return Ok(seen);
    }
    for (program, watch) in store::watch::programs(&app.db, Some(&due)).await? {
        match look_at(app, now, &program, &watch).await {
            Ok(None) => {}
            Ok(Some((nudges, escalated))) => {
                seen.programs += 1;
                seen.nudges += nudges;
                seen.escalated += escalated;
            }
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, program = %program.key, "not seen to");
            }
        }
    }
    Ok(seen)
}

async fn look_at(
    app: &App,
    now: DateTime<Utc>,
    program: &Program,
    watch: &Watch,
) -> Result<Option<(usize, usize)>> {
    let day = program.today(now);
    let scope = Scope::Program(program.id);
    let (subjects, unreported) =
        tokio::try_join!(store::subject::all(&app.db, scope), store::subject::unreported(&app.db, scope))?;
    let terms = watch.terms(program);
    let first = unreported.iter().filter(|program| first_report(program, day, &terms).is_some()).count();
    let found: usize =
        first + subjects.iter().map(|subject| nudges(subject, day, &terms).len()).sum::<usize>();
    let who = Standing::of(program);
    let shut_out = store::access::shut_out(&app.db, program.id, &who.people(&watch.levels)).await?;
    let who = Standing { shut_out: &shut_out, ..who };
    let up: HashMap<ItemId, (i16, PersonId)> = subjects
        .iter()
        .filter_map(|subject| match &subject.own {
            Own::Decision(asked) if waits(subject.state, asked, day) => {
                Some((subject.item, climbs(watch, who, asked, day, &terms.calendar)?))
            }
            _ => None,
        })
        .collect();
    let mut tx = app.db.begin(&Stamp { now, actor: None, reason: REASON.to_owned() }).await?;
    if !store::watch::take_turn(&mut tx, program.id, day).await? {
        return Ok(None);
    }
    let deferred = subjects.iter().filter(|subject| subject.state == State::Deferred);
    bring_back(&mut tx, &deferred.map(|subject| subject.item).collect::<Vec<_>>(), day).await?;
    let escalated = climb(&mut tx, &up, day).await?;
    let count = |number: usize| i32::try_from(number).unwrap_or(i32::MAX);
    store::watch::ran(&mut tx, program.id, day, count(found), count(escalated)).await?;
    tx.commit().await?;
    Ok(Some((found, escalated)))
}

/// Has those decisions wait again that were put off until a day that has come.
async fn bring_back(tx: &mut Tx, deferred: &[ItemId], day: NaiveDate) -> Result<()> {
    let mut next = Vec::new();
    for stored in store::item::by_ids(tx, deferred).await? {
        let Some((item, until)) = returned(&stored, day) else { continue };
        let moved = Event::Moved { from: stored.state, to: item.state };
        for event in [Event::DeferralEnded { until }, moved] {
            tx.record_because(Some(item.program), Some(item.id), item.effective_on, &event, Some(RETURNED));
        }
        next.push(item);
    }
    let all: Vec<(&Item, bool)> = next.iter().map(|item| (item, false)).collect();
    if all.is_empty() {
        return Ok(());
    }
    if store::item::update(tx, Kind::Decision, &all).await? != all.len() as u64 {
        // Somebody wrote one of them in between: the next look finds them all.
        return Err(Error::Stale { current: next.first().map_or(1, |item| item.version) });
    }
    let reasons: Vec<_> = next.iter().map(|item| (item.id, item.version, RETURNED)).collect();
    Ok(store::event::give_reasons(tx, &reasons).await?)
}

/// Writes where decisions climb to, of those that still wait as they did.
async fn climb(tx: &mut Tx, up: &HashMap<ItemId, (i16, PersonId)>, day: NaiveDate) -> Result<usize> {
    let ids: Vec<ItemId> = up.keys().copied().collect();
    let mut written = 0;
    for stored in store::item::by_ids(tx, &ids).await? {
        let Some((level, to)) = up.get(&stored.id).copied() else { continue };
        let mut next = stored.clone();
        let Detail::Decision(own) = &mut next.detail else { continue };
        let asked = Asked { deferred_until: own.deferred_until, ..Asked::default() };
        if !waits(stored.state, &asked, day) {
            continue;
        }
        own.climb(level, to.0, day);
        next.effective_on = day.max(stored.effective_on);
        write_next(tx, &stored, &mut next, &[Event::Escalated { level, to: to.0 }]).await?;
        written += 1;
    }
    Ok(written)
}
