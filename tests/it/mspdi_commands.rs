//! Plans at the shell: importing and exporting them, links by a map file, and files that are larger than the memory for them.

use crate::commands::run;
use crate::mspdi_program::{PLAN, house};
use crate::support::{TestDatabase, cluster::PLUMBLINE, database};
use plumbline::exchange::mspdi::{Limits, Plan, read};
use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::Command;

/// A file that goes with the test.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str, text: &str) -> Self {
        let path = std::env::temp_dir().join(format!("plumbline-{}-{name}", std::process::id()));
        std::fs::write(&path, text).expect("it is written");
        Self(path)
    }

    fn path(&self) -> &str {
        self.0.to_str().expect("a path")
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

async fn done(database: &TestDatabase, args: &[&str]) -> String {
    let (code, out, error) = run(database, args).await;
    assert_eq!(code, 0, "{args:?}: {error}");
    out
}

async fn text(database: &TestDatabase, sql: &'static str) -> Vec<String> {
    sqlx::query_scalar(sql).fetch_all(&database.pool).await.unwrap()
}

#[tokio::test]
async fn a_plan_that_is_only_tried_writes_nothing() {
    let database = database().await;
    done(&database, &["migrate"]).await;
    let file = Scratch::new("tried.xml", PLAN);
    let count = "select (select count(*) from program) || ' ' || (select count(*) from item) || ' ' || (select count(*) from imported) \
                 || ' ' || (select count(*) from person) || ' ' || (select count(*) from event)";
    let before = text(&database, count).await;
    let out = done(&database, &["import", "mspdi", file.path(), "--program", "HRB", "--dry-run"]).await;
    for said in [
        "HRB: of 6 rows, this would be done:",
        "  made     4 activities, 1 calendars, 1 milestones, 1 people, 3 schedule links, 1 teams",
        "  changed  nothing",
    ] {
        assert!(out.lines().any(|line| line == said), "“{said}” is not in {out}");
    }
    assert_eq!(text(&database, count).await, before);
    let told =
        done(&database, &["import", "mspdi", file.path(), "--program", "HRB", "--dry-run", "--json"]).await;
    let told: serde_json::Value = serde_json::from_str(&told).expect("JSON");
    assert_eq!(
        (&told["dry_run"], &told["made"]["activities"], &told["left"]),
        (&true.into(), &4.into(), &serde_json::json!([]))
    );
    assert_eq!(text(&database, count).await, before);
    let out = done(&database, &["import", "mspdi", file.path(), "--program", "HRB"]).await;
    assert!(out.contains("this was done:"), "{out}");
    // A later version that is only tried says what it no longer has.
    let later = PLAN.replace("<Task><UID>13</UID>", "<Task><UID>13</UID><Active>0</Active>");
    let later = Scratch::new("later.xml", &later);
    let out = done(&database, &["import", "mspdi", later.path(), "--program", "HRB", "--dry-run"]).await;
    let said = "  no longer in the file, left as they are: HRB-T4 “Survey” (inactive there)";
    assert!(out.lines().any(|line| line.starts_with(said)), "{out}");
}

#[tokio::test]
async fn a_plan_is_exported_as_it_stood_on_a_day() {
    // On 24 July the plan comes in, six days later it says something else of “Deck”.
    let mut house = house().await;
    house.import(PLAN.as_bytes(), "HRB").await.expect("it is taken");
    house.later("2026-07-30T12:00:00Z");
    let longer = PLAN
        .replace("<Duration>PT24H0M0S</Duration>", "<Duration>PT32H0M0S</Duration>")
        .replace(">Deck<", ">Planks<");
    house.import(longer.as_bytes(), "HRB").await.expect("it is taken");
    let database = &house.database;
    let export = |day: &'static str| async move {
        let out = done(database, &["export", "mspdi", "--program", "HRB", "--as-of", day]).await;
        read("plan.xml", out.as_bytes(), &Limits::default()).expect("it is read").plan
    };
    let deck = |plan: &Plan| {
        let task = plan.tasks.iter().find(|task| task.uid == 12).expect("Deck is there");
        (task.name.clone(), task.duration.map(|length| length.minutes / 480))
    };
    let (then, now) = (export("2026-07-29").await, export("2026-07-30").await);
    assert_eq!(deck(&then), ("Deck".to_owned(), Some(3)));
    assert_eq!(deck(&now), ("Planks".to_owned(), Some(4)));
    assert_eq!(then.status_date.map(|at| at.date().to_string()).as_deref(), Some("2026-07-29"));
    let file = Scratch::new("out.xml", "");
    let out = done(
        database,
        &["export", "mspdi", "--program", "hrb", "--as-of", "2026-07-29", "--out", file.path()],
    )
    .await;
    assert_eq!(out, "");
    let written = std::fs::read(&file.0).expect("it is there");
    assert_eq!(read("plan.xml", written.as_slice(), &Limits::default()).expect("it is read").plan, then);
    let (code, _, error) =
        run(database, &["export", "mspdi", "--program", "HRB", "--as-of", "2026-01-01"]).await;
    assert_eq!((code, error.lines().count()), (1, 1), "there was no program yet: {error}");
}

#[tokio::test]
async fn links_of_the_schedule_come_in_by_a_map() {
    let database = database().await;
    done(&database, &["migrate"]).await;
    let work = Scratch::new("work.csv", "Id,Work,Days\nA,Dig,5\nB,Pour,3\nC,Cure,7\n");
    let ties = Scratch::new(
        "ties.csv",
        "From,To,How,Lag,Unit\nA,B,FS,2,working\nB,C,SS,50,percent\nA,C,,-1.5,elapsed\n",
    );
    let name = |file: &Scratch| file.0.file_name().unwrap().to_str().unwrap().to_owned();
    let map = format!(
        r#"
[program]
key = "HRB"
name = "Harbour"

[[file]]
name = "{}"
[[file.make]]
kind = "activity"
key = "{{Id}}"
[file.make.fields]
title = "{{Work}}"
likely_days = "{{Days}}"

[[file]]
name = "{}"
[[file.make]]
kind = "schedule_link"
key = "{{From}} {{To}}"
[file.make.fields]
predecessor = {{ key = "{{From}}" }}
successor = {{ key = "{{To}}" }}
type = "{{How ?? 'FS'}}"
lag_days = "{{Lag}}"
lag_unit = "{{Unit}}"
"#,
        name(&work),
        name(&ties)
    );
    let map = Scratch::new("map.toml", &map);
    let args = ["import", "csv", work.path(), ties.path(), "--map", map.path()];
    let out = done(&database, &args).await;
    assert!(out.contains("  made     3 activities, 3 schedule links"), "{out}");
    let links = "select p.title || ' ' || l.type || ' ' || l.lag::float8 || ' ' || l.lag_unit || ' ' || s.title
                 from schedule_link l join item p on p.id = l.predecessor join item s on s.id = l.successor order by p.number, s.number";
    let expected = ["Dig FS 2 working Pour", "Dig FS -1.5 elapsed Cure", "Pour SS 50 percent Cure"];
    assert_eq!(text(&database, links).await, expected);
    let out = done(&database, &args).await;
    assert!(out.contains("  made     nothing") && out.contains("  changed  nothing"), "{out}");
    // A link that closes a cycle is refused, and with it the file.
    let round = Scratch::new("ties.csv", "From,To,How,Lag,Unit\nC,A,FS,0,working\n");
    let (code, out, error) =
        run(&database, &["import", "csv", work.path(), round.path(), "--map", map.path()]).await;
    assert_eq!(code, 1, "{out}{error}");
    assert!(out.contains("cycle") && out.contains("HRB-T1"), "{out}{error}");
    assert_eq!(text(&database, links).await, expected);
}

/// A plan as Microsoft Project writes it, with all that it says of each task and is not read.
fn large(tasks: usize) -> String {
    let filler: String = (0..60).fold(String::new(), |mut all, place| {
        write!(all, "<ActualOvertimeWorkProtected>PT{place}H0M0S</ActualOvertimeWorkProtected>")
            .expect("it is written");
        all
    });
    let mut xml = String::from("<Project><StartDate>2026-06-01T08:00:00</StartDate><Tasks>");
    for uid in 1..=tasks {
        write!(xml, "<Task><UID>{uid}</UID><ID>{uid}</ID><Name>Task {uid} of the plan</Name><OutlineLevel>1</OutlineLevel><Duration>PT8H0M0S</Duration>{filler}")
            .expect("it is written");
        if uid > 10 {
            write!(
                xml,
                "<PredecessorLink><PredecessorUID>{}</PredecessorUID><Type>1</Type></PredecessorLink>",
                uid - 10
            )
            .expect("it is written");
        }
        xml.push_str("</Task>");
    }
    xml.push_str("</Tasks></Project>");
    xml
}

/// The file is read, scheduled and told in less memory than it takes: its text, its tree and the answer are never there as a whole.
#[cfg(target_os = "linux")]
#[test]
fn a_large_file_is_scheduled_in_less_memory_than_it_takes() {
    let xml = large(10_000);
    let size = xml.len();
    let file = Scratch::new("large.xml", &xml);
    drop(xml);
    // All data of the process, in kilobytes: three fifths of what the file has.
    let most = size * 3 / 5 / 1024;
    let script = format!("ulimit -d {most}; exec \"$0\" \"$@\"");
    let schedule = |args: &[&str]| {
        Command::new("sh").args(["-c", &script, PLUMBLINE]).args(args).output().expect("it runs")
    };
    let out = schedule(&["schedule", file.path(), "--json"]);
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let answer: serde_json::Value = serde_json::from_slice(&out.stdout).expect("JSON");
    assert_eq!(answer["items"].as_array().map(Vec::len), Some(10_000));
    assert_eq!(answer["critical_path"].as_array().map(Vec::len), Some(1_000));
}
