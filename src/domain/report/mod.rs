//! Status reports: what was so in a period, what was declared beside what was computed, frozen when it is published.

mod asks;
mod compose;
mod difference;
mod document;
mod frozen;
mod markdown;
mod picks;
mod record;
mod stale;
#[cfg(test)]
mod tests;
mod words;

pub use compose::{About, Ground, Weight, compose, narrative};
pub use document::{Document, is_whole, parts};
pub use frozen::{Cited, Difference, Frozen, Judged, Line, Section, Sentence, Tile, Turn, Why};
pub use markdown::markdown;
pub use picks::Picks;
pub use record::{Gap, Told, in_question, record};
pub use stale::{Stale, Texts, same};
pub use words::figure;

use super::draft::{Choices, Control, Field, FieldError, Holds};
use super::health::{Dimension, Health, Rag};
use super::kind::State;
use super::transition::Move;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use uuid::Uuid;

/// The dimensions of health, as a report speaks of them.
pub const DIMENSIONS: Choices = &[
    ("schedule", "Schedule"),
    ("scope", "Scope"),
    ("cost", "Cost"),
    ("risk", "Risk"),
    ("dependencies", "Dependencies"),
    ("decisions", "Decisions"),
    ("readiness", "Readiness"),
];

/// The colours that can be declared.
pub const COLOURS: Choices = &[("green", "● green"), ("amber", "▲ amber"), ("red", "■ red")];

/// How many days ahead the period of a report may end: those of a month, which may be reported while it runs.
pub const AHEAD_DAYS: u64 = 31;

/// What a report has of its own.
pub const FIELDS: &[Field] = &[
    Field::new("period_from", "From", Control::Date).required(),
    Field::new("period_to", "To", Control::Date).required(),
    Field::new("headline", "Headline", Control::Text(2_000)),
    Field::new("narrative", "In words", Control::Named(DIMENSIONS, Holds::Text(5_000))),
    Field::new("declared", "Declared", Control::Named(DIMENSIONS, Holds::Choice(COLOURS))),
    Field::new("reasons", "Why it is better than computed", Control::Named(DIMENSIONS, Holds::Text(2_000))),
    Field::new("decisions_needed", "What we need from you", Control::Text(10_000)),
    Field::new("next_steps", "Next steps", Control::Text(10_000)),
    Field::new("revises", "Corrects", Control::Item).hint("The published report that this one corrects"),
];

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Report {
    pub period_from: NaiveDate,
    pub period_to: NaiveDate,
    pub headline: String,
    pub narrative: BTreeMap<String, String>,
    pub declared: BTreeMap<String, String>,
    pub reasons: BTreeMap<String, String>,
    pub decisions_needed: String,
    pub next_steps: String,
    /// By dimension: the colour that the evidence gave when it was published.
    pub computed: BTreeMap<String, String>,
    /// What Plumbline wrote, by the name of the text: who says something else touched it. `None` where it isn't known.
    pub written: Option<Texts>,
    /// Every number and sentence as published.
    pub frozen: Option<Map<String, Value>>,
    pub rules_version: Option<i32>,
    pub published_on: Option<NaiveDate>,
    pub published_by: Option<Uuid>,
    /// The report that this one corrects.
    pub revises: Option<Uuid>,
}

/// A colour by its name.
#[must_use]
pub fn colour(name: &str) -> Option<Rag> {
    [Rag::Grey, Rag::Green, Rag::Amber, Rag::Red].into_iter().find(|rag| rag.name() == name)
}

/// The computed colours by dimension, as they are kept.
#[must_use]
pub fn colours(health: &Health) -> BTreeMap<String, String> {
    let colours = health.dimensions.iter();
    colours.map(|judged| (judged.dimension.name().to_owned(), judged.rag.name().to_owned())).collect()
}

impl Report {
    /// The colour that is declared for a dimension, where one is.
    #[must_use]
    pub fn declares(&self, dimension: Dimension) -> Option<Rag> {
        self.declared.get(dimension.name()).and_then(|name| colour(name))
    }

    /// What is declared better than the evidence without a reason: an error for each dimension. Where there is no data nothing
    /// can be better.
    #[must_use]
    pub fn unfounded(&self, health: &Health) -> Vec<FieldError> {
        let unfounded = health.dimensions.iter().filter_map(|judged| {
            let dimension = judged.dimension;
            let declared = self.declares(dimension).filter(|declared| *declared < judged.rag)?;
            let said = self.reasons.get(dimension.name()).is_some_and(|reason| !reason.trim().is_empty());
            let why = judged.reasons.first().map_or("", |reason| reason.text.as_str());
            (!said).then(|| {
                FieldError::new(
                    "reasons",
                    format!(
                        "{label}: declared {}, computed {}. Say why yours is better, or declare {}. The evidence: {why}",
                        declared.name(),
                        judged.rag.name(),
                        judged.rag.name(),
                        label = dimension.label(),
                    ),
                )
            })
        });
        unfounded.collect()
    }

    /// Keeps what was computed, for publishing; what isn't declared is declared as computed.
    pub fn settle(&mut self, health: &Health) {
        self.computed = colours(health);
        for judged in health.dimensions.iter().filter(|judged| judged.rag != Rag::Grey) {
            let name = judged.dimension.name().to_owned();
            self.declared.entry(name).or_insert_with(|| judged.rag.name().to_owned());
        }
        self.rules_version = Some(health.rules_version);
    }

    pub(super) fn check(&self, errors: &mut Vec<FieldError>) {
        if self.period_to < self.period_from {
            errors.push(FieldError::new("period_to", "The period ends before it begins."));
        }
    }

    pub(super) fn moved(&mut self, step: &Move) {
        if step.to == State::Published {
            self.published_on = Some(step.on);
            self.published_by = step.by;
            self.frozen.get_or_insert_default();
        }
    }
}
