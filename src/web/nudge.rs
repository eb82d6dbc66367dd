//! Nudges: what is to be put right in a program, the rules and levels that it goes by, and one's own.

use super::api::page::Asked as Query;
use super::api::versioned;
use super::extract::{Api, Body, Form, IfMatch, Place, Web};
use super::form::Fields;
use super::present::{ApiResult, PageResult, page_with};
use super::routes::Routes;
use super::shell::Shell;
use crate::app::access::{Entered, enter};
use crate::app::nudge::{self, Told};
use crate::app::{App, Ctx, Error, Over, digest, watch};
use crate::domain::draft::{Draft, FieldError};
use crate::domain::watch::{FIELDS as WATCH, LEVELS, Watch};
use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect};
use serde_json::{Value, json};

pub fn routes() -> Routes {
    Routes::new()
        .get("/programs/{key}/nudges", show)
        .post("/programs/{key}/nudges", set)
        .get("/api/v1/programs/{key}/nudges", api)
        .get("/api/v1/me/nudges", api_mine)
        .get("/api/v1/programs/{key}/watch", api_watch)
        .patch("/api/v1/programs/{key}/watch", api_set)
        .get("/me/digest", digest_page)
        .post("/me/digest", set_digest)
}

#[derive(Template)]
#[template(path = "nudge/list.html")]
struct ListPage {
    shell: Shell,
    key: String,
    all: Vec<Told>,
    /// The form of what is watched; none for who may not set it.
    fields: Option<Fields>,
    version: i32,
    open: bool,
    /// What is watched, for who may only read it: label and words.
    told: Vec<(&'static str, String)>,
    /// Who stands on a level and is passed over.
    passed_over: Vec<String>,
    stale: bool,
}

impl ListPage {
    fn href(&self, told: &Told) -> String {
        self.shell.href(&told.path())
    }

    fn count(&self) -> usize {
        self.all.iter().map(|told| told.nudges.len()).sum()
    }

    fn items(&self) -> usize {
        self.all.iter().filter(|told| told.item().is_some()).count()
    }
}

/// The levels as lines that can be read back.
fn with_lines(mut draft: Draft) -> Draft {
    if let Some(Value::Array(rows)) = draft.0.get("levels") {
        let lines: Vec<String> = rows.iter().map(|row| LEVELS.line(row)).collect();
        draft.0.insert("levels".to_owned(), Value::from(lines.join("\n")));
    }
    draft
}

async fn list_page(
    app: &App,
    ctx: &Ctx,
    place: &Place,
    entered: &Entered,
    typed: Option<(&Draft, &[FieldError])>,
    stale: bool,
) -> Result<ListPage, Error> {
    let all = if entered.as_of().is_some() { Vec::new() } else { nudge::of_program(app, entered).await? };
    let watched = watch::of(app, entered).await?;
    let stored = with_lines(watch::draft(app, ctx, entered, &watched).await?);
    let draft = typed.map_or_else(|| stored.clone(), |(typed, _)| with_lines(stored.clone().overlaid(typed)));
    let errors = typed.map(|(_, errors)| errors).unwrap_or_default();
    let told = if entered.may_manage() { Vec::new() } else { words(&watched, &stored) };
    Ok(ListPage {
        shell: place.program_shell(ctx, entered, "nudges"),
        key: entered.key().to_owned(),
        all,
        fields: entered.may_manage().then(|| Fields::new(WATCH, &draft, errors, |_| None)),
        version: watched.version,
        open: typed.is_some(),
        told,
        passed_over: watch::passed_over(app, ctx, entered, &watched).await?,
        stale,
    })
}

fn words(watched: &Watch, draft: &Draft) -> Vec<(&'static str, String)> {
    let off = watched.rules_off.len();
    let rules = if off == 0 { "All are on".to_owned() } else { format!("{off} are off") };
    vec![
        ("Rules", rules),
        (
            "Decisions climb to (after working days)",
            draft.text("levels").replace('\n', "; ").replace(" | ", " after "),
        ),
        ("A report is due every", format!("{} days", watched.report_every_days)),
    ]
}

async fn show(State(app): State<App>, Web(ctx): Web, place: Place, Path(key): Path<String>) -> PageResult {
    let entered = enter(&app, &ctx, &key).await?;
    page_with(StatusCode::OK, &list_page(&app, &ctx, &place, &entered, None, false).await?)
}

async fn set(
    State(app): State<App>,
    Web(ctx): Web,
    place: Place,
    Path(key): Path<String>,
    form: Form,
) -> PageResult {
    let entered = enter(&app, &ctx, &key).await?;
    entered.must_manage()?;
    let mut draft = form.0;
    let version = draft.0.shift_remove("version");
    let version = version.and_then(|version| version.as_str()?.trim().parse().ok());
    let version =
        version.map(Over::Version).ok_or_else(|| Error::refused("version", "Open the form again."))?;
    match watch::set(&app, &ctx, &entered, version, &draft).await {
        Ok(_) => {
            let to = format!("/programs/{}/nudges?done=saved", entered.key());
            Ok(Redirect::to(&to).into_response())
        }
        Err(Error::Refused(refused)) => {
            let typed = Some((&draft, refused.errors.as_slice()));
            let page = list_page(&app, &ctx, &place, &entered, typed, false).await?;
            page_with(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
        Err(Error::Stale { .. }) => {
            let page = list_page(&app, &ctx, &place, &entered, Some((&draft, &[])), true).await?;
            page_with(StatusCode::CONFLICT, &page)
        }
        Err(error) => Err(error.into()),
    }
}

/// What nudges are filtered and sorted by; `ref`, which is an item's reference or a program's key, and rule together tell them apart.
pub const FIELDS: [&str; 6] = ["ref", "rule", "title", "program", "type", "next_on"];

fn rows(all: &[Told]) -> Vec<Value> {
    all.iter()
        .flat_map(|told| told.nudges.iter().map(move |nudge| (told, nudge)))
        .map(|(told, nudge)| {
            json!({
                "ref": told.reference(), "rule": nudge.rule.name(), "says": nudge.says,
                "title": told.title(), "program": told.key(), "type": told.kind().0,
                "next_on": told.next_on(), "to": told.to, "url": told.path(),
            })
        })
        .collect()
}

async fn api(State(app): State<App>, Api(ctx): Api, Path(key): Path<String>, query: Query) -> ApiResult {
    let entered = enter(&app, &ctx, &key).await?;
    let all = if entered.as_of().is_some() { Vec::new() } else { nudge::of_program(&app, &entered).await? };
    Ok(query.whole_by(rows(&all), &FIELDS, &["ref", "rule"])?.into_response())
}

async fn api_mine(State(app): State<App>, Api(ctx): Api, query: Query) -> ApiResult {
    let all = nudge::mine(&app, &ctx).await?;
    Ok(query.whole_by(rows(&all), &FIELDS, &["ref", "rule"])?.into_response())
}

async fn watched(app: &App, ctx: &Ctx, entered: &Entered) -> ApiResult {
    let watch = watch::of(app, entered).await?;
    let mut body = Value::Object(watch::draft(app, ctx, entered, &watch).await?.0);
    body["version"] = json!(watch.version);
    Ok(versioned(StatusCode::OK, watch.version, body))
}

async fn api_watch(State(app): State<App>, Api(ctx): Api, Path(key): Path<String>) -> ApiResult {
    let entered = enter(&app, &ctx, &key).await?;
    watched(&app, &ctx, &entered).await
}

async fn api_set(
    State(app): State<App>,
    Api(ctx): Api,
    Path(key): Path<String>,
    IfMatch(version): IfMatch,
    body: Body,
) -> ApiResult {
    let entered = enter(&app, &ctx, &key).await?;
    let (draft, _) = body.split(false)?;
    watch::set(&app, &ctx, &entered, version, &draft).await?;
    watched(&app, &ctx, &entered).await
}

#[derive(Template)]
#[template(path = "account/digest.html")]
struct DigestPage {
    shell: Shell,
    wanted: bool,
    /// Mail can be sent.
    mail: bool,
    email: String,
}

async fn digest_page(State(app): State<App>, Web(ctx): Web, place: Place) -> PageResult {
    let page = DigestPage {
        shell: place.shell(&ctx, ""),
        wanted: digest::is_wanted(&app, &ctx).await?,
        mail: app.outbound.mail.is_some(),
        email: ctx.viewer.email.clone(),
    };
    page_with(StatusCode::OK, &page)
}

async fn set_digest(State(app): State<App>, Web(ctx): Web, form: Form) -> PageResult {
    digest::want(&app, &ctx, !form.text("wanted").is_empty()).await?;
    Ok(Redirect::to("/me/digest?done=saved").into_response())
}
