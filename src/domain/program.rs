//! Programs and their projects: the charter, the calendar, what is aimed at and when a rule turns red; people, teams and the
//! roles that people have in a program.

use super::calendar::Calendar;
use super::draft::{Choices, Control, Field, FieldError, Refused};
use super::ids::{PersonId, ProgramId, ProjectId, TeamId};
use super::settings::{Targets, Thresholds};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

const STATES: Choices =
    &[("draft", "Draft"), ("active", "Active"), ("on_hold", "On hold"), ("closed", "Closed")];
const VISIBILITIES: Choices = &[("members", "Members only"), ("everyone", "Everyone signed in")];
const WEEKDAYS: Choices = &[
    ("mon", "Monday"),
    ("tue", "Tuesday"),
    ("wed", "Wednesday"),
    ("thu", "Thursday"),
    ("fri", "Friday"),
    ("sat", "Saturday"),
    ("sun", "Sunday"),
];
const TARGETS: Choices = &[
    ("milestone_on_time_rate", "Milestone on-time rate, at least (0 to 1)"),
    ("schedule_variance", "Schedule variance slope, at most (days a week)"),
    ("scope_change_rate", "Scope change rate, at most (0 to 1)"),
    ("decision_latency", "Decision latency, below (working days)"),
    ("dependency_aging", "Dependency age, at most (days)"),
    ("critical_path_stability", "Critical path stability, at least (0 to 1)"),
    ("risk_burndown", "Stale high risks, at most"),
    ("issue_resolution_time", "Issues resolved in 14 days, at least (0 to 1)"),
    ("forecast_accuracy", "Forecast accuracy, at least (0 to 1)"),
    ("freshness", "Ownership and freshness, at least (0 to 1)"),
    ("schedule_quality", "Schedule quality: points met, at least (0 to 1)"),
    ("readiness_pass_rate", "Readiness pass rate, above (0 to 1)"),
    ("post_launch_incident_rate", "Post-launch incident rate: slope, at most (a week)"),
    ("defect_escape_rate", "Defect escape rate, at most (0 to 1)"),
    ("adoption_attainment", "Adoption attainment, at least (0 to 1)"),
    ("benefits_realization_index", "Benefits realization index, at least (0 to 1)"),
    ("stakeholder_satisfaction", "Stakeholder satisfaction, at least (1 to 5)"),
    ("report_quality", "Report quality, at least (1 to 5)"),
    ("meeting_to_decision_ratio", "Meeting-to-decision ratio, at least (0 to 1)"),
    ("rework_rate", "Rework rate: slope, at most (a week)"),
    ("cross_team_blockers", "Cross-team blockers: slope, at most (a week)"),
    ("greenwash_gap", "Weeks with a greenwash gap, at most"),
    ("on_time_tolerance_days", "On-time tolerance (days)"),
];
// Two that belong together stand side by side.
const THRESHOLDS: Choices = &[
    ("schedule_red_working_days", "Schedule red: past baseline by more than (working days)"),
    ("schedule_amber_working_days", "Schedule amber: past baseline by more than (working days)"),
    ("forecast_due_days", "A milestone due within (days) …"),
    ("forecast_update_days", "… wants a forecast no older than (days)"),
    ("schedule_float_working_days", "Schedule amber: total float below (working days; 0 or less)"),
    ("decision_wait_working_days", "Decision amber: waiting over (working days)"),
    ("scope_red_percent", "Scope red: scope change rate above (% of its target)"),
    ("scope_wait_working_days", "Scope amber: a change request waits over (working days)"),
    ("risk_red_score", "Risk red: score from"),
    ("risk_amber_score", "Risk amber: score from"),
    ("risk_unmitigated_score", "Risk red: with a score from …"),
    ("risk_red_age_days", "… that is unmitigated for over (days)"),
    ("risk_accept_sponsor_score", "Accepting a risk is the sponsor's: score from"),
    ("risk_accept_manager_score", "Accepting a risk is a manager's: score from"),
    ("dependency_agree_days", "Dependency amber: not agreed within (days) of needed-by"),
    ("dependency_update_days", "Dependency amber: no update for (days)"),
    ("cost_red_percent", "Cost red: forecast at completion above budget by more than (%)"),
    ("cost_amber_percent", "Cost amber: forecast at completion above budget by more than (%)"),
    ("readiness_amber_days", "Readiness amber: a gate within (days) …"),
    ("readiness_pass_percent", "… with a pass rate below (%)"),
    ("readiness_red_days", "Readiness red: a gate within (days) with a mandatory check failed or unstarted"),
];

/// What holds of the named numbers of a field where a program says nothing.
#[must_use]
pub fn defaults(field: &str) -> Value {
    match field {
        "targets" => serde_json::json!(Targets::default()),
        "thresholds" => serde_json::json!(Thresholds::default()),
        _ => Value::Null,
    }
}

/// The thresholds of the health rules that are others than the rules' own, in words with what those are.
#[must_use]
pub fn own_thresholds(set: &Thresholds) -> Vec<String> {
    let (set, default) = (serde_json::json!(set), serde_json::json!(Thresholds::default()));
    // Who accepts which risk turns nothing red.
    let judging = THRESHOLDS.iter().filter(|(name, _)| !name.starts_with("risk_accept"));
    let other = judging.filter(|(name, _)| set[*name] != default[*name]);
    other.map(|(name, label)| format!("{} {} (by default {})", label, set[*name], default[*name])).collect()
}

/// The fields of a program.
pub const FIELDS: &[Field] = &[
    Field::new("key", "Key", Control::Line(12))
        .required()
        .hint("2 to 12 capital letters and digits; begins every reference."),
    Field::new("name", "Name", Control::Line(200)).required(),
    Field::new("state", "State", Control::Choice(STATES)),
    Field::new("visibility", "Visible to", Control::Choice(VISIBILITIES)),
    Field::new("sponsor", "Sponsor", Control::Person),
    Field::new("manager", "Program manager", Control::Person),
    Field::new("starts_on", "Starts", Control::Date),
    Field::new("ends_on", "Ends", Control::Date),
    Field::new("time_zone", "Time zone", Control::Line(64)).hint("Such as Europe/Paris"),
    Field::new("budget", "Budget", Control::Amount),
    Field::new("currency", "Currency", Control::Line(3)).hint("Three letters, such as EUR"),
    Field::new("objectives", "Objectives", Control::Text(20_000)),
    Field::new("in_scope", "In scope", Control::Text(20_000)),
    Field::new("out_of_scope", "Out of scope", Control::Text(20_000)),
    Field::new("success_measures", "Success measures", Control::Text(20_000)),
    Field::new("constraints", "Constraints", Control::Text(20_000)),
    Field::new("governance", "Governance", Control::Text(20_000)),
    Field::new("closing_review", "Review at the close", Control::Text(20_000))
        .hint("Needed to close the program: what it reached of what it set out for, and at what price."),
    Field::new("no_lessons_because", "Why there are no lessons", Control::Line(500))
        .hint("Needed to close it only where no lesson was written down."),
    Field::new("working_week", "Working days", Control::Choices(WEEKDAYS)),
    Field::new("holidays", "Holidays", Control::Dates).hint("Dates, separated by commas"),
    Field::new("extra_days", "Extra working days", Control::Dates).hint("Dates, separated by commas"),
    Field::new("targets", "Targets", Control::Numbers(TARGETS))
        .hint("Empty for the default, which stands in grey."),
    Field::new("thresholds", "Thresholds of the health rules", Control::Numbers(THRESHOLDS))
        .hint("Empty for the default, which stands in grey."),
];

/// A program with its charter and settings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Program {
    pub id: ProgramId,
    pub key: String,
    pub name: String,
    pub state: ProgramState,
    pub visibility: Visibility,
    pub sponsor: Option<PersonId>,
    pub manager: Option<PersonId>,
    pub time_zone: String,
    pub starts_on: Option<NaiveDate>,
    pub ends_on: Option<NaiveDate>,
    pub objectives: String,
    pub in_scope: String,
    pub out_of_scope: String,
    pub success_measures: String,
    pub constraints: String,
    pub governance: String,
    /// What it came to, said when it is closed.
    pub closing_review: String,
    pub no_lessons_because: String,
    pub budget: Option<f64>,
    pub currency: String,
    pub working_week: Vec<bool>,
    pub holidays: Vec<NaiveDate>,
    pub extra_days: Vec<NaiveDate>,
    pub targets: Value,
    pub thresholds: Value,
    pub archived_at: Option<DateTime<Utc>>,
    pub version: i32,
    pub effective_on: NaiveDate,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "program_state", rename_all = "snake_case")]
pub enum ProgramState {
    Draft,
    Active,
    OnHold,
    Closed,
}

impl ProgramState {
    /// The states that it may go to. One that was closed by mistake is active again.
    #[must_use]
    pub const fn next(self) -> &'static [Self] {
        match self {
            Self::Draft | Self::Closed => &[Self::Active],
            Self::Active => &[Self::OnHold, Self::Closed],
            Self::OnHold => &[Self::Active, Self::Closed],
        }
    }

    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Active => "active",
            Self::OnHold => "on hold",
            Self::Closed => "closed",
        }
    }

    /// Whether it may go to another state.
    ///
    /// # Errors
    /// Names the legal ones.
    pub fn may_become(self, to: Self) -> Result<(), Refused> {
        if self == to || self.next().contains(&to) {
            return Ok(());
        }
        let legal: Vec<_> = self.next().iter().map(|state| state.label()).collect();
        let message = format!("A program that is {} becomes {}.", self.label(), legal.join(" or "));
        Err(Refused::because("state", message))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "visibility", rename_all = "snake_case")]
pub enum Visibility {
    Members,
    Everyone,
}

/// What a member may do in a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "role", rename_all = "snake_case")]
pub enum Role {
    /// Reads.
    Viewer,
    /// Raises items, comments, edits own items.
    Contributor,
    /// All in the program.
    Manager,
}

impl Role {
    pub const ALL: [Self; 3] = [Self::Viewer, Self::Contributor, Self::Manager];

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Contributor => "contributor",
            Self::Manager => "manager",
        }
    }
}

impl Program {
    /// A new program, before its draft is laid on it.
    #[must_use]
    pub fn new(id: ProgramId, now: DateTime<Utc>, effective_on: NaiveDate) -> Self {
        Self {
            id,
            key: String::new(),
            name: String::new(),
            state: ProgramState::Active,
            visibility: Visibility::Members,
            sponsor: None,
            manager: None,
            time_zone: "UTC".into(),
            starts_on: None,
            ends_on: None,
            objectives: String::new(),
            in_scope: String::new(),
            out_of_scope: String::new(),
            success_measures: String::new(),
            constraints: String::new(),
            governance: String::new(),
            closing_review: String::new(),
            no_lessons_because: String::new(),
            budget: None,
            currency: "EUR".into(),
            working_week: vec![true, true, true, true, true, false, false],
            holidays: Vec::new(),
            extra_days: Vec::new(),
            targets: Value::Object(Map::new()),
            thresholds: Value::Object(Map::new()),
            archived_at: None,
            version: 1,
            effective_on,
            created_at: now,
            updated_at: now,
        }
    }

    /// What is missing to close it: a review, and lessons, or why there are none.
    ///
    /// # Errors
    /// Names the fields.
    pub fn may_close(&self, lessons: i64) -> Result<(), Refused> {
        let mut errors = Vec::new();
        if self.closing_review.is_empty() {
            errors.push(FieldError::new(
                "closing_review",
                "Closing a program asks for a review: say what it came to.",
            ));
        }
        if lessons == 0 && self.no_lessons_because.is_empty() {
            errors.push(FieldError::new(
                "no_lessons_because",
                "Closing a program asks for lessons: write at least one down first, or say why there are none.",
            ));
        }
        if errors.is_empty() { Ok(()) } else { Err(Refused { errors, ..Refused::default() }) }
    }

    /// The day that it is in the program's time zone.
    #[must_use]
    pub fn today(&self, now: DateTime<Utc>) -> NaiveDate {
        today_in(&self.time_zone, now)
    }

    /// Its working days.
    #[must_use]
    pub fn calendar(&self) -> Calendar {
        let mut week = [false; 7];
        for (slot, worked) in week.iter_mut().zip(&self.working_week) {
            *slot = *worked;
        }
        Calendar {
            week,
            holidays: self.holidays.iter().copied().collect(),
            extra_days: self.extra_days.iter().copied().collect(),
        }
    }

    #[must_use]
    pub fn targets(&self) -> Targets {
        serde_json::from_value(self.targets.clone()).unwrap_or_default()
    }

    #[must_use]
    pub fn thresholds(&self) -> Thresholds {
        serde_json::from_value(self.thresholds.clone()).unwrap_or_default()
    }

    /// The program as a draft: what a form shows and what an API body is laid over.
    #[must_use]
    pub fn draft(&self) -> super::draft::Draft {
        let Ok(Value::Object(mut values)) = serde_json::to_value(self) else {
            return super::draft::Draft::default();
        };
        let week: Vec<_> = WEEKDAYS
            .iter()
            .zip(&self.working_week)
            .filter(|(_, on)| **on)
            .map(|((name, _), _)| *name)
            .collect();
        values.insert("working_week".into(), Value::from(week));
        values.retain(|name, _| FIELDS.iter().any(|field| field.name == name));
        super::draft::Draft(values)
    }

    /// Fills the program from clean values.
    ///
    /// # Errors
    /// A key, time zone, currency or order of dates that can't be.
    pub fn fill(&mut self, mut values: Map<String, Value>) -> Result<(), Refused> {
        let mut errors = Vec::new();
        let Ok(Value::Object(mut all)) = serde_json::to_value(&*self) else { return Ok(()) };
        // What stands is left standing, whatever rules came after it.
        let (targets, thresholds) = (self.targets.clone(), self.thresholds.clone());
        if let Some(Value::Array(days)) = values.remove("working_week")
            && !days.is_empty()
        {
            let week: Vec<bool> =
                WEEKDAYS.iter().map(|(name, _)| days.iter().any(|day| day == name)).collect();
            all.insert("working_week".into(), Value::from(week));
        }
        for (name, value) in values {
            let kept = value.is_null() && ["state", "visibility"].contains(&name.as_str())
                || value == "" && ["time_zone", "currency"].contains(&name.as_str());
            if !kept {
                all.insert(name, value);
            }
        }
        match serde_json::from_value::<Self>(Value::Object(all)) {
            Ok(filled) => *self = filled,
            Err(wrong) => errors.push(FieldError::new("", wrong.to_string())),
        }
        self.key = self.key.to_ascii_uppercase();
        let letters = self.key.starts_with(|c: char| c.is_ascii_uppercase());
        if !letters
            || !(2..=12).contains(&self.key.len())
            || !self.key.chars().all(|c| c.is_ascii_alphanumeric())
        {
            errors.push(FieldError::new(
                "key",
                "A key is 2 to 12 letters and digits, beginning with a letter.",
            ));
        }
        if self.time_zone.parse::<chrono_tz::Tz>().is_err() {
            errors.push(FieldError::new("time_zone", "Give a time zone such as Europe/Paris or UTC."));
        }
        if serde_json::from_value::<Targets>(self.targets.clone()).is_err() {
            errors.push(FieldError::new("targets", "The tolerance is a whole number of days."));
        } else if let Err(message) = self.targets().check()
            && self.targets != targets
        {
            errors.push(FieldError::new("targets", message));
        }
        if serde_json::from_value::<Thresholds>(self.thresholds.clone()).is_err() {
            errors.push(FieldError::new("thresholds", "Thresholds are whole numbers."));
        } else if let Err(message) = self.thresholds().check()
            && self.thresholds != thresholds
        {
            errors.push(FieldError::new("thresholds", message));
        }
        self.currency = self.currency.to_ascii_uppercase();
        if self.currency.len() != 3 || !self.currency.chars().all(|c| c.is_ascii_uppercase()) {
            errors.push(FieldError::new("currency", "Give three letters, such as EUR."));
        }
        if self.budget.is_some_and(|budget| budget < 0.0) {
            errors.push(FieldError::new("budget", "A budget is not negative."));
        }
        if let (Some(starts), Some(ends)) = (self.starts_on, self.ends_on)
            && ends < starts
        {
            errors.push(FieldError::new("ends_on", "It ends before it starts."));
        }
        if errors.is_empty() { Ok(()) } else { Err(Refused { errors, ..Refused::default() }) }
    }
}

/// The day that it is in a time zone; UTC where the zone is not known.
#[must_use]
pub fn today_in(time_zone: &str, now: DateTime<Utc>) -> NaiveDate {
    let zone = time_zone.parse::<chrono_tz::Tz>().unwrap_or(chrono_tz::UTC);
    now.with_timezone(&zone).date_naive()
}

const PROJECT_STATES: Choices = &[
    ("planned", "Planned"),
    ("active", "Active"),
    ("on_hold", "On hold"),
    ("done", "Done"),
    ("cancelled", "Cancelled"),
];

/// The steps of a declared delivery confidence, from the best to the worst.
pub const CONFIDENCES: Choices = &[
    ("green", "Green"),
    ("amber_green", "Amber/Green"),
    ("amber", "Amber"),
    ("amber_red", "Amber/Red"),
    ("red", "Red"),
];

/// The fields of a project (workstream).
pub const PROJECT_FIELDS: &[Field] = &[
    Field::new("key", "Key", Control::Line(40)).required().hint("Short: letters, digits, dots and hyphens"),
    Field::new("name", "Name", Control::Line(200)).required(),
    Field::new("state", "State", Control::Choice(PROJECT_STATES)),
    Field::new("team", "Team", Control::Team),
    Field::new("lead", "Lead", Control::Person),
    Field::new("starts_on", "Starts", Control::Date),
    Field::new("ends_on", "Ends", Control::Date),
    Field::new("confidence", "Declared delivery confidence", Control::Choice(CONFIDENCES))
        .hint("What those who answer for it, or review it, declare; kept by day."),
    Field::new("confidence_on", "Declared as of", Control::Date),
    Field::new("confidence_note", "Why, and what is done about it", Control::Text(10_000)),
];

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Project {
    pub id: ProjectId,
    pub program: ProgramId,
    pub key: String,
    pub name: String,
    pub state: String,
    pub team: Option<TeamId>,
    pub lead: Option<PersonId>,
    pub starts_on: Option<NaiveDate>,
    pub ends_on: Option<NaiveDate>,
    /// One of [`CONFIDENCES`], and as of which day it was declared.
    pub confidence: Option<String>,
    pub confidence_on: Option<NaiveDate>,
    pub confidence_note: String,
    pub archived_at: Option<DateTime<Utc>>,
    pub version: i32,
    pub effective_on: NaiveDate,
}

impl Project {
    /// The colour and the words of what is declared; between two colours it is the worse one.
    #[must_use]
    pub fn declared(&self) -> Option<(&'static str, &'static str)> {
        let said = self.confidence.as_deref()?;
        let (_, label) = CONFIDENCES.iter().find(|(name, _)| *name == said)?;
        let colour = match said {
            "green" => "green",
            "amber_green" | "amber" => "amber",
            _ => "red",
        };
        Some((colour, label))
    }

    #[must_use]
    pub fn new(id: ProjectId, program: ProgramId, effective_on: NaiveDate) -> Self {
        Self {
            id,
            program,
            key: String::new(),
            name: String::new(),
            state: "active".into(),
            team: None,
            lead: None,
            starts_on: None,
            ends_on: None,
            confidence: None,
            confidence_on: None,
            confidence_note: String::new(),
            archived_at: None,
            version: 1,
            effective_on,
        }
    }

    #[must_use]
    pub fn draft(&self) -> super::draft::Draft {
        let Ok(Value::Object(mut values)) = serde_json::to_value(self) else {
            return super::draft::Draft::default();
        };
        values.retain(|name, _| PROJECT_FIELDS.iter().any(|field| field.name == name));
        super::draft::Draft(values)
    }

    /// Fills the project from clean values.
    ///
    /// # Errors
    /// A key or an order of dates that can't be.
    pub fn fill(&mut self, values: Map<String, Value>) -> Result<(), Refused> {
        let Ok(Value::Object(mut all)) = serde_json::to_value(&*self) else { return Ok(()) };
        all.extend(values.into_iter().filter(|(name, value)| !(name == "state" && value.is_null())));
        let mut errors = Vec::new();
        match serde_json::from_value::<Self>(Value::Object(all)) {
            Ok(filled) => *self = filled,
            Err(wrong) => errors.push(FieldError::new("", wrong.to_string())),
        }
        let fits = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        if !self.key.chars().all(fits) || !self.key.starts_with(|c: char| c.is_ascii_alphanumeric()) {
            errors.push(FieldError::new("key", "A key is made of letters, digits, dots and hyphens."));
        }
        if let (Some(starts), Some(ends)) = (self.starts_on, self.ends_on)
            && ends < starts
        {
            errors.push(FieldError::new("ends_on", "It ends before it starts."));
        }
        if errors.is_empty() { Ok(()) } else { Err(Refused { errors, ..Refused::default() }) }
    }
}

/// The fields of a person.
pub const PERSON_FIELDS: &[Field] = &[
    Field::new("name", "Name", Control::Line(120)).required(),
    Field::new("email", "E-mail", Control::Line(254)),
    Field::new("handle", "Handle", Control::Line(65)).hint("Such as @ada"),
];

/// The fields of a team.
pub const TEAM_FIELDS: &[Field] = &[
    Field::new("name", "Name", Control::Line(120)).required(),
    Field::new("description", "What it does", Control::Text(5_000)),
    Field::new("lead", "Lead", Control::Person),
    Field::new("capacity_days", "Capacity, working days a month", Control::Amount),
];
