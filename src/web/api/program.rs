//! Programs, projects and baselines in the JSON API.

use super::page::Asked;
use super::shape::person as person_shape;
use super::{made, versioned};
use crate::app::access::{Entered, enter};
use crate::app::{App, Ctx, Error, baseline, item, program};
use crate::domain::kind::Reference;
use crate::domain::program::{Program, Project};
use crate::store::baseline::Baseline;
use crate::store::lookup::Names;
use crate::store::program::StoredProject;
use crate::web::extract::{Api, Body, IfMatch};
use crate::web::present::ApiResult;
use crate::web::routes::Routes;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use serde_json::{Map, Value, json};

pub fn routes() -> Routes {
    Routes::new()
        .get("/api/v1/programs", list)
        .post("/api/v1/programs", make)
        .get("/api/v1/programs/{key}", show)
        .patch("/api/v1/programs/{key}", edit)
        .delete("/api/v1/programs/{key}", archive)
        .post("/api/v1/programs/{key}/restore", restore)
        .get("/api/v1/programs/{key}/projects", projects)
        .post("/api/v1/programs/{key}/projects", make_project)
        .get("/api/v1/programs/{key}/projects/{project}", show_project)
        .patch("/api/v1/programs/{key}/projects/{project}", edit_project)
        .delete("/api/v1/programs/{key}/projects/{project}", archive_project)
        .post("/api/v1/programs/{key}/projects/{project}/restore", restore_project)
        .get("/api/v1/programs/{key}/baselines", baselines)
        .post("/api/v1/programs/{key}/baselines", make_baseline)
        .get("/api/v1/programs/{key}/baselines/{number}", show_baseline)
}

/// What programs, projects and baselines are filtered and sorted by; the first field tells rows apart.
pub const PROGRAM_FIELDS: [&str; 10] =
    ["key", "name", "state", "sponsor", "manager", "visibility", "starts_on", "ends_on", "time_zone", "role"];
pub const PROJECT_FIELDS: [&str; 8] =
    ["key", "name", "state", "team", "lead", "starts_on", "ends_on", "open_items"];
pub const BASELINE_FIELDS: [&str; 6] = ["number", "name", "made_on", "made_by", "item_count", "change"];

fn shape(program: &Program, role: Option<&str>, names: &Names) -> Value {
    let mut body = program.draft().0;
    for name in ["sponsor", "manager"] {
        let person = match name {
            "sponsor" => program.sponsor,
            _ => program.manager,
        };
        body.insert(name.to_owned(), person_shape(person, names.person(person)));
    }
    let mut whole = Map::new();
    whole.insert("id".into(), json!(program.id));
    whole.extend(body);
    whole.insert("role".into(), json!(role));
    whole.insert("version".into(), json!(program.version));
    whole.insert("effective_on".into(), json!(program.effective_on));
    whole.insert("archived_at".into(), json!(program.archived_at));
    whole.insert("created_at".into(), json!(program.created_at));
    whole.insert("updated_at".into(), json!(program.updated_at));
    Value::Object(whole)
}

fn people_of(program: &Program) -> Map<String, Value> {
    Map::from_iter([
        ("sponsor".to_owned(), json!(program.sponsor)),
        ("manager".to_owned(), json!(program.manager)),
    ])
}

async fn list(State(app): State<App>, Api(ctx): Api, query: Asked) -> ApiResult {
    let visible = program::visible(&app, &ctx).await?;
    let people: Vec<_> = visible.iter().map(|visible| people_of(&visible.program)).collect();
    let names = item::names_in(&app, &ctx, &people).await?;
    let role = |role: Option<crate::domain::program::Role>| role.map(crate::domain::program::Role::name);
    let all = visible.iter().map(|visible| shape(&visible.program, role(visible.role), &names)).collect();
    Ok(query.whole(all, &PROGRAM_FIELDS)?.into_response())
}

async fn body_of(app: &App, ctx: &Ctx, entered: &Entered, program: &Program) -> Result<Value, Error> {
    let names = item::names_in(app, ctx, [&people_of(program)]).await?;
    Ok(shape(program, Some(entered.role().name()), &names))
}

async fn make(State(app): State<App>, Api(ctx): Api, body: Body) -> ApiResult {
    let (draft, meta) = body.split(false)?;
    let new = program::make(&app, &ctx, &draft, &meta).await?;
    let entered = enter(&app, &ctx, &new.key).await?;
    let body = body_of(&app, &ctx, &entered, &new).await?;
    made(&format!("/api/v1/programs/{}", new.key), new.version, body)
}

async fn show(State(app): State<App>, Api(ctx): Api, Path(key): Path<String>) -> ApiResult {
    let entered = enter(&app, &ctx, &key).await?;
    let program = program::as_it_stood(&app, &entered).await?;
    let body = body_of(&app, &ctx, &entered, &program).await?;
    Ok(versioned(StatusCode::OK, program.version, body))
}

async fn edit(
    State(app): State<App>,
    Api(ctx): Api,
    Path(key): Path<String>,
    IfMatch(version): IfMatch,
    body: Body,
) -> ApiResult {
    let entered = enter(&app, &ctx, &key).await?;
    let (draft, meta) = body.split(false)?;
    let edited = program::edit(&app, &ctx, &entered, version, &draft, &meta).await?;
    let body = body_of(&app, &ctx, &entered, &edited).await?;
    Ok(versioned(StatusCode::OK, edited.version, body))
}

async fn archive(State(app): State<App>, Api(ctx): Api, Path(key): Path<String>) -> ApiResult {
    let entered = enter(&app, &ctx, &key).await?;
    program::archive(&app, &ctx, &entered, true).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn restore(State(app): State<App>, Api(ctx): Api, Path(key): Path<String>) -> ApiResult {
    let entered = enter(&app, &ctx, &key).await?;
    program::archive(&app, &ctx, &entered, false).await?;
    let entered = enter(&app, &ctx, &key).await?;
    let body = body_of(&app, &ctx, &entered, entered.program()).await?;
    Ok(versioned(StatusCode::OK, entered.program().version, body))
}

fn project_shape(entered: &Entered, stored: &StoredProject) -> Value {
    let Project { id, team, lead, version, effective_on, archived_at, .. } = stored.project;
    let mut body = Map::new();
    body.insert("id".into(), json!(id));
    body.insert("program".into(), json!(entered.key()));
    body.extend(stored.project.draft().0);
    body.insert("team".into(), json!(team.map(|id| json!({"id": id, "name": stored.team_name}))));
    body.insert("lead".into(), person_shape(lead, stored.lead_name.as_deref()));
    body.insert("open_items".into(), json!(stored.open_items));
    body.insert("version".into(), json!(version));
    body.insert("effective_on".into(), json!(effective_on));
    body.insert("archived_at".into(), json!(archived_at));
    Value::Object(body)
}

async fn projects(State(app): State<App>, Api(ctx): Api, Path(key): Path<String>, query: Asked) -> ApiResult {
    let entered = enter(&app, &ctx, &key).await?;
    let all = program::projects(&app, &entered).await?;
    let all = all.iter().map(|stored| project_shape(&entered, stored)).collect();
    Ok(query.whole(all, &PROJECT_FIELDS)?.into_response())
}

async fn make_project(
    State(app): State<App>,
    Api(ctx): Api,
    Path(key): Path<String>,
    body: Body,
) -> ApiResult {
    let entered = enter(&app, &ctx, &key).await?;
    let (draft, meta) = body.split(false)?;
    let new = program::make_project(&app, &ctx, &entered, &draft, &meta).await?;
    let stored = program::project(&app, &entered, &new.key).await?;
    let location = format!("/api/v1/programs/{}/projects/{}", entered.key(), new.key);
    made(&location, new.version, project_shape(&entered, &stored))
}

async fn show_project(
    State(app): State<App>,
    Api(ctx): Api,
    Path((key, project)): Path<(String, String)>,
) -> ApiResult {
    let entered = enter(&app, &ctx, &key).await?;
    let stored = program::project(&app, &entered, &project).await?;
    Ok(versioned(StatusCode::OK, stored.project.version, project_shape(&entered, &stored)))
}

async fn edit_project(
    State(app): State<App>,
    Api(ctx): Api,
    Path((key, project)): Path<(String, String)>,
    IfMatch(version): IfMatch,
    body: Body,
) -> ApiResult {
    let entered = enter(&app, &ctx, &key).await?;
    let (draft, meta) = body.split(false)?;
    let edited = program::edit_project(&app, &ctx, &entered, &project, version, &draft, &meta).await?;
    let stored = program::project(&app, &entered, &edited.key).await?;
    Ok(versioned(StatusCode::OK, edited.version, project_shape(&entered, &stored)))
}

async fn archive_project(
    State(app): State<App>,
    Api(ctx): Api,
    Path((key, project)): Path<(String, String)>,
) -> ApiResult {
    let entered = enter(&app, &ctx, &key).await?;
    program::archive_project(&app, &ctx, &entered, &project, true).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn restore_project(
    State(app): State<App>,
    Api(ctx): Api,
    Path((key, project)): Path<(String, String)>,
) -> ApiResult {
    let entered = enter(&app, &ctx, &key).await?;
    program::archive_project(&app, &ctx, &entered, &project, false).await?;
    let stored = program::project(&app, &entered, &project).await?;
    Ok(versioned(StatusCode::OK, stored.project.version, project_shape(&entered, &stored)))
}

fn baseline_shape(baseline: &Baseline) -> Value {
    json!({
        "id": baseline.id, "number": baseline.number, "name": baseline.name, "reason": baseline.reason,
        "made_on": baseline.made_on, "made_by": person_shape(baseline.made_by, baseline.maker.as_deref()),
        "change": baseline.change, "item_count": baseline.items, "budget": baseline.budget,
    })
}

async fn baselines(
    State(app): State<App>,
    Api(ctx): Api,
    Path(key): Path<String>,
    query: Asked,
) -> ApiResult {
    let entered = enter(&app, &ctx, &key).await?;
    let all = baseline::list(&app, &entered).await?;
    let all = all.iter().map(baseline_shape).collect();
    Ok(query.whole(all, &BASELINE_FIELDS)?.into_response())
}

async fn make_baseline(
    State(app): State<App>,
    Api(ctx): Api,
    Path(key): Path<String>,
    body: Body,
) -> ApiResult {
    let entered = enter(&app, &ctx, &key).await?;
    let (draft, meta) = body.split(true)?;
    let number = baseline::make(&app, &ctx, &entered, &draft, &meta).await?;
    let location = format!("/api/v1/programs/{}/baselines/{number}", entered.key());
    made(&location, 1, baseline_body(&app, &entered, number).await?)
}

async fn baseline_body(app: &App, entered: &Entered, number: i32) -> Result<Value, Error> {
    let (baseline, dates) = baseline::find(app, entered, number).await?;
    let items: Vec<_> = dates
        .iter()
        .map(|one| {
            let reference =
                Reference { program: entered.key().to_owned(), kind: one.kind, number: one.number };
            json!({"ref": reference.to_string(), "title": one.title, "committed_on": one.committed_on})
        })
        .collect();
    let mut body = baseline_shape(&baseline);
    body["items"] = json!(items);
    Ok(body)
}

async fn show_baseline(
    State(app): State<App>,
    Api(ctx): Api,
    Path((key, number)): Path<(String, String)>,
) -> ApiResult {
    let entered = enter(&app, &ctx, &key).await?;
    let number = number.parse().map_err(|_| Error::NotFound)?;
    Ok(Json(baseline_body(&app, &entered, number).await?).into_response())
}
