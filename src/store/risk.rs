//! The risks of a program with their assessment.

use super::{Db, Result, Tx};
use crate::domain::ids::{ItemId, PersonId, ProgramId, ProjectId};
use crate::domain::kind::State;
use crate::domain::risk::Weight;
use chrono::NaiveDate;

/// A risk in the list.
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
    pub project: Option<ProjectId>,
    pub project_key: Option<String>,
    pub project_name: Option<String>,
    pub tags: Vec<String>,
    pub raised_on: NaiveDate,
    pub closed_on: Option<NaiveDate>,
    /// 1 to 5; `None` until assessed.
    pub probability: Option<i16>,
    pub impact: Option<i16>,
    /// Probability × impact, 1 to 25.
    pub score: Option<i16>,
    pub opportunity: bool,
    pub category: Option<String>,
    pub response: Option<String>,
    pub review_on: Option<NaiveDate>,
    pub accepted_until: Option<NaiveDate>,
    /// The words that were looked for stand in it; true when none were.
    pub hit: bool,
}

/// The risks of a program as they stood, but for archived ones, by number. `q` only marks where it stands.
///
/// # Errors
/// When the database refuses.
pub async fn all(db: &Db, program: ProgramId, q: Option<&str>, as_of: Option<NaiveDate>) -> Result<Vec<Row>> {
    let pattern = q.map(super::search::pattern);
    sqlx::query_as!(
        Row,
        r#"
        select i.id as "id!: ItemId", i.version as "version!", i.number as "number!", i.title as "title!", i.state as "state!: State",
               i.open as "open!", i.owner as "owner: PersonId", p.name as "owner_name?", i.project as "project: ProjectId", pr.key as "project_key?",
               pr.name as "project_name?", i.tags as "tags!", i.raised_on as "raised_on!", i.closed_on, r.probability, r.impact,
               i.score, r.opportunity as "opportunity!", r.category::text, r.response::text, r.review_on, r.accepted_until,
               ($3::text is null or i.title ilike $3 or i.description ilike $3 or 'R' || i.number ilike trim('%' from $3)
                        or exists (select from unnest(i.tags) tag where tag ilike $3)) as "hit!"
        from item_at($2) i
        join risk_at($2) r on r.item = i.id and r.program = $1
        left join person p on p.id = i.owner
        left join project pr on pr.id = i.project
        where i.program = $1 and i.kind = 'risk' and i.archived_at is null
        order by i.number
        "#,
        program.0,
        as_of,
        pattern,
    )
    .fetch_all(db.pool())
    .await
}

/// An action that mitigates a risk.
#[derive(Clone, Debug)]
pub struct Mitigation {
    pub number: i32,
    pub title: String,
    pub state: State,
    pub open: bool,
    pub owner: Option<String>,
    pub due_on: Option<NaiveDate>,
}

/// The actions of its program that mitigate a risk, as they stood: the open ones first, by their due dates.
///
/// # Errors
/// When the database refuses.
pub async fn mitigations(
    db: &Db,
    program: ProgramId,
    risk: ItemId,
    as_of: Option<NaiveDate>,
) -> Result<Vec<Mitigation>> {
    sqlx::query_as!(
        Mitigation,
        r#"select i.number as "number!", i.title as "title!", i.state as "state!: State", i.open as "open!", p.name as "owner?",
                  a.due_on
           from link_at($3) l
           join item_at($3) i on i.id = l.from_item
           join action_at($3) a on a.item = i.id
           left join person p on p.id = i.owner
           where l.to_item = $2 and l.relation = 'mitigates' and i.program = $1 and i.archived_at is null
           order by not i.open, a.due_on nulls last, i.number"#,
        program.0,
        risk.0,
        as_of,
    )
    .fetch_all(db.pool())
    .await
}

/// The risks that are accepted until before a day: their program, its time zone, the risk and until when.
///
/// # Errors
/// When the database refuses.
pub async fn accepted_until(
    db: &Db,
    before: NaiveDate,
) -> Result<Vec<(ProgramId, String, ItemId, NaiveDate)>> {
    let rows = sqlx::query!(
        r#"select i.program as "program: ProgramId", g.time_zone, i.id as "id: ItemId", r.accepted_until as "until!"
           from risk r
           join item i on i.id = r.item
           join program g on g.id = i.program
           where i.state = 'accepted' and i.archived_at is null and g.archived_at is null and r.accepted_until < $1
           order by i.program, i.number"#,
        before,
    )
    .fetch_all(db.pool())
    .await?;
    Ok(rows.into_iter().map(|row| (row.program, row.time_zone, row.id, row.until)).collect())
}

/// What the acceptance of a risk covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Covered {
    pub risk: ItemId,
    /// The score at which it was accepted, and whether as an opportunity.
    pub score: Option<i16>,
    pub opportunity: bool,
    /// Where it was before that.
    pub before: Option<State>,
}

impl Covered {
    /// What it was when it was accepted.
    #[must_use]
    pub const fn weight(&self) -> Weight {
        Weight { score: self.score, opportunity: self.opportunity }
    }
}

/// What the acceptances of risks cover, of those of these that are accepted.
///
/// # Errors
/// When the database refuses.
pub async fn covered(tx: &mut Tx, risks: &[ItemId]) -> Result<Vec<Covered>> {
    let ids: Vec<_> = risks.iter().map(|id| id.0).collect();
    sqlx::query_as!(
        Covered,
        r#"select distinct on (h.id) h.id as "risk!: ItemId", h.score, coalesce(a.opportunity, r.opportunity) as "opportunity!",
                  b.state as "before?: State"
           from item i
           join risk r on r.item = i.id
           left join lateral (
               select k.opportunity from history.risk k
               where k.item = i.id and k.accepted_until is not null
                 and k.entry > coalesce((select max(o.entry) from history.risk o where o.item = i.id and o.accepted_until is null), 0)
               order by k.entry limit 1
           ) a on true
           left join lateral (
               select o.state, o.entry from history.item o where o.id = i.id and o.state <> 'accepted' order by o.entry desc limit 1
           ) b on true
           join history.item h on h.id = i.id and h.state = 'accepted' and h.entry > coalesce(b.entry, 0)
           where i.id = any($1) and i.kind = 'risk' and i.state = 'accepted'
           order by h.id, h.entry"#,
        &ids,
    )
    .fetch_all(tx.conn())
    .await
}
