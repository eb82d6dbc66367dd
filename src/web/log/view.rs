//! The parts of a log's page, made from what was asked and what was found.

use super::cells::{self, Around, Cell, Column};
use super::query::{self, Asked, Due, Show};
use super::{Chip, Choices, Heading, Line, New, Pages, Tab, default_sort, path};
use crate::app::access::Entered;
use crate::domain::kind::{Kind, Reference, State};
use crate::domain::plan::Plan;
use crate::domain::risk::HIGH_SCORE;
use crate::store::item::{Row, Sort};
use crate::store::lookup::{Names, Offered};
use crate::web::selection::pick;
use crate::web::shell::Shell;
use std::collections::HashMap;

/// What the parts of a log are made from.
pub(super) struct View<'a> {
    pub(super) entered: &'a Entered,
    pub(super) shell: &'a Shell,
    pub(super) kinds: &'a [Kind],
    pub(super) asked: &'a Asked,
    pub(super) offered: &'a Offered,
    pub(super) path: String,
}

impl View<'_> {
    fn link(&self, asked: &Asked) -> String {
        self.shell.href(&asked.href(&self.path))
    }

    pub(super) fn tabs(&self, base: &str, counts: &[(Kind, i64)]) -> Vec<Tab> {
        let counts: HashMap<_, _> = counts.iter().copied().collect();
        let tab = |label, kinds: &[Kind]| {
            let fits = |state: &State| kinds.iter().any(|kind| kind.states().contains(state));
            let asked = self.asked.with(|next| next.states.retain(fits));
            Tab {
                href: self.shell.href(&asked.href(&path(base, kinds))),
                label,
                count: kinds.iter().filter_map(|kind| counts.get(kind)).sum(),
                current: self.kinds == kinds,
            }
        };
        vec![
            tab("All", &Kind::RAID),
            tab("Risks", &[Kind::Risk]),
            tab("Assumptions", &[Kind::Assumption]),
            tab("Issues", &[Kind::Issue]),
            tab("Dependencies", &[Kind::Dependency]),
        ]
    }

    fn owner_label(&self) -> String {
        let asked = self.asked.owner.as_str();
        match asked {
            "me" => "Mine".into(),
            "none" => "No owner".into(),
            _ => {
                let named = self.offered.people.iter().find(|(id, name, extra)| {
                    id.to_string() == asked || name == asked || extra.as_deref() == Some(asked)
                });
                named.map_or_else(|| asked.to_owned(), |(_, name, _)| name.clone())
            }
        }
    }

    fn project_label(&self) -> String {
        let asked = self.asked.project.as_str();
        let named = self.offered.projects.iter().find(|(id, key, name)| {
            key.eq_ignore_ascii_case(asked) || name.eq_ignore_ascii_case(asked) || id.to_string() == asked
        });
        named.map_or_else(|| asked.to_owned(), |(_, _, name)| name.clone())
    }

    pub(super) fn chips(&self) -> Vec<Chip> {
        let asked = self.asked;
        let mut chips = Vec::new();
        let mut chip = |on: bool, text: String, off: &dyn Fn(&mut Asked)| {
            if on {
                chips.push(Chip { href: self.link(&asked.with(off)), text });
            }
        };
        chip(!asked.q.is_empty(), format!("“{}”", asked.q), &|a| a.q.clear());
        for state in &asked.states {
            chip(true, format!("State: {}", state.label()), &|a| a.states.retain(|other| other != state));
        }
        chip(!asked.owner.is_empty(), format!("Owner: {}", self.owner_label()), &|a| a.owner.clear());
        chip(!asked.project.is_empty(), format!("Project: {}", self.project_label()), &|a| a.project.clear());
        chip(!asked.tag.is_empty(), format!("Tag: {}", asked.tag), &|a| a.tag.clear());
        chip(asked.unscored, "Unscored".into(), &|a| a.unscored = false);
        if let Some(score) = asked.score {
            chip(true, format!("Score {score}"), &|a| a.score = None);
        }
        if let Some(score) = asked.score_from {
            chip(true, format!("Score {score} or more"), &|a| a.score_from = None);
        }
        if let Some(step) = asked.probability {
            chip(true, format!("Probability {step}"), &|a| a.probability = None);
        }
        if let Some(step) = asked.impact {
            chip(true, format!("Impact {step}"), &|a| a.impact = None);
        }
        if let Some(due) = asked.due {
            chip(true, due.label(), &|a| a.due = None);
        }
        chip(asked.archived, "Archived".into(), &|a| a.archived = false);
        chips
    }

    /// This log, as it is asked for.
    pub(super) fn here(&self) -> String {
        self.link(self.asked)
    }

    /// The log of what is open, of what is closed, and of both.
    pub(super) fn shows(&self) -> Vec<(String, &'static str, bool)> {
        let shown = self.asked.shown(self.kinds);
        let by_default = self.asked.with(|next| next.show = None).shown(self.kinds);
        [Show::Open, Show::Closed, Show::All]
            .map(|show| {
                let asked = self.asked.with(|next| next.show = (show != by_default).then_some(show));
                (self.link(&asked), show_label(show), show == shown)
            })
            .to_vec()
    }

    pub(super) fn choices(&self) -> Choices {
        let asked = self.asked;
        let all = |value: &str, label: &str, taken: bool| (value.to_owned(), label.to_owned(), taken);
        let mut states: Vec<(String, String, bool)> = vec![all("", "Any", asked.states.is_empty())];
        for state in self.kinds.iter().flat_map(|kind| kind.states()) {
            if !states.iter().any(|(name, ..)| name == state.name()) {
                states.push(all(state.name(), state.label(), asked.states == [*state]));
            }
        }
        if asked.states.len() > 1 {
            let names: Vec<_> = asked.states.iter().map(|state| state.name()).collect();
            let labels: Vec<_> = asked.states.iter().map(|state| state.label()).collect();
            states.push((names.join(","), labels.join(" or "), true));
        }
        let label = self.owner_label();
        let mut owners = vec![
            all("", "Anyone", asked.owner.is_empty()),
            all("me", "Me", asked.owner == "me"),
            all("none", "No owner", asked.owner == "none"),
        ];
        let fixed = ["", "me", "none"].contains(&asked.owner.as_str());
        owners.extend(
            self.offered
                .people
                .iter()
                .map(|(id, name, _)| (id.to_string(), name.clone(), !fixed && *name == label)),
        );
        let project = self.project_label();
        let mut projects = vec![all("", "Any", asked.project.is_empty())];
        projects.extend(
            self.offered.projects.iter().map(|(_, key, name)| (key.clone(), name.clone(), *name == project)),
        );
        let risks = self.kinds == [Kind::Risk];
        let mut scores = Vec::new();
        if risks {
            let from = |score: i16, word: &str| {
                (format!("{score}+"), format!("{word} ({score} or more)"), asked.score_from == Some(score))
            };
            scores = vec![
                all("", "Any", asked.score.is_none() && asked.score_from.is_none() && !asked.unscored),
                from(HIGH_SCORE, "High"),
                from(cells::MEDIUM_SCORE, "Medium up"),
                all("none", "Unscored", asked.unscored),
            ];
        }
        let mut dues = vec![all("", "Any time", asked.due.is_none())];
        for due in [Due::Overdue, Due::Within(7), Due::Within(14), Due::Within(30)] {
            dues.push((due.word(), due.label(), asked.due == Some(due)));
        }
        if let Some(due) = asked.due.filter(|due| !dues.iter().any(|(word, ..)| *word == due.word())) {
            dues.push((due.word(), due.label(), true));
        }
        Choices { states, owners, projects, scores, dues }
    }

    pub(super) fn headings(&self, columns: &[Column]) -> Vec<Heading> {
        let (by, down) = self.asked.sort.unwrap_or(default_sort(self.kinds));
        let heading = |label, sort: Option<Sort>, figures| {
            let current = sort == Some(by);
            Heading {
                label,
                href: sort
                    .map(|sort| {
                        self.link(&self.asked.with(|next| next.sort = Some((sort, current && !down))))
                    })
                    .unwrap_or_default(),
                order: match (current, down) {
                    (true, false) => "ascending",
                    (true, true) => "descending",
                    _ => "",
                },
                figures,
            }
        };
        std::iter::once(heading("Item", Some(Sort::Number), false))
            .chain(columns.iter().map(|column| heading(column.label, column.sort, column.figures)))
            .collect()
    }

    pub(super) fn lines(
        &self,
        rows: &[Row],
        columns: &[Column],
        names: &Names,
        plan: Option<&Plan>,
    ) -> Vec<Line> {
        let program = self.entered.program();
        let (calendar, thresholds) = (program.calendar(), program.thresholds());
        let around = Around {
            names,
            calendar: &calendar,
            thresholds: &thresholds,
            day: self.entered.day(),
            currency: &program.currency,
            plan,
        };
        rows.iter()
            .map(|row| {
                let reference =
                    Reference { program: program.key.clone(), kind: row.kind, number: row.number };
                let cell = |column: &Column| match cells::cell(column.what, row, &around) {
                    Cell::Link { href, text } => (Cell::Link { href: self.shell.href(&href), text }, false),
                    cell => (cell, column.figures),
                };
                let open = row.open && row.archived_at.is_none();
                Line {
                    pick: pick(self.entered, open, row.owner, row.id, row.version),
                    href: self.shell.href(&reference.path()),
                    title: row.title.clone(),
                    reference: reference.to_string(),
                    closed: !row.open,
                    cells: columns.iter().map(cell).collect(),
                }
            })
            .collect()
    }

    pub(super) fn pages(&self, rows: usize, total: i64) -> Pages {
        let asked = self.asked;
        let before = (asked.page - 1) * asked.per;
        let last = before + i64::try_from(rows).unwrap_or(0);
        let turn = |page| {
            let mut next = asked.with(|_| {});
            next.page = page;
            self.link(&next)
        };
        let other = |rows| self.link(&asked.with(|next| next.per = rows));
        Pages {
            first: before + 1,
            last,
            total,
            previous: (asked.page > 1).then(|| turn(asked.page - 1)),
            next: (last < total).then(|| turn(asked.page + 1)),
            rows: (total > query::ROWS).then(|| {
                if asked.per == query::ROWS {
                    (other(100), "100 a page")
                } else {
                    (other(query::ROWS), "50 a page")
                }
            }),
        }
    }

    pub(super) fn new_links(&self, base: &str) -> Vec<New> {
        if !self.entered.may_raise() {
            return Vec::new();
        }
        let new = |kind: &Kind| New {
            href: format!("{base}/{}/new", kind.plural()),
            label: format!("New {}", kind.label().to_lowercase()),
        };
        self.kinds.iter().map(new).collect()
    }
}

const fn show_label(show: Show) -> &'static str {
    match show {
        Show::Open => "Open",
        Show::Closed => "Closed",
        Show::All => "All",
    }
}
