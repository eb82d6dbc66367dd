//! A plan made of a program, so that Microsoft Project schedules what the program says, and an import brings the same back.
//!
//! A program counts in working days of eight hours: a start is at 8:00 and a finish at 17:00.

pub use super::hold::When;
use super::hold::hold;
use super::lost::{self, Lost};
use super::own::{self, HELD_CALENDAR};
use super::schedule::schedule;
use super::{
    Assignment, Baseline, Calendar, DayRange, Length, LinkType, Plan, PredecessorLink, Resource, Shifts,
    Task, TaskConstraint, value,
};
use crate::domain::activity::{Activity, Constraint};
use crate::domain::ids::ItemId;
use crate::domain::item::Detail;
use crate::domain::kind::State;
use crate::domain::milestone::{ForecastSource, Milestone, MilestoneKind};
use crate::domain::program::{Program, Project};
use crate::domain::schedule_link::{LagUnit, LinkType as Type, ScheduleLink};
use crate::domain::work_calendar::ProgramCalendar;
use chrono::{NaiveDate, NaiveDateTime, TimeDelta};
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// The group by which a resource is known to be a team.
pub(super) const TEAM: &str = "Team";
/// Minutes of a working day.
const PER_DAY: f64 = 480.0;
/// The program's own calendar.
const OWN: i64 = 1;

/// An activity or a milestone.
pub struct Part {
    pub id: ItemId,
    pub title: String,
    pub description: String,
    pub state: State,
    pub owner: Option<Uuid>,
    pub project: Option<Uuid>,
    pub raised_on: NaiveDate,
    pub tags: Vec<String>,
    pub detail: Detail,
}

/// What a plan is made of.
pub struct Source<'a> {
    pub program: &'a Program,
    pub parts: Vec<Part>,
    pub links: Vec<ScheduleLink>,
    pub calendars: &'a [ProgramCalendar],
    /// Names by id.
    pub people: &'a HashMap<Uuid, String>,
    pub teams: &'a HashMap<Uuid, String>,
    pub projects: &'a HashMap<Uuid, Project>,
    /// What the items are known by in the plan that they were imported from.
    pub uids: &'a HashMap<ItemId, i64>,
    /// The finishes of activities that the baseline in force commits.
    pub committed: &'a HashMap<Uuid, NaiveDate>,
    /// When the program's own schedule has its items; empty where it can't be scheduled.
    pub scheduled: &'a HashMap<Uuid, When>,
    /// Up to when progress is known: the day begins with it.
    pub status_on: NaiveDate,
    /// How many links lead to items of other programs.
    pub leaving: usize,
    /// How many items are no activities or milestones.
    pub others: usize,
}

/// The plan of a program, and what of it can't be carried.
#[must_use]
pub fn plan(source: &Source<'_>) -> (Plan, Vec<String>) {
    let mut lost = Lost::default();
    lost::of_program(source, &mut lost);
    let mut plan = Plan {
        title: source.program.name.clone(),
        guid: Some(source.program.id.0),
        start: Some(morning(starts_on(source, &mut lost))),
        status_date: Some(source.status_on.and_time(chrono::NaiveTime::MIN)),
        calendar: Some(OWN),
        calendars: vec![own(source.program)],
        ..Plan::default()
    };
    let calendars = calendars(source, &mut plan);
    let resources = resources(source, &mut plan, &calendars, &mut lost);
    let order = order(&source.parts);
    let uids = uids(source, &order);
    let names = Names::new(source);
    plan.tasks.push(Task {
        uid: 0,
        id: Some(0),
        name: source.program.name.clone(),
        level: 0,
        summary: !order.is_empty(),
        ..Task::default()
    });
    let parents: HashSet<Uuid> = source.parts.iter().filter_map(parent).collect();
    for ((place, level), id) in order.into_iter().zip(1..) {
        let Some(part) = source.parts.get(place) else { continue };
        let uid = uids.get(&part.id.0).copied().unwrap_or(0);
        let mut task = Task {
            uid,
            guid: Some(part.id.0),
            id: Some(id),
            name: part.title.clone(),
            contact: names.owner(part, &mut lost),
            level,
            notes: part.description.clone(),
            inactive: part.state == State::Cancelled,
            summary: parents.contains(&part.id.0),
            ..Task::default()
        };
        lost::of_part(part, task.summary, &mut lost);
        carried(source, part, &mut task, &mut lost);
        calendar(source, part, &calendars, &mut task);
        match &part.detail {
            Detail::Activity(own) => {
                activity(own, &mut task);
                if let Some(day) = source.committed.get(&part.id.0) {
                    let finish = Some(evening(*day));
                    task.baselines.push(Baseline { finish, ..Baseline::default() });
                }
                for one in &own.resources {
                    let Some(resource) = one.person.or(one.team).and_then(|id| resources.get(&id)) else {
                        lost.add("people and teams that are no more");
                        continue;
                    };
                    let next = i64::try_from(plan.assignments.len()).unwrap_or(0) + 1;
                    plan.assignments.push(Assignment {
                        uid: next,
                        task: uid,
                        resource: *resource,
                        units: Some(one.units / 100.0),
                        ..Assignment::default()
                    });
                }
            }
            Detail::Milestone(own) => milestone(own, &mut task),
            _ => continue,
        }
        plan.tasks.push(task);
    }
    links(source, &uids, &mut plan, &mut lost);
    let wanted: HashMap<i64, When> =
        source.scheduled.iter().filter_map(|(id, when)| Some((*uids.get(id)?, *when))).collect();
    let elsewhere = hold(&mut plan, &wanted);
    if let Some(first) = elsewhere.first() {
        let what = format!("dates: the file’s own network has them otherwise, first for “{first}”");
        lost.add_many(&what, elsewhere.len());
    }
    dates(&mut plan);
    (plan, lost.told())
}

/// The day on which the plan starts: that of the program, else the first of its plan; and never after what has not begun.
fn starts_on(source: &Source<'_>, lost: &mut Lost) -> NaiveDate {
    let first = source.scheduled.values().map(|(start, _)| start.start_day()).min();
    let Some(stated) = source.program.starts_on else {
        if !source.parts.is_empty() {
            lost.add("that the program states no start: the plan gets that of its first item");
        }
        return first.unwrap_or(source.status_on);
    };
    match first.filter(|first| *first >= source.status_on && *first < stated) {
        Some(first) => {
            lost.add("the start of the program, for its plan begins before it");
            first
        }
        None => stated,
    }
}

/// What each item is known by: as in the plan that it was imported from, or by the next number that is free.
fn uids(source: &Source<'_>, order: &[(usize, u16)]) -> HashMap<Uuid, i64> {
    let mut next = source.uids.values().copied().max().unwrap_or(0).max(0);
    let mut made = HashMap::with_capacity(order.len());
    for part in order.iter().filter_map(|(place, _)| source.parts.get(*place)) {
        let uid = source.uids.get(&part.id).copied().filter(|uid| *uid > 0).unwrap_or_else(|| {
            next += 1;
            next
        });
        made.insert(part.id.0, uid);
    }
    made
}

/// The names of people, and those that several have.
struct Names<'a> {
    people: &'a HashMap<Uuid, String>,
    shared: HashSet<String>,
}

impl<'a> Names<'a> {
    fn new(source: &Source<'a>) -> Self {
        let mut seen = HashSet::new();
        let shared = source.people.values().map(|name| name.to_lowercase());
        let shared = shared.filter(|name| !seen.insert(name.clone())).collect();
        Self { people: source.people, shared }
    }

    fn owner(&self, part: &Part, lost: &mut Lost) -> String {
        let Some(owner) = part.owner else { return String::new() };
        let name = self.people.get(&owner).filter(|name| !self.shared.contains(&name.to_lowercase()));
        if name.is_none() {
            lost.add("owners whose name somebody else has too");
        }
        name.cloned().unwrap_or_default()
    }
}

/// Writes to custom fields what a task has no other place for.
fn carried(source: &Source<'_>, part: &Part, task: &mut Task, lost: &mut Lost) {
    let mut own: Vec<(&'static str, String)> = Vec::new();
    if let Some(project) = part.project.and_then(|id| source.projects.get(&id)) {
        own.push(("project", project.key.clone()));
        own.push(("project_name", project.name.clone()));
    }
    own.push(("raised_on", part.raised_on.to_string()));
    let tags = lost.text("tags", &part.tags.join(", "));
    own.extend(tags.map(|text| ("tags", text)));
    if let Detail::Milestone(milestone) = &part.detail {
        let kind = match milestone.kind {
            MilestoneKind::Delivery => None,
            MilestoneKind::Gate => Some("gate"),
            MilestoneKind::Release => Some("release"),
            MilestoneKind::External => Some("external"),
        };
        own.extend(kind.map(|kind| ("kind", kind.to_owned())));
        if milestone.forecast_from == ForecastSource::Computed {
            own.push(("forecast_from", "computed".to_owned()));
        }
        let criteria = lost.text("acceptance criteria", &milestone.acceptance_criteria);
        own.extend(criteria.map(|text| ("acceptance_criteria", text)));
        let reason = lost.text("reasons of forecasts", &milestone.forecast_reason);
        own.extend(reason.map(|text| ("forecast_reason", text)));
        own.extend(milestone.confidence.map(|percent| ("confidence", percent.to_string())));
    }
    task.own = own;
}

/// Gives a task the calendar by which the program schedules it, where that isn't the program's own.
fn calendar(source: &Source<'_>, part: &Part, calendars: &HashMap<Uuid, i64>, task: &mut Task) {
    let of = |is: &dyn Fn(&ProgramCalendar) -> bool| {
        let found = source.calendars.iter().filter(|one| one.archived_at.is_none()).find(|one| is(one));
        found.and_then(|one| calendars.get(&one.id.0)).copied()
    };
    let (stated, first) = match &part.detail {
        Detail::Activity(own) => {
            (own.calendar, own.resources.first().and_then(|one| one.person.or(one.team)))
        }
        _ => (None, None),
    };
    let stated = stated.and_then(|id| calendars.get(&id)).copied();
    let whose =
        |id: Uuid| of(&|one| one.person.map(|it| it.0) == Some(id) || one.team.map(|it| it.0) == Some(id));
    let has = |id: Uuid| whose(id).is_some();
    let follows = || {
        let of_first = first.and_then(whose);
        let of_project = || part.project.and_then(|id| of(&|one| one.project.map(|it| it.0) == Some(id)));
        of_first.or_else(of_project)
    };
    task.calendar = stated;
    if stated.is_none() && !task.summary {
        // The program goes by whoever works on it first, Project by all of them.
        let others = || match &part.detail {
            Detail::Activity(own) => {
                own.resources.iter().skip(1).filter_map(|one| one.person.or(one.team)).any(&has)
            }
            _ => false,
        };
        let follows = follows().or_else(|| others().then_some(OWN));
        if follows.is_some() {
            task.calendar = follows;
            own::hold(task, HELD_CALENDAR);
        }
    }
    task.ignore_resource_calendar = task.calendar.is_some();
}

fn morning(day: NaiveDate) -> NaiveDateTime {
    day.and_time(chrono::NaiveTime::MIN) + TimeDelta::hours(8)
}

fn evening(day: NaiveDate) -> NaiveDateTime {
    day.and_time(chrono::NaiveTime::MIN) + TimeDelta::hours(17)
}

fn minutes(days: f64, per_day: f64) -> i32 {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a float as an integer saturates, and durations are far from it"
    )]
    let minutes = (days * per_day).round() as i32;
    minutes
}

fn length(days: f64) -> Length {
    Length { minutes: minutes(days, PER_DAY), format: value::DAYS }
}

/// The program's own calendar.
fn own(program: &Program) -> Calendar {
    let hours: Shifts = vec![(8 * 60, 12 * 60), (13 * 60, 17 * 60)];
    let day = |worked: bool| Some(if worked { hours.clone() } else { Shifts::new() });
    let one = |day: &NaiveDate, shifts: &Shifts| DayRange {
        from: *day,
        to: *day,
        name: String::new(),
        shifts: shifts.clone(),
    };
    let off = program.holidays.iter().map(|day| one(day, &Shifts::new()));
    let on = program.extra_days.iter().map(|day| one(day, &hours));
    let mut exceptions: Vec<DayRange> = off.chain(on).collect();
    exceptions.sort_by_key(|range| range.from);
    Calendar {
        uid: OWN,
        name: "Standard".to_owned(),
        base: None,
        week: std::array::from_fn(|of_week| {
            day(program.working_week.get(of_week).copied().unwrap_or(of_week < 5))
        }),
        exceptions,
    }
}

/// Adds the calendars beside the program's own; their UIDs by id.
fn calendars(source: &Source<'_>, plan: &mut Plan) -> HashMap<Uuid, i64> {
    let mut uids = HashMap::new();
    for (calendar, uid) in source.calendars.iter().filter(|one| one.archived_at.is_none()).zip(OWN + 1..) {
        let range = |one: &crate::domain::work_calendar::Exception| DayRange {
            from: one.from,
            to: one.to,
            name: one.name.clone(),
            shifts: one.shifts.clone(),
        };
        plan.calendars.push(Calendar {
            uid,
            name: calendar.name.clone(),
            base: None,
            week: calendar.work.week.clone().map(Some),
            exceptions: calendar.work.exceptions.iter().map(range).collect(),
        });
        uids.insert(calendar.id.0, uid);
    }
    uids
}

/// Adds the people and teams that work on something; their UIDs by id.
fn resources(
    source: &Source<'_>,
    plan: &mut Plan,
    calendars: &HashMap<Uuid, i64>,
    lost: &mut Lost,
) -> HashMap<Uuid, i64> {
    let mut uids = HashMap::new();
    for part in &source.parts {
        let Detail::Activity(own) = &part.detail else { continue };
        for one in &own.resources {
            let Some(id) = one.person.or(one.team).filter(|id| !uids.contains_key(id)) else { continue };
            let team = one.team == Some(id);
            let name = if team { source.teams.get(&id) } else { source.people.get(&id) };
            if name.is_none_or(|name| name.trim().is_empty()) {
                lost.add("people and teams without a name");
            }
            let uid = i64::try_from(plan.resources.len()).unwrap_or(0) + 1;
            let calendar = source.calendars.iter().filter(|one| one.archived_at.is_none()).find(|calendar| {
                calendar.person.map(|person| person.0) == Some(id)
                    || calendar.team.map(|team| team.0) == Some(id)
            });
            plan.resources.push(Resource {
                uid,
                id: Some(uid),
                name: name.cloned().unwrap_or_default(),
                group: if team { TEAM.to_owned() } else { String::new() },
                calendar: calendar.and_then(|one| calendars.get(&one.id.0)).copied(),
                ..Resource::default()
            });
            uids.insert(id, uid);
        }
    }
    uids
}

fn parent(part: &Part) -> Option<Uuid> {
    match &part.detail {
        Detail::Activity(own) => own.parent,
        _ => None,
    }
}

/// The places of the parts in the order of the outline, with their levels.
fn order(parts: &[Part]) -> Vec<(usize, u16)> {
    let known: HashSet<Uuid> = parts.iter().map(|part| part.id.0).collect();
    let mut below: HashMap<Option<Uuid>, Vec<usize>> = HashMap::new();
    for (place, part) in parts.iter().enumerate() {
        below.entry(parent(part).filter(|id| known.contains(id))).or_default().push(place);
    }
    let mut made = Vec::with_capacity(parts.len());
    let mut open: Vec<(usize, u16)> =
        below.remove(&None).unwrap_or_default().into_iter().rev().map(|place| (place, 1)).collect();
    while let Some((place, level)) = open.pop() {
        made.push((place, level));
        let children = parts.get(place).and_then(|part| below.remove(&Some(part.id.0))).unwrap_or_default();
        open.extend(children.into_iter().rev().map(|child| (child, level.saturating_add(1))));
    }
    made
}

fn activity(own: &Activity, task: &mut Task) {
    task.duration = Some(length(own.likely_days));
    task.deadline = own.deadline_on.map(evening);
    task.constraint = match (own.constraint, own.constraint_on) {
        (Constraint::AsLateAsPossible, _) => TaskConstraint::AsLateAsPossible,
        (Constraint::StartNoEarlierThan, Some(day)) => TaskConstraint::StartNoEarlierThan(morning(day)),
        (Constraint::StartNoLaterThan, Some(day)) => TaskConstraint::StartNoLaterThan(morning(day)),
        (Constraint::FinishNoEarlierThan, Some(day)) => TaskConstraint::FinishNoEarlierThan(evening(day)),
        (Constraint::FinishNoLaterThan, Some(day)) => TaskConstraint::FinishNoLaterThan(evening(day)),
        (Constraint::MustStartOn, Some(day)) => TaskConstraint::MustStartOn(morning(day)),
        (Constraint::MustFinishOn, Some(day)) => TaskConstraint::MustFinishOn(evening(day)),
        _ => TaskConstraint::AsSoonAsPossible,
    };
    if own.optimistic_days.is_some() || own.pessimistic_days.is_some() {
        task.estimates = [
            own.optimistic_days.map(length),
            Some(length(own.likely_days)),
            own.pessimistic_days.map(length),
        ];
    }
    if task.summary {
        return;
    }
    task.percent_complete = u8::try_from(own.percent_complete.clamp(0, 100)).unwrap_or(0);
    task.actual_start = own.actual_start_on.map(morning);
    task.actual_finish = own.actual_finish_on.map(evening);
    task.remaining = own.remaining_days.map(|days| minutes(days, PER_DAY));
}

fn milestone(own: &Milestone, task: &mut Task) {
    task.milestone = true;
    task.duration = Some(length(0.0));
    task.actual_finish = own.achieved_on.map(evening);
    task.actual_start = task.actual_finish;
    task.percent_complete = if own.achieved_on.is_some() { 100 } else { 0 };
    task.finish = own.achieved_on.or(own.forecast_on).map(evening);
    task.start = task.finish;
    if let Some(day) = own.committed_on.map(evening) {
        let baseline = Baseline {
            number: 0,
            start: Some(day),
            finish: Some(day),
            duration: Some(length(0.0)),
            work: None,
        };
        task.baselines.push(baseline);
    }
}

fn links(source: &Source<'_>, uids: &HashMap<Uuid, i64>, plan: &mut Plan, lost: &mut Lost) {
    let places: HashMap<i64, usize> =
        plan.tasks.iter().enumerate().map(|(place, task)| (task.uid, place)).collect();
    for link in &source.links {
        let (Some(predecessor), Some(successor)) =
            (uids.get(&link.predecessor.0), uids.get(&link.successor.0))
        else {
            lost.add("links to what is no activity or milestone of the program");
            continue;
        };
        let kind = match link.link_type {
            Type::FinishStart => LinkType::FinishStart,
            Type::StartStart => LinkType::StartStart,
            Type::FinishFinish => LinkType::FinishFinish,
            Type::StartFinish => LinkType::StartFinish,
        };
        let (lag, format) = match link.lag_unit {
            LagUnit::Working => (minutes(link.lag, PER_DAY * 10.0), value::DAYS),
            LagUnit::Elapsed => (minutes(link.lag, 14_400.0), value::DAYS + 1),
            LagUnit::Percent => {
                if link.lag.fract() != 0.0 {
                    lost.add("parts of a percent of lags");
                }
                (minutes(link.lag, 1.0), value::PERCENT)
            }
        };
        let task = places.get(successor).and_then(|place| plan.tasks.get_mut(*place));
        if let Some(task) = task {
            task.links.push(PredecessorLink { predecessor: *predecessor, kind, lag, format });
        }
    }
}

/// Puts the dates of the schedule into the plan, where it can be scheduled. Milestones keep their forecasts.
fn dates(plan: &mut Plan) {
    let Ok(scheduled) = schedule(plan) else { return };
    for (place, dates) in scheduled.converted.tasks.iter().zip(&scheduled.dates) {
        let Some(task) = plan.tasks.get_mut(*place) else { continue };
        task.early_start = Some(dates.early_start.date_time());
        task.early_finish = Some(dates.early_finish.date_time());
        task.late_start = Some(dates.late_start.date_time());
        task.late_finish = Some(dates.late_finish.date_time());
        task.total_slack = Some(dates.total_float.saturating_mul(10));
        task.free_slack = Some(dates.free_float.saturating_mul(10));
        task.critical = Some(dates.critical);
        if !task.milestone {
            task.start = task.actual_start.or(task.early_start);
            task.finish = task.actual_finish.or(task.early_finish);
        }
    }
    plan.finish = Some(scheduled.finish.date_time());
}
