//! What leaves as tables beside items and records: projects, links, dates of baselines, and what is said at gates, of releases and
//! in meetings and surveys. One function of the database for all of them; rows travel as arrays in the order of their columns.

use super::{Db, Result};
use crate::domain::ids::ProgramId;
use chrono::NaiveDate;
use serde_json::Value;

/// Which table it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "side_table", rename_all = "snake_case")]
pub enum SideTable {
    Project,
    Link,
    ScheduleLink,
    BaselineDate,
    SignOff,
    ReleaseEvent,
    MeetingOutcome,
    SurveyAnswer,
}

impl SideTable {
    /// Every one there is.
    pub const ALL: [Self; 8] = [
        Self::Project,
        Self::Link,
        Self::ScheduleLink,
        Self::BaselineDate,
        Self::SignOff,
        Self::ReleaseEvent,
        Self::MeetingOutcome,
        Self::SurveyAnswer,
    ];

    /// What the table is called.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Project => "projects",
            Self::Link => "links",
            Self::ScheduleLink => "schedule_links",
            Self::BaselineDate => "baselines",
            Self::SignOff => "sign_offs",
            Self::ReleaseEvent => "release_events",
            Self::MeetingOutcome => "outcomes",
            Self::SurveyAnswer => "survey_answers",
        }
    }

    /// Its columns, in their order.
    #[must_use]
    pub const fn header(self) -> &'static [&'static str] {
        match self {
            Self::Project => &[
                "key",
                "name",
                "state",
                "team",
                "lead",
                "starts_on",
                "ends_on",
                "confidence",
                "confidence_on",
                "confidence_note",
            ],
            Self::Link => &["from", "relation", "to"],
            Self::ScheduleLink => &["predecessor", "successor", "type", "lag_days", "lag_unit"],
            Self::BaselineDate => &["number", "name", "made_on", "ref", "committed_on"],
            Self::SignOff => &["gate", "role", "person", "verdict", "on", "comment"],
            Self::ReleaseEvent => &["release", "kind", "on", "count", "title", "source", "external_id"],
            Self::MeetingOutcome => &["meeting", "ref", "note"],
            Self::SurveyAnswer => &["number", "survey", "on", "value", "comment", "name"],
        }
    }
}

/// The rows of a table of a program, as they stood on a day (`None`: as they stand); ids stand for whom and what they name.
///
/// # Errors
/// When the database refuses.
pub async fn rows(
    db: &Db,
    table: SideTable,
    program: ProgramId,
    as_of: Option<NaiveDate>,
) -> Result<Vec<Vec<Value>>> {
    let rows = sqlx::query_scalar!(
        r#"select r as "row!" from side_table_at($1, $2, $3) r"#,
        table as SideTable,
        program.0,
        as_of,
    )
    .fetch_all(db.pool())
    .await?;
    let row = |row| if let Value::Array(cells) = row { cells } else { Vec::new() };
    Ok(rows.into_iter().map(row).collect())
}
