//! Metric 9: the readiness pass rate.

use super::{Amount, Contribution, Shown, Window, each, reference, row, stats, targets_at};
use crate::domain::facts::{CheckFact, Facts, GateFact, Track};
use crate::domain::gate::Checked;
use crate::domain::ids::ItemId;
use crate::domain::kind::State;
use chrono::NaiveDate;
use serde::Serialize;
use std::collections::HashMap;

/// What is shown beside the readiness pass rate.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Readiness {
    pub gates: Vec<GateRate>,
    /// Checks that are waived: applicable, and not passed.
    pub waived: i64,
}

/// The pass rate of one gate.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct GateRate {
    pub gate: String,
    pub passed: i64,
    pub applicable: i64,
    pub waived: i64,
    pub rate: Option<f64>,
    /// The day of the go / no-go, where it was said.
    pub decided_on: Option<NaiveDate>,
}

/// The checks of each gate: those that belong to it in any of their versions.
pub(in crate::domain) struct Checks<'a>(HashMap<ItemId, Vec<&'a Track<CheckFact>>>);

impl<'a> Checks<'a> {
    pub fn of(facts: &'a Facts) -> Self {
        let mut gates: HashMap<ItemId, Vec<&Track<CheckFact>>> = HashMap::new();
        for track in &facts.governance.checks {
            let mut before = None;
            for version in &track.versions {
                let gate = version.fact.gate;
                if before.replace(gate) != Some(gate) {
                    let list = gates.entry(gate).or_default();
                    if list.last().is_none_or(|last| last.item != track.item) {
                        list.push(track);
                    }
                }
            }
        }
        Self(gates)
    }

    /// The checks of a gate as they stood at the end of `day`.
    pub fn at(
        &self,
        gate: ItemId,
        day: NaiveDate,
    ) -> impl Iterator<Item = (&'a Track<CheckFact>, &'a CheckFact)> {
        let tracks = self.0.get(&gate).map(Vec::as_slice).unwrap_or_default();
        tracks.iter().filter_map(move |track| {
            let fact = track.at(day)?;
            let there = fact.gate == gate && !fact.common.archived && fact.common.raised_on <= day;
            there.then_some((*track, fact))
        })
    }

    /// How the checks of a gate stood at the end of `day`.
    pub fn checked(&self, gate: ItemId, day: NaiveDate) -> Checked {
        Checked::of(self.at(gate, day).map(|(_, check)| check.common.state))
    }

    /// How the checks of a gate stood when they are looked at: at its go / no-go, as they were found then, else at the end of `on`.
    fn looked_at(&self, gate: ItemId, fact: &GateFact, on: NaiveDate) -> Checked {
        let found = fact.checked.filter(|_| fact.decided_on == Some(on));
        found.unwrap_or_else(|| self.checked(gate, on))
    }
}

/// The day of the go / no-go, if it was said by `day`.
pub(in crate::domain) fn decided(gate: &GateFact, day: NaiveDate) -> Option<NaiveDate> {
    gate.decided_on.filter(|decided| *decided <= day)
}

/// The day on which the checks of the gate are looked at; `None` for a gate that doesn't count.
fn looked_at(gate: &GateFact, window: Window) -> Option<NaiveDate> {
    if gate.common.archived || gate.common.raised_on > window.to {
        return None;
    }
    match decided(gate, window.to) {
        Some(decided) => window.contains(decided).then_some(decided),
        None => Some(window.to),
    }
}

pub(super) fn amounts(facts: &Facts, days: &[NaiveDate], window_days: i64) -> Vec<Amount> {
    let checks = Checks::of(facts);
    let mut sums = vec![(0, 0); days.len()];
    each(&facts.governance.gates, days, |index, day, track, gate| {
        if let Some(on) = looked_at(gate, Window::ending(day, window_days)) {
            let checked = checks.looked_at(track.item, gate, on);
            sums[index].0 += checked.passed;
            sums[index].1 += checked.applicable;
        }
    });
    sums.into_iter().map(|(passed, applicable)| Amount::ratio(passed, applicable)).collect()
}

pub(super) fn rows(facts: &Facts, window: Window) -> Vec<Contribution> {
    let checks = Checks::of(facts);
    let target = targets_at(facts, window.to).readiness_pass_rate;
    let mut rows = Vec::new();
    each(&facts.governance.gates, &[window.to], |_, _, track, gate| {
        let Some(on) = looked_at(gate, window) else { return };
        let checked = checks.looked_at(track.item, gate, on);
        let rate = checked.rate();
        let outcome = match gate.common.state {
            State::Go => "go",
            State::ConditionalGo => "conditional go",
            State::NoGo => "no-go",
            _ => "not yet decided",
        };
        rows.push(
            row(
                track,
                rate.is_some(),
                outcome,
                rate.map(|rate| super::Goal::Above.is_met(rate, target)),
                [
                    ("Go / no-go", gate.on.into()),
                    ("Decided", decided(gate, window.to).into()),
                    ("Passed", Shown::Count(checked.passed)),
                    ("Applicable", Shown::Count(checked.applicable)),
                    ("Waived", Shown::Count(checked.waived)),
                    ("Pass rate", rate.map_or(Shown::Nothing, Shown::Share)),
                ],
            )
            .giving_parts(stats::float(checked.passed), stats::float(checked.applicable)),
        );
    });
    rows
}

pub(super) fn detail(facts: &Facts, window: Window) -> Readiness {
    let checks = Checks::of(facts);
    let mut gates = Vec::new();
    each(&facts.governance.gates, &[window.to], |_, _, track, gate| {
        let Some(on) = looked_at(gate, window) else { return };
        let checked = checks.looked_at(track.item, gate, on);
        let Checked { passed, applicable, waived } = checked;
        let rate = GateRate {
            gate: reference(facts, track),
            passed,
            applicable,
            waived,
            rate: checked.rate(),
            decided_on: decided(gate, window.to),
        };
        gates.push((track.number, rate));
    });
    gates.sort_by_key(|(number, _)| *number);
    let gates: Vec<GateRate> = gates.into_iter().map(|(_, gate)| gate).collect();
    let waived = gates.iter().map(|gate| gate.waived).sum();
    Readiness { gates, waived }
}
