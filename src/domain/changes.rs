//! What changed between two days, as it is told: what became of each item, in words, in the order of what matters.

use super::ids::PersonId;
use super::kind::{Kind, Reference, State};
use chrono::NaiveDate;
use serde::Serialize;

/// Which part of the list a change stands in; the order is that of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Topic {
    Slip,
    /// Something went wrong that no plan had: a no-go, a launch that was taken back, a critical issue, what was cancelled, proved false or
    /// turned down.
    Setback,
    HighRisk,
    Decision,
    Other,
}

/// What became of one item, or of the program as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub topic: Topic,
    pub item: Option<(Reference, String)>,
    /// What is said before the title: `New high risk: `; empty for most.
    pub before: &'static str,
    /// What is said after it: ` slipped 8 working days to 2 Dec 2026`; the whole where there is no item.
    pub after: String,
    /// Whether it is good (`true`) or bad for the program; `None` for neither.
    pub good: Option<bool>,
    /// The day on which the last of it took effect.
    pub on: NaiveDate,
    /// The state that it came to, where that is what is told.
    pub state: Option<State>,
    /// The reason given, by whom, and their name.
    pub reason: Option<String>,
    pub by: Option<PersonId>,
    pub author: Option<String>,
    /// Working days that a milestone's forecast moved; positive is later.
    pub slip: Option<i64>,
}

impl Change {
    /// The whole as one sentence.
    #[must_use]
    pub fn text(&self) -> String {
        let title = self.item.as_ref().map_or("", |(_, title)| title.as_str());
        format!("{}{title}{}", self.before, self.after).trim().to_owned()
    }

    /// Its place among those of its topic, the first first: of setbacks by what they are of, of decisions what is settled before what
    /// waits to be.
    #[must_use]
    pub fn place(&self) -> u8 {
        let kind = self.item.as_ref().map(|(reference, _)| reference.kind);
        match (self.topic, kind) {
            (Topic::Setback, Some(Kind::Release)) => 0,
            (Topic::Setback, Some(Kind::Gate)) => 1,
            (Topic::Setback, Some(Kind::Milestone)) => 2,
            (Topic::Setback, Some(Kind::Issue)) => 3,
            (Topic::Decision, _) => {
                let waits = matches!(
                    self.state,
                    Some(State::Draft | State::Submitted | State::Waiting | State::Deferred)
                );
                u8::from(waits)
            }
            (Topic::Setback, _) => 4,
            _ => 0,
        }
    }
}

/// The changes of a span of days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changes {
    /// After this day …
    pub from: NaiveDate,
    /// … and by this one.
    pub to: NaiveDate,
    /// What is worth telling, in the order of the list.
    pub list: Vec<Change>,
    /// Events in the span, edits and comments included.
    pub events: i64,
}
