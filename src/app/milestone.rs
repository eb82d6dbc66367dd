//! The milestones of a program: what slipped and by how much, what comes next, and how the baselines moved.

use super::access::Entered;
use super::list::{Common, FacetCount, Facets, Filter, natural, paged, sort_by};
use super::{App, Ctx, Result, plan};
use crate::domain::calendar::Calendar;
use crate::domain::ids::ItemId;
use crate::domain::kind::State;
use crate::domain::metrics;
use crate::store;
use crate::store::baseline::Baseline;
use crate::store::milestone::Row;
use chrono::NaiveDate;
use std::collections::{BTreeMap, HashMap};

/// How many lines the slip chart shows: more can't be told apart.
pub const LINES: usize = 12;
/// How many releases (or projects) are summed up.
const GROUPS: usize = 12;

/// What the list of milestones is asked for.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    pub filter: Filter,
    /// `delivery`, `gate`, `release` or `external`; empty for any.
    pub kind: String,
    pub due_from: Option<NaiveDate>,
    pub due_to: Option<NaiveDate>,
    /// Only those later than their original committed date.
    pub slipped: bool,
}

/// A milestone with its slips.
#[derive(Clone, Debug)]
pub struct Line {
    pub row: Row,
    /// When it was or will be reached: achieved, else the forecast, else the committed date.
    pub ends_on: Option<NaiveDate>,
    /// Working days after the original committed date; negative is early.
    pub slip: Option<i64>,
    /// Working days after the date of the baseline in force.
    pub slip_current: Option<i64>,
    /// What the network says, where something leads to it; and how many working days that is after what is stated.
    pub network: Option<(NaiveDate, i64)>,
}

impl Line {
    fn new(row: Row, calendar: &Calendar) -> Self {
        let ends_on = row.achieved_on.or(row.forecast_on).or(row.committed_on);
        let slip = |from: Option<NaiveDate>| {
            (row.state != State::Cancelled).then(|| Some(calendar.working_days(from?, ends_on?))).flatten()
        };
        let (slip, slip_current) = (slip(row.original_on), slip(row.committed_on));
        Self { row, ends_on, slip, slip_current, network: None }
    }

    /// Its achievement was taken for granted by an import, whose source doesn't tell of it.
    #[must_use]
    pub fn is_assumed(&self) -> bool {
        self.row.tags.iter().any(|tag| tag == "assumed")
    }

    /// Later than the original committed date.
    #[must_use]
    pub fn is_late(&self) -> bool {
        self.slip.is_some_and(|slip| slip > 0)
    }

    fn common(&self) -> Common<'_> {
        Common {
            hit: self.row.hit,
            owner: self.row.owner,
            project: self.row.project_key.as_deref(),
            tags: &self.row.tags,
        }
    }
}

/// What several milestones come to. Working days, against the original committed dates.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Totals {
    pub milestones: usize,
    /// Those that have a slip: a committed date, and not cancelled.
    pub measured: usize,
    pub slipped: usize,
    pub early: usize,
    pub worst: Option<i64>,
    /// Of all that are measured.
    pub median: Option<f64>,
    /// Later than the baseline in force.
    pub slipped_current: usize,
}

impl Totals {
    fn of<'l>(lines: impl Iterator<Item = &'l Line> + Clone) -> Self {
        let mut slips: Vec<_> = lines.clone().filter_map(|line| line.slip).collect();
        slips.sort_unstable();
        Self {
            milestones: lines.clone().count(),
            measured: slips.len(),
            slipped: slips.iter().filter(|slip| **slip > 0).count(),
            early: slips.iter().filter(|slip| **slip < 0).count(),
            worst: slips.last().copied(),
            median: metrics::median(&slips),
            slipped_current: lines.filter(|line| line.slip_current.is_some_and(|slip| slip > 0)).count(),
        }
    }
}

/// The milestones of one release (by tag) or of one project.
#[derive(Clone, Debug)]
pub struct Group {
    /// The tag, or the key of the project.
    pub key: String,
    pub name: String,
    pub totals: Totals,
    pub open: usize,
    /// What of it comes next.
    pub next: Option<Line>,
}

/// The list of milestones, one page of it.
#[derive(Clone, Debug)]
pub struct List {
    pub lines: Vec<Line>,
    /// How many the filter leaves.
    pub total: usize,
    pub totals: Totals,
    /// By state, of what the other filters leave: open, achieved, cancelled, all.
    pub counts: [usize; 4],
    /// The state that is shown: as asked, or what an empty one stood for.
    pub state: String,
    pub facets: Facets,
    /// Whether [`Self::groups`] are releases (tags); otherwise they are projects.
    pub by_release: bool,
    pub groups: Vec<Group>,
    /// The biggest movers that the filter leaves, with what was forecast from which day.
    pub movers: Vec<(Line, Vec<(NaiveDate, NaiveDate)>)>,
    /// How many of what the filter leaves have moved.
    pub moved: usize,
}

/// Lists milestones with their slips, and what the filtered ones come to.
///
/// # Errors
/// When the database is away.
pub async fn list(app: &App, ctx: &Ctx, entered: &Entered, asked: &Asked) -> Result<List> {
    let program = entered.program();
    let rows = store::milestone::all(&app.db, program.id, asked.filter.words(entered.key()), entered.as_of())
        .await?;
    let calendar = program.calendar();
    let mut facets = FacetCount::default();
    for row in &rows {
        facets.project(row.project, row.project_key.as_deref(), row.project_name.as_deref());
        facets.owner(row.owner, row.owner_name.as_deref());
        facets.tags(&row.tags);
    }
    let facets = facets.facets();
    let mut all: Vec<Line> = rows.into_iter().map(|row| Line::new(row, &calendar)).collect();
    if let Some(plan) = plan::if_any(app, entered).await? {
        for line in &mut all {
            let at = plan.find(line.row.id);
            line.network = at.and_then(|ix| Some((plan.computed_on(ix)?, plan.gap(ix).unwrap_or_default())));
        }
    }
    let (by_release, groups) = groups(&all);

    let within = |line: &Line| {
        let due = |ok: &dyn Fn(NaiveDate) -> bool| line.ends_on.is_some_and(ok);
        asked.filter.takes(&line.common(), ctx.viewer.person)
            && (asked.kind.is_empty() || line.row.kind == asked.kind)
            && asked.due_from.is_none_or(|from| due(&|day| day >= from))
            && asked.due_to.is_none_or(|to| due(&|day| day <= to))
            && (!asked.slipped || line.is_late())
    };
    let left: Vec<Line> = all.into_iter().filter(within).collect();
    let count = |state: &str| {
        left.iter().filter(|line| Filter::takes_state(state, line.row.state, line.row.open)).count()
    };
    let counts = [count("open"), count("achieved"), count("cancelled"), left.len()];
    let state = match asked.filter.state.as_str() {
        "" if counts[0] > 0 => "open".to_owned(),
        "" => "all".to_owned(),
        other => other.to_owned(),
    };
    let mut lines: Vec<Line> =
        left.into_iter().filter(|line| Filter::takes_state(&state, line.row.state, line.row.open)).collect();
    let totals = Totals::of(lines.iter());

    let mut movers: Vec<_> = lines.iter().filter(|line| line.slip.is_some_and(|slip| slip != 0)).collect();
    let moved = movers.len();
    movers.sort_by_key(|line| (std::cmp::Reverse(line.slip.map(i64::abs)), line.row.number));
    let movers: Vec<Line> = movers.into_iter().take(LINES).cloned().collect();
    let movers = threads(app, entered, movers).await?;

    order(&mut lines, &asked.filter);
    let total = lines.len();
    Ok(List {
        lines: paged(lines, asked.filter.page),
        total,
        totals,
        counts,
        state,
        facets,
        by_release,
        groups,
        movers,
        moved,
    })
}

/// The fields that the list can be sorted by; the first is the order of itself.
pub const SORTS: [&str; 8] =
    ["forecast", "title", "project", "owner", "original", "committed", "slip", "slip_current"];

fn order(lines: &mut [Line], filter: &Filter) {
    let (field, down) = filter.order();
    match field {
        "title" => lines.sort_by(|a, b| natural(&a.row.title, &b.row.title)),
        "project" => sort_by(lines, down, |line| line.row.project_name.as_deref().map(str::to_lowercase)),
        "owner" => sort_by(lines, down, |line| line.row.owner_name.as_deref().map(str::to_lowercase)),
        "original" => sort_by(lines, down, |line| line.row.original_on),
        "committed" => sort_by(lines, down, |line| line.row.committed_on),
        "slip" => sort_by(lines, down, |line| line.slip),
        "slip_current" => sort_by(lines, down, |line| line.slip_current),
        _ => sort_by(lines, down, |line| line.ends_on),
    }
    if field == "title" && down {
        lines.reverse();
    }
}

/// What was forecast for each, from which day; only what changed is kept.
async fn threads(
    app: &App,
    entered: &Entered,
    movers: Vec<Line>,
) -> Result<Vec<(Line, Vec<(NaiveDate, NaiveDate)>)>> {
    if movers.is_empty() {
        return Ok(Vec::new());
    }
    let items: Vec<ItemId> = movers.iter().map(|line| line.row.id).collect();
    let rows = store::milestone::forecasts(&app.db, entered.program().id, &items, entered.as_of()).await?;
    let mut points: HashMap<ItemId, Vec<(NaiveDate, NaiveDate)>> = HashMap::new();
    for (item, on, forecast) in rows {
        let points = points.entry(item).or_default();
        if points.last().is_none_or(|(_, before)| *before != forecast) {
            points.push((on, forecast));
        }
    }
    Ok(movers
        .into_iter()
        .map(|line| {
            let points = points.remove(&line.row.id).unwrap_or_default();
            (line, points)
        })
        .collect())
}

/// A tag that names a release: `v1.37`, `2.0`, `2026.3`.
fn is_release(tag: &str) -> bool {
    let figures = tag.strip_prefix(['v', 'V']).unwrap_or(tag);
    figures.contains('.')
        && figures.split('.').all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()))
}

/// The milestones summed up by release; by project where no tag names a release.
fn groups(all: &[Line]) -> (bool, Vec<Group>) {
    let mut by: BTreeMap<&str, (&str, Vec<&Line>)> = BTreeMap::new();
    for line in all {
        for tag in line.row.tags.iter().filter(|tag| is_release(tag)) {
            by.entry(tag).or_insert((tag, Vec::new())).1.push(line);
        }
    }
    let by_release = !by.is_empty();
    if !by_release {
        for line in all {
            if let (Some(key), Some(name)) = (&line.row.project_key, &line.row.project_name) {
                by.entry(key).or_insert((name, Vec::new())).1.push(line);
            }
        }
    }
    let mut groups: Vec<Group> = by
        .into_iter()
        .map(|(key, (name, lines))| {
            let open = || lines.iter().filter(|line| line.row.open);
            let next = open().filter(|line| line.ends_on.is_some()).min_by_key(|line| line.ends_on);
            Group {
                key: key.to_owned(),
                name: name.to_owned(),
                totals: Totals::of(lines.iter().copied()),
                open: open().count(),
                next: next.map(|line| (*line).clone()),
            }
        })
        .collect();
    // What comes next stands first; then what is open without a date; then what is done, the latest first.
    let next_on = |group: &Group| group.next.as_ref().and_then(|next| next.ends_on);
    groups.sort_by(|a, b| {
        let rank = |group: &Group| (next_on(group).is_none(), next_on(group), group.open == 0);
        rank(a).cmp(&rank(b)).then_with(|| natural(&b.key, &a.key))
    });
    groups.truncate(GROUPS);
    (by_release, groups)
}

/// The baselines of a program, and what each committed for each milestone.
#[derive(Clone, Debug)]
pub struct Baselines {
    /// The original first.
    pub baselines: Vec<Baseline>,
    /// A milestone and its date in each of the baselines: what a baseline left out keeps the date that it had.
    pub lines: Vec<(Line, Vec<Option<NaiveDate>>)>,
    pub total: usize,
    /// How many milestones have another committed date than the first.
    pub moved: usize,
    /// How many milestones are in any baseline.
    pub committed: usize,
}

/// Compares the baselines of a program; `moved` leaves only what was re-baselined.
///
/// # Errors
/// When the database is away.
pub async fn baselines(app: &App, entered: &Entered, moved: bool, page: usize) -> Result<Baselines> {
    let program = entered.program();
    let baselines = store::baseline::all(&app.db, program.id, entered.as_of()).await?;
    let dates = store::milestone::committed(&app.db, program.id, entered.as_of()).await?;
    let rows = store::milestone::all(&app.db, program.id, None, entered.as_of()).await?;
    let calendar = program.calendar();
    let set: HashMap<(i32, ItemId), NaiveDate> =
        dates.into_iter().map(|(number, item, on)| ((number, item), on)).collect();
    let mut lines: Vec<_> = rows
        .into_iter()
        .filter(|row| row.committed_on.is_some())
        .map(|row| {
            let mut before = None;
            let dates = baselines
                .iter()
                .map(|baseline| {
                    before = set.get(&(baseline.number, row.id)).copied().or(before);
                    before
                })
                .collect();
            (Line::new(row, &calendar), dates)
        })
        .collect();
    let committed = lines.len();
    let rebased = |line: &Line| line.row.original_on != line.row.committed_on;
    let count = lines.iter().filter(|(line, _)| rebased(line)).count();
    lines.retain(|(line, _)| !moved || rebased(line));
    sort_by(&mut lines, false, |(line, _)| line.row.committed_on);
    let total = lines.len();
    Ok(Baselines { baselines, lines: paged(lines, page), total, moved: count, committed })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_is_told_from_other_tags() {
        assert!(["v1.37", "2.0", "V10.2.1"].into_iter().all(is_release));
        assert!(["alpha", "kep-24", "v1", "1.", "v1.x", "2026-Q3"].into_iter().all(|tag| !is_release(tag)));
    }
}
