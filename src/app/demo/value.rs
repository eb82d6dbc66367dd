//! What the story tells beside its items: measurements, money, capacity, surveys, roles and rework.

use super::{Teller, told_wrong, why};
use crate::app::{Result, WriteMeta, benefit, record, stakeholder, survey};
use crate::domain::allocation::Allocation;
use crate::domain::budget::BudgetLine;
use crate::domain::draft::Draft;
use crate::domain::rework::Rework;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::HashMap;

/// Something that is written down on a day.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    what: What,
    program: String,
    pub(super) on: i64,
    by: Option<String>,
    /// The item that it is of, by the name that the story gives it.
    of: Option<String>,
    #[serde(default)]
    fields: Map<String, Value>,
    /// Of a survey: who is asked, and what is answered: with `who` through their link, else on a day.
    #[serde(default)]
    invited: Vec<String>,
    #[serde(default)]
    answers: Vec<Map<String, Value>>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum What {
    BudgetLine,
    Allocation,
    Rework,
    Raci,
    AdoptionTarget,
    Measurement,
    Contact,
    Survey,
}

impl Teller<'_> {
    /// Writes an entry down, by whom it names or the manager of its program.
    pub(super) async fn write_down(
        &mut self,
        entry: &Entry,
        managers: &HashMap<&str, &str>,
        admin: &str,
    ) -> Result<()> {
        let manager = managers.get(entry.program.as_str()).copied().unwrap_or(admin);
        self.enter_record(entry, manager).await.map_err(|error| why(&format!("{entry:?}"), error))
    }

    async fn enter_record(&mut self, entry: &Entry, manager: &str) -> Result<()> {
        let ctx = self.ctx(entry.by.as_deref().unwrap_or(manager), entry.on)?;
        let entered = self.enter(&ctx, &entry.program).await?;
        let draft = self.draft(&entry.fields)?;
        let meta = WriteMeta::default();
        let (app, day) = (self.app, self.day(entry.on));
        let number = match entry.of.as_ref().map(|of| self.told.get(of)) {
            Some(Some(reference)) => reference.number,
            Some(None) => return Err(told_wrong("an entry", "it is of something that was not raised")),
            None => 0,
        };
        match entry.what {
            What::BudgetLine => {
                record::make(app, &ctx, &entered, &draft, &meta, |_: &mut BudgetLine, _| ()).await?;
            }
            What::Allocation => {
                record::make(app, &ctx, &entered, &draft, &meta, |_: &mut Allocation, _| ()).await?;
            }
            What::Rework => {
                record::make(app, &ctx, &entered, &draft, &meta, |_: &mut Rework, _| ()).await?;
            }
            What::Raci => {
                stakeholder::set_roles(app, &ctx, &entered, None, &draft, &meta).await?;
            }
            What::AdoptionTarget => {
                benefit::set_target(app, &ctx, &entered, number, None, &draft, &meta).await?;
            }
            What::Measurement => {
                benefit::measure(app, &ctx, &entered, number, &draft, &meta).await?;
            }
            What::Contact => {
                stakeholder::contacted(app, &ctx, &entered, number, Some(day), "").await?;
            }
            What::Survey => {
                let made = survey::open(app, &ctx, &entered, &draft, &meta).await?;
                let who: Vec<_> =
                    entry.invited.iter().filter_map(|name| Some(self.told.get(name)?.number)).collect();
                let told = if who.is_empty() {
                    Vec::new()
                } else {
                    survey::invite(app, &ctx, &entered, made.number, &who).await?
                };
                for given in &entry.answers {
                    let mut answer: Draft = self.draft(given)?;
                    let by = answer.0.shift_remove("who");
                    let by = by.as_ref().and_then(Value::as_str).and_then(|name| self.told.get(name));
                    if let Some(asked) = by.and_then(|by| told.iter().find(|one| one.number == by.number)) {
                        survey::answer(app, asked.secret.reveal(), &answer, None).await?;
                    } else {
                        let on = answer.text("on").parse().unwrap_or(day);
                        let ctx = self.on(&ctx, on);
                        let entered = self.enter(&ctx, &entry.program).await?;
                        survey::write_down(app, &ctx, &entered, made.number, &answer, &meta).await?;
                    }
                }
            }
        }
        Ok(())
    }
}
