//! One batch of iterations, side by side: each step is taken for all lanes before the next, in loops that become vector
//! instructions. Nothing here depends on how many lanes there are, nor on which vector instructions the machine has.

#![expect(
    clippy::inline_always,
    reason = "what runs in a batch is compiled once for each set of vector instructions, which reach only what is inlined"
)]

use super::common::normal;
use super::draw::{Above, Spread, looked_up};
use super::program::{Arc, Kind, NEVER, Program, Risk, Step, Way, asked};

/// One number for each iteration of a batch.
type Lanes<const L: usize> = [i32; L];
/// All bits where it holds, none where it doesn't.
type Mask<const L: usize> = [i32; L];

/// Room for one batch, used again for the next.
pub(super) struct Batch<const L: usize> {
    /// For each step the positions of its start and its finish, on its axis.
    ends: Vec<[Lanes<L>; 2]>,
    /// For each risk, by how much it delays; 0 where it doesn't occur.
    delays: Vec<Lanes<L>>,
    /// For each project, its number.
    factors: Vec<[f32; L]>,
    /// For each step and each risk: whether it decides when the target finishes.
    decides: Vec<Mask<L>>,
    risk_decides: Vec<Mask<L>>,
}

/// In how many iterations each step and each risk decided when the target finishes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) steps: Vec<u32>,
    pub(super) risks: Vec<u32>,
}

impl Tally {
    pub(super) fn new(program: &Program) -> Self {
        Self { steps: vec![0; program.steps.len()], risks: vec![0; program.risks.len()] }
    }

    /// Sums are the same in any order.
    pub(super) fn add(&mut self, other: &Self) {
        for (sum, count) in
            self.steps.iter_mut().zip(&other.steps).chain(self.risks.iter_mut().zip(&other.risks))
        {
            *sum += count;
        }
    }
}

impl<const L: usize> Batch<L> {
    pub(super) fn new(program: &Program) -> Self {
        Self {
            ends: vec![[[0; L]; 2]; program.steps.len()],
            delays: vec![[0; L]; program.risks.len()],
            factors: vec![[0.0; L]; program.factors.len()],
            decides: vec![[0; L]; program.steps.len()],
            risk_decides: vec![[0; L]; program.risks.len()],
        }
    }

    /// The positions of the finishes of a step, on its axis.
    pub(super) fn finishes(&self, step: usize) -> &Lanes<L> {
        &self.ends[step][1]
    }

    /// Schedules the iterations from `first` on.
    #[inline(always)]
    pub(super) fn forward(&mut self, program: &Program, first: u32) {
        if program.common.is_some() {
            for (numbers, stream) in self.factors.iter_mut().zip(&program.factors) {
                *numbers = normal(&stream.uniforms(first));
            }
        }
        for (delay, risk) in self.delays.iter_mut().zip(&program.risks) {
            *delay = delays(risk, first);
        }
        for (index, step) in program.steps.iter().enumerate() {
            let (before, rest) = self.ends.split_at_mut(index);
            rest[0] = match step.kind {
                Kind::Work => work(program, step, before, first, &self.factors, &self.delays),
                Kind::Last => last(program, step, before, &self.delays),
                Kind::First => earliest(program, step, before),
            };
        }
    }

    /// Counts in which of the first `count` iterations a step was on the way to the target's finish: back from it along whatever was
    /// not waited for a minute less.
    #[inline(always)]
    pub(super) fn backward(&mut self, program: &Program, target: usize, count: usize, tally: &mut Tally) {
        self.decides[..target].fill([0; L]);
        self.risk_decides.fill([0; L]);
        self.decides[target] = std::array::from_fn(|lane| if lane < count { -1 } else { 0 });
        for (index, step) in program.steps[..=target].iter().enumerate().rev() {
            let (before, rest) = self.decides.split_at_mut(index);
            let decides = &rest[0];
            // All bits are −1: the sum is how many there are, less than none.
            let holds: i32 = decides.iter().sum();
            if holds == 0 {
                continue;
            }
            tally.steps[index] += holds.unsigned_abs();
            for risk in program.threats_of(step) {
                let delays = &self.delays[*risk as usize];
                for ((mask, decides), delay) in
                    self.risk_decides[*risk as usize].iter_mut().zip(decides).zip(delays)
                {
                    *mask |= if *delay > 0 { *decides } else { 0 };
                }
            }
            let [start, finish] = &self.ends[index];
            for arc in program.arcs_of(step) {
                let from = arc.from as usize;
                let mut reached = reached(program, step, arc, &self.ends[from]);
                // A start or a finish is on its side of a position, and a milestone later than what it waits for by its delays.
                let end = match (step.kind, arc.to_finish) {
                    (Kind::Work, false) => {
                        for position in &mut reached {
                            *position |= 1;
                        }
                        start
                    }
                    (Kind::Work, true) => {
                        for position in &mut reached {
                            *position &= !1;
                        }
                        finish
                    }
                    (Kind::Last, _) => {
                        delay(&mut reached, program.threats_of(step), &self.delays);
                        finish
                    }
                    (Kind::First, _) => start,
                };
                for (((mask, decides), reached), end) in
                    before[from].iter_mut().zip(decides).zip(&reached).zip(end)
                {
                    *mask |= if reached == end { *decides } else { 0 };
                }
            }
        }
        for (sum, mask) in tally.risks.iter_mut().zip(&self.risk_decides) {
            *sum += mask.iter().sum::<i32>().unsigned_abs();
        }
    }
}

#[inline(always)]
fn delays<const L: usize>(risk: &Risk, first: u32) -> Lanes<L> {
    let mut delays = [0; L];
    for (delay, iteration) in delays.iter_mut().zip(first..) {
        let effect = risk.spread.quantile(risk.effect.uniform(iteration));
        *delay = if risk.occurs(iteration) { effect } else { 0 };
    }
    delays
}

impl Risk {
    #[inline(always)]
    pub(super) fn occurs(&self, iteration: u32) -> bool {
        u64::from(self.occurrence.bits(iteration)) < self.occurs_below
    }

    /// The probability that it doesn't occur.
    #[inline(always)]
    #[expect(clippy::cast_possible_truncation, reason = "a share")]
    pub(super) fn absent(&self) -> f32 {
        (1.0 - self.occurs_below as f64 / 4_294_967_296.0) as f32
    }

    /// The share of its effects, none among them, that are smaller; equal ones count half.
    #[inline(always)]
    pub(super) fn grade(&self, iteration: u32) -> f32 {
        let absent = self.absent();
        if self.occurs(iteration) {
            absent + (1.0 - absent) * self.effect.uniform(iteration)
        } else {
            0.5 * absent
        }
    }
}

impl Step {
    /// The shares at which its duration is, in iterations from `first` on; `common` has the numbers of its project.
    #[inline(always)]
    pub(super) fn shares<const L: usize>(
        &self,
        program: &Program,
        first: u32,
        common: &[f32; L],
    ) -> [f32; L] {
        let own = self.stream.uniforms(first);
        match &program.common {
            None => own,
            Some(weights) => weights.shares(common, &own),
        }
    }
}

#[inline(always)]
fn durations<const L: usize>(program: &Program, step: &Step, first: u32, factors: &[[f32; L]]) -> Lanes<L> {
    let Spread { low, above } = &step.spread;
    let mut takes = [*low; L];
    match above {
        Above::Nothing => {}
        Above::Triangle(triangle) => {
            let shares = step.shares(program, first, &factors[step.factor as usize]);
            for (minutes, share) in takes.iter_mut().zip(&shares) {
                *minutes = minutes.wrapping_add(triangle.quantile(*share));
            }
        }
        Above::Table(width, table) => {
            let shares = step.shares(program, first, &factors[step.factor as usize]);
            for (minutes, above) in takes.iter_mut().zip(&looked_up(*width, table, &shares)) {
                *minutes = minutes.wrapping_add(*above);
            }
        }
    }
    takes
}

/// The start and the finish of something with a duration.
#[inline(always)]
fn work<const L: usize>(
    program: &Program,
    step: &Step,
    before: &[[Lanes<L>; 2]],
    first: u32,
    factors: &[[f32; L]],
    delays: &[Lanes<L>],
) -> [Lanes<L>; 2] {
    let mut takes = durations(program, step, first, factors);
    for risk in program.threats_of(step) {
        for (minutes, delay) in takes.iter_mut().zip(&delays[*risk as usize]) {
            *minutes = minutes.wrapping_add(*delay);
        }
    }
    for minutes in &mut takes {
        *minutes = minutes.wrapping_mul(2);
    }
    let mut start = [step.start_bound; L];
    if step.finish_bound > NEVER {
        for (start, takes) in start.iter_mut().zip(&takes) {
            *start = (*start).max((step.finish_bound & !1).wrapping_sub(*takes));
        }
    }
    for arc in program.arcs_of(step) {
        let reached = reached(program, step, arc, &before[arc.from as usize]);
        if arc.to_finish {
            for ((start, reached), takes) in start.iter_mut().zip(&reached).zip(&takes) {
                *start = (*start).max((reached & !1).wrapping_sub(*takes));
            }
        } else {
            for (start, reached) in start.iter_mut().zip(&reached) {
                *start = (*start).max(*reached);
            }
        }
    }
    let mut finish = start;
    for ((start, finish), takes) in start.iter_mut().zip(&mut finish).zip(&takes) {
        *finish = (*start & !1).wrapping_add(*takes);
        *start |= 1;
    }
    [start, finish]
}

/// What is at the last of its bounds, with its delays.
#[inline(always)]
fn last<const L: usize>(
    program: &Program,
    step: &Step,
    before: &[[Lanes<L>; 2]],
    delays: &[Lanes<L>],
) -> [Lanes<L>; 2] {
    let mut at = [step.start_bound; L];
    for arc in program.arcs_of(step) {
        let reached = reached(program, step, arc, &before[arc.from as usize]);
        for (at, reached) in at.iter_mut().zip(&reached) {
            *at = (*at).max(*reached);
        }
    }
    delay(&mut at, program.threats_of(step), delays);
    [at, at]
}

/// What is at the first of its bounds.
#[inline(always)]
fn earliest<const L: usize>(program: &Program, step: &Step, before: &[[Lanes<L>; 2]]) -> [Lanes<L>; 2] {
    let mut at = [step.start_bound; L];
    for arc in program.arcs_of(step) {
        let reached = reached(program, step, arc, &before[arc.from as usize]);
        for (at, reached) in at.iter_mut().zip(&reached) {
            *at = (*at).min(*reached);
        }
    }
    [at, at]
}

/// Later by what threatens it; where nothing does, on the side of its position where it was.
#[inline(always)]
fn delay<const L: usize>(at: &mut Lanes<L>, threats: &[u32], delays: &[Lanes<L>]) {
    for risk in threats {
        for (at, delay) in at.iter_mut().zip(&delays[*risk as usize]) {
            let side = if *delay > 0 { !1 } else { !0 };
            *at = (*at & side).wrapping_add(delay.wrapping_mul(2));
        }
    }
}

/// To where on the step's axis a predecessor's end pushes.
#[inline(always)]
fn reached<const L: usize>(program: &Program, step: &Step, arc: &Arc, ends: &[Lanes<L>; 2]) -> Lanes<L> {
    let mut reached = ends[usize::from(arc.of_finish)];
    if arc.way == Way::Same {
        let lag = arc.lag.wrapping_mul(2);
        for position in &mut reached {
            *position = position.wrapping_add(lag);
        }
    } else {
        by_clock(program, step, arc, &mut reached);
    }
    reached
}

/// The same by the clock.
#[inline(never)]
fn by_clock(program: &Program, step: &Step, arc: &Arc, positions: &mut [i32]) {
    let from = &program.steps[arc.from as usize];
    for position in positions {
        if *position > NEVER {
            let end = program.moment(from, *position);
            *position = asked(&program.clocks, (step.axis, step.kind), arc.way, arc.lag, end);
        }
    }
}
