//! A network with its dates, kept up to date as it changes.

use super::network::{Absent, EVER, Graph, Kind, Node, Phase, at, number};
use super::pass::{Ends, Pass, position_by, start_by};
use super::time::Clock;
use super::{Dates, Error, ItemIx, LinkIx, Moment, Network};

/// The schedule of a network. Changed by [`Engine::apply`], it recomputes what the change reaches and no more.
#[derive(Clone, Debug)]
pub struct Engine {
    pub(super) network: Network,
    pub(super) absent: Absent,
    pub(super) plan: Plan,
}

/// What is computed from the network.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub graph: Graph,
    pub early: Vec<Ends>,
    /// `EVER` for what is done. A summary's gate holds the least that is asked of its children, its span what follows it.
    pub late: Vec<Ends>,
    /// Items whose finish nothing follows.
    pub open_ended: Vec<bool>,
    /// The latest early finish of each section.
    pub ends: Vec<Moment>,
    /// Items that are as late as possible, in topological order, with the dates that makes.
    pub placed: Vec<(u32, Ends)>,
    /// Whether any item ever was to be as late as possible.
    pub as_late: bool,
    early_dirty: Dirty,
    late_dirty: Dirty,
    sections_dirty: Vec<bool>,
}

impl Engine {
    /// Checks a network and computes its dates.
    ///
    /// # Errors
    /// What keeps the network from being scheduled; it names the item.
    pub fn new(network: Network) -> Result<Self, Error> {
        let absent = Absent::default();
        let plan = Plan::new(&network, &absent)?;
        Ok(Self { network, absent, plan })
    }

    /// The network as it stands; items and links that were dropped keep their places, and [`Engine::has`] tells them.
    #[must_use]
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// Computes all dates once more; the result is the same.
    pub fn recompute(&mut self) {
        self.plan.full(&self.network);
    }

    #[must_use]
    pub fn has(&self, item: ItemIx) -> bool {
        at(item.0) < self.network.items.len() && !self.absent.item(item)
    }

    #[must_use]
    pub fn has_link(&self, link: LinkIx) -> bool {
        self.network.links.get(at(link.0)).is_some_and(|found| !self.absent.link(at(link.0), found))
    }

    /// The latest finish of all items; where the network starts if it has none.
    #[must_use]
    pub fn finish(&self) -> Moment {
        self.plan.ends.iter().max().copied().unwrap_or(self.network.starts_at)
    }

    /// The dates of all items, in the order of [`Network::items`].
    #[must_use]
    pub fn all_dates(&self) -> Vec<Dates> {
        (0..number(self.network.items.len())).map(|item| self.dates(ItemIx(item))).collect()
    }

    /// The dates of an item; the default for one that isn't in the network.
    ///
    /// A summary spans its items; its floats are the least of theirs that aren't done.
    #[must_use]
    pub fn dates(&self, item: ItemIx) -> Dates {
        if !self.has(item) {
            return Dates::default();
        }
        let plan = &self.plan;
        let leaf = |item: u32| {
            plan.item_dates(self.pass(), plan.graph.first[at(item)], self.network.options.critical_float)
        };
        if plan.graph.children.of(item.0).is_empty() {
            return leaf(item.0).0;
        }
        let below = plan.graph.below(item.0).into_iter();
        let leaves = below.filter(|&item| plan.graph.children.of(item).is_empty()).map(leaf);
        let joined = leaves.reduce(|(all, done), (one, one_done)| {
            let (total_float, free_float) = match (done, one_done) {
                (true, _) => (one.total_float, one.free_float),
                (false, true) => (all.total_float, all.free_float),
                (false, false) => (all.total_float.min(one.total_float), all.free_float.min(one.free_float)),
            };
            let joined = Dates {
                early_start: all.early_start.min(one.early_start),
                early_finish: all.early_finish.max(one.early_finish),
                late_start: all.late_start.min(one.late_start),
                late_finish: all.late_finish.max(one.late_finish),
                total_float,
                free_float,
                critical: all.critical || one.critical,
            };
            (joined, done && one_done)
        });
        joined.map(|(dates, _)| dates).unwrap_or_default()
    }

    pub(super) fn pass(&self) -> Pass<'_> {
        self.plan.pass(&self.network)
    }

    /// The node of an item that has no children.
    pub(super) fn node(&self, item: ItemIx) -> Option<u32> {
        (self.has(item) && self.plan.graph.children.of(item.0).is_empty())
            .then(|| self.plan.graph.first[at(item.0)])
    }
}

impl Plan {
    pub fn new(network: &Network, absent: &Absent) -> Result<Self, Error> {
        let mut clocks: Vec<Clock> = network.calendars.iter().map(Clock::compile).collect();
        clocks.push(Clock::round_the_clock());
        let graph = Graph::build(network, absent, clocks)?;
        let count = graph.nodes.len();
        let mut plan = Self {
            early: vec![Ends::NEVER; count],
            late: vec![Ends::EVER; count],
            open_ended: vec![false; count],
            ends: vec![Moment(i32::MIN); graph.sections],
            placed: vec![],
            as_late: graph.nodes.iter().any(|node| node.as_late),
            early_dirty: Dirty::new(count),
            late_dirty: Dirty::new(count),
            sections_dirty: vec![false; graph.sections],
            graph,
        };
        plan.full(network);
        Ok(plan)
    }

    pub fn pass<'a>(&'a self, network: &Network) -> Pass<'a> {
        Pass { graph: &self.graph, out_of_sequence: network.options.out_of_sequence }
    }

    pub fn full(&mut self, network: &Network) {
        let count = number(self.graph.nodes.len());
        let pass = Pass { graph: &self.graph, out_of_sequence: network.options.out_of_sequence };
        self.ends.fill(Moment(i32::MIN));
        for node in 0..count {
            let ends = pass.forward(node, &self.early);
            self.early[at(node)] = ends;
            let section = &mut self.ends[at(self.graph.nodes[at(node)].section)];
            // A summary finishes with one of its items, which may be of another section.
            if self.graph.nodes[at(node)].kind == Kind::Item {
                *section = (*section).max(ends.finish);
            }
        }
        for node in (0..count).rev() {
            let mut open_ended = false;
            let end = |node: &Node| {
                open_ended = true;
                self.ends[at(node.section)]
            };
            self.late[at(node)] = pass.backward(node, &self.early, &self.late, end, true);
            self.open_ended[at(node)] = open_ended;
        }
        self.early_dirty.clear();
        self.late_dirty.clear();
        self.place(network);
    }

    /// A node whose own terms have changed, or those of the links to it.
    pub fn touch(&mut self, node: u32) {
        self.early_dirty.mark(node);
        self.touch_late(node);
    }

    fn touch_late(&mut self, node: u32) {
        self.late_dirty.mark(node);
        for edge in self.graph.entering(node) {
            self.late_dirty.mark(edge.from);
        }
        let gate = self.graph.nodes[at(node)].gate;
        if at(gate) < self.early.len() {
            self.late_dirty.mark(gate);
        }
    }

    /// Recomputes what was touched, and what that reaches.
    pub fn settle(&mut self, network: &Network) {
        let graph = &self.graph;
        let pass = Pass { graph, out_of_sequence: network.options.out_of_sequence };
        while let Some(index) = self.early_dirty.first() {
            let was = self.early[at(index)];
            let ends = pass.forward(index, &self.early);
            if ends == was {
                continue;
            }
            self.early[at(index)] = ends;
            let node = &graph.nodes[at(index)];
            for edge in graph.leaving(index) {
                self.early_dirty.mark(edge.to);
            }
            match node.kind {
                Kind::Gate => {
                    for &child in graph.children.of(node.item) {
                        self.early_dirty.mark(graph.first[at(child)]);
                    }
                }
                // Which of its items is the first decides on whom falls what follows its start.
                Kind::Span if was.start != ends.start => {
                    for &child in graph.children.of(node.item) {
                        self.late_dirty.mark(graph.last[at(child)]);
                    }
                }
                Kind::Span => {}
                Kind::Item => {
                    let section = at(node.section);
                    if ends.finish > self.ends[section] || was.finish == self.ends[section] {
                        self.sections_dirty[section] = true;
                    }
                }
            }
            if at(node.span) < self.early.len() && node.kind != Kind::Gate {
                self.early_dirty.mark(node.span);
                self.late_dirty.mark(index);
            }
        }
        if self.sections_dirty.contains(&true) {
            self.move_ends();
        }
        let pass = Pass { graph: &self.graph, out_of_sequence: network.options.out_of_sequence };
        while let Some(index) = self.late_dirty.last() {
            let mut open_ended = false;
            let end = |node: &Node| {
                open_ended = true;
                self.ends[at(node.section)]
            };
            let ends = pass.backward(index, &self.early, &self.late, end, true);
            self.open_ended[at(index)] = open_ended;
            if ends == self.late[at(index)] {
                continue;
            }
            self.late[at(index)] = ends;
            let node = &self.graph.nodes[at(index)];
            if node.kind == Kind::Span {
                for &child in self.graph.children.of(node.item) {
                    self.late_dirty.mark(self.graph.last[at(child)]);
                }
                continue;
            }
            for edge in self.graph.entering(index) {
                self.late_dirty.mark(edge.from);
            }
            if at(node.gate) < self.late.len() {
                self.late_dirty.mark(node.gate);
            }
        }
        self.place(network);
    }

    /// The ends of the sections, after early dates that may have moved them.
    fn move_ends(&mut self) {
        let mut ends = vec![Moment(i32::MIN); self.ends.len()];
        for (node, early) in self.graph.nodes.iter().zip(&self.early) {
            if node.kind == Kind::Item {
                let end = &mut ends[at(node.section)];
                *end = (*end).max(early.finish);
            }
        }
        for (index, node) in (0..).zip(&self.graph.nodes) {
            if self.open_ended[at(index)] && ends[at(node.section)] != self.ends[at(node.section)] {
                self.late_dirty.mark(index);
            }
        }
        self.ends = ends;
        self.sections_dirty.fill(false);
    }

    /// Moves what is as late as possible to where it doesn't delay what follows; from the last to the first.
    fn place(&mut self, network: &Network) {
        if !self.as_late {
            return;
        }
        self.placed.clear();
        for index in (0..number(self.graph.nodes.len())).rev() {
            let node = self.graph.nodes[at(index)];
            if !node.as_late || node.kind != Kind::Item || node.phase != Phase::Ahead {
                continue;
            }
            let (total, free) = self.floats(self.pass(network), index);
            let by = free.min(total).max(0);
            let clock = &self.graph.clocks[at(node.axis)];
            let mut ends = self.early[at(index)];
            if by > 0 {
                let finish = clock.work_at(ends.finish).saturating_add(by);
                ends.finish = clock.latest(finish);
                ends.start = if node.work == 0 {
                    ends.finish
                } else {
                    clock.earliest(finish.saturating_sub(node.work))
                };
            }
            self.placed.push((index, ends));
        }
    }

    /// When an item is scheduled.
    pub fn scheduled(&self, index: u32) -> Ends {
        match self.placed.binary_search_by(|(other, _)| index.cmp(other)) {
            Ok(place) => self.placed[place].1,
            Err(_) => self.early[at(index)],
        }
    }

    /// How far an item can slip without moving an end, and without moving what follows, in minutes of its axis.
    fn floats(&self, pass: Pass, index: u32) -> (i32, i32) {
        let node = &self.graph.nodes[at(index)];
        if node.phase == Phase::Done {
            return (0, 0);
        }
        let clock = &self.graph.clocks[at(node.axis)];
        let now = self.scheduled(index);
        let finish = i64::from(clock.work_at(now.finish));
        let total = i64::from(clock.work_at(self.late[at(index)].finish)) - finish;
        let mut free = total.max(0);
        let mut limit = |of_finish: bool, by: Moment| {
            if by == EVER || (!of_finish && node.phase == Phase::Begun) {
                return;
            }
            let slack = match (node.work, of_finish) {
                (0, _) => (position_by(clock, by) >> 1) - finish,
                (_, true) => i64::from(clock.work_at(by)) - finish,
                (work, false) => start_by(clock, by) + i64::from(work) - finish,
            };
            free = free.min(slack.max(0));
        };
        let start = self.early[at(index)].start;
        let mut left = index;
        while left != super::network::NONE {
            for edge in self.graph.leaving(left).filter(|edge| !edge.gone) {
                if edge.leaves_finish() || self.early[at(left)].start == start {
                    limit(edge.leaves_finish(), pass.allows(edge, self.followed(pass, edge.to)));
                }
            }
            left = self.graph.nodes[at(left)].span;
        }
        let near = |float: i64| i32::try_from(float).unwrap_or(if float < 0 { i32::MIN } else { i32::MAX });
        (near(total), near(free))
    }

    /// The dates that the follower of a link keeps; of a summary, the first of its items to start and to finish.
    fn followed(&self, pass: Pass, index: u32) -> Ends {
        let node = &self.graph.nodes[at(index)];
        if node.kind == Kind::Item {
            return self.scheduled(index);
        }
        let leaves =
            self.graph.below(node.item).into_iter().filter(|&item| self.graph.children.of(item).is_empty());
        leaves.fold(Ends::EVER, |all, item| {
            let index = self.graph.first[at(item)];
            let one = pass.needs_by(&self.graph.nodes[at(index)], self.scheduled(index));
            Ends { start: all.start.min(one.start), finish: all.finish.min(one.finish) }
        })
    }

    /// The dates of a node that is an item, and whether it is done.
    fn item_dates(&self, pass: Pass, index: u32, critical_float: i32) -> (Dates, bool) {
        let node = &self.graph.nodes[at(index)];
        let now = self.scheduled(index);
        if node.phase == Phase::Done {
            let dates = Dates {
                early_start: now.start,
                early_finish: now.finish,
                late_start: now.start,
                late_finish: now.finish,
                ..Dates::default()
            };
            return (dates, true);
        }
        let (total_float, free_float) = self.floats(pass, index);
        let mut late = self.late[at(index)];
        if total_float == 0 && node.work == 0 {
            // The evening and the next morning are one to a milestone.
            late = now;
        }
        if node.phase == Phase::Begun {
            late.start = now.start;
        }
        let dates = Dates {
            early_start: now.start,
            early_finish: now.finish,
            late_start: late.start,
            late_finish: late.finish,
            total_float,
            free_float,
            critical: total_float <= critical_float,
        };
        (dates, false)
    }
}

/// Nodes to be looked at again, in topological order.
#[derive(Clone, Debug)]
struct Dirty {
    words: Vec<u64>,
    /// No word before it, and none after it, has any.
    low: usize,
    high: usize,
}

impl Dirty {
    fn new(count: usize) -> Self {
        Self { words: vec![0; count.div_ceil(64)], low: usize::MAX, high: 0 }
    }

    fn mark(&mut self, node: u32) {
        let word = at(node / 64);
        self.words[word] |= 1 << (node % 64);
        self.low = self.low.min(word);
        self.high = self.high.max(word);
    }

    fn clear(&mut self) {
        self.words.fill(0);
        (self.low, self.high) = (usize::MAX, 0);
    }

    /// Takes out the first.
    fn first(&mut self) -> Option<u32> {
        while self.low <= self.high {
            let word = &mut self.words[self.low];
            if *word != 0 {
                let bit = word.trailing_zeros();
                *word &= *word - 1;
                return Some(number(self.low) * 64 + bit);
            }
            self.low += 1;
        }
        (self.low, self.high) = (usize::MAX, 0);
        None
    }

    /// Takes out the last.
    fn last(&mut self) -> Option<u32> {
        while self.low <= self.high {
            let word = &mut self.words[self.high];
            if *word != 0 {
                let bit = 63 - word.leading_zeros();
                *word &= !(1 << bit);
                return Some(number(self.high) * 64 + bit);
            }
            if self.high == 0 {
                break;
            }
            self.high -= 1;
        }
        (self.low, self.high) = (usize::MAX, 0);
        None
    }
}
