//! The facts that metrics and health are computed from: for each item of a program, its versions, oldest first.
//!
//! A fact is read *as of* a day: the version in force at the end of that day is the last whose `effective_on` is on or
//! before it. The store loads facts in one pass; everything that is computed from them is a pure function of facts and
//! a day, so a number can be had for any day in the past and a series is the same function called for many days.

mod governance;
mod span;

pub use governance::{
    AdoptionTarget, BenefitFact, BudgetLine, CheckFact, Completion, CostFact, GateFact, Governance,
    Invitation, Measurement, MeetingFact, Outcome, Rating, Record, Records, ReleaseEvent, ReleaseFact,
    ReportFact, Rework, SurveyAnswer,
};
pub use span::Titles;

use super::calendar::Calendar;
use super::ids::{ItemId, PersonId, ProjectId, TeamId};
use super::kind::{Kind, State};
use super::plan::Networked;
use super::settings::{Targets, Thresholds};
use chrono::NaiveDate;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

/// What the metrics of one program are computed from.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facts {
    /// What money is counted in: three letters.
    pub currency: String,
    /// The program's key, for references.
    pub key: String,
    /// The program's working days.
    pub calendar: Calendar,
    /// Targets of the metrics, with their history.
    pub targets: Vec<Version<Targets>>,
    /// Thresholds of the health rules, with their history.
    pub thresholds: Vec<Version<Thresholds>>,
    /// The budget of the program as a whole in hundredths, with its history.
    pub budget: Vec<Version<Option<i64>>>,
    /// The first baseline: the day it was made, and what entered it.
    pub first_baseline: Option<FirstBaseline>,
    /// How many of these each project has, of those that have any.
    pub first_baseline_of: Vec<(ProjectId, u32)>,
    pub milestones: Tracks<MilestoneFact>,
    pub risks: Tracks<RiskFact>,
    pub assumptions: Tracks<AssumptionFact>,
    pub issues: Tracks<IssueFact>,
    pub dependencies: Tracks<DependencyFact>,
    pub decisions: Tracks<DecisionFact>,
    pub changes: Tracks<ChangeFact>,
    pub actions: Tracks<ActionFact>,
    /// What the actions are for: their links to other items, of any type.
    pub action_links: Vec<ActionLink>,
    /// Gates, releases, reports, benefits, meetings, and what is recorded beside the items.
    pub governance: Governance,
    /// What the schedule network says of the program; `None` where it has none, or where it isn't asked for.
    pub network: Option<Arc<Networked>>,
}

impl Facts {
    /// How many versions and records there are.
    #[must_use]
    pub fn versions(&self) -> usize {
        fn of<T>(tracks: &[Track<T>]) -> usize {
            tracks.iter().map(|track| track.versions.len()).sum()
        }
        of(&self.milestones)
            + of(&self.risks)
            + of(&self.assumptions)
            + of(&self.issues)
            + of(&self.dependencies)
            + of(&self.decisions)
            + of(&self.changes)
            + of(&self.actions)
            + self.governance.versions()
    }
}

/// A link between an action and another item, while it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ActionLink {
    pub action: ItemId,
    pub item: ItemId,
    /// The action mitigates the item.
    pub mitigates: bool,
    /// The first day on which it holds.
    pub from: NaiveDate,
    /// The day on which it was taken away, while it is.
    pub until: Option<NaiveDate>,
}

/// The first baseline of a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FirstBaseline {
    pub on: NaiveDate,
    /// The day on which each of its milestones and activities entered it, in order: when its first date was committed.
    pub entered: Arc<[NaiveDate]>,
}

impl FirstBaseline {
    /// How many milestones and activities it holds at the end of `day`: what comes later changes no earlier day.
    #[must_use]
    pub fn items(&self, day: NaiveDate) -> u32 {
        let items = self.entered.partition_point(|entered| *entered <= day);
        items.try_into().unwrap_or(u32::MAX)
    }
}

/// A list that copies share until one of them is changed, so that facts of which little changed cost little, and that nothing
/// of a kind changed is seen without looking at every version.
#[derive(Debug)]
pub struct Shared<T>(Arc<Vec<T>>);

/// The items of one kind.
pub type Tracks<T> = Shared<Track<T>>;

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Default for Shared<T> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<T: PartialEq> PartialEq for Shared<T> {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0 == other.0
    }
}

impl<T> Deref for Shared<T> {
    type Target = Vec<T>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<T: Clone> DerefMut for Shared<T> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        Arc::make_mut(&mut self.0)
    }
}

impl<T> From<Vec<T>> for Shared<T> {
    fn from(list: Vec<T>) -> Self {
        Self(Arc::new(list))
    }
}

impl<T> FromIterator<T> for Shared<T> {
    fn from_iter<I: IntoIterator<Item = T>>(list: I) -> Self {
        Self(Arc::new(list.into_iter().collect()))
    }
}

impl<'a, T> IntoIterator for &'a Shared<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

/// One item with its versions, oldest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Track<T> {
    pub item: ItemId,
    pub kind: Kind,
    pub number: i32,
    /// The title as it stands now: a name, not a fact.
    pub title: String,
    pub versions: Vec<Version<T>>,
}

/// What held from a day on, until the next version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version<T> {
    pub effective_on: NaiveDate,
    pub fact: T,
}

impl<T> Track<T> {
    /// The fact in force at the end of `day`; `None` before the item was there.
    #[must_use]
    pub fn at(&self, day: NaiveDate) -> Option<&T> {
        in_force(&self.versions, day)
    }
}

/// The version in force at the end of `day`, of versions ordered by `effective_on`.
#[must_use]
pub fn in_force<T>(versions: &[Version<T>], day: NaiveDate) -> Option<&T> {
    let after = versions.partition_point(|version| version.effective_on <= day);
    after.checked_sub(1).and_then(|last| versions.get(last)).map(|version| &version.fact)
}

/// What every item has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Common {
    pub state: State,
    pub project: Option<ProjectId>,
    pub owner: Option<PersonId>,
    /// The day it was raised; for a milestone the day it was first known.
    pub raised_on: NaiveDate,
    /// The next date by which something is due: a risk's review, an issue's target, a dependency's needed-by and so on.
    pub next_on: Option<NaiveDate>,
    /// The day on which it left the open states (achieved, resolved, accepted, decided …), while it is out of them.
    pub closed_on: Option<NaiveDate>,
    /// The last day on which anything of it was changed.
    pub updated_on: NaiveDate,
    /// Hidden by archiving: counts nowhere.
    pub archived: bool,
}

impl Common {
    /// Whether an item of `kind` is open by this fact.
    #[must_use]
    pub fn is_open(&self, kind: Kind) -> bool {
        !self.archived && self.state.is_open(kind)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MilestoneFact {
    pub common: Common,
    /// The first date that was ever committed.
    pub original_on: Option<NaiveDate>,
    /// The date of the baseline in force.
    pub committed_on: Option<NaiveDate>,
    /// The forecast; where none was ever stated, the committed date.
    pub forecast_on: Option<NaiveDate>,
    /// The last day on which the forecast was stated or confirmed.
    pub forecast_stated_on: Option<NaiveDate>,
    pub achieved_on: Option<NaiveDate>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RiskFact {
    pub common: Common,
    /// Probability × impact as assessed now, 1 to 25; `None` until assessed.
    pub score: Option<i16>,
    /// It would be for the good: no threat, so neither high nor part of the exposure.
    pub opportunity: bool,
    pub review_on: Option<NaiveDate>,
    /// Until when it is accepted, in the state *accepted*.
    pub accepted_until: Option<NaiveDate>,
    /// An action that mitigates it was completed, or one with a date is in progress (open, due on or after the day).
    pub mitigation: Mitigation,
}

/// What is being done about a risk, from the actions linked to it by *mitigates*.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mitigation {
    /// A mitigation action was completed.
    pub completed: bool,
    /// The latest due date of its open mitigation actions.
    pub open_until: Option<NaiveDate>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AssumptionFact {
    pub common: Common,
    pub validate_by: Option<NaiveDate>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IssueFact {
    pub common: Common,
    /// 1 critical to 4 minor.
    pub severity: i16,
    pub blocking: bool,
    pub blocked_team: Option<TeamId>,
    pub owing_team: Option<TeamId>,
    /// The day it was resolved, while it is.
    pub resolved_on: Option<NaiveDate>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DependencyFact {
    pub common: Common,
    /// The project that waits for it, where a project of the program does.
    pub consumer_project: Option<ProjectId>,
    pub needed_by: Option<NaiveDate>,
    pub promised_by: Option<NaiveDate>,
    pub provider_agreed: bool,
    pub consumer_agreed: bool,
}

impl DependencyFact {
    /// The project that it belongs to: the one that it is filed under, else the one that waits for it.
    #[must_use]
    pub fn project(&self) -> Option<ProjectId> {
        self.common.project.or(self.consumer_project)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecisionFact {
    pub common: Common,
    pub requested_on: Option<NaiveDate>,
    pub escalated_on: Option<NaiveDate>,
    pub needed_by: Option<NaiveDate>,
    pub decided_on: Option<NaiveDate>,
    pub deferred_until: Option<NaiveDate>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChangeFact {
    pub common: Common,
    /// It alters scope.
    pub scope: bool,
    pub adds: i32,
    pub removes: i32,
    pub redefines: i32,
    pub submitted_on: Option<NaiveDate>,
    /// The day it was approved or rejected.
    pub decided_on: Option<NaiveDate>,
    pub approved: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ActionFact {
    pub common: Common,
    pub due_on: Option<NaiveDate>,
}
