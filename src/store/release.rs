//! Steps of releases that were taken, and what went wrong after them.

use super::{Db, Result, Tx};
use crate::domain::ids::{ItemId, PersonId, ProgramId};
use crate::domain::release::EventKind;
use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

/// A step that was taken.
#[derive(Clone, Debug)]
pub struct Taken {
    pub rollback: bool,
    pub step: String,
    pub done_at: DateTime<Utc>,
    pub done_by: Option<PersonId>,
    pub done_by_name: Option<String>,
}

/// The steps of a release that were taken, in the order of time.
///
/// # Errors
/// When the database refuses.
pub async fn taken(db: &Db, release: ItemId, as_of: Option<NaiveDate>) -> Result<Vec<Taken>> {
    sqlx::query_as!(
        Taken,
        r#"select s.rollback as "rollback!", s.step as "step!", s.done_at as "done_at!", s.done_by as "done_by?: PersonId",
                  p.name as "done_by_name?"
           from release_step_at($2) s left join person p on p.id = s.done_by
           where s.release = $1 order by s.done_at, s.step"#,
        release.0,
        as_of,
    )
    .fetch_all(db.pool())
    .await
}

/// Why a release was launched that was launched on a day, as far as it was said.
///
/// # Errors
/// When the database refuses.
pub async fn launch_reason(db: &Db, release: ItemId, launched_on: NaiveDate) -> Result<Option<String>> {
    let found = sqlx::query_scalar!(
        "select recorded_reason from history.item
         where id = $1 and state = 'launched' and effective_on >= $2 order by entry limit 1",
        release.0,
        launched_on,
    )
    .fetch_optional(db.pool())
    .await?;
    Ok(found.flatten())
}

/// What the versions of a release up to a day say of its launch, and of its being taken back: a version that another of its day took the
/// place of is not in force.
#[derive(Clone, Debug)]
pub struct Turn {
    pub launched_on: Option<NaiveDate>,
    pub rolled_back_on: Option<NaiveDate>,
    pub rollback_reason: String,
    pub in_force: bool,
}

/// Reads them, the first first.
///
/// # Errors
/// When the database refuses.
pub async fn turns(db: &Db, release: ItemId, to: NaiveDate) -> Result<Vec<Turn>> {
    sqlx::query_as!(
        Turn,
        r#"select launched_on, rolled_back_on, rollback_reason as "rollback_reason!", until_on > effective_on as "in_force!"
           from history.release where item = $1 and effective_on <= $2 order by effective_on, until_on"#,
        release.0,
        to,
    )
    .fetch_all(db.pool())
    .await
}

/// Marks a step as taken; whether it wasn't before.
///
/// # Errors
/// When the database refuses.
pub async fn take(
    tx: &mut Tx,
    (release, program): (ItemId, ProgramId),
    (rollback, step): (bool, &str),
    on: NaiveDate,
) -> Result<bool> {
    let (now, actor) = (tx.stamp().now, tx.stamp().actor.map(|id| id.0));
    let done = sqlx::query!(
        "insert into release_step (release, rollback, step, program, done_at, done_by, effective_on)
         values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing",
        release.0,
        rollback,
        step,
        program.0,
        now,
        actor,
        on,
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Marks a step as not taken after all; whether it was taken.
///
/// # Errors
/// When the database refuses.
pub async fn untake(tx: &mut Tx, release: ItemId, rollback: bool, step: &str) -> Result<bool> {
    let gone = sqlx::query!(
        "delete from release_step where release = $1 and rollback = $2 and step = $3",
        release.0,
        rollback,
        step,
    )
    .execute(tx.conn())
    .await?;
    Ok(gone.rows_affected() == 1)
}

/// Something that went wrong.
#[derive(Clone, Debug)]
pub struct Counted {
    pub id: Uuid,
    pub kind: EventKind,
    pub on: NaiveDate,
    pub count: i32,
    pub title: String,
    /// The tool that called; empty where it was typed in.
    pub source: String,
    pub external_id: Option<String>,
}

/// What went wrong with a release, the latest first.
///
/// # Errors
/// When the database refuses.
pub async fn events(db: &Db, release: ItemId, as_of: Option<NaiveDate>) -> Result<Vec<Counted>> {
    sqlx::query_as!(
        Counted,
        r#"select id as "id!", kind as "kind!: EventKind", "on" as "on!", count as "count!", title as "title!",
                  source as "source!", external_id
           from release_event_at($2) where release = $1 order by "on" desc, id desc"#,
        release.0,
        as_of,
    )
    .fetch_all(db.pool())
    .await
}

/// Counts something; whether it wasn't counted before under the name that the other tool gave it.
///
/// # Errors
/// When the database refuses.
pub async fn count(
    tx: &mut Tx,
    (release, program): (ItemId, ProgramId),
    counted: &Counted,
    on: NaiveDate,
) -> Result<bool> {
    let done = sqlx::query!(
        r#"insert into release_event (id, program, release, kind, "on", count, title, source, external_id, effective_on)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) on conflict do nothing"#,
        counted.id,
        program.0,
        release.0,
        counted.kind as EventKind,
        counted.on,
        counted.count,
        counted.title,
        counted.source,
        counted.external_id,
        on,
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Takes back what was counted; what it was.
///
/// # Errors
/// When the database refuses.
pub async fn uncount(tx: &mut Tx, release: ItemId, id: Uuid) -> Result<Option<Counted>> {
    sqlx::query_as!(
        Counted,
        r#"delete from release_event where release = $1 and id = $2
           returning id, kind as "kind: EventKind", "on", count, title, source, external_id"#,
        release.0,
        id,
    )
    .fetch_optional(tx.conn())
    .await
}

/// Who counted what went wrong; none for what a tool sent.
///
/// # Errors
/// When the database refuses.
pub async fn counted_by(tx: &mut Tx, id: Uuid) -> Result<Option<PersonId>> {
    let by = sqlx::query_scalar!(
        r#"select recorded_by as "by: PersonId" from history.release_event where id = $1 and source = '' order by entry limit 1"#,
        id,
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(by.flatten())
}
