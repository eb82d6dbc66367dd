//! The edge: what is done to every request and every answer, whatever the handler. Request ids and the log, limits of size and
//! time, defence against forged requests, the headers that keep a browser safe, and the drawing of what went wrong.

use super::extract::Place;
use super::present::{self, Failure};
use super::session;
use super::shell::Shell;
use crate::app::{App, Ctx, MAX_BODY, access, account};
use crate::clock::Stopwatch;
use crate::domain::program::today_in;
use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, COOKIE, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use std::any::Any;
use std::borrow::Cow;
use std::time::Duration;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::csrf::CsrfLayer;
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::request_id::{MakeRequestUuid, PropagateRequestIdLayer, RequestId, SetRequestIdLayer};
use tower_http::timeout::TimeoutLayer;
use tower_http::trace::TraceLayer;
use tracing::Span;

/// The longest that a request may take.
pub const LONGEST: Duration = Duration::from_secs(30);

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const SERVER_TIMING: HeaderName = HeaderName::from_static("server-timing");
const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
    font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Puts the edge around routes, of which each may take so long.
pub fn around(routes: Router<App>, app: App, longest: Duration) -> Router {
    let mut csrf = CsrfLayer::new();
    if let Some(url) = app.public_url.as_deref() {
        // Behind a proxy the host that the browser knows may not be the one that arrives here.
        csrf = match CsrfLayer::new().add_trusted_origin(url) {
            Ok(trusting) => trusting,
            Err(error) => {
                tracing::warn!(%error, "the public address is no origin; requests are checked against their host");
                CsrfLayer::new()
            }
        };
    }
    routes
        .layer(from_fn(super::api::asked::only_what_is_described))
        .layer(from_fn_with_state(app.clone(), super::idempotency::once))
        .layer(from_fn(keep_typed))
        .layer(DefaultBodyLimit::disable())
        .layer(RequestBodyLimitLayer::new(MAX_BODY))
        .layer(csrf)
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, longest))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn_with_state(app.clone(), finish))
        .layer(CompressionLayer::new().br(true).gzip(true))
        .layer(
            TraceLayer::new_for_http()
                .make_span_with(span)
                .on_request(())
                .on_response(|answer: &Response, latency: Duration, _: &Span| {
                    tracing::info!(
                        status = answer.status().as_u16(),
                        ms = latency.as_secs_f64() * 1000.0,
                        "answered"
                    );
                })
                .on_failure(()),
        )
        .layer(PropagateRequestIdLayer::new(REQUEST_ID))
        .layer(SetRequestIdLayer::new(REQUEST_ID, MakeRequestUuid))
        .layer(from_fn(plain_request_id))
        .with_state(app)
}

/// A request id that comes from outside is kept if it is a plain word; anything else gets one made here.
async fn plain_request_id(mut request: Request, next: Next) -> Response {
    let plain = request.headers().get(REQUEST_ID).and_then(|id| id.to_str().ok()).is_some_and(|id| {
        (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    });
    if !plain {
        request.headers_mut().remove(REQUEST_ID);
    }
    next.run(request).await
}

fn request_id(request: &Request<impl Sized>) -> String {
    let id = request.extensions().get::<RequestId>();
    id.and_then(|id| id.header_value().to_str().ok()).unwrap_or_default().to_owned()
}

/// The path alone is logged: a query may hold a secret.
fn span(request: &Request) -> Span {
    let path = without_secret(request.uri().path());
    tracing::info_span!("request", id = %request_id(request), method = %request.method(), path = &*path)
}

/// After what a path may hold a secret.
const SECRET_AFTER: [&str; 1] = ["/shared/reports/"];

/// A path as it may be written down. What it begins with is looked for however it is written: what doesn't lead anywhere may still
/// hold a secret.
fn without_secret(path: &str) -> Cow<'_, str> {
    let plain = super::shell::decode(path).to_ascii_lowercase();
    let found = SECRET_AFTER.iter().find(|before| plain.contains(before.trim_end_matches('/')));
    found.map_or(Cow::Borrowed(path), |before| Cow::Owned(format!("{before}…")))
}

#[expect(clippy::needless_pass_by_value, reason = "the layer hands over what was thrown")]
fn panicked(thrown: Box<dyn Any + Send>) -> Response {
    let said = thrown.downcast_ref::<String>().map(String::as_str);
    let said = said.or_else(|| thrown.downcast_ref::<&str>().copied()).unwrap_or("a panic");
    let mut failure = Failure::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        "Something went wrong. It has been written to the log.",
    );
    failure.cause =
        Some(std::sync::Arc::from(Box::<dyn std::error::Error + Send + Sync>::from(said.to_owned())));
    failure.into_response()
}

/// What a form held, to be shown again when the database is away or no other page shows it.
#[derive(Clone)]
struct Typed(Bytes);

/// Keeps what a form holds beside its answer, so that a failure can give it back.
async fn keep_typed(request: Request, next: Next) -> Response {
    let is_form = request.method() == Method::POST
        && request
            .headers()
            .get(CONTENT_TYPE)
            .is_some_and(|kind| kind.as_bytes().starts_with(b"application/x-www-form-urlencoded"));
    if !is_form {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    let Ok(bytes) = to_bytes(body, MAX_BODY).await else {
        return Failure::new(StatusCode::PAYLOAD_TOO_LARGE, too_large()).into_response();
    };
    let mut answer = next.run(Request::from_parts(parts, Body::from(bytes.clone()))).await;
    if [StatusCode::SERVICE_UNAVAILABLE, StatusCode::UNPROCESSABLE_ENTITY].contains(&answer.status()) {
        answer.extensions_mut().insert(Typed(bytes));
    }
    answer
}

fn too_large() -> String {
    format!("At most {} MB can be sent at once.", MAX_BODY / 1024 / 1024)
}

/// Draws what went wrong, logs what was our fault, and puts the headers on that keep a browser safe.
async fn finish(State(app): State<App>, request: Request, next: Next) -> Response {
    let watch = Stopwatch::start();
    let id = request_id(&request);
    let place = Place::of(request.uri());
    let api = place.path == "/api" || place.path.starts_with("/api/");
    let cookie = request.headers().get(COOKIE).cloned();
    let mut answer = next.run(request).await;
    if let Some(failure) = failure_of(&mut answer).await {
        if let Some(cause) = failure.cause.as_ref().filter(|_| failure.status.is_server_error()) {
            tracing::error!(status = failure.status.as_u16(), error = %chain(cause.as_ref()), "failed");
        }
        let mut drawn = if api {
            failure.problem(&id)
        } else {
            let typed = answer.extensions().get::<Typed>().map(|typed| present::typed(&typed.0));
            let known =
                if failure.status.is_server_error() { None } else { shell(&app, &place, cookie).await };
            let shell = known.unwrap_or_else(|| place.bare_shell(today_in("UTC", app.clock.now())));
            failure.page(&id, shell, typed.unwrap_or_default())
        };
        let (mut parts, _) = answer.into_parts();
        for name in [CONTENT_TYPE, axum::http::header::CONTENT_LENGTH] {
            parts.headers.remove(name);
        }
        drawn.headers_mut().extend(parts.headers);
        answer = drawn;
    }
    safe(answer.headers_mut(), &app, api);
    let spent = format!("app;dur={:.2}", watch.elapsed().as_secs_f64() * 1000.0);
    if let Ok(spent) = HeaderValue::try_from(spent) {
        answer.headers_mut().insert(SERVER_TIMING, spent);
    }
    answer
}

/// The frame of a page for who is signed in, with the program in whose address it is; none for who isn't.
async fn shell(app: &App, place: &Place, cookie: Option<HeaderValue>) -> Option<Shell> {
    let headers = HeaderMap::from_iter([(COOKIE, cookie?)]);
    let secret = session::secret_of(app, &headers)?;
    let viewer = account::by_session(app, secret).await.ok().flatten()?;
    let ctx = Ctx { viewer, now: app.clock.now(), as_of: None };
    let key = place.path.strip_prefix("/programs/").and_then(|rest| rest.split('/').next());
    // Of a program that they may not see, they don't learn that it is there.
    let entered = match key {
        Some(key) => access::enter(app, &ctx, key).await.ok(),
        None => None,
    };
    Some(entered.map_or_else(|| place.shell(&ctx, ""), |entered| place.program_shell(&ctx, &entered, "")))
}

/// What went wrong in an answer: as a handler said it, or as a layer or the router did, by status alone.
async fn failure_of(answer: &mut Response) -> Option<Failure> {
    if let Some(failure) = answer.extensions_mut().remove::<Failure>() {
        return Some(failure);
    }
    let status = answer.status();
    let said = answer.headers().get(CONTENT_TYPE).map(HeaderValue::as_bytes);
    let bare = said.is_none_or(|kind| kind.starts_with(b"text/plain"));
    if !(status.is_client_error() || status.is_server_error()) || !bare {
        return None;
    }
    let body = std::mem::take(answer.body_mut());
    let text = to_bytes(body, 4096).await.unwrap_or_default();
    let text = String::from_utf8_lossy(&text).trim().to_owned();
    Some(Failure::new(
        status,
        match status {
            StatusCode::NOT_FOUND => "There is nothing here, or nothing that you may see.".to_owned(),
            StatusCode::METHOD_NOT_ALLOWED => "This address doesn't take that method.".to_owned(),
            StatusCode::FORBIDDEN => "The request came from another site, so nothing was done.".to_owned(),
            StatusCode::PAYLOAD_TOO_LARGE => too_large(),
            StatusCode::SERVICE_UNAVAILABLE => "It took too long, and was given up.".to_owned(),
            _ if text.is_empty() => "The request can't be taken.".to_owned(),
            _ => text,
        },
    ))
}

fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut said = error.to_string();
    let mut inner = error.source();
    while let Some(error) = inner {
        said.push_str(": ");
        said.push_str(&error.to_string());
        inner = error.source();
    }
    said
}

fn safe(headers: &mut HeaderMap, app: &App, api: bool) {
    let policy = if api { "default-src 'none'; frame-ancestors 'none'" } else { POLICY };
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(
        PERMISSIONS_POLICY,
        HeaderValue::from_static("camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    );
    if app.is_https() {
        headers.insert(
            STRICT_TRANSPORT_SECURITY,
            HeaderValue::from_static("max-age=31536000; includeSubDomains"),
        );
    }
    if !headers.contains_key(CACHE_CONTROL) {
        let caching = if api { "no-store" } else { "private, no-cache" };
        headers.insert(CACHE_CONTROL, HeaderValue::from_static(caching));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_in_a_path_is_not_written_down() {
        for path in [
            "/shared/reports/b6690f5e",
            "/shared/reports/b6690f5e/",
            "/shared/reports%2fb6690f5e",
            "/Shared/Reports/b6690f5e",
            "//shared/reports/b6690f5e",
        ] {
            assert_eq!(without_secret(path), "/shared/reports/…", "{path}");
        }
        for path in ["/", "/programs/ATLAS/reports/1", "/shared"] {
            assert_eq!(without_secret(path), path);
        }
    }
}
