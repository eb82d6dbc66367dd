//! What a published report froze, as a document that leaves in parts and comes back.

use super::{Frozen, Report, Texts, colour, same};
use crate::domain::health::Rag;
use chrono::NaiveDate;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Of how many characters a part is at most, counted as spreadsheets count them: in UTF-16. A cell holds 32,767.
pub const PART: usize = 30_000;

/// What a report froze, and what Plumbline had written for it where that is known.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    pub frozen: Map<String, Value>,
    pub written: Option<Texts>,
}

/// Cuts a document into texts that together are it. None begins or ends with a space, which a spreadsheet or a reader may take away, and
/// none has a control character: within the strings of JSON all of them can be escaped.
#[must_use]
pub fn parts(document: &Value) -> Vec<String> {
    let text = document.to_string();
    let mut parts = vec![String::new()];
    let (mut length, mut chars) = (0, text.chars().peekable());
    while let Some(next) = chars.next() {
        let is_edge = length == 0 || length + 12 > PART || chars.peek().is_none();
        let written = if next.is_control() || (next.is_whitespace() && is_edge) {
            format!("\\u{:04x}", u32::from(next))
        } else {
            next.to_string()
        };
        length += written.encode_utf16().count();
        if let Some(part) = parts.last_mut() {
            part.push_str(&written);
        }
        if length + 6 > PART && chars.peek().is_some() {
            parts.push(String::new());
            length = 0;
        }
    }
    parts
}

impl Document {
    /// Reads a document, its parts put together again.
    ///
    /// # Errors
    /// Why it is none, for the reader.
    pub fn read(text: &str) -> Result<Self, String> {
        let whole = serde_json::from_str(text).map_err(|wrong| format!("It is no JSON: {wrong}."))?;
        if has_nul(&whole) {
            return Err("The control character U+0000 can't be kept; take it out.".into());
        }
        let Value::Object(mut whole) = whole else { return Err("It is no document of a report.".into()) };
        let Some(Value::Object(frozen)) = whole.shift_remove("frozen") else {
            return Err("It has nothing that was frozen.".into());
        };
        let written = whole.shift_remove("written").unwrap_or_default();
        let written = serde_json::from_value(written).map_err(|wrong| format!("“written”: {wrong}."))?;
        if let Some(name) = whole.keys().next() {
            return Err(format!("A report has no “{name}” beside what it froze."));
        }
        let known = Frozen::default().stored();
        if let Some(name) = frozen.keys().find(|name| !known.contains_key(*name)) {
            return Err(format!("A report freezes no “{name}”."));
        }
        Frozen::read(frozen.clone()).map_err(|wrong| format!("It is no document of a report: {wrong}."))?;
        Ok(Self { frozen, written })
    }

    /// Refuses a document that isn't of this published report, whose program has this key: what one shows and what is counted of it would
    /// be two things.
    ///
    /// # Errors
    /// In what the two differ.
    pub fn is_of(&self, report: &Report, program: &str, today: NaiveDate) -> Result<(), String> {
        let frozen = Frozen::read(self.frozen.clone()).map_err(|wrong| wrong.to_string())?;
        let pair = |name: &str, rag: Rag| (name.to_owned(), rag.name().to_owned());
        let dimensions = frozen.health.dimensions.iter();
        let computed: BTreeMap<_, _> =
            dimensions.map(|judged| pair(judged.dimension.name(), judged.rag)).collect();
        let declared: BTreeMap<_, _> = frozen.declared.iter().map(|(name, rag)| pair(name, *rag)).collect();
        let has = |name: &str| self.frozen.contains_key(name);
        if has("program") && frozen.program != program {
            return Err(format!("It is of the program {}.", frozen.program));
        }
        if has("period_to") && frozen.period_to != report.period_to {
            return Err("It is of another period.".into());
        }
        let texts = [
            ("headline", &frozen.headline, &report.headline),
            ("decisions_needed", &frozen.decisions_needed, &report.decisions_needed),
            ("next_steps", &frozen.next_steps, &report.next_steps),
        ];
        let named = [
            ("narrative", &frozen.narrative, &report.narrative),
            ("reasons", &frozen.reasons, &report.reasons),
        ];
        let other =
            texts.iter().find(|(name, froze, says)| has(name) && !same(froze, says)).map(|(name, ..)| name);
        let other = other.or_else(|| {
            named
                .iter()
                .find(|(name, froze, says)| has(name) && !all_same(froze, says))
                .map(|(name, ..)| name)
        });
        if let Some(name) = other {
            return Err(format!("Its “{name}” is another than the report’s."));
        }
        if has("health")
            && (&computed, Some(frozen.health.rules_version)) != (&report.computed, report.rules_version)
        {
            return Err("It says other computed colours than the report.".into());
        }
        if has("declared") && declared != report.declared {
            return Err("It declares other colours than the report.".into());
        }
        if frozen.published_on.is_some_and(|on| on > today) {
            return Err("It was published on a day that has not come yet.".into());
        }
        // A report may say an earlier day than the one on which it was published.
        if frozen.published_on.zip(report.published_on).is_some_and(|(froze, says)| froze < says) {
            return Err("It was published before the day that the report says.".into());
        }
        Ok(())
    }
}

/// Whether a report that is published says when, and only colours that there are.
///
/// # Errors
/// Names the column.
pub fn is_whole(report: &Report, today: NaiveDate) -> Result<(), (&'static str, String)> {
    match report.published_on {
        None => return Err(("published_on", "A published report says when it was published.".into())),
        Some(on) if on > today => return Err(("published_on", "That day has not come yet.".into())),
        Some(_) => {}
    }
    for (column, colours) in [("computed", &report.computed), ("declared", &report.declared)] {
        if let Some(odd) = colours.values().find(|name| colour(name).is_none()) {
            return Err((column, format!("There is no colour “{odd}”.")));
        }
    }
    Ok(())
}

/// Whether texts by name say the same; one that is empty says nothing.
fn all_same(one: &BTreeMap<String, String>, other: &BTreeMap<String, String>) -> bool {
    let none = String::new();
    let names = one.keys().chain(other.keys());
    names.into_iter().all(|name| same(one.get(name).unwrap_or(&none), other.get(name).unwrap_or(&none)))
}

fn has_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(list) => list.iter().any(has_nul),
        Value::Object(map) => map.iter().any(|(name, value)| name.contains('\0') || has_nul(value)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn a_long_document_is_cut_into_cells_and_put_together_again() {
        for filling in ["a", " ", "\u{1f6a2}", "\u{85}\u{3000}x", "=\"\\ ", "\n\t"] {
            let headline = filling.repeat(100_000 / filling.len());
            let document = json!({"frozen": {"headline": headline}, "written": {"headline": " "}});
            let parts = parts(&document);
            assert!(parts.len() > 1, "{filling:?}");
            for part in &parts {
                assert!(part.encode_utf16().count() <= PART, "{filling:?}");
                assert_eq!(part.trim(), part, "{filling:?}");
                assert!(!part.contains(char::is_control), "{filling:?}");
            }
            let read = Document::read(&parts.concat()).unwrap();
            assert_eq!(read.frozen["headline"], json!(headline), "{filling:?}");
            assert_eq!(read.written.unwrap()["headline"], " ");
        }
    }

    #[test]
    fn what_is_no_document_says_why() {
        for (text, why) in [
            ("{\"frozen\":", "It is no JSON: EOF"),
            ("[]", "It is no document of a report."),
            ("{}", "It has nothing that was frozen."),
            ("{\"frozen\":{},\"more\":1}", "A report has no “more” beside"),
            ("{\"frozen\":{\"moon\":1}}", "A report freezes no “moon”."),
            ("{\"frozen\":{\"period_to\":\"soon\"}}", "It is no document of a report: "),
            ("{\"frozen\":{\"declared\":{\"scope\":\"blue\"}}}", "It is no document of a report: "),
            ("{\"frozen\":{\"headline\":\"\\u0000\"}}", "The control character U+0000"),
            ("{\"frozen\":{},\"written\":3}", "“written”: "),
        ] {
            assert!(Document::read(text).unwrap_err().starts_with(why), "{text}: {:?}", Document::read(text));
        }
    }

    proptest! {
        #[test]
        fn every_number_comes_back_as_it_was(value in proptest::num::f64::NORMAL) {
            let document = json!({"frozen": {"metrics": [{"value": value}]}});
            let again: Value = serde_json::from_str(&parts(&document).concat()).unwrap();
            prop_assert_eq!(again["frozen"]["metrics"][0]["value"].as_f64(), Some(value));
        }
    }
}
