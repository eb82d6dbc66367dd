//! What hangs on what: links of the schedule, dependencies between their milestones, and parts of summaries. The network has
//! no cycle; one that would come about is found here, in its order.

use std::collections::{HashMap, VecDeque};
use uuid::Uuid;

/// What binds one item to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edge {
    /// The second follows from the first: a link, a provider's milestone and its dependency, a dependency and its
    /// consumer's milestone.
    Follows(Uuid, Uuid),
    /// The second is a part of the first, a summary. A link to a summary stands for one to each of its parts, and a link
    /// from it for one from each.
    Part(Uuid, Uuid),
}

/// The items of a cycle in their order, the first not said again at the end; `None` where there is none. The cycle goes
/// through one of `touched` if any does, and is the shortest through the first of them that is on one.
#[must_use]
pub fn cycle(edges: &[Edge], touched: &[Uuid]) -> Option<Vec<Uuid>> {
    let graph = Graph::new(edges);
    let on_cycle = graph.residue();
    let starts = touched.iter().filter_map(|item| graph.at.get(item).copied());
    let others = 0..graph.items.len();
    starts
        .chain(others)
        .flat_map(|item| [2 * item, 2 * item + 1])
        .filter(|node| on_cycle[*node])
        .find_map(|node| graph.round(node, &on_cycle))
        .map(|nodes| {
            let mut items: Vec<usize> = nodes.into_iter().map(|node| node / 2).collect();
            items.dedup();
            if items.len() > 1 && items.first() == items.last() {
                items.pop();
            }
            items.into_iter().map(|item| graph.items[item]).collect()
        })
}

/// What leads to some nodes of a graph (`up`) and what comes of some (`down`), of `count` nodes and edges from the first to the
/// second: which nodes, those included, and which edges.
#[must_use]
pub fn around(
    count: usize,
    edges: &[(usize, usize)],
    up: &[usize],
    down: &[usize],
) -> (Vec<bool>, Vec<bool>) {
    let (mut nodes, mut taken) = (vec![false; count], vec![false; edges.len()]);
    for (starts, upstream) in [(up, true), (down, false)] {
        let turned = |(from, to): (usize, usize)| if upstream { (to, from) } else { (from, to) };
        let mut leaving: Vec<Vec<usize>> = vec![Vec::new(); count];
        for (index, edge) in edges.iter().enumerate() {
            let (here, there) = turned(*edge);
            if here < count && there < count {
                leaving[here].push(index);
            }
        }
        let mut seen = vec![false; count];
        let mut way: Vec<usize> = starts.iter().copied().filter(|start| *start < count).collect();
        for start in &way {
            seen[*start] = true;
        }
        while let Some(node) = way.pop() {
            nodes[node] = true;
            for index in &leaving[node] {
                taken[*index] = true;
                let (_, there) = turned(edges[*index]);
                if !std::mem::replace(&mut seen[there], true) {
                    way.push(there);
                }
            }
        }
    }
    (nodes, taken)
}

/// Every item is its start (an even node) and its finish (the odd one after it). Whoever has no parts leads from one to the
/// other; a summary leads from its start to those of its parts, and from their finishes to its own.
struct Graph {
    items: Vec<Uuid>,
    at: HashMap<Uuid, usize>,
    next: Vec<Vec<usize>>,
}

impl Graph {
    fn new(edges: &[Edge]) -> Self {
        let mut graph = Self { items: Vec::new(), at: HashMap::new(), next: Vec::new() };
        let mut summaries = Vec::new();
        for edge in edges {
            match edge {
                Edge::Follows(first, second) => {
                    let (first, second) = (graph.item(*first), graph.item(*second));
                    graph.next[2 * first + 1].push(2 * second);
                }
                Edge::Part(summary, part) => {
                    let (summary, part) = (graph.item(*summary), graph.item(*part));
                    graph.next[2 * summary].push(2 * part);
                    graph.next[2 * part + 1].push(2 * summary + 1);
                    summaries.push(summary);
                }
            }
        }
        let mut is_summary = vec![false; graph.items.len()];
        for summary in summaries {
            is_summary[summary] = true;
        }
        for (item, _) in is_summary.iter().enumerate().filter(|(_, is)| !**is) {
            graph.next[2 * item].push(2 * item + 1);
        }
        graph
    }

    fn item(&mut self, id: Uuid) -> usize {
        let Self { items, at, next } = self;
        *at.entry(id).or_insert_with(|| {
            items.push(id);
            next.extend([Vec::new(), Vec::new()]);
            items.len() - 1
        })
    }

    /// Which nodes are left when all that nothing leads to are taken away, again and again.
    fn residue(&self) -> Vec<bool> {
        let mut leading = vec![0_usize; self.next.len()];
        self.next.iter().flatten().for_each(|node| leading[*node] += 1);
        let mut free: Vec<usize> = (0..leading.len()).filter(|node| leading[*node] == 0).collect();
        let mut left = vec![true; leading.len()];
        while let Some(node) = free.pop() {
            left[node] = false;
            for next in &self.next[node] {
                leading[*next] -= 1;
                if leading[*next] == 0 {
                    free.push(*next);
                }
            }
        }
        left
    }

    /// The shortest way from a node back to itself, without the end.
    fn round(&self, from: usize, among: &[bool]) -> Option<Vec<usize>> {
        let mut before: Vec<Option<usize>> = vec![None; self.next.len()];
        let mut queue = VecDeque::from([from]);
        while let Some(node) = queue.pop_front() {
            for next in self.next[node].iter().copied().filter(|next| among[*next]) {
                if next == from {
                    let mut way = vec![node];
                    while let Some(earlier) = before[way[way.len() - 1]] {
                        way.push(earlier);
                    }
                    way.reverse();
                    return Some(way);
                }
                if before[next].is_none() {
                    before[next] = Some(node);
                    queue.push_back(next);
                }
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::Edge::{Follows, Part};
    use super::*;

    fn found(edges: &[(char, u128, u128)], touched: &[u128]) -> Option<Vec<u128>> {
        let edges: Vec<_> = edges
            .iter()
            .map(|(what, a, b)| {
                let (a, b) = (Uuid::from_u128(*a), Uuid::from_u128(*b));
                if *what == 'p' { Part(a, b) } else { Follows(a, b) }
            })
            .collect();
        let touched: Vec<_> = touched.iter().copied().map(Uuid::from_u128).collect();
        cycle(&edges, &touched).map(|items| items.into_iter().map(|item| item.as_u128()).collect())
    }

    #[test]
    fn a_way_with_two_branches_is_no_cycle() {
        assert_eq!(found(&[], &[1]), None);
        assert_eq!(found(&[('f', 1, 2), ('f', 1, 3), ('f', 2, 4), ('f', 3, 4)], &[1]), None);
    }

    #[test]
    fn a_cycle_is_told_in_its_order_from_what_was_touched() {
        let edges = [('f', 1, 2), ('f', 2, 3), ('f', 3, 1), ('f', 3, 4)];
        assert_eq!(found(&edges, &[1]), Some(vec![1, 2, 3]));
        assert_eq!(found(&edges, &[4, 3]), Some(vec![3, 1, 2]), "4 is only led to");
        assert_eq!(found(&[('f', 1, 1)], &[1]), Some(vec![1]));
    }

    #[test]
    fn the_shortest_of_several_is_told() {
        let edges = [('f', 1, 2), ('f', 2, 3), ('f', 3, 4), ('f', 4, 1), ('f', 3, 1)];
        assert_eq!(found(&edges, &[1]), Some(vec![1, 2, 3]));
    }

    #[test]
    fn a_summary_stands_for_its_parts() {
        // A summary is not linked with what is in it, however deep.
        let nested = [('p', 1, 2), ('p', 2, 3)];
        for link in [('f', 1, 3), ('f', 3, 1), ('f', 1, 2)] {
            assert!(found(&[&nested[..], &[link]].concat(), &[link.1]).is_some(), "{link:?}");
        }
        // What follows a summary can't lead to a part of it …
        assert_eq!(found(&[('p', 1, 2), ('f', 1, 9), ('f', 9, 2)], &[9]), Some(vec![9, 2, 1]));
        // … what a summary follows can't come from a part of it …
        assert_eq!(found(&[('p', 1, 2), ('f', 9, 1), ('f', 2, 9)], &[9]), Some(vec![9, 1, 2]));
        // … but one part may lead to another by way of something outside.
        assert_eq!(found(&[('p', 1, 2), ('p', 1, 3), ('f', 2, 9), ('f', 9, 3)], &[9]), None);
    }

    #[test]
    fn a_summary_is_no_part_of_itself() {
        assert_eq!(found(&[('p', 1, 2), ('p', 2, 1)], &[1]), Some(vec![1, 2]));
    }

    /// The transitive closure knows by another way whether there is a cycle.
    #[test]
    fn it_agrees_with_the_transitive_closure() {
        let mut seed = 7_u64;
        let mut random = |below: u64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) % below
        };
        let (mut with, mut without) = (0, 0);
        for _ in 0..500 {
            let links: Vec<(usize, usize)> = (0..random(9))
                .map(|_| (usize::try_from(random(6)).unwrap(), usize::try_from(random(6)).unwrap()))
                .collect();
            let mut reach = [[false; 6]; 6];
            for (a, b) in &links {
                reach[*a][*b] = true;
            }
            for middle in 0..6 {
                for from in 0..6 {
                    for to in 0..6 {
                        reach[from][to] |= reach[from][middle] && reach[middle][to];
                    }
                }
            }
            let cyclic = (0..6).any(|node| reach[node][node]);
            let edges: Vec<_> = links.iter().map(|(a, b)| ('f', *a as u128, *b as u128)).collect();
            let told = found(&edges, &[]);
            assert_eq!(told.is_some(), cyclic, "{links:?}");
            if let Some(told) = told {
                with += 1;
                for (at, from) in told.iter().enumerate() {
                    let to = told[(at + 1) % told.len()];
                    assert!(edges.contains(&('f', *from, to)), "{told:?} of {links:?}");
                }
            } else {
                without += 1;
            }
        }
        assert!(with > 50 && without > 50, "both are tried: {with}, {without}");
    }
}
