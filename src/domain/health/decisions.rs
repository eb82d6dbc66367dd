//! Decisions: whether they are taken in time.

use super::{Found, Rag, Reason, Scene, be, count, days, have, plain, working_days};
use crate::domain::kind::Kind;
use crate::domain::metrics::standing::{days_between, is_open, is_waiting, waits_since};
use crate::domain::words;

pub(super) fn reasons(scene: &Scene<'_>) -> Vec<Reason> {
    let (day, limit) = (scene.day, scene.thresholds.decision_wait_working_days);
    let (mut past, mut slow) = (Found::default(), Found::default());
    let (mut present, mut waiting) = (0, 0);
    for track in &scene.facts.decisions {
        let Some(fact) = track.at(day).filter(|fact| scene.has(&fact.common) && fact.common.raised_on <= day)
        else {
            continue;
        };
        present += 1;
        if let Some(needed) = fact.needed_by.filter(|needed| *needed < day)
            && is_open(&fact.common, Kind::Decision, day)
        {
            let late = days_between(needed, day);
            past.add(track, late, format!("needed by {}, {} ago", words::day(needed), days(late)));
        }
        if is_waiting(fact, day) {
            waiting += 1;
            let waited = waits_since(fact, day).map_or(0, |since| scene.working_days(since, day));
            if waited > limit {
                slow.add(track, waited, format!("waits {}", working_days(waited)));
            }
        }
    }
    let mut reasons: Vec<Reason> = [
        past.reason(Rag::Red, "decisions.past_needed_by", |number, worst| {
            let what = count(number, "decision", "decisions");
            format!("{what} {} past the needed-by day, the longest by {}.", be(number), days(worst))
        }),
        slow.reason(Rag::Amber, "decisions.waiting", |number, worst| {
            let what = count(number, "decision", "decisions");
            format!("{what} {} waited over {}, the longest {worst}.", have(number), working_days(limit))
        }),
    ]
    .into_iter()
    .flatten()
    .collect();
    if reasons.is_empty() {
        reasons.push(if present == 0 {
            plain(Rag::Grey, "decisions.no_data", "No decision is kept, so decisions can't be judged.")
        } else {
            let text = format!(
                "{} waiting, none past its needed-by day or over {}.",
                count(waiting, "decision", "decisions"),
                working_days(limit)
            );
            plain(Rag::Green, "decisions.good", text)
        });
    }
    reasons
}
