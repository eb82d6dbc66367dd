//! The schedule's quality: the 14-point assessment of the DCMA (the U.S. Defense Contract Management Agency) over the items of
//! one program, as they stand in the plan of a day. Metric 22 counts its points.
//!
//! What is counted, where the assessment leaves it open:
//! - *Work* is the program's activities and milestones that others aren't a part of; *open* is what isn't finished. What is
//!   cancelled is not in the network. An item has what its summaries have: their links and their constraints.
//! - Links are those that lead to the program's open work and open summaries, with those that come of a dependency's
//!   milestones.
//! - The baseline is what is committed: of a milestone its date, of an activity the finish in the baseline in force on the day.
//! - Days are working days: of float and duration of eight hours, of the critical path's length those of the program.

use super::{DAY_MINUTES, NodeFact, Of, Plan, PlanLink};
use crate::domain::activity;
use crate::domain::agenda::Name;
use crate::domain::ids::ProgramId;
use crate::domain::metrics::Goal;
use crate::domain::metrics::stats::{float, float_len};
use crate::domain::schedule::time::Clock;
use crate::domain::schedule::{Change, ItemIx, Lag, LinkKind, Progress, Span};
use serde::Serialize;
use std::collections::HashSet;

/// Float and durations above this are high; working days.
const HIGH_DAYS: f64 = 44.0;
/// By how much the critical path test makes its first item longer; working days.
const TEST_DAYS: i32 = 600;
/// Calendars differ from item to item, so a path may move the finish by some days more or less; working days.
const TEST_TOLERANCE: f64 = 5.0;
const MINUTES: i32 = 480;

/// A point of the assessment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Check {
    Logic,
    Leads,
    Lags,
    RelationshipTypes,
    HardConstraints,
    HighFloat,
    NegativeFloat,
    HighDuration,
    InvalidDates,
    Resources,
    MissedTasks,
    CriticalPathTest,
    CriticalPathLengthIndex,
    BaselineExecutionIndex,
}

impl Check {
    /// All fourteen, in their order.
    pub const ALL: [Self; 14] = [
        Self::Logic,
        Self::Leads,
        Self::Lags,
        Self::RelationshipTypes,
        Self::HardConstraints,
        Self::HighFloat,
        Self::NegativeFloat,
        Self::HighDuration,
        Self::InvalidDates,
        Self::Resources,
        Self::MissedTasks,
        Self::CriticalPathTest,
        Self::CriticalPathLengthIndex,
        Self::BaselineExecutionIndex,
    ];

    /// The name that a reader sees.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Logic => "Logic",
            Self::Leads => "Leads",
            Self::Lags => "Lags",
            Self::RelationshipTypes => "Relationship types",
            Self::HardConstraints => "Hard constraints",
            Self::HighFloat => "High float",
            Self::NegativeFloat => "Negative float",
            Self::HighDuration => "High duration",
            Self::InvalidDates => "Invalid dates",
            Self::Resources => "Resources",
            Self::MissedTasks => "Missed tasks",
            Self::CriticalPathTest => "Critical path test",
            Self::CriticalPathLengthIndex => "Critical path length index (CPLI)",
            Self::BaselineExecutionIndex => "Baseline execution index (BEI)",
        }
    }

    /// What is counted, of what.
    #[must_use]
    pub const fn what(self) -> &'static str {
        match self {
            Self::Logic => {
                "Open activities and milestones without a predecessor or a successor (but for the first and the last), of all open"
            }
            Self::Leads => "Links with a lead (a negative lag), of the links to open work",
            Self::Lags => "Links with a lag, of the links to open work",
            Self::RelationshipTypes => "Links from finish to start, of the links to open work",
            Self::HardConstraints => {
                "Open activities that must start or finish on a day, or no later than it, of all open"
            }
            Self::HighFloat => {
                "Open activities and milestones with more than 44 working days of total float, of all open"
            }
            Self::NegativeFloat => "Open activities and milestones with total float below 0, of all open",
            Self::HighDuration => "Open activities of more than 44 working days, of all open",
            Self::InvalidDates => {
                "Activities and milestones that happened after the day, or that are open and planned before it, of all"
            }
            Self::Resources => {
                "Open activities of a day or more with nobody on them, of all open ones so long"
            }
            Self::MissedTasks => {
                "Activities and milestones that finish later than committed, of those committed to be finished by the day"
            }
            Self::CriticalPathTest => {
                "Working days by which the finish moves if the first open item of the critical path takes 600 more"
            }
            Self::CriticalPathLengthIndex => {
                "(Working days to the finish + its float to the committed date) ÷ working days to the finish"
            }
            Self::BaselineExecutionIndex => {
                "Finished of what is committed ÷ what is committed to be finished by the day"
            }
        }
    }

    /// On which side of what is good, of the value.
    #[must_use]
    pub const fn threshold(self) -> (Goal, f64) {
        match self {
            Self::Logic
            | Self::Lags
            | Self::HardConstraints
            | Self::HighFloat
            | Self::HighDuration
            | Self::MissedTasks => (Goal::AtMost, 0.05),
            Self::Leads | Self::NegativeFloat | Self::InvalidDates | Self::Resources => (Goal::AtMost, 0.0),
            Self::RelationshipTypes => (Goal::AtLeast, 0.9),
            Self::CriticalPathTest => (Goal::AtLeast, 1.0 - TEST_TOLERANCE / TEST_DAYS as f64),
            Self::CriticalPathLengthIndex | Self::BaselineExecutionIndex => (Goal::AtLeast, 0.95),
        }
    }

    /// The threshold as a reader sees it.
    #[must_use]
    pub const fn threshold_text(self) -> &'static str {
        match self {
            Self::Logic
            | Self::Lags
            | Self::HardConstraints
            | Self::HighFloat
            | Self::HighDuration
            | Self::MissedTasks => "≤ 5 %",
            Self::Leads | Self::NegativeFloat | Self::InvalidDates | Self::Resources => "none",
            Self::RelationshipTypes => "≥ 90 %",
            Self::CriticalPathTest => "600 wd, ± 5",
            Self::CriticalPathLengthIndex | Self::BaselineExecutionIndex => "≥ 0.95",
        }
    }

    /// Whether its value is a share, shown in percent; the others are indexes.
    #[must_use]
    pub const fn is_share(self) -> bool {
        !matches!(self, Self::CriticalPathTest | Self::CriticalPathLengthIndex | Self::BaselineExecutionIndex)
    }
}

/// A point as it stands on a day.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    pub check: Check,
    pub number: Option<f64>,
    pub denominator: Option<f64>,
    pub value: Option<f64>,
    /// Whether the threshold is met; `None` where there is nothing to judge.
    pub met: Option<bool>,
    /// Why there is no verdict: a sentence.
    pub reason: Option<&'static str>,
    /// The items that speak against it, in the order of kinds and numbers.
    pub offenders: Vec<Name>,
}

/// The whole assessment on a day.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Quality {
    /// In the order of [`Check::ALL`].
    pub points: Vec<Point>,
}

impl Quality {
    /// How many points are met, and how many can be judged.
    #[must_use]
    pub fn counts(&self) -> (usize, usize) {
        let judged = || self.points.iter().filter_map(|point| point.met);
        (judged().filter(|met| *met).count(), judged().count())
    }
}

/// How many of how many, and which are found fault with.
struct Found {
    number: f64,
    denominator: f64,
    offenders: Vec<ItemIx>,
}

type Outcome = Result<Found, &'static str>;

/// The share of those that a test holds for; they are the offenders.
fn share(of: &[ItemIx], none: &'static str, test: impl Fn(ItemIx) -> bool) -> Outcome {
    if of.is_empty() {
        return Err(none);
    }
    let offenders: Vec<ItemIx> = of.iter().copied().filter(|ix| test(*ix)).collect();
    Ok(Found { number: float_len(offenders.len()), denominator: float_len(of.len()), offenders })
}

const NOTHING_OPEN: &str = "No activity or milestone is open.";
const NO_ACTIVITY: &str = "No activity is open.";
const NO_LINK: &str = "No link leads to open work.";
const NOT_COMMITTED: &str = "Nothing is committed to be finished by the day.";

/// Assesses the schedule of one program on the day of the plan.
#[must_use]
pub fn assess(plan: &Plan, program: ProgramId) -> Quality {
    let look = Look::new(plan, program);
    let points = Check::ALL.map(|check| {
        let outcome = look.outcome(check);
        let (goal, threshold) = check.threshold();
        let reason = outcome.as_ref().err().copied();
        let found = outcome.ok();
        let value = found.as_ref().map(|found| found.number / found.denominator);
        let mut offenders: Vec<ItemIx> =
            found.as_ref().map_or_else(Vec::new, |found| found.offenders.clone());
        offenders.sort_unstable();
        offenders.dedup();
        Point {
            check,
            number: found.as_ref().map(|found| found.number),
            denominator: found.as_ref().map(|found| found.denominator),
            value,
            met: value.map(|value| goal.is_met(value, threshold)),
            reason,
            offenders: offenders.into_iter().map(|ix| plan.name(ix)).collect(),
        }
    });
    Quality { points: points.into() }
}

/// What the points look at.
struct Look<'a> {
    plan: &'a Plan,
    program: ProgramId,
    work: Vec<ItemIx>,
    open: Vec<ItemIx>,
    /// Open activities.
    active: Vec<ItemIx>,
    links: Vec<&'a PlanLink>,
    /// What a link leads to, and what one leads from.
    followers: HashSet<ItemIx>,
    followed: HashSet<ItemIx>,
}

impl<'a> Look<'a> {
    fn new(plan: &'a Plan, program: ProgramId) -> Self {
        let work: Vec<ItemIx> = plan.work_of(program).collect();
        let open: Vec<ItemIx> = work.iter().copied().filter(|ix| plan.is_open(*ix)).collect();
        let active = open.iter().copied().filter(|ix| !plan.is_event(*ix)).collect();
        let leads_to_work = |link: &&PlanLink| {
            let node = plan.node(link.to);
            node.program == program && !matches!(node.of, Of::Dependency { .. }) && plan.is_open(link.to)
        };
        Self {
            plan,
            program,
            work,
            open,
            active,
            links: plan.links().iter().filter(leads_to_work).collect(),
            followers: plan.links().iter().map(|link| link.to).collect(),
            followed: plan.links().iter().map(|link| link.from).collect(),
        }
    }

    fn outcome(&self, check: Check) -> Outcome {
        match check {
            Check::Logic => self.logic(),
            Check::Leads => self.linked(|link| minutes(link.lag) < 0, false),
            Check::Lags => self.linked(|link| minutes(link.lag) > 0, false),
            Check::RelationshipTypes => self.linked(|link| link.kind == LinkKind::FinishStart, true),
            Check::HardConstraints => share(&self.active, NO_ACTIVITY, |ix| self.is_bound(ix)),
            Check::HighFloat => share(&self.open, NOTHING_OPEN, |ix| self.float(ix) > HIGH_DAYS),
            Check::NegativeFloat => share(&self.open, NOTHING_OPEN, |ix| self.float(ix) < 0.0),
            Check::HighDuration => share(&self.active, NO_ACTIVITY, |ix| self.duration(ix) > HIGH_DAYS),
            Check::InvalidDates => {
                share(&self.work, "No activity or milestone is kept.", |ix| self.is_impossible(ix))
            }
            Check::Resources => self.resources(),
            Check::MissedTasks => share(&self.committed_by_now(), NOT_COMMITTED, |ix| self.is_missed(ix)),
            Check::CriticalPathTest => self.path_test(),
            Check::CriticalPathLengthIndex => self.length_index(),
            Check::BaselineExecutionIndex => self.execution_index(),
        }
    }

    /// The item, and what it is a part of.
    fn with_above(&self, ix: ItemIx) -> impl Iterator<Item = ItemIx> {
        std::iter::once(ix).chain(self.plan.above(ix))
    }

    fn logic(&self) -> Outcome {
        let first = self.work.iter().copied().min_by_key(|ix| (self.plan.dates(*ix).early_start, *ix));
        let last = self.plan.last_of(self.program);
        share(&self.open, NOTHING_OPEN, |ix| {
            let before = self.with_above(ix).any(|ix| self.followers.contains(&ix)) || Some(ix) == first;
            let after = self.with_above(ix).any(|ix| self.followed.contains(&ix)) || Some(ix) == last;
            !(before && after)
        })
    }

    /// The links that a test holds for, of all to open work; the items that the others lead to are the offenders if it is
    /// `good`, else those that these lead to.
    fn linked(&self, test: impl Fn(&PlanLink) -> bool, good: bool) -> Outcome {
        if self.links.is_empty() {
            return Err(NO_LINK);
        }
        let number = float_len(self.links.iter().filter(|link| test(link)).count());
        let offenders = self.links.iter().filter(|link| test(link) != good).map(|link| link.to).collect();
        Ok(Found { number, denominator: float_len(self.links.len()), offenders })
    }

    fn activity(&self, ix: ItemIx) -> Option<&activity::Activity> {
        match &self.plan.node(ix).of {
            Of::Activity { own, .. } => Some(own),
            _ => None,
        }
    }

    fn is_bound(&self, ix: ItemIx) -> bool {
        use activity::Constraint::{FinishNoLaterThan, MustFinishOn, MustStartOn, StartNoLaterThan};
        self.with_above(ix).filter_map(|ix| self.activity(ix)).any(|own| {
            matches!(own.constraint, MustStartOn | MustFinishOn | StartNoLaterThan | FinishNoLaterThan)
        })
    }

    fn float(&self, ix: ItemIx) -> f64 {
        super::days(self.plan.dates(ix).total_float)
    }

    fn duration(&self, ix: ItemIx) -> f64 {
        self.activity(ix).map_or(0.0, |own| own.likely_days)
    }

    fn is_impossible(&self, ix: ItemIx) -> bool {
        let (plan, day) = (self.plan, self.plan.day());
        let NodeFact { of, .. } = plan.node(ix);
        let (happened, stated) = match of {
            Of::Activity { own, .. } => ([own.actual_start_on, own.actual_finish_on], None),
            Of::Milestone { achieved_on, forecast_on, computed, .. } => {
                ([*achieved_on, None], forecast_on.filter(|_| !computed))
            }
            Of::Dependency { provided_on, promised_by, .. } => ([*provided_on, None], *promised_by),
        };
        let begun = happened.iter().any(Option::is_some);
        let planned = if begun { plan.finishes_on(ix) } else { plan.starts_on(ix) };
        happened.into_iter().flatten().any(|on| on > day)
            || plan.is_open(ix) && (planned < day || stated.is_some_and(|on| on < day))
    }

    fn resources(&self) -> Outcome {
        let staffed = |ix: &ItemIx| self.activity(*ix).is_some_and(|own| !own.resources.is_empty());
        if !self.work.iter().any(staffed) {
            return Err("Nobody is assigned to any activity.");
        }
        let long: Vec<ItemIx> = self.active.iter().copied().filter(|ix| self.duration(*ix) >= 1.0).collect();
        share(&long, "No activity of a day or more is open.", |ix| !staffed(&ix))
    }

    /// What the baseline has finished by the day.
    fn committed_by_now(&self) -> Vec<ItemIx> {
        let by_now = |ix: &ItemIx| self.plan.committed_on(*ix).is_some_and(|on| on <= self.plan.day());
        self.work.iter().copied().filter(by_now).collect()
    }

    fn is_missed(&self, ix: ItemIx) -> bool {
        let finish = self.plan.happened_on(ix).unwrap_or_else(|| self.plan.finishes_on(ix));
        self.plan.committed_on(ix).is_some_and(|committed| finish > committed)
    }

    fn path_test(&self) -> Outcome {
        let last = self.plan.last_of(self.program).ok_or(NOTHING_OPEN)?;
        let mut path = self.plan.engine().path_to(last).into_iter().filter(|ix| self.plan.is_open(*ix));
        let first = path.next().filter(|first| *first != last);
        let first =
            first.ok_or("The last item follows nothing that is open, so there is no path to test.")?;
        let mut engine = self.plan.engine().clone();
        let Some(item) = engine.network().items.get(first.0 as usize) else { return Err(NOTHING_OPEN) };
        let clock = engine.network().calendars.get(item.calendar.0 as usize).map(Clock::compile);
        let clock = clock.unwrap_or_else(Clock::round_the_clock);
        let more = TEST_DAYS * MINUTES;
        let change = match (item.progress, item.duration) {
            (Progress { actual_start: Some(_), remaining: Some(left), .. }, _) => Change::Progress(
                first,
                Progress { remaining: Some(left.saturating_add(more)), ..item.progress },
            ),
            (_, Span::Working(whole)) => Change::Duration(first, Span::Working(whole.saturating_add(more))),
            (_, Span::Elapsed(whole)) => Change::Duration(first, Span::Elapsed(whole.saturating_add(more))),
        };
        let before = engine.dates(last).early_finish;
        engine.apply(change).map_err(|_| "The path can't be made longer.")?;
        let moved = clock.work_at(engine.dates(last).early_finish) - clock.work_at(before);
        let moved = (f64::from(moved) / DAY_MINUTES).round();
        let kept = moved >= f64::from(TEST_DAYS) - TEST_TOLERANCE;
        let offenders = if kept { Vec::new() } else { vec![last] };
        Ok(Found { number: moved, denominator: f64::from(TEST_DAYS), offenders })
    }

    fn length_index(&self) -> Outcome {
        let last = self.plan.last_of(self.program).ok_or(NOTHING_OPEN)?;
        let program = self.plan.program(self.program).ok_or(NOTHING_OPEN)?;
        let committed = self.plan.committed_on(last).ok_or("No date is committed for the last item.")?;
        let finish = self.plan.finishes_on(last);
        let length = program.calendar.working_days(self.plan.day(), finish);
        if length <= 0 {
            return Err("Nothing of the critical path is left: the last item is due on the day.");
        }
        let own = self.float(last).min(0.0);
        let left = if own < 0.0 {
            float(program.calendar.working_days(finish, committed)).min(own)
        } else {
            float(program.calendar.working_days(finish, committed))
        };
        let length = float(length);
        let offenders = if left < 0.0 { vec![last] } else { Vec::new() };
        Ok(Found { number: length + left, denominator: length, offenders })
    }

    fn execution_index(&self) -> Outcome {
        let due = self.committed_by_now();
        if due.is_empty() {
            return Err(NOT_COMMITTED);
        }
        let done = |ix: &ItemIx| !self.plan.is_open(*ix);
        let finished =
            self.work.iter().filter(|ix| done(ix) && self.plan.committed_on(**ix).is_some()).count();
        Ok(Found {
            number: float_len(finished),
            denominator: float_len(due.len()),
            offenders: due.into_iter().filter(|ix| !done(ix)).collect(),
        })
    }
}

/// The sign of a lag: its amount, whatever it is counted in.
const fn minutes(lag: Lag) -> i32 {
    match lag {
        Lag::Working(amount) | Lag::Elapsed(amount) | Lag::Percent(amount) | Lag::ElapsedPercent(amount) => {
            amount
        }
    }
}
