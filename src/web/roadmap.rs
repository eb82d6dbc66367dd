//! The roadmap: what is planned, by project, held against what was committed.

use super::chart::{
    LinkEnd, LinkKind, Roadmap, RoadmapData, RoadmapKind, RoadmapLink, RoadmapRow, RoadmapState, Words, Zoom,
};
use super::extract::{Place, Web};
use super::listing::{self, Chip, Choice, Pages, Tab};
use super::present::{PageResult, page};
use super::routes::Routes;
use super::shell::Shell;
use crate::app::App;
use crate::app::access::{self, Entered};
use crate::app::roadmap::{self, Asked, End, Entry, Found, Line};
use crate::domain::kind::{Kind, State};
use crate::domain::schedule;
use askama::Template;
use axum::extract::{Path, State as Shared};
use chrono::{Days, NaiveDate};
use std::collections::HashMap;

/// The routes of the page.
pub fn routes() -> Routes {
    Routes::new().get("/programs/{key}/roadmap", show)
}

const KINDS: [(&str, &str); 2] = [("milestone", "Milestones"), ("activity", "Activities")];
const ZOOMS: [(&str, &str, Zoom); 3] =
    [("week", "Week", Zoom::Week), ("month", "Month", Zoom::Month), ("quarter", "Quarter", Zoom::Quarter)];
/// How far back the drawing of what is open goes by itself: what began earlier is cut, and says so.
const BACK: Days = Days::new(60);

#[derive(Template)]
#[template(path = "roadmap/page.html")]
struct RoadmapPage {
    shell: Shell,
    place: Place,
    key: String,
    may_raise: bool,
    asked: Asked,
    tabs: Vec<Tab>,
    zooms: Vec<Switch>,
    /// Turns the lines of links on or off.
    lines: (bool, String),
    chips: Vec<Chip>,
    projects: Vec<Choice>,
    owners: Vec<Choice>,
    kinds: Vec<Choice>,
    tags: Vec<Choice>,
    found: Found,
    pages: Pages,
    roadmap: Option<Roadmap>,
}

/// One of several ways to see the page.
#[derive(Clone, Debug)]
struct Switch {
    href: String,
    label: &'static str,
    current: bool,
}

async fn show(Shared(app): Shared<App>, Web(ctx): Web, place: Place, Path(key): Path<String>) -> PageResult {
    let entered = access::enter(&app, &ctx, &key).await?;
    let asked = Asked {
        filter: place.filter(),
        kind: match place.said("kind").as_str() {
            "milestone" => Some(Kind::Milestone),
            "activity" => Some(Kind::Activity),
            _ => None,
        },
        critical: place.ticked("critical"),
        from: place.day("from"),
        to: place.day("to"),
    };
    let found = roadmap::show(&app, &ctx, &entered, &asked).await?;
    let projects = listing::projects(&asked.filter.project, &found.facets().projects);
    let owners = listing::owners(&asked.filter.owner, &found.facets().owners);
    let tags = listing::tags(&asked.filter.tag, &found.facets().tags);
    let kind = asked.kind.map_or("", Kind::name);
    let kinds = listing::choices("All kinds", kind, KINDS.map(|(value, label)| (value, label.to_owned())));
    let dated = |word: &str, day: Option<NaiveDate>| {
        day.map(|day| format!("{word} {}", day.format("%-d %b %Y"))).unwrap_or_default()
    };
    let chips = place.chips(&[
        ("q", listing::quoted(&asked.filter.q)),
        ("project", listing::chosen(&projects)),
        ("owner", listing::chosen(&owners)),
        ("kind", listing::chosen(&kinds)),
        ("tag", asked.filter.tag.clone()),
        ("from", dated("From", asked.from)),
        ("to", dated("To", asked.to)),
        ("critical", if asked.critical { "Critical only".to_owned() } else { String::new() }),
    ]);
    let day = entered.day();
    let (low, high) = frame(&found, &asked, day);
    let said = place.said("zoom");
    let zoom = ZOOMS.iter().find(|(name, ..)| *name == said).map_or_else(
        || fitting(low, found.most.map_or(high, |most| most.clamp(low, high).max(day))),
        |(.., zoom)| *zoom,
    );
    let links = place.said("links") != "off";
    let drawn = (found.total > 0).then(|| draw(&entered, &found, (low, high), zoom, links));
    page(&RoadmapPage {
        shell: place.program_shell(&ctx, &entered, "roadmap"),
        key: entered.key().to_owned(),
        may_raise: entered.may_raise(),
        tabs: place.open_tabs(&found.state, found.counts),
        zooms: ZOOMS
            .iter()
            .map(|(name, label, of)| Switch {
                href: place.with(&[("zoom", Some(name))]),
                label,
                current: *of == zoom,
            })
            .collect(),
        lines: (links, place.with(&[("links", links.then_some("off"))])),
        projects,
        owners,
        kinds,
        tags,
        pages: pages(&place, &found),
        roadmap: drawn,
        found,
        chips,
        asked,
        place,
    })
}

/// The zoom that shows a stretch of time without much scrolling.
fn fitting(low: NaiveDate, high: NaiveDate) -> Zoom {
    match (high - low).num_days() {
        ..=100 => Zoom::Week,
        101..=600 => Zoom::Month,
        _ => Zoom::Quarter,
    }
}

/// The first and last day to be drawn: as asked, else all that is there; of what is open not much before today.
fn frame(found: &Found, asked: &Asked, day: NaiveDate) -> (NaiveDate, NaiveDate) {
    let span = if found.state == "open" { found.open_span } else { found.span };
    let (low, high) = span.unwrap_or((day, day));
    let earliest = day.checked_sub_days(BACK).unwrap_or(day);
    let low = if found.state == "open" { low.max(earliest) } else { low };
    let (low, high) = if asked.from.is_none() && asked.to.is_none() {
        (low.min(day), high.max(day))
    } else {
        (asked.from.unwrap_or(low), asked.to.unwrap_or(high))
    };
    (low, high.max(low))
}

fn pages(place: &Place, found: &Found) -> Pages {
    let link = |page: usize| place.with(&[("page", Some(page.to_string()).filter(|_| page > 1).as_deref())]);
    Pages {
        first: found.first,
        last: found.last,
        total: found.total,
        previous: (found.page > 1).then(|| link(found.page - 1)),
        next: (found.page < found.pages).then(|| link(found.page + 1)),
    }
}

fn draw(
    entered: &Entered,
    found: &Found,
    (low, high): (NaiveDate, NaiveDate),
    zoom: Zoom,
    links: bool,
) -> Roadmap {
    let rows: Vec<RoadmapRow> = found.lines.iter().map(|line| row(entered, found, *line)).collect();
    let window = Roadmap::framed(low, high, zoom);
    let calendar = entered.program().calendar();
    let off = if zoom == Zoom::Week {
        window
            .0
            .iter_days()
            .take_while(|day| *day <= window.1)
            .filter(|day| !calendar.is_working(*day))
            .collect()
    } else {
        Vec::new()
    };
    let data = RoadmapData {
        rows,
        links: if links { ties(found) } else { Vec::new() },
        window,
        zoom,
        today: entered.day(),
        off,
    };
    let shown = |day: NaiveDate| day.format("%-d %b %Y");
    let description = format!(
        "{} to {}: where each stands now, against what was committed first. Slips and float are in working days.",
        shown(window.0),
        shown(window.1)
    );
    Roadmap::new(Words::new("roadmap", "Timeline", description), data)
}

fn row(entered: &Entered, found: &Found, line: Line) -> RoadmapRow {
    match line {
        Line::Entry(place, _) => entry_row(entered, found, found.entry(place)),
        Line::Group(place, dates) => {
            let group = found.group(place);
            RoadmapRow {
                kind: if group.other { RoadmapKind::Program } else { RoadmapKind::Project },
                // A key that only says the name again is left out.
                reference: if plain(&group.key) == plain(&group.name) {
                    String::new()
                } else {
                    group.key.clone()
                },
                title: group.name.clone(),
                start: dates.map(|(low, _)| low),
                finish: dates.map(|(_, high)| high),
                ..blank()
            }
        }
    }
}

/// A name without what a key can't hold.
fn plain(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

const fn blank() -> RoadmapRow {
    RoadmapRow {
        kind: RoadmapKind::Milestone,
        level: 0,
        reference: String::new(),
        title: String::new(),
        href: String::new(),
        start: None,
        finish: None,
        committed_start: None,
        committed: None,
        original: None,
        complete: None,
        state: RoadmapState::Planned,
        critical: false,
        float: None,
        late_finish: None,
        slip: None,
    }
}

fn entry_row(entered: &Entered, found: &Found, entry: &Entry) -> RoadmapRow {
    let path = entry.reference.path();
    RoadmapRow {
        kind: match entry.reference.kind {
            Kind::Milestone => RoadmapKind::Milestone,
            _ if entry.is_summary => RoadmapKind::Summary,
            _ => RoadmapKind::Activity,
        },
        level: entry.depth.saturating_add(u8::from(found.is_grouped())).min(5),
        reference: entry.reference.to_string(),
        title: entry.title.clone(),
        href: match entered.as_of() {
            Some(day) => format!("{path}?as_of={day}"),
            None => path,
        },
        start: entry.start,
        finish: entry.finish,
        committed: entry.committed,
        original: entry.original.filter(|day| Some(*day) != entry.committed),
        complete: entry.complete,
        state: match entry.state {
            State::Cancelled => RoadmapState::Cancelled,
            _ if !entry.open => RoadmapState::Done,
            State::InProgress => RoadmapState::Started,
            _ => RoadmapState::Planned,
        },
        critical: entry.critical,
        float: entry.float,
        late_finish: entry.late,
        slip: entry.slip,
        ..blank()
    }
}

/// The links of what stands on this page. What a line leads to elsewhere is named where the reader may know it.
fn ties(found: &Found) -> Vec<RoadmapLink> {
    let rows: HashMap<usize, usize> = found
        .lines
        .iter()
        .enumerate()
        .filter_map(|(row, line)| match line {
            Line::Entry(place, _) => Some((*place, row)),
            Line::Group(..) => None,
        })
        .collect();
    let end = |end: &End| match end {
        End::Entry(place) if rows.contains_key(place) => LinkEnd::Row(rows[place]),
        other => LinkEnd::Elsewhere(
            found.named(other).map_or_else(|| "another program".to_owned(), ToString::to_string),
        ),
    };
    let mut ties: Vec<_> = found
        .ties()
        .iter()
        .map(|tie| RoadmapLink {
            kind: match tie.kind {
                schedule::LinkKind::FinishStart => LinkKind::FinishStart,
                schedule::LinkKind::StartStart => LinkKind::StartStart,
                schedule::LinkKind::FinishFinish => LinkKind::FinishFinish,
                schedule::LinkKind::StartFinish => LinkKind::StartFinish,
            },
            from: end(&tie.from),
            to: end(&tie.to),
            lag: tie.lag.clone(),
            critical: tie.critical,
        })
        .filter(|link| matches!(link.from, LinkEnd::Row(_)) || matches!(link.to, LinkEnd::Row(_)))
        .collect();
    // What stands on this page in its order, then what is elsewhere, and what may not be named last.
    ties.sort_by_cached_key(|link| match &link.from {
        LinkEnd::Row(row) => (0, *row, String::new()),
        LinkEnd::Elsewhere(reference) => (1, 0, reference.clone()),
    });
    ties
}

impl RoadmapPage {
    fn clear(&self) -> String {
        self.shell.program_href("/roadmap")
    }

    fn first_step(&self) -> String {
        if self.may_raise { format!("/programs/{}/milestones/new", self.key) } else { String::new() }
    }

    /// What the form of the filters keeps beside them.
    fn kept(&self) -> Vec<(&'static str, String)> {
        let kept = ["state", "zoom", "links"].map(|name| (name, self.place.said(name)));
        let day = self.shell.as_of.map(|day| ("as_of", day.to_string()));
        kept.into_iter().chain(day).filter(|(_, value)| !value.is_empty()).collect()
    }

    fn only(&self, name: &str) -> String {
        self.place.with(&[(name, Some("1")), ("page", None)])
    }
}
