//! What stands beside gates and releases in the JSON API: checks, sign-offs, checklists, steps, and what went wrong.

use super::item::{body_of, number};
use super::page::Asked;
use super::{made, shape};
use crate::app::access::{Entered, enter};
use crate::app::{App, Ctx, Error, checklist, gate, item, release, sign_off};
use crate::domain::checklist::BUILT_IN;
use crate::domain::draft::Draft;
use crate::domain::item::{Detail, Item};
use crate::domain::kind::Kind;
use crate::domain::readiness::Standing;
use crate::store::gate::{CheckRow, SignOffRow};
use crate::store::release::Counted;
use crate::web::extract::{Api, Body};
use crate::web::present::ApiResult;
use crate::web::routes::Routes;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use serde_json::{Value, json};
use uuid::Uuid;

pub fn routes() -> Routes {
    Routes::new()
        .get("/api/v1/programs/{key}/gates/{number}/checks", checks)
        .post("/api/v1/programs/{key}/gates/{number}/checks", add_check)
        .get("/api/v1/programs/{key}/gates/{number}/sign-offs", sign_offs)
        .post("/api/v1/programs/{key}/gates/{number}/sign-offs", sign)
        .post("/api/v1/programs/{key}/gates/{number}/checklist", begin_from)
        .get("/api/v1/programs/{key}/checklists", checklists)
        .post("/api/v1/programs/{key}/checklists", keep_checklist)
        .delete("/api/v1/programs/{key}/checklists/{id}", remove_checklist)
        .get("/api/v1/programs/{key}/releases/{number}/steps", steps)
        .post("/api/v1/programs/{key}/releases/{number}/steps", tick)
        .get("/api/v1/programs/{key}/releases/{number}/events", events)
        .post("/api/v1/programs/{key}/releases/{number}/events", count)
        .delete("/api/v1/programs/{key}/releases/{number}/events/{id}", uncount)
}

/// What the checks of a gate are filtered and sorted by; the first tells them apart, here and below.
pub const CHECK_FIELDS: [&str; 8] =
    ["ref", "title", "area", "state", "standing", "mandatory", "due_on", "waived_until"];
pub const SIGN_OFF_FIELDS: [&str; 3] = ["role", "verdict", "on"];
pub const CHECKLIST_FIELDS: [&str; 2] = ["name", "built_in"];
pub const STEP_FIELDS: [&str; 4] = ["step", "rollback", "owner", "done"];
pub const EVENT_FIELDS: [&str; 6] = ["id", "kind", "on", "count", "source", "external_id"];

async fn find(app: &App, ctx: &Ctx, entered: &Entered, kind: Kind, n: &str) -> Result<Item, Error> {
    let number = number(app, ctx, entered, kind, n).await?;
    Ok(item::find(app, entered, kind, number).await?.item)
}

fn check_shape(key: &str, check: &CheckRow, day: chrono::NaiveDate) -> Value {
    json!({
        "id": check.item, "ref": format!("{key}-CHK{}", check.number), "number": check.number, "title": check.title,
        "state": check.state, "standing": Standing::of(check.state, check.waived_until, day).label(),
        "area": check.area, "criterion": check.criterion, "mandatory": check.mandatory,
        "owner": shape::person(check.owner, check.owner_name.as_deref()), "due_on": check.due_on,
        "evidence_title": check.evidence_title, "evidence_url": check.evidence_url,
        "evidence_source": check.evidence_source, "evidence_on": check.evidence_on, "settled_on": check.settled_on,
        "settled_by": shape::person(check.settled_by.map(Into::into), check.settled_by_name.as_deref()),
        "waiver_reason": check.waiver_reason, "waived_until": check.waived_until, "version": check.version,
    })
}

async fn checks(
    State(app): State<App>,
    Api(ctx): Api,
    Path((key, n)): Path<(String, String)>,
    asked: Asked,
) -> ApiResult {
    let entered = enter(&app, &ctx, &key).await?;
    let gate = find(&app, &ctx, &entered, Kind::Gate, &n).await?;
    let rows = gate::checks(&app, &entered, &gate).await?;
    let rows = rows.iter().map(|check| check_shape(entered.key(), check, entered.day())).collect();
    Ok(asked.whole(rows, &CHECK_FIELDS)?.into_response())
}

async fn add_check(
    State(app): State<App>,
    Api(ctx): Api,
    Path((key, n)): Path<(String, String)>,
    body: Body,
) -> ApiResult {
    let entered = enter(&app, &ctx, &key).await?;
    let (draft, meta) = body.split(false)?;
    let gate = number(&app, &ctx, &entered, Kind::Gate, &n).await?;
    let added = gate::add_checks(&app, &ctx, &entered, gate, vec![draft], &meta).await.map_err(alone)?;
    let check = added.first().ok_or(Error::NotFound)?;
    let (version, body) = body_of(&app, &ctx, &entered, Kind::Check, check.number).await?;
    made(&format!("/api/v1/programs/{}/checks/{}", entered.key(), check.number), version, body)
}

/// Names the fields of the one check that was sent.
fn alone(error: Error) -> Error {
    match error {
        Error::Refused(mut refused) => {
            for error in &mut refused.errors {
                error.field = error.field.trim_start_matches("checks[0]").trim_start_matches('.').to_owned();
            }
            Error::Refused(refused)
        }
        other => other,
    }
}

fn sign_off_shape(said: &SignOffRow) -> Value {
    json!({
        "role": said.role, "verdict": said.verdict, "person": shape::person(said.person, said.person_name.as_deref()),
        "comment": said.comment, "on": said.on,
        "signed_by": shape::person(said.signed_by, said.signed_by_name.as_deref()),
        "reason": said.signed_by.map(|_| &said.on_behalf_reason),
    })
}

async fn sign_offs(
    State(app): State<App>,
    Api(ctx): Api,
    Path((key, n)): Path<(String, String)>,
    asked: Asked,
) -> ApiResult {
    let entered = enter(&app, &ctx, &key).await?;
    let gate = find(&app, &ctx, &entered, Kind::Gate, &n).await?;
    let rows = sign_off::sign_offs(&app, &entered, &gate).await?.iter().map(sign_off_shape).collect();
    Ok(asked.whole(rows, &SIGN_OFF_FIELDS)?.into_response())
}

async fn sign(
    State(app): State<App>,
    Api(ctx): Api,
    Path((key, n)): Path<(String, String)>,
    body: Body,
) -> ApiResult {
    let entered = enter(&app, &ctx, &key).await?;
    let gate = find(&app, &ctx, &entered, Kind::Gate, &n).await?;
    let signed = sign_off::sign(&app, &ctx, &entered, gate.number, &body.0).await?;
    let all = sign_off::sign_offs(&app, &entered, &gate).await?;
    let said = all.iter().find(|said| said.role == signed.role).ok_or(Error::NotFound)?;
    let location = format!("/api/v1/programs/{}/gates/{}/sign-offs", entered.key(), gate.number);
    made(&location, 1, sign_off_shape(said))
}

/// The one text that a body holds.
fn text(draft: &Draft, name: &'static str) -> Result<String, Error> {
    let odd = draft.0.keys().find(|known| *known != name);
    if let Some(odd) = odd {
        return Err(Error::refused(odd, format!("There is no field “{odd}” here.")));
    }
    match draft.0.get(name) {
        Some(Value::String(text)) if !text.trim().is_empty() => Ok(text.clone()),
        _ => Err(Error::refused(name, "Give a text.")),
    }
}

async fn begin_from(
    State(app): State<App>,
    Api(ctx): Api,
    Path((key, n)): Path<(String, String)>,
    Body(draft): Body,
) -> ApiResult {
    let entered = enter(&app, &ctx, &key).await?;
    entered.must_raise()?;
    let gate = find(&app, &ctx, &entered, Kind::Gate, &n).await?;
    let name = text(&draft, "checklist")?;
    checklist::apply(&app, &ctx, &entered, gate.number, &name).await?;
    let (version, body) = body_of(&app, &ctx, &entered, Kind::Gate, gate.number).await?;
    Ok(super::versioned(StatusCode::OK, version, body))
}

async fn checklists(
    State(app): State<App>,
    Api(ctx): Api,
    Path(key): Path<String>,
    asked: Asked,
) -> ApiResult {
    let entered = enter(&app, &ctx, &key).await?;
    let own = checklist::own(&app, &entered).await?;
    let own = own
        .iter()
        .map(|list| json!({"id": list.id, "name": list.name, "built_in": false, "checks": list.checks}));
    let built_in = BUILT_IN
        .iter()
        .map(|list| json!({"id": null, "name": list.name, "built_in": true, "checks": list.entries()}));
    Ok(asked
        .whole_by(own.chain(built_in).collect(), &CHECKLIST_FIELDS, &["name", "built_in"])?
        .into_response())
}

async fn keep_checklist(
    State(app): State<App>,
    Api(ctx): Api,
    Path(key): Path<String>,
    Body(mut draft): Body,
) -> ApiResult {
    let entered = enter(&app, &ctx, &key).await?;
    entered.must_manage()?;
    let from = draft.0.shift_remove("gate").unwrap_or_default();
    let name = text(&draft, "name")?;
    let from = match &from {
        Value::String(text) => text.clone(),
        Value::Object(named) => {
            let text = named.get("id").or_else(|| named.get("ref")).and_then(Value::as_str);
            text.unwrap_or_default().to_owned()
        }
        other => other.to_string(),
    };
    let gate = match number(&app, &ctx, &entered, Kind::Gate, &from).await {
        Err(Error::NotFound) => return Err(Error::refused("gate", "Name a gate of this program.").into()),
        other => other?,
    };
    let list = checklist::keep(&app, &ctx, &entered, gate, &name).await?;
    let location = format!("/api/v1/programs/{}/checklists/{}", entered.key(), list.id);
    made(&location, 1, json!({"id": list.id, "name": list.name, "built_in": false, "checks": list.checks}))
}

async fn remove_checklist(
    State(app): State<App>,
    Api(ctx): Api,
    Path((key, id)): Path<(String, Uuid)>,
) -> ApiResult {
    let entered = enter(&app, &ctx, &key).await?;
    checklist::remove(&app, &ctx, &entered, id).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn step_shapes(app: &App, entered: &Entered, release: &Item) -> Result<Vec<Value>, Error> {
    let taken = release::taken(app, entered, release).await?;
    let Detail::Release(own) = &release.detail else { return Err(Error::NotFound) };
    let both = [(false, &own.rollout_steps), (true, &own.rollback_steps)];
    let all = both.into_iter().flat_map(|(rollback, steps)| steps.iter().map(move |step| (rollback, step)));
    Ok(all
        .map(|(rollback, step)| {
            let done = taken.iter().find(|done| done.rollback == rollback && done.step == step.step);
            json!({
                "step": step.step, "rollback": rollback, "owner": step.owner, "minutes": step.minutes,
                "done": done.is_some(), "done_at": done.map(|done| done.done_at),
                "done_by": done.map(|done| shape::person(done.done_by, done.done_by_name.as_deref())),
            })
        })
        .collect())
}

async fn steps(
    State(app): State<App>,
    Api(ctx): Api,
    Path((key, n)): Path<(String, String)>,
    asked: Asked,
) -> ApiResult {
    let entered = enter(&app, &ctx, &key).await?;
    let release = find(&app, &ctx, &entered, Kind::Release, &n).await?;
    let rows = step_shapes(&app, &entered, &release).await?;
    Ok(asked.whole_by(rows, &STEP_FIELDS, &["rollback", "step"])?.into_response())
}

async fn tick(
    State(app): State<App>,
    Api(ctx): Api,
    Path((key, n)): Path<(String, String)>,
    body: Body,
) -> ApiResult {
    let entered = enter(&app, &ctx, &key).await?;
    let release = find(&app, &ctx, &entered, Kind::Release, &n).await?;
    release::tick(&app, &ctx, &entered, release.number, &body.0).await?;
    let rows = step_shapes(&app, &entered, &release).await?;
    Ok(Json(json!({"items": rows})).into_response())
}

fn event_shape(counted: &Counted) -> Value {
    json!({
        "id": counted.id, "kind": counted.kind, "on": counted.on, "count": counted.count, "title": counted.title,
        "source": counted.source, "external_id": counted.external_id,
    })
}

async fn events(
    State(app): State<App>,
    Api(ctx): Api,
    Path((key, n)): Path<(String, String)>,
    asked: Asked,
) -> ApiResult {
    let entered = enter(&app, &ctx, &key).await?;
    let release = find(&app, &ctx, &entered, Kind::Release, &n).await?;
    let rows = release::events(&app, &entered, &release).await?.iter().map(event_shape).collect();
    Ok(asked.whole(rows, &EVENT_FIELDS)?.into_response())
}

async fn count(
    State(app): State<App>,
    Api(ctx): Api,
    Path((key, n)): Path<(String, String)>,
    body: Body,
) -> ApiResult {
    let entered = enter(&app, &ctx, &key).await?;
    let release = number(&app, &ctx, &entered, Kind::Release, &n).await?;
    let counted = release::count(&app, &ctx, &entered, release, &body.0).await?;
    let location = format!("/api/v1/programs/{}/releases/{release}/events/{}", entered.key(), counted.id);
    made(&location, 1, event_shape(&counted))
}

async fn uncount(
    State(app): State<App>,
    Api(ctx): Api,
    Path((key, n, id)): Path<(String, String, Uuid)>,
) -> ApiResult {
    let entered = enter(&app, &ctx, &key).await?;
    let release = number(&app, &ctx, &entered, Kind::Release, &n).await?;
    release::uncount(&app, &ctx, &entered, release, id).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
