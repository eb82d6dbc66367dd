//! The calendars of a program: the page that lists them, their form, and the JSON API.

use super::api::page::Asked;
use super::api::{made, versioned};
use super::extract::{Api, Body, Form, IfMatch, MaybeMatch, Place, Web};
use super::form::{Fields, FormPage, both};
use super::present::{ApiResult, PageResult, page, page_with};
use super::program::{named, names_of};
use super::routes::Routes;
use super::shell::Shell;
use crate::app::access::{Entered, enter};
use crate::app::{App, Ctx, Error, Over, item, work_calendar};
use crate::domain::draft::{Draft, FieldError};
use crate::domain::ids::CalendarId;
use crate::domain::work_calendar::{DAYS, FIELDS, ProgramCalendar, line, said};
use crate::store::lookup::Names;
use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde_json::{Map, Value, json};

/// What calendars are filtered and sorted by; the first tells them apart.
pub const BY: [&str; 5] = ["id", "name", "project", "team", "person"];

pub(super) fn routes() -> Routes {
    Routes::new()
        .get("/programs/{key}/calendars", list)
        .post("/programs/{key}/calendars", create)
        .get("/programs/{key}/calendars/new", new)
        .get("/programs/{key}/calendars/{id}/edit", edit)
        .post("/programs/{key}/calendars/{id}/edit", update)
        .post("/programs/{key}/calendars/{id}/archive", archive)
        .get("/api/v1/programs/{key}/calendars", api_list)
        .post("/api/v1/programs/{key}/calendars", api_make)
        .get("/api/v1/programs/{key}/calendars/{id}", api_show)
        .patch("/api/v1/programs/{key}/calendars/{id}", api_edit)
        .delete("/api/v1/programs/{key}/calendars/{id}", api_archive)
}

/// The id that a path names; anything else names nothing.
fn id(text: &str) -> Result<CalendarId, Error> {
    text.parse().map(CalendarId).map_err(|_| Error::NotFound)
}

/// Whose a calendar is, by id.
fn whose(calendar: &ProgramCalendar) -> Map<String, Value> {
    Map::from_iter([
        ("project".to_owned(), json!(calendar.project)),
        ("team".to_owned(), json!(calendar.team)),
        ("person".to_owned(), json!(calendar.person)),
    ])
}

/// A calendar of the list.
struct Line {
    id: String,
    name: String,
    of: String,
    /// The days with the same shifts together: “Monday to Friday 08:00-12:00, 13:00-17:00”.
    week: Vec<String>,
    exceptions: Vec<String>,
}

impl Line {
    fn new(calendar: &ProgramCalendar, names: &Names) -> Self {
        let of = if calendar.project.is_some() {
            names.project(calendar.project).map(|key| format!("Project {key}"))
        } else if calendar.team.is_some() {
            names.team(calendar.team).map(|name| format!("Team {name}"))
        } else {
            names.person(calendar.person).map(str::to_owned)
        };
        Self {
            id: calendar.id.to_string(),
            name: calendar.name.clone(),
            of: of.unwrap_or_default(),
            week: week(calendar),
            exceptions: calendar.work.exceptions.iter().map(line).collect(),
        }
    }
}

fn week(calendar: &ProgramCalendar) -> Vec<String> {
    let days: Vec<_> = calendar.work.week.iter().zip(DAYS).collect();
    days.chunk_by(|a, b| a.0 == b.0)
        .filter_map(|same| {
            let ((shifts, (_, first)), (_, (_, last))) = (same.first()?, same.last()?);
            let when = if shifts.is_empty() { "off".to_owned() } else { said(shifts) };
            Some(if first == last { format!("{first} {when}") } else { format!("{first} to {last} {when}") })
        })
        .collect()
}

#[derive(Template)]
#[template(path = "program/calendars.html")]
struct CalendarsPage {
    shell: Shell,
    key: String,
    may_manage: bool,
    calendars: Vec<Line>,
}

async fn list(State(app): State<App>, Web(ctx): Web, place: Place, Path(key): Path<String>) -> PageResult {
    let entered = enter(&app, &ctx, &key).await?;
    let all = work_calendar::list(&app, &entered).await?;
    let owners: Vec<_> = all.iter().map(whose).collect();
    let names = item::names_in(&app, &ctx, &owners).await?;
    page(&CalendarsPage {
        shell: place.program_shell(&ctx, &entered, "overview"),
        key: entered.key().to_owned(),
        may_manage: entered.may_manage(),
        calendars: all.iter().map(|calendar| Line::new(calendar, &names)).collect(),
    })
}

/// A stored draft as its form shows it: shifts and exceptions as they are typed.
fn shown(draft: &Draft) -> Draft {
    let mut draft = draft.clone();
    if let Some(Value::Array(days)) = draft.0.get("week") {
        let day = |at: usize| {
            let shifts = days.get(at).and_then(|day| serde_json::from_value::<Vec<_>>(day.clone()).ok());
            Value::from(said(&shifts.unwrap_or_default()))
        };
        let named = DAYS.iter().enumerate().map(|(at, (name, _))| ((*name).to_owned(), day(at)));
        let named = Value::Object(named.collect());
        draft.0.insert("week".into(), named);
    }
    if let Some(Value::Array(list)) = draft.0.get("exceptions") {
        let lines: Vec<_> = list
            .iter()
            .filter_map(|one| serde_json::from_value(one.clone()).ok())
            .map(|exception| line(&exception))
            .collect();
        draft.0.insert("exceptions".into(), Value::from(lines.join("\n")));
    }
    draft
}

fn form_page(
    shell: Shell,
    entered: &Entered,
    stored: Option<&ProgramCalendar>,
    draft: &Draft,
    errors: &[FieldError],
    names: &Names,
) -> FormPage {
    let all = format!("/programs/{}/calendars", entered.key());
    let one = |end: &str| stored.map(|stored| format!("{all}/{}/{end}", stored.id));
    FormPage {
        shell,
        heading: stored.map_or_else(|| "New calendar".to_owned(), |stored| format!("Edit {}", stored.name)),
        action: one("edit").unwrap_or_else(|| all.clone()),
        archive: one("archive"),
        verb: if stored.is_some() { "Save" } else { "Make the calendar" },
        version: stored.map(|stored| stored.version),
        fields: Fields::new(FIELDS, &shown(draft), errors, named(names)),
        back: all,
    }
}

async fn new(State(app): State<App>, Web(ctx): Web, place: Place, Path(key): Path<String>) -> PageResult {
    let entered = enter(&app, &ctx, &key).await?;
    entered.must_manage()?;
    let usual = Draft(Map::from_iter([(
        "week".to_owned(),
        json!(crate::domain::work_calendar::WorkCalendar::default().week),
    )]));
    let shell = place.program_shell(&ctx, &entered, "overview");
    page(&form_page(shell, &entered, None, &usual, &[], &Names::default()))
}

fn back(entered: &Entered, done: &str) -> Response {
    Redirect::to(&format!("/programs/{}/calendars?done={done}", entered.key())).into_response()
}

async fn create(
    State(app): State<App>,
    Web(ctx): Web,
    place: Place,
    Path(key): Path<String>,
    Form(typed): Form,
) -> PageResult {
    let entered = enter(&app, &ctx, &key).await?;
    let made = async {
        let written = Form(typed.clone()).split(false)?;
        work_calendar::make(&app, &ctx, &entered, &written.draft, &written.meta).await
    };
    match made.await {
        Ok(_) => Ok(back(&entered, "made")),
        Err(Error::Refused(refused)) => {
            let names = names_of(&app, &ctx, &typed).await?;
            let shell = place.program_shell(&ctx, &entered, "overview");
            let again = form_page(shell, &entered, None, &typed, &refused.errors, &names);
            page_with(StatusCode::UNPROCESSABLE_ENTITY, &again)
        }
        Err(other) => Err(other.into()),
    }
}

async fn edit(
    State(app): State<App>,
    Web(ctx): Web,
    place: Place,
    Path((key, calendar)): Path<(String, String)>,
) -> PageResult {
    let entered = enter(&app, &ctx, &key).await?;
    entered.must_manage()?;
    let stored = work_calendar::find(&app, &entered, id(&calendar)?).await?;
    let draft = stored.draft();
    let names = names_of(&app, &ctx, &draft).await?;
    let shell = place.program_shell(&ctx, &entered, "overview");
    page(&form_page(shell, &entered, Some(&stored), &draft, &[], &names))
}

async fn update(
    State(app): State<App>,
    Web(ctx): Web,
    place: Place,
    Path((key, calendar)): Path<(String, String)>,
    Form(typed): Form,
) -> PageResult {
    let entered = enter(&app, &ctx, &key).await?;
    entered.must_manage()?;
    let calendar = id(&calendar)?;
    let saved = async {
        let written = Form(typed.clone()).split(false)?;
        let version = written.version()?;
        work_calendar::edit(&app, &ctx, &entered, calendar, version, &written.draft, &written.meta).await
    };
    let (status, refused) = match saved.await {
        Ok(_) => return Ok(back(&entered, "saved")),
        Err(Error::Refused(refused)) => (StatusCode::UNPROCESSABLE_ENTITY, Some(refused.errors)),
        Err(Error::Stale { .. }) => (StatusCode::CONFLICT, None),
        Err(other) => return Err(other.into()),
    };
    let stored = work_calendar::find(&app, &entered, calendar).await?;
    let errors = if let Some(errors) = refused {
        errors
    } else {
        let now = shown(&stored.draft());
        let names = names_of(&app, &ctx, &now).await?;
        both(FIELDS.iter().filter(|field| field.name != "week"), &typed, &now, named(&names))
    };
    let names = names_of(&app, &ctx, &typed).await?;
    let shell = place.program_shell(&ctx, &entered, "overview");
    page_with(status, &form_page(shell, &entered, Some(&stored), &typed, &errors, &names))
}

async fn archive(
    State(app): State<App>,
    Web(ctx): Web,
    Path((key, calendar)): Path<(String, String)>,
) -> PageResult {
    let entered = enter(&app, &ctx, &key).await?;
    entered.must_manage()?;
    work_calendar::archive(&app, &ctx, &entered, id(&calendar)?, Over::Any).await?;
    Ok(back(&entered, "archived"))
}

fn shape(key: &str, calendar: &ProgramCalendar, names: &Names) -> Value {
    let project = calendar
        .project
        .map(|id| json!({"id": id, "key": names.project(Some(id)), "name": names.projects.get(&id.0).map(|(_, name)| name)}));
    json!({
        "id": calendar.id, "program": key, "name": calendar.name, "week": calendar.work.week,
        "exceptions": calendar.work.exceptions, "project": project,
        "team": calendar.team.map(|id| json!({"id": id, "name": names.team(Some(id))})),
        "person": calendar.person.map(|id| json!({"id": id, "name": names.person(Some(id))})),
        "archived_at": calendar.archived_at, "version": calendar.version, "effective_on": calendar.effective_on,
    })
}

async fn body_of(
    app: &App,
    ctx: &Ctx,
    entered: &Entered,
    calendar: &ProgramCalendar,
) -> Result<Value, Error> {
    let names = item::names_in(app, ctx, [&whose(calendar)]).await?;
    Ok(shape(entered.key(), calendar, &names))
}

async fn api_list(State(app): State<App>, Api(ctx): Api, Path(key): Path<String>, asked: Asked) -> ApiResult {
    let entered = enter(&app, &ctx, &key).await?;
    let all = work_calendar::list(&app, &entered).await?;
    let owners: Vec<_> = all.iter().map(whose).collect();
    let names = item::names_in(&app, &ctx, &owners).await?;
    let all = all.iter().map(|calendar| shape(entered.key(), calendar, &names)).collect();
    Ok(asked.whole(all, &BY)?.into_response())
}

async fn api_make(State(app): State<App>, Api(ctx): Api, Path(key): Path<String>, body: Body) -> ApiResult {
    let entered = enter(&app, &ctx, &key).await?;
    let (draft, meta) = body.split(false)?;
    let new = work_calendar::make(&app, &ctx, &entered, &draft, &meta).await?;
    let body = body_of(&app, &ctx, &entered, &new).await?;
    made(&format!("/api/v1/programs/{}/calendars/{}", entered.key(), new.id), new.version, body)
}

async fn api_show(
    State(app): State<App>,
    Api(ctx): Api,
    Path((key, calendar)): Path<(String, String)>,
) -> ApiResult {
    let entered = enter(&app, &ctx, &key).await?;
    let found = work_calendar::find(&app, &entered, id(&calendar)?).await?;
    let body = body_of(&app, &ctx, &entered, &found).await?;
    Ok(versioned(StatusCode::OK, found.version, body))
}

async fn api_edit(
    State(app): State<App>,
    Api(ctx): Api,
    Path((key, calendar)): Path<(String, String)>,
    IfMatch(version): IfMatch,
    body: Body,
) -> ApiResult {
    let entered = enter(&app, &ctx, &key).await?;
    let (draft, meta) = body.split(false)?;
    let edited = work_calendar::edit(&app, &ctx, &entered, id(&calendar)?, version, &draft, &meta).await?;
    let body = body_of(&app, &ctx, &entered, &edited).await?;
    Ok(versioned(StatusCode::OK, edited.version, body))
}

async fn api_archive(
    State(app): State<App>,
    Api(ctx): Api,
    Path((key, calendar)): Path<(String, String)>,
    MaybeMatch(version): MaybeMatch,
) -> ApiResult {
    let entered = enter(&app, &ctx, &key).await?;
    work_calendar::archive(&app, &ctx, &entered, id(&calendar)?, version).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
