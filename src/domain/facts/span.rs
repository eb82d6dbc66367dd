//! Facts of a span of days, cut out of a history that goes further back and on: what would be read if that span were asked for.

use super::{Facts, Governance, Record, Records, Shared, Track, Tracks};
use crate::domain::ids::ItemId;
use chrono::NaiveDate;
use std::collections::HashMap;

/// The titles that items had, of those that had more than one: each with the day from which it was the title.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Titles(HashMap<ItemId, Vec<(NaiveDate, String)>>);

impl Titles {
    /// Takes down the titles of an item, oldest first, in the place of those that were known.
    pub fn note(&mut self, item: ItemId, titles: &[(NaiveDate, String)]) {
        if titles.len() > 1 {
            self.0.insert(item, titles.to_vec());
        } else {
            self.0.remove(&item);
        }
    }

    /// What an item was called at the end of a day, if that isn't what it was called all along.
    fn at(&self, item: ItemId, day: NaiveDate) -> Option<&str> {
        let titles = self.0.get(&item)?;
        let after = titles.partition_point(|(from, _)| *from <= day);
        let (_, title) = titles.get(after.saturating_sub(1))?;
        Some(title)
    }
}

/// A span of days: what held at the end of `since` or later, and took effect by `until`.
#[derive(Clone, Copy, Debug)]
struct Span {
    since: NaiveDate,
    until: NaiveDate,
}

impl Facts {
    /// What is known of the versions that held at the end of `since` or later and took effect by `until`; items are named as
    /// they were called then. Of governance all is known, however far back. Lists of which nothing falls away are shared.
    #[must_use]
    pub fn within(&self, since: NaiveDate, until: NaiveDate, titles: &Titles) -> Self {
        let span = Span { since, until };
        let ever = Span { since: NaiveDate::MIN, until };
        let holds = |from: NaiveDate, to: Option<NaiveDate>| from <= until && to.is_none_or(|to| to > since);
        Self {
            milestones: tracks(&self.milestones, span, titles),
            risks: tracks(&self.risks, span, titles),
            assumptions: tracks(&self.assumptions, span, titles),
            issues: tracks(&self.issues, span, titles),
            dependencies: tracks(&self.dependencies, span, titles),
            decisions: tracks(&self.decisions, span, titles),
            changes: tracks(&self.changes, span, titles),
            actions: tracks(&self.actions, span, titles),
            action_links: self.action_links.iter().filter(|l| holds(l.from, l.until)).copied().collect(),
            governance: governance(&self.governance, ever, titles),
            ..self.clone()
        }
    }

    /// The same facts, sharing with `other` the lists that are the same in both.
    #[must_use]
    pub fn sharing(mut self, other: &Self) -> Self {
        macro_rules! share {
            ($($list:ident),+) => {$(
                if self.$list == other.$list {
                    self.$list = other.$list.clone();
                }
            )+};
        }
        share!(milestones, risks, assumptions, issues, dependencies, decisions, changes, actions);
        self.governance = self.governance.sharing(&other.governance);
        self
    }
}

fn governance(all: &Governance, ever: Span, titles: &Titles) -> Governance {
    Governance {
        gates: tracks(&all.gates, ever, titles),
        checks: tracks(&all.checks, ever, titles),
        releases: tracks(&all.releases, ever, titles),
        reports: tracks(&all.reports, ever, titles),
        benefits: tracks(&all.benefits, ever, titles),
        meetings: tracks(&all.meetings, ever, titles),
        costs: tracks(&all.costs, ever, titles),
        release_events: records(&all.release_events, ever.until),
        rework: records(&all.rework, ever.until),
        completions: records(&all.completions, ever.until),
        adoption_targets: records(&all.adoption_targets, ever.until),
        measurements: records(&all.measurements, ever.until),
        invitations: records(&all.invitations, ever.until),
        answers: records(&all.answers, ever.until),
        ratings: records(&all.ratings, ever.until),
        outcomes: records(&all.outcomes, ever.until),
        budget: records(&all.budget, ever.until),
    }
}

/// Where the versions of a track begin and end that fall into a span.
fn bounds<T>(track: &Track<T>, span: Span) -> (usize, usize) {
    let end = track.versions.partition_point(|version| version.effective_on <= span.until);
    let held = track.versions.partition_point(|version| version.effective_on <= span.since);
    (held.saturating_sub(1).min(end), end)
}

fn tracks<T: Clone>(all: &Tracks<T>, span: Span, titles: &Titles) -> Tracks<T> {
    let whole = |track: &Track<T>| {
        let called = titles.at(track.item, span.until);
        bounds(track, span) == (0, track.versions.len()) && called.is_none_or(|title| title == track.title)
    };
    if all.iter().all(whole) {
        return all.clone();
    }
    let cut = all.iter().filter_map(|track| {
        let (begin, end) = bounds(track, span);
        let versions = track.versions.get(begin..end).filter(|versions| !versions.is_empty())?.to_vec();
        let title = titles.at(track.item, span.until).unwrap_or(&track.title).to_owned();
        Some(Track { item: track.item, kind: track.kind, number: track.number, title, versions })
    });
    Shared::from(cut.collect::<Vec<_>>())
}

fn records<T: Clone>(all: &Records<T>, until: NaiveDate) -> Records<T> {
    if all.iter().all(|record| record.from <= until) {
        return all.clone();
    }
    let cut = all.iter().filter(|record| record.from <= until).cloned();
    Shared::from(cut.collect::<Vec<Record<T>>>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::facts::{ActionFact, ActionLink, Common, Version};
    use crate::domain::kind::{Kind, State};
    use uuid::Uuid;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn action(id: u128, title: &str, days: &[&str]) -> Track<ActionFact> {
        let versions = days.iter().map(|on| {
            let common = Common {
                state: State::Open,
                project: None,
                owner: None,
                raised_on: day(days[0]),
                next_on: None,
                closed_on: None,
                updated_on: day(on),
                archived: false,
            };
            Version { effective_on: day(on), fact: ActionFact { common, due_on: None } }
        });
        let item = ItemId(Uuid::from_u128(id));
        Track { item, kind: Kind::Action, number: 1, title: title.to_owned(), versions: versions.collect() }
    }

    fn days(facts: &Facts) -> Vec<Vec<String>> {
        let of =
            |track: &Track<ActionFact>| track.versions.iter().map(|v| v.effective_on.to_string()).collect();
        facts.actions.iter().map(of).collect()
    }

    #[test]
    fn a_span_holds_what_was_in_force_at_its_beginning_and_what_came_until_its_end() {
        let all = [
            action(1, "Old", &["2026-01-01", "2026-02-01", "2026-03-01", "2026-04-01"]),
            action(2, "Young", &["2026-05-01"]),
        ];
        let history = Facts { actions: Tracks::from(all.to_vec()), ..Facts::default() };
        let within = |since, until| days(&history.within(day(since), day(until), &Titles::default()));
        assert_eq!(within("2026-02-15", "2026-03-15"), [["2026-02-01", "2026-03-01"]]);
        assert_eq!(within("2026-02-01", "2026-03-01"), [["2026-02-01", "2026-03-01"]], "from the day on");
        assert_eq!(within("2025-06-01", "2025-12-31"), [[""; 0]; 0], "before there was anything");
        assert_eq!(within("2025-12-01", "2026-01-31"), [["2026-01-01"]]);
        let whole = history.within(day("2025-12-01"), day("2026-06-01"), &Titles::default());
        assert_eq!(whole, history);
        assert_eq!(whole.actions.as_ptr(), history.actions.as_ptr(), "what is whole is shared");
    }

    #[test]
    fn items_are_named_as_they_were_called_at_the_end_of_the_span() {
        let renamed = action(1, "New name", &["2026-01-01", "2026-02-01"]);
        let item = renamed.item;
        let history = Facts { actions: Tracks::from(vec![renamed]), ..Facts::default() };
        let mut titles = Titles::default();
        let called =
            [(day("2026-01-01"), "First name".to_owned()), (day("2026-02-01"), "New name".to_owned())];
        titles.note(item, &called);
        let name = |titles: &Titles, until| {
            history.within(day("2025-12-01"), day(until), titles).actions[0].title.clone()
        };
        assert_eq!(name(&titles, "2026-01-31"), "First name");
        assert_eq!(name(&titles, "2026-02-01"), "New name");
        titles.note(item, &called[1..]);
        assert_eq!(name(&titles, "2026-01-31"), "New name", "its past titles were taken back");
    }

    #[test]
    fn links_and_records_fall_out_that_begin_later_or_ended_before() {
        let link = |from: &str, until: Option<&str>| ActionLink {
            action: ItemId(Uuid::from_u128(1)),
            item: ItemId(Uuid::from_u128(2)),
            mitigates: true,
            from: day(from),
            until: until.map(day),
        };
        let (early, late) = (link("2026-01-01", Some("2026-02-01")), link("2026-03-01", None));
        let facts = Facts { action_links: vec![early, late], ..Facts::default() };
        let links = |since, until| facts.within(day(since), day(until), &Titles::default()).action_links;
        assert_eq!(links("2026-01-31", "2026-02-28"), [early]);
        assert_eq!(links("2026-02-01", "2026-03-01"), [late]);
    }
}
