//! The checklists of a program, and the tools that may call it.

use crate::app::access;
use crate::app::inbound::{self, Endpoint};
use crate::app::{App, Error, checklist};
use crate::domain::checklist::{BUILT_IN, Entry};
use crate::domain::draft::Draft;
use crate::domain::readiness::area_label;
use crate::store::checklist::Checklist;
use crate::web::account::never_kept;
use crate::web::extract::{Form, Place, Web};
use crate::web::form::Fields;
use crate::web::present::{PageResult, page, page_with};
use crate::web::routes::Routes;
use crate::web::shell::Shell;
use crate::web::site::Site;
use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect};
use uuid::Uuid;

pub(super) fn routes() -> Routes {
    Routes::new()
        .get("/programs/{key}/checklists", checklists)
        .post("/programs/{key}/checklists/{id}/remove", remove)
        .get("/programs/{key}/inbound", tools)
        .post("/programs/{key}/inbound", make)
        .post("/programs/{key}/inbound/{id}/revoke", revoke)
}

#[derive(Template)]
#[template(path = "readiness/checklists.html")]
struct ChecklistsPage {
    shell: Shell,
    key: String,
    may_manage: bool,
    own: Vec<Checklist>,
    built_in: Vec<(&'static str, Vec<Entry>)>,
}

async fn checklists(
    State(app): State<App>,
    Web(ctx): Web,
    place: Place,
    Path(key): Path<String>,
) -> PageResult {
    let entered = access::enter(&app, &ctx, &key).await?;
    page(&ChecklistsPage {
        shell: place.program_shell(&ctx, &entered, "gates"),
        key: entered.key().to_owned(),
        may_manage: entered.may_manage(),
        own: checklist::own(&app, &entered).await?,
        built_in: BUILT_IN.iter().map(|list| (list.name, list.entries())).collect(),
    })
}

async fn remove(State(app): State<App>, Web(ctx): Web, Path((key, id)): Path<(String, Uuid)>) -> PageResult {
    let entered = access::enter(&app, &ctx, &key).await?;
    checklist::remove(&app, &ctx, &entered, id).await?;
    Ok(Redirect::to(&format!("/programs/{}/checklists?done=removed", entered.key())).into_response())
}

#[derive(Template)]
#[template(path = "readiness/tools.html")]
struct ToolsPage {
    shell: Shell,
    key: String,
    /// The address that tools call, without the endpoint's id.
    base: String,
    endpoints: Vec<Endpoint>,
    /// The one that was just made, with its secret, shown this once.
    made: Option<(Endpoint, String)>,
    fields: Fields,
}

const CALLED: &str = "/api/v1/inbound/";

async fn tools(
    State(app): State<App>,
    Web(ctx): Web,
    place: Place,
    site: Site,
    Path(key): Path<String>,
) -> PageResult {
    let entered = access::enter(&app, &ctx, &key).await?;
    page(&ToolsPage {
        shell: place.program_shell(&ctx, &entered, "gates"),
        key: entered.key().to_owned(),
        base: site.at(CALLED),
        endpoints: inbound::list(&app, &entered).await?,
        made: None,
        fields: Fields::new(inbound::FIELDS, &Draft::default(), &[], |_| None),
    })
}

async fn make(
    State(app): State<App>,
    Web(ctx): Web,
    place: Place,
    site: Site,
    Path(key): Path<String>,
    Form(draft): Form,
) -> PageResult {
    let entered = access::enter(&app, &ctx, &key).await?;
    let (status, made, wrong) = match inbound::make(&app, &ctx, &entered, &draft).await {
        Ok((endpoint, secret)) => (StatusCode::OK, Some((endpoint, secret.reveal())), Vec::new()),
        Err(Error::Refused(refused)) => (StatusCode::UNPROCESSABLE_ENTITY, None, refused.errors),
        Err(error) => return Err(error.into()),
    };
    let typed = if made.is_some() { Draft::default() } else { draft };
    let shown = ToolsPage {
        shell: place.program_shell(&ctx, &entered, "gates"),
        key: entered.key().to_owned(),
        base: site.at(CALLED),
        endpoints: inbound::list(&app, &entered).await?,
        made,
        fields: Fields::new(inbound::FIELDS, &typed, &wrong, |_| None),
    };
    // Not a redirect: the secret is on this answer and nowhere else.
    let mut answer = page_with(status, &shown)?;
    never_kept(&mut answer);
    Ok(answer)
}

async fn revoke(State(app): State<App>, Web(ctx): Web, Path((key, id)): Path<(String, Uuid)>) -> PageResult {
    let entered = access::enter(&app, &ctx, &key).await?;
    inbound::revoke(&app, &ctx, &entered, id).await?;
    Ok(Redirect::to(&format!("/programs/{}/inbound?done=called", entered.key())).into_response())
}
