//! The kinds of program items, their states and the legal changes between them.

pub use super::reference::{ItemName, Reference};
pub use super::state::State;
use serde::{Deserialize, Serialize};

/// The kinds in the order of the menus: each with the letters between the program's key and the number in a reference, its
/// name in code, tables and the API, the name that a reader sees, the segment of its paths in pages and in the API, and
/// what its log is called.
macro_rules! kinds {
    ($count:literal: $($kind:ident $code:literal $name:literal $label:literal $plural:literal $heading:literal;)+) => {
        /// What an item is.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, sqlx::Type)]
        #[serde(rename_all = "snake_case")]
        #[sqlx(type_name = "item_kind", rename_all = "snake_case")]
        pub enum Kind {
            $($kind,)+
        }

        impl Kind {
            /// Every kind, in the order of the menus.
            pub const ALL: [Self; $count] = [$(Self::$kind,)+];

            /// The letters between the program's key and the number in a reference.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$kind => $code,)+ }
            }

            /// The name in code, tables and the API.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$kind => $name,)+ }
            }

            /// The name a reader sees.
            #[must_use]
            pub const fn label(self) -> &'static str {
                match self { $(Self::$kind => $label,)+ }
            }

            /// The segment of paths, in pages and in the API: `risks`, `changes`.
            #[must_use]
            pub const fn plural(self) -> &'static str {
                match self { $(Self::$kind => $plural,)+ }
            }

            /// What the log of a kind is called.
            #[must_use]
            pub const fn heading(self) -> &'static str {
                match self { $(Self::$kind => $heading,)+ }
            }

            /// The one kind, as a list.
            #[must_use]
            pub const fn alone(self) -> &'static [Self] {
                match self { $(Self::$kind => &[Self::$kind],)+ }
            }
        }
    };
}

kinds! { 17:
    Milestone "M" "milestone" "Milestone" "milestones" "Milestones";
    Activity "T" "activity" "Activity" "activities" "Activities";
    Risk "R" "risk" "Risk" "risks" "Risks";
    Assumption "A" "assumption" "Assumption" "assumptions" "Assumptions";
    Issue "I" "issue" "Issue" "issues" "Issues";
    Dependency "D" "dependency" "Dependency" "dependencies" "Dependencies";
    Decision "DEC" "decision" "Decision" "decisions" "Decisions";
    Change "CR" "change" "Change request" "changes" "Change requests";
    Action "ACT" "action" "Action" "actions" "Actions";
    Gate "G" "gate" "Gate" "gates" "Gates";
    Check "CHK" "check" "Check" "checks" "Checks";
    Release "REL" "release" "Release" "releases" "Releases";
    Report "REP" "report" "Status report" "reports" "Status reports";
    Benefit "B" "benefit" "Benefit" "benefits" "Benefits";
    Stakeholder "SH" "stakeholder" "Stakeholder" "stakeholders" "Stakeholders";
    Meeting "MTG" "meeting" "Meeting" "meetings" "Meetings";
    Lesson "L" "lesson" "Lesson" "lessons" "Lessons";
}

impl Kind {
    /// The four kinds of the RAID log.
    pub const RAID: [Self; 4] = [Self::Risk, Self::Assumption, Self::Issue, Self::Dependency];

    /// The kind of a code, in any case.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code().eq_ignore_ascii_case(code))
    }

    /// The kind of a path segment.
    #[must_use]
    pub fn from_plural(segment: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.plural() == segment)
    }

    /// The state in which an item of this kind begins.
    #[must_use]
    pub const fn first_state(self) -> State {
        self.states()[0]
    }

    /// All states that an item of this kind can have, in the order of its life.
    #[must_use]
    pub const fn states(self) -> &'static [State] {
        use State::{
            Accepted, Achieved, Active, Agreed, Approved, Cancelled, Closed, ConditionalGo, Decided,
            Deferred, Delivered, Done, Draft, Dropped, Failed, Go, Held, Implemented, InProgress, InReview,
            Inactive, Invalidated, Launched, Materialised, Missed, Mitigating, NoGo, NotApplicable,
            NotStarted, Open, Passed, Planned, Proposed, Published, Realised, Rejected, Resolved, Reviewed,
            RolledBack, Submitted, Superseded, Tracking, Unstarted, Unvalidated, Validated, Waiting, Waived,
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
            Self::Gate => &[Planned, InReview, Go, ConditionalGo, NoGo],
            Self::Check => &[Unstarted, InProgress, Passed, Failed, Waived, NotApplicable],
            Self::Release => &[Planned, Launched, Reviewed, RolledBack, Cancelled],
            Self::Report => &[Draft, Published],
            Self::Benefit => &[Planned, Tracking, Realised, Missed],
            Self::Stakeholder => &[Active, Inactive],
            Self::Meeting => &[Planned, Held, Cancelled],
            Self::Lesson => &[Open, Done, Dropped],
        }
    }

    /// The states that an item of this kind may go to from `from`.
    #[must_use]
    pub const fn next_states(self, from: State) -> &'static [State] {
        use State::{
            Accepted, Achieved, Active, Agreed, Approved, Cancelled, Closed, ConditionalGo, Decided,
            Deferred, Delivered, Done, Draft, Dropped, Failed, Go, Held, Implemented, InProgress, InReview,
            Inactive, Invalidated, Launched, Materialised, Missed, Mitigating, NoGo, NotApplicable,
            NotStarted, Open, Passed, Planned, Proposed, Published, Realised, Rejected, Resolved, Reviewed,
            RolledBack, Submitted, Superseded, Tracking, Unstarted, Unvalidated, Validated, Waiting, Waived,
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
            (Self::Action | Self::Lesson, Open) => &[Done, Dropped],
            (Self::Action | Self::Lesson, Done | Dropped) => &[Open],
            (Self::Gate, Planned) => &[InReview],
            (Self::Gate, InReview) => &[Go, ConditionalGo, NoGo, Planned],
            (Self::Gate, ConditionalGo) => &[Go, NoGo, InReview],
            (Self::Gate, NoGo) => &[InReview],
            (Self::Check, Unstarted) => &[InProgress, Passed, Failed, Waived, NotApplicable],
            (Self::Check, InProgress) => &[Passed, Failed, Waived, NotApplicable, Unstarted],
            (Self::Check, Failed) => &[InProgress, Passed, Waived, NotApplicable],
            (Self::Check, Passed) => &[Failed, InProgress],
            (Self::Check, Waived) => &[InProgress, Passed, Failed],
            (Self::Check, NotApplicable) => &[Unstarted],
            (Self::Release, Planned) => &[Launched, Cancelled],
            (Self::Release, Launched) => &[Reviewed, RolledBack],
            (Self::Release, RolledBack) => &[Launched, Reviewed, Cancelled],
            (Self::Release, Cancelled) => &[Planned],
            (Self::Report, Draft) => &[Published],
            (Self::Benefit, Planned) => &[Tracking],
            (Self::Benefit, Tracking) => &[Realised, Missed, Planned],
            (Self::Benefit, Realised | Missed) => &[Tracking],
            (Self::Stakeholder, Active) => &[Inactive],
            (Self::Stakeholder, Inactive) => &[Active],
            (Self::Meeting, Planned) => &[Held, Cancelled],
            (Self::Meeting, Held | Cancelled) => &[Planned],
            _ => &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
