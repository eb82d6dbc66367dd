//! The JSON API under `/api/v1`: the same use cases as the pages, as `api.md` states them for other programs.

pub mod asked;
pub mod imports;
pub mod inbound;
pub mod item;
pub mod meeting;
pub mod openapi;
pub mod page;
pub mod program;
pub mod query;
pub mod readiness;
pub mod scenario;
pub mod schedule;
pub mod schedule_link;
mod schema;
pub mod shape;

use crate::app::Error;
use crate::web::present::{ApiError, ApiResult};
use crate::web::routes::Routes;
use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::Value;

/// The routes of items, programs, projects, baselines and of the description of the whole.
pub fn routes() -> Routes {
    Routes::new()
        .merge(item::routes())
        .merge(program::routes())
        .merge(imports::routes())
        .merge(schedule_link::routes())
        .merge(scenario::routes())
        .merge(readiness::routes())
        .merge(inbound::routes())
        .merge(meeting::routes())
        .merge(schedule::routes())
        .merge(openapi::routes())
}

/// An answer with the version in its `ETag`, for the `If-Match` of the next write.
pub(super) fn versioned(status: StatusCode, version: i32, body: Value) -> Response {
    let mut answer = (status, Json(body)).into_response();
    if let Ok(tag) = HeaderValue::from_str(&format!("\"{version}\"")) {
        answer.headers_mut().insert(header::ETAG, tag);
    }
    answer
}

/// The answer to a POST that made something.
pub(in crate::web) fn made(location: &str, version: i32, body: Value) -> ApiResult {
    let mut answer = versioned(StatusCode::CREATED, version, body);
    let location =
        HeaderValue::from_str(location).map_err(|wrong| ApiError(Error::Internal(Box::new(wrong))))?;
    answer.headers_mut().insert(header::LOCATION, location);
    Ok(answer)
}
