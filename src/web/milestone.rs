//! Milestones: the list with its slips, the slip chart, and the baselines side by side.

use super::chart::{Slip, Trend, TrendLine, Words, slip_range};
use super::extract::{Form, Place, Web, encode};
use super::form::Fields;
use super::listing::{self, Chip, Choice, Heading, Pages, Tab, median_wd, slip_class, wd};
use super::log::cells::amount;
use super::present::{PageResult, page, page_with};
use super::routes::Routes;
use super::selection::{Selecting, pick};
use super::shell::Shell;
use crate::app::access::{self, Entered};
use crate::app::milestone::{self, Asked, Baselines, Group, LINES, Line, Totals};
use crate::app::{App, Ctx, Error, baseline};
use crate::domain::draft::{Control, Draft, Field, FieldError};
use crate::domain::ids::ItemId;
use crate::domain::kind::{Kind, Reference, State};
use askama::Template;
use axum::extract::{Path, State as Shared};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::{Days, NaiveDate};

/// The routes of the pages.
pub fn routes() -> Routes {
    Routes::new()
        .get("/programs/{key}/milestones", list)
        .get("/programs/{key}/baselines", baselines)
        .post("/programs/{key}/baselines", make_baseline)
}

const KINDS: [(&str, &str); 4] =
    [("delivery", "Delivery"), ("gate", "Gate"), ("release", "Release"), ("external", "External commitment")];

/// The column with what the network says.
const NETWORK: &str = "Network";

const COLUMNS: &[(&str, &str, &str)] = &[
    ("title", "Milestone", ""),
    ("forecast", "Forecast", "num"),
    ("", NETWORK, "num"),
    ("original", "Original", "num"),
    ("slip", "Slip", "num"),
    ("slip_current", "Against current", "num"),
    ("", "From committed to forecast", ""),
    ("owner", "Owner", ""),
    ("project", "Project", ""),
];

#[derive(Template)]
#[template(path = "milestone/list.html")]
struct ListPage {
    shell: Shell,
    place: Place,
    key: String,
    may_raise: bool,
    asked: Asked,
    tabs: Vec<Tab>,
    headings: Vec<Heading>,
    chips: Vec<Chip>,
    kinds: Vec<Choice>,
    projects: Vec<Choice>,
    owners: Vec<Choice>,
    tags: Vec<Choice>,
    totals: Totals,
    lines: Vec<(Line, Option<Slip>)>,
    pages: Pages,
    /// What the box beside each row says, where it can be changed.
    picks: Vec<Option<String>>,
    selecting: Option<Selecting>,
    /// There is no milestone at all.
    none_yet: bool,
    /// Some of these have another committed date than their first.
    rebased: bool,
    /// Something leads to some of these, so that the network says when they are.
    computed: bool,
    by_release: bool,
    /// Shown while nothing narrows the list.
    groups: Vec<Group>,
    trend: Option<Trend>,
    state: String,
}

/// What the query of the list asks for.
fn asked(place: &Place) -> Asked {
    Asked {
        filter: place.filter(),
        kind: place.said("kind"),
        due_from: place.day("due_from"),
        due_to: place.day("due_to"),
        slipped: place.ticked("slipped"),
    }
}

/// All milestones that the list shows by a query, in its order.
pub(super) async fn listed(
    app: &App,
    ctx: &Ctx,
    entered: &Entered,
    place: &Place,
) -> Result<Vec<ItemId>, Error> {
    let mut asked = asked(place);
    asked.filter.page = 0;
    let found = milestone::list(app, ctx, entered, &asked).await?;
    Ok(found.lines.iter().map(|line| line.row.id).collect())
}

async fn list(Shared(app): Shared<App>, Web(ctx): Web, place: Place, Path(key): Path<String>) -> PageResult {
    let entered = access::enter(&app, &ctx, &key).await?;
    let asked = asked(&place);
    let found = milestone::list(&app, &ctx, &entered, &asked).await?;
    let kinds =
        listing::choices("All kinds", &asked.kind, KINDS.map(|(value, label)| (value, label.to_owned())));
    let projects = listing::projects(&asked.filter.project, &found.facets.projects);
    let owners = listing::owners(&asked.filter.owner, &found.facets.owners);
    let tags = listing::tags(&asked.filter.tag, &found.facets.tags);
    let dated = |word: &str, day: Option<NaiveDate>| {
        day.map(|day| format!("{word} {}", show(day))).unwrap_or_default()
    };
    let chips = place.chips(&[
        ("q", listing::quoted(&asked.filter.q)),
        ("project", listing::chosen(&projects)),
        ("owner", listing::chosen(&owners)),
        ("kind", listing::chosen(&kinds)),
        ("tag", asked.filter.tag.clone()),
        ("due_from", dated("Due from", asked.due_from)),
        ("due_to", dated("Due to", asked.due_to)),
        ("slipped", if asked.slipped { "Slipped only".to_owned() } else { String::new() }),
    ]);
    let [open, achieved, cancelled, all] = found.counts;
    let tabs = place.tabs(
        "state",
        &found.state,
        &[
            ("open", "To come", open),
            ("achieved", "Achieved", achieved),
            ("cancelled", "Cancelled", cancelled),
            ("all", "All", all),
        ],
    );
    let day = entered.day();
    let range = slip_range(
        day,
        found.lines.iter().flat_map(|line| line.row.original_on.into_iter().chain(line.ends_on)),
    );
    let shown = found.lines.len();
    let rebased = found.lines.iter().any(|line| line.row.committed_on != line.row.original_on);
    let computed = found.lines.iter().any(|line| line.network.is_some());
    let columns: Vec<_> = COLUMNS
        .iter()
        .filter(|(name, label, _)| (rebased || *name != "slip_current") && (computed || *label != NETWORK))
        .copied()
        .collect();
    let picks: Vec<_> = found
        .lines
        .iter()
        .map(|line| pick(&entered, line.row.open, line.row.owner, line.row.id, line.row.version))
        .collect();
    let selecting = Selecting::of(&app, &entered, &place, &picks).await?;
    let lines = found
        .lines
        .into_iter()
        .map(|line| {
            let slip = slip(&line, range, day);
            (line, slip)
        })
        .collect();
    let narrowed = !chips.is_empty();
    let trend = trend(&entered, &place, found.movers, found.moved);
    page(&ListPage {
        picks,
        selecting,
        shell: place.program_shell(&ctx, &entered, "milestones"),
        key: entered.key().to_owned(),
        may_raise: entered.may_raise(),
        tabs,
        headings: place.headings("forecast", &columns),
        rebased,
        computed,
        kinds,
        projects,
        owners,
        tags,
        totals: found.totals,
        lines,
        pages: place.pages(asked.filter.page, shown, found.total),
        none_yet: all == 0 && !narrowed,
        by_release: found.by_release,
        groups: if narrowed { Vec::new() } else { found.groups },
        trend,
        state: found.state,
        chips,
        asked,
        place,
    })
}

/// The marker line of a milestone: from the original committed date to when it is or was reached.
fn slip(line: &Line, range: (NaiveDate, NaiveDate), day: NaiveDate) -> Option<Slip> {
    let words = match line.slip {
        Some(0) => "on its day".to_owned(),
        Some(slip) if slip > 0 => format!("{slip} working days late"),
        Some(slip) => format!("{} working days early", -slip),
        None => String::new(),
    };
    line.ends_on.map(|ends| {
        Slip::new(range, day, line.row.original_on, ends, line.row.state == State::Achieved, &words)
    })
}

/// The slip chart of the biggest movers.
fn trend(
    entered: &Entered,
    place: &Place,
    movers: Vec<(Line, Vec<(NaiveDate, NaiveDate)>)>,
    moved: usize,
) -> Option<Trend> {
    if movers.is_empty() {
        return None;
    }
    // Where all were reached long ago, the chart ends soon after the last.
    let last = movers.iter().map(|(line, _)| line.row.achieved_on).collect::<Option<Vec<_>>>();
    let last =
        last.and_then(|days| days.into_iter().max()).and_then(|day| day.checked_add_days(Days::new(14)));
    let until = last.map_or(entered.day(), |last| last.min(entered.day()));
    let lines: Vec<_> = movers
        .into_iter()
        .map(|(line, points)| {
            let reference = Reference {
                program: entered.key().to_owned(),
                kind: Kind::Milestone,
                number: line.row.number,
            };
            TrendLine {
                href: on_day(place, &reference.path()),
                name: line.row.title,
                reference: reference.to_string(),
                points,
                achieved: line.row.achieved_on,
            }
        })
        .collect();
    let which = if moved > LINES {
        format!("The {LINES} of these that moved the most, of {moved} that moved. ")
    } else {
        String::new()
    };
    let description = format!(
        "{which}What was forecast, seen from each report date: a flat line holds, a rising one slips, and one that meets the dotted line is reached."
    );
    Some(Trend::new(Words::new("trend", "Milestone trend", description), &lines, until))
}

/// A link that stays on the day that is looked at.
pub(super) fn on_day(place: &Place, path: &str) -> String {
    match place.value("as_of").filter(|day| !day.is_empty()) {
        Some(day) => format!("{path}{}as_of={}", if path.contains('?') { '&' } else { '?' }, encode(&day)),
        None => path.to_owned(),
    }
}

fn show(day: NaiveDate) -> String {
    day.format("%-d %b %Y").to_string()
}

impl ListPage {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "templates hand over references")]
    fn href(&self, number: &i32) -> String {
        self.shell.program_href(&format!("/milestones/{number}"))
    }

    /// The form that raises the first one, for whoever may.
    fn first_step(&self) -> String {
        if self.may_raise { format!("/programs/{}/milestones/new", self.key) } else { String::new() }
    }

    fn groups_title(&self) -> &'static str {
        if self.by_release { "By release" } else { "By project" }
    }

    /// A release or project with a state, or its slipped ones.
    fn group(&self, group: &Group, rest: &str) -> String {
        let name = if self.by_release { "tag" } else { "project" };
        self.shell.program_href(&format!("/milestones?{name}={}{rest}", encode(&group.key)))
    }

    fn clear(&self) -> String {
        self.shell.program_href("/milestones")
    }
}

/// What the form of a baseline asks for beside its fields: from when it holds.
const HOLDS_FROM: Field = Field::new("effective_on", "Holds from", Control::Date).hint("Today if left out.");

#[derive(Template)]
#[template(path = "milestone/baselines.html")]
struct BaselinesPage {
    shell: Shell,
    key: String,
    currency: String,
    found: Baselines,
    pages: Pages,
    tabs: Vec<Tab>,
    /// For a manager: the form.
    form: Option<Fields>,
}

async fn baselines(
    Shared(app): Shared<App>,
    Web(ctx): Web,
    place: Place,
    Path(key): Path<String>,
) -> PageResult {
    let entered = access::enter(&app, &ctx, &key).await?;
    let shell = place.program_shell(&ctx, &entered, "milestones");
    page(&baselines_page(&app, &entered, shell, &place, &Draft::default(), &[]).await?)
}

async fn baselines_page(
    app: &App,
    entered: &Entered,
    shell: Shell,
    place: &Place,
    draft: &Draft,
    errors: &[FieldError],
) -> Result<BaselinesPage, Error> {
    let number = place.filter().page;
    let asked_all = place.said("show") == "all";
    let mut moved_only = !asked_all;
    let mut found = milestone::baselines(app, entered, moved_only, number).await?;
    // Before anything was re-baselined, the original dates are what there is to see.
    if found.moved == 0 && moved_only {
        moved_only = false;
        found = milestone::baselines(app, entered, false, number).await?;
    }
    let tabs = place.tabs(
        "show",
        if moved_only { "" } else { "all" },
        &[("", "Re-baselined", found.moved), ("all", "All with a committed date", found.committed)],
    );
    Ok(BaselinesPage {
        shell,
        key: entered.key().to_owned(),
        currency: entered.program().currency.clone(),

        pages: place.pages(number, found.lines.len(), found.total),
        tabs,
        form: entered
            .may_manage()
            .then(|| Fields::new(baseline::FORM.iter().chain([&HOLDS_FROM]), draft, errors, |_| None)),
        found,
    })
}

async fn make_baseline(
    Shared(app): Shared<App>,
    Web(ctx): Web,
    place: Place,
    Path(key): Path<String>,
    Form(typed): Form,
) -> PageResult {
    let entered = access::enter(&app, &ctx, &key).await?;
    entered.must_manage()?;
    let shell = place.program_shell(&ctx, &entered, "milestones");
    let made: Result<i32, Error> = async {
        // Its reason is a field of the baseline.
        let written = Form(typed.clone()).split(true)?;
        if written.draft.text("reason").trim().is_empty() {
            let refused = Error::refused("reason", "Say why the committed dates move.");
            return Err(refused.with_draft(&written.draft));
        }
        baseline::make(&app, &ctx, &entered, &written.draft, &written.meta).await
    }
    .await;
    match made {
        Ok(_) => {
            Ok(Redirect::to(&format!("/programs/{}/baselines?done=made", entered.key())).into_response())
        }
        Err(Error::Refused(refused)) => {
            let again = baselines_page(&app, &entered, shell, &place, &typed, &refused.errors).await?;
            Ok::<Response, _>(page_with(StatusCode::UNPROCESSABLE_ENTITY, &again)?)
        }
        Err(other) => Err(other.into()),
    }
}

impl BaselinesPage {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "templates hand over references")]
    fn href(&self, number: &i32) -> String {
        self.shell.program_href(&format!("/milestones/{number}"))
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "templates hand over references")]
    fn change(&self, number: &i32) -> String {
        self.shell.program_href(&format!("/changes/{number}"))
    }
}
