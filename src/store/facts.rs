//! The facts of programs, for metrics and health: the versions of every item in a span of days, read for any number of
//! programs at once in one query for what all items have, one a kind for what its kind has of its own, and three for what
//! hangs around them. Nothing is read item by item.

use super::{Db, Result};
use crate::domain::calendar::Calendar;
use crate::domain::facts::{
    ActionFact, ActionLink, AssumptionFact, ChangeFact, Common, DecisionFact, DependencyFact, Facts,
    FirstBaseline, IssueFact, MilestoneFact, Mitigation, RiskFact, Track, Version,
};
use crate::domain::ids::{ItemId, PersonId, ProgramId, ProjectId, TeamId};
use crate::domain::kind::{Kind, State};
use crate::domain::mitigation;
use crate::domain::settings::{Targets, Thresholds};
use chrono::NaiveDate;
use std::collections::HashMap;

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
    title: String,
    score: Vec<Held<(Common, Option<i16>)>>,
}

/// Reads the details of a kind in the reach, in the order of items and days.
macro_rules! details {
    ($db:expr, $programs:expr, $reach:expr, $ids:expr, $table:literal, $columns:literal, |$row:ident| $fact:expr) => {{
        let ids: Option<Vec<uuid::Uuid>> = $ids;
        let rows = sqlx::query!(
            r#"select d.item as "item!: ItemId", d.effective_on as "from!", nullif(d.until_on, 'infinity') as until, "#
                + $columns
                + " from history."
                + $table
                + " d where d.program = any($1) and d.until_on > $2 and d.effective_on <= $3
                      and d.until_on > d.effective_on and ($4::uuid[] is null or d.item = any($4))
                    order by d.item, d.effective_on",
            $programs,
            $reach.since,
            $reach.until,
            ids.as_deref(),
        )
        .fetch_all($db.pool())
        .await?;
        rows.into_iter()
        .map(|$row| Held { item: $row.item, from: $row.from, until: $row.until, fact: $fact })
        .collect::<Vec<_>>()
    }};
}

/// Reads the facts of programs, in the order in which they are given. Programs that don't exist have none.
///
/// # Errors
/// When the database refuses.
pub async fn load(db: &Db, programs: &[ProgramId], reach: Reach) -> Result<Vec<Facts>> {
    let ids: Vec<uuid::Uuid> = programs.iter().map(|id| id.0).collect();
    let mut all = settings(db, &ids, reach.until).await?;
    let items = items(db, &ids, reach).await?;

    // Only where few of the items are wanted are they named; else the index on programs is the way.
    let mut wanted: HashMap<Kind, Vec<uuid::Uuid>> = HashMap::new();
    for (id, known) in &items {
        wanted.entry(known.kind).or_default().push(id.0);
    }
    let wanted = |kind: Kind| reach.health_only.then(|| wanted.get(&kind).cloned().unwrap_or_default());

    let milestones = details!(
        db,
        &ids,
        reach,
        wanted(Kind::Milestone),
        "milestone",
        "d.original_on, d.committed_on, d.forecast_on, d.forecast_stated_on, d.achieved_on",
        |row| (row.original_on, row.committed_on, row.forecast_on, row.forecast_stated_on, row.achieved_on)
    );
    spread(
        &items,
        milestones,
        &mut all,
        |facts| &mut facts.milestones,
        |common, _, detail| {
            let (original_on, committed_on, forecast_on, forecast_stated_on, achieved_on) = *detail;
            let forecast_on = forecast_on.or(committed_on);
            MilestoneFact { common, original_on, committed_on, forecast_on, forecast_stated_on, achieved_on }
        },
    );
    let risks =
        details!(db, &ids, reach, wanted(Kind::Risk), "risk", "d.review_on, d.accepted_until", |row| (
            row.review_on,
            row.accepted_until
        ));
    spread(
        &items,
        risks,
        &mut all,
        |facts| &mut facts.risks,
        |common, score, detail| {
            let (review_on, accepted_until) = *detail;
            RiskFact { common, score, review_on, accepted_until, mitigation: Mitigation::default() }
        },
    );
    let issues = details!(
        db,
        &ids,
        reach,
        wanted(Kind::Issue),
        "issue",
        r#"d.blocking as "blocking!", d.blocked_team as "blocked_team: TeamId", d.owing_team as "owing_team: TeamId", d.resolved_on"#,
        |row| (row.blocking, row.blocked_team, row.owing_team, row.resolved_on)
    );
    spread(
        &items,
        issues,
        &mut all,
        |facts| &mut facts.issues,
        |common, _, detail| {
            let (blocking, blocked_team, owing_team, resolved_on) = *detail;
            IssueFact { common, blocking, blocked_team, owing_team, resolved_on }
        },
    );
    let assumptions =
        details!(db, &ids, reach, wanted(Kind::Assumption), "assumption", "d.validate_by", |row| row
            .validate_by);
    spread(
        &items,
        assumptions,
        &mut all,
        |facts| &mut facts.assumptions,
        |common, _, validate_by| AssumptionFact { common, validate_by: *validate_by },
    );
    let dependencies = details!(
        db,
        &ids,
        reach,
        wanted(Kind::Dependency),
        "dependency",
        r#"d.needed_by, d.promised_by, d.provider_agreed_on is not null as "provider_agreed!",
           d.consumer_agreed_on is not null as "consumer_agreed!""#,
        |row| (row.needed_by, row.promised_by, row.provider_agreed, row.consumer_agreed)
    );
    spread(
        &items,
        dependencies,
        &mut all,
        |facts| &mut facts.dependencies,
        |common, _, detail| {
            let (needed_by, promised_by, provider_agreed, consumer_agreed) = *detail;
            DependencyFact { common, needed_by, promised_by, provider_agreed, consumer_agreed }
        },
    );
    let decisions = details!(
        db,
        &ids,
        reach,
        wanted(Kind::Decision),
        "decision",
        "d.requested_on, d.escalated_on, d.needed_by, d.decided_on, d.deferred_until",
        |row| (row.requested_on, row.escalated_on, row.needed_by, row.decided_on, row.deferred_until)
    );
    spread(
        &items,
        decisions,
        &mut all,
        |facts| &mut facts.decisions,
        |common, _, detail| {
            let (requested_on, escalated_on, needed_by, decided_on, deferred_until) = *detail;
            DecisionFact { common, requested_on, escalated_on, needed_by, decided_on, deferred_until }
        },
    );
    let changes = details!(
        db,
        &ids,
        reach,
        wanted(Kind::Change),
        "change",
        r#"'scope' = any(d.kinds) as "scope!", d.adds as "adds!", d.removes as "removes!", d.redefines as "redefines!",
           d.submitted_on, d.decided_on"#,
        |row| (row.scope, [row.adds, row.removes, row.redefines], row.submitted_on, row.decided_on)
    );
    spread(
        &items,
        changes,
        &mut all,
        |facts| &mut facts.changes,
        |common, _, detail| {
            let (scope, [adds, removes, redefines], submitted_on, decided_on) = *detail;
            let approved = matches!(common.state, State::Approved | State::Implemented);
            ChangeFact { common, scope, adds, removes, redefines, submitted_on, decided_on, approved }
        },
    );
    let actions = details!(db, &ids, reach, wanted(Kind::Action), "action", "d.due_on", |row| row.due_on);
    spread(
        &items,
        actions,
        &mut all,
        |facts| &mut facts.actions,
        |common, _, due_on| ActionFact { common, due_on: *due_on },
    );
    links(db, &ids, reach, &mut all).await?;
    Ok(programs.iter().map(|id| all.remove(id).unwrap_or_default()).collect())
}

/// The settings of programs with their history, and their first baselines.
async fn settings(db: &Db, programs: &[uuid::Uuid], until: NaiveDate) -> Result<HashMap<ProgramId, Facts>> {
    let rows = sqlx::query!(
        r#"
        select p.id as "id!: ProgramId", p.key as "key!", p.effective_on as "effective_on!", p.targets as "targets!",
               p.thresholds as "thresholds!", p.working_week as "working_week!", p.holidays as "holidays!",
               p.extra_days as "extra_days!", b.made_on as "made_on?", b.items as "items?"
        from history.program p
        left join (
            select b.program, b.made_on, count(d.item) as items
            from baseline b
            -- A milestone enters the original baseline when its first date is committed, which may be later.
            left join baseline_date d on d.baseline = b.id and exists (
                select from history.milestone m
                where m.item = d.item and m.original_on is not null and m.effective_on <= $2)
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
        facts.key = row.key;
        facts.calendar = Calendar {
            week,
            holidays: row.holidays.into_iter().collect(),
            extra_days: row.extra_days.into_iter().collect(),
        };
        facts.first_baseline = row
            .made_on
            .map(|on| FirstBaseline { on, items: row.items.and_then(|n| n.try_into().ok()).unwrap_or(0) });
        let effective_on = row.effective_on;
        let targets: Targets = serde_json::from_value(row.targets).unwrap_or_default();
        facts.targets.push(Version { effective_on, fact: targets });
        let thresholds: Thresholds = serde_json::from_value(row.thresholds).unwrap_or_default();
        facts.thresholds.push(Version { effective_on, fact: thresholds });
    }
    Ok(all)
}

/// The versions of what all items have.
async fn items(db: &Db, programs: &[uuid::Uuid], reach: Reach) -> Result<HashMap<ItemId, Known>> {
    let rows = sqlx::query!(
        r#"
        select h.id as "id!: ItemId", h.program as "program!: ProgramId", h.kind as "kind!: Kind", h.number as "number!",
               case when h.until_on > $3 then h.title end as title, h.effective_on as "from!",
               nullif(h.until_on, 'infinity') as until, h.state as "state!: State", h.project as "project: ProjectId",
               h.owner as "owner: PersonId", h.raised_on as "raised_on!", h.next_on, h.closed_on, h.score,
               h.archived_at is not null as "archived!"
        from history.item h
        where h.program = any($1) and h.until_on > $2 and h.effective_on <= $3 and h.until_on > h.effective_on
          and (not $4 or h.open or h.closed_on > $3 or (h.kind = 'change' and h.closed_on > $3 - 90)
               or h.id in (
                   select one.id
                   from unnest($1) p (id)
                   cross join unnest(enum_range(null::item_kind)) k (kind)
                   cross join lateral (
                       select i.id from item i
                       where i.program = p.id and i.kind = k.kind and not i.open and i.state <> 'cancelled'
                         and i.archived_at is null and i.raised_on <= $3
                       order by i.number limit 1
                   ) one))
        order by h.id, h.effective_on
        "#,
        programs,
        reach.since,
        reach.until,
        reach.health_only,
    )
    .fetch_all(db.pool())
    .await?;
    let mut items: HashMap<ItemId, Known> = HashMap::new();
    for row in rows {
        let known = items.entry(row.id).or_insert_with(|| Known {
            program: row.program,
            kind: row.kind,
            number: row.number,
            title: String::new(),
            score: Vec::new(),
        });
        if let Some(title) = row.title {
            known.title = title;
        }
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
        known.score.push(Held { item: row.id, from: row.from, until: row.until, fact: (common, row.score) });
    }
    Ok(items)
}

/// Puts the versions of items and of their details together, and hands each track to its program.
fn spread<D, F>(
    items: &HashMap<ItemId, Known>,
    details: Vec<Held<D>>,
    all: &mut HashMap<ProgramId, Facts>,
    place: impl Fn(&mut Facts) -> &mut Vec<Track<F>>,
    fact: impl Fn(Common, Option<i16>, &D) -> F,
) {
    for details in details.chunk_by(|a, b| a.item == b.item) {
        let Some(known) = details.first().and_then(|first| items.get(&first.item)) else { continue };
        let Some(facts) = all.get_mut(&known.program) else { continue };
        let versions = overlaid(&known.score, details, &fact);
        if let (Some(first), false) = (details.first(), versions.is_empty()) {
            place(facts).push(Track {
                item: first.item,
                kind: known.kind,
                number: known.number,
                title: known.title.clone(),
                versions,
            });
        }
    }
}

/// The versions of an item as a whole: one from each day on which either part changed, while both hold. Both lists are in
/// the order of days.
fn overlaid<D, F>(
    commons: &[Held<(Common, Option<i16>)>],
    details: &[Held<D>],
    fact: impl Fn(Common, Option<i16>, &D) -> F,
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

/// What actions are for, and what they do about risks.
async fn links(
    db: &Db,
    programs: &[uuid::Uuid],
    reach: Reach,
    all: &mut HashMap<ProgramId, Facts>,
) -> Result<()> {
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
        order by a.id, l.effective_on
        "#,
        programs,
        reach.since,
        reach.until,
        reach.health_only,
    )
    .fetch_all(db.pool())
    .await?;
    let mut mitigating: HashMap<ProgramId, Vec<ActionLink>> = HashMap::new();
    for row in rows {
        let link = ActionLink { action: row.action, item: row.item, from: row.from, until: row.until };
        if let Some(facts) = all.get_mut(&row.program) {
            facts.action_links.push(link);
        }
        if row.mitigates {
            mitigating.entry(row.program).or_default().push(link);
        }
    }
    for (program, facts) in all {
        let links = mitigating.get(program).map(Vec::as_slice).unwrap_or_default();
        let Facts { risks, actions, .. } = facts;
        mitigation::weigh(risks, actions, links);
    }
    Ok(())
}
