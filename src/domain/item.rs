//! Program items: what every kind has, and what each has of its own.

use super::action::Action;
use super::activity::Activity;
use super::assumption::Assumption;
use super::benefit::Benefit;
use super::change::Change;
use super::check::Check;
use super::decision::Decision;
use super::dependency::Dependency;
use super::draft::{Control, Draft, Field, FieldError, Refused};
use super::gate::Gate;
use super::ids::{ItemId, PersonId, ProgramId, ProjectId};
use super::issue::Issue;
use super::kind::{Kind, State};
use super::lesson::Lesson;
use super::meeting::Meeting;
use super::milestone::{ForecastSource, Milestone};
use super::release::Release;
use super::report::{AHEAD_DAYS, Report};
use super::risk::Risk;
use super::stakeholder::Stakeholder;
use super::{action, activity, assumption, benefit, change, check, decision, dependency, gate, issue};
use super::{lesson, meeting, milestone, release, report, risk, stakeholder};
use chrono::{DateTime, Days, NaiveDate, Utc};
use serde::Serialize;
use serde_json::{Map, Value};

const TITLE: Field = Field::new("title", "Title", Control::Line(300)).required();
const DESCRIPTION: Field = Field::new("description", "Description", Control::Text(50_000))
    .hint("Markdown. A reference such as ATLAS-R12 becomes a link.");
const COMMON: &[Field] = &[
    Field::new("owner", "Owner", Control::Person),
    Field::new("project", "Project", Control::Project),
    Field::new("raised_on", "Raised", Control::Date).hint("Today if left out."),
    Field::new("tags", "Tags", Control::Tags).hint("Separated by commas"),
];
const THREATENS: &[Field] =
    &[Field::new("threatens", "Threatens", Control::Items).hint("References: ATLAS-M3, ATLAS-M4")];

/// The fields of an item of this kind, in the order of its form.
pub fn fields(kind: Kind) -> impl Iterator<Item = &'static Field> {
    let own = match kind {
        Kind::Milestone => milestone::FIELDS,
        Kind::Activity => activity::FIELDS,
        Kind::Risk => risk::FIELDS,
        Kind::Assumption => assumption::FIELDS,
        Kind::Issue => issue::FIELDS,
        Kind::Dependency => dependency::FIELDS,
        Kind::Decision => decision::FIELDS,
        Kind::Change => change::FIELDS,
        Kind::Action => action::FIELDS,
        Kind::Gate => gate::FIELDS,
        Kind::Check => check::FIELDS,
        Kind::Release => release::FIELDS,
        Kind::Report => report::FIELDS,
        Kind::Benefit => benefit::FIELDS,
        Kind::Stakeholder => stakeholder::FIELDS,
        Kind::Meeting => meeting::FIELDS,
        Kind::Lesson => lesson::FIELDS,
    };
    let threatens = if matches!(kind, Kind::Risk) { THREATENS } else { &[] };
    std::iter::once(&TITLE).chain(own).chain(COMMON).chain(threatens).chain(std::iter::once(&DESCRIPTION))
}

/// Whether what isn't said of such an item is what it is by default.
const fn defaults(kind: Kind) -> bool {
    !matches!(
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

/// A program item.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    pub id: ItemId,
    pub program: ProgramId,
    pub kind: Kind,
    pub number: i32,
    pub title: String,
    pub description: String,
    pub owner: Option<PersonId>,
    /// Who wrote it down first; none where nobody was signed in, as on an import.
    pub raised_by: Option<PersonId>,
    pub project: Option<ProjectId>,
    pub state: State,
    pub tags: Vec<String>,
    pub raised_on: NaiveDate,
    /// Derived: the next date by which something is due.
    pub next_on: Option<NaiveDate>,
    /// The day it left the open states, while it is out of them.
    pub closed_on: Option<NaiveDate>,
    /// Derived: a risk's probability × impact.
    pub score: Option<i16>,
    pub archived_at: Option<DateTime<Utc>>,
    /// Counts the writes, for optimistic locking.
    pub version: i32,
    /// From when this version holds.
    pub effective_on: NaiveDate,
    pub detail: Detail,
}

/// What each kind has of its own.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Detail {
    Milestone(Milestone),
    Activity(Box<Activity>),
    Risk(Box<Risk>),
    Assumption(Assumption),
    Issue(Issue),
    Dependency(Box<Dependency>),
    Decision(Box<Decision>),
    Change(Box<Change>),
    Action(Action),
    Gate(Box<Gate>),
    Check(Box<Check>),
    Release(Box<Release>),
    Report(Box<Report>),
    Benefit(Benefit),
    Stakeholder(Box<Stakeholder>),
    Meeting(Box<Meeting>),
    Lesson(Lesson),
}

impl Detail {
    /// Reads the own part of a kind from clean values (or from a stored row).
    ///
    /// # Errors
    /// A value of the wrong shape, which a checked draft never has.
    pub fn read(kind: Kind, values: Map<String, Value>) -> Result<Self, serde_json::Error> {
        let values = Value::Object(values);
        Ok(match kind {
            Kind::Milestone => Self::Milestone(serde_json::from_value(values)?),
            Kind::Activity => Self::Activity(serde_json::from_value(values)?),
            Kind::Risk => Self::Risk(serde_json::from_value(values)?),
            Kind::Assumption => Self::Assumption(serde_json::from_value(values)?),
            Kind::Issue => Self::Issue(serde_json::from_value(values)?),
            Kind::Dependency => Self::Dependency(serde_json::from_value(values)?),
            Kind::Decision => Self::Decision(serde_json::from_value(values)?),
            Kind::Change => Self::Change(serde_json::from_value(values)?),
            Kind::Action => Self::Action(serde_json::from_value(values)?),
            Kind::Gate => Self::Gate(serde_json::from_value(values)?),
            Kind::Check => Self::Check(serde_json::from_value(values)?),
            Kind::Release => Self::Release(serde_json::from_value(values)?),
            Kind::Report => Self::Report(serde_json::from_value(values)?),
            Kind::Benefit => Self::Benefit(serde_json::from_value(values)?),
            Kind::Stakeholder => Self::Stakeholder(serde_json::from_value(values)?),
            Kind::Meeting => Self::Meeting(serde_json::from_value(values)?),
            Kind::Lesson => Self::Lesson(serde_json::from_value(values)?),
        })
    }

    /// The own part of a new item of a kind, before anything is filled in.
    #[must_use]
    pub fn blank(kind: Kind) -> Self {
        match kind {
            Kind::Milestone => Self::Milestone(Milestone::default()),
            Kind::Activity => Self::Activity(Box::default()),
            Kind::Risk => Self::Risk(Box::default()),
            Kind::Assumption => Self::Assumption(Assumption::default()),
            Kind::Issue => Self::Issue(Issue::default()),
            Kind::Dependency => Self::Dependency(Box::default()),
            Kind::Decision => Self::Decision(Box::default()),
            Kind::Change => Self::Change(Box::default()),
            Kind::Action => Self::Action(Action::default()),
            Kind::Gate => Self::Gate(Box::default()),
            Kind::Check => Self::Check(Box::default()),
            Kind::Release => Self::Release(Box::default()),
            Kind::Report => Self::Report(Box::default()),
            Kind::Benefit => Self::Benefit(Benefit::default()),
            Kind::Stakeholder => Self::Stakeholder(Box::default()),
            Kind::Meeting => Self::Meeting(Box::default()),
            Kind::Lesson => Self::Lesson(Lesson::default()),
        }
    }

    /// All values by name, as stored.
    #[must_use]
    pub fn values(&self) -> Map<String, Value> {
        match serde_json::to_value(self) {
            Ok(Value::Object(values)) => values,
            _ => Map::new(),
        }
    }
}

impl Item {
    /// Derives what logs sort by: next date and score.
    pub fn settle(&mut self) {
        (self.next_on, self.score) = match &self.detail {
            Detail::Milestone(own) => (own.next_on(), None),
            Detail::Activity(own) => (own.deadline_on, None),
            Detail::Risk(own) => (own.next_on(), own.score()),
            Detail::Assumption(own) => (own.validate_by, None),
            Detail::Issue(own) => (own.due_on, None),
            Detail::Dependency(own) => (own.needed_by, None),
            // What was put off and waits again is needed by the day that it ever was.
            Detail::Decision(own) => {
                (own.deferred_until.filter(|_| self.state == State::Deferred).or(own.needed_by), None)
            }
            Detail::Change(_) => (None, None),
            Detail::Action(own) => (own.due_on, None),
            Detail::Gate(own) => (Some(own.on), None),
            Detail::Check(own) => (own.due_on, None),
            // What is launched waits for its review, which has no day.
            Detail::Release(own) => (own.launch_on.filter(|_| self.state != State::Launched), None),
            Detail::Report(own) => (Some(own.period_to), None),
            Detail::Benefit(own) => (own.next_on(), None),
            Detail::Stakeholder(own) => (own.next_contact_on, None),
            Detail::Meeting(own) => (Some(own.on), None),
            Detail::Lesson(_) => (None, None),
        };
    }

    /// Whether something has yet to come of it.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.state.is_open(self.kind)
    }

    /// Whether it was decided or published, and stands as it was: it is neither edited nor archived.
    #[must_use]
    pub const fn is_settled(&self) -> bool {
        matches!(
            (self.kind, self.state),
            (Kind::Decision, State::Decided | State::Superseded)
                | (Kind::Change, State::Approved | State::Rejected | State::Implemented)
                | (Kind::Report, State::Published)
        )
    }

    /// The item as a draft: what a form shows and what an API body is laid over. References are UUIDs.
    #[must_use]
    pub fn draft(&self) -> Draft {
        let mut own = self.detail.values();
        if let Some(from) = own.remove("from_item") {
            own.insert("from".into(), from);
        }
        // What is named is shown by name, else how many there are.
        for (count, list) in [("adds", "added"), ("removes", "removed"), ("redefines", "redefined")] {
            if let Some(named) = own.get(list).filter(|list| list.as_array().is_some_and(|l| !l.is_empty())) {
                own.insert(count.into(), named.clone());
            }
        }
        // A date that waits for the other side's consent is what was typed: it goes on waiting while other fields are edited.
        for name in ["needed_by", "promised_by"] {
            if let Some(waiting) = own.remove(&format!("proposed_{name}")).filter(|date| !date.is_null()) {
                own.insert(name.into(), waiting);
            }
        }
        for side in ["provider", "consumer"] {
            let party: Map<String, Value> = ["project", "team", "external"]
                .iter()
                .filter_map(|what| Some(((*what).to_owned(), own.get(&format!("{side}_{what}"))?.clone())))
                .filter(|(_, value)| !value.is_null())
                .collect();
            if !party.is_empty() {
                own.insert(side.to_owned(), Value::Object(party));
            }
        }
        let mut draft = Map::new();
        for field in fields(self.kind) {
            let value = match field.name {
                "title" => Value::from(self.title.clone()),
                "description" => Value::from(self.description.clone()),
                "owner" => self.owner.map_or(Value::Null, |id| Value::from(id.to_string())),
                "project" => self.project.map_or(Value::Null, |id| Value::from(id.to_string())),
                "raised_on" => Value::from(self.raised_on.to_string()),
                "tags" => Value::from(self.tags.clone()),
                name => own.get(name).cloned().unwrap_or_default(),
            };
            draft.insert(field.name.to_owned(), value);
        }
        Draft(draft)
    }

    /// Refuses what is said to have happened after today.
    ///
    /// # Errors
    /// Names the fields.
    pub fn not_ahead(&self, today: NaiveDate) -> Result<(), Refused> {
        let mut errors = Vec::new();
        if self.raised_on > today {
            errors.push(FieldError::new("raised_on", "That day has not come yet."));
        }
        match &self.detail {
            Detail::Activity(own) => own.not_ahead(today, &mut errors),
            Detail::Decision(own) => {
                for (field, day) in [("requested_on", own.requested_on), ("escalated_on", own.escalated_on)] {
                    if day.is_some_and(|day| day > today) {
                        errors.push(FieldError::new(field, "That day has not come yet."));
                    }
                }
            }
            // One of a period that is far from its end would be there instead of the next.
            Detail::Report(own) if own.period_to > today + Days::new(AHEAD_DAYS) => {
                let message = format!("A report’s period ends within {AHEAD_DAYS} days.");
                errors.push(FieldError::new("period_to", message));
            }
            _ => {}
        }
        if errors.is_empty() { Ok(()) } else { Err(Refused { errors, ..Refused::default() }) }
    }

    /// Confirms that it stands as it is on a day, with what it says of later days: a milestone's forecast is stated anew.
    ///
    /// # Errors
    /// What is over has nothing to confirm, and a date that has passed doesn't stand.
    pub fn confirm(&mut self, today: NaiveDate) -> Result<(), Refused> {
        if self.kind == Kind::Report {
            return Err(Refused::because("", "A status report says how things stand: publish it."));
        }
        if !self.is_open() || self.is_settled() {
            let state = self.state.label();
            return Err(Refused::because("", format!("It is {state}: nothing of it is left to confirm.")));
        }
        if let Some(passed) = self.next_on.filter(|next| *next < today) {
            let passed = super::words::day(passed);
            return Err(Refused::because("", format!("Its date, {passed}, has passed: set the next one.")));
        }
        // What the network says is not theirs to state.
        if let Detail::Milestone(own) = &mut self.detail
            && own.forecast_on.is_some()
            && own.forecast_from == ForecastSource::Stated
        {
            own.forecast_stated_on = Some(today);
        }
        self.effective_on = self.effective_on.max(today);
        Ok(())
    }

    /// Refuses a forecast that a person states where it is what the network says. A new one may begin at its committed date.
    ///
    /// # Errors
    /// Names the field, and how to state one.
    pub fn forecast_is_its_own(&self, before: Option<&Self>) -> Result<(), Refused> {
        let Detail::Milestone(own) = &self.detail else { return Ok(()) };
        let was = before.and_then(|item| match &item.detail {
            Detail::Milestone(was) => was.forecast_on,
            _ => None,
        });
        let first = was.is_none() && own.forecast_on == own.committed_on;
        if own.forecast_from != ForecastSource::Computed || own.forecast_on == was || first {
            return Ok(());
        }
        Err(Refused::because(
            "forecast_on",
            "The network says this forecast. To state it yourself, set “Where the forecast comes from” to “A person states it”.",
        ))
    }

    /// Fills the item from clean values of its fields (see [`Draft::check`]); what a draft can't set is kept.
    ///
    /// # Errors
    /// What the kind's own rules refuse.
    pub fn fill(&mut self, mut values: Map<String, Value>, on: NaiveDate) -> Result<(), Refused> {
        let mut errors = Vec::new();
        let text = |value: Option<Value>| value.and_then(|v| v.as_str().map(str::to_owned));
        let before = self.detail.clone();
        let said = (self.title.clone(), self.description.clone());
        self.title = text(values.remove("title")).unwrap_or_default();
        self.description = text(values.remove("description")).unwrap_or_default();
        self.owner = text(values.remove("owner")).and_then(|id| id.parse().ok()).map(PersonId);
        self.project = text(values.remove("project")).and_then(|id| id.parse().ok()).map(ProjectId);
        self.tags = values.remove("tags").and_then(|v| serde_json::from_value(v).ok()).unwrap_or_default();
        if let Some(raised) = text(values.remove("raised_on")).and_then(|day| day.parse().ok()) {
            self.raised_on = raised;
        }
        values.remove("threatens");

        let mut own = before.values();
        for (name, value) in values {
            let name = if name == "from" { "from_item".to_owned() } else { name };
            own.insert(name, value);
        }
        if self.kind == Kind::Milestone && own.get("kind").is_none_or(Value::is_null) {
            own.insert("kind".into(), "delivery".into());
        }
        if self.kind == Kind::Milestone && own.get("forecast_from").is_none_or(Value::is_null) {
            own.insert("forecast_from".into(), "stated".into());
        }
        if defaults(self.kind) {
            // What isn't said is what it is by default.
            own.retain(|_, value| !value.is_null());
        }
        match Detail::read(self.kind, own) {
            Ok(detail) => self.detail = detail,
            Err(wrong) => errors.push(FieldError::new("", wrong.to_string())),
        }
        match (&mut self.detail, &before) {
            (Detail::Milestone(own), Detail::Milestone(was)) => {
                if was.committed_on.is_some() && own.committed_on != was.committed_on {
                    errors.push(FieldError::new(
                        "committed_on",
                        "The committed date changes only through a baseline: approve a change request, or make a baseline.",
                    ));
                } else if was.committed_on.is_none() {
                    own.original_on = own.committed_on;
                }
                if own.forecast_on.is_none() {
                    own.forecast_on = own.committed_on;
                } else if own.forecast_on != was.forecast_on || own.forecast_reason != was.forecast_reason {
                    own.forecast_stated_on = Some(on);
                }
            }
            (Detail::Activity(own), _) => {
                own.check(&mut errors);
                self.state = own.follow(self.state, on);
                if self.state != State::Cancelled {
                    self.closed_on = own.actual_finish_on;
                }
            }
            (Detail::Dependency(own), Detail::Dependency(was)) => {
                own.check(&mut errors);
                own.restated(self.state, was);
            }
            (Detail::Risk(own), _) => own.check(&mut errors),
            (Detail::Report(own), Detail::Report(was)) => {
                own.check(&mut errors);
                if was.published_on.is_some()
                    && (own != was || (&self.title, &self.description) != (&said.0, &said.1))
                {
                    errors.push(FieldError::new(
                        "",
                        "A published report stays as it was published; correct it by a new revision.",
                    ));
                }
            }
            (Detail::Benefit(own), _) => own.check(&mut errors),
            (Detail::Gate(own), _) => own.check(&mut errors),
            (Detail::Decision(_), Detail::Decision(_))
                if matches!(self.state, State::Decided | State::Superseded) =>
            {
                errors.push(FieldError::new(
                    "",
                    "A decided decision stands as it was decided; supersede it with another.",
                ));
            }
            (Detail::Change(own), Detail::Change(was))
                if matches!(self.state, State::Approved | State::Rejected | State::Implemented)
                    && (own != was || (&self.title, &self.description) != (&said.0, &said.1)) =>
            {
                errors.push(FieldError::new("", "A change request that is decided stays as it was decided."));
            }
            (Detail::Change(own), _) if matches!(self.state, State::Draft | State::Submitted) => {
                own.complete();
            }
            _ => {}
        }
        self.settle();
        if errors.is_empty() { Ok(()) } else { Err(Refused { errors, ..Refused::default() }) }
    }
}
