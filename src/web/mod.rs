//! HTTP in, HTML or JSON out. A handler extracts, calls one use case, and shows the result; rules live in [`crate::app`].

mod account;
mod admin;
pub mod api;
pub mod assets;
pub mod chart;
pub mod edge;
pub mod extract;
pub mod figures;
pub mod form;
mod health;
pub mod history;
mod idempotency;
mod member;
pub mod metric;
pub mod overview;
mod person;
pub mod portfolio;
pub mod present;
pub mod routes;
pub mod session;
pub mod shell;
mod team;

use crate::app::App;
use routes::Routes;

/// Every route of the application: one line a resource.
#[must_use]
pub fn routes() -> Routes {
    Routes::new()
        .merge(assets::routes())
        .merge(health::routes())
        .merge(portfolio::routes())
        .merge(overview::routes())
        .merge(metric::routes())
        .merge(history::routes())
        .merge(api::routes())
        .merge(account::routes())
        .merge(admin::routes())
        .merge(person::routes())
        .merge(team::routes())
        .merge(member::routes())
}

/// The application as a service, with the edge around it.
pub fn router(app: App) -> axum::Router {
    edge::around(routes().into_router(), app)
}

/// What the page says once at its head after something was done: a redirect ends in `?done=NAME`.
fn notice(done: &str) -> Option<&'static str> {
    Some(match done {
        "saved" => "Saved.",
        "made" => "Made.",
        "archived" => "Archived. Nothing of it is lost.",
        "restored" => "Restored.",
        "removed" => "Removed.",
        "revoked" => "Revoked: the token opens nothing any more.",
        "password" => "The password is changed. Other sessions were ended.",
        _ => return None,
    })
}
