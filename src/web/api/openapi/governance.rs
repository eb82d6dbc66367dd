//! The description of what governs a program beside its items: status reports, decisions that wait, nudges, meetings, and change
//! control.

use super::{asks, by_fields, listed, read, text, write};
use crate::app::{meeting, report};
use crate::web::api;
use crate::web::api::schema::{body, partial, plain};
use serde_json::{Map, Value, json};

/// Adds the schemas.
pub(super) fn schemas(schemas: &mut Map<String, Value>) {
    schemas.extend([
        ("Watch".to_owned(), partial(plain(body(crate::domain::watch::FIELDS.iter())))),
        ("AgendaPoint".to_owned(), agenda_point()),
        ("MeetingOutcome".to_owned(), plain(body(meeting::OUTCOME.iter()))),
        ("Rating".to_owned(), plain(body(report::RATING.iter()))),
        ("Share".to_owned(), plain(body(report::LINK.iter()))),
    ]);
}

/// Adds the paths.
pub(super) fn paths(paths: &mut Map<String, Value>) {
    reports(paths);
    upkeep(paths);
    changes(paths);
}

/// A point of an agenda, or `removed`: the reference of one that is taken off.
fn agenda_point() -> Value {
    let mut point = plain(body(meeting::POINT.iter()));
    point["properties"]["removed"] = text();
    point
}

fn reports(paths: &mut Map<String, Value>) {
    let (all, tag) = ("/api/v1/programs/{key}/reports", "reports");
    let (single, at) = (format!("{all}/{{number}}"), ["key", "number"]);
    let markdown = format!("{single}/markdown");
    read(paths, &markdown, "A report as Markdown", &at);
    if let Some(path) = paths.get_mut(&markdown) {
        path["get"]["responses"]["200"]["content"] = json!({"text/markdown": {"schema": {"type": "string"}}});
    }
    let ratings = format!("{single}/ratings");
    let by = by_fields(&crate::web::report::RATING_FIELDS);
    listed(paths, &ratings, ("What readers thought of a report", tag), &at, by);
    let rate = ("Rate a published report; a second time changes it", tag);
    write(paths, &ratings, "post", rate, &at, Some("Rating"), "201");
    let shares = format!("{single}/shares");
    let by = by_fields(&crate::web::report::SHARE_FIELDS);
    listed(paths, &shares, ("Links that show a report without an account", tag), &at, by);
    let share =
        ("Make a link that shows a published report without an account; its address is told once", tag);
    write(paths, &shares, "post", share, &at, Some("Share"), "201");
    let revoke = ("Revoke a link", tag);
    write(paths, &format!("{shares}/{{id}}"), "delete", revoke, &["key", "number", "id"], None, "204");
    let by = by_fields(&crate::web::report::GAP_FIELDS);
    let gaps = ("Where published reports were better than the evidence, and what happened after", tag);
    listed(paths, &format!("{all}/record"), gaps, &["key"], by);
}

/// Decisions that wait, nudges, and what comes of meetings.
fn upkeep(paths: &mut Map<String, Value>) {
    let by = by_fields(&crate::web::waiting::FIELDS);
    listed(
        paths,
        "/api/v1/me/decisions",
        ("Decisions that wait for the caller, with what waiting costs", "read"),
        &[],
        by,
    );
    let by = || by_fields(&crate::web::nudge::FIELDS);
    listed(paths, "/api/v1/me/nudges", ("What the caller is to put right", "read"), &[], by());
    let lost = ("What could not be delivered, and is not tried again", "accounts");
    listed(paths, "/api/v1/undelivered", lost, &[], by_fields(&crate::web::undelivered::FIELDS));
    let nudges = "/api/v1/programs/{key}/nudges";
    listed(paths, nudges, ("What is to be put right in a program", "nudges"), &["key"], by());
    let watch = "/api/v1/programs/{key}/watch";
    read(paths, watch, "The rules of nudges, the levels of escalation, the chat", &["key"]);
    let set = ("Set the rules of nudges, the levels of escalation, the chat", "nudges");
    write(paths, watch, "patch", set, &["key"], Some("Watch"), "200");
    let (meeting, at) = ("/api/v1/programs/{key}/meetings/{number}", ["key", "number"]);
    let by = by_fields(&api::meeting::POINT_FIELDS);
    let agenda = format!("{meeting}/agenda");
    listed(
        paths,
        &agenda,
        ("The agenda of a meeting: what is kept, and what is proposed", "meetings"),
        &at,
        by,
    );
    let kept = ("Keep a point of an agenda, take one off, or say that it was reached", "meetings");
    write(paths, &agenda, "post", kept, &at, Some("AgendaPoint"), "200");
    let by = by_fields(&api::meeting::OUTCOME_FIELDS);
    let outcomes = format!("{meeting}/outcomes");
    listed(paths, &outcomes, ("What came of a meeting", "meetings"), &at, by);
    let captured = ("Capture what came of a meeting", "meetings");
    write(paths, &outcomes, "post", captured, &at, Some("MeetingOutcome"), "201");
}

/// Baselines side by side, whom a change request makes late, and what becomes of an assumption.
fn changes(paths: &mut Map<String, Value>) {
    let compare = "/api/v1/programs/{key}/baselines/compare";
    read(paths, compare, "One baseline against another", &["key"]);
    let which = [
        ("a", "The one, by its number; the original if left out."),
        ("b", "The other; the latest if left out."),
    ];
    let by_number = |(name, which)| (name, json!({"type": "integer", "minimum": 0, "description": which}));
    asks(paths, compare, which.map(by_number));
    let questions = "/api/v1/programs/{key}/changes/{number}/questions";
    let by = by_fields(&crate::web::change::FIELDS);
    listed(
        paths,
        questions,
        ("Whom a change request makes late, and what they answer", "changes"),
        &["key", "number"],
        by,
    );
    let (one, at) = (format!("{questions}/{{dependency}}"), ["key", "number", "dependency"]);
    write(paths, &one, "post", ("Answer for a dependency", "changes"), &at, Some("Answer"), "200");
    let mine = "/api/v1/me/questions";
    let by = by_fields(&crate::web::question::FIELDS);
    listed(paths, mine, ("What the caller is asked about changes, of any program", "read"), &[], by);
    let (one, at) = (format!("{mine}/{{change}}/{{dependency}}"), ["change", "dependency"]);
    write(paths, &one, "post", ("Answer for a dependency", "changes"), &at, Some("Answer"), "200");
    let mentions = "/api/v1/me/mentions";
    let by = by_fields(&crate::web::mention::FIELDS);
    listed(paths, mentions, ("Where the caller is mentioned and hasn't seen it", "read"), &[], by);
    let seen = ("Say that a mention of the caller was seen", "comments");
    write(paths, &format!("{mentions}/{{reference}}"), "delete", seen, &["reference"], None, "204");
    let become_one = "/api/v1/programs/{key}/assumptions/{number}/become";
    let raise = ("Raise the risk or issue that an assumption becomes", "assumptions");
    write(paths, become_one, "post", raise, &["key", "number"], Some("Become"), "201");
}
