//! Checks of gates, and who signed them off: read as they stand or stood, and written.

use super::{Db, Result, Tx};
use crate::domain::ids::{ItemId, PersonId, ProgramId};
use crate::domain::kind::State;
use crate::domain::readiness::Verdict;
use chrono::NaiveDate;
use uuid::Uuid;

/// A check with the names that a reader wants beside it.
#[derive(Clone, Debug)]
pub struct CheckRow {
    pub item: ItemId,
    pub gate: ItemId,
    pub number: i32,
    pub title: String,
    pub state: State,
    pub owner: Option<PersonId>,
    pub owner_name: Option<String>,
    pub area: String,
    pub criterion: String,
    pub mandatory: bool,
    pub due_on: Option<NaiveDate>,
    pub evidence_title: String,
    pub evidence_url: String,
    /// The tool that called, where the evidence is automatic.
    pub evidence_source: String,
    pub evidence_on: Option<NaiveDate>,
    pub settled_on: Option<NaiveDate>,
    pub settled_by: Option<Uuid>,
    pub settled_by_name: Option<String>,
    pub waiver_reason: String,
    pub waived_until: Option<NaiveDate>,
    pub version: i32,
}

/// The checks of a gate (of all gates for none) that aren't archived, by area.
///
/// # Errors
/// When the database refuses.
pub async fn checks(
    db: &Db,
    program: ProgramId,
    gate: Option<ItemId>,
    as_of: Option<NaiveDate>,
) -> Result<Vec<CheckRow>> {
    sqlx::query_as!(
        CheckRow,
        r#"
        select i.id as "item!: ItemId", c.gate as "gate!: ItemId", i.number as "number!", i.title as "title!",
               i.state as "state!: State", i.owner as "owner?: PersonId", o.name as "owner_name?", c.area::text as "area!",
               c.criterion as "criterion!", c.mandatory as "mandatory!", c.due_on as "due_on?",
               c.evidence_title as "evidence_title!", c.evidence_url as "evidence_url!",
               c.evidence_source as "evidence_source!", c.evidence_on as "evidence_on?", c.settled_on as "settled_on?",
               c.settled_by as "settled_by?", s.name as "settled_by_name?", c.waiver_reason as "waiver_reason!",
               c.waived_until as "waived_until?", i.version as "version!"
        from check_at($3) c
        join item_at($3) i on i.id = c.item
        left join person o on o.id = i.owner
        left join person s on s.id = c.settled_by
        where c.program = $1 and i.program = $1 and ($2::uuid is null or c.gate = $2) and i.archived_at is null
        order by c.area, i.number
        "#,
        program.0,
        gate.map(|gate| gate.0),
        as_of,
    )
    .fetch_all(db.pool())
    .await
}

/// The checks of a gate (of all gates for none) as they stood at the end of the day on which it said its word: of gates that have, as of
/// a day. What is shown of a go / no-go is by these, whatever became of the checks since.
///
/// # Errors
/// When the database refuses.
pub async fn judged(
    db: &Db,
    program: ProgramId,
    gate: Option<ItemId>,
    as_of: Option<NaiveDate>,
) -> Result<Vec<CheckRow>> {
    sqlx::query_as!(
        CheckRow,
        r#"
        select i.id as "item!: ItemId", c.gate as "gate!: ItemId", i.number as "number!", i.title as "title!",
               i.state as "state!: State", i.owner as "owner?: PersonId", o.name as "owner_name?", c.area::text as "area!",
               c.criterion as "criterion!", c.mandatory as "mandatory!", c.due_on as "due_on?",
               c.evidence_title as "evidence_title!", c.evidence_url as "evidence_url!",
               c.evidence_source as "evidence_source!", c.evidence_on as "evidence_on?", c.settled_on as "settled_on?",
               c.settled_by as "settled_by?", s.name as "settled_by_name?", c.waiver_reason as "waiver_reason!",
               c.waived_until as "waived_until?", i.version as "version!"
        from gate_at($3) g
        join history."check" c
          on c.program = $1 and c.gate = g.item and c.effective_on <= g.decided_on and c.until_on > g.decided_on
        join history.item i on i.id = c.item and i.effective_on <= g.decided_on and i.until_on > g.decided_on
        left join person o on o.id = i.owner
        left join person s on s.id = c.settled_by
        where g.program = $1 and ($2::uuid is null or g.item = $2)
          and i.archived_at is null and i.raised_on <= g.decided_on
        order by c.area, i.number
        "#,
        program.0,
        gate.map(|gate| gate.0),
        as_of,
    )
    .fetch_all(db.pool())
    .await
}

/// What a gate has said, if it has said its word: its number and state.
///
/// # Errors
/// When the database refuses.
pub async fn decided(db: &Db, gate: ItemId) -> Result<Option<(i32, State)>> {
    let row = sqlx::query!(
        r#"select i.number, i.state as "state: State" from gate g join item i on i.id = g.item
           where g.item = $1 and g.decided_on is not null"#,
        gate.0,
    )
    .fetch_optional(db.pool())
    .await?;
    Ok(row.map(|row| (row.number, row.state)))
}

/// A gate that goes: its number and state.
///
/// # Errors
/// When the database refuses.
pub async fn went(tx: &mut Tx, gate: ItemId) -> Result<Option<(i32, State)>> {
    let row = sqlx::query!(
        r#"select i.number, i.state as "state: State" from item i
           where i.id = $1 and i.state = 'go'"#,
        gate.0,
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|row| (row.number, row.state)))
}

/// Takes away what roles said of a gate, which begins its review anew; history keeps it.
///
/// # Errors
/// When the database refuses.
pub async fn unsign(tx: &mut Tx, gate: ItemId) -> Result<()> {
    sqlx::query!("delete from sign_off where gate = $1", gate.0).execute(tx.conn()).await?;
    Ok(())
}

/// A gate of a release: its number, its title and its state.
pub type OfRelease = (i32, String, State);

/// The gates of a release, and of its milestone, as they stood at the end of a day.
///
/// # Errors
/// When the database refuses.
pub async fn of_release(
    db: &Db,
    program: ProgramId,
    (release, milestone): (ItemId, Option<Uuid>),
    as_of: Option<NaiveDate>,
) -> Result<Vec<OfRelease>> {
    let rows = sqlx::query!(
        r#"select i.number as "number!", i.title as "title!", i.state as "state!: State"
           from gate_at($4) g join item_at($4) i on i.id = g.item
           where g.program = $1 and i.program = $1 and i.archived_at is null and (g.release = $2 or g.milestone = $3)
           order by i.number"#,
        program.0,
        release.0,
        milestone,
        as_of,
    )
    .fetch_all(db.pool())
    .await?;
    Ok(rows.into_iter().map(|row| (row.number, row.title, row.state)).collect())
}

/// The titles of the open actions that come of a gate, as they stand in this transaction.
///
/// # Errors
/// When the database refuses.
pub async fn open_actions(tx: &mut Tx, gate: ItemId) -> Result<Vec<String>> {
    sqlx::query_scalar!(
        "select i.title from action a join item i on i.id = a.item where a.from_item = $1 and i.open and i.archived_at is null",
        gate.0,
    )
    .fetch_all(tx.conn())
    .await
}

/// A check, as far as it decides whether its gate may go.
#[derive(Clone, Debug)]
pub struct Deciding {
    pub number: i32,
    pub title: String,
    pub state: State,
    pub mandatory: bool,
    pub waived_until: Option<NaiveDate>,
    /// From when it stands as it does.
    pub effective_on: NaiveDate,
}

/// What decides whether a gate may go: its checks, held until the transaction ends.
///
/// # Errors
/// When the database refuses.
pub async fn deciding(tx: &mut Tx, gate: ItemId) -> Result<Vec<Deciding>> {
    sqlx::query_as!(
        Deciding,
        r#"select i.number, i.title, i.state as "state: State", c.mandatory, c.waived_until, i.effective_on
           from "check" c join item i on i.id = c.item
           where c.gate = $1 and i.archived_at is null
           order by i.number for share of i"#,
        gate.0,
    )
    .fetch_all(tx.conn())
    .await
}

/// The criteria of the checks of a gate that aren't archived, as they stand in this transaction.
///
/// # Errors
/// When the database refuses.
pub async fn criteria(tx: &mut Tx, gate: ItemId) -> Result<Vec<String>> {
    sqlx::query_scalar!(
        r#"select c.criterion from "check" c join item i on i.id = c.item where c.gate = $1 and i.archived_at is null"#,
        gate.0,
    )
    .fetch_all(tx.conn())
    .await
}

/// What a role said of a gate.
#[derive(Clone, Debug)]
pub struct SignOffRow {
    pub gate: ItemId,
    pub role: String,
    pub person: Option<PersonId>,
    pub person_name: Option<String>,
    pub verdict: Verdict,
    pub comment: String,
    pub on: NaiveDate,
    /// Who wrote it down for whoever holds the role, and why; nobody where they signed themselves.
    pub signed_by: Option<PersonId>,
    pub signed_by_name: Option<String>,
    pub on_behalf_reason: String,
}

/// What the roles of a gate (of all gates for none) said, by role.
///
/// # Errors
/// When the database refuses.
pub async fn sign_offs(
    db: &Db,
    program: ProgramId,
    gate: Option<ItemId>,
    as_of: Option<NaiveDate>,
) -> Result<Vec<SignOffRow>> {
    sqlx::query_as!(
        SignOffRow,
        r#"
        select s.gate as "gate!: ItemId", s.role as "role!", s.person as "person?: PersonId", p.name as "person_name?",
               s.verdict as "verdict!: Verdict", s.comment as "comment!", s."on" as "on!",
               s.signed_by as "signed_by?: PersonId", w.name as "signed_by_name?", s.on_behalf_reason as "on_behalf_reason!"
        from sign_off_at($3) s
        left join person p on p.id = s.person
        left join person w on w.id = s.signed_by
        where s.program = $1 and ($2::uuid is null or s.gate = $2)
        order by lower(s.role), s.role
        "#,
        program.0,
        gate.map(|gate| gate.0),
        as_of,
    )
    .fetch_all(db.pool())
    .await
}

/// What the roles of a gate said, held until the transaction ends.
///
/// # Errors
/// When the database refuses.
pub async fn signed(tx: &mut Tx, gate: ItemId) -> Result<Vec<(String, Verdict)>> {
    let rows = sqlx::query!(
        r#"select role, verdict as "verdict: Verdict" from sign_off where gate = $1 for share"#,
        gate.0,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| (row.role, row.verdict)).collect())
}

/// A sign-off, to be written.
#[derive(Clone, Debug)]
pub struct SignOff {
    pub gate: ItemId,
    pub program: ProgramId,
    pub role: String,
    pub person: PersonId,
    pub verdict: Verdict,
    pub comment: String,
    pub on: NaiveDate,
    /// Who writes it down for somebody else, and why.
    pub on_behalf: Option<(PersonId, String)>,
}

/// Writes what a role says, in the place of what it said before.
///
/// # Errors
/// `sign_off_role_length`, `sign_off_on_behalf_length`.
pub async fn sign(tx: &mut Tx, said: &SignOff) -> Result<()> {
    sqlx::query!(
        r#"insert into sign_off as s (gate, role, program, person, verdict, comment, "on", signed_by, on_behalf_reason, effective_on)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, greatest($7, (
               -- What was signed before its review began anew held until then.
               select max(h.until_on) from history.sign_off h where h.gate = $1 and h.role = $2 and h.until_on <> 'infinity')))
           on conflict (gate, role) do update set person = excluded.person, verdict = excluded.verdict,
               comment = excluded.comment, "on" = excluded."on", signed_by = excluded.signed_by,
               on_behalf_reason = excluded.on_behalf_reason, effective_on = greatest(s.effective_on, excluded.effective_on)"#,
        said.gate.0,
        said.role,
        said.program.0,
        said.person.0,
        said.verdict as Verdict,
        said.comment,
        said.on,
        said.on_behalf.as_ref().map(|(by, _)| by.0),
        said.on_behalf.as_ref().map_or("", |(_, why)| why.as_str()),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
