//! Releases: what is launched on a day, how it is rolled out, and how it is taken back.

use super::draft::{Choices, Control, Field, Holds, Part, Rows};
use super::kind::State;
use super::transition::Move;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Steps of a rollout, or of taking it back, in their order.
pub const STEPS: Rows = Rows {
    one: "step",
    many: "steps",
    most: 100,
    parts: &[
        Part { name: "step", holds: Holds::Line(300) },
        Part { name: "owner", holds: Holds::Line(120) },
        Part { name: "minutes", holds: Holds::Number },
    ],
};

/// What goes wrong, and is counted.
pub const EVENT_KINDS: Choices = &[("incident", "Incident"), ("defect", "Defect")];

/// What is said of something that went wrong.
pub const EVENT_FIELDS: &[Field] = &[
    Field::new("kind", "What", Control::Choice(EVENT_KINDS)).required(),
    Field::new("on", "On", Control::Date)
        .hint("Today if left out. A defect up to the launch was found before it."),
    Field::new("count", "How many", Control::Int(1, 100_000)).hint("1 if left out."),
    Field::new("title", "Title", Control::Line(300)),
    Field::new("external_id", "Known elsewhere as", Control::Line(200)).hint("Sent twice, it counts once."),
];

/// What is said of a step that was taken.
pub const STEP_FIELDS: &[Field] = &[
    Field::new("step", "Step", Control::Line(300)).required(),
    Field::new("rollback", "Of the rollback", Control::Flag),
    Field::new("done", "Done", Control::Flag),
];

/// What a release has of its own.
pub const FIELDS: &[Field] = &[
    Field::new("milestone", "Milestone", Control::Item),
    Field::new("launch_on", "Launch", Control::Date),
    Field::new("rollout_steps", "Rollout", Control::Rows(&STEPS)).hint("One a line: step | owner | minutes"),
    Field::new("rollback_steps", "Rollback", Control::Rows(&STEPS))
        .hint("One a line: step | owner | minutes"),
    Field::new("communications", "Communications", Control::Text(10_000)),
    Field::new("review", "What the review found", Control::Text(20_000)),
];

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Step {
    pub step: String,
    pub owner: String,
    pub minutes: Option<f64>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Release {
    pub milestone: Option<Uuid>,
    pub launch_on: Option<NaiveDate>,
    pub rollout_steps: Vec<Step>,
    pub rollback_steps: Vec<Step>,
    pub communications: String,
    pub launched_on: Option<NaiveDate>,
    pub reviewed_on: Option<NaiveDate>,
    pub rolled_back_on: Option<NaiveDate>,
    pub review: String,
    pub rollback_reason: String,
}

/// What is counted of a release.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "release_event_kind", rename_all = "snake_case")]
pub enum EventKind {
    Incident,
    Defect,
}

impl EventKind {
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Incident => "incident",
            Self::Defect => "defect",
        }
    }
}

/// So many days after each of its launches a release is watched.
pub const WATCHED_DAYS: i64 = 30;

/// What came of a release, held against the days on which it was launched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Aftermath {
    /// Incidents while it was watched; of one that was never launched, all.
    pub incidents: i64,
    /// Defects that were found up to its first launch.
    pub before: i64,
    /// Defects that were found after it, while it was watched.
    pub escaped: i64,
    /// Whatever else was counted of it.
    pub beside: i64,
}

impl Aftermath {
    /// What was counted (its kind, its day, how many) by the launches, the first first. A release that was taken back and launched again is
    /// watched after each launch: what the first did is not undone by the second, nor by the days that pass.
    #[must_use]
    pub fn of(
        launches: &[NaiveDate],
        counted: impl IntoIterator<Item = (EventKind, NaiveDate, i64)>,
    ) -> Self {
        let mut all = Self::default();
        for (kind, on, count) in counted {
            let watched =
                launches.iter().any(|launch| (0..=WATCHED_DAYS).contains(&(on - *launch).num_days()));
            // An incident on the day of the launch came of it; a defect on that day was found before.
            let sum = match kind {
                EventKind::Incident if watched || launches.is_empty() => &mut all.incidents,
                EventKind::Defect if launches.first().is_none_or(|first| on <= *first) => &mut all.before,
                EventKind::Defect if watched => &mut all.escaped,
                _ => &mut all.beside,
            };
            *sum += count;
        }
        all
    }
}

/// Incidents in each week after a launch, the first seven days first, as far as the day has come; at most so many weeks.
#[must_use]
pub fn by_week(
    launched_on: NaiveDate,
    day: NaiveDate,
    most: usize,
    incidents: impl IntoIterator<Item = (NaiveDate, u32)>,
) -> Vec<u32> {
    let week = |on: NaiveDate| usize::try_from((on - launched_on).num_days().div_euclid(7)).ok();
    let Some(last) = week(day) else { return Vec::new() };
    let mut weeks = vec![0; (last + 1).min(most)];
    for (on, count) in incidents {
        if let Some(found) = week(on).and_then(|at| weeks.get_mut(at)) {
            *found += count;
        }
    }
    weeks
}

impl Release {
    pub(super) fn moved(&mut self, step: &Move) {
        match step.to {
            State::Launched => {
                (self.launched_on, self.rolled_back_on) = (Some(step.on), None);
                self.rollback_reason.clear();
            }
            State::Reviewed => self.reviewed_on = Some(step.on),
            State::RolledBack => {
                self.rolled_back_on = Some(step.on);
                self.rollback_reason.clone_from(&step.reason);
            }
            State::Planned => self.launched_on = None,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_of_a_release_is_held_against_all_its_launches() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let launches = [day("2026-05-01"), day("2026-06-10")];
        let counted = [
            (EventKind::Defect, "2026-05-01", 6),
            (EventKind::Incident, "2026-04-30", 9),
            (EventKind::Incident, "2026-05-01", 4),
            (EventKind::Defect, "2026-05-31", 2),
            (EventKind::Incident, "2026-06-01", 8),
            (EventKind::Incident, "2026-06-10", 1),
        ]
        .map(|(kind, on, count)| (kind, day(on), count));
        let all = Aftermath::of(&launches, counted);
        assert_eq!(all, Aftermath { incidents: 5, before: 6, escaped: 2, beside: 17 });
        let none = Aftermath::of(&[], counted);
        assert_eq!(
            (none.before, none.escaped, none.incidents),
            (8, 0, 22),
            "nothing escaped of what was not launched"
        );
    }

    #[test]
    fn incidents_are_counted_by_weeks_from_the_launch() {
        let day = |text: &str| text.parse().unwrap();
        let incidents = [("2026-06-01", 1), ("2026-06-07", 2), ("2026-06-08", 4), ("2026-05-31", 8)];
        let incidents = incidents.map(|(on, count)| (day(on), count));
        assert_eq!(by_week(day("2026-06-01"), day("2026-06-20"), 5, incidents), [3, 4, 0]);
        assert_eq!(by_week(day("2026-06-01"), day("2026-06-20"), 1, incidents), [3]);
        assert!(by_week(day("2026-06-01"), day("2026-05-20"), 5, incidents).is_empty());
    }
}
