//! `plumbline export`: a program in a foreign format.

use super::{Failure, Opened, PATIENCE, migrate};
use crate::app::mspdi as program;
use crate::config::Config;
use crate::exchange::mspdi;
use crate::postgres::Ownership;
use crate::store::Stamp;
use chrono::NaiveDate;
use clap::Args;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

#[derive(Debug, Args)]
pub(super) struct Export {
    /// What is written: mspdi (a plan of Microsoft Project)
    #[arg(value_parser = ["mspdi"])]
    format: String,
    /// The program that is exported
    #[arg(long, value_name = "KEY")]
    program: String,
    /// As it stood on this day
    #[arg(long, value_name = "DATE")]
    as_of: Option<NaiveDate>,
    /// The file that is written; without it, standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

pub(super) fn run(config: &Config, asked: &Export) -> Result<(), Failure> {
    let (plan, lost) = Opened::new(config, Ownership::Command)?.run(async |app| {
        migrate(app, Some(PATIENCE)).await?;
        let stamp = Stamp { now: app.clock.now(), actor: None, reason: String::new() };
        Ok(program::export(app, &stamp, &asked.program, asked.as_of).await?)
    })?;
    for what in lost {
        eprintln!("not carried: {what}");
    }
    let Some(path) = &asked.out else {
        return Ok(mspdi::write(&plan, BufWriter::new(io::stdout().lock()))?);
    };
    let failed = |error: io::Error| Failure(format!("{}: {error}", path.display()));
    let mut out = BufWriter::new(File::create(path).map_err(failed)?);
    mspdi::write(&plan, &mut out).and_then(|()| out.flush()).map_err(failed)
}
