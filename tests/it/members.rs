//! Who may do what in a program.

use crate::support::app::TestApp;
use serde_json::json;

#[tokio::test]
async fn a_manager_gives_and_takes_roles() {
    let test = TestApp::start().await;
    let path = format!("/api/v1/programs/ATLAS/members/{}", test.stranger.person);
    test.stranger.get("/api/v1/programs/ATLAS/members").await.problem(404);
    let members = test.manager.put(&path, json!({"role": "viewer"})).await.is(200).json();
    assert_eq!(members["total"], 4);
    test.stranger.get("/api/v1/programs/ATLAS/members").await.is(200);
    test.manager.put(&path, json!({"role": "king"})).await.refused("role");
    test.manager.put(&path, json!({"role": "viewer", "rank": 1})).await.refused("rank");
    for user in [&test.viewer, &test.contributor] {
        user.put(&path, json!({"role": "manager"})).await.problem(403);
        user.delete(&path).await.problem(403);
    }
    test.manager.delete(&path).await.is(204);
    test.stranger.get("/api/v1/programs/ATLAS/members").await.problem(404);
}

#[tokio::test]
async fn a_program_keeps_a_manager() {
    let test = TestApp::start().await;
    let own = format!("/api/v1/programs/ATLAS/members/{}", test.manager.person);
    assert!(test.manager.delete(&own).await.refused("role").contains("at least one manager"));
    test.manager.put(&own, json!({"role": "viewer"})).await.refused("role");
    let other = "/api/v1/programs/ATLAS/members/contributor@example.org";
    test.manager.put(other, json!({"role": "manager"})).await.is(200);
    test.manager.delete(&own).await.is(204);
    test.manager.get("/api/v1/programs/ATLAS/members").await.problem(404);
}

#[tokio::test]
async fn the_page_of_members_works_by_forms() {
    let test = TestApp::start().await;
    let path = "/programs/ATLAS/members";
    let page = test.viewer.page(path).await.is(200).text;
    assert!(page.contains("Contributor") && !page.contains("Add a member"), "{page}");
    test.viewer.submit(path, &[("person", "Stranger"), ("role", "viewer")]).await.is(403);
    test.stranger.submit(path, &[("person", "Stranger"), ("role", "viewer")]).await.is(404);
    let page = test.manager.submit(path, &[("person", "Nobody"), ("role", "manager")]).await.is(422).text;
    assert!(page.contains("There is no person") && page.contains("value=\"Nobody\""), "{page}");
    test.manager.submit(path, &[("person", "Stranger"), ("role", "contributor")]).await.is(303);
    test.stranger.page(path).await.is(200);
    test.manager.submit(&format!("{path}/{}/remove", test.stranger.person), &[]).await.is(303);
    test.stranger.page(path).await.is(404);
}
