//! Who may do what in a program: the page of its members, and the JSON API.

use super::api::page::Asked;
use super::api::shape;
use super::extract::{Api, Body, Form, Place, Web};
use super::present::{ApiResult, PageResult, page, page_with};
use super::routes::Routes;
use super::shell::Shell;
use crate::app::access::{Entered, enter};
use crate::app::{App, Ctx, Error, program};
use crate::domain::program::Role;
use crate::store::program::Member;
use askama::Template;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect};
use serde_json::{Value, json};

pub(super) fn routes() -> Routes {
    Routes::new()
        .get("/programs/{key}/members", members)
        .post("/programs/{key}/members", set)
        .post("/programs/{key}/members/{person}/remove", remove)
        .get("/api/v1/programs/{key}/members", api_members)
        .put("/api/v1/programs/{key}/members/{person}", api_set)
        .delete("/api/v1/programs/{key}/members/{person}", api_remove)
}

#[derive(Template)]
#[template(path = "program/members.html")]
struct MembersPage {
    shell: Shell,
    key: String,
    members: Vec<Member>,
    everyone: bool,
    may_manage: bool,
    may_shut_out: bool,
    typed: String,
    role: String,
    wrong: Option<String>,
    roles: [(&'static str, &'static str); 3],
}

const ROLES: [(&str, &str); 3] = [
    ("viewer", "Viewer: reads"),
    ("contributor", "Contributor: raises items, edits own"),
    ("manager", "Manager: all in the program"),
];

async fn shown(app: &App, ctx: &Ctx, place: &Place, entered: &Entered) -> Result<MembersPage, Error> {
    let place = Place { path: format!("/programs/{}/members", entered.key()), ..place.clone() };
    Ok(MembersPage {
        shell: place.program_shell(ctx, entered, "members"),
        key: entered.key().to_owned(),
        members: program::members(app, entered).await?,
        everyone: entered.program().visibility == crate::domain::program::Visibility::Everyone,
        may_manage: entered.may_manage(),
        may_shut_out: entered.may_shut_out(),
        typed: String::new(),
        role: "contributor".into(),
        wrong: None,
        roles: ROLES,
    })
}

async fn members(State(app): State<App>, Web(ctx): Web, place: Place, Path(key): Path<String>) -> PageResult {
    let entered = enter(&app, &ctx, &key).await?;
    page(&shown(&app, &ctx, &place, &entered).await?)
}

/// A role by its name.
fn role(name: &str) -> Result<Role, Error> {
    let found = Role::ALL.into_iter().find(|role| role.name() == name);
    found.ok_or_else(|| Error::refused("role", "Give one of: viewer, contributor, manager."))
}

async fn set(
    State(app): State<App>,
    Web(ctx): Web,
    place: Place,
    Path(key): Path<String>,
    form: Form,
) -> PageResult {
    let entered = enter(&app, &ctx, &key).await?;
    entered.must_manage()?;
    let done = match role(form.text("role")) {
        Ok(role) => program::set_member(&app, &ctx, &entered, form.text("person"), Some(role)).await,
        Err(error) => Err(error),
    };
    answer(&app, &ctx, &place, &entered, done, &form).await
}

async fn remove(
    State(app): State<App>,
    Web(ctx): Web,
    place: Place,
    Path((key, person)): Path<(String, String)>,
) -> PageResult {
    let entered = enter(&app, &ctx, &key).await?;
    let done = program::set_member(&app, &ctx, &entered, &person, None).await;
    answer(&app, &ctx, &place, &entered, done, &Form::default()).await
}

async fn answer(
    app: &App,
    ctx: &Ctx,
    place: &Place,
    entered: &Entered,
    done: Result<(), Error>,
    form: &Form,
) -> PageResult {
    match done {
        Ok(()) => {
            let to = format!("/programs/{}/members?done=saved", entered.key());
            Ok(Redirect::to(&to).into_response())
        }
        Err(Error::Refused(refused)) => {
            let wrong = refused.errors.into_iter().next().map(|error| error.message);
            let (typed, role) = (form.text("person").to_owned(), form.text("role").to_owned());
            let shown = shown(app, ctx, place, entered).await?;
            page_with(StatusCode::UNPROCESSABLE_ENTITY, &MembersPage { typed, role, wrong, ..shown })
        }
        Err(error) => Err(error.into()),
    }
}

/// What members are filtered and sorted by.
pub const FIELDS: [&str; 3] = ["person", "email", "role"];

async fn of(app: &App, entered: &Entered, query: &Asked) -> ApiResult<Json<Value>> {
    let members = program::members(app, entered).await?;
    let rows = members.iter().map(|member| {
        let person = shape::person(Some(member.person), Some(&member.name));
        json!({"person": person, "email": member.email, "role": member.role})
    });
    Ok(query.whole(rows.collect(), &FIELDS)?)
}

async fn api_members(
    State(app): State<App>,
    Api(ctx): Api,
    Path(key): Path<String>,
    query: Asked,
) -> ApiResult<Json<Value>> {
    let entered = enter(&app, &ctx, &key).await?;
    of(&app, &entered, &query).await
}

async fn api_set(
    State(app): State<App>,
    Api(ctx): Api,
    Path((key, person)): Path<(String, String)>,
    query: Asked,
    Body(draft): Body,
) -> ApiResult<Json<Value>> {
    let entered = enter(&app, &ctx, &key).await?;
    entered.must_manage()?;
    if let Some(odd) = draft.0.keys().find(|name| *name != "role") {
        return Err(Error::refused(odd, format!("There is no field “{odd}” here.")).into());
    }
    let role = role(draft.0.get("role").and_then(Value::as_str).unwrap_or_default())?;
    program::set_member(&app, &ctx, &entered, &person, Some(role)).await?;
    of(&app, &entered, &query).await
}

async fn api_remove(
    State(app): State<App>,
    Api(ctx): Api,
    Path((key, person)): Path<(String, String)>,
) -> ApiResult<StatusCode> {
    let entered = enter(&app, &ctx, &key).await?;
    program::set_member(&app, &ctx, &entered, &person, None).await?;
    Ok(StatusCode::NO_CONTENT)
}
