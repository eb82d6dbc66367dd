//! Runs a map over sheets: every row ends in records, in another row's record, or in a finding.

use super::csv::{Sheet, SheetRow};
use super::map::{FileMap, ImportMap, MadeKind, Make, Rule};
use super::own::OwnSheet;
use super::rows::{Bad, Ready, Row, Tables};
use super::settle::{Made, settle};
use super::{Finding, Severity, Unreadable, text};
use crate::domain::kind::Kind;
use crate::domain::record::RecordKind;
use crate::domain::side_table::SideTable;
use chrono::NaiveDate;
use serde::Serialize;
use serde_json::{Map, Value};
use std::cell::RefCell;
use uuid::Uuid;

/// What an import brings.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Intake {
    /// Fields of the program by API name; `None` if the source names none.
    pub program: Option<Map<String, Value>>,
    /// The earliest day of any record: from then on the program has a history.
    pub starts_on: Option<NaiveDate>,
    /// In the order in which they apply: people, teams and projects, then each item followed by its own changes by day,
    /// then links.
    pub records: Vec<Record>,
    /// By file and line.
    pub findings: Vec<Finding>,
    /// How the rows of each file fared.
    pub counts: Vec<FileCount>,
    /// Where it is a plan: what that is known by.
    pub plan: Option<PlanSource>,
    /// Tables of our own: of items, and of records beside them.
    #[serde(skip)]
    pub own_items: Vec<OwnSheet>,
    #[serde(skip)]
    pub own_records: Vec<(RecordKind, OwnSheet)>,
    #[serde(skip)]
    pub own_sides: Vec<(SideTable, OwnSheet)>,
}

/// What a plan is known by from one of its versions to the next.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PlanSource {
    pub guid: Option<Uuid>,
    /// Its own, not the name of its file.
    pub title: Option<String>,
    pub tasks: Vec<PlanTask>,
}

/// A task of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PlanTask {
    /// The key of its record.
    pub key: String,
    pub guid: Option<Uuid>,
    pub name: String,
    /// It has a record: what is inactive has none.
    pub taken: bool,
}

/// One thing to write.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Record {
    pub origin: Origin,
    pub what: What,
    /// The stable name of the thing in the source. For a forecast or a transition, that of the item it changes.
    pub key: String,
    /// From when it holds; the day of the import if none.
    pub effective_on: Option<NaiveDate>,
    /// The draft by API field names. Projects and items are named by `{"key": …}`, people by `{"handle": …}` or
    /// `{"name": …}`, teams by `{"name": …}`. A transition has `to` and `on`, and `tags` to add to the item; a link has
    /// `from`, `to` and `relation`, one of the schedule `predecessor`, `successor`, `type`, `lag_days` and `lag_unit`.
    pub fields: Map<String, Value>,
    pub reason: Option<String>,
    /// A transition through a state that the source doesn't tell of, on the way to one that it does. It starts no clock:
    /// a decision that the source only knows as decided was not requested on that day.
    pub passing: bool,
}

/// Where a record comes from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Origin {
    pub file: String,
    /// The physical line on which the row begins, counted from 1.
    pub line: u64,
}

/// What a record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    Person,
    Team,
    Project,
    Item(Kind),
    /// A new forecast of an existing milestone.
    Forecast,
    /// A change of state of an existing item.
    Transition,
    /// A link between two existing items.
    Link,
    /// A link of the schedule between two existing items.
    ScheduleLink,
    /// Working hours that activities name.
    Calendar,
    /// The finish of an existing activity that a baseline commits.
    Committed,
    /// The delivery confidence that is declared of a project, whose key it has.
    Declared,
    /// Money of a category and a month.
    BudgetLine,
}

impl What {
    /// Whether it hangs between two items.
    pub(crate) const fn is_link(self) -> bool {
        matches!(self, Self::Link | Self::ScheduleLink)
    }

    /// The fields without which there is no such thing.
    pub(crate) const fn required(self) -> &'static [&'static str] {
        match self {
            Self::Person | Self::Team | Self::Calendar => &["name"],
            Self::Project => &["key", "name"],
            Self::Item(Kind::Change) => &["title", "kinds", "reason"],
            Self::Item(Kind::Activity) => &["title", "likely_days"],
            Self::Item(Kind::Issue) => &["title", "severity"],
            Self::Item(Kind::Dependency) => &["title", "provider", "consumer"],
            Self::Item(Kind::Gate | Kind::Meeting) => &["title", "on"],
            Self::Item(Kind::Check) => &["title", "gate"],
            Self::Item(Kind::Benefit) => &["title", "unit", "baseline", "plan"],
            Self::Item(_) => &["title"],
            Self::Forecast => &["forecast_on"],
            Self::Transition => &["to"],
            Self::Link => &["from", "to", "relation"],
            Self::ScheduleLink => &["predecessor", "successor"],
            Self::Committed => &["committed_on"],
            Self::Declared => &[],
            Self::BudgetLine => &["category", "period_on"],
        }
    }
}

impl From<MadeKind> for What {
    fn from(kind: MadeKind) -> Self {
        match kind {
            MadeKind::Person => Self::Person,
            MadeKind::Team => Self::Team,
            MadeKind::Project => Self::Project,
            MadeKind::Milestone => Self::Item(Kind::Milestone),
            MadeKind::Activity => Self::Item(Kind::Activity),
            MadeKind::Risk => Self::Item(Kind::Risk),
            MadeKind::Assumption => Self::Item(Kind::Assumption),
            MadeKind::Issue => Self::Item(Kind::Issue),
            MadeKind::Dependency => Self::Item(Kind::Dependency),
            MadeKind::Decision => Self::Item(Kind::Decision),
            MadeKind::Change => Self::Item(Kind::Change),
            MadeKind::Action => Self::Item(Kind::Action),
            MadeKind::Gate => Self::Item(Kind::Gate),
            MadeKind::Check => Self::Item(Kind::Check),
            MadeKind::Release => Self::Item(Kind::Release),
            MadeKind::Benefit => Self::Item(Kind::Benefit),
            MadeKind::Stakeholder => Self::Item(Kind::Stakeholder),
            MadeKind::Meeting => Self::Item(Kind::Meeting),
            MadeKind::Lesson => Self::Item(Kind::Lesson),
            MadeKind::Forecast => Self::Forecast,
            MadeKind::Transition => Self::Transition,
            MadeKind::Link => Self::Link,
            MadeKind::ScheduleLink => Self::ScheduleLink,
            MadeKind::Declared => Self::Declared,
            MadeKind::BudgetLine => Self::BudgetLine,
        }
    }
}

/// How the rows of a file fared: `rows = made + joined + reported`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct FileCount {
    pub file: String,
    pub rows: usize,
    /// Rows that made at least one record.
    pub made: usize,
    /// Rows that told of a person, team or project that another row made.
    pub joined: usize,
    /// Rows that made nothing; each has a finding.
    pub reported: usize,
}

/// A finding with all the lines to which it applies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FindingGroup {
    pub severity: Severity,
    pub file: String,
    pub column: Option<String>,
    pub message: String,
    pub lines: Vec<u64>,
}

impl Intake {
    /// Several intakes as one, in their order. People, teams and projects that several tell of are made once; an item whose
    /// key an earlier one uses already gets the file's name before it.
    #[must_use]
    pub fn merged(intakes: Vec<Self>) -> Self {
        use std::collections::HashSet;
        let mut whole = Self::default();
        let (mut base, mut rest) = (Vec::new(), Vec::new());
        let mut things: HashSet<(What, String)> = HashSet::new();
        let mut items: HashSet<String> = HashSet::new();
        for intake in intakes {
            let own: HashSet<&str> = intake
                .records
                .iter()
                .filter(|record| matches!(record.what, What::Item(_)))
                .map(|record| record.key.as_str())
                .collect();
            let taken: HashSet<String> =
                own.iter().filter(|key| items.contains(**key)).map(|key| (*key).to_owned()).collect();
            items.extend(own.into_iter().map(str::to_owned));
            for mut record in intake.records {
                if matches!(record.what, What::Person | What::Team | What::Project | What::Calendar) {
                    if things.insert((record.what, record.key.to_lowercase())) {
                        base.push(record);
                    }
                    continue;
                }
                if !record.what.is_link() && taken.contains(&record.key) {
                    record.key = format!("{} {}", record.origin.file, record.key);
                }
                rest.push(record);
            }
            whole.program = whole.program.or(intake.program);
            whole.starts_on = [whole.starts_on, intake.starts_on].into_iter().flatten().min();
            whole.findings.extend(intake.findings);
            whole.counts.extend(intake.counts);
            whole.own_items.extend(intake.own_items);
            whole.own_records.extend(intake.own_records);
            whole.own_sides.extend(intake.own_sides);
        }
        base.append(&mut rest);
        whole.records = base;
        whole
    }

    /// The findings, those that say the same together; the gravest first.
    #[must_use]
    pub fn grouped(&self) -> Vec<FindingGroup> {
        let mut groups: Vec<FindingGroup> = Vec::new();
        let mut at = std::collections::HashMap::new();
        for finding in &self.findings {
            let key = (finding.severity, &finding.file, &finding.column, &finding.message);
            let index = *at.entry(key).or_insert_with(|| {
                groups.push(FindingGroup {
                    severity: finding.severity,
                    file: finding.file.clone(),
                    column: finding.column.clone(),
                    message: finding.message.clone(),
                    lines: Vec::new(),
                });
                groups.len() - 1
            });
            groups[index].lines.push(finding.line);
        }
        groups.sort_by_key(|group| std::cmp::Reverse(group.severity));
        groups
    }
}

/// Runs a map over sheets that are of one program.
///
/// # Errors
/// As [`portfolio`]; and for a map that parts rows among programs.
pub fn run(map: &ImportMap, sheets: &[Sheet]) -> Result<Intake, Unreadable> {
    if map.file.iter().any(|file| file.program.is_some()) {
        return Err(Unreadable::new("the map parts the rows among several programs."));
    }
    Ok(portfolio(map, sheets)?.pop().unwrap_or_default())
}

/// Runs a map over sheets: an intake for each program that the rows name, in the order in which they do, or one of all rows where the
/// map doesn't say how to part them.
///
/// # Errors
/// One line: a file that the map asks for is missing, a file is none of the map's, or the map uses a column that a file
/// doesn't have.
pub fn portfolio(map: &ImportMap, sheets: &[Sheet]) -> Result<Vec<Intake>, Unreadable> {
    for file in map.file.iter().filter(|file| !file.optional) {
        if !sheets.iter().any(|sheet| is_for(file, sheet)) {
            return Err(Unreadable::new(format!(
                "{}: the map asks for this file, and it is missing.",
                file.name
            )));
        }
    }
    for sheet in sheets {
        if !map.file.iter().any(|file| is_for(file, sheet)) {
            return Err(Unreadable::new(format!("{}: the map says nothing about this file.", sheet.name)));
        }
    }
    let mut ready = Vec::new();
    for file in &map.file {
        for sheet in sheets.iter().filter(|sheet| is_for(file, sheet)) {
            ready.push(Ready::new(map, file, sheet)?);
        }
    }
    let mut tables: Tables = map.table.iter().map(|(name, table)| (name.clone(), table.clone())).collect();
    for index in ready.iter().flat_map(|ready| &ready.file.index) {
        tables.entry(index.name.clone()).or_default();
    }
    for ready in &ready {
        ready.index(&mut tables)?;
    }
    let mut runs: Vec<(String, Run)> = Vec::new();
    let mut whole: Vec<Finding> = sheets.iter().flat_map(|sheet| sheet.notes.iter().cloned()).collect();
    for ready in &ready {
        whole.extend(ready.findings());
        for row in &ready.sheet.rows {
            let key = match &ready.file.program {
                None => String::new(),
                Some(template) => {
                    let one =
                        Row { ready, cells: row, each: None, tables: &tables, read_as: RefCell::default() };
                    let named = one.fill(template).map_err(|bad| bad.message);
                    whole.append(&mut one.read_as.take());
                    match named {
                        Ok(key) if !key.is_empty() => key,
                        named => {
                            let why = named.err().unwrap_or_else(|| "the row names no program.".to_owned());
                            let finding = Finding::new(Severity::Refused, &ready.sheet.name, row.line, why);
                            let column = template.column().map(|name| ready.heading(name).to_owned());
                            whole.push(finding.at(column.unwrap_or_default()));
                            continue;
                        }
                    }
                }
            };
            let at = runs.iter().position(|(known, _)| *known == key).unwrap_or_else(|| {
                runs.push((key, Run::default()));
                runs.len() - 1
            });
            runs[at].1.row(ready, row, &tables);
        }
    }
    if runs.is_empty() {
        runs.push((String::new(), Run::default()));
    }
    // What is said of whole files is said once, with the first.
    runs[0].1.findings.splice(0..0, whole);
    let settled = runs.into_iter().map(|(key, run)| {
        let program = if key.is_empty() { map.program.clone() } else { Some(map.program_of(&key)) };
        settle(program, run.made, run.findings, &run.rows, &map.assume)
    });
    Ok(settled.collect())
}

fn is_for(file: &FileMap, sheet: &Sheet) -> bool {
    text::is_like(&sheet.name, &file.name)
}

#[derive(Default)]
struct Run {
    made: Vec<Made>,
    findings: Vec<Finding>,
    rows: Vec<Origin>,
}

impl Run {
    fn row(&mut self, ready: &Ready<'_>, row: &SheetRow, tables: &Tables) {
        let origin = self.rows.len();
        self.rows.push(Origin { file: ready.sheet.name.clone(), line: row.line });
        let mut row = Row { ready, cells: row, each: None, tables, read_as: RefCell::default() };
        if self.ruled(&row, &ready.file.rule) {
            for make in &ready.file.make {
                let values = match make.for_each.as_ref().map(|each| row.list(&each.of)).transpose() {
                    Ok(values) => values,
                    Err(bad) => {
                        self.report(&row, Severity::Refused, bad);
                        continue;
                    }
                };
                for value in values.unwrap_or_else(|| vec![String::new()]) {
                    let variable = make.for_each.as_ref().map(|each| each.name.as_str());
                    let one = Row {
                        each: variable.map(|name| (name, value.as_str())),
                        read_as: RefCell::take(&row.read_as).into(),
                        ..row
                    };
                    self.make(&one, make, origin);
                    let read_as = one.read_as.take();
                    row.read_as = RefCell::new(read_as);
                }
            }
        }
        self.findings.append(&mut row.read_as.take());
    }

    /// Applies rules; whether the row may still make something.
    fn ruled(&mut self, row: &Row<'_>, rules: &[Rule]) -> bool {
        let mut goes_on = true;
        for rule in rules {
            match row
                .all(&rule.when)
                .and_then(|holds| if holds { row.fill(&rule.say).map(Some) } else { Ok(None) })
            {
                Ok(None) => {}
                Ok(Some(message)) => {
                    let severity = Severity::from(rule.severity);
                    let column = rule.column.as_ref().and_then(|column| row.fill(column).ok());
                    self.report(row, severity, Bad { column, message });
                    goes_on &= severity != Severity::Refused;
                }
                Err(bad) => {
                    self.report(row, Severity::Refused, bad);
                    goes_on = false;
                }
            }
            if !goes_on {
                break;
            }
        }
        goes_on
    }

    fn report(&mut self, row: &Row<'_>, severity: Severity, bad: Bad) {
        let mut finding = Finding::new(severity, &row.ready.sheet.name, row.cells.line, bad.message);
        let column = bad.column.filter(|column| !column.is_empty());
        finding.column = column.map(|column| row.ready.heading(&column).to_owned());
        self.findings.push(finding);
    }

    fn make(&mut self, row: &Row<'_>, make: &Make, origin: usize) {
        match row.all(&make.when) {
            Ok(true) => {}
            Ok(false) => return,
            Err(bad) => return self.report(row, Severity::Refused, bad),
        }
        if !self.ruled(row, &make.rule) {
            return;
        }
        let what = What::from(make.kind);
        let key = match row.fill(&make.key) {
            Ok(key) if !key.is_empty() => key,
            Ok(_) => {
                let column = make.key.column().map(str::to_owned);
                return self.report(
                    row,
                    Severity::Refused,
                    Bad { column, message: "the key is empty.".into() },
                );
            }
            Err(bad) => return self.report(row, Severity::Refused, bad),
        };
        let mut fields = Map::new();
        for (name, spec) in &make.fields {
            match row.field(spec) {
                Ok(Some(value)) => drop(fields.insert(name.clone(), value)),
                Ok(None) => {}
                Err(mut bad) => {
                    bad.message = format!("{} The field “{name}” is left out.", bad.message);
                    self.report(row, Severity::Kept, bad);
                }
            }
        }
        if let Some(missing) = what.required().iter().find(|name| !fields.contains_key(**name)) {
            let message = format!("there is no {missing}.");
            return self.report(row, Severity::Refused, Bad { column: None, message });
        }
        let day = make.effective_on.as_ref().map(|template| row.fill(template)).transpose();
        let effective_on = match day {
            Ok(day) => day.filter(|day| !day.is_empty()).and_then(|day| {
                let parsed = day.parse().ok();
                if parsed.is_none() {
                    let message = format!("“{}” is no day; the record has none.", text::cut(&day, 60));
                    self.report(row, Severity::Kept, Bad { column: None, message });
                }
                parsed
            }),
            Err(bad) => {
                self.report(row, Severity::Kept, bad);
                None
            }
        };
        let reason =
            make.reason.as_ref().and_then(|template| row.fill(template).ok()).filter(|r| !r.is_empty());
        let record = Record {
            origin: self.rows[origin].clone(),
            what,
            key,
            effective_on,
            fields,
            reason,
            passing: false,
        };
        self.made.push(Made { row: origin, record });
    }
}
