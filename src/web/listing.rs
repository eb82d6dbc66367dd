//! What the heads and feet of lists share: the filters as they stand in the address, tabs, headings that sort, pages.

use super::extract::Place;
use crate::app::list::{Filter, PAGE};
use crate::domain::draft;
use crate::domain::kind::State;
use chrono::NaiveDate;
use serde_json::Value;

/// A link of a row of tabs.
#[derive(Clone, Debug)]
pub struct Tab {
    pub href: String,
    pub label: String,
    pub count: usize,
    pub current: bool,
}

/// A heading of a column.
#[derive(Clone, Debug)]
pub struct Heading {
    pub label: &'static str,
    /// Where it leads to sort by it; empty for a column that can't be.
    pub href: String,
    /// For `aria-sort`: `ascending`, `descending` or empty.
    pub sorted: &'static str,
    pub class: &'static str,
}

/// A filter that is in force, and the page without it.
#[derive(Clone, Debug)]
pub struct Chip {
    pub href: String,
    pub text: String,
}

/// A choice of a filter.
#[derive(Clone, Debug)]
pub struct Choice {
    pub value: String,
    pub label: String,
    pub chosen: bool,
}

/// Which part of a list is shown.
#[derive(Clone, Debug)]
pub struct Pages {
    pub first: usize,
    pub last: usize,
    pub total: usize,
    pub previous: Option<String>,
    pub next: Option<String>,
}

impl Place {
    /// A value of the query; empty for none, too long, or with control characters.
    #[must_use]
    pub fn said(&self, name: &str) -> String {
        let value = self.value(name).unwrap_or_default();
        let fits = value.chars().count() <= 200 && !value.chars().any(char::is_control);
        if fits { value.trim().to_owned() } else { String::new() }
    }

    /// A date of the query; what is no date restricts nothing.
    #[must_use]
    pub fn day(&self, name: &str) -> Option<NaiveDate> {
        draft::date(&Value::String(self.said(name))).ok().flatten()
    }

    /// Whether a box of a filter is ticked.
    #[must_use]
    pub fn ticked(&self, name: &str) -> bool {
        matches!(self.said(name).as_str(), "1" | "on" | "true" | "yes")
    }

    /// The filters that every list has.
    #[must_use]
    pub fn filter(&self) -> Filter {
        Filter {
            q: self.said("q"),
            project: self.said("project"),
            owner: self.said("owner"),
            tag: self.said("tag"),
            state: self.said("state"),
            page: self.said("page").parse().ok().filter(|page| (1..=100_000).contains(page)).unwrap_or(1),
            sort: self.said("sort"),
        }
    }

    /// This page with one field of its query set (empty: without it), from its first page on.
    #[must_use]
    pub fn set(&self, name: &str, value: &str) -> String {
        self.with(&[(name, Some(value).filter(|value| !value.is_empty())), ("page", None)])
    }

    /// A row of tabs that set one field.
    #[must_use]
    pub fn tabs(&self, name: &str, current: &str, tabs: &[(&str, &str, usize)]) -> Vec<Tab> {
        tabs.iter()
            .map(|(value, label, count)| Tab {
                href: self.set(name, value),
                label: (*label).to_owned(),
                count: *count,
                current: *value == current,
            })
            .collect()
    }

    /// The tabs of a list of what is open or closed: how many are open, are closed, and are there at all.
    #[must_use]
    pub fn open_tabs(&self, current: &str, [open, closed, all]: [usize; 3]) -> Vec<Tab> {
        self.tabs(
            "state",
            current,
            &[("open", "Open", open), ("closed", "Closed", closed), ("all", "All", all)],
        )
    }

    /// The headings of a table: (field to sort by or "", label, class). `own` is the order that the list has of itself.
    #[must_use]
    pub fn headings(
        &self,
        own: &str,
        columns: &[(&'static str, &'static str, &'static str)],
    ) -> Vec<Heading> {
        let asked = self.said("sort");
        let now = if asked.is_empty() { own } else { &asked };
        columns
            .iter()
            .map(|(field, label, class)| {
                let sorted = match now.strip_prefix('-') {
                    Some(name) if name == *field => "descending",
                    None if now == *field && !field.is_empty() => "ascending",
                    _ => "",
                };
                // Figures are asked for from the largest down first.
                let first = if *class == "num" { format!("-{field}") } else { (*field).to_owned() };
                let other = if *class == "num" { (*field).to_owned() } else { format!("-{field}") };
                let next = if now == first { other } else { first };
                let href = if field.is_empty() { String::new() } else { self.set("sort", &next) };
                Heading { label, href, sorted, class }
            })
            .collect()
    }

    /// The filters in force, as (name, text); what is empty is none.
    #[must_use]
    pub fn chips(&self, filters: &[(&str, String)]) -> Vec<Chip> {
        filters
            .iter()
            .filter(|(_, text)| !text.is_empty())
            .map(|(name, text)| Chip { href: self.set(name, ""), text: text.clone() })
            .collect()
    }

    /// The pages of a list of [`PAGE`] rows a page.
    #[must_use]
    pub fn pages(&self, page: usize, shown: usize, total: usize) -> Pages {
        let before = (page - 1) * PAGE;
        let link =
            |page: usize| self.with(&[("page", Some(page.to_string()).filter(|_| page > 1).as_deref())]);
        Pages {
            first: before + 1,
            last: before + shown,
            total,
            previous: (page > 1).then(|| link(page - 1)),
            next: (before + shown < total && shown > 0).then(|| link(page + 1)),
        }
    }
}

/// The choices of a filter from (value, label), after one that restricts nothing.
#[must_use]
pub fn choices<'c>(any: &str, now: &str, all: impl IntoIterator<Item = (&'c str, String)>) -> Vec<Choice> {
    let mut choices = vec![Choice { value: String::new(), label: any.to_owned(), chosen: now.is_empty() }];
    choices.extend(all.into_iter().map(|(value, label)| Choice {
        value: value.to_owned(),
        label,
        chosen: value == now,
    }));
    if !choices.iter().any(|choice| choice.chosen) {
        choices.push(Choice { value: now.to_owned(), label: now.to_owned(), chosen: true });
    }
    choices
}

/// The choices of the owner: the reader, nobody, and everybody who owns something.
#[must_use]
pub fn owners(now: &str, owners: &[(String, String, usize)]) -> Vec<Choice> {
    let fixed = [("me", "Me".to_owned()), ("none", "No owner".to_owned())];
    choices(
        "Anyone",
        now,
        fixed.into_iter().chain(owners.iter().map(|(id, name, _)| (id.as_str(), name.clone()))),
    )
}

/// The choices of a project.
#[must_use]
pub fn projects(now: &str, projects: &[(String, String, usize)]) -> Vec<Choice> {
    choices(
        "All projects",
        now,
        projects
            .iter()
            .map(|(key, name, _)| (key.as_str(), name.clone()))
            .chain([("none", "No project".to_owned())]),
    )
}

/// The choices of a tag.
#[must_use]
pub fn tags(now: &str, tags: &[(String, usize)]) -> Vec<Choice> {
    choices("All tags", now, tags.iter().map(|(tag, count)| (tag.as_str(), format!("{tag} ({count})"))))
}

/// The choices of one state, beside the tabs of [`Place::open_tabs`].
#[must_use]
pub fn states(now: &str, states: &[(State, usize)]) -> Vec<Choice> {
    let one = if ["open", "closed", "all"].contains(&now) { "" } else { now };
    let labelled = states.iter().map(|(state, count)| (state.name(), format!("{} ({count})", state.label())));
    choices("Any", one, labelled)
}

/// What was searched for, as a chip says it; empty for nothing.
#[must_use]
pub fn quoted(q: &str) -> String {
    if q.is_empty() { String::new() } else { format!("“{q}”") }
}

/// What the label of the choice in force says; empty where nothing is restricted.
#[must_use]
pub fn chosen(choices: &[Choice]) -> String {
    choices
        .iter()
        .find(|choice| choice.chosen && !choice.value.is_empty())
        .map(|choice| choice.label.clone())
        .unwrap_or_default()
}

/// Days with a sign and a unit: `+12 wd`, `−3 d`.
#[must_use]
pub fn signed(days: i64, unit: &str) -> String {
    match days {
        0 => format!("0 {unit}"),
        days if days > 0 => format!("+{days} {unit}"),
        days => format!("−{} {unit}", days.unsigned_abs()),
    }
}

/// Working days with a sign, for templates.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "templates hand over references")]
pub(super) fn wd(days: &i64) -> String {
    signed(*days, "wd")
}

/// A median of working days, with a sign and at most one decimal: `+4.5 wd`.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "templates hand over references")]
pub(super) fn median_wd(days: &f64) -> String {
    let tenths = (days * 10.0).round() / 10.0;
    match tenths {
        days if days > 0.0 => format!("+{days} wd"),
        days if days < 0.0 => format!("−{} wd", -days),
        _ => "0 wd".to_owned(),
    }
}

/// The class of a slip: late is bad, early is good, on the day is neither.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "templates hand over references")]
pub(super) fn slip_class(slip: &i64) -> &'static str {
    match slip {
        0 => "muted",
        1.. => "bad",
        _ => "good",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(query: &str) -> Place {
        Place { path: "/p".into(), query: query.into() }
    }

    #[test]
    fn a_filter_leads_to_the_first_page_and_keeps_the_rest() {
        let place = place("q=a%26b&page=3&as_of=2026-07-24&state=");
        assert_eq!(place.set("tag", "v1.37"), "/p?q=a%26b&as_of=2026-07-24&tag=v1.37");
        assert_eq!(place.pages(3, 40, 240).previous.as_deref(), Some("/p?q=a%26b&as_of=2026-07-24&page=2"));
        assert_eq!(place.pages(3, 40, 240).next, None);
        assert_eq!((place.pages(3, 40, 240).first, place.pages(3, 40, 240).last), (201, 240));
    }

    #[test]
    fn a_heading_turns_the_order_round() {
        let columns = [("due", "Due", ""), ("slip", "Slip", "num"), ("", "Line", "")];
        let headings = place("").headings("due", &columns);
        assert_eq!((headings[0].sorted, headings[0].href.as_str()), ("ascending", "/p?sort=-due"));
        assert_eq!((headings[1].sorted, headings[1].href.as_str()), ("", "/p?sort=-slip"));
        assert_eq!((headings[2].sorted, headings[2].href.as_str()), ("", ""));
        assert_eq!(place("sort=-slip").headings("due", &columns)[1].href, "/p?sort=slip");
    }

    #[test]
    fn days_have_a_sign() {
        assert_eq!(
            (signed(3, "wd"), signed(-2, "d"), signed(0, "wd")),
            ("+3 wd".into(), "−2 d".into(), "0 wd".into())
        );
    }
}
