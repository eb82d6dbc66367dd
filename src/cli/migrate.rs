//! `plumbline migrate`.

use super::{Failure, Opened, PATIENCE, migrate};
use crate::config::Config;
use crate::postgres::Ownership;

pub(super) fn run(config: &Config) -> Result<(), Failure> {
    Opened::new(config, Ownership::Command)?.run(async |app| {
        migrate(app, Some(PATIENCE)).await?;
        println!("the database is up to date");
        Ok(())
    })
}
