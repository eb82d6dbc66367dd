//! The schedule of a program, through the API and on its pages. Dates and floats are worked out by hand from a calendar: the
//! tests are on Tuesday 30 June 2026, and the program works Monday to Friday.

use crate::support::app::{TestApp, TestUser};
use serde_json::{Value, json};

const SCHEDULE: &str = "/api/v1/programs/ATLAS/schedule";

pub async fn raise(user: &TestUser, path: &str, body: Value) -> Value {
    let mut whole = json!({"raised_on": "2026-06-01"});
    whole.as_object_mut().unwrap().extend(body.as_object().cloned().unwrap());
    user.post(&format!("/api/v1/programs/{path}"), whole).await.is(201).json()
}

pub async fn link(user: &TestUser, predecessor: &str, successor: &str, lag: i32) -> Value {
    let program = successor.split('-').next().unwrap();
    let body = json!({"predecessor": predecessor, "successor": successor, "lag_days": lag, "effective_on": "2026-06-01"});
    user.post(&format!("/api/v1/programs/{program}/links"), body).await.is(201).json()
}

/// T1 (5 days) → T2 (3 days) → M1 (stated 3 July, committed 2 July) → 2 days → M2; T3 (2 days) → M1; T4 (4 days) alone, with a
/// deadline on 1 July.
pub async fn network() -> TestApp {
    let test = TestApp::start().await;
    let manager = &test.manager;
    for (title, days) in [("Design", 5), ("Build", 3), ("Write", 2)] {
        raise(manager, "ATLAS/activities", json!({"title": title, "likely_days": days})).await;
    }
    let body = json!({"title": "Audit", "likely_days": 4, "deadline_on": "2026-07-01"});
    raise(manager, "ATLAS/activities", body).await;
    let body = json!({"title": "Ready", "committed_on": "2026-07-02", "forecast_on": "2026-07-03"});
    raise(manager, "ATLAS/milestones", body).await;
    raise(manager, "ATLAS/milestones", json!({"title": "Live"})).await;
    for (from, to, lag) in [("T1", "T2", 0), ("T2", "M1", 0), ("T3", "M1", 0), ("M1", "M2", 2)] {
        link(manager, &format!("ATLAS-{from}"), &format!("ATLAS-{to}"), lag).await;
    }
    test
}

fn item<'v>(answer: &'v Value, reference: &str) -> &'v Value {
    let items = answer["items"].as_array().unwrap();
    items
        .iter()
        .find(|item| item["ref"] == reference)
        .unwrap_or_else(|| panic!("{reference} is there: {answer}"))
}

/// Early start and finish, late start and finish, total and free float, and what drives it.
fn dates(answer: &Value, reference: &str) -> (String, f64, f64, Value) {
    let item = item(answer, reference);
    let day = |name: &str| item[name].as_str().unwrap()[5..].to_owned();
    let dates = ["early_start", "early_finish", "late_start", "late_finish"].map(day).join(" ");
    let number = |name: &str| item[name].as_f64().unwrap();
    (dates, number("total_float_days"), number("free_float_days"), item["driving"].clone())
}

#[tokio::test]
async fn dates_floats_and_the_critical_path_are_those_worked_out_by_hand() {
    let test = network().await;
    let answer = test.viewer.get(SCHEDULE).await.is(200).json();
    assert_eq!((&answer["status_date"], &answer["finish"]), (&json!("2026-06-30"), &json!("2026-07-13")));
    // Tue 30 June and four days more, over the weekend of the 4th; then Tue 7 to Thu 9 July.
    assert_eq!(dates(&answer, "ATLAS-T1"), ("06-30 07-06 06-30 07-06".into(), 0.0, 0.0, json!([])));
    assert_eq!(dates(&answer, "ATLAS-T2"), ("07-07 07-09 07-07 07-09".into(), 0.0, 0.0, json!(["ATLAS-T1"])));
    // Done on Wed 1 July, needed on Thu 9 July: 2, 3, 6, 7, 8 and 9 July lie between.
    assert_eq!(dates(&answer, "ATLAS-T3"), ("06-30 07-01 07-08 07-09".into(), 6.0, 6.0, json!([])));
    // 30 June to Fri 3 July, due on Wed 1 July: two working days too late. It holds nobody up.
    let (days, total, ..) = dates(&answer, "ATLAS-T4");
    assert_eq!((days.as_str(), total), ("06-30 07-03 06-26 07-01", -2.0));
    assert_eq!(
        item(&answer, "ATLAS-T4")["negative_float_cause"],
        json!({"ref": "ATLAS-T4", "kind": "deadline", "on": "2026-07-01"})
    );
    assert_eq!(dates(&answer, "ATLAS-M1"), ("07-09 07-09 07-09 07-09".into(), 0.0, 0.0, json!(["ATLAS-T2"])));
    // Two working days after Thursday the 9th are Friday and Monday.
    assert_eq!(dates(&answer, "ATLAS-M2"), ("07-13 07-13 07-13 07-13".into(), 0.0, 0.0, json!(["ATLAS-M1"])));
    assert_eq!(answer["critical_path"], json!(["ATLAS-T1", "ATLAS-T2", "ATLAS-M1", "ATLAS-M2"]));
    let critical: Vec<_> = ["T1", "T2", "T3", "T4", "M1", "M2"]
        .map(|end| item(&answer, &format!("ATLAS-{end}"))["critical"] == true)
        .to_vec();
    assert_eq!(critical, [true, true, false, true, true, true]);
    // Stated Fri 3 July, computed Thu 9 July: 6, 7, 8, 9. Committed a day before that.
    let ready = item(&answer, "ATLAS-M1");
    for (name, value) in [
        ("stated_on", json!("2026-07-03")),
        ("computed_on", json!("2026-07-09")),
        ("committed_on", json!("2026-07-02")),
        ("gap_days", json!(4)),
        ("missed_by_days", json!(5)),
        ("kind", json!("milestone")),
        ("state", json!("planned")),
        ("uid", Value::Null),
    ] {
        assert_eq!(ready[name], value, "{name}");
    }
    assert_eq!((&answer["hidden"], &answer["to"]["ref"]), (&json!(0), &json!("ATLAS-M2")));
}

#[tokio::test]
async fn the_path_leads_to_whatever_is_asked_for() {
    let test = network().await;
    let answer = test.viewer.get(&format!("{SCHEDULE}?to=ATLAS-M1")).await.is(200).json();
    assert_eq!(answer["critical_path"], json!(["ATLAS-T1", "ATLAS-T2", "ATLAS-M1"]));
    assert_eq!(answer["finish"], "2026-07-13", "the program's finish stays what it is");
    assert_eq!(item(&answer, "ATLAS-T3")["float_to_days"], 6.0);
    assert_eq!(item(&answer, "ATLAS-T4")["float_to_days"], Value::Null, "it doesn't lead there");
    let answer = test.viewer.get(&format!("{SCHEDULE}?to=T3")).await.is(200).json();
    assert_eq!(answer["critical_path"], json!(["ATLAS-T3"]));
    for nothing in ["ATLAS-M9", "OTHER-M1", "whatever"] {
        test.viewer.get(&format!("{SCHEDULE}?to={nothing}")).await.refused("to");
    }
}

#[tokio::test]
async fn as_of_a_day_it_is_the_schedule_of_that_day() {
    let test = network().await;
    // Wed 10 June and four days more: Tue 16. Then 17 to 19 June; two days after that Friday: Tue 23.
    let then = test.viewer.get(&format!("{SCHEDULE}?as_of=2026-06-10")).await.is(200).json();
    assert_eq!((&then["status_date"], &then["finish"]), (&json!("2026-06-10"), &json!("2026-06-23")));
    assert_eq!(dates(&then, "ATLAS-T1").0, "06-10 06-16 06-10 06-16");
    assert_eq!(item(&then, "ATLAS-M1")["computed_on"], "2026-06-19");
    let before = test.viewer.get(&format!("{SCHEDULE}?as_of=2026-05-31")).await.is(200).json();
    assert_eq!((&before["items"], &before["critical_path"]), (&json!([]), &json!([])));
}

/// OTHER-T1 takes ten days, and ATLAS-M1 waits for it; only the manager may see it.
async fn with_another() -> TestApp {
    let test = network().await;
    test.manager.post("/api/v1/programs", json!({"key": "OTHER", "name": "Other"})).await.is(201);
    raise(&test.manager, "OTHER/activities", json!({"title": "Secret work", "likely_days": 10})).await;
    raise(&test.manager, "OTHER/activities", json!({"title": "Unrelated", "likely_days": 1})).await;
    link(&test.manager, "OTHER-T1", "ATLAS-M1", 0).await;
    test
}

#[tokio::test]
async fn what_a_reader_may_not_see_is_counted_and_not_named() {
    let test = with_another().await;
    // 30 June to Mon 13 July; then two days: Wed 15 July.
    let all = test.manager.get(SCHEDULE).await.is(200).json();
    assert_eq!(all["critical_path"], json!(["OTHER-T1", "ATLAS-M1", "ATLAS-M2"]));
    assert_eq!((&all["finish"], &all["hidden"]), (&json!("2026-07-15"), &json!(0)));
    assert_eq!(item(&all, "OTHER-T1")["program"], "OTHER");
    let refs: Vec<_> = all["items"].as_array().unwrap().iter().map(|item| item["ref"].clone()).collect();
    assert!(!refs.contains(&json!("OTHER-T2")), "what leads nowhere here isn't listed: {refs:?}");

    let some = test.viewer.get(SCHEDULE).await.is(200);
    assert!(!some.text.contains("OTHER") && !some.text.contains("Secret"), "{}", some.text);
    let some = some.json();
    assert_eq!((&some["hidden"], &some["critical_path_hidden"]), (&json!(1), &json!(1)));
    assert_eq!(some["critical_path"], json!(["ATLAS-M1", "ATLAS-M2"]));
    let ready = item(&some, "ATLAS-M1");
    assert_eq!((&ready["driving"], &ready["driving_hidden"]), (&json!([]), &json!(1)));
    assert_eq!(ready["computed_on"], "2026-07-13", "it takes part all the same");
    test.viewer.get(&format!("{SCHEDULE}?to=OTHER-T1")).await.refused("to");

    let page = test.viewer.page("/programs/ATLAS/schedule").await.is(200).text;
    assert!(!page.contains("OTHER") && !page.contains("Secret work"));
    assert!(page.contains("An item of another program") && page.contains("1 that lead to it"));
    let milestone = test.viewer.page("/programs/ATLAS/milestones/1").await.is(200).text;
    assert!(!milestone.contains("Secret work") && milestone.contains("1 that you may not see"));
    assert!(test.manager.page("/programs/ATLAS/schedule").await.is(200).text.contains("Secret work"));
}

#[tokio::test]
async fn a_page_says_what_drives_a_milestone_and_what_is_next_to_it() {
    let test = network().await;
    let text = |page: String| -> String {
        let page = scraper::Html::parse_document(&page);
        let main = page.select(&scraper::Selector::parse("main").unwrap()).next().unwrap();
        main.text().collect::<Vec<_>>().join(" ").split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let page = text(test.viewer.page("/programs/ATLAS/schedule").await.is(200).text);
    for words in [
        "Critical path to Live",
        "Design ATLAS-T1",
        "ATLAS-M1 FS +2 d",
        "begins the path",
        "6 wd Write ATLAS-T3",
        "ATLAS-M1",
        "Audit ATLAS-T4 3 Jul 2026 −2 wd it has its deadline on 1 Jul 2026",
        "1 with negative float",
        "What can wait longest",
    ] {
        assert!(page.contains(words), "“{words}” in: {page}");
    }
    let page = text(test.viewer.page("/programs/ATLAS/schedule?to=ATLAS-M1").await.is(200).text);
    assert!(
        page.contains("Critical path to Ready") && page.contains("The network says 9 Jul 2026"),
        "{page}"
    );
    assert!(
        page.contains("Stated 3 Jul 2026 network +4 wd") && page.contains("Committed 2 Jul 2026 +5 wd"),
        "{page}"
    );
    let page = text(test.viewer.page("/programs/ATLAS/schedule?to=ATLAS-M9").await.is(200).text);
    assert!(page.contains("“ATLAS-M9” is nothing of this network"), "{page}");
    let then = text(test.viewer.page("/programs/ATLAS/schedule?as_of=2026-06-10").await.is(200).text);
    assert!(then.contains("23 Jun 2026"), "{then}");
}

#[tokio::test]
async fn a_schedule_that_is_empty_says_what_it_is_for_and_offers_the_first_step() {
    let test = TestApp::start().await;
    let page = test.manager.page("/programs/ATLAS/schedule").await.is(200).text;
    assert!(page.contains("No schedule yet") && page.contains("href=\"/programs/ATLAS/activities/new\""));
    let page = test.viewer.page("/programs/ATLAS/schedule").await.is(200).text;
    assert!(
        page.contains("No schedule yet") && !page.contains("activities/new"),
        "a reader has no first step"
    );
    raise(&test.manager, "ATLAS/milestones", json!({"title": "Alone", "forecast_on": "2026-09-01"})).await;
    let page = test.manager.page("/programs/ATLAS/schedule").await.is(200).text;
    assert!(page.contains("Nothing leads to it yet"), "a milestone without links asks to be linked");
    let answer = test.viewer.get(SCHEDULE).await.json();
    assert_eq!(item(&answer, "ATLAS-M1")["early_finish"], "2026-09-01", "it is where its forecast says");
    assert_eq!(
        (&item(&answer, "ATLAS-M1")["computed_on"], &item(&answer, "ATLAS-M1")["gap_days"]),
        (&Value::Null, &Value::Null)
    );
}

#[tokio::test]
async fn a_milestone_whose_work_ends_today_is_today() {
    let test = TestApp::start().await;
    raise(&test.manager, "ATLAS/activities", json!({"title": "Last touches", "likely_days": 1})).await;
    raise(&test.manager, "ATLAS/milestones", json!({"title": "Done", "forecast_on": "2026-06-29"})).await;
    link(&test.manager, "ATLAS-T1", "ATLAS-M1", 0).await;
    let answer = test.viewer.get(SCHEDULE).await.json();
    assert_eq!(dates(&answer, "ATLAS-M1").0, "06-30 06-30 06-30 06-30");
    assert_eq!(item(&answer, "ATLAS-M1")["driving"], json!(["ATLAS-T1"]));
    let done = json!({"to": "done"});
    test.manager.post("/api/v1/programs/ATLAS/activities/1/transitions", done).await.is(200);
    let answer = test.viewer.get(SCHEDULE).await.json();
    assert_eq!(item(&answer, "ATLAS-M1")["computed_on"], "2026-06-30", "what is done holds it up no longer");
    // On a Saturday nobody works: it is reached when work goes on.
    let body = json!({"title": "Odd", "forecast_on": "2026-07-04"});
    raise(&test.manager, "ATLAS/milestones", body).await;
    let answer = test.viewer.get(SCHEDULE).await.json();
    assert_eq!(item(&answer, "ATLAS-M2")["early_finish"], "2026-07-06");
}

#[tokio::test]
async fn milestones_show_what_is_stated_what_is_computed_and_the_gap() {
    let test = network().await;
    let all = "/api/v1/programs/ATLAS/milestones";
    let one = test.viewer.get(&format!("{all}/1")).await.is(200).json();
    assert_eq!(
        (&one["forecast_on"], &one["computed_on"], &one["forecast_gap_days"]),
        (&json!("2026-07-03"), &json!("2026-07-09"), &json!(4))
    );
    let listed = test.viewer.get(all).await.is(200).json();
    assert_eq!(listed["items"][0]["computed_on"], "2026-07-09");
    assert_eq!(listed["items"][1]["forecast_gap_days"], Value::Null, "nothing is stated");
    let then = test.viewer.get(&format!("{all}/1?as_of=2026-06-10")).await.is(200).json();
    assert_eq!((&then["computed_on"], &then["forecast_gap_days"]), (&json!("2026-06-19"), &json!(-10)));

    let page = test.viewer.page("/programs/ATLAS/milestones/1").await.is(200).text;
    assert!(page.contains("9 Jul 2026") && page.contains("4 working days later than stated"), "{page}");
    assert!(page.contains("Driven by") && page.contains("ATLAS-T2"));
    let form = test.manager.page("/programs/ATLAS/milestones/1/edit").await.is(200).text;
    assert!(form.contains("The network says 9 Jul 2026, 4 working days later than stated."));
    let list = test.viewer.page("/programs/ATLAS/milestones").await.is(200).text;
    assert!(list.contains(">Network<") && list.contains("2026-07-09"));
    // Once reached, the network has nothing more to say.
    let reached = json!({"to": "achieved"});
    test.manager.post(&format!("{all}/1/transitions"), reached).await.is(200);
    assert_eq!(test.viewer.get(&format!("{all}/1")).await.json()["computed_on"], Value::Null);
}

#[tokio::test]
async fn activities_and_dependencies_show_their_computed_dates() {
    let test = network().await;
    let page = test.viewer.page("/programs/ATLAS/activities/3").await.is(200).text;
    for words in ["30 Jun 2026", "1 Jul 2026", "8 Jul 2026", "9 Jul 2026", "6\u{a0}wd", "Free float"] {
        assert!(page.contains(words), "{words}");
    }
    let audit = test.viewer.page("/programs/ATLAS/activities/4").await.is(200).text;
    assert!(audit.contains("It has its deadline on 1 Jul 2026"));
    let log = test.viewer.page("/programs/ATLAS/activities").await.is(200).text;
    assert!(log.contains(">Float<") && log.contains("0\u{a0}wd critical") && log.contains("−2\u{a0}wd"));
    // Needed by Tue 7 July, and the provider's milestone is on Thu 9 July.
    let body = json!({"title": "Feed", "provider": {"external": "Us"}, "consumer": {"external": "Them"},
        "needed_by": "2026-07-07", "provider_milestone": "ATLAS-M1"});
    raise(&test.manager, "ATLAS/dependencies", body).await;
    let page = test.viewer.page("/programs/ATLAS/dependencies/1").await.is(200).text;
    assert!(page.contains("The network delivers") && page.contains("9 Jul 2026"), "{page}");
    assert_eq!(page.matches("2 working days later than needed").count(), 1, "said once: {page}");
    assert!(page.contains("No links beside the provider’s milestone, for which it waits."), "{page}");
    assert!(!page.contains("it waits for nothing"), "{page}");
}

#[tokio::test]
async fn the_pages_of_the_plan_stand_together_in_the_navigation() {
    let test = network().await;
    let page = test.viewer.page("/programs/ATLAS/schedule?as_of=2026-06-10").await.is(200).text;
    let page = scraper::Html::parse_document(&page);
    let links = |selector: &str| -> Vec<String> {
        let selector = scraper::Selector::parse(selector).unwrap();
        page.select(&selector).map(|link| link.attr("href").unwrap_or_default().to_owned()).collect()
    };
    let of = |end: &str| format!("/programs/ATLAS/{end}?as_of=2026-06-10");
    assert_eq!(
        links("nav.within a"),
        ["roadmap", "activities", "schedule", "forecast", "scenarios"].map(of),
        "and they stay on the day"
    );
    assert_eq!(links("nav.within a[aria-current=page]"), [of("schedule")]);
    assert_eq!(links("nav.program .pages a[aria-current]"), [of("roadmap")]);
}
