//! Metrics 10 and 11: what came after releases were launched, incidents and defects. A release counts if it was launched in the window.

use super::standing::{after, days_between};
use super::{Amount, Contribution, Shown, Window, each, row, stats, targets_at};
use crate::domain::facts::{Facts, ReleaseEvent, ReleaseFact, Track};
use crate::domain::ids::ItemId;
use crate::domain::release::{Aftermath, EventKind, WATCHED_DAYS};
use chrono::NaiveDate;
use serde::Serialize;
use std::collections::HashMap;

/// What is shown beside the post-launch incident rate.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Incidents {
    /// Launched in the window.
    pub releases: i64,
    pub incidents: i64,
    /// Weeks for which these releases were watched, all together.
    pub weeks_watched: f64,
    /// Incidents for each of these weeks.
    pub per_week: Option<f64>,
}

/// What is shown beside the defect escape rate.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct DefectEscape {
    /// Launched in the window.
    pub releases: i64,
    /// Found on or before their first launch.
    pub found_before: i64,
    /// Found after it, within 30 days after a launch.
    pub escaped: i64,
}

/// What is known of a release that was launched in a window.
#[derive(Clone, Copy)]
struct Launch {
    /// Days for which it was watched after its launches.
    watched: i64,
    /// The last day on which it is watched.
    until: NaiveDate,
    incidents: i64,
    before: i64,
    escaped: i64,
}

/// The events of each release.
struct Events<'a>(HashMap<ItemId, Vec<&'a crate::domain::facts::Record<ReleaseEvent>>>);

impl<'a> Events<'a> {
    fn of(facts: &'a Facts) -> Self {
        let mut releases: HashMap<ItemId, Vec<_>> = HashMap::new();
        for record in &facts.governance.release_events {
            releases.entry(record.fact.release).or_default().push(record);
        }
        Self(releases)
    }

    /// What came after the launches of a release, by the end of the window, and when the first in the window was; `None` if there was none.
    /// See [`Aftermath`] for a release that was launched more than once.
    fn launch(
        &self,
        track: &Track<ReleaseFact>,
        fact: &ReleaseFact,
        window: Window,
    ) -> Option<(NaiveDate, Launch)> {
        if fact.common.archived {
            return None;
        }
        let launches = launches(track, window.to);
        let launched = launches.iter().copied().find(|on| window.contains(*on))?;
        let last = *launches.last()?;
        let next = launches.iter().skip(1).copied().chain([window.to]);
        let watched =
            launches.iter().zip(next).map(|(on, next)| days_between(*on, next).min(WATCHED_DAYS)).sum();
        let records = self.0.get(&track.item).map(Vec::as_slice).unwrap_or_default();
        let known = records.iter().filter_map(|record| record.at(window.to));
        let counted = known.filter(|event| event.on <= window.to).map(|event| {
            let kind = if event.incident { EventKind::Incident } else { EventKind::Defect };
            (kind, event.on, event.count)
        });
        let Aftermath { incidents, before, escaped, .. } = Aftermath::of(&launches, counted);
        Some((launched, Launch { watched, until: after(last, WATCHED_DAYS), incidents, before, escaped }))
    }
}

/// The days up to one on which the release was launched, as far as they were known on it.
fn launches(track: &Track<ReleaseFact>, to: NaiveDate) -> Vec<NaiveDate> {
    let known = track.versions.iter().take_while(|version| version.effective_on <= to);
    let mut days: Vec<_> =
        known.filter_map(|version| version.fact.launched_on).filter(|on| *on <= to).collect();
    days.sort_unstable();
    days.dedup();
    days
}

/// Shows `visit` each release that was launched in the window of each of the days.
fn each_launch(
    facts: &Facts,
    days: &[NaiveDate],
    window_days: i64,
    mut visit: impl FnMut(usize, &Track<ReleaseFact>, NaiveDate, Launch),
) {
    let events = Events::of(facts);
    each(&facts.governance.releases, days, |index, day, track, fact| {
        if let Some((launched, launch)) = events.launch(track, fact, Window::ending(day, window_days)) {
            visit(index, track, launched, launch);
        }
    });
}

fn length(window: Window) -> i64 {
    days_between(window.from, window.to)
}

pub(super) fn incidents(facts: &Facts, days: &[NaiveDate], window_days: i64) -> Vec<Amount> {
    let mut sums = vec![(0, 0); days.len()];
    each_launch(facts, days, window_days, |index, _, _, launch| {
        sums[index].0 += launch.incidents;
        sums[index].1 += 1;
    });
    sums.into_iter().map(|(incidents, releases)| Amount::ratio(incidents, releases)).collect()
}

pub(super) fn incident_rows(facts: &Facts, window: Window) -> Vec<Contribution> {
    let mut rows = Vec::new();
    each_launch(facts, &[window.to], length(window), |_, track, launched, launch| {
        let per_week = per_week(launch.incidents, launch.watched);
        rows.push(
            row(
                track,
                true,
                if launch.until > window.to { "still watched" } else { "watched" },
                Some(launch.incidents == 0),
                [
                    ("Launched", launched.into()),
                    ("Incidents", Shown::Count(launch.incidents)),
                    ("Days watched", Shown::Days(launch.watched)),
                    ("Incidents a week", per_week.map_or(Shown::Nothing, Shown::Number)),
                ],
            )
            .giving_parts(stats::float(launch.incidents), 1.0),
        );
    });
    rows
}

fn per_week(incidents: i64, days: i64) -> Option<f64> {
    (days > 0).then(|| stats::float(incidents) * 7.0 / stats::float(days))
}

pub(super) fn incident_detail(facts: &Facts, window: Window) -> Incidents {
    let mut detail = Incidents::default();
    let mut days = 0;
    each_launch(facts, &[window.to], length(window), |_, _, _, launch| {
        detail.releases += 1;
        detail.incidents += launch.incidents;
        days += launch.watched;
    });
    detail.weeks_watched = stats::float(days) / 7.0;
    detail.per_week = per_week(detail.incidents, days);
    detail
}

pub(super) fn escapes(facts: &Facts, days: &[NaiveDate], window_days: i64) -> Vec<Amount> {
    let mut sums = vec![(0, 0); days.len()];
    each_launch(facts, days, window_days, |index, _, _, launch| {
        sums[index].0 += launch.escaped;
        sums[index].1 += launch.escaped + launch.before;
    });
    sums.into_iter().map(|(escaped, all)| Amount::ratio(escaped, all)).collect()
}

pub(super) fn escape_rows(facts: &Facts, window: Window) -> Vec<Contribution> {
    let target = targets_at(facts, window.to).defect_escape_rate;
    let mut rows = Vec::new();
    each_launch(facts, &[window.to], length(window), |_, track, launched, launch| {
        let rate = Amount::ratio(launch.escaped, launch.escaped + launch.before).value;
        rows.push(
            row(
                track,
                rate.is_some(),
                if launch.until > window.to { "still watched" } else { "watched" },
                rate.map(|rate| super::Goal::AtMost.is_met(rate, target)),
                [
                    ("Launched", launched.into()),
                    ("Found before", Shown::Count(launch.before)),
                    ("Escaped", Shown::Count(launch.escaped)),
                    ("Escape rate", rate.map_or(Shown::Nothing, Shown::Share)),
                ],
            )
            .giving_parts(stats::float(launch.escaped), stats::float(launch.escaped + launch.before)),
        );
    });
    rows
}

pub(super) fn escape_detail(facts: &Facts, window: Window) -> DefectEscape {
    let mut detail = DefectEscape::default();
    each_launch(facts, &[window.to], length(window), |_, _, _, launch| {
        detail.releases += 1;
        detail.found_before += launch.before;
        detail.escaped += launch.escaped;
    });
    detail
}
