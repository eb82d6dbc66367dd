//! A story told to an empty database: the programs of `samples/atlas.toml`, lived through day by day in the use cases that
//! pages enter too, each write at its own moment. So its history is as true as any.

mod value;

use super::access::{self, Entered};
use super::{
    App, Ctx, Error, Over, Result, Viewer, WriteMeta, account, comment, item, link, meeting, program,
    release, report, sign_off, transition,
};
use crate::domain::draft::Draft;
use crate::domain::ids::{AccountId, PersonId, TeamId};
use crate::domain::kind::{Kind, Reference};
use crate::domain::people::{Person, Team};
use crate::domain::program::Role;
use crate::domain::schedule_link;
use crate::store::{self, Stamp, bulk, new_id};
use chrono::{DateTime, Datelike, Days, NaiveDate, TimeDelta, Utc, Weekday};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::HashMap;

/// The story of the demonstration.
pub const ATLAS: &str = concat!(
    include_str!("../../samples/atlas.toml"),
    include_str!("../../samples/atlas/readiness.toml"),
    include_str!("../../samples/atlas/meetings.toml"),
    include_str!("../../samples/atlas/reports.toml"),
    "\n",
    include_str!("../../samples/atlas/value.toml"),
);
/// The map of the sample of public data.
pub const K8S_MAP: &str = include_str!("../../samples/k8s.toml");

/// The accounts to try each role with: e-mail, and what it may do.
pub const ACCOUNTS: [(&str, &str); 5] = [
    ("admin@example.com", "administrator"),
    ("mira@example.com", "manager"),
    ("noor@example.com", "contributor"),
    ("omar@example.com", "viewer"),
    ("helena@example.com", "executive"),
];

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Story {
    /// Who makes the programs.
    admin: String,
    person: Vec<Character>,
    #[serde(default)]
    team: Vec<Group>,
    program: Vec<Setting>,
    #[serde(default)]
    item: Vec<Thread>,
    /// What is written down beside the items.
    #[serde(default)]
    record: Vec<value::Entry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Character {
    email: String,
    name: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    name: String,
    lead: String,
    members: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Setting {
    on: i64,
    manager: String,
    #[serde(default)]
    contributors: Vec<String>,
    #[serde(default)]
    viewers: Vec<String>,
    fields: Map<String, Value>,
    #[serde(default)]
    project: Vec<Map<String, Value>>,
}

/// An item and what becomes of it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Thread {
    id: String,
    program: String,
    kind: Kind,
    on: i64,
    by: Option<String>,
    fields: Map<String, Value>,
    /// What it waits for in the schedule, and what waits for it: a name, and type and lag.
    #[serde(default)]
    after: Vec<String>,
    #[serde(default)]
    before: Vec<String>,
    #[serde(default)]
    steps: Vec<Step>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Step {
    on: i64,
    by: Option<String>,
    to: Option<String>,
    fields: Map<String, Value>,
    say: Option<String>,
    /// What a role says of a gate; a step of a release that is taken; what went wrong with a release.
    sign: Map<String, Value>,
    tick: Map<String, Value>,
    count: Map<String, Value>,
    link: Option<String>,
    with: Option<String>,
    /// Of a meeting: points that are kept, points that were reached, and what came of it.
    agenda: Vec<String>,
    reached: Vec<String>,
    outcome: Option<Map<String, Value>>,
    /// How useful a report was, with `say` for why.
    rate: Option<i16>,
}

/// Tells the story, from its first day to today. The programs that it made, by key.
///
/// # Errors
/// Refused where the database isn't empty, or where the story doesn't hold together.
pub async fn tell(app: &App, story: &str) -> Result<Vec<String>> {
    if !bulk::is_empty(&app.db).await? {
        return Err(Error::refused(
            "",
            "There is something in this database already: the sample needs an empty one.",
        ));
    }
    let story: Story = toml::from_str(story).map_err(|wrong| told_wrong("the story", &wrong.to_string()))?;
    let now = app.clock.now();
    let mut teller =
        Teller { app, now, today: now.date_naive(), people: HashMap::new(), told: HashMap::new(), beats: 0 };
    teller.cast(&story).await?;
    let mut keys = Vec::new();
    for setting in &story.program {
        keys.push(teller.set(&story.admin, setting).await?);
    }
    // Day by day over all items, in the order of the story within a day; then what was written down beside them on that day.
    let mut records: Vec<_> = story.record.iter().collect();
    records.sort_by_key(|entry| entry.on);
    let mut records = records.into_iter().peekable();
    let mut beats: Vec<(i64, usize, Option<&Step>)> = Vec::new();
    for (at, thread) in story.item.iter().enumerate() {
        beats.push((thread.on, at, None));
        beats.extend(thread.steps.iter().map(|step| (step.on, at, Some(step))));
    }
    beats.sort_by_key(|(on, at, _)| (*on, *at));
    let managers: HashMap<&str, &str> = story
        .program
        .iter()
        .filter_map(|setting| Some((setting.fields.get("key")?.as_str()?, setting.manager.as_str())))
        .collect();
    for (on, at, step) in beats {
        while let Some(entry) = records.next_if(|entry| entry.on < on) {
            teller.write_down(entry, &managers, &story.admin).await?;
        }
        let thread = &story.item[at];
        let manager = managers.get(thread.program.as_str()).copied().unwrap_or(&story.admin);
        let told = match step {
            None => teller.raise(thread, manager).await,
            Some(step) => teller.step(thread, step, manager).await,
        };
        if let Err(error) = told {
            return Err(why(&format!("“{}”, day {on}", thread.id), error));
        }
    }
    for entry in records {
        teller.write_down(entry, &managers, &story.admin).await?;
    }
    Ok(keys)
}

/// Why something can't be told.
fn why(at: &str, error: Error) -> Error {
    match error {
        Error::Refused(refused) => {
            let why: Vec<_> = refused.errors.iter().map(|e| format!("{}: {}", e.field, e.message)).collect();
            told_wrong(at, &why.join("; "))
        }
        other => other,
    }
}

fn told_wrong(at: &str, why: &str) -> Error {
    Error::refused("", format!("{at} can't be told: {why}"))
}

/// Gives the accounts of [`ACCOUNTS`] one password; those that aren't there are made.
///
/// # Errors
/// When the database is away, or for an unfit password.
pub async fn accounts(app: &App, password: &str) -> Result<()> {
    for (email, role) in ACCOUNTS {
        let mut draft = Draft::default();
        let name = email.split('@').next().unwrap_or(email);
        let person = person_by_email(app, email).await?;
        draft.0.insert("name".into(), person.map_or_else(|| capital(name), |person| person.name).into());
        draft.0.insert("email".into(), email.into());
        draft.0.insert("admin".into(), Value::Bool(role == "administrator"));
        account::add(app, &draft, Some(password)).await?;
    }
    Ok(())
}

/// Makes the people of [`ACCOUNTS`] members of a program, each in the role that is shown for them.
///
/// # Errors
/// When the database is away.
pub async fn join(app: &App, key: &str) -> Result<()> {
    for (email, role) in ACCOUNTS {
        let role = match role {
            "manager" => Role::Manager,
            "contributor" => Role::Contributor,
            "viewer" | "executive" => Role::Viewer,
            _ => continue,
        };
        let admin = Viewer { admin: true, ..viewer(person_by_email(app, ACCOUNTS[0].0).await?) };
        let ctx = Ctx { viewer: admin, now: app.clock.now(), as_of: None };
        let entered = access::enter(app, &ctx, key).await?;
        program::set_member(app, &ctx, &entered, email, Some(role)).await?;
    }
    Ok(())
}

async fn person_by_email(app: &App, email: &str) -> Result<Option<Person>> {
    let stamp = Stamp { now: app.clock.now(), actor: None, reason: String::new() };
    let mut tx = app.db.begin(&stamp).await?;
    let Some(id) = store::people::id_by_email(&mut tx, email).await? else { return Ok(None) };
    drop(tx);
    Ok(store::people::person(&app.db, id, None).await?)
}

fn capital(name: &str) -> String {
    name.chars().take(1).flat_map(char::to_uppercase).chain(name.chars().skip(1)).collect()
}

fn viewer(person: Option<Person>) -> Viewer {
    let id = person.as_ref().map_or(uuid::Uuid::nil(), |person| person.id.0);
    let (name, email) =
        person.map(|person| (person.name, person.email.unwrap_or_default())).unwrap_or_default();
    Viewer { account: AccountId(id), person: PersonId(id), name, email, admin: false, may_write: true }
}

struct Teller<'a> {
    app: &'a App,
    now: DateTime<Utc>,
    today: NaiveDate,
    people: HashMap<String, Viewer>,
    /// Items by the names that the story gives them.
    told: HashMap<String, Reference>,
    /// How many writes were made: a later one is written down later.
    beats: i64,
}

impl Teller<'_> {
    /// The day so many days from today, or the Monday after a weekend; writes are not made ahead of today.
    fn day(&self, offset: i64) -> NaiveDate {
        let day = self.today + TimeDelta::days(offset);
        match day.weekday() {
            Weekday::Sat => day + Days::new(2),
            Weekday::Sun => day + Days::new(1),
            _ => day,
        }
    }

    /// Somebody who acts on a day, in office hours.
    fn ctx(&mut self, email: &str, offset: i64) -> Result<Ctx> {
        let viewer = self.people.get(email).cloned();
        let viewer =
            viewer.ok_or_else(|| told_wrong("the story", &format!("nobody has the address {email}")))?;
        self.beats += 1;
        let day = self.day(offset).min(self.today);
        let seconds = 9 * 3_600 + self.beats * 7 % (8 * 3_600);
        let at = day.and_time(chrono::NaiveTime::MIN).and_utc() + TimeDelta::seconds(seconds);
        Ok(Ctx { viewer, now: at.min(self.now - TimeDelta::seconds(1)), as_of: None })
    }

    /// The same person on another day.
    fn on(&self, ctx: &Ctx, day: NaiveDate) -> Ctx {
        let at = day.and_time(chrono::NaiveTime::MIN).and_utc() + TimeDelta::hours(15);
        Ctx { now: at.min(self.now - TimeDelta::seconds(1)), ..ctx.clone() }
    }

    /// Fills `{@-12}` with that day and `{name}` with the reference of the item of this name.
    fn fill(&self, text: &str) -> Result<String> {
        let mut out = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let (name, after) = after
                .split_once('}')
                .ok_or_else(|| told_wrong("the story", &format!("“{text}” has a loose brace")))?;
            out.push_str(before);
            match name.strip_prefix('@').map(str::parse::<i64>) {
                Some(Ok(offset)) => out.push_str(&self.day(offset).to_string()),
                _ => match self.told.get(name) {
                    Some(reference) => out.push_str(&reference.to_string()),
                    None => {
                        return Err(told_wrong("the story", &format!("“{name}” has not been raised yet")));
                    }
                },
            }
            rest = after;
        }
        out.push_str(rest);
        Ok(out)
    }

    fn value(&self, value: &Value) -> Result<Value> {
        Ok(match value {
            Value::String(text) => Value::String(self.fill(text)?),
            Value::Array(list) => {
                Value::Array(list.iter().map(|value| self.value(value)).collect::<Result<_>>()?)
            }
            Value::Object(map) => Value::Object(self.draft(map)?.0),
            other => other.clone(),
        })
    }

    fn draft(&self, fields: &Map<String, Value>) -> Result<Draft> {
        let filled = fields.iter().map(|(name, value)| Ok((name.clone(), self.value(value)?)));
        Ok(Draft(filled.collect::<Result<_>>()?))
    }

    /// People and teams, from the day before the first program.
    async fn cast(&mut self, story: &Story) -> Result<()> {
        let first = story.program.iter().map(|setting| setting.on).min().unwrap_or(0) - 1;
        let on = self.day(first).min(self.today);
        let at = on.and_time(chrono::NaiveTime::MIN).and_utc() + TimeDelta::hours(8);
        let mut tx = self.app.db.begin(&Stamp { now: at, actor: None, reason: String::new() }).await?;
        for character in &story.person {
            let mut person = Person::new(PersonId(new_id(at)), on);
            person.name.clone_from(&character.name);
            person.email = Some(character.email.clone());
            store::people::insert_person(&mut tx, &person).await?;
            let viewer = Viewer { admin: character.email == story.admin, ..viewer(Some(person)) };
            self.people.insert(character.email.clone(), viewer);
        }
        let id = |email: &str| self.people.get(email).map(|viewer| viewer.person);
        for group in &story.team {
            let mut team = Team::new(TeamId(new_id(at)), on);
            team.name.clone_from(&group.name);
            team.lead = id(&group.lead);
            store::people::insert_team(&mut tx, &team).await?;
            for person in group.members.iter().filter_map(|email| id(email)) {
                store::people::set_team_member(&mut tx, team.id, person, true, on).await?;
            }
        }
        tx.touch(None);
        Ok(tx.commit().await?)
    }

    async fn set(&mut self, admin: &str, setting: &Setting) -> Result<String> {
        let ctx = self.ctx(&setting.manager, setting.on)?;
        let made =
            program::make(self.app, &ctx, &self.draft(&setting.fields)?, &WriteMeta::default()).await?;
        let ctx = self.ctx(admin, setting.on)?;
        let entered = self.enter(&ctx, &made.key).await?;
        for project in &setting.project {
            program::make_project(self.app, &ctx, &entered, &self.draft(project)?, &WriteMeta::default())
                .await?;
        }
        for (members, role) in [(&setting.contributors, Role::Contributor), (&setting.viewers, Role::Viewer)]
        {
            for email in members {
                program::set_member(self.app, &ctx, &entered, email, Some(role)).await?;
            }
        }
        Ok(made.key)
    }

    async fn enter(&self, ctx: &Ctx, key: &str) -> Result<Entered> {
        access::enter(self.app, ctx, key).await
    }

    async fn raise(&mut self, thread: &Thread, manager: &str) -> Result<()> {
        let ctx = self.ctx(thread.by.as_deref().unwrap_or(manager), thread.on)?;
        let entered = self.enter(&ctx, &thread.program).await?;
        let draft = self.draft(&thread.fields)?;
        let made = item::raise(self.app, &ctx, &entered, thread.kind, &draft, &WriteMeta::default()).await?;
        let reference = Reference { program: thread.program.clone(), kind: thread.kind, number: made.number };
        self.told.insert(thread.id.clone(), reference.clone());
        let ends = thread.after.iter().map(|other| (other, true));
        for (other, waits) in ends.chain(thread.before.iter().map(|other| (other, false))) {
            let (name, terms) = other.split_once(' ').unwrap_or((other, ""));
            let there = self.told.get(name).map(ToString::to_string);
            let (Some(there), Some((link_type, lag, unit))) = (there, schedule_link::read_terms(terms))
            else {
                return Err(told_wrong("the story", &format!("“{other}” is no link of the schedule")));
            };
            let here = reference.to_string();
            let (predecessor, successor) = if waits { (there, here) } else { (here, there) };
            let fields = [
                ("predecessor", Value::from(predecessor)),
                ("successor", Value::from(successor)),
                ("type", Value::from(link_type.name())),
                ("lag_days", Value::from(lag)),
                ("lag_unit", Value::from(unit.name())),
            ];
            let draft = Draft(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect());
            super::schedule_link::make(self.app, &ctx, &entered, &draft, &WriteMeta::default()).await?;
        }
        Ok(())
    }

    async fn step(&mut self, thread: &Thread, step: &Step, manager: &str) -> Result<()> {
        let Some(reference) = self.told.get(&thread.id).cloned() else {
            return Err(Error::refused("on", "It is not raised yet."));
        };
        let (kind, number) = (reference.kind, reference.number);
        let ctx = self.ctx(step.by.as_deref().unwrap_or(manager), step.on)?;
        let entered = self.enter(&ctx, &thread.program).await?;
        let mut draft = self.draft(&step.fields)?;
        if let Some(value) = step.rate {
            draft.0.insert("value".into(), value.into());
            draft.0.insert("comment".into(), step.say.clone().unwrap_or_default().into());
            report::rate(self.app, &ctx, &entered, number, &draft).await?;
            return Ok(());
        }
        if let Some(to) = &step.to {
            draft.0.insert("to".into(), to.as_str().into());
            transition::make(self.app, &ctx, &entered, kind, number, Over::Any, &draft).await?;
        } else if !draft.0.is_empty() {
            let meta = WriteMeta::default();
            item::edit(self.app, &ctx, &entered, kind, number, Over::Any, &draft, &meta).await?;
        }
        if !step.sign.is_empty() {
            sign_off::sign(self.app, &ctx, &entered, number, &self.draft(&step.sign)?).await?;
        }
        if !step.tick.is_empty() {
            release::tick(self.app, &ctx, &entered, number, &self.draft(&step.tick)?).await?;
        }
        if !step.count.is_empty() {
            release::count(self.app, &ctx, &entered, number, &self.draft(&step.count)?).await?;
        }
        for (name, reached) in
            step.agenda.iter().map(|name| (name, false)).chain(step.reached.iter().map(|name| (name, true)))
        {
            let point = if name == "*" {
                ("proposed".to_owned(), Value::from(true))
            } else {
                ("item".to_owned(), Value::from(self.fill(&format!("{{{name}}}"))?))
            };
            let mut draft = Draft(Map::from_iter([point]));
            if reached {
                draft.0.insert("reached".to_owned(), Value::from(true));
            }
            meeting::keep(self.app, &ctx, &entered, number, &draft).await?;
        }
        if let Some(outcome) = &step.outcome {
            meeting::outcome(self.app, &ctx, &entered, number, &self.draft(outcome)?).await?;
        }
        if let Some(body) = &step.say {
            comment::add(self.app, &ctx, &entered, kind, number, &self.fill(body)?).await?;
        }
        if let (Some(relation), Some(with)) = (&step.link, &step.with) {
            let with = self.fill(with)?;
            link::set(self.app, &ctx, &entered, (kind, number), relation, &with, true).await?;
        }
        Ok(())
    }
}
