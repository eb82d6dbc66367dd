//! Risks: what may happen, how likely and how bad, and what is done about it. An unscored risk is never a low one.

use super::draft::{Choices, Control, Field, FieldError};
use super::kind::State;
use super::program::Program;
use super::transition::Move;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

const CATEGORIES: Choices = &[
    ("technical", "Technical"),
    ("schedule", "Schedule"),
    ("resource", "Resource"),
    ("commercial", "Commercial"),
    ("external", "External"),
    ("security", "Security"),
    ("quality", "Quality"),
    ("organisational", "Organisational"),
    ("other", "Other"),
];
const RESPONSES: Choices = &[
    ("avoid", "Avoid"),
    ("mitigate", "Mitigate"),
    ("transfer", "Transfer"),
    ("accept", "Accept"),
    ("exploit", "Exploit (opportunity)"),
    ("enhance", "Enhance (opportunity)"),
    ("share", "Share (opportunity)"),
];

/// What a risk has of its own.
pub const FIELDS: &[Field] = &[
    Field::new("probability", "Probability", Control::Int(1, 5))
        .hint("1 rare to 5 almost certain; leave empty until assessed."),
    Field::new("impact", "Impact", Control::Int(1, 5))
        .hint("1 slight to 5 severe; leave empty until assessed."),
    Field::new("cause", "Cause", Control::Text(5_000)).hint("Because of …"),
    Field::new("event", "Event", Control::Text(5_000)).hint("… this may happen …"),
    Field::new("effect", "Effect", Control::Text(5_000)).hint("… which would lead to …"),
    Field::new("category", "Category", Control::Choice(CATEGORIES)),
    Field::new("opportunity", "It is an opportunity", Control::Flag),
    Field::new("response", "Response", Control::Choice(RESPONSES)),
    Field::new("response_plan", "What is done about it", Control::Text(10_000)),
    Field::new("trigger", "Trigger", Control::Line(500)).hint("How we will see that it is about to happen."),
    Field::new("proximity_on", "Could happen from", Control::Date),
    Field::new("review_on", "Next review", Control::Date).hint("The date by which it must have moved."),
    Field::new("inherent_probability", "Inherent probability", Control::Int(1, 5)),
    Field::new("inherent_impact", "Inherent impact", Control::Int(1, 5)),
    Field::new("target_probability", "Target probability", Control::Int(1, 5)),
    Field::new("target_impact", "Target impact", Control::Int(1, 5)),
    Field::new("schedule_effect_days", "Effect on the schedule, working days", Control::ThreePoints)
        .hint("Optimistic, likely, pessimistic: 5, 10, 20"),
    Field::new("cost_effect", "Effect on cost", Control::Amount),
];

/// What the five levels of probability mean to a simulation: the chance that the risk strikes. The levels are rough, so the numbers
/// are: rare, unlikely, as likely as not (a little less, for a threat that is more likely than not is soon an issue), likely, almost certain.
pub const PROBABILITIES: [f64; 5] = [0.05, 0.20, 0.40, 0.60, 0.85];

/// A score from here on is *high*, of 25.
pub const HIGH_SCORE: i16 = 15;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Risk {
    pub cause: String,
    pub event: String,
    pub effect: String,
    pub category: Option<String>,
    pub opportunity: bool,
    /// 1 to 5, before any response; the same scale for the five below.
    pub inherent_probability: Option<i16>,
    pub inherent_impact: Option<i16>,
    pub probability: Option<i16>,
    pub impact: Option<i16>,
    pub target_probability: Option<i16>,
    pub target_impact: Option<i16>,
    pub response: Option<String>,
    pub response_plan: String,
    pub trigger: String,
    pub proximity_on: Option<NaiveDate>,
    pub review_on: Option<NaiveDate>,
    /// Optimistic, likely and pessimistic working days.
    pub schedule_effect_days: Option<[i32; 3]>,
    pub cost_effect: Option<f64>,
    pub accepted_by: Option<Uuid>,
    pub accepted_until: Option<NaiveDate>,
    pub acceptance_reason: String,
}

/// Who may accept a risk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Authority {
    /// Its owner; a manager may too.
    Owner,
    Manager,
    Sponsor,
}

/// What of a risk decides who may accept it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Weight {
    /// 1 to 25; none until assessed.
    pub score: Option<i16>,
    pub opportunity: bool,
}

impl Weight {
    /// How it is said in a sentence: *accepted at 6*, *it is as an opportunity*.
    #[must_use]
    pub fn words(self) -> String {
        match self.score {
            _ if self.opportunity => "as an opportunity".to_owned(),
            Some(score) => format!("at {score}"),
            None => "at no score".to_owned(),
        }
    }
}

/// What a program demands of whoever accepts its risks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Demands {
    /// From this score on a manager accepts, and from this the sponsor.
    pub manager_score: i16,
    pub sponsor_score: i16,
    /// Where nobody is named as sponsor, a manager stands in.
    pub has_sponsor: bool,
}

impl Demands {
    #[must_use]
    pub fn of(program: &Program) -> Self {
        let thresholds = program.thresholds();
        Self {
            manager_score: thresholds.risk_accept_manager_score,
            sponsor_score: thresholds.risk_accept_sponsor_score,
            has_sponsor: program.sponsor.is_some(),
        }
    }

    /// The authority that accepting a risk demands. One that isn't scored yet may be anything, so it is never left to its owner; an
    /// opportunity threatens nothing.
    #[must_use]
    pub fn authority(self, weight: Weight) -> Authority {
        match weight.score {
            _ if weight.opportunity => Authority::Owner,
            None => Authority::Manager,
            Some(score) if score >= self.sponsor_score && self.has_sponsor => Authority::Sponsor,
            Some(score) if score >= self.manager_score.min(self.sponsor_score) => Authority::Manager,
            Some(_) => Authority::Owner,
        }
    }
}

impl Risk {
    /// What decides who may accept it, as it is assessed now.
    #[must_use]
    pub fn weight(&self) -> Weight {
        Weight { score: self.score(), opportunity: self.opportunity }
    }

    /// Probability × impact as assessed now, 1 to 25; `None` until both are assessed.
    #[must_use]
    pub fn score(&self) -> Option<i16> {
        Some(self.probability? * self.impact?)
    }

    /// The date by which it must have moved: its review, or the end of its acceptance.
    #[must_use]
    pub fn next_on(&self) -> Option<NaiveDate> {
        [self.review_on, self.accepted_until].into_iter().flatten().min()
    }

    pub(super) fn check(&self, errors: &mut Vec<FieldError>) {
        let for_opportunity = matches!(self.response.as_deref(), Some("exploit" | "enhance" | "share"));
        let for_threat = matches!(self.response.as_deref(), Some("avoid" | "mitigate" | "transfer"));
        if self.opportunity && for_threat {
            errors.push(FieldError::new(
                "response",
                "An opportunity is exploited, enhanced, shared or accepted.",
            ));
        }
        if !self.opportunity && for_opportunity {
            errors.push(FieldError::new(
                "response",
                "A threat is avoided, mitigated, transferred or accepted.",
            ));
        }
    }

    pub(super) fn moved(&mut self, step: &Move) {
        if step.to == State::Accepted {
            self.accepted_by = step.by;
            self.accepted_until = step.until;
            self.acceptance_reason.clone_from(&step.reason);
        } else {
            self.accepted_by = None;
            self.accepted_until = None;
            self.acceptance_reason.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_score_demands_an_authority_by_the_thresholds_of_the_program() {
        let weight = |score| Weight { score, opportunity: false };
        let usual = Demands { manager_score: 10, sponsor_score: 15, has_sponsor: true };
        for (score, authority) in [
            (Some(9), Authority::Owner),
            (Some(10), Authority::Manager),
            (Some(12), Authority::Manager),
            (Some(15), Authority::Sponsor),
            (Some(25), Authority::Sponsor),
            (None, Authority::Manager),
        ] {
            assert_eq!(usual.authority(weight(score)), authority, "{score:?}");
        }
        let strict = Demands { manager_score: 2, sponsor_score: 6, ..usual };
        assert_eq!(strict.authority(weight(Some(6))), Authority::Sponsor);
        assert_eq!(strict.authority(weight(Some(2))), Authority::Manager);
        assert_eq!(strict.authority(weight(Some(1))), Authority::Owner);
        assert_eq!(
            strict.authority(Weight { opportunity: true, ..weight(Some(25)) }),
            Authority::Owner,
            "it threatens nothing"
        );
        let without = Demands { has_sponsor: false, ..usual };
        assert_eq!(without.authority(weight(Some(25))), Authority::Manager);
    }

    #[test]
    fn an_opportunity_has_the_responses_of_an_opportunity_and_a_threat_those_of_a_threat() {
        for (opportunity, response, taken) in [
            (false, "mitigate", true),
            (false, "accept", true),
            (false, "exploit", false),
            (true, "exploit", true),
            (true, "accept", true),
            (true, "avoid", false),
        ] {
            let mut errors = Vec::new();
            Risk { opportunity, response: Some(response.into()), ..Risk::default() }.check(&mut errors);
            assert_eq!(errors.is_empty(), taken, "{opportunity} {response}");
        }
    }
}
