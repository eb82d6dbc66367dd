//! What a program takes from a plan: people, calendars, activities, milestones and the links between them.
//!
//! From one import to the next a task is known by its GUID, else by its UID. Durations become working days of the plan's own hours a day, and times
//! of the day are left out, for a program counts in days.

use super::calendar::{Resolved, usual};
use super::export::TEAM;
use super::network::parents;
use super::own::{self, HELD_CALENDAR, HELD_CONSTRAINT};
use super::write::Outline;
use super::{Length, LinkType, Plan, PredecessorLink, Reading, Resource, Task, TaskConstraint, times, value};
use crate::domain::kind::Kind;
use crate::domain::work_calendar::WorkCalendar;
use crate::exchange::intake::{FileCount, Intake, Origin, PlanSource, PlanTask, Record, What};
use crate::exchange::{Finding, Severity};
use chrono::{Datelike, NaiveDate, NaiveDateTime};
use serde_json::{Map, Value, json};
use std::collections::{BTreeSet, HashMap, HashSet};

/// The most characters of a name and of a title.
pub(super) const MOST: (usize, usize) = (120, 300);
/// The most days off that a program's own calendar takes from a plan.
const MOST_DAYS: usize = 2_000;
/// What exports say of milestones in custom fields.
const OF_MILESTONES: [&str; 5] =
    ["kind", "forecast_from", "forecast_reason", "acceptance_criteria", "confidence"];
/// Minutes of a day of the clock.
const DAY: f64 = 1440.0;

/// What a plan brings to a program. `today` bounds what can have happened.
#[must_use]
pub fn intake(file: &str, reading: &Reading, today: NaiveDate) -> Intake {
    let plan = &reading.plan;
    let mut taking = Taking {
        file,
        plan,
        today,
        resolved: Resolved::new(&plan.calendars),
        records: Vec::new(),
        findings: Vec::new(),
        people: HashMap::new(),
        assigned: HashMap::new(),
        linked: HashSet::new(),
        projects: HashSet::new(),
        tasks: Vec::new(),
        per_day: f64::from(plan.minutes_per_day),
    };
    for note in &reading.notes {
        let place = plan.tasks.iter().position(|task| Some(task.uid) == note.uid);
        let line = place.and_then(|place| reading.lines.get(place)).copied().unwrap_or(0);
        taking.findings.push(Finding::new(Severity::Note, file, line, note.what.clone()));
    }
    for (what, count) in &reading.not_carried {
        let message = format!("not carried: {what} ({count})");
        taking.findings.push(Finding::new(Severity::Kept, file, 0, message));
    }
    if !plan.from_start {
        taking.kept(
            0,
            "ScheduleFromStart",
            "the plan is scheduled backwards from its finish: that is not carried",
        );
    }
    taking.people();
    taking.calendars();
    let counts = taking.tasks(&reading.lines);
    taking.times();
    let title = Some(plan.title.trim().to_owned()).filter(|title| reading.titled && !title.is_empty());
    let tasks = std::mem::take(&mut taking.tasks);
    Intake {
        plan: Some(PlanSource { guid: plan.guid, title, tasks }),
        program: Some(taking.program()),
        starts_on: plan.start.map(|start| start.date()),
        records: taking.records,
        findings: taking.findings,
        counts: vec![counts],
        ..Intake::default()
    }
}

/// What a task is known by.
fn task_key(uid: i64) -> String {
    format!("uid {uid}")
}

pub(super) fn person_key(uid: i64) -> String {
    format!("resource {uid}")
}

pub(super) fn calendar_key(uid: i64) -> String {
    format!("calendar {uid}")
}

/// Whether a resource is a team, as exports mark it.
pub(super) fn is_team(resource: &Resource) -> bool {
    resource.group.trim() == TEAM
}

pub(super) struct Taking<'a> {
    file: &'a str,
    pub(super) plan: &'a Plan,
    today: NaiveDate,
    pub(super) resolved: Resolved<'a>,
    records: Vec<Record>,
    findings: Vec<Finding>,
    /// Resources that are people, by UID.
    pub(super) people: HashMap<i64, &'a Resource>,
    /// Who does each task, with units.
    pub(super) assigned: HashMap<i64, Vec<(i64, f64)>>,
    /// Keys of links.
    linked: HashSet<String>,
    /// Keys of projects that tasks name.
    projects: HashSet<String>,
    /// What all tasks are known by.
    tasks: Vec<PlanTask>,
    per_day: f64,
}

impl Taking<'_> {
    pub(super) fn kept(&mut self, line: u64, column: &str, message: impl Into<String>) {
        self.findings.push(Finding::new(Severity::Kept, self.file, line, message).at(column));
    }

    pub(super) fn record(&mut self, line: u64, what: What, key: String, fields: Map<String, Value>) {
        let origin = Origin { file: self.file.to_owned(), line };
        self.records.push(Record {
            origin,
            what,
            key,
            effective_on: None,
            fields,
            reason: None,
            passing: false,
        });
    }

    /// The project's calendar.
    pub(super) fn usual(&self) -> WorkCalendar {
        let own = self.plan.calendar.filter(|uid| self.resolved.has(*uid));
        own.map_or_else(usual, |uid| self.resolved.get(uid))
    }

    /// Fields of a program that is made for the plan: its name and its working days.
    fn program(&mut self) -> Map<String, Value> {
        let own = self.usual();
        let mut holidays = BTreeSet::new();
        let mut extra = BTreeSet::new();
        for range in &own.exceptions {
            for day in range.from.iter_days().take_while(|day| *day <= range.to).take(MOST_DAYS) {
                let usually = own
                    .week
                    .get(day.weekday().num_days_from_monday() as usize)
                    .is_some_and(|day| !day.is_empty());
                match (usually, range.shifts.is_empty()) {
                    (true, true) => holidays.insert(day),
                    (false, false) => extra.insert(day),
                    _ => false,
                };
            }
        }
        if holidays.len() > MOST_DAYS || extra.len() > MOST_DAYS {
            self.kept(
                0,
                "Exceptions",
                format!("of the days off and the extra days, the first {MOST_DAYS} are taken"),
            );
        }
        let names = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
        let week: Vec<_> =
            names.iter().zip(&own.week).filter(|(_, day)| !day.is_empty()).map(|(name, _)| *name).collect();
        let days = |days: BTreeSet<NaiveDate>| {
            days.into_iter().take(MOST_DAYS).map(|day| json!(day)).collect::<Vec<_>>()
        };
        let name = Some(cut(&self.plan.title, 200)).filter(|name| !name.is_empty());
        let mut fields = Map::new();
        fields.insert("name".into(), json!(name.unwrap_or_else(|| self.file.to_owned())));
        fields.insert("working_week".into(), json!(week));
        fields.insert("holidays".into(), json!(days(holidays)));
        fields.insert("extra_days".into(), json!(days(extra)));
        if let Some(start) = self.plan.start {
            fields.insert("starts_on".into(), json!(start.date()));
        }
        fields
    }

    fn tasks(&mut self, lines: &[u64]) -> FileCount {
        let plan = self.plan;
        let parents = parents(&plan.tasks);
        let mut summaries = vec![false; plan.tasks.len()];
        for parent in parents.iter().flatten() {
            if let Some(summary) = summaries.get_mut(*parent) {
                *summary = true;
            }
        }
        let line = |place: usize| lines.get(place).copied().unwrap_or(0);
        let mut outline = Outline::default();
        let mut counts =
            FileCount { file: self.file.to_owned(), rows: plan.tasks.len(), ..FileCount::default() };
        let mut made = HashSet::new();
        for (place, task) in plan.tasks.iter().enumerate() {
            let number = outline.next(task.level);
            let line = line(place);
            if task.level == 0 && task.uid == 0 {
                counts.joined += 1;
                continue;
            }
            self.tasks.push(PlanTask {
                key: task_key(task.uid),
                guid: task.guid,
                name: cut(&task.name, MOST.1),
                taken: !task.inactive,
            });
            if task.inactive {
                counts.reported += 1;
                self.findings.push(
                    Finding::new(Severity::Refused, self.file, line, "an inactive task is not taken")
                        .at("Active"),
                );
                continue;
            }
            counts.made += 1;
            made.insert(task.uid);
            if !task.wbs.is_empty() && task.wbs != number {
                self.kept(line, "WBS", "a WBS code of its own is not carried");
            }
            let summary = summaries.get(place).copied().unwrap_or(false);
            let above = parents.get(place).copied().flatten().and_then(|above| plan.tasks.get(above));
            let parent = above.filter(|above| above.uid != 0 && !above.inactive).map(|above| above.uid);
            self.project(task, line);
            if task.milestone && !summary {
                self.milestone(task, line, parent.is_some());
            } else {
                self.activity(task, line, summary, parent);
            }
        }
        for (place, task) in plan.tasks.iter().enumerate().filter(|(_, task)| made.contains(&task.uid)) {
            for link in task.links.iter().filter(|link| made.contains(&link.predecessor)) {
                self.link(task, link, line(place));
            }
        }
        counts
    }

    fn common(&self, task: &Task, line: u64) -> (Map<String, Value>, Vec<Finding>) {
        let mut findings = Vec::new();
        let mut title = cut(&task.name, MOST.1);
        if title.is_empty() {
            title = format!("Task {}", task.uid);
        } else if task.name.chars().count() > MOST.1 {
            findings.push(Finding::new(Severity::Kept, self.file, line, "the name is cut").at("Name"));
        }
        if task.manual {
            findings.push(
                Finding::new(
                    Severity::Kept,
                    self.file,
                    line,
                    "it was scheduled by hand; here its links move it",
                )
                .at("Manual"),
            );
        }
        if task.priority != 500 {
            findings.push(
                Finding::new(Severity::Kept, self.file, line, "the priority is not carried").at("Priority"),
            );
        }
        if task.baselines.iter().any(|baseline| baseline.number > 0) {
            let what = "baselines 1 to 10 are not carried";
            findings.push(Finding::new(Severity::Kept, self.file, line, what).at("Baseline"));
        }
        let mut fields = Map::from_iter([("title".to_owned(), json!(title))]);
        let owner = cut(&task.contact, MOST.0);
        if !owner.is_empty() {
            fields.insert("owner".into(), json!({"name": owner}));
        }
        if let Some(key) = own::of(task, "project") {
            fields.insert("project".into(), json!({"key": key}));
        }
        let of_kind: &[&str] = if task.milestone { &OF_MILESTONES } else { &[] };
        for name in ["raised_on", "tags"].iter().chain(of_kind) {
            if let Some(text) = own::of(task, name) {
                fields.insert((*name).to_owned(), json!(text));
            }
        }
        let notes: String =
            task.notes.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).take(50_000).collect();
        if !notes.trim().is_empty() {
            fields.insert("description".into(), json!(notes));
        }
        (fields, findings)
    }

    fn milestone(&mut self, task: &Task, line: u64, has_parent: bool) {
        let (mut fields, findings) = self.common(task, line);
        self.findings.extend(findings);
        let committed =
            task.baselines.iter().find(|baseline| baseline.number == 0).and_then(|baseline| baseline.finish);
        let achieved =
            task.actual_finish.or(task.finish.filter(|_| task.percent_complete == 100)).map(|at| at.date());
        let achieved = achieved.filter(|day| {
            let past = *day <= self.today;
            if !past {
                self.findings.push(
                    Finding::new(Severity::Kept, self.file, line, "it can’t be achieved after today")
                        .at("ActualFinish"),
                );
            }
            past
        });
        if let Some(committed) = committed {
            fields.insert("committed_on".into(), json!(committed.date()));
        }
        if let Some(finish) = task.finish.filter(|_| achieved.is_none()) {
            fields.insert("forecast_on".into(), json!(finish.date()));
        }
        for (there, column, what) in [
            (
                task.duration.is_some_and(|duration| duration.minutes > 0),
                "Duration",
                "a milestone takes no time: its duration is not carried",
            ),
            (
                task.constraint != TaskConstraint::AsSoonAsPossible && !own::is_held(task, HELD_CONSTRAINT),
                "ConstraintType",
                "the constraint of a milestone is not carried",
            ),
            (task.deadline.is_some(), "Deadline", "the deadline of a milestone is not carried"),
            (
                task.calendar.is_some() && !own::is_held(task, HELD_CALENDAR),
                "CalendarUID",
                "the calendar of a milestone is not carried",
            ),
            (
                self.assigned.contains_key(&task.uid),
                "Assignment",
                "who is assigned to a milestone is not carried",
            ),
            (has_parent, "OutlineLevel", "a milestone is not part of a summary: that is not carried"),
        ] {
            if there {
                self.kept(line, column, what);
            }
        }
        self.record(line, What::Item(Kind::Milestone), task_key(task.uid), fields);
        if let Some(day) = achieved {
            let fields =
                Map::from_iter([("to".to_owned(), json!("achieved")), ("on".to_owned(), json!(day))]);
            self.record(line, What::Transition, task_key(task.uid), fields);
        }
    }

    /// A length in working days; elapsed time by the share of a week that is worked.
    fn days(&self, length: Length) -> f64 {
        let minutes = f64::from(length.minutes);
        let days = if length.is_elapsed() {
            minutes / (7.0 * DAY) * f64::from(self.plan.minutes_per_week) / self.per_day
        } else {
            minutes / self.per_day
        };
        (days * 10_000.0).round() / 10_000.0
    }

    fn activity(&mut self, task: &Task, line: u64, summary: bool, parent: Option<i64>) {
        let (mut fields, findings) = self.common(task, line);
        self.findings.extend(findings);
        let duration = task.duration.unwrap_or(Length { minutes: 0, format: value::DAYS });
        if duration.is_elapsed() && !summary {
            self.kept(
                line,
                "DurationFormat",
                "an elapsed duration is taken as working days, by the share of a week that is worked",
            );
        }
        let likely = self.days(duration);
        fields.insert("likely_days".into(), json!(likely));
        if let Some(parent) = parent {
            fields.insert("parent".into(), json!({"key": task_key(parent)}));
        }
        if let Some(deadline) = task.deadline {
            fields.insert("deadline_on".into(), json!(deadline.date()));
        }
        let held = own::is_held(task, HELD_CONSTRAINT);
        let (constraint, on) =
            constraint(if held { TaskConstraint::AsSoonAsPossible } else { task.constraint });
        if constraint != "as_soon_as_possible" {
            fields.insert("constraint".into(), json!(constraint));
        }
        if let Some(on) = on {
            fields.insert("constraint_on".into(), json!(on.date()));
        }
        if !summary {
            self.estimates(task, likely, line, &mut fields);
            self.progress(task, duration, line, &mut fields);
        }
        let calendar = task.calendar.filter(|_| !own::is_held(task, HELD_CALENDAR));
        if let Some(calendar) = calendar.filter(|uid| Some(*uid) != self.plan.calendar) {
            fields.insert("calendar".into(), json!({"key": calendar_key(calendar)}));
        }
        if let Some(assigned) = self.assigned.get(&task.uid) {
            let people: Vec<_> = assigned
                .iter()
                .take(50)
                .map(|(resource, units)| {
                    let of = if self.people.get(resource).is_some_and(|one| is_team(one)) {
                        "team"
                    } else {
                        "person"
                    };
                    json!({of: {"key": person_key(*resource)}, "units": units})
                })
                .collect();
            fields.insert("resources".into(), json!(people));
        }
        self.record(line, What::Item(Kind::Activity), task_key(task.uid), fields);
        if let Some(baseline) = task.baselines.iter().find(|baseline| baseline.number == 0) {
            if let Some(finish) = baseline.finish {
                let fields = Map::from_iter([("committed_on".to_owned(), json!(finish.date()))]);
                self.record(line, What::Committed, task_key(task.uid), fields);
            }
            if baseline.start.is_some() || baseline.duration.is_some() || baseline.work.is_some() {
                let what =
                    "of an activity’s baseline the finish is carried: its start, duration and work are not";
                self.kept(line, "Baseline", what);
            }
        }
    }

    /// The project of a task, as exports name it.
    fn project(&mut self, task: &Task, line: u64) {
        let Some(key) = own::of(task, "project").map(|key| cut(key, 40)).filter(|key| !key.is_empty()) else {
            return;
        };
        if self.projects.insert(key.clone()) {
            let name = own::of(task, "project_name").map(|name| cut(name, 200));
            let name = name.filter(|name| !name.is_empty()).unwrap_or_else(|| key.clone());
            let fields = Map::from_iter([("key".to_owned(), json!(key)), ("name".to_owned(), json!(name))]);
            self.record(line, What::Project, key, fields);
        }
    }

    /// Says once what of the day's times is dropped.
    fn times(&mut self) {
        let usual = self.usual();
        let dropped = times::dropped(self.plan, &usual);
        if dropped.count > 0 {
            let (examples, count) = (dropped.examples.join("; "), dropped.count);
            let what = format!(
                "times of the day are not carried, for a program counts in days ({count}), such as {examples}"
            );
            self.findings.push(Finding::new(Severity::Kept, self.file, 0, what));
        }
        if usual.week.iter().any(|day| !day.is_empty() && *day != WorkCalendar::default().week[0]) {
            let what = "the hours of the plan’s calendar are not carried: a program’s own days have eight";
            self.kept(0, "WorkingTimes", what);
        }
    }

    fn estimates(&mut self, task: &Task, likely: f64, line: u64, fields: &mut Map<String, Value>) {
        let days = |length: Option<Length>| {
            length.filter(|length| length.minutes > 0).map(|length| self.days(length))
        };
        let [optimistic, _, pessimistic] = task.estimates.map(days);
        if optimistic.is_some_and(|days| days > likely) || pessimistic.is_some_and(|days| days < likely) {
            self.kept(
                line,
                "Duration1",
                "the duration isn’t between Duration1 and Duration3: they are no estimates, and not carried",
            );
            return;
        }
        for (name, days) in [("optimistic_days", optimistic), ("pessimistic_days", pessimistic)] {
            if let Some(days) = days {
                fields.insert(name.into(), json!(days));
            }
        }
    }

    fn progress(&mut self, task: &Task, duration: Length, line: u64, fields: &mut Map<String, Value>) {
        let begun = task.percent_complete > 0 || task.actual_start.is_some() || task.actual_finish.is_some();
        if !begun {
            return;
        }
        let day = |at: Option<NaiveDateTime>| at.map(|at| at.date());
        let done = task.actual_finish.is_some() || task.percent_complete == 100;
        let start = day(task.actual_start.or(task.start));
        let finish = day(task.actual_finish.or(task.finish)).filter(|_| done);
        if start.is_some_and(|day| day > self.today) || finish.is_some_and(|day| day > self.today) {
            self.kept(
                line,
                "ActualStart",
                "what is done of it was done after today: the progress is not carried",
            );
            return;
        }
        if let Some(start) = start {
            fields.insert("actual_start_on".into(), json!(start));
        }
        if let Some(finish) = finish {
            fields.insert("actual_finish_on".into(), json!(finish));
            return;
        }
        fields.insert("percent_complete".into(), json!(task.percent_complete.min(99)));
        if let Some(remaining) = task.remaining {
            fields
                .insert("remaining_days".into(), json!(self.days(Length { minutes: remaining, ..duration })));
        }
    }

    fn link(&mut self, task: &Task, link: &PredecessorLink, line: u64) {
        let kind = match link.kind {
            LinkType::FinishStart => "FS",
            LinkType::StartStart => "SS",
            LinkType::FinishFinish => "FF",
            LinkType::StartFinish => "SF",
        };
        let minutes = f64::from(link.lag) / 10.0;
        let (unit, lag) = match (value::is_percent(link.format), value::is_elapsed(link.format)) {
            (true, elapsed) => {
                if elapsed {
                    self.kept(
                        line,
                        "LagFormat",
                        "a lag in elapsed percent is taken as percent of working time",
                    );
                }
                ("percent", f64::from(link.lag))
            }
            (false, true) => ("elapsed", minutes / DAY),
            (false, false) => ("working", minutes / self.per_day),
        };
        let lag = (lag * 10_000.0).round() / 10_000.0;
        let fields = Map::from_iter([
            ("predecessor".to_owned(), json!({"key": task_key(link.predecessor)})),
            ("successor".to_owned(), json!({"key": task_key(task.uid)})),
            ("type".to_owned(), json!(kind)),
            ("lag_days".to_owned(), json!(lag)),
            ("lag_unit".to_owned(), json!(unit)),
        ]);
        let key = format!("uid {} {kind} uid {}", link.predecessor, task.uid);
        if !self.linked.insert(key.clone()) {
            self.kept(
                line,
                "PredecessorLink",
                "a second link of the same type between the same tasks is not carried",
            );
            return;
        }
        self.record(line, What::ScheduleLink, key, fields);
    }
}

fn constraint(constraint: TaskConstraint) -> (&'static str, Option<NaiveDateTime>) {
    match constraint {
        TaskConstraint::AsSoonAsPossible => ("as_soon_as_possible", None),
        TaskConstraint::AsLateAsPossible => ("as_late_as_possible", None),
        TaskConstraint::MustStartOn(at) => ("must_start_on", Some(at)),
        TaskConstraint::MustFinishOn(at) => ("must_finish_on", Some(at)),
        TaskConstraint::StartNoEarlierThan(at) => ("start_no_earlier_than", Some(at)),
        TaskConstraint::StartNoLaterThan(at) => ("start_no_later_than", Some(at)),
        TaskConstraint::FinishNoEarlierThan(at) => ("finish_no_earlier_than", Some(at)),
        TaskConstraint::FinishNoLaterThan(at) => ("finish_no_later_than", Some(at)),
    }
}

/// A line of text: without control characters, trimmed, at most so long.
pub(super) fn cut(text: &str, most: usize) -> String {
    let clean: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(most).collect();
    clean.trim().to_owned()
}
