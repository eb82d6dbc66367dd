//! The dependency map: who waits for what from whom. What stands at the ends of dependencies, the links of the schedule between
//! projects and programs, and of one item all that leads to it and all that comes of it.

mod graph;

use super::access::Entered;
use super::dependency::{self, Line};
use super::list::Filter;
use super::{App, Ctx, Result};
use crate::domain::kind::{Kind, Reference, State};
use crate::domain::network::around;
use chrono::NaiveDate;
use graph::Graph;
use std::collections::HashSet;

/// More nodes than this can't be told apart on one drawing.
pub const NODES: usize = 150;
/// More lines than this are hard to follow.
pub const LINES: usize = 60;
/// How many lanes are offered to narrow a map that is too large.
const OFFERED: usize = 8;

/// What the map is asked for.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// The key of a lane, as `project:KEY`, `team:Name` or `external:Name`; empty for all.
    pub lane: String,
    /// The name of a state, or `open`, `closed`, `all`. Empty: open if there is any, else all.
    pub state: String,
    /// Only what is late or will be.
    pub breached: bool,
    /// Only open for more days than this.
    pub older: Option<i64>,
    /// Only what leads to this item and what comes of it.
    pub focus: Option<Reference>,
    /// Show the rest as well.
    pub whole: bool,
}

/// A lane of the map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lane {
    pub key: String,
    pub name: String,
    /// How many lines of a large map begin or end in it.
    pub lines: usize,
}

/// What stands on the map.
#[derive(Clone, Debug)]
pub struct Node {
    pub lane: usize,
    pub title: String,
    /// None for a party, and for what the reader may not see.
    pub reference: Option<Reference>,
    pub date: Option<NaiveDate>,
    pub done: bool,
}

/// From what gives to what takes.
#[derive(Clone, Debug)]
pub struct Edge {
    pub from: usize,
    pub to: usize,
    pub what: Tie,
}

/// What an edge is.
#[derive(Clone, Debug)]
pub enum Tie {
    Dependency(Box<Given>),
    /// Type and lag of a link of the schedule.
    Link(String),
}

/// A dependency on the map.
#[derive(Clone, Debug)]
pub struct Given {
    pub reference: Reference,
    pub title: String,
    pub state: State,
    pub open: bool,
    /// Days since it was raised.
    pub age: i64,
    pub needed: Option<NaiveDate>,
    /// When it will be there, and who says so.
    pub due: Option<(NaiveDate, &'static str)>,
    /// Why it is late or will be.
    pub breach: Option<String>,
}

/// What is looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum At {
    Node(usize),
    Edges(Vec<usize>),
}

/// The map.
#[derive(Clone, Debug)]
pub struct Map {
    pub lanes: Vec<Lane>,
    pub nodes: Vec<Node>,
    pub edges: Vec<Edge>,
    /// What the focus is on; `None` without one, or where it stands on no map.
    pub at: Option<At>,
    /// The title of what the focus is on.
    pub focused: Option<String>,
    /// Nodes that the filter leaves: more than there are where they are too many.
    pub total: usize,
    /// The largest lanes, where there are too many nodes or lines.
    pub largest: Vec<Lane>,
    /// All lanes, to filter by.
    pub all_lanes: Vec<Lane>,
    /// Dependencies of the program: open, closed, all.
    pub counts: [usize; 3],
    pub states: Vec<(State, usize)>,
    pub state: String,
    /// Dependencies on the map, and how many of them are late.
    pub dependencies: usize,
    pub breached: usize,
}

/// Draws up the map.
///
/// # Errors
/// When the database is away; refused where the network can't be scheduled.
pub async fn show(app: &App, ctx: &Ctx, entered: &Entered, asked: &Asked) -> Result<Map> {
    let plan = super::plan::plan(app, entered).await?;
    let (sight, mut lines) =
        tokio::try_join!(super::plan::sight(app, ctx, &plan), dependency::lines(app, entered, None))?;
    dependency::see_ends(&mut lines, &plan, &sight);
    let open = lines.iter().filter(|line| line.row.open).count();
    let counts = [open, lines.len() - open, lines.len()];
    let state = match asked.state.as_str() {
        "" if open > 0 => "open".to_owned(),
        "" => "all".to_owned(),
        other => other.to_owned(),
    };
    let states = states(&lines);
    let graph = Graph::new(&lines, &plan, &sight, entered);
    Ok(narrowed(graph, counts, states, state, asked))
}

fn states(lines: &[Line]) -> Vec<(State, usize)> {
    let mut states: std::collections::BTreeMap<State, usize> = std::collections::BTreeMap::new();
    for line in lines {
        *states.entry(line.row.state).or_default() += 1;
    }
    states.into_iter().collect()
}

fn narrowed(
    graph: Graph,
    counts: [usize; 3],
    states: Vec<(State, usize)>,
    state: String,
    asked: &Asked,
) -> Map {
    let takes = |edge: &Edge| {
        let lane = |node: usize| graph.lanes[graph.nodes[node].lane].key.as_str();
        let here = asked.lane.is_empty() || [edge.from, edge.to].iter().any(|node| lane(*node) == asked.lane);
        here && match &edge.what {
            Tie::Dependency(given) => {
                Filter::takes_state(&state, given.state, given.open)
                    && (!asked.breached || given.breach.is_some())
                    && asked.older.is_none_or(|days| given.open && given.age > days)
            }
            Tie::Link(_) => {
                let done = graph.nodes[edge.to].done;
                !asked.breached && asked.older.is_none() && (state == "all" || !done)
            }
        }
    };
    // Links within a project are drawn where one item is looked at, and nowhere else.
    let at = asked.focus.as_ref().and_then(|focus| graph.at(focus));
    let near = at.as_ref().map(|at| graph.near(at, |edge| at_holds(at, edge) || takes(&graph.edges[edge])));
    let mut kept: Vec<usize> = (0..graph.edges.len())
        .filter(|index| {
            let near = near.as_ref().is_some_and(|(_, edges)| edges[*index]);
            let shown = asked.focus.is_none() || asked.whole;
            near || (shown && !graph.within[*index] && takes(&graph.edges[*index]))
        })
        .collect();
    // What is late stands first, then what is oldest.
    kept.sort_by_key(|index| match &graph.edges[*index].what {
        Tie::Dependency(given) => (
            !near.as_ref().is_some_and(|(_, edges)| edges[*index]),
            given.breach.is_none(),
            -given.age,
            *index,
        ),
        Tie::Link(_) => (!near.as_ref().is_some_and(|(_, edges)| edges[*index]), true, 1, *index),
    });
    let alone = match &at {
        Some(At::Node(node)) => Some(*node),
        _ => None,
    };
    let all = kept.clone();
    let every: HashSet<usize> = kept
        .iter()
        .flat_map(|index| [graph.edges[*index].from, graph.edges[*index].to])
        .chain(alone)
        .collect();
    let mut nodes: HashSet<usize> = alone.into_iter().collect();
    kept.retain(|index| {
        let ends = [graph.edges[*index].from, graph.edges[*index].to];
        let more = ends.iter().filter(|node| !nodes.contains(*node)).count();
        let fits = nodes.len() + more <= NODES;
        if fits {
            nodes.extend(ends);
        }
        fits
    });
    kept.sort_unstable();
    let dense = every.len() > nodes.len() || (kept.len() > LINES && asked.lane.is_empty());
    let largest = if dense { graph.largest(&all) } else { Vec::new() };
    graph.cut(&nodes, &kept, at).into_map(every.len(), largest, counts, states, state)
}

fn at_holds(at: &At, edge: usize) -> bool {
    matches!(at, At::Edges(edges) if edges.contains(&edge))
}

impl Graph {
    /// What leads to what is looked at, and what comes of it, by those edges that count.
    fn near(&self, at: &At, counts: impl Fn(usize) -> bool) -> (Vec<bool>, Vec<bool>) {
        let places: Vec<usize> = (0..self.edges.len()).filter(|edge| counts(*edge)).collect();
        let pairs: Vec<_> =
            places.iter().map(|edge| (self.edges[*edge].from, self.edges[*edge].to)).collect();
        let (up, down) = match at {
            At::Node(node) => (vec![*node], vec![*node]),
            At::Edges(edges) => {
                edges.iter().map(|edge| (self.edges[*edge].from, self.edges[*edge].to)).unzip()
            }
        };
        let (nodes, taken) = around(self.nodes.len(), &pairs, &up, &down);
        let mut edges = vec![false; self.edges.len()];
        for (place, taken) in places.into_iter().zip(taken) {
            edges[place] = taken || at_holds(at, place);
        }
        (nodes, edges)
    }

    /// The edges of a dependency, else the node of an item.
    fn at(&self, focus: &Reference) -> Option<At> {
        if focus.kind == Kind::Dependency {
            let edges: Vec<usize> = (0..self.edges.len())
                .filter(|edge| matches!(&self.edges[*edge].what, Tie::Dependency(given) if given.reference == *focus))
                .collect();
            return Some(At::Edges(edges)).filter(|at| *at != At::Edges(Vec::new()));
        }
        self.nodes.iter().position(|node| node.reference.as_ref() == Some(focus)).map(At::Node)
    }

    /// The lanes that most of these edges begin or end in.
    fn largest(&self, edges: &[usize]) -> Vec<Lane> {
        let mut lanes = self.lanes.clone();
        for edge in edges {
            let lane = |node: usize| self.nodes[node].lane;
            let (from, to) = (lane(self.edges[*edge].from), lane(self.edges[*edge].to));
            lanes[from].lines += 1;
            lanes[to].lines += usize::from(to != from);
        }
        lanes.sort_by_key(|lane| std::cmp::Reverse(lane.lines));
        lanes.truncate(OFFERED);
        lanes
    }

    /// Only these nodes and edges, and the lanes that they stand in.
    fn cut(self, nodes: &HashSet<usize>, edges: &[usize], at: Option<At>) -> Cut {
        let number = |keep: &dyn Fn(usize) -> bool, count: usize| {
            let mut next = 0..;
            (0..count)
                .map(|index| if keep(index) { next.next() } else { None })
                .collect::<Vec<Option<usize>>>()
        };
        let all_lanes = self.lanes.clone();
        let used: HashSet<usize> = nodes.iter().map(|node| self.nodes[*node].lane).collect();
        let lane_at = number(&|lane| used.contains(&lane), self.lanes.len());
        let node_at = number(&|node| nodes.contains(&node), self.nodes.len());
        let edge_at = number(&|edge| edges.contains(&edge), self.edges.len());
        let title = at.as_ref().map(|at| match at {
            At::Node(node) => self.nodes[*node].title.clone(),
            At::Edges(edges) => match edges.first().map(|edge| &self.edges[*edge].what) {
                Some(Tie::Dependency(given)) => given.title.clone(),
                _ => String::new(),
            },
        });
        let at = at.and_then(|at| match at {
            At::Node(node) => node_at[node].map(At::Node),
            At::Edges(edges) => Some(At::Edges(edges.iter().filter_map(|edge| edge_at[*edge]).collect())),
        });
        let keep = |at: &[Option<usize>], index: usize| at[index].is_some();
        Cut {
            title,
            all_lanes,
            at,
            lanes: self
                .lanes
                .into_iter()
                .enumerate()
                .filter(|(lane, _)| keep(&lane_at, *lane))
                .map(|(_, lane)| lane)
                .collect(),
            nodes: self
                .nodes
                .into_iter()
                .enumerate()
                .filter(|(node, _)| keep(&node_at, *node))
                .map(|(_, node)| Node { lane: lane_at[node.lane].unwrap_or_default(), ..node })
                .collect(),
            edges: self
                .edges
                .into_iter()
                .enumerate()
                .filter(|(edge, _)| keep(&edge_at, *edge))
                .filter_map(|(_, edge)| {
                    Some(Edge { from: node_at[edge.from]?, to: node_at[edge.to]?, ..edge })
                })
                .collect(),
        }
    }
}

/// A part of the graph.
struct Cut {
    lanes: Vec<Lane>,
    nodes: Vec<Node>,
    edges: Vec<Edge>,
    at: Option<At>,
    title: Option<String>,
    all_lanes: Vec<Lane>,
}

impl Cut {
    fn into_map(
        self,
        total: usize,
        largest: Vec<Lane>,
        counts: [usize; 3],
        states: Vec<(State, usize)>,
        state: String,
    ) -> Map {
        let references = |late: bool| {
            let given = self.edges.iter().filter_map(|edge| match &edge.what {
                Tie::Dependency(given) => Some(given),
                Tie::Link(_) => None,
            });
            let given = given.filter(|given| !late || given.breach.is_some());
            given.map(|given| &given.reference).collect::<HashSet<_>>().len()
        };
        Map {
            dependencies: references(false),
            breached: references(true),
            lanes: self.lanes,
            nodes: self.nodes,
            edges: self.edges,
            at: self.at,
            focused: self.title,
            total,
            largest,
            all_lanes: self.all_lanes,
            counts,
            states,
            state,
        }
    }
}
