//! The schedule: whether what was committed will be kept.
//!
//! While no links between milestones are kept there is no critical path and no float: each open milestone with a
//! committed date stands on a path of its own, and the rule on float has nothing to look at.

use super::{Found, Rag, Reason, Scene, be, count, days, have, plain, working_days};
use crate::domain::kind::Kind;
use crate::domain::metrics::standing::{after, days_between, forecast, is_open, is_out};
use chrono::NaiveDate;

pub(super) fn reasons(scene: &Scene<'_>) -> Vec<Reason> {
    let (day, limits) = (scene.day, &scene.thresholds);
    let (mut late, mut slipping, mut overdue, mut stale) =
        (Found::default(), Found::default(), Found::default(), Found::default());
    let (mut present, mut open, mut committed_ones, mut next) = (0, 0, 0, None);
    for track in &scene.facts.milestones {
        let Some(fact) = track.at(day).filter(|fact| scene.has(&fact.common) && !is_out(fact, day)) else {
            continue;
        };
        present += 1;
        if !is_open(&fact.common, Kind::Milestone, day) {
            continue;
        }
        open += 1;
        let Some(forecast) = forecast(fact) else { continue };
        if forecast >= day {
            next = next.into_iter().chain([(forecast, track.number)]).min();
        }
        if let Some(committed) = fact.committed_on {
            committed_ones += 1;
            let slip = scene.working_days(committed, forecast);
            let note = || format!("{} late: forecast {forecast}, committed {committed}", working_days(slip));
            if slip > limits.schedule_red_working_days {
                late.add(track, slip, note());
            } else if slip > limits.schedule_amber_working_days {
                slipping.add(track, slip, note());
            }
            if committed < day && forecast < day {
                let past = days_between(committed, day);
                overdue.add(track, past, format!("{} overdue, last forecast {forecast}", days(past)));
            }
        }
        let due = day <= forecast && forecast <= after(day, limits.forecast_due_days);
        let age = fact.forecast_stated_on.map(|stated| days_between(stated, day));
        if due && age.is_none_or(|age| age > limits.forecast_update_days) {
            let left = days_between(day, forecast);
            let said = age.map_or("never stated".to_owned(), |age| format!("stated {} ago", days(age)));
            stale.add(track, -left, format!("due in {}, forecast {said}", days(left)));
        }
    }
    let mut reasons: Vec<Reason> = [
        overdue.reason(Rag::Red, "schedule.overdue", |number, worst| {
            let what = count(number, "milestone", "milestones");
            format!("{what} {} overdue without a new forecast, the longest by {}.", be(number), days(worst))
        }),
        late.reason(Rag::Red, "schedule.forecast_late", |number, worst| {
            format!(
                "{} {} forecast past the committed date by more than {}, the worst by {worst}.",
                count(number, "milestone", "milestones"),
                be(number),
                working_days(limits.schedule_red_working_days)
            )
        }),
        slipping.reason(Rag::Amber, "schedule.forecast_slipping", |number, worst| {
            format!(
                "{} {} forecast past the committed date by more than {}, the worst by {worst}.",
                count(number, "milestone", "milestones"),
                be(number),
                working_days(limits.schedule_amber_working_days)
            )
        }),
        stale.reason(Rag::Amber, "schedule.forecast_stale", |number, _| {
            format!(
                "{} due within {} {} had no forecast update for {}.",
                count(number, "milestone", "milestones"),
                days(limits.forecast_due_days),
                have(number),
                days(limits.forecast_update_days)
            )
        }),
    ]
    .into_iter()
    .flatten()
    .collect();
    if reasons.is_empty() {
        reasons.push(nothing_wrong(scene, present, open, committed_ones, next));
    }
    reasons
}

/// The reason where no rule found anything: good, or nothing to judge by. `next` is the open milestone that is forecast
/// first, with its date.
fn nothing_wrong(
    scene: &Scene<'_>,
    present: usize,
    open: usize,
    committed: usize,
    next: Option<(NaiveDate, i32)>,
) -> Reason {
    let milestones = |number| count(number, "milestone", "milestones");
    match (present, open, committed) {
        (0, ..) => {
            plain(Rag::Grey, "schedule.no_data", "No milestone is kept, so the schedule can't be judged.")
        }
        (_, 0, _) => {
            let text = format!("No milestone is open; {} achieved.", milestones(present));
            plain(Rag::Green, "schedule.good", text)
        }
        (.., 0) => {
            let text = format!("{} open, none with a committed date.", milestones(open));
            plain(Rag::Grey, "schedule.no_data", text)
        }
        _ => {
            let next = next.map_or(String::new(), |(date, number)| {
                format!(" Next is {} on {date}.", scene.reference(Kind::Milestone, number))
            });
            let limit = working_days(scene.thresholds.schedule_amber_working_days);
            let text = format!(
                "{} open, none forecast past the committed date by more than {limit}.{next}",
                milestones(open)
            );
            plain(Rag::Green, "schedule.good", text)
        }
    }
}
