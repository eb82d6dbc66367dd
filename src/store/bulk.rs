//! Whole pasts at once: every version of items that the database has not seen, copied straight into the tables and their
//! history, for data sets too large to be lived through write by write. What is written is what the triggers would have
//! written.

use super::{Db, Error, Result, Tx};
use crate::domain::event::Event;
use crate::domain::ids::{BaselineId, ItemId, PersonId, ProgramId};
use crate::domain::item::Item;
use crate::domain::kind::Kind;
use crate::domain::schedule_link::ScheduleLink;
use chrono::{DateTime, NaiveDate, Utc};
use serde_json::{Map, Value};
use std::fmt::{Display, Write as _};
use uuid::Uuid;

/// A version of an item as somebody wrote it.
#[derive(Clone, Debug)]
pub struct Version {
    pub item: Item,
    pub at: DateTime<Utc>,
    pub by: Option<PersonId>,
    /// Empty for none.
    pub reason: String,
    pub events: Vec<Event>,
}

/// An item from its first version to the one that stands.
#[derive(Clone, Debug)]
pub struct Past {
    pub versions: Vec<Version>,
}

/// A comment, with the items that it mentions.
#[derive(Clone, Debug)]
pub struct Said {
    pub id: Uuid,
    pub item: ItemId,
    pub author: Option<PersonId>,
    pub body: String,
    pub at: DateTime<Utc>,
    pub mentions: Vec<ItemId>,
}

/// A link as somebody made it.
#[derive(Clone, Debug)]
pub struct Tied {
    pub from: ItemId,
    pub relation: &'static str,
    pub to: ItemId,
    pub at: DateTime<Utc>,
    pub by: Option<PersonId>,
}

/// A link of the schedule as somebody made it.
#[derive(Clone, Debug)]
pub struct Bound {
    pub link: ScheduleLink,
    pub at: DateTime<Utc>,
    pub by: Option<PersonId>,
}

/// A baseline with the dates that it set.
#[derive(Clone, Debug)]
pub struct Set {
    pub id: BaselineId,
    /// 0 is the original.
    pub number: i32,
    pub name: String,
    pub reason: String,
    pub at: DateTime<Utc>,
    pub by: Option<PersonId>,
    pub change: Option<ItemId>,
    pub dates: Vec<(ItemId, NaiveDate)>,
}

/// Something recorded beside the items, from its first version to the one that stands.
#[derive(Clone, Debug)]
pub struct Noted {
    pub table: &'static str,
    pub versions: Vec<NotedVersion>,
}

/// A version of it: its columns but the program and the day from which it holds. Those of a table have the same.
#[derive(Clone, Debug)]
pub struct NotedVersion {
    pub row: Map<String, Value>,
    pub on: NaiveDate,
    pub at: DateTime<Utc>,
    pub by: Option<PersonId>,
}

/// All that one program has lived through.
#[derive(Clone, Debug, Default)]
pub struct Lived {
    pub pasts: Vec<Past>,
    pub comments: Vec<Said>,
    pub links: Vec<Tied>,
    /// Within the program; without a cycle.
    pub schedule: Vec<Bound>,
    pub baselines: Vec<Set>,
    pub noted: Vec<Noted>,
}

/// Whether nothing has been put into the database yet: no program, no person.
///
/// # Errors
/// When the database refuses.
pub async fn is_empty(db: &Db) -> Result<bool> {
    sqlx::query_scalar!(
        r#"select not exists (select from program) and not exists (select from person)
                  and not exists (select from account) as "empty!""#
    )
    .fetch_one(db.pool())
    .await
}

/// Stops the triggers that keep history, for the rest of the transaction up to [`resume`]: nobody else writes meanwhile.
///
/// # Errors
/// When the role that connects doesn't own the tables.
pub async fn pause(tx: &mut Tx) -> Result<()> {
    triggers(tx, "disable").await
}

/// Starts them again.
///
/// # Errors
/// When the database refuses.
pub async fn resume(tx: &mut Tx) -> Result<()> {
    triggers(tx, "enable").await
}

async fn triggers(tx: &mut Tx, verb: &str) -> Result<()> {
    let kinds = Kind::ALL.iter().map(|kind| kind.name());
    for table in kinds.chain(["item", "link", "schedule_link"]).chain(NOTED) {
        let statement = format!("alter table \"{table}\" {verb} trigger keep");
        sqlx::raw_sql(sqlx::AssertSqlSafe(statement)).execute(tx.conn()).await?;
    }
    Ok(())
}

/// Writes what a program has lived through. The triggers are to be paused.
///
/// # Errors
/// A named constraint that refuses a value.
pub async fn write(tx: &mut Tx, program: ProgramId, lived: &Lived) -> Result<()> {
    items(tx, lived).await?;
    for kind in Kind::ALL {
        details(tx, kind, lived).await?;
    }
    counters(tx, program, lived).await?;
    baselines(tx, program, lived).await?;
    links(tx, lived).await?;
    schedule(tx, lived).await?;
    noted(tx, program, lived).await?;
    comments(tx, lived).await?;
    events(tx, program, lived).await?;
    tx.touch(Some(program));
    Ok(())
}

/// Tells the planner what is there now.
///
/// # Errors
/// When the database refuses.
pub async fn analyze(db: &Db) -> Result<()> {
    let mut conn = db.pool().acquire().await?;
    sqlx::raw_sql("set statement_timeout = 0").execute(&mut *conn).await?;
    // Also sets the visibility map, without which index-only scans look at every row.
    sqlx::raw_sql("vacuum (analyze)").execute(&mut *conn).await?;
    sqlx::raw_sql("reset statement_timeout").execute(&mut *conn).await?;
    Ok(())
}

const ITEM: &str = "id, program, kind, number, title, description, owner, project, state, open, tags, raised_on, next_on, \
                    closed_on, score, archived_at, version, effective_on, created_at, created_by, updated_at, updated_by";
const KEPT: &str = "until_on, recorded_at, recorded_by, recorded_reason";

async fn items(tx: &mut Tx, lived: &Lived) -> Result<()> {
    let (mut live, mut kept) = (Lines::default(), Lines::default());
    for past in &lived.pasts {
        let Some(first) = past.versions.first() else { continue };
        for (at, version) in past.versions.iter().enumerate() {
            let next = past.versions.get(at + 1);
            item(&mut kept, first, version);
            kept.until(next.map(|next| next.item.effective_on)).stamped(version).end();
            if next.is_none() {
                item(&mut live, first, version);
                live.end();
            }
        }
    }
    copy(tx, &format!("item ({ITEM})"), &live).await?;
    copy(tx, &format!("history.item ({ITEM}, {KEPT})"), &kept).await
}

fn item(lines: &mut Lines, first: &Version, version: &Version) {
    let item = &version.item;
    lines.put(item.id).put(item.program).put(item.kind.name()).put(item.number);
    lines.text(&item.title).text(&item.description).some(item.owner).some(item.project);
    lines.put(item.state.name()).flag(item.is_open());
    lines.value(&Value::from(item.tags.clone()), false);
    lines.put(item.raised_on).some(item.next_on).some(item.closed_on).some(item.score);
    lines.some(item.archived_at.map(|at| at.to_rfc3339())).put(item.version).put(item.effective_on);
    lines.put(first.at.to_rfc3339()).some(first.by).put(version.at.to_rfc3339()).some(version.by);
}

/// Columns that hold JSON.
const JSON: [&str; 13] = [
    "options",
    "sign_off_holders",
    "rebaseline",
    "resources",
    "rollout_steps",
    "rollback_steps",
    "plan",
    "narrative",
    "declared",
    "reasons",
    "computed",
    "written",
    "frozen",
];

async fn details(tx: &mut Tx, kind: Kind, lived: &Lived) -> Result<()> {
    let (mut live, mut kept) = (Lines::default(), Lines::default());
    let mut columns: Option<String> = None;
    for past in lived.pasts.iter().filter(|past| past.versions.first().is_some_and(|v| v.item.kind == kind)) {
        // A row is written only when what the kind has of its own has changed.
        let changed: Vec<&Version> = past
            .versions
            .iter()
            .enumerate()
            .filter(|(at, version)| *at == 0 || past.versions[at - 1].item.detail != version.item.detail)
            .map(|(_, version)| version)
            .collect();
        for (at, version) in changed.iter().enumerate() {
            let values = version.item.detail.values();
            columns.get_or_insert_with(|| {
                values.keys().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ")
            });
            let next = changed.get(at + 1);
            for lines in [Some(&mut kept), next.is_none().then_some(&mut live)].into_iter().flatten() {
                lines.put(version.item.id).put(version.item.program).put(version.item.effective_on);
                for (name, value) in &values {
                    lines.value(value, JSON.contains(&name.as_str()));
                }
            }
            kept.until(next.map(|next| next.item.effective_on)).stamped(version).end();
            if next.is_none() {
                live.end();
            }
        }
    }
    let Some(columns) = columns else { return Ok(()) };
    let name = format!("\"{}\"", kind.name());
    copy(tx, &format!("{name} (item, program, effective_on, {columns})"), &live).await?;
    copy(tx, &format!("history.{name} (item, program, effective_on, {columns}, {KEPT})"), &kept).await
}

async fn counters(tx: &mut Tx, program: ProgramId, lived: &Lived) -> Result<()> {
    for kind in Kind::ALL {
        let last = lived
            .pasts
            .iter()
            .filter_map(|past| past.versions.first())
            .filter(|version| version.item.kind == kind)
            .map(|version| version.item.number)
            .max();
        let Some(last) = last else { continue };
        sqlx::query!(
            "insert into counter (program, kind, last) values ($1, $2, $3)
             on conflict (program, kind) do update set last = greatest(counter.last, excluded.last)",
            program.0,
            kind as Kind,
            last,
        )
        .execute(tx.conn())
        .await?;
    }
    Ok(())
}

async fn baselines(tx: &mut Tx, program: ProgramId, lived: &Lived) -> Result<()> {
    let (mut sets, mut dates) = (Lines::default(), Lines::default());
    for set in &lived.baselines {
        sets.put(set.id).put(program).put(set.number).text(&set.name).text(&set.reason);
        sets.put(set.at.date_naive()).put(set.at.to_rfc3339()).some(set.by).some(set.change).end();
        for (item, on) in &set.dates {
            dates.put(set.id).put(item).put(on).end();
        }
    }
    copy(tx, "baseline (id, program, number, name, reason, made_on, made_at, made_by, change)", &sets)
        .await?;
    copy(tx, "baseline_date (baseline, item, committed_on)", &dates).await
}

async fn links(tx: &mut Tx, lived: &Lived) -> Result<()> {
    let (mut live, mut kept) = (Lines::default(), Lines::default());
    for tied in &lived.links {
        for lines in [&mut live, &mut kept] {
            lines.put(tied.from).put(tied.relation).put(tied.to).put(tied.at.date_naive());
        }
        live.end();
        kept.until(None).put(tied.at.to_rfc3339()).some(tied.by).none().end();
    }
    copy(tx, "link (from_item, relation, to_item, effective_on)", &live).await?;
    copy(tx, &format!("history.link (from_item, relation, to_item, effective_on, {KEPT})"), &kept).await
}

async fn schedule(tx: &mut Tx, lived: &Lived) -> Result<()> {
    const LINK: &str =
        "id, program, from_program, predecessor, successor, type, lag, lag_unit, version, effective_on";
    let (mut live, mut kept) = (Lines::default(), Lines::default());
    for Bound { link, at, by } in &lived.schedule {
        for lines in [&mut live, &mut kept] {
            lines.put(link.id).put(link.program).put(link.from_program).put(link.predecessor);
            lines.put(link.successor).put(link.link_type.name()).put(link.lag).put(link.lag_unit.name());
            lines.put(link.version).put(link.effective_on);
        }
        live.end();
        kept.until(None).put(at.to_rfc3339()).some(*by).none().end();
    }
    copy(tx, &format!("schedule_link ({LINK})"), &live).await?;
    copy(tx, &format!("history.schedule_link ({LINK}, {KEPT})"), &kept).await
}

/// The tables of what is recorded beside the items, each after those that it leads to.
const NOTED: [&str; 10] = [
    "release_event",
    "rework",
    "adoption_target",
    "measurement",
    "survey",
    "survey_invitation",
    "survey_answer",
    "report_rating",
    "meeting_item",
    "budget_line",
];

async fn noted(tx: &mut Tx, program: ProgramId, lived: &Lived) -> Result<()> {
    for table in NOTED {
        let (mut live, mut kept) = (Lines::default(), Lines::default());
        let mut columns = String::new();
        for noted in lived.noted.iter().filter(|noted| noted.table == table) {
            for (at, version) in noted.versions.iter().enumerate() {
                let next = noted.versions.get(at + 1);
                if columns.is_empty() {
                    let names: Vec<_> = version.row.keys().map(|name| format!(", \"{name}\"")).collect();
                    columns = format!("program, effective_on{}", names.concat());
                }
                for lines in [Some(&mut kept), next.is_none().then_some(&mut live)].into_iter().flatten() {
                    lines.put(program).put(version.on);
                    version.row.values().for_each(|value| {
                        lines.value(value, false);
                    });
                }
                kept.until(next.map(|next| next.on))
                    .put(version.at.to_rfc3339())
                    .some(version.by)
                    .none()
                    .end();
                if next.is_none() {
                    live.end();
                }
            }
        }
        copy(tx, &format!("{table} ({columns})"), &live).await?;
        copy(tx, &format!("history.{table} ({columns}, {KEPT})"), &kept).await?;
    }
    Ok(())
}

async fn comments(tx: &mut Tx, lived: &Lived) -> Result<()> {
    let (mut said, mut mentions) = (Lines::default(), Lines::default());
    for comment in &lived.comments {
        said.put(comment.id).put(comment.item).some(comment.author).text(&comment.body);
        said.put(comment.at.date_naive()).put(comment.at.to_rfc3339()).end();
        for mention in &comment.mentions {
            mentions.put(comment.item).put(mention).end();
        }
    }
    copy(tx, "comment (id, item, author, body, effective_on, created_at)", &said).await?;
    copy(tx, "mention (from_item, to_item)", &mentions).await
}

/// When an event was told, from when it holds, of what, by whom, why, and what.
type Told<'a> = (DateTime<Utc>, NaiveDate, Option<ItemId>, Option<PersonId>, &'a str, Event);

/// Events stand in the order in which they were told.
async fn events(tx: &mut Tx, program: ProgramId, lived: &Lived) -> Result<()> {
    let mut told: Vec<Told<'_>> = Vec::new();
    for version in lived.pasts.iter().flat_map(|past| &past.versions) {
        for event in &version.events {
            let on = version.item.effective_on;
            told.push((version.at, on, Some(version.item.id), version.by, &version.reason, event.clone()));
        }
    }
    for comment in &lived.comments {
        let on = comment.at.date_naive();
        told.push((comment.at, on, Some(comment.item), comment.author, "", Event::Commented {}));
    }
    for set in lived.baselines.iter().filter(|set| set.number > 0) {
        let made = Event::BaselineMade { number: set.number, name: set.name.clone() };
        told.push((set.at, set.at.date_naive(), None, set.by, "", made));
    }
    told.sort_by_key(|event| event.0);
    let mut lines = Lines::default();
    for (at, on, item, by, reason, event) in told {
        let (name, data) = event.stored();
        lines.put(program).some(item).text(&name).value(&data, true).put(on).put(at.to_rfc3339()).some(by);
        lines.some((!reason.is_empty()).then(|| escaped(reason))).end();
    }
    copy(tx, "event (program, item, name, data, effective_on, recorded_at, actor, reason)", &lines).await
}

async fn copy(tx: &mut Tx, into: &str, lines: &Lines) -> Result<()> {
    if lines.out.is_empty() {
        return Ok(());
    }
    let mut door = tx.conn().copy_in_raw(&format!("copy {into} from stdin")).await?;
    if let Err(error) = door.send(lines.out.as_bytes()).await {
        door.abort("the data could not be sent").await?;
        return Err(error);
    }
    let written = door.finish().await?;
    if written != lines.count {
        return Err(Error::Protocol(format!("{into}: {written} rows were written of {}", lines.count)));
    }
    Ok(())
}

/// Lines of PostgreSQL's text format: values between tabs.
#[derive(Default)]
struct Lines {
    out: String,
    count: u64,
    within: bool,
}

impl Lines {
    fn tab(&mut self) -> &mut String {
        if self.within {
            self.out.push('\t');
        }
        self.within = true;
        &mut self.out
    }

    /// A value whose text needs no escaping.
    fn put(&mut self, value: impl Display) -> &mut Self {
        let _ = write!(self.tab(), "{value}");
        self
    }

    fn some(&mut self, value: Option<impl Display>) -> &mut Self {
        match value {
            Some(value) => self.put(value),
            None => self.none(),
        }
    }

    fn none(&mut self) -> &mut Self {
        self.tab().push_str("\\N");
        self
    }

    fn flag(&mut self, value: bool) -> &mut Self {
        self.put(if value { "t" } else { "f" })
    }

    fn text(&mut self, value: &str) -> &mut Self {
        escape(self.tab(), value);
        self
    }

    /// A value of a row: an array becomes PostgreSQL's, unless the column holds JSON.
    fn value(&mut self, value: &Value, json: bool) -> &mut Self {
        match value {
            Value::Null => self.none(),
            _ if json => self.text(&value.to_string()),
            Value::Bool(flag) => self.flag(*flag),
            Value::String(text) => self.text(text),
            Value::Array(list) => {
                let quoted = |value: &Value| match value {
                    Value::String(text) => {
                        format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
                    }
                    other => other.to_string(),
                };
                let list: Vec<_> = list.iter().map(quoted).collect();
                self.text(&format!("{{{}}}", list.join(",")))
            }
            other => self.put(other),
        }
    }

    fn until(&mut self, next: Option<NaiveDate>) -> &mut Self {
        match next {
            Some(next) => self.put(next),
            None => self.put("infinity"),
        }
    }

    /// When a version was written down, by whom and why.
    fn stamped(&mut self, version: &Version) -> &mut Self {
        self.put(version.at.to_rfc3339()).some(version.by);
        self.some((!version.reason.is_empty()).then(|| escaped(&version.reason)))
    }

    fn end(&mut self) {
        self.out.push('\n');
        self.count += 1;
        self.within = false;
    }
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    escape(&mut out, text);
    out
}

fn escape(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            c => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_as_copy_reads_them() {
        let mut lines = Lines::default();
        lines.text("a\tb\\c\nd").some(None::<i32>).flag(true);
        lines
            .value(&serde_json::json!(["x \"y\"", "z\\"]), false)
            .value(&serde_json::json!([{"a": "\n"}]), true);
        lines.until(None).end();
        assert_eq!(
            lines.out,
            "a\\tb\\\\c\\nd\t\\N\tt\t{\"x \\\\\"y\\\\\"\",\"z\\\\\\\\\"}\t[{\"a\":\"\\\\n\"}]\tinfinity\n"
        );
    }
}
