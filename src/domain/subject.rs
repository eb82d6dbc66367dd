//! An item as whatever looks after it sees it: nudges, escalations and agendas ask the same few things of items of all kinds.

use super::ids::{ItemId, PersonId, ProgramId};
use super::kind::{Kind, Reference, State};
use super::risk::Weight;
use chrono::NaiveDate;

/// An item that something has yet to come of, or the last status report that was published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    pub item: ItemId,
    pub program: ProgramId,
    /// The program's key, for references.
    pub key: String,
    pub kind: Kind,
    pub number: i32,
    pub title: String,
    pub owner: Option<PersonId>,
    pub owner_name: Option<String>,
    pub state: State,
    pub next_on: Option<NaiveDate>,
    /// From when its latest version holds.
    pub updated_on: NaiveDate,
    pub own: Own,
}

/// An active program of which no status report was ever begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreported {
    pub program: ProgramId,
    pub key: String,
    pub name: String,
    pub manager: Option<PersonId>,
    pub manager_name: Option<String>,
    /// The day on which it began, or was set up here, whichever is later.
    pub since: NaiveDate,
}

/// What is asked of a kind beyond what all have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Own {
    Milestone {
        committed_on: Option<NaiveDate>,
        forecast_on: Option<NaiveDate>,
    },
    Risk {
        /// 1 to 25; none until assessed.
        score: Option<i16>,
        opportunity: bool,
        /// Also after that day, until something is done of it.
        accepted_until: Option<NaiveDate>,
        /// It was accepted as this, which was too little for the acceptance to last, and nothing was done since.
        outgrown: Option<Weight>,
        /// The latest due date of its open mitigation actions.
        mitigated_until: Option<NaiveDate>,
    },
    Assumption {
        validate_by: Option<NaiveDate>,
    },
    Issue {
        /// 1 is critical, 4 minor.
        severity: i16,
        blocking: bool,
    },
    Dependency {
        needed_by: Option<NaiveDate>,
        promised_by: Option<NaiveDate>,
        /// Both sides have agreed.
        agreed: bool,
    },
    Decision(Asked),
    Change {
        submitted_on: Option<NaiveDate>,
    },
    Report {
        period_to: NaiveDate,
        /// No later report was begun.
        latest: bool,
    },
    Other,
}

/// Since when a decision waits, and for whom.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    pub requested_on: Option<NaiveDate>,
    pub escalated_on: Option<NaiveDate>,
    pub escalated_to: Option<PersonId>,
    /// The level to which it climbed by itself, from 1.
    pub level: Option<i16>,
    /// Since when it stands where it is.
    pub level_on: Option<NaiveDate>,
    pub deferred_until: Option<NaiveDate>,
}

impl Asked {
    /// The day on which it was first asked for. A later escalation doesn't make it younger.
    #[must_use]
    pub fn since(&self) -> Option<NaiveDate> {
        [self.requested_on, self.escalated_on].into_iter().flatten().min()
    }
}

/// Whether a decision waits at the end of `day`: asked for, not taken, and not put off to a later day.
#[must_use]
pub fn waits(state: State, asked: &Asked, day: NaiveDate) -> bool {
    match state {
        State::Waiting => true,
        State::Deferred => asked.deferred_until.is_some_and(|until| until <= day),
        _ => false,
    }
}

impl Subject {
    #[must_use]
    pub fn reference(&self) -> Reference {
        Reference { program: self.key.clone(), kind: self.kind, number: self.number }
    }

    /// Whether something has yet to come of it.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.state.is_open(self.kind)
    }
}

/// Subjects for tests.
#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::domain) fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    /// An item with an owner and a date ahead, updated on 25 June 2026: nothing is to be said of it on the last day of June.
    pub(in crate::domain) fn subject(kind: Kind, state: State, own: Own) -> Subject {
        Subject {
            item: ItemId(uuid::Uuid::from_u128(1)),
            program: ProgramId(uuid::Uuid::nil()),
            key: "ATLAS".into(),
            kind,
            number: 1,
            title: "It".into(),
            owner: Some(PersonId(uuid::Uuid::from_u128(7))),
            owner_name: Some("Ann".into()),
            state,
            next_on: Some(day("2026-08-31")),
            updated_on: day("2026-06-25"),
            own,
        }
    }

    #[test]
    fn a_decision_that_is_put_off_waits_again_on_the_day() {
        let asked = Asked { deferred_until: Some(day("2026-07-02")), ..Asked::default() };
        assert!(waits(State::Waiting, &asked, day("2026-06-30")));
        assert!(!waits(State::Deferred, &asked, day("2026-07-01")));
        assert!(waits(State::Deferred, &asked, day("2026-07-02")));
        assert!(!waits(State::Draft, &asked, day("2026-07-02")));
    }
}
