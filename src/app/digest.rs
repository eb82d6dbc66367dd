//! The digest: once a day, what waits for somebody, and what waits in a program for its channel. Nothing waits, nothing is sent.

use super::mention::{self, Mention};
use super::nudge::{self, Told};
use super::waiting::{self, Waiting};
use super::work;
use super::{App, Ctx, Error, Result, Viewer};
use crate::domain::nudge::{first_report, nudges};
use crate::domain::program::Program;
use crate::domain::subject::{Own, waits};
use crate::domain::watch::Watch;
use crate::store;
use crate::store::subject::Scope;
use crate::store::waiting::Question;
use crate::store::watch::{Receiver, Undelivered};
use crate::store::work::Row;
use chrono::{DateTime, NaiveDate, Timelike, Utc};
use uuid::Uuid;

/// Digests are sent from this hour of the day on, in UTC: they lie there when people begin to work.
const HOUR: u32 = 5;

/// What waits for somebody.
#[derive(Clone, Debug)]
pub struct Digest {
    pub receiver: Receiver,
    pub day: NaiveDate,
    pub decisions: Vec<Waiting>,
    pub questions: Vec<Question>,
    pub mentions: Vec<Mention>,
    /// Dependencies to agree, dates to consent to.
    pub agreements: Vec<Row>,
    pub overdue: Vec<Row>,
    pub nudges: Vec<Told>,
}

impl Digest {
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count() == 0
    }

    /// How many things wait: an item that is overdue and nudged about is one.
    #[must_use]
    pub fn count(&self) -> usize {
        let nudged = self.nudges.iter().filter(|told| {
            !self.overdue.iter().any(|row| {
                told.item().is_some_and(|item| {
                    (row.program_key.as_str(), row.kind, row.number)
                        == (item.program.as_str(), item.kind, item.number)
                })
            })
        });
        self.decisions.len()
            + self.questions.len()
            + self.mentions.len()
            + self.agreements.len()
            + self.overdue.len()
            + nudged.count()
    }
}

/// The day whose digests are due at a moment; none before they are.
#[must_use]
pub fn due_on(now: DateTime<Utc>) -> Option<NaiveDate> {
    (now.hour() >= HOUR).then(|| now.date_naive())
}

/// Who may be sent a digest on a day.
///
/// # Errors
/// When the database is away.
pub async fn receivers(app: &App, day: NaiveDate, now: DateTime<Utc>) -> Result<Vec<Receiver>> {
    Ok(store::watch::receivers(&app.db, day, now).await?)
}

/// Takes the turn to send somebody, or a program's channel, what is due on a day. It is taken before anything is sent: whatever
/// happens then, there are not two.
///
/// # Errors
/// When the database is away.
pub async fn claim(app: &App, receiver: Uuid, day: NaiveDate, now: DateTime<Utc>) -> Result<bool> {
    Ok(store::watch::claim(&app.db, receiver, day, now).await?)
}

/// Notes how a try ended: sent, or why not. What failed is tried again later in the day.
///
/// # Errors
/// When the database is away.
pub async fn ended(
    app: &App,
    receiver: Uuid,
    day: NaiveDate,
    now: DateTime<Utc>,
    failure: Option<&str>,
) -> Result<()> {
    let failure = failure.map(|why| why.chars().take(500).collect::<String>());
    Ok(store::watch::ended(&app.db, receiver, day, now, failure.as_deref()).await?)
}

/// What waits for somebody.
///
/// # Errors
/// When the database is away.
pub async fn of(app: &App, receiver: &Receiver, now: DateTime<Utc>) -> Result<Digest> {
    let viewer = Viewer {
        account: receiver.account,
        person: receiver.person,
        name: receiver.name.clone(),
        email: receiver.email.clone(),
        admin: receiver.admin,
        may_write: false,
    };
    let ctx = Ctx { viewer, now, as_of: None };
    let work = work::mine(app, &ctx, false).await?;
    Ok(Digest {
        receiver: receiver.clone(),
        day: now.date_naive(),
        decisions: waiting::mine(app, &ctx).await?,
        questions: waiting::questions(app, &ctx).await?,
        mentions: mention::mine(app, &ctx).await?,
        agreements: work.waiting.into_iter().filter(|row| row.why != "decide").collect(),
        overdue: work.overdue,
        nudges: nudge::mine(app, &ctx).await?,
    })
}

/// A program whose channel is told once a day what waits in it.
#[derive(Clone, Debug)]
pub struct Channel {
    pub program: Program,
    pub watch: Watch,
    pub day: NaiveDate,
}

/// What waits in a program, in figures: its channel is read by many.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Decisions that wait, with the longest in working days.
    pub decisions: Vec<(String, String, i64)>,
    pub nudges: usize,
    /// The items that they are about, and the program where it has no status report.
    pub items: usize,
}

/// The programs with a channel, each with its day, where that is far enough on.
///
/// # Errors
/// When the database is away.
pub async fn channels(app: &App, now: DateTime<Utc>) -> Result<Vec<Channel>> {
    let all = store::watch::programs(&app.db, None).await?;
    let with = all.into_iter().filter(|(_, watch)| !watch.chat_url.is_empty());
    let Some(day) = due_on(now) else { return Ok(Vec::new()) };
    Ok(with.map(|(program, watch)| Channel { program, watch, day }).collect())
}

/// What waits in the program of a channel.
///
/// # Errors
/// When the database is away.
pub async fn summary(app: &App, channel: &Channel, now: DateTime<Utc>) -> Result<Summary> {
    let scope = Scope::Program(channel.program.id);
    let (subjects, unreported) =
        tokio::try_join!(store::subject::all(&app.db, scope), store::subject::unreported(&app.db, scope))?;
    let (terms, day) = (channel.watch.terms(&channel.program), channel.program.today(now));
    let first = unreported.iter().filter(|program| first_report(program, day, &terms).is_some()).count();
    let mut summary = Summary { nudges: first, items: first, ..Summary::default() };
    for subject in &subjects {
        let found = nudges(subject, day, &terms).len();
        summary.nudges += found;
        summary.items += usize::from(found > 0);
        if let Own::Decision(asked) = &subject.own
            && waits(subject.state, asked, day)
        {
            let age = asked.since().map_or(0, |since| terms.calendar.working_days(since, day));
            summary.decisions.push((subject.reference().to_string(), subject.title.clone(), age));
        }
    }
    summary.decisions.sort_by_key(|(reference, _, age)| (std::cmp::Reverse(*age), reference.clone()));
    Ok(summary)
}

/// What could not be delivered, and is not tried again.
///
/// # Errors
/// Forbidden but to administrators.
pub async fn undelivered(app: &App, ctx: &Ctx) -> Result<Vec<Undelivered>> {
    if !ctx.viewer.admin {
        return Err(Error::Forbidden("Only an administrator may see this."));
    }
    Ok(store::watch::undelivered(&app.db, ctx.now.date_naive()).await?)
}

/// Whether the viewer is sent digests.
///
/// # Errors
/// When the database is away.
pub async fn is_wanted(app: &App, ctx: &Ctx) -> Result<bool> {
    Ok(store::watch::wants_digest(&app.db, ctx.viewer.account).await?)
}

/// Switches the viewer's digest on or off.
///
/// # Errors
/// Forbidden to tokens that may only read.
pub async fn want(app: &App, ctx: &Ctx, wanted: bool) -> Result<()> {
    ctx.must_write()?;
    let mut tx = app.db.begin(&ctx.stamp("")).await?;
    store::watch::set_wants_digest(&mut tx, ctx.viewer.account, wanted).await?;
    Ok(tx.commit().await?)
}
