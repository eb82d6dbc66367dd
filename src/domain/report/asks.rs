//! What the readers are asked for, each with the day by which: decisions, approvals, and what every red dimension needs. The first day
//! first.

use super::compose::Ground;
use super::words::{are_many, cited, count, day as said, few, named, working_days};
use crate::domain::agenda::Waiting;
use crate::domain::health::{Dimension, Rag, Reason};
use crate::domain::metrics::thresholds_at;
use chrono::NaiveDate;

/// Decisions that are named, and items that are named with what a red dimension needs.
const DECISIONS: usize = 4;
const NAMED: usize = 3;

/// An ask, and the day by which; without one it comes last.
struct Ask {
    by: Option<NaiveDate>,
    text: String,
}

/// What the readers are asked for, one a line.
pub(super) fn needs(ground: &Ground<'_>) -> String {
    let waiting = &ground.picks.agenda.decisions;
    let mut asks: Vec<Ask> = waiting.iter().take(DECISIONS).map(|line| decision(line, ground)).collect();
    asks.extend(approvals(ground));
    asks.extend(reds(ground));
    asks.sort_by_key(|ask| (ask.by.is_none(), ask.by));
    let mut lines: Vec<String> = asks.into_iter().map(|ask| format!("- {}", ask.text)).collect();
    let more = waiting.len().saturating_sub(DECISIONS);
    if more > 0 {
        lines.push(format!("- {} more wait.", count(more, "decision", "decisions")));
    }
    let more = ground.picks.changes_waiting - ground.picks.changes.len();
    if more > 0 {
        lines.push(format!("- {} more wait.", count(more, "change request", "change requests")));
    }
    if lines.is_empty() {
        "Nothing: no decision and no change request waits, and no dimension is red.".to_owned()
    } else {
        lines.join("\n")
    }
}

/// `by 4 Dec 2026`, `now` where the day has passed.
fn when(by: NaiveDate, day: NaiveDate) -> String {
    if by < day { "now".to_owned() } else { format!("by {}", said(by)) }
}

fn decision(line: &Waiting, ground: &Ground<'_>) -> Ask {
    let name = named(&line.name, &ground.facts.key);
    let ask = match (line.needed_by, line.past_needed_by) {
        (Some(by), false) => format!("Decide by {}: {name}.", said(by)),
        (Some(by), true) => format!("Decide now: {name}, needed by {}.", said(by)),
        (None, _) => format!("Decide: {name}."),
    };
    let waited = line.waited.filter(|waited| *waited > 0);
    let waited = waited.map(|waited| format!(" It has waited {}.", working_days(waited))).unwrap_or_default();
    let about = ground.about.get(&line.name.item);
    let with = about.and_then(|about| about.escalated_to.as_deref().or(about.owner.as_deref()));
    let with = with.map(|with| format!(" With {with}.")).unwrap_or_default();
    let recommended =
        about.map(|about| about.recommendation.trim().trim_end_matches('.')).unwrap_or_default();
    let recommended =
        if recommended.is_empty() { String::new() } else { format!(" Recommended: {recommended}.") };
    Ask { by: line.needed_by, text: format!("{ask}{waited}{recommended}{with}") }
}

/// Change requests that wait. The day is that on which the wait is over what the program takes: so many working days from the submission.
fn approvals(ground: &Ground<'_>) -> Vec<Ask> {
    let limit = thresholds_at(ground.facts, ground.day).scope_wait_working_days;
    let limit = u32::try_from(limit).unwrap_or_default();
    let ask = |(name, since): &(_, Option<NaiveDate>)| {
        let name = named(name, &ground.facts.key);
        let Some(since) = *since else {
            return Ask { by: None, text: format!("Approve or reject: {name}.") };
        };
        let by = ground.facts.calendar.add_working_days(since, limit);
        let due = if by < ground.day { format!(", due {}", said(by)) } else { String::new() };
        let when = when(by, ground.day);
        Ask {
            by: Some(by),
            text: format!("Approve or reject {when}: {name}, submitted {}{due}.", said(since)),
        }
    };
    ground.picks.changes.iter().map(ask).collect()
}

/// What each red dimension needs, from the rule that made it red. Decisions are asked for one by one.
fn reds(ground: &Ground<'_>) -> Vec<Ask> {
    let red = ground.health.dimensions.iter().filter(|judged| {
        judged.rag == Rag::Red
            && (judged.dimension != Dimension::Decisions || ground.picks.agenda.decisions.is_empty())
    });
    red.filter_map(|judged| {
        let reason = judged.reasons.iter().find(|reason| reason.rag == Rag::Red)?;
        Some(red_one(judged.dimension, reason, ground))
    })
    .collect()
}

fn red_one(dimension: Dimension, reason: &Reason, ground: &Ground<'_>) -> Ask {
    let key = &ground.facts.key;
    let items = if reason.rule == "schedule.overdue" {
        // Those that were forecast last can still be answered for.
        stale_first(reason, ground)
    } else {
        reason.items.iter().collect()
    };
    let names: Vec<String> = items.iter().map(|cause| cited(&cause.title, cause.reference(key))).collect();
    let names = few(&names, NAMED);
    let what = match reason.rule {
        "schedule.overdue" => {
            "say of each milestone that passed its date whether it is reached, and if not give a new date"
        }
        "schedule.forecast_late" => "recover the date, or commit another by a change request",
        "risk.severe" => "agree what lowers it, by whom and by when",
        "risk.unmitigated" => "start a mitigation with an owner and a date",
        "dependencies.past_needed_by" if items.len() > 1 => "have them delivered, or agree other days",
        "dependencies.past_needed_by" => "have it delivered, or agree another day",
        "dependencies.promised_late" => "bring the promise forward, or agree another day",
        "readiness.mandatory" => "pass what is mandatory, or waive it with a reason",
        "scope.rate" => "take no more scope in, or commit anew",
        "decisions.past_needed_by" => "decide",
        _ => "say what gives",
    };
    // The day on which the first of its dates is due, where one of them lies ahead.
    let dates = items.iter().filter_map(|cause| date_of(cause.item, ground)).filter(|on| *on >= ground.day);
    let by = dates.min().filter(|_| reason.rule != "schedule.overdue");
    let when = by.map_or("now".to_owned(), |by| when(by, ground.day));
    let about = if names.is_empty() { reason.text.trim_end_matches('.').to_owned() } else { names };
    let is = if are_many(dimension) { "are" } else { "is" };
    let text = format!("{} {is} red, {when}: {what}: {about}.", dimension.label());
    Ask { by: Some(by.unwrap_or(ground.day)), text }
}

/// The committed date of a milestone, the day on which a dependency is needed.
fn date_of(item: crate::domain::ids::ItemId, ground: &Ground<'_>) -> Option<NaiveDate> {
    let agenda = &ground.picks.agenda;
    let milestone = agenda.milestones.iter().find(|line| line.name.item == item);
    let dependency = agenda.dependencies.iter().find(|line| line.name.item == item);
    milestone.and_then(|line| line.committed_on).or_else(|| dependency.and_then(|line| line.needed_by))
}

/// The items of a reason, those whose forecast passed last first.
fn stale_first<'a>(reason: &'a Reason, ground: &Ground<'_>) -> Vec<&'a crate::domain::health::Cause> {
    let forecast =
        |item| ground.picks.agenda.milestones.iter().find(|line| line.name.item == item)?.forecast_on;
    let mut items: Vec<_> = reason.items.iter().map(|cause| (forecast(cause.item), cause)).collect();
    items.sort_by_key(|(on, cause)| (std::cmp::Reverse(*on), cause.number));
    items.into_iter().map(|(_, cause)| cause).collect()
}
