//! Baselines: the dates that were committed, and what there was to spend.

use super::{Db, Result, Tx};
use crate::domain::ids::{BaselineId, ItemId, PersonId, ProgramId};
use crate::domain::kind::Kind;
use chrono::NaiveDate;
use serde_json::json;
use std::collections::HashSet;

/// A baseline with the dates that it set.
#[derive(Clone, Debug)]
pub struct Baseline {
    pub id: BaselineId,
    /// 0 is the original.
    pub number: i32,
    pub name: String,
    pub reason: String,
    pub made_on: NaiveDate,
    pub made_by: Option<PersonId>,
    /// The name of whoever made it.
    pub maker: Option<String>,
    /// Milestones and activities whose date it set.
    pub items: i64,
    /// What the program had to spend when it was made.
    pub budget: Option<f64>,
    /// The number of the change request whose approval made it.
    pub change: Option<i32>,
}

/// The baselines of a program that had been made by a day, the original first.
///
/// # Errors
/// When the database refuses.
pub async fn all(db: &Db, program: ProgramId, as_of: Option<NaiveDate>) -> Result<Vec<Baseline>> {
    sqlx::query_as!(
        Baseline,
        r#"select b.id as "id: BaselineId", b.number, b.name, b.reason, b.made_on, b.made_by as "made_by?: PersonId", p.name as "maker?",
                  (select count(*) from baseline_date d where d.baseline = b.id
                     and ($2::date is null or b.number > 0 or entered_on(d.item) <= $2)) as "items!",
                  b.budget::float8 as budget, c.number as "change?"
           from baseline b left join person p on p.id = b.made_by left join item c on c.id = b.change
           where b.program = $1 and ($2::date is null or b.made_on <= $2) order by b.number"#,
        program.0,
        as_of,
    )
    .fetch_all(db.pool())
    .await
}

/// A date that a baseline committed.
#[derive(Clone, Debug)]
pub struct Committed {
    pub kind: Kind,
    pub number: i32,
    pub title: String,
    pub committed_on: NaiveDate,
}

/// The dates that a baseline committed for milestones and activities, as far as they had entered it by a day.
///
/// # Errors
/// When the database refuses.
pub async fn dates(db: &Db, baseline: BaselineId, as_of: Option<NaiveDate>) -> Result<Vec<Committed>> {
    sqlx::query_as!(
        Committed,
        r#"select i.kind as "kind: Kind", i.number, i.title, d.committed_on
           from baseline_date d join baseline b on b.id = d.baseline join item i on i.id = d.item
           where d.baseline = $1 and ($2::date is null or b.number > 0 or entered_on(d.item) <= $2)
           order by d.committed_on, i.kind, i.number"#,
        baseline.0,
        as_of,
    )
    .fetch_all(db.pool())
    .await
}

/// A baseline to be made.
#[derive(Clone, Debug)]
pub struct NewBaseline {
    pub id: BaselineId,
    pub program: ProgramId,
    pub name: String,
    pub reason: String,
    pub made_on: NaiveDate,
    pub change: Option<ItemId>,
}

/// A baseline that comes back from a table: its number and its budget.
pub type Restored = (i32, NewBaseline, Option<f64>);

/// Puts first committed dates into the original baseline (number 0), making it when there is none.
///
/// # Errors
/// When the database refuses.
pub async fn commit_originals(
    tx: &mut Tx,
    original: &NewBaseline,
    dates: &[(ItemId, NaiveDate)],
) -> Result<()> {
    let (now, actor) = (tx.stamp().now, tx.stamp().actor);
    let (items, on): (Vec<_>, Vec<_>) = dates.iter().map(|(item, on)| (item.0, *on)).unzip();
    sqlx::query!(
        "with made as (
             insert into baseline (id, program, number, name, reason, made_on, made_at, made_by, budget)
             values ($1, $2, 0, $3, $4, $5, $6, $7, (select budget from program where id = $2))
             on conflict (program, number) do update set made_on = least(baseline.made_on, excluded.made_on) returning id
         )
         insert into baseline_date (baseline, item, committed_on)
         select made.id, d.item, d.committed_on from made, unnest($8::uuid[], $9::date[]) d (item, committed_on)",
        original.id.0,
        original.program.0,
        original.name,
        original.reason,
        original.made_on,
        now,
        actor.map(|id| id.0),
        &items,
        &on,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Takes baselines over as they were made, each with its number: one that is there already gets their name and reason, and the
/// earlier day. Dates are (number, item, date); one that is there stands.
///
/// # Errors
/// When the database refuses.
pub async fn restore(tx: &mut Tx, baselines: &[Restored], dates: &[(i32, ItemId, NaiveDate)]) -> Result<()> {
    let Some(program) = baselines.first().map(|(_, baseline, _)| baseline.program) else { return Ok(()) };
    let now = tx.stamp().now;
    let rows = baselines.iter().map(|(number, baseline, budget)| {
        json!({"id": baseline.id, "program": program, "number": number, "name": baseline.name, "reason": baseline.reason,
            "made_on": baseline.made_on, "made_at": now, "change": baseline.change, "budget": budget})
    });
    sqlx::query!(
        "insert into baseline select * from jsonb_populate_recordset(null::baseline, $1)
         on conflict (program, number) do update set name = excluded.name, reason = excluded.reason, budget = coalesce(excluded.budget, baseline.budget),
             made_on = least(baseline.made_on, excluded.made_on)",
        rows.collect::<serde_json::Value>(),
    )
    .execute(tx.conn())
    .await?;
    let number: Vec<_> = dates.iter().map(|(number, ..)| *number).collect();
    let item: Vec<_> = dates.iter().map(|(_, item, _)| item.0).collect();
    let on: Vec<_> = dates.iter().map(|(.., on)| *on).collect();
    sqlx::query!(
        "insert into baseline_date (baseline, item, committed_on)
         select b.id, d.item, d.committed_on from unnest($2::int[], $3::uuid[], $4::date[]) d (number, item, committed_on)
         join baseline b on b.program = $1 and b.number = d.number on conflict do nothing",
        program.0,
        &number,
        &item,
        &on,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The milestones of a program whose committed date is another than the last baseline says.
///
/// # Errors
/// When the database refuses.
pub async fn committed_otherwise(tx: &mut Tx, program: ProgramId) -> Result<HashSet<ItemId>> {
    let rows = sqlx::query_scalar!(
        r#"select m.item as "item: ItemId" from milestone m
           join (select distinct on (d.item) d.item, d.committed_on from baseline b join baseline_date d on d.baseline = b.id
                 where b.program = $1 order by d.item, b.number desc) last on last.item = m.item
           where m.committed_on is distinct from last.committed_on"#,
        program.0,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().collect())
}

/// The day of a program's original baseline; none where nothing was ever committed.
///
/// # Errors
/// When the database refuses.
pub async fn original_made_on(tx: &mut Tx, program: ProgramId) -> Result<Option<NaiveDate>> {
    sqlx::query_scalar!("select made_on from baseline where program = $1 and number = 0", program.0)
        .fetch_optional(tx.conn())
        .await
}

/// Which of these items have a date in the original baseline.
///
/// # Errors
/// When the database refuses.
pub async fn committed(
    tx: &mut Tx,
    program: ProgramId,
    dates: &[(ItemId, NaiveDate)],
) -> Result<HashSet<ItemId>> {
    if dates.is_empty() {
        return Ok(HashSet::new());
    }
    let items: Vec<_> = dates.iter().map(|(item, _)| item.0).collect();
    let rows = sqlx::query_scalar!(
        r#"select d.item as "item: ItemId" from baseline b join baseline_date d on d.baseline = b.id
           where b.program = $1 and b.number = 0 and d.item = any($2)"#,
        program.0,
        &items,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().collect())
}

/// Makes the next baseline of a program; its number.
///
/// # Errors
/// When the database refuses.
pub async fn insert(
    tx: &mut Tx,
    baseline: &NewBaseline,
    dates: &[(ItemId, NaiveDate)],
) -> Result<(i32, Option<NaiveDate>)> {
    let (now, actor) = (tx.stamp().now, tx.stamp().actor);
    let (items, on): (Vec<_>, Vec<_>) = dates.iter().map(|(item, on)| (item.0, *on)).unzip();
    // Baselines of one program take turns, so that each gets the number after the last.
    sqlx::query!(
        "select pg_advisory_xact_lock(hashtextextended('baseline ' || $1::text, 0)) is null as held",
        baseline.program.0.to_string()
    )
    .fetch_one(tx.conn())
    .await?;
    let made = sqlx::query!(
        r#"with made as (
             insert into baseline (id, program, number, name, reason, made_on, made_at, made_by, change, budget)
             select $1, $2, coalesce(max(number) + 1, 0), $3, $4, $5, $6, $7, $8, (select budget from program where id = $2)
             from baseline where program = $2
             returning id, number
         ), dated as (
             insert into baseline_date (baseline, item, committed_on)
             select made.id, d.item, d.committed_on from made, unnest($9::uuid[], $10::date[]) d (item, committed_on)
         )
         select made.number as "number!", (select max(made_on) from baseline where program = $2) as latest from made"#,
        baseline.id.0,
        baseline.program.0,
        baseline.name,
        baseline.reason,
        baseline.made_on,
        now,
        actor.map(|id| id.0),
        baseline.change.map(|id| id.0),
        &items,
        &on,
    )
    .fetch_one(tx.conn())
    .await?;
    Ok((made.number, made.latest))
}

/// A dated item in two baselines.
#[derive(Clone, Debug)]
pub struct InBoth {
    pub kind: Kind,
    pub number: i32,
    pub title: String,
    pub project: Option<String>,
    /// The date in force with the one baseline, and with the other.
    pub a: Option<NaiveDate>,
    pub b: Option<NaiveDate>,
    /// It was cancelled, or put away, by the day of the later one.
    pub removed: bool,
}

/// The dates in force with two baselines of a program, by their numbers: what a baseline leaves out keeps the date of the one before.
/// `on`: the day on which the later one was made.
///
/// # Errors
/// When the database refuses.
pub async fn compare(db: &Db, program: ProgramId, a: i32, b: i32, on: NaiveDate) -> Result<Vec<InBoth>> {
    sqlx::query_as!(
        InBoth,
        r#"with dated as (
             select distinct on (d.item, side.a) d.item, side.a as is_a, d.committed_on
             from (values (true, $2::int), (false, $3::int)) side (a, number)
             join baseline l on l.program = $1 and l.number <= side.number
             join baseline_date d on d.baseline = l.id
             order by d.item, side.a, l.number desc
           )
           select i.kind as "kind!: Kind", i.number as "number!", i.title as "title!", r.name as "project?",
                  max(d.committed_on) filter (where d.is_a) as a, max(d.committed_on) filter (where not d.is_a) as b,
                  bool_or(s.state = 'cancelled' or s.archived_at is not null) is true as "removed!"
           from dated d
           join item i on i.id = d.item
           left join item_at($4) s on s.id = i.id
           left join project r on r.id = i.project
           group by i.kind, i.number, i.title, r.name
           order by min(d.committed_on), i.kind, i.number"#,
        program.0,
        a,
        b,
        on,
    )
    .fetch_all(db.pool())
    .await
}
