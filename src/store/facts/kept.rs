//! Facts of one program that are brought up to date: after a write, what was written is read again, and nothing else.
//!
//! # Why nothing is missed
//!
//! No clock is asked, for a transaction may commit long after the time that it writes into its rows. Every row carries the
//! number of the transaction that wrote it (`xmin`, by PostgreSQL itself), and a snapshot knows a number below which all
//! transactions have ended (`pg_snapshot_xmin`). That number, taken before the facts are read, is their [`Kept::mark`].
//!
//! - What a transaction below the mark wrote was there to be read, whole, when the facts were.
//! - What was not yet there comes from a transaction at or above the mark. (So does some of what was: it is read twice, which
//!   does no harm.)
//! - Whoever changes a row writes a new version of it that is in force until further notice (`until_on = 'infinity'`): the
//!   trigger does. So an item of which no such version, in any of its tables, comes from at or above the mark is as it was
//!   read; and the others are read again as a whole, with versions that were closed or put into the past.
//!
//! Items are never deleted. Settings and links are few, and read anew each time; what is known of governance is read anew, as a
//! whole, if anything of it was written, and the lists that came out the same are shared. The transaction numbers of rows have
//! 32 bits and go round; marks that lie half of that apart, or the wrong way round as after a database was restored, are not
//! compared: then all is read anew.
//!
//! Facts that don't change are shared with those that they were made of, see [`Tracks`].

use super::{Reach, details, governance, items, links, load, place, settings, weighed};
use crate::domain::facts::{Facts, Governance, Tracks};
use crate::domain::ids::{ItemId, ProgramId};
use crate::domain::kind::Kind;
use crate::store::{Db, Result};
use chrono::NaiveDate;
use uuid::Uuid;

/// Numbers of transactions that can be compared lie less than this apart.
const COMPARABLE: i64 = 1 << 30;

/// A mark: all transactions of lower numbers had ended when it was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark(pub(in crate::store) i64);

impl Mark {
    /// Whether what was written since this mark can be told at a later one.
    pub(in crate::store) fn compares(self, later: Self) -> bool {
        (self.0..self.0 + COMPARABLE).contains(&later.0)
    }
}

/// The facts of a program, and since when what is written is to be read again.
#[derive(Clone, Debug)]
pub struct Kept {
    pub facts: Facts,
    program: ProgramId,
    reach: Reach,
    /// Taken before the facts were read.
    mark: Mark,
}

/// What was written by transactions of the mark or above, and the mark for the next time.
struct Touched {
    mark: Mark,
    /// Those that have facts in the logs.
    items: Vec<(ItemId, Kind)>,
    /// Others, and whether anything that is recorded of governance was written.
    others: Vec<ItemId>,
    records: bool,
}

impl Touched {
    /// Whether what is known of governance has to be read again.
    fn governance(&self, known: &Governance) -> bool {
        let named = |item: ItemId| {
            let rework = known.rework.iter().filter_map(|record| record.fact.about.as_ref());
            let answers = known.answers.iter().filter_map(|record| record.fact.about.as_ref());
            rework.chain(answers).any(|name| name.item == item)
        };
        self.records
            || !self.others.is_empty()
            || self.items.iter().any(|(item, kind)| {
                matches!(kind, Kind::Change | Kind::Decision | Kind::Action) || named(*item)
            })
    }
}

impl Kept {
    /// Reads the facts of a program for what is measured on a day.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn load(db: &Db, program: ProgramId, day: NaiveDate) -> Result<Self> {
        let reach = Reach::measures(day);
        let mark = mark(db).await?;
        let facts = load(db, &[program], reach).await?.pop().unwrap_or_default();
        Ok(Self { facts, program, reach, mark })
    }

    /// The facts as they are now: what a new [`load`](Self::load) would read.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn renewed(&self, db: &Db) -> Result<Self> {
        let Self { program, reach, .. } = *self;
        let written = self.touched(db).await?;
        if !self.mark.compares(written.mark) {
            return Self::load(db, program, reach.until).await;
        }
        let governed = async {
            if !written.governance(&self.facts.governance) {
                return Ok(self.facts.governance.clone());
            }
            let mut read = governance(db, &[program.0], reach).await?;
            Ok(read.remove(&program).unwrap_or_default().sharing(&self.facts.governance))
        };
        let touched = &written.items;
        let only = [program.0];
        let ids: Vec<Uuid> = touched.iter().map(|(item, _)| item.0).collect();
        let (mut settings, items, details, links, governance) = tokio::try_join!(
            settings(db, &only, reach.until),
            items(db, &only, reach, Some(&ids)),
            details(db, &only, reach, Some(&ids)),
            links(db, &only, reach),
            governed,
        )?;
        let old = &self.facts;
        let mut facts = Facts {
            milestones: old.milestones.clone(),
            risks: old.risks.clone(),
            assumptions: old.assumptions.clone(),
            issues: old.issues.clone(),
            dependencies: old.dependencies.clone(),
            decisions: old.decisions.clone(),
            changes: old.changes.clone(),
            actions: old.actions.clone(),
            action_links: links.into_iter().map(|(_, link)| link).collect(),
            governance,
            ..settings.remove(&program).unwrap_or_default()
        };
        for (item, kind) in touched {
            if !items.contains_key(item) {
                drop_from(&mut facts, *item, *kind);
            }
        }
        for details in details.chunk_by(|a, b| a.item == b.item) {
            if let Some(known) = details.first().and_then(|first| items.get(&first.item)) {
                place(&mut facts, known, details);
            }
        }
        Ok(Self { facts: weighed(facts), program, reach, mark: written.mark })
    }

    async fn touched(&self, db: &Db) -> Result<Touched> {
        let rows = sqlx::query!(
            r#"
            select now.mark as "mark!", t.written, t.id as "id?: ItemId", t.kind as "kind?: Kind"
            from (select pg_snapshot_xmin(pg_current_snapshot())::text::bigint as mark) now
            left join (
                select true as written, v.id, v.kind
                from (
                    select id, kind, program, until_on, xmin as by from history.item
                    union all select item, 'milestone', program, until_on, xmin from history.milestone
                    union all select item, 'risk', program, until_on, xmin from history.risk
                    union all select item, 'assumption', program, until_on, xmin from history.assumption
                    union all select item, 'issue', program, until_on, xmin from history.issue
                    union all select item, 'dependency', program, until_on, xmin from history.dependency
                    union all select item, 'decision', program, until_on, xmin from history.decision
                    union all select item, 'change', program, until_on, xmin from history.change
                    union all select item, 'action', program, until_on, xmin from history.action
                    union all select item, 'gate', program, until_on, xmin from history.gate
                    union all select item, 'check', program, until_on, xmin from history."check"
                    union all select item, 'release', program, until_on, xmin from history.release
                    union all select item, 'report', program, until_on, xmin from history.report
                    union all select item, 'benefit', program, until_on, xmin from history.benefit
                    union all select item, 'meeting', program, until_on, xmin from history.meeting
                ) v
                where v.program = $1 and v.until_on = 'infinity' and age(v.by) <= age($2::bigint::text::xid8::xid)
                group by v.id, v.kind
                union all
                select true, null, null
                where exists (
                    select
                    from (
                        select program, xmin as by from history.budget_line
                        union all select program, xmin from history.release_event
                        union all select program, xmin from history.rework
                        union all select program, xmin from history.adoption_target
                        union all select program, xmin from history.measurement
                        union all select program, xmin from history.survey
                        union all select program, xmin from history.survey_invitation
                        union all select program, xmin from history.survey_answer
                        union all select program, xmin from history.report_rating
                        union all select program, xmin from history.meeting_item
                    ) r
                    where r.program = $1 and age(r.by) <= age($2::bigint::text::xid8::xid))
            ) t on true
            "#,
            self.program.0,
            self.mark.0,
        )
        .fetch_all(db.pool())
        .await?;
        let mark = rows.first().map_or(self.mark, |row| Mark(row.mark));
        let mut touched = Touched { mark, items: Vec::new(), others: Vec::new(), records: false };
        for row in rows.into_iter().filter(|row| row.written == Some(true)) {
            match row.id.zip(row.kind) {
                Some((item, kind)) if in_logs(kind) => touched.items.push((item, kind)),
                Some((item, _)) => touched.others.push(item),
                None => touched.records = true,
            }
        }
        Ok(touched)
    }
}

/// The mark of now: to be taken before what is to be brought up to date later is read.
///
/// # Errors
/// When the database refuses.
pub async fn mark(db: &Db) -> Result<Mark> {
    sqlx::query_scalar!(r#"select pg_snapshot_xmin(pg_current_snapshot())::text::bigint as "mark!""#)
        .fetch_one(db.pool())
        .await
        .map(Mark)
}

/// Whether the items of a kind have facts of their own among those of the logs.
const fn in_logs(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Milestone
            | Kind::Risk
            | Kind::Assumption
            | Kind::Issue
            | Kind::Dependency
            | Kind::Decision
            | Kind::Change
            | Kind::Action
    )
}

/// Takes an item out of the facts, of which nothing lies in reach any more.
fn drop_from(facts: &mut Facts, item: ItemId, kind: Kind) {
    fn drop_track<T: Clone>(tracks: &mut Tracks<T>, item: ItemId) {
        if let Ok(index) = tracks.binary_search_by_key(&item.0, |track| track.item.0) {
            tracks.remove(index);
        }
    }
    match kind {
        Kind::Milestone => drop_track(&mut facts.milestones, item),
        // No metric is computed from activities alone: the network has them.
        Kind::Activity
        | Kind::Gate
        | Kind::Check
        | Kind::Release
        | Kind::Report
        | Kind::Benefit
        | Kind::Stakeholder
        | Kind::Meeting
        | Kind::Lesson => {}
        Kind::Risk => drop_track(&mut facts.risks, item),
        Kind::Assumption => drop_track(&mut facts.assumptions, item),
        Kind::Issue => drop_track(&mut facts.issues, item),
        Kind::Dependency => drop_track(&mut facts.dependencies, item),
        Kind::Decision => drop_track(&mut facts.decisions, item),
        Kind::Change => drop_track(&mut facts.changes, item),
        Kind::Action => drop_track(&mut facts.actions, item),
    }
}
