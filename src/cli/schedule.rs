//! `plumbline schedule`: the dates, floats and critical path of a plan of Microsoft Project, without a database.

use super::Failure;
use crate::domain::schedule::{ItemIx, Moment, Span};
use crate::exchange::mspdi::schedule::{Scheduled, schedule};
use crate::exchange::mspdi::{Limits, Note, Plan, Reading, Task, read};
use crate::exchange::schedule as told;
use chrono::NaiveDateTime;
use clap::Args;
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// How many notes are printed one by one.
const SHOWN_NOTES: usize = 20;

#[derive(Debug, Args)]
pub(super) struct Schedule {
    /// A plan of Microsoft Project, saved as XML
    #[arg(value_name = "FILE.xml")]
    file: PathBuf,
    /// Answer as JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(asked: &Schedule) -> Result<(), Failure> {
    let Reading { plan, notes, not_carried, .. } = plan(&asked.file)?;
    let scheduled = schedule(&plan).map_err(|error| Failure(format!("{}: {error}", asked.file.display())))?;
    let answer = Answer { plan: &plan, scheduled: &scheduled, notes: &notes, not_carried: &not_carried };
    let mut out = BufWriter::new(io::stdout().lock());
    if asked.json {
        serde_json::to_writer_pretty(&mut out, &answer)?;
        writeln!(out)?;
    } else {
        answer.table(&mut out)?;
    }
    Ok(out.flush()?)
}

/// Reads a plan from a file, a piece at a time.
///
/// # Errors
/// One line: no such file, or what is wrong with it and where.
pub(super) fn plan(path: &Path) -> Result<Reading, Failure> {
    let file = File::open(path).map_err(|error| Failure(format!("{}: {error}", path.display())))?;
    Ok(read(&path.display().to_string(), file, &Limits::default())?)
}

/// What is told of a schedule.
struct Answer<'a> {
    plan: &'a Plan,
    scheduled: &'a Scheduled,
    notes: &'a [Note],
    not_carried: &'a BTreeMap<String, u32>,
}

/// An item of it.
struct Row<'a> {
    answer: &'a Answer<'a>,
    ix: ItemIx,
}

impl<'a> Answer<'a> {
    fn reference(&self, item: ItemIx) -> &'a str {
        self.scheduled.converted.refs.get(item.0 as usize).map_or("", String::as_str)
    }

    fn references(&self, items: &[ItemIx]) -> Vec<&'a str> {
        items.iter().map(|item| self.reference(*item)).collect()
    }

    fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        (0..).map(|ix| Row { answer: self, ix: ItemIx(ix) }).take(self.scheduled.dates.len())
    }

    /// Everything that was odd: about the file, then about the schedule.
    fn notes(&self) -> impl Iterator<Item = &'a Note> {
        self.notes.iter().chain(&self.scheduled.converted.notes)
    }

    fn table(&self, out: &mut impl Write) -> io::Result<()> {
        let converted = &self.scheduled.converted;
        let width = |least: usize, all: &dyn Fn(Row<'_>) -> usize| {
            self.rows().map(all).max().unwrap_or(0).clamp(least, 40)
        };
        let refs = width(3, &|row| self.reference(row.ix).chars().count());
        let names = width(4, &|row| row.task().map_or(0, |task| task.name.chars().count()));
        let driving = |row: &Row<'_>| self.references(row.driving()).join(" ");
        writeln!(
            out,
            "{:refs$}  {:names$}  {:16}  {:16}  {:16}  {:16}  {:>8}  {:>8}  driven by",
            "ref", "task", "early start", "early finish", "late start", "late finish", "float d", "free d"
        )?;
        for row in self.rows() {
            let Some(dates) = row.dates() else { continue };
            let name: String =
                row.task().map(|task| task.name.replace(['\n', '\r', '\t'], " ")).unwrap_or_default();
            let name =
                if name.chars().count() > 40 { name.chars().take(39).chain(['…']).collect() } else { name };
            writeln!(
                out,
                "{:refs$}  {name:names$}  {}  {}  {}  {}  {:>8}  {:>8}  {}{}",
                self.reference(row.ix),
                minute(dates.early_start),
                minute(dates.early_finish),
                minute(dates.late_start),
                minute(dates.late_finish),
                row.days(dates.total_float),
                row.days(dates.free_float),
                driving(&row),
                if dates.critical { " *" } else { "" },
            )?;
        }
        let path = self.references(&self.scheduled.critical_path).join(" → ");
        writeln!(out, "\nfinish         {}", minute(self.scheduled.finish))?;
        writeln!(out, "critical path  {}   (* critical)", if path.is_empty() { "none" } else { &path })?;
        writeln!(out, "references     {}", if converted.by_wbs { "WBS codes" } else { "outline numbers" })?;
        print_notes(out, self.notes(), self.not_carried)
    }
}

/// Prints what was odd, and what isn't carried.
pub(super) fn print_notes<'n>(
    out: &mut impl Write,
    notes: impl Iterator<Item = &'n Note>,
    not_carried: &BTreeMap<String, u32>,
) -> io::Result<()> {
    let mut more = 0;
    for (place, note) in notes.enumerate() {
        if place >= SHOWN_NOTES {
            more += 1;
            continue;
        }
        let task = note.uid.map(|uid| format!("task {uid}: ")).unwrap_or_default();
        writeln!(out, "note           {task}{}", note.what)?;
    }
    if more > 0 {
        writeln!(out, "note           {more} more; --json tells all")?;
    }
    if !not_carried.is_empty() {
        let all: Vec<_> = not_carried.iter().map(|(what, count)| format!("{what} ({count})")).collect();
        writeln!(out, "not carried    {}", all.join(", "))?;
    }
    Ok(())
}

/// To the minute, for a reader.
fn minute(moment: Moment) -> String {
    moment.date_time().format("%Y-%m-%d %H:%M").to_string()
}

/// As in the file.
pub(super) fn instant(at: NaiveDateTime) -> String {
    at.format("%Y-%m-%dT%H:%M:%S").to_string()
}

impl<'a> Row<'a> {
    fn task(&self) -> Option<&'a Task> {
        let place = self.answer.scheduled.converted.tasks.get(self.ix.0 as usize)?;
        self.answer.plan.tasks.get(*place)
    }

    fn dates(&self) -> Option<crate::domain::schedule::Dates> {
        self.answer.scheduled.dates.get(self.ix.0 as usize).copied()
    }

    fn driving(&self) -> &'a [ItemIx] {
        self.answer.scheduled.driving.get(self.ix.0 as usize).map_or(&[], Vec::as_slice)
    }

    /// Minutes of float in days: of the plan's hours, or of the clock for what is counted on it.
    fn days(&self, minutes: i32) -> f64 {
        let item = self.answer.scheduled.engine.network().items.get(self.ix.0 as usize);
        let elapsed = item.is_some_and(|item| matches!(item.duration, Span::Elapsed(_)));
        let day = if elapsed { crate::domain::schedule::DAY } else { self.answer.plan.minutes_per_day };
        (f64::from(minutes) / f64::from(day) * 10_000.0).round() / 10_000.0
    }
}

impl Serialize for Row<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let dates = self.dates().unwrap_or_default();
        let task = self.task();
        let at = |moment: Moment| instant(moment.date_time());
        let row = told::Row {
            reference: self.answer.reference(self.ix),
            uid: task.map(|task| task.uid),
            title: task.map_or("", |task| &task.name),
            early_start: at(dates.early_start),
            early_finish: at(dates.early_finish),
            late_start: at(dates.late_start),
            late_finish: at(dates.late_finish),
            total_float_days: self.days(dates.total_float),
            free_float_days: self.days(dates.free_float),
            critical: dates.critical,
            driving: self.answer.references(self.driving()),
        };
        row.serialize(serializer)
    }
}

/// The items, written one by one.
struct Items<'a>(&'a Answer<'a>);

impl Serialize for Items<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.rows())
    }
}

/// What only a file has to tell.
#[derive(Serialize)]
struct OfFile<'a> {
    refs_are: &'static str,
    notes: Vec<&'a Note>,
    not_carried: &'a BTreeMap<String, u32>,
}

impl Serialize for Answer<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let converted = &self.scheduled.converted;
        let schedule = told::Schedule {
            status_date: self.plan.status_date.map(instant),
            finish: Some(instant(self.scheduled.finish.date_time())),
            items: Items(self),
            critical_path: self.references(&self.scheduled.critical_path),
            more: OfFile {
                refs_are: if converted.by_wbs { "wbs" } else { "outline_number" },
                notes: self.notes().collect(),
                not_carried: self.not_carried,
            },
        };
        schedule.serialize(serializer)
    }
}
