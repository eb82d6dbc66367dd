//! What an exported plan carries, what it lists, and when its own network has things.

use crate::mspdi_program::{house, written};
use crate::schedule::{link, raise};
use crate::support::app::{TestApp, day};
use plumbline::app::mspdi as programs;
use plumbline::exchange::mspdi::schedule::schedule;
use plumbline::exchange::mspdi::{Limits, Plan, intake::intake, read};
use plumbline::store::Stamp;
use serde_json::{Value, json};

async fn exported(test: &TestApp) -> (Plan, Vec<String>) {
    let stamp = Stamp { now: test.app.clock.now(), actor: None, reason: String::new() };
    programs::export(&test.app, &stamp, "ATLAS", None).await.expect("it is exported")
}

fn reread(plan: &Plan) -> Plan {
    read("plan.xml", written(plan).as_slice(), &Limits::default()).expect("it is read").plan
}

/// A program of everything that moves dates: a project that starts later, stated and computed milestones, progress, calendars of
/// a team, of a project and of an activity, a dependency, another program, and what is done.
async fn busy() -> TestApp {
    let test = TestApp::start().await;
    let manager = &test.manager;
    let team = manager.post("/api/v1/teams", json!({"name": "Divers"})).await;
    assert!(team.status == 201 || team.status == 404, "{}", team.text);
    for (key, starts) in [("WEB", Some("2026-07-13")), ("OPS", None)] {
        let body = json!({"key": key, "name": format!("Project {key}"), "starts_on": starts});
        manager.post("/api/v1/programs/ATLAS/projects", body).await.is(201);
    }
    for (title, days, more) in [
        (
            "Design",
            5.0,
            json!({"actual_start_on": "2026-06-22", "percent_complete": 40, "owner": {"name": "Ann Lee"}}),
        ),
        ("Build", 3.5, json!({"project": "WEB"})),
        (
            "Write",
            2.0,
            json!({"constraint": "start_no_earlier_than", "constraint_on": "2026-07-08", "tags": ["docs", "web"]}),
        ),
        ("Audit", 4.0, json!({"deadline_on": "2026-07-01", "project": "OPS"})),
        ("Survey", 1.0, json!({"actual_start_on": "2026-06-02", "actual_finish_on": "2026-06-03"})),
        ("Later", 2.0, json!({"project": "WEB"})),
    ] {
        let mut body = json!({"title": title, "likely_days": days});
        body.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap());
        raise(manager, "ATLAS/activities", body).await;
    }
    for body in [
        json!({"title": "Stated", "forecast_on": "2026-07-20", "committed_on": "2026-07-17", "kind": "gate", "confidence": 70}),
        json!({"title": "Computed", "acceptance_criteria": "All of it\nis signed."}),
        json!({"title": "Overdue", "forecast_on": "2026-06-10", "forecast_reason": "Nobody said."}),
        json!({"title": "Ended"}),
    ] {
        raise(manager, "ATLAS/milestones", body).await;
    }
    for (from, to, lag) in
        [("T1", "T2", 1), ("T2", "M2", 0), ("T3", "M2", 0), ("M1", "T4", 2), ("T5", "M4", 0)]
    {
        link(manager, &format!("ATLAS-{from}"), &format!("ATLAS-{to}"), lag).await;
    }
    test
}

#[tokio::test]
async fn an_exported_plan_has_the_dates_of_the_programs_own_schedule() {
    let test = busy().await;
    let answer = test.manager.get("/api/v1/programs/ATLAS/schedule").await.is(200).json();
    let items = answer["items"].as_array().expect("items");
    let (plan, lost) = exported(&test).await;
    assert!(!lost.iter().any(|what| what.starts_with("dates")), "{lost:?}");
    let plan = reread(&plan);
    assert_eq!(plan.start.map(|at| at.date()), Some(day("2026-06-02")), "the first date of the plan");
    assert_eq!(plan.status_date.map(|at| at.date()), Some(day("2026-06-30")));
    let own = schedule(&plan).expect("it is scheduled");
    let mut compared = 0;
    for (place, dates) in own.converted.tasks.iter().zip(&own.dates) {
        let task = &plan.tasks[*place];
        let Some(item) = items.iter().find(|item| item["title"] == task.name.as_str()) else { continue };
        let theirs =
            [&item["early_start"], &item["early_finish"]].map(|day| day.as_str().unwrap()[..10].to_owned());
        let start =
            if task.milestone { dates.early_finish.finish_day() } else { dates.early_start.start_day() };
        let ours = [start, dates.early_finish.finish_day()].map(|day| day.to_string());
        assert_eq!(ours, theirs, "{}: {item}", task.name);
        compared += 1;
    }
    assert_eq!(compared, 10);
}

#[tokio::test]
async fn what_was_entered_comes_back_or_is_listed() {
    let test = busy().await;
    let (plan, lost) = exported(&test).await;
    let house = house().await;
    house.import(&written(&plan), "NEW").await.expect("it is taken");
    let rows = house
        .text(
            "select concat_ws(' | ', i.title, p.name, j.key || ' ' || j.name, i.raised_on, array_to_string(i.tags, '+'), m.kind, m.confidence,
                    m.acceptance_criteria, m.forecast_reason, a.constraint, a.constraint_on)
             from item i left join person p on p.id = i.owner left join project j on j.id = i.project left join milestone m on m.item = i.id
             left join activity a on a.item = i.id order by i.kind::text, i.number",
        )
        .await;
    assert_eq!(
        rows,
        [
            "Design | Ann Lee | 2026-06-01 |  | as_soon_as_possible",
            "Build | WEB Project WEB | 2026-06-01 |  | as_soon_as_possible",
            "Write | 2026-06-01 | docs+web | start_no_earlier_than | 2026-07-08",
            "Audit | OPS Project OPS | 2026-06-01 |  | as_soon_as_possible",
            "Survey | 2026-06-01 |  | as_soon_as_possible",
            "Later | WEB Project WEB | 2026-06-01 |  | as_soon_as_possible",
            "Stated | 2026-06-01 |  | gate | 70 |  | ",
            "Computed | 2026-06-01 |  | delivery | All of it\nis signed. | ",
            "Overdue | 2026-06-01 |  | delivery |  | Nobody said.",
            "Ended | 2026-06-01 |  | delivery |  | ",
        ]
    );
    let told = |what: &str| lost.iter().any(|line| line.starts_with(what));
    assert!(told("that the program states no start"), "{lost:?}");
    assert!(told("teams, leads and dates of projects (1)"), "{lost:?}");
}

#[tokio::test]
async fn what_a_plan_can_t_carry_is_listed() {
    let test = TestApp::start().await;
    let manager = &test.manager;
    let version: Value = manager.get("/api/v1/programs/ATLAS").await.is(200).json();
    let body = json!({"objectives": "Win", "sponsor": {"name": "Bo"}, "starts_on": "2026-06-01"});
    manager.patch("/api/v1/programs/ATLAS", version["version"].as_i64().unwrap(), body).await.is(200);
    raise(manager, "ATLAS/risks", json!({"title": "Rain"})).await;
    manager.post("/api/v1/programs/ATLAS/projects", json!({"key": "IDLE", "name": "Idle"})).await.is(201);
    let long = "x".repeat(300);
    raise(manager, "ATLAS/milestones", json!({"title": "A", "acceptance_criteria": long})).await;
    raise(manager, "ATLAS/activities", json!({"title": "B", "likely_days": 1.0007})).await;
    raise(manager, "ATLAS/activities", json!({"title": "C", "likely_days": 1})).await;
    let to = json!({"to": "cancelled", "reason": "no need"});
    manager.post("/api/v1/programs/ATLAS/activities/2/transitions", to).await.is(200);
    let (_, lost) = exported(&test).await;
    for line in [
        "acceptance criteria of over 255 characters (1)",
        "cancelled items: an import leaves out what is inactive (1)",
        "items that are no activities or milestones (1)",
        "parts of a minute of durations (1)",
        "projects without activities and milestones (1)",
    ] {
        assert!(lost.iter().any(|told| told == line), "“{line}” is not in {lost:?}");
    }
    assert!(lost.iter().any(|told| told.starts_with("of the program: objectives, sponsor")), "{lost:?}");
}

#[test]
fn times_of_the_day_that_are_dropped_are_told_once() {
    let task = |uid: i64, more: &str| {
        format!(
            "<Task><UID>{uid}</UID><Name>T{uid}</Name><OutlineLevel>1</OutlineLevel><Duration>PT8H0M0S</Duration>{more}</Task>"
        )
    };
    let snet = |at: &str| format!("<ConstraintType>4</ConstraintType><ConstraintDate>{at}</ConstraintDate>");
    let deadline = |at: &str| format!("<Deadline>{at}</Deadline>");
    let xml = format!(
        "<Project><StartDate>2026-06-01T08:00:00</StartDate><Tasks>{}{}{}{}{}{}</Tasks></Project>",
        task(1, &snet("2026-06-03T08:00:00")),
        task(2, &deadline("2026-06-03T17:00:00")),
        task(3, &deadline("2026-06-06T00:00:00")),
        task(4, &snet("2026-06-03T10:30:00")),
        task(5, &deadline("2026-06-05T16:59:00")),
        task(6, &snet("2026-06-03T13:00:00"))
    );
    let reading = read("plan.xml", xml.as_bytes(), &Limits::default()).expect("it is read");
    let intake = intake("plan.xml", &reading, day("2026-07-01"));
    let told: Vec<_> = intake.findings.iter().map(|finding| finding.message.as_str()).collect();
    assert_eq!(
        told,
        [
            "times of the day are not carried, for a program counts in days (3), such as task 4 “T4” ConstraintDate 2026-06-03 10:30; \
             task 5 “T5” Deadline 2026-06-05 16:59; task 6 “T6” ConstraintDate 2026-06-03 13:00"
        ]
    );
}

#[tokio::test]
async fn the_committed_finish_of_an_activity_goes_out_and_comes_in() {
    let house = house().await;
    let xml = "<Project><Title>Quay</Title><StartDate>2026-06-01T08:00:00</StartDate><Tasks><Task><UID>1</UID><Name>Dig</Name><OutlineLevel>1</OutlineLevel>\
               <Duration>PT16H0M0S</Duration><Baseline><Number>0</Number><Finish>2026-08-05T17:00:00</Finish></Baseline></Task></Tasks></Project>";
    let committed = "select d.committed_on::text || ' ' || b.name from baseline_date d join baseline b on b.id = d.baseline";
    house.import(xml.as_bytes(), "HRB").await.expect("it is taken");
    assert_eq!(house.text(committed).await, ["2026-08-05 Original"]);
    let again = house.import(xml.as_bytes(), "HRB").await.expect("it is taken");
    assert!(again.made.is_empty() && again.changed.is_empty(), "{again:?}");
    let plan = house.export("HRB").await;
    let finish = plan.tasks[1].baselines.first().and_then(|baseline| baseline.finish);
    assert_eq!(finish.map(|at| at.date()), Some(day("2026-08-05")));
    house.import(&written(&plan), "NEW").await.expect("it is taken");
    assert_eq!(house.text(committed).await, ["2026-08-05 Original"; 2]);
}
