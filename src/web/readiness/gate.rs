//! What the page of a gate has of its own: its checks by area with their evidence, who signed it off, and the forms for both.

use super::{Typed, days_to, rate};
use crate::app::access::{self, Entered};
use crate::app::check::{Checked, of_gate};
use crate::app::sign_off::{self, May, Role};
use crate::app::{self, App, Ctx, Error, WriteMeta, checklist};
use crate::domain::check::{self, AREAS};
use crate::domain::checklist::BUILT_IN;
use crate::domain::draft::{Control, Draft, Field, FieldError};
use crate::domain::gate::Gate;
use crate::domain::item::Item;
use crate::domain::kind::{Kind, State};
use crate::domain::readiness::{Quorum, Standing, Tally, area_label, role_label, same};
use crate::store::gate::{CheckRow, SignOffRow};
use crate::web::extract::{Form, Place, Web};
use crate::web::form::{Input, Shown, control, summary};
use crate::web::item::page::{Tried, draw};
use crate::web::present::{PageError, PageResult};
use crate::web::routes::Routes;
use crate::web::shell::Shell;
use askama::Template;
use axum::extract::{Path, State as Of};
use axum::response::{IntoResponse, Redirect, Response};
use serde_json::Value;
use std::collections::HashMap;

pub(super) fn routes() -> Routes {
    Routes::new()
        .post("/programs/{key}/gates/{number}/checks", add_check)
        .post("/programs/{key}/gates/{number}/sign-offs", sign)
        .post("/programs/{key}/gates/{number}/checklist", begin_from)
        .post("/programs/{key}/gates/{number}/checklist/keep", keep)
}

/// What is typed of a check on the page of its gate.
const CHECK: &[Field] = &[
    Field::new("criterion", "What must be so", Control::Text(5_000)).required(),
    Field::new("area", "Area", Control::Choice(check::AREAS)).required(),
    Field::new("owner", "Owner", Control::Person),
    Field::new("due_on", "Due", Control::Date),
    Field::new("mandatory", "Mandatory", Control::Flag),
];

/// A check as it is shown.
pub(super) struct CheckLine {
    pub(super) row: CheckRow,
    /// Where it stood at the verdict; of one that was added since, where it stands.
    pub(super) standing: Standing,
    /// What became of it since the verdict.
    pub(super) since: String,
    pub(super) href: String,
}

/// A form of the page.
struct OwnForm {
    fields: Vec<Shown>,
    errors: Vec<(String, String)>,
}

impl OwnForm {
    fn new(name: &'static str, fields: &[Field], blank: &Draft, typed: Option<&Typed>) -> Self {
        let here = typed.filter(|(form, ..)| *form == name);
        let (draft, wrong) = here.map_or((blank, &[][..]), |(_, draft, wrong)| (draft, wrong.as_slice()));
        let prefix = format!("{name}-");
        let fields: Vec<Shown> = fields
            .iter()
            .map(|field| {
                let mut shown = control(field, &prefix, draft, wrong);
                if let (Input::Line { list, .. }, Control::Person) = (&mut shown.input, field.control) {
                    *list = "own-people";
                }
                shown
            })
            .collect();
        let errors = summary(&fields, wrong);
        Self { fields, errors }
    }

    fn open(&self) -> bool {
        !self.errors.is_empty()
    }
}

#[derive(Template)]
#[template(path = "readiness/gate.html")]
struct GatePart<'a> {
    key: &'a str,
    path: String,
    /// The page of the meeting.
    live: String,
    own: &'a Gate,
    state: State,
    decider: Option<String>,
    far: (String, &'static str),
    tally: Tally,
    blocking: usize,
    quorum: Quorum,
    /// Checks that were changed since the verdict.
    since: usize,
    /// Some were changed on the day of the verdict, after it.
    that_day: bool,
    areas: Vec<(&'static str, Option<Tally>, Vec<CheckLine>)>,
    signed: Vec<RoleLine>,
    may_sign: bool,
    may_raise: bool,
    may_manage: bool,
    check: OwnForm,
    sign: OwnForm,
    lists: Vec<(String, String)>,
    list_errors: Vec<FieldError>,
    keep_errors: Vec<FieldError>,
    people: Vec<(String, Option<String>)>,
}

/// What the form of a sign-off asks: in whose place and why only of those who may sign in somebody's place.
fn asked_of(signed: &[RoleLine]) -> Vec<Field> {
    let in_place = signed.iter().any(RoleLine::in_place);
    sign_off::FIELDS
        .iter()
        .filter(|field| in_place || !["person", "reason"].contains(&field.name))
        .copied()
        .collect()
}

/// The checks of a gate by area, as they stood for its verdict, each with what became of it since.
fn by_area(checked: &Checked, shell: &Shell) -> Vec<(&'static str, Option<Tally>, Vec<CheckLine>)> {
    let since: HashMap<i32, String> =
        checked.since().into_iter().map(|since| (since.number, since.words())).collect();
    let judged = |row: &CheckRow| checked.judged.iter().any(|judged| judged.item == row.item);
    let added = checked.now.iter().filter(|row| !judged(row));
    let mut rows: Vec<&CheckRow> = checked.judged.iter().chain(added).collect();
    rows.sort_by_key(|row| (AREAS.iter().position(|(name, _)| *name == row.area), row.number));
    let mut areas: Vec<(&'static str, Option<Tally>, Vec<CheckLine>)> = Vec::new();
    for row in rows {
        let line = CheckLine {
            standing: checked.standing(row),
            since: since.get(&row.number).cloned().unwrap_or_default(),
            href: shell.program_href(&format!("/checks/{}", row.number)),
            row: row.clone(),
        };
        let label = area_label(&row.area);
        match areas.last_mut().filter(|(last, ..)| *last == label) {
            Some((.., lines)) => lines.push(line),
            None => areas.push((label, checked.area(&row.area), vec![line])),
        }
    }
    areas
}

/// A role of a gate: who holds it, what it said, and how the reader may sign for it.
pub(super) struct RoleLine {
    pub(super) label: String,
    pub(super) holders: String,
    pub(super) said: Option<SignOffRow>,
    pub(super) may: May,
}

impl RoleLine {
    pub(super) fn signs(&self) -> bool {
        self.may != May::No
    }

    /// Whether a reason is asked for: it is signed in somebody's place.
    pub(super) fn in_place(&self) -> bool {
        self.may == May::Manage
    }
}

/// Each role of a gate with what it said, and who signed besides.
pub(super) fn by_role(roles: Vec<Role>, said: Vec<SignOffRow>) -> Vec<RoleLine> {
    let mut rest = said;
    let mut lines: Vec<RoleLine> = roles
        .into_iter()
        .map(|role| {
            let at = rest.iter().position(|said| same(&said.role, &role.name));
            RoleLine {
                label: role_label(&role.name),
                said: at.map(|at| rest.remove(at)),
                holders: role.holders.join(" or "),
                may: role.may,
            }
        })
        .collect();
    lines.extend(rest.into_iter().map(|said| RoleLine {
        label: role_label(&said.role),
        said: Some(said),
        holders: String::new(),
        may: May::No,
    }));
    lines
}

pub(super) async fn part(
    app: &App,
    ctx: &Ctx,
    entered: &Entered,
    item: &Item,
    own: &Gate,
    shell: &Shell,
    typed: Option<&Typed>,
) -> Result<String, PageError> {
    let checked = of_gate(app, entered, item).await?;
    let said = sign_off::sign_offs(app, entered, item).await?;
    let signed = by_role(sign_off::roles(app, ctx, entered, item).await?, said.clone());
    let verdicts: Vec<_> = said.iter().map(|said| (said.role.clone(), said.verdict)).collect();
    let quorum = Quorum::of(&own.sign_off_roles, own.quorum, &verdicts, State::Go);
    let may_raise = entered.may_raise() && item.archived_at.is_none() && app::check::may_come(entered, item);
    let mut blank = Draft::default();
    blank.0.insert("mandatory".into(), Value::from("true"));
    let (lists, people) = if may_raise {
        let lists = checklist::own(app, entered).await?;
        let lists = lists.into_iter().map(|list| (list.id.to_string(), list.name));
        let built_in = BUILT_IN.iter().map(|list| (list.name.to_owned(), list.name.to_owned()));
        let offered = app::item::offered(app, entered).await?;
        let people = offered.people.iter().map(|(_, name, extra)| (name.clone(), extra.clone())).collect();
        (lists.chain(built_in).collect(), people)
    } else {
        (Vec::new(), Vec::new())
    };
    let names = match own.decided_by {
        Some(by) => Some(app::item::names_in(app, ctx, [&item.detail.values()]).await?)
            .and_then(|names| names.people.get(&by).cloned()),
        None => None,
    };
    let wrong = |name: &str| {
        typed.filter(|(form, ..)| *form == name).map(|(.., wrong)| wrong.clone()).unwrap_or_default()
    };
    let mut sign = OwnForm::new("sign", &asked_of(&signed), &Draft::default(), typed);
    if let Some(role) = sign.fields.iter_mut().find(|field| field.name == "role")
        && let Input::Line { list, .. } = &mut role.input
    {
        *list = "own-roles";
    }
    let path = format!("/programs/{}/gates/{}", entered.key(), item.number);
    let part = GatePart {
        key: entered.key(),
        live: shell.href(&format!("{path}/live")),
        path,
        state: item.state,
        decider: names,
        far: days_to(own.on, entered.day(), own.decided_on.is_some()),
        tally: checked.tally(),
        blocking: checked.blocking().len(),
        since: checked.since().len(),
        that_day: checked.changed_that_day(),
        areas: by_area(&checked, shell),
        quorum,
        may_sign: signed.iter().any(RoleLine::signs),
        signed,
        may_raise,
        may_manage: entered.may_manage() && item.archived_at.is_none(),
        check: OwnForm::new("check", CHECK, &blank, typed),
        sign,
        lists,
        list_errors: wrong("list"),
        keep_errors: wrong("keep"),
        people,
        own,
    };
    Ok(part.render()?)
}

/// Draws the page of the gate with a form of its own as it was typed.
pub(super) async fn back(
    app: &App,
    ctx: &Ctx,
    place: &Place,
    entered: &Entered,
    at: (Kind, i32),
    typed: Typed,
) -> PageResult {
    draw(app, ctx, place, entered, at, Tried { readiness: Some(typed), ..Tried::default() }).await
}

pub(super) fn done(entered: &Entered, (kind, number): (Kind, i32), done: &str, place: &str) -> Response {
    let to = format!("/programs/{}/{}/{number}?done={done}#{place}", entered.key(), kind.plural());
    Redirect::to(&to).into_response()
}

async fn add_check(
    Of(app): Of<App>,
    Web(ctx): Web,
    place: Place,
    Path((key, number)): Path<(String, i32)>,
    Form(typed): Form,
) -> PageResult {
    let entered = access::enter(&app, &ctx, &key).await?;
    entered.must_raise()?;
    let mut draft = typed.clone();
    draft.0.entry("mandatory").or_insert(Value::Bool(false));
    let at = (Kind::Gate, number);
    match app::gate::add_checks(&app, &ctx, &entered, number, vec![draft], &WriteMeta::default()).await {
        Ok(_) => Ok(done(&entered, at, "added", "checks")),
        Err(Error::Refused(mut refused)) => {
            for error in &mut refused.errors {
                error.field = error.field.trim_start_matches("checks[0].").to_owned();
            }
            // What it is called is made of what must be so.
            refused.errors.retain(|error| error.field != "title" || !typed.text("criterion").is_empty());
            if refused.errors.is_empty() {
                refused.errors.push(FieldError::new("criterion", "Say what must be so."));
            }
            back(&app, &ctx, &place, &entered, at, ("check", typed, refused.errors)).await
        }
        Err(error) => Err(error.into()),
    }
}

async fn sign(
    Of(app): Of<App>,
    Web(ctx): Web,
    place: Place,
    Path((key, number)): Path<(String, i32)>,
    Form(typed): Form,
) -> PageResult {
    let entered = access::enter(&app, &ctx, &key).await?;
    let at = (Kind::Gate, number);
    match sign_off::sign(&app, &ctx, &entered, number, &typed).await {
        Ok(_) => Ok(done(&entered, at, "signed", "sign-offs")),
        Err(Error::Refused(refused)) => {
            back(&app, &ctx, &place, &entered, at, ("sign", typed, refused.errors)).await
        }
        Err(error) => Err(error.into()),
    }
}

async fn begin_from(
    Of(app): Of<App>,
    Web(ctx): Web,
    place: Place,
    Path((key, number)): Path<(String, i32)>,
    form: Form,
) -> PageResult {
    let entered = access::enter(&app, &ctx, &key).await?;
    let at = (Kind::Gate, number);
    match checklist::apply(&app, &ctx, &entered, number, form.text("checklist")).await {
        Ok(_) => Ok(done(&entered, at, "added", "checks")),
        Err(Error::Refused(refused)) => {
            back(&app, &ctx, &place, &entered, at, ("list", form.0, refused.errors)).await
        }
        Err(error) => Err(error.into()),
    }
}

async fn keep(
    Of(app): Of<App>,
    Web(ctx): Web,
    place: Place,
    Path((key, number)): Path<(String, i32)>,
    form: Form,
) -> PageResult {
    let entered = access::enter(&app, &ctx, &key).await?;
    let at = (Kind::Gate, number);
    match checklist::keep(&app, &ctx, &entered, number, form.text("name")).await {
        Ok(_) => {
            Ok(Redirect::to(&format!("/programs/{}/checklists?done=kept", entered.key())).into_response())
        }
        Err(Error::Refused(refused)) => {
            back(&app, &ctx, &place, &entered, at, ("keep", form.0, refused.errors)).await
        }
        Err(error) => Err(error.into()),
    }
}
