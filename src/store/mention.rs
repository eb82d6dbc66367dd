//! People who are mentioned in items' texts and comments.

use super::lookup::Reader;
use super::search::pattern;
use super::{Db, Result, Tx};
use crate::domain::ids::{ItemId, PersonId, ProgramId};
use crate::domain::kind::{Kind, Reference};
use crate::domain::mention::Known;
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

/// Those whom one of these names may stand for, and who may see the program: nobody else can be mentioned there.
///
/// # Errors
/// When the database refuses.
pub async fn known(db: &Db, program: ProgramId, names: &[String]) -> Result<Vec<Known>> {
    let mut conn = db.pool().acquire().await?;
    find(&mut conn, program, names).await
}

/// The same, in a transaction.
///
/// # Errors
/// When the database refuses.
pub async fn known_in(tx: &mut Tx, program: ProgramId, names: &[String]) -> Result<Vec<Known>> {
    find(tx.conn(), program, names).await
}

async fn find(conn: &mut PgConnection, program: ProgramId, names: &[String]) -> Result<Vec<Known>> {
    sqlx::query_as!(
        Known,
        r#"
        select p.id as "person: PersonId", p.name, p.handle
        from person p
        join program g on g.id = $1
        where p.archived_at is null
          and (lower(p.name) = any($2) or lower(split_part(p.name, ' ', 1)) = any($2) or ltrim(lower(p.handle), '@') = any($2))
          and (exists (select from membership m where m.program = g.id and m.person = p.id)
               or exists (select from account a where a.person = p.id and a.disabled_at is null
                          and (a.admin or g.visibility = 'everyone')))
        "#,
        program.0,
        names,
    )
    .fetch_all(conn)
    .await
}

/// Those who can be mentioned in a program and one of whose names, or whose handle, begins with a text: at most eight, by name.
///
/// # Errors
/// When the database refuses.
pub async fn beginning(db: &Db, program: ProgramId, text: &str) -> Result<Vec<Known>> {
    let anywhere = pattern(text);
    let start = &anywhere[1..];
    sqlx::query_as!(
        Known,
        r#"
        select p.id as "person: PersonId", p.name, p.handle
        from person p
        join program g on g.id = $1
        where p.archived_at is null
          and (p.name ilike $2 or p.name ilike '% ' || $2 or ltrim(p.handle, '@') ilike $2)
          and (exists (select from membership m where m.program = g.id and m.person = p.id)
               or exists (select from account a where a.person = p.id and a.disabled_at is null
                          and (a.admin or g.visibility = 'everyone')))
        order by p.name, p.handle, p.id limit 8
        "#,
        program.0,
        start,
    )
    .fetch_all(db.pool())
    .await
}

/// Keeps who is mentioned, each in an item: in a comment, which tells them anew, or in a text, which tells them once.
///
/// # Errors
/// When the database refuses.
pub async fn keep(tx: &mut Tx, mentioned: &[(ItemId, PersonId)], comment: Option<Uuid>) -> Result<()> {
    let items: Vec<Uuid> = mentioned.iter().map(|(item, _)| item.0).collect();
    let people: Vec<Uuid> = mentioned.iter().map(|(_, person)| person.0).collect();
    let (now, author) = (tx.stamp().now, tx.stamp().actor.map(|id| id.0));
    sqlx::query!(
        "insert into person_mention as m (item, person, author, comment, mentioned_at)
         select i, p, $3, $4, $5 from unnest($1::uuid[], $2::uuid[]) n (i, p) where p is distinct from $3
         on conflict (item, person) do update set author = excluded.author, comment = excluded.comment,
             mentioned_at = excluded.mentioned_at, seen_at = null
         where excluded.comment is not null",
        &items,
        &people,
        author,
        comment,
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Where somebody is mentioned.
#[derive(Clone, Debug)]
pub struct Mention {
    pub reference: Reference,
    pub title: String,
    pub author: Option<String>,
    pub mentioned_at: DateTime<Utc>,
    /// What the comment says; none where a text of the item names them.
    pub body: Option<String>,
}

/// Where a reader is mentioned in what they may see, and have neither seen it nor written a comment since: the latest first.
///
/// # Errors
/// When the database refuses.
pub async fn mine(db: &Db, reader: Reader) -> Result<Vec<Mention>> {
    let rows = sqlx::query!(
        r#"
        select g.key, i.kind as "kind: Kind", i.number, i.title, a.name as "author?", m.mentioned_at, c.body as "body?"
        from person_mention m
        join item i on i.id = m.item
        join program g on g.id = i.program
        left join person a on a.id = m.author
        left join comment c on c.id = m.comment
        where m.person = $1 and m.seen_at is null and i.archived_at is null and g.archived_at is null
          and ($2 or g.visibility = 'everyone' or exists (select from membership s where s.program = g.id and s.person = $1))
          and not exists (select from comment o where o.item = m.item and o.author = $1 and o.created_at > m.mentioned_at)
        order by m.mentioned_at desc, g.key, i.kind, i.number
        limit 200
        "#,
        reader.person.0,
        reader.admin,
    )
    .fetch_all(db.pool())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Mention {
            reference: Reference { program: row.key, kind: row.kind, number: row.number },
            title: row.title,
            author: row.author,
            mentioned_at: row.mentioned_at,
            body: row.body,
        })
        .collect())
}

/// Keeps that somebody has seen where they are mentioned; whether they were.
///
/// # Errors
/// When the database refuses.
pub async fn see(db: &Db, person: PersonId, reference: &Reference, now: DateTime<Utc>) -> Result<bool> {
    let seen = sqlx::query!(
        "update person_mention m set seen_at = coalesce(m.seen_at, $5)
         from item i join program g on g.id = i.program
         where i.id = m.item and m.person = $1 and g.key = $2 and i.kind = $3 and i.number = $4",
        person.0,
        reference.program,
        reference.kind as Kind,
        reference.number,
        now,
    )
    .execute(db.pool())
    .await?;
    Ok(seen.rows_affected() > 0)
}
