//! The dependency map: who waits for what from whom, from left to right, with a lane for each project, team or party.
//!
//! Positions are our own (see `place`) and not those of a library of layered graphs: none keeps lanes, and the lane
//! is what a reader looks for first.

mod place;

use super::Words;
use super::label::{fit, width};
use super::scale::tenth;
use crate::domain::network::around;
use askama::Template;
use chrono::NaiveDate;
use place::{Chain, Placed};
use std::fmt::Write as _;

/// A node's width, and the least of its height.
const NODE: f64 = 164.0;
const NODE_HEIGHT: f64 = 40.0;
/// Between two columns: a flat run with the edge's label, then its way to the next column.
const GUTTER: f64 = 196.0;
const RUN: f64 = 128.0;
/// Between two lines that leave one node, so that their labels stand apart.
const PORT: f64 = 15.0;
const EDGE: f64 = 8.0;
/// The width of the lanes' names.
const NAMES: f64 = 120.0;
/// With more lines than this only what is late or old stands out.
const DENSE: usize = 40;

/// What stands at an end of a dependency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NodeKind {
    Milestone,
    Activity,
    /// A project, team or external party, where no item of it is named.
    Party,
}

impl NodeKind {
    fn word(self) -> &'static str {
        match self {
            Self::Milestone => "Milestone",
            Self::Activity => "Activity",
            Self::Party => "Party",
        }
    }
}

/// One node of [`Layers`].
#[derive(Debug, Clone)]
pub struct LayersNode {
    pub kind: NodeKind,
    /// Index into the lanes.
    pub lane: usize,
    pub title: String,
    /// As "ATLAS-M18"; "" for a party.
    pub reference: String,
    /// Its page; "" for an item that the reader may not open.
    pub href: String,
    /// Forecast or achieved.
    pub date: Option<NaiveDate>,
    pub done: bool,
}

/// What an edge is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EdgeKind {
    Dependency,
    /// A link of the schedule.
    Link,
}

/// One edge of [`Layers`], from the provider to the consumer.
#[derive(Debug, Clone)]
pub struct LayersEdge {
    pub kind: EdgeKind,
    /// Indexes into the nodes.
    pub from: usize,
    pub to: usize,
    /// A dependency's reference, as "ATLAS-D4"; a link's type, as "FS + 5 d".
    pub reference: String,
    /// What is given; "" for a link.
    pub title: String,
    pub href: String,
    /// How long an open dependency has waited, in days.
    pub age: Option<i64>,
    /// As "Agreed"; "" for a link.
    pub state: String,
    pub needed: Option<NaiveDate>,
    /// When it will be there, and who says so, as "promised" or "computed".
    pub due: Option<(NaiveDate, &'static str)>,
    /// Why it is late, in words, as "promised 12 days after it is needed"; `None` when it isn't.
    pub breach: Option<String>,
    /// Accepted.
    pub done: bool,
}

/// What is looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FocusAt {
    /// Index into the nodes.
    Node(usize),
    /// Indexes into the edges.
    Edges(Vec<usize>),
}

/// One item, of which only what leads to it and what it leads to counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LayersFocus {
    pub at: FocusAt,
    /// Leave out the rest instead of dimming it.
    pub hide: bool,
}

/// What [`Layers`] draws.
#[derive(Debug, Clone)]
pub struct LayersData {
    /// Names of projects, teams and parties, from top to bottom.
    pub lanes: Vec<String>,
    pub nodes: Vec<LayersNode>,
    pub edges: Vec<LayersEdge>,
    pub focus: Option<LayersFocus>,
}

/// A node as drawn.
#[derive(Debug, Clone)]
pub struct Node {
    x: f64,
    y: f64,
    height: f64,
    title: String,
    below: String,
    words: String,
    href: String,
    class: String,
}

/// An edge as drawn.
#[derive(Debug, Clone)]
pub struct Edge {
    d: String,
    head: String,
    label: String,
    label_at: (f64, f64),
    words: String,
    href: String,
    class: String,
}

/// A lane's band and name.
#[derive(Debug, Clone)]
pub struct Lane {
    top: f64,
    /// One line or two.
    name: Vec<String>,
    whole: String,
}

/// A row of the table of data.
#[derive(Debug, Clone)]
pub struct LayersRow {
    edge: LayersEdge,
    from: String,
    to: String,
}

/// Nodes in lanes and columns, and edges between them. Up to about 150 nodes are legible; narrow a larger graph first.
/// Laying out 40 nodes takes well under a millisecond.
#[derive(Debug, Clone, Template)]
#[template(path = "chart/layers.html")]
pub struct Layers {
    words: Words,
    width: f64,
    height: f64,
    lanes: Vec<Lane>,
    nodes: Vec<Node>,
    edges: Vec<Edge>,
    rows: Vec<LayersRow>,
    /// All of [`BUCKETS`], where any is drawn: a key with gaps would be read as a scale with gaps.
    buckets: Vec<(usize, &'static str)>,
    has_links: bool,
    has_breach: bool,
}

/// The classes of age, "a1" to "a5", in days.
const BUCKETS: [(i64, &str); 5] =
    [(7, "0–7 days"), (14, "8–14"), (21, "15–21"), (30, "22–30"), (i64::MAX, "over 30")];

/// 1 to 5.
fn bucket(age: i64) -> usize {
    BUCKETS.iter().take_while(|(most, _)| age > *most).count() + 1
}

impl Layers {
    /// Edges that name a node out of range, or one node twice, are left out; a node out of the lanes is in the last.
    #[must_use]
    pub fn new(words: Words, mut data: LayersData) -> Self {
        let count = data.nodes.len();
        let fits = |edge: &LayersEdge| edge.from < count && edge.to < count && edge.from != edge.to;
        let hide = data.focus.as_ref().is_some_and(|focus| focus.hide);
        // What is left out moves the places of those after it.
        let at = data.focus.take().map(|focus| match focus.at {
            FocusAt::Edges(edges) => {
                let kept = edges.into_iter().filter(|edge| data.edges.get(*edge).is_some_and(fits));
                FocusAt::Edges(
                    kept.map(|edge| data.edges[..edge].iter().filter(|edge| fits(edge)).count()).collect(),
                )
            }
            node @ FocusAt::Node(_) => node,
        });
        let at = at.filter(|at| match at {
            FocusAt::Node(node) => *node < count,
            FocusAt::Edges(edges) => !edges.is_empty(),
        });
        data.edges.retain(fits);
        if data.lanes.is_empty() {
            data.lanes.push(String::new());
        }
        let near = near(&data, at.as_ref());
        if hide && at.is_some() {
            narrow(&mut data, &near);
        }
        let last = data.lanes.len() - 1;
        for node in &mut data.nodes {
            node.lane = node.lane.min(last);
        }
        // Dimming needs to know what is near; after hiding, all of it is.
        let dim = at.as_ref().filter(|_| !hide).map(|_| near);
        let boxes: Vec<(usize, f64)> = data
            .nodes
            .iter()
            .enumerate()
            .map(|(index, node)| (node.lane, height(index, &data.edges)))
            .collect();
        let pairs: Vec<_> = data.edges.iter().map(|edge| (edge.from, edge.to)).collect();
        let placed = place::place(&boxes, &pairs, data.lanes.len());
        let ports = ports(&placed);
        let edges = data
            .edges
            .iter()
            .enumerate()
            .map(|(index, edge)| {
                let dimmed = dim.as_ref().is_some_and(|(_, edges)| !edges[index]);
                let chosen =
                    dim.is_some() && matches!(&at, Some(FocusAt::Edges(edges)) if edges.contains(&index));
                let mark = Mark { dimmed, chosen };
                draw_edge(edge, &placed, &placed.chains[index], ports[index], mark, &data.nodes)
            })
            .collect();
        let nodes = data
            .nodes
            .iter()
            .enumerate()
            .map(|(index, node)| {
                let dimmed = dim.as_ref().is_some_and(|(nodes, _)| !nodes[index]);
                let chosen = dim.is_some() && at == Some(FocusAt::Node(index));
                draw_node(node, &placed, index, Mark { dimmed, chosen }, &data.lanes)
            })
            .collect();
        let used: Vec<usize> = data.edges.iter().filter_map(|edge| edge.age.map(bucket)).collect();
        let columns = placed.columns as f64;
        let lanes = placed.lanes.iter().zip(&data.lanes).map(|(&(top, _), name)| Lane {
            top: tenth(top),
            name: lines(name, NAMES - 22.0),
            whole: name.clone(),
        });
        let name = |index: usize| data.nodes[index].title.clone();
        Self {
            words,
            width: columns * NODE + (columns - 1.0).max(0.0) * gutter(data.edges.len()) + 2.0 * EDGE,
            height: tenth(placed.lanes.last().map_or(0.0, |(top, height)| top + height)),
            lanes: lanes.collect(),
            nodes,
            edges,
            rows: data
                .edges
                .iter()
                .map(|edge| LayersRow { edge: edge.clone(), from: name(edge.from), to: name(edge.to) })
                .collect(),
            buckets: (1..=5)
                .filter(|_| !used.is_empty())
                .map(|class| (class, BUCKETS[class - 1].1))
                .collect(),
            has_links: data.edges.iter().any(|edge| edge.kind == EdgeKind::Link),
            has_breach: data.edges.iter().any(|edge| edge.breach.is_some() && !edge.done),
        }
    }
}

/// How something stands to what is looked at.
#[derive(Debug, Clone, Copy)]
struct Mark {
    dimmed: bool,
    chosen: bool,
}

impl Mark {
    fn class(self) -> &'static str {
        match (self.chosen, self.dimmed) {
            (true, _) => " chosen",
            (false, true) => " dim",
            (false, false) => "",
        }
    }
}

/// A name on one line, or on two parted at a word.
fn lines(name: &str, room: f64) -> Vec<String> {
    if width(name) <= room {
        return vec![name.to_owned()];
    }
    let mut ends = name.match_indices(' ').map(|(at, _)| at).filter(|at| width(&name[..*at]) <= room);
    match ends.next_back() {
        Some(at) => vec![name[..at].to_owned(), fit(name[at..].trim_start(), room)],
        None => vec![fit(name, room)],
    }
}

/// Which nodes and edges lead to what is looked at, or come of it; all of them where nothing is.
fn near(data: &LayersData, at: Option<&FocusAt>) -> (Vec<bool>, Vec<bool>) {
    let pairs: Vec<_> = data.edges.iter().map(|edge| (edge.from, edge.to)).collect();
    match at {
        None => (vec![true; data.nodes.len()], vec![true; data.edges.len()]),
        Some(FocusAt::Node(node)) => around(data.nodes.len(), &pairs, &[*node], &[*node]),
        Some(FocusAt::Edges(edges)) => {
            let (up, down): (Vec<_>, Vec<_>) = edges.iter().map(|edge| pairs[*edge]).unzip();
            let (nodes, mut taken) = around(data.nodes.len(), &pairs, &up, &down);
            for edge in edges {
                taken[*edge] = true;
            }
            (nodes, taken)
        }
    }
}

/// Leaves out what is not near, and lanes that are empty then.
fn narrow(data: &mut LayersData, (nodes, edges): &(Vec<bool>, Vec<bool>)) {
    let renumber = |keep: &[bool]| -> Vec<usize> {
        keep.iter()
            .scan(0, |next, keep| {
                let number = *next;
                *next += usize::from(*keep);
                Some(number)
            })
            .collect()
    };
    let numbers = renumber(nodes);
    let mut kept = nodes.iter();
    data.nodes.retain(|_| *kept.next().unwrap_or(&false));
    let mut kept = edges.iter();
    data.edges.retain(|_| *kept.next().unwrap_or(&false));
    for edge in &mut data.edges {
        (edge.from, edge.to) = (numbers[edge.from], numbers[edge.to]);
    }
    let used: Vec<bool> =
        (0..data.lanes.len()).map(|lane| data.nodes.iter().any(|node| node.lane == lane)).collect();
    let numbers = renumber(&used);
    let mut kept = used.iter();
    data.lanes.retain(|_| *kept.next().unwrap_or(&false));
    for node in &mut data.nodes {
        node.lane = numbers.get(node.lane).copied().unwrap_or(node.lane);
    }
}

/// As high as its lines need on the busier side.
fn height(node: usize, edges: &[LayersEdge]) -> f64 {
    let out = edges.iter().filter(|edge| edge.from == node).count();
    let into = edges.iter().filter(|edge| edge.to == node).count();
    (out.max(into) as f64 * PORT + 6.0).max(NODE_HEIGHT)
}

/// For each edge where it leaves its first node and enters its last: in the order of where lines go next, so that they
/// don't cross at the node.
fn ports(placed: &Placed) -> Vec<(f64, f64)> {
    let mut ports = vec![(0.0, 0.0); placed.chains.len()];
    let y = |spot: usize| placed.spots[spot].y;
    let mut out: Vec<Vec<(f64, usize)>> = vec![vec![]; placed.spots.len()];
    let mut into = out.clone();
    for (index, chain) in placed.chains.iter().enumerate() {
        let spots = &chain.spots;
        out[spots[0]].push((y(spots[1]), index));
        into[spots[spots.len() - 1]].push((y(spots[spots.len() - 2]), index));
    }
    for (sides, last) in [(&mut out, false), (&mut into, true)] {
        for (spot, side) in sides.iter_mut().enumerate() {
            side.sort_by(|a, b| a.0.total_cmp(&b.0));
            let middle = (side.len() as f64 - 1.0) / 2.0;
            for (place, (_, index)) in side.iter().enumerate() {
                let at = tenth(y(spot) + (place as f64 - middle) * PORT);
                if last {
                    ports[*index].1 = at;
                } else {
                    ports[*index].0 = at;
                }
            }
        }
    }
    ports
}

fn long(day: NaiveDate) -> impl std::fmt::Display {
    day.format("%-d %b %Y")
}

/// Many lines want more room to part.
fn gutter(edges: usize) -> f64 {
    GUTTER + (edges as f64 * 2.0 - 40.0).clamp(0.0, 200.0)
}

fn left(column: usize, placed: &Placed) -> f64 {
    EDGE + column as f64 * (NODE + gutter(placed.chains.len()))
}

fn draw_edge(
    edge: &LayersEdge,
    placed: &Placed,
    chain: &Chain,
    (leave, enter): (f64, f64),
    mark: Mark,
    nodes: &[LayersNode],
) -> Edge {
    let spots = &chain.spots;
    let start = left(placed.spots[spots[0]].column, placed) + NODE;
    let end = left(placed.spots[spots[spots.len() - 1]].column, placed);
    let mut d = format!("M{start} {leave}H{}", start + RUN);
    let mut here = (start + RUN, leave);
    for spot in &spots[1..] {
        let spot = &placed.spots[*spot];
        let x = left(spot.column, placed);
        let (y, passes) = if x < end { (tenth(spot.y), true) } else { (enter, false) };
        let middle = tenth(f64::midpoint(here.0, x));
        // A straight way needs no bend; the last bit before a node is flat for its arrow.
        let x0 = if passes { x } else { x - 8.0 };
        if (here.1 - y).abs() < 0.5 {
            let _ = write!(d, "L{x} {y}");
        } else {
            let _ = write!(d, "C{middle} {} {middle} {y} {x0} {y}H{x}", here.1);
        }
        if passes {
            let _ = write!(d, "H{}", x + NODE);
        }
        here = (x + NODE, y);
    }
    let head =
        if chain.turned { format!("M{start} {leave}l7 -4v8z") } else { format!("M{end} {enter}l-7 -4v8z") };
    let late = edge.breach.is_some() && !edge.done;
    let short = edge.reference.rsplit_once('-').map_or(edge.reference.as_str(), |(_, number)| number);
    let label = match (edge.kind, edge.age) {
        (EdgeKind::Link, _) => edge.reference.clone(),
        (_, _) if edge.done => format!("{short} ✓"),
        (_, Some(age)) if late => format!("■ {short} late · {age} d"),
        (_, None) if late => format!("■ {short} late"),
        (_, Some(age)) => format!("{short} · {age} d"),
        (_, None) => short.to_owned(),
    };
    let mut words = match edge.kind {
        EdgeKind::Dependency => format!("Dependency {} {}", edge.reference, edge.title),
        EdgeKind::Link => format!("Link {}", edge.reference),
    };
    let _ = write!(words, ": {} to {}", nodes[edge.from].title, nodes[edge.to].title);
    if edge.done {
        words.push_str(", accepted");
    } else if let Some(age) = edge.age {
        let _ = write!(words, ", {age} days old");
    }
    if let Some(day) = edge.needed {
        let _ = write!(words, ", needed by {}", long(day));
    }
    if let Some((day, who)) = edge.due.filter(|_| !edge.done) {
        let _ = write!(words, ", {who} {}", long(day));
    }
    if let Some(breach) = edge.breach.as_ref().filter(|_| late) {
        let _ = write!(words, ", late: {breach}");
    }
    let kind = match (edge.kind, edge.done, edge.age) {
        (EdgeKind::Link, ..) => "tie".to_owned(),
        (_, true, _) => "done".to_owned(),
        (_, _, age) => format!("a{}", age.map_or(1, bucket)),
    };
    let class = format!("{kind}{}{}", if late { " late" } else { "" }, mark.class());
    let from = if chain.turned { start + 12.0 } else { start + 6.0 };
    // Late ones are bold.
    let room = (RUN - 8.0) / if late { 1.08 } else { 1.0 };
    Edge {
        d,
        head,
        label: if width(&label) <= room { label } else { fit(&label, room) },
        label_at: (from, leave - 4.0),
        words,
        href: edge.href.clone(),
        class,
    }
}

fn draw_node(node: &LayersNode, placed: &Placed, index: usize, mark: Mark, lanes: &[String]) -> Node {
    let spot = &placed.spots[index];
    let date = node.date.map(|day| day.format("%-d %b").to_string());
    let check = node.done.then(|| "✓".to_owned());
    let kind = (node.kind == NodeKind::Party).then(|| "Party".to_owned());
    let reference = Some(node.reference.clone()).filter(|text| !text.is_empty());
    let below: Vec<String> = [kind, reference, date, check].into_iter().flatten().collect();
    let mut words = format!("{} {} {}, {}", node.kind.word(), node.reference, node.title, lanes[node.lane]);
    if let Some(day) = node.date {
        let _ = write!(words, ", {}", long(day));
    }
    let sign = if node.kind == NodeKind::Milestone { "◆ " } else { "" };
    let class = [
        match node.kind {
            NodeKind::Milestone => "milestone",
            NodeKind::Activity => "activity",
            NodeKind::Party => "party",
        },
        if node.done { " done" } else { "" },
        mark.class(),
    ];
    Node {
        x: left(spot.column, placed),
        y: tenth(spot.y - spot.height / 2.0),
        height: spot.height,
        // Titles are drawn a size larger than what `width` measures.
        title: fit(&format!("{sign}{}", node.title), (NODE - 18.0) / 1.09),
        below: fit(&below.join(" · "), NODE - 18.0),
        words,
        href: node.href.clone(),
        class: class.concat(),
    }
}

#[cfg(test)]
mod tests;
