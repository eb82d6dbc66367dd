//! A metric's rows as CSV: whoever opens them in a spreadsheet has the same number, by the formula of the page from two columns
//! and by the definition from the others, and nothing in them is a formula of somebody else.

use crate::support::app::{Answer, TestApp, TestUser, day};
use chrono::{Days, NaiveDate};
use plumbline::app::App;
use plumbline::app::generate::{self, Size};
use plumbline::domain::metrics::Metric;
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashSet};

/// A file as a spreadsheet reads it.
struct Sheet {
    names: Vec<String>,
    rows: Vec<BTreeMap<String, String>>,
}

impl Sheet {
    fn read(answer: &Answer) -> Self {
        assert_eq!(answer.header("content-type"), "text/csv; charset=utf-8; header=present");
        assert!(answer.text.ends_with("\r\n"));
        let mut reader = csv::Reader::from_reader(answer.text.as_bytes());
        let names: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
        let named = |row: csv::StringRecord| {
            names.iter().cloned().zip(row.iter().map(str::to_owned)).collect::<BTreeMap<_, _>>()
        };
        let rows = reader.records().map(|row| named(row.unwrap())).collect();
        Self { names, rows }
    }

    /// The column of a letter, by its place: its numbers, as SUM and MEDIAN take them.
    fn column(&self, letter: char) -> Vec<f64> {
        let name = &self.names[letter as usize - 'A' as usize];
        self.rows.iter().filter_map(|row| row[name].parse().ok()).collect()
    }

    /// What a formula of the page gives.
    fn formula(&self, formula: &str) -> Option<f64> {
        let sum = |letter| self.column(letter).iter().sum::<f64>();
        match formula {
            "=SUM(E:E)/SUM(F:F)" => Some(sum('E') / sum('F')).filter(|value| value.is_finite()),
            "=SUM(E:E)" => Some(sum('E')),
            "=MEDIAN(E:E)" => median(self.column('E')),
            other => panic!("{other} is no formula that this test knows"),
        }
    }

    fn counted(&self) -> impl Iterator<Item = Row<'_>> {
        self.rows.iter().filter(|row| row["counts"] == "yes").map(Row)
    }

    /// The share of the rows that count for which a test holds.
    fn share(&self, test: impl Fn(&Row<'_>) -> bool) -> Option<f64> {
        let hits: Vec<bool> = self.counted().map(|row| test(&row)).collect();
        ratio(hits.iter().map(|hit| f64::from(u8::from(*hit))).sum(), count(hits.len()))
    }

    fn mean(&self, figure: impl Fn(&Row<'_>) -> f64) -> Option<f64> {
        let figures: Vec<f64> = self.counted().map(|row| figure(&row)).collect();
        ratio(figures.iter().sum(), count(figures.len()))
    }

    fn sum(&self, name: &str) -> f64 {
        self.counted().filter_map(|row| row.number(name)).sum()
    }
}

struct Row<'r>(&'r BTreeMap<String, String>);

impl Row<'_> {
    fn text(&self, name: &str) -> &str {
        self.0.get(name).unwrap_or_else(|| panic!("there is no column {name} in {:?}", self.0.keys()))
    }

    fn number(&self, name: &str) -> Option<f64> {
        Some(self.text(name)).filter(|text| !text.is_empty()).map(|text| text.parse().unwrap())
    }

    fn date(&self, name: &str) -> Option<NaiveDate> {
        Some(self.text(name)).filter(|text| !text.is_empty()).map(day)
    }

    /// Days from one date to another.
    fn between(&self, from: &str, to: &str) -> Option<i64> {
        Some((self.date(to)? - self.date(from)?).num_days())
    }
}

fn count(rows: usize) -> f64 {
    f64::from(u32::try_from(rows).unwrap())
}

fn ratio(above: f64, below: f64) -> Option<f64> {
    (below > 0.0).then(|| above / below)
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => None,
        odd if odd % 2 == 1 => Some(values[middle]),
        _ => Some(f64::midpoint(values[middle - 1], values[middle])),
    }
}

/// The value by the metric's definition, from what stands in the columns of dates and figures: neither the numerators nor the
/// words of the rows are looked at.
fn by_definition(metric: Metric, sheet: &Sheet, on: NaiveDate) -> Option<f64> {
    let age = |row: &Row<'_>, name: &str| (on - row.date(name).unwrap()).num_days();
    match metric {
        Metric::MilestoneOnTimeRate => sheet.share(|row| {
            row.date("achieved").is_some_and(|achieved| achieved <= row.date("on_time_until").unwrap())
        }),
        Metric::ScheduleVariance => {
            median(sheet.counted().filter_map(|row| row.number("variance")).collect())
        }
        Metric::ScopeChangeRate => ratio(
            sheet.sum("adds") + sheet.sum("removes") + sheet.sum("redefines"),
            sheet.sum("in_the_first_baseline"),
        ),
        Metric::DecisionLatency => {
            median(sheet.counted().filter_map(|row| row.number("working_days")).collect())
        }
        Metric::DependencyAging => sheet.mean(|row| age(row, "raised").to_string().parse().unwrap()),
        Metric::CriticalPathStability => sheet
            .share(|row| row.text("became_critical").is_empty() && row.text("no_longer_critical").is_empty()),
        Metric::RiskBurndown => {
            let stale = sheet.rows.iter().map(Row).filter(|row| {
                row.number("score").is_some_and(|score| score >= 15.0)
                    && age(row, "raised") > 30
                    && row.text("mitigation_completed") == "no"
                    && row.date("mitigation_due").is_none_or(|due| due < on)
            });
            Some(count(stale.count()))
        }
        Metric::IssueResolutionTime => {
            sheet.share(|row| row.between("raised", "resolved").is_some_and(|days| days <= 14))
        }
        Metric::ReadinessPassRate => ratio(sheet.sum("passed"), sheet.sum("applicable")),
        Metric::PostLaunchIncidentRate => sheet.mean(|row| row.number("incidents").unwrap()),
        Metric::DefectEscapeRate => {
            let escaped = sheet.sum("escaped");
            ratio(escaped, escaped + sheet.sum("found_before"))
        }
        Metric::AdoptionAttainment => sheet.share(|row| {
            row.number("measured_by_then").is_some_and(|reached| reached >= row.number("target").unwrap())
        }),
        Metric::BenefitsRealizationIndex => {
            let weighed = sheet.counted().map(|row| {
                let figure = |name| row.number(name).unwrap();
                let gained = figure("actual") - figure("baseline");
                let planned = figure("planned_by_now") - figure("baseline");
                figure("weight") * (gained / planned).min(1.5)
            });
            ratio(weighed.sum(), sheet.sum("weight"))
        }
        Metric::StakeholderSatisfaction => sheet.mean(|row| row.number("answer").unwrap()),
        Metric::ReportQuality => sheet.mean(|row| row.number("rating").unwrap()),
        Metric::MeetingToDecisionRatio => {
            sheet.share(|row| row.number("decisions_and_actions").unwrap() > 0.0)
        }
        Metric::ReworkRate => {
            let (redone, completed): (Vec<Row<'_>>, Vec<Row<'_>>) =
                sheet.counted().partition(|row| !row.text("what_was_redone").is_empty());
            ratio(count(redone.len()), count(completed.len()))
        }
        Metric::ForecastAccuracy => {
            let near = |row: &Row<'_>, forecast: &str| {
                row.date(forecast)?;
                Some(row.between(forecast, "achieved").is_some_and(|days| days.abs() <= 3))
            };
            let pairs: Vec<bool> = sheet
                .counted()
                .flat_map(|row| [28, 42].map(|days| near(&row, &format!("forecast_{days}_days_before"))))
                .flatten()
                .collect();
            ratio(count(pairs.iter().filter(|hit| **hit).count()), count(pairs.len()))
        }
        Metric::CrossTeamBlockers => {
            let raised = sheet.rows.iter().map(Row).filter(|row| (0..7).contains(&age(row, "raised")));
            Some(count(raised.count()))
        }
        Metric::Freshness => sheet.share(|row| {
            row.text("owner") == "yes"
                && row.date("next_date").is_some_and(|next| next >= on)
                && age(row, "last_update") <= 14
        }),
        Metric::GreenwashGap => {
            let weeks: HashSet<i64> = sheet
                .rows
                .iter()
                .map(Row)
                .filter(|row| !row.text("better_than_computed").is_empty())
                .map(|row| age(&row, "published") / 7)
                .collect();
            Some(count(weeks.len()))
        }
        Metric::ScheduleQuality => sheet.share(|row| {
            let figure = row.number("found").unwrap() / row.number("of").unwrap();
            match row.text("threshold") {
                "≤ 5 %" => figure <= 0.05 + 1e-9,
                "≥ 90 %" => figure >= 0.9 - 1e-9,
                "none" => figure < 1e-9,
                "≥ 0.95" => figure >= 0.95 - 1e-9,
                "600 wd, ± 5" => row.number("found").unwrap() >= 595.0,
                other => panic!("{other} is no threshold that this test knows"),
            }
        }),
    }
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() < 1e-9
}

/// The formula that a metric's page gives.
async fn formula(user: &TestUser, path: &str) -> String {
    let page = user.page(path).await.is(200).text;
    let (_, rest) = page.split_once("Download rows (CSV)</a>, then <code>").expect("the page says how");
    rest.split_once("</code>").unwrap().0.to_owned()
}

#[tokio::test]
async fn every_metric_is_recomputed_from_its_rows() {
    let fill = async |app: &App| {
        generate::generate(app, Size::S, 7, |_, _| {}).await.unwrap();
    };
    let test = TestApp::over(None, "2026-11-21T03:00:00Z", fill).await;
    let admin = &test.admin;
    let programs = admin.get("/api/v1/programs").await.is(200).json();
    let key = programs["items"][0]["key"].as_str().unwrap().to_owned();
    let today = day("2026-11-21");
    let mut known = BTreeMap::<&str, usize>::new();
    for back in [0, 33, 97, 251] {
        let on = today - Days::new(back);
        for metric in Metric::ALL {
            let name = metric.name();
            let told =
                admin.get(&format!("/api/v1/programs/{key}/metrics/{name}?as_of={on}")).await.is(200).json();
            let file = format!("/api/v1/programs/{key}/metrics/{name}/rows.csv?as_of={on}");
            let sheet = Sheet::read(&admin.get(&file).await.is(200));
            let Some(value) = told["value"].as_f64() else { continue };
            let page = formula(admin, &format!("/programs/{key}/metrics/{name}?as_of={on}")).await;
            let by_formula = sheet.formula(&page);
            assert!(
                by_formula.is_some_and(|v| close(v, value)),
                "{name} on {on}: {value}, {page} is {by_formula:?}"
            );
            let defined = by_definition(metric, &sheet, on);
            assert!(
                defined.is_some_and(|v| close(v, value)),
                "{name} on {on}: {value}, from the columns {defined:?}"
            );
            *known.entry(name).or_default() += 1;
        }
    }
    // Agreement on nothing would show nothing.
    let unseen: Vec<_> =
        Metric::ALL.iter().map(|metric| metric.name()).filter(|name| !known.contains_key(name)).collect();
    assert!(unseen.is_empty(), "without a value on every day: {unseen:?}");
}

#[tokio::test]
async fn the_worked_example_of_the_on_time_rate_comes_out_of_its_file() {
    let test = TestApp::start().await;
    let atlas = "/api/v1/programs/ATLAS";
    for (title, committed, achieved) in [
        ("=HYPERLINK(\"http://example.org\")", "2026-05-01", Some("2026-05-06")),
        ("B, which \"slipped\"", "2026-05-10", Some("2026-06-12")),
        ("C", "2026-06-26", None),
        ("D", "2026-06-01", None),
        ("E", "2026-04-01", Some("2026-04-01")),
    ] {
        let body = json!({"title": title, "committed_on": committed, "raised_on": "2026-02-02", "effective_on": "2026-02-02"});
        let made = test.manager.post(&format!("{atlas}/milestones"), body).await.is(201).json();
        if let Some(on) = achieved {
            let path = format!("{atlas}/milestones/{}/transitions", made["number"]);
            test.manager.post(&path, json!({"to": "achieved", "on": on})).await.is(200);
        }
    }
    let name = "milestone_on_time_rate";
    let told: Value = test.viewer.get(&format!("{atlas}/metrics/{name}")).await.is(200).json();
    let page = test.viewer.page(&format!("/programs/ATLAS/metrics/{name}/rows.csv")).await.is(200);
    assert_eq!(
        page.header("content-disposition"),
        "attachment; filename=\"ATLAS-milestone_on_time_rate-2026-06-30.csv\""
    );
    let sheet = Sheet::read(&page);
    assert_eq!(
        sheet.names,
        [
            "ref",
            "title",
            "outcome",
            "counts",
            "numerator",
            "denominator",
            "original_date",
            "on_time_until",
            "current_date",
            "achieved",
            "against_current"
        ]
    );
    let told_by = |name: &str| sheet.rows.iter().map(|row| row[name].clone()).collect::<Vec<_>>();
    assert_eq!(told_by("ref"), ["ATLAS-M2", "ATLAS-M4", "ATLAS-M1", "ATLAS-M3"]);
    assert_eq!(told_by("outcome"), ["missed", "missed: still open", "on time", "left out: not yet known"]);
    assert_eq!(told_by("title")[2], "'=HYPERLINK(\"http://example.org\")", "no formula of a stranger");
    let value = told["value"].as_f64().unwrap();
    assert!(close(value, 1.0 / 3.0));
    assert!(close(sheet.formula("=SUM(E:E)/SUM(F:F)").unwrap(), value));
    test.stranger.page(&format!("/programs/ATLAS/metrics/{name}/rows.csv")).await.is(404);
    test.viewer.page("/programs/ATLAS/metrics/luck/rows.csv").await.is(404);
}
