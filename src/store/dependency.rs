//! The dependencies of a program with both their sides by name.

use super::{Db, Result};
use crate::domain::ids::{ItemId, PersonId, ProgramId};
use crate::domain::kind::State;
use chrono::NaiveDate;

/// A dependency in the list.
#[derive(Clone, Debug)]
pub struct Row {
    pub id: ItemId,
    pub version: i32,
    pub number: i32,
    pub title: String,
    pub state: State,
    pub open: bool,
    pub owner: Option<PersonId>,
    pub owner_name: Option<String>,
    pub tags: Vec<String>,
    pub raised_on: NaiveDate,
    pub closed_on: Option<NaiveDate>,
    /// As an address of a filter: `project:KEY`, `team:Name` or `external:Name`.
    pub provider: String,
    pub provider_name: String,
    pub consumer: String,
    pub consumer_name: String,
    pub needed_by: Option<NaiveDate>,
    pub promised_by: Option<NaiveDate>,
    pub provider_agreed: bool,
    pub consumer_agreed: bool,
    /// A changed date waits for the other side's consent.
    pub consent_asked: bool,
    pub delivered_on: Option<NaiveDate>,
    pub provider_milestone: Option<ItemId>,
    pub consumer_milestone: Option<ItemId>,
    /// The words that were looked for stand in it; true when none were.
    pub hit: bool,
}

/// The dependencies of a program as they stood, but for archived ones, by number. `q` only marks where it stands.
///
/// # Errors
/// When the database refuses.
pub async fn all(db: &Db, program: ProgramId, q: Option<&str>, as_of: Option<NaiveDate>) -> Result<Vec<Row>> {
    let pattern = q.map(super::search::pattern);
    sqlx::query_as!(
        Row,
        r#"
        select i.id as "id!: ItemId", i.version as "version!", i.number as "number!", i.title as "title!", i.state as "state!: State",
               i.open as "open!", i.owner as "owner: PersonId", p.name as "owner_name?", i.tags as "tags!", i.raised_on as "raised_on!", i.closed_on,
               coalesce('project:' || pp.key, 'team:' || pt.name, 'external:' || d.provider_external) as "provider!",
               coalesce(pp.name, pt.name, d.provider_external) as "provider_name!",
               coalesce('project:' || cp.key, 'team:' || ct.name, 'external:' || d.consumer_external) as "consumer!",
               coalesce(cp.name, ct.name, d.consumer_external) as "consumer_name!",
               d.needed_by, d.promised_by, d.provider_agreed_on is not null as "provider_agreed!",
               d.consumer_agreed_on is not null as "consumer_agreed!",
               coalesce(d.proposed_needed_by, d.proposed_promised_by) is not null as "consent_asked!", d.delivered_on,
               d.provider_milestone as "provider_milestone: ItemId", d.consumer_milestone as "consumer_milestone: ItemId",
               ($3::text is null or i.title ilike $3 or i.description ilike $3 or 'D' || i.number ilike trim('%' from $3)
                        or exists (select from unnest(i.tags) tag where tag ilike $3)) as "hit!"
        from item_at($2) i
        join dependency_at($2) d on d.item = i.id and d.program = $1
        left join person p on p.id = i.owner
        left join project pp on pp.id = d.provider_project
        left join team pt on pt.id = d.provider_team
        left join project cp on cp.id = d.consumer_project
        left join team ct on ct.id = d.consumer_team
        where i.program = $1 and i.kind = 'dependency' and i.archived_at is null
        order by i.number
        "#,
        program.0,
        as_of,
        pattern,
    )
    .fetch_all(db.pool())
    .await
}

/// What a person is to the sides of a dependency.
#[derive(Clone, Copy, Debug)]
pub struct Stance {
    /// They lead the project or team that provides, or belong to its team.
    pub provider: bool,
    /// The same of the side that waits for it.
    pub consumer: bool,
    /// They said last that it was delivered.
    pub delivered: bool,
    /// They asked for the needed-by, and offered the promised-by, that waits for the other side's consent.
    pub asks: bool,
    pub offers: bool,
}

/// What a person is to the sides of a dependency.
///
/// # Errors
/// When the database refuses.
pub async fn stance(db: &Db, dependency: ItemId, person: PersonId) -> Result<Stance> {
    sqlx::query_as!(
        Stance,
        r#"
        with side as (
            select v.at, p.lead, array[v.team, p.team] as teams
            from dependency d
            cross join lateral (values (0, d.provider_project, d.provider_team),
                                       (1, d.consumer_project, d.consumer_team)) v (at, project, team)
            left join project p on p.id = v.project
            where d.item = $1
        ), stands as (
            select s.at, coalesce(s.lead = $2, false)
                or exists (select from team t where t.id = any(s.teams) and t.lead = $2)
                or exists (select from team_member m where m.team = any(s.teams) and m.person = $2) as stands
            from side s
        )
        select (select stands from stands where at = 0) as "provider!", (select stands from stands where at = 1) as "consumer!",
               coalesce((select actor from event
                         where item = $1 and name = 'moved' and data ->> 'to' = 'delivered'
                         order by id desc limit 1) = $2, false) as "delivered!",
               coalesce((select h.recorded_by from history.dependency h
                         where h.item = d.item and h.proposed_needed_by is not null
                           and h.entry > coalesce((select max(o.entry) from history.dependency o where o.item = d.item
                               and o.proposed_needed_by is distinct from d.proposed_needed_by), 0)
                         order by h.entry limit 1) = $2, false) as "asks!",
               coalesce((select h.recorded_by from history.dependency h
                         where h.item = d.item and h.proposed_promised_by is not null
                           and h.entry > coalesce((select max(o.entry) from history.dependency o where o.item = d.item
                               and o.proposed_promised_by is distinct from d.proposed_promised_by), 0)
                         order by h.entry limit 1) = $2, false) as "offers!"
        from dependency d where d.item = $1
        "#,
        dependency.0,
        person.0,
    )
    .fetch_one(db.pool())
    .await
}
