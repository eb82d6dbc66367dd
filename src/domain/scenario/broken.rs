//! The dependencies downstream of what a change moves or removes that come after the day by which they are needed.

use super::{Difference, Step};
use crate::domain::ids::{ItemId, ProgramId};
use crate::domain::kind::Kind;
use crate::domain::plan::Plan;
use crate::domain::schedule::ItemIx;
use chrono::NaiveDate;
use std::collections::{BTreeMap, HashSet};

/// A dependency whose needed-by a change breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    pub item: ItemId,
    pub program: ProgramId,
    pub reference: String,
    pub title: String,
    pub needed_by: NaiveDate,
    /// When it comes as planned without the change.
    pub from: Option<NaiveDate>,
    /// When it comes with it; none where what it waits for is removed.
    pub comes_on: Option<NaiveDate>,
}

/// What steps break: dependencies that come later for them, or that hang on what the steps date or drop, and then come after they
/// are needed. What was late already and still is, is among them: the change commits to it.
#[must_use]
pub fn broken(before: &Plan, after: &Plan, difference: &Difference, steps: &[Step]) -> Vec<Broken> {
    let mut found: BTreeMap<(ProgramId, ItemId), Broken> = BTreeMap::new();
    let roots: Vec<ItemId> = steps.iter().flat_map(Step::items).collect();
    for ix in downstream(after, &roots) {
        if let Some(one) = late(before, after, ix) {
            found.insert((one.program, one.item), one);
        }
    }
    for moved in difference.moved.iter().filter(|moved| moved.to > moved.from) {
        if let Some(one) = after.find(moved.of.item).and_then(|ix| late(before, after, ix)) {
            found.insert((one.program, one.item), one);
        }
    }
    let dropped: HashSet<ItemId> = difference.dropped.iter().map(|placed| placed.item).collect();
    for link in before.links() {
        let to = before.node(link.to);
        if to.kind != Kind::Dependency
            || !before.is_open(link.to)
            || !dropped.contains(&before.node(link.from).item)
            || dropped.contains(&to.item)
        {
            continue;
        }
        let Some(needed_by) = before.committed_on(link.to) else { continue };
        let one = Broken { comes_on: None, ..named(before, before, link.to, needed_by) };
        found.insert((one.program, one.item), one);
    }
    let mut list: Vec<Broken> = found.into_values().collect();
    list.sort_by(|a, b| (a.needed_by, &a.reference).cmp(&(b.needed_by, &b.reference)));
    list
}

fn late(before: &Plan, after: &Plan, ix: ItemIx) -> Option<Broken> {
    if after.node(ix).kind != Kind::Dependency || !after.is_open(ix) {
        return None;
    }
    let needed_by = after.committed_on(ix)?;
    (after.finishes_on(ix) > needed_by).then(|| named(before, after, ix, needed_by))
}

fn named(before: &Plan, plan: &Plan, ix: ItemIx, needed_by: NaiveDate) -> Broken {
    let node = plan.node(ix);
    Broken {
        item: node.item,
        program: node.program,
        reference: plan.reference(ix).to_string(),
        title: node.title.clone(),
        needed_by,
        from: before.find(node.item).map(|ix| before.finishes_on(ix)),
        comes_on: Some(plan.finishes_on(ix)),
    }
}

/// The items that wait, directly or not, for any of these.
fn downstream(plan: &Plan, roots: &[ItemId]) -> HashSet<ItemIx> {
    let mut open: Vec<ItemIx> = roots.iter().filter_map(|item| plan.find(*item)).collect();
    let mut found: HashSet<ItemIx> = open.iter().copied().collect();
    let mut after: std::collections::HashMap<ItemIx, Vec<ItemIx>> = std::collections::HashMap::new();
    for link in plan.links() {
        after.entry(link.from).or_default().push(link.to);
    }
    while let Some(ix) = open.pop() {
        for next in after.get(&ix).into_iter().flatten() {
            if found.insert(*next) {
                open.push(*next);
            }
        }
    }
    found
}
