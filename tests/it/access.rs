//! Who may call which route: a table that every route has a row in, walked as each role.

mod table;
mod value;

use crate::support::api::needed;
use crate::support::app::{Answer, TestApp, TestUser};
use plumbline::domain::kind::Kind;
use reqwest::Method;
use serde_json::{Value, json};
use table::Who::{
    self, Admin, AnyManager, Anybody, Contributor, Manager, Member, Own, ProgramAdmin, SignedIn,
};
pub use table::rows;

#[test]
fn every_route_has_a_row_and_every_row_a_route() {
    let routes = plumbline::web::routes();
    let rows = rows();
    let known = |method: &str, path: &str| rows.iter().any(|(m, p, _)| *m == method && p == path);
    let unruled: Vec<_> = routes.listed().iter().filter(|(method, path)| !known(method, path)).collect();
    assert!(unruled.is_empty(), "say in the table who may call {unruled:?}");
    let there = |method: &str, path: &str| routes.listed().iter().any(|(m, p)| *m == method && p == path);
    let gone: Vec<_> = rows.iter().filter(|(method, path, _)| !there(method, path)).collect();
    assert!(gone.is_empty(), "there are no routes any more for {gone:?}");
}

/// A word that stands in every title of the program, so that a leak is seen.
const SECRET: &str = "Heliotrope";

/// Something in each place of the program: one item of each kind, that its manager owns; a project; a baseline; a team.
/// What stands in the places of paths.
struct Furnished {
    team: String,
    link: String,
    calendar: String,
    share: String,
    /// Records, by what stands before their id in a path.
    records: Vec<(&'static str, String)>,
}

/// The dimensions of health.
const DIMENSIONS: [&str; 7] = ["schedule", "scope", "cost", "risk", "dependencies", "decisions", "readiness"];

async fn furnish(test: &TestApp) -> Furnished {
    let team = test.manager.post("/api/v1/teams", json!({"name": "Ledger"})).await.is(201).json();
    let project = json!({"key": "GL", "name": format!("{SECRET} project")});
    test.manager.post("/api/v1/programs/ATLAS/projects", project).await.is(201);
    for kind in Kind::ALL {
        let mut body = json!({"title": format!("{SECRET} {}", kind.name()), "owner": test.manager.email});
        let own = match kind {
            Kind::Milestone => json!({"committed_on": "2026-09-01"}),
            Kind::Activity => json!({"likely_days": 5}),
            Kind::Issue => json!({"severity": 2}),
            Kind::Dependency => json!({"provider": {"team": "Ledger"}, "consumer": {"project": "GL"},
                "needed_by": "2026-08-01"}),
            Kind::Change => json!({"kinds": ["scope"], "reason": SECRET}),
            kind => needed(kind),
        };
        let (Value::Object(body_fields), Value::Object(own)) = (&mut body, own) else { panic!("objects") };
        body_fields.extend(own);
        test.manager.post(&format!("/api/v1/programs/ATLAS/{}", kind.plural()), body).await.is(201);
    }
    let id = |made: &Value| made["id"].as_str().expect("it has an id").to_owned();
    let link = json!({"predecessor": "ATLAS-T1", "successor": "ATLAS-M1"});
    let link = id(&test.manager.post("/api/v1/programs/ATLAS/links", link).await.is(201).json());
    // At its second version, so that nobody takes it away over the first.
    let path = format!("/api/v1/programs/ATLAS/links/{link}");
    test.manager.patch(&path, 1, json!({"type": "SS"})).await.is(200);
    let calendar = json!({"name": format!("{SECRET} calendar")});
    let calendar = id(&test.manager.post("/api/v1/programs/ATLAS/calendars", calendar).await.is(201).json());
    // At its second version, as the link.
    let slip = json!([{"change": "slip", "item": "ATLAS-T1", "days": 5}]);
    let scenario = json!({"title": format!("{SECRET} scenario"), "changes": slip});
    test.manager.post("/api/v1/programs/ATLAS/scenarios", scenario).await.is(201);
    let path = "/api/v1/programs/ATLAS/scenarios/1";
    test.manager.patch(path, 1, json!({"description": SECRET})).await.is(200);
    // A published report with a link, the second; the first stays a draft.
    let words: serde_json::Map<String, Value> =
        DIMENSIONS.map(|name| (name.to_owned(), json!("As it is."))).into_iter().collect();
    let report = json!({"title": "Second", "period_from": "2026-06-26", "period_to": "2026-06-29", "headline": "As it is.",
        "narrative": words, "decisions_needed": "Nothing.", "next_steps": "None."});
    test.manager.post("/api/v1/programs/ATLAS/reports", report).await.is(201);
    let path = "/api/v1/programs/ATLAS/reports/2";
    test.manager.post(&format!("{path}/transitions"), json!({"to": "published"})).await.is(200);
    let share = id(&test.manager.post(&format!("{path}/shares"), json!({})).await.is(201).json());
    Furnished { team: id(&team), link, calendar, share, records: records(test).await }
}

/// A record of each kind, at its second version, so that none is taken away over the first.
async fn records(test: &TestApp) -> Vec<(&'static str, String)> {
    let survey = json!({"title": format!("{SECRET} survey"), "question": SECRET});
    test.manager.post("/api/v1/programs/ATLAS/surveys", survey).await.is(201);
    let mut records = Vec::new();
    for (path, body, change) in [
        (
            "/budget",
            json!({"category": SECRET, "period_on": "2026-06-01", "actual": 1}),
            json!({"planned": 5}),
        ),
        (
            "/allocations",
            json!({"team": "Ledger", "period_on": "2026-06-01", "planned_days": 5}),
            json!({"note": SECRET}),
        ),
        ("/rework", json!({"what": SECRET}), json!({"days": 2})),
        (
            "/raci",
            json!({"project": "GL", "accountable": "ATLAS-SH1"}),
            json!({"responsible": ["ATLAS-SH1"]}),
        ),
        (
            "/benefits/1/adoption-targets",
            json!({"title": SECRET, "target": 5, "due_on": "2026-12-01"}),
            json!({"unit": "teams"}),
        ),
        // Of the adoption, so that the benefit itself stays at its first version.
        (
            "/benefits/1/measurements",
            json!({"value": 11, "adoption_target": SECRET}),
            json!({"note": SECRET}),
        ),
    ] {
        let all = format!("/api/v1/programs/ATLAS{path}");
        let made = test.manager.post(&all, body).await.is(201).json();
        let id = made["id"].as_str().expect("it has an id").to_owned();
        test.manager.patch(&format!("{all}/{id}"), 1, change).await.is(200);
        records.push((path.rsplit_once('/').map_or(path, |(_, last)| last), id));
    }
    records
}

/// The path of a route with something real in each place.
fn filled(test: &TestApp, there: &Furnished, path: &str) -> String {
    let id = if path.contains("/teams/") {
        there.team.clone()
    } else if path.contains("/programs/{key}/links/") {
        there.link.clone()
    } else if path.contains("/shares/") {
        there.share.clone()
    } else if path.contains("/calendars/") {
        there.calendar.clone()
    } else if path.contains("/accounts/") {
        test.stranger.account.to_string()
    } else if let Some((_, id)) =
        there.records.iter().find(|(name, _)| path.contains(&format!("/{name}/{{id}}")))
    {
        id.clone()
    } else if path.contains("/tokens/") {
        "00000000-0000-7000-8000-000000000000".to_owned()
    } else {
        // Nobody that is walked as: people may change their own name.
        test.admin.person.to_string()
    };
    let number = match path {
        path if path.contains("/baselines/") => "0",
        path if path.contains("/shares") || path.contains("/ratings") => "2",
        _ => "1",
    };
    path.replace("{key}", "ATLAS")
        .replace("{person}", &test.stranger.person.to_string())
        .replace("{*path}", "icon.svg")
        .replace("{project}", "GL")
        .replace("{other}", "1")
        .replace("{number}", number)
        .replace("{secret}", "0123456789abcdef")
        .replace("{dependency}", "ATLAS-D1")
        .replace("{name}", "milestone_on_time_rate")
        .replace("{what}", "risks")
        .replace("{relation}/{to}", "relates/ATLAS-R1")
        .replace("{id}", &id)
}

fn role(test: &TestApp, name: &str) -> Option<TestUser> {
    Some(match name {
        "admin" => test.admin.clone(),
        "manager" => test.manager.clone(),
        "contributor" => test.contributor.clone(),
        "viewer" => test.viewer.clone(),
        "stranger" => test.stranger.clone(),
        _ => return None,
    })
}

/// The status with which somebody is turned away; `None` for whoever is let in.
fn turned_away(who: Who, role: &str, api: bool) -> Option<u16> {
    if who == Anybody {
        return None;
    }
    if role == "nobody" {
        return Some(if api { 401 } else { 303 });
    }
    let allowed = match who {
        Anybody | SignedIn => true,
        Own => return Some(404),
        Member => role != "stranger",
        Contributor => ["contributor", "manager", "admin"].contains(&role),
        Manager | AnyManager => ["manager", "admin"].contains(&role),
        Admin | ProgramAdmin => role == "admin",
    };
    let hidden = matches!(who, Member | Contributor | Manager | ProgramAdmin) && role == "stranger";
    (!allowed).then_some(if hidden { 404 } else { 403 })
}

/// What is sent: nothing that would be taken, but for a change of state its `to`, which decides who may.
fn body_for(path: &str) -> Value {
    if path.ends_with("/transitions") { json!({"to": "closed"}) } else { json!({}) }
}

async fn call(test: &TestApp, user: Option<&TestUser>, method: &str, path: &str) -> Answer {
    let verb: Method = method.parse().expect("a method");
    let api = path.starts_with("/api/");
    let mut request = match user {
        None => test.anonymous(verb, path),
        Some(user) if api => user.api(verb, path),
        // One call may end the sessions of the one before.
        Some(user) => user.renewed(&test.app).await.web(verb, path),
    };
    if api && method != "GET" {
        request = request.header("if-match", "\"1\"").json(&body_for(path));
    } else if method == "POST" {
        request = request.form(&[("version", "1"), ("to", "closed")]);
    }
    Answer::of(request).await
}

#[tokio::test]
async fn each_role_is_let_in_where_the_table_says_and_nowhere_else() {
    let test = TestApp::start().await;
    let there = furnish(&test).await;
    let rows = rows();
    let mut wrong = Vec::new();
    for name in ["nobody", "stranger", "viewer", "contributor", "manager", "admin"] {
        let user = role(&test, name);
        for (method, path, who) in &rows {
            let answer = call(&test, user.as_ref(), method, &filled(&test, &there, path)).await;
            let api = path.starts_with("/api/");
            let expected = match turned_away(*who, name, api) {
                Some(_) if ["/setup", "/survey"].contains(&path.as_str()) || path.starts_with("/shared/") => {
                    Some(404)
                }
                other => other,
            };
            let led_away = answer.status == 303 && answer.header("location").starts_with("/sign-in");
            let met = match expected {
                Some(303) => led_away,
                Some(status) => answer.status == status,
                None if path == "/sign-out" => led_away,
                None => !led_away && answer.status < 500 && ![401, 403, 404, 405].contains(&answer.status),
            };
            if !met {
                wrong.push(format!("{name}: {method} {path} is {who:?}, answered {}", answer.status));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn a_program_that_may_not_be_seen_looks_like_none() {
    let test = TestApp::start().await;
    let there = furnish(&test).await;
    for (method, path, who) in rows().iter().filter(|(_, path, _)| path.contains("{key}")) {
        assert!(matches!(who, Member | Contributor | Manager | ProgramAdmin | Own), "{path}");
        let path = filled(&test, &there, path);
        let hidden = call(&test, Some(&test.stranger), method, &path).await;
        let none = call(&test, Some(&test.stranger), method, &path.replace("ATLAS", "NOSUCH")).await;
        assert_eq!((hidden.status, none.status), (404, 404), "{method} {path}");
        assert_eq!(hidden.text.replace("ATLAS", "NOSUCH"), none.text, "{method} {path}");
    }
}

#[tokio::test]
async fn nothing_of_a_program_shows_to_who_may_not_see_it() {
    let test = TestApp::start().await;
    let there = furnish(&test).await;
    // A program that the stranger has, with a link into the one that they may not see.
    let own = test.stranger.post("/api/v1/programs", json!({"key": "OTHER", "name": "Other"})).await.is(201);
    assert_eq!(own.json()["role"], "manager");
    let member = json!({"role": "contributor"});
    let path = format!("/api/v1/programs/OTHER/members/{}", test.manager.person);
    test.stranger.put(&path, member).await.is(200);
    let risk = json!({"title": "Ours", "description": "See ATLAS-R1."});
    test.stranger.post("/api/v1/programs/OTHER/risks", risk).await.is(201);
    let link = json!({"relation": "relates", "to": "ATLAS-R1"});
    test.stranger.post("/api/v1/programs/OTHER/risks/1/links", link.clone()).await.refused("to");
    test.manager.post("/api/v1/programs/OTHER/risks/1/links", link).await.is(201);
    let threat = json!({"relation": "threatens", "to": "OTHER-R1"});
    test.manager.post("/api/v1/programs/ATLAS/risks/1/links", threat).await.is(201);

    let mut leaks = Vec::new();
    for (method, path, _) in rows().iter().filter(|(method, ..)| *method == "GET") {
        for key in ["ATLAS", "OTHER"] {
            let path = filled(&test, &there, path).replace("ATLAS", key);
            for path in [path.clone(), format!("{path}?q=Helio&as_of=2026-06-30")] {
                let answer = call(&test, Some(&test.stranger), method, &path).await;
                if answer.text.contains(SECRET) {
                    leaks.push(path);
                }
            }
        }
    }
    let found = test.stranger.get(&format!("/api/v1/search?q={SECRET}")).await.is(200).json();
    assert_eq!(found["total"], 0, "{found}");
    assert_eq!(
        test.manager.get(&format!("/api/v1/search?q={SECRET}")).await.json()["total"],
        Kind::ALL.len()
    );
    let links = test.stranger.get("/api/v1/programs/OTHER/risks/1/links").await.is(200).json();
    let stubs: Vec<_> = links["items"].as_array().unwrap().iter().map(|link| &link["ref"]).collect();
    assert!(stubs.contains(&&json!("ATLAS-R1")), "a stub stays: {links}");
    assert!(leaks.is_empty(), "shown to a stranger: {leaks:?}");
}
