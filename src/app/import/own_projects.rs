//! Projects of a table of our own that come back: found by their key, and changed where a cell was edited.

use super::Import;
use super::sides::{print, sheets, stale};
use crate::app::{App, Result};
use crate::domain::draft::Draft;
use crate::domain::event::Event;
use crate::domain::ids::ProjectId;
use crate::domain::program::{PROJECT_FIELDS, Project};
use crate::domain::side_table::SideTable;
use crate::exchange::intake::Intake;
use crate::store::{self, Tx, new_id};
use chrono::NaiveDate;
use serde_json::json;
use std::collections::{HashMap, HashSet};

impl Import<'_> {
    /// Writes the projects, before the items that name them.
    pub(super) async fn own_projects(&mut self, app: &App, tx: &mut Tx, intake: &Intake) -> Result<()> {
        let table = SideTable::Project;
        let sheets = sheets(intake, table);
        if sheets.is_empty() {
            return Ok(());
        }
        let stored: HashMap<String, Project> = store::program::projects_in(tx, self.program)
            .await?
            .into_iter()
            .map(|project| (project.key.to_lowercase(), project))
            .collect();
        let is_new = |draft: &Draft| !stored.contains_key(&draft.text("key").to_lowercase());
        let said = self.said(app, tx, table, &sheets, &is_new).await?;
        let (mut new, mut changed, mut seen) = (Vec::new(), Vec::new(), HashSet::new());
        for one in said {
            let key = one.text("key").to_lowercase();
            if !seen.insert(key.clone()) {
                self.refuse_said(&one, "key", "This project stands here twice.");
                continue;
            }
            let known = stored.get(&key);
            let on = one.text("effective_on").parse::<NaiveDate>().unwrap_or(self.today).min(self.today);
            let mut next = known
                .cloned()
                .unwrap_or_else(|| Project::new(ProjectId(new_id(self.stamp.now)), self.program, on));
            let fields = PROJECT_FIELDS.iter().filter(|field| one.values.contains_key(field.name));
            let now = json!(next);
            let edited: Draft = Draft(
                fields
                    .map(|field| (field.name.to_owned(), one.values[field.name].clone()))
                    .filter(|(name, value)| print(Some(value)) != print(now.get(name)))
                    .collect(),
            );
            let since = one.text("effective_on");
            let moved =
                known.is_some_and(|known| !since.is_empty() && known.effective_on.to_string() != since);
            if known.is_some() && edited.0.is_empty() && !moved {
                self.outcome.skipped += 1;
                continue;
            }
            if let Some(known) = known {
                if known.archived_at.is_some() {
                    self.refuse_said(&one, "", "It is archived: restore it first.");
                    continue;
                }
                if let Some(message) = stale(&one, known.version) {
                    self.refuse_said(&one, "version", message);
                    continue;
                }
                if moved {
                    self.refuse_said(&one, "effective_on", "It is not changed by an import.");
                    continue;
                }
                next.version += 1;
                next.effective_on = self.today.max(known.effective_on);
            }
            if let Err(refused) = next.fill(edited.0) {
                self.refuse_row(&one.origin.file, one.origin.line, refused.errors);
                continue;
            }
            self.directory.projects.insert(key, next.id.0);
            if known.is_some() { changed.push(next) } else { new.push(next) }
        }
        if !self.errors.is_empty() {
            return Ok(());
        }
        if !new.is_empty() {
            store::program::insert_projects(tx, &new).await?;
        }
        if !changed.is_empty() {
            let written = store::program::update_projects(tx, &changed).await?;
            if written != changed.len() as u64 {
                return Err(crate::app::Error::Stale { current: 0 });
            }
        }
        for (project, made) in new.iter().map(|one| (one, true)).chain(changed.iter().map(|one| (one, false)))
        {
            let project_key = project.key.clone();
            let event = if made {
                Event::ProjectMade { project: project_key }
            } else {
                Event::ProjectEdited { project: project_key }
            };
            tx.record(Some(self.program), None, project.effective_on, &event);
        }
        self.count(table, new.len(), changed.len());
        Ok(())
    }
}
