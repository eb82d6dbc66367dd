//! Whether it may go: where a check stands on a day, how many of a gate's checks pass, and which roles have yet to sign.

use super::check::AREAS;
use super::draft;
use super::kind::State;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Where a check stands on a day: its state, but that a waiver ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    Passed,
    Waived,
    /// It was waived until an earlier day.
    Expired,
    Failed,
    InProgress,
    Unstarted,
    NotApplicable,
}

impl Standing {
    /// The standing of a check in a state; a waiver holds to the end of the day until which it is given.
    #[must_use]
    pub fn of(state: State, waived_until: Option<NaiveDate>, day: NaiveDate) -> Self {
        match state {
            State::Passed => Self::Passed,
            State::Waived if waived_until.is_some_and(|until| until < day) => Self::Expired,
            State::Waived => Self::Waived,
            State::Failed => Self::Failed,
            State::InProgress => Self::InProgress,
            State::NotApplicable => Self::NotApplicable,
            _ => Self::Unstarted,
        }
    }

    /// Whether a mandatory check that stands so keeps its gate from going.
    #[must_use]
    pub const fn blocks(self) -> bool {
        !matches!(self, Self::Passed | Self::Waived | Self::NotApplicable)
    }

    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Waived => "waived",
            Self::Expired => "waiver expired",
            Self::Failed => "failed",
            Self::InProgress => "in progress",
            Self::Unstarted => "unstarted",
            Self::NotApplicable => "not applicable",
        }
    }

    /// Red, amber, green or none.
    #[must_use]
    pub const fn colour(self) -> &'static str {
        match self {
            Self::Passed => "green",
            Self::Waived | Self::InProgress => "amber",
            Self::Failed | Self::Expired => "red",
            Self::Unstarted | Self::NotApplicable => "none",
        }
    }
}

/// How many checks stand where. The pass rate is *passed ÷ applicable*: a waived check is applicable and not passed, and is
/// counted beside (metric 9).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    pub passed: u32,
    pub applicable: u32,
    pub waived: u32,
    /// Waivers that have ended.
    pub expired: u32,
    pub failed: u32,
    /// Neither passed nor failed nor waived yet.
    pub open: u32,
    pub not_applicable: u32,
}

impl Tally {
    #[must_use]
    pub fn of(standings: impl IntoIterator<Item = Standing>) -> Self {
        let mut tally = Self::default();
        for standing in standings {
            match standing {
                Standing::Passed => tally.passed += 1,
                Standing::Waived => tally.waived += 1,
                Standing::Expired => tally.expired += 1,
                Standing::Failed => tally.failed += 1,
                Standing::InProgress | Standing::Unstarted => tally.open += 1,
                Standing::NotApplicable => tally.not_applicable += 1,
            }
            tally.applicable += u32::from(standing != Standing::NotApplicable);
        }
        tally
    }

    /// Passed ÷ applicable, 0 to 1; none where nothing applies.
    #[must_use]
    pub fn rate(&self) -> Option<f64> {
        (self.applicable > 0).then(|| f64::from(self.passed) / f64::from(self.applicable))
    }

    /// The rate as whole percent, cut off, so that 100 is said only of all.
    #[must_use]
    pub fn percent(&self) -> Option<u32> {
        (self.applicable > 0).then(|| self.passed * 100 / self.applicable)
    }
}

/// What a role says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "sign_off_verdict", rename_all = "snake_case")]
pub enum Verdict {
    Go,
    ConditionalGo,
    NoGo,
}

/// Verdicts, as a form offers them.
pub const VERDICTS: draft::Choices =
    &[("go", "Go"), ("conditional_go", "Go, on conditions"), ("no_go", "No-go")];

impl Verdict {
    /// The verdict of a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Go, Self::ConditionalGo, Self::NoGo].into_iter().find(|verdict| verdict.name() == name)
    }

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Go => "go",
            Self::ConditionalGo => "conditional_go",
            Self::NoGo => "no_go",
        }
    }

    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Go => "go",
            Self::ConditionalGo => "go on conditions",
            Self::NoGo => "no-go",
        }
    }

    #[must_use]
    pub const fn colour(self) -> &'static str {
        match self {
            Self::Go => "green",
            Self::ConditionalGo => "amber",
            Self::NoGo => "red",
        }
    }

    /// Whether it consents to what a gate is to say.
    const fn consents(self, to: State) -> bool {
        match to {
            State::ConditionalGo => !matches!(self, Self::NoGo),
            _ => matches!(self, Self::Go),
        }
    }
}

/// How far the roles of a gate have signed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Quorum {
    pub needed: usize,
    pub given: usize,
    /// The roles that have not consented.
    pub missing: Vec<String>,
}

impl Quorum {
    /// Who has consented to a gate that is to say `to`: of its roles, so many as its quorum says, or all.
    #[must_use]
    pub fn of(roles: &[String], quorum: Option<i16>, signed: &[(String, Verdict)], to: State) -> Self {
        let consents =
            |role: &&String| signed.iter().any(|(other, verdict)| same(other, role) && verdict.consents(to));
        let needed =
            quorum.map_or(roles.len(), |quorum| usize::try_from(quorum).unwrap_or(0).min(roles.len()));
        let missing: Vec<String> = roles.iter().filter(|role| !consents(role)).cloned().collect();
        Self { needed, given: roles.len() - missing.len(), missing }
    }

    /// The roles that have not consented, as a reader sees them.
    #[must_use]
    pub fn missing_words(&self) -> String {
        roles(&self.missing)
    }

    #[must_use]
    pub const fn is_met(&self) -> bool {
        self.given >= self.needed
    }
}

/// A role as a reader sees it: a short one is an abbreviation.
#[must_use]
pub fn role_label(role: &str) -> String {
    if role.chars().count() <= 3 {
        return role.to_uppercase();
    }
    let mut letters = role.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// Roles as a reader sees them.
#[must_use]
pub fn roles(roles: &[String]) -> String {
    roles.iter().map(|role| role_label(role)).collect::<Vec<_>>().join(", ")
}

/// Whether two roles are the same, however they are written.
#[must_use]
pub fn same(one: &str, other: &str) -> bool {
    one.trim().to_lowercase() == other.trim().to_lowercase()
}

/// Characters of a title that is made of a criterion.
const TITLE: usize = 80;

/// A title for a check that has none: the first words of its criterion.
#[must_use]
pub fn title_of(criterion: &str) -> String {
    let line = criterion.trim().lines().next().unwrap_or_default().trim();
    if line.chars().count() <= TITLE {
        return line.to_owned();
    }
    let mut title = String::new();
    for word in line.split_whitespace() {
        if !title.is_empty() && title.chars().count() + word.chars().count() >= TITLE {
            break;
        }
        if !title.is_empty() {
            title.push(' ');
        }
        title.extend(word.chars().take(TITLE));
    }
    title + " …"
}

/// The conditions on which it goes: one a line, with a day after a bar where one is given.
#[must_use]
pub fn conditions(text: &str) -> Vec<(String, Option<NaiveDate>)> {
    let lines = text.lines().map(|line| line.trim().trim_start_matches(['-', '*', '•']).trim());
    lines
        .filter(|line| !line.is_empty())
        .map(|line| {
            let dated = line.rsplit_once('|').and_then(|(what, day)| {
                Some((what.trim(), draft::date(&Value::from(day.trim())).ok().flatten()?))
            });
            match dated {
                Some((what, day)) if !what.is_empty() => (what.to_owned(), Some(day)),
                _ => (line.to_owned(), None),
            }
        })
        .collect()
}

/// The label of an area.
#[must_use]
pub fn area_label(area: &str) -> &'static str {
    AREAS.iter().find(|(name, _)| *name == area).map_or("Other", |(_, label)| label)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_waiver_holds_to_the_end_of_its_last_day() {
        let of = |until: Option<&str>, on| Standing::of(State::Waived, until.map(day), day(on));
        assert_eq!(of(Some("2026-06-30"), "2026-06-30"), Standing::Waived);
        assert_eq!(of(Some("2026-06-30"), "2026-07-01"), Standing::Expired);
        assert_eq!(of(None, "2036-07-01"), Standing::Waived);
        assert!(!Standing::Waived.blocks() && Standing::Expired.blocks());
    }

    #[test]
    fn the_pass_rate_counts_what_applies_and_a_waived_check_is_not_passed() {
        use Standing::{Expired, Failed, InProgress, NotApplicable, Passed, Unstarted, Waived};
        let tally = Tally::of([
            Passed,
            Passed,
            Passed,
            Waived,
            Expired,
            Failed,
            InProgress,
            Unstarted,
            NotApplicable,
            NotApplicable,
        ]);
        assert_eq!((tally.passed, tally.applicable, tally.waived, tally.expired), (3, 8, 1, 1));
        assert_eq!((tally.failed, tally.open, tally.not_applicable), (1, 2, 2));
        assert_eq!((tally.rate(), tally.percent()), (Some(0.375), Some(37)));
        assert_eq!(Tally::of([NotApplicable]).rate(), None);
        assert_eq!(Tally::of([]).percent(), None);
    }

    #[test]
    fn every_state_of_a_check_blocks_but_passed_waived_and_not_applicable() {
        use super::super::kind::Kind;
        let blocking: Vec<_> = Kind::Check
            .states()
            .iter()
            .filter(|state| Standing::of(**state, None, day("2026-06-30")).blocks())
            .collect();
        assert_eq!(blocking, [&State::Unstarted, &State::InProgress, &State::Failed]);
    }

    #[test]
    fn the_quorum_names_the_roles_that_are_missing() {
        let roles = ["Engineering", "Security", "Support"].map(str::to_owned);
        let signed = [
            ("engineering ".to_owned(), Verdict::Go),
            ("Security".to_owned(), Verdict::ConditionalGo),
            ("Marketing".to_owned(), Verdict::Go),
        ];
        let all = Quorum::of(&roles, None, &signed, State::Go);
        assert_eq!((all.needed, all.given, all.is_met()), (3, 1, false));
        assert_eq!(all.missing, ["Security", "Support"]);
        assert_eq!(
            (role_label("qa"), role_label("site reliability")),
            ("QA".into(), "Site reliability".into())
        );
        assert!(Quorum::of(&roles, Some(1), &signed, State::Go).is_met());
        let on_conditions = Quorum::of(&roles, Some(2), &signed, State::ConditionalGo);
        assert!(on_conditions.is_met(), "who says go on conditions consents to that");
        let none = Quorum::of(&[], Some(4), &[], State::Go);
        assert!(none.is_met(), "a gate without roles waits for none");
    }

    #[test]
    fn a_check_is_called_by_the_first_words_of_its_criterion() {
        assert_eq!(title_of(" Backups restore.\nTried last week"), "Backups restore.");
        let long = "word ".repeat(40);
        let title = title_of(&long);
        assert!(title.ends_with("word …") && title.chars().count() <= TITLE + 2, "{title}");
        assert_eq!(title_of(&"x".repeat(300)).chars().count(), TITLE + 2);
    }

    #[test]
    fn conditions_are_one_a_line_with_a_day_after_a_bar() {
        let read = conditions("- Runbook reviewed | 2026-07-10\n\n* Two on call\nA | B");
        assert_eq!(
            read,
            [
                ("Runbook reviewed".to_owned(), Some(day("2026-07-10"))),
                ("Two on call".to_owned(), None),
                ("A | B".to_owned(), None)
            ]
        );
    }
}
