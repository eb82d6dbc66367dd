//! The health of every project of a program: by the same rules, over the project's own items.
//!
//! The facts are dealt out to the projects first, so that many projects cost about what one program does.

use super::{Health, assess};
use crate::domain::facts::{DependencyFact, Facts, Track, Tracks, Version};
use crate::domain::ids::{ItemId, ProjectId};
use chrono::NaiveDate;
use std::collections::HashMap;
use uuid::Uuid;

/// The health of the projects of a program on a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfProjects {
    of: HashMap<ProjectId, Health>,
    /// That of a project of which nothing is kept.
    nothing: Health,
}

impl OfProjects {
    /// The health of one of the projects.
    #[must_use]
    pub fn of(&self, project: ProjectId) -> &Health {
        self.of.get(&project).unwrap_or(&self.nothing)
    }

    /// That of each project of which anything is kept, and that of one of which nothing is.
    pub fn all(&self) -> impl Iterator<Item = &Health> {
        self.of.values().chain([&self.nothing])
    }
}

/// The health of every project at the end of `as_of`: for each what [`assess`] says of it.
#[must_use]
pub fn assess_projects(facts: &Facts, as_of: NaiveDate) -> OfProjects {
    let parts = Parts::of(facts, as_of);
    let nothing = assess(&parts.empty(), as_of, Some(ProjectId(Uuid::nil())));
    let each = parts.of.iter().map(|(project, part)| (*project, assess(part, as_of, Some(*project))));
    OfProjects { of: each.collect(), nothing }
}

/// The facts of a day by project.
struct Parts<'a> {
    facts: &'a Facts,
    day: NaiveDate,
    of: HashMap<ProjectId, Facts>,
}

impl<'a> Parts<'a> {
    fn of(facts: &'a Facts, day: NaiveDate) -> Self {
        let mut parts = Self { facts, day, of: HashMap::new() };
        parts.deal(&facts.milestones, |fact| fact.common.project, |part| &mut part.milestones);
        parts.deal(&facts.changes, |fact| fact.common.project, |part| &mut part.changes);
        parts.deal(&facts.risks, |fact| fact.common.project, |part| &mut part.risks);
        parts.deal(&facts.dependencies, DependencyFact::project, |part| &mut part.dependencies);
        parts.deal(&facts.decisions, |fact| fact.common.project, |part| &mut part.decisions);
        let governed = &facts.governance;
        parts.deal(&governed.costs, |fact| fact.common.project, |part| &mut part.governance.costs);
        let gates =
            parts.deal(&governed.gates, |fact| fact.common.project, |part| &mut part.governance.gates);
        parts.deal(
            &governed.checks,
            |fact| gates.get(&fact.gate).copied(),
            |part| &mut part.governance.checks,
        );
        for line in &governed.budget {
            if let Some(project) = line.fact.project {
                parts.part(project).governance.budget.push(line.clone());
            }
        }
        let actions = parts.deal(&facts.actions, |fact| fact.common.project, |part| &mut part.actions);
        for link in &facts.action_links {
            if let Some(project) = actions.get(&link.action) {
                parts.part(*project).action_links.push(*link);
            }
        }
        // Some have no item but what was planned, or what the network has of them.
        for (project, _) in &facts.first_baseline_of {
            parts.part(*project);
        }
        let late = facts.network.iter().flat_map(|network| network.too_late.iter());
        for project in late.filter_map(|late| late.project) {
            parts.part(project);
        }
        parts
    }

    /// What holds for a project whatever is kept of it.
    fn empty(&self) -> Facts {
        let facts = self.facts;
        Facts {
            key: facts.key.clone(),
            currency: facts.currency.clone(),
            calendar: facts.calendar.clone(),
            targets: facts.targets.clone(),
            thresholds: facts.thresholds.clone(),
            first_baseline: facts.first_baseline.clone(),
            first_baseline_of: facts.first_baseline_of.clone(),
            network: facts.network.clone(),
            ..Facts::default()
        }
    }

    fn part(&mut self, project: ProjectId) -> &mut Facts {
        let empty = (!self.of.contains_key(&project)).then(|| self.empty());
        self.of.entry(project).or_insert_with(|| empty.unwrap_or_default())
    }

    /// Puts each item of a kind, as it stands on the day, to the project that it belongs to; says which that is.
    fn deal<T: Clone>(
        &mut self,
        tracks: &Tracks<T>,
        project: impl Fn(&T) -> Option<ProjectId>,
        list: impl Fn(&mut Facts) -> &mut Tracks<T>,
    ) -> HashMap<ItemId, ProjectId> {
        let mut dealt = HashMap::new();
        let day = self.day;
        for track in tracks {
            let Some(fact) = track.at(day) else { continue };
            let Some(project) = project(fact) else { continue };
            let Track { item, kind, number, ref title, .. } = *track;
            let versions = vec![Version { effective_on: day, fact: fact.clone() }];
            list(self.part(project)).push(Track { item, kind, number, title: title.clone(), versions });
            dealt.insert(item, project);
        }
        dealt
    }
}
