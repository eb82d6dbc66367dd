//! Surveys: opened and read by those who work on the program, answered through a link by whoever was asked.

use super::api::page::Asked as Query;
use super::api::{made, versioned};
use super::benefit::number;
use super::extract::{Api, Body, Form, IfMatch, MaybeMatch, Place, Web};
use super::form::{Fields, FormPage, both};
use super::idempotency::told_once;
use super::present::{ApiResult, PageResult, page, page_with};
use super::routes::Routes;
use super::session::Caller;
use super::shell::Shell;
use super::site::Site;
use crate::app::access::{Entered, enter};
use crate::app::survey::{self, Shown, Told};
use crate::app::{App, Ctx, Error, Over};
use crate::domain::draft::{Draft, FieldError};
use crate::domain::program::today_in;
use crate::domain::record::Record;
use crate::domain::survey::{ANSWER_FIELDS, FIELDS, SCALE, Survey};
use crate::store::survey::{Answer, Asked};
use crate::web::chart;
use askama::Template;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::header::LOCATION;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use serde_json::{Map, Value, json};

/// What surveys are filtered and sorted by; the first tells them apart.
pub const BY: [&str; 4] = ["number", "title", "opened_on", "closes_on"];
/// The same of answers and of who was asked.
pub const ANSWER_BY: [&str; 3] = ["id", "on", "value"];
pub const ASKED_BY: [&str; 2] = ["stakeholder", "invited_on"];

const ROBOTS: HeaderName = HeaderName::from_static("x-robots-tag");

pub(super) fn routes() -> Routes {
    Routes::new()
        .get("/programs/{key}/surveys", list)
        .post("/programs/{key}/surveys", create)
        .get("/programs/{key}/surveys/new", new)
        .get("/programs/{key}/surveys/{number}", show)
        .get("/programs/{key}/surveys/{number}/edit", edit)
        .post("/programs/{key}/surveys/{number}/edit", update)
        .post("/programs/{key}/surveys/{number}/archive", archive)
        .post("/programs/{key}/surveys/{number}/restore", restore)
        .post("/programs/{key}/surveys/{number}/invitations", invite)
        .get("/survey", link)
        .post("/survey", answer)
        .get("/api/v1/programs/{key}/surveys", api_list)
        .post("/api/v1/programs/{key}/surveys", api_make)
        .get("/api/v1/programs/{key}/surveys/{number}", api_show)
        .patch("/api/v1/programs/{key}/surveys/{number}", api_edit)
        .delete("/api/v1/programs/{key}/surveys/{number}", api_archive)
        .post("/api/v1/programs/{key}/surveys/{number}/restore", api_restore)
        .get("/api/v1/programs/{key}/surveys/{number}/answers", api_answers)
        .post("/api/v1/programs/{key}/surveys/{number}/answers", api_answer)
        .get("/api/v1/programs/{key}/surveys/{number}/invitations", api_asked)
        .post("/api/v1/programs/{key}/surveys/{number}/invitations", api_invite)
}

/// A mean as it is read.
fn mean(mean: Option<&f64>) -> String {
    mean.map_or_else(|| "–".to_owned(), |mean| chart::number(*mean, 2))
}

/// A share of those who were asked, as it is read.
fn rate(rate: Option<f64>) -> String {
    rate.map_or_else(|| "–".to_owned(), |rate| format!("{}\u{a0}%", chart::number(rate * 100.0, 0)))
}

#[derive(Template)]
#[template(path = "survey/list.html")]
struct ListPage {
    shell: Shell,
    key: String,
    may_manage: bool,
    all: Vec<Shown>,
    archived: Vec<Shown>,
}

async fn list(State(app): State<App>, Web(ctx): Web, place: Place, Path(key): Path<String>) -> PageResult {
    let entered = enter(&app, &ctx, &key).await?;
    let all = survey::all(&app, &entered).await?;
    let (archived, all) = all.into_iter().partition(|shown| shown.survey.head.archived_at.is_some());
    page(&ListPage {
        shell: place.program_shell(&ctx, &entered, "surveys"),
        key: entered.key().to_owned(),
        may_manage: entered.may_manage(),
        all,
        archived,
    })
}

fn form_page(
    shell: Shell,
    entered: &Entered,
    stored: Option<&Survey>,
    draft: &Draft,
    errors: &[FieldError],
) -> FormPage {
    let all = format!("/programs/{}/surveys", entered.key());
    FormPage {
        shell,
        heading: stored.map_or_else(|| "New survey".to_owned(), |survey| format!("Edit {}", survey.title)),
        action: stored.map_or_else(|| all.clone(), |survey| format!("{all}/{}/edit", survey.number)),
        back: stored.map_or_else(|| all.clone(), |survey| format!("{all}/{}", survey.number)),
        archive: stored.map(|survey| format!("{all}/{}/archive", survey.number)),
        verb: if stored.is_some() { "Save" } else { "Open the survey" },
        version: stored.map(|survey| survey.head.version),
        fields: Fields::new(FIELDS, draft, errors, |_| None),
    }
}

async fn new(State(app): State<App>, Web(ctx): Web, place: Place, Path(key): Path<String>) -> PageResult {
    let entered = enter(&app, &ctx, &key).await?;
    entered.must_manage()?;
    page(&form_page(place.program_shell(&ctx, &entered, "surveys"), &entered, None, &Draft::default(), &[]))
}

fn to(entered: &Entered, number: i32, done: &str) -> Response {
    Redirect::to(&format!("/programs/{}/surveys/{number}?done={done}", entered.key())).into_response()
}

async fn create(
    State(app): State<App>,
    Web(ctx): Web,
    place: Place,
    Path(key): Path<String>,
    Form(typed): Form,
) -> PageResult {
    let entered = enter(&app, &ctx, &key).await?;
    let made = async {
        let written = Form(typed.clone()).split(false)?;
        survey::open(&app, &ctx, &entered, &written.draft, &written.meta).await
    };
    match made.await {
        Ok(made) => Ok(to(&entered, made.number, "made")),
        Err(Error::Refused(refused)) => {
            let shell = place.program_shell(&ctx, &entered, "surveys");
            page_with(
                StatusCode::UNPROCESSABLE_ENTITY,
                &form_page(shell, &entered, None, &typed, &refused.errors),
            )
        }
        Err(other) => Err(other.into()),
    }
}

async fn edit(
    State(app): State<App>,
    Web(ctx): Web,
    place: Place,
    Path((key, n)): Path<(String, String)>,
) -> PageResult {
    let entered = enter(&app, &ctx, &key).await?;
    entered.must_manage()?;
    let stored = survey::find(&app, &entered, number(&n)?).await?.survey;
    let shell = place.program_shell(&ctx, &entered, "surveys");
    page(&form_page(shell, &entered, Some(&stored), &stored.draft(), &[]))
}

async fn update(
    State(app): State<App>,
    Web(ctx): Web,
    place: Place,
    Path((key, n)): Path<(String, String)>,
    Form(typed): Form,
) -> PageResult {
    let entered = enter(&app, &ctx, &key).await?;
    entered.must_manage()?;
    let number = number(&n)?;
    let saved = async {
        let written = Form(typed.clone()).split(false)?;
        let version = written.version()?;
        survey::edit(&app, &ctx, &entered, number, version, &written.draft, &written.meta).await
    };
    let (status, refused) = match saved.await {
        Ok(_) => return Ok(to(&entered, number, "saved")),
        Err(Error::Refused(refused)) => (StatusCode::UNPROCESSABLE_ENTITY, Some(refused.errors)),
        Err(Error::Stale { .. }) => (StatusCode::CONFLICT, None),
        Err(other) => return Err(other.into()),
    };
    let stored = survey::find(&app, &entered, number).await?.survey;
    let errors = refused.unwrap_or_else(|| both(FIELDS, &typed, &stored.draft(), |_| None));
    let shell = place.program_shell(&ctx, &entered, "surveys");
    page_with(status, &form_page(shell, &entered, Some(&stored), &typed, &errors))
}

async fn archive(
    State(app): State<App>,
    Web(ctx): Web,
    Path((key, n)): Path<(String, String)>,
) -> PageResult {
    let entered = enter(&app, &ctx, &key).await?;
    entered.must_manage()?;
    survey::archive(&app, &ctx, &entered, number(&n)?, Over::Any, true).await?;
    Ok(Redirect::to(&format!("/programs/{}/surveys?done=archived", entered.key())).into_response())
}

async fn restore(
    State(app): State<App>,
    Web(ctx): Web,
    Path((key, n)): Path<(String, String)>,
) -> PageResult {
    let entered = enter(&app, &ctx, &key).await?;
    entered.must_manage()?;
    let number = number(&n)?;
    survey::archive(&app, &ctx, &entered, number, Over::Any, false).await?;
    Ok(to(&entered, number, "restored"))
}

#[derive(Template)]
#[template(path = "survey/one.html")]
struct OnePage {
    shell: Shell,
    key: String,
    may_manage: bool,
    shown: Shown,
    open: bool,
    people: Vec<Asked>,
    /// Links that were just made, shown this once: whose, and the address.
    told: Vec<(String, String)>,
    wrong: Option<String>,
}

impl OnePage {
    /// Whether it is told who answered.
    fn tells_who(&self) -> bool {
        self.people.iter().any(|one| one.answered.is_some())
    }

    /// How many gave each answer, the best first: its words, the count.
    fn given(&self) -> Vec<(&'static str, u32)> {
        let given = self.shown.results.given.unwrap_or_default();
        let given = SCALE.iter().zip(given).map(|((_, words), count)| (*words, count));
        let mut given: Vec<_> = given.collect();
        given.reverse();
        given
    }
}

async fn one(app: &App, ctx: &Ctx, place: &Place, entered: &Entered, number: i32) -> Result<OnePage, Error> {
    let shown = survey::find(app, entered, number).await?;
    let place = Place { path: format!("/programs/{}/surveys/{number}", entered.key()), ..place.clone() };
    Ok(OnePage {
        shell: place.program_shell(ctx, entered, "surveys"),
        key: entered.key().to_owned(),
        may_manage: entered.may_manage(),
        open: shown.survey.is_open(entered.day()),
        people: survey::people(app, entered, &shown.survey).await?,
        shown,
        told: Vec::new(),
        wrong: None,
    })
}

async fn show(
    State(app): State<App>,
    Web(ctx): Web,
    place: Place,
    Path((key, n)): Path<(String, String)>,
) -> PageResult {
    let entered = enter(&app, &ctx, &key).await?;
    page(&one(&app, &ctx, &place, &entered, number(&n)?).await?)
}

/// The address that a secret opens.
fn address(site: &Site, told: &Told) -> String {
    site.at(&format!("/survey?link={}", told.secret.reveal()))
}

async fn invite(
    State(app): State<App>,
    Web(ctx): Web,
    place: Place,
    site: Site,
    Path((key, n)): Path<(String, String)>,
    form: Form,
) -> PageResult {
    let entered = enter(&app, &ctx, &key).await?;
    let number = number(&n)?;
    let chosen: Vec<i32> = match form.0.0.get("stakeholders") {
        Some(Value::Array(list)) => list.iter().filter_map(|one| one.as_str()?.parse().ok()).collect(),
        _ => Vec::new(),
    };
    match survey::invite(&app, &ctx, &entered, number, &chosen).await {
        Ok(told) => {
            let mut shown = one(&app, &ctx, &place, &entered, number).await?;
            shown.told = told.iter().map(|one| (one.title.clone(), address(&site, one))).collect();
            page(&shown)
        }
        Err(Error::Refused(refused)) => {
            let mut shown = one(&app, &ctx, &place, &entered, number).await?;
            shown.wrong = refused.errors.into_iter().next().map(|error| error.message);
            page_with(StatusCode::UNPROCESSABLE_ENTITY, &shown)
        }
        Err(other) => Err(other.into()),
    }
}

/// What whoever holds the link sees: who asks for which program, the title and the question, and nothing else of the program.
#[derive(Template)]
#[template(path = "survey/answer.html")]
struct AnswerPage {
    shell: Shell,
    link: String,
    /// The program that asks, and who asks for it.
    program: String,
    asks: Option<String>,
    title: String,
    question: String,
    open: bool,
    closes_on: Option<chrono::NaiveDate>,
    answered_on: Option<chrono::NaiveDate>,
    thanks: bool,
    scale: Vec<(i16, &'static str, bool)>,
    value_wrong: Option<String>,
    rest: Fields,
    /// What is wrong: the id of the field, and the words.
    errors: Vec<(String, String)>,
}

async fn answer_page(
    app: &App,
    place: &Place,
    link: &str,
    tried: Option<(&Draft, &[FieldError])>,
) -> Result<AnswerPage, Error> {
    let (opened, open) = survey::opened(app, link).await?;
    let stored = opened.answer.as_ref().map(|given| {
        let fields =
            [("value", json!(given.value)), ("comment", json!(given.comment)), ("name", json!(given.name))];
        Draft(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    });
    let (draft, errors) = match tried {
        Some((draft, errors)) => (draft.clone(), errors),
        None => (stored.unwrap_or_default(), &[][..]),
    };
    let chosen = draft.text("value");
    let (own, others): (Vec<_>, Vec<_>) =
        errors.iter().cloned().partition(|error| error.field == "value" || error.field.is_empty());
    let fields = ANSWER_FIELDS.iter().filter(|field| field.name != "value");
    let (rest, mut wrong) = Fields::new(fields, &draft, &others, |_| None).apart();
    wrong.splice(0..0, own.iter().map(|error| ("value".to_owned(), error.message.clone())));
    Ok(AnswerPage {
        shell: place.bare_shell(today_in(&opened.time_zone, app.clock.now())),
        link: link.to_owned(),
        program: opened.program_name,
        asks: opened.asks,
        title: opened.survey.title,
        question: opened.survey.question,
        open,
        closes_on: opened.survey.closes_on,
        answered_on: opened.answer.map(|answer| answer.on),
        thanks: place.value("done").is_some(),
        scale: SCALE.map(|(value, words)| (value, words, value.to_string() == chosen)).to_vec(),
        value_wrong: own.first().map(|error| error.message.clone()),
        rest,
        errors: wrong,
    })
}

/// No search engine keeps what a link opens.
fn unlisted(mut answer: Response) -> Response {
    answer.headers_mut().insert(ROBOTS, HeaderValue::from_static("noindex, nofollow"));
    answer
}

async fn link(State(app): State<App>, place: Place) -> PageResult {
    let link = place.value("link").unwrap_or_default();
    Ok(unlisted(page(&answer_page(&app, &place, &link, None).await?)?))
}

async fn answer(
    State(app): State<App>,
    Caller(from): Caller,
    place: Place,
    Form(mut draft): Form,
) -> PageResult {
    let link = draft.0.shift_remove("link");
    let link = link.as_ref().and_then(Value::as_str).unwrap_or_default().to_owned();
    match survey::answer(&app, &link, &draft, from).await {
        Ok(()) => Ok(unlisted(
            Redirect::to(&format!("/survey?link={}&done=answered", super::extract::encode(&link)))
                .into_response(),
        )),
        Err(Error::Refused(refused)) => {
            let again = answer_page(&app, &place, &link, Some((&draft, &refused.errors))).await?;
            Ok(unlisted(page_with(StatusCode::UNPROCESSABLE_ENTITY, &again)?))
        }
        Err(other) => Err(other.into()),
    }
}

fn shape(key: &str, shown: &Shown) -> Value {
    let (survey, results) = (&shown.survey, &shown.results);
    json!({
        "id": survey.head.id, "program": key, "number": survey.number, "title": survey.title,
        "question": survey.question, "opened_on": survey.opened_on, "closes_on": survey.closes_on,
        "archived_at": survey.head.archived_at, "answers": results.count, "mean": results.mean, "invited": results.invited, "answered": results.answered,
        "answer_rate": results.rate(), "given": results.given, "version": survey.head.version,
        "effective_on": survey.head.effective_on,
    })
}

fn answer_shape(answer: &Answer) -> Value {
    let name = Some(&answer.name).filter(|name| !name.is_empty());
    // When somebody answered through their link would tell who it was.
    let on = Some(answer.on).filter(|_| !answer.invited);
    json!({"id": answer.id, "value": answer.value, "comment": answer.comment, "name": name, "on": on})
}

async fn api_list(State(app): State<App>, Api(ctx): Api, Path(key): Path<String>, asked: Query) -> ApiResult {
    let entered = enter(&app, &ctx, &key).await?;
    let all = survey::list(&app, &entered).await?;
    let rows = all.iter().map(|shown| shape(entered.key(), shown)).collect();
    Ok(asked.whole(rows, &BY)?.into_response())
}

async fn api_make(State(app): State<App>, Api(ctx): Api, Path(key): Path<String>, body: Body) -> ApiResult {
    let entered = enter(&app, &ctx, &key).await?;
    let (draft, meta) = body.split(false)?;
    let new = survey::open(&app, &ctx, &entered, &draft, &meta).await?;
    let shown = survey::find(&app, &entered, new.number).await?;
    let location = format!("/api/v1/programs/{}/surveys/{}", entered.key(), new.number);
    made(&location, new.head.version, shape(entered.key(), &shown))
}

async fn api_show(
    State(app): State<App>,
    Api(ctx): Api,
    Path((key, n)): Path<(String, String)>,
) -> ApiResult {
    let entered = enter(&app, &ctx, &key).await?;
    let shown = survey::find(&app, &entered, number(&n)?).await?;
    Ok(versioned(StatusCode::OK, shown.survey.head.version, shape(entered.key(), &shown)))
}

async fn api_edit(
    State(app): State<App>,
    Api(ctx): Api,
    Path((key, n)): Path<(String, String)>,
    IfMatch(version): IfMatch,
    body: Body,
) -> ApiResult {
    let entered = enter(&app, &ctx, &key).await?;
    let (draft, meta) = body.split(false)?;
    let number = number(&n)?;
    survey::edit(&app, &ctx, &entered, number, version, &draft, &meta).await?;
    let shown = survey::find(&app, &entered, number).await?;
    Ok(versioned(StatusCode::OK, shown.survey.head.version, shape(entered.key(), &shown)))
}

async fn api_archive(
    State(app): State<App>,
    Api(ctx): Api,
    Path((key, n)): Path<(String, String)>,
    MaybeMatch(version): MaybeMatch,
) -> ApiResult {
    let entered = enter(&app, &ctx, &key).await?;
    entered.must_manage()?;
    survey::archive(&app, &ctx, &entered, number(&n)?, version, true).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn api_restore(
    State(app): State<App>,
    Api(ctx): Api,
    Path((key, n)): Path<(String, String)>,
) -> ApiResult {
    let entered = enter(&app, &ctx, &key).await?;
    entered.must_manage()?;
    let number = number(&n)?;
    survey::archive(&app, &ctx, &entered, number, Over::Any, false).await?;
    let shown = survey::find(&app, &entered, number).await?;
    Ok(versioned(StatusCode::OK, shown.survey.head.version, shape(entered.key(), &shown)))
}

async fn api_answers(
    State(app): State<App>,
    Api(ctx): Api,
    Path((key, n)): Path<(String, String)>,
    asked: Query,
) -> ApiResult {
    let entered = enter(&app, &ctx, &key).await?;
    let shown = survey::find(&app, &entered, number(&n)?).await?;
    let rows = shown.answers.iter().map(answer_shape).collect();
    Ok(asked.whole(rows, &ANSWER_BY)?.into_response())
}

async fn api_answer(
    State(app): State<App>,
    Api(ctx): Api,
    Path((key, n)): Path<(String, String)>,
    body: Body,
) -> ApiResult {
    let entered = enter(&app, &ctx, &key).await?;
    let (draft, meta) = body.split(false)?;
    let number = number(&n)?;
    let given = survey::write_down(&app, &ctx, &entered, number, &draft, &meta).await?;
    // One answer is never shown alone: that would tell who gave it.
    let location = format!("/api/v1/programs/{}/surveys/{number}/answers", entered.key());
    made(&location, 1, answer_shape(&given))
}

async fn api_asked(
    State(app): State<App>,
    Api(ctx): Api,
    Path((key, n)): Path<(String, String)>,
    asked: Query,
) -> ApiResult {
    let entered = enter(&app, &ctx, &key).await?;
    let shown = survey::find(&app, &entered, number(&n)?).await?;
    let people = survey::people(&app, &entered, &shown.survey).await?;
    let rows = people.iter().filter(|one| one.invited_on.is_some()).map(|one| {
        json!({"stakeholder": format!("{}-SH{}", entered.key(), one.number), "title": one.title,
            "invited_on": one.invited_on, "answered": one.answered})
    });
    Ok(asked.whole(rows.collect(), &ASKED_BY)?.into_response())
}

async fn api_invite(
    State(app): State<App>,
    Api(ctx): Api,
    Path((key, n)): Path<(String, String)>,
    site: Site,
    Body(draft): Body,
) -> ApiResult {
    let entered = enter(&app, &ctx, &key).await?;
    entered.must_manage()?;
    let number = number(&n)?;
    if let Some(odd) = draft.0.keys().find(|name| *name != "stakeholders") {
        return Err(Error::refused(odd, format!("There is no field “{odd}” here.")).into());
    }
    let named: Option<Vec<String>> = match draft.0.get("stakeholders") {
        Some(Value::Array(list)) => list
            .iter()
            .map(|one| one.as_str().or_else(|| one.get("ref").and_then(Value::as_str)).map(str::to_owned))
            .collect(),
        _ => None,
    };
    let named = named.ok_or_else(|| {
        Error::refused("stakeholders", "Give a list of references, such as [\"ATLAS-SH1\"].")
    })?;
    let numbers = survey::numbers(&entered, &named)?;
    let told = survey::invite(&app, &ctx, &entered, number, &numbers).await?;
    let rows: Vec<Value> = told
        .iter()
        .map(|one| json!({"stakeholder": format!("{}-SH{}", entered.key(), one.number), "link": address(&site, one)}))
        .collect();
    let body: Map<String, Value> = Map::from_iter([("items".to_owned(), Value::Array(rows))]);
    let location = format!("/api/v1/programs/{}/surveys/{number}/invitations", entered.key());
    Ok(told_once((StatusCode::CREATED, [(LOCATION, location)], Json(Value::Object(body))).into_response()))
}
