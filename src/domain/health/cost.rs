//! Cost: what is thought to be spent in the end, beside the budget of the program; beside what its lines plan, where the program has no
//! budget of its own, and in a project, which has none. So nobody gets a better colour by planning more.

use super::{Found, Rag, Reason, Scene, plain};
use crate::domain::facts::{BudgetLine, in_force};
use crate::domain::kind::State;
use crate::domain::metrics::stats::{float, short};
use chrono::{Months, NaiveDate};
use std::collections::BTreeMap;

/// What a line comes to in the end, in hundredths: its forecast; where none is stated, what was spent if its month is over,
/// else what is planned; never less than what was spent already.
fn at_completion(line: &BudgetLine, day: NaiveDate) -> i64 {
    let over = line.period_on.checked_add_months(Months::new(1)).is_some_and(|next| next <= day);
    let spent = line.actual.filter(|_| over);
    let end = line.forecast.or(spent).or(line.planned).unwrap_or(0);
    line.actual.map_or(end, |actual| end.max(actual))
}

/// An amount of hundredths as whole money, with spaces between the thousands.
fn money(hundredths: i64) -> String {
    let digits = (hundredths.abs() + 50) / 100;
    let text = digits.to_string();
    let mut out = String::new();
    for (at, digit) in text.chars().enumerate() {
        if at > 0 && (text.len() - at).is_multiple_of(3) {
            out.push('\u{202f}');
        }
        out.push(digit);
    }
    if hundredths < 0 { format!("−{out}") } else { out }
}

impl Scene<'_> {
    /// An amount with what it is counted in.
    fn amount(&self, hundredths: i64) -> String {
        format!("{} {}", money(hundredths), self.facts.currency).trim_end().to_owned()
    }
}

pub(super) fn reasons(scene: &Scene<'_>) -> Vec<Reason> {
    let (day, limits) = (scene.day, &scene.thresholds);
    let budget = in_force(&scene.facts.budget, day).copied().flatten();
    let budget = budget.filter(|budget| *budget > 0 && scene.project.is_none());
    let (mut any, mut planned, mut expected) = (false, 0, 0);
    // A category is one however it is written, as on the page of the budget.
    let mut over: BTreeMap<String, (&str, i64)> = BTreeMap::new();
    let lines = scene.facts.governance.budget.at(day);
    for line in lines.filter(|line| scene.project.is_none() || line.project == scene.project) {
        let (plan, end) = (line.planned.unwrap_or(0), at_completion(line, day));
        any = true;
        planned += plan;
        expected += end;
        let category = over.entry(line.category.to_lowercase()).or_insert((&line.category, 0));
        *category = (category.0.min(&line.category), category.1 + end - plan);
    }
    let (against, what) = budget.map_or((planned, "plan"), |budget| (budget, "budget"));
    if !any || against <= 0 {
        let text = match budget {
            Some(budget) => {
                format!("No line of the budget of {} is kept, so cost can't be judged.", scene.amount(budget))
            }
            None => "No budget is kept, so cost can't be judged.".to_owned(),
        };
        return vec![plain(Rag::Grey, "cost.no_data", text)];
    }
    let percent = float(expected - against) * 100.0 / float(against);
    let rag = if percent > float(limits.cost_red_percent) {
        Rag::Red
    } else if percent > float(limits.cost_amber_percent) {
        Rag::Amber
    } else {
        Rag::Green
    };
    let side = if expected > against { "above" } else { "below" };
    let text = format!(
        "The forecast at completion is {} % {side} the {what}: {} of {}",
        short(percent.abs()),
        money(expected),
        scene.amount(against)
    );
    if rag == Rag::Green {
        return vec![plain(rag, "cost.good", format!("{text}."))];
    }
    let mut worst: Vec<(&str, i64)> = over.into_values().filter(|(_, by)| *by > 0).collect();
    worst.sort_by_key(|(name, by)| (-by, *name));
    let worst: Vec<_> = worst.iter().take(3).map(|(name, by)| format!("{name} +{}", money(*by))).collect();
    let text = match worst.as_slice() {
        [] => format!("{text}."),
        worst => format!("{text}; most of it in {}.", worst.join(", ")),
    };
    let reason = approved(scene).reason(rag, "cost.forecast", |_, _| text.clone());
    vec![reason.unwrap_or_else(|| plain(rag, "cost.forecast", text))]
}

/// The approved change requests that cost something: what is known of why.
fn approved(scene: &Scene<'_>) -> Found {
    let day = scene.day;
    let mut found = Found::default();
    for track in &scene.facts.governance.costs {
        let Some(fact) = track.at(day).filter(|fact| scene.has(&fact.common) && fact.cost > 0) else {
            continue;
        };
        let approved = matches!(fact.common.state, State::Approved | State::Implemented);
        if approved && fact.decided_on.is_none_or(|decided| decided <= day) {
            found.add(track, fact.cost, format!("approved, costs {}", scene.amount(fact.cost)));
        }
    }
    found
}
