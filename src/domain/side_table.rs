//! What a program keeps beside its items and records, as tables: its own fields, projects, links, dates of baselines, checklists, what
//! reports froze, and what was said at gates, of releases, in meetings and in surveys, of change requests, of reports and of any item.

use super::check::AREAS;
use super::draft::{Choices, Control, Field};
use super::program::{self, PROJECT_FIELDS};
use super::readiness::VERDICTS;
use super::schedule_link::{LAG_UNITS, TYPES};

/// Which table it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, sqlx::Type)]
#[sqlx(type_name = "side_table", rename_all = "snake_case")]
pub enum SideTable {
    Project,
    Program,
    Link,
    ScheduleLink,
    BaselineDate,
    SignOff,
    ReleaseEvent,
    ReleaseStep,
    AgendaPoint,
    MeetingOutcome,
    SurveyAnswer,
    Comment,
    ReportRating,
    FrozenReport,
    ChangeQuestion,
    Checklist,
}

const ANSWERS: Choices = &[("yes", "Yes"), ("no", "No")];
const KINDS: Choices = &[("incident", "Incident"), ("defect", "Defect")];
const ID: Field = Field::new("id", "Id", Control::Line(36));
const SINCE: Field = Field::new("effective_on", "Effective on", Control::Date);
const VERSION: Field = Field::new("version", "Version", Control::Int(1, i32::MAX as i64));

const PROJECT: &[Field] = &[
    PROJECT_FIELDS[0],
    PROJECT_FIELDS[1],
    PROJECT_FIELDS[2],
    PROJECT_FIELDS[3],
    PROJECT_FIELDS[4],
    PROJECT_FIELDS[5],
    PROJECT_FIELDS[6],
    PROJECT_FIELDS[7],
    PROJECT_FIELDS[8],
    PROJECT_FIELDS[9],
    SINCE,
    VERSION,
];
const PROGRAM: &[Field] = &{
    let mut all = [SINCE; program::FIELDS.len() + 2];
    let mut at = 0;
    while at < program::FIELDS.len() {
        all[at] = program::FIELDS[at];
        at += 1;
    }
    all[at + 1] = VERSION;
    // What tells it from a table of projects: visible to, time zone, currency.
    all[3] = all[3].required();
    all[8] = all[8].required();
    all[10] = all[10].required();
    all
};
const LINK: &[Field] = &[
    Field::new("from", "From", Control::Item).required(),
    Field::new("relation", "Relation", Control::Line(40)).required(),
    Field::new("to", "To", Control::Item).required(),
    SINCE,
];
const SCHEDULE_LINK: &[Field] = &[
    ID,
    Field::new("predecessor", "Predecessor", Control::Item).required(),
    Field::new("successor", "Successor", Control::Item).required(),
    Field::new("type", "Type", Control::Choice(TYPES)),
    Field::new("lag_days", "Lag", Control::Decimal(-10_000, 10_000)),
    Field::new("lag_unit", "Counted in", Control::Choice(LAG_UNITS)),
    SINCE,
    VERSION,
];
const BASELINE_DATE: &[Field] = &[
    Field::new("number", "Number", Control::Int(0, 100_000)).required(),
    Field::new("name", "Name", Control::Line(200)).required(),
    Field::new("reason", "Reason", Control::Text(50_000)),
    Field::new("made_on", "Made on", Control::Date).required(),
    Field::new("change", "Change request", Control::Item),
    Field::new("ref", "Reference", Control::Item).required(),
    Field::new("committed_on", "Committed date", Control::Date).required(),
    Field::new("budget", "Budget", Control::Amount),
];
const SIGN_OFF: &[Field] = &[
    Field::new("gate", "Gate", Control::Item).required(),
    Field::new("role", "Role", Control::Line(120)).required(),
    Field::new("person", "Person", Control::Person),
    Field::new("verdict", "Verdict", Control::Choice(VERDICTS)).required(),
    Field::new("on", "On", Control::Date).required(),
    Field::new("comment", "Comment", Control::Text(50_000)),
    Field::new("signed_by", "Written down by", Control::Person),
    Field::new("on_behalf_reason", "Why on behalf", Control::Text(2_000)),
];
const RELEASE_EVENT: &[Field] = &[
    ID,
    Field::new("release", "Release", Control::Item).required(),
    Field::new("kind", "Kind", Control::Choice(KINDS)).required(),
    Field::new("on", "On", Control::Date).required(),
    Field::new("count", "Count", Control::Int(1, i32::MAX as i64)).required(),
    Field::new("title", "Title", Control::Text(50_000)),
    Field::new("source", "Source", Control::Text(2_000)),
    Field::new("external_id", "Known there as", Control::Text(2_000)),
    SINCE,
];
const RELEASE_STEP: &[Field] = &[
    Field::new("release", "Release", Control::Item).required(),
    Field::new("rollback", "Taking it back", Control::Flag).required(),
    Field::new("step", "Step", Control::Text(50_000)).required(),
    Field::new("done_at", "Done at", Control::Line(40)).required(),
    Field::new("done_by", "Done by", Control::Person),
    SINCE,
];
const AGENDA_POINT: &[Field] = &[
    Field::new("meeting", "Meeting", Control::Item).required(),
    Field::new("position", "Position", Control::Int(0, i16::MAX as i64)).required(),
    Field::new("ref", "Reference", Control::Item).required(),
    Field::new("note", "Note", Control::Text(50_000)),
    Field::new("carried_from", "Carried over from", Control::Item),
    SINCE,
];
const MEETING_OUTCOME: &[Field] = &[
    Field::new("meeting", "Meeting", Control::Item).required(),
    Field::new("ref", "Reference", Control::Item).required(),
    Field::new("note", "Note", Control::Text(50_000)),
    SINCE,
];
const SURVEY_ANSWER: &[Field] = &[
    Field::new("number", "Survey", Control::Int(1, i32::MAX as i64)).required(),
    Field::new("survey", "Title of the survey", Control::Line(200)),
    Field::new("on", "On", Control::Date).required(),
    Field::new("value", "Answer", Control::Int(1, 5)).required(),
    Field::new("comment", "Comment", Control::Text(2_000)),
    Field::new("name", "Name", Control::Line(120)),
];

const COMMENT: &[Field] = &[
    ID,
    Field::new("ref", "Reference", Control::Item).required(),
    Field::new("author", "Author", Control::Person),
    Field::new("body", "Comment", Control::Text(20_000)).required(),
    SINCE,
];
const REPORT_RATING: &[Field] = &[
    Field::new("report", "Report", Control::Item).required(),
    Field::new("person", "Person", Control::Person).required(),
    Field::new("value", "Rating", Control::Int(1, 5)).required(),
    Field::new("comment", "Comment", Control::Text(2_000)),
    Field::new("on", "On", Control::Date).required(),
];
/// The document is cut: a cell of a spreadsheet holds 32,767 characters.
const FROZEN_REPORT: &[Field] = &[
    Field::new("report", "Report", Control::Item).required(),
    Field::new("part", "Part", Control::Int(0, 100_000)).required(),
    Field::new("document", "Document", Control::Text(32_767)).required(),
];
const CHANGE_QUESTION: &[Field] = &[
    Field::new("change", "Change request", Control::Item).required(),
    Field::new("dependency", "Dependency", Control::Item).required(),
    Field::new("person", "Person", Control::Person),
    Field::new("needed_by", "Needed by", Control::Date).required(),
    Field::new("comes_on", "Comes on", Control::Date),
    Field::new("asked_on", "Asked on", Control::Date).required(),
    Field::new("agrees", "Answer", Control::Choice(ANSWERS)),
    Field::new("comment", "Comment", Control::Text(5_000)),
    Field::new("answered_on", "Answered on", Control::Date),
    Field::new("answered_by", "Answered by", Control::Person),
    SINCE,
];
const CHECKLIST: &[Field] = &[
    Field::new("checklist", "Checklist", Control::Line(120)).required(),
    Field::new("position", "Position", Control::Int(1, 10_000)).required(),
    Field::new("criterion", "Criterion", Control::Text(5_000)).required(),
    Field::new("area", "Area", Control::Choice(AREAS)),
    Field::new("mandatory", "Mandatory", Control::Flag),
    SINCE,
];

impl SideTable {
    /// Every one there is, each after those that it may hang on, and one that has all columns of another before that one.
    pub const ALL: [Self; 16] = [
        Self::Project,
        Self::Program,
        Self::Link,
        Self::ScheduleLink,
        Self::BaselineDate,
        Self::SignOff,
        Self::ReleaseEvent,
        Self::ReleaseStep,
        Self::AgendaPoint,
        Self::MeetingOutcome,
        Self::SurveyAnswer,
        Self::Comment,
        Self::ReportRating,
        Self::FrozenReport,
        Self::ChangeQuestion,
        Self::Checklist,
    ];

    /// What the table is called.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Project => "projects",
            Self::Program => "program",
            Self::Link => "links",
            Self::ScheduleLink => "schedule_links",
            Self::BaselineDate => "baselines",
            Self::SignOff => "sign_offs",
            Self::ReleaseEvent => "release_events",
            Self::ReleaseStep => "release_steps",
            Self::AgendaPoint => "agenda",
            Self::MeetingOutcome => "outcomes",
            Self::SurveyAnswer => "survey_answers",
            Self::Comment => "comments",
            Self::ReportRating => "ratings",
            Self::FrozenReport => "frozen_reports",
            Self::ChangeQuestion => "change_questions",
            Self::Checklist => "checklists",
        }
    }

    /// What several of its rows are called.
    #[must_use]
    pub const fn many(self) -> &'static str {
        match self {
            Self::Project => "projects",
            Self::Program => "programs",
            Self::Link => "links",
            Self::ScheduleLink => "schedule links",
            Self::BaselineDate => "baseline dates",
            Self::SignOff => "sign-offs",
            Self::ReleaseEvent => "incidents and defects",
            Self::ReleaseStep => "steps of releases",
            Self::AgendaPoint => "points of agendas",
            Self::MeetingOutcome => "outcomes of meetings",
            Self::SurveyAnswer => "answers to surveys",
            Self::Comment => "comments",
            Self::ReportRating => "ratings of reports",
            Self::FrozenReport => "documents of reports",
            Self::ChangeQuestion => "questions about change requests",
            Self::Checklist => "checklists",
        }
    }

    /// Its columns, in their order.
    #[must_use]
    pub const fn fields(self) -> &'static [Field] {
        match self {
            Self::Project => PROJECT,
            Self::Program => PROGRAM,
            Self::Link => LINK,
            Self::ScheduleLink => SCHEDULE_LINK,
            Self::BaselineDate => BASELINE_DATE,
            Self::SignOff => SIGN_OFF,
            Self::ReleaseEvent => RELEASE_EVENT,
            Self::ReleaseStep => RELEASE_STEP,
            Self::AgendaPoint => AGENDA_POINT,
            Self::MeetingOutcome => MEETING_OUTCOME,
            Self::SurveyAnswer => SURVEY_ANSWER,
            Self::Comment => COMMENT,
            Self::ReportRating => REPORT_RATING,
            Self::FrozenReport => FROZEN_REPORT,
            Self::ChangeQuestion => CHANGE_QUESTION,
            Self::Checklist => CHECKLIST,
        }
    }

    /// The names of its columns.
    #[must_use]
    pub fn header(self) -> Vec<&'static str> {
        self.fields().iter().map(|field| field.name).collect()
    }

    /// Why a row that says something new is not taken from a table, where its things are a record of what was said and done: they
    /// come into a program only while it has none of them. Nothing for what an import may change.
    #[must_use]
    pub const fn is_kept_as_it_was(self) -> Option<&'static str> {
        match self {
            Self::Project | Self::Program | Self::Link | Self::ScheduleLink | Self::Checklist => None,
            Self::BaselineDate => Some(
                "A baseline stands as it was made: the next one is made on the page Baselines, or by approving a change request.",
            ),
            Self::SignOff => {
                Some("A sign-off stands as it was given: it is given, and given anew, on the gate’s page.")
            }
            Self::ReleaseEvent => Some(
                "What was counted of a release stands: it is counted, and taken back, on the release’s page.",
            ),
            Self::AgendaPoint => Some("A meeting’s agenda is set on the meeting’s page."),
            Self::MeetingOutcome => {
                Some("What came of a meeting stands: it is captured on the meeting’s page.")
            }
            Self::SurveyAnswer => {
                Some("Answers stand as they were given: a survey is answered through its links.")
            }
            Self::Comment => Some("Comments stand as they were written: one is added on the item’s page."),
            Self::ReportRating => {
                Some("Ratings stand as they were given: a report is rated, and rated anew, on its page.")
            }
            Self::ReleaseStep => {
                Some("A step that was taken stands: it is ticked off, and on again, on the release’s page.")
            }
            Self::FrozenReport => Some(
                "It is published, and stands as it was published: an import doesn’t change it. Correct it by a new report that names it.",
            ),
            Self::ChangeQuestion => Some(
                "What was asked and answered stands: a question is answered on the change request’s page.",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_project_has_all_the_fields_of_one() {
        let known: Vec<_> = PROJECT_FIELDS.iter().map(|field| field.name).collect();
        assert_eq!(SideTable::Project.header()[..known.len()], known);
        assert_eq!(PROJECT.len(), known.len() + 2);
    }

    #[test]
    fn a_program_has_all_the_fields_of_one_and_what_tells_it_from_a_project() {
        let known: Vec<_> = program::FIELDS.iter().map(|field| field.name).collect();
        let header = SideTable::Program.header();
        assert_eq!(header[..known.len()], known);
        assert_eq!(header[known.len()..], ["effective_on", "version"]);
        let needed: Vec<_> = PROGRAM.iter().filter(|field| field.required).map(|field| field.name).collect();
        assert_eq!(needed, ["key", "name", "visibility", "time_zone", "currency"]);
    }
}
