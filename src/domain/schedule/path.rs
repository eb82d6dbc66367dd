//! Why items are when they are: what drives them, the longest path, those near to it, and what takes their float.

use super::network::{EVER, Edge, Kind, NEVER, Node, Phase, Pin, at};
use super::pass::{Asked, Ends};
use super::time::Clock;
use super::{Constraint, Engine, ItemIx, LinkIx, Moment};
use std::collections::{BinaryHeap, HashSet};

/// A path to an item, from where it begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Near {
    pub items: Vec<ItemIx>,
    /// How far the path could slip before it moved the item: the slack of its links, each in minutes of its successor's axis.
    pub float: i64,
}

/// What takes the float of an item below zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cause {
    /// The item that is asked to be earlier than it can.
    pub item: ItemIx,
    pub why: Why,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    Constraint(Constraint),
    Deadline(Moment),
}

/// A node, at its start or its finish; an item is one place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    node: u32,
    finish: bool,
}

impl Place {
    fn index(self) -> usize {
        2 * at(self.node) + usize::from(self.finish)
    }
}

/// One step back from a place.
#[derive(Clone, Copy, Debug)]
struct Step {
    to: Place,
    slack: i64,
    link: Option<LinkIx>,
}

/// Working minutes between two moments of a summary; not none where its items, in other calendars, may work between them.
fn apart(clock: &Clock, earlier: Moment, later: Moment) -> i64 {
    let work = i64::from(clock.work_at(later)) - i64::from(clock.work_at(earlier));
    work.max(i64::from(earlier < later))
}

/// Whether a path begins where these are the steps back: no link drives it.
fn begins(steps: &[Step]) -> bool {
    steps.iter().all(|step| step.slack != 0)
}

/// How many unfinished paths are looked at in the search of those of least float.
const PATIENCE: usize = 200_000;

impl Engine {
    /// The links that determine when an item, or what remains of it, starts. None: its constraint, its progress or the start of
    /// the network does. Of a summary: those of its first item.
    #[must_use]
    pub fn driving(&self, item: ItemIx) -> Vec<LinkIx> {
        let Some(mut places) = self.place(item, false).map(|place| vec![place]) else { return vec![] };
        let mut links = vec![];
        while let Some(place) = places.pop() {
            for step in self.steps(place).into_iter().filter(|step| step.slack == 0) {
                match step.link {
                    Some(link) => links.push(link),
                    None => places.push(step.to),
                }
            }
        }
        links.sort_unstable();
        links.dedup();
        links
    }

    /// The longest path to an item: each the driving predecessor of the next, the item last (of a summary, its last item).
    #[must_use]
    pub fn path_to(&self, item: ItemIx) -> Vec<ItemIx> {
        let mut path = vec![];
        let mut next = self.place(item, true);
        while let Some(place) = next {
            let node = &self.plan.graph.nodes[at(place.node)];
            if node.kind == Kind::Item {
                path.push(ItemIx(node.item));
            }
            let steps = self.steps(place).into_iter().filter(|step| step.slack == 0);
            next = steps.min_by_key(|step| self.plan.graph.nodes[at(step.to.node)].item).map(|step| step.to);
        }
        path.reverse();
        path
    }

    /// At most `count` paths to an item, those of least float first. A path begins with an item that no link drives.
    #[must_use]
    pub fn near_critical(&self, item: ItemIx, count: usize) -> Vec<Near> {
        let Some(target) = self.place(item, true) else { return vec![] };
        let least = self.least_slack(target);
        // Of equal paths the longer one first: it is nearer to being whole.
        let mut open = BinaryHeap::from([(std::cmp::Reverse(least[target.index()].unwrap_or(0)), 0_usize)]);
        // (place, slack up to the target, the one that led to it)
        let mut seen: Vec<(Place, i64, usize)> = vec![(target, 0, 0)];
        let mut found: Vec<Near> = vec![];
        let mut known = HashSet::new();
        while let Some((_, at_path)) = open.pop() {
            let (place, slack, _) = seen[at_path];
            let steps = self.steps(place);
            if begins(&steps) {
                let items = self.items_of(&seen, at_path);
                if known.insert(items.clone()) {
                    found.push(Near { items, float: slack });
                }
            }
            if found.len() >= count || seen.len() > PATIENCE {
                break;
            }
            for step in steps {
                let so_far = slack + step.slack;
                let whole = so_far + least[step.to.index()].unwrap_or(0);
                open.push((std::cmp::Reverse(whole), seen.len()));
                seen.push((step.to, so_far, at_path));
            }
        }
        found
    }

    /// The items of a path that was walked back, from where it begins.
    fn items_of(&self, seen: &[(Place, i64, usize)], mut index: usize) -> Vec<ItemIx> {
        let mut items = vec![];
        loop {
            let (place, _, next) = seen[index];
            let node = &self.plan.graph.nodes[at(place.node)];
            if node.kind == Kind::Item {
                items.push(ItemIx(node.item));
            }
            if index == 0 {
                return items;
            }
            index = next;
        }
    }

    /// For each place that leads to the target: the least slack of a path to it from where one begins.
    fn least_slack(&self, target: Place) -> Vec<Option<i64>> {
        let mut least = vec![None; 2 * self.plan.graph.nodes.len()];
        let mut wanted = vec![false; least.len()];
        wanted[target.index()] = true;
        let places =
            (0..=target.node).rev().flat_map(|node| [true, false].map(|finish| Place { node, finish }));
        for place in places.clone() {
            if wanted[place.index()] {
                for step in self.steps(place) {
                    wanted[step.to.index()] = true;
                }
            }
        }
        let mut places: Vec<Place> = places.collect();
        places.reverse();
        for place in places {
            if wanted[place.index()] {
                let steps = self.steps(place);
                let before = steps.iter().filter_map(|step| Some(least[step.to.index()]? + step.slack)).min();
                least[place.index()] =
                    Some(if begins(&steps) { before.unwrap_or(0).min(0) } else { before.unwrap_or(0) });
            }
        }
        least
    }

    /// For every item, by how much it can slip before it moves the chosen one: minutes of its axis; none for those that don't
    /// lead to it, or only through what must be on a day. Of a summary: the least of its items.
    #[must_use]
    pub fn toward(&self, item: ItemIx) -> Vec<Option<i32>> {
        let graph = &self.plan.graph;
        let mut floats = vec![None; self.network.items.len()];
        let Some(target) = self.place(item, true) else { return floats };
        let mut late = vec![Ends::EVER; graph.nodes.len()];
        for index in (0..=target.node).rev() {
            let node = &graph.nodes[at(index)];
            let mut ends = match node.kind {
                _ if index < target.node => {
                    self.pass().backward(index, &self.plan.early, &late, |_| EVER, false)
                }
                Kind::Item => self.plan.scheduled(index),
                _ => Ends { start: EVER, finish: self.plan.early[at(index)].finish },
            };
            if node.kind == Kind::Item && ends.finish != EVER {
                let clock = self.pass().axis(node);
                let finish = self.plan.scheduled(index).finish;
                let float = clock.work_at(ends.finish).saturating_sub(clock.work_at(finish));
                floats[at(node.item)] = Some(float);
                if node.pin != Pin::Free {
                    // What it follows doesn't move it, nor through it the chosen one.
                    ends = Ends::EVER;
                }
            }
            late[at(index)] = ends;
        }
        // From the innermost summaries outwards: the span of a summary comes after all of its items.
        for node in graph.nodes.iter().filter(|node| node.kind == Kind::Span) {
            floats[at(node.item)] =
                graph.children.of(node.item).iter().filter_map(|&child| floats[at(child)]).min();
        }
        floats
    }

    /// The constraint or the deadline that an item with negative float is too late for.
    #[must_use]
    pub fn cause_of_negative_float(&self, item: ItemIx) -> Option<Cause> {
        let graph = &self.plan.graph;
        if self.dates(item).total_float >= 0 {
            return None;
        }
        let leaves = graph.below(item.0).into_iter().filter(|&item| graph.children.of(item).is_empty());
        let worst = leaves.min_by_key(|&item| self.dates(ItemIx(item)).total_float)?;
        let mut index = graph.first[at(worst)];
        // Each step goes on in topological order, so it ends.
        loop {
            if let Some(cause) = self.own_cause(index) {
                return Some(cause);
            }
            index = self.takes_float(index)?;
        }
    }

    /// The cap of an item itself, where it is what makes its late dates.
    fn own_cause(&self, index: u32) -> Option<Cause> {
        let node = &self.plan.graph.nodes[at(index)];
        let late = self.plan.late[at(index)].finish;
        let makes = |start_cap, finish_cap| {
            let only = Node { start_cap, finish_cap, ..*node };
            let asked = Asked { start: EVER, finish: EVER };
            (start_cap, finish_cap) != (EVER, EVER) && self.pass().latest(&only, asked, true).finish == late
        };
        let by_start = makes(node.start_cap, EVER);
        let by_finish = makes(EVER, node.finish_cap);
        if !by_start && !by_finish {
            return None;
        }
        let mut of = Some(ItemIx(node.item));
        while let Some(ix) = of {
            let item = &self.network.items[at(ix.0)];
            let holds = match item.constraint {
                Constraint::StartNoLaterThan(moment) | Constraint::MustStartOn(moment) => {
                    by_start && moment == node.start_cap
                }
                Constraint::FinishNoLaterThan(moment) => by_finish && moment == node.finish_cap,
                Constraint::MustFinishOn(moment) => {
                    by_finish && moment == node.finish_cap || by_start && moment == node.start_cap
                }
                _ => false,
            };
            if holds {
                return Some(Cause { item: ix, why: Why::Constraint(item.constraint) });
            }
            if let Some(deadline) = item.deadline.filter(|&deadline| by_finish && deadline == node.finish_cap)
            {
                return Some(Cause { item: ix, why: Why::Deadline(deadline) });
            }
            of = item.parent;
        }
        None
    }

    /// The follower that makes the late dates of an item.
    fn takes_float(&self, index: u32) -> Option<u32> {
        let (graph, pass) = (&self.plan.graph, self.pass());
        let node = &graph.nodes[at(index)];
        let late = self.plan.late[at(index)].finish;
        let mut left = index;
        while let Some(leaving) = graph.nodes.get(at(left)) {
            for edge in graph.leaving(left).filter(|edge| !edge.gone) {
                let by = pass.allows(edge, self.plan.late[at(edge.to)]);
                let asked = if edge.leaves_finish() {
                    Asked { start: EVER, finish: by }
                } else {
                    Asked { start: by, finish: EVER }
                };
                if by != EVER && pass.latest(node, asked, false).finish == late {
                    return self.within(edge.to, edge.enters_start());
                }
            }
            left = leaving.span;
        }
        None
    }

    /// The item of a summary that asks the most of what precedes the summary.
    fn within(&self, mut index: u32, start: bool) -> Option<u32> {
        let graph = &self.plan.graph;
        let by = |index: u32| {
            let ends = self.pass().needs_by(&graph.nodes[at(index)], self.plan.late[at(index)]);
            if start { ends.start } else { ends.finish }
        };
        while graph.nodes.get(at(index))?.kind != Kind::Item {
            let asked = by(index);
            let mut children =
                graph.children.of(graph.nodes[at(index)].item).iter().map(|&child| graph.first[at(child)]);
            index = children.find(|&child| by(child) == asked)?;
        }
        Some(index)
    }

    fn place(&self, item: ItemIx, finish: bool) -> Option<Place> {
        if let Some(node) = self.node(item) {
            return Some(Place { node, finish: false });
        }
        self.has(item).then(|| Place { node: self.plan.graph.last[at(item.0)], finish })
    }

    /// What a place follows, and by how much it could be nearer.
    fn steps(&self, place: Place) -> Vec<Step> {
        let (graph, early, pass) = (&self.plan.graph, &self.plan.early, self.pass());
        let node = &graph.nodes[at(place.node)];
        let ends = early[at(place.node)];
        let back = |edge: &Edge, slack: i64| {
            let finish = graph.nodes[at(edge.from)].kind == Kind::Span && edge.leaves_finish();
            Step { to: Place { node: edge.from, finish }, slack, link: Some(LinkIx(edge.link)) }
        };
        let entering = graph.entering(place.node).iter().filter(|edge| !edge.gone);
        let above = early.get(at(node.gate));
        match node.kind {
            // What must be on a day is there whatever it follows.
            Kind::Item if node.phase == Phase::Done || node.pin != Pin::Free || !pass.bound(node) => vec![],
            Kind::Item => {
                let clock = pass.axis(node);
                let finish = i64::from(clock.work_at(ends.finish));
                let slack =
                    |work: i64, start: bool| finish - work - if start { i64::from(node.work) } else { 0 };
                let links = entering.map(|edge| {
                    let asked = pass.asks_position(edge, node, early) >> 1;
                    back(edge, slack(asked, edge.enters_start()))
                });
                let mut steps: Vec<Step> = links.collect();
                for (moment, start) in
                    above.into_iter().flat_map(|gate| [(gate.start, true), (gate.finish, false)])
                {
                    if moment != NEVER {
                        let slack = slack(clock.work_at(moment).into(), start);
                        steps.push(Step { to: Place { node: node.gate, finish: !start }, slack, link: None });
                    }
                }
                steps
            }
            Kind::Gate => {
                let clock = &graph.clocks[at(node.calendar)];
                let asked = if place.finish { ends.finish } else { ends.start };
                let slack = |moment| apart(clock, moment, asked);
                let links = entering.filter(|edge| edge.enters_start() != place.finish);
                let mut steps: Vec<Step> =
                    links.map(|edge| back(edge, slack(pass.asks(edge, node, early)))).collect();
                let above = above.map_or(NEVER, |gate| if place.finish { gate.finish } else { gate.start });
                if above != NEVER {
                    let to = Place { node: node.gate, finish: place.finish };
                    steps.push(Step { to, slack: slack(above), link: None });
                }
                steps
            }
            Kind::Span => {
                let children = graph.children.of(node.item).iter().map(|&child| graph.last[at(child)]);
                let step = |child: u32| {
                    let below = &graph.nodes[at(child)];
                    let clock = pass.axis(below);
                    let finish = early[at(child)].finish;
                    let slack = match below.kind {
                        Kind::Item => {
                            i64::from(clock.work_at(ends.finish)) - i64::from(clock.work_at(finish))
                        }
                        _ => apart(clock, finish, ends.finish),
                    };
                    let finish = below.kind == Kind::Span && place.finish;
                    Step {
                        to: Place { node: child, finish },
                        slack: if place.finish { slack } else { 0 },
                        link: None,
                    }
                };
                // A summary starts with the first of its items; the others have no part in it.
                children
                    .filter(|&child| place.finish || early[at(child)].start == ends.start)
                    .map(step)
                    .collect()
            }
        }
    }
}
