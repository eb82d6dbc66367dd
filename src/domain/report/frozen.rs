//! A report as it is published: every number and sentence that its page shows, so that the page needs nothing else.

use crate::domain::health::{Dimension, Rag};
use crate::domain::kind::Reference;
use crate::domain::metrics::{Unit, Verdict};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// All that a report shows.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Frozen {
    /// The program's key and name.
    pub program: String,
    pub program_name: String,
    /// The day at whose end the facts are taken.
    pub as_of: NaiveDate,
    /// The day on which it was published; `None` of a draft, and of reports from before it was kept.
    pub published_on: Option<NaiveDate>,
    pub period_from: NaiveDate,
    pub period_to: NaiveDate,
    pub headline: String,
    pub health: Judged,
    /// By dimension: the colour that the report declares; every dimension that has one.
    pub declared: BTreeMap<String, Rag>,
    pub narrative: BTreeMap<String, String>,
    /// By dimension: why the declared colour is better than the computed one.
    pub reasons: BTreeMap<String, String>,
    pub sections: Vec<Section>,
    pub decisions_needed: String,
    pub next_steps: String,
    pub metrics: Vec<Tile>,
    pub milestones: Vec<Line>,
    /// Open milestones beyond those.
    pub milestones_more: usize,
    /// Against the report before it.
    pub difference: Option<Difference>,
}

/// The computed health.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Judged {
    pub overall: Colour,
    pub softened: Option<String>,
    pub rules_version: i32,
    /// The thresholds by which it was judged that aren't the rules' own, in words.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub own_thresholds: Vec<String>,
    pub dimensions: Vec<JudgedDimension>,
}

/// A colour that is grey where nothing is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Colour(pub Rag);

impl Default for Colour {
    fn default() -> Self {
        Self(Rag::Grey)
    }
}

/// The computed health of one dimension.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JudgedDimension {
    pub dimension: Dimension,
    pub rag: Rag,
    pub reasons: Vec<Why>,
}

/// A reason, with the worst of its items.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Why {
    pub rag: Rag,
    pub rule: String,
    pub text: String,
    pub items: Vec<Cited>,
    /// Items beyond those.
    pub more: usize,
}

/// An item that a reason names.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cited {
    #[serde(rename = "ref")]
    pub reference: String,
    pub title: String,
    pub note: String,
}

/// A part of a report: what changed, what is at risk.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Section {
    /// `changed` or `at_risk`.
    pub name: String,
    pub title: String,
    pub sentences: Vec<Sentence>,
    /// How much more there is, in words; empty for nothing.
    pub more: String,
    /// The page of the program with all of it: what follows `/programs/KEY`.
    pub all: String,
}

/// A sentence and the items that it cites.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Sentence {
    pub text: String,
    pub items: Vec<String>,
    /// Whether it is good (`true`) or bad; `None` for neither.
    pub good: Option<bool>,
}

impl Sentence {
    /// A sentence; the references in it are the items that it cites.
    #[must_use]
    pub fn new(text: impl Into<String>, good: Option<bool>) -> Self {
        let text = text.into();
        let items = Reference::find_all(&text).iter().map(ToString::to_string).collect();
        Self { text, items, good }
    }
}

/// A metric as it stood.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tile {
    pub name: String,
    pub title: String,
    pub value: Option<f64>,
    pub unit: Unit,
    pub target: Option<f64>,
    /// The target as a reader sees it: `≥ 80 %`.
    pub target_text: String,
    pub verdict: Option<Verdict>,
}

/// An open milestone as it stood.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Line {
    #[serde(rename = "ref")]
    pub reference: String,
    pub title: String,
    pub original_on: Option<NaiveDate>,
    pub committed_on: Option<NaiveDate>,
    pub forecast_on: Option<NaiveDate>,
    /// Working days from the original date to the forecast; positive is late.
    pub slip_working_days: Option<i64>,
}

/// What differs from the last published report.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Difference {
    #[serde(rename = "ref")]
    pub reference: String,
    pub as_of: NaiveDate,
    pub colours: Vec<Turn>,
    pub sentences: Vec<Sentence>,
}

/// A dimension whose colour is another now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Turn {
    pub dimension: Dimension,
    pub from: Rag,
    pub to: Rag,
}

impl Frozen {
    /// As it is stored.
    #[must_use]
    pub fn stored(&self) -> Map<String, Value> {
        match serde_json::to_value(self) {
            Ok(Value::Object(map)) => map,
            _ => Map::new(),
        }
    }

    /// What was stored; what a report of an earlier version didn't have is empty.
    ///
    /// # Errors
    /// A value of another shape.
    pub fn read(stored: Map<String, Value>) -> Result<Self, serde_json::Error> {
        serde_json::from_value(Value::Object(stored))
    }

    /// As of when its facts are, in a sentence. Of a day that was not over when it was published, what came later in it is left out.
    #[must_use]
    pub fn computed_from(&self) -> String {
        let day = self.as_of.format("%-d %b %Y");
        let stood = match self.published_on {
            Some(published) if published > self.as_of => format!("as they stood at the end of {day}"),
            Some(_) => format!("as they stood on {day} when it was published"),
            None => format!("of {day}"),
        };
        let version = self.health.rules_version;
        let own = match self.health.own_thresholds.as_slice() {
            [] => String::new(),
            own => format!(" By thresholds of the program’s own: {}.", own.join("; ")),
        };
        format!("Computed from the facts {stood}, by the health rules, version {version}.{own}")
    }

    /// The computed colour of a dimension.
    #[must_use]
    pub fn computed(&self, dimension: Dimension) -> Rag {
        let found = self.health.dimensions.iter().find(|judged| judged.dimension == dimension);
        found.map_or(Rag::Grey, |judged| judged.rag)
    }

    /// The colour that the report declares for a dimension: the computed one where it says none.
    #[must_use]
    pub fn declares(&self, dimension: Dimension) -> Rag {
        self.declared.get(dimension.name()).copied().unwrap_or_else(|| self.computed(dimension))
    }
}
