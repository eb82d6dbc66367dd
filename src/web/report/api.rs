//! What the JSON API has of reports beside what every item has: Markdown, ratings, links without an account, the record.

use super::shared_at;
use crate::app::access::enter;
use crate::app::report::{self, Link, Rating, Shown};
use crate::app::{App, Error};
use crate::domain::kind::Kind;
use crate::domain::report::markdown;
use crate::web::api::item::number;
use crate::web::api::page::Asked as Query;
use crate::web::api::{made, shape};
use crate::web::extract::{Api, Body};
use crate::web::idempotency::told_once;
use crate::web::present::ApiResult;
use crate::web::routes::Routes;
use crate::web::site::Site;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

pub(super) fn routes() -> Routes {
    const ONE: &str = "/api/v1/programs/{key}/reports/{number}";
    Routes::new()
        .get("/api/v1/programs/{key}/reports/record", record)
        .get(format!("{ONE}/markdown"), as_text)
        .get(format!("{ONE}/ratings"), ratings)
        .post(format!("{ONE}/ratings"), rate)
        .get(format!("{ONE}/shares"), shares)
        .post(format!("{ONE}/shares"), share)
        .delete(format!("{ONE}/shares/{{id}}"), revoke)
}

/// What ratings, links and gaps are filtered and sorted by.
pub const RATING_FIELDS: [&str; 4] = ["person", "value", "comment", "on"];
pub const SHARE_FIELDS: [&str; 4] = ["id", "label", "created_at", "revoked_at"];
pub const GAP_FIELDS: [&str; 7] = ["dimension", "from", "until", "now", "days", "declared", "computed"];

/// A report as Markdown.
pub(super) fn as_markdown(shown: &Shown) -> Response {
    let mut answer = markdown(&shown.stored.item.title, &shown.frozen).into_response();
    let kind = HeaderValue::from_static("text/markdown; charset=utf-8");
    answer.headers_mut().insert(header::CONTENT_TYPE, kind);
    answer
}

type At = Path<(String, String)>;

async fn as_text(State(app): State<App>, Api(ctx): Api, Path((key, n)): At) -> ApiResult {
    let entered = enter(&app, &ctx, &key).await?;
    let number = number(&app, &ctx, &entered, Kind::Report, &n).await?;
    Ok(as_markdown(&report::show(&app, &ctx, &entered, number).await?))
}

fn rating(rating: &Rating) -> Value {
    json!({
        "person": shape::person(Some(rating.person), rating.name.as_deref()), "value": rating.value,
        "comment": rating.comment, "on": rating.on,
    })
}

async fn ratings(State(app): State<App>, Api(ctx): Api, query: Query, Path((key, n)): At) -> ApiResult {
    let entered = enter(&app, &ctx, &key).await?;
    let number = number(&app, &ctx, &entered, Kind::Report, &n).await?;
    let all = report::ratings(&app, &entered, number).await?;
    Ok(query.whole(all.iter().map(rating).collect(), &RATING_FIELDS)?.into_response())
}

async fn rate(State(app): State<App>, Api(ctx): Api, Path((key, n)): At, body: Body) -> ApiResult {
    let entered = enter(&app, &ctx, &key).await?;
    let number = number(&app, &ctx, &entered, Kind::Report, &n).await?;
    let all = report::rate(&app, &ctx, &entered, number, &body.0).await?;
    let own = all.iter().find(|rating| rating.person == ctx.viewer.person).ok_or(Error::NotFound)?;
    made(&format!("/api/v1/programs/{}/reports/{number}/ratings", entered.key()), 1, rating(own))
}

fn link(link: &Link) -> Value {
    json!({
        "id": link.id, "label": link.label, "created_by": link.created_by, "created_at": link.created_at,
        "revoked_at": link.revoked_at,
    })
}

async fn shares(State(app): State<App>, Api(ctx): Api, query: Query, Path((key, n)): At) -> ApiResult {
    let entered = enter(&app, &ctx, &key).await?;
    let number = number(&app, &ctx, &entered, Kind::Report, &n).await?;
    let all = report::links(&app, &entered, number).await?;
    Ok(query.whole(all.iter().map(link).collect(), &SHARE_FIELDS)?.into_response())
}

async fn share(
    State(app): State<App>,
    Api(ctx): Api,
    Path((key, n)): At,
    site: Site,
    body: Body,
) -> ApiResult {
    let entered = enter(&app, &ctx, &key).await?;
    let number = number(&app, &ctx, &entered, Kind::Report, &n).await?;
    let (id, secret) = report::share(&app, &ctx, &entered, number, &body.0).await?;
    let location = format!("/api/v1/programs/{}/reports/{number}/shares", entered.key());
    made(&location, 1, json!({"id": id, "url": shared_at(&site, secret.reveal())})).map(told_once)
}

async fn revoke(
    State(app): State<App>,
    Api(ctx): Api,
    Path((key, n, id)): Path<(String, String, String)>,
) -> ApiResult {
    let entered = enter(&app, &ctx, &key).await?;
    let number = number(&app, &ctx, &entered, Kind::Report, &n).await?;
    let id = id.parse().map_err(|_| Error::NotFound)?;
    report::revoke(&app, &ctx, &entered, number, id).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn record(State(app): State<App>, Api(ctx): Api, query: Query, Path(key): Path<String>) -> ApiResult {
    let entered = enter(&app, &ctx, &key).await?;
    let (gaps, _) = report::record(&app, &entered).await?;
    let rows = gaps.iter().map(|gap| json!(gap)).collect();
    Ok(query.whole_by(rows, &GAP_FIELDS, &["dimension", "from"])?.into_response())
}
