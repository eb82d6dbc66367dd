//! Dependencies: a contract between a provider and a consumer. It is agreed when both sides have agreed, each by name, to the same;
//! after that a change of needed-by or promised-by waits for the other side's consent.

use super::draft::{Control, Field, FieldError};
use super::kind::State;
use super::transition::{Move, Side};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What a dependency has of its own.
pub const FIELDS: &[Field] = &[
    Field::new("provider", "Provider", Control::Party)
        .required()
        .hint("team: Payments, project: INV or external: Taxwise"),
    Field::new("consumer", "Consumer", Control::Party)
        .required()
        .hint("team: Ledger, project: GL or external: Auditor"),
    Field::new("needed_by", "Needed by", Control::Date),
    Field::new("promised_by", "Promised by", Control::Date),
    Field::new("acceptance_criteria", "Acceptance criteria", Control::Text(10_000)),
    Field::new("test_point", "Integration test point", Control::Line(500)),
    Field::new("provider_milestone", "Provider's milestone", Control::Item).hint(
        "By reference, also of another program that you may see. Then it is a link of the schedule: what is given comes after this milestone.",
    ),
    Field::new("consumer_milestone", "Consumer's milestone", Control::Item)
        .hint("By reference. Then it is a link of the schedule: this milestone waits for what is given."),
];

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Dependency {
    pub provider_project: Option<Uuid>,
    pub provider_team: Option<Uuid>,
    pub provider_external: Option<String>,
    pub consumer_project: Option<Uuid>,
    pub consumer_team: Option<Uuid>,
    pub consumer_external: Option<String>,
    pub acceptance_criteria: String,
    pub test_point: String,
    pub needed_by: Option<NaiveDate>,
    pub promised_by: Option<NaiveDate>,
    /// A needed-by that the consumer asks for and the provider has yet to consent to.
    pub proposed_needed_by: Option<NaiveDate>,
    /// A promised-by that the provider offers and the consumer has yet to consent to.
    pub proposed_promised_by: Option<NaiveDate>,
    pub provider_agreed_by: Option<Uuid>,
    pub provider_agreed_on: Option<NaiveDate>,
    pub consumer_agreed_by: Option<Uuid>,
    pub consumer_agreed_on: Option<NaiveDate>,
    pub delivered_on: Option<NaiveDate>,
    pub accepted_on: Option<NaiveDate>,
    /// Why it was not accepted, rejected or withdrawn.
    pub outcome: String,
    pub provider_milestone: Option<Uuid>,
    pub consumer_milestone: Option<Uuid>,
}

/// Whether what both sides agreed holds in this state.
#[must_use]
pub const fn is_agreed(state: State) -> bool {
    matches!(state, State::Agreed | State::Delivered)
}

impl Dependency {
    /// Whether both sides have agreed.
    #[must_use]
    pub fn is_agreed(&self) -> bool {
        self.provider_agreed_on.is_some() && self.consumer_agreed_on.is_some()
    }

    pub(super) fn check(&self, errors: &mut Vec<FieldError>) {
        let same = |a: &Option<Uuid>, b: &Option<Uuid>| a.is_some() && a == b;
        if same(&self.provider_project, &self.consumer_project)
            || same(&self.provider_team, &self.consumer_team)
        {
            errors.push(FieldError::new("consumer", "Provider and consumer are the same."));
        }
    }

    /// Whether who owes it to whom, by when, and what it is accepted by are the same.
    #[must_use]
    pub fn has_terms_of(&self, other: &Self) -> bool {
        let parties = |own: &Self| {
            let provider = (own.provider_project, own.provider_team, own.provider_external.clone());
            (provider, (own.consumer_project, own.consumer_team, own.consumer_external.clone()))
        };
        parties(self) == parties(other)
            && (self.needed_by, self.promised_by) == (other.needed_by, other.promised_by)
            && self.acceptance_criteria == other.acceptance_criteria
    }

    /// What follows from an edit. Once it is agreed, changed dates are proposals; before that, who has agreed has agreed to something
    /// else, and agrees anew.
    pub fn restated(&mut self, state: State, was: &Self) {
        if is_agreed(state) {
            self.propose_dates(was);
        } else if state == State::Proposed && !self.has_terms_of(was) {
            (self.provider_agreed_by, self.provider_agreed_on) = (None, None);
            (self.consumer_agreed_by, self.consumer_agreed_on) = (None, None);
        }
    }

    /// Keeps changed dates as proposals instead of changing what was agreed.
    fn propose_dates(&mut self, agreed: &Self) {
        if self.needed_by == agreed.needed_by {
            self.proposed_needed_by = None;
        } else {
            self.proposed_needed_by = self.needed_by;
            self.needed_by = agreed.needed_by;
        }
        if self.promised_by == agreed.promised_by {
            self.proposed_promised_by = None;
        } else {
            self.proposed_promised_by = self.promised_by;
            self.promised_by = agreed.promised_by;
        }
    }

    /// Whether a changed date waits for this side's consent.
    #[must_use]
    pub fn waits_for(&self, side: Side) -> bool {
        match side {
            Side::Provider => self.proposed_needed_by.is_some(),
            Side::Consumer => self.proposed_promised_by.is_some(),
        }
    }

    /// The state after one side has agreed (or consented to a changed date), by name.
    pub(super) fn agree(&mut self, side: Side, step: &Move) -> State {
        match side {
            Side::Provider => {
                self.needed_by = self.proposed_needed_by.take().or(self.needed_by);
                self.provider_agreed_by = step.by;
                self.provider_agreed_on = Some(step.on);
            }
            Side::Consumer => {
                self.promised_by = self.proposed_promised_by.take().or(self.promised_by);
                self.consumer_agreed_by = step.by;
                self.consumer_agreed_on = Some(step.on);
            }
        }
        if self.is_agreed() { State::Agreed } else { State::Proposed }
    }

    pub(super) fn moved(&mut self, step: &Move) {
        match step.to {
            State::Delivered => self.delivered_on = Some(step.on),
            State::Accepted => {
                self.accepted_on = Some(step.on);
                // What a delivery lacked is made good; the history keeps it.
                self.outcome.clear();
            }
            // Not accepted: back to agreed, with why.
            State::Agreed => {
                self.delivered_on = None;
                self.outcome.clone_from(&step.reason);
            }
            _ => self.outcome.clone_from(&step.reason),
        }
    }
}
