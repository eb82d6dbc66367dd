//! The audit trail of a program, as a page and in the API.

use super::api::page::Asked as Query;
use super::api::shape;
use super::extract::{Api, Paging, Place, Web};
use super::overview::asked_day;
use super::present::{ApiResult, PageResult, page};
use super::routes::Routes;
use super::shell::Shell;
use crate::app::access;
use crate::app::{App, Error, history};
use crate::domain::event::Event;
use crate::domain::kind::State;
use crate::domain::readiness::role_label;
use crate::domain::risk::Weight;
use crate::store::event::{Happened, Span};
use crate::store::lookup::Names;
use askama::Template;
use axum::Json;
use axum::extract::{Path, State as Shared};
use axum::response::IntoResponse;
use chrono::NaiveDate;
use serde_json::json;

pub fn routes() -> Routes {
    Routes::new().get("/programs/{key}/history", trail).get("/api/v1/programs/{key}/history", api_trail)
}

/// What can be asked for: a name for the address, a label, and the names of the events.
const TOPICS: &[(&str, &str, &[&str])] = &[
    ("states", "State changes", &["moved", "side_agreed", "agreement_taken_back", "archived", "restored"]),
    ("dates", "Dates", &["forecast_moved", "committed", "rebaselined", "date_moved", "date_proposed"]),
    ("raised", "Raised", &["raised"]),
    ("scores", "Scores", &["scored"]),
    ("owners", "Owners and members", &["handed", "member_set"]),
    (
        "edits",
        "Edits and comments",
        &["edited", "confirmed", "commented", "rated", "shared", "linked", "unlinked"],
    ),
    (
        "value",
        "Value and money",
        &["measured", "contacted", "invited", "record_made", "record_edited", "record_removed"],
    ),
    ("baselines", "Baselines", &["baseline_made", "rebaselined", "committed"]),
    (
        "program",
        "Program and imports",
        &["program_made", "program_edited", "project_made", "project_edited", "imported"],
    ),
];

/// What the address asks for.
struct Asked {
    topic: String,
    after: Option<NaiveDate>,
    until: Option<NaiveDate>,
}

impl Asked {
    fn of(place: &Place) -> Result<Self, Error> {
        let topic = place.value("topic").unwrap_or_default();
        if !topic.is_empty() && !TOPICS.iter().any(|(name, ..)| *name == topic) {
            let names: Vec<_> = TOPICS.iter().map(|(name, ..)| *name).collect();
            return Err(Error::refused("topic", format!("Topics are: {}.", names.join(", "))));
        }
        Ok(Self { topic, after: asked_day(place, "after")?, until: asked_day(place, "until")? })
    }

    fn span(&self, limit: i64, offset: i64) -> Span {
        let names = TOPICS.iter().find(|(name, ..)| *name == self.topic).map(|(.., names)| *names);
        Span {
            after: self.after,
            until: self.until,
            item: None,
            names: names.unwrap_or_default().iter().map(|name| (*name).to_owned()).collect(),
            limit,
            offset,
            before: None,
        }
    }
}

#[derive(Template)]
#[template(path = "overview/history.html")]
struct TrailPage {
    shell: Shell,
    key: String,
    asked: Asked,
    lines: Vec<Line>,
    total: i64,
    first: i64,
    last: i64,
    previous: Option<String>,
    next: Option<String>,
}

/// An event, in words.
struct Line {
    happened: Happened,
    words: String,
    /// The day and time at which it was written down, in the program's time zone.
    recorded: String,
    /// It holds from another day than the one on which it was written down.
    backdated: bool,
}

impl TrailPage {
    fn topics() -> impl Iterator<Item = (&'static str, &'static str)> {
        TOPICS.iter().map(|(name, label, _)| (*name, *label))
    }

    fn iso(date: Option<&NaiveDate>) -> String {
        date.map(ToString::to_string).unwrap_or_default()
    }
}

async fn trail(
    Shared(app): Shared<App>,
    Web(ctx): Web,
    place: Place,
    paging: Paging,
    Path(key): Path<String>,
) -> PageResult {
    let entered = access::enter(&app, &ctx, &key).await?;
    let asked = Asked::of(&place)?;
    let trail = history::list(&app, &ctx, &entered, &asked.span(paging.limit, paging.offset)).await?;
    let zone = entered.program().time_zone.parse().unwrap_or(chrono_tz::UTC);
    let names = trail.names;
    let lines: Vec<Line> = trail
        .events
        .into_iter()
        .map(|happened| {
            let at = happened.recorded_at.with_timezone(&zone);
            Line {
                words: words(&happened.event, &names),
                recorded: at.format("%-d %b %Y, %H:%M").to_string(),
                backdated: at.date_naive() != happened.effective_on,
                happened,
            }
        })
        .collect();
    let shown = i64::try_from(lines.len()).unwrap_or_default();
    page(&TrailPage {
        shell: place.program_shell(&ctx, &entered, "history"),
        key: entered.key().to_owned(),
        asked,
        total: trail.total,
        first: paging.offset + 1,
        last: paging.offset + shown,
        previous: paging
            .previous_cursor()
            .map(|cursor| place.with(&[("cursor", Some(cursor.as_str()).filter(|c| !c.is_empty()))])),
        next: paging.next_cursor(trail.total).map(|cursor| place.with(&[("cursor", Some(cursor.as_str()))])),
        lines,
    })
}

/// The parameters of the audit trail.
pub const PARAMETERS: [&str; 3] = ["topic", "after", "until"];

async fn api_trail(
    Shared(app): Shared<App>,
    Api(ctx): Api,
    place: Place,
    query: Query,
    Path(key): Path<String>,
) -> ApiResult {
    let entered = access::enter(&app, &ctx, &key).await?;
    query.only(&PARAMETERS, &[])?;
    let before = query.after()?;
    let span = Span { before, ..Asked::of(&place)?.span(query.one_more(), 0) };
    let trail = history::list(&app, &ctx, &entered, &span).await?;
    let place = |happened: &Happened| (happened.effective_on, happened.id);
    let body = query.page(trail.events, trail.total, place, |happened| {
        let (name, data) = happened.event.stored();
        let item = happened.item.as_ref();
        json!({
            "id": happened.id, "name": name, "data": shape::named(data, &trail.names),
            "text": words(&happened.event, &trail.names),
            "item": item.map(|(_, reference, _)| reference.to_string()),
            "title": item.map(|(.., title)| title),
            "effective_on": happened.effective_on, "recorded_at": happened.recorded_at,
            "actor": shape::person(happened.by, happened.actor.as_deref()), "reason": happened.reason,
        })
    });
    Ok(Json(body).into_response())
}

/// An event in words, to stand after the item's title.
pub(super) fn words(event: &Event, names: &Names) -> String {
    let day = |date: &NaiveDate| date.format("%-d %b %Y").to_string();
    let maybe = |date: &Option<NaiveDate>| date.as_ref().map_or("none".to_owned(), day);
    let person = |id: &Option<uuid::Uuid>| {
        id.map_or("nobody".to_owned(), |id| names.people.get(&id).cloned().unwrap_or("someone".to_owned()))
    };
    let fields = |fields: &[String]| fields.join(", ").replace('_', " ");
    let score = |score: &Option<i16>| score.map_or("no score".to_owned(), |score| score.to_string());
    match event {
        Event::Raised {} => "raised".to_owned(),
        Event::ForecastMoved { from: None, to } => format!("forecast for {}", maybe(to)),
        Event::ForecastMoved { from, to } => format!("forecast moved from {} to {}", maybe(from), maybe(to)),
        Event::Committed { on } => format!("first committed for {}", day(on)),
        Event::Rebaselined { from, to, baseline } => {
            format!("committed date moved from {} to {} by baseline {baseline}", maybe(from), day(to))
        }
        Event::Moved { from, to } => format!("from {} to {}", State::label(*from), to.label()),
        Event::Escalated { level, to } => format!("escalated to {} (level {level})", person(&Some(*to))),
        Event::Asked { dependencies: 1 } => "the owner of one dependency was asked".to_owned(),
        Event::Asked { dependencies } => format!("the owners of {dependencies} dependencies were asked"),
        Event::Answered { dependency, agrees } => {
            format!("{} was answered for {dependency}", if *agrees { "yes" } else { "no" })
        }
        Event::AcceptanceExpired { until } => {
            format!("its acceptance ended on {}", until.format("%-d %b %Y"))
        }
        Event::DeferralEnded { until } => {
            format!("it was put off until {}", until.format("%-d %b %Y"))
        }
        Event::AcceptanceOutgrown { accepted_at, opportunity, score: now } => {
            let accepted = Weight { score: *accepted_at, opportunity: *opportunity };
            format!("its acceptance {} doesn’t cover {}", accepted.words(), score(now))
        }
        Event::SideAgreed { side } => format!("agreed by the {side}"),
        Event::AgreementTakenBack { side } => {
            format!("changed after the {side} had agreed, who agrees anew")
        }
        Event::Scored { from, to } => format!("score from {} to {}", score(from), score(to)),
        Event::Handed { from, to } => format!("owner from {} to {}", person(from), person(to)),
        Event::DateMoved { from, to } => format!("date moved from {} to {}", maybe(from), maybe(to)),
        Event::DateProposed { to } => format!("{} proposed to the other side", day(to)),
        Event::Edited { fields: names } => format!("edited: {}", fields(names)),
        Event::Confirmed {} => "confirmed as it stands".to_owned(),
        Event::Commented {} => "commented".to_owned(),
        Event::Rated { value } => format!("rated {value} of 5"),
        Event::Shared { revoked: false } => "link without an account made".to_owned(),
        Event::Shared { revoked: true } => "link without an account revoked".to_owned(),
        Event::Linked { relation, to } => format!("linked: {} {to}", relation.replace('_', " ")),
        Event::Unlinked { relation, to } => format!("link taken away: {} {to}", relation.replace('_', " ")),
        Event::Archived {} => "archived".to_owned(),
        Event::Restored {} => "restored".to_owned(),
        Event::BaselineMade { number, name } => format!("Baseline {number} made: {name}"),
        Event::ProgramMade {} => "Program set up".to_owned(),
        Event::ProgramEdited { fields: names } => format!("Program edited: {}", fields(names)),
        Event::ProjectMade { project } => format!("Project {project} added"),
        Event::ProjectEdited { project } => format!("Project {project} edited"),
        Event::CalendarMade { calendar } => format!("Calendar {calendar} made"),
        Event::CalendarEdited { calendar } => format!("Calendar {calendar} edited"),
        Event::ScenarioMade { number, title } => format!("Scenario {number} made: {title}"),
        Event::ScenarioEdited { number } => format!("Scenario {number} edited"),
        Event::ScenarioMoved { number, to } => format!("Scenario {number} is {to}"),
        Event::SignedOff { role, verdict } => format!("{} signed: {}", role_label(role), verdict.label()),
        Event::StepTaken { step, done: true } => format!("step taken: {step}"),
        Event::StepTaken { step, .. } => format!("step not taken after all: {step}"),
        Event::Counted { what, count, on } if *count < 0 => {
            format!("{} of {} taken back: {}", what.name(), day(on), -count)
        }
        Event::Counted { what, count, on } => format!("{count} {}(s) on {}", what.name(), day(on)),
        Event::ChecklistSet { checklist, kept: true } => format!("Checklist kept: {checklist}"),
        Event::ChecklistSet { checklist, .. } => format!("Checklist taken away: {checklist}"),
        Event::EndpointSet { endpoint, open: true } => format!("Signed calls of {endpoint} are taken"),
        Event::EndpointSet { endpoint, .. } => format!("Calls of {endpoint} are taken no more"),
        Event::RecordMade { what, name } => format!("{what} made: {name}"),
        Event::RecordEdited { what, name } => format!("{what} changed: {name}"),
        Event::RecordRemoved { what, name } => format!("{what} taken away: {name}"),
        Event::Measured { on, value, unit, of } => {
            let of = of.as_ref().map(|of| format!(" of {of}")).unwrap_or_default();
            format!("measured{of} on {}: {value} {unit}", day(on))
        }
        Event::Contacted { on, next: None } => format!("spoken to on {}", day(on)),
        Event::Contacted { on, next } => format!("spoken to on {}, next {}", day(on), maybe(next)),
        Event::Invited { survey, people } => format!("Survey {survey}: {people} asked"),
        Event::MemberSet { person: id, role } => {
            let who = person(&id.parse().ok());
            match role {
                Some(role) => format!("{who} is now {role}"),
                None => format!("{who} is no longer a member"),
            }
        }
        // What belongs to no program has a trail elsewhere.
        Event::PersonMade { .. }
        | Event::PersonEdited { .. }
        | Event::TeamMade { .. }
        | Event::TeamEdited { .. }
        | Event::TeamMemberSet { .. } => "People or teams were edited".to_owned(),
        Event::Imported { made, changed, skipped, .. } => {
            format!("Import: {made} made, {changed} changed, {skipped} skipped")
        }
    }
}
