//! People and teams: pages, API, history.

use crate::support::app::{TestApp, at};
use serde_json::json;

#[tokio::test]
async fn people_are_made_changed_archived_and_brought_back() {
    let test = TestApp::start().await;
    let made = test
        .manager
        .post("/api/v1/people", json!({"name": "Ada", "email": "Ada@Example.org", "handle": "ada"}))
        .await
        .is(201);
    let ada = made.json();
    assert_eq!(
        (&ada["email"], &ada["handle"], &ada["version"]),
        (&json!("ada@example.org"), &json!("@ada"), &json!(1))
    );
    let path = made.header("location").to_owned();
    assert_eq!(test.viewer.get(&path).await.is(200).json(), ada);
    let changed = test.manager.patch(&path, 1, json!({"name": "Ada L."})).await.is(200);
    assert_eq!(changed.header("etag"), "\"2\"");
    assert_eq!(changed.json()["email"], "ada@example.org", "what is left out stays");
    let stale = test.manager.patch(&path, 1, json!({"name": "Ada B."})).await;
    assert!(stale.problem(412)["detail"].as_str().unwrap().contains("version 2"));
    assert_eq!(test.manager.patch(&path, 2, json!({"name": "Ada L."})).await.is(200).json()["version"], 2);
    test.manager.delete(&path).await.is(204);
    assert_eq!(test.viewer.get("/api/v1/people?q=ada").await.json()["total"], 0);
    assert_eq!(test.viewer.get("/api/v1/people?q=ada&archived=1").await.json()["total"], 1);
    test.manager.post(&format!("{path}/restore"), json!({})).await.is(200);
    assert_eq!(test.viewer.get("/api/v1/people?q=ada").await.json()["total"], 1);
}

#[tokio::test]
async fn a_list_comes_in_pages_of_stable_order() {
    let test = TestApp::start().await;
    for name in ["Émile", "emma", "Ella", "Zoë"] {
        test.admin.post("/api/v1/people", json!({"name": name})).await.is(201);
    }
    let mut names = Vec::new();
    let mut path = "/api/v1/people?limit=4".to_owned();
    loop {
        let page = test.viewer.get(&path).await.is(200).json();
        assert_eq!(page["total"], 9);
        names
            .extend(page["items"].as_array().unwrap().iter().map(|p| p["name"].as_str().unwrap().to_owned()));
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        path = format!("/api/v1/people?limit=4&cursor={cursor}");
    }
    assert_eq!(
        names,
        ["Admin", "Contributor", "Ella", "Émile", "emma", "Manager", "Stranger", "Viewer", "Zoë"]
    );
    let down = test.viewer.get("/api/v1/people?sort=-name&limit=1").await.json();
    assert_eq!(down["items"][0]["name"], "Zoë");
    let page = test.viewer.page("/people?limit=4&cursor=o4").await.is(200).text;
    assert!(
        page.contains("5–8 of 9") && page.contains("rel=\"prev\"") && page.contains("cursor=o8"),
        "{page}"
    );
}

#[tokio::test]
async fn the_past_stays_as_it_was() {
    let test = TestApp::start().await;
    let body = json!({"name": "Ada", "effective_on": "2026-03-01"});
    let path = test.manager.post("/api/v1/people", body).await.is(201).header("location").to_owned();
    test.manager.patch(&path, 1, json!({"name": "Ada King", "effective_on": "2026-05-01"})).await.is(200);
    test.manager
        .patch(&path, 2, json!({"name": "X", "effective_on": "2026-04-01"}))
        .await
        .refused("effective_on");
    let name = async |day: &str| test.viewer.get(&format!("{path}?as_of={day}")).await;
    name("2026-02-28").await.problem(404);
    assert_eq!(name("2026-04-30").await.is(200).json()["name"], "Ada");
    assert_eq!(name("2026-05-01").await.is(200).json()["name"], "Ada King");
    let id = path.rsplit('/').next().unwrap();
    let page = test.manager.page(&format!("/people/{id}?as_of=2026-04-30")).await.is(200).text;
    assert!(page.contains("<h1>Ada</h1>") && page.contains("Nothing can be changed here"));
    assert!(!page.contains("/edit\""), "the past offers no change");
}

#[tokio::test]
async fn who_manages_nothing_changes_only_their_own_name() {
    let test = TestApp::start().await;
    let own = format!("/api/v1/people/{}", test.contributor.person);
    test.contributor.post("/api/v1/people", json!({"name": "X"})).await.problem(403);
    test.contributor.patch(&own, 1, json!({"name": "Con"})).await.is(200);
    test.contributor.patch(&own, 2, json!({"email": "other@example.org"})).await.problem(403);
    let other = format!("/api/v1/people/{}", test.viewer.person);
    test.contributor.patch(&other, 1, json!({"name": "X"})).await.problem(403);
    test.contributor.delete(&own).await.problem(403);
    test.admin.patch(&other, 1, json!({"name": "V"})).await.is(200);
}

#[tokio::test]
async fn a_refused_form_comes_back_filled() {
    let test = TestApp::start().await;
    let form = [("name", "Ada"), ("email", "not an address"), ("handle", "@ada")];
    let page = test.manager.submit("/people", &form).await.is(422).text;
    for kept in
        ["value=\"Ada\"", "value=\"not an address\"", "value=\"@ada\"", "This is not an e-mail address."]
    {
        assert!(page.contains(kept), "{kept}: {page}");
    }
    let made =
        test.manager.submit("/people", &[("name", "Ada"), ("email", ""), ("handle", "")]).await.is(303);
    let path = made.header("location").split('?').next().unwrap().to_owned();
    let form = |name| [("version", "1"), ("name", name), ("email", ""), ("handle", "")];
    test.manager.submit(&path, &form("Ada King")).await.is(303);
    let both = test.admin.submit(&path, &form("Ada Byron")).await.is(409).text;
    assert!(both.contains("value=\"Ada Byron\"") && both.contains("It says “Ada King” now."), "{both}");
    assert!(both.contains("name=\"version\" value=\"2\""), "saving again is over what was read");
}

#[tokio::test]
async fn a_team_has_a_lead_and_members() {
    let test = TestApp::start().await;
    let body = json!({"name": "Ledger", "lead": "manager@example.org", "capacity_days": 42.5});
    let made = test.manager.post("/api/v1/teams", body).await.is(201);
    assert_eq!(
        (&made.json()["lead"]["name"], &made.json()["capacity_days"]),
        (&json!("Manager"), &json!(42.5))
    );
    let path = made.header("location").to_owned();
    test.manager.post("/api/v1/teams", json!({"name": "ledger"})).await.refused("name");
    test.manager
        .post("/api/v1/teams", json!({"name": "X", "lead": "nobody@example.org"}))
        .await
        .refused("lead");
    test.manager
        .post("/api/v1/teams", json!({"name": "X", "capacity_days": -1}))
        .await
        .refused("capacity_days");
    let member = format!("{path}/members/{}", test.viewer.person);
    let team = test.manager.put(&member, json!({})).await.is(200).json();
    assert_eq!((&team["size"], &team["members"][0]["name"]), (&json!(1), &json!("Viewer")));
    test.manager.put(&format!("{path}/members/nobody@example.org"), json!({})).await.refused("person");
    test.viewer.put(&member, json!({})).await.problem(403);
    test.clock.hold_at(at("2026-07-02T12:00:00Z"));
    test.manager.delete(&member).await.is(204);
    assert_eq!(test.viewer.get(&path).await.json()["size"], 0);
    assert_eq!(
        test.viewer.get(&format!("{path}?as_of=2026-07-01")).await.json()["members"][0]["name"],
        "Viewer"
    );
    test.manager.patch(&path, 1, json!({"lead": null})).await.is(200);
    assert_eq!(test.viewer.get(&path).await.json()["lead"], json!(null));
}

#[tokio::test]
async fn a_team_can_be_kept_by_its_pages_alone() {
    let test = TestApp::start().await;
    let fields =
        [("name", "Tax"), ("description", "Taxes"), ("lead", "viewer@example.org"), ("capacity_days", "")];
    let made = test.manager.submit("/teams", &fields).await.is(303);
    let path = made.header("location").split('?').next().unwrap().to_owned();
    let form = test.manager.page(&format!("{path}/edit")).await.is(200).text;
    assert!(form.contains("value=\"Viewer\""), "the lead is shown by name: {form}");
    test.manager.submit(&format!("{path}/members"), &[("person", "nobody")]).await.is(422);
    test.manager.submit(&format!("{path}/members"), &[("person", "Stranger")]).await.is(303);
    let page = test.contributor.page(&path).await.is(200).text;
    assert!(page.contains("Stranger") && !page.contains("<button class=\"btn quiet\">Remove"), "{page}");
    let remove = format!("{path}/members/{}/remove", test.stranger.person);
    test.contributor.submit(&remove, &[]).await.is(403);
    test.viewer.submit(&remove, &[]).await.is(303);
    assert!(test.viewer.page(&path).await.text.contains("Nobody is in this team yet."));
    assert!(test.viewer.page("/teams").await.is(200).text.contains("Tax"));
}
