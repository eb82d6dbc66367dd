//! People who are mentioned in a text: `@ada`, by handle, or `@Ada Lovelace`, by name or, where one alone bears it, by first name.

use super::ids::PersonId;
use std::collections::HashMap;

/// Words that a name may have.
const WORDS: usize = 4;
/// Mentions of one text that are looked up at most.
const MOST: usize = 200;

/// Where a mention may stand: what follows an `@` that no letter or digit stands before.
fn places(text: &str) -> impl Iterator<Item = usize> + '_ {
    let at = text.match_indices('@').map(|(at, _)| at);
    at.filter(|at| !text[..*at].chars().next_back().is_some_and(char::is_alphanumeric)).take(MOST)
}

/// The ends of what may be a name from here on: after each of its words, the longest last.
fn ends(text: &str) -> Vec<usize> {
    let in_name = |c: char| c.is_alphanumeric() || "-_.'’".contains(c);
    let mut ends = Vec::new();
    let mut at = 0;
    while ends.len() < WORDS {
        let word = text[at..].find(|c| !in_name(c)).map_or(&text[at..], |end| &text[at..at + end]);
        // A full stop ends the sentence, not the name.
        let bare = word.trim_end_matches(['.', '-', '\'', '’']);
        if bare.is_empty() {
            break;
        }
        ends.push(at + bare.len());
        at += word.len();
        if bare.len() < word.len() || !text[at..].starts_with(' ') {
            break;
        }
        at += 1;
    }
    ends
}

/// What may be names in texts, in lower case: each is to be looked up as a handle (with its `@`), a name and a first name.
#[must_use]
pub fn spoken<'t>(texts: impl IntoIterator<Item = &'t str>) -> Vec<String> {
    let mut found: Vec<String> = texts
        .into_iter()
        .flat_map(|text| {
            places(text).flat_map(move |at| {
                let name = &text[at + 1..];
                ends(name).into_iter().map(move |end| name[..end].to_lowercase())
            })
        })
        .collect();
    found.sort();
    found.dedup();
    found
}

/// Somebody who can be mentioned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    pub person: PersonId,
    pub name: String,
    /// With its `@`.
    pub handle: Option<String>,
}

/// Who the names that were spoken stand for.
#[derive(Clone, Debug, Default)]
pub struct Mentioned(HashMap<String, PersonId>);

impl Mentioned {
    /// A handle is one person's; a name or a first name stands for whoever alone bears it.
    #[must_use]
    pub fn new(known: &[Known]) -> Self {
        let mut by = HashMap::new();
        let first = |name: &str| name.split(' ').next().unwrap_or_default().to_lowercase();
        let alone = |of: &dyn Fn(&Known) -> String| {
            let mut bearers: HashMap<String, Vec<PersonId>> = HashMap::new();
            for one in known {
                bearers.entry(of(one)).or_default().push(one.person);
            }
            let alone = bearers.into_iter().filter(|(_, people)| people.len() == 1);
            alone.map(|(name, people)| (name, people[0])).collect::<HashMap<_, _>>()
        };
        by.extend(alone(&|one| first(&one.name)));
        // Of a full name that several bear, none is meant by it.
        for one in known {
            by.remove(&one.name.to_lowercase());
        }
        by.extend(alone(&|one| one.name.to_lowercase()));
        let handle =
            |one: &Known| Some((one.handle.as_ref()?.trim_start_matches('@').to_lowercase(), one.person));
        by.extend(known.iter().filter_map(handle));
        by.remove("");
        Self(by)
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Who is meant by a text that begins with `@`, and how many bytes of it say so, the `@` among them.
    #[must_use]
    pub fn at_start(&self, text: &str) -> Option<(PersonId, usize)> {
        let name = text.strip_prefix('@')?;
        let longest = ends(name).into_iter().rev();
        longest
            .map(|end| (end, name[..end].to_lowercase()))
            .find_map(|(end, name)| Some((*self.0.get(&name)?, end + 1)))
    }

    /// Everybody whom a text mentions, each once.
    #[must_use]
    pub fn of(&self, text: &str) -> Vec<PersonId> {
        let mut found = Vec::new();
        for (person, _) in places(text).filter_map(|at| self.at_start(&text[at..])) {
            if !found.contains(&person) {
                found.push(person);
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn id(n: u128) -> PersonId {
        PersonId(Uuid::from_u128(n))
    }

    fn known(n: u128, name: &str, handle: Option<&str>) -> Known {
        Known { person: id(n), name: name.into(), handle: handle.map(str::to_owned) }
    }

    #[test]
    fn what_may_be_a_name_is_looked_up_word_by_word() {
        assert_eq!(spoken(["Ask @Ada Lovelace, please."]), ["ada", "ada lovelace"]);
        assert_eq!(spoken(["(@ada-l)."]), ["ada-l"]);
        assert_eq!(spoken(["@Ada. Then"]), ["ada"], "a full stop ends it");
        assert_eq!(spoken(["ann@example.org and @ nobody, @@"]), [] as [&str; 0]);
        assert_eq!(spoken(["@Zoë O’Neill"]), ["zoë", "zoë o’neill"]);
    }

    #[test]
    fn a_person_is_meant_by_handle_by_name_and_by_a_first_name_that_is_theirs_alone() {
        let people = Mentioned::new(&[
            known(1, "Ada Lovelace", Some("@countess")),
            known(2, "Ada Byron", None),
            known(3, "Grace Hopper", None),
            known(4, "Max", Some("@grace")),
            known(5, "Twin", None),
            known(6, "Twin", None),
        ]);
        assert_eq!(people.of("@Ada Lovelace and @ADA BYRON will see"), [id(1), id(2)]);
        assert_eq!(people.of("@countess, @Max: see. @Max!"), [id(1), id(4)]);
        assert_eq!(people.of("@Ada"), [], "two bear it");
        assert_eq!(people.of("@Twin"), [], "two bear it whole");
        assert_eq!(people.of("@Grace"), [id(4)], "a handle is surer than a first name");
        assert_eq!(people.of("@Grace Hopper"), [id(3)], "and a whole name says more");
        assert_eq!(people.of("mail max@max.org, @Maxine"), []);
        assert_eq!(people.at_start("@Ada Byron says"), Some((id(2), 10)));
    }
}
