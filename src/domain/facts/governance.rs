//! The facts by which a program is governed: gates and their checks, releases, reports, benefits and meetings, which are items
//! with versions; and what is recorded beside the items, each for as long as it held.

use super::{Common, Shared, Tracks};
use crate::domain::agenda::Name;
use crate::domain::benefit::Point;
use crate::domain::gate::Checked;
use crate::domain::health::Rag;
use crate::domain::ids::{ItemId, ProjectId};
use chrono::NaiveDate;
use uuid::Uuid;

/// What metrics and health know of the governance of a program. All of it is read, however far back: it is little, and the
/// checks of a gate are asked for as they stood at its go / no-go.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Governance {
    pub gates: Tracks<GateFact>,
    pub checks: Tracks<CheckFact>,
    pub releases: Tracks<ReleaseFact>,
    pub reports: Tracks<ReportFact>,
    pub benefits: Tracks<BenefitFact>,
    pub meetings: Tracks<MeetingFact>,
    /// Change requests that name a cost.
    pub costs: Tracks<CostFact>,
    pub release_events: Records<ReleaseEvent>,
    pub rework: Records<Rework>,
    pub completions: Records<Completion>,
    pub adoption_targets: Records<AdoptionTarget>,
    pub measurements: Records<Measurement>,
    pub invitations: Records<Invitation>,
    pub answers: Records<SurveyAnswer>,
    pub ratings: Records<Rating>,
    pub outcomes: Records<Outcome>,
    pub budget: Records<BudgetLine>,
}

/// Runs a piece of code for each list of governance facts, by its name.
macro_rules! lists {
    ($each:ident) => {
        $each!(
            gates,
            checks,
            releases,
            reports,
            benefits,
            meetings,
            costs,
            release_events,
            rework,
            completions,
            adoption_targets,
            measurements,
            invitations,
            answers,
            ratings,
            outcomes,
            budget
        )
    };
}

impl Governance {
    /// The same facts, sharing with `other` the lists that are the same in both.
    #[must_use]
    pub fn sharing(mut self, other: &Self) -> Self {
        macro_rules! share {
            ($($list:ident),+) => {$(
                if self.$list == other.$list {
                    self.$list = other.$list.clone();
                }
            )+};
        }
        lists!(share);
        self
    }

    /// How many versions and records there are.
    #[must_use]
    pub fn versions(&self) -> usize {
        fn of<T>(tracks: &Tracks<T>) -> usize {
            tracks.iter().map(|track| track.versions.len()).sum()
        }
        let Self { gates, checks, releases, reports, benefits, meetings, costs, .. } = self;
        let items =
            of(gates) + of(checks) + of(releases) + of(reports) + of(benefits) + of(meetings) + of(costs);
        items
            + self.release_events.len()
            + self.rework.len()
            + self.completions.len()
            + self.adoption_targets.len()
            + self.measurements.len()
            + self.invitations.len()
            + self.answers.len()
            + self.ratings.len()
            + self.outcomes.len()
            + self.budget.len()
    }
}

/// What is recorded beside the items, of one sort.
pub type Records<T> = Shared<Record<T>>;

/// A version of something recorded, while it held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record<T> {
    /// The first day on which it holds.
    pub from: NaiveDate,
    /// The first day on which it no longer does, if it was changed or taken away.
    pub until: Option<NaiveDate>,
    pub fact: T,
}

impl<T> Record<T> {
    /// What it says at the end of `day`; `None` when it didn't hold.
    #[must_use]
    pub fn at(&self, day: NaiveDate) -> Option<&T> {
        (self.from <= day && self.until.is_none_or(|until| until > day)).then_some(&self.fact)
    }
}

impl<T> Shared<Record<T>> {
    /// What holds at the end of `day`.
    pub fn at(&self, day: NaiveDate) -> impl Iterator<Item = &T> {
        self.iter().filter_map(move |record| record.at(day))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GateFact {
    pub common: Common,
    /// The day of the go / no-go.
    pub on: NaiveDate,
    /// The day on which it was said, while it is.
    pub decided_on: Option<NaiveDate>,
    /// How its checks stood when that was said, where it is known.
    pub checked: Option<Checked>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CheckFact {
    pub common: Common,
    pub gate: ItemId,
    pub area: &'static str,
    pub mandatory: bool,
    /// Until when it is waived; `None` for good.
    pub waived_until: Option<NaiveDate>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReleaseFact {
    pub common: Common,
    pub launched_on: Option<NaiveDate>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReportFact {
    pub common: Common,
    pub published_on: Option<NaiveDate>,
    /// In the order of the dimensions of health.
    pub declared: [Option<Rag>; 7],
    /// What the evidence gave when it was published.
    pub computed: [Option<Rag>; 7],
}

#[derive(Clone, Debug, PartialEq)]
pub struct BenefitFact {
    pub common: Common,
    pub baseline: f64,
    pub weight: f64,
    /// In the order of days.
    pub plan: Vec<Point>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MeetingFact {
    pub common: Common,
    /// One from which decisions or actions are expected.
    pub key: bool,
    pub held_on: Option<NaiveDate>,
}

/// What a change request costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CostFact {
    pub common: Common,
    /// In hundredths of the program's money.
    pub cost: i64,
    /// The day it was approved or rejected.
    pub decided_on: Option<NaiveDate>,
}

/// Incidents or defects of a release on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReleaseEvent {
    pub release: ItemId,
    /// An incident; else a defect.
    pub incident: bool,
    pub on: NaiveDate,
    pub count: i64,
}

/// Work that was redone for misalignment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rework {
    pub about: Option<Name>,
    pub what: String,
    pub on: NaiveDate,
}

/// An activity that is done, while it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    pub about: Name,
    pub on: NaiveDate,
}

/// So much of a benefit's adoption is to be reached by a day.
#[derive(Clone, Debug, PartialEq)]
pub struct AdoptionTarget {
    pub id: Uuid,
    pub benefit: ItemId,
    pub title: String,
    pub target: f64,
    pub due_on: NaiveDate,
}

/// A value of a benefit, or of one of its adoption targets, on a day.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measurement {
    pub id: Uuid,
    pub benefit: ItemId,
    pub adoption_target: Option<Uuid>,
    pub on: NaiveDate,
    pub value: f64,
}

/// Somebody was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Invitation {
    pub id: Uuid,
    pub on: NaiveDate,
}

/// What somebody answered to a survey.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SurveyAnswer {
    /// The stakeholder, if it is known whose it is.
    pub about: Option<Name>,
    pub survey: String,
    pub invitation: Option<Uuid>,
    /// 1 to 5.
    pub value: i64,
    pub on: NaiveDate,
}

/// What a reader thought of a published report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rating {
    pub report: ItemId,
    /// 1 to 5.
    pub value: i64,
    pub on: NaiveDate,
}

/// A decision or an action that came of a meeting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    pub meeting: ItemId,
    pub item: ItemId,
}

/// Money of a category in a month, in hundredths.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BudgetLine {
    pub project: Option<ProjectId>,
    pub category: String,
    pub period_on: NaiveDate,
    pub planned: Option<i64>,
    pub actual: Option<i64>,
    /// What is thought to be spent in the end.
    pub forecast: Option<i64>,
}
