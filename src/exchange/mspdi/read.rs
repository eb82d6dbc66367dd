//! Reads a plan: the whole in one pass, task by task.

use super::notes::{self, Notes};
use super::pull::{Limits, Pull};
use super::{
    Assignment, Baseline, LinkType, PredecessorLink, Reading, Resource, ResourceType, Task, TaskConstraint,
    calendar, own, value,
};
use crate::exchange::Unreadable;
use chrono::NaiveDateTime;
use std::collections::{HashMap, HashSet};
use std::io;

/// The resource that Project writes for work that nobody is assigned to.
const NOBODY: i64 = -65_535;
/// The custom fields Duration1, Duration2 and Duration3 of a task.
pub(super) const ESTIMATE_FIELDS: [&str; 3] = ["188743783", "188743784", "188743785"];

/// A link whose predecessor may come later in the file.
struct Pending {
    task: i64,
    predecessor: i64,
    line: u64,
}

/// Reads a plan from the bytes of an MSPDI file, of any encoding, without keeping the document in memory.
///
/// # Errors
/// One line that names the file, the line and the element.
pub fn read(file: &str, source: impl io::Read, limits: &Limits) -> Result<Reading, Unreadable> {
    let mut reader = Reader {
        pull: Pull::new(file, source, *limits)?,
        reading: Reading::default(),
        notes: Notes::default(),
        aliases: HashMap::new(),
        pending: Vec::new(),
        tasks: HashSet::new(),
    };
    reader.project()?;
    reader.check()?;
    (reader.reading.notes, reader.reading.not_carried) = reader.notes.finish();
    Ok(reader.reading)
}

struct Reader<R: io::Read> {
    pull: Pull<R>,
    reading: Reading,
    notes: Notes,
    /// The names of custom fields.
    aliases: HashMap<String, String>,
    pending: Vec<Pending>,
    tasks: HashSet<i64>,
}

impl<R: io::Read> Reader<R> {
    fn project(&mut self) -> Result<(), Unreadable> {
        self.pull.root("Project")?;
        while self.pull.child()? {
            let Self { pull, reading: Reading { plan, titled, .. }, .. } = self;
            match pull.name() {
                "Title" => {
                    pull.text()?.clone_into(&mut plan.title);
                    *titled = !plan.title.trim().is_empty();
                }
                "GUID" => plan.guid = pull.text()?.trim().parse().ok(),
                "Name" if plan.title.is_empty() => pull.text()?.clone_into(&mut plan.title),
                "ScheduleFromStart" => plan.from_start = pull.flag()?,
                "StartDate" => plan.start = pull.value(value::date_time)?,
                "FinishDate" => plan.finish = pull.value(value::date_time)?,
                "StatusDate" => plan.status_date = pull.value(value::date_time)?,
                "CalendarUID" => plan.calendar = pull.number::<i64>()?.filter(|uid| *uid >= 0),
                "CriticalSlackLimit" => plan.critical_slack_days = pull.number::<i16>()?.unwrap_or(0).into(),
                "MinutesPerDay" => positive(pull, &mut plan.minutes_per_day, 1440)?,
                "MinutesPerWeek" => positive(pull, &mut plan.minutes_per_week, 10_080)?,
                "DaysPerMonth" => positive(pull, &mut plan.days_per_month, 31)?,
                "ExtendedAttributes" => self.custom_fields()?,
                "Calendars" => self.calendars()?,
                "Tasks" => self.all_tasks()?,
                "Resources" => self.resources()?,
                "Assignments" => self.assignments()?,
                _ => self.notes.skip(pull, "Project")?,
            }
        }
        self.pull.end()
    }

    fn custom_fields(&mut self) -> Result<(), Unreadable> {
        while self.pull.child()? {
            let (mut id, mut name, mut alias) = (String::new(), String::new(), String::new());
            while self.pull.child()? {
                match self.pull.name() {
                    "FieldID" => self.pull.text()?.trim().clone_into(&mut id),
                    "FieldName" => self.pull.text()?.trim().clone_into(&mut name),
                    "Alias" => self.pull.text()?.trim().clone_into(&mut alias),
                    _ => drop(self.pull.skip()?),
                }
            }
            if self.aliases.len() < notes::MOST {
                self.aliases.insert(id, if alias.is_empty() { name } else { alias });
            }
        }
        Ok(())
    }

    fn calendars(&mut self) -> Result<(), Unreadable> {
        let mut uids = HashSet::new();
        while self.pull.child()? {
            let line = self.pull.line();
            let made = calendar::calendar(&mut self.pull, &mut self.notes)?;
            if !uids.insert(made.uid) {
                return Err(self.pull.refused_at(
                    line,
                    Some("Calendar"),
                    format!("there are two calendars with UID {}", made.uid),
                ));
            }
            self.reading.plan.calendars.push(made);
            self.few(self.reading.plan.calendars.len(), "calendars")?;
        }
        Ok(())
    }

    fn few(&self, count: usize, what: &str) -> Result<(), Unreadable> {
        let most = self.pull.limits.records;
        if count > most {
            Err(self.pull.refused(format!("there are more than {most} {what}")))
        } else {
            Ok(())
        }
    }

    fn all_tasks(&mut self) -> Result<(), Unreadable> {
        while self.pull.child()? {
            let line = self.pull.line();
            let Some(task) = self.task(line)? else { continue };
            if !self.tasks.insert(task.uid) {
                return Err(self.pull.refused_at(
                    line,
                    Some("Task"),
                    format!("there are two tasks with UID {}", task.uid),
                ));
            }
            let most = self.pull.limits.tasks;
            if self.reading.plan.tasks.len() >= most {
                return Err(self.pull.refused_at(
                    line,
                    Some("Task"),
                    format!("there are more than {most} tasks"),
                ));
            }
            self.reading.plan.tasks.push(task);
            self.reading.lines.push(line);
        }
        Ok(())
    }

    /// Reads `<Task>`; none for an empty row.
    fn task(&mut self, line: u64) -> Result<Option<Task>, Unreadable> {
        let mut task = Task::default();
        let (mut uid, mut level, mut outline) = (None, None, String::new());
        let (mut duration, mut format) = (None, None);
        let (mut constraint, mut constraint_on) = (0_u8, None);
        let mut empty_row = false;
        let mut links = Vec::new();
        while self.pull.child()? {
            let pull = &mut self.pull;
            match pull.name() {
                "UID" => uid = pull.number::<i64>()?,
                "GUID" => task.guid = pull.text()?.trim().parse().ok(),
                "ID" => task.id = pull.number()?,
                "Name" => pull.text()?.clone_into(&mut task.name),
                "Contact" => pull.text()?.clone_into(&mut task.contact),
                "Active" => task.inactive = !pull.flag()?,
                "Manual" => task.manual = pull.flag()?,
                "IsNull" => empty_row = pull.flag()?,
                "WBS" => pull.text()?.clone_into(&mut task.wbs),
                "OutlineNumber" => pull.text()?.trim().clone_into(&mut outline),
                "OutlineLevel" => level = pull.number::<u16>()?,
                "Priority" => task.priority = pull.number::<u16>()?.unwrap_or(500).min(1000),
                "Start" => task.start = pull.value(value::date_time)?,
                "Finish" => task.finish = pull.value(value::date_time)?,
                "Duration" => duration = pull.value(value::duration)?,
                "DurationFormat" => format = unit(pull, &mut self.notes, uid)?,
                "Work" => task.work = pull.value(value::duration)?,
                "Milestone" => task.milestone = pull.flag()?,
                "Summary" => task.summary = pull.flag()?,
                "Critical" => task.critical = Some(pull.flag()?),
                "EarlyStart" => task.early_start = pull.value(value::date_time)?,
                "EarlyFinish" => task.early_finish = pull.value(value::date_time)?,
                "LateStart" => task.late_start = pull.value(value::date_time)?,
                "LateFinish" => task.late_finish = pull.value(value::date_time)?,
                "TotalSlack" => task.total_slack = pull.number()?,
                "FreeSlack" => task.free_slack = pull.number()?,
                "PercentComplete" => task.percent_complete = percent(pull)?,
                "ActualStart" => task.actual_start = pull.value(value::date_time)?,
                "ActualFinish" => task.actual_finish = pull.value(value::date_time)?,
                "ActualDuration" => task.actual_duration = pull.value(value::duration)?,
                "RemainingDuration" => task.remaining = pull.value(value::duration)?,
                "ConstraintType" => constraint = pull.number()?.unwrap_or(0),
                "ConstraintDate" => constraint_on = pull.value(value::date_time)?,
                "Deadline" => task.deadline = pull.value(value::date_time)?,
                "CalendarUID" => task.calendar = pull.number::<i64>()?.filter(|uid| *uid >= 0),
                "IgnoreResourceCalendar" => task.ignore_resource_calendar = pull.flag()?,
                "Notes" => pull.text()?.clone_into(&mut task.notes),
                "PredecessorLink" => links.extend(self.link(uid)?),
                "Baseline" => task.baselines.extend(self.baseline(uid)?),
                "ExtendedAttribute" => self.custom_value(uid, &mut task)?,
                "LevelingDelay" => {
                    if pull.number::<i64>()?.is_some_and(|delay| delay != 0) {
                        self.notes.miss("Task/LevelingDelay", None);
                    }
                }
                "IsSubproject" | "ExternalTask" => {
                    let name = format!("Task/{}", pull.name());
                    if pull.flag()? {
                        self.notes.miss(&name, None);
                    }
                }
                _ => self.notes.skip(pull, "Task")?,
            }
        }
        if empty_row {
            return Ok(None);
        }
        task.uid = uid.ok_or_else(|| self.pull.refused_at(line, Some("Task"), "it has no UID"))?;
        task.level = match level {
            Some(level) => level,
            None if outline.is_empty() || outline == "0" => u16::from(task.uid != 0),
            None => u16::try_from(outline.split('.').count()).unwrap_or(u16::MAX),
        };
        task.duration = duration.map(|minutes| value::length(minutes, format));
        task.constraint = self.constraint(&task, constraint, constraint_on, line)?;
        for (link, line) in &links {
            self.pending.push(Pending { task: task.uid, predecessor: link.predecessor, line: *line });
        }
        self.few(self.pending.len(), "links")?;
        task.links = links.into_iter().map(|(link, _)| link).collect();
        task.baselines.sort_by_key(|baseline| baseline.number);
        Ok(Some(task))
    }

    fn constraint(
        &mut self,
        task: &Task,
        kind: u8,
        on: Option<NaiveDateTime>,
        line: u64,
    ) -> Result<TaskConstraint, Unreadable> {
        use TaskConstraint as C;
        let dated = match kind {
            0 => return Ok(C::AsSoonAsPossible),
            1 => return Ok(C::AsLateAsPossible),
            2 => C::MustStartOn,
            3 => C::MustFinishOn,
            4 => C::StartNoEarlierThan,
            5 => C::StartNoLaterThan,
            6 => C::FinishNoEarlierThan,
            7 => C::FinishNoLaterThan,
            other => {
                let why = format!("“{other}” isn’t a kind of constraint (0 to 7)");
                return Err(self.pull.refused_at(line, Some("ConstraintType"), why));
            }
        };
        if on.is_none() {
            self.notes.say(Some(task.uid), "its constraint has no date, and is left out");
        }
        Ok(on.map_or(C::AsSoonAsPossible, dated))
    }

    /// Reads `<PredecessorLink>`, with its line.
    fn link(&mut self, task: Option<i64>) -> Result<Option<(PredecessorLink, u64)>, Unreadable> {
        let line = self.pull.line();
        let (mut predecessor, mut foreign) = (None, false);
        let mut link =
            PredecessorLink { predecessor: 0, kind: LinkType::FinishStart, lag: 0, format: value::DAYS };
        while self.pull.child()? {
            let pull = &mut self.pull;
            match pull.name() {
                "PredecessorUID" => predecessor = pull.number()?,
                "Type" => {
                    link.kind = pull
                        .value(|text| match text {
                            "0" => Ok(LinkType::FinishFinish),
                            "1" => Ok(LinkType::FinishStart),
                            "2" => Ok(LinkType::StartFinish),
                            "3" => Ok(LinkType::StartStart),
                            _ => Err("isn’t a kind of link (0 to 3)"),
                        })?
                        .unwrap_or_default();
                }
                "CrossProject" => foreign = pull.flag()?,
                "LinkLag" => link.lag = pull.number()?.unwrap_or(0),
                "LagFormat" => link.format = unit(pull, &mut self.notes, task)?.unwrap_or(value::DAYS),
                _ => drop(pull.skip()?),
            }
        }
        if foreign {
            self.notes.miss("Task/PredecessorLink to another project", None);
            return Ok(None);
        }
        let Some(predecessor) = predecessor else {
            return Err(self.pull.refused_at(line, Some("PredecessorLink"), "it names no predecessor"));
        };
        Ok(Some((PredecessorLink { predecessor, ..link }, line)))
    }

    /// Reads `<Baseline>` of a task.
    fn baseline(&mut self, task: Option<i64>) -> Result<Option<Baseline>, Unreadable> {
        let mut baseline = Baseline::default();
        let mut number = 0_u16;
        let (mut duration, mut format) = (None, None);
        while self.pull.child()? {
            let pull = &mut self.pull;
            match pull.name() {
                "Number" => number = pull.number()?.unwrap_or(0),
                "Start" => baseline.start = pull.value(value::date_time)?,
                "Finish" => baseline.finish = pull.value(value::date_time)?,
                "Duration" => duration = pull.value(value::duration)?,
                "DurationFormat" => format = unit(pull, &mut self.notes, task)?,
                "Work" => baseline.work = pull.value(value::duration)?,
                "EstimatedDuration" | "Interim" => drop(pull.skip()?),
                _ => self.notes.skip(pull, "Task/Baseline")?,
            }
        }
        let Some(known) = u8::try_from(number).ok().filter(|known| *known <= 10) else {
            self.notes.say(task, format!("baseline {number} is left out: there are 0 to 10"));
            return Ok(None);
        };
        baseline.number = known;
        baseline.duration = duration.map(|minutes| value::length(minutes, format));
        Ok(Some(baseline))
    }

    /// Reads `<ExtendedAttribute>` of a task: an estimate, or something that isn't carried.
    fn custom_value(&mut self, task: Option<i64>, into: &mut Task) -> Result<(), Unreadable> {
        let (mut field, mut text, mut format) = (String::new(), String::new(), None);
        while self.pull.child()? {
            let pull = &mut self.pull;
            match pull.name() {
                "FieldID" => pull.text()?.trim().clone_into(&mut field),
                "Value" => pull.text()?.trim().clone_into(&mut text),
                "DurationFormat" => format = unit(pull, &mut self.notes, task)?,
                _ => drop(pull.skip()?),
            }
        }
        let estimate = ESTIMATE_FIELDS.iter().position(|known| *known == field);
        match (estimate.and_then(|place| into.estimates.get_mut(place)), value::duration(&text)) {
            (Some(estimate), Ok(minutes)) => *estimate = Some(value::length(minutes, format)),
            (Some(_), Err(why)) => return Err(self.pull.refused(format!("“{text}” {why}"))),
            (None, _) if text.is_empty() => {}
            (None, _) if let Some(name) = self.aliases.get(&field).and_then(|alias| own::field(alias)) => {
                into.own.push((name, text));
            }
            (None, _) => {
                let name = self.aliases.get(&field).filter(|name| !name.is_empty()).unwrap_or(&field);
                self.notes.miss(&format!("Task/ExtendedAttribute {name}"), None);
            }
        }
        Ok(())
    }

    fn resources(&mut self) -> Result<(), Unreadable> {
        let mut uids = HashSet::new();
        while self.pull.child()? {
            let line = self.pull.line();
            let mut made = Resource::default();
            let (mut uid, mut cost, mut empty_row) = (None, false, false);
            while self.pull.child()? {
                let pull = &mut self.pull;
                match pull.name() {
                    "UID" => uid = pull.number::<i64>()?,
                    "ID" => made.id = pull.number()?,
                    "Name" => pull.text()?.clone_into(&mut made.name),
                    "Type" => {
                        made.kind = pull
                            .value(|text| match text {
                                "0" => Ok(ResourceType::Material),
                                "1" => Ok(ResourceType::Work),
                                "2" => Ok(ResourceType::Cost),
                                _ => Err("isn’t a kind of resource (0 to 2)"),
                            })?
                            .unwrap_or_default();
                    }
                    "IsCostResource" => cost = pull.flag()?,
                    "IsNull" => empty_row = pull.flag()?,
                    "Initials" => pull.text()?.clone_into(&mut made.initials),
                    "Group" => pull.text()?.clone_into(&mut made.group),
                    "EmailAddress" => pull.text()?.clone_into(&mut made.email),
                    "MaxUnits" => made.max_units = pull.amount()?,
                    "CalendarUID" => made.calendar = pull.number::<i64>()?.filter(|uid| *uid >= 0),
                    "Notes" => pull.text()?.clone_into(&mut made.notes),
                    // What it does is the sum of its assignments.
                    "Work" => drop(pull.skip()?),
                    _ => self.notes.skip(pull, "Resource")?,
                }
            }
            if empty_row {
                continue;
            }
            made.uid = uid.ok_or_else(|| self.pull.refused_at(line, Some("Resource"), "it has no UID"))?;
            if cost {
                made.kind = ResourceType::Cost;
            }
            if !uids.insert(made.uid) {
                return Err(self.pull.refused_at(
                    line,
                    Some("Resource"),
                    format!("there are two resources with UID {}", made.uid),
                ));
            }
            self.reading.plan.resources.push(made);
            self.few(self.reading.plan.resources.len(), "resources")?;
        }
        Ok(())
    }

    fn assignments(&mut self) -> Result<(), Unreadable> {
        while self.pull.child()? {
            let line = self.pull.line();
            let mut made = Assignment::default();
            let (mut task, mut resource) = (None, NOBODY);
            while self.pull.child()? {
                let pull = &mut self.pull;
                match pull.name() {
                    "UID" => made.uid = pull.number()?.unwrap_or(0),
                    "TaskUID" => task = pull.number::<i64>()?,
                    "ResourceUID" => resource = pull.number()?.unwrap_or(NOBODY),
                    "Units" => made.units = pull.amount()?,
                    "Work" => made.work = pull.value(value::duration)?,
                    "Start" => made.start = pull.value(value::date_time)?,
                    "Finish" => made.finish = pull.value(value::date_time)?,
                    // That nobody does it is not an assignment; what is said of it says nothing.
                    _ if resource == NOBODY => drop(pull.skip()?),
                    _ => self.notes.skip(pull, "Assignment")?,
                }
            }
            let Some(task) = task else {
                return Err(self.pull.refused_at(line, Some("Assignment"), "it names no task"));
            };
            if resource == NOBODY {
                continue;
            }
            made.task = task;
            made.resource = resource;
            self.reading.plan.assignments.push(made);
            self.few(self.reading.plan.assignments.len(), "assignments")?;
        }
        Ok(())
    }

    /// Checks what elements say of each other.
    fn check(&mut self) -> Result<(), Unreadable> {
        for link in &self.pending {
            if !self.tasks.contains(&link.predecessor) {
                let why =
                    format!("task {} follows task {}, which isn’t in the file", link.task, link.predecessor);
                return Err(self.pull.refused_at(link.line, Some("PredecessorLink"), why));
            }
        }
        let plan = &mut self.reading.plan;
        let calendars: HashSet<i64> = plan.calendars.iter().map(|calendar| calendar.uid).collect();
        let notes = &mut self.notes;
        let mut known = |uid: &mut Option<i64>, task: Option<i64>, who: &dyn Fn() -> String| {
            if let Some(missing) = uid.filter(|uid| !calendars.contains(uid)) {
                notes.say(task, format!("{} has calendar {missing}, which isn’t in the file", who()));
                *uid = None;
            }
        };
        known(&mut plan.calendar, None, &|| "the plan".to_owned());
        for task in &mut plan.tasks {
            known(&mut task.calendar, Some(task.uid), &|| "it".to_owned());
        }
        for Resource { calendar, uid, name, .. } in &mut plan.resources {
            // Project gives work that nobody does a resource without a name, and a calendar that it doesn't write.
            if *uid == 0 && name.is_empty() && calendar.is_some_and(|uid| !calendars.contains(&uid)) {
                *calendar = None;
            }
            known(calendar, None, &|| format!("resource {uid}"));
        }
        for calendar in &mut plan.calendars {
            let uid = calendar.uid;
            known(&mut calendar.base, None, &|| format!("calendar {uid}"));
        }
        let resources: HashSet<i64> = plan.resources.iter().map(|resource| resource.uid).collect();
        plan.assignments.retain(|assignment| {
            let known = self.tasks.contains(&assignment.task) && resources.contains(&assignment.resource);
            if !known {
                let (task, resource) = (assignment.task, assignment.resource);
                notes.say(
                    Some(task),
                    format!("the assignment of resource {resource} names something that isn’t in the file"),
                );
            }
            known
        });
        Ok(())
    }
}

/// A number above zero, at most `most`; empty leaves what was there.
fn positive<R: io::Read>(pull: &mut Pull<R>, into: &mut i32, most: i32) -> Result<(), Unreadable> {
    let read = pull.value(|text| {
        text.parse::<i32>()
            .ok()
            .filter(|number| (1..=most).contains(number))
            .ok_or_else(|| format!("isn’t a number from 1 to {most}"))
    })?;
    *into = read.unwrap_or(*into);
    Ok(())
}

fn percent<R: io::Read>(pull: &mut Pull<R>) -> Result<u8, Unreadable> {
    let read = pull.value(|text| {
        text.parse::<u8>().ok().filter(|percent| *percent <= 100).ok_or("isn’t a whole number from 0 to 100")
    })?;
    Ok(read.unwrap_or(0))
}

/// The unit of a length; one that isn't known is days.
fn unit<R: io::Read>(
    pull: &mut Pull<R>,
    notes: &mut Notes,
    task: Option<i64>,
) -> Result<Option<u8>, Unreadable> {
    let format = pull.number::<u8>()?;
    if let Some(unknown) = format.filter(|format| !value::is_format(*format)) {
        notes.say(task, format!("the unit {unknown} isn’t known, and is read as days"));
        return Ok(None);
    }
    Ok(format)
}
