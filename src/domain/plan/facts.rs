//! What a plan is made of: the activities, milestones and dependencies of programs that hang together, with their links and
//! calendars, each with the days on which it held. The store loads them once for any span of days; a plan is made of what
//! held on one day.

use crate::domain::activity::Activity;
use crate::domain::calendar::Calendar;
use crate::domain::ids::{CalendarId, ItemId, PersonId, ProgramId, ProjectId, ScheduleLinkId};
use crate::domain::kind::{Kind, Reference, State};
use crate::domain::schedule::{Lag, LinkKind};
use crate::domain::work_calendar::WorkCalendar;
use chrono::NaiveDate;
use std::collections::HashMap;
use uuid::Uuid;

/// Minutes of a working day: a duration of one day is so much work, in whatever calendar.
pub const DAY_MINUTES: f64 = 480.0;

/// What the plans of a span of days are made of.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PlanFacts {
    /// The programs that hang together; the one that was asked for first.
    pub programs: Vec<PlanProgram>,
    pub projects: Vec<PlanProject>,
    pub calendars: Vec<Held<PlanCalendar>>,
    /// By item, then by day.
    pub nodes: Vec<Held<NodeFact>>,
    pub links: Vec<Held<LinkFact>>,
    /// Milestones and dependencies that come on this day at the earliest, whatever the network says: a scenario's doing.
    pub held_back: HashMap<ItemId, NaiveDate>,
}

/// What held from a day on, until the day on which it no longer did.
#[derive(Clone, Debug, PartialEq)]
pub struct Held<T> {
    pub from: NaiveDate,
    pub until: Option<NaiveDate>,
    pub fact: T,
}

impl<T> Held<T> {
    /// Whether it held at the end of `day`.
    #[must_use]
    pub fn on(&self, day: NaiveDate) -> bool {
        self.from <= day && self.until.is_none_or(|until| until > day)
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct PlanProgram {
    pub id: ProgramId,
    pub key: String,
    pub name: String,
    pub calendar: Calendar,
    pub starts_on: Option<NaiveDate>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanProject {
    pub id: ProjectId,
    pub program: ProgramId,
    pub key: String,
    pub name: String,
    pub starts_on: Option<NaiveDate>,
}

/// A calendar beside the program's own.
#[derive(Clone, Debug, PartialEq)]
pub struct PlanCalendar {
    pub id: CalendarId,
    pub program: ProgramId,
    pub name: String,
    /// Whose it is, if it is anybody's: a project, a team or a person.
    pub of: Option<Uuid>,
    pub calendar: WorkCalendar,
}

/// An item of the network as it stood.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeFact {
    pub item: ItemId,
    pub program: ProgramId,
    pub kind: Kind,
    pub number: i32,
    pub title: String,
    pub state: State,
    pub project: Option<ProjectId>,
    pub owner: Option<PersonId>,
    pub of: Of,
}

impl NodeFact {
    /// Whether something has yet to be done for it.
    #[must_use]
    pub fn is_open(&self) -> bool {
        match &self.of {
            Of::Activity { own, .. } => own.actual_finish_on.is_none(),
            Of::Milestone { achieved_on, .. } => achieved_on.is_none(),
            Of::Dependency { provided_on, .. } => provided_on.is_none(),
        }
    }

    /// Its reference in the program of `key`.
    #[must_use]
    pub fn reference(&self, key: &str) -> Reference {
        Reference { program: key.to_owned(), kind: self.kind, number: self.number }
    }
}

/// What an item of the network has of its own.
#[derive(Clone, Debug, PartialEq)]
pub enum Of {
    Activity {
        own: Box<Activity>,
        /// The finish that the baseline in force commits, if it commits one.
        committed_on: Option<NaiveDate>,
    },
    Milestone {
        committed_on: Option<NaiveDate>,
        /// What a person states, else the committed date.
        forecast_on: Option<NaiveDate>,
        achieved_on: Option<NaiveDate>,
        /// Its forecast is what the network says, not what is stated.
        computed: bool,
    },
    Dependency {
        needed_by: Option<NaiveDate>,
        promised_by: Option<NaiveDate>,
        provided_on: Option<NaiveDate>,
        provider_milestone: Option<ItemId>,
        consumer_milestone: Option<ItemId>,
        /// When it was raised, for its age.
        raised_on: NaiveDate,
    },
}

/// A link as it stood.
#[derive(Clone, Debug, PartialEq)]
pub struct LinkFact {
    pub id: ScheduleLinkId,
    pub predecessor: ItemId,
    pub successor: ItemId,
    pub kind: LinkKind,
    pub lag: Lag,
}
