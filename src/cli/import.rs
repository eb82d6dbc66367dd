//! `plumbline import`: foreign files become a program's items, all or nothing. Without a map file the columns are matched by
//! name and the guess is shown.

use super::{Failure, Opened, PATIENCE, migrate};
use crate::app::{App, Error, import};
use crate::config::Config;
use crate::domain::draft::FieldError;
use crate::domain::program;
use crate::exchange::csv::{self, MOST_BYTES, Sheet};
use crate::exchange::guess::{self, GuessedColumn};
use crate::exchange::intake::{self, FindingGroup, Intake};
use crate::exchange::map::ImportMap;
use crate::exchange::{Severity, Unreadable, mspdi, own};
use crate::postgres::Ownership;
use crate::store::Stamp;
use clap::Args;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::{Path, PathBuf};

/// The most files that one import reads.
const MOST_FILES: usize = 200;
/// The largest map file, in bytes.
const MOST_MAP_BYTES: usize = 4 << 20;
/// How many lines of a finding are named.
const SHOWN_LINES: usize = 8;
/// How many things are named that a later version of a plan no longer has.
const SHOWN_LEFT: usize = 50;

#[derive(Debug, Args)]
pub(super) struct Import {
    /// What the files are: csv, or mspdi (a plan of Microsoft Project, saved as XML; one plan a program)
    #[arg(value_parser = ["csv", "mspdi"])]
    format: String,
    /// Files, or folders whose files of this format are taken
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The program to import into; with a map, the one that it names is taken, and made if it isn't there
    #[arg(long, value_name = "KEY")]
    program: Option<String>,
    /// How the foreign columns become fields; without it they are matched by name
    #[arg(long, value_name = "MAP.toml")]
    map: Option<PathBuf>,
    /// Read, check and report, and write nothing
    #[arg(long)]
    dry_run: bool,
    /// Report as JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(config: &Config, asked: &Import) -> Result<(), Failure> {
    if asked.format == "mspdi" {
        return plan(config, asked);
    }
    let sheets = sheets(&asked.files)?;
    let map = asked.map.as_deref().map(map_file).transpose()?;
    let (intakes, guesses) = if let Some(map) = &map {
        (intake::portfolio(map, &sheets)?, Vec::new())
    } else {
        let (intake, guesses) = guessed(&sheets)?;
        (vec![intake], guesses)
    };
    Opened::new(config, Ownership::Command)?.run(async |app| {
        migrate(app, Some(PATIENCE)).await?;
        import(app, &intakes, &guesses, asked).await
    })
}

/// Imports one plan of Microsoft Project.
fn plan(config: &Config, asked: &Import) -> Result<(), Failure> {
    let [file] = asked.files.as_slice() else {
        return Err(Failure("one plan at a time: its tasks are known by their UIDs".to_owned()));
    };
    if asked.map.is_some() {
        return Err(Failure("a map is for tables: a plan says itself what its fields are".to_owned()));
    }
    let reading = super::schedule::plan(file)?;
    let name = file.file_name().unwrap_or(file.as_os_str()).to_string_lossy().into_owned();
    Opened::new(config, Ownership::Command)?.run(async |app| {
        migrate(app, Some(PATIENCE)).await?;
        let today = program::today_in("UTC", app.clock.now());
        import(app, &[mspdi::intake::intake(&name, &reading, today)], &[], asked).await
    })
}

/// Reads tables from files, and from folders all that end in `.csv`, in the order of their names.
///
/// # Errors
/// One line: no such file, too large, too many, or none that is a table.
pub(super) fn sheets(paths: &[PathBuf]) -> Result<Vec<Sheet>, Failure> {
    let mut files = Vec::new();
    for path in paths {
        if path.is_dir() {
            let listed = std::fs::read_dir(path).map_err(|error| unreadable(path, &error))?;
            let mut found: Vec<PathBuf> = listed
                .filter_map(|entry| Some(entry.ok()?.path()))
                .filter(|path| path.extension().is_some_and(|end| end.eq_ignore_ascii_case("csv")))
                .collect();
            if found.is_empty() {
                return Err(Failure(format!("{}: there is no CSV file in this folder", path.display())));
            }
            found.sort();
            files.append(&mut found);
        } else {
            files.push(path.clone());
        }
    }
    if files.len() > MOST_FILES {
        return Err(Failure(format!("{} files are too many: at most {MOST_FILES} at once", files.len())));
    }
    let mut sheets: Vec<Sheet> = Vec::new();
    for file in &files {
        let name = file.file_name().unwrap_or(file.as_os_str()).to_string_lossy().into_owned();
        if sheets.iter().any(|sheet| sheet.name == name) {
            return Err(Failure(format!("{}: another file of this name was given", file.display())));
        }
        sheets.push(csv::read(&name, &bytes(file, MOST_BYTES)?)?);
    }
    Ok(sheets)
}

fn unreadable(path: &Path, error: &std::io::Error) -> Failure {
    Failure(format!("{}: {error}", path.display()))
}

/// A file's bytes, at most one more than `most`, so that the reader can say that it is too large.
fn bytes(path: &Path, most: usize) -> Result<Vec<u8>, Failure> {
    let file = std::fs::File::open(path).map_err(|error| unreadable(path, &error))?;
    let mut bytes = Vec::new();
    file.take(most as u64 + 1).read_to_end(&mut bytes).map_err(|error| unreadable(path, &error))?;
    Ok(bytes)
}

fn map_file(path: &Path) -> Result<ImportMap, Failure> {
    let bytes = bytes(path, MOST_MAP_BYTES)?;
    if bytes.len() > MOST_MAP_BYTES {
        return Err(Failure(format!(
            "{}: the map is larger than {} MB",
            path.display(),
            MOST_MAP_BYTES >> 20
        )));
    }
    let text =
        String::from_utf8(bytes).map_err(|_| Failure(format!("{}: the map is no UTF-8", path.display())))?;
    Ok(ImportMap::read(&text)?)
}

/// What the columns of one file were taken for.
type Guessed = (String, Vec<GuessedColumn>);

/// Reads each sheet by its headings; what they bring becomes one intake.
fn guessed(sheets: &[Sheet]) -> Result<(Intake, Vec<Guessed>), Unreadable> {
    let mut guesses = Vec::new();
    let mut intakes = Vec::new();
    for sheet in sheets {
        // A table of our own is read by its names, whatever they would be taken for elsewhere.
        if let Some((own, strange)) = own::recognised(sheet)? {
            let mut intake = own.intake(&strange);
            intake.findings.extend(sheet.notes.iter().cloned());
            intakes.push(intake);
            continue;
        }
        let guess = guess::guess(sheet, None)?;
        intakes.push(guess::read(sheet, &guess));
        guesses.push((sheet.name.clone(), guess.columns));
    }
    Ok((Intake::merged(intakes), guesses))
}

async fn import(app: &App, intakes: &[Intake], guesses: &[Guessed], asked: &Import) -> Result<(), Failure> {
    let intake = &reported(intakes);
    let names: Vec<_> = intake.counts.iter().map(|count| count.file.as_str()).collect();
    let stamp =
        Stamp { now: app.clock.now(), actor: None, reason: format!("Import of {}", names.join(", ")) };
    let done = import::import_all(app, &stamp, intakes, asked.program.as_deref(), asked.dry_run).await;
    let refused_rows: BTreeSet<_> = intake
        .findings
        .iter()
        .filter(|finding| finding.severity == Severity::Refused && finding.line > 0)
        .map(|finding| (&finding.file, finding.line))
        .collect();
    let refused_rows = refused_rows.len();
    let rows: usize = intake.counts.iter().map(|count| count.rows).sum();
    match done {
        Ok(outcomes) if asked.json => {
            let mut report = match outcomes.as_slice() {
                [outcome] => serde_json::to_value(outcome)?,
                several => json!({"programs": several, "dry_run": asked.dry_run}),
            };
            report["rows"] = rows.into();
            report["refused"] = refused_rows.into();
            report["files"] = serde_json::to_value(&intake.counts)?;
            report["findings"] = serde_json::to_value(intake.grouped())?;
            report["columns"] = guess_json(guesses);
            println!("{}", serde_json::to_string_pretty(&report)?);
            Ok(())
        }
        Ok(outcomes) => {
            print_guesses(guesses);
            print_findings(&intake.grouped());
            for (outcome, own) in outcomes.iter().zip(intakes) {
                let rows = own.counts.iter().map(|count| count.rows).sum();
                let verb = if outcome.dry_run { "would be" } else { "was" };
                println!("{}: of {}, this {verb} done:", outcome.program, counted(rows, "row"));
                println!("  made     {}", listed(&outcome.made));
                println!("  changed  {}", listed(&outcome.changed));
                println!("  skipped  {} the same as they are known already", outcome.skipped);
                outcome.notes.iter().for_each(|note| println!("  note     {note}"));
                print_left(&outcome.left);
            }
            println!("  refused  {}", counted(refused_rows, "row"));
            Ok(())
        }
        Err(Error::Refused(refused)) if refused.errors.iter().any(|error| error.field.contains(':')) => {
            let why =
                format!("{} can't be taken; nothing was imported", counted(refused.errors.len(), "row"));
            if asked.json {
                let report = json!({"error": why, "errors": refused.errors, "columns": guess_json(guesses)});
                println!("{}", serde_json::to_string_pretty(&report)?);
            } else {
                print_guesses(guesses);
                refused.errors.iter().for_each(print_error);
            }
            Err(Failure(why))
        }
        Err(error) => Err(Failure(error.to_string())),
    }
}

/// What is reported of all intakes together: their findings, and how the rows of each file fared.
fn reported(intakes: &[Intake]) -> Intake {
    let mut whole = Intake::default();
    for intake in intakes {
        whole.findings.extend(intake.findings.iter().cloned());
        for count in &intake.counts {
            let Some(known) = whole.counts.iter_mut().find(|known| known.file == count.file) else {
                whole.counts.push(count.clone());
                continue;
            };
            known.rows += count.rows;
            known.made += count.made;
            known.joined += count.joined;
            known.reported += count.reported;
        }
    }
    whole.findings.sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
    whole
}

fn print_error(error: &FieldError) {
    println!("  {}  {}", error.field, error.message);
}

fn guess_json(guesses: &[Guessed]) -> Value {
    guesses.iter().map(|(file, columns)| json!({"file": file, "columns": columns})).collect()
}

fn print_guesses(guesses: &[Guessed]) {
    for (file, columns) in guesses {
        println!("{file}: columns matched by name");
        for column in columns {
            let field = column.field.as_deref().unwrap_or("(not carried)");
            println!("  {} → {field}", column.heading);
        }
    }
}

/// Names what a later version of a plan no longer has.
fn print_left(left: &[String]) {
    if left.is_empty() {
        return;
    }
    let more = left.len().saturating_sub(SHOWN_LEFT);
    let more = if more > 0 { format!(" and {more} more; --json names all") } else { String::new() };
    let named = left.iter().take(SHOWN_LEFT).cloned().collect::<Vec<_>>().join(", ");
    println!("  no longer in the file, left as they are: {named}{more}");
}

fn print_findings(findings: &[FindingGroup]) {
    for group in findings {
        let how = match group.severity {
            Severity::Refused => "refused",
            Severity::Kept => "kept   ",
            Severity::Note => "note   ",
        };
        let column = group.column.as_ref().map(|column| format!(", column “{column}”")).unwrap_or_default();
        println!("{how}  {}{column}{}: {}", group.file, lines(&group.lines), group.message);
    }
}

/// `, line 3`, `, lines 3, 8 and 40 more`; nothing for the file as a whole.
fn lines(lines: &[u64]) -> String {
    let named: Vec<String> =
        lines.iter().filter(|line| **line > 0).take(SHOWN_LINES).map(ToString::to_string).collect();
    match (named.as_slice(), lines.len().saturating_sub(named.len())) {
        ([], _) => String::new(),
        ([one], 0) => format!(", line {one}"),
        (several, 0) => format!(", lines {}", several.join(", ")),
        (several, more) => format!(", lines {} and {more} more", several.join(", ")),
    }
}

fn listed(counts: &BTreeMap<&'static str, u32>) -> String {
    if counts.is_empty() {
        return "nothing".to_owned();
    }
    counts.iter().map(|(what, count)| format!("{count} {what}")).collect::<Vec<_>>().join(", ")
}

fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}
