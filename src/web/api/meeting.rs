//! Agendas and outcomes of meetings in the JSON API: `/api/v1/programs/KEY/meetings/N/agenda` and `…/outcomes`.

use super::made;
use super::page::Asked;
use super::shape;
use crate::app::access::enter;
use crate::app::meeting::{self, Docket, Proposal};
use crate::app::{App, Error};
use crate::domain::kind::Reference;
use crate::store::meeting::Point;
use crate::web::extract::{Api, Body};
use crate::web::present::ApiResult;
use crate::web::routes::Routes;
use axum::extract::{Path, State};
use axum::response::IntoResponse;
use serde_json::{Value, json};

pub fn routes() -> Routes {
    Routes::new()
        .get("/api/v1/programs/{key}/meetings/{number}/agenda", agenda)
        .post("/api/v1/programs/{key}/meetings/{number}/agenda", keep)
        .get("/api/v1/programs/{key}/meetings/{number}/outcomes", outcomes)
        .post("/api/v1/programs/{key}/meetings/{number}/outcomes", capture)
}

/// What points are filtered and sorted by; the first tells them apart.
pub const POINT_FIELDS: [&str; 6] = ["ref", "type", "title", "state", "kept", "why"];
/// What outcomes are filtered and sorted by; the first tells them apart.
pub const OUTCOME_FIELDS: [&str; 5] = ["ref", "type", "title", "state", "next_on"];

fn number(text: &str) -> Result<i32, Error> {
    text.parse().map_err(|_| Error::NotFound)
}

fn kept(point: &Point) -> Value {
    json!({
        "ref": point.reference.to_string(), "type": point.reference.kind.name(), "title": point.title,
        "state": point.state.name(), "owner": shape::person(point.owner, point.owner_name.as_deref()),
        "next_on": point.next_on, "kept": true, "why": Value::Null, "says": Value::Null, "note": point.note,
        "carried_from": point.carried_from.as_ref().map(Reference::to_string), "reached_on": point.reached_on,
    })
}

fn proposed(one: &Proposal) -> Value {
    let subject = &one.subject;
    json!({
        "ref": subject.reference().to_string(), "type": subject.kind.name(), "title": subject.title,
        "state": subject.state.name(), "owner": shape::person(subject.owner, subject.owner_name.as_deref()),
        "next_on": subject.next_on, "kept": false, "why": one.why, "says": one.says, "note": "",
        "carried_from": Value::Null, "reached_on": Value::Null,
    })
}

fn points(docket: &Docket) -> Vec<Value> {
    docket.agenda.iter().map(kept).chain(docket.proposed.iter().map(proposed)).collect()
}

async fn agenda(
    State(app): State<App>,
    Api(ctx): Api,
    Path((key, at)): Path<(String, String)>,
    asked: Asked,
) -> ApiResult {
    let entered = enter(&app, &ctx, &key).await?;
    let docket = meeting::docket(&app, &ctx, &entered, number(&at)?).await?;
    Ok(asked.whole(points(&docket), &POINT_FIELDS)?.into_response())
}

async fn keep(
    State(app): State<App>,
    Api(ctx): Api,
    Path((key, at)): Path<(String, String)>,
    body: Body,
) -> ApiResult {
    let entered = enter(&app, &ctx, &key).await?;
    let number = number(&at)?;
    meeting::must_run(&app, &entered, number).await?;
    let (mut draft, _) = body.split(false)?;
    match draft.0.shift_remove("removed") {
        Some(Value::String(reference)) if draft.0.is_empty() => {
            meeting::take_off(&app, &ctx, &entered, number, &reference).await?;
        }
        Some(_) => {
            return Err(
                Error::refused("removed", "Give the reference of the point, and nothing else.").into()
            );
        }
        None => meeting::keep(&app, &ctx, &entered, number, &draft).await?,
    }
    let docket = meeting::docket(&app, &ctx, &entered, number).await?;
    Ok(axum::Json(json!({"items": points(&docket)})).into_response())
}

fn outcome(point: &Point) -> Value {
    json!({
        "ref": point.reference.to_string(), "type": point.reference.kind.name(), "title": point.title,
        "state": point.state.name(), "owner": shape::person(point.owner, point.owner_name.as_deref()),
        "next_on": point.next_on, "decided_option": point.decided, "version": point.version,
    })
}

async fn outcomes(
    State(app): State<App>,
    Api(ctx): Api,
    Path((key, at)): Path<(String, String)>,
    asked: Asked,
) -> ApiResult {
    let entered = enter(&app, &ctx, &key).await?;
    let docket = meeting::docket(&app, &ctx, &entered, number(&at)?).await?;
    let rows = docket.outcomes.iter().map(outcome).collect();
    Ok(asked.whole(rows, &OUTCOME_FIELDS)?.into_response())
}

async fn capture(
    State(app): State<App>,
    Api(ctx): Api,
    Path((key, at)): Path<(String, String)>,
    body: Body,
) -> ApiResult {
    let entered = enter(&app, &ctx, &key).await?;
    let number = number(&at)?;
    let item = meeting::outcome(&app, &ctx, &entered, number, &body.0).await?;
    let docket = meeting::docket(&app, &ctx, &entered, number).await?;
    let point = docket.outcomes.iter().find(|point| point.item == item.id).ok_or(Error::NotFound)?;
    let location = format!("/api/v1{}", point.reference.path());
    made(&location, item.version, outcome(point))
}
