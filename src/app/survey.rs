//! Surveys: opened by a manager, answered through a link without an account, and what came of them.

use super::access::Entered;
use super::secret::{self, Secret};
use super::{App, Ctx, Error, Over, Result, WriteMeta, record};
use crate::domain::draft::{Directory, Draft};
use crate::domain::event::Event;
use crate::domain::program::today_in;
use crate::domain::survey::{ANSWER_FIELDS, LEAST_ANSWERS, Results, Survey};
use crate::store::survey::{Answer, Asked, Invitation, Opened};
use crate::store::{self, Stamp, new_id};
use chrono::NaiveDate;
use serde_json::{Map, Value};
use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use uuid::Uuid;

/// A survey with what came of it.
#[derive(Clone, Debug)]
pub struct Shown {
    pub survey: Survey,
    pub results: Results,
    pub answers: Vec<Answer>,
}

/// The surveys of a program, the newest first, without the archived ones.
///
/// # Errors
/// When the database is away.
pub async fn list(app: &App, entered: &Entered) -> Result<Vec<Shown>> {
    let mut all = all(app, entered).await?;
    all.retain(|shown| shown.survey.head.archived_at.is_none());
    Ok(all)
}

/// All surveys, the archived ones too, the latest first.
///
/// # Errors
/// When the database is away.
pub async fn all(app: &App, entered: &Entered) -> Result<Vec<Shown>> {
    let (program, as_of) = (entered.program().id, entered.as_of());
    let mut surveys = store::record::all::<Survey>(&app.db, program, as_of).await?;
    surveys.reverse();
    let invited: HashMap<Uuid, i64> =
        store::survey::invited(&app.db, program, as_of).await?.into_iter().collect();
    let mut answers: HashMap<Uuid, Vec<Answer>> = HashMap::new();
    for (survey, answer) in store::survey::answers(&app.db, program, as_of).await? {
        answers.entry(survey).or_default().push(answer);
    }
    let shown = surveys.into_iter().map(|survey| {
        let mut answers = answers.remove(&survey.head.id).unwrap_or_default();
        let invited = invited.get(&survey.head.id).and_then(|count| u32::try_from(*count).ok());
        let results =
            Results::new(answers.iter().map(|one| (one.value, one.invited)), invited.unwrap_or_default());
        if !results.is_told() {
            answers.clear();
        }
        // Neither by its place nor by its id is it told when an answer came.
        for answer in &mut answers {
            answer.id = without_time(answer.id);
        }
        answers.sort_by_key(|answer| (std::cmp::Reverse(answer.value), answer.id));
        Shown { survey, results, answers }
    });
    Ok(shown.collect())
}

/// An id that stands for another, in which no time is to be read.
fn without_time(id: Uuid) -> Uuid {
    let hash = secret::hash(&id.to_string());
    let bytes = hash.first_chunk().copied().unwrap_or_default();
    uuid::Builder::from_random_bytes(bytes).into_uuid()
}

/// One survey, by its number, archived or not.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn find(app: &App, entered: &Entered, number: i32) -> Result<Shown> {
    all(app, entered).await?.into_iter().find(|one| one.survey.number == number).ok_or(Error::NotFound)
}

/// Opens a survey.
///
/// # Errors
/// Forbidden but for managers; refused with the draft's errors.
pub async fn open(
    app: &App,
    ctx: &Ctx,
    entered: &Entered,
    draft: &Draft,
    meta: &WriteMeta,
) -> Result<Survey> {
    entered.must_manage()?;
    let all = store::record::all::<Survey>(&app.db, entered.program().id, None).await?;
    let number = all.iter().map(|survey| survey.number).max().unwrap_or_default() + 1;
    record::make(app, ctx, entered, draft, meta, |made: &mut Survey, _| made.number = number).await
}

/// Changes a survey.
///
/// # Errors
/// Forbidden but for managers; stale; refused with the draft's errors.
pub async fn edit(
    app: &App,
    ctx: &Ctx,
    entered: &Entered,
    number: i32,
    over: Over,
    draft: &Draft,
    meta: &WriteMeta,
) -> Result<Survey> {
    entered.must_manage()?;
    let id = find(app, entered, number).await?.survey.head.id;
    record::edit(app, ctx, entered, id, over, draft, meta, |_: &mut Survey, _| ()).await
}

/// Archives a survey, so that its links answer nothing more, or brings it back. What was answered stays, and counts.
///
/// # Errors
/// Forbidden but for managers; not found; stale.
pub async fn archive(
    app: &App,
    ctx: &Ctx,
    entered: &Entered,
    number: i32,
    over: Over,
    archived: bool,
) -> Result<()> {
    entered.must_manage()?;
    let id = find(app, entered, number).await?.survey.head.id;
    record::archive::<Survey>(app, ctx, entered, id, over, archived).await
}

/// The stakeholders who can be asked, and who was. Who answered is told to whoever may remind the others, and only as it is now:
/// of a day, or of few, it would tell who gave which answer.
///
/// # Errors
/// When the database is away.
pub async fn people(app: &App, entered: &Entered, survey: &Survey) -> Result<Vec<Asked>> {
    let mut all =
        store::survey::asked(&app.db, entered.program().id, survey.head.id, entered.as_of()).await?;
    let heard = all.iter().filter(|one| one.answered == Some(true)).count();
    if !entered.may_manage() || heard < LEAST_ANSWERS as usize {
        for one in &mut all {
            one.answered = None;
        }
    }
    Ok(all)
}

/// Somebody who was asked, and the secret of their link: told this once.
#[derive(Clone, Debug)]
pub struct Told {
    pub number: i32,
    pub title: String,
    pub secret: Secret,
}

/// Invites stakeholders, by their numbers, to a survey. Who was invited before gets a new link, and the old one opens nothing more.
///
/// # Errors
/// Forbidden but for managers; refused for nobody, for strangers, and where the survey is closed.
pub async fn invite(app: &App, ctx: &Ctx, entered: &Entered, number: i32, who: &[i32]) -> Result<Vec<Told>> {
    entered.must_manage()?;
    let survey = find(app, entered, number).await?.survey;
    if !survey.is_open(entered.today()) {
        return Err(Error::refused("stakeholders", "This survey is closed: nobody can answer it any more."));
    }
    let people = people(app, entered, &survey).await?;
    let who: HashSet<i32> = who.iter().copied().collect();
    let known: HashSet<i32> = people.iter().map(|one| one.number).collect();
    if let Some(stranger) = who.difference(&known).next() {
        let message = format!("There is no active stakeholder {}-SH{stranger}.", entered.key());
        return Err(Error::refused("stakeholders", message));
    }
    let mut told = Vec::new();
    let mut invitations = Vec::new();
    for one in people.into_iter().filter(|one| who.contains(&one.number)) {
        let secret = Secret::new("")?;
        invitations.push(Invitation {
            id: new_id(ctx.now),
            stakeholder: one.stakeholder,
            secret_hash: secret.hash(),
        });
        told.push(Told { number: one.number, title: one.title, secret });
    }
    if told.is_empty() {
        return Err(Error::refused("stakeholders", "Choose who is to be asked."));
    }
    let on = entered.today();
    let mut tx = app.db.begin(&ctx.stamp("")).await?;
    store::survey::invite(&mut tx, entered.program().id, survey.head.id, &invitations, on).await?;
    let event = Event::Invited { survey: number, people: told.len() };
    tx.record(Some(entered.program().id), None, on, &event);
    tx.commit().await?;
    Ok(told)
}

/// What a link opens, and whether it can still be answered. No account is asked for: the secret is the proof.
///
/// # Errors
/// [`Error::NotFound`] for a link that opens nothing.
pub async fn opened(app: &App, secret: &str) -> Result<(Opened, bool)> {
    if secret.is_empty() || secret.len() > 200 {
        return Err(Error::NotFound);
    }
    let opened = store::survey::open(&app.db, &secret::hash(secret)).await?.ok_or(Error::NotFound)?;
    let is_open = opened.survey.is_open(today_in(&opened.time_zone, app.clock.now()));
    Ok((opened, is_open))
}

/// An answer as it was typed.
fn read(values: &Map<String, Value>, id: Uuid, on: NaiveDate, invited: bool) -> Answer {
    let text = |name: &str| values.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let value = values.get("value").and_then(Value::as_i64).and_then(|value| i16::try_from(value).ok());
    Answer { id, value: value.unwrap_or_default(), comment: text("comment"), name: text("name"), on, invited }
}

/// Answers a survey through a link: once an invitation, changed by answering again until it closes. The same again writes nothing.
///
/// # Errors
/// [`Error::NotFound`] for a link that opens nothing; refused once it is closed, and with the draft's errors; [`Error::TooMany`] when
/// an address answered too often.
pub async fn answer(app: &App, secret: &str, draft: &Draft, from: Option<IpAddr>) -> Result<()> {
    if let Some(address) = from {
        let now = app.clock.now();
        app.answering.allow(address, now)?;
        app.answering.failed(address, now);
    }
    let (opened, is_open) = opened(app, secret).await?;
    if !is_open {
        return Err(Error::refused("", "This survey is closed.").with_draft(draft));
    }
    let values = draft.check(ANSWER_FIELDS, &Directory::default())?;
    let now = app.clock.now();
    let on = today_in(&opened.time_zone, now);
    let given = read(&values, new_id(now), on, true);
    let said = |answer: &Answer| (answer.value, answer.comment.clone(), answer.name.clone());
    if opened.answer.as_ref().is_some_and(|before| said(before) == said(&given)) {
        return Ok(());
    }
    let mut tx = app.db.begin(&Stamp { now, actor: None, reason: String::new() }).await?;
    store::survey::answer(&mut tx, &opened.survey, Some(opened.invitation), &given, on).await?;
    // Nothing is told of who answered, or when: only that there is something new to compute.
    tx.touch(Some(opened.program));
    Ok(tx.commit().await?)
}

/// Writes down an answer that was given elsewhere.
///
/// # Errors
/// Forbidden but for managers; refused with the draft's errors.
pub async fn write_down(
    app: &App,
    ctx: &Ctx,
    entered: &Entered,
    number: i32,
    draft: &Draft,
    meta: &WriteMeta,
) -> Result<Answer> {
    entered.must_manage()?;
    let survey = find(app, entered, number).await?.survey;
    if survey.head.archived_at.is_some() {
        return Err(Error::Archived);
    }
    let mut typed = draft.clone();
    let on = crate::domain::draft::date(&typed.0.shift_remove("on").unwrap_or_default())
        .map_err(|why| Error::refused("on", why).with_draft(draft))?
        .unwrap_or_else(|| entered.today());
    if on > entered.today() {
        return Err(Error::refused("on", "That day has not come yet.").with_draft(draft));
    }
    let values = typed.check(ANSWER_FIELDS, &Directory::default())?;
    let effective_on = entered
        .effective_on(meta.effective_on.or(Some(on)), "effective_on")
        .map_err(|error| error.with_draft(draft))?;
    let given = read(&values, new_id(ctx.now), on, false);
    let mut tx = app.db.begin(&ctx.stamp(&meta.reason)).await?;
    store::survey::answer(&mut tx, &survey, None, &given, effective_on).await?;
    tx.touch(Some(entered.program().id));
    tx.commit().await?;
    Ok(Answer { id: without_time(given.id), ..given })
}

/// The numbers of stakeholders that references name: `ATLAS-SH3`, `SH3` or `3`.
///
/// # Errors
/// Refused for what is no stakeholder of the program.
pub fn numbers(entered: &Entered, named: &[String]) -> Result<Vec<i32>> {
    let prefix = format!("{}-", entered.key());
    named
        .iter()
        .map(|name| {
            let short = name.trim().to_uppercase();
            let short = short.strip_prefix(&prefix).unwrap_or(&short);
            let number = short.strip_prefix("SH").unwrap_or(short).parse::<i32>();
            number.map_err(|_| {
                Error::refused("stakeholders", format!("“{name}” is no stakeholder of this program."))
            })
        })
        .collect()
}
