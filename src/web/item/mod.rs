//! The pages of one item, of whatever kind: the item itself, its form, and what is done to it.

pub mod facts;
pub mod form;
pub mod history;
pub mod network;
mod own;
pub mod page;
pub mod standing;
mod value;
pub mod words;

use super::extract::{Form, Place, Web, encode, over};
use super::form::Input;
use super::present::{PageError, PageResult, page_with};
use super::routes::Routes;
use super::shell::Shell;
use crate::app::access::{self, Entered};
use crate::app::{self, App, Ctx, Error};
use crate::domain::draft::{Draft, FieldError};
use crate::domain::item::{Detail, Item};
use crate::domain::kind::{Kind, Reference, State};
use crate::store::item::Stored;
use crate::store::lookup::Offered;

use askama::Template;
use axum::extract::{FromRequestParts, State as Of};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Redirect, Response};
use form::{Group, Known};
use page::Tried;
use serde_json::Value;

macro_rules! of_kinds {
    ($($plural:literal)+) => {
        Routes::new()$(
            .post(concat!("/programs/{key}/", $plural), create)
            .get(concat!("/programs/{key}/", $plural, "/new"), new)
            .get(concat!("/programs/{key}/", $plural, "/{number}"), show)
            .get(concat!("/programs/{key}/", $plural, "/{number}/edit"), edit)
            .post(concat!("/programs/{key}/", $plural, "/{number}/edit"), update)
            .post(concat!("/programs/{key}/", $plural, "/{number}/transitions"), transition)
            .post(concat!("/programs/{key}/", $plural, "/{number}/confirm"), confirm)
            .post(concat!("/programs/{key}/", $plural, "/{number}/comments"), comment)
            .post(concat!("/programs/{key}/", $plural, "/{number}/links"), link)
            .post(concat!("/programs/{key}/", $plural, "/{number}/archive"), archive)
            .post(concat!("/programs/{key}/", $plural, "/{number}/restore"), restore)
        )+
    };
}

/// The pages of items, but for reports, which have pages of their own. A kind's log is at the same address as its new items are
/// sent to.
#[must_use]
pub fn routes() -> Routes {
    of_kinds!("milestones" "activities" "risks" "assumptions" "issues" "dependencies" "decisions" "changes" "actions" "gates" "checks" "releases" "benefits" "stakeholders" "meetings" "lessons").merge(network::routes())
}

/// Which item a request is about, from its address: `/programs/ATLAS/risks/12`.
#[derive(Clone, Debug)]
pub(super) struct At {
    key: String,
    kind: Kind,
    /// 0 where the address names no item.
    number: i32,
}

impl<S: Sync> FromRequestParts<S> for At {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Response> {
        let mut segments = parts.uri.path().split('/').skip(2);
        let (key, plural, number) = (segments.next(), segments.next(), segments.next());
        let number = match number {
            None | Some("new") => Some(0),
            Some(number) => number.parse().ok().filter(|number| *number > 0),
        };
        match (key, plural.and_then(Kind::from_plural), number) {
            (Some(key), Some(kind), Some(number)) => Ok(Self { key: key.to_owned(), kind, number }),
            _ => Err(PageError(Error::NotFound).into_response()),
        }
    }
}

/// The link of the navigation that items of a kind belong to.
#[must_use]
pub const fn section(kind: Kind) -> &'static str {
    match kind {
        Kind::Milestone => "milestones",
        Kind::Activity => "activities",
        Kind::Risk | Kind::Assumption | Kind::Issue => "raid",
        Kind::Dependency => "dependencies",
        Kind::Decision => "decisions",
        Kind::Change => "changes",
        Kind::Action => "actions",
        Kind::Gate | Kind::Check => "gates",
        Kind::Release => "releases",
        Kind::Report => "reports",
        Kind::Benefit => "benefits",
        Kind::Stakeholder => "stakeholders",
        Kind::Meeting => "meetings",
        Kind::Lesson => "lessons",
    }
}

impl At {
    fn log(&self, entered: &Entered) -> String {
        format!("/programs/{}/{}", entered.key(), self.kind.plural())
    }

    fn path(&self, entered: &Entered) -> String {
        format!("{}/{}", self.log(entered), self.number)
    }

    fn back(&self, entered: &Entered, done: &str) -> Response {
        Redirect::to(&format!("{}?done={done}", self.path(entered))).into_response()
    }
}

/// The form of an item, new or stored.
#[derive(Template)]
#[template(path = "item/form.html")]
struct FormPage {
    shell: Shell,
    heading: String,
    /// The item's reference; empty for a new one.
    reference: String,
    action: String,
    cancel: String,
    submit: &'static str,
    groups: Vec<Group>,
    errors: Vec<(String, String)>,
    version: Option<i32>,
    /// The name of the field with the reason of the write.
    reason_name: &'static str,
    reason: String,
    /// From when it holds; only a manager is asked.
    effective_on: Option<String>,
    effective_error: Option<String>,
    hidden: Vec<(&'static str, String)>,
    /// What somebody else did in between.
    stale: Option<String>,
    offered: Offered,
}

/// What was typed beside the fields.
#[derive(Clone, Debug, Default)]
struct Beside {
    reason: String,
    effective_on: String,
}

impl Beside {
    fn of(form: &Form, kind: Kind) -> Self {
        Self {
            reason: form.text(reason_name(kind)).to_owned(),
            effective_on: form.text("effective_on").to_owned(),
        }
    }
}

/// A change request has a field `reason` of its own, so the reason of the write has another name there.
const fn reason_name(kind: Kind) -> &'static str {
    if matches!(kind, Kind::Change) { "write_reason" } else { "reason" }
}

impl FormPage {
    fn new(shell: Shell, entered: &Entered, at: &At, offered: Offered, groups: Vec<Group>) -> Self {
        let kind = at.kind;
        Self {
            shell,
            heading: format!("New {}", kind.label().to_lowercase()),
            reference: String::new(),
            action: at.log(entered),
            cancel: at.log(entered),
            submit: match kind {
                Kind::Risk | Kind::Assumption | Kind::Issue | Kind::Dependency | Kind::Action => "Raise",
                _ => "Save",
            },
            groups,
            errors: Vec::new(),
            version: None,
            reason_name: reason_name(kind),
            reason: String::new(),
            effective_on: entered.may_manage().then(String::new),
            effective_error: None,
            hidden: Vec::new(),
            stale: None,
            offered,
        }
    }

    fn stored(mut self, entered: &Entered, at: &At, stored: &Stored) -> Self {
        let reference =
            Reference { program: entered.key().to_owned(), kind: at.kind, number: stored.item.number };
        self.heading = format!("Edit {}", stored.item.title);
        self.reference = reference.to_string();
        self.action = format!("{}/edit", reference.path());
        self.cancel = reference.path();
        self.submit = "Save";
        self.version = Some(stored.item.version);
        self
    }

    fn refused(mut self, errors: &[FieldError], beside: &Beside) -> Self {
        self.errors = form::summary(&self.groups, errors);
        let effective = errors.iter().find(|error| error.field == "effective_on");
        self.effective_error = effective.map(|error| error.message.clone());
        self.beside(beside)
    }

    /// What the day is typed into: one that can't be read comes back as it was typed, which a date field would not show.
    fn effective_input(&self) -> &'static str {
        let day = self.effective_on.as_deref().unwrap_or_default();
        if day.is_empty() || day.parse::<chrono::NaiveDate>().is_ok() { "date" } else { "text" }
    }

    fn beside(mut self, beside: &Beside) -> Self {
        self.reason.clone_from(&beside.reason);
        if let Some(effective_on) = &mut self.effective_on {
            effective_on.clone_from(&beside.effective_on);
        }
        self
    }
}

async fn new(Of(app): Of<App>, Web(ctx): Web, place: Place, at: At) -> PageResult {
    let entered = access::enter(&app, &ctx, &at.key).await?;
    entered.must_raise()?;
    let offered = app::item::offered_for(&app, &ctx, &entered, at.kind).await?;
    let mut typed = form::prefilled(at.kind, place.pairs());
    if at.kind == Kind::Change && !entered.may_manage() && typed.text("owner").is_empty() {
        // Who asks for a change owns it, unless they name somebody else.
        typed.0.insert("owner".into(), Value::from(ctx.viewer.name.clone()));
    }
    let groups = form::groups(at.kind, &typed, &[], None);
    let shell = place.program_shell(&ctx, &entered, section(at.kind));
    let mut page = FormPage::new(shell, &entered, &at, offered, groups);
    page.hidden = raised_from(at.kind, &place.value("from").unwrap_or_default());
    page_with(StatusCode::OK, &page)
}

/// What an item of another kind than an action is raised from: it is linked once it is there.
fn raised_from(kind: Kind, from: &str) -> Vec<(&'static str, String)> {
    if kind == Kind::Action || Reference::parse(from).is_none() {
        return Vec::new();
    }
    vec![("raised_from", from.trim().to_owned())]
}

async fn create(Of(app): Of<App>, Web(ctx): Web, place: Place, at: At, mut form: Form) -> PageResult {
    let entered = access::enter(&app, &ctx, &at.key).await?;
    entered.must_raise()?;
    let from = form.0.0.shift_remove("raised_from");
    let from = from.as_ref().and_then(Value::as_str).unwrap_or_default().to_owned();
    let beside = Beside::of(&form, at.kind);
    let typed = form.0.clone();
    let made = match form.split(at.kind == Kind::Change) {
        Ok(written) => {
            let draft = form::posted(at.kind, written.draft);
            app::item::raise(&app, &ctx, &entered, at.kind, &draft, &written.meta).await
        }
        Err(error) => Err(error),
    };
    match made {
        Ok(made) => {
            let at = At { number: made.number, ..at };
            if let Some(source) = Reference::parse(&from).filter(|source| source.program == entered.key()) {
                let reference =
                    Reference { program: entered.key().to_owned(), kind: made.kind, number: made.number };
                let relation = if source.kind == Kind::Risk && made.kind == Kind::Issue {
                    "materialised_as"
                } else {
                    "causes"
                };
                let source = (source.kind, source.number);
                let to = reference.to_string();
                match app::link::set(&app, &ctx, &entered, source, relation, &to, true).await {
                    Ok(()) | Err(Error::Refused(_) | Error::NotFound) => {}
                    Err(error) => return Err(error.into()),
                }
            }
            Ok(at.back(&entered, &format!("raised{}", added(&made, &typed))))
        }
        Err(Error::Refused(mut refused)) => {
            let whole = form::posted(at.kind, typed.clone());
            with_fields(&app, &ctx, &entered, at.kind, whole, &mut refused.errors).await?;
            let offered = app::item::offered_for(&app, &ctx, &entered, at.kind).await?;
            let groups = form::groups(at.kind, &typed, &refused.errors, None);
            let shell = place.program_shell(&ctx, &entered, section(at.kind));
            let mut page =
                FormPage::new(shell, &entered, &at, offered, groups).refused(&refused.errors, &beside);
            page.hidden = raised_from(at.kind, &from);
            page_with(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
        Err(error) => Err(error.into()),
    }
}

/// The kinds that a change request has by what it names though nobody ticked them, for the page that follows; else nothing.
fn added(item: &Item, typed: &Draft) -> String {
    let Detail::Change(own) = &item.detail else { return String::new() };
    let kinds = own.bound().map(|(kind, _)| kind).filter(|kind| own.is_of(kind) && !typed.has("kinds", kind));
    let kinds: Vec<_> = kinds.collect();
    if kinds.is_empty() { String::new() } else { format!("&added={}", kinds.join(",")) }
}

/// Where the day from which it is to hold is refused, which is looked at first: what is wrong with the fields besides.
async fn with_fields(
    app: &App,
    ctx: &Ctx,
    entered: &Entered,
    kind: Kind,
    draft: Draft,
    errors: &mut Vec<FieldError>,
) -> app::Result<()> {
    if errors.iter().all(|error| error.field == "effective_on") {
        let fields = app::fields::wrong(app, ctx, entered, kind, draft).await?;
        errors.splice(0..0, fields);
    }
    Ok(())
}

pub(super) async fn show(Of(app): Of<App>, Web(ctx): Web, place: Place, at: At) -> PageResult {
    let entered = access::enter(&app, &ctx, &at.key).await?;
    page::draw(&app, &ctx, &place, &entered, (at.kind, at.number), Tried::default()).await
}

/// A stored item with what its form needs.
struct Opened {
    stored: Stored,
    offered: Offered,
    /// The item as its form shows it.
    shown: Draft,
    /// What is said beside a milestone's forecast.
    forecast: Option<String>,
}

async fn open(app: &App, ctx: &Ctx, entered: &Entered, at: &At) -> app::Result<Opened> {
    let stored = app::item::find(app, entered, at.kind, at.number).await?;
    let around = app::item::around(app, ctx, entered, &stored.item).await?;
    let offered = app::item::offered_for(app, ctx, entered, at.kind).await?;
    let mut names = around.names;
    if let (Some(owner), Some(name)) = (stored.item.owner, &stored.owner_name) {
        names.people.insert(owner.0, name.clone());
    }
    if let (Some(project), Some(key)) = (stored.item.project, &stored.project_key) {
        let name = stored.project_name.clone().unwrap_or_default();
        names.projects.insert(project.0, (key.clone(), name));
    }
    let shown = form::of_item(&stored, &around.links, Known { names: &names, offered: &offered });
    let forecast = standing::hint(app, entered, &stored.item).await?;
    Ok(Opened { stored, offered, shown, forecast })
}

async fn edit(Of(app): Of<App>, Web(ctx): Web, place: Place, at: At) -> PageResult {
    let entered = access::enter(&app, &ctx, &at.key).await?;
    let opened = open(&app, &ctx, &entered, &at).await?;
    if !app::dependency::voice::asks(&app, &ctx, &entered, &opened.stored.item).await? {
        entered.must_raise()?;
        entered.must_edit(&opened.stored.item)?;
    }
    let typed = opened.shown.overlaid(&form::prefilled(at.kind, place.pairs()));
    let groups = form::groups(at.kind, &typed, &[], Some(&opened.stored.item));
    let groups = form::hinted(groups, "forecast_on", opened.forecast.as_deref());
    let shell = place.program_shell(&ctx, &entered, section(at.kind));
    let page =
        FormPage::new(shell, &entered, &at, opened.offered, groups).stored(&entered, &at, &opened.stored);
    page_with(StatusCode::OK, &page)
}

async fn update(Of(app): Of<App>, Web(ctx): Web, place: Place, at: At, form: Form) -> PageResult {
    let entered = access::enter(&app, &ctx, &at.key).await?;
    let opened = open(&app, &ctx, &entered, &at).await?;
    if !app::dependency::voice::asks(&app, &ctx, &entered, &opened.stored.item).await? {
        entered.must_raise()?;
    }
    let beside = Beside::of(&form, at.kind);
    let mut typed = form.0.clone();
    let saved = match form.split(at.kind == Kind::Change) {
        Ok(written) => {
            let version = written.version()?;
            typed = form::posted(at.kind, written.draft);
            let draft = form::changed(&typed, &opened.shown);
            app::item::edit(&app, &ctx, &entered, at.kind, at.number, version, &draft, &written.meta).await
        }
        Err(error) => Err(error),
    };
    let shell = place.program_shell(&ctx, &entered, section(at.kind));
    let form_page = |errors: &[FieldError]| {
        let groups =
            form::groups(at.kind, &opened.shown.clone().overlaid(&typed), errors, Some(&opened.stored.item));
        let groups = form::hinted(groups, "forecast_on", opened.forecast.as_deref());
        FormPage::new(shell.clone(), &entered, &at, opened.offered.clone(), groups).stored(
            &entered,
            &at,
            &opened.stored,
        )
    };
    match saved {
        Ok(saved) => Ok(at.back(&entered, &format!("saved{}", added(&saved, &typed)))),
        Err(Error::Refused(mut refused)) => {
            let draft = form::changed(&form::posted(at.kind, typed.clone()), &opened.shown);
            let whole = opened.stored.item.draft().overlaid(&draft);
            with_fields(&app, &ctx, &entered, at.kind, whole, &mut refused.errors).await?;
            let page = form_page(&refused.errors).refused(&refused.errors, &beside);
            page_with(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
        Err(Error::Stale { .. }) => {
            let differing = form::both(at.kind, &typed, &opened.shown);
            let mut page = form_page(&differing).refused(&differing, &beside);
            page.stale = Some(page::who_and_when(&opened.stored, &entered));
            page_with(StatusCode::CONFLICT, &page)
        }
        Err(error) => Err(error.into()),
    }
}

async fn transition(Of(app): Of<App>, Web(ctx): Web, place: Place, at: At, form: Form) -> PageResult {
    let entered = access::enter(&app, &ctx, &at.key).await?;
    let mut draft = form.0;
    let version = over(&mut draft);
    let to = State::from_name(draft.0.get("to").and_then(Value::as_str).unwrap_or_default());
    let moved =
        async { app::transition::make(&app, &ctx, &entered, at.kind, at.number, version?, &draft).await };
    match moved.await {
        Ok(moved) => {
            let happened = moved.state == State::Materialised;
            Ok(at.back(&entered, if happened { "happened" } else { "moved" }))
        }
        Err(Error::Refused(refused)) => {
            let tried = Tried { moved: to.map(|to| (to, draft, refused.errors.clone())), ..Tried::default() };
            let tried = if to.is_some() { tried } else { tried.warned(&refused.errors) };
            page::draw(&app, &ctx, &place, &entered, (at.kind, at.number), tried).await
        }
        Err(Error::Stale { .. }) => {
            let tried =
                Tried { moved: to.map(|to| (to, draft, Vec::new())), stale: true, ..Tried::default() };
            page::draw(&app, &ctx, &place, &entered, (at.kind, at.number), tried).await
        }
        Err(error) => Err(error.into()),
    }
}

/// Confirms that the item stands as it is; `from=work` leads back to where that is asked of many.
async fn confirm(Of(app): Of<App>, Web(ctx): Web, place: Place, at: At, form: Form) -> PageResult {
    let entered = access::enter(&app, &ctx, &at.key).await?;
    let mut typed = form.0;
    let to_work = typed.0.shift_remove("from").is_some_and(|from| from == "work");
    let version = over(&mut typed)?;
    match app::confirm::confirm(&app, &ctx, &entered, at.kind, at.number, version).await {
        Ok(_) if to_work => Ok(Redirect::to("/me/work?done=confirmed").into_response()),
        Ok(_) => Ok(at.back(&entered, "confirmed")),
        Err(Error::Refused(refused)) => {
            let tried = Tried::default().warned(&refused.errors);
            page::draw(&app, &ctx, &place, &entered, (at.kind, at.number), tried).await
        }
        Err(Error::Stale { .. }) => {
            let tried = Tried { stale: true, ..Tried::default() };
            page::draw(&app, &ctx, &place, &entered, (at.kind, at.number), tried).await
        }
        Err(error) => Err(error.into()),
    }
}

pub(super) async fn comment(Of(app): Of<App>, Web(ctx): Web, place: Place, at: At, form: Form) -> PageResult {
    let entered = access::enter(&app, &ctx, &at.key).await?;
    match app::comment::add(&app, &ctx, &entered, at.kind, at.number, form.text("body")).await {
        Ok(id) => {
            let to = format!("{}?done=commented#comment-{}", at.path(&entered), encode(&id.to_string()));
            Ok(Redirect::to(&to).into_response())
        }
        Err(Error::Refused(refused)) => {
            let tried =
                Tried { comment: Some((form.text("body").to_owned(), refused.errors)), ..Tried::default() };
            page::draw(&app, &ctx, &place, &entered, (at.kind, at.number), tried).await
        }
        Err(error) => Err(error.into()),
    }
}

/// Links the item to another, or takes the link away: `relation`, `to`, and `gone` for the latter. A link that comes in from
/// another item of the program is taken away there: `from` names it.
pub(super) async fn link(Of(app): Of<App>, Web(ctx): Web, place: Place, at: At, form: Form) -> PageResult {
    let entered = access::enter(&app, &ctx, &at.key).await?;
    let gone = !form.text("gone").is_empty();
    let (relation, to) = (form.text("relation"), form.text("to"));
    let from = match Reference::parse(form.text("from")).filter(|from| gone && from.program == entered.key())
    {
        Some(from) => (from.kind, from.number),
        None => (at.kind, at.number),
    };
    match app::link::set(&app, &ctx, &entered, from, relation, to, !gone).await {
        Ok(()) => Ok(at.back(&entered, if gone { "unlinked" } else { "linked" })),
        Err(Error::Refused(refused)) => {
            let linked = Some((relation.to_owned(), to.to_owned(), refused.errors));
            let tried = Tried { linked, ..Tried::default() };
            page::draw(&app, &ctx, &place, &entered, (at.kind, at.number), tried).await
        }
        Err(error) => Err(error.into()),
    }
}

pub(super) async fn archive(Of(app): Of<App>, Web(ctx): Web, at: At, form: Form) -> PageResult {
    put_away(&app, &ctx, &at, form, true).await
}

pub(super) async fn restore(Of(app): Of<App>, Web(ctx): Web, at: At, form: Form) -> PageResult {
    put_away(&app, &ctx, &at, form, false).await
}

async fn put_away(app: &App, ctx: &Ctx, at: &At, mut form: Form, archived: bool) -> PageResult {
    let entered = access::enter(app, ctx, &at.key).await?;
    let version = over(&mut form.0)?;
    app::item::archive(app, ctx, &entered, at.kind, at.number, version, archived).await?;
    Ok(at.back(&entered, if archived { "archived" } else { "restored" }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_every_page() {
        let routes = crate::web::routes();
        for kind in Kind::ALL {
            for (method, end) in [
                ("POST", ""),
                ("GET", "/new"),
                ("GET", "/{number}"),
                ("POST", "/{number}/edit"),
                ("POST", "/{number}/transitions"),
                ("POST", "/{number}/restore"),
            ] {
                let path = format!("/programs/{{key}}/{}{end}", kind.plural());
                assert!(routes.listed().iter().any(|(m, p)| *m == method && *p == path), "{method} {path}");
            }
        }
    }
}
