//! Items as whatever looks after them sees them, in one query for a program, an item or a person.

use super::lookup::Reader;
use super::{Db, Result};
use crate::domain::ids::{ItemId, PersonId, ProgramId};
use crate::domain::kind::{Kind, State};
use crate::domain::risk::Weight;
use crate::domain::subject::{Asked, Own, Subject, Unreported};

/// Which items to read.
#[derive(Clone, Copy, Debug)]
pub enum Scope {
    Program(ProgramId),
    Item(ItemId),
    /// What somebody answers for in any program that they may see: what they own, decisions that wait for them, and what nobody
    /// owns in programs that they manage.
    Person(Reader),
}

/// Active programs without a status report that isn't archived: of a scope of a program or a person the program itself, or those that
/// the person manages and may see.
///
/// # Errors
/// When the database refuses.
pub async fn unreported(db: &Db, scope: Scope) -> Result<Vec<Unreported>> {
    let (program, reader) = match scope {
        Scope::Program(program) => (Some(program.0), None),
        Scope::Person(reader) => (None, Some(reader)),
        Scope::Item(_) => return Ok(Vec::new()),
    };
    sqlx::query_as!(
        Unreported,
        r#"
        select g.id as "program: ProgramId", g.key, g.name, g.manager as "manager: PersonId", p.name as "manager_name?",
               greatest(g.starts_on, (g.created_at at time zone g.time_zone)::date) as "since!"
        from program g
        left join person p on p.id = g.manager
        where (g.id = $1 or g.manager = $2) and g.state = 'active' and g.archived_at is null
          and ($2::uuid is null or $3 or g.visibility = 'everyone'
               or exists (select from membership b where b.program = g.id and b.person = $2))
          and not exists (select from report r join item i on i.id = r.item where r.program = g.id and i.archived_at is null)
        order by g.key
        "#,
        program,
        reader.map(|reader| reader.person.0),
        reader.is_some_and(|reader| reader.admin),
    )
    .fetch_all(db.pool())
    .await
}

/// What something has yet to come of, as it stands, and of each program its last published report. Nothing of programs that are closed or
/// on hold.
///
/// # Errors
/// When the database refuses.
pub async fn all(db: &Db, scope: Scope) -> Result<Vec<Subject>> {
    let (program, item, reader) = match scope {
        Scope::Program(program) => (Some(program.0), None, None),
        Scope::Item(item) => (None, Some(item.0), None),
        Scope::Person(reader) => (None, None, Some(reader)),
    };
    let rows = sqlx::query!(
        r#"
        with wanted as (
            select id from item where program = $1 and open and archived_at is null
            union
            select id from item where id = $2
            union
            select id from item where owner = $3 and open and archived_at is null
            union
            select i.id from program g join item i on i.program = g.id
            where g.manager = $3 and i.owner is null and i.open and i.archived_at is null
            union
            select i.id from decision d join item i on i.id = d.item
            where d.escalated_to = $3 and i.open and i.archived_at is null
            union
            select t.item from program g
            cross join lateral (
                select r.item from report r join item i on i.id = r.item
                where r.program = g.id and r.published_on is not null and i.archived_at is null
                order by r.period_to desc, i.number desc limit 1
            ) t
            where g.id = $1 or g.manager = $3
        )
        select i.id as "id: ItemId", i.program as "program: ProgramId", g.key, i.kind as "kind: Kind", i.number, i.title,
               i.owner as "owner: PersonId", p.name as "owner_name?", i.state as "state: State", i.next_on,
               i.effective_on as updated_on, i.score,
               m.committed_on as "committed_on?", m.forecast_on as "forecast_on?",
               r.opportunity as "opportunity?", r.accepted_until as "accepted_until?",
               (select (e.data ->> 'until')::date from event e
                where e.item = r.item and e.name = 'acceptance_expired'
                  and not exists (select from event m where m.item = e.item and m.name = 'moved' and m.id > e.id and m.data ->> 'from' <> 'accepted')
                order by e.id desc limit 1) as lapsed_on,
               (select e.data from event e
                where e.item = r.item and e.name = 'acceptance_outgrown'
                  and not exists (select from event m where m.item = e.item and m.name = 'moved' and m.id > e.id)
                order by e.id desc limit 1) as outgrown,
               (select max(x.due_on) from link l join item a on a.id = l.from_item join action x on x.item = a.id
                where l.to_item = r.item and l.relation = 'mitigates' and a.open and a.archived_at is null) as mitigated_until,
               a.validate_by as "validate_by?", s.severity as "severity?", s.blocking as "blocking?",
               d.needed_by as "needed_by?", d.promised_by as "promised_by?",
               (d.provider_agreed_on is not null and d.consumer_agreed_on is not null) as agreed,
               c.requested_on as "requested_on?", c.escalated_on as "escalated_on?", c.escalated_to as "escalated_to?: PersonId",
               c.escalation_level as "level?", c.level_on as "level_on?", c.deferred_until as "deferred_until?",
               q.submitted_on as "submitted_on?", t.period_to as "period_to?",
               not exists (
                   select from report o join item oi on oi.id = o.item
                   where o.program = t.program and o.period_to > t.period_to and oi.archived_at is null) as "latest!"
        from wanted w
        join item i on i.id = w.id
        join program g on g.id = i.program
        left join person p on p.id = i.owner
        left join milestone m on m.item = i.id
        left join risk r on r.item = i.id
        left join assumption a on a.item = i.id
        left join issue s on s.item = i.id
        left join dependency d on d.item = i.id
        left join decision c on c.item = i.id
        left join change q on q.item = i.id
        left join report t on t.item = i.id
        where g.archived_at is null and g.state not in ('closed', 'on_hold') and i.archived_at is null
          and ($3::uuid is null or $4 or g.visibility = 'everyone'
               or exists (select from membership b where b.program = g.id and b.person = $3))
        order by g.key, i.kind, i.number
        "#,
        program,
        item,
        reader.map(|reader| reader.person.0),
        reader.is_some_and(|reader| reader.admin),
    )
    .fetch_all(db.pool())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Subject {
            item: row.id,
            program: row.program,
            key: row.key,
            kind: row.kind,
            number: row.number,
            title: row.title,
            owner: row.owner,
            owner_name: row.owner_name,
            state: row.state,
            next_on: row.next_on,
            updated_on: row.updated_on,
            own: match row.kind {
                Kind::Milestone => {
                    Own::Milestone { committed_on: row.committed_on, forecast_on: row.forecast_on }
                }
                Kind::Risk => Own::Risk {
                    score: row.score,
                    opportunity: row.opportunity.unwrap_or(false),
                    accepted_until: row.accepted_until.or(row.lapsed_on),
                    outgrown: row.outgrown.map(|data| Weight {
                        score: data["accepted_at"].as_i64().and_then(|score| i16::try_from(score).ok()),
                        opportunity: data["opportunity"].as_bool().unwrap_or_default(),
                    }),
                    mitigated_until: row.mitigated_until,
                },
                Kind::Assumption => Own::Assumption { validate_by: row.validate_by },
                Kind::Issue => Own::Issue {
                    severity: row.severity.unwrap_or(4),
                    blocking: row.blocking.unwrap_or(false),
                },
                Kind::Dependency => Own::Dependency {
                    needed_by: row.needed_by,
                    promised_by: row.promised_by,
                    agreed: row.agreed.unwrap_or(false),
                },
                Kind::Decision => Own::Decision(Asked {
                    requested_on: row.requested_on,
                    escalated_on: row.escalated_on,
                    escalated_to: row.escalated_to,
                    level: row.level,
                    level_on: row.level_on,
                    deferred_until: row.deferred_until,
                }),
                Kind::Change => Own::Change { submitted_on: row.submitted_on },
                Kind::Report => row
                    .period_to
                    .map_or(Own::Other, |period_to| Own::Report { period_to, latest: row.latest }),
                _ => Own::Other,
            },
        })
        .collect())
}
