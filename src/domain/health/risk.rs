//! Risk: which threats are high, what is left alone, and what isn't even scored.

use super::{Found, Rag, Reason, Scene, be, count, days, have, plain};
use crate::domain::metrics::standing::{days_between, is_mitigated, is_open_threat};
use crate::domain::words;

pub(super) fn reasons(scene: &Scene<'_>) -> Vec<Reason> {
    let (day, limits) = (scene.day, &scene.thresholds);
    let (mut severe, mut alone, mut high, mut unreviewed, mut unscored) =
        (Found::default(), Found::default(), Found::default(), Found::default(), Found::default());
    let (mut present, mut open, mut scored) = (0, 0, 0);
    for track in &scene.facts.risks {
        let Some(fact) = track.at(day).filter(|fact| scene.has(&fact.common) && fact.common.raised_on <= day)
        else {
            continue;
        };
        if fact.opportunity {
            continue;
        }
        present += 1;
        if !is_open_threat(fact, day) {
            continue;
        }
        open += 1;
        let age = days_between(fact.common.raised_on, day);
        if let Some(score) = fact.score {
            scored += 1;
            if score >= limits.risk_red_score {
                severe.add(track, score.into(), format!("score {score}"));
            } else if score >= limits.risk_amber_score {
                high.add(track, score.into(), format!("score {score}"));
            }
            let neglected = age > limits.risk_red_age_days && !is_mitigated(fact, day);
            if score >= limits.risk_unmitigated_score && neglected {
                alone.add(track, age, format!("score {score}, open for {}", days(age)));
            }
        } else {
            unscored.add(track, age, format!("open for {}, not scored", days(age)));
        }
        if let Some(review) = fact.review_on.filter(|review| *review < day) {
            unreviewed.add(
                track,
                days_between(review, day),
                format!("review was due {}", words::day(review)),
            );
        }
    }
    let mut reasons: Vec<Reason> = [
        severe.reason(Rag::Red, "risk.severe", |number, worst| {
            let what = count(number, "open risk", "open risks");
            format!("{what} {} scored {} or more, the highest {worst}.", be(number), limits.risk_red_score)
        }),
        alone.reason(Rag::Red, "risk.unmitigated", |number, worst| {
            format!(
                "{} scored {} or more {} been open for more than {} with no mitigation in progress, the oldest for {}.",
                count(number, "risk", "risks"),
                limits.risk_unmitigated_score,
                have(number),
                days(limits.risk_red_age_days),
                days(worst)
            )
        }),
        high.reason(Rag::Amber, "risk.high", |number, worst| {
            let (lowest, highest) = (limits.risk_amber_score, limits.risk_red_score - 1);
            let what = format!("{} {} scored {lowest}", count(number, "open risk", "open risks"), be(number));
            if lowest == highest {
                format!("{what}.")
            } else {
                format!("{what} to {highest}, the highest {worst}.")
            }
        }),
        unreviewed.reason(Rag::Amber, "risk.review_passed", |number, worst| {
            format!(
                "{} {} past the review date, the longest by {}.",
                count(number, "open risk", "open risks"),
                be(number),
                days(worst)
            )
        }),
    ]
    .into_iter()
    .flatten()
    .collect();
    if reasons.is_empty() {
        match (present, open, scored) {
            (0, ..) => {
                reasons.push(plain(Rag::Grey, "risk.no_data", "No risk is kept, so risk can't be judged."));
            }
            (_, 0, _) => {
                let all = count(present, "risk is", "risks are");
                reasons.push(plain(Rag::Green, "risk.good", format!("No risk is open; {all} closed.")));
            }
            // Risks that nobody scored are not low: without a single score there is nothing to call good.
            (.., 0) => {}
            _ => {
                let text = format!(
                    "{} open, none scored {} or more, all reviewed in time.",
                    count(open, "risk", "risks"),
                    limits.risk_amber_score
                );
                reasons.push(plain(Rag::Green, "risk.good", text));
            }
        }
    }
    reasons.extend(unscored.reason(Rag::Grey, "risk.unscored", |number, worst| {
        format!(
            "{} of {} {} not scored yet and may be high, the oldest open for {}.",
            number,
            count(open, "open risk", "open risks"),
            be(number),
            days(worst)
        )
    }));
    reasons
}
