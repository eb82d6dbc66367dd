//! The pages of milestones, dependencies and risks, search, my work, and a program's own pages, as a reader sees them.

use crate::support::app::{Answer, TestApp, TestUser};
use reqwest::Method;
use scraper::{Html, Selector};
use serde_json::{Value, json};

/// What stands on a page that matches a selector, each on one line.
fn texts(answer: &Answer, selector: &str) -> Vec<String> {
    let selector = Selector::parse(selector).expect("a selector");
    Html::parse_document(&answer.text)
        .select(&selector)
        .map(|found| {
            found.text().collect::<Vec<_>>().join(" ").split_whitespace().collect::<Vec<_>>().join(" ")
        })
        .collect()
}

fn rows(answer: &Answer) -> Vec<String> {
    texts(answer, "tr[data-row]")
}

/// The line of figures under the heading.
fn line(answer: &Answer) -> String {
    texts(answer, ".head ul.line li").join(", ")
}

async fn raise(user: &TestUser, kinds: &str, body: Value) -> Value {
    user.post(&format!("/api/v1/programs/ATLAS/{kinds}"), body).await.is(201).json()
}

async fn move_forecast(user: &TestUser, number: i64, version: i64, to: &str, on: &str) -> Value {
    let body = json!({"forecast_on": to, "forecast_reason": "later", "effective_on": on});
    user.patch(&format!("/api/v1/programs/ATLAS/milestones/{number}"), version, body).await.is(200).json()
}

/// Three milestones of two releases: one slipped twice, one holds, one is early.
async fn milestones(test: &TestApp) {
    let manager = &test.manager;
    for (title, tag, committed) in [
        ("Freeze", "v1.9", "2026-06-05"),
        ("Docs ready", "v1.10", "2026-07-10"),
        ("Blog out", "v1.10", "2026-07-31"),
    ] {
        let body =
            json!({"title": title, "tags": [tag], "committed_on": committed, "effective_on": "2026-01-12"});
        raise(manager, "milestones", body).await;
    }
    let moved = move_forecast(manager, 2, 1, "2026-07-17", "2026-03-02").await;
    let version = moved["version"].as_i64().expect("a version");
    move_forecast(manager, 2, version, "2026-07-24", "2026-05-04").await;
    move_forecast(manager, 3, 1, "2026-07-30", "2026-04-01").await;
}

#[tokio::test]
async fn milestones_say_what_slipped_and_by_how_much() {
    let test = TestApp::start().await;
    milestones(&test).await;
    let page = test.viewer.page("/programs/ATLAS/milestones").await.is(200);
    assert_eq!(line(&page), "3 to come, 1 of these slipped, worst +10 wd, median 0 wd, 1 early");
    let first = &rows(&page)[0];
    assert!(first.contains("Freeze") && first.contains("25 d late"), "the earliest comes first: {first}");
    let releases = texts(&page, "table.fit tbody tr");
    assert!(
        releases[0].starts_with("v1.9 Freeze 5 Jun 2026")
            && releases[1].starts_with("v1.10 Docs ready 24 Jul 2026 2 2 1 +10 wd"),
        "what is next by release: {releases:?}"
    );
    assert_eq!(texts(&page, ".chart.trend tbody th").len(), 2, "the chart has the two that moved");

    let slipped = test.viewer.page("/programs/ATLAS/milestones?tag=v1.10&state=all&slipped=1").await.is(200);
    assert_eq!(rows(&slipped).len(), 1);
    assert!(rows(&slipped)[0].contains("+10 wd"));
    let words = test.viewer.page("/programs/ATLAS/milestones?q=v1.9").await.is(200);
    assert_eq!(rows(&words).len(), 1, "words are looked for in tags too");
    let due =
        test.viewer.page("/programs/ATLAS/milestones?due_from=2026-07-01&due_to=2026-07-25").await.is(200);
    assert!(rows(&due).len() == 1 && rows(&due)[0].contains("Docs ready"));
    let none = test.viewer.page("/programs/ATLAS/milestones?owner=me").await.is(200);
    assert!(none.text.contains("None of these"));
}

#[tokio::test]
async fn a_past_day_shows_the_slips_of_that_day() {
    let test = TestApp::start().await;
    milestones(&test).await;
    let page =
        async |day: &str| test.manager.page(&format!("/programs/ATLAS/milestones?as_of={day}")).await.is(200);
    assert_eq!(
        line(&page("2026-02-01").await),
        "3 to come, none slipped, worst 0 wd, median 0 wd".replace("worst 0 wd, ", "")
    );
    assert_eq!(line(&page("2026-03-02").await), "3 to come, 1 of these slipped, worst +5 wd, median 0 wd");
    let before = page("2026-01-11").await;
    assert!(before.text.contains("No milestones yet"));
    assert!(!before.text.contains("New milestone"), "nothing can be made in the past");
}

#[tokio::test]
async fn a_baseline_stands_beside_the_original() {
    let test = TestApp::start().await;
    milestones(&test).await;
    let refused = test
        .manager
        .submit(
            "/programs/ATLAS/baselines",
            &[("name", ""), ("reason", "late"), ("items", "ATLAS-M9 2026-08-01")],
        )
        .await
        .is(422);
    assert!(
        refused.text.contains("There is no item “ATLAS-M9”") && refused.text.contains("ATLAS-M9 2026-08-01")
    );
    test.manager
        .submit(
            "/programs/ATLAS/baselines",
            &[("name", "June"), ("reason", "So"), ("items", "ATLAS-M2 2026-07-24")],
        )
        .await
        .is(303);
    test.contributor.submit("/programs/ATLAS/baselines", &[("name", "Mine")]).await.is(403);
    let page = test.viewer.page("/programs/ATLAS/baselines").await.is(200);
    let rows = rows(&page);
    assert_eq!(rows, ["Docs ready ATLAS-M2 10 Jul 2026 24 Jul 2026 24 Jul 2026 +10 wd 0 wd"]);
    assert!(!page.text.contains("Make the baseline"), "a viewer makes none");
}

#[tokio::test]
async fn dependencies_say_who_owes_whom() {
    let test = TestApp::start().await;
    for name in ["Payments", "Ledger"] {
        test.manager.post("/api/v1/teams", json!({"name": name})).await.is(201);
    }
    for (title, provider, consumer, needed, promised) in [
        ("Rates", json!({"team": "Payments"}), json!({"team": "Ledger"}), "2026-06-20", Value::Null),
        (
            "Interface",
            json!({"team": "Payments"}),
            json!({"external": "Taxwise"}),
            "2026-09-01",
            json!("2026-09-11"),
        ),
        ("Accounts", json!({"external": "Taxwise"}), json!({"team": "Ledger"}), "2026-12-01", Value::Null),
    ] {
        let body = json!({
            "title": title, "provider": provider, "consumer": consumer, "needed_by": needed, "promised_by": promised,
            "raised_on": "2026-06-10", "effective_on": "2026-06-10",
        });
        raise(&test.manager, "dependencies", body).await;
    }
    let page = test.viewer.page("/programs/ATLAS/dependencies").await.is(200);
    assert_eq!(
        line(&page),
        "3 open, 1 past needed-by, 3 not agreed by both, 1 promised after needed, mean age 20 days"
    );
    let owing = texts(&page, "table.fit tbody tr");
    assert_eq!(owing, ["Payments 2 1 2 20 d", "Taxwise 1 0 1 20 d"]);
    assert!(rows(&page)[0].contains("Rates") && rows(&page)[0].contains("10 d past"));
    let cells = texts(&page, ".matrix td a");
    assert_eq!(cells.len(), 3, "{cells:?}");
    let only =
        test.viewer.page("/programs/ATLAS/dependencies?provider=team:Payments&overdue=1").await.is(200);
    assert_eq!(rows(&only).len(), 1);
    let agreed = test
        .manager
        .post("/api/v1/programs/ATLAS/dependencies/1/transitions", json!({"to": "agreed", "as": "provider"}))
        .await;
    agreed.is(200);
    let page = test.viewer.page("/programs/ATLAS/dependencies?q=Rates").await.is(200);
    assert!(rows(&page)[0].contains("provider only"));
}

#[tokio::test]
async fn an_unscored_risk_is_counted_and_never_low() {
    let test = TestApp::start().await;
    for (title, score) in [("Fire", Some((4, 5))), ("Rain", Some((1, 2))), ("Fog", None)] {
        let mut body = json!({"title": title, "raised_on": "2026-06-01", "effective_on": "2026-06-01"});
        if let Some((probability, impact)) = score {
            body["probability"] = json!(probability);
            body["impact"] = json!(impact);
        }
        raise(&test.manager, "risks", body).await;
    }
    let page = test.viewer.page("/programs/ATLAS/risks").await.is(200);
    assert_eq!(line(&page), "3 open, 1 high, 1 unscored, exposure 22");
    assert!(page.text.contains("1 open risk is not assessed yet."));
    let rows_of = |page: &Answer| {
        rows(page).iter().map(|row| row.split(' ').next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(rows_of(&page), ["Fire", "Rain", "Fog"], "the worst first, the unscored last");
    let cell = test.viewer.page("/programs/ATLAS/risks?probability=4&impact=5").await.is(200);
    assert_eq!(rows_of(&cell), ["Fire"]);
    let low = test.viewer.page("/programs/ATLAS/risks?level=low").await.is(200);
    assert_eq!(rows_of(&low), ["Rain"]);
    let before = test.viewer.page("/programs/ATLAS/risks?as_of=2026-05-31").await.is(200);
    assert!(before.text.contains("No risks yet"));
}

#[tokio::test]
async fn search_finds_by_word_name_and_reference_and_leaks_nothing() {
    let test = TestApp::start().await;
    raise(
        &test.manager,
        "risks",
        json!({"title": "Ledger freeze slips", "description": "The **auditors** want it"}),
    )
    .await;
    let found = test.viewer.get("/api/v1/search?q=audit%20FREE").await.is(200).json();
    assert_eq!((&found["total"], &found["items"][0]["ref"]), (&json!(1), &json!("ATLAS-R1")));
    let page = test.viewer.page("/search?q=audi").await.is(200);
    assert_eq!(texts(&page, "mark"), ["audi"]);
    let inside = test.viewer.get("/api/v1/search?q=edge").await.is(200).json();
    assert_eq!(inside["total"], 1, "where no word begins so, a title that contains it is found");
    for q in ["ATLAS-R1", "%23atlas-r1"] {
        let led = test.viewer.page(&format!("/search?q={q}")).await.is(303);
        assert_eq!(led.header("location"), "/programs/ATLAS/risks/1");
    }
    let named = test.viewer.get("/api/v1/search?q=atla").await.is(200).json();
    assert_eq!(named["named"][0]["url"], "/programs/ATLAS");
    for q in ["audit", "ATLAS-R1", "atlas", "edge"] {
        let hidden = test.stranger.get(&format!("/api/v1/search?q={q}")).await.is(200).json();
        assert_eq!(
            (&hidden["total"], &hidden["items"], &hidden["named"]),
            (&json!(0), &json!([]), &json!([])),
            "{q}"
        );
        test.stranger.page(&format!("/search?q={q}")).await.is(200);
    }
    for q in ["%27%5C%26%7C%21%3A*%28", "%25_", "a%00b"] {
        test.viewer.page(&format!("/search?q={q}")).await.is(200);
    }
    test.viewer.get("/api/v1/search").await.refused("q");
}

#[tokio::test]
async fn my_work_is_all_that_waits_for_the_reader() {
    let test = TestApp::start().await;
    let owner = test.contributor.email.clone();
    for (title, due) in [
        ("Late", json!("2026-06-20")),
        ("Soon", json!("2026-07-10")),
        ("Far", json!("2026-09-01")),
        ("Some day", Value::Null),
    ] {
        raise(
            &test.manager,
            "actions",
            json!({"title": title, "owner": owner, "due_on": due, "effective_on": "2026-06-20"}),
        )
        .await;
    }
    raise(&test.manager, "actions", json!({"title": "Quiet", "owner": owner, "effective_on": "2026-05-01"}))
        .await;
    let team = test.manager.post("/api/v1/teams", json!({"name": "Ledger", "lead": owner})).await;
    team.is(201);
    let body = json!({"title": "Rates", "provider": {"team": "Ledger"}, "consumer": {"external": "Taxwise"}});
    raise(&test.manager, "dependencies", body).await;
    raise(&test.manager, "decisions", json!({"title": "Which"})).await;
    let waiting = json!({"to": "waiting", "escalated_to": owner});
    test.manager.post("/api/v1/programs/ATLAS/decisions/1/transitions", waiting).await.is(200);

    let work = test.contributor.get("/api/v1/me/work").await.is(200).json();
    let groups: Vec<_> = work["items"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|item| {
            (item["group"].as_str().unwrap(), item["why"].as_str().unwrap(), item["title"].as_str().unwrap())
        })
        .collect();
    assert_eq!(
        groups,
        [
            ("waiting", "agree", "Rates"),
            ("waiting", "decide", "Which"),
            ("overdue", "own", "Late"),
            ("next_14_days", "own", "Soon"),
            ("later", "own", "Far"),
            ("no_date", "own", "Some day"),
            ("no_date", "own", "Quiet"),
        ]
    );
    let page = test.contributor.page("/me/work").await.is(200);
    assert_eq!(
        line(&page),
        "2 wait for your answer, 1 overdue, 1 next 14 days, 1 later, 2 no date, 1 without an update for 14 days"
    );
    assert!(page.text.contains("No update for 60 days: update it"), "in the voice of the nudges");
    // What nobody owns is for the manager to put right, and says of which program it is.
    raise(&test.manager, "risks", json!({"title": "Nobody’s"})).await;
    let runs = json!({"manager": test.manager.email});
    test.manager.patch("/api/v1/programs/ATLAS", 1, runs).await.is(200);
    let page = test.manager.page("/me/work").await.is(200);
    assert!(line(&page).contains("to put right"), "{}", line(&page));
    assert!(page.text.contains("<small>Atlas · open · "), "{}", page.text);
    let quiet = test.contributor.page("/me/work?quiet=1").await.is(200);
    assert!(quiet.text.contains("Quiet") && !quiet.text.contains("Some day"));
    let nothing = test.stranger.page("/me/work").await.is(200);
    assert!(nothing.text.contains("Nothing waits for you"));
    let agreed = json!({"to": "agreed", "as": "provider"});
    test.contributor.post("/api/v1/programs/ATLAS/dependencies/1/transitions", agreed).await.is(200);
    let work = test.contributor.get("/api/v1/me/work").await.is(200).json();
    assert_eq!(work["total"], 6, "what was agreed waits no longer");
}

#[tokio::test]
async fn a_program_is_made_and_changed_with_nothing_typed_lost() {
    let test = TestApp::start().await;
    let refused = test
        .viewer
        .submit(
            "/programs",
            &[("key", "NEW"), ("name", ""), ("objectives", "One ledger"), ("targets[freshness]", "much")],
        )
        .await
        .is(422);
    assert!(refused.text.contains("One ledger") && refused.text.contains("value=\"much\""));
    assert!(refused.text.contains("“Name” is needed."));
    let made = test
        .viewer
        .submit("/programs", &[("key", "new"), ("name", "New"), ("targets[freshness]", "0.75")])
        .await
        .is(303);
    assert_eq!(made.header("location"), "/programs/NEW/charter?done=made");
    let charter = test.viewer.page("/programs/NEW/charter").await.is(200);
    assert!(
        charter.text.contains("<b>75\u{a0}%</b>") && charter.text.contains("default"),
        "targets with their defaults"
    );
    test.stranger.page("/programs/NEW/charter").await.is(404);

    let edit = |version: &'static str, name: &'static str| {
        test.viewer.web(Method::POST, "/programs/NEW/edit").form(&[("version", version), ("name", name)])
    };
    Answer::of(edit("1", "First")).await.is(303);
    let stale = Answer::of(edit("1", "Second")).await.is(409);
    assert!(stale.text.contains("It says “First” now.") && stale.text.contains("value=\"Second\""));
    Answer::of(edit("2", "Second")).await.is(303);
    test.viewer.page("/programs/ATLAS/edit").await.is(403);
}

#[tokio::test]
async fn projects_are_made_changed_and_archived() {
    let test = TestApp::start().await;
    let all = "/programs/ATLAS/projects";
    let refused = test.manager.submit(all, &[("key", "a b"), ("name", "Ledger")]).await.is(422);
    assert!(refused.text.contains("value=\"a b\""));
    test.manager
        .submit(all, &[("key", "GL"), ("name", "Ledger"), ("lead", &test.contributor.email)])
        .await
        .is(303);
    let edit = format!("{all}/GL/edit");
    test.manager.submit(&edit, &[("version", "1"), ("name", "General ledger")]).await.is(303);
    test.manager.submit(&edit, &[("version", "1"), ("name", "Other")]).await.is(409);
    test.contributor.page(&edit).await.is(403);
    let page = test.viewer.page(all).await.is(200);
    assert!(
        rows(&page)[0].starts_with("General ledger GL No data for General ledger active Contributor"),
        "{:?}",
        rows(&page)
    );
    test.manager.submit(&format!("{all}/GL/archive"), &[]).await.is(303);
    assert!(test.viewer.page(all).await.is(200).text.contains("No projects yet"));
}

#[tokio::test]
async fn search_as_of_a_past_day_names_only_what_was_there() {
    let test = TestApp::start().await;
    let project = serde_json::json!({"key": "LED", "name": "Ledger"});
    test.manager.post("/api/v1/programs/ATLAS/projects", project).await.is(201);
    let named = async |query: &str| {
        let found = test.manager.get(&format!("/api/v1/search?q=ledger{query}")).await.is(200).json();
        found["named"].as_array().unwrap().len()
    };
    assert_eq!((named("").await, named("&as_of=2020-01-01").await), (1, 0));
}
