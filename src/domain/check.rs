//! Checks of a gate: a criterion of an area, with evidence that it is met.

use super::draft::{Choices, Control, Field};
use super::kind::State;
use super::transition::Move;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The areas that are checked.
pub const AREAS: Choices = &[
    ("engineering", "Engineering"),
    ("operations", "Operations"),
    ("security", "Security"),
    ("support", "Support"),
    ("marketing", "Marketing"),
    ("legal", "Legal"),
    ("data", "Data"),
    ("finance", "Finance"),
    ("product", "Product"),
    ("other", "Other"),
];

/// What a check has of its own.
pub const FIELDS: &[Field] = &[
    Field::new("gate", "Gate", Control::Item).required(),
    Field::new("area", "Area", Control::Choice(AREAS)),
    Field::new("criterion", "Criterion", Control::Text(5_000)).hint("What must be so for it to pass."),
    Field::new("mandatory", "Mandatory", Control::Flag),
    Field::new("due_on", "Due", Control::Date),
    Field::new("evidence_title", "Evidence", Control::Line(300)),
    Field::new("evidence_url", "Link to the evidence", Control::Link(2_000)),
];

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Check {
    pub gate: Uuid,
    pub area: String,
    pub criterion: String,
    pub mandatory: bool,
    pub due_on: Option<NaiveDate>,
    pub evidence_title: String,
    pub evidence_url: String,
    /// The tool that called, where the evidence is automatic.
    pub evidence_source: String,
    pub evidence_on: Option<NaiveDate>,
    pub settled_on: Option<NaiveDate>,
    pub settled_by: Option<Uuid>,
    /// Why it is waived, or doesn't apply.
    pub waiver_reason: String,
    pub waived_until: Option<NaiveDate>,
}

impl Default for Check {
    fn default() -> Self {
        Self {
            gate: Uuid::nil(),
            area: "other".into(),
            criterion: String::new(),
            mandatory: true,
            due_on: None,
            evidence_title: String::new(),
            evidence_url: String::new(),
            evidence_source: String::new(),
            evidence_on: None,
            settled_on: None,
            settled_by: None,
            waiver_reason: String::new(),
            waived_until: None,
        }
    }
}

impl Check {
    pub(super) fn moved(&mut self, step: &Move) {
        let settled = !matches!(step.to, State::Unstarted | State::InProgress);
        self.settled_on = settled.then_some(step.on);
        self.settled_by = step.by.filter(|_| settled);
        let waived = step.to == State::Waived;
        let excused = waived || step.to == State::NotApplicable;
        self.waiver_reason = if excused { step.reason.clone() } else { String::new() };
        self.waived_until = step.until.filter(|_| waived);
        if !step.evidence_title.is_empty() || !step.evidence_url.is_empty() {
            self.evidence_title.clone_from(&step.evidence_title);
            self.evidence_url.clone_from(&step.evidence_url);
            self.evidence_source.clear();
            self.evidence_on = Some(step.on);
        }
    }
}
