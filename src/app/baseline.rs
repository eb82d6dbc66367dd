//! Baselines: the first committed dates, and the sets of dates that replace them.

use super::access::Entered;
use super::program::check;
use super::{App, Ctx, Error, Result, WriteMeta, plan};
use crate::domain::change::Change;
use crate::domain::draft::{Control, Draft, Field, FieldError, Refused};
use crate::domain::event::Event;
use crate::domain::ids::{BaselineId, ItemId, ProgramId};
use crate::domain::item::{Detail, Item};
use crate::domain::kind::{Kind, Reference, State};
use crate::store::baseline::NewBaseline;
use crate::store::{self, Tx, new_id};
use chrono::NaiveDate;
use serde_json::Value;
use std::collections::HashSet;

pub(super) async fn commit_first_dates(tx: &mut Tx, items: &[Item]) -> Result<()> {
    let dates: Vec<_> = items
        .iter()
        .filter_map(|made| match &made.detail {
            Detail::Milestone(milestone) => Some((made.id, milestone.original_on?)),
            _ => None,
        })
        .collect();
    if let Some(first) = items.first().filter(|_| !dates.is_empty()) {
        let made_on = items.iter().map(|made| made.effective_on).min().unwrap_or(first.effective_on);
        let original = original(tx, first.program, made_on);
        store::baseline::commit_originals(tx, &original, &dates).await?;
    }
    Ok(())
}

/// Commits the finishes of activities in the original baseline of a program.
pub(super) async fn commit_finishes(
    tx: &mut Tx,
    program: ProgramId,
    on: NaiveDate,
    dates: &[(ItemId, NaiveDate)],
) -> Result<()> {
    if dates.is_empty() {
        return Ok(());
    }
    let original = original(tx, program, on);
    Ok(store::baseline::commit_originals(tx, &original, dates).await?)
}

/// The baseline that the first dates enter.
fn original(tx: &Tx, program: ProgramId, made_on: NaiveDate) -> NewBaseline {
    NewBaseline {
        id: BaselineId(new_id(tx.stamp().now)),
        program,
        name: "Original".into(),
        reason: String::new(),
        made_on,
        change: None,
    }
}

/// Whether a baseline may commit another date for an item: what is achieved, done or cancelled keeps the one that it has.
pub(super) const fn may_move(item: &Item) -> bool {
    !matches!(item.state, State::Achieved | State::Done | State::Cancelled)
}

/// Why the committed date of an item can't be moved.
pub(super) fn stands(named: &Reference, item: &Item) -> String {
    format!("{named} is {}: its committed date stands as it is. Leave it out.", item.state.label())
}

/// What a baseline says that moves no date.
const AS_THEY_ARE: &str = "No date is named: the committed dates stand as they are.";

/// Makes the next baseline of an approved change request.
pub(super) async fn rebaseline(
    tx: &mut Tx,
    ctx: &Ctx,
    key: &str,
    item: &Item,
    change: &Change,
    dates: &[(ItemId, NaiveDate)],
    on: NaiveDate,
) -> Result<()> {
    let baseline = NewBaseline {
        id: BaselineId(new_id(ctx.now)),
        program: item.program,
        name: item.title.chars().take(200).collect(),
        reason: if dates.is_empty() {
            [change.reason.as_str(), AS_THEY_ARE].join("\n\n").trim().to_owned()
        } else {
            change.reason.clone()
        },
        made_on: on,
        change: Some(item.id),
    };
    // Number 0 is the original's, also where nothing was ever committed.
    let original = original(tx, item.program, on);
    store::baseline::commit_originals(tx, &original, &[]).await?;
    write(tx, key, &baseline, dates, "rebaseline").await.map(drop)
}

/// Whether a baseline commits dates for items of a kind.
pub(super) const fn is_dated(kind: Kind) -> bool {
    matches!(kind, Kind::Milestone | Kind::Activity)
}

/// Makes the next baseline and moves the committed dates of its milestones; the finishes of activities stand in the baseline alone. In
/// the caller's transaction. `field` names the dates in the caller's draft.
pub(super) async fn write(
    tx: &mut Tx,
    key: &str,
    baseline: &NewBaseline,
    dates: &[(ItemId, NaiveDate)],
    field: &str,
) -> Result<i32> {
    let wrong = || {
        Error::refused(
            field,
            "A baseline commits dates of milestones and activities of its own program, each once.",
        )
    };
    let mut once: Vec<ItemId> = dates.iter().map(|(item, _)| *item).collect();
    once.sort_unstable();
    once.dedup();
    if once.len() != dates.len() {
        return Err(wrong());
    }
    let items = store::item::by_ids(tx, &once).await?;
    let fits = |item: &Item| is_dated(item.kind) && item.program == baseline.program;
    if items.len() != dates.len() || !items.iter().all(fits) {
        return Err(wrong());
    }
    let errors: Vec<_> = items
        .iter()
        .filter(|item| !may_move(item))
        .map(|item| {
            let named = Reference { program: key.to_owned(), kind: item.kind, number: item.number };
            FieldError::new(field, stands(&named, item))
        })
        .collect();
    if !errors.is_empty() {
        return Err(Refused { errors, ..Refused::default() }.into());
    }
    let (number, latest) = store::baseline::insert(tx, baseline, dates).await?;
    if let Some(latest) = latest.filter(|latest| *latest > baseline.made_on) {
        let why = format!("The baseline before it was made on {latest}: give that day or a later one.");
        return Err(Error::refused("on", why));
    }
    let milestones: HashSet<ItemId> =
        items.iter().filter(|item| item.kind == Kind::Milestone).map(|item| item.id).collect();
    let dates: Vec<_> = dates.iter().filter(|(item, _)| milestones.contains(item)).copied().collect();
    let moved = store::item::commit_dates(tx, baseline.program, &dates, baseline.made_on).await?;
    if moved.len() != dates.len() {
        return Err(wrong());
    }
    if let Some(latest) =
        moved.iter().map(|(_, _, _, latest)| *latest).max().filter(|day| *day > baseline.made_on)
    {
        return Err(Error::refused(
            "on",
            format!(
                "History is appended to, never rewritten: one of these milestones has a version of {latest}; give that day or a later one."
            ),
        ));
    }
    for (item, from, to, _) in moved {
        let event = Event::Rebaselined { from, to, baseline: number };
        tx.record(Some(baseline.program), Some(item), baseline.made_on, &event);
    }
    let event = Event::BaselineMade { number, name: baseline.name.clone() };
    tx.record(Some(baseline.program), None, baseline.made_on, &event);
    Ok(number)
}

/// The fields of a baseline that is made by hand.
pub const FIELDS: &[Field] = &[
    Field::new("name", "Name", Control::Line(200)).required().hint("Such as “After the June re-plan”"),
    Field::new("reason", "Why the committed dates move", Control::Text(5_000)),
    Field::new("items", "New committed dates", Control::Commitments)
        .hint("One a line: ATLAS-M3 2027-03-12. What is left out keeps the date that it has."),
    Field::new(
        "activities",
        "Commit the finishes of open activities as the schedule has them",
        Control::Flag,
    )
    .hint("What is named above keeps what it says."),
];

/// The same for people, who say why.
pub const FORM: [Field; 4] = [FIELDS[0], FIELDS[1].required(), FIELDS[2], FIELDS[3]];

/// Makes a baseline by hand: a manager's right. Milestones that are left out keep the date that they had.
///
/// # Errors
/// Forbidden; refused with the draft's errors.
pub async fn make(app: &App, ctx: &Ctx, entered: &Entered, draft: &Draft, meta: &WriteMeta) -> Result<i32> {
    entered.must_manage()?;
    let on = entered.effective_on(meta.effective_on, "effective_on")?;
    let program = entered.program().id;
    let scheduled = match draft.0.get("activities") {
        Some(asked) if is_true(asked) => scheduled(app, entered).await?,
        _ => Vec::new(),
    };
    let mut tx = app.db.begin(&ctx.stamp(&draft.text("reason"))).await?;
    let values =
        check(&mut tx, ctx, Some(program), FIELDS, draft, None).await.map_err(|e| e.with_draft(draft))?;
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
    let mut dates: Vec<_> = dates.iter().map(|c| (c.item, c.committed_on)).collect();
    let named: HashSet<ItemId> = dates.iter().map(|(item, _)| *item).collect();
    dates.extend(scheduled.into_iter().filter(|(item, _)| !named.contains(item)));
    let number =
        write(&mut tx, entered.key(), &baseline, &dates, "items").await.map_err(|e| e.with_draft(draft))?;
    tx.commit().await?;
    plan::after(app, ctx.now, Some(ctx.viewer.person), &[program]).await;
    Ok(number)
}

/// Whether a flag is set, as a form or the API says it.
fn is_true(value: &Value) -> bool {
    value == &Value::Bool(true)
        || value.as_str().is_some_and(|text| matches!(text, "true" | "on" | "yes" | "1"))
}

/// The open activities of the program with the days on which the schedule has them finish.
async fn scheduled(app: &App, entered: &Entered) -> Result<Vec<(ItemId, NaiveDate)>> {
    let Some(plan) = plan::if_any(app, entered).await? else { return Ok(Vec::new()) };
    let work = plan.work_of(entered.program().id).filter(|ix| plan.is_open(*ix));
    Ok(work.map(|ix| (plan.node(ix).item, plan.finishes_on(ix))).collect())
}

/// The baselines that had been made by the day that is shown.
///
/// # Errors
/// When the database is away.
pub async fn list(app: &App, entered: &Entered) -> Result<Vec<store::baseline::Baseline>> {
    Ok(store::baseline::all(&app.db, entered.program().id, entered.as_of()).await?)
}

/// A baseline with the dates that it set, as far as they had entered it by the day that is shown.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn find(
    app: &App,
    entered: &Entered,
    number: i32,
) -> Result<(store::baseline::Baseline, Vec<store::baseline::Committed>)> {
    let all = list(app, entered).await?;
    let found = all.into_iter().find(|baseline| baseline.number == number).ok_or(Error::NotFound)?;
    let dates = store::baseline::dates(&app.db, found.id, entered.as_of()).await?;
    Ok((found, dates))
}

/// What became of a committed date from one baseline to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Between {
    Same,
    /// Working days; positive is later.
    Moved(i64),
    Added,
    Removed,
}

impl Between {
    /// The name in the API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Moved(_) => "moved",
            Self::Added => "added",
            Self::Removed => "removed",
        }
    }
}

/// Two baselines side by side.
#[derive(Clone, Debug)]
pub struct Compared {
    pub a: store::baseline::Baseline,
    pub b: store::baseline::Baseline,
    /// What moved most first, then what was added and removed, then the rest.
    pub lines: Vec<(store::baseline::InBoth, Between)>,
    pub moved: usize,
    pub added: usize,
    pub removed: usize,
}

/// Holds one baseline against another, by their numbers.
///
/// # Errors
/// [`Error::NotFound`] where there is one of them only.
pub async fn compare(app: &App, entered: &Entered, a: i32, b: i32) -> Result<Compared> {
    let all = list(app, entered).await?;
    let find = |number| all.iter().find(|baseline| baseline.number == number).cloned().ok_or(Error::NotFound);
    let (a, b) = (find(a)?, find(b)?);
    let later = if a.number > b.number { &a } else { &b };
    let program = entered.program();
    let calendar = program.calendar();
    let rows = store::baseline::compare(&app.db, program.id, a.number, b.number, later.made_on).await?;
    let between = |row: &store::baseline::InBoth| match (row.a, row.b) {
        _ if row.removed => Between::Removed,
        (Some(from), Some(to)) if from == to => Between::Same,
        (Some(from), Some(to)) => Between::Moved(calendar.working_days(from, to)),
        (None, _) => Between::Added,
        (Some(_), None) => Between::Removed,
    };
    let mut lines: Vec<_> = rows
        .into_iter()
        .filter_map(|mut row| {
            let between = between(&row);
            if row.removed {
                // The baseline that took it out has no date for it.
                *(if a.number > b.number { &mut row.a } else { &mut row.b }) = None;
            }
            // What came and went between the two is in neither.
            (row.a.is_some() || row.b.is_some()).then_some((row, between))
        })
        .collect();
    let rank = |between: &Between| match between {
        Between::Moved(days) => (0, -days.abs()),
        Between::Added => (1, 0),
        Between::Removed => (2, 0),
        Between::Same => (3, 0),
    };
    lines.sort_by_key(|(_, between)| rank(between));
    let count = |is: fn(&Between) -> bool| lines.iter().filter(|(_, between)| is(between)).count();
    Ok(Compared {
        moved: count(|between| matches!(between, Between::Moved(_))),
        added: count(|between| matches!(between, Between::Added)),
        removed: count(|between| matches!(between, Between::Removed)),
        lines,
        a,
        b,
    })
}
