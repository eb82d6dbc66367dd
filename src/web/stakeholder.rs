//! Stakeholders: who has influence and interest, who is to hear what and when, and who has which role in what.

use super::api::made;
use super::benefit::number;
use super::extract::{Api, Body, Form, Place, Web};
use super::log::{self, Log};
use super::present::{ApiResult, PageResult, page, page_with};
use super::record::id;
use super::routes::Routes;
use super::shell::Shell;
use crate::app::access::{Entered, enter};
use crate::app::stakeholder::{self, Roles, Shown};
use crate::app::{App, Ctx, Error, Over, WriteMeta, item, program, record};
use crate::domain::draft::{self, Draft, FieldError};
use crate::domain::ids::ItemId;
use crate::domain::kind::{Kind, State};
use crate::domain::raci::{ROLES, Raci};
use crate::domain::stakeholder::{ATTITUDES, CADENCES, label};
use crate::store::item::Selection;
use askama::Template;
use axum::extract::{Path, State as Of};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::NaiveDate;
use serde_json::{Map, Value, json};

pub(super) fn routes() -> Routes {
    Routes::new()
        .get("/programs/{key}/stakeholders", list)
        .post("/programs/{key}/stakeholders/{number}/contacted", contacted)
        .post("/api/v1/programs/{key}/stakeholders/{number}/contacts", api_contacted)
        .get("/programs/{key}/raci", raci)
        .post("/programs/{key}/raci", create)
        .get("/programs/{key}/raci/new", new)
        .get("/programs/{key}/raci/{id}/edit", edit)
        .post("/programs/{key}/raci/{id}/edit", update)
        .post("/programs/{key}/raci/{id}/archive", remove)
}

/// Somebody in the grid or the plan.
struct Line {
    href: String,
    path: String,
    reference: String,
    title: String,
    organisation: String,
    now: &'static str,
    wanted: &'static str,
    /// How far the attitude is from what is wanted: 1 and more is below it.
    apart: i32,
    needs: String,
    channel: String,
    cadence: &'static str,
    next: Option<NaiveDate>,
    late: bool,
    handling: &'static str,
    may: bool,
}

/// A field of the grid: who stands in it, and how close they are to be kept.
struct Cell {
    who: Vec<(String, String, String)>,
    class: &'static str,
}

#[derive(Template)]
#[template(path = "stakeholder/list.html")]
struct ListPage {
    shell: Shell,
    key: String,
    /// Influence from 5 down to 1.
    rows: Vec<(i16, Vec<Cell>)>,
    unplaced: Vec<(String, String)>,
    lines: Vec<Line>,
    log: Log,
}

fn place_of(attitude: Option<&String>) -> Option<i32> {
    let at = ATTITUDES.iter().position(|(name, _)| Some(*name) == attitude.map(String::as_str))?;
    i32::try_from(at).ok()
}

async fn list(Of(app): Of<App>, Web(ctx): Web, place: Place, Path(key): Path<String>) -> PageResult {
    let entered = enter(&app, &ctx, &key).await?;
    let shell = place.program_shell(&ctx, &entered, "stakeholders");
    let log = log::load(&app, &ctx, &entered, &shell, &[Kind::Stakeholder], &place.query).await?;
    let mut all = stakeholder::list(&app, &entered).await?;
    all.retain(|one| one.state == State::Active);
    let mine =
        |one: &Shown| entered.may_manage() || (entered.may_raise() && one.owner == Some(ctx.viewer.person));
    let href = |one: &Shown| shell.program_href(&format!("/stakeholders/{}", one.number));
    let named = |one: &Shown| {
        let now = label(ATTITUDES, one.own.attitude_now.as_deref());
        (href(one), one.title.clone(), now.to_lowercase())
    };
    let cell = |influence: i16, interest: i16| Cell {
        who: all
            .iter()
            .filter(|one| one.own.influence == Some(influence) && one.own.interest == Some(interest))
            .map(named)
            .collect(),
        class: match (influence >= 4, interest >= 4) {
            (true, true) => "close",
            (true, false) | (false, true) => "near",
            (false, false) => "",
        },
    };
    let rows = (1..=5)
        .rev()
        .map(|influence| (influence, (1..=5).map(|interest| cell(influence, interest)).collect()));
    let unplaced = all.iter().filter(|one| one.own.handling().is_none());
    let unplaced = unplaced.map(|one| (href(one), one.title.clone())).collect();
    let mut lines: Vec<_> = all
        .iter()
        .map(|one| Line {
            href: href(one),
            path: format!("/programs/{}/stakeholders/{}", entered.key(), one.number),
            reference: format!("{}-SH{}", entered.key(), one.number),
            title: one.title.clone(),
            organisation: one.own.organisation.clone(),
            now: label(ATTITUDES, one.own.attitude_now.as_deref()),
            wanted: label(ATTITUDES, one.own.attitude_wanted.as_deref()),
            apart: place_of(one.own.attitude_wanted.as_ref())
                .zip(place_of(one.own.attitude_now.as_ref()))
                .map_or(0, |(wanted, now)| wanted - now),
            needs: one.own.needs.lines().next().unwrap_or_default().to_owned(),
            channel: one.own.channel.clone(),
            cadence: label(CADENCES, one.own.cadence.as_deref()),
            next: one.own.next_contact_on,
            late: one.own.next_contact_on.is_some_and(|next| next < entered.day()),
            handling: one.own.handling().unwrap_or_default(),
            may: mine(one),
        })
        .collect();
    lines.sort_by_key(|line| (line.next.is_none(), line.next));
    page(&ListPage { key: entered.key().to_owned(), rows: rows.collect(), unplaced, lines, log, shell })
}

async fn contacted(
    Of(app): Of<App>,
    Web(ctx): Web,
    Path((key, n)): Path<(String, String)>,
    form: Form,
) -> PageResult {
    let entered = enter(&app, &ctx, &key).await?;
    let number = number(&n)?;
    let on = draft::date(&Value::from(form.text("on"))).map_err(|why| Error::refused("on", why))?;
    let note = form.text("note").trim();
    if note.chars().count() > 500 || note.chars().any(char::is_control) {
        return Err(Error::refused("note", "A note has at most 500 characters, on one line.").into());
    }
    stakeholder::contacted(&app, &ctx, &entered, number, on, note).await?;
    let end = if form.text("from") == "list" { String::new() } else { format!("/{number}") };
    let back = format!("/programs/{}/stakeholders{end}?done=contacted", entered.key());
    Ok(Redirect::to(&back).into_response())
}

async fn api_contacted(
    Of(app): Of<App>,
    Api(ctx): Api,
    Path((key, n)): Path<(String, String)>,
    body: Body,
) -> ApiResult {
    let entered = enter(&app, &ctx, &key).await?;
    let number = number(&n)?;
    let (mut draft, meta) = body.split(false)?;
    let on = draft::date(&draft.0.shift_remove("on").unwrap_or_default())
        .map_err(|why| Error::refused("on", why))?;
    if let Some(odd) = draft.0.keys().next() {
        return Err(Error::refused(odd, format!("There is no field “{odd}” here.")).into());
    }
    let next = stakeholder::contacted(&app, &ctx, &entered, number, on, &meta.reason).await?;
    let body = json!({"ref": format!("{}-SH{number}", entered.key()), "next_contact_on": next.next_on,
        "version": next.version});
    made(&format!("/api/v1/programs/{}/stakeholders/{number}", entered.key()), next.version, body)
}

/// A row of the matrix: a subject and the letters of each stakeholder.
struct Subject {
    id: String,
    href: String,
    title: String,
    letters: Vec<String>,
}

#[derive(Template)]
#[template(path = "stakeholder/raci.html")]
struct RaciPage {
    shell: Shell,
    key: String,
    may_manage: bool,
    people: Vec<(String, String)>,
    subjects: Vec<Subject>,
}

/// The stakeholders that a matrix shows: those who have a role, and the active ones.
async fn columns(app: &App, entered: &Entered, roles: &Roles) -> Result<Vec<Shown>, Error> {
    let named: Vec<ItemId> = roles.all.iter().flat_map(Raci::stakeholders).collect();
    let mut all = stakeholder::list(app, entered).await?;
    all.retain(|one| one.state == State::Active || named.contains(&one.id));
    Ok(all)
}

fn title_of(roles: &Roles, raci: &Raci) -> (String, Option<String>) {
    if let Some((reference, title)) = roles.names.item(raci.item) {
        let title = title.clone().unwrap_or_default();
        return (format!("{title} {reference}"), Some(format!("/decisions/{}", reference.number)));
    }
    let project = raci.project.and_then(|id| roles.names.projects.get(&id.0));
    (project.map(|(key, name)| format!("{name} {key}")).unwrap_or_default(), None)
}

async fn raci(Of(app): Of<App>, Web(ctx): Web, place: Place, Path(key): Path<String>) -> PageResult {
    let entered = enter(&app, &ctx, &key).await?;
    let shell = place.program_shell(&ctx, &entered, "stakeholders");
    let roles = stakeholder::roles(&app, &ctx, &entered).await?;
    let people = columns(&app, &entered, &roles).await?;
    let subjects = roles.all.iter().map(|raci| {
        let (title, path) = title_of(&roles, raci);
        Subject {
            id: raci.head.id.to_string(),
            href: path.map(|path| shell.program_href(&path)).unwrap_or_default(),
            title,
            letters: people.iter().map(|one| raci.letters(one.id)).collect(),
        }
    });
    let subjects = subjects.collect();
    let people = people
        .iter()
        .map(|one| (shell.program_href(&format!("/stakeholders/{}", one.number)), one.title.clone()))
        .collect();
    page(&RaciPage {
        key: entered.key().to_owned(),
        may_manage: entered.may_manage(),
        people,
        subjects,
        shell,
    })
}

/// A stakeholder in the form: the name of the choice, who it is, and what was chosen.
struct Choice {
    id: String,
    name: String,
    title: String,
    chosen: String,
    /// What is wrong with it.
    wrong: Option<String>,
}

#[derive(Template)]
#[template(path = "stakeholder/raci_form.html")]
struct RaciForm {
    shell: Shell,
    heading: String,
    key: String,
    action: String,
    archive: Option<String>,
    version: Option<i32>,
    /// What it can be of: value, label, chosen. Empty where that is settled.
    subjects: Vec<(String, String, bool)>,
    people: Vec<Choice>,
    subject_wrong: Option<String>,
    errors: Vec<(String, String)>,
}

/// What a stakeholder can be.
const CHOICES: [(&str, &str); 6] = [
    ("", "No role"),
    ("responsible", "R: does the work"),
    ("accountable", "A: answers for it"),
    ("both", "A and R: does it and answers for it"),
    ("consulted", "C: is asked before"),
    ("informed", "I: is told after"),
];

impl RaciForm {
    const fn choices() -> [(&'static str, &'static str); 6] {
        CHOICES
    }
}

async fn form(
    app: &App,
    ctx: &Ctx,
    place: &Place,
    entered: &Entered,
    stored: Option<&Raci>,
    tried: Option<(&Form, &[FieldError])>,
) -> Result<RaciForm, Error> {
    let roles = stakeholder::roles(app, ctx, entered).await?;
    let people = columns(app, entered, &roles).await?;
    let typed = tried.map(|(form, _)| form);
    let subject = typed.map(|form| form.text("subject")).unwrap_or_default();
    let mut subjects = Vec::new();
    if stored.is_none() {
        for one in
            program::projects(app, entered).await?.iter().filter(|one| one.project.archived_at.is_none())
        {
            if !roles.all.iter().any(|raci| raci.project == Some(one.project.id)) {
                let value = format!("project:{}", one.project.key);
                let chosen = value == subject;
                subjects.push((value, format!("Project {} {}", one.project.key, one.project.name), chosen));
            }
        }
        let selection = Selection { kinds: vec![Kind::Decision], limit: 500, ..Selection::default() };
        for row in item::list(app, entered, &selection).await?.0 {
            if !roles.all.iter().any(|raci| raci.item == Some(row.id)) {
                let value = format!("{}-DEC{}", entered.key(), row.number);
                let chosen = value == subject;
                subjects.push((value.clone(), format!("{value} {}", row.title), chosen));
            }
        }
    }
    let people = people.iter().zip(1..).map(|(one, at)| {
        let reference = format!("{}-SH{}", entered.key(), one.number);
        let chosen = match (typed, stored) {
            (Some(form), _) => {
                form.0.0.get("role").and_then(|role| role[&reference].as_str()).unwrap_or_default().to_owned()
            }
            (None, Some(raci)) => match raci.letters(one.id).as_str() {
                "AR" => "both".to_owned(),
                letter => ROLES
                    .iter()
                    .find(|(_, known, _)| *known == letter)
                    .map(|(name, ..)| (*name).to_owned())
                    .unwrap_or_default(),
            },
            (None, None) => String::new(),
        };
        let name = format!("role[{reference}]");
        let title = format!("{} {reference}", one.title);
        Choice { id: format!("who-{at}"), name, title, chosen, wrong: None }
    });
    let mut people: Vec<_> = people.collect();
    let all = format!("/programs/{}/raci", entered.key());
    let one = |end: &str| stored.map(|raci| format!("{all}/{}/{end}", raci.head.id));
    let mut subject_wrong = None;
    let mut errors = Vec::new();
    for error in tried.map(|(_, errors)| errors).unwrap_or_default() {
        let at = if ["project", "item"].contains(&error.field.as_str()) {
            subject_wrong = Some(error.message.clone());
            "subject".to_owned()
        } else {
            format!("who-{}", mark(&mut people, error) + 1)
        };
        errors.push((at, error.message.clone()));
    }
    Ok(RaciForm {
        shell: place.program_shell(ctx, entered, "stakeholders"),
        heading: stored.map_or_else(
            || "Who has which role".to_owned(),
            |raci| format!("Roles: {}", title_of(&roles, raci).0),
        ),
        key: entered.key().to_owned(),
        action: one("edit").unwrap_or_else(|| all.clone()),
        archive: one("archive"),
        version: stored.map(|raci| raci.head.version),
        subjects,
        people,
        subject_wrong,
        errors,
    })
}

/// Says of whom an error is, beside each who has the role that it is about, else beside the first; what is wrong with the whole beside
/// nobody. Gives the place of the first.
fn mark(people: &mut [Choice], error: &FieldError) -> usize {
    let role = error.field.as_str();
    let has = |one: &Choice| one.chosen == role || (one.chosen == "both" && role == "accountable");
    let first = people.iter().position(has).unwrap_or_default();
    for (at, one) in people.iter_mut().enumerate() {
        if at == first || has(one) {
            one.wrong = Some(error.message.clone()).filter(|_| !role.is_empty());
        }
    }
    first
}

/// What the form says, as a draft of a subject's row.
fn drafted(form: &Form, is_new: bool) -> Draft {
    let mut lists: [(&str, Vec<Value>); 4] = ROLES.map(|(name, ..)| (name, Vec::new()));
    if let Some(Value::Object(chosen)) = form.0.0.get("role") {
        for (who, role) in chosen {
            let role = role.as_str().unwrap_or_default();
            for (name, list) in &mut lists {
                if *name == role || (role == "both" && ["accountable", "responsible"].contains(name)) {
                    list.push(Value::from(who.clone()));
                }
            }
        }
    }
    let mut fields = Map::new();
    for (name, mut list) in lists {
        let value = match (name, list.len()) {
            ("accountable", 0) => Value::Null,
            ("accountable", 1) => list.remove(0),
            _ => Value::Array(list),
        };
        fields.insert(name.to_owned(), value);
    }
    if is_new {
        let (name, value) = match form.text("subject").split_once(':') {
            Some(("project", key)) => ("project", key),
            _ => ("item", form.text("subject")),
        };
        fields.insert(name.to_owned(), Value::from(value));
    }
    Draft(fields)
}

async fn save(
    app: &App,
    ctx: &Ctx,
    entered: &Entered,
    one: Option<(uuid::Uuid, Over)>,
    typed: &Form,
) -> Result<Raci, Error> {
    let draft = drafted(typed, one.is_none());
    match draft.0.get("accountable") {
        Some(Value::Array(_)) => {
            return Err(Error::refused(
                "accountable",
                "One alone is accountable: choose A for a single stakeholder.",
            ));
        }
        Some(Value::Null) => {
            return Err(Error::refused(
                "accountable",
                "Somebody has to be accountable: choose A for one stakeholder.",
            ));
        }
        _ => {}
    }
    stakeholder::set_roles(app, ctx, entered, one, &draft, &WriteMeta::default()).await
}

async fn new(Of(app): Of<App>, Web(ctx): Web, place: Place, Path(key): Path<String>) -> PageResult {
    let entered = enter(&app, &ctx, &key).await?;
    entered.must_manage()?;
    page(&form(&app, &ctx, &place, &entered, None, None).await?)
}

fn back(entered: &Entered, done: &str) -> Response {
    Redirect::to(&format!("/programs/{}/raci?done={done}", entered.key())).into_response()
}

async fn create(
    Of(app): Of<App>,
    Web(ctx): Web,
    place: Place,
    Path(key): Path<String>,
    typed: Form,
) -> PageResult {
    let entered = enter(&app, &ctx, &key).await?;
    entered.must_manage()?;
    match save(&app, &ctx, &entered, None, &typed).await {
        Ok(_) => Ok(back(&entered, "made")),
        Err(Error::Refused(refused)) => {
            let again = form(&app, &ctx, &place, &entered, None, Some((&typed, &refused.errors))).await?;
            page_with(StatusCode::UNPROCESSABLE_ENTITY, &again)
        }
        Err(other) => Err(other.into()),
    }
}

async fn edit(
    Of(app): Of<App>,
    Web(ctx): Web,
    place: Place,
    Path((key, one)): Path<(String, String)>,
) -> PageResult {
    let entered = enter(&app, &ctx, &key).await?;
    entered.must_manage()?;
    let stored: Raci = record::find(&app, &entered, id(&one)?).await?;
    page(&form(&app, &ctx, &place, &entered, Some(&stored), None).await?)
}

/// The version that a form was made from; one that doesn't say changes none.
fn over(typed: &Form) -> Over {
    Over::Version(typed.text("version").trim().parse().unwrap_or_default())
}

async fn update(
    Of(app): Of<App>,
    Web(ctx): Web,
    place: Place,
    Path((key, one)): Path<(String, String)>,
    typed: Form,
) -> PageResult {
    let entered = enter(&app, &ctx, &key).await?;
    entered.must_manage()?;
    let stored: Raci = record::find(&app, &entered, id(&one)?).await?;
    let (status, errors) = match save(&app, &ctx, &entered, Some((stored.head.id, over(&typed))), &typed)
        .await
    {
        Ok(_) => return Ok(back(&entered, "saved")),
        Err(Error::Refused(refused)) => (StatusCode::UNPROCESSABLE_ENTITY, refused.errors),
        Err(stale @ Error::Stale { .. }) => {
            (StatusCode::CONFLICT, vec![FieldError::new("", format!("{stale} Save again to have it so."))])
        }
        Err(other) => return Err(other.into()),
    };
    let again = form(&app, &ctx, &place, &entered, Some(&stored), Some((&typed, &errors))).await?;
    page_with(status, &again)
}

async fn remove(
    Of(app): Of<App>,
    Web(ctx): Web,
    Path((key, one)): Path<(String, String)>,
    typed: Form,
) -> PageResult {
    let entered = enter(&app, &ctx, &key).await?;
    entered.must_manage()?;
    record::remove::<Raci>(&app, &ctx, &entered, id(&one)?, over(&typed)).await?;
    Ok(back(&entered, "removed"))
}
