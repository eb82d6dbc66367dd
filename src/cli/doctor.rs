//! `plumbline doctor`: looks at what Plumbline stands on, and says what to mend.

use super::{Failure, Opened};
use crate::app::App;
use crate::config::Config;
use crate::postgres::Ownership;
use chrono::TimeDelta;

pub(super) fn run(config: &Config) -> Result<(), Failure> {
    let file = config.file.as_ref().map_or("no file".to_owned(), |file| file.display().to_string());
    println!("configuration  ok: {file}, listens on {}", config.listen);
    match config.url.as_deref() {
        Some(url) if url.starts_with("https://") => println!("address        ok: {url}"),
        Some(url) => println!("address        note: {url} is not https, so cookies travel unprotected"),
        None => println!("address        note: PLUMBLINE_URL is not set; links begin with where it listens"),
    }
    Opened::new(config, Ownership::Command)?.run(async |app| {
        let mail = mail(app).await;
        database(app).await?;
        mail.map_err(|why| {
            Failure(format!("the mail server doesn't take connections: {why}: look at SMTP_URL"))
        })
    })
}

async fn mail(app: &App) -> Result<(), String> {
    let Some(mailer) = &app.outbound.mail else {
        println!("mail           not configured: nothing is sent");
        return Ok(());
    };
    mailer.answers().await?;
    println!("mail           ok: the server answers");
    Ok(())
}

async fn database(app: &App) -> Result<(), Failure> {
    let about =
        app.db.about().await.map_err(|error| Failure(format!("the database can't be reached: {error}")))?;
    let megabytes = about.bytes / 1_048_576;
    println!("database       ok: PostgreSQL {}, {megabytes} MB", about.version);
    let mut wrong = Vec::new();
    if about.standby {
        wrong.push("the database is a standby and takes no writes: name the primary");
    }
    if app.db.is_migrated().await? {
        println!("migrations     ok: all applied");
    } else {
        wrong.push("migrations are missing: run `plumbline migrate`");
    }
    let apart = (app.clock.now() - about.now).abs();
    if apart > TimeDelta::seconds(5) {
        wrong.push(
            "the clocks of this machine and of the database differ by more than 5 seconds: set them by NTP",
        );
    } else {
        println!("clock          ok: {} ms from the database's", apart.num_milliseconds());
    }
    if wrong.is_empty() { Ok(()) } else { Err(Failure(wrong.join("; "))) }
}
