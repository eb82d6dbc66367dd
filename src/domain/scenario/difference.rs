//! What a scenario does: the plan with it against the plan without.

use crate::domain::facts::{Facts, Version};
use crate::domain::ids::{ItemId, ProgramId};
use crate::domain::kind::{Kind, State};
use crate::domain::plan::{Plan, days};
use crate::domain::schedule::{ItemIx, Moment};
use chrono::NaiveDate;
use std::collections::HashSet;

/// An item and where it belongs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    pub item: ItemId,
    pub program: ProgramId,
    pub kind: Kind,
    /// Empty for what the scenario adds.
    pub reference: String,
    pub title: String,
}

/// What becomes of a commitment: a milestone's or an activity's committed date, a dependency's needed-by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// There is none, or it is kept before and after.
    None,
    Breaks,
    Mends,
    /// Missed before and after.
    StaysMissed,
}

/// An item whose finish moves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    pub of: Placed,
    pub from: NaiveDate,
    pub to: NaiveDate,
    /// Working days of its program's calendar; positive is later.
    pub working_days: i64,
    /// Committed, or needed by.
    pub committed_on: Option<NaiveDate>,
    pub effect: Effect,
}

/// The finish of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finish {
    pub program: ProgramId,
    pub from: Option<NaiveDate>,
    pub to: Option<NaiveDate>,
    pub working_days: i64,
}

/// An item that it is already too late for.
#[derive(Clone, Debug, PartialEq)]
pub struct Negative {
    pub of: Placed,
    /// Working days, below zero.
    pub total_float: f64,
}

/// The difference of two plans.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Difference {
    /// Of all kinds, in the order of programs, kinds and numbers.
    pub moved: Vec<Moved>,
    pub added: Vec<(Placed, NaiveDate)>,
    pub dropped: Vec<Placed>,
    pub became_critical: Vec<Placed>,
    pub ceased_critical: Vec<Placed>,
    /// Float that was not negative, and is.
    pub negative: Vec<Negative>,
    /// The programs that are touched, in the order of the plan.
    pub finishes: Vec<Finish>,
}

/// What a reader may not see of a difference: counted, not named.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hidden {
    pub programs: usize,
    /// Items that move, or leave the plan.
    pub items: usize,
    /// Milestones among them.
    pub milestones: usize,
    /// Dependencies among them that break.
    pub broken: usize,
}

impl Effect {
    /// The name in the API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Breaks => "breaks",
            Self::Mends => "mends",
            Self::StaysMissed => "stays_missed",
        }
    }
}

impl Difference {
    /// What of it lies in programs that the reader may see, and how much lies in others.
    #[must_use]
    pub fn seen(&self, sees: impl Fn(ProgramId) -> bool) -> (Self, Hidden) {
        let placed = |list: &[Placed]| list.iter().filter(|of| sees(of.program)).cloned().collect();
        let unseen = || self.moved.iter().filter(|moved| !sees(moved.of.program));
        let gone = self.dropped.iter().filter(|of| !sees(of.program));
        let hidden = Hidden {
            programs: self.finishes.iter().filter(|finish| !sees(finish.program)).count(),
            items: unseen().count() + gone.count(),
            milestones: unseen().filter(|moved| moved.of.kind == Kind::Milestone).count(),
            broken: unseen()
                .filter(|moved| moved.of.kind == Kind::Dependency && moved.effect == Effect::Breaks)
                .count(),
        };
        let seen = Self {
            moved: self.moved.iter().filter(|moved| sees(moved.of.program)).cloned().collect(),
            added: self.added.iter().filter(|(of, _)| sees(of.program)).cloned().collect(),
            dropped: placed(&self.dropped),
            became_critical: placed(&self.became_critical),
            ceased_critical: placed(&self.ceased_critical),
            negative: self.negative.iter().filter(|late| sees(late.of.program)).cloned().collect(),
            finishes: self.finishes.iter().filter(|finish| sees(finish.program)).copied().collect(),
        };
        (seen, hidden)
    }

    /// The milestones that move.
    pub fn milestones(&self) -> impl Iterator<Item = &Moved> {
        self.moved.iter().filter(|moved| moved.of.kind == Kind::Milestone)
    }

    /// The dependencies whose needed-by breaks, or mends.
    pub fn dependencies(&self, effect: Effect) -> impl Iterator<Item = &Moved> {
        self.moved.iter().filter(move |moved| moved.of.kind == Kind::Dependency && moved.effect == effect)
    }

    /// Whether a program is touched.
    #[must_use]
    pub fn touches(&self, program: ProgramId) -> bool {
        self.finishes.iter().any(|finish| finish.program == program)
    }
}

fn placed(plan: &Plan, ix: ItemIx) -> Placed {
    let node = plan.node(ix);
    Placed {
        item: node.item,
        program: node.program,
        kind: node.kind,
        reference: if node.number == 0 { String::new() } else { plan.reference(ix).to_string() },
        title: node.title.clone(),
    }
}

/// What of `after` is other than `before`.
#[must_use]
pub fn difference(before: &Plan, after: &Plan) -> Difference {
    let mut found = Difference::default();
    let mut touched: HashSet<ProgramId> = HashSet::new();
    for (ix, node) in after.items() {
        let Some(was) = before.find(node.item) else {
            touched.insert(node.program);
            found.added.push((placed(after, ix), after.finishes_on(ix)));
            continue;
        };
        let (from, to) = (before.finishes_on(was), after.finishes_on(ix));
        if from != to {
            touched.insert(node.program);
            let calendar = after.program(node.program).map(|program| &program.calendar);
            let committed_on = after.committed_on(ix);
            found.moved.push(Moved {
                of: placed(after, ix),
                from,
                to,
                working_days: calendar.map_or(0, |calendar| calendar.working_days(from, to)),
                committed_on,
                effect: effect(committed_on, from, to),
            });
        }
        if after.is_summary(ix) || !after.is_open(ix) {
            continue;
        }
        let (then, now) = (before.dates(was), after.dates(ix));
        if then.critical != now.critical {
            touched.insert(node.program);
            let list = if now.critical { &mut found.became_critical } else { &mut found.ceased_critical };
            list.push(placed(after, ix));
        }
        if now.total_float < 0 && then.total_float >= 0 {
            touched.insert(node.program);
            found.negative.push(Negative { of: placed(after, ix), total_float: days(now.total_float) });
        }
    }
    for (ix, node) in before.items().filter(|(_, node)| after.find(node.item).is_none()) {
        touched.insert(node.program);
        found.dropped.push(placed(before, ix));
    }
    for program in after.programs().iter().filter(|program| touched.contains(&program.id)) {
        let finish = |plan: &Plan| plan.finish_of(program.id).map(Moment::finish_day);
        let (from, to) = (finish(before), finish(after));
        let working_days = from.zip(to).map_or(0, |(from, to)| program.calendar.working_days(from, to));
        found.finishes.push(Finish { program: program.id, from, to, working_days });
    }
    found
}

fn effect(committed: Option<NaiveDate>, from: NaiveDate, to: NaiveDate) -> Effect {
    match committed.map(|committed| (from > committed, to > committed)) {
        Some((false, true)) => Effect::Breaks,
        Some((true, false)) => Effect::Mends,
        Some((true, true)) => Effect::StaysMissed,
        _ => Effect::None,
    }
}

/// The facts of a program with the dates that a plan computes in the place of what is stated, so that two plans can be judged
/// alike. What of `whole` is not in the plan any more is out of the program.
#[must_use]
pub fn with_dates(facts: &Facts, plan: &Plan, whole: &Plan) -> Facts {
    let day = plan.day();
    let mut facts = facts.clone();
    let computed = |item: ItemId| {
        plan.find(item).filter(|ix| plan.is_open(*ix) && plan.is_computed(*ix)).map(|ix| plan.finishes_on(ix))
    };
    let stated = |item: ItemId| plan.find(item).and_then(|ix| plan.stated_on(ix));
    let gone = |item: ItemId| plan.find(item).is_none() && whole.find(item).is_some();
    for track in facts.milestones.iter_mut() {
        let Some(mut fact) = track.at(day).copied() else { continue };
        let before = fact;
        if gone(track.item) {
            fact.common.state = State::Cancelled;
        } else if let Some(on) = computed(track.item).or_else(|| stated(track.item)) {
            fact.forecast_on = Some(on);
        }
        if fact != before {
            track.versions.retain(|version| version.effective_on <= day);
            track.versions.push(Version { effective_on: day, fact });
        }
    }
    for track in facts.dependencies.iter_mut() {
        let Some(mut fact) = track.at(day).copied() else { continue };
        let before = fact;
        if gone(track.item) {
            fact.common.state = State::Withdrawn;
        } else if let Some(on) = computed(track.item).or_else(|| stated(track.item)) {
            fact.promised_by = Some(on);
        }
        if fact != before {
            track.versions.retain(|version| version.effective_on <= day);
            track.versions.push(Version { effective_on: day, fact });
        }
    }
    facts
}
