//! The Government Major Projects Portfolio of the United Kingdom, two successive years, as a portfolio: a program a department.
//!
//! What is expected of the samples was read off the files by eye; what is expected of the whole files is counted by a reader of its own.

use crate::support::app::TestApp;
use plumbline::app::import::{self, Outcome};
use plumbline::exchange::csv::{self, Sheet};
use plumbline::exchange::intake::{self, Intake};
use plumbline::exchange::map::ImportMap;
use plumbline::store::Stamp;
use serde_json::{Value, json};
use std::path::Path;

const MAP: &str = include_str!("../../samples/gmpp.toml");
const FIRST: &[u8] = include_bytes!("../data/gmpp_2020_21_some.csv");
const SECOND: &[u8] = include_bytes!("../data/gmpp_2021_22_some.csv");

fn sheets() -> Vec<Sheet> {
    vec![
        csv::read("gmpp_2020_21_some.csv", FIRST).unwrap(),
        csv::read("gmpp_2021_22_some.csv", SECOND).unwrap(),
    ]
}

fn intakes(sheets: &[Sheet]) -> Vec<Intake> {
    intake::portfolio(&ImportMap::read(MAP).unwrap(), sheets).unwrap()
}

fn stamp(test: &TestApp) -> Stamp {
    Stamp { now: test.clock.now(), actor: None, reason: "Annual reports".into() }
}

async fn imported(test: &TestApp, intakes: &[Intake]) -> Vec<Outcome> {
    import::import_all(&test.app, &stamp(test), intakes, None, false).await.unwrap()
}

async fn get(test: &TestApp, path: &str) -> Value {
    test.viewer.get(&format!("/api/v1/programs/{path}")).await.is(200).json()
}

/// The end of a project, by the project's name.
async fn end_of(test: &TestApp, program: &str, name: &str, rest: &str) -> Value {
    let all = get(test, &format!("{program}/milestones?limit=500{rest}")).await;
    let title = format!("End of {name}");
    let found = all["items"].as_array().unwrap().iter().find(|item| item["title"] == title.as_str());
    found.unwrap_or_else(|| panic!("{title} in {program}")).clone()
}

#[tokio::test]
async fn two_years_of_departments_are_programs_whose_projects_slipped_or_held() {
    let test = TestApp::empty(None).await;
    let intakes = intakes(&sheets());
    let outcomes = imported(&test, &intakes).await;
    let keys: Vec<_> = outcomes.iter().map(|outcome| outcome.program.as_str()).collect();
    assert_eq!(keys, ["MOD", "DEFRA", "CO", "DLUHC", "HO", "BEIS"], "in the order of the rows");
    let made =
        |what: &str| outcomes.iter().map(|outcome| outcome.made.get(what).copied().unwrap_or(0)).sum::<u32>();
    // Seven of the first year, three of the second alone, and one that went to another department.
    assert_eq!((made("projects"), made("milestones")), (11, 11));
    assert_eq!(made("declared confidences"), 17, "one a row: what is kept back is kept, too");

    // The end of March 2035 became the end of March 2048: it slipped, seen from the day of the second report on.
    let program = get(&test, "MOD").await;
    assert_eq!((&program["name"], &program["currency"]), (&json!("Ministry of Defence"), &json!("GBP")));
    let projects = get(&test, "MOD/projects?limit=100").await;
    let project = |id: &str| -> Value {
        let all = projects["items"].as_array().unwrap();
        all.iter().find(|project| project["key"] == id).unwrap_or_else(|| panic!("{id}")).clone()
    };
    let slipped = project("MOD_0079_1213-Q1");
    assert_eq!(
        (&slipped["confidence"], &slipped["confidence_on"], &slipped["starts_on"]),
        (&json!("red"), &json!("2022-03-31"), &json!("2001-10-01"))
    );
    let name = slipped["name"].as_str().unwrap().to_owned();
    let end = end_of(&test, "MOD", &name, "").await;
    assert_eq!(
        (&end["original_on"], &end["committed_on"], &end["forecast_on"], &end["forecast_stated_on"]),
        (&json!("2035-03-31"), &json!("2035-03-31"), &json!("2048-03-30"), &json!("2022-03-31"))
    );
    let a_year_before = end_of(&test, "MOD", &name, "&as_of=2021-12-31").await;
    assert_eq!(a_year_before["forecast_on"], "2035-03-31");
    let then = get(&test, "MOD/projects/MOD_0079_1213-Q1?as_of=2021-12-31").await;
    assert_eq!(then["confidence"], "amber_red", "the five steps of the first year stay");

    // An end that was kept back the second year leaves the one that was told.
    let kept = project("MOD_0109_1617-Q2");
    let end = end_of(&test, "MOD", kept["name"].as_str().unwrap(), "").await;
    assert_eq!((&end["committed_on"], &end["forecast_on"]), (&json!("2025-03-25"), &json!("2025-03-25")));
    assert_eq!(kept["confidence"], Value::Null);
    assert!(kept["confidence_note"].as_str().unwrap().starts_with("Exempt under Section"));
    // All of it kept back: a project without dates, confidence and money.
    let end = end_of(&test, "MOD", project("MOD_0111_1718-Q1")["name"].as_str().unwrap(), "").await;
    assert_eq!((&end["committed_on"], &end["forecast_on"]), (&Value::Null, &Value::Null));
    // A project that went from the Cabinet Office to another department is known there, and no longer moves here.
    for program in ["CO", "DLUHC"] {
        assert_eq!(
            get(&test, &format!("{program}/projects/CO_0025_2021-Q3")).await["key"],
            "CO_0025_2021-Q3"
        );
    }

    let lines: Vec<(String, f64, Option<f64>)> = sqlx::query_as(
        "select l.category, l.planned::float8, l.forecast::float8 from budget_line l join project p on p.id = l.project
         where p.key = 'MOD_0079_1213-Q1' order by l.period_on",
    )
    .fetch_all(test.app.db.raw())
    .await
    .unwrap();
    assert_eq!(lines[0], ("Financial year 2020-21".into(), 700_040_000.0, Some(636_670_000.0)));
    assert_eq!(lines.len(), 2);

    let page = test.viewer.page("/programs/MOD/projects").await.is(200);
    assert!(
        page.text.contains("Declared confidence") && page.text.contains("<span class=\"rag red\">Red</span>")
    );
    let all = test.viewer.get("/api/v1/portfolio").await.is(200).json();
    let late: Vec<_> =
        all["items"].as_array().unwrap().iter().map(|row| (&row["key"], &row["late_milestones"])).collect();
    for (program, late_ones) in [("MOD", 1), ("HO", 1), ("DEFRA", 0)] {
        assert!(late.contains(&(&json!(program), &json!(late_ones))), "{program} in {late:?}");
    }
    let portfolio = test.viewer.page("/").await.is(200);
    assert!(portfolio.text.contains("Ministry of Defence") && portfolio.text.contains("Home Office"));
}

#[tokio::test]
async fn the_same_files_a_second_time_change_nothing_in_any_program() {
    let test = TestApp::empty(None).await;
    let intakes = intakes(&sheets());
    imported(&test, &intakes).await;
    let count = async || -> (i64, i64, i64) {
        sqlx::query_as(
            "select (select count(*) from event), (select count(*) from history.item), (select count(*) from history.project)",
        )
        .fetch_one(test.app.db.raw())
        .await
        .unwrap()
    };
    let before = count().await;
    let again = imported(&test, &intakes).await;
    for outcome in &again {
        assert!(!outcome.wrote() && outcome.skipped > 0, "{outcome:?}");
    }
    assert_eq!(count().await, before);
}

#[tokio::test]
async fn one_row_that_can_t_be_taken_keeps_all_programs_from_being_written() {
    let test = TestApp::empty(None).await;
    let mut intakes = intakes(&sheets());
    let mut records = intakes.iter_mut().rev().flat_map(|intake| &mut intake.records);
    let record = records.find(|record| record.fields.contains_key("period_on")).unwrap();
    record.fields.insert("period_on".into(), json!("2021-04-02"));
    let refused = import::import_all(&test.app, &stamp(&test), &intakes, None, false).await.unwrap_err();
    assert!(refused.to_string().contains("first day of a month"), "{refused}");
    let programs: i64 =
        sqlx::query_scalar("select count(*) from program").fetch_one(test.app.db.raw()).await.unwrap();
    assert_eq!(programs, 0);
    let one = import::import_all(&test.app, &stamp(&test), &intakes, Some("MOD"), false).await.unwrap_err();
    assert!(one.to_string().contains("several programs"), "{one}");
}

#[test]
fn what_is_odd_is_reported_by_row_and_column() {
    let intakes = intakes(&sheets());
    let findings: Vec<String> =
        intakes.iter().flat_map(|intake| &intake.findings).map(ToString::to_string).collect();
    let told = |parts: &[&str]| {
        assert!(
            findings.iter().any(|finding| parts.iter().all(|part| finding.contains(part))),
            "{parts:?} in {findings:#?}"
        );
    };
    told(&[
        "gmpp_2020_21_some.csv",
        "column “Project - End Date",
        "Exempt under Section",
        "“committed_on” is left out",
    ]);
    told(&[
        "gmpp_2021_22_some.csv",
        "column “Project - End Date",
        "is no date: the end that was told a year before stands",
    ]);
    told(&["column “IPA Delivery Confidence Assessment", "is no delivery confidence"]);
    told(&["column “Financial Year Baseline (£m) (including Non-Government Costs)”", "is no amount"]);
    told(&[
        "column “Financial Year Baseline (£m) (including Non-Government Costs)”",
        "no cost of the year is given",
    ]);
    told(&["column “Department”", "“MHCLG” is read as “DLUHC”"]);
    told(&["column “Department”", "“DEFRA & DFT” is read as “DEFRA”"]);
    told(&["column “Department”", "was of CO a year before"]);
    for intake in &intakes {
        for count in &intake.counts {
            assert_eq!(count.rows, count.made + count.joined + count.reported, "every row is accounted for");
        }
    }
}

/// A day as either year writes it.
fn day(text: &str) -> Option<chrono::NaiveDate> {
    let forms = ["%d/%m/%Y", "%Y-%m-%d"];
    forms.iter().find_map(|form| chrono::NaiveDate::parse_from_str(text.trim(), form).ok())
}

/// The whole files, where they are at hand: `PLUMBLINE_GMPP` is their folder. The oracle reads the cells itself.
#[tokio::test]
async fn the_whole_files_import_and_show_who_slipped() {
    let Some(folder) = std::env::var_os("PLUMBLINE_GMPP") else { return };
    let sheets: Vec<Sheet> = ["gmpp_2020_21.csv", "gmpp_2021_22.csv"]
        .iter()
        .map(|name| csv::read(name, &std::fs::read(Path::new(&folder).join(name)).unwrap()).unwrap())
        .collect();
    let column =
        |sheet: &Sheet, begins: &str| sheet.header.iter().position(|name| name.starts_with(begins)).unwrap();
    let cells = |sheet: &Sheet| -> Vec<(String, String, String)> {
        let at = ["GMPP ID Number", "Department", "Project - End Date"].map(|begins| column(sheet, begins));
        let cell = |row: &csv::SheetRow, at: usize| row.cells[at].trim().to_owned();
        let department = |name: String| match name.as_str() {
            "MHCLG" => "DLUHC".to_owned(),
            "DEFRA & DFT" => "DEFRA".to_owned(),
            _ => name,
        };
        sheet
            .rows
            .iter()
            .map(|row| (cell(row, at[0]), department(cell(row, at[1])), cell(row, at[2])))
            .collect()
    };
    let (first, second) = (cells(&sheets[0]), cells(&sheets[1]));
    let mut slipped = 0;
    for (id, department, end) in &second {
        let before = first.iter().find(|(known, other, _)| known == id && other == department);
        if let (Some(was), Some(is)) = (before.and_then(|(.., end)| day(end)), day(end)) {
            slipped += i64::from(is > was);
        }
    }
    let test = TestApp::empty(None).await;
    let intakes = intakes(&sheets);
    let outcomes = imported(&test, &intakes).await;
    assert_eq!((outcomes.len(), first.len(), second.len()), (18, 184, 235));
    let (late, projects): (i64, i64) = sqlx::query_as(
        "select (select count(*) from milestone where forecast_on > committed_on), (select count(*) from project)",
    )
    .fetch_one(test.app.db.raw())
    .await
    .unwrap();
    assert_eq!((late, slipped > 30), (slipped, true));
    let moved = second.iter().filter(|(id, department, _)| {
        first.iter().any(|(known, other, _)| known == id && other != department)
    });
    let both = second.iter().filter(|(id, ..)| first.iter().any(|(known, ..)| known == id)).count();
    assert_eq!(usize::try_from(projects).unwrap(), first.len() + second.len() - both + moved.count());
    for outcome in imported(&test, &intakes).await {
        assert!(!outcome.wrote(), "{outcome:?}");
    }
}
