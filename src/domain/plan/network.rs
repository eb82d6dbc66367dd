//! From what is kept to a network that can be scheduled: days become minutes, and the rules of the product become
//! constraints.
//!
//! - A day of work is [`DAY_MINUTES`]. What starts on a day starts with it, what ends on a day ends with it.
//! - A milestone that nothing leads to is where its forecast says, one that something leads to is where the network says.
//!   Neither is in the past while it is open, and one that is stated for a day off is on the next day of work.
//! - A dependency takes part once a link or a milestone of either side names it: it comes after the provider's milestone,
//!   else when it is promised (or needed, where nothing is promised), and before the consumer's.
//! - Commitments (committed dates, needed-by) bind nothing and take no float: float is what can slip without moving the
//!   program's finish, a deadline or a constraint, and stands beside how far a commitment is missed.
//! - Work that has not begun starts with its project, or after what it follows, and not before the day of the plan.
//! - What is cancelled, rejected or withdrawn is not in the network.

use super::facts::{DAY_MINUTES, LinkFact, NodeFact, Of, PlanFacts};
use crate::domain::activity::{self, Activity};
use crate::domain::calendar::Calendar;
use crate::domain::ids::{ItemId, ProjectId, ScheduleLinkId};
use crate::domain::kind::State;
use crate::domain::schedule::{
    CalendarIx, Constraint, Estimate, Item, ItemIx, Lag, Link, LinkKind, Moment, Network, Options, Progress,
    Span,
};
use crate::domain::work_calendar::{Exception, WorkCalendar};
use chrono::{Datelike, Days, NaiveDate};
use std::collections::{HashMap, HashSet};

/// A link of the plan.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PlanLink {
    /// `None`: it comes of a dependency's milestones.
    pub id: Option<ScheduleLinkId>,
    pub from: ItemIx,
    pub to: ItemIx,
    pub kind: LinkKind,
    pub lag: Lag,
}

/// The network of a day, with what its indexes stand for.
pub(super) struct Made {
    pub network: Network,
    pub nodes: Vec<NodeFact>,
    pub by_item: HashMap<ItemId, ItemIx>,
    pub links: Vec<PlanLink>,
}

/// The end of a day, as the moment at which the next begins.
pub(super) fn end_of(day: NaiveDate) -> Moment {
    Moment::start_of(day.checked_add_days(Days::new(1)).unwrap_or(day))
}

/// The end of the work of a day: what happens on it has happened then, and what follows starts on the next. The end of the day where
/// none is done, which is the start of the next day of work.
fn close_of(calendar: &WorkCalendar, day: NaiveDate) -> Moment {
    let differs = calendar.exceptions.iter().find(|exception| (exception.from..=exception.to).contains(&day));
    let usual = calendar.week.get(day.weekday().num_days_from_monday() as usize);
    let shifts = differs.map(|exception| &exception.shifts).or(usual);
    let last = shifts.into_iter().flatten().map(|shift| shift.1).max();
    last.map_or(end_of(day), |minute| Moment(Moment::start_of(day).0.saturating_add(i32::from(minute))))
}

/// Minutes of so many days of work.
pub(super) fn minutes(days: f64) -> i32 {
    #[expect(clippy::cast_possible_truncation, reason = "clamped to a range that fits")]
    let minutes = (days * DAY_MINUTES).round().clamp(-1e9, 1e9) as i32;
    minutes
}

/// The shifts of a program's working days: eight hours with an hour at noon.
fn shifts(calendar: &Calendar) -> WorkCalendar {
    let usual = WorkCalendar::default();
    let [shift, ..] = &usual.week;
    let week = calendar.week.map(|worked| if worked { shift.clone() } else { Vec::new() });
    let one = |day: &NaiveDate, shifts: Vec<(u16, u16)>| Exception {
        from: *day,
        to: *day,
        name: String::new(),
        shifts,
    };
    let off = calendar.holidays.iter().map(|day| one(day, Vec::new()));
    let on = calendar.extra_days.iter().map(|day| one(day, shift.clone()));
    let exceptions = off.chain(on).collect();
    WorkCalendar { week, exceptions }
}

fn takes_part(node: &NodeFact, linked: &HashSet<ItemId>) -> bool {
    match (&node.of, node.state) {
        (_, State::Cancelled | State::Rejected | State::Withdrawn) => false,
        (Of::Dependency { provider_milestone, consumer_milestone, .. }, _) => {
            provider_milestone.is_some() || consumer_milestone.is_some() || linked.contains(&node.item)
        }
        _ => true,
    }
}

/// Makes the network of what held at the end of `day`.
pub(super) fn make(facts: &PlanFacts, day: NaiveDate) -> Made {
    let held: Vec<&LinkFact> =
        facts.links.iter().filter(|link| link.on(day)).map(|link| &link.fact).collect();
    let linked: HashSet<ItemId> = held.iter().flat_map(|link| [link.predecessor, link.successor]).collect();
    let nodes: Vec<NodeFact> = facts
        .nodes
        .iter()
        .filter(|node| node.on(day) && takes_part(&node.fact, &linked))
        .map(|node| node.fact.clone())
        .collect();
    let by_item: HashMap<ItemId, ItemIx> =
        (0..).map(ItemIx).zip(&nodes).map(|(ix, node)| (node.item, ix)).collect();
    let links = links(&held, &nodes, &by_item);
    let calendars = Calendars::of(facts, day);
    let followed: HashSet<ItemIx> = links.iter().map(|link| link.to).collect();
    let groups: HashMap<ProjectId, u32> = facts.projects.iter().map(|project| project.id).zip(1..).collect();
    let starts: HashMap<ProjectId, NaiveDate> =
        facts.projects.iter().filter_map(|project| Some((project.id, project.starts_on?))).collect();
    let items = nodes.iter().enumerate().map(|(at, node)| {
        let section = facts.programs.iter().position(|program| program.id == node.program).unwrap_or(0);
        let program = facts.programs.get(section);
        let at = u32::try_from(at).unwrap_or(u32::MAX);
        let place = Place {
            day,
            followed: followed.contains(&ItemIx(at)),
            held_back: facts.held_back.get(&node.item).copied(),
            begins: node
                .project
                .and_then(|project| starts.get(&project).copied())
                .or(program.and_then(|program| program.starts_on)),
        };
        let mut item = place.item(node);
        item.name =
            program.map_or_else(|| node.title.clone(), |program| node.reference(&program.key).to_string());
        item.calendar = calendars.of_node(node, section);
        calendars.end_with_work(&mut item, matches!(node.of, Of::Activity { .. }));
        if let Of::Activity { own, .. } = &node.of {
            item.parent = own.parent.and_then(|parent| by_item.get(&ItemId(parent)).copied());
        }
        item.group = node.project.and_then(|project| groups.get(&project).copied()).unwrap_or(0);
        item.section = u32::try_from(section).unwrap_or(0);
        item
    });
    let items: Vec<Item> = items.collect();
    let first = items.iter().filter_map(|item| item.progress.actual_start).min();
    let today = Moment::start_of(day);
    let network = Network {
        starts_at: first.map_or(today, |first| first.min(today)),
        status_at: Some(today),
        calendars: calendars.all,
        items,
        links: links
            .iter()
            .map(|link| Link { predecessor: link.from, successor: link.to, kind: link.kind, lag: link.lag })
            .collect(),
        options: Options::default(),
    };
    Made { network, nodes, by_item, links }
}

/// The links between the items that take part, with those that come of dependencies' milestones.
fn links(held: &[&LinkFact], nodes: &[NodeFact], by_item: &HashMap<ItemId, ItemIx>) -> Vec<PlanLink> {
    let mut links: Vec<PlanLink> = held
        .iter()
        .filter_map(|link| {
            let (from, to) = (*by_item.get(&link.predecessor)?, *by_item.get(&link.successor)?);
            Some(PlanLink { id: Some(link.id), from, to, kind: link.kind, lag: link.lag })
        })
        .collect();
    let plain = |from, to| PlanLink { id: None, from, to, kind: LinkKind::FinishStart, lag: Lag::default() };
    for (node, own) in nodes.iter().zip((0..).map(ItemIx)) {
        if let Of::Dependency { provider_milestone, consumer_milestone, .. } = &node.of {
            let end = |item: &Option<ItemId>| item.and_then(|item| by_item.get(&item).copied());
            links.extend(end(provider_milestone).map(|from| plain(from, own)));
            links.extend(end(consumer_milestone).map(|to| plain(own, to)));
        }
    }
    links
}

/// The calendars of a day: first the programs' own, in their order, then the others.
struct Calendars {
    all: Vec<WorkCalendar>,
    by_id: HashMap<uuid::Uuid, CalendarIx>,
    /// By program's place and whose it is.
    by_owner: HashMap<(usize, uuid::Uuid), CalendarIx>,
}

impl Calendars {
    fn of(facts: &PlanFacts, day: NaiveDate) -> Self {
        let mut all: Vec<WorkCalendar> =
            facts.programs.iter().map(|program| shifts(&program.calendar)).collect();
        let (mut by_id, mut by_owner) = (HashMap::new(), HashMap::new());
        for held in facts.calendars.iter().filter(|held| held.on(day)) {
            let Some(section) = facts.programs.iter().position(|program| program.id == held.fact.program)
            else {
                continue;
            };
            let ix = CalendarIx(u32::try_from(all.len()).unwrap_or(0));
            all.push(held.fact.calendar.clone());
            by_id.insert(held.fact.id.0, ix);
            if let Some(owner) = held.fact.of {
                by_owner.insert((section, owner), ix);
            }
        }
        Self { all, by_id, by_owner }
    }

    /// What is or was reached on a day was reached when its work ended, not the next morning. On a day off it is reached when work
    /// goes on.
    fn end_with_work(&self, item: &mut Item, activity: bool) {
        if let Some(finish) = item.progress.actual_finish {
            let finish = self.end_of_work(item.calendar, finish);
            item.progress.actual_finish = Some(finish);
            item.progress.actual_start = item.progress.actual_start.map(|start| start.min(finish));
        }
        if let (Constraint::StartNoEarlierThan(moment), false) = (item.constraint, activity) {
            item.constraint = Constraint::StartNoEarlierThan(self.end_of_work(item.calendar, moment));
        }
    }

    fn end_of_work(&self, calendar: CalendarIx, end: Moment) -> Moment {
        self.all.get(calendar.0 as usize).map_or(end, |calendar| close_of(calendar, end.finish_day()))
    }

    /// Its own, else that of the first who works on it, of its project, of its program.
    fn of_node(&self, node: &NodeFact, section: usize) -> CalendarIx {
        let own = match &node.of {
            Of::Activity { own, .. } => own.calendar.and_then(|id| self.by_id.get(&id)).or_else(|| {
                let first = own.resources.first()?;
                self.by_owner.get(&(section, first.person.or(first.team)?))
            }),
            _ => None,
        };
        own.or_else(|| self.by_owner.get(&(section, node.project?.0)))
            .copied()
            .unwrap_or(CalendarIx(u32::try_from(section).unwrap_or(0)))
    }
}

/// Where an item stands, for its dates.
struct Place {
    day: NaiveDate,
    followed: bool,
    /// Before which day it doesn't come, whatever the network says.
    held_back: Option<NaiveDate>,
    begins: Option<NaiveDate>,
}

impl Place {
    fn item(&self, node: &NodeFact) -> Item {
        match &node.of {
            Of::Activity { own, committed_on: _ } => self.activity(own, node.state),
            Of::Milestone { committed_on, forecast_on, achieved_on, .. } => {
                let stated = if self.followed { None } else { forecast_on.or(*committed_on) };
                self.event(stated, *achieved_on)
            }
            Of::Dependency { needed_by, promised_by, provided_on, .. } => {
                let stated = if self.followed { None } else { promised_by.or(*needed_by) };
                self.event(stated, *provided_on)
            }
        }
    }

    /// Something that happens at the end of a day.
    fn event(&self, stated: Option<NaiveDate>, happened: Option<NaiveDate>) -> Item {
        let mut item = blank(Span::Working(0));
        if let Some(happened) = happened.map(end_of) {
            item.progress =
                Progress { actual_start: Some(happened), actual_finish: Some(happened), remaining: Some(0) };
        } else {
            let earliest = stated.max(self.held_back).map_or(self.day, |stated| stated.max(self.day));
            item.constraint = Constraint::StartNoEarlierThan(end_of(earliest));
        }
        item
    }

    fn activity(&self, own: &Activity, state: State) -> Item {
        let whole = minutes(own.likely_days);
        let mut item = blank(Span::Working(whole));
        if own.optimistic_days.is_some() || own.pessimistic_days.is_some() {
            item.estimate = Some(Estimate {
                optimistic: own.optimistic_days.map_or(whole, minutes),
                likely: whole,
                pessimistic: own.pessimistic_days.map_or(whole, minutes),
            });
        }
        item.deadline = own.deadline_on.map(end_of);
        item.constraint = constraint(own);
        let begun = own.actual_start_on.map(Moment::start_of);
        match state {
            State::Done => {
                let finish = own.actual_finish_on.map(end_of);
                item.progress =
                    Progress { actual_start: begun.or(finish), actual_finish: finish, remaining: Some(0) };
            }
            State::InProgress => {
                let left = own
                    .remaining_days
                    .unwrap_or_else(|| own.likely_days * f64::from(100 - own.percent_complete) / 100.0);
                item.progress = Progress {
                    actual_start: begun.or(Some(Moment::start_of(self.day))),
                    actual_finish: None,
                    remaining: Some(minutes(left)),
                };
            }
            _ => {
                if item.constraint == Constraint::AsSoonAsPossible
                    && !self.followed
                    && let Some(begins) = self.begins
                {
                    item.constraint = Constraint::StartNoEarlierThan(Moment::start_of(begins));
                }
            }
        }
        item
    }
}

fn blank(duration: Span) -> Item {
    Item {
        name: String::new(),
        calendar: CalendarIx(0),
        duration,
        parent: None,
        constraint: Constraint::default(),
        deadline: None,
        progress: Progress::default(),
        estimate: None,
        group: 0,
        section: 0,
    }
}

fn constraint(own: &Activity) -> Constraint {
    use activity::Constraint as Kept;
    let starts = own.constraint_on.map(Moment::start_of);
    let ends = own.constraint_on.map(end_of);
    let bound = match own.constraint {
        Kept::AsSoonAsPossible => None,
        Kept::AsLateAsPossible => Some(Constraint::AsLateAsPossible),
        Kept::StartNoEarlierThan => starts.map(Constraint::StartNoEarlierThan),
        Kept::StartNoLaterThan => starts.map(Constraint::StartNoLaterThan),
        Kept::FinishNoEarlierThan => ends.map(Constraint::FinishNoEarlierThan),
        Kept::FinishNoLaterThan => ends.map(Constraint::FinishNoLaterThan),
        Kept::MustStartOn => starts.map(Constraint::MustStartOn),
        Kept::MustFinishOn => ends.map(Constraint::MustFinishOn),
    };
    bound.unwrap_or_default()
}
