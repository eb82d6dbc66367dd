//! From a network to what is scheduled thousands of times.

use super::super::network::{
    self, Absent, Edge, Graph, Kind as NodeKind, NONE, Node, Phase, Pin, at, number,
};
use super::super::time::Clock;
use super::super::{Error, Estimate, ItemIx, Moment, Network, OutOfSequence, Span};
use super::common::Common;
use super::draw::{Spread, Tables, WIDEST};
use super::program::{Arc, Kind, NEVER, Program, Risk, Step, Way, asked, near, placed};
use super::random::{Purpose, Stream};
use super::{Asked, RiskEvent};
use std::collections::HashMap;

/// A program and where its items are in it.
pub(super) struct Compiled {
    pub(super) program: Program,
    /// For each item the step that has its finish.
    pub(super) step_of: Vec<Option<u32>>,
}

/// The steps of a node: where it starts and where it finishes. They are one but for summaries.
#[derive(Clone, Copy)]
struct Place {
    start: u32,
    finish: u32,
}

struct Compiler<'a> {
    network: &'a Network,
    graph: Graph,
    asked: &'a Asked,
    /// For each node.
    places: Vec<Place>,
    /// For each item, the risks that threaten it.
    threats: Vec<Vec<u32>>,
    factors: HashMap<u32, u32>,
    tables: Tables,
    program: Program,
    /// How late a step can finish, in minutes of the clock.
    reach: Vec<i64>,
}

/// Later than this, positions have no room: the year 4041.
const FAR: i64 = 1 << 30;

pub(super) fn compile(network: &Network, absent: &Absent, asked: &Asked) -> Result<Compiled, Error> {
    let clocks: Vec<Clock> =
        network.calendars.iter().map(Clock::compile).chain([Clock::round_the_clock()]).collect();
    let graph = Graph::build(network, absent, clocks.clone())?;
    let mut threats = vec![Vec::new(); network.items.len()];
    for (index, risk) in (0..).zip(&asked.risks) {
        for item in &risk.threatens {
            threats.get_mut(at(item.0)).ok_or(Error::NoItem(item.0))?.push(index);
        }
    }
    let mut tables = Tables::default();
    let program = Program {
        clocks,
        steps: Vec::with_capacity(graph.nodes.len()),
        arcs: Vec::with_capacity(graph.edges.len()),
        threats: Vec::new(),
        risks: (0..)
            .zip(&asked.risks)
            .map(|(index, risk)| risk_of(asked, index, risk, &mut tables))
            .collect(),
        factors: Vec::new(),
        common: Common::new(asked.correlation),
    };
    let (count, factors) = (graph.nodes.len(), HashMap::new());
    let places = Vec::with_capacity(count);
    let mut compiler =
        Compiler { network, graph, asked, places, threats, factors, tables, program, reach: Vec::new() };
    for node in 0..number(count) {
        compiler.node(node)?;
    }
    let step_of =
        compiler.graph.last.iter().map(|node| Some(compiler.places.get(at(*node))?.finish)).collect();
    Ok(Compiled { program: compiler.program, step_of })
}

fn risk_of(asked: &Asked, index: u32, risk: &RiskEvent, tables: &mut Tables) -> Risk {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to 2^32")]
    let occurs_below = (risk.probability.clamp(0.0, 1.0) * 4_294_967_296.0).round() as u64;
    Risk {
        occurs_below,
        occurrence: Stream::new(asked.seed, Purpose::Occurrence, index),
        effect: Stream::new(asked.seed, Purpose::Effect, index),
        spread: Spread::new(risk.effect, asked.distribution, tables),
    }
}

/// A step that is being made.
struct Draft {
    kind: Kind,
    axis: u32,
    start: i32,
    finish: i32,
    arcs: Vec<Arc>,
    /// It has the finish of the node's item.
    names: bool,
}

impl Draft {
    fn new(kind: Kind, axis: u32) -> Self {
        let start = if kind == Kind::First { i32::MAX / 2 } else { NEVER };
        Self { kind, axis, start, finish: NEVER, arcs: Vec::new(), names: true }
    }

    /// Something certain to wait for.
    fn bound(&mut self, position: i32, to_finish: bool) {
        match self.kind {
            Kind::Work if to_finish => self.finish = self.finish.max(position),
            Kind::Work | Kind::Last => self.start = self.start.max(position),
            Kind::First => self.start = self.start.min(position),
        }
    }
}

/// One end of a node as others see it.
#[derive(Clone, Copy)]
enum End {
    At(Moment),
    Of(u32, bool),
}

impl Compiler<'_> {
    fn round_the_clock(&self) -> u32 {
        number(self.program.clocks.len() - 1)
    }

    fn end(&self, node: u32, finish: bool) -> End {
        let (place, node) = (self.places[at(node)], &self.graph.nodes[at(node)]);
        match (node.kind, node.phase) {
            (NodeKind::Item, Phase::Done) => End::At(if finish { node.floor } else { node.base }),
            (NodeKind::Item, Phase::Begun) if !finish => {
                let actual = self.network.items[at(node.item)].progress.actual_start;
                End::At(actual.unwrap_or(node.base))
            }
            _ => End::Of(if finish { place.finish } else { place.start }, finish),
        }
    }

    /// What a gate asks, if anything.
    fn gated(&self, gate: u32) -> Option<End> {
        let step = &self.program.steps[at(gate)];
        match (step.arcs.is_empty(), step.start_bound) {
            (false, _) => Some(End::Of(gate, true)),
            (true, NEVER) => None,
            (true, bound) => Some(End::At(self.program.moment(step, bound))),
        }
    }

    /// Makes a step wait for an end, with a lag.
    fn wait(&self, draft: &mut Draft, end: End, to_finish: bool, lag: i32, way: Way) {
        match end {
            End::At(moment) => {
                let position = asked(&self.program.clocks, (draft.axis, draft.kind), way, lag, moment);
                draft.bound(position, to_finish);
            }
            End::Of(from, of_finish) => {
                let source = &self.program.steps[at(from)];
                let way = self.direct(draft, source, of_finish, lag, way);
                draft.arcs.push(Arc {
                    from,
                    of_finish,
                    to_finish: to_finish && draft.kind == Kind::Work,
                    lag,
                    way,
                });
            }
        }
    }

    /// The way without a clock, where it leads to the same.
    fn direct(&self, draft: &Draft, source: &Step, of_finish: bool, lag: i32, way: Way) -> Way {
        if source.axis != draft.axis {
            return way;
        }
        let same_lag = match way {
            Way::Same => true,
            Way::Calendar(calendar) => calendar == draft.axis,
            Way::Elapsed => draft.axis == self.round_the_clock(),
        };
        // Within a shift, where work goes on is where it ended: what has no duration must not count a lag from the wrong of the two.
        let sided = draft.kind != Kind::Work && !(source.kind == Kind::Work && of_finish);
        if lag == 0 || (same_lag && !sided) { Way::Same } else { way }
    }

    fn follow(&self, draft: &mut Draft, edge: &Edge, to: &Node) {
        let way = if edge.elapsed { Way::Elapsed } else { Way::Calendar(to.calendar) };
        let end = self.end(edge.from, edge.leaves_finish());
        self.wait(draft, end, !edge.enters_start(), edge.lag, way);
    }

    fn node(&mut self, index: u32) -> Result<(), Error> {
        let node = self.graph.nodes[at(index)];
        let place = match node.kind {
            NodeKind::Item => {
                let step = self.item(index, &node)?;
                Place { start: step, finish: step }
            }
            NodeKind::Gate => {
                Place { start: self.gate(index, &node, true)?, finish: self.gate(index, &node, false)? }
            }
            NodeKind::Span => Place { start: self.span(&node, true)?, finish: self.span(&node, false)? },
        };
        self.places.push(place);
        Ok(())
    }

    /// What the predecessors of a summary ask of the starts, or the finishes, of what is in it.
    fn gate(&mut self, index: u32, node: &Node, start: bool) -> Result<u32, Error> {
        let edges: Vec<Edge> =
            self.graph.entering(index).iter().filter(|edge| edge.enters_start() == start).copied().collect();
        let above = (node.gate != NONE).then(|| self.places[at(node.gate)]);
        // On its own axis, if all that it waits for is there; a moment between shifts is a position of round the clock only.
        let there = |step: u32| self.program.steps[at(step)].axis == node.axis;
        let on_axis = edges.iter().all(|edge| match self.end(edge.from, edge.leaves_finish()) {
            End::At(_) => false,
            End::Of(step, _) => there(step) && !edge.elapsed,
        }) && above.is_none_or(|above| there(if start { above.start } else { above.finish }));
        let mut draft = Draft::new(Kind::Last, if on_axis { node.axis } else { self.round_the_clock() });
        draft.names = false;
        for edge in &edges {
            self.follow(&mut draft, edge, node);
        }
        if let Some(end) = above.and_then(|above| self.gated(if start { above.start } else { above.finish }))
        {
            self.wait(&mut draft, end, false, 0, Way::Elapsed);
        }
        self.push(draft, node, Spread::certain(0), &[])
    }

    /// The first start of a summary's children, or their last finish.
    fn span(&mut self, node: &Node, start: bool) -> Result<u32, Error> {
        let children: Vec<u32> =
            self.graph.children.of(node.item).iter().map(|&child| self.graph.last[at(child)]).collect();
        let ends: Vec<End> = children.iter().map(|&child| self.end(child, !start)).collect();
        let axes = || {
            ends.iter().map(|end| match end {
                End::At(_) => self.round_the_clock(),
                End::Of(step, _) => self.program.steps[at(*step)].axis,
            })
        };
        let axis = axes().reduce(|one, other| if one == other { one } else { self.round_the_clock() });
        let mut draft = Draft::new(if start { Kind::First } else { Kind::Last }, axis.unwrap_or(node.axis));
        draft.names = !start;
        for end in ends {
            self.wait(&mut draft, end, false, 0, Way::Elapsed);
        }
        self.push(draft, node, Spread::certain(0), &[])
    }

    fn item(&mut self, index: u32, node: &Node) -> Result<u32, Error> {
        if node.phase == Phase::Done {
            let mut draft = Draft::new(Kind::Last, self.round_the_clock());
            draft.start = placed(self.program.clock(draft.axis), draft.kind, node.floor);
            return self.push(draft, node, Spread::certain(0), &[]);
        }
        let item = &self.network.items[at(node.item)];
        let spread = item.estimate.map_or(Spread::certain(node.work), |estimate| {
            Spread::new(left_of(estimate, node, item.duration), self.asked.distribution, &mut self.tables)
        });
        if item
            .estimate
            .is_some_and(|points| points.pessimistic.saturating_sub(points.optimistic.max(0)) > WIDEST)
        {
            let why = "its optimistic and pessimistic durations are too far apart to be simulated";
            return Err(Error::Impossible { item: ItemIx(node.item), name: item.name.clone(), why });
        }
        let kind = if spread.is_certain() && spread.low == 0 { Kind::Last } else { Kind::Work };
        let mut draft = Draft::new(kind, node.axis);
        let clock = self.program.clock(node.axis);
        draft.bound(placed(clock, kind, node.base), false);
        let held = node.phase == Phase::Ahead
            || self.network.options.out_of_sequence == OutOfSequence::RetainedLogic;
        match node.pin {
            Pin::Start => draft.bound(placed(clock, kind, node.pinned_at), false),
            Pin::Finish => draft.bound(placed(clock, kind, node.pinned_at), true),
            Pin::Free => {
                if node.floor != network::NEVER {
                    draft.bound(placed(clock, kind, node.floor), true);
                }
                if held {
                    if node.gate != NONE {
                        let gate = self.places[at(node.gate)];
                        for (step, to_finish) in [(gate.start, false), (gate.finish, true)] {
                            if let Some(end) = self.gated(step) {
                                self.wait(&mut draft, end, to_finish, 0, Way::Elapsed);
                            }
                        }
                    }
                    for edge in self.graph.entering(index).iter().filter(|edge| !edge.gone) {
                        self.follow(&mut draft, edge, node);
                    }
                }
            }
        }
        let threats = std::mem::take(&mut self.threats[at(node.item)]);
        self.push(draft, node, spread, &threats)
    }

    fn push(&mut self, draft: Draft, node: &Node, spread: Spread, threats: &[u32]) -> Result<u32, Error> {
        let item = &self.network.items[at(node.item)];
        let known = number(self.factors.len());
        let factor = *self.factors.entry(item.group).or_insert(known);
        if factor == known {
            self.program.factors.push(Stream::new(self.asked.seed, Purpose::Factor, item.group));
        }
        self.reach(&draft, node, &spread, threats)?;
        let (arcs, threatened) = (number(self.program.arcs.len()), number(self.program.threats.len()));
        self.program.arcs.extend(draft.arcs);
        self.program.threats.extend(threats);
        let begun = node.phase == Phase::Begun;
        let drawn = self.asked.numbers.get(at(node.item)).copied().unwrap_or(node.item);
        self.program.steps.push(Step {
            item: if draft.names { node.item } else { NONE },
            begun,
            kind: draft.kind,
            axis: draft.axis,
            start_bound: draft.start,
            finish_bound: draft.finish,
            arcs: arcs..number(self.program.arcs.len()),
            threats: threatened..number(self.program.threats.len()),
            spread,
            stream: Stream::new(self.asked.seed, Purpose::Duration, drawn),
            factor,
        });
        Ok(number(self.program.steps.len() - 1))
    }

    /// Refuses what could come to lie beyond all positions.
    fn reach(&mut self, draft: &Draft, node: &Node, spread: &Spread, threats: &[u32]) -> Result<(), Error> {
        let week = |axis: u32| i64::from(self.program.clock(axis).week_work().max(1));
        // A week more, for where in it the work falls.
        let by_clock =
            |minutes: i64, axis: u32| if minutes == 0 { 0 } else { (minutes / week(axis) + 1) * 10_080 };
        let start = if draft.kind == Kind::First { NEVER } else { draft.start.max(draft.finish) };
        let mut latest = by_clock(i64::from(start.max(0) / 2), draft.axis);
        for arc in &draft.arcs {
            let axis = match arc.way {
                Way::Same => draft.axis,
                Way::Elapsed => self.round_the_clock(),
                Way::Calendar(calendar) => calendar,
            };
            latest = latest.max(self.reach[at(arc.from)] + by_clock(i64::from(arc.lag.max(0)), axis));
        }
        let delays: i64 =
            threats.iter().map(|risk| i64::from(self.program.risks[at(*risk)].spread.high())).sum();
        latest += by_clock(i64::from(spread.high()) + delays, draft.axis);
        if latest >= FAR {
            let name = self.network.items[at(node.item)].name.clone();
            let why = "it could come to lie beyond the year 4000, too far to be simulated";
            return Err(Error::Impossible { item: ItemIx(node.item), name, why });
        }
        self.reach.push(latest);
        Ok(())
    }
}

/// Of what has begun, what is done is certain: the three points shrink with what remains.
fn left_of(estimate: Estimate, node: &Node, duration: Span) -> Estimate {
    let (Span::Working(duration) | Span::Elapsed(duration)) = duration;
    if node.phase != Phase::Begun || node.work == duration {
        return estimate;
    }
    if duration == 0 {
        return Estimate { optimistic: node.work, likely: node.work, pessimistic: node.work };
    }
    let left = |points: i32| {
        near((i64::from(points) * i64::from(node.work) + i64::from(duration) / 2) / i64::from(duration))
    };
    Estimate {
        optimistic: left(estimate.optimistic),
        likely: left(estimate.likely),
        pessimistic: left(estimate.pessimistic),
    }
}
