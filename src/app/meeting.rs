//! Meetings: an agenda that is proposed from what waits and then kept, what comes of them while they run, and their minutes.

use super::access::Entered;
use super::item::{blank, find, must_stand, names_in, write_new};
use super::program::check;
use super::{App, Ctx, Error, Over, Result, transition};
use crate::domain::docket::{Minutes, Why, propose};
use crate::domain::draft::{Choices, Control, Draft, Field, Named};
use crate::domain::event::Event;
use crate::domain::ids::{ItemId, PersonId};
use crate::domain::item::{Detail, Item};
use crate::domain::kind::{Kind, Reference, State};
use crate::domain::meeting::Meeting;
use crate::domain::subject::Subject;
use crate::domain::transition::{Move, apply};
use crate::store::item::Stored;
use crate::store::meeting::{Part, Point, Series};
use crate::store::subject::Scope;
use crate::store::{self, Tx};
use chrono::NaiveDate;
use serde_json::{Map, Value};
use std::collections::HashSet;
use uuid::Uuid;

const KINDS: Choices = &[("action", "Action"), ("decision", "Decision")];

/// What an outcome is made of: a new action, a new decision that is taken, or (`decision` and `option`) one that waited and is taken.
pub const OUTCOME: &[Field] = &[
    Field::new("kind", "Kind", Control::Choice(KINDS)),
    Field::new("title", "Title", Control::Line(300)),
    Field::new("owner", "Owner", Control::Person),
    Field::new("due_on", "Due", Control::Date),
    Field::new("option", "What was decided", Control::Line(200)),
    Field::new("rationale", "Rationale", Control::Text(10_000)),
    Field::new("decision", "Decision", Control::Item),
];

/// What a point of an agenda is made of: an item, or all that are proposed; whether it was reached, and what is noted of it.
pub const POINT: &[Field] = &[
    Field::new("item", "Item", Control::Item),
    Field::new("proposed", "All that are proposed", Control::Flag),
    Field::new("reached", "Reached", Control::Flag),
    Field::new("note", "Note", Control::Text(5_000)),
];

/// A point that is proposed, and not kept yet.
#[derive(Clone, Debug)]
pub struct Proposal {
    pub subject: Subject,
    pub why: Why,
    pub says: String,
    /// The meeting that didn't reach it.
    pub from: Option<ItemId>,
}

/// A meeting with what it speaks of and what came of it.
#[derive(Clone, Debug)]
pub struct Docket {
    pub stored: Stored,
    pub agenda: Vec<Point>,
    pub outcomes: Vec<Point>,
    pub proposed: Vec<Proposal>,
    /// Whether the reader runs it.
    pub may_run: bool,
}

impl Docket {
    #[must_use]
    pub fn own(&self) -> Meeting {
        own(&self.stored.item)
    }
}

pub(super) fn own(item: &Item) -> Meeting {
    match &item.detail {
        Detail::Meeting(own) => (**own).clone(),
        _ => Meeting::default(),
    }
}

/// A meeting as it stood on the day that is shown. Points are proposed for one that is still to be held.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn docket(app: &App, ctx: &Ctx, entered: &Entered, number: i32) -> Result<Docket> {
    let stored = find(app, entered, Kind::Meeting, number).await?;
    let points = store::meeting::points(&app.db, stored.item.id, ctx.reader(), entered.as_of()).await?;
    let (agenda, outcomes): (Vec<_>, Vec<_>) = points.into_iter().partition(|p| p.part == Part::Agenda);
    let proposed = if stored.item.state == State::Planned && entered.as_of().is_none() {
        proposals(app, entered, &stored.item, &agenda).await?
    } else {
        Vec::new()
    };
    let may_run = entered.may_edit(&stored.item) && stored.item.archived_at.is_none();
    Ok(Docket { stored, agenda, outcomes, proposed, may_run })
}

/// The points that a meeting keeps, as they stood on the day that is shown.
///
/// # Errors
/// When the database is away.
pub async fn agenda(app: &App, ctx: &Ctx, entered: &Entered, meeting: &Item) -> Result<Vec<Point>> {
    let mut points = store::meeting::points(&app.db, meeting.id, ctx.reader(), entered.as_of()).await?;
    points.retain(|point| point.part == Part::Agenda);
    Ok(points)
}

async fn proposals(app: &App, entered: &Entered, meeting: &Item, kept: &[Point]) -> Result<Vec<Proposal>> {
    let own = own(meeting);
    let program = entered.program();
    let subjects = store::subject::all(&app.db, Scope::Program(program.id)).await?;
    let series = Series { forum: &own.forum, title: &meeting.title };
    let left = store::meeting::left_over(&app.db, program.id, meeting.id, series, own.on).await?;
    let carried: Vec<ItemId> = left.iter().map(|(_, item)| *item).collect();
    let days = (entered.today(), own.on.max(entered.today()));
    let points = propose(&subjects, &carried, days, &program.calendar());
    let news = points.into_iter().filter(|point| !kept.iter().any(|kept| kept.item == point.subject.item));
    Ok(news
        .map(|point| Proposal {
            why: point.why,
            says: point.says,
            from: left.iter().find(|(_, item)| *item == point.subject.item).map(|(meeting, _)| *meeting),
            subject: point.subject.clone(),
        })
        .collect())
}

/// Reads a meeting that is about to be changed.
async fn running(app: &App, entered: &Entered, number: i32) -> Result<Item> {
    let item = find(app, entered, Kind::Meeting, number).await?.item;
    entered.must_edit(&item)?;
    must_stand(&item)?;
    Ok(item)
}

/// Whether the viewer may run a meeting.
///
/// # Errors
/// [`Error::NotFound`], or forbidden.
pub async fn must_run(app: &App, entered: &Entered, number: i32) -> Result<()> {
    running(app, entered, number).await.map(drop)
}

/// Writes what changed of a meeting's parts, with its event.
async fn told(mut tx: Tx, entered: &Entered, meeting: &Item, field: &str) -> Result<()> {
    let event = Event::Edited { fields: vec![field.to_owned()] };
    tx.record(Some(meeting.program), Some(meeting.id), entered.today(), &event);
    Ok(tx.commit().await?)
}

fn flag(values: &Map<String, Value>, name: &str) -> Option<bool> {
    values.get(name).and_then(Value::as_bool)
}

fn text<'v>(values: &'v Map<String, Value>, name: &str) -> &'v str {
    values.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn id(values: &Map<String, Value>, name: &str) -> Option<Uuid> {
    text(values, name).parse().ok()
}

/// Puts a point on the agenda, or all that are proposed; or says of one that it was reached, and what is noted of it.
///
/// # Errors
/// Forbidden but for who runs the meeting; refused where nothing is named.
pub async fn keep(app: &App, ctx: &Ctx, entered: &Entered, number: i32, draft: &Draft) -> Result<()> {
    let meeting = running(app, entered, number).await?;
    let mut tx = app.db.begin(&ctx.stamp("")).await?;
    let values = check(&mut tx, ctx, Some(meeting.program), POINT, draft, None)
        .await
        .map_err(|e| e.with_draft(draft))?;
    let note = text(&values, "note").to_owned();
    let points: Vec<(ItemId, String, Option<ItemId>)> = match id(&values, "item").map(ItemId) {
        Some(item) if item == meeting.id => {
            return Err(Error::refused("item", "A meeting doesn't speak of itself.").with_draft(draft));
        }
        Some(item) => {
            let kept = store::meeting::points(&app.db, meeting.id, ctx.reader(), None).await?;
            let proposed = proposals(app, entered, &meeting, &kept).await?;
            let from = proposed.iter().find(|one| one.subject.item == item).and_then(|one| one.from);
            vec![(item, note.clone(), from)]
        }
        None if flag(&values, "proposed") == Some(true) => {
            let kept = store::meeting::points(&app.db, meeting.id, ctx.reader(), None).await?;
            let kept: Vec<_> = kept.into_iter().filter(|point| point.part == Part::Agenda).collect();
            let proposed = proposals(app, entered, &meeting, &kept).await?;
            proposed.into_iter().map(|one| (one.subject.item, String::new(), one.from)).collect()
        }
        None => {
            let why = "Name an item by its reference, or say that all proposed points are kept.";
            return Err(Error::refused("item", why).with_draft(draft));
        }
    };
    let (part, on) = (Part::Agenda, entered.today());
    store::meeting::put(&mut tx, meeting.id, meeting.program, part, &points, on).await?;
    if let ([(item, ..)], Some(reached)) = (points.as_slice(), flag(&values, "reached")) {
        let note = draft.0.contains_key("note").then_some(note.as_str());
        store::meeting::mark(&mut tx, meeting.id, *item, reached.then_some(on), note, on).await?;
    }
    told(tx, entered, &meeting, "agenda").await
}

/// What refuses a decision is told of the field that names it: the caller didn't say what state it goes to, or when.
fn of_decision(error: Error) -> Error {
    match error {
        Error::Refused(mut refused) => {
            let ours = |field: &str| OUTCOME.iter().any(|known| known.name == field);
            for error in refused.errors.iter_mut().filter(|error| !ours(&error.field)) {
                "decision".clone_into(&mut error.field);
            }
            Error::Refused(refused)
        }
        other => other,
    }
}

/// Takes a point from the agenda.
///
/// # Errors
/// Forbidden but for who runs the meeting; not found where it isn't on the agenda.
pub async fn take_off(app: &App, ctx: &Ctx, entered: &Entered, number: i32, reference: &str) -> Result<()> {
    let meeting = running(app, entered, number).await?;
    let named = [Named::Item(reference.to_owned())];
    let mut tx = app.db.begin(&ctx.stamp("")).await?;
    let found = store::lookup::directory_in(&mut tx, Some(meeting.program), ctx.reader(), &named).await?;
    let item = found.items.get(&reference.trim().to_lowercase()).copied().ok_or(Error::NotFound)?;
    if !store::meeting::take_off(&mut tx, meeting.id, ItemId(item)).await? {
        return Err(Error::NotFound);
    }
    told(tx, entered, &meeting, "agenda").await
}

/// Keeps, with the write that made it so, that an item came of a meeting; a point of its agenda was reached by that.
pub(super) async fn came_of_it(tx: &mut Tx, meeting: &Item, item: ItemId, on: NaiveDate) -> Result<()> {
    let outcome = [(item, String::new(), None)];
    store::meeting::put(tx, meeting.id, meeting.program, Part::Outcome, &outcome, on).await?;
    store::meeting::mark(tx, meeting.id, item, Some(on), None, on).await?;
    Ok(())
}

/// Captures what came of a meeting, in one transaction: a new action, a new decision that was taken in it, or one that waited and was taken.
///
/// # Errors
/// Forbidden but for who runs the meeting; refused with the draft's errors.
pub async fn outcome(app: &App, ctx: &Ctx, entered: &Entered, number: i32, draft: &Draft) -> Result<Item> {
    let meeting = running(app, entered, number).await?;
    if meeting.state == State::Cancelled {
        return Err(
            Error::refused("kind", "Nothing comes of a meeting that was cancelled.").with_draft(draft)
        );
    }
    let mut tx = app.db.begin(&ctx.stamp("")).await?;
    let program = meeting.program;
    let values = check(&mut tx, ctx, Some(program), OUTCOME, draft, Some(entered.today()))
        .await
        .map_err(|e| e.with_draft(draft))?;
    if let Some(decision) = id(&values, "decision").map(ItemId) {
        let found = store::item::by_ids(&mut tx, &[decision]).await?;
        drop(tx);
        let waits = found.first().filter(|item| item.kind == Kind::Decision && item.program == program);
        let Some(waits) = waits else {
            return Err(Error::refused("decision", "Name a decision of this program.").with_draft(draft));
        };
        let mut step = Map::from_iter([("to".to_owned(), Value::from("decided"))]);
        for name in ["option", "rationale"] {
            step.insert(name.to_owned(), Value::from(text(&values, name)));
        }
        let (kind, number) = (Kind::Decision, waits.number);
        let step = Draft(step);
        let made =
            transition::make_in(app, ctx, entered, kind, number, Over::Any, &step, Some(&meeting)).await;
        return made.map_err(|error| of_decision(error).with_draft(draft));
    }
    let kind = match text(&values, "kind") {
        "action" => Kind::Action,
        "decision" => Kind::Decision,
        _ => {
            return Err(
                Error::refused("kind", "Say whether it is an action or a decision.").with_draft(draft)
            );
        }
    };
    let on = entered.today();
    let mut made = blank(program, kind, ctx.now, on);
    made.detail = Detail::blank(kind);
    let mut own = Map::from_iter([("raised_on".to_owned(), Value::from(on.to_string()))]);
    for name in ["title", "owner"] {
        own.insert(name.to_owned(), values.get(name).cloned().unwrap_or_default());
    }
    if text(&own, "title").is_empty() {
        return Err(Error::refused("title", "Say what it is.").with_draft(draft));
    }
    if kind == Kind::Action {
        own.insert("due_on".to_owned(), values.get("due_on").cloned().unwrap_or_default());
        own.insert("from".to_owned(), Value::from(meeting.id.to_string()));
    } else {
        let forum = self::own(&meeting).forum;
        own.insert("forum".to_owned(), Value::from(forum));
    }
    let base = made.draft().0;
    let whole: Map<String, Value> = base.into_iter().chain(own).collect();
    made.fill(whole, on).map_err(|refused| refused.with_draft(draft))?;
    if kind == Kind::Decision {
        let waiting = Move { by: Some(ctx.viewer.person.0), ..Move::new(State::Waiting, on) };
        let decided = Move {
            by: Some(ctx.viewer.person.0),
            option: text(&values, "option").to_owned(),
            rationale: text(&values, "rationale").to_owned(),
            ..Move::new(State::Decided, on)
        };
        for step in [waiting, decided] {
            apply(&mut made, &step).map_err(|refused| refused.with_draft(draft))?;
        }
    }
    made.number = store::item::take_numbers(&mut tx, program, kind, 1).await?;
    write_new(&mut tx, kind, std::slice::from_ref(&made)).await.map_err(|e| e.with_draft(draft))?;
    came_of_it(&mut tx, &meeting, made.id, on).await?;
    tx.record(Some(program), Some(made.id), on, &Event::Raised {});
    if kind == Kind::Decision {
        let event = Event::Moved { from: State::Waiting, to: State::Decided };
        tx.record(Some(program), Some(made.id), on, &event);
    }
    tx.commit().await?;
    Ok(made)
}

/// The minutes of a meeting, as it stood on the day that is shown.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn minutes(app: &App, ctx: &Ctx, entered: &Entered, docket: &Docket) -> Result<Minutes> {
    let own = docket.own();
    let item = &docket.stored.item;
    let names = names_in(app, ctx, [&item.detail.values()]).await?;
    let present = own.attendees.iter().filter_map(|id| names.person(Some(PersonId(*id))));
    let day = |on: NaiveDate| on.format("%-d %b %Y").to_string();
    let line = |point: &Point| {
        let said = match point.reference.kind {
            Kind::Decision => point.decided.clone().unwrap_or_default(),
            Kind::Action => {
                let by = point.next_on.map(|on| format!("by {}", day(on)));
                let who = point.owner_name.clone();
                who.into_iter().chain(by).collect::<Vec<_>>().join(", ")
            }
            _ => String::new(),
        };
        (point.reference.to_string(), point.title.clone(), said)
    };
    let noted = |point: &Point| (point.reference.to_string(), point.title.clone(), point.note.clone());
    let of = |kind: Kind| docket.outcomes.iter().filter(move |point| point.reference.kind == kind);
    let rest = docket.outcomes.iter().filter(|p| !matches!(p.reference.kind, Kind::Decision | Kind::Action));
    let elsewhere: HashSet<ItemId> =
        store::meeting::carried(&app.db, item.id, entered.as_of()).await?.into_iter().collect();
    let left = docket.agenda.iter().filter(|point| point.reached_on.is_none());
    let (carried, left): (Vec<_>, Vec<_>) = left.partition(|point| elsewhere.contains(&point.item));
    let came: HashSet<ItemId> = docket.outcomes.iter().map(|point| point.item).collect();
    Ok(Minutes {
        title: item.title.clone(),
        reference: Reference { program: entered.key().to_owned(), kind: Kind::Meeting, number: item.number }
            .to_string(),
        on: own.on,
        forum: own.forum.clone(),
        attendees: present.map(str::to_owned).collect(),
        decisions: of(Kind::Decision).map(line).collect(),
        actions: of(Kind::Action).map(line).collect(),
        others: rest.map(line).collect(),
        reached: docket
            .agenda
            .iter()
            .filter(|point| point.reached_on.is_some() && !came.contains(&point.item))
            .map(noted)
            .collect(),
        held: item.state == State::Held,
        carried: carried.into_iter().map(noted).collect(),
        left: left.into_iter().map(noted).collect(),
        notes: own.notes,
    })
}
