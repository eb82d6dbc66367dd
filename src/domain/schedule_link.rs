//! Links of the schedule: what an activity, milestone or dependency waits for.

use super::draft::{Choices, Control, Draft, Field};
use super::ids::{ItemId, ProgramId, ScheduleLinkId};
use super::kind::Kind;
pub use super::schedule::LinkKind as LinkType;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use uuid::Uuid;

/// The types of links, the usual first.
pub const TYPES: Choices = &[
    ("FS", "Finish to start"),
    ("SS", "Start to start"),
    ("FF", "Finish to finish"),
    ("SF", "Start to finish"),
];
/// What a lag is counted in.
pub const LAG_UNITS: Choices =
    &[("working", "working days"), ("elapsed", "elapsed days"), ("percent", "percent of the predecessor")];

/// What a link says.
pub const FIELDS: &[Field] = &[
    Field::new("predecessor", "Predecessor", Control::Item).required().hint("A reference: ATLAS-T4"),
    Field::new("successor", "Successor", Control::Item).required().hint("A reference: ATLAS-M2"),
    Field::new("type", "Type", Control::Choice(TYPES)),
    Field::new("lag_days", "Lag", Control::Decimal(-10_000, 10_000)).hint("Negative is a lead."),
    Field::new("lag_unit", "Counted in", Control::Choice(LAG_UNITS)),
];

/// The kinds of items that the schedule links.
pub const KINDS: [Kind; 3] = [Kind::Milestone, Kind::Activity, Kind::Dependency];

impl LinkType {
    pub const ALL: [Self; 4] = [Self::FinishStart, Self::StartStart, Self::FinishFinish, Self::StartFinish];

    /// The name in tables and the API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::FinishStart => "FS",
            Self::StartStart => "SS",
            Self::FinishFinish => "FF",
            Self::StartFinish => "SF",
        }
    }

    /// The type of a name, in any case.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name().eq_ignore_ascii_case(name.trim()))
    }

    /// The words a reader sees.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::FinishStart => "finish to start",
            Self::StartStart => "start to start",
            Self::FinishFinish => "finish to finish",
            Self::StartFinish => "start to finish",
        }
    }
}

/// What a lag is counted in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "lag_unit", rename_all = "snake_case")]
pub enum LagUnit {
    /// Days of the successor's calendar.
    #[default]
    Working,
    /// Days that pass.
    Elapsed,
    /// A share of the predecessor's duration.
    Percent,
}

impl LagUnit {
    /// The name in tables and the API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Working => "working",
            Self::Elapsed => "elapsed",
            Self::Percent => "percent",
        }
    }
}

/// A link of the schedule.
#[derive(Clone, Debug, PartialEq)]
pub struct ScheduleLink {
    pub id: ScheduleLinkId,
    /// The program of the successor.
    pub program: ProgramId,
    /// The program of the predecessor.
    pub from_program: ProgramId,
    pub predecessor: ItemId,
    pub successor: ItemId,
    pub link_type: LinkType,
    /// Days, or percent; negative is a lead.
    pub lag: f64,
    pub lag_unit: LagUnit,
    /// Counts the writes, for optimistic locking.
    pub version: i32,
    pub effective_on: NaiveDate,
}

impl ScheduleLink {
    /// A link from the finish of one item to the start of another.
    #[must_use]
    pub const fn new(
        id: ScheduleLinkId,
        (from_program, predecessor): (ProgramId, ItemId),
        (program, successor): (ProgramId, ItemId),
        effective_on: NaiveDate,
    ) -> Self {
        Self {
            id,
            program,
            from_program,
            predecessor,
            successor,
            link_type: LinkType::FinishStart,
            lag: 0.0,
            lag_unit: LagUnit::Working,
            version: 1,
            effective_on,
        }
    }

    /// The link as a draft, its ends by id.
    #[must_use]
    pub fn draft(&self) -> Draft {
        Draft(Map::from_iter([
            ("predecessor".to_owned(), json!(self.predecessor)),
            ("successor".to_owned(), json!(self.successor)),
            ("type".to_owned(), json!(self.link_type)),
            ("lag_days".to_owned(), json!(self.lag)),
            ("lag_unit".to_owned(), json!(self.lag_unit)),
        ]))
    }

    /// Fills type and lag from clean values, and says which items they name as the ends.
    #[must_use]
    pub fn fill(&mut self, values: &Map<String, Value>) -> (Option<ItemId>, Option<ItemId>) {
        let text = |name: &str| values.get(name).and_then(Value::as_str);
        let id = |name: &str| text(name).and_then(|id| id.parse::<Uuid>().ok()).map(ItemId);
        self.link_type = text("type").and_then(LinkType::from_name).unwrap_or_default();
        self.lag = values.get("lag_days").and_then(Value::as_f64).unwrap_or_default();
        self.lag_unit = match text("lag_unit") {
            Some("elapsed") => LagUnit::Elapsed,
            Some("percent") => LagUnit::Percent,
            _ => LagUnit::Working,
        };
        (id("predecessor"), id("successor"))
    }

    /// Type and lag in short: “SS +2 d”, “FS −1.5 elapsed d”, “FF +50 %”.
    #[must_use]
    pub fn terms(&self) -> String {
        terms(self.link_type, self.lag, self.lag_unit)
    }
}

/// Reads type and lag as plans write them: `FS+2d`, `SS-1 day`, `+3ed`, `FF+50%`; nothing is finish to start. A week is
/// five working days, or seven that pass; a day has eight hours. `None` if it isn't like that.
#[must_use]
pub fn read_terms(text: &str) -> Option<(LinkType, f64, LagUnit)> {
    let text = text.trim().replace('−', "-").replace(' ', "");
    let (link_type, rest) = match text.get(..2).and_then(LinkType::from_name) {
        Some(link_type) => (link_type, &text[2..]),
        None => (LinkType::FinishStart, text.as_str()),
    };
    if rest.is_empty() {
        return Some((link_type, 0.0, LagUnit::Working));
    }
    let end = rest[1..].find(|c: char| !c.is_ascii_digit() && c != '.' && c != ',')? + 1;
    let (number, unit) = rest.split_at_checked(end)?;
    if !number.starts_with(['+', '-']) {
        return None;
    }
    let number: f64 = number.replace(',', ".").parse().ok()?;
    let unit = unit.to_lowercase();
    let (factor, unit) = match unit.strip_suffix('s').unwrap_or(&unit) {
        "d" | "day" | "dy" => (1.0, LagUnit::Working),
        "w" | "wk" | "week" => (5.0, LagUnit::Working),
        "h" | "hr" | "hour" => (0.125, LagUnit::Working),
        "ed" | "eday" | "elapsedd" | "elapsedday" => (1.0, LagUnit::Elapsed),
        "ew" | "ewk" | "eweek" => (7.0, LagUnit::Elapsed),
        "%" => (1.0, LagUnit::Percent),
        _ => return None,
    };
    Some((link_type, number * factor, unit)).filter(|(_, lag, _)| lag.abs() <= 10_000.0)
}

/// Type and lag in short.
#[must_use]
pub fn terms(link_type: LinkType, lag: f64, unit: LagUnit) -> String {
    if lag == 0.0 {
        return link_type.name().to_owned();
    }
    let sign = if lag < 0.0 { "−" } else { "+" };
    let unit = match unit {
        LagUnit::Working => "d",
        LagUnit::Elapsed => "elapsed d",
        LagUnit::Percent => "%",
    };
    format!("{} {sign}{} {unit}", link_type.name(), lag.abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_are_told_in_short() {
        assert_eq!(terms(LinkType::FinishStart, 0.0, LagUnit::Elapsed), "FS");
        assert_eq!(terms(LinkType::StartStart, 2.0, LagUnit::Working), "SS +2 d");
        assert_eq!(terms(LinkType::FinishStart, -1.5, LagUnit::Elapsed), "FS −1.5 elapsed d");
        assert_eq!(terms(LinkType::FinishFinish, 50.0, LagUnit::Percent), "FF +50 %");
    }

    #[test]
    fn terms_are_read_as_plans_write_them() {
        use LagUnit::{Elapsed, Percent, Working};
        use LinkType::{FinishFinish, FinishStart, StartStart};
        for (text, expected) in [
            ("", Some((FinishStart, 0.0, Working))),
            ("FS", Some((FinishStart, 0.0, Working))),
            ("ss+2d", Some((StartStart, 2.0, Working))),
            ("FS-1.5 days", Some((FinishStart, -1.5, Working))),
            ("+1 wk", Some((FinishStart, 5.0, Working))),
            ("FS+3ed", Some((FinishStart, 3.0, Elapsed))),
            ("FF+50%", Some((FinishFinish, 50.0, Percent))),
            ("FS+4h", Some((FinishStart, 0.5, Working))),
            ("XX", None),
            ("FS+", None),
            ("FS+d", None),
            ("FS2d", None),
            ("FS+2 moons", None),
            ("FS+2", None),
        ] {
            assert_eq!(read_terms(text), expected, "{text}");
        }
        for (link_type, lag, unit) in
            [(StartStart, 2.0, Working), (FinishStart, -1.5, Elapsed), (FinishFinish, 50.0, Percent)]
        {
            assert_eq!(read_terms(&terms(link_type, lag, unit)), Some((link_type, lag, unit)));
        }
    }

    #[test]
    fn a_link_and_its_draft_say_the_same() {
        let end = |n| (ProgramId(Uuid::from_u128(n)), ItemId(Uuid::from_u128(n + 10)));
        let on = "2026-06-01".parse().unwrap();
        let mut link = ScheduleLink::new(ScheduleLinkId(Uuid::nil()), end(1), end(2), on);
        link.link_type = LinkType::StartFinish;
        link.lag = -2.25;
        link.lag_unit = LagUnit::Percent;
        let mut other = ScheduleLink::new(ScheduleLinkId(Uuid::nil()), end(1), end(2), on);
        assert_eq!(other.fill(&link.draft().0), (Some(link.predecessor), Some(link.successor)));
        assert_eq!(other, link);
    }
}
