//! What-if: the scenarios of a program, the page on which one is put together and answered at once, and two side by side. What
//! isn't saved yet lives in the address, so that nothing is lost by going back or by sending the link.

mod compare;
mod result;

use super::extract::{Form, Place, Web, encode, over};
use super::form::{self as fields, Input, Shown, both, control};
use super::listing::{slip_class, wd};
use super::present::{PageResult, page, page_with};
use super::routes::Routes;
use super::shell::Shell;
use crate::app::access::{Entered, enter};
use crate::app::scenario::{self, Base, Kept, Outcome, is_live};
use crate::app::{App, Ctx, Error, Result, WriteMeta};
use crate::domain::draft::{Control, Draft, FieldError, Refused};
use crate::domain::scenario::{FIELDS, STEPS, ScenarioState, Step, StepKind, field_of};
use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use result::View;
use serde_json::{Map, Value};

pub fn routes() -> Routes {
    Routes::new()
        .get("/programs/{key}/scenarios", list)
        .post("/programs/{key}/scenarios", create)
        .get("/programs/{key}/scenarios/new", new)
        .get("/programs/{key}/scenarios/{number}", show)
        .post("/programs/{key}/scenarios/{number}", save)
        .post("/programs/{key}/scenarios/{number}/transitions", transition)
        .get("/programs/{key}/scenarios/{number}/compare/{other}", compare::compare)
}

/// Items that the forms offer.
const OFFERED: usize = 1_000;

fn number(text: &str) -> Result<i32> {
    text.parse().map_err(|_| Error::NotFound)
}

/// The address of a scenario's page, or of a new one, with changes that aren't saved.
pub(super) fn address(path: &str, changes: &[Value], own: &Draft) -> String {
    let mut address = format!("{path}?changes={}", encode(&Value::from(changes.to_vec()).to_string()));
    for name in ["title", "description"] {
        let text = own.text(name);
        if !text.is_empty() {
            address.extend(["&scenario_", name, "=", &encode(&text)]);
        }
    }
    address
}

#[derive(Template)]
#[template(path = "scenario/list.html")]
struct ListPage {
    shell: Shell,
    key: String,
    may_raise: bool,
    all: Vec<Kept>,
}

async fn list(State(app): State<App>, Web(ctx): Web, place: Place, Path(key): Path<String>) -> PageResult {
    let entered = enter(&app, &ctx, &key).await?;
    page(&ListPage {
        shell: place.program_shell(&ctx, &entered, "scenarios"),
        key: entered.key().to_owned(),
        may_raise: entered.may_raise(),
        all: scenario::list(&app, &entered).await?,
    })
}

/// A change in the list.
struct StepLine {
    words: String,
    error: Option<String>,
    edit: String,
    remove: String,
}

/// The form of a kind of change.
struct StepForm {
    name: &'static str,
    label: &'static str,
    fields: Vec<Shown>,
    errors: Vec<(String, String)>,
    open: bool,
}

/// What was typed and isn't kept yet.
#[derive(Clone, Default)]
struct Typed {
    /// Title and description.
    own: Draft,
    changes: Vec<Value>,
    /// It differs from what is kept.
    unsaved: bool,
    errors: Vec<FieldError>,
    /// The change that is being typed: its kind, its fields, what is wrong with it, and the place that it is to take.
    step: Option<(&'static StepKind, Draft, Vec<FieldError>, Option<usize>)>,
    warning: Option<String>,
    status: StatusCode,
}

#[derive(Template)]
#[template(path = "scenario/one.html")]
struct OnePage {
    shell: Shell,
    key: String,
    kept: Option<Kept>,
    /// The page's own address.
    path: String,
    may_edit: bool,
    may_apply: bool,
    unsaved: bool,
    warning: Option<String>,
    lines: Vec<StepLine>,
    forms: Vec<StepForm>,
    /// The place that the change which is typed is to take.
    at: Option<usize>,
    /// What the forms of changes hand on.
    changes: String,
    title: String,
    description: String,
    own: Vec<Shown>,
    own_errors: Vec<(String, String)>,
    result: Option<View>,
    others: Vec<(String, String)>,
    offered: Offers,
    projects: Offers,
}

async fn draw(
    app: &App,
    ctx: &Ctx,
    place: &Place,
    entered: &Entered,
    base: &Base,
    kept: Option<Kept>,
    typed: Typed,
) -> PageResult {
    let shell = place.program_shell(ctx, entered, "scenarios");
    let live = kept.as_ref().is_none_or(is_live);
    let is_draft = kept.as_ref().is_none_or(|kept| kept.scenario.state == ScenarioState::Draft);
    let may_edit = is_draft
        && kept.as_ref().map_or(entered.may_raise(), |kept| scenario::may_edit(ctx, entered, &kept.scenario));
    let root = format!("/programs/{}/scenarios", entered.key());
    let path = kept
        .as_ref()
        .map_or_else(|| format!("{root}/new"), |kept| format!("{root}/{}", kept.scenario.number));
    let read = if typed.unsaved {
        base.read(&Value::from(typed.changes.clone()))
    } else {
        Ok(kept.as_ref().map(|kept| kept.scenario.steps.clone()).unwrap_or_default())
    };
    let (steps, mut errors) = apart(read)?;
    let mut result = None;
    if let Some(steps) = steps.as_ref().filter(|steps| live && !steps.is_empty()) {
        let (outcome, wrong) = apart(scenario::outcome(app, entered, base, steps).await)?;
        if let Some(outcome) = outcome {
            result = Some(view(app, entered, &outcome, &shell).await?);
        }
        errors.extend(wrong);
    }
    errors.extend(typed.errors.iter().filter(|error| error.field.starts_with("changes")).cloned());
    let warning = typed.warning.clone().or_else(|| {
        let whole = |error: &&FieldError| field_of(&error.field).is_none();
        errors.iter().find(whole).map(|error| error.message.clone())
    });
    let others = if kept.is_some() && live {
        others(app, entered, &root, kept.as_ref(), &shell).await?
    } else {
        Vec::new()
    };
    let (offered, projects) = if may_edit { offered(base) } else { (Vec::new(), Vec::new()) };
    let own_errors: Vec<FieldError> =
        typed.errors.iter().filter(|error| !error.field.starts_with("changes")).cloned().collect();
    let own: Vec<Shown> = FIELDS.iter().map(|field| control(field, "f-", &typed.own, &own_errors)).collect();
    let page = OnePage {
        lines: lines(base, steps.as_deref(), &typed, &errors, &path),
        forms: if may_edit {
            STEPS.iter().map(|kind| form(kind, typed.step.as_ref())).collect()
        } else {
            Vec::new()
        },
        at: typed.step.as_ref().and_then(|(.., at)| *at),
        changes: Value::from(typed.changes.clone()).to_string(),
        title: typed.own.text("title"),
        description: typed.own.text("description"),
        own_errors: fields::summary(&own, &own_errors),
        own,
        may_edit,
        may_apply: may_edit && entered.may_manage() && kept.is_some(),
        unsaved: typed.unsaved,
        key: entered.key().to_owned(),
        kept,
        path,
        warning,
        result,
        others,
        offered,
        projects,
        shell,
    };
    page_with(typed.status, &page)
}

/// What a scenario does, as it is shown.
async fn view(app: &App, entered: &Entered, outcome: &Outcome, shell: &Shell) -> Result<View> {
    let odds = scenario::odds(app, entered, outcome).await?;
    Ok(View::new(outcome, odds.as_ref(), shell))
}

/// What was made, or what is wrong with it.
fn apart<T>(made: Result<T>) -> Result<(Option<T>, Vec<FieldError>)> {
    match made {
        Ok(made) => Ok((Some(made), Vec::new())),
        Err(Error::Refused(refused)) => Ok((None, refused.errors)),
        Err(other) => Err(other),
    }
}

fn lines(
    base: &Base,
    steps: Option<&[Step]>,
    typed: &Typed,
    errors: &[FieldError],
    path: &str,
) -> Vec<StepLine> {
    let whole = address(path, &typed.changes, &typed.own);
    let line = |at: usize, raw: &Value| {
        let step = steps.and_then(|steps| Some((steps, steps.get(at)?)));
        let wrong = errors.iter().find(|error| field_of(&error.field).is_some_and(|(step, _)| step == at));
        StepLine {
            words: step.map_or_else(|| plain(raw), |(steps, step)| step.words(|item| base.name(steps, item))),
            error: wrong.map(|error| error.message.clone()),
            edit: format!("{whole}&edit={at}"),
            remove: format!("{whole}&remove={at}"),
        }
    };
    typed.changes.iter().enumerate().map(|(at, raw)| line(at, raw)).collect()
}

/// A change that can't be read, as it was typed.
fn plain(raw: &Value) -> String {
    let Value::Object(fields) = raw else { return raw.to_string() };
    let words: Vec<String> = fields
        .values()
        .map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned))
        .collect();
    words.join(" ")
}

fn form(
    kind: &'static StepKind,
    typed: Option<&(&'static StepKind, Draft, Vec<FieldError>, Option<usize>)>,
) -> StepForm {
    let here = typed.filter(|(typed, ..)| typed.name == kind.name);
    let none = (Draft::default(), Vec::new());
    let (draft, errors) = here.map_or((&none.0, &none.1), |(_, draft, errors, _)| (draft, errors));
    let prefix = format!("{}-", kind.name);
    let shown = |field: &crate::domain::draft::Field| {
        let mut shown = control(field, &prefix, draft, errors);
        match &mut shown.input {
            Input::Line { list, .. } if matches!(field.control, Control::Item) => *list = "plan-items",
            // Something always holds: the first, if nothing is said.
            Input::Choice(options)
                if kind.name != "unlink" && options.first().is_some_and(|one| one.0.is_empty()) =>
            {
                if options.remove(0).2
                    && let Some(first) = options.first_mut()
                {
                    first.2 = true;
                }
            }
            _ => {}
        }
        shown
    };
    let fields: Vec<Shown> = kind.fields.iter().map(shown).collect();
    StepForm {
        name: kind.name,
        label: kind.label,
        errors: fields::summary(&fields, errors),
        fields,
        open: here.is_some(),
    }
}

/// What a field offers: value and label.
type Offers = Vec<(String, String)>;

/// What the forms offer: the open items that the reader may see, and the program's projects.
fn offered(base: &Base) -> (Offers, Offers) {
    let program = base.plan.programs().first().map(|program| program.id);
    let items = base.plan.items().filter(|(ix, node)| base.plan.is_open(*ix) && base.sight.sees(node));
    let items =
        items.take(OFFERED).map(|(ix, node)| (base.plan.reference(ix).to_string(), node.title.clone()));
    let own = base.facts.projects.iter().filter(|project| Some(project.program) == program);
    (items.collect(), own.map(|project| (project.key.clone(), project.name.clone())).collect())
}

/// The other drafts that it can be compared with.
async fn others(
    app: &App,
    entered: &Entered,
    root: &str,
    kept: Option<&Kept>,
    shell: &Shell,
) -> Result<Vec<(String, String)>> {
    let Some(own) = kept.map(|kept| kept.scenario.number) else { return Ok(Vec::new()) };
    let all = scenario::list(app, entered).await?;
    let all = all.iter().filter(|other| other.scenario.number != own && is_live(other));
    let href = |number: i32| shell.href(&format!("{root}/{own}/compare/{number}"));
    Ok(all
        .map(|other| {
            (href(other.scenario.number), format!("{} · {}", other.scenario.number, other.scenario.title))
        })
        .collect())
}

/// What the address says beside what is kept.
fn typed_of(place: &Place, kept: Option<&Kept>, base: &Base) -> Typed {
    let stored = kept.map(|kept| base.typed(&kept.scenario.steps)).unwrap_or_default();
    let mut own = kept.map(|kept| kept.scenario.draft()).unwrap_or_default();
    let asked = place.value("changes");
    let unsaved = asked.is_some();
    let mut typed = Typed { unsaved, status: StatusCode::OK, ..Typed::default() };
    for name in ["title", "description"] {
        if let Some(text) = place.value(&format!("scenario_{name}")) {
            own.0.insert(name.to_owned(), Value::from(text));
        }
    }
    typed.own = own;
    match asked.map(|text| serde_json::from_str(&text)) {
        None => typed.changes = stored,
        Some(Ok(Value::Array(list))) => typed.changes = list,
        Some(_) => {
            let message = "The changes in the address can't be read.";
            typed.errors.push(FieldError::new("changes", message));
        }
    }
    typed
}

/// What a page was asked to do with the list of changes.
enum Turn {
    /// Show it.
    Show(Box<Typed>),
    /// The list is another now: at this address.
    Lead(String),
}

async fn turn(app: &App, place: &Place, entered: &Entered, base: &Base, kept: Option<&Kept>) -> Result<Turn> {
    let mut typed = typed_of(place, kept, base);
    let at = |name: &str| -> Option<usize> {
        place.value(name)?.parse().ok().filter(|at| *at < typed.changes.len())
    };
    let (edit, remove, over) = (at("edit"), at("remove"), at("at"));
    if let Some(at) = remove {
        typed.changes.remove(at);
        return Ok(Turn::Lead(address(&place.path, &typed.changes, &typed.own)));
    }
    let named = |name: &str| STEPS.iter().find(|kind| kind.name == name);
    if let Some(raw) = edit.and_then(|at| typed.changes.get(at)) {
        let draft = Draft(raw.as_object().cloned().unwrap_or_default());
        typed.step = named(&draft.text("change")).map(|kind| (kind, draft, Vec::new(), edit));
        return Ok(Turn::Show(Box::new(typed)));
    }
    let Some(kind) = place.value("change").as_deref().and_then(named) else {
        return Ok(Turn::Show(Box::new(typed)));
    };
    let said = kind.fields.iter().filter_map(|field| {
        let value = place.value(field.name).filter(|value| !value.trim().is_empty())?;
        Some((field.name.to_owned(), Value::from(value)))
    });
    let fields: Map<String, Value> =
        std::iter::once(("change".to_owned(), Value::from(kind.name))).chain(said).collect();
    let mut changes = typed.changes.clone();
    let mine = over.unwrap_or(changes.len());
    if let Some(slot) = changes.get_mut(mine) {
        *slot = Value::Object(fields.clone());
    } else {
        changes.push(Value::Object(fields.clone()));
    }
    let tried = async {
        let steps = base.read(&Value::from(changes))?;
        scenario::outcome(app, entered, base, &steps).await?;
        Ok(steps)
    };
    let (steps, wrong) = apart(tried.await)?;
    if let Some(steps) = steps {
        return Ok(Turn::Lead(address(&place.path, &base.typed(&steps), &typed.own)));
    }
    let wrong = wrong.into_iter().map(|error| match field_of(&error.field) {
        Some((step, field)) if step == mine => FieldError::new(field, error.message),
        _ => FieldError::new("", error.message),
    });
    typed.step = Some((kind, Draft(fields), wrong.collect(), over));
    typed.status = StatusCode::UNPROCESSABLE_ENTITY;
    Ok(Turn::Show(Box::new(typed)))
}

async fn new(State(app): State<App>, Web(ctx): Web, place: Place, Path(key): Path<String>) -> PageResult {
    let entered = enter(&app, &ctx, &key).await?;
    entered.must_raise()?;
    let base = scenario::base(&app, &ctx, &entered).await?;
    match turn(&app, &place, &entered, &base, None).await? {
        Turn::Lead(to) => Ok(Redirect::to(&to).into_response()),
        Turn::Show(typed) => {
            let typed = Typed { unsaved: true, ..*typed };
            draw(&app, &ctx, &place, &entered, &base, None, typed).await
        }
    }
}

async fn show(
    State(app): State<App>,
    Web(ctx): Web,
    place: Place,
    Path((key, one)): Path<(String, String)>,
) -> PageResult {
    let entered = enter(&app, &ctx, &key).await?;
    let kept = scenario::find(&app, &entered, number(&one)?).await?;
    let base = scenario::base(&app, &ctx, &entered).await?;
    match turn(&app, &place, &entered, &base, Some(&kept)).await? {
        Turn::Lead(to) => Ok(Redirect::to(&to).into_response()),
        Turn::Show(typed) => draw(&app, &ctx, &place, &entered, &base, Some(kept), *typed).await,
    }
}

/// A form of a scenario: its fields, with the list of changes read.
fn sent(form: &Form) -> Result<(Draft, WriteMeta, Option<i32>)> {
    let written = form.clone().split(false)?;
    let mut draft = written.draft;
    if let Some(Value::String(text)) = draft.0.get("changes") {
        let list = serde_json::from_str::<Value>(text).unwrap_or_else(|_| Value::from(text.clone()));
        draft.0.insert("changes".to_owned(), list);
    }
    Ok((draft, written.meta, written.version))
}

/// What was sent, to be shown again.
fn again(form: &Form, refused: &Refused, status: StatusCode) -> Typed {
    let changes = serde_json::from_str(form.text("changes")).unwrap_or_default();
    Typed {
        own: form.0.clone(),
        changes,
        unsaved: true,
        errors: refused.errors.clone(),
        status,
        ..Typed::default()
    }
}

fn back(entered: &Entered, number: i32, done: &str) -> Response {
    let to = format!("/programs/{}/scenarios/{number}?done={done}", entered.key());
    Redirect::to(&to).into_response()
}

async fn create(
    State(app): State<App>,
    Web(ctx): Web,
    place: Place,
    Path(key): Path<String>,
    form: Form,
) -> PageResult {
    let entered = enter(&app, &ctx, &key).await?;
    entered.must_raise()?;
    let made = async {
        let (draft, meta, _) = sent(&form)?;
        scenario::make(&app, &ctx, &entered, &draft, &meta).await
    };
    match made.await {
        Ok(made) => Ok(back(&entered, made.number, "saved")),
        Err(Error::Refused(refused)) => {
            let typed = again(&form, &refused, StatusCode::UNPROCESSABLE_ENTITY);
            let base = scenario::base(&app, &ctx, &entered).await?;
            draw(&app, &ctx, &place, &entered, &base, None, typed).await
        }
        Err(other) => Err(other.into()),
    }
}

async fn save(
    State(app): State<App>,
    Web(ctx): Web,
    place: Place,
    Path((key, one)): Path<(String, String)>,
    form: Form,
) -> PageResult {
    let entered = enter(&app, &ctx, &key).await?;
    let number = number(&one)?;
    let saved = async {
        scenario::editable(&app, &ctx, &entered, number).await?;
        let (draft, meta, version) = sent(&form)?;
        let needed = || Error::refused("", "The form doesn't say which version it changes: open it again.");
        let over = version.map(crate::app::Over::Version).ok_or_else(needed)?;
        scenario::edit(&app, &ctx, &entered, number, over, &draft, &meta).await
    };
    match saved.await {
        Ok(_) => Ok(back(&entered, number, "saved")),
        Err(Error::Refused(refused)) => {
            let kept = scenario::find(&app, &entered, number).await?;
            let typed = again(&form, &refused, StatusCode::UNPROCESSABLE_ENTITY);
            let base = scenario::base(&app, &ctx, &entered).await?;
            draw(&app, &ctx, &place, &entered, &base, Some(kept), typed).await
        }
        Err(Error::Stale { .. }) => {
            let kept = scenario::find(&app, &entered, number).await?;
            let errors = both(FIELDS, &form.0, &kept.scenario.draft(), |_| None);
            let typed = again(&form, &Refused { errors, ..Refused::default() }, StatusCode::CONFLICT);
            let base = scenario::base(&app, &ctx, &entered).await?;
            draw(&app, &ctx, &place, &entered, &base, Some(kept), typed).await
        }
        Err(other) => Err(other.into()),
    }
}

async fn transition(
    State(app): State<App>,
    Web(ctx): Web,
    place: Place,
    Path((key, one)): Path<(String, String)>,
    form: Form,
) -> PageResult {
    let entered = enter(&app, &ctx, &key).await?;
    let number = number(&one)?;
    let done = if form.text("to") == "applied" { "applied" } else { "discarded" };
    let moved = async {
        let mut draft = form.0.clone();
        let over = over(&mut draft)?;
        scenario::transition(&app, &ctx, &entered, number, over, &draft).await
    };
    match moved.await {
        Ok(_) => Ok(back(&entered, number, done)),
        Err(Error::Refused(refused)) => {
            let kept = scenario::find(&app, &entered, number).await?;
            let base = scenario::base(&app, &ctx, &entered).await?;
            let mut typed =
                typed_of(&Place { path: place.path.clone(), query: String::new() }, Some(&kept), &base);
            typed.warning = refused.errors.first().map(|error| error.message.clone());
            typed.status = StatusCode::UNPROCESSABLE_ENTITY;
            draw(&app, &ctx, &place, &entered, &base, Some(kept), typed).await
        }
        Err(other) => Err(other.into()),
    }
}

/// Items that a list of the result shows.
const LISTED: usize = 30;

/// Working days of float, with at most one decimal.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "templates hand over references")]
fn float(days: &f64) -> String {
    let tenths = (days * 10.0).round() / 10.0;
    if tenths < 0.0 { format!("−{}", -tenths) } else { tenths.to_string() }
}

/// A number of runs, with its thousands parted.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "templates hand over references")]
fn runs(runs: &u32) -> String {
    super::chart::number(f64::from(*runs), 0)
}

impl ListPage {
    fn first(&self) -> String {
        if self.may_raise { format!("/programs/{}/scenarios/new", self.key) } else { String::new() }
    }

    fn href(&self, kept: &Kept) -> String {
        self.shell.program_href(&format!("/scenarios/{}", kept.scenario.number))
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "templates hand over references")]
    fn change(&self, number: &i32) -> String {
        self.shell.program_href(&format!("/changes/{number}"))
    }
}

impl OnePage {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "templates hand over references")]
    fn change(&self, number: &i32) -> String {
        self.shell.program_href(&format!("/changes/{number}"))
    }
}
