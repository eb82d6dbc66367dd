//! Health: the computed RAG of a program or a project, in seven dimensions, each with its reasons.
//!
//! A dimension is a list of rules; each rule that has something to say gives a reason, which names its items. The
//! dimension has its worst reason's colour. The program has its worst dimension's colour, save that one red dimension
//! with recovery under way is amber overall: see [`Health::softened`].

mod cost;
mod decisions;
mod dependencies;
#[cfg(test)]
mod governance_tests;
#[cfg(test)]
mod network_tests;
#[cfg(test)]
mod project_tests;
mod projects;
mod readiness;
mod risk;
mod rules;
mod schedule;
mod scope;
#[cfg(test)]
mod tests;

pub use projects::{OfProjects, assess_projects};

use super::agenda::Name;
use super::facts::{Common, Facts, Track};
use super::ids::{ItemId, ProjectId};
use super::kind::{Kind, Reference};
use super::metrics::thresholds_at;
use super::plan::{Networked, Place};
use super::settings::Thresholds;
use super::words::{self, count, days, float_days, times, working_days};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// The version of the rules, kept with every published report.
pub const RULES_VERSION: i32 = 6;

/// What health is judged in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dimension {
    Schedule,
    Scope,
    Cost,
    Risk,
    Dependencies,
    Decisions,
    Readiness,
}

impl Dimension {
    /// Every dimension, in the order of the pages.
    pub const ALL: [Self; 7] = [
        Self::Schedule,
        Self::Scope,
        Self::Cost,
        Self::Risk,
        Self::Dependencies,
        Self::Decisions,
        Self::Readiness,
    ];

    /// The name in the API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Schedule => "schedule",
            Self::Scope => "scope",
            Self::Cost => "cost",
            Self::Risk => "risk",
            Self::Dependencies => "dependencies",
            Self::Decisions => "decisions",
            Self::Readiness => "readiness",
        }
    }

    /// The name that a reader sees.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Schedule => "Schedule",
            Self::Scope => "Scope",
            Self::Cost => "Cost",
            Self::Risk => "Risk",
            Self::Dependencies => "Dependencies",
            Self::Decisions => "Decisions",
            Self::Readiness => "Readiness",
        }
    }
}

/// A colour of health. The order is from nothing known over good to bad, so that the worst is the greatest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rag {
    /// No data: neither good nor bad.
    Grey,
    Green,
    Amber,
    Red,
}

impl Rag {
    /// The name in the API, and the word that a reader sees beside the colour.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Grey => "grey",
            Self::Green => "green",
            Self::Amber => "amber",
            Self::Red => "red",
        }
    }
}

/// The computed health of a program or a project on a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Health {
    pub as_of: NaiveDate,
    pub rules_version: i32,
    pub overall: Rag,
    /// Why the overall colour is amber although one dimension is red: a sentence that names the recovery actions.
    pub softened: Option<String>,
    /// What it was judged by.
    #[serde(skip)]
    pub thresholds: Thresholds,
    /// All seven, in the order of [`Dimension::ALL`].
    pub dimensions: Vec<DimensionHealth>,
}

/// The health of one dimension.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DimensionHealth {
    pub dimension: Dimension,
    pub rag: Rag,
    /// Worst first; at least one.
    pub reasons: Vec<Reason>,
}

/// Why a dimension has its colour.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reason {
    pub rag: Rag,
    /// The rule: a stable name such as `schedule.forecast_late`.
    pub rule: &'static str,
    /// A sentence with the numbers in it.
    pub text: String,
    /// The items that it is about, worst first. Money is kept by category and not by item: what is said of cost names the
    /// change requests that are known to cost something, if any.
    pub items: Vec<Cause>,
}

impl Reason {
    /// The rule in words, with these thresholds.
    #[must_use]
    pub fn rule_text(&self, limits: &Thresholds) -> String {
        rules::text(self.rule, limits)
    }
}

/// An item that a reason is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Cause {
    pub item: ItemId,
    pub kind: Kind,
    pub number: i32,
    pub title: String,
    /// The item's own figure: `24 working days late`.
    pub note: String,
}

impl Cause {
    /// The item's reference in the program of `key`.
    #[must_use]
    pub fn reference(&self, key: &str) -> Reference {
        Reference { program: key.to_owned(), kind: self.kind, number: self.number }
    }
}

impl Health {
    /// The health of one dimension.
    #[must_use]
    pub fn of(&self, dimension: Dimension) -> Option<&DimensionHealth> {
        self.dimensions.iter().find(|health| health.dimension == dimension)
    }

    /// The reason that is worst, if it is amber or red: of several dimensions as bad, that of the first.
    #[must_use]
    pub fn worst(&self) -> Option<&Reason> {
        let worst = self.dimensions.iter().map(|health| health.rag).max()?;
        let dimension = self.dimensions.iter().find(|health| health.rag == worst && worst >= Rag::Amber)?;
        dimension.reasons.first()
    }
}

/// What the rules look at: the facts of a program or one of its projects at the end of a day.
struct Scene<'a> {
    facts: &'a Facts,
    day: NaiveDate,
    project: Option<ProjectId>,
    thresholds: Thresholds,
    /// What the network says of the program on the day.
    network: Option<&'a Networked>,
}

impl Scene<'_> {
    /// Whether the item belongs to what is looked at, and isn't archived.
    fn has(&self, common: &Common) -> bool {
        !common.archived && self.is_of(common.project)
    }

    /// Whether what belongs to this project, or to none, belongs to what is looked at.
    fn is_of(&self, project: Option<ProjectId>) -> bool {
        self.project.is_none() || project == self.project
    }

    /// Where the network has an item.
    fn place(&self, item: ItemId) -> Option<&Place> {
        self.network?.items.get(&item)
    }

    /// The reference of an item, for a text.
    fn reference(&self, kind: Kind, number: i32) -> Reference {
        Reference { program: self.facts.key.clone(), kind, number }
    }

    fn working_days(&self, from: NaiveDate, to: NaiveDate) -> i64 {
        self.facts.calendar.working_days(from, to)
    }
}

/// The items that one rule finds, with how bad each is.
#[derive(Default)]
struct Found {
    causes: Vec<(i64, Cause)>,
}

impl Found {
    fn add<T>(&mut self, track: &Track<T>, badness: i64, note: String) {
        let Track { item, kind, number, ref title, .. } = *track;
        self.causes.push((badness, Cause { item, kind, number, title: title.clone(), note }));
    }

    fn add_named(&mut self, name: &Name, badness: i64, note: String) {
        let Name { item, kind, number, ref title } = *name;
        self.causes.push((badness, Cause { item, kind, number, title: title.clone(), note }));
    }

    /// The reason, if anything was found: `text` is made of the number of items and the worst badness.
    fn reason(
        mut self,
        rag: Rag,
        rule: &'static str,
        text: impl FnOnce(usize, i64) -> String,
    ) -> Option<Reason> {
        self.causes.sort_by_key(|(badness, cause)| (-badness, cause.kind, cause.number));
        let worst = self.causes.first()?.0;
        Some(Reason {
            rag,
            rule,
            text: text(self.causes.len(), worst),
            items: self.causes.into_iter().map(|(_, cause)| cause).collect(),
        })
    }
}

/// A reason that is about no particular item.
fn plain(rag: Rag, rule: &'static str, text: impl Into<String>) -> Reason {
    Reason { rag, rule, text: text.into(), items: Vec::new() }
}

/// `is` or `are`.
fn be(number: usize) -> &'static str {
    if number == 1 { "is" } else { "are" }
}

/// `has` or `have`.
fn have(number: usize) -> &'static str {
    if number == 1 { "has" } else { "have" }
}

/// The health of the program at the end of `as_of`; of one of its projects, over the project's own items, if `project`
/// is given. What the network says counts where the facts have it of this day.
///
/// A recovery action is an open action with an owner, due on or after the day, that is linked to an item of a red
/// reason. One red dimension is softened to amber overall when each of its red reasons has such an action; that of a project
/// by the project's own actions.
#[must_use]
pub fn assess(facts: &Facts, as_of: NaiveDate, project: Option<ProjectId>) -> Health {
    let network = facts.network.as_deref().filter(|network| network.day == as_of);
    let scene = Scene { facts, day: as_of, project, thresholds: thresholds_at(facts, as_of), network };
    let dimensions: Vec<DimensionHealth> = Dimension::ALL
        .into_iter()
        .map(|dimension| {
            let mut reasons = match dimension {
                Dimension::Schedule => schedule::reasons(&scene),
                Dimension::Scope => scope::reasons(&scene),
                Dimension::Cost => cost::reasons(&scene),
                Dimension::Risk => risk::reasons(&scene),
                Dimension::Dependencies => dependencies::reasons(&scene),
                Dimension::Decisions => decisions::reasons(&scene),
                Dimension::Readiness => readiness::reasons(&scene),
            };
            reasons.sort_by_key(|reason| std::cmp::Reverse(reason.rag));
            let rag = reasons.first().map_or(Rag::Grey, |reason| reason.rag);
            DimensionHealth { dimension, rag, reasons }
        })
        .collect();
    let worst = dimensions.iter().map(|health| health.rag).max().unwrap_or(Rag::Grey);
    let softened = softened(&scene, &dimensions);
    let overall = if softened.is_some() { Rag::Amber } else { worst };
    let thresholds = scene.thresholds.clone();
    Health { as_of, rules_version: RULES_VERSION, overall, softened, thresholds, dimensions }
}

/// The sentence that says why one red dimension doesn't make all red; `None` where it does, or where none is red.
fn softened(scene: &Scene<'_>, dimensions: &[DimensionHealth]) -> Option<String> {
    let mut red = dimensions.iter().filter(|health| health.rag == Rag::Red);
    let only = red.next()?;
    if red.next().is_some() {
        return None;
    }
    let mut actions = Vec::new();
    for reason in only.reasons.iter().filter(|reason| reason.rag == Rag::Red) {
        actions.push(reason.items.iter().filter_map(|cause| recovery(scene, cause.item)).min()?);
    }
    actions.sort();
    actions.dedup();
    let named: Vec<String> = actions
        .into_iter()
        .map(|(due, number)| format!("{} due {}", scene.reference(Kind::Action, number), words::day(due)))
        .collect();
    Some(format!(
        "{} is red, the only one of seven, and recovery is under way with an owner and a date: {}.",
        only.dimension.label(),
        named.join(", ")
    ))
}

/// The due date and number of the recovery action for an item that is due first.
fn recovery(scene: &Scene<'_>, item: ItemId) -> Option<(NaiveDate, i32)> {
    let day = scene.day;
    scene
        .facts
        .action_links
        .iter()
        // What only relates to it is said by anybody; that it mitigates it, by whoever answers for it.
        .filter(|link| link.item == item && link.mitigates)
        .filter(|link| link.from <= day && link.until.is_none_or(|until| until > day))
        .filter_map(|link| {
            let track = scene.facts.actions.iter().find(|track| track.item == link.action)?;
            let action = track.at(day)?;
            let open = super::metrics::standing::is_open(&action.common, Kind::Action, day);
            let due = action.due_on.filter(|due| *due >= day)?;
            (open && scene.has(&action.common) && action.common.owner.is_some())
                .then_some((due, track.number))
        })
        .min()
}
