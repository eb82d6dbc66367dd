//! Calendars that a source brings, beside the program's own.

use super::{Import, fingerprint, key_of};
use crate::app::{App, Error, Result};
use crate::domain::draft::Draft;
use crate::domain::event::Event;
use crate::domain::ids::CalendarId;
use crate::domain::work_calendar::{FIELDS, ProgramCalendar};
use crate::exchange::intake::{Record, What};
use crate::store::import::Known;
use crate::store::{self, Tx, new_id};
use uuid::Uuid;

impl Import<'_> {
    /// Keeps what a record is known by, though nothing had to be done for it.
    pub(super) fn note(&mut self, record: &Record, entity: Uuid) {
        let print = fingerprint(record);
        self.brought.push(Known { key: key_of(record, &print), entity: Some(entity), fingerprint: print });
        self.outcome.skipped += 1;
    }

    /// The same of what is no entity.
    pub(super) fn noted(&mut self, record: &Record) {
        let print = fingerprint(record);
        self.brought.push(Known { key: key_of(record, &print), entity: None, fingerprint: print });
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
}
