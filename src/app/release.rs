//! Releases: their steps as they are taken, and what goes wrong after the launch.

use super::access::Entered;
use super::item::{find, must_stand};
use super::{App, Ctx, Error, Result};
use crate::domain::draft::{Directory, Draft};
use crate::domain::event::Event;
use crate::domain::item::{Detail, Item};
use crate::domain::kind::{Kind, Reference, State};
use crate::domain::release::{EVENT_FIELDS, EventKind, STEP_FIELDS};
use crate::store::release::{Counted, Taken};
use crate::store::{self, Tx, new_id};
use chrono::NaiveDate;
use serde_json::Value;
use uuid::Uuid;

/// A gate of a release, or of its milestone, and where it stood.
#[derive(Clone, Debug)]
pub struct GateOf {
    pub reference: Reference,
    pub title: String,
    pub state: State,
}

impl GateOf {
    /// Whether it has said go, be it on conditions.
    #[must_use]
    pub const fn goes(&self) -> bool {
        matches!(self.state, State::Go | State::ConditionalGo)
    }
}

/// The gates of a release and of its milestone, as they stood at the end of a day.
async fn gates_at(app: &App, entered: &Entered, release: &Item, day: NaiveDate) -> Result<Vec<GateOf>> {
    let Detail::Release(own) = &release.detail else { return Err(Error::NotFound) };
    let as_of = Some(day).filter(|day| *day < entered.today());
    let found = store::gate::of_release(&app.db, release.program, (release.id, own.milestone), as_of).await?;
    let gate = |(number, title, state)| {
        let reference = Reference { program: entered.key().to_owned(), kind: Kind::Gate, number };
        GateOf { reference, title, state }
    };
    Ok(found.into_iter().map(gate).collect())
}

/// The gates of a release: as they stood when it was launched, or as they stand.
#[derive(Clone, Debug)]
pub struct Gates {
    pub gates: Vec<GateOf>,
    /// It was launched although one of them had not said go: why, as far as it was said.
    pub without: Option<String>,
}

/// Reads the gates of a release.
///
/// # Errors
/// When the database is away.
pub async fn gates(app: &App, entered: &Entered, release: &Item) -> Result<Gates> {
    let Detail::Release(own) = &release.detail else { return Err(Error::NotFound) };
    let gates = gates_at(app, entered, release, own.launched_on.unwrap_or(entered.day())).await?;
    let without = match own.launched_on {
        Some(on) if gates.iter().any(|gate| !gate.goes()) => {
            Some(store::release::launch_reason(&app.db, release.id, on).await?.unwrap_or_default())
        }
        _ => None,
    };
    Ok(Gates { gates, without })
}

/// Decides whether a release may be launched: while a gate of it, or of its milestone, has not said go, a manager launches it, and
/// says why.
///
/// # Errors
/// [`Error::NotYours`], or refused: both name the gates.
pub(super) async fn may_launch(
    app: &App,
    entered: &Entered,
    release: &Item,
    reason: &str,
    on: NaiveDate,
) -> Result<()> {
    let gates = gates_at(app, entered, release, on).await?;
    let open: Vec<String> = gates
        .iter()
        .filter(|gate| !gate.goes())
        .map(|gate| format!("{} {} is {}", gate.reference, gate.title, gate.state.label()))
        .collect();
    if open.is_empty() {
        return Ok(());
    }
    let open = open.join("; ");
    if !entered.may_manage() {
        let why =
            format!("{open}: without its go, only a manager of the program launches this, for a reason.");
        return Err(Error::NotYours(why));
    }
    if reason.trim().is_empty() {
        let why = format!("{open}: say why this is launched without its go. It is kept, and shown.");
        return Err(Error::refused("reason", why));
    }
    Ok(())
}

/// Refuses whoever is no manager to take a release from a milestone on which gates hang: they are its gates too.
///
/// # Errors
/// [`Error::NotYours`], naming the gates.
pub(super) async fn must_stay(app: &App, entered: &Entered, before: &Item, next: &Item) -> Result<()> {
    let (Detail::Release(was), Detail::Release(is)) = (&before.detail, &next.detail) else { return Ok(()) };
    if entered.may_manage() || was.milestone.is_none() || was.milestone == is.milestone {
        return Ok(());
    }
    let left = gates_at(app, entered, next, entered.today()).await?;
    let had = gates_at(app, entered, before, entered.today()).await?.into_iter().map(|gate| gate.reference);
    let lost: Vec<String> = had
        .filter(|gate| left.iter().all(|left| left.reference != *gate))
        .map(|gate| gate.to_string())
        .collect();
    if lost.is_empty() {
        return Ok(());
    }
    let why = format!(
        "Its milestone has a gate: {}. Only a manager of the program takes the release from it.",
        lost.join(", ")
    );
    Err(Error::NotYours(why))
}

/// The steps of a release that were taken.
///
/// # Errors
/// When the database is away.
pub async fn taken(app: &App, entered: &Entered, release: &Item) -> Result<Vec<Taken>> {
    Ok(store::release::taken(&app.db, release.id, entered.as_of()).await?)
}

/// Marks a step as taken, by whom and when, or as not taken after all.
///
/// # Errors
/// Forbidden for viewers; refused for a step that the release doesn't have.
pub async fn tick(app: &App, ctx: &Ctx, entered: &Entered, number: i32, draft: &Draft) -> Result<()> {
    entered.must_raise()?;
    let release = find(app, entered, Kind::Release, number).await?.item;
    must_stand(&release)?;
    let Detail::Release(own) = &release.detail else { return Err(Error::NotFound) };
    let values = draft.check(STEP_FIELDS, &Directory::default())?;
    let step = values["step"].as_str().unwrap_or_default();
    let flag = |name: &str| values.get(name).and_then(Value::as_bool).unwrap_or_default();
    let rollback = flag("rollback");
    let done = flag("done") || !draft.0.contains_key("done");
    let steps = if rollback { &own.rollback_steps } else { &own.rollout_steps };
    if !steps.iter().any(|known| known.step == step) {
        return Err(Error::refused("step", format!("This release has no step “{step}”.")).with_draft(draft));
    }
    let on = entered.today();
    let mut tx = app.db.begin(&ctx.stamp("")).await?;
    let changed = if done {
        store::release::take(&mut tx, (release.id, release.program), (rollback, step), on).await?
    } else {
        store::release::untake(&mut tx, release.id, rollback, step).await?
    };
    if changed {
        let event = Event::StepTaken { step: step.to_owned(), done };
        tx.record(Some(release.program), Some(release.id), on, &event);
    }
    Ok(tx.commit().await?)
}

/// When a release was launched, and when and why it was taken back, each the first first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Launches {
    pub on: Vec<NaiveDate>,
    pub rolled_back: Vec<(NaiveDate, String)>,
}

/// Reads them, by the day that is shown: the launches are those that metrics 10 and 11 go by.
///
/// # Errors
/// When the database is away.
pub async fn launches(app: &App, entered: &Entered, release: &Item) -> Result<Launches> {
    let day = entered.day();
    let mut all = Launches::default();
    for turn in store::release::turns(&app.db, release.id, day).await? {
        all.on.extend(turn.launched_on.filter(|on| turn.in_force && *on <= day));
        if let Some(on) = turn.rolled_back_on.filter(|on| *on <= day) {
            all.rolled_back.push((on, turn.rollback_reason));
        }
    }
    all.on.sort_unstable();
    all.on.dedup();
    all.rolled_back.dedup();
    Ok(all)
}

/// What went wrong with a release, the latest first.
///
/// # Errors
/// When the database is away.
pub async fn events(app: &App, entered: &Entered, release: &Item) -> Result<Vec<Counted>> {
    Ok(store::release::events(&app.db, release.id, entered.as_of()).await?)
}

/// Defects before the launch that somebody who is no manager counts at once.
const AT_ONCE: i32 = 100;

/// Counts incidents or defects by hand.
///
/// # Errors
/// Forbidden for viewers; refused with the draft's errors, or where it is counted already.
pub async fn count(app: &App, ctx: &Ctx, entered: &Entered, number: i32, draft: &Draft) -> Result<Counted> {
    entered.must_raise()?;
    let release = find(app, entered, Kind::Release, number).await?.item;
    must_stand(&release)?;
    let mut counted = read(draft, entered.today())?;
    counted.id = new_id(ctx.now);
    let launched = match &release.detail {
        Detail::Release(own) => own.launched_on,
        _ => None,
    };
    // What is found before the launch makes what escapes a smaller share.
    let flatters = counted.kind == EventKind::Defect && launched.is_none_or(|on| counted.on < on);
    if flatters && !entered.may_manage() {
        if counted.on < entered.today() {
            return Err(Error::Forbidden(
                "Defects found before the launch are counted on the day they are found; later by a manager of the program.",
            ));
        }
        if counted.count > AT_ONCE {
            let message = format!("At most {AT_ONCE} at once, or by a manager of the program.");
            return Err(Error::refused("count", message).with_draft(draft));
        }
    }
    let mut tx = app.db.begin(&ctx.stamp("")).await?;
    if !write(&mut tx, &release, &counted, entered.today()).await? {
        return Err(Error::refused("external_id", "It is counted already.").with_draft(draft));
    }
    tx.commit().await?;
    Ok(counted)
}

/// Reads what went wrong; it has no id yet.
///
/// # Errors
/// Refused with the draft's errors, and for a day that has not come.
pub(super) fn read(draft: &Draft, today: NaiveDate) -> Result<Counted> {
    let values = draft.check(EVENT_FIELDS, &Directory::default())?;
    let text = |name: &str| values.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let on = text("on").parse().unwrap_or(today);
    if on > today {
        return Err(Error::refused("on", "That day has not come yet.").with_draft(draft));
    }
    let count = values.get("count").and_then(Value::as_i64).unwrap_or(1);
    Ok(Counted {
        id: Uuid::nil(),
        kind: if text("kind") == "defect" { EventKind::Defect } else { EventKind::Incident },
        on,
        count: i32::try_from(count).unwrap_or(1),
        title: text("title"),
        source: String::new(),
        external_id: Some(text("external_id")).filter(|id| !id.is_empty()),
    })
}

/// Writes what was counted; whether it wasn't before.
pub(super) async fn write(tx: &mut Tx, release: &Item, counted: &Counted, today: NaiveDate) -> Result<bool> {
    // It holds from the day on which it happened.
    let on = counted.on.min(today);
    let new = store::release::count(tx, (release.id, release.program), counted, on).await?;
    if new {
        let event = Event::Counted { what: counted.kind, count: counted.count, on: counted.on };
        tx.record(Some(release.program), Some(release.id), today, &event);
    }
    Ok(new)
}

/// Takes back what was counted, if it is there: whoever counted it by hand does, or a manager.
///
/// # Errors
/// Forbidden for viewers, and of what others counted or a tool sent for all but managers.
pub async fn uncount(app: &App, ctx: &Ctx, entered: &Entered, number: i32, id: Uuid) -> Result<()> {
    entered.must_raise()?;
    let release = find(app, entered, Kind::Release, number).await?.item;
    let mut tx = app.db.begin(&ctx.stamp("")).await?;
    let Some(gone) = store::release::uncount(&mut tx, release.id, id).await? else { return Ok(()) };
    if !entered.may_manage() && store::release::counted_by(&mut tx, id).await? != Some(ctx.viewer.person) {
        return Err(Error::Forbidden("Only whoever counted it, or a manager of the program, takes it back."));
    }
    let event = Event::Counted { what: gone.kind, count: -gone.count, on: gone.on };
    tx.record(Some(release.program), Some(release.id), entered.today(), &event);
    Ok(tx.commit().await?)
}
