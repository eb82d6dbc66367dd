//! The page of a report.

use super::path;
use super::view::{self, View};
use crate::app::access::Entered;
use crate::app::report::{self, Link, Rating, Shown};
use crate::app::{App, Ctx, Result};
use crate::domain::draft::{Draft, FieldError};
use crate::domain::kind::{Kind, Reference};
use crate::domain::report::Stale;
use crate::web::extract::Place;
use crate::web::form::{self as fields, Input, Shown as Control, control};
use crate::web::present::{PageResult, page_with};
use crate::web::shell::Shell;
use askama::Template;
use axum::http::StatusCode;
use serde_json::{Map, Value};

/// What was tried on the page, and what came of it.
#[derive(Default)]
pub(super) struct Tried {
    pub(super) rating: Option<(Draft, Vec<FieldError>)>,
    pub(super) warning: Option<String>,
    /// For whom a link was to be, where none was made, and what is wrong with it.
    pub(super) label: Option<(String, String)>,
    /// The address of a link that was just made.
    pub(super) shared: Option<String>,
}

#[derive(Template)]
#[template(path = "report/page.html")]
struct ReportPage {
    shell: Shell,
    title: String,
    reference: String,
    path: String,
    version: i32,
    published: bool,
    published_on: String,
    publisher: Option<String>,
    /// When an import brought it.
    brought: Option<String>,
    archived: bool,
    revises: Option<Reference>,
    corrections: Vec<(Reference, bool)>,
    may_edit: bool,
    may_manage: bool,
    may_rate: bool,
    may_correct: bool,
    warning: Option<String>,
    /// What in the words that somebody touched no longer holds.
    stale: Vec<Stale>,
    shared: Option<String>,
    label: Option<(String, String)>,
    view: View,
    ratings: Vec<Rating>,
    mean: String,
    rating: Vec<Control>,
    rating_errors: Vec<(String, String)>,
    rated: bool,
    links: Vec<Link>,
}

impl ReportPage {
    /// The page's own address with something behind it, on the day that the reader looks at.
    fn at(&self, end: &str) -> String {
        self.shell.href(&format!("{}{end}", self.path))
    }
}

pub(super) async fn draw(
    app: &App,
    ctx: &Ctx,
    place: &Place,
    entered: &Entered,
    number: i32,
    tried: Tried,
) -> PageResult {
    let shown = report::show(app, ctx, entered, number).await?;
    let status = if tried.rating.is_some() || tried.warning.is_some() || tried.label.is_some() {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        StatusCode::OK
    };
    let links = view::links(app, ctx, entered, &shown.frozen).await?;
    let publisher = publisher(app, ctx, &shown).await?;
    let brought = shown.brought_on().map(|on| on.format("%-d %b %Y").to_string());
    let shell = place.program_shell(ctx, entered, "reports");
    let root = format!("/programs/{}", entered.key());
    let view = View::new(&shown.frozen, &links, Some(root));
    let item = &shown.stored.item;
    let own = shown.ratings.iter().find(|rating| rating.person == ctx.viewer.person);
    let said = own.map(|own| {
        Draft(Map::from_iter([
            ("value".to_owned(), Value::from(own.value.to_string())),
            ("comment".to_owned(), Value::from(own.comment.clone())),
        ]))
    });
    let (typed, errors) = tried.rating.unwrap_or_else(|| (said.unwrap_or_default(), Vec::new()));
    let rating: Vec<Control> =
        report::RATING.iter().map(|field| control(field, "f-", &typed, &errors)).collect();
    let many = u32::try_from(shown.ratings.len()).unwrap_or_default();
    let sum: i32 = shown.ratings.iter().map(|rating| i32::from(rating.value)).sum();
    let mean = if many == 0 { String::new() } else { format!("{:.1}", f64::from(sum) / f64::from(many)) };
    let page = ReportPage {
        title: item.title.clone(),
        reference: Reference { program: entered.key().to_owned(), kind: Kind::Report, number }.to_string(),
        path: path(entered, number),
        version: item.version,
        published: shown.published,
        published_on: shown
            .report
            .published_on
            .map(|on| on.format("%-d %b %Y").to_string())
            .unwrap_or_default(),
        publisher,
        brought,
        archived: item.archived_at.is_some(),
        may_edit: !shown.published && entered.may_edit(item) && item.archived_at.is_none(),
        may_manage: entered.may_manage() && item.archived_at.is_none(),
        may_rate: shown.published
            && !report::is_author(item, ctx)
            && ctx.viewer.may_write
            && !shell.is_past()
            && item.archived_at.is_none(),
        may_correct: shown.published && shown.corrections.is_empty() && entered.may_raise(),
        revises: shown.revises,
        corrections: shown.corrections,
        warning: tried.warning,
        stale: shown.stale,
        shared: tried.shared,
        label: tried.label,
        view,
        rating_errors: fields::summary(&rating, &errors),
        rating,
        rated: own.is_some(),
        mean,
        ratings: shown.ratings,
        links: shown.links,
        shell,
    };
    page_with(status, &page)
}

/// Who published it.
async fn publisher(app: &App, ctx: &Ctx, shown: &Shown) -> Result<Option<String>> {
    let Some(by) = shown.report.published_by else { return Ok(None) };
    let ids = Map::from_iter([("by".to_owned(), Value::from(by.to_string()))]);
    let names = crate::app::item::names_in(app, ctx, [&ids]).await?;
    Ok(names.people.get(&by).cloned())
}
