//! What the reader is asked by change requests, of any program: the question, and nothing else of a program that they may not see.

use super::api::page::Asked as Query;
use super::extract::{Api, Body, Form, Place, Web};
use super::present::{ApiResult, PageResult, page_with};
use super::routes::Routes;
use super::shell::Shell;
use crate::app::change::question;
use crate::app::{App, Ctx, Error};
use crate::store::change_question::Mine;
use askama::Template;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect};
use serde_json::{Value, json};

pub(super) fn routes() -> Routes {
    Routes::new()
        .get("/me/questions", mine)
        .post("/me/questions/{change}/{dependency}", answer)
        .get("/api/v1/me/questions", api_mine)
        .post("/api/v1/me/questions/{change}/{dependency}", api_answer)
}

/// An answer that was refused: to which question, what was typed, and why.
#[derive(Default)]
struct Tried {
    change: String,
    dependency: String,
    agrees: String,
    comment: String,
    wrong: String,
}

#[derive(Template)]
#[template(path = "waiting/asked.html")]
struct Page {
    shell: Shell,
    all: Vec<Mine>,
    open: usize,
    tried: Tried,
}

impl Page {
    fn change(&self, one: &Mine) -> String {
        self.shell.href(&one.change_reference.path())
    }

    fn dependency(&self, one: &Mine) -> String {
        self.shell.href(&one.reference.path())
    }

    /// What was typed as an answer to this question, where it came back.
    fn typed(&self, one: &Mine) -> Option<&Tried> {
        let here = one.change_reference.to_string().eq_ignore_ascii_case(&self.tried.change)
            && one.reference.to_string().eq_ignore_ascii_case(&self.tried.dependency);
        here.then_some(&self.tried)
    }

    /// What stands in the form: what was typed, else what was answered.
    fn says(&self, one: &Mine, answer: &str) -> bool {
        match self.typed(one) {
            Some(tried) => tried.agrees == answer,
            None => one.agrees == Some(answer == "yes"),
        }
    }

    fn comment<'p>(&'p self, one: &'p Mine) -> &'p str {
        self.typed(one).map_or(one.comment.as_str(), |tried| tried.comment.as_str())
    }
}

async fn draw(app: &App, ctx: &Ctx, place: &Place, status: StatusCode, tried: Tried) -> PageResult {
    let all = question::mine(app, ctx).await?;
    let open = all.iter().filter(|one| one.agrees.is_none()).count();
    let place = Place { path: "/me/questions".to_owned(), ..place.clone() };
    page_with(status, &Page { shell: place.shell(ctx, "my-decisions"), all, open, tried })
}

async fn mine(State(app): State<App>, Web(ctx): Web, place: Place) -> PageResult {
    draw(&app, &ctx, &place, StatusCode::OK, Tried::default()).await
}

async fn answer(
    State(app): State<App>,
    Web(ctx): Web,
    place: Place,
    Path((change, dependency)): Path<(String, String)>,
    form: Form,
) -> PageResult {
    match question::answer_mine(&app, &ctx, &change, &dependency, &form.0).await {
        Ok(_) => Ok(Redirect::to("/me/questions?done=answered").into_response()),
        Err(Error::Refused(refused)) => {
            let tried = Tried {
                change,
                dependency,
                agrees: form.text("agrees").to_owned(),
                comment: form.text("comment").to_owned(),
                wrong: refused.errors.first().map(|error| error.message.clone()).unwrap_or_default(),
            };
            draw(&app, &ctx, &place, StatusCode::UNPROCESSABLE_ENTITY, tried).await
        }
        Err(error) => Err(error.into()),
    }
}

/// What the questions are filtered and sorted by; the first two tell them apart.
pub const FIELDS: [&str; 8] =
    ["change", "dependency", "title", "needed_by", "comes_on", "asked_on", "answered_on", "comment"];

fn shape(one: &Mine) -> Value {
    json!({
        "change": one.change_reference.to_string(), "change_title": one.change_title,
        "dependency": one.reference.to_string(), "title": one.title, "needed_by": one.needed_by,
        "comes_on": one.comes_on, "asked_on": one.asked_on, "agrees": one.agrees, "comment": one.comment,
        "answered_on": one.answered_on, "url": format!("/me/questions#{}", one.change_reference),
    })
}

async fn api_mine(State(app): State<App>, Api(ctx): Api, query: Query) -> ApiResult {
    let rows = question::mine(&app, &ctx).await?.iter().map(shape).collect();
    Ok(query.whole_by(rows, &FIELDS, &["change", "dependency"])?.into_response())
}

async fn api_answer(
    State(app): State<App>,
    Api(ctx): Api,
    Path((change, dependency)): Path<(String, String)>,
    body: Body,
) -> ApiResult {
    let answered = question::answer_mine(&app, &ctx, &change, &dependency, &body.0).await?;
    Ok(Json(shape(&answered)).into_response())
}
