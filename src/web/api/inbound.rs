//! Calls of other tools: who may call a program, at `/api/v1/programs/KEY/inbound`, and the calls, at `/api/v1/inbound/…`.

use super::page::Asked;
use super::{made, shape};
use crate::app::App;
use crate::app::access::enter;
use crate::app::inbound::{self, Call, Endpoint};
use crate::web::extract::{Api, Body};
use crate::web::idempotency::told_once;
use crate::web::present::{ApiError, ApiResult, Failure};
use crate::web::routes::Routes;
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use uuid::Uuid;

pub fn routes() -> Routes {
    Routes::new()
        .get("/api/v1/programs/{key}/inbound", list)
        .post("/api/v1/programs/{key}/inbound", make)
        .delete("/api/v1/programs/{key}/inbound/{id}", revoke)
        .post("/api/v1/inbound/{endpoint}", receive)
}

/// What endpoints are filtered and sorted by; the first tells them apart.
pub const FIELDS: [&str; 5] = ["id", "name", "made_at", "last_used_at", "revoked_at"];

fn endpoint(one: &Endpoint) -> Value {
    json!({
        "id": one.id, "name": one.name, "path": format!("/api/v1/inbound/{}", one.id), "made_at": one.made_at,
        "made_by": shape::person(one.made_by, one.made_by_name.as_deref()), "last_used_at": one.last_used_at,
        "revoked_at": one.revoked_at,
    })
}

async fn list(State(app): State<App>, Api(ctx): Api, Path(key): Path<String>, asked: Asked) -> ApiResult {
    let entered = enter(&app, &ctx, &key).await?;
    let rows = inbound::list(&app, &entered).await?.iter().map(endpoint).collect();
    Ok(asked.whole(rows, &FIELDS)?.into_response())
}

async fn make(State(app): State<App>, Api(ctx): Api, Path(key): Path<String>, body: Body) -> ApiResult {
    let entered = enter(&app, &ctx, &key).await?;
    let (one, secret) = inbound::make(&app, &ctx, &entered, &body.0).await?;
    let mut body = endpoint(&one);
    body["secret"] = json!(secret.reveal());
    made(&format!("/api/v1/programs/{}/inbound/{}", entered.key(), one.id), 1, body).map(told_once)
}

async fn revoke(State(app): State<App>, Api(ctx): Api, Path((key, id)): Path<(String, Uuid)>) -> ApiResult {
    let entered = enter(&app, &ctx, &key).await?;
    inbound::revoke(&app, &ctx, &entered, id).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn receive(
    State(app): State<App>,
    Path(endpoint): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let (Some(id), Some(timestamp), Some(signature)) =
        (header("webhook-id"), header("webhook-timestamp"), header("webhook-signature"))
    else {
        let detail = "Sign the call as Standard Webhooks say: “webhook-id”, “webhook-timestamp” and “webhook-signature”.";
        return Failure::new(StatusCode::BAD_REQUEST, detail).into_response();
    };
    match inbound::receive(&app, &endpoint, Call { id, timestamp, signature, body: &body }).await {
        Ok(answer) => Json(answer).into_response(),
        Err(error) => ApiError(error).into_response(),
    }
}
