//! What goes wrong, shown: one [`Error`] of the application, a presenter for pages and one for the JSON API. Both say what
//! happened as a [`Failure`], which the edge draws as a page or as problem details (RFC 9457), since it alone knows the
//! request's id and its path.

use super::shell::{Shell, decode};
use crate::app::Error;
use crate::domain::draft::{FieldError, Refused};
use askama::Template;
use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use serde_json::json;
use std::sync::Arc;

/// The answer of a handler of a page.
pub type PageResult<T = Response> = Result<T, PageError>;
/// The answer of a handler of the JSON API.
pub type ApiResult<T = Response> = Result<T, ApiError>;

/// An error on its way to a reader.
#[derive(Debug)]
pub struct PageError(pub Error);

/// An error on its way to a program.
#[derive(Debug)]
pub struct ApiError(pub Error);

macro_rules! from {
    ($($presenter:ident)+) => {$(
        impl From<Error> for $presenter {
            fn from(error: Error) -> Self {
                Self(error)
            }
        }

        impl From<Refused> for $presenter {
            fn from(refused: Refused) -> Self {
                Self(refused.into())
            }
        }

        impl From<askama::Error> for $presenter {
            fn from(error: askama::Error) -> Self {
                Self(Error::Internal(Box::new(error)))
            }
        }
    )+};
}
from!(PageError ApiError);

impl IntoResponse for PageError {
    fn into_response(self) -> Response {
        Failure::of(self.0, StatusCode::CONFLICT).into_response()
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        Failure::of(self.0, StatusCode::PRECONDITION_FAILED).into_response()
    }
}

/// What went wrong, ready to be drawn by the edge. A response that carries one has no body of its own.
#[derive(Clone, Debug)]
pub struct Failure {
    pub status: StatusCode,
    /// Names the kind of problem, for programs.
    pub kind: &'static str,
    pub title: &'static str,
    /// What happened and what to do.
    pub detail: String,
    pub errors: Vec<FieldError>,
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// For the log; never shown.
    pub cause: Option<Arc<dyn std::error::Error + Send + Sync>>,
}

impl Failure {
    #[must_use]
    pub fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        let (kind, title) = match status {
            StatusCode::BAD_REQUEST => ("bad-request", "The request can't be read"),
            StatusCode::UNAUTHORIZED => ("signed-out", "Sign in first"),
            StatusCode::FORBIDDEN => ("forbidden", "Not allowed"),
            StatusCode::NOT_FOUND => ("not-found", "Nothing here"),
            StatusCode::METHOD_NOT_ALLOWED => ("method-not-allowed", "That can't be done here"),
            StatusCode::CONFLICT | StatusCode::PRECONDITION_FAILED => ("stale", "Somebody else changed this"),
            StatusCode::PAYLOAD_TOO_LARGE => ("too-large", "Too large"),
            StatusCode::UNSUPPORTED_MEDIA_TYPE => ("unsupported-media-type", "Another form is needed"),
            StatusCode::UNPROCESSABLE_ENTITY => ("refused", "This can't be taken as it is"),
            StatusCode::PRECONDITION_REQUIRED => ("version-needed", "The version is needed"),
            StatusCode::TOO_MANY_REQUESTS => ("too-many", "Too many at once"),
            StatusCode::SERVICE_UNAVAILABLE => ("unavailable", "Not available at the moment"),
            status if status.is_server_error() => ("internal", "Something went wrong"),
            _ => ("bad-request", "The request can't be taken"),
        };
        let detail = detail.into();
        // What can't be read or taken names what is wrong: the whole, until somebody says which part.
        let whole = [StatusCode::BAD_REQUEST, StatusCode::UNPROCESSABLE_ENTITY].contains(&status);
        let errors = if whole { vec![FieldError::new("", detail.clone())] } else { Vec::new() };
        Self { status, kind, title, detail, errors, headers: Vec::new(), cause: None }
    }

    /// The same, in this field, parameter or header.
    #[must_use]
    pub fn in_field(mut self, name: &str) -> Self {
        self.errors = vec![FieldError::new(name, self.detail.clone())];
        self
    }

    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// The failure of an error of the application; `stale` is how this face says that somebody else wrote in between.
    fn of(error: Error, stale: StatusCode) -> Self {
        let detail = error.to_string();
        match error {
            Error::NotFound => Self::new(StatusCode::NOT_FOUND, detail),
            Error::Forbidden(_) | Error::NotYours(_) => Self::new(StatusCode::FORBIDDEN, detail),
            // Nobody signs in to call: the call itself is signed.
            Error::Unsigned(_) => Self {
                kind: "unsigned",
                title: "The call is not signed as it must be",
                ..Self::new(StatusCode::UNAUTHORIZED, detail)
            },
            Error::Refused(refused) => {
                let mut failure = Self::new(StatusCode::UNPROCESSABLE_ENTITY, detail);
                failure.errors = refused.errors;
                failure
            }
            Error::Stale { .. } => Self::new(
                stale,
                format!(
                    "{detail} Nothing was overwritten: read it again, then make your change to what it says now."
                ),
            ),
            Error::Archived | Error::ArchivedProgram => {
                Self { kind: "archived", title: "It is archived", ..Self::new(StatusCode::CONFLICT, detail) }
            }
            Error::Busy => Self::new(StatusCode::SERVICE_UNAVAILABLE, detail)
                .with_header(RETRY_AFTER, HeaderValue::from_static("5")),
            Error::TooMany { seconds } => Self::new(StatusCode::TOO_MANY_REQUESTS, detail)
                .with_header(RETRY_AFTER, HeaderValue::from(seconds)),
            Error::Unavailable(cause) => {
                let mut failure = Self::new(StatusCode::SERVICE_UNAVAILABLE, detail)
                    .with_header(RETRY_AFTER, HeaderValue::from_static("2"));
                failure.cause = Some(Arc::new(cause));
                failure
            }
            Error::Internal(cause) => {
                let mut failure = Self::new(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "Something went wrong. It has been written to the log.",
                );
                failure.cause = Some(Arc::from(cause));
                failure
            }
        }
    }

    /// Draws the failure as problem details.
    pub(super) fn problem(&self, request_id: &str) -> Response {
        let mut problem = json!({
            "type": format!("urn:plumbline:problem:{}", self.kind), "title": self.title, "status": self.status.as_u16(),
            "detail": self.detail,
        });
        if !self.errors.is_empty() {
            problem["errors"] = json!(self.errors);
        }
        if self.status.is_server_error() {
            problem["request_id"] = json!(request_id);
        }
        let mut answer = (self.status, problem.to_string()).into_response();
        answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        answer
    }

    /// Draws the failure as a page; `typed` is the form that was sent, to be sent again when that may succeed.
    pub(super) fn page(&self, request_id: &str, shell: Shell, typed: Vec<(String, String)>) -> Response {
        let page = FailurePage { shell, failure: self, request_id, typed };
        match page.render() {
            Ok(html) => (self.status, Html(html)).into_response(),
            Err(error) => {
                tracing::error!(%error, "the page of an error can't be drawn");
                (self.status, self.title).into_response()
            }
        }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let mut answer = Response::new(Body::empty());
        *answer.status_mut() = self.status;
        for (name, value) in &self.headers {
            answer.headers_mut().append(name, value.clone());
        }
        answer.extensions_mut().insert(self);
        answer
    }
}

#[derive(Template)]
#[template(path = "failure.html")]
struct FailurePage<'f> {
    shell: Shell,
    failure: &'f Failure,
    request_id: &'f str,
    typed: Vec<(String, String)>,
}

impl FailurePage<'_> {
    fn is_server_error(&self) -> bool {
        self.failure.status == StatusCode::INTERNAL_SERVER_ERROR
    }

    fn is_stale(&self) -> bool {
        self.failure.kind == "stale"
    }

    /// What was typed into a form that no page of its own shows again.
    fn is_refused(&self) -> bool {
        self.failure.status == StatusCode::UNPROCESSABLE_ENTITY && !self.typed.is_empty()
    }

    fn may_try_again(&self) -> bool {
        self.failure.status == StatusCode::SERVICE_UNAVAILABLE
    }
}

/// The fields of a form as it was sent, but for passwords: these are not written into a page.
pub(super) fn typed(body: &[u8]) -> Vec<(String, String)> {
    std::str::from_utf8(body)
        .unwrap_or_default()
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(name), decode(value))
        })
        .filter(|(name, _)| !name.contains("password"))
        .collect()
}

/// A page, drawn.
///
/// # Errors
/// When the template can't be drawn.
pub fn page(template: &impl Template) -> PageResult {
    page_with(StatusCode::OK, template)
}

/// A page with another status: 422 for a form that comes back.
///
/// # Errors
/// When the template can't be drawn.
pub fn page_with(status: StatusCode, template: &impl Template) -> PageResult {
    Ok((status, Html(template.render()?)).into_response())
}
