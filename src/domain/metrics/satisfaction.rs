//! Metric 14: stakeholder satisfaction.

use super::{Amount, Contribution, Shown, WINDOW_DAYS, Window, hung, stats, targets_at};
use crate::domain::facts::{Facts, SurveyAnswer};
use crate::domain::survey::LEAST_ANSWERS;
use crate::domain::words;
use chrono::NaiveDate;
use serde::Serialize;
use std::collections::{HashMap, HashSet};

/// What stands for the name of a survey with fewer answers than are told.
const FEW: &str = "One with fewer than 3 answers";

/// What is shown beside stakeholder satisfaction.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Satisfaction {
    /// Given in the last 90 days.
    pub answers: i64,
    /// Asked in the last 90 days.
    pub asked: i64,
    /// Of these, those who answered.
    pub answered: i64,
    pub answer_rate: Option<f64>,
}

/// The answers given in the 90 days to `day`, as known on it.
fn given(facts: &Facts, day: NaiveDate) -> impl Iterator<Item = &SurveyAnswer> {
    let window = Window::ending(day, WINDOW_DAYS);
    facts.governance.answers.at(day).filter(move |answer| window.contains(answer.on))
}

pub(super) fn amounts(facts: &Facts, days: &[NaiveDate]) -> Vec<Amount> {
    let amount = |day: &NaiveDate| {
        let (sum, count) = given(facts, *day).fold((0, 0), |(sum, n), answer| (sum + answer.value, n + 1));
        // Fewer say nothing, and their sum would tell who said what.
        if count >= i64::from(LEAST_ANSWERS) {
            Amount::ratio(sum, count)
        } else {
            Amount { value: None, numerator: None, ..Amount::ratio(sum, count) }
        }
    };
    days.iter().map(amount).collect()
}

pub(super) fn rows(facts: &Facts, day: NaiveDate) -> Vec<Contribution> {
    let target = targets_at(facts, day).stakeholder_satisfaction;
    let mut answers: Vec<&SurveyAnswer> = given(facts, day).collect();
    if answers.len() < LEAST_ANSWERS as usize {
        return Vec::new();
    }
    // Who answered which survey when would tell who it was: there is no day, and a survey with few answers isn't named.
    let mut counts: HashMap<&str, u32> = HashMap::new();
    for answer in &answers {
        *counts.entry(&answer.survey).or_default() += 1;
    }
    let survey = |answer: &SurveyAnswer| {
        let told = counts.get(answer.survey.as_str()).is_some_and(|count| *count >= LEAST_ANSWERS);
        if told { answer.survey.clone() } else { FEW.to_owned() }
    };
    let name = |answer: &SurveyAnswer| answer.about.as_ref().map(|about| about.number);
    answers.sort_by_cached_key(|answer| (survey(answer), name(answer), answer.value));
    let row = |answer: &SurveyAnswer| {
        let good = stats::float(answer.value) >= target;
        hung(
            answer.about.as_ref(),
            "Somebody unnamed",
            true,
            (if good { "at the target" } else { "below the target" }, Some(good)),
            [("Survey", Shown::Words(survey(answer))), ("Answer", Shown::Count(answer.value))],
        )
        .giving_parts(stats::float(answer.value), 1.0)
    };
    answers.into_iter().map(row).collect()
}

pub(super) fn detail(facts: &Facts, day: NaiveDate) -> Satisfaction {
    let answers = i64::try_from(given(facts, day).count()).unwrap_or(i64::MAX);
    let heard = facts.governance.answers.at(day).filter(|answer| answer.on <= day);
    let heard: HashSet<_> = heard.filter_map(|answer| answer.invitation).collect();
    let window = Window::ending(day, WINDOW_DAYS);
    let (mut asked, mut answered) = (0, 0);
    for invitation in facts.governance.invitations.at(day).filter(|asked| window.contains(asked.on)) {
        asked += 1;
        answered += i64::from(heard.contains(&invitation.id));
    }
    Satisfaction { answers, asked, answered, answer_rate: Amount::ratio(answered, asked).value }
}

pub(super) fn absence(facts: &Facts, day: NaiveDate) -> String {
    let count = given(facts, day).count();
    let day = words::day(day);
    match count {
        0 => format!("Nobody answered a survey in the 90 days to {day}."),
        1 => format!("Only 1 answer was given in the 90 days to {day}: fewer than 3 say nothing."),
        few => format!("Only {few} answers were given in the 90 days to {day}: fewer than 3 say nothing."),
    }
}
