//! The schedule of a program in the JSON API: `/api/v1/programs/KEY/schedule`, and what other answers tell of it.

use crate::app::access::{Entered, enter};
use crate::app::schedule::{self, Schedule};
use crate::app::{App, Error, plan};
use crate::domain::ids::ItemId;
use crate::domain::kind::{Kind, State};
use crate::domain::plan::{Plan, days};
use crate::domain::schedule::{ItemIx, Moment};
use crate::exchange::schedule as told;
use crate::web::extract::{Api, Place};
use crate::web::present::ApiResult;
use crate::web::routes::Routes;
use axum::Json;
use axum::extract::{Path, State as Of};
use axum::response::IntoResponse;
use chrono::NaiveDate;
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::Arc;

pub fn routes() -> Routes {
    Routes::new().get("/api/v1/programs/{key}/schedule", show)
}

/// An item, with what the product knows beside what a file does. Days are counted as working days of eight hours.
#[derive(Serialize)]
struct Line<'a> {
    #[serde(flatten)]
    row: told::Row<'a, NaiveDate>,
    /// How many of those that drive it the caller may not see.
    driving_hidden: usize,
    kind: Kind,
    state: State,
    program: &'a str,
    /// Others are a part of it.
    summary: bool,
    stated_on: Option<NaiveDate>,
    computed_on: Option<NaiveDate>,
    committed_on: Option<NaiveDate>,
    /// Working days from what is stated to what is computed.
    gap_days: Option<i64>,
    /// Working days from what is committed to when it happened, or will.
    missed_by_days: Option<i64>,
    /// How far it can slip before it moves what the paths lead to; none where it doesn't lead there.
    float_to_days: Option<f64>,
    negative_float_cause: Option<Value>,
}

/// What the product tells of the whole.
#[derive(Serialize)]
struct OfProgram<'a> {
    program: &'a str,
    /// What the critical path leads to.
    to: Option<Value>,
    /// Items on the program's paths that the caller may not see, and how many of them are on the critical one.
    hidden: usize,
    critical_path_hidden: usize,
}

/// Working days to four places: a minute is about 0.002 of one.
fn rounded(minutes: i32) -> f64 {
    (days(minutes) * 10_000.0).round() / 10_000.0
}

async fn show(Of(app): Of<App>, Api(ctx): Api, place: Place, Path(key): Path<String>) -> ApiResult {
    let entered = enter(&app, &ctx, &key).await?;
    let schedule = schedule::of(&app, &ctx, &entered).await?;
    let asked = place.value("to").filter(|to| !to.trim().is_empty());
    let to = match &asked {
        None => schedule.last(),
        Some(text) => Some(schedule.find(text).ok_or_else(|| {
            Error::refused("to", format!("“{text}” is nothing of this network that you may see."))
        })?),
    };
    let uids = schedule::uids(&app, &schedule.plan).await?;
    let names: Vec<String> =
        schedule.plan.items().map(|(ix, _)| schedule.plan.reference(ix).to_string()).collect();
    Ok(Json(answer(&schedule, to, &names, &uids)).into_response())
}

/// The answer; `names` are the references of all items.
fn answer<'a>(
    schedule: &'a Schedule,
    to: Option<ItemIx>,
    names: &'a [String],
    uids: &HashMap<ItemId, i64>,
) -> impl Serialize + use<'a> {
    let plan = &*schedule.plan;
    let name = |ix: ItemIx| names.get(ix.0 as usize).map_or("", String::as_str);
    let toward = to.map(|to| plan.engine().toward(to)).unwrap_or_default();
    let line = |ix: ItemIx| {
        let (node, dates) = (plan.node(ix), plan.dates(ix));
        let (driving, driving_hidden) = schedule.drivers(ix);
        // What takes no time is on the day on which it is reached.
        let start = |moment: Moment, finish: NaiveDate| {
            if plan.is_event(ix) { finish } else { moment.start_day().min(finish) }
        };
        let (finish, latest) = (plan.finishes_on(ix), plan.latest_on(ix));
        Line {
            row: told::Row {
                reference: name(ix),
                uid: uids.get(&node.item).copied(),
                title: &node.title,
                early_start: start(dates.early_start, finish),
                early_finish: finish,
                late_start: start(dates.late_start, latest),
                late_finish: latest,
                total_float_days: rounded(dates.total_float),
                free_float_days: rounded(dates.free_float),
                critical: dates.critical,
                driving: driving.into_iter().map(name).collect(),
            },
            driving_hidden,
            kind: node.kind,
            state: node.state,
            program: plan.program(node.program).map_or("", |program| program.key.as_str()),
            summary: plan.is_summary(ix),
            stated_on: plan.stated_on(ix),
            computed_on: plan.computed_on(ix),
            committed_on: plan.committed_on(ix),
            gap_days: plan.gap(ix),
            missed_by_days: plan.missed_by(ix),
            float_to_days: toward.get(ix.0 as usize).copied().flatten().map(rounded),
            negative_float_cause: schedule
                .cause(ix)
                .map(|cause| json!({"ref": cause.item.map(name), "kind": cause.kind, "on": cause.on})),
        }
    };
    let (items, hidden) = schedule.items();
    let path = to.map(|to| plan.engine().path_to(to)).unwrap_or_default();
    let critical_path: Vec<&str> = path.iter().copied().filter(|ix| schedule.sees(*ix)).map(name).collect();
    told::Schedule {
        status_date: Some(plan.day()),
        finish: plan.finish_of(schedule.program).map(Moment::finish_day),
        items: items.into_iter().map(line).collect::<Vec<_>>(),
        more: OfProgram {
            program: plan.program(schedule.program).map_or("", |program| program.key.as_str()),
            to: to.map(
                |to| json!({"ref": name(to), "title": plan.node(to).title, "finish": plan.finishes_on(to)}),
            ),
            hidden,
            critical_path_hidden: path.len() - critical_path.len(),
        },
        critical_path,
    }
}

/// What the network says of milestones, for the answers on them.
pub(super) struct Forecasts(Option<Arc<Plan>>);

impl Forecasts {
    /// The plan of the day that is shown, where these kinds have milestones among them.
    pub(super) async fn of(app: &App, entered: &Entered, kinds: &[Kind]) -> Result<Self, Error> {
        let wanted = kinds.contains(&Kind::Milestone);
        Ok(Self(if wanted { plan::if_any(app, entered).await? } else { None }))
    }

    /// Adds what the network says of a milestone, and how many working days that is after what is stated.
    pub(super) fn tell(&self, body: &mut Value, kind: Kind, item: ItemId) {
        if kind == Kind::Milestone {
            let at = self.0.as_ref().and_then(|plan| Some((plan, plan.find(item)?)));
            body["computed_on"] = json!(at.and_then(|(plan, ix)| plan.computed_on(ix)));
            body["forecast_gap_days"] = json!(at.and_then(|(plan, ix)| plan.gap(ix)));
        }
    }
}
