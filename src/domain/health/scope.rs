//! Scope: how much of what was agreed has changed, and whether requests to change it wait.

use super::{Found, Rag, Reason, Scene, count, have, plain, times, working_days};
use crate::domain::metrics::scope_change::{baseline, counts, extent, is_waiting};
use crate::domain::metrics::stats::{self, short};
use crate::domain::metrics::{WINDOW_DAYS, Window, targets_at};

pub(super) fn reasons(scene: &Scene<'_>) -> Vec<Reason> {
    let day = scene.day;
    let window = Window::ending(day, WINDOW_DAYS);
    let first = baseline(scene.facts, day);
    let limit = scene.thresholds.scope_wait_working_days;
    let (mut changed, mut waiting) = (Found::default(), Found::default());
    let (mut sum, mut in_wait) = (0, 0);
    for track in &scene.facts.changes {
        let Some(fact) = track.at(day).filter(|fact| scene.has(&fact.common)) else { continue };
        if first.is_some_and(|first| counts(fact, first.on, window)) {
            let extent = extent(fact);
            sum += extent;
            let items = count(usize::try_from(extent).unwrap_or(0), "item", "items");
            changed.add(track, extent, format!("{items} changed"));
        }
        if is_waiting(fact, day) {
            in_wait += 1;
            let waited = fact.submitted_on.map_or(0, |submitted| scene.working_days(submitted, day));
            if waited > limit {
                waiting.add(track, waited, format!("waits {}", working_days(waited)));
            }
        }
    }
    let target = targets_at(scene.facts, day).scope_change_rate;
    // A project is held against its own part of the first baseline.
    let held = first.map(|first| {
        let Some(project) = scene.project else { return i64::from(first.items(day)) };
        let own = scene.facts.first_baseline_of.iter().find(|(of, _)| *of == project);
        own.map_or(0, |(_, items)| i64::from(*items))
    });
    let rate = held.and_then(|held| crate::domain::metrics::Amount::ratio(sum, held).value);
    let mut reasons = Vec::new();
    if let (Some(rate), Some(held)) = (rate, held) {
        let shown = format!(
            "{} % of the first baseline changed in {WINDOW_DAYS} days ({sum} of {held})",
            short(rate * 100.0)
        );
        let goal = format!("the target is at most {} %", short(target * 100.0));
        let red = scene.thresholds.scope_red_percent;
        let judged = if rate > target * stats::float(red) / 100.0 {
            changed.reason(Rag::Red, "scope.rate", |_, _| {
                format!("{shown}; {goal}, and this is over {}.", times(red, "that"))
            })
        } else if rate > target {
            changed.reason(Rag::Amber, "scope.rate", |_, _| format!("{shown}; {goal}."))
        } else {
            let wait = count(in_wait, "request", "requests");
            Some(plain(Rag::Green, "scope.good", format!("{shown}; {goal}. {wait} waiting.")))
        };
        reasons.extend(judged);
    }
    reasons.extend(waiting.reason(Rag::Amber, "scope.waiting", |number, worst| {
        format!(
            "{} to change scope {} waited over {}, the longest {worst}.",
            count(number, "request", "requests"),
            have(number),
            working_days(limit)
        )
    }));
    if reasons.is_empty() {
        let text = if first.is_none() {
            "No baseline is made, so changes of scope can't be judged."
        } else {
            "The first baseline holds nothing of this, so changes of scope can't be judged."
        };
        reasons.push(plain(Rag::Grey, "scope.no_data", text));
    }
    reasons
}
