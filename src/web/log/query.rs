//! What a log is asked for: filters, order and page as they stand in the address, so that a view can be sent to a colleague.

use crate::domain::draft;
use crate::domain::kind::{Kind, State};
use crate::store::item::Sort;
use crate::web::extract::{encode, query_pairs};
use chrono::NaiveDate;

/// Rows on a page unless the address asks for 100.
pub const ROWS: i64 = 50;
const MORE_ROWS: i64 = 100;
/// What a filter of text holds at most.
const LONGEST: usize = 200;

/// Which of the items that are still open, and those that aren't.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Show {
    Open,
    Closed,
    All,
}

/// A filter by the next date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// Before the day that is shown, and still open.
    Overdue,
    /// Within so many days of the day that is shown.
    Within(u16),
    /// Before this day.
    Before(NaiveDate),
}

/// A view of a log, read from a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    pub q: String,
    pub states: Vec<State>,
    /// `None`: what the log shows by itself.
    pub show: Option<Show>,
    /// `me`, `none`, or a person by id, e-mail, handle or name; empty for anyone.
    pub owner: String,
    /// A project by key, name or id; empty for any.
    pub project: String,
    pub tag: String,
    pub score: Option<i16>,
    /// Only risks that nobody has scored yet.
    pub unscored: bool,
    pub score_from: Option<i16>,
    /// A risk's probability and impact, 1 to 5: a square of the heat map.
    pub probability: Option<i16>,
    pub impact: Option<i16>,
    pub due: Option<Due>,
    pub archived: bool,
    pub sort: Option<(Sort, bool)>,
    /// Counted from 1.
    pub page: i64,
    pub per: i64,
    /// What of the query could not be read, in words for the reader.
    pub notes: Vec<String>,
}

impl Default for Asked {
    fn default() -> Self {
        Self {
            q: String::new(),
            states: Vec::new(),
            show: None,
            owner: String::new(),
            project: String::new(),
            tag: String::new(),
            score: None,
            unscored: false,
            score_from: None,
            probability: None,
            impact: None,
            due: None,
            archived: false,
            sort: None,
            page: 1,
            per: ROWS,
            notes: Vec::new(),
        }
    }
}

impl Asked {
    /// Reads a query. What can't be read is left out, and said in [`Asked::notes`]: a link with a slip in it still opens.
    #[must_use]
    pub fn read(raw: &str, kinds: &[Kind]) -> Self {
        let mut asked = Self::default();
        for (name, value) in query_pairs(Some(raw)) {
            let value: String = value.trim().chars().filter(|c| !c.is_control()).take(LONGEST).collect();
            if value.is_empty() {
                continue;
            }
            if !asked.take(&name, &value, kinds) {
                let shown: String = value.chars().take(40).collect();
                asked.notes.push(format!("“{name}={shown}” is no filter of this log and was left out."));
            }
        }
        asked
    }

    fn take(&mut self, name: &str, value: &str, kinds: &[Kind]) -> bool {
        match name {
            "q" => value.clone_into(&mut self.q),
            "state" => {
                for word in value.split(',') {
                    let state = State::from_name(word.trim()).filter(|state| belongs(kinds, *state));
                    let Some(state) = state else { return false };
                    if !self.states.contains(&state) {
                        self.states.push(state);
                    }
                }
            }
            "open" => {
                self.show = Some(match value {
                    "yes" | "true" | "1" => Show::Open,
                    "no" | "false" | "0" => Show::Closed,
                    "all" => Show::All,
                    _ => return false,
                });
            }
            "owner" => value.clone_into(&mut self.owner),
            "project" => value.clone_into(&mut self.project),
            "tag" => self.tag = value.to_lowercase(),
            "score" if value == "none" => self.unscored = true,
            "score" | "score_from" => {
                let from = name == "score_from" || value.ends_with(['+', ' ']);
                let number = value.trim_end_matches(['+', ' ']).parse().ok().filter(|n| (1..=25).contains(n));
                if number.is_none() {
                    return false;
                }
                if from {
                    self.score_from = number;
                } else {
                    self.score = number;
                }
            }
            "probability" | "impact" => {
                let Some(step) = value.parse().ok().filter(|n| (1..=5).contains(n)) else { return false };
                if name == "impact" {
                    self.impact = Some(step);
                } else {
                    self.probability = Some(step);
                }
            }
            "due" => {
                self.due = Some(match (value, value.parse::<u16>(), draft::date(&value.into())) {
                    ("overdue", ..) => Due::Overdue,
                    (_, Ok(days), _) if days <= 3_650 => Due::Within(days),
                    (_, _, Ok(Some(day))) => Due::Before(day),
                    _ => return false,
                });
            }
            "archived" => self.archived = matches!(value, "yes" | "true" | "1" | "on"),
            "sort" => {
                let (descending, field) =
                    value.strip_prefix('-').map_or((false, value), |field| (true, field));
                let Some(sort) = Sort::from_name(field) else { return false };
                self.sort = Some((sort, descending));
            }
            "page" => match value.parse() {
                Ok(page) if (1..=100_000).contains(&page) => self.page = page,
                _ => return false,
            },
            "rows" => match value {
                "50" => self.per = ROWS,
                "100" => self.per = MORE_ROWS,
                _ => return false,
            },
            // The day and what was just done belong to the frame.
            "as_of" | "done" => {}
            _ => return false,
        }
        true
    }

    /// The query that asks for this view again.
    #[must_use]
    pub fn query(&self) -> String {
        let mut pairs: Vec<(&'static str, String)> = Vec::new();
        let mut put = |name, value: String| {
            if !value.is_empty() {
                pairs.push((name, value));
            }
        };
        put("q", self.q.clone());
        for state in &self.states {
            put("state", state.name().into());
        }
        put("open", self.show.map(|show| show.word().to_owned()).unwrap_or_default());
        put("owner", self.owner.clone());
        put("project", self.project.clone());
        put("tag", self.tag.clone());
        put(
            "score",
            if self.unscored { "none".into() } else { self.score.map(|n| n.to_string()).unwrap_or_default() },
        );
        put("score_from", self.score_from.map(|n| n.to_string()).unwrap_or_default());
        put("probability", self.probability.map(|n| n.to_string()).unwrap_or_default());
        put("impact", self.impact.map(|n| n.to_string()).unwrap_or_default());
        put("due", self.due.map(Due::word).unwrap_or_default());
        put("archived", if self.archived { "yes".into() } else { String::new() });
        put(
            "sort",
            self.sort
                .map(|(sort, descending)| format!("{}{}", if descending { "-" } else { "" }, sort.name()))
                .unwrap_or_default(),
        );
        put("rows", if self.per == MORE_ROWS { "100".into() } else { String::new() });
        put("page", if self.page > 1 { self.page.to_string() } else { String::new() });
        pairs.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect::<Vec<_>>().join("&")
    }

    /// The address of this view, of the log at `path`.
    #[must_use]
    pub fn href(&self, path: &str) -> String {
        let query = self.query();
        if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
    }

    /// The same view with something changed, from its first page.
    #[must_use]
    pub fn with(&self, change: impl FnOnce(&mut Self)) -> Self {
        let mut next = Self { page: 1, notes: Vec::new(), ..self.clone() };
        change(&mut next);
        next
    }

    /// Whether anything restricts the view beyond what the log shows by itself.
    #[must_use]
    pub fn is_filtered(&self) -> bool {
        *self
            != Self {
                sort: self.sort,
                page: self.page,
                per: self.per,
                notes: self.notes.clone(),
                ..Self::default()
            }
    }

    /// Which items are shown by openness. A log shows what is open until it is asked for a state, for a text or for more;
    /// milestones, reached or not, are shown together.
    #[must_use]
    pub fn shown(&self, kinds: &[Kind]) -> Show {
        self.show.unwrap_or(if self.states.is_empty() && !self.archived && kinds != [Kind::Milestone] {
            Show::Open
        } else {
            Show::All
        })
    }
}

impl Show {
    /// As it stands in the address.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Open => "yes",
            Self::Closed => "no",
            Self::All => "all",
        }
    }
}

impl Due {
    /// As it stands in the address.
    #[must_use]
    pub fn word(self) -> String {
        match self {
            Self::Overdue => "overdue".into(),
            Self::Within(days) => days.to_string(),
            Self::Before(day) => day.to_string(),
        }
    }

    /// As the reader sees it.
    #[must_use]
    pub fn label(self) -> String {
        match self {
            Self::Overdue => "Overdue".into(),
            Self::Within(1) => "Due within a day".into(),
            Self::Within(days) => format!("Due within {days} days"),
            Self::Before(day) => format!("Due before {}", day.format("%-d %b %Y")),
        }
    }
}

fn belongs(kinds: &[Kind], state: State) -> bool {
    kinds.iter().any(|kind| kind.states().contains(&state))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_view_is_asked_for_again_by_its_own_address() {
        let raw = "q=late+%26+dear&state=open&state=mitigating&open=all&owner=none&project=INV&tag=gl&score_from=15&due=overdue&sort=-next_on&rows=100&page=3";
        let asked = Asked::read(raw, &[Kind::Risk]);
        assert_eq!(asked.notes, Vec::<String>::new());
        assert_eq!(asked.q, "late & dear");
        assert_eq!(asked.states, [State::Open, State::Mitigating]);
        assert_eq!(asked.sort, Some((Sort::Next, true)));
        assert_eq!(Asked::read(&asked.query(), &[Kind::Risk]), asked);
        assert_eq!(asked.with(|a| a.states.clear()).page, 1);
    }

    #[test]
    fn what_cannot_be_read_is_left_out_and_said() {
        let asked = Asked::read(
            "state=flying&due=soon&sort=colour&page=0&rows=7&score=99&x=1&as_of=2026-01-01",
            &Kind::RAID,
        );
        assert_eq!(asked.notes.len(), 7);
        assert!(!asked.is_filtered());
    }

    #[test]
    fn a_log_shows_what_is_open_until_asked_for_more() {
        let shown = |raw: &str, kinds: &[Kind]| Asked::read(raw, kinds).shown(kinds);
        assert_eq!(shown("", &Kind::RAID), Show::Open);
        assert_eq!(shown("state=closed", &Kind::RAID), Show::All);
        assert_eq!(shown("open=no", &Kind::RAID), Show::Closed);
        assert_eq!(shown("archived=yes", &Kind::RAID), Show::All);
        assert_eq!(shown("", &[Kind::Milestone]), Show::All);
    }
}
