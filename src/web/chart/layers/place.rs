//! Where the nodes of a layered drawing stand: columns by what comes before, lanes by whose they are.
//!
//! Columns by the longest path, order within a column by the mean of the neighbours in four sweeps, heights by the same
//! mean (Sugiyama, Tagawa and Toda 1981), each lane a band of its own. The same graph gives the same drawing.

use super::super::label::settle;

/// A node of the drawing, or a place where an edge passes through a column.
#[derive(Debug, Clone)]
pub(super) struct Spot {
    pub(super) lane: usize,
    pub(super) column: usize,
    pub(super) height: f64,
    /// Its middle.
    pub(super) y: f64,
    before: Vec<usize>,
    after: Vec<usize>,
}

/// An edge as a chain of spots from left to right.
#[derive(Debug, Clone)]
pub(super) struct Chain {
    pub(super) spots: Vec<usize>,
    /// It points to the left: turned about to break a cycle.
    pub(super) turned: bool,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Placed {
    /// The nodes in the order given, then the passages.
    pub(super) spots: Vec<Spot>,
    /// For each edge given.
    pub(super) chains: Vec<Chain>,
    /// Top and height of each lane.
    pub(super) lanes: Vec<(f64, f64)>,
    pub(super) columns: usize,
}

/// The height of a passage.
const PASS: f64 = 10.0;
const GAP: f64 = 12.0;
/// Between two passages.
const PASS_GAP: f64 = 2.0;
/// The room above and below what is in a lane.
const PAD: f64 = 12.0;
const SWEEPS: usize = 4;

/// `nodes` as lane and height; `edges` between them, without loops on a node.
pub(super) fn place(nodes: &[(usize, f64)], edges: &[(usize, usize)], lanes: usize) -> Placed {
    let turned = turned(nodes.len(), edges);
    let ways: Vec<(usize, usize)> =
        edges.iter().zip(&turned).map(|(&(a, b), turned)| if *turned { (b, a) } else { (a, b) }).collect();
    let columns = columns(nodes.len(), &ways);
    let mut spots: Vec<Spot> = nodes
        .iter()
        .zip(&columns)
        .map(|(&(lane, height), &column)| Spot {
            lane,
            column,
            height,
            y: 0.0,
            before: vec![],
            after: vec![],
        })
        .collect();
    let chains = ways
        .iter()
        .zip(turned)
        .map(|(&(from, to), turned)| Chain { spots: chain(&mut spots, from, to), turned })
        .collect();
    let count = columns.iter().max().map_or(0, |last| last + 1);
    let mut cells: Vec<Vec<Vec<usize>>> = vec![vec![vec![]; lanes]; count];
    for (index, spot) in spots.iter().enumerate() {
        cells[spot.column][spot.lane].push(index);
    }
    order(&mut cells, &spots);
    let lanes = stack(&cells, &mut spots, lanes);
    level(&cells, &mut spots, &lanes);
    Placed { spots, chains, lanes, columns: count }
}

/// The edges that close a cycle when nodes are walked in their order.
fn turned(count: usize, edges: &[(usize, usize)]) -> Vec<bool> {
    let mut after: Vec<Vec<(usize, usize)>> = vec![vec![]; count];
    for (edge, &(from, to)) in edges.iter().enumerate() {
        after[from].push((edge, to));
    }
    let mut turned = vec![false; edges.len()];
    // 0 not seen, 1 on the way, 2 done.
    let mut state = vec![0_u8; count];
    for start in 0..count {
        if state[start] != 0 {
            continue;
        }
        state[start] = 1;
        let mut way = vec![(start, 0)];
        while let Some((node, next)) = way.last_mut() {
            let Some(&(edge, to)) = after[*node].get(*next) else {
                state[*node] = 2;
                way.pop();
                continue;
            };
            *next += 1;
            match state[to] {
                0 => {
                    state[to] = 1;
                    way.push((to, 0));
                }
                1 => turned[edge] = true,
                _ => {}
            }
        }
    }
    turned
}

/// The longest path that leads to each node; what nothing leads to stands next to what it leads to.
fn columns(count: usize, ways: &[(usize, usize)]) -> Vec<usize> {
    let mut waits = vec![0_usize; count];
    let mut after: Vec<Vec<usize>> = vec![vec![]; count];
    for &(from, to) in ways {
        waits[to] += 1;
        after[from].push(to);
    }
    let first: Vec<bool> = waits.iter().map(|count| *count == 0).collect();
    let mut columns = vec![0_usize; count];
    let mut ready: Vec<usize> = (0..count).filter(|node| first[*node]).collect();
    while let Some(node) = ready.pop() {
        for &to in &after[node] {
            columns[to] = columns[to].max(columns[node] + 1);
            waits[to] -= 1;
            if waits[to] == 0 {
                ready.push(to);
            }
        }
    }
    for node in (0..count).filter(|node| first[*node]) {
        if let Some(next) = after[node].iter().map(|to| columns[*to]).min() {
            columns[node] = next - 1;
        }
    }
    columns
}

/// Passages through the columns between; their lanes go step by step from the one to the other.
fn chain(spots: &mut Vec<Spot>, from: usize, to: usize) -> Vec<usize> {
    let (start, end) = (spots[from].column, spots[to].column);
    let (source, target) = (spots[from].lane, spots[to].lane);
    let mut chain = vec![from];
    for column in start + 1..end {
        let (step, whole) = (column - start, end - start);
        let lane = (source * (whole - step) + target * step + whole / 2) / whole;
        chain.push(spots.len());
        spots.push(Spot { lane, column, height: PASS, y: 0.0, before: vec![], after: vec![] });
    }
    chain.push(to);
    for pair in chain.windows(2) {
        spots[pair[0]].after.push(pair[1]);
        spots[pair[1]].before.push(pair[0]);
    }
    chain
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, count) = values.fold((0.0, 0.0), |(sum, count), value| (sum + value, count + 1.0));
    (count > 0.0).then(|| sum / count)
}

/// To the right by what comes before, to the left by what comes after.
fn sweep(columns: usize, forward: bool) -> Box<dyn Iterator<Item = usize>> {
    if forward { Box::new(0..columns) } else { Box::new((0..columns).rev()) }
}

fn order(cells: &mut [Vec<Vec<usize>>], spots: &[Spot]) {
    let mut rank = vec![0.0; spots.len()];
    let number = |column: &[Vec<usize>], rank: &mut [f64]| {
        for (place, &spot) in column.iter().flatten().enumerate() {
            rank[spot] = place as f64;
        }
    };
    for column in cells.iter() {
        number(column, &mut rank);
    }
    for forward in [true, false].into_iter().cycle().take(SWEEPS) {
        for at in sweep(cells.len(), forward) {
            for cell in &mut cells[at] {
                cell.sort_by(|a, b| {
                    let wish = |spot: usize| {
                        let near = if forward { &spots[spot].before } else { &spots[spot].after };
                        mean(near.iter().map(|one| rank[*one])).unwrap_or(rank[spot])
                    };
                    wish(*a).total_cmp(&wish(*b))
                });
            }
            number(&cells[at], &mut rank);
        }
    }
}

/// How far below the first of a cell the middles of the others lie at least.
fn offsets(cell: &[usize], spots: &[Spot]) -> Vec<f64> {
    let mut offsets = vec![0.0];
    for pair in cell.windows(2) {
        offsets.push(offsets[offsets.len() - 1] + apart(&spots[pair[0]], &spots[pair[1]]));
    }
    offsets
}

/// The least distance between the middles of two spots.
fn apart(a: &Spot, b: &Spot) -> f64 {
    let gap = if a.height.max(b.height) <= PASS { PASS_GAP } else { GAP };
    f64::midpoint(a.height, b.height) + gap
}

/// The least height of a cell.
fn high(cell: &[usize], spots: &[Spot]) -> f64 {
    let (Some(&first), Some(&last)) = (cell.first(), cell.last()) else { return 0.0 };
    let down = offsets(cell, spots).last().copied().unwrap_or_default();
    down + f64::midpoint(spots[first].height, spots[last].height)
}

/// Each lane is as high as the fullest of its cells; what is in a cell stands one below the other.
fn stack(cells: &[Vec<Vec<usize>>], spots: &mut [Spot], lanes: usize) -> Vec<(f64, f64)> {
    let mut bands = Vec::with_capacity(lanes);
    let mut top = 0.0;
    for lane in 0..lanes {
        let highs: Vec<f64> = cells.iter().map(|column| high(&column[lane], spots)).collect();
        let height = highs.iter().copied().fold(20.0, f64::max) + 2.0 * PAD;
        bands.push((top, height));
        for (column, high) in cells.iter().zip(highs) {
            let cell = &column[lane];
            let Some(&first) = cell.first() else { continue };
            let start = top + f64::midpoint(height - high, spots[first].height);
            for (spot, offset) in cell.iter().zip(offsets(cell, spots)) {
                spots[*spot].y = start + offset;
            }
        }
        top += height;
    }
    bands
}

/// Moves what is in a cell towards its neighbours, in its order and its lane, so that edges run flat.
fn level(cells: &[Vec<Vec<usize>>], spots: &mut [Spot], lanes: &[(f64, f64)]) {
    for forward in [true, false].into_iter().cycle().take(SWEEPS) {
        for column in sweep(cells.len(), forward) {
            for (cell, (top, height)) in cells[column].iter().zip(lanes) {
                let Some((&first, &last)) = cell.first().zip(cell.last()) else { continue };
                let wanted: Vec<f64> = cell
                    .iter()
                    .map(|spot| {
                        let near = if forward { &spots[*spot].before } else { &spots[*spot].after };
                        mean(near.iter().map(|one| spots[*one].y)).unwrap_or(spots[*spot].y)
                    })
                    .collect();
                let offsets = offsets(cell, spots);
                let low = top + PAD + spots[first].height / 2.0;
                let high = top + height - PAD - spots[last].height / 2.0;
                for (spot, y) in cell.iter().zip(settle(&wanted, &offsets, low, high)) {
                    spots[*spot].y = y;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn nodes(lanes: &[usize]) -> Vec<(usize, f64)> {
        lanes.iter().map(|lane| (*lane, 40.0)).collect()
    }

    #[test]
    fn columns_go_by_the_longest_path() {
        // a → b → c, a → c, and d → c, which stands next to c.
        let placed = place(&nodes(&[0, 0, 0, 0]), &[(0, 1), (1, 2), (0, 2), (3, 2)], 1);
        assert_eq!(placed.spots[..4].iter().map(|spot| spot.column).collect::<Vec<_>>(), [0, 1, 2, 1]);
        // The long edge passes through the column between.
        assert_eq!(placed.chains[2].spots, [0, 4, 2]);
        assert_eq!(placed.columns, 3);
    }

    #[test]
    fn a_cycle_is_drawn_with_one_edge_turned_about() {
        let placed = place(&nodes(&[0, 1]), &[(0, 1), (1, 0)], 2);
        assert_eq!(placed.chains.iter().map(|chain| chain.turned).collect::<Vec<_>>(), [false, true]);
        assert_eq!(placed.chains[1].spots, [0, 1]);
    }

    #[test]
    fn a_chain_runs_flat_and_no_edges_cross_that_need_not() {
        let placed = place(&nodes(&[0, 0, 0]), &[(0, 1), (1, 2)], 1);
        assert!(placed.spots.windows(2).all(|pair| (pair[0].y - pair[1].y).abs() < 0.1));
        // 0 → 3 and 1 → 2, given crosswise.
        let placed = place(&nodes(&[0, 0, 0, 0]), &[(0, 3), (1, 2)], 1);
        let y = |node: usize| placed.spots[node].y;
        assert_eq!(y(0) < y(1), y(3) < y(2));
    }

    #[test]
    fn nothing_is_placed() {
        let placed = place(&[], &[], 2);
        assert_eq!((placed.columns, placed.spots.len(), placed.lanes.len()), (0, 0, 2));
    }

    proptest! {
        #[test]
        fn spots_keep_to_their_lanes_and_apart(
            lanes in proptest::collection::vec(0..4_usize, 1..24),
            pairs in proptest::collection::vec((0..24_usize, 0..24_usize), 0..40),
        ) {
            let count = lanes.len();
            let edges: Vec<_> = pairs
                .into_iter()
                .map(|(a, b)| (a % count, b % count))
                .filter(|(a, b)| a != b)
                .collect();
            let placed = place(&nodes(&lanes), &edges, 4);
            for spot in &placed.spots {
                let (top, height) = placed.lanes[spot.lane];
                prop_assert!(spot.y - spot.height / 2.0 >= top - 0.01);
                prop_assert!(spot.y + spot.height / 2.0 <= top + height + 0.01);
            }
            for (index, a) in placed.spots.iter().enumerate() {
                for b in placed.spots[..index].iter().filter(|b| b.column == a.column && b.lane == a.lane) {
                    prop_assert!((a.y - b.y).abs() >= apart(a, b) - 0.01);
                }
            }
            for (chain, (from, to)) in placed.chains.iter().zip(&edges) {
                let ends = if chain.turned { (*to, *from) } else { (*from, *to) };
                prop_assert_eq!((chain.spots[0], chain.spots[chain.spots.len() - 1]), ends);
                for pair in chain.spots.windows(2) {
                    prop_assert_eq!(placed.spots[pair[0]].column + 1, placed.spots[pair[1]].column);
                }
            }
        }
    }
}
