//! Signing in and out, the set-up link, one's own password and tokens.

use super::api::page::Asked;
use super::extract::{Api, Body, Form, Place, Web};
use super::form::Fields;
use super::idempotency::told_once;
use super::present::{ApiResult, PageResult, page, page_with};
use super::routes::Routes;
use super::session;
use super::shell::Shell;
use crate::app::token::Token;
use crate::app::{App, Error, account, token};
use crate::domain::draft::{Draft, FieldError};
use crate::domain::ids::TokenId;
use crate::domain::program::today_in;
use askama::Template;
use axum::extract::{Path, State};
use axum::http::header::{LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Json, response};
use serde_json::{Value, json};
use uuid::Uuid;

pub(super) fn routes() -> Routes {
    Routes::new()
        .get("/sign-in", sign_in_page)
        .post("/sign-in", sign_in)
        .post("/sign-out", sign_out)
        .get("/setup", setup_page)
        .post("/setup", set_up)
        .get("/me/password", password_page)
        .post("/me/password", change_password)
        .get("/me/tokens", tokens_page)
        .post("/me/tokens", make_token)
        .post("/me/tokens/{id}/revoke", revoke_token)
        .get("/api/v1/tokens", api_tokens)
        .post("/api/v1/tokens", api_make_token)
        .delete("/api/v1/tokens/{id}", api_revoke_token)
}

#[derive(Template)]
#[template(path = "account/sign_in.html")]
struct SignInPage {
    shell: Shell,
    email: String,
    next: String,
    wrong: Option<String>,
}

/// Where to go after signing in: a path of this site, nothing else.
fn safe_next(next: &str) -> &str {
    let local = next.starts_with('/') && !next.starts_with("//") && !next.contains('\\');
    let local = local && !next.chars().any(char::is_control);
    if local { next } else { "/" }
}

/// A redirect after a POST, with cookies.
fn go(to: &str, cookie: Option<axum::http::HeaderValue>) -> Response {
    let mut answer = Redirect::to(to).into_response();
    if let Some(cookie) = cookie {
        answer.headers_mut().append(SET_COOKIE, cookie);
    }
    answer
}

async fn sign_in_page(State(app): State<App>, place: Place) -> PageResult {
    page(&SignInPage {
        shell: place.bare_shell(today_in("UTC", app.clock.now())),
        email: String::new(),
        next: place.value("next").unwrap_or_default(),
        wrong: None,
    })
}

async fn sign_in(
    State(app): State<App>,
    place: Place,
    session::Caller(from): session::Caller,
    headers: HeaderMap,
    form: Form,
) -> PageResult {
    let before = session::secret_of(&app, &headers);
    let next = form.text("next").to_owned();
    match account::sign_in(&app, form.text("email"), form.text("password"), before, from).await {
        Ok(signed_in) => {
            let to = if signed_in.password_temporary { "/me/password" } else { safe_next(&next) };
            Ok(go(to, Some(session::hand_out(&app, &signed_in.session))))
        }
        Err(Error::Refused(refused)) => page_with(
            StatusCode::UNPROCESSABLE_ENTITY,
            &SignInPage {
                shell: place.bare_shell(today_in("UTC", app.clock.now())),
                email: form.text("email").to_owned(),
                next,
                wrong: refused.errors.into_iter().next().map(|error| error.message),
            },
        ),
        Err(error) => Err(error.into()),
    }
}

async fn sign_out(State(app): State<App>, headers: HeaderMap) -> PageResult {
    if let Some(secret) = session::secret_of(&app, &headers) {
        account::sign_out(&app, secret).await?;
    }
    Ok(go("/sign-in", Some(session::take_back(&app))))
}

#[derive(Template)]
#[template(path = "account/setup.html")]
struct SetupPage {
    shell: Shell,
    token: String,
    fields: Fields,
    password_wrong: Option<String>,
}

/// What the set-up asks for; nobody chooses whether they are the administrator.
fn setup_fields() -> impl Iterator<Item = &'static crate::domain::draft::Field> + Clone {
    account::FIELDS.iter().filter(|field| field.name != "admin")
}

fn setup_form(app: &App, place: &Place, token: String, draft: &Draft, errors: &[FieldError]) -> SetupPage {
    let (of_password, errors): (Vec<_>, Vec<_>) =
        errors.iter().cloned().partition(|error| error.field == "password");
    SetupPage {
        shell: place.bare_shell(today_in("UTC", app.clock.now())),
        token,
        fields: Fields::new(setup_fields(), draft, &errors, |_| None),
        password_wrong: of_password.into_iter().next().map(|error| error.message),
    }
}

async fn setup_page(State(app): State<App>, place: Place) -> PageResult {
    let token = place.value("token").unwrap_or_default();
    if !account::setup_opens(&app, &token).await? {
        return Err(Error::NotFound.into());
    }
    page(&setup_form(&app, &place, token, &Draft::default(), &[]))
}

async fn set_up(State(app): State<App>, place: Place, Form(mut draft): Form) -> PageResult {
    let token = draft.0.shift_remove("token");
    let token = token.as_ref().and_then(Value::as_str).unwrap_or_default().to_owned();
    // Said by nobody: the first account is the administrator's.
    draft.0.shift_remove("admin");
    match account::set_up(&app, &token, &draft).await {
        Ok(session) => Ok(go("/", Some(session::hand_out(&app, &session)))),
        Err(Error::Refused(refused)) => page_with(
            StatusCode::UNPROCESSABLE_ENTITY,
            &setup_form(&app, &place, token, &refused.draft, &refused.errors),
        ),
        Err(error) => Err(error.into()),
    }
}

#[derive(Template)]
#[template(path = "account/password.html")]
struct PasswordPage {
    shell: Shell,
    current_wrong: Option<String>,
    new_wrong: Option<String>,
}

async fn password_page(Web(ctx): Web, place: Place) -> PageResult {
    page(&PasswordPage { shell: place.shell(&ctx, ""), current_wrong: None, new_wrong: None })
}

async fn change_password(State(app): State<App>, Web(ctx): Web, place: Place, form: Form) -> PageResult {
    let (current, new) = (form.text("current_password"), form.text("new_password"));
    match account::change_password(&app, &ctx, current, new).await {
        Ok(session) => Ok(go("/me/password?done=password", Some(session::hand_out(&app, &session)))),
        Err(Error::Refused(refused)) => {
            let said = |field: &str| {
                refused.errors.iter().find(|error| error.field == field).map(|error| error.message.clone())
            };
            let shell = place.shell(&ctx, "");
            page_with(
                StatusCode::UNPROCESSABLE_ENTITY,
                &PasswordPage {
                    shell,
                    current_wrong: said("current_password"),
                    new_wrong: said("new_password"),
                },
            )
        }
        Err(error) => Err(error.into()),
    }
}

#[derive(Template)]
#[template(path = "account/tokens.html")]
struct TokensPage {
    shell: Shell,
    tokens: Vec<Token>,
    /// The one that was just made, shown this once.
    made: Option<(String, String)>,
    fields: Fields,
}

async fn tokens_page(State(app): State<App>, Web(ctx): Web, place: Place) -> PageResult {
    let tokens = token::list(&app, &ctx).await?;
    let fields = Fields::new(token::FIELDS, &Draft::default(), &[], |_| None);
    page(&TokensPage { shell: place.shell(&ctx, ""), tokens, made: None, fields })
}

async fn make_token(State(app): State<App>, Web(ctx): Web, place: Place, Form(draft): Form) -> PageResult {
    let done = token::make(&app, &ctx, &draft).await;
    let tokens = token::list(&app, &ctx).await?;
    let shell = place.shell(&ctx, "");
    match done {
        // Not a redirect: the secret is on this answer and nowhere else.
        Ok((made, secret)) => {
            let fields = Fields::new(token::FIELDS, &Draft::default(), &[], |_| None);
            let made = Some((made.name, secret.reveal().to_owned()));
            let mut answer = page(&TokensPage { shell, tokens, made, fields })?;
            never_kept(&mut answer);
            Ok(answer)
        }
        Err(Error::Refused(refused)) => {
            let fields = Fields::new(token::FIELDS, &draft, &refused.errors, |_| None);
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            page_with(status, &TokensPage { shell, tokens, made: None, fields })
        }
        Err(error) => Err(error.into()),
    }
}

/// For an answer with a secret on it.
pub(super) fn never_kept(answer: &mut Response) {
    let value = axum::http::HeaderValue::from_static("no-store");
    answer.headers_mut().insert(axum::http::header::CACHE_CONTROL, value);
}

async fn revoke_token(State(app): State<App>, Web(ctx): Web, Path(id): Path<Uuid>) -> PageResult {
    token::revoke(&app, &ctx, TokenId(id)).await?;
    Ok(go("/me/tokens?done=revoked", None))
}

/// What tokens are filtered and sorted by.
pub const TOKEN_FIELDS: [&str; 5] = ["id", "name", "created_at", "expires_at", "last_used_at"];

async fn api_tokens(State(app): State<App>, Api(ctx): Api, query: Asked) -> ApiResult<Json<Value>> {
    let tokens = token::list(&app, &ctx).await?;
    Ok(query.whole(tokens.iter().map(|token| json!(token)).collect(), &TOKEN_FIELDS)?)
}

async fn api_make_token(State(app): State<App>, Api(ctx): Api, Body(draft): Body) -> ApiResult {
    let (made, secret) = token::make(&app, &ctx, &draft).await?;
    let mut body = json!(made);
    body["token"] = json!(secret.reveal());
    let location = format!("/api/v1/tokens/{}", made.id);
    let answer = (StatusCode::CREATED, [(LOCATION, location)], response::Json(body)).into_response();
    Ok(told_once(answer))
}

async fn api_revoke_token(
    State(app): State<App>,
    Api(ctx): Api,
    Path(id): Path<Uuid>,
) -> ApiResult<StatusCode> {
    token::revoke(&app, &ctx, TokenId(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}
