//! What a reader of a program wants to know first: which milestones come next and how far they slipped, which dependencies
//! age, which decisions wait. Pure functions of facts and a day, by the same words as metrics and health.

use super::facts::{Facts, Track};
use super::ids::ItemId;
use super::kind::{Kind, Reference, State};
use super::metrics::HIGH_SCORE;
use super::metrics::standing::{achieved, days_between, forecast, is_open, is_out, is_waiting, waits_since};
use chrono::NaiveDate;
use serde::Serialize;

/// What is next, ages and waits at the end of a day.
#[derive(Clone, Debug, PartialEq)]
pub struct Agenda {
    pub counts: Counts,
    /// Open milestones, by forecast; those without a date last.
    pub milestones: Vec<Ahead>,
    /// Open dependencies, those past needed-by first, then the oldest.
    pub dependencies: Vec<Ageing>,
    /// Decisions that wait, those that waited longest first.
    pub decisions: Vec<Waiting>,
}

/// How much there is, at the end of a day. Archived items count nowhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Milestones that are not cancelled.
    pub milestones: usize,
    pub achieved: usize,
    /// Open milestones forecast later than their original date.
    pub late: usize,
    /// Open risks, and of these those with a score of 15 or more.
    pub risks: usize,
    pub high_risks: usize,
    pub issues: usize,
    pub assumptions: usize,
    pub dependencies: usize,
    /// Of the open dependencies, those past needed-by.
    pub past_needed_by: usize,
    pub decisions_waiting: usize,
    pub changes_waiting: usize,
    pub actions: usize,
}

impl Counts {
    /// Whether there is nothing in the program at all.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

/// A title and a reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    pub item: ItemId,
    pub kind: Kind,
    pub number: i32,
    pub title: String,
}

impl Name {
    fn of<T>(track: &Track<T>) -> Self {
        Self { item: track.item, kind: track.kind, number: track.number, title: track.title.clone() }
    }

    /// The reference in the program of `key`.
    #[must_use]
    pub fn reference(&self, key: &str) -> Reference {
        Reference { program: key.to_owned(), kind: self.kind, number: self.number }
    }
}

/// An open milestone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ahead {
    pub name: Name,
    /// The first date that was ever committed.
    pub original_on: Option<NaiveDate>,
    /// The date of the baseline in force.
    pub committed_on: Option<NaiveDate>,
    pub forecast_on: Option<NaiveDate>,
    /// Working days from the original date to the forecast; positive is late.
    pub slip: Option<i64>,
    /// Days from the day to the forecast; negative where it has passed.
    pub in_days: Option<i64>,
}

/// An open dependency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ageing {
    pub name: Name,
    pub state: State,
    /// Calendar days since it was raised.
    pub age_days: i64,
    pub needed_by: Option<NaiveDate>,
    pub promised_by: Option<NaiveDate>,
    pub past_needed_by: bool,
    /// The provider has agreed.
    pub agreed: bool,
}

/// A decision that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    pub name: Name,
    /// Since its escalation, else its request.
    pub since: Option<NaiveDate>,
    /// Working days since then.
    pub waited: Option<i64>,
    pub needed_by: Option<NaiveDate>,
    pub past_needed_by: bool,
}

/// What is next, ages and waits at the end of `day`.
#[must_use]
pub fn agenda(facts: &Facts, day: NaiveDate) -> Agenda {
    let mut counts = Counts::default();
    let milestones = milestones(facts, day, &mut counts);
    let dependencies = dependencies(facts, day, &mut counts);
    let decisions = decisions(facts, day);
    counts.decisions_waiting = decisions.len();
    for risk in facts.risks.iter().filter_map(|track| track.at(day)) {
        if is_open(&risk.common, Kind::Risk, day) {
            counts.risks += 1;
            counts.high_risks += usize::from(risk.score.is_some_and(|score| score >= HIGH_SCORE));
        }
    }
    let open = |common: &super::facts::Common, kind| is_open(common, kind, day);
    counts.issues =
        facts.issues.iter().filter_map(|t| t.at(day)).filter(|f| open(&f.common, Kind::Issue)).count();
    counts.assumptions = facts
        .assumptions
        .iter()
        .filter_map(|t| t.at(day))
        .filter(|f| open(&f.common, Kind::Assumption))
        .count();
    counts.actions =
        facts.actions.iter().filter_map(|t| t.at(day)).filter(|f| open(&f.common, Kind::Action)).count();
    counts.changes_waiting = facts
        .changes
        .iter()
        .filter_map(|t| t.at(day))
        .filter(|f| open(&f.common, Kind::Change) && f.common.state == State::Submitted)
        .count();
    Agenda { counts, milestones, dependencies, decisions }
}

fn milestones(facts: &Facts, day: NaiveDate, counts: &mut Counts) -> Vec<Ahead> {
    let mut ahead = Vec::new();
    for track in &facts.milestones {
        let Some(fact) = track.at(day).filter(|fact| !is_out(fact, day) && fact.common.raised_on <= day)
        else {
            continue;
        };
        counts.milestones += 1;
        if !is_open(&fact.common, Kind::Milestone, day) {
            counts.achieved += usize::from(achieved(fact, day).is_some());
            continue;
        }
        let forecast_on = forecast(fact);
        let slip = fact
            .original_on
            .zip(forecast_on)
            .map(|(original, forecast)| facts.calendar.working_days(original, forecast));
        counts.late += usize::from(slip.is_some_and(|slip| slip > 0));
        ahead.push(Ahead {
            name: Name::of(track),
            original_on: fact.original_on,
            committed_on: fact.committed_on,
            forecast_on,
            slip,
            in_days: forecast_on.map(|forecast| days_between(day, forecast)),
        });
    }
    ahead.sort_by_key(|m| (m.forecast_on.is_none(), m.forecast_on, m.name.number));
    ahead
}

fn dependencies(facts: &Facts, day: NaiveDate, counts: &mut Counts) -> Vec<Ageing> {
    let mut ageing = Vec::new();
    for track in &facts.dependencies {
        let Some(fact) = track.at(day).filter(|fact| is_open(&fact.common, Kind::Dependency, day)) else {
            continue;
        };
        let past_needed_by = fact.needed_by.is_some_and(|needed| needed < day);
        counts.dependencies += 1;
        counts.past_needed_by += usize::from(past_needed_by);
        ageing.push(Ageing {
            name: Name::of(track),
            state: fact.common.state,
            age_days: days_between(fact.common.raised_on, day),
            needed_by: fact.needed_by,
            promised_by: fact.promised_by,
            past_needed_by,
            agreed: fact.provider_agreed,
        });
    }
    ageing.sort_by_key(|d| (!d.past_needed_by, -d.age_days, d.name.number));
    ageing
}

fn decisions(facts: &Facts, day: NaiveDate) -> Vec<Waiting> {
    let mut waiting = Vec::new();
    for track in &facts.decisions {
        let Some(fact) = track.at(day).filter(|fact| is_waiting(fact, day)) else { continue };
        let since = waits_since(fact, day);
        waiting.push(Waiting {
            name: Name::of(track),
            since,
            waited: since.map(|since| facts.calendar.working_days(since, day)),
            needed_by: fact.needed_by,
            past_needed_by: fact.needed_by.is_some_and(|needed| needed < day),
        });
    }
    waiting.sort_by_key(|d| (!d.past_needed_by, std::cmp::Reverse(d.waited), d.name.number));
    waiting
}
