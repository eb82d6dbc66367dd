//! The metrics there are: names, definitions and targets, as they are shown and as the API calls them.

use crate::domain::settings::Targets;
use serde::{Deserialize, Serialize};

/// A metric of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    MilestoneOnTimeRate,
    ScheduleVariance,
    ScopeChangeRate,
    DecisionLatency,
    DependencyAging,
    CriticalPathStability,
    RiskBurndown,
    IssueResolutionTime,
    ReadinessPassRate,
    PostLaunchIncidentRate,
    DefectEscapeRate,
    AdoptionAttainment,
    BenefitsRealizationIndex,
    StakeholderSatisfaction,
    ReportQuality,
    MeetingToDecisionRatio,
    ReworkRate,
    ForecastAccuracy,
    CrossTeamBlockers,
    Freshness,
    GreenwashGap,
    ScheduleQuality,
}

/// What a metric's value is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// A fraction of 1, shown as a percentage.
    Share,
    /// Working days of the program's calendar.
    WorkingDays,
    /// Calendar days.
    Days,
    /// A number of items.
    Count,
    /// Working days a week: the slope of a weekly series.
    DaysPerWeek,
    /// From 1 to 5.
    Score,
    /// A number of things for each release.
    PerRelease,
    /// A number of things in a week.
    PerWeek,
    /// How much the value changes from week to week: the slope of a weekly series, in the value's unit.
    ChangePerWeek,
}

impl Unit {
    /// The name in the API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Share => "share",
            Self::WorkingDays => "working_days",
            Self::Days => "days",
            Self::Count => "count",
            Self::DaysPerWeek => "days_per_week",
            Self::Score => "score",
            Self::PerRelease => "per_release",
            Self::PerWeek => "per_week",
            Self::ChangePerWeek => "change_per_week",
        }
    }
}

/// How a metric's value comes of its rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recomputed {
    /// The sum of the numerators ÷ the sum of the denominators.
    Ratio,
    /// The median of the values.
    Median,
    /// The sum of the values.
    Sum,
}

/// On which side of its target a metric is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goal {
    /// The target or more.
    AtLeast,
    /// The target or less.
    AtMost,
    /// Less than the target.
    Below,
    /// More than the target.
    Above,
    /// What is judged is the slope of the weekly values: the target or less.
    Falling,
}

/// How a figure stands against its target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Met,
    Near,
    Missed,
}

impl Verdict {
    /// The name in the API, and the word that a reader sees.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::Near => "near",
            Self::Missed => "missed",
        }
    }
}

/// How far past its target a figure may be to be *near* it: this fraction of the target.
pub const NEAR: f64 = 0.1;

/// Differences under this are rounding, not figures.
const ROUNDING: f64 = 1e-9;

impl Goal {
    /// Whether `figure` reaches `target`.
    #[must_use]
    pub fn is_met(self, figure: f64, target: f64) -> bool {
        match self {
            Self::AtLeast => figure >= target - ROUNDING,
            Self::AtMost | Self::Falling => figure <= target + ROUNDING,
            Self::Below => figure < target - ROUNDING,
            Self::Above => figure > target + ROUNDING,
        }
    }

    /// The verdict on `figure` against `target`.
    ///
    /// *Near* is defined here, once for all metrics: the target is missed by no more than [`NEAR`] (10 %) of itself. A
    /// target of 0 therefore has no *near*: one stale risk is one too many.
    #[must_use]
    pub fn verdict(self, figure: f64, target: f64) -> Verdict {
        let margin = NEAR * target.abs();
        let near = match self {
            Self::AtLeast => figure >= target - margin - ROUNDING,
            Self::AtMost | Self::Falling => figure <= target + margin + ROUNDING,
            Self::Above => margin > 0.0 && figure >= target - margin - ROUNDING,
            Self::Below => margin > 0.0 && figure <= target + margin + ROUNDING,
        };
        if self.is_met(figure, target) {
            Verdict::Met
        } else if near {
            Verdict::Near
        } else {
            Verdict::Missed
        }
    }
}

impl Metric {
    /// Every metric, in the order of the definitions.
    pub const ALL: [Self; 22] = [
        Self::MilestoneOnTimeRate,
        Self::ScheduleVariance,
        Self::ScopeChangeRate,
        Self::DecisionLatency,
        Self::DependencyAging,
        Self::CriticalPathStability,
        Self::RiskBurndown,
        Self::IssueResolutionTime,
        Self::ReadinessPassRate,
        Self::PostLaunchIncidentRate,
        Self::DefectEscapeRate,
        Self::AdoptionAttainment,
        Self::BenefitsRealizationIndex,
        Self::StakeholderSatisfaction,
        Self::ReportQuality,
        Self::MeetingToDecisionRatio,
        Self::ReworkRate,
        Self::ForecastAccuracy,
        Self::CrossTeamBlockers,
        Self::Freshness,
        Self::GreenwashGap,
        Self::ScheduleQuality,
    ];

    /// The number in the table of definitions.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::MilestoneOnTimeRate => 1,
            Self::ScheduleVariance => 2,
            Self::ScopeChangeRate => 3,
            Self::DecisionLatency => 4,
            Self::DependencyAging => 5,
            Self::CriticalPathStability => 6,
            Self::RiskBurndown => 7,
            Self::IssueResolutionTime => 8,
            Self::ReadinessPassRate => 9,
            Self::PostLaunchIncidentRate => 10,
            Self::DefectEscapeRate => 11,
            Self::AdoptionAttainment => 12,
            Self::BenefitsRealizationIndex => 13,
            Self::StakeholderSatisfaction => 14,
            Self::ReportQuality => 15,
            Self::MeetingToDecisionRatio => 16,
            Self::ReworkRate => 17,
            Self::ForecastAccuracy => 18,
            Self::CrossTeamBlockers => 19,
            Self::Freshness => 20,
            Self::GreenwashGap => 21,
            Self::ScheduleQuality => 22,
        }
    }

    /// The name in the API and in paths.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::MilestoneOnTimeRate => "milestone_on_time_rate",
            Self::ScheduleVariance => "schedule_variance",
            Self::ScopeChangeRate => "scope_change_rate",
            Self::DecisionLatency => "decision_latency",
            Self::DependencyAging => "dependency_aging",
            Self::CriticalPathStability => "critical_path_stability",
            Self::RiskBurndown => "risk_burndown",
            Self::IssueResolutionTime => "issue_resolution_time",
            Self::ReadinessPassRate => "readiness_pass_rate",
            Self::PostLaunchIncidentRate => "post_launch_incident_rate",
            Self::DefectEscapeRate => "defect_escape_rate",
            Self::AdoptionAttainment => "adoption_attainment",
            Self::BenefitsRealizationIndex => "benefits_realization_index",
            Self::StakeholderSatisfaction => "stakeholder_satisfaction",
            Self::ReportQuality => "report_quality",
            Self::MeetingToDecisionRatio => "meeting_to_decision_ratio",
            Self::ReworkRate => "rework_rate",
            Self::ForecastAccuracy => "forecast_accuracy",
            Self::CrossTeamBlockers => "cross_team_blockers",
            Self::Freshness => "freshness",
            Self::GreenwashGap => "greenwash_gap",
            Self::ScheduleQuality => "schedule_quality",
        }
    }

    /// The metric of a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|metric| metric.name() == name)
    }

    /// What the value is counted in.
    #[must_use]
    pub const fn unit(self) -> Unit {
        match self {
            Self::MilestoneOnTimeRate
            | Self::ScopeChangeRate
            | Self::IssueResolutionTime
            | Self::ForecastAccuracy
            | Self::CriticalPathStability
            | Self::ScheduleQuality
            | Self::Freshness
            | Self::ReadinessPassRate
            | Self::DefectEscapeRate
            | Self::AdoptionAttainment
            | Self::BenefitsRealizationIndex
            | Self::MeetingToDecisionRatio
            | Self::ReworkRate => Unit::Share,
            Self::ScheduleVariance | Self::DecisionLatency => Unit::WorkingDays,
            Self::DependencyAging => Unit::Days,
            Self::RiskBurndown | Self::GreenwashGap => Unit::Count,
            Self::StakeholderSatisfaction | Self::ReportQuality => Unit::Score,
            Self::PostLaunchIncidentRate => Unit::PerRelease,
            Self::CrossTeamBlockers => Unit::PerWeek,
        }
    }

    /// What the target is counted in: the value's unit, save where the slope is judged.
    #[must_use]
    pub const fn target_unit(self) -> Unit {
        match self {
            Self::ScheduleVariance => Unit::DaysPerWeek,
            Self::PostLaunchIncidentRate | Self::ReworkRate | Self::CrossTeamBlockers => Unit::ChangePerWeek,
            other => other.unit(),
        }
    }

    /// Whether the slope of the weekly values is judged, not the value.
    #[must_use]
    pub const fn is_judged_by_slope(self) -> bool {
        matches!(self.target_unit(), Unit::DaysPerWeek | Unit::ChangePerWeek)
    }

    /// How the value is had again from what its rows give ([`super::Gives`]).
    #[must_use]
    pub const fn recomputed(self) -> Recomputed {
        match self {
            Self::ScheduleVariance | Self::DecisionLatency => Recomputed::Median,
            Self::RiskBurndown | Self::CrossTeamBlockers | Self::GreenwashGap => Recomputed::Sum,
            _ => Recomputed::Ratio,
        }
    }

    /// On which side of the target is good.
    #[must_use]
    pub const fn goal(self) -> Goal {
        match self {
            Self::MilestoneOnTimeRate
            | Self::IssueResolutionTime
            | Self::ForecastAccuracy
            | Self::CriticalPathStability
            | Self::ScheduleQuality
            | Self::Freshness
            | Self::AdoptionAttainment
            | Self::BenefitsRealizationIndex
            | Self::StakeholderSatisfaction
            | Self::ReportQuality
            | Self::MeetingToDecisionRatio => Goal::AtLeast,
            Self::ScheduleVariance
            | Self::ScopeChangeRate
            | Self::DependencyAging
            | Self::RiskBurndown
            | Self::DefectEscapeRate
            | Self::GreenwashGap => Goal::AtMost,
            Self::DecisionLatency => Goal::Below,
            Self::ReadinessPassRate => Goal::Above,
            Self::PostLaunchIncidentRate | Self::ReworkRate | Self::CrossTeamBlockers => Goal::Falling,
        }
    }

    /// Whether the value is taken over the window; the others are a state at the end of the as-of day, or have
    /// horizons of their own.
    #[must_use]
    pub const fn has_window(self) -> bool {
        matches!(
            self,
            Self::MilestoneOnTimeRate
                | Self::ScopeChangeRate
                | Self::DecisionLatency
                | Self::IssueResolutionTime
                | Self::ReadinessPassRate
                | Self::PostLaunchIncidentRate
                | Self::DefectEscapeRate
                | Self::AdoptionAttainment
                | Self::ReportQuality
                | Self::MeetingToDecisionRatio
                | Self::ReworkRate
        )
    }

    /// Whether it is computed from what the schedule network says.
    #[must_use]
    pub const fn needs_network(self) -> bool {
        matches!(self, Self::CriticalPathStability | Self::ScheduleQuality)
    }

    /// The target among a program's targets, in [`Metric::target_unit`].
    #[must_use]
    pub const fn target(self, targets: &Targets) -> f64 {
        match self {
            Self::MilestoneOnTimeRate => targets.milestone_on_time_rate,
            Self::ScheduleVariance => targets.schedule_variance,
            Self::ScopeChangeRate => targets.scope_change_rate,
            Self::DecisionLatency => targets.decision_latency,
            Self::DependencyAging => targets.dependency_aging,
            Self::CriticalPathStability => targets.critical_path_stability,
            Self::RiskBurndown => targets.risk_burndown,
            Self::IssueResolutionTime => targets.issue_resolution_time,
            Self::ReadinessPassRate => targets.readiness_pass_rate,
            Self::PostLaunchIncidentRate => targets.post_launch_incident_rate,
            Self::DefectEscapeRate => targets.defect_escape_rate,
            Self::AdoptionAttainment => targets.adoption_attainment,
            Self::BenefitsRealizationIndex => targets.benefits_realization_index,
            Self::StakeholderSatisfaction => targets.stakeholder_satisfaction,
            Self::ReportQuality => targets.report_quality,
            Self::MeetingToDecisionRatio => targets.meeting_to_decision_ratio,
            Self::ReworkRate => targets.rework_rate,
            Self::ForecastAccuracy => targets.forecast_accuracy,
            Self::CrossTeamBlockers => targets.cross_team_blockers,
            Self::Freshness => targets.freshness,
            Self::GreenwashGap => targets.greenwash_gap,
            Self::ScheduleQuality => targets.schedule_quality,
        }
    }
}
