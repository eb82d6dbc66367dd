//! The metrics of a program: all of them, and each with its definition, its series and the rows behind the number.

use super::api::page::Asked as Query;
use super::api::shape;
use super::chart::{Burndown, BurndownWeek, Series, SeriesData, Sparkline, Words, number};
use super::extract::{Api, Paging, Place, Web, encode};
use super::figures;
use super::present::{ApiResult, PageResult, page};
use super::routes::Routes;
use super::sheet::WantsTable;
use super::shell::Shell;
use crate::app::access;
use crate::app::{App, Ctx, Error, measure};
use crate::domain::health::Health;
use crate::domain::metrics::{
    Contribution, Detail, Measure, Metric, QualityPoint, StabilityWeek, Unit, Verdict, WINDOW_DAYS,
};
use crate::exchange::measure as sheet;
use askama::Template;
use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use std::borrow::Borrow;
use std::collections::HashMap;
use std::sync::Arc;

pub fn routes() -> Routes {
    Routes::new()
        .get("/programs/{key}/metrics", all)
        .get("/programs/{key}/metrics/{name}", one)
        .get("/programs/{key}/metrics/{name}/rows.csv", rows)
        .get("/api/v1/programs/{key}/metrics", api_all)
        .get("/api/v1/programs/{key}/metrics/{name}", api_one)
        .get("/api/v1/programs/{key}/metrics/{name}/rows.csv", api_rows)
        .get("/api/v1/programs/{key}/health", api_health)
        .get("/api/v1/programs/{key}/changes-since", api_changes)
}

/// The windows that can be picked, in days.
const WINDOWS: [i64; 5] = [30, 60, 90, 180, 365];
/// The longest window that can be asked for, in days.
pub const LONGEST_WINDOW: i64 = 3_650;

#[derive(Template)]
#[template(path = "metric/all.html")]
struct AllPage {
    shell: Shell,
    key: String,
    groups: Vec<(&'static str, Vec<Line>)>,
}

/// The metrics by what they are about, in the order of the page.
const GROUPS: [(&str, &[Metric]); 4] = [
    (
        "Schedule",
        &[
            Metric::MilestoneOnTimeRate,
            Metric::ScheduleVariance,
            Metric::ForecastAccuracy,
            Metric::CriticalPathStability,
            Metric::ScheduleQuality,
        ],
    ),
    (
        "Risks, dependencies and decisions",
        &[
            Metric::RiskBurndown,
            Metric::IssueResolutionTime,
            Metric::CrossTeamBlockers,
            Metric::DependencyAging,
            Metric::DecisionLatency,
            Metric::Freshness,
        ],
    ),
    (
        "Delivery",
        &[
            Metric::ScopeChangeRate,
            Metric::ReworkRate,
            Metric::ReadinessPassRate,
            Metric::PostLaunchIncidentRate,
            Metric::DefectEscapeRate,
        ],
    ),
    (
        "Value and trust",
        &[
            Metric::BenefitsRealizationIndex,
            Metric::AdoptionAttainment,
            Metric::StakeholderSatisfaction,
            Metric::MeetingToDecisionRatio,
            Metric::ReportQuality,
            Metric::GreenwashGap,
        ],
    ),
];

struct Line {
    href: String,
    metric: Metric,
    value: String,
    target: String,
    verdict: &'static str,
    word: &'static str,
    note: String,
    spark: Sparkline,
}

async fn all(State(app): State<App>, Web(ctx): Web, place: Place, Path(key): Path<String>) -> PageResult {
    let entered = access::enter(&app, &ctx, &key).await?;
    let measures = measure::all(&app, &entered).await?;
    let shell = place.program_shell(&ctx, &entered, "metrics");
    let group = |metrics: &[Metric]| {
        let found =
            metrics.iter().filter_map(|metric| measures.iter().find(|measure| measure.metric == *metric));
        found.map(|measure| Line::new(&shell, measure)).collect()
    };
    let groups = GROUPS.map(|(name, metrics)| (name, group(metrics))).into();
    page(&AllPage { shell, key: entered.key().to_owned(), groups })
}

impl Line {
    fn new(shell: &Shell, measure: &Measure) -> Self {
        let metric = measure.metric;
        Self {
            href: shell.program_href(&format!("/metrics/{}", metric.name())),
            metric,
            value: figures::value(measure.value, metric.unit()),
            target: measure.target.map_or(String::new(), |target| metric.target_text(target)),
            verdict: figures::verdict(measure.verdict),
            word: measure.verdict.map_or("", crate::domain::metrics::Verdict::name),
            note: figures::note(measure),
            spark: figures::spark(measure),
        }
    }
}

#[derive(Template)]
#[template(path = "metric/one.html")]
struct OnePage {
    shell: Shell,
    key: String,
    measure: Arc<Measure>,
    line: Line,
    judged: Option<String>,
    beside: Vec<(&'static str, String)>,
    series: Series,
    burndown: Option<Burndown>,
    points: Vec<PointLine>,
    weeks: Vec<WeekLine>,
    window_days: i64,
    rows: Vec<Row>,
    labels: Vec<(&'static str, bool)>,
    counted: usize,
    left_out: usize,
    first: i64,
    last: i64,
    previous: Option<String>,
    next: Option<String>,
    /// Where the rows are as CSV, and the formula by which a spreadsheet has the value of them.
    file: String,
    formula: &'static str,
}

/// An item behind the number.
struct Row {
    /// Empty for what hangs on no item; so is the reference.
    href: String,
    reference: String,
    title: String,
    outcome: &'static str,
    class: &'static str,
    counts: bool,
    figures: Vec<(String, bool)>,
}

/// A part of a ratio, as it is read.
fn part(value: impl Borrow<f64>) -> String {
    number(*value.borrow(), 2)
}

fn window_days(place: &Place) -> Result<i64, Error> {
    let Some(text) = place.value("window_days").filter(|text| !text.is_empty()) else {
        return Ok(WINDOW_DAYS);
    };
    let days = text.parse().ok().filter(|days| (1..=LONGEST_WINDOW).contains(days));
    days.ok_or_else(|| {
        Error::refused("window_days", format!("window_days: give a whole number from 1 to {LONGEST_WINDOW}."))
    })
}

async fn one(
    State(app): State<App>,
    Web(ctx): Web,
    place: Place,
    paging: Paging,
    Path((key, name)): Path<(String, String)>,
) -> PageResult {
    let entered = access::enter(&app, &ctx, &key).await?;
    let metric = Metric::from_name(&name).ok_or(Error::NotFound)?;
    let window_days = window_days(&place)?;
    let measure = measure::one(&app, &entered, metric, window_days).await?;
    let shell = place.program_shell(&ctx, &entered, "metrics");
    page(&OnePage::new(shell, entered.key(), measure, window_days, &paging, &place))
}

impl OnePage {
    fn new(
        shell: Shell,
        key: &str,
        measure: Arc<Measure>,
        window_days: i64,
        paging: &Paging,
        place: &Place,
    ) -> Self {
        let metric = measure.metric;
        let line = Line::new(&shell, &measure);
        let from = usize::try_from(paging.offset).unwrap_or(0).min(measure.items.len());
        let limit = usize::try_from(paging.limit).unwrap_or(50);
        let shown = &measure.items[from..(from + limit).min(measure.items.len())];
        let labels = measure.items.first().map(|first| {
            let number = |index: usize| {
                measure
                    .items
                    .iter()
                    .take(20)
                    .all(|row| row.figures.get(index).is_some_and(|f| figures::figure(f).1))
            };
            first.figures.iter().enumerate().map(|(index, figure)| (figure.label, number(index))).collect()
        });
        let counted = measure.items.iter().filter(|row| row.counts).count();
        let total = i64::try_from(measure.items.len()).unwrap_or_default();
        // A slope is judged beside the value, in its own unit.
        let judged = (metric.target_unit() != metric.unit())
            .then(|| figures::value(measure.judged, metric.target_unit()));
        Self {
            rows: shown.iter().map(|row| Row::new(&shell, key, row)).collect(),
            labels: labels.unwrap_or_default(),
            counted,
            left_out: measure.items.len() - counted,
            first: paging.offset + 1,
            last: paging.offset + i64::try_from(shown.len()).unwrap_or_default(),
            previous: paging
                .previous_cursor()
                .map(|cursor| place.with(&[("cursor", Some(cursor.as_str()).filter(|c| !c.is_empty()))])),
            next: paging.next_cursor(total).map(|cursor| place.with(&[("cursor", Some(cursor.as_str()))])),
            file: {
                let name = metric.name();
                let window = place.value("window_days").map(|days| format!("?window_days={}", encode(&days)));
                let window = window.unwrap_or_default();
                shell.program_href(&format!("/metrics/{name}/rows.csv{window}"))
            },
            formula: sheet::formula(metric),
            key: key.to_owned(),
            judged,
            beside: figures::beside(&measure),
            series: series(&measure),
            burndown: burndown(&measure),
            points: points(&shell, key, &measure),
            weeks: weeks(&measure),
            window_days,
            line,
            measure,
            shell,
        }
    }

    fn windows(&self) -> Vec<i64> {
        let mut windows = WINDOWS.to_vec();
        if !windows.contains(&self.window_days) {
            windows.push(self.window_days);
            windows.sort_unstable();
        }
        windows
    }
}

impl Row {
    fn new(shell: &Shell, key: &str, row: &Contribution) -> Self {
        let reference = row.reference(key);
        Self {
            href: reference.as_ref().map_or(String::new(), |reference| shell.href(&reference.path())),
            reference: reference.as_ref().map_or(String::new(), ToString::to_string),
            title: row.title.clone(),
            outcome: row.outcome,
            class: match row.good {
                Some(true) => "good",
                Some(false) => "bad",
                None => "muted",
            },
            counts: row.counts,
            figures: row.figures.iter().map(figures::figure).collect(),
        }
    }
}

fn series(measure: &Measure) -> Series {
    let (metric, unit) = (measure.metric, measure.metric.unit());
    let target = measure.target.filter(|_| metric.target_unit() == unit);
    let over = if metric.has_window() { ", each over the window before it" } else { "" };
    Series::new(SeriesData {
        words: Words::new(
            "series",
            format!("{}, week by week", metric.title()),
            format!("The last 26 weeks, to {}{over}.", measure.as_of.format("%-d %b %Y")),
        ),
        points: measure.series.iter().map(|p| (p.date, p.value.map(|v| figures::scaled(v, unit)))).collect(),
        target: target.map(|target| figures::scaled(target, unit)),
        unit: figures::sign(unit).to_owned(),
        decimals: figures::decimals(unit),
    })
}

fn burndown(measure: &Measure) -> Option<Burndown> {
    let Some(Detail::RiskBurndown(detail)) = &measure.detail else { return None };
    let weeks: Vec<BurndownWeek> = detail
        .weeks
        .iter()
        .map(|week| BurndownWeek {
            day: week.date,
            high: Some(week.high),
            #[expect(clippy::cast_precision_loss, reason = "a sum of scores is far below 2^52")]
            exposure: (week.open > week.unscored || week.open == 0).then_some(week.exposure as f64),
        })
        .collect();
    let words = Words::new(
        "burndown",
        "Risk burndown",
        "Open high risks, and the sum of probability × impact of all open risks, at the end of each week.",
    );
    Some(Burndown::new(words, &weeks))
}

/// A point of the schedule's quality.
struct PointLine {
    name: &'static str,
    what: &'static str,
    value: String,
    of: String,
    threshold: &'static str,
    class: &'static str,
    /// The verdict, or why there is none.
    word: &'static str,
    /// References with their pages and titles; what is more is counted.
    offenders: Vec<(String, String, String)>,
    more: usize,
}

/// Offenders that are named in a point.
const OFFENDERS: usize = 12;

fn points(shell: &Shell, key: &str, measure: &Measure) -> Vec<PointLine> {
    let Some(Detail::ScheduleQuality(detail)) = &measure.detail else { return Vec::new() };
    let titles: HashMap<String, (String, &str)> = measure
        .items
        .iter()
        .filter_map(|row| {
            let reference = row.reference(key)?;
            Some((reference.to_string(), (shell.href(&reference.path()), row.title.as_str())))
        })
        .collect();
    let line = |point: &QualityPoint| {
        // What is met may still have some, as many as the threshold lets pass: these are no rows, and not named.
        let named = point.offenders.iter().filter_map(|reference| {
            let (href, title) = titles.get(reference)?;
            Some((reference.clone(), href.clone(), (*title).to_owned()))
        });
        let offenders: Vec<_> = match point.verdict {
            Some(Verdict::Missed) => named.take(OFFENDERS).collect(),
            _ => Vec::new(),
        };
        let figure = |value: f64| number(value, 1);
        PointLine {
            name: point.name,
            what: point.check.what(),
            value: match point.value {
                Some(value) if point.check.is_share() => figures::value(Some(value), Unit::Share),
                Some(value) => number(value, 2),
                None => "–".to_owned(),
            },
            of: point.number.zip(point.denominator).map_or(String::new(), |(n, of)| {
                let sign = if point.check.is_share() { "of" } else { "÷" };
                format!("{} {sign} {}", figure(n), figure(of))
            }),
            threshold: point.threshold,
            class: figures::verdict(point.verdict),
            word: point.verdict.map(Verdict::name).or(point.reason).unwrap_or_default(),
            more: if offenders.is_empty() { 0 } else { point.offenders.len() - offenders.len() },
            offenders,
        }
    };
    detail.points.iter().map(line).collect()
}

/// A week of the critical path.
struct WeekLine {
    day: String,
    changed: bool,
    similarity: String,
    came: String,
    went: String,
}

fn weeks(measure: &Measure) -> Vec<WeekLine> {
    let Some(Detail::CriticalPathStability(detail)) = &measure.detail else { return Vec::new() };
    let list = |names: &[String]| {
        let more = names.len().saturating_sub(OFFENDERS);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        format!("{}{more}", names[..names.len().min(OFFENDERS)].join(", "))
    };
    let line = |week: &StabilityWeek| WeekLine {
        day: week.date.format("%-d %b %Y").to_string(),
        changed: week.changed,
        similarity: figures::value(Some(week.similarity), Unit::Share),
        came: list(&week.came),
        went: list(&week.went),
    };
    detail.weeks.iter().rev().map(line).collect()
}

fn answer(measure: &Measure, key: &str) -> Result<Value, Error> {
    let value = measure.serialize_for(key, serde_json::value::Serializer);
    value.map_err(|error| Error::Internal(Box::new(error)))
}

/// What metrics are filtered and sorted by.
pub const FIELDS: [&str; 5] = ["name", "unit", "value", "target", "verdict"];

async fn api_all(State(app): State<App>, Api(ctx): Api, Path(key): Path<String>, query: Query) -> ApiResult {
    let entered = access::enter(&app, &ctx, &key).await?;
    let measures = measure::all(&app, &entered).await?;
    let items = measures.iter().map(|measure| answer(measure, entered.key()));
    let items: Vec<Value> = items.collect::<Result<_, _>>()?;
    Ok(query.whole(items, &FIELDS)?.into_response())
}

async fn api_one(
    State(app): State<App>,
    Api(ctx): Api,
    place: Place,
    Path((key, name)): Path<(String, String)>,
    WantsTable(as_table): WantsTable,
) -> ApiResult {
    if as_table {
        return Ok(rows_of(&app, &ctx, &place, &key, &name).await?);
    }
    let entered = access::enter(&app, &ctx, &key).await?;
    let metric = Metric::from_name(&name).ok_or(Error::NotFound)?;
    let measure = measure::one(&app, &entered, metric, window_days(&place)?).await?;
    Ok(Json(answer(&measure, entered.key())?).into_response())
}

/// Every row that makes the number, as CSV.
async fn rows_of(app: &App, ctx: &Ctx, place: &Place, key: &str, name: &str) -> Result<Response, Error> {
    let entered = access::enter(app, ctx, key).await?;
    let metric = Metric::from_name(name).ok_or(Error::NotFound)?;
    let measure = measure::one(app, &entered, metric, window_days(place)?).await?;
    let file = format!("{}-{}-{}", entered.key(), metric.name(), measure.as_of);
    Ok(super::sheet::csv(&file, sheet::table(&measure, entered.key()).csv()))
}

async fn rows(
    State(app): State<App>,
    Web(ctx): Web,
    place: Place,
    Path((key, name)): Path<(String, String)>,
) -> PageResult {
    Ok(rows_of(&app, &ctx, &place, &key, &name).await?)
}

async fn api_rows(
    State(app): State<App>,
    Api(ctx): Api,
    place: Place,
    Path((key, name)): Path<(String, String)>,
) -> ApiResult {
    Ok(rows_of(&app, &ctx, &place, &key, &name).await?)
}

async fn api_health(State(app): State<App>, Api(ctx): Api, Path(key): Path<String>) -> ApiResult {
    let entered = access::enter(&app, &ctx, &key).await?;
    let health = measure::health(&app, &entered).await?;
    Ok(Json(health_answer(&health, entered.key())).into_response())
}

/// Health as the API tells it.
pub(super) fn health_answer(health: &Health, key: &str) -> Value {
    let dimensions: Vec<Value> = health
        .dimensions
        .iter()
        .map(|dimension| {
            let reasons: Vec<Value> = dimension
                .reasons
                .iter()
                .map(|reason| {
                    let refs: Vec<_> =
                        reason.items.iter().map(|cause| cause.reference(key).to_string()).collect();
                    let causes = reason.items.iter().zip(&refs).map(|(cause, reference)| {
                        json!({"ref": reference, "title": cause.title, "note": cause.note})
                    });
                    json!({
                        "rag": reason.rag, "rule": reason.rule, "rule_text": reason.rule_text(&health.thresholds), "text": reason.text,
                        "items": refs, "causes": causes.collect::<Vec<_>>(),
                    })
                })
                .collect();
            json!({"dimension": dimension.dimension, "rag": dimension.rag, "reasons": reasons})
        })
        .collect();
    json!({
        "as_of": health.as_of, "rules_version": health.rules_version, "overall": health.overall,
        "softened": health.softened, "dimensions": dimensions,
    })
}

async fn api_changes(
    State(app): State<App>,
    Api(ctx): Api,
    place: Place,
    Path(key): Path<String>,
) -> ApiResult {
    let entered = access::enter(&app, &ctx, &key).await?;
    let changes = crate::app::changes::asked(&app, &entered, &super::changed::asked(&place)?).await?;
    let items = changes.list.iter().map(|change| {
        let item = change.item.as_ref();
        json!({
            "topic": change.topic, "item": item.map(|(reference, _)| reference.to_string()),
            "title": item.map(|(_, title)| title), "text": change.text(), "good": change.good,
            "slip_working_days": change.slip, "on": change.on, "reason": change.reason, "by": shape::person(change.by, change.author.as_deref()),
        })
    });
    Ok(Json(json!({
        "from": changes.from, "to": changes.to, "events": changes.events, "items": items.collect::<Vec<_>>(),
    }))
    .into_response())
}
