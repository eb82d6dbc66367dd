//! Who and what records name: people, teams and projects that are there already or are made.

use super::Import;
use crate::app::Result;
use crate::domain::draft::{Directory, Draft};
use crate::domain::event::Event;
use crate::domain::ids::{PersonId, ProjectId, TeamId};
use crate::domain::item::{self};
use crate::domain::program::{self, Project};
use crate::exchange::intake::{Record, What};
use crate::store::lookup::{NewPerson, NewTeam, Reader};
use crate::store::{self, Tx, new_id};
use uuid::Uuid;

impl Import<'_> {
    pub(super) async fn people(&mut self, tx: &mut Tx, records: &[Record]) -> Result<()> {
        let mut new = Vec::new();
        let of_kind: Vec<_> = records.iter().filter(|record| record.what == What::Person).collect();
        let asked: Vec<_> = of_kind
            .iter()
            .flat_map(|record| ["handle", "email", "name"].map(|name| Self::text(record, name)))
            .flatten()
            .map(|name| crate::domain::draft::Named::Person(name.to_owned()))
            .collect();
        let there = self.look_up(tx, &asked).await?;
        for record in of_kind {
            let names =
                ["handle", "email", "name"].map(|name| Self::text(record, name).map(str::to_lowercase));
            let stored = names.iter().flatten().find_map(|name| there.persons.get(name).copied());
            let id = match (self.known(record).and_then(|(entity, _)| entity), stored) {
                (Some(id), _) => {
                    self.outcome.skipped += 1;
                    id
                }
                (None, Some(id)) => {
                    self.outcome.skipped += 1;
                    id
                }
                (None, None) => {
                    let id = PersonId(new_id(self.stamp.now));
                    let text = |name| Self::text(record, name).map(str::to_owned);
                    new.push(NewPerson {
                        id,
                        name: text("name").unwrap_or_else(|| record.key.clone()),
                        email: text("email").map(|email| email.to_lowercase()),
                        handle: text("handle"),
                        version: 1,
                        effective_on: self.effective(record),
                    });
                    self.bring(record, Some(id.0), false);
                    id.0
                }
            };
            for name in names.into_iter().flatten().chain([record.key.to_lowercase()]) {
                self.directory.persons.entry(name).or_insert(id);
            }
        }
        if !new.is_empty() {
            store::lookup::insert_people(tx, &new).await?;
        }
        Ok(())
    }

    pub(super) async fn look_up(
        &self,
        tx: &mut Tx,
        names: &[crate::domain::draft::Named],
    ) -> Result<Directory> {
        let reader = Reader { person: self.stamp.actor.unwrap_or(PersonId(Uuid::nil())), admin: true };
        Ok(store::lookup::directory_in(tx, Some(self.program), reader, names).await?)
    }

    pub(super) async fn teams(&mut self, tx: &mut Tx, records: &[Record]) -> Result<()> {
        let mut new: Vec<NewTeam> = Vec::new();
        let of_kind: Vec<_> = records.iter().filter(|record| record.what == What::Team).collect();
        let name = |record: &Record| Self::text(record, "name").unwrap_or(&record.key).to_owned();
        let asked: Vec<_> =
            of_kind.iter().map(|record| crate::domain::draft::Named::Team(name(record))).collect();
        let there = self.look_up(tx, &asked).await?;
        for record in of_kind {
            let called = name(record);
            let id = if let Some(id) = there.teams.get(&called.to_lowercase()) {
                self.outcome.skipped += 1;
                *id
            } else {
                let id = TeamId(new_id(self.stamp.now));
                let description = Self::text(record, "description").unwrap_or_default().to_owned();
                let effective_on = self.effective(record);
                new.push(NewTeam { id, name: called.clone(), description, effective_on });
                self.bring(record, Some(id.0), false);
                id.0
            };
            self.directory.teams.insert(called.to_lowercase(), id);
            self.directory.teams.insert(record.key.to_lowercase(), id);
        }
        if !new.is_empty() {
            store::lookup::insert_teams(tx, &new).await?;
        }
        Ok(())
    }

    pub(super) async fn projects(&mut self, tx: &mut Tx, records: &[Record]) -> Result<()> {
        let mut new = Vec::new();
        let of_kind: Vec<_> = records.iter().filter(|record| record.what == What::Project).collect();
        let key = |record: &Record| Self::text(record, "key").unwrap_or(&record.key).to_owned();
        let asked: Vec<_> =
            of_kind.iter().map(|record| crate::domain::draft::Named::Project(key(record))).collect();
        let there = self.look_up(tx, &asked).await?;
        for record in of_kind {
            let called = key(record);
            let id = if let Some(id) = there.projects.get(&called.to_lowercase()) {
                self.outcome.skipped += 1;
                *id
            } else {
                let mut project =
                    Project::new(ProjectId(new_id(self.stamp.now)), self.program, self.effective(record));
                let draft = Draft(record.fields.clone());
                let filled = draft
                    .check(program::PROJECT_FIELDS, &self.directory)
                    .and_then(|values| project.fill(values));
                if let Err(refused) = filled {
                    self.refuse(record, &refused);
                    continue;
                }
                let id = project.id.0;
                tx.record(
                    Some(self.program),
                    None,
                    project.effective_on,
                    &Event::ProjectMade { project: called.clone() },
                );
                new.push(project);
                self.bring(record, Some(id), false);
                id
            };
            self.directory.projects.insert(called.to_lowercase(), id);
            self.directory.projects.insert(record.key.to_lowercase(), id);
        }
        if !new.is_empty() {
            store::program::insert_projects(tx, &new).await?;
        }
        Ok(())
    }

    /// Looks up whatever records name that isn't among the records themselves.
    pub(super) async fn names_of_the_database(&mut self, tx: &mut Tx, records: &[Record]) -> Result<()> {
        let mut names: Vec<_> = records
            .iter()
            .filter_map(|record| match record.what {
                What::Item(kind) => Some(Draft(record.fields.clone()).names(item::fields(kind))),
                _ => None,
            })
            .flatten()
            .collect();
        names.sort();
        names.dedup();
        let found = self.look_up(tx, &names).await?;
        for (name, id) in found.persons {
            self.directory.persons.entry(name).or_insert(id);
        }
        for (name, id) in found.teams {
            self.directory.teams.entry(name).or_insert(id);
        }
        for (name, id) in found.projects {
            self.directory.projects.entry(name).or_insert(id);
        }
        for (name, id) in found.calendars {
            self.directory.calendars.entry(name).or_insert(id);
        }
        for (name, id) in found.items {
            self.directory.items.entry(name).or_insert(id);
        }
        // People that only a row names are made: a sheet names owners who never log in.
        let missing: Vec<_> = names
            .iter()
            .filter_map(|name| match name {
                crate::domain::draft::Named::Person(name)
                    if !self.directory.persons.contains_key(&name.to_lowercase()) =>
                {
                    Some(name.clone())
                }
                _ => None,
            })
            .collect();
        let mut new: Vec<NewPerson> = Vec::new();
        for name in missing {
            let lower = name.to_lowercase();
            if self.directory.persons.contains_key(&lower) {
                continue;
            }
            let id = PersonId(new_id(self.stamp.now));
            let handle = name.starts_with('@').then(|| name.clone());
            let email = (handle.is_none() && name.contains('@')).then(|| lower.clone());
            let shown = name.trim_start_matches('@').chars().take(120).collect();
            new.push(NewPerson { id, name: shown, email, handle, version: 1, effective_on: self.today });
            self.directory.persons.insert(lower, id.0);
            *self.outcome.made.entry("people").or_default() += 1;
        }
        if !new.is_empty() {
            store::lookup::insert_people(tx, &new).await?;
        }
        Ok(())
    }
}
