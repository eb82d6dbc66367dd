//! HTTP in, HTML or JSON out. A handler extracts, calls one use case, and shows the result; rules live in [`crate::app`].

pub mod account;
pub mod admin;
pub mod api;
pub mod assets;
pub mod assumption;
pub mod baseline;
pub mod benefit;
pub mod budget;
pub mod change;
pub mod changed;
pub mod chart;
pub mod dependency;
pub mod dependency_map;
pub mod edge;
pub mod extract;
pub mod figures;
pub mod forecast;
pub mod form;
pub mod health;
pub mod history;
pub mod idempotency;
pub mod item;
pub mod lesson;
pub mod listing;
pub mod log;
pub mod markdown;
pub mod meeting;
pub mod member;
pub mod mention;
pub mod metric;
pub mod milestone;
pub mod nudge;
pub mod overview;
pub mod palette;
mod path;
pub mod person;
pub mod portfolio;
pub mod present;
pub mod program;
pub mod project_health;
pub mod question;
pub mod readiness;
pub mod record;
pub mod report;
pub mod risk;
pub mod roadmap;
pub mod routes;
pub mod scenario;
pub mod schedule;
pub mod search;
pub mod selection;
pub mod session;
pub mod sheet;
pub mod shell;
pub mod site;
pub mod stakeholder;
pub mod survey;
pub mod team;
pub mod undelivered;
pub mod waiting;
pub mod work;
pub mod work_calendar;

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
        .merge(milestone::routes())
        .merge(baseline::routes())
        .merge(change::routes())
        .merge(assumption::routes())
        .merge(dependency::routes())
        .merge(dependency_map::routes())
        .merge(roadmap::routes())
        .merge(risk::routes())
        .merge(log::routes())
        .merge(item::routes())
        .merge(report::routes())
        .merge(changed::routes())
        .merge(metric::routes())
        .merge(forecast::routes())
        .merge(history::routes())
        .merge(program::routes())
        .merge(project_health::routes())
        .merge(member::routes())
        .merge(search::routes())
        .merge(work::routes())
        .merge(person::routes())
        .merge(team::routes())
        .merge(account::routes())
        .merge(admin::routes())
        .merge(api::routes())
        .merge(work_calendar::routes())
        .merge(scenario::routes())
        .merge(readiness::routes())
        .merge(schedule::routes())
        .merge(waiting::routes())
        .merge(question::routes())
        .merge(mention::routes())
        .merge(undelivered::routes())
        .merge(nudge::routes())
        .merge(meeting::routes())
        .merge(benefit::routes())
        .merge(stakeholder::routes())
        .merge(survey::routes())
        .merge(budget::routes())
        .merge(lesson::routes())
        .merge(record::routes())
        .merge(sheet::routes())
        .merge(selection::routes())
}

/// The application as a service, with the edge around it.
pub fn router(app: App) -> axum::Router {
    edge::around(routes().into_router(), app, edge::LONGEST)
}

/// What the page says once at its head after something was done: a redirect ends in `?done=NAME`.
fn notice(done: &str) -> Option<&'static str> {
    Some(match done {
        "saved" => "Saved.",
        "added" => "Added.",
        "signed" => "Signed.",
        "kept" => "Kept as a checklist of this program.",
        "ticked" => "Noted.",
        "counted" => "Counted.",
        "called" => "Revoked: its calls are taken no more.",
        "raised" => "Raised.",
        "moved" => "Done.",
        "happened" => "An issue was raised from this risk; it is linked below.",
        "confirmed" => "Confirmed: it stands as it is, as of today.",
        "commented" => "Your comment stands below.",
        "linked" => "Linked.",
        "unlinked" => "The link is gone.",
        "answered" => "Your answer is kept.",
        "made" => "Made.",
        "measured" => "Measured.",
        "contacted" => "Written down; the next contact is planned.",
        "applied" => {
            "A change request was made of it and submitted. Nothing of the plan changes until that is approved."
        }
        "discarded" => "Discarded.",
        "decided" => "Decided. It stands now; another decision may supersede it.",
        "deferred" => "Put off: it comes back on that day.",
        "asked" => "Asked. The question stands in their work, and as a comment on the decision.",
        "captured" => "Captured.",
        "archived" => "Archived. Nothing of it is lost.",
        "restored" => "Restored.",
        "removed" => "Removed.",
        "drafted" => "Written from the facts. Read it, change what you know better, then publish it.",
        "correction" => "A draft of the correction, with the words of the report that it corrects.",
        "published" => "Published. Every number and sentence is frozen as it stands here.",
        "rated" => "Thank you: your rating stands below. You can change it.",
        "unshared" => "Revoked: the link shows nothing any more.",
        "revoked" => "Revoked: the token opens nothing any more.",
        "password" => "The password is changed. Other sessions were ended.",
        _ => return None,
    })
}
