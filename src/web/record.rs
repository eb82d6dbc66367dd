//! Records that a program keeps beside its items, whatever they are: the form that makes one, the form that changes one, and the
//! JSON API. The pages that show them stand with what they are about.

use super::api::page::Asked;
use super::api::shape;
use super::api::{made, versioned};
use super::extract::{Api, Body, Form, IfMatch, MaybeMatch, Place, Web};
use super::form::{Fields, FormPage, both};
use super::present::{ApiResult, PageResult, page, page_with};
use super::routes::Routes;
use super::shell::Shell;
use crate::app::access::{Entered, enter};
use crate::app::{App, Ctx, Error, Over, WriteMeta, item, record, stakeholder};
use crate::domain::allocation::Allocation;
use crate::domain::budget::BudgetLine;
use crate::domain::draft::{Draft, FieldError};
use crate::domain::raci::Raci;
use crate::domain::record::Record;
use crate::domain::rework::Rework;
use crate::store::lookup::Names;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde_json::{Map, Value, json};
use std::future::Future;
use uuid::Uuid;

/// A kind of record with pages and an API of its own.
pub trait Kept: Record {
    /// Below the program, as in `/budget`.
    const PATH: &'static str;
    /// The page that shows them, below the program.
    const SHOWN: &'static str;
    /// The link of the navigation that this page belongs to.
    const SECTION: &'static str;
    const NEW: &'static str;
    const VERB: &'static str;
    /// What the API sorts and filters by; the first tells them apart.
    const BY: &'static [&'static str];

    /// Writes a draft: as a new one, or (`id`) over what is stored.
    ///
    /// # Errors
    /// Forbidden; stale; or refused with the draft's errors.
    fn write(
        app: &App,
        ctx: &Ctx,
        entered: &Entered,
        id: Option<(Uuid, Over)>,
        draft: &Draft,
        meta: &WriteMeta,
    ) -> impl Future<Output = Result<Self, Error>> + Send {
        async move {
            match id {
                None => record::make(app, ctx, entered, draft, meta, |_: &mut Self, _| ()).await,
                Some((id, over)) => {
                    record::edit(app, ctx, entered, id, over, draft, meta, |_: &mut Self, _| ()).await
                }
            }
        }
    }
}

impl Kept for BudgetLine {
    const PATH: &'static str = "/budget";
    const SHOWN: &'static str = "/budget";
    const SECTION: &'static str = "budget";
    const NEW: &'static str = "New budget line";
    const VERB: &'static str = "Add the line";
    const BY: &'static [&'static str] =
        &["id", "category", "period_on", "project", "planned", "committed", "actual", "forecast"];
}

impl Kept for Allocation {
    const PATH: &'static str = "/allocations";
    const SHOWN: &'static str = "/capacity";
    const SECTION: &'static str = "capacity";
    const NEW: &'static str = "New allocation";
    const VERB: &'static str = "Allocate";
    const BY: &'static [&'static str] =
        &["id", "team", "project", "period_on", "planned_days", "available_days"];
}

impl Kept for Rework {
    const PATH: &'static str = "/rework";
    const SHOWN: &'static str = "/lessons";
    const SECTION: &'static str = "lessons";
    const NEW: &'static str = "Work that was done again";
    const VERB: &'static str = "Write it down";
    const BY: &'static [&'static str] = &["id", "on", "what", "item", "days"];
}

impl Kept for Raci {
    const PATH: &'static str = "/raci";
    const SHOWN: &'static str = "/raci";
    const SECTION: &'static str = "stakeholders";
    const NEW: &'static str = "Who has which role";
    const VERB: &'static str = "Save";
    const BY: &'static [&'static str] = &["id", "project", "item", "accountable"];

    async fn write(
        app: &App,
        ctx: &Ctx,
        entered: &Entered,
        id: Option<(Uuid, Over)>,
        draft: &Draft,
        meta: &WriteMeta,
    ) -> Result<Self, Error> {
        stakeholder::set_roles(app, ctx, entered, id, draft, meta).await
    }
}

pub(super) fn routes() -> Routes {
    forms::<BudgetLine>()
        .merge(forms::<Allocation>())
        .merge(new::<Rework>())
        .merge(api::<BudgetLine>())
        .merge(api::<Allocation>())
        .merge(api::<Raci>())
        .merge(api::<Rework>())
}

fn below(what: &str, path: &str, end: &str) -> String {
    format!("{what}/programs/{{key}}{path}{end}")
}

/// The form that makes one.
fn new<R: Kept>() -> Routes {
    Routes::new().post(below("", R::PATH, ""), create::<R>).get(below("", R::PATH, "/new"), blank::<R>)
}

/// All forms.
fn forms<R: Kept>() -> Routes {
    new::<R>()
        .get(below("", R::PATH, "/{id}/edit"), edit::<R>)
        .post(below("", R::PATH, "/{id}/edit"), update::<R>)
        .post(below("", R::PATH, "/{id}/archive"), archive::<R>)
}

fn api<R: Kept>() -> Routes {
    Routes::new()
        .get(below("/api/v1", R::PATH, ""), api_list::<R>)
        .post(below("/api/v1", R::PATH, ""), api_make::<R>)
        .get(below("/api/v1", R::PATH, "/{id}"), api_show::<R>)
        .patch(below("/api/v1", R::PATH, "/{id}"), api_edit::<R>)
        .delete(below("/api/v1", R::PATH, "/{id}"), api_remove::<R>)
}

/// The id that a path names; anything else names nothing.
pub(super) fn id(text: &str) -> Result<Uuid, Error> {
    text.parse().map_err(|_| Error::NotFound)
}

/// What ids in a stored draft stand for, as they are typed.
pub(super) fn named(names: &Names) -> impl Fn(Uuid) -> Option<String> + '_ {
    |id| {
        let project = || names.projects.get(&id).map(|(key, _)| key.clone());
        let item = || names.items.get(&id).map(|(reference, _)| reference.to_string());
        names.people.get(&id).or_else(|| names.teams.get(&id)).cloned().or_else(project).or_else(item)
    }
}

fn form_page<R: Kept>(
    shell: Shell,
    entered: &Entered,
    stored: Option<&R>,
    draft: &Draft,
    errors: &[FieldError],
    names: &Names,
) -> FormPage {
    let base = format!("/programs/{}", entered.key());
    let one = |end: &str| stored.map(|stored| format!("{base}{}/{}/{end}", R::PATH, stored.head().id));
    FormPage {
        shell,
        heading: stored.map_or_else(|| R::NEW.to_owned(), |stored| format!("Edit {}", stored.told())),
        action: one("edit").unwrap_or_else(|| format!("{base}{}", R::PATH)),
        archive: one("archive"),
        verb: if stored.is_some() { "Save" } else { R::VERB },
        version: stored.map(|stored| stored.head().version),
        fields: Fields::new(R::FIELDS, draft, errors, named(names)),
        back: format!("{base}{}", R::SHOWN),
    }
}

async fn blank<R: Kept>(
    State(app): State<App>,
    Web(ctx): Web,
    place: Place,
    Path(key): Path<String>,
) -> PageResult {
    let entered = enter(&app, &ctx, &key).await?;
    record::may(&entered, R::KIND)?;
    // What the address says stands in the form already.
    let fields = R::FIELDS.iter().map(|field| field.name);
    let asked = fields.filter_map(|name| Some((name.to_owned(), Value::String(place.value(name)?))));
    let draft = Draft(asked.collect());
    let shell = place.program_shell(&ctx, &entered, R::SECTION);
    page(&form_page::<R>(shell, &entered, None, &draft, &[], &Names::default()))
}

fn back<R: Kept>(entered: &Entered, done: &str) -> Response {
    Redirect::to(&format!("/programs/{}{}?done={done}", entered.key(), R::SHOWN)).into_response()
}

async fn create<R: Kept>(
    State(app): State<App>,
    Web(ctx): Web,
    place: Place,
    Path(key): Path<String>,
    Form(typed): Form,
) -> PageResult {
    let entered = enter(&app, &ctx, &key).await?;
    let written = async {
        let written = Form(typed.clone()).split(false)?;
        R::write(&app, &ctx, &entered, None, &written.draft, &written.meta).await
    };
    match written.await {
        Ok(_) => Ok(back::<R>(&entered, "made")),
        Err(Error::Refused(refused)) => {
            let shell = place.program_shell(&ctx, &entered, R::SECTION);
            let again = form_page::<R>(shell, &entered, None, &typed, &refused.errors, &Names::default());
            page_with(StatusCode::UNPROCESSABLE_ENTITY, &again)
        }
        Err(other) => Err(other.into()),
    }
}

async fn edit<R: Kept>(
    State(app): State<App>,
    Web(ctx): Web,
    place: Place,
    Path((key, one)): Path<(String, String)>,
) -> PageResult {
    let entered = enter(&app, &ctx, &key).await?;
    record::may(&entered, R::KIND)?;
    let stored: R = record::find(&app, &entered, id(&one)?).await?;
    let draft = stored.draft();
    let names = item::names_in(&app, &ctx, [&draft.0]).await?;
    let shell = place.program_shell(&ctx, &entered, R::SECTION);
    page(&form_page(shell, &entered, Some(&stored), &draft, &[], &names))
}

async fn update<R: Kept>(
    State(app): State<App>,
    Web(ctx): Web,
    place: Place,
    Path((key, one)): Path<(String, String)>,
    Form(typed): Form,
) -> PageResult {
    let entered = enter(&app, &ctx, &key).await?;
    record::may(&entered, R::KIND)?;
    let one = id(&one)?;
    let saved = async {
        let written = Form(typed.clone()).split(false)?;
        let version = written.version()?;
        R::write(&app, &ctx, &entered, Some((one, version)), &written.draft, &written.meta).await
    };
    let (status, refused) = match saved.await {
        Ok(_) => return Ok(back::<R>(&entered, "saved")),
        Err(Error::Refused(refused)) => (StatusCode::UNPROCESSABLE_ENTITY, Some(refused.errors)),
        Err(Error::Stale { .. }) => (StatusCode::CONFLICT, None),
        Err(other) => return Err(other.into()),
    };
    let stored: R = record::find(&app, &entered, one).await?;
    let now = stored.draft();
    let names = item::names_in(&app, &ctx, [&now.0]).await?;
    let errors = refused.unwrap_or_else(|| both(R::FIELDS, &typed, &now, named(&names)));
    let shell = place.program_shell(&ctx, &entered, R::SECTION);
    page_with(status, &form_page(shell, &entered, Some(&stored), &typed, &errors, &names))
}

async fn archive<R: Kept>(
    State(app): State<App>,
    Web(ctx): Web,
    Path((key, one)): Path<(String, String)>,
) -> PageResult {
    let entered = enter(&app, &ctx, &key).await?;
    record::may(&entered, R::KIND)?;
    record::remove::<R>(&app, &ctx, &entered, id(&one)?, Over::Any).await?;
    Ok(back::<R>(&entered, "archived"))
}

/// A record as JSON: names as in the tables, people, teams, projects and items as objects that can be given back.
pub(super) fn shaped<R: Record>(key: &str, record: &R, names: &Names) -> Value {
    let Value::Object(values) = json!(record) else { return Value::Null };
    let shaped = values.into_iter().map(|(name, value)| {
        let value = if name == "program" { json!(key) } else { shape::named(value, names) };
        (name, value)
    });
    let mut shaped: Map<String, Value> = shaped.collect();
    if !R::KIND.is_archived() {
        shaped.remove("archived_at");
    }
    Value::Object(shaped)
}

/// The names of all that records point at.
pub(super) async fn names_of<R: Record>(app: &App, ctx: &Ctx, records: &[R]) -> Result<Names, Error> {
    let values = records.iter().filter_map(|record| match json!(record) {
        Value::Object(values) => Some(values),
        _ => None,
    });
    let values: Vec<Map<String, Value>> = values.collect();
    item::names_in(app, ctx, &values).await
}

/// One record as JSON.
pub(super) async fn body_of<R: Record>(
    app: &App,
    ctx: &Ctx,
    entered: &Entered,
    record: &R,
) -> Result<Value, Error> {
    let names = names_of(app, ctx, std::slice::from_ref(record)).await?;
    Ok(shaped(entered.key(), record, &names))
}

/// Records as a page of JSON.
pub(super) async fn listed<R: Record>(
    app: &App,
    ctx: &Ctx,
    entered: &Entered,
    all: &[R],
    asked: &Asked,
    by: &[&str],
) -> ApiResult {
    let names = names_of(app, ctx, all).await?;
    let rows = all.iter().map(|record| shaped(entered.key(), record, &names)).collect();
    Ok(asked.whole(rows, by)?.into_response())
}

async fn api_list<R: Kept>(
    State(app): State<App>,
    Api(ctx): Api,
    Path(key): Path<String>,
    asked: Asked,
) -> ApiResult {
    let entered = enter(&app, &ctx, &key).await?;
    let all = record::list::<R>(&app, &entered).await?;
    listed(&app, &ctx, &entered, &all, &asked, R::BY).await
}

async fn api_make<R: Kept>(
    State(app): State<App>,
    Api(ctx): Api,
    Path(key): Path<String>,
    body: Body,
) -> ApiResult {
    let entered = enter(&app, &ctx, &key).await?;
    let (draft, meta) = body.split(false)?;
    let new = R::write(&app, &ctx, &entered, None, &draft, &meta).await?;
    let location = format!("/api/v1/programs/{}{}/{}", entered.key(), R::PATH, new.head().id);
    made(&location, new.head().version, body_of(&app, &ctx, &entered, &new).await?)
}

async fn api_show<R: Kept>(
    State(app): State<App>,
    Api(ctx): Api,
    Path((key, one)): Path<(String, String)>,
) -> ApiResult {
    let entered = enter(&app, &ctx, &key).await?;
    let found: R = record::find(&app, &entered, id(&one)?).await?;
    let body = body_of(&app, &ctx, &entered, &found).await?;
    Ok(versioned(StatusCode::OK, found.head().version, body))
}

async fn api_edit<R: Kept>(
    State(app): State<App>,
    Api(ctx): Api,
    Path((key, one)): Path<(String, String)>,
    IfMatch(version): IfMatch,
    body: Body,
) -> ApiResult {
    let entered = enter(&app, &ctx, &key).await?;
    let (draft, meta) = body.split(false)?;
    let edited = R::write(&app, &ctx, &entered, Some((id(&one)?, version)), &draft, &meta).await?;
    let body = body_of(&app, &ctx, &entered, &edited).await?;
    Ok(versioned(StatusCode::OK, edited.head().version, body))
}

async fn api_remove<R: Kept>(
    State(app): State<App>,
    Api(ctx): Api,
    Path((key, one)): Path<(String, String)>,
    MaybeMatch(version): MaybeMatch,
) -> ApiResult {
    let entered = enter(&app, &ctx, &key).await?;
    record::remove::<R>(&app, &ctx, &entered, id(&one)?, version).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
