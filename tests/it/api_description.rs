//! The description of the JSON API.

use crate::support::app::TestApp;
use serde_json::Value;
use std::collections::BTreeSet;

/// Routes of the API that its description leaves out: itself.
const UNDESCRIBED: &[&str] = &["/api/openapi.json"];

/// Every `$ref` in a document.
fn references(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => map.iter().for_each(|(name, value)| match value {
            Value::String(to) if name == "$ref" => drop(found.insert(to.clone())),
            other => references(other, found),
        }),
        Value::Array(list) => list.iter().for_each(|value| references(value, found)),
        _ => {}
    }
}

/// Whatever answers with a page says how it is asked for.
fn collections(described: &Value) {
    let mut count = 0;
    for (path, item) in described["paths"].as_object().unwrap() {
        let answer = &item["get"]["responses"]["200"]["content"]["application/json"]["schema"]["$ref"];
        let parameters = item["get"]["parameters"].as_array().cloned().unwrap_or_default();
        let asked = parameters.iter().filter(|parameter| parameter["in"] == "query");
        let names: Vec<_> = asked.filter_map(|parameter| parameter["name"].as_str()).collect();
        let paged = answer == "#/components/schemas/Page";
        count += usize::from(paged);
        for name in ["limit", "cursor"] {
            assert_eq!(names.contains(&name), paged, "{path}: {name}");
        }
        let mut once = names.clone();
        once.sort_unstable();
        once.dedup();
        assert_eq!(once.len(), names.len(), "{path}: each parameter once");
    }
    assert_eq!(count, 45 + 4 * plumbline::domain::kind::Kind::ALL.len(), "collections");
}

#[tokio::test]
async fn the_description_of_the_api_is_whole_and_true() {
    let test = TestApp::empty(None).await;
    let described =
        crate::support::app::Answer::of(test.anonymous(reqwest::Method::GET, "/api/openapi.json"))
            .await
            .is(200)
            .json();
    assert_eq!(described["openapi"], "3.1.0");
    assert!(described["info"]["title"].is_string() && described["info"]["version"].is_string());
    let mut found = BTreeSet::new();
    references(&described, &mut found);
    for reference in &found {
        let pointer = reference.strip_prefix('#').unwrap_or_else(|| panic!("{reference} lies elsewhere"));
        assert!(described.pointer(pointer).is_some(), "{reference} leads nowhere");
    }
    collections(&described);
    let mut operations = BTreeSet::new();
    let mut ids = BTreeSet::new();
    for (path, item) in described["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            operations.insert((method.to_uppercase(), path.clone()));
            assert!(
                operation["responses"].as_object().is_some_and(|responses| !responses.is_empty()),
                "{method} {path}"
            );
            assert!(operation["summary"].is_string(), "{method} {path} says what it does");
            ids.insert(operation["operationId"].as_str().unwrap_or_default().to_owned());
            let stated: BTreeSet<_> = operation["parameters"]
                .as_array()
                .into_iter()
                .flatten()
                .filter(|parameter| parameter["in"] == "path")
                .map(|parameter| parameter["name"].as_str().unwrap_or_default())
                .collect();
            let named: BTreeSet<_> =
                path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')).collect();
            assert_eq!(stated, named, "{method} {path} states what stands in its path");
        }
    }
    assert_eq!(ids.len(), operations.len(), "each operation has a name of its own");
    let metric = &described["paths"]["/api/v1/programs/{key}/metrics/{name}"]["get"]["parameters"];
    let named = metric.as_array().unwrap().iter().find(|parameter| parameter["name"] == "name").unwrap();
    let names: Vec<_> =
        named["schema"]["enum"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert!(names.contains(&"critical_path_stability") && names.contains(&"schedule_quality"), "{names:?}");
    let routes: BTreeSet<_> = plumbline::web::routes()
        .listed()
        .iter()
        .filter(|(_, path)| path.starts_with("/api/") && !UNDESCRIBED.contains(&path.as_ref()))
        .map(|(method, path)| ((*method).to_owned(), path.to_string()))
        .collect();
    let missing: Vec<_> = routes.difference(&operations).collect();
    assert!(missing.is_empty(), "not described: {missing:?}");
    let gone: Vec<_> = operations.difference(&routes).collect();
    assert!(gone.is_empty(), "described, and not there: {gone:?}");
}

/// A parameter that is misspelt isn't ignored: another number than was asked for would be the answer.
#[tokio::test]
async fn what_is_asked_for_and_not_described_is_refused_by_name() {
    let test = TestApp::start().await;
    let program = "/api/v1/programs/ATLAS";
    for path in [
        program.to_owned(),
        format!("{program}/health"),
        format!("{program}/schedule"),
        format!("{program}/forecast"),
        format!("{program}/metrics/decision_latency"),
        format!("{program}/metrics/decision_latency/rows.csv"),
        format!("{program}/risks"),
        "/api/v1/programs".to_owned(),
    ] {
        test.viewer.get(&format!("{path}?as_of=2026-06-29")).await.is(200);
        let told = test.viewer.get(&format!("{path}?as_of=2026-06-29&windowdays=30")).await;
        assert_eq!(told.refused("windowdays"), "There is no such parameter here.", "{path}");
    }
    test.viewer.get(&format!("{program}/metrics/decision_latency?window_days=30")).await.is(200);
}
