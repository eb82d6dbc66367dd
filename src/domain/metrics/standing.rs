//! How an item stands at the end of a day: what *open*, *achieved*, *waiting* and the other words of the definitions
//! mean, once for metrics and health.
//!
//! The fact given is the one in force on the day. A closing date after the day is not known yet on the day, so such an
//! item is still open: an import may bring an item in one version that already names its end.

use crate::domain::facts::{Common, DecisionFact, IssueFact, MilestoneFact, RiskFact};
use crate::domain::kind::{Kind, State};
use chrono::{Days, NaiveDate};

/// The day that lies `days` before `day`.
pub(in crate::domain) fn before(day: NaiveDate, days: i64) -> NaiveDate {
    day.checked_sub_days(Days::new(days.unsigned_abs())).unwrap_or(NaiveDate::MIN)
}

/// The day that lies `days` after `day`; before it for a negative number.
pub(in crate::domain) fn after(day: NaiveDate, days: i64) -> NaiveDate {
    if days < 0 {
        return before(day, days);
    }
    day.checked_add_days(Days::new(days.unsigned_abs())).unwrap_or(NaiveDate::MAX)
}

/// Calendar days from `from` to `to`.
pub(in crate::domain) fn days_between(from: NaiveDate, to: NaiveDate) -> i64 {
    (to - from).num_days()
}

/// Whether it has left the open states by the end of `day`.
fn is_closed(common: &Common, kind: Kind, day: NaiveDate) -> bool {
    !common.state.is_open(kind) && common.closed_on.is_none_or(|closed| closed <= day)
}

/// Whether it is open at the end of `day`: raised on or before it, not closed on or before it, and not archived.
pub(in crate::domain) fn is_open(common: &Common, kind: Kind, day: NaiveDate) -> bool {
    !common.archived && common.raised_on <= day && !is_closed(common, kind, day)
}

/// The day on which the milestone was achieved, if that was on or before `day`.
pub(in crate::domain) fn achieved(fact: &MilestoneFact, day: NaiveDate) -> Option<NaiveDate> {
    (fact.common.state == State::Achieved)
        .then(|| fact.achieved_on.or(fact.common.closed_on))
        .flatten()
        .filter(|achieved| *achieved <= day)
}

/// Whether the milestone counts nowhere at the end of `day`: cancelled by then, or archived.
pub(in crate::domain) fn is_out(fact: &MilestoneFact, day: NaiveDate) -> bool {
    fact.common.archived
        || (fact.common.state == State::Cancelled && is_closed(&fact.common, Kind::Milestone, day))
}

/// The milestone's forecast: where none was ever stated, the committed date.
pub(in crate::domain) fn forecast(fact: &MilestoneFact) -> Option<NaiveDate> {
    fact.forecast_on.or(fact.committed_on)
}

/// Whether it is a threat that is open at the end of `day`. An opportunity is kept among the risks, but what may turn out
/// well is no danger, however likely and large it is.
pub(in crate::domain) fn is_open_threat(fact: &RiskFact, day: NaiveDate) -> bool {
    !fact.opportunity && is_open(&fact.common, Kind::Risk, day)
}

/// The lowest score of a high risk, of 25.
pub const HIGH_SCORE: i16 = 15;

/// Whether a mitigation action with a date is in progress at the end of `day`: open and not yet past due.
pub(in crate::domain) fn is_mitigated(fact: &RiskFact, day: NaiveDate) -> bool {
    fact.mitigation.open_until.is_some_and(|due| due >= day)
}

/// The day on which the issue was resolved, if that was on or before `day`. An issue that was closed without having
/// been resolved first counts as resolved on the day of closing.
pub(in crate::domain) fn resolved(fact: &IssueFact, day: NaiveDate) -> Option<NaiveDate> {
    (!fact.common.archived && !fact.common.state.is_open(Kind::Issue))
        .then(|| fact.resolved_on.or(fact.common.closed_on))
        .flatten()
        .filter(|resolved| *resolved <= day)
}

/// The day on which the decision was taken, if that was on or before `day`.
pub(in crate::domain) fn decided(fact: &DecisionFact, day: NaiveDate) -> Option<NaiveDate> {
    (!fact.common.archived && matches!(fact.common.state, State::Decided | State::Superseded))
        .then_some(fact.decided_on)
        .flatten()
        .filter(|decided| *decided <= day)
}

/// Whether the decision waits at the end of `day`: requested, not taken, and not put off to a later day.
pub(in crate::domain) fn is_waiting(fact: &DecisionFact, day: NaiveDate) -> bool {
    is_open(&fact.common, Kind::Decision, day)
        && match fact.common.state {
            State::Draft => false,
            State::Deferred => fact.deferred_until.is_some_and(|until| until <= day),
            _ => true,
        }
}

/// Since when the decision waits, seen from `end` (the day of the decision, or the as-of day): its escalation, or if it
/// was not escalated by then its request. `None` if neither is known.
pub(in crate::domain) fn waits_since(fact: &DecisionFact, end: NaiveDate) -> Option<NaiveDate> {
    let by_then = |date: &NaiveDate| *date <= end;
    fact.escalated_on.filter(by_then).or(fact.requested_on.filter(by_then))
}
