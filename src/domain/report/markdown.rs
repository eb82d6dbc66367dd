//! A report as Markdown, to be pasted elsewhere.

use super::frozen::{Frozen, Section, Sentence};
use super::words::{day, figure, working_days};
use crate::domain::health::{Dimension, Rag};
use std::fmt::Write as _;

fn word(rag: Rag) -> &'static str {
    match rag {
        Rag::Grey => "no data",
        other => other.name(),
    }
}

/// What would end a cell of a table, escaped.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace(['\n', '\r'], " ")
}

fn sentences(out: &mut String, list: &[Sentence]) {
    for sentence in list {
        let _ = writeln!(out, "- {}", sentence.text);
    }
}

fn section(out: &mut String, section: &Section) {
    let _ = writeln!(out, "\n## {}\n", section.title);
    sentences(out, &section.sentences);
    if !section.more.is_empty() {
        let _ = writeln!(out, "- And {}.", section.more);
    }
}

/// The report `title`, as Markdown.
#[must_use]
pub fn markdown(title: &str, frozen: &Frozen) -> String {
    let mut out = String::with_capacity(4_000);
    let _ = writeln!(out, "# {}: {title}\n", frozen.program_name);
    let period = format!("{} to {}", day(frozen.period_from), day(frozen.period_to));
    let _ = writeln!(out, "{period} · overall {}\n", word(frozen.health.overall.0));
    let _ = writeln!(out, "{}", frozen.headline);
    let _ = writeln!(
        out,
        "\n## Health\n\n| Dimension | Declared | Computed | In words |\n| --- | --- | --- | --- |"
    );
    for dimension in Dimension::ALL {
        let (declared, computed) = (frozen.declares(dimension), frozen.computed(dimension));
        let mut words = frozen.narrative.get(dimension.name()).cloned().unwrap_or_default();
        if let Some(reason) = frozen.reasons.get(dimension.name()).filter(|_| declared < computed) {
            let _ = write!(words, " Declared better because: {reason}");
        }
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} |",
            dimension.label(),
            word(declared),
            word(computed),
            cell(&words)
        );
    }
    if let Some(difference) = frozen.difference.as_ref().filter(|difference| !difference.sentences.is_empty())
    {
        let _ = writeln!(out, "\n## Since {} of {}\n", difference.reference, day(difference.as_of));
        sentences(&mut out, &difference.sentences);
    }
    for one in &frozen.sections {
        section(&mut out, one);
    }
    for (title, text) in
        [("What we need from you", &frozen.decisions_needed), ("Next steps", &frozen.next_steps)]
    {
        if !text.is_empty() {
            let _ = writeln!(out, "\n## {title}\n\n{text}");
        }
    }
    if !frozen.milestones.is_empty() {
        let _ = writeln!(
            out,
            "\n## Next milestones\n\n| Milestone | Original | Committed | Forecast | Slip from the original |\n| --- | --- | --- | --- | --- |"
        );
        for line in &frozen.milestones {
            let on = |date: Option<chrono::NaiveDate>| date.map_or("–".to_owned(), day);
            let slip = match line.slip_working_days {
                None => "–".to_owned(),
                Some(0) => "0".to_owned(),
                Some(late @ 1..) => format!("{} late", working_days(late)),
                Some(early) => format!("{} early", working_days(-early)),
            };
            let title = cell(&line.title);
            let (original, committed, forecast) =
                (on(line.original_on), on(line.committed_on), on(line.forecast_on));
            let reference = &line.reference;
            let _ =
                writeln!(out, "| {title} ({reference}) | {original} | {committed} | {forecast} | {slip} |");
        }
    }
    if !frozen.metrics.is_empty() {
        let _ = writeln!(out, "\n## Metrics\n\n| Metric | Value | Target |\n| --- | --- | --- |");
        for tile in &frozen.metrics {
            let verdict = tile.verdict.map(|verdict| format!(" ({})", verdict.name())).unwrap_or_default();
            let _ = writeln!(
                out,
                "| {} | {} | {}{verdict} |",
                tile.title,
                figure(tile.value, tile.unit),
                tile.target_text
            );
        }
    }
    let _ = writeln!(out, "\n{}", frozen.computed_from());
    out
}
