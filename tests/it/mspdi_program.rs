//! Plans of Microsoft Project into programs, and back.

use crate::mspdi::SAMPLES;
use crate::support::{self, TestDatabase, cluster::PLUMBLINE};
use chrono::{DateTime, NaiveDate, Utc};
use plumbline::app::import::{self, Outcome};
use plumbline::app::{App, mspdi as programs};
use plumbline::clock::Clock;
use plumbline::exchange::mspdi::{Limits, LinkType, Plan, intake::intake, read, write};
use plumbline::store::{Db, Stamp};
use std::process::Command;

pub struct House {
    pub app: App,
    pub database: TestDatabase,
}

pub async fn house() -> House {
    let database = support::database().await;
    let now: DateTime<Utc> = "2026-07-24T12:00:00Z".parse().unwrap();
    let app = App::new(Db::new(database.url.parse().unwrap(), 4), Clock::held_at(now));
    House { app, database }
}

impl House {
    /// Goes on at another instant.
    pub fn later(&mut self, now: &str) {
        let now: DateTime<Utc> = now.parse().unwrap();
        self.app = App::new(Db::new(self.database.url.parse().unwrap(), 4), Clock::held_at(now));
    }

    pub fn stamp(&self) -> Stamp {
        Stamp { now: self.app.clock.now(), actor: None, reason: String::new() }
    }

    pub async fn import(&self, xml: &[u8], key: &str) -> plumbline::app::Result<Outcome> {
        let reading = read("plan.xml", xml, &Limits::default()).expect("it is read");
        let today: NaiveDate = self.app.clock.now().date_naive();
        import::import(&self.app, &self.stamp(), &intake("plan.xml", &reading, today), Some(key), false).await
    }

    /// The plan of a program, of which everything is carried.
    pub async fn export(&self, key: &str) -> Plan {
        let (plan, lost) =
            programs::export(&self.app, &self.stamp(), key, None).await.expect("it is exported");
        assert!(lost.is_empty(), "{lost:?}");
        plan
    }

    /// The same, without what it is known by: that is another for each program.
    async fn said(&self, key: &str) -> Plan {
        let mut plan = self.export(key).await;
        plan.guid = None;
        plan.tasks.iter_mut().for_each(|task| task.guid = None);
        plan
    }

    pub async fn text(&self, sql: &'static str) -> Vec<String> {
        sqlx::query_scalar(sql).fetch_all(&self.database.pool).await.unwrap()
    }
}

pub fn written(plan: &Plan) -> Vec<u8> {
    let mut bytes = Vec::new();
    write(plan, &mut bytes).expect("it is written");
    bytes
}

/// Three activities below a summary, a milestone, a calendar, two people, estimates, progress and every sort of lag.
pub const PLAN: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<Project xmlns="http://schemas.microsoft.com/project"><Title>Harbour</Title><StartDate>2026-06-01T08:00:00</StartDate><CalendarUID>1</CalendarUID>
<Calendars><Calendar><UID>1</UID><Name>Standard</Name><Exceptions><Exception><TimePeriod><FromDate>2026-06-19T00:00:00</FromDate><ToDate>2026-06-19T23:59:00</ToDate></TimePeriod><Type>1</Type><DayWorking>0</DayWorking></Exception></Exceptions></Calendar>
<Calendar><UID>2</UID><Name>Saturdays</Name><BaseCalendarUID>1</BaseCalendarUID><WeekDays><WeekDay><DayType>7</DayType><DayWorking>1</DayWorking><WorkingTimes><WorkingTime><FromTime>08:00:00</FromTime><ToTime>12:00:00</ToTime></WorkingTime></WorkingTimes></WeekDay></WeekDays></Calendar></Calendars>
<Tasks><Task><UID>0</UID><Name>Harbour</Name><OutlineLevel>0</OutlineLevel></Task>
<Task><UID>10</UID><Name>Quay</Name><OutlineLevel>1</OutlineLevel><Summary>1</Summary><Duration>PT40H0M0S</Duration></Task>
<Task><UID>11</UID><Name>Piles</Name><OutlineLevel>2</OutlineLevel><Duration>PT20H0M0S</Duration><CalendarUID>2</CalendarUID><PercentComplete>40</PercentComplete><ActualStart>2026-06-02T08:00:00</ActualStart><RemainingDuration>PT12H0M0S</RemainingDuration><Notes>Oak &amp; steel</Notes></Task>
<Task><UID>12</UID><Name>Deck</Name><OutlineLevel>2</OutlineLevel><Duration>PT24H0M0S</Duration><ConstraintType>4</ConstraintType><ConstraintDate>2026-08-03T08:00:00</ConstraintDate><Deadline>2026-09-01T17:00:00</Deadline>
<PredecessorLink><PredecessorUID>11</PredecessorUID><Type>1</Type><LinkLag>9600</LinkLag><LagFormat>7</LagFormat></PredecessorLink>
<ExtendedAttribute><FieldID>188743783</FieldID><Value>PT16H0M0S</Value></ExtendedAttribute><ExtendedAttribute><FieldID>188743785</FieldID><Value>PT40H0M0S</Value></ExtendedAttribute></Task>
<Task><UID>13</UID><Name>Survey</Name><OutlineLevel>1</OutlineLevel><Duration>PT8H0M0S</Duration><PercentComplete>100</PercentComplete><ActualStart>2026-06-01T08:00:00</ActualStart><ActualFinish>2026-06-01T17:00:00</ActualFinish></Task>
<Task><UID>14</UID><Name>Opening</Name><OutlineLevel>1</OutlineLevel><Milestone>1</Milestone><Finish>2026-09-10T17:00:00</Finish><Duration>PT0H0M0S</Duration>
<PredecessorLink><PredecessorUID>12</PredecessorUID><Type>0</Type><LinkLag>14400</LinkLag><LagFormat>8</LagFormat></PredecessorLink>
<PredecessorLink><PredecessorUID>13</PredecessorUID><Type>3</Type><LinkLag>50</LinkLag><LagFormat>19</LagFormat></PredecessorLink>
<Baseline><Number>0</Number><Finish>2026-09-04T17:00:00</Finish></Baseline></Task></Tasks>
<Resources><Resource><UID>1</UID><Name>Ann Lee</Name><Type>1</Type></Resource><Resource><UID>2</UID><Name>Divers</Name><Type>1</Type><Group>Team</Group></Resource></Resources>
<Assignments><Assignment><UID>1</UID><TaskUID>12</TaskUID><ResourceUID>1</ResourceUID><Units>0.5</Units></Assignment><Assignment><UID>2</UID><TaskUID>12</TaskUID><ResourceUID>2</ResourceUID><Units>1</Units></Assignment></Assignments></Project>"#;

#[tokio::test]
async fn a_plan_becomes_a_program_and_the_same_plan_again_changes_nothing() {
    let house = house().await;
    let made = house.import(PLAN.as_bytes(), "HRB").await.expect("it is taken").made;
    let made: Vec<_> = made.into_iter().collect();
    assert_eq!(
        made,
        [
            ("activities", 4),
            ("calendars", 1),
            ("milestones", 1),
            ("people", 1),
            ("schedule links", 3),
            ("teams", 1)
        ]
    );
    let rows = house
        .text(
            "select concat_ws(' | ', i.title, p.title, a.likely_days::float8, a.optimistic_days::float8, a.pessimistic_days::float8, a.remaining_days::float8,
                    a.percent_complete, i.state, a.constraint, a.constraint_on, a.deadline_on, c.name)
             from activity a join item i on i.id = a.item left join item p on p.id = a.parent left join calendar c on c.id = a.calendar order by i.number",
        )
        .await;
    assert_eq!(
        rows,
        [
            "Quay | 5 | 0 | not_started | as_soon_as_possible",
            "Piles | Quay | 2.5 | 1.5 | 40 | in_progress | as_soon_as_possible | Saturdays",
            "Deck | Quay | 3 | 2 | 5 | 0 | not_started | start_no_earlier_than | 2026-08-03 | 2026-09-01",
            "Survey | 1 | 0 | 100 | done | as_soon_as_possible",
        ]
    );
    let milestone =
        house.text("select concat_ws(' ', original_on, committed_on, forecast_on) from milestone").await;
    assert_eq!(milestone, ["2026-09-04 2026-09-04 2026-09-10"]);
    let links =
        house.text("select concat_ws(' ', type, lag::float8, lag_unit) from schedule_link order by 1").await;
    assert_eq!(links, ["FF 1 elapsed", "FS 2 working", "SS 50 percent"]);
    let again = house.import(PLAN.as_bytes(), "HRB").await.expect("it is taken");
    assert!(again.made.is_empty() && again.changed.is_empty(), "{again:?}");
    // One duration differs: one activity changes.
    let longer = PLAN.replace("<Duration>PT24H0M0S</Duration>", "<Duration>PT32H0M0S</Duration>");
    let third = house.import(longer.as_bytes(), "HRB").await.expect("it is taken");
    assert_eq!(third.changed.into_iter().collect::<Vec<_>>(), [("activities", 1)]);
    assert!(third.made.is_empty(), "{:?}", third.made);
}

#[tokio::test]
async fn a_program_exported_and_imported_into_an_empty_one_is_the_same() {
    let house = house().await;
    house.import(PLAN.as_bytes(), "HRB").await.expect("it is taken");
    let first = house.said("HRB").await;
    assert_eq!(first.tasks.len(), 6);
    assert_eq!(
        first
            .tasks
            .iter()
            .flat_map(|task| &task.links)
            .map(|link| link.kind)
            .filter(|kind| *kind == LinkType::FinishStart)
            .count(),
        1
    );
    house.import(&written(&first), "NEW").await.expect("it is taken");
    assert_eq!(house.said("NEW").await, first);
    for (name, bytes) in SAMPLES {
        let key = format!("S{}", name.len());
        house.import(bytes, &key).await.expect("it is taken");
        let plan = house.said(&key).await;
        let copy = format!("C{}", name.len());
        house.import(&written(&plan), &copy).await.expect("it is taken");
        assert_eq!(house.said(&copy).await, plan, "{name}");
    }
}

#[tokio::test]
async fn a_cycle_is_spelled_out_and_nothing_is_imported() {
    let house = house().await;
    let back = "<PredecessorLink><PredecessorUID>14</PredecessorUID><Type>1</Type></PredecessorLink>";
    let xml = PLAN
        .replace("<Notes>Oak", &format!("{back}<Notes>Oak"))
        .replace("<Notes>Oak &amp; steel</Notes>", "");
    let xml = xml.replace(back, "").replace("<PercentComplete>40</PercentComplete>", back);
    let why = house.import(xml.as_bytes(), "HRB").await.expect_err("it is refused").to_string();
    assert!(why.contains("cycle") && why.contains("HRB-M1") && why.contains("→"), "{why}");
    assert!(house.text("select title from item").await.is_empty());
}

fn run(args: &[&str]) -> (i32, String, String) {
    let out = Command::new(PLUMBLINE).args(args).env_remove("DATABASE_URL").output().expect("it runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    (out.status.code().expect("it ends"), text(out.stdout), text(out.stderr))
}

#[test]
fn a_file_is_scheduled_and_forecast_without_a_database() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/mspdi/task-links-project2007-mspdi.xml");
    let (code, out, _) = run(&["schedule", file, "--json"]);
    assert_eq!(code, 0);
    let answer: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(answer["finish"], "2014-11-03T17:00:00");
    assert_eq!(answer["status_date"], serde_json::Value::Null);
    let items = answer["items"].as_array().expect("items");
    let ten = items.iter().find(|item| item["uid"] == 10).expect("task 10");
    assert_eq!(ten["driving"], serde_json::json!(["9"]));
    assert_eq!(ten["early_start"], "2014-11-03T08:00:00");
    assert_eq!(items.iter().find(|item| item["uid"] == 1).expect("task 1")["total_float_days"], 10.0);
    assert_eq!(answer["critical_path"], serde_json::json!(["9", "10"]));
    let (code, first, _) = run(&["forecast", file, "--iterations", "500", "--seed", "7", "--json"]);
    assert_eq!(code, 0);
    let told: serde_json::Value = serde_json::from_str(&first).expect("JSON");
    assert!(told["assumption"].as_str().expect("said").contains("90 %"), "{told}");
    let quantiles: Vec<_> = ["p10", "p50", "p80", "p90"]
        .iter()
        .map(|name| told["finish"][name].as_str().expect("a date").to_owned())
        .collect();
    assert!(quantiles.is_sorted() && quantiles[0].starts_with("2014-1"), "{quantiles:?}");
    assert_eq!(run(&["forecast", file, "--iterations", "500", "--seed", "7", "--json"]).1, first);
}

#[test]
fn a_cycle_in_a_file_is_spelled_out() {
    let file = std::env::temp_dir().join(format!("plumbline-cycle-{}.xml", std::process::id()));
    let link = |uid| {
        format!("<PredecessorLink><PredecessorUID>{uid}</PredecessorUID><Type>1</Type></PredecessorLink>")
    };
    let task = |uid, name, before| {
        format!(
            "<Task><UID>{uid}</UID><Name>{name}</Name><OutlineLevel>1</OutlineLevel><Duration>PT8H0M0S</Duration>{}</Task>",
            link(before)
        )
    };
    let xml = format!(
        "<Project><StartDate>2026-06-01T08:00:00</StartDate><Tasks>{}{}{}</Tasks></Project>",
        task(1, "A", 3),
        task(2, "B", 1),
        task(3, "C", 2)
    );
    std::fs::write(&file, xml).expect("it is written");
    for command in ["schedule", "forecast"] {
        let (code, _, said) = run(&[command, file.to_str().expect("a path")]);
        assert_eq!(code, 1);
        assert_eq!(said.lines().count(), 1, "{said}");
        assert!(
            said.contains("1 A → 2 B → 3 C → 1 A")
                || said.contains("2 B → 3 C → 1 A → 2 B")
                || said.contains("3 C → 1 A → 2 B → 3 C"),
            "{said}"
        );
    }
    std::fs::remove_file(&file).expect("it is removed");
    let (code, _, said) = run(&["schedule", "no-such-file.xml"]);
    assert!(code == 1 && said.lines().count() == 1, "{said}");
}
