//! The logs: every kind of item in rows, with filters, order and pages in the address.
//!
//! A page that shows a log beside something else (the risk heat map, the dependency matrix, the slip chart) loads a [`Log`]
//! with [`load`] and puts it in its template as `{{ log|safe }}`.

pub mod cells;
pub mod query;

use super::extract::{Place, Web};
use super::present::{PageResult, page};
use super::routes::Routes;
use super::shell::Shell;
use crate::app::access::{self, Entered};
use crate::app::{self, App, Ctx};
use crate::domain::draft::Named;
use crate::domain::kind::{Kind, Reference, State};
use crate::domain::risk::HIGH_SCORE;
use crate::store::item::{Row, Selection, Sort};
use crate::store::lookup::{Names, Offered};
use askama::Template;
use axum::extract::{Path, State as Of};
use cells::{Around, Cell, Column};
use chrono::Days;
use query::{Asked, Due, Show};
use serde_json::{Map, Value};
use std::collections::HashMap;

/// The pages of logs. Milestones, risks and dependencies have pages of their own, with their charts.
#[must_use]
pub fn routes() -> Routes {
    Routes::new()
        .get("/programs/{key}/raid", raid)
        .get("/programs/{key}/assumptions", assumptions)
        .get("/programs/{key}/issues", issues)
        .get("/programs/{key}/decisions", decisions)
        .get("/programs/{key}/changes", changes)
        .get("/programs/{key}/actions", actions)
}

macro_rules! logs {
    ($($name:ident $section:literal $heading:literal $kinds:expr;)+) => {$(
        async fn $name(Of(app): Of<App>, Web(ctx): Web, place: Place, Path(key): Path<String>) -> PageResult {
            show(&app, &ctx, &place, &key, $kinds, $section, $heading).await
        }
    )+};
}
logs! {
    raid "raid" "RAID log" &Kind::RAID;
    assumptions "raid" "Assumptions" &[Kind::Assumption];
    issues "raid" "Issues" &[Kind::Issue];
    decisions "decisions" "Decisions" &[Kind::Decision];
    changes "changes" "Change requests" &[Kind::Change];
    actions "actions" "Actions" &[Kind::Action];
}

#[derive(Template)]
#[template(path = "log/page.html")]
struct LogPage {
    shell: Shell,
    heading: &'static str,
    log: Log,
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
    page(&LogPage { shell, heading, log })
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
    chips: Vec<Chip>,
    choices: Choices,
    headings: Vec<Heading>,
    lines: Vec<Line>,
    pages: Pages,
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
    shows: Vec<(&'static str, &'static str, bool)>,
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
    let (mut rows, mut total) = app::item::list(app, entered, &selection).await?;
    if rows.is_empty() && asked.page > 1 {
        asked.notes.push(format!("There is no page {}; this is the first.", asked.page));
        asked.page = 1;
        selection.offset = 0;
        (rows, total) = app::item::list(app, entered, &selection).await?;
    }
    let details = rows.iter().filter_map(|row| row.detail.as_ref()?.as_object());
    let names = app::item::names_in(app, ctx, details).await?;
    let offered = app::item::offered(app, entered).await?;
    let raid = kinds.iter().all(|kind| Kind::RAID.contains(kind));
    let counts = if raid {
        let all = Selection { kinds: Kind::RAID.to_vec(), ..selection.clone() };
        app::item::counts(app, entered, &all).await?
    } else {
        Vec::new()
    };
    let base = format!("/programs/{}", entered.key());
    let view = View { entered, shell, kinds, asked: &asked, offered: &offered, path: path(&base, kinds) };
    Ok(Log {
        shell: shell.clone(),
        kinds: kinds.to_vec(),
        path: view.path.clone(),
        notes: asked.notes.clone(),
        tabs: if raid { view.tabs(&base, &counts) } else { Vec::new() },
        chips: view.chips(),
        choices: view.choices(),
        headings: view.headings(&columns),
        lines: view.lines(&rows, &columns, &names),
        pages: view.pages(rows.len(), total),
        new: view.new_links(&base),
        asked,
    })
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

/// What the parts of a log are made from.
struct View<'a> {
    entered: &'a Entered,
    shell: &'a Shell,
    kinds: &'a [Kind],
    asked: &'a Asked,
    offered: &'a Offered,
    path: String,
}

impl View<'_> {
    fn link(&self, asked: &Asked) -> String {
        self.shell.href(&asked.href(&self.path))
    }

    fn tabs(&self, base: &str, counts: &[(Kind, i64)]) -> Vec<Tab> {
        let counts: HashMap<_, _> = counts.iter().copied().collect();
        let tab = |label, kinds: &[Kind]| {
            let fits = |state: &State| kinds.iter().any(|kind| kind.states().contains(state));
            let asked = self.asked.with(|next| next.states.retain(fits));
            Tab {
                href: self.shell.href(&asked.href(&path(base, kinds))),
                label,
                count: kinds.iter().filter_map(|kind| counts.get(kind)).sum(),
                current: self.kinds == kinds,
            }
        };
        vec![
            tab("All", &Kind::RAID),
            tab("Risks", &[Kind::Risk]),
            tab("Assumptions", &[Kind::Assumption]),
            tab("Issues", &[Kind::Issue]),
            tab("Dependencies", &[Kind::Dependency]),
        ]
    }

    fn owner_label(&self) -> String {
        let asked = self.asked.owner.as_str();
        match asked {
            "me" => "Mine".into(),
            "none" => "No owner".into(),
            _ => {
                let named = self.offered.people.iter().find(|(id, name, extra)| {
                    id.to_string() == asked || name == asked || extra.as_deref() == Some(asked)
                });
                named.map_or_else(|| asked.to_owned(), |(_, name, _)| name.clone())
            }
        }
    }

    fn project_label(&self) -> String {
        let asked = self.asked.project.as_str();
        let named = self.offered.projects.iter().find(|(id, key, name)| {
            key.eq_ignore_ascii_case(asked) || name.eq_ignore_ascii_case(asked) || id.to_string() == asked
        });
        named.map_or_else(|| asked.to_owned(), |(_, _, name)| name.clone())
    }

    fn chips(&self) -> Vec<Chip> {
        let asked = self.asked;
        let mut chips = Vec::new();
        let mut chip = |on: bool, text: String, off: &dyn Fn(&mut Asked)| {
            if on {
                chips.push(Chip { href: self.link(&asked.with(off)), text });
            }
        };
        chip(!asked.q.is_empty(), format!("“{}”", asked.q), &|a| a.q.clear());
        for state in &asked.states {
            chip(true, format!("State: {}", state.label()), &|a| a.states.retain(|other| other != state));
        }
        if let Some(show) = asked.show {
            chip(true, show_label(show).into(), &|a| a.show = None);
        }
        chip(!asked.owner.is_empty(), format!("Owner: {}", self.owner_label()), &|a| a.owner.clear());
        chip(!asked.project.is_empty(), format!("Project: {}", self.project_label()), &|a| a.project.clear());
        chip(!asked.tag.is_empty(), format!("Tag: {}", asked.tag), &|a| a.tag.clear());
        chip(asked.unscored, "Unscored".into(), &|a| a.unscored = false);
        if let Some(score) = asked.score {
            chip(true, format!("Score {score}"), &|a| a.score = None);
        }
        if let Some(score) = asked.score_from {
            chip(true, format!("Score {score} or more"), &|a| a.score_from = None);
        }
        if let Some(step) = asked.probability {
            chip(true, format!("Probability {step}"), &|a| a.probability = None);
        }
        if let Some(step) = asked.impact {
            chip(true, format!("Impact {step}"), &|a| a.impact = None);
        }
        if let Some(due) = asked.due {
            chip(true, due.label(), &|a| a.due = None);
        }
        chip(asked.archived, "Archived".into(), &|a| a.archived = false);
        chips
    }

    fn choices(&self) -> Choices {
        let asked = self.asked;
        let shown = asked.shown(self.kinds);
        let all = |value: &str, label: &str, taken: bool| (value.to_owned(), label.to_owned(), taken);
        let mut states: Vec<(String, String, bool)> = vec![all("", "Any", asked.states.is_empty())];
        for state in self.kinds.iter().flat_map(|kind| kind.states()) {
            if !states.iter().any(|(name, ..)| name == state.name()) {
                states.push(all(state.name(), state.label(), asked.states == [*state]));
            }
        }
        if asked.states.len() > 1 {
            let names: Vec<_> = asked.states.iter().map(|state| state.name()).collect();
            let labels: Vec<_> = asked.states.iter().map(|state| state.label()).collect();
            states.push((names.join(","), labels.join(" or "), true));
        }
        let label = self.owner_label();
        let mut owners = vec![
            all("", "Anyone", asked.owner.is_empty()),
            all("me", "Me", asked.owner == "me"),
            all("none", "No owner", asked.owner == "none"),
        ];
        let fixed = ["", "me", "none"].contains(&asked.owner.as_str());
        owners.extend(
            self.offered
                .people
                .iter()
                .map(|(id, name, _)| (id.to_string(), name.clone(), !fixed && *name == label)),
        );
        let project = self.project_label();
        let mut projects = vec![all("", "Any", asked.project.is_empty())];
        projects.extend(
            self.offered.projects.iter().map(|(_, key, name)| (key.clone(), name.clone(), *name == project)),
        );
        let risks = self.kinds == [Kind::Risk];
        let mut scores = Vec::new();
        if risks {
            let from = |score: i16, word: &str| {
                (format!("{score}+"), format!("{word} ({score} or more)"), asked.score_from == Some(score))
            };
            scores = vec![
                all("", "Any", asked.score.is_none() && asked.score_from.is_none() && !asked.unscored),
                from(HIGH_SCORE, "High"),
                from(cells::MEDIUM_SCORE, "Medium up"),
                all("none", "Unscored", asked.unscored),
            ];
        }
        let mut dues = vec![all("", "Any time", asked.due.is_none())];
        for due in [Due::Overdue, Due::Within(7), Due::Within(14), Due::Within(30)] {
            dues.push((due.word(), due.label(), asked.due == Some(due)));
        }
        if let Some(due) = asked.due.filter(|due| !dues.iter().any(|(word, ..)| *word == due.word())) {
            dues.push((due.word(), due.label(), true));
        }
        let itself = asked.with(|next| next.show = None).shown(self.kinds);
        let shows = [("yes", Show::Open), ("no", Show::Closed), ("all", Show::All)];
        Choices {
            shows: shows
                .map(|(name, show)| (if show == itself { "" } else { name }, show_label(show), shown == show))
                .to_vec(),
            states,
            owners,
            projects,
            scores,
            dues,
        }
    }

    fn headings(&self, columns: &[Column]) -> Vec<Heading> {
        let (by, down) = self.asked.sort.unwrap_or(default_sort(self.kinds));
        let heading = |label, sort: Option<Sort>, figures| {
            let current = sort == Some(by);
            Heading {
                label,
                href: sort
                    .map(|sort| {
                        self.link(&self.asked.with(|next| next.sort = Some((sort, current && !down))))
                    })
                    .unwrap_or_default(),
                order: match (current, down) {
                    (true, false) => "ascending",
                    (true, true) => "descending",
                    _ => "",
                },
                figures,
            }
        };
        std::iter::once(heading("Item", Some(Sort::Number), false))
            .chain(columns.iter().map(|column| heading(column.label, column.sort, column.figures)))
            .collect()
    }

    fn lines(&self, rows: &[Row], columns: &[Column], names: &Names) -> Vec<Line> {
        let program = self.entered.program();
        let (calendar, thresholds) = (program.calendar(), program.thresholds());
        let around = Around {
            names,
            calendar: &calendar,
            thresholds: &thresholds,
            day: self.entered.day(),
            currency: &program.currency,
        };
        rows.iter()
            .map(|row| {
                let reference =
                    Reference { program: program.key.clone(), kind: row.kind, number: row.number };
                let cell = |column: &Column| match cells::cell(column.what, row, &around) {
                    Cell::Link { href, text } => (Cell::Link { href: self.shell.href(&href), text }, false),
                    cell => (cell, column.figures),
                };
                Line {
                    href: self.shell.href(&reference.path()),
                    title: row.title.clone(),
                    reference: reference.to_string(),
                    closed: !row.open,
                    cells: columns.iter().map(cell).collect(),
                }
            })
            .collect()
    }

    fn pages(&self, rows: usize, total: i64) -> Pages {
        let asked = self.asked;
        let before = (asked.page - 1) * asked.per;
        let last = before + i64::try_from(rows).unwrap_or(0);
        let turn = |page| {
            let mut next = asked.with(|_| {});
            next.page = page;
            self.link(&next)
        };
        let other = |rows| self.link(&asked.with(|next| next.per = rows));
        Pages {
            first: before + 1,
            last,
            total,
            previous: (asked.page > 1).then(|| turn(asked.page - 1)),
            next: (last < total).then(|| turn(asked.page + 1)),
            rows: (total > query::ROWS).then(|| {
                if asked.per == query::ROWS {
                    (other(100), "100 a page")
                } else {
                    (other(query::ROWS), "50 a page")
                }
            }),
        }
    }

    fn new_links(&self, base: &str) -> Vec<New> {
        if !self.entered.may_raise() {
            return Vec::new();
        }
        let new = |kind: &Kind| New {
            href: format!("{base}/{}/new", kind.plural()),
            label: format!("New {}", kind.label().to_lowercase()),
        };
        self.kinds.iter().map(new).collect()
    }
}

const fn show_label(show: Show) -> &'static str {
    match show {
        Show::Open => "Open",
        Show::Closed => "Closed",
        Show::All => "Open and closed",
    }
}

impl Log {
    /// How many items the whole selection has.
    #[must_use]
    pub const fn total(&self) -> i64 {
        self.pages.total
    }

    /// The log as it shows itself when asked for nothing.
    fn cleared(&self) -> String {
        self.shell.href(&self.path)
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
