//! What becomes of a scenario when its change request is decided, in the same transaction: approved, its changes are written
//! into the plan; rejected, it is a draft again.

use super::apply::is_own;
use super::{Base, write};
use crate::app::access::Entered;
use crate::app::item::{blank, write_new};
use crate::app::{App, Ctx, Error, Result, network, plan};
use crate::domain::draft::FieldError;
use crate::domain::event::{self, Event};
use crate::domain::ids::{ItemId, ProgramId, ScheduleLinkId};
use crate::domain::item::{Detail, Item};
use crate::domain::kind::{Kind, State};
use crate::domain::milestone::Milestone;
use crate::domain::plan::{NodeFact, Of, Plan, PlanFacts};
use crate::domain::scenario::{self, Scenario, ScenarioState, Step, added, field_of};
use crate::domain::schedule_link::ScheduleLink;
use crate::domain::transition::{self, Move};
use crate::store::{self, Tx, new_id};
use chrono::NaiveDate;
use std::collections::HashMap;
use std::sync::Arc;

/// Follows the decision on a change request that was made of a scenario; of another nothing follows.
///
/// # Errors
/// Refused, with what is wrong, where the plan has moved so that the changes can't be made any more.
pub(in crate::app) async fn decided(
    app: &App,
    ctx: &Ctx,
    entered: &Entered,
    tx: &mut Tx,
    request: &Item,
    on: NaiveDate,
) -> Result<()> {
    let Some(mut scenario) = store::scenario::of_change(tx, request.id).await? else { return Ok(()) };
    scenario.effective_on = on.max(scenario.effective_on);
    let number = scenario.number;
    if request.state == State::Rejected {
        scenario.state = ScenarioState::Draft;
        scenario.change_request = None;
        let event = Event::ScenarioMoved { number, to: ScenarioState::Draft.name().into() };
        return write(tx, ctx, &mut scenario, &event).await;
    }
    // Who else changes the network waits; what was written before is read anew.
    network::lock(tx).await?;
    let day = entered.today();
    let facts = Arc::new(store::plan::load(&app.db, &[scenario.program], day, day).await?);
    let whole = Arc::new(Plan::make(&facts, day).map_err(plan::unschedulable)?);
    let sight = plan::sight(app, ctx, &whole).await?;
    let base = Base { facts, plan: whole, sight };
    let sees = |program| base.sight.sees_program(program);
    let changed = scenario::apply(&base.facts, &base.plan, &scenario.steps, &sees)
        .map_err(|errors| no_longer(&base, &scenario, &errors))?;
    let mut carry = Carry { ctx, request, on, scenario: &scenario, base: &base, new: HashMap::new() };
    let made = carry.additions(tx, &changed).await?;
    carry.items(tx, &changed).await?;
    carry.links(tx, &changed, made).await?;
    scenario.base_on = day;
    let event = Event::ScenarioMoved { number, to: "written into the plan".into() };
    write(tx, ctx, &mut scenario, &event).await
}

/// The plan has moved since the scenario was made.
fn no_longer(base: &Base, scenario: &Scenario, errors: &[FieldError]) -> Error {
    let said: Vec<String> = errors
        .iter()
        .map(|error| {
            let step = field_of(&error.field).and_then(|(at, _)| scenario.steps.get(at));
            let words = step.map(|step| step.words(|item| base.name(&scenario.steps, item)));
            words.map_or_else(|| error.message.clone(), |words| format!("{words}: {}", error.message))
        })
        .collect();
    let message = format!(
        "The plan has moved since scenario {} was made, and it can't be written into it any more. {}",
        scenario.number,
        said.join(" ")
    );
    Error::refused("to", message)
}

struct Carry<'a> {
    ctx: &'a Ctx,
    request: &'a Item,
    on: NaiveDate,
    scenario: &'a Scenario,
    base: &'a Base,
    /// The items that were made, by the ids that the scenario has for them.
    new: HashMap<ItemId, ItemId>,
}

impl Carry<'_> {
    fn program(&self) -> ProgramId {
        self.scenario.program
    }

    /// Makes what the scenario adds.
    async fn additions(&mut self, tx: &mut Tx, changed: &PlanFacts) -> Result<Vec<Item>> {
        let nodes: HashMap<ItemId, &NodeFact> =
            changed.nodes.iter().map(|held| (held.fact.item, &held.fact)).collect();
        let mut made = Vec::new();
        for (at, step) in self.scenario.steps.iter().enumerate() {
            let Step::Add(new) = step else { continue };
            // Later changes may have estimated or moved it, or dropped it again.
            let Some(node) = nodes.get(&added(at)).filter(|node| node.state != State::Cancelled) else {
                continue;
            };
            let mut item = blank(self.program(), new.kind, self.ctx.now, self.on);
            item.title.clone_from(&new.title);
            item.project = new.project;
            item.detail = match &node.of {
                Of::Milestone { forecast_on, .. } => Detail::Milestone(Milestone {
                    forecast_on: *forecast_on,
                    forecast_stated_on: forecast_on.map(|_| self.on),
                    ..Milestone::default()
                }),
                Of::Activity { own, .. } => Detail::Activity(own.clone()),
                Of::Dependency { .. } => continue,
            };
            item.settle();
            self.new.insert(node.item, item.id);
            made.push(item);
        }
        for kind in [Kind::Activity, Kind::Milestone] {
            let mut of_kind: Vec<&mut Item> = made.iter_mut().filter(|item| item.kind == kind).collect();
            let count = i32::try_from(of_kind.len()).unwrap_or(i32::MAX);
            if count == 0 {
                continue;
            }
            let first = store::item::take_numbers(tx, self.program(), kind, count).await?;
            for (item, number) in of_kind.iter_mut().zip(first..) {
                item.number = number;
            }
            let written: Vec<Item> = of_kind.into_iter().map(|item| item.clone()).collect();
            write_new(tx, kind, &written).await?;
            for item in &written {
                tx.record(Some(item.program), Some(item.id), self.on, &Event::Raised {});
            }
        }
        Ok(made)
    }

    /// Writes what changes of the program's own items: one version of each.
    async fn items(&self, tx: &mut Tx, changed: &PlanFacts) -> Result<()> {
        let before: HashMap<ItemId, &NodeFact> =
            self.base.facts.nodes.iter().map(|held| (held.fact.item, &held.fact)).collect();
        let other: HashMap<ItemId, &NodeFact> = changed
            .nodes
            .iter()
            .map(|held| &held.fact)
            .filter(|node| node.program == self.program())
            .filter(|node| before.get(&node.item).is_some_and(|was| was != node))
            .map(|node| (node.item, node))
            .collect();
        let ids: Vec<ItemId> = other.keys().copied().collect();
        if ids.is_empty() {
            return Ok(());
        }
        let mut next = Vec::new();
        for stored in store::item::by_ids(tx, &ids).await? {
            let (Some(node), Some(was)) = (other.get(&stored.id), before.get(&stored.id)) else { continue };
            let mut item = stored.clone();
            item.effective_on = self.on.max(stored.effective_on);
            self.carry(&mut item, was, node)?;
            item.settle();
            if (Item { effective_on: stored.effective_on, ..item.clone() }) == stored {
                continue;
            }
            item.version = stored.version + 1;
            for event in event::between(&stored, &item) {
                tx.record(Some(item.program), Some(item.id), item.effective_on, &event);
            }
            next.push(item);
        }
        for kind in [Kind::Activity, Kind::Milestone, Kind::Dependency] {
            let of_kind: Vec<(&Item, bool)> =
                next.iter().filter(|item| item.kind == kind).map(|item| (item, true)).collect();
            if of_kind.is_empty() {
                continue;
            }
            if store::item::update(tx, kind, &of_kind).await? != of_kind.len() as u64 {
                let version = of_kind.first().map_or(1, |(item, _)| item.version);
                return Err(Error::Stale { current: version });
            }
        }
        Ok(())
    }

    /// Takes what differs between two facts of an item over into the item.
    fn carry(&self, item: &mut Item, was: &NodeFact, is: &NodeFact) -> Result<()> {
        let dropped = was.state != is.state;
        let state = item.state;
        match (&mut item.detail, &was.of, &is.of) {
            (Detail::Activity(own), Of::Activity { own: was, .. }, Of::Activity { own: is, .. }) => {
                if (was.optimistic_days, was.pessimistic_days) != (is.optimistic_days, is.pessimistic_days) {
                    own.optimistic_days = is.optimistic_days;
                    own.pessimistic_days = is.pessimistic_days;
                }
                #[expect(clippy::float_cmp, reason = "what was taken over as it was is the same to the bit")]
                if was.likely_days != is.likely_days {
                    own.likely_days = is.likely_days;
                }
                if was.remaining_days != is.remaining_days {
                    own.remaining_days = is.remaining_days;
                }
                if (was.constraint, was.constraint_on) != (is.constraint, is.constraint_on) {
                    own.constraint = is.constraint;
                    own.constraint_on = is.constraint_on;
                }
            }
            (
                Detail::Milestone(own),
                Of::Milestone { forecast_on: was, .. },
                Of::Milestone { forecast_on: is, .. },
            ) if was != is => {
                own.forecast_on = *is;
                own.forecast_stated_on = Some(self.on);
                own.forecast_reason = self.request.title.chars().take(500).collect();
            }
            (
                Detail::Dependency(own),
                Of::Dependency { promised_by: was, .. },
                Of::Dependency { promised_by: is, .. },
            ) if was != is => {
                let before = own.clone();
                own.promised_by = *is;
                own.restated(state, &before);
            }
            _ => {}
        }
        if dropped {
            let step = Move {
                by: Some(self.ctx.viewer.person.0),
                reason: self.request.title.clone(),
                ..Move::new(is.state, self.on)
            };
            transition::apply(item, &step).map_err(|mut refused| {
                refused.errors.iter_mut().for_each(|error| "to".clone_into(&mut error.field));
                Error::from(refused)
            })?;
        }
        Ok(())
    }

    /// Writes the links that the program's items wait by, and takes away those that are gone.
    async fn links(&self, tx: &mut Tx, changed: &PlanFacts, made: Vec<Item>) -> Result<()> {
        let program = self.program();
        let homes: HashMap<ItemId, &NodeFact> =
            changed.nodes.iter().map(|held| (held.fact.item, &held.fact)).collect();
        let is_own = |item: ItemId| homes.get(&item).is_some_and(|node| node.program == program);
        let kept: std::collections::HashSet<ScheduleLinkId> =
            changed.links.iter().map(|held| held.fact.id).collect();
        let day = self.base.plan.day();
        let gone: Vec<_> = self
            .base
            .facts
            .links
            .iter()
            .filter(|held| held.on(day) && is_own(held.fact.successor) && !kept.contains(&held.fact.id))
            .map(|held| held.fact.clone())
            .collect();
        let mut links: Vec<ScheduleLink> = Vec::new();
        for step in &self.scenario.steps {
            let Step::Link { predecessor, successor, link_type, lag_days, lag_unit } = step else { continue };
            if !self.own_link(step) {
                continue;
            }
            // A later change may have taken it away again.
            let stands = changed.links.iter().any(|held| {
                let link = &held.fact;
                (link.predecessor, link.successor, link.kind) == (*predecessor, *successor, *link_type)
            });
            let ends = [predecessor, successor].map(|item| self.real(*item).zip(homes.get(item)));
            let ([Some((from, from_node)), Some((to, _))], true) = (ends, stands) else { continue };
            if [predecessor, successor].iter().any(|item| is_dropped(&homes, **item)) {
                continue;
            }
            let id = ScheduleLinkId(new_id(self.ctx.now));
            let mut link = ScheduleLink::new(id, (from_node.program, from), (program, to), self.on);
            (link.link_type, link.lag, link.lag_unit) = (*link_type, *lag_days, *lag_unit);
            links.retain(|other| {
                (other.predecessor, other.successor, other.link_type) != (from, to, link.link_type)
            });
            links.push(link);
        }
        if !gone.is_empty() {
            let ids: Vec<_> = gone.iter().map(|link| link.id).collect();
            store::schedule_link::delete_all(tx, &ids).await?;
        }
        if !links.is_empty() {
            store::schedule_link::set(tx, &links).await?;
            let touched = network::ids(links.iter().flat_map(|link| [link.predecessor, link.successor]));
            network::no_cycle(tx, self.ctx.reader(), &touched, "to").await?;
        }
        let across = |item: ItemId| !is_own(item);
        let bridges = gone.iter().any(|link| across(link.predecessor))
            || links.iter().any(|link| link.from_program != link.program);
        if bridges {
            store::network::refresh_reach(tx).await?;
        }
        let called = |item: ItemId| {
            let fresh = made.iter().find(|one| one.id == item);
            let key = self.base.key(program);
            fresh.map_or_else(
                || self.base.name(&self.scenario.steps, item),
                |one| format!("{key}-{}{}", one.kind.code(), one.number),
            )
        };
        for link in &gone {
            let event = Event::Unlinked { relation: "follows".into(), to: called(link.predecessor) };
            tx.record(Some(program), Some(link.successor), self.on, &event);
        }
        for link in &links {
            let event = Event::Linked { relation: "follows".into(), to: called(link.predecessor) };
            tx.record(Some(program), Some(link.successor), self.on, &event);
        }
        Ok(())
    }

    fn own_link(&self, step: &Step) -> bool {
        is_own(self.base, self.program(), step)
    }

    /// The item that an id of the scenario stands for, once it is made.
    fn real(&self, item: ItemId) -> Option<ItemId> {
        if scenario::adds(item).is_some() { self.new.get(&item).copied() } else { Some(item) }
    }
}

fn is_dropped(nodes: &HashMap<ItemId, &NodeFact>, item: ItemId) -> bool {
    nodes.get(&item).is_some_and(|node| matches!(node.state, State::Cancelled | State::Withdrawn))
}
