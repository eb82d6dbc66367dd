//! What is scheduled thousands of times: steps in topological order, on the work axes of their calendars, with everything that
//! is certain already in their bounds.

use super::super::Moment;
use super::super::network::number;
use super::super::pass::{moment, position};
use super::super::time::Clock;
use super::common::Common;
use super::draw::Spread;
use super::random::Stream;
use std::ops::Range;

/// A position that nothing is before. As in the passes of the schedule, positions on a work axis are doubled: even ones are where
/// work ends, odd ones where it goes on.
pub(super) const NEVER: i32 = i32::MIN / 2;

pub(super) struct Program {
    pub(super) clocks: Vec<Clock>,
    /// What is waited for is before what waits.
    pub(super) steps: Vec<Step>,
    pub(super) arcs: Vec<Arc>,
    /// The risks that threaten a step, by range.
    pub(super) threats: Vec<u32>,
    pub(super) risks: Vec<Risk>,
    /// What the projects' items have in common, one stream a project.
    pub(super) factors: Vec<Stream>,
    pub(super) common: Option<Common>,
}

/// What is done from one position to another, or what is at one.
#[derive(Clone)]
pub(super) struct Step {
    /// The item whose finish it has; `NONE` for what only passes on.
    pub(super) item: u32,
    /// Its duration is what remains of it.
    pub(super) begun: bool,
    pub(super) kind: Kind,
    /// Index of the clock on whose axis it is counted.
    pub(super) axis: u32,
    /// Before these positions it neither starts nor finishes.
    pub(super) start_bound: i32,
    pub(super) finish_bound: i32,
    pub(super) arcs: Range<u32>,
    pub(super) threats: Range<u32>,
    /// How long it takes, in minutes of the axis.
    pub(super) spread: Spread,
    pub(super) stream: Stream,
    /// Index of the stream that it has in common with its project.
    pub(super) factor: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Something with a duration.
    Work,
    /// The last of what it waits for: a milestone, the finish of a summary, or what a summary's predecessors ask of its children.
    Last,
    /// The first of what it waits for: the start of a summary.
    First,
}

/// What a step waits for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Arc {
    /// Index of the step that it waits for.
    pub(super) from: u32,
    /// Whether for its finish, or its start.
    pub(super) of_finish: bool,
    /// Whether to finish, or to start.
    pub(super) to_finish: bool,
    pub(super) lag: i32,
    pub(super) way: Way,
}

/// How a position of the predecessor becomes one of the successor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// It is on the same axis; the lag is minutes of it.
    Same,
    /// By the clock, and the lag is minutes of the clock.
    Elapsed,
    /// By the clock, and the lag is minutes of a calendar.
    Calendar(u32),
}

#[derive(Clone)]
pub(super) struct Risk {
    /// Of the 2^32 numbers, how many mean that it occurs.
    pub(super) occurs_below: u64,
    pub(super) occurrence: Stream,
    pub(super) effect: Stream,
    pub(super) spread: Spread,
}

/// The nearest position that is counted with.
pub(super) fn near(position: i64) -> i32 {
    i32::try_from(position)
        .unwrap_or(if position < 0 { NEVER } else { i32::MAX / 2 })
        .clamp(NEVER, i32::MAX / 2)
}

impl Program {
    pub(super) fn clock(&self, index: u32) -> &Clock {
        &self.clocks[index as usize]
    }

    pub(super) fn arcs_of(&self, step: &Step) -> &[Arc] {
        &self.arcs[step.arcs.start as usize..step.arcs.end as usize]
    }

    pub(super) fn threats_of(&self, step: &Step) -> &[u32] {
        &self.threats[step.threats.start as usize..step.threats.end as usize]
    }

    /// What is needed for the finishes of some steps, and where these are in it.
    pub(super) fn reaching(&self, steps: &[u32]) -> (Self, Vec<usize>) {
        let mut needed = vec![false; self.steps.len()];
        for step in steps {
            needed[*step as usize] = true;
        }
        for (index, step) in self.steps.iter().enumerate().rev() {
            if needed[index] {
                for arc in self.arcs_of(step) {
                    needed[arc.from as usize] = true;
                }
            }
        }
        let mut place = vec![0; self.steps.len()];
        let mut part = Self {
            steps: Vec::new(),
            arcs: Vec::new(),
            threats: Vec::new(),
            clocks: self.clocks.clone(),
            risks: self.risks.clone(),
            factors: self.factors.clone(),
            common: self.common.clone(),
        };
        for (index, step) in self.steps.iter().enumerate().filter(|(index, _)| needed[*index]) {
            place[index] = number(part.steps.len());
            let arcs = number(part.arcs.len());
            let threats = number(part.threats.len());
            part.arcs
                .extend(self.arcs_of(step).iter().map(|arc| Arc { from: place[arc.from as usize], ..*arc }));
            part.threats.extend(self.threats_of(step));
            part.steps.push(Step {
                arcs: arcs..number(part.arcs.len()),
                threats: threats..number(part.threats.len()),
                ..step.clone()
            });
        }
        (part, steps.iter().map(|step| place[*step as usize] as usize).collect())
    }

    /// The moment of a position of a step.
    pub(super) fn moment(&self, step: &Step, position: i32) -> Moment {
        moment(self.clock(step.axis), i64::from(position))
    }
}

/// The position on an axis at which something is that isn't before a moment; only what has no duration looks at its side.
pub(super) fn placed(clock: &Clock, kind: Kind, moment: Moment) -> i32 {
    near(match kind {
        Kind::Work => 2 * i64::from(clock.work_at(moment)),
        Kind::Last | Kind::First => position(clock, moment),
    })
}

/// The position on its axis that a link asks of a step, from the moment of the end that it leaves.
pub(super) fn asked(clocks: &[Clock], (axis, kind): (u32, Kind), way: Way, lag: i32, end: Moment) -> i32 {
    let clock = &clocks[axis as usize];
    match way {
        Way::Elapsed => placed(clock, kind, Moment(end.0.saturating_add(lag))),
        Way::Calendar(calendar) if calendar != axis && lag != 0 => {
            let calendar = &clocks[calendar as usize];
            placed(clock, kind, moment(calendar, position(calendar, end) + 2 * i64::from(lag)))
        }
        Way::Same | Way::Calendar(_) => near(i64::from(placed(clock, kind, end)) + 2 * i64::from(lag)),
    }
}
