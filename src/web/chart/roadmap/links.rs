//! The lines between rows. A drawing is a row high, so each row gets its own pieces of every line that touches it.

use super::super::scale::tenth;
use super::{BAR, LinkEnd, LinkKind, MIDDLE, ROW, RoadmapLink};
use std::fmt::Write as _;

/// Where lines may leave and enter a row's shape.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ports {
    pub(super) left: f64,
    pub(super) right: f64,
    /// A diamond has its two tips; a bar has room for several lines above each other.
    pub(super) diamond: bool,
}

/// The pieces of lines in one row, as paths: plain and critical, and their arrow heads.
#[derive(Debug, Clone, Default)]
pub struct Pieces {
    pub(super) plain: String,
    pub(super) critical: String,
    pub(super) heads: String,
    pub(super) critical_heads: String,
}

impl Pieces {
    fn line(&mut self, critical: bool) -> &mut String {
        if critical { &mut self.critical } else { &mut self.plain }
    }

    fn head(&mut self, critical: bool) -> &mut String {
        if critical { &mut self.critical_heads } else { &mut self.heads }
    }
}

/// A place in the whole drawing: across, the row, and down within it.
type Place = (f64, usize, f64);

struct Pen<'a> {
    rows: &'a mut [Pieces],
    width: f64,
    critical: bool,
}

impl Pen<'_> {
    fn across(&mut self, row: usize, y: f64, from: f64, to: f64) {
        let (from, to) = (from.clamp(0.0, self.width), to.clamp(0.0, self.width));
        if (from - to).abs() > 0.05 {
            let _ = write!(self.rows[row].line(self.critical), "M{} {y}H{}", tenth(from), tenth(to));
        }
    }

    fn down(&mut self, x: f64, from: (usize, f64), to: (usize, f64)) {
        if !(0.0..=self.width).contains(&x) {
            return;
        }
        let x = tenth(x);
        let (top, bottom) = if from <= to { (from, to) } else { (to, from) };
        for row in top.0..=bottom.0 {
            let y0 = if row == top.0 { top.1 } else { 0.0 };
            let y1 = if row == bottom.0 { bottom.1 } else { ROW };
            if y1 > y0 {
                let _ = write!(self.rows[row].line(self.critical), "M{x} {y0}V{y1}");
            }
        }
    }

    fn path(&mut self, places: &[Place]) {
        for pair in places.windows(2) {
            let ((x0, row0, y0), (x1, row1, y1)) = (pair[0], pair[1]);
            if (row0, y0) == (row1, y1) {
                self.across(row0, y0, x0, x1);
            } else {
                self.down(x0, (row0, y0), (row1, y1));
            }
        }
    }

    fn head(&mut self, (x, row, y): Place, way: &str) {
        if (0.0..=self.width).contains(&x) {
            let _ = write!(self.rows[row].head(self.critical), "M{} {y}{way}Z", tenth(x));
        }
    }
}

const RIGHTWARDS: &str = "l-5 -3v6";
const LEFTWARDS: &str = "l5 -3v6";
const DOWNWARDS: &str = "l-3 -5h6";
const UPWARDS: &str = "l-3 5h6";

/// How far from a shape a line turns.
const TURN: f64 = 5.0;

/// Draws `links` over rows with these `ports` (none for a row without a shape). Links whose rows are out of range, or
/// without a shape, are left to the words.
pub(super) fn draw(links: &[RoadmapLink], ports: &[Option<Ports>], width: f64) -> Vec<Pieces> {
    let mut rows = vec![Pieces::default(); ports.len()];
    let mut leaving = vec![0_u8; ports.len()];
    let mut entering = vec![0_u8; ports.len()];
    let port = |end: &LinkEnd| match end {
        LinkEnd::Row(row) => ports.get(*row).copied().flatten().map(|ports| (*row, ports)),
        LinkEnd::Elsewhere(_) => None,
    };
    for link in links {
        let mut pen = Pen { rows: &mut rows, width, critical: link.critical };
        match (port(&link.from), port(&link.to)) {
            (Some(from), Some(to)) if from.0 != to.0 => {
                let lane = next(&mut leaving[from.0]);
                let entry = next(&mut entering[to.0]);
                tie(&mut pen, link.kind, from, to, lane, entry);
            }
            (Some((row, at)), None) if matches!(link.to, LinkEnd::Elsewhere(_)) => {
                pen.across(row, MIDDLE, at.right, at.right + 9.0);
                pen.head((at.right + 13.0, row, MIDDLE), RIGHTWARDS);
            }
            (None, Some((row, at))) if matches!(link.from, LinkEnd::Elsewhere(_)) => {
                pen.across(row, MIDDLE, at.left - 13.0, at.left - 4.0);
                pen.head((at.left, row, MIDDLE), RIGHTWARDS);
            }
            _ => {}
        }
    }
    rows
}

/// The next of three ports.
fn next(count: &mut u8) -> u8 {
    let port = *count % 3;
    *count = port + 1;
    port
}

/// The height at which a line meets a shape: its middle first, then above and below.
fn height(ports: Ports, port: u8) -> f64 {
    match port {
        _ if ports.diamond => MIDDLE,
        0 => MIDDLE,
        1 => MIDDLE - 3.0,
        _ => MIDDLE + 3.0,
    }
}

fn tie(
    pen: &mut Pen<'_>,
    kind: LinkKind,
    (from, source): (usize, Ports),
    (to, target): (usize, Ports),
    lane: u8,
    entry: u8,
) {
    let y0 = height(source, lane);
    let y1 = height(target, entry);
    let step = 3.0 * f64::from(lane);
    // The edge of the target's row that the line comes through.
    let edge = if from < to { (to, 0.0) } else { (to, ROW) };
    match kind {
        LinkKind::FinishStart => {
            let turn = source.right + TURN + step;
            let onto = (turn.max(target.left + 3.0)).min(target.right - 2.0);
            let middle = f64::midpoint(target.left, target.right);
            let meets = if target.diamond { turn <= middle + 1.0 } else { onto >= turn };
            if target.left >= turn + 6.0 {
                pen.path(&[
                    (source.right, from, y0),
                    (turn, from, y0),
                    (turn, to, y1),
                    (target.left, to, y1),
                ]);
                pen.head((target.left, to, y1), RIGHTWARDS);
            } else if meets {
                // The target begins where the source ends: the line falls onto its top, or rises to its foot.
                let x = if target.diamond { middle } else { onto };
                let half = if target.diamond { MIDDLE - 7.0 } else { BAR };
                let (y, way) = if from < to { (half, DOWNWARDS) } else { (ROW - half, UPWARDS) };
                pen.path(&[(source.right, from, y0), (x, from, y0), (x, to, y)]);
                pen.head((x, to, y), way);
            } else {
                let back = target.left - 7.0 - step;
                pen.path(&[
                    (source.right, from, y0),
                    (turn, from, y0),
                    (turn, edge.0, edge.1),
                    (back, edge.0, edge.1),
                    (back, to, y1),
                    (target.left, to, y1),
                ]);
                pen.head((target.left, to, y1), RIGHTWARDS);
            }
        }
        LinkKind::StartStart => {
            let turn = source.left.min(target.left) - 7.0 - step;
            pen.path(&[(source.left, from, y0), (turn, from, y0), (turn, to, y1), (target.left, to, y1)]);
            pen.head((target.left, to, y1), RIGHTWARDS);
        }
        LinkKind::FinishFinish => {
            let turn = source.right.max(target.right) + 7.0 + step;
            pen.path(&[(source.right, from, y0), (turn, from, y0), (turn, to, y1), (target.right, to, y1)]);
            pen.head((target.right, to, y1), LEFTWARDS);
        }
        LinkKind::StartFinish => {
            let turn = source.left - TURN - step;
            let side = target.right + 7.0 + step;
            if turn >= target.right + 6.0 {
                pen.path(&[
                    (source.left, from, y0),
                    (turn, from, y0),
                    (turn, to, y1),
                    (target.right, to, y1),
                ]);
            } else {
                pen.path(&[
                    (source.left, from, y0),
                    (turn, from, y0),
                    (turn, edge.0, edge.1),
                    (side, edge.0, edge.1),
                    (side, to, y1),
                    (target.right, to, y1),
                ]);
            }
            pen.head((target.right, to, y1), LEFTWARDS);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bar(left: f64, right: f64) -> Ports {
        Ports { left, right, diamond: false }
    }

    fn link(kind: LinkKind, from: usize, to: usize) -> RoadmapLink {
        RoadmapLink {
            kind,
            from: LinkEnd::Row(from),
            to: LinkEnd::Row(to),
            lag: String::new(),
            critical: false,
        }
    }

    #[test]
    fn a_finish_to_start_turns_once_and_passes_the_rows_between() {
        let rows = draw(
            &[link(LinkKind::FinishStart, 0, 2)],
            &[Some(bar(10.0, 50.0)), None, Some(bar(80.0, 120.0))],
            200.0,
        );
        assert_eq!(rows[0].plain, "M50 14H55M55 14V28");
        assert_eq!(rows[1].plain, "M55 0V28");
        assert_eq!(rows[2].plain, "M55 0V14M55 14H80");
        assert_eq!(rows[2].heads, "M80 14l-5 -3v6Z");
    }

    #[test]
    fn a_target_that_begins_at_once_is_met_from_above_or_below() {
        let ports = [Some(bar(10.0, 50.0)), Some(bar(50.0, 90.0))];
        let down = draw(&[link(LinkKind::FinishStart, 0, 1)], &ports, 200.0);
        assert_eq!(down[1].heads, "M55 9l-3 -5h6Z");
        let up = draw(&[link(LinkKind::FinishStart, 0, 1)], &[ports[0], ports[1]], 200.0);
        assert_eq!(up[0].plain, "M50 14H55M55 14V28");
        let rising = draw(
            &[link(LinkKind::FinishStart, 1, 0)],
            &[Some(bar(50.0, 90.0)), Some(bar(10.0, 50.0))],
            200.0,
        );
        assert_eq!(rising[0].heads, "M55 19l-3 5h6Z");
    }

    #[test]
    fn each_kind_leaves_and_enters_at_its_own_ends() {
        let ports = [Some(bar(40.0, 80.0)), Some(bar(50.0, 120.0))];
        let heads = |kind| draw(&[link(kind, 0, 1)], &ports, 200.0)[1].heads.clone();
        assert_eq!(heads(LinkKind::StartStart), "M50 14l-5 -3v6Z");
        assert_eq!(heads(LinkKind::FinishFinish), "M120 14l5 -3v6Z");
        assert_eq!(heads(LinkKind::StartFinish), "M120 14l5 -3v6Z");
        // Behind the plan: the target began long before the source ends, so the line goes back around.
        let back = draw(
            &[link(LinkKind::FinishStart, 0, 1)],
            &[Some(bar(100.0, 150.0)), Some(bar(40.0, 60.0))],
            200.0,
        );
        assert_eq!(back[1].plain, "M155 0H33M33 0V14M33 14H40");
    }

    #[test]
    fn two_lines_out_of_one_bar_have_ports_of_their_own() {
        let rows = draw(
            &[link(LinkKind::FinishStart, 0, 1), link(LinkKind::FinishStart, 0, 2)],
            &[Some(bar(10.0, 50.0)), Some(bar(90.0, 120.0)), Some(bar(90.0, 120.0))],
            200.0,
        );
        assert_eq!(rows[0].plain, "M50 14H55M55 14V28M50 11H58M58 11V28");
    }

    #[test]
    fn what_is_elsewhere_has_a_stub_and_what_is_nowhere_has_none() {
        let away = |from, to| RoadmapLink {
            kind: LinkKind::FinishStart,
            from,
            to,
            lag: String::new(),
            critical: true,
        };
        let rows = draw(
            &[
                away(LinkEnd::Row(0), LinkEnd::Elsewhere("ATLAS-M9".into())),
                away(LinkEnd::Elsewhere("ATLAS-M1".into()), LinkEnd::Row(0)),
                away(LinkEnd::Row(0), LinkEnd::Row(9)),
                away(LinkEnd::Row(0), LinkEnd::Row(0)),
            ],
            &[Some(bar(40.0, 80.0))],
            200.0,
        );
        assert_eq!(rows[0].critical, "M80 14H89M27 14H36");
        assert_eq!(rows[0].critical_heads, "M93 14l-5 -3v6ZM40 14l-5 -3v6Z");
        assert!(rows[0].plain.is_empty());
    }
}
