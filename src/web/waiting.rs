//! The queue of decisions: the reader's over all programs, and a program's. Each is decided, put off or asked about where it stands.

use super::api::page::Asked as Query;
use super::extract::{Api, Form, Place, Web, over};
use super::markdown::Links;
use super::present::{ApiResult, PageResult, page_with};
use super::routes::Routes;
use super::shell::Shell;
use crate::app::access::enter;
use crate::app::change::question;
use crate::app::waiting::{self, Cost, Waiting};
use crate::app::{App, Ctx, Error, cited, comment, transition};
use crate::domain::draft::Draft;
use crate::domain::kind::{Kind, Reference};
use crate::web::api::shape;
use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect};
use serde_json::{Map, Value, json};

pub fn routes() -> Routes {
    Routes::new()
        .get("/me/decisions", mine)
        .get("/programs/{key}/decisions/queue", of_program)
        .post("/programs/{key}/decisions/{number}/answer", answer)
        .get("/api/v1/me/decisions", api)
}

/// What was tried on a decision and refused: it comes back as it was typed, with what is wrong.
#[derive(Clone, Debug, Default)]
struct Tried {
    reference: String,
    act: String,
    option: String,
    rationale: String,
    until: String,
    question: String,
    wrong: String,
}

#[derive(Template)]
#[template(path = "waiting/queue.html")]
struct Queue {
    shell: Shell,
    /// The reader's own, over all programs.
    own: bool,
    all: Vec<Waiting>,
    /// How many questions of change requests the reader has yet to answer.
    asked: usize,
    /// What waits for others in programs that the reader manages: key, name, how many.
    others: Vec<(String, String, i64)>,
    tried: Tried,
    /// The references in their texts.
    links: Links,
}

/// The references in the texts of decisions that lead somewhere for the reader, over all programs.
async fn links_in(app: &App, ctx: &Ctx, all: &[Waiting]) -> Result<Links, Error> {
    let texts = all.iter().flat_map(|one| {
        let row = &one.row;
        let asked = one.questions.iter().map(|question| question.body.as_str());
        [row.context.as_str(), &row.recommendation, &row.if_undecided].into_iter().chain(asked)
    });
    let texts: Vec<&str> = texts.collect();
    Ok(Links::new(cited::seen(app, ctx, None, texts).await?, ctx.as_of.filter(|day| *day < ctx.today())))
}

/// How many questions of change requests wait for the reader.
async fn asked_of(app: &App, ctx: &Ctx) -> Result<usize, Error> {
    Ok(question::mine(app, ctx).await?.iter().filter(|one| one.agrees.is_none()).count())
}

fn reference(one: &Waiting) -> Reference {
    Reference { program: one.row.key.clone(), kind: Kind::Decision, number: one.row.number }
}

impl Queue {
    fn queue_of(&self, key: &str) -> String {
        self.shell.href(&format!("/programs/{key}/decisions/queue"))
    }

    fn href(&self, one: &Waiting) -> String {
        self.shell.href(&reference(one).path())
    }

    fn cost_href(&self, cost: &Cost) -> String {
        self.shell.href(&cost.held.reference.path())
    }

    /// What was typed about this decision, where it came back.
    fn typed(&self, one: &Waiting) -> Option<&Tried> {
        (self.tried.reference == reference(one).to_string()).then_some(&self.tried)
    }

    /// Whether a form of the decision stands open: the one that was refused.
    fn is_open(&self, one: &Waiting, act: &str) -> bool {
        self.typed(one).is_some_and(|tried| tried.act == act)
    }

    fn field(&self, one: &Waiting, name: &str) -> &str {
        self.typed(one).map_or("", |tried| match name {
            "option" => &tried.option,
            "rationale" => &tried.rationale,
            "until" => &tried.until,
            _ => &tried.question,
        })
    }
}

fn is_recommended(one: &Waiting, option: &str) -> bool {
    let recommendation = one.row.recommendation.to_lowercase();
    !option.is_empty() && recommendation.contains(&option.to_lowercase())
}

fn float(cost: &Cost) -> String {
    let Some(days) = cost.float_days else { return "not in the schedule".to_owned() };
    let tenths = (days * 10.0).round() / 10.0;
    let unit = if (tenths.abs() - 1.0).abs() < f64::EPSILON { "working day" } else { "working days" };
    if tenths < 0.0 {
        format!("{} {unit} too late already", -tenths)
    } else if tenths > 0.0 {
        format!("{tenths} {unit} of float")
    } else {
        "no float".to_owned()
    }
}

fn relation(name: &str) -> &'static str {
    match name {
        "blocks" => "Blocks",
        "threatens" => "Threatens",
        _ => "Decides",
    }
}

/// A number of days without a needless fraction.
fn target(one: &Waiting) -> String {
    format!("{}", (one.target * 10.0).round() / 10.0)
}

async fn mine(State(app): State<App>, Web(ctx): Web, place: Place) -> PageResult {
    let all = waiting::mine(&app, &ctx).await?;
    let asked = asked_of(&app, &ctx).await?;
    let shell = place.shell(&ctx, "my-decisions");
    let others = waiting::with_others(&app, &ctx).await?;
    let links = links_in(&app, &ctx, &all).await?;
    page_with(StatusCode::OK, &Queue { shell, own: true, all, asked, others, tried: Tried::default(), links })
}

async fn of_program(
    State(app): State<App>,
    Web(ctx): Web,
    place: Place,
    Path(key): Path<String>,
) -> PageResult {
    let entered = enter(&app, &ctx, &key).await?;
    let all = waiting::of_program(&app, &ctx, &entered).await?;
    let shell = place.program_shell(&ctx, &entered, "queue");
    let links = links_in(&app, &ctx, &all).await?;
    page_with(
        StatusCode::OK,
        &Queue { shell, own: false, all, asked: 0, others: Vec::new(), tried: Tried::default(), links },
    )
}

/// Where an answer is sent.
fn answered(one: &Waiting) -> String {
    format!("{}/answer", reference(one).path())
}

/// Decides (`act=decide`, `option`), puts off (`defer`, `until`) or asks (`ask`, `question`), and leads back to the queue that `from` names.
async fn answer(
    State(app): State<App>,
    Web(ctx): Web,
    mut place: Place,
    Path((key, number)): Path<(String, String)>,
    form: Form,
) -> PageResult {
    let entered = enter(&app, &ctx, &key).await?;
    let number: i32 = number.parse().map_err(|_| Error::NotFound)?;
    let own = form.text("from") != "program";
    let mut said = form.0.clone();
    let version = over(&mut said)?;
    let act = form.text("act").to_owned();
    let moved = async |to: &str, fields: [&str; 2]| {
        let mut draft = Map::from_iter([("to".to_owned(), Value::from(to))]);
        for name in fields {
            if !form.text(name).trim().is_empty() {
                draft.insert(name.to_owned(), Value::from(form.text(name)));
            }
        }
        let draft = Draft(draft);
        transition::make(&app, &ctx, &entered, Kind::Decision, number, version, &draft).await.map(drop)
    };
    let done = match act.as_str() {
        "ask" => {
            let question = form.text("question");
            let asked = comment::ask(&app, &ctx, &entered, Kind::Decision, number, question).await;
            asked.map(|_| "asked")
        }
        "defer" => moved("deferred", ["until", "reason"]).await.map(|()| "deferred"),
        // A rationale alone decides nothing here.
        _ if form.text("option").trim().is_empty() => moved("decided", ["", ""]).await.map(|()| "decided"),
        _ => moved("decided", ["option", "rationale"]).await.map(|()| "decided"),
    };
    let wrong = match done {
        Ok(done) => {
            let back = if own {
                "/me/decisions".to_owned()
            } else {
                format!("/programs/{}/decisions/queue", entered.key())
            };
            return Ok(Redirect::to(&format!("{back}?done={done}")).into_response());
        }
        Err(Error::Refused(refused)) => (
            StatusCode::UNPROCESSABLE_ENTITY,
            refused.errors.first().map(|error| error.message.clone()).unwrap_or_default(),
        ),
        Err(Error::Stale { .. }) => (
            StatusCode::CONFLICT,
            "Somebody else changed this after you opened it, and nothing was overwritten: look at it again."
                .to_owned(),
        ),
        Err(error) => return Err(error.into()),
    };
    let tried = Tried {
        reference: format!("{}-DEC{number}", entered.key()),
        act,
        option: form.text("option").to_owned(),
        rationale: form.text("rationale").to_owned(),
        until: form.text("until").to_owned(),
        question: form.text("question").to_owned(),
        wrong: wrong.1,
    };
    let (shell, all, asked, others) = if own {
        "/me/decisions".clone_into(&mut place.path);
        let all = waiting::mine(&app, &ctx).await?;
        let others = waiting::with_others(&app, &ctx).await?;
        (place.shell(&ctx, "my-decisions"), all, asked_of(&app, &ctx).await?, others)
    } else {
        place.path = format!("/programs/{}/decisions/queue", entered.key());
        let all = waiting::of_program(&app, &ctx, &entered).await?;
        (place.program_shell(&ctx, &entered, "queue"), all, 0, Vec::new())
    };
    let links = links_in(&app, &ctx, &all).await?;
    page_with(wrong.0, &Queue { shell, own, all, asked, others, tried, links })
}

/// What the queue is filtered and sorted by; the first tells its decisions apart.
pub const FIELDS: [&str; 7] = ["ref", "program", "title", "needed_by", "since", "age_working_days", "state"];

fn told(one: &Waiting) -> Value {
    let row = &one.row;
    let costs: Vec<Value> = one
        .costs
        .iter()
        .map(|cost| {
            json!({
                "relation": cost.held.relation, "ref": cost.held.reference.to_string(), "title": cost.held.title,
                "on": cost.on, "committed_on": cost.committed_on, "forecast_on": cost.forecast_on, "computed_on": cost.computed_on,
                "total_float_days": cost.float_days, "critical": cost.critical,
            })
        })
        .collect();
    let questions: Vec<Value> = one
        .questions
        .iter()
        .map(|one| json!({"question": one.body, "asked_by": one.asked_by, "asked_at": one.asked_at}))
        .collect();
    json!({
        "ref": reference(one).to_string(), "program": row.key, "title": row.title, "state": row.state.name(),
        "context": row.context, "options": row.options, "recommendation": row.recommendation,
        "if_undecided": row.if_undecided, "owner": shape::person(row.owner, row.owner_name.as_deref()),
        "escalated_to": shape::person(row.escalated_to, row.escalated_name.as_deref()), "level": row.level,
        "level_on": row.level_on, "needed_by": row.needed_by, "since": one.since, "age_working_days": one.age,
        "target_working_days": one.target, "holds_up": costs, "questions": questions, "may_decide": one.may_decide,
        "version": row.version, "url": reference(one).path(),
    })
}

async fn api(State(app): State<App>, Api(ctx): Api, query: Query) -> ApiResult {
    let rows = waiting::mine(&app, &ctx).await?.iter().map(told).collect();
    Ok(query.whole(rows, &FIELDS)?.into_response())
}
