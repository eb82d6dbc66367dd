//! Decisions that wait, with what they hold up and what was asked about them.

use super::lookup::Reader;
use super::{Db, Result, Tx};
use crate::domain::decision::Choice;
use crate::domain::ids::{ItemId, PersonId, ProgramId};
use crate::domain::kind::{Kind, Reference, State};
use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

/// Whose decisions to read.
#[derive(Clone, Copy, Debug)]
pub enum Scope {
    Program(ProgramId),
    /// What was escalated to them; and what was escalated to nobody, of programs that they manage and of what they own.
    Person(PersonId),
}

/// A decision that waits.
#[derive(Clone, Debug)]
pub struct Row {
    pub item: ItemId,
    pub program: ProgramId,
    pub key: String,
    pub program_name: String,
    pub number: i32,
    pub title: String,
    pub owner: Option<PersonId>,
    pub owner_name: Option<String>,
    pub state: State,
    pub version: i32,
    pub context: String,
    pub options: Vec<Choice>,
    pub recommendation: String,
    pub if_undecided: String,
    pub needed_by: Option<NaiveDate>,
    pub requested_on: Option<NaiveDate>,
    pub escalated_on: Option<NaiveDate>,
    pub escalated_to: Option<PersonId>,
    pub escalated_name: Option<String>,
    pub level: Option<i16>,
    pub level_on: Option<NaiveDate>,
    pub deferred_until: Option<NaiveDate>,
}

/// The decisions that wait for a decision (those that are put off among them, whose day is the caller's to look at).
///
/// # Errors
/// When the database refuses.
pub async fn decisions(db: &Db, scope: Scope, reader: Reader, as_of: Option<NaiveDate>) -> Result<Vec<Row>> {
    let (program, person) = match scope {
        Scope::Program(program) => (Some(program.0), None),
        Scope::Person(person) => (None, Some(person.0)),
    };
    let rows = sqlx::query!(
        r#"
        select i.id as "item!: ItemId", i.program as "program!: ProgramId", g.key, g.name, i.number as "number!", i.title as "title!",
               i.owner as "owner: PersonId", p.name as "owner_name?", i.state as "state!: State", i.version as "version!",
               d.context as "context!", d.options as "options!", d.recommendation as "recommendation!",
               d.if_undecided as "if_undecided!", d.needed_by, d.requested_on, d.escalated_on,
               d.escalated_to as "escalated_to: PersonId", e.name as "escalated_name?", d.escalation_level, d.level_on,
               d.deferred_until
        from decision_at($3) d
        join item_at($3) i on i.id = d.item
        join program g on g.id = i.program
        left join person p on p.id = i.owner
        left join person e on e.id = d.escalated_to
        where i.state in ('waiting', 'deferred') and i.archived_at is null and g.archived_at is null
          and ($1::uuid is null or d.program = $1)
          and ($2::uuid is null or d.escalated_to = $2
               or (d.escalated_to is null and (g.manager = $2 or i.owner = $2)))
          and ($4 or g.visibility = 'everyone' or exists (select from membership m where m.program = g.id and m.person = $5))
        order by d.needed_by nulls last, g.key, i.number
        limit 200
        "#,
        program,
        person,
        as_of,
        reader.admin,
        reader.person.0,
    )
    .fetch_all(db.pool())
    .await?;
    rows.into_iter()
        .map(|row| {
            let options =
                serde_json::from_value(row.options).map_err(|wrong| super::Error::Decode(wrong.into()))?;
            Ok(Row {
                item: row.item,
                program: row.program,
                key: row.key,
                program_name: row.name,
                number: row.number,
                title: row.title,
                owner: row.owner,
                owner_name: row.owner_name,
                state: row.state,
                version: row.version,
                context: row.context,
                options,
                recommendation: row.recommendation,
                if_undecided: row.if_undecided,
                needed_by: row.needed_by,
                requested_on: row.requested_on,
                escalated_on: row.escalated_on,
                escalated_to: row.escalated_to,
                escalated_name: row.escalated_name,
                level: row.escalation_level,
                level_on: row.level_on,
                deferred_until: row.deferred_until,
            })
        })
        .collect()
}

/// How many decisions wait on a day for others than a person, in programs that they manage: key, name, how many.
///
/// # Errors
/// When the database refuses.
pub async fn with_others(
    db: &Db,
    person: PersonId,
    day: NaiveDate,
    as_of: Option<NaiveDate>,
) -> Result<Vec<(String, String, i64)>> {
    let rows = sqlx::query!(
        r#"
        select g.key, g.name, count(*) as "count!"
        from decision_at($3) d
        join item_at($3) i on i.id = d.item
        join program g on g.id = i.program
        join membership m on m.program = g.id and m.person = $1 and m.role = 'manager'
        where (i.state = 'waiting' or (i.state = 'deferred' and d.deferred_until <= $2))
          and i.archived_at is null and g.archived_at is null
          and d.escalated_to is distinct from $1
          and not (d.escalated_to is null and (g.manager is not distinct from $1 or i.owner is not distinct from $1))
        group by g.key, g.name
        order by g.key
        "#,
        person.0,
        day,
        as_of,
    )
    .fetch_all(db.pool())
    .await?;
    Ok(rows.into_iter().map(|row| (row.key, row.name, row.count)).collect())
}

/// What a decision holds up.
#[derive(Clone, Debug)]
pub struct Held {
    pub decision: ItemId,
    pub relation: String,
    pub item: ItemId,
    pub reference: Reference,
    pub title: String,
    pub next_on: Option<NaiveDate>,
}

/// What decisions block, threaten or decide, of what is still to come and the reader may see.
///
/// # Errors
/// When the database refuses.
pub async fn held_up(
    db: &Db,
    decisions: &[ItemId],
    reader: Reader,
    as_of: Option<NaiveDate>,
) -> Result<Vec<Held>> {
    let ids: Vec<Uuid> = decisions.iter().map(|id| id.0).collect();
    let rows = sqlx::query!(
        r#"
        select l.from_item as "decision!: ItemId", l.relation::text as "relation!", i.id as "item!: ItemId", g.key,
               i.kind as "kind!: Kind", i.number as "number!", i.title as "title!", i.next_on
        from link_at($2) l
        join item_at($2) i on i.id = l.to_item
        join program g on g.id = i.program
        where l.from_item = any($1) and l.relation in ('blocks', 'threatens', 'decides') and i.open and i.archived_at is null
          and ($3 or g.visibility = 'everyone' or exists (select from membership m where m.program = g.id and m.person = $4))
        order by i.kind, i.next_on nulls last, g.key, i.number
        "#,
        &ids,
        as_of,
        reader.admin,
        reader.person.0,
    )
    .fetch_all(db.pool())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Held {
            decision: row.decision,
            relation: row.relation,
            item: row.item,
            reference: Reference { program: row.key, kind: row.kind, number: row.number },
            title: row.title,
            next_on: row.next_on,
        })
        .collect())
}

/// A question about an item that its person has not answered.
#[derive(Clone, Debug)]
pub struct Question {
    pub item: ItemId,
    pub reference: Reference,
    pub title: String,
    pub person: PersonId,
    pub asked_by: Option<String>,
    pub body: String,
    pub asked_at: DateTime<Utc>,
}

/// Keeps that a comment asks somebody.
///
/// # Errors
/// When the database refuses.
pub async fn ask(tx: &mut Tx, comment: Uuid, item: ItemId, person: PersonId) -> Result<()> {
    sqlx::query!(
        "insert into question (comment, item, person) values ($1, $2, $3)",
        comment,
        item.0,
        person.0,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The questions that are open: of somebody (about what they may see), or about these items. One is answered by a later comment of the person
/// asked, and falls away when the item is done with.
///
/// # Errors
/// When the database refuses.
pub async fn questions(db: &Db, of: Option<Reader>, about: &[ItemId]) -> Result<Vec<Question>> {
    let items: Vec<Uuid> = about.iter().map(|id| id.0).collect();
    let rows = sqlx::query!(
        r#"
        select q.item as "item: ItemId", g.key, i.kind as "kind: Kind", i.number, i.title, q.person as "person: PersonId",
               p.name as "asked_by?", c.body, c.created_at
        from question q
        join comment c on c.id = q.comment
        join item i on i.id = q.item
        join program g on g.id = i.program
        left join person p on p.id = c.author
        where (($1::uuid is null and q.item = any($3))
               or (q.person = $1 and ($2 or g.visibility = 'everyone'
                   or exists (select from membership m where m.program = g.id and m.person = $1))))
          and i.open and i.archived_at is null and g.archived_at is null
          and not exists (select from comment a where a.item = q.item and a.author = q.person and (a.created_at, a.id) > (c.created_at, c.id))
        order by c.created_at, c.id
        "#,
        of.map(|reader| reader.person.0),
        of.is_some_and(|reader| reader.admin),
        &items,
    )
    .fetch_all(db.pool())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Question {
            item: row.item,
            reference: Reference { program: row.key, kind: row.kind, number: row.number },
            title: row.title,
            person: row.person,
            asked_by: row.asked_by,
            body: row.body,
            asked_at: row.created_at,
        })
        .collect())
}
