//! Who is affected by a change request, asked and answered: on its page, and for other programs.

use super::api::page::Asked as Query;
use super::extract::{Api, Body, Form, Place, Web};
use super::item::page::{Own, Tried, draw};
use super::present::{ApiResult, PageResult};
use super::routes::Routes;
use crate::app::access::{Entered, enter};
use crate::app::change::question;
use crate::app::{App, Ctx, Error, item};
use crate::domain::kind::{Kind, State as At};
use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect};
use serde_json::{Value, json};

/// The routes of the page's form and of the API.
pub fn routes() -> Routes {
    let questions = "/api/v1/programs/{key}/changes/{number}/questions";
    Routes::new()
        .post("/programs/{key}/changes/{number}/answers", answer)
        .get(questions, list)
        .post(format!("{questions}/{{dependency}}"), api_answer)
}

async fn answer(
    State(app): State<App>,
    Web(ctx): Web,
    place: Place,
    Path((key, number)): Path<(String, String)>,
    form: Form,
) -> PageResult {
    let number = number.parse().map_err(|_| Error::NotFound)?;
    let entered = enter(&app, &ctx, &key).await?;
    let mut draft = form.0;
    let dependency = draft.0.shift_remove("dependency");
    let dependency = dependency.as_ref().and_then(Value::as_str).unwrap_or_default().to_owned();
    match question::answer(&app, &ctx, &entered, number, &dependency, &draft).await {
        Ok(()) => {
            let path = format!("/programs/{}/changes/{number}", entered.key());
            Ok(Redirect::to(&format!("{path}?done=answered#affected")).into_response())
        }
        Err(Error::Refused(refused)) => {
            draft.0.insert("dependency".into(), Value::from(dependency));
            // Only the comment is wrong by what is typed; else the change is answered no more.
            let tried = if refused.errors.iter().all(|error| error.field == "comment") {
                let own = Own { form: "answer", typed: draft, errors: refused.errors };
                Tried { own: Some(own), ..Tried::default() }
            } else {
                Tried::default().warned(&refused.errors)
            };
            draw(&app, &ctx, &place, &entered, (Kind::Change, number), tried).await
        }
        Err(error) => Err(error.into()),
    }
}

/// What questions are filtered and sorted by.
pub const FIELDS: [&str; 8] =
    ["dependency", "title", "person", "needed_by", "comes_on", "asked_on", "answered_on", "comment"];

async fn rows(app: &App, ctx: &Ctx, entered: &Entered, number: i32) -> Result<Vec<Value>, Error> {
    let stored = item::find(app, entered, Kind::Change, number).await?.item;
    if stored.state == At::Draft {
        let found = question::affected(app, ctx, entered, &stored).await?.unwrap_or_default();
        let rows = found.into_iter().filter(|one| one.seen).map(|one| {
            json!({
                "dependency": one.broken.reference, "title": one.broken.title,
                "person": one.person.map(|(id, name)| json!({"id": id, "name": name})),
                "needed_by": one.broken.needed_by, "comes_on": one.broken.comes_on, "asked_on": null, "agrees": null,
                "comment": "", "answered_on": null, "answered_by": null,
            })
        });
        return Ok(rows.collect());
    }
    let questions = question::asked(app, entered, &stored).await?;
    let seen = question::visible(app, ctx, &questions).await?;
    let rows = questions.into_iter().zip(seen).map(|(one, seen)| {
        json!({
            "dependency": one.reference.to_string(), "title": seen.then_some(one.title),
            "person": one.person.map(|id| json!({"id": id, "name": one.name})),
            "needed_by": one.needed_by, "comes_on": one.comes_on, "asked_on": one.asked_on, "agrees": one.agrees,
            "comment": one.comment, "answered_on": one.answered_on, "answered_by": one.answered_by,
        })
    });
    Ok(rows.collect())
}

async fn list(
    State(app): State<App>,
    Api(ctx): Api,
    Path((key, number)): Path<(String, String)>,
    query: Query,
) -> ApiResult {
    let number = number.parse().map_err(|_| Error::NotFound)?;
    let entered = enter(&app, &ctx, &key).await?;
    let rows = rows(&app, &ctx, &entered, number).await?;
    Ok(query.whole_by(rows, &FIELDS, &["dependency"])?.into_response())
}

async fn api_answer(
    State(app): State<App>,
    Api(ctx): Api,
    Path((key, number, dependency)): Path<(String, String, String)>,
    body: Body,
) -> ApiResult {
    let number = number.parse().map_err(|_| Error::NotFound)?;
    let entered = enter(&app, &ctx, &key).await?;
    question::answer(&app, &ctx, &entered, number, &dependency, &body.0).await?;
    let rows = rows(&app, &ctx, &entered, number).await?;
    let answered = rows
        .into_iter()
        .find(|row| row["dependency"].as_str().is_some_and(|known| known.eq_ignore_ascii_case(&dependency)));
    Ok(Json(answered.unwrap_or_else(|| json!({}))).into_response())
}
