//! Who may call which route: a table that every route has a row in, walked as each role.

use crate::support::app::{Answer, TestApp, TestUser};
use reqwest::Method;
use serde_json::json;

/// Who a route answers. Everybody else is led to the sign-in page (401 in the API), told that there is nothing (404), or
/// that they may not (403).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Who {
    /// Signed in or not.
    Anybody,
    SignedIn,
    /// Their own things: for those of others there is nothing there.
    Own,
    /// Members of the program, of any role; to others there is no program.
    Member,
    /// Contributors and managers of the program.
    #[expect(dead_code, reason = "the routes that raise items come with the items")]
    Contributor,
    /// Managers of the program.
    Manager,
    /// Managers of any program, and administrators.
    AnyManager,
    /// Administrators of the instance.
    Admin,
}
use Who::{Admin, AnyManager, Anybody, Manager, Member, Own, SignedIn};

/// One row a route. A path's `{key}` is ATLAS; what another `{…}` stands for is said in [`filled`].
const TABLE: &[(&str, &str, Who)] = &[
    ("GET", "/static/{*path}", Anybody),
    ("GET", "/healthz", Anybody),
    ("GET", "/readyz", Anybody),
    ("GET", "/sign-in", Anybody),
    ("POST", "/sign-in", Anybody),
    ("POST", "/sign-out", Anybody),
    // The link is the proof: without it there is nothing there.
    ("GET", "/setup", Own),
    ("POST", "/setup", Own),
    ("GET", "/me/password", SignedIn),
    ("POST", "/me/password", SignedIn),
    ("GET", "/me/tokens", SignedIn),
    ("POST", "/me/tokens", SignedIn),
    ("POST", "/me/tokens/{id}/revoke", Own),
    ("GET", "/api/v1/tokens", SignedIn),
    ("POST", "/api/v1/tokens", SignedIn),
    ("DELETE", "/api/v1/tokens/{id}", Own),
    ("GET", "/admin", Admin),
    ("GET", "/admin/accounts", Admin),
    ("POST", "/admin/accounts", Admin),
    ("POST", "/admin/accounts/{id}", Admin),
    ("POST", "/admin/accounts/{id}/password", Admin),
    ("GET", "/api/v1/accounts", Admin),
    ("POST", "/api/v1/accounts", Admin),
    ("GET", "/api/v1/accounts/{id}", Admin),
    ("PATCH", "/api/v1/accounts/{id}", Admin),
    ("POST", "/api/v1/accounts/{id}/password", Admin),
    ("GET", "/people", SignedIn),
    ("POST", "/people", AnyManager),
    ("GET", "/people/new", AnyManager),
    ("GET", "/people/{id}", SignedIn),
    ("POST", "/people/{id}", AnyManager),
    ("GET", "/people/{id}/edit", AnyManager),
    ("POST", "/people/{id}/archive", AnyManager),
    ("POST", "/people/{id}/restore", AnyManager),
    ("GET", "/api/v1/people", SignedIn),
    ("POST", "/api/v1/people", AnyManager),
    ("GET", "/api/v1/people/{id}", SignedIn),
    ("PATCH", "/api/v1/people/{id}", AnyManager),
    ("DELETE", "/api/v1/people/{id}", AnyManager),
    ("POST", "/api/v1/people/{id}/restore", AnyManager),
    ("GET", "/teams", SignedIn),
    ("POST", "/teams", AnyManager),
    ("GET", "/teams/new", AnyManager),
    ("GET", "/teams/{id}", SignedIn),
    ("POST", "/teams/{id}", AnyManager),
    ("GET", "/teams/{id}/edit", AnyManager),
    ("POST", "/teams/{id}/archive", AnyManager),
    ("POST", "/teams/{id}/restore", AnyManager),
    ("POST", "/teams/{id}/members", AnyManager),
    ("POST", "/teams/{id}/members/{person}/remove", AnyManager),
    ("GET", "/api/v1/teams", SignedIn),
    ("POST", "/api/v1/teams", AnyManager),
    ("GET", "/api/v1/teams/{id}", SignedIn),
    ("PATCH", "/api/v1/teams/{id}", AnyManager),
    ("DELETE", "/api/v1/teams/{id}", AnyManager),
    ("POST", "/api/v1/teams/{id}/restore", AnyManager),
    ("PUT", "/api/v1/teams/{id}/members/{person}", AnyManager),
    ("DELETE", "/api/v1/teams/{id}/members/{person}", AnyManager),
    ("GET", "/programs/{key}/members", Member),
    ("POST", "/programs/{key}/members", Manager),
    ("POST", "/programs/{key}/members/{person}/remove", Manager),
    ("GET", "/api/v1/programs/{key}/members", Member),
    ("PUT", "/api/v1/programs/{key}/members/{person}", Manager),
    ("DELETE", "/api/v1/programs/{key}/members/{person}", Manager),
    ("GET", "/programs/{key}/milestones", Member),
    ("GET", "/programs/{key}/baselines", Member),
    ("POST", "/programs/{key}/baselines", Manager),
    ("GET", "/programs/{key}/dependencies", Member),
    ("GET", "/programs/{key}/risks", Member),
    ("GET", "/search", SignedIn),
    ("GET", "/api/v1/search", SignedIn),
    ("GET", "/me/work", SignedIn),
    ("GET", "/api/v1/me/work", SignedIn),
    ("GET", "/programs/new", SignedIn),
    ("POST", "/programs", SignedIn),
    ("GET", "/programs/{key}/charter", Member),
    ("GET", "/programs/{key}/edit", Manager),
    ("POST", "/programs/{key}/edit", Manager),
    ("GET", "/programs/{key}/projects", Member),
    ("POST", "/programs/{key}/projects", Manager),
    ("GET", "/programs/{key}/projects/new", Manager),
    ("GET", "/programs/{key}/projects/{project}/edit", Manager),
    ("POST", "/programs/{key}/projects/{project}/edit", Manager),
    ("POST", "/programs/{key}/projects/{project}/archive", Manager),
];

#[test]
fn every_route_has_a_row_and_every_row_a_route() {
    let routes = plumbline::web::routes();
    let known = |method: &str, path: &str| TABLE.iter().any(|(m, p, _)| *m == method && *p == path);
    let unruled: Vec<_> = routes.listed().iter().filter(|(method, path)| !known(method, path)).collect();
    assert!(unruled.is_empty(), "say in the table who may call {unruled:?}");
    let gone: Vec<_> = TABLE
        .iter()
        .filter(|(m, p, _)| !routes.listed().iter().any(|(method, path)| method == m && path == p))
        .collect();
    assert!(gone.is_empty(), "there are no routes any more for {gone:?}");
}

/// The path of a route with something real in each place.
fn filled(test: &TestApp, team: &str, path: &str) -> String {
    let id = if path.contains("/teams/") {
        team.to_owned()
    } else if path.contains("/accounts/") {
        test.stranger.account.to_string()
    } else if path.contains("/tokens/") {
        "00000000-0000-7000-8000-000000000000".to_owned()
    } else {
        // Nobody that is walked as: people may change their own name.
        test.admin.person.to_string()
    };
    path.replace("{key}", "ATLAS")
        .replace("{person}", &test.stranger.person.to_string())
        .replace("{*path}", "icon.svg")
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
        Who::Contributor => ["contributor", "manager", "admin"].contains(&role),
        Manager | AnyManager => ["manager", "admin"].contains(&role),
        Admin => role == "admin",
    };
    let hidden = matches!(who, Member | Who::Contributor | Manager) && role == "stranger";
    (!allowed).then_some(if hidden { 404 } else { 403 })
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
        request = request.header("if-match", "\"1\"").json(&json!({}));
    } else if method == "POST" {
        request = request.form(&[("version", "1")]);
    }
    Answer::of(request).await
}

#[tokio::test]
async fn each_role_is_let_in_where_the_table_says_and_nowhere_else() {
    let test = TestApp::start().await;
    let team = test.manager.post("/api/v1/teams", json!({"name": "Ledger"})).await.is(201).json();
    let team = team["id"].as_str().expect("it has an id").to_owned();
    let mut wrong = Vec::new();
    for name in ["nobody", "stranger", "viewer", "contributor", "manager", "admin"] {
        let user = role(&test, name);
        // Each role has a project of its own to archive.
        let project = json!({"key": name, "name": name});
        test.manager.post("/api/v1/programs/ATLAS/projects", project).await.is(201);
        for (method, path, who) in TABLE {
            let place = filled(&test, &team, path).replace("{project}", name);
            let answer = call(&test, user.as_ref(), method, &place).await;
            let api = path.starts_with("/api/");
            let expected = match turned_away(*who, name, api) {
                Some(_) if *path == "/setup" => Some(404),
                other => other,
            };
            let led_away = answer.status == 303 && answer.header("location").starts_with("/sign-in");
            let met = match expected {
                Some(303) => led_away,
                Some(status) => answer.status == status,
                None if *path == "/sign-out" => led_away,
                None => !led_away && ![401, 403, 404, 405, 500].contains(&answer.status),
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
    for (method, path, who) in TABLE.iter().filter(|(_, path, _)| path.contains("{key}")) {
        assert!(matches!(who, Member | Who::Contributor | Manager), "{path}");
        let path = filled(&test, "", path);
        let hidden = call(&test, Some(&test.stranger), method, &path).await;
        let none = call(&test, Some(&test.stranger), method, &path.replace("ATLAS", "NOSUCH")).await;
        assert_eq!((hidden.status, none.status), (404, 404), "{method} {path}");
        assert_eq!(hidden.text.replace("ATLAS", "NOSUCH"), none.text, "{method} {path}");
    }
}
