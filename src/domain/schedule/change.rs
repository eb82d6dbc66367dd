//! Changes of a network that is scheduled, and how they are taken back.

use super::engine::{Engine, Plan};
use super::network::{Edge, Kind, NONE, at, check, lag, number};
use super::{CalendarIx, Constraint, Error, Item, ItemIx, Link, LinkIx, Moment, Progress, Span};

/// One change of a network.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    Duration(ItemIx, Span),
    Constraint(ItemIx, Constraint),
    Deadline(ItemIx, Option<Moment>),
    Progress(ItemIx, Progress),
    Calendar(ItemIx, CalendarIx),
    /// The new link comes last in [`super::Network::links`].
    AddLink(Link),
    /// Its place is kept, so that the places of the others are.
    DropLink(LinkIx),
    /// The ends, the kind or the lag of a link.
    Relink(LinkIx, Link),
    /// The new item comes last in [`super::Network::items`].
    AddItem(Item),
    /// With all below it, and their links. Their places are kept.
    DropItem(ItemIx),
}

/// What takes a change back: handed to [`Engine::undo`], the last one first.
#[derive(Debug)]
pub struct Undo(Back);

#[derive(Debug)]
enum Back {
    Change(Change),
    Link(LinkIx, Link, bool),
    /// Whole parts of the schedule, as they were.
    Plan(Box<Plan>, Shape),
}

#[derive(Debug)]
enum Shape {
    LinkAdded,
    ItemAdded,
    Relinked(LinkIx, Link),
    Dropped(Vec<u32>),
}

impl Engine {
    /// Applies a change and brings the dates up to date.
    ///
    /// # Errors
    /// A change that the network can't be scheduled with, such as a link that closes a cycle; everything is as it was then.
    pub fn apply(&mut self, change: Change) -> Result<Undo, Error> {
        match change {
            Change::Duration(item, mut duration) => {
                self.item(item)?;
                std::mem::swap(&mut self.network.items[at(item.0)].duration, &mut duration);
                let back = Change::Duration(item, duration);
                self.changed(item, back)
            }
            Change::Constraint(item, mut constraint) => {
                self.item(item)?;
                std::mem::swap(&mut self.network.items[at(item.0)].constraint, &mut constraint);
                self.changed(item, Change::Constraint(item, constraint))
            }
            Change::Deadline(item, mut deadline) => {
                self.item(item)?;
                std::mem::swap(&mut self.network.items[at(item.0)].deadline, &mut deadline);
                self.changed(item, Change::Deadline(item, deadline))
            }
            Change::Progress(item, mut progress) => {
                self.item(item)?;
                std::mem::swap(&mut self.network.items[at(item.0)].progress, &mut progress);
                self.changed(item, Change::Progress(item, progress))
            }
            Change::Calendar(item, mut calendar) => {
                self.item(item)?;
                std::mem::swap(&mut self.network.items[at(item.0)].calendar, &mut calendar);
                self.changed(item, Change::Calendar(item, calendar))
            }
            Change::DropLink(link) => {
                let was = self.link(link)?;
                self.set_gone(link, true);
                Ok(Undo(Back::Link(link, was, false)))
            }
            Change::Relink(ix, link) => {
                let was = self.link(ix)?;
                self.ends(&link)?;
                if (was.predecessor, was.successor) == (link.predecessor, link.successor)
                    && !self.shares_summary(&link)
                {
                    self.relink(ix, link);
                    return Ok(Undo(Back::Link(ix, was, false)));
                }
                self.network.links[at(ix.0)] = link;
                self.rebuild(Shape::Relinked(ix, was))
            }
            Change::AddLink(link) => {
                self.ends(&link)?;
                self.network.links.push(link);
                self.rebuild(Shape::LinkAdded)
            }
            Change::AddItem(item) => {
                if let Some(parent) = item.parent {
                    self.item(parent)?;
                }
                self.network.items.push(item);
                self.rebuild(Shape::ItemAdded)
            }
            Change::DropItem(item) => {
                self.item(item)?;
                let below = self.plan.graph.below(item.0);
                self.absent.items.resize(self.network.items.len(), false);
                for &item in &below {
                    self.absent.items[at(item)] = true;
                }
                self.rebuild(Shape::Dropped(below))
            }
        }
    }

    /// Takes a change back. Several are taken back in the reverse of the order in which they were applied.
    pub fn undo(&mut self, undo: Undo) {
        match undo.0 {
            // What was there before can be scheduled.
            Back::Change(change) => drop(self.apply(change)),
            Back::Link(ix, link, gone) => {
                self.set_gone(ix, gone);
                self.relink(ix, link);
            }
            Back::Plan(plan, shape) => {
                self.plan = *plan;
                self.reshape(shape);
            }
        }
    }

    fn item(&self, item: ItemIx) -> Result<(), Error> {
        if self.has(item) { Ok(()) } else { Err(Error::NoItem(item.0)) }
    }

    fn ends(&self, link: &Link) -> Result<(), Error> {
        self.item(link.predecessor)?;
        self.item(link.successor)
    }

    fn link(&self, link: LinkIx) -> Result<Link, Error> {
        match self.network.links.get(at(link.0)) {
            Some(found) if self.has_link(link) => Ok(*found),
            Some(found) => Err(Error::NoItem(found.successor.0)),
            None => Err(Error::NoItem(NONE)),
        }
    }

    /// A share of a summary's duration is refused where the network is built.
    fn shares_summary(&self, link: &Link) -> bool {
        matches!(link.lag, super::Lag::Percent(_) | super::Lag::ElapsedPercent(_))
            && !self.plan.graph.children.of(link.predecessor.0).is_empty()
    }

    /// After the terms of an item have changed: dates follow, or the change is taken back.
    fn changed(&mut self, item: ItemIx, back: Change) -> Result<Undo, Error> {
        if let Err(error) = check(&self.network, &self.plan.graph.clocks, at(item.0)) {
            let item = &mut self.network.items[at(item.0)];
            match back {
                Change::Duration(_, duration) => item.duration = duration,
                Change::Progress(_, progress) => item.progress = progress,
                Change::Calendar(_, calendar) => item.calendar = calendar,
                _ => {}
            }
            return Err(error);
        }
        let everything = matches!(back, Change::Constraint(..) | Change::Deadline(..));
        let below = if everything { self.plan.graph.below(item.0) } else { vec![item.0] };
        for item in below {
            self.recompile(item);
        }
        self.plan.settle(&self.network);
        Ok(Undo(Back::Change(back)))
    }

    fn recompile(&mut self, item: u32) {
        for index in [self.plan.graph.first[at(item)], self.plan.graph.last[at(item)]] {
            let graph = &mut self.plan.graph;
            let Node { kind, section } = Node::of(graph, index);
            let node = graph.compile(&self.network, item, kind, section);
            graph.nodes[at(index)] = node;
            self.plan.as_late |= node.as_late;
            self.plan.touch(index);
            if kind == Kind::Item {
                break;
            }
        }
        let graph = &mut self.plan.graph;
        let last = graph.last[at(item)];
        let leaving = graph.leave[at(last)]..graph.leave[at(last) + 1];
        for place in leaving {
            let index = self.plan.graph.leaving[at(place)];
            let edge: &mut Edge = &mut self.plan.graph.edges[at(index)];
            let (lag, _) = lag(&self.network, &self.network.links[at(edge.link)]);
            if lag != edge.lag {
                edge.lag = lag;
                let to = edge.to;
                self.plan.touch(to);
            }
        }
    }

    fn set_gone(&mut self, link: LinkIx, gone: bool) {
        self.absent.links.resize(self.network.links.len(), false);
        self.absent.links[at(link.0)] = gone;
        let edge = self.plan.graph.edge_of[at(link.0)];
        if let Some(edge) = self.plan.graph.edges.get_mut(at(edge)) {
            edge.gone = gone;
            let to = edge.to;
            self.plan.touch(to);
        }
        self.plan.settle(&self.network);
    }

    /// Another kind or lag.
    fn relink(&mut self, ix: LinkIx, link: Link) {
        self.network.links[at(ix.0)] = link;
        let edge = self.plan.graph.edge_of[at(ix.0)];
        if let Some(edge) = self.plan.graph.edges.get_mut(at(edge)) {
            (edge.lag, edge.elapsed) = lag(&self.network, &link);
            edge.kind = link.kind;
            let to = edge.to;
            self.plan.touch(to);
        }
        self.plan.settle(&self.network);
    }

    /// After the shape of the network has changed.
    fn rebuild(&mut self, shape: Shape) -> Result<Undo, Error> {
        match Plan::new(&self.network, &self.absent) {
            Ok(plan) => {
                let was = std::mem::replace(&mut self.plan, plan);
                Ok(Undo(Back::Plan(Box::new(was), shape)))
            }
            Err(error) => {
                self.reshape(shape);
                Err(error)
            }
        }
    }

    fn reshape(&mut self, shape: Shape) {
        match shape {
            Shape::LinkAdded => {
                self.network.links.pop();
                self.absent.links.truncate(self.network.links.len());
            }
            Shape::ItemAdded => {
                self.network.items.pop();
                self.absent.items.truncate(self.network.items.len());
            }
            Shape::Relinked(ix, link) => self.network.links[at(ix.0)] = link,
            Shape::Dropped(items) => {
                for item in items {
                    self.absent.items[at(item)] = false;
                }
            }
        }
    }
}

struct Node {
    kind: Kind,
    section: u32,
}

impl Node {
    fn of(graph: &super::network::Graph, index: u32) -> Self {
        let node = &graph.nodes[at(index)];
        Self { kind: node.kind, section: node.section }
    }
}

/// The place of the item or the link that a change has just added.
impl Engine {
    #[must_use]
    pub fn last_item(&self) -> ItemIx {
        ItemIx(number(self.network.items.len().saturating_sub(1)))
    }

    #[must_use]
    pub fn last_link(&self) -> LinkIx {
        LinkIx(number(self.network.links.len().saturating_sub(1)))
    }
}
