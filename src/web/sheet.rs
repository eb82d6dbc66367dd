//! Tables that are downloaded, as CSV.

use axum::body::Body;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};

/// What a CSV file is, to a browser.
const CSV: &str = "text/csv; charset=utf-8; header=present";

/// A file of this name (letters, digits, `-` and `_`; without its ending) that a browser saves.
#[must_use]
pub fn csv(name: &str, body: impl Into<Body>) -> Response {
    let disposition = format!("attachment; filename=\"{name}.csv\"");
    ([(CONTENT_TYPE, CSV.to_owned()), (CONTENT_DISPOSITION, disposition)], body.into()).into_response()
}
