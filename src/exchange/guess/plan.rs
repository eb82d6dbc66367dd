//! Sheets of a plan: how far activities are, and what they wait for.

use super::super::csv::SheetRow;
use super::super::intake::{Origin, What};
use super::super::words::{self, Meaning};
use super::super::{Finding, Severity, dates, text};
use super::Reading;
use crate::domain::kind::{Kind, State};
use crate::domain::schedule_link::{LagUnit, LinkType, read_terms};
use serde_json::{Map, Value, json};

/// A duration in working days: `5`, `5 days`, `2.5d`, `1 wk`, `4 hrs`, also with the question mark of an estimate.
pub(super) fn days(text: &str) -> Option<f64> {
    let text = text.trim().trim_end_matches('?').trim().to_lowercase();
    if let Ok(days) = text.replace(',', ".").parse::<f64>() {
        return Some(days).filter(|days| days.is_finite() && *days >= 0.0);
    }
    match read_terms(&format!("FS+{text}"))? {
        (_, days, LagUnit::Working) => Some(days),
        (_, days, LagUnit::Elapsed) => Some(days * 5.0 / 7.0),
        (_, _, LagUnit::Percent) => None,
    }
}

/// `45 %`, `45`: a whole number of percent.
pub(super) fn percent(text: &str) -> Option<i64> {
    let number = text.trim().trim_end_matches('%').trim().replace(',', ".");
    let number = number.parse::<f64>().ok().filter(|number| (0.0..=100.0).contains(number))?;
    format!("{number:.0}").parse().ok()
}

/// What a cell of predecessors says: `3FS+2d` is the row 3, with type and lag. Ids that are known are told from the terms
/// after them; the longest stands.
fn predecessor(text: &str, is_known: impl Fn(&str) -> bool) -> Option<(&str, (LinkType, f64, LagUnit))> {
    let ends = text.char_indices().map(|(at, _)| at).skip(1).chain([text.len()]);
    ends.collect::<Vec<_>>().into_iter().rev().find_map(|end| {
        let (id, rest) = text.split_at(end);
        Some((id.trim(), read_terms(rest)?)).filter(|(id, _)| is_known(id))
    })
}

impl Reading<'_> {
    /// Takes start and finish for what they are: of what has begun or is done they have happened, of anything else the start
    /// is the earliest, where nothing comes before. Whether the state is told by that.
    pub(super) fn progress(
        &mut self,
        row: &SheetRow,
        state: Option<(usize, &str)>,
        fields: &mut Map<String, Value>,
    ) -> bool {
        let state = state.and_then(|(_, word)| words::state_of(word, Kind::Activity));
        let done = fields.get("percent_complete").and_then(Value::as_i64).unwrap_or_default();
        let is_done = state == Some(State::Done) || done == 100;
        let begun = is_done || done > 0 || state == Some(State::InProgress);
        let start = self.day(row, Meaning::Start);
        let finish = self.day(row, Meaning::Finish);
        let waits = self.filled(row, Meaning::Predecessors);
        if let Some(start) = start {
            if begun {
                fields.entry("actual_start_on").or_insert(start);
            } else if !waits && !fields.contains_key("constraint") {
                fields.insert("constraint".into(), "start_no_earlier_than".into());
                fields.insert("constraint_on".into(), start);
            }
        }
        if let (true, Some(finish)) = (is_done, finish) {
            fields.entry("actual_finish_on").or_insert(finish);
        }
        let finished = fields.contains_key("actual_finish_on");
        let started = fields.contains_key("actual_start_on") || done > 0;
        match state {
            Some(State::Done) => finished,
            Some(State::InProgress) => started,
            _ => false,
        }
    }

    fn at(&self, meaning: Meaning) -> Option<usize> {
        self.guess.meanings.iter().position(|known| *known == Some(meaning))
    }

    fn filled(&self, row: &SheetRow, meaning: Meaning) -> bool {
        self.at(meaning).is_some_and(|at| !row.cells[at].trim().is_empty())
    }

    fn day(&mut self, row: &SheetRow, meaning: Meaning) -> Option<Value> {
        let at = self.at(meaning)?;
        let said = row.cells[at].trim();
        if said.is_empty() {
            return None;
        }
        match dates::parse(said, self.guess.forms[at]) {
            Ok(day) => Some(day.to_string().into()),
            Err(why) => {
                let message = format!("“{}” {why}; the value is left out.", text::cut(said, 60));
                self.report(Severity::Kept, row.line, at, message);
                None
            }
        }
    }

    /// The links that the cells of predecessors tell of, when all rows are known.
    pub(super) fn links(&mut self, origins: &[Origin]) {
        for (row, successor, at) in std::mem::take(&mut self.waits) {
            self.row = row;
            let said = self.sheet.rows[row].cells[at].clone();
            for part in said.split([';', ',']).map(str::trim).filter(|part| !part.is_empty()) {
                let Some((id, (link_type, lag, unit))) = predecessor(part, |id| self.keys.contains_key(id))
                else {
                    let message =
                        format!("“{}” names no row of the sheet; there is no link.", text::cut(part, 60));
                    let column = self.sheet.header[at].clone();
                    let finding = Finding::new(Severity::Kept, &self.sheet.name, origins[row].line, message);
                    self.findings.push(finding.at(column));
                    continue;
                };
                let fields = [
                    ("predecessor", json!({"key": self.keys[id]})),
                    ("successor", json!({"key": successor})),
                    ("type", json!(link_type)),
                    ("lag_days", json!(lag)),
                    ("lag_unit", json!(unit)),
                ];
                let fields = fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
                self.push(&origins[row], What::ScheduleLink, successor.clone(), None, fields);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_plans_write_them() {
        for (text, expected) in [
            ("5", Some(5.0)),
            ("2,5", Some(2.5)),
            ("5 days", Some(5.0)),
            ("3d?", Some(3.0)),
            ("2 wks", Some(10.0)),
            ("4 hrs", Some(0.5)),
            ("7 edays", Some(5.0)),
            ("-1", None),
            ("long", None),
            ("50%", None),
        ] {
            assert_eq!(days(text), expected, "{text}");
        }
        assert_eq!(
            (percent("45 %"), percent("45.4"), percent("101"), percent("x")),
            (Some(45), Some(45), None, None)
        );
    }

    #[test]
    fn a_predecessor_is_told_from_its_terms() {
        let known = |id: &str| ["3", "33", "A-1", "A-12"].contains(&id);
        let read = |text| predecessor(text, known).map(|(id, (kind, lag, _))| (id, kind.name(), lag));
        assert_eq!(read("3"), Some(("3", "FS", 0.0)));
        assert_eq!(read("33FS+2d"), Some(("33", "FS", 2.0)));
        assert_eq!(read("3 SS - 1 day"), Some(("3", "SS", -1.0)));
        assert_eq!(read("A-12"), Some(("A-12", "FS", 0.0)));
        assert_eq!(read("A-1+2d"), Some(("A-1", "FS", 2.0)));
        assert_eq!(read("4FS"), None);
        assert_eq!(read("3XX"), None);
    }
}
