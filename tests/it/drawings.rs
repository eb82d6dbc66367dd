//! The roadmap and the dependency map: which rows in which order, what filters leave, what nobody may learn of programs that they
//! don't see, and that the focus shows all that leads to an item and all that comes of it.

use crate::support::app::{TestApp, TestUser, day};
use crate::support::statements::Statements;
use plumbline::app::Ctx;
use plumbline::app::access;
use plumbline::app::dependency_map;
use plumbline::app::roadmap::{self, Asked};
use serde_json::{Value, json};
use std::collections::BTreeSet;

async fn raise(user: &TestUser, program: &str, kinds: &str, body: Value) -> String {
    let made = user.post(&format!("/api/v1/programs/{program}/{kinds}"), body).await.is(201).json();
    made["ref"].as_str().unwrap().to_owned()
}

async fn link(user: &TestUser, from: &str, to: &str) {
    let program = to.split('-').next().unwrap();
    let body = json!({"predecessor": from, "successor": to});
    user.post(&format!("/api/v1/programs/{program}/links"), body).await.is(201);
}

/// Two projects, a summary of two parts that follow each other, what follows them, and two milestones that nothing leads to.
/// Monday to Friday, from Tuesday 30 June on.
async fn planned() -> TestApp {
    let test = TestApp::start().await;
    let manager = &test.manager;
    for (key, name) in [("BET", "Beta"), ("ALP", "Alpha")] {
        manager.post("/api/v1/programs/ATLAS/projects", json!({"key": key, "name": name})).await.is(201);
    }
    for body in [
        json!({"title": "Build", "project": "ALP", "likely_days": 1}),
        json!({"title": "Code", "project": "ALP", "likely_days": 5, "parent": "ATLAS-T1", "tags": ["v2"]}),
        json!({"title": "Test", "project": "ALP", "likely_days": 3, "parent": "ATLAS-T1"}),
        json!({"title": "Ship", "project": "BET", "likely_days": 2}),
    ] {
        raise(manager, "ATLAS", "activities", body).await;
    }
    for body in [
        json!({"title": "Freeze", "project": "ALP", "committed_on": "2026-07-08", "effective_on": "2026-06-01"}),
        json!({"title": "Party", "committed_on": "2026-07-01", "effective_on": "2026-06-20"}),
    ] {
        raise(manager, "ATLAS", "milestones", body).await;
    }
    link(manager, "ATLAS-T2", "ATLAS-T3").await;
    link(manager, "ATLAS-T3", "ATLAS-T4").await;
    test
}

/// The titles of the rows, from top to bottom.
async fn rows(user: &TestUser, query: &str) -> Vec<String> {
    let html = user.page(&format!("/programs/ATLAS/roadmap{query}")).await.is(200).text;
    let titles = html.split("class=\"what\" title=\"").skip(1);
    titles.map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn rows_stand_by_project_and_date_with_parts_below_their_summary() {
    let test = planned().await;
    assert_eq!(
        rows(&test.viewer, "").await,
        ["Alpha", "Build", "Code", "Test", "Freeze", "Beta", "Ship", "No project", "Party"]
    );
    let html = test.viewer.page("/programs/ATLAS/roadmap").await.is(200).text;
    for words in [
        "Activity ATLAS-T2 Code: 30 Jun 2026 to 6 Jul 2026, critical, float 0 working days",
        "Activity ATLAS-T3 Test: 7 Jul 2026 to 9 Jul 2026, critical, float 0 working days; after ATLAS-T2 FS",
        "Summary ATLAS-T1 Build: 30 Jun 2026 to 9 Jul 2026",
        "Activity ATLAS-T4 Ship: 10 Jul 2026 to 13 Jul 2026",
        "Milestone ATLAS-M1 Freeze: forecast 8 Jul 2026, committed 8 Jul 2026<",
        "href=\"/programs/ATLAS/activities/4\"",
        "6 of 6 items",
        "1–6 of 6",
    ] {
        assert!(html.contains(words), "{words}: {html}");
    }
}

#[tokio::test]
async fn filters_of_the_address_leave_what_they_say() {
    let test = planned().await;
    for (query, expected) in [
        ("?project=BET", vec!["Beta", "Ship"]),
        ("?kind=milestone", vec!["Alpha", "Freeze", "No project", "Party"]),
        ("?q=test", vec!["Alpha", "Build", "Test"]),
        ("?q=v2", vec!["Alpha", "Build", "Code"]),
        ("?q=ATLAS-T4", vec!["Beta", "Ship"]),
        ("?tag=v2", vec!["Alpha", "Build", "Code"]),
        ("?critical=1", vec!["Alpha", "Build", "Code", "Test", "Beta", "Ship"]),
        ("?from=2026-07-10", vec!["Beta", "Ship"]),
        ("?to=2026-07-01", vec!["Alpha", "Build", "Code", "No project", "Party"]),
        ("?state=closed", vec![]),
        ("?owner=me", vec![]),
        ("?project=none&zoom=week&links=off", vec!["No project", "Party"]),
    ] {
        assert_eq!(rows(&test.viewer, query).await, expected, "{query}");
    }
    let html = test.viewer.page("/programs/ATLAS/roadmap?q=test").await.is(200).text;
    assert!(html.contains("1 of 6 items"), "a summary that only stands for its part is not counted");
    let lines = async |query: &str| {
        let html = test.viewer.page(&format!("/programs/ATLAS/roadmap{query}")).await.is(200).text;
        html.matches("class=\"link").count()
    };
    assert!(lines("").await > 0);
    assert_eq!(lines("?links=off").await, 0, "links are drawn unless they are turned off");
}

#[tokio::test]
async fn the_slip_is_told_from_the_first_commitment_and_the_one_in_force_is_shown() {
    let test = planned().await;
    let moved = json!({"name": "Second", "reason": "Later", "items": [{"ref": "ATLAS-M1", "committed_on": "2026-07-09"}]});
    test.manager.post("/api/v1/programs/ATLAS/baselines", moved).await.is(201);
    let html = test.viewer.page("/programs/ATLAS/roadmap").await.is(200).text;
    assert!(
        html.contains("forecast 8 Jul 2026, committed 9 Jul 2026, first 8 Jul 2026")
            || html.contains("forecast 9 Jul 2026, committed 9 Jul 2026, first 8 Jul 2026"),
        "{html}"
    );
    let path = "/api/v1/programs/ATLAS/milestones/1";
    let version = test.manager.get(path).await.is(200).json()["version"].as_i64().unwrap();
    let later = json!({"forecast_on": "2026-07-14", "forecast_reason": "The vendor"});
    test.manager.patch(path, version, later).await.is(200);
    let html = test.viewer.page("/programs/ATLAS/roadmap").await.is(200).text;
    assert!(html.contains("forecast 14 Jul 2026, committed 9 Jul 2026, first 8 Jul 2026"), "{html}");
    assert!(html.contains("+4\u{a0}wd"), "four working days after 8 July: {html}");
}

#[tokio::test]
async fn a_past_day_shows_what_was_planned_then() {
    let test = planned().await;
    assert_eq!(rows(&test.viewer, "?as_of=2026-06-10").await, ["Freeze"], "one group needs no heading");
    assert_eq!(rows(&test.viewer, "?as_of=2026-06-25").await, ["Alpha", "Freeze", "No project", "Party"]);
    let then = test.manager.page("/programs/ATLAS/roadmap?as_of=2026-02-01").await.is(200).text;
    assert!(then.contains("Nothing is planned yet") && !then.contains("/milestones/new"), "{then}");
    let past = test.viewer.page("/programs/ATLAS/roadmap?as_of=2026-06-25").await.is(200).text;
    assert!(past.contains("/programs/ATLAS/milestones/1?as_of=2026-06-25"), "links stay on the day");
}

#[tokio::test]
async fn what_a_reader_may_not_see_is_counted_and_not_named() {
    let test = planned().await;
    let manager = &test.manager;
    manager.post("/api/v1/programs", json!({"key": "OTHER", "name": "Secret undertaking"})).await.is(201);
    raise(manager, "OTHER", "activities", json!({"title": "Hush", "likely_days": 4})).await;
    raise(manager, "OTHER", "activities", json!({"title": "Farther", "likely_days": 4})).await;
    raise(manager, "OTHER", "milestones", json!({"title": "Whisper", "committed_on": "2026-07-02"})).await;
    link(manager, "OTHER-T1", "ATLAS-T4").await;
    link(manager, "OTHER-T2", "OTHER-T1").await;
    let given = json!({"title": "Drawings", "provider": {"external": "Us"}, "consumer": {"external": "Them"},
        "needed_by": "2026-07-10", "provider_milestone": "OTHER-M1", "consumer_milestone": "ATLAS-M1"});
    raise(manager, "ATLAS", "dependencies", given).await;

    let seen = rows(manager, "").await;
    assert_eq!(
        seen[9..],
        ["Secret undertaking", "Whisper", "Hush"],
        "linked ones, in a group of their own: {seen:?}"
    );
    assert!(!seen.contains(&"Farther".to_owned()), "what is not linked to this program is its own affair");
    assert_eq!(rows(&test.viewer, "").await.len(), 9);
    for page in [
        "roadmap",
        "roadmap?state=all&q=hush",
        "dependencies",
        "dependencies/map",
        "dependencies/map?focus=ATLAS-T4",
        "dependencies/map?focus=OTHER-T1",
        "dependencies/map?focus=ATLAS-D1&rest=shown&state=all",
        "dependencies/new",
    ] {
        let path = format!("/programs/ATLAS/{page}");
        let who = if page.ends_with("new") { &test.contributor } else { &test.viewer };
        let html = who.page(&path).await.is(200).text;
        // What the reader asked for stands in the address alone.
        let html = html
            .replace("focus=OTHER-T1", "")
            .replace("Focus on OTHER-T1", "")
            .replace("value=\"OTHER-T1\"", "");
        for secret in ["Secret", "Hush", "Whisper", "OTHER-"] {
            assert!(!html.contains(secret), "{path} tells of {secret}: {html}");
        }
    }
    let html = test.viewer.page("/programs/ATLAS/roadmap").await.is(200).text;
    assert!(html.contains("2 linked items in programs that you may not see"), "{html}");
    assert!(html.contains("after ATLAS-T3 FS, another program FS"), "{html}");
    let map = test.viewer.page("/programs/ATLAS/dependencies/map").await.is(200).text;
    assert!(map.contains("Hidden from you"), "{map}");
    let theirs = manager.page("/programs/ATLAS/dependencies/map").await.is(200).text;
    assert!(theirs.contains("Hush") && theirs.contains("OTHER-M1") && !theirs.contains("Hidden from you"));
}

#[tokio::test]
async fn a_dependency_with_milestones_says_when_it_comes_and_what_it_breaks() {
    let test = TestApp::start().await;
    let manager = &test.manager;
    for (title, on) in [("API ready", "2026-08-10"), ("Ledger live", "2026-08-01")] {
        raise(manager, "ATLAS", "milestones", json!({"title": title, "committed_on": on})).await;
    }
    let form = test.contributor.page("/programs/ATLAS/dependencies/new").await.is(200).text;
    assert!(form.contains("<option value=\"ATLAS-M2\">Ledger live</option>"), "{form}");
    assert_eq!(form.matches("list=\"milestones\"").count(), 2);
    assert!(form.contains("Then it is a link of the schedule"));
    let given = json!({"title": "The API", "provider": {"external": "Us"}, "consumer": {"external": "Them"},
        "needed_by": "2026-08-20", "provider_milestone": "ATLAS-M1", "consumer_milestone": "ATLAS-M2"});
    raise(&test.contributor, "ATLAS", "dependencies", given).await;
    let list = test.viewer.page("/programs/ATLAS/dependencies").await.is(200).text;
    for words in [
        "title=\"API ready\">ATLAS-M1</a> <span class=\"nowrap\">10 Aug 2026</span>",
        "title=\"Ledger live\">ATLAS-M2</a> <span class=\"nowrap\">1 Aug 2026</span>",
        "■ breaks it by 9 d",
        "computed 10 Aug 2026",
        "/programs/ATLAS/dependencies/map?focus=ATLAS-D1",
    ] {
        assert!(list.contains(words), "{words}: {list}");
    }
    let map = test.viewer.page("/programs/ATLAS/dependencies/map?breached=1").await.is(200).text;
    for words in [
        "1 dependency",
        "■ 9 days after ATLAS-M2 is due",
        "<span class=\"muted\">computed</span> 10 Aug 2026",
        "20 Aug 2026",
    ] {
        assert!(map.contains(words), "{words}: {map}");
    }
    assert!(
        test.viewer
            .page("/programs/ATLAS/dependencies/map?older=1")
            .await
            .is(200)
            .text
            .contains("None of these")
    );
    let item = test.viewer.page("/programs/ATLAS/milestones/2").await.is(200).text;
    assert!(item.contains("/programs/ATLAS/dependencies/map?focus=ATLAS-M2"), "{item}");
}

/// Milestones and activities in two projects, with links and dependencies from earlier ones to later ones.
async fn tangled(seed: u64) -> (TestApp, Vec<String>, Vec<(String, String)>, Vec<(String, String, String)>) {
    let test = TestApp::start().await;
    let manager = &test.manager;
    let mut state = seed;
    let mut next = move |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % below
    };
    for key in ["ONE", "TWO"] {
        manager.post("/api/v1/programs/ATLAS/projects", json!({"key": key, "name": key})).await.is(201);
    }
    let mut items = Vec::new();
    for number in 0..16 {
        let project = ["ONE", "TWO"][next(2)];
        let title = format!("Node {number}");
        items.push(if number % 2 == 0 {
            raise(manager, "ATLAS", "milestones", json!({"title": title, "project": project})).await
        } else {
            raise(
                manager,
                "ATLAS",
                "activities",
                json!({"title": title, "project": project, "likely_days": 1}),
            )
            .await
        });
    }
    let mut links = Vec::new();
    while links.len() < 12 {
        let (a, b) = (next(16), next(16));
        let pair = (items[a.min(b)].clone(), items[a.max(b)].clone());
        if a != b && !links.contains(&pair) {
            link(manager, &pair.0, &pair.1).await;
            links.push(pair);
        }
    }
    let mut given = Vec::new();
    while given.len() < 4 {
        let (a, b) = (next(8) * 2, next(8) * 2);
        if a == b {
            continue;
        }
        let (from, to) = (items[a.min(b)].clone(), items[a.max(b)].clone());
        let body = json!({"title": "Something", "provider": {"external": "Us"}, "consumer": {"external": "Them"},
            "provider_milestone": from, "consumer_milestone": to});
        given.push((raise(manager, "ATLAS", "dependencies", body).await, from, to));
    }
    (test, items, links, given)
}

/// All that is reached from `start` by pairs, again and again over all of them until nothing more comes.
fn reached(start: &str, pairs: &[(String, String)]) -> BTreeSet<String> {
    let mut found = BTreeSet::from([start.to_owned()]);
    loop {
        let more: Vec<String> = pairs
            .iter()
            .filter(|(from, to)| found.contains(from) && !found.contains(to))
            .map(|(_, to)| to.clone())
            .collect();
        if more.is_empty() {
            return found;
        }
        found.extend(more);
    }
}

#[tokio::test]
async fn the_focus_shows_all_that_leads_to_an_item_and_all_that_comes_of_it() {
    for seed in [3, 8] {
        let (test, items, links, given) = tangled(seed).await;
        let mut pairs = links.clone();
        for (dependency, from, to) in &given {
            pairs.push((from.clone(), dependency.clone()));
            pairs.push((dependency.clone(), to.clone()));
        }
        let turned: Vec<_> = pairs.iter().map(|(from, to)| (to.clone(), from.clone())).collect();
        let mut most = 0;
        for focus in items.iter().chain(given.iter().map(|(dependency, ..)| dependency)) {
            let mut expected = reached(focus, &pairs);
            expected.extend(reached(focus, &turned));
            expected.retain(|reference| !reference.contains("-D"));
            if expected.len() == 1 {
                // What hangs on nothing is on no map.
                expected.clear();
            }
            let html = test
                .viewer
                .page(&format!("/programs/ATLAS/dependencies/map?focus={focus}"))
                .await
                .is(200)
                .text;
            let nodes = html.split("<g class=\"node ").skip(1).map(|rest| rest.split("</g>").next().unwrap());
            let shown: BTreeSet<String> = nodes
                .map(|node| {
                    let from = node.find("ATLAS-").unwrap();
                    node[from..].split(' ').next().unwrap().to_owned()
                })
                .collect();
            assert_eq!(shown, expected, "seed {seed}, focus on {focus}");
            most = most.max(shown.len());
        }
        assert!(most > 4, "something hangs together");
    }
}

#[tokio::test]
async fn a_roadmap_asks_a_handful_of_questions_and_a_second_one_only_who_enters() {
    let test = planned().await;
    let asked = Statements::listen();
    let ctx = test.manager.ctx(&test.clock);
    let roadmap = async |as_of: Option<&str>| {
        let ctx = Ctx { as_of: as_of.map(day), ..ctx.clone() };
        asked.taken();
        let entered = access::enter(&test.app, &ctx, "ATLAS").await.unwrap();
        let found = roadmap::show(&test.app, &ctx, &entered, &Asked::default()).await.unwrap();
        (found.all, asked.taken())
    };
    // A new connection asks for its types first, so the fewest of several days that nobody has seen yet.
    let mut cold = Vec::new();
    for past in ["2026-06-21", "2026-06-22", "2026-06-23", "2026-06-24", "2026-06-25", "2026-06-26"] {
        cold.push(roadmap(Some(past)).await.1);
    }
    let cold = cold.into_iter().min().unwrap();
    assert!((2..=8).contains(&cold), "enter, the plan and whose things they are: {cold}");
    assert_eq!(roadmap(None).await.0, 6);
    assert_eq!(roadmap(None).await, (6, 1), "nothing was written: only the door is asked");
    let entered = access::enter(&test.app, &ctx, "ATLAS").await.unwrap();
    asked.taken();
    let map =
        dependency_map::show(&test.app, &ctx, &entered, &dependency_map::Asked::default()).await.unwrap();
    assert_eq!((asked.taken(), map.nodes.len()), (1, 2), "the dependencies; the link between the projects");
    assert_eq!(entered.day(), day("2026-06-30"));
}
