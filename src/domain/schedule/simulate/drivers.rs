//! What drives a finish: how often something is on the way to it, and how far the finish goes with it.

use super::super::network::{NONE, number};
use super::super::pass::position_by;
use super::super::{ItemIx, Moment};
use super::common::normal;
use super::program::{Program, Risk, Step};
use super::random::Stream;
use super::run::{self, Ran};
use super::watch::Watch;
use super::{DriversOf, rank};

/// Something that drives a finish.
#[derive(Clone, Debug, PartialEq)]
pub struct Driver {
    pub source: Source,
    /// The criticality index: the share of the runs in which it was on the way that decided the finish; a risk, in which it occurred
    /// and threatened something on the way.
    pub criticality: f64,
    /// The cruciality: Spearman's rank correlation of how long it took with when the finish was. 0 for what is certain.
    pub sensitivity: f64,
    /// How much of the spread of the finish it accounts for: its squared sensitivity over the sum of all drivers', leaving out those that
    /// chance alone could make.
    pub share: f64,
    /// Its bar in the tornado, for the strongest.
    pub bar: Option<Bar>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    Item(ItemIx),
    /// By its place in [`super::Asked::risks`].
    Risk(u32),
}

/// How the finish spreads when a driver is low and when it is high: for an item the third of the runs in which it was shortest and the
/// third in which it was longest, for a risk the runs in which it didn't occur and those in which it did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bar {
    pub low: Swing,
    pub high: Swing,
    /// It is high when it takes longer than this, in minutes of its duration's kind; what has begun, when the rest of it does.
    pub over: Over,
    /// What lateness is told against: [`DriversOf::by`] or the median.
    pub by: Moment,
    /// How many of the runs in which it was high finished later than that, and how many those runs are.
    pub late: u32,
    pub of: u32,
}

/// When a driver is high.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over {
    Duration(i32),
    Remaining(i32),
    Occurs,
}

/// Tenth, half and nine tenths of the runs finished by these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Swing {
    pub p10: Moment,
    pub p50: Moment,
    pub p90: Moment,
}

/// Grades that are made at a time, and sums that are kept side by side.
const GRADES: usize = 64;
const SUMS: usize = 32;
/// Stretches of grades that are summed before the sum gets more digits.
const STRETCHES: usize = 64;
/// Above this grade something is high, below its complement low.
const HIGH: f32 = 2.0 / 3.0;

/// Something that varies: an item's step or a risk.
#[derive(Clone, Copy)]
enum Varies<'a> {
    Step(&'a Step),
    Risk(&'a Risk),
}

impl Varies<'_> {
    /// The project whose number it has in common with others.
    fn factor(&self, program: &Program) -> Option<u32> {
        match self {
            Self::Step(step) if program.common.is_some() => Some(step.factor),
            Self::Step(_) | Self::Risk(_) => None,
        }
    }
}

/// The drivers of the finish of a step, from what the runs left; `nth` of the samples are its.
pub(super) fn drivers(
    program: &Program,
    ran: &Ran,
    (target, nth): (usize, usize),
    of: DriversOf,
    threads: usize,
    watch: &Watch,
) -> Vec<Driver> {
    let finishes = ran.samples.of(nth);
    let ranks = Ranks::of(&finishes);
    let runs = finishes.len() as f64;
    let (on_way, threatening) = ancestors(program, target);
    let mut found: Vec<(Driver, Option<Varies>)> = Vec::new();
    for (index, step) in program.steps.iter().enumerate() {
        if !on_way[index] || step.item == NONE {
            continue;
        }
        let varies = (!step.spread.is_certain()).then_some(Varies::Step(step));
        let count = ran.tally.steps[index];
        if count > 0 || varies.is_some() {
            found.push((driver(Source::Item(ItemIx(step.item)), f64::from(count) / runs), varies));
        }
    }
    for (index, risk) in program.risks.iter().enumerate().filter(|(index, _)| threatening[*index]) {
        let criticality = f64::from(ran.tally.risks[index]) / runs;
        found.push((driver(Source::Risk(number(index)), criticality), Some(Varies::Risk(risk))));
    }
    // Those of one project one after another, so that its numbers are made once.
    found.sort_by_key(|(_, varies)| varies.and_then(|varies| varies.factor(program)));
    run::in_parallel(
        threads,
        found.iter_mut(),
        || Bench::new(program, finishes.len()),
        |bench, (driver, varies)| {
            if let Some(varies) = varies.as_ref().filter(|_| !watch.is_stopped()) {
                let grades = bench.grades(*varies);
                driver.sensitivity = pulp::Arch::new().dispatch(Correlation { grades, ranks: &ranks });
            }
        },
        |_| (),
    );
    let squares = |driver: &Driver| {
        Some(driver.sensitivity.powi(2)).filter(|square| *square * runs > 9.0).unwrap_or(0.0)
    };
    let sum: f64 = found.iter().map(|(driver, _)| squares(driver)).sum();
    for (driver, _) in &mut found {
        driver.share = if sum > 0.0 { squares(driver) / sum } else { 0.0 };
    }
    found.sort_by(|(a, _), (b, _)| {
        let by_strength = b.sensitivity.abs().total_cmp(&a.sensitivity.abs());
        by_strength.then(b.criticality.total_cmp(&a.criticality)).then(a.source.cmp(&b.source))
    });
    let step = &program.steps[target];
    let by = of.by.unwrap_or_else(|| program.moment(step, rank::quantile(&rank::sorted(&finishes), 50)));
    let bars = found.len().min(of.bars);
    run::in_parallel(
        threads,
        found[..bars].iter_mut(),
        || (Bench::new(program, finishes.len()), vec![0.0; finishes.len()]),
        |(bench, listed), (driver, varies)| {
            if let Some(varies) = varies.as_ref().filter(|_| !watch.is_stopped()) {
                let grades = bench.grades(*varies);
                pulp::Arch::new().dispatch(Listing { grades, listed });
                driver.bar = bar(program, step, *varies, (listed, &finishes), by);
            }
        },
        |_| (),
    );
    found.into_iter().map(|(driver, _)| driver).collect()
}

const fn driver(source: Source, criticality: f64) -> Driver {
    Driver { source, criticality, sensitivity: 0.0, share: 0.0, bar: None }
}

/// The steps that can move a step, itself among them, and the risks that threaten one of them.
fn ancestors(program: &Program, target: usize) -> (Vec<bool>, Vec<bool>) {
    let mut on_way = vec![false; program.steps.len()];
    let mut threatening = vec![false; program.risks.len()];
    on_way[target] = true;
    for (index, step) in program.steps.iter().enumerate().rev() {
        if on_way[index] {
            for arc in program.arcs_of(step) {
                on_way[arc.from as usize] = true;
            }
            for risk in program.threats_of(step) {
                threatening[*risk as usize] = true;
            }
        }
    }
    (on_way, threatening)
}

fn bar(program: &Program, step: &Step, varies: Varies, runs: (&[f32], &[i32]), by: Moment) -> Option<Bar> {
    let (low_below, high_above, over) = match varies {
        Varies::Step(step) => {
            let over = step.spread.quantile(HIGH);
            (1.0 - HIGH, HIGH, if step.begun { Over::Remaining(over) } else { Over::Duration(over) })
        }
        // Without the risk all grades are one, the mean of those below its probability.
        Varies::Risk(risk) => (risk.absent(), risk.absent(), Over::Occurs),
    };
    let pick = |is: &dyn Fn(f32) -> bool| -> Vec<i32> {
        let picked = runs.0.iter().zip(runs.1).filter(|(grade, _)| is(**grade + 0.5));
        rank::sorted(&picked.map(|(_, finish)| *finish).collect::<Vec<_>>())
    };
    let (low, high) = (pick(&|grade| grade < low_below), pick(&|grade| grade > high_above));
    if low.is_empty() || high.is_empty() {
        return None;
    }
    let swing = |sorted: &[i32]| {
        let [p10, p50, p90] =
            [10, 50, 90].map(|percent| program.moment(step, rank::quantile(sorted, percent)));
        Swing { p10, p50, p90 }
    };
    let by_position = super::program::near(position_by(program.clock(step.axis), by));
    let late = high.len() - high.partition_point(|finish| *finish <= by_position);
    Some(Bar { low: swing(&low), high: swing(&high), over, by, late: number(late), of: number(high.len()) })
}

/// Ranks of the finishes, less their mean, in stretches as grades are made; what fills the last is 0.
struct Ranks {
    stretches: Vec<[f32; GRADES]>,
    count: usize,
    /// The sum of their squares.
    spread: f64,
}

impl Ranks {
    fn of(finishes: &[i32]) -> Self {
        let ranks = rank::centred_ranks(finishes);
        let mut stretches = vec![[0.0; GRADES]; ranks.len().div_ceil(GRADES)];
        for (stretch, ranks) in stretches.iter_mut().zip(ranks.chunks(GRADES)) {
            stretch[..ranks.len()].copy_from_slice(ranks);
        }
        let spread = ranks.iter().map(|rank| f64::from(*rank) * f64::from(*rank)).sum();
        Self { stretches, count: ranks.len(), spread }
    }
}

/// Where a thread makes grades: it keeps the numbers of the last project.
struct Bench<'a> {
    program: &'a Program,
    factor: Option<u32>,
    common: Vec<[f32; GRADES]>,
}

impl<'a> Bench<'a> {
    fn new(program: &'a Program, runs: usize) -> Self {
        let stretches = if program.common.is_some() { runs.div_ceil(GRADES) } else { 0 };
        Self { program, factor: None, common: vec![[0.0; GRADES]; stretches] }
    }

    fn grades<'b>(&'b mut self, varies: Varies<'b>) -> Grades<'b> {
        if let Some(factor) = varies.factor(self.program).filter(|factor| self.factor != Some(*factor)) {
            let stream = self.program.factors[factor as usize];
            pulp::Arch::new().dispatch(Numbers { stream, common: &mut self.common });
            self.factor = Some(factor);
        }
        Grades { program: self.program, varies, common: &self.common }
    }
}

/// Makes a project's numbers.
struct Numbers<'a> {
    stream: Stream,
    common: &'a mut [[f32; GRADES]],
}

impl pulp::WithSimd for Numbers<'_> {
    type Output = ();

    #[expect(clippy::inline_always, reason = "only what is inlined is compiled for the vector instructions")]
    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _: S) {
        for (first, numbers) in (0..).step_by(GRADES).zip(self.common) {
            *numbers = normal(&self.stream.uniforms(first));
        }
    }
}

/// The grades of all runs, less a half: of how long something took, the share of durations that are shorter. They are known without
/// sorting, for the durations were drawn by them.
struct Grades<'a> {
    program: &'a Program,
    varies: Varies<'a>,
    common: &'a [[f32; GRADES]],
}

impl Grades<'_> {
    /// Those of a stretch.
    #[expect(clippy::inline_always, reason = "compiled for the vector instructions of its caller")]
    #[inline(always)]
    fn of(&self, stretch: usize, first: u32) -> [f32; GRADES] {
        let mut grades = [0.0; GRADES];
        match self.varies {
            Varies::Step(step) => {
                grades = step.shares(self.program, first, self.common.get(stretch).unwrap_or(&grades));
            }
            Varies::Risk(risk) => {
                for (grade, iteration) in grades.iter_mut().zip(first..) {
                    *grade = risk.grade(iteration);
                }
            }
        }
        for grade in &mut grades {
            *grade -= 0.5;
        }
        grades
    }
}

/// Writes the grades of all runs down.
struct Listing<'a> {
    grades: Grades<'a>,
    listed: &'a mut [f32],
}

impl pulp::WithSimd for Listing<'_> {
    type Output = ();

    #[expect(clippy::inline_always, reason = "only what is inlined is compiled for the vector instructions")]
    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _: S) {
        for ((stretch, first), listed) in (0..).zip((0..).step_by(GRADES)).zip(self.listed.chunks_mut(GRADES))
        {
            listed.copy_from_slice(&self.grades.of(stretch, first)[..listed.len()]);
        }
    }
}

/// The correlation of grades with ranks.
struct Correlation<'a> {
    grades: Grades<'a>,
    ranks: &'a Ranks,
}

impl pulp::WithSimd for Correlation<'_> {
    type Output = f64;

    #[expect(clippy::inline_always, reason = "only what is inlined is compiled for the vector instructions")]
    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _: S) -> f64 {
        let [mut sum, mut squares, mut products] = [0.0; 3];
        let mut stretches = (0..).zip((0..).step_by(GRADES)).zip(&self.ranks.stretches).peekable();
        while stretches.peek().is_some() {
            // Side by side in a fixed order: the same sums on any machine.
            let [mut once, mut twice, mut ranked] = [[0.0_f32; SUMS]; 3];
            for ((stretch, first), ranks) in stretches.by_ref().take(STRETCHES) {
                let mut grades = self.grades.of(stretch, first);
                for beyond in grades.iter_mut().skip(self.ranks.count - stretch * GRADES) {
                    *beyond = 0.0;
                }
                for (grades, ranks) in grades.as_chunks::<SUMS>().0.iter().zip(ranks.as_chunks::<SUMS>().0) {
                    for (sum, grade) in once.iter_mut().zip(grades) {
                        *sum += grade;
                    }
                    for (sum, grade) in twice.iter_mut().zip(grades) {
                        *sum += grade * grade;
                    }
                    for ((sum, grade), rank) in ranked.iter_mut().zip(grades).zip(ranks) {
                        *sum += grade * rank;
                    }
                }
            }
            let added = |lanes: [f32; SUMS]| lanes.iter().map(|lane| f64::from(*lane)).sum::<f64>();
            let [a, b, c] = [added(once), added(twice), added(ranked)];
            sum += a;
            squares += b;
            products += c;
        }
        let variance = squares - sum * sum / self.ranks.count as f64;
        let scale = (variance * self.ranks.spread).sqrt();
        if scale > 0.0 { (products / scale).clamp(-1.0, 1.0) } else { 0.0 }
    }
}
