//! The rules in words, by their names.

/// What the rule says; empty for a name that is no rule.
pub(super) fn text(rule: &str) -> &'static str {
    match rule {
        "schedule.overdue" => {
            "Red if an open milestone is past its committed date and its stated forecast has passed too."
        }
        "schedule.forecast_late" => {
            "Red if an open milestone on the critical path is forecast past the committed date in force by more than 10 working \
             days. Where the schedule network computes its date, the later of that and of what is stated counts. Of a milestone that \
             is linked to nothing no float is known: it is judged like one on the critical path."
        }
        "schedule.forecast_slipping" => {
            "Amber if an open milestone is forecast past the committed date in force by more than 3 working days, as stated or as \
             the schedule network computes it, whichever is later."
        }
        "schedule.negative_float" => {
            "Amber if the total float of open work is below 0: a deadline or a constraint can't be kept as planned."
        }
        "schedule.forecast_stale" => {
            "Amber if a milestone due in 30 days has no forecast stated or confirmed in the last 14 days."
        }
        "scope.rate" => "Amber if the scope change rate is above its target, red if above twice its target.",
        "scope.waiting" => "Amber if a request to change scope waits over 10 working days.",
        "risk.severe" => "Red if an open risk has a score of 20 or more.",
        "risk.unmitigated" => {
            "Red if a high risk is older than 45 days with no mitigation action that is open and not past its due date."
        }
        "risk.high" => "Amber if an open risk has a score of 15 or more.",
        "risk.review_passed" => "Amber if the review date of an open risk has passed.",
        "risk.unscored" => "A risk that is not scored is counted apart and never as low.",
        "dependencies.past_needed_by" => "Red if an open dependency is past the day on which it is needed.",
        "dependencies.promised_late" => {
            "Red if an open dependency is promised, or forecast by the milestone of its provider, after the day on which it is \
             needed, with less total float in the schedule network than the difference. What is not in the network has none."
        }
        "dependencies.not_agreed" => {
            "Amber if an open dependency that is needed in under 30 days is not agreed by its provider."
        }
        "dependencies.no_update" => "Amber if an open dependency had no update for more than 21 days.",
        "decisions.past_needed_by" => "Red if a decision is past the day on which it is needed.",
        "decisions.waiting" => "Amber if a decision waits over 5 working days.",
        "cost.forecast" => {
            "Amber if the forecast at completion is above the budget of the program by more than 5 %, red if by more than 10 %. Where \
             none is set, and in a project, it is held against what the lines plan. A line without a forecast counts with what was \
             spent if its month is over, else with what is planned."
        }
        "readiness.mandatory" => {
            "Red if a gate within 7 days, or past its day and undecided, has a mandatory check that failed or is unstarted."
        }
        "readiness.pass_rate" => "Amber if a gate within 21 days has a pass rate below 70 %.",
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
    }
}
