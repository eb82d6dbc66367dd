//! What is wrong with an answer.

use super::described::Operation;
use super::{Fuzzer, Sent, Wanted};
use crate::support::app::Answer;
use serde_json::{Map, Value};

impl Fuzzer<'_> {
    /// What is wrong with an answer.
    pub(super) fn judge(&self, operation: &Operation, sent: &Sent, answer: &Answer) -> Option<String> {
        if answer.status >= 500 {
            return Some(format!("fails with {}", answer.status));
        }
        match sent.wanted {
            Wanted::Status(status) if answer.status != status => {
                return Some(format!("is not answered with {status}, but {}", answer.status));
            }
            Wanted::Refused if answer.status < 400 => {
                return Some("is taken, against the description".into());
            }
            _ => {}
        }
        let Some(described) = operation.responses.get(&answer.status.to_string()) else {
            return Some(format!("answers {}, which isn't described", answer.status));
        };
        let kinds = described["content"].as_object().cloned().unwrap_or_default();
        let kind = answer.header("content-type").split(';').next().unwrap_or_default().trim().to_owned();
        if kinds.is_empty() {
            return (!answer.text.is_empty()).then(|| format!("has a body with {}", answer.status));
        }
        let Some(schema) = kinds.get(&kind).map(|kind| &kind["schema"]) else {
            return Some(format!("answers {} as “{kind}”, which isn't described", answer.status));
        };
        if kind.ends_with("json") {
            let Ok(body) = serde_json::from_str::<Value>(&answer.text) else {
                return Some(format!("has no JSON with {}", answer.status));
            };
            if let Some(misfit) = self.described.misfit(schema, &body, "the answer") {
                return Some(format!("answers {}, and {misfit}", answer.status));
            }
            if answer.status >= 400 {
                return bad_problem(answer, &body, sent);
            }
        }
        (answer.status == 201 && answer.header("location").is_empty())
            .then(|| "has no Location with 201".into())
    }
}

fn bad_problem(answer: &Answer, body: &Value, sent: &Sent) -> Option<String> {
    let status = answer.status;
    if body["status"] != status || !["type", "title", "detail"].iter().all(|name| body[*name].is_string()) {
        return Some(format!("has problem details with {status} that lack something"));
    }
    for inner in ["sqlx", "error returned from database", "panicked", "src/"] {
        if answer.text.contains(inner) {
            return Some(format!("shows its inside with {status}"));
        }
    }
    if ![400, 422].contains(&status) {
        return None;
    }
    let errors = body["errors"].as_array().cloned().unwrap_or_default();
    if errors.is_empty()
        || errors
            .iter()
            .any(|error| !error["field"].is_string() || error["message"].as_str().is_none_or(str::is_empty))
    {
        return Some(format!("names no field with {status}"));
    }
    let written: Map<String, Value> =
        sent.body.as_deref().and_then(|body| serde_json::from_slice(body).ok()).unwrap_or_default();
    let odd = errors.iter().filter_map(|error| error["field"].as_str()).find(|field| {
        let head = field.split(['.', '[']).next().unwrap_or_default();
        !field.is_empty()
            && !written.contains_key(*field)
            && !written.contains_key(head)
            && !sent.names.iter().any(|name| name == head || name == field)
    });
    odd.map(|field| {
        format!(
            "names a field “{}” with {status} that nobody knows",
            field.chars().take(60).collect::<String>()
        )
    })
}
