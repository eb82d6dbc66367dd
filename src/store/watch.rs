//! What programs watch, when they were last seen to, and which digests were tried.

use super::program::columns_to_program;
use super::{Db, Result, Tx};
use crate::domain::ids::{AccountId, PersonId, ProgramId};
use crate::domain::nudge::Rule;
use crate::domain::program::Program;
use crate::domain::watch::{ChatForm, Watch};
use chrono::{DateTime, NaiveDate, Utc};
use serde_json::Value;
use uuid::Uuid;

/// What a program watches: of the one, as it stood on a day.
///
/// # Errors
/// When the database refuses.
pub async fn of(db: &Db, program: ProgramId, as_of: Option<NaiveDate>) -> Result<Watch> {
    let row = sqlx::query!(
        r#"select rules_off as "rules_off!", levels as "levels!", report_every_days as "report_every_days!",
                  chat_url as "chat_url!", chat_form as "chat_form!: ChatForm", version as "version!"
           from watch_at($2) where program = $1"#,
        program.0,
        as_of,
    )
    .fetch_optional(db.pool())
    .await?;
    row.map_or_else(
        || Ok(Watch::default()),
        |row| {
            watch(&row.rules_off, row.levels, row.report_every_days, row.chat_url, row.chat_form, row.version)
        },
    )
}

fn watch(
    off: &[String],
    levels: Value,
    report_every_days: i16,
    chat_url: String,
    chat_form: ChatForm,
    version: i32,
) -> Result<Watch> {
    let levels = serde_json::from_value(levels).map_err(|wrong| super::Error::Decode(wrong.into()))?;
    let rules_off = off.iter().filter_map(|name| Rule::from_name(name)).collect();
    Ok(Watch { rules_off, levels, report_every_days, chat_url, chat_form, version })
}

/// Programs with what they watch, in one query: those given, or all that are neither closed, on hold nor archived.
///
/// # Errors
/// When the database refuses.
pub async fn programs(db: &Db, which: Option<&[ProgramId]>) -> Result<Vec<(Program, Watch)>> {
    let ids: Option<Vec<Uuid>> = which.map(|which| which.iter().map(|id| id.0).collect());
    let rows = sqlx::query!(
        r#"select to_jsonb(p) as "program!", w.rules_off as "rules_off?", w.levels as "levels?",
                  w.report_every_days as "report_every_days?", w.chat_url as "chat_url?", w.chat_form as "chat_form?: ChatForm",
                  w.version as "version?"
           from program p left join watch w on w.program = p.id
           where ($1::uuid[] is not null and p.id = any($1))
              or ($1::uuid[] is null and p.archived_at is null and p.state not in ('closed', 'on_hold'))
           order by p.key"#,
        ids.as_deref(),
    )
    .fetch_all(db.pool())
    .await?;
    rows.into_iter()
        .map(|row| {
            let watch = match (row.rules_off, row.levels, row.report_every_days, row.chat_url, row.chat_form)
            {
                (Some(off), Some(levels), Some(every), Some(url), Some(form)) => {
                    watch(&off, levels, every, url, form, row.version.unwrap_or(0))?
                }
                _ => Watch::default(),
            };
            Ok((columns_to_program(row.program)?, watch))
        })
        .collect()
}

/// Writes what a program watches over the version before; whether that was still the one.
///
/// # Errors
/// A named constraint that refuses a value.
pub async fn set(tx: &mut Tx, program: ProgramId, watch: &Watch, on: NaiveDate) -> Result<bool> {
    let off: Vec<String> = watch.rules_off.iter().map(|rule| rule.name().to_owned()).collect();
    let levels = serde_json::to_value(&watch.levels).unwrap_or_default();
    let written = sqlx::query!(
        "insert into watch (program, rules_off, levels, report_every_days, chat_url, chat_form, version, effective_on)
         values ($1, $2, $3, $4, $5, $6, $7, $8)
         on conflict (program) do update
         set rules_off = excluded.rules_off, levels = excluded.levels, report_every_days = excluded.report_every_days,
             chat_url = excluded.chat_url, chat_form = excluded.chat_form, version = excluded.version,
             effective_on = greatest(watch.effective_on, excluded.effective_on)
         where watch.version = excluded.version - 1",
        program.0,
        &off,
        levels,
        watch.report_every_days,
        watch.chat_url,
        watch.chat_form as ChatForm,
        watch.version,
        on,
    )
    .execute(tx.conn())
    .await?;
    Ok(written.rows_affected() == 1)
}

/// The programs that were last seen to before a day of theirs. Each comes with its time zone.
///
/// # Errors
/// When the database refuses.
pub async fn runs(db: &Db) -> Result<Vec<(ProgramId, String, Option<NaiveDate>)>> {
    let rows = sqlx::query!(
        r#"select p.id as "id: ProgramId", p.time_zone, r.day as "day?"
           from program p left join watch_run r on r.program = p.id
           where p.archived_at is null and p.state not in ('closed', 'on_hold') order by p.key"#
    )
    .fetch_all(db.pool())
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.time_zone, row.day)).collect())
}

/// Takes the turn of a program for a day, until this transaction ends: false where another server has it, or the day was seen to.
///
/// # Errors
/// When the database refuses.
pub async fn take_turn(tx: &mut Tx, program: ProgramId, day: NaiveDate) -> Result<bool> {
    sqlx::query_scalar!(
        r#"select (pg_try_advisory_xact_lock(hashtextextended('plumbline watch ' || $1::text, 0))
                   and not exists (select from watch_run where program = $1::uuid and day >= $2)) as "taken!""#,
        program.0 as Uuid,
        day,
    )
    .fetch_one(tx.conn())
    .await
}

/// Notes that a program was seen to on a day.
///
/// # Errors
/// When the database refuses.
pub async fn ran(tx: &mut Tx, program: ProgramId, day: NaiveDate, nudges: i32, escalated: i32) -> Result<()> {
    let now = tx.stamp().now;
    sqlx::query!(
        "insert into watch_run (program, day, run_at, nudges, escalated) values ($1, $2, $3, $4, $5)
         on conflict (program) do update
         set day = excluded.day, run_at = excluded.run_at, nudges = excluded.nudges, escalated = excluded.escalated",
        program.0,
        day,
        now,
        nudges,
        escalated,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Somebody who wants the digest and has not been tried for it on a day, or was and it failed.
#[derive(Clone, Debug)]
pub struct Receiver {
    pub account: AccountId,
    pub person: PersonId,
    pub name: String,
    pub email: String,
    pub admin: bool,
}

/// Who is to be sent a digest on a day: holders of accounts who want it, but for those to whom it was sent, of whose try nobody
/// knows how it ended, or for whom it failed too often or just now.
///
/// # Errors
/// When the database refuses.
pub async fn receivers(db: &Db, day: NaiveDate, now: DateTime<Utc>) -> Result<Vec<Receiver>> {
    sqlx::query_as!(
        Receiver,
        r#"select a.id as "account: AccountId", a.person as "person: PersonId", p.name, a.email, a.admin
           from account a join person p on p.id = a.person
           left join digest d on d.receiver = a.person and d.day = $1
           where a.digest and a.disabled_at is null and p.archived_at is null
             and (d.receiver is null or (d.failure is not null and d.sent_at is null and d.tries < 6
                                         and d.tried_at < $2::timestamptz - interval '10 minutes'))
           order by a.email"#,
        day,
        now,
    )
    .fetch_all(db.pool())
    .await
}

/// Takes the turn to send somebody (or a program's channel) what is due on a day; false where it was sent, is being sent, or
/// failed too often or just now.
///
/// # Errors
/// When the database refuses.
pub async fn claim(db: &Db, receiver: Uuid, day: NaiveDate, now: DateTime<Utc>) -> Result<bool> {
    let taken = sqlx::query!(
        "insert into digest (receiver, day, tried_at) values ($1, $2, $3)
         on conflict (receiver, day) do update set tries = digest.tries + 1, tried_at = excluded.tried_at, failure = null
         where digest.failure is not null and digest.sent_at is null and digest.tries < 6
           and digest.tried_at < excluded.tried_at - interval '10 minutes'",
        receiver,
        day,
        now,
    )
    .execute(db.pool())
    .await?;
    Ok(taken.rows_affected() == 1)
}

/// Notes how a try ended.
///
/// # Errors
/// When the database refuses.
pub async fn ended(
    db: &Db,
    receiver: Uuid,
    day: NaiveDate,
    now: DateTime<Utc>,
    failure: Option<&str>,
) -> Result<()> {
    sqlx::query!(
        "update digest set failure = $3, sent_at = case when $3::text is null then $4::timestamptz end
         where receiver = $1 and day = $2",
        receiver,
        day,
        failure,
        now,
    )
    .execute(db.pool())
    .await?;
    Ok(())
}

/// What could not be delivered: it is not tried again.
#[derive(Clone, Debug)]
pub struct Undelivered {
    /// To whom: a person, or the channel of a program.
    pub person: Option<String>,
    pub program: Option<String>,
    pub day: NaiveDate,
    pub tries: i16,
    pub tried_at: DateTime<Utc>,
    pub failure: String,
}

/// What could not be delivered as often as it was tried, or on the day for which it was: the latest first, 500 at most.
///
/// # Errors
/// When the database refuses.
pub async fn undelivered(db: &Db, today: NaiveDate) -> Result<Vec<Undelivered>> {
    sqlx::query_as!(
        Undelivered,
        r#"select p.name as "person?", g.key as "program?", d.day, d.tries, d.tried_at, d.failure as "failure!"
           from digest d
           left join person p on p.id = d.receiver
           left join program g on g.id = d.receiver
           where d.failure is not null and d.sent_at is null and (d.tries >= 6 or d.day < $1)
           order by d.tried_at desc, p.name, g.key limit 500"#,
        today,
    )
    .fetch_all(db.pool())
    .await
}

/// Whether the holder of an account wants the digest.
///
/// # Errors
/// When the database refuses.
pub async fn wants_digest(db: &Db, account: AccountId) -> Result<bool> {
    sqlx::query_scalar!("select digest from account where id = $1", account.0).fetch_one(db.pool()).await
}

/// Says whether the holder of an account wants the digest.
///
/// # Errors
/// When the database refuses.
pub async fn set_wants_digest(tx: &mut Tx, account: AccountId, wanted: bool) -> Result<()> {
    sqlx::query!("update account set digest = $2 where id = $1", account.0, wanted)
        .execute(tx.conn())
        .await?;
    Ok(())
}
