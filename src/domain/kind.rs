//! The kinds of program items, their short references (`ATLAS-R12`), their states and the legal changes between them.

use super::ids::ItemId;
use serde::{Deserialize, Serialize};

/// What an item is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "item_kind", rename_all = "snake_case")]
pub enum Kind {
    Milestone,
    Activity,
    Risk,
    Assumption,
    Issue,
    Dependency,
    Decision,
    Change,
    Action,
}

impl Kind {
    /// Every kind, in the order of the menus.
    pub const ALL: [Self; 9] = [
        Self::Milestone,
        Self::Activity,
        Self::Risk,
        Self::Assumption,
        Self::Issue,
        Self::Dependency,
        Self::Decision,
        Self::Change,
        Self::Action,
    ];

    /// The four kinds of the RAID log.
    pub const RAID: [Self; 4] = [Self::Risk, Self::Assumption, Self::Issue, Self::Dependency];

    /// The letters between the program's key and the number in a reference.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Milestone => "M",
            Self::Activity => "T",
            Self::Risk => "R",
            Self::Assumption => "A",
            Self::Issue => "I",
            Self::Dependency => "D",
            Self::Decision => "DEC",
            Self::Change => "CR",
            Self::Action => "ACT",
        }
    }

    /// The kind of a code, in any case.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code().eq_ignore_ascii_case(code))
    }

    /// The name in code, tables and the API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Milestone => "milestone",
            Self::Activity => "activity",
            Self::Risk => "risk",
            Self::Assumption => "assumption",
            Self::Issue => "issue",
            Self::Dependency => "dependency",
            Self::Decision => "decision",
            Self::Change => "change",
            Self::Action => "action",
        }
    }

    /// The name a reader sees.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Milestone => "Milestone",
            Self::Activity => "Activity",
            Self::Risk => "Risk",
            Self::Assumption => "Assumption",
            Self::Issue => "Issue",
            Self::Dependency => "Dependency",
            Self::Decision => "Decision",
            Self::Change => "Change request",
            Self::Action => "Action",
        }
    }

    /// The segment of paths, in pages and in the API: `risks`, `changes`.
    #[must_use]
    pub const fn plural(self) -> &'static str {
        match self {
            Self::Milestone => "milestones",
            Self::Activity => "activities",
            Self::Risk => "risks",
            Self::Assumption => "assumptions",
            Self::Issue => "issues",
            Self::Dependency => "dependencies",
            Self::Decision => "decisions",
            Self::Change => "changes",
            Self::Action => "actions",
        }
    }

    /// The kind of a path segment.
    #[must_use]
    pub fn from_plural(segment: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.plural() == segment)
    }

    /// The state in which an item of this kind begins.
    #[must_use]
    pub const fn first_state(self) -> State {
        match self {
            Self::Milestone => State::Planned,
            Self::Activity => State::NotStarted,
            Self::Risk | Self::Issue | Self::Action => State::Open,
            Self::Assumption => State::Unvalidated,
            Self::Dependency => State::Proposed,
            Self::Decision | Self::Change => State::Draft,
        }
    }

    /// All states that an item of this kind can have, in the order of its life.
    #[must_use]
    pub const fn states(self) -> &'static [State] {
        use State::{
            Accepted, Achieved, Agreed, Approved, Cancelled, Closed, Decided, Deferred, Delivered, Done,
            Draft, Dropped, Implemented, InProgress, Invalidated, Materialised, Mitigating, NotStarted, Open,
            Planned, Proposed, Rejected, Resolved, Submitted, Superseded, Unvalidated, Validated, Waiting,
            Withdrawn,
        };
        match self {
            Self::Milestone => &[Planned, Achieved, Cancelled],
            Self::Activity => &[NotStarted, InProgress, Done, Cancelled],
            Self::Risk => &[Open, Mitigating, Accepted, Materialised, Closed],
            Self::Assumption => &[Unvalidated, Validated, Invalidated],
            Self::Issue => &[Open, InProgress, Resolved, Closed],
            Self::Dependency => &[Proposed, Agreed, Delivered, Accepted, Rejected, Withdrawn],
            Self::Decision => &[Draft, Waiting, Decided, Deferred, Withdrawn, Superseded],
            Self::Change => &[Draft, Submitted, Approved, Rejected, Implemented],
            Self::Action => &[Open, Done, Dropped],
        }
    }

    /// The states that an item of this kind may go to from `from`.
    #[must_use]
    pub const fn next_states(self, from: State) -> &'static [State] {
        use State::{
            Accepted, Achieved, Agreed, Approved, Cancelled, Closed, Decided, Deferred, Delivered, Done,
            Draft, Dropped, Implemented, InProgress, Invalidated, Materialised, Mitigating, NotStarted, Open,
            Planned, Proposed, Rejected, Resolved, Submitted, Superseded, Unvalidated, Validated, Waiting,
            Withdrawn,
        };
        match (self, from) {
            (Self::Milestone, Planned) => &[Achieved, Cancelled],
            (Self::Milestone, Achieved | Cancelled) => &[Planned],
            (Self::Activity, NotStarted) => &[InProgress, Done, Cancelled],
            (Self::Activity, InProgress) => &[Done, NotStarted, Cancelled],
            (Self::Activity, Done) => &[InProgress, NotStarted],
            (Self::Activity, Cancelled) => &[NotStarted],
            (Self::Risk, Open) => &[Mitigating, Accepted, Materialised, Closed],
            (Self::Risk, Mitigating) => &[Open, Accepted, Materialised, Closed],
            (Self::Risk, Accepted) => &[Open, Mitigating, Materialised, Closed],
            (Self::Risk, Materialised) => &[Closed],
            (Self::Risk, Closed) => &[Open],
            (Self::Assumption, Unvalidated) => &[Validated, Invalidated],
            (Self::Assumption, Validated | Invalidated) => &[Unvalidated],
            (Self::Issue, Open) => &[InProgress, Resolved, Closed],
            (Self::Issue, InProgress) => &[Open, Resolved, Closed],
            (Self::Issue, Resolved) => &[Closed, Open],
            (Self::Issue, Closed) => &[Open],
            (Self::Dependency, Proposed) => &[Agreed, Rejected, Withdrawn],
            (Self::Dependency, Agreed) => &[Delivered, Rejected, Withdrawn],
            (Self::Dependency, Delivered) => &[Accepted, Agreed],
            (Self::Decision, Draft) => &[Waiting, Withdrawn],
            (Self::Decision, Waiting) => &[Decided, Deferred, Withdrawn, Waiting],
            (Self::Decision, Deferred) => &[Waiting, Decided, Withdrawn],
            (Self::Decision, Decided) => &[Superseded],
            (Self::Change, Draft) => &[Submitted],
            (Self::Change, Submitted) => &[Approved, Rejected, Draft],
            (Self::Change, Approved) => &[Implemented],
            (Self::Action, Open) => &[Done, Dropped],
            (Self::Action, Done | Dropped) => &[Open],
            _ => &[],
        }
    }
}

/// Where an item stands in its life. Each kind uses some of these: see [`Kind::states`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "item_state", rename_all = "snake_case")]
pub enum State {
    Draft,
    Planned,
    Open,
    Unvalidated,
    Proposed,
    NotStarted,
    InProgress,
    Mitigating,
    Agreed,
    Submitted,
    Waiting,
    Deferred,
    Delivered,
    Resolved,
    Approved,
    Achieved,
    Accepted,
    Validated,
    Invalidated,
    Materialised,
    Decided,
    Implemented,
    Done,
    Closed,
    Cancelled,
    Rejected,
    Withdrawn,
    Dropped,
    Superseded,
}

impl State {
    /// Every state there is.
    pub const ALL: [Self; 29] = [
        Self::Draft,
        Self::Planned,
        Self::Open,
        Self::Unvalidated,
        Self::Proposed,
        Self::NotStarted,
        Self::InProgress,
        Self::Mitigating,
        Self::Agreed,
        Self::Submitted,
        Self::Waiting,
        Self::Deferred,
        Self::Delivered,
        Self::Resolved,
        Self::Approved,
        Self::Achieved,
        Self::Accepted,
        Self::Validated,
        Self::Invalidated,
        Self::Materialised,
        Self::Decided,
        Self::Implemented,
        Self::Done,
        Self::Closed,
        Self::Cancelled,
        Self::Rejected,
        Self::Withdrawn,
        Self::Dropped,
        Self::Superseded,
    ];

    /// The name in tables and the API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Planned => "planned",
            Self::Open => "open",
            Self::Unvalidated => "unvalidated",
            Self::Proposed => "proposed",
            Self::NotStarted => "not_started",
            Self::InProgress => "in_progress",
            Self::Mitigating => "mitigating",
            Self::Agreed => "agreed",
            Self::Submitted => "submitted",
            Self::Waiting => "waiting",
            Self::Deferred => "deferred",
            Self::Delivered => "delivered",
            Self::Resolved => "resolved",
            Self::Approved => "approved",
            Self::Achieved => "achieved",
            Self::Accepted => "accepted",
            Self::Validated => "validated",
            Self::Invalidated => "invalidated",
            Self::Materialised => "materialised",
            Self::Decided => "decided",
            Self::Implemented => "implemented",
            Self::Done => "done",
            Self::Closed => "closed",
            Self::Cancelled => "cancelled",
            Self::Rejected => "rejected",
            Self::Withdrawn => "withdrawn",
            Self::Dropped => "dropped",
            Self::Superseded => "superseded",
        }
    }

    /// The state of a name, as the API and maps write it.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }

    /// The words a reader sees.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::NotStarted => "not started",
            Self::InProgress => "in progress",
            other => other.name(),
        }
    }

    /// The verb on the button that leads to this state.
    #[must_use]
    pub const fn verb(self, kind: Kind) -> &'static str {
        match (kind, self) {
            (Kind::Milestone, Self::Achieved) => "Mark achieved",
            (Kind::Milestone, Self::Planned) => "Plan again",
            (_, Self::NotStarted) => "Back to not started",
            (_, Self::Cancelled) => "Cancel it",
            (_, Self::Mitigating) => "Start mitigating",
            (Kind::Risk, Self::Accepted) => "Accept the risk",
            (Kind::Risk | Kind::Issue | Kind::Action, Self::Open) => "Reopen",
            (_, Self::Materialised) => "It happened",
            (_, Self::Closed) => "Close",
            (_, Self::Validated) => "Validated",
            (_, Self::Invalidated) => "Invalidated",
            (_, Self::Unvalidated) => "Back to unvalidated",
            (_, Self::InProgress) => "Start work",
            (_, Self::Resolved) => "Resolve",
            (_, Self::Agreed) => "Agree",
            (_, Self::Delivered) => "Mark delivered",
            (Kind::Dependency, Self::Accepted) => "Accept delivery",
            (_, Self::Rejected) => "Reject",
            (_, Self::Withdrawn) => "Withdraw",
            (_, Self::Waiting) => "Ask or escalate",
            (_, Self::Decided) => "Decide",
            (_, Self::Deferred) => "Defer",
            (_, Self::Superseded) => "Supersede",
            (_, Self::Submitted) => "Submit",
            (_, Self::Approved) => "Approve",
            (_, Self::Implemented) => "Mark implemented",
            (_, Self::Draft) => "Back to draft",
            (_, Self::Done) => "Mark done",
            (_, Self::Dropped) => "Drop",
            (_, other) => other.label(),
        }
    }

    /// Whether an item of `kind` in this state is still open: something has yet to come of it.
    ///
    /// A dependency is open until it is accepted, rejected or withdrawn; a risk that is accepted is still a risk.
    #[must_use]
    pub const fn is_open(self, kind: Kind) -> bool {
        match self {
            Self::Draft
            | Self::Planned
            | Self::Open
            | Self::Unvalidated
            | Self::Proposed
            | Self::NotStarted
            | Self::InProgress
            | Self::Mitigating
            | Self::Agreed
            | Self::Submitted
            | Self::Waiting
            | Self::Deferred
            | Self::Delivered => true,
            Self::Accepted => matches!(kind, Kind::Risk),
            Self::Approved => matches!(kind, Kind::Change),
            _ => false,
        }
    }
}

/// A short reference, `ATLAS-R12`: the program's key, the kind's code and the number.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reference {
    pub program: String,
    pub kind: Kind,
    pub number: i32,
}

impl Reference {
    /// Reads a reference, in any case, with or without a leading `#`. `None` if the text isn't one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (program, rest) = text.strip_prefix('#').unwrap_or(text).rsplit_once('-')?;
        let digits = rest.find(|c: char| c.is_ascii_digit())?;
        let (code, number) = rest.split_at(digits);
        let valid_key = (2..=12).contains(&program.len())
            && program.chars().all(|c| c.is_ascii_alphanumeric())
            && program.starts_with(|c: char| c.is_ascii_alphabetic());
        if !valid_key || number.len() > 9 || !number.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let number = number.parse().ok().filter(|n| *n > 0)?;
        Some(Self { program: program.to_ascii_uppercase(), kind: Kind::from_code(code)?, number })
    }

    /// The references that stand in a text, each once, in order of appearance.
    #[must_use]
    pub fn find_all(text: &str) -> Vec<Self> {
        let mut found = Vec::new();
        for word in text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-')) {
            if let Some(reference) = Self::parse(word)
                && word.starts_with(|c: char| c.is_ascii_uppercase())
                && !found.contains(&reference)
            {
                found.push(reference);
            }
        }
        found
    }

    /// The path of the item's page.
    #[must_use]
    pub fn path(&self) -> String {
        format!("/programs/{}/{}/{}", self.program, self.kind.plural(), self.number)
    }
}

impl std::fmt::Display for Reference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}{}", self.program, self.kind.code(), self.number)
    }
}

/// What is needed to name an item and lead to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemName {
    pub id: ItemId,
    pub reference: Reference,
    pub title: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_is_read_in_any_case_and_written_in_one() {
        let reference = Reference::parse("#atlas-dec7").unwrap();
        assert_eq!(reference.to_string(), "ATLAS-DEC7");
        assert_eq!(reference.path(), "/programs/ATLAS/decisions/7");
        for wrong in [
            "ATLAS",
            "ATLAS-",
            "ATLAS-R",
            "ATLAS-R0",
            "ATLAS-X1",
            "-R1",
            "ATLAS-R12x",
            "A-R1",
            "ATLAS-R99999999999",
        ] {
            assert_eq!(Reference::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn references_are_found_in_prose_once_each() {
        let found = Reference::find_all(
            "See ATLAS-R12, then (ATLAS-M3); ATLAS-R12 again. UTF-8, atlas-r1 and X-R1 are none.",
        );
        assert_eq!(found.iter().map(ToString::to_string).collect::<Vec<_>>(), ["ATLAS-R12", "ATLAS-M3"]);
    }

    #[test]
    fn every_legal_change_leads_to_a_state_of_the_kind() {
        for kind in Kind::ALL {
            assert!(kind.states().contains(&kind.first_state()));
            for from in State::ALL {
                for to in kind.next_states(from) {
                    assert!(
                        kind.states().contains(&from) && kind.states().contains(to),
                        "{kind:?}: {from:?} → {to:?}"
                    );
                }
            }
        }
    }
}
