//! Scenarios in the JSON API: `/api/v1/programs/KEY/scenarios`.

use super::page::Asked;
use super::{made, versioned};
use crate::app::access::{Entered, enter};
use crate::app::scenario::{self, Base, Kept, Odds, Outcome, Turned};
use crate::app::{App, Ctx, Error};
use crate::domain::forecast;
use crate::domain::health::Health;
use crate::domain::ids::ProgramId;
use crate::domain::plan::Plan;
use crate::domain::scenario::{Effect, Moved, Placed, Step};
use crate::web::extract::{Api, Body, IfMatch, MaybeMatch};
use crate::web::present::ApiResult;
use crate::web::routes::Routes;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use serde_json::{Map, Value, json};

pub fn routes() -> Routes {
    Routes::new()
        .get("/api/v1/programs/{key}/scenarios", list)
        .post("/api/v1/programs/{key}/scenarios", make)
        .post("/api/v1/programs/{key}/scenarios/preview", preview)
        .get("/api/v1/programs/{key}/scenarios/{number}", show)
        .patch("/api/v1/programs/{key}/scenarios/{number}", edit)
        .delete("/api/v1/programs/{key}/scenarios/{number}", discard)
        .post("/api/v1/programs/{key}/scenarios/{number}/transitions", transition)
        .get("/api/v1/programs/{key}/scenarios/{number}/compare/{other}", compare)
}

/// What scenarios are filtered and sorted by; the first tells them apart.
pub const FIELDS: [&str; 7] =
    ["number", "title", "state", "base_on", "created_by", "created_at", "updated_at"];

/// The number that a path names; anything else names nothing.
fn number(text: &str) -> Result<i32, Error> {
    text.parse().map_err(|_| Error::NotFound)
}

fn shape(key: &str, kept: &Kept, base: &Base) -> Value {
    let scenario = &kept.scenario;
    json!({
        "id": scenario.id, "program": key, "number": scenario.number, "title": scenario.title,
        "description": scenario.description, "state": scenario.state, "base_on": scenario.base_on,
        "changes": base.typed(&scenario.steps),
        "change_request": kept.change.map(|(number, waits)| json!({"ref": format!("{key}-CR{number}"), "waits": waits})),
        "created_by": super::shape::person(scenario.created_by, kept.maker.as_deref()),
        "created_at": scenario.created_at, "updated_at": scenario.updated_at, "version": scenario.version,
        "effective_on": scenario.effective_on,
    })
}

fn placed(plan: &Plan, of: &Placed) -> Map<String, Value> {
    let key = plan.program(of.program).map(|program| program.key.as_str());
    let reference = Some(&of.reference).filter(|reference| !reference.is_empty());
    let id = reference.map(|_| of.item);
    let Value::Object(fields) = json!({
        "id": id, "ref": reference, "title": of.title, "kind": of.kind, "program": key,
    }) else {
        return Map::new();
    };
    fields
}

fn list_of(plan: &Plan, all: &[Placed]) -> Vec<Value> {
    all.iter().map(|of| Value::Object(placed(plan, of))).collect()
}

fn moved(plan: &Plan, moved: &Moved, committed: &str) -> Value {
    let mut fields = placed(plan, &moved.of);
    fields.extend([
        ("from".to_owned(), json!(moved.from)),
        ("to".to_owned(), json!(moved.to)),
        ("working_days".to_owned(), json!(moved.working_days)),
        (committed.to_owned(), json!(moved.committed_on)),
        ("effect".to_owned(), json!(moved.effect.name())),
    ]);
    Value::Object(fields)
}

fn health(health: &Health) -> Value {
    let dimensions = health.dimensions.iter().map(|one| {
        let reasons: Vec<_> = one.reasons.iter().map(|reason| &reason.text).collect();
        (one.dimension.name().to_owned(), json!({"rag": one.rag, "reasons": reasons}))
    });
    json!({"overall": health.overall, "dimensions": dimensions.collect::<Map<_, _>>()})
}

/// The P80 of a milestone and the chance of its committed date, without a scenario and with it; nothing where nothing varies.
fn chances(odds: Option<&Odds>, of: &Placed) -> [(String, Value); 2] {
    let both = odds.and_then(|odds| odds.of(of.item));
    let p80 = |odds: forecast::Odds| odds.p80;
    let chance = |odds: forecast::Odds| odds.committed.map(|committed| committed.1);
    let p80 = both.map(|both| json!({"from": both.before.map(p80), "to": p80(both.after)}));
    let kept = both.filter(|both| both.after.committed.is_some());
    let kept = kept.map(|both| json!({"from": both.before.and_then(chance), "to": chance(both.after)}));
    [("p80".to_owned(), json!(p80)), ("probability_committed".to_owned(), json!(kept))]
}

/// The result of a scenario, as far as the reader may see it.
fn result(outcome: &Outcome, odds: Option<&Odds>) -> Value {
    let plan = &outcome.base.plan;
    let (seen, hidden) = outcome.seen();
    let dependencies = |effect: Effect| -> Vec<Value> {
        seen.dependencies(effect).map(|one| moved(&outcome.after, one, "needed_by")).collect()
    };
    let turned = |program: ProgramId| outcome.health.iter().find(|turned| turned.program == program);
    let programs = seen.finishes.iter().filter_map(|finish| {
        let program = plan.program(finish.program)?;
        let judged = turned(finish.program)
            .map(|Turned { before, after, .. }| json!({"before": health(before), "after": health(after)}));
        Some(json!({
            "key": program.key, "name": program.name, "health": judged,
            "finish": {"from": finish.from, "to": finish.to, "working_days": finish.working_days},
        }))
    });
    let negative = seen.negative.iter().map(|late| {
        let mut fields = placed(&outcome.after, &late.of);
        fields.insert("total_float_days".to_owned(), json!(late.total_float));
        Value::Object(fields)
    });
    let added = seen.added.iter().map(|(of, on)| {
        let mut fields = placed(&outcome.after, of);
        fields.insert("on".to_owned(), json!(on));
        Value::Object(fields)
    });
    let milestones = seen.milestones().map(|one| {
        let mut fields = moved(&outcome.after, one, "committed_on");
        if let Value::Object(fields) = &mut fields {
            fields.extend(chances(odds, &one.of));
        }
        fields
    });
    let shaken = odds.iter().flat_map(|odds| &odds.shaken).map(|of| {
        let mut fields = placed(&outcome.after, of);
        fields.extend(chances(odds, of));
        Value::Object(fields)
    });
    let probabilities = odds.map(|odds| {
        json!({"iterations": odds.iterations, "seed": odds.seed, "date_holds": shaken.collect::<Vec<_>>()})
    });
    json!({
        "day": plan.day(),
        "milestones": milestones.collect::<Vec<_>>(),
        "probabilities": probabilities,
        "items_moved": seen.moved.len(),
        "programs": programs.collect::<Vec<_>>(),
        "became_critical": list_of(&outcome.after, &seen.became_critical),
        "ceased_critical": list_of(&outcome.after, &seen.ceased_critical),
        "dependencies": {"broken": dependencies(Effect::Breaks), "mended": dependencies(Effect::Mends)},
        "negative_float": negative.collect::<Vec<_>>(),
        "added": added.collect::<Vec<_>>(),
        "dropped": list_of(plan, &seen.dropped),
        "hidden": {"programs": hidden.programs, "items_moved": hidden.items, "milestones": hidden.milestones,
                   "dependencies_broken": hidden.broken},
    })
}

/// What steps do; where they can't be taken any more, why not.
async fn judged(app: &App, entered: &Entered, base: &Base, steps: &[Step]) -> Result<Value, Error> {
    match scenario::outcome(app, entered, base, steps).await {
        Ok(outcome) => {
            let odds = scenario::odds(app, entered, &outcome).await?;
            Ok(result(&outcome, odds.as_ref()))
        }
        Err(Error::Refused(refused)) => Ok(json!({"errors": refused.errors})),
        Err(other) => Err(other),
    }
}

async fn body_of(app: &App, ctx: &Ctx, entered: &Entered, number: i32) -> Result<(i32, Value), Error> {
    let kept = scenario::find(app, entered, number).await?;
    let base = scenario::base(app, ctx, entered).await?;
    let mut body = shape(entered.key(), &kept, &base);
    body["result"] = if scenario::is_live(&kept) {
        judged(app, entered, &base, &kept.scenario.steps).await?
    } else {
        Value::Null
    };
    Ok((kept.scenario.version, body))
}

async fn list(State(app): State<App>, Api(ctx): Api, Path(key): Path<String>, asked: Asked) -> ApiResult {
    let entered = enter(&app, &ctx, &key).await?;
    let all = scenario::list(&app, &entered).await?;
    let base = scenario::base(&app, &ctx, &entered).await?;
    let all = all.iter().map(|kept| shape(entered.key(), kept, &base)).collect();
    Ok(asked.whole(all, &FIELDS)?.into_response())
}

async fn make(State(app): State<App>, Api(ctx): Api, Path(key): Path<String>, body: Body) -> ApiResult {
    let entered = enter(&app, &ctx, &key).await?;
    let (draft, meta) = body.split(false)?;
    let new = scenario::make(&app, &ctx, &entered, &draft, &meta).await?;
    let (version, body) = body_of(&app, &ctx, &entered, new.number).await?;
    made(&format!("/api/v1/programs/{}/scenarios/{}", entered.key(), new.number), version, body)
}

async fn preview(State(app): State<App>, Api(ctx): Api, Path(key): Path<String>, body: Body) -> ApiResult {
    let entered = enter(&app, &ctx, &key).await?;
    let (steps, outcome) = scenario::preview(&app, &ctx, &entered, &body.0).await?;
    let odds = scenario::odds(&app, &entered, &outcome).await?;
    let result = result(&outcome, odds.as_ref());
    let body = json!({"changes": outcome.base.typed(&steps), "result": result});
    Ok(Json(body).into_response())
}

async fn show(State(app): State<App>, Api(ctx): Api, Path((key, one)): Path<(String, String)>) -> ApiResult {
    let entered = enter(&app, &ctx, &key).await?;
    let (version, body) = body_of(&app, &ctx, &entered, number(&one)?).await?;
    Ok(versioned(StatusCode::OK, version, body))
}

async fn edit(
    State(app): State<App>,
    Api(ctx): Api,
    Path((key, one)): Path<(String, String)>,
    IfMatch(version): IfMatch,
    body: Body,
) -> ApiResult {
    let entered = enter(&app, &ctx, &key).await?;
    let (draft, meta) = body.split(false)?;
    let edited = scenario::edit(&app, &ctx, &entered, number(&one)?, version, &draft, &meta).await?;
    let (version, body) = body_of(&app, &ctx, &entered, edited.number).await?;
    Ok(versioned(StatusCode::OK, version, body))
}

async fn discard(
    State(app): State<App>,
    Api(ctx): Api,
    Path((key, one)): Path<(String, String)>,
    MaybeMatch(version): MaybeMatch,
) -> ApiResult {
    let entered = enter(&app, &ctx, &key).await?;
    scenario::discard(&app, &ctx, &entered, number(&one)?, version).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn transition(
    State(app): State<App>,
    Api(ctx): Api,
    Path((key, one)): Path<(String, String)>,
    MaybeMatch(version): MaybeMatch,
    Body(draft): Body,
) -> ApiResult {
    let entered = enter(&app, &ctx, &key).await?;
    let moved = scenario::transition(&app, &ctx, &entered, number(&one)?, version, &draft).await?;
    let (version, body) = body_of(&app, &ctx, &entered, moved.number).await?;
    Ok(versioned(StatusCode::OK, version, body))
}

async fn compare(
    State(app): State<App>,
    Api(ctx): Api,
    Path((key, one, other)): Path<(String, String, String)>,
) -> ApiResult {
    let entered = enter(&app, &ctx, &key).await?;
    let base = scenario::base(&app, &ctx, &entered).await?;
    let mut both = Vec::with_capacity(2);
    for kept in scenario::two(&app, &entered, number(&one)?, number(&other)?).await? {
        let mut body = shape(entered.key(), &kept, &base);
        body["result"] = judged(&app, &entered, &base, &kept.scenario.steps).await?;
        both.push(body);
    }
    let mut both = both.into_iter();
    Ok(Json(json!({"a": both.next(), "b": both.next()})).into_response())
}
