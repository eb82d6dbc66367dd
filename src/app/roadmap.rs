//! The roadmap of a program: its milestones and activities with their dates in the plan, grouped by project, and what of other
//! programs they are linked to. It is made once for each beat of the pulse and each day; who reads it, and what they ask for, is
//! decided on it.

mod board;

use super::access::Entered;
use super::cache::{Stamp, What};
use super::list::{Common, Facets, Filter};
use super::plan::Sight;
use super::{App, Ctx, Result};
use crate::domain::ids::{PersonId, ProgramId};
use crate::domain::kind::{Kind, Reference, State};
use crate::domain::plan::Plan;
use crate::domain::schedule::LinkKind;
use crate::store;
use board::Board;
use chrono::NaiveDate;
use std::collections::HashSet;
use std::sync::Arc;

/// Rows on one page of the roadmap, headings included.
pub const ROWS: usize = 300;

/// What the roadmap is asked for.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    pub filter: Filter,
    /// Only items of one kind.
    pub kind: Option<Kind>,
    /// Only what is on a critical path.
    pub critical: bool,
    /// Only what lies, at least in part, in this window.
    pub from: Option<NaiveDate>,
    pub to: Option<NaiveDate>,
}

/// A milestone or an activity on the roadmap.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its place among the groups.
    pub group: usize,
    /// The place of the summary that it is a part of.
    pub above: Option<usize>,
    /// How many summaries it is below.
    pub depth: u8,
    pub program: ProgramId,
    pub reference: Reference,
    pub title: String,
    pub state: State,
    pub open: bool,
    pub project_key: Option<String>,
    pub owner: Option<PersonId>,
    pub tags: Vec<String>,
    /// Others are a part of it.
    pub is_summary: bool,
    /// Of an activity.
    pub start: Option<NaiveDate>,
    pub finish: Option<NaiveDate>,
    /// What was committed first, and what is committed now.
    pub original: Option<NaiveDate>,
    pub committed: Option<NaiveDate>,
    /// Share of the work that is done, 0 to 1.
    pub complete: Option<f64>,
    pub critical: bool,
    /// Total float in working days, of what takes part in the network and is open.
    pub float: Option<i64>,
    /// The last day on which it may finish.
    pub late: Option<NaiveDate>,
    /// Working days after what was committed first.
    pub slip: Option<i64>,
}

/// What entries stand under.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Another program than the one that is entered.
    pub other: bool,
    /// The key of the project or of the other program; empty for what has no project.
    pub key: String,
    pub name: String,
}

/// An end of a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// An entry, by its place.
    Entry(usize),
    /// What is no entry: a dependency.
    Other(ProgramId, Reference),
}

/// A link between entries. Where a dependency stands between two milestones, it is one link through it.
#[derive(Clone, Debug)]
pub struct Tie {
    pub from: End,
    pub to: End,
    pub kind: LinkKind,
    /// As "+ 5 d", or the dependency that it goes through.
    pub lag: String,
    /// It drives its successor on a critical path.
    pub critical: bool,
}

/// A line of the roadmap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    /// The heading of a group, by its place, with the dates that it spans.
    Group(usize, Option<(NaiveDate, NaiveDate)>),
    /// An entry, by its place. One that the filter doesn't leave stands for what is below it, or linked to it.
    Entry(usize, bool),
}

/// One page of the roadmap.
#[derive(Clone, Debug)]
pub struct Found {
    board: Arc<Board>,
    pub lines: Vec<Line>,
    /// Place of the first and last item of this page among those that the filter leaves, counted from 1.
    pub first: usize,
    pub last: usize,
    /// How many items the filter leaves.
    pub total: usize,
    /// How many items the program has.
    pub all: usize,
    /// Pages in all, and which this is, counted from 1.
    pub pages: usize,
    pub page: usize,
    /// Of what the other filters leave: open, closed, all.
    pub counts: [usize; 3],
    pub state: String,
    /// How many of these are critical and late.
    pub critical: usize,
    pub late: usize,
    /// The first and last date of all that the filter leaves, and of what of it is still open.
    pub span: Option<(NaiveDate, NaiveDate)>,
    pub open_span: Option<(NaiveDate, NaiveDate)>,
    /// The day by which nine of ten of these are finished: a zoom that shows up to there shows what matters.
    pub most: Option<NaiveDate>,
    /// Linked items of programs that the reader may not see.
    pub hidden: usize,
    sight: Sight,
}

impl Found {
    #[must_use]
    pub fn entry(&self, place: usize) -> &Entry {
        &self.board.entries[place]
    }

    #[must_use]
    pub fn group(&self, place: usize) -> &Group {
        &self.board.groups[place]
    }

    #[must_use]
    pub fn facets(&self) -> &Facets {
        &self.board.facets
    }

    /// Whether there is more than one group, so that headings say something.
    #[must_use]
    pub fn is_grouped(&self) -> bool {
        self.board.groups.len() > 1
    }

    #[must_use]
    pub fn ties(&self) -> &[Tie] {
        &self.board.ties
    }

    /// The reference of an end, if the reader may know it.
    #[must_use]
    pub fn named<'e>(&'e self, end: &'e End) -> Option<&'e Reference> {
        let (program, reference) = match end {
            End::Entry(place) => (self.entry(*place).program, &self.entry(*place).reference),
            End::Other(program, reference) => (*program, reference),
        };
        self.sight.sees_program(program).then_some(reference)
    }
}

/// The roadmap, one page of it.
///
/// # Errors
/// When the database is away; refused where the network can't be scheduled.
pub async fn show(app: &App, ctx: &Ctx, entered: &Entered, asked: &Asked) -> Result<Found> {
    let plan = super::plan::plan(app, entered).await?;
    let (board, sight) = tokio::try_join!(board(app, entered, &plan), super::plan::sight(app, ctx, &plan))?;
    Ok(find(board, sight, entered, ctx.viewer.person, asked))
}

async fn board(app: &App, entered: &Entered, plan: &Plan) -> Result<Arc<Board>> {
    let program = entered.program();
    let stamp = Stamp { program: program.id, beat: entered.beat(), day: entered.day() };
    if let Some(board) = app.cache.get(stamp, What::Roadmap) {
        return Ok(board);
    }
    let rows = store::roadmap::all(&app.db, program.id, entered.as_of(), stamp.day).await?;
    let board = Arc::new(Board::new(rows, plan, program.id, &program.key, &program.calendar()));
    app.cache.put(stamp, What::Roadmap, &board, board.bytes());
    Ok(board)
}

fn find(board: Arc<Board>, sight: Sight, entered: &Entered, me: PersonId, asked: &Asked) -> Found {
    let own = entered.program().id;
    let words = asked.filter.words(entered.key()).map(str::to_lowercase);
    let left: Vec<usize> = (0..board.entries.len())
        .filter(|place| board.entries[*place].program == own)
        .filter(|place| takes(asked, &board.entries[*place], words.as_deref(), me))
        .collect();
    let open = left.iter().filter(|place| board.entries[**place].open).count();
    let counts = [open, left.len() - open, left.len()];
    let state = match asked.filter.state.as_str() {
        "" if open > 0 => "open".to_owned(),
        "" => "all".to_owned(),
        other => other.to_owned(),
    };
    let taken: HashSet<usize> = left
        .into_iter()
        .filter(|place| {
            let entry = &board.entries[*place];
            Filter::takes_state(&state, entry.state, entry.open)
        })
        .collect();
    let mut beside = HashSet::new();
    for place in &taken {
        let above = |place: &usize| board.entries[*place].above;
        beside.extend(std::iter::successors(above(place), above).filter(|place| !taken.contains(place)));
    }
    let mut hidden = HashSet::new();
    for tie in &board.ties {
        let (End::Entry(from), End::Entry(to)) = (&tie.from, &tie.to) else { continue };
        for (here, there) in [(from, to), (to, from)] {
            let other = &board.entries[*there];
            if !taken.contains(here) || other.program == own {
                continue;
            }
            if !sight.sees_program(other.program) {
                hidden.insert(*there);
            } else if within(asked, other) && asked.kind.is_none_or(|kind| kind == other.reference.kind) {
                beside.insert(*there);
            }
        }
    }
    let spans = |open: bool| {
        let dates = taken.iter().map(|place| &board.entries[*place]).filter(|entry| entry.open || !open);
        dates.flat_map(|entry| [entry.start, entry.finish, entry.original, entry.committed]).flatten().fold(
            None,
            |span: Option<(NaiveDate, NaiveDate)>, day| {
                Some(span.map_or((day, day), |(low, high)| (low.min(day), high.max(day))))
            },
        )
    };
    let mut ends: Vec<NaiveDate> = taken.iter().filter_map(|place| board.entries[*place].finish).collect();
    ends.sort_unstable();
    let most = ends.get(ends.len().saturating_sub(1) * 9 / 10).copied();
    let lines = lines(&board, &taken, &beside);
    let (pages, first, page, rows) = page(&board, &lines, asked.filter.page);
    let shown = rows.iter().filter(|line| matches!(line, Line::Entry(_, true))).count();
    let of = |holds: fn(&Entry) -> bool| taken.iter().filter(|place| holds(&board.entries[**place])).count();
    Found {
        lines: rows,
        first,
        last: first + shown - 1,
        total: taken.len(),
        all: board.entries.iter().filter(|entry| entry.program == own).count(),
        pages,
        page,
        counts,
        critical: of(|entry| entry.critical),
        late: of(|entry| entry.open && entry.slip.is_some_and(|slip| slip > 0)),
        span: spans(false),
        open_span: spans(true),
        most,
        hidden: hidden.len(),
        state,
        sight,
        board,
    }
}

fn takes(asked: &Asked, entry: &Entry, words: Option<&str>, me: PersonId) -> bool {
    let hit = words.is_none_or(|words| {
        entry.title.to_lowercase().contains(words)
            || entry.tags.iter().any(|tag| tag.to_lowercase().contains(words))
            || format!("{}{}", entry.reference.kind.code(), entry.reference.number)
                .eq_ignore_ascii_case(words)
    });
    let common = Common { hit, owner: entry.owner, project: entry.project_key.as_deref(), tags: &entry.tags };
    asked.filter.takes(&common, me)
        && asked.kind.is_none_or(|kind| kind == entry.reference.kind)
        && (!asked.critical || entry.critical)
        && within(asked, entry)
}

/// Whether some of it lies in the window that is asked for. What has no dates lies nowhere.
fn within(asked: &Asked, entry: &Entry) -> bool {
    let (low, high) = (entry.start.or(entry.finish), entry.finish.or(entry.start));
    asked.from.is_none_or(|from| high.is_some_and(|high| high >= from))
        && asked.to.is_none_or(|to| low.is_some_and(|low| low <= to))
}

/// The entries in their order, with a heading above those of each group.
fn lines(board: &Board, taken: &HashSet<usize>, beside: &HashSet<usize>) -> Vec<Line> {
    let mut lines = Vec::new();
    for (group, places) in board.by_group() {
        let shown: Vec<usize> =
            places.filter(|place| taken.contains(place) || beside.contains(place)).collect();
        if shown.is_empty() {
            continue;
        }
        let dates =
            shown.iter().map(|place| &board.entries[*place]).filter(|entry| entry.state != State::Cancelled);
        let low = dates.clone().filter_map(|entry| entry.start.or(entry.finish)).min();
        let high = dates.filter_map(|entry| entry.finish.or(entry.start)).max();
        if board.groups.len() > 1 {
            lines.push(Line::Group(group, low.zip(high).filter(|(low, high)| low < high)));
        }
        lines.extend(shown.into_iter().map(|place| Line::Entry(place, taken.contains(&place))));
    }
    lines
}

/// One page of lines: how many pages there are, the number of its first item, which page it is, and its lines. A page that
/// begins within a group says its heading again, and the summaries that its first line is below.
fn page(board: &Board, lines: &[Line], asked: usize) -> (usize, usize, usize, Vec<Line>) {
    let mut pages: Vec<(usize, Vec<Line>)> = Vec::new();
    let mut page: Vec<Line> = Vec::new();
    let mut before = 0;
    let mut heading = None;
    for line in lines {
        if page.len() == ROWS {
            let items = page.iter().filter(|line| matches!(line, Line::Entry(_, true))).count();
            pages.push((before, std::mem::take(&mut page)));
            before += items;
        }
        match line {
            Line::Group(..) => heading = Some(*line),
            Line::Entry(place, _) if page.is_empty() => {
                page.extend(heading);
                let above = |place: &usize| board.entries[*place].above;
                let mut over: Vec<_> = std::iter::successors(above(place), above)
                    .map(|place| Line::Entry(place, false))
                    .collect();
                over.reverse();
                page.extend(over);
            }
            Line::Entry(..) => {}
        }
        page.push(*line);
    }
    if !page.is_empty() || pages.is_empty() {
        pages.push((before, page));
    }
    let count = pages.len();
    let at = asked.clamp(1, count);
    let (before, lines) = pages.swap_remove(at - 1);
    (count, before + 1, at, lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(group: usize, number: i32, above: Option<usize>) -> Entry {
        Entry {
            group,
            above,
            depth: u8::from(above.is_some()),
            program: ProgramId(uuid::Uuid::nil()),
            reference: Reference { program: "ATLAS".into(), kind: Kind::Activity, number },
            title: String::new(),
            state: State::NotStarted,
            open: true,
            project_key: None,
            owner: None,
            tags: Vec::new(),
            is_summary: false,
            start: None,
            finish: None,
            original: None,
            committed: None,
            complete: None,
            critical: false,
            float: None,
            late: None,
            slip: None,
        }
    }

    #[test]
    fn pages_hold_each_item_once_and_begin_with_what_it_stands_under() {
        let group = |key: &str| Group { other: false, key: key.into(), name: key.into() };
        // A summary with 700 parts, and 50 more in another project.
        let first = (0..=700).map(|number| entry(0, number, (number > 0).then_some(0)));
        let entries: Vec<Entry> = first.chain((701..=750).map(|number| entry(1, number, None))).collect();
        let all = entries.len();
        let board = Board {
            entries,
            groups: vec![group("A"), group("B")],
            ties: Vec::new(),
            facets: Facets::default(),
        };
        let lines = lines(&board, &(0..all).collect(), &HashSet::new());
        let mut seen = Vec::new();
        for number in 1..=3 {
            let (pages, first, at, rows) = page(&board, &lines, number);
            assert_eq!((pages, first, at), (3, seen.len() + 1, number));
            assert!(rows.len() <= ROWS, "{} rows", rows.len());
            assert!(matches!(rows[0], Line::Group(0, _)));
            assert_eq!(rows[1], Line::Entry(0, number == 1), "the summary is said again, and counted once");
            seen.extend(rows.into_iter().filter_map(|line| match line {
                Line::Entry(place, true) => Some(place),
                _ => None,
            }));
        }
        assert_eq!(seen, (0..all).collect::<Vec<_>>());
        assert_eq!(page(&board, &lines, 99).2, 3, "there is no page after the last");
    }
}
