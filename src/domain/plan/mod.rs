//! The plan of a day: the network of the programs that hang together, scheduled, with what each place in it stands for.
//!
//! A [`Plan`] is made of [`PlanFacts`] and a day, by pure functions: of a past day as well as of today, and of facts that a scenario has
//! changed. Pages, the API, health and metrics read their dates and floats from it.

mod against;
mod facts;
mod fingerprint;
mod network;
mod place;
mod quality;
mod stability;
#[cfg(test)]
mod tests;

pub use against::{Restated, restated};
pub use facts::{
    DAY_MINUTES, Held, LinkFact, NodeFact, Of, PlanCalendar, PlanFacts, PlanProgram, PlanProject,
};
pub use fingerprint::fingerprints;
pub use network::PlanLink;
pub use place::{Known, Networked, Place, TooLate, WEEK_ENDS, attach, is_judged, networked, week_ends};
pub use quality::{Check, Point, Quality, assess};
pub use stability::{Compared, WeekEnd, compare};

use super::agenda::Name;
use super::ids::{ItemId, ProgramId, ProjectId};
use super::kind::{Kind, Reference};
use super::schedule::{Dates, Engine, Error, ItemIx, Lag, Moment};
use super::schedule_link::LagUnit;
use chrono::NaiveDate;
use std::collections::HashMap;

/// A scheduled network.
#[derive(Clone, Debug)]
pub struct Plan {
    day: NaiveDate,
    programs: Vec<PlanProgram>,
    projects: HashMap<ProjectId, PlanProject>,
    nodes: Vec<NodeFact>,
    links: Vec<PlanLink>,
    by_item: HashMap<ItemId, ItemIx>,
    /// Which items others are a part of.
    summaries: Vec<bool>,
    /// Which items something leads to, so that their dates are computed.
    followed: Vec<bool>,
    engine: Engine,
}

/// The lag of a stored link, from days or percent.
#[must_use]
pub fn lag(amount: f64, unit: LagUnit) -> Lag {
    #[expect(clippy::cast_possible_truncation, reason = "clamped to a range that fits")]
    let whole = |number: f64| number.round().clamp(-1e9, 1e9) as i32;
    match unit {
        LagUnit::Working => Lag::Working(network::minutes(amount)),
        LagUnit::Elapsed => Lag::Elapsed(whole(amount * 1440.0)),
        LagUnit::Percent => Lag::Percent(whole(amount * 100.0)),
    }
}

/// Working minutes as working days.
#[must_use]
pub fn days(minutes: i32) -> f64 {
    f64::from(minutes) / DAY_MINUTES
}

impl Plan {
    /// Schedules what held at the end of `day`.
    ///
    /// # Errors
    /// When what is kept can't be scheduled: what is written is checked for cycles, so only for what came in another way.
    pub fn make(facts: &PlanFacts, day: NaiveDate) -> Result<Self, Error> {
        let made = network::make(facts, day);
        let mut summaries = vec![false; made.nodes.len()];
        for item in &made.network.items {
            if let Some(slot) = item.parent.and_then(|parent| summaries.get_mut(parent.0 as usize)) {
                *slot = true;
            }
        }
        let mut followed = vec![false; made.nodes.len()];
        for link in &made.links {
            if let Some(slot) = followed.get_mut(link.to.0 as usize) {
                *slot = true;
            }
        }
        Ok(Self {
            day,
            programs: facts.programs.clone(),
            projects: facts.projects.iter().map(|project| (project.id, project.clone())).collect(),
            nodes: made.nodes,
            links: made.links,
            by_item: made.by_item,
            summaries,
            followed,
            engine: Engine::new(made.network)?,
        })
    }

    /// The day that it is the plan of.
    #[must_use]
    pub const fn day(&self) -> NaiveDate {
        self.day
    }

    /// The programs that hang together; first the one that was asked for.
    #[must_use]
    pub fn programs(&self) -> &[PlanProgram] {
        &self.programs
    }

    #[must_use]
    pub fn program(&self, id: ProgramId) -> Option<&PlanProgram> {
        self.programs.iter().find(|program| program.id == id)
    }

    #[must_use]
    pub fn project(&self, id: ProjectId) -> Option<&PlanProject> {
        self.projects.get(&id)
    }

    #[must_use]
    pub const fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The items, in the order of programs, kinds and numbers.
    pub fn items(&self) -> impl Iterator<Item = (ItemIx, &NodeFact)> {
        (0..).map(ItemIx).zip(&self.nodes)
    }

    /// The items of one program.
    pub fn items_of(&self, program: ProgramId) -> impl Iterator<Item = (ItemIx, &NodeFact)> {
        self.items().filter(move |(_, node)| node.program == program)
    }

    #[must_use]
    pub fn links(&self) -> &[PlanLink] {
        &self.links
    }

    #[must_use]
    pub fn find(&self, item: ItemId) -> Option<ItemIx> {
        self.by_item.get(&item).copied()
    }

    /// What stands at a place of the network.
    ///
    /// # Panics
    /// On a place of another plan.
    #[must_use]
    pub fn node(&self, ix: ItemIx) -> &NodeFact {
        &self.nodes[ix.0 as usize]
    }

    #[must_use]
    pub fn reference(&self, ix: ItemIx) -> Reference {
        let node = self.node(ix);
        node.reference(self.program(node.program).map_or("", |program| program.key.as_str()))
    }

    #[must_use]
    pub fn dates(&self, ix: ItemIx) -> Dates {
        self.engine.dates(ix)
    }

    /// The day on which it starts at the earliest; a milestone is on the day on which it is reached.
    #[must_use]
    pub fn starts_on(&self, ix: ItemIx) -> NaiveDate {
        if self.is_event(ix) { self.finishes_on(ix) } else { self.dates(ix).early_start.start_day() }
    }

    /// The day on which it finishes at the earliest.
    #[must_use]
    pub fn finishes_on(&self, ix: ItemIx) -> NaiveDate {
        self.dates(ix).early_finish.finish_day()
    }

    /// The last day on which it may finish.
    #[must_use]
    pub fn latest_on(&self, ix: ItemIx) -> NaiveDate {
        self.dates(ix).late_finish.finish_day()
    }

    /// Whether it is a milestone or a dependency: a point in time.
    #[must_use]
    pub fn is_event(&self, ix: ItemIx) -> bool {
        !matches!(self.node(ix).of, Of::Activity { .. })
    }

    /// Whether others are a part of it.
    #[must_use]
    pub fn is_summary(&self, ix: ItemIx) -> bool {
        self.summaries[ix.0 as usize]
    }

    /// Whether its dates come of what it follows. A milestone that follows nothing is where its forecast says.
    #[must_use]
    pub fn is_computed(&self, ix: ItemIx) -> bool {
        self.followed[ix.0 as usize]
    }

    /// Whether something has yet to be done for it.
    #[must_use]
    pub fn is_open(&self, ix: ItemIx) -> bool {
        self.node(ix).is_open()
    }

    /// What it is a part of, from the innermost summary outwards.
    pub fn above(&self, ix: ItemIx) -> impl Iterator<Item = ItemIx> {
        let parent = |ix: &ItemIx| self.engine.network().items.get(ix.0 as usize)?.parent;
        std::iter::successors(parent(&ix), move |ix| parent(ix))
    }

    /// Its name: item, kind, number and title.
    #[must_use]
    pub fn name(&self, ix: ItemIx) -> Name {
        let node = self.node(ix);
        Name { item: node.item, kind: node.kind, number: node.number, title: node.title.clone() }
    }

    /// The milestones and activities of a program that others aren't a part of.
    pub fn work_of(&self, program: ProgramId) -> impl Iterator<Item = ItemIx> {
        let work = self.items_of(program).filter(|(_, node)| node.kind != Kind::Dependency);
        work.map(|(ix, _)| ix).filter(|ix| !self.is_summary(*ix))
    }

    /// What is committed for it: a milestone's date, an activity's finish in the baseline, a dependency's needed-by.
    #[must_use]
    pub fn committed_on(&self, ix: ItemIx) -> Option<NaiveDate> {
        match &self.node(ix).of {
            Of::Activity { committed_on, .. } | Of::Milestone { committed_on, .. } => *committed_on,
            Of::Dependency { needed_by, .. } => *needed_by,
        }
    }

    /// When it happened, for what has.
    #[must_use]
    pub fn happened_on(&self, ix: ItemIx) -> Option<NaiveDate> {
        match &self.node(ix).of {
            Of::Activity { own, .. } => own.actual_finish_on,
            Of::Milestone { achieved_on, .. } => *achieved_on,
            Of::Dependency { provided_on, .. } => *provided_on,
        }
    }

    /// What a person states as its date: a milestone's forecast, a dependency's promise.
    #[must_use]
    pub fn stated_on(&self, ix: ItemIx) -> Option<NaiveDate> {
        match &self.node(ix).of {
            Of::Activity { .. } => None,
            Of::Milestone { forecast_on, .. } => *forecast_on,
            Of::Dependency { promised_by, .. } => *promised_by,
        }
    }

    /// The day that a reader takes it to be done on: when it happened; for a point in time that nothing leads to what a person
    /// states; else when it finishes by the plan.
    #[must_use]
    pub fn stands_on(&self, ix: ItemIx) -> Option<NaiveDate> {
        let placed = self.is_event(ix) && !self.is_computed(ix);
        let planned = if placed {
            self.stated_on(ix).or_else(|| self.committed_on(ix))
        } else {
            Some(self.finishes_on(ix))
        };
        self.happened_on(ix).or(planned)
    }

    /// What is still open of a program and finishes last; of several the milestone, then the one with the lower number.
    #[must_use]
    pub fn last_of(&self, program: ProgramId) -> Option<ItemIx> {
        let open = self.items_of(program).filter(|(ix, _)| self.is_open(*ix) && !self.is_summary(*ix));
        let last = open.max_by_key(|(ix, node)| {
            (self.dates(*ix).early_finish, node.kind == Kind::Milestone, std::cmp::Reverse(node.number))
        });
        last.map(|(ix, _)| ix)
    }

    /// When a program finishes, as planned now.
    #[must_use]
    pub fn finish_of(&self, program: ProgramId) -> Option<Moment> {
        self.items_of(program).map(|(ix, _)| self.dates(ix).early_finish).max()
    }

    /// The critical path of a program, first to last: what drives its last open item.
    #[must_use]
    pub fn critical_path(&self, program: ProgramId) -> Vec<ItemIx> {
        self.last_of(program).map(|last| self.engine.path_to(last)).unwrap_or_default()
    }
}
