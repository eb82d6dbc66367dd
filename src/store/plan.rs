//! What plans are made of: the activities, milestones, dependencies, links and calendars of the programs that hang together,
//! as they stood on a day or through a span of days, in four queries.

use super::facts::Mark;
use super::{Db, Result};
use crate::domain::activity::{Activity, Assignment, Constraint};
use crate::domain::calendar::Calendar;
use crate::domain::ids::{CalendarId, ItemId, PersonId, ProgramId, ProjectId, ScheduleLinkId};
use crate::domain::kind::{Kind, State};
use crate::domain::plan::{
    Held, LinkFact, NodeFact, Of, PlanCalendar, PlanFacts, PlanProgram, PlanProject, lag,
};
use crate::domain::schedule_link::{LagUnit, LinkType};
use chrono::NaiveDate;
use std::collections::HashMap;
use uuid::Uuid;

/// Reads what the plans of programs are made of, from the day `since` to the day `until`, with the programs that they hang
/// together with.
///
/// # Errors
/// When the database refuses.
pub async fn load(db: &Db, asked: &[ProgramId], since: NaiveDate, until: NaiveDate) -> Result<PlanFacts> {
    let programs = programs(db, asked).await?;
    let ids: Vec<Uuid> = programs.iter().map(|program| program.id.0).collect();
    let (projects, calendars, nodes, links) = tokio::try_join!(
        projects(db, &ids),
        calendars(db, &ids, since, until),
        nodes(db, &ids, since, until),
        links(db, &ids, since, until),
    )?;
    Ok(PlanFacts { programs, projects, calendars, nodes, links, ..PlanFacts::default() })
}

/// Whether anything that plans of these programs are made of was written by transactions at or above a mark, and the mark for the
/// next time. See [`History`](super::facts::History) for why nothing is missed.
///
/// # Errors
/// When the database refuses.
pub async fn written_since(db: &Db, programs: &[ProgramId], mark: Mark) -> Result<(bool, Mark)> {
    let ids: Vec<Uuid> = programs.iter().map(|program| program.0).collect();
    let row = sqlx::query!(
        r#"
        select pg_snapshot_xmin(pg_current_snapshot())::text::bigint as "mark!", exists (
            select
            from (
                select xmin as by from program
                where id = any($1) or id in (select other from program_reach where program = any($1))
                union all select xmin from program_reach where program = any($1)
                union all select xmin from project where program = any($1)
                union all select xmin from history.calendar where program = any($1)
                union all select xmin from history.schedule_link where program = any($1)
                union all select xmin from history.activity where program = any($1) and until_on = 'infinity'
                union all select xmin from history.milestone where program = any($1) and until_on = 'infinity'
                union all select xmin from history.dependency where program = any($1) and until_on = 'infinity'
                union all select xmin from history.item
                          where program = any($1) and until_on = 'infinity' and kind in ('activity', 'milestone', 'dependency')
                union all select xmin from baseline where program = any($1)
                union all select d.xmin from baseline b join baseline_date d on d.baseline = b.id where b.program = any($1)
            ) w
            where age(w.by) <= age($2::bigint::text::xid8::xid)
        ) as "written!"
        "#,
        &ids,
        mark.0,
    )
    .fetch_one(db.pool())
    .await?;
    let now = Mark(row.mark);
    Ok((row.written || !mark.compares(now), now))
}

/// Of these programs the ones whose items were ever linked or have activities: of others there is nothing to schedule.
///
/// # Errors
/// When the database refuses.
pub async fn networked(db: &Db, programs: &[ProgramId]) -> Result<Vec<ProgramId>> {
    let ids: Vec<Uuid> = programs.iter().map(|program| program.0).collect();
    sqlx::query_scalar!(
        r#"
        select p.id as "id!: ProgramId" from unnest($1::uuid[]) p (id)
        where exists (select from history.activity a where a.program = p.id)
           or exists (select from history.schedule_link l where l.program = p.id)
           or exists (select from program_reach r where r.program = p.id)
           or exists (select from dependency d where d.program = p.id
                      and num_nonnulls(d.provider_milestone, d.consumer_milestone) > 0)
        "#,
        &ids,
    )
    .fetch_all(db.pool())
    .await
}

/// Of these programs (of all, for none) and those that they hang together with, the ones that have a milestone to come whose
/// forecast is what the network says; each with its time zone.
///
/// # Errors
/// When the database refuses.
pub async fn computing(db: &Db, programs: Option<&[ProgramId]>) -> Result<Vec<(ProgramId, String)>> {
    let ids: Option<Vec<Uuid>> = programs.map(|programs| programs.iter().map(|program| program.0).collect());
    let rows = sqlx::query!(
        r#"
        select p.id as "id: ProgramId", p.time_zone
        from program p
        where p.archived_at is null
          and ($1::uuid[] is null or p.id = any($1) or p.id in (select other from program_reach where program = any($1)))
          and exists (select from milestone m join item i on i.id = m.item
                      where m.program = p.id and m.forecast_from = 'computed' and i.open and i.archived_at is null)
        order by p.key
        "#,
        ids.as_deref(),
    )
    .fetch_all(db.pool())
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.time_zone)).collect())
}

/// The programs, in the order in which they are asked for, with those that they hang together with.
async fn programs(db: &Db, asked: &[ProgramId]) -> Result<Vec<PlanProgram>> {
    let asked: Vec<Uuid> = asked.iter().map(|program| program.0).collect();
    let rows = sqlx::query!(
        r#"
        select p.id as "id: ProgramId", p.key, p.name, p.working_week, p.holidays, p.extra_days, p.starts_on
        from program p
        where p.id = any($1)
           or (p.archived_at is null and p.id in (select other from program_reach where program = any($1)))
        order by array_position($1, p.id), p.key
        "#,
        &asked,
    )
    .fetch_all(db.pool())
    .await?;
    let programs = rows.into_iter().map(|row| PlanProgram {
        id: row.id,
        key: row.key,
        name: row.name,
        calendar: Calendar::of(&row.working_week, row.holidays, row.extra_days),
        starts_on: row.starts_on,
    });
    Ok(programs.collect())
}

async fn projects(db: &Db, programs: &[Uuid]) -> Result<Vec<PlanProject>> {
    let rows = sqlx::query!(
        r#"
        select id as "id: ProjectId", program as "program: ProgramId", key, name, starts_on
        from project where program = any($1) order by program, name collate "und-x-icu", key
        "#,
        programs,
    )
    .fetch_all(db.pool())
    .await?;
    let projects = rows.into_iter().map(|row| PlanProject {
        id: row.id,
        program: row.program,
        key: row.key,
        name: row.name,
        starts_on: row.starts_on,
    });
    Ok(projects.collect())
}

async fn calendars(
    db: &Db,
    programs: &[Uuid],
    since: NaiveDate,
    until: NaiveDate,
) -> Result<Vec<Held<PlanCalendar>>> {
    let rows = sqlx::query!(
        r#"
        select id as "id!: CalendarId", program as "program!: ProgramId", name as "name!", week as "week!",
               exceptions as "exceptions!", coalesce(project, team, person) as of_whom,
               effective_on as "from!", nullif(until_on, 'infinity') as until
        from history.calendar
        where program = any($1) and until_on > $2 and effective_on <= $3 and until_on > effective_on
          and archived_at is null
        order by id, effective_on
        "#,
        programs,
        since,
        until,
    )
    .fetch_all(db.pool())
    .await?;
    rows.into_iter()
        .map(|row| {
            let shape = serde_json::json!({ "week": row.week, "exceptions": row.exceptions });
            let calendar =
                serde_json::from_value(shape).map_err(|wrong| super::Error::Decode(wrong.into()))?;
            let fact =
                PlanCalendar { id: row.id, program: row.program, name: row.name, of: row.of_whom, calendar };
            Ok(Held { from: row.from, until: row.until, fact })
        })
        .collect()
}

async fn nodes(
    db: &Db,
    programs: &[Uuid],
    since: NaiveDate,
    until: NaiveDate,
) -> Result<Vec<Held<NodeFact>>> {
    // What all items have and what the kind has are kept apart: a version of the whole lasts while both last.
    let mut rows = sqlx::query!(
        r#"
        with h as (
            select id, program, kind, number, title, state, project, owner, raised_on, effective_on, until_on
            from history.item
            where program = any($1) and kind in ('activity', 'milestone', 'dependency') and until_on > $2
              and effective_on <= $3 and until_on > effective_on and archived_at is null
        )
        select h.id as "id!: ItemId", h.program as "program!: ProgramId", h.kind as "kind!: Kind",
               h.number as "number!", h.title as "title!", h.state as "state!: State",
               h.project as "project: ProjectId", h.owner as "owner: PersonId", h.raised_on as "raised_on!",
               greatest(h.effective_on, d.effective_on) as "from!",
               nullif(least(h.until_on, d.until_on), 'infinity') as until,
               d.optimistic, d.likely, d.pessimistic, d.remaining, d.percent, d.bound as "bound: Constraint", d.calendar,
               d.parent, d.resources, d.flag, d.a, d.b, d.c, d.d
        from h
        join (
            select item, effective_on, until_on, optimistic_days::float8 as optimistic, likely_days::float8 as likely,
                   pessimistic_days::float8 as pessimistic, remaining_days::float8 as remaining,
                   percent_complete as percent, "constraint" as bound, calendar, parent, resources, false as flag,
                   actual_start_on as a, actual_finish_on as b, constraint_on as c, deadline_on as d
            from history.activity
            where program = any($1) and until_on > $2 and effective_on <= $3
            union all
            select item, effective_on, until_on, null, null, null, null, null, null, null, null, null,
                   forecast_from = 'computed', committed_on, forecast_on, achieved_on, null
            from history.milestone
            where program = any($1) and until_on > $2 and effective_on <= $3
            union all
            select item, effective_on, until_on, null, null, null, null, null, null, provider_milestone, consumer_milestone,
                   null, false, needed_by, promised_by, coalesce(delivered_on, accepted_on), null
            from history.dependency
            where program = any($1) and until_on > $2 and effective_on <= $3
        ) d on d.item = h.id
        where greatest(h.effective_on, d.effective_on) < least(h.until_on, d.until_on)
        "#,
        programs,
        since,
        until,
    )
    .fetch_all(db.pool())
    .await?;
    // Here, for the database is slow in comparing kinds.
    rows.sort_by_key(|row| (row.program, row.kind, row.number, row.id, row.from));
    let committed = committed(db, programs, until).await?;
    let nodes: Result<Vec<Vec<Held<NodeFact>>>> = rows
        .into_iter()
        .map(|row| {
            let of = match row.kind {
                Kind::Activity => Of::Activity {
                    own: Box::new(Activity {
                        optimistic_days: row.optimistic,
                        likely_days: row.likely.unwrap_or_default(),
                        pessimistic_days: row.pessimistic,
                        remaining_days: row.remaining,
                        percent_complete: row.percent.unwrap_or_default(),
                        actual_start_on: row.a,
                        actual_finish_on: row.b,
                        constraint: row.bound.unwrap_or_default(),
                        constraint_on: row.c,
                        deadline_on: row.d,
                        calendar: row.calendar,
                        parent: row.parent,
                        resources: resources(row.resources)?,
                    }),
                    committed_on: None,
                },
                Kind::Milestone => Of::Milestone {
                    committed_on: row.a,
                    forecast_on: row.b.or(row.a),
                    achieved_on: row.c,
                    computed: row.flag.unwrap_or_default(),
                },
                _ => Of::Dependency {
                    needed_by: row.a,
                    promised_by: row.b,
                    provided_on: row.c,
                    provider_milestone: row.calendar.map(ItemId),
                    consumer_milestone: row.parent.map(ItemId),
                    raised_on: row.raised_on,
                },
            };
            let fact = NodeFact {
                item: row.id,
                program: row.program,
                kind: row.kind,
                number: row.number,
                title: row.title,
                state: row.state,
                project: row.project,
                owner: row.owner,
                of,
            };
            let held = Held { from: row.from, until: row.until, fact };
            Ok(match committed.get(&row.id) {
                Some(dates) => by_baseline(&held, dates, since),
                None => vec![held],
            })
        })
        .collect();
    Ok(nodes?.into_iter().flatten().collect())
}

/// What held of an activity, apart for each baseline that was in force meanwhile: `dates` are the days on which one was made
/// with what it commits, in their order.
fn by_baseline(
    held: &Held<NodeFact>,
    dates: &[(NaiveDate, NaiveDate)],
    since: NaiveDate,
) -> Vec<Held<NodeFact>> {
    let mut parts = vec![held.clone()];
    for (made_on, committed) in dates {
        let Some(mut part) = parts.pop() else { break };
        if part.until.is_some_and(|until| until <= *made_on) {
            parts.push(part);
            break;
        }
        let mut after = part.clone();
        if let Of::Activity { committed_on, .. } = &mut after.fact.of {
            *committed_on = Some(*committed);
        }
        if *made_on > part.from {
            (part.until, after.from) = (Some(*made_on), *made_on);
            parts.push(part);
        }
        parts.push(after);
    }
    parts.retain(|part| part.until.is_none_or(|until| until > since));
    parts
}

fn resources(value: Option<serde_json::Value>) -> Result<Vec<Assignment>> {
    match value {
        None => Ok(Vec::new()),
        Some(value) => serde_json::from_value(value).map_err(|wrong| super::Error::Decode(wrong.into())),
    }
}

/// The finishes of activities that baselines commit, each with the day on which its baseline was made, in their order.
async fn committed(
    db: &Db,
    programs: &[Uuid],
    until: NaiveDate,
) -> Result<HashMap<ItemId, Vec<(NaiveDate, NaiveDate)>>> {
    let rows = sqlx::query!(
        r#"
        select d.item as "item: ItemId", b.made_on, d.committed_on
        from baseline b join baseline_date d on d.baseline = b.id join activity a on a.item = d.item
        where b.program = any($1) and b.made_on <= $2
        order by d.item, b.made_on, b.number
        "#,
        programs,
        until,
    )
    .fetch_all(db.pool())
    .await?;
    let mut dates: HashMap<ItemId, Vec<(NaiveDate, NaiveDate)>> = HashMap::new();
    for row in rows {
        dates.entry(row.item).or_default().push((row.made_on, row.committed_on));
    }
    Ok(dates)
}

async fn links(
    db: &Db,
    programs: &[Uuid],
    since: NaiveDate,
    until: NaiveDate,
) -> Result<Vec<Held<LinkFact>>> {
    let rows = sqlx::query!(
        r#"
        select id as "id!: ScheduleLinkId", predecessor as "predecessor!: ItemId", successor as "successor!: ItemId",
               type as "kind!: LinkType", lag::float8 as "lag!", lag_unit as "unit!: LagUnit", effective_on as "from!",
               nullif(until_on, 'infinity') as until
        from history.schedule_link
        where program = any($1) and until_on > $2 and effective_on <= $3 and until_on > effective_on
        order by id, effective_on
        "#,
        programs,
        since,
        until,
    )
    .fetch_all(db.pool())
    .await?;
    let links = rows.into_iter().map(|row| Held {
        from: row.from,
        until: row.until,
        fact: LinkFact {
            id: row.id,
            predecessor: row.predecessor,
            successor: row.successor,
            kind: row.kind,
            lag: lag(row.lag, row.unit),
        },
    });
    Ok(links.collect())
}
