//! Tables that leave and come back: an export that is imported changes nothing, an edited cell changes that field and nothing
//! else, an empty program becomes the same, and what can't be is refused by row with nothing written.

use crate::commands::run;
use crate::support::app::{TestApp, at, day};
use crate::support::{self, TestDatabase};
use plumbline::app::export::{self, What};
use plumbline::app::import::{self, Outcome};
use plumbline::app::{App, Error, demo};
use plumbline::clock::Clock;
use plumbline::exchange::csv as tables;
use plumbline::exchange::intake::Intake;
use plumbline::exchange::own;
use plumbline::store::{Db, Stamp};
use serde_json::json;
use std::collections::BTreeMap;

/// The day after the last of the demonstration's story.
const NOW: &str = "2026-11-21T12:00:00Z";

pub struct House {
    pub app: App,
    pub database: TestDatabase,
}

/// A table as a spreadsheet has it: names, and rows by name.
#[derive(Clone, Debug, PartialEq)]
pub struct Sheet {
    pub names: Vec<String>,
    pub rows: Vec<BTreeMap<String, String>>,
}

impl Sheet {
    pub fn read(text: &str) -> Self {
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let names: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
        let named = |row: csv::StringRecord| {
            names.iter().cloned().zip(row.iter().map(str::to_owned)).collect::<BTreeMap<_, _>>()
        };
        let rows = reader.records().map(|row| named(row.unwrap())).collect();
        Self { names, rows }
    }

    /// As a spreadsheet saves it.
    pub fn text(&self) -> String {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(&self.names).unwrap();
        for row in &self.rows {
            writer.write_record(self.names.iter().map(|name| &row[name])).unwrap();
        }
        String::from_utf8(writer.into_inner().unwrap()).unwrap()
    }

    pub fn row(&mut self, reference: &str) -> &mut BTreeMap<String, String> {
        self.rows.iter_mut().find(|row| row["ref"] == reference).unwrap()
    }

    /// The same without some columns.
    pub fn without(mut self, names: &[&str]) -> Self {
        self.names.retain(|name| !names.contains(&name.as_str()));
        for row in &mut self.rows {
            row.retain(|name, _| !names.contains(&name.as_str()));
        }
        self
    }

    /// The cells in which the other differs: row, column, before, after.
    pub fn differences(&self, other: &Self) -> Vec<(String, String, String, String)> {
        assert_eq!((&self.names, self.rows.len()), (&other.names, other.rows.len()));
        let mut found = Vec::new();
        for (a, b) in self.rows.iter().zip(&other.rows) {
            let of = a.get("ref").or_else(|| a.get("id")).cloned().unwrap_or_default();
            let differ = self.names.iter().filter(|name| a[*name] != b[*name]);
            found.extend(differ.map(|name| (of.clone(), name.clone(), a[name].clone(), b[name].clone())));
        }
        found
    }
}

/// A file as the import reads it; why it is none of our tables.
pub fn read(bytes: &[u8]) -> Result<Intake, String> {
    let sheet = tables::read("table.csv", bytes).map_err(|why| why.to_string())?;
    let found = own::recognised(&sheet).map_err(|why| why.to_string())?;
    let (own, strange) = found.ok_or_else(|| format!("not recognised: {:?}", sheet.header))?;
    Ok(own.intake(&strange))
}

pub fn intake(text: &str) -> Intake {
    read(text.as_bytes()).unwrap_or_else(|why| panic!("{why}"))
}

impl House {
    pub async fn empty() -> Self {
        let database = support::database().await;
        let app = App::new(Db::new(database.url.parse().unwrap(), 4), Clock::held_at(at(NOW)));
        Self { app, database }
    }

    pub async fn told() -> Self {
        let house = Self::empty().await;
        demo::tell(&house.app, demo::ATLAS).await.unwrap();
        house.beside().await;
        house
    }

    pub fn stamp(&self) -> Stamp {
        Stamp { now: self.app.clock.now(), actor: None, reason: String::new() }
    }

    pub async fn export(&self, what: &str, as_of: Option<&str>) -> String {
        let what = What::named(what).unwrap();
        let leaving =
            export::of_program(&self.app, &self.stamp(), "atlas", what, as_of.map(day)).await.unwrap();
        leaving.whole(&self.app.db).await.unwrap()
    }

    pub async fn sheet(&self, what: &str) -> Sheet {
        Sheet::read(&self.export(what, None).await)
    }

    pub async fn import(&self, text: &str) -> plumbline::app::Result<Outcome> {
        import::import(&self.app, &self.stamp(), &intake(text), Some("ATLAS"), false).await
    }

    /// What every table says, as one text.
    pub async fn print(&self) -> String {
        let sql = "select md5(coalesce(string_agg(t, '' order by t), '')) from (
                       select to_jsonb(h)::text as t from history.item h union all select to_jsonb(h)::text from history.risk h
                       union all select to_jsonb(h)::text from history.budget_line h
                       union all select to_jsonb(h)::text from history.measurement h
                       union all select to_jsonb(h)::text from history.link h
                       union all select to_jsonb(h)::text from history.schedule_link h
                       union all select to_jsonb(h)::text from history.project h
                       union all select to_jsonb(h)::text from history.sign_off h
                       union all select to_jsonb(h)::text from history.release_event h
                       union all select to_jsonb(h)::text from history.meeting_item h
                       union all select to_jsonb(h)::text from history.survey_answer h
                       union all select to_jsonb(h)::text from history.program h
                       union all select to_jsonb(h)::text from history.report h
                       union all select to_jsonb(h)::text from history.checklist h
                       union all select to_jsonb(h)::text from history.release_step h
                       union all select to_jsonb(h)::text from history.change_question h
                       union all select to_jsonb(b)::text from baseline b union all select to_jsonb(d)::text from baseline_date d
                       union all select to_jsonb(c)::text from counter c
                       union all select to_jsonb(e)::text from event e union all select to_jsonb(p)::text from person p) all_rows";
        sqlx::query_scalar(sql).fetch_one(&self.database.pool).await.unwrap()
    }

    /// Why a table is refused, by line; nothing of it is written.
    pub async fn refused(&self, sheet: &Sheet) -> Vec<(String, String)> {
        let before = self.print().await;
        let refused = match self.import(&sheet.text()).await {
            Err(Error::Refused(refused)) => refused,
            other => panic!("taken: {other:?}"),
        };
        assert_eq!(self.print().await, before, "something was written");
        refused.errors.into_iter().map(|error| (error.field, error.message)).collect()
    }
}

#[tokio::test]
async fn an_export_that_comes_back_changes_nothing_and_an_edited_cell_changes_that_field() {
    let house = House::told().await;
    let before = house.print().await;
    let mut rows = 0;
    for what in What::names() {
        let text = house.export(what, None).await;
        let sheet = Sheet::read(&text);
        let outcome = house.import(&text).await.unwrap_or_else(|error| panic!("{what}: {error:?}"));
        assert!(!outcome.wrote(), "{what}: {outcome:?}");
        assert_eq!(outcome.skipped as usize, sheet.rows.len(), "{what}");
        // A spreadsheet writes it in its own way, which says nothing else.
        let own = text.replace("\r\n", "\n").replace(",true,", ",TRUE,").replace(",false,", ",FALSE,");
        assert!(!house.import(&own).await.unwrap().wrote(), "{what}, in another hand");
        rows += sheet.rows.len();
    }
    assert!(rows > 600, "{rows} rows: too few to show anything");
    assert_eq!(house.print().await, before);

    let was = house.sheet("items").await;
    let mut edited = was.clone();
    let risk =
        was.rows.iter().find(|row| row["type"] == "risk" && row["state"] == "open").unwrap()["ref"].clone();
    let issue =
        was.rows.iter().find(|row| row["type"] == "issue" && row["state"] == "open").unwrap()["ref"].clone();
    for (name, value) in [
        ("title", "'=2+5, or what it costs"),
        ("impact", "2"),
        ("tags", "late, \"q3\""),
        ("effect", "A\r\nB"),
    ] {
        edited.row(&risk).insert(name.into(), value.into());
    }
    edited.row(&issue).insert("state".into(), "in_progress".into());
    let outcome = house.import(&edited.text()).await.unwrap();
    assert_eq!(
        (
            outcome.made.len(),
            outcome.changed.get("risks"),
            outcome.changed.get("issues"),
            outcome.changed.len()
        ),
        (0, Some(&1), Some(&1), 2)
    );
    let is = house.sheet("items").await;
    let differences = was.differences(&is);
    let of = |reference: &str| {
        let found = differences.iter().filter(|(of, name, ..)| {
            of == reference && !["version", "effective_on"].contains(&name.as_str())
        });
        found.map(|(_, name, _, after)| (name.as_str(), after.as_str())).collect::<BTreeMap<_, _>>()
    };
    let told = of(&risk);
    assert_eq!(told["title"], "'=2+5, or what it costs");
    assert_eq!((told["impact"], told["tags"], told["effect"]), ("2", "\"q3\", late", "A\nB"));
    assert!(
        told.keys().all(|name| ["title", "impact", "tags", "effect", "score"].contains(name)),
        "{told:?}"
    );
    assert_eq!(of(&issue), BTreeMap::from([("state", "in_progress")]));
    assert!(differences.iter().all(|(of, ..)| *of == risk || *of == issue), "{differences:?}");
    let title: String = sqlx::query_scalar("select title from item where title like '=2%'")
        .fetch_one(&house.database.pool)
        .await
        .unwrap();
    assert_eq!(title, "=2+5, or what it costs", "the guard is of the file, not of the title");
    // The table from before is stale now: it would take back what was written.
    let stale = house.refused(&was).await;
    assert_eq!(stale.len(), 2);
    assert!(
        stale.iter().all(|(_, why)| why.contains("Somebody changed it since this table was made")),
        "{stale:?}"
    );
}

#[tokio::test]
async fn what_can_t_be_is_refused_by_row_and_nothing_is_written() {
    let house = House::told().await;
    let was = house.sheet("items").await;
    let first = |kind: &str, state: &str| {
        let row = was.rows.iter().find(|row| row["type"] == kind && row["state"] == state);
        row.unwrap_or_else(|| panic!("no {kind} is {state}"))["ref"].clone()
    };
    let (risk, open) = (first("risk", "open"), first("milestone", "planned"));
    let (decided, change) = (first("decision", "decided"), first("change", "submitted"));
    for (reference, name, value, why) in [
        (&risk, "owner", "nobody@example.net", "owner: There is no person “nobody@example.net”."),
        (&risk, "project", "MOON", "project: There is no project of this program “MOON”."),
        (&risk, "ref", "BEACON-R1", "ref: BEACON-R1 is of another program than ATLAS."),
        (&risk, "type", "issue", "is a risk, not “issue”."),
        (&risk, "state", "flying", "state: There is no state “flying”."),
        (
            &risk,
            "score",
            "25",
            "score: It follows from what happens to the item, and is not changed by an import.",
        ),
        (&risk, "committed_on", "2027-01-01", "committed_on: A risk has no such field."),
        (&risk, "review_on", "tomorrow", "review_on: “tomorrow” is not a date"),
        (&open, "committed_on", "2027-09-01", "The committed date changes only through a baseline"),
        (&open, "state", "cancelled ", ""),
        (
            &decided,
            "state",
            "draft",
            "A decision that is decided can't become draft: it can go to superseded.",
        ),
        (&decided, "context", "Another story", "A decided decision stands as it was decided"),
        (&change, "state", "approved", "More comes of approved than a table says: do it on the item’s page."),
    ] {
        if why.is_empty() {
            continue;
        }
        let mut sheet = was.clone();
        let line =
            sheet.text()[..sheet.text().find(&format!("\n{reference},")).unwrap()].matches('\n').count() + 2;
        sheet.row(reference).insert(name.into(), value.into());
        let refused = house.refused(&sheet).await;
        assert_eq!(refused.len(), 1, "{name} of {reference}: {refused:?}");
        let (place, message) = &refused[0];
        assert!(message.contains(why), "{name} of {reference}: {message}");
        assert_eq!(*place, format!("table.csv:{line}"));
    }
    let mut twice = was.clone();
    let again = twice.row(&risk).clone();
    twice.rows.push(again);
    assert!(house.refused(&twice).await[0].1.contains("stands here twice"));
}

#[tokio::test]
async fn rows_that_are_added_below_are_made_and_records_come_back_by_what_they_are() {
    let house = House::told().await;
    let mut risks = house.sheet("risks").await;
    let mut new: BTreeMap<String, String> =
        risks.names.iter().map(|name| (name.clone(), String::new())).collect();
    new.extend(
        [("type", "risk"), ("title", "A new one"), ("probability", "3"), ("owner", "Somebody New")]
            .map(|(a, b)| (a.to_owned(), b.to_owned())),
    );
    risks.rows.push(new);
    let outcome = house.import(&risks.text()).await.unwrap();
    assert_eq!(
        (outcome.made.get("risks"), outcome.made.get("people"), outcome.changed.len()),
        (Some(&1), Some(&1), 0)
    );
    let last = house.sheet("risks").await.rows.pop().unwrap();
    assert_eq!(
        (last["title"].as_str(), last["owner"].as_str(), last["state"].as_str()),
        ("A new one", "Somebody New", "open")
    );

    let mut budget = house.sheet("budget").await;
    budget.rows[0].insert("forecast".into(), "4321.5".into());
    let outcome = house.import(&budget.text()).await.unwrap();
    assert_eq!((outcome.changed.get("budget lines"), outcome.made.len()), (Some(&1), 0));
    let after = house.sheet("budget").await;
    let differences = budget.differences(&after);
    assert!(
        differences.iter().all(|(_, name, ..)| ["version", "effective_on"].contains(&name.as_str())),
        "{differences:?}"
    );
    // Without the ids of ours a line is known by its category, month and project.
    let mut plain = after.clone().without(&["id", "version", "effective_on"]);
    assert!(!house.import(&plain.text()).await.unwrap().wrote());
    plain.rows[0].insert("category".into(), "Travel".into());
    assert_eq!(house.import(&plain.text()).await.unwrap().made.get("budget lines"), Some(&1));

    let benefit = house.sheet("benefits").await.rows[0]["ref"].clone();
    let measured = format!("benefit,on,value\n{benefit},2026-11-20,7.5\n");
    assert_eq!(house.import(&measured).await.unwrap().made.get("measurements"), Some(&1));
    assert!(!house.import(&measured).await.unwrap().wrote());
    let days: Vec<String> = house
        .sheet("benefits")
        .await
        .rows
        .iter()
        .filter(|row| row["ref"] == benefit)
        .map(|row| row["measured_on"].clone())
        .collect();
    assert_eq!(days, ["2026-11-20"]);
    let nowhere = Sheet::read("benefit,on,value\nATLAS-B99,2026-11-20,7.5\n");
    assert_eq!(house.refused(&nowhere).await[0].1, "benefit: There is no ATLAS-B99.");
}

#[tokio::test]
async fn what_stands_beside_is_written_with_names_and_an_answer_stays_anonymous() {
    let house = House::told().await;
    for what in What::names() {
        if let Some(What::Side(table)) = What::named(what) {
            let sheet = house.sheet(what).await;
            assert_eq!(sheet.names, table.header());
            assert!(!sheet.rows.is_empty(), "the demonstration has no {what}");
            let ids = sheet
                .rows
                .iter()
                .flatten()
                .filter(|(name, _)| *name != "id")
                .map(|(_, cell)| cell)
                .filter(|cell| cell.len() == 36 && cell.matches('-').count() == 4);
            assert_eq!(ids.count(), 0, "{what} has ids where names should be");
        }
    }
    let answers = house.export("survey_answers", None).await;
    let people: Vec<String> = sqlx::query_scalar(
        "select p.email from survey_answer a join stakeholder s on s.item = a.stakeholder join person p on p.id = s.person
         where p.email is not null",
    )
    .fetch_all(&house.database.pool)
    .await
    .unwrap();
    assert!(people.iter().all(|email| !answers.contains(email.as_str())), "{answers}");
    assert!(!answers.contains("ATLAS-SH"), "{answers}");
    let early = Sheet::read(&house.export("links", Some("2026-01-05")).await).rows.len();
    assert!(early < house.sheet("links").await.rows.len(), "as of a day there are fewer");
}

#[tokio::test]
async fn a_list_is_downloaded_as_it_is_shown_and_by_who_may_see_it() {
    let test = TestApp::start().await;
    let atlas = "/api/v1/programs/ATLAS";
    for (title, probability, raised) in
        [("=cmd|' /C calc'!A0", 5, "2026-06-01"), ("Second, with \"marks\"", 2, "2026-06-20")]
    {
        let body = json!({"title": title, "probability": probability, "impact": 5, "raised_on": raised, "effective_on": raised,
            "owner": test.contributor.email, "schedule_effect_days": [1, 2, 30]});
        test.manager.post(&format!("{atlas}/risks"), body).await.is(201);
    }
    test.manager.post(&format!("{atlas}/issues"), json!({"title": "+1", "severity": 1})).await.is(201);
    let answer = test.viewer.page("/programs/ATLAS/csv/risks").await.is(200);
    assert_eq!(answer.header("content-type"), "text/csv; charset=utf-8; header=present");
    assert_eq!(answer.header("content-disposition"), "attachment; filename=\"ATLAS-risks-2026-06-30.csv\"");
    let sheet = Sheet::read(&answer.text);
    let column =
        |sheet: &Sheet, name: &str| sheet.rows.iter().map(|row| row[name].clone()).collect::<Vec<_>>();
    assert_eq!(sheet.names[..5], ["ref", "type", "state", "title", "probability"]);
    assert_eq!(column(&sheet, "title"), ["'=cmd|' /C calc'!A0", "Second, with \"marks\""]);
    assert_eq!(column(&sheet, "owner"), ["contributor@example.org", "contributor@example.org"]);
    assert_eq!(column(&sheet, "schedule_effect_days"), ["1, 2, 30", "1, 2, 30"]);
    let of = async |query: &str| column(&Sheet::read(&test.viewer.page(query).await.is(200).text), "ref");
    assert_eq!(of("/programs/ATLAS/csv/risks?sort=score").await, ["ATLAS-R2", "ATLAS-R1"]);
    assert_eq!(of("/programs/ATLAS/csv/risks?level=high").await, ["ATLAS-R1"]);
    assert_eq!(of("/programs/ATLAS/csv/risks?as_of=2026-06-10").await, ["ATLAS-R1"]);
    assert_eq!(of("/programs/ATLAS/csv/raid?sort=-title").await, ["ATLAS-R2", "ATLAS-R1", "ATLAS-I1"]);
    assert_eq!(of("/programs/ATLAS/csv/issues?q=nothing").await, Vec::<String>::new());
    for (page, link) in [
        (
            "/programs/ATLAS/risks?level=high&as_of=2026-06-10",
            "/programs/ATLAS/csv/risks?level=high&#38;as_of=2026-06-10",
        ),
        ("/programs/ATLAS/raid", "/programs/ATLAS/csv/raid"),
    ] {
        let shown = test.viewer.page(page).await.is(200).text;
        assert!(shown.contains(&format!("href=\"{link}\"")), "{page} leads to {link}: {shown}");
    }
    test.stranger.page("/programs/ATLAS/csv/risks").await.is(404);
    test.viewer.page("/programs/ATLAS/csv/secrets").await.is(404);
}

#[tokio::test]
async fn at_the_shell_a_table_is_written_and_read_back() {
    let house = House::told().await;
    let path = std::env::temp_dir().join(format!("plumbline-{}-items.csv", std::process::id()));
    let file = path.to_str().unwrap();
    let (code, _, error) =
        run(&house.database, &["export", "csv", "--program", "ATLAS", "--out", file]).await;
    assert_eq!(code, 0, "{error}");
    let rows = Sheet::read(&std::fs::read_to_string(&path).unwrap()).rows.len();
    let (code, out, error) = run(&house.database, &["import", "csv", file, "--program", "ATLAS"]).await;
    assert_eq!(code, 0, "{error}");
    for said in [
        format!("ATLAS: of {rows} rows, this was done:"),
        "  made     nothing".into(),
        "  changed  nothing".into(),
        format!("  skipped  {rows} the same as they are known already"),
        "  refused  0 rows".into(),
    ] {
        assert!(out.lines().any(|line| line == said), "“{said}” is not in {out}");
    }
    let then = ["export", "csv", "--program", "atlas", "--kind", "risks", "--as-of", "2026-06-30"];
    let (code, out, _) = run(&house.database, &then).await;
    assert_eq!((code, out), (0, house.export("risks", Some("2026-06-30")).await));
    let (code, _, error) =
        run(&house.database, &["export", "csv", "--program", "ATLAS", "--kind", "moons"]).await;
    assert!(
        code == 1 && error.contains("there is no table “moons”; there is milestones, "),
        "{code} {error}"
    );
    std::fs::remove_file(&path).unwrap();
}
