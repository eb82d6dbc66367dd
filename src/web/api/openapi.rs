//! The description of the API, OpenAPI 3.1, at `/api/openapi.json`: made from the same tables of fields that drafts are checked
//! against, so that it can't drift from what is taken.

mod governance;
mod readiness;
mod value;

use super::page::{LIMIT, MOST};
use super::schema::{
    account_change, body, comment, link, membership, named, own, page, partial, problem, transitions,
};
use crate::app::{account, token};
use crate::domain::draft::Control;
use crate::domain::filter;
use crate::domain::forecast::{DISTRIBUTIONS, MOST_ITERATIONS, SEED, Spread};
use crate::domain::item;
use crate::domain::kind::{Kind, State};
use crate::domain::metrics::{Metric, WINDOW_DAYS};
use crate::domain::program;
use crate::domain::scenario;
use crate::domain::schedule::simulate::ITERATIONS;
use crate::domain::schedule_link;
use crate::domain::work_calendar;
use axum::Json;
use axum::response::IntoResponse;
use serde_json::{Map, Value, json};

use crate::web::api;
use crate::web::metric::LONGEST_WINDOW;
use crate::web::routes::Routes;

pub fn routes() -> Routes {
    Routes::new().get("/api/openapi.json", describe)
}

async fn describe() -> impl IntoResponse {
    Json(document())
}

/// The whole description.
#[must_use]
pub fn document() -> Value {
    let mut paths = Map::new();
    let mut schemas = Map::from_iter([
        ("Problem".to_owned(), problem()),
        ("Page".to_owned(), page()),
        ("Program".to_owned(), body(program::FIELDS.iter())),
        ("Project".to_owned(), body(program::PROJECT_FIELDS.iter())),
        ("Person".to_owned(), body(program::PERSON_FIELDS.iter())),
        ("Team".to_owned(), body(program::TEAM_FIELDS.iter())),
    ]);
    schemas.extend(named());
    let mut answer = own(crate::app::change::question::FIELDS.iter());
    answer["x-from"] = json!([State::Submitted]);
    schemas.extend([
        ("Account".to_owned(), own(account::FIELDS.iter())),
        ("AccountChange".to_owned(), account_change()),
        ("Token".to_owned(), own(token::FIELDS.iter())),
        ("Membership".to_owned(), membership()),
        ("Baseline".to_owned(), body(crate::app::baseline::FIELDS.iter())),
        ("Answer".to_owned(), answer),
        ("Become".to_owned(), own(crate::app::assumption::FIELDS.iter())),
        ("ScheduleLink".to_owned(), body(schedule_link::FIELDS.iter())),
        ("Calendar".to_owned(), body(work_calendar::FIELDS.iter())),
        ("Scenario".to_owned(), super::schema::scenario(body(scenario::FIELDS.iter()))),
        (
            "ScenarioPreview".to_owned(),
            super::schema::scenario(json!({"type": "object", "additionalProperties": false})),
        ),
        ("ScenarioTransition".to_owned(), super::schema::scenario_transition()),
        ("Comment".to_owned(), comment()),
        ("Link".to_owned(), link()),
    ]);
    for (name, key) in [("Program", "ATLAS"), ("Project", "payments.v2")] {
        schemas[name]["properties"]["key"]["examples"] = json!([key]);
    }
    for name in ["Program", "Project", "Person", "Team", "ScheduleLink", "Calendar", "Scenario"] {
        let patch = schemas.get(name).cloned().map(partial).unwrap_or_default();
        schemas.insert(format!("{name}Patch"), patch);
    }
    let by = by_fields(&api::program::PROGRAM_FIELDS);
    collection(&mut paths, "/api/v1/programs", "Program", "programs", &[], by);
    one(&mut paths, "/api/v1/programs/{key}", "ProgramPatch", "program", &["key"]);
    restored(&mut paths, "/api/v1/programs/{key}", "program", &["key"]);
    let by = by_fields(&api::program::PROJECT_FIELDS);
    collection(&mut paths, "/api/v1/programs/{key}/projects", "Project", "projects", &["key"], by);
    let project = "/api/v1/programs/{key}/projects/{project}";
    one(&mut paths, project, "ProjectPatch", "project", &["key", "project"]);
    restored(&mut paths, project, "project", &["key", "project"]);
    let health = "Computed health of a project, over its own items, with its reasons";
    read(&mut paths, &format!("{project}/health"), health, &["key", "project"]);
    let links = "/api/v1/programs/{key}/links";
    collection(&mut paths, links, "ScheduleLink", "links", &["key"], by_fields(&api::schedule_link::FIELDS));
    let link = "/api/v1/programs/{key}/links/{id}";
    one(&mut paths, link, "ScheduleLinkPatch", "link of the schedule", &["key", "id"]);
    let by = by_fields(&crate::web::work_calendar::BY);
    collection(&mut paths, "/api/v1/programs/{key}/calendars", "Calendar", "calendars", &["key"], by);
    let calendar = "/api/v1/programs/{key}/calendars/{id}";
    one(&mut paths, calendar, "CalendarPatch", "calendar", &["key", "id"]);
    scenarios(&mut paths);
    for (all, name) in [("/api/v1/people", "Person"), ("/api/v1/teams", "Team")] {
        let (tag, single) = (all.trim_start_matches("/api/v1/"), format!("{all}/{{id}}"));
        collection(&mut paths, all, name, tag, &[], by_name());
        one(&mut paths, &single, &format!("{name}Patch"), &name.to_lowercase(), &["id"]);
        restored(&mut paths, &single, &name.to_lowercase(), &["id"]);
    }
    for kind in Kind::ALL {
        of_kind(&mut paths, &mut schemas, kind);
    }
    readiness::schemas(&mut schemas);
    readiness::paths(&mut paths);
    governance::schemas(&mut schemas);
    governance::paths(&mut paths);
    value::describe(&mut paths, &mut schemas);
    around_programs(&mut paths);
    accounts_and_tokens(&mut paths);
    finish(&mut paths);
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Plumbline", "version": env!("CARGO_PKG_VERSION"),
            "description": "Dates are YYYY-MM-DD, instants RFC 3339 in UTC. Every item can be read as of a past day with `as_of`. \
                Errors are problem details (RFC 9457). `x-from` of a body names the states in which what is written to can be; \
                `x-values` of a field says where its values are found: a path of this API, and after `#` a pointer into its answer \
                (`*`: each item of a list).",
        },
        "servers": [{"url": "/"}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": schemas,
        },
    })
}

/// What is described of every kind of item.
fn of_kind(paths: &mut Map<String, Value>, schemas: &mut Map<String, Value>, kind: Kind) {
    let name = schema_name(kind);
    let whole = body(item::fields(kind));
    schemas.insert(format!("{name}Patch"), partial(whole.clone()));
    schemas.insert(name.clone(), whole);
    schemas.insert(format!("{name}Transition"), transitions(kind));
    let (tag, word) = (kind.plural(), kind.label().to_lowercase());
    let all = format!("/api/v1/programs/{{key}}/{tag}");
    let single = format!("{all}/{{number}}");
    let at = ["key", "number"];
    collection(paths, &all, &name, tag, &["key"], by_kinds(&[kind]));
    as_csv_too(paths, &all);
    one(paths, &single, &format!("{name}Patch"), kind.name(), &at);
    restored(paths, &single, kind.name(), &at);
    let moved = (format!("Change the state of a {word}"), format!("{name}Transition"));
    add(
        paths,
        &format!("{single}/transitions"),
        "post",
        operation(&moved.0, tag, parameters(&at), Some(&moved.1), "200", Some(kind)),
    );
    if kind != Kind::Report {
        let confirmed =
            format!("Confirm that an open {word} stands as it is: an update that changes nothing");
        write(paths, &format!("{single}/confirm"), "post", (&confirmed, tag), &at, None, "200");
    }
    let by = by_fields(&api::item::COMMENT_FIELDS);
    listed(paths, &format!("{single}/comments"), (&format!("Comments on a {word}"), tag), &at, by);
    write(
        paths,
        &format!("{single}/comments"),
        "post",
        (&format!("Comment on a {word}"), tag),
        &at,
        Some("Comment"),
        "201",
    );
    let linked = format!("Links and mentions of a {word}, from both ends");
    listed(paths, &format!("{single}/links"), (&linked, tag), &at, by_fields(&api::item::LINK_FIELDS));
    write(
        paths,
        &format!("{single}/links"),
        "post",
        (&format!("Link a {word} to another item"), tag),
        &at,
        Some("Link"),
        "201",
    );
    let link = ["key", "number", "relation", "to"];
    let path = format!("{single}/links/{{relation}}/{{to}}");
    write(paths, &path, "delete", ("Take a link away", tag), &link, None, "204");
    let versions = format!("Every version of a {word}, with who, when and why");
    listed(paths, &format!("{single}/history"), (&versions, tag), &at, by_fields(&api::item::VERSION_FIELDS));
}

fn scenarios(paths: &mut Map<String, Value>) {
    let (all, tag) = ("/api/v1/programs/{key}/scenarios", "scenarios");
    collection(paths, all, "Scenario", tag, &["key"], by_fields(&api::scenario::FIELDS));
    let preview = ("What changes would do, without keeping them", tag);
    write(paths, &format!("{all}/preview"), "post", preview, &["key"], Some("ScenarioPreview"), "200");
    let (single, at) = (format!("{all}/{{number}}"), ["key", "number"]);
    one(paths, &single, "ScenarioPatch", "scenario, with its result", &at);
    let moved = ("Apply a scenario as a change request, or discard it", tag);
    write(paths, &format!("{single}/transitions"), "post", moved, &at, Some("ScenarioTransition"), "200");
    let at = ["key", "number", "other"];
    read(paths, &format!("{single}/compare/{{other}}"), "Two scenarios with their results", &at);
}

fn around_programs(paths: &mut Map<String, Value>) {
    let raid = ("The RAID log: all four kinds", "raid");
    listed(paths, "/api/v1/programs/{key}/raid", raid, &["key"], by_kinds(&Kind::RAID));
    as_csv_too(paths, "/api/v1/programs/{key}/raid");
    read(paths, "/api/v1/programs/{key}/health", "Computed health with its reasons", &["key"]);
    let by = by_fields(&crate::web::metric::FIELDS);
    listed(paths, "/api/v1/programs/{key}/metrics", ("All metrics", "read"), &["key"], by);
    let schedule = "/api/v1/programs/{key}/schedule";
    read(paths, schedule, "The computed schedule, with its critical path to an item", &["key"]);
    let to = "What the path leads to, by reference; the last milestone if left out.";
    asks(paths, schedule, [("to", json!({"type": "string", "description": to}))]);
    let metric = "/api/v1/programs/{key}/metrics/{name}";
    read(paths, metric, "One metric with its series and rows", &["key", "name"]);
    as_csv_too(paths, metric);
    let rows = format!("{metric}/rows.csv");
    read(paths, &rows, "Every row that makes the number of a metric, as CSV", &["key", "name"]);
    as_csv(paths, &rows);
    let window = json!({"type": "integer", "minimum": 1, "maximum": LONGEST_WINDOW, "default": WINDOW_DAYS,
        "description": "How many days up to the day that is asked for count, where the metric has a window."});
    for path in [metric, &rows] {
        asks(paths, path, [("window_days", window.clone())]);
    }
    let since = "/api/v1/programs/{key}/changes-since";
    read(paths, since, "What changed between two days", &["key"]);
    let on = |says: &str| json!({"type": "string", "format": "date", "description": says});
    let from = on(
        "After this day; a fortnight before the last one if left out. A day that has not come is refused.",
    );
    let to = on("Up to this day, not before `from`; today if left out. A day that has not come is refused.");
    let item = json!({"type": "string", "description": "Of this item of the program alone, by reference."});
    asks(paths, since, [("from", from), ("to", to), ("item", item)]);
    let by = (crate::web::history::PARAMETERS.map(|name| (name, text())).to_vec(), Vec::new());
    listed(paths, "/api/v1/programs/{key}/history", ("The audit trail", "read"), &["key"], by);
    forecast(paths);
    let by = by_fields(&api::program::BASELINE_FIELDS);
    listed(paths, "/api/v1/programs/{key}/baselines", ("Baselines", "baselines"), &["key"], by);
    let baselines = ("Make the next baseline", "baselines");
    write(paths, "/api/v1/programs/{key}/baselines", "post", baselines, &["key"], Some("Baseline"), "201");
    let baseline = "/api/v1/programs/{key}/baselines/{number}";
    read(paths, baseline, "A baseline with the dates that it set", &["key", "number"]);
    let members = "/api/v1/programs/{key}/members";
    let by = by_fields(&crate::web::member::FIELDS);
    listed(paths, members, ("Members of a program and their roles", "members"), &["key"], by);
    let (member, at) = (format!("{members}/{{person}}"), ["key", "person"]);
    write(paths, &member, "put", ("Give a person a role", "members"), &at, Some("Membership"), "200");
    write(paths, &member, "delete", ("Take a person's role away", "members"), &at, None, "204");
    let (member, at) = ("/api/v1/teams/{id}/members/{person}", ["id", "person"]);
    write(paths, member, "put", ("Put a person into a team", "teams"), &at, None, "200");
    write(paths, member, "delete", ("Take a person out of a team", "teams"), &at, None, "204");
    let by = by_fields(&crate::web::portfolio::FIELDS);
    listed(paths, "/api/v1/portfolio", ("All programs that the caller may see", "read"), &[], by);
    let by = by_fields(&crate::web::work::FIELDS);
    listed(paths, "/api/v1/me/work", ("What waits for the caller", "read"), &[], by);
    let by = (crate::web::search::PARAMETERS.map(|name| (name, text())).to_vec(), Vec::new());
    listed(paths, "/api/v1/search", ("Search", "read"), &[], by);
    need(paths, "/api/v1/search", "q");
    let by = by_fields(&api::imports::FIELDS);
    listed(paths, "/api/v1/imports", ("Imports into the programs that the caller may see", "read"), &[], by);
}

/// A collection of items that answers a table too, to who accepts `text/csv`: all of it, whatever the size of a page.
fn as_csv_too(paths: &mut Map<String, Value>, path: &str) {
    if let Some(answer) = paths.get_mut(path).map(|path| &mut path["get"]["responses"]["200"]) {
        answer["content"]["text/csv"] = json!({"schema": {"type": "string",
            "description": "All rows without pages, in the same order; of a metric, those that make its number."}});
    }
}

/// An operation that answers a table.
fn as_csv(paths: &mut Map<String, Value>, path: &str) {
    if let Some(answer) = paths.get_mut(path).map(|path| &mut path["get"]["responses"]["200"]) {
        answer["content"] = json!({"text/csv": {"schema": {"type": "string"}}});
    }
}

fn forecast(paths: &mut Map<String, Value>) {
    let mut asked = parameters(&["key"]);
    asked.extend(crate::web::forecast::PARAMETERS.iter().map(|name| {
        let schema = match *name {
            "iterations" => {
                json!({"type": "integer", "minimum": 1, "maximum": MOST_ITERATIONS, "default": ITERATIONS.get()})
            }
            "seed" => json!({"type": "integer", "minimum": 0, "default": SEED}),
            "distribution" => json!({"enum": DISTRIBUTIONS.map(|(name, _)| name), "default": "pert"}),
            "correlation" => json!({"type": "number", "minimum": 0, "maximum": 1, "default": 0.3}),
            "spread" => json!({"enum": Spread::ALL.map(Spread::name), "default": "certain",
                "description": "How activities spread that have no three points: not at all, or as others of their program usually do."}),
            _ => json!({"type": "string", "description": "What the curve and the drivers are of, by reference; the last open milestone if left out."}),
        };
        in_query(name, schema)
    }));
    asked.push(as_of());
    let summary = "When milestones are reached, with what probability, and how past forecasts fared";
    let operation = operation(summary, "read", asked, None, "200", None);
    add(paths, "/api/v1/programs/{key}/forecast", "get", operation);
}

fn accounts_and_tokens(paths: &mut Map<String, Value>) {
    let (all, one) = ("/api/v1/accounts", "/api/v1/accounts/{id}");
    let by = by_fields(&crate::web::admin::ACCOUNT_FIELDS);
    listed(paths, all, ("Accounts: administrators only", "accounts"), &[], by);
    write(
        paths,
        all,
        "post",
        ("Make an account; the answer has its first password, once", "accounts"),
        &[],
        Some("Account"),
        "201",
    );
    read(paths, one, "An account", &["id"]);
    write(paths, one, "patch", ("Change an account", "accounts"), &["id"], Some("AccountChange"), "200");
    let reset = ("Give an account a new first password", "accounts");
    write(paths, "/api/v1/accounts/{id}/password", "post", reset, &["id"], None, "200");
    let by = by_fields(&crate::web::account::TOKEN_FIELDS);
    listed(paths, "/api/v1/tokens", ("The caller's tokens", "tokens"), &[], by);
    write(
        paths,
        "/api/v1/tokens",
        "post",
        ("Make a token; it is shown once", "tokens"),
        &[],
        Some("Token"),
        "201",
    );
    write(paths, "/api/v1/tokens/{id}", "delete", ("Revoke a token", "tokens"), &["id"], None, "204");
}

fn problem_of(what: &str) -> Value {
    let problem = json!({"schema": {"$ref": "#/components/schemas/Problem"}});
    json!({"description": what, "content": {"application/problem+json": problem}})
}

/// Gives each operation a name of its own, `get_programs_key_risks`, and each write the answers that a write may have.
fn finish(paths: &mut Map<String, Value>) {
    for (path, methods) in paths.iter_mut() {
        let Some(methods) = methods.as_object_mut() else { continue };
        for (method, operation) in methods.iter_mut() {
            if method != "get" {
                let archived = "It is archived, or the same request is being done";
                operation["responses"]["409"] = problem_of(archived);
                operation["responses"]["412"] = problem_of("Somebody else changed it");
            }
            if method == "patch" {
                operation["responses"]["428"] = problem_of("The version is needed");
                if let Some(asked) = operation["parameters"].as_array_mut() {
                    let version = json!({"type": "string", "description": "The version that was read, in quotation marks."});
                    asked.push(
                        json!({"name": "If-Match", "in": "header", "required": true, "schema": version}),
                    );
                }
            }
            let words = path.trim_start_matches("/api/v1/").split(|c: char| !c.is_ascii_alphanumeric());
            let words: Vec<_> = words.filter(|word| !word.is_empty()).collect();
            operation["operationId"] = json!(format!("{method}_{}", words.join("_")));
        }
    }
}

fn schema_name(kind: Kind) -> String {
    let mut name = kind.name().to_owned();
    if let Some(first) = name.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    name
}

fn parameters(names: &[&str]) -> Vec<Value> {
    names
        .iter()
        .map(|name| {
            let kind = match *name {
                "number" => json!({"type": "integer", "minimum": 1}),
                // Metrics alone are asked for by name.
                "name" => json!({"type": "string", "enum": Metric::ALL.map(Metric::name)}),
                _ => json!({"type": "string"}),
            };
            json!({"name": name, "in": "path", "required": true, "schema": kind})
        })
        .collect()
}

fn in_query(name: &str, schema: Value) -> Value {
    json!({"name": name, "in": "query", "schema": schema})
}

/// Adds to what a path is asked by.
fn asks(paths: &mut Map<String, Value>, path: &str, more: impl IntoIterator<Item = (&'static str, Value)>) {
    if let Some(asked) = paths.get_mut(path).and_then(|path| path["get"]["parameters"].as_array_mut()) {
        asked.extend(more.into_iter().map(|(name, schema)| in_query(name, schema)));
    }
}

/// Says that a path isn't answered without this parameter.
fn need(paths: &mut Map<String, Value>, path: &str, name: &str) {
    let asked = paths.get_mut(path).and_then(|path| path["get"]["parameters"].as_array_mut());
    for parameter in asked.into_iter().flatten().filter(|parameter| parameter["name"] == name) {
        parameter["required"] = json!(true);
    }
}

fn operation(
    summary: &str,
    tag: &str,
    parameters: Vec<Value>,
    body: Option<&str>,
    success: &str,
    kind: Option<Kind>,
) -> Value {
    let mut responses = Map::from_iter([
        (
            success.to_owned(),
            json!({"description": "Done", "content": {"application/json": {"schema": {"type": "object"}}}}),
        ),
        ("400".to_owned(), problem_of("It can't be read")),
        ("401".to_owned(), problem_of("No valid token")),
        ("403".to_owned(), problem_of("Not allowed")),
        ("404".to_owned(), problem_of("Nothing here, or nothing that the caller may see")),
        ("422".to_owned(), problem_of("Refused, with an error for each field")),
        ("503".to_owned(), problem_of("Not available at the moment: try again later")),
    ]);
    if success == "204" {
        responses.insert("204".into(), json!({"description": "Done"}));
    }
    if body.is_some() {
        responses.insert("413".into(), problem_of("Too large"));
        responses.insert("415".into(), problem_of("Not JSON"));
    }
    let mut operation =
        json!({"summary": summary, "tags": [tag], "parameters": parameters, "responses": responses});
    if let Some(name) = body {
        operation["requestBody"] = json!({
            "required": true,
            "content": {"application/json": {"schema": {"$ref": format!("#/components/schemas/{name}")}}},
        });
    }
    if let Some(kind) = kind {
        let ways: Vec<_> = kind
            .states()
            .iter()
            .map(|from| {
                let to: Vec<_> = kind.next_states(*from).iter().map(|state| state.name()).collect();
                format!(
                    "{} → {}",
                    from.name(),
                    if to.is_empty() { "its end".to_owned() } else { to.join(", ") }
                )
            })
            .collect();
        operation["description"] = json!(ways.join("; "));
    }
    operation
}

fn as_of() -> Value {
    in_query("as_of", json!({"type": "string", "format": "date"}))
}

/// The parameters of a collection beside those of its path: which page of it, its filters and its orders.
type Filters = Vec<(&'static str, Value)>;

fn text() -> Value {
    json!({"type": "string"})
}

/// The filters of a collection whose rows are filtered and sorted by some of their fields.
pub(super) fn by_fields(fields: &[&'static str]) -> (Filters, Vec<&'static str>) {
    (fields.iter().map(|name| (*name, text())).collect(), fields.to_vec())
}

/// The filters and orders of the collections of people and teams.
fn by_name() -> (Filters, Vec<&'static str>) {
    (vec![("q", text()), ("archived", json!({"type": "boolean"}))], vec!["name"])
}

/// The filters and orders of items of these kinds.
fn by_kinds(kinds: &[Kind]) -> (Filters, Vec<&'static str>) {
    let states: Vec<&str> = kinds.iter().flat_map(|kind| kind.states()).map(|state| state.name()).collect();
    let mut filters: Filters = vec![
        ("q", text()),
        (
            "state",
            json!({"type": "string", "description": format!("Several by commas: {}", states.join(", "))}),
        ),
        ("archived", json!({"type": "boolean"})),
        ("score_from", json!({"type": "integer"})),
        ("due_before", json!({"type": "string", "format": "date"})),
    ];
    if kinds.len() > 1 {
        let names: Vec<_> = kinds.iter().map(|kind| kind.name()).collect();
        filters.push(("type", json!({"type": "string", "description": names.join(", ")})));
    }
    for field in filter::fields(kinds) {
        let several = "Several by commas; “none” for what has none.";
        filters.push(match field.control {
            Control::Line(_) | Control::Link(_) | Control::Text(_) => (field.name, text()),
            Control::Person | Control::Team | Control::Project | Control::Item | Control::Party => (
                field.name,
                json!({"type": "string", "description": "By id, e-mail, key, reference or name."}),
            ),
            Control::Choice(choices) | Control::Choices(choices) => {
                let words: Vec<_> = choices.iter().map(|(name, _)| *name).collect();
                (
                    field.name,
                    json!({"type": "string", "description": format!("{several} {}", words.join(", "))}),
                )
            }
            _ => (field.name, json!({"type": "string", "description": several})),
        });
    }
    (filters, filter::sorts(kinds))
}

/// A collection that is read page by page.
pub(super) fn listed(
    paths: &mut Map<String, Value>,
    path: &str,
    what: (&str, &str),
    names: &[&str],
    (filters, sorts): (Filters, Vec<&'static str>),
) {
    let mut asked = parameters(names);
    let limit = json!({"type": "integer", "minimum": 1, "maximum": MOST, "default": LIMIT});
    let cursor =
        json!({"type": "string", "description": "The next_cursor of the page before, in the same order."});
    asked.extend([in_query("limit", limit), in_query("cursor", cursor), as_of()]);
    if !sorts.is_empty() {
        let orders: Vec<String> = sorts
            .iter()
            .map(|name| (*name).to_owned())
            .chain(sorts.iter().map(|name| format!("-{name}")))
            .collect();
        asked.push(in_query("sort", json!({"enum": orders})));
    }
    asked.extend(filters.into_iter().map(|(name, schema)| in_query(name, schema)));
    let mut operation = operation(what.0, what.1, asked, None, "200", None);
    operation["responses"]["200"]["content"]["application/json"]["schema"] =
        json!({"$ref": "#/components/schemas/Page"});
    add(paths, path, "get", operation);
}

/// A collection to which can be added.
pub(super) fn collection(
    paths: &mut Map<String, Value>,
    path: &str,
    schema: &str,
    tag: &str,
    names: &[&str],
    asked: (Filters, Vec<&'static str>),
) {
    listed(paths, path, (&format!("List {tag}"), tag), names, asked);
    write(paths, path, "post", (&format!("Add to {tag}"), tag), names, Some(schema), "201");
}

fn one(paths: &mut Map<String, Value>, path: &str, schema: &str, tag: &str, names: &[&str]) {
    let mut shown = parameters(names);
    shown.push(as_of());
    paths.insert(
        path.to_owned(),
        json!({
            "get": operation(&format!("Show a {tag}"), tag, shown, None, "200", None),
            "patch": operation(&format!("Edit a {tag}"), tag, parameters(names), Some(schema), "200", None),
            "delete": operation(&format!("Archive a {tag}"), tag, parameters(names), None, "204", None),
        }),
    );
}

fn read(paths: &mut Map<String, Value>, path: &str, summary: &str, names: &[&str]) {
    let mut asked = parameters(names);
    asked.push(as_of());
    add(paths, path, "get", operation(summary, "read", asked, None, "200", None));
}

/// A write that is neither the making nor the editing of a resource; `what` is its summary and its tag.
pub(super) fn write(
    paths: &mut Map<String, Value>,
    path: &str,
    method: &str,
    what: (&str, &str),
    names: &[&str],
    body: Option<&str>,
    success: &str,
) {
    add(paths, path, method, operation(what.0, what.1, parameters(names), body, success, None));
}

fn restored(paths: &mut Map<String, Value>, path: &str, tag: &str, names: &[&str]) {
    let summary = format!("Bring an archived {tag} back");
    write(paths, &format!("{path}/restore"), "post", (&summary, tag), names, None, "200");
}

fn add(paths: &mut Map<String, Value>, path: &str, method: &str, operation: Value) {
    let methods = paths.entry(path).or_insert_with(|| json!({}));
    methods[method] = operation;
}
