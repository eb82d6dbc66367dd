//! The logs: every kind of item in rows, with filters, order and pages in the address.
//!
//! A page that shows a log beside something else (the risk heat map, the dependency matrix, the slip chart) loads a [`Log`]
//! with [`load`] and puts it in its template as `{{ log|safe }}`.

pub mod cells;
pub mod query;
mod view;

use super::extract::{Place, Web};
use super::figures;
use super::present::{PageResult, page};
use super::routes::Routes;
use super::selection::Selecting;
use super::shell::Shell;
use crate::app::access::{self, Entered};
use crate::app::{self, App, Ctx, Error, measure};
use crate::domain::draft::Named;
use crate::domain::ids::ItemId;
use crate::domain::kind::{Kind, Reference};
use crate::domain::metrics::{Detail, Metric, Unit};
use crate::store::item::{Selection, Sort};
use askama::Template;
use axum::extract::{Path, State as Of};
use cells::Cell;
use chrono::Days;
use query::{Asked, Due, Show};
use serde_json::{Map, Value};
use view::View;

/// The pages of logs. Milestones, risks, dependencies, gates, reports, benefits, stakeholders and lessons have pages of their own.
#[must_use]
pub fn routes() -> Routes {
    Routes::new()
        .get("/programs/{key}/activities", activities)
        .get("/programs/{key}/raid", raid)
        .get("/programs/{key}/assumptions", assumptions)
        .get("/programs/{key}/issues", issues)
        .get("/programs/{key}/decisions", decisions)
        .get("/programs/{key}/changes", changes)
        .get("/programs/{key}/actions", actions)
        .get("/programs/{key}/checks", checks)
        .get("/programs/{key}/releases", releases)
        .get("/programs/{key}/meetings", meetings)
}

macro_rules! logs {
    ($($name:ident $section:literal $heading:literal $kinds:expr;)+) => {$(
        async fn $name(Of(app): Of<App>, Web(ctx): Web, place: Place, Path(key): Path<String>) -> PageResult {
            show(&app, &ctx, &place, &key, $kinds, $section, $heading).await
        }
    )+};
}
logs! {
    activities "activities" "Activities" &[Kind::Activity];
    raid "raid" "RAID log" &Kind::RAID;
    assumptions "raid" "Assumptions" &[Kind::Assumption];
    issues "raid" "Issues" &[Kind::Issue];
    decisions "decisions" "Decisions" &[Kind::Decision];
    changes "changes" "Change requests" &[Kind::Change];
    actions "actions" "Actions" &[Kind::Action];
    checks "gates" "Checks" &[Kind::Check];
    releases "releases" "Releases" &[Kind::Release];
    meetings "meetings" "Meetings" &[Kind::Meeting];
}

#[derive(Template)]
#[template(path = "log/page.html")]
struct LogPage {
    shell: Shell,
    heading: &'static str,
    /// What the log amounts to, in figures, with the page that shows how they come about.
    lead: Option<(String, String)>,
    log: Log,
}

/// The window of the sentence over the decisions, in days: long enough for a program's life. It says so.
const YEARS: i64 = 5 * 365;

/// How long decisions took, and how many wait.
async fn how_long(app: &App, entered: &Entered) -> Result<String, Error> {
    use std::fmt::Write as _;
    let measure = measure::one(app, entered, Metric::DecisionLatency, YEARS).await?;
    let Some(Detail::DecisionLatency(latency)) = &measure.detail else { return Ok(String::new()) };
    let days = |value: Option<f64>| figures::value(value, Unit::WorkingDays);
    let mut words = match latency.decided {
        0 => "No decision of the last 5 years says when it was asked for and when it was made".to_owned(),
        decided => format!(
            "Decided in the last 5 years: {decided} with a known request, median {}, 85 % within {}",
            days(latency.median),
            days(latency.percentile_85)
        ),
    };
    if latency.without_request > 0 {
        let _ = write!(words, "; {} without one", latency.without_request);
    }
    let _ = write!(words, ". {} waiting", latency.waiting.len());
    if let Some(longest) = latency.waiting.iter().filter_map(|wait| wait.at_least_working_days).max() {
        let _ = write!(words, ", the longest for {longest} working days");
    }
    words.push('.');
    Ok(words)
}

async fn show(
    app: &App,
    ctx: &Ctx,
    place: &Place,
    key: &str,
    kinds: &[Kind],
    section: &'static str,
    heading: &'static str,
) -> PageResult {
    let entered = access::enter(app, ctx, key).await?;
    let shell = place.program_shell(ctx, &entered, section);
    let log = load(app, ctx, &entered, &shell, kinds, &place.query).await?;
    let lead = if kinds == [Kind::Decision] {
        let href =
            shell.program_href(&format!("/metrics/{}?window_days={YEARS}", Metric::DecisionLatency.name()));
        Some((how_long(app, &entered).await?, href))
    } else {
        None
    };
    page(&LogPage { shell, heading, lead, log })
}

/// A log, ready to be drawn: tabs, filters, rows, pages.
#[derive(Clone, Debug, Template)]
#[template(path = "log/table.html")]
pub struct Log {
    shell: Shell,
    kinds: Vec<Kind>,
    path: String,
    asked: Asked,
    /// What of the query could not be taken.
    notes: Vec<String>,
    tabs: Vec<Tab>,
    /// What is open, closed, or both: link, label, and whether it is what is shown.
    shows: Vec<(String, &'static str, bool)>,
    chips: Vec<Chip>,
    choices: Choices,
    headings: Vec<Heading>,
    lines: Vec<Line>,
    pages: Pages,
    /// What the selected rows can be given; none where no row can be changed.
    selecting: Option<Selecting>,
    /// Where to make a new item of each kind; empty for who may not.
    pub new: Vec<New>,
}

/// A way to make something new.
#[derive(Clone, Debug)]
pub struct New {
    pub href: String,
    pub label: String,
}

#[derive(Clone, Debug)]
struct Tab {
    href: String,
    label: &'static str,
    count: i64,
    current: bool,
}

#[derive(Clone, Debug)]
struct Chip {
    href: String,
    text: String,
}

/// What the filters offer: (value, label, chosen).
#[derive(Clone, Debug, Default)]
struct Choices {
    states: Vec<(String, String, bool)>,
    owners: Vec<(String, String, bool)>,
    projects: Vec<(String, String, bool)>,
    scores: Vec<(String, String, bool)>,
    dues: Vec<(String, String, bool)>,
}

#[derive(Clone, Debug)]
struct Heading {
    label: &'static str,
    /// The log sorted by this column; empty where it can't be.
    href: String,
    /// `ascending`, `descending` or empty.
    order: &'static str,
    figures: bool,
}

#[derive(Clone, Debug)]
struct Line {
    /// What the box beside it says of it; none for who may not change it.
    pick: Option<String>,
    href: String,
    title: String,
    reference: String,
    closed: bool,
    cells: Vec<(Cell, bool)>,
}

#[derive(Clone, Debug, Default)]
struct Pages {
    first: i64,
    last: i64,
    total: i64,
    previous: Option<String>,
    next: Option<String>,
    /// The same log with the other number of rows a page, and what to call it.
    rows: Option<(String, &'static str)>,
}

/// Loads a log of these kinds as the query asks for it. `raw` is the query of the page, encoded.
///
/// # Errors
/// When the database is away.
pub async fn load(
    app: &App,
    ctx: &Ctx,
    entered: &Entered,
    shell: &Shell,
    kinds: &[Kind],
    raw: &str,
) -> app::Result<Log> {
    let mut asked = Asked::read(raw, kinds);
    let columns = cells::columns(kinds);
    let mut selection = selection(&asked, kinds, entered);
    find_names(app, ctx, entered, &mut asked, &mut selection).await?;
    selection.with_detail = cells::needs_detail(&columns);
    let raid = kinds.iter().all(|kind| Kind::RAID.contains(kind));
    let counts = async {
        if !raid {
            return Ok(Vec::new());
        }
        let all = Selection { kinds: Kind::RAID.to_vec(), ..selection.clone() };
        app::item::counts(app, entered, &all).await
    };
    let listed = app::item::list(app, entered, &selection);
    let ((mut rows, mut total), counts, offered) =
        tokio::try_join!(listed, counts, app::item::offered(app, entered))?;
    if rows.is_empty() && asked.page > 1 {
        asked.notes.push(format!("There is no page {}; this is the first.", asked.page));
        asked.page = 1;
        selection.offset = 0;
        (rows, total) = app::item::list(app, entered, &selection).await?;
    }
    let details = rows.iter().filter_map(|row| row.detail.as_ref()?.as_object());
    let names = app::item::names_in(app, ctx, details).await?;
    let plan = if cells::needs_plan(&columns) { app::plan::if_any(app, entered).await? } else { None };
    let base = format!("/programs/{}", entered.key());
    let view = View { entered, shell, kinds, asked: &asked, offered: &offered, path: path(&base, kinds) };
    let lines = view.lines(&rows, &columns, &names, plan.as_deref());
    let back = view.here();
    let selecting = Selecting::new(entered, &offered, &back, lines.iter().any(|line| line.pick.is_some()));
    Ok(Log {
        shell: shell.clone(),
        kinds: kinds.to_vec(),
        path: view.path.clone(),
        notes: asked.notes.clone(),
        tabs: if raid { view.tabs(&base, &counts) } else { Vec::new() },
        chips: view.chips(),
        choices: view.choices(),
        headings: view.headings(&columns),
        lines,
        selecting,
        shows: view.shows(),
        pages: view.pages(rows.len(), total),
        new: view.new_links(&base),
        asked,
    })
}

/// All items that the log of these kinds shows by a query, in its order.
///
/// # Errors
/// When the database is away.
pub async fn listed(
    app: &App,
    ctx: &Ctx,
    entered: &Entered,
    kinds: &[Kind],
    raw: &str,
) -> app::Result<Vec<ItemId>> {
    let mut asked = Asked::read(raw, kinds);
    let mut selection = selection(&asked, kinds, entered);
    find_names(app, ctx, entered, &mut asked, &mut selection).await?;
    (selection.limit, selection.offset) = (i64::MAX, 0);
    let (rows, _) = app::item::list(app, entered, &selection).await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// The path of the log of these kinds.
#[must_use]
pub fn path(base: &str, kinds: &[Kind]) -> String {
    match kinds {
        [kind] => format!("{base}/{}", kind.plural()),
        _ => format!("{base}/raid"),
    }
}

fn default_sort(kinds: &[Kind]) -> (Sort, bool) {
    if kinds == [Kind::Change] { (Sort::Number, true) } else { (Sort::Next, false) }
}

fn selection(asked: &Asked, kinds: &[Kind], entered: &Entered) -> Selection {
    let (sort, descending) = asked.sort.unwrap_or(default_sort(kinds));
    let day = entered.day();
    let mut open = match asked.shown(kinds) {
        Show::Open => Some(true),
        Show::Closed => Some(false),
        Show::All => None,
    };
    let due_before = asked.due.and_then(|due| match due {
        Due::Overdue => Some(day),
        Due::Within(days) => day.checked_add_days(Days::new(u64::from(days) + 1)),
        Due::Before(day) => Some(day),
    });
    if asked.due == Some(Due::Overdue) {
        open = Some(true);
    }
    Selection {
        kinds: kinds.to_vec(),
        states: asked.states.clone(),
        open,
        tag: Some(asked.tag.clone()).filter(|tag| !tag.is_empty()),
        q: Some(words(&asked.q)).filter(|q| !q.is_empty()),
        score_from: asked.score_from,
        score: asked.score,
        unscored: asked.unscored,
        own: own(asked),
        due_before,
        archived: asked.archived,
        sort,
        descending,
        limit: asked.per,
        offset: (asked.page - 1) * asked.per,
        ..Selection::default()
    }
}

/// What a kind's own values have to be.
fn own(asked: &Asked) -> Option<Value> {
    let steps = [("probability", asked.probability), ("impact", asked.impact)];
    let wanted: Map<String, Value> =
        steps.into_iter().filter_map(|(name, step)| Some((name.to_owned(), Value::from(step?)))).collect();
    (!wanted.is_empty()).then_some(Value::Object(wanted))
}

/// What is looked for; a whole reference is looked for by its number.
fn words(q: &str) -> String {
    Reference::parse(q).map_or_else(|| q.to_owned(), |reference| reference.number.to_string())
}

/// Finds the owner and the project that a query names; what isn't found is said.
async fn find_names(
    app: &App,
    ctx: &Ctx,
    entered: &Entered,
    asked: &mut Asked,
    selection: &mut Selection,
) -> app::Result<()> {
    let mut names = Vec::new();
    match asked.owner.as_str() {
        "" => {}
        "me" => selection.owner = Some(ctx.viewer.person),
        "none" => selection.unowned = true,
        name => names.push(Named::Person(name.to_owned())),
    }
    if !asked.project.is_empty() {
        names.push(Named::Project(asked.project.clone()));
    }
    if names.is_empty() {
        return Ok(());
    }
    let found = app::item::lookup(app, ctx, entered, &names).await?;
    for name in names {
        let unknown = match name {
            Named::Person(name) => {
                selection.owner = found.persons.get(&name.to_lowercase()).copied().map(Into::into);
                selection.owner.is_none().then(|| {
                    asked.owner.clear();
                    format!("Nobody here is “{name}”, so this filter was left out.")
                })
            }
            Named::Project(name) => {
                selection.project = found.projects.get(&name.to_lowercase()).copied().map(Into::into);
                selection.project.is_none().then(|| {
                    asked.project.clear();
                    format!("There is no project “{name}”, so this filter was left out.")
                })
            }
            _ => None,
        };
        asked.notes.extend(unknown);
    }
    Ok(())
}

impl Log {
    /// How many items the whole selection has.
    #[must_use]
    pub const fn total(&self) -> i64 {
        self.pages.total
    }

    /// Whether it is asked for anything but what it shows by itself.
    #[must_use]
    pub fn is_asked(&self) -> bool {
        self.asked.is_filtered() || self.asked.sort.is_some() || self.asked.page > 1 || !self.notes.is_empty()
    }

    /// The log as it shows itself when asked for nothing.
    fn cleared(&self) -> String {
        self.shell.href(&self.path)
    }

    /// The log with what is closed as well.
    fn everything(&self) -> String {
        self.shell.href(&format!("{}{}open=all", self.path, if self.path.contains('?') { '&' } else { '?' }))
    }

    /// The same log as CSV.
    fn csv(&self) -> String {
        let (base, what) = self.path.rsplit_once('/').unwrap_or_default();
        self.shell.href(&self.asked.with(|_| ()).href(&format!("{base}/csv/{what}")))
    }

    fn archive_link(&self) -> String {
        self.shell.href(&self.asked.with(|next| next.archived = true).href(&self.path))
    }

    fn sort_word(&self) -> String {
        self.asked
            .sort
            .map(|(sort, down)| format!("{}{}", if down { "-" } else { "" }, sort.name()))
            .unwrap_or_default()
    }

    fn score_word(&self) -> String {
        self.asked.score.map(|score| score.to_string()).unwrap_or_default()
    }

    /// What this log is for, and what to do first.
    fn purpose(&self) -> (&'static str, &'static str) {
        match self.kinds.as_slice() {
            [Kind::Milestone] => (
                "No milestones yet",
                "A milestone has a committed date and a forecast; the way between them is the slip that everyone asks about. \
                 Begin with the date that was promised.",
            ),
            [Kind::Activity] => (
                "No open activities",
                "An activity is work that takes time. Say how long it is likely to take, then what it waits for: its dates \
                 follow from the network.",
            ),
            [Kind::Risk] => (
                "No open risks",
                "A risk is what may happen and what it would do. Give each an owner and a date by which it must have moved; \
                 score it when you have assessed it.",
            ),
            [Kind::Assumption] => (
                "No untested assumptions",
                "An assumption is what the plan takes for granted. Say what it costs if it is wrong, and by when it must be tested.",
            ),
            [Kind::Issue] => (
                "No open issues",
                "An issue has happened already. Say how severe it is, whom it blocks, and who owes the way out.",
            ),
            [Kind::Dependency] => (
                "No open dependencies",
                "A dependency is a contract: a provider, a consumer, what is given, and by when. Both sides agree to it by name.",
            ),
            [Kind::Decision] => (
                "No decisions wait",
                "Write the question, the options and your recommendation; ask for the decision, and its clock starts.",
            ),
            [Kind::Change] => (
                "No change requests",
                "A change request says what it does to scope, schedule and cost. Approving it makes the new baseline.",
            ),
            [Kind::Gate] => (
                "No gates ahead",
                "A gate is a go / no-go on a day. Give it the checks that have to pass and the roles that sign off.",
            ),
            [Kind::Check] => (
                "No open checks",
                "A check is one criterion of a gate, with somebody who owes the evidence that it is met.",
            ),
            [Kind::Release] => (
                "No releases ahead",
                "A release is launched on a day, by steps that can be taken back. What goes wrong after it is counted here.",
            ),
            [Kind::Report] => (
                "No status reports in the making",
                "A report is drafted from the facts; you add the words, declare a colour, and publish it.",
            ),
            [Kind::Benefit] => (
                "No benefits are tracked",
                "A benefit is a measure that is to change: what it was before, what it is to be by when, and how much it counts.",
            ),
            [Kind::Stakeholder] => (
                "No stakeholders yet",
                "Who has influence on the program or interest in it, where they stand, and how often they hear from you.",
            ),
            [Kind::Meeting] => (
                "No meetings ahead",
                "A meeting has an agenda of what waits. What is decided and taken on in it is written down while it runs.",
            ),
            [Kind::Lesson] => (
                "No open lessons",
                "A lesson says what happened, why, and what is done otherwise from now on.",
            ),
            [Kind::Action] => {
                ("No open actions", "An action is what somebody does by a day, and what it came from.")
            }
            _ => (
                "Nothing is open in this log",
                "Risks, assumptions, issues and dependencies stand here together. Begin with what worries you most.",
            ),
        }
    }
}
