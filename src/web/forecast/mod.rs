//! When milestones are reached, with what probability, and how past forecasts fared: the page and its JSON.

mod answer;
mod asking;
mod page;

use super::chart::DriverKind;
use super::extract::{Api, Paging, Place, Web, WebAsTyped};
use super::present::{ApiResult, PageResult, page, page_with};
use super::routes::Routes;
use super::shell::Shell;
use crate::app::forecast::{self, Ask, Shown, Stage, Told, Watching, told};
use crate::app::{App, access};
use crate::domain::draft::FieldError;
use crate::domain::forecast::{Need, Part, Standing};
use crate::domain::kind::{Kind, Reference};
use crate::domain::plan::DAY_MINUTES;
use crate::domain::schedule::ItemIx;
use crate::domain::schedule::calibrate::Corrected;
use crate::domain::schedule::simulate::{self, Source, Words, in_words};
use asking::{AskForm, AskingPage, Wait};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Redirect};
use chrono::NaiveDate;
use futures_util::stream::unfold;
use std::convert::Infallible;
use std::time::Duration;

pub fn routes() -> Routes {
    Routes::new()
        .get("/programs/{key}/forecast", show)
        .get("/programs/{key}/forecast/progress", progress)
        .post("/programs/{key}/forecast/cancel", cancel)
        .get("/api/v1/programs/{key}/forecast", api_show)
}

/// What a forecast is asked for, as the description of the API names it.
pub const PARAMETERS: [&str; 6] = ["to", "iterations", "seed", "distribution", "correlation", "spread"];
/// In the address of a page that was stopped: it doesn't start again before it is asked to.
const STOPPED: &str = "stopped";
/// How often a page hears how far its simulation is.
const TELL: Duration = Duration::from_millis(200);

async fn show(
    State(app): State<App>,
    WebAsTyped(ctx, as_of): WebAsTyped,
    place: Place,
    paging: Paging,
    Path(key): Path<String>,
) -> PageResult {
    let entered = access::enter(&app, &ctx, &key).await?;
    let ask = forecast::ask(&app, &ctx, &entered, |name| place.value(name)).await?;
    let mut errors = ask.errors.clone();
    errors.extend(as_of.map(|why| FieldError::new("as_of", why)));
    let shell = place.program_shell(&ctx, &entered, "forecast");
    let form = AskForm::new(&place, &entered, &ask, &errors);
    let wait = if errors.is_empty() {
        let start = place.value(STOPPED).is_none();
        match forecast::shown(&app, &ctx, &entered, &ask, start).await? {
            Shown::Told(told) => {
                return page(&page::ForecastPage::new(shell, &entered, &told, form, &paging, &place));
            }
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "per cent")]
            Shown::Running(share) => Wait::Running((share * 100.0) as u32),
            Shown::Stopped => Wait::Stopped,
        }
    } else {
        Wait::Refused
    };
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    page_with(status, &asking(shell, &entered, &ask, form, wait, &place))
}

fn asking(
    shell: Shell,
    entered: &access::Entered,
    ask: &Ask,
    form: AskForm,
    wait: Wait,
    place: &Place,
) -> AskingPage {
    let target = ask.asked.to.and_then(|item| ask.plan.find(item)).map(|ix| ask.plan.node(ix).title.clone());
    let again = place.with(&[(STOPPED, None), ("done", None)]);
    AskingPage {
        key: entered.key().to_owned(),
        target: target.unwrap_or_default(),
        iterations: super::chart::number(f64::from(ask.asked.iterations), 0),
        query: again.split_once('?').map(|(_, query)| query.to_owned()).unwrap_or_default(),
        ask: form,
        wait,
        shell,
    }
}

/// How far the reader's simulation is, as events, to its end. Who goes away stops it.
async fn progress(
    State(app): State<App>,
    Web(ctx): Web,
    place: Place,
    Path(key): Path<String>,
) -> PageResult {
    let entered = access::enter(&app, &ctx, &key).await?;
    let ask = forecast::ask(&app, &ctx, &entered, |name| place.value(name)).await?;
    let watching = forecast::watch(&app, &ctx, &entered, &ask);
    let first = Some((watching, Duration::ZERO));
    let events = unfold(first, async |state| {
        let (watching, wait) = state?;
        Some(tell(watching, wait).await)
    });
    Ok(Sse::new(events).into_response())
}

/// The next event, and who watches on.
async fn tell(
    watching: Option<Watching>,
    wait: Duration,
) -> (Result<Event, Infallible>, Option<(Option<Watching>, Duration)>) {
    let last = |stage| {
        let name = if stage == Stage::Stopped { "stopped" } else { "ended" };
        (Ok(Event::default().event(name).data("-")), None)
    };
    let Some(mut watching) = watching else { return last(Stage::Ended) };
    if !wait.is_zero()
        && let Ok(stage) = tokio::time::timeout(wait, watching.ended()).await
    {
        return last(stage);
    }
    let share = format!("{:.3}", watching.share());
    (Ok(Event::default().data(share)), Some((Some(watching), TELL)))
}

async fn cancel(State(app): State<App>, Web(ctx): Web, place: Place, Path(key): Path<String>) -> PageResult {
    let entered = access::enter(&app, &ctx, &key).await?;
    let ask = forecast::ask(&app, &ctx, &entered, |name| place.value(name)).await?;
    forecast::cancel(&app, &ctx, &entered, &ask);
    let page = Place { path: format!("/programs/{}/forecast", entered.key()), query: place.query };
    Ok(Redirect::to(&page.with(&[(STOPPED, Some("true"))])).into_response())
}

async fn api_show(State(app): State<App>, Api(ctx): Api, place: Place, Path(key): Path<String>) -> ApiResult {
    let entered = access::enter(&app, &ctx, &key).await?;
    let told = told(&app, &ctx, &entered, |name| place.value(name)).await?;
    Ok(Json(answer::answer(&told)).into_response())
}

/// The date by which an item is needed first, of those that the reader may see.
fn needed<'t>(told: &Told, standing: &'t Standing) -> Option<&'t Need> {
    standing.needs.iter().find(|need| told.sight.sees(told.plan.node(need.dependency)))
}

/// The stated date of a milestone as history corrects it.
fn corrected(told: &Told, item: ItemIx) -> Option<Corrected> {
    let is_milestone = told.plan.node(item).kind == Kind::Milestone;
    let stated = told.plan.stated_on(item).filter(|_| is_milestone)?;
    told.past.history.correct(stated, told.plan.day())
}

/// A driver of the target's date that the reader may see.
struct Driven {
    kind: DriverKind,
    reference: Reference,
    title: String,
    criticality: f64,
    sensitivity: f64,
    share: f64,
    /// The target's P50 when it goes well, and when it goes badly.
    low: NaiveDate,
    high: NaiveDate,
    words: Option<String>,
}

/// The drivers of the target that the reader may see, and how many others there are.
fn drivers(told: &Told) -> (Vec<Driven>, usize) {
    let forecast = &told.run.forecast;
    let Some(target) = forecast.towards() else { return (Vec::new(), 0) };
    let target = &told.plan.node(target.item).title;
    let seen: Vec<Driven> =
        forecast.drivers.iter().filter_map(|driver| driven(told, driver, target)).collect();
    let hidden = forecast.drivers.len() - seen.len();
    (seen, hidden)
}

fn driven(told: &Told, driver: &simulate::Driver, target: &str) -> Option<Driven> {
    let (kind, reference, title) = match driver.source {
        Source::Item(ix) => {
            let node = told.plan.node(ix);
            let kind =
                if node.kind == Kind::Dependency { DriverKind::Dependency } else { DriverKind::Activity };
            (kind, Some(told.plan.reference(ix)).filter(|_| told.sight.sees(node))?, node.title.clone())
        }
        Source::Risk(place) => {
            let threat = told.run.threats.get(place as usize)?;
            (DriverKind::Risk, reference_of(told, threat)?, threat.title.clone())
        }
    };
    let bar = driver.bar.as_ref()?;
    let named = match kind {
        DriverKind::Risk => format!("The risk “{title}”"),
        _ => title.clone(),
    };
    #[expect(clippy::cast_possible_truncation, reason = "the minutes of a day")]
    let words = Words { driver: &named, target, minutes_a_day: DAY_MINUTES as i32 };
    Some(Driven {
        kind,
        reference,
        criticality: driver.criticality,
        sensitivity: driver.sensitivity,
        share: driver.share,
        low: bar.low.p50.finish_day(),
        high: bar.high.p50.finish_day(),
        words: in_words(driver, words),
        title,
    })
}

/// The reference of a risk of a program that the reader may see.
fn reference_of(told: &Told, threat: &crate::domain::forecast::Threat) -> Option<Reference> {
    let program = told.plan.program(threat.program).filter(|program| told.sight.sees_program(program.id))?;
    Some(Reference { program: program.key.clone(), kind: Kind::Risk, number: threat.number })
}

/// A part in the simulation, for programs.
const fn part_name(part: &Part) -> &'static str {
    match part {
        Part::Took(_) => "took_part",
        Part::Unscored => "unscored",
        Part::NoEffect => "no_effect",
        Part::NothingThreatened => "nothing_threatened",
        Part::NothingOpen => "nothing_open",
        Part::Opportunity => "opportunity",
    }
}

/// A link to an item on the day that is looked at.
fn href(shell: &Shell, reference: &Reference) -> String {
    shell.href(&reference.path())
}
