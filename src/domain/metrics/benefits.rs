//! Metric 13: the benefits realization index.

use super::standing::days_between;
use super::{Amount, Contribution, Shown, each, row, stats, targets_at};
use crate::domain::benefit::Point;
use crate::domain::facts::{BenefitFact, Facts, Measurement, Record};
use crate::domain::ids::ItemId;
use chrono::NaiveDate;
use serde::Serialize;
use std::collections::HashMap;

/// What is more than planned counts up to this.
const MOST: f64 = 1.5;

/// What is shown beside the benefits realization index.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Benefits {
    pub counted: u32,
    /// The sum of the weights of those that count.
    pub weight: f64,
    /// Left out: something was planned by now, and nothing is measured.
    pub not_measured: u32,
    /// Left out: nothing was planned by now.
    pub not_planned: u32,
}

/// What was planned for a day: on a straight line between the points, the last value after the last, and nothing before the
/// first.
pub(in crate::domain) fn planned(plan: &[Point], day: NaiveDate) -> Option<f64> {
    let next = plan.partition_point(|point| point.on <= day);
    let before = plan.get(next.checked_sub(1)?)?;
    let Some(after) = plan.get(next) else { return Some(before.value) };
    let (gone, all) = (days_between(before.on, day), days_between(before.on, after.on));
    Some(before.value + (after.value - before.value) * stats::float(gone) / stats::float(all))
}

/// How a benefit stands on a day.
struct Realized {
    plan: Option<f64>,
    actual: Option<(NaiveDate, f64)>,
    /// What has come of what was planned, at most [`MOST`]; `None` where it is left out.
    share: Option<f64>,
}

/// The measurements of each benefit, without those of its adoption.
struct Measured<'a>(HashMap<ItemId, Vec<&'a Record<Measurement>>>);

impl<'a> Measured<'a> {
    fn of(facts: &'a Facts) -> Self {
        let mut benefits: HashMap<ItemId, Vec<_>> = HashMap::new();
        for record in &facts.governance.measurements {
            if record.fact.adoption_target.is_none() {
                benefits.entry(record.fact.benefit).or_default().push(record);
            }
        }
        Self(benefits)
    }

    fn realized(&self, item: ItemId, fact: &BenefitFact, day: NaiveDate) -> Realized {
        let records = self.0.get(&item).map(Vec::as_slice).unwrap_or_default();
        let known = records.iter().filter_map(|record| record.at(day)).filter(|measured| measured.on <= day);
        // Of two on one day the one that was written down later.
        let last = known.max_by_key(|measured| (measured.on, measured.id));
        let actual = last.map(|measured| (measured.on, measured.value));
        // Nothing is planned yet where the plan is still at the baseline.
        let plan = planned(&fact.plan, day).filter(|plan| (plan - fact.baseline).abs() > f64::EPSILON);
        let share = plan
            .zip(actual)
            .map(|(plan, (_, actual))| ((actual - fact.baseline) / (plan - fact.baseline)).min(MOST));
        Realized { plan, actual, share }
    }
}

fn there(fact: &BenefitFact, day: NaiveDate) -> bool {
    !fact.common.archived && fact.common.raised_on <= day
}

pub(super) fn amounts(facts: &Facts, days: &[NaiveDate]) -> Vec<Amount> {
    let measured = Measured::of(facts);
    let mut gathered = vec![Vec::new(); days.len()];
    each(&facts.governance.benefits, days, |index, day, track, fact| {
        if !there(fact, day) {
            return;
        }
        if let Some(share) = measured.realized(track.item, fact, day).share {
            gathered[index].push((track.item, fact.weight, share));
        }
    });
    let amount = |mut benefits: Vec<(ItemId, f64, f64)>| {
        // Sums of fractions depend on their order.
        benefits.sort_by_key(|(item, ..)| *item);
        // Nothing is 0; a sum of nothing would be −0.
        let weights = benefits.iter().fold(0.0, |sum, (_, weight, _)| sum + weight);
        let sum = benefits.iter().fold(0.0, |sum, (_, weight, share)| sum + weight * share);
        let value = (weights > 0.0).then(|| sum / weights);
        Amount { value, numerator: Some(sum), denominator: Some(weights) }
    };
    gathered.into_iter().map(amount).collect()
}

pub(super) fn rows(facts: &Facts, day: NaiveDate) -> Vec<Contribution> {
    let measured = Measured::of(facts);
    let target = targets_at(facts, day).benefits_realization_index;
    let mut rows = Vec::new();
    each(&facts.governance.benefits, &[day], |_, _, track, fact| {
        if !there(fact, day) {
            return;
        }
        let Realized { plan, actual, share } = measured.realized(track.item, fact, day);
        let good = share.map(|share| super::Goal::AtLeast.is_met(share, target));
        let outcome = match (share, plan) {
            (Some(share), _) if share >= MOST => "more than planned",
            (Some(_), _) if good == Some(true) => "as planned",
            (Some(_), _) => "behind the plan",
            (None, Some(_)) => "left out: not measured",
            (None, None) => "left out: not planned yet",
        };
        rows.push(
            row(
                track,
                share.is_some(),
                outcome,
                good,
                [
                    ("Baseline", Shown::Number(fact.baseline)),
                    ("Planned by now", plan.map_or(Shown::Nothing, Shown::Number)),
                    ("Actual", actual.map_or(Shown::Nothing, |(_, value)| Shown::Number(value))),
                    ("Measured", actual.map(|(on, _)| on).into()),
                    ("Weight", Shown::Number(fact.weight)),
                    ("Realized", share.map_or(Shown::Nothing, Shown::Share)),
                ],
            )
            .giving_parts(fact.weight * share.unwrap_or_default(), fact.weight),
        );
    });
    rows
}

pub(super) fn detail(facts: &Facts, day: NaiveDate) -> Benefits {
    let measured = Measured::of(facts);
    let mut detail = Benefits::default();
    let mut weights = Vec::new();
    each(&facts.governance.benefits, &[day], |_, _, track, fact| {
        if !there(fact, day) {
            return;
        }
        let realized = measured.realized(track.item, fact, day);
        match (realized.share, realized.plan) {
            (Some(_), _) => {
                detail.counted += 1;
                weights.push(fact.weight);
            }
            (None, Some(_)) => detail.not_measured += 1,
            (None, None) => detail.not_planned += 1,
        }
    });
    weights.sort_by(f64::total_cmp);
    detail.weight = weights.iter().fold(0.0, |sum, weight| sum + weight);
    detail
}
