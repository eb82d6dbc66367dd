//! The description of what governs a program beside its items: status reports, decisions that wait, nudges, meetings, and change
//! control.

use super::{asks, by_fields, listed, read, text, write};
use crate::app::{meeting, report};
use crate::web::api;
use crate::web::api::schema::{found_at, own, partial};
use serde_json::{Map, Value, json};

/// Adds the schemas.
pub(super) fn schemas(schemas: &mut Map<String, Value>) {
    schemas.extend([
        ("Watch".to_owned(), partial(own(crate::domain::watch::FIELDS.iter()))),
        ("AgendaPoint".to_owned(), agenda_point()),
        ("MeetingOutcome".to_owned(), outcome()),
        ("Rating".to_owned(), own(report::RATING.iter())),
        ("Share".to_owned(), own(report::LINK.iter())),
    ]);
}

/// Adds the paths.
pub(super) fn paths(paths: &mut Map<String, Value>) {
    reports(paths);
    upkeep(paths);
    changes(paths);
}

/// One of several bodies, each made of some of these fields; of each the first is needed.
fn one_of(whole: &Value, ways: &[&[&str]]) -> Value {
    let ways = ways.iter().map(|names| {
        let fields = names.iter().map(|name| ((*name).to_owned(), whole["properties"][*name].clone()));
        json!({"type": "object", "additionalProperties": false, "properties": fields.collect::<Map<_, _>>(),
            "required": names.iter().take(1).collect::<Vec<_>>()})
    });
    json!({"type": "object", "oneOf": ways.collect::<Vec<_>>()})
}

/// A point of an agenda, all that are proposed, or `removed`: the reference of one that is taken off.
fn agenda_point() -> Value {
    let mut point = own(meeting::POINT.iter());
    point["properties"]["removed"] = text();
    point["properties"]["proposed"] =
        json!({"const": true, "description": "Keep all points that are proposed."});
    let agenda = "/api/v1/programs/{key}/meetings/{number}/agenda#/items/*/ref";
    found_at(&mut point, &["removed"], agenda);
    one_of(&point, &[&["item", "reached", "note"], &["proposed"], &["removed"]])
}

/// What came of a meeting: an action, a decision that was taken, or one that waited and was decided.
fn outcome() -> Value {
    let mut whole = own(meeting::OUTCOME.iter());
    let waiting = "/api/v1/programs/{key}/decisions?state=waiting#/items/*/ref";
    found_at(&mut whole, &["decision"], waiting);
    let mut ways = one_of(
        &whole,
        &[
            &["kind", "title", "owner", "due_on"],
            &["kind", "title", "owner", "option", "rationale"],
            &["decision", "option", "rationale"],
        ],
    );
    for (way, kind) in [(0, "action"), (1, "decision")] {
        ways["oneOf"][way]["properties"]["kind"] = json!({"const": kind});
        ways["oneOf"][way]["required"] = json!(["kind", "title"]);
    }
    ways
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
