//! Imports into a real database: the public record of the Kubernetes releases with its map, and ordinary sheets without one.

use crate::support::{self, TestDatabase};
use chrono::{DateTime, NaiveDate, Utc};
use plumbline::app::import::{self, Outcome};
use plumbline::app::{App, Error};
use plumbline::clock::Clock;
use plumbline::exchange::csv::{self, Sheet};
use plumbline::exchange::guess;
use plumbline::exchange::intake::{self, Intake};
use plumbline::exchange::map::ImportMap;
use plumbline::store::{Db, Stamp};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Title, state, likely days and percent of an activity, its actual start and finish, and the date of its constraint.
type PlannedRow = (String, String, f64, i16, Option<NaiveDate>, Option<NaiveDate>, Option<NaiveDate>);

/// The day of the data.
const NOW: &str = "2026-07-24T12:00:00Z";

struct House {
    app: App,
    database: TestDatabase,
}

async fn house() -> House {
    let database = support::database().await;
    let now: DateTime<Utc> = NOW.parse().unwrap();
    let app = App::new(Db::new(database.url.parse().unwrap(), 4), Clock::held_at(now));
    House { app, database }
}

impl House {
    async fn import(&self, intake: &Intake, key: Option<&str>) -> plumbline::app::Result<Outcome> {
        let stamp = Stamp { now: self.app.clock.now(), actor: None, reason: String::new() };
        import::import(&self.app, &stamp, intake, key, false).await
    }

    async fn count(&self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(&self.database.pool).await.unwrap()
    }

    async fn program(&self, key: &str) {
        sqlx::query(
            "with made as (
                 insert into program (id, key, name, effective_on, created_at, updated_at)
                 values (gen_random_uuid(), $1, $1, '2026-01-01', now(), now()) returning id
             ) insert into pulse (program) select id from made",
        )
        .bind(key)
        .execute(&self.database.pool)
        .await
        .unwrap();
    }
}

fn k8s_folder() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    let named = std::env::var_os("PLUMBLINE_SHARED_DATA").map(PathBuf::from);
    let folders = named.into_iter().chain([beside]).map(|data| data.join("k8s-program"));
    let found = folders.into_iter().find(|path| path.is_dir());
    if found.is_none() {
        eprintln!("skipped: ../shared/data/k8s-program is not there");
    }
    found
}

fn k8s() -> Option<(BTreeMap<String, Sheet>, Intake)> {
    let folder = k8s_folder()?;
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|end| end == "csv"));
    paths.sort();
    let sheets: Vec<Sheet> = paths
        .iter()
        .map(|path| {
            csv::read(path.file_name().unwrap().to_str().unwrap(), &std::fs::read(path).unwrap()).unwrap()
        })
        .collect();
    let map = ImportMap::read(include_str!("../../samples/k8s.toml")).unwrap();
    let intake = intake::run(&map, &sheets).unwrap();
    Some((sheets.into_iter().map(|sheet| (sheet.name.clone(), sheet)).collect(), intake))
}

/// Rows of a sheet as values of the columns asked for.
fn rows<const N: usize>(sheet: &Sheet, columns: [&str; N]) -> Vec<[String; N]> {
    let at = columns.map(|column| sheet.column(column).unwrap());
    sheet.rows.iter().map(|row| at.map(|at| row.cells[at].clone())).collect()
}

fn day(text: &str) -> NaiveDate {
    text.split('/').next().unwrap().parse().unwrap()
}

#[tokio::test]
async fn the_kubernetes_record_becomes_a_program_with_its_past_and_a_second_time_nothing_changes() {
    let Some((sheets, intake)) = k8s() else { return };
    let house = house().await;
    let outcome = house.import(&intake, None).await.unwrap();
    assert_eq!(outcome.program, "K8S");
    let made = |what: &str| outcome.made.get(what).copied().unwrap_or(0);
    assert_eq!(
        ["milestones", "risks", "dependencies", "decisions", "changes", "projects", "teams"].map(made),
        [731, 598, 144, 440, 41, 18, 26]
    );

    // Every version follows the one before without a gap, and the last is the row as it stands.
    let torn = house
        .count(
            "select count(*) from (
                 select until_on, lead(effective_on) over (partition by id order by entry) as next from history.item
             ) v where until_on <> coalesce(next, 'infinity')",
        )
        .await;
    assert_eq!(torn, 0, "versions that don't follow each other");
    let differing = house
        .count(
            "select count(*) from item i left join history.item h on h.id = i.id and h.until_on = 'infinity'
             where (h.version, h.state, h.title, h.effective_on) is distinct from (i.version, i.state, i.title, i.effective_on)",
        )
        .await;
    assert_eq!(differing, 0, "rows that are not their last version");
    let future = house.count("select count(*) from history.item where effective_on > '2026-07-24'").await;
    assert_eq!(future, 0, "versions that take effect after the day of the data");

    forecasts_moved_on_the_days_that_the_log_tells(&house, &sheets["milestone_changes.csv"]).await;
    slips_of_a_release(&house, &sheets["milestones.csv"]).await;
    what_is_next(&house, &sheets["milestones.csv"]).await;

    let (versions, events) = (
        house.count("select count(*) from history.item").await,
        house.count("select count(*) from event").await,
    );
    let again = house.import(&intake, None).await.unwrap();
    assert!(again.made.is_empty() && again.changed.is_empty(), "{again:?}");
    assert_eq!(house.count("select count(*) from history.item").await, versions);
    assert_eq!(house.count("select count(*) from event").await, events);
}

async fn forecasts_moved_on_the_days_that_the_log_tells(house: &House, changes: &Sheet) {
    let mut told: BTreeMap<String, Vec<(NaiveDate, NaiveDate)>> = BTreeMap::new();
    for [release, milestone, change, changed_on, old, new] in
        rows(changes, ["release", "milestone", "change", "changed_on", "old", "new"])
    {
        if change == "date" && day(&old) != day(&new) {
            told.entry(format!("{release}: {milestone}")).or_default().push((day(&changed_on), day(&new)));
        }
    }
    let stored: Vec<(String, NaiveDate, Option<NaiveDate>)> = sqlx::query_as(
        "select i.title, m.effective_on, m.forecast_on from history.milestone m
         join item i on i.id = m.item join project p on p.id = i.project and p.key = 'release-team' order by m.entry",
    )
    .fetch_all(&house.database.pool)
    .await
    .unwrap();
    let mut kept: BTreeMap<String, Vec<(NaiveDate, NaiveDate)>> = BTreeMap::new();
    let mut before: BTreeMap<String, Option<NaiveDate>> = BTreeMap::new();
    for (title, on, forecast) in stored {
        let first = !before.contains_key(&title);
        let was = before.insert(title.clone(), forecast).flatten();
        if !first && was != forecast {
            kept.entry(title).or_default().push((on, forecast.unwrap()));
        }
    }
    // Two were taken out of the schedule later, and one was renamed.
    told.remove("v1.33: Release Highlights complete");
    told.remove("v1.33: Begin Friday APAC-friendly meetings");
    let renamed = told.remove("v1.36: Begin Burndown (Monday, Wednesday, and Friday meetings)").unwrap();
    told.insert("v1.36: Begin Burndown (Meetings on Mon / Wed / Fri)".into(), renamed);
    assert_eq!(kept, told);
}

async fn slips_of_a_release(house: &House, milestones: &Sheet) {
    let slipped: BTreeMap<String, i64> = rows(milestones, ["release", "milestone", "slip_days"])
        .into_iter()
        .filter(|[release, _, days]| release == "v1.33" && days != "0")
        .map(|[release, milestone, days]| (format!("{release}: {milestone}"), days.parse().unwrap()))
        .collect();
    let stored: Vec<(String, i32)> = sqlx::query_as(
        "select i.title, m.achieved_on - m.original_on from milestone_at('2026-07-24') m
         join item_at('2026-07-24') i on i.id = m.item
         where i.title like 'v1.33: %' and m.achieved_on <> m.original_on",
    )
    .fetch_all(&house.database.pool)
    .await
    .unwrap();
    let stored: BTreeMap<String, i64> =
        stored.into_iter().map(|(title, days)| (title, i64::from(days))).collect();
    assert_eq!(stored, slipped);
    assert_eq!(stored["v1.33: v1.33.0 released"], 7);
}

async fn what_is_next(house: &House, milestones: &Sheet) {
    let next: BTreeSet<String> = rows(milestones, ["release", "milestone", "planned_date"])
        .into_iter()
        .filter(|[release, _, on]| release == "v1.37" && on.as_str() >= "2026-07-24")
        .map(|[release, milestone, _]| format!("{release}: {milestone}"))
        .collect();
    let stored: Vec<String> = sqlx::query_scalar(
        "select i.title from item_at('2026-07-24') i where i.kind = 'milestone' and i.open and i.title like 'v1.37: %'",
    )
    .fetch_all(&house.database.pool)
    .await
    .unwrap();
    assert_eq!(stored.into_iter().collect::<BTreeSet<_>>(), next);
}

const LOG: &str = "\
ID,Type,Title,Owner,Status,Due,Probability,Impact,Raised,Severity\n\
1,Risk,Supplier is late,Ada Lovelace,Open,2026-09-01,High,4,2026-06-01,\n\
2,Issue,Sandbox is down,Grace Hopper <grace@example.com>,Closed,2026-07-01,,,2026-06-20,2\n\
3,Assumption,Data is clean,Ada Lovelace,Open,2026-08-15,,,2026-06-02,\n\
4,Action,Ask for a date,,Open,2026-08-01,,,,\n";

fn read(name: &str, text: &str) -> Intake {
    let sheet = csv::read(name, text.as_bytes()).unwrap();
    let guess = guess::guess(&sheet, None).unwrap();
    guess::read(&sheet, &guess)
}

#[tokio::test]
async fn an_ordinary_raid_log_is_imported_without_a_map_and_a_second_time_nothing_changes() {
    let house = house().await;
    house.program("ALPHA").await;
    let intake = read("log.csv", LOG);
    let first = house.import(&intake, Some("alpha")).await.unwrap();
    let made = |what: &str| first.made.get(what).copied().unwrap_or(0);
    assert_eq!(["risks", "issues", "assumptions", "actions"].map(made), [1, 1, 1, 1], "{first:?}");
    let states: Vec<(String, String, Option<i16>)> =
        sqlx::query_as("select kind::text, state::text, score from item order by item.kind")
            .fetch_all(&house.database.pool)
            .await
            .unwrap();
    assert_eq!(
        states.iter().map(|(kind, state, score)| (kind.as_str(), state.as_str(), *score)).collect::<Vec<_>>(),
        [
            ("risk", "open", Some(16)),
            ("assumption", "unvalidated", None),
            ("issue", "closed", None),
            ("action", "open", None)
        ]
    );
    let again = house.import(&intake, Some("ALPHA")).await.unwrap();
    assert!(again.made.is_empty() && again.changed.is_empty(), "{again:?}");

    // One row says something else now: that item, and no other, gets a version.
    let later = read("log.csv", &LOG.replace("Supplier is late", "Supplier is very late"));
    let third = house.import(&later, Some("ALPHA")).await.unwrap();
    assert_eq!(third.changed.get("risks"), Some(&1), "{third:?}");
    assert!(third.made.is_empty(), "{third:?}");
    assert_eq!(house.count("select count(*) from history.item where title like 'Supplier%'").await, 2);
}

#[tokio::test]
async fn an_import_with_a_row_that_cannot_be_taken_writes_nothing() {
    let house = house().await;
    house.program("ALPHA").await;
    let mut intake = read("log.csv", LOG);
    for record in &mut intake.records {
        if record.fields.contains_key("title") && record.origin.line == 4 {
            record.fields.insert("title".into(), "x".repeat(301).into());
        }
    }
    match house.import(&intake, Some("ALPHA")).await {
        Err(Error::Refused(refused)) => {
            assert_eq!(refused.errors.iter().map(|e| e.field.as_str()).collect::<Vec<_>>(), ["log.csv:4"]);
        }
        other => panic!("it was taken: {other:?}"),
    }
    for sql in ["select count(*) from item", "select count(*) from person", "select count(*) from imported"] {
        assert_eq!(house.count(sql).await, 0, "{sql}");
    }
    assert!(matches!(house.import(&intake, Some("NONE")).await, Err(Error::Refused(_))));
}

const PLAN: &str = "ID,Task Name,Duration,Start,Finish,% Complete,Predecessors,Resource Names\n\
    1,Design,5 days,2026-06-01,2026-06-08,100%,,Ann Lee\n\
    2,Build,2 wks,2026-06-09,2026-06-23,40%,1,\"Ann Lee[50%],Bo Ek\"\n\
    3,Test,\"2,5 days\",2026-07-01,2026-07-03,0%,\"1;2FS+2d\",\n\
    4,Train,3d?,2026-09-07,2026-09-09,0%,,\n\
    5,Ship,0 days,2026-09-10,2026-09-10,0%,\"3SS-1 day;4FF+50%;99\",\n";

#[tokio::test]
async fn a_plan_is_imported_with_its_links() {
    let house = house().await;
    house.program("ATLAS").await;
    let sheet = csv::read("plan.csv", PLAN.as_bytes()).unwrap();
    let guessed = guess::guess(&sheet, None).unwrap();
    let intake = guess::read(&sheet, &guessed);
    let told: Vec<_> = intake.findings.iter().map(|finding| finding.message.clone()).collect();
    assert_eq!(told, ["“99” names no row of the sheet; there is no link."]);
    let outcome = house.import(&intake, Some("ATLAS")).await.unwrap();
    assert_eq!((outcome.made["activities"], outcome.made["schedule links"]), (5, 5));
    let activities: Vec<PlannedRow> = sqlx::query_as(
        "select i.title, i.state::text, a.likely_days::float8, a.percent_complete, a.actual_start_on, a.actual_finish_on,
                a.constraint_on
         from activity a join item i on i.id = a.item order by i.number",
    )
    .fetch_all(&house.database.pool)
    .await
    .unwrap();
    let day = |text: &str| text.parse::<NaiveDate>().ok();
    let expected = [
        ("Design", "done", 5.0, 100, day("2026-06-01"), day("2026-06-08"), None),
        ("Build", "in_progress", 10.0, 40, day("2026-06-09"), None, None),
        ("Test", "not_started", 2.5, 0, None, None, None),
        ("Train", "not_started", 3.0, 0, None, None, day("2026-09-07")),
        ("Ship", "not_started", 0.0, 0, None, None, None),
    ]
    .map(|(title, state, days, done, start, finish, bound)| {
        (title.to_owned(), state.to_owned(), days, done, start, finish, bound)
    });
    assert_eq!(activities, expected);
    let links: Vec<String> = sqlx::query_scalar(
        "select p.title || ' ' || l.type || ' ' || l.lag::float8 || ' ' || l.lag_unit || ' ' || s.title
         from schedule_link l join item p on p.id = l.predecessor join item s on s.id = l.successor
         order by s.number, p.number",
    )
    .fetch_all(&house.database.pool)
    .await
    .unwrap();
    assert_eq!(
        links,
        [
            "Design FS 0 working Build",
            "Design FS 0 working Test",
            "Build FS 2 working Test",
            "Test SS -1 working Ship",
            "Train FF 50 percent Ship"
        ]
    );
    let again = house.import(&intake, Some("ATLAS")).await.unwrap();
    assert!(again.made.is_empty() && again.changed.is_empty(), "the same file changes nothing: {again:?}");
}

#[tokio::test]
async fn a_plan_with_a_cycle_is_refused_by_row() {
    let house = house().await;
    house.program("ATLAS").await;
    let text = "ID,Task Name,Duration,Predecessors\n1,A,1,3\n2,B,1,1\n3,C,1,2\n";
    let sheet = csv::read("plan.csv", text.as_bytes()).unwrap();
    let intake = guess::read(&sheet, &guess::guess(&sheet, None).unwrap());
    let Err(Error::Refused(refused)) = house.import(&intake, Some("ATLAS")).await else {
        panic!("it was taken")
    };
    let told = &refused.errors[0];
    assert!(told.field.starts_with("plan.csv:"), "the row is named: {told:?}");
    assert_eq!(told.message, "This would make a cycle: ATLAS-T3 → ATLAS-T1 → ATLAS-T2 → ATLAS-T3.");
    assert_eq!(house.count("select count(*) from item").await, 0, "nothing was written");
}
