//! The table of who may call what: one row a route.

use plumbline::domain::kind::Kind;

/// Who a route answers. Everybody else is led to the sign-in page (401 in the API), told that there is nothing (404), or
/// that they may not (403).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Who {
    /// Signed in or not.
    Anybody,
    SignedIn,
    /// Their own things: for those of others there is nothing there.
    Own,
    /// Members of the program, of any role; to others there is no program.
    Member,
    /// Contributors and managers of the program.
    Contributor,
    /// Managers of the program; for an item also the contributor who owns it, which here is none.
    Manager,
    /// Managers of any program, and administrators.
    AnyManager,
    /// Administrators of the instance; to strangers there is no program.
    ProgramAdmin,
    /// Administrators of the instance.
    Admin,
}
use Who::{Admin, AnyManager, Anybody, Contributor, Manager, Member, Own, ProgramAdmin, SignedIn};

/// Routes that aren't repeated for each kind of item.
const SINGLE: &[(&str, &str, Who)] = &[
    ("GET", "/static/{*path}", Anybody),
    ("GET", "/healthz", Anybody),
    ("GET", "/readyz", Anybody),
    ("GET", "/api/openapi.json", Anybody),
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
    ("POST", "/people/{id}", Admin),
    ("GET", "/people/{id}/edit", AnyManager),
    ("POST", "/people/{id}/archive", Admin),
    ("POST", "/people/{id}/restore", Admin),
    ("GET", "/api/v1/people", SignedIn),
    ("POST", "/api/v1/people", AnyManager),
    ("GET", "/api/v1/people/{id}", SignedIn),
    ("PATCH", "/api/v1/people/{id}", Admin),
    ("DELETE", "/api/v1/people/{id}", Admin),
    ("POST", "/api/v1/people/{id}/restore", Admin),
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
    // What is in them is what the reader may see: see the test of leaks.
    ("GET", "/", SignedIn),
    ("GET", "/me/work", SignedIn),
    ("GET", "/search", SignedIn),
    ("GET", "/api/v1/portfolio", SignedIn),
    ("GET", "/api/v1/me/work", SignedIn),
    ("GET", "/api/v1/search", SignedIn),
    ("GET", "/api/v1/imports", SignedIn),
    ("GET", "/api/v1/programs", SignedIn),
    // Whoever makes a program is its first manager.
    ("GET", "/programs/new", SignedIn),
    ("POST", "/programs", SignedIn),
    ("POST", "/api/v1/programs", SignedIn),
    ("GET", "/programs/{key}", Member),
    ("GET", "/programs/{key}/charter", Member),
    ("GET", "/programs/{key}/edit", Manager),
    ("POST", "/programs/{key}/edit", Manager),
    ("GET", "/programs/{key}/projects", Member),
    ("POST", "/programs/{key}/projects", Manager),
    ("GET", "/programs/{key}/projects/new", Manager),
    ("GET", "/programs/{key}/projects/{project}/edit", Manager),
    ("POST", "/programs/{key}/projects/{project}/edit", Manager),
    ("POST", "/programs/{key}/projects/{project}/archive", Manager),
    ("GET", "/programs/{key}/baselines", Member),
    ("POST", "/programs/{key}/baselines", Manager),
    ("GET", "/programs/{key}/raid", Member),
    ("GET", "/programs/{key}/roadmap", Member),
    ("GET", "/programs/{key}/dependencies/map", Member),
    ("GET", "/programs/{key}/calendars", Member),
    ("POST", "/programs/{key}/calendars", Manager),
    ("GET", "/programs/{key}/calendars/new", Manager),
    ("GET", "/programs/{key}/calendars/{id}/edit", Manager),
    ("POST", "/programs/{key}/calendars/{id}/edit", Manager),
    ("POST", "/programs/{key}/calendars/{id}/archive", Manager),
    ("GET", "/api/v1/programs/{key}/calendars", Member),
    ("POST", "/api/v1/programs/{key}/calendars", Manager),
    ("GET", "/api/v1/programs/{key}/calendars/{id}", Member),
    ("PATCH", "/api/v1/programs/{key}/calendars/{id}", Manager),
    ("DELETE", "/api/v1/programs/{key}/calendars/{id}", Manager),
    ("GET", "/programs/{key}/scenarios", Member),
    ("POST", "/programs/{key}/scenarios", Contributor),
    ("GET", "/programs/{key}/scenarios/new", Contributor),
    ("GET", "/programs/{key}/scenarios/{number}", Member),
    ("POST", "/programs/{key}/scenarios/{number}", Manager),
    ("POST", "/programs/{key}/scenarios/{number}/transitions", Manager),
    ("GET", "/programs/{key}/scenarios/{number}/compare/{other}", Member),
    ("GET", "/api/v1/programs/{key}/scenarios", Member),
    ("POST", "/api/v1/programs/{key}/scenarios", Contributor),
    ("POST", "/api/v1/programs/{key}/scenarios/preview", Contributor),
    ("GET", "/api/v1/programs/{key}/scenarios/{number}", Member),
    ("PATCH", "/api/v1/programs/{key}/scenarios/{number}", Manager),
    ("DELETE", "/api/v1/programs/{key}/scenarios/{number}", Manager),
    ("POST", "/api/v1/programs/{key}/scenarios/{number}/transitions", Manager),
    ("GET", "/api/v1/programs/{key}/scenarios/{number}/compare/{other}", Member),
    ("POST", "/programs/{key}/milestones/{number}/schedule-links", Contributor),
    ("POST", "/programs/{key}/activities/{number}/schedule-links", Contributor),
    ("POST", "/programs/{key}/dependencies/{number}/schedule-links", Contributor),
    ("GET", "/api/v1/programs/{key}/links", Member),
    ("POST", "/api/v1/programs/{key}/links", Contributor),
    ("GET", "/api/v1/programs/{key}/links/{id}", Member),
    ("PATCH", "/api/v1/programs/{key}/links/{id}", Contributor),
    ("DELETE", "/api/v1/programs/{key}/links/{id}", Contributor),
    ("GET", "/programs/{key}/schedule", Member),
    ("GET", "/api/v1/programs/{key}/schedule", Member),
    ("GET", "/programs/{key}/metrics", Member),
    ("GET", "/programs/{key}/metrics/{name}", Member),
    ("GET", "/programs/{key}/health", Member),
    ("GET", "/programs/{key}/forecast", Member),
    ("GET", "/api/v1/programs/{key}/forecast", Member),
    ("GET", "/programs/{key}/history", Member),
    ("GET", "/api/v1/programs/{key}", Member),
    ("PATCH", "/api/v1/programs/{key}", Manager),
    ("GET", "/api/v1/programs/{key}/projects", Member),
    ("POST", "/api/v1/programs/{key}/projects", Manager),
    ("GET", "/api/v1/programs/{key}/projects/{project}", Member),
    ("PATCH", "/api/v1/programs/{key}/projects/{project}", Manager),
    ("DELETE", "/api/v1/programs/{key}/projects/{project}", Manager),
    ("POST", "/api/v1/programs/{key}/projects/{project}/restore", Manager),
    ("GET", "/api/v1/programs/{key}/baselines", Member),
    ("POST", "/api/v1/programs/{key}/baselines", Manager),
    ("GET", "/api/v1/programs/{key}/baselines/{number}", Member),
    ("GET", "/api/v1/programs/{key}/raid", Member),
    ("GET", "/api/v1/programs/{key}/metrics", Member),
    ("GET", "/api/v1/programs/{key}/metrics/{name}", Member),
    ("GET", "/api/v1/programs/{key}/health", Member),
    ("GET", "/api/v1/programs/{key}/changes-since", Member),
    ("GET", "/api/v1/programs/{key}/history", Member),
    ("DELETE", "/api/v1/programs/{key}", ProgramAdmin),
    ("POST", "/api/v1/programs/{key}/restore", ProgramAdmin),
];

/// Routes of each kind of item, below `/programs/{key}/KIND` …
const PAGES: &[(&str, &str, Who)] = &[
    ("GET", "", Member),
    ("POST", "", Contributor),
    ("GET", "/new", Contributor),
    ("GET", "/{number}", Member),
    ("GET", "/{number}/edit", Manager),
    ("POST", "/{number}/edit", Manager),
    ("POST", "/{number}/transitions", Manager),
    ("POST", "/{number}/comments", Contributor),
    ("POST", "/{number}/links", Contributor),
    ("POST", "/{number}/archive", Manager),
    ("POST", "/{number}/restore", Manager),
];
/// … and below `/api/v1/programs/{key}/KIND`.
const API: &[(&str, &str, Who)] = &[
    ("GET", "", Member),
    ("POST", "", Contributor),
    ("GET", "/{number}", Member),
    ("PATCH", "/{number}", Manager),
    ("POST", "/{number}/transitions", Manager),
    ("GET", "/{number}/comments", Member),
    ("POST", "/{number}/comments", Contributor),
    ("GET", "/{number}/links", Member),
    ("POST", "/{number}/links", Contributor),
    ("DELETE", "/{number}/links/{relation}/{to}", Contributor),
    ("GET", "/{number}/history", Member),
    ("DELETE", "/{number}", Manager),
    ("POST", "/{number}/restore", Manager),
];

/// Every row. A path's `{key}` is ATLAS; what another `{…}` stands for is said by the walk.
pub fn rows() -> Vec<(&'static str, String, Who)> {
    let of_kinds = Kind::ALL.into_iter().flat_map(|kind| {
        let below = move |base: &'static str| {
            move |(method, end, who): &(&'static str, &str, Who)| {
                (*method, format!("{base}/programs/{{key}}/{}{end}", kind.plural()), *who)
            }
        };
        PAGES.iter().map(below("")).chain(API.iter().map(below("/api/v1")))
    });
    of_kinds
        .chain(
            SINGLE
                .iter()
                .chain(super::value::ROWS)
                .map(|(method, path, who)| (*method, (*path).to_owned(), *who)),
        )
        .collect()
}
