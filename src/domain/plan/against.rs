//! The network's dates held against what people state and commit, and what drives them.

use super::{DAY_MINUTES, NodeFact, Of, Plan, PlanFacts, PlanLink};
use crate::domain::ids::{ItemId, ProgramId};
use crate::domain::schedule::{Error, ItemIx, Lag};
use crate::domain::schedule_link::{self, LagUnit};
use chrono::NaiveDate;
use std::collections::{BTreeMap, BTreeSet, HashMap};

impl PlanLink {
    /// Type and lag in short, as “FS” or “SS +2 d”.
    #[must_use]
    pub fn terms(&self) -> String {
        let (lag, unit) = match self.lag {
            Lag::Working(minutes) => (f64::from(minutes) / DAY_MINUTES, LagUnit::Working),
            Lag::Elapsed(minutes) => (f64::from(minutes) / 1440.0, LagUnit::Elapsed),
            Lag::Percent(hundredths) | Lag::ElapsedPercent(hundredths) => {
                (f64::from(hundredths) / 100.0, LagUnit::Percent)
            }
        };
        schedule_link::terms(self.kind, lag, unit)
    }
}

impl Plan {
    /// The day on which the network says that a milestone or a dependency is reached; none where nothing leads to it, or where
    /// it was reached.
    #[must_use]
    pub fn computed_on(&self, ix: ItemIx) -> Option<NaiveDate> {
        (self.is_event(ix) && self.is_computed(ix) && self.is_open(ix)).then(|| self.finishes_on(ix))
    }

    /// Working days of its program from what is stated to what the network says; more than nought is later.
    #[must_use]
    pub fn gap(&self, ix: ItemIx) -> Option<i64> {
        self.working_days(ix, self.stated_on(ix)?, self.computed_on(ix)?)
    }

    /// Working days of its program from what is committed to when it happened, or will as planned now; more than nought is
    /// late.
    #[must_use]
    pub fn missed_by(&self, ix: ItemIx) -> Option<i64> {
        let reached = self.happened_on(ix).unwrap_or_else(|| self.finishes_on(ix));
        self.working_days(ix, self.committed_on(ix)?, reached)
    }

    fn working_days(&self, ix: ItemIx, from: NaiveDate, to: NaiveDate) -> Option<i64> {
        Some(self.program(self.node(ix).program)?.calendar.working_days(from, to))
    }

    /// The links that determine when an item is.
    #[must_use]
    pub fn drivers(&self, ix: ItemIx) -> Vec<&PlanLink> {
        let links = self.engine().driving(ix).into_iter();
        links.filter_map(|link| self.links().get(link.0 as usize)).collect()
    }

    /// The link from one item to another, of several the first.
    #[must_use]
    pub fn link(&self, from: ItemIx, to: ItemIx) -> Option<&PlanLink> {
        self.links().iter().find(|link| link.from == from && link.to == to)
    }

    fn parent(&self, ix: ItemIx) -> Option<ItemIx> {
        self.engine().network().items.get(ix.0 as usize)?.parent
    }

    /// The items of other programs that lead to those of a program, in their order.
    #[must_use]
    pub fn leading_to(&self, program: ProgramId) -> Vec<ItemIx> {
        let mut before: HashMap<ItemIx, Vec<ItemIx>> = HashMap::new();
        for link in self.links() {
            before.entry(link.to).or_default().push(link.from);
        }
        let mut parts: HashMap<ItemIx, Vec<ItemIx>> = HashMap::new();
        for (ix, _) in self.items() {
            if let Some(parent) = self.parent(ix) {
                parts.entry(parent).or_default().push(ix);
            }
        }
        let mut found: BTreeSet<ItemIx> = self.items_of(program).map(|(ix, _)| ix).collect();
        let mut open: Vec<ItemIx> = found.iter().copied().collect();
        while let Some(ix) = open.pop() {
            // What a summary waits for, its parts wait for; what waits for a summary waits for its parts.
            let mut at = Some(ix);
            while let Some(item) = at {
                let mut new: Vec<ItemIx> = before.get(&item).cloned().unwrap_or_default();
                while let Some(item) = new.pop() {
                    new.extend(parts.get(&item).into_iter().flatten());
                    if found.insert(item) {
                        open.push(item);
                    }
                }
                at = self.parent(item);
            }
        }
        found.into_iter().filter(|ix| self.node(*ix).program != program).collect()
    }
}

/// A forecast that is no longer what the network says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restated {
    /// What was the forecast.
    pub before: Option<NaiveDate>,
    pub on: NaiveDate,
    /// What drives it, for its readers: only items of its own program are named.
    pub reason: String,
}

/// The milestones whose forecast is what the network says and says something else than stands there. `days` are the programs
/// that are asked for, each with its own day.
///
/// # Errors
/// When the network can't be scheduled.
pub fn restated(
    facts: &PlanFacts,
    days: &BTreeMap<ProgramId, NaiveDate>,
) -> Result<HashMap<ItemId, Restated>, Error> {
    let mut found = HashMap::new();
    for day in days.values().copied().collect::<BTreeSet<_>>() {
        let plan = Plan::make(facts, day)?;
        let asked = |node: &NodeFact| {
            days.get(&node.program) == Some(&day) && matches!(node.of, Of::Milestone { computed: true, .. })
        };
        for (ix, node) in plan.items().filter(|(_, node)| asked(node)) {
            let before = plan.stated_on(ix);
            if let Some(on) = plan.computed_on(ix).filter(|on| before != Some(*on)) {
                found.insert(node.item, Restated { before, on, reason: reason(&plan, ix) });
            }
        }
    }
    Ok(found)
}

fn reason(plan: &Plan, ix: ItemIx) -> String {
    let own = plan.node(ix).program;
    let drivers = plan.drivers(ix);
    let named = drivers.iter().find(|link| plan.node(link.from).program == own);
    match (named, drivers.is_empty()) {
        (Some(link), _) => format!("Computed: driven by {}", plan.reference(link.from)),
        (None, false) => "Computed: driven by an item of another program".to_owned(),
        (None, true) => "Computed: not before today".to_owned(),
    }
}
