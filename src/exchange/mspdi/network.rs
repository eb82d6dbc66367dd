//! What the schedule engine is given of a plan.
//!
//! Everything is in minutes, as the file has it. A task without a calendar of its own that resources with other calendars do is
//! scheduled in the time in which any of them works, and counts its duration in it, as Microsoft Project does; with one of its own,
//! in the time that both have in common.

use super::calendar::{Resolved, combined, usual};
use super::write::Outline;
use super::{Length, LinkType, Note, Plan, ResourceType, Task, TaskConstraint, value};
use crate::domain::schedule::{
    CalendarIx, Constraint, Estimate, Item, ItemIx, Lag, Link, LinkKind, Moment, Network, Options, Progress,
    Span,
};
use crate::domain::work_calendar::WorkCalendar;
use chrono::NaiveDateTime;
use std::collections::{HashMap, HashSet};

/// A network with what its items stand for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Converted {
    pub network: Network,
    /// The place of each item's task in [`Plan::tasks`].
    pub tasks: Vec<usize>,
    /// How each item is called: see `by_wbs`.
    pub refs: Vec<String>,
    /// The WBS codes of the file, for all tasks have one and all are different; else numbers of the outline.
    pub by_wbs: bool,
    /// How many items have three points of the file's own.
    pub estimated: usize,
    /// What the engine wasn't told, or not as it stood.
    pub notes: Vec<Note>,
}

/// The share of the duration, in percent, that is assumed for the optimistic and the pessimistic duration where a plan says nothing.
pub const ASSUMED: (i32, i32) = (90, 120);

/// Gives every item without three points of its own those of [`ASSUMED`]; how many.
pub fn assume(network: &mut Network) -> usize {
    let mut assumed = 0;
    for item in &mut network.items {
        let (Span::Working(likely) | Span::Elapsed(likely)) = item.duration;
        if item.estimate.is_none() && likely > 0 && item.progress.actual_finish.is_none() {
            let share = |percent: i32| {
                i32::try_from(i64::from(likely) * i64::from(percent) / 100).unwrap_or(i32::MAX)
            };
            item.estimate =
                Some(Estimate { optimistic: share(ASSUMED.0), likely, pessimistic: share(ASSUMED.1) });
            assumed += 1;
        }
    }
    assumed
}

/// The network of a plan.
#[must_use]
pub fn network(plan: &Plan) -> Converted {
    let mut making = Making {
        plan,
        calendars: Calendars::new(plan),
        made: Converted { by_wbs: has_wbs(&plan.tasks), ..Converted::default() },
    };
    making.whole();
    making.items();
    making.links();
    making.made.network.calendars = making.calendars.made;
    making.made.notes.append(&mut making.calendars.notes);
    making.made
}

/// Whether every task has a WBS code and no two have the same.
fn has_wbs(tasks: &[Task]) -> bool {
    let mut seen = HashSet::with_capacity(tasks.len());
    tasks.iter().all(|task| !task.wbs.trim().is_empty() && seen.insert(task.wbs.trim()))
}

struct Making<'a> {
    plan: &'a Plan,
    calendars: Calendars<'a>,
    made: Converted,
}

impl Making<'_> {
    fn say(&mut self, uid: Option<i64>, what: impl Into<String>) {
        self.made.notes.push(Note { uid, what: what.into() });
    }

    /// What holds for the plan as a whole.
    fn whole(&mut self) {
        let plan = self.plan;
        let first = || {
            let all = plan.tasks.iter().filter(|task| !task.inactive);
            all.filter_map(|task| task.actual_start.or(task.start)).min()
        };
        let start = plan.start.or_else(first);
        if start.is_none() {
            self.say(None, "the plan says no start: it is taken to start on 2000-01-03");
        }
        let monday = Moment(2 * crate::domain::schedule::DAY);
        let network = &mut self.made.network;
        network.starts_at = start.map_or(monday, Moment::at);
        network.status_at = plan.status_date.map(Moment::at);
        network.options = Options {
            critical_float: plan.critical_slack_days.saturating_mul(plan.minutes_per_day),
            ..Options::default()
        };
        if !plan.from_start {
            self.say(None, "the plan is scheduled backwards from its finish: that is not carried, it is scheduled from its start");
        }
    }

    fn items(&mut self) {
        let plan = self.plan;
        let parents = parents(&plan.tasks);
        let mut has_child = vec![false; plan.tasks.len()];
        for (task, parent) in plan.tasks.iter().zip(&parents) {
            let mut above = *parent;
            // All that is above an active task is a summary of something.
            while let Some(place) = above.filter(|_| !task.inactive) {
                above = match has_child.get_mut(place) {
                    Some(has) if !*has => {
                        *has = true;
                        parents.get(place).copied().flatten()
                    }
                    _ => None,
                };
            }
        }
        let mut outline = Outline::default();
        let mut places: Vec<Option<ItemIx>> = vec![None; plan.tasks.len()];
        for (place, task) in plan.tasks.iter().enumerate() {
            let number = outline.next(task.level);
            let summary = has_child.get(place).copied().unwrap_or(false);
            if task.inactive {
                self.say(Some(task.uid), "it is inactive, and left out with its links");
                continue;
            }
            if task.summary && !summary {
                self.say(Some(task.uid), "it is a summary of nothing that is scheduled, and left out");
                continue;
            }
            let reference = if self.made.by_wbs { task.wbs.trim().to_owned() } else { number };
            let mut above = parents.get(place).copied().flatten();
            let parent = loop {
                let Some(candidate) = above else { break None };
                match places.get(candidate).copied().flatten() {
                    Some(found) => break Some(found),
                    None => above = parents.get(candidate).copied().flatten(),
                }
            };
            let item = self.item(task, &reference, summary, parent);
            let Ok(ix) = u32::try_from(self.made.network.items.len()) else { break };
            places[place] = Some(ItemIx(ix));
            self.made.network.items.push(item);
            self.made.tasks.push(place);
            self.made.refs.push(reference);
        }
    }

    fn item(&mut self, task: &Task, reference: &str, summary: bool, parent: Option<ItemIx>) -> Item {
        let mut item = Item {
            name: format!("{reference} {}", task.name).trim().to_owned(),
            calendar: if summary { CalendarIx(0) } else { self.calendars.of(task) },
            duration: Span::Working(0),
            parent,
            constraint: constraint(task.constraint),
            deadline: task.deadline.map(Moment::at),
            progress: Progress::default(),
            estimate: None,
            group: 0,
            section: 0,
        };
        if summary {
            return item;
        }
        let duration = self.duration(task);
        item.duration = span(duration);
        item.progress = progress(task, duration);
        if task.manual {
            self.pin(task, &mut item);
        }
        if let [Some(optimistic), Some(likely), Some(pessimistic)] = task.estimates {
            let three = [optimistic, likely, pessimistic];
            let ordered = optimistic.minutes <= likely.minutes && likely.minutes <= pessimistic.minutes;
            if three.iter().any(|one| one.minutes == 0) {
                // The fields are there and not used.
            } else if ordered && three.iter().all(|one| one.is_elapsed() == duration.is_elapsed()) {
                let [optimistic, likely, pessimistic] = three.map(|one| one.minutes);
                item.estimate = Some(Estimate { optimistic, likely, pessimistic });
                self.made.estimated += 1;
            } else {
                self.say(
                    Some(task.uid),
                    "Duration1, 2 and 3 aren’t an optimistic, a likely and a pessimistic duration",
                );
            }
        }
        item
    }

    /// Holds a manually scheduled task at its dates.
    fn pin(&mut self, task: &Task, item: &mut Item) {
        let Some(start) = task.actual_start.or(task.start) else {
            self.say(
                Some(task.uid),
                "it is scheduled by hand and has no start: it is scheduled by its links",
            );
            return;
        };
        if task.actual_start.is_none() {
            item.constraint = Constraint::MustStartOn(Moment::at(start));
        }
    }

    /// The duration, or for want of one the time of the clock from start to finish.
    fn duration(&mut self, task: &Task) -> Length {
        if let Some(duration) = task.duration {
            return duration;
        }
        let elapsed = |from: NaiveDateTime, to: NaiveDateTime| {
            i32::try_from((to - from).num_minutes().max(0)).unwrap_or(i32::MAX)
        };
        match (task.start, task.finish) {
            (Some(from), Some(to)) if from < to => {
                self.say(
                    Some(task.uid),
                    "it has no duration: the time from its start to its finish is taken",
                );
                Length { minutes: elapsed(from, to), format: value::DAYS + 1 }
            }
            _ => {
                if !task.milestone {
                    self.say(Some(task.uid), "it has no duration, and is taken for a milestone");
                }
                Length { minutes: 0, format: value::DAYS }
            }
        }
    }

    fn links(&mut self) {
        let by_uid: HashMap<i64, ItemIx> = self
            .made
            .tasks
            .iter()
            .zip(0_u32..)
            .filter_map(|(place, ix)| Some((self.plan.tasks.get(*place)?.uid, ItemIx(ix))))
            .collect();
        for task in &self.plan.tasks {
            let Some(successor) = by_uid.get(&task.uid) else { continue };
            for link in &task.links {
                let Some(predecessor) = by_uid.get(&link.predecessor) else { continue };
                let kind = match link.kind {
                    LinkType::FinishFinish => LinkKind::FinishFinish,
                    LinkType::FinishStart => LinkKind::FinishStart,
                    LinkType::StartFinish => LinkKind::StartFinish,
                    LinkType::StartStart => LinkKind::StartStart,
                };
                let tenths = |lag: i32| (f64::from(lag) / 10.0).round();
                #[expect(clippy::cast_possible_truncation, reason = "a tenth of what fits")]
                let minutes = tenths(link.lag) as i32;
                let percent = link.lag.saturating_mul(100);
                let lag = match (value::is_percent(link.format), value::is_elapsed(link.format)) {
                    (false, false) => Lag::Working(minutes),
                    (false, true) => Lag::Elapsed(minutes),
                    (true, false) => Lag::Percent(percent),
                    (true, true) => Lag::ElapsedPercent(percent),
                };
                self.made.network.links.push(Link {
                    predecessor: *predecessor,
                    successor: *successor,
                    kind,
                    lag,
                });
            }
        }
    }
}

/// The place of each task's summary.
pub(super) fn parents(tasks: &[Task]) -> Vec<Option<usize>> {
    let mut open: Vec<usize> = Vec::new();
    let mut made = Vec::with_capacity(tasks.len());
    for (place, task) in tasks.iter().enumerate() {
        while open.last().and_then(|last| tasks.get(*last)).is_some_and(|above| above.level >= task.level) {
            open.pop();
        }
        made.push(open.last().copied());
        open.push(place);
    }
    made
}

fn span(length: Length) -> Span {
    if length.is_elapsed() { Span::Elapsed(length.minutes) } else { Span::Working(length.minutes) }
}

fn constraint(constraint: TaskConstraint) -> Constraint {
    match constraint {
        TaskConstraint::AsSoonAsPossible => Constraint::AsSoonAsPossible,
        TaskConstraint::AsLateAsPossible => Constraint::AsLateAsPossible,
        TaskConstraint::MustStartOn(at) => Constraint::MustStartOn(Moment::at(at)),
        TaskConstraint::MustFinishOn(at) => Constraint::MustFinishOn(Moment::at(at)),
        TaskConstraint::StartNoEarlierThan(at) => Constraint::StartNoEarlierThan(Moment::at(at)),
        TaskConstraint::StartNoLaterThan(at) => Constraint::StartNoLaterThan(Moment::at(at)),
        TaskConstraint::FinishNoEarlierThan(at) => Constraint::FinishNoEarlierThan(Moment::at(at)),
        TaskConstraint::FinishNoLaterThan(at) => Constraint::FinishNoLaterThan(Moment::at(at)),
    }
}

fn progress(task: &Task, duration: Length) -> Progress {
    let done = task.percent_complete == 100;
    let begun = task.percent_complete > 0 || task.actual_start.is_some();
    let actual_start = task.actual_start.or(task.start.filter(|_| begun));
    let actual_finish = task.actual_finish.or(task.finish.filter(|_| done));
    let left = || {
        let percent = i64::from(100 - task.percent_complete.min(100));
        i32::try_from(i64::from(duration.minutes) * percent / 100).unwrap_or(duration.minutes)
    };
    Progress {
        actual_start: actual_start.map(Moment::at),
        actual_finish: actual_finish.map(Moment::at),
        remaining: (begun && actual_finish.is_none()).then(|| task.remaining.unwrap_or_else(left)),
    }
}

/// Calendars of the network, each once.
struct Calendars<'a> {
    resolved: Resolved<'a>,
    /// The calendars of the people who do a task, where they aren't the project's; each task's once and in order.
    of_people: HashMap<i64, Vec<i64>>,
    by_source: HashMap<(Option<i64>, Vec<i64>), CalendarIx>,
    made: Vec<WorkCalendar>,
    notes: Vec<Note>,
    project: Option<i64>,
}

impl<'a> Calendars<'a> {
    fn new(plan: &'a Plan) -> Self {
        let resolved = Resolved::new(&plan.calendars);
        let project = plan.calendar.filter(|uid| resolved.has(*uid));
        let usual = project.map_or_else(usual, |uid| resolved.get(uid));
        let people: HashMap<i64, Option<i64>> = plan
            .resources
            .iter()
            .filter(|resource| resource.kind == ResourceType::Work)
            .map(|resource| (resource.uid, resource.calendar))
            .collect();
        let differs: HashMap<i64, bool> =
            people.values().flatten().map(|uid| (*uid, resolved.get(*uid) != usual)).collect();
        let mut of_people: HashMap<i64, Vec<i64>> = HashMap::new();
        for assignment in &plan.assignments {
            let Some(calendar) = people.get(&assignment.resource) else { continue };
            // One that is the project's is named by it, so that it is one calendar however many people have it.
            let own = calendar.filter(|uid| differs.get(uid).copied().unwrap_or(false));
            of_people.entry(assignment.task).or_default().extend(own.or(project));
        }
        of_people.retain(|_, calendars| {
            calendars.sort_unstable();
            calendars.dedup();
            calendars.iter().any(|uid| Some(*uid) != project)
        });
        Self {
            resolved,
            of_people,
            by_source: HashMap::from([((None, Vec::new()), CalendarIx(0))]),
            made: vec![usual],
            notes: Vec::new(),
            project,
        }
    }

    /// In which time a task is done.
    fn of(&mut self, task: &Task) -> CalendarIx {
        let own = task.calendar.filter(|uid| self.resolved.has(*uid));
        let own_is_enough = own.is_some() && task.ignore_resource_calendar;
        let people = if own_is_enough {
            Vec::new()
        } else {
            self.of_people.get(&task.uid).cloned().unwrap_or_default()
        };
        let own = own.filter(|uid| !people.is_empty() || Some(*uid) != self.project);
        let source = (own, people);
        if let Some(known) = self.by_source.get(&source) {
            return *known;
        }
        let mut calendars: Vec<_> = source.1.iter().map(|uid| self.resolved.get(*uid)).collect();
        let mut made = combined(&calendars, true);
        if let Some(own) = source.0.map(|uid| self.resolved.get(uid)) {
            if calendars.is_empty() {
                made = own;
            } else {
                calendars = vec![own.clone(), made];
                made = combined(&calendars, false);
                if !works(&made) {
                    let what =
                        "its calendar and those of who does it have no time in common: its own is taken";
                    self.notes.push(Note { uid: Some(task.uid), what: what.to_owned() });
                    made = own;
                }
            }
        }
        let ix = CalendarIx(u32::try_from(self.made.len()).unwrap_or(0));
        self.made.push(made);
        self.by_source.insert(source, ix);
        ix
    }
}

/// Whether there is any working time in an ordinary week.
fn works(calendar: &WorkCalendar) -> bool {
    calendar.week.iter().any(|day| !day.is_empty())
}
