//! Whether the process lives and whether it can serve, for whatever watches over it.

use super::routes::Routes;
use crate::app::App;
use axum::extract::State;
use axum::http::StatusCode;

pub(super) fn routes() -> Routes {
    Routes::new().get("/healthz", alive).get("/readyz", ready)
}

async fn alive() -> &'static str {
    "ok\n"
}

/// Ready when the database answers and has every migration of this version.
async fn ready(State(app): State<App>) -> (StatusCode, axum::Json<serde_json::Value>) {
    let database = match app.db.is_migrated().await {
        Ok(true) => "ready",
        Ok(false) => "migrations are missing",
        Err(_) => "away",
    };
    let status = if database == "ready" { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, axum::Json(serde_json::json!({"ready": database == "ready", "database": database})))
}
