//! Teams: the list, a team's page with its members, and the JSON API.

use super::api::page::Asked;
use super::api::shape;
use super::extract::{Api, Body, Form, IfMatch, Paging, Place, Web};
use super::form::{Fields, FormPage, both};
use super::person::{Pages, api_part, part};
use super::present::{ApiResult, PageResult, page, page_with};
use super::routes::Routes;
use super::shell::Shell;
use crate::app::people::{self, Member, StoredTeam};
use crate::app::{App, Ctx, Error};
use crate::domain::draft::{Draft, FieldError};
use crate::domain::ids::TeamId;
use crate::domain::program::TEAM_FIELDS;
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
        .get("/teams", list)
        .post("/teams", make)
        .get("/teams/new", new)
        .get("/teams/{id}", show)
        .post("/teams/{id}", edit)
        .get("/teams/{id}/edit", edit_page)
        .post("/teams/{id}/archive", archive)
        .post("/teams/{id}/restore", restore)
        .post("/teams/{id}/members", add_member)
        .post("/teams/{id}/members/{person}/remove", remove_member)
        .get("/api/v1/teams", api_list)
        .post("/api/v1/teams", api_make)
        .get("/api/v1/teams/{id}", api_one)
        .patch("/api/v1/teams/{id}", api_edit)
        .delete("/api/v1/teams/{id}", api_archive)
        .post("/api/v1/teams/{id}/restore", api_restore)
        .put("/api/v1/teams/{id}/members/{person}", api_add_member)
        .delete("/api/v1/teams/{id}/members/{person}", api_remove_member)
}

#[derive(Template)]
#[template(path = "team/list.html")]
struct ListPage {
    shell: Shell,
    teams: Vec<StoredTeam>,
    pages: Pages,
    q: String,
    archived: bool,
    may_change: bool,
}

async fn list(State(app): State<App>, Web(ctx): Web, place: Place, paging: Paging) -> PageResult {
    let part = part(&ctx, &paging, &place)?;
    let (teams, total) = people::teams(&app, &part).await?;
    page(&ListPage {
        pages: Pages::new(&place, &paging, teams.len(), total),
        teams,
        q: part.q,
        archived: part.archived,
        may_change: people::may_change(&app, &ctx).await?,
        shell: place.shell(&ctx, "teams"),
    })
}

fn new_form(ctx: &Ctx, place: &Place, draft: &Draft, errors: &[FieldError]) -> FormPage {
    FormPage {
        shell: place.shell(ctx, "teams"),
        heading: "New team".into(),
        action: "/teams".into(),
        back: "/teams".into(),
        version: None,
        verb: "Make the team",
        fields: Fields::new(TEAM_FIELDS, draft, errors, |_| None),
        archive: None,
    }
}

/// What an id in a stored team stands for: its lead.
fn named(stored: &StoredTeam) -> impl Fn(Uuid) -> Option<String> {
    let (lead, name) = (stored.team.lead, stored.lead_name.clone());
    move |id| lead.filter(|lead| lead.0 == id).and(name.clone())
}

fn edit_form(
    ctx: &Ctx,
    place: &Place,
    stored: &StoredTeam,
    draft: &Draft,
    errors: &[FieldError],
) -> FormPage {
    let team = &stored.team;
    FormPage {
        shell: place.shell(ctx, "teams"),
        heading: format!("Edit {}", team.name),
        action: format!("/teams/{}", team.id),
        back: format!("/teams/{}", team.id),
        version: Some(team.version),
        verb: "Save",
        fields: Fields::new(TEAM_FIELDS, draft, errors, named(stored)),
        archive: None,
    }
}

async fn must_change(app: &App, ctx: &Ctx) -> Result<(), Error> {
    if people::may_change(app, ctx).await? {
        Ok(())
    } else {
        Err(Error::Forbidden("Only administrators and managers of a program may change teams."))
    }
}

async fn new(State(app): State<App>, Web(ctx): Web, place: Place) -> PageResult {
    must_change(&app, &ctx).await?;
    page(&new_form(&ctx, &place, &Draft::default(), &[]))
}

async fn make(State(app): State<App>, Web(ctx): Web, place: Place, form: Form) -> PageResult {
    let typed = form.0.clone();
    let done = match form.split(false) {
        Ok(written) => people::make_team(&app, &ctx, &written.draft, &written.meta).await,
        Err(error) => Err(error),
    };
    match done {
        Ok(made) => Ok(Redirect::to(&format!("/teams/{}?done=made", made.id)).into_response()),
        Err(Error::Refused(refused)) => {
            page_with(StatusCode::UNPROCESSABLE_ENTITY, &new_form(&ctx, &place, &typed, &refused.errors))
        }
        Err(error) => Err(error.into()),
    }
}

#[derive(Template)]
#[template(path = "team/show.html")]
struct ShowPage {
    shell: Shell,
    stored: StoredTeam,
    members: Vec<Member>,
    may_change: bool,
    /// What was typed to add somebody, and why it was refused.
    typed: String,
    wrong: Option<String>,
}

async fn shown(app: &App, ctx: &Ctx, place: &Place, id: TeamId) -> Result<ShowPage, Error> {
    let (stored, members) = people::team(app, ctx, id).await?;
    Ok(ShowPage {
        shell: place.shell(ctx, "teams"),
        stored,
        members,
        may_change: people::may_change_team(app, ctx, id).await?,
        typed: String::new(),
        wrong: None,
    })
}

async fn show(State(app): State<App>, Web(ctx): Web, place: Place, Path(id): Path<Uuid>) -> PageResult {
    page(&shown(&app, &ctx, &place, TeamId(id)).await?)
}

async fn edit_page(State(app): State<App>, Web(ctx): Web, place: Place, Path(id): Path<Uuid>) -> PageResult {
    if !people::may_change_team(&app, &ctx, TeamId(id)).await? {
        return Err(Error::Forbidden("Only who answers for a team may change it.").into());
    }
    let (stored, _) = people::team(&app, &Ctx { as_of: None, ..ctx.clone() }, TeamId(id)).await?;
    page(&edit_form(&ctx, &place, &stored, &stored.team.draft(), &[]))
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
        people::edit_team(&app, &ctx, TeamId(id), version, &written.draft, &written.meta).await
    };
    let Err(error) = done.await else {
        return Ok(Redirect::to(&format!("/teams/{id}?done=saved")).into_response());
    };
    let (stored, _) = people::team(&app, &Ctx { as_of: None, ..ctx.clone() }, TeamId(id)).await?;
    let (status, errors) = match error {
        Error::Refused(refused) => (StatusCode::UNPROCESSABLE_ENTITY, refused.errors),
        Error::Stale { .. } => {
            (StatusCode::CONFLICT, both(TEAM_FIELDS, &typed, &stored.team.draft(), named(&stored)))
        }
        other => return Err(other.into()),
    };
    page_with(status, &edit_form(&ctx, &place, &stored, &typed, &errors))
}

async fn archive(State(app): State<App>, Web(ctx): Web, Path(id): Path<Uuid>) -> PageResult {
    people::archive_team(&app, &ctx, TeamId(id), true).await?;
    Ok(Redirect::to(&format!("/teams/{id}?done=archived")).into_response())
}

async fn restore(State(app): State<App>, Web(ctx): Web, Path(id): Path<Uuid>) -> PageResult {
    people::archive_team(&app, &ctx, TeamId(id), false).await?;
    Ok(Redirect::to(&format!("/teams/{id}?done=restored")).into_response())
}

async fn add_member(
    State(app): State<App>,
    Web(ctx): Web,
    place: Place,
    Path(id): Path<Uuid>,
    form: Form,
) -> PageResult {
    let typed = form.text("person").to_owned();
    match people::set_team_member(&app, &ctx, TeamId(id), &typed, true).await {
        Ok(()) => Ok(Redirect::to(&format!("/teams/{id}?done=saved")).into_response()),
        Err(Error::Refused(refused)) => {
            let wrong = refused.errors.into_iter().next().map(|error| error.message);
            let place = Place { path: format!("/teams/{id}"), ..place };
            let shown = shown(&app, &ctx, &place, TeamId(id)).await?;
            page_with(StatusCode::UNPROCESSABLE_ENTITY, &ShowPage { typed, wrong, ..shown })
        }
        Err(error) => Err(error.into()),
    }
}

async fn remove_member(
    State(app): State<App>,
    Web(ctx): Web,
    Path((id, person)): Path<(Uuid, Uuid)>,
) -> PageResult {
    people::set_team_member(&app, &ctx, TeamId(id), &person.to_string(), false).await?;
    Ok(Redirect::to(&format!("/teams/{id}?done=removed")).into_response())
}

/// A team as answers have it.
fn body_of(stored: &StoredTeam) -> Value {
    let mut body = json!(stored.team);
    body["lead"] = shape::person(stored.team.lead, stored.lead_name.as_deref());
    body["size"] = json!(stored.size);
    body
}

async fn api_list(State(app): State<App>, Api(ctx): Api, asked: Asked) -> ApiResult<Json<Value>> {
    let (teams, total) = people::teams(&app, &api_part(&ctx, &asked)?).await?;
    Ok(Json(asked.page(teams, total, |stored| (stored.team.name.clone(), stored.team.id), body_of)))
}

async fn one(app: &App, ctx: &Ctx, id: TeamId) -> ApiResult {
    let (stored, members) = people::team(app, ctx, id).await?;
    let mut body = body_of(&stored);
    let members = members.iter().map(|member| {
        let mut person = shape::person(Some(member.person), Some(&member.name));
        person["email"] = json!(member.email);
        person
    });
    body["members"] = members.collect();
    Ok(([(ETAG, format!("\"{}\"", stored.team.version))], Json(body)).into_response())
}

async fn api_make(State(app): State<App>, Api(ctx): Api, body: Body) -> ApiResult {
    let (draft, meta) = body.split(false)?;
    let made = people::make_team(&app, &ctx, &draft, &meta).await?;
    let mut answer: Response = one(&app, &Ctx { as_of: None, ..ctx }, made.id).await?;
    *answer.status_mut() = StatusCode::CREATED;
    Ok(([(LOCATION, format!("/api/v1/teams/{}", made.id))], answer).into_response())
}

async fn api_one(State(app): State<App>, Api(ctx): Api, Path(id): Path<Uuid>) -> ApiResult {
    one(&app, &ctx, TeamId(id)).await
}

async fn api_edit(
    State(app): State<App>,
    Api(ctx): Api,
    Path(id): Path<Uuid>,
    IfMatch(version): IfMatch,
    body: Body,
) -> ApiResult {
    let (draft, meta) = body.split(false)?;
    people::edit_team(&app, &ctx, TeamId(id), version, &draft, &meta).await?;
    one(&app, &Ctx { as_of: None, ..ctx }, TeamId(id)).await
}

async fn api_archive(State(app): State<App>, Api(ctx): Api, Path(id): Path<Uuid>) -> ApiResult<StatusCode> {
    people::archive_team(&app, &ctx, TeamId(id), true).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn api_restore(State(app): State<App>, Api(ctx): Api, Path(id): Path<Uuid>) -> ApiResult {
    people::archive_team(&app, &ctx, TeamId(id), false).await?;
    one(&app, &Ctx { as_of: None, ..ctx }, TeamId(id)).await
}

async fn api_add_member(
    State(app): State<App>,
    Api(ctx): Api,
    Path((id, person)): Path<(Uuid, String)>,
) -> ApiResult {
    people::set_team_member(&app, &ctx, TeamId(id), &person, true).await?;
    one(&app, &Ctx { as_of: None, ..ctx }, TeamId(id)).await
}

async fn api_remove_member(
    State(app): State<App>,
    Api(ctx): Api,
    Path((id, person)): Path<(Uuid, String)>,
) -> ApiResult<StatusCode> {
    people::set_team_member(&app, &ctx, TeamId(id), &person, false).await?;
    Ok(StatusCode::NO_CONTENT)
}
