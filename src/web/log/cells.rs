//! The columns of a log, by kind, and what stands in them.

use crate::domain::calendar::Calendar;
use crate::domain::draft::{Choices, Control};
use crate::domain::item;
use crate::domain::kind::{Kind, State};
use crate::domain::plan::Plan;
use crate::domain::risk::HIGH_SCORE;
use crate::domain::settings::Thresholds;
use crate::store::item::{Row, Sort};
use crate::store::lookup::Names;
use crate::web::schedule::float_words;
use chrono::NaiveDate;
use serde_json::{Map, Value};
use uuid::Uuid;

/// A column: its heading, what it is sorted by, and whether its figures stand to the right.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    pub what: What,
    pub label: &'static str,
    pub sort: Option<Sort>,
    pub figures: bool,
}

/// What a column shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    Kind,
    State,
    Owner,
    Project,
    Next,
    /// Launched, or to be.
    Launch,
    Raised,
    Closed,
    Score,
    Response,
    Severity,
    Blocks,
    Parties,
    Promised,
    Agreed,
    Waiting,
    Outcome,
    Changes,
    Effect,
    From,
    MilestoneKind,
    Committed,
    Forecast,
    Slip,
    Estimate,
    Complete,
    /// Computed, or what happened: in the network of the day.
    Start,
    Finish,
    Float,
}

/// What stands in a cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    Text {
        text: String,
        class: &'static str,
    },
    /// A date, with a word that says how late it is.
    Day {
        day: Option<NaiveDate>,
        late: String,
    },
    Person(Option<String>),
    State {
        label: &'static str,
        class: &'static str,
    },
    Link {
        href: String,
        text: String,
    },
    /// A shape, a word and a figure.
    Rag {
        colour: &'static str,
        word: String,
        figure: String,
    },
    Parties {
        provider: String,
        consumer: String,
    },
}

const fn column(what: What, label: &'static str, sort: Option<Sort>) -> Column {
    Column { what, label, sort, figures: false }
}

impl Cell {
    /// Whether a list of lines has to name what stands here; a person, a state and a colour say themselves what they are.
    #[must_use]
    pub fn is_named(&self) -> bool {
        match self {
            Self::Text { text, .. } => !text.is_empty(),
            Self::Day { day, .. } => day.is_some(),
            Self::Link { .. } => true,
            Self::Person(_) | Self::State { .. } | Self::Rag { .. } | Self::Parties { .. } => false,
        }
    }
}

/// The columns of a log of these kinds, after the item itself.
#[must_use]
pub fn columns(kinds: &[Kind]) -> Vec<Column> {
    const STATE: Column = column(What::State, "State", Some(Sort::State));
    const OWNER: Column = column(What::Owner, "Owner", Some(Sort::Owner));
    const PROJECT: Column = column(What::Project, "Project", Some(Sort::Project));
    const RAISED: Column = column(What::Raised, "Raised", Some(Sort::Raised));
    let next = |label| column(What::Next, label, Some(Sort::Next));
    let plain = |what, label| column(what, label, None);
    match kinds {
        [Kind::Milestone] => vec![
            plain(What::MilestoneKind, "Kind"),
            STATE,
            plain(What::Committed, "Committed"),
            column(What::Forecast, "Forecast", Some(Sort::Next)),
            Column { figures: true, ..plain(What::Slip, "Slip") },
            OWNER,
            PROJECT,
        ],
        [Kind::Activity] => vec![
            STATE,
            Column { figures: true, ..plain(What::Estimate, "Duration") },
            Column { figures: true, ..plain(What::Complete, "Complete") },
            plain(What::Start, "Start"),
            plain(What::Finish, "Finish"),
            Column { figures: true, ..plain(What::Float, "Float") },
            next("Deadline"),
            OWNER,
            PROJECT,
        ],
        [Kind::Risk] => vec![
            column(What::Score, "Score", Some(Sort::Score)),
            STATE,
            OWNER,
            PROJECT,
            plain(What::Response, "Response"),
            next("Next date"),
            RAISED,
        ],
        [Kind::Assumption] => vec![STATE, OWNER, PROJECT, next("Validate by"), RAISED],
        [Kind::Issue] => vec![
            plain(What::Severity, "Severity"),
            plain(What::Blocks, "Blocks"),
            STATE,
            OWNER,
            PROJECT,
            next("Target date"),
            RAISED,
        ],
        [Kind::Dependency] => vec![
            plain(What::Parties, "Provider → consumer"),
            next("Needed by"),
            plain(What::Promised, "Promised by"),
            plain(What::Agreed, "Agreed"),
            STATE,
            OWNER,
        ],
        [Kind::Decision] => vec![
            STATE,
            Column { figures: true, ..plain(What::Waiting, "Waiting") },
            next("Needed by"),
            OWNER,
            PROJECT,
            plain(What::Outcome, "Decided"),
        ],
        [Kind::Change] => vec![
            plain(What::Changes, "Changes"),
            plain(What::Effect, "Effect"),
            STATE,
            OWNER,
            RAISED,
            column(What::Closed, "Closed", Some(Sort::Closed)),
        ],
        [Kind::Action] => vec![STATE, OWNER, PROJECT, next("Due"), plain(What::From, "Comes from"), RAISED],
        [Kind::Gate] => vec![STATE, next("Go / no-go on"), OWNER, PROJECT, RAISED],
        [Kind::Check] => vec![STATE, next("Due"), OWNER, PROJECT, RAISED],
        [Kind::Release] => {
            vec![STATE, column(What::Launch, "Launch", Some(Sort::Next)), OWNER, PROJECT, RAISED]
        }
        [Kind::Report] => vec![STATE, next("Period to"), OWNER, PROJECT, RAISED],
        [Kind::Benefit] => vec![STATE, next("Next point of the plan"), OWNER, PROJECT],
        [Kind::Stakeholder] => vec![STATE, next("Next contact"), OWNER],
        [Kind::Meeting] => vec![STATE, next("On"), OWNER, PROJECT],
        [Kind::Lesson] => vec![STATE, OWNER, PROJECT, RAISED],
        _ => vec![
            plain(What::Kind, "Kind"),
            STATE,
            column(What::Score, "Score", Some(Sort::Score)),
            OWNER,
            PROJECT,
            next("Next date"),
            RAISED,
        ],
    }
}

/// Whether the columns need what the kind has of its own.
#[must_use]
pub fn needs_detail(columns: &[Column]) -> bool {
    columns.iter().any(|column| {
        !matches!(
            column.what,
            What::Kind | What::State | What::Owner | What::Project | What::Next | What::Raised | What::Closed
        )
    })
}

/// What is needed to fill cells beside the row itself.
#[derive(Clone, Copy, Debug)]
pub struct Around<'a> {
    pub names: &'a Names,
    pub calendar: &'a Calendar,
    pub thresholds: &'a Thresholds,
    /// The day that is shown.
    pub day: NaiveDate,
    pub currency: &'a str,
    /// The schedule, for columns that need it.
    pub plan: Option<&'a Plan>,
}

/// The class of a state: open, done, or off where nothing comes of it any more.
#[must_use]
pub fn state_class(kind: Kind, state: State) -> &'static str {
    if state.is_open(kind) {
        return "open";
    }
    match state {
        State::Cancelled | State::Rejected | State::Withdrawn | State::Dropped | State::Superseded => "off",
        _ => "done",
    }
}

/// A score from here on is *medium*, of 25; from [`HIGH_SCORE`] on it is high.
pub const MEDIUM_SCORE: i16 = 6;

/// The colour and the word of a risk's score; an unscored risk is told as such, never as low.
#[must_use]
pub const fn score_words(score: Option<i16>) -> (&'static str, &'static str) {
    match score {
        None => ("none", "Unscored"),
        Some(HIGH_SCORE..) => ("red", "High"),
        Some(MEDIUM_SCORE..) => ("amber", "Medium"),
        Some(_) => ("green", "Low"),
    }
}

/// The label of a choice of a kind's field.
#[must_use]
pub fn choice_label(kind: Kind, field: &str, value: &str) -> String {
    let choices: Choices = item::fields(kind)
        .find(|known| known.name == field)
        .map(|known| match known.control {
            Control::Choice(choices) | Control::Choices(choices) => choices,
            _ => &[],
        })
        .unwrap_or_default();
    choices
        .iter()
        .find(|(name, _)| *name == value)
        .map_or_else(|| value.to_owned(), |(_, label)| (*label).to_owned())
}

/// Who stands on a side of a dependency, as a reader sees it.
#[must_use]
pub fn party(values: &Map<String, Value>, side: &str, names: &Names) -> String {
    let id = |what: &str| {
        values.get(&format!("{side}_{what}")).and_then(Value::as_str).and_then(|v| v.parse::<Uuid>().ok())
    };
    if let Some((key, name)) = id("project").and_then(|id| names.projects.get(&id)) {
        return if name.is_empty() { key.clone() } else { name.clone() };
    }
    if let Some(name) = id("team").and_then(|id| names.teams.get(&id)) {
        return name.clone();
    }
    values.get(&format!("{side}_external")).and_then(Value::as_str).unwrap_or("nobody yet").to_owned()
}

/// How long after a day it is, where something is still open; empty when it isn't late.
#[must_use]
pub fn late(day: Option<NaiveDate>, open: bool, today: NaiveDate) -> String {
    match day {
        Some(day) if open && day < today => format!("{} d late", (today - day).num_days()),
        _ => String::new(),
    }
}

/// Slip in working days, with its sign; empty where it can't be told.
#[must_use]
pub fn slip(committed: Option<NaiveDate>, reached: Option<NaiveDate>, calendar: &Calendar) -> Option<i64> {
    Some(calendar.working_days(committed?, reached?))
}

/// What stands in a column for a row.
#[must_use]
pub fn cell(what: What, row: &Row, around: &Around<'_>) -> Cell {
    let none = Map::new();
    let values = row.detail.as_ref().and_then(Value::as_object).unwrap_or(&none);
    let text = |name: &str| values.get(name).and_then(Value::as_str).unwrap_or_default();
    let date = |name: &str| text(name).parse::<NaiveDate>().ok();
    let number = |name: &str| values.get(name).and_then(Value::as_i64);
    let uuid = |name: &str| text(name).parse::<Uuid>().ok();
    let plain = |text: String| Cell::Text { text, class: "" };
    match what {
        What::Kind => plain(row.kind.label().into()),
        What::State => Cell::State { label: row.state.label(), class: state_class(row.kind, row.state) },
        What::Owner => Cell::Person(row.owner_name.clone()),
        What::Project => plain(row.project_key.clone().unwrap_or_default()),
        What::Next => Cell::Day { day: row.next_on, late: late(row.next_on, row.open, around.day) },
        What::Launch => match date("launched_on") {
            Some(day) => plain(format!("launched {}", day.format("%-d %b %Y"))),
            None => Cell::Day { day: date("launch_on"), late: late(row.next_on, row.open, around.day) },
        },
        What::Raised => Cell::Day { day: Some(row.raised_on), late: String::new() },
        What::Closed => Cell::Day { day: row.closed_on, late: String::new() },
        What::Score if row.kind == Kind::Risk => {
            let (colour, word) = score_words(row.score);
            let figure = row.score.map(|score| match (number("probability"), number("impact")) {
                (Some(p), Some(i)) => format!("{score} = {p} × {i}"),
                _ => score.to_string(),
            });
            Cell::Rag { colour, word: word.into(), figure: figure.unwrap_or_default() }
        }
        What::Score if row.kind == Kind::Issue => plain(severity(number("severity"))),
        What::Score => plain(String::new()),
        What::Response => plain(choice_label(row.kind, "response", text("response"))),
        What::Severity => plain(severity(number("severity"))),
        What::Blocks => blocks(values, around, uuid("blocked_team")),
        What::Parties => Cell::Parties {
            provider: party(values, "provider", around.names),
            consumer: party(values, "consumer", around.names),
        },
        What::Promised => {
            let promised = date("promised_by");
            let after = match (promised, row.next_on) {
                (Some(promised), Some(needed)) if promised > needed && row.open => {
                    format!("{} d after needed", (promised - needed).num_days())
                }
                _ => String::new(),
            };
            Cell::Day { day: promised, late: after }
        }
        What::Agreed => agreed(values),
        What::Waiting => {
            waiting(row, date("escalated_on").or(date("requested_on")), date("decided_on"), around)
        }
        What::Outcome => {
            let option = text("decided_option");
            plain(match date("decided_on") {
                Some(day) if option.is_empty() => day.format("%-d %b %Y").to_string(),
                _ => option.to_owned(),
            })
        }
        What::Changes => {
            let kinds = values.get("kinds").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
            let labels: Vec<_> = kinds
                .iter()
                .filter_map(Value::as_str)
                .map(|name| choice_label(row.kind, "kinds", name))
                .collect();
            plain(labels.join(", "))
        }
        What::Effect => plain(effect(values, around.currency)),
        What::From => uuid("from_item").and_then(|id| around.names.items.get(&id)).map_or_else(
            || plain(String::new()),
            |(reference, _)| Cell::Link { href: reference.path(), text: reference.to_string() },
        ),
        What::MilestoneKind => plain(choice_label(row.kind, "kind", text("kind"))),
        What::Committed => Cell::Day { day: date("committed_on"), late: String::new() },
        What::Forecast => match date("achieved_on") {
            Some(day) => plain(format!("achieved {}", day.format("%-d %b %Y"))),
            None => {
                Cell::Day { day: date("forecast_on"), late: late(date("forecast_on"), row.open, around.day) }
            }
        },
        What::Estimate => plain(estimate(values)),
        What::Complete => plain(number("percent_complete").map(|n| format!("{n} %")).unwrap_or_default()),
        What::Start | What::Finish | What::Float => scheduled(what, row, around, &date),
        What::Slip => {
            let reached = date("achieved_on").or(date("forecast_on"));
            match slip(date("committed_on"), reached, around.calendar)
                .filter(|_| row.state != State::Cancelled)
            {
                None => plain(String::new()),
                Some(0) => Cell::Text { text: "0 wd".into(), class: "muted" },
                Some(slip) if slip > 0 => Cell::Text { text: format!("+{slip} wd"), class: "bad" },
                Some(slip) => Cell::Text { text: format!("−{} wd", -slip), class: "good" },
            }
        }
    }
}

/// What the schedule says of an activity; of what is not in it, what happened.
fn scheduled(what: What, row: &Row, around: &Around<'_>, date: &dyn Fn(&str) -> Option<NaiveDate>) -> Cell {
    let at = around.plan.and_then(|plan| Some((plan, plan.find(row.id)?)));
    let day = |day: Option<NaiveDate>| Cell::Day { day, late: String::new() };
    match (what, at) {
        (What::Start, Some((plan, ix))) => day(Some(plan.starts_on(ix))),
        (What::Start, None) => day(date("actual_start_on")),
        (What::Finish, Some((plan, ix))) => day(Some(plan.finishes_on(ix))),
        (What::Finish, None) => day(date("actual_finish_on")),
        (_, Some((plan, ix))) if plan.is_open(ix) => {
            let dates = plan.dates(ix);
            let class = match dates.total_float {
                ..0 => "bad",
                _ if dates.critical => "warn",
                _ => "",
            };
            let critical = if dates.critical { " critical" } else { "" };
            Cell::Text { text: format!("{}{critical}", float_words(dates.total_float.into())), class }
        }
        _ => Cell::Text { text: String::new(), class: "" },
    }
}

/// Whether the columns need the schedule.
#[must_use]
pub fn needs_plan(columns: &[Column]) -> bool {
    columns.iter().any(|column| matches!(column.what, What::Start | What::Finish | What::Float))
}

/// The likely duration of an activity, with the other two points where they are given: “5 wd (3–9)”.
#[must_use]
pub fn estimate(values: &Map<String, Value>) -> String {
    let days = |name: &str| values.get(name).and_then(Value::as_f64);
    let Some(likely) = days("likely_days") else { return String::new() };
    match (days("optimistic_days"), days("pessimistic_days")) {
        (None, None) => format!("{likely} wd"),
        (least, most) => {
            format!("{likely} wd ({}–{})", least.unwrap_or(likely), most.unwrap_or(likely))
        }
    }
}

/// The severity of an issue in words.
#[must_use]
pub fn severity(severity: Option<i64>) -> String {
    let Some(severity) = severity else { return String::new() };
    let word = match severity {
        1 => "critical",
        2 => "major",
        3 => "moderate",
        _ => "minor",
    };
    format!("{severity} {word}")
}

fn blocks(values: &Map<String, Value>, around: &Around<'_>, team: Option<Uuid>) -> Cell {
    let blocking = values.get("blocking").and_then(Value::as_bool).unwrap_or_default();
    match team.and_then(|id| around.names.teams.get(&id)) {
        Some(team) if blocking => Cell::Text { text: format!("blocks {team}"), class: "bad" },
        _ if blocking => Cell::Text { text: "blocks a team".into(), class: "bad" },
        _ => Cell::Text { text: String::new(), class: "" },
    }
}

fn agreed(values: &Map<String, Value>) -> Cell {
    let has = |name: &str| values.get(name).is_some_and(|value| !value.is_null());
    let (text, class) = match (has("provider_agreed_on"), has("consumer_agreed_on")) {
        (true, true) if has("proposed_needed_by") || has("proposed_promised_by") => ("a date waits", "warn"),
        (true, true) => ("both", ""),
        (true, false) => ("provider only", "warn"),
        (false, true) => ("consumer only", "warn"),
        (false, false) => ("not yet", "muted"),
    };
    Cell::Text { text: text.into(), class }
}

/// The working days that a decision has waited, or took.
fn waiting(row: &Row, from: Option<NaiveDate>, decided: Option<NaiveDate>, around: &Around<'_>) -> Cell {
    let (Some(from), true) = (from, row.state != State::Draft) else {
        return Cell::Text { text: String::new(), class: "" };
    };
    let waited = around.calendar.working_days(from, decided.unwrap_or(around.day));
    let too_long = row.open && waited > around.thresholds.decision_wait_working_days;
    Cell::Text {
        text: format!("{waited} wd"),
        class: match (too_long, row.open) {
            (true, _) => "bad",
            (_, false) => "muted",
            _ => "",
        },
    }
}

/// What a change request does, in a few words: “+2 −1 ~3 items, +10 wd, +12 000 EUR”.
#[must_use]
pub fn effect(values: &Map<String, Value>, currency: &str) -> String {
    let number = |name: &str| values.get(name).and_then(Value::as_i64).unwrap_or_default();
    let mut parts = Vec::new();
    let items: Vec<_> = [("adds", "+"), ("removes", "−"), ("redefines", "~")]
        .into_iter()
        .filter(|(name, _)| number(name) != 0)
        .map(|(name, sign)| format!("{sign}{}", number(name)))
        .collect();
    if !items.is_empty() {
        let all: i64 = ["adds", "removes", "redefines"].into_iter().map(number).sum();
        parts.push(format!("{} {}", items.join(" "), if all == 1 { "item" } else { "items" }));
    }
    if let Some(slip) = values.get("schedule_days").and_then(Value::as_i64).filter(|days| *days != 0) {
        parts.push(if slip > 0 { format!("+{slip} wd") } else { format!("−{} wd", -slip) });
    }
    if let Some(cost) = values.get("cost").and_then(Value::as_f64).filter(|cost| *cost != 0.0) {
        parts.push(amount(cost, currency, true));
    }
    parts.join(", ")
}

/// An amount with thousands parted as everywhere: “+12 500.50 EUR”.
#[must_use]
pub fn amount(value: f64, currency: &str, signed: bool) -> String {
    let cents = format!("{:.2}", value.abs());
    let (whole, part) = cents.split_once('.').unwrap_or((cents.as_str(), "00"));
    let mut out = String::new();
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) && whole.len() > 4 {
            out.push('\u{202f}');
        }
        out.push(digit);
    }
    if part != "00" {
        out = format!("{out}.{part}");
    }
    let sign = if value < 0.0 {
        "−"
    } else if signed {
        "+"
    } else {
        ""
    };
    format!("{sign}{out} {currency}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unscored_risk_is_never_low() {
        assert_eq!(score_words(None), ("none", "Unscored"));
        for (score, word) in
            [(25, "High"), (15, "High"), (14, "Medium"), (6, "Medium"), (5, "Low"), (1, "Low")]
        {
            assert_eq!(score_words(Some(score)).1, word, "{score}");
        }
    }

    #[test]
    fn amounts_part_their_thousands() {
        assert_eq!(amount(1_234_567.5, "EUR", true), "+1\u{202f}234\u{202f}567.50 EUR");
        assert_eq!(amount(-900.0, "USD", true), "−900 USD");
        assert_eq!(amount(12_000.0, "EUR", false), "12\u{202f}000 EUR");
    }

    #[test]
    fn lateness_is_told_only_of_what_is_open() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        assert_eq!(late(Some(day("2026-11-10")), true, day("2026-11-20")), "10 d late");
        assert_eq!(late(Some(day("2026-11-10")), false, day("2026-11-20")), "");
        assert_eq!(late(Some(day("2026-11-20")), true, day("2026-11-20")), "");
    }

    #[test]
    fn every_kind_has_columns_of_its_own() {
        for kind in Kind::ALL {
            assert!(columns(&[kind]).len() >= 3, "{kind:?}");
        }
        assert!(columns(&Kind::RAID).iter().any(|column| column.what == What::Kind));
    }
}
