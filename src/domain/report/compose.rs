//! A report written from the facts: every sentence cites its items by reference, names the few that matter and counts the rest.

use super::asks::needs;
use super::difference::difference;
use super::frozen::{Cited, Colour, Frozen, Judged, JudgedDimension, Line, Section, Sentence, Tile, Why};
use super::picks::Picks;
use super::words::{are, cited, count, day as said, days, few, listed, named, working_days};
use crate::domain::agenda::{Ageing, Ahead};
use crate::domain::changes::{Change, Changes, Topic};
use crate::domain::facts::Facts;
use crate::domain::health::{Dimension, DimensionHealth, Health, Rag, Reason};
use crate::domain::ids::ItemId;
use crate::domain::kind::{Kind, State};
use crate::domain::metrics::Measure;
use crate::domain::program::own_thresholds;
use chrono::NaiveDate;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// Items that a sentence names before it counts the rest.
const NAMED: usize = 3;
/// Sentences of each topic.
const SLIPS: usize = 4;
const SETBACKS: usize = 5;
const RISKS: usize = 3;
const DECISIONS: usize = 3;
/// Milestones in the table; of these at most so many whose forecast has passed.
const MILESTONES: usize = 8;
const OVERDUE: usize = 2;
/// Gates and releases that come within so many days stand in the table before what is smaller.
const WEIGHTY_DAYS: i64 = 42;
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
    /// What a milestone is to the program.
    pub weight: Weight,
}

/// What a milestone is to the program: a release, or what a release waits for, counts for more than a gate, and that for more than the
/// rest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    #[default]
    Plain,
    Gate,
    Release,
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
        own_thresholds: own_thresholds(&ground.health.thresholds),
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
    let mut setbacks = ground.changes.list.iter().filter(|change| change.topic == Topic::Setback);
    if let Some(worst) = setbacks.next() {
        let first = worst.text_cited();
        sentences.push(match setbacks.count() {
            0 => format!("{first}."),
            more => format!("{} things went wrong, first of all: {first}.", more + 1),
        });
    }
    let passed = passed(ground).count();
    if passed > 0 {
        let what = count(passed, "milestone has", "milestones have");
        sentences.push(format!("{what} passed the forecast date without being reached or forecast anew."));
    }
    let (called, next) = match next_release(ground) {
        Some(release) => ("Next release", Some(release)),
        None => ("Next", ahead(ground).next()),
    };
    if let Some(next) = next {
        let on = next.forecast_on.map(said).unwrap_or_default();
        let against = against(next, ground);
        sentences.push(format!("{called}: {} on {on}{against}.", named(&next.name, &ground.facts.key)));
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

/// Open milestones whose forecast has not passed, the first first.
fn ahead<'a>(ground: &Ground<'a>) -> impl Iterator<Item = &'a Ahead> {
    ground.picks.agenda.milestones.iter().filter(|line| line.in_days.is_some_and(|days| days >= 0))
}

/// Open milestones whose forecast has passed: how late they are nobody knows. The oldest first.
fn passed<'a>(ground: &Ground<'a>) -> impl DoubleEndedIterator<Item = &'a Ahead> {
    ground.picks.agenda.milestones.iter().filter(|line| line.in_days.is_some_and(|days| days < 0))
}

fn weight(line: &Ahead, ground: &Ground<'_>) -> Weight {
    ground.about.get(&line.name.item).map(|about| about.weight).unwrap_or_default()
}

/// The release that comes next.
fn next_release<'a>(ground: &Ground<'a>) -> Option<&'a Ahead> {
    ahead(ground).find(|line| weight(line, ground) == Weight::Release)
}

/// How a forecast lies against the dates that it is held against: the original, and the committed one where that is another.
fn against(line: &Ahead, ground: &Ground<'_>) -> String {
    let Some(forecast) = line.forecast_on else { return String::new() };
    let against = |date: Option<NaiveDate>, what: &str| {
        let date = date?;
        let days = ground.facts.calendar.working_days(date, forecast);
        (days > 0).then(|| format!("{} past the {what} date {}", working_days(days), said(date)))
    };
    let committed = line.committed_on.filter(|on| line.original_on.is_some_and(|original| original != *on));
    let told = [against(line.original_on, "original"), against(committed, "committed")];
    let told: Vec<String> = told.into_iter().flatten().collect();
    if told.is_empty() { String::new() } else { format!(", {}", told.join(" and ")) }
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

/// What changed: slips first, then what went wrong.
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
    tell(of(Topic::Setback, |_| true), SETBACKS);
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
        sentences.push(Sentence::new(
            "No milestone moved, nothing went wrong, no risk became high and nothing was decided.",
            None,
        ));
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

/// What may still go wrong: high risks, issues that are critical or block, dependencies that come too late.
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
    for issue in picks.critical.iter().chain(&picks.blockers) {
        let what = match (issue.critical, issue.blocks) {
            (true, true) => "Critical, and blocking",
            (true, false) => "Critical",
            (false, _) => "Blocking",
        };
        let text = format!(
            "{what}: {}, open for {}, {}.",
            named(&issue.name, key),
            days(issue.open_days),
            owned(issue.name.item)
        );
        sentences.push(Sentence::new(text, Some(false)));
    }
    sentences.extend(late(&picks.late, ground));
    sentences.extend(stale(ground));
    let counted = [
        (picks.high_risks - picks.risks.len(), "high risk", "high risks"),
        (picks.criticals - picks.critical.len(), "critical issue", "critical issues"),
        (picks.blocking - picks.blockers.len(), "blocking issue", "blocking issues"),
        (picks.late_dependencies - picks.late.len(), "late dependency", "late dependencies"),
    ];
    let counted = counted.iter().filter(|(many, ..)| *many > 0);
    let more: Vec<String> = counted.map(|(many, one, several)| count(*many, one, several)).collect();
    if sentences.is_empty() && more.is_empty() {
        sentences.push(Sentence::new(
            "No high risk, no critical or blocking issue and no late dependency is open.",
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

/// Milestones whose forecast has passed, told apart from what slipped: the latest with their dates, and since when there are such.
fn stale(ground: &Ground<'_>) -> Option<Sentence> {
    let all: Vec<&Ahead> = passed(ground).collect();
    let oldest = all.first()?.forecast_on.map(said)?;
    let name = |line: &&&Ahead| {
        let on = line.forecast_on.map(said).unwrap_or_default();
        format!("{} of {on}", named(&line.name, &ground.facts.key))
    };
    let named: Vec<String> = all.iter().rev().take(OVERDUE).map(|line| name(&line)).collect();
    let text = match all.len() {
        1 => format!("Forecast passed, not reached: {}.", listed(&named)),
        many if many <= OVERDUE => format!("Forecasts passed, not reached: {}.", listed(&named)),
        many => {
            let rest = format!("{} more, the oldest of {oldest}", many - named.len());
            format!("Forecasts passed, not reached: {} and {rest}.", named.join(", "))
        }
    };
    Some(Sentence::new(text, Some(false)))
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
    "No action with a date in the next three weeks is kept.".to_owned()
}

/// The milestones that come next, the next release before all; gates and releases of the coming weeks rather than what is smaller. Those
/// whose day has passed are told of apart.
fn milestones(ground: &Ground<'_>) -> (Vec<Line>, usize) {
    let key = &ground.facts.key;
    let all = &ground.picks.agenda.milestones;
    let release = next_release(ground);
    let is_release = |line: &Ahead| release.is_some_and(|release| release.name.item == line.name.item);
    let mut rest: Vec<&Ahead> =
        all.iter().filter(|line| line.in_days.is_none_or(|days| days >= 0) && !is_release(line)).collect();
    let soon = |line: &Ahead| line.in_days.is_some_and(|days| days <= WEIGHTY_DAYS);
    rest.sort_by_key(|line| {
        (line.forecast_on.is_none(), !(soon(line) && weight(line, ground) > Weight::Plain))
    });
    rest.truncate(MILESTONES - usize::from(release.is_some()));
    rest.sort_by_key(|line| (line.forecast_on.is_none(), line.forecast_on, line.name.number));
    let shown: Vec<&Ahead> = release.into_iter().chain(rest).collect();
    let lines: Vec<Line> = shown
        .into_iter()
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
