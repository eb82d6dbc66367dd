//! What the page of a release has of its own: its steps, ticked off while it is launched, and what went wrong after.

use super::Typed;
use super::gate::{back, done};
use crate::app::access::{self, Entered};
use crate::app::release::{GateOf, Gates};
use crate::app::{self, App, Error};
use crate::domain::draft::Draft;
use crate::domain::item::Item;
use crate::domain::kind::Kind;
use crate::domain::release::{Aftermath, EVENT_FIELDS, EventKind, Release, Step, WATCHED_DAYS, by_week};
use crate::store::release::{Counted, Taken};
use crate::web::chart::{Bars, Words};
use crate::web::extract::{Form, Place, Web};
use crate::web::form::{Input, Shown, control, summary};
use crate::web::present::{PageError, PageResult};
use crate::web::routes::Routes;
use crate::web::shell::Shell;
use askama::Template;
use axum::extract::{Path, State as Of};
use chrono::{Days, NaiveDate};
use uuid::Uuid;

/// Weeks after a launch that are drawn.
const WEEKS: usize = 26;

pub(super) fn routes() -> Routes {
    Routes::new()
        .post("/programs/{key}/releases/{number}/steps", tick)
        .post("/programs/{key}/releases/{number}/events", count)
        .post("/programs/{key}/releases/{number}/events/{id}/remove", uncount)
}

struct StepLine {
    step: Step,
    taken: Option<Taken>,
}

#[derive(Template)]
#[template(path = "readiness/release.html")]
struct ReleasePart<'a> {
    path: String,
    own: &'a Release,
    /// When it was launched before.
    launched_before: Vec<NaiveDate>,
    /// When and why it was taken back before.
    rolled_back_before: Vec<(NaiveDate, String)>,
    /// Its gates and those of its milestone: address, title, state.
    gates: Vec<(String, GateOf)>,
    /// Why it was launched without the go of one of them.
    without: Option<String>,
    may_raise: bool,
    lists: Vec<(&'static str, &'static str, bool, Vec<StepLine>)>,
    events: Vec<Counted>,
    aftermath: Aftermath,
    chart: Option<Bars>,
    fields: Vec<Shown>,
    errors: Vec<(String, String)>,
    step_error: Option<String>,
}

pub(super) async fn part(
    app: &App,
    entered: &Entered,
    item: &Item,
    own: &Release,
    shell: &Shell,
    typed: Option<&Typed>,
) -> Result<String, PageError> {
    let taken = app::release::taken(app, entered, item).await?;
    let events = app::release::events(app, entered, item).await?;
    let Gates { gates, without } = app::release::gates(app, entered, item).await?;
    let line = |rollback: bool| {
        let taken = taken.clone();
        move |step: &Step| StepLine {
            step: step.clone(),
            taken: taken.iter().find(|done| done.rollback == rollback && done.step == step.step).cloned(),
        }
    };
    let launches = app::release::launches(app, entered, item).await?;
    let counted = events.iter().map(|counted| (counted.kind, counted.on, counted.count.into()));
    let aftermath = Aftermath::of(&launches.on, counted);
    let mut launched_before = launches.on.clone();
    launched_before.retain(|on| Some(*on) != own.launched_on);
    let mut rolled_back_before = launches.rolled_back;
    rolled_back_before.retain(|(on, _)| Some(*on) != own.rolled_back_on);
    let here = typed.filter(|(form, ..)| *form == "event");
    let blank = Draft::default();
    let (draft, wrong) = here.map_or((&blank, &[][..]), |(_, draft, wrong)| (draft, wrong.as_slice()));
    let fields: Vec<Shown> =
        EVENT_FIELDS.iter().map(|field| control(field, "event-", draft, wrong)).collect();
    let part = ReleasePart {
        path: format!("/programs/{}/releases/{}", entered.key(), item.number),
        gates: gates.into_iter().map(|gate| (shell.href(&gate.reference.path()), gate)).collect(),
        without,
        may_raise: entered.may_raise() && item.archived_at.is_none(),
        lists: vec![
            ("rollout", "Launch, step by step", false, own.rollout_steps.iter().map(line(false)).collect()),
            ("rollback", "The way back", true, own.rollback_steps.iter().map(line(true)).collect()),
        ],
        launched_before,
        rolled_back_before,
        aftermath,
        chart: chart(&launches.on, &events, entered),
        errors: summary(&fields, wrong),
        fields,
        step_error: typed
            .filter(|(form, ..)| *form == "step")
            .and_then(|(.., wrong)| wrong.first().map(|error| error.message.clone())),
        events,
        own,
    };
    Ok(part.render()?)
}

fn taken_of(steps: &[StepLine]) -> usize {
    steps.iter().filter(|line| line.taken.is_some()).count()
}

/// What came from the first launch on: a second one doesn't make it undone.
fn chart(launches: &[NaiveDate], events: &[Counted], entered: &Entered) -> Option<Bars> {
    let launched = *launches.first()?;
    let incidents = events
        .iter()
        .filter(|counted| counted.kind == EventKind::Incident)
        .map(|counted| (counted.on, u32::try_from(counted.count).unwrap_or(0)));
    let weeks = by_week(launched, entered.day(), WEEKS, incidents);
    if weeks.len() < 2 {
        return None;
    }
    let weeks: Vec<_> =
        weeks.iter().zip(0_u64..).map(|(count, at)| (launched + Days::new(at * 7), *count)).collect();
    let description = "Incidents of each week from the first launch on, by the week's first day.";
    let words = Words::new("incidents", "Incidents a week", description);
    Some(Bars::new(words, "incidents", &weeks))
}

async fn tick(
    Of(app): Of<App>,
    Web(ctx): Web,
    place: Place,
    Path((key, number)): Path<(String, i32)>,
    Form(typed): Form,
) -> PageResult {
    let entered = access::enter(&app, &ctx, &key).await?;
    let at = (Kind::Release, number);
    let list = if typed.has("rollback", "true") { "rollback" } else { "rollout" };
    match app::release::tick(&app, &ctx, &entered, number, &typed).await {
        Ok(()) => Ok(done(&entered, at, "ticked", list)),
        Err(Error::Refused(refused)) => {
            back(&app, &ctx, &place, &entered, at, ("step", typed, refused.errors)).await
        }
        Err(error) => Err(error.into()),
    }
}

async fn count(
    Of(app): Of<App>,
    Web(ctx): Web,
    place: Place,
    Path((key, number)): Path<(String, i32)>,
    Form(typed): Form,
) -> PageResult {
    let entered = access::enter(&app, &ctx, &key).await?;
    let at = (Kind::Release, number);
    match app::release::count(&app, &ctx, &entered, number, &typed).await {
        Ok(_) => Ok(done(&entered, at, "counted", "went-wrong")),
        Err(Error::Refused(refused)) => {
            back(&app, &ctx, &place, &entered, at, ("event", typed, refused.errors)).await
        }
        Err(error) => Err(error.into()),
    }
}

async fn uncount(
    Of(app): Of<App>,
    Web(ctx): Web,
    Path((key, number, id)): Path<(String, i32, Uuid)>,
) -> PageResult {
    let entered = access::enter(&app, &ctx, &key).await?;
    app::release::uncount(&app, &ctx, &entered, number, id).await?;
    Ok(done(&entered, (Kind::Release, number), "removed", "went-wrong"))
}
