//! The history of one program, from which the facts of any of its days are cut. It is brought up to date: after a write, what was
//! written is read again, and nothing else.
//!
//! # Why nothing is missed
//!
//! No clock is asked, for a transaction may commit long after the time that it writes into its rows. Every row carries the
//! number of the transaction that wrote it (`xmin`, by PostgreSQL itself), and a snapshot knows a number below which all
//! transactions have ended (`pg_snapshot_xmin`). That number, taken before the facts are read, is the [`Mark`] of the history.
//!
//! - What a transaction below the mark wrote was there to be read, whole, when the facts were.
//! - What was not yet there comes from a transaction at or above the mark. (So does some of what was: it is read twice, which
//!   does no harm.)
//! - Whoever changes a row writes a new version of it that is in force until further notice (`until_on = 'infinity'`): the
//!   trigger does. So an item of which no such version, in any of its tables, comes from at or above the mark is as it was
//!   read; and the others are read again as a whole, with versions that were closed or put into the past.
//!
//! Items are never deleted. Links are few, and read anew each time; what is recorded of governance is read anew, as a whole, if
//! anything of it was written, and the lists that came out the same are shared. The transaction numbers of rows have
//! 32 bits and go round; marks that lie half of that apart, or the wrong way round as after a database was restored, are not
//! compared: then all is read anew.
//!
//! Facts that don't change are shared with those that they were made of, see [`Tracks`].

use super::governance::{self, Called, governance};
use super::{Detail, Held, Known, Reach, details, items, links, place, weighed};
use crate::domain::facts::{Facts, Governance, Titles, Tracks};
use crate::domain::ids::{ItemId, ProgramId};
use crate::domain::kind::Kind;
use crate::store::{Db, Result};
use chrono::NaiveDate;
use std::collections::HashMap;
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

/// The facts of a program with all its versions from a day on, and since when what is written is to be read again.
#[derive(Clone, Debug)]
pub struct History {
    /// Without settings, and not weighed.
    facts: Facts,
    titles: Titles,
    program: ProgramId,
    since: NaiveDate,
    /// Taken before the facts were read.
    mark: Mark,
}

/// What was written by transactions of the mark or above, and the mark for the next time.
struct Touched {
    mark: Mark,
    /// Those that have facts in the logs.
    items: Vec<(ItemId, Kind)>,
    /// Others, and whether anything that is recorded of governance was written.
    others: Vec<(ItemId, Kind)>,
    records: bool,
}

impl Touched {
    /// The items that may have facts of governance.
    fn governing(&self) -> Vec<ItemId> {
        let changes = self.items.iter().filter(|(_, kind)| *kind == Kind::Change);
        changes.chain(&self.others).map(|(item, _)| *item).collect()
    }

    /// Whether what is recorded of governance has to be read again: it was written, or names or counts an item that was.
    fn recorded(&self, known: &Governance) -> bool {
        let named = |item: ItemId| {
            let rework = known.rework.iter().filter_map(|record| record.fact.about.as_ref());
            let answers = known.answers.iter().filter_map(|record| record.fact.about.as_ref());
            rework.chain(answers).any(|name| name.item == item)
        };
        let counted = |kind| matches!(kind, Kind::Decision | Kind::Action | Kind::Activity | Kind::Meeting);
        self.records
            || self.items.iter().chain(&self.others).any(|(item, kind)| counted(*kind) || named(*item))
    }
}

/// All that took effect from a day on, for good.
fn from(since: NaiveDate) -> Reach {
    Reach { since, until: NaiveDate::MAX, health_only: false }
}

impl History {
    /// Reads all versions of a program that held at the end of `since` or later.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn load(db: &Db, program: ProgramId, since: NaiveDate) -> Result<Self> {
        let (reach, only) = (from(since), [program.0]);
        let mark = mark(db).await?;
        let (items, details, links, mut governed) = tokio::try_join!(
            items(db, &only, reach, None),
            details(db, &only, reach, None),
            links(db, &only, reach),
            governance(db, &only, reach),
        )?;
        let (governance, called) = governed.remove(&program).unwrap_or_default();
        let action_links = links.into_iter().map(|(_, link)| link).collect();
        let facts = Facts { action_links, governance, ..Facts::default() };
        let mut history = Self { facts, titles: Titles::default(), program, since, mark };
        history.put(&items, &details, &called);
        Ok(history)
    }

    /// From when on all versions are there.
    #[must_use]
    pub const fn since(&self) -> NaiveDate {
        self.since
    }

    /// How many versions there are.
    #[must_use]
    pub fn versions(&self) -> usize {
        self.facts.versions()
    }

    /// The facts for what is measured on a day, with what was set up by then.
    ///
    /// What lies before the first day of the history is missing.
    #[must_use]
    pub fn on(&self, day: NaiveDate, set_up: Facts) -> Facts {
        let within = self.facts.within(Reach::measures(day).since, day, &self.titles);
        weighed(Facts {
            key: set_up.key,
            currency: set_up.currency,
            calendar: set_up.calendar,
            targets: set_up.targets,
            thresholds: set_up.thresholds,
            budget: set_up.budget,
            first_baseline: set_up.first_baseline,
            first_baseline_of: set_up.first_baseline_of,
            ..within
        })
    }

    /// The history as it is now: what a new [`load`](Self::load) would read.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn renewed(&self, db: &Db) -> Result<Self> {
        let Self { program, since, .. } = *self;
        let written = self.touched(db).await?;
        if !self.mark.compares(written.mark) {
            return Self::load(db, program, since).await;
        }
        let (reach, only) = (from(since), [program.0]);
        let known = &self.facts.governance;
        let governing = written.governing();
        let recorded = written.recorded(known);
        let ids: Vec<Uuid> = written.items.iter().map(|(item, _)| item.0).collect();
        let (items, details, links, (governance, called)) = tokio::try_join!(
            items(db, &only, reach, Some(&ids)),
            details(db, &only, reach, Some(&ids)),
            links(db, &only, reach),
            governance::renewed(db, program, reach, known, &governing, recorded),
        )?;
        let action_links = links.into_iter().map(|(_, link)| link).collect();
        let facts = Facts { action_links, governance, ..self.facts.clone() };
        let mut history = Self { facts, titles: self.titles.clone(), program, since, mark: written.mark };
        for (item, kind) in &written.items {
            if !items.contains_key(item) {
                drop_from(&mut history.facts, *item, *kind);
            }
        }
        history.put(&items, &details, &called);
        Ok(history)
    }

    /// Puts what was read where it belongs, with what it was called.
    fn put(&mut self, items: &HashMap<ItemId, Known>, details: &[Held<Detail>], called: &Called) {
        for details in details.chunk_by(|a, b| a.item == b.item) {
            if let Some(known) = details.first().and_then(|first| items.get(&first.item)) {
                place(&mut self.facts, known, details);
            }
        }
        // Change requests are in both; the logs know their titles also while they cost nothing.
        for (item, titles) in called {
            self.titles.note(*item, titles);
        }
        for (item, known) in items {
            self.titles.note(*item, &known.titles);
        }
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
                Some((item, kind)) => touched.others.push((item, kind)),
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
