//! What records tell of projects: the delivery confidence that is declared of them, year after year, and money.

use super::Import;
use crate::app::{Error, Result};
use crate::domain::draft::{Control, Draft, Field, Refused};
use crate::domain::event::Event;
use crate::domain::program::{PROJECT_FIELDS, Project};
use crate::exchange::intake::{Record, What};
use crate::store::{self, Tx, new_id};
use serde_json::{Value, json};
use std::collections::HashMap;
use uuid::Uuid;

/// What a line of a budget may say.
const FIELDS: &[Field] = &[
    Field::new("category", "Category", Control::Line(120)).required(),
    Field::new("period_on", "Month", Control::Date).required(),
    Field::new("project", "Project", Control::Project),
    Field::new("planned", "Planned", Control::Amount),
    Field::new("committed", "Committed", Control::Amount),
    Field::new("actual", "Actual", Control::Amount),
    Field::new("forecast", "Forecast", Control::Amount),
    Field::new("note", "Note", Control::Text(5_000)),
];

impl Import<'_> {
    /// Lays declared confidences over their projects, in the order of days: each is a version of its own.
    pub(super) async fn declared(&mut self, tx: &mut Tx, records: &[Record]) -> Result<()> {
        let mut left: Vec<&Record> = Vec::new();
        for record in records.iter().filter(|record| record.what == What::Declared) {
            if self.known(record).is_some() {
                self.outcome.skipped += 1;
            } else {
                left.push(record);
            }
        }
        left.sort_by_key(|record| self.effective(record));
        let project = |record: &Record| self.directory.projects.get(&record.key.to_lowercase()).copied();
        let ids: Vec<Uuid> = left.iter().filter_map(|record| project(record)).collect();
        let mut latest: HashMap<Uuid, Project> = store::program::projects_by_ids(tx, &ids)
            .await?
            .into_iter()
            .map(|project| (project.id.0, project))
            .collect();
        let mut waves: Vec<Vec<Project>> = Vec::new();
        let mut depth: HashMap<Uuid, usize> = HashMap::new();
        for record in left {
            let id = self.directory.projects.get(&record.key.to_lowercase()).copied();
            let Some(mut next) = id.and_then(|id| latest.get(&id)).cloned() else {
                self.refuse(record, &Refused::because("", "There is no such project."));
                continue;
            };
            let on = self.effective(record);
            if on < next.effective_on {
                let why = format!(
                    "History is appended to, never rewritten: the project has a version of {}.",
                    next.effective_on
                );
                self.refuse(record, &Refused::because("", why));
                continue;
            }
            let fields = PROJECT_FIELDS.iter().filter(|field| field.name.starts_with("confidence"));
            let filled = Draft(record.fields.clone())
                .check(fields, &self.directory)
                .and_then(|values| next.fill(values));
            if let Err(refused) = filled {
                self.refuse(record, &refused);
                continue;
            }
            next.version += 1;
            next.effective_on = on;
            let wave = depth.entry(next.id.0).or_default();
            if waves.len() == *wave {
                waves.push(Vec::new());
            }
            waves[*wave].push(next.clone());
            *wave += 1;
            let event = Event::ProjectEdited { project: next.key.clone() };
            tx.record_because(Some(self.program), None, on, &event, record.reason.as_deref());
            self.bring(record, Some(next.id.0), false);
            latest.insert(next.id.0, next);
        }
        // The first of each project, then the second: few, however many projects.
        for wave in &waves {
            if store::program::update_projects(tx, wave).await? != wave.len() as u64 {
                return Err(Error::Stale { current: 0 });
            }
        }
        Ok(())
    }

    /// Writes lines of the budget; a line that an earlier import brought and that now says something else is changed.
    pub(super) async fn budget(&mut self, tx: &mut Tx, records: &[Record]) -> Result<()> {
        let mut rows: Vec<Value> = Vec::new();
        for record in records.iter().filter(|record| record.what == What::BudgetLine) {
            let known = self.known(record);
            if known.is_some_and(|(_, same)| same) {
                self.outcome.skipped += 1;
                continue;
            }
            let mut values = match Draft(record.fields.clone()).check(FIELDS, &self.directory) {
                Ok(values) => values,
                Err(refused) => {
                    self.refuse(record, &refused);
                    continue;
                }
            };
            if !values.get("period_on").and_then(Value::as_str).is_some_and(|day| day.ends_with("-01")) {
                self.refuse(record, &Refused::because("period_on", "Give the first day of a month."));
                continue;
            }
            let before = known.and_then(|(entity, _)| entity);
            let id = before.unwrap_or_else(|| new_id(self.stamp.now));
            let on = if before.is_some() { self.today } else { self.effective(record) };
            values.insert("id".into(), json!(id));
            values.insert("program".into(), json!(self.program));
            values.insert("effective_on".into(), json!(on));
            rows.push(Value::Object(values));
            self.bring(record, Some(id), before.is_some());
        }
        if !rows.is_empty() {
            store::import::put_budget_lines(tx, &Value::Array(rows)).await?;
        }
        Ok(())
    }
}
