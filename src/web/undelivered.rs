//! What could not be delivered, for administrators: messages that failed as often as they are tried.

use super::api::page::Asked as Query;
use super::extract::{Api, Place, Web};
use super::present::{ApiResult, PageResult, page};
use super::routes::Routes;
use super::shell::Shell;
use crate::app::{App, digest};
use crate::store::watch::Undelivered;
use askama::Template;
use axum::extract::State;
use axum::response::IntoResponse;
use serde_json::json;

pub(super) fn routes() -> Routes {
    Routes::new().get("/admin/undelivered", show).get("/api/v1/undelivered", list)
}

#[derive(Template)]
#[template(path = "account/undelivered.html")]
struct Page {
    shell: Shell,
    all: Vec<Undelivered>,
}

/// Whom it was for.
fn receiver(one: &Undelivered) -> String {
    match (&one.person, &one.program) {
        (Some(person), _) => person.clone(),
        (None, Some(program)) => format!("the channel of {program}"),
        (None, None) => "somebody unknown".to_owned(),
    }
}

async fn show(State(app): State<App>, Web(ctx): Web, place: Place) -> PageResult {
    let all = digest::undelivered(&app, &ctx).await?;
    page(&Page { shell: place.shell(&ctx, "admin"), all })
}

/// What undelivered messages are filtered and sorted by; the first four tell them apart.
pub const FIELDS: [&str; 6] = ["day", "kind", "receiver", "tried_at", "tries", "failure"];

async fn list(State(app): State<App>, Api(ctx): Api, query: Query) -> ApiResult {
    let all = digest::undelivered(&app, &ctx).await?;
    let rows = all.iter().map(|one| {
        let kind = if one.program.is_some() { "channel" } else { "digest" };
        json!({
            "kind": kind, "receiver": one.person.as_ref().or(one.program.as_ref()), "day": one.day, "tries": one.tries,
            "tried_at": one.tried_at, "failure": one.failure,
        })
    });
    Ok(query.whole_by(rows.collect(), &FIELDS, &["day", "kind", "receiver", "tried_at"])?.into_response())
}
