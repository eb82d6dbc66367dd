//! The rules in words, by their names, with the thresholds of the program.

use super::{days, float_days, times, working_days};
use crate::domain::settings::Thresholds;

/// What the rule says; empty for a name that is no rule.
pub(super) fn text(rule: &str, limits: &Thresholds) -> String {
    let text = match rule {
        "schedule.overdue" => {
            "Red if an open milestone is past its committed date and its stated forecast has passed too."
        }
        "schedule.forecast_late" => {
            return format!(
                "Red if an open milestone on the critical path is forecast past the committed date in force by more than {}. Where the \
                 schedule network computes its date, the later of that and of what is stated counts. Of a milestone that is linked to \
                 nothing no float is known: it is judged like one on the critical path.",
                working_days(limits.schedule_red_working_days)
            );
        }
        "schedule.forecast_slipping" => {
            return format!(
                "Amber if an open milestone is forecast past the committed date in force by more than {}, as stated or as the schedule \
                 network computes it, whichever is later.",
                working_days(limits.schedule_amber_working_days)
            );
        }
        "schedule.negative_float" => {
            return format!(
                "Amber if the total float of open work is below {}: a deadline or a constraint can't be kept as planned.",
                float_days(limits.schedule_float_working_days)
            );
        }
        "schedule.forecast_stale" => {
            return format!(
                "Amber if a milestone due within {}, or whose forecast has passed, has no forecast stated or confirmed in the last {}.",
                days(limits.forecast_due_days),
                days(limits.forecast_update_days)
            );
        }
        "scope.rate" => {
            return format!(
                "Amber if the scope change rate is above its target, red if above {}.",
                times(limits.scope_red_percent, "its target")
            );
        }
        "scope.waiting" => {
            return format!(
                "Amber if a request to change scope waits over {}.",
                working_days(limits.scope_wait_working_days)
            );
        }
        "risk.severe" => {
            return format!("Red if an open risk has a score of {} or more.", limits.risk_red_score);
        }
        "risk.unmitigated" => {
            return format!(
                "Red if a risk with a score of {} or more is older than {} with no mitigation action that is open and not past its due \
                 date.",
                limits.risk_unmitigated_score,
                days(limits.risk_red_age_days)
            );
        }
        "risk.high" => {
            return format!("Amber if an open risk has a score of {} or more.", limits.risk_amber_score);
        }
        "risk.review_passed" => "Amber if the review date of an open risk has passed.",
        "risk.unscored" => "A risk that is not scored is counted apart and never as low.",
        "dependencies.past_needed_by" => "Red if an open dependency is past the day on which it is needed.",
        "dependencies.promised_late" => {
            "Red if an open dependency is promised, or forecast by the milestone of its provider, after the day on which it is \
             needed, with less total float in the schedule network than the difference. What is not in the network has none."
        }
        "dependencies.not_agreed" => {
            return format!(
                "Amber if an open dependency that is needed in under {} is not agreed by its provider.",
                days(limits.dependency_agree_days)
            );
        }
        "dependencies.no_update" => {
            return format!(
                "Amber if an open dependency had no update for more than {}.",
                days(limits.dependency_update_days)
            );
        }
        "decisions.past_needed_by" => "Red if a decision is past the day on which it is needed.",
        "decisions.waiting" => {
            return format!(
                "Amber if a decision waits over {}.",
                working_days(limits.decision_wait_working_days)
            );
        }
        "cost.forecast" => {
            return format!(
                "Amber if the forecast at completion is above the budget of the program by more than {} %, red if by more than {} %. \
                 Where none is set, and in a project, it is held against what the lines plan. A line without a forecast counts with \
                 what was spent if its month is over, else with what is planned; none counts with less than was spent on it.",
                limits.cost_amber_percent, limits.cost_red_percent
            );
        }
        "readiness.mandatory" => {
            return format!(
                "Red if a gate within {}, or past its day and undecided or refused, has a mandatory check that failed or is unstarted.",
                days(limits.readiness_red_days)
            );
        }
        "readiness.pass_rate" => {
            return format!(
                "Amber if a gate within {} has a pass rate below {} %.",
                days(limits.readiness_amber_days),
                limits.readiness_pass_percent
            );
        }
        "schedule.good" | "scope.good" | "cost.good" | "risk.good" | "dependencies.good"
        | "decisions.good" | "readiness.good" => "Green if there is data and no rule found anything.",
        "schedule.no_data"
        | "scope.no_data"
        | "cost.no_data"
        | "risk.no_data"
        | "dependencies.no_data"
        | "decisions.no_data"
        | "readiness.no_data" => "Grey, not green, if there is nothing to judge by.",
        _ => "",
    };
    text.to_owned()
}
