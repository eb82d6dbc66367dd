//! A report against the last published one: colours that turned, milestones that moved, decisions made, risks that became high.

use super::compose::Ground;
use super::frozen::{Difference, Frozen, Sentence, Turn};
use super::words::{cited, day, few, listed};
use crate::domain::health::Rag;
use crate::domain::kind::{Kind, Reference};
use crate::domain::metrics::HIGH_SCORE;
use crate::domain::metrics::standing::{achieved, decided, forecast, is_open, is_open_threat};
use std::collections::HashMap;

/// Items that each sentence names.
const NAMED: usize = 3;

/// What is other than in the report `before`, whose reference is given.
pub(super) fn difference(ground: &Ground<'_>, before: &Frozen, reference: &str) -> Difference {
    let (facts, today, then) = (ground.facts, ground.day, before.as_of);
    let turn = |dimension, to: Rag| {
        let from = before.computed(dimension);
        (from != to).then_some(Turn { dimension, from, to })
    };
    let colours: Vec<Turn> =
        ground.health.dimensions.iter().filter_map(|judged| turn(judged.dimension, judged.rag)).collect();
    let mut sentences: Vec<Sentence> = Vec::new();
    for turn in &colours {
        let label = turn.dimension.label();
        let good = (turn.to != Rag::Grey && turn.from != Rag::Grey).then_some(turn.to < turn.from);
        let word = |rag: Rag| if rag == Rag::Grey { "no data" } else { rag.name() };
        sentences
            .push(Sentence::new(format!("{label}: from {} to {}.", word(turn.from), word(turn.to)), good));
    }
    let name = |kind: Kind, number: i32| Reference { program: facts.key.clone(), kind, number };
    let said: HashMap<&str, _> =
        before.milestones.iter().map(|line| (line.reference.as_str(), line.forecast_on)).collect();
    let mut moved: Vec<(i64, String)> = Vec::new();
    let mut reached: Vec<String> = Vec::new();
    for track in &facts.milestones {
        let (Some(was), Some(is)) = (track.at(then), track.at(today)) else { continue };
        if !is_open(&was.common, Kind::Milestone, then) {
            continue;
        }
        let reference = name(Kind::Milestone, track.number).to_string();
        if achieved(is, today).is_some() {
            reached.push(cited(&track.title, &reference));
            continue;
        }
        let told = said.get(reference.as_str()).copied().flatten().or(forecast(was));
        if let Some((from, to)) = told.zip(forecast(is)).filter(|(from, to)| from != to) {
            let days = facts.calendar.working_days(from, to);
            moved.push((
                -days,
                format!("{} from {} to {}", cited(&track.title, &reference), day(from), day(to)),
            ));
        }
    }
    moved.sort();
    let slipped = moved.first().is_some_and(|(days, _)| *days < 0);
    let moved: Vec<String> = moved.into_iter().map(|(_, text)| text).collect();
    tell(&mut sentences, "Moved", &moved, slipped.then_some(false));
    tell(&mut sentences, "Achieved", &reached, Some(true));
    let made = facts
        .decisions
        .iter()
        .filter(|track| track.at(today).and_then(|fact| decided(fact, today)).is_some_and(|on| on > then));
    let made: Vec<String> =
        made.map(|track| cited(&track.title, name(Kind::Decision, track.number))).collect();
    tell(&mut sentences, "Decided", &made, Some(true));
    let high = |on| {
        move |fact: &&crate::domain::facts::RiskFact| {
            is_open_threat(fact, on) && fact.score.is_some_and(|score| score >= HIGH_SCORE)
        }
    };
    let risen = facts.risks.iter().filter(|track| {
        track.at(today).filter(high(today)).is_some() && track.at(then).filter(high(then)).is_none()
    });
    let risen: Vec<String> = risen.map(|track| cited(&track.title, name(Kind::Risk, track.number))).collect();
    tell(&mut sentences, "New high risks", &risen, Some(false));
    let fallen = facts.risks.iter().filter(|track| {
        track.at(then).filter(high(then)).is_some() && track.at(today).filter(high(today)).is_none()
    });
    let fallen: Vec<String> =
        fallen.map(|track| cited(&track.title, name(Kind::Risk, track.number))).collect();
    tell(&mut sentences, "No longer high", &fallen, Some(true));
    Difference { reference: reference.to_owned(), as_of: then, colours, sentences }
}

fn tell(sentences: &mut Vec<Sentence>, what: &str, names: &[String], good: Option<bool>) {
    if names.is_empty() {
        return;
    }
    let named = if names.len() <= NAMED { listed(names) } else { few(names, NAMED) };
    sentences.push(Sentence::new(format!("{what}: {named}."), good));
}
