//! Readiness: whether the checks of the gates that come next will have passed. Of a project are its gates, with all that they are judged
//! by.

use super::{Found, Rag, Reason, Scene, be, count, days, plain};
use crate::domain::facts::CheckFact;
use crate::domain::gate::Checked;
use crate::domain::kind::State;
use crate::domain::metrics::readiness::{Checks, decided};
use crate::domain::metrics::standing::days_between;
use crate::domain::metrics::stats::{float, short};
use crate::domain::words;
use chrono::NaiveDate;

/// How a mandatory check fails its gate; `None` where it doesn't.
fn fault(check: &CheckFact, day: NaiveDate) -> Option<&'static str> {
    match check.common.state {
        State::Failed => Some("failed"),
        State::Unstarted => Some("unstarted"),
        // Nothing stands in the place of a waiver that has run out.
        State::Waived if check.waived_until.is_some_and(|until| until < day) => Some("waived no longer"),
        _ => None,
    }
}

pub(super) fn reasons(scene: &Scene<'_>) -> Vec<Reason> {
    let (day, limits) = (scene.day, &scene.thresholds);
    let checks = Checks::of(scene.facts);
    let (mut failed, mut low) = (Found::default(), Found::default());
    let (mut present, mut gates_failed, mut near) = (0, 0, 0);
    for track in &scene.facts.governance.gates {
        let Some(gate) = track.at(day).filter(|gate| scene.has(&gate.common) && gate.common.raised_on <= day)
        else {
            continue;
        };
        present += 1;
        // A gate whose day has passed without a word is nearer than any.
        let ahead = days_between(day, gate.on);
        // One that said no has yet to say another word.
        let goes = decided(gate, day).is_some() && gate.common.state != State::NoGo;
        if goes || ahead > limits.readiness_red_days.max(limits.readiness_amber_days) {
            continue;
        }
        near += 1;
        // All that a gate is judged by, of whatever project it is filed under.
        let of_gate: Vec<_> = checks.at(track.item, day).collect();
        if ahead <= limits.readiness_red_days {
            let mut any = false;
            for (check, fact) in of_gate.iter().filter(|(_, fact)| fact.mandatory) {
                if let Some(fault) = fault(fact, day) {
                    any = true;
                    let reference = scene.reference(track.kind, track.number);
                    failed.add(check, -ahead, format!("{fault}, for {reference} on {}", words::day(gate.on)));
                }
            }
            gates_failed += usize::from(any);
        }
        let checked = Checked::of(of_gate.iter().map(|(_, fact)| fact.common.state));
        if let Some(rate) = checked.rate()
            && ahead <= limits.readiness_amber_days
            && rate * 100.0 < float(limits.readiness_pass_percent)
        {
            let rate = short(rate * 100.0);
            let note = format!(
                "{rate} % passed ({} of {}), due {}",
                checked.passed,
                checked.applicable,
                words::day(gate.on)
            );
            low.add(track, -ahead, note);
        }
    }
    let mut reasons: Vec<Reason> = [
        failed.reason(Rag::Red, "readiness.mandatory", |number, _| {
            let gates = count(gates_failed, "gate", "gates");
            let what = count(number, "mandatory check", "mandatory checks");
            let within = days(limits.readiness_red_days);
            format!("{what} of {gates} within {within} {} failed or unstarted.", be(number))
        }),
        low.reason(Rag::Amber, "readiness.pass_rate", |number, _| {
            let (least, within) = (limits.readiness_pass_percent, days(limits.readiness_amber_days));
            format!(
                "{} within {within} {} below {least} % of checks passed.",
                count(number, "gate", "gates"),
                be(number)
            )
        }),
    ]
    .into_iter()
    .flatten()
    .collect();
    if reasons.is_empty() {
        reasons.push(if present == 0 {
            plain(Rag::Grey, "readiness.no_data", "No gate is kept, so readiness can't be judged.")
        } else {
            let within = days(limits.readiness_red_days.max(limits.readiness_amber_days));
            let text = match near {
                0 => format!("No gate is to be decided within {within}."),
                _ => format!(
                    "{} to be decided within {within}, none with too few checks passed.",
                    count(near, "gate", "gates")
                ),
            };
            plain(Rag::Green, "readiness.good", text)
        });
    }
    reasons
}
