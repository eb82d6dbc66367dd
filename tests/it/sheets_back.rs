//! Every table that an export writes, read back: into the program that it is of it changes nothing; a fresh program in a fresh
//! database becomes the same, but for what is named here with its reason. Links of both kinds are made and changed by their rows,
//! and what was said and done is taken over, and never changed.

use crate::commands::run;
use crate::sheets::{House, Sheet, intake};
use plumbline::app::Error;
use plumbline::app::export::{self, What};
use plumbline::app::import;
use plumbline::exchange::intake::Intake;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// What a program that is made of its tables has otherwise: table (`*` for all), column, reason.
const OTHERWISE: &[(&str, &str, &str)] =
    &[("*", "version", "it counts the writes of a row, which begin anew")];

/// A table without the rows that name items of another program: it isn't in a fresh database, and such a row is refused there.
pub fn at_home(mut sheet: Sheet) -> Sheet {
    let items = ["from", "to", "predecessor", "successor", "dependency"];
    sheet.rows.retain(|row| {
        row.iter().all(|(name, cell)| {
            !items.contains(&name.as_str()) || cell.is_empty() || cell.starts_with("ATLAS-")
        })
    });
    sheet
}

/// A table as it is to come out of a program that was made of it.
fn expected(what: &str, mut sheet: Sheet) -> Sheet {
    let otherwise: Vec<&str> =
        OTHERWISE.iter().filter(|(of, ..)| [what, "*"].contains(of)).map(|(_, name, _)| *name).collect();
    // What people see first is ordered by ids of teams, which are others in another database.
    sheet.rows.sort();
    sheet.without(&otherwise)
}

/// All tables of a program as one import, which makes the program.
pub async fn all_of(house: &House) -> Intake {
    let mut intakes = Vec::new();
    for (name, _) in What::whole() {
        intakes.push(intake(&at_home(house.sheet(name).await).text()));
    }
    Intake::merged(intakes)
}

fn program() -> Intake {
    let fields = Map::from_iter([("key".to_owned(), json!("ATLAS")), ("name".to_owned(), json!("Atlas"))]);
    Intake { program: Some(fields), ..Intake::default() }
}

impl House {
    async fn taken(&self, whole: &Intake) -> plumbline::app::Result<import::Outcome> {
        import::import(&self.app, &self.stamp(), whole, Some("ATLAS"), false).await
    }

    async fn first(&self, kind: &str, state: &str) -> String {
        let items = self.sheet("items").await;
        let found = items.rows.iter().find(|row| row["type"] == kind && row["state"] == state);
        found.unwrap_or_else(|| panic!("no {kind} is {state}"))["ref"].clone()
    }
}

/// A row by the names of its columns.
fn row(names: &[String], cells: &[(&str, &str)]) -> BTreeMap<String, String> {
    let mut row: BTreeMap<String, String> = names.iter().map(|name| (name.clone(), String::new())).collect();
    row.extend(cells.iter().map(|(name, cell)| ((*name).to_owned(), (*cell).to_owned())));
    row
}

#[tokio::test]
async fn a_fresh_program_becomes_the_same_from_its_tables() {
    let house = House::told().await;
    let whole = all_of(&house).await;
    let outcome = house.taken(&whole).await.unwrap();
    assert!(!outcome.wrote(), "all tables at once change nothing: {outcome:?}");
    let fresh = House::empty().await;
    let links = Intake::merged(vec![
        intake(&house.export("items", None).await),
        intake(&house.export("schedule_links", None).await),
        program(),
    ]);
    match fresh.taken(&links).await {
        Err(Error::Refused(refused)) => {
            assert!(
                refused.errors.iter().all(|error| error.message.contains("There is no item “BEACON-")),
                "{refused:?}"
            );
        }
        other => panic!("what another program has isn’t here: {other:?}"),
    }
    let outcome = fresh.taken(&whole).await.unwrap_or_else(|error| panic!("{error:#?}"));
    let items = house.sheet("items").await;
    assert_eq!(outcome.notes, Vec::<String>::new(), "nothing is left out");
    assert_eq!(outcome.made.get("programs"), Some(&1));
    let mut wrong = Vec::new();
    for what in What::names() {
        let was = expected(what, at_home(house.sheet(what).await));
        let is = expected(what, fresh.sheet(what).await);
        if was.rows.len() != is.rows.len() {
            wrong.push(format!("{what}: {} rows were, {} are", was.rows.len(), is.rows.len()));
            continue;
        }
        wrong.extend(was.differences(&is).into_iter().map(|found| format!("{what}: {found:?}")));
    }
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong[..wrong.len().min(40)].join("\n"));
    // And the tables of the fresh one change nothing in it.
    let again = all_of(&fresh).await;
    let outcome = fresh.taken(&again).await.unwrap();
    assert!(!outcome.wrote(), "{outcome:?}");
    // Numbers go on after the highest, those of what is archived included.
    let archived = house.sheet("archived").await;
    let highest = |kind: &str| {
        let numbers = items.rows.iter().chain(&archived.rows).filter(|row| row["type"] == kind);
        numbers
            .map(|row| row["ref"].trim_start_matches(|c: char| !c.is_ascii_digit()).parse::<i32>().unwrap())
            .max()
    };
    for kind in ["risk", "report"] {
        let last: i32 = sqlx::query_scalar(
            "select last from counter c join program p on p.id = c.program where p.key = 'ATLAS' and c.kind = $1::item_kind",
        )
        .bind(kind)
        .fetch_one(&fresh.database.pool)
        .await
        .unwrap();
        assert_eq!(Some(last), highest(kind), "{kind}");
    }
}

#[tokio::test]
async fn a_number_that_is_not_there_is_a_slip_but_in_a_program_without_any_of_the_kind() {
    let house = House::told().await;
    let mut risks = house.sheet("risks").await;
    let new = row(&risks.names, &[("ref", "ATLAS-R999"), ("type", "risk"), ("title", "A slip")]);
    risks.rows.push(new);
    let refused = house.refused(&risks).await;
    assert!(
        refused[0].1 == "ref: ATLAS-R999 isn’t in this program; leave ref empty for a new risk.",
        "{refused:?}"
    );
    assert_eq!(refused.len(), 1);
    let text = risks.text();
    let line = text[..text.find("ATLAS-R999").unwrap()].matches('\n').count() + 1;
    assert_eq!(refused[0].0, format!("table.csv:{line}"));
    risks.rows.last_mut().unwrap().insert("ref".into(), String::new());
    let outcome = house.import(&risks.text()).await.unwrap();
    assert_eq!((outcome.made.get("risks"), outcome.changed.len()), (Some(&1), 0));
}

#[tokio::test]
async fn published_reports_stand_as_they_were_published() {
    let house = House::told().await;
    let reports = house.sheet("reports").await;
    let outcome = house.import(&reports.text()).await.unwrap();
    let count = reports.rows.iter().filter(|row| row["state"] == "published").count();
    assert_eq!(
        outcome.notes,
        [format!(
            "table.csv: {count} of the reports are published: they are there already, and stand as they were published."
        )]
    );
    assert!(!outcome.wrote());
    let mut edited = reports.clone();
    let first = edited.rows.iter_mut().find(|row| row["state"] == "published").unwrap();
    first.insert("headline".into(), "All is well".into());
    let refused = house.refused(&edited).await;
    assert!(refused[0].1.starts_with("It is published, and stands as it was published"), "{refused:?}");
    let mut new = reports.clone();
    let mut made = new.rows[0].clone();
    made.extend([("ref".to_owned(), String::new()), ("state".to_owned(), "published".to_owned())]);
    new.rows = vec![made];
    let refused = house.refused(&new).await;
    assert!(refused[0].1.contains("A report is published on its page"), "{refused:?}");
}

#[tokio::test]
async fn links_between_items_are_made_by_their_rows_and_never_taken_away() {
    let house = House::told().await;
    let was = house.sheet("links").await;
    let (risk, milestone) = (house.first("risk", "open").await, house.first("milestone", "planned").await);
    let issue = house.first("issue", "open").await;
    let mut links = Sheet { rows: Vec::new(), ..was.clone() };
    for (from, relation, to) in [(&risk, "threatens", &milestone), (&issue, "relates", &risk)] {
        let known = |known: &BTreeMap<String, String>| known["from"] == **from && known["to"] == **to;
        assert!(!was.rows.iter().any(|row| known(row) && row["relation"] == relation), "{from} {to}");
        links.rows.push(row(&links.names, &[("from", from), ("relation", relation), ("to", to)]));
    }
    let outcome = house.import(&links.text()).await.unwrap();
    assert_eq!((outcome.made.get("links"), outcome.made.len(), outcome.changed.len()), (Some(&2), 1, 0));
    let is = house.sheet("links").await;
    assert_eq!(is.rows.len(), was.rows.len() + 2, "none that the table leaves out is taken away");
    assert!(!house.import(&links.text()).await.unwrap().wrote(), "a second time");
    assert!(!house.import(&is.text()).await.unwrap().wrote());
    let told: i64 = sqlx::query_scalar(
        "select count(*) from event where name = 'linked' and data ->> 'relation' = 'threatens' and data ->> 'to' = $1",
    )
    .bind(&milestone)
    .fetch_one(&house.database.pool)
    .await
    .unwrap();
    assert!(told > 0, "the history of the risk tells it");
    for (cells, why) in [
        ([risk.as_str(), "threatens", "ATLAS-M999"], "to: There is no item “ATLAS-M999”."),
        ([&risk, "frightens", &issue], "relation: Give one of: mitigates, "),
        ([&risk, "relates", &risk], "to: An item isn’t linked to itself."),
        ([&risk, "relates", ""], "to: “To” is needed."),
        ([&risk, "relates", "the milestone"], "to: There is no item “the milestone”."),
    ] {
        let mut sheet = is.clone();
        let [from, relation, to] = cells;
        sheet.rows.push(row(&is.names, &[("from", from), ("relation", relation), ("to", to)]));
        let refused = house.refused(&sheet).await;
        assert!(refused[0].1.starts_with(why), "{cells:?}: {refused:?}");
        assert_eq!(refused.len(), 1);
        assert_eq!(refused[0].0, format!("table.csv:{}", sheet.rows.len() + 1));
    }
    let mut moved = is.clone();
    moved.rows[0].insert("effective_on".into(), "2020-01-01".into());
    let outcome = house.import(&moved.text()).await.unwrap();
    assert!(!outcome.wrote());
    let stands = "table.csv: 1 of the links are there already, since another day than the table says; that day stands.";
    assert_eq!(outcome.notes, [stands]);
    let mut twice = is.clone();
    twice.rows.push(is.rows[0].clone());
    assert_eq!(house.refused(&twice).await[0].1, "This link stands here twice.");
}

#[tokio::test]
async fn links_of_the_schedule_are_made_and_changed_by_their_rows() {
    let house = House::told().await;
    let was = house.sheet("schedule_links").await;
    assert!(was.rows.len() > 2);
    let mut edited = was.clone();
    edited.rows[0].insert("lag_days".into(), "2.5".into());
    edited.rows[1].insert("type".into(), if was.rows[1]["type"] == "SS" { "FF" } else { "SS" }.into());
    let outcome = house.import(&edited.text()).await.unwrap();
    assert_eq!((outcome.changed.get("schedule links"), outcome.made.len()), (Some(&2), 0));
    let is = house.sheet("schedule_links").await;
    let find = |sheet: &Sheet, id: &str| sheet.rows.iter().find(|row| row["id"] == id).unwrap().clone();
    for (at, name) in [(0, "lag_days"), (1, "type")] {
        let (mut is, was) = (find(&is, &was.rows[at]["id"]), &edited.rows[at]);
        assert_eq!(is[name], was[name]);
        assert_eq!(is["version"].parse(), was["version"].parse::<i32>().map(|version| version + 1));
        for beside in ["version", "effective_on"] {
            is.insert(beside.into(), was[beside].clone());
        }
        assert_eq!(&is, was, "nothing else");
    }
    assert!(!house.import(&is.text()).await.unwrap().wrote());
    let stale = house.refused(&was).await;
    assert!(
        stale.len() == 2 && stale.iter().all(|(_, why)| why.contains("Somebody changed it")),
        "{stale:?}"
    );

    // Without ids a link is known by its ends and its type; one that isn't there is made.
    let bare = is.clone().without(&["id", "effective_on", "version"]);
    assert!(!house.import(&bare.text()).await.unwrap().wrote());
    let milestones: Vec<String> = {
        let items = house.sheet("milestones").await;
        let open = items.rows.iter().filter(|row| row["state"] == "planned");
        open.map(|row| row["ref"].clone()).collect()
    };
    let linked =
        |a: &str, b: &str| is.rows.iter().any(|row| row["predecessor"] == a && row["successor"] == b);
    let (first, last) = (milestones.first().unwrap(), milestones.last().unwrap());
    assert!(first != last && !linked(first, last) && !linked(last, first));
    let forward = format!("predecessor,successor,lag_days\n{first},{last},3\n");
    let made = house.import(&forward).await;
    let (a, b) = if made.is_ok() { (first, last) } else { (last, first) };
    if made.is_err() {
        house.import(&format!("predecessor,successor,lag_days\n{a},{b},3\n")).await.unwrap();
    }
    assert!(!house.import(&format!("predecessor,successor,lag_days\n{a},{b},3\n")).await.unwrap().wrote());
    let back = Sheet::read(&format!("predecessor,successor\n{b},{a}\n"));
    let refused = house.refused(&back).await;
    assert!(
        refused[0].1.starts_with("This would make a cycle: ") && refused[0].1.contains(a.as_str()),
        "{refused:?}"
    );
    assert_eq!((refused.len(), refused[0].0.as_str()), (1, "table.csv:2"));

    let risk = house.first("risk", "open").await;
    for (text, why) in [
        (
            format!("predecessor,successor\nATLAS-T999,{a}\n{a},{b}\n"),
            "predecessor: There is no item “ATLAS-T999”.",
        ),
        (
            format!("predecessor,successor\n{risk},{a}\n"),
            "the schedule links activities, milestones and dependencies",
        ),
        (format!("predecessor,successor\n{a},{a}\n"), "successor: An item doesn’t wait for itself."),
        (format!("predecessor,successor,type\n{a},{b},XX\n"), "type: Give one of: FS, SS, FF, SF."),
        (format!("predecessor,successor,lag_days\n{a},{b},soon\n"), "lag_days: "),
    ] {
        let refused = house.refused(&Sheet::read(&text)).await;
        assert!(refused.len() == 1 && refused[0].1.contains(why), "{text}: {refused:?}");
        assert_eq!(refused[0].0, "table.csv:2");
    }
    let mut unknown = is.clone();
    unknown.rows[0].insert("id".into(), "00000000-0000-4000-8000-000000000000".into());
    let refused = house.refused(&unknown).await;
    assert!(refused[0].1.starts_with("id: This program has no link “00000000"), "{refused:?}");
}

#[tokio::test]
async fn items_of_another_program_are_linked_there() {
    let house = House::told().await;
    let (risk, milestone) = (house.first("risk", "open").await, house.first("milestone", "planned").await);
    let fields = Map::from_iter([("key".to_owned(), json!("OTHER")), ("name".to_owned(), json!("Other"))]);
    let items = intake("ref,type,title\nOTHER-R1,risk,Elsewhere\nOTHER-M1,milestone,Elsewhere\n");
    let other = Intake::merged(vec![items, Intake { program: Some(fields), ..Intake::default() }]);
    import::import(&house.app, &house.stamp(), &other, Some("OTHER"), false).await.unwrap();
    for (text, why) in [
        (
            format!("from,relation,to\nOTHER-R1,threatens,{milestone}\n"),
            "from: OTHER-R1 is of another program: make the link there.",
        ),
        (
            format!("predecessor,successor\n{milestone},OTHER-M1\n"),
            "successor: OTHER-M1 is of another program: make the link there.",
        ),
        (
            "what,on,item\nDone twice,2026-01-05,OTHER-R1\n".to_owned(),
            "item: OTHER-R1 is of another program.",
        ),
    ] {
        assert_eq!(house.refused(&Sheet::read(&text)).await[0].1, why);
    }
    // What an item leads to may lie in another program, as on its page.
    let out = format!("from,relation,to\n{risk},relates,OTHER-R1\n");
    assert_eq!(house.import(&out).await.unwrap().made.get("links"), Some(&1));
    assert!(!house.import(&out).await.unwrap().wrote());
}

#[tokio::test]
async fn projects_come_back_and_an_edited_cell_changes_that_field() {
    let house = House::told().await;
    let was = house.sheet("projects").await;
    let mut edited = was.clone();
    edited.rows[0].insert("name".into(), "Renamed".into());
    edited.rows.push(row(
        &was.names,
        &[("key", "NEWONE"), ("name", "New, and with \"marks\""), ("team", "A new team")],
    ));
    let outcome = house.import(&edited.text()).await.unwrap();
    assert_eq!((outcome.made.get("projects"), outcome.changed.get("projects")), (Some(&1), Some(&1)));
    let is = house.sheet("projects").await;
    let new = is.rows.iter().find(|row| row["key"] == "NEWONE").unwrap();
    assert_eq!((new["name"].as_str(), new["team"].as_str()), ("New, and with \"marks\"", "A new team"));
    let renamed = is.rows.iter().find(|row| row["key"] == was.rows[0]["key"]).unwrap();
    assert_eq!(renamed["name"], "Renamed");
    assert!(!house.import(&is.text()).await.unwrap().wrote());
    for (name, value, why) in [
        ("ends_on", "1999-01-01", "ends_on: It ends before it starts."),
        ("state", "flying", "state: Give one of: "),
        ("lead", "nobody@example.net", "lead: There is no person “nobody@example.net”."),
        ("name", "", "name: “Name” is needed."),
    ] {
        let mut sheet = is.clone();
        sheet.rows[0].insert("starts_on".into(), "2026-01-01".into());
        sheet.rows[0].insert(name.into(), value.into());
        assert!(house.refused(&sheet).await[0].1.starts_with(why), "{name}");
    }
    let mut twice = is.clone();
    twice.rows.push(is.rows[0].clone());
    assert_eq!(house.refused(&twice).await[0].1, "key: This project stands here twice.");
}

#[tokio::test]
async fn what_was_said_and_done_is_not_changed_by_a_table() {
    let house = House::told().await;
    for (what, name, value, why) in [
        ("baselines", "committed_on", "2031-01-01", "A baseline stands as it was made"),
        ("baselines", "name", "Better", "A baseline stands as it was made"),
        ("sign_offs", "verdict", "no_go", "A sign-off stands as it was given"),
        ("sign_offs", "comment", "I said otherwise", "A sign-off stands as it was given"),
        ("release_events", "count", "99", "What was counted of a release stands"),
        ("outcomes", "note", "Another end", "What came of a meeting stands"),
        ("agenda", "note", "Something else", "A meeting’s agenda is set on the meeting’s page"),
        ("survey_answers", "comment", "Splendid", "Answers stand as they were given"),
        ("comments", "body", "I never said that", "Comments stand as they were written"),
        ("ratings", "value", "1", "Ratings stand as they were given"),
    ] {
        let was = house.sheet(what).await;
        let mut edited = was.clone();
        edited.rows[0].insert(name.into(), value.into());
        let refused = house.refused(&edited).await;
        assert!(refused.len() == 1 && refused[0].1.starts_with(why), "{what}: {refused:?}");
        // A row more than stands is as much a change.
        let mut more = was.clone();
        let mut again = was.rows[0].clone();
        again.insert(name.into(), value.into());
        if what == "survey_answers" {
            more.rows.push(again);
            assert!(house.refused(&more).await[0].1.starts_with(why), "{what}");
        }
        let outcome = house.import(&Sheet { rows: was.rows[..1].to_vec(), ..was }.text()).await.unwrap();
        assert!(!outcome.wrote() && outcome.skipped == 1, "{what}: a row alone says nothing");
    }
}

#[tokio::test]
async fn of_two_people_of_one_name_the_one_who_stands_there_is_meant() {
    let house = House::told().await;
    sqlx::query(
        "with two as (
             insert into person (id, name, effective_on) select gen_random_uuid(), 'Sam Doe', '2026-01-01' from generate_series(1, 2)
             returning id
         )
         update sign_off set person = (select id from two limit 1)",
    )
    .execute(&house.database.pool)
    .await
    .unwrap();
    let signed = house.sheet("sign_offs").await;
    assert!(signed.rows.iter().all(|row| row["person"] == "Sam Doe"));
    assert!(!house.import(&signed.text()).await.unwrap().wrote());
}

#[tokio::test]
async fn into_an_empty_program_only_what_hangs_together_is_taken() {
    let house = House::told().await;
    let fresh = House::empty().await;
    let items = Intake::merged(vec![
        intake(&house.export("projects", None).await),
        intake(&house.export("items", None).await),
        program(),
    ]);
    fresh.taken(&items).await.unwrap();
    let (risk, gate) = (house.first("risk", "open").await, house.sheet("gates").await.rows[0]["ref"].clone());
    for (text, why) in [
        (format!("gate,role,verdict,on\n{risk},Security,go,2026-01-01\n"), "is no gate."),
        (format!("gate,role,verdict,on\n{gate},Security,go,2031-01-01\n"), "on: It lies ahead."),
        (format!("gate,role,verdict,on\n{gate},Security,perhaps,2026-01-01\n"), "verdict: Give one of: go, "),
        (
            format!(
                "gate,role,verdict,on\n{gate},Security,go,2026-01-01\n{gate},Security,no_go,2026-01-01\n"
            ),
            "It stands here twice.",
        ),
        ("number,on,value\n7,2026-01-01,4\n".to_owned(), "number: There is no survey 7."),
        (format!("meeting,position,ref\n{gate},1,{risk}\n"), "is no meeting."),
        (format!("ref,body,effective_on\n{risk},Soon,2031-01-01\n"), "effective_on: It lies ahead."),
        (format!("id,ref,body\nx,{risk},Soon\n"), "id: An id is a UUID"),
    ] {
        let refused = fresh.refused(&Sheet::read(&text)).await;
        assert!(refused.len() == 1 && refused[0].1.contains(why), "{text}: {refused:?}");
    }
    // A baseline that says another date than the item has would move it, which a table doesn't.
    let mut baselines = house.sheet("baselines").await;
    let last = baselines.rows.iter().map(|row| row["number"].clone()).max().unwrap();
    let moved = baselines.rows.iter_mut().find(|row| row["number"] == last).unwrap();
    moved.insert("committed_on".into(), "2031-01-01".into());
    let refused = fresh.refused(&baselines).await;
    assert!(refused[0].1.contains("than the item is committed to"), "{refused:?}");
    // One table after the other does as well as all at once.
    let mut late: Vec<String> =
        house.sheet("archived").await.rows.iter().map(|row| row["ref"].clone()).collect();
    late.extend(house.sheet("frozen_reports").await.rows.iter().map(|row| row["report"].clone()));
    for (name, _) in What::whole() {
        let text = at_home(house.sheet(name).await).text();
        match fresh.import(&text).await {
            Ok(_) => {}
            Err(Error::Refused(refused)) => {
                // What comes behind the items that would name it is too late: published reports, and what is archived.
                let known = |message: &str| late.iter().any(|named| message.contains(named.as_str()));
                assert!(refused.errors.iter().all(|error| known(&error.message)), "{name}: {refused:?}");
            }
            Err(error) => panic!("{name}: {error}"),
        }
    }
    for what in [
        "schedule_links",
        "sign_offs",
        "release_events",
        "agenda",
        "survey_answers",
        "comments",
        "budget",
        "raci",
    ] {
        let (was, is) = (at_home(house.sheet(what).await), fresh.sheet(what).await);
        assert_eq!(expected(what, was), expected(what, is), "{what}");
    }
}

#[tokio::test]
async fn an_export_is_of_one_moment() {
    let house = House::told().await;
    let items = What::named("items").unwrap();
    let view = house.app.at_one_moment().await.unwrap();
    let mut leaving = export::of_program(&view, &house.stamp(), "ATLAS", items, None).await.unwrap();
    let before = house.export("items", None).await;
    let head = leaving.next(&view.db).await.unwrap().unwrap();
    sqlx::query("update item set title = 'Written meanwhile', version = version + 1 where kind = 'risk'")
        .execute(&house.database.pool)
        .await
        .unwrap();
    let whole = format!("{head}{}", leaving.whole(&view.db).await.unwrap());
    assert!(whole == before, "what is written meanwhile isn't seen");
    let beside = export::of_program(&view, &house.stamp(), "ATLAS", items, None).await.unwrap();
    assert!(beside.whole(&view.db).await.unwrap() == before, "nor by another table of the same export");
    assert!(house.export("items", None).await.contains("Written meanwhile"));
    let written = sqlx::query("delete from watch").execute(view.db.raw()).await;
    assert!(
        written.is_err_and(|error| error.to_string().contains("read-only")),
        "nothing is written through it"
    );
    // A connection that broke off is not followed by one that sees another moment.
    sqlx::query("select pg_terminate_backend(pid) from pg_stat_activity where state like 'idle in transaction%' and datname = current_database()")
        .execute(&house.database.pool)
        .await
        .unwrap();
    let broken = export::of_program(&view, &house.stamp(), "ATLAS", items, None).await;
    assert!(broken.is_err());
    let again = export::of_program(&view, &house.stamp(), "ATLAS", items, None).await;
    assert!(again.is_err(), "nor ever after");
}

#[tokio::test]
async fn at_the_shell_a_program_goes_into_a_folder_and_comes_out_of_it() {
    let house = House::told().await;
    let folder = std::env::temp_dir().join(format!("plumbline-{}-tables", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.to_str().unwrap();
    let (code, _, error) =
        run(&house.database, &["export", "csv", "--program", "ATLAS", "--out", path]).await;
    assert_eq!(code, 0, "{error}");
    let mut files: Vec<String> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    files.sort();
    let mut tables: Vec<String> = What::whole().iter().map(|(name, _)| format!("{name}.csv")).collect();
    tables.sort();
    assert_eq!(files, tables);
    let (code, out, error) =
        run(&house.database, &["import", "csv", path, "--program", "ATLAS", "--json"]).await;
    assert_eq!(code, 0, "{error}{out}");
    let report: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((&report["made"], &report["changed"]), (&json!({}), &json!({})));
    assert_eq!(report["rows"], report["skipped"]);
    assert!(report["notes"][0].as_str().unwrap().contains("of the reports are published"), "{report}");
    let single = ["export", "csv", "--program", "ATLAS", "--kind", "risks", "--out", path];
    let (code, _, error) = run(&house.database, &single).await;
    assert!(code == 1 && error.contains("is a folder: a single table goes to a file"), "{error}");
    std::fs::remove_dir_all(&folder).unwrap();
}
