//! The description of what stands beside gates and releases, and of the calls of other tools.

use super::{by_fields, collection, listed, write};
use crate::app::{inbound as calls, sign_off};
use crate::domain::item;
use crate::domain::kind::Kind;
use crate::domain::{checklist, release};
use crate::web::api::schema::{body, found_at, own};
use crate::web::api::{inbound, readiness};
use serde_json::{Map, Value, json};

/// Adds the schemas.
pub(super) fn schemas(schemas: &mut Map<String, Value>) {
    let mut check = body(item::fields(Kind::Check).filter(|field| field.name != "gate"));
    // A check without a title is called by the first words of its criterion.
    check["required"] = json!([]);
    if let Some(whole) = schemas.get_mut("Check") {
        whole["required"] = json!(["gate"]);
    }
    if let Some(gate) = schemas.get_mut("Gate") {
        gate["properties"]["checks"] =
            json!({"type": "array", "maxItems": 200, "items": {"$ref": "#/components/schemas/GateCheck"}});
    }
    let at = |place: &str| format!("/api/v1/programs/{{key}}/{place}");
    let mut sign_off = own(sign_off::FIELDS.iter());
    found_at(&mut sign_off, &["role"], &at("gates/{number}#/sign_off_roles/*"));
    let mut list = own(checklist::FIELDS.iter());
    found_at(&mut list, &["gate"], &at("gates#/items/*/ref"));
    let mut step = own(release::STEP_FIELDS.iter());
    found_at(&mut step, &["step"], &at("releases/{number}/steps#/items/*/step"));
    let mut begin = json!({"type": "object", "required": ["checklist"], "additionalProperties": false, "properties": {
        "checklist": {"type": "string", "description": "Its name or id"}}});
    found_at(&mut begin, &["checklist"], &at("checklists#/items/*/name"));
    schemas.extend([
        ("GateCheck".to_owned(), check),
        ("SignOff".to_owned(), sign_off),
        ("Checklist".to_owned(), list),
        ("ReleaseStep".to_owned(), step),
        ("ReleaseEvent".to_owned(), own(release::EVENT_FIELDS.iter())),
        ("InboundEndpoint".to_owned(), own(calls::FIELDS.iter())),
        ("BeginFrom".to_owned(), begin),
        (
            "InboundCall".to_owned(),
            json!({"type": "object", "required": ["type", "data"], "properties": {
                "type": {"enum": ["check.evidence", "release.incident", "release.defect", "milestone.achieved"]},
                "data": {"type": "object", "required": ["ref"], "properties": {
                    "ref": {"type": "string"}, "passed": {"type": "boolean"}, "title": {"type": "string"},
                    "url": {"type": "string"}, "on": {"type": "string", "format": "date"},
                    "count": {"type": "integer", "minimum": 1}, "external_id": {"type": "string"}}}}}),
        ),
    ]);
}

/// Adds the paths.
pub(super) fn paths(paths: &mut Map<String, Value>) {
    let gate = "/api/v1/programs/{key}/gates/{number}";
    let at = ["key", "number"];
    let by = by_fields(&readiness::CHECK_FIELDS);
    collection(paths, &format!("{gate}/checks"), "GateCheck", "checks of a gate", &at, by);
    let by = by_fields(&readiness::SIGN_OFF_FIELDS);
    collection(paths, &format!("{gate}/sign-offs"), "SignOff", "sign-offs of a gate", &at, by);
    let begin = ("Give a gate the checks of a checklist", "checklists");
    write(paths, &format!("{gate}/checklist"), "post", begin, &at, Some("BeginFrom"), "200");
    let lists = "/api/v1/programs/{key}/checklists";
    collection(paths, lists, "Checklist", "checklists", &["key"], by_fields(&readiness::CHECKLIST_FIELDS));
    let gone = ("Take a checklist away", "checklists");
    write(paths, &format!("{lists}/{{id}}"), "delete", gone, &["key", "id"], None, "204");
    let release = "/api/v1/programs/{key}/releases/{number}";
    let by = by_fields(&readiness::STEP_FIELDS);
    listed(paths, &format!("{release}/steps"), ("Steps of a release", "releases"), &at, by);
    let tick = ("Mark a step as taken, or as not taken after all", "releases");
    write(paths, &format!("{release}/steps"), "post", tick, &at, Some("ReleaseStep"), "200");
    let by = by_fields(&readiness::EVENT_FIELDS);
    let events = format!("{release}/events");
    collection(paths, &events, "ReleaseEvent", "incidents and defects of a release", &at, by);
    let back = ("Take back what was counted", "releases");
    write(paths, &format!("{events}/{{id}}"), "delete", back, &["key", "number", "id"], None, "204");
    let inbound = "/api/v1/programs/{key}/inbound";
    let by = by_fields(&inbound::FIELDS);
    collection(paths, inbound, "InboundEndpoint", "tools that call", &["key"], by);
    let revoke = ("Let a tool call no more", "tools that call");
    write(paths, &format!("{inbound}/{{id}}"), "delete", revoke, &["key", "id"], None, "204");
    let call = ("A signed call of another tool, by Standard Webhooks", "tools that call");
    let path = "/api/v1/inbound/{endpoint}";
    write(paths, path, "post", call, &["endpoint"], Some("InboundCall"), "200");
    if let Some(call) = paths.get_mut(path).map(|path| &mut path["post"]) {
        call["security"] = json!([]);
        let headers = [
            (
                "webhook-id",
                "Unique; the same again does nothing twice, for 400 days. How it was answered is kept for 30.",
            ),
            ("webhook-timestamp", "Seconds since 1970, within five minutes of the clock here."),
            ("webhook-signature", "v1, and base64 of HMAC-SHA256 over “id.timestamp.body”."),
        ];
        if let Some(parameters) = call["parameters"].as_array_mut() {
            parameters.extend(headers.map(|(name, what)| {
                json!({"name": name, "in": "header", "required": true, "description": what, "schema": {"type": "string"}})
            }));
        }
    }
}
