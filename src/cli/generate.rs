//! `plumbline generate`: fills an empty database with a reproducible data set.

use super::{Failure, Opened, PATIENCE, migrate};
use crate::app::account;
use crate::app::generate::{self, Size};
use crate::config::Config;
use crate::domain::draft::Draft;
use crate::postgres::Ownership;
use clap::Args;
use serde_json::Value;
use std::io::IsTerminal;

/// Who administrates a generated instance.
const ADMIN: &str = "admin@example.com";

#[derive(Debug, Args)]
pub(super) struct Generate {
    /// How much: s (600 RAID items), m (12,000) or l (100,000, over a million rows of history)
    #[arg(long, value_parser = ["s", "m", "l"], default_value = "s")]
    size: String,
    /// The same seed on the same day makes the same data
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

pub(super) fn run(config: &Config, asked: &Generate) -> Result<(), Failure> {
    let size = asked.size.chars().next().and_then(Size::from_letter);
    let size = size.ok_or_else(|| Failure("the size is one of s, m, l".into()))?;
    Opened::new(config, Ownership::Command)?.run(async |app| {
        migrate(app, Some(PATIENCE)).await?;
        let shown = std::io::stderr().is_terminal();
        let made = generate::generate(app, size, asked.seed, |done, all| {
            if shown {
                eprint!("\r{done} of {all} programs");
            }
        })
        .await?;
        if shown {
            eprintln!();
        }
        println!(
            "{} programs, {} people, {} items in {} versions",
            made.programs, made.people, made.items, made.versions
        );
        let mut draft = Draft::default();
        draft.0.insert("email".into(), ADMIN.into());
        draft.0.insert("name".into(), "Administrator".into());
        draft.0.insert("admin".into(), Value::Bool(true));
        if let (_, Some(password)) = account::add(app, &draft, None).await? {
            println!("{ADMIN} signs in with the first password {}", password.reveal());
        }
        Ok(())
    })
}
