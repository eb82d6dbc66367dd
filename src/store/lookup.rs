//! Finds what drafts name: people by e-mail, handle, id or name, teams by name, projects by key or name, items by reference.

use super::{Db, Result, Tx};
use crate::domain::draft::{Directory, Named};
use crate::domain::ids::{ItemId, PersonId, ProgramId, ProjectId, TeamId};
use crate::domain::kind::{Kind, Reference};
use sqlx::PgConnection;
use uuid::Uuid;

/// Finds all names at once. What isn't found is left out; a person's name that several bear counts as not found.
///
/// # Errors
/// When the database refuses.
pub async fn directory(
    db: &Db,
    program: Option<ProgramId>,
    reader: Reader,
    names: &[Named],
) -> Result<Directory> {
    if names.is_empty() {
        return Ok(Directory::default());
    }
    let mut conn = db.pool().acquire().await?;
    find(&mut conn, program, reader, names).await
}

/// The same, seeing what the transaction has written.
///
/// # Errors
/// When the database refuses.
pub async fn directory_in(
    tx: &mut Tx,
    program: Option<ProgramId>,
    reader: Reader,
    names: &[Named],
) -> Result<Directory> {
    find(tx.conn(), program, reader, names).await
}

/// On whose behalf items of other programs are looked up: only what they may see is found.
#[derive(Clone, Copy, Debug)]
pub struct Reader {
    pub person: PersonId,
    pub admin: bool,
}

async fn find(
    conn: &mut PgConnection,
    program: Option<ProgramId>,
    reader: Reader,
    names: &[Named],
) -> Result<Directory> {
    let (mut people, mut teams, mut projects, mut calendars) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let (mut item_ids, mut keys, mut kinds, mut numbers) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for name in names {
        match name {
            Named::Person(name) => people.push(name.to_lowercase()),
            Named::Team(name) => teams.push(name.to_lowercase()),
            Named::Project(name) => projects.push(name.to_lowercase()),
            Named::Calendar(name) => calendars.push(name.to_lowercase()),
            Named::Item(name) => {
                if let Some(reference) = Reference::parse(name) {
                    keys.push(reference.program);
                    kinds.push(reference.kind);
                    numbers.push(reference.number);
                } else if let Ok(id) = name.parse::<Uuid>() {
                    item_ids.push(id);
                }
            }
        }
    }
    let rows = sqlx::query!(
        r#"
        select 'person' as "what!", n.name as "name!", min(p.id::text) as "id!"
        from unnest($1::text[]) n (name)
        join person p on p.email = n.name or lower(p.handle) = n.name or lower(p.name) = n.name or p.id::text = n.name
        group by n.name having count(distinct p.id) = 1 or bool_or(p.email = n.name or lower(p.handle) = n.name)
        union all
        select 'team', n.name, t.id::text from unnest($2::text[]) n (name)
        join team t on lower(t.name) = n.name or t.id::text = n.name
        union all
        select 'project', n.name, min(p.id::text) from unnest($3::text[]) n (name)
        join project p on p.program = $4 and (lower(p.key) = n.name or lower(p.name) = n.name or p.id::text = n.name)
        group by n.name
        union all
        select 'calendar', n.name, c.id::text from unnest($11::text[]) n (name)
        join calendar c on c.program = $4 and ((lower(c.name) = n.name and c.archived_at is null) or c.id::text = n.name)
        union all
        select 'item', lower(n.key) || ' ' || n.kind || ' ' || n.number, i.id::text
        from unnest($5::text[], $6::item_kind[], $7::int[]) n (key, kind, number)
        join program g on g.key = n.key
        join item i on i.program = g.id and i.kind = n.kind and i.number = n.number
        where g.id = $4 or $8 or g.visibility = 'everyone'
           or exists (select from membership m where m.program = g.id and m.person = $9)
        union all
        select 'item', i.id::text, i.id::text from item i
        join program g on g.id = i.program
        where i.id = any($10) and (i.program = $4 or $8 or g.visibility = 'everyone'
           or exists (select from membership m where m.program = i.program and m.person = $9))
        "#,
        &people,
        &teams,
        &projects,
        program.map(|id| id.0),
        &keys,
        &kinds as &[Kind],
        &numbers,
        reader.admin,
        reader.person.0,
        &item_ids,
        &calendars,
    )
    .fetch_all(conn)
    .await?;
    let mut directory = Directory::default();
    for row in rows {
        let Ok(id) = row.id.parse::<Uuid>() else { continue };
        match row.what.as_str() {
            "person" => directory.persons.insert(row.name, id),
            "team" => directory.teams.insert(row.name, id),
            "project" => directory.projects.insert(row.name, id),
            "calendar" => directory.calendars.insert(row.name, id),
            _ => directory.items.insert(row.name, id),
        };
    }
    // Items are found by what the reference says; they are asked for by how it was written.
    for name in names {
        if let Named::Item(written) = name
            && let Some(reference) = Reference::parse(written)
        {
            let said = format!(
                "{} {} {}",
                reference.program.to_lowercase(),
                reference.kind.name(),
                reference.number
            );
            if let Some(id) = directory.items.get(&said).copied() {
                directory.items.insert(written.to_lowercase(), id);
            }
        }
    }
    Ok(directory)
}

/// Lets one transaction at a time make people by their names alone, until it ends. People may share a name, so no constraint
/// can tell that two requests at once mean the same one.
///
/// # Errors
/// When the database refuses.
pub async fn lock_new_people(tx: &mut Tx) -> Result<()> {
    sqlx::query!("select pg_advisory_xact_lock(hashtextextended('new people', 0)) is null as held")
        .fetch_one(tx.conn())
        .await?;
    Ok(())
}

/// Makes people of whom only a name is known.
///
/// # Errors
/// When the database refuses.
pub async fn insert_people(tx: &mut Tx, people: &[NewPerson]) -> Result<()> {
    sqlx::query!(
        "insert into person select * from jsonb_populate_recordset(null::person, $1)",
        serde_json::json!(people)
    )
    .execute(tx.conn())
    .await?;
    tx.touch(None);
    Ok(())
}

/// A person to be made.
#[derive(Clone, Debug, serde::Serialize)]
pub struct NewPerson {
    pub id: PersonId,
    pub name: String,
    pub email: Option<String>,
    pub handle: Option<String>,
    pub version: i32,
    pub effective_on: chrono::NaiveDate,
}

/// Names of people, teams, projects and items by id, for showing what an item points at.
#[derive(Clone, Debug, Default)]
pub struct Names {
    pub people: std::collections::HashMap<Uuid, String>,
    /// The e-mail address, or else the handle, of those people who have one: it is theirs alone.
    pub addresses: std::collections::HashMap<Uuid, String>,
    pub teams: std::collections::HashMap<Uuid, String>,
    pub projects: std::collections::HashMap<Uuid, (String, String)>,
    pub calendars: std::collections::HashMap<Uuid, String>,
    /// Reference and title; no title where the reader may not see the item.
    pub items: std::collections::HashMap<Uuid, (Reference, Option<String>)>,
}

impl Names {
    #[must_use]
    pub fn person(&self, id: Option<PersonId>) -> Option<&str> {
        id.and_then(|id| self.people.get(&id.0)).map(String::as_str)
    }

    #[must_use]
    pub fn team(&self, id: Option<TeamId>) -> Option<&str> {
        id.and_then(|id| self.teams.get(&id.0)).map(String::as_str)
    }

    #[must_use]
    pub fn project(&self, id: Option<ProjectId>) -> Option<&str> {
        id.and_then(|id| self.projects.get(&id.0)).map(|(key, _)| key.as_str())
    }

    /// By what something is named so that it is found again: a person by e-mail or handle, or else by name, a project by key, an
    /// item by reference.
    #[must_use]
    pub fn found_by(&self, id: Uuid) -> Option<String> {
        let named = self.addresses.get(&id).or_else(|| self.people.get(&id)).or_else(|| self.teams.get(&id));
        let named = named.or_else(|| self.calendars.get(&id)).or_else(|| Some(&self.projects.get(&id)?.0));
        named.cloned().or_else(|| Some(self.items.get(&id)?.0.to_string()))
    }

    #[must_use]
    pub fn item(&self, id: Option<ItemId>) -> Option<&(Reference, Option<String>)> {
        id.and_then(|id| self.items.get(&id.0))
    }
}

/// The names of whatever these ids stand for.
///
/// # Errors
/// When the database refuses.
pub async fn names(db: &Db, reader: Reader, ids: &[Uuid]) -> Result<Names> {
    let mut names = Names::default();
    if ids.is_empty() {
        return Ok(names);
    }
    let rows = sqlx::query!(
        r#"
        select id as "id!", 'person' as "what!", name as "name!", coalesce(email, handle, '') as "key!", null::item_kind as "kind?: Kind", 0 as "number!", true as "visible!"
        from person where id = any($1)
        union all select id, 'team', name, '', null, 0, true from team where id = any($1)
        union all select id, 'project', name, key, null, 0, true from project where id = any($1)
        union all select id, 'calendar', name, '', null, 0, true from calendar where id = any($1)
        union all
        select i.id, 'item', i.title, g.key, i.kind, i.number,
               $2 or g.visibility = 'everyone' or exists (select from membership m where m.program = g.id and m.person = $3)
        from item i join program g on g.id = i.program where i.id = any($1)
        "#,
        ids,
        reader.admin,
        reader.person.0,
    )
    .fetch_all(db.pool())
    .await?;
    for row in rows {
        match (row.what.as_str(), row.kind) {
            ("person", _) => {
                names.people.insert(row.id, row.name);
                if !row.key.is_empty() {
                    names.addresses.insert(row.id, row.key);
                }
            }
            ("team", _) => drop(names.teams.insert(row.id, row.name)),
            ("calendar", _) => drop(names.calendars.insert(row.id, row.name)),
            ("project", _) => drop(names.projects.insert(row.id, (row.key, row.name))),
            (_, Some(kind)) => {
                let reference = Reference { program: row.key, kind, number: row.number };
                names.items.insert(row.id, (reference, row.visible.then_some(row.name)));
            }
            _ => {}
        }
    }
    Ok(names)
}

/// Makes teams.
///
/// # Errors
/// `team_name_unique`.
pub async fn insert_teams(tx: &mut Tx, teams: &[NewTeam]) -> Result<()> {
    sqlx::query!(
        "insert into team (id, name, description, effective_on)
         select id, name, coalesce(description, ''), effective_on from jsonb_populate_recordset(null::team, $1)",
        serde_json::json!(teams)
    )
    .execute(tx.conn())
    .await?;
    tx.touch(None);
    Ok(())
}

/// A team to be made.
#[derive(Clone, Debug, serde::Serialize)]
pub struct NewTeam {
    pub id: TeamId,
    pub name: String,
    pub description: String,
    pub effective_on: chrono::NaiveDate,
}

/// Names that a form or a filter offers for choosing from.
#[derive(Clone, Debug, Default)]
pub struct Offered {
    /// Members of the program and owners of its items: id, name, and e-mail or handle.
    pub people: Vec<(PersonId, String, Option<String>)>,
    /// Id, key and name.
    pub projects: Vec<(ProjectId, String, String)>,
    pub teams: Vec<(TeamId, String)>,
    pub calendars: Vec<String>,
    /// References and titles of open milestones, the program's own first, where they are wanted.
    pub milestones: Vec<(String, String)>,
}

/// The milestones that a form offers, the program's own first.
const MILESTONES: i64 = 500;

/// The open milestones of a program and of others that a reader may see, for a form to offer: references and titles.
///
/// # Errors
/// When the database refuses.
pub async fn milestones(db: &Db, program: ProgramId, reader: Reader) -> Result<Vec<(String, String)>> {
    let rows = sqlx::query!(
        r#"select g.key, i.kind as "kind: Kind", i.number, i.title from item i join program g on g.id = i.program
           where i.kind = 'milestone' and i.open and i.archived_at is null and g.archived_at is null
             and (g.id = $1 or $2 or g.visibility = 'everyone'
                  or exists (select from membership m where m.program = g.id and m.person = $3))
           order by g.id <> $1, g.key, i.number limit $4"#,
        program.0,
        reader.admin,
        reader.person.0,
        MILESTONES,
    )
    .fetch_all(db.pool())
    .await?;
    let rows = rows.into_iter().map(|row| {
        let reference = Reference { program: row.key, kind: row.kind, number: row.number };
        (reference.to_string(), row.title)
    });
    Ok(rows.collect())
}

/// Whom and what a program's forms offer, by name.
///
/// # Errors
/// When the database refuses.
pub async fn offered(db: &Db, program: ProgramId) -> Result<Offered> {
    let rows = sqlx::query!(
        r#"
        select what as "what!", id as "id!", name as "name!", extra
        from (
            select 'person' as what, p.id, p.name, coalesce(p.email, p.handle) as extra from person p
            where p.archived_at is null
              and p.id in (select m.person from membership m where m.program = $1
                           union select i.owner from item i where i.program = $1)
            union all select 'project', p.id, p.name, p.key from project p where p.program = $1 and p.archived_at is null
            union all select 'team', t.id, t.name, null from team t where t.archived_at is null
            union all select 'calendar', c.id, c.name, null from calendar c where c.program = $1 and c.archived_at is null
        ) n
        order by n.name collate "und-x-icu", n.id
        "#,
        program.0,
    )
    .fetch_all(db.pool())
    .await?;
    let mut offered = Offered::default();
    for row in rows {
        match row.what.as_str() {
            "person" => offered.people.push((PersonId(row.id), row.name, row.extra)),
            "project" => offered.projects.push((ProjectId(row.id), row.extra.unwrap_or_default(), row.name)),
            "calendar" => offered.calendars.push(row.name),
            _ => offered.teams.push((TeamId(row.id), row.name)),
        }
    }
    Ok(offered)
}
