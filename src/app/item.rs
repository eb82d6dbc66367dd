//! What people do with program items of every kind: raise, edit, move from state to state, comment, link, archive.

use super::access::Entered;
use super::cache::What;
use super::program::check;
use super::{
    App, Ctx, Error, Over, Result, WriteMeta, acceptance, change, dependency, evidence, gate, guard, link,
    mention, network, plan, reference, report, sign_off,
};
use crate::domain::draft::{Directory, Draft, FieldError, Named, Refused};
use crate::domain::event::{self, Event};
use crate::domain::filter::Demand;
use crate::domain::ids::{ItemId, ProgramId};
use crate::domain::item::{self, Detail, Item};
use crate::domain::kind::{Kind, Reference, State};
use crate::domain::schedule_link::KINDS;
use crate::domain::transition::{self};
use crate::store::comment::Comment;
use crate::store::item::{Row, Selection, Stored};
use crate::store::link::Linked;
use crate::store::lookup::{Names, Offered};
use crate::store::{self, Tx, new_id};
use chrono::{DateTime, NaiveDate, Utc};
use serde_json::{Map, Value};
use std::sync::Arc;
use uuid::Uuid;

/// The item of the program that a text names by its reference, `ATLAS-R12`, or by the end of it, `R12`.
fn named_by(entered: &Entered, q: Option<&str>) -> Option<(Kind, i32)> {
    let text = q?.trim();
    let found = Reference::parse(text).or_else(|| Reference::parse(&format!("{}-{text}", entered.key())))?;
    (found.program == entered.key()).then_some((found.kind, found.number))
}

/// What a collection is asked for: `asked` with its demands not yet read, and these.
#[derive(Clone, Debug, Default)]
pub struct Collection {
    pub asked: store::collection::Asked,
    pub demands: Vec<Demand>,
}

/// A page of a collection of items, for other programs.
///
/// # Errors
/// Refused for every demand that can't be read, beside the name of its field.
pub async fn collection(
    app: &App,
    ctx: &Ctx,
    entered: &Entered,
    collection: Collection,
) -> Result<store::collection::Page> {
    let Collection { mut asked, demands } = collection;
    let names: Vec<_> = demands.iter().flat_map(Demand::names).collect();
    let directory = lookup(app, ctx, entered, &names).await?;
    let mut errors = Vec::new();
    for demand in &demands {
        match demand.read(&directory) {
            Ok(filter) => asked.filters.push(filter),
            Err(message) => errors.push(FieldError::new(demand.field.name, message)),
        }
    }
    if !errors.is_empty() {
        return Err(Refused { errors, ..Refused::default() }.into());
    }
    asked.named = named_by(entered, asked.q.as_deref());
    asked.as_of = entered.as_of();
    Ok(store::collection::page(&app.db, entered.program().id, &asked).await?)
}

/// A page of a log, with the size of the whole.
///
/// # Errors
/// When the database is away.
pub async fn list(app: &App, entered: &Entered, selection: &Selection) -> Result<(Vec<Row>, i64)> {
    let named = named_by(entered, selection.q.as_deref());
    let selection = Selection { as_of: entered.as_of(), named, ..selection.clone() };
    let rows = store::item::list(&app.db, entered.program().id, &selection).await?;
    let total = rows.first().map_or(0, |row| row.total);
    Ok((rows, total))
}

/// How many items of each kind a selection has.
///
/// # Errors
/// When the database is away.
pub async fn counts(app: &App, entered: &Entered, selection: &Selection) -> Result<Vec<(Kind, i64)>> {
    let named = named_by(entered, selection.q.as_deref());
    let selection = Selection { as_of: entered.as_of(), named, ..selection.clone() };
    Ok(store::item::counts(&app.db, entered.program().id, &selection).await?)
}

/// Whom and what the forms and filters of a program offer.
///
/// # Errors
/// When the database is away.
pub async fn offered(app: &App, entered: &Entered) -> Result<Arc<Offered>> {
    let stamp = entered.stamp();
    if let Some(offered) = app.cache.get(stamp, What::Offered) {
        return Ok(offered);
    }
    let offered = Arc::new(store::lookup::offered(&app.db, stamp.program).await?);
    let lines = offered.people.len() + offered.projects.len() + offered.teams.len() + offered.calendars.len();
    app.cache.put(stamp, What::Offered, &offered, 1_000 + lines * 150);
    Ok(offered)
}

/// Whom and what the form of a kind of item offers, by name: of a dependency also the milestones of both sides.
///
/// # Errors
/// When the database is away.
pub async fn offered_for(app: &App, ctx: &Ctx, entered: &Entered, kind: Kind) -> Result<Offered> {
    let mut offered = Arc::unwrap_or_clone(offered(app, entered).await?);
    if kind == Kind::Dependency {
        offered.milestones = store::lookup::milestones(&app.db, entered.program().id, ctx.reader()).await?;
    }
    Ok(offered)
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
        raised_by: None,
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
    let (own, checks) = gate::apart(kind, draft)?;
    let draft = &own;
    let raised = draft.0.get("raised_on").and_then(|v| crate::domain::draft::date(v).ok().flatten());
    let since_raised = raised.filter(|day| *day < entered.today() && entered.may_manage());
    let on = entered
        .effective_on(meta.effective_on.or(since_raised), "effective_on")
        .map_err(|e| e.with_draft(draft))?;
    let program = entered.program().id;
    let (written, known) = if kind == Kind::Report {
        report::filled(app, ctx, entered, draft).await?
    } else {
        (draft.clone(), None)
    };
    let draft = &written;
    let mut tx = app.db.begin(&ctx.stamp(&meta.reason)).await?;
    let people_on = entered.may_manage().then_some(on);
    let fields: Vec<_> = item::fields(kind).collect();
    let values = check(&mut tx, ctx, Some(program), fields.iter().copied(), draft, people_on)
        .await
        .map_err(|e| e.with_draft(draft))?;
    let mut made = blank(program, kind, ctx.now, on);
    let threatens = ids_in(values.get("threatens"));
    made.fill(values, on).map_err(|refused| refused.with_draft(draft))?;
    made.raised_by = Some(ctx.viewer.person);
    if kind == Kind::Change && made.owner.is_none() && !entered.may_manage() {
        // Somebody sees to it until it is decided: whoever asks for it, unless they name somebody else.
        made.owner = made.raised_by;
    }
    report::judge(&mut made, None, known.as_ref()).map_err(|e| e.with_draft(draft))?;
    report::must_correct(app, entered, &made).await.map_err(|e| e.with_draft(draft))?;
    reference::check(app, ctx, entered, &made).await.map_err(|e| e.with_draft(draft))?;
    sign_off::must_appoint(entered, None, &made)?;
    made.not_ahead(entered.today()).map_err(|refused| refused.with_draft(draft))?;
    made.forecast_is_its_own(None).map_err(|refused| refused.with_draft(draft))?;
    let network = network::change(None, &made);
    if network.is_some() {
        network::lock(&mut tx).await?;
    }
    change::check(&mut tx, entered.key(), &made).await.map_err(|e| e.with_draft(draft))?;
    evidence::must_commit(&mut tx, entered, None, &made).await.map_err(|e| e.with_draft(draft))?;
    super::check::must_be_awaited(&mut tx, entered, None, &made).await.map_err(|e| e.with_draft(draft))?;
    made.number = store::item::take_numbers(&mut tx, program, kind, 1).await?;
    write_alone(&mut tx, kind, std::slice::from_ref(&made)).await.map_err(|e| e.with_draft(draft))?;
    link::from_origin(&mut tx, entered, &made).await?;
    let mut programs = vec![program];
    if let Some(change) = &network {
        let others = network::settle(&mut tx, ctx.reader(), &made, change).await;
        programs.extend(others.map_err(|e| e.with_draft(draft))?);
    }
    link_all(&mut tx, &made, "threatens", &threatens, on).await?;
    tx.record(Some(program), Some(made.id), on, &Event::Raised {});
    gate::make_checks(&mut tx, ctx, entered, &made, checks, on).await.map_err(|e| e.with_draft(draft))?;
    tx.commit().await?;
    settled(app, ctx, &made, &programs).await;
    Ok(made)
}

/// What follows once a write of an item has been committed: where it is of the network, computed forecasts are restated. A change
/// request that is approved may carry a scenario into the network.
pub(super) async fn settled(app: &App, ctx: &Ctx, item: &Item, programs: &[ProgramId]) {
    if KINDS.contains(&item.kind) || item.kind == Kind::Change {
        plan::after(app, ctx.now, Some(ctx.viewer.person), programs).await;
    }
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
    write_alone(tx, kind, items).await?;
    link_to_origin(tx, items).await
}

/// The same, without the links that new actions have to what they come from.
pub(super) async fn write_alone(tx: &mut Tx, kind: Kind, items: &[Item]) -> Result<()> {
    store::item::insert(tx, kind, items).await?;
    super::baseline::commit_first_dates(tx, items).await?;
    mentions(tx, &items.iter().collect::<Vec<_>>()).await
}

/// Links new actions to what they come from, where they aren't yet.
pub(super) async fn link_to_origin(tx: &mut Tx, items: &[Item]) -> Result<()> {
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
        store::link::insert_from_origin(tx, &from).await?;
    }
    Ok(())
}

/// Keeps the references and the people that stand in the texts of items of one program.
async fn mentions(tx: &mut Tx, items: &[&Item]) -> Result<()> {
    let Some(first) = items.first() else { return Ok(()) };
    let own: Vec<(ItemId, Map<String, Value>)> =
        items.iter().map(|item| (item.id, item.detail.values())).collect();
    let said = own.iter().flat_map(|(id, values)| {
        let texts = values.values().filter_map(Value::as_str).filter(|text| text.len() != 36);
        texts.map(move |text| (*id, text))
    });
    let texts: Vec<(ItemId, &str)> =
        items.iter().map(|item| (item.id, item.description.as_str())).chain(said).collect();
    let found: Vec<(ItemId, Reference)> = texts
        .iter()
        .flat_map(|(id, text)| Reference::find_all(text).into_iter().map(move |named| (*id, named)))
        .collect();
    if !found.is_empty() {
        store::link::mention(tx, &found).await?;
    }
    mention::keep(tx, first.program, &texts, None, None).await
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
    version: Over,
    draft: &Draft,
    meta: &WriteMeta,
) -> Result<Item> {
    if !entered.may_answer() {
        entered.must_raise()?;
    }
    let stored = find(app, entered, kind, number).await?.item;
    if !dependency::voice::may_ask(app, ctx, entered, &stored, draft).await? {
        entered.must_raise()?;
        entered.must_edit(&stored)?;
    }
    let whole = stored.draft().overlaid(draft);
    version.must_be(stored.version)?;
    must_stand(&stored)?;
    let on =
        effective(entered, &stored, meta.effective_on, "effective_on").map_err(|e| e.with_draft(&whole))?;
    let program = entered.program().id;
    let linked = if draft.0.contains_key("threatens") {
        store::link::of(&app.db, stored.id, ctx.reader(), None).await?
    } else {
        Vec::new()
    };
    let facts = report::facts_for(app, entered, &stored, &whole).await?;
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
    report::judge(&mut next, Some(&stored), facts.as_ref()).map_err(|e| e.with_draft(&whole))?;
    if facts.is_some() {
        report::must_correct(app, entered, &next).await.map_err(|e| e.with_draft(&whole))?;
    }
    reference::check(app, ctx, entered, &next).await.map_err(|e| e.with_draft(&whole))?;
    guard::of_edit(app, ctx, entered, &mut tx, &stored, &next).await.map_err(|e| e.with_draft(&whole))?;
    next.not_ahead(entered.today()).map_err(|refused| refused.with_draft(&whole))?;
    next.forecast_is_its_own(Some(&stored)).map_err(|refused| refused.with_draft(&whole))?;
    next.effective_on = on;
    if draft.0.contains_key("threatens") {
        link_all(&mut tx, &next, "threatens", &threatens, on).await?;
        let gone: Vec<ItemId> = linked
            .iter()
            .filter(|link| link.relation == "threatens" && link.outward && link.title.is_some())
            .map(|link| link.item)
            .filter(|item| !threatens.contains(item))
            .collect();
        if !gone.is_empty() {
            store::link::delete(&mut tx, next.id, "threatens", &gone).await?;
        }
    }
    change::check(&mut tx, entered.key(), &next).await.map_err(|e| e.with_draft(&whole))?;
    let outgrown = acceptance::outgrown(&mut tx, entered.program(), &stored, &mut next).await?;
    let events = event::between(&stored, &next);
    let network = network::change(Some(&stored), &next);
    if network.is_some() {
        network::lock(&mut tx).await?;
    }
    write_next(&mut tx, &stored, &mut next, &events).await.map_err(|e| e.with_draft(&whole))?;
    if let Some((event, why)) = &outgrown {
        let why = format!("{} {why}", meta.reason.trim()).trim().to_owned();
        tx.record_because(Some(program), Some(next.id), next.effective_on, event, Some(&why));
        store::event::give_reasons(&mut tx, &[(next.id, next.version, &why)]).await?;
    }
    let mut programs = vec![program];
    if let Some(change) = &network {
        let others = network::settle(&mut tx, ctx.reader(), &next, change).await;
        programs.extend(others.map_err(|e| e.with_draft(&whole))?);
    }
    if let (Detail::Milestone(was), Detail::Milestone(_)) = (&stored.detail, &next.detail)
        && was.original_on.is_none()
    {
        super::baseline::commit_first_dates(&mut tx, std::slice::from_ref(&next)).await?;
    }
    let dates = |item: &Item| match &item.detail {
        Detail::Change(own) => (own.rebaseline.clone(), own.removed.clone()),
        _ => Default::default(),
    };
    if next.kind == Kind::Change && next.state == State::Submitted && dates(&next) != dates(&stored) {
        // Who was asked about other dates is asked again.
        if let Some(affected) = change::question::affected(app, ctx, entered, &next).await? {
            change::question::ask(&mut tx, &next, &affected).await?;
        }
    }
    tx.commit().await?;
    settled(app, ctx, &next, &programs).await;
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
pub(super) fn effective(
    entered: &Entered,
    stored: &Item,
    given: Option<NaiveDate>,
    field: &str,
) -> Result<NaiveDate> {
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
pub(super) async fn write_next(tx: &mut Tx, stored: &Item, next: &mut Item, events: &[Event]) -> Result<()> {
    let same = Item { effective_on: stored.effective_on, ..next.clone() } == *stored;
    if same {
        next.effective_on = stored.effective_on;
        return Ok(());
    }
    write_version(tx, stored, next, events).await
}

/// The same, also where nothing changed but the day from which it holds.
pub(super) async fn write_version(
    tx: &mut Tx,
    stored: &Item,
    next: &mut Item,
    events: &[Event],
) -> Result<()> {
    next.version = stored.version + 1;
    let detail_changed = next.detail != stored.detail;
    if store::item::update(tx, next.kind, &[(next, detail_changed)]).await? != 1 {
        return Err(Error::Stale { current: stored.version + 1 });
    }
    mentions(tx, &[&*next]).await?;
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

/// Refuses what isn't done to an archived item.
///
/// # Errors
/// [`Error::Archived`].
pub(super) const fn must_stand(item: &Item) -> Result<()> {
    if item.archived_at.is_none() { Ok(()) } else { Err(Error::Archived) }
}

/// Why what was decided or published isn't put away: metrics and the record of gaps rest on it.
fn on_the_record(item: &Item) -> String {
    match item.kind {
        Kind::Report => "A published report stays on the record, with what it declared: it is not archived. Correct it by a new revision.".to_owned(),
        kind => format!("The {} is {}, and stays on the record: it is not archived.", kind.label().to_lowercase(), item.state.label()),
    }
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
    version: Over,
    archived: bool,
) -> Result<Item> {
    entered.must_raise()?;
    let stored = find(app, entered, kind, number).await?.item;
    entered.must_edit(&stored)?;
    version.must_be(stored.version)?;
    if stored.archived_at.is_some() == archived {
        return Ok(stored);
    }
    if archived && stored.is_settled() {
        return Err(Error::refused("", on_the_record(&stored)));
    }
    if archived {
        evidence::may_put_away(entered, &stored)?;
    }
    super::check::may_archive(app, entered, &stored, archived).await?;
    gate::may_archive(entered, &stored, archived)?;
    let mut next = stored.clone();
    next.archived_at = archived.then_some(ctx.now);
    next.effective_on = entered.today().max(stored.effective_on);
    let event = if archived { Event::Archived {} } else { Event::Restored {} };
    let mut tx = app.db.begin(&ctx.stamp("")).await?;
    write_next(&mut tx, &stored, &mut next, &[event]).await?;
    tx.commit().await?;
    settled(app, ctx, &next, &[next.program]).await;
    Ok(next)
}

/// The reference of an item by its id, of any program; `None` where there is none.
///
/// # Errors
/// When the database is away.
pub async fn reference(app: &App, ctx: &Ctx, id: Uuid) -> Result<Option<Reference>> {
    let names = store::lookup::names(&app.db, ctx.reader(), &[id]).await?;
    Ok(names.item(Some(ItemId(id))).map(|(reference, _)| reference.clone()))
}
