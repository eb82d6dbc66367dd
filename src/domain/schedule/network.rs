//! A network compiled: checked, in topological order, its links beside the nodes that they enter.
//!
//! An item is one node; a summary is two: a *gate*, which hands what its predecessors and its constraint ask to each of its
//! children, and a *span*, which starts with the first of them and finishes with the last. So a link to or from a summary is
//! one link, however many children it stands for.

use super::time::Clock;
use super::{Constraint, Error, Item, ItemIx, Lag, Link, LinkKind, Moment, Network, Span};

pub(super) const NONE: u32 = u32::MAX;
/// No bound: before, or after, everything.
pub(super) const NEVER: Moment = Moment(i32::MIN);
pub(super) const EVER: Moment = Moment(i32::MAX);

pub(super) fn at(index: u32) -> usize {
    index as usize
}

pub(super) fn number(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(NONE)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Item,
    Gate,
    Span,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    Ahead,
    Begun,
    Done,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pin {
    Free,
    Start,
    Finish,
}

/// What is asked of an item apart from its links; for a gate: of every item in the summary.
#[derive(Clone, Copy, Debug)]
pub(super) struct Node {
    pub kind: Kind,
    pub phase: Phase,
    pub pin: Pin,
    pub as_late: bool,
    /// Minutes on the axis that are still to be done.
    pub work: i32,
    /// The clock in which the work is counted.
    pub axis: u32,
    /// The clock in which working lags of the links to it are counted.
    pub calendar: u32,
    /// Its section, by place among the network's.
    pub section: u32,
    pub item: u32,
    /// The gate and the span of the parent.
    pub gate: u32,
    pub span: u32,
    /// What is left of it starts no earlier; it has started then when it is done.
    pub base: Moment,
    /// It finishes no earlier; it has finished then when it is done.
    pub floor: Moment,
    /// When it must be; when it has started, once it has begun.
    pub pinned_at: Moment,
    pub start_cap: Moment,
    pub finish_cap: Moment,
}

/// A link between nodes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Edge {
    pub from: u32,
    pub to: u32,
    pub link: u32,
    /// Minutes; a percentage is resolved.
    pub lag: i32,
    pub kind: LinkKind,
    pub elapsed: bool,
    pub gone: bool,
}

impl Edge {
    pub fn leaves_finish(&self) -> bool {
        matches!(self.kind, LinkKind::FinishStart | LinkKind::FinishFinish)
    }
    pub fn enters_start(&self) -> bool {
        matches!(self.kind, LinkKind::FinishStart | LinkKind::StartStart)
    }
}

/// Nodes in topological order, with the edges between them.
#[derive(Clone, Debug)]
pub(super) struct Graph {
    pub clocks: Vec<Clock>,
    pub nodes: Vec<Node>,
    /// By the node that they enter: those of node `n` are `enter[n]..enter[n + 1]`.
    pub edges: Vec<Edge>,
    pub enter: Vec<u32>,
    /// Indexes of edges by the node that they leave.
    pub leaving: Vec<u32>,
    pub leave: Vec<u32>,
    /// The node at which an item is entered, and the one at which it is left; none for an item that was dropped.
    pub first: Vec<u32>,
    pub last: Vec<u32>,
    /// The items of a summary.
    pub children: Lists,
    pub edge_of: Vec<u32>,
    pub sections: usize,
}

/// Lists in one: those of `n` are `all[from[n]..from[n + 1]]`.
#[derive(Clone, Debug, Default)]
pub(super) struct Lists {
    from: Vec<u32>,
    all: Vec<u32>,
}

impl Lists {
    /// Of pairs (list, value), which come twice.
    fn new(count: usize, pairs: impl Iterator<Item = (u32, u32)> + Clone) -> Self {
        let mut from = vec![0; count + 1];
        for (list, _) in pairs.clone() {
            from[at(list) + 1] += 1;
        }
        for list in 0..count {
            from[list + 1] += from[list];
        }
        let mut next = from.clone();
        let mut all = vec![0; at(from[count])];
        for (list, value) in pairs {
            all[at(next[at(list)])] = value;
            next[at(list)] += 1;
        }
        Self { from, all }
    }

    pub fn of(&self, list: u32) -> &[u32] {
        &self.all[at(self.from[at(list)])..at(self.from[at(list) + 1])]
    }
}

/// What is taken out of a network without moving the places of the others.
#[derive(Clone, Debug, Default)]
pub(super) struct Absent {
    pub items: Vec<bool>,
    pub links: Vec<bool>,
}

impl Absent {
    pub fn item(&self, item: ItemIx) -> bool {
        self.items.get(at(item.0)).copied().unwrap_or(false)
    }
    pub fn link(&self, index: usize, link: &Link) -> bool {
        self.links.get(index).copied().unwrap_or(false)
            || self.item(link.predecessor)
            || self.item(link.successor)
    }
}

/// Whether an item can be scheduled by itself.
pub(super) fn check(network: &Network, clocks: &[Clock], index: usize) -> Result<(), Error> {
    let Some(item) = network.items.get(index) else { return Err(Error::NoItem(number(index))) };
    let (ix, name) = (ItemIx(number(index)), || item.name.clone());
    let impossible = |why| Err(Error::Impossible { item: ix, name: name(), why });
    if let Some(parent) = item.parent
        && at(parent.0) >= network.items.len()
    {
        return Err(Error::NoItem(parent.0));
    }
    match clocks.get(at(item.calendar.0)) {
        Some(clock) if at(item.calendar.0) < network.calendars.len() => {
            if !clock.works() {
                return Err(Error::NoWorkingTime { item: ix, name: name() });
            }
        }
        _ => return Err(Error::NoCalendar { item: ix, name: name() }),
    }
    let (Span::Working(duration) | Span::Elapsed(duration)) = item.duration;
    if duration < 0 {
        return Err(Error::NegativeDuration { item: ix, name: name() });
    }
    if item.progress.remaining.is_some_and(|left| left < 0) {
        return impossible("what remains of it is less than nothing");
    }
    if let (Some(start), Some(finish)) = (item.progress.actual_start, item.progress.actual_finish)
        && finish < start
    {
        return impossible("it finished before it started");
    }
    Ok(())
}

fn check_link(network: &Network, link: &Link) -> Result<(), Error> {
    for end in [link.predecessor, link.successor] {
        if at(end.0) >= network.items.len() {
            return Err(Error::NoItem(end.0));
        }
    }
    Ok(())
}

/// The lag in minutes, and whether they are the clock's.
pub(super) fn lag(network: &Network, link: &Link) -> (i32, bool) {
    let of_duration = |share: i32| {
        let (Span::Working(duration) | Span::Elapsed(duration)) =
            network.items[at(link.predecessor.0)].duration;
        let minutes = i64::from(duration) * i64::from(share) / 10_000;
        i32::try_from(minutes).unwrap_or(if minutes < 0 { i32::MIN } else { i32::MAX })
    };
    match link.lag {
        Lag::Working(minutes) => (minutes, false),
        Lag::Elapsed(minutes) => (minutes, true),
        Lag::Percent(share) => (of_duration(share), false),
        Lag::ElapsedPercent(share) => (of_duration(share), true),
    }
}

impl Graph {
    pub fn build(network: &Network, absent: &Absent, clocks: Vec<Clock>) -> Result<Self, Error> {
        let count = network.items.len();
        let present = |index: usize| !absent.item(ItemIx(number(index)));
        for index in (0..count).filter(|&index| present(index)) {
            check(network, &clocks, index)?;
        }
        let live = |(index, link): &(usize, &Link)| !absent.link(*index, link);
        for (_, link) in network.links.iter().enumerate().filter(live) {
            check_link(network, link)?;
        }
        let parents = network.items.iter().enumerate().filter(|(index, _)| present(*index));
        let parents = parents.filter_map(|(index, item)| Some((item.parent?.0, number(index))));
        let children = Lists::new(count, parents);
        // Before they are in order, an item is the node of its own number, a span comes after all items.
        let mut spans = vec![NONE; count];
        let mut owner: Vec<u32> = (0..number(count)).collect();
        for summary in 0..number(count) {
            if present(at(summary)) && !children.of(summary).is_empty() {
                spans[at(summary)] = number(owner.len());
                owner.push(summary);
            }
        }
        let is_summary = |item: u32| spans[at(item)] != NONE;
        let leaves = |item: u32| if is_summary(item) { spans[at(item)] } else { item };
        for (_, link) in network.links.iter().enumerate().filter(live) {
            if matches!(link.lag, Lag::Percent(_) | Lag::ElapsedPercent(_)) && is_summary(link.predecessor.0)
            {
                let name = network.items[at(link.predecessor.0)].name.clone();
                let why = "a lag can't be a share of a summary, which has no duration of its own";
                return Err(Error::Impossible { item: link.predecessor, name, why });
            }
        }
        let links = network.links.iter().enumerate().filter(live);
        let links = links.map(|(_, link)| (leaves(link.predecessor.0), link.successor.0));
        let nested = (0..number(count))
            .flat_map(|parent| children.of(parent).iter().map(move |&child| (parent, child)));
        let nested = nested.flat_map(|(parent, child)| [(parent, child), (leaves(child), spans[at(parent)])]);
        let follows = Lists::new(owner.len(), links.chain(nested));
        let order =
            in_order(&follows, owner.len()).map_err(|cycle| name_cycle(network, &cycle, &owner, count))?;
        let order: Vec<u32> = order.into_iter().filter(|&node| present(at(owner[at(node)]))).collect();

        let mut graph = Self {
            clocks,
            nodes: Vec::with_capacity(order.len()),
            edges: vec![],
            enter: vec![],
            leaving: vec![],
            leave: vec![],
            first: vec![NONE; count],
            last: vec![NONE; count],
            children,
            edge_of: vec![NONE; network.links.len()],
            sections: 0,
        };
        let mut sections = std::collections::HashMap::new();
        let mut last: Option<(u32, u32)> = None;
        for (place, &node) in (0..).zip(&order) {
            let item = owner[at(node)];
            if at(node) < count {
                graph.first[at(item)] = place;
            }
            if at(node) >= count || !is_summary(item) {
                graph.last[at(item)] = place;
            }
        }
        for &node in &order {
            let item = owner[at(node)];
            let kind = match at(node) >= count {
                true => Kind::Span,
                false if is_summary(item) => Kind::Gate,
                false => Kind::Item,
            };
            // Items of one section mostly follow each other.
            let named = network.items[at(item)].section;
            if last.is_none_or(|(of, _)| of != named) {
                let known = number(sections.len());
                last = Some((named, *sections.entry(named).or_insert(known)));
            }
            let section = last.map_or(0, |(_, section)| section);
            let node = graph.compile(network, item, kind, section);
            graph.nodes.push(node);
        }
        graph.sections = sections.len();
        graph.connect(network, absent);
        Ok(graph)
    }

    fn connect(&mut self, network: &Network, absent: &Absent) {
        let count = self.nodes.len();
        let live = || network.links.iter().enumerate().filter(|(index, link)| !absent.link(*index, link));
        let entering =
            Lists::new(count, live().map(|(index, link)| (self.first[at(link.successor.0)], number(index))));
        self.edges = Vec::with_capacity(entering.all.len());
        for &index in &entering.all {
            let link = &network.links[at(index)];
            self.edge_of[at(index)] = number(self.edges.len());
            let (lag, elapsed) = lag(network, link);
            let (from, to) = (self.last[at(link.predecessor.0)], self.first[at(link.successor.0)]);
            self.edges.push(Edge { from, to, link: index, lag, kind: link.kind, elapsed, gone: false });
        }
        self.enter = entering.from;
        let leaving = Lists::new(count, self.edges.iter().zip(0..).map(|(edge, index)| (edge.from, index)));
        (self.leaving, self.leave) = (leaving.all, leaving.from);
    }

    /// The node of an item; its parent's gate is compiled already.
    pub fn compile(&self, network: &Network, index: u32, kind: Kind, section: u32) -> Node {
        let item = &network.items[at(index)];
        let (gate, span) =
            item.parent.map_or((NONE, NONE), |parent| (self.first[at(parent.0)], self.last[at(parent.0)]));
        let above = self.nodes.get(at(gate)).filter(|_| gate != NONE);
        let mut node = Node {
            kind,
            phase: Phase::Ahead,
            pin: Pin::Free,
            as_late: above.is_some_and(|above| above.as_late),
            work: 0,
            axis: item.calendar.0,
            calendar: item.calendar.0,
            section,
            item: index,
            gate,
            span,
            base: above.map_or(NEVER, |above| above.base),
            floor: above.map_or(NEVER, |above| above.floor),
            pinned_at: NEVER,
            start_cap: above.map_or(EVER, |above| above.start_cap),
            finish_cap: above.map_or(EVER, |above| above.finish_cap).min(item.deadline.unwrap_or(EVER)),
        };
        if kind == Kind::Item {
            self.schedule_by(network, item, &mut node);
        }
        let on_item = kind == Kind::Item;
        match item.constraint {
            Constraint::AsSoonAsPossible => {}
            Constraint::AsLateAsPossible => node.as_late = true,
            Constraint::StartNoEarlierThan(_) if node.phase != Phase::Ahead => {}
            Constraint::StartNoEarlierThan(moment) => node.base = node.base.max(moment),
            Constraint::FinishNoEarlierThan(_) if node.phase == Phase::Done => {}
            Constraint::FinishNoEarlierThan(moment) => node.floor = node.floor.max(moment),
            Constraint::StartNoLaterThan(_) if node.phase != Phase::Ahead => {}
            Constraint::StartNoLaterThan(moment) => node.start_cap = node.start_cap.min(moment),
            Constraint::FinishNoLaterThan(moment) => node.finish_cap = node.finish_cap.min(moment),
            Constraint::MustStartOn(_) if node.phase != Phase::Ahead => {}
            Constraint::MustStartOn(moment) => {
                node.start_cap = node.start_cap.min(moment);
                if on_item {
                    (node.pin, node.pinned_at) = (Pin::Start, moment);
                } else {
                    node.base = node.base.max(moment);
                }
            }
            Constraint::MustFinishOn(moment) => {
                // A milestone must be exactly then, even where a night lies between the end and the next start.
                let cap = if on_item && node.work == 0 { &mut node.start_cap } else { &mut node.finish_cap };
                *cap = (*cap).min(moment);
                if on_item && node.phase == Phase::Ahead {
                    (node.pin, node.pinned_at) = (Pin::Finish, moment);
                } else if node.phase != Phase::Done {
                    node.floor = node.floor.max(moment);
                }
            }
        }
        if node.pin != Pin::Free {
            // What is asked of a whole summary gives way to what is asked of the item.
            node.base = network.starts_at.max(network.status_at.unwrap_or(NEVER));
        }
        node
    }

    /// The duration and the progress of an item.
    fn schedule_by(&self, network: &Network, item: &Item, node: &mut Node) {
        let (Span::Working(duration) | Span::Elapsed(duration)) = item.duration;
        if matches!(item.duration, Span::Elapsed(_)) {
            node.axis = number(self.clocks.len() - 1);
        }
        let progress = &item.progress;
        if let Some(finish) = progress.actual_finish {
            let clock = &self.clocks[at(node.axis)];
            let before = || match duration {
                0 => finish,
                work => clock.earliest(clock.work_at(finish).saturating_sub(work)),
            };
            node.phase = Phase::Done;
            node.base = progress.actual_start.unwrap_or_else(before);
            node.floor = finish;
            return;
        }
        node.work = progress.remaining.unwrap_or(duration);
        let status = network.status_at.unwrap_or(NEVER);
        match progress.actual_start {
            Some(start) => {
                node.phase = Phase::Begun;
                (node.base, node.pinned_at) = (start.max(status), start);
                node.start_cap = EVER;
            }
            None => node.base = node.base.max(network.starts_at).max(status),
        }
    }

    /// Puts a link in, if that leaves the nodes in order as they are; says whether it does.
    pub fn insert(&mut self, network: &Network, index: u32) -> bool {
        let link = &network.links[at(index)];
        let (from, to) = (self.last[at(link.predecessor.0)], self.first[at(link.successor.0)]);
        if from >= to {
            return false;
        }
        let (lag, elapsed) = lag(network, link);
        let place = self.enter[at(to) + 1];
        self.edges
            .insert(at(place), Edge { from, to, link: index, lag, kind: link.kind, elapsed, gone: false });
        for edge in
            self.leaving.iter_mut().chain(&mut self.edge_of).filter(|edge| **edge != NONE && **edge >= place)
        {
            *edge += 1;
        }
        self.edge_of.push(place);
        self.leaving.insert(at(self.leave[at(from) + 1]), place);
        self.enter[at(to) + 1..].iter_mut().for_each(|start| *start += 1);
        self.leave[at(from) + 1..].iter_mut().for_each(|start| *start += 1);
        true
    }

    /// Takes the last link of the network out again, which was put in.
    pub fn take_last(&mut self) -> Option<Edge> {
        let place = self.edge_of.pop()?;
        let edge = self.edges.remove(at(place));
        self.leaving.retain(|&edge| edge != place);
        for edge in
            self.leaving.iter_mut().chain(&mut self.edge_of).filter(|edge| **edge != NONE && **edge >= place)
        {
            *edge -= 1;
        }
        self.enter[at(edge.to) + 1..].iter_mut().for_each(|start| *start -= 1);
        self.leave[at(edge.from) + 1..].iter_mut().for_each(|start| *start -= 1);
        Some(edge)
    }

    pub fn entering(&self, node: u32) -> &[Edge] {
        &self.edges[at(self.enter[at(node)])..at(self.enter[at(node) + 1])]
    }

    pub fn leaving(&self, node: u32) -> impl Iterator<Item = &Edge> {
        let edges = &self.leaving[at(self.leave[at(node)])..at(self.leave[at(node) + 1])];
        edges.iter().map(|&edge| &self.edges[at(edge)])
    }

    /// The items below a summary, parents first; or the item itself.
    pub fn below(&self, item: u32) -> Vec<u32> {
        let mut all = vec![item];
        let mut next = 0;
        while let Some(&item) = all.get(next) {
            all.extend(self.children.of(item));
            next += 1;
        }
        all
    }
}

/// Nodes in an order in which each comes after what it follows; or those of a cycle, in order.
fn in_order(follows: &Lists, count: usize) -> Result<Vec<u32>, Vec<u32>> {
    let mut open = vec![0_u32; count];
    for &node in &follows.all {
        open[at(node)] += 1;
    }
    let mut order: Vec<u32> = (0..number(count)).filter(|&node| open[at(node)] == 0).collect();
    order.reserve_exact(count - order.len());
    let mut next = 0;
    while let Some(&node) = order.get(next) {
        next += 1;
        for &after in follows.of(node) {
            open[at(after)] -= 1;
            if open[at(after)] == 0 {
                order.push(after);
            }
        }
    }
    if order.len() == count {
        return Ok(order);
    }
    // Each node that is left follows another that is left: going back long enough comes round.
    let mut before = vec![NONE; count];
    for node in (0..number(count)).filter(|&node| open[at(node)] > 0) {
        for &after in follows.of(node) {
            before[at(after)] = node;
        }
    }
    let mut node = (0..number(count)).find(|&node| open[at(node)] > 0).unwrap_or(0);
    for _ in 0..count {
        node = before[at(node)];
    }
    let mut cycle = vec![node];
    let mut back = before[at(node)];
    while back != node {
        cycle.push(back);
        back = before[at(back)];
    }
    cycle.reverse();
    Err(cycle)
}

/// The items of a cycle of nodes; what lies between the gate and the span of a summary is the summary.
fn name_cycle(network: &Network, cycle: &[u32], owner: &[u32], count: usize) -> Error {
    let mut nodes = cycle.to_vec();
    let span_of = |gate: u32, nodes: &[u32]| {
        nodes.iter().position(|&node| at(node) >= count && at(gate) < count && owner[at(node)] == gate)
    };
    while let Some(gate) = nodes.iter().position(|&node| span_of(node, &nodes).is_some()) {
        nodes.rotate_left(gate);
        let Some(span) = span_of(nodes[0], &nodes) else { break };
        nodes.drain(1..=span);
    }
    let first =
        nodes.iter().enumerate().min_by_key(|(_, node)| owner[at(**node)]).map_or(0, |(place, _)| place);
    nodes.rotate_left(first);
    let named = |node: u32| (ItemIx(owner[at(node)]), network.items[at(owner[at(node)])].name.clone());
    let mut items: Vec<_> = nodes.into_iter().map(named).collect();
    items.dedup_by_key(|(item, _)| *item);
    Error::Cycle(items)
}
