//! Whether a plan is the one that the program was imported from before, which of its tasks are which items, and what a later
//! version of it no longer has.
//!
//! - A plan is known by its GUID. An export of the program itself has the program's, and its tasks have those of the items.
//! - With another GUID than before it is the same plan if at least half of the tasks whose UIDs are known carry the GUIDs that
//!   they had.
//! - Without a GUID on either side it is another plan if both have titles and these differ; else it is the same if at least half
//!   of the tasks whose UIDs are known have the names of their items, or none is known and the titles are the same.
//! - Another plan is refused: a program has one.
//! - A task is known by its GUID, else by its UID.
//! - What a later version no longer has is named and left as it is: who took it out of the plan knows whether it was cancelled.

use super::Import;
use crate::app::{Error, Result};
use crate::domain::kind::State;
use crate::domain::schedule_link::LinkType;
use crate::exchange::intake::{Intake, PlanSource, PlanTask, What};
use crate::store::import::{Known, PlanItem};
use crate::store::{self, Tx};
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// What earlier imports knew of the plan.
pub(super) struct Earlier {
    items: HashMap<Uuid, PlanItem>,
    /// Items by the keys of their tasks.
    by_key: HashMap<String, Uuid>,
    /// Items that had a GUID in a plan.
    by_guid: HashMap<Uuid, Uuid>,
    with_guid: HashSet<Uuid>,
    /// The links that were imported, by the keys of their tasks.
    links: Vec<(String, LinkType, String)>,
}

fn guid_key(guid: Uuid) -> String {
    format!("guid:{guid}")
}

fn title_key(title: &str) -> String {
    format!("plan title:{}", title.trim().to_lowercase())
}

/// What a link of a plan is known by, without what it says.
fn ends_of(key: &str) -> Option<(String, LinkType, String)> {
    let words: Vec<&str> = key.strip_prefix("schedule link:")?.rsplit_once(':')?.0.split(' ').collect();
    let ["uid", from, kind, "uid", to] = words.as_slice() else { return None };
    Some((format!("uid {from}"), LinkType::from_name(kind)?, format!("uid {to}")))
}

impl Earlier {
    fn guid(&self, task: &PlanTask) -> Option<Uuid> {
        let guid = task.guid?;
        if self.items.contains_key(&guid) { Some(guid) } else { self.by_guid.get(&guid).copied() }
    }

    /// The item of a task: by its GUID, else by its UID if its item had no other GUID.
    fn item(&self, task: &PlanTask) -> Option<Uuid> {
        self.guid(task).or_else(|| {
            let by_key = self.by_key.get(&task.key).copied()?;
            let other = task.guid.is_some() && self.with_guid.contains(&by_key);
            (!other).then_some(by_key)
        })
    }

    fn has_name(&self, task: &PlanTask) -> bool {
        let item = self.by_key.get(&task.key).and_then(|id| self.items.get(id));
        item.is_some_and(|item| item.title.trim().to_lowercase() == task.name.trim().to_lowercase())
    }
}

impl Import<'_> {
    /// Sees that a plan is the one that was imported before, and which items its tasks are.
    pub(super) async fn plan(
        &mut self,
        tx: &mut Tx,
        intake: &Intake,
        source: &PlanSource,
    ) -> Result<Earlier> {
        let items = store::import::plan_items(tx, self.program).await?;
        let mut earlier = Earlier {
            items: items.into_iter().map(|item| (item.id, item)).collect(),
            by_key: HashMap::new(),
            by_guid: HashMap::new(),
            with_guid: HashSet::new(),
            links: Vec::new(),
        };
        for (key, known) in &self.known {
            if let (Some(task), Some(item)) = (key.strip_prefix("item:uid "), known.entity) {
                earlier.by_key.insert(format!("uid {task}"), item);
            } else if let (Some(Ok(guid)), Some(item)) =
                (key.strip_prefix("guid:").map(str::parse::<Uuid>), known.entity)
            {
                earlier.by_guid.insert(guid, item);
                earlier.with_guid.insert(item);
            } else {
                earlier.links.extend(ends_of(key));
            }
        }
        if !self.is_same(source, &earlier) {
            let file = intake.counts.first().map_or("it", |count| count.file.as_str());
            let known = source.tasks.iter().filter(|task| earlier.by_key.contains_key(&task.key));
            let (same, of) = known.fold((0, 0), |(same, of), task| {
                (same + i32::from(earlier.guid(task).is_some() || earlier.has_name(task)), of + 1)
            });
            return Err(Error::refused(
                "program",
                format!(
                    "{file} is another plan than the one that {} was imported from: of {of} tasks with the same UIDs, {same} are the \
                     same. Import it into a program of its own.",
                    self.outcome.program
                ),
            ));
        }
        self.of_plan = true;
        let adopted: HashMap<String, Option<Uuid>> =
            source.tasks.iter().map(|task| (format!("item:{}", task.key), earlier.item(task))).collect();
        for (key, item) in adopted {
            match item {
                Some(item) if self.known.get(&key).and_then(|known| known.entity) != Some(item) => {
                    let known = Known { key: key.clone(), entity: Some(item), fingerprint: Vec::new() };
                    self.known.insert(key, known);
                }
                Some(_) => {}
                // Its UID is that of a task that is no more.
                None => drop(self.known.remove(&key)),
            }
        }
        Ok(earlier)
    }

    fn is_same(&self, source: &PlanSource, earlier: &Earlier) -> bool {
        let guid_before = self.known.keys().any(|key| key.starts_with("plan guid:"));
        let title_before = self.known.keys().any(|key| key.starts_with("plan title:"));
        let same_title = source.title.as_ref().map(|title| self.known.contains_key(&title_key(title)));
        if earlier.by_key.is_empty() || source.guid == Some(self.program.0) {
            return true;
        }
        let known: Vec<_> = source
            .tasks
            .iter()
            .filter(|task| earlier.by_key.contains_key(&task.key) || earlier.guid(task).is_some())
            .collect();
        let half =
            |is: &dyn Fn(&PlanTask) -> bool| 2 * known.iter().filter(|task| is(task)).count() >= known.len();
        match source.guid {
            Some(guid) if self.known.contains_key(&format!("plan guid:{guid}")) => return true,
            Some(_) if guid_before => return !known.is_empty() && half(&|task| earlier.guid(task).is_some()),
            _ => {}
        }
        if title_before && same_title == Some(false) {
            return false;
        }
        if known.is_empty() {
            return same_title == Some(true);
        }
        half(&|task| earlier.guid(task).is_some() || earlier.item(task).is_some() && earlier.has_name(task))
    }

    /// Notes what the plan and its tasks are known by.
    pub(super) fn remember(&mut self, source: &PlanSource, earlier: &Earlier) {
        let mut keys: Vec<(String, Option<Uuid>)> = Vec::new();
        keys.extend(
            source
                .guid
                .filter(|guid| *guid != self.program.0)
                .map(|guid| (format!("plan guid:{guid}"), None)),
        );
        keys.extend(source.title.as_ref().map(|title| (title_key(title), None)));
        let mut seen = HashSet::new();
        for task in source.tasks.iter().filter(|task| task.taken) {
            let item = self.directory.items.get(&task.key.to_lowercase()).copied();
            let guid = task.guid.filter(|guid| !earlier.items.contains_key(guid) && seen.insert(*guid));
            keys.extend(guid.map(|guid| (guid_key(guid), item)));
        }
        let known = |(key, entity)| Known { key, entity, fingerprint: Vec::new() };
        self.brought.extend(keys.into_iter().map(known));
    }

    /// Names what earlier imports of the plan brought and this version no longer has.
    pub(super) async fn left(
        &mut self,
        tx: &mut Tx,
        intake: &Intake,
        source: &PlanSource,
        earlier: &Earlier,
    ) -> Result<()> {
        let of = |key: &str| self.directory.items.get(&key.to_lowercase()).copied();
        let there: HashSet<Uuid> =
            source.tasks.iter().filter(|task| task.taken).filter_map(|task| of(&task.key)).collect();
        let inactive: HashSet<Uuid> =
            source.tasks.iter().filter(|task| !task.taken).filter_map(|task| earlier.item(task)).collect();
        let name = |item: &PlanItem| format!("{} “{}”", item.reference, item.title);
        let was: HashSet<Uuid> = earlier.by_key.values().chain(earlier.by_guid.values()).copied().collect();
        let mut gone: Vec<&PlanItem> = was
            .iter()
            .filter(|id| !there.contains(id))
            .filter_map(|id| earlier.items.get(id))
            .filter(|item| !item.archived && item.state != State::Cancelled)
            .collect();
        gone.sort_by_key(|item| (item.reference.kind.code(), item.reference.number));
        let mut left: Vec<String> = gone
            .iter()
            .map(|item| {
                let how = if inactive.contains(&item.id) { " (inactive there)" } else { "" };
                format!("{}{how}", name(item))
            })
            .collect();
        let linked: HashSet<(Uuid, Uuid, &str)> = intake
            .records
            .iter()
            .filter(|record| record.what == What::ScheduleLink)
            .filter_map(|record| {
                let end = |end: &str| of(record.fields.get(end)?.get("key")?.as_str()?);
                Some((end("predecessor")?, end("successor")?, Self::text(record, "type").unwrap_or("FS")))
            })
            .collect();
        let brought: HashSet<(Uuid, Uuid, LinkType)> = earlier
            .links
            .iter()
            .filter_map(|(from, kind, to)| {
                Some((*earlier.by_key.get(from)?, *earlier.by_key.get(to)?, *kind))
            })
            .collect();
        for link in store::import::plan_links(tx, self.program).await? {
            let (from, to) = (link.predecessor, link.successor);
            if brought.contains(&(from, to, link.link_type))
                && !linked.contains(&(from, to, link.link_type.name()))
                && let (Some(first), Some(second)) = (earlier.items.get(&from), earlier.items.get(&to))
                && there.contains(&from)
                && there.contains(&to)
            {
                left.push(format!("{} → {} {}", first.reference, second.reference, link.link_type.name()));
            }
        }
        self.outcome.left = left;
        Ok(())
    }
}
