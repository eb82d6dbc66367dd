//! What becomes of each item, worked out without writing: its versions, one after the other.

use super::{History, Import};
use crate::app::Result;
use crate::app::item::blank;
use crate::domain::draft::{Control, Directory, Draft, Field, Refused};
use crate::domain::event::{self, Event};
use crate::domain::ids::ItemId;
use crate::domain::item::{self, Detail, Item};
use crate::domain::kind::{Kind, State};
use crate::domain::transition::{self, Move};
use crate::exchange::intake::{Record, What};
use crate::store::{self, Tx, new_id};
use chrono::NaiveDate;
use serde_json::Value;
use std::collections::HashMap;
use uuid::Uuid;

impl Import<'_> {
    /// Works out, without writing, what becomes of each item.
    pub(super) async fn histories(&mut self, tx: &mut Tx, records: &[Record]) -> Result<Vec<History>> {
        let mut stored = self.stored_items(tx, records).await?;
        // Items may name each other, so all have their ids before any draft is read.
        for record in records.iter().filter(|record| matches!(record.what, What::Item(_))) {
            let id =
                self.known(record).and_then(|(entity, _)| entity).unwrap_or_else(|| new_id(self.stamp.now));
            self.directory.items.insert(record.key.to_lowercase(), id);
        }
        self.names_of_the_database(tx, records).await?;
        let mut order: Vec<ItemId> = Vec::new();
        let mut histories: HashMap<ItemId, History> = HashMap::new();
        for record in records {
            let Some(id) = self.directory.items.get(&record.key.to_lowercase()).copied().map(ItemId) else {
                continue;
            };
            match record.what {
                What::Item(kind) => {
                    let seen = self.known(record);
                    if seen.is_some_and(|(_, same)| same) {
                        self.outcome.skipped += 1;
                        continue;
                    }
                    let before = stored.remove(&id);
                    match self.item(record, kind, id, before.as_ref()) {
                        Ok(version) => {
                            let same = before.as_ref().is_some_and(|before| is_as_before(before, &version));
                            let told = before.as_ref().map_or_else(
                                || vec![(Event::Raised {}, record.reason.clone())],
                                |before| told(&event::between(before, &version), record),
                            );
                            let versions = if same { Vec::new() } else { vec![(version, told)] };
                            order.push(id);
                            if same {
                                self.note(record, id.0);
                            } else {
                                self.bring(record, Some(id.0), before.is_some());
                            }
                            histories.insert(id, History { stored: before, versions });
                        }
                        Err(refused) => self.refuse(record, &refused),
                    }
                }
                What::Forecast | What::Transition => {
                    if self.known(record).is_some() {
                        self.outcome.skipped += 1;
                        continue;
                    }
                    if let std::collections::hash_map::Entry::Vacant(e) = histories.entry(id) {
                        let Some(before) = stored.remove(&id) else { continue };
                        order.push(id);
                        e.insert(History { stored: Some(before), versions: Vec::new() });
                    }
                    let Some(history) = histories.get_mut(&id) else { continue };
                    let Some(last) = history.last().cloned() else { continue };
                    if self.of_plan && Self::text(record, "to").and_then(State::from_name) == Some(last.state)
                    {
                        self.note(record, id.0);
                        continue;
                    }
                    match self.step(record, &last) {
                        Ok(next) => {
                            let events = told(&event::between(&last, &next), record);
                            self.bring(record, Some(id.0), false);
                            if next
                                != (Item { version: next.version, effective_on: next.effective_on, ..last })
                            {
                                history.versions.push((next, events));
                            }
                        }
                        Err(refused) => self.refuse(record, &refused),
                    }
                }
                _ => {}
            }
        }
        Ok(order.iter().filter_map(|id| histories.remove(id)).collect())
    }

    /// The items that earlier imports made and that these records name.
    async fn stored_items(&self, tx: &mut Tx, records: &[Record]) -> Result<HashMap<ItemId, Item>> {
        let ids: Vec<_> = records
            .iter()
            .filter(|record| matches!(record.what, What::Item(_)))
            .filter_map(|record| self.known(record).and_then(|(entity, _)| entity))
            .map(ItemId)
            .collect();
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        Ok(store::item::by_ids(tx, &ids).await?.into_iter().map(|item| (item.id, item)).collect())
    }

    /// An item as a record gives it: new, or the stored one with the record laid over it.
    fn item(
        &self,
        record: &Record,
        kind: Kind,
        id: ItemId,
        before: Option<&Item>,
    ) -> std::result::Result<Item, Refused> {
        let on = self.effective(record);
        let mut made =
            before.cloned().unwrap_or_else(|| Item { id, ..blank(self.program, kind, self.stamp.now, on) });
        let draft = match before {
            Some(before) => before.draft().overlaid(&Draft(record.fields.clone())),
            None => Draft(record.fields.clone()),
        };
        let mut directory = self.directory.clone_for(before);
        directory.items.extend(self.directory.items.iter().map(|(name, id)| (name.clone(), *id)));
        let values =
            draft.check(item::fields(kind), if before.is_some() { &directory } else { &self.directory })?;
        made.fill(values, on)?;
        if kind == Kind::Activity {
            made.not_ahead(self.today)?;
        }
        if let Some(before) = before.filter(|before| before.kind != kind) {
            let (was, is) = (before.kind.label(), kind.label());
            return Err(Refused::because("", format!("It was imported as {was}, and is {is} now.")));
        }
        if let Some(before) = before {
            made.effective_on = self.today.max(before.effective_on);
            made.version = before.version + 1;
        }
        Ok(made)
    }

    /// An item after a forecast or a change of state that a record tells of.
    pub(super) fn step(&self, record: &Record, last: &Item) -> std::result::Result<Item, Refused> {
        let on = self.effective(record);
        transition::not_before_latest(last, on)?;
        let mut next = last.clone();
        next.version += 1;
        next.effective_on = on;
        let day = |name: &str| record.fields.get(name).map_or(Ok(None), crate::domain::draft::date);
        let refused = |field: &str, why: String| Refused::because(field, why);
        if record.what == What::Forecast {
            let forecast = day("forecast_on").map_err(|why| refused("forecast_on", why))?;
            let Detail::Milestone(own) = &mut next.detail else {
                return Err(Refused::because("", "Only a milestone has a forecast."));
            };
            own.forecast_on = forecast;
            own.forecast_stated_on = Some(on);
            own.forecast_reason = record.reason.clone().unwrap_or_default().chars().take(500).collect();
            next.settle();
            return Ok(next);
        }
        let to = Self::text(record, "to").and_then(State::from_name);
        let to = to.ok_or_else(|| Refused::because("to", "There is no such state."))?;
        let mut asked = Draft(record.fields.clone());
        asked.0.shift_remove("to");
        let tags = asked.0.shift_remove("tags");
        if asked_of(last.kind, to).any(|field| field.name == "reason" && field.required) {
            let reason = record.reason.as_deref().filter(|reason| !reason.is_empty());
            let reason = reason.unwrap_or("The source doesn’t say why.");
            asked.0.entry("reason").or_insert_with(|| Value::from(reason));
        }
        let values = asked.check(asked_of(last.kind, to), &self.directory)?;
        let stated = |name: &str| {
            values.get(name).and_then(Value::as_str).and_then(|day| day.parse::<NaiveDate>().ok())
        };
        let text = |name: &str| values.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let id = |name: &str| values.get(name).and_then(Value::as_str).and_then(|id| id.parse::<Uuid>().ok());
        let step = Move {
            by: id("by"),
            reason: record
                .reason
                .clone()
                .filter(|reason| !reason.is_empty())
                .unwrap_or_else(|| text("reason")),
            side: match values.get("as").and_then(Value::as_str) {
                Some("provider") => Some(transition::Side::Provider),
                Some("consumer") => Some(transition::Side::Consumer),
                _ => None,
            },
            until: stated("until"),
            escalated_to: id("escalated_to"),
            escalated_on: stated("escalated_on"),
            option: text("option"),
            rationale: text("rationale"),
            superseded_by: id("superseded_by"),
            ..Move::new(to, stated("on").unwrap_or(on))
        };
        let mut step = step;
        if to == State::Decided && step.option.is_empty() && step.rationale.is_empty() {
            step.rationale = "The source doesn’t say what was decided.".into();
        }
        if record.passing {
            // Nobody did this that day: the state is passed through, and nothing else is said.
            transition::pass(&mut next, to)?;
        } else {
            transition::apply(&mut next, &step)?;
        }
        if let Some(Value::Array(tags)) = tags {
            let tags = tags.iter().filter_map(Value::as_str).map(str::to_lowercase);
            next.tags.extend(tags);
            next.tags.sort();
            next.tags.dedup();
        }
        Ok(next)
    }
}

/// Who did it: a record may say so, where on a page it is whoever is signed in.
const BY: Field = Field::new("by", "By", Control::Person);

/// What a record of a change of state may say.
fn asked_of(kind: Kind, to: State) -> impl Iterator<Item = &'static Field> + Clone {
    transition::fields(kind, to).iter().chain(std::iter::once(&BY))
}

/// Whether the next version of an item says what it said before.
fn is_as_before(before: &Item, next: &Item) -> bool {
    *next == Item { version: next.version, effective_on: next.effective_on, ..before.clone() }
}

/// Events with the reason that the record gives.
pub(super) fn told(events: &[Event], record: &Record) -> Vec<(Event, Option<String>)> {
    events.iter().map(|event| (event.clone(), record.reason.clone())).collect()
}

impl Directory {
    /// A directory in which what a stored item points at stands under its ids, as its own draft names it.
    pub(super) fn clone_for(&self, before: Option<&Item>) -> Self {
        let mut directory = self.clone();
        let Some(before) = before else { return directory };
        let mut left: Vec<Value> = before.draft().0.into_iter().map(|(_, value)| value).collect();
        while let Some(value) = left.pop() {
            match value {
                Value::Object(map) => left.extend(map.into_iter().map(|(_, value)| value)),
                Value::Array(list) => left.extend(list),
                value => {
                    let Some(id) = value.as_str().and_then(|text| text.parse::<Uuid>().ok()) else {
                        continue;
                    };
                    for map in [
                        &mut directory.persons,
                        &mut directory.teams,
                        &mut directory.projects,
                        &mut directory.items,
                        &mut directory.calendars,
                    ] {
                        map.insert(id.to_string(), id);
                    }
                }
            }
        }
        directory
    }
}
