//! My work: all that waits for the reader, and the same for other programs under `/api/v1/me/work`.

use super::api::page::Asked as Query;
use super::extract::{Api, Place, Web};
use super::mention::{excerpt, says};
use super::present::{ApiResult, PageResult, page};
use super::routes::Routes;
use super::shell::Shell;
use crate::app::mention::{self, Mention};
use crate::app::nudge::{self, Told};
use crate::app::work::{self, Work};
use crate::app::{App, program, waiting};
use crate::domain::kind::{self, Kind, Reference};
use crate::store::waiting::Question;
use crate::store::work::Row;
use askama::Template;
use axum::extract::State;
use axum::response::IntoResponse;
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet};

/// The routes of the page and of the API.
pub fn routes() -> Routes {
    Routes::new().get("/me/work", show).get("/api/v1/me/work", api)
}

#[derive(Template)]
#[template(path = "work/mine.html")]
struct Mine {
    shell: Shell,
    work: Work,
    quiet_only: bool,
    /// What others asked the reader, and what the reader is to put right.
    questions: Vec<Question>,
    mentions: Vec<Mention>,
    nudges: Vec<Told>,
    /// The names of the programs of what is to be put right, by key.
    programs: HashMap<String, String>,
    /// Heading, what it means, and the items; only what has any.
    groups: Vec<(&'static str, Vec<Row>)>,
}

async fn show(State(app): State<App>, Web(ctx): Web, place: Place) -> PageResult {
    let quiet_only = place.ticked("quiet");
    let mut found = work::mine(&app, &ctx, quiet_only).await?;
    let mut shell = place.shell(&ctx, "work");
    if let (Some(viewer), false) = (&mut shell.viewer, quiet_only) {
        viewer.work_count = i64::try_from(found.due()).ok();
    }
    let groups = [
        ("Overdue", std::mem::take(&mut found.overdue)),
        ("Next 14 days", std::mem::take(&mut found.soon)),
        ("Later", std::mem::take(&mut found.later)),
        ("No date", std::mem::take(&mut found.undated)),
    ];
    let groups = groups.into_iter().filter(|(_, rows)| !rows.is_empty()).collect();
    let (questions, mentions, nudges) = if quiet_only {
        (Vec::new(), Vec::new(), Vec::new())
    } else {
        let mentions = mention::mine(&app, &ctx).await?;
        (waiting::questions(&app, &ctx).await?, mentions, nudge::mine(&app, &ctx).await?)
    };
    let programs = if nudges.is_empty() { Vec::new() } else { program::visible(&app, &ctx).await? };
    let programs = programs.into_iter().map(|one| (one.program.key, one.program.name)).collect();
    page(&Mine { shell, work: found, quiet_only, questions, mentions, nudges, programs, groups })
}

fn reference(row: &Row) -> Reference {
    Reference { program: row.program_key.clone(), kind: row.kind, number: row.number }
}

/// Where it is seen to: what is asked of a program that the reader may not see, in a place of its own.
pub fn address(row: &Row) -> String {
    if row.seen { reference(row).path() } else { format!("/me/questions#{}", reference(row)) }
}

/// What it is called.
fn title(row: &Row) -> &str {
    if row.seen { &row.title } else { "A change request of another program" }
}

impl Mine {
    fn href(&self, row: &Row) -> String {
        let place = if row.seen && row.why == "answer" { "#affected" } else { "" };
        format!("{}{place}", self.shell.href(&address(row)))
    }

    fn question(&self, question: &Question) -> String {
        self.shell.href(&question.reference.path())
    }

    fn mention(&self, mention: &Mention) -> String {
        self.shell.href(&mention.reference.path())
    }

    fn told(&self, told: &Told) -> String {
        self.shell.href(&told.path())
    }

    /// Days without a change, where they are too many.
    fn quiet(&self, row: &Row) -> Option<i64> {
        work::is_quiet(row, self.shell.day()).then(|| (self.shell.day() - row.updated_on).num_days())
    }

    /// Whether it is asked to be confirmed as it stands: what has passed doesn't stand.
    fn confirms(&self, row: &Row) -> bool {
        let settled = row.kind == Kind::Report || row.state == kind::State::Approved;
        self.quiet(row).is_some() && !self.overdue(row) && !self.shell.is_past() && !settled
    }

    /// What is to be put right about an own item.
    fn nudged(&self, row: &Row) -> Option<&Told> {
        let reference = reference(row);
        self.nudges.iter().find(|told| told.item().as_ref() == Some(&reference))
    }

    /// What is to be put right and doesn't stand among the own items: there it is said beside them.
    fn others(&self) -> Vec<&Told> {
        let own: HashSet<Reference> = self.groups.iter().flat_map(|(_, rows)| rows).map(reference).collect();
        self.nudges.iter().filter(|told| told.item().is_none_or(|item| !own.contains(&item))).collect()
    }

    fn program_of<'m>(&'m self, told: &'m Told) -> &'m str {
        let key = told.key();
        self.programs.get(key).map_or(key, String::as_str)
    }

    /// Where what waits is answered one after the other, and what to call that; nowhere for what each item has a page for.
    fn one_by_one(&self) -> (String, &'static str) {
        let waits = |why: &str| self.work.waiting.iter().any(|row| row.why == why);
        if waits("decide") {
            (self.shell.href("/me/decisions"), "Decide one by one")
        } else if waits("answer") {
            (self.shell.href("/me/questions"), "Answer one by one")
        } else {
            (String::new(), "")
        }
    }

    fn overdue(&self, row: &Row) -> bool {
        row.next_on.is_some_and(|next| next < self.shell.day())
    }

    fn is_empty(&self) -> bool {
        self.groups.is_empty()
            && self.work.waiting.is_empty()
            && self.questions.is_empty()
            && self.mentions.is_empty()
            && self.nudges.is_empty()
    }
}

/// What is asked of the reader.
fn asked(row: &Row) -> String {
    let side = row.side.as_deref().unwrap_or("your side");
    match row.why.as_str() {
        "decide" => "Decide: it was escalated to you.".to_owned(),
        "approve" => "Approve or reject: it waits for a manager of the program.".to_owned(),
        "answer" => "Answer: if this is approved, something that you need comes too late.".to_owned(),
        "sign" => "Sign: you hold a role that has not signed this gate.".to_owned(),
        "agree" => format!("Agree or reject: you stand for the {side}, who has not agreed."),
        _ => format!("Consent or refuse: a date was changed, and you stand for the {side}."),
    }
}

/// What one's work is filtered and sorted by.
pub const FIELDS: [&str; 10] =
    ["group", "why", "side", "type", "ref", "title", "program", "state", "next_on", "updated_on"];

async fn api(State(app): State<App>, Api(ctx): Api, query: Query) -> ApiResult {
    let found = work::mine(&app, &ctx, false).await?;
    let day = ctx.as_of.filter(|day| *day < ctx.today()).unwrap_or_else(|| ctx.today());
    let groups = [
        ("waiting", &found.waiting),
        ("overdue", &found.overdue),
        ("next_14_days", &found.soon),
        ("later", &found.later),
        ("no_date", &found.undated),
    ];
    let items: Vec<Value> = groups
        .into_iter()
        .flat_map(|(group, rows)| rows.iter().map(move |row| (group, row)))
        .map(|(group, row)| {
            let reference = reference(row);
            json!({
                "group": group, "why": row.why, "side": row.side, "type": row.kind.name(), "ref": reference.to_string(),
                "title": row.seen.then_some(&row.title), "program": row.program_key, "state": row.state.name(), "next_on": row.next_on,
                "updated_on": row.updated_on, "quiet": work::is_quiet(row, day), "version": row.version,
                "url": address(row),
            })
        })
        .collect();
    Ok(query.whole_by(items, &FIELDS, &["group", "why", "side", "ref"])?.into_response())
}
