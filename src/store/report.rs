//! Published reports and what hangs on them: what readers thought of them, and the links that show them without an account.

use super::{Db, Error, Result, Tx};
use crate::domain::ids::{ItemId, PersonId, ProgramId};
use crate::domain::report::{About, Weight};
use chrono::{DateTime, NaiveDate, Utc};
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};
use uuid::Uuid;

/// A published report, without what it froze.
#[derive(Clone, Debug)]
pub struct Published {
    pub program: ProgramId,
    pub item: ItemId,
    pub number: i32,
    pub title: String,
    pub period_from: NaiveDate,
    pub period_to: NaiveDate,
    pub published_on: NaiveDate,
    pub published_by: Option<String>,
    /// By dimension, the names of colours.
    pub declared: BTreeMap<String, String>,
    pub computed: BTreeMap<String, String>,
    pub reasons: BTreeMap<String, String>,
    pub revises: Option<ItemId>,
    /// Mean and number of its ratings.
    pub rating: Option<f64>,
    pub ratings: i64,
}

/// By dimension, a text.
fn texts(value: Value) -> Result<BTreeMap<String, String>> {
    serde_json::from_value(value).map_err(|wrong| Error::Decode(wrong.into()))
}

/// What a report says of items beside their titles, as they stood on a day.
///
/// # Errors
/// When the database refuses.
pub async fn about(db: &Db, items: &[ItemId], day: NaiveDate) -> Result<HashMap<ItemId, About>> {
    let ids: Vec<Uuid> = items.iter().map(|id| id.0).collect();
    let rows = sqlx::query!(
        r#"
        select h.id as "id!: ItemId", o.name as "owner?", left(n.recommendation, 200) as "recommendation?",
               e.name as "escalated_to?", coalesce(m.kind = 'gate', false) as "gate!",
               coalesce(m.kind = 'release', false) or exists(
                   select from history.release r
                   join history.item i on i.id = r.item and i.effective_on <= $2 and i.until_on > $2
                   where r.milestone = h.id and r.effective_on <= $2 and r.until_on > $2
                     and i.state in ('planned', 'rolled_back') and i.archived_at is null) as "release!"
        from history.item h
        left join person o on o.id = h.owner
        left join history.decision n on n.item = h.id and n.effective_on <= $2 and n.until_on > $2
        left join person e on e.id = n.escalated_to
        left join history.milestone m on m.item = h.id and m.effective_on <= $2 and m.until_on > $2
        where h.id = any($1) and h.effective_on <= $2 and h.until_on > $2
        "#,
        &ids,
        day,
    )
    .fetch_all(db.pool())
    .await?;
    let about = rows.into_iter().map(|row| {
        let recommendation = row.recommendation.unwrap_or_default();
        let weight = match (row.release, row.gate) {
            (true, _) => Weight::Release,
            (_, true) => Weight::Gate,
            _ => Weight::Plain,
        };
        (row.id, About { owner: row.owner, recommendation, escalated_to: row.escalated_to, weight })
    });
    Ok(about.collect())
}

/// The published reports of programs as they stood, in the order in which they were published.
///
/// # Errors
/// When the database refuses.
pub async fn published(db: &Db, programs: &[ProgramId], as_of: Option<NaiveDate>) -> Result<Vec<Published>> {
    let programs: Vec<Uuid> = programs.iter().map(|program| program.0).collect();
    let rows = sqlx::query!(
        r#"
        select i.program as "program!: ProgramId", i.id as "item!: ItemId", i.number as "number!", i.title as "title!",
               r.period_from as "period_from!", r.period_to as "period_to!", r.published_on as "published_on!",
               p.name as "published_by?", r.declared as "declared!", r.computed as "computed!", r.reasons as "reasons!",
               r.revises as "revises?: ItemId", x.mean as "mean?", coalesce(x.number, 0) as "number_of!"
        from item_at($2) i
        join report_at($2) r on r.item = i.id and r.published_on is not null
        left join person p on p.id = r.published_by
        left join (select report, avg(value)::float8 as mean, count(*) as number from report_rating_at($2) group by report) x
               on x.report = i.id
        where i.program = any($1) and i.kind = 'report' and i.archived_at is null
        order by r.published_on, i.number
        "#,
        &programs,
        as_of,
    )
    .fetch_all(db.pool())
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Published {
                program: row.program,
                item: row.item,
                number: row.number,
                title: row.title,
                period_from: row.period_from,
                period_to: row.period_to,
                published_on: row.published_on,
                published_by: row.published_by,
                declared: texts(row.declared)?,
                computed: texts(row.computed)?,
                reasons: texts(row.reasons)?,
                revises: row.revises,
                rating: row.mean,
                ratings: row.number_of,
            })
        })
        .collect()
}

/// A report that is not published yet.
#[derive(Clone, Debug)]
pub struct Drafted {
    pub number: i32,
    pub title: String,
    pub period_from: NaiveDate,
    pub period_to: NaiveDate,
    pub owner: Option<String>,
}

/// The drafts of a program as they stood, the newest first.
///
/// # Errors
/// When the database refuses.
pub async fn drafts(db: &Db, program: ProgramId, as_of: Option<NaiveDate>) -> Result<Vec<Drafted>> {
    sqlx::query_as!(
        Drafted,
        r#"select i.number as "number!", i.title as "title!", r.period_from as "period_from!", r.period_to as "period_to!",
                  p.name as "owner?"
           from item_at($2) i
           join report_at($2) r on r.item = i.id and r.published_on is null
           left join person p on p.id = i.owner
           where i.program = $1 and i.kind = 'report' and i.archived_at is null
           order by r.period_to desc, i.number desc"#,
        program.0,
        as_of,
    )
    .fetch_all(db.pool())
    .await
}

/// The last report of a program that was published for a period which ends before `period_to`, by number, with what it froze.
///
/// # Errors
/// When the database refuses.
pub async fn before(
    db: &Db,
    program: ProgramId,
    period_to: NaiveDate,
    as_of: Option<NaiveDate>,
) -> Result<Option<(i32, Value)>> {
    let row = sqlx::query!(
        r#"
        select i.number as "number!", r.frozen as "frozen!"
        from item_at($3) i
        join report_at($3) r on r.item = i.id and r.published_on is not null
        where i.program = $1 and i.kind = 'report' and i.archived_at is null and r.period_to < $2
        order by r.period_to desc, r.published_on desc, i.number desc
        limit 1
        "#,
        program.0,
        period_to,
        as_of,
    )
    .fetch_optional(db.pool())
    .await?;
    Ok(row.map(|row| (row.number, row.frozen)))
}

/// The reports that correct a report, by number, and whether each is published.
///
/// # Errors
/// When the database refuses.
pub async fn corrections(db: &Db, report: ItemId, as_of: Option<NaiveDate>) -> Result<Vec<(i32, bool)>> {
    let rows = sqlx::query!(
        r#"select i.number as "number!", r.published_on is not null as "published!"
           from report_at($2) r join item_at($2) i on i.id = r.item and i.archived_at is null
           where r.revises = $1 order by i.number"#,
        report.0,
        as_of,
    )
    .fetch_all(db.pool())
    .await?;
    Ok(rows.into_iter().map(|row| (row.number, row.published)).collect())
}

/// What a reader thought of a report.
#[derive(Clone, Debug)]
pub struct Rating {
    pub person: PersonId,
    pub name: Option<String>,
    pub value: i16,
    pub comment: String,
    pub on: NaiveDate,
}

/// The ratings of a report as they stood, the newest first.
///
/// # Errors
/// When the database refuses.
pub async fn ratings(db: &Db, report: ItemId, as_of: Option<NaiveDate>) -> Result<Vec<Rating>> {
    sqlx::query_as!(
        Rating,
        r#"select r.person as "person!: PersonId", p.name as "name?", r.value as "value!", r.comment as "comment!", r."on" as "on!"
           from report_rating_at($2) r left join person p on p.id = r.person
           where r.report = $1 order by r."on" desc, p.name, r.person"#,
        report.0,
        as_of,
    )
    .fetch_all(db.pool())
    .await
}

/// Writes what a person thinks of a report, over what they thought before.
///
/// # Errors
/// A named constraint that refuses a value.
pub async fn rate(
    tx: &mut Tx,
    program: ProgramId,
    report: ItemId,
    person: PersonId,
    (value, comment): (i16, &str),
    on: NaiveDate,
) -> Result<()> {
    sqlx::query!(
        r#"insert into report_rating (report, person, program, value, comment, "on", effective_on)
           values ($1, $2, $3, $4, $5, $6, $6)
           on conflict (report, person) do update
           set value = excluded.value, comment = excluded.comment, "on" = excluded."on", effective_on = excluded.effective_on"#,
        report.0,
        person.0,
        program.0,
        value,
        comment,
        on,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// A link that shows a report without an account.
#[derive(Clone, Debug)]
pub struct Link {
    pub id: Uuid,
    pub label: String,
    pub created_by: Option<String>,
    pub created_at: DateTime<Utc>,
    pub revoked_at: Option<DateTime<Utc>>,
}

/// The links of a report, the newest first.
///
/// # Errors
/// When the database refuses.
pub async fn links(db: &Db, report: ItemId) -> Result<Vec<Link>> {
    sqlx::query_as!(
        Link,
        r#"select l.id, l.label, p.name as "created_by?", l.created_at, l.revoked_at
           from report_link l left join person p on p.id = l.created_by
           where l.report = $1 order by l.created_at desc, l.id desc"#,
        report.0,
    )
    .fetch_all(db.pool())
    .await
}

/// Writes a new link.
///
/// # Errors
/// A named constraint that refuses a value.
pub async fn insert_link(
    tx: &mut Tx,
    id: Uuid,
    program: ProgramId,
    report: ItemId,
    label: &str,
    secret_hash: &[u8],
    on: NaiveDate,
) -> Result<()> {
    let (now, actor) = (tx.stamp().now, tx.stamp().actor);
    sqlx::query!(
        "insert into report_link (id, program, report, label, secret_hash, created_by, created_at, effective_on)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
        id,
        program.0,
        report.0,
        label,
        secret_hash,
        actor.map(|actor| actor.0),
        now,
        on,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Revokes a link of a report; whether there is such a link. Revoked again, it stays as it is.
///
/// # Errors
/// When the database refuses.
pub async fn revoke_link(tx: &mut Tx, report: ItemId, id: Uuid, on: NaiveDate) -> Result<bool> {
    let now = tx.stamp().now;
    let written = sqlx::query!(
        "update report_link set revoked_at = coalesce(revoked_at, $3), effective_on = greatest(effective_on, $4)
         where id = $1 and report = $2",
        id,
        report.0,
        now,
        on,
    )
    .execute(tx.conn())
    .await?;
    Ok(written.rows_affected() == 1)
}

/// A published report as a link shows it.
#[derive(Clone, Debug)]
pub struct Shared {
    pub title: String,
    /// What it froze.
    pub frozen: Value,
    pub published_on: NaiveDate,
    /// Of its item.
    pub version: i32,
    pub created_at: DateTime<Utc>,
}

/// The report that a link shows; `None` for a link that is unknown or revoked, and for a report or program that is archived.
///
/// # Errors
/// When the database refuses.
pub async fn by_link(db: &Db, secret_hash: &[u8]) -> Result<Option<Shared>> {
    sqlx::query_as!(
        Shared,
        r#"select i.title as "title!", r.frozen as "frozen!", r.published_on as "published_on!", i.version as "version!",
                  i.created_at as "created_at!"
           from report_link l
           join report r on r.item = l.report and r.published_on is not null
           join item i on i.id = l.report and i.archived_at is null
           join program p on p.id = i.program and p.archived_at is null
           where l.secret_hash = $1 and l.revoked_at is null"#,
        secret_hash,
    )
    .fetch_optional(db.pool())
    .await
}
