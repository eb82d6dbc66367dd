//! Activities: work that takes time. Three points of its duration, how far it is, and what its dates are bound to; the dates
//! themselves come from the schedule.

use super::draft::{Choices, Control, Field, FieldError};
use super::kind::State;
use super::transition::Move;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

const CONSTRAINTS: Choices = &[
    ("as_soon_as_possible", "As soon as possible"),
    ("as_late_as_possible", "As late as possible"),
    ("start_no_earlier_than", "Start no earlier than"),
    ("start_no_later_than", "Start no later than"),
    ("finish_no_earlier_than", "Finish no earlier than"),
    ("finish_no_later_than", "Finish no later than"),
    ("must_start_on", "Must start on"),
    ("must_finish_on", "Must finish on"),
];

/// The longest duration: over a hundred years of working days.
const MOST_DAYS: i32 = 30_000;

/// What an activity has of its own.
pub const FIELDS: &[Field] = &[
    Field::new("likely_days", "Likely duration, working days", Control::Decimal(0, MOST_DAYS))
        .required()
        .hint("Of a summary the duration comes from its parts."),
    Field::new("optimistic_days", "Optimistic duration, working days", Control::Decimal(0, MOST_DAYS)),
    Field::new("pessimistic_days", "Pessimistic duration, working days", Control::Decimal(0, MOST_DAYS)),
    Field::new("percent_complete", "Complete, percent", Control::Int(0, 100)),
    Field::new("remaining_days", "Remaining duration, working days", Control::Decimal(0, MOST_DAYS))
        .hint("Leave empty to have it follow from the percentage. Of a done activity it is nothing."),
    Field::new("actual_start_on", "Actual start", Control::Date),
    Field::new("actual_finish_on", "Actual finish", Control::Date).hint("Makes the activity done."),
    Field::new("constraint", "Constraint", Control::Choice(CONSTRAINTS))
        .hint("As soon as possible, unless something outside the network says otherwise."),
    Field::new("constraint_on", "Constraint date", Control::Date),
    Field::new("deadline_on", "Deadline", Control::Date)
        .hint("The day by which it must be finished: warns, and moves nothing."),
    Field::new("parent", "Part of", Control::Item).hint("The summary activity, by reference: ATLAS-T4"),
    Field::new("resources", "Who works on it", Control::Resources)
        .hint("team: Payments 50 %, Ann Lee; 100 % if nothing is said"),
    Field::new("calendar", "Calendar", Control::Calendar)
        .hint("By name; else that of the first who works on it, of the project, or of the program."),
];

/// What binds the dates of an activity beside its predecessors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "activity_constraint", rename_all = "snake_case")]
pub enum Constraint {
    #[default]
    AsSoonAsPossible,
    AsLateAsPossible,
    StartNoEarlierThan,
    StartNoLaterThan,
    FinishNoEarlierThan,
    FinishNoLaterThan,
    MustStartOn,
    MustFinishOn,
}

impl Constraint {
    /// Whether it is bound to a date.
    #[must_use]
    pub const fn has_date(self) -> bool {
        !matches!(self, Self::AsSoonAsPossible | Self::AsLateAsPossible)
    }
}

/// A team or a person that works on an activity.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Assignment {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team: Option<Uuid>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<Uuid>,
    /// Percent of the time of one.
    pub units: f64,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Activity {
    /// Working days, as the three below.
    pub optimistic_days: Option<f64>,
    pub likely_days: f64,
    pub pessimistic_days: Option<f64>,
    pub remaining_days: Option<f64>,
    /// 0 to 100.
    pub percent_complete: i16,
    pub actual_start_on: Option<NaiveDate>,
    pub actual_finish_on: Option<NaiveDate>,
    pub constraint: Constraint,
    pub constraint_on: Option<NaiveDate>,
    pub deadline_on: Option<NaiveDate>,
    /// The calendar that it is worked by, where it names one.
    pub calendar: Option<Uuid>,
    /// The summary that it is a part of.
    pub parent: Option<Uuid>,
    pub resources: Vec<Assignment>,
}

impl Activity {
    /// Work of so many working days that doesn't start before a day.
    #[must_use]
    pub fn planned(likely_days: f64, not_before: Option<NaiveDate>) -> Self {
        Self {
            likely_days,
            constraint: not_before.map(|_| Constraint::StartNoEarlierThan).unwrap_or_default(),
            constraint_on: not_before,
            ..Self::default()
        }
    }

    pub(super) fn check(&self, errors: &mut Vec<FieldError>) {
        let mut wrong = |field: &str, message: &str| errors.push(FieldError::new(field, message));
        if self.optimistic_days.is_some_and(|days| days > self.likely_days) {
            wrong("optimistic_days", "The optimistic duration is at most the likely one.");
        }
        if self.pessimistic_days.is_some_and(|days| days < self.likely_days) {
            wrong("pessimistic_days", "The pessimistic duration is at least the likely one.");
        }
        match (self.constraint.has_date(), self.constraint_on) {
            (true, None) => wrong("constraint_on", "This constraint needs its date."),
            (false, Some(_)) => wrong(
                "constraint_on",
                "As soon and as late as possible have no date: choose another constraint, or take the date out.",
            ),
            _ => {}
        }
        if let (Some(start), Some(finish)) = (self.actual_start_on, self.actual_finish_on)
            && finish < start
        {
            wrong("actual_finish_on", "It can't have finished before it started.");
        }
    }

    /// Refuses what is said to have happened after today.
    pub(super) fn not_ahead(&self, today: NaiveDate, errors: &mut Vec<FieldError>) {
        for (field, day) in
            [("actual_start_on", self.actual_start_on), ("actual_finish_on", self.actual_finish_on)]
        {
            if day.is_some_and(|day| day > today) {
                errors.push(FieldError::new(field, "That day has not come yet."));
            }
        }
    }

    /// The state that follows from what has happened, with what goes without saying filled in: what is finished was
    /// started and is complete, what has progress was started (on the day `on`, if nothing else is said).
    pub(super) fn follow(&mut self, state: State, on: NaiveDate) -> State {
        if state == State::Cancelled {
            return state;
        }
        if let Some(finish) = self.actual_finish_on {
            self.actual_start_on.get_or_insert(finish);
            self.percent_complete = 100;
            self.remaining_days = Some(0.0);
            return State::Done;
        }
        if state == State::Done {
            self.remaining_days = self.remaining_days.filter(|days| *days > 0.0);
        }
        if self.percent_complete > 0 || self.actual_start_on.is_some() {
            self.actual_start_on.get_or_insert(on);
            return State::InProgress;
        }
        State::NotStarted
    }

    /// Whether it can be finished on a day.
    pub(super) fn may_finish(&self, on: NaiveDate) -> bool {
        self.actual_start_on.is_none_or(|start| start <= on)
    }

    pub(super) fn moved(&mut self, step: &Move) {
        match step.to {
            State::InProgress => {
                self.actual_start_on.get_or_insert(step.on);
                self.actual_finish_on = None;
                self.remaining_days = self.remaining_days.filter(|days| *days > 0.0);
            }
            State::Done => {
                self.actual_start_on.get_or_insert(step.on);
                self.actual_finish_on = Some(step.on);
                self.percent_complete = 100;
                self.remaining_days = Some(0.0);
            }
            State::NotStarted => {
                self.actual_start_on = None;
                self.actual_finish_on = None;
                self.percent_complete = 0;
                self.remaining_days = None;
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn wrong(activity: &Activity) -> Vec<String> {
        let mut errors = Vec::new();
        activity.check(&mut errors);
        errors.into_iter().map(|error| error.field).collect()
    }

    #[test]
    fn the_three_points_stand_in_their_order() {
        let estimated = |o, l, p| Activity {
            optimistic_days: o,
            likely_days: l,
            pessimistic_days: p,
            ..Activity::default()
        };
        assert!(wrong(&estimated(None, 3.0, None)).is_empty());
        assert!(wrong(&estimated(Some(3.0), 3.0, Some(3.0))).is_empty());
        assert_eq!(wrong(&estimated(Some(3.5), 3.0, None)), ["optimistic_days"]);
        assert_eq!(wrong(&estimated(None, 3.0, Some(2.0))), ["pessimistic_days"]);
    }

    #[test]
    fn a_constraint_has_a_date_where_it_needs_one_and_only_there() {
        for (constraint, dated) in [
            (Constraint::AsSoonAsPossible, false),
            (Constraint::AsLateAsPossible, false),
            (Constraint::StartNoEarlierThan, true),
            (Constraint::MustFinishOn, true),
        ] {
            for constraint_on in [None, Some(day("2026-06-01"))] {
                let activity = Activity { constraint, constraint_on, ..Activity::default() };
                assert_eq!(wrong(&activity).is_empty(), dated == constraint_on.is_some(), "{constraint:?}");
            }
        }
    }

    #[test]
    fn its_state_follows_from_what_has_happened() {
        let on = day("2026-06-10");
        let follow = |mut activity: Activity, state| (activity.follow(state, on), activity);
        let (state, _) = follow(Activity::default(), State::NotStarted);
        assert_eq!(state, State::NotStarted);
        let (state, own) =
            follow(Activity { percent_complete: 20, ..Activity::default() }, State::NotStarted);
        assert_eq!((state, own.actual_start_on), (State::InProgress, Some(on)));
        let finished = Activity { actual_finish_on: Some(day("2026-06-05")), ..Activity::default() };
        let (state, own) = follow(finished, State::NotStarted);
        assert_eq!(
            (state, own.actual_start_on, own.percent_complete, own.remaining_days),
            (State::Done, Some(day("2026-06-05")), 100, Some(0.0))
        );
        let (state, own) = follow(Activity { actual_finish_on: None, ..own }, State::Done);
        assert_eq!((state, own.remaining_days), (State::InProgress, None));
        let (state, _) = follow(Activity { percent_complete: 20, ..Activity::default() }, State::Cancelled);
        assert_eq!(state, State::Cancelled);
    }

    #[test]
    fn nothing_has_happened_in_the_future() {
        let activity = Activity {
            actual_start_on: Some(day("2026-06-10")),
            actual_finish_on: Some(day("2026-06-11")),
            ..Activity::default()
        };
        let mut errors = Vec::new();
        activity.not_ahead(day("2026-06-10"), &mut errors);
        assert_eq!(errors.iter().map(|e| e.field.as_str()).collect::<Vec<_>>(), ["actual_finish_on"]);
    }
}
