//! What a program can set: the targets of its metrics and the thresholds of its health rules, with the defaults of
//! `metrics.md`.

use serde::{Deserialize, Serialize};

/// Targets of the metrics, in the metric's own unit (shares as fractions of 1).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Targets {
    pub milestone_on_time_rate: f64,
    /// Largest slope of the weekly median, days a week.
    pub schedule_variance: f64,
    pub scope_change_rate: f64,
    /// Median below this many working days.
    pub decision_latency: f64,
    /// Mean age in days, at most.
    pub dependency_aging: f64,
    pub critical_path_stability: f64,
    /// Stale high risks, at most.
    pub risk_burndown: f64,
    pub issue_resolution_time: f64,
    pub forecast_accuracy: f64,
    pub freshness: f64,
    pub schedule_quality: f64,
    pub readiness_pass_rate: f64,
    /// Largest slope of the weekly values, a week; so too of rework and blockers.
    pub post_launch_incident_rate: f64,
    pub defect_escape_rate: f64,
    pub adoption_attainment: f64,
    pub benefits_realization_index: f64,
    /// Mean from 1 to 5; so too of reports.
    pub stakeholder_satisfaction: f64,
    pub report_quality: f64,
    pub meeting_to_decision_ratio: f64,
    pub rework_rate: f64,
    pub cross_team_blockers: f64,
    /// Weeks, at most.
    pub greenwash_gap: f64,
    /// Days after the committed date within which a milestone is still on time.
    pub on_time_tolerance_days: i64,
}

impl Default for Targets {
    fn default() -> Self {
        Self {
            milestone_on_time_rate: 0.8,
            schedule_variance: 0.0,
            scope_change_rate: 0.1,
            decision_latency: 5.0,
            dependency_aging: 21.0,
            critical_path_stability: 0.75,
            risk_burndown: 0.0,
            issue_resolution_time: 0.7,
            forecast_accuracy: 0.8,
            freshness: 0.9,
            schedule_quality: 1.0,
            readiness_pass_rate: 0.9,
            post_launch_incident_rate: 0.0,
            defect_escape_rate: 0.1,
            adoption_attainment: 0.8,
            benefits_realization_index: 0.7,
            stakeholder_satisfaction: 4.2,
            report_quality: 4.0,
            meeting_to_decision_ratio: 0.6,
            rework_rate: 0.0,
            cross_team_blockers: 0.0,
            greenwash_gap: 0.0,
            on_time_tolerance_days: 7,
        }
    }
}

/// Thresholds of the health rules. Days are calendar days unless the name says *working*.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Thresholds {
    pub schedule_red_working_days: i64,
    pub schedule_amber_working_days: i64,
    /// Open work with less total float than this, which is 0 or below: the critical path has 0.
    pub schedule_float_working_days: i64,
    /// A milestone due within this many days wants a forecast update …
    pub forecast_due_days: i64,
    /// … that is no older than this.
    pub forecast_update_days: i64,
    /// A scope change rate above this share of its target, in percent, is red.
    pub scope_red_percent: i64,
    pub scope_wait_working_days: i64,
    pub risk_red_score: i16,
    pub risk_amber_score: i16,
    /// A risk of this score that nobody mitigates is red …
    pub risk_unmitigated_score: i16,
    /// … once it is older than so many days.
    pub risk_red_age_days: i64,
    /// From this score on a risk is accepted by the sponsor …
    pub risk_accept_sponsor_score: i16,
    /// … and from this one by a manager; below it by its owner.
    pub risk_accept_manager_score: i16,
    pub dependency_agree_days: i64,
    pub dependency_update_days: i64,
    pub decision_wait_working_days: i64,
    /// Forecast at completion above the budget by more than this.
    pub cost_red_percent: i64,
    pub cost_amber_percent: i64,
    /// A gate within so many days wants its mandatory checks under way …
    pub readiness_red_days: i64,
    /// … and within so many a pass rate …
    pub readiness_amber_days: i64,
    /// … of at least this.
    pub readiness_pass_percent: i64,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self {
            schedule_red_working_days: 10,
            schedule_amber_working_days: 3,
            schedule_float_working_days: 0,
            forecast_due_days: 30,
            forecast_update_days: 14,
            scope_red_percent: 200,
            scope_wait_working_days: 10,
            risk_red_score: 20,
            risk_amber_score: 15,
            risk_unmitigated_score: 15,
            risk_red_age_days: 45,
            risk_accept_sponsor_score: 15,
            risk_accept_manager_score: 10,
            dependency_agree_days: 30,
            dependency_update_days: 21,
            decision_wait_working_days: 5,
            cost_red_percent: 10,
            cost_amber_percent: 5,
            readiness_red_days: 7,
            readiness_amber_days: 21,
            readiness_pass_percent: 70,
        }
    }
}

impl Targets {
    /// Whether each can be met, and missed.
    ///
    /// # Errors
    /// What is wrong, in a sentence.
    pub fn check(&self) -> Result<(), &'static str> {
        let shares = [
            self.milestone_on_time_rate,
            self.scope_change_rate,
            self.critical_path_stability,
            self.issue_resolution_time,
            self.forecast_accuracy,
            self.freshness,
            self.schedule_quality,
            self.readiness_pass_rate,
            self.defect_escape_rate,
            self.adoption_attainment,
            self.meeting_to_decision_ratio,
        ];
        let marks = [self.stakeholder_satisfaction, self.report_quality];
        if shares.iter().any(|share| !(0.0..=1.0).contains(share)) {
            return Err("A share is a fraction from 0 to 1: 0.8 for 80 %.");
        }
        if marks.iter().any(|mark| !(1.0..=5.0).contains(mark)) {
            return Err("Satisfaction and the quality of reports are marked from 1 to 5.");
        }
        let counts = [
            self.decision_latency,
            self.dependency_aging,
            self.risk_burndown,
            self.benefits_realization_index,
            self.greenwash_gap,
        ];
        if counts.iter().any(|count| *count < 0.0) || self.on_time_tolerance_days < 0 {
            return Err("Days, weeks, counts and ratios are not negative.");
        }
        Ok(())
    }
}

impl Thresholds {
    /// Whether every rule can come to each of its colours.
    ///
    /// # Errors
    /// What is wrong, in a sentence.
    pub fn check(&self) -> Result<(), &'static str> {
        let days = [
            self.schedule_amber_working_days,
            self.forecast_due_days,
            self.forecast_update_days,
            self.scope_wait_working_days,
            self.risk_red_age_days,
            self.dependency_agree_days,
            self.dependency_update_days,
            self.decision_wait_working_days,
            self.cost_amber_percent,
            self.readiness_red_days,
            self.readiness_amber_days,
        ];
        if days.iter().any(|days| !(0..=10_000).contains(days)) {
            return Err("Days and percentages above the budget are from 0 to 10,000.");
        }
        let scores = [
            self.risk_red_score,
            self.risk_amber_score,
            self.risk_unmitigated_score,
            self.risk_accept_sponsor_score,
            self.risk_accept_manager_score,
        ];
        if scores.iter().any(|score| !(1..=26).contains(score)) {
            return Err("Scores are from 1 to 25; 26 for one that no risk has.");
        }
        if !(-10_000..=0).contains(&self.schedule_float_working_days) {
            return Err("Total float is held against 0 or below: the critical path has a float of 0.");
        }
        if !(100..=10_000).contains(&self.scope_red_percent) {
            return Err("Scope turns red from 100 to 10,000 % of its target.");
        }
        if !(0..=100).contains(&self.readiness_pass_percent) {
            return Err("A pass rate is from 0 to 100 %.");
        }
        if self.schedule_red_working_days < self.schedule_amber_working_days
            || self.cost_red_percent < self.cost_amber_percent
            || self.risk_red_score < self.risk_amber_score
        {
            return Err("Red begins where amber does, or beyond.");
        }
        if self.risk_accept_sponsor_score < self.risk_accept_manager_score {
            return Err("The sponsor’s risks begin where the manager’s do, or beyond.");
        }
        Ok(())
    }
}
