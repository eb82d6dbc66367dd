//! Links between items and links of the schedule, of tables of our own that come back.

use super::Import;
use super::sides::{Said, id_in, sheets, stale};
use crate::app::link::RELATIONS;
use crate::app::schedule_link::told;
use crate::app::{App, Error, Result, network};
use crate::domain::event::Event;
use crate::domain::ids::{ItemId, PersonId, ProgramId, ScheduleLinkId};
use crate::domain::kind::Reference;
use crate::domain::schedule_link::{KINDS, LinkType, ScheduleLink};
use crate::domain::side_table::SideTable;
use crate::exchange::intake::Intake;
use crate::store::lookup::Reader;
use crate::store::{self, Tx, new_id};
use chrono::NaiveDate;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, HashMap, HashSet};
use uuid::Uuid;

/// The items that links lead from and to: of which program each is, and its reference.
type Ends = HashMap<Uuid, (ProgramId, Reference)>;

impl Import<'_> {
    async fn ends(&self, tx: &mut Tx, said: &[Said], names: [&str; 2]) -> Result<Ends> {
        let ids: Vec<Uuid> = said.iter().flat_map(|one| names.map(|name| one.id(name))).flatten().collect();
        let ends = store::schedule_link::ends(tx, &ids).await?;
        Ok(ends.into_iter().map(|(id, program, named)| (id.0, (program, named))).collect())
    }

    fn since(&self, said: &Said) -> NaiveDate {
        said.text("effective_on").parse().unwrap_or(self.today).min(self.today)
    }

    /// Makes the links between items that aren't there yet; one that is left out of the table stays.
    pub(super) async fn own_links(&mut self, app: &App, tx: &mut Tx, intake: &Intake) -> Result<()> {
        let table = SideTable::Link;
        let said = self.said(app, tx, table, &sheets(intake, table), &|_| false).await?;
        if said.is_empty() {
            return Ok(());
        }
        let relation = |row: &Map<String, Value>| row.get("relation")?.as_str().map(str::to_owned);
        let key = |row: &Map<String, Value>| Some((id_in(row, "from")?, relation(row)?, id_in(row, "to")?));
        let standing: HashMap<_, _> =
            self.standing(tx, table).await?.into_iter().filter_map(|row| Some((key(&row)?, row))).collect();
        let ends = self.ends(tx, &said, ["from", "to"]).await?;
        let (mut new, mut seen) = (Vec::new(), HashSet::new());
        let mut since_another: BTreeMap<String, u32> = BTreeMap::new();
        for one in said {
            let Some((from, relation, to)) = key(&one.values) else { continue };
            if !seen.insert((from, relation.clone(), to)) {
                self.refuse_said(&one, "", "This link stands here twice.");
                continue;
            }
            if let Some(known) = standing.get(&(from, relation.clone(), to)) {
                let since = one.text("effective_on");
                if !since.is_empty() && known["effective_on"].as_str() != Some(since) {
                    *since_another.entry(one.origin.file.clone()).or_default() += 1;
                }
                self.outcome.skipped += 1;
                continue;
            }
            let (Some((program, named)), Some((_, other))) = (ends.get(&from), ends.get(&to)) else {
                continue;
            };
            if !RELATIONS.contains(&relation.as_str()) {
                self.refuse_said(&one, "relation", format!("Give one of: {}.", RELATIONS.join(", ")));
            } else if from == to {
                self.refuse_said(&one, "to", "An item isn’t linked to itself.");
            } else if *program != self.program {
                self.refuse_said(
                    &one,
                    "from",
                    format!("{named} is of another program: make the link there."),
                );
            } else {
                new.push((ItemId(from), relation, ItemId(to), self.since(&one), other.to_string()));
            }
        }
        self.outcome.notes.extend(since_another.into_iter().map(|(file, count)| {
            format!("{file}: {count} of the links are there already, since another day than the table says; that day stands.")
        }));
        if new.is_empty() || !self.errors.is_empty() {
            return Ok(());
        }
        let rows: Vec<_> =
            new.iter().map(|(from, relation, to, on, _)| (*from, relation.clone(), *to, *on)).collect();
        store::link::insert(tx, &rows).await?;
        self.count(table, new.len(), 0);
        for (from, relation, _, on, to) in new {
            tx.record(Some(self.program), Some(from), on, &Event::Linked { relation, to });
        }
        Ok(())
    }

    /// Makes and changes links of the schedule; one that is left out of the table stays.
    pub(super) async fn own_schedule_links(&mut self, app: &App, tx: &mut Tx, intake: &Intake) -> Result<()> {
        let table = SideTable::ScheduleLink;
        let said = self.said(app, tx, table, &sheets(intake, table), &|_| false).await?;
        if said.is_empty() {
            return Ok(());
        }
        let mut standing: HashMap<Uuid, ScheduleLink> = HashMap::new();
        for link in store::schedule_link::of_program(tx, self.program).await? {
            standing.insert(link.id.0, link);
        }
        let between: HashMap<_, Uuid> = standing.values().map(|link| (between(link), link.id.0)).collect();
        let ends = self.ends(tx, &said, ["predecessor", "successor"]).await?;
        let mut write: Vec<(Said, ScheduleLink)> = Vec::new();
        let mut seen = HashSet::new();
        for one in said {
            let known = match one.text("id") {
                "" => read(&one, None)
                    .map(|link| self::between(&link))
                    .and_then(|ends| between.get(&ends).copied()),
                text => match text.parse::<Uuid>() {
                    Ok(id) if standing.contains_key(&id) || standing.is_empty() => Some(id),
                    _ => {
                        let message =
                            format!("This program has no link “{text}”; leave id empty for a new one.");
                        self.refuse_said(&one, "id", message);
                        continue;
                    }
                },
            };
            if known.is_some_and(|id| !seen.insert(id)) {
                self.refuse_said(&one, "", "This link stands here twice.");
                continue;
            }
            let before = known.and_then(|id| standing.get(&id));
            let Some(mut link) = read(&one, before) else { continue };
            let since = one.text("effective_on");
            let moved =
                before.is_some_and(|known| !since.is_empty() && known.effective_on.to_string() != since);
            if !moved && before.is_some_and(|before| same(before, &link)) {
                self.outcome.skipped += 1;
                continue;
            }
            if let Some(before) = before {
                if let Some(message) = stale(&one, before.version) {
                    self.refuse_said(&one, "version", message);
                    continue;
                }
                if moved {
                    self.refuse_said(&one, "effective_on", "It is not changed by an import.");
                    continue;
                }
                link.version = before.version + 1;
                link.effective_on = self.today.max(before.effective_on);
            } else {
                link.id = ScheduleLinkId(known.unwrap_or_else(|| new_id(self.stamp.now)));
                link.effective_on = self.since(&one);
            }
            match self.fitting(&mut link, &ends) {
                Ok(()) => write.push((one, link)),
                Err((field, message)) => self.refuse_said(&one, field, message),
            }
        }
        self.no_two(&standing, &write);
        if write.is_empty() || !self.errors.is_empty() {
            return Ok(());
        }
        self.put_schedule_links(tx, &standing, &ends, &write).await
    }

    /// Whether the ends of a link are what the schedule links; it gets its programs.
    fn fitting(
        &self,
        link: &mut ScheduleLink,
        ends: &Ends,
    ) -> std::result::Result<(), (&'static str, String)> {
        let of = |id: ItemId| ends.get(&id.0);
        let (Some((from, first)), Some((program, last))) = (of(link.predecessor), of(link.successor)) else {
            return Err(("", "It leads nowhere.".into()));
        };
        for (field, named) in [("predecessor", first), ("successor", last)] {
            if !KINDS.contains(&named.kind) {
                let message = format!("{named}: the schedule links activities, milestones and dependencies.");
                return Err((field, message));
            }
        }
        if link.predecessor == link.successor {
            return Err(("successor", "An item doesn’t wait for itself.".into()));
        }
        if *program != self.program {
            return Err(("successor", format!("{last} is of another program: make the link there.")));
        }
        (link.from_program, link.program) = (*from, *program);
        Ok(())
    }

    /// Refuses a second link of a type between two items.
    fn no_two(&mut self, standing: &HashMap<Uuid, ScheduleLink>, write: &[(Said, ScheduleLink)]) {
        let written: HashSet<Uuid> = write.iter().map(|(_, link)| link.id.0).collect();
        let kept = standing.values().filter(|link| !written.contains(&link.id.0));
        let mut taken: HashSet<_> = kept.map(between).collect();
        for (one, link) in write {
            if !taken.insert(between(link)) {
                let message = format!("There is a link {} between these two already.", link.link_type.name());
                self.refuse_said(one, "type", message);
            }
        }
    }

    /// Writes links, and refuses what would make a cycle.
    async fn put_schedule_links(
        &mut self,
        tx: &mut Tx,
        standing: &HashMap<Uuid, ScheduleLink>,
        ends: &Ends,
        write: &[(Said, ScheduleLink)],
    ) -> Result<()> {
        let links: Vec<ScheduleLink> = write.iter().map(|(_, link)| link.clone()).collect();
        if store::schedule_link::put(tx, &links).await? != links.len() {
            return Err(Error::Stale { current: 0 });
        }
        let touched = network::ids(links.iter().flat_map(|link| [link.predecessor, link.successor]));
        let reader = Reader { person: self.stamp.actor.unwrap_or(PersonId(Uuid::nil())), admin: true };
        if let Some((cycle, message)) = network::cycle_through(tx, reader, &touched).await? {
            let on_it = |item: ItemId| cycle.contains(&item.0);
            match write.iter().find(|(_, link)| on_it(link.predecessor) && on_it(link.successor)) {
                Some((one, _)) => self.refuse_said(one, "", message),
                None => self.errors.push(crate::domain::draft::FieldError::new("", message)),
            }
            return Ok(());
        }
        let across = |link: &ScheduleLink| link.from_program != link.program;
        let before = |link: &ScheduleLink| standing.get(&link.id.0);
        if links.iter().any(|link| across(link) || before(link).is_some_and(across)) {
            store::network::refresh_reach(tx).await?;
        }
        for link in &links {
            let named = ends.get(&link.predecessor.0).map(|(_, named)| named.to_string()).unwrap_or_default();
            let event = Event::Linked { relation: "follows".into(), to: told(link, &named) };
            tx.record(Some(self.program), Some(link.successor), link.effective_on, &event);
        }
        let changed = links.iter().filter(|link| before(link).is_some()).count();
        self.count(SideTable::ScheduleLink, links.len() - changed, changed);
        Ok(())
    }
}

/// What tells links apart: no two have the same ends and type.
fn between(link: &ScheduleLink) -> (ItemId, ItemId, LinkType) {
    (link.predecessor, link.successor, link.link_type)
}

/// Whether two say the same.
fn same(a: &ScheduleLink, b: &ScheduleLink) -> bool {
    between(a) == between(b) && a.lag_unit == b.lag_unit && (a.lag - b.lag).abs() < 1e-6
}

/// What a row makes of a link: its columns laid over what stands.
fn read(said: &Said, before: Option<&ScheduleLink>) -> Option<ScheduleLink> {
    let nil = (ProgramId(Uuid::nil()), ItemId(Uuid::nil()));
    let mut link = before
        .cloned()
        .unwrap_or_else(|| ScheduleLink::new(ScheduleLinkId(Uuid::nil()), nil, nil, NaiveDate::MIN));
    let mut values = link.draft().0;
    values.extend(said.values.iter().map(|(name, value)| (name.clone(), value.clone())));
    let (predecessor, successor) = link.fill(&values);
    (link.predecessor, link.successor) = (predecessor?, successor?);
    Some(link)
}
