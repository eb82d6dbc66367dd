//! Benefits: what is measured of them, how far their adoption is to come, and how they stand against their plans.

use super::access::Entered;
use super::item::{must_stand, write_next};
use super::program::{check, since};
use super::record;
use super::{App, Ctx, Error, Over, Result, WriteMeta, item};
use crate::domain::benefit::{Benefit, Point};
use crate::domain::draft::Draft;
use crate::domain::event::Event;
use crate::domain::ids::ItemId;
use crate::domain::item::Detail;
use crate::domain::kind::{Kind, State};
use crate::domain::measurement::{AdoptionTarget, Measurement, OF};
use crate::domain::record::Record;
use crate::store::item::{Selection, Stored};
use crate::store::{self, Tx};
use chrono::NaiveDate;
use serde_json::Value;
use uuid::Uuid;

/// How a benefit stands on the day that is shown.
#[derive(Clone, Debug)]
pub struct Standing {
    pub id: ItemId,
    pub number: i32,
    pub title: String,
    pub state: State,
    pub owner: Option<String>,
    pub own: Benefit,
    /// What was planned for the day.
    pub planned: Option<f64>,
    /// The last measurement.
    pub actual: Option<Point>,
    /// What has come of what was planned.
    pub realised: Option<f64>,
}

impl Standing {
    fn new(
        at: (ItemId, i32, String, State),
        owner: Option<String>,
        own: Benefit,
        all: &[Measurement],
        day: NaiveDate,
    ) -> Self {
        let (id, number, title, state) = at;
        let actual = last(id, all, day);
        Self {
            id,
            number,
            title,
            state,
            owner,
            planned: own.planned(day),
            realised: actual.and_then(|actual| own.realised(actual.value, day)),
            actual,
            own,
        }
    }
}

/// The last measurement of a benefit's own measure by a day; of two on one day the one that was written down later.
fn last(benefit: ItemId, all: &[Measurement], day: NaiveDate) -> Option<Point> {
    all.iter()
        .filter(|one| one.benefit == benefit && one.adoption_target.is_none() && one.day() <= day)
        .max_by_key(|one| (one.day(), one.head.id))
        .map(|one| Point { on: one.day(), value: one.value })
}

/// All benefits of a program, and the share of their plans that has come, by their weights.
#[derive(Clone, Debug, Default)]
pub struct Overview {
    pub all: Vec<Standing>,
    pub index: Option<f64>,
}

/// How all benefits of a program stand.
///
/// # Errors
/// When the database is away.
pub async fn overview(app: &App, entered: &Entered) -> Result<Overview> {
    let selection =
        Selection { kinds: vec![Kind::Benefit], limit: 500, with_detail: true, ..Selection::default() };
    let (rows, _) = item::list(app, entered, &selection).await?;
    let measured = record::list::<Measurement>(app, entered).await?;
    let day = entered.day();
    let mut all: Vec<_> = rows
        .into_iter()
        .filter_map(|row| {
            let Some(Value::Object(own)) = row.detail else { return None };
            let Ok(Detail::Benefit(own)) = Detail::read(Kind::Benefit, own) else { return None };
            let at = (row.id, row.number, row.title, row.state);
            Some(Standing::new(at, row.owner_name, own, &measured, day))
        })
        .collect();
    all.sort_by_key(|one| one.number);
    let counted = || all.iter().filter_map(|one| Some((one.own.weight, one.realised?)));
    let weights: f64 = counted().map(|(weight, _)| weight).sum();
    let sum: f64 = counted().map(|(weight, share)| weight * share).sum();
    Ok(Overview { index: (weights > 0.0).then(|| sum / weights), all })
}

/// What is known of one benefit beside the item itself.
#[derive(Clone, Debug)]
pub struct Around {
    pub standing: Standing,
    pub measured: Vec<Measurement>,
    pub targets: Vec<AdoptionTarget>,
}

/// Reads what is known of a benefit.
///
/// # Errors
/// When the database is away.
pub async fn around(app: &App, entered: &Entered, stored: &Stored) -> Result<Option<Around>> {
    let item = &stored.item;
    let Detail::Benefit(own) = &item.detail else { return Ok(None) };
    let mut measured = record::list::<Measurement>(app, entered).await?;
    measured.retain(|one| one.benefit == item.id);
    let mut targets = record::list::<AdoptionTarget>(app, entered).await?;
    targets.retain(|one| one.benefit == item.id);
    let at = (item.id, item.number, item.title.clone(), item.state);
    let standing = Standing::new(at, stored.owner_name.clone(), own.clone(), &measured, entered.day());
    Ok(Some(Around { standing, measured, targets }))
}

/// The benefit of a number.
async fn benefit(app: &App, entered: &Entered, number: i32) -> Result<Stored> {
    item::find(app, entered, Kind::Benefit, number).await
}

/// What was measured of a benefit, in the order of days.
///
/// # Errors
/// [`Error::NotFound`] where there is no such benefit.
pub async fn measurements(app: &App, entered: &Entered, number: i32) -> Result<Vec<Measurement>> {
    let stored = benefit(app, entered, number).await?;
    Ok(around(app, entered, &stored).await?.map(|around| around.measured).unwrap_or_default())
}

/// The adoption targets of a benefit, in the order of days.
///
/// # Errors
/// [`Error::NotFound`] where there is no such benefit.
pub async fn targets(app: &App, entered: &Entered, number: i32) -> Result<Vec<AdoptionTarget>> {
    let stored = benefit(app, entered, number).await?;
    Ok(around(app, entered, &stored).await?.map(|around| around.targets).unwrap_or_default())
}

/// Writes down what was measured of a benefit, or of one of its adoption targets: by its owner or a manager. A benefit that is
/// measured is being tracked, and what it waits for next is the first point of its plan after the last measurement.
///
/// # Errors
/// Forbidden; refused with the draft's errors.
pub async fn measure(
    app: &App,
    ctx: &Ctx,
    entered: &Entered,
    number: i32,
    draft: &Draft,
    meta: &WriteMeta,
) -> Result<Measurement> {
    entered.must_raise()?;
    let stored = benefit(app, entered, number).await?;
    entered.must_edit(&stored.item)?;
    must_stand(&stored.item)?;
    let mut values = draft.clone();
    let of = values.0.shift_remove(OF.name).unwrap_or_default();
    let target = target_named(app, entered, stored.item.id, &of).await.map_err(|e| e.with_draft(draft))?;
    let mut tx = app.db.begin(&ctx.stamp(&meta.reason)).await?;
    let settle = |made: &mut Measurement, _: &mut Vec<_>| {
        made.benefit = stored.item.id;
        made.adoption_target = target.as_ref().map(|target| target.head.id);
    };
    let made: Measurement = record::read(&mut tx, ctx, entered, &values, meta, settle)
        .await
        .map_err(|error| error.with_draft(draft))?;
    store::record::put(&mut tx, std::slice::from_ref(&made)).await?;
    let mut next = stored.item.clone();
    let mut unit = String::new();
    if let Detail::Benefit(own) = &mut next.detail {
        unit.clone_from(&own.unit);
        if target.is_none() {
            own.measured_on = own.measured_on.max(Some(made.day()));
        }
    }
    let mut events = Vec::new();
    if target.is_none() && next.state == State::Planned {
        next.state = State::Tracking;
        events.push(Event::Moved { from: State::Planned, to: State::Tracking });
    }
    next.settle();
    next.effective_on = made.head.effective_on.max(next.effective_on);
    write_next(&mut tx, &stored.item, &mut next, &events).await?;
    let event = Event::Measured {
        on: made.day(),
        value: made.value,
        unit: target.as_ref().map_or(unit, |target| target.unit.clone()),
        of: target.map(|target| target.title),
    };
    tx.record(Some(made.head.program), Some(stored.item.id), made.head.effective_on, &event);
    tx.commit().await?;
    Ok(made)
}

/// The adoption target of a benefit that a text names, by title or id; none for an empty one.
async fn target_named(
    app: &App,
    entered: &Entered,
    benefit: ItemId,
    of: &Value,
) -> Result<Option<AdoptionTarget>> {
    let name = of.as_str().or_else(|| of.get("id").and_then(Value::as_str)).unwrap_or_default().trim();
    if name.is_empty() {
        return if of.is_null() || of.is_string() { Ok(None) } else { Err(unknown_target()) };
    }
    let all = record::list::<AdoptionTarget>(app, entered).await?;
    let found = all.into_iter().find(|target| {
        target.benefit == benefit
            && (target.head.id.to_string() == name || target.title.to_lowercase() == name.to_lowercase())
    });
    found.map(Some).ok_or_else(unknown_target)
}

fn unknown_target() -> Error {
    Error::refused(OF.name, "This benefit has no such adoption target.")
}

/// The benefit with the day of its last measurement, from what is left of its measurements.
async fn remeasured(tx: &mut Tx, entered: &Entered, stored: &Stored, left: &[Measurement]) -> Result<()> {
    let mut next = stored.item.clone();
    if let Detail::Benefit(own) = &mut next.detail {
        own.measured_on = last(stored.item.id, left, NaiveDate::MAX).map(|point| point.on);
    }
    next.settle();
    next.effective_on = entered.today().max(next.effective_on);
    write_next(tx, &stored.item, &mut next, &[]).await
}

/// One measurement of a benefit.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn measurement(app: &App, entered: &Entered, number: i32, id: Uuid) -> Result<Measurement> {
    let all = measurements(app, entered, number).await?;
    all.into_iter().find(|one| one.head.id == id).ok_or(Error::NotFound)
}

/// Corrects a measurement, by the benefit's owner or a manager: its day, its value, its note.
///
/// # Errors
/// Forbidden; stale; refused with the draft's errors.
#[expect(
    clippy::too_many_arguments,
    reason = "the measurement is named by benefit and id, the write by version and draft"
)]
pub async fn correct(
    app: &App,
    ctx: &Ctx,
    entered: &Entered,
    number: i32,
    id: Uuid,
    over: Over,
    draft: &Draft,
    meta: &WriteMeta,
) -> Result<Measurement> {
    entered.must_raise()?;
    let stored = benefit(app, entered, number).await?;
    entered.must_edit(&stored.item)?;
    let mut all = measurements(app, entered, number).await?;
    let at = all.iter().position(|one| one.head.id == id).ok_or(Error::NotFound)?;
    over.must_be(all[at].head.version)?;
    let on = since(entered, meta, all[at].head.effective_on).map_err(|error| error.with_draft(draft))?;
    let whole = all[at].draft().overlaid(draft);
    let mut tx = app.db.begin(&ctx.stamp(&meta.reason)).await?;
    let values = check(&mut tx, ctx, Some(all[at].head.program), Measurement::FIELDS, &whole, None)
        .await
        .map_err(|error| error.with_draft(&whole))?;
    let mut next = all[at].clone();
    next.fill(values).map_err(|refused| refused.with_draft(&whole))?;
    if next.day() > entered.today() {
        return Err(Error::refused("on", "That day has not come yet.").with_draft(&whole));
    }
    if next == all[at] {
        return Ok(next);
    }
    next.head.version += 1;
    next.head.effective_on = on;
    all[at] = next.clone();
    remeasured(&mut tx, entered, &stored, &all).await?;
    if store::record::put(&mut tx, std::slice::from_ref(&next)).await? != 1 {
        return Err(Error::Stale { current: next.head.version });
    }
    let event = Event::RecordEdited { what: Measurement::KIND.label().to_owned(), name: next.told() };
    tx.record(Some(next.head.program), Some(stored.item.id), on, &event);
    tx.commit().await?;
    Ok(next)
}

/// Takes a measurement away, by the benefit's owner or a manager. Its history is kept.
///
/// # Errors
/// Forbidden; not found; stale.
pub async fn take_back(
    app: &App,
    ctx: &Ctx,
    entered: &Entered,
    number: i32,
    id: Uuid,
    over: Over,
) -> Result<()> {
    entered.must_raise()?;
    let stored = benefit(app, entered, number).await?;
    entered.must_edit(&stored.item)?;
    let mut all = measurements(app, entered, number).await?;
    let at = all.iter().position(|one| one.head.id == id).ok_or(Error::NotFound)?;
    over.must_be(all[at].head.version)?;
    let gone = all.remove(at);
    let mut tx = app.db.begin(&ctx.stamp("")).await?;
    remeasured(&mut tx, entered, &stored, &all).await?;
    record::take_away(tx, &gone, entered.today()).await
}

/// Sets a target for the adoption of a benefit, or (`id`) changes one.
///
/// # Errors
/// Forbidden but for managers; refused with the draft's errors.
pub async fn set_target(
    app: &App,
    ctx: &Ctx,
    entered: &Entered,
    number: i32,
    id: Option<(Uuid, Over)>,
    draft: &Draft,
    meta: &WriteMeta,
) -> Result<AdoptionTarget> {
    let stored = benefit(app, entered, number).await?;
    let settle = |target: &mut AdoptionTarget, _: &mut Vec<_>| target.benefit = stored.item.id;
    match id {
        None => record::make(app, ctx, entered, draft, meta, settle).await,
        Some((id, over)) => {
            target(app, entered, number, id).await?;
            record::edit(app, ctx, entered, id, over, draft, meta, settle).await
        }
    }
}

/// One adoption target of a benefit.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn target(app: &App, entered: &Entered, number: i32, id: Uuid) -> Result<AdoptionTarget> {
    let all = targets(app, entered, number).await?;
    all.into_iter().find(|target| target.head.id == id).ok_or(Error::NotFound)
}

/// Takes an adoption target away; one that was measured stays.
///
/// # Errors
/// Forbidden but for managers; refused where it was measured.
pub async fn drop_target(
    app: &App,
    ctx: &Ctx,
    entered: &Entered,
    number: i32,
    id: Uuid,
    over: Over,
) -> Result<()> {
    record::may(entered, AdoptionTarget::KIND)?;
    target(app, entered, number, id).await?;
    let measured = measurements(app, entered, number).await?;
    if measured.iter().any(|one| one.adoption_target == Some(id)) {
        return Err(Error::refused("", "It was measured: take its measurements away first."));
    }
    record::remove::<AdoptionTarget>(app, ctx, entered, id, over).await
}
