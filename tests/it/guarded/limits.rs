//! What is sent to slow the application down or to stand in a page as something else is refused, or drawn as what it is.

use crate::support::api::{ATLAS, atlas, least, path, post, raise, with};
use crate::support::app::Answer;
use plumbline::domain::kind::Kind;
use reqwest::Method;
use serde_json::{Value, json};

/// So many different words.
fn words(count: usize) -> Vec<String> {
    (0..count).map(|n| format!("t{n}")).collect()
}

#[tokio::test]
async fn a_list_that_holds_too_much_is_counted_and_refused_before_anything_in_it_is_read() {
    let test = atlas().await;
    // Whoever reads one by one would find what is wrong with the last of them first.
    let mut many: Vec<Value> = words(31).into_iter().map(Value::from).collect();
    many.push(json!("x".repeat(41)));
    for (kind, field, most) in
        [(Kind::Risk, "tags", "At most 30 tags."), (Kind::Gate, "sign_off_roles", "At most 30 tags.")]
    {
        for list in [json!(many), json!(words(50_000)), json!(words(50_000).join(","))] {
            let told = test.manager.post(&path(kind), with(least(kind), json!({field: list}))).await;
            assert_eq!(told.refused(field), most);
        }
    }
    let people: Vec<String> = (0..20_000).map(|n| format!("somebody{n}@example.org")).collect();
    let refused = test
        .manager
        .post(&path(Kind::Meeting), with(least(Kind::Meeting), json!({"attendees": people})))
        .await;
    assert_eq!(refused.refused("attendees"), "At most 1000 people.");
    let items: Vec<String> = (0..20_000).map(|n| format!("ATLAS-M{n}")).collect();
    let refused =
        test.manager.post(&path(Kind::Risk), with(least(Kind::Risk), json!({"threatens": items}))).await;
    assert_eq!(refused.refused("threatens"), "At most 1000 items.");
    let tags = words(50_000).join(",");
    let form = [("title", "Typed"), ("tags", tags.as_str())];
    let page = test.manager.submit("/programs/ATLAS/risks", &form).await.is(422);
    assert!(page.text.contains("At most 30 tags."), "a form is told the same");
    raise(&test.manager, Kind::Risk, json!({"tags": words(30)})).await;
}

/// How deep the parts of a page stand in each other.
fn depth(page: &str) -> usize {
    let html = scraper::Html::parse_document(page);
    html.tree.nodes().map(|node| node.ancestors().count()).max().unwrap_or_default()
}

#[tokio::test]
async fn a_text_that_is_nested_without_end_is_shown_flat() {
    let test = atlas().await;
    raise(&test.manager, Kind::Risk, json!({})).await;
    let plain = depth(&test.viewer.page("/programs/ATLAS/risks/1").await.is(200).text);
    let nested = format!("{}the end", ">".repeat(9_000));
    test.manager.patch(&format!("{ATLAS}/risks/1"), 1, json!({"description": nested})).await.is(200);
    test.contributor
        .post(&format!("{ATLAS}/risks/1/comments"), json!({"body": "1) ".repeat(3_000) + "so"}))
        .await
        .is(201);
    let page = test.viewer.page("/programs/ATLAS/risks/1").await.is(200).text;
    let deep = depth(&page);
    assert!(deep < plain + 60, "{deep} parts in each other, {plain} without");
    assert!(page.contains("the end"), "nothing of the text is lost");
}

#[tokio::test]
async fn a_link_leads_to_a_page_and_to_nothing_else() {
    let test = atlas().await;
    raise(&test.manager, Kind::Gate, json!({})).await;
    let check =
        raise(&test.manager, Kind::Check, json!({"evidence_url": "https://example.org/a?b=1#c"})).await;
    let one = format!("{ATLAS}/checks/{}", check["number"]);
    for wrong in [
        "javascript:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        " JavaScript://x",
        "example.org",
        "https://",
        "http:///x",
    ] {
        let told = test.manager.patch(&one, 1, json!({"evidence_url": wrong})).await.refused("evidence_url");
        assert!(told.contains("https://"), "{wrong}: {told}");
        let moved = test
            .manager
            .post(&format!("{one}/transitions"), json!({"to": "passed", "evidence_url": wrong}))
            .await;
        moved.refused("evidence_url");
    }
    for right in ["HTTP://example.org", "https://[::1]:8080/x", "https://bücher.example/ü", ""] {
        let version = test.manager.get(&one).await.json()["version"].as_i64().unwrap();
        test.manager.patch(&one, version, json!({"evidence_url": right})).await.is(200);
    }
}

#[tokio::test]
async fn a_form_that_says_no_version_it_could_mean_changes_nothing() {
    let test = atlas().await;
    raise(&test.manager, Kind::Risk, json!({})).await;
    let move_it = async |version: &str| {
        let form = [("to", "mitigating"), ("version", version)];
        test.manager.submit("/programs/ATLAS/risks/1/transitions", &form).await.status
    };
    let state = async || test.manager.get(&format!("{ATLAS}/risks/1")).await.json()["state"].clone();
    for odd in ["x", "1.5", "99999999999"] {
        assert_eq!(move_it(odd).await, 422, "{odd}");
        let archived = test.manager.submit("/programs/ATLAS/risks/1/archive", &[("version", odd)]).await;
        assert_eq!(archived.status, 422, "{odd}");
        assert_eq!(state().await, "open");
    }
    assert_eq!(move_it("7").await, 409);
    assert_eq!(move_it("1").await, 303);
    assert_eq!(state().await, "mitigating");
}

#[tokio::test]
async fn an_archived_program_takes_no_writes_and_says_why() {
    let test = atlas().await;
    raise(&test.manager, Kind::Risk, json!({})).await;
    let tool = post(&test.manager, "inbound", json!({"name": "CI"})).await;
    test.admin.delete(ATLAS).await.is(204);
    let refused = async |answer: Answer| {
        let told = answer.problem(409);
        assert!(told["detail"].as_str().unwrap().contains("program is archived"), "{told}");
    };
    for user in [&test.admin, &test.manager] {
        refused(user.post(&path(Kind::Risk), least(Kind::Risk)).await).await;
        refused(user.patch(&format!("{ATLAS}/risks/1"), 1, json!({"title": "New"})).await).await;
        refused(
            user.post(&format!("{ATLAS}/risks/1/transitions"), json!({"to": "closed", "reason": "x"})).await,
        )
        .await;
        refused(user.post(&format!("{ATLAS}/projects"), json!({"key": "NEW", "name": "New"})).await).await;
        refused(
            user.post(&format!("{ATLAS}/budget"), json!({"category": "x", "period_on": "2026-07-01"})).await,
        )
        .await;
        refused(user.patch(ATLAS, 2, json!({"name": "Other"})).await).await;
    }
    test.viewer.post(&path(Kind::Risk), least(Kind::Risk)).await.problem(403);
    let page = test.manager.page("/programs/ATLAS/risks/1").await.is(200).text;
    assert!(!page.contains("/risks/1/edit"), "nothing is offered that would be refused");
    // Whoever is a member reads it, so members can be taken away; nobody is let in.
    let viewer = format!("{ATLAS}/members/{}", test.viewer.person);
    refused(test.manager.put(&viewer, json!({"role": "contributor"})).await).await;
    test.contributor.delete(&viewer).await.problem(403);
    let page = test.manager.page("/programs/ATLAS/members").await.is(200).text;
    assert!(page.contains("Remove<span") && !page.contains("Add a member"), "{page}");
    test.manager.delete(&viewer).await.is(204);
    test.viewer.get(&path(Kind::Risk)).await.problem(404);
    // An unsigned call is refused as such; that it is refused at all when signed stands with the calls of tools.
    let call = test.anonymous(Method::POST, tool["path"].as_str().unwrap()).body("{}");
    assert_ne!(Answer::of(call).await.status, 200);
    assert_eq!(test.manager.get(&path(Kind::Risk)).await.json()["total"], 1);
    test.admin.post(&format!("{ATLAS}/restore"), json!({})).await.is(200);
    raise(&test.manager, Kind::Risk, json!({})).await;
}
