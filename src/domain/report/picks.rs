//! What a report names: the few of each kind that matter most on its day.

use crate::domain::agenda::{self, Ageing, Agenda, Name};
use crate::domain::facts::{Facts, Track};
use crate::domain::ids::ItemId;
use crate::domain::issue::CRITICAL;
use crate::domain::kind::{Kind, State};
use crate::domain::metrics::HIGH_SCORE;
use crate::domain::metrics::standing::{days_between, is_mitigated, is_open, is_open_threat};
use chrono::NaiveDate;

/// Of each kind that a report names one by one, at most so many.
const RISKS: usize = 3;
const CRITICALS: usize = 3;
const MOST: usize = 2;
/// Actions that a report names, and how far ahead they are due, in days.
const ACTIONS: usize = 4;
const ACTIONS_AHEAD: i64 = 21;
/// A dependency that was needed longer ago than this, in days, is counted and not named: the log has it.
const FORGOTTEN: i64 = 120;

/// What there is to name on a day.
#[derive(Clone, Debug)]
pub struct Picks {
    pub(super) agenda: Agenda,
    /// Open risks that are high, the highest first; and how many there are.
    pub(super) risks: Vec<RiskPick>,
    pub(super) high_risks: usize,
    /// Open critical issues, those that block somebody and then the oldest first; and how many there are.
    pub(super) critical: Vec<IssuePick>,
    pub(super) criticals: usize,
    /// Other open issues that block somebody, the oldest first.
    pub(super) blockers: Vec<IssuePick>,
    pub(super) blocking: usize,
    /// Open dependencies that were needed already, or come after they are needed: the one that was needed last first.
    pub(super) late: Vec<Ageing>,
    pub(super) late_dependencies: usize,
    /// Change requests that wait, the one that waits longest first.
    pub(super) changes: Vec<(Name, Option<NaiveDate>)>,
    pub(super) changes_waiting: usize,
    /// Open actions due soon, the first first.
    pub(super) actions: Vec<(Name, NaiveDate)>,
}

#[derive(Clone, Debug)]
pub(super) struct RiskPick {
    pub(super) name: Name,
    pub(super) score: i16,
    pub(super) mitigated: bool,
}

#[derive(Clone, Debug)]
pub(super) struct IssuePick {
    pub(super) name: Name,
    pub(super) critical: bool,
    pub(super) blocks: bool,
    pub(super) open_days: i64,
}

fn name<T>(track: &Track<T>) -> Name {
    Name { item: track.item, kind: track.kind, number: track.number, title: track.title.clone() }
}

impl Picks {
    /// What there is to name at the end of `day`.
    #[must_use]
    pub fn of(facts: &Facts, day: NaiveDate) -> Self {
        let agenda = agenda::agenda(facts, day);
        let mut risks: Vec<RiskPick> = facts
            .risks
            .iter()
            .filter_map(|track| {
                let fact = track.at(day).filter(|fact| is_open_threat(fact, day))?;
                let score = fact.score.filter(|score| *score >= HIGH_SCORE)?;
                Some(RiskPick { name: name(track), score, mitigated: is_mitigated(fact, day) })
            })
            .collect();
        risks.sort_by_key(|risk| (std::cmp::Reverse(risk.score), risk.mitigated, risk.name.number));
        let mut issues: Vec<IssuePick> = facts
            .issues
            .iter()
            .filter_map(|track| {
                let fact = track.at(day).filter(|fact| is_open(&fact.common, Kind::Issue, day))?;
                let (critical, blocks) = (fact.severity == CRITICAL, fact.blocking);
                let open_days = days_between(fact.common.raised_on, day);
                (critical || blocks).then(|| IssuePick { name: name(track), critical, blocks, open_days })
            })
            .collect();
        issues.sort_by_key(|issue| (!issue.blocks, -issue.open_days, issue.name.number));
        let (mut critical, mut blockers): (Vec<_>, Vec<_>) =
            issues.into_iter().partition(|issue| issue.critical);
        let criticals = critical.len();
        critical.truncate(CRITICALS);
        let late = |line: &&Ageing| {
            line.past_needed_by
                || line.promised_by.zip(line.needed_by).is_some_and(|(comes, needed)| comes > needed)
        };
        let mut late: Vec<Ageing> = agenda.dependencies.iter().filter(late).cloned().collect();
        late.sort_by_key(|line| (std::cmp::Reverse(line.needed_by), line.name.number));
        let (high_risks, blocking, late_dependencies) = (risks.len(), blockers.len(), late.len());
        late.retain(|line| line.needed_by.is_some_and(|needed| days_between(needed, day) <= FORGOTTEN));
        risks.truncate(RISKS);
        blockers.truncate(MOST);
        late.truncate(MOST);
        let mut changes: Vec<(Name, Option<NaiveDate>)> = facts
            .changes
            .iter()
            .filter_map(|track| {
                let fact = track.at(day).filter(|fact| is_open(&fact.common, Kind::Change, day))?;
                (fact.common.state == State::Submitted).then(|| (name(track), fact.submitted_on))
            })
            .collect();
        changes.sort_by_key(|(name, since)| (*since, name.number));
        let changes_waiting = changes.len();
        changes.truncate(MOST);
        let mut actions: Vec<(Name, NaiveDate)> = facts
            .actions
            .iter()
            .filter_map(|track| {
                let fact = track.at(day).filter(|fact| is_open(&fact.common, Kind::Action, day))?;
                let due = fact.due_on.filter(|due| days_between(day, *due) <= ACTIONS_AHEAD)?;
                Some((name(track), due))
            })
            .collect();
        actions.sort_by_key(|(name, due)| (*due, name.number));
        actions.truncate(ACTIONS);
        Self {
            agenda,
            risks,
            high_risks,
            critical,
            criticals,
            blockers,
            blocking,
            late,
            late_dependencies,
            changes,
            changes_waiting,
            actions,
        }
    }

    /// The items of which a report says more than their title: who owns them, what is recommended.
    #[must_use]
    pub fn items(&self) -> Vec<ItemId> {
        let issues = self.critical.iter().chain(&self.blockers).map(|issue| &issue.name);
        let names = self.risks.iter().map(|risk| &risk.name).chain(issues);
        let names = names.chain(self.late.iter().map(|line| &line.name));
        let names = names.chain(self.agenda.decisions.iter().take(RISKS + 1).map(|line| &line.name));
        let names = names.chain(self.changes.iter().map(|(name, _)| name));
        let names = names.chain(self.agenda.milestones.iter().map(|line| &line.name));
        names.chain(self.actions.iter().map(|(name, _)| name)).map(|name| name.item).collect()
    }
}
