//! A report written from the facts: every sentence cites its items by reference, names the few that matter and counts the rest.

use super::difference::difference;
use super::frozen::{Cited, Colour, Frozen, Judged, JudgedDimension, Line, Section, Sentence, Tile, Why};
use super::picks::Picks;
use super::words::{are, cited, count, day as said, days, few, listed, named, working_days};
use crate::domain::agenda::{Ageing, Ahead, Waiting};
use crate::domain::changes::{Change, Changes, Topic};
use crate::domain::facts::Facts;
use crate::domain::health::{Dimension, DimensionHealth, Health, Rag, Reason};
use crate::domain::ids::ItemId;
use crate::domain::kind::{Kind, State};
use crate::domain::metrics::Measure;
use chrono::NaiveDate;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// Items that a sentence names before it counts the rest.
const NAMED: usize = 3;
/// Sentences of each topic.
const SLIPS: usize = 4;
const RISKS: usize = 3;
const DECISIONS: usize = 3;
/// Milestones in the table; of these at most so many whose forecast has passed.
const MILESTONES: usize = 8;
const OVERDUE: usize = 3;
/// Items that are kept with each reason.
const CAUSES: usize = 5;

/// What a report is written from.
#[derive(Clone, Copy, Debug)]
pub struct Ground<'a> {
    /// The program's name.
    pub name: &'a str,
    pub facts: &'a Facts,
    /// The day at whose end the facts are taken.
    pub day: NaiveDate,
    /// The period: after `from`, up to `to`.
    pub from: NaiveDate,
    pub to: NaiveDate,
    pub health: &'a Health,
    /// What changed in the period.
    pub changes: &'a Changes,
    pub measures: &'a [Arc<Measure>],
    pub picks: &'a Picks,
    pub about: &'a HashMap<ItemId, About>,
    /// The last published report before it, and its reference.
    pub before: Option<(&'a Frozen, &'a str)>,
}

/// What is said of an item beside its title.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct About {
    pub owner: Option<String>,
    pub recommendation: String,
    pub escalated_to: Option<String>,
}

/// Writes the report: all that it shows, with the words that a person may then change.
#[must_use]
pub fn compose(ground: &Ground<'_>) -> Frozen {
    let key = &ground.facts.key;
    let (milestones, milestones_more) = milestones(ground);
    Frozen {
        program: key.clone(),
        program_name: ground.name.to_owned(),
        as_of: ground.day,
        published_on: None,
        period_from: ground.from,
        period_to: ground.to,
        headline: headline(ground),
        health: judged(ground),
        declared: BTreeMap::new(),
        narrative: ground
            .health
            .dimensions
            .iter()
            .map(|judged| (judged.dimension.name().to_owned(), narrative(judged, ground)))
            .collect(),
        reasons: BTreeMap::new(),
        sections: vec![changed(ground), at_risk(ground)],
        decisions_needed: needs(ground),
        next_steps: next_steps(ground),
        metrics: ground.measures.iter().filter(|measure| measure.value.is_some()).map(|m| tile(m)).collect(),
        milestones,
        milestones_more,
        difference: ground.before.map(|(before, reference)| difference(ground, before, reference)),
    }
}

fn tile(measure: &Measure) -> Tile {
    let metric = measure.metric;
    Tile {
        name: metric.name().to_owned(),
        title: metric.title().to_owned(),
        value: measure.value,
        unit: metric.unit(),
        target: measure.target,
        target_text: measure.target.map(|target| metric.target_text(target)).unwrap_or_default(),
        verdict: measure.verdict,
    }
}

fn judged(ground: &Ground<'_>) -> Judged {
    let key = &ground.facts.key;
    let why = |reason: &Reason| Why {
        rag: reason.rag,
        rule: reason.rule.to_owned(),
        text: reason.text.clone(),
        items: reason
            .items
            .iter()
            .take(CAUSES)
            .map(|cause| Cited {
                reference: cause.reference(key).to_string(),
                title: cause.title.clone(),
                note: cause.note.clone(),
            })
            .collect(),
        more: reason.items.len().saturating_sub(CAUSES),
    };
    let dimensions = ground.health.dimensions.iter();
    Judged {
        overall: Colour(ground.health.overall),
        softened: ground.health.softened.clone(),
        rules_version: ground.health.rules_version,
        dimensions: dimensions
            .map(|judged| JudgedDimension {
                dimension: judged.dimension,
                rag: judged.rag,
                reasons: judged.reasons.iter().map(why).collect(),
            })
            .collect(),
    }
}

fn headline(ground: &Ground<'_>) -> String {
    let health = ground.health;
    // What stands before a colon is what the program is called for short.
    let called = ground.name.split_once(": ").map_or(ground.name, |(short, _)| short);
    let of = |rag: Rag| -> Vec<Dimension> {
        health.dimensions.iter().filter(|judged| judged.rag == rag).map(|judged| judged.dimension).collect()
    };
    let (red, amber) = (are(&of(Rag::Red), Rag::Red), are(&of(Rag::Amber), Rag::Amber));
    let standing = match health.overall {
        Rag::Grey => format!("There is too little data to judge {called}."),
        Rag::Green => format!("{called} is green."),
        rag => {
            let which: Vec<String> = red.into_iter().chain(amber).collect();
            let recovery = if health.softened.is_some() { ", and recovery is under way" } else { "" };
            format!("{called} is {}: {}{recovery}.", rag.name(), which.join("; "))
        }
    };
    let mut sentences = vec![standing];
    let slips: Vec<&Change> = slipped(ground).collect();
    let since = said(ground.from);
    sentences.push(match slips.as_slice() {
        [] => {
            let achieved: Vec<String> = achieved(ground);
            match achieved.len() {
                0 => format!("No milestone moved since {since}."),
                many => format!(
                    "No milestone slipped since {since}; {} achieved.",
                    if many == 1 { "1 was".to_owned() } else { format!("{many} were") }
                ),
            }
        }
        [one] => format!("One milestone slipped since {since}: {}.", one.text_cited()),
        [worst, ..] => {
            format!("{} milestones slipped since {since}; the worst: {}.", slips.len(), worst.text_cited())
        }
    });
    if let Some(next) =
        ground.picks.agenda.milestones.iter().find(|line| line.in_days.is_some_and(|days| days >= 0))
    {
        let late = next.slip.filter(|slip| *slip > 0);
        let late = late.map_or(String::new(), |slip| format!(", {} late", working_days(slip)));
        let on = next.forecast_on.map(said).unwrap_or_default();
        sentences.push(format!("Next: {} on {on}{late}.", named(&next.name, &ground.facts.key)));
    }
    let waiting = &ground.picks.agenda.decisions;
    if let Some(first) = waiting.iter().find(|line| line.needed_by.is_some()).or(waiting.first()) {
        let by = first.needed_by.map(|by| format!(", needed by {}", said(by))).unwrap_or_default();
        let name = named(&first.name, &ground.facts.key);
        sentences.push(match waiting.len() {
            1 => format!("One decision waits for you: {name}{by}."),
            many => format!("{many} decisions wait for you, first {name}{by}."),
        });
    }
    sentences.join(" ")
}

impl Change {
    /// The whole as one sentence, with the item's reference behind its title.
    fn text_cited(&self) -> String {
        let title = self.item.as_ref().map(|(reference, title)| cited(title, reference)).unwrap_or_default();
        format!("{}{title}{}", self.before, self.after).trim().to_owned()
    }

    /// The same as a sentence of its own, with the reason that was given.
    fn sentence(&self) -> Sentence {
        let reason = self.reason.as_deref().map(|reason| reason.trim().trim_end_matches('.'));
        let reason = reason.filter(|reason| !reason.is_empty() && reason.chars().count() <= 200);
        let reason = reason.map(|reason| format!(": “{reason}”")).unwrap_or_default();
        Sentence::new(format!("{}{reason}.", self.text_cited()), self.good)
    }
}

/// Milestones that slipped in the period, the worst first.
fn slipped<'a>(ground: &Ground<'a>) -> impl Iterator<Item = &'a Change> {
    ground.changes.list.iter().filter(|change| change.slip.is_some_and(|slip| slip > 0))
}

fn achieved(ground: &Ground<'_>) -> Vec<String> {
    let reached = ground.changes.list.iter().filter(|change| {
        let milestone = change.item.as_ref().is_some_and(|(reference, _)| reference.kind == Kind::Milestone);
        milestone && change.good == Some(true) && change.topic == Topic::Other
    });
    reached
        .filter_map(|change| change.item.as_ref())
        .map(|(reference, title)| cited(title, reference))
        .collect()
}

/// What changed, slips first.
fn changed(ground: &Ground<'_>) -> Section {
    let list = &ground.changes.list;
    let mut sentences: Vec<Sentence> = Vec::new();
    let mut told = 0;
    let mut tell = |these: Vec<&Change>, most: usize| {
        told += these.len().min(most);
        sentences.extend(these.into_iter().take(most).map(Change::sentence));
    };
    tell(slipped(ground).collect(), SLIPS);
    let of = |topic: Topic, fits: fn(&Change) -> bool| -> Vec<&Change> {
        list.iter().filter(|change| change.topic == topic && fits(change)).collect()
    };
    tell(of(Topic::HighRisk, |_| true), RISKS);
    tell(of(Topic::Decision, |_| true), DECISIONS);
    tell(of(Topic::Slip, |change| change.slip.is_none_or(|slip| slip <= 0)), 2);
    let reached = achieved(ground);
    if !reached.is_empty() {
        told += reached.len();
        let verb = if reached.len() == 1 { "was" } else { "were" };
        sentences.push(Sentence::new(format!("{} {verb} achieved.", few(&reached, NAMED)), Some(true)));
    }
    let more = list.iter().filter(|change| !is_beside(change)).count().saturating_sub(told);
    if sentences.is_empty() {
        sentences
            .push(Sentence::new("No milestone moved, no risk became high and nothing was decided.", None));
    }
    Section {
        name: "changed".into(),
        title: format!("What changed since {}", said(ground.from)),
        sentences,
        more: if more == 0 { String::new() } else { count(more, "smaller change", "smaller changes") },
        all: format!("/changed?from={}&to={}", ground.from, ground.day),
    }
}

/// What is nothing of the program itself: imports, and the reports on it.
fn is_beside(change: &Change) -> bool {
    match &change.item {
        None => change.after.starts_with("An import") || change.after.ends_with(" new reports"),
        Some((reference, _)) => reference.kind == Kind::Report,
    }
}

/// What may still go wrong: high risks, issues that block, dependencies that come too late.
fn at_risk(ground: &Ground<'_>) -> Section {
    let (picks, key) = (ground.picks, &ground.facts.key);
    let owned = |item: ItemId| match ground.about.get(&item).and_then(|about| about.owner.as_deref()) {
        Some(owner) => format!("owner {owner}"),
        None => "no owner".to_owned(),
    };
    let mut sentences = Vec::new();
    for risk in &picks.risks {
        let answer =
            if risk.mitigated { "mitigation is in progress" } else { "no mitigation is in progress" };
        let text = format!(
            "Risk: {}, score {} of 25; {answer}, {}.",
            named(&risk.name, key),
            risk.score,
            owned(risk.name.item)
        );
        sentences.push(Sentence::new(text, Some(false)));
    }
    for issue in &picks.blockers {
        let text = format!(
            "Blocking: {}, open for {}, {}.",
            named(&issue.name, key),
            days(issue.open_days),
            owned(issue.name.item)
        );
        sentences.push(Sentence::new(text, Some(false)));
    }
    sentences.extend(late(&picks.late, ground));
    let counted = [
        (picks.high_risks - picks.risks.len(), "high risk", "high risks"),
        (picks.blocking - picks.blockers.len(), "blocking issue", "blocking issues"),
        (picks.late_dependencies - picks.late.len(), "late dependency", "late dependencies"),
    ];
    let counted = counted.iter().filter(|(many, ..)| *many > 0);
    let more: Vec<String> = counted.map(|(many, one, several)| count(*many, one, several)).collect();
    if sentences.is_empty() && more.is_empty() {
        sentences.push(Sentence::new(
            "No high risk, no blocking issue and no late dependency is open.",
            Some(true),
        ));
    }
    Section {
        name: "at_risk".into(),
        title: "What is at risk".into(),
        sentences,
        more: listed(&more),
        all: "/raid".into(),
    }
}

/// Dependencies that come too late; those of which the same is to be said are told together.
fn late(lines: &[Ageing], ground: &Ground<'_>) -> Vec<Sentence> {
    let mut told: Vec<(String, &'static str, &'static str, Vec<String>)> = Vec::new();
    for line in lines {
        let name = named(&line.name, &ground.facts.key);
        let needed = line.needed_by.map(said).unwrap_or_default();
        if let Some((comes, by)) = line.promised_by.zip(line.needed_by).filter(|(comes, by)| comes > by) {
            let later = days((comes - by).num_days());
            let what = format!(" needed by {needed} and promised for {}, {later} later.", said(comes));
            let (one, many) = if by < ground.day { (" was", " were") } else { (" is", " are") };
            told.push((what, one, many, vec![name]));
            continue;
        }
        let state = match (line.state, line.agreed) {
            (State::Delivered, _) => "delivered and not accepted yet",
            (_, true) => "agreed and not delivered yet",
            (_, false) => "not agreed by the provider",
        };
        let what = format!(" needed by {needed}: {state}.");
        match told.iter_mut().find(|(known, ..)| *known == what) {
            Some((.., names)) => names.push(name),
            None => told.push((what, " was", " were", vec![name])),
        }
    }
    let sentence = |(what, one, many, names): &(String, &str, &str, Vec<String>)| {
        let verb = if names.len() == 1 { one } else { many };
        Sentence::new(format!("Late: {}{verb}{what}", listed(names)), Some(false))
    };
    told.iter().map(sentence).collect()
}

/// What a dimension's reasons say, with the worst of their items.
#[must_use]
pub fn narrative(judged: &DimensionHealth, ground: &Ground<'_>) -> String {
    let counts = &ground.picks.agenda.counts;
    let pressing: Vec<&Reason> =
        judged.reasons.iter().filter(|reason| reason.rag >= Rag::Amber).take(2).collect();
    if !pressing.is_empty() {
        // The worst reason names its items; the next one is told by its number.
        let told = pressing.iter().enumerate();
        let told =
            told.map(|(at, reason)| if at == 0 { with_items(reason, ground) } else { reason.text.clone() });
        return told.collect::<Vec<_>>().join(" ");
    }
    let Some(first) = judged.reasons.first() else { return String::new() };
    match (judged.dimension, first.rule) {
        (Dimension::Decisions, "decisions.good") if counts.decisions_waiting == 0 => {
            "No decision waits.".to_owned()
        }
        (Dimension::Risk, "risk.unscored") if first.items.len() == counts.risks => match counts.risks {
            1 => "The one open risk is not scored, so it can't be judged.".to_owned(),
            many => format!("None of the {many} open risks is scored, so none can be ruled out as high."),
        },
        (Dimension::Scope, "scope.good") => {
            first.text.trim_end_matches(" 0 requests waiting.").trim().to_owned()
        }
        _ => first.text.clone(),
    }
}

/// A reason with its items. Of many milestones that are late those that come next are named, and of many dependencies those that
/// were needed last: what can still be done something about.
fn with_items(reason: &Reason, ground: &Ground<'_>) -> String {
    let key = &ground.facts.key;
    let mut items: Vec<_> = reason.items.iter().collect();
    let ahead: HashMap<ItemId, &Ahead> =
        ground.picks.agenda.milestones.iter().map(|line| (line.name.item, line)).collect();
    let next = items
        .iter()
        .any(|cause| ahead.get(&cause.item).is_some_and(|line| line.in_days.is_some_and(|days| days >= 0)));
    let picked =
        items.len() > NAMED && next && reason.items.iter().all(|cause| ahead.contains_key(&cause.item));
    if picked {
        items.sort_by_key(|cause| {
            let days = ahead.get(&cause.item).and_then(|line| line.in_days);
            (days.is_none_or(|days| days < 0), days)
        });
    }
    let needed: HashMap<ItemId, Option<NaiveDate>> =
        ground.picks.agenda.dependencies.iter().map(|line| (line.name.item, line.needed_by)).collect();
    let mut order = "worst";
    if items.len() > NAMED && items.iter().all(|cause| needed.contains_key(&cause.item)) {
        items.sort_by_key(|cause| std::cmp::Reverse(needed.get(&cause.item).copied().flatten()));
        order = "latest";
    }
    let names: Vec<String> = items.iter().map(|cause| cited(&cause.title, cause.reference(key))).collect();
    let text = reason.text.trim_end_matches('.');
    let order = if picked { "next" } else { order };
    match names.len() {
        0 => format!("{text}."),
        many if many <= NAMED => format!("{text}: {}.", listed(&names)),
        _ => {
            format!("{text}; {order}: {}.", few(&names, NAMED))
        }
    }
}

/// What the readers are asked for, one a line.
fn needs(ground: &Ground<'_>) -> String {
    let (picks, key) = (ground.picks, &ground.facts.key);
    let mut lines: Vec<String> =
        picks.agenda.decisions.iter().take(NAMED + 1).map(|line| decision(line, ground)).collect();
    let more = picks.agenda.decisions.len().saturating_sub(lines.len());
    if more > 0 {
        lines.push(format!("- {} more wait.", count(more, "decision", "decisions")));
    }
    for (name, since) in &picks.changes {
        let since = since.map(|on| format!(", submitted {}", said(on))).unwrap_or_default();
        lines.push(format!("- Approve or reject {}{since}.", named(name, key)));
    }
    let more = picks.changes_waiting - picks.changes.len();
    if more > 0 {
        lines.push(format!("- {} more wait.", count(more, "change request", "change requests")));
    }
    if lines.is_empty() {
        "Nothing: no decision and no change request waits.".to_owned()
    } else {
        lines.join("\n")
    }
}

fn decision(line: &Waiting, ground: &Ground<'_>) -> String {
    let name = named(&line.name, &ground.facts.key);
    let ask = match (line.needed_by, line.past_needed_by) {
        (Some(by), false) => format!("Decide by {}: {name}.", said(by)),
        (Some(by), true) => format!("Decide now: {name}, needed by {}.", said(by)),
        (None, _) => format!("Decide: {name}."),
    };
    let waited = line.waited.filter(|waited| *waited > 0);
    let waited = waited.map(|waited| format!(" It has waited {}.", working_days(waited))).unwrap_or_default();
    let about = ground.about.get(&line.name.item);
    let with = about.and_then(|about| about.escalated_to.as_deref().or(about.owner.as_deref()));
    let with = with.map(|with| format!(" With {with}.")).unwrap_or_default();
    let recommended =
        about.map(|about| about.recommendation.trim().trim_end_matches('.')).unwrap_or_default();
    let recommended =
        if recommended.is_empty() { String::new() } else { format!(" Recommended: {recommended}.") };
    format!("- {ask}{waited}{recommended}{with}")
}

/// What is done next: actions that are due, else the milestones that come.
fn next_steps(ground: &Ground<'_>) -> String {
    let key = &ground.facts.key;
    let owner = |item: ItemId| {
        let owner = ground.about.get(&item).and_then(|about| about.owner.as_deref());
        owner.map(|owner| format!(", {owner}")).unwrap_or_default()
    };
    let mut lines: Vec<String> = Vec::new();
    for (name, due) in &ground.picks.actions {
        let was = if *due < ground.day { "was due" } else { "due" };
        lines.push(format!("- {}, {was} {}{}.", named(name, key), said(*due), owner(name.item)));
    }
    if !lines.is_empty() {
        return lines.join("\n");
    }
    let ahead = ground.picks.agenda.milestones.iter();
    let ahead = ahead.filter(|line| line.in_days.is_some_and(|days| (0..=28).contains(&days))).take(NAMED);
    let ahead: Vec<String> = ahead
        .filter_map(|line| Some(format!("{} on {}", named(&line.name, key), said(line.forecast_on?))))
        .collect();
    if ahead.is_empty() {
        "No action or milestone is due in the next weeks.".to_owned()
    } else {
        format!("No action is due in the next three weeks; next come {}.", listed(&ahead))
    }
}

/// The milestones that come next; those whose day has passed first, the latest of them.
fn milestones(ground: &Ground<'_>) -> (Vec<Line>, usize) {
    let key = &ground.facts.key;
    let all = &ground.picks.agenda.milestones;
    let (passed, ahead): (Vec<&Ahead>, Vec<&Ahead>) =
        all.iter().partition(|line| line.in_days.is_some_and(|days| days < 0));
    let passed = &passed[passed.len().saturating_sub(OVERDUE)..];
    let shown = passed.iter().chain(&ahead).take(MILESTONES);
    let lines: Vec<Line> = shown
        .map(|line| Line {
            reference: line.name.reference(key).to_string(),
            title: line.name.title.clone(),
            original_on: line.original_on,
            committed_on: line.committed_on,
            forecast_on: line.forecast_on,
            slip_working_days: line.slip,
        })
        .collect();
    let more = all.len() - lines.len();
    (lines, more)
}
