//! When work is done: the shifts of a week, and the days that differ. A program may have several such calendars beside its
//! own: of a project, a team, a person, or of the activities that name it.

use super::activity::Activity;
use super::draft::{Control, Draft, Field, FieldError, Refused, date};
use super::ids::{CalendarId, PersonId, ProgramId, ProjectId, TeamId};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// Minutes of a day from midnight: a shift begins at the first and ends before the second, 0 to 1440.
pub type Shift = (u16, u16);

/// The end of a day.
const MIDNIGHT: u16 = 24 * 60;
/// The days of a week as forms name them, from Monday.
pub const DAYS: [(&str, &str); 7] = [
    ("monday", "Monday"),
    ("tuesday", "Tuesday"),
    ("wednesday", "Wednesday"),
    ("thursday", "Thursday"),
    ("friday", "Friday"),
    ("saturday", "Saturday"),
    ("sunday", "Sunday"),
];

/// When work is done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkCalendar {
    /// The shifts of each day, Monday first.
    pub week: [Vec<Shift>; 7],
    /// In the order of days; no day is in two.
    pub exceptions: Vec<Exception>,
}

/// Days that differ from the week. Without shifts they are off.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exception {
    pub from: NaiveDate,
    pub to: NaiveDate,
    #[serde(default)]
    pub name: String,
    #[serde(default)]
    pub shifts: Vec<Shift>,
}

impl Default for WorkCalendar {
    /// Monday to Friday, 8 to 12 and 13 to 17: eight hours.
    fn default() -> Self {
        let day = vec![(8 * 60, 12 * 60), (13 * 60, 17 * 60)];
        let week = std::array::from_fn(|at| if at < 5 { day.clone() } else { Vec::new() });
        Self { week, exceptions: Vec::new() }
    }
}

fn minute(text: &str) -> Option<u16> {
    let (hours, minutes) = text.trim().split_once([':', '.']).unwrap_or((text.trim(), "0"));
    let plain = |part: &str| part.len() <= 2 && part.bytes().all(|b| b.is_ascii_digit());
    if !plain(hours) || !plain(minutes) {
        return None;
    }
    let (hours, minutes) = (hours.parse::<u16>().ok()?, minutes.parse::<u16>().ok()?);
    Some(hours * 60 + minutes).filter(|minute| minutes < 60 && *minute <= MIDNIGHT)
}

fn shift(text: &str) -> Option<Shift> {
    let (from, to) = text.split_once(['-', '–'])?;
    Some((minute(from)?, minute(to)?))
}

/// Reads the shifts of a day: `09:00-12:00, 13:00-17:00`; empty for a day off.
///
/// # Errors
/// What is wrong, for the reader.
pub fn shifts(text: &str) -> Result<Vec<Shift>, String> {
    let parts = text.split([',', ';']).map(str::trim).filter(|part| !part.is_empty());
    let read = parts.map(|part| {
        shift(part).ok_or_else(|| {
            let part: String = part.chars().filter(|c| !c.is_control()).take(40).collect();
            format!("“{part}” is not a shift; give one as 09:00-12:00.")
        })
    });
    let read = read.collect::<Result<Vec<_>, _>>()?;
    in_order(&read)?;
    Ok(read)
}

fn in_order(shifts: &[Shift]) -> Result<(), String> {
    for (from, to) in shifts {
        if *to > MIDNIGHT {
            return Err("A day ends at 24:00.".into());
        }
        if from >= to {
            return Err(format!("The shift {} ends before it begins.", said(&[(*from, *to)])));
        }
    }
    match shifts.windows(2).find(|pair| pair[1].0 < pair[0].1) {
        Some(pair) => Err(format!("The shift {} begins before the one before it ends.", said(&[pair[1]]))),
        None => Ok(()),
    }
}

/// Shifts as they are typed.
#[must_use]
pub fn said(shifts: &[Shift]) -> String {
    let clock = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
    shifts.iter().map(|(from, to)| format!("{}-{}", clock(*from), clock(*to))).collect::<Vec<_>>().join(", ")
}

/// An exception as a line: `2026-12-24..2027-01-01 Christmas`, `2026-05-02 09:00-13:00 Saturday work`.
#[must_use]
pub fn line(exception: &Exception) -> String {
    let mut line = exception.from.to_string();
    if exception.to != exception.from {
        line = format!("{line}..{}", exception.to);
    }
    for part in [said(&exception.shifts), exception.name.clone()] {
        if !part.is_empty() {
            line = format!("{line} {part}");
        }
    }
    line
}

fn from_line(text: &str) -> Result<Exception, String> {
    let (days, rest) = text.trim().split_once(char::is_whitespace).unwrap_or((text.trim(), ""));
    let (from, to) = days.split_once("..").unwrap_or((days, days));
    let day = |text: &str| date(&Value::from(text))?.ok_or_else(|| "Give a day as YYYY-MM-DD.".to_owned());
    let (from, to) = (day(from)?, day(to)?);
    let mut left = rest.trim();
    let mut parts: Vec<&str> = Vec::new();
    while let Some(word) = left.split(char::is_whitespace).next().filter(|word| !word.is_empty()) {
        let plain = word.trim_end_matches([',', ';']);
        if plain.split([',', ';']).any(|part| shift(part).is_none()) {
            break;
        }
        parts.push(plain);
        left = left[word.len()..].trim_start();
    }
    Ok(Exception { from, to, name: left.to_owned(), shifts: shifts(&parts.join(","))? })
}

/// The shifts of one day of a draft: a text, or a list of minutes `[540, 720]` or texts.
fn day_of(value: &Value) -> Result<Vec<Shift>, String> {
    let wrong = || "Give shifts as 09:00-12:00, or as minutes of the day: [[540, 720]].".to_owned();
    match value {
        Value::Null => Ok(Vec::new()),
        Value::String(text) => shifts(text),
        Value::Array(list) => {
            let one = |value: &Value| match value {
                Value::String(text) => shift(text),
                other => serde_json::from_value(other.clone()).ok(),
            };
            let read = list.iter().map(one).collect::<Option<Vec<Shift>>>().ok_or_else(wrong)?;
            in_order(&read)?;
            Ok(read)
        }
        _ => Err(wrong()),
    }
}

/// Reads the week of a draft: a list of seven days from Monday, or the days by their names. Nothing said is the usual week.
///
/// # Errors
/// Names the day.
pub(super) fn week_of(value: &Value) -> Result<Value, String> {
    let read = |at: usize, day: &Value| day_of(day).map_err(|why| format!("{}: {why}", DAYS[at].1));
    let week = match value {
        Value::Null => return Ok(json!(WorkCalendar::default().week)),
        Value::Array(days) if days.len() == 7 => {
            days.iter().enumerate().map(|(at, day)| read(at, day)).collect::<Result<Vec<_>, _>>()?
        }
        Value::Object(named) => {
            if let Some(odd) = named.keys().find(|name| !DAYS.iter().any(|(day, _)| day == *name)) {
                return Err(format!("There is no day “{odd}”."));
            }
            let day = |at: usize| named.get(DAYS[at].0).unwrap_or(&Value::Null);
            (0..7).map(|at| read(at, day(at))).collect::<Result<Vec<_>, _>>()?
        }
        _ => return Err("Give the shifts of seven days, from Monday.".into()),
    };
    if week.iter().all(Vec::is_empty) {
        return Err("A week has at least one shift.".into());
    }
    Ok(json!(week))
}

/// Reads the exceptions of a draft: one a line, or a list of `{from, to, name, shifts}`.
///
/// # Errors
/// Names the line.
pub(super) fn exceptions_of(value: &Value) -> Result<Value, String> {
    let numbered: Vec<(usize, Result<Exception, String>)> = match value {
        Value::Null => Vec::new(),
        Value::String(text) => text
            .lines()
            .enumerate()
            .filter(|(_, line)| !line.trim().is_empty())
            .map(|(at, line)| (at + 1, from_line(line)))
            .collect(),
        Value::Array(list) => list.iter().enumerate().map(|(at, one)| (at + 1, from_object(one))).collect(),
        _ => return Err("Give a list of {from, to, name, shifts}.".into()),
    };
    if numbered.len() > 1_000 {
        return Err("At most 1,000 lines.".into());
    }
    let mut all: Vec<(usize, Exception)> = Vec::new();
    for (at, read) in numbered {
        let exception = read.map_err(|why| format!("Line {at}: {why}"))?;
        if exception.to < exception.from {
            return Err(format!("Line {at}: it ends before it begins."));
        }
        if exception.name.chars().count() > 120 || exception.name.chars().any(char::is_control) {
            return Err(format!("Line {at}: a name has at most 120 characters, and no control characters."));
        }
        all.push((at, exception));
    }
    all.sort_by_key(|(_, exception)| exception.from);
    if let Some(pair) = all.windows(2).find(|pair| pair[1].1.from <= pair[0].1.to) {
        let (first, second) = (pair[0].0.min(pair[1].0), pair[0].0.max(pair[1].0));
        return Err(format!("Line {second}: a day of it is in line {first} already."));
    }
    Ok(json!(all.into_iter().map(|(_, exception)| exception).collect::<Vec<_>>()))
}

fn from_object(value: &Value) -> Result<Exception, String> {
    let wrong = || "Give {from, to, name, shifts}.".to_owned();
    if let Value::String(text) = value {
        return from_line(text);
    }
    let parts = value.as_object().ok_or_else(wrong)?;
    if let Some(odd) = parts.keys().find(|name| !["from", "to", "name", "shifts"].contains(&name.as_str())) {
        return Err(format!("There is no “{odd}” in it."));
    }
    let day = |name: &str| date(parts.get(name).unwrap_or(&Value::Null));
    let from = day("from")?.ok_or_else(wrong)?;
    Ok(Exception {
        from,
        to: day("to")?.unwrap_or(from),
        name: match parts.get("name") {
            None | Some(Value::Null) => String::new(),
            Some(Value::String(name)) => name.trim().to_owned(),
            Some(_) => return Err(wrong()),
        },
        shifts: day_of(parts.get("shifts").unwrap_or(&Value::Null))?,
    })
}

/// What a calendar of a program says.
pub const FIELDS: &[Field] = &[
    Field::new("name", "Name", Control::Line(120)).required(),
    Field::new("project", "Of the project", Control::Project)
        .hint("Whose calendar it is: a project, a team, a person, or of whatever names it."),
    Field::new("team", "Of the team", Control::Team),
    Field::new("person", "Of the person", Control::Person),
    Field::new("week", "The week", Control::Week)
        .hint("Shifts of each day: 09:00-12:00, 13:00-17:00. Empty for a day off."),
    Field::new("exceptions", "Days that differ", Control::Exceptions).hint(
        "One a line: 2026-12-24..2027-01-01 Christmas, or with shifts 2026-05-02 09:00-13:00 Saturday work.",
    ),
];

/// A calendar of a program, beside the program's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProgramCalendar {
    pub id: CalendarId,
    pub program: ProgramId,
    pub name: String,
    #[serde(flatten)]
    pub work: WorkCalendar,
    /// Whose it is: at most one of the three.
    pub project: Option<ProjectId>,
    pub team: Option<TeamId>,
    pub person: Option<PersonId>,
    pub archived_at: Option<DateTime<Utc>>,
    /// Counts the writes, for optimistic locking.
    pub version: i32,
    pub effective_on: NaiveDate,
}

impl ProgramCalendar {
    #[must_use]
    pub fn new(id: CalendarId, program: ProgramId, effective_on: NaiveDate) -> Self {
        Self {
            id,
            program,
            name: String::new(),
            work: WorkCalendar::default(),
            project: None,
            team: None,
            person: None,
            archived_at: None,
            version: 1,
            effective_on,
        }
    }

    /// The calendar as a draft, whose it is by id.
    #[must_use]
    pub fn draft(&self) -> Draft {
        let Ok(Value::Object(mut values)) = serde_json::to_value(self) else { return Draft::default() };
        values.retain(|name, _| FIELDS.iter().any(|field| field.name == name));
        Draft(values)
    }

    /// Fills the calendar from clean values.
    ///
    /// # Errors
    /// A calendar of several.
    pub fn fill(&mut self, values: Map<String, Value>) -> Result<(), Refused> {
        let Ok(Value::Object(mut all)) = serde_json::to_value(&*self) else { return Ok(()) };
        all.extend(values);
        match serde_json::from_value::<Self>(Value::Object(all)) {
            Ok(filled) => *self = filled,
            Err(wrong) => return Err(Refused::because("", wrong.to_string())),
        }
        let of = [self.project.is_some(), self.team.is_some(), self.person.is_some()];
        if of.iter().filter(|one| **one).count() > 1 {
            let field = if self.person.is_some() { "person" } else { "team" };
            let error = FieldError::new(field, "A calendar is of one project, team or person.");
            return Err(Refused { errors: vec![error], ..Refused::default() });
        }
        Ok(())
    }
}

/// The calendar that an activity follows: its own, else that of the first who works on it and has one, else its project's;
/// `None` for its program's.
#[must_use]
pub fn followed<'c>(
    activity: &Activity,
    project: Option<ProjectId>,
    calendars: &'c [ProgramCalendar],
) -> Option<&'c ProgramCalendar> {
    let standing = || calendars.iter().filter(|calendar| calendar.archived_at.is_none());
    let named = activity.calendar.and_then(|id| calendars.iter().find(|calendar| calendar.id.0 == id));
    let of_first = || {
        let first = activity.resources.first()?;
        standing().find(|calendar| {
            (first.team.is_some() && calendar.team.map(|id| id.0) == first.team)
                || (first.person.is_some() && calendar.person.map(|id| id.0) == first.person)
        })
    };
    let of_project = || {
        let project = project?;
        standing().find(|calendar| calendar.project == Some(project))
    };
    named.or_else(of_first).or_else(of_project)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::activity::Assignment;
    use uuid::Uuid;

    #[test]
    fn shifts_are_read_as_they_are_said() {
        assert_eq!(shifts("09:00-12:00, 13:00-17:00"), Ok(vec![(540, 720), (780, 1020)]));
        assert_eq!(shifts("9-12;13.30–24:00"), Ok(vec![(540, 720), (810, 1440)]));
        assert_eq!(shifts(" "), Ok(vec![]));
        for (wrong, why) in [
            ("nine", "not a shift"),
            ("9-25", "not a shift"),
            ("09:60-12", "not a shift"),
            ("12-9", "ends before"),
            ("9-9", "ends before"),
            ("9-13, 12-17", "begins before"),
            ("13-17, 9-12", "begins before"),
        ] {
            let told = shifts(wrong).expect_err(wrong);
            assert!(told.contains(why), "{wrong}: {told}");
        }
        for text in ["", "00:00-24:00", "09:00-12:00, 13:00-17:30"] {
            assert_eq!(said(&shifts(text).unwrap()), text);
        }
    }

    #[test]
    fn exceptions_are_read_by_line_and_come_in_the_order_of_days() {
        let text = "2026-12-24..2027-01-01 Christmas\n\n2026-05-02 09:00-12:00, 13:00-15:00 Saturday work\n2026-07-14";
        let read: Vec<Exception> = serde_json::from_value(exceptions_of(&json!(text)).unwrap()).unwrap();
        let lines: Vec<_> = read.iter().map(line).collect();
        assert_eq!(
            lines,
            [
                "2026-05-02 09:00-12:00, 13:00-15:00 Saturday work",
                "2026-07-14",
                "2026-12-24..2027-01-01 Christmas"
            ]
        );
        assert_eq!(exceptions_of(&json!(read)).unwrap(), json!(read), "what is given comes back");
    }

    #[test]
    fn what_is_wrong_in_exceptions_names_the_line() {
        for (wrong, line) in [
            ("2026-05-01\nsoon", "Line 2: “soon”"),
            ("2026-05-02..2026-05-01 x", "Line 1: it ends"),
            ("2026-05-01..2026-05-09 a\n2026-04-01 b\n2026-05-05 c", "Line 3: a day of it is in line 1"),
            ("2026-05-01 12:00-09:00 x", "Line 1: The shift"),
        ] {
            let told = exceptions_of(&json!(wrong)).expect_err(wrong);
            assert!(told.starts_with(line), "{told}");
        }
    }

    #[test]
    fn a_week_is_seven_days_by_place_or_by_name() {
        let usual = week_of(&Value::Null).unwrap();
        assert_eq!(usual[0], json!([[480, 720], [780, 1020]]));
        assert_eq!(usual[6], json!([]));
        let days = json!({"monday": "8-16", "saturday": "9-12"});
        assert_eq!(week_of(&days).unwrap(), json!([[[480, 960]], [], [], [], [], [[540, 720]], []]));
        let days = json!([[[480, 960]], ["9-12"], "", null, [], [], []]);
        assert_eq!(week_of(&days).unwrap(), json!([[[480, 960]], [[540, 720]], [], [], [], [], []]));
        for (wrong, why) in [
            (json!({"tuesday": "late"}), "Tuesday: “late”"),
            (json!([[], []]), "seven days"),
            (json!({"moonday": ""}), "moonday"),
            (json!([[], [], [], [], [], [], []]), "at least one shift"),
            (json!([[[1200, 1500]], [], [], [], [], [], []]), "Monday: A day ends"),
        ] {
            let told = week_of(&wrong).expect_err("it was taken");
            assert!(told.contains(why), "{told}");
        }
    }

    #[test]
    fn an_activity_follows_the_nearest_calendar() {
        let id = Uuid::from_u128;
        let on = "2026-06-01".parse().unwrap();
        let calendar = |n| ProgramCalendar::new(CalendarId(id(n)), ProgramId(id(0)), on);
        let calendars = [
            ProgramCalendar { project: Some(ProjectId(id(11))), ..calendar(1) },
            ProgramCalendar { team: Some(TeamId(id(12))), ..calendar(2) },
            ProgramCalendar { person: Some(PersonId(id(13))), ..calendar(3) },
            calendar(4),
        ];
        let of = |calendar: Option<u128>, team: Option<u128>, person: Option<u128>, project: Option<u128>| {
            let resources = vec![Assignment { team: team.map(id), person: person.map(id), units: 100.0 }];
            let activity = Activity { calendar: calendar.map(id), resources, ..Activity::default() };
            followed(&activity, project.map(id).map(ProjectId), &calendars).map(|found| found.id.0.as_u128())
        };
        assert_eq!(of(Some(4), Some(12), None, Some(11)), Some(4));
        assert_eq!(of(None, Some(12), None, Some(11)), Some(2));
        assert_eq!(of(None, None, Some(13), Some(11)), Some(3));
        assert_eq!(of(None, Some(99), None, Some(11)), Some(1), "a team without a calendar");
        assert_eq!(of(None, None, None, None), None, "the program's own");
    }
}
