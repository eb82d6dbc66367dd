//! What a program has beside its items comes back from its tables: its own fields, what its published reports froze, what was archived,
//! its checklists, and who was asked about a change request.

use crate::commands::run;
use crate::sheets::{House, Sheet, intake};
use crate::sheets_back::{all_of, at_home};
use crate::support::app::{TestApp, TestUser};
use plumbline::app::export::What;
use plumbline::app::{Error, demo, import};
use plumbline::exchange::intake::Intake;
use serde_json::{Value, json};

impl House {
    /// What the demonstration doesn't tell of: checklists, steps that were taken, questions about a change request, what was archived,
    /// and settings of the program.
    pub async fn beside(&self) {
        for statement in [
            "insert into checklist (id, program, name, checks, effective_on)
             select gen_random_uuid(), id, n, c::jsonb, '2026-05-04' from program, (values
                 ('Cut-over', '[{\"criterion\": \"=Rehearsed, \\\"twice\\\"\", \"area\": \"data\", \"mandatory\": true},
                                {\"criterion\": \"Told\\nto all\", \"area\": \"support\", \"mandatory\": false}]'),
                 ('A first one', '[{\"criterion\": \"Tested\", \"area\": \"engineering\", \"mandatory\": true}]')) l (n, c)
             where key = 'ATLAS'",
            "insert into release_step (release, rollback, step, program, done_at, done_by, effective_on)
             select i.id, r, s, i.program, '2026-11-20 09:30:00.123456+00', i.owner, '2026-11-20'
             from item i join program p on p.id = i.program and p.key = 'ATLAS',
                  (values (false, 'Freeze, then copy'), (true, 'Copy back')) t (r, s)
             where i.kind = 'release' and i.number = 1",
            "insert into change_question (change, dependency, program, person, needed_by, comes_on, asked_on, agrees, comment, answered_on,
                 answered_by, effective_on)
             select c.id, d.id, c.program, c.owner, '2026-12-01', case when d.number % 2 = 0 then date '2026-12-11' end, '2026-11-02',
                    case when d.number % 2 = 0 then false end, case when d.number % 2 = 0 then E'Too late,\\nfor us' else '' end,
                    case when d.number % 2 = 0 then date '2026-11-03' end, case when d.number % 2 = 0 then c.owner end, '2026-11-03'
             from item c join program p on p.id = c.program and p.key = 'ATLAS' join item d on d.kind = 'dependency'
             where c.kind = 'change' and c.number = 1",
            "update item set archived_at = '2026-11-20 18:00:00+00', version = version + 1, effective_on = '2026-11-20'
             where id in (select distinct on (i.kind) i.id from item i join program p on p.id = i.program and p.key = 'ATLAS'
                          where i.kind in ('risk', 'lesson', 'action', 'stakeholder') order by i.kind, i.number desc)",
            "update program set targets = '{\"freshness\": 0.85, \"on_time_tolerance_days\": 3}', thresholds = '{\"risk_red_score\": 16}',
                 holidays = '{2026-12-25,2026-12-26}', extra_days = '{2026-12-19}', budget = 1250000.5, governance = E'=Board,\\n\"steering\"',
                 sponsor = coalesce(sponsor, (select min(id::text)::uuid from person where email is not null)),
                 working_week = '{t,t,t,t,f,f,f}', version = version + 1, effective_on = '2026-11-20'
             where key = 'ATLAS'",
        ] {
            let written = sqlx::query(statement).execute(&self.database.pool).await.unwrap();
            assert!(written.rows_affected() > 0, "{statement}");
        }
    }

    async fn take(&self, intakes: Vec<Intake>) -> plumbline::app::Result<import::Outcome> {
        import::import(&self.app, &self.stamp(), &Intake::merged(intakes), Some("ATLAS"), false).await
    }

    /// Why tables are refused as one import; nothing of them is written.
    async fn refuses(&self, texts: &[String]) -> Vec<(String, String)> {
        let before = self.print().await;
        let taken = self.take(texts.iter().map(|text| intake(text)).collect()).await;
        let Err(Error::Refused(refused)) = taken else { panic!("taken: {taken:?}") };
        assert_eq!(self.print().await, before, "something was written");
        refused.errors.into_iter().map(|error| (error.field, error.message)).collect()
    }

    async fn number(&self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(&self.database.pool).await.unwrap()
    }
}

/// The part of a page that begins with one text and ends with another.
fn between<'t>(page: &'t str, begin: &str, end: &str) -> &'t str {
    let from = page.find(begin).unwrap_or_else(|| panic!("no {begin} in {page}"));
    &page[from..from + page[from..].find(end).unwrap()]
}

#[tokio::test]
async fn a_published_report_comes_back_as_it_was_published() {
    let was = TestApp::over(None, "2026-11-21T12:00:00Z", async |app| {
        drop(demo::tell(app, demo::ATLAS).await.unwrap());
    })
    .await;
    let is = TestApp::over(None, "2026-11-22T12:00:00Z", async |_| {}).await;
    was.clock.hold_at(is.clock.now());
    let stamp = |test: &TestApp| plumbline::store::Stamp {
        now: test.clock.now(),
        actor: Some(test.manager.person),
        reason: String::new(),
    };
    let mut intakes = Vec::new();
    for (_, what) in What::whole() {
        let leaving =
            plumbline::app::export::of_program(&was.app, &stamp(&was), "ATLAS", what, None).await.unwrap();
        let text = leaving.whole(&was.app.db).await.unwrap();
        intakes.push(intake(&at_home(Sheet::read(&text)).text()));
    }
    let whole = Intake::merged(intakes);
    let outcome =
        import::import(&is.app, &stamp(&is), &whole, None, false).await.unwrap_or_else(|e| panic!("{e:#?}"));
    assert!(!outcome.notes.iter().any(|note| note.contains("left out")), "{:?}", outcome.notes);
    assert!(
        !import::import(&is.app, &stamp(&is), &whole, None, false).await.unwrap().wrote(),
        "a second time"
    );

    let api = "/api/v1/programs/ATLAS";
    let all = async |user: &TestUser| -> Vec<Value> {
        let listed = user.get(&format!("{api}/reports?state=published&limit=100")).await.is(200).json();
        listed["items"].as_array().unwrap().clone()
    };
    let (published, back) = (all(&was.admin).await, all(&is.admin).await);
    assert!(published.len() > 1, "the demonstration has published reports");
    assert_eq!(published.len(), back.len());
    for report in &published {
        let number = report["number"].as_i64().unwrap();
        let one = async |user: &TestUser| {
            let report = user.get(&format!("{api}/reports/{number}")).await.is(200).json();
            let names = [
                "computed",
                "declared",
                "reasons",
                "narrative",
                "headline",
                "frozen",
                "written",
                "published_on",
                "rules_version",
                "period_from",
                "period_to",
                "decisions_needed",
                "next_steps",
                "title",
                "effective_on",
            ];
            let revises = ("revises", report["revises"]["ref"].clone());
            names.map(|name| (name, report[name].clone())).into_iter().chain([revises]).collect::<Vec<_>>()
        };
        for (was, is) in one(&was.admin).await.into_iter().zip(one(&is.admin).await) {
            assert_eq!(was, is, "report {number}");
        }
        let page = async |user: &TestUser| {
            user.page(&format!("/programs/ATLAS/reports/{number}")).await.is(200).text
        };
        let (before, after) = (page(&was.admin).await, page(&is.admin).await);
        let body = |page: &str| between(page, "<article class=\"reported\">", "</article>").to_owned();
        assert_eq!(body(&before), body(&after), "with the difference to the one before");
        let brought = "Brought by an import on 22 Nov 2026, with the numbers of its file.";
        assert!(!before.contains("Brought by an import") && after.contains(brought), "{after}");
    }
    let shown = async |user: &TestUser| {
        let made = user.post(&format!("{api}/reports/1/shares"), json!({})).await.is(201).json();
        let address = made["url"].as_str().unwrap().to_owned();
        let path = address[address.find("/shared/").unwrap()..].to_owned();
        user.page(&path).await.is(200).text
    };
    assert!(!shown(&was.admin).await.contains("Brought by an import"));
    assert!(shown(&is.admin).await.contains("Brought by an import on 22 Nov 2026"), "behind a link too");
    let record = async |user: &TestUser| -> Vec<Value> {
        let gaps = user.get(&format!("{api}/reports/record")).await.is(200).json()["items"].clone();
        let gap = |gap: &Value| {
            json!([
                gap["dimension"],
                gap["from"],
                gap["until"],
                gap["days"],
                gap["declared"],
                gap["computed"],
                gap["reports"],
                gap["reason"]
            ])
        };
        gaps.as_array().unwrap().iter().map(gap).collect()
    };
    let gaps = record(&was.admin).await;
    assert!(!gaps.is_empty(), "the demonstration has a gap");
    assert_eq!(gaps, record(&is.admin).await);
    let metric = async |user: &TestUser| {
        let metric = user.get(&format!("{api}/metrics/greenwash_gap")).await.is(200).json();
        (metric["value"].clone(), metric["series"].clone())
    };
    assert_eq!(metric(&was.admin).await, metric(&is.admin).await);
    // A draft that is published here says nothing of an import.
    let draft = json!({"period_from": "2026-11-15", "period_to": "2026-11-22"});
    let made = is.admin.post(&format!("{api}/reports"), draft).await.is(201).json();
    let number = made["number"].as_i64().unwrap();
    is.admin.post(&format!("{api}/reports/{number}/transitions"), json!({"to": "published"})).await.is(200);
    let page = is.admin.page(&format!("/programs/ATLAS/reports/{number}")).await.is(200).text;
    assert!(!page.contains("Brought by an import"), "{page}");
}

#[tokio::test]
async fn what_a_report_froze_is_whole_and_its_own_or_refused() {
    let house = House::told().await;
    let fresh = House::empty().await;
    let program = house.export("program", None).await;
    let mut items = house.sheet("reports").await;
    let first = items.rows.iter().find(|row| row["state"] == "published").unwrap()["ref"].clone();
    items.rows.retain(|row| row["ref"] == first);
    let mut frozen = house.sheet("frozen_reports").await;
    frozen.rows.retain(|row| row["report"] == first);
    let document: Value =
        serde_json::from_str(&frozen.rows.iter().map(|row| row["document"].as_str()).collect::<String>())
            .unwrap();
    // In two parts at least, so that one of them can be missing.
    let whole = document.to_string();
    let cut = whole[..whole.floor_char_boundary(whole.len() / 2)].rfind('{').unwrap();
    let row = |part: &str, text: &str| {
        [("report", first.as_str()), ("part", part), ("document", text)]
            .map(|(a, b)| (a.to_owned(), b.to_owned()))
            .into()
    };
    frozen.rows = vec![row("0", &whole[..cut]), row("1", &whole[cut..])];
    fresh.take(vec![intake(&program), intake(&house.export("projects", None).await)]).await.unwrap();
    let edited = |change: &dyn Fn(&mut Value)| {
        let mut document = document.clone();
        change(&mut document);
        Sheet { rows: vec![row("0", &document.to_string())], ..frozen.clone() }
    };
    let with = |rows: Vec<_>| Sheet { rows, ..frozen.clone() };
    let [one, two] = [frozen.rows[0].clone(), frozen.rows[1].clone()];
    for (sheet, why) in [
        (with(vec![two.clone()]), format!("part: Part 0 of {first} is missing.")),
        (with(vec![one.clone()]), "document: It is no JSON: ".into()),
        (
            with(vec![one.clone(), two.clone(), two.clone()]),
            format!("part: Part 1 of {first} stands here twice."),
        ),
        (with(vec![row("0", "all is well")]), "document: It is no JSON: ".into()),
        (with(vec![row("first", &whole)]), "part: Parts are numbered from 0.".into()),
        (edited(&|d| d["frozen"]["health"] = json!(3)), "document: It is no document of a report: ".into()),
        (edited(&|d| d["frozen"]["moon"] = json!("full")), "document: A report freezes no “moon”.".into()),
        (edited(&|d| d["frozen"]["program"] = json!("OTHER")), "It is of the program OTHER.".into()),
        (
            edited(&|d| d["frozen"]["headline"] = json!("Fine")),
            "Its “headline” is another than the report’s.".into(),
        ),
        (
            edited(&|d| d["frozen"]["reasons"]["cost"] = json!("It will do")),
            "Its “reasons” is another than the report’s.".into(),
        ),
        (edited(&|d| d["frozen"]["period_to"] = json!("2020-01-01")), "It is of another period.".into()),
        (
            edited(&|d| d["frozen"]["published_on"] = json!("2020-01-01")),
            "It was published before the day that the report says.".into(),
        ),
        (
            edited(&|d| d["frozen"]["declared"] = json!({"schedule": "grey"})),
            "It declares other colours than the report.".into(),
        ),
        (
            edited(&|d| d["frozen"]["health"]["dimensions"] = json!([])),
            "It says other computed colours than the report.".into(),
        ),
        (
            edited(&|d| d["frozen"]["published_on"] = json!("2031-01-01")),
            "a day that has not come yet.".into(),
        ),
    ] {
        let refused = fresh.refuses(&[items.text(), sheet.text()]).await;
        assert!(refused.len() == 1 && refused[0].1.contains(&why), "{why}: {refused:?}");
        let line: u64 = refused[0].0.strip_prefix("table.csv:").unwrap().parse().unwrap();
        assert!(line >= 2, "{refused:?}");
    }
    let mut undated = items.clone();
    undated.rows[0].insert("published_on".into(), String::new());
    let refused = fresh.refuses(&[undated.text(), frozen.text()]).await;
    assert!(refused[0].1.starts_with("published_on: A published report says when"), "{refused:?}");
    let refused = fresh.refuses(&[frozen.text()]).await;
    assert!(refused[0].1.contains("isn’t in this program, and no table of items brings it"), "{refused:?}");
    // Without what it froze it is left out; with it, in whatever parts, it comes.
    let outcome = fresh.take(vec![intake(&items.text())]).await.unwrap();
    assert!(
        !outcome.wrote() && outcome.notes[0].contains("is not among the files: it is left out"),
        "{outcome:?}"
    );
    let outcome = fresh.take(vec![intake(&items.text()), intake(&frozen.text())]).await.unwrap();
    assert_eq!((outcome.made.get("reports"), outcome.made.get("documents of reports")), (Some(&1), Some(&2)));
    let again = fresh.take(vec![intake(&items.text()), intake(&frozen.text())]).await.unwrap();
    assert!(!again.wrote() && again.skipped == 3, "{again:?}");
    // What stands is never changed.
    let refused = fresh.refused(&edited(&|d| d["frozen"]["next_steps"] = json!("Celebrate"))).await;
    assert!(refused[0].1.contains("It is published, and stands as it was published"), "{refused:?}");
}

#[tokio::test]
async fn what_was_archived_comes_back_archived() {
    let house = House::told().await;
    let archived = house.sheet("archived").await;
    assert_eq!(archived.rows.len(), 4);
    assert!(archived.rows.iter().all(|row| row["archived_on"] == "2026-11-20"));
    let live = house.sheet("items").await;
    assert!(!live.rows.iter().any(|row| archived.rows.iter().any(|other| other["ref"] == row["ref"])));
    assert_eq!(archived.names[..archived.names.len() - 1], live.names);
    assert_eq!(house.sheet("archived").await, archived);
    assert_eq!(
        house.export("archived", Some("2026-11-19")).await.lines().count(),
        1,
        "as of a day before none was"
    );
    let outcome = house.import(&archived.text()).await.unwrap();
    assert!(!outcome.wrote() && outcome.skipped == 4, "{outcome:?}");
    for (name, value, why) in [
        ("title", "Another", "It is archived: restore it first."),
        ("archived_on", "2026-11-19", "archived_on: It follows from what happens to the item"),
        ("archived_on", "", "archived_on: It follows from what happens to the item"),
    ] {
        let mut edited = archived.clone();
        edited.rows[1].insert(name.into(), value.into());
        let refused = house.refused(&edited).await;
        assert!(refused[0].1.contains(why), "{name}: {refused:?}");
        assert_eq!(refused[0].0, "table.csv:3");
    }
    let fresh = House::empty().await;
    let beside = ["program", "projects", "items", "archived", "frozen_reports"];
    let mut texts = Vec::new();
    for what in beside {
        texts.push(house.export(what, None).await);
    }
    let day = |value: &str| {
        let mut edited = archived.clone();
        edited.rows[0].insert("archived_on".into(), value.into());
        edited.text()
    };
    fresh.take(vec![intake(&texts[0]), intake(&texts[1])]).await.unwrap();
    for (value, why) in [("2031-01-01", "That day has not come yet."), ("soon", "“soon” is not a date")] {
        let refused = fresh.refuses(&[texts[2].clone(), day(value)]).await;
        assert!(
            refused.iter().any(|(_, told)| told.starts_with("archived_on: ") && told.contains(why)),
            "{refused:?}"
        );
    }
    fresh.take(texts.iter().map(|text| intake(text)).collect()).await.unwrap();
    assert_eq!(fresh.sheet("archived").await.without(&["version"]), archived.without(&["version"]));
    assert_eq!(fresh.number("select count(*) from event where name = 'archived'").await, 4);
    assert!(!fresh.take(texts.iter().map(|text| intake(text)).collect()).await.unwrap().wrote());
}

#[tokio::test]
async fn the_program_itself_is_changed_by_its_row() {
    let house = House::told().await;
    let was = house.sheet("program").await;
    assert_eq!(was.rows.len(), 1);
    assert_eq!(
        (was.rows[0]["working_week"].as_str(), was.rows[0]["holidays"].as_str()),
        ("mon, tue, wed, thu", "2026-12-25, 2026-12-26")
    );
    assert!(was.rows[0]["sponsor"].contains('@'), "people stand by their e-mail addresses");
    let with = |cells: &[(&str, &str)]| {
        let mut sheet = was.clone();
        sheet.rows[0].extend(cells.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        sheet
    };
    for (cells, why) in [
        ([("key", "OTHER"), ("name", "Other")], "key: This is the table of OTHER, and not of ATLAS."),
        ([("name", ""), ("currency", "EUR")], "name: “Name” is needed."),
        ([("currency", "euro"), ("name", "Atlas")], "currency: At most 3 characters"),
        ([("time_zone", "Mars/Base"), ("name", "Atlas")], "time_zone: Give a time zone"),
        (
            [("sponsor", "nobody@example.net"), ("name", "Atlas")],
            "sponsor: There is no person “nobody@example.net”.",
        ),
        ([("targets", "{\"moon\": 1}"), ("name", "Atlas")], "targets: There is no “moon” here."),
        ([("ends_on", "1999-01-01"), ("starts_on", "2026-01-01")], "ends_on: It ends before it starts."),
        ([("version", "1"), ("name", "Late")], "version: Somebody changed it since this table was made"),
        (
            [("effective_on", "2026-01-01"), ("name", "Early")],
            "effective_on: It is not changed by an import.",
        ),
        (
            [("state", "closed"), ("closing_review", "")],
            "closing_review: Closing a program asks for a review",
        ),
    ] {
        let refused = house.refused(&with(&cells)).await;
        assert!(refused.len() == 1 && refused[0].1.starts_with(why), "{cells:?}: {refused:?}");
        assert_eq!(refused[0].0, "table.csv:2");
    }
    let mut twice = was.clone();
    twice.rows.push(was.rows[0].clone());
    assert_eq!(house.refused(&twice).await[0].1, "A program has one row.");

    let edited = with(&[
        ("objectives", "One,\n\"two\""),
        ("targets", "{\"freshness\":0.9}"),
        ("holidays", "2026-12-25"),
    ]);
    let outcome = house.import(&edited.text()).await.unwrap();
    assert_eq!((outcome.changed.get("programs"), outcome.made.len()), (Some(&1), 0));
    let is = house.sheet("program").await;
    let differ: Vec<_> = edited.differences(&is).into_iter().map(|(_, name, ..)| name).collect();
    assert_eq!(differ, ["effective_on", "version"]);
    let told: Value = sqlx::query_scalar("select data -> 'fields' from event where name = 'program_edited' order by recorded_at desc, id desc limit 1")
        .fetch_one(&house.database.pool)
        .await
        .unwrap();
    let mut told: Vec<String> = serde_json::from_value(told).unwrap();
    told.sort();
    assert_eq!(told, ["holidays", "objectives", "targets"]);
    assert!(!house.import(&is.text()).await.unwrap().wrote());
    // Closed with its review, and with the lessons that there are.
    let mut closing = is.clone();
    closing.rows[0].extend(
        [("state", "closed"), ("closing_review", "It came to this.")].map(|(a, b)| (a.into(), b.into())),
    );
    assert_eq!(house.import(&closing.text()).await.unwrap().changed.get("programs"), Some(&1));
}

#[tokio::test]
async fn checklists_are_made_and_changed_by_their_rows() {
    let house = House::told().await;
    let was = house.sheet("checklists").await;
    let of: Vec<_> =
        was.rows.iter().map(|row| (row["checklist"].as_str(), row["position"].as_str())).collect();
    assert_eq!(of, [("A first one", "1"), ("Cut-over", "1"), ("Cut-over", "2")]);
    let mut edited = was.clone();
    edited.rows[2].extend([("criterion", "Told"), ("mandatory", "true")].map(|(a, b)| (a.into(), b.into())));
    for (list, position) in [("Cut-over", "3"), ("Afterwards", "1"), ("Afterwards", "2")] {
        let cells = [
            ("checklist", list),
            ("position", position),
            ("criterion", "Checked"),
            ("area", "legal"),
            ("mandatory", "no"),
            ("effective_on", ""),
        ];
        edited.rows.push(cells.map(|(a, b)| (a.to_owned(), b.to_owned())).into());
    }
    let outcome = house.import(&edited.text()).await.unwrap();
    assert_eq!(
        (outcome.made.get("checklists"), outcome.changed.get("checklists"), outcome.skipped),
        (Some(&3), Some(&1), 2)
    );
    let is = house.sheet("checklists").await;
    let said: Vec<_> = is
        .rows
        .iter()
        .map(|row| ["checklist", "position", "criterion", "area", "mandatory"].map(|name| row[name].as_str()))
        .collect();
    assert_eq!(
        said,
        [
            ["A first one", "1", "Tested", "engineering", "true"],
            ["Afterwards", "1", "Checked", "legal", "false"],
            ["Afterwards", "2", "Checked", "legal", "false"],
            ["Cut-over", "1", "'=Rehearsed, \"twice\"", "data", "true"],
            ["Cut-over", "2", "Told", "support", "true"],
            ["Cut-over", "3", "Checked", "legal", "false"],
        ]
    );
    assert!(!house.import(&is.text()).await.unwrap().wrote());
    let alone = Sheet { rows: is.rows[5..].to_vec(), ..is.clone() };
    assert!(!house.import(&alone.text()).await.unwrap().wrote(), "a row alone takes nothing away");
    for (at, name, value, why) in [
        (0, "position", "9", "position: The checklist has 1 checks before it: give 2."),
        (1, "position", "2", "position: Position 2 of this checklist stands here twice."),
        (4, "area", "kitchen", "area: Give one of: "),
        (4, "criterion", "", "criterion: “Criterion” is needed."),
    ] {
        let mut sheet = is.clone();
        sheet.rows[at].insert(name.into(), value.into());
        let refused = house.refused(&sheet).await;
        assert!(refused.len() == 1 && refused[0].1.starts_with(why), "{name}: {refused:?}");
    }
    let mut stale = was.clone();
    stale.rows[1].insert("criterion".into(), "Rehearsed".into());
    let refused = house.refused(&stale).await;
    assert!(refused[0].1.contains("Somebody changed it since this table was made"), "{refused:?}");
}

#[tokio::test]
async fn a_question_and_a_step_come_only_where_there_are_none() {
    let house = House::told().await;
    let questions = at_home(house.sheet("change_questions").await);
    assert!(
        questions.rows.iter().any(|row| row["agrees"] == "no")
            && questions.rows.iter().any(|row| row["agrees"].is_empty())
    );
    let fresh = House::empty().await;
    let mut whole = all_of(&house).await;
    whole.own_sides.retain(|(table, _)| !["change_questions", "release_steps"].contains(&table.name()));
    fresh.take(vec![whole]).await.unwrap();
    let steps = house.sheet("release_steps").await;
    for (sheet, name, value, why) in [
        (&questions, "change", "ATLAS-R1", "change: ATLAS-R1 is no change request."),
        (&questions, "dependency", "ATLAS-R1", "dependency: ATLAS-R1 is no dependency."),
        (&questions, "asked_on", "2031-01-01", "asked_on: It lies ahead."),
        (&questions, "agrees", "perhaps", "agrees: Give one of: yes, no."),
        (&steps, "done_at", "noon", "done_at: Give a time such as"),
        (&steps, "release", "ATLAS-R1", "release: ATLAS-R1 is no release."),
    ] {
        let mut edited = sheet.clone();
        edited.rows[0].insert(name.into(), value.into());
        let refused = fresh.refused(&edited).await;
        assert!(refused.len() == 1 && refused[0].1.starts_with(why), "{name}: {refused:?}");
    }
    let mut half = questions.clone();
    half.rows.iter_mut().for_each(|row| drop(row.insert("answered_on".into(), String::new())));
    assert!(
        fresh
            .refused(&half)
            .await
            .iter()
            .all(|(_, why)| why.starts_with("answered_on: An answer has its day"))
    );
    for sheet in [&questions, &steps] {
        fresh.import(&sheet.text()).await.unwrap();
        assert!(!fresh.import(&sheet.text()).await.unwrap().wrote(), "a second time");
    }
    assert_eq!(fresh.sheet("change_questions").await, questions);
    assert_eq!(fresh.sheet("release_steps").await, steps);
}

#[tokio::test]
async fn at_the_shell_a_folder_makes_the_program_that_it_is_of() {
    let house = House::told().await;
    let folder = std::env::temp_dir().join(format!("plumbline-{}-whole", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.to_str().unwrap();
    for (name, _) in What::whole() {
        std::fs::write(folder.join(format!("{name}.csv")), at_home(house.sheet(name).await).text()).unwrap();
    }
    let fresh = House::empty().await;
    let (code, out, error) = run(&fresh.database, &["import", "csv", path, "--json"]).await;
    assert_eq!(code, 0, "{error}{out}");
    let report: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((&report["program"], &report["made"]["programs"]), (&json!("ATLAS"), &json!(1)));
    for what in ["program", "archived", "frozen_reports", "ratings", "checklists", "release_steps"] {
        let (was, is) = (house.sheet(what).await, fresh.sheet(what).await);
        assert_eq!(was.without(&["version"]), is.without(&["version"]), "{what}");
    }
    let (code, out, _) = run(&fresh.database, &["import", "csv", path, "--program", "ATLAS", "--json"]).await;
    let report: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, &report["made"], &report["changed"]), (0, &json!({}), &json!({})), "{out}");
    let (code, out, _) = run(&fresh.database, &["import", "csv", path, "--program", "OTHER"]).await;
    assert!(code == 1 && out.contains("key: This is the table of ATLAS, and not of OTHER."), "{out}");
    assert_eq!(fresh.number("select count(*) from program where key = 'OTHER'").await, 0);
    std::fs::remove_dir_all(&folder).unwrap();
}
