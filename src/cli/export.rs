//! `plumbline export`: a program in a foreign format, or what it keeps as tables.

use super::{Failure, Opened, PATIENCE, migrate};
use crate::app::export::{self, What};
use crate::app::mspdi as program;
use crate::app::{App, Error};
use crate::config::Config;
use crate::exchange::mspdi;
use crate::postgres::Ownership;
use crate::store::Stamp;
use chrono::NaiveDate;
use clap::Args;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

#[derive(Debug, Args)]
pub(super) struct Export {
    /// What is written: csv (a table), or mspdi (a plan of Microsoft Project)
    #[arg(value_parser = ["csv", "mspdi"])]
    format: String,
    /// The program that is exported
    #[arg(long, value_name = "KEY")]
    program: String,
    /// As it stood on this day
    #[arg(long, value_name = "DATE")]
    as_of: Option<NaiveDate>,
    /// Of a table, what stands in it: a kind of items such as risks, or archived, program, budget, checklists and the like; without it, all items that aren't archived
    #[arg(long, value_name = "KIND")]
    kind: Option<String>,
    /// The file that is written, or for csv a folder that is there already, into which all tables of the program go, each once; without it, standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

pub(super) fn run(config: &Config, asked: &Export) -> Result<(), Failure> {
    if asked.format == "csv" { table(config, asked) } else { plan(config, asked) }
}

fn stamp(app: &App) -> Stamp {
    Stamp { now: app.clock.now(), actor: None, reason: String::new() }
}

fn failed(path: &Path, error: &io::Error) -> Failure {
    Failure(format!("{}: {error}", path.display()))
}

/// Writes a table, or all of them, a piece at a time and as of one moment.
fn table(config: &Config, asked: &Export) -> Result<(), Failure> {
    let named = |name: &str| {
        What::named(name).ok_or_else(|| {
            let names = What::names().join(", ");
            Failure(format!("there is no table “{name}”; there is {names}"))
        })
    };
    let what = asked.kind.as_deref().map(named).transpose()?;
    let folder = asked.out.as_deref().filter(|out| out.is_dir());
    Opened::new(config, Ownership::Command)?.run(async |app| {
        migrate(app, Some(PATIENCE)).await?;
        let app = &app.at_one_moment().await?;
        match (folder, what) {
            (Some(folder), None) => {
                for (name, what) in What::whole() {
                    write(app, asked, what, Some(&folder.join(format!("{name}.csv")))).await?;
                }
                Ok(())
            }
            (Some(folder), Some(_)) => {
                Err(Failure(format!("{} is a folder: a single table goes to a file", folder.display())))
            }
            (None, what) => write(app, asked, what.unwrap_or(What::ALL), asked.out.as_deref()).await,
        }
    })
}

async fn write(app: &App, asked: &Export, what: What, to: Option<&Path>) -> Result<(), Failure> {
    let mut leaving = export::of_program(app, &stamp(app), &asked.program, what, asked.as_of).await?;
    let mut out: Box<dyn Write> = match to {
        None => Box::new(io::stdout()),
        Some(path) => Box::new(BufWriter::new(File::create(path).map_err(|e| failed(path, &e))?)),
    };
    let written = |error: io::Error| match to {
        Some(path) => failed(path, &error),
        None => Failure(error.to_string()),
    };
    while let Some(piece) = leaving.next(&app.db).await? {
        out.write_all(piece.as_bytes()).map_err(written)?;
    }
    out.flush().map_err(written)
}

fn plan(config: &Config, asked: &Export) -> Result<(), Failure> {
    let (plan, lost) = Opened::new(config, Ownership::Command)?.run(async |app| {
        migrate(app, Some(PATIENCE)).await?;
        if asked.kind.is_some() {
            return Err(Error::refused("kind", "A plan is written whole: --kind is for csv.").into());
        }
        Ok(program::export(app, &stamp(app), &asked.program, asked.as_of).await?)
    })?;
    for what in lost {
        eprintln!("not carried: {what}");
    }
    let Some(path) = &asked.out else {
        return Ok(mspdi::write(&plan, BufWriter::new(io::stdout().lock()))?);
    };
    let failed = |error: io::Error| failed(path, &error);
    let mut out = BufWriter::new(File::create(path).map_err(failed)?);
    mspdi::write(&plan, &mut out).and_then(|()| out.flush()).map_err(failed)
}
