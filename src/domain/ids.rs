//! Identifiers: one newtype over UUID v7 for each thing that has an identity, so that one can't be passed for another.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, sqlx::Type)]
        #[serde(transparent)]
        #[sqlx(transparent)]
        pub struct $name(pub Uuid);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }
    )+};
}

ids! {
    /// A person, with or without an account.
    PersonId,
    /// A team of people.
    TeamId,
    /// A way to sign in; belongs to one person.
    AccountId,
    /// A token of the JSON API.
    TokenId,
    /// A program.
    ProgramId,
    /// A project (workstream) of a program.
    ProjectId,
    /// Any item of a program: milestone, risk, decision and so on.
    ItemId,
    /// A set of committed dates.
    BaselineId,
    /// A link of the schedule.
    ScheduleLinkId,
    /// A calendar of a program.
    CalendarId,
    /// A scenario of a program.
    ScenarioId,
}
