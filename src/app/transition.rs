//! Changes of state: who may make them, and what follows from them in the same transaction.

use super::access::Entered;
use super::change::{carry_out, question};
use super::dependency::voice::{Voice, is_awaited, side_of};
use super::item::{blank, effective, find, must_stand, settled, write_new, write_next};
use super::program::check;
use super::{App, Ctx, Error, Over, Result, acceptance, evidence, gate, release, report, scenario};
use crate::domain::draft::{self, Draft};
use crate::domain::event::{self, Event};
use crate::domain::gate::is_decided;
use crate::domain::ids::{ItemId, PersonId};
use crate::domain::issue::Issue;
use crate::domain::item::{Detail, Item};
use crate::domain::kind::{Kind, State};
use crate::domain::transition::{self, Move, Side};
use crate::store::{self, Tx};
use chrono::NaiveDate;
use serde_json::{Map, Value};
use uuid::Uuid;

/// What the viewer may do to an item where it is.
#[derive(Clone, Debug, Default)]
pub struct Open {
    /// The states that they may take it to.
    pub to: Vec<State>,
    /// Whether they may agree for the provider of a dependency, and for its consumer.
    pub agrees: [bool; 2],
}

/// What the viewer may do to an item where it is. For a dependency that is agreed, *agreed* again where a
/// changed date waits for a side's consent.
///
/// # Errors
/// When the database is away.
pub async fn open_to(app: &App, ctx: &Ctx, entered: &Entered, item: &Item) -> Result<Open> {
    if !entered.may_answer() || item.archived_at.is_some() {
        return Ok(Open::default());
    }
    let mut moves = item.kind.next_states(item.state).to_vec();
    if let Detail::Dependency(own) = &item.detail
        && item.state == State::Agreed
        && (own.waits_for(Side::Provider) || own.waits_for(Side::Consumer))
    {
        moves.insert(0, State::Agreed);
    }
    let mut may = Vec::new();
    let voice = Voice::of(app, ctx, entered, item).await?;
    for to in moves {
        let mut allowed = false;
        let mut sides = vec![""];
        if to == State::Agreed {
            let awaited = [Side::Provider, Side::Consumer].into_iter().filter(|side| is_awaited(item, *side));
            sides = awaited.map(Side::name).collect();
        }
        for side in sides {
            let asked = Draft(Map::from_iter([("as".to_owned(), Value::from(side))]));
            match may_move(app, ctx, entered, item, to, &asked, voice).await {
                Ok(()) => allowed = true,
                Err(Error::Forbidden(_) | Error::NotYours(_)) => {}
                Err(error) => return Err(error),
            }
        }
        if allowed {
            may.push(to);
        }
    }
    Ok(Open { to: may, agrees: voice.may_agree(item) })
}

/// Changes an item's state: a verb on the item. The draft has `to` and what that change asks for.
///
/// # Errors
/// Forbidden; or refused: an illegal change names the legal ones, a missing field itself.
pub async fn make(
    app: &App,
    ctx: &Ctx,
    entered: &Entered,
    kind: Kind,
    number: i32,
    version: Over,
    draft: &Draft,
) -> Result<Item> {
    make_in(app, ctx, entered, kind, number, version, draft, None).await
}

/// The same, taken in a meeting, of which it is then an outcome.
///
/// # Errors
/// As [`make`].
#[expect(
    clippy::too_many_arguments,
    reason = "the item is named by kind and number, the write by version and draft"
)]
pub(super) async fn make_in(
    app: &App,
    ctx: &Ctx,
    entered: &Entered,
    kind: Kind,
    number: i32,
    version: Over,
    draft: &Draft,
    meeting: Option<&Item>,
) -> Result<Item> {
    let stored = find(app, entered, kind, number).await?.item;
    if !entered.may_answer() {
        entered.must_raise()?;
    }
    let mut asked = draft.clone();
    let to = asked.0.shift_remove("to").unwrap_or_default();
    let not_accepted = kind == Kind::Dependency && to.as_str() == Some("not_accepted");
    let to = if not_accepted { Some(State::Agreed) } else { to.as_str().and_then(State::from_name) };
    let Some(to) = to else {
        if !entered.is_asked(&stored) {
            entered.must_raise()?;
        }
        let legal: Vec<_> = kind.next_states(stored.state).iter().map(|state| state.name()).collect();
        return Err(Error::refused("to", format!("Say the state to go to: one of {}.", legal.join(", ")))
            .with_draft(draft));
    };
    if not_accepted && stored.state != State::Delivered {
        return Err(Error::refused("to", "Only what was delivered can be not accepted.").with_draft(draft));
    }
    let voice = Voice::of(app, ctx, entered, &stored).await?;
    may_move(app, ctx, entered, &stored, to, &asked, voice).await?;
    version.must_be(stored.version)?;
    must_stand(&stored)?;
    transition::legal(&stored, to).map_err(|refused| refused.with_draft(draft))?;
    if let Some(day) = asked.0.shift_remove("effective_on") {
        asked.0.entry("on").or_insert(day);
    }
    let mut next = stored.clone();
    if to == State::Published {
        let keep = asked.text("stale_words") == "keep";
        report::freeze(app, entered, &mut next, keep).await.map_err(|e| e.with_draft(draft))?;
    }
    // Whoever is affected is found before anything is written: the network is read as it stands.
    let affected = match (kind, to) {
        (Kind::Change, State::Submitted) => question::affected(app, ctx, entered, &stored).await?,
        _ => None,
    };
    if kind == Kind::Change && to == State::Approved {
        question::heed(app, entered, &stored, &asked.text("reason"))
            .await
            .map_err(|e| e.with_draft(draft))?;
    }
    if kind == Kind::Release && to == State::Launched {
        let day = asked.0.get("on").and_then(|on| draft::date(on).ok().flatten());
        release::may_launch(app, entered, &stored, &asked.text("reason"), day.unwrap_or(entered.today()))
            .await
            .map_err(|e| e.with_draft(draft))?;
    }
    let reason = asked.text("reason");
    let mut why = vec![reason.trim()];
    if let (Kind::Dependency, Some(side)) =
        (kind, side_of(&stored, to, &asked).filter(|s| voice.in_place(*s)))
    {
        why.push(side.in_place());
    }
    let mut tx = app.db.begin(&ctx.stamp(why.join(" ").trim())).await?;
    let people_on = entered.may_manage().then(|| entered.today());
    let values = check(&mut tx, ctx, Some(stored.program), transition::fields(kind, to), &asked, people_on)
        .await
        .map_err(|e| e.with_draft(draft))?;
    let day =
        |name: &str| values.get(name).and_then(Value::as_str).and_then(|day| day.parse::<NaiveDate>().ok());
    let text = |name: &str| values.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let id = |name: &str| values.get(name).and_then(Value::as_str).and_then(|id| id.parse::<Uuid>().ok());
    must_reach(&mut tx, &stored, id("escalated_to")).await.map_err(|e| e.with_draft(draft))?;
    let on = effective(entered, &stored, day("on"), "on").map_err(|e| e.with_draft(draft))?;
    if to == State::Published && on < entered.today() {
        let message = "A report is published today: on an earlier day nobody had it.";
        return Err(Error::refused("on", message).with_draft(draft));
    }
    if let Some(by) = id("superseded_by") {
        must_stand_in(&mut tx, &stored, ItemId(by)).await.map_err(|e| e.with_draft(draft))?;
    }
    if day("escalated_on").is_some_and(|escalated| escalated > entered.today()) {
        return Err(Error::refused("escalated_on", "An escalation doesn’t lie ahead.").with_draft(draft));
    }
    if matches!(&stored.detail, Detail::Decision(own) if own.escalated_to.is_some())
        && id("escalated_to") == Some(ctx.viewer.person.0)
        && !(entered.may_manage() || entered.is_asked(&stored))
    {
        return Err(Error::Forbidden(
            "It waits for somebody else: nobody takes it over but a manager of the program.",
        ));
    }
    let step = Move {
        to,
        on,
        by: Some(ctx.viewer.person.0),
        reason: text("reason"),
        side: match values.get("as").and_then(Value::as_str) {
            Some("provider") => Some(Side::Provider),
            Some("consumer") => Some(Side::Consumer),
            _ => None,
        },
        until: day("until"),
        escalated_to: id("escalated_to"),
        escalated_on: day("escalated_on"),
        option: text("option"),
        rationale: text("rationale"),
        superseded_by: id("superseded_by"),
        conditions: text("conditions"),
        override_reason: text("override_reason"),
        evidence_title: text("evidence_title"),
        evidence_url: text("evidence_url"),
    };
    if let (Detail::Meeting(own), State::Held) = (&stored.detail, to) {
        own.held(on).map_err(|refused| refused.with_draft(draft))?;
    }
    transition::apply(&mut next, &step).map_err(|refused| refused.with_draft(draft))?;
    if let (Some(meeting), Detail::Decision(own)) = (meeting, &mut next.detail)
        && own.forum.is_empty()
    {
        own.forum = super::meeting::own(meeting).forum;
    }
    next.effective_on = on;
    if to == State::Submitted {
        super::change::check(&mut tx, entered.key(), &next).await.map_err(|e| e.with_draft(draft))?;
    }
    gate::may_say(&mut tx, entered, &mut next, on).await.map_err(|e| e.with_draft(draft))?;
    let events = event::between(&stored, &next);
    write_next(&mut tx, &stored, &mut next, &events).await.map_err(|e| e.with_draft(draft))?;
    if kind == Kind::Change && matches!(to, State::Approved | State::Rejected) {
        scenario::decided(app, ctx, entered, &mut tx, &next, on).await.map_err(|e| e.with_draft(draft))?;
    }
    if let Some(affected) = &affected {
        question::ask(&mut tx, &next, affected).await?;
    }
    if kind == Kind::Gate && to == State::InReview && is_decided(stored.state) {
        // What was signed was for the word that it has said: the next one is signed for anew.
        store::gate::unsign(&mut tx, next.id).await?;
    }
    follow(&mut tx, ctx, entered.key(), &next, on, &step).await.map_err(|e| e.with_draft(draft))?;
    if let Some(meeting) = meeting {
        super::meeting::came_of_it(&mut tx, meeting, next.id, entered.today()).await?;
    }
    tx.commit().await?;
    settled(app, ctx, &next, &[next.program]).await;
    Ok(next)
}

/// Refuses to ask somebody who would never hear of it.
async fn must_reach(tx: &mut Tx, stored: &Item, to: Option<Uuid>) -> Result<()> {
    let Some(person) = to.map(PersonId) else { return Ok(()) };
    if !store::access::is_shut_out(tx, stored.program, person).await? {
        return Ok(());
    }
    let why = "They can't see this program, so it would not reach them: make them a member first.";
    Err(Error::refused("escalated_to", why))
}

/// Who may make a change of state: an owner or a manager; approving is a manager's. What somebody is counts for more than what they may
/// edit: each side of a dependency does its own part (see [`Voice`]), a risk is accepted by the authority that it demands, a decision is made by whom it
/// was escalated to, all of them as viewers too.
async fn may_move(
    app: &App,
    ctx: &Ctx,
    entered: &Entered,
    stored: &Item,
    to: State,
    asked: &Draft,
    voice: Voice,
) -> Result<()> {
    match (&stored.detail, to) {
        (Detail::Change(_), State::Approved | State::Rejected) | (Detail::Report(_), State::Published) => {
            entered.must_manage()
        }
        (Detail::Check(_), State::Waived | State::NotApplicable) => super::check::must_excuse(entered),
        (Detail::Risk(_), State::Accepted) => acceptance::must_accept(app, ctx, entered, stored).await,
        // Each side does its own part: the provider agrees, delivers and rejects, the consumer agrees, accepts and withdraws.
        (
            Detail::Dependency(_),
            State::Agreed | State::Delivered | State::Accepted | State::Rejected | State::Withdrawn,
        ) => match side_of(stored, to, asked) {
            Some(side) => voice.must_speak(side),
            None => voice.must_speak(Side::Provider).or_else(|_| voice.must_speak(Side::Consumer)),
        },
        (Detail::Decision(_), State::Decided | State::Deferred) if entered.is_asked(stored) => Ok(()),
        // What somebody is asked doesn't leave their queue but by them.
        (Detail::Decision(own), State::Decided | State::Deferred | State::Withdrawn)
            if own.escalated_to.is_some() && !entered.is_asked(stored) =>
        {
            entered.must_manage()
        }
        (Detail::Milestone(_), State::Cancelled) => {
            evidence::must_leave(entered, stored)?;
            entered.must_edit(stored)
        }
        _ => entered.must_edit(stored),
    }
}

/// Refuses what can't stand in the place of a decision: anything but another that is decided.
async fn must_stand_in(tx: &mut Tx, stored: &Item, by: ItemId) -> Result<()> {
    let found = store::item::by_ids(tx, &[by]).await?;
    let stands = |item: &Item| {
        item.id != stored.id
            && (item.kind, item.state) == (Kind::Decision, State::Decided)
            && item.archived_at.is_none()
    };
    if found.first().is_some_and(stands) {
        return Ok(());
    }
    Err(Error::refused(
        "superseded_by",
        "Give another decision, one that is decided: that stands in its place.",
    ))
}

/// What follows from a change of state, in the same transaction: a risk that happened makes its issue, an approved change
/// request changes the items that it names and makes the next baseline, a superseded decision is linked from what supersedes it.
async fn follow(tx: &mut Tx, ctx: &Ctx, key: &str, next: &Item, on: NaiveDate, step: &Move) -> Result<()> {
    match (&next.detail, step.to) {
        (Detail::Risk(risk), State::Materialised) => {
            let mut issue = blank(next.program, Kind::Issue, ctx.now, on);
            issue.title.clone_from(&next.title);
            issue.description = [&risk.event, &risk.effect, &next.description]
                .into_iter()
                .filter(|text| !text.is_empty())
                .cloned()
                .collect::<Vec<_>>()
                .join("\n\n");
            issue.owner = next.owner;
            issue.project = next.project;
            let severity = risk.impact.map_or(2, |impact| (5 - impact).clamp(1, 4));
            issue.detail = Detail::Issue(Issue { severity, ..Issue::default() });
            issue.settle();
            issue.number = store::item::take_numbers(tx, next.program, Kind::Issue, 1).await?;
            write_new(tx, Kind::Issue, std::slice::from_ref(&issue)).await?;
            store::link::insert(tx, &[(next.id, "materialised_as".into(), issue.id, on)]).await?;
            tx.record(Some(next.program), Some(issue.id), on, &Event::Raised {});
        }
        (Detail::Change(change), State::Approved) => carry_out(tx, ctx, key, next, change, on).await?,
        (Detail::Gate(_), State::ConditionalGo) => gate::conditions(tx, ctx, next, on).await?,
        (Detail::Meeting(_), State::Held) => {
            store::meeting::carry_over(tx, next.id, next.program, on).await?;
        }
        (Detail::Report(report), State::Published) => {
            if let Some(revised) = report.revises {
                store::link::insert(tx, &[(next.id, "supersedes".into(), ItemId(revised), on)]).await?;
            }
        }
        (Detail::Decision(decision), State::Superseded) => {
            if let Some(by) = decision.superseded_by {
                store::link::insert(tx, &[(ItemId(by), "supersedes".into(), next.id, on)]).await?;
            }
        }
        _ => {}
    }
    Ok(())
}
