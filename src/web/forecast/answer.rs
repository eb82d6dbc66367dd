//! A forecast as JSON.

use super::{Driven, corrected, drivers, needed, part_name, reference_of};
use crate::app::forecast::Told;
use crate::domain::forecast::past::{Fares, TOLERANCE_DAYS};
use crate::domain::forecast::{Standing, distribution_name};
use crate::domain::schedule::calibrate::HitRate;
use crate::web::chart::DriverKind;
use serde_json::{Value, json};

pub(super) fn answer(told: &Told) -> Value {
    let forecast = &told.run.forecast;
    let asked = &forecast.asked;
    let items: Vec<Value> = forecast.items.iter().map(|standing| item(told, standing)).collect();
    let (drivers, hidden) = drivers(told);
    let target = forecast.towards().map(|target| {
        let curve = forecast.curve.iter().map(|(day, share)| json!({"date": day, "probability": share}));
        let words: Vec<&String> = drivers.iter().filter_map(|driver| driver.words.as_ref()).collect();
        json!({
            "ref": told.plan.reference(target.item).to_string(),
            "curve": curve.collect::<Vec<_>>(),
            "drivers": drivers.iter().map(driver).collect::<Vec<_>>(),
            "hidden_drivers": hidden,
            "words": words,
        })
    });
    json!({
        "as_of": told.plan.day(), "iterations": asked.iterations, "seed": asked.seed,
        "distribution": distribution_name(asked.distribution), "correlation": asked.correlation(),
        "spread": asked.spread.name(), "varied": forecast.varied, "undated": forecast.undated,
        "items": items, "target": target, "assumptions": assumptions(told), "past": past(told),
    })
}

fn item(told: &Told, standing: &Standing) -> Value {
    let node = told.plan.node(standing.item);
    let need = needed(told, standing);
    let corrected = corrected(told, standing.item).map(
        |corrected| json!({"p50": corrected.median, "p80": corrected.p80, "samples": corrected.samples}),
    );
    json!({
        "ref": told.plan.reference(standing.item).to_string(), "kind": node.kind.name(), "title": node.title,
        "p10": standing.p10, "p50": standing.p50, "p80": standing.p80, "p90": standing.p90,
        "mean": standing.mean, "deterministic": standing.deterministic,
        "committed_on": standing.committed.map(|committed| committed.0),
        "probability_committed": standing.committed.map(|committed| committed.1),
        "needed_by": need.map(|need| need.by), "probability_needed_by": need.map(|need| need.chance),
        "stated_on": told.plan.stated_on(standing.item), "corrected": corrected,
    })
}

fn driver(driver: &Driven) -> Value {
    let kind = match driver.kind {
        DriverKind::Activity => "activity",
        DriverKind::Risk => "risk",
        DriverKind::Dependency => "dependency",
    };
    json!({
        "ref": driver.reference.to_string(), "kind": kind, "title": driver.title,
        "criticality": driver.criticality, "sensitivity": driver.sensitivity, "share": driver.share,
        "low": driver.low, "high": driver.high,
    })
}

fn assumptions(told: &Told) -> Value {
    let run = &told.run;
    let counted = run.forecast.activities;
    let seen = run.threats.iter().zip(&run.forecast.parts).filter_map(|(threat, part)| {
        let reference = reference_of(told, threat)?;
        Some(json!({"ref": reference.to_string(), "title": threat.title, "part": part_name(part)}))
    });
    let risks: Vec<Value> = seen.collect();
    json!({
        "activities": {
            "open": counted.open, "without_spread": counted.without_spread, "given_usual": counted.given_usual,
            "without_spread_elsewhere": counted.elsewhere,
        },
        "hidden_risks": run.threats.len() - risks.len(),
        "risks": risks,
    })
}

fn past(told: &Told) -> Value {
    let rate = |rate: HitRate| json!({"held": rate.held, "of": rate.of, "share": rate.share()});
    let fares = |fares: &Fares| {
        json!({
            "within": rate(fares.within), "reached_by_stated": rate(fares.stated),
            "reached_by_corrected_p50": rate(fares.corrected.p50),
            "reached_by_corrected_p80": rate(fares.corrected.p80),
        })
    };
    let bands = told.past.bands.iter().map(|band| {
        let mut one = fares(band);
        one["from_days"] = json!(band.slip.from_days);
        one["to_days"] = json!(band.slip.to_days);
        one["samples"] = json!(band.slip.samples);
        one["median_slip_days"] = json!(band.slip.median);
        one["p80_slip_days"] = json!(band.slip.p80);
        one
    });
    json!({
        "milestones": told.past.milestones, "overdue": told.past.overdue, "tolerance_days": TOLERANCE_DAYS,
        "horizons": bands.collect::<Vec<_>>(), "all": fares(&told.past.all),
    })
}
