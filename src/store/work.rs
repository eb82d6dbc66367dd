//! What waits for a person, over all programs that they may see.

use super::{Db, Result};
use crate::domain::ids::ProgramId;
use crate::domain::kind::{Kind, State};
use crate::store::lookup::Reader;
use chrono::NaiveDate;

/// Something that waits.
#[derive(Clone, Debug)]
pub struct Row {
    /// `own`: an open item that the person owns; `decide`: a decision escalated to them; `agree`: a dependency that their
    /// side has not agreed; `approve`: a change request that is submitted, in a program that they manage; `answer`: a change request breaks a day by which they need something; `consent`: a changed date of what is agreed that waits for their side; `sign`: a gate in review whose role they hold
    /// has not signed.
    pub why: String,
    /// The side of a dependency that the person stands for.
    pub side: Option<String>,
    /// Since when a change request waits to be approved.
    pub since: Option<NaiveDate>,
    pub program: ProgramId,
    pub program_key: String,
    pub program_name: String,
    pub kind: Kind,
    pub number: i32,
    pub title: String,
    pub state: State,
    pub next_on: Option<NaiveDate>,
    pub score: Option<i16>,
    /// From when its latest version holds.
    pub updated_on: NaiveDate,
    pub version: i32,
    /// Whether they may see its program. They answer a question all the same; title and name are empty then.
    pub seen: bool,
}

/// All that waits for a person as of a day, the earliest first; what only somebody's own list holds is cut off at 1,000.
///
/// # Errors
/// When the database refuses.
pub async fn of(db: &Db, reader: Reader, as_of: Option<NaiveDate>) -> Result<Vec<Row>> {
    sqlx::query_as!(
        Row,
        r#"
        with mine as (
            select i.*, 'own' as why, null as side, null::date as since from item_at($3) i where i.owner = $2 and i.open and i.archived_at is null
        ), stands as (
            select t.id from team_at($3) t where t.lead = $2 and t.archived_at is null
            union select m.team from team_member_at($3) m where m.person = $2
        ), leads as (
            select p.id from project_at($3) p where (p.lead = $2 or p.team in (select id from stands)) and p.archived_at is null
        ), deciding as (
            select i.*, 'decide' as why, null as side, null::date as since from decision_at($3) d join item_at($3) i on i.id = d.item
            where d.escalated_to = $2 and i.state = 'waiting' and i.archived_at is null
        ), sides as (
            select d.item, 'provider' as side, d.provider_agreed_on as agreed_on, d.proposed_needed_by as asked_on
            from dependency_at($3) d
            where d.provider_team in (select id from stands) or d.provider_project in (select id from leads)
            union all
            select d.item, 'consumer', d.consumer_agreed_on, d.proposed_promised_by from dependency_at($3) d
            where d.consumer_team in (select id from stands) or d.consumer_project in (select id from leads)
        ), contracts as (
            select i.*, case when i.state = 'proposed' then 'agree' else 'consent' end as why, s.side, null::date as since
            from sides s join item_at($3) i on i.id = s.item
            where i.archived_at is null
              and ((i.state = 'proposed' and s.agreed_on is null)
                   or (i.state = 'agreed' and s.asked_on is not null))
        ), asked as (
            select i.*, 'answer' as why, null as side, null::date as since from change_question_at($3) q join item_at($3) i on i.id = q.change
            where q.person = $2 and q.agrees is null and i.state = 'submitted' and i.archived_at is null
        ), approving as (
            select i.*, 'approve' as why, null as side, c.submitted_on as since
            from change_at($3) c join item_at($3) i on i.id = c.item
            join membership m on m.program = i.program and m.person = $2 and m.role = 'manager'
            where i.state = 'submitted' and i.archived_at is null
        ), signing as (
            select i.*, 'sign' as why, null as side, null::date as since from gate_at($3) e join item_at($3) i on i.id = e.item
            where i.state = 'in_review' and i.archived_at is null
              and exists (
                  select from jsonb_to_recordset(e.sign_off_holders) h (role text, person uuid)
                  where h.person = $2 and not exists (
                      select from sign_off_at($3) s where s.gate = e.item and lower(trim(s.role)) = lower(trim(h.role))))
        ), waiting as (
            select * from deciding union all select * from asked union all select * from approving union all select * from signing union all select * from contracts union all select * from mine
        )
        select w.why as "why!", w.side, w.since, g.id as "program!: ProgramId", g.key as "program_key!", case when v.seen then g.name else '' end as "program_name!",
               w.kind as "kind!: Kind", w.number as "number!", case when v.seen then w.title else '' end as "title!",
               w.state as "state!: State", case when v.seen then w.next_on end as next_on, case when v.seen then w.score end as score,
               w.effective_on as "updated_on!", w.version as "version!", v.seen as "seen!"
        from waiting w
        join program g on g.id = w.program
        cross join lateral (
            select $1 or g.visibility = 'everyone'
                   or exists (select from membership m where m.program = g.id and m.person = $2) as seen
        ) v
        where g.archived_at is null and (v.seen or w.why = 'answer')
        order by w.why = 'own', w.next_on nulls last, g.key, w.kind, w.number, w.why
        limit 1000
        "#,
        reader.admin,
        reader.person.0,
        as_of,
    )
    .fetch_all(db.pool())
    .await
}
