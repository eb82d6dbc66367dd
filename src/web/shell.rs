//! What the frame of every page needs to know: who reads, which program, which date.
//!
//! A page's template extends `base.html`, and its struct has a field `shell: Shell`. The frame has the blocks
//! `title` (the document's title), `heading` (the `h1`, and a lead paragraph), `nav` (the second line of the
//! header: the program's pages, when there is a program), `head_actions` (buttons beside the heading) and
//! `content`. The frame must not know what the page shows.

use chrono::NaiveDate;

/// The frame's own data, made anew for each request.
#[derive(Debug, Clone)]
pub struct Shell {
    /// Who is signed in; `None` on the sign-in and set-up pages, which then show no navigation.
    pub viewer: Option<ViewerBar>,
    /// The program that the page belongs to, if it belongs to one.
    pub program: Option<ProgramBar>,
    /// Which link of the navigation is the current one: a name from [`PROGRAM_PAGES`] or [`GLOBAL_PAGES`], or "".
    pub section: &'static str,
    /// The date asked for by `?as_of=`; `None` shows today.
    pub as_of: Option<NaiveDate>,
    /// The reader's today: the day of the program's time zone.
    pub today: NaiveDate,
    /// The path of this page, without its query.
    pub path: String,
    /// The query of this page, still encoded, without `?` and without `as_of`.
    pub query_without_as_of: String,
    /// Changes whenever a style sheet or a script does, so that these can be cached for a year.
    pub asset_version: &'static str,
    /// What was just done, said once at the head of the page.
    pub notice: Option<String>,
}

/// The reader, as the header shows them.
#[derive(Debug, Clone)]
pub struct ViewerBar {
    pub name: String,
    /// How many things wait for the reader; `None` when not counted.
    pub work_count: Option<i64>,
    /// Whether to show the way to the administration.
    pub admin: bool,
}

/// The program, as the header shows it.
#[derive(Debug, Clone)]
pub struct ProgramBar {
    pub key: String,
    pub name: String,
    /// Whether the reader may raise items in it, on the day that is shown.
    pub may_raise: bool,
}

/// A page that the navigation leads to.
#[derive(Debug, Clone, Copy)]
pub struct NavPage {
    /// What a page says in [`Shell::section`] to be marked as the current one.
    pub section: &'static str,
    pub label: &'static str,
    /// The path; for a program's pages, what follows `/programs/KEY`.
    pub path: &'static str,
    /// The pages that stand together under this link, shown in a line of their own while one of them is; none for a single page.
    pub within: &'static [NavPage],
}

const fn page(section: &'static str, label: &'static str, path: &'static str) -> NavPage {
    NavPage { section, label, path, within: &[] }
}

const fn group(
    section: &'static str,
    label: &'static str,
    path: &'static str,
    within: &'static [NavPage],
) -> NavPage {
    NavPage { section, label, path, within }
}

impl NavPage {
    /// Whether it is the page that names this section, or holds it.
    #[must_use]
    pub fn holds(&self, section: &str) -> bool {
        self.section == section || self.within.iter().any(|page| page.section == section)
    }
}

/// The work, when it is done, and how sure that is.
const PLAN: &[NavPage] = &[
    page("roadmap", "Roadmap", "/roadmap"),
    page("activities", "Activities", "/activities"),
    page("schedule", "Schedule", "/schedule"),
    page("forecast", "Forecast", "/forecast"),
    page("scenarios", "What if", "/scenarios"),
];

/// What is talked about, and what is done of it.
const MEETINGS: &[NavPage] = &[
    page("meetings", "Meetings", "/meetings"),
    page("actions", "Actions", "/actions"),
    page("nudges", "Nudges", "/nudges"),
];

/// All decisions, and those that wait.
const DECISIONS: &[NavPage] =
    &[page("decisions", "All", "/decisions"), page("queue", "Waiting", "/decisions/queue")];

/// Whether it may go.
const READINESS: &[NavPage] = &[page("gates", "Gates", "/gates"), page("releases", "Releases", "/releases")];

/// What is told of it, and whether that was true.
const REPORTS: &[NavPage] = &[
    page("reports", "Status reports", "/reports"),
    page("changed", "What changed", "/changed"),
    page("record", "Greenwash record", "/reports/record"),
];

/// What it is for, and for whom.
const VALUE: &[NavPage] = &[
    page("benefits", "Benefits", "/benefits"),
    page("stakeholders", "Stakeholders", "/stakeholders"),
    page("surveys", "Surveys", "/surveys"),
    page("budget", "Budget", "/budget"),
    page("capacity", "Capacity", "/capacity"),
    page("lessons", "Lessons", "/lessons"),
];

const DEPENDENCIES: &[NavPage] =
    &[page("dependencies", "List", "/dependencies"), page("map", "Map", "/dependencies/map")];

/// The pages of a program, in the order of the navigation.
pub const PROGRAM_PAGES: &[NavPage] = &[
    page("overview", "Overview", ""),
    page("milestones", "Milestones", "/milestones"),
    group("plan", "Plan", "/roadmap", PLAN),
    page("raid", "RAID", "/raid"),
    group("dependencies", "Dependencies", "/dependencies", DEPENDENCIES),
    group("decision", "Decisions", "/decisions", DECISIONS),
    page("changes", "Changes", "/changes"),
    group("meeting", "Meetings", "/meetings", MEETINGS),
    group("readiness", "Readiness", "/gates", READINESS),
    group("reporting", "Reports", "/reports", REPORTS),
    group("value", "Value", "/benefits", VALUE),
    page("metrics", "Metrics", "/metrics"),
    page("history", "History", "/history"),
];

/// The pages that belong to no program. Search is the field beside them.
pub const GLOBAL_PAGES: &[NavPage] = &[
    page("portfolio", "Portfolio", "/"),
    page("work", "My work", "/me/work"),
    page("my-decisions", "My decisions", "/me/decisions"),
    page("people", "People", "/people"),
    page("teams", "Teams", "/teams"),
];

impl Shell {
    /// The page shows a day before today, so it is marked and offers no change.
    #[must_use]
    pub fn is_past(&self) -> bool {
        self.as_of.is_some_and(|day| day < self.today)
    }

    /// The day that the page shows.
    #[must_use]
    pub fn day(&self) -> NaiveDate {
        self.as_of.unwrap_or(self.today)
    }

    /// A link that stays on the day that the reader looks at. `path` may hold a query of its own.
    #[must_use]
    pub fn href(&self, path: &str) -> String {
        match self.as_of {
            None => path.to_owned(),
            Some(day) => format!("{path}{}as_of={day}", if path.contains('?') { '&' } else { '?' }),
        }
    }

    /// A link to one of a kind of things, such as `/people` and an id, on the day that the reader looks at.
    #[must_use]
    pub fn to(&self, path: &str, id: impl std::fmt::Display) -> String {
        self.href(&format!("{path}/{id}"))
    }

    /// A link to one of the program's pages; `rest` is what follows `/programs/KEY`.
    #[must_use]
    pub fn program_href(&self, rest: &str) -> String {
        match &self.program {
            Some(program) => self.href(&format!("/programs/{}{rest}", program.key)),
            None => self.href("/"),
        }
    }

    /// This page, as it stands today.
    #[must_use]
    pub fn today_href(&self) -> String {
        if self.query_without_as_of.is_empty() {
            self.path.clone()
        } else {
            format!("{}?{}", self.path, self.query_without_as_of)
        }
    }

    /// The other fields of this page's query, decoded: a GET form replaces the whole query, so it repeats them.
    #[must_use]
    pub fn kept(&self) -> Vec<(String, String)> {
        self.query_without_as_of
            .split('&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| {
                let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                (decode(name), decode(value))
            })
            .collect()
    }

    /// The link whose pages stand together with this one, where there are several.
    #[must_use]
    pub fn group(&self) -> Option<&'static NavPage> {
        PROGRAM_PAGES.iter().find(|page| !page.within.is_empty() && page.holds(self.section))
    }

    /// The pages of a program.
    #[must_use]
    pub fn program_pages(&self) -> &'static [NavPage] {
        PROGRAM_PAGES
    }

    /// The pages that belong to no program.
    #[must_use]
    pub fn global_pages(&self) -> &'static [NavPage] {
        GLOBAL_PAGES
    }
}

/// `application/x-www-form-urlencoded`, one name or value. What isn't a valid escape stays as it is.
pub(crate) fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let escaped = (byte == b'%')
            .then(|| bytes.get(at + 1..at + 3))
            .flatten()
            .filter(|hex| hex.iter().all(u8::is_ascii_hexdigit))
            .and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        match (byte, escaped) {
            (_, Some(value)) => {
                out.push(value);
                at += 2;
            }
            (b'+', None) => out.push(b' '),
            (other, None) => out.push(other),
        }
        at += 1;
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(as_of: Option<&str>, query: &str) -> Shell {
        Shell {
            viewer: None,
            program: Some(ProgramBar { key: "ATLAS".into(), name: "Atlas".into(), may_raise: true }),
            section: "raid",
            as_of: as_of.map(|day| day.parse().unwrap()),
            today: "2026-11-20".parse().unwrap(),
            path: "/programs/ATLAS/raid".into(),
            query_without_as_of: query.into(),
            asset_version: "1",
            notice: None,
        }
    }

    #[test]
    fn links_stay_on_the_day_that_is_looked_at() {
        assert_eq!(shell(None, "").program_href("/risks"), "/programs/ATLAS/risks");
        let past = shell(Some("2026-09-30"), "state=open");
        assert!(past.is_past());
        assert_eq!(past.program_href("/risks?page=2"), "/programs/ATLAS/risks?page=2&as_of=2026-09-30");
        assert_eq!(past.today_href(), "/programs/ATLAS/raid?state=open");
        assert!(!shell(Some("2026-11-20"), "").is_past());
    }

    #[test]
    fn every_page_of_a_program_is_named_once_and_pages_that_stand_together_know_their_link() {
        let all: Vec<_> = PROGRAM_PAGES.iter().flat_map(|page| page.within.iter().chain([page])).collect();
        let mut paths: Vec<_> =
            all.iter().filter(|page| page.within.is_empty()).map(|page| page.path).collect();
        paths.sort_unstable();
        let count = paths.len();
        paths.dedup();
        assert_eq!(paths.len(), count, "each once");
        for path in ["/roadmap", "/schedule", "/forecast", "/scenarios", "/dependencies/map", "/activities"] {
            assert!(paths.contains(&path), "{path}");
        }
        for link in PROGRAM_PAGES.iter().filter(|page| !page.within.is_empty()) {
            assert!(link.within.iter().any(|page| page.path == link.path), "it leads to one of its own");
        }
        let at = |section| Shell { section, ..shell(None, "") };
        assert_eq!(at("schedule").group().map(|page| page.label), Some("Plan"));
        assert_eq!(at("map").group().map(|page| page.label), Some("Dependencies"));
        assert!(at("raid").group().is_none() && at("").group().is_none());
    }

    #[test]
    fn the_date_form_keeps_the_filters() {
        let kept = shell(None, "q=a%26b+c&owner=%C3%A9&bad=%zz&flag").kept();
        let pairs: Vec<_> = kept.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(pairs, [("q", "a&b c"), ("owner", "é"), ("bad", "%zz"), ("flag", "")]);
    }
}
