//! What happened, in the domain's words. Written through the one door for writes, beside the row; the audit trail and "what
//! changed" are made from it.

use super::item::{Detail, Item};
use super::kind::State;
use super::transition::Side;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// Something that happened in a program.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "name", content = "data", rename_all = "snake_case")]
pub enum Event {
    /// An item was raised (a milestone planned, a decision drafted).
    Raised {},
    /// A forecast was moved; `from` is none when it was first stated.
    ForecastMoved {
        from: Option<NaiveDate>,
        to: Option<NaiveDate>,
    },
    /// A committed date entered the original baseline.
    Committed {
        on: NaiveDate,
    },
    /// A new baseline moved a committed date.
    Rebaselined {
        from: Option<NaiveDate>,
        to: NaiveDate,
        baseline: i32,
    },
    /// A state changed.
    Moved {
        from: State,
        to: State,
    },
    /// A decision climbed to a level by itself, and waits for somebody else.
    Escalated {
        level: i16,
        to: uuid::Uuid,
    },
    /// One side of a dependency agreed.
    SideAgreed {
        side: String,
    },
    /// What a side of a dependency had agreed to was changed before the other agreed: it agrees anew.
    AgreementTakenBack {
        side: String,
    },
    /// The score of a risk changed.
    Scored {
        from: Option<i16>,
        to: Option<i16>,
    },
    /// The owner changed.
    Handed {
        from: Option<uuid::Uuid>,
        to: Option<uuid::Uuid>,
    },
    /// A needed-by, promised-by, due or other next date moved.
    DateMoved {
        from: Option<NaiveDate>,
        to: Option<NaiveDate>,
    },
    /// A changed date waits for the other side's consent.
    DateProposed {
        to: NaiveDate,
    },
    /// The owners downstream of a change request were asked: so many dependencies.
    Asked {
        dependencies: usize,
    },
    /// One of them answered.
    Answered {
        dependency: String,
        agrees: bool,
    },
    /// Until when a risk was accepted has passed: it is open again.
    AcceptanceExpired {
        until: NaiveDate,
    },
    /// Until when a decision was put off has come: it waits again.
    DeferralEnded {
        until: NaiveDate,
    },
    /// An accepted risk demands more authority than what it was when it was accepted: it is worked on again.
    AcceptanceOutgrown {
        accepted_at: Option<i16>,
        /// It was accepted as an opportunity.
        #[serde(default)]
        opportunity: bool,
        score: Option<i16>,
    },
    /// Other fields were edited.
    Edited {
        fields: Vec<String>,
    },
    /// Whoever answers for it said that it stands as it is.
    Confirmed {},
    Commented {},
    /// A reader said how useful a report is.
    Rated {
        value: i16,
    },
    /// A link was made that shows a report without an account, or revoked.
    Shared {
        revoked: bool,
    },
    Linked {
        relation: String,
        to: String,
    },
    Unlinked {
        relation: String,
        to: String,
    },
    Archived {},
    Restored {},
    /// A baseline was made.
    BaselineMade {
        number: i32,
        name: String,
    },
    /// The program, a project or the membership changed.
    ProgramMade {},
    ProgramEdited {
        fields: Vec<String>,
    },
    ProjectMade {
        project: String,
    },
    ProjectEdited {
        project: String,
    },
    CalendarMade {
        calendar: String,
    },
    CalendarEdited {
        calendar: String,
    },
    ScenarioMade {
        number: i32,
        title: String,
    },
    ScenarioEdited {
        number: i32,
    },
    /// A scenario was applied, written into the plan, discarded, or is a draft again.
    ScenarioMoved {
        number: i32,
        to: String,
    },
    /// A role signed a gate off.
    SignedOff {
        role: String,
        verdict: super::readiness::Verdict,
    },
    /// A step of a release was taken, or was not after all.
    StepTaken {
        step: String,
        done: bool,
    },
    /// Incidents or defects of a release were counted; less than nothing, where they are taken back.
    Counted {
        what: super::release::EventKind,
        count: i32,
        on: NaiveDate,
    },
    /// A checklist of the program was kept, or taken away.
    ChecklistSet {
        checklist: String,
        kept: bool,
    },
    /// Another tool may call, or may no more.
    EndpointSet {
        endpoint: String,
        open: bool,
    },
    /// A record of the program was made, changed or taken away: what it is, and what it is called.
    RecordMade {
        what: String,
        name: String,
    },
    RecordEdited {
        what: String,
        name: String,
    },
    RecordRemoved {
        what: String,
        name: String,
    },
    /// A benefit, or the adoption that it needs, was measured.
    Measured {
        on: NaiveDate,
        value: f64,
        unit: String,
        of: Option<String>,
    },
    /// A stakeholder was spoken to, and is to be again.
    Contacted {
        on: NaiveDate,
        next: Option<NaiveDate>,
    },
    /// So many were asked to answer a survey.
    Invited {
        survey: i32,
        people: usize,
    },
    MemberSet {
        person: String,
        role: Option<String>,
    },
    /// People and teams belong to no program: what happened to them is told by their name.
    PersonMade {
        person: String,
    },
    PersonEdited {
        person: String,
        fields: Vec<String>,
    },
    TeamMade {
        team: String,
    },
    TeamEdited {
        team: String,
        fields: Vec<String>,
    },
    TeamMemberSet {
        team: String,
        person: String,
        member: bool,
    },
    /// An import brought so many records.
    Imported {
        made: u32,
        changed: u32,
        skipped: u32,
        #[serde(default)]
        files: Vec<String>,
    },
}

impl Event {
    /// The name under which it is stored.
    #[must_use]
    pub fn stored(&self) -> (String, serde_json::Value) {
        let mut value = serde_json::to_value(self).unwrap_or_default();
        let name = value["name"].as_str().unwrap_or_default().to_owned();
        (name, value["data"].take())
    }

    /// An event as it was stored; `None` for one that this version doesn't know.
    #[must_use]
    pub fn restored(name: &str, data: serde_json::Value) -> Option<Self> {
        serde_json::from_value(serde_json::json!({"name": name, "data": data})).ok()
    }
}

/// The events that lead from one version of an item to the next, those that matter most first.
#[must_use]
pub fn between(before: &Item, after: &Item) -> Vec<Event> {
    let mut events = Vec::new();
    if before.state != after.state {
        events.push(Event::Moved { from: before.state, to: after.state });
    }
    // What Plumbline writes is nothing that somebody edits.
    let mut told = vec!["next_on", "score", "written"];
    match (&before.detail, &after.detail) {
        (Detail::Milestone(was), Detail::Milestone(is)) => {
            if let (None, Some(on)) = (was.committed_on, is.committed_on) {
                events.push(Event::Committed { on });
            }
            if was.forecast_on != is.forecast_on {
                events.push(Event::ForecastMoved { from: was.forecast_on, to: is.forecast_on });
            }
            told.extend([
                "forecast_on",
                "forecast_stated_on",
                "forecast_reason",
                "committed_on",
                "original_on",
                "achieved_on",
            ]);
        }
        (Detail::Dependency(was), Detail::Dependency(is)) => {
            for (side, had, has) in [
                (Side::Provider, was.provider_agreed_on, is.provider_agreed_on),
                (Side::Consumer, was.consumer_agreed_on, is.consumer_agreed_on),
            ] {
                let side = side.name().to_owned();
                match has {
                    Some(_) if had != has => events.push(Event::SideAgreed { side }),
                    None if had.is_some() => events.push(Event::AgreementTakenBack { side }),
                    _ => {}
                }
            }
            if was.needed_by != is.needed_by {
                events.push(Event::DateMoved { from: was.needed_by, to: is.needed_by });
            }
            if was.promised_by != is.promised_by {
                events.push(Event::DateMoved { from: was.promised_by, to: is.promised_by });
            }
            for (had, has) in [
                (was.proposed_needed_by, is.proposed_needed_by),
                (was.proposed_promised_by, is.proposed_promised_by),
            ] {
                if let Some(to) = has.filter(|_| had != has) {
                    events.push(Event::DateProposed { to });
                }
            }
            told.extend(["needed_by", "promised_by", "proposed_needed_by", "proposed_promised_by"]);
            told.extend([
                "provider_agreed_by",
                "provider_agreed_on",
                "consumer_agreed_by",
                "consumer_agreed_on",
            ]);
        }
        _ => {
            if before.score != after.score {
                events.push(Event::Scored { from: before.score, to: after.score });
            }
            if before.next_on != after.next_on {
                events.push(Event::DateMoved { from: before.next_on, to: after.next_on });
                told.extend(["review_on", "validate_by", "due_on", "needed_by", "deadline_on"]);
            }
            told.extend(["probability", "impact"]);
        }
    }
    if before.owner != after.owner {
        events.push(Event::Handed { from: before.owner.map(|p| p.0), to: after.owner.map(|p| p.0) });
    }
    let mut fields = Vec::new();
    if before.state == after.state {
        let (was, is) = (before.detail.values(), after.detail.values());
        fields.extend(is.iter().filter(|(name, v)| was.get(*name) != Some(*v)).map(|(name, _)| name.clone()));
        fields.retain(|name| !told.contains(&name.as_str()));
    }
    for (changed, name) in [
        (before.title != after.title, "title"),
        (before.description != after.description, "description"),
        (before.project != after.project, "project"),
        (before.tags != after.tags, "tags"),
        (before.raised_on != after.raised_on, "raised_on"),
    ] {
        if changed {
            fields.push(name.into());
        }
    }
    if !fields.is_empty() {
        events.push(Event::Edited { fields });
    }
    events
}
