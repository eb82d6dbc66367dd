//! What is described of benefits, stakeholders, surveys, money, capacity, roles and rework.

use super::{by_fields, collection, listed, one, read, write};
use crate::domain::measurement::{OF, TARGET_FIELDS};
use crate::domain::{allocation, budget, measurement, raci, rework, survey};
use crate::web::api::schema::{body, found_at, partial};
use crate::web::record::Kept;
use crate::web::{benefit, survey as pages};
use serde_json::{Map, Value, json};

type Described = Map<String, Value>;

/// Adds what is described to the paths and schemas.
pub(super) fn describe(paths: &mut Described, schemas: &mut Described) {
    let answer = survey::ANSWER_FIELDS;
    let stakeholders = "/api/v1/programs/{key}/stakeholders#/items/*/ref";
    let mut roles = body(raci::FIELDS.iter());
    found_at(&mut roles, &["item"], "/api/v1/programs/{key}/decisions#/items/*/ref");
    found_at(&mut roles, &["responsible", "accountable", "consulted", "informed"], stakeholders);
    for (name, whole) in [
        ("BudgetLine", body(budget::FIELDS.iter())),
        ("Allocation", body(allocation::FIELDS.iter())),
        ("Rework", body(rework::FIELDS.iter())),
        ("Raci", roles),
        ("Survey", body(survey::FIELDS.iter())),
        ("AdoptionTarget", body(TARGET_FIELDS.iter())),
        ("Measurement", body(measurement::FIELDS.iter())),
    ] {
        schemas.insert(format!("{name}Patch"), partial(whole.clone()));
        schemas.insert(name.to_owned(), whole);
    }
    // What is measured is said when it is measured, and stays.
    schemas.insert("Measurement".into(), body(measurement::FIELDS.iter().chain([&OF])));
    let mut given = body(answer.iter());
    given["properties"]["on"] = json!({"type": "string", "format": "date"});
    schemas.insert("SurveyAnswer".into(), given);
    let list = json!({"type": "array", "minItems": 1, "items": {"type": "string"}, "description": "References of stakeholders"});
    let mut invited =
        json!({"type": "object", "properties": {"stakeholders": list}, "required": ["stakeholders"]});
    found_at(&mut invited, &["stakeholders"], stakeholders);
    schemas.insert("Invitations".into(), invited);
    let contact = json!({"on": {"type": "string", "format": "date"}, "reason": {"type": "string"}});
    schemas.insert("Contact".into(), json!({"type": "object", "properties": contact}));

    of::<budget::BudgetLine>(paths, "BudgetLine", "budget", "budget line");
    of::<allocation::Allocation>(paths, "Allocation", "allocations", "allocation");
    of::<rework::Rework>(paths, "Rework", "rework", "rework event");
    of::<raci::Raci>(paths, "Raci", "raci", "subject's roles");
    benefits(paths);
    surveys(paths);
    let contacts = "/api/v1/programs/{key}/stakeholders/{number}/contacts";
    let what = ("Say that a stakeholder was spoken to", "stakeholders");
    write(paths, contacts, "post", what, &["key", "number"], Some("Contact"), "201");
}

fn of<R: Kept>(paths: &mut Described, schema: &str, tag: &str, word: &str) {
    let all = format!("/api/v1/programs/{{key}}{}", R::PATH);
    collection(paths, &all, schema, tag, &["key"], by_fields(R::BY));
    one(paths, &format!("{all}/{{id}}"), &format!("{schema}Patch"), word, &["key", "id"]);
}

fn benefits(paths: &mut Described) {
    let base = "/api/v1/programs/{key}/benefits/{number}";
    let (at, each) = (["key", "number"], ["key", "number", "id"]);
    let all = format!("{base}/measurements");
    collection(paths, &all, "Measurement", "measurements", &at, by_fields(&benefit::BY));
    one(paths, &format!("{all}/{{id}}"), "MeasurementPatch", "measurement", &each);
    let all = format!("{base}/adoption-targets");
    collection(paths, &all, "AdoptionTarget", "adoption targets", &at, by_fields(&benefit::TARGET_BY));
    one(paths, &format!("{all}/{{id}}"), "AdoptionTargetPatch", "adoption target", &each);
}

fn surveys(paths: &mut Described) {
    let (all, tag, at) = ("/api/v1/programs/{key}/surveys", "surveys", ["key", "number"]);
    collection(paths, all, "Survey", tag, &["key"], by_fields(&pages::BY));
    let single = format!("{all}/{{number}}");
    read(paths, &single, "A survey with its results", &at);
    write(paths, &single, "patch", ("Change a survey", tag), &at, Some("SurveyPatch"), "200");
    let gone = ("Archive a survey: its links say that it is closed, and what was answered counts on", tag);
    write(paths, &single, "delete", gone, &at, None, "204");
    write(paths, &format!("{single}/restore"), "post", ("Restore a survey", tag), &at, None, "200");
    let answers = format!("{single}/answers");
    listed(
        paths,
        &answers,
        ("Answers to a survey, without who gave them", tag),
        &at,
        by_fields(&pages::ANSWER_BY),
    );
    let what = ("Write down an answer that was given elsewhere", tag);
    write(paths, &answers, "post", what, &at, Some("SurveyAnswer"), "201");
    let asked = format!("{single}/invitations");
    listed(paths, &asked, ("Who was asked", tag), &at, by_fields(&pages::ASKED_BY));
    let what = ("Ask stakeholders; the answer has the link of each, once", tag);
    write(paths, &asked, "post", what, &at, Some("Invitations"), "201");
}
