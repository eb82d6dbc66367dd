//! What changed in a program between two days: per item, in words, grouped by what matters, slips first.

use super::extract::{Place, Web};
use super::figures;
use super::overview::asked_day;
use super::present::{PageResult, page, page_with};
use super::routes::Routes;
use super::shell::Shell;
use crate::app::changes::{self, Asked, Change, Changes, Topic};
use crate::app::{App, Error, access};
use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use chrono::NaiveDate;
use std::sync::Arc;

pub fn routes() -> Routes {
    Routes::new().get("/programs/{key}/changed", changed)
}

/// The groups, in the order of the page: a name for its place on the page, and its heading.
const GROUPS: [(&str, &str); 7] = [
    ("slips", "Slipped"),
    ("setbacks", "Went wrong"),
    ("later", "Committed for a later day"),
    ("dates", "Came forward, or committed"),
    ("risks", "High risks"),
    ("decisions", "Decisions and change requests"),
    ("other", "Everything else"),
];

#[derive(Template)]
#[template(path = "overview/changed.html")]
struct ChangedPage {
    shell: Shell,
    key: String,
    /// As asked for, where it was refused.
    asked: Asked,
    errors: Vec<(String, String)>,
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
        Topic::Slip if change.slip.is_none() && change.good == Some(false) => 2,
        Topic::Slip => 3,
        Topic::Setback => 1,
        Topic::HighRisk => 4,
        Topic::Decision => 5,
        Topic::Other => 6,
    }
}

/// What the query asks for; see [`Asked`].
///
/// # Errors
/// Refused, by the field, for what is no day.
pub fn asked(place: &Place) -> Result<Asked, Error> {
    let item = place.value("item").unwrap_or_default();
    Ok(Asked { from: asked_day(place, "from")?, to: asked_day(place, "to")?, item })
}

async fn changed(State(app): State<App>, Web(ctx): Web, place: Place, Path(key): Path<String>) -> PageResult {
    let entered = access::enter(&app, &ctx, &key).await?;
    let asked = asked(&place)?;
    let shell = place.program_shell(&ctx, &entered, "changed");
    let key = entered.key().to_owned();
    match changes::asked(&app, &entered, &asked).await {
        Ok(changes) => {
            let summary = summary(&changes);
            page(&ChangedPage { shell, key, asked, errors: Vec::new(), changes, summary })
        }
        // What was asked for comes back, with what is wrong with it.
        Err(Error::Refused(refused)) => {
            let errors = refused.errors.into_iter();
            let errors = errors.map(|error| (format!("f-{}", error.field), error.message)).collect();
            let day = shell.day();
            let (from, to) = (asked.from.unwrap_or(day), asked.to.unwrap_or(day));
            let changes = Arc::new(Changes { from, to, list: Vec::new(), events: 0 });
            let page = ChangedPage { shell, key, asked, errors, changes, summary: String::new() };
            page_with(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
        Err(error) => Err(error.into()),
    }
}

/// How much of what matters, in a line.
fn summary(changes: &Changes) -> String {
    let slips: Vec<i64> =
        changes.list.iter().filter_map(|change| change.slip.filter(|slip| *slip > 0)).collect();
    let many = |topic: Topic| changes.list.iter().filter(|change| change.topic == topic).count();
    let (setbacks, risks, decided) = (many(Topic::Setback), many(Topic::HighRisk), many(Topic::Decision));
    let mut parts = Vec::new();
    if let Some(worst) = slips.iter().max() {
        let many = figures::count(slips.len(), "milestone slipped", "milestones slipped");
        parts.push(format!(
            "{many}, the worst by {}",
            figures::count(usize::try_from(*worst).unwrap_or_default(), "working day", "working days")
        ));
    }
    if setbacks > 0 {
        parts.push(figures::count(setbacks, "thing went wrong", "things went wrong"));
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
    if parts.is_empty() {
        "No slip, nothing that went wrong, no new high risk, no decision.".to_owned()
    } else {
        format!("{}.", parts.join(" · "))
    }
}
