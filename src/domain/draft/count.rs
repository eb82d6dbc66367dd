//! How many things a list may hold. They are counted before anything else is done with them: what is read, compared or looked up one
//! by one is never more than this.

use super::Control;
use serde_json::Value;

/// Things in a list at most, where nothing smaller is said.
const MOST: usize = 1_000;

/// What a list is called and how many it may hold, and by what its parts are kept apart in a text.
const fn limit(control: Control) -> Option<(&'static str, usize, &'static [char])> {
    match control {
        Control::Tags => Some(("tags", 30, &[',', ';'])),
        Control::Choices(_) => Some(("choices", 100, &[',', ';'])),
        Control::People => Some(("people", MOST, &[',', ';'])),
        Control::Items => Some(("items", MOST, &[',', ';'])),
        Control::Dates => Some(("dates", MOST, &[',', ';'])),
        Control::Resources => Some(("teams and people", 50, &[',', ';', '\n'])),
        Control::Holders => Some(("lines", 100, &['\n'])),
        // A plan may be committed anew as a whole.
        Control::Commitments => Some(("lines", 10_000, &['\n'])),
        Control::Rows(rows) => Some((rows.many, rows.most, &['\n'])),
        _ => None,
    }
}

/// What is wrong with a list that holds too much; nothing with all others.
pub(super) fn too_many(control: Control, raw: &Value) -> Option<String> {
    let (many, most, between) = limit(control)?;
    let count = match raw {
        Value::Array(list) => list.len(),
        Value::String(text) => {
            text.split(between).filter(|part| !part.trim().is_empty()).take(most + 1).count()
        }
        _ => 0,
    };
    (count > most).then(|| format!("At most {most} {many}."))
}
