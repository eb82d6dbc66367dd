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
    fn incidents_are_counted_by_weeks_from_the_launch() {
        let day = |text: &str| text.parse().unwrap();
        let incidents = [("2026-06-01", 1), ("2026-06-07", 2), ("2026-06-08", 4), ("2026-05-31", 8)];
        let incidents = incidents.map(|(on, count)| (day(on), count));
        assert_eq!(by_week(day("2026-06-01"), day("2026-06-20"), 5, incidents), [3, 4, 0]);
        assert_eq!(by_week(day("2026-06-01"), day("2026-06-20"), 1, incidents), [3]);
        assert!(by_week(day("2026-06-01"), day("2026-05-20"), 5, incidents).is_empty());
    }
}
