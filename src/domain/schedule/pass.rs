//! The two passes: what one node makes of its neighbours, forward and backward.
//!
//! Positions on a work axis are doubled: `2 w` is the moment at which `w` minutes are done, `2 w + 1` the one at which the next
//! of them begins, so that a milestone after Friday's work is on Friday and one before Monday's is on Monday. Only milestones
//! keep the difference. Each bound of the forward pass has its exact inverse in the backward pass, also between calendars
//! that share no hour; so nothing has negative float unless a constraint asks for it.

use super::network::{EVER, Edge, Graph, Kind, NEVER, Node, Phase, Pin, at};
use super::time::Clock;
use super::{Moment, OutOfSequence};

/// When a node starts and finishes; for a gate, what it asks of starts and of finishes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ends {
    pub start: Moment,
    pub finish: Moment,
}

impl Ends {
    pub const NEVER: Self = Self { start: NEVER, finish: NEVER };
    pub const EVER: Self = Self { start: EVER, finish: EVER };
}

fn minutes(value: i64) -> i32 {
    i32::try_from(value).unwrap_or(if value < 0 { i32::MIN } else { i32::MAX })
}

pub(super) fn position(clock: &Clock, moment: Moment) -> i64 {
    let work = clock.work_at(moment);
    2 * i64::from(work) + i64::from(clock.latest(work) < moment)
}

/// The last position that isn't after a moment.
pub(super) fn position_by(clock: &Clock, moment: Moment) -> i64 {
    let work = clock.work_at(moment);
    2 * i64::from(work) + i64::from(clock.earliest(work) == moment)
}

pub(super) fn moment(clock: &Clock, position: i64) -> Moment {
    let work = minutes(position >> 1);
    if position & 1 == 1 { clock.earliest(work) } else { clock.latest(work) }
}

/// The last work before which a start isn't after a moment.
pub(super) fn start_by(clock: &Clock, moment: Moment) -> i64 {
    let work = clock.work_at(moment);
    i64::from(work) - i64::from(clock.earliest(work) > moment)
}

/// What an item can be asked by those that follow it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked {
    pub start: Moment,
    pub finish: Moment,
}

/// The network and the choice of how it is scheduled, for one node at a time.
#[derive(Clone, Copy)]
pub(super) struct Pass<'a> {
    pub graph: &'a Graph,
    pub out_of_sequence: OutOfSequence,
}

impl<'a> Pass<'a> {
    pub fn axis(self, node: &Node) -> &'a Clock {
        &self.graph.clocks[at(node.axis)]
    }

    /// Whether links hold for a node.
    pub fn bound(self, node: &Node) -> bool {
        match node.phase {
            Phase::Done => false,
            Phase::Begun => self.out_of_sequence == OutOfSequence::RetainedLogic,
            Phase::Ahead => true,
        }
    }

    /// The moment that a link asks of the end that it enters.
    pub fn asks(self, edge: &Edge, to: &Node, early: &[Ends]) -> Moment {
        let from = &early[at(edge.from)];
        let end = if edge.leaves_finish() { from.finish } else { from.start };
        if edge.elapsed {
            Moment(end.0.saturating_add(edge.lag))
        } else if edge.lag == 0 {
            end
        } else {
            let clock = &self.graph.clocks[at(to.calendar)];
            moment(clock, position(clock, end) + 2 * i64::from(edge.lag))
        }
    }

    /// The same for an item that is counted in working time: a position on its axis, on whose side only milestones look.
    pub fn asks_position(self, edge: &Edge, to: &Node, early: &[Ends]) -> i64 {
        let clock = self.axis(to);
        if edge.elapsed || to.axis != to.calendar {
            let moment = self.asks(edge, to, early);
            return if to.work == 0 { position(clock, moment) } else { 2 * i64::from(clock.work_at(moment)) };
        }
        let from = &early[at(edge.from)];
        let end = if edge.leaves_finish() { from.finish } else { from.start };
        let position = if to.work == 0 { position(clock, end) } else { 2 * i64::from(clock.work_at(end)) };
        position + 2 * i64::from(edge.lag)
    }

    /// Early dates of a node, after those of all that it follows.
    pub fn forward(self, index: u32, early: &[Ends]) -> Ends {
        let node = &self.graph.nodes[at(index)];
        let gate = early.get(at(node.gate)).copied().unwrap_or(Ends::NEVER);
        match node.kind {
            Kind::Gate => {
                let mut ends = gate;
                for edge in self.graph.entering(index).iter().filter(|edge| !edge.gone) {
                    let end = if edge.enters_start() { &mut ends.start } else { &mut ends.finish };
                    *end = (*end).max(self.asks(edge, node, early));
                }
                ends
            }
            Kind::Span => {
                let children = self.graph.children.of(node.item).iter();
                let children = children.map(|&child| early[at(self.graph.last[at(child)])]);
                let join = |all: Ends, one: Ends| Ends {
                    start: all.start.min(one.start),
                    finish: all.finish.max(one.finish),
                };
                children.reduce(join).unwrap_or(Ends::NEVER)
            }
            Kind::Item if node.phase == Phase::Done => Ends { start: node.base, finish: node.floor },
            Kind::Item => self.item_forward(index, node, gate, early),
        }
    }

    fn item_forward(self, index: u32, node: &Node, gate: Ends, early: &[Ends]) -> Ends {
        let clock = self.axis(node);
        let work = i64::from(node.work);
        let place = |moment| {
            if node.work == 0 { position(clock, moment) } else { 2 * i64::from(clock.work_at(moment)) }
        };
        let mut start = place(node.base);
        let mut finish = i64::MIN / 4;
        match node.pin {
            Pin::Start => start = start.max(place(node.pinned_at)),
            Pin::Finish => finish = place(node.pinned_at),
            Pin::Free => {
                if node.floor != NEVER {
                    finish = place(node.floor);
                }
                if self.bound(node) {
                    if gate.start != NEVER {
                        start = start.max(place(gate.start));
                    }
                    if gate.finish != NEVER {
                        finish = finish.max(place(gate.finish));
                    }
                    for edge in self.graph.entering(index).iter().filter(|edge| !edge.gone) {
                        let end = if edge.enters_start() { &mut start } else { &mut finish };
                        *end = (*end).max(self.asks_position(edge, node, early));
                    }
                }
            }
        }
        let mut ends = if node.work == 0 {
            let moment = moment(clock, start.max(finish));
            Ends { start: moment, finish: moment }
        } else {
            let begin = (start >> 1).max((finish >> 1) - work);
            Ends { start: clock.earliest(minutes(begin)), finish: clock.latest(minutes(begin + work)) }
        };
        if node.phase == Phase::Begun {
            ends.start = node.pinned_at;
        }
        ends
    }

    /// By when a node must start and finish for those dates of it to hold; none: it doesn't matter to it.
    fn needs(self, node: &Node, ends: Ends, start: bool) -> Option<i64> {
        if ends.finish == EVER || !self.bound(node) {
            return None;
        }
        let clock = self.axis(node);
        if node.work == 0 {
            return Some(position_by(clock, ends.finish));
        }
        let finish = i64::from(clock.work_at(ends.finish));
        Some(2 * (finish - if start { i64::from(node.work) } else { 0 }) + 1)
    }

    /// The same as a moment.
    pub fn needs_by(self, node: &Node, ends: Ends) -> Ends {
        let by =
            |start| self.needs(node, ends, start).map_or(EVER, |position| moment(self.axis(node), position));
        match node.kind {
            Kind::Item => Ends { start: by(true), finish: by(false) },
            _ => ends,
        }
    }

    /// The last moment for the end that a link leaves, if what follows has these dates.
    pub fn allows(self, edge: &Edge, ends: Ends) -> Moment {
        let to = &self.graph.nodes[at(edge.to)];
        let calendar = &self.graph.clocks[at(to.calendar)];
        let lag = 2 * i64::from(edge.lag);
        let by = if to.kind == Kind::Item {
            let Some(position) = self.needs(to, ends, edge.enters_start()) else { return EVER };
            if !edge.elapsed && to.axis == to.calendar {
                return moment(calendar, position - lag);
            }
            moment(self.axis(to), position)
        } else {
            let by = if edge.enters_start() { ends.start } else { ends.finish };
            if by == EVER {
                return EVER;
            }
            by
        };
        if edge.elapsed {
            Moment(by.0.saturating_sub(edge.lag))
        } else if edge.lag == 0 {
            by
        } else {
            moment(calendar, position_by(calendar, by) - lag)
        }
    }

    /// What the followers of a node and of its summary allow.
    pub fn allowed(self, index: u32, early: &[Ends], late: &[Ends]) -> Asked {
        let node = &self.graph.nodes[at(index)];
        let mut asked = Asked { start: EVER, finish: EVER };
        for edge in self.graph.leaving(index).filter(|edge| !edge.gone) {
            let by = self.allows(edge, late[at(edge.to)]);
            let end = if edge.leaves_finish() { &mut asked.finish } else { &mut asked.start };
            *end = (*end).min(by);
        }
        if let Some(span) = late.get(at(node.span)) {
            asked.finish = asked.finish.min(span.finish);
            // A summary starts with the first of its children: the others may be late.
            if early[at(index)].start == early[at(node.span)].start {
                asked.start = asked.start.min(span.start);
            }
        }
        asked
    }

    /// Late dates of a node, after those of all that follow it. Where nothing follows its finish, it has until `end`.
    pub fn backward(
        self,
        index: u32,
        early: &[Ends],
        late: &[Ends],
        end: impl FnOnce(&Node) -> Moment,
        capped: bool,
    ) -> Ends {
        let node = &self.graph.nodes[at(index)];
        match node.kind {
            Kind::Gate => {
                let children =
                    self.graph.children.of(node.item).iter().map(|&child| self.graph.first[at(child)]);
                let children =
                    children.map(|child| self.needs_by(&self.graph.nodes[at(child)], late[at(child)]));
                let join = |all: Ends, one: Ends| Ends {
                    start: all.start.min(one.start),
                    finish: all.finish.min(one.finish),
                };
                children.reduce(join).unwrap_or(Ends::EVER)
            }
            Kind::Span => {
                let asked = self.allowed(index, early, late);
                Ends { start: asked.start, finish: asked.finish }
            }
            Kind::Item if node.phase == Phase::Done => Ends::EVER,
            Kind::Item => {
                let mut asked = self.allowed(index, early, late);
                if asked.finish == EVER {
                    asked.finish = end(node);
                }
                if asked.finish == EVER && (asked.start == EVER || node.phase == Phase::Begun) {
                    return Ends::EVER;
                }
                self.latest(node, asked, capped)
            }
        }
    }

    /// The last dates of an item with which everything that is asked of it holds.
    pub fn latest(self, node: &Node, mut asked: Asked, capped: bool) -> Ends {
        let clock = self.axis(node);
        let work = i64::from(node.work);
        let mut start_cap = EVER;
        if capped {
            asked.finish = asked.finish.min(node.finish_cap);
            start_cap = node.start_cap;
        }
        // What has begun can't begin late any more.
        if node.phase == Phase::Begun {
            asked.start = EVER;
        }
        let far = i64::MAX / 4;
        if work == 0 {
            let by = |moment| if moment == EVER { far } else { position_by(clock, moment) };
            let cap = if start_cap == EVER { far } else { position(clock, start_cap) };
            let moment = moment(clock, by(asked.finish).min(by(asked.start)).min(cap));
            return Ends { start: moment, finish: moment };
        }
        let finish = |moment| if moment == EVER { far } else { i64::from(clock.work_at(moment)) };
        let start = if asked.start == EVER { far } else { start_by(clock, asked.start) + work };
        let cap = if start_cap == EVER { far } else { i64::from(clock.work_at(start_cap)) + work };
        let finish = finish(asked.finish).min(start).min(cap);
        Ends { start: clock.earliest(minutes(finish - work)), finish: clock.latest(minutes(finish)) }
    }
}
