//! Where the reader is mentioned: for other programs, and the button by which it is seen. Pages show it in My work.

use super::api::page::Asked as Query;
use super::extract::{Api, Place, Web};
use super::present::{ApiResult, PageResult};
use super::routes::Routes;
use crate::app::App;
use crate::app::access::enter;
use crate::app::mention::{self, Mention};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect};
use serde_json::{Value, json};

pub(super) fn routes() -> Routes {
    Routes::new()
        .post("/me/mentions/{reference}/seen", seen)
        .get("/programs/{key}/mentionable", mentionable)
        .get("/api/v1/me/mentions", list)
        .delete("/api/v1/me/mentions/{reference}", forget)
}

/// What mentions are filtered and sorted by; the first tells them apart.
pub const FIELDS: [&str; 4] = ["ref", "title", "author", "mentioned_at"];

/// The first line of what was said, cut to what fits a line.
pub(super) fn excerpt(one: &Mention) -> String {
    const MOST: usize = 160;
    let Some(body) = &one.body else { return String::new() };
    let line = body.lines().find(|line| !line.trim().is_empty()).unwrap_or_default().trim();
    let mut short: String = line.chars().take(MOST).collect();
    if short.len() < line.len() || body.trim().lines().count() > 1 {
        short.push('…');
    }
    short
}

/// “Ada mentioned you in ATLAS-R3”.
pub(super) fn says(one: &Mention) -> String {
    format!("{} mentioned you in {}", one.author.as_deref().unwrap_or("Somebody"), one.reference)
}

fn shape(one: &Mention) -> Value {
    json!({
        "ref": one.reference.to_string(), "title": one.title, "author": one.author, "mentioned_at": one.mentioned_at,
        "body": one.body, "url": format!("{}#comments", one.reference.path()),
    })
}

async fn list(State(app): State<App>, Api(ctx): Api, query: Query) -> ApiResult {
    let rows = mention::mine(&app, &ctx).await?.iter().map(shape).collect();
    Ok(query.whole(rows, &FIELDS)?.into_response())
}

async fn seen(State(app): State<App>, Web(ctx): Web, Path(reference): Path<String>) -> PageResult {
    mention::see(&app, &ctx, &reference).await?;
    Ok(Redirect::to("/me/work?done=seen").into_response())
}

/// Who can be mentioned by a name that begins so: what a field offers while it is typed.
async fn mentionable(
    State(app): State<App>,
    Web(ctx): Web,
    place: Place,
    Path(key): Path<String>,
) -> PageResult {
    let entered = enter(&app, &ctx, &key).await?;
    let people = mention::beginning(&app, &entered, &place.said("q")).await?;
    let rows: Vec<Value> = people.iter().map(|(name, says)| json!({"name": name, "says": says})).collect();
    Ok(Json(rows).into_response())
}

async fn forget(State(app): State<App>, Api(ctx): Api, Path(reference): Path<String>) -> ApiResult {
    mention::see(&app, &ctx, &reference).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
