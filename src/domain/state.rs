//! The states of program items, their names and the verbs that lead to them.

use super::kind::Kind;
use serde::{Deserialize, Serialize};

/// The states in the order of a life, each with its name in tables and the API.
macro_rules! states {
    ($count:literal: $($state:ident $name:literal;)+) => {
        /// Where an item stands in its life. Each kind uses some of these: see [`Kind::states`].
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, sqlx::Type)]
        #[serde(rename_all = "snake_case")]
        #[sqlx(type_name = "item_state", rename_all = "snake_case")]
        pub enum State {
            $($state,)+
        }

        impl State {
            /// Every state there is.
            pub const ALL: [Self; $count] = [$(Self::$state,)+];

            /// The name in tables and the API.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$state => $name,)+ }
            }
        }
    };
}

states! { 48:
    Draft "draft";
    Planned "planned";
    Open "open";
    Unvalidated "unvalidated";
    Proposed "proposed";
    NotStarted "not_started";
    Unstarted "unstarted";
    Active "active";
    InProgress "in_progress";
    Tracking "tracking";
    Mitigating "mitigating";
    Agreed "agreed";
    Submitted "submitted";
    InReview "in_review";
    Waiting "waiting";
    Deferred "deferred";
    Delivered "delivered";
    Resolved "resolved";
    Approved "approved";
    Launched "launched";
    Failed "failed";
    NoGo "no_go";
    ConditionalGo "conditional_go";
    Go "go";
    Passed "passed";
    Waived "waived";
    NotApplicable "not_applicable";
    Achieved "achieved";
    Accepted "accepted";
    Validated "validated";
    Invalidated "invalidated";
    Materialised "materialised";
    Decided "decided";
    Implemented "implemented";
    Published "published";
    Held "held";
    Reviewed "reviewed";
    Realised "realised";
    Missed "missed";
    Done "done";
    Closed "closed";
    RolledBack "rolled_back";
    Inactive "inactive";
    Cancelled "cancelled";
    Rejected "rejected";
    Withdrawn "withdrawn";
    Dropped "dropped";
    Superseded "superseded";
}

impl State {
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
            Self::InReview => "in review",
            Self::NoGo => "no-go",
            Self::ConditionalGo => "conditional go",
            Self::NotApplicable => "not applicable",
            Self::RolledBack => "rolled back",
            other => other.name(),
        }
    }

    /// The verb on the button that leads to this state.
    #[must_use]
    pub const fn verb(self, kind: Kind) -> &'static str {
        match (kind, self) {
            (Kind::Milestone, Self::Achieved) => "Mark achieved",
            (Kind::Milestone | Kind::Meeting | Kind::Release, Self::Planned) => "Plan again",
            (Kind::Gate | Kind::Benefit, Self::Planned) => "Back to planned",
            (_, Self::NotStarted) => "Back to not started",
            (_, Self::Cancelled) => "Cancel it",
            (_, Self::Mitigating) => "Start mitigating",
            (Kind::Risk, Self::Accepted) => "Accept the risk",
            (Kind::Risk | Kind::Issue | Kind::Action | Kind::Lesson, Self::Open) => "Reopen",
            (Kind::Lesson, Self::Done) => "It is put into practice",
            (_, Self::Unstarted) => "Back to unstarted",
            (_, Self::InReview) => "Begin the review",
            (_, Self::Go) => "Go",
            (_, Self::ConditionalGo) => "Go, on conditions",
            (_, Self::NoGo) => "No-go",
            (_, Self::Passed) => "Passed",
            (_, Self::Failed) => "Failed",
            (_, Self::Waived) => "Waive",
            (_, Self::NotApplicable) => "Not applicable",
            (_, Self::Launched) => "Mark launched",
            (_, Self::Reviewed) => "Mark reviewed",
            (_, Self::RolledBack) => "Roll back",
            (_, Self::Published) => "Publish",
            (_, Self::Tracking) => "Start tracking",
            (_, Self::Realised) => "Mark realised",
            (_, Self::Missed) => "Mark missed",
            (_, Self::Active) => "Activate",
            (_, Self::Inactive) => "Set inactive",
            (_, Self::Held) => "It was held",
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
    /// A dependency is open until it is accepted, rejected or withdrawn; a risk that is accepted is still a risk; a check that
    /// failed has yet to pass, and a gate that said no-go has yet to say another word.
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
            | Self::Delivered
            | Self::Unstarted
            | Self::Active
            | Self::Tracking
            | Self::InReview
            | Self::Launched
            | Self::Failed
            | Self::NoGo => true,
            Self::Accepted => matches!(kind, Kind::Risk),
            Self::Approved => matches!(kind, Kind::Change),
            _ => false,
        }
    }
}
