//! What people do with program items of every kind: raise, edit, move from state to state, comment, link, archive.

use super::access::Entered;
use super::program::check;
use super::{App, Ctx, Error, Result, WriteMeta};
use crate::domain::change::Change;
use crate::domain::dependency::Dependency;
use crate::domain::draft::{Control, Directory, Draft, Field, FieldError, Named, Refused};
use crate::domain::event::{self, Event};
use crate::domain::ids::{BaselineId, ItemId, ProgramId};
use crate::domain::issue::Issue;
use crate::domain::item::{self, Detail, Item};
use crate::domain::kind::{Kind, Reference, State};
use crate::domain::transition::{self, Move, Side};
use crate::store::comment::Comment;
use crate::store::event::VersionRow;
use crate::store::item::{Row, Selection, Stored};
use crate::store::link::Linked;
use crate::store::lookup::{Names, Offered};
use crate::store::program::NewBaseline;
use crate::store::{self, Tx, new_id};
use chrono::{DateTime, NaiveDate, Utc};
use serde_json::{Map, Value};
use uuid::Uuid;

/// A page of a log, with the size of the whole.
///
/// # Errors
/// When the database is away.
pub async fn list(app: &App, entered: &Entered, selection: &Selection) -> Result<(Vec<Row>, i64)> {
    let selection = Selection { as_of: entered.as_of(), ..selection.clone() };
    let rows = store::item::list(&app.db, entered.program().id, &selection).await?;
    let total = rows.first().map_or(0, |row| row.total);
    Ok((rows, total))
}

/// How many items of each kind a selection has.
///
/// # Errors
/// When the database is away.
pub async fn counts(app: &App, entered: &Entered, selection: &Selection) -> Result<Vec<(Kind, i64)>> {
    let selection = Selection { as_of: entered.as_of(), ..selection.clone() };
    Ok(store::item::counts(&app.db, entered.program().id, &selection).await?)
}

/// Whom and what the forms and filters of a program offer.
///
/// # Errors
/// When the database is away.
pub async fn offered(app: &App, entered: &Entered) -> Result<Offered> {
    Ok(store::lookup::offered(&app.db, entered.program().id).await?)
}

/// Finds what names stand for, as the viewer may see it.
///
/// # Errors
/// When the database is away.
pub async fn lookup(app: &App, ctx: &Ctx, entered: &Entered, names: &[Named]) -> Result<Directory> {
    Ok(store::lookup::directory(&app.db, Some(entered.program().id), ctx.reader(), names).await?)
}

/// One item, as it stood on the day that is shown.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn find(app: &App, entered: &Entered, kind: Kind, number: i32) -> Result<Stored> {
    store::item::find(&app.db, entered.program().id, kind, number, entered.as_of())
        .await?
        .ok_or(Error::NotFound)
}

/// What hangs on an item: links, mentions, comments, and the names of whatever it points at.
#[derive(Clone, Debug)]
pub struct Around {
    pub links: Vec<Linked>,
    pub comments: Vec<Comment>,
    pub names: Names,
}

/// Reads what hangs on an item.
///
/// # Errors
/// When the database is away.
pub async fn around(app: &App, ctx: &Ctx, entered: &Entered, item: &Item) -> Result<Around> {
    let links = store::link::of(&app.db, item.id, ctx.reader(), entered.as_of()).await?;
    let comments = store::comment::of(&app.db, item.id, entered.as_of()).await?;
    let names = names_in(app, ctx, [&item.detail.values()]).await?;
    Ok(Around { links, comments, names })
}

/// Everything that an item's page tells: what hangs on it, all its versions, and the names of whatever any of them points at.
#[derive(Clone, Debug)]
pub struct Story {
    pub links: Vec<Linked>,
    pub comments: Vec<Comment>,
    pub versions: Vec<VersionRow>,
    pub names: Names,
}

/// Reads what an item's page tells.
///
/// # Errors
/// When the database is away.
pub async fn story(app: &App, ctx: &Ctx, entered: &Entered, item: &Item) -> Result<Story> {
    let links = store::link::of(&app.db, item.id, ctx.reader(), entered.as_of()).await?;
    let comments = store::comment::of(&app.db, item.id, entered.as_of()).await?;
    let versions = store::event::versions(&app.db, item.id, item.kind, entered.as_of()).await?;
    let writers: Map<String, Value> = versions
        .iter()
        .enumerate()
        .filter_map(|(at, row)| Some((at.to_string(), Value::from(row.recorded_by?.to_string()))))
        .collect();
    let own = item.detail.values();
    let values = versions.iter().map(|row| &row.values).chain([&writers, &own]);
    let names = names_in(app, ctx, values).await?;
    Ok(Story { links, comments, versions, names })
}

/// The states that the viewer may take an item to from where it is. For a dependency that is agreed, *agreed* again where a
/// changed date waits for a side's consent.
///
/// # Errors
/// When the database is away.
pub async fn moves(app: &App, ctx: &Ctx, entered: &Entered, item: &Item) -> Result<Vec<State>> {
    if !entered.may_raise() || item.archived_at.is_some() {
        return Ok(Vec::new());
    }
    let mut moves = item.kind.next_states(item.state).to_vec();
    if let Detail::Dependency(own) = &item.detail
        && item.state == State::Agreed
        && (own.waits_for(Side::Provider) || own.waits_for(Side::Consumer))
    {
        moves.insert(0, State::Agreed);
    }
    let mut may = Vec::new();
    for to in moves {
        let mut allowed = false;
        for side in if to == State::Agreed { &["provider", "consumer"][..] } else { &[""] } {
            let asked = Draft(Map::from_iter([("as".to_owned(), Value::from(*side))]));
            match may_move(app, ctx, entered, item, to, &asked).await {
                Ok(()) => allowed = true,
                Err(Error::Forbidden(_)) => {}
                Err(error) => return Err(error),
            }
        }
        if allowed {
            may.push(to);
        }
    }
    Ok(may)
}

/// The names of all ids that stand in values.
///
/// # Errors
/// When the database is away.
pub async fn names_in<'v>(
    app: &App,
    ctx: &Ctx,
    values: impl IntoIterator<Item = &'v Map<String, Value>>,
) -> Result<Names> {
    fn collect(value: &Value, ids: &mut Vec<Uuid>) {
        match value {
            Value::String(text) if text.len() == 36 => ids.extend(text.parse::<Uuid>().ok()),
            Value::Array(list) => list.iter().for_each(|value| collect(value, ids)),
            Value::Object(map) => map.values().for_each(|value| collect(value, ids)),
            _ => {}
        }
    }
    let mut ids = Vec::new();
    for map in values {
        map.values().for_each(|value| collect(value, &mut ids));
    }
    ids.sort_unstable();
    ids.dedup();
    Ok(store::lookup::names(&app.db, ctx.reader(), &ids).await?)
}

/// A new item before its draft is laid on it.
pub(super) fn blank(program: ProgramId, kind: Kind, now: DateTime<Utc>, on: NaiveDate) -> Item {
    Item {
        id: ItemId(new_id(now)),
        program,
        kind,
        number: 0,
        title: String::new(),
        description: String::new(),
        owner: None,
        project: None,
        state: kind.first_state(),
        tags: Vec::new(),
        raised_on: on,
        next_on: None,
        closed_on: None,
        score: None,
        archived_at: None,
        version: 1,
        effective_on: on,
        detail: Detail::blank(kind),
    }
}

/// Raises an item. Where a manager gives the day it was raised on and no effective date, it holds from that day.
///
/// # Errors
/// Forbidden for viewers; refused with the draft's errors.
pub async fn raise(
    app: &App,
    ctx: &Ctx,
    entered: &Entered,
    kind: Kind,
    draft: &Draft,
    meta: &WriteMeta,
) -> Result<Item> {
    entered.must_raise()?;
    let raised = draft.0.get("raised_on").and_then(|v| crate::domain::draft::date(v).ok().flatten());
    let since_raised = raised.filter(|day| *day < entered.today() && entered.may_manage());
    let on = entered
        .effective_on(meta.effective_on.or(since_raised), "effective_on")
        .map_err(|e| e.with_draft(draft))?;
    let program = entered.program().id;
    let mut tx = app.db.begin(&ctx.stamp(&meta.reason)).await?;
    let people_on = entered.may_manage().then_some(on);
    let fields: Vec<_> = item::fields(kind).collect();
    let values = check(&mut tx, ctx, Some(program), fields.iter().copied(), draft, people_on)
        .await
        .map_err(|e| e.with_draft(draft))?;
    let mut made = blank(program, kind, ctx.now, on);
    let threatens = ids_in(values.get("threatens"));
    made.fill(values, on).map_err(|refused| refused.with_draft(draft))?;
    if made.raised_on > entered.today() {
        return Err(Error::refused("raised_on", "That day has not come yet.").with_draft(draft));
    }
    made.number = store::item::take_numbers(&mut tx, program, kind, 1).await?;
    write_new(&mut tx, kind, std::slice::from_ref(&made)).await.map_err(|e| e.with_draft(draft))?;
    link_all(&mut tx, &made, "threatens", &threatens, on).await?;
    tx.record(Some(program), Some(made.id), on, &Event::Raised {});
    tx.commit().await?;
    Ok(made)
}

fn ids_in(value: Option<&Value>) -> Vec<ItemId> {
    let list = value.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    list.iter().filter_map(|v| v.as_str()?.parse().ok()).map(ItemId).collect()
}

async fn link_all(tx: &mut Tx, from: &Item, relation: &str, to: &[ItemId], on: NaiveDate) -> Result<()> {
    if to.is_empty() {
        return Ok(());
    }
    let links: Vec<_> = to.iter().map(|to| (from.id, relation.to_owned(), *to, on)).collect();
    store::link::insert(tx, &links).await?;
    Ok(())
}

/// Writes new items of one kind with all that follows from being new: first committed dates enter the original baseline, an
/// action that comes from an item is linked to it, references in texts become mentions.
pub(super) async fn write_new(tx: &mut Tx, kind: Kind, items: &[Item]) -> Result<()> {
    store::item::insert(tx, kind, items).await?;
    commit_first_dates(tx, items).await?;
    let from: Vec<_> = items
        .iter()
        .filter_map(|made| match &made.detail {
            Detail::Action(action) => {
                Some((made.id, "mitigates".to_owned(), ItemId(action.from_item?), made.effective_on))
            }
            _ => None,
        })
        .collect();
    if !from.is_empty() {
        store::link::insert_for_risks(tx, &from).await?;
    }
    for made in items {
        mention(tx, made).await?;
    }
    Ok(())
}

async fn commit_first_dates(tx: &mut Tx, items: &[Item]) -> Result<()> {
    let dates: Vec<_> = items
        .iter()
        .filter_map(|made| match &made.detail {
            Detail::Milestone(milestone) => Some((made.id, milestone.original_on?)),
            _ => None,
        })
        .collect();
    if let Some(first) = items.first().filter(|_| !dates.is_empty()) {
        let original = NewBaseline {
            id: BaselineId(new_id(tx.stamp().now)),
            program: first.program,
            name: "Original".into(),
            reason: String::new(),
            made_on: items.iter().map(|made| made.effective_on).min().unwrap_or(first.effective_on),
            change: None,
        };
        store::program::commit_originals(tx, &original, &dates).await?;
    }
    Ok(())
}

/// Keeps the references that stand in an item's texts.
async fn mention(tx: &mut Tx, item: &Item) -> Result<()> {
    let mut found = Reference::find_all(&item.description);
    for value in item.detail.values().values() {
        if let Some(text) = value.as_str().filter(|text| text.len() != 36) {
            found.extend(Reference::find_all(text));
        }
    }
    if found.is_empty() {
        return Ok(());
    }
    Ok(store::link::mention(tx, item.id, &found).await?)
}

/// Edits an item: the draft is laid over what is stored. `version` is the one that was read; if somebody else wrote in between,
/// nothing is overwritten.
///
/// # Errors
/// Forbidden, stale, or refused with the draft's errors.
#[expect(
    clippy::too_many_arguments,
    reason = "the item is named by kind and number, the write by version and draft"
)]
pub async fn edit(
    app: &App,
    ctx: &Ctx,
    entered: &Entered,
    kind: Kind,
    number: i32,
    version: i32,
    draft: &Draft,
    meta: &WriteMeta,
) -> Result<Item> {
    entered.must_raise()?;
    let stored = find(app, entered, kind, number).await?.item;
    entered.must_edit(&stored)?;
    let whole = stored.draft().overlaid(draft);
    if stored.version != version {
        return Err(Error::Stale { current: stored.version });
    }
    let on =
        effective(entered, &stored, meta.effective_on, "effective_on").map_err(|e| e.with_draft(&whole))?;
    let program = entered.program().id;
    let linked = if draft.0.contains_key("threatens") {
        store::link::of(&app.db, stored.id, ctx.reader(), None).await?
    } else {
        Vec::new()
    };
    let mut tx = app.db.begin(&ctx.stamp(&meta.reason)).await?;
    let fields: Vec<_> = item::fields(kind).collect();
    let people_on = entered.may_manage().then_some(on);
    let values = check(&mut tx, ctx, Some(program), fields.iter().copied(), &whole, people_on)
        .await
        .map_err(|e| e.with_draft(&whole))?;
    let mut next = stored.clone();
    let threatens = ids_in(values.get("threatens"));
    if let (Detail::Milestone(own), Some(reason)) =
        (&mut next.detail, Some(&meta.reason).filter(|r| !r.is_empty()))
        && !draft.0.contains_key("forecast_reason")
        && draft.0.contains_key("forecast_on")
    {
        own.forecast_reason.clone_from(reason);
    }
    let values = with_reason(values, &next, draft);
    next.fill(values, on).map_err(|refused| refused.with_draft(&whole))?;
    next.effective_on = on;
    if draft.0.contains_key("threatens") {
        link_all(&mut tx, &next, "threatens", &threatens, on).await?;
        for link in &linked {
            if link.relation == "threatens"
                && link.outward
                && link.title.is_some()
                && !threatens.contains(&link.item)
            {
                store::link::delete(&mut tx, next.id, "threatens", link.item).await?;
            }
        }
    }
    let events = event::between(&stored, &next);
    write_next(&mut tx, &stored, &mut next, &events).await.map_err(|e| e.with_draft(&whole))?;
    if let (Detail::Milestone(was), Detail::Milestone(_)) = (&stored.detail, &next.detail)
        && was.original_on.is_none()
    {
        commit_first_dates(&mut tx, std::slice::from_ref(&next)).await?;
    }
    tx.commit().await?;
    Ok(next)
}

/// A forecast that moves for a reason given with the write keeps that reason, unless the draft states one itself.
fn with_reason(mut values: Map<String, Value>, next: &Item, draft: &Draft) -> Map<String, Value> {
    if let Detail::Milestone(own) = &next.detail
        && draft.0.contains_key("forecast_on")
        && !draft.0.contains_key("forecast_reason")
    {
        values.insert("forecast_reason".into(), Value::from(own.forecast_reason.clone()));
    }
    values
}

/// The effective date of a change to a stored item: today, or the earlier one given, but not before its latest version.
fn effective(entered: &Entered, stored: &Item, given: Option<NaiveDate>, field: &str) -> Result<NaiveDate> {
    let on = entered.effective_on(given, field)?;
    if given.is_none() {
        return Ok(on.max(stored.effective_on));
    }
    transition::not_before_latest(stored, on).map_err(|mut refused| {
        refused.errors.iter_mut().for_each(|error| field.clone_into(&mut error.field));
        Error::from(refused)
    })?;
    Ok(on)
}

/// Writes the next version of an item, with what happened. Nothing is written when nothing changed.
async fn write_next(tx: &mut Tx, stored: &Item, next: &mut Item, events: &[Event]) -> Result<()> {
    let same = Item { effective_on: stored.effective_on, ..next.clone() } == *stored;
    if same {
        next.effective_on = stored.effective_on;
        return Ok(());
    }
    next.version = stored.version + 1;
    let detail_changed = next.detail != stored.detail;
    if store::item::update(tx, next.kind, &[(next, detail_changed)]).await? != 1 {
        return Err(Error::Stale { current: stored.version + 1 });
    }
    mention(tx, next).await?;
    for event in events {
        let because = match (event, &next.detail) {
            (Event::ForecastMoved { .. }, Detail::Milestone(own)) if !own.forecast_reason.is_empty() => {
                Some(own.forecast_reason.as_str())
            }
            _ => None,
        };
        tx.record_because(Some(next.program), Some(next.id), next.effective_on, event, because);
    }
    Ok(())
}

/// Changes an item's state: a verb on the item. The draft has `to` and what that change asks for.
///
/// # Errors
/// Forbidden; or refused: an illegal change names the legal ones, a missing field itself.
pub async fn transition(
    app: &App,
    ctx: &Ctx,
    entered: &Entered,
    kind: Kind,
    number: i32,
    version: Option<i32>,
    draft: &Draft,
) -> Result<Item> {
    entered.must_raise()?;
    let stored = find(app, entered, kind, number).await?.item;
    if version.is_some_and(|version| version != stored.version) {
        return Err(Error::Stale { current: stored.version });
    }
    let mut asked = draft.clone();
    let to = asked.0.shift_remove("to").unwrap_or_default();
    let not_accepted = kind == Kind::Dependency && to.as_str() == Some("not_accepted");
    let to = if not_accepted { Some(State::Agreed) } else { to.as_str().and_then(State::from_name) };
    let Some(to) = to else {
        let legal: Vec<_> = kind.next_states(stored.state).iter().map(|state| state.name()).collect();
        return Err(Error::refused("to", format!("Say the state to go to: one of {}.", legal.join(", ")))
            .with_draft(draft));
    };
    if not_accepted && stored.state != State::Delivered {
        return Err(Error::refused("to", "Only what was delivered can be not accepted.").with_draft(draft));
    }
    may_move(app, ctx, entered, &stored, to, &asked).await?;
    if let Some(day) = asked.0.shift_remove("effective_on") {
        asked.0.entry("on").or_insert(day);
    }
    let mut tx = app.db.begin(&ctx.stamp(&asked.text("reason"))).await?;
    let values = check(&mut tx, ctx, Some(stored.program), transition::fields(kind, to), &asked, None)
        .await
        .map_err(|e| e.with_draft(draft))?;
    let day =
        |name: &str| values.get(name).and_then(Value::as_str).and_then(|day| day.parse::<NaiveDate>().ok());
    let text = |name: &str| values.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let id = |name: &str| values.get(name).and_then(Value::as_str).and_then(|id| id.parse::<Uuid>().ok());
    let on = effective(entered, &stored, day("on"), "on").map_err(|e| e.with_draft(draft))?;
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
    };
    let mut next = stored.clone();
    transition::apply(&mut next, &step).map_err(|refused| refused.with_draft(draft))?;
    next.effective_on = on;
    let events = event::between(&stored, &next);
    write_next(&mut tx, &stored, &mut next, &events).await.map_err(|e| e.with_draft(draft))?;
    follow(&mut tx, ctx, &next, on, &step).await?;
    tx.commit().await?;
    Ok(next)
}

/// Who may make a change of state: an owner or a manager; approving is a manager's; each side of a dependency agrees for itself.
async fn may_move(
    app: &App,
    ctx: &Ctx,
    entered: &Entered,
    stored: &Item,
    to: State,
    asked: &Draft,
) -> Result<()> {
    match (&stored.detail, to) {
        (Detail::Change(_), State::Approved | State::Rejected) => entered.must_manage(),
        (Detail::Dependency(dependency), State::Agreed | State::Accepted) if !entered.may_edit(stored) => {
            let provider = to == State::Agreed && asked.text("as") == "provider";
            let (project, team) = party(dependency, provider);
            if store::people::stands_for(&app.db, ctx.viewer.person, project, team).await? {
                Ok(())
            } else {
                Err(Error::Forbidden("Only somebody of that side, the owner or a manager may agree to this."))
            }
        }
        (Detail::Decision(decision), State::Decided | State::Deferred)
            if decision.escalated_to == Some(ctx.viewer.person.0) =>
        {
            Ok(())
        }
        _ => entered.must_edit(stored),
    }
}

const fn party(dependency: &Dependency, provider: bool) -> (Option<Uuid>, Option<Uuid>) {
    if provider {
        (dependency.provider_project, dependency.provider_team)
    } else {
        (dependency.consumer_project, dependency.consumer_team)
    }
}

/// What follows from a change of state, in the same transaction: a risk that happened makes its issue, an approved change of
/// schedule makes the next baseline, a superseded decision is linked from what supersedes it.
async fn follow(tx: &mut Tx, ctx: &Ctx, next: &Item, on: NaiveDate, step: &Move) -> Result<()> {
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
        (Detail::Change(change), State::Approved) if !change.rebaseline.is_empty() => {
            rebaseline(tx, ctx, next, change, on).await?;
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

async fn rebaseline(tx: &mut Tx, ctx: &Ctx, item: &Item, change: &Change, on: NaiveDate) -> Result<()> {
    let baseline = NewBaseline {
        id: BaselineId(new_id(ctx.now)),
        program: item.program,
        name: item.title.chars().take(200).collect(),
        reason: change.reason.clone(),
        made_on: on,
        change: Some(item.id),
    };
    let dates: Vec<_> = change.rebaseline.iter().map(|c| (c.item, c.committed_on)).collect();
    make_baseline(tx, &baseline, &dates, "rebaseline").await.map(drop)
}

/// Makes the next baseline and moves the committed dates of its milestones, in the caller's transaction. `field` names the
/// dates in the caller's draft.
pub(super) async fn make_baseline(
    tx: &mut Tx,
    baseline: &NewBaseline,
    dates: &[(ItemId, NaiveDate)],
    field: &str,
) -> Result<i32> {
    let wrong =
        || Error::refused(field, "A baseline commits dates of milestones of its own program, each once.");
    let mut once: Vec<ItemId> = dates.iter().map(|(item, _)| *item).collect();
    once.sort_unstable();
    once.dedup();
    if once.len() != dates.len() {
        return Err(wrong());
    }
    let number = store::program::insert_baseline(tx, baseline, dates).await?;
    let moved = store::item::commit_dates(tx, baseline.program, dates, baseline.made_on).await?;
    if moved.len() != dates.len() {
        return Err(wrong());
    }
    for (item, from, to) in moved {
        let event = Event::Rebaselined { from, to, baseline: number };
        tx.record(Some(baseline.program), Some(item), baseline.made_on, &event);
    }
    let event = Event::BaselineMade { number, name: baseline.name.clone() };
    tx.record(Some(baseline.program), None, baseline.made_on, &event);
    Ok(number)
}

/// The fields of a baseline that is made by hand.
pub const BASELINE_FIELDS: &[Field] = &[
    Field::new("name", "Name", Control::Line(200)).required(),
    Field::new("reason", "Reason", Control::Text(5_000)),
    Field::new("items", "Dates", Control::Commitments).hint("One a line: ATLAS-M3 2027-03-12"),
];

/// Makes a baseline by hand: a manager's right. Milestones that are left out keep the date that they had.
///
/// # Errors
/// Forbidden; refused with the draft's errors.
pub async fn baseline(
    app: &App,
    ctx: &Ctx,
    entered: &Entered,
    draft: &Draft,
    meta: &WriteMeta,
) -> Result<i32> {
    entered.must_manage()?;
    let on = entered.effective_on(meta.effective_on, "effective_on")?;
    let program = entered.program().id;
    let mut tx = app.db.begin(&ctx.stamp(&draft.text("reason"))).await?;
    let values = check(&mut tx, ctx, Some(program), BASELINE_FIELDS, draft, None)
        .await
        .map_err(|e| e.with_draft(draft))?;
    let dates: Vec<crate::domain::change::Commitment> =
        values.get("items").cloned().and_then(|v| serde_json::from_value(v).ok()).unwrap_or_default();
    let text = |name: &str| values.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let baseline = NewBaseline {
        id: BaselineId(new_id(ctx.now)),
        program,
        name: text("name"),
        reason: text("reason"),
        made_on: on,
        change: None,
    };
    let dates: Vec<_> = dates.iter().map(|c| (c.item, c.committed_on)).collect();
    let number = make_baseline(&mut tx, &baseline, &dates, "items").await.map_err(|e| e.with_draft(draft))?;
    tx.commit().await?;
    Ok(number)
}

/// Archives an item, or brings it back.
///
/// # Errors
/// Forbidden, or stale.
pub async fn archive(
    app: &App,
    ctx: &Ctx,
    entered: &Entered,
    kind: Kind,
    number: i32,
    version: Option<i32>,
    archived: bool,
) -> Result<Item> {
    entered.must_raise()?;
    let stored = find(app, entered, kind, number).await?.item;
    entered.must_edit(&stored)?;
    if version.is_some_and(|version| version != stored.version) {
        return Err(Error::Stale { current: stored.version });
    }
    if stored.archived_at.is_some() == archived {
        return Ok(stored);
    }
    let mut next = stored.clone();
    next.archived_at = archived.then_some(ctx.now);
    next.effective_on = entered.today().max(stored.effective_on);
    let event = if archived { Event::Archived {} } else { Event::Restored {} };
    let mut tx = app.db.begin(&ctx.stamp("")).await?;
    write_next(&mut tx, &stored, &mut next, &[event]).await?;
    tx.commit().await?;
    Ok(next)
}

/// Comments on an item: any contributor may.
///
/// # Errors
/// Forbidden, or refused when it is empty or too long.
pub async fn comment(
    app: &App,
    ctx: &Ctx,
    entered: &Entered,
    kind: Kind,
    number: i32,
    body: &str,
) -> Result<Uuid> {
    entered.must_raise()?;
    let item = find(app, entered, kind, number).await?.item;
    let body = body.replace("\r\n", "\n").trim().to_owned();
    if body.is_empty() || body.chars().count() > 20_000 {
        return Err(Error::refused("body", "A comment has 1 to 20,000 characters."));
    }
    if body.chars().any(|c| c.is_control() && c != '\n' && c != '\t') {
        return Err(Error::refused(
            "body",
            "There is a control character in it that can't be kept; take it out.",
        ));
    }
    let id = new_id(ctx.now);
    let mut tx = app.db.begin(&ctx.stamp("")).await?;
    store::comment::insert(&mut tx, id, item.id, &body, entered.today()).await?;
    store::link::mention(&mut tx, item.id, &Reference::find_all(&body)).await?;
    tx.record(Some(item.program), Some(item.id), entered.today(), &Event::Commented {});
    tx.commit().await?;
    Ok(id)
}

/// The relations that a link can have.
pub const RELATIONS: [&str; 10] = [
    "mitigates",
    "causes",
    "materialised_as",
    "threatens",
    "blocks",
    "resolves",
    "decides",
    "implements",
    "supersedes",
    "relates",
];

/// Links an item to another, or takes the link away.
///
/// # Errors
/// Forbidden; refused for an unknown relation or item.
pub async fn link(
    app: &App,
    ctx: &Ctx,
    entered: &Entered,
    from: (Kind, i32),
    relation: &str,
    to: &str,
    linked: bool,
) -> Result<()> {
    entered.must_raise()?;
    let item = find(app, entered, from.0, from.1).await?.item;
    let mut errors = Vec::new();
    if !RELATIONS.contains(&relation) {
        errors.push(FieldError::new("relation", format!("Give one of: {}.", RELATIONS.join(", "))));
    }
    let named = Named::Item(to.to_owned());
    let directory =
        store::lookup::directory(&app.db, Some(item.program), ctx.reader(), std::slice::from_ref(&named))
            .await?;
    let target = directory.items.get(&to.trim().to_lowercase()).copied().map(ItemId);
    if target.is_none() {
        errors.push(FieldError::new("to", format!("There is no item “{to}”.")));
    }
    let (Some(target), true) = (target, errors.is_empty()) else {
        return Err(Refused { errors, ..Refused::default() }.into());
    };
    let on = entered.today();
    let mut tx = app.db.begin(&ctx.stamp("")).await?;
    let (relation_name, to_name) = (relation.to_owned(), to.trim().to_uppercase());
    let changed = if linked {
        store::link::insert(&mut tx, &[(item.id, relation.to_owned(), target, on)]).await? > 0
    } else {
        store::link::delete(&mut tx, item.id, relation, target).await?
    };
    if changed {
        let event = if linked {
            Event::Linked { relation: relation_name, to: to_name }
        } else {
            Event::Unlinked { relation: relation_name, to: to_name }
        };
        tx.record(Some(item.program), Some(item.id), on, &event);
    }
    Ok(tx.commit().await?)
}

/// The baselines that had been made by the day that is shown.
///
/// # Errors
/// When the database is away.
pub async fn baselines(app: &App, entered: &Entered) -> Result<Vec<store::program::Baseline>> {
    Ok(store::program::baselines(&app.db, entered.program().id, entered.as_of()).await?)
}

/// A baseline with the dates that it set: milestone's number, title, date.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn find_baseline(
    app: &App,
    entered: &Entered,
    number: i32,
) -> Result<(store::program::Baseline, Vec<(i32, String, NaiveDate)>)> {
    let all = baselines(app, entered).await?;
    let found = all.into_iter().find(|baseline| baseline.number == number).ok_or(Error::NotFound)?;
    let dates = store::program::baseline_dates(&app.db, found.id).await?;
    Ok((found, dates))
}

/// One write of an item: when, by whom, why, and what it changed.
#[derive(Clone, Debug)]
pub struct Version {
    /// From when it holds.
    pub effective_on: NaiveDate,
    pub recorded_at: DateTime<Utc>,
    pub recorded_by: Option<Uuid>,
    pub reason: Option<String>,
    /// By field: what it was (null at first) and what it became.
    pub changes: Map<String, Value>,
}

/// The versions of an item up to the day that is shown, in the order in which they took effect. What was written together
/// counts as one.
///
/// # Errors
/// When the database is away.
pub async fn versions(app: &App, entered: &Entered, item: &Item) -> Result<Vec<Version>> {
    let rows = store::event::versions(&app.db, item.id, item.kind, entered.as_of()).await?;
    let mut before: Map<String, Value> = Map::new();
    let mut versions: Vec<Version> = Vec::new();
    for row in rows {
        let mut changes = Map::new();
        for (name, value) in row.values {
            let derived = ["version", "effective_on", "open", "next_on", "number"].contains(&name.as_str());
            let blank = value.is_null()
                || value == ""
                || value == Value::Array(Vec::new())
                || value == Value::Bool(false);
            let was = before.get(&name).cloned().unwrap_or_default();
            if !derived && was != value && !(was.is_null() && blank) {
                changes.insert(name.clone(), serde_json::json!({"from": was, "to": value}));
            }
            before.insert(name, value);
        }
        let together = versions
            .last_mut()
            .filter(|last| last.recorded_at == row.recorded_at && last.effective_on == row.effective_on);
        match together {
            Some(last) => last.changes.extend(changes),
            None => versions.push(Version {
                effective_on: row.effective_on,
                recorded_at: row.recorded_at,
                recorded_by: row.recorded_by,
                reason: row.reason,
                changes,
            }),
        }
    }
    Ok(versions)
}
