//! Which texts of a draft a person made their own, and what in them would no longer be written.
//!
//! With the draft is kept what Plumbline wrote, by the name of the text. A text that says just that was touched by nobody: it is written
//! anew from the facts of the day. One that a person changed stays as it is, and what in it no longer holds is told.

use super::{DIMENSIONS, Frozen, Report};
use crate::domain::kind::Reference;
use std::collections::BTreeMap;

/// The texts of a report by name: `headline`, `narrative.schedule` …
pub type Texts = BTreeMap<String, String>;

const NARRATIVE: &str = "narrative.";

/// A text that a person changed, and what in it would no longer be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stale {
    /// The name of the text.
    pub text: String,
    pub sentences: Vec<String>,
    /// What would be written now.
    pub now: String,
}

impl Stale {
    /// The field that holds it: `headline`, `narrative`.
    #[must_use]
    pub fn field(&self) -> &str {
        self.text.split('.').next().unwrap_or_default()
    }

    /// What a reader calls it: `Headline`, `Schedule in words`.
    #[must_use]
    pub fn label(&self) -> String {
        let dimension = self.text.strip_prefix(NARRATIVE);
        let dimension = dimension.and_then(|name| DIMENSIONS.iter().find(|(known, _)| *known == name));
        match (dimension, self.text.as_str()) {
            (Some((_, label)), _) => format!("{label} in words"),
            (None, "decisions_needed") => "What we need from you".to_owned(),
            (None, "next_steps") => "Next steps".to_owned(),
            _ => "Headline".to_owned(),
        }
    }

    /// What is wrong, in a sentence.
    #[must_use]
    pub fn says(&self) -> String {
        let sentences: Vec<String> = self.sentences.iter().map(|text| format!("“{text}”")).collect();
        format!("{}: the facts no longer say {}.", self.label(), sentences.join(" · "))
    }
}

fn texts(headline: &str, narrative: &BTreeMap<String, String>, needed: &str, steps: &str) -> Texts {
    let own = [("headline", headline), ("decisions_needed", needed), ("next_steps", steps)];
    let own = own.into_iter().map(|(name, text)| (name.to_owned(), text.to_owned()));
    own.chain(narrative.iter().map(|(name, text)| (format!("{NARRATIVE}{name}"), text.clone()))).collect()
}

impl Frozen {
    /// Its texts by name.
    #[must_use]
    pub fn texts(&self) -> Texts {
        texts(&self.headline, &self.narrative, &self.decisions_needed, &self.next_steps)
    }
}

impl Report {
    /// Its texts by name.
    #[must_use]
    pub fn texts(&self) -> Texts {
        texts(&self.headline, &self.narrative, &self.decisions_needed, &self.next_steps)
    }

    /// Writes what nobody touched anew. `before` is the report that was changed, if it was: what is said now and wasn't then was written
    /// with the facts of today before the writer's eyes, all but the sentences that it kept.
    pub fn renew(&mut self, before: Option<&Self>, now: &Texts) {
        let kept = self.written.take().unwrap_or_default();
        let was = before.map(Self::texts);
        let mut written = Texts::new();
        for (name, said) in self.all_texts(now) {
            let anew = now.get(&name).map_or("", String::as_str);
            let then = kept.get(&name);
            if then.is_some_and(|then| same(then, &said)) || same(anew, &said) {
                self.say(&name, anew);
                written.insert(name, anew.to_owned());
                continue;
            }
            let changed = was.as_ref().is_none_or(|was| was.get(&name).is_none_or(|was| !same(was, &said)));
            let keeps = match (changed, then) {
                // A draft that is begun with words of one's own has none of which Plumbline wrote something else.
                (true, _) if before.is_none() => anew.to_owned(),
                (true, then) => {
                    let left = stale(&said, then.map(String::as_str), anew);
                    [anew.to_owned()].into_iter().chain(left).collect::<Vec<_>>().join("\n")
                }
                (false, Some(then)) => then.clone(),
                (false, None) => continue,
            };
            written.insert(name, keeps);
        }
        self.written = Some(written);
    }

    /// What in the texts that a person changed would no longer be written.
    #[must_use]
    pub fn stale(&self, now: &Texts) -> Vec<Stale> {
        let kept = self.written.as_ref();
        let found = self.all_texts(now).into_iter().filter_map(|(name, said)| {
            let anew = now.get(&name).map_or("", String::as_str);
            let then = kept.and_then(|kept| kept.get(&name)).map(String::as_str);
            if then.is_some_and(|then| same(then, &said)) {
                return None;
            }
            let sentences = stale(&said, then, anew);
            (!sentences.is_empty()).then(|| Stale { text: name, sentences, now: anew.to_owned() })
        });
        found.collect()
    }

    /// Its texts, those that it leaves out and that would be written among them.
    fn all_texts(&self, now: &Texts) -> Texts {
        let mut all = self.texts();
        for name in now.keys() {
            all.entry(name.clone()).or_default();
        }
        all
    }

    fn say(&mut self, name: &str, text: &str) {
        let text = text.to_owned();
        match name {
            "headline" => self.headline = text,
            "decisions_needed" => self.decisions_needed = text,
            "next_steps" => self.next_steps = text,
            _ => {
                let dimension = name.strip_prefix(NARRATIVE).unwrap_or(name);
                self.narrative.insert(dimension.to_owned(), text);
            }
        }
    }
}

/// Whether two texts say the same, but for the white space around their lines.
#[must_use]
pub fn same(one: &str, other: &str) -> bool {
    let lines = |text: &'_ str| text.trim().lines().map(|line| line.trim().to_owned()).collect::<Vec<_>>();
    lines(one) == lines(other)
}

/// The sentences of a text that Plumbline wrote and wouldn't write now, and those about an item of which it no longer speaks there.
/// Where it isn't known what it wrote, the second alone.
fn stale(said: &str, then: Option<&str>, now: &str) -> Vec<String> {
    let wrote = sentences(then.unwrap_or_default());
    let writes = sentences(now);
    let spoken = Reference::find_all(then.unwrap_or(said));
    let speaks = Reference::find_all(now);
    let gone = |sentence: &&str| {
        (wrote.contains(sentence) && !writes.contains(sentence))
            || Reference::find_all(sentence).iter().any(|one| spoken.contains(one) && !speaks.contains(one))
    };
    sentences(said).into_iter().filter(gone).map(str::to_owned).collect()
}

/// The sentences of a text; a line of a list is one.
fn sentences(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        if let Some(point) = line.strip_prefix("- ") {
            found.push(point.trim());
            continue;
        }
        let mut rest = line;
        while let Some(end) = end_of_first(rest) {
            let (first, then) = rest.split_at(end);
            found.push(first.trim());
            rest = then.trim_start();
        }
        if !rest.is_empty() {
            found.push(rest);
        }
    }
    found
}

/// Where the first sentence ends, if another follows it: a full stop, a space and a capital.
fn end_of_first(text: &str) -> Option<usize> {
    text.match_indices(['.', '!', '?']).map(|(at, end)| at + end.len()).find(|end| {
        let mut rest = text[*end..].chars();
        rest.next() == Some(' ') && rest.next().is_some_and(|next| next.is_uppercase() || next == '“')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(headline: &str, wrote: &str) -> Report {
        let written = Texts::from([("headline".to_owned(), wrote.to_owned())]);
        Report { headline: headline.into(), written: Some(written), ..Report::default() }
    }

    fn now(headline: &str) -> Texts {
        Texts::from([("headline".to_owned(), headline.to_owned())])
    }

    #[test]
    fn what_nobody_touched_is_written_anew_and_what_somebody_touched_stays() {
        let mut untouched = report("Two wait.", "Two wait.\r\n");
        untouched.renew(None, &now("One waits."));
        assert_eq!(untouched.headline, "One waits.");
        assert!(untouched.stale(&now("One waits.")).is_empty());
        untouched.renew(None, &now("None waits."));
        assert_eq!(untouched.headline, "None waits.", "and again");

        let before = report("Mine.", "Two wait.");
        let mut touched = before.clone();
        touched.renew(Some(&before), &now("One waits."));
        assert_eq!(touched.headline, "Mine.");
        assert!(touched.stale(&now("One waits.")).is_empty(), "what is all their own isn't judged");
    }

    #[test]
    fn a_sentence_that_would_no_longer_be_written_is_told_until_it_is_changed() {
        let wrote = "Atlas is red. Decide by 3 Jul: Which vendor (ATLAS-DEC1).";
        let mut own = report(&format!("{wrote} The team is well."), wrote);
        assert!(own.stale(&now(wrote)).is_empty(), "it holds");
        let later = now("Atlas is red.");
        let told = own.stale(&later);
        assert_eq!(told[0].sentences, ["Decide by 3 Jul: Which vendor (ATLAS-DEC1)."]);
        assert_eq!(
            told[0].says(),
            "Headline: the facts no longer say “Decide by 3 Jul: Which vendor (ATLAS-DEC1).”."
        );

        // Another change of the same text doesn't hide it; one of the sentence does.
        let before = own.clone();
        own.headline = format!("{wrote} All is well.");
        own.renew(Some(&before), &later);
        assert_eq!(own.stale(&later)[0].sentences, ["Decide by 3 Jul: Which vendor (ATLAS-DEC1)."]);
        let before = own.clone();
        own.headline = "Atlas is red. All is well.".into();
        own.renew(Some(&before), &later);
        assert!(own.stale(&later).is_empty());
    }

    #[test]
    fn a_draft_begun_with_words_of_ones_own_is_told_of_nothing_that_was_never_written() {
        let mut own = Report { headline: "We watch ATLAS-R9.".into(), ..Report::default() };
        own.renew(None, &now("Atlas is red: ATLAS-R1."));
        assert!(own.stale(&now("Atlas is red: ATLAS-R1.")).is_empty());
        assert!(own.stale(&now("Atlas is green.")).is_empty());
        let before = own.clone();
        own.headline = "We watch ATLAS-R9 and ATLAS-R1.".into();
        own.renew(Some(&before), &now("Atlas is red: ATLAS-R1."));
        let told = own.stale(&now("Atlas is green."));
        assert_eq!(
            told[0].sentences,
            ["We watch ATLAS-R9 and ATLAS-R1."],
            "ATLAS-R1 was written of, and no longer is"
        );
    }

    #[test]
    fn words_of_ones_own_about_what_is_settled_are_told() {
        let own = report("Please hurry with ATLAS-DEC1. Thanks!", "One waits: Which vendor (ATLAS-DEC1).");
        let told = own.stale(&now("No decision waits."));
        assert_eq!(told[0].sentences, ["Please hurry with ATLAS-DEC1."]);
        // Of a draft of which it isn't known what was written, what is cited counts.
        let old = Report { written: None, ..own };
        assert_eq!(old.stale(&now("No decision waits."))[0].sentences, ["Please hurry with ATLAS-DEC1."]);
        assert!(old.stale(&now("Waits: ATLAS-DEC1.")).is_empty());
    }
}
