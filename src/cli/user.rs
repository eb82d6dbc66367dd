//! `plumbline user`: accounts and API tokens, from the shell.

use super::{Failure, Opened, PATIENCE, migrate};
use crate::app::{App, account, token};
use crate::config::Config;
use crate::domain::draft::Draft;
use crate::postgres::Ownership;
use crate::store::Stamp;
use clap::Subcommand;
use serde_json::{Map, Value, json};
use std::io::BufRead;

#[derive(Debug, Subcommand)]
pub(super) enum User {
    /// Make an account; without --password-stdin a first password is made and printed
    Add {
        email: String,
        #[arg(long)]
        name: String,
        /// Administrator of the instance
        #[arg(long)]
        admin: bool,
        /// Read the password from the first line of standard input
        #[arg(long)]
        password_stdin: bool,
    },
    /// Make an API token for an account; the token alone is printed
    Token {
        email: String,
        /// What the token is for
        #[arg(long)]
        name: String,
        /// What it may do: read, or read and write
        #[arg(long, value_delimiter = ',', default_value = "read,write")]
        scope: Vec<String>,
        /// Days after which it ends; left out, it doesn't
        #[arg(long, value_name = "DAYS")]
        expires: Option<u32>,
    },
}

pub(super) fn run(config: &Config, user: &User) -> Result<(), Failure> {
    let password = match user {
        User::Add { password_stdin: true, .. } => {
            let mut line = String::new();
            std::io::stdin().lock().read_line(&mut line)?;
            Some(line.trim_end_matches(['\r', '\n']).to_owned())
        }
        _ => None,
    };
    Opened::new(config, Ownership::Command)?.run(async |app| {
        migrate(app, Some(PATIENCE)).await?;
        match user {
            User::Add { email, name, admin, .. } => add(app, email, name, *admin, password.as_deref()).await,
            User::Token { email, name, scope, expires } => {
                make_token(app, email, name, scope, *expires).await
            }
        }
    })
}

fn draft(fields: Value) -> Draft {
    Draft(if let Value::Object(fields) = fields { fields } else { Map::new() })
}

async fn add(app: &App, email: &str, name: &str, admin: bool, password: Option<&str>) -> Result<(), Failure> {
    let draft = draft(json!({"email": email, "name": name, "admin": admin}));
    let (_, first) = account::add(app, &draft, password).await?;
    match first {
        Some(first) => println!("{email} signs in with the first password {}", first.reveal()),
        None => println!("{email} can sign in"),
    }
    Ok(())
}

async fn make_token(
    app: &App,
    email: &str,
    name: &str,
    scopes: &[String],
    expires: Option<u32>,
) -> Result<(), Failure> {
    let account = account::by_email(app, email).await?;
    let account = account.ok_or_else(|| Failure(format!("there is no account “{email}”")))?;
    let draft = draft(json!({"name": name, "scopes": scopes, "expires_days": expires}));
    let stamp = Stamp { now: app.clock.now(), actor: None, reason: String::new() };
    let (_, secret) = token::make_for(app, account, &stamp, &draft).await?;
    println!("{}", secret.reveal());
    Ok(())
}
