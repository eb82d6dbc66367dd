//! A program's own checklists, of a table of our own that comes back: a row a check. One that isn't there is made, a cell that was edited
//! changes that check, and a check behind the last one is added; none is taken away because the table leaves it out.

use super::Import;
use super::sides::{Said, print, sheets};
use crate::app::{App, Result};
use crate::domain::checklist::Entry;
use crate::domain::event::Event;
use crate::domain::side_table::SideTable;
use crate::exchange::intake::Intake;
use crate::store::checklist::Checklist;
use crate::store::{self, Tx, new_id};
use chrono::NaiveDate;
use serde_json::Value;
use std::collections::btree_map::Entry as Place;
use std::collections::{BTreeMap, HashMap};

/// The rows of a checklist, by position from 1.
type Rows = BTreeMap<usize, Said>;

impl Import<'_> {
    /// Writes the checklists.
    pub(super) async fn own_checklists(&mut self, app: &App, tx: &mut Tx, intake: &Intake) -> Result<()> {
        let table = SideTable::Checklist;
        let said = self.said(app, tx, table, &sheets(intake, table), &|_| false).await?;
        if said.is_empty() {
            return Ok(());
        }
        let since: HashMap<String, String> = self
            .standing(tx, table)
            .await?
            .iter()
            .map(|row| (print(row.get("checklist")).to_lowercase(), print(row.get("effective_on"))))
            .collect();
        let mut stored: HashMap<String, Checklist> = store::checklist::list(&app.db, self.program, None)
            .await?
            .into_iter()
            .map(|list| (list.name.to_lowercase(), list))
            .collect();
        let (mut made, mut changed, mut write) = (0, 0, Vec::new());
        for (name, rows) in self.by_list(said) {
            let before = stored.remove(&name);
            let Some(list) = self.checklist(before.as_ref(), &rows) else { continue };
            let same = before.as_ref().map_or(0, |before| {
                rows.keys().filter(|at| before.checks.get(**at - 1) == list.checks.get(**at - 1)).count()
            });
            self.outcome.skipped += u32::try_from(same).unwrap_or(u32::MAX);
            if before.as_ref().is_some_and(|before| before.checks == list.checks) {
                continue;
            }
            let Some(first) = rows.values().next() else { continue };
            let known = since.get(&name).filter(|_| before.is_some());
            let another = |one: &&Said| {
                !one.text("effective_on").is_empty() && known != Some(&one.text("effective_on").to_owned())
            };
            if let (Some(known), Some(one)) = (known, rows.values().find(another)) {
                let message = format!(
                    "Somebody changed it since this table was made: it stands since {known}. Export it again."
                );
                self.refuse_said(one, "effective_on", message);
                continue;
            }
            let on = first.text("effective_on").parse::<NaiveDate>().unwrap_or(self.today).min(self.today);
            let on = if before.is_some() { self.today } else { on };
            let edited = before.as_ref().map_or(0, |before| before.checks.len());
            let new = rows.keys().filter(|at| **at > edited).count();
            (made, changed) = (made + new, changed + rows.len() - new - same);
            write.push((list, before.is_some(), on));
        }
        if !self.errors.is_empty() {
            return Ok(());
        }
        for (list, stands, on) in write {
            if stands {
                store::checklist::update(tx, self.program, &list, on).await?;
            } else {
                store::checklist::insert(tx, self.program, &list, on).await?;
            }
            let event = Event::ChecklistSet { checklist: list.name, kept: true };
            tx.record(Some(self.program), None, on, &event);
        }
        self.count(table, made, changed);
        Ok(())
    }

    /// The rows by the names of their checklists in lower case, in the order in which these first stand there.
    fn by_list(&mut self, said: Vec<Said>) -> Vec<(String, Rows)> {
        let mut lists: Vec<(String, Rows)> = Vec::new();
        for one in said {
            let name = one.text("checklist").to_lowercase();
            let at = one.values.get("position").and_then(Value::as_u64).unwrap_or_default();
            let at = usize::try_from(at).unwrap_or_default();
            let place = lists.iter().position(|(known, _)| *known == name).unwrap_or_else(|| {
                lists.push((name, Rows::new()));
                lists.len() - 1
            });
            match lists[place].1.entry(at) {
                Place::Vacant(free) => {
                    free.insert(one);
                }
                Place::Occupied(_) => {
                    let message = format!("Position {at} of this checklist stands here twice.");
                    self.refuse_said(&one, "position", message);
                }
            }
        }
        lists
    }

    /// A checklist with its rows laid over what stands; none where one of them leaves a gap.
    fn checklist(&mut self, before: Option<&Checklist>, rows: &Rows) -> Option<Checklist> {
        let name = rows.values().next()?.text("checklist").to_owned();
        let mut list = before.cloned().unwrap_or_else(|| Checklist {
            id: new_id(self.stamp.now),
            name,
            checks: Vec::new(),
        });
        for (at, one) in rows {
            let there = list.checks.len();
            if *at > there + 1 {
                self.refuse_said(
                    one,
                    "position",
                    format!("The checklist has {there} checks before it: give {}.", there + 1),
                );
                return None;
            }
            if *at > there {
                list.checks.push(Entry::default());
            }
            let Some(check) = list.checks.get_mut(*at - 1) else { continue };
            if !one.text("criterion").is_empty() {
                one.text("criterion").clone_into(&mut check.criterion);
            }
            if !one.text("area").is_empty() {
                one.text("area").clone_into(&mut check.area);
            }
            if let Some(mandatory) = one.values.get("mandatory").and_then(Value::as_bool) {
                check.mandatory = mandatory;
            }
        }
        Some(list)
    }
}
