//! What the schedule of a source hangs on: its calendars, and the links between its activities and milestones.

use super::{Import, fingerprint, key_of};
use crate::app::{App, Error, Result, network};
use crate::domain::draft::{Draft, Refused};
use crate::domain::event::Event;
use crate::domain::ids::{CalendarId, ItemId, PersonId, ScheduleLinkId};
use crate::domain::schedule_link::ScheduleLink;
use crate::domain::work_calendar::{FIELDS, ProgramCalendar};
use crate::exchange::intake::{Record, What};
use crate::store::import::Known;
use crate::store::lookup::Reader;
use crate::store::schedule_link::Asked;
use crate::store::{self, Tx, new_id};
use std::collections::HashMap;
use uuid::Uuid;

impl Import<'_> {
    fn reader(&self) -> Reader {
        Reader { person: self.stamp.actor.unwrap_or(PersonId(Uuid::nil())), admin: true }
    }

    /// Keeps what a record is known by, though nothing had to be done for it.
    fn note(&mut self, record: &Record, entity: Uuid) {
        let print = fingerprint(record);
        self.brought.push(Known { key: key_of(record, &print), entity: Some(entity), fingerprint: print });
        self.outcome.skipped += 1;
    }

    /// Calendars that are there already, by an earlier import or by their name, or are made.
    pub(super) async fn calendars(&mut self, app: &App, tx: &mut Tx, records: &[Record]) -> Result<()> {
        let of_kind: Vec<_> = records.iter().filter(|record| record.what == What::Calendar).collect();
        if of_kind.is_empty() {
            return Ok(());
        }
        let stored = store::work_calendar::all(&app.db, self.program, None).await?;
        for record in of_kind {
            let name = Self::text(record, "name").unwrap_or_default().to_lowercase();
            let known = self.known(record);
            let before = stored.iter().filter(|one| one.archived_at.is_none()).find(|one| match known {
                Some((Some(id), _)) => one.id.0 == id,
                _ => one.name.to_lowercase() == name,
            });
            if let (Some(before), Some((_, true))) = (before, known) {
                self.outcome.skipped += 1;
                self.directory.calendars.insert(record.key.to_lowercase(), before.id.0);
                continue;
            }
            let on = self.effective(record);
            let new = || ProgramCalendar::new(CalendarId(new_id(self.stamp.now)), self.program, on);
            let mut next = before.cloned().unwrap_or_else(new);
            let filled = Draft(record.fields.clone())
                .check(FIELDS, &self.directory)
                .and_then(|values| next.fill(values));
            if let Err(refused) = filled {
                self.refuse(record, &refused);
                continue;
            }
            self.directory.calendars.insert(record.key.to_lowercase(), next.id.0);
            let event = match before {
                Some(before) if *before == next => {
                    self.note(record, next.id.0);
                    continue;
                }
                Some(before) => {
                    next.version += 1;
                    next.effective_on = self.today.max(before.effective_on);
                    if !store::work_calendar::update(tx, &next).await? {
                        return Err(Error::Stale { current: next.version });
                    }
                    Event::CalendarEdited { calendar: next.name.clone() }
                }
                None => {
                    store::work_calendar::insert(tx, &next).await?;
                    Event::CalendarMade { calendar: next.name.clone() }
                }
            };
            tx.record(Some(self.program), None, next.effective_on, &event);
            self.bring(record, Some(next.id.0), before.is_some());
        }
        Ok(())
    }

    /// Links of the schedule: those that are there with other terms get the record's.
    pub(super) async fn schedule_links(&mut self, app: &App, tx: &mut Tx, records: &[Record]) -> Result<()> {
        let mut of_kind = Vec::new();
        for record in records.iter().filter(|record| record.what == What::ScheduleLink) {
            if self.known(record).is_some_and(|(_, same)| same) {
                self.outcome.skipped += 1;
            } else {
                of_kind.push(record);
            }
        }
        if of_kind.is_empty() {
            return Ok(());
        }
        let all = Asked { limit: i64::MAX, ..Asked::default() };
        let (stored, _) = store::schedule_link::list(&app.db, self.program, &all, self.reader(), None).await?;
        let stored: HashMap<_, _> = stored
            .into_iter()
            .map(|shown| ((shown.link.predecessor, shown.link.successor, shown.link.link_type), shown.link))
            .collect();
        let (mut new, mut changed, mut touched) = (Vec::new(), Vec::new(), Vec::new());
        for record in of_kind {
            let on = self.effective(record);
            let values = match Draft(record.fields.clone()).check(crate::domain::schedule_link::FIELDS, &self.directory) {
                Ok(values) => values,
                Err(refused) => {
                    self.refuse(record, &refused);
                    continue;
                }
            };
            let none = (self.program, ItemId(Uuid::nil()));
            let mut link = ScheduleLink::new(ScheduleLinkId(new_id(self.stamp.now)), none, none, on);
            let (Some(predecessor), Some(successor)) = link.fill(&values) else {
                self.refuse(record, &Refused::because("link", "It leads nowhere."));
                continue;
            };
            if predecessor == successor {
                self.refuse(record, &Refused::because("link", "An item doesn’t wait for itself."));
                continue;
            }
            (link.predecessor, link.successor) = (predecessor, successor);
            match stored.get(&(predecessor, successor, link.link_type)) {
                None => {
                    self.bring(record, Some(link.id.0), false);
                    touched.extend([predecessor, successor]);
                    new.push(link);
                }
                Some(before) if (before.lag, before.lag_unit) == (link.lag, link.lag_unit) => {
                    self.note(record, before.id.0);
                }
                Some(before) => {
                    let effective_on = self.today.max(before.effective_on);
                    let next = ScheduleLink { lag: link.lag, lag_unit: link.lag_unit, version: before.version + 1, effective_on, ..before.clone() };
                    self.bring(record, Some(before.id.0), true);
                    changed.push(next);
                }
            }
        }
        if !self.errors.is_empty() {
            return Ok(());
        }
        store::schedule_link::insert(tx, &new).await?;
        for link in &changed {
            if !store::schedule_link::update(tx, link).await? {
                return Err(Error::Stale { current: link.version });
            }
        }
        network::no_cycle(tx, self.reader(), &network::ids(touched), "links").await
    }
}
