//! What the tests of the JSON API share: the program ATLAS with teams and a project, and the least that each kind of item takes.

use super::app::{TestApp, TestUser};
use plumbline::domain::kind::Kind;
use serde_json::{Value, json};

pub const ATLAS: &str = "/api/v1/programs/ATLAS";

pub fn path(kind: Kind) -> String {
    format!("{ATLAS}/{}", kind.plural())
}

/// What the program ATLAS has at a path.
pub async fn get(user: &TestUser, path: &str) -> Value {
    user.get(format!("{ATLAS}/{path}").trim_end_matches('/')).await.is(200).json()
}

pub fn with(body: Value, more: Value) -> Value {
    let (Value::Object(mut body), Value::Object(more)) = (body, more) else { panic!("bodies are objects") };
    body.extend(more);
    Value::Object(body)
}

/// What a kind can't do without beside its title.
pub fn needed(kind: Kind) -> Value {
    match kind {
        Kind::Issue => json!({"severity": 2}),
        Kind::Activity => json!({"likely_days": 5}),
        Kind::Dependency => {
            json!({"provider": {"external": "Taxwise"}, "consumer": {"external": "Auditor"}, "needed_by": "2026-08-01"})
        }
        Kind::Change => json!({"kinds": ["scope"], "reason": "The law changed."}),
        Kind::Gate => json!({"on": "2026-09-01"}),
        // A meeting is held on its day, or later.
        Kind::Meeting => json!({"on": "2026-06-01"}),
        // The first gate is raised before it.
        Kind::Check => json!({"gate": "ATLAS-G1"}),
        Kind::Report => json!({"period_from": "2026-06-20", "period_to": "2026-06-26"}),
        Kind::Benefit => {
            json!({"unit": "days", "baseline": 12, "plan": [{"on": "2026-12-31", "value": 5}]})
        }
        Kind::Milestone
        | Kind::Risk
        | Kind::Assumption
        | Kind::Decision
        | Kind::Action
        | Kind::Release
        | Kind::Stakeholder
        | Kind::Lesson => json!({}),
    }
}

/// What a kind can't do without.
pub fn least(kind: Kind) -> Value {
    with(json!({"title": format!("A {}", kind.label().to_lowercase())}), needed(kind))
}

pub async fn atlas() -> TestApp {
    let test = TestApp::start().await;
    for name in ["Ledger", "Payments"] {
        test.manager.post("/api/v1/teams", json!({"name": name})).await.is(201);
    }
    test.manager.post(&format!("{ATLAS}/projects"), json!({"key": "GL", "name": "Ledger"})).await.is(201);
    test
}

pub async fn raise(user: &TestUser, kind: Kind, more: Value) -> Value {
    user.post(&path(kind), with(least(kind), more)).await.is(201).json()
}

pub async fn post(user: &TestUser, path: &str, body: Value) -> Value {
    user.post(&format!("{ATLAS}/{path}"), body).await.is(201).json()
}

/// A change of state that is taken; the item after it.
pub async fn moved(user: &TestUser, item: &str, body: Value) -> Value {
    user.post(&format!("{ATLAS}/{item}/transitions"), body).await.is(200).json()
}

/// A change of state that is refused; the message beside the field.
pub async fn unmoved(user: &TestUser, item: &str, body: Value, field: &str) -> String {
    user.post(&format!("{ATLAS}/{item}/transitions"), body).await.refused(field)
}
