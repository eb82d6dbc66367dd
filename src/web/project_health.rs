//! The health of one project: its page, and the same in the API.

use super::extract::{Api, Place, Web, encode};
use super::metric::health_answer;
use super::overview::HealthPage;
use super::present::{ApiResult, PageResult, page};
use super::routes::Routes;
use super::shell::Shell;
use crate::app::{App, access, measure, program};
use axum::Json;
use axum::extract::{Path, State};
use axum::response::IntoResponse;
use serde_json::json;

pub fn routes() -> Routes {
    Routes::new()
        .get("/programs/{key}/projects/{project}/health", health)
        .get("/api/v1/programs/{key}/projects/{project}/health", api_health)
}

/// Where the health of a project is told.
pub(super) fn href(shell: &Shell, project: &str) -> String {
    shell.program_href(&format!("/projects/{}/health", encode(project)))
}

/// Where a project's milestones are.
pub(super) fn milestones(shell: &Shell, project: &str) -> String {
    shell.program_href(&format!("/milestones?project={}", encode(project)))
}

/// Where a project's risks, assumptions, issues and dependencies are.
pub(super) fn items(shell: &Shell, project: &str) -> String {
    shell.program_href(&format!("/raid?project={}", encode(project)))
}

async fn health(
    State(app): State<App>,
    Web(ctx): Web,
    place: Place,
    Path((key, project)): Path<(String, String)>,
) -> PageResult {
    let entered = access::enter(&app, &ctx, &key).await?;
    let project = program::project(&app, &entered, &project).await?.project;
    let all = measure::projects(&app, &entered).await?;
    let shell = place.program_shell(&ctx, &entered, "overview");
    page(&HealthPage {
        over: (shell.program_href("/projects"), "Projects"),
        name: &project.name,
        what: "project",
        key: entered.key(),
        health: all.of(project.id),
        more: vec![
            (milestones(&shell, &project.key), "Milestones"),
            (items(&shell, &project.key), "RAID log"),
        ],
        shell,
    })
}

async fn api_health(
    State(app): State<App>,
    Api(ctx): Api,
    Path((key, project)): Path<(String, String)>,
) -> ApiResult {
    let entered = access::enter(&app, &ctx, &key).await?;
    let project = program::project(&app, &entered, &project).await?.project;
    let all = measure::projects(&app, &entered).await?;
    let mut answer = health_answer(all.of(project.id), entered.key());
    answer["project"] = json!({"id": project.id, "key": project.key, "name": project.name});
    Ok(Json(answer).into_response())
}
