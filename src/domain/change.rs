//! Change requests: what is to change, why, and what it does to scope, schedule and cost. Approval of a schedule change makes
//! the next baseline.

use super::decision::{Choice, OPTIONS};
use super::draft::{Choices, Control, Field, Scope};
use super::ids::{ItemId, ProjectId};
use super::kind::{Kind, State};
use super::transition::Move;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

const KINDS: Choices =
    &[("scope", "Scope"), ("schedule", "Schedule"), ("cost", "Cost"), ("quality", "Quality")];

/// What a change request has of its own.
pub const FIELDS: &[Field] = &[
    Field::new("kinds", "What it changes", Control::Choices(KINDS)).required().hint(
        "What it names counts too: items make it a change of scope, dates to commit one of schedule, a cost one of cost.",
    ),
    Field::new("reason", "Reason", Control::Text(10_000)).required(),
    Field::new("adds", "Items added", Control::Scope(Scope::Adds)).hint(
        "One a line: title | milestone or activity | project | date | working days. Approval makes them. Or only how many.",
    ),
    Field::new("removes", "Items removed", Control::Scope(Scope::Removes))
        .hint("References: ATLAS-M3, ATLAS-T4. Approval cancels them. Or only how many."),
    Field::new("redefines", "Items redefined", Control::Scope(Scope::Redefines)).hint(
        "One a line: ATLAS-M3 | new title | new acceptance criteria. Approval writes them. Or only how many.",
    ),
    Field::new("schedule_days", "Effect on the schedule, working days", Control::Int(-10_000, 10_000)),
    Field::new("cost", "Effect on cost", Control::Amount),
    Field::new("rebaseline", "Dates to commit", Control::Commitments)
        .hint("One a line: ATLAS-M3 2027-03-12. Approval makes them the next baseline."),
    Field::new("options", "Options", Control::Rows(&OPTIONS))
        .hint("What could be done instead, one a line: title | benefits | costs | risks"),
];

/// A date that approval commits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Commitment {
    pub item: ItemId,
    pub committed_on: NaiveDate,
}

/// What approval adds: an item that is there already, or one to be made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Added {
    pub item: Option<ItemId>,
    #[serde(default)]
    pub title: String,
    pub kind: Option<Kind>,
    pub project: Option<ProjectId>,
    /// A milestone's date, or the day before which an activity doesn't start.
    pub on: Option<NaiveDate>,
    /// Working days of an activity.
    pub days: Option<f64>,
}

/// What approval writes into an item; a text that is empty leaves what stands there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Redefined {
    pub item: ItemId,
    pub title: String,
    pub acceptance_criteria: String,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Change {
    pub kinds: Vec<String>,
    pub reason: String,
    /// What could be done instead.
    pub options: Vec<Choice>,
    /// Items added, removed, redefined: how many, and which where they are named.
    pub adds: i32,
    pub removes: i32,
    pub redefines: i32,
    pub added: Vec<Added>,
    pub removed: Vec<ItemId>,
    pub redefined: Vec<Redefined>,
    /// Working days; positive is later.
    pub schedule_days: Option<i32>,
    pub cost: Option<f64>,
    pub rebaseline: Vec<Commitment>,
    pub submitted_on: Option<NaiveDate>,
    /// Approved or rejected.
    pub decided_on: Option<NaiveDate>,
    pub decided_by: Option<Uuid>,
    pub decision_reason: String,
    pub implemented_on: Option<NaiveDate>,
}

/// The state by which an item of a kind leaves the scope; none for what a change request can't remove.
#[must_use]
pub const fn leaves(kind: Kind) -> Option<State> {
    match kind {
        Kind::Milestone | Kind::Activity | Kind::Release => Some(State::Cancelled),
        Kind::Dependency => Some(State::Withdrawn),
        Kind::Action => Some(State::Dropped),
        _ => None,
    }
}

impl Change {
    /// The kinds that it is of by what it names, whatever it says, each with why.
    pub fn bound(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let items = [self.adds, self.removes, self.redefines].iter().any(|count| *count > 0)
            || !(self.added.is_empty() && self.removed.is_empty() && self.redefined.is_empty());
        let cost = self.cost.is_some_and(|cost| cost.abs() > 0.0);
        [
            ("scope", items, "it adds, removes or redefines items"),
            ("schedule", !self.rebaseline.is_empty(), "it commits dates anew"),
            ("cost", cost, "it has a cost"),
        ]
        .into_iter()
        .filter_map(|(kind, is, why)| is.then_some((kind, why)))
    }

    /// Whether it is of a kind.
    #[must_use]
    pub fn is_of(&self, kind: &str) -> bool {
        self.kinds.iter().any(|known| known == kind)
    }

    /// Completes the kinds by what it names, in the order of the form.
    pub fn complete(&mut self) {
        let missing: Vec<_> = self.bound().map(|(kind, _)| kind).filter(|kind| !self.is_of(kind)).collect();
        if !missing.is_empty() {
            self.kinds.extend(missing.into_iter().map(str::to_owned));
            self.kinds.sort_by_key(|kind| KINDS.iter().position(|(known, _)| known == kind));
        }
    }

    pub(super) fn moved(&mut self, step: &Move) {
        if matches!(step.to, State::Submitted | State::Approved) {
            self.complete();
        }
        match step.to {
            // Taken back to a draft and submitted again, it has waited since the first time.
            State::Submitted => self.submitted_on = self.submitted_on.or(Some(step.on)),
            State::Approved | State::Rejected => {
                self.decided_on = Some(step.on);
                self.decided_by = step.by;
                self.decision_reason.clone_from(&step.reason);
            }
            State::Implemented => self.implemented_on = Some(step.on),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_change_names_binds_its_kinds() {
        let quality = || Change { kinds: vec!["quality".into()], ..Change::default() };
        let item = ItemId(Uuid::nil());
        let committed = Commitment { item, committed_on: NaiveDate::MIN };
        for (mut change, kinds) in [
            (quality(), &["quality"][..]),
            (Change { cost: Some(0.0), ..quality() }, &["quality"]),
            (Change { adds: 1, ..quality() }, &["scope", "quality"]),
            (Change { removed: vec![item], ..quality() }, &["scope", "quality"]),
            (Change { redefines: 2, ..quality() }, &["scope", "quality"]),
            (Change { rebaseline: vec![committed], ..quality() }, &["schedule", "quality"]),
            (Change { cost: Some(-5.0), ..quality() }, &["cost", "quality"]),
            (
                Change { adds: 1, rebaseline: vec![committed], cost: Some(1.0), ..Change::default() },
                &["scope", "schedule", "cost"],
            ),
        ] {
            change.complete();
            assert_eq!(change.kinds, kinds);
            let once = change.clone();
            change.complete();
            assert_eq!(change, once, "once is enough");
        }
    }
}
