//! Accounts, for administrators.

use super::account::never_kept;
use super::api::page::Asked;
use super::api::shape;
use super::extract::{Api, Body, Form, IfMatch, Place, Web};
use super::form::Fields;
use super::idempotency::told_once;
use super::present::{ApiResult, PageResult, page, page_with};
use super::routes::Routes;
use super::shell::Shell;
use crate::app::account::{self, Account};
use crate::app::{App, Ctx, Error};
use crate::domain::draft::{Draft, FieldError};
use crate::domain::ids::AccountId;
use askama::Template;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::{ETAG, LOCATION};
use axum::response::{IntoResponse, Redirect};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

pub(super) fn routes() -> Routes {
    Routes::new()
        .get("/admin", administration)
        .get("/admin/accounts", accounts)
        .post("/admin/accounts", make)
        .post("/admin/accounts/{id}", change)
        .post("/admin/accounts/{id}/password", reset_password)
        .get("/api/v1/accounts", api_list)
        .post("/api/v1/accounts", api_make)
        .get("/api/v1/accounts/{id}", api_one)
        .patch("/api/v1/accounts/{id}", api_change)
        .post("/api/v1/accounts/{id}/password", api_reset_password)
}

#[derive(Template)]
#[template(path = "account/accounts.html")]
struct AccountsPage {
    shell: Shell,
    accounts: Vec<Account>,
    /// The address and first password that were just given, shown this once.
    given: Option<(String, String)>,
    wrong: Option<String>,
    fields: Fields,
    now: DateTime<Utc>,
}

impl AccountsPage {
    fn is_locked(&self, account: &Account) -> bool {
        account.locked_until.is_some_and(|until| until > self.now)
    }
}

async fn administration(Web(ctx): Web) -> PageResult {
    if !ctx.viewer.admin {
        return Err(Error::Forbidden("Only an administrator may see this.").into());
    }
    Ok(Redirect::to("/admin/accounts").into_response())
}

async fn drawn(
    app: &App,
    ctx: &Ctx,
    place: &Place,
    draft: &Draft,
    errors: &[FieldError],
) -> Result<AccountsPage, Error> {
    Ok(AccountsPage {
        shell: place.shell(ctx, "admin"),
        accounts: account::list(app, ctx).await?,
        given: None,
        wrong: None,
        fields: Fields::new(account::FIELDS, draft, errors, |_| None),
        now: ctx.now,
    })
}

async fn accounts(State(app): State<App>, Web(ctx): Web, place: Place) -> PageResult {
    page(&drawn(&app, &ctx, &place, &Draft::default(), &[]).await?)
}

async fn make(State(app): State<App>, Web(ctx): Web, place: Place, Form(draft): Form) -> PageResult {
    match account::make(&app, &ctx, &draft).await {
        Ok((made, first)) => {
            let given = Some((made.email, first.reveal().to_owned()));
            let shown = drawn(&app, &ctx, &place, &Draft::default(), &[]).await?;
            let mut answer = page(&AccountsPage { given, ..shown })?;
            never_kept(&mut answer);
            Ok(answer)
        }
        Err(Error::Refused(refused)) => page_with(
            StatusCode::UNPROCESSABLE_ENTITY,
            &drawn(&app, &ctx, &place, &draft, &refused.errors).await?,
        ),
        Err(error) => Err(error.into()),
    }
}

async fn change(
    State(app): State<App>,
    Web(ctx): Web,
    place: Place,
    Path(id): Path<Uuid>,
    form: Form,
) -> PageResult {
    let flag = |name: &str| match form.text(name) {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    };
    let (admin, disabled) = (flag("admin"), flag("disabled"));
    let version = form.clone().split(false)?.version()?;
    match account::change(&app, &ctx, AccountId(id), version, admin, disabled).await {
        Ok(_) => Ok(Redirect::to("/admin/accounts?done=saved").into_response()),
        Err(Error::Refused(refused)) => {
            let wrong = refused.errors.into_iter().next().map(|error| error.message);
            let shown = drawn(&app, &ctx, &place, &Draft::default(), &[]).await?;
            page_with(StatusCode::UNPROCESSABLE_ENTITY, &AccountsPage { wrong, ..shown })
        }
        Err(error) => Err(error.into()),
    }
}

async fn reset_password(
    State(app): State<App>,
    Web(ctx): Web,
    place: Place,
    Path(id): Path<Uuid>,
) -> PageResult {
    let (account, first) = account::reset_password(&app, &ctx, AccountId(id)).await?;
    let given = Some((account.email, first.reveal().to_owned()));
    let shown = drawn(&app, &ctx, &place, &Draft::default(), &[]).await?;
    let mut answer = page(&AccountsPage { given, ..shown })?;
    never_kept(&mut answer);
    Ok(answer)
}

/// What accounts are filtered and sorted by.
pub const ACCOUNT_FIELDS: [&str; 6] = ["id", "person", "email", "admin", "disabled_at", "created_at"];

/// An account as answers have it.
fn body_of(account: &Account) -> Value {
    let mut body = json!(account);
    if let Some(body) = body.as_object_mut() {
        body.shift_remove("name");
        body.insert("person".into(), shape::person(Some(account.person), Some(&account.name)));
    }
    body
}

async fn api_list(State(app): State<App>, Api(ctx): Api, query: Asked) -> ApiResult<Json<Value>> {
    let accounts = account::list(&app, &ctx).await?;
    Ok(query.whole(accounts.iter().map(body_of).collect(), &ACCOUNT_FIELDS)?)
}

async fn api_make(State(app): State<App>, Api(ctx): Api, Body(draft): Body) -> ApiResult {
    let (made, first) = account::make(&app, &ctx, &draft).await?;
    let mut body = body_of(&made);
    body["password"] = json!(first.reveal());
    let location = format!("/api/v1/accounts/{}", made.id);
    Ok(told_once((StatusCode::CREATED, [(LOCATION, location)], Json(body)).into_response()))
}

async fn api_one(State(app): State<App>, Api(ctx): Api, Path(id): Path<Uuid>) -> ApiResult {
    let account = account::find(&app, &ctx, AccountId(id)).await?;
    Ok(([(ETAG, format!("\"{}\"", account.version))], Json(body_of(&account))).into_response())
}

async fn api_change(
    State(app): State<App>,
    Api(ctx): Api,
    Path(id): Path<Uuid>,
    IfMatch(version): IfMatch,
    Body(draft): Body,
) -> ApiResult {
    let (mut admin, mut disabled) = (None, None);
    for (name, value) in &draft.0 {
        let slot = match name.as_str() {
            "admin" => &mut admin,
            "disabled" => &mut disabled,
            _ => return Err(Error::refused(name, format!("There is no field “{name}” here.")).into()),
        };
        *slot = Some(value.as_bool().ok_or_else(|| Error::refused(name, "Give true or false."))?);
    }
    let account = account::change(&app, &ctx, AccountId(id), version, admin, disabled).await?;
    Ok(([(ETAG, format!("\"{}\"", account.version))], Json(body_of(&account))).into_response())
}

async fn api_reset_password(State(app): State<App>, Api(ctx): Api, Path(id): Path<Uuid>) -> ApiResult {
    let (account, first) = account::reset_password(&app, &ctx, AccountId(id)).await?;
    let mut body = body_of(&account);
    body["password"] = json!(first.reveal());
    Ok(told_once(Json(body).into_response()))
}
