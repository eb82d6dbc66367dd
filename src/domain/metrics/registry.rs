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
    ForecastAccuracy,
    Freshness,
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
        }
    }
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
            Self::AtMost => figure <= target + ROUNDING,
            Self::Below => figure < target - ROUNDING,
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
            Self::AtMost => figure <= target + margin + ROUNDING,
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
    pub const ALL: [Self; 11] = [
        Self::MilestoneOnTimeRate,
        Self::ScheduleVariance,
        Self::ScopeChangeRate,
        Self::DecisionLatency,
        Self::DependencyAging,
        Self::CriticalPathStability,
        Self::RiskBurndown,
        Self::IssueResolutionTime,
        Self::ForecastAccuracy,
        Self::Freshness,
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
            Self::ForecastAccuracy => 18,
            Self::Freshness => 20,
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
            Self::ForecastAccuracy => "forecast_accuracy",
            Self::Freshness => "freshness",
            Self::ScheduleQuality => "schedule_quality",
        }
    }

    /// The metric of a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|metric| metric.name() == name)
    }

    /// The title that a reader sees.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::MilestoneOnTimeRate => "Milestone on-time rate",
            Self::ScheduleVariance => "Schedule variance",
            Self::ScopeChangeRate => "Scope change rate",
            Self::DecisionLatency => "Decision latency",
            Self::DependencyAging => "Dependency aging",
            Self::CriticalPathStability => "Critical path stability",
            Self::RiskBurndown => "Risk burndown",
            Self::IssueResolutionTime => "Issue resolution time",
            Self::ForecastAccuracy => "Forecast accuracy",
            Self::Freshness => "Ownership and freshness",
            Self::ScheduleQuality => "Schedule quality",
        }
    }

    /// What exactly is measured.
    #[must_use]
    pub const fn definition(self) -> &'static str {
        match self {
            Self::MilestoneOnTimeRate => {
                "Of milestones whose originally committed date lies in the window and that are not cancelled, the share \
                 achieved on or before the committed date plus the tolerance. Still open and past that counts as missed; \
                 still open and within it is left out until known. The same rate against the current baseline is shown \
                 beside it, so that re-baselining cannot hide a slip."
            }
            Self::ScheduleVariance => {
                "For each milestone that is not cancelled, the working days from its originally committed date to the day \
                 it was achieved, or else to its forecast; positive is late. For the program: median, 80th percentile and \
                 worst, and the slope of the weekly median over the last 8 weeks, in days a week."
            }
            Self::ScopeChangeRate => {
                "Of approved change requests that alter scope, decided in the window and after the first baseline: the \
                 milestones and activities that they add, remove or redefine, as a share of those in the first baseline."
            }
            Self::DecisionLatency => {
                "For decisions decided in the window: working days from escalation (or, if never escalated, from request) \
                 to decision; median and 85th percentile. Those that still wait are shown beside it with the days that \
                 they have waited at least."
            }
            Self::DependencyAging => {
                "The mean age, in days since they were raised, of dependencies that are neither accepted, rejected nor \
                 withdrawn; their spread over five ages, and how many are past the day on which they are needed."
            }
            Self::CriticalPathStability => {
                "The critical path as it was known at the end of each of the last 13 weeks. A week is changed if the set of \
                 open critical milestones and activities differs from the week before by anything other than completions. \
                 The value is the share of weeks that are unchanged; beside it stands how alike the two sets are (their \
                 Jaccard similarity: what is in both ÷ what is in either)."
            }
            Self::RiskBurndown => {
                "High risks (score 15 or more of 25) that have been open for more than 30 days without a mitigation action \
                 completed or a dated one in progress. Week by week: open high risks and the total exposure, which is the \
                 sum of probability × impact of all open risks. Risks not yet scored are counted apart, never as low. \
                 Opportunities are no threats and are left out."
            }
            Self::IssueResolutionTime => {
                "Of issues resolved in the window, the share resolved within 14 days of being raised; issues raised in the \
                 window shifted back by 14 days that are open beyond 14 days count as not within. Beside it the mean and \
                 the median number of days."
            }
            Self::ForecastAccuracy => {
                "Of milestones that 28 (and 42) days ago were open and forecast to finish by now, the share achieved \
                 within 3 days of the forecast that stood then. The value is the share over both horizons together; each \
                 is shown beside it, with the bias in days."
            }
            Self::Freshness => {
                "Of open risks, assumptions, issues, dependencies, decisions and milestones, the share that has an owner, \
                 a next date that is not in the past, and an update within 14 days."
            }
            Self::ScheduleQuality => {
                "The DCMA 14-point assessment over the program's part of the network: logic, leads, lags, relationship types, \
                 hard constraints, high float, negative float, high duration, invalid dates, resources, missed tasks, critical \
                 path test, CPLI and BEI, each against its standard threshold. The value is the share met of the points that \
                 can be judged."
            }
        }
    }

    /// The formula, in words.
    #[must_use]
    pub const fn formula(self) -> &'static str {
        match self {
            Self::MilestoneOnTimeRate => {
                "achieved on or before original date + tolerance ÷ (those + achieved later + open and past it)"
            }
            Self::ScheduleVariance => "median of (achieved, else forecast) − original date, in working days",
            Self::ScopeChangeRate => "(added + removed + redefined) ÷ items in the first baseline",
            Self::DecisionLatency => "median of decided − (escalated, else requested), in working days",
            Self::DependencyAging => "sum of (as-of day − raised) ÷ open dependencies",
            Self::CriticalPathStability => {
                "unchanged weeks ÷ weeks of the last 13 with a network at both ends"
            }
            Self::RiskBurndown => {
                "number of open risks but opportunities with score ≥ 15, raised more than 30 days ago, with no mitigation completed and none \
                 in progress with a due date to come"
            }
            Self::IssueResolutionTime => {
                "resolved within 14 days ÷ (resolved in the window + still open beyond 14 days)"
            }
            Self::ForecastAccuracy => {
                "achieved within ± 3 days of the earlier forecast ÷ forecast to finish by now, for 28 and 42 days pooled"
            }
            Self::Freshness => "open items with owner, next date and recent update ÷ open items",
            Self::ScheduleQuality => "points met ÷ points that can be judged",
        }
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
            | Self::Freshness => Unit::Share,
            Self::ScheduleVariance | Self::DecisionLatency => Unit::WorkingDays,
            Self::DependencyAging => Unit::Days,
            Self::RiskBurndown => Unit::Count,
        }
    }

    /// What the target is counted in: the value's unit, save that schedule variance is judged by its slope.
    #[must_use]
    pub const fn target_unit(self) -> Unit {
        match self {
            Self::ScheduleVariance => Unit::DaysPerWeek,
            other => other.unit(),
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
            | Self::Freshness => Goal::AtLeast,
            Self::ScheduleVariance | Self::ScopeChangeRate | Self::DependencyAging | Self::RiskBurndown => {
                Goal::AtMost
            }
            Self::DecisionLatency => Goal::Below,
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
            Self::ForecastAccuracy => targets.forecast_accuracy,
            Self::Freshness => targets.freshness,
            Self::ScheduleQuality => targets.schedule_quality,
        }
    }

    /// A target as a reader sees it: `≥ 80 %`, `median < 5 working days`, `slope ≤ 0 days a week`.
    #[must_use]
    pub fn target_text(self, target: f64) -> String {
        let sign = match self.goal() {
            Goal::AtLeast => "≥",
            Goal::AtMost => "≤",
            Goal::Below => "<",
        };
        let number =
            super::stats::short(if self.target_unit() == Unit::Share { target * 100.0 } else { target });
        match self {
            Self::ScheduleVariance => format!("slope {sign} {number} days a week"),
            Self::DecisionLatency => format!("median {sign} {number} working days"),
            Self::DependencyAging => format!("mean {sign} {number} days"),
            Self::RiskBurndown if target == 0.0 => "none".to_owned(),
            Self::RiskBurndown => format!("{sign} {number}"),
            Self::ScheduleQuality if target >= 1.0 => "all met".to_owned(),
            _ => format!("{sign} {number} %"),
        }
    }

    /// The default target as a reader sees it.
    #[must_use]
    pub fn default_target_text(self) -> String {
        self.target_text(self.target(&Targets::default()))
    }
}
