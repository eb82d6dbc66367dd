//! Brings records into an order in which they can be applied, and refuses those that can't.

use super::intake::{FileCount, Intake, Origin, Record, What};
use super::map::Assume;
use super::{Finding, Severity};
use crate::domain::kind::{Kind, State};
use chrono::NaiveDate;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};

/// A record and the row that made it.
pub(crate) struct Made {
    pub row: usize,
    pub record: Record,
}

/// An item with the changes that follow it.
struct Life {
    item: Made,
    changes: Vec<Made>,
}

#[derive(Default)]
struct Settling {
    people: HashMap<String, usize>,
    things: HashMap<(What, String), usize>,
    base: Vec<Made>,
    lives: Vec<Life>,
    by_key: HashMap<String, usize>,
    links: Vec<Made>,
    /// What is told of projects: confidences and money.
    told: Vec<Made>,
    joined: HashSet<usize>,
    findings: Vec<Finding>,
}

/// Settles what rows made: joins, checks, orders and counts.
pub(crate) fn settle(
    program: Option<Map<String, Value>>,
    made: Vec<Made>,
    findings: Vec<Finding>,
    rows: &[Origin],
    assume: &[Assume],
) -> Intake {
    let mut settling = Settling { findings, ..Settling::default() };
    let mut changes = Vec::new();
    for made in made {
        match made.record.what {
            What::Person | What::Team | What::Project | What::Calendar => settling.join(made),
            What::Item(_) => settling.item(made),
            What::Forecast | What::Transition | What::Committed => changes.push(made),
            What::Link | What::ScheduleLink => settling.links.push(made),
            What::Declared | What::BudgetLine => settling.told.push(made),
        }
    }
    for change in changes {
        if let Some(at) = settling.by_key.get(&change.record.key) {
            settling.lives[*at].changes.push(change);
        } else {
            let message = format!("changes “{}”, which is not in the data.", change.record.key);
            settling.report(Severity::Refused, &change.record.origin, message);
        }
    }
    settling.references();
    for life in &mut settling.lives {
        settle_life(life, assume, &mut settling.findings);
    }
    settling.finish(program, rows)
}

impl Settling {
    fn report(&mut self, severity: Severity, origin: &Origin, message: impl Into<String>) {
        self.findings.push(Finding::new(severity, &origin.file, origin.line, message));
    }

    /// People, teams and projects are told of by many rows: the first makes them, the others add what it left open.
    fn join(&mut self, made: Made) {
        // Handles are the same in any case.
        let key = made.record.key.to_lowercase();
        let known = self.things.get(&(made.record.what, key.clone())).copied();
        let Some(at) = known else {
            self.things.insert((made.record.what, key), self.base.len());
            if let Some(handle) = made.record.fields.get("handle").and_then(Value::as_str) {
                self.people.insert(handle.to_lowercase(), self.base.len());
            }
            self.base.push(made);
            return;
        };
        let first = &mut self.base[at].record;
        let spelled = first.key != made.record.key;
        let message = format!("“{}” is the same as “{}”.", made.record.key, first.key);
        for (name, value) in made.record.fields {
            first.fields.entry(name).or_insert(value);
        }
        self.joined.insert(made.row);
        if spelled {
            self.report(Severity::Kept, &made.record.origin, message);
        }
    }

    fn item(&mut self, made: Made) {
        if let Some(at) = self.by_key.get(&made.record.key) {
            let first = &self.lives[*at].item.record.origin;
            let message =
                format!("“{}” was already made by {}, line {}.", made.record.key, first.file, first.line);
            self.report(Severity::Refused, &made.record.origin, message);
            return;
        }
        self.by_key.insert(made.record.key.clone(), self.lives.len());
        self.lives.push(Life { item: made, changes: Vec::new() });
    }

    /// Spells handles as their person does, and takes out references to what isn't there.
    fn references(&mut self) {
        let Self { people, things, base, lives, by_key, links, told, findings, .. } = self;
        let spelled: HashMap<&str, String> = people
            .iter()
            .filter_map(|(lower, at)| {
                Some((lower.as_str(), base[*at].record.fields.get("handle")?.as_str()?.to_owned()))
            })
            .collect();
        let known =
            |key: &str| by_key.contains_key(key) || things.contains_key(&(What::Project, key.to_lowercase()));
        let mut fix = |record: &mut Record| {
            let mut lost = Vec::new();
            for (name, value) in &mut record.fields {
                tidy(value, &spelled, &known, &mut lost);
                for key in lost.drain(..) {
                    let message = format!("“{key}” is not in the data; the field is left empty.");
                    let finding =
                        Finding::new(Severity::Kept, &record.origin.file, record.origin.line, message);
                    findings.push(finding.at(name.as_str()));
                }
            }
            record.fields.retain(|_, value| !value.is_null());
        };
        for life in &mut *lives {
            fix(&mut life.item.record);
            life.changes.iter_mut().for_each(|change| fix(&mut change.record));
        }
        for made in told {
            fix(&mut made.record);
        }
        links.retain_mut(|link| {
            let names =
                if link.record.what == What::Link { ["from", "to"] } else { ["predecessor", "successor"] };
            let ends = names.map(|end| {
                let key = link.record.fields.get(end).and_then(|v| v.get("key")).and_then(Value::as_str);
                key.unwrap_or_default().to_owned()
            });
            let origin = &link.record.origin;
            let mut refuse = |message: String| {
                findings.push(Finding::new(Severity::Refused, &origin.file, origin.line, message));
                false
            };
            match ends.iter().find(|end| !by_key.contains_key(*end)) {
                Some(end) => refuse(format!("links to “{end}”, which is not in the data.")),
                None if ends[0] == ends[1] => refuse(format!("links “{}” to itself.", ends[0])),
                None => true,
            }
        });
    }

    fn finish(self, program: Option<Map<String, Value>>, rows: &[Origin]) -> Intake {
        let Self { base, lives, links, told, joined, mut findings, .. } = self;
        let mut base = base;
        base.sort_by_key(|made| made.record.what);
        let mut made_rows = HashSet::new();
        let mut records = Vec::new();
        let lives = lives.into_iter().flat_map(|life| std::iter::once(life.item).chain(life.changes));
        for made in base.into_iter().chain(lives).chain(links).chain(told) {
            made_rows.insert(made.row);
            records.push(made.record);
        }
        // A row that came to nothing must say so.
        let reported: HashSet<(String, u64)> = findings.iter().map(|f| (f.file.clone(), f.line)).collect();
        let mut counts: Vec<FileCount> = Vec::new();
        let mut count_of: HashMap<&str, usize> = HashMap::new();
        for (at, origin) in rows.iter().enumerate() {
            let index = *count_of.entry(&origin.file).or_insert_with(|| {
                counts.push(FileCount { file: origin.file.clone(), ..FileCount::default() });
                counts.len() - 1
            });
            let count = &mut counts[index];
            count.rows += 1;
            if made_rows.contains(&at) {
                count.made += 1;
            } else if joined.contains(&at) {
                count.joined += 1;
            } else {
                count.reported += 1;
                if !reported.contains(&(origin.file.clone(), origin.line)) {
                    let message = "nothing is made of this row.";
                    findings.push(Finding::new(Severity::Refused, &origin.file, origin.line, message));
                }
            }
        }
        let file_order = |finding: &Finding| count_of.get(finding.file.as_str()).copied();
        findings.sort_by_cached_key(|finding| (file_order(finding), finding.line));
        findings.dedup();
        let starts_on = records.iter().filter_map(|record| record.effective_on).min();
        Intake { program, starts_on, records, findings, counts, ..Intake::default() }
    }
}

/// Spells handles in a value, and empties references to what isn't there.
fn tidy(
    value: &mut Value,
    spelled: &HashMap<&str, String>,
    known: &dyn Fn(&str) -> bool,
    lost: &mut Vec<String>,
) {
    match value {
        Value::Array(values) => {
            for value in values.iter_mut() {
                tidy(value, spelled, known, lost);
            }
            values.retain(|value| !value.is_null());
        }
        Value::Object(object) => {
            if let Some(key) = object.get("key").and_then(Value::as_str)
                && object.len() == 1
            {
                if !known(key) {
                    lost.push(key.to_owned());
                    *value = Value::Null;
                }
                return;
            }
            if let Some(Value::String(handle)) = object.get_mut("handle")
                && let Some(canonical) = spelled.get(handle.to_lowercase().as_str())
            {
                handle.clone_from(canonical);
            }
            object.values_mut().for_each(|value| tidy(value, spelled, known, lost));
        }
        _ => {}
    }
}

/// Orders the changes of an item by day, drops those that change nothing, and completes the way from state to state.
fn settle_life(life: &mut Life, assume: &[Assume], findings: &mut Vec<Finding>) {
    let What::Item(kind) = life.item.record.what else { return };
    let mut changes = std::mem::take(&mut life.changes);
    changes.sort_by_key(|change| change.record.effective_on);
    let first = changes.iter().filter_map(|change| change.record.effective_on).min();
    if let (Some(first), Some(begins)) = (first, life.item.record.effective_on)
        && first < begins
    {
        let origin = &life.item.record.origin;
        let message = format!("it changes on {first}, before {begins}: taken as existing from that day.");
        findings.push(Finding::new(Severity::Kept, &origin.file, origin.line, message));
        life.item.record.effective_on = Some(first);
    }
    let date =
        |fields: &Map<String, Value>, name: &str| fields.get(name).and_then(Value::as_str).map(str::to_owned);
    let mut due = date(&life.item.record.fields, "forecast_on")
        .or_else(|| date(&life.item.record.fields, "committed_on"));
    let mut state = kind.first_state();
    for change in changes {
        let origin = change.record.origin.clone();
        let mut report = |severity, message: String| {
            findings.push(Finding::new(severity, &origin.file, origin.line, message));
        };
        if change.record.what == What::Forecast {
            let to = date(&change.record.fields, "forecast_on");
            if to == due {
                report(Severity::Note, "the day stays the same: no forecast change.".into());
            } else {
                due = to;
                life.changes.push(change);
            }
            continue;
        }
        let named = date(&change.record.fields, "to").unwrap_or_default();
        let Some(to) = State::from_name(&named) else {
            report(Severity::Refused, format!("there is no state “{named}”."));
            continue;
        };
        if to == state {
            report(Severity::Note, format!("it is {} already.", to.label()));
            continue;
        }
        let Some(way) = way(kind, state, to) else {
            let (kind, from) = (kind.label().to_lowercase(), state.label());
            report(Severity::Refused, format!("a {kind} that is {from} can't become {}.", to.label()));
            continue;
        };
        for step in &way[..way.len() - 1] {
            life.changes.push(step_to(&change, *step));
        }
        life.changes.push(change);
        state = to;
    }
    for assume in assume.iter().filter(|assume| assume.kind == kind && state == kind.first_state()) {
        let day =
            due.as_ref().filter(|day| **day < assume.before).and_then(|day| day.parse::<NaiveDate>().ok());
        let Some(day) = day else { continue };
        let last = life.changes.last().unwrap_or(&life.item).record.effective_on;
        let fields = [
            ("to", Value::from(assume.to.name())),
            ("on", Value::from(day.to_string())),
            ("tags", Value::from(vec![assume.tag.as_str()])),
        ];
        life.changes.push(Made {
            row: life.item.row,
            record: Record {
                origin: life.item.record.origin.clone(),
                what: What::Transition,
                key: life.item.record.key.clone(),
                effective_on: Some(last.map_or(day, |last| last.max(day))),
                fields: fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
                reason: Some(assume.reason.clone()),
                passing: false,
            },
        });
        break;
    }
}

/// A step on the way of a change: the same day and reason, an intermediate state.
fn step_to(change: &Made, state: State) -> Made {
    let mut fields = Map::new();
    fields.insert("to".into(), state.name().into());
    if let Some(on) = change.record.fields.get("on") {
        fields.insert("on".into(), on.clone());
    }
    Made { row: change.row, record: Record { fields, passing: true, ..change.record.clone() } }
}

/// The shortest way from one state to another, without the first: `None` if there is none.
pub(crate) fn way(kind: Kind, from: State, to: State) -> Option<Vec<State>> {
    let mut before: BTreeMap<&str, State> = BTreeMap::new();
    let mut seen = BTreeSet::from([from.name()]);
    let mut queue = VecDeque::from([from]);
    while let Some(state) = queue.pop_front() {
        if state == to {
            let mut way = vec![to];
            while let Some(state) = before.get(way[way.len() - 1].name()) {
                way.push(*state);
            }
            way.pop();
            way.reverse();
            return Some(way);
        }
        for next in kind.next_states(state) {
            if seen.insert(next.name()) {
                before.insert(next.name(), state);
                queue.push_back(*next);
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_between_states_is_the_shortest_legal_one() {
        use State::{
            Accepted, Agreed, Closed, Decided, Delivered, Draft, Open, Proposed, Rejected, Submitted, Waiting,
        };
        assert_eq!(way(Kind::Dependency, Proposed, Accepted), Some(vec![Agreed, Delivered, Accepted]));
        assert_eq!(way(Kind::Decision, Draft, Decided), Some(vec![Waiting, Decided]));
        assert_eq!(way(Kind::Change, Draft, Rejected), Some(vec![Submitted, Rejected]));
        assert_eq!(way(Kind::Risk, Open, Closed), Some(vec![Closed]));
        assert_eq!(way(Kind::Change, Rejected, Draft), None);
    }
}
