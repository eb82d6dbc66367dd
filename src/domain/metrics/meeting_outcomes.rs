//! Metric 16: the meeting-to-decision ratio.

use super::{Amount, Contribution, Shown, Tally, Window, each, row};
use crate::domain::facts::{Facts, MeetingFact, Outcome, Record};
use crate::domain::ids::ItemId;
use crate::domain::kind::State;
use chrono::NaiveDate;
use serde::Serialize;
use std::collections::{HashMap, HashSet};

/// What is shown beside the meeting-to-decision ratio.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct MeetingOutcomes {
    /// Key meetings held in the window.
    pub held: u32,
    pub with_outcome: u32,
    /// Decisions and actions that came of them.
    pub outcomes: usize,
}

/// What came of each meeting.
struct Outcomes<'a>(HashMap<ItemId, Vec<&'a Record<Outcome>>>);

impl<'a> Outcomes<'a> {
    fn of(facts: &'a Facts) -> Self {
        let mut meetings: HashMap<ItemId, Vec<_>> = HashMap::new();
        for record in &facts.governance.outcomes {
            meetings.entry(record.fact.meeting).or_default().push(record);
        }
        Self(meetings)
    }

    /// How many decisions and actions came of it, as known on a day. One may be recorded in two ways.
    fn number(&self, meeting: ItemId, day: NaiveDate) -> usize {
        let records = self.0.get(&meeting).map(Vec::as_slice).unwrap_or_default();
        let items = records.iter().filter_map(|record| record.at(day)).map(|outcome| outcome.item);
        items.collect::<HashSet<_>>().len()
    }
}

/// The day on which the key meeting was held, if that lies in the window.
fn held(fact: &MeetingFact, window: Window) -> Option<NaiveDate> {
    (fact.key && !fact.common.archived && fact.common.state == State::Held)
        .then_some(fact.held_on)
        .flatten()
        .filter(|held| window.contains(*held))
}

pub(super) fn amounts(facts: &Facts, days: &[NaiveDate], window_days: i64) -> Vec<Amount> {
    let outcomes = Outcomes::of(facts);
    let mut tallies = vec![Tally::default(); days.len()];
    each(&facts.governance.meetings, days, |index, day, track, fact| {
        if held(fact, Window::ending(day, window_days)).is_some() {
            tallies[index].count(outcomes.number(track.item, day) > 0);
        }
    });
    tallies.into_iter().map(Tally::amount).collect()
}

pub(super) fn rows(facts: &Facts, window: Window) -> Vec<Contribution> {
    let outcomes = Outcomes::of(facts);
    let mut rows = Vec::new();
    each(&facts.governance.meetings, &[window.to], |_, day, track, fact| {
        let Some(held) = held(fact, window) else { return };
        let number = outcomes.number(track.item, day);
        rows.push(
            row(
                track,
                true,
                if number > 0 { "something came of it" } else { "nothing came of it" },
                Some(number > 0),
                [
                    ("Held", held.into()),
                    ("Decisions and actions", Shown::Count(i64::try_from(number).unwrap_or(i64::MAX))),
                ],
            )
            .giving_hit(),
        );
    });
    rows
}

pub(super) fn detail(facts: &Facts, window: Window) -> MeetingOutcomes {
    let outcomes = Outcomes::of(facts);
    let mut detail = MeetingOutcomes::default();
    each(&facts.governance.meetings, &[window.to], |_, day, track, fact| {
        if held(fact, window).is_some() {
            let number = outcomes.number(track.item, day);
            detail.held += 1;
            detail.with_outcome += u32::from(number > 0);
            detail.outcomes += number;
        }
    });
    detail
}
