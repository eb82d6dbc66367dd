//! All that the roadmap of a program may show, before it is known who asks and for what.

use super::{End, Entry, Group, Tie};
use crate::app::list::{FacetCount, Facets, natural};
use crate::domain::calendar::Calendar;
use crate::domain::ids::{ItemId, ProgramId};
use crate::domain::kind::{Kind, Reference, State};
use crate::domain::plan::{self, NodeFact, Of, Plan, PlanLink};
use crate::domain::schedule::{ItemIx, Lag, LinkIx, LinkKind};
use crate::store::roadmap::Row;
use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};

/// About how much memory an entry takes, with its links.
const ENTRY_BYTES: usize = 700;

#[derive(Clone, Debug)]
pub(super) struct Board {
    /// In the order of the roadmap: by group, what is first before what is later, parts below their summary.
    pub entries: Vec<Entry>,
    pub groups: Vec<Group>,
    pub ties: Vec<Tie>,
    pub facets: Facets,
}

/// An entry on its way to its place.
struct Placed {
    entry: Entry,
    item: ItemId,
    parent: Option<ItemId>,
}

impl Board {
    pub fn new(rows: Vec<Row>, plan: &Plan, own: ProgramId, key: &str, calendar: &Calendar) -> Self {
        let mut facets = FacetCount::default();
        for row in &rows {
            facets.project(row.project, row.project_key.as_deref(), row.project_name.as_deref());
            facets.owner(row.owner, row.owner_name.as_deref());
            facets.tags(&row.tags);
        }
        let facets = facets.facets();
        let mut groups: Vec<Group> = rows
            .iter()
            .map(|row| Group {
                other: false,
                key: row.project_key.clone().unwrap_or_default(),
                name: row.project_name.clone().unwrap_or_else(|| "No project".to_owned()),
            })
            .collect();
        let linked: HashSet<ItemIx> = plan.links().iter().flat_map(|link| [link.from, link.to]).collect();
        let ties = ties(plan);
        let others = others(plan, &ties, own);
        groups.extend(others.iter().filter_map(|ix| {
            let program = plan.program(plan.node(*ix).program)?;
            Some(Group { other: true, key: program.key.clone(), name: program.name.clone() })
        }));
        // Projects by name, then what has none, then other programs.
        groups.sort_by(|a, b| {
            (a.other, a.key.is_empty())
                .cmp(&(b.other, b.key.is_empty()))
                .then_with(|| natural(&a.name, &b.name))
                .then_with(|| a.key.cmp(&b.key))
        });
        groups.dedup();
        let places: HashMap<(bool, &str), usize> = groups
            .iter()
            .enumerate()
            .map(|(place, group)| ((group.other, group.key.as_str()), place))
            .collect();
        let place = |other: bool, key: &str| places.get(&(other, key)).copied().unwrap_or_default();
        let dates = Dates { plan, linked: &linked };
        let mut placed: Vec<Placed> = rows
            .into_iter()
            .map(|row| {
                let group = place(false, row.project_key.as_deref().unwrap_or_default());
                dates.own(row, group, own, key, calendar)
            })
            .collect();
        placed.extend(others.iter().map(|ix| {
            let key = plan.program(plan.node(*ix).program).map_or("", |program| program.key.as_str());
            dates.other(*ix, place(true, key))
        }));
        let (entries, at) = ordered(placed, groups.len());
        let ties = ties
            .into_iter()
            .filter(|tie| [tie.from, tie.to].iter().any(|end| plan.node(*end).program == own))
            .map(|tie| {
                let end = |ix: ItemIx| match at.get(&plan.node(ix).item) {
                    Some(place) => End::Entry(*place),
                    None => End::Other(plan.node(ix).program, plan.reference(ix)),
                };
                Tie {
                    from: end(tie.from),
                    to: end(tie.to),
                    kind: tie.kind,
                    lag: tie.lag,
                    critical: tie.critical,
                }
            })
            .collect();
        Self { entries, groups, ties, facets }
    }

    pub fn bytes(&self) -> usize {
        1_000 + self.entries.len() * ENTRY_BYTES
    }

    /// The places of each group's entries.
    pub fn by_group(&self) -> impl Iterator<Item = (usize, std::ops::Range<usize>)> {
        let ends = |group: usize| self.entries.partition_point(|entry| entry.group <= group);
        (0..self.groups.len()).map(move |group| {
            let start = if group == 0 { 0 } else { ends(group - 1) };
            (group, start..ends(group))
        })
    }
}

/// A link of the plan that goes from item to item, or from or to a dependency that has no other end.
struct PlanTie {
    from: ItemIx,
    to: ItemIx,
    kind: LinkKind,
    lag: String,
    critical: bool,
}

fn is_dependency(plan: &Plan, ix: ItemIx) -> bool {
    plan.node(ix).kind == Kind::Dependency
}

/// The links, those into a dependency and out of it made one.
fn ties(plan: &Plan) -> Vec<PlanTie> {
    let engine = plan.engine();
    let mut driving: HashMap<ItemIx, Vec<LinkIx>> = HashMap::new();
    let mut drives = |at: usize, link: &PlanLink| {
        plan.dates(link.from).critical
            && plan.dates(link.to).critical
            && driving
                .entry(link.to)
                .or_insert_with(|| engine.driving(link.to))
                .contains(&LinkIx(u32::try_from(at).unwrap_or(u32::MAX)))
    };
    let mut ties = Vec::new();
    let mut into: HashMap<ItemIx, Vec<(ItemIx, bool)>> = HashMap::new();
    let mut out = into.clone();
    for (at, link) in plan.links().iter().enumerate() {
        let critical = drives(at, link);
        match (is_dependency(plan, link.from), is_dependency(plan, link.to)) {
            (false, false) => ties.push(PlanTie {
                from: link.from,
                to: link.to,
                kind: link.kind,
                lag: lag(link.lag),
                critical,
            }),
            (false, true) => into.entry(link.to).or_default().push((link.from, critical)),
            (true, _) => out.entry(link.from).or_default().push((link.to, critical)),
        }
    }
    for (ix, _) in plan.items().filter(|(ix, _)| is_dependency(plan, *ix)) {
        let none = Vec::new();
        let (into, out) = (into.get(&ix).unwrap_or(&none), out.get(&ix).unwrap_or(&none));
        let tie = |from, to, lag, critical| PlanTie { from, to, kind: LinkKind::FinishStart, lag, critical };
        match (into.is_empty(), out.is_empty()) {
            (true, _) => ties.extend(out.iter().map(|(to, critical)| tie(ix, *to, String::new(), *critical))),
            (_, true) => {
                ties.extend(into.iter().map(|(from, critical)| tie(*from, ix, String::new(), *critical)));
            }
            _ => ties.extend(into.iter().flat_map(|(from, first)| {
                let through = format!("through {}", plan.reference(ix));
                out.iter().map(move |(to, then)| tie(*from, *to, through.clone(), *first && *then))
            })),
        }
    }
    ties
}

/// The milestones and activities of other programs that are linked to the program's own.
fn others(plan: &Plan, ties: &[PlanTie], own: ProgramId) -> Vec<ItemIx> {
    let is_own = |ix: ItemIx| plan.node(ix).program == own;
    let far = ties.iter().filter_map(|tie| match (is_own(tie.from), is_own(tie.to)) {
        (true, false) => Some(tie.to),
        (false, true) => Some(tie.from),
        _ => None,
    });
    let mut others: Vec<ItemIx> = far.filter(|ix| !is_dependency(plan, *ix)).collect();
    others.sort_by_key(|ix| ix.0);
    others.dedup();
    others
}

/// A lag as it is read: "+ 5 d", "− 2 elapsed d", "+ 50 %"; empty for none.
fn lag(lag: Lag) -> String {
    let said = |amount: f64, unit: &str| {
        if amount == 0.0 {
            return String::new();
        }
        let sign = if amount < 0.0 { '−' } else { '+' };
        format!("{sign} {} {unit}", (amount.abs() * 100.0).round() / 100.0)
    };
    match lag {
        Lag::Working(minutes) => said(plan::days(minutes), "d"),
        Lag::Elapsed(minutes) => said(f64::from(minutes) / 1440.0, "elapsed d"),
        Lag::Percent(share) | Lag::ElapsedPercent(share) => said(f64::from(share) / 100.0, "%"),
    }
}

struct Dates<'p> {
    plan: &'p Plan,
    /// What a link begins or ends at.
    linked: &'p HashSet<ItemIx>,
}

impl Dates<'_> {
    fn own(&self, row: Row, group: usize, own: ProgramId, key: &str, calendar: &Calendar) -> Placed {
        let ix = self.plan.find(row.id);
        let node = ix.map(|ix| self.plan.node(ix));
        let committed = ix.and_then(|ix| self.plan.committed_on(ix)).or(row.committed_on);
        let mut entry = Entry {
            group,
            above: None,
            depth: 0,
            program: own,
            reference: Reference { program: key.to_owned(), kind: row.kind, number: row.number },
            title: row.title,
            state: row.state,
            open: row.open,
            project_key: row.project_key,
            owner: row.owner,
            tags: row.tags,
            is_summary: ix.is_some_and(|ix| self.plan.is_summary(ix)),
            start: None,
            finish: row.forecast_on.or(row.committed_on),
            original: row.original_on,
            committed,
            complete: None,
            critical: false,
            float: None,
            late: None,
            slip: None,
        };
        if let Some(ix) = ix {
            self.fill(&mut entry, ix);
        }
        entry.slip = slip(&entry, calendar);
        Placed { entry, item: row.id, parent: node.and_then(parent) }
    }

    fn other(&self, ix: ItemIx, group: usize) -> Placed {
        let node = self.plan.node(ix);
        let mut entry = Entry {
            group,
            above: None,
            depth: 0,
            program: node.program,
            reference: self.plan.reference(ix),
            title: node.title.clone(),
            state: node.state,
            open: self.plan.is_open(ix),
            project_key: None,
            owner: node.owner,
            tags: Vec::new(),
            is_summary: self.plan.is_summary(ix),
            start: None,
            finish: None,
            original: None,
            committed: self.plan.committed_on(ix),
            complete: None,
            critical: false,
            float: None,
            late: None,
            slip: None,
        };
        self.fill(&mut entry, ix);
        // What was committed first in another program is for that program to tell: here only what is committed now.
        entry.slip = self.plan.program(node.program).and_then(|program| slip(&entry, &program.calendar));
        Placed { entry, item: node.item, parent: None }
    }

    /// The dates of the plan, and what follows from them.
    fn fill(&self, entry: &mut Entry, ix: ItemIx) {
        let plan = self.plan;
        if let Of::Activity { own, .. } = &plan.node(ix).of {
            entry.start = Some(plan.starts_on(ix));
            entry.finish = Some(plan.finishes_on(ix));
            entry.complete = (!entry.is_summary).then(|| f64::from(own.percent_complete) / 100.0);
        } else {
            entry.finish = plan.stands_on(ix);
        }
        if plan.is_open(ix) && self.linked.contains(&ix) {
            let dates = plan.dates(ix);
            entry.critical = dates.critical;
            #[expect(clippy::cast_possible_truncation, reason = "minutes fit, so do days")]
            let float = plan::days(dates.total_float).floor() as i64;
            entry.float = Some(float);
            entry.late = Some(plan.latest_on(ix)).filter(|_| float > 0);
        }
    }
}

fn parent(node: &NodeFact) -> Option<ItemId> {
    match &node.of {
        Of::Activity { own, .. } => own.parent.map(ItemId),
        _ => None,
    }
}

/// Working days from what was committed first to when it is reached.
fn slip(entry: &Entry, calendar: &Calendar) -> Option<i64> {
    let from = entry.original.or(entry.committed)?;
    (entry.state != State::Cancelled)
        .then(|| entry.finish.map(|to| calendar.working_days(from, to)))
        .flatten()
}

/// What is first comes first; what has no dates last.
fn by_date(a: &Entry, b: &Entry) -> Ordering {
    let dates = |entry: &Entry| {
        let first = entry.start.or(entry.finish);
        (first.is_none(), first, entry.finish)
    };
    let named = |entry: &Entry| (entry.reference.kind == Kind::Milestone, entry.reference.number);
    dates(a).cmp(&dates(b)).then_with(|| named(a).cmp(&named(b)))
}

/// Entries in the order of the roadmap, and the place of each item.
fn ordered(mut placed: Vec<Placed>, groups: usize) -> (Vec<Entry>, HashMap<ItemId, usize>) {
    placed.sort_by(|a, b| by_date(&a.entry, &b.entry));
    let known: HashMap<ItemId, usize> =
        placed.iter().enumerate().map(|(place, placed)| (placed.item, place)).collect();
    let mut parts: HashMap<usize, Vec<usize>> = HashMap::new();
    let mut roots: Vec<Vec<usize>> = vec![Vec::new(); groups];
    for (place, one) in placed.iter().enumerate() {
        // A part of another project stands with its project.
        let parent = one.parent.and_then(|parent| known.get(&parent).copied());
        match parent.filter(|parent| placed[*parent].entry.group == one.entry.group) {
            Some(parent) => parts.entry(parent).or_default().push(place),
            None => roots[one.entry.group].push(place),
        }
    }
    let mut entries = Vec::with_capacity(placed.len());
    let mut at = HashMap::new();
    // From the last to the first, since the last of a stack comes first.
    let mut way: Vec<(usize, Option<usize>, u8)> =
        roots.into_iter().flatten().rev().map(|place| (place, None, 0)).collect();
    while let Some((place, above, depth)) = way.pop() {
        let new = entries.len();
        at.insert(placed[place].item, new);
        entries.push(Entry { above, depth, ..placed[place].entry.clone() });
        let below = parts.remove(&place).unwrap_or_default();
        way.extend(below.into_iter().rev().map(|part| (part, Some(new), depth.saturating_add(1))));
    }
    (entries, at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::NaiveDate;

    #[test]
    fn a_lag_is_read_with_its_sign_and_unit() {
        for (kept, words) in [
            (Lag::Working(0), ""),
            (Lag::Working(5 * 480), "+ 5 d"),
            (Lag::Working(-240), "− 0.5 d"),
            (Lag::Elapsed(2 * 1440), "+ 2 elapsed d"),
            (Lag::Percent(5_000), "+ 50 %"),
        ] {
            assert_eq!(lag(kept), words);
        }
    }

    fn entry(number: i32, start: Option<&str>, finish: &str) -> Entry {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        Entry {
            group: 0,
            above: None,
            depth: 0,
            program: ProgramId(uuid::Uuid::nil()),
            reference: Reference {
                program: "ATLAS".into(),
                kind: if start.is_some() { Kind::Activity } else { Kind::Milestone },
                number,
            },
            title: String::new(),
            state: State::NotStarted,
            open: true,
            project_key: None,
            owner: None,
            tags: Vec::new(),
            is_summary: false,
            start: start.map(day),
            finish: Some(day(finish)),
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
    fn parts_stand_below_their_summary_in_the_order_of_their_dates() {
        let id = |number: i32| ItemId(uuid::Uuid::from_u128(u128::try_from(number).unwrap()));
        let placed = |entry: Entry, parent: Option<i32>| Placed {
            item: id(entry.reference.number),
            entry,
            parent: parent.map(id),
        };
        let (entries, at) = ordered(
            vec![
                placed(entry(1, Some("2026-03-01"), "2026-03-05"), Some(4)),
                placed(entry(2, None, "2026-02-01"), None),
                placed(entry(3, Some("2026-01-10"), "2026-01-20"), Some(4)),
                placed(entry(4, Some("2026-01-10"), "2026-03-05"), None),
                placed(entry(5, Some("2026-02-01"), "2026-02-03"), None),
            ],
            1,
        );
        let order: Vec<_> = entries.iter().map(|entry| (entry.reference.number, entry.depth)).collect();
        assert_eq!(order, [(4, 0), (3, 1), (1, 1), (2, 0), (5, 0)]);
        assert_eq!((entries[1].above, at[&id(1)]), (Some(0), 2));
    }
}
