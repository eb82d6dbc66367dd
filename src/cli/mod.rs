//! The command line: one file a command. Each opens the application, enters the same use cases as pages do, and ends with
//! 0 (done), 1 (refused or failed, with one clear line) or 2 (wrong usage).

mod demo;
mod doctor;
mod export;
mod forecast;
mod generate;
mod import;
mod migrate;
mod schedule;
mod serve;
mod user;

use crate::app::App;
use crate::clock::Clock;
use crate::config::{Config, Options};
use crate::outbound::Outbound;
use crate::postgres::{self, Cluster, Ownership};
use crate::store::Db;
use clap::{Parser, Subcommand};
use sqlx::postgres::PgConnectOptions;
use std::io::IsTerminal;
use std::process::ExitCode;
use std::time::Duration;

/// Program management that tells the truth.
#[derive(Debug, Parser)]
#[command(name = "plumbline", version, about, max_term_width = 110)]
struct Cli {
    #[command(flatten)]
    options: Options,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Apply the migrations and serve (this is what is done without a command)
    Serve,
    /// The same, with a sample in an empty database and accounts to try each role
    Demo(demo::Demo),
    /// Apply the migrations, and nothing else
    Migrate,
    /// Import foreign files into a program, all or nothing
    Import(import::Import),
    /// Export a program in a foreign format
    Export(export::Export),
    /// Fill an empty database with a reproducible data set with two years of history
    Generate(generate::Generate),
    /// Schedule a plan of Microsoft Project: dates, floats and the critical path, without a database
    Schedule(schedule::Schedule),
    /// Forecast when a plan of Microsoft Project finishes, with what probability, without a database
    Forecast(forecast::Forecast),
    /// Accounts and API tokens
    #[command(subcommand)]
    User(user::User),
    /// Check the configuration, the database and the clock, and say what to mend
    Doctor,
}

/// Why a command was not done: one line.
#[derive(Debug)]
pub struct Failure(pub String);

impl<E: std::error::Error> From<E> for Failure {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}

/// Runs the command line of this process. Called from the main thread, before any other is started.
#[must_use]
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    let command = cli.command.unwrap_or(Command::Serve);
    log(matches!(command, Command::Serve | Command::Demo(_)));
    let done = match command {
        // These work on a file alone.
        Command::Schedule(asked) => schedule::run(&asked),
        Command::Forecast(asked) => forecast::run(&asked),
        command => {
            Config::load(cli.options).map_err(Failure::from).and_then(|config| configured(&config, command))
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure(why)) => {
            eprintln!("error: {}", why.replace('\n', " "));
            ExitCode::FAILURE
        }
    }
}

/// Runs a command that needs the configuration.
fn configured(config: &Config, command: Command) -> Result<(), Failure> {
    match command {
        Command::Serve => serve::run(config),
        Command::Demo(asked) => demo::run(config, &asked),
        Command::Migrate => migrate::run(config),
        Command::Generate(asked) => generate::run(config, &asked),
        Command::Import(asked) => import::run(config, &asked),
        Command::Export(asked) => export::run(config, &asked),
        Command::Schedule(asked) => schedule::run(&asked),
        Command::Forecast(asked) => forecast::run(&asked),
        Command::User(user) => user::run(config, &user),
        Command::Doctor => doctor::run(config),
    }
}

/// Logs to standard error: what `RUST_LOG` says, else from *info* on for a server and from *warn* on for a command.
fn log(serves: bool) {
    use tracing_subscriber::EnvFilter;
    let usual = if serves { "info,sqlx=warn" } else { "warn" };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(usual));
    let logged = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false);
    // A second logger would be an error; there is one process and one call.
    drop(logged.try_init());
}

/// The application, opened by a command, with the embedded database if it has one.
pub struct Opened {
    pub app: App,
    cluster: Option<Cluster>,
    runtime: tokio::runtime::Runtime,
}

impl Opened {
    /// Opens the application. The embedded database is started here, on the main thread.
    ///
    /// # Errors
    /// One line for the person at the terminal.
    pub fn new(config: &Config, ownership: Ownership) -> Result<Self, Failure> {
        let (cluster, url) = if let Some(url) = &config.database_url {
            (None, url.clone())
        } else {
            let data = config.data.clone().map_or_else(postgres::default_data_dir, Ok)?;
            let cluster = Cluster::start(&postgres::Settings::new(data, ownership))?;
            let url = cluster.url(postgres::DATABASE);
            (Some(cluster), url)
        };
        let options: PgConnectOptions =
            url.parse().map_err(|error| Failure(format!("DATABASE_URL can't be read: {error}")))?;
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        let guard = runtime.enter();
        let app =
            App::new(Db::new(options, 16), Clock::system()).at(config.url.as_deref()).sending(Outbound {
                mail: config.mail.clone(),
                inside: config.webhook_hosts.clone().into(),
                authorities: config.authorities.clone(),
                local: false,
            });
        drop(guard);
        Ok(Self { app, cluster, runtime })
    }

    /// Does the work of a command, and closes what was opened.
    ///
    /// # Errors
    /// Those of the work.
    pub fn run<T>(self, work: impl AsyncFnOnce(&App) -> Result<T, Failure>) -> Result<T, Failure> {
        let Self { app, cluster, runtime } = self;
        let done = runtime.block_on(async {
            let done = work(&app).await;
            // What still holds a connection is broken off rather than waited for.
            drop(tokio::time::timeout(Duration::from_secs(5), app.db.close()).await);
            done
        });
        drop(app);
        runtime.shutdown_timeout(Duration::from_secs(5));
        if let Some(cluster) = cluster {
            cluster.stop()?;
        }
        done
    }
}

/// Applies the migrations, waiting for the database with growing patience: up to `most`, or for ever.
///
/// # Errors
/// A migration that fails, a database that refuses, or one that stays away.
pub async fn migrate(app: &App, most: Option<Duration>) -> Result<(), Failure> {
    use sqlx::migrate::MigrateError;
    let mut wait = Duration::from_millis(100);
    let mut waited = Duration::ZERO;
    loop {
        let away = match app.db.migrate().await {
            Ok(()) => return Ok(()),
            Err(MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _)) => match error {
                sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut => error,
                // Starting up, shutting down, too many connections.
                sqlx::Error::Database(ref refusal)
                    if matches!(refusal.code().as_deref(), Some("57P03" | "57P01" | "57P02" | "53300")) =>
                {
                    error
                }
                error => return Err(Failure(format!("the database refuses: {error}"))),
            },
            Err(error) => return Err(Failure(format!("the migrations can't be applied: {error}"))),
        };
        if most.is_some_and(|most| waited >= most) {
            return Err(Failure(format!("the database can't be reached: {away}")));
        }
        tracing::warn!(error = %away, "the database can't be reached yet; trying again in {wait:?}");
        tokio::time::sleep(wait).await;
        waited += wait;
        wait = (wait * 2).min(Duration::from_secs(5));
    }
}

/// How long a command waits for the database.
pub const PATIENCE: Duration = Duration::from_secs(10);
