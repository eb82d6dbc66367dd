//! Of which functions each metric is made, and of which facts.

use super::{
    Amount, Contribution, Detail, Metric, Window, adoption, benefits, blockers, critical_path_stability,
    decision_latency, dependency_aging, forecast_accuracy, freshness, greenwash, issue_resolution, launches,
    meeting_outcomes, on_time, readiness, report_quality, rework, risk_burndown, satisfaction,
    schedule_quality, schedule_variance, scope_change,
};
use crate::domain::facts::{Facts, Governance};
use crate::domain::plan::Networked;
use crate::domain::words;
use chrono::NaiveDate;
use std::sync::Arc;

/// The metric on each of `days`, which ascend.
pub(super) fn amounts(metric: Metric, facts: &Facts, days: &[NaiveDate], window_days: i64) -> Vec<Amount> {
    match metric {
        Metric::MilestoneOnTimeRate => on_time::amounts(facts, days, window_days),
        Metric::ScheduleVariance => schedule_variance::amounts(facts, days),
        Metric::ScopeChangeRate => scope_change::amounts(facts, days, window_days),
        Metric::DecisionLatency => decision_latency::amounts(facts, days, window_days),
        Metric::DependencyAging => dependency_aging::amounts(facts, days),
        Metric::CriticalPathStability => critical_path_stability::amounts(facts, days),
        Metric::RiskBurndown => risk_burndown::amounts(facts, days),
        Metric::IssueResolutionTime => issue_resolution::amounts(facts, days, window_days),
        Metric::ReadinessPassRate => readiness::amounts(facts, days, window_days),
        Metric::PostLaunchIncidentRate => launches::incidents(facts, days, window_days),
        Metric::DefectEscapeRate => launches::escapes(facts, days, window_days),
        Metric::AdoptionAttainment => adoption::amounts(facts, days, window_days),
        Metric::BenefitsRealizationIndex => benefits::amounts(facts, days),
        Metric::StakeholderSatisfaction => satisfaction::amounts(facts, days),
        Metric::ReportQuality => report_quality::amounts(facts, days, window_days),
        Metric::MeetingToDecisionRatio => meeting_outcomes::amounts(facts, days, window_days),
        Metric::ReworkRate => rework::amounts(facts, days, window_days),
        Metric::CrossTeamBlockers => blockers::amounts(facts, days),
        Metric::GreenwashGap => greenwash::amounts(facts, days),
        Metric::ForecastAccuracy => forecast_accuracy::amounts(facts, days),
        Metric::Freshness => freshness::amounts(facts, days),
        Metric::ScheduleQuality => schedule_quality::amounts(facts, days),
    }
}

/// What `metric` is computed from: the facts without the items of the kinds that it doesn't look at. The metric comes out
/// the same, and stays as it is while these do.
#[must_use]
pub fn ground(metric: Metric, facts: &Facts) -> Facts {
    let ground = Facts {
        key: facts.key.clone(),
        calendar: facts.calendar.clone(),
        targets: facts.targets.clone(),
        thresholds: facts.thresholds.clone(),
        first_baseline: facts.first_baseline.clone(),
        ..Facts::default()
    };
    let of = &facts.governance;
    let governed = |governance: Governance| Facts { governance, ..ground.clone() };
    match metric {
        Metric::ReadinessPassRate => governed(Governance {
            gates: of.gates.clone(),
            checks: of.checks.clone(),
            ..Governance::default()
        }),
        Metric::PostLaunchIncidentRate | Metric::DefectEscapeRate => governed(Governance {
            releases: of.releases.clone(),
            release_events: of.release_events.clone(),
            ..Governance::default()
        }),
        Metric::AdoptionAttainment => governed(Governance {
            benefits: of.benefits.clone(),
            adoption_targets: of.adoption_targets.clone(),
            measurements: of.measurements.clone(),
            ..Governance::default()
        }),
        Metric::BenefitsRealizationIndex => governed(Governance {
            benefits: of.benefits.clone(),
            measurements: of.measurements.clone(),
            ..Governance::default()
        }),
        Metric::StakeholderSatisfaction => governed(Governance {
            invitations: of.invitations.clone(),
            answers: of.answers.clone(),
            ..Governance::default()
        }),
        Metric::ReportQuality => governed(Governance {
            reports: of.reports.clone(),
            ratings: of.ratings.clone(),
            ..Governance::default()
        }),
        Metric::GreenwashGap => governed(Governance { reports: of.reports.clone(), ..Governance::default() }),
        Metric::MeetingToDecisionRatio => governed(Governance {
            meetings: of.meetings.clone(),
            outcomes: of.outcomes.clone(),
            ..Governance::default()
        }),
        Metric::ReworkRate => Facts {
            milestones: facts.milestones.clone(),
            actions: facts.actions.clone(),
            ..governed(Governance {
                rework: of.rework.clone(),
                completions: of.completions.clone(),
                ..Governance::default()
            })
        },
        Metric::CrossTeamBlockers => Facts { issues: facts.issues.clone(), ..ground },
        Metric::MilestoneOnTimeRate | Metric::ScheduleVariance | Metric::ForecastAccuracy => {
            Facts { milestones: facts.milestones.clone(), ..ground }
        }
        Metric::ScopeChangeRate => Facts { changes: facts.changes.clone(), ..ground },
        Metric::DecisionLatency => Facts { decisions: facts.decisions.clone(), ..ground },
        Metric::DependencyAging => Facts { dependencies: facts.dependencies.clone(), ..ground },
        Metric::RiskBurndown => Facts { risks: facts.risks.clone(), ..ground },
        Metric::IssueResolutionTime => Facts { issues: facts.issues.clone(), ..ground },
        Metric::Freshness => Facts {
            milestones: facts.milestones.clone(),
            risks: facts.risks.clone(),
            assumptions: facts.assumptions.clone(),
            issues: facts.issues.clone(),
            dependencies: facts.dependencies.clone(),
            decisions: facts.decisions.clone(),
            ..ground
        },
        Metric::CriticalPathStability => {
            let network = facts.network.as_ref().map(|network| {
                let (weeks, names) = (Arc::clone(&network.weeks), Arc::clone(&network.names));
                Arc::new(Networked { day: network.day, weeks, names, ..Networked::default() })
            });
            Facts { network, ..ground }
        }
        Metric::ScheduleQuality => {
            let network = facts.network.as_ref().map(|network| {
                let (weeks, quality) = (Arc::clone(&network.weeks), network.quality.clone());
                Arc::new(Networked { day: network.day, weeks, quality, ..Networked::default() })
            });
            Facts { network, ..ground }
        }
    }
}

/// The items behind the value on a window's last day, and what is shown beside it.
pub(super) fn parts(
    metric: Metric,
    facts: &Facts,
    window: Window,
    judged: Option<f64>,
) -> (Vec<Contribution>, Option<Detail>) {
    let as_of = window.to;
    match metric {
        Metric::MilestoneOnTimeRate => {
            (on_time::rows(facts, window), Some(Detail::OnTime(on_time::detail(facts, window))))
        }
        Metric::ScheduleVariance => (
            schedule_variance::rows(facts, as_of),
            Some(Detail::ScheduleVariance(schedule_variance::detail(facts, as_of, judged))),
        ),
        Metric::ScopeChangeRate => (
            scope_change::rows(facts, window),
            Some(Detail::ScopeChange(scope_change::detail(facts, window))),
        ),
        Metric::DecisionLatency => (
            decision_latency::rows(facts, window),
            Some(Detail::DecisionLatency(decision_latency::detail(facts, window))),
        ),
        Metric::DependencyAging => (
            dependency_aging::rows(facts, as_of),
            Some(Detail::DependencyAging(dependency_aging::detail(facts, as_of))),
        ),
        Metric::CriticalPathStability => (
            critical_path_stability::rows(facts, as_of),
            Some(Detail::CriticalPathStability(critical_path_stability::detail(facts, as_of))),
        ),
        Metric::RiskBurndown => (
            risk_burndown::rows(facts, as_of),
            Some(Detail::RiskBurndown(risk_burndown::detail(facts, as_of))),
        ),
        Metric::IssueResolutionTime => (
            issue_resolution::rows(facts, window),
            Some(Detail::IssueResolution(issue_resolution::detail(facts, window))),
        ),
        Metric::ReadinessPassRate => {
            (readiness::rows(facts, window), Some(Detail::Readiness(readiness::detail(facts, window))))
        }
        Metric::PostLaunchIncidentRate => (
            launches::incident_rows(facts, window),
            Some(Detail::Incidents(launches::incident_detail(facts, window))),
        ),
        Metric::DefectEscapeRate => (
            launches::escape_rows(facts, window),
            Some(Detail::DefectEscape(launches::escape_detail(facts, window))),
        ),
        Metric::AdoptionAttainment => {
            (adoption::rows(facts, window), Some(Detail::Adoption(adoption::detail(facts, window))))
        }
        Metric::BenefitsRealizationIndex => {
            (benefits::rows(facts, as_of), Some(Detail::Benefits(benefits::detail(facts, as_of))))
        }
        Metric::StakeholderSatisfaction => {
            (satisfaction::rows(facts, as_of), Some(Detail::Satisfaction(satisfaction::detail(facts, as_of))))
        }
        Metric::ReportQuality => (
            report_quality::rows(facts, window),
            Some(Detail::ReportQuality(report_quality::detail(facts, window))),
        ),
        Metric::MeetingToDecisionRatio => (
            meeting_outcomes::rows(facts, window),
            Some(Detail::MeetingOutcomes(meeting_outcomes::detail(facts, window))),
        ),
        Metric::ReworkRate => {
            (rework::rows(facts, window), Some(Detail::Rework(rework::detail(facts, window))))
        }
        Metric::CrossTeamBlockers => {
            (blockers::rows(facts, as_of), Some(Detail::Blockers(blockers::detail(facts, window))))
        }
        Metric::GreenwashGap => {
            (greenwash::rows(facts, as_of), Some(Detail::Greenwash(greenwash::detail(facts, as_of))))
        }
        Metric::ForecastAccuracy => (
            forecast_accuracy::rows(facts, as_of),
            Some(Detail::ForecastAccuracy(forecast_accuracy::detail(facts, as_of))),
        ),
        Metric::Freshness => {
            (freshness::rows(facts, as_of), Some(Detail::Freshness(freshness::detail(facts, as_of))))
        }
        Metric::ScheduleQuality => (
            schedule_quality::rows(facts, as_of),
            Some(Detail::ScheduleQuality(schedule_quality::detail(facts, as_of))),
        ),
    }
}

/// Why `metric` has no value, as a sentence.
pub(super) fn absence(metric: Metric, facts: &Facts, as_of: NaiveDate, window_days: i64) -> String {
    let (days, on) = (window_days.max(1), words::day(as_of));
    match metric {
        Metric::MilestoneOnTimeRate => format!(
            "No milestone whose originally committed date lies in the {days} days to {on} has an outcome yet."
        ),
        Metric::ScheduleVariance => format!("No milestone had a committed date on {on}."),
        Metric::ScopeChangeRate => scope_change::absence(facts, as_of),
        Metric::DecisionLatency => {
            format!("No decision with a known request was decided in the {days} days to {on}.")
        }
        Metric::DependencyAging => format!("No dependency was open on {on}."),
        Metric::CriticalPathStability => critical_path_stability::absence(facts, as_of),
        Metric::RiskBurndown => risk_burndown::absence(facts, as_of),
        Metric::IssueResolutionTime => {
            format!("No issue was resolved in the {days} days to {on}, and none is open beyond 14 days.")
        }
        Metric::ReadinessPassRate => format!(
            "No gate with an applicable check was decided in the {days} days to {on} or waited for a decision then."
        ),
        Metric::PostLaunchIncidentRate => format!("No release was launched in the {days} days to {on}."),
        Metric::DefectEscapeRate => {
            format!("No defect is known of a release that was launched in the {days} days to {on}.")
        }
        Metric::AdoptionAttainment => format!("No adoption target was due in the {days} days to {on}."),
        Metric::BenefitsRealizationIndex => {
            format!("No benefit of which something was planned by {on} was measured by then.")
        }
        Metric::StakeholderSatisfaction => satisfaction::absence(facts, as_of),
        Metric::ReportQuality => {
            format!("No reader rated a report that was published in the {days} days to {on}.")
        }
        Metric::MeetingToDecisionRatio => format!("No key meeting was held in the {days} days to {on}."),
        Metric::ReworkRate if !rework::is_kept(facts, as_of) => {
            format!("No rework was ever recorded by {on}, so it can't be told whether work came back.")
        }
        Metric::ReworkRate => {
            format!("No milestone, activity or action was completed in the {days} days to {on}.")
        }
        Metric::CrossTeamBlockers => format!("No issue was raised by {on}."),
        Metric::GreenwashGap => greenwash::absence(as_of),
        Metric::ForecastAccuracy => {
            format!("No milestone that was open 28 or 42 days before {on} was forecast to finish by then.")
        }
        Metric::Freshness => format!("Nothing was open on {on}."),
        Metric::ScheduleQuality => schedule_quality::absence(as_of),
    }
}
