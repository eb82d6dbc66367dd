//! What changed in a program between two days, in the reader's words: the events of the span, told once an item, slips
//! first, then what went wrong, then new high risks, then decisions, then the rest.

mod worst;

use super::access::Entered;
use super::{App, Error, Result, item, measure};
use crate::domain::calendar::Calendar;
pub use crate::domain::changes::{Change, Changes, Topic};
use crate::domain::draft::{FieldError, Refused};
use crate::domain::event::Event;
use crate::domain::facts::{Facts, RiskFact};
use crate::domain::ids::ItemId;
use crate::domain::kind::{Kind, Reference, State};
use crate::domain::metrics::HIGH_SCORE;
use crate::store::event::Happened;
use chrono::NaiveDate;
use std::collections::HashMap;
use std::sync::Arc;

/// What of the changes is asked for.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// After this day; a fortnight before the last one if left out.
    pub from: Option<NaiveDate>,
    /// By this day; the one that is shown if left out.
    pub to: Option<NaiveDate>,
    /// Of one item alone: its reference; empty for all.
    pub item: String,
}

impl Asked {
    /// The span of days.
    ///
    /// # Errors
    /// Refused, by the field, where a day has not come or the span ends before it begins.
    pub fn span(&self, entered: &Entered) -> Result<(NaiveDate, NaiveDate)> {
        let shown = entered.day();
        let mut errors = Vec::new();
        for (name, asked) in [("from", self.from), ("to", self.to)] {
            if asked.is_some_and(|asked| asked > shown) {
                let told = format!("Give a day by {}: what comes later has not happened.", day(shown));
                errors.push(FieldError::new(name, told));
            }
        }
        if errors.is_empty() && self.from.zip(self.to).is_some_and(|(from, to)| to < from) {
            errors.push(FieldError::new(
                "to",
                "The span ends before it begins: give a later last day, or an earlier first.",
            ));
        }
        if !errors.is_empty() {
            return Err(Refused { errors, ..Refused::default() }.into());
        }
        let to = self.to.unwrap_or(shown);
        Ok((self.from.unwrap_or_else(|| measure::since(&entered.at(to), None)), to))
    }
}

/// What changed in the span that is asked for, of the program or of one of its items.
///
/// # Errors
/// Refused, by the field, for days that have not come, a span that ends before it begins, and an item that the program doesn't have.
pub async fn asked(app: &App, entered: &Entered, asked: &Asked) -> Result<Arc<Changes>> {
    let (from, to) = asked.span(entered)?;
    let name = asked.item.trim();
    if name.is_empty() {
        return measure::changed(app, entered, from, Some(to)).await;
    }
    let key = entered.key();
    let reference = Reference::parse(name).or_else(|| Reference::parse(&format!("{key}-{name}")));
    let unknown = || {
        Error::refused(
            "item",
            format!("No item of {key} is called “{name}”: give its reference, such as {key}-M1."),
        )
    };
    let reference =
        reference.filter(|reference| reference.program.eq_ignore_ascii_case(key)).ok_or_else(unknown)?;
    let found = match item::find(app, entered, reference.kind, reference.number).await {
        Ok(found) => found.item,
        Err(Error::NotFound) => return Err(unknown()),
        Err(error) => return Err(error),
    };
    Ok(Arc::new(measure::changed_of(app, entered, (from, to), found.id).await?))
}

/// Tells the events, which come newest first, of the days after `from` up to `to`.
#[must_use]
pub fn tell(facts: &Facts, happened: &[Happened], events: i64, from: NaiveDate, to: NaiveDate) -> Changes {
    let mut order: Vec<ItemId> = Vec::new();
    let mut of_item: HashMap<ItemId, Vec<&Happened>> = HashMap::new();
    let mut list = Vec::new();
    for event in happened {
        match &event.item {
            Some((item, ..)) => {
                let known = of_item.entry(*item).or_default();
                if known.is_empty() {
                    order.push(*item);
                }
                known.push(event);
            }
            None => list.extend(of_program(event)),
        }
    }
    let risks: HashMap<ItemId, (Option<&RiskFact>, Option<&RiskFact>)> =
        facts.risks.iter().map(|risk| (risk.item, (risk.at(from), risk.at(to)))).collect();
    for item in order {
        let Some(mut events) = of_item.remove(&item) else { continue };
        events.reverse();
        let Some((_, reference, title)) = events.first().and_then(|first| first.item.as_ref()) else {
            continue;
        };
        let archived = |event: &Event| matches!(event, Event::Archived {});
        let told = if events.last().is_some_and(|last| archived(&last.event)) {
            Vec::from_iter(said(Topic::Other, "", " was archived".into(), None, &events, archived))
        } else {
            match reference.kind {
                Kind::Milestone => of_milestone(&events, &facts.calendar),
                Kind::Risk => Vec::from_iter(of_risk(&events, risks.get(&item).copied().unwrap_or_default())),
                Kind::Decision => Vec::from_iter(of_decision(&events, facts, item, to)),
                kind => match worst::of(kind, &events, facts, item, (from, to)) {
                    told if told.is_empty() => Vec::from_iter(of_other(kind, &events, facts, item, to)),
                    told => told,
                },
            }
        };
        let named = Some((reference.clone(), title.clone()));
        list.extend(told.into_iter().map(|change| Change { item: named.clone(), ..change }));
    }
    let mut list = gathered(list);
    // The worst slip first; the rest by its place, newest first.
    list.sort_by_key(|change| {
        let slip = change.slip.map(|days| -days);
        (change.topic, slip.unwrap_or_default(), change.place(), std::cmp::Reverse(change.on))
    });
    Changes { from, to, list, events }
}

/// Many new items of a kind are told in one line.
fn gathered(list: Vec<Change>) -> Vec<Change> {
    let is_new = |change: &Change, kind: Kind| {
        change.topic == Topic::Other
            && change.before.starts_with("New ")
            && change.item.as_ref().is_some_and(|(reference, _)| reference.kind == kind)
    };
    let mut list = list;
    for kind in Kind::ALL {
        let new: Vec<&Change> = list.iter().filter(|change| is_new(change, kind)).collect();
        let (number, last) = (new.len(), new.iter().map(|change| change.on).max());
        let Some(on) = last.filter(|_| number > 2) else { continue };
        let named = if kind == Kind::Change { "change requests" } else { kind.plural() };
        let all = Change {
            topic: Topic::Other,
            item: None,
            before: "",
            after: format!("{number} new {named}"),
            good: None,
            on,
            state: None,
            reason: None,
            by: None,
            author: None,
            slip: None,
        };
        list.retain(|change| !is_new(change, kind));
        list.push(all);
    }
    list
}

/// A change, with the day, reason and author of the last event that `tells` it.
fn said(
    topic: Topic,
    before: &'static str,
    after: String,
    good: Option<bool>,
    events: &[&Happened],
    tells: impl Fn(&Event) -> bool,
) -> Option<Change> {
    let last = events.iter().rev().find(|happened| tells(&happened.event))?;
    Some(Change {
        topic,
        item: None,
        before,
        after,
        good,
        on: last.effective_on,
        state: match last.event {
            Event::Moved { to, .. } => Some(to),
            _ => None,
        },
        // Why something was raised stands in the thing itself.
        reason: last.reason.clone().filter(|_| !matches!(last.event, Event::Raised {})),
        by: last.by,
        author: last.actor.clone(),
        slip: None,
    })
}

fn of_program(happened: &Happened) -> Option<Change> {
    let after = match &happened.event {
        Event::BaselineMade { number: 0, .. } => "The original baseline was made".to_owned(),
        Event::BaselineMade { number, name } => format!("Baseline {number} was made: {name}"),
        Event::Imported { made, changed, .. } => format!("An import made {made} items and changed {changed}"),
        Event::ProgramMade {} => "The program was set up".to_owned(),
        Event::ProgramEdited { fields } if fields.iter().any(|f| f == "targets" || f == "thresholds") => {
            "Targets or thresholds were changed".to_owned()
        }
        Event::ProjectMade { project } => format!("Project {project} was added"),
        _ => return None,
    };
    said(Topic::Other, "", after, None, &[happened], |_| true)
}

/// The state that the item came to last, if it moved.
fn moved_to(events: &[&Happened]) -> Option<State> {
    events.iter().rev().find_map(|happened| match happened.event {
        Event::Moved { to, .. } => Some(to),
        _ => None,
    })
}

fn is_move(event: &Event) -> bool {
    matches!(event, Event::Moved { .. })
}

fn was_raised(events: &[&Happened]) -> bool {
    events.iter().any(|happened| matches!(happened.event, Event::Raised {}))
}

/// `2 Dec 2026`.
fn day(date: NaiveDate) -> String {
    date.format("%-d %b %Y").to_string()
}

fn working_days(days: i64) -> String {
    format!("{days} working {}", if days == 1 { "day" } else { "days" })
}

fn of_milestone(events: &[&Happened], calendar: &Calendar) -> Vec<Change> {
    let mut list = Vec::new();
    match moved_to(events) {
        Some(State::Achieved) => {
            list.extend(said(Topic::Other, "", " was achieved".into(), Some(true), events, is_move));
            return list;
        }
        Some(State::Cancelled) => {
            list.extend(said(Topic::Setback, "", " was cancelled".into(), Some(false), events, is_move));
            return list;
        }
        _ => {}
    }
    let forecasts = || {
        events.iter().filter_map(|happened| match happened.event {
            Event::ForecastMoved { from, to } => Some((from, to)),
            _ => None,
        })
    };
    let tells = |event: &Event| matches!(event, Event::ForecastMoved { .. });
    if let (Some((from, _)), Some((_, Some(to)))) = (forecasts().next(), forecasts().next_back()) {
        let moved = from.map(|from| calendar.working_days(from, to));
        let change = match (from, moved) {
            (Some(from), _) if from == to => None,
            (Some(from), Some(days)) => {
                let after = match days {
                    1.. => format!(
                        " slipped {} to {} (forecast before: {})",
                        working_days(days),
                        day(to),
                        day(from)
                    ),
                    0 => format!(" moved from {} to {}", day(from), day(to)),
                    _ => format!(" came {} forward, to {}", working_days(-days), day(to)),
                };
                said(Topic::Slip, "", after, Some(days < 0), events, tells)
                    .map(|change| Change { slip: Some(days), ..change })
            }
            _ if was_raised(events) => None,
            _ => said(Topic::Other, "", format!(" is forecast for {}", day(to)), None, events, tells),
        };
        list.extend(change);
    }
    for happened in events {
        if let Event::Rebaselined { from, to, baseline } = &happened.event {
            let after = match from {
                Some(from) if from != to => {
                    format!(
                        " is now committed for {}, moved from {} by baseline {baseline}",
                        day(*to),
                        day(*from)
                    )
                }
                _ => format!(" is committed for {} by baseline {baseline}", day(*to)),
            };
            let good = from.filter(|from| from != to).map(|from| *to < from);
            list.extend(said(Topic::Slip, "", after, good, &[happened], |_| true));
        }
    }
    if was_raised(events) {
        list.extend(said(Topic::Other, "New milestone: ", String::new(), None, events, |e| {
            matches!(e, Event::Raised {})
        }));
    }
    list
}

fn of_risk(events: &[&Happened], (was, is): (Option<&RiskFact>, Option<&RiskFact>)) -> Option<Change> {
    if is.or(was).is_some_and(|fact| fact.opportunity) {
        return of_opportunity(events, is.and_then(|fact| fact.score));
    }
    // What was an opportunity was no threat, whatever its score.
    let was = was.filter(|fact| !fact.opportunity).and_then(|fact| fact.score);
    let is = is.and_then(|fact| fact.score);
    let high = |score: Option<i16>| score.filter(|score| *score >= HIGH_SCORE);
    let closing = moved_to(events).filter(|state| !state.is_open(Kind::Risk));
    let scored = |event: &Event| matches!(event, Event::Raised {} | Event::Scored { .. });
    match (closing, high(was), high(is)) {
        (Some(State::Materialised), ..) => said(
            Topic::HighRisk,
            "",
            " happened: the risk is now an issue".into(),
            Some(false),
            events,
            is_move,
        ),
        (Some(_), ..) => said(Topic::Other, "Risk closed: ", String::new(), Some(true), events, is_move),
        (None, None, Some(score)) if was_raised(events) => {
            said(Topic::HighRisk, "New high risk: ", format!(", score {score}"), Some(false), events, scored)
        }
        (None, None, Some(score)) => {
            let from = was.map(|was| format!(" from {was}")).unwrap_or_default();
            let after = format!(" rose{from} to a score of {score}");
            said(Topic::HighRisk, "", after, Some(false), events, scored)
        }
        (None, Some(was), None) => {
            let to = is.map_or("no score".to_owned(), |is| format!("a score of {is}"));
            said(Topic::Other, "", format!(" fell from {was} to {to}"), Some(true), events, scored)
        }
        (None, ..) if was_raised(events) => {
            let score = is.map_or(", not scored yet".to_owned(), |score| format!(", score {score}"));
            said(Topic::Other, "New risk: ", score, None, events, scored)
        }
        (None, ..) => moved_to(events).and_then(|state| {
            let after = match state {
                State::Accepted => " was accepted".to_owned(),
                other => format!(" is {}", other.label()),
            };
            said(Topic::Other, "", after, None, events, is_move)
        }),
    }
}

/// What became of an opportunity, which is no threat however high its score is.
fn of_opportunity(events: &[&Happened], score: Option<i16>) -> Option<Change> {
    let told =
        |before, after: &str, good| said(Topic::Other, before, after.to_owned(), good, events, is_move);
    match moved_to(events) {
        Some(State::Materialised) => told("", " came about", Some(true)),
        Some(state) if !state.is_open(Kind::Risk) => told("Opportunity closed: ", "", None),
        _ if was_raised(events) => {
            let score = score.map_or(", not scored yet".to_owned(), |score| format!(", score {score}"));
            said(Topic::Other, "New opportunity: ", score, None, events, |event| {
                matches!(event, Event::Raised {} | Event::Scored { .. })
            })
        }
        Some(State::Accepted) => told("", " was accepted", None),
        Some(state) => told("", &format!(" is {}", state.label()), None),
        None => None,
    }
}

fn of_decision(events: &[&Happened], facts: &Facts, item: ItemId, to: NaiveDate) -> Option<Change> {
    let fact = facts.decisions.iter().find(|track| track.item == item).and_then(|track| track.at(to));
    match moved_to(events) {
        Some(State::Decided) => {
            let since = fact.and_then(|fact| fact.escalated_on.or(fact.requested_on));
            let waited = since.zip(fact.and_then(|fact| fact.decided_on));
            let waited = waited.map_or(String::new(), |(since, decided)| {
                format!(", after {}", working_days(facts.calendar.working_days(since, decided)))
            });
            let option = events.iter().rev().find_map(|happened| happened.option.as_ref());
            let after = option.map_or(String::new(), |option| format!(" – “{option}”")) + waited.as_str();
            said(Topic::Decision, "Decided: ", after, Some(true), events, is_move)
        }
        Some(State::Waiting) => {
            said(Topic::Decision, "Waits for a decision: ", String::new(), None, events, is_move)
        }
        Some(State::Deferred) => {
            let until = fact.and_then(|fact| fact.deferred_until);
            let after =
                until.map_or(" was deferred".to_owned(), |on| format!(" was deferred until {}", day(on)));
            said(Topic::Decision, "", after, Some(false), events, is_move)
        }
        Some(state) => said(Topic::Decision, "", format!(" was {}", state.label()), None, events, is_move),
        None if was_raised(events) => {
            said(Topic::Other, "New decision: ", String::new(), None, events, |e| {
                matches!(e, Event::Raised {})
            })
        }
        None => None,
    }
}

fn of_other(kind: Kind, events: &[&Happened], facts: &Facts, item: ItemId, to: NaiveDate) -> Option<Change> {
    if let Some(state) = moved_to(events) {
        let (before, after, good) = match (kind, state) {
            (Kind::Issue, State::Resolved | State::Closed) => {
                let track = facts.issues.iter().find(|track| track.item == item);
                let fact = track.and_then(|track| track.at(to));
                let days = fact.and_then(|fact| {
                    let end = fact.resolved_on.or(fact.common.closed_on)?;
                    Some((end - fact.common.raised_on).num_days())
                });
                let after = days.map_or(" was resolved".to_owned(), |days| {
                    format!(" was resolved in {days} {}", if days == 1 { "day" } else { "days" })
                });
                ("", after, Some(true))
            }
            (Kind::Dependency, State::Accepted) => ("", " was delivered and accepted".into(), Some(true)),
            (Kind::Dependency, State::Agreed) => ("", " is agreed by both sides".into(), Some(true)),
            (Kind::Dependency, State::Delivered) => ("", " was delivered".into(), Some(true)),
            (Kind::Change, State::Submitted) => ("Submitted: ", String::new(), None),
            (Kind::Change, State::Approved) => ("Approved: ", String::new(), None),
            (Kind::Change, State::Rejected) => ("Rejected: ", String::new(), None),
            (Kind::Assumption, State::Validated) => ("", " proved true".into(), Some(true)),
            (Kind::Report, State::Published) => ("", " was published".into(), None),
            (Kind::Check, State::Passed) => ("", " passed".into(), Some(true)),
            (Kind::Check, State::Failed) => ("", " failed".into(), Some(false)),
            (Kind::Check, State::Waived) => ("", " was waived".into(), None),
            (_, state) if state == kind.first_state() => ("", format!(" is {} again", state.label()), None),
            (_, state) => ("", format!(" is {}", state.label()), None),
        };
        let topic = if kind == Kind::Change { Topic::Decision } else { Topic::Other };
        return said(topic, before, after, good, events, is_move);
    }
    if was_raised(events) {
        let before = match kind {
            Kind::Issue => "New issue: ",
            Kind::Dependency => "New dependency: ",
            Kind::Assumption => "New assumption: ",
            Kind::Change => "New change request: ",
            Kind::Activity => "New activity: ",
            Kind::Gate => "New gate: ",
            Kind::Check => "New check: ",
            Kind::Release => "New release: ",
            Kind::Report => "New draft of a report: ",
            Kind::Benefit => "New benefit: ",
            Kind::Stakeholder => "New stakeholder: ",
            Kind::Meeting => "New meeting: ",
            Kind::Lesson => "New lesson: ",
            _ => "New action: ",
        };
        return said(Topic::Other, before, String::new(), None, events, |e| matches!(e, Event::Raised {}));
    }
    let dates = || {
        events.iter().filter_map(|happened| match happened.event {
            Event::DateMoved { from, to } => Some((from, to)),
            _ => None,
        })
    };
    let tells = |event: &Event| matches!(event, Event::DateMoved { .. } | Event::SideAgreed { .. });
    match (kind, dates().next(), dates().next_back()) {
        (Kind::Dependency, Some((Some(from), _)), Some((_, Some(to)))) if from != to => {
            let after = format!(" has a date moved from {} to {}", day(from), day(to));
            said(Topic::Other, "", after, Some(to < from), events, tells)
        }
        (Kind::Dependency, ..) => events.iter().rev().find_map(|happened| match &happened.event {
            Event::SideAgreed { side } => {
                said(Topic::Other, "", format!(" is agreed by the {side}"), Some(true), events, tells)
            }
            _ => None,
        }),
        _ => None,
    }
}
