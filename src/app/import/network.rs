//! What an import does to the network: links of the schedule, parts of summaries, milestones of dependencies. It is looked at
//! as a whole, when all is written.

use super::Import;
use crate::app::{Result, network};
use crate::domain::draft::{FieldError, Refused};
use crate::domain::ids::{ItemId, ScheduleLinkId};
use crate::domain::item::Detail;
use crate::domain::kind::Kind;
use crate::domain::schedule_link::{KINDS, LagUnit, LinkType, ScheduleLink};
use crate::exchange::intake::{Record, What};
use crate::store::lookup::Reader;
use crate::store::{self, Tx, new_id};
use serde_json::Value;
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// What an import does to the network beside its links.
#[derive(Default)]
pub(super) struct Touched {
    items: Vec<Uuid>,
    /// Activities that are named as summaries.
    parents: Vec<Uuid>,
    /// Something may lie in another program.
    across: bool,
}

impl Import<'_> {
    /// What the import does to the network; `None` if it leaves it as it is. Whoever else changes it waits.
    pub(super) async fn network(
        &self,
        tx: &mut Tx,
        records: &[Record],
        histories: &[super::History],
    ) -> Result<Option<Touched>> {
        let mut touched = Touched::default();
        for history in histories {
            let Some(last) = history.last() else { continue };
            let Some(change) = network::change(history.stored.as_ref(), last) else { continue };
            touched.items.extend(change.touched());
            match &last.detail {
                Detail::Activity(own) => touched.parents.extend(own.parent),
                _ => touched.across = true,
            }
        }
        let links = records.iter().any(|record| record.what == What::ScheduleLink);
        if touched.items.is_empty() && !links {
            return Ok(None);
        }
        network::lock(tx).await?;
        Ok(Some(touched))
    }

    /// Makes the links of the schedule, and refuses what would make a cycle.
    pub(super) async fn schedule(&mut self, tx: &mut Tx, records: &[Record], touched: Touched) -> Result<()> {
        let mut ends = touched.parents.clone();
        let mut read: Vec<(&Record, Uuid, Uuid)> = Vec::new();
        for record in records.iter().filter(|record| record.what == What::ScheduleLink) {
            if self.known(record).is_some() {
                self.outcome.skipped += 1;
                continue;
            }
            let end = |name: &str| {
                let named = record.fields.get(name)?;
                let key = named.get("key").unwrap_or(named).as_str()?;
                self.directory.items.get(&key.to_lowercase()).copied()
            };
            match (end("predecessor"), end("successor")) {
                (Some(predecessor), Some(successor)) if predecessor != successor => {
                    ends.extend([predecessor, successor]);
                    read.push((record, predecessor, successor));
                }
                _ => self.refuse(record, &Refused::because("", "It leads nowhere.")),
            }
        }
        let known: HashMap<Uuid, _> = store::schedule_link::ends(tx, &ends)
            .await?
            .into_iter()
            .map(|(id, program, named)| (id.0, (program, named.kind)))
            .collect();
        for parent in &touched.parents {
            if known.get(parent) != Some(&(self.program, Kind::Activity)) {
                let message = "An activity is a part of another activity of its program.";
                self.errors.push(FieldError::new("parent", message));
            }
        }
        let there =
            if self.of_plan { store::import::plan_links(tx, self.program).await? } else { Vec::new() };
        let there: HashMap<_, _> =
            there.iter().map(|link| ((link.predecessor, link.successor, link.link_type), link)).collect();
        let mut earlier: HashMap<&str, Vec<&String>> = HashMap::new();
        for key in self.known.keys().filter(|_| self.of_plan) {
            if let Some((ends, _)) = key.strip_prefix("schedule link:").and_then(|key| key.rsplit_once(':')) {
                earlier.entry(ends).or_default().push(key);
            }
        }
        let stale: Vec<String> = read
            .iter()
            .filter_map(|(record, ..)| earlier.get(record.key.as_str()))
            .flat_map(|keys| keys.iter().map(|key| (*key).clone()))
            .collect();
        self.forgotten.extend(stale);
        let mut links: Vec<ScheduleLink> = Vec::new();
        let mut seen = HashSet::new();
        for (record, predecessor, successor) in &read {
            let of = |item: &Uuid| known.get(item).copied().filter(|(_, kind)| KINDS.contains(kind));
            let (Some((from, _)), Some((program, _))) = (of(predecessor), of(successor)) else {
                let message = "The schedule links activities, milestones and dependencies.";
                self.refuse(record, &Refused::because("", message));
                continue;
            };
            let (predecessor, successor) = (ItemId(*predecessor), ItemId(*successor));
            let id = ScheduleLinkId(new_id(self.stamp.now));
            let mut link =
                ScheduleLink::new(id, (from, predecessor), (program, successor), self.effective(record));
            link.link_type = Self::text(record, "type").and_then(LinkType::from_name).unwrap_or_default();
            link.lag = match record.fields.get("lag_days") {
                Some(Value::String(text)) => text.replace(',', ".").parse().unwrap_or_default(),
                Some(number) => number.as_f64().unwrap_or_default(),
                None => 0.0,
            };
            link.lag_unit = match Self::text(record, "lag_unit") {
                Some("elapsed") => LagUnit::Elapsed,
                Some("percent") => LagUnit::Percent,
                _ => LagUnit::Working,
            };
            if self.of_plan {
                let same =
                    there.get(&(link.predecessor.0, link.successor.0, link.link_type)).is_some_and(|known| {
                        (known.lag - link.lag).abs() < 1e-6 && known.lag_unit == link.lag_unit
                    });
                if same {
                    self.noted(record);
                    continue;
                }
            }
            self.bring(record, None, false);
            if seen.insert((predecessor, successor, link.link_type)) {
                links.push(link);
            }
        }
        if !self.errors.is_empty() {
            return Ok(());
        }
        store::schedule_link::set(tx, &links).await?;
        let reader = Reader {
            person: self.stamp.actor.unwrap_or(crate::domain::ids::PersonId(Uuid::nil())),
            admin: true,
        };
        let mut items = touched.items;
        items.extend(links.iter().flat_map(|link| [link.predecessor.0, link.successor.0]));
        if let Some((cycle, message)) = network::cycle_through(tx, reader, &items).await? {
            let on_it = |item: &Uuid| cycle.contains(item);
            let first = read.iter().find(|(_, from, to)| on_it(from) && on_it(to));
            match first {
                Some((record, ..)) => self.refuse(record, &Refused::because("", message)),
                None => self.errors.push(FieldError::new("", message)),
            }
        }
        if touched.across || links.iter().any(|link| link.from_program != link.program) {
            store::network::refresh_reach(tx).await?;
        }
        Ok(())
    }
}
