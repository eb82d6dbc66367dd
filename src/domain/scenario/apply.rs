//! Lays the steps of a scenario on a copy of what a plan is made of.

use super::{Addition, Step, added, step_field};
use crate::domain::activity::{Activity, Constraint};
use crate::domain::draft::FieldError;
use crate::domain::ids::{ItemId, ProgramId, ScheduleLinkId};
use crate::domain::kind::{Kind, State};
use crate::domain::network::{Edge, cycle};
use crate::domain::plan::{Held, LinkFact, NodeFact, Of, Plan, PlanFacts, lag};
use crate::domain::schedule::LinkKind;
use chrono::NaiveDate;
use std::collections::HashMap;
use uuid::Uuid;

/// What is wrong with a step: its field and why.
pub type Wrong = (&'static str, String);

/// What the plan is made of when every step has been taken. Slips count from the plan `base`, which `facts` make.
///
/// # Errors
/// What can't be done, by step and field. Items that the reader may not see (`sees`) are not named.
pub fn apply(
    facts: &PlanFacts,
    base: &Plan,
    steps: &[Step],
    sees: &dyn Fn(ProgramId) -> bool,
) -> Result<PlanFacts, Vec<FieldError>> {
    let day = base.day();
    let nodes: Vec<_> = facts.nodes.iter().filter(|node| node.on(day)).cloned().collect();
    let copy = PlanFacts {
        programs: facts.programs.clone(),
        projects: facts.projects.clone(),
        calendars: facts.calendars.clone(),
        nodes,
        links: facts.links.iter().filter(|link| link.on(day)).cloned().collect(),
        held_back: facts.held_back.clone(),
    };
    let at = copy.nodes.iter().enumerate().map(|(at, node)| (node.fact.item, at)).collect();
    let mut editor = Editor { facts: copy, base, at, sees, slips: HashMap::new() };
    let mut errors = Vec::new();
    for (number, step) in steps.iter().enumerate() {
        if let Err((field, message)) = editor.take(number, step) {
            errors.push(FieldError::new(step_field(number, field), message));
        }
    }
    if errors.is_empty() {
        errors.extend(editor.round(steps));
    }
    if errors.is_empty() { Ok(editor.facts) } else { Err(errors) }
}

struct Editor<'a> {
    facts: PlanFacts,
    base: &'a Plan,
    at: HashMap<ItemId, usize>,
    sees: &'a dyn Fn(ProgramId) -> bool,
    /// By how many working days each item was slipped so far.
    slips: HashMap<ItemId, i64>,
}

impl Editor<'_> {
    fn name(&self, node: &NodeFact) -> String {
        if !(self.sees)(node.program) {
            return "an item of another program".to_owned();
        }
        if node.number == 0 {
            return format!("“{}”", node.title);
        }
        let key = self.facts.programs.iter().find(|program| program.id == node.program);
        node.reference(key.map_or("", |program| program.key.as_str())).to_string()
    }

    /// An item that still is in the plan.
    fn node(&mut self, item: ItemId, field: &'static str) -> Result<&mut NodeFact, Wrong> {
        let gone = || {
            (field, "It is not in the schedule: name an activity, a milestone or a dependency.".to_owned())
        };
        let at = *self.at.get(&item).ok_or_else(gone)?;
        let node = self.facts.nodes.get(at).ok_or_else(gone)?;
        if matches!(node.fact.state, State::Cancelled | State::Rejected | State::Withdrawn) {
            let message =
                format!("{} is {}: it is not in the plan.", self.name(&node.fact), node.fact.state.label());
            return Err((field, message));
        }
        self.facts.nodes.get_mut(at).map(|held| &mut held.fact).ok_or_else(gone)
    }

    /// An item that has not happened yet and has no parts: its own dates can change.
    fn open(&mut self, item: ItemId) -> Result<&mut NodeFact, Wrong> {
        let summary = self.base.find(item).is_some_and(|ix| self.base.is_summary(ix));
        let node = self.node(item, "item")?;
        let happened = match &node.of {
            Of::Activity { own, .. } => own.actual_finish_on,
            Of::Milestone { achieved_on, .. } => *achieved_on,
            Of::Dependency { provided_on, .. } => *provided_on,
        };
        if let Some(on) = happened {
            return Err(("item", format!("It happened on {on}: that stands.")));
        }
        if summary {
            return Err(("item", "Its dates come of its parts: change these.".to_owned()));
        }
        self.node(item, "item")
    }

    fn take(&mut self, number: usize, step: &Step) -> Result<(), Wrong> {
        match step {
            Step::Slip { item, days } => self.slip(*item, *days),
            Step::Date { item, on } => self.date(*item, *on),
            Step::Estimate { item, optimistic_days, likely_days, pessimistic_days } => {
                self.estimate(*item, *optimistic_days, *likely_days, *pessimistic_days)
            }
            Step::Link { predecessor, successor, link_type, lag_days, lag_unit } => {
                self.node(*predecessor, "predecessor")?;
                self.node(*successor, "successor")?;
                let fact = LinkFact {
                    id: ScheduleLinkId(added(number).0),
                    predecessor: *predecessor,
                    successor: *successor,
                    kind: *link_type,
                    lag: lag(*lag_days, *lag_unit),
                };
                let mut links = self.facts.links.iter_mut().map(|held| &mut held.fact);
                if let Some(link) =
                    links.find(|link| between(link, *predecessor, *successor, Some(fact.kind)))
                {
                    link.lag = fact.lag;
                } else {
                    self.facts.links.push(self.held(fact));
                }
                Ok(())
            }
            Step::Unlink { predecessor, successor, link_type } => {
                let before = self.facts.links.len();
                let kind = link_type.map(LinkKind::from);
                self.facts.links.retain(|held| !between(&held.fact, *predecessor, *successor, kind));
                if self.facts.links.len() == before {
                    return Err(("predecessor", "There is no such link between the two.".to_owned()));
                }
                Ok(())
            }
            Step::Drop { item } => {
                let node = self.open(*item)?;
                node.state = if node.kind == Kind::Dependency { State::Withdrawn } else { State::Cancelled };
                Ok(())
            }
            Step::Add(new) => {
                self.add(number, new);
                Ok(())
            }
        }
    }

    fn held<T>(&self, fact: T) -> Held<T> {
        Held { from: self.base.day(), until: None, fact }
    }

    fn slip(&mut self, item: ItemId, days: i64) -> Result<(), Wrong> {
        let (base, day) = (self.base, self.base.day());
        let total = self.slips.get(&item).copied().unwrap_or_default() + days;
        let node = self.open(item)?;
        let (program, kind, underway) = (node.program, node.kind, node.state == State::InProgress);
        if kind == Kind::Activity && underway {
            if let Of::Activity { own, .. } = &mut node.of {
                #[expect(clippy::cast_precision_loss, reason = "days are few")]
                let left = (remaining(own) + days as f64).max(0.0);
                own.remaining_days = Some(left);
            }
            return Ok(());
        }
        let ix = base.find(item);
        if kind != Kind::Activity && total < 0 && ix.is_some_and(|ix| base.is_computed(ix)) {
            let message =
                "It comes when what it waits for has come, so it can't come earlier by itself: change that.";
            return Err(("days", message.to_owned()));
        }
        let stands = match (ix, &node.of) {
            (Some(ix), Of::Activity { .. }) => base.starts_on(ix),
            (Some(ix), _) => base.finishes_on(ix),
            (None, Of::Activity { own, .. }) => own.constraint_on.unwrap_or(day),
            (None, Of::Milestone { forecast_on, .. }) => forecast_on.unwrap_or(day),
            (None, Of::Dependency { needed_by, promised_by, .. }) => {
                promised_by.or(*needed_by).unwrap_or(day)
            }
        };
        let calendar =
            self.facts.programs.iter().find(|known| known.id == program).map(|known| &known.calendar);
        let on = calendar.map_or(stands, |calendar| calendar.shifted(stands, total));
        self.slips.insert(item, total);
        self.date(item, on)
    }

    fn date(&mut self, item: ItemId, on: NaiveDate) -> Result<(), Wrong> {
        let node = self.open(item)?;
        match &mut node.of {
            Of::Activity { own, .. } if node.state == State::InProgress => {
                let began = own.actual_start_on.map(|on| format!(" on {on}")).unwrap_or_default();
                return Err((
                    "item",
                    format!("It began{began}: slip what is left of it, or estimate it anew."),
                ));
            }
            Of::Activity { own, .. } => {
                own.constraint = Constraint::StartNoEarlierThan;
                own.constraint_on = Some(on);
                return Ok(());
            }
            Of::Milestone { forecast_on, .. } => *forecast_on = Some(on),
            Of::Dependency { promised_by, .. } => *promised_by = Some(on),
        }
        self.facts.held_back.insert(item, on);
        Ok(())
    }

    fn estimate(
        &mut self,
        item: ItemId,
        least: Option<f64>,
        likely: f64,
        most: Option<f64>,
    ) -> Result<(), Wrong> {
        let Of::Activity { own, .. } = &mut self.open(item)?.of else {
            return Err(("item", "Only an activity has a duration.".to_owned()));
        };
        // What is left of it changes by as much as the whole.
        own.remaining_days = own.remaining_days.map(|left| (left + likely - own.likely_days).max(0.0));
        own.likely_days = likely;
        own.optimistic_days = least.or(own.optimistic_days);
        own.pessimistic_days = most.or(own.pessimistic_days);
        if let Some(least) = own.optimistic_days.filter(|least| *least > likely) {
            let message =
                format!("The optimistic duration, {least} days, is at most the likely one: give it anew.");
            return Err(("optimistic_days", message));
        }
        if let Some(most) = own.pessimistic_days.filter(|most| *most < likely) {
            let message =
                format!("The pessimistic duration, {most} days, is at least the likely one: give it anew.");
            return Err(("pessimistic_days", message));
        }
        Ok(())
    }

    fn add(&mut self, number: usize, new: &Addition) {
        let Some(program) = self.facts.programs.first().map(|program| program.id) else { return };
        let of = if new.kind == Kind::Milestone {
            Of::Milestone { committed_on: None, forecast_on: new.on, achieved_on: None, computed: false }
        } else {
            Of::Activity { own: Box::new(new.activity()), committed_on: None }
        };
        if new.kind == Kind::Milestone
            && let Some(on) = new.on
        {
            self.facts.held_back.insert(added(number), on);
        }
        let fact = NodeFact {
            item: added(number),
            program,
            kind: new.kind,
            number: 0,
            title: new.title.clone(),
            state: new.kind.first_state(),
            project: new.project,
            owner: None,
            of,
        };
        self.at.insert(fact.item, self.facts.nodes.len());
        self.facts.nodes.push(self.held(fact));
    }

    /// The cycle that the new links make, spelled out at the link that closes it.
    fn round(&self, steps: &[Step]) -> Option<FieldError> {
        let links: Vec<(usize, Uuid, Uuid)> = steps
            .iter()
            .enumerate()
            .filter_map(|(number, step)| match step {
                Step::Link { predecessor, successor, .. } => Some((number, predecessor.0, successor.0)),
                _ => None,
            })
            .collect();
        if links.is_empty() {
            return None;
        }
        let mut edges: Vec<Edge> = self
            .facts
            .links
            .iter()
            .map(|held| Edge::Follows(held.fact.predecessor.0, held.fact.successor.0))
            .collect();
        for held in &self.facts.nodes {
            let node = &held.fact;
            match &node.of {
                Of::Activity { own, .. } => {
                    edges.extend(own.parent.map(|parent| Edge::Part(parent, node.item.0)));
                }
                Of::Dependency { provider_milestone, consumer_milestone, .. } => {
                    edges.extend(provider_milestone.map(|from| Edge::Follows(from.0, node.item.0)));
                    edges.extend(consumer_milestone.map(|to| Edge::Follows(node.item.0, to.0)));
                }
                Of::Milestone { .. } => {}
            }
        }
        let touched: Vec<Uuid> = links.iter().flat_map(|(_, from, to)| [*from, *to]).collect();
        let items = cycle(&edges, &touched)?;
        let closes = |(_, from, to): &&(usize, Uuid, Uuid)| items.contains(from) && items.contains(to);
        let (number, ..) = links.iter().rev().find(closes).or(links.last())?;
        let words: Vec<String> = items
            .iter()
            .chain(items.first())
            .map(|item| {
                let node = self.at.get(&ItemId(*item)).and_then(|at| self.facts.nodes.get(*at));
                node.map_or_else(|| "an item of another program".to_owned(), |held| self.name(&held.fact))
            })
            .collect();
        let message = format!("This would make a cycle: {}.", words.join(" → "));
        Some(FieldError::new(step_field(*number, "successor"), message))
    }
}

impl Addition {
    /// What an activity that is added has of its own.
    #[must_use]
    pub fn activity(&self) -> Activity {
        Activity {
            optimistic_days: self.optimistic_days,
            pessimistic_days: self.pessimistic_days,
            ..Activity::planned(self.likely_days, self.on)
        }
    }
}

/// Working days that are left of what is under way.
fn remaining(own: &Activity) -> f64 {
    own.remaining_days.unwrap_or_else(|| own.likely_days * f64::from(100 - own.percent_complete) / 100.0)
}

fn between(link: &LinkFact, predecessor: ItemId, successor: ItemId, kind: Option<LinkKind>) -> bool {
    link.predecessor == predecessor
        && link.successor == successor
        && kind.is_none_or(|kind| link.kind == kind)
}
