//! What handlers ask of a request: who it is ([`Web`], [`Api`]), where it is ([`Place`]), what was written ([`Form`],
//! [`Body`]), over which version ([`IfMatch`]), and which part of a list ([`Paging`]).

use super::assets;
use super::present::Failure;
use super::session;
use super::shell::{ProgramBar, Shell, ViewerBar, decode};
use crate::app::access::Entered;
use crate::app::{self, App, Ctx, Error, Over, Viewer, WriteMeta, account};
use crate::domain::draft::{self, Draft};
use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, IF_MATCH, WWW_AUTHENTICATE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use chrono::NaiveDate;
use serde_json::{Map, Value};

/// The reader of a page, by the session cookie. Who is signed out is led to the sign-in page and back.
#[derive(Clone, Debug)]
pub struct Web(pub Ctx);

/// The reader of a page whose form holds the day that is shown: a day that can't be read is told, and the page is as of today.
#[derive(Clone, Debug)]
pub struct WebAsTyped(pub Ctx, pub Option<String>);

/// The caller of the JSON API, by token or by session cookie.
#[derive(Clone, Debug)]
pub struct Api(pub Ctx);

impl FromRequestParts<App> for Web {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let viewer = reader(app, parts).await?;
        Ok(Self(context(app, viewer, parts).map_err(|refusal| *refusal)?))
    }
}

impl FromRequestParts<App> for WebAsTyped {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let viewer = reader(app, parts).await?;
        let (as_of, why) = match as_of(parts) {
            Ok(day) => (day, None),
            Err(why) => (None, Some(why)),
        };
        Ok(Self(Ctx { viewer, now: app.clock.now(), as_of }, why))
    }
}

impl FromRequestParts<App> for Api {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let viewer = caller(app, &parts.headers).await?;
        Ok(Self(context(app, viewer, parts).map_err(|refusal| *refusal)?))
    }
}

/// Who is signed in; who isn't is led to the sign-in page.
async fn reader(app: &App, parts: &Parts) -> Result<Viewer, Response> {
    if let Some(viewer) = by_cookie(app, &parts.headers).await? {
        return Ok(viewer);
    }
    let back = if parts.method == Method::GET { parts.uri.path_and_query() } else { None };
    let next = back.map(|back| format!("?next={}", encode(back.as_str()))).unwrap_or_default();
    Err(Redirect::to(&format!("/sign-in{next}")).into_response())
}

/// Who calls the API.
///
/// # Errors
/// 401 for nobody, or for a token that is unknown, revoked or expired.
pub(super) async fn caller(app: &App, headers: &HeaderMap) -> Result<Viewer, Response> {
    let signed_out = |detail: &str, challenge: &'static str| {
        Failure::new(StatusCode::UNAUTHORIZED, detail)
            .with_header(WWW_AUTHENTICATE, HeaderValue::from_static(challenge))
            .into_response()
    };
    let Some(authorization) = headers.get(AUTHORIZATION) else {
        return by_cookie(app, headers).await?.ok_or_else(|| {
            signed_out(
                "Give a token: “Authorization: Bearer plb_…”. Tokens are made under “My tokens”.",
                "Bearer realm=\"plumbline\"",
            )
        });
    };
    let wrong = "Bearer realm=\"plumbline\", error=\"invalid_token\"";
    let token = authorization.to_str().ok().and_then(|value| value.split_once(' '));
    let Some((_, token)) = token.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")) else {
        return Err(signed_out("Give the token as “Authorization: Bearer plb_…”.", wrong));
    };
    let viewer = account::by_token(app, token.trim()).await.map_err(failed)?;
    viewer.ok_or_else(|| signed_out("This token is not known here, or it was revoked or has expired.", wrong))
}

async fn by_cookie(app: &App, headers: &HeaderMap) -> Result<Option<Viewer>, Response> {
    match session::secret_of(app, headers) {
        Some(secret) => account::by_session(app, secret).await.map_err(failed),
        None => Ok(None),
    }
}

fn failed(error: Error) -> Response {
    super::present::ApiError(error).into_response()
}

fn bad(detail: impl Into<String>) -> Response {
    Failure::new(StatusCode::BAD_REQUEST, detail).into_response()
}

fn context(app: &App, viewer: Viewer, parts: &Parts) -> Result<Ctx, Box<Response>> {
    let as_of = as_of(parts).map_err(|why| {
        let failure = Failure::new(StatusCode::BAD_REQUEST, format!("as_of: {why}"));
        Box::new(failure.in_field("as_of").into_response())
    })?;
    Ok(Ctx { viewer, now: app.clock.now(), as_of })
}

/// The day that is asked for, or why it can't be read.
fn as_of(parts: &Parts) -> Result<Option<NaiveDate>, String> {
    let asked = query_pairs(parts.uri.query()).into_iter().rev().find(|(name, _)| name == "as_of");
    asked.map_or(Ok(None), |(_, day)| draft::date(&Value::String(day)))
}

/// Where a request is: what the frame of a page needs beside its reader.
#[derive(Clone, Debug, Default)]
pub struct Place {
    pub path: String,
    /// The query without `?`, still encoded.
    pub query: String,
}

impl<S: Sync> FromRequestParts<S> for Place {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self::of(&parts.uri))
    }
}

impl Place {
    #[must_use]
    pub fn of(uri: &axum::http::Uri) -> Self {
        Self { path: uri.path().to_owned(), query: uri.query().unwrap_or_default().to_owned() }
    }

    /// The query as names and values.
    #[must_use]
    pub fn pairs(&self) -> Vec<(String, String)> {
        query_pairs(Some(&self.query))
    }

    /// The last value of a name in the query.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<String> {
        self.pairs().into_iter().rev().find(|(other, _)| other == name).map(|(_, value)| value)
    }

    /// This page with some fields of its query set, or (for none) taken away.
    #[must_use]
    pub fn with(&self, changes: &[(&str, Option<&str>)]) -> String {
        let mut pairs = self.pairs();
        pairs
            .retain(|(name, value)| !value.is_empty() && !changes.iter().any(|(changed, _)| changed == name));
        for (name, value) in changes {
            pairs.extend(value.map(|value| ((*name).to_owned(), value.to_owned())));
        }
        let query: Vec<_> =
            pairs.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
        if query.is_empty() { self.path.clone() } else { format!("{}?{}", self.path, query.join("&")) }
    }

    /// The frame of a page that anybody may read, signed in or not.
    #[must_use]
    pub fn bare_shell(&self, today: NaiveDate) -> Shell {
        Shell {
            viewer: None,
            program: None,
            section: "",
            as_of: None,
            today,
            path: self.path.clone(),
            query_without_as_of: String::new(),
            asset_version: assets::version(),
            notice: None,
        }
    }

    /// The frame of a page that belongs to no program. `section` names the current link of the navigation, or is empty.
    #[must_use]
    pub fn shell(&self, ctx: &Ctx, section: &'static str) -> Shell {
        let query = self.query.split('&').filter(|pair| {
            let name = pair.split_once('=').map_or(*pair, |(name, _)| name);
            !pair.is_empty() && name != "as_of" && name != "done"
        });
        let notice = self.value("done").and_then(|done| super::notice(&done));
        Shell {
            viewer: Some(ViewerBar {
                name: ctx.viewer.name.clone(),
                work_count: None,
                admin: ctx.viewer.admin,
            }),
            section,
            as_of: ctx.as_of.filter(|day| *day < ctx.today()),
            query_without_as_of: query.collect::<Vec<_>>().join("&"),
            notice: notice.map(str::to_owned),
            ..self.bare_shell(ctx.today())
        }
    }

    /// The frame of a program's page.
    #[must_use]
    pub fn program_shell(&self, ctx: &Ctx, entered: &Entered, section: &'static str) -> Shell {
        let program = entered.program();
        Shell {
            program: Some(ProgramBar {
                key: program.key.clone(),
                name: program.name.clone(),
                may_raise: entered.may_raise(),
            }),
            as_of: entered.as_of(),
            today: entered.today(),
            ..self.shell(ctx, section)
        }
    }
}

/// What was written, taken apart: the fields, what a write says beside them, and the version that was read.
#[derive(Clone, Debug, Default)]
pub struct Written {
    pub draft: Draft,
    pub meta: WriteMeta,
    /// The version that a form was made from; an API body has it in `If-Match` instead.
    pub version: Option<i32>,
}

impl Written {
    /// The version that a form was made from.
    ///
    /// # Errors
    /// Refused for a form without one.
    pub fn version(&self) -> app::Result<Over> {
        self.version.map(Over::Version).ok_or_else(|| {
            Error::refused("version", "The form doesn't say which version it changes: open it again.")
                .with_draft(&self.draft)
        })
    }
}

/// Takes `effective_on`, `version` and the reason out of what was written. The reason of the write is `reason`, or
/// `write_reason` where `reason` is a field of the resource (`has_reason`).
fn take_apart(mut draft: Draft, has_reason: bool) -> app::Result<Written> {
    let typed = draft.clone();
    let refused = |field: &str, why: &str| Error::refused(field, why).with_draft(&typed);
    let effective_on = draft.0.shift_remove("effective_on").unwrap_or_default();
    let effective_on = draft::date(&effective_on).map_err(|why| refused("effective_on", &why))?;
    let name = if has_reason { "write_reason" } else { "reason" };
    let reason = match draft.0.shift_remove(name).unwrap_or_default() {
        Value::Null => String::new(),
        Value::String(text) if text.chars().count() > 2_000 => {
            return Err(refused(name, "A reason has at most 2,000 characters."));
        }
        Value::String(text) if text.chars().any(|c| c.is_control() && !"\r\n\t".contains(c)) => {
            return Err(refused(name, "There is a control character in the reason."));
        }
        Value::String(text) => text.trim().to_owned(),
        _ => return Err(refused(name, "A reason is a text.")),
    };
    Ok(Written { draft, meta: WriteMeta { effective_on, reason }, version: None })
}

/// The fields of a form: names that come several times become a list, `targets[freshness]` a field of `targets`. What was
/// left empty stays, as an empty text.
#[derive(Clone, Debug, Default)]
pub struct Form(pub Draft);

impl Form {
    /// Takes apart what was written; see [`Written`]. `has_reason`: the resource has a field `reason` of its own (a change
    /// request), and the write's reason is called `write_reason`.
    ///
    /// # Errors
    /// Refused, with the draft, for an `effective_on` that is no date.
    pub fn split(self, has_reason: bool) -> app::Result<Written> {
        let mut draft = self.0;
        let version = draft.0.shift_remove("version");
        let version = version.and_then(|version| version.as_str()?.trim().parse().ok());
        Ok(Written { version, ..take_apart(draft, has_reason)? })
    }

    /// The text of a field; empty where there is none.
    #[must_use]
    pub fn text(&self, name: &str) -> &str {
        self.0.0.get(name).and_then(Value::as_str).unwrap_or_default()
    }
}

impl FromRequest<App> for Form {
    type Rejection = Response;

    async fn from_request(request: Request, app: &App) -> Result<Self, Response> {
        let form = has_type(request.headers(), |kind| kind == "application/x-www-form-urlencoded");
        let empty = request.headers().get(CONTENT_TYPE).is_none();
        if !form && !empty {
            return Err(Failure::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "A form is sent as application/x-www-form-urlencoded.",
            )
            .into_response());
        }
        let bytes = Bytes::from_request(request, app).await.map_err(IntoResponse::into_response)?;
        let text = std::str::from_utf8(&bytes).map_err(|_| bad("The form is not UTF-8."))?;
        Ok(Self(Draft(nested(query_pairs(Some(text))))))
    }
}

fn nested(pairs: Vec<(String, String)>) -> Map<String, Value> {
    let mut fields = Map::new();
    for (name, value) in pairs {
        let value = Value::String(value);
        match name.split_once('[').and_then(|(outer, rest)| Some((outer, rest.strip_suffix(']')?))) {
            Some((outer, "")) => match fields.entry(outer).or_insert_with(|| Value::Array(Vec::new())) {
                // An empty one only says that the list was asked for, so that none can be chosen.
                Value::Array(list) => list.extend(Some(value).filter(|value| value != "")),
                other => *other = value,
            },
            Some((outer, inner)) => match fields.entry(outer).or_insert_with(|| Value::Object(Map::new())) {
                Value::Object(named) => drop(named.insert(inner.to_owned(), value)),
                other => *other = value,
            },
            None => match fields.entry(name.as_str()) {
                serde_json::map::Entry::Vacant(vacant) => drop(vacant.insert(value)),
                serde_json::map::Entry::Occupied(mut held) => match held.get_mut() {
                    Value::Array(list) => list.push(value),
                    first => {
                        let list = vec![first.take(), value];
                        *first = Value::Array(list);
                    }
                },
            },
        }
    }
    fields
}

/// Takes the version that a form was made from out of what was typed: whichever stands, where it doesn't say.
///
/// # Errors
/// Refused for what is no version: what it was made from isn't known then.
pub fn over(typed: &mut Draft) -> app::Result<Over> {
    let said = typed.0.shift_remove("version").unwrap_or_default();
    let text = said.as_str().map(str::trim);
    if said.is_null() || text == Some("") {
        return Ok(Over::Any);
    }
    let version = text.and_then(|text| text.parse().ok());
    version.map(Over::Version).ok_or_else(|| {
        Error::refused("version", "The form doesn't say which version it changes: open it again.")
    })
}

/// The JSON object that was sent.
#[derive(Clone, Debug, Default)]
pub struct Body(pub Draft);

impl Body {
    /// Takes apart what was written; see [`Form::split`]. An API body has no version: that is in `If-Match`.
    ///
    /// # Errors
    /// Refused for an `effective_on` that is no date.
    pub fn split(self, has_reason: bool) -> app::Result<(Draft, WriteMeta)> {
        let written = take_apart(self.0, has_reason)?;
        Ok((written.draft, written.meta))
    }
}

impl FromRequest<App> for Body {
    type Rejection = Response;

    async fn from_request(request: Request, app: &App) -> Result<Self, Response> {
        let json = |kind: &str| kind == "application/json" || kind.ends_with("+json");
        if !has_type(request.headers(), json) {
            return Err(Failure::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "Send a JSON object with “Content-Type: application/json”.",
            )
            .into_response());
        }
        let bytes = Bytes::from_request(request, app).await.map_err(IntoResponse::into_response)?;
        match serde_json::from_slice(&bytes) {
            Ok(Value::Object(fields)) => Ok(Self(Draft(fields))),
            Ok(_) => Err(bad("The body is JSON, but not an object.")),
            Err(error) => Err(bad(format!("The body is not JSON: {error}."))),
        }
    }
}

fn has_type(headers: &HeaderMap, fits: impl Fn(&str) -> bool) -> bool {
    headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .is_some_and(|kind| fits(&kind.trim().to_ascii_lowercase()))
}

/// The version that the caller has read, of `If-Match: "3"`; any that stands for `If-Match: *` (RFC 9110, 13.1.1).
#[derive(Clone, Copy, Debug)]
pub struct IfMatch(pub Over);

impl<S: Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Response> {
        let Some(value) = parts.headers.get(IF_MATCH) else {
            return Err(Failure::new(
                StatusCode::PRECONDITION_REQUIRED,
                "Say which version you read: “If-Match: \"3\"”, the “version” of what you change.",
            )
            .into_response());
        };
        let text = value.to_str().unwrap_or_default().trim();
        if text == "*" {
            return Ok(Self(Over::Any));
        }
        text.trim_matches('"').parse().ok().map(|version| Self(Over::Version(version))).ok_or_else(|| {
            let detail = "“If-Match” is the version in quotation marks, such as “If-Match: \"3\"”.";
            Failure::new(StatusCode::BAD_REQUEST, detail).in_field("If-Match").into_response()
        })
    }
}

/// The version that the caller has read, where they say so; else any.
#[derive(Clone, Copy, Debug)]
pub struct MaybeMatch(pub Over);

impl<S: Sync> FromRequestParts<S> for MaybeMatch {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        if parts.headers.contains_key(IF_MATCH) {
            let IfMatch(version) = IfMatch::from_request_parts(parts, state).await?;
            return Ok(Self(version));
        }
        Ok(Self(Over::Any))
    }
}

/// Which part of a list is asked for.
#[derive(Clone, Debug)]
pub struct Paging {
    /// Rows at most: 1 to 500, 50 if left out.
    pub limit: i64,
    /// Rows before the first.
    pub offset: i64,
    /// Words to look for; empty for all.
    pub q: String,
    /// `name`, or `-name` for the other way round; empty for the list's own order.
    pub sort: String,
}

impl<S: Sync> FromRequestParts<S> for Paging {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Response> {
        let mut paging = Self { limit: 50, offset: 0, q: String::new(), sort: String::new() };
        for (name, value) in query_pairs(parts.uri.query()).into_iter().filter(|(_, value)| !value.is_empty())
        {
            match name.as_str() {
                "limit" => {
                    let limit = value.parse().ok().filter(|limit| (1..=500).contains(limit));
                    paging.limit = limit.ok_or_else(|| bad("limit: give a whole number from 1 to 500."))?;
                }
                "cursor" => {
                    let offset = value.strip_prefix('o').and_then(|rest| rest.parse::<u32>().ok());
                    let offset =
                        offset.ok_or_else(|| bad("cursor: give the “next_cursor” of the page before."))?;
                    paging.offset = i64::from(offset);
                }
                "q" if value.chars().any(char::is_control) || value.chars().count() > 200 => {
                    return Err(bad("q: give at most 200 characters, without control characters."));
                }
                "q" => value.trim().clone_into(&mut paging.q),
                "sort" => paging.sort = value,
                _ => {}
            }
        }
        Ok(paging)
    }
}

impl Paging {
    /// The cursor of the page after this one, if `total` rows have one.
    #[must_use]
    pub fn next_cursor(&self, total: i64) -> Option<String> {
        let next = self.offset + self.limit;
        (next < total).then(|| format!("o{next}"))
    }

    /// The cursor of the page before this one: empty for the first page, `None` on it.
    #[must_use]
    pub fn previous_cursor(&self) -> Option<String> {
        let previous = (self.offset - self.limit).max(0);
        (self.offset > 0).then(|| if previous == 0 { String::new() } else { format!("o{previous}") })
    }

    /// The field to sort by and whether downwards; the first of `fields` if left out.
    ///
    /// # Errors
    /// Refused for a field that the list can't be sorted by.
    pub fn sorted<'f>(&self, fields: &[&'f str]) -> app::Result<(&'f str, bool)> {
        let (name, down) =
            self.sort.strip_prefix('-').map_or((self.sort.as_str(), false), |name| (name, true));
        if name.is_empty() {
            return Ok((fields.first().copied().unwrap_or_default(), false));
        }
        let found = fields.iter().copied().find(|field| *field == name);
        found
            .map(|field| (field, down))
            .ok_or_else(|| Error::refused("sort", format!("Sort by one of: {}.", fields.join(", "))))
    }
}

/// The names and values of a query or a form, decoded.
#[must_use]
pub fn query_pairs(query: Option<&str>) -> Vec<(String, String)> {
    query
        .unwrap_or_default()
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(name), decode(value))
        })
        .collect()
}

/// A text as part of a query.
#[must_use]
pub fn encode(text: &str) -> String {
    use std::fmt::Write as _;
    text.bytes().fold(String::with_capacity(text.len()), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~/:".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
        out
    })
}
