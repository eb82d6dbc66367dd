//! The greenwash record: where published reports declared a dimension better than the evidence, for how long, with what reason,
//! and what happened after.

use super::words::{are_many, cited, count, day, working_days};
use crate::domain::facts::Facts;
use crate::domain::health::{Dimension, Health, Rag};
use crate::domain::kind::{Kind, Reference};
use crate::domain::metrics::standing::{achieved, forecast, is_open};
use chrono::NaiveDate;
use serde::Serialize;
use std::collections::BTreeMap;

/// What a published report said.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    pub reference: Reference,
    pub published_on: NaiveDate,
    pub declared: BTreeMap<String, Rag>,
    pub computed: BTreeMap<String, Rag>,
    pub reasons: BTreeMap<String, String>,
}

impl Told {
    /// Declared and computed, where the first is better.
    #[must_use]
    pub fn gap(&self, dimension: Dimension) -> Option<(Rag, Rag)> {
        let colours = self.declared.get(dimension.name()).zip(self.computed.get(dimension.name()));
        colours
            .map(|(declared, computed)| (*declared, *computed))
            .filter(|(declared, computed)| declared < computed)
    }
}

/// A time in which a dimension was declared better than the evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Gap {
    pub dimension: Dimension,
    pub from: NaiveDate,
    /// The day of the report that ended it; `None` while none has.
    pub until: Option<NaiveDate>,
    /// No report has ended it, and what the last one declares is better than what is computed today.
    pub now: bool,
    /// How long it lasted, or has lasted.
    pub days: i64,
    pub declared: Rag,
    /// The worst that was computed meanwhile, at a report.
    pub computed: Rag,
    /// The reports that declared it, by reference.
    pub reports: Vec<String>,
    /// The reason that the last of them gave.
    pub reason: String,
    /// What happened after, a sentence each.
    pub after: Vec<String>,
}

/// The gaps of the published reports, which come in the order in which they were published; the newest first.
#[must_use]
pub fn record(published: &[Told], facts: &Facts, health: &Health, today: NaiveDate) -> Vec<Gap> {
    let mut gaps = Vec::new();
    let in_question = in_question(published, health);
    for dimension in Dimension::ALL {
        let mut open: Option<Gap> = None;
        for (at, told) in published.iter().enumerate() {
            match (told.gap(dimension), &mut open) {
                (Some((declared, computed)), Some(gap)) => {
                    gap.declared = gap.declared.min(declared);
                    gap.computed = gap.computed.max(computed);
                    gap.reports.push(told.reference.to_string());
                    gap.reason = reason(told, dimension);
                }
                (Some((declared, computed)), None) => {
                    open = Some(Gap {
                        dimension,
                        from: told.published_on,
                        until: None,
                        now: false,
                        days: 0,
                        declared,
                        computed,
                        reports: vec![told.reference.to_string()],
                        reason: reason(told, dimension),
                        after: Vec::new(),
                    });
                }
                (None, Some(_)) => {
                    if let Some(mut gap) = open.take() {
                        gap.until = Some(told.published_on);
                        gaps.push(closed(gap, &published[at..], facts, health, today));
                    }
                }
                (None, None) => {}
            }
        }
        gaps.extend(open.map(|gap| Gap {
            now: in_question.contains(&dimension),
            ..closed(gap, &[], facts, health, today)
        }));
    }
    gaps.sort_by_key(|gap| (std::cmp::Reverse(gap.from), gap.dimension));
    gaps
}

/// The dimensions that the last published report declares better than what is computed on the day of the health.
#[must_use]
pub fn in_question(published: &[Told], health: &Health) -> Vec<Dimension> {
    let Some(last) = published.last() else { return Vec::new() };
    let judged = health.dimensions.iter();
    let better = judged.filter(|judged| {
        last.declared.get(judged.dimension.name()).is_some_and(|declared| *declared < judged.rag)
    });
    better.map(|judged| judged.dimension).collect()
}

fn reason(told: &Told, dimension: Dimension) -> String {
    told.reasons.get(dimension.name()).cloned().unwrap_or_default()
}

fn closed(mut gap: Gap, later: &[Told], facts: &Facts, health: &Health, today: NaiveDate) -> Gap {
    gap.days = (gap.until.unwrap_or(today) - gap.from).num_days();
    gap.after.push(colour_after(&gap, later, health));
    gap.after.push(slip_after(&gap, facts, today));
    gap
}

/// What became of the colour.
fn colour_after(gap: &Gap, later: &[Told], health: &Health) -> String {
    let name = gap.dimension.name();
    let now = health.of(gap.dimension).map_or(Rag::Grey, |judged| judged.rag);
    let mut computed = later.iter().filter_map(|told| Some((told, *told.computed.get(name)?)));
    let label = gap.dimension.label();
    let was = gap.computed.name();
    let [is, were, have] =
        if are_many(gap.dimension) { ["are", "were", "have"] } else { ["is", "was", "has"] };
    if let Some((told, worse)) = computed.clone().find(|(_, rag)| *rag > gap.computed) {
        let on = day(told.published_on);
        return format!("{label} worsened from {was} to {} by {on} ({}).", worse.name(), told.reference);
    }
    if let Some((told, better)) = computed.find(|(_, rag)| *rag < gap.computed && *rag != Rag::Grey) {
        let on = day(told.published_on);
        return format!("{label} {were} {was}, then {} by {on} ({}).", better.name(), told.reference);
    }
    match now {
        Rag::Grey => format!("{label} {have} no data now."),
        now if now > gap.computed => format!("{label} worsened from {was} to {}.", now.name()),
        now if now == gap.computed => format!("{label} {is} still {was}."),
        now => format!("{label} {were} {was} and {is} {} now.", now.name()),
    }
}

/// Which milestones that were open when the gap began slipped after it.
fn slip_after(gap: &Gap, facts: &Facts, today: NaiveDate) -> String {
    let (mut slipped, mut open) = (Vec::new(), 0_usize);
    for track in &facts.milestones {
        let (Some(was), Some(is)) = (track.at(gap.from), track.at(today)) else { continue };
        if !is_open(&was.common, Kind::Milestone, gap.from) {
            continue;
        }
        open += 1;
        let end = achieved(is, today).or_else(|| forecast(is));
        if let Some((then, end)) = forecast(was).zip(end).filter(|(then, end)| end > then) {
            let days = facts.calendar.working_days(then, end);
            let reference =
                Reference { program: facts.key.clone(), kind: Kind::Milestone, number: track.number };
            slipped.push((days, cited(&track.title, reference), then, end));
        }
    }
    slipped.sort_by_key(|(days, name, ..)| (-days, name.clone()));
    match slipped.first() {
        None if open == 0 => "No milestone was open.".to_owned(),
        None => "No milestone slipped after it.".to_owned(),
        Some((days, name, then, end)) => {
            let what = count(slipped.len(), "milestone", "milestones");
            format!(
                "{what} slipped after it, the worst {name} by {}, from {} to {}.",
                working_days(*days),
                day(*then),
                day(*end)
            )
        }
    }
}
