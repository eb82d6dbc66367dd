//! A report as it is drawn: on its page, on paper and behind a link, from what was frozen alone.

use crate::app::access::Entered;
use crate::app::{self, App, Ctx};
use crate::domain::draft::Named;
use crate::domain::health::{Dimension, Rag};
use crate::domain::kind::Reference;
use crate::domain::report::{Frozen, Sentence};
use crate::web::figures;
use crate::web::markdown::Links;
use chrono::NaiveDate;
use serde_json::Value;

/// Figures that the page shows: the most telling; all of them stand in the answer of the API.
const TILES: usize = 8;
const SHOWN: [&str; TILES] = [
    "milestone_on_time_rate",
    "schedule_variance",
    "forecast_accuracy",
    "decision_latency",
    "dependency_aging",
    "risk_burndown",
    "issue_resolution_time",
    "freshness",
];

/// A report, drawn.
pub(super) struct View {
    pub(super) headline: String,
    pub(super) period: String,
    pub(super) computed_from: String,
    pub(super) softened: Option<String>,
    pub(super) rows: Vec<Row>,
    /// The report before, its day, what is other, and whether any of it is printed.
    pub(super) since: Option<(String, String, Vec<Said>, bool)>,
    pub(super) sections: Vec<Part>,
    pub(super) needs: String,
    pub(super) steps: String,
    pub(super) tiles: Vec<Tile>,
    pub(super) milestones: Vec<Line>,
    pub(super) milestones_more: usize,
    /// Computed and declared, of the whole.
    pub(super) overall: Shade,
    pub(super) declared: Shade,
    /// Where the program's pages are; none for a reader without an account.
    pub(super) root: Option<String>,
}

/// A colour: the class and the word.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Shade {
    pub(super) class: &'static str,
    pub(super) word: &'static str,
}

impl From<Rag> for Shade {
    fn from(rag: Rag) -> Self {
        Self { class: figures::rag(rag), word: figures::rag_word(rag) }
    }
}

/// A dimension.
pub(super) struct Row {
    pub(super) label: &'static str,
    pub(super) computed: Shade,
    pub(super) declared: Shade,
    /// It is declared better than the evidence.
    pub(super) gap: bool,
    pub(super) narrative: String,
    pub(super) reason: String,
}

pub(super) struct Said {
    pub(super) html: String,
    /// `unprinted` for what paper has no room for.
    pub(super) class: &'static str,
}

pub(super) struct Part {
    pub(super) name: String,
    pub(super) title: String,
    pub(super) sentences: Vec<Said>,
    pub(super) more: String,
    pub(super) all: String,
}

pub(super) struct Tile {
    pub(super) title: String,
    pub(super) value: String,
    pub(super) target: String,
    pub(super) class: &'static str,
    pub(super) word: &'static str,
}

pub(super) struct Line {
    pub(super) html: String,
    pub(super) committed: String,
    /// The committed date in force, where it isn't the original.
    pub(super) now: Option<String>,
    pub(super) forecast: String,
    pub(super) passed: bool,
    pub(super) slip: String,
    pub(super) class: &'static str,
}

/// The references of a report that lead somewhere for the reader.
pub(super) async fn links(app: &App, ctx: &Ctx, entered: &Entered, frozen: &Frozen) -> app::Result<Links> {
    let mut found = Reference::find_all(&Value::Object(frozen.stored()).to_string());
    found.sort();
    found.dedup();
    if found.is_empty() {
        return Ok(Links::new([], entered.as_of()));
    }
    let names: Vec<_> = found.iter().map(|reference| Named::Item(reference.to_string())).collect();
    let directory = app::item::lookup(app, ctx, entered, &names).await?;
    let there = found.into_iter().filter(|r| directory.items.contains_key(&r.to_string().to_lowercase()));
    Ok(Links::new(there, entered.as_of()))
}

impl View {
    pub(super) fn new(frozen: &Frozen, links: &Links, root: Option<String>) -> Self {
        let said = |sentence: &Sentence| Said { html: links.line(&sentence.text), class: "" };
        let text = |texts: &std::collections::BTreeMap<String, String>, dimension: Dimension| {
            texts.get(dimension.name()).cloned().unwrap_or_default()
        };
        let row = |dimension: Dimension| {
            let (computed, declared) = (frozen.computed(dimension), frozen.declares(dimension));
            let gap = declared < computed;
            Row {
                label: dimension.label(),
                computed: computed.into(),
                declared: declared.into(),
                gap,
                narrative: links.line(&text(&frozen.narrative, dimension)),
                reason: if gap { links.line(&text(&frozen.reasons, dimension)) } else { String::new() },
            }
        };
        let short =
            |on: Option<NaiveDate>| on.map_or("–".to_owned(), |on| figures::short_day(on, frozen.as_of));
        let tile = |tile: &crate::domain::report::Tile| Tile {
            title: tile.title.clone(),
            value: figures::value(tile.value, tile.unit),
            target: tile.target_text.clone(),
            class: figures::verdict(tile.verdict),
            word: tile.verdict.map_or("", crate::domain::metrics::Verdict::name),
        };
        let line = |line: &crate::domain::report::Line| Line {
            html: links.line(&format!("{} ({})", line.title, line.reference)),
            committed: short(line.original_on),
            now: line.committed_on.filter(|on| Some(*on) != line.original_on).map(|on| short(Some(on))),
            forecast: short(line.forecast_on),
            passed: line.forecast_on.is_some_and(|on| on < frozen.as_of),
            slip: figures::slip(line.slip_working_days),
            class: match line.slip_working_days {
                Some(11..) => "bad",
                Some(1..) => "warn",
                _ => "muted",
            },
        };
        let worst = Dimension::ALL.into_iter().map(|dimension| frozen.declares(dimension)).max();
        // One red dimension whose recovery is under way is amber in the whole, declared or computed.
        let gaps = Dimension::ALL.into_iter().any(|one| frozen.declares(one) < frozen.computed(one));
        let overall = frozen.health.overall.0;
        let declared = if gaps { worst.unwrap_or(overall).min(overall) } else { overall };
        let shown = SHOWN.iter().filter_map(|name| frozen.metrics.iter().find(|tile| tile.name == *name));
        let difference = frozen.difference.as_ref().filter(|difference| !difference.sentences.is_empty());
        Self {
            headline: links.prose(&frozen.headline),
            period: span(frozen.period_from, frozen.period_to),
            computed_from: frozen.computed_from(),
            softened: frozen.health.softened.as_deref().map(|text| links.line(text)),
            rows: Dimension::ALL.into_iter().map(row).collect(),
            since: difference.map(|difference| {
                let of = difference.as_of.format("%-d %b %Y").to_string();
                // Where the period begins with that report, what changed in it says the rest: paper is short.
                let twice = difference.as_of == frozen.period_from;
                let printed = !twice || !difference.colours.is_empty();
                let colours = difference.colours.len();
                let lines = difference.sentences.iter().enumerate().map(|(at, sentence)| Said {
                    class: if twice && at >= colours { "unprinted" } else { "" },
                    ..said(sentence)
                });
                (links.line(&difference.reference), of, lines.collect(), printed)
            }),
            sections: frozen
                .sections
                .iter()
                .map(|section| Part {
                    name: section.name.clone(),
                    title: section.title.clone(),
                    sentences: section.sentences.iter().map(said).collect(),
                    more: section.more.clone(),
                    all: section.all.clone(),
                })
                .collect(),
            needs: links.prose(&frozen.decisions_needed),
            steps: links.prose(&frozen.next_steps),
            tiles: shown.map(tile).collect(),
            milestones: frozen.milestones.iter().map(line).collect(),
            milestones_more: frozen.milestones_more,
            overall: overall.into(),
            declared: declared.into(),
            root,
        }
    }

    pub(super) fn gaps(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(|row| row.gap)
    }

    /// The page of the program with all of something.
    pub(super) fn all(&self, rest: &str) -> Option<String> {
        self.root.as_ref().map(|root| format!("{root}{rest}"))
    }
}

/// `10 to 24 Jul 2026`, with the month and year of the first day where they are others.
pub(super) fn span(from: NaiveDate, to: NaiveDate) -> String {
    use chrono::Datelike;
    let first = match (from.year() == to.year(), from.month() == to.month()) {
        (true, true) => "%-d",
        (true, false) => "%-d %b",
        _ => "%-d %b %Y",
    };
    format!("{} to {}", from.format(first), to.format("%-d %b %Y"))
}
