//! Once a day: what waits too long climbs, people are sent their digest, and channels are told what waits in their program. What is kept
//! for a time only is forgotten.
//!
//! What was done on which day stands in the database, so a restart neither skips a day nor repeats it, and of several servers one does it.

use crate::app::digest::{self, Channel, Digest, Summary};
use crate::app::{App, Result, inbound, watch};
use crate::domain::watch::ChatForm;
use crate::outbound::chat;
use crate::outbound::mail::Letter;
use askama::Template;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use std::time::Duration;

/// How often it is looked whether something is due.
const EVERY: Duration = Duration::from_mins(10);
/// Items of each sort that a letter names; of more it says how many.
const NAMED: usize = 12;
/// Decisions that a message names.
const DECISIONS: usize = 5;

/// What a pass did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Done {
    pub seen: watch::Seen,
    pub forgotten: inbound::Forgotten,
    pub letters: usize,
    pub messages: usize,
}

/// Does what is due at a moment.
///
/// # Errors
/// When the database is away.
pub async fn pass(app: &App, now: DateTime<Utc>) -> Result<Done> {
    let seen = watch::look(app, now).await?;
    let forgotten = inbound::forget(app, now).await?;
    Ok(Done { seen, forgotten, letters: letters(app, now).await?, messages: messages(app, now).await? })
}

/// Sees to it for as long as the server runs.
pub(super) async fn run(app: App) {
    let mut ticks = tokio::time::interval(EVERY);
    loop {
        ticks.tick().await;
        if let Err(error) = pass(&app, app.clock.now()).await {
            tracing::warn!(error = &error as &dyn std::error::Error, "what is due daily was not done");
        }
    }
}

async fn letters(app: &App, now: DateTime<Utc>) -> Result<usize> {
    let (Some(mailer), Some(day)) = (&app.outbound.mail, digest::due_on(now)) else { return Ok(0) };
    let mut sent = 0;
    for receiver in digest::receivers(app, day, now).await? {
        let id = receiver.person.0;
        if !digest::claim(app, id, day, now).await? {
            continue;
        }
        let failure = match digest::of(app, &receiver, now).await {
            // Nothing waits: today it stays quiet.
            Ok(found) if found.is_empty() => continue,
            Ok(found) => match letter(app, &found) {
                Ok(letter) => mailer.send(&letter).await.err(),
                Err(error) => Some(error.to_string()),
            },
            Err(error) => Some(error.to_string()),
        };
        if let Some(why) = &failure {
            tracing::warn!(%why, "a digest was not sent; it is tried again");
        }
        sent += usize::from(failure.is_none());
        digest::ended(app, id, day, now, failure.as_deref()).await?;
    }
    Ok(sent)
}

async fn messages(app: &App, now: DateTime<Utc>) -> Result<usize> {
    let mut sent = 0;
    for channel in digest::channels(app, now).await? {
        let id = channel.program.id.0;
        if !digest::claim(app, id, channel.day, now).await? {
            continue;
        }
        let failure = match digest::summary(app, &channel, now).await {
            Ok(found) if found == Summary::default() => continue,
            Ok(found) => {
                let message = message(app.public_url.as_deref(), &channel, &found);
                chat::post(&channel.watch.chat_url, &message, &app.outbound).await.err()
            }
            Err(error) => Some(error.to_string()),
        };
        if let Some(why) = &failure {
            tracing::warn!(%why, program = %channel.program.key, "the channel was not told; it is tried again");
        }
        sent += usize::from(failure.is_none());
        digest::ended(app, id, channel.day, now, failure.as_deref()).await?;
    }
    Ok(sent)
}

/// A line of a letter.
struct Line {
    reference: String,
    title: String,
    says: String,
    /// None where the address of this server isn't known.
    href: Option<String>,
}

/// A part of a letter.
struct Section {
    heading: &'static str,
    lines: Vec<Line>,
    more: usize,
}

#[derive(Template)]
#[template(path = "mail/digest.txt")]
struct AsText<'l> {
    lead: &'l str,
    sections: &'l [Section],
    work: &'l Option<String>,
    off: &'l Option<String>,
}

#[derive(Template)]
#[template(path = "mail/digest.html")]
struct AsHtml<'l> {
    subject: &'l str,
    lead: &'l str,
    sections: &'l [Section],
    work: &'l Option<String>,
    off: &'l Option<String>,
}

fn letter(app: &App, digest: &Digest) -> std::result::Result<Letter, askama::Error> {
    let at = |path: &str| app.public_url.as_deref().map(|base| format!("{base}{path}"));
    let sections = sections(digest, &at);
    let count = digest.count();
    let subject = format!(
        "Plumbline: {count} thing{} for you, {}",
        if count == 1 { " waits" } else { "s wait" },
        digest.day.format("%-d %b %Y")
    );
    let lead = format!("{}, this waits for you.", digest.receiver.name);
    let (work, off) = (at("/me/work"), at("/me/digest"));
    Ok(Letter {
        name: digest.receiver.name.clone(),
        email: digest.receiver.email.clone(),
        text: AsText { lead: &lead, sections: &sections, work: &work, off: &off }.render()?,
        html: AsHtml { subject: &subject, lead: &lead, sections: &sections, work: &work, off: &off }
            .render()?,
        subject,
    })
}

fn sections(digest: &Digest, at: &impl Fn(&str) -> Option<String>) -> Vec<Section> {
    let day = |on: chrono::NaiveDate| on.format("%-d %b %Y").to_string();
    let section = |heading: &'static str, mut lines: Vec<Line>| {
        let more = lines.len().saturating_sub(NAMED);
        lines.truncate(NAMED);
        Section { heading, lines, more }
    };
    let decisions = digest.decisions.iter().map(|one| {
        let waits =
            one.age.map(|age| format!("waits for {age} working day{}", if age == 1 { "" } else { "s" }));
        let needed = one.row.needed_by.map(|by| format!("needed by {}", day(by)));
        Line {
            reference: format!("{}-DEC{}", one.row.key, one.row.number),
            title: one.row.title.clone(),
            says: waits.into_iter().chain(needed).collect::<Vec<_>>().join(", "),
            href: at(&format!("/me/decisions#{}-DEC{}", one.row.key, one.row.number)),
        }
    });
    let questions = digest.questions.iter().map(|one| Line {
        reference: one.reference.to_string(),
        title: one.title.clone(),
        says: format!("{}: {}", one.asked_by.as_deref().unwrap_or("Somebody"), one.body),
        href: at(&format!("{}#comments", one.reference.path())),
    });
    let mentions = digest.mentions.iter().map(|one| Line {
        reference: one.reference.to_string(),
        title: one.title.clone(),
        says: format!("{} mentioned you in {}", one.author.as_deref().unwrap_or("Somebody"), one.reference),
        href: at(&format!("{}#comments", one.reference.path())),
    });
    let row = |row: &crate::store::work::Row| {
        let reference = crate::domain::kind::Reference {
            program: row.program_key.clone(),
            kind: row.kind,
            number: row.number,
        };
        if row.seen {
            (reference.to_string(), row.title.clone(), at(&reference.path()))
        } else {
            let title = "A change request of another program".to_owned();
            (reference.to_string(), title, at(&format!("/me/questions#{reference}")))
        }
    };
    let agreements = digest.agreements.iter().map(|one| {
        let (reference, title, href) = row(one);
        let says = match one.why.as_str() {
            "agree" => "agree or reject",
            "sign" => "sign: you hold a role that has not signed",
            "approve" => "approve or reject: it waits for a manager of the program",
            "answer" => "answer: if it is approved, something that you need comes too late",
            _ => "a changed date waits for your consent",
        };
        Line { reference, title, says: says.to_owned(), href }
    });
    let overdue = digest.overdue.iter().map(|one| {
        let (reference, title, href) = row(one);
        let says = one.next_on.map(|on| format!("due {}", day(on))).unwrap_or_default();
        Line { reference, title, says, href }
    });
    let nudges = digest.nudges.iter().map(|told| Line {
        reference: told.reference(),
        title: told.title().to_owned(),
        says: told.nudges.iter().map(|nudge| nudge.says.as_str()).collect::<Vec<_>>().join(" "),
        href: at(&told.path()),
    });
    let all = [
        section("Decisions that wait for you", decisions.collect()),
        section("Questions to you", questions.collect()),
        section("Mentions of you", mentions.collect()),
        section("To agree", agreements.collect()),
        section("Overdue", overdue.collect()),
        section("To put right", nudges.collect()),
    ];
    all.into_iter().filter(|section| !section.lines.is_empty()).collect()
}

/// What a channel is told, in the form that its chat reads.
fn message(base: Option<&str>, channel: &Channel, summary: &Summary) -> Value {
    let key = &channel.program.key;
    let waiting = summary.decisions.len();
    let mut lines = Vec::new();
    if waiting > 0 {
        lines.push(format!(
            "{waiting} decision{} wait{}:",
            if waiting == 1 { "" } else { "s" },
            if waiting == 1 { "s" } else { "" }
        ));
        lines.extend(summary.decisions.iter().take(DECISIONS).map(|(reference, title, age)| {
            format!("• {reference} {title} ({age} working day{})", if *age == 1 { "" } else { "s" })
        }));
    }
    if summary.nudges > 0 {
        let (nudges, items) = (summary.nudges, summary.items);
        lines.push(format!(
            "{nudges} thing{} to put right in {items} item{}.",
            if nudges == 1 { "" } else { "s" },
            if items == 1 { "" } else { "s" }
        ));
    }
    let title = format!("{}: what waits", channel.program.name);
    let href = base.map(|base| format!("{base}/programs/{key}/nudges"));
    match channel.watch.chat_form {
        ChatForm::Slack => {
            // The three characters that Slack's own marks begin with.
            let plain = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
            let link = href.map(|href| format!("\n<{href}|Open in Plumbline>")).unwrap_or_default();
            json!({"text": format!("*{}*\n{}{link}", plain(&title), plain(&lines.join("\n")))})
        }
        ChatForm::Teams => {
            let mut body =
                vec![json!({"type": "TextBlock", "text": title, "weight": "Bolder", "wrap": true})];
            body.extend(lines.iter().map(|line| json!({"type": "TextBlock", "text": line, "wrap": true})));
            let actions: Vec<Value> = href
                .into_iter()
                .map(|href| json!({"type": "Action.OpenUrl", "title": "Open in Plumbline", "url": href}))
                .collect();
            json!({"type": "message", "attachments": [{
                "contentType": "application/vnd.microsoft.card.adaptive",
                "content": {"$schema": "http://adaptivecards.io/schemas/adaptive-card.json", "type": "AdaptiveCard",
                    "version": "1.4", "body": body, "actions": actions},
            }]})
        }
    }
}
