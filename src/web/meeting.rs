//! Meetings: the agenda and what came of it, the page that is shown while one runs, and the minutes.

use super::extract::{Form, Place, Web};
use super::log::cells::state_class;
use super::markdown::Links;
use super::present::{PageResult, page_with};
use super::routes::Routes;
use super::shell::Shell;
use crate::app::access::{Entered, enter};
use crate::app::meeting::{self, Docket, Proposal};
use crate::app::{self, App, Ctx, Error, Result, cited};
use crate::domain::docket::Minutes;
use crate::domain::draft::Draft;
use crate::domain::item::{Detail, Item};
use crate::domain::kind::{Kind, Reference, State as ItemState};
use crate::store::lookup::Offered;
use crate::store::meeting::Point;
use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Redirect, Response};
use serde_json::{Map, Value};
use std::sync::Arc;

pub fn routes() -> Routes {
    Routes::new()
        .get("/programs/{key}/meetings/{number}/agenda", agenda)
        .post("/programs/{key}/meetings/{number}/agenda", keep)
        .get("/programs/{key}/meetings/{number}/present", present)
        .post("/programs/{key}/meetings/{number}/present", mark)
        .post("/programs/{key}/meetings/{number}/outcomes", outcome)
        .get("/programs/{key}/meetings/{number}/minutes", minutes)
}

fn number(text: &str) -> Result<i32> {
    text.parse().map_err(|_| Error::NotFound)
}

/// What an outcome was typed as, and what is wrong with it.
#[derive(Clone, Debug, Default)]
struct Typed {
    kind: String,
    title: String,
    owner: String,
    due_on: String,
    option: String,
    /// A point that was to be added.
    item: String,
    wrong: String,
}

impl Typed {
    fn of(form: &Form, wrong: String) -> Self {
        let text = |name: &str| form.text(name).to_owned();
        Self {
            kind: text("kind"),
            title: text("title"),
            owner: text("owner"),
            due_on: text("due_on"),
            option: text("option"),
            item: text("item"),
            wrong,
        }
    }
}

/// What is wrong with what was sent, and the status that says so; what is no refusal goes on as it is.
fn refusal(error: Error) -> Result<(StatusCode, String)> {
    match error {
        Error::Refused(refused) => {
            let said = refused.errors.first().map(|error| error.message.clone());
            Ok((StatusCode::UNPROCESSABLE_ENTITY, said.unwrap_or_default()))
        }
        Error::Stale { .. } => Ok((
            StatusCode::CONFLICT,
            "Somebody else changed this in the meantime: look at it as it stands now.".to_owned(),
        )),
        other => Err(other),
    }
}

/// What the pages of a meeting share.
struct Head {
    key: String,
    reference: String,
    title: String,
    /// The address of the meeting.
    path: String,
    on: chrono::NaiveDate,
    forum: String,
    /// What it is one of: its forum, or what it is called.
    series: String,
    state: (&'static str, &'static str),
    planned: bool,
    held: bool,
    version: i32,
}

impl Head {
    /// One of the pages of the meeting.
    fn at(&self, shell: &Shell, end: &str) -> String {
        shell.href(&format!("{}/{end}", self.path))
    }

    fn of(entered: &Entered, docket: &Docket) -> Self {
        let item = &docket.stored.item;
        let reference =
            Reference { program: entered.key().to_owned(), kind: Kind::Meeting, number: item.number };
        let own = docket.own();
        Self {
            key: entered.key().to_owned(),
            path: reference.path(),
            reference: reference.to_string(),
            title: item.title.clone(),
            on: own.on,
            series: if own.forum.is_empty() { item.title.clone() } else { own.forum.clone() },
            forum: own.forum,
            state: (item.state.label(), state_class(item.kind, item.state)),
            planned: item.state == ItemState::Planned,
            held: item.state == ItemState::Held,
            version: item.version,
        }
    }
}

/// The agenda, as the page of the meeting shows it.
#[derive(Template)]
#[template(path = "meeting/points.html")]
struct PointsPart {
    agenda: String,
    points: Vec<(String, Point)>,
    planned: bool,
    held: bool,
}

/// What the page of a meeting has of its own, as safe HTML: the points that it is to speak of, or spoke of.
///
/// # Errors
/// When the database is away.
pub async fn part(app: &App, ctx: &Ctx, entered: &Entered, item: &Item, shell: &Shell) -> Result<String> {
    let reference = Reference { program: entered.key().to_owned(), kind: item.kind, number: item.number };
    let points = meeting::agenda(app, ctx, entered, item).await?;
    let part = PointsPart {
        agenda: shell.href(&format!("{}/agenda", reference.path())),
        points: points.into_iter().map(|point| (href(shell, &point), point)).collect(),
        planned: item.state == ItemState::Planned,
        held: item.state == ItemState::Held,
    };
    Ok(part.render().unwrap_or_default())
}

#[derive(Template)]
#[template(path = "meeting/agenda.html")]
struct AgendaPage {
    shell: Shell,
    head: Head,
    agenda: Vec<Point>,
    outcomes: Vec<Point>,
    proposed: Vec<Proposal>,
    may_run: bool,
    typed: Typed,
    offered: Arc<Offered>,
}

impl AgendaPage {
    fn proposal(&self, one: &Proposal) -> String {
        self.shell.href(&one.subject.reference().path())
    }
}

fn href(shell: &Shell, point: &Point) -> String {
    shell.href(&point.reference.path())
}

/// What stands beside an outcome: what was decided, or who does it by when.
fn said(point: &Point) -> String {
    if point.reference.kind == Kind::Decision {
        point.decided.clone().unwrap_or_default()
    } else {
        let who = point.owner_name.clone().unwrap_or_else(|| "no owner".to_owned());
        let by = point.next_on.map(|on| format!("by {}", on.format("%-d %b %Y")));
        std::iter::once(who).chain(by).collect::<Vec<_>>().join(", ")
    }
}

async fn agenda_page(
    app: &App,
    ctx: &Ctx,
    place: &Place,
    entered: &Entered,
    number: i32,
    typed: (StatusCode, Typed),
) -> PageResult {
    let docket = meeting::docket(app, ctx, entered, number).await?;
    let offered = if docket.may_run { app::item::offered(app, entered).await? } else { Arc::default() };
    let page = AgendaPage {
        shell: place.program_shell(ctx, entered, "meetings"),
        head: Head::of(entered, &docket),
        may_run: docket.may_run,
        agenda: docket.agenda,
        outcomes: docket.outcomes,
        proposed: docket.proposed,
        typed: typed.1,
        offered,
    };
    page_with(typed.0, &page)
}

type At = Path<(String, String)>;

async fn agenda(State(app): State<App>, Web(ctx): Web, place: Place, Path((key, at)): At) -> PageResult {
    let entered = enter(&app, &ctx, &key).await?;
    agenda_page(&app, &ctx, &place, &entered, number(&at)?, (StatusCode::OK, Typed::default())).await
}

/// Puts a point on the agenda (`item`), all that are proposed (`proposed`), or takes one off (`removed`).
async fn keep(
    State(app): State<App>,
    Web(ctx): Web,
    place: Place,
    Path((key, at)): At,
    form: Form,
) -> PageResult {
    let entered = enter(&app, &ctx, &key).await?;
    let number = number(&at)?;
    let said = |name: &str| !form.text(name).trim().is_empty();
    let kept = if said("removed") {
        meeting::take_off(&app, &ctx, &entered, number, form.text("removed")).await
    } else {
        let fields = ["item", "proposed", "note"].into_iter().filter(|name| said(name));
        let draft = fields.map(|name| (name.to_owned(), Value::from(form.text(name)))).collect();
        meeting::keep(&app, &ctx, &entered, number, &Draft(draft)).await
    };
    match kept {
        Ok(()) => {
            let to = format!("/programs/{}/meetings/{number}/agenda?done=saved", entered.key());
            Ok(Redirect::to(&to).into_response())
        }
        Err(error) => {
            let (status, wrong) = refusal(error)?;
            agenda_page(&app, &ctx, &place, &entered, number, (status, Typed::of(&form, wrong))).await
        }
    }
}

/// A point as it is shown to the room.
struct Shown {
    point: Point,
    html: String,
    /// Of a decision that waits: recommendation and consequence as safe HTML, and the options with whether each is recommended.
    recommendation: String,
    if_undecided: String,
    options: Vec<(String, bool, String)>,
    waits: bool,
}

#[derive(Template)]
#[template(path = "meeting/present.html")]
struct PresentPage {
    shell: Shell,
    head: Head,
    /// The point that is shown, counted from 1; none for the end.
    at: usize,
    of: usize,
    shown: Option<Shown>,
    left: usize,
    outcomes: Vec<Point>,
    may_run: bool,
    typed: Typed,
    offered: Arc<Offered>,
}

impl PresentPage {
    fn to(&self, at: usize) -> String {
        self.shell.href(&format!("{}/present?at={at}", self.head.path))
    }
}

async fn present_page(
    app: &App,
    ctx: &Ctx,
    place: &Place,
    entered: &Entered,
    number: i32,
    at: usize,
    typed: (StatusCode, Typed),
) -> PageResult {
    let docket = meeting::docket(app, ctx, entered, number).await?;
    let at = at.max(1);
    let shown = match docket.agenda.get(at - 1) {
        Some(point) => Some(shown(app, ctx, entered, point).await?),
        None => None,
    };
    let offered = if docket.may_run { app::item::offered(app, entered).await? } else { Arc::default() };
    let page = PresentPage {
        shell: place.program_shell(ctx, entered, "meetings"),
        head: Head::of(entered, &docket),
        at,
        of: docket.agenda.len(),
        shown,
        left: docket.agenda.iter().filter(|point| point.reached_on.is_none()).count(),
        may_run: docket.may_run,
        outcomes: docket.outcomes,
        typed: typed.1,
        offered,
    };
    page_with(typed.0, &page)
}

async fn shown(app: &App, ctx: &Ctx, entered: &Entered, point: &Point) -> Result<Shown> {
    let mut shown = Shown {
        html: String::new(),
        recommendation: String::new(),
        if_undecided: String::new(),
        options: Vec::new(),
        waits: false,
        point: point.clone(),
    };
    let here = point.reference.program == entered.key();
    if point.reference.kind == Kind::Decision && here {
        let stored = app::item::find(app, entered, Kind::Decision, point.reference.number).await?;
        if let Detail::Decision(own) = &stored.item.detail {
            let recommendation = own.recommendation.to_lowercase();
            let options = own.options.iter().map(|option| {
                let recommended = recommendation.contains(&option.title.to_lowercase());
                let parts = [&option.benefits, &option.costs, &option.risks];
                let words: Vec<&str> =
                    parts.into_iter().map(String::as_str).filter(|p| !p.is_empty()).collect();
                (option.title.clone(), recommended, words.join(" · "))
            });
            shown.options = options.collect();
            shown.waits = matches!(stored.item.state, ItemState::Waiting | ItemState::Deferred);
            shown.recommendation.clone_from(&own.recommendation);
            shown.if_undecided.clone_from(&own.if_undecided);
        }
    }
    let texts = [point.description.as_str(), &shown.recommendation, &shown.if_undecided];
    let links = Links::new(cited::seen(app, ctx, Some(entered), texts).await?, entered.as_of());
    shown.html = links.prose(&point.description);
    for text in [&mut shown.recommendation, &mut shown.if_undecided] {
        *text = links.line(text);
    }
    Ok(shown)
}

async fn present(State(app): State<App>, Web(ctx): Web, place: Place, Path((key, at)): At) -> PageResult {
    let entered = enter(&app, &ctx, &key).await?;
    let point = place.said("at").parse().unwrap_or(1);
    let typed = (StatusCode::OK, Typed::default());
    present_page(&app, &ctx, &place, &entered, number(&at)?, point, typed).await
}

/// Says that a point was reached and what is noted of it, and goes on to the next.
async fn mark(State(app): State<App>, Web(ctx): Web, Path((key, at)): At, form: Form) -> PageResult {
    let entered = enter(&app, &ctx, &key).await?;
    let number = number(&at)?;
    let mut draft = Map::from_iter([("reached".to_owned(), Value::from(true))]);
    for name in ["item", "note"] {
        draft.insert(name.to_owned(), Value::from(form.text(name)));
    }
    meeting::keep(&app, &ctx, &entered, number, &Draft(draft)).await?;
    let next = form.text("at").parse::<usize>().unwrap_or(1).saturating_add(1);
    let to = format!("/programs/{}/meetings/{number}/present?at={next}", entered.key());
    Ok(Redirect::to(&to).into_response())
}

/// Captures what came of the meeting, and leads back to where it was typed: the point `at` that is shown, else the agenda.
async fn outcome(
    State(app): State<App>,
    Web(ctx): Web,
    mut place: Place,
    Path((key, at)): At,
    form: Form,
) -> PageResult {
    let entered = enter(&app, &ctx, &key).await?;
    let number = number(&at)?;
    let point = form.text("at").parse::<usize>().ok();
    let base = format!("/programs/{}/meetings/{number}", entered.key());
    let fields = ["kind", "title", "owner", "due_on", "option", "rationale", "decision"];
    let said = fields.into_iter().filter(|name| !form.text(name).trim().is_empty());
    let draft = Draft(said.map(|name| (name.to_owned(), Value::from(form.text(name)))).collect());
    match meeting::outcome(&app, &ctx, &entered, number, &draft).await {
        Ok(_) => {
            let to = match point {
                Some(point) => format!("{base}/present?at={point}&done=captured"),
                None => format!("{base}/agenda?done=captured"),
            };
            Ok(Redirect::to(&to).into_response())
        }
        Err(error) => {
            let (status, wrong) = refusal(error)?;
            let typed = (status, Typed::of(&form, wrong));
            if let Some(point) = point {
                place.path = format!("{base}/present");
                present_page(&app, &ctx, &place, &entered, number, point, typed).await
            } else {
                place.path = format!("{base}/agenda");
                agenda_page(&app, &ctx, &place, &entered, number, typed).await
            }
        }
    }
}

#[derive(Template)]
#[template(path = "meeting/minutes.html")]
struct MinutesPage {
    shell: Shell,
    head: Head,
    html: String,
}

/// The minutes as a page, or as Markdown (`?format=md`).
async fn minutes(State(app): State<App>, Web(ctx): Web, place: Place, Path((key, at)): At) -> PageResult {
    let entered = enter(&app, &ctx, &key).await?;
    let docket = meeting::docket(&app, &ctx, &entered, number(&at)?).await?;
    let minutes = meeting::minutes(&app, &ctx, &entered, &docket).await?;
    if place.said("format") == "md" {
        return Ok(as_file(&minutes));
    }
    let points = docket.agenda.iter().chain(&docket.outcomes);
    let links = Links::new(points.map(|point| point.reference.clone()), entered.as_of());
    // The title stands in the head of the page.
    let text = minutes.markdown();
    let body = text.split_once("\n\n").map_or("", |(_, body)| body);
    let page = MinutesPage {
        shell: place.program_shell(&ctx, &entered, "meetings"),
        head: Head::of(&entered, &docket),
        // Its headings come below the one of the page.
        html: links.prose(&format!("\n{body}").replace("\n## ", "\n# ")),
    };
    page_with(StatusCode::OK, &page)
}

fn as_file(minutes: &Minutes) -> Response {
    let name = format!("attachment; filename=\"{}.md\"", minutes.reference);
    let headers = [(CONTENT_TYPE, "text/markdown; charset=utf-8".to_owned()), (CONTENT_DISPOSITION, name)];
    (headers, minutes.markdown()).into_response()
}
