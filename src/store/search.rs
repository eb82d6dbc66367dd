//! Search over everything that a reader may see: items by their words, and programs, projects, people and teams by name.

use super::{Db, Result};
use crate::domain::kind::{Kind, Reference, State};
use crate::store::lookup::Reader;
use chrono::NaiveDate;

/// A text as a pattern of `ilike` that finds it anywhere.
#[must_use]
pub fn pattern(text: &str) -> String {
    format!("%{}%", text.trim().replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"))
}

/// Words as a query of the full-text search: each as a prefix, all of them.
#[must_use]
pub fn words(text: &str) -> String {
    text.split_whitespace()
        .filter(|word| word.chars().any(char::is_alphanumeric))
        .map(|word| format!("'{}':*", word.replace('\\', "").replace('\'', "''")))
        .collect::<Vec<_>>()
        .join(" & ")
}

/// An item that was found.
#[derive(Clone, Debug)]
pub struct Hit {
    pub program_key: String,
    pub program_name: String,
    pub kind: Kind,
    pub number: i32,
    pub title: String,
    pub state: State,
    pub open: bool,
    pub owner_name: Option<String>,
    /// The description around the first of the words.
    pub excerpt: String,
    /// How many were found in all.
    pub total: i64,
}

/// What is searched, for whom.
#[derive(Clone, Copy, Debug)]
pub struct Question<'q> {
    pub reader: Reader,
    /// As typed.
    pub text: &'q str,
    pub kind: Option<Kind>,
    pub as_of: Option<NaiveDate>,
    pub limit: i64,
    pub offset: i64,
}

/// Items whose title or description, and lessons any text of which, has words that begin with all of the words asked for; where there
/// is none, items whose title has the text somewhere, and lessons of which any text has. What the title has comes first, then what
/// is open.
///
/// # Errors
/// When the database refuses.
pub async fn items(db: &Db, question: &Question<'_>) -> Result<Vec<Hit>> {
    let words = words(question.text);
    let pattern = pattern(question.text);
    let first = question.text.split_whitespace().next().unwrap_or_default().to_lowercase();
    let found = if words.is_empty() {
        Vec::new()
    } else {
        sqlx::query_as!(
            Hit,
            r#"
            select g.key as "program_key!", g.name as "program_name!", page.kind as "kind!: Kind", page.number as "number!",
                   page.title as "title!", page.state as "state!: State", page.open as "open!", p.name as "owner_name?",
                   substring(page.words from greatest(1, position($5 in lower(page.words)) - 60) for 260) as "excerpt!",
                   page.total as "total!"
            from (
                select i.*, count(*) over () as total, i.title ilike $4 as whole,
                       to_tsvector('simple', i.title) @@ to_tsquery('simple', $3) as titled
                from (
                    select i.*, i.description as words from item_at($6) i
                    where to_tsvector('simple', i.title || ' ' || i.description) @@ to_tsquery('simple', $3)
                    union all
                    select i.*, t.words
                    from lesson_at($6) l
                    cross join lateral (select concat_ws(' ', l.what_happened, l.cause, l.change_to_make) as words) t
                    join item_at($6) i on i.id = l.item and i.kind = 'lesson'
                    where to_tsvector('simple', i.title || ' ' || i.description || ' ' || t.words) @@ to_tsquery('simple', $3)
                      and not to_tsvector('simple', i.title || ' ' || i.description) @@ to_tsquery('simple', $3)
                ) i join program v on v.id = i.program
                where i.archived_at is null and v.archived_at is null and ($7::item_kind is null or i.kind = $7)
                  and ($1 or v.visibility = 'everyone' or exists (select from membership m where m.program = v.id and m.person = $2))
                order by whole desc, titled desc, i.open desc, i.effective_on desc, i.id
                limit $8 offset $9
            ) page
            join program g on g.id = page.program
            left join person p on p.id = page.owner
            order by page.whole desc, page.titled desc, page.open desc, page.effective_on desc, page.id
            "#,
            question.reader.admin,
            question.reader.person.0,
            words,
            pattern,
            first,
            question.as_of,
            question.kind as Option<Kind>,
            question.limit,
            question.offset,
        )
        .fetch_all(db.pool())
        .await?
    };
    if !found.is_empty() || question.offset > 0 {
        return Ok(found);
    }
    sqlx::query_as!(
        Hit,
        r#"
        select v.key as "program_key!", v.name as "program_name!", i.kind as "kind!: Kind", i.number as "number!",
               i.title as "title!", i.state as "state!: State", i.open as "open!", p.name as "owner_name?",
               left(i.description, 260) as "excerpt!", count(*) over () as "total!"
        from item_at($4) i join program v on v.id = i.program
        left join person p on p.id = i.owner
        where (i.title ilike $3 or (i.kind = 'lesson' and exists (
                  select from lesson_at($4) l where l.item = i.id
                    and concat_ws(' ', l.what_happened, l.cause, l.change_to_make) ilike $3)))
          and i.archived_at is null and v.archived_at is null and ($5::item_kind is null or i.kind = $5)
          and ($1 or v.visibility = 'everyone' or exists (select from membership m where m.program = v.id and m.person = $2))
        order by i.open desc, i.effective_on desc, i.id
        limit $6
        "#,
        question.reader.admin,
        question.reader.person.0,
        pattern,
        question.as_of,
        question.kind as Option<Kind>,
        question.limit,
    )
    .fetch_all(db.pool())
    .await
}

/// Whether an item of this reference is there for the reader.
///
/// # Errors
/// When the database refuses.
pub async fn is_there(db: &Db, reader: Reader, reference: &Reference) -> Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (
               select from item i join program g on g.id = i.program
               where g.key = $1 and i.kind = $2 and i.number = $3
                 and ($4 or g.visibility = 'everyone' or exists (select from membership m where m.program = g.id and m.person = $5))
           ) as "there!""#,
        reference.program,
        reference.kind as Kind,
        reference.number,
        reader.admin,
        reader.person.0,
    )
    .fetch_one(db.pool())
    .await
}

/// Something other than an item that was found by its name.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Named {
    /// `program`, `project`, `person` or `team`.
    pub what: String,
    pub id: uuid::Uuid,
    /// The key of a program or a project, the handle or e-mail of a person.
    pub key: Option<String>,
    pub name: String,
    /// The key of the project's program.
    pub program: Option<String>,
}

/// Programs, projects, people and teams whose name, key or handle has the text, as they stood on a day: at most eight of each. Who
/// may see them is asked of today.
///
/// # Errors
/// When the database refuses.
pub async fn named(db: &Db, reader: Reader, text: &str, as_of: Option<NaiveDate>) -> Result<Vec<Named>> {
    sqlx::query_as!(
        Named,
        r#"
        (select 'program' as "what!", g.id as "id!", g.key as "key?", g.name as "name!", null as "program?"
         from program_at($4) g join program now on now.id = g.id
         where (g.key ilike $3 or g.name ilike $3) and g.archived_at is null
           and ($1 or now.visibility = 'everyone' or exists (select from membership m where m.program = now.id and m.person = $2))
         order by g.name, g.id limit 8)
        union all
        (select 'project', r.id, r.key, r.name, now.key from project_at($4) r join program now on now.id = r.program
         where (r.key ilike $3 or r.name ilike $3) and r.archived_at is null and now.archived_at is null
           and ($1 or now.visibility = 'everyone' or exists (select from membership m where m.program = now.id and m.person = $2))
         order by r.name, r.id limit 8)
        union all
        (select 'person', p.id, coalesce(p.handle, p.email), p.name, null from person_at($4) p
         where (p.name ilike $3 or p.handle ilike $3 or p.email ilike $3) and p.archived_at is null
         order by p.name, p.id limit 8)
        union all
        (select 'team', t.id, null, t.name, null from team_at($4) t
         where t.name ilike $3 and t.archived_at is null order by t.name, t.id limit 8)
        "#,
        reader.admin,
        reader.person.0,
        pattern(text),
        as_of,
    )
    .fetch_all(db.pool())
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_prefixes_and_can_hold_any_character() {
        assert_eq!(words("data  plat"), "'data':* & 'plat':*");
        assert_eq!(words("it's a\\b & | !"), "'it''s':* & 'ab':*");
        assert_eq!(pattern(" 50%_a "), "%50\\%\\_a%");
    }
}
