//! The facts of programs, for metrics and health: the versions of every item in a span of days, read for any number of
//! programs at once in six queries: their settings, what all items have, what the kinds have of their own, what actions are
//! for, and the two of their [`governance`]. The [`History`] of one program gives the facts of any of its days, and is brought up
//! to date by reading what was written since.

mod governance;
mod history;

pub use history::{History, Mark, mark};

use super::{Db, Result};
use crate::domain::calendar::Calendar;
use crate::domain::facts::{
    ActionFact, ActionLink, AssumptionFact, ChangeFact, Common, DecisionFact, DependencyFact, Facts,
    FirstBaseline, IssueFact, MilestoneFact, Mitigation, RiskFact, Track, Tracks, Version,
};
use crate::domain::ids::{ItemId, PersonId, ProgramId, ProjectId, TeamId};
use crate::domain::kind::{Kind, State};
use crate::domain::mitigation;
use crate::domain::settings::{Targets, Thresholds};
use chrono::NaiveDate;
use governance::governance;
use std::collections::HashMap;
use uuid::Uuid;

/// Which versions to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reach {
    /// Versions that still held at the end of this day, or later …
    pub since: NaiveDate,
    /// … and that took effect by this day.
    pub until: NaiveDate,
    /// Only what health looks at on the day `until`: items that are open, and changes decided in the 90 days before. Of
    /// the closed items of a kind one stands for all, so that health still knows that there were some.
    pub health_only: bool,
}

impl Reach {
    /// All that metrics with their series and health need on a day: a series goes back 25 weeks, and its first point asks
    /// for forecasts of 42 days before.
    #[must_use]
    pub fn measures(day: NaiveDate) -> Self {
        let since = day.checked_sub_days(chrono::Days::new(25 * 7 + 43)).unwrap_or(NaiveDate::MIN);
        Self { since, until: day, health_only: false }
    }

    /// What health needs on a day.
    #[must_use]
    pub const fn health(day: NaiveDate) -> Self {
        Self { since: day, until: day, health_only: true }
    }
}

/// What a version holds, and from when to when (the first day on which it no longer does).
struct Held<T> {
    item: ItemId,
    from: NaiveDate,
    until: Option<NaiveDate>,
    fact: T,
}

/// An item's name, and the versions of what all items have.
struct Known {
    program: ProgramId,
    kind: Kind,
    number: i32,
    /// What it was called, each with the first day of it; the last is its name.
    titles: Vec<(NaiveDate, String)>,
    /// With the score, which is only a risk's.
    versions: Vec<Held<(Common, Option<i16>)>>,
}

/// Reads the facts of programs, in the order in which they are given. Programs that don't exist have none.
///
/// # Errors
/// When the database refuses.
pub async fn load(db: &Db, programs: &[ProgramId], reach: Reach) -> Result<Vec<Facts>> {
    let ids: Vec<Uuid> = programs.iter().map(|id| id.0).collect();
    let (mut all, items, details, governed) = if reach.health_only {
        let settings = settings(db, &ids, reach.until);
        let (all, items, governed) =
            tokio::try_join!(settings, items(db, &ids, reach, None), governance(db, &ids, reach))?;
        // Only few of the items are wanted, and these are named.
        let wanted: Vec<Uuid> = items.keys().map(|id| id.0).collect();
        let details = details(db, &ids, reach, Some(&wanted)).await?;
        (all, items, details, governed)
    } else {
        let settings = settings(db, &ids, reach.until);
        tokio::try_join!(
            settings,
            items(db, &ids, reach, None),
            details(db, &ids, reach, None),
            governance(db, &ids, reach),
        )?
    };
    for (program, (governance, _)) in governed {
        if let Some(facts) = all.get_mut(&program) {
            facts.governance = governance;
        }
    }
    for details in details.chunk_by(|a, b| a.item == b.item) {
        let Some(known) = details.first().and_then(|first| items.get(&first.item)) else { continue };
        if let Some(facts) = all.get_mut(&known.program) {
            place(facts, known, details);
        }
    }
    for (program, link) in links(db, &ids, reach).await? {
        if let Some(facts) = all.get_mut(&program) {
            facts.action_links.push(link);
        }
    }
    Ok(programs.iter().map(|id| all.remove(id).map_or_else(Facts::default, weighed)).collect())
}

/// The facts, once all of them are there, with what the actions do about the risks.
fn weighed(mut facts: Facts) -> Facts {
    let Facts { risks, actions, action_links, .. } = &mut facts;
    mitigation::weigh(risks, actions, action_links);
    facts
}

/// The settings of one program with their history, and its first baseline, as of a day: its facts but for what it holds.
///
/// # Errors
/// When the database refuses.
pub async fn set_up(db: &Db, program: ProgramId, day: NaiveDate) -> Result<Facts> {
    Ok(settings(db, &[program.0], day).await?.remove(&program).unwrap_or_default())
}

/// The settings of programs with their history, and their first baselines.
async fn settings(db: &Db, programs: &[Uuid], until: NaiveDate) -> Result<HashMap<ProgramId, Facts>> {
    let rows = sqlx::query!(
        r#"
        select p.id as "id!: ProgramId", p.key as "key!", p.effective_on as "effective_on!", p.targets as "targets!",
               p.thresholds as "thresholds!", p.currency as "currency!", (p.budget * 100)::bigint as budget, p.working_week as "working_week!", p.holidays as "holidays!",
               p.extra_days as "extra_days!", b.made_on as "made_on?", b.entered as "entered?", b.projects as "projects?"
        from history.program p
        left join (
            select b.program, b.made_on, array_agg(e.on order by e.on) filter (where e.on <= $2) as entered,
                   array_agg(i.project order by i.project) filter (where e.on <= $2 and i.project is not null) as projects
            from baseline b
            left join baseline_date d on d.baseline = b.id
            -- A milestone enters the original baseline when its first date is committed, which may be later; an activity
            -- with its finish, once it is there.
            left join lateral (
                select min(v.effective_on) as on
                from (select m.effective_on from history.milestone m where m.item = d.item and m.original_on is not null
                      union all select a.effective_on from history.activity a where a.item = d.item) v) e on true
            -- It is of the project that it has on the day.
            left join history.item i on i.id = d.item and i.effective_on <= $2 and i.until_on > $2
            where b.program = any($1) and b.number = 0 and b.made_on <= $2
            group by b.program, b.made_on
        ) b on b.program = p.id
        where p.id = any($1) and p.until_on > p.effective_on
        order by p.id, p.effective_on
        "#,
        programs,
        until,
    )
    .fetch_all(db.pool())
    .await?;
    let mut all: HashMap<ProgramId, Facts> = HashMap::new();
    for row in rows {
        let known = all.contains_key(&row.id);
        let facts = all.entry(row.id).or_default();
        // The first version also stands for the days before the program was written down.
        if known && row.effective_on > until {
            continue;
        }
        let mut week = [false; 7];
        week.iter_mut().zip(&row.working_week).for_each(|(slot, worked)| *slot = *worked);
        (facts.key, facts.currency) = (row.key, row.currency);
        facts.calendar = Calendar {
            week,
            holidays: row.holidays.into_iter().collect(),
            extra_days: row.extra_days.into_iter().collect(),
        };
        facts.first_baseline =
            row.made_on.map(|on| FirstBaseline { on, entered: row.entered.unwrap_or_default().into() });
        let projects = row.projects.unwrap_or_default();
        let shares = projects
            .chunk_by(|a, b| a == b)
            .filter_map(|of| Some((ProjectId(*of.first()?), u32::try_from(of.len()).unwrap_or(u32::MAX))));
        facts.first_baseline_of = shares.collect();
        let effective_on = row.effective_on;
        let targets: Targets = serde_json::from_value(row.targets).unwrap_or_default();
        facts.targets.push(Version { effective_on, fact: targets });
        let thresholds: Thresholds = serde_json::from_value(row.thresholds).unwrap_or_default();
        facts.thresholds.push(Version { effective_on, fact: thresholds });
        facts.budget.push(Version { effective_on, fact: row.budget });
    }
    Ok(all)
}

/// The versions of what all items have, or only those that are wanted.
async fn items(
    db: &Db,
    programs: &[Uuid],
    reach: Reach,
    wanted: Option<&[Uuid]>,
) -> Result<HashMap<ItemId, Known>> {
    let rows = sqlx::query!(
        r#"
        select h.id as "id!: ItemId", h.program as "program!: ProgramId", h.kind as "kind!: Kind", h.number as "number!",
               nullif(h.title, lag(h.title) over (partition by h.id order by h.effective_on)) as title,
               h.effective_on as "from!",
               nullif(h.until_on, 'infinity') as until, h.state as "state!: State", h.project as "project: ProjectId",
               h.owner as "owner: PersonId", h.raised_on as "raised_on!", h.next_on, h.closed_on, h.score,
               h.archived_at is not null as "archived!"
        from history.item h
        where h.program = any($1) and h.until_on > $2 and h.effective_on <= $3 and h.until_on > h.effective_on
          and h.kind in ('milestone', 'risk', 'assumption', 'issue', 'dependency', 'decision', 'change', 'action')
          and ($5::uuid[] is null or h.id = any($5))
          and (not $4 or h.open or h.closed_on > $3 or (h.kind = 'change' and h.closed_on > $3 - 90)
               or h.id in (
                   select one.id
                   from unnest($1) p (id)
                   cross join unnest(array['milestone', 'risk', 'assumption', 'issue', 'dependency', 'decision', 'change',
                                           'action']::item_kind[]) k (kind)
                   cross join lateral (
                       -- Something that is over tells that there was any: as it stood on the day, and no opportunity for a risk.
                       -- Each item's version is read by itself (`offset 0`): one is enough, and all of them joined are many.
                       select i.id
                       from item i
                       cross join lateral (
                           select v.open, v.state, v.archived_at, v.raised_on
                           from history.item v where v.id = i.id and v.effective_on <= $3 and v.until_on > $3 offset 0
                       ) v
                       where i.program = p.id and i.kind = k.kind and not v.open and v.state <> 'cancelled'
                         and v.archived_at is null and v.raised_on <= $3
                         and case when k.kind = 'risk' then exists (
                             select from history.risk r
                             where r.item = i.id and r.effective_on <= $3 and r.until_on > $3 and not r.opportunity) else true end
                       order by i.number limit 1
                   ) one))
        order by h.id, h.effective_on
        "#,
        programs,
        reach.since,
        reach.until,
        reach.health_only,
        wanted,
    )
    .fetch_all(db.pool())
    .await?;
    let mut items: HashMap<ItemId, Known> = HashMap::new();
    for row in rows {
        let known = items.entry(row.id).or_insert_with(|| Known {
            program: row.program,
            kind: row.kind,
            number: row.number,
            titles: Vec::new(),
            versions: Vec::new(),
        });
        // Only where it is another than before.
        known.titles.extend(row.title.map(|title| (row.from, title)));
        let common = Common {
            state: row.state,
            project: row.project,
            owner: row.owner,
            raised_on: row.raised_on,
            next_on: row.next_on,
            closed_on: row.closed_on,
            updated_on: row.from,
            archived: row.archived,
        };
        known.versions.push(Held {
            item: row.id,
            from: row.from,
            until: row.until,
            fact: (common, row.score),
        });
    }
    Ok(items)
}

/// What the kinds have of their own, each in slots of its choosing: see [`place`].
struct Detail {
    dates: [Option<NaiveDate>; 5],
    numbers: [i32; 3],
    flags: [bool; 2],
    teams: [Option<TeamId>; 2],
    project: Option<ProjectId>,
}

/// The versions of what the kinds have of their own, in the order of items and days.
async fn details(
    db: &Db,
    programs: &[Uuid],
    reach: Reach,
    wanted: Option<&[Uuid]>,
) -> Result<Vec<Held<Detail>>> {
    let rows = sqlx::query!(
        r#"
        select d.item as "item!: ItemId", d.effective_on as "from!", nullif(d.until_on, 'infinity') as until,
               d.a, d.b, d.c, d.d, d.e, d.x as "x!", d.y as "y!", d.z as "z!", d.p as "p!", d.q as "q!",
               d.s as "s: TeamId", d.t as "t: TeamId", d.u as "u: ProjectId"
        from (
            select item, program, effective_on, until_on, original_on as a, committed_on as b, forecast_on as c,
                   forecast_stated_on as d, achieved_on as e, 0 as x, 0 as y, 0 as z, false as p, false as q,
                   null::uuid as s, null::uuid as t, null::uuid as u
            from history.milestone
            union all select item, program, effective_on, until_on, review_on, accepted_until, null, null, null, 0, 0, 0,
                             opportunity, false, null, null, null from history.risk
            union all select item, program, effective_on, until_on, validate_by, null, null, null, null, 0, 0, 0,
                             false, false, null, null, null from history.assumption
            union all select item, program, effective_on, until_on, resolved_on, null, null, null, null, severity, 0, 0,
                             blocking, false, blocked_team, owing_team, null from history.issue
            union all select item, program, effective_on, until_on, needed_by, promised_by, null, null, null, 0, 0, 0,
                             provider_agreed_on is not null, consumer_agreed_on is not null, null, null,
                             consumer_project
                      from history.dependency
            union all select item, program, effective_on, until_on, requested_on, escalated_on, needed_by, decided_on,
                             deferred_until, 0, 0, 0, false, false, null, null, null from history.decision
            union all select item, program, effective_on, until_on, submitted_on, decided_on, null, null, null,
                             adds, removes, redefines, 'scope' = any(kinds), false, null, null, null
                      from history.change
            union all select item, program, effective_on, until_on, due_on, null, null, null, null, 0, 0, 0,
                             false, false, null, null, null from history.action
        ) d
        where d.program = any($1) and d.until_on > $2 and d.effective_on <= $3 and d.until_on > d.effective_on
          and ($4::uuid[] is null or d.item = any($4))
        order by d.item, d.effective_on
        "#,
        programs,
        reach.since,
        reach.until,
        wanted,
    )
    .fetch_all(db.pool())
    .await?;
    let held = rows.into_iter().map(|row| Held {
        item: row.item,
        from: row.from,
        until: row.until,
        fact: Detail {
            dates: [row.a, row.b, row.c, row.d, row.e],
            numbers: [row.x, row.y, row.z],
            flags: [row.p, row.q],
            teams: [row.s, row.t],
            project: row.u,
        },
    });
    Ok(held.collect())
}

/// Makes an item's track of the versions of its two parts, and puts it where it belongs.
fn place(facts: &mut Facts, known: &Known, details: &[Held<Detail>]) {
    match known.kind {
        Kind::Activity
        | Kind::Gate
        | Kind::Check
        | Kind::Release
        | Kind::Report
        | Kind::Benefit
        | Kind::Stakeholder
        | Kind::Meeting
        | Kind::Lesson => {}
        Kind::Milestone => add(&mut facts.milestones, known, details, |common, _, detail| {
            let [original_on, committed_on, forecast_on, forecast_stated_on, achieved_on] = detail.dates;
            let forecast_on = forecast_on.or(committed_on);
            MilestoneFact { common, original_on, committed_on, forecast_on, forecast_stated_on, achieved_on }
        }),
        Kind::Risk => add(&mut facts.risks, known, details, |common, score, detail| {
            let ([review_on, accepted_until, ..], [opportunity, _]) = (detail.dates, detail.flags);
            let mitigation = Mitigation::default();
            RiskFact { common, score, opportunity, review_on, accepted_until, mitigation }
        }),
        Kind::Assumption => add(&mut facts.assumptions, known, details, |common, _, detail| AssumptionFact {
            common,
            validate_by: detail.dates[0],
        }),
        Kind::Issue => add(&mut facts.issues, known, details, |common, _, detail| {
            let ([blocking, _], [blocked_team, owing_team]) = (detail.flags, detail.teams);
            let severity = i16::try_from(detail.numbers[0]).unwrap_or(i16::MAX);
            IssueFact { common, severity, blocking, blocked_team, owing_team, resolved_on: detail.dates[0] }
        }),
        Kind::Dependency => add(&mut facts.dependencies, known, details, |common, _, detail| {
            let ([needed_by, promised_by, ..], [provider_agreed, consumer_agreed]) =
                (detail.dates, detail.flags);
            let consumer_project = detail.project;
            DependencyFact {
                common,
                consumer_project,
                needed_by,
                promised_by,
                provider_agreed,
                consumer_agreed,
            }
        }),
        Kind::Decision => add(&mut facts.decisions, known, details, |common, _, detail| {
            let [requested_on, escalated_on, needed_by, decided_on, deferred_until] = detail.dates;
            DecisionFact { common, requested_on, escalated_on, needed_by, decided_on, deferred_until }
        }),
        Kind::Change => add(&mut facts.changes, known, details, |common, _, detail| {
            let ([submitted_on, decided_on, ..], [adds, removes, redefines]) = (detail.dates, detail.numbers);
            let approved = matches!(common.state, State::Approved | State::Implemented);
            let scope = detail.flags[0];
            ChangeFact { common, scope, adds, removes, redefines, submitted_on, decided_on, approved }
        }),
        Kind::Action => add(&mut facts.actions, known, details, |common, _, detail| ActionFact {
            common,
            due_on: detail.dates[0],
        }),
    }
}

/// Puts an item's track where it belongs in the order of items, in the place of the one that is there.
fn add<F: Clone + PartialEq>(
    tracks: &mut Tracks<F>,
    known: &Known,
    details: &[Held<Detail>],
    fact: impl Fn(Common, Option<i16>, &Detail) -> F,
) {
    let versions = overlaid(&known.versions, details, fact);
    let (Some(first), false) = (details.first(), versions.is_empty()) else { return };
    let title = known.titles.last().map(|(_, title)| title.clone()).unwrap_or_default();
    let track = Track { item: first.item, kind: known.kind, number: known.number, title, versions };
    match tracks.binary_search_by_key(&track.item.0, |other| other.item.0) {
        Ok(index) if tracks[index] == track => {}
        Ok(index) => tracks[index] = track,
        Err(index) => tracks.insert(index, track),
    }
}

/// The versions of an item as a whole: one from each day on which either part changed, while both hold. Both lists are in
/// the order of days.
fn overlaid<F>(
    commons: &[Held<(Common, Option<i16>)>],
    details: &[Held<Detail>],
    fact: impl Fn(Common, Option<i16>, &Detail) -> F,
) -> Vec<Version<F>> {
    let mut versions = Vec::with_capacity(commons.len().max(details.len()));
    let (mut c, mut d) = (0, 0);
    while let (Some(common), Some(detail)) = (commons.get(c), details.get(d)) {
        let effective_on = common.from.max(detail.from);
        let ends = |until: Option<NaiveDate>| until.unwrap_or(NaiveDate::MAX);
        if effective_on < ends(common.until).min(ends(detail.until)) {
            let (shared, score) = common.fact;
            let shared = Common { updated_on: effective_on, ..shared };
            versions.push(Version { effective_on, fact: fact(shared, score, &detail.fact) });
        }
        if ends(common.until) <= ends(detail.until) {
            c += 1;
        }
        if ends(detail.until) <= ends(common.until) {
            d += 1;
        }
    }
    versions
}

/// What actions are for, by program.
async fn links(db: &Db, programs: &[Uuid], reach: Reach) -> Result<Vec<(ProgramId, ActionLink)>> {
    let rows = sqlx::query!(
        r#"
        select a.program as "program!: ProgramId", a.id as "action!: ItemId", l.other as "item!: ItemId",
               l.mitigates as "mitigates!", l.effective_on as "from!", nullif(l.until_on, 'infinity') as until
        from item a
        cross join lateral (
            select o.to_item as other, o.relation = 'mitigates' as mitigates, o.effective_on, o.until_on
            from history.link o where o.from_item = a.id
            union all
            select t.from_item, false, t.effective_on, t.until_on from history.link t where t.to_item = a.id
        ) l
        where a.program = any($1) and a.kind = 'action' and (not $4 or a.open or a.closed_on > $3)
          and l.until_on > $2 and l.effective_on <= $3 and l.until_on > l.effective_on
        order by a.id, l.effective_on, l.other, l.mitigates, l.until_on
        "#,
        programs,
        reach.since,
        reach.until,
        reach.health_only,
    )
    .fetch_all(db.pool())
    .await?;
    let link = rows.into_iter().map(|row| {
        let (mitigates, from, until) = (row.mitigates, row.from, row.until);
        (row.program, ActionLink { action: row.action, item: row.item, mitigates, from, until })
    });
    Ok(link.collect())
}

/// What a line about an item shows beside its title.
#[derive(Clone, Debug, Default)]
pub struct Card {
    pub owner: Option<String>,
    pub project: Option<String>,
    /// Who provides and who consumes a dependency, in words.
    pub provider: Option<String>,
    pub consumer: Option<String>,
    /// What is recommended to whoever takes a decision, and who that is.
    pub recommendation: String,
    pub if_undecided: String,
    pub escalated_to: Option<String>,
}

/// What lines about these items show beside their titles, as it stood on a day.
///
/// # Errors
/// When the database refuses.
pub async fn cards(db: &Db, items: &[ItemId], day: NaiveDate) -> Result<HashMap<ItemId, Card>> {
    if items.is_empty() {
        return Ok(HashMap::new());
    }
    let ids: Vec<Uuid> = items.iter().map(|id| id.0).collect();
    let rows = sqlx::query!(
        r#"
        select h.id as "id!: ItemId", o.name as "owner?", coalesce(pr.name, pr.key) as "project?",
               coalesce(pp.name, pt.name, d.provider_external) as "provider?",
               coalesce(cp.name, ct.name, d.consumer_external) as "consumer?",
               left(n.recommendation, 200) as "recommendation?", left(n.if_undecided, 200) as "if_undecided?",
               e.name as "escalated_to?"
        from history.item h
        left join person o on o.id = h.owner
        left join project pr on pr.id = h.project
        left join history.dependency d on d.item = h.id and d.effective_on <= $2 and d.until_on > $2
        left join project pp on pp.id = d.provider_project
        left join team pt on pt.id = d.provider_team
        left join project cp on cp.id = d.consumer_project
        left join team ct on ct.id = d.consumer_team
        left join history.decision n on n.item = h.id and n.effective_on <= $2 and n.until_on > $2
        left join person e on e.id = n.escalated_to
        where h.id = any($1) and h.effective_on <= $2 and h.until_on > $2
        "#,
        &ids,
        day,
    )
    .fetch_all(db.pool())
    .await?;
    let cards = rows.into_iter().map(|row| {
        let card = Card {
            owner: row.owner,
            project: row.project,
            provider: row.provider,
            consumer: row.consumer,
            recommendation: row.recommendation.unwrap_or_default(),
            if_undecided: row.if_undecided.unwrap_or_default(),
            escalated_to: row.escalated_to,
        };
        (row.id, card)
    });
    Ok(cards.collect())
}
