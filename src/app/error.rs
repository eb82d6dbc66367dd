//! What can go wrong in a use case: one error, shown by a presenter for pages and one for the API.

use crate::domain::draft::{FieldError, Refused};

pub type Result<T> = std::result::Result<T, Error>;

/// Why a use case didn't do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such thing, or the viewer may not see it: the two look alike from outside.
    #[error("There is nothing here, or nothing that you may see.")]
    NotFound,
    /// The viewer may see it but not do this.
    #[error("{0}")]
    Forbidden(&'static str),
    /// Somebody else may do this: it says who.
    #[error("{0}")]
    NotYours(String),
    /// The draft can't be taken: it comes back with an error beside each field that is wrong.
    #[error("{}", first(.0))]
    Refused(Box<Refused>),
    /// Somebody else wrote in between; nothing was overwritten. `current` is the version now.
    #[error("Somebody else changed this in the meantime: it is at version {current} now.")]
    Stale { current: i32 },
    /// A call of another tool that doesn't show who sent it.
    #[error("{0}")]
    Unsigned(&'static str),
    /// What is archived is read, not worked on.
    #[error("This is archived: restore it first.")]
    Archived,
    /// The same of a whole program.
    #[error("This program is archived: an administrator can restore it.")]
    ArchivedProgram,
    /// More is asked for than can be done at once; later it can.
    #[error("Too much is asked for at once: try again in a few seconds.")]
    Busy,
    /// Somebody tried too often, and may again after so many seconds.
    #[error("There were too many tries from your address: try again in {seconds} seconds.")]
    TooMany { seconds: i64 },
    /// The database is away; the same request may succeed soon.
    #[error("The database can't be reached at the moment.")]
    Unavailable(sqlx::Error),
    /// A defect: shown as a request id and nothing else, logged once.
    #[error("Something went wrong.")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

fn first(refused: &Refused) -> String {
    refused.errors.first().map_or_else(|| "This can't be taken.".to_owned(), |error| error.message.clone())
}

impl Error {
    /// A refusal for one field.
    #[must_use]
    pub fn refused(field: &str, message: impl Into<String>) -> Self {
        Self::Refused(Box::new(Refused::because(field, message)))
    }

    /// Puts the draft as it was typed into a refusal, so that the form comes back filled.
    #[must_use]
    pub fn with_draft(self, draft: &crate::domain::draft::Draft) -> Self {
        match self {
            Self::Refused(refused) => Self::Refused(Box::new(refused.with_draft(draft))),
            other => other,
        }
    }
}

impl From<Refused> for Error {
    fn from(refused: Refused) -> Self {
        Self::Refused(Box::new(refused))
    }
}

impl From<sqlx::Error> for Error {
    /// Named constraints become field errors; a database that is away is told from a defect.
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(refusal) => {
                if let Some(named) = refusal.constraint().and_then(named_constraint) {
                    return Self::Refused(Box::new(Refused { errors: vec![named], ..Refused::default() }));
                }
                match refusal.code().as_deref() {
                    // The server is going away or coming up; too many connections; a standby.
                    Some("57P01" | "57P02" | "57P03" | "53300" | "25006" | "08006" | "08003") => {
                        Self::Unavailable(error)
                    }
                    // Two writers met: the one that lost may try again.
                    Some("40001" | "40P01") => Self::Unavailable(error),
                    Some("22021" | "22P05") => {
                        Self::refused("", "There is a character in it that can't be kept (U+0000).")
                    }
                    _ => Self::Internal(Box::new(error)),
                }
            }
            sqlx::Error::Io(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed => Self::Unavailable(error),
            _ => Self::Internal(Box::new(error)),
        }
    }
}

/// The field error of a constraint of the migrations, by its name.
fn named_constraint(name: &str) -> Option<FieldError> {
    let (field, message) = match name {
        "program_key_unique" => ("key", "Another program has this key."),
        "project_key_unique" => ("key", "Another project of this program has this key."),
        "team_name_unique" => ("name", "There is a team of this name already."),
        "person_email_unique" | "account_email_unique" => ("email", "Somebody else has this e-mail address."),
        "person_email_form" => ("email", "This is not an e-mail address."),
        "person_handle_unique" => ("handle", "Somebody else has this handle."),
        "person_handle_form" => {
            ("handle", "A handle is @ and letters, digits, dots, hyphens or underscores.")
        }
        "account_person_unique" => ("email", "This person has an account already."),
        "effective_before_latest" => {
            ("effective_on", "History is appended to: give the day of the latest version or a later one.")
        }
        "schedule_link_unique" => ("successor", "There is a link of this type between them already."),
        "schedule_link_not_to_itself" => ("successor", "An item doesn't wait for itself."),
        "calendar_name_unique" => ("name", "Another calendar of this program has this name."),
        "calendar_project_unique" => ("project", "This project has a calendar already."),
        "calendar_team_unique" => ("team", "This team has a calendar already."),
        "calendar_person_unique" => ("person", "This person has a calendar already."),
        "checklist_name_unique" => ("name", "Another checklist of this program has this name."),
        "checklist_name_length" => ("name", "A checklist has a name of 1 to 120 characters."),
        "inbound_endpoint_name_unique" => ("name", "Another tool that calls this program has this name."),
        "inbound_endpoint_name_length" => ("name", "A tool has a name of 1 to 120 characters."),
        "sign_off_role_length" => ("role", "A role has 1 to 120 characters."),
        "release_event_external" => ("external_id", "It is counted already."),
        "raci_project_unique" => ("project", "This project has its roles already: change them."),
        "raci_item_unique" => ("item", "This decision has its roles already: change them."),
        "survey_number_unique" => ("title", "Another survey was opened at this moment: try again."),
        "link_not_to_itself" => ("to", "An item is not linked to itself."),
        "decision_after_request" => ("on", "A decision is not made before it is asked for."),
        "change_decided_after_submitted" => ("on", "A change is not decided before it is submitted."),
        "dependency_one_provider" => ("provider", "Give one of project, team or external."),
        "dependency_one_consumer" => ("consumer", "Give one of project, team or external."),
        "milestone_original_first" => ("committed_on", "A committed date can't be taken away."),
        "activity_optimistic_positive" | "activity_optimistic_first" => {
            ("optimistic_days", "The optimistic duration is at least 0 and at most the likely one.")
        }
        "activity_likely_positive" => ("likely_days", "A duration is at least 0."),
        "activity_pessimistic_last" => {
            ("pessimistic_days", "The pessimistic duration is at least the likely one.")
        }
        "activity_remaining_positive" => ("remaining_days", "A duration is at least 0."),
        "activity_percent_range" => ("percent_complete", "Give a whole number from 0 to 100."),
        "activity_finish_after_start" => ("actual_finish_on", "It can't have finished before it started."),
        "activity_not_its_own_parent" => ("parent", "An activity is no part of itself."),
        "activity_constraint_dated" => ("constraint_on", "Only a constraint that needs a date has one."),
        "comment_body_length" => ("body", "A comment has 1 to 20,000 characters."),
        "api_token_name_length" => ("name", "A token has a name of 1 to 120 characters."),
        "api_token_scopes_known" => ("scopes", "Scopes are read and write."),
        _ => return None,
    };
    Some(FieldError::new(field, message))
}
