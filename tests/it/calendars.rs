//! Calendars of a program: through the API and the pages.

use crate::support::app::TestApp;
use serde_json::{Value, json};

const ALL: &str = "/api/v1/programs/ATLAS/calendars";

async fn atlas() -> TestApp {
    let test = TestApp::start().await;
    test.manager.post("/api/v1/teams", json!({"name": "Ledger"})).await.is(201);
    let project = json!({"key": "GL", "name": "General ledger"});
    test.manager.post("/api/v1/programs/ATLAS/projects", project).await.is(201);
    test
}

#[tokio::test]
async fn a_calendar_is_made_changed_and_archived() {
    let test = atlas().await;
    let body = json!({"name": "Night", "team": "Ledger", "week": [["22:00-24:00"], [[0, 360]], [], [], [], [], []],
        "exceptions": [{"from": "2026-12-24", "to": "2027-01-01", "name": "Christmas"},
                       {"from": "2026-05-02", "shifts": [[540, 780]]}]});
    let made = test.manager.post(ALL, body).await.is(201);
    let night = made.json();
    let one = format!("{ALL}/{}", night["id"].as_str().unwrap());
    assert_eq!(made.header("location"), one);
    assert_eq!(night["week"], json!([[[1320, 1440]], [[0, 360]], [], [], [], [], []]));
    assert_eq!(
        night["exceptions"][0],
        json!({"from": "2026-05-02", "to": "2026-05-02", "name": "", "shifts": [[540, 780]]})
    );
    assert_eq!(night["team"]["name"], "Ledger");
    assert_eq!(test.viewer.get(&one).await.is(200).json(), night);
    let usual = test.manager.post(ALL, json!({"name": "Usual"})).await.is(201).json();
    assert_eq!(usual["week"][4], json!([[480, 720], [780, 1020]]), "Monday to Friday if nothing is said");

    let changed = test.manager.patch(&one, 1, json!({"team": null, "project": "GL"})).await.is(200).json();
    assert_eq!((&changed["project"]["key"], &changed["team"]), (&json!("GL"), &Value::Null));
    assert_eq!(changed["exceptions"], night["exceptions"], "what isn't said stays");
    test.manager.patch(&one, 1, json!({"name": "Day"})).await.problem(412);
    let same = test.manager.patch(&one, 2, json!({"name": "Night"})).await.is(200).json();
    assert_eq!(same["version"], 2);

    test.manager.delete(&one).await.is(204);
    let listed = test.viewer.get(ALL).await.is(200).json();
    assert_eq!((&listed["total"], &listed["items"][0]["name"]), (&json!(1), &json!("Usual")));
    assert!(test.viewer.get(&one).await.is(200).json()["archived_at"].is_string(), "hidden, not gone");
    test.manager.post(ALL, json!({"name": "Night", "project": "GL"})).await.is(201);
}

#[tokio::test]
async fn it_stands_as_of_a_day_as_it_stood() {
    let test = atlas().await;
    let body = json!({"name": "Early", "effective_on": "2026-06-01"});
    let made = test.manager.post(ALL, body).await.is(201).json();
    let one = format!("{ALL}/{}", made["id"].as_str().unwrap());
    test.manager.patch(&one, 1, json!({"name": "Late", "effective_on": "2026-06-15"})).await.is(200);
    test.viewer.get(&format!("{one}?as_of=2026-05-31")).await.problem(404);
    assert_eq!(test.viewer.get(&format!("{one}?as_of=2026-06-14")).await.json()["name"], "Early");
    assert_eq!(test.viewer.get(&format!("{one}?as_of=2026-06-15")).await.json()["name"], "Late");
}

#[tokio::test]
async fn bad_input_is_refused_by_field() {
    let test = atlas().await;
    test.manager.post(ALL, json!({"name": "Taken", "team": "Ledger"})).await.is(201);
    let refuse = async |body: Value, field: &str, words: &str| {
        let told = test.manager.post(ALL, body).await.refused(field);
        assert!(told.contains(words), "{field}: “{told}” should say “{words}”");
    };
    refuse(json!({}), "name", "needed").await;
    refuse(json!({"name": "taken"}), "name", "Another calendar").await;
    refuse(json!({"name": "B", "team": "Ledger"}), "team", "already").await;
    refuse(json!({"name": "B", "team": "Ledger", "project": "GL"}), "team", "one project, team or person")
        .await;
    refuse(json!({"name": "B", "team": "Nobodies"}), "team", "Nobodies").await;
    refuse(json!({"name": "B", "week": [[], []]}), "week", "seven days").await;
    refuse(json!({"name": "B", "week": {"friday": "17:00-09:00"}}), "week", "Friday").await;
    refuse(json!({"name": "B", "exceptions": "2026-05-01\nsoon"}), "exceptions", "Line 2").await;
    refuse(json!({"name": "B", "exceptions": [{"to": "2026-05-01"}]}), "exceptions", "Line 1").await;
    refuse(json!({"name": "B", "colour": "red"}), "colour", "no field").await;
    test.contributor.post(ALL, json!({"name": "B"})).await.problem(403);
    test.viewer.get(&format!("{ALL}?colour=red")).await.refused("colour");
    test.viewer.get(&format!("{ALL}/x")).await.problem(404);
    assert_eq!(test.viewer.get(ALL).await.json()["total"], 1);
}

#[tokio::test]
async fn an_activity_names_a_calendar_of_its_program() {
    let test = atlas().await;
    let night = test.manager.post(ALL, json!({"name": "Night"})).await.is(201).json();
    let body = json!({"title": "Cut over", "likely_days": 1, "calendar": "night"});
    let made = test.manager.post("/api/v1/programs/ATLAS/activities", body).await.is(201).json();
    assert_eq!(made["calendar"], json!({"id": night["id"], "name": "Night"}));
    let page = test.viewer.page("/programs/ATLAS/activities/1").await.is(200);
    assert!(page.text.contains("Night"));
    test.manager.post("/api/v1/programs", json!({"key": "OTHER", "name": "Other"})).await.is(201);
    let body = json!({"title": "Elsewhere", "likely_days": 1, "calendar": night["id"]});
    test.manager.post("/api/v1/programs/OTHER/activities", body).await.refused("calendar");
    // An archived one still stands where it is named, and is not offered any more.
    test.manager.delete(&format!("{ALL}/{}", night["id"].as_str().unwrap())).await.is(204);
    test.manager.patch("/api/v1/programs/ATLAS/activities/1", 1, json!({"title": "B"})).await.is(200);
    let body = json!({"title": "C", "likely_days": 1, "calendar": "Night"});
    test.manager.post("/api/v1/programs/ATLAS/activities", body).await.refused("calendar");
}

#[tokio::test]
async fn the_form_takes_shifts_and_days_as_they_are_typed() {
    let test = atlas().await;
    let new = test.manager.page("/programs/ATLAS/calendars/new").await.is(200);
    assert!(new.text.contains("name=\"week[monday]\" value=\"08:00-12:00, 13:00-17:00\""), "the usual week");
    let exceptions = "2026-12-24..2027-01-01 Christmas\n2026-05-02 09:00-13:00 Saturday work";
    let form = [
        ("name", "Site"),
        ("project", "GL"),
        ("week[monday]", "08:00-12:00, 13:00-17:00"),
        ("week[tuesday]", ""),
        ("exceptions", exceptions),
    ];
    test.manager.submit("/programs/ATLAS/calendars", &form).await.is(303);
    let stored = test.viewer.get(ALL).await.json()["items"][0].clone();
    assert_eq!(stored["week"][0], json!([[480, 720], [780, 1020]]));
    let list = test.viewer.page("/programs/ATLAS/calendars").await.is(200);
    for words in ["Site", "Project GL", "Tuesday to Sunday off", "2026-12-24..2027-01-01 Christmas"] {
        assert!(list.text.contains(words), "{words}");
    }
    let path = format!("/programs/ATLAS/calendars/{}/edit", stored["id"].as_str().unwrap());
    let edit = test.manager.page(&path).await.is(200);
    for words in ["08:00-12:00, 13:00-17:00", "2026-05-02 09:00-13:00 Saturday work", "value=\"GL\""] {
        assert!(edit.text.contains(words), "{words}");
    }
    let wrong =
        [("version", "1"), ("name", "Site"), ("week[monday]", "early"), ("exceptions", "2026-05-01\nx y")];
    let refused = test.manager.submit(&path, &wrong).await.is(422);
    for words in ["Monday: “early”", "Line 2: “x”", "value=\"early\"", "x y"] {
        assert!(refused.text.contains(words), "{words}");
    }
    let stale = [("version", "9"), ("name", "Other")];
    assert!(test.manager.submit(&path, &stale).await.is(409).text.contains("Somebody else changed this"));
    test.contributor.submit(&path, &form).await.is(403);
    let archive = path.replace("/edit", "/archive");
    test.manager.submit(&archive, &[]).await.is(303);
    assert_eq!(test.viewer.get(ALL).await.json()["total"], 0);
}
