//! Links of the schedule in the JSON API: `/api/v1/programs/KEY/links`.

use super::{made, versioned};
use crate::app::access::enter;
use crate::app::schedule_link::{self, Filter};
use crate::app::{App, Error};
use crate::domain::draft::{FieldError, Refused};
use crate::domain::ids::ScheduleLinkId;
use crate::store::schedule_link::{End, Shown};
use crate::web::extract::{Api, Body, IfMatch, MaybeMatch, Paging, Place};
use crate::web::present::ApiResult;
use crate::web::routes::Routes;
use axum::Json;
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

fn filter(paging: &Paging, pairs: Vec<(String, String)>) -> Result<Filter, Error> {
    let mut filter = Filter { limit: paging.limit, offset: paging.offset, ..Filter::default() };
    let mut errors = Vec::new();
    for (name, value) in pairs {
        match name.as_str() {
            "limit" | "cursor" | "as_of" => {}
            "predecessor" => filter.predecessor = Some(value),
            "successor" => filter.successor = Some(value),
            "type" => filter.link_type = Some(value),
            _ => errors.push(FieldError::new(name, "There is no such filter.")),
        }
    }
    if errors.is_empty() { Ok(filter) } else { Err(Refused { errors, ..Refused::default() }.into()) }
}

/// The id that a path names; anything else names nothing.
fn id(text: &str) -> Result<ScheduleLinkId, Error> {
    text.parse().map(ScheduleLinkId).map_err(|_| Error::NotFound)
}

async fn list(
    State(app): State<App>,
    Api(ctx): Api,
    Path(key): Path<String>,
    paging: Paging,
    place: Place,
) -> ApiResult {
    let entered = enter(&app, &ctx, &key).await?;
    let filter = filter(&paging, place.pairs())?;
    let (links, total) = schedule_link::list(&app, &ctx, &entered, &filter).await?;
    let items: Vec<_> = links.iter().map(|link| shape(entered.key(), link)).collect();
    Ok(Json(paging.answer(&items, total)).into_response())
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
