//! One baseline against another, side by side: the page, and the same for other programs.

use super::api::page::Asked as Query;
use super::chart::{Slip, slip_range};
use super::extract::{Api, Place, Web};
use super::listing::{slip_class, wd};
use super::log::cells::amount;
use super::present::{ApiResult, PageResult, page};
use super::routes::Routes;
use super::shell::Shell;
use crate::app::access::enter;
use crate::app::baseline::{self, Between, Compared};
use crate::app::{App, Error};
use crate::domain::kind::Reference;
use crate::store::baseline::{Baseline, InBoth};
use askama::Template;
use axum::Json;
use axum::extract::{Path, State};
use axum::response::IntoResponse;
use serde_json::json;

/// The routes of the page and of the API.
pub fn routes() -> Routes {
    Routes::new()
        .get("/programs/{key}/baselines/compare", compare)
        .get("/api/v1/programs/{key}/baselines/compare", api)
}

#[derive(Template)]
#[template(path = "milestone/compare.html")]
struct ComparePage {
    shell: Shell,
    key: String,
    /// Number, name, and whether it is the one or the other.
    offered: Vec<(i32, String, bool, bool)>,
    found: Option<Compared>,
    /// What there was to spend with the one, and with the other.
    budgets: Option<(String, String)>,
    /// A row, what became of it, and its drawing.
    lines: Vec<(InBoth, Between, Option<Slip>)>,
}

impl ComparePage {
    /// The rows in two lists, each with what it is called: what differs, and what doesn't.
    fn parts(&self) -> Vec<(bool, String)> {
        let same = self.lines.iter().filter(|(_, between, _)| is_same(between)).count();
        let differ = self.lines.len() - same;
        let words = [(true, differ, format!("{differ} differ")), (false, same, format!("{same} unchanged"))];
        words.into_iter().filter(|(_, count, _)| *count > 0).map(|(moved, _, words)| (moved, words)).collect()
    }
}

const fn is_same(between: &Between) -> bool {
    matches!(between, Between::Same)
}

/// The numbers that are asked for: where none is said, the original against the latest.
fn numbers(a: Option<&str>, b: Option<&str>, all: &[Baseline]) -> Result<(i32, i32), Error> {
    let number = |name: &str, said: Option<&str>, usual: i32| match said.map(str::trim) {
        None | Some("") => Ok(usual),
        Some(said) => said
            .parse()
            .map_err(|_| Error::refused(name, "Give the number of a baseline; 0 is the original.")),
    };
    let last = all.last().map_or(0, |baseline| baseline.number);
    Ok((number("a", a, 0)?, number("b", b, last)?))
}

async fn compare(State(app): State<App>, Web(ctx): Web, place: Place, Path(key): Path<String>) -> PageResult {
    let entered = enter(&app, &ctx, &key).await?;
    let all = baseline::list(&app, &entered).await?;
    let (a, b) = (place.value("a"), place.value("b"));
    let (a, b) = numbers(a.as_deref(), b.as_deref(), &all)?;
    let found = if all.is_empty() { None } else { Some(baseline::compare(&app, &entered, a, b).await?) };
    let lines = found.as_ref().map(|found| found.lines.as_slice()).unwrap_or_default();
    let range = slip_range(entered.day(), lines.iter().flat_map(|(row, _)| row.a.into_iter().chain(row.b)));
    let lines = lines
        .iter()
        .map(|(row, between)| {
            let drawn = match (between, row.b) {
                (Between::Moved(days), Some(to)) => {
                    Some(Slip::new(range, entered.day(), row.a, to, false, &wd(days)))
                }
                _ => None,
            };
            (row.clone(), *between, drawn)
        })
        .collect();
    let told = |budget: Option<f64>| {
        budget.map_or("–".to_owned(), |budget| amount(budget, &entered.program().currency, false))
    };
    let budgets = found
        .as_ref()
        .map(|found| (found.a.budget, found.b.budget))
        .filter(|(a, b)| a.is_some() || b.is_some())
        .map(|(a, b)| (told(a), told(b)));
    let offered =
        all.iter().map(|one| (one.number, one.name.clone(), one.number == a, one.number == b)).collect();
    page(&ComparePage {
        shell: place.program_shell(&ctx, &entered, "milestones"),
        key: entered.key().to_owned(),
        offered,
        found,
        budgets,
        lines,
    })
}

impl ComparePage {
    fn reference(&self, row: &InBoth) -> Reference {
        Reference { program: self.key.clone(), kind: row.kind, number: row.number }
    }

    fn href(&self, row: &InBoth) -> String {
        self.shell.href(&self.reference(row).path())
    }
}

async fn api(State(app): State<App>, Api(ctx): Api, Path(key): Path<String>, query: Query) -> ApiResult {
    let entered = enter(&app, &ctx, &key).await?;
    if let Some((name, _)) = query.pairs.iter().find(|(name, _)| name != "a" && name != "b") {
        return Err(Error::refused(name, "Give a and b, the numbers of two baselines.").into());
    }
    let all = baseline::list(&app, &entered).await?;
    let (a, b) = numbers(query.value("a"), query.value("b"), &all)?;
    let found = baseline::compare(&app, &entered, a, b).await?;
    let items: Vec<_> = found
        .lines
        .iter()
        .map(|(row, between)| {
            let reference =
                Reference { program: entered.key().to_owned(), kind: row.kind, number: row.number };
            let slip = match between {
                Between::Moved(days) => Some(*days),
                Between::Same => Some(0),
                _ => None,
            };
            json!({
                "ref": reference.to_string(), "title": row.title, "project": row.project, "a": row.a, "b": row.b,
                "slip_days": slip, "change": between.name(),
            })
        })
        .collect();
    let one = |baseline: &Baseline| json!({"number": baseline.number, "name": baseline.name, "made_on": baseline.made_on, "reason": baseline.reason, "budget": baseline.budget});
    Ok(Json(json!({
        "a": one(&found.a), "b": one(&found.b), "moved": found.moved, "added": found.added,
        "removed": found.removed, "items": items,
    }))
    .into_response())
}
