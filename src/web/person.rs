//! People: the list, a person's page, and the JSON API.

use super::api::page::Asked;
use super::extract::{Api, Body, Form, IfMatch, Paging, Place, Web};
use super::form::{Fields, both};
use super::present::{ApiResult, PageResult, page, page_with};
use super::routes::Routes;
use super::shell::Shell;
use crate::app::people::{self, Part};
use crate::app::{App, Ctx, Error};
use crate::domain::draft::{Draft, FieldError};
use crate::domain::ids::{PersonId, TeamId};
use crate::domain::people::Person;
use crate::domain::program::PERSON_FIELDS;
use askama::Template;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::{ETAG, LOCATION};
use axum::response::{IntoResponse, Redirect, Response};
use serde_json::{Value, json};
use uuid::Uuid;

pub(super) fn routes() -> Routes {
    Routes::new()
        .get("/people", list)
        .post("/people", make)
        .get("/people/new", new)
        .get("/people/{id}", show)
        .post("/people/{id}", edit)
        .get("/people/{id}/edit", edit_page)
        .post("/people/{id}/archive", archive)
        .post("/people/{id}/restore", restore)
        .get("/api/v1/people", api_list)
        .post("/api/v1/people", api_make)
        .get("/api/v1/people/{id}", api_one)
        .patch("/api/v1/people/{id}", api_edit)
        .delete("/api/v1/people/{id}", api_archive)
        .post("/api/v1/people/{id}/restore", api_restore)
}

/// Which part of the list of names a request asks for.
pub(super) fn part(ctx: &Ctx, paging: &Paging, place: &Place) -> Result<Part, Error> {
    let (_, down) = paging.sorted(&["name"])?;
    Ok(Part {
        as_of: ctx.as_of,
        q: paging.q.clone(),
        archived: matches!(place.value("archived").as_deref(), Some("1" | "true")),
        down,
        limit: paging.limit,
        offset: paging.offset,
        after: None,
    })
}

/// The links of a list in pages, and which rows this one shows.
pub(super) struct Pages {
    pub(super) first: i64,
    pub(super) last: i64,
    pub(super) total: i64,
    pub(super) previous: Option<String>,
    pub(super) next: Option<String>,
}

impl Pages {
    pub(super) fn new(place: &Place, paging: &Paging, shown: usize, total: i64) -> Self {
        let to = |cursor: String| {
            place.with(&[
                ("cursor", Some(cursor.as_str()).filter(|cursor| !cursor.is_empty())),
                ("done", None),
            ])
        };
        Self {
            first: paging.offset + 1,
            last: paging.offset + i64::try_from(shown).unwrap_or_default(),
            total,
            previous: paging.previous_cursor().map(to),
            next: paging.next_cursor(total).map(to),
        }
    }
}

#[derive(Template)]
#[template(path = "person/list.html")]
struct ListPage {
    shell: Shell,
    people: Vec<Person>,
    pages: Pages,
    q: String,
    archived: bool,
    may_change: bool,
}

async fn list(State(app): State<App>, Web(ctx): Web, place: Place, paging: Paging) -> PageResult {
    let part = part(&ctx, &paging, &place)?;
    let (people, total) = people::people(&app, &part).await?;
    page(&ListPage {
        pages: Pages::new(&place, &paging, people.len(), total),
        people,
        q: part.q,
        archived: part.archived,
        may_change: people::may_change(&app, &ctx).await?,
        shell: place.shell(&ctx, "people"),
    })
}

#[derive(Template)]
#[template(path = "person/form.html")]
struct FormPage {
    shell: Shell,
    heading: String,
    action: String,
    back: String,
    version: Option<i32>,
    verb: &'static str,
    fields: Fields,
}

fn new_form(ctx: &Ctx, place: &Place, draft: &Draft, errors: &[FieldError]) -> FormPage {
    FormPage {
        shell: place.shell(ctx, "people"),
        heading: "New person".into(),
        action: "/people".into(),
        back: "/people".into(),
        version: None,
        verb: "Add the person",
        fields: Fields::new(PERSON_FIELDS, draft, errors, |_| None),
    }
}

fn edit_form(ctx: &Ctx, place: &Place, person: &Person, draft: &Draft, errors: &[FieldError]) -> FormPage {
    FormPage {
        shell: place.shell(ctx, "people"),
        heading: format!("Edit {}", person.name),
        action: format!("/people/{}", person.id),
        back: format!("/people/{}", person.id),
        version: Some(person.version),
        verb: "Save",
        fields: Fields::new(PERSON_FIELDS, draft, errors, |_| None),
    }
}

async fn new(State(app): State<App>, Web(ctx): Web, place: Place) -> PageResult {
    if !people::may_change(&app, &ctx).await? {
        return Err(Error::Forbidden("Only administrators and managers of a program may add people.").into());
    }
    page(&new_form(&ctx, &place, &Draft::default(), &[]))
}

async fn make(State(app): State<App>, Web(ctx): Web, place: Place, form: Form) -> PageResult {
    let typed = form.0.clone();
    let done = match form.split(false) {
        Ok(written) => people::make_person(&app, &ctx, &written.draft, &written.meta).await,
        Err(error) => Err(error),
    };
    match done {
        Ok(made) => Ok(Redirect::to(&format!("/people/{}?done=made", made.id)).into_response()),
        Err(Error::Refused(refused)) => {
            page_with(StatusCode::UNPROCESSABLE_ENTITY, &new_form(&ctx, &place, &typed, &refused.errors))
        }
        Err(error) => Err(error.into()),
    }
}

#[derive(Template)]
#[template(path = "person/show.html")]
struct ShowPage {
    shell: Shell,
    person: Person,
    teams: Vec<(TeamId, String)>,
    may_change: bool,
    /// May change at least the name.
    may_edit: bool,
}

async fn show(State(app): State<App>, Web(ctx): Web, place: Place, Path(id): Path<Uuid>) -> PageResult {
    let person = people::person(&app, &ctx, PersonId(id)).await?;
    let shell = place.shell(&ctx, "people");
    let may_change = people::may_change(&app, &ctx).await?;
    let own = person.id == ctx.viewer.person && ctx.viewer.may_write && !shell.is_past();
    page(&ShowPage {
        teams: people::teams_of(&app, &ctx, person.id).await?,
        may_edit: may_change || own,
        may_change,
        shell,
        person,
    })
}

async fn edit_page(State(app): State<App>, Web(ctx): Web, place: Place, Path(id): Path<Uuid>) -> PageResult {
    let person = people::person(&app, &Ctx { as_of: None, ..ctx.clone() }, PersonId(id)).await?;
    if person.id != ctx.viewer.person && !people::may_change(&app, &ctx).await? {
        return Err(
            Error::Forbidden("Only administrators and managers of a program may change people.").into()
        );
    }
    page(&edit_form(&ctx, &place, &person, &person.draft(), &[]))
}

async fn edit(
    State(app): State<App>,
    Web(ctx): Web,
    place: Place,
    Path(id): Path<Uuid>,
    form: Form,
) -> PageResult {
    let typed = form.0.clone();
    let done = async {
        let written = form.split(false)?;
        let version = written.version()?;
        people::edit_person(&app, &ctx, PersonId(id), version, &written.draft, &written.meta).await
    };
    let Err(error) = done.await else {
        return Ok(Redirect::to(&format!("/people/{id}?done=saved")).into_response());
    };
    let person = people::person(&app, &Ctx { as_of: None, ..ctx.clone() }, PersonId(id)).await?;
    let errors = match error {
        Error::Refused(refused) => refused.errors,
        Error::Stale { .. } => {
            let errors = both(PERSON_FIELDS, &typed, &person.draft(), |_| None);
            return page_with(StatusCode::CONFLICT, &edit_form(&ctx, &place, &person, &typed, &errors));
        }
        other => return Err(other.into()),
    };
    page_with(StatusCode::UNPROCESSABLE_ENTITY, &edit_form(&ctx, &place, &person, &typed, &errors))
}

async fn archive(State(app): State<App>, Web(ctx): Web, Path(id): Path<Uuid>) -> PageResult {
    people::archive_person(&app, &ctx, PersonId(id), true).await?;
    Ok(Redirect::to(&format!("/people/{id}?done=archived")).into_response())
}

async fn restore(State(app): State<App>, Web(ctx): Web, Path(id): Path<Uuid>) -> PageResult {
    people::archive_person(&app, &ctx, PersonId(id), false).await?;
    Ok(Redirect::to(&format!("/people/{id}?done=restored")).into_response())
}

/// The parameters of the collections of people and of teams.
pub const PARAMETERS: [&str; 2] = ["q", "archived"];

/// Which part of the list of names a program asks for.
pub(super) fn api_part(ctx: &Ctx, asked: &Asked) -> Result<Part, Error> {
    asked.only(&PARAMETERS, &["name"])?;
    Ok(Part {
        as_of: ctx.as_of,
        q: asked.words()?.to_owned(),
        archived: asked.flag("archived")?,
        down: asked.descending(),
        limit: asked.one_more(),
        offset: 0,
        after: asked.after()?,
    })
}

async fn api_list(State(app): State<App>, Api(ctx): Api, asked: Asked) -> ApiResult<Json<Value>> {
    let (people, total) = people::people(&app, &api_part(&ctx, &asked)?).await?;
    Ok(Json(asked.page(people, total, |person| (person.name.clone(), person.id), |person| json!(person))))
}

fn one(person: &Person) -> Response {
    ([(ETAG, format!("\"{}\"", person.version))], Json(json!(person))).into_response()
}

async fn api_make(State(app): State<App>, Api(ctx): Api, body: Body) -> ApiResult {
    let (draft, meta) = body.split(false)?;
    let made = people::make_person(&app, &ctx, &draft, &meta).await?;
    let mut answer = one(&made);
    *answer.status_mut() = StatusCode::CREATED;
    Ok(([(LOCATION, format!("/api/v1/people/{}", made.id))], answer).into_response())
}

async fn api_one(State(app): State<App>, Api(ctx): Api, Path(id): Path<Uuid>) -> ApiResult {
    Ok(one(&people::person(&app, &ctx, PersonId(id)).await?))
}

async fn api_edit(
    State(app): State<App>,
    Api(ctx): Api,
    Path(id): Path<Uuid>,
    IfMatch(version): IfMatch,
    body: Body,
) -> ApiResult {
    let (draft, meta) = body.split(false)?;
    Ok(one(&people::edit_person(&app, &ctx, PersonId(id), version, &draft, &meta).await?))
}

async fn api_archive(State(app): State<App>, Api(ctx): Api, Path(id): Path<Uuid>) -> ApiResult<StatusCode> {
    people::archive_person(&app, &ctx, PersonId(id), true).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn api_restore(State(app): State<App>, Api(ctx): Api, Path(id): Path<Uuid>) -> ApiResult {
    Ok(one(&people::archive_person(&app, &ctx, PersonId(id), false).await?))
}
