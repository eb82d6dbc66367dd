//! Facts made by hand, with as little text as an example has.

use crate::domain::facts::*;
use crate::domain::ids::{ItemId, PersonId};
use crate::domain::kind::{Kind, State};
use chrono::NaiveDate;
use uuid::Uuid;

pub fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

pub fn some(text: &str) -> Option<NaiveDate> {
    (!text.is_empty()).then(|| day(text))
}

pub fn id(kind: Kind, number: i32) -> ItemId {
    ItemId(Uuid::from_u128(1000 * (kind as u128 + 1) + u128::from(number.unsigned_abs())))
}

pub fn owner() -> PersonId {
    PersonId(Uuid::from_u128(7))
}

pub fn track<T>(kind: Kind, number: i32, versions: Vec<(NaiveDate, T)>) -> Track<T> {
    Track {
        item: id(kind, number),
        kind,
        number,
        title: format!("{} {number}", kind.label()),
        versions: versions.into_iter().map(|(effective_on, fact)| Version { effective_on, fact }).collect(),
    }
}

/// One version from the day it was raised.
pub fn single<T>(kind: Kind, number: i32, raised: &str, fact: T) -> Track<T> {
    track(kind, number, vec![(day(raised), fact)])
}

pub fn common(state: State, raised: &str) -> Common {
    let raised = day(raised);
    Common {
        state,
        project: None,
        owner: None,
        raised_on: raised,
        next_on: None,
        closed_on: None,
        updated_on: raised,
        archived: false,
    }
}

/// A planned milestone with its original date also in force, its forecast and everything else empty.
pub fn milestone(raised: &str, original: &str, forecast: &str) -> MilestoneFact {
    MilestoneFact {
        common: common(State::Planned, raised),
        original_on: some(original),
        committed_on: some(original),
        forecast_on: some(forecast).or(some(original)),
        forecast_stated_on: some(raised),
        achieved_on: None,
    }
}

pub fn achieved(mut fact: MilestoneFact, on: &str) -> MilestoneFact {
    fact.common.state = State::Achieved;
    fact.common.closed_on = some(on);
    fact.achieved_on = some(on);
    fact
}

/// An open risk of a score; unscored for 0.
pub fn risk(raised: &str, score: i16) -> RiskFact {
    RiskFact {
        common: common(State::Open, raised),
        score: (score > 0).then_some(score),
        opportunity: false,
        review_on: None,
        accepted_until: None,
        mitigation: Mitigation::default(),
    }
}

pub fn issue(raised: &str, resolved: &str) -> IssueFact {
    let state = if resolved.is_empty() { State::Open } else { State::Resolved };
    let mut common = common(state, raised);
    common.closed_on = some(resolved);
    let resolved_on = some(resolved);
    IssueFact { common, severity: 3, blocking: false, blocked_team: None, owing_team: None, resolved_on }
}

pub fn dependency(raised: &str, needed: &str) -> DependencyFact {
    DependencyFact {
        common: common(State::Proposed, raised),
        consumer_project: None,
        needed_by: some(needed),
        promised_by: None,
        provider_agreed: false,
        consumer_agreed: false,
    }
}

/// A decision that was requested when it was raised; decided if `decided` isn't empty, else waiting.
pub fn decision(requested: &str, escalated: &str, decided: &str) -> DecisionFact {
    let state = if decided.is_empty() { State::Waiting } else { State::Decided };
    let mut common = common(state, requested);
    common.closed_on = some(decided);
    DecisionFact {
        common,
        requested_on: some(requested),
        escalated_on: some(escalated),
        needed_by: None,
        decided_on: some(decided),
        deferred_until: None,
    }
}

/// A change of scope that adds, removes and redefines; approved if `decided` isn't empty, else submitted.
pub fn change(submitted: &str, decided: &str, (adds, removes, redefines): (i32, i32, i32)) -> ChangeFact {
    let state = if decided.is_empty() { State::Submitted } else { State::Approved };
    ChangeFact {
        common: common(state, submitted),
        scope: true,
        adds,
        removes,
        redefines,
        submitted_on: some(submitted),
        decided_on: some(decided),
        approved: !decided.is_empty(),
    }
}

pub fn action(raised: &str, due: &str) -> ActionFact {
    ActionFact { common: common(State::Open, raised), due_on: some(due) }
}

pub fn facts() -> Facts {
    Facts { key: "ATLAS".to_owned(), ..Facts::default() }
}
