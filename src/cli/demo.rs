//! `plumbline demo`: the same as `serve`, with a sample in an empty database and accounts to try each role.

use super::{Failure, serve};
use crate::app::demo::{self, ACCOUNTS};
use crate::app::secret::Secret;
use crate::app::{App, import};
use crate::config::Config;
use crate::exchange::intake;
use crate::exchange::map::ImportMap;
use crate::store::{Stamp, bulk};
use clap::Args;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub(super) struct Demo {
    /// A sample of public data instead of the invented program: k8s, with the folder of its files
    #[arg(long, value_names = ["SAMPLE", "DIR"], num_args = 2)]
    sample: Option<Vec<String>>,
}

pub(super) fn run(config: &Config, asked: &Demo) -> Result<(), Failure> {
    // What can be wrong with the files is told before anything is started.
    let intake = match asked.sample.as_deref() {
        None => None,
        Some([name, folder]) if name == "k8s" => {
            let map = ImportMap::read(demo::K8S_MAP)?;
            Some(intake::run(&map, &super::import::sheets(&[PathBuf::from(folder)])?)?)
        }
        Some(other) => {
            let name = other.first().map(String::as_str).unwrap_or_default();
            return Err(Failure(format!("there is no sample “{name}”; there is k8s")));
        }
    };
    serve::run_after(config, async move |app| load(app, intake.as_ref()).await)
}

async fn load(app: &App, intake: Option<&intake::Intake>) -> Result<(), Failure> {
    if !bulk::is_empty(&app.db).await? {
        println!(
            "there is data here already: it is served as it is (the sample is loaded into an empty database only)"
        );
        return Ok(());
    }
    let password = Secret::typed()?;
    if let Some(intake) = intake {
        let stamp = Stamp { now: app.clock.now(), actor: None, reason: "Sample".into() };
        let outcome = import::import(app, &stamp, intake, None, false).await?;
        demo::accounts(app, password.reveal()).await?;
        demo::join(app, &outcome.program).await?;
        println!("the program {} was made from public data", outcome.program);
    } else {
        let programs = demo::tell(app, demo::ATLAS).await?;
        demo::accounts(app, password.reveal()).await?;
        println!("the programs {} were made; they are invented", programs.join(" and "));
    }
    bulk::analyze(&app.db).await?;
    println!("sign in with the password {} as", password.reveal());
    for (email, role) in ACCOUNTS {
        println!("  {email:<20} {role}");
    }
    Ok(())
}
