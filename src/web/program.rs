//! Programs: the charter, the forms that make and edit a program, and its projects.

use super::chart::number;
use super::extract::{Form, Place, Web, Written};
use super::figures;
use super::form::{Fields, FormPage, both};
use super::markdown::Links;
use super::present::{PageResult, page, page_with};
use super::project_health;
use super::routes::Routes;
use super::shell::Shell;
use crate::app::access::{self, Entered};
use crate::app::{App, Ctx, Error, item, measure, program};
use crate::domain::draft::{Choices, Control, Draft, Field, FieldError};
use crate::domain::health::{Dimension, Health, OfProjects, Rag, Reason};
use crate::domain::program::{FIELDS, PROJECT_FIELDS, Program};
use crate::store::lookup::Names;
use crate::store::program::StoredProject;
use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect};
use serde_json::{Map, Value, json};
use std::sync::Arc;
use uuid::Uuid;

/// The routes of the pages.
pub fn routes() -> Routes {
    Routes::new()
        .get("/programs/new", new)
        .post("/programs", make)
        .get("/programs/{key}/charter", charter)
        .get("/programs/{key}/edit", edit)
        .post("/programs/{key}/edit", save)
        .get("/programs/{key}/projects", projects)
        .post("/programs/{key}/projects", make_project)
        .get("/programs/{key}/projects/new", new_project)
        .get("/programs/{key}/projects/{project}/edit", edit_project)
        .post("/programs/{key}/projects/{project}/edit", save_project)
        .post("/programs/{key}/projects/{project}/archive", archive_project)
}

pub(super) fn named(names: &Names) -> impl Fn(Uuid) -> Option<String> + '_ {
    |id| {
        let project = || names.projects.get(&id).map(|(key, _)| key);
        names.people.get(&id).or_else(|| names.teams.get(&id)).or_else(project).cloned()
    }
}

/// The names of whoever a draft of a program or project points at.
pub(super) async fn names_of(app: &App, ctx: &Ctx, draft: &Draft) -> Result<Names, Error> {
    item::names_in(app, ctx, [&draft.0]).await
}

async fn new(State(_): State<App>, Web(ctx): Web, place: Place) -> PageResult {
    let draft = Draft(Map::from_iter([
        ("state".to_owned(), json!("active")),
        ("visibility".to_owned(), json!("members")),
        ("manager".to_owned(), json!(ctx.viewer.email)),
        ("time_zone".to_owned(), json!("UTC")),
        ("currency".to_owned(), json!("EUR")),
        ("working_week".to_owned(), json!(["mon", "tue", "wed", "thu", "fri"])),
    ]));
    page(&new_page(place.shell(&ctx, "portfolio"), &draft, &[], &Names::default()))
}

/// What is said of a program when it is closed.
const CLOSING: [&str; 2] = ["closing_review", "no_lessons_because"];

fn new_page(shell: Shell, draft: &Draft, errors: &[FieldError], names: &Names) -> FormPage {
    FormPage {
        shell,
        heading: "New program".into(),
        action: "/programs".into(),
        back: "/".into(),
        verb: "Make the program",
        version: None,
        fields: Fields::new(
            FIELDS.iter().filter(|field| !CLOSING.contains(&field.name)),
            draft,
            errors,
            named(names),
        ),
        archive: None,
    }
}

async fn make(State(app): State<App>, Web(ctx): Web, place: Place, Form(typed): Form) -> PageResult {
    let made = async {
        let written = Form(typed.clone()).split(false)?;
        program::make(&app, &ctx, &written.draft, &written.meta).await
    };
    match made.await {
        Ok(made) => Ok(Redirect::to(&format!("/programs/{}/charter?done=made", made.key)).into_response()),
        Err(Error::Refused(refused)) => {
            let names = names_of(&app, &ctx, &typed).await?;
            let again = new_page(place.shell(&ctx, "portfolio"), &typed, &refused.errors, &names);
            page_with(StatusCode::UNPROCESSABLE_ENTITY, &again)
        }
        Err(other) => Err(other.into()),
    }
}

/// A number that a program can set: its label, its value, and whether the program has set it.
struct Setting {
    label: &'static str,
    value: String,
    set: bool,
}

#[derive(Template)]
#[template(path = "program/charter.html")]
struct Charter {
    shell: Shell,
    key: String,
    may_manage: bool,
    program: Program,
    state: String,
    sponsor: Option<String>,
    manager: Option<String>,
    /// Heading and HTML of the texts that have been written.
    texts: Vec<(&'static str, String)>,
    /// What a charter should say and this one doesn't.
    missing: Vec<&'static str>,
    week: String,
    targets: Vec<Setting>,
    thresholds: Vec<Setting>,
}

async fn charter(State(app): State<App>, Web(ctx): Web, place: Place, Path(key): Path<String>) -> PageResult {
    let entered = access::enter(&app, &ctx, &key).await?;
    let shown = program::as_shown(&app, &entered).await?;
    let draft = shown.draft();
    let names = names_of(&app, &ctx, &draft).await?;
    let links = Links::new([], entered.as_of());
    let (mut texts, mut missing) = (Vec::new(), Vec::new());
    for field in FIELDS.iter().filter(|field| matches!(field.control, Control::Text(_))) {
        match draft.text(field.name) {
            text if text.trim().is_empty() && CLOSING.contains(&field.name) => {}
            text if text.trim().is_empty() => missing.push(field.label),
            text => texts.push((field.label, links.prose(&text))),
        }
    }
    page(&Charter {
        shell: place.program_shell(&ctx, &entered, "overview"),
        key: entered.key().to_owned(),
        may_manage: entered.may_manage(),
        state: label(&draft, "state"),
        sponsor: names.person(shown.sponsor).map(str::to_owned),
        manager: names.person(shown.manager).map(str::to_owned),
        texts,
        missing,
        week: label(&draft, "working_week"),
        targets: settings("targets", &json!(shown.targets()), &shown.targets),
        thresholds: settings("thresholds", &json!(shown.thresholds()), &shown.thresholds),
        program: shown,
    })
}

fn choices(name: &str) -> Choices {
    let field = FIELDS.iter().find(|field| field.name == name);
    match field.map(|field| field.control) {
        Some(Control::Choice(choices) | Control::Choices(choices) | Control::Numbers(choices)) => choices,
        _ => &[],
    }
}

/// What a choice, or each of several, is called.
fn label(draft: &Draft, name: &str) -> String {
    let taken = choices(name).iter().filter(|(value, _)| draft.has(name, value));
    taken.map(|(_, label)| *label).collect::<Vec<_>>().join(", ")
}

fn settings(name: &str, now: &Value, set: &Value) -> Vec<Setting> {
    choices(name)
        .iter()
        .map(|(name, label)| {
            let value = now.get(*name).and_then(Value::as_f64);
            let share = label.strip_suffix(" (0 to 1)");
            let shown = |value: f64| match share {
                Some(_) => format!("{}\u{a0}%", number(value * 100.0, 1)),
                None => number(value, 2),
            };
            Setting {
                label: share.unwrap_or(label),
                value: value.map(shown).unwrap_or_default(),
                set: set.get(*name).is_some_and(|value| !value.is_null()),
            }
        })
        .collect()
}

/// An amount of money as everywhere.
fn money(value: f64, currency: &str) -> String {
    super::log::cells::amount(value, currency, false)
}

impl Charter {
    fn visible_to(&self) -> &'static str {
        match self.program.visibility {
            crate::domain::program::Visibility::Members => "its members",
            crate::domain::program::Visibility::Everyone => "everyone signed in",
        }
    }
}

/// The key is not among the fields of a program that is there: references everywhere begin with it.
fn edited_fields() -> impl Iterator<Item = &'static Field> + Clone {
    FIELDS.iter().filter(|field| field.name != "key")
}

fn edit_page(
    shell: Shell,
    entered: &Entered,
    draft: &Draft,
    errors: &[FieldError],
    names: &Names,
) -> FormPage {
    let key = entered.key();
    FormPage {
        shell,
        heading: format!("Edit {}", entered.program().name),
        action: format!("/programs/{key}/edit"),
        back: format!("/programs/{key}/charter"),
        verb: "Save",
        version: Some(entered.program().version),
        fields: Fields::new(edited_fields(), draft, errors, named(names)),
        archive: None,
    }
}

async fn edit(State(app): State<App>, Web(ctx): Web, place: Place, Path(key): Path<String>) -> PageResult {
    let entered = access::enter(&app, &ctx, &key).await?;
    entered.must_manage()?;
    let draft = entered.program().draft();
    let names = names_of(&app, &ctx, &draft).await?;
    page(&edit_page(place.program_shell(&ctx, &entered, "overview"), &entered, &draft, &[], &names))
}

async fn save(
    State(app): State<App>,
    Web(ctx): Web,
    place: Place,
    Path(key): Path<String>,
    Form(typed): Form,
) -> PageResult {
    let entered = access::enter(&app, &ctx, &key).await?;
    entered.must_manage()?;
    let saved = async {
        let written = Form(typed.clone()).split(false)?;
        program::edit(&app, &ctx, &entered, written.version()?, &written.draft, &written.meta).await
    };
    let (status, errors, entered) = match saved.await {
        Ok(_) => {
            return Ok(
                Redirect::to(&format!("/programs/{}/charter?done=saved", entered.key())).into_response()
            );
        }
        Err(Error::Refused(refused)) => (StatusCode::UNPROCESSABLE_ENTITY, refused.errors, entered),
        Err(Error::Stale { .. }) => {
            let now = access::enter(&app, &ctx, &key).await?;
            let stored = now.program().draft();
            let names = names_of(&app, &ctx, &stored).await?;
            (StatusCode::CONFLICT, both(edited_fields(), &typed, &stored, named(&names)), now)
        }
        Err(other) => return Err(other.into()),
    };
    let names = names_of(&app, &ctx, &typed).await?;
    let shell = place.program_shell(&ctx, &entered, "overview");
    page_with(status, &edit_page(shell, &entered, &typed, &errors, &names))
}

#[derive(Template)]
#[template(path = "program/projects.html")]
struct ProjectsPage {
    shell: Shell,
    key: String,
    may_manage: bool,
    projects: Vec<StoredProject>,
    health: Arc<OfProjects>,
    /// Those in which any of the projects has data.
    dimensions: Vec<Dimension>,
}

async fn projects(
    State(app): State<App>,
    Web(ctx): Web,
    place: Place,
    Path(key): Path<String>,
) -> PageResult {
    let entered = access::enter(&app, &ctx, &key).await?;
    let (projects, health) =
        tokio::try_join!(program::projects(&app, &entered), measure::projects(&app, &entered))?;
    let told = |dimension: &Dimension| {
        let rag = |one: &StoredProject| health.of(one.project.id).of(*dimension).map(|told| told.rag);
        projects.iter().any(|one| rag(one).is_some_and(|rag| rag != Rag::Grey))
    };
    page(&ProjectsPage {
        shell: place.program_shell(&ctx, &entered, "overview"),
        key: entered.key().to_owned(),
        may_manage: entered.may_manage(),
        dimensions: Dimension::ALL.into_iter().filter(told).collect(),
        projects,
        health,
    })
}

impl ProjectsPage {
    /// Whether anything is declared of any project.
    fn declares(&self) -> bool {
        let said =
            |one: &StoredProject| one.project.confidence.is_some() || !one.project.confidence_note.is_empty();
        self.projects.iter().any(said)
    }

    fn items(&self, project: &StoredProject) -> String {
        project_health::items(&self.shell, &project.project.key)
    }

    fn milestones(&self, project: &StoredProject) -> String {
        project_health::milestones(&self.shell, &project.project.key)
    }

    fn health(&self, project: &StoredProject) -> &Health {
        self.health.of(project.project.id)
    }

    /// What makes it amber or red.
    fn why(&self, project: &StoredProject) -> Option<&Reason> {
        self.health(project).worst()
    }

    fn health_href(&self, project: &StoredProject) -> String {
        project_health::href(&self.shell, &project.project.key)
    }
}

/// The words of a project's state.
fn state_label(state: &str) -> String {
    state.replace('_', " ")
}

async fn new_project(
    State(app): State<App>,
    Web(ctx): Web,
    place: Place,
    Path(key): Path<String>,
) -> PageResult {
    let entered = access::enter(&app, &ctx, &key).await?;
    entered.must_manage()?;
    let draft = Draft(Map::from_iter([("state".to_owned(), json!("active"))]));
    let shell = place.program_shell(&ctx, &entered, "overview");
    page(&project_page(shell, &entered, None, &draft, &[], &Names::default()))
}

/// `stored`: the key and version of the project that is changed; none for a new one.
fn project_page(
    shell: Shell,
    entered: &Entered,
    stored: Option<(&str, i32)>,
    draft: &Draft,
    errors: &[FieldError],
    names: &Names,
) -> FormPage {
    let all = format!("/programs/{}/projects", entered.key());
    FormPage {
        shell,
        heading: stored.map_or_else(|| "New project".to_owned(), |(key, _)| format!("Edit project {key}")),
        action: stored.map_or_else(|| all.clone(), |(key, _)| format!("{all}/{key}/edit")),
        archive: stored.map(|(key, _)| format!("{all}/{key}/archive")),
        back: all,
        verb: if stored.is_some() { "Save" } else { "Make the project" },
        version: stored.map(|(_, version)| version),
        fields: Fields::new(PROJECT_FIELDS, draft, errors, named(names)),
    }
}

async fn make_project(
    State(app): State<App>,
    Web(ctx): Web,
    place: Place,
    Path(key): Path<String>,
    Form(typed): Form,
) -> PageResult {
    let entered = access::enter(&app, &ctx, &key).await?;
    let made = async {
        let written = Form(typed.clone()).split(false)?;
        program::make_project(&app, &ctx, &entered, &written.draft, &written.meta).await
    };
    match made.await {
        Ok(_) => Ok(Redirect::to(&format!("/programs/{}/projects?done=made", entered.key())).into_response()),
        Err(Error::Refused(refused)) => {
            let names = names_of(&app, &ctx, &typed).await?;
            let shell = place.program_shell(&ctx, &entered, "overview");
            let again = project_page(shell, &entered, None, &typed, &refused.errors, &names);
            page_with(StatusCode::UNPROCESSABLE_ENTITY, &again)
        }
        Err(other) => Err(other.into()),
    }
}

async fn edit_project(
    State(app): State<App>,
    Web(ctx): Web,
    place: Place,
    Path((key, project)): Path<(String, String)>,
) -> PageResult {
    let entered = access::enter(&app, &ctx, &key).await?;
    entered.must_manage()?;
    let stored = program::project(&app, &entered, &project).await?.project;
    let draft = stored.draft();
    let names = names_of(&app, &ctx, &draft).await?;
    let shell = place.program_shell(&ctx, &entered, "overview");
    page(&project_page(shell, &entered, Some((&stored.key, stored.version)), &draft, &[], &names))
}

async fn save_project(
    State(app): State<App>,
    Web(ctx): Web,
    place: Place,
    Path((key, project)): Path<(String, String)>,
    Form(typed): Form,
) -> PageResult {
    let entered = access::enter(&app, &ctx, &key).await?;
    entered.must_manage()?;
    let saved = async {
        let Written { draft, meta, version } = Form(typed.clone()).split(false)?;
        let version = Written { version, ..Written::default() }.version()?;
        program::edit_project(&app, &ctx, &entered, &project, version, &draft, &meta).await
    };
    let (status, refused) = match saved.await {
        Ok(_) => {
            return Ok(
                Redirect::to(&format!("/programs/{}/projects?done=saved", entered.key())).into_response()
            );
        }
        Err(Error::Refused(refused)) => (StatusCode::UNPROCESSABLE_ENTITY, Some(refused.errors)),
        Err(Error::Stale { .. }) => (StatusCode::CONFLICT, None),
        Err(other) => return Err(other.into()),
    };
    let stored = program::project(&app, &entered, &project).await?.project;
    let errors = if let Some(errors) = refused {
        errors
    } else {
        let now = stored.draft();
        let names = names_of(&app, &ctx, &now).await?;
        both(PROJECT_FIELDS, &typed, &now, named(&names))
    };
    let names = names_of(&app, &ctx, &typed).await?;
    let shell = place.program_shell(&ctx, &entered, "overview");
    let again = project_page(shell, &entered, Some((&stored.key, stored.version)), &typed, &errors, &names);
    page_with(status, &again)
}

async fn archive_project(
    State(app): State<App>,
    Web(ctx): Web,
    Path((key, project)): Path<(String, String)>,
) -> PageResult {
    let entered = access::enter(&app, &ctx, &key).await?;
    program::archive_project(&app, &ctx, &entered, &project, true).await?;
    Ok(Redirect::to(&format!("/programs/{}/projects?done=archived", entered.key())).into_response())
}
