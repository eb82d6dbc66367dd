//! The words that sheets use for fields, kinds, states and scores.

use crate::domain::kind::{Kind, State};

/// What a column of an ordinary log means, whatever kind its rows are of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Meaning {
    /// A field of the API by its own name.
    Field(&'static str),
    Key,
    Kind,
    State,
    Due,
    Start,
    Finish,
    Predecessors,
    Impact,
    Plan,
    Resolution,
    Closed,
    Level,
}

/// Fields that every kind has.
const COMMON: &[&str] = &["title", "description", "owner", "project", "raised_on", "tags"];

/// The API fields of a kind that a cell can hold.
pub(crate) const fn own_fields(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Milestone => &[
            "kind",
            "committed_on",
            "forecast_on",
            "forecast_reason",
            "forecast_from",
            "acceptance_criteria",
            "confidence",
        ],
        Kind::Activity => &[
            "likely_days",
            "optimistic_days",
            "pessimistic_days",
            "percent_complete",
            "remaining_days",
            "actual_start_on",
            "actual_finish_on",
            "constraint",
            "constraint_on",
            "deadline_on",
            "parent",
            "resources",
            "calendar",
        ],
        Kind::Risk => &[
            "probability",
            "impact",
            "cause",
            "event",
            "effect",
            "category",
            "opportunity",
            "response",
            "response_plan",
            "trigger",
            "proximity_on",
            "review_on",
            "inherent_probability",
            "inherent_impact",
            "target_probability",
            "target_impact",
            "schedule_effect_days",
            "cost_effect",
            "threatens",
        ],
        Kind::Assumption => &["impact_if_false", "validate_by", "method"],
        Kind::Issue => {
            &["severity", "due_on", "blocking", "blocked_team", "owing_team", "resolution", "root_cause"]
        }
        Kind::Dependency => &[
            "provider",
            "consumer",
            "needed_by",
            "promised_by",
            "acceptance_criteria",
            "test_point",
            "provider_milestone",
            "consumer_milestone",
        ],
        Kind::Decision => {
            &["context", "options", "recommendation", "needed_by", "if_undecided", "requested_on", "forum"]
        }
        Kind::Change => {
            &["kinds", "reason", "adds", "removes", "redefines", "schedule_days", "cost", "rebaseline"]
        }
        Kind::Action => &["due_on", "from"],
        Kind::Gate => {
            &["on", "milestone", "release", "forum", "sign_off_roles", "sign_off_holders", "quorum"]
        }
        Kind::Check => {
            &["gate", "area", "criterion", "mandatory", "due_on", "evidence_title", "evidence_url"]
        }
        Kind::Release => {
            &["milestone", "launch_on", "rollout_steps", "rollback_steps", "communications", "review"]
        }
        Kind::Report => &["period_from", "period_to", "headline", "decisions_needed", "next_steps"],
        Kind::Benefit => &["measure", "unit", "baseline", "plan", "weight"],
        Kind::Stakeholder => &[
            "person",
            "organisation",
            "influence",
            "interest",
            "attitude_now",
            "attitude_wanted",
            "channel",
            "cadence",
            "next_contact_on",
            "needs",
        ],
        Kind::Meeting => &["on", "starts_at", "minutes", "forum", "key", "attendees", "agenda", "notes"],
        Kind::Lesson => &["what_happened", "cause", "change_to_make", "from"],
    }
}

/// Whether items of a kind have a field.
pub(crate) fn has_field(kind: Kind, field: &str) -> bool {
    COMMON.contains(&field) || own_fields(kind).contains(&field)
}

/// A heading or word without case, marks and doubled spaces.
pub(crate) fn bare(text: &str) -> String {
    let spaced: String = text
        .chars()
        .map(|c| if c.is_alphanumeric() || c == '%' { c.to_ascii_lowercase() } else { ' ' })
        .collect();
    spaced.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// What a heading means; `None` if it isn't known.
pub(crate) fn meaning(heading: &str) -> Option<Meaning> {
    use Meaning::{Closed, Due, Field, Impact, Key, Level, Plan, Resolution};
    // Plumbline's own headings mean themselves.
    let own = Kind::ALL.into_iter().flat_map(|kind| COMMON.iter().chain(own_fields(kind)));
    if let Some(name) = own.into_iter().find(|name| **name == heading)
        && ![
            "impact",
            "severity",
            "resolution",
            "kind",
            "notes",
            "plan",
            "person",
            "key",
            "baseline",
            "review",
        ]
        .contains(name)
    {
        return Some(Field(name));
    }
    Some(match bare(heading).as_str() {
        "title" | "summary" | "name" | "risk" | "issue" | "assumption" | "dependency" | "decision"
        | "action" | "milestone" | "subject" | "headline" | "short description" | "risk title"
        | "issue title" | "risk name" | "item" | "feature name" | "task" | "task name" | "project name"
        | "risk event" | "topic" => Field("title"),
        "description"
        | "details"
        | "detail"
        | "notes"
        | "comments"
        | "risk description"
        | "issue description"
        | "description aims"
        | "one line release note description" => Field("description"),
        "id" | "ref" | "reference" | "key" | "no" | "nr" | "number" | "#" | "risk id" | "issue id"
        | "issue key" | "item id" | "task id" | "raid id" | "log id" | "gmpp id number" => Key,
        "type" | "kind" | "category" | "item type" | "raid type" | "raid" | "issue type"
        | "work item type" | "raid category" | "log type" => Meaning::Kind,
        "owner" | "assigned to" | "assignee" | "responsible" | "risk owner" | "issue owner"
        | "action owner" | "raid owner" | "lead" | "accountable" | "who" | "dri" => Field("owner"),
        "status" | "state" | "risk status" | "issue status" | "current status" => Meaning::State,
        "duration" | "duration days" | "estimate" | "work days" | "likely" => Field("likely_days"),
        "optimistic" | "optimistic duration" => Field("optimistic_days"),
        "pessimistic" | "pessimistic duration" => Field("pessimistic_days"),
        "remaining" | "remaining duration" => Field("remaining_days"),
        "% complete" | "%complete" | "percent complete" | "complete" | "progress" | "% done" => {
            Field("percent_complete")
        }
        "actual start" | "started" | "started on" => Field("actual_start_on"),
        "actual finish" | "actual end" => Field("actual_finish_on"),
        "resource names" | "resources" => Field("resources"),
        "constraint type" => Field("constraint"),
        "constraint date" => Field("constraint_on"),
        "start" | "start date" | "planned start" => Meaning::Start,
        "finish" | "finish date" | "end" | "end date" | "planned finish" => Meaning::Finish,
        "predecessors" | "predecessor" => Meaning::Predecessors,
        "due"
        | "due date"
        | "due by"
        | "due on"
        | "target date"
        | "target"
        | "deadline"
        | "needed by"
        | "needed on"
        | "required by"
        | "review"
        | "review date"
        | "next review"
        | "resolve by"
        | "target resolution date"
        | "planned date"
        | "date due"
        | "decision needed by"
        | "date required" => Due,
        "probability" | "likelihood" | "prob" | "chance" | "p" | "probability 1 5" | "likelihood 1 5"
        | "risk probability" | "risk likelihood" => Field("probability"),
        "impact" | "consequence" | "impact 1 5" | "risk impact" | "i" => Impact,
        "severity" | "priority" | "urgency" | "criticality" => Level,
        "raised" | "created" | "date raised" | "raised on" | "date" | "opened" | "created at"
        | "created on" | "date identified" | "identified" | "identified on" | "logged" | "date logged"
        | "date opened" | "raised date" | "created date" | "date created" => Field("raised_on"),
        "mitigation"
        | "mitigations"
        | "response plan"
        | "mitigation plan"
        | "mitigating action"
        | "action plan"
        | "mitigation action"
        | "mitigating actions"
        | "treatment"
        | "countermeasure"
        | "mitigation strategy" => Plan,
        "response" | "risk response" | "strategy" | "response strategy" => Field("response"),
        "resolution" | "outcome" | "answer" | "decision made" | "decision taken" => Resolution,
        "project" | "workstream" | "work stream" | "stream" | "project key" | "track" => Field("project"),
        "tags" | "labels" | "label" | "tag" | "keywords" => Field("tags"),
        "closed" | "closed on" | "date closed" | "closed date" | "resolved" | "completed"
        | "completed at" | "completed on" | "date resolved" | "closure date" | "achieved on"
        | "actual date" | "decided on" | "decision date" | "actual" => Closed,
        "cause" | "root cause" | "causes" => Field("cause"),
        "effect" | "effects" | "consequences" => Field("effect"),
        "trigger" | "triggers" => Field("trigger"),
        "team" | "owing team" | "responsible team" => Field("owing_team"),
        "blocked team" | "affected team" => Field("blocked_team"),
        "provider" | "provided by" | "supplier" | "from team" | "depends on" | "giver" => Field("provider"),
        "consumer" | "receiver" | "to team" | "needed by team" | "recipient" => Field("consumer"),
        "promised" | "promised by" | "promised date" | "committed date" | "commitment" => {
            Field("promised_by")
        }
        "baseline" | "baseline date" | "original date" | "committed on" => Field("committed_on"),
        "forecast" | "forecast date" | "expected date" => Field("forecast_on"),
        "reason" | "justification" | "rationale" => Field("reason"),
        "options" | "alternatives" => Field("options"),
        "recommendation" | "proposal" => Field("recommendation"),
        "context" | "background" => Field("context"),
        "requested" | "requested on" | "date requested" => Field("requested_on"),
        "acceptance criteria" => Field("acceptance_criteria"),
        _ => return None,
    })
}

/// The field that a meaning stands for in an item of a kind; `None` if such items have none.
pub(crate) fn field_of(meaning: Meaning, kind: Kind) -> Option<&'static str> {
    Some(match (meaning, kind) {
        (Meaning::Due, Kind::Activity) => "deadline_on",
        (Meaning::Finish, Kind::Activity) => return None,
        (Meaning::Finish, kind) => return field_of(Meaning::Due, kind),
        (Meaning::Due, Kind::Risk) => "review_on",
        (Meaning::Due, Kind::Assumption) => "validate_by",
        (Meaning::Due, Kind::Issue | Kind::Action | Kind::Check) => "due_on",
        (Meaning::Due, Kind::Gate | Kind::Meeting) => "on",
        (Meaning::Due, Kind::Release) => "launch_on",
        (Meaning::Due, Kind::Dependency | Kind::Decision) => "needed_by",
        (Meaning::Impact | Meaning::Level, Kind::Risk) => "impact",
        (Meaning::Impact | Meaning::Level, Kind::Issue) => "severity",
        (Meaning::Impact, Kind::Assumption) => "impact_if_false",
        (Meaning::Impact, Kind::Decision) => "if_undecided",
        (Meaning::Plan | Meaning::Resolution, Kind::Risk) => "response_plan",
        (Meaning::Plan | Meaning::Resolution, Kind::Issue) => "resolution",
        (Meaning::Plan, Kind::Assumption) => "method",
        (Meaning::Plan, Kind::Benefit) => "plan",
        (Meaning::Plan | Meaning::Resolution, Kind::Decision) => "recommendation",
        (Meaning::Field("cause"), Kind::Issue) => "root_cause",
        (Meaning::Due | Meaning::Field("promised_by"), Kind::Milestone) => "committed_on",
        (Meaning::Field(name), kind) if has_field(kind, name) => name,
        _ => return None,
    })
}

/// The kind that a word of a Type column, or a part of a file's name, stands for.
pub(crate) fn kind_of(word: &str) -> Option<Kind> {
    Some(match bare(word).trim_end_matches('s') {
        "r" | "risk" | "threat" | "opportunity" | "opportunitie" => Kind::Risk,
        "a" | "assumption" => Kind::Assumption,
        "i" | "issue" | "problem" | "blocker" | "bug" | "impediment" => Kind::Issue,
        "d" | "dependency" | "dependencie" | "dep" => Kind::Dependency,
        "dec" | "decision" => Kind::Decision,
        "m" | "milestone" => Kind::Milestone,
        "t" | "activity" | "activitie" => Kind::Activity,
        "cr" | "change" | "change request" => Kind::Change,
        "act" | "action" | "action item" | "task" | "todo" | "to do" => Kind::Action,
        "gate" => Kind::Gate,
        "check" => Kind::Check,
        "release" => Kind::Release,
        "benefit" => Kind::Benefit,
        "stakeholder" => Kind::Stakeholder,
        "meeting" => Kind::Meeting,
        "lesson" | "lesson learned" => Kind::Lesson,
        _ => return None,
    })
}

/// What a word of a Status column says of an item of a kind.
pub(crate) fn state_of(word: &str, kind: Kind) -> Option<State> {
    let word = bare(word);
    if let Some(state) = State::from_name(&word.replace(' ', "_"))
        && kind.states().contains(&state)
    {
        return Some(state);
    }
    let state = match word.as_str() {
        "open" | "new" | "active" | "to do" | "todo" | "not started" | "raised" | "identified"
        | "planned" | "proposed" | "draft" | "live" | "backlog" | "tracked" | "unvalidated" => {
            kind.first_state()
        }
        "in progress" | "doing" | "wip" | "started" | "ongoing" | "mitigating" | "being mitigated"
        | "managed" | "in review" | "monitoring" | "on track" | "under way" | "at risk" | "late"
        | "delayed" => match kind {
            Kind::Risk => State::Mitigating,
            Kind::Issue | Kind::Activity => State::InProgress,
            Kind::Decision => State::Waiting,
            Kind::Change => State::Submitted,
            Kind::Dependency => State::Agreed,
            _ => kind.first_state(),
        },
        "pending" | "requested" | "awaiting decision" | "waiting" | "submitted" => match kind {
            Kind::Decision => State::Waiting,
            Kind::Change => State::Submitted,
            _ => kind.first_state(),
        },
        "closed" | "done" | "complete" | "completed" | "finished" | "resolved" | "fixed" | "achieved"
        | "made" | "implemented" | "met" | "confirmed" | "delivered" | "decided" | "approved"
        | "mitigated" | "accepted" => match kind {
            Kind::Risk | Kind::Issue if word == "closed" => State::Closed,
            Kind::Risk if word != "accepted" => State::Closed,
            Kind::Issue => State::Resolved,
            Kind::Action | Kind::Activity => State::Done,
            Kind::Milestone => State::Achieved,
            Kind::Decision => State::Decided,
            Kind::Change if matches!(word.as_str(), "approved" | "accepted") => State::Approved,
            Kind::Change => State::Implemented,
            Kind::Assumption => State::Validated,
            Kind::Dependency if word == "approved" => State::Agreed,
            Kind::Dependency | Kind::Risk => State::Accepted,
            Kind::Gate => State::Go,
            Kind::Check => State::Passed,
            Kind::Release => State::Reviewed,
            Kind::Report => State::Published,
            Kind::Benefit => State::Realised,
            Kind::Stakeholder => State::Inactive,
            Kind::Meeting => State::Held,
            Kind::Lesson => State::Done,
        },
        "cancelled" | "canceled" | "dropped" | "withdrawn" | "rejected" | "won t do" | "wont do"
        | "won t fix" | "void" | "obsolete" | "duplicate" | "removed" | "false" => match kind {
            Kind::Risk | Kind::Issue => State::Closed,
            Kind::Action => State::Dropped,
            Kind::Milestone | Kind::Activity => State::Cancelled,
            Kind::Change => State::Rejected,
            Kind::Assumption => State::Invalidated,
            Kind::Dependency if word == "rejected" => State::Rejected,
            Kind::Decision | Kind::Dependency => State::Withdrawn,
            Kind::Gate => State::NoGo,
            Kind::Check => State::NotApplicable,
            Kind::Release | Kind::Meeting => State::Cancelled,
            Kind::Benefit => State::Missed,
            Kind::Stakeholder => State::Inactive,
            Kind::Lesson => State::Dropped,
            Kind::Report => State::Draft,
        },
        "occurred" | "happened" | "materialised" | "materialized" | "realised" | "realized"
        | "became issue"
            if kind == Kind::Risk =>
        {
            State::Materialised
        }
        _ => return None,
    };
    Some(state)
}

/// A probability or an impact, 1 to 5: a number, a word, or a percentage (of a probability).
pub(crate) fn score(text: &str) -> Option<i64> {
    let bare = bare(text);
    let number = text.trim().trim_end_matches('%').trim().parse::<f64>().ok();
    if let Some(number) = number {
        let percent = if text.trim().ends_with('%') {
            number
        } else if number > 0.0 && number < 1.0 {
            number * 100.0
        } else {
            return (1_i32..=5)
                .find(|score| (number - f64::from(*score)).abs() < f64::EPSILON)
                .map(i64::from);
        };
        return match percent {
            p if !(0.0..=100.0).contains(&p) => None,
            p if p <= 10.0 => Some(1),
            p if p <= 30.0 => Some(2),
            p if p <= 50.0 => Some(3),
            p if p <= 70.0 => Some(4),
            _ => Some(5),
        };
    }
    // “3 - Medium” and “Medium (3)” say it twice.
    let mut words = bare.split(' ');
    if let Some(digit) = words.clone().find_map(|w| w.parse::<i64>().ok()) {
        return Some(digit)
            .filter(|digit| (1..=5).contains(digit) && bare.matches(char::is_numeric).count() == 1);
    }
    Some(match bare.as_str() {
        "very low" | "vl" | "rare" | "negligible" | "insignificant" | "remote" | "very unlikely"
        | "lowest" | "trivial" => 1,
        "low" | "l" | "unlikely" | "minor" | "slight" => 2,
        "medium" | "m" | "med" | "moderate" | "possible" | "mid" | "average" => 3,
        "high" | "h" | "likely" | "major" | "significant" | "probable" => 4,
        "very high" | "vh" | "almost certain" | "certain" | "critical" | "severe" | "catastrophic"
        | "extreme" | "highest" => 5,
        _ => return words.next().filter(|w| w.is_empty()).and(None),
    })
}

/// The severity of an issue, 1 critical to 4 minor.
pub(crate) fn severity(text: &str) -> Option<i64> {
    let bare = bare(text);
    let digit = bare
        .trim_start_matches(|c: char| c.is_alphabetic() || c == ' ')
        .split(' ')
        .next()
        .unwrap_or_default();
    if let Ok(number) = digit.parse::<i64>() {
        return Some(number).filter(|number| (1..=4).contains(number));
    }
    Some(match bare.as_str() {
        "critical" | "blocker" | "highest" | "very high" | "severe" | "urgent" | "showstopper" => 1,
        "high" | "major" | "h" => 2,
        "medium" | "moderate" | "normal" | "med" | "m" => 3,
        "low" | "minor" | "trivial" | "lowest" | "very low" | "l" => 4,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_and_severities_in_words_numbers_and_percent() {
        for (text, expected) in [
            ("3", Some(3)),
            ("High", Some(4)),
            ("very  low", Some(1)),
            ("3 - Medium", Some(3)),
            ("Medium (3)", Some(3)),
            ("30%", Some(2)),
            ("0.8", Some(5)),
            ("100 %", Some(5)),
            ("6", None),
            ("0", None),
            ("-1", None),
            ("1e9", None),
            ("soon", None),
            ("", None),
            ("150%", None),
            ("2.5", None),
            ("NaN", None),
            ("4.0", Some(4)),
        ] {
            assert_eq!(score(text), expected, "{text}");
        }
        for (text, expected) in [
            ("1", Some(1)),
            ("Sev 2", Some(2)),
            ("P1 - Critical", Some(1)),
            ("Major", Some(2)),
            ("5", None),
            ("x", None),
        ] {
            assert_eq!(severity(text), expected, "{text}");
        }
    }

    #[test]
    fn every_state_word_leads_to_a_state_of_the_kind() {
        for kind in Kind::ALL {
            for word in [
                "Open",
                "In Progress",
                "Pending",
                "Closed",
                "Accepted",
                "Approved",
                "Cancelled",
                "Rejected",
                "Delivered",
            ] {
                let state = state_of(word, kind).unwrap();
                assert!(kind.states().contains(&state), "{kind:?} {word} {state:?}");
            }
        }
        assert_eq!(state_of("purple", Kind::Risk), None);
    }

    #[test]
    fn own_field_names_mean_themselves() {
        for kind in Kind::ALL {
            for name in own_fields(kind).iter().filter(|name| {
                !["kind", "key", "notes", "person", "baseline", "review", "plan"].contains(name)
            }) {
                let meaning = meaning(name).unwrap();
                assert_eq!(field_of(meaning, kind), Some(*name), "{kind:?}");
            }
        }
    }
}
