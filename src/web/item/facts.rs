//! What an item's page says of it: the headline of its kind, its facts, its texts.

use super::words::{self, LEFT_BEHIND};
use crate::domain::calendar::Calendar;
use crate::domain::draft::Control;
use crate::domain::item::{self, Detail, Item};
use crate::domain::kind::{Kind, State};
use crate::domain::program::Program;
use crate::store::item::Stored;
use crate::store::lookup::Names;
use crate::web::chart::{Slip, slip_range};
use crate::web::log::cells;
use crate::web::markdown::Links;
use chrono::NaiveDate;
use serde_json::{Map, Value};
use std::fmt::Write as _;
use uuid::Uuid;

/// One fact.
#[derive(Clone, Debug)]
pub struct Fact {
    pub label: &'static str,
    pub value: Said,
}

/// What a fact says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    Text(String),
    /// Safe HTML.
    Html(String),
    Day {
        day: NaiveDate,
        late: String,
    },
    Person(String),
    Link {
        href: String,
        text: String,
        title: String,
    },
    /// (address, tag).
    Tags(Vec<(String, String)>),
}

/// A longer text under its label, as safe HTML.
#[derive(Clone, Debug)]
pub struct Prose {
    pub label: &'static str,
    pub html: String,
}

/// A figure of a headline.
#[derive(Clone, Debug)]
pub struct Figure {
    pub label: &'static str,
    pub value: String,
    pub class: &'static str,
    pub note: String,
}

/// One side of a dependency.
#[derive(Clone, Debug)]
pub struct Side {
    pub role: &'static str,
    pub who: String,
    pub date_label: &'static str,
    pub day: Option<NaiveDate>,
    /// Who agreed, and when; empty until they have.
    pub agreed: String,
    /// A changed date of this side that waits for the other's consent.
    pub proposed: Option<NaiveDate>,
}

/// An option of a decision.
#[derive(Clone, Debug)]
pub struct Choice {
    pub title: String,
    pub benefits: String,
    pub costs: String,
    pub risks: String,
    pub recommended: bool,
    pub decided: bool,
}

/// What stands at the head of an item, by its kind.
#[derive(Clone, Debug)]
pub enum Headline {
    Milestone {
        figures: Vec<Figure>,
        slip: Option<Slip>,
    },
    Risk {
        colour: &'static str,
        word: &'static str,
        figures: Vec<Figure>,
        scale: Option<Scale>,
    },
    Dependency {
        sides: [Side; 2],
        warnings: Vec<String>,
    },
    Decision {
        figures: Vec<Figure>,
        options: Vec<Choice>,
    },
    /// Figures, and the dates that approval commits: (address, reference, title, date).
    Change {
        figures: Vec<Figure>,
        dates: Vec<(String, String, String, NaiveDate)>,
        approved: bool,
    },
    Figures(Vec<Figure>),
}

/// Where a risk's score stands between 1 and 25: places in hundredths of the width.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scale {
    pub inherent: Option<i16>,
    pub current: i16,
    pub target: Option<i16>,
    pub words: String,
}

/// What the facts are told from.
#[derive(Clone, Copy, Debug)]
pub struct Teller<'a> {
    pub stored: &'a Stored,
    pub program: &'a Program,
    pub names: &'a Names,
    pub links: &'a Links,
    /// The day that is shown.
    pub day: NaiveDate,
    pub as_of: Option<NaiveDate>,
}

impl Teller<'_> {
    const fn item(&self) -> &Item {
        &self.stored.item
    }

    fn href(&self, path: &str) -> String {
        match self.as_of {
            Some(day) => format!("{path}{}as_of={day}", if path.contains('?') { '&' } else { '?' }),
            None => path.to_owned(),
        }
    }

    /// All values of the item by name, its own and those that every kind has.
    fn values(&self) -> Map<String, Value> {
        let item = self.item();
        let mut values = item.detail.values();
        let id = |id: Option<Uuid>| id.map_or(Value::Null, |id| Value::from(id.to_string()));
        values.insert("owner".into(), id(item.owner.map(|id| id.0)));
        values.insert("project".into(), id(item.project.map(|id| id.0)));
        values.insert("raised_on".into(), Value::from(item.raised_on.to_string()));
        values.insert(
            "closed_on".into(),
            item.closed_on.map_or(Value::Null, |day| Value::from(day.to_string())),
        );
        values
    }

    /// The facts in the order of the form, then what changes of state left behind; and the labels of what is not said.
    #[must_use]
    pub fn facts(&self) -> (Vec<Fact>, Vec<&'static str>) {
        let (values, item) = (self.values(), self.item());
        let mut facts = Vec::new();
        let mut silent = Vec::new();
        for field in item::fields(item.kind).chain(LEFT_BEHIND) {
            let left_behind = LEFT_BEHIND.iter().any(|known| known.name == field.name);
            if ["title", "description", "threatens", "state", "archived_at"].contains(&field.name)
                || on_its_page(item, field.name)
                || (left_behind && !values.contains_key(field.name))
            {
                continue;
            }
            let said = self.said(field.name, &values);
            let told_elsewhere = in_headline(item, field.name)
                || matches!(
                    field.control,
                    Control::Text(_) | Control::Rows(_) | Control::Commitments | Control::Holders
                );
            match said {
                Some(_) if told_elsewhere => {}
                Some(value) => facts.push(Fact { label: field.label, value }),
                None if left_behind || matches!(field.control, Control::Flag | Control::Scope(_)) => {}
                None => silent.push(field.label),
            }
        }
        (facts, silent)
    }

    fn said(&self, name: &str, values: &Map<String, Value>) -> Option<Said> {
        let item = self.item();
        let text = |name: &str| values.get(name).and_then(Value::as_str).unwrap_or_default();
        let field = words::field(item.kind, name)?;
        match (name, field.control) {
            ("owner", _) => self.stored.owner_name.clone().map(Said::Person),
            ("project", _) => self.stored.project_name.clone().map(|title| Said::Link {
                href: self.href(&format!(
                    "/programs/{}/raid?project={}",
                    self.program.key,
                    self.project_key()
                )),
                text: title,
                title: String::new(),
            }),
            ("tags", _) => {
                let log = format!("/programs/{}/{}", self.program.key, item.kind.plural());
                let tag = |tag: &String| {
                    let query = crate::web::extract::encode(tag);
                    (self.href(&format!("{log}?tag={query}&open=all")), tag.clone())
                };
                Some(item.tags.iter().map(tag).collect())
                    .filter(|tags: &Vec<_>| !tags.is_empty())
                    .map(Said::Tags)
            }
            (_, Control::Date) => {
                let day = text(name).parse().ok()?;
                let due = [
                    "forecast_on",
                    "deadline_on",
                    "review_on",
                    "validate_by",
                    "due_on",
                    "needed_by",
                    "accepted_until",
                ];
                let open = item.is_open() && due.contains(&name);
                Some(Said::Day { day, late: cells::late(Some(day), open, self.day) })
            }
            (_, Control::Person) => {
                Some(words::words(field, values, self.names, "")).filter(|n| !n.is_empty()).map(Said::Person)
            }
            (name, Control::Item) => {
                let name = if name == "from" { "from_item" } else { name };
                let (reference, title) =
                    text(name).parse::<Uuid>().ok().and_then(|id| self.names.items.get(&id))?;
                Some(Said::Link {
                    href: self.href(&reference.path()),
                    text: reference.to_string(),
                    title: title.clone().unwrap_or_default(),
                })
            }
            (_, Control::Line(_) | Control::Link(_)) => {
                Some(text(name)).filter(|t| !t.is_empty()).map(|t| Said::Html(self.links.line(t)))
            }
            _ => {
                let said = words::words(field, values, self.names, &self.program.currency);
                Some(said).filter(|said| !said.is_empty()).map(Said::Text)
            }
        }
    }

    fn project_key(&self) -> String {
        crate::web::extract::encode(self.stored.project_key.as_deref().unwrap_or_default())
    }

    /// The longer texts that say something, the description last as in the form.
    #[must_use]
    pub fn texts(&self) -> Vec<Prose> {
        let (values, item) = (self.values(), self.item());
        let mut texts = Vec::new();
        for field in item::fields(item.kind).chain(LEFT_BEHIND) {
            if on_its_page(item, field.name) {
                continue;
            }
            let text = match (field.name, field.control) {
                ("description", _) => item.description.as_str(),
                (name, Control::Text(_)) => values.get(name).and_then(Value::as_str).unwrap_or_default(),
                _ => continue,
            };
            if !text.is_empty() && !texts.iter().any(|prose: &Prose| prose.label == field.label) {
                texts.push(Prose { label: field.label, html: self.links.prose(text) });
            }
        }
        texts
    }

    /// What stands at the head of the item.
    #[must_use]
    pub fn headline(&self) -> Headline {
        let calendar = self.program.calendar();
        let figure = |label, value: String, class, note| Figure { label, value, class, note };
        match &self.item().detail {
            Detail::Milestone(_) => self.milestone(&calendar),
            Detail::Gate(_)
            | Detail::Check(_)
            | Detail::Release(_)
            | Detail::Report(_)
            | Detail::Benefit(_)
            | Detail::Stakeholder(_)
            | Detail::Meeting(_)
            | Detail::Lesson(_) => Headline::Figures(Vec::new()),
            Detail::Activity(own) => {
                let values = self.item().detail.values();
                let mut figures =
                    vec![figure("Duration", cells::estimate(&values), "", "working days".to_owned())];
                figures.push(figure("Complete", format!("{} %", own.percent_complete), "", String::new()));
                if let (Some(days), true) = (own.remaining_days, self.item().is_open()) {
                    figures.push(figure("Remaining", format!("{days} wd"), "", String::new()));
                }
                for (label, day) in [("Started", own.actual_start_on), ("Finished", own.actual_finish_on)] {
                    if let Some(day) = day {
                        figures.push(figure(label, words::day(day), "", String::new()));
                    }
                }
                Headline::Figures(figures)
            }
            Detail::Risk(own) => {
                let (colour, word) = cells::score_words(own.score());
                let product = |p: Option<i16>, i: Option<i16>| Some((p?, i?));
                let mut figures = Vec::new();
                for (label, assessed) in [
                    ("Inherent", product(own.inherent_probability, own.inherent_impact)),
                    ("Now", product(own.probability, own.impact)),
                    ("Target", product(own.target_probability, own.target_impact)),
                ] {
                    if let Some((p, i)) = assessed {
                        figures.push(figure(label, (p * i).to_string(), "", format!("{p} × {i}")));
                    }
                }
                let times = |p: Option<i16>, i: Option<i16>| product(p, i).map(|(p, i)| p * i);
                let inherent = times(own.inherent_probability, own.inherent_impact);
                let target = times(own.target_probability, own.target_impact);
                let scale = own.score().map(|current| {
                    let mut words = format!("Score {current} of 25");
                    if let Some(inherent) = inherent {
                        let _ = write!(words, ", inherent {inherent}");
                    }
                    if let Some(target) = target {
                        let _ = write!(words, ", target {target}");
                    }
                    Scale { inherent, current, target, words }
                });
                Headline::Risk { colour, word, figures, scale }
            }
            Detail::Dependency(_) => self.contract(),
            Detail::Decision(_) => self.decision(&calendar),
            Detail::Change(own) => {
                let values = self.item().detail.values();
                let effect = cells::effect(&values, &self.program.currency);
                let mut figures = vec![figure(
                    "Effect",
                    if effect.is_empty() { "none stated".into() } else { effect },
                    "",
                    String::new(),
                )];
                if let Some(on) = own.submitted_on.filter(|_| self.item().state != State::Draft) {
                    let until = own.decided_on.unwrap_or(self.day);
                    let waited = calendar.working_days(on, until);
                    let late = self.item().state == State::Submitted
                        && waited > self.program.thresholds().scope_wait_working_days;
                    let label = if own.decided_on.is_some() { "Took" } else { "Waiting" };
                    let class = if late { "bad" } else { "" };
                    figures.push(figure(label, working(waited), class, format!("since {}", words::day(on))));
                }
                let dates = own.rebaseline.iter().filter_map(|one| {
                    let (reference, title) = self.names.items.get(&one.item.0)?;
                    let title = title.clone().unwrap_or_default();
                    Some((self.href(&reference.path()), reference.to_string(), title, one.committed_on))
                });
                let approved = matches!(self.item().state, State::Approved | State::Implemented);
                Headline::Change { figures, dates: dates.collect(), approved }
            }
            Detail::Issue(own) => {
                let blocked = own.blocked_team.and_then(|id| self.names.teams.get(&id)).cloned();
                let owing = own.owing_team.and_then(|id| self.names.teams.get(&id)).cloned();
                let mut figures =
                    vec![figure("Severity", cells::severity(Some(own.severity.into())), "", String::new())];
                if own.blocking {
                    figures.push(figure(
                        "Blocks",
                        blocked.unwrap_or_else(|| "a team".into()),
                        "bad",
                        String::new(),
                    ));
                }
                if let Some(team) = owing {
                    figures.push(figure("The way out is owed by", team, "", String::new()));
                }
                figures.push(self.age(&calendar));
                Headline::Figures(figures)
            }
            Detail::Assumption(_) | Detail::Action(_) => Headline::Figures(Vec::new()),
        }
    }

    /// How long it has been open, or was.
    fn age(&self, calendar: &Calendar) -> Figure {
        let item = self.item();
        let until = item.closed_on.unwrap_or(self.day);
        Figure {
            label: if item.closed_on.is_some() { "Was open" } else { "Open for" },
            value: working(calendar.working_days(item.raised_on, until)),
            class: "",
            note: format!("since {}", words::day(item.raised_on)),
        }
    }

    fn milestone(&self, calendar: &Calendar) -> Headline {
        let item = self.item();
        let Detail::Milestone(own) = &item.detail else { return Headline::Figures(Vec::new()) };
        let reached = own.achieved_on.or(own.forecast_on);
        let mut figures = Vec::new();
        let mut date = |label, day: Option<NaiveDate>, class, note: String| {
            let value = day.map_or_else(|| "—".to_owned(), words::day);
            figures.push(Figure { label, value, class, note });
        };
        let moved = own.original_on != own.committed_on;
        if moved {
            date("First committed", own.original_on, "", String::new());
        }
        let by_baselines = cells::slip(own.original_on, own.committed_on, calendar).filter(|_| moved);
        date(
            "Committed",
            own.committed_on,
            "",
            by_baselines.map(|n| signed(n) + " by baselines").unwrap_or_default(),
        );
        let slip =
            cells::slip(own.committed_on, reached, calendar).filter(|_| item.state != State::Cancelled);
        let told = slip.map(slip_words).unwrap_or_default();
        let class = match slip {
            Some(n) if n > 0 => "bad",
            Some(n) if n < 0 => "good",
            _ => "",
        };
        if own.achieved_on.is_some() {
            date("Achieved", own.achieved_on, class, told.clone());
        } else {
            date("Forecast", own.forecast_on, class, told.clone());
        }
        let all = [own.original_on, own.committed_on, own.forecast_on, own.achieved_on];
        let range = slip_range(self.day, all.into_iter().flatten());
        let slip = reached.map(|reached| {
            Slip::new(range, self.day, own.committed_on, reached, own.achieved_on.is_some(), &told)
        });
        Headline::Milestone { figures, slip }
    }

    fn contract(&self) -> Headline {
        let item = self.item();
        let Detail::Dependency(own) = &item.detail else { return Headline::Figures(Vec::new()) };
        let values = item.detail.values();
        let agreed = |by: Option<Uuid>, on: Option<NaiveDate>| {
            let who = by.and_then(|id| self.names.people.get(&id));
            match (who, on) {
                (Some(who), Some(on)) => format!("{who}, {}", words::day(on)),
                (None, Some(on)) => words::day(on),
                _ => String::new(),
            }
        };
        let sides = [
            Side {
                role: "Provider",
                who: cells::party(&values, "provider", self.names),
                date_label: "Promised by",
                day: own.promised_by,
                agreed: agreed(own.provider_agreed_by, own.provider_agreed_on),
                proposed: own.proposed_promised_by,
            },
            Side {
                role: "Consumer",
                who: cells::party(&values, "consumer", self.names),
                date_label: "Needed by",
                day: own.needed_by,
                agreed: agreed(own.consumer_agreed_by, own.consumer_agreed_on),
                proposed: own.proposed_needed_by,
            },
        ];
        let mut warnings = Vec::new();
        if let (Some(promised), Some(needed), true) = (own.promised_by, own.needed_by, item.is_open())
            && promised > needed
        {
            let gap = (promised - needed).num_days();
            let days = if gap == 1 { "day" } else { "days" };
            warnings.push(format!("Promised {gap} {days} after it is needed."));
        }
        if own.proposed_needed_by.is_some() {
            warnings.push("The consumer asks for another date; the provider has yet to consent.".into());
        }
        if own.proposed_promised_by.is_some() {
            warnings.push("The provider offers another date; the consumer has yet to consent.".into());
        }
        Headline::Dependency { sides, warnings }
    }

    fn decision(&self, calendar: &Calendar) -> Headline {
        let item = self.item();
        let Detail::Decision(own) = &item.detail else { return Headline::Figures(Vec::new()) };
        let mut figures = Vec::new();
        let mut figure =
            |label, value: String, class, note: String| figures.push(Figure { label, value, class, note });
        if let Some(from) = own.clock_from() {
            let waited = calendar.working_days(from, own.decided_on.unwrap_or(self.day));
            let late = item.is_open() && waited > self.program.thresholds().decision_wait_working_days;
            let (label, class) = match (own.decided_on.is_some(), late) {
                (true, _) => ("Took", ""),
                (_, true) => ("Waiting", "bad"),
                _ => ("Waiting", ""),
            };
            let since = if own.escalated_on.is_some() { "escalated" } else { "requested" };
            figure(label, working(waited), class, format!("{since} {}", words::day(from)));
        }
        if let Some(day) = own.needed_by {
            let late = cells::late(Some(day), item.is_open(), self.day);
            figure("Needed by", words::day(day), if late.is_empty() { "" } else { "bad" }, late);
        }
        if let Some(day) = own.decided_on {
            let who = own.decided_by.and_then(|id| self.names.people.get(&id)).cloned().unwrap_or_default();
            figure("Decided", words::day(day), "", who);
        }
        if !own.decided_option.is_empty() {
            figure("Option", own.decided_option.clone(), "", String::new());
        }
        let recommendation = own.recommendation.to_lowercase();
        let options = own.options.iter().map(|option| Choice {
            title: option.title.clone(),
            benefits: option.benefits.clone(),
            costs: option.costs.clone(),
            risks: option.risks.clone(),
            recommended: recommendation.contains(&option.title.to_lowercase()),
            decided: own.decided_option.eq_ignore_ascii_case(&option.title),
        });
        Headline::Decision { figures, options: options.collect() }
    }
}

/// Whether the headline tells this already.
fn in_headline(item: &Item, name: &str) -> bool {
    match (&item.detail, name) {
        (Detail::Risk(own), "probability" | "impact") => own.score().is_some(),
        (Detail::Risk(own), "inherent_probability" | "inherent_impact") => {
            own.inherent_probability.is_some() && own.inherent_impact.is_some()
        }
        (Detail::Risk(own), "target_probability" | "target_impact") => {
            own.target_probability.is_some() && own.target_impact.is_some()
        }
        (
            Detail::Activity(_),
            "likely_days" | "optimistic_days" | "pessimistic_days" | "percent_complete" | "remaining_days"
            | "actual_start_on" | "actual_finish_on",
        )
        | (Detail::Milestone(_), "original_on" | "committed_on" | "achieved_on")
        | (Detail::Issue(_), "severity" | "blocking" | "blocked_team" | "owing_team")
        | (Detail::Decision(_), "needed_by" | "decided_on" | "decided_by" | "decided_option")
        | (Detail::Change(_), "adds" | "removes" | "redefines" | "schedule_days" | "cost") => true,
        (Detail::Milestone(own), "forecast_on") => own.achieved_on.is_none(),
        (Detail::Dependency(_), name) => {
            ["provider", "consumer", "needed_by", "promised_by"].contains(&name)
                || name.starts_with("proposed_")
                || name.contains("_agreed_")
        }
        _ => false,
    }
}

fn working(days: i64) -> String {
    if days == 1 { "1 working day".into() } else { format!("{days} working days") }
}

fn signed(days: i64) -> String {
    if days < 0 { format!("−{} wd", -days) } else { format!("+{days} wd") }
}

fn slip_words(days: i64) -> String {
    match days {
        0 => "on its committed date".into(),
        late if late > 0 => format!("{} late", working(late)),
        early => format!("{} early", working(-early)),
    }
}

/// What the page of a report shows, beside which its comments, links and history stand.
fn on_its_page(item: &Item, name: &str) -> bool {
    const SHOWN: [&str; 10] = [
        "headline",
        "narrative",
        "declared",
        "computed",
        "reasons",
        "decisions_needed",
        "next_steps",
        "frozen",
        "written",
        "rules_version",
    ];
    item.kind == Kind::Report && SHOWN.contains(&name)
}
