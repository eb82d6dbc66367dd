//! The imports that were done, in the JSON API.

use super::page::Asked;
use super::shape;
use crate::app::{App, history};
use crate::web::extract::Api;
use crate::web::present::ApiResult;
use crate::web::routes::Routes;
use axum::extract::State;
use axum::response::IntoResponse;
use serde_json::json;

pub fn routes() -> Routes {
    Routes::new().get("/api/v1/imports", list)
}

/// What imports are filtered and sorted by.
pub const FIELDS: [&str; 7] = ["id", "program", "recorded_at", "by", "made", "changed", "skipped"];

async fn list(State(app): State<App>, Api(ctx): Api, query: Asked) -> ApiResult {
    let imports = history::imports(&app, &ctx).await?;
    let rows = imports.iter().map(|done| {
        json!({
            "id": done.id, "program": done.program, "recorded_at": done.recorded_at,
            "by": shape::person(done.by, done.actor.as_deref()), "files": done.files, "made": done.made,
            "changed": done.changed, "skipped": done.skipped, "reason": done.reason,
        })
    });
    Ok(query.whole(rows.collect(), &FIELDS)?.into_response())
}
