//! Foreign files read into drafts.

use plumbline::domain::kind::Kind;
use plumbline::exchange::Severity;
use plumbline::exchange::csv::{self, Sheet};
use plumbline::exchange::guess;
use plumbline::exchange::intake::{self, Intake, Record, What};
use plumbline::exchange::map::ImportMap;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};

/// The shared data beside the repository; `None` (with the reason printed) where it isn't there.
fn shared(folder: &str) -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    let named = std::env::var_os("PLUMBLINE_SHARED_DATA").map(PathBuf::from);
    let found = named.into_iter().chain([beside]).map(|data| data.join(folder)).find(|path| path.is_dir());
    if found.is_none() {
        eprintln!("skipped: ../shared/data/{folder} is not there");
    }
    found
}

fn sample(name: &str) -> Sheet {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name);
    csv::read(name, &std::fs::read(path).unwrap()).unwrap()
}

fn sheets(folder: &Path) -> Vec<Sheet> {
    let paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut paths: Vec<PathBuf> = paths.filter(|path| path.extension().is_some_and(|e| e == "csv")).collect();
    paths.sort();
    let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
    paths.iter().map(|path| csv::read(&name(path), &std::fs::read(path).unwrap()).unwrap()).collect()
}

fn k8s() -> Option<(Vec<Sheet>, Intake)> {
    let sheets = sheets(&shared("k8s-program")?);
    let map = ImportMap::read(include_str!("../../samples/k8s.toml")).unwrap();
    let intake = intake::run(&map, &sheets).unwrap();
    Some((sheets, intake))
}

fn text<'a>(record: &'a Record, field: &str) -> &'a str {
    record.fields.get(field).and_then(|value| value.as_str()).unwrap_or_default()
}

/// The forecast or committed day of each item after all its forecasts, and its last state.
fn ends(intake: &Intake) -> HashMap<&str, (String, &str)> {
    let mut ends = HashMap::new();
    for record in &intake.records {
        match record.what {
            What::Item(kind) => {
                let day = text(record, "committed_on").to_owned();
                let before = ends.insert(record.key.as_str(), (day, kind.first_state().name()));
                assert!(before.is_none(), "{} is made twice", record.key);
            }
            What::Forecast => {
                let day = &mut ends.get_mut(record.key.as_str()).unwrap().0;
                text(record, "forecast_on").clone_into(day);
            }
            What::Transition => ends.get_mut(record.key.as_str()).unwrap().1 = text(record, "to"),
            _ => {}
        }
    }
    ends
}

#[test]
fn every_row_of_the_kubernetes_record_is_made_joined_or_reported() {
    let Some((sheets, intake)) = k8s() else { return };
    assert_eq!(intake.counts.iter().map(|count| count.rows).sum::<usize>(), 4834);
    for sheet in &sheets {
        let count = intake.counts.iter().find(|count| count.file == sheet.name).unwrap();
        assert_eq!(count.rows, sheet.rows.len(), "{}", sheet.name);
        assert_eq!(count.rows, count.made + count.joined + count.reported, "{}", sheet.name);
        let told: BTreeSet<u64> =
            intake.findings.iter().filter(|f| f.file == sheet.name).map(|f| f.line).collect();
        let made: BTreeSet<u64> =
            intake.records.iter().filter(|r| r.origin.file == sheet.name).map(|r| r.origin.line).collect();
        let silent = sheet.rows.iter().filter(|row| !told.contains(&row.line) && !made.contains(&row.line));
        assert!(silent.count() <= count.joined, "{}", sheet.name);
    }
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    for record in &intake.records {
        let name = match record.what {
            What::Item(kind) => kind.plural().to_owned(),
            What::Transition => format!("to {}", text(record, "to")),
            what => format!("{what:?}").to_lowercase(),
        };
        *kinds.entry(name).or_default() += 1;
    }
    let of = |name: &str| kinds.get(name).copied().unwrap_or(0);
    assert_eq!(
        ["milestones", "risks", "dependencies", "decisions", "changes", "project", "team"].map(of),
        [731, 598, 144, 440, 41, 18, 26]
    );
    assert_eq!(["to approved", "to rejected", "to decided", "to planned"].map(of), [32, 9, 440, 10]);
    eprintln!("{kinds:?}");
}

#[test]
fn the_schedules_end_where_the_source_says() {
    let Some((sheets, intake)) = k8s() else { return };
    let ends = ends(&intake);
    let sheet = |name: &str| sheets.iter().find(|sheet| sheet.name == name).unwrap();
    let milestones = sheet("milestones.csv");
    let column = |name: &str| milestones.column(name).unwrap();
    let mut achieved = 0;
    for row in &milestones.rows {
        let key = format!("{}: {}", row.cells[column("release")], row.cells[column("milestone")]);
        let (day, state) = &ends[key.as_str()];
        let planned = &row.cells[column("planned_date")];
        assert_eq!(day, planned, "{key}");
        assert_eq!(*state == "achieved", planned.as_str() < "2026-07-24", "{key}");
        achieved += usize::from(*state == "achieved");
    }
    assert_eq!(achieved, 166);
    let keps = sheet("keps.csv");
    let mut released: HashMap<String, String> = HashMap::new();
    for row in &milestones.rows {
        let (release, title) = (&row.cells[column("release")], &row.cells[column("milestone")]);
        if *title == format!("{release}.0 released") {
            released.insert(release.clone(), row.cells[column("planned_date")].clone());
        }
    }
    assert_eq!(released.len(), 5);
    let mut compared = 0;
    for row in &keps.rows {
        for stage in ["alpha", "beta", "stable"] {
            let key = format!("KEP-{} {stage}", row.cells[0]);
            if let Some(day) = released.get(&row.cells[keps.column(stage).unwrap()]) {
                assert_eq!(&ends[key.as_str()].0, day, "{key}");
                compared += 1;
            }
        }
    }
    assert!(compared > 250, "{compared}");
}

#[test]
fn changes_follow_their_items_in_the_order_of_days() {
    let Some((_, intake)) = k8s() else { return };
    let mut last: HashMap<&str, (chrono::NaiveDate, bool)> = HashMap::new();
    for record in &intake.records {
        match record.what {
            What::Item(_) => drop(last.insert(&record.key, (record.effective_on.unwrap(), true))),
            What::Forecast | What::Transition => {
                let on = record.effective_on.unwrap();
                let (before, _) = last.insert(&record.key, (on, false)).unwrap();
                assert!(on >= before, "{} goes back from {before} to {on}", record.key);
                assert!(
                    on <= "2026-07-24".parse().unwrap(),
                    "{} changes on {on}, after the data",
                    record.key
                );
                assert!(record.reason.as_ref().is_none_or(|reason| reason.chars().count() <= 500));
            }
            What::Link => {
                for end in ["from", "to"] {
                    assert!(last.contains_key(record.fields[end]["key"].as_str().unwrap()));
                }
            }
            _ => {}
        }
        let title = text(record, "title");
        assert!(title.chars().count() <= 300 && !title.contains(['*', '`', '\n']), "{title}");
    }
    assert_eq!(intake.starts_on, "2024-09-01".parse().ok());
    let kinds = |kind: &str| intake.records.iter().filter(|record| text(record, "kind") == kind).count();
    assert_eq!((kinds("release"), kinds("external"), kinds("gate")), (5, 5, 25));
    let mut described = intake.records.iter().filter_map(|record| record.fields.get("description"));
    assert!(described.all(serde_json::Value::is_string));
    let assumed =
        intake.records.iter().filter(|record| record.fields.get("tags") == Some(&json!(["assumed"])));
    assert!(assumed.count() > 500);
}

#[test]
fn nasty_sheets_are_read() {
    let v12 = sample("k8s-v1.12-features.csv");
    assert_eq!((v12.header_row, v12.header.len(), v12.header[0].as_str()), (10, 17, "Feature Name"));
    let v7 = sample("k8s-v1.7-features.csv");
    assert_eq!((v7.header_row, v7.header.len(), v7.header[3].as_str()), (6, 12, "Assignee"));
    assert!(v7.rows.iter().any(|row| row.cells[0].contains("née")));
    let marked = sample("gmpp_2021_22_first.csv");
    assert_eq!((marked.rows.len(), marked.header.len()), (8, 17));
    assert_eq!(marked.header[9], "Project - End Date (Latest Approved End Date)");
    let western = sample("gmpp_2020_21_first.csv");
    assert_eq!(western.rows.len(), 8);
    assert!(western.header[5].contains("Red – Amber/Red") && western.header[10].contains("(£m)"));
    assert!(western.notes.iter().any(|note| note.message == "read as windows-1252."));
    let Some(folder) = shared("importer-samples") else { return };
    let sheets = sheets(&folder);
    let rows: Vec<(&str, usize)> =
        sheets.iter().map(|sheet| (sheet.name.as_str(), sheet.rows.len())).collect();
    assert_eq!(rows[..2], [("gmpp_2020_21.csv", 184), ("gmpp_2021_22.csv", 235)]);
    for sheet in &sheets {
        // Each is either read with its oddities reported, or refused with one line.
        match guess::guess(sheet, None).or_else(|_| guess::guess(sheet, Some(Kind::Milestone))) {
            Ok(guess) => {
                let intake = guess::read(sheet, &guess);
                let count = &intake.counts[0];
                assert_eq!(count.rows, count.made + count.joined + count.reported);
                assert!(count.made > 0, "{}: {:?}", sheet.name, intake.grouped());
            }
            Err(why) => assert!(!why.to_string().contains('\n')),
        }
    }
}

#[test]
fn an_ordinary_raid_log_is_recognised() {
    let sheet = sample("raid.csv");
    let guess = guess::guess(&sheet, None).unwrap();
    let fields: Vec<&str> =
        guess.columns.iter().map(|column| column.field.as_deref().unwrap_or("-")).collect();
    assert_eq!(
        fields[..6],
        ["key by which rows are found again", "title", "kind", "owner", "state", "due date of the kind"]
    );
    assert_eq!(fields[12], "-");
    let intake = guess::read(&sheet, &guess);
    let item =
        |key: &str| intake.records.iter().find(|r| r.key == key && matches!(r.what, What::Item(_))).unwrap();
    let risk = item("risk/R-1");
    assert_eq!(
        serde_json::Value::Object(risk.fields.clone()),
        json!({
            "title": "Supplier may be late", "owner": {"name": "Ada Lovelace"}, "review_on": "2026-03-31", "probability": 4,
            "impact": 4, "raised_on": "2026-01-05", "response_plan": "Second source", "project": {"key": "Hardware"},
            "tags": ["supply", "hw"]
        })
    );
    assert_eq!(item("risk/R-2").fields["probability"], 2);
    assert_eq!(item("issue/I-1").fields["severity"], 1);
    assert_eq!(item("assumption/A-1").fields["impact_if_false"], "We lose money");
    assert_eq!(item("decision/D-1").fields["needed_by"], "2026-02-20");
    assert_eq!(item("action/X-1").fields["owner"], json!({"email": "bob@example.org", "name": "Bob"}));
    let states: Vec<(&str, &str)> = intake
        .records
        .iter()
        .filter(|r| r.what == What::Transition)
        .map(|r| (r.key.as_str(), text(r, "to")))
        .collect();
    assert_eq!(
        states,
        [
            ("risk/R-2", "mitigating"),
            ("issue/I-1", "closed"),
            ("decision/D-1", "waiting"),
            ("decision/D-1", "decided")
        ]
    );
    let refused: Vec<String> =
        intake.findings.iter().filter(|f| f.severity == Severity::Refused).map(ToString::to_string).collect();
    assert_eq!(
        refused,
        [
            "raid.csv, line 8, column “Type”: “Banana” is no kind of item.",
            "raid.csv, line 9: the risk has no title.",
            "raid.csv, line 10: “risk/R-1” was already made by raid.csv, line 2."
        ]
    );
    let kept: Vec<String> =
        intake.findings.iter().filter(|f| f.severity == Severity::Kept).map(ToString::to_string).collect();
    assert_eq!(
        kept,
        [
            "raid.csv, line 6, column “Owner”: of 2 people only the first is taken as owner.",
            "raid.csv, line 7, column “Due date”: “soon” is no date; the value is left out.",
        ]
    );
    let count = &intake.counts[0];
    assert_eq!((count.rows, count.made, count.reported), (9, 6, 3));
}

#[test]
fn sheets_that_say_nothing_are_refused_in_one_line() {
    for (name, text, expected) in [
        (
            "x.csv",
            "Colour,Size\nred,big\n",
            "x.csv: no column looks like a title (the headings are Colour, Size); give a map file.",
        ),
        (
            "x.csv",
            "Title,Owner\na,b\n",
            "x.csv: nothing tells what kind its rows are: add a Type column, name the file after the kind, or give a map file.",
        ),
    ] {
        let sheet = csv::read(name, text.as_bytes()).unwrap();
        assert_eq!(guess::guess(&sheet, None).unwrap_err().to_string(), expected);
    }
    let sheet = csv::read("open risks.csv", b"Title,Owner\na,b\n").unwrap();
    assert_eq!(guess::guess(&sheet, None).unwrap().kind, Some(Kind::Risk));
}

#[test]
fn a_map_and_its_files_must_fit() {
    let sheet = |name: &str| csv::read(name, b"Title,Owner\na,b\n").unwrap();
    let map = ImportMap::read("[[file]]\nname = \"a*.csv\"\n[[file.make]]\nkind = \"risk\"\nkey = \"{Title}\"\nfields = { title = \"{Titel}\" }\n").unwrap();
    for (sheets, expected) in [
        (vec![], "a*.csv: the map asks for this file, and it is missing."),
        (vec![sheet("a1.csv"), sheet("b.csv")], "b.csv: the map says nothing about this file."),
        (vec![sheet("a1.csv")], "a1.csv: the map uses the column “Titel”, which the file doesn't have."),
    ] {
        assert_eq!(intake::run(&map, &sheets).unwrap_err().to_string(), expected);
    }
    let looped = ImportMap::read("[[file]]\nname = \"a.csv\"\nlet = { x = \"{y}\", y = \"{x}\" }\n[[file.make]]\nkind = \"risk\"\nkey = \"{x}\"\n").unwrap();
    let intake = intake::run(&looped, &[sheet("a.csv")]).unwrap();
    assert_eq!((intake.records.len(), intake.counts[0].reported), (0, 1));
    assert!(intake.findings[0].message.contains("is defined by itself"));
}
