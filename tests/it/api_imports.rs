//! The imports that were done, in the JSON API, and what the versions that they brought say.

use crate::support::api::ATLAS;
use crate::support::app::TestApp;
use plumbline::app::import::import;
use plumbline::exchange::intake::Intake;
use plumbline::exchange::{csv, guess};
use plumbline::store::Stamp;
use serde_json::{Value, json};

fn read(text: &str) -> Intake {
    let sheet = csv::read("log.csv", text.as_bytes()).unwrap();
    let guess = guess::guess(&sheet, None).unwrap();
    guess::read(&sheet, &guess)
}

#[tokio::test]
async fn imports_are_listed_for_whoever_sees_the_program() {
    let test = TestApp::start().await;
    let mut intake = read("Type,Title,Probability,Impact\nRisk,Vendor is late,4,4\nRisk,Strike,2,2\n");
    for record in intake.records.iter_mut().filter(|record| record.fields["title"] == "Strike") {
        record.reason = Some("The union says so".into());
    }
    let stamp =
        Stamp { now: test.clock.now(), actor: Some(test.manager.person), reason: "Import of log.csv".into() };
    import(&test.app, &stamp, &intake, Some("ATLAS"), false).await.unwrap();
    // The same again changes nothing, and is no import that was done.
    import(&test.app, &stamp, &intake, Some("ATLAS"), false).await.unwrap();

    let list = test.viewer.get("/api/v1/imports").await.is(200).json();
    assert_eq!((&list["total"], &list["next_cursor"]), (&json!(1), &Value::Null));
    let done = &list["items"][0];
    assert_eq!((&done["program"], &done["files"]), (&json!("ATLAS"), &json!(["log.csv"])));
    assert_eq!((&done["made"], &done["changed"], &done["skipped"]), (&json!(2), &json!(0), &json!(0)));
    assert_eq!(done["by"], json!({"id": test.manager.person, "name": "Manager"}));
    assert_eq!(done["recorded_at"], "2026-06-30T12:00:00Z");
    assert_eq!(test.stranger.get("/api/v1/imports").await.is(200).json()["total"], 0);
    assert_eq!(test.admin.get("/api/v1/imports?program=atlas").await.json()["total"], 1);
    assert_eq!(test.viewer.get("/api/v1/imports?as_of=2026-06-29").await.json()["total"], 0);

    for (title, reason) in [("Vendor is late", "Import of log.csv"), ("Strike", "The union says so")] {
        let found = test.viewer.get(&format!("{ATLAS}/risks?title={title}")).await.json();
        let number = &found["items"][0]["number"];
        let history = test.viewer.get(&format!("{ATLAS}/risks/{number}/history")).await.json();
        assert_eq!(history["items"][0]["reason"], reason, "{history}");
    }
}
