//! What a program takes from a plan of people, teams and their calendars.

use super::ResourceType;
use super::intake::{MOST, Taking, calendar_key, cut, is_team, person_key};
use crate::exchange::intake::What;
use serde_json::{Map, json};
use std::collections::{BTreeMap, BTreeSet, HashSet};

impl Taking<'_> {
    pub(super) fn people(&mut self) {
        let plan = self.plan;
        let (mut others, mut nameless) = (0, 0);
        for resource in &plan.resources {
            let name = cut(&resource.name, MOST.0);
            match (resource.kind, name.is_empty()) {
                (ResourceType::Work, false) => {}
                (ResourceType::Work, true) => {
                    nameless += i32::from(resource.uid != 0);
                    continue;
                }
                _ => {
                    others += 1;
                    continue;
                }
            }
            let mut fields = Map::from_iter([("name".to_owned(), json!(name))]);
            let email = resource.email.trim();
            if email.split_once('@').is_some_and(|(who, at)| !who.is_empty() && !at.is_empty())
                && email.len() <= 254
            {
                fields.insert("email".into(), json!(email));
            } else if !email.is_empty() {
                self.kept(0, "EmailAddress", format!("“{}” of {name} is no e-mail address", cut(email, 60)));
            }
            self.people.insert(resource.uid, resource);
            let what = if is_team(resource) { What::Team } else { What::Person };
            self.record(0, what, person_key(resource.uid), fields);
        }
        if others > 0 {
            self.kept(0, "Resources", format!("not carried: {others} resources that are material or cost"));
        }
        if nameless > 0 {
            self.kept(0, "Resources", format!("not carried: {nameless} resources without a name"));
        }
        for assignment in &plan.assignments {
            if self.people.contains_key(&assignment.resource) {
                let percent = (assignment.units.unwrap_or(1.0) * 10_000.0).round() / 100.0;
                let units = percent.clamp(1.0, 10_000.0);
                let of_task = self.assigned.entry(assignment.task).or_default();
                if of_task.iter().all(|(known, _)| *known != assignment.resource) {
                    of_task.push((assignment.resource, units));
                }
            }
        }
    }

    /// Calendars that tasks name, and those of people that aren't the project's.
    pub(super) fn calendars(&mut self) {
        let plan = self.plan;
        let usual = self.usual();
        let named: BTreeSet<i64> = plan.tasks.iter().filter_map(|task| task.calendar).collect();
        let mut owners: BTreeMap<i64, i64> = BTreeMap::new();
        for assigned in self.assigned.values().flatten() {
            if let Some(calendar) = self.people.get(&assigned.0).and_then(|person| person.calendar) {
                owners.entry(calendar).or_insert(assigned.0);
            }
        }
        let mut names = HashSet::new();
        for calendar in &plan.calendars {
            let own = self.resolved.get(calendar.uid);
            let owner = owners.get(&calendar.uid).filter(|_| own != usual);
            if owner.is_none() && (!named.contains(&calendar.uid) || Some(calendar.uid) == plan.calendar) {
                continue;
            }
            if own.week.iter().all(Vec::is_empty) {
                self.kept(
                    0,
                    "Calendar",
                    format!("not carried: {} has no working time in its week", cut(&calendar.name, MOST.0)),
                );
                continue;
            }
            let mut name = cut(&calendar.name, MOST.0 - 12);
            if name.is_empty() || !names.insert(name.to_lowercase()) {
                let numbered = format!("{name} {}", calendar.uid);
                numbered.trim().clone_into(&mut name);
                names.insert(name.to_lowercase());
            }
            let exceptions: Vec<_> = own
                .exceptions
                .iter()
                .map(|range| json!({"from": range.from, "to": range.to, "name": cut(&range.name, MOST.0), "shifts": range.shifts}))
                .collect();
            let mut fields = Map::from_iter([
                ("name".to_owned(), json!(name)),
                ("week".to_owned(), json!(own.week)),
                ("exceptions".to_owned(), json!(exceptions)),
            ]);
            if let Some(owner) = owner {
                let of =
                    if self.people.get(owner).is_some_and(|one| is_team(one)) { "team" } else { "person" };
                fields.insert(of.into(), json!({"key": person_key(*owner)}));
            }
            self.record(0, What::Calendar, calendar_key(calendar.uid), fields);
        }
    }
}
