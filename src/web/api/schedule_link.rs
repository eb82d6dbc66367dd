//! Links of the schedule in the JSON API: `/api/v1/programs/KEY/links`.

use super::page::Asked;
use super::{made, versioned};
use crate::app::access::enter;
use crate::app::schedule_link::{self, Filter};
use crate::app::{App, Error};
use crate::domain::ids::ScheduleLinkId;
use crate::store::schedule_link::{End, Shown};
use crate::web::extract::{Api, Body, IfMatch, MaybeMatch};
use crate::web::present::ApiResult;
use crate::web::routes::Routes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use serde_json::{Value, json};

pub fn routes() -> Routes {
    Routes::new()
        .get("/api/v1/programs/{key}/links", list)
        .post("/api/v1/programs/{key}/links", make)
        .get("/api/v1/programs/{key}/links/{id}", show)
        .patch("/api/v1/programs/{key}/links/{id}", edit)
        .delete("/api/v1/programs/{key}/links/{id}", remove)
}

fn shape(key: &str, shown: &Shown) -> Value {
    let end = |end: &End| json!({"id": end.id, "ref": end.reference.to_string(), "title": end.title});
    let link = &shown.link;
    json!({
        "id": link.id, "program": key, "predecessor": end(&shown.predecessor), "successor": end(&shown.successor),
        "type": link.link_type, "lag_days": link.lag, "lag_unit": link.lag_unit, "version": link.version,
        "effective_on": link.effective_on,
    })
}

/// What links are filtered by; their ends by reference or id.
const FILTERS: [&str; 3] = ["predecessor", "successor", "type"];
/// What links are sorted by; the first tells them apart.
pub const FIELDS: [&str; 7] =
    ["id", "type", "lag_days", "lag_unit", "effective_on", "predecessor", "successor"];

/// The id that a path names; anything else names nothing.
fn id(text: &str) -> Result<ScheduleLinkId, Error> {
    text.parse().map(ScheduleLinkId).map_err(|_| Error::NotFound)
}

async fn list(State(app): State<App>, Api(ctx): Api, Path(key): Path<String>, mut asked: Asked) -> ApiResult {
    let entered = enter(&app, &ctx, &key).await?;
    let said = |name: &str| asked.value(name).map(str::to_owned);
    let filter =
        Filter { predecessor: said("predecessor"), successor: said("successor"), link_type: said("type") };
    let links = schedule_link::list(&app, &ctx, &entered, &filter).await?;
    asked.pairs.retain(|(name, _)| !FILTERS.contains(&name.as_str()));
    let rows = links.iter().map(|link| shape(entered.key(), link)).collect();
    Ok(asked.whole(rows, &FIELDS)?.into_response())
}

async fn make(State(app): State<App>, Api(ctx): Api, Path(key): Path<String>, body: Body) -> ApiResult {
    let entered = enter(&app, &ctx, &key).await?;
    let (draft, meta) = body.split(false)?;
    let link = schedule_link::make(&app, &ctx, &entered, &draft, &meta).await?;
    let shown = schedule_link::find(&app, &ctx, &entered, link.id).await?;
    let location = format!("/api/v1/programs/{}/links/{}", entered.key(), link.id);
    made(&location, link.version, shape(entered.key(), &shown))
}

async fn show(State(app): State<App>, Api(ctx): Api, Path((key, link)): Path<(String, String)>) -> ApiResult {
    let entered = enter(&app, &ctx, &key).await?;
    let shown = schedule_link::find(&app, &ctx, &entered, id(&link)?).await?;
    Ok(versioned(StatusCode::OK, shown.link.version, shape(entered.key(), &shown)))
}

async fn edit(
    State(app): State<App>,
    Api(ctx): Api,
    Path((key, link)): Path<(String, String)>,
    IfMatch(version): IfMatch,
    body: Body,
) -> ApiResult {
    let entered = enter(&app, &ctx, &key).await?;
    let (draft, meta) = body.split(false)?;
    let link = schedule_link::edit(&app, &ctx, &entered, id(&link)?, version, &draft, &meta).await?;
    let shown = schedule_link::find(&app, &ctx, &entered, link.id).await?;
    Ok(versioned(StatusCode::OK, link.version, shape(entered.key(), &shown)))
}

async fn remove(
    State(app): State<App>,
    Api(ctx): Api,
    Path((key, link)): Path<(String, String)>,
    MaybeMatch(version): MaybeMatch,
) -> ApiResult {
    let entered = enter(&app, &ctx, &key).await?;
    schedule_link::remove(&app, &ctx, &entered, id(&link)?, version).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
