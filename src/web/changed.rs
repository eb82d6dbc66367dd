//! What changed in a program between two days: per item, in words, grouped by what matters, slips first.

use super::extract::{Place, Web};
use super::figures;
use super::overview::asked_day;
use super::present::{PageResult, page};
use super::routes::Routes;
use super::shell::Shell;
use crate::app::changes::{Change, Changes, Topic};
use crate::app::{App, Error, access, measure};
use askama::Template;
use axum::extract::{Path, State};
use chrono::NaiveDate;
use std::sync::Arc;

pub fn routes() -> Routes {
    Routes::new().get("/programs/{key}/changed", changed)
}

/// The groups, in the order of the page: a name for its place on the page, and its heading.
const GROUPS: [(&str, &str); 5] = [
    ("slips", "Slipped"),
    ("dates", "Came forward, or committed anew"),
    ("risks", "High risks"),
    ("decisions", "Decisions and change requests"),
    ("other", "Everything else"),
];

#[derive(Template)]
#[template(path = "overview/changed.html")]
struct ChangedPage {
    shell: Shell,
    key: String,
    changes: Arc<Changes>,
    summary: String,
}

impl ChangedPage {
    /// The groups that have something in them.
    fn groups(&self) -> Vec<(&'static str, &'static str, Vec<&Change>)> {
        let all = GROUPS.iter().enumerate().map(|(at, (name, heading))| {
            let these = self.changes.list.iter().filter(|change| group(change) == at).collect();
            (*name, *heading, these)
        });
        all.filter(|(.., these): &(_, _, Vec<&Change>)| !these.is_empty()).collect()
    }

    fn when(&self, on: NaiveDate) -> String {
        figures::when(on, self.changes.to)
    }

    /// The first day that can be asked to end the span, and the last.
    fn last(&self) -> NaiveDate {
        self.shell.day()
    }

    fn history(&self) -> String {
        self.shell.program_href(&format!("/history?after={}&until={}", self.changes.from, self.changes.to))
    }
}

fn group(change: &Change) -> usize {
    match change.topic {
        Topic::Slip if change.slip.is_some_and(|slip| slip > 0) => 0,
        Topic::Slip => 1,
        Topic::HighRisk => 2,
        Topic::Decision => 3,
        Topic::Other => 4,
    }
}

async fn changed(State(app): State<App>, Web(ctx): Web, place: Place, Path(key): Path<String>) -> PageResult {
    let entered = access::enter(&app, &ctx, &key).await?;
    let (from, to) = (asked_day(&place, "from")?, asked_day(&place, "to")?);
    if from.zip(to).is_some_and(|(from, to)| to < from) {
        return Err(Error::refused("to", "The span ends before it begins: give an earlier first day.").into());
    }
    let since = match (from, to) {
        (None, Some(to)) => measure::since(&entered.at(to.min(entered.day())), None),
        _ => measure::since(&entered, from),
    };
    let changes = measure::changed(&app, &entered, since, to).await?;
    let slips: Vec<i64> =
        changes.list.iter().filter_map(|change| change.slip.filter(|slip| *slip > 0)).collect();
    let risks = changes.list.iter().filter(|change| change.topic == Topic::HighRisk).count();
    let decided = changes.list.iter().filter(|change| change.topic == Topic::Decision).count();
    let mut parts = Vec::new();
    if let Some(worst) = slips.iter().max() {
        let many = figures::count(slips.len(), "milestone slipped", "milestones slipped");
        parts.push(format!(
            "{many}, the worst by {}",
            figures::count(usize::try_from(*worst).unwrap_or_default(), "working day", "working days")
        ));
    }
    if risks > 0 {
        parts.push(figures::count(risks, "high risk", "high risks"));
    }
    if decided > 0 {
        parts.push(figures::count(
            decided,
            "decision or change request moved",
            "decisions or change requests moved",
        ));
    }
    let summary = if parts.is_empty() {
        "No slip, no new high risk, no decision.".to_owned()
    } else {
        format!("{}.", parts.join(" · "))
    };
    let shell = place.program_shell(&ctx, &entered, "changed");
    page(&ChangedPage { shell, key: entered.key().to_owned(), changes, summary })
}
