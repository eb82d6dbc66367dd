//! Stakeholders: when they are spoken to, and who has which role.

use crate::support::api::{ATLAS, atlas, raise};
use plumbline::domain::kind::Kind;
use serde_json::json;

const RACI: &str = "/api/v1/programs/ATLAS/raci";

#[tokio::test]
async fn a_contact_moves_the_next_one_by_the_cadence_and_is_told_in_the_history() {
    let test = atlas().await;
    let own = json!({"title": "Sponsor", "cadence": "fortnightly", "next_contact_on": "2026-06-20", "influence": 5,
        "interest": 4, "attitude_now": "neutral", "attitude_wanted": "champion", "owner": test.contributor.email});
    raise(&test.manager, Kind::Stakeholder, own).await;
    let page = test.viewer.page("/programs/ATLAS/stakeholders").await.is(200).text;
    assert!(
        page.contains("wanted:</span> Champion") && page.contains("past"),
        "where they stand, where they should, and what is late"
    );
    let cell = page.split("<td class=\"close\">").nth(1).unwrap();
    assert!(cell.split("</td>").next().unwrap().contains("Sponsor"), "high influence and interest");

    let contacts = format!("{ATLAS}/stakeholders/1/contacts");
    let told = test
        .contributor
        .post(&contacts, json!({"on": "2026-06-29", "reason": "Liked the plan."}))
        .await
        .is(201)
        .json();
    assert_eq!(told["next_contact_on"], "2026-07-13");
    assert_eq!(test.viewer.get(&format!("{ATLAS}/stakeholders/1")).await.json()["next_on"], "2026-07-13");
    let trail = test.viewer.get(&format!("{ATLAS}/history?topic=value")).await.is(200).json();
    assert_eq!(trail["items"][0]["text"], "spoken to on 29 Jun 2026, next 13 Jul 2026");
    assert_eq!(trail["items"][0]["reason"], "Liked the plan.");
    let done = test.contributor.submit("/programs/ATLAS/stakeholders/1/contacted", &[("from", "list")]).await;
    assert_eq!((done.status, done.header("location")), (303, "/programs/ATLAS/stakeholders?done=contacted"));
    assert_eq!(test.viewer.get(&format!("{ATLAS}/stakeholders/1")).await.json()["next_on"], "2026-07-14");

    test.contributor.post(&contacts, json!({"on": "2026-07-01"})).await.refused("on");
    test.contributor.post(&contacts, json!({"colour": "red"})).await.refused("colour");
    test.viewer.post(&contacts, json!({})).await.problem(403);
    let then = test.viewer.get(&format!("{ATLAS}/stakeholders/1?as_of=2026-06-30")).await.is(200).json();
    assert_eq!(then["next_on"], "2026-07-14", "it holds from the day it was written down");
}

#[tokio::test]
async fn a_subject_has_exactly_one_who_is_accountable() {
    let test = atlas().await;
    for title in ["Sponsor", "Controlling", "Care"] {
        raise(&test.manager, Kind::Stakeholder, json!({"title": title})).await;
    }
    raise(&test.manager, Kind::Decision, json!({"title": "Build or buy?"})).await;
    raise(&test.manager, Kind::Risk, json!({})).await;
    let refuse = async |body: serde_json::Value, field: &str| {
        test.manager.post(RACI, body).await.refused(field);
    };
    refuse(json!({"project": "GL", "responsible": ["ATLAS-SH2"]}), "accountable").await;
    refuse(json!({"project": "GL", "accountable": ["ATLAS-SH1", "ATLAS-SH2"]}), "accountable").await;
    refuse(json!({"project": "GL", "accountable": "ATLAS-DEC1"}), "accountable").await;
    refuse(json!({"project": "GL", "accountable": "ATLAS-SH1", "consulted": ["ATLAS-SH1"]}), "consulted")
        .await;
    refuse(json!({"accountable": "ATLAS-SH1"}), "project").await;
    refuse(json!({"project": "GL", "item": "ATLAS-DEC1", "accountable": "ATLAS-SH1"}), "project").await;
    refuse(json!({"item": "ATLAS-R1", "accountable": "ATLAS-SH1"}), "item").await;
    let body = json!({"project": "GL", "accountable": "ATLAS-SH1", "responsible": ["ATLAS-SH2"], "informed": ["ATLAS-SH3"]});
    let made = test.manager.post(RACI, body.clone()).await.is(201).json();
    assert_eq!(made["accountable"]["ref"], "ATLAS-SH1");
    refuse(body, "project").await;
    test.contributor.post(RACI, json!({"item": "ATLAS-DEC1", "accountable": "ATLAS-SH1"})).await.problem(403);
    test.manager.post(RACI, json!({"item": "ATLAS-DEC1", "accountable": "ATLAS-SH2"})).await.is(201);

    let one = format!("{RACI}/{}", made["id"].as_str().unwrap());
    test.manager.patch(&one, 1, json!({"accountable": null})).await.refused("accountable");
    let changed = test.manager.patch(&one, 1, json!({"accountable": "ATLAS-SH2"})).await.is(200).json();
    assert_eq!(changed["accountable"]["ref"], "ATLAS-SH2", "who answers for it may do it too");
    let page = test.viewer.page("/programs/ATLAS/raci").await.is(200).text;
    assert!(
        page.contains("<b>AR</b>") && page.contains("<b>I</b>") && page.contains("Build or buy?"),
        "{page}"
    );
    test.manager.delete(&one).await.is(204);
    assert_eq!(test.viewer.get(RACI).await.json()["total"], 1);
}

#[tokio::test]
async fn roles_are_given_in_a_form_that_comes_back_filled() {
    let test = atlas().await;
    raise(&test.manager, Kind::Stakeholder, json!({"title": "Sponsor"})).await;
    raise(&test.manager, Kind::Stakeholder, json!({"title": "Controlling"})).await;
    let path = "/programs/ATLAS/raci";
    let two =
        [("subject", "project:GL"), ("role[ATLAS-SH1]", "accountable"), ("role[ATLAS-SH2]", "accountable")];
    let again = test.manager.submit(path, &two).await;
    assert_eq!(again.status, 422);
    assert!(again.text.contains("One alone is accountable"));
    assert_eq!(
        again.text.matches("aria-invalid=\"true\"").count(),
        2,
        "both that are too many: {}",
        again.text
    );
    assert!(again.text.contains("<option value=\"project:GL\" selected>"), "nothing typed is lost");
    let none = [("subject", "project:GL"), ("role[ATLAS-SH1]", "responsible")];
    let again = test.manager.submit(path, &none).await.text;
    assert!(again.contains("<a href=\"#who-1\">Somebody has to be accountable"), "{again}");
    assert!(again.contains("name=\"role[ATLAS-SH1]\" aria-invalid=\"true\""), "{again}");
    let of_nothing = [("subject", ""), ("role[ATLAS-SH1]", "accountable")];
    let again = test.manager.submit(path, &of_nothing).await.text;
    assert!(again.contains("aria-required=\"true\" aria-invalid=\"true\""), "{again}");
    let good = [("subject", "project:GL"), ("role[ATLAS-SH1]", "both"), ("role[ATLAS-SH2]", "informed")];
    assert_eq!(test.manager.submit(path, &good).await.status, 303);
    let all = test.viewer.get(RACI).await.json();
    let id = all["items"][0]["id"].as_str().unwrap().to_owned();
    assert!(test.viewer.page("/programs/ATLAS/stakeholders/1").await.text.contains("<b>AR</b> Project GL"));
    let stale = [("version", "7"), ("role[ATLAS-SH1]", "accountable")];
    assert_eq!(test.manager.submit(&format!("{path}/{id}/edit"), &stale).await.status, 409);
    let edited = [("version", "1"), ("role[ATLAS-SH2]", "accountable")];
    assert_eq!(test.manager.submit(&format!("{path}/{id}/edit"), &edited).await.status, 303);
    let all = test.viewer.get(RACI).await.json();
    assert_eq!(all["items"][0]["accountable"]["ref"], "ATLAS-SH2");
    assert_eq!(all["items"][0]["responsible"], json!([]));
    let gone = format!("{path}/{id}/archive");
    assert_eq!(test.manager.submit(&gone, &[("version", "2")]).await.status, 303);
    assert_eq!(test.viewer.get(RACI).await.json()["total"], 0);
}
