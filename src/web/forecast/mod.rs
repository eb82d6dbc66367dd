//! When milestones are reached, with what probability, and how past forecasts fared: the page and its JSON.

mod answer;
mod page;

use super::chart::DriverKind;
use super::extract::{Api, Paging, Place, Web};
use super::present::{ApiResult, PageResult, page};
use super::routes::Routes;
use super::shell::Shell;
use crate::app::forecast::{Told, told};
use crate::app::{App, access};
use crate::domain::forecast::{Need, Part, Standing};
use crate::domain::kind::{Kind, Reference};
use crate::domain::plan::DAY_MINUTES;
use crate::domain::schedule::ItemIx;
use crate::domain::schedule::calibrate::Corrected;
use crate::domain::schedule::simulate::{self, Source, Words, in_words};
use axum::Json;
use axum::extract::{Path, State};
use axum::response::IntoResponse;
use chrono::NaiveDate;

pub fn routes() -> Routes {
    Routes::new().get("/programs/{key}/forecast", show).get("/api/v1/programs/{key}/forecast", api_show)
}

/// What a forecast is asked for, as the description of the API names it.
pub const PARAMETERS: [&str; 6] = ["to", "iterations", "seed", "distribution", "correlation", "spread"];

async fn show(
    State(app): State<App>,
    Web(ctx): Web,
    place: Place,
    paging: Paging,
    Path(key): Path<String>,
) -> PageResult {
    let entered = access::enter(&app, &ctx, &key).await?;
    let told = told(&app, &ctx, &entered, |name| place.value(name)).await?;
    let shell = place.program_shell(&ctx, &entered, "forecast");
    page(&page::ForecastPage::new(shell, &entered, &told, &paging, &place))
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
