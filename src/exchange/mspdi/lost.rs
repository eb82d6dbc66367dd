//! What of a program a plan can't carry: everything that somebody entered and an import of the exported file would not give back.

use super::export::{Part, Source};
use super::own::MOST;
use crate::domain::item::Detail;
use crate::domain::kind::State;
use crate::domain::milestone::Milestone;
use crate::domain::program::{Program, ProgramState, Visibility};
use std::collections::{BTreeMap, HashSet};
use uuid::Uuid;

/// What can't be carried, with how often.
#[derive(Debug, Default)]
pub(super) struct Lost(BTreeMap<String, usize>);

impl Lost {
    pub(super) fn add(&mut self, what: &str) {
        self.add_many(what, 1);
    }

    pub(super) fn add_many(&mut self, what: &str, count: usize) {
        if count == 0 {
        } else if let Some(known) = self.0.get_mut(what) {
            *known += count;
        } else {
            self.0.insert(what.to_owned(), count);
        }
    }

    /// A text for a custom field, if it isn't too long for one.
    pub(super) fn text(&mut self, what: &str, text: &str) -> Option<String> {
        let text = text.trim();
        if text.chars().count() > MOST {
            self.add(&format!("{what} of over {MOST} characters"));
            return None;
        }
        Some(text.to_owned()).filter(|text| !text.is_empty())
    }

    pub(super) fn told(self) -> Vec<String> {
        self.0.into_iter().map(|(what, count)| format!("{what} ({count})")).collect()
    }
}

/// Whether so many days come back as they were: a file counts in minutes.
fn is_whole(days: f64) -> bool {
    let minutes = (days * 480.0).round();
    ((minutes / 480.0 * 10_000.0).round() / 10_000.0 - days).abs() < 0.000_01
}

/// Counts what is lost of a program beside its items.
pub(super) fn of_program(source: &Source<'_>, lost: &mut Lost) {
    let charter = charter(source.program);
    if !charter.is_empty() {
        lost.add_many(&format!("of the program: {}", charter.join(", ")), charter.len());
    }
    let named: HashSet<Uuid> = source.parts.iter().filter_map(|part| part.project).collect();
    for project in source.projects.values().filter(|project| project.archived_at.is_none()) {
        if !named.contains(&project.id.0) {
            lost.add("projects without activities and milestones");
        } else if project.team.is_some()
            || project.lead.is_some()
            || project.starts_on.is_some()
            || project.ends_on.is_some()
        {
            lost.add("teams, leads and dates of projects");
        }
    }
    lost.add_many("links to items of other programs", source.leaving);
    lost.add_many("items that are no activities or milestones", source.others);
    calendars(source, lost);
}

/// What somebody entered of a program that a file has no place for.
fn charter(program: &Program) -> Vec<&'static str> {
    let texts = [
        (&program.objectives, "objectives"),
        (&program.in_scope, "in scope"),
        (&program.out_of_scope, "out of scope"),
        (&program.success_measures, "success measures"),
        (&program.constraints, "constraints"),
        (&program.governance, "governance"),
    ];
    let has_numbers = |value: &serde_json::Value| value.as_object().is_some_and(|map| !map.is_empty());
    let others = [
        (program.sponsor.is_some(), "sponsor"),
        (program.manager.is_some(), "manager"),
        (program.ends_on.is_some(), "end"),
        (program.budget.is_some(), "budget"),
        (matches!(program.state, ProgramState::OnHold | ProgramState::Closed), "state"),
        (program.visibility == Visibility::Everyone, "visibility"),
        (program.time_zone != "UTC" && !program.time_zone.is_empty(), "time zone"),
        (has_numbers(&program.targets), "targets"),
        (has_numbers(&program.thresholds), "thresholds"),
    ];
    let texts = texts.into_iter().filter(|(text, _)| !text.trim().is_empty()).map(|(_, name)| name);
    texts.chain(others.into_iter().filter(|(there, _)| *there).map(|(_, name)| name)).collect()
}

fn calendars(source: &Source<'_>, lost: &mut Lost) {
    let open = || source.parts.iter().filter(|part| part.state != State::Cancelled);
    let activities = || {
        open().filter_map(|part| match &part.detail {
            Detail::Activity(own) => Some(own),
            _ => None,
        })
    };
    let named: HashSet<Uuid> = activities().filter_map(|own| own.calendar).collect();
    let works: HashSet<Uuid> =
        activities().flat_map(|own| own.resources.iter().filter_map(|one| one.person.or(one.team))).collect();
    let projects: HashSet<Uuid> = open().filter_map(|part| part.project).collect();
    for calendar in source.calendars.iter().filter(|one| one.archived_at.is_none()) {
        let owner = calendar.person.map(|id| id.0).or(calendar.team.map(|id| id.0));
        let of_project = calendar.project.map(|id| id.0);
        let used = named.contains(&calendar.id.0)
            || owner.is_some_and(|id| works.contains(&id))
            || of_project.is_some_and(|id| projects.contains(&id));
        if !used {
            lost.add("calendars that no activity uses");
        } else if of_project.is_some() {
            lost.add("whose calendar it is, for calendars of projects");
        } else if owner.is_some_and(|id| !works.contains(&id)) {
            lost.add("whose calendar it is, for people and teams that work on nothing");
        }
    }
}

/// Counts what is lost of an activity or a milestone.
pub(super) fn of_part(part: &Part, summary: bool, lost: &mut Lost) {
    if part.state == State::Cancelled {
        lost.add("cancelled items: an import leaves out what is inactive");
    }
    match &part.detail {
        Detail::Milestone(own) => of_milestone(own, lost),
        Detail::Activity(own) => {
            let days = [Some(own.likely_days), own.optimistic_days, own.pessimistic_days, own.remaining_days];
            if days.into_iter().flatten().any(|days| !is_whole(days)) {
                lost.add("parts of a minute of durations");
            }
            let estimated = own.optimistic_days.is_some() || own.pessimistic_days.is_some();
            let begun = own.percent_complete > 0 || own.actual_start_on.is_some();
            if summary && (estimated || begun) {
                lost.add("progress and estimates of summaries: they come from their parts");
            }
            let zero = |days: Option<f64>| days == Some(0.0);
            if zero(own.optimistic_days) || (zero(own.pessimistic_days) && own.likely_days == 0.0) {
                lost.add("estimates of no time");
            }
        }
        _ => {}
    }
}

fn of_milestone(own: &Milestone, lost: &mut Lost) {
    if own.original_on != own.committed_on {
        lost.add("first committed dates, where a baseline has moved them");
    }
    if own.achieved_on.is_some() && own.forecast_on.is_some_and(|day| Some(day) != own.committed_on) {
        lost.add("last forecasts of achieved milestones");
    }
}
