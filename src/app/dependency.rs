//! The dependencies of a program: who owes whom, what is agreed, and what is late.

mod ends;
pub mod voice;

use super::access::Entered;
use super::list::{Common, FacetCount, Facets, Filter, natural, paged, sort_by};
use super::plan::Sight;
use super::{App, Ctx, Result};
use crate::domain::kind::State;
use crate::domain::plan::Plan;
use crate::domain::settings::Thresholds;
use crate::store;
use crate::store::dependency::Row;
use chrono::NaiveDate;
pub use ends::{Ends, Milestone};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// How many providers and consumers the matrix shows; the others are in the list.
pub const SIDES: usize = 14;

/// What the list of dependencies is asked for.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    pub filter: Filter,
    /// As `project:KEY`, `team:Name` or `external:Name`; empty for any.
    pub provider: String,
    pub consumer: String,
    /// Only open ones past needed-by.
    pub overdue: bool,
    /// Only open ones that not both sides have agreed.
    pub unagreed: bool,
}

/// A dependency with what is to be said about it on a day.
#[derive(Clone, Debug)]
pub struct Line {
    pub row: Row,
    /// Calendar days since it was raised, to the day that it was closed.
    pub age: i64,
    /// Calendar days past needed-by, while it is open: also where it is delivered and not accepted (`metrics.md`, 5).
    pub overdue: Option<i64>,
    /// Calendar days by which it is promised after it is needed.
    pub promised_late: Option<i64>,
    /// `red`, `amber`, `green`, or `none` when it is closed.
    pub colour: &'static str,
    /// What the schedule says of it.
    pub ends: Ends,
}

impl Line {
    fn new(row: Row, day: NaiveDate, thresholds: &Thresholds) -> Self {
        let days = |from: NaiveDate, to: NaiveDate| (to - from).num_days();
        let age = days(row.raised_on, row.closed_on.filter(|_| !row.open).unwrap_or(day)).max(0);
        let delivered = row.state == State::Delivered;
        let overdue =
            row.needed_by.filter(|needed| row.open && *needed < day).map(|needed| days(needed, day));
        let promised_late = match (row.needed_by, row.promised_by) {
            // What is delivered can't come late any more.
            (Some(needed), Some(promised)) if row.open && !delivered && promised > needed => {
                Some(days(needed, promised))
            }
            _ => None,
        };
        let soon = row.needed_by.is_some_and(|needed| days(day, needed) < thresholds.dependency_agree_days);
        let colour = match () {
            () if !row.open => "none",
            () if overdue.is_some() || promised_late.is_some() => "red",
            () if (!row.provider_agreed && soon) || row.consent_asked => "amber",
            () => "green",
        };
        Self { row, age, overdue, promised_late, colour, ends: Ends::default() }
    }

    fn common(&self) -> Common<'_> {
        Common { hit: self.row.hit, owner: self.row.owner, project: None, tags: &self.row.tags }
    }

    /// Why it is late or will be, in words; `None` where it isn't, or is closed.
    #[must_use]
    pub fn breach(&self) -> Option<String> {
        let days = |days: i64| format!("{days} day{}", if days == 1 { "" } else { "s" });
        if let Some(late) = self.overdue {
            let delivered =
                if self.row.state == State::Delivered { ", delivered and not accepted" } else { "" };
            return Some(format!("{} past its needed-by date{delivered}", days(late)));
        }
        if let Some(late) = self.promised_late {
            return Some(format!("promised {} after it is needed", days(late)));
        }
        if let Some(late) = self.ends.computed_late {
            return Some(format!("computed {} after it is needed", days(late)));
        }
        let late = self.ends.breaks?;
        let consumer = self.ends.consumer.as_ref().and_then(|consumer| consumer.named.as_ref());
        let name =
            consumer.map_or_else(|| "what waits for it".to_owned(), |(reference, _)| reference.to_string());
        Some(format!("{} after {name} is due", days(late)))
    }

    /// Who of the two sides has agreed.
    #[must_use]
    pub fn agreed(&self) -> &'static str {
        match (self.row.provider_agreed, self.row.consumer_agreed) {
            _ if self.row.consent_asked => "a new date waits",
            (true, true) => "both",
            (true, false) => "provider only",
            (false, true) => "consumer only",
            (false, false) => "none",
        }
    }
}

/// A provider and what it owes: open dependencies of what the filter leaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owing {
    /// As in a filter.
    pub key: String,
    pub name: String,
    pub open: u32,
    pub overdue: u32,
    /// Not agreed by both sides.
    pub unagreed: u32,
    /// Age of the oldest, in days.
    pub oldest: i64,
}

/// A cell of the matrix: indices of provider and consumer, how many, and the worst colour.
pub type Cell = (usize, usize, u32, &'static str);

/// The sides of the matrix, as (key, name), at most [`SIDES`] each, and its cells.
#[derive(Clone, Debug)]
pub struct Sides {
    pub providers: Vec<(String, String)>,
    pub consumers: Vec<(String, String)>,
    pub cells: Vec<Cell>,
}

/// The list of dependencies, one page of it.
#[derive(Clone, Debug)]
pub struct List {
    pub lines: Vec<Line>,
    pub total: usize,
    /// Of what the other filters leave: open, closed, all.
    pub counts: [usize; 3],
    pub state: String,
    pub facets: Facets,
    /// Key, name and number of open dependencies of every provider and consumer.
    pub providers: Vec<(String, String, usize)>,
    pub consumers: Vec<(String, String, usize)>,
    /// Who owes, the most first; all of them.
    pub owing: Vec<Owing>,
    pub matrix: Sides,
    /// Open ones, of what the filter leaves: past needed-by, not agreed by both, promised after needed, mean age in days.
    pub overdue: usize,
    pub unagreed: usize,
    pub promised_late: usize,
    pub mean_age: Option<i64>,
    pub open: usize,
}

/// Lists dependencies, who owes whom, and how old they are.
///
/// # Errors
/// When the database is away.
pub async fn list(app: &App, ctx: &Ctx, entered: &Entered, asked: &Asked) -> Result<List> {
    let all =
        with_ends(app, ctx, entered, lines(app, entered, asked.filter.words(entered.key())).await?).await?;
    let mut facets = FacetCount::default();
    let (mut providers, mut consumers) = (BTreeMap::new(), BTreeMap::new());
    for line in &all {
        let row = &line.row;
        facets.owner(row.owner, row.owner_name.as_deref());
        facets.tags(&row.tags);
        facets.state(row.state);
        for (sides, key, name) in [
            (&mut providers, &row.provider, &row.provider_name),
            (&mut consumers, &row.consumer, &row.consumer_name),
        ] {
            sides.entry(key.clone()).or_insert((name.clone(), 0_usize)).1 += usize::from(row.open);
        }
    }
    let facets = facets.facets();
    let left: Vec<Line> = all.into_iter().filter(|line| takes(asked, line, ctx)).collect();
    let count = |state: &str| {
        left.iter().filter(|line| Filter::takes_state(state, line.row.state, line.row.open)).count()
    };
    let counts = [count("open"), count("closed"), left.len()];
    let state = match asked.filter.state.as_str() {
        "" if counts[0] > 0 => "open".to_owned(),
        "" => "all".to_owned(),
        other => other.to_owned(),
    };
    let open: Vec<&Line> = left.iter().filter(|line| line.row.open).collect();
    let (owing, matrix) = parties(&open);
    let ages: i64 = open.iter().map(|line| line.age).sum();
    let open_count = i64::try_from(open.len()).unwrap_or(i64::MAX);
    let figures = (
        open.iter().filter(|line| line.overdue.is_some()).count(),
        open.iter().filter(|line| is_unagreed(line)).count(),
        open.iter().filter(|line| line.promised_late.is_some()).count(),
        (open_count > 0).then(|| ages / open_count.max(1)),
        open.len(),
    );
    let mut lines: Vec<Line> =
        left.into_iter().filter(|line| Filter::takes_state(&state, line.row.state, line.row.open)).collect();
    order(&mut lines, &asked.filter);
    let total = lines.len();
    let (overdue, unagreed, promised_late, mean_age, open) = figures;
    Ok(List {
        lines: paged(lines, asked.filter.page),
        total,
        counts,
        state,
        facets,
        providers: named(providers),
        consumers: named(consumers),
        owing,
        matrix,
        overdue,
        unagreed,
        promised_late,
        mean_age,
        open,
    })
}

/// All dependencies of a program, by number.
pub(super) async fn lines(app: &App, entered: &Entered, words: Option<&str>) -> Result<Vec<Line>> {
    let program = entered.program();
    let rows = store::dependency::all(&app.db, program.id, words, entered.as_of()).await?;
    let (day, thresholds) = (entered.day(), program.thresholds());
    Ok(rows.into_iter().map(|row| Line::new(row, day, &thresholds)).collect())
}

/// What the schedule says of dependencies that name milestones; without any there is nothing to ask it.
async fn with_ends(app: &App, ctx: &Ctx, entered: &Entered, mut lines: Vec<Line>) -> Result<Vec<Line>> {
    let linked = |line: &Line| line.row.provider_milestone.or(line.row.consumer_milestone).is_some();
    if lines.iter().any(linked) {
        let plan = super::plan::plan(app, entered).await?;
        let sight = super::plan::sight(app, ctx, &plan).await?;
        see_ends(&mut lines, &plan, &sight);
    }
    Ok(lines)
}

/// What the schedule says of dependencies.
pub(super) fn see_ends(lines: &mut [Line], plan: &Arc<Plan>, sight: &Sight) {
    for line in lines {
        line.ends = Ends::new(&line.row, plan, sight);
        if line.colour != "none" && line.breach().is_some() {
            line.colour = "red";
        }
    }
}

fn takes(asked: &Asked, line: &Line, ctx: &Ctx) -> bool {
    asked.filter.takes(&line.common(), ctx.viewer.person)
        && (asked.provider.is_empty() || line.row.provider == asked.provider)
        && (asked.consumer.is_empty() || line.row.consumer == asked.consumer)
        && (!asked.overdue || line.overdue.is_some())
        && (!asked.unagreed || (line.row.open && is_unagreed(line)))
}

fn is_unagreed(line: &Line) -> bool {
    !(line.row.provider_agreed && line.row.consumer_agreed)
}

fn named(sides: BTreeMap<String, (String, usize)>) -> Vec<(String, String, usize)> {
    let mut sides: Vec<_> = sides.into_iter().map(|(key, (name, count))| (key, name, count)).collect();
    sides.sort_by(|a, b| natural(&a.1, &b.1));
    sides
}

/// Who owes the most, and the matrix of those who owe and are owed the most.
fn parties(open: &[&Line]) -> (Vec<Owing>, Sides) {
    let mut owing: HashMap<&str, Owing> = HashMap::new();
    let mut owed: HashMap<&str, (&str, u32)> = HashMap::new();
    for line in open {
        let row = &line.row;
        let entry = owing.entry(&row.provider).or_insert_with(|| Owing {
            key: row.provider.clone(),
            name: row.provider_name.clone(),
            open: 0,
            overdue: 0,
            unagreed: 0,
            oldest: 0,
        });
        entry.open += 1;
        entry.overdue += u32::from(line.overdue.is_some());
        entry.unagreed += u32::from(is_unagreed(line));
        entry.oldest = entry.oldest.max(line.age);
        owed.entry(&row.consumer).or_insert((&row.consumer_name, 0)).1 += 1;
    }
    let mut owing: Vec<Owing> = owing.into_values().collect();
    owing.sort_by(|a, b| {
        (b.open, b.overdue).cmp(&(a.open, a.overdue)).then_with(|| natural(&a.name, &b.name))
    });
    let mut owed: Vec<(&str, (&str, u32))> = owed.into_iter().collect();
    owed.sort_by(|a, b| b.1.1.cmp(&a.1.1).then_with(|| natural(a.1.0, b.1.0)));
    owed.truncate(SIDES);

    let providers: HashMap<&str, usize> =
        owing.iter().take(SIDES).enumerate().map(|(index, owing)| (owing.key.as_str(), index)).collect();
    let consumers: HashMap<&str, usize> =
        owed.iter().enumerate().map(|(index, (key, _))| (*key, index)).collect();
    let mut cells: BTreeMap<(usize, usize), (u32, &'static str)> = BTreeMap::new();
    for line in open {
        if let (Some(provider), Some(consumer)) =
            (providers.get(line.row.provider.as_str()), consumers.get(line.row.consumer.as_str()))
        {
            let cell = cells.entry((*provider, *consumer)).or_insert((0, "green"));
            cell.0 += 1;
            if line.colour == "red" || (line.colour == "amber" && cell.1 != "red") {
                cell.1 = line.colour;
            }
        }
    }
    let cells = cells.into_iter().map(|((p, c), (count, worst))| (p, c, count, worst)).collect();
    let providers = owing.iter().take(SIDES).map(|owing| (owing.key.clone(), owing.name.clone())).collect();
    let consumers = owed.iter().map(|(key, (name, _))| ((*key).to_owned(), (*name).to_owned())).collect();
    (owing, Sides { providers, consumers, cells })
}

/// The fields that the list can be sorted by; the first is the order of itself.
pub const SORTS: [&str; 8] =
    ["needed_by", "title", "provider", "consumer", "promised_by", "age", "state", "owner"];

fn order(lines: &mut [Line], filter: &Filter) {
    let (field, down) = filter.order();
    match field {
        "title" => sort_by(lines, down, |line| Some(line.row.title.to_lowercase())),
        "provider" => sort_by(lines, down, |line| Some(line.row.provider_name.to_lowercase())),
        "consumer" => sort_by(lines, down, |line| Some(line.row.consumer_name.to_lowercase())),
        "owner" => sort_by(lines, down, |line| line.row.owner_name.as_deref().map(str::to_lowercase)),
        "promised_by" => sort_by(lines, down, |line| line.row.promised_by),
        "age" => sort_by(lines, down, |line| Some(line.age)),
        "state" => sort_by(lines, down, |line| Some(line.row.state)),
        _ => sort_by(lines, down, |line| line.row.needed_by),
    }
}
