//! Metric 17: the rework rate.

use super::standing::achieved;
use super::{Amount, Contribution, Shown, Window, each, hung, row};
use crate::domain::facts::{Common, Facts, Rework};
use crate::domain::kind::State;
use chrono::NaiveDate;
use serde::Serialize;

/// What is shown beside the rework rate.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ReworkDetail {
    /// Times that work was redone in the window.
    pub events: i64,
    /// Milestones, activities and actions completed in the window.
    pub completed: i64,
}

/// The rework in the window, as known on its last day.
fn redone(facts: &Facts, window: Window) -> impl Iterator<Item = &Rework> {
    facts.governance.rework.at(window.to).filter(move |rework| window.contains(rework.on))
}

/// Whether rework was ever recorded by a day: where nobody keeps it, none is not good news.
pub(super) fn is_kept(facts: &Facts, day: NaiveDate) -> bool {
    facts.governance.rework.at(day).any(|rework| rework.on <= day)
}

/// The day on which an action was done, if that was on or before `day`.
fn done(common: &Common, day: NaiveDate) -> Option<NaiveDate> {
    (!common.archived && common.state == State::Done)
        .then_some(common.closed_on)
        .flatten()
        .filter(|done| *done <= day)
}

/// The rows of the milestones, activities and actions that were completed in the window: what the share is of.
fn completed_rows(facts: &Facts, window: Window) -> Vec<Contribution> {
    let mut rows = Vec::new();
    let figures = |on: NaiveDate| [("What was redone", Shown::Text("")), ("On", on.into())];
    each(&facts.milestones, &[window.to], |_, day, track, fact| {
        let on = achieved(fact, day).filter(|on| !fact.common.archived && window.contains(*on));
        rows.extend(
            on.map(|on| row(track, true, "completed", Some(true), figures(on)).giving_parts(0.0, 1.0)),
        );
    });
    each(&facts.actions, &[window.to], |_, day, track, fact| {
        let on = done(&fact.common, day).filter(|on| window.contains(*on));
        rows.extend(
            on.map(|on| row(track, true, "completed", Some(true), figures(on)).giving_parts(0.0, 1.0)),
        );
    });
    let done = facts.governance.completions.at(window.to).filter(|done| window.contains(done.on));
    rows.extend(done.map(|done| {
        let how = ("completed", Some(true));
        hung(Some(&done.about), "", true, how, figures(done.on)).giving_parts(0.0, 1.0)
    }));
    rows
}

/// How many milestones, activities and actions were completed in the window of each of the days.
fn completed(facts: &Facts, days: &[NaiveDate], window_days: i64) -> Vec<i64> {
    let windows: Vec<Window> = days.iter().map(|day| Window::ending(*day, window_days)).collect();
    let mut counts = vec![0; days.len()];
    each(&facts.milestones, days, |index, day, _, fact| {
        let achieved = achieved(fact, day).filter(|on| !fact.common.archived && windows[index].contains(*on));
        counts[index] += i64::from(achieved.is_some());
    });
    each(&facts.actions, days, |index, day, _, fact| {
        let done = done(&fact.common, day).filter(|on| windows[index].contains(*on));
        counts[index] += i64::from(done.is_some());
    });
    for (count, window) in counts.iter_mut().zip(&windows) {
        let done = facts.governance.completions.at(window.to).filter(|done| window.contains(done.on));
        *count += i64::try_from(done.count()).unwrap_or(i64::MAX);
    }
    counts
}

fn events(facts: &Facts, window: Window) -> i64 {
    i64::try_from(redone(facts, window).count()).unwrap_or(i64::MAX)
}

pub(super) fn amounts(facts: &Facts, days: &[NaiveDate], window_days: i64) -> Vec<Amount> {
    let completed = completed(facts, days, window_days);
    let amount = |(day, completed): (&NaiveDate, i64)| {
        let ratio = Amount::ratio(events(facts, Window::ending(*day, window_days)), completed);
        if is_kept(facts, *day) { ratio } else { Amount { value: None, ..ratio } }
    };
    days.iter().zip(completed).map(amount).collect()
}

pub(super) fn rows(facts: &Facts, window: Window) -> Vec<Contribution> {
    let mut all: Vec<&Rework> = redone(facts, window).collect();
    let number = |rework: &Rework| rework.about.as_ref().map(|about| (about.kind, about.number));
    all.sort_by(|a, b| (a.on, number(a), &a.what).cmp(&(b.on, number(b), &b.what)));
    let row = |rework: &Rework| {
        hung(
            rework.about.as_ref(),
            &rework.what,
            true,
            ("redone", Some(false)),
            [("What was redone", Shown::Words(rework.what.clone())), ("On", rework.on.into())],
        )
        .giving_parts(1.0, 0.0)
    };
    all.into_iter().map(row).chain(completed_rows(facts, window)).collect()
}

pub(super) fn detail(facts: &Facts, window: Window) -> ReworkDetail {
    let days = super::standing::days_between(window.from, window.to);
    let completed = completed(facts, &[window.to], days).first().copied().unwrap_or_default();
    ReworkDetail { events: events(facts, window), completed }
}
