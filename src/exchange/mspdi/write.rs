//! Writes a plan, element by element in the order of Microsoft's schema, so that Project itself reads it.

use super::own;
use super::read::ESTIMATE_FIELDS;
use super::value::{self, date_time_text, duration_text, time_of_day_text};
use super::{
    Assignment, Baseline, Calendar, DayRange, Length, LinkType, Plan, Resource, ResourceType, Shifts, Task,
    TaskConstraint,
};
use chrono::{NaiveDateTime, NaiveTime};
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};
use std::io::{self, Write};

const NAMESPACE: &str = "http://schemas.microsoft.com/project";

/// Writes a plan as MSPDI.
///
/// # Errors
/// Those of the sink.
pub fn write(plan: &Plan, sink: impl Write) -> io::Result<()> {
    let mut xml = Xml(Writer::new_with_indent(sink, b'\t', 1));
    xml.0.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), Some("yes"))))?;
    xml.0.write_event(Event::Start(BytesStart::new("Project").with_attributes([("xmlns", NAMESPACE)])))?;
    xml.number("SaveVersion", 12)?;
    xml.guid(plan.guid)?;
    xml.text("Title", &plan.title)?;
    xml.flag("ScheduleFromStart", plan.from_start)?;
    xml.time("StartDate", plan.start)?;
    xml.time("FinishDate", plan.finish)?;
    xml.number("CriticalSlackLimit", plan.critical_slack_days)?;
    xml.some("CalendarUID", plan.calendar)?;
    xml.number("MinutesPerDay", plan.minutes_per_day)?;
    xml.number("MinutesPerWeek", plan.minutes_per_week)?;
    xml.number("DaysPerMonth", plan.days_per_month)?;
    xml.time("StatusDate", plan.status_date)?;
    custom_fields(&mut xml, plan)?;
    xml.all("Calendars", &plan.calendars, calendar)?;
    let mut outline = Outline::default();
    xml.all("Tasks", &plan.tasks, |xml, one| task(xml, one, &outline.next(one.level)))?;
    xml.all("Resources", &plan.resources, resource)?;
    xml.all("Assignments", &plan.assignments, assignment)?;
    xml.0.write_event(Event::End(BytesEnd::new("Project")))?;
    xml.0.get_mut().write_all(b"\n")
}

/// Names the custom fields that tasks have.
fn custom_fields<W: Write>(xml: &mut Xml<W>, plan: &Plan) -> io::Result<()> {
    let estimated = plan.tasks.iter().any(|task| task.estimates.iter().any(Option::is_some));
    let used = |name: &str| plan.tasks.iter().any(|task| task.own.iter().any(|(own, _)| *own == name));
    let estimates = ESTIMATE_FIELDS.iter().zip(["Duration1", "Duration2", "Duration3"]);
    let mut named: Vec<(&str, &str, String)> =
        estimates.filter(|_| estimated).map(|(id, name)| (*id, name, String::new())).collect();
    named.extend(
        own::FIELDS
            .iter()
            .filter(|(field, ..)| used(field))
            .map(|(field, id, name)| (*id, *name, own::alias(field))),
    );
    if named.is_empty() {
        return Ok(());
    }
    xml.all("ExtendedAttributes", &named, |xml, (id, name, alias)| {
        xml.within("ExtendedAttribute", |xml| {
            xml.text("FieldID", id)?;
            xml.text("FieldName", name)?;
            xml.words("Alias", alias)
        })
    })
}

/// Numbers of the outline, worked out from the levels: 1, 1.1, 1.2, 2.
#[derive(Default)]
pub(super) struct Outline(Vec<u32>);

impl Outline {
    /// The number of the next task.
    pub(super) fn next(&mut self, level: u16) -> String {
        if level == 0 {
            return "0".to_owned();
        }
        self.0.resize(usize::from(level).min(1000), 0);
        if let Some(last) = self.0.last_mut() {
            *last += 1;
        }
        self.0.iter().map(|number| (*number).max(1).to_string()).collect::<Vec<_>>().join(".")
    }
}

struct Xml<W: Write>(Writer<W>);

impl<W: Write> Xml<W> {
    fn text(&mut self, name: &str, text: &str) -> io::Result<()> {
        // Characters that XML can't hold become spaces; a carriage return would be read as a line feed.
        let held: String;
        let text = if text.chars().all(is_xml) {
            text
        } else {
            held = text.chars().map(|c| if is_xml(c) { c } else { ' ' }).collect();
            &held
        };
        self.0.write_event(Event::Start(BytesStart::new(name)))?;
        if text.contains('\r') {
            let escaped = quick_xml::escape::escape(text).replace('\r', "&#13;");
            self.0.write_event(Event::Text(BytesText::from_escaped(escaped)))?;
        } else {
            self.0.write_event(Event::Text(BytesText::new(text)))?;
        }
        self.0.write_event(Event::End(BytesEnd::new(name)))
    }

    /// As Project writes it.
    fn guid(&mut self, guid: Option<uuid::Uuid>) -> io::Result<()> {
        guid.map_or(Ok(()), |guid| self.text("GUID", &guid.hyphenated().to_string().to_uppercase()))
    }

    /// A text that is there.
    fn words(&mut self, name: &str, text: &str) -> io::Result<()> {
        if text.is_empty() { Ok(()) } else { self.text(name, text) }
    }

    fn number(&mut self, name: &str, number: impl ToString) -> io::Result<()> {
        self.text(name, &number.to_string())
    }

    fn some(&mut self, name: &str, number: Option<impl ToString>) -> io::Result<()> {
        number.map_or(Ok(()), |number| self.number(name, number))
    }

    fn flag(&mut self, name: &str, flag: bool) -> io::Result<()> {
        self.text(name, if flag { "1" } else { "0" })
    }

    fn time(&mut self, name: &str, at: Option<NaiveDateTime>) -> io::Result<()> {
        self.some(name, at.map(date_time_text))
    }

    fn minutes(&mut self, name: &str, minutes: Option<i32>) -> io::Result<()> {
        self.some(name, minutes.map(duration_text))
    }

    fn length(&mut self, name: &str, length: Option<Length>) -> io::Result<()> {
        self.minutes(name, length.map(|length| length.minutes))?;
        self.some("DurationFormat", length.map(|length| length.format))
    }

    fn within(&mut self, name: &str, write: impl FnOnce(&mut Self) -> io::Result<()>) -> io::Result<()> {
        self.0.write_event(Event::Start(BytesStart::new(name)))?;
        write(self)?;
        self.0.write_event(Event::End(BytesEnd::new(name)))
    }

    fn all<T>(
        &mut self,
        name: &str,
        these: &[T],
        mut write: impl FnMut(&mut Self, &T) -> io::Result<()>,
    ) -> io::Result<()> {
        self.within(name, |xml| these.iter().try_for_each(|one| write(xml, one)))
    }
}

/// Whether XML 1.0 can hold a character.
fn is_xml(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..)
}

fn calendar<W: Write>(xml: &mut Xml<W>, calendar: &Calendar) -> io::Result<()> {
    xml.within("Calendar", |xml| {
        xml.number("UID", calendar.uid)?;
        xml.text("Name", &calendar.name)?;
        xml.flag("IsBaseCalendar", calendar.base.is_none())?;
        xml.number("BaseCalendarUID", calendar.base.unwrap_or(-1))?;
        if calendar.week.iter().any(Option::is_some) {
            xml.within("WeekDays", |xml| {
                // Sunday is 1, and the week begins with Monday here.
                for (day_type, place) in [6, 0, 1, 2, 3, 4, 5].into_iter().enumerate() {
                    let Some(Some(day)) = calendar.week.get(place) else { continue };
                    xml.within("WeekDay", |xml| {
                        xml.number("DayType", day_type + 1)?;
                        shifts(xml, day)
                    })?;
                }
                Ok(())
            })?;
        }
        if calendar.exceptions.is_empty() {
            Ok(())
        } else {
            xml.all("Exceptions", &calendar.exceptions, exception)
        }
    })
}

fn shifts<W: Write>(xml: &mut Xml<W>, day: &Shifts) -> io::Result<()> {
    xml.flag("DayWorking", !day.is_empty())?;
    if day.is_empty() {
        return Ok(());
    }
    xml.all("WorkingTimes", day, |xml, (from, to)| {
        xml.within("WorkingTime", |xml| {
            xml.text("FromTime", &time_of_day_text(*from))?;
            xml.text("ToTime", &time_of_day_text(*to))
        })
    })
}

fn exception<W: Write>(xml: &mut Xml<W>, range: &DayRange) -> io::Result<()> {
    xml.within("Exception", |xml| {
        xml.flag("EnteredByOccurrences", false)?;
        xml.within("TimePeriod", |xml| {
            xml.time("FromDate", Some(range.from.and_time(NaiveTime::MIN)))?;
            xml.time("ToDate", range.to.and_hms_opt(23, 59, 0))
        })?;
        xml.number("Occurrences", (range.to - range.from).num_days() + 1)?;
        xml.text("Name", &range.name)?;
        xml.number("Type", 1)?;
        shifts(xml, &range.shifts)
    })
}

fn task<W: Write>(xml: &mut Xml<W>, task: &Task, outline: &str) -> io::Result<()> {
    let (constraint, constraint_on) = match task.constraint {
        TaskConstraint::AsSoonAsPossible => (0, None),
        TaskConstraint::AsLateAsPossible => (1, None),
        TaskConstraint::MustStartOn(at) => (2, Some(at)),
        TaskConstraint::MustFinishOn(at) => (3, Some(at)),
        TaskConstraint::StartNoEarlierThan(at) => (4, Some(at)),
        TaskConstraint::StartNoLaterThan(at) => (5, Some(at)),
        TaskConstraint::FinishNoEarlierThan(at) => (6, Some(at)),
        TaskConstraint::FinishNoLaterThan(at) => (7, Some(at)),
    };
    xml.within("Task", |xml| {
        xml.number("UID", task.uid)?;
        xml.guid(task.guid)?;
        xml.some("ID", task.id)?;
        xml.text("Name", &task.name)?;
        xml.flag("Active", !task.inactive)?;
        xml.flag("Manual", task.manual)?;
        xml.flag("IsNull", false)?;
        xml.words("Contact", &task.contact)?;
        xml.words("WBS", &task.wbs)?;
        xml.text("OutlineNumber", outline)?;
        xml.number("OutlineLevel", task.level)?;
        xml.number("Priority", task.priority)?;
        xml.time("Start", task.start)?;
        xml.time("Finish", task.finish)?;
        xml.length("Duration", task.duration)?;
        xml.minutes("Work", task.work)?;
        xml.flag("Milestone", task.milestone)?;
        xml.flag("Summary", task.summary)?;
        xml.some("Critical", task.critical.map(u8::from))?;
        xml.time("EarlyStart", task.early_start)?;
        xml.time("EarlyFinish", task.early_finish)?;
        xml.time("LateStart", task.late_start)?;
        xml.time("LateFinish", task.late_finish)?;
        xml.some("FreeSlack", task.free_slack)?;
        xml.some("TotalSlack", task.total_slack)?;
        xml.number("PercentComplete", task.percent_complete)?;
        xml.time("ActualStart", task.actual_start)?;
        xml.time("ActualFinish", task.actual_finish)?;
        xml.minutes("ActualDuration", task.actual_duration)?;
        xml.minutes("RemainingDuration", task.remaining)?;
        xml.number("ConstraintType", constraint)?;
        xml.number("CalendarUID", task.calendar.unwrap_or(-1))?;
        xml.time("ConstraintDate", constraint_on)?;
        xml.time("Deadline", task.deadline)?;
        xml.flag("IgnoreResourceCalendar", task.ignore_resource_calendar)?;
        xml.words("Notes", &task.notes)?;
        for link in &task.links {
            xml.within("PredecessorLink", |xml| {
                xml.number("PredecessorUID", link.predecessor)?;
                let kind = match link.kind {
                    LinkType::FinishFinish => 0,
                    LinkType::FinishStart => 1,
                    LinkType::StartFinish => 2,
                    LinkType::StartStart => 3,
                };
                xml.number("Type", kind)?;
                xml.flag("CrossProject", false)?;
                xml.number("LinkLag", link.lag)?;
                xml.number("LagFormat", link.format)
            })?;
        }
        for (id, estimate) in ESTIMATE_FIELDS.iter().zip(task.estimates) {
            let Some(estimate) = estimate else { continue };
            xml.within("ExtendedAttribute", |xml| {
                xml.text("FieldID", id)?;
                xml.text("Value", &value::duration_text(estimate.minutes))?;
                xml.number("DurationFormat", estimate.format)
            })?;
        }
        for (field, text) in &task.own {
            let Some((_, id, _)) = own::FIELDS.iter().find(|(known, ..)| known == field) else { continue };
            xml.within("ExtendedAttribute", |xml| {
                xml.text("FieldID", id)?;
                xml.text("Value", text)
            })?;
        }
        task.baselines.iter().try_for_each(|one| baseline(xml, one))
    })
}

fn baseline<W: Write>(xml: &mut Xml<W>, baseline: &Baseline) -> io::Result<()> {
    xml.within("Baseline", |xml| {
        xml.number("Number", baseline.number)?;
        xml.time("Start", baseline.start)?;
        xml.time("Finish", baseline.finish)?;
        xml.length("Duration", baseline.duration)?;
        xml.minutes("Work", baseline.work)
    })
}

fn resource<W: Write>(xml: &mut Xml<W>, resource: &Resource) -> io::Result<()> {
    xml.within("Resource", |xml| {
        xml.number("UID", resource.uid)?;
        xml.some("ID", resource.id)?;
        xml.words("Name", &resource.name)?;
        let kind = match resource.kind {
            ResourceType::Material | ResourceType::Cost => 0,
            ResourceType::Work => 1,
        };
        xml.number("Type", kind)?;
        xml.flag("IsNull", false)?;
        xml.words("Initials", &resource.initials)?;
        xml.words("Group", &resource.group)?;
        xml.words("EmailAddress", &resource.email)?;
        xml.some("MaxUnits", resource.max_units)?;
        xml.number("CalendarUID", resource.calendar.unwrap_or(-1))?;
        xml.words("Notes", &resource.notes)?;
        xml.flag("IsCostResource", resource.kind == ResourceType::Cost)
    })
}

fn assignment<W: Write>(xml: &mut Xml<W>, assignment: &Assignment) -> io::Result<()> {
    xml.within("Assignment", |xml| {
        xml.number("UID", assignment.uid)?;
        xml.number("TaskUID", assignment.task)?;
        xml.number("ResourceUID", assignment.resource)?;
        xml.time("Finish", assignment.finish)?;
        xml.time("Start", assignment.start)?;
        xml.some("Units", assignment.units)?;
        xml.minutes("Work", assignment.work)
    })
}
