//! Benefits: how all of them stand, what is measured of one, and how far its adoption is to come.

use super::api::page::Asked;
use super::api::{made, versioned};
use super::extract::{Api, Body, Form, IfMatch, MaybeMatch, Place, Web};
use super::form::Fields;
use super::item::page::{Own, Tried};
use super::log::{self, Log};
use super::present::{ApiResult, PageResult, page};
use super::record::{self, body_of, id};
use super::routes::Routes;
use super::shell::Shell;
use crate::app::access::{Entered, enter};
use crate::app::benefit::{self, Overview, Standing};
use crate::app::{App, Error};
use crate::domain::draft::{Draft, Field};
use crate::domain::kind::Kind;
use crate::domain::measurement::{FIELDS, OF, TARGET_FIELDS};
use crate::web::chart;
use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect};
use std::borrow::Borrow;

/// What measurements are filtered and sorted by; the first tells them apart.
pub const BY: [&str; 4] = ["id", "on", "value", "adoption_target"];
/// The same of adoption targets.
pub const TARGET_BY: [&str; 4] = ["id", "title", "target", "due_on"];

pub(super) fn routes() -> Routes {
    Routes::new()
        .get("/programs/{key}/benefits", list)
        .post("/programs/{key}/benefits/{number}/measurements", measure)
        .post("/programs/{key}/benefits/{number}/adoption-targets", target)
        .get("/api/v1/programs/{key}/benefits/{number}/measurements", api_list)
        .post("/api/v1/programs/{key}/benefits/{number}/measurements", api_measure)
        .get("/api/v1/programs/{key}/benefits/{number}/measurements/{id}", api_one)
        .patch("/api/v1/programs/{key}/benefits/{number}/measurements/{id}", api_correct)
        .delete("/api/v1/programs/{key}/benefits/{number}/measurements/{id}", api_take_back)
        .get("/api/v1/programs/{key}/benefits/{number}/adoption-targets", api_targets)
        .post("/api/v1/programs/{key}/benefits/{number}/adoption-targets", api_target)
        .get("/api/v1/programs/{key}/benefits/{number}/adoption-targets/{id}", api_one_target)
        .patch("/api/v1/programs/{key}/benefits/{number}/adoption-targets/{id}", api_edit_target)
        .delete("/api/v1/programs/{key}/benefits/{number}/adoption-targets/{id}", api_drop_target)
}

/// The number that a path names; anything else names nothing.
pub(super) fn number(text: &str) -> Result<i32, Error> {
    text.parse().map_err(|_| Error::NotFound)
}

#[derive(Template)]
#[template(path = "benefit/list.html")]
struct ListPage {
    shell: Shell,
    key: String,
    overview: Overview,
    log: Log,
}

async fn list(State(app): State<App>, Web(ctx): Web, place: Place, Path(key): Path<String>) -> PageResult {
    let entered = enter(&app, &ctx, &key).await?;
    let shell = place.program_shell(&ctx, &entered, "benefits");
    let log = log::load(&app, &ctx, &entered, &shell, &[Kind::Benefit], &place.query).await?;
    let overview = benefit::overview(&app, &entered).await?;
    page(&ListPage { key: entered.key().to_owned(), overview, log, shell })
}

/// A share of what was planned, as it is read: "50 %".
pub(super) fn share(share: impl Borrow<f64>) -> String {
    format!("{}\u{a0}%", chart::number(*share.borrow() * 100.0, 1))
}

/// The colour of a share of what was planned: at least 70 % is as it should be, at least half is near.
pub(super) fn colour(share: Option<&f64>) -> &'static str {
    match share {
        None => "none",
        Some(share) if *share >= 0.7 => "green",
        Some(share) if *share >= 0.5 => "amber",
        Some(_) => "red",
    }
}

/// A figure with the unit of its benefit.
pub(super) fn figure(value: impl Borrow<f64>, unit: &str) -> String {
    let figure = chart::number(*value.borrow(), 2);
    if unit.is_empty() { figure } else { format!("{figure}\u{a0}{unit}") }
}

impl ListPage {
    fn href(&self, one: &Standing) -> String {
        self.shell.program_href(&format!("/benefits/{}", one.number))
    }

    fn metric(&self) -> String {
        self.shell.program_href("/metrics/benefits_realization_index")
    }
}

/// The form that measures a benefit: its fields, and the adoption targets that may be measured instead.
#[must_use]
pub(super) fn measured_fields() -> impl Iterator<Item = &'static Field> + Clone {
    const ALL: &[Field] = &[FIELDS[1], FIELDS[0], OF, FIELDS[2]];
    ALL.iter()
}

/// The fields of the forms on a benefit's page, drawn with what was typed.
#[must_use]
pub(super) fn forms(own: &Own) -> (Fields, Fields) {
    let none = (Draft::default(), Vec::new());
    let of =
        |name: &str| if own.form == name { (own.typed.clone(), own.errors.clone()) } else { none.clone() };
    let (typed, errors) = of("measure");
    let measure = Fields::new(measured_fields(), &typed, &errors, |_| None);
    let (typed, errors) = of("target");
    (
        measure.prefixed("m-").offering(OF.name, "adoption"),
        Fields::new(TARGET_FIELDS, &typed, &errors, |_| None).prefixed("t-"),
    )
}

async fn at(app: &App, ctx: &crate::app::Ctx, (key, n): (String, String)) -> Result<(Entered, i32), Error> {
    Ok((enter(app, ctx, &key).await?, number(&n)?))
}

async fn measure(
    State(app): State<App>,
    Web(ctx): Web,
    place: Place,
    Path(path): Path<(String, String)>,
    Form(typed): Form,
) -> PageResult {
    let (entered, number) = at(&app, &ctx, path).await?;
    let back = format!("/programs/{}/benefits/{number}", entered.key());
    let gone = typed.text("gone");
    if !gone.is_empty() {
        benefit::take_back(&app, &ctx, &entered, number, id(&gone)?, crate::app::Over::Any).await?;
        return Ok(Redirect::to(&format!("{back}?done=removed")).into_response());
    }
    let written = async {
        let written = Form(typed.clone()).split(false)?;
        benefit::measure(&app, &ctx, &entered, number, &written.draft, &written.meta).await
    };
    match written.await {
        Ok(_) => Ok(Redirect::to(&format!("{back}?done=measured#own")).into_response()),
        Err(Error::Refused(refused)) => {
            let own = Own { form: "measure", typed, errors: refused.errors };
            let tried = Tried { own: Some(own), ..Tried::default() };
            super::item::page::draw(&app, &ctx, &place, &entered, (Kind::Benefit, number), tried).await
        }
        Err(other) => Err(other.into()),
    }
}

async fn target(
    State(app): State<App>,
    Web(ctx): Web,
    place: Place,
    Path(path): Path<(String, String)>,
    Form(typed): Form,
) -> PageResult {
    let (entered, number) = at(&app, &ctx, path).await?;
    entered.must_manage()?;
    let back = format!("/programs/{}/benefits/{number}", entered.key());
    let gone = typed.text("gone");
    if !gone.is_empty() {
        benefit::drop_target(&app, &ctx, &entered, number, id(&gone)?, crate::app::Over::Any).await?;
        return Ok(Redirect::to(&format!("{back}?done=removed")).into_response());
    }
    let written = async {
        let written = Form(typed.clone()).split(false)?;
        benefit::set_target(&app, &ctx, &entered, number, None, &written.draft, &written.meta).await
    };
    match written.await {
        Ok(_) => Ok(Redirect::to(&format!("{back}?done=made#own")).into_response()),
        Err(Error::Refused(refused)) => {
            let own = Own { form: "target", typed, errors: refused.errors };
            let tried = Tried { own: Some(own), ..Tried::default() };
            super::item::page::draw(&app, &ctx, &place, &entered, (Kind::Benefit, number), tried).await
        }
        Err(other) => Err(other.into()),
    }
}

async fn api_list(
    State(app): State<App>,
    Api(ctx): Api,
    Path(path): Path<(String, String)>,
    asked: Asked,
) -> ApiResult {
    let (entered, number) = at(&app, &ctx, path).await?;
    let all = benefit::measurements(&app, &entered, number).await?;
    record::listed(&app, &ctx, &entered, &all, &asked, &BY).await
}

async fn api_measure(
    State(app): State<App>,
    Api(ctx): Api,
    Path(path): Path<(String, String)>,
    body: Body,
) -> ApiResult {
    let (entered, number) = at(&app, &ctx, path).await?;
    let (draft, meta) = body.split(false)?;
    let new = benefit::measure(&app, &ctx, &entered, number, &draft, &meta).await?;
    let location =
        format!("/api/v1/programs/{}/benefits/{number}/measurements/{}", entered.key(), new.head.id);
    made(&location, 1, body_of(&app, &ctx, &entered, &new).await?)
}

async fn api_take_back(
    State(app): State<App>,
    Api(ctx): Api,
    Path((key, n, one)): Path<(String, String, String)>,
    MaybeMatch(version): MaybeMatch,
) -> ApiResult {
    let (entered, number) = at(&app, &ctx, (key, n)).await?;
    benefit::take_back(&app, &ctx, &entered, number, id(&one)?, version).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn api_one(
    State(app): State<App>,
    Api(ctx): Api,
    Path((key, n, one)): Path<(String, String, String)>,
) -> ApiResult {
    let (entered, number) = at(&app, &ctx, (key, n)).await?;
    let found = benefit::measurement(&app, &entered, number, id(&one)?).await?;
    let body = body_of(&app, &ctx, &entered, &found).await?;
    Ok(versioned(StatusCode::OK, found.head.version, body))
}

async fn api_correct(
    State(app): State<App>,
    Api(ctx): Api,
    Path((key, n, one)): Path<(String, String, String)>,
    IfMatch(version): IfMatch,
    body: Body,
) -> ApiResult {
    let (entered, number) = at(&app, &ctx, (key, n)).await?;
    let (draft, meta) = body.split(false)?;
    let edited = benefit::correct(&app, &ctx, &entered, number, id(&one)?, version, &draft, &meta).await?;
    let body = body_of(&app, &ctx, &entered, &edited).await?;
    Ok(versioned(StatusCode::OK, edited.head.version, body))
}

async fn api_targets(
    State(app): State<App>,
    Api(ctx): Api,
    Path(path): Path<(String, String)>,
    asked: Asked,
) -> ApiResult {
    let (entered, number) = at(&app, &ctx, path).await?;
    let all = benefit::targets(&app, &entered, number).await?;
    record::listed(&app, &ctx, &entered, &all, &asked, &TARGET_BY).await
}

async fn api_target(
    State(app): State<App>,
    Api(ctx): Api,
    Path(path): Path<(String, String)>,
    body: Body,
) -> ApiResult {
    let (entered, number) = at(&app, &ctx, path).await?;
    let (draft, meta) = body.split(false)?;
    let new = benefit::set_target(&app, &ctx, &entered, number, None, &draft, &meta).await?;
    let location =
        format!("/api/v1/programs/{}/benefits/{number}/adoption-targets/{}", entered.key(), new.head.id);
    made(&location, 1, body_of(&app, &ctx, &entered, &new).await?)
}

async fn api_one_target(
    State(app): State<App>,
    Api(ctx): Api,
    Path((key, n, one)): Path<(String, String, String)>,
) -> ApiResult {
    let (entered, number) = at(&app, &ctx, (key, n)).await?;
    let found = benefit::target(&app, &entered, number, id(&one)?).await?;
    let body = body_of(&app, &ctx, &entered, &found).await?;
    Ok(versioned(StatusCode::OK, found.head.version, body))
}

async fn api_edit_target(
    State(app): State<App>,
    Api(ctx): Api,
    Path((key, n, one)): Path<(String, String, String)>,
    IfMatch(version): IfMatch,
    body: Body,
) -> ApiResult {
    let (entered, number) = at(&app, &ctx, (key, n)).await?;
    let (draft, meta) = body.split(false)?;
    let over = Some((id(&one)?, version));
    let edited = benefit::set_target(&app, &ctx, &entered, number, over, &draft, &meta).await?;
    let body = body_of(&app, &ctx, &entered, &edited).await?;
    Ok(versioned(StatusCode::OK, edited.head.version, body))
}

async fn api_drop_target(
    State(app): State<App>,
    Api(ctx): Api,
    Path((key, n, one)): Path<(String, String, String)>,
    MaybeMatch(version): MaybeMatch,
) -> ApiResult {
    let (entered, number) = at(&app, &ctx, (key, n)).await?;
    benefit::drop_target(&app, &ctx, &entered, number, id(&one)?, version).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
