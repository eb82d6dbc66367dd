//! Metric 12: adoption attainment.

use super::{Amount, Contribution, Shown, Tally, Window, row};
use crate::domain::facts::{AdoptionTarget, BenefitFact, Facts, Measurement, Record, Track};
use chrono::NaiveDate;
use serde::Serialize;
use std::collections::HashMap;
use uuid::Uuid;

/// What is shown beside adoption attainment.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Adoption {
    pub due: u32,
    pub reached: u32,
    /// Due, and never measured by then.
    pub not_measured: u32,
}

/// The measurements of each adoption target, and the benefits.
struct Measured<'a> {
    facts: &'a Facts,
    targets: HashMap<Uuid, Vec<&'a Record<Measurement>>>,
    benefits: HashMap<Uuid, &'a Track<BenefitFact>>,
}

/// A target that was due, the best that was measured by then, and its benefit.
struct Due<'a> {
    target: &'a AdoptionTarget,
    best: Option<f64>,
    benefit: &'a Track<BenefitFact>,
}

impl Due<'_> {
    fn reached(&self) -> bool {
        self.best.is_some_and(|best| best >= self.target.target)
    }
}

impl<'a> Measured<'a> {
    fn of(facts: &'a Facts) -> Self {
        let mut targets: HashMap<Uuid, Vec<_>> = HashMap::new();
        for record in &facts.governance.measurements {
            if let Some(target) = record.fact.adoption_target {
                targets.entry(target).or_default().push(record);
            }
        }
        let benefits = facts.governance.benefits.iter().map(|track| (track.item.0, track)).collect();
        Self { facts, targets, benefits }
    }

    /// The targets that were due in the window, as known on its last day.
    fn due(&self, window: Window) -> impl Iterator<Item = Due<'a>> {
        let due = self.facts.governance.adoption_targets.at(window.to);
        due.filter(move |target| window.contains(target.due_on)).filter_map(move |target| {
            let benefit = *self.benefits.get(&target.benefit.0)?;
            if benefit.at(window.to).is_none_or(|fact| fact.common.archived) {
                return None;
            }
            let records = self.targets.get(&target.id).map(Vec::as_slice).unwrap_or_default();
            let measured = records.iter().filter_map(|record| record.at(window.to));
            let in_time = measured.filter(|measured| measured.on <= target.due_on);
            let best = in_time.map(|measured| measured.value).reduce(f64::max);
            Some(Due { target, best, benefit })
        })
    }
}

pub(super) fn amounts(facts: &Facts, days: &[NaiveDate], window_days: i64) -> Vec<Amount> {
    let measured = Measured::of(facts);
    let amount = |day: &NaiveDate| {
        let mut tally = Tally::default();
        measured.due(Window::ending(*day, window_days)).for_each(|due| tally.count(due.reached()));
        tally.amount()
    };
    days.iter().map(amount).collect()
}

pub(super) fn rows(facts: &Facts, window: Window) -> Vec<Contribution> {
    let measured = Measured::of(facts);
    let mut due: Vec<Due<'_>> = measured.due(window).collect();
    due.sort_by_key(|due| (due.target.due_on, due.target.id));
    let row = |due: &Due<'_>| {
        row(
            due.benefit,
            true,
            match due.best {
                Some(_) if due.reached() => "reached",
                Some(_) => "not reached",
                None => "not measured",
            },
            Some(due.reached()),
            [
                ("Adoption of", Shown::Words(due.target.title.clone())),
                ("Due", due.target.due_on.into()),
                ("Target", Shown::Number(due.target.target)),
                ("Measured by then", due.best.map_or(Shown::Nothing, Shown::Number)),
            ],
        )
        .giving_hit()
    };
    due.iter().map(row).collect()
}

pub(super) fn detail(facts: &Facts, window: Window) -> Adoption {
    let mut detail = Adoption::default();
    for due in Measured::of(facts).due(window) {
        detail.due += 1;
        detail.reached += u32::from(due.reached());
        detail.not_measured += u32::from(due.best.is_none());
    }
    detail
}
