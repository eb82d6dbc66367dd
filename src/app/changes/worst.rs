//! What went wrong in a span of days, of items of the kinds that have no list of their own: told before all that is smaller.

use super::{is_move, moved_to, said, was_raised};
use crate::domain::changes::{Change, Topic};
use crate::domain::event::Event;
use crate::domain::facts::Facts;
use crate::domain::ids::ItemId;
use crate::domain::issue::CRITICAL;
use crate::domain::kind::{Kind, State};
use crate::store::event::Happened;
use chrono::NaiveDate;

/// What went wrong with an item, with what became of it since where that is not the same; empty where nothing did.
pub(super) fn of(
    kind: Kind,
    events: &[&Happened],
    facts: &Facts,
    item: ItemId,
    (from, to): (NaiveDate, NaiveDate),
) -> Vec<Change> {
    let bad = |after: &str| said(Topic::Setback, "", after.to_owned(), Some(false), events, is_move);
    match (kind, last_move(events)) {
        // A no-go and a launch that was taken back happened, whatever came after.
        (Kind::Gate, Some(_)) => stands(events, State::NoGo, " said no-go"),
        (Kind::Release, Some(_)) => stands(events, State::RolledBack, " was rolled back"),
        (Kind::Issue, _) => Vec::from_iter(critical(events, facts, item, (from, to))),
        (Kind::Assumption, Some((_, State::Invalidated))) => Vec::from_iter(bad(" proved false")),
        (Kind::Dependency, Some((_, State::Rejected))) => Vec::from_iter(bad(" was rejected")),
        (Kind::Dependency, Some((State::Delivered, State::Agreed))) => {
            Vec::from_iter(bad(" was delivered and not accepted"))
        }
        _ => Vec::new(),
    }
}

/// From which state to which the item was moved last.
fn last_move(events: &[&Happened]) -> Option<(State, State)> {
    events.iter().rev().find_map(|happened| match happened.event {
        Event::Moved { from, to } => Some((from, to)),
        _ => None,
    })
}

/// What is told of an item that came to a bad state in the span, also where it left it since: then that is told too.
fn stands(events: &[&Happened], bad: State, after: &str) -> Vec<Change> {
    let tells = |event: &Event| matches!(event, Event::Moved { to, .. } if *to == bad);
    let mut list = Vec::from_iter(said(Topic::Setback, "", after.to_owned(), Some(false), events, tells));
    if let Some(state) = moved_to(events).filter(|state| *state != bad && !list.is_empty()) {
        let since = format!(" is {} since", state.label());
        list.extend(said(Topic::Other, "", since, None, events, is_move));
    }
    list
}

/// An issue that is open and critical at the end of the span, and was not both when it began.
fn critical(
    events: &[&Happened],
    facts: &Facts,
    item: ItemId,
    (from, to): (NaiveDate, NaiveDate),
) -> Option<Change> {
    let track = facts.issues.iter().find(|track| track.item == item)?;
    let severity =
        |day| track.at(day).filter(|fact| fact.common.is_open(Kind::Issue)).map(|fact| fact.severity);
    if severity(to) != Some(CRITICAL) || severity(from) == Some(CRITICAL) {
        return None;
    }
    let told = |before, after: &str, tells: fn(&Event) -> bool| {
        said(Topic::Setback, before, after.to_owned(), Some(false), events, tells)
    };
    match severity(from) {
        _ if was_raised(events) => {
            told("New critical issue: ", "", |event| matches!(event, Event::Raised {}))
        }
        Some(_) => told("", " became critical", |event| matches!(event, Event::Edited { .. })),
        None => told("", " is open again, and critical", is_move),
    }
}
