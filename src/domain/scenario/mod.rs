//! What-if: a scenario is a list of steps over the plan as it stands. Applied to a copy of what the plan is made of, it gives
//! a second plan; the [`Difference`] of the two is its answer. Nothing of it leaks into the plan before it is applied by a
//! change request that is approved.

mod apply;
mod broken;
mod difference;
mod read;
#[cfg(test)]
mod tests;

pub use apply::{Wrong, apply};
pub use broken::{Broken, broken};
pub use difference::{Difference, Effect, Finish, Hidden, Moved, Negative, Placed, difference, with_dates};
pub use read::{STEPS, StepKind, field_of, read, step_draft, step_field};

use super::draft::{Control, Draft, Field};
use super::ids::{ItemId, PersonId, ProgramId, ProjectId, ScenarioId};
use super::kind::Kind;
use super::schedule_link::{LagUnit, LinkType, terms};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, json};
use uuid::Uuid;

/// What a scenario has beside its steps.
pub const FIELDS: &[Field] = &[
    Field::new("title", "Title", Control::Line(300))
        .required()
        .hint("Such as “The feed comes two weeks late”"),
    Field::new("description", "Description", Control::Text(20_000)),
];

/// Steps of a scenario at most.
pub const MOST_STEPS: usize = 200;

/// Where a scenario stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "scenario_state", rename_all = "snake_case")]
pub enum ScenarioState {
    #[default]
    Draft,
    /// A change request was made of it: it waits for approval, or was approved.
    Applied,
    Discarded,
}

impl ScenarioState {
    pub const ALL: [Self; 3] = [Self::Draft, Self::Applied, Self::Discarded];

    /// The name in tables and the API, and the word that a reader sees.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Applied => "applied",
            Self::Discarded => "discarded",
        }
    }
}

/// A scenario as it is kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scenario {
    pub id: ScenarioId,
    pub program: ProgramId,
    pub number: i32,
    pub title: String,
    pub description: String,
    #[serde(rename = "changes")]
    pub steps: Vec<Step>,
    pub state: ScenarioState,
    /// The day of the plan on which its steps were last checked.
    pub base_on: NaiveDate,
    /// The change request that was made of it.
    pub change_request: Option<ItemId>,
    pub created_at: DateTime<Utc>,
    pub created_by: Option<PersonId>,
    pub updated_at: DateTime<Utc>,
    /// Counts the writes, for optimistic locking.
    pub version: i32,
    pub effective_on: NaiveDate,
}

impl Scenario {
    /// Title and description as a draft.
    #[must_use]
    pub fn draft(&self) -> Draft {
        Draft(Map::from_iter([
            ("title".to_owned(), json!(self.title)),
            ("description".to_owned(), json!(self.description)),
        ]))
    }
}

/// One change of a scenario. Items are named by id; what the scenario itself adds has the id [`added`] of its step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum Step {
    /// So many working days later, or earlier if negative.
    Slip {
        item: ItemId,
        days: i64,
    },
    /// A milestone's forecast, a dependency's promise, the day before which an activity doesn't start.
    Date {
        item: ItemId,
        on: NaiveDate,
    },
    /// Working days. An optimistic or pessimistic duration that isn't given stays.
    Estimate {
        item: ItemId,
        optimistic_days: Option<f64>,
        likely_days: f64,
        pessimistic_days: Option<f64>,
    },
    /// A new link, or another lag for one that is there.
    Link {
        predecessor: ItemId,
        successor: ItemId,
        #[serde(rename = "type")]
        link_type: LinkType,
        lag_days: f64,
        lag_unit: LagUnit,
    },
    /// Without a type: all links between the two.
    Unlink {
        predecessor: ItemId,
        successor: ItemId,
        #[serde(rename = "type")]
        link_type: Option<LinkType>,
    },
    Drop {
        item: ItemId,
    },
    Add(Box<Addition>),
}

/// An activity or milestone that a scenario adds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Addition {
    /// By which later steps link it.
    pub name: String,
    pub kind: Kind,
    pub title: String,
    pub project: Option<ProjectId>,
    /// Working days, as the two below; of an activity.
    pub likely_days: f64,
    pub optimistic_days: Option<f64>,
    pub pessimistic_days: Option<f64>,
    /// A milestone's date, or the day before which an activity doesn't start.
    pub on: Option<NaiveDate>,
}

/// The id of what the step at this place adds. No stored item has one like it.
#[must_use]
pub fn added(step: usize) -> ItemId {
    ItemId(Uuid::from_u128(step as u128 + 1))
}

/// The place of the step that adds an item; `None` for an item that is kept.
#[must_use]
pub fn adds(item: ItemId) -> Option<usize> {
    usize::try_from(item.0.as_u128()).ok().filter(|number| (1..=MOST_STEPS).contains(number)).map(|n| n - 1)
}

impl Step {
    /// The name in the API.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Slip { .. } => "slip",
            Self::Date { .. } => "date",
            Self::Estimate { .. } => "estimate",
            Self::Link { .. } => "link",
            Self::Unlink { .. } => "unlink",
            Self::Drop { .. } => "drop",
            Self::Add(_) => "add",
        }
    }

    /// The items that it names: first the one that it changes, which for a link is the successor.
    #[must_use]
    pub fn items(&self) -> Vec<ItemId> {
        match self {
            Self::Slip { item, .. }
            | Self::Date { item, .. }
            | Self::Estimate { item, .. }
            | Self::Drop { item } => vec![*item],
            Self::Link { predecessor, successor, .. } | Self::Unlink { predecessor, successor, .. } => {
                vec![*successor, *predecessor]
            }
            Self::Add(_) => Vec::new(),
        }
    }

    /// The step in words; `name` says what an item is called.
    #[must_use]
    pub fn words(&self, name: impl Fn(ItemId) -> String) -> String {
        match self {
            Self::Slip { item, days } if *days < 0 => format!("{} {} earlier", name(*item), working(-days)),
            Self::Slip { item, days } => format!("{} {} later", name(*item), working(*days)),
            Self::Date { item, on } => format!("{} on {on}", name(*item)),
            Self::Estimate { item, optimistic_days, likely_days, pessimistic_days } => {
                let about = points(*optimistic_days, *pessimistic_days);
                format!("{} estimated at {likely_days} working days{about}", name(*item))
            }
            Self::Link { predecessor, successor, link_type, lag_days, lag_unit } => format!(
                "{} waits for {} ({})",
                name(*successor),
                name(*predecessor),
                terms(*link_type, *lag_days, *lag_unit)
            ),
            Self::Unlink { predecessor, successor, link_type } => {
                let which = link_type.map(|link| format!(" ({})", link.name())).unwrap_or_default();
                format!("{} no longer waits for {}{which}", name(*successor), name(*predecessor))
            }
            Self::Drop { item } => format!("{} dropped", name(*item)),
            Self::Add(new) => {
                let on = new.on.map(|on| format!(" on {on}")).unwrap_or_default();
                if new.kind == Kind::Milestone {
                    format!("New milestone “{}”{on}", new.title)
                } else {
                    let about = points(new.optimistic_days, new.pessimistic_days);
                    format!("New activity “{}” of {} working days{about}{on}", new.title, new.likely_days)
                }
            }
        }
    }
}

fn points(optimistic: Option<f64>, pessimistic: Option<f64>) -> String {
    match (optimistic, pessimistic) {
        (Some(least), Some(most)) => format!(", {least} to {most}"),
        (Some(least), None) => format!(", at least {least}"),
        (None, Some(most)) => format!(", at most {most}"),
        (None, None) => String::new(),
    }
}

fn working(days: i64) -> String {
    format!("{days} working {}", if days == 1 { "day" } else { "days" })
}
