//! Short references to items, `ATLAS-R12`, and where they stand in texts.

use super::ids::ItemId;
use super::kind::Kind;

/// A short reference, `ATLAS-R12`: the program's key, the kind's code and the number.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reference {
    pub program: String,
    pub kind: Kind,
    pub number: i32,
}

impl Reference {
    /// Reads a reference, in any case, with or without a leading `#`. `None` if the text isn't one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (program, rest) = text.strip_prefix('#').unwrap_or(text).rsplit_once('-')?;
        let digits = rest.find(|c: char| c.is_ascii_digit())?;
        let (code, number) = rest.split_at(digits);
        let valid_key = (2..=12).contains(&program.len())
            && program.chars().all(|c| c.is_ascii_alphanumeric())
            && program.starts_with(|c: char| c.is_ascii_alphabetic());
        if !valid_key || number.len() > 9 || !number.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let number = number.parse().ok().filter(|n| *n > 0)?;
        Some(Self { program: program.to_ascii_uppercase(), kind: Kind::from_code(code)?, number })
    }

    /// The references that stand in a text, each once, in order of appearance.
    #[must_use]
    pub fn find_all(text: &str) -> Vec<Self> {
        let mut found = Vec::new();
        for word in text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-')) {
            if let Some(reference) = Self::parse(word)
                && word.starts_with(|c: char| c.is_ascii_uppercase())
                && !found.contains(&reference)
            {
                found.push(reference);
            }
        }
        found
    }

    /// The path of the item's page.
    #[must_use]
    pub fn path(&self) -> String {
        format!("/programs/{}/{}/{}", self.program, self.kind.plural(), self.number)
    }
}

impl std::fmt::Display for Reference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}{}", self.program, self.kind.code(), self.number)
    }
}

/// What is needed to name an item and lead to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemName {
    pub id: ItemId,
    pub reference: Reference,
    pub title: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_is_read_in_any_case_and_written_in_one() {
        let reference = Reference::parse("#atlas-dec7").unwrap();
        assert_eq!(reference.to_string(), "ATLAS-DEC7");
        assert_eq!(reference.path(), "/programs/ATLAS/decisions/7");
        for wrong in [
            "ATLAS",
            "ATLAS-",
            "ATLAS-R",
            "ATLAS-R0",
            "ATLAS-X1",
            "-R1",
            "ATLAS-R12x",
            "A-R1",
            "ATLAS-R99999999999",
        ] {
            assert_eq!(Reference::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn references_are_found_in_prose_once_each() {
        let found = Reference::find_all(
            "See ATLAS-R12, then (ATLAS-M3); ATLAS-R12 again. UTF-8, atlas-r1 and X-R1 are none.",
        );
        assert_eq!(found.iter().map(ToString::to_string).collect::<Vec<_>>(), ["ATLAS-R12", "ATLAS-M3"]);
    }
}
