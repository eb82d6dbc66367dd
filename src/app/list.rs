//! What the lists of milestones, dependencies and risks have in common: a program's rows of one kind are read in one query,
//! so what they are filtered by, counted by and shown by is decided here, on the whole.

use crate::domain::ids::{PersonId, ProjectId};
use crate::domain::kind::{Reference, State};
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// Rows on one page of a list.
pub const PAGE: usize = 100;

/// What every list can be filtered by; an empty text doesn't restrict.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub q: String,
    /// The key of a project; `none` for none.
    pub project: String,
    /// The id of a person; `me` for the reader, `none` for none.
    pub owner: String,
    pub tag: String,
    /// The name of a state, or `open`, `closed`, `all`. Empty: open if there is any, else all.
    pub state: String,
    /// Counted from 1; 0 for the whole list.
    pub page: usize,
    /// A field's name, after `-` downwards.
    pub sort: String,
}

impl Filter {
    /// The words to look for. Of the reference of an item of the program, `ATLAS-R12`, what its list shows: `R12`.
    #[must_use]
    pub fn words(&self, program: &str) -> Option<&str> {
        let words = self.q.trim();
        let end = Reference::parse(words).filter(|named| named.program == program);
        let words = end.and_then(|_| words.rsplit_once('-')).map_or(words, |(_, end)| end);
        Some(words).filter(|words| !words.is_empty())
    }

    /// The field to sort by, and whether downwards.
    #[must_use]
    pub fn order(&self) -> (&str, bool) {
        self.sort.strip_prefix('-').map_or((self.sort.as_str(), false), |field| (field, true))
    }

    pub(super) fn takes(&self, common: &Common<'_>, me: PersonId) -> bool {
        let owner = match self.owner.as_str() {
            "" => true,
            "none" => common.owner.is_none(),
            "me" => common.owner == Some(me),
            id => common.owner.is_some_and(|owner| owner.to_string() == id),
        };
        let project = match self.project.as_str() {
            "" => true,
            "none" => common.project.is_none(),
            key => common.project.is_some_and(|project| project.eq_ignore_ascii_case(key)),
        };
        common.hit && owner && project && (self.tag.is_empty() || common.tags.contains(&self.tag))
    }

    /// Whether a state is asked for, once it is settled what an empty one stands for.
    pub(super) fn takes_state(asked: &str, state: State, open: bool) -> bool {
        match asked {
            "all" => true,
            "open" => open,
            "closed" => !open,
            name => state.name() == name,
        }
    }
}

/// What a row has in common with others.
pub(super) struct Common<'r> {
    pub hit: bool,
    pub owner: Option<PersonId>,
    pub project: Option<&'r str>,
    pub tags: &'r [String],
}

/// What the rows of a program offer to filter by, each with how many rows have it.
#[derive(Clone, Debug, Default)]
pub struct Facets {
    /// Key, name.
    pub projects: Vec<(String, String, usize)>,
    /// Id, name.
    pub owners: Vec<(String, String, usize)>,
    pub tags: Vec<(String, usize)>,
    pub states: Vec<(State, usize)>,
}

#[derive(Default)]
pub(super) struct FacetCount<'r> {
    projects: BTreeMap<&'r str, (&'r str, usize)>,
    owners: BTreeMap<PersonId, (&'r str, usize)>,
    tags: BTreeMap<&'r str, usize>,
    states: BTreeMap<State, usize>,
}

impl<'r> FacetCount<'r> {
    pub fn project(&mut self, id: Option<ProjectId>, key: Option<&'r str>, name: Option<&'r str>) {
        if let (Some(_), Some(key), Some(name)) = (id, key, name) {
            self.projects.entry(key).or_insert((name, 0)).1 += 1;
        }
    }

    pub fn owner(&mut self, id: Option<PersonId>, name: Option<&'r str>) {
        if let (Some(id), Some(name)) = (id, name) {
            self.owners.entry(id).or_insert((name, 0)).1 += 1;
        }
    }

    pub fn tags(&mut self, tags: &'r [String]) {
        for tag in tags {
            *self.tags.entry(tag).or_default() += 1;
        }
    }

    pub fn state(&mut self, state: State) {
        *self.states.entry(state).or_default() += 1;
    }

    /// Names in their order; tags that stand on one row only are left out where there are many.
    pub fn facets(self) -> Facets {
        let mut projects: Vec<_> = self
            .projects
            .into_iter()
            .map(|(key, (name, count))| (key.to_owned(), name.to_owned(), count))
            .collect();
        projects.sort_by_key(|(_, name, _)| name.to_lowercase());
        let mut owners: Vec<_> = self
            .owners
            .into_iter()
            .map(|(id, (name, count))| (id.to_string(), name.to_owned(), count))
            .collect();
        owners.sort_by_key(|(_, name, _)| name.to_lowercase());
        let least = if self.tags.len() > 40 { 4 } else { 1 };
        let mut tags: Vec<_> = self
            .tags
            .into_iter()
            .filter(|(_, count)| *count >= least)
            .map(|(tag, count)| (tag.to_owned(), count))
            .collect();
        tags.sort_by(|(a, _), (b, _)| natural(a, b));
        Facets { projects, owners, tags, states: self.states.into_iter().collect() }
    }
}

/// The order of a reader: figures in a text by their value, so that v1.9 comes before v1.10.
#[must_use]
pub fn natural(a: &str, b: &str) -> Ordering {
    fn parts(text: &str) -> Vec<(u64, String)> {
        let mut parts: Vec<(u64, String)> = Vec::new();
        let mut figures = String::new();
        let mut word = String::new();
        for c in text.chars().flat_map(char::to_lowercase) {
            if c.is_ascii_digit() {
                if !word.is_empty() {
                    parts.push((0, std::mem::take(&mut word)));
                }
                figures.push(c);
            } else {
                if !figures.is_empty() {
                    parts.push((std::mem::take(&mut figures).parse().unwrap_or(u64::MAX), String::new()));
                }
                word.push(c);
            }
        }
        if !figures.is_empty() {
            parts.push((figures.parse().unwrap_or(u64::MAX), String::new()));
        }
        if !word.is_empty() {
            parts.push((0, word));
        }
        parts
    }
    parts(a).cmp(&parts(b)).then_with(|| a.cmp(b))
}

/// Sorts by a key, in either direction; rows without one come last in both.
pub(super) fn sort_by<T, K: Ord>(rows: &mut [T], descending: bool, key: impl Fn(&T) -> Option<K>) {
    rows.sort_by(|a, b| match (key(a), key(b)) {
        (Some(a), Some(b)) if descending => b.cmp(&a),
        (Some(a), Some(b)) => a.cmp(&b),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => Ordering::Equal,
    });
}

/// One page of rows; all of them for page 0.
pub(super) fn paged<T>(rows: Vec<T>, page: usize) -> Vec<T> {
    if page == 0 {
        return rows;
    }
    rows.into_iter().skip((page - 1).saturating_mul(PAGE)).take(PAGE).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_in_names_are_sorted_by_value() {
        let mut tags = vec!["v1.10", "v1.9", "beta", "v1.9.1", "2026-Q3", "v1"];
        tags.sort_by(|a, b| natural(a, b));
        assert_eq!(tags, ["beta", "v1", "v1.9", "v1.9.1", "v1.10", "2026-Q3"]);
    }

    #[test]
    fn what_has_no_value_comes_last_in_both_directions() {
        let mut rows = vec![None, Some(2), Some(1)];
        sort_by(&mut rows, false, |row| *row);
        assert_eq!(rows, [Some(1), Some(2), None]);
        sort_by(&mut rows, true, |row| *row);
        assert_eq!(rows, [Some(2), Some(1), None]);
    }
}
