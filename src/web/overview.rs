//! The overview of a program, and the page on its health.

use super::chart::{Slip, Sparkline, slip_range};
use super::extract::{Place, Web};
use super::figures;
use super::path::{self, CriticalPath};
use super::present::{PageResult, page};
use super::routes::Routes;
use super::shell::Shell;
use crate::app::access::{self, Entered};
use crate::app::measure::{self, Overview};
use crate::app::{App, Error};
use crate::domain::agenda::{Ahead, Counts};
use crate::domain::draft;
use crate::domain::health::{DimensionHealth, Health};
use crate::domain::kind::Kind;
use crate::domain::metrics::{Measure, Metric};
use askama::Template;
use axum::extract::{Path, State};
use chrono::NaiveDate;
use std::sync::Arc;

pub fn routes() -> Routes {
    Routes::new().get("/programs/{key}", overview).get("/programs/{key}/health", health)
}

/// The metrics on the overview, in two rows of four: what is late, and what is left lying. Scope stands in the health.
const TILES: [Metric; 8] = [
    Metric::MilestoneOnTimeRate,
    Metric::ScheduleVariance,
    Metric::ForecastAccuracy,
    Metric::DecisionLatency,
    Metric::DependencyAging,
    Metric::RiskBurndown,
    Metric::IssueResolutionTime,
    Metric::Freshness,
];

/// A third row, of those that have a value: whether it is ready, worth it, trusted, and told as it is.
const MORE: [Metric; 4] = [
    Metric::ReadinessPassRate,
    Metric::BenefitsRealizationIndex,
    Metric::StakeholderSatisfaction,
    Metric::GreenwashGap,
];

/// Items that the page on health lists under a reason.
const CAUSES: usize = 25;

#[derive(Template)]
#[template(path = "overview/overview.html")]
struct OverviewPage {
    shell: Shell,
    key: String,
    name: String,
    overview: Arc<Overview>,
    summary: String,
    tiles: Vec<Tile>,
    milestones: Vec<MilestoneLine>,
    path: Option<CriticalPath>,
    /// First and last month of the small drawings.
    span: String,
    since: NaiveDate,
    since_text: String,
    may_raise: bool,
    may_decide: bool,
    /// Where the last published report is better than the evidence now: the class of the computed colour, and the words.
    gaps: Vec<(&'static str, String)>,
    /// That report: its address and its name.
    report: Option<(String, String)>,
}

/// A metric in a tile.
struct Tile {
    href: String,
    name: &'static str,
    value: String,
    verdict: &'static str,
    target: String,
    note: String,
    spark: Sparkline,
}

/// A line of the next milestones.
struct MilestoneLine {
    ahead: Ahead,
    owner: Option<String>,
    original: String,
    /// The committed date in force, where it isn't the original.
    committed: Option<String>,
    forecast: String,
    overdue: bool,
    slip: String,
    class: &'static str,
    drawing: Option<Slip>,
}

async fn overview(
    State(app): State<App>,
    Web(ctx): Web,
    place: Place,
    Path(key): Path<String>,
) -> PageResult {
    let entered = access::enter(&app, &ctx, &key).await?;
    let since = measure::since(&entered, asked_day(&place, "since")?);
    let overview = measure::overview(&app, &entered, since).await?;
    let shell = place.program_shell(&ctx, &entered, "overview");
    let path = if overview.networked { path::critical(&app, &ctx, &entered, &shell).await? } else { None };
    page(&OverviewPage { path, ..OverviewPage::new(shell, &entered, overview, since) })
}

/// A day that the query asks for.
pub(super) fn asked_day(place: &Place, name: &str) -> Result<Option<NaiveDate>, Error> {
    let Some(text) = place.value(name).filter(|text| !text.is_empty()) else { return Ok(None) };
    draft::date(&text.into()).map_err(|why| Error::refused(name, format!("{name}: {why}")))
}

impl OverviewPage {
    fn new(shell: Shell, entered: &Entered, overview: Arc<Overview>, since: NaiveDate) -> Self {
        let key = entered.key().to_owned();
        let day = overview.day;
        let find = |metric: &Metric| overview.measures.iter().find(|m| m.metric == *metric);
        let more = MORE.iter().filter_map(find).filter(|measure| measure.value.is_some());
        let tiles =
            TILES.iter().filter_map(find).chain(more).map(|measure| Tile::new(&shell, measure)).collect();
        let dates =
            overview.agenda.milestones.iter().flat_map(|ahead| [ahead.original_on, ahead.forecast_on]);
        let range = slip_range(day, dates.flatten());
        let line = |ahead: &Ahead| {
            let slip = ahead.slip.filter(|slip| *slip != 0);
            let words = slip.map_or(String::new(), |slip| {
                let way = if slip > 0 { "late" } else { "early" };
                format!("{} working days {way}", slip.abs())
            });
            MilestoneLine {
                owner: overview.cards.get(&ahead.name.item).and_then(|card| card.owner.clone()),
                original: ahead.original_on.map_or("–".into(), |on| figures::short_day(on, day)),
                committed: ahead
                    .committed_on
                    .filter(|on| Some(*on) != ahead.original_on)
                    .map(|on| figures::short_day(on, day)),
                forecast: ahead.forecast_on.map_or("–".into(), |on| figures::short_day(on, day)),
                overdue: ahead.in_days.is_some_and(|days| days < 0),
                slip: figures::slip(ahead.slip),
                class: match ahead.slip {
                    Some(11..) => "bad",
                    Some(1..) => "warn",
                    _ => "muted",
                },
                drawing: ahead
                    .forecast_on
                    .map(|forecast| Slip::new(range, day, ahead.original_on, forecast, false, &words)),
                ahead: ahead.clone(),
            }
        };
        let milestones = overview.agenda.milestones.iter().map(line).collect();
        Self {
            key,
            name: entered.program().name.clone(),
            summary: summary(&overview),
            tiles,
            milestones,
            path: None,
            span: format!("{} – {}", range.0.format("%b"), range.1.format("%b")),
            since_text: figures::short_day(since, day),
            since,
            may_raise: entered.may_raise(),
            may_decide: entered.may_manage(),
            gaps: gaps(&overview),
            report: report(&shell, entered, &overview),
            shell,
            overview,
        }
    }

    fn counts(&self) -> &Counts {
        &self.overview.agenda.counts
    }

    fn health(&self) -> &Health {
        &self.overview.health
    }

    /// What the last published report declares of a dimension, where that is another colour than the computed one.
    fn declared(&self, judged: &DimensionHealth) -> Option<(&'static str, &'static str)> {
        let declared = self.overview.declared.as_ref()?.colour(judged.dimension)?;
        (declared != judged.rag).then(|| (figures::rag(declared), figures::rag_word(declared)))
    }

    fn item_href(&self, kind: Kind, number: i32) -> String {
        self.shell.program_href(&format!("/{}/{number}", kind.plural()))
    }

    fn card(&self, item: crate::domain::ids::ItemId) -> Option<&crate::store::facts::Card> {
        self.overview.cards.get(&item)
    }

    /// From whom to whom a dependency goes.
    fn sides(&self, item: crate::domain::ids::ItemId) -> String {
        let unknown = || "?".to_owned();
        self.card(item).map_or_else(String::new, |card| {
            let provider = card.provider.clone().unwrap_or_else(unknown);
            format!("{provider} → {}", card.consumer.clone().unwrap_or_else(unknown))
        })
    }

    /// The way to a first step, for who may take it.
    fn first_step(&self, rest: &str) -> String {
        if self.may_raise { self.shell.program_href(rest) } else { String::new() }
    }

    fn short(&self, date: NaiveDate) -> String {
        figures::short_day(date, self.overview.day)
    }

    fn when(&self, date: NaiveDate) -> String {
        figures::when(date, self.overview.day)
    }

    fn history_href(&self) -> String {
        self.shell.program_href(&format!("/history?after={}", self.since))
    }
}

impl Tile {
    pub(super) fn new(shell: &Shell, measure: &Measure) -> Self {
        let metric = measure.metric;
        Self {
            href: shell.program_href(&format!("/metrics/{}", metric.name())),
            name: metric.title(),
            value: figures::value(measure.value, metric.unit()),
            verdict: figures::verdict(measure.verdict),
            target: measure
                .target
                .filter(|_| measure.value.is_some())
                .map_or(String::new(), |target| format!("Target {}", metric.target_text(target))),
            note: figures::note(measure),
            spark: figures::spark(measure),
        }
    }
}

/// Where the last published report is better than the evidence now.
fn gaps(overview: &Overview) -> Vec<(&'static str, String)> {
    let Some(report) = &overview.declared else { return Vec::new() };
    let gap = |judged: &DimensionHealth| {
        let declared = report.colour(judged.dimension).filter(|declared| *declared < judged.rag)?;
        let label = judged.dimension.label();
        let words = format!("{label}: declared {}, computed {} now", declared.name(), judged.rag.name());
        Some((figures::rag(judged.rag), words))
    };
    overview.health.dimensions.iter().filter_map(gap).collect()
}

/// The last published report: its address and its name.
fn report(shell: &Shell, entered: &Entered, overview: &Overview) -> Option<(String, String)> {
    let report = overview.declared.as_ref()?;
    let on = figures::short_day(report.published_on, overview.day);
    let name = format!("{}-REP{}, published on {on}", entered.key(), report.number);
    Some((shell.program_href(&format!("/reports/{}", report.number)), name))
}

/// Where the program stands, in one sentence or two of figures.
fn summary(overview: &Overview) -> String {
    let counts = &overview.agenda.counts;
    let mut parts = Vec::new();
    if counts.milestones > 0 {
        let late = if counts.late > 0 {
            format!(", {} of those to come slipped past the first date", counts.late)
        } else {
            String::new()
        };
        let milestones = figures::count(counts.milestones, "milestone", "milestones");
        parts.push(format!("{} of {milestones} achieved{late}.", counts.achieved));
    }
    let next = overview.agenda.milestones.iter().find(|ahead| ahead.in_days.is_some_and(|days| days >= 0));
    if let Some((next, on)) = next.and_then(|next| Some((next, next.forecast_on?))) {
        parts.push(format!("Next: {} on {}.", next.name.title, figures::short_day(on, overview.day)));
    }
    let mut open = Vec::new();
    if counts.risks > 0 {
        open.push(format!("{} ({} high)", figures::count(counts.risks, "risk", "risks"), counts.high_risks));
    }
    if counts.issues > 0 {
        open.push(figures::count(counts.issues, "issue", "issues"));
    }
    if counts.dependencies > 0 {
        let past = match counts.past_needed_by {
            0 => String::new(),
            past => format!(" ({past} past needed-by)"),
        };
        open.push(format!("{}{past}", figures::count(counts.dependencies, "dependency", "dependencies")));
    }
    if !open.is_empty() {
        parts.push(format!("Open: {}.", open.join(", ")));
    }
    match counts.decisions_waiting {
        0 => {}
        1 => parts.push("1 decision waits.".to_owned()),
        many => parts.push(format!("{many} decisions wait.")),
    }
    parts.join(" ")
}

#[derive(Template)]
#[template(path = "overview/health.html")]
pub(super) struct HealthPage<'a> {
    pub shell: Shell,
    /// The page above: its address and what it is called.
    pub over: (String, &'static str),
    /// Whose health it is: its name, and the word for what it is.
    pub name: &'a str,
    pub what: &'static str,
    pub key: &'a str,
    pub health: &'a Health,
    /// Where else more is told of it: addresses and labels.
    pub more: Vec<(String, &'static str)>,
}

impl HealthPage<'_> {
    fn item_href(&self, kind: Kind, number: i32) -> String {
        self.shell.program_href(&format!("/{}/{number}", kind.plural()))
    }

    fn anchor(dimension: &DimensionHealth) -> &'static str {
        dimension.dimension.name()
    }
}

async fn health(State(app): State<App>, Web(ctx): Web, place: Place, Path(key): Path<String>) -> PageResult {
    let entered = access::enter(&app, &ctx, &key).await?;
    let health = measure::health(&app, &entered).await?;
    let shell = place.program_shell(&ctx, &entered, "overview");
    page(&HealthPage {
        over: (shell.program_href(""), "Overview"),
        name: &entered.program().name,
        what: "program",
        key: entered.key(),
        health: &health,
        more: if entered.may_manage() {
            vec![(format!("/programs/{}/edit#f-thresholds", entered.key()), "Thresholds")]
        } else {
            Vec::new()
        },
        shell,
    })
}
