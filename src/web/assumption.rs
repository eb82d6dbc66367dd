//! An assumption becomes a risk or an issue by one click, or by one call of another program.

use super::api::made;
use super::extract::{Api, Body, Form, Place, Web};
use super::item::page::{Tried, draw};
use super::present::{ApiResult, PageResult};
use super::routes::Routes;
use crate::app::{App, Error, access, assumption};
use crate::domain::kind::{Kind, Reference};
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect};
use serde_json::json;

/// The routes of the page's buttons and of the API.
pub fn routes() -> Routes {
    Routes::new()
        .post("/programs/{key}/assumptions/{number}/become", become_one)
        .post("/api/v1/programs/{key}/assumptions/{number}/become", api)
}

fn kind_of(name: &str) -> Option<Kind> {
    [Kind::Risk, Kind::Issue].into_iter().find(|kind| kind.name() == name)
}

async fn become_one(
    State(app): State<App>,
    Web(ctx): Web,
    place: Place,
    Path((key, number)): Path<(String, String)>,
    form: Form,
) -> PageResult {
    let number = number.parse().map_err(|_| Error::NotFound)?;
    let entered = access::enter(&app, &ctx, &key).await?;
    match assumption::becomes(&app, &ctx, &entered, number, kind_of(form.text("kind"))).await {
        Ok(made) => {
            let path = Reference { program: entered.key().to_owned(), kind: made.kind, number: made.number };
            Ok(Redirect::to(&format!("{}?done=raised", path.path())).into_response())
        }
        Err(Error::Refused(refused)) => {
            let tried = Tried::default().warned(&refused.errors);
            draw(&app, &ctx, &place, &entered, (Kind::Assumption, number), tried).await
        }
        Err(error) => Err(error.into()),
    }
}

async fn api(
    State(app): State<App>,
    Api(ctx): Api,
    Path((key, number)): Path<(String, String)>,
    body: Body,
) -> ApiResult {
    let number = number.parse().map_err(|_| Error::NotFound)?;
    let entered = access::enter(&app, &ctx, &key).await?;
    if let Some(name) = body.0.0.keys().find(|name| *name != "kind") {
        return Err(Error::refused(name, format!("There is no field “{name}” here.")).into());
    }
    let raised = assumption::becomes(&app, &ctx, &entered, number, kind_of(&body.0.text("kind"))).await?;
    let reference = Reference { program: entered.key().to_owned(), kind: raised.kind, number: raised.number };
    let body = json!({
        "id": raised.id, "ref": reference.to_string(), "kind": raised.kind, "number": raised.number,
        "title": raised.title, "state": raised.state, "version": raised.version,
    });
    made(&format!("/api/v1{}", reference.path()), raised.version, body)
}
