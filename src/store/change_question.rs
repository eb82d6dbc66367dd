//! Who was asked about a change request, because it breaks a day by which they need something, and what they answered.

use super::lookup::Reader;
use super::{Db, Result, Tx};
use crate::domain::ids::{ItemId, PersonId, ProgramId};
use crate::domain::kind::Reference;
use chrono::NaiveDate;

/// A question and its answer.
#[derive(Clone, Debug)]
pub struct Question {
    pub dependency: ItemId,
    /// The program of the dependency.
    pub program: ProgramId,
    pub reference: Reference,
    pub title: String,
    /// Who is asked.
    pub person: Option<PersonId>,
    pub name: Option<String>,
    pub needed_by: NaiveDate,
    /// None where what it waits for is removed.
    pub comes_on: Option<NaiveDate>,
    pub asked_on: NaiveDate,
    pub agrees: Option<bool>,
    pub comment: String,
    pub answered_on: Option<NaiveDate>,
    /// Who gave the answer: whoever was asked, or a manager for them.
    pub answered_by: Option<String>,
}

/// The questions of a change request as they stood, the earliest needed first.
///
/// # Errors
/// When the database refuses.
pub async fn of(db: &Db, change: ItemId, as_of: Option<NaiveDate>) -> Result<Vec<Question>> {
    let rows = sqlx::query!(
        r#"select q.dependency as "dependency!: ItemId", i.program as "program!: ProgramId", g.key, i.kind as "kind!: crate::domain::kind::Kind",
                  i.number, i.title, q.person as "person?: PersonId", p.name as "name?", q.needed_by as "needed_by!", q.comes_on,
                  q.asked_on as "asked_on!", q.agrees, q.comment as "comment!", q.answered_on, a.name as "answered_by?"
           from change_question_at($2) q
           join item i on i.id = q.dependency
           join program g on g.id = i.program
           left join person p on p.id = q.person
           left join person a on a.id = q.answered_by
           where q.change = $1
           order by q.needed_by, g.key, i.number"#,
        change.0,
        as_of,
    )
    .fetch_all(db.pool())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Question {
            dependency: row.dependency,
            program: row.program,
            reference: Reference { program: row.key, kind: row.kind, number: row.number },
            title: row.title,
            person: row.person,
            name: row.name,
            needed_by: row.needed_by,
            comes_on: row.comes_on,
            asked_on: row.asked_on,
            agrees: row.agrees,
            comment: row.comment,
            answered_on: row.answered_on,
            answered_by: row.answered_by,
        })
        .collect())
}

/// A question to somebody, as they see it from outside of the program that asks.
#[derive(Clone, Debug)]
pub struct Mine {
    pub change: ItemId,
    pub program: ProgramId,
    pub change_reference: Reference,
    /// The change request's; none where its program is not theirs to see.
    pub change_title: Option<String>,
    pub dependency: ItemId,
    pub reference: Reference,
    pub title: String,
    /// Whether they may see the program of the dependency.
    pub seen: bool,
    pub needed_by: NaiveDate,
    /// None where what it waits for is removed.
    pub comes_on: Option<NaiveDate>,
    pub asked_on: NaiveDate,
    pub agrees: Option<bool>,
    pub comment: String,
    pub answered_on: Option<NaiveDate>,
    pub time_zone: String,
}

/// What somebody is asked, of change requests that are not decided: what they haven't answered first. They need not see the programs.
///
/// # Errors
/// When the database refuses.
pub async fn mine(db: &Db, reader: Reader) -> Result<Vec<Mine>> {
    let rows = sqlx::query!(
        r#"select c.id as "change: ItemId", c.program as "program: ProgramId", cg.key as change_key, c.kind as "change_kind: crate::domain::kind::Kind",
                  c.number as change_number, c.title as change_title, cg.time_zone,
                  ($2 or cg.visibility = 'everyone' or exists (
                      select from membership m where m.program = cg.id and m.person = $1)) as "change_seen!",
                  i.id as "dependency: ItemId", g.key, i.kind as "kind: crate::domain::kind::Kind", i.number, i.title,
                  ($2 or g.visibility = 'everyone' or exists (
                      select from membership m where m.program = g.id and m.person = $1)) as "seen!",
                  q.needed_by, q.comes_on, q.asked_on, q.agrees, q.comment, q.answered_on
           from change_question q
           join item c on c.id = q.change
           join program cg on cg.id = c.program
           join item i on i.id = q.dependency
           join program g on g.id = i.program
           where q.person = $1 and c.state = 'submitted' and c.archived_at is null and cg.archived_at is null
           order by q.agrees is not null, q.needed_by, cg.key, c.number, g.key, i.number"#,
        reader.person.0,
        reader.admin,
    )
    .fetch_all(db.pool())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Mine {
            change: row.change,
            program: row.program,
            change_reference: Reference {
                program: row.change_key,
                kind: row.change_kind,
                number: row.change_number,
            },
            change_title: row.change_seen.then_some(row.change_title),
            dependency: row.dependency,
            reference: Reference { program: row.key, kind: row.kind, number: row.number },
            title: row.title,
            seen: row.seen,
            needed_by: row.needed_by,
            comes_on: row.comes_on,
            asked_on: row.asked_on,
            agrees: row.agrees,
            comment: row.comment,
            answered_on: row.answered_on,
            time_zone: row.time_zone,
        })
        .collect())
}

/// Who stands for the consumer of each of these dependencies: the owner of its milestone, else the lead of its project or team, else
/// whoever owns the dependency.
///
/// # Errors
/// When the database refuses.
pub async fn consumers(db: &Db, dependencies: &[ItemId]) -> Result<Vec<(ItemId, PersonId, String)>> {
    let ids: Vec<_> = dependencies.iter().map(|id| id.0).collect();
    let rows = sqlx::query!(
        r#"select i.id as "id!: ItemId", p.id as "person!: PersonId", p.name as "name!"
           from item i
           join dependency d on d.item = i.id
           left join item m on m.id = d.consumer_milestone
           left join project r on r.id = d.consumer_project
           left join team t on t.id = coalesce(d.consumer_team, r.team)
           join person p on p.id = coalesce(m.owner, r.lead, t.lead, i.owner)
           where i.id = any($1)"#,
        &ids,
    )
    .fetch_all(db.pool())
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.person, row.name)).collect())
}

/// A question to be asked.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    pub dependency: ItemId,
    pub person: Option<PersonId>,
    pub needed_by: NaiveDate,
    pub comes_on: Option<NaiveDate>,
}

/// Asks: what is asked no more is taken away, and an answer stands for as long as it is to the same dates.
///
/// # Errors
/// When the database refuses.
pub async fn ask(
    tx: &mut Tx,
    change: ItemId,
    program: ProgramId,
    asked: &[Asked],
    on: NaiveDate,
) -> Result<()> {
    let ids: Vec<_> = asked.iter().map(|one| one.dependency.0).collect();
    let people: Vec<Option<uuid::Uuid>> = asked.iter().map(|one| one.person.map(|id| id.0)).collect();
    let needed: Vec<_> = asked.iter().map(|one| one.needed_by).collect();
    let comes: Vec<_> = asked.iter().map(|one| one.comes_on).collect();
    sqlx::query!("delete from change_question where change = $1 and dependency <> all($2)", change.0, &ids)
        .execute(tx.conn())
        .await?;
    sqlx::query!(
        "insert into change_question as q (change, dependency, program, person, needed_by, comes_on, asked_on, effective_on)
         select $1, d, $2, p, n, c, $3, $3 from unnest($4::uuid[], $5::uuid[], $6::date[], $7::date[]) a (d, p, n, c)
         on conflict (change, dependency) do update set person = excluded.person, needed_by = excluded.needed_by,
             comes_on = excluded.comes_on, asked_on = excluded.asked_on, agrees = null, comment = '', answered_on = null,
             answered_by = null, effective_on = greatest(q.effective_on, excluded.effective_on)
         where (q.person, q.needed_by, q.comes_on) is distinct from (excluded.person, excluded.needed_by, excluded.comes_on)",
        change.0,
        program.0,
        on,
        &ids,
        &people as &[Option<uuid::Uuid>],
        &needed,
        &comes as &[Option<NaiveDate>],
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Keeps an answer; whether it was asked for.
///
/// # Errors
/// `change_question_comment_length`.
pub async fn answer(
    tx: &mut Tx,
    change: ItemId,
    dependency: ItemId,
    agrees: bool,
    comment: &str,
    on: NaiveDate,
) -> Result<bool> {
    let actor = tx.stamp().actor.map(|id| id.0);
    let written = sqlx::query!(
        "update change_question set agrees = $3, comment = $4, answered_on = $5, answered_by = $6,
             effective_on = greatest(effective_on, $5)
         where change = $1 and dependency = $2",
        change.0,
        dependency.0,
        agrees,
        comment,
        on,
        actor,
    )
    .execute(tx.conn())
    .await?;
    Ok(written.rows_affected() == 1)
}
