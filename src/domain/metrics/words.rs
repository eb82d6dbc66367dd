//! The metrics in words: titles, definitions, formulas and targets, as a reader sees them.

use super::registry::{Goal, Metric, Unit};
use super::stats;
use crate::domain::settings::Targets;

impl Metric {
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
            Self::ReadinessPassRate => "Readiness pass rate",
            Self::PostLaunchIncidentRate => "Post-launch incident rate",
            Self::DefectEscapeRate => "Defect escape rate",
            Self::AdoptionAttainment => "Adoption attainment",
            Self::BenefitsRealizationIndex => "Benefits realization index",
            Self::StakeholderSatisfaction => "Stakeholder satisfaction",
            Self::ReportQuality => "Report quality",
            Self::MeetingToDecisionRatio => "Meeting-to-decision ratio",
            Self::ReworkRate => "Rework rate",
            Self::ForecastAccuracy => "Forecast accuracy",
            Self::CrossTeamBlockers => "Cross-team blockers",
            Self::Freshness => "Ownership and freshness",
            Self::GreenwashGap => "Greenwash gap",
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
            Self::ReadinessPassRate => {
                "Checks passed ÷ checks that are applicable, over the gates that were decided in the window, as \
                 they stood at the go / no-go, and those not yet decided, as they stand. A check that is waived is \
                 not passed, and is counted apart."
            }
            Self::PostLaunchIncidentRate => {
                "Of releases launched in the window: incidents attributed to them from each launch up to 30 days \
                 after it, for each release; beside it for each week that they have been watched. Judged by whether \
                 it falls."
            }
            Self::DefectEscapeRate => {
                "Of releases launched in the window: defects found after the first launch, up to 30 days after one, as a \
                 share of all defects found for them, before and after."
            }
            Self::AdoptionAttainment => {
                "Of adoption targets due in the window, the share of which a measurement reached the target on or \
                 before the due date."
            }
            Self::BenefitsRealizationIndex => {
                "For each benefit how far it has come from its baseline as a share of how far it was planned to \
                 have come by now, at most 1.5; weighed by the weights of the benefits. The plan runs straight \
                 between its dated points. Benefits that were not measured yet, or of which nothing was planned \
                 yet, are left out."
            }
            Self::StakeholderSatisfaction => {
                "The mean of the answers to surveys, from 1 to 5, given in the last 90 days, with their number and \
                 the share of those asked in that time who answered. Fewer than 3 answers have no value."
            }
            Self::ReportQuality => {
                "The mean rating, from 1 to 5, that readers gave to the status reports published in the window."
            }
            Self::MeetingToDecisionRatio => {
                "Of key meetings held in the window, the share of which at least one decision or action came."
            }
            Self::ReworkRate => {
                "Times that work was redone for misalignment in the window, as a share of the milestones, \
                 activities and actions completed in it. Judged by whether it falls."
            }
            Self::ForecastAccuracy => {
                "Of milestones that 28 (and 42) days ago were open and forecast to finish by now, the share achieved \
                 within 3 days of the forecast that stood then. The value is the share over both horizons together; each \
                 is shown beside it, with the bias in days."
            }
            Self::CrossTeamBlockers => {
                "Issues marked as blocking and owed by a team other than the blocked one, raised in the seven days \
                 to the as-of day. Judged by whether their number falls from week to week."
            }
            Self::Freshness => {
                "Of open risks, assumptions, issues, dependencies, decisions and milestones, the share that has an owner, \
                 a next date that is not in the past, and an update within 14 days."
            }
            Self::GreenwashGap => {
                "Weeks of the last 13 in which a report was published that declared a dimension of health better \
                 than the evidence then computed; beside it the dimensions in question now. Where there was no \
                 evidence nothing can be better than it."
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
            Self::ReadinessPassRate => "checks passed ÷ (checks − checks not applicable)",
            Self::PostLaunchIncidentRate => "incidents within 30 days of the launch ÷ releases launched",
            Self::DefectEscapeRate => {
                "defects found within 30 days after the launch ÷ (those + defects found on or before the launch)"
            }
            Self::AdoptionAttainment => "targets reached by their due date ÷ targets due",
            Self::BenefitsRealizationIndex => {
                "sum of weight × min(1.5, (actual − baseline) ÷ (plan today − baseline)) ÷ sum of weights"
            }
            Self::StakeholderSatisfaction => "sum of answers ÷ number of answers",
            Self::ReportQuality => "sum of ratings ÷ number of ratings",
            Self::MeetingToDecisionRatio => "key meetings with a decision or an action ÷ key meetings held",
            Self::ReworkRate => "rework events ÷ (milestones achieved + activities done + actions done)",
            Self::ForecastAccuracy => {
                "achieved within ± 3 days of the earlier forecast ÷ forecast to finish by now, for 28 and 42 days pooled"
            }
            Self::CrossTeamBlockers => {
                "number of issues that block, raised in the week, with an owing team that is not the blocked team"
            }
            Self::Freshness => "open items with owner, next date and recent update ÷ open items",
            Self::GreenwashGap => {
                "number of weeks with a report that declares green for amber or red, or amber for red"
            }
            Self::ScheduleQuality => "points met ÷ points that can be judged",
        }
    }

    /// A target as a reader sees it: `≥ 80 %`, `median < 5 working days`, `slope ≤ 0 days a week`.
    #[must_use]
    pub fn target_text(self, target: f64) -> String {
        let sign = match self.goal() {
            Goal::AtLeast => "≥",
            Goal::AtMost | Goal::Falling => "≤",
            Goal::Below => "<",
            Goal::Above => ">",
        };
        let number = stats::short(if self.target_unit() == Unit::Share { target * 100.0 } else { target });
        match self {
            Self::ScheduleVariance => format!("slope {sign} {number} days a week"),
            Self::DecisionLatency => format!("median {sign} {number} working days"),
            Self::DependencyAging => format!("mean {sign} {number} days"),
            Self::RiskBurndown | Self::GreenwashGap if target == 0.0 => "0".to_owned(),
            _ if self.goal() == Goal::Falling && target == 0.0 => "falling".to_owned(),
            _ if self.goal() == Goal::Falling => format!("slope {sign} {number} a week"),
            Self::StakeholderSatisfaction | Self::ReportQuality => format!("{sign} {number}"),
            Self::RiskBurndown | Self::GreenwashGap => format!("{sign} {number}"),
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
